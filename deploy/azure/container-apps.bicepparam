// An example. Secrets come from the environment of who deploys; write none of them here.
using 'container-apps.bicep'

param registryName = 'exampleregistry'
param imageTag = '1.0.0'
param appType = 'UserAssignedMSI'
param minReplicas = 2
param maxReplicas = 4

param databasePassword = readEnvironmentVariable('DATABASE_PASSWORD')
param secrets = {
  OPERATOR_SECRETS: readEnvironmentVariable('OPERATOR_SECRETS', '')
  METRICS_TOKENS: readEnvironmentVariable('METRICS_TOKENS', '')
  JOB_SYSTEM_SECRETS: readEnvironmentVariable('JOB_SYSTEM_SECRETS', '')
}
