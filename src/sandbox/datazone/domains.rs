//! The operations on domains.

use serde_json::{Value, json};

use super::authority::Identity;
use super::common::{CLIENT_TOKENS, DATAZONE, conflict, enter, paged};
use super::domain::{Deletion, Domain};
use super::grants::Grant;
use super::groups::Group;
use super::projects::Project;
use super::units::Unit;
use super::users::User;
use super::{sharing, tags};
use crate::sandbox::authorization::service_takes;
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, required, text};
use crate::sandbox::identity_center::Instance;

/// What each role must let DataZone do.
const EXECUTION: &[&str] = &["sts:AssumeRole", "sts:TagSession", "sts:SetContext"];
const SERVICE: &[&str] = &["sts:AssumeRole"];

/// `CreateDomain`.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let tags = tags::of_input(&input);
    call.authorize(&Access::new("datazone:CreateDomain", "*").request_tags(&tags))?;
    CLIENT_TOKENS.once(call, "CreateDomain", &input, |call| {
        let version = text(&input, "domainVersion").unwrap_or("V1");
        let (execution, service) = (text(&input, "domainExecutionRole"), text(&input, "serviceRole"));
        let execution = execution.ok_or_else(|| ApiError::validation("domainExecutionRole is required"))?;
        if version == "V2" && service.is_none() {
            return Err(ApiError::validation("serviceRole is required for a domain of version V2"));
        }
        let text_of = |member| text(&input, member).map(str::to_owned);
        let mut domain = Domain {
            id: format!("dzd-{}", call.random_hex(14)?),
            account: call.caller.account.clone(),
            region: call.region.clone(),
            name: required(&input, "name").to_owned(),
            description: text_of("description"),
            version: version.to_owned(),
            single_sign_on: json!({"type": "DISABLED"}),
            identity_store: None,
            execution_role: execution.to_owned(),
            service_role: service.map(str::to_owned),
            kms_key: text_of("kmsKeyIdentifier"),
            root_unit: call.random_hex(14)?,
            tags,
            created: call.now,
            updated: call.now,
            deletion: None,
        };
        sign_on(call, &mut domain, &input)?;
        take_role(call, &domain, execution, EXECUTION)?;
        if let Some(role) = service {
            take_role(call, &domain, role, SERVICE)?;
        }
        domain.save(call)?;
        furnish(call, &domain)?;
        let members = "id rootDomainUnitId name description singleSignOn domainExecutionRole arn kmsKeyIdentifier \
                       status portalUrl tags domainVersion serviceRole";
        Ok(domain.view(call.now, members))
    })
}

/// What a new domain comes with: a root unit that its creator owns, and from which everybody may become a member of
/// projects. Nobody may create any yet.
fn furnish(call: &Call<'_>, domain: &Domain) -> ApiResult<()> {
    let creator = match &call.caller.session {
        Some(session) => {
            let group = Group::of_role(call, &session.role_arn, &session.role_id)?;
            group.save(call, domain)?;
            Identity { user: None, groups: vec![group.id] }
        }
        None => {
            let user = User::of_account(call, &call.caller.account)?;
            user.save(call, domain)?;
            Identity { user: Some(user.id), groups: Vec::new() }
        }
    };
    Unit::new(call, &domain.root_unit, "Root", None, &creator).save(call, domain)?;
    let everybody = json!({"user": {"allUsersGrantFilter": {}}});
    let detail = json!({"addToProjectMemberPool": {"includeChildDomainUnits": true}});
    let target = ("DOMAIN_UNIT", domain.root_unit.as_str());
    Grant::new(call, target, "ADD_TO_PROJECT_MEMBER_POOL", everybody, detail, "SYSTEM")?.save(call, domain)
}

/// The caller may pass the role, and DataZone may take it.
fn take_role(call: &mut Call<'_>, domain: &Domain, role: &str, actions: &[&str]) -> ApiResult<()> {
    let access = Access::new("iam:PassRole", role).key("iam:PassedToService", DATAZONE.principal);
    if access.owner.as_ref() != Some(&domain.account) {
        return Err(ApiError::validation(format!("Role {role} is not in the account of the domain")));
    }
    call.authorize(&access)?;
    let tag_keys = ["datazone:domainId", "datazone:userId"];
    match service_takes(call, DATAZONE, &domain.arn(), role, actions, &tag_keys)? {
        Some(_) => Ok(()),
        None => Err(ApiError::validation(format!("Unable to assume role {role}"))),
    }
}

