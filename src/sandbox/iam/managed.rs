//! The managed-policy half of the IAM API. A policy has one version, `v1`.

use serde_json::{Value, json};

use super::entities::{ManagedPolicy, Role};
use super::policy::DocumentKind;
use super::support::{
    already_exists, check_document, delete_conflict, iso_8601, limit_exceeded, no_such_entity, paged, size, tag_list,
    tags, unique_id, url_encoded,
};
use crate::sandbox::call::{Access, ApiResult, Call, required, text};

const VERSION: &str = "v1";
/// Characters of a managed policy, white space apart.
const POLICY_QUOTA: usize = 6144;

pub(super) fn create_policy(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (path, name) = (text(&input, "Path").unwrap_or("/"), required(&input, "PolicyName"));
    let account = call.caller.account.clone();
    let arn = format!("arn:aws:iam::{account}:policy{path}{name}");
    let tags = tags(&input)?;
    call.authorize(&Access::new("iam:CreatePolicy", &arn).request_tags(&tags))?;
    let taken = ManagedPolicy::all(&call.store, &account)?.iter().any(|policy| policy.name.eq_ignore_ascii_case(name));
    if taken {
        return Err(already_exists(format!("A policy called {name} already exists. Duplicate names are not allowed.")));
    }
    let document = required(&input, "PolicyDocument");
    check_document(document, DocumentKind::Identity)?;
    if size(document) > POLICY_QUOTA {
        return Err(limit_exceeded(format!("Cannot exceed quota for PolicySize: {POLICY_QUOTA}")));
    }
    let policy = ManagedPolicy {
        arn,
        id: unique_id(call, "ANPA")?,
        path: path.to_owned(),
        name: name.to_owned(),
        created: call.now,
        document: document.to_owned(),
        description: text(&input, "Description").map(str::to_owned),
        tags,
    };
    policy.save(&call.store)?;
    let roles = Role::all(&call.store, &account)?;
    Ok(json!({"Policy": described(&policy, &roles)}))
}

pub(super) fn get_policy(call: &mut Call<'_>, input: Value) -> ApiResult {
    let policy = find_policy(call, "iam:GetPolicy", &input)?;
    let roles = Role::all(&call.store, &call.caller.account)?;
    let mut described = described(&policy, &roles);
    described["Description"] = json!(policy.description);
    Ok(json!({"Policy": described}))
}

pub(super) fn get_policy_version(call: &mut Call<'_>, input: Value) -> ApiResult {
    let policy = find_policy(call, "iam:GetPolicyVersion", &input)?;
    let version = required(&input, "VersionId");
    if version != VERSION {
        let arn = &policy.arn;
        return Err(no_such_entity(format!("Policy {arn} version {version} does not exist or is not attachable.")));
    }
    Ok(json!({"PolicyVersion": {
        "Document": url_encoded(&policy.document), "VersionId": VERSION, "IsDefaultVersion": true,
        "CreateDate": iso_8601(policy.created),
    }}))
}

pub(super) fn list_policies(call: &mut Call<'_>, input: Value) -> ApiResult {
    let account = call.caller.account.clone();
    call.authorize(&Access::new("iam:ListPolicies", format!("arn:aws:iam::{account}:policy/")))?;
    let mut policies = match text(&input, "Scope") {
        Some("AWS") => Vec::new(),
        _ => ManagedPolicy::all(&call.store, &account)?,
    };
    if text(&input, "Scope") != Some("Local") {
        policies.extend(ManagedPolicy::of_aws());
    }
    let roles = Role::all(&call.store, &account)?;
    let prefix = text(&input, "PathPrefix").unwrap_or("/");
    let only_attached = input["OnlyAttached"].as_bool() == Some(true);
    let wanted = |policy: &ManagedPolicy| {
        let (attached, bounds) = usage(policy, &roles);
        policy.path.starts_with(prefix)
            && (!only_attached || attached > 0)
            && match text(&input, "PolicyUsageFilter") {
                Some("PermissionsPolicy") => attached > 0,
                Some(_) => bounds > 0,
                None => true,
            }
    };
    let policies = policies.iter().filter(|policy| wanted(policy));
    // Tags and description take a look at each policy.
    let summaries = policies.map(|policy| {
        let mut summary = described(policy, &roles);
        if let Some(members) = summary.as_object_mut() {
            members.remove("Tags");
        }
        summary
    });
    paged("Policies", summaries.collect(), &input)
}

pub(super) fn delete_policy(call: &mut Call<'_>, input: Value) -> ApiResult {
    let policy = find_policy(call, "iam:DeletePolicy", &input)?;
    if usage(&policy, &Role::all(&call.store, &call.caller.account)?) != (0, 0) {
        return Err(delete_conflict("Cannot delete a policy attached to entities."));
    }
    policy.delete(&call.store)?;
    Ok(Value::Null)
}

fn find_policy(call: &mut Call<'_>, action: &str, input: &Value) -> ApiResult<ManagedPolicy> {
    let arn = required(input, "PolicyArn");
    // AWS's own policies may be read by whom the caller's account lets read.
    let owner = call.caller.account.clone();
    let access = Access::new(action, arn);
    call.authorize(&if arn.starts_with("arn:aws:iam::aws:") { access.owner(owner) } else { access })?;
    ManagedPolicy::find(&call.store, arn)?.ok_or_else(|| no_such_entity(format!("Policy {arn} was not found.")))
}

/// How many roles have the policy attached, and how many as their boundary.
fn usage(policy: &ManagedPolicy, roles: &[Role]) -> (usize, usize) {
    let attached = roles.iter().filter(|role| role.attached.contains(&policy.arn)).count();
    let bounds = roles.iter().filter(|role| role.boundary.as_ref() == Some(&policy.arn)).count();
    (attached, bounds)
}

fn described(policy: &ManagedPolicy, roles: &[Role]) -> Value {
    let (attached, bounds) = usage(policy, roles);
    let mut described = json!({
        "PolicyName": policy.name, "PolicyId": policy.id, "Arn": policy.arn, "Path": policy.path,
        "DefaultVersionId": VERSION, "AttachmentCount": attached, "PermissionsBoundaryUsageCount": bounds,
        "IsAttachable": true, "CreateDate": iso_8601(policy.created), "UpdateDate": iso_8601(policy.created),
    });
    if !policy.tags.is_empty() {
        described["Tags"] = tag_list(&policy.tags).into();
    }
    described
}
