//! Amazon DataZone, as SageMaker Unified Studio uses it: domains, their units and owners, profiles, policy grants; and
//! what projects are made of (`provisioning`).
//!
//! Every operation asks IAM first, then DataZone's own layer (`authority`). Documents belong to a domain and are kept
//! under `account/region/domain/...` of its owner, whoever makes them; ids name them everywhere.

mod account_pools;
mod authority;
mod blueprint_table;
mod blueprints;
mod catalog;
mod common;
mod configurations;
mod connections;
mod deployments;
mod domain;
mod domains;
mod environment_configurations;
mod environments;
mod grants;
mod groups;
mod memberships;
mod owners;
mod project_profiles;
mod projects;
mod provisioning;
mod shapes;
pub mod sharing;
mod stacks;
mod tags;
#[cfg(test)]
mod tests;
mod units;
mod user_parameters;
mod users;
mod validation;

pub(super) use self::catalog::SERVICE as CATALOG;
pub(super) use self::provisioning::SERVICE as PROVISIONING;
pub(super) use self::tags::tagged;
use super::rate::RateLimit;
use super::rest::RestOperation;
use super::service::{Protocol, Service};

/// Domains, domain units, owners, profiles, policy grants and tags.
pub(super) const SERVICE: Service = Service {
    name: "datazone",
    protocol: Protocol::RestJson {
        validation_code: "ValidationException",
        limits: &[
            RateLimit { operations: &["CreateDomain", "UpdateDomain"], per_second: 8 },
            RateLimit { operations: &["CreateDomainUnit"], per_second: 20 },
            RateLimit { operations: &["AddPolicyGrant"], per_second: 20 },
            RateLimit { operations: &["AddEntityOwner"], per_second: 20 },
        ],
        operations: OPERATIONS,
    },
    shapes: shapes::SHAPES,
};

