//! AWS Organizations: one tree of units and accounts per management account.
//!
//! Listings are cut into pages before they are filtered, so that pages may be empty and yet have a successor: AWS warns
//! that its own do so.

mod accounts;
mod integration;
mod members;
mod tags;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub use self::accounts::ACCOUNT_ID_TAG;
pub use self::integration::trust_service;
use self::members::Member;
pub use self::tree::{Membership, has_node, membership, names_of};
use self::tree::{ORGANIZATION, Organization, Unit};
use super::call::{Access, ApiError, ApiResult, Call, page, page_of_documents, required, text};
use super::iam::support;
use super::service::{Operation, Protocol, Service};

/// AWS Organizations.
pub const SERVICE: Service = Service {
    name: "organizations",
    protocol: Protocol::Json {
        target_prefix: "AWSOrganizationsV20161128",
        validation_code: "InvalidInputException",
        operations: OPERATIONS,
    },
    shapes: r"
        AccountId = string ..12 `^\d{12}$`
        ParentId = string ..100 `^(r-[0-9a-z]{4,32})|(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$`
        ChildId = string ..100 `^(\d{12})|(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$`
        UnitId = string ..68 `^ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}$`
        Tag = { Key!: string 1..128 `^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$`, Value!: string 0..256 `^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$` }
        Tags = list of Tag
        NextToken = string ..100000 `[\s\S]*`
        MaxResults = integer 1..20
        ServicePrincipal = string 1..128 `[\w+=,.@-]*`
        TaggableId = string ..130 `^(r-[0-9a-z]{4,32})|(\d{12})|(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})|(^p-[0-9a-zA-Z_]{8,128})|(^rp-[0-9a-zA-Z_]{4,128})|(^rt-[0-9a-zA-Z_]{8,32})$`
    ",
};

const OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateOrganization",
        input: "{ FeatureSet: enum ALL CONSOLIDATED_BILLING }",
        handler: create_organization,
    },
    Operation { name: "DescribeOrganization", input: "{ }", handler: describe_organization },
    Operation { name: "ListRoots", input: "{ NextToken: NextToken, MaxResults: MaxResults }", handler: list_roots },
    Operation {
        name: "CreateOrganizationalUnit",
        input: r"{ ParentId!: ParentId, Name!: string 1..128 `[\s\S]*`, Tags: Tags }",
        handler: create_organizational_unit,
    },
    Operation {
        name: "DescribeOrganizationalUnit",
        input: "{ OrganizationalUnitId!: UnitId }",
        handler: describe_organizational_unit,
    },
    Operation {
        name: "ListOrganizationalUnitsForParent",
        input: "{ ParentId!: ParentId, NextToken: NextToken, MaxResults: MaxResults }",
        handler: list_organizational_units_for_parent,
    },
    Operation {
        name: "CreateAccount",
        input: r"{ Email!: string 6..64 `[^\s@]+@[^\s@]+\.[^\s@]+`, AccountName!: string 1..50 `[\u0020-\u007E]+`,
                   RoleName: string ..64 `[\w+=,.@-]{1,64}`, IamUserAccessToBilling: enum ALLOW DENY, Tags: Tags }",
        handler: accounts::create_account,
    },
    Operation {
        name: "DescribeCreateAccountStatus",
        input: "{ CreateAccountRequestId!: string ..36 `^car-[a-z0-9]{8,32}$` }",
        handler: accounts::describe_create_account_status,
    },
    Operation {
        name: "ListCreateAccountStatus",
        input: "{ States: list of enum IN_PROGRESS SUCCEEDED FAILED, NextToken: NextToken, MaxResults: MaxResults }",
        handler: accounts::list_create_account_status,
    },
    Operation { name: "CloseAccount", input: "{ AccountId!: AccountId }", handler: accounts::close_account },
    Operation { name: "DescribeAccount", input: "{ AccountId!: AccountId }", handler: accounts::describe_account },
    Operation {
        name: "ListAccounts",
        input: "{ NextToken: NextToken, MaxResults: MaxResults }",
        handler: accounts::list_accounts,
    },
    Operation {
        name: "ListAccountsForParent",
        input: "{ ParentId!: ParentId, NextToken: NextToken, MaxResults: MaxResults }",
        handler: accounts::list_accounts_for_parent,
    },
    Operation {
        name: "ListChildren",
        input: "{ ParentId!: ParentId, ChildType!: enum ACCOUNT ORGANIZATIONAL_UNIT, NextToken: NextToken,
                  MaxResults: MaxResults }",
        handler: list_children,
    },
    Operation {
        name: "ListParents",
        input: "{ ChildId!: ChildId, NextToken: NextToken, MaxResults: MaxResults }",
        handler: list_parents,
    },
    Operation {
        name: "MoveAccount",
        input: "{ AccountId!: AccountId, SourceParentId!: ParentId, DestinationParentId!: ParentId }",
        handler: accounts::move_account,
    },
    Operation {
        name: "RegisterDelegatedAdministrator",
        input: "{ AccountId!: AccountId, ServicePrincipal!: ServicePrincipal }",
        handler: integration::register_delegated_administrator,
    },
    Operation {
        name: "DeregisterDelegatedAdministrator",
        input: "{ AccountId!: AccountId, ServicePrincipal!: ServicePrincipal }",
        handler: integration::deregister_delegated_administrator,
    },
    Operation {
        name: "ListDelegatedAdministrators",
        input: "{ ServicePrincipal: ServicePrincipal, NextToken: NextToken, MaxResults: MaxResults }",
        handler: integration::list_delegated_administrators,
    },
    Operation {
        name: "EnableAWSServiceAccess",
        input: "{ ServicePrincipal!: ServicePrincipal }",
        handler: integration::enable_aws_service_access,
    },
    Operation {
        name: "ListAWSServiceAccessForOrganization",
        input: "{ NextToken: NextToken, MaxResults: MaxResults }",
        handler: integration::list_aws_service_access_for_organization,
    },
    Operation { name: "TagResource", input: "{ ResourceId!: TaggableId, Tags!: Tags }", handler: tags::tag_resource },
    Operation {
        name: "UntagResource",
        input: r"{ ResourceId!: TaggableId, TagKeys!: list of string 1..128 `^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$` }",
        handler: tags::untag_resource,
    },
    Operation {
        name: "ListTagsForResource",
        input: "{ ResourceId!: TaggableId, NextToken: NextToken }",
        handler: tags::list_tags_for_resource,
    },
];

/// Who of the organization may call an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Audience {
    Members,
    Readers,
    Management,
}

/// The caller's organization, once Organizations itself and the caller's IAM policies let the call pass.
/// `resources` gives the ARNs that the call is about; none stands for `*`.
fn enter(
    call: &mut Call<'_>,
    action: &str,
    audience: Audience,
    resources: impl Fn(&Organization) -> Vec<String>,
) -> ApiResult<Organization> {
    enter_with(call, audience, |organization| {
        let resources = resources(organization);
        let resources = if resources.is_empty() { vec!["*".to_owned()] } else { resources };
        resources.into_iter().map(|resource| Access::new(format!("organizations:{action}"), resource)).collect()
    })
}

fn enter_with(
    call: &mut Call<'_>,
    audience: Audience,
    accesses: impl Fn(&Organization) -> Vec<Access>,
) -> ApiResult<Organization> {
    let account = call.caller.account.clone();
    let member = Member::find(&call.store, &account)?;
    let organization: Option<Organization> =
        member.map_or(Ok(None), |member| call.store.get(ORGANIZATION, &member.management))?;
    let Some(organization) = organization else {
        return Err(ApiError::new(
            400,
            "AWSOrganizationsNotInUseException",
            "Your account is not a member of an organization.",
        ));
    };
    let welcome = match audience {
        Audience::Members => true,
        Audience::Readers => account == organization.management || organization.delegates(&account),
        Audience::Management => account == organization.management,
    };
    if !welcome {
        return Err(ApiError::new(400, "AccessDeniedException", "You don't have permissions to access this resource."));
    }
    for access in accesses(&organization) {
        // The ARNs are the management account's, but a delegated administrator's own policies decide.
        call.authorize(&access.owner(&account))?;
    }
    Ok(organization)
}

