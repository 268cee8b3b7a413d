//! The operations on what projects are made of: blueprints and their configurations, project profiles, account pools.

use super::{account_pools, blueprints, configurations, project_profiles, shapes};
use crate::sandbox::rate::RateLimit;
use crate::sandbox::rest::RestOperation;
use crate::sandbox::service::{Protocol, Service};

/// Blueprints, project profiles and account pools.
pub(in crate::sandbox) const SERVICE: Service = Service {
    name: "datazone",
    protocol: Protocol::RestJson {
        validation_code: "ValidationException",
        limits: &[
            RateLimit { operations: &["ListEnvironmentBlueprints"], per_second: 8 },
            RateLimit { operations: &["PutEnvironmentBlueprintConfiguration"], per_second: 10 },
            RateLimit { operations: &["CreateProjectProfile", "UpdateProjectProfile"], per_second: 3 },
        ],
        operations: OPERATIONS,
    },
    shapes: shapes::SHAPES,
};

const OPERATIONS: &[RestOperation] = &[
    RestOperation {
        name: "ListEnvironmentBlueprints",
        http: "GET /v2/domains/{domainIdentifier}/environment-blueprints?maxResults&nextToken&name&managed",
        status: 200,
        input: "{ domainIdentifier!: DomainId, maxResults: MaxResults, nextToken: NextToken, name: Name, managed: boolean }",
        handler: blueprints::list,
    },
    RestOperation {
        name: "GetEnvironmentBlueprint",
        http: "GET /v2/domains/{domainIdentifier}/environment-blueprints/{identifier}",
        status: 200,
        input: "{ domainIdentifier!: DomainId, identifier!: Id }",
        handler: blueprints::get,
    },
    RestOperation {
        name: "PutEnvironmentBlueprintConfiguration",
        http: "PUT /v2/domains/{domainIdentifier}/environment-blueprint-configurations/{environmentBlueprintIdentifier}",
        status: 200,
        input: "{ domainIdentifier!: DomainId, environmentBlueprintIdentifier!: Id, provisioningRoleArn: RoleArn,
                  manageAccessRoleArn: RoleArn, environmentRolePermissionBoundary: PolicyArn,
                  enabledRegions!: list of RegionName, regionalParameters: map of RegionName to ParameterMap,
                  resourceConfigurations: list 0..10 of ResourceConfiguration, allowUserProvidedConfigurations: boolean,
                  globalParameters: ParameterMap, provisioningConfigurations: list of ProvisioningConfiguration }",
        handler: configurations::put,
    },
    RestOperation {
        name: "GetEnvironmentBlueprintConfiguration",
        http: "GET /v2/domains/{domainIdentifier}/environment-blueprint-configurations/{environmentBlueprintIdentifier}",
        status: 200,
        input: "{ domainIdentifier!: DomainId, environmentBlueprintIdentifier!: Id }",
        handler: configurations::get,
    },
    RestOperation {
        name: "ListEnvironmentBlueprintConfigurations",
        http: "GET /v2/domains/{domainIdentifier}/environment-blueprint-configurations?maxResults&nextToken",
        status: 200,
        input: "{ domainIdentifier!: DomainId, maxResults: MaxResults, nextToken: NextToken }",
        handler: configurations::list,
    },
    RestOperation {
        name: "DeleteEnvironmentBlueprintConfiguration",
        http: "DELETE /v2/domains/{domainIdentifier}/environment-blueprint-configurations/{environmentBlueprintIdentifier}",
        status: 204,
        input: "{ domainIdentifier!: DomainId, environmentBlueprintIdentifier!: Id }",
        handler: configurations::delete,
    },
    RestOperation {
        name: "CreateProjectProfile",
        http: "POST /v2/domains/{domainIdentifier}/project-profiles",
        status: 201,
        input: "{ domainIdentifier!: DomainId, name!: Name, description: Description, status: enum ENABLED DISABLED,
                  projectResourceTags: ResourceTagParameters, allowCustomProjectResourceTags: boolean,
                  projectResourceTagsDescription: Description, environmentConfigurations: EnvironmentConfigurations,
                  domainUnitIdentifier: DomainUnitId }",
        handler: project_profiles::create,
    },
    RestOperation {
        name: "GetProjectProfile",
        http: "GET /v2/domains/{domainIdentifier}/project-profiles/{identifier}",
        status: 200,
        input: "{ domainIdentifier!: DomainId, identifier!: Id }",
        handler: project_profiles::get,
    },
    RestOperation {
        name: "UpdateProjectProfile",
        http: "PATCH /v2/domains/{domainIdentifier}/project-profiles/{identifier}",
        status: 200,
        input: "{ domainIdentifier!: DomainId, identifier!: Id, name: Name, description: Description, status: enum ENABLED DISABLED,
                  projectResourceTags: ResourceTagParameters, allowCustomProjectResourceTags: boolean,
                  projectResourceTagsDescription: Description, environmentConfigurations: EnvironmentConfigurations,
                  domainUnitIdentifier: DomainUnitId }",
        handler: project_profiles::update,
    },
    RestOperation {
        name: "ListProjectProfiles",
        http: "GET /v2/domains/{domainIdentifier}/project-profiles?name&sortBy&sortOrder&nextToken&maxResults",
        status: 200,
        input: "{ domainIdentifier!: DomainId, name: Name, sortBy: SortBy, sortOrder: SortOrder, nextToken: NextToken,
                  maxResults: MaxResults }",
        handler: project_profiles::list,
    },
    RestOperation {
        name: "DeleteProjectProfile",
        http: "DELETE /v2/domains/{domainIdentifier}/project-profiles/{identifier}",
        status: 204,
        input: "{ domainIdentifier!: DomainId, identifier!: Id }",
        handler: project_profiles::delete,
    },
    RestOperation {
        name: "CreateAccountPool",
        http: "POST /v2/domains/{domainIdentifier}/account-pools",
        status: 201,
        input: "{ domainIdentifier!: DomainId, name!: Name, description: Description, resolutionStrategy!: enum MANUAL,
                  accountSource!: AccountSource }",
        handler: account_pools::create,
    },
    RestOperation {
        name: "GetAccountPool",
        http: "GET /v2/domains/{domainIdentifier}/account-pools/{identifier}",
        status: 200,
        input: "{ domainIdentifier!: DomainId, identifier!: Id }",
        handler: account_pools::get,
    },
    RestOperation {
        name: "UpdateAccountPool",
        http: "PATCH /v2/domains/{domainIdentifier}/account-pools/{identifier}",
        status: 200,
        input: "{ domainIdentifier!: DomainId, identifier!: Id, name: Name, description: Description,
                  resolutionStrategy: enum MANUAL, accountSource: AccountSource }",
        handler: account_pools::update,
    },
    RestOperation {
        name: "ListAccountPools",
        http: "GET /v2/domains/{domainIdentifier}/account-pools?name&sortBy&sortOrder&nextToken&maxResults",
        status: 200,
        input: "{ domainIdentifier!: DomainId, name: Name, sortBy: SortBy, sortOrder: SortOrder, nextToken: NextToken,
                  maxResults: MaxResults }",
        handler: account_pools::list,
    },
    RestOperation {
        name: "ListAccountsInAccountPool",
        http: "GET /v2/domains/{domainIdentifier}/account-pools/{identifier}/accounts?nextToken&maxResults",
        status: 200,
        input: "{ domainIdentifier!: DomainId, identifier!: Id, nextToken: NextToken, maxResults: MaxResults }",
        handler: account_pools::list_accounts,
    },
    RestOperation {
        name: "DeleteAccountPool",
        http: "DELETE /v2/domains/{domainIdentifier}/account-pools/{identifier}",
        status: 204,
        input: "{ domainIdentifier!: DomainId, identifier!: Id }",
        handler: account_pools::delete,
    },
];
