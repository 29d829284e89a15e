// PostgreSQL, which several replicas of the bot share. It is reached from the network alone, by TLS.

@description('Name of the server; unique in Azure.')
param name string

@description('Region.')
param location string

@description('Password of the user `bot`.')
@secure()
@minLength(16)
param password string

@description('Subnet that is delegated to the server.')
param subnetId string

@description('Private DNS zone that gets the server\'s address.')
param zoneId string

@description('Size of the server. DATABASE_CONNECTIONS times the replicas must be below its max_connections.')
param skuName string

@description('Tier of that size.')
@allowed(['Burstable', 'GeneralPurpose', 'MemoryOptimized'])
param skuTier string

@description('A standby that takes over. Not with Burstable.')
@allowed(['Disabled', 'SameZone', 'ZoneRedundant'])
param highAvailability string

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' = {
  name: name
  location: location
  sku: {
    name: skuName
    tier: skuTier
  }
  properties: {
    version: '17'
    administratorLogin: 'bot'
    administratorLoginPassword: password
    authConfig: {
      activeDirectoryAuth: 'Disabled'
      passwordAuth: 'Enabled'
    }
    storage: {
      storageSizeGB: 32
      autoGrow: 'Enabled'
    }
    backup: {
      backupRetentionDays: 14
      geoRedundantBackup: 'Disabled'
    }
    network: {
      publicNetworkAccess: 'Disabled'
      delegatedSubnetResourceId: subnetId
      privateDnsZoneArmResourceId: zoneId
    }
    highAvailability: {
      mode: highAvailability
    }
  }
}

resource jobs 'Microsoft.DBforPostgreSQL/flexibleServers/databases@2025-08-01' = {
  parent: server
  name: 'jobs'
  properties: {
    charset: 'UTF8'
  }
}

output host string = server.properties.fullyQualifiedDomainName
output database string = jobs.name