/// Takes over the `singleSignOn` of an input. It needs an instance of IAM Identity Center in the domain's Region. Once
/// on, it stays on.
fn sign_on(call: &Call<'_>, domain: &mut Domain, input: &Value) -> ApiResult<()> {
    let Some(wanted) = input.get("singleSignOn").filter(|wanted| !wanted.is_null()) else { return Ok(()) };
    let kind = text(wanted, "type").unwrap_or("DISABLED");
    if kind == "DISABLED" && domain.identity_store.is_some() {
        return Err(ApiError::validation("Single sign-on cannot be disabled once it is enabled for a domain"));
    }
    let mut settings = wanted.clone();
    settings["type"] = json!(kind);
    if kind == "IAM_IDC" {
        let instance = Instance::serving(&call.store, &domain.account, &domain.region, text(wanted, "idcInstanceArn"))?;
        let instance = instance.ok_or_else(|| {
            let message = format!("No instance of IAM Identity Center is available in Region {}", domain.region);
            ApiError::validation(message)
        })?;
        settings["idcInstanceArn"] = json!(instance.arn);
        domain.identity_store = Some(instance.identity_store);
        if settings.get("userAssignment").is_none() {
            settings["userAssignment"] = json!("AUTOMATIC");
        }
    }
    domain.single_sign_on = settings;
    Ok(())
}

/// `GetDomain`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter(call, "GetDomain", required(&input, "identifier"))?;
    let mut answer = domain.describe(call.now);
    if let Some(count) = domain.deleted_projects(call.now) {
        answer["deleteProgress"] = json!({"successfullyDeletedProjectCount": count});
    }
    Ok(answer)
}

/// `ListDomains`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("datazone:ListDomains", "*"))?;
    let (now, status) = (call.now, text(&input, "status"));
    let wanted = |domain: &Domain| status.is_none_or(|status| status == domain.status(now));
    paged("items", sharing::all_visible(call)?, &input, 25, wanted, |domain| {
        let members = "id name description arn managedAccountId status portalUrl createdAt lastUpdatedAt \
                       domainVersion";
        domain.view(now, members)
    })
}

/// `UpdateDomain`.
pub(super) fn update(call: &mut Call<'_>, input: Value) -> ApiResult {
    let mut domain = enter(call, "UpdateDomain", required(&input, "identifier"))?;
    CLIENT_TOKENS.once(call, "UpdateDomain", &input, |call| {
        must_be_settled(call, &domain)?;
        if let Some(name) = text(&input, "name") {
            name.clone_into(&mut domain.name);
        }
        if let Some(description) = text(&input, "description") {
            domain.description = Some(description.to_owned());
        }
        sign_on(call, &mut domain, &input)?;
        if let Some(role) = text(&input, "domainExecutionRole") {
            take_role(call, &domain, role, EXECUTION)?;
            role.clone_into(&mut domain.execution_role);
        }
        if let Some(role) = text(&input, "serviceRole") {
            take_role(call, &domain, role, SERVICE)?;
            domain.service_role = Some(role.to_owned());
        }
        domain.updated = call.now;
        domain.save(call)?;
        let members = "id rootDomainUnitId description singleSignOn domainExecutionRole serviceRole name \
                       lastUpdatedAt";
        Ok(domain.view(call.now, members))
    })
}

fn must_be_settled(call: &Call<'_>, domain: &Domain) -> ApiResult<()> {
    match domain.status(call.now) {
        "AVAILABLE" => Ok(()),
        status => Err(conflict(format!("Domain {} cannot be changed: its status is {status}", domain.id))),
    }
}

/// `DeleteDomain`.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let mut domain = enter(call, "DeleteDomain", required(&input, "identifier"))?;
    CLIENT_TOKENS.once(call, "DeleteDomain", &input, |call| {
        let asked = |member: &str| input[member].as_bool().unwrap_or_default();
        let (skip, cascade) = (asked("skipDeletionCheck"), asked("cascadeDelete"));
        if skip && cascade {
            return Err(ApiError::validation("Only one of skipDeletionCheck and cascadeDelete can be true"));
        }
        must_be_settled(call, &domain)?;
        if !skip && !cascade && domain.has_children(call)? {
            return Err(conflict(format!("Domain {} cannot be deleted: it still has children", domain.id)));
        }
        let projects = Project::all(call, &domain)?.len();
        domain.deletion = Some(Deletion { since: call.now, cascade, projects });
        domain.updated = call.now;
        domain.save(call)?;
        domain.empty(call)?;
        Ok(json!({"status": domain.status(call.now)}))
    })
}
