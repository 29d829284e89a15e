// The bot on Azure Container Apps. docs/how-to/deployment.md says how to deploy it.

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

@description('Replicas that always run.')
@minValue(2)
@maxValue(10)
param minReplicas int = 2

@description('Replicas at most.')
@minValue(2)
@maxValue(10)
param maxReplicas int = 4

var unique = uniqueString(resourceGroup().id, name)
var hostName = '${name}.${environment.properties.defaultDomain}'
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
  SENDS_PER_SECOND_PER_TENANT: string(50 / maxReplicas) // Each replica counts by itself.
  SHUTDOWN_GRACE_SECONDS: string(shutdownGraceSeconds)
})

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
    hostService: 'Microsoft.App/environments'
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

resource environment 'Microsoft.App/managedEnvironments@2025-07-01' = {
  name: '${name}-environment'
  location: location
  properties: {
    vnetConfiguration: {
      infrastructureSubnetId: network.outputs.hostSubnetId
      internal: false
    }
    appLogsConfiguration: {
      destination: 'azure-monitor' // By the setting below, which needs no key.
    }
    workloadProfiles: [
      { name: 'Consumption', workloadProfileType: 'Consumption' }
    ]
  }
}

resource console 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'console'
  scope: environment
  properties: {
    workspaceId: logs.outputs.id
    logs: [
      { category: 'ContainerAppConsoleLogs', enabled: true }
      { category: 'ContainerAppSystemLogs', enabled: true }
    ]
  }
}

resource app 'Microsoft.App/containerApps@2025-07-01' = {
  name: name
  location: location
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identity.outputs.id}': {}
    }
  }
  properties: {
    environmentId: environment.id
    workloadProfileName: 'Consumption'
    configuration: {
      activeRevisionsMode: 'Single'
      ingress: {
        external: true
        targetPort: 3978
        transport: 'http'
        allowInsecure: false // HTTP is sent to HTTPS, which takes TLS 1.2 and later.
      }
      registries: [
        { server: identity.outputs.loginServer, identity: identity.outputs.id }
      ]
      secrets: map(secretNames, each => {
        name: toLower(replace(each, '_', '-'))
        keyVaultUrl: '${secretsUrl}${toLower(replace(each, '_', '-'))}'
        identity: identity.outputs.id
      })
    }
    template: {
      terminationGracePeriodSeconds: shutdownGraceSeconds + 10
      containers: [
        {
          name: 'bot'
          image: '${identity.outputs.loginServer}/proactive-bot:${imageTag}'
          resources: {
            cpu: json('0.5')
            memory: '1Gi'
          }
          env: concat(
            map(items(plainSettings), each => { name: each.key, value: each.value }),
            map(secretNames, each => { name: each, secretRef: toLower(replace(each, '_', '-')) })
          )
          probes: [
            {
              type: 'Startup'
              httpGet: { path: '/healthz', port: 3978 }
              periodSeconds: 5
              timeoutSeconds: 5
              failureThreshold: 10
            }
            {
              type: 'Liveness'
              httpGet: { path: '/healthz', port: 3978 }
              periodSeconds: 10
              timeoutSeconds: 5
              failureThreshold: 3
            }
            {
              type: 'Readiness'
              httpGet: { path: '/readyz', port: 3978 }
              periodSeconds: 5
              timeoutSeconds: 5
              failureThreshold: 3
            }
          ]
        }
      ]
      scale: {
        minReplicas: minReplicas
        maxReplicas: maxReplicas
        rules: [
          { name: 'turns', http: { metadata: { concurrentRequests: '100' } } }
        ]
      }
    }
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
