// The registration with Azure Bot: who the bot is, where it is, and its channels.

@description('Name of the registration; unique in Azure.')
param name string

@description('What people see as the bot\'s name.')
@maxLength(42)
param displayName string

@description('Where channels send activities: https://<host>/api/messages.')
param endpoint string

@description('SingleTenant: an app registration with a secret. UserAssignedMSI: the identity; no secret.')
@allowed(['SingleTenant', 'UserAssignedMSI'])
param appType string

@description('The app id, or the client id of the identity.')
param appId string

@description('Resource id of the identity; empty with SingleTenant.')
param identityId string

@description('F0 is free, with a limit on messages in Web Chat and Direct Line.')
@allowed(['F0', 'S1'])
param skuName string

resource bot 'Microsoft.BotService/botServices@2022-09-15' = {
  name: name
  location: 'global'
  kind: 'azurebot'
  sku: {
    name: skuName
  }
  properties: {
    displayName: displayName
    endpoint: endpoint
    msaAppType: appType
    msaAppId: appId
    msaAppTenantId: tenant().tenantId
    msaAppMSIResourceId: appType == 'UserAssignedMSI' ? identityId : null
  }
}

resource teams 'Microsoft.BotService/botServices/channels@2022-09-15' = {
  parent: bot
  name: 'MsTeamsChannel'
  location: 'global'
  properties: {
    channelName: 'MsTeamsChannel'
    properties: {
      isEnabled: true
      acceptedTerms: true
    }
  }
}

resource webChat 'Microsoft.BotService/botServices/channels@2022-09-15' = {
  parent: bot
  name: 'WebChatChannel'
  location: 'global'
  properties: {
    channelName: 'WebChatChannel'
    properties: {
      sites: [
        {
          siteName: 'Default Site'
          isEnabled: true
        }
      ]
    }
  }
  dependsOn: [teams] // Two changes of one registration at once conflict.
}