fn create_organization(call: &mut Call<'_>, input: Value) -> ApiResult {
    let account = call.caller.account.clone();
    call.authorize(&Access::new("organizations:CreateOrganization", "*"))?;
    if Member::find(&call.store, &account)?.is_some() {
        let message = "The AWS account is already a member of an organization.";
        return Err(ApiError::new(400, "AlreadyInOrganizationException", message));
    }
    let organization = Organization {
        id: format!("o-{}", call.random_hex(10)?),
        management: account.clone(),
        feature_set: text(&input, "FeatureSet").unwrap_or("ALL").to_owned(),
        root: format!("r-{}", call.random_hex(4)?),
        units: Vec::new(),
        delegated: Vec::new(),
        services: BTreeMap::new(),
    };
    organization.save(call)?;
    let email = format!("management-{account}@example.com");
    let described = organization.describe(&email);
    let member = Member {
        management: account.clone(),
        name: "management".to_owned(),
        email,
        parent: organization.root,
        method: "INVITED".to_owned(),
        joined: call.now,
        closed: None,
        account,
    };
    member.add(&call.store)?;
    Ok(json!({"Organization": described}))
}

fn describe_organization(call: &mut Call<'_>, _: Value) -> ApiResult {
    let organization = enter(call, "DescribeOrganization", Audience::Members, |_| Vec::new())?;
    let management = organization.member(call, &organization.management)?;
    let email = management.map(|member| member.email).unwrap_or_default();
    Ok(json!({"Organization": organization.describe(&email)}))
}

fn list_roots(call: &mut Call<'_>, input: Value) -> ApiResult {
    let organization = enter(call, "ListRoots", Audience::Readers, |_| Vec::new())?;
    let arn = organization.node_arn(&organization.root);
    let root = json!({"Id": organization.root, "Arn": arn, "Name": "Root", "PolicyTypes": []});
    paged("Roots", vec![root], &input)
}

fn create_organizational_unit(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (parent, name) = (required(&input, "ParentId"), required(&input, "Name"));
    let tags = tags_of(&input)?;
    let mut organization = enter_with(call, Audience::Management, |organization| {
        let access = Access::new("organizations:CreateOrganizationalUnit", organization.node_arn(parent));
        vec![access.request_tags(&tags)]
    })?;
    known_parent(&organization, parent)?;
    if organization.units.iter().any(|unit| unit.parent == parent && unit.name == name) {
        let message = "An OU with the same name already exists.";
        return Err(ApiError::new(400, "DuplicateOrganizationalUnitException", message));
    }
    let root = organization.root.trim_start_matches("r-");
    let unit =
        Unit { id: format!("ou-{root}-{}", call.random_hex(8)?), name: name.to_owned(), parent: parent.to_owned() };
    let id = unit.id.clone();
    organization.units.push(unit);
    organization.save(call)?;
    tags::keep(call, &organization, &id, &tags)?;
    Ok(json!({"OrganizationalUnit": organization.unit(&id).map(|unit| organization.describe_unit(unit))}))
}

fn describe_organizational_unit(call: &mut Call<'_>, input: Value) -> ApiResult {
    let id = required(&input, "OrganizationalUnitId");
    let organization = enter(call, "DescribeOrganizationalUnit", Audience::Readers, |org| vec![org.node_arn(id)])?;
    match organization.unit(id) {
        Some(unit) => Ok(json!({"OrganizationalUnit": organization.describe_unit(unit)})),
        None => Err(ApiError::new(
            400,
            "OrganizationalUnitNotFoundException",
            "You specified an organizational unit that doesn't exist.",
        )),
    }
}

fn list_organizational_units_for_parent(call: &mut Call<'_>, input: Value) -> ApiResult {
    let organization = enter_parent(call, "ListOrganizationalUnitsForParent", &input)?;
    let parent = required(&input, "ParentId");
    let units = organization.units.iter().filter(|unit| unit.parent == parent);
    paged("OrganizationalUnits", units.map(|unit| organization.describe_unit(unit)).collect(), &input)
}

