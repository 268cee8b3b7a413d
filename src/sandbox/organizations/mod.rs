//! AWS Organizations: one tree of units and accounts per management account.
//!
//! `CreateAccount` takes time, as in AWS. The tag [`ACCOUNT_ID_TAG`] chooses the new account's id, so that landscapes
//! are the same every time; without it the id is random. The new account comes with the role that lets the management
//! account in.

#[cfg(test)]
mod tests;
mod tree;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use self::tree::{CreationRequest, MEMBER, Member, ORGANIZATION, Organization, REQUEST, Unit};
pub use self::tree::{Membership, membership};
use super::call::{Access, ApiError, ApiResult, Call, page, required, text};
use super::iam::entities::Role;
use super::iam::support::{tags, unique_id};
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
        handler: create_account,
    },
    Operation {
        name: "DescribeCreateAccountStatus",
        input: "{ CreateAccountRequestId!: string ..36 `^car-[a-z0-9]{8,32}$` }",
        handler: describe_create_account_status,
    },
    Operation { name: "DescribeAccount", input: "{ AccountId!: AccountId }", handler: describe_account },
    Operation {
        name: "ListAccounts",
        input: "{ NextToken: NextToken, MaxResults: MaxResults }",
        handler: list_accounts,
    },
    Operation {
        name: "ListAccountsForParent",
        input: "{ ParentId!: ParentId, NextToken: NextToken, MaxResults: MaxResults }",
        handler: list_accounts_for_parent,
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
        handler: move_account,
    },
    Operation {
        name: "RegisterDelegatedAdministrator",
        input: r"{ AccountId!: AccountId, ServicePrincipal!: string 1..128 `[\w+=,.@-]*` }",
        handler: register_delegated_administrator,
    },
];

/// The tag by which a request of `CreateAccount` chooses the id.
pub const ACCOUNT_ID_TAG: &str = "aiops-sandbox:account-id";

/// How long `CreateAccount` takes.
const ACCOUNT_CREATION: Duration = Duration::from_secs(20);
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
    let member: Option<Member> = call.store.get(MEMBER, &account)?;
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
        Audience::Readers => account == organization.management || organization.delegated.contains(&account),
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
    if call.store.get::<Member>(MEMBER, &account)?.is_some() {
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
        account,
    };
    call.store.put(MEMBER, &member.account, &member)?;
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
    let tags = tags(&input)?;
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

fn create_account(call: &mut Call<'_>, input: Value) -> ApiResult {
    let tags = tags(&input)?;
    let organization = enter_with(call, Audience::Management, |_| {
        vec![Access::new("organizations:CreateAccount", "*").request_tags(&tags)]
    })?;
    let account = match tags.get(ACCOUNT_ID_TAG) {
        Some(id) if id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()) => id.clone(),
        Some(id) => return Err(invalid_input(format!("{ACCOUNT_ID_TAG} must be twelve digits, not '{id}'"))),
        None => random_account_id(call)?,
    };
    let (name, email) = (required(&input, "AccountName"), required(&input, "Email"));
    let completes = call.now.checked_add(ACCOUNT_CREATION).unwrap_or(call.now);
    let members = call.store.list::<Member>(MEMBER, "")?;
    if members.iter().any(|(id, _)| *id == account) {
        return Err(invalid_input(format!("the account {account} exists already")));
    }
    let taken = members.iter().any(|(_, member)| member.email.eq_ignore_ascii_case(email));
    let request = CreationRequest {
        id: format!("car-{}", call.random_hex(32)?),
        management: organization.management.clone(),
        name: name.to_owned(),
        requested: call.now,
        completes,
        account: (!taken).then(|| account.clone()),
        failure: taken.then(|| "EMAIL_ALREADY_EXISTS".to_owned()),
    };
    call.store.put(REQUEST, &request.id, &request)?;
    if !taken {
        let role_name = text(&input, "RoleName").unwrap_or("OrganizationAccountAccessRole");
        access_role(call, &organization.management, &account, role_name, completes)?.save(&call.store)?;
        let member = Member {
            account,
            management: organization.management,
            name: name.to_owned(),
            email: email.to_owned(),
            parent: organization.root,
            method: "CREATED".to_owned(),
            joined: completes,
        };
        call.store.put(MEMBER, &member.account, &member)?;
    }
    Ok(json!({"CreateAccountStatus": request.describe(call.now)}))
}

/// The role by which the management account administers a new account.
fn access_role(call: &Call<'_>, management: &str, account: &str, name: &str, created: Timestamp) -> ApiResult<Role> {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": format!("arn:aws:iam::{management}:root")},
    }]});
    let mut role = Role::new(account, "/", name, unique_id(call, "AROA")?, trust.to_string(), created);
    role.attached.push("arn:aws:iam::aws:policy/AdministratorAccess".to_owned());
    Ok(role)
}

fn random_account_id(call: &Call<'_>) -> ApiResult<String> {
    let number = u64::from_str_radix(&call.random_hex(15)?, 16).unwrap_or_default();
    Ok(format!("{}", 100_000_000_000 + number % 900_000_000_000))
}

