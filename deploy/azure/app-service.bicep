// The bot on Azure App Service, from its container image. docs/how-to/deployment.md says how to deploy it.

targetScope = 'resourceGroup'

@description('First part of the names of all resources.')
@minLength(3)
@maxLength(20)
param name string = 'proactive-bot'

@description('Region of all resources but the registration, which is global.')
param location string = resourceGroup().location

@description('Name of the container registry, in this resource group, that has the image `proactive-bot`.')
param registryName string

@description('Tag of the image. Not `latest`: a restart would then change the version.')
param imageTag string

@description('How the bot proves who it is. Azure registers no new bots that are MultiTenant.')
@allowed(['SingleTenant', 'UserAssignedMSI'])
param appType string = 'UserAssignedMSI'

@description('The app id; with SingleTenant alone. With UserAssignedMSI it is the client id of the identity.')
param appId string = ''

@description('The app\'s secret; with SingleTenant alone.')
@secure()
param appPassword string = ''

@description('What people see as the bot\'s name.')
@maxLength(42)
param displayName string = 'Jobs'

@description('F0 is free, with a limit on messages in Web Chat and Direct Line.')
@allowed(['F0', 'S1'])
param botSku string = 'S1'

@description('Password of the database\'s user.')
@secure()
@minLength(16)
param databasePassword string

@description('Size of the database.')
param databaseSku string = 'Standard_D2ds_v5'

@description('Tier of that size.')
@allowed(['Burstable', 'GeneralPurpose', 'MemoryOptimized'])
param databaseTier string = 'GeneralPurpose'

@description('A standby of the database that takes over. Not with Burstable.')
@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param databaseHighAvailability string = 'Disabled'

@description('More secret settings of the bot by name, such as OPERATOR_SECRETS and METRICS_TOKENS.')
@secure()
param secrets object = {}

@description('More settings of the bot by name, such as JOB_WEBHOOK_URL. No secrets.')
param settings object = {}

@description('SHUTDOWN_GRACE_SECONDS: how long turns and sends may go on. The host waits ten seconds more.')
@minValue(1)
@maxValue(110)
param shutdownGraceSeconds int = 10

@description('Size of the plan; Basic or better, for Always On.')
param planSku string = 'P0v3'

@description('Instances of the plan, each a replica of the bot.')
@minValue(2)
@maxValue(10)
param instances int = 2

var unique = uniqueString(resourceGroup().id, name)
var siteName = '${name}-${unique}'
var hostName = '${siteName}.azurewebsites.net'
var botAppId = appType == 'SingleTenant' ? appId : identity.outputs.clientId
// The image is Debian's, whose certificates have the roots of Azure's.
var tls = 'sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt'
var databaseAddress = '${database.outputs.host}/${database.outputs.database}'
var databaseUrl = 'postgresql://bot:${uriComponent(databasePassword)}@${databaseAddress}?${tls}'
var secretNames = concat(
  ['DATABASE_URL'],
  appType == 'SingleTenant' ? ['MicrosoftAppPassword'] : [],
  map(filter(items(secrets), secret => !empty(secret.value)), secret => secret.key)
)
var secretsUrl = '${vault.outputs.uri}secrets/'
var plainSettings = union(settings, {
  MicrosoftAppId: botAppId
  MicrosoftAppType: appType
  MicrosoftAppTenantId: tenant().tenantId
  HOST: '0.0.0.0'
  PORT: '3978'
  LOG_FORMAT: 'json'
  PUBLIC_URL: 'https://${hostName}'
  SENDS_PER_SECOND_PER_TENANT: string(50 / instances) // Each replica counts by itself.
  SHUTDOWN_GRACE_SECONDS: string(shutdownGraceSeconds)
})

// Settings of App Service itself; all are strings.
var hostSettings = {
  WEBSITES_PORT: '3978'
  WEBSITES_ENABLE_APP_SERVICE_STORAGE: 'false'
  WEBSITES_CONTAINER_STOP_TIME_LIMIT: string(shutdownGraceSeconds + 10) // 5 by default, at most 120.
}

module identity 'modules/identity.bicep' = {
  params: {
    name: '${name}-identity'
    location: location
    registryName: registryName
  }
}

module network 'modules/network.bicep' = {
  params: {
    name: '${name}-network'
    location: location
    hostService: 'Microsoft.Web/serverFarms'
  }
}

module database 'modules/database.bicep' = {
  params: {
    name: '${name}-${unique}'
    location: location
    password: databasePassword
    subnetId: network.outputs.databaseSubnetId
    zoneId: network.outputs.zoneId
    skuName: databaseSku
    skuTier: databaseTier
    highAvailability: databaseHighAvailability
  }
}

module vault 'modules/vault.bicep' = {
  params: {
    name: 'vault-${unique}'
    location: location
    readerId: identity.outputs.principalId
    secrets: union(
      secrets,
      { DATABASE_URL: databaseUrl },
      appType == 'SingleTenant' ? { MicrosoftAppPassword: appPassword } : {}
    )
  }
}

module logs 'modules/logs.bicep' = {
  params: {
    name: '${name}-logs'
    location: location
  }
}

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: '${name}-plan'
  location: location
  kind: 'linux'
  sku: {
    name: planSku
    capacity: instances
  }
  properties: {
    reserved: true // Linux.
  }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: siteName
  location: location
  kind: 'app,linux,container'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.outputs.id}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    keyVaultReferenceIdentity: identity.outputs.id
    virtualNetworkSubnetId: network.outputs.hostSubnetId
    siteConfig: {
      linuxFxVersion: 'DOCKER|${identity.outputs.loginServer}/proactive-bot:${imageTag}'
      acrUseManagedIdentityCreds: true
      acrUserManagedIdentityID: identity.outputs.clientId
      alwaysOn: true
      healthCheckPath: '/readyz' // An instance that fails gets no requests, and is replaced if that lasts.
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      appSettings: concat(
        map(items(union(plainSettings, hostSettings)), each => { name: each.key, value: each.value }),
        map(secretNames, each => {
          name: each
          value: '@Microsoft.KeyVault(SecretUri=${secretsUrl}${toLower(replace(each, '_', '-'))})'
        })
      )
    }
  }
}

resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource noDeploymentPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'scm'
  properties: {
    allow: false
  }
}

resource console 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'console'
  scope: site
  properties: {
    workspaceId: logs.outputs.id
    logs: [
      { category: 'AppServiceConsoleLogs', enabled: true }
      { category: 'AppServicePlatformLogs', enabled: true }
    ]
  }
}

module bot 'modules/bot.bicep' = {
  params: {
    name: '${name}-${unique}'
    displayName: displayName
    endpoint: 'https://${hostName}/api/messages'
    appType: appType
    appId: botAppId
    identityId: identity.outputs.id
    skuName: botSku
  }
}

output endpoint string = 'https://${hostName}/api/messages'
output appId string = botAppId