fn list_children(call: &mut Call<'_>, input: Value) -> ApiResult {
    let organization = enter_parent(call, "ListChildren", &input)?;
    let (parent, kind) = (required(&input, "ParentId"), required(&input, "ChildType"));
    let child = |id: String| json!({"Id": id, "Type": kind});
    if kind == "ACCOUNT" {
        let (members, token) = organization.children(call, parent, &input)?;
        return Ok(listed("Children", members.into_iter().map(|member| child(member.account)).collect(), token));
    }
    let units = organization.units.iter().filter(|unit| unit.parent == parent);
    paged("Children", units.map(|unit| child(unit.id.clone())).collect(), &input)
}

fn list_parents(call: &mut Call<'_>, input: Value) -> ApiResult {
    let child = required(&input, "ChildId");
    let is_unit = child.starts_with("ou-");
    let organization = enter(call, "ListParents", Audience::Readers, |org| {
        vec![if is_unit { org.node_arn(child) } else { org.account_arn(child) }]
    })?;
    let parent = if is_unit {
        organization.unit(child).map(|unit| unit.parent.clone())
    } else {
        organization.member(call, child)?.map(|member| member.parent)
    };
    let parent = parent.ok_or_else(|| {
        let message = "You specified an organizational unit (OU) or AWS account that doesn't exist.";
        ApiError::new(400, "ChildNotFoundException", message)
    })?;
    let kind = if parent == organization.root { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
    paged("Parents", vec![json!({"Id": parent, "Type": kind})], &input)
}

/// [`enter`] for a read about the `ParentId` of the input, which must exist.
fn enter_parent(call: &mut Call<'_>, action: &str, input: &Value) -> ApiResult<Organization> {
    let parent = required(input, "ParentId");
    let organization = enter(call, action, Audience::Readers, |org| vec![org.node_arn(parent)])?;
    known_parent(&organization, parent)?;
    Ok(organization)
}

fn known_parent(organization: &Organization, parent: &str) -> ApiResult<()> {
    if organization.has_node(parent) {
        return Ok(());
    }
    Err(ApiError::new(400, "ParentNotFoundException", "You specified a root or OU that doesn't exist."))
}

fn paged(member: &str, items: Vec<Value>, input: &Value) -> ApiResult {
    let (items, token) = cut(items, input)?;
    Ok(listed(member, items, token))
}

/// Some of a listing's items, and the token of the next ones.
type Page<T> = (Vec<T>, Option<String>);

/// The page of `items` that the input asks for.
fn cut<T>(items: Vec<T>, input: &Value) -> ApiResult<Page<T>> {
    page(items, page_size(input), text(input, "NextToken")).map_err(|_| invalid_token())
}

/// [`cut`] for documents whose keys begin with `prefix`.
fn scan<T: DeserializeOwned>(call: &Call<'_>, kind: &str, prefix: &str, input: &Value) -> ApiResult<Page<T>> {
    let page = page_of_documents(&call.store, kind, prefix, page_size(input), text(input, "NextToken"));
    page.map_err(|error| if error.status == 400 { invalid_token() } else { error })
}

fn page_size(input: &Value) -> usize {
    input["MaxResults"].as_u64().and_then(|max| usize::try_from(max).ok()).unwrap_or(20)
}

fn listed(member: &str, items: Vec<Value>, token: Option<String>) -> Value {
    let mut answer = json!({member: items});
    if let Some(token) = token {
        answer["NextToken"] = json!(token);
    }
    answer
}

fn invalid_token() -> ApiError {
    invalid_input("You specified an invalid value for nextToken. You must use the value from a previous response.")
}

/// The request's tags.
fn tags_of(input: &Value) -> ApiResult<BTreeMap<String, String>> {
    support::tags(input).map_err(|error| invalid_input(error.message))
}

fn account_not_found() -> ApiError {
    ApiError::new(400, "AccountNotFoundException", "You specified an account that doesn't exist.")
}

fn invalid_input(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "InvalidInputException", message)
}

fn constraint(message: &str) -> ApiError {
    ApiError::new(400, "ConstraintViolationException", message)
}