fn describe_create_account_status(call: &mut Call<'_>, input: Value) -> ApiResult {
    let organization = enter(call, "DescribeCreateAccountStatus", Audience::Readers, |_| Vec::new())?;
    let request: Option<CreationRequest> = call.store.get(REQUEST, required(&input, "CreateAccountRequestId"))?;
    let request = request.filter(|request| request.management == organization.management).ok_or_else(|| {
        let message = "You specified a create account request ID that doesn't exist.";
        ApiError::new(400, "CreateAccountStatusNotFoundException", message)
    })?;
    Ok(json!({"CreateAccountStatus": request.describe(call.now)}))
}

fn describe_account(call: &mut Call<'_>, input: Value) -> ApiResult {
    let account = required(&input, "AccountId");
    let organization = enter(call, "DescribeAccount", Audience::Readers, |org| vec![org.account_arn(account)])?;
    let member = organization.member(call, account)?.ok_or_else(account_not_found)?;
    Ok(json!({"Account": organization.describe_account(&member)}))
}

fn list_accounts(call: &mut Call<'_>, input: Value) -> ApiResult {
    let organization = enter(call, "ListAccounts", Audience::Readers, |_| Vec::new())?;
    let members = organization.members(call)?;
    paged("Accounts", members.iter().map(|member| organization.describe_account(member)).collect(), &input)
}

fn list_accounts_for_parent(call: &mut Call<'_>, input: Value) -> ApiResult {
    let organization = enter_parent(call, "ListAccountsForParent", &input)?;
    let parent = required(&input, "ParentId");
    let members = organization.members(call)?;
    let children = members.iter().filter(|member| member.parent == parent);
    paged("Accounts", children.map(|member| organization.describe_account(member)).collect(), &input)
}

fn list_children(call: &mut Call<'_>, input: Value) -> ApiResult {
    let organization = enter_parent(call, "ListChildren", &input)?;
    let (parent, kind) = (required(&input, "ParentId"), required(&input, "ChildType"));
    let ids: Vec<String> = if kind == "ACCOUNT" {
        let members = organization.members(call)?.into_iter().filter(|member| member.parent == parent);
        members.map(|member| member.account).collect()
    } else {
        organization.units.iter().filter(|unit| unit.parent == parent).map(|unit| unit.id.clone()).collect()
    };
    paged("Children", ids.into_iter().map(|id| json!({"Id": id, "Type": kind})).collect(), &input)
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

fn move_account(call: &mut Call<'_>, input: Value) -> ApiResult {
    let account = required(&input, "AccountId");
    let (from, to) = (required(&input, "SourceParentId"), required(&input, "DestinationParentId"));
    let organization = enter(call, "MoveAccount", Audience::Management, |org| {
        vec![org.account_arn(account), org.node_arn(from), org.node_arn(to)]
    })?;
    let mut member = organization.member(call, account)?.ok_or_else(account_not_found)?;
    if !organization.has_node(from) || member.parent != from {
        let message = "You specified a source root or OU that doesn't exist or isn't the account's parent.";
        return Err(ApiError::new(400, "SourceParentNotFoundException", message));
    }
    if !organization.has_node(to) {
        let message = "You specified a destination root or OU that doesn't exist.";
        return Err(ApiError::new(400, "DestinationParentNotFoundException", message));
    }
    if from == to {
        let message = "The account is already in the specified destination.";
        return Err(ApiError::new(400, "DuplicateAccountException", message));
    }
    to.clone_into(&mut member.parent);
    call.store.put(MEMBER, account, &member)?;
    Ok(json!({}))
}

fn register_delegated_administrator(call: &mut Call<'_>, input: Value) -> ApiResult {
    let account = required(&input, "AccountId");
    let service = required(&input, "ServicePrincipal");
    let mut organization = enter_with(call, Audience::Management, |org| {
        let action = "organizations:RegisterDelegatedAdministrator";
        vec![Access::new(action, org.account_arn(account)).key("organizations:ServicePrincipal", service)]
    })?;
    organization.member(call, account)?.ok_or_else(account_not_found)?;
    if organization.delegated.iter().any(|known| known == account) {
        let message = "The specified account is already a delegated administrator for this AWS service.";
        return Err(ApiError::new(400, "AccountAlreadyRegisteredException", message));
    }
    organization.delegated.push(account.to_owned());
    organization.save(call)?;
    Ok(json!({}))
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
    let max = input["MaxResults"].as_u64().and_then(|max| usize::try_from(max).ok()).unwrap_or(20);
    let (items, token) = page(items, max, text(input, "NextToken")).map_err(|_| {
        invalid_input("You specified an invalid value for nextToken. You must use the value from a previous response.")
    })?;
    let mut answer = json!({member: items});
    if let Some(token) = token {
        answer["NextToken"] = json!(token);
    }
    Ok(answer)
}

fn account_not_found() -> ApiError {
    ApiError::new(400, "AccountNotFoundException", "You specified an account that doesn't exist.")
}

fn invalid_input(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "InvalidInputException", message)
}
