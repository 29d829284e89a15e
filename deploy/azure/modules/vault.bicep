// The vault that has every secret of the bot. The bot's identity may read them, and nothing else.

@description('Name of the vault; unique in Azure.')
@minLength(3)
@maxLength(24)
param name string

@description('Region.')
param location string

@description('Principal id of the identity that may read the secrets.')
param readerId string

@description('Value by name of the setting. A secret is named so, in small letters and with hyphens.')
@secure()
param secrets object

var secretsUser = subscriptionResourceId(
  'Microsoft.Authorization/roleDefinitions',
  '4633458b-17de-408a-b874-0445c86b69e6'
)

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enableSoftDelete: true
    enablePurgeProtection: true
    enabledForTemplateDeployment: false
  }
}

resource reader 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, readerId, secretsUser)
  scope: vault
  properties: {
    roleDefinitionId: secretsUser
    principalId: readerId
    principalType: 'ServicePrincipal'
  }
}

var given = filter(items(secrets), secret => !empty(secret.value))

resource values 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = [for secret in given: {
  parent: vault
  name: toLower(replace(secret.key, '_', '-'))
  properties: {
    value: secret.value
  }
}]

output uri string = vault.properties.vaultUri