const OPERATIONS: &[RestOperation] = &[
    RestOperation {
        name: "CreateDomain",
        http: "POST /v2/domains",
        status: 201,
        input: "{ name!: string, description: string, singleSignOn: SingleSignOn, domainExecutionRole: RoleArn,
                  kmsKeyIdentifier: KmsKeyArn, tags: Tags, domainVersion: enum V1 V2, serviceRole: RoleArn,
                  clientToken: string }",
        handler: domains::create,
    },
    RestOperation {
        name: "GetDomain",
        http: "GET /v2/domains/{identifier}",
        status: 200,
        input: "{ identifier!: DomainId }",
        handler: domains::get,
    },
    RestOperation {
        name: "ListDomains",
        http: "GET /v2/domains?status&maxResults&nextToken",
        status: 200,
        input: "{ status: DomainStatus, maxResults: FewResults, nextToken: NextToken }",
        handler: domains::list,
    },
    RestOperation {
        name: "UpdateDomain",
        http: "PUT /v2/domains/{identifier}?clientToken",
        status: 200,
        input: "{ identifier!: DomainId, description: string, singleSignOn: SingleSignOn, domainExecutionRole: RoleArn,
                  serviceRole: RoleArn, name: string, clientToken: string }",
        handler: domains::update,
    },
    RestOperation {
        name: "DeleteDomain",
        http: "DELETE /v2/domains/{identifier}?clientToken&skipDeletionCheck&cascadeDelete",
        status: 202,
        input: "{ identifier!: DomainId, clientToken: string, skipDeletionCheck: boolean, cascadeDelete: boolean }",
        handler: domains::delete,
    },
    RestOperation {
        name: "TagResource",
        http: "POST /tags/{resourceArn}",
        status: 200,
        input: "{ resourceArn!: string, tags!: Tags }",
        handler: tags::add,
    },
    RestOperation {
        name: "UntagResource",
        http: "DELETE /tags/{resourceArn}?tagKeys",
        status: 200,
        input: "{ resourceArn!: string, tagKeys!: list of TagKey }",
        handler: tags::remove,
    },
    RestOperation {
        name: "ListTagsForResource",
        http: "GET /tags/{resourceArn}",
        status: 200,
        input: "{ resourceArn!: string }",
        handler: tags::list,
    },
    RestOperation {
        name: "CreateDomainUnit",
        http: "POST /v2/domains/{domainIdentifier}/domain-units",
        status: 201,
        input: "{ domainIdentifier!: DomainId, name!: DomainUnitName, parentDomainUnitIdentifier!: DomainUnitId,
                  description: DomainUnitDescription, clientToken: ClientToken }",
        handler: units::create,
    },
    RestOperation {
        name: "GetDomainUnit",
        http: "GET /v2/domains/{domainIdentifier}/domain-units/{identifier}",
        status: 200,
        input: "{ domainIdentifier!: DomainId, identifier!: DomainUnitId }",
        handler: units::get,
    },
    RestOperation {
        name: "UpdateDomainUnit",
        http: "PUT /v2/domains/{domainIdentifier}/domain-units/{identifier}",
        status: 200,
        input: "{ domainIdentifier!: DomainId, identifier!: DomainUnitId, description: DomainUnitDescription,
                  name: DomainUnitName }",
        handler: units::update,
    },
    RestOperation {
        name: "DeleteDomainUnit",
        http: "DELETE /v2/domains/{domainIdentifier}/domain-units/{identifier}",
        status: 204,
        input: "{ domainIdentifier!: DomainId, identifier!: DomainUnitId }",
        handler: units::delete,
    },
    RestOperation {
        name: "ListDomainUnitsForParent",
        http: "GET /v2/domains/{domainIdentifier}/domain-units?parentDomainUnitIdentifier&maxResults&nextToken",
        status: 200,
        input: "{ domainIdentifier!: DomainId, parentDomainUnitIdentifier!: DomainUnitId, maxResults: FewResults,
                  nextToken: NextToken }",
        handler: units::list,
    },
    RestOperation {
        name: "AddEntityOwner",
        http: "POST /v2/domains/{domainIdentifier}/entities/{entityType}/{entityIdentifier}/addOwner",
        status: 201,
        input: "{ domainIdentifier!: DomainId, entityType!: enum DOMAIN_UNIT, entityIdentifier!: string, owner!: Owner,
                  clientToken: ClientToken }",
        handler: owners::add,
    },
    RestOperation {
        name: "RemoveEntityOwner",
        http: "POST /v2/domains/{domainIdentifier}/entities/{entityType}/{entityIdentifier}/removeOwner",
        status: 204,
        input: "{ domainIdentifier!: DomainId, entityType!: enum DOMAIN_UNIT, entityIdentifier!: string, owner!: Owner,
                  clientToken: ClientToken }",
        handler: owners::remove,
    },
    RestOperation {
        name: "ListEntityOwners",
        http: "GET /v2/domains/{domainIdentifier}/entities/{entityType}/{entityIdentifier}/owners?maxResults&nextToken",
        status: 200,
        input: "{ domainIdentifier!: DomainId, entityType!: enum DOMAIN_UNIT, entityIdentifier!: string,
                  maxResults: FewResults, nextToken: NextToken }",
        handler: owners::list,
    },
    RestOperation {
        name: "UpdateRootDomainUnitOwner",
        http: "PATCH /v2/domains/{domainIdentifier}/root-domain-unit-owner",
        status: 204,
        input: "{ domainIdentifier!: DomainId, currentOwner!: UserIdentifier, newOwner!: string,
                  clientToken: ClientToken }",
        handler: owners::update_root,
    },
    RestOperation {
        name: "CreateUserProfile",
        http: "POST /v2/domains/{domainIdentifier}/user-profiles",
        status: 201,
        input: "{ domainIdentifier!: DomainId, userIdentifier!: UserIdentifier,
                  userType: enum IAM_USER IAM_ROLE SSO_USER IAM_ROLE_SESSION, sessionName: SessionName,
                  clientToken: string }",
        handler: users::create,
    },
    RestOperation {
        name: "GetUserProfile",
        http: "GET /v2/domains/{domainIdentifier}/user-profiles/{userIdentifier}?type&sessionName",
        status: 200,
        input: "{ domainIdentifier!: DomainId, userIdentifier!: UserIdentifier, type: UserProfileType,
                  sessionName: SessionName }",
        handler: users::get,
    },
    RestOperation {
        name: "UpdateUserProfile",
        http: "PUT /v2/domains/{domainIdentifier}/user-profiles/{userIdentifier}",
        status: 200,
        input: "{ domainIdentifier!: DomainId, userIdentifier!: UserIdentifier, type: UserProfileType,
                  status!: enum ASSIGNED NOT_ASSIGNED ACTIVATED DEACTIVATED, sessionName: SessionName }",
        handler: users::update,
    },
    RestOperation {
        name: "SearchUserProfiles",
        http: "POST /v2/domains/{domainIdentifier}/search-user-profiles",
        status: 200,
        input: "{ domainIdentifier!: DomainId,
                  userType!: enum SSO_USER DATAZONE_USER DATAZONE_SSO_USER DATAZONE_IAM_USER, searchText: SearchText,
                  maxResults: MaxResults, nextToken: NextToken }",
        handler: users::search,
    },
    RestOperation {
        name: "CreateGroupProfile",
        http: "POST /v2/domains/{domainIdentifier}/group-profiles",
        status: 201,
        input: "{ domainIdentifier!: DomainId, groupIdentifier: GroupIdentifier, rolePrincipalArn: string,
                  clientToken: string }",
        handler: groups::create,
    },
    RestOperation {
        name: "GetGroupProfile",
        http: "GET /v2/domains/{domainIdentifier}/group-profiles/{groupIdentifier}",
        status: 200,
        input: "{ domainIdentifier!: DomainId, groupIdentifier!: GroupIdentifier }",
        handler: groups::get,
    },
    RestOperation {
        name: "UpdateGroupProfile",
        http: "PUT /v2/domains/{domainIdentifier}/group-profiles/{groupIdentifier}",
        status: 200,
        input: "{ domainIdentifier!: DomainId, groupIdentifier!: GroupIdentifier,
                  status!: enum ASSIGNED NOT_ASSIGNED }",
        handler: groups::update,
    },
    RestOperation {
        name: "SearchGroupProfiles",
        http: "POST /v2/domains/{domainIdentifier}/search-group-profiles",
        status: 200,
        input: "{ domainIdentifier!: DomainId, groupType!: enum SSO_GROUP DATAZONE_SSO_GROUP IAM_ROLE_SESSION_GROUP,
                  searchText: SearchText, maxResults: MaxResults, nextToken: NextToken }",
        handler: groups::search,
    },
    RestOperation {
        name: "AddPolicyGrant",
        http: "POST /v2/domains/{domainIdentifier}/policies/managed/{entityType}/{entityIdentifier}/addGrant",
        status: 201,
        input: "{ domainIdentifier!: DomainId, entityType!: TargetEntityType, entityIdentifier!: string,
                  policyType!: ManagedPolicyType, principal!: PolicyGrantPrincipal, detail!: PolicyGrantDetail,
                  clientToken: ClientToken }",
        handler: grants::add,
    },
    RestOperation {
        name: "RemovePolicyGrant",
        http: "POST /v2/domains/{domainIdentifier}/policies/managed/{entityType}/{entityIdentifier}/removeGrant",
        status: 204,
        input: "{ domainIdentifier!: DomainId, entityType!: TargetEntityType, entityIdentifier!: string,
                  policyType!: ManagedPolicyType, principal!: PolicyGrantPrincipal, grantIdentifier: GrantIdentifier,
                  clientToken: ClientToken }",
        handler: grants::remove,
    },
    RestOperation {
        name: "ListPolicyGrants",
        http: "GET /v2/domains/{domainIdentifier}/policies/managed/{entityType}/{entityIdentifier}/grants?policyType\
               &maxResults&nextToken",
        status: 200,
        input: "{ domainIdentifier!: DomainId, entityType!: TargetEntityType, entityIdentifier!: string,
                  policyType!: ManagedPolicyType, maxResults: FewResults, nextToken: NextToken }",
        handler: grants::list,
    },
];
