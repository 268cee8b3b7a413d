//! The IAM API: roles, their inline and managed policies, boundaries and tags, and OpenID Connect providers.

use serde_json::{Value, json};

use super::entities::{ManagedPolicy, Role, unknown_principal};
use super::policy::DocumentKind;
use super::support::{
    already_exists, check_document, delete_conflict, iso_8601, limit_exceeded, malformed, no_such_entity, paged, size,
    tag_list, tags, unique_id, url_encoded,
};
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, required, text};
use crate::sandbox::service::{Operation, Protocol, Service};

/// Identity and Access Management.
pub const SERVICE: Service = Service {
    name: "iam",
    protocol: Protocol::Query { namespace: "https://iam.amazonaws.com/doc/2010-05-08/", operations: OPERATIONS },
    shapes: r"
        Arn = string 20..2048
        RoleName = string 1..64 `[\w+=,.@-]+`
        PolicyName = string 1..128 `[\w+=,.@-]+`
        Path = string 1..512 `(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`
        PathPrefix = string 1..512 `\u002F[\u0021-\u007F]*`
        PolicyPath = string 1..512 `((/[A-Za-z0-9\.,\+@=_-]+)*)/`
        Document = string 1..131072 `[\u0009\u000A\u000D\u0020-\u00FF]+`
        RoleDescription = string 0..1000 `[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`
        PolicyDescription = string 0..1000
        Duration = integer 3600..43200
        ClientID = string 1..255
        TagKey = string 1..128 `[\p{L}\p{Z}\p{N}_.:/=+\-@]+`
        Tag = { Key!: TagKey, Value!: string 0..256 `[\p{L}\p{Z}\p{N}_.:/=+\-@]*` }
        Tags = list 0..50 of Tag
        Marker = string 1..320 `[\u0020-\u00FF]+`
        MaxItems = integer 1..1000
        VersionId = string `v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`
    ",
};

const OPERATIONS: &[Operation] = &[
    Operation {
        name: "CreateRole",
        input: "{ Path: Path, RoleName!: RoleName, AssumeRolePolicyDocument!: Document, Description: RoleDescription,
                  MaxSessionDuration: Duration, PermissionsBoundary: Arn, Tags: Tags }",
        handler: create_role,
    },
    Operation { name: "GetRole", input: "{ RoleName!: RoleName }", handler: get_role },
    Operation {
        name: "ListRoles",
        input: "{ PathPrefix: PathPrefix, Marker: Marker, MaxItems: MaxItems }",
        handler: list_roles,
    },
    Operation {
        name: "UpdateRole",
        input: "{ RoleName!: RoleName, Description: RoleDescription, MaxSessionDuration: Duration }",
        handler: update_role,
    },
    Operation {
        name: "UpdateAssumeRolePolicy",
        input: "{ RoleName!: RoleName, PolicyDocument!: Document }",
        handler: update_assume_role_policy,
    },
    Operation { name: "DeleteRole", input: "{ RoleName!: RoleName }", handler: delete_role },
    Operation { name: "TagRole", input: "{ RoleName!: RoleName, Tags!: Tags }", handler: tag_role },
    Operation {
        name: "UntagRole",
        input: "{ RoleName!: RoleName, TagKeys!: list 0..50 of TagKey }",
        handler: untag_role,
    },
    Operation {
        name: "ListRoleTags",
        input: "{ RoleName!: RoleName, Marker: Marker, MaxItems: MaxItems }",
        handler: list_role_tags,
    },
    Operation {
        name: "PutRolePolicy",
        input: "{ RoleName!: RoleName, PolicyName!: PolicyName, PolicyDocument!: Document }",
        handler: put_role_policy,
    },
    Operation {
        name: "GetRolePolicy",
        input: "{ RoleName!: RoleName, PolicyName!: PolicyName }",
        handler: get_role_policy,
    },
    Operation {
        name: "ListRolePolicies",
        input: "{ RoleName!: RoleName, Marker: Marker, MaxItems: MaxItems }",
        handler: list_role_policies,
    },
    Operation {
        name: "DeleteRolePolicy",
        input: "{ RoleName!: RoleName, PolicyName!: PolicyName }",
        handler: delete_role_policy,
    },
    Operation {
        name: "PutRolePermissionsBoundary",
        input: "{ RoleName!: RoleName, PermissionsBoundary!: Arn }",
        handler: put_role_permissions_boundary,
    },
    Operation {
        name: "DeleteRolePermissionsBoundary",
        input: "{ RoleName!: RoleName }",
        handler: delete_role_permissions_boundary,
    },
    Operation {
        name: "AttachRolePolicy",
        input: "{ RoleName!: RoleName, PolicyArn!: Arn }",
        handler: attach_role_policy,
    },
    Operation {
        name: "DetachRolePolicy",
        input: "{ RoleName!: RoleName, PolicyArn!: Arn }",
        handler: detach_role_policy,
    },
    Operation {
        name: "ListAttachedRolePolicies",
        input: "{ RoleName!: RoleName, PathPrefix: PolicyPath, Marker: Marker, MaxItems: MaxItems }",
        handler: list_attached_role_policies,
    },
    Operation {
        name: "CreatePolicy",
        input: "{ PolicyName!: PolicyName, Path: PolicyPath, PolicyDocument!: Document,
                  Description: PolicyDescription, Tags: Tags }",
        handler: super::managed::create_policy,
    },
    Operation { name: "GetPolicy", input: "{ PolicyArn!: Arn }", handler: super::managed::get_policy },
    Operation {
        name: "GetPolicyVersion",
        input: "{ PolicyArn!: Arn, VersionId!: VersionId }",
        handler: super::managed::get_policy_version,
    },
    Operation {
        name: "ListPolicies",
        input: "{ Scope: enum All AWS Local, OnlyAttached: boolean, PathPrefix: PolicyPath,
                  PolicyUsageFilter: enum PermissionsPolicy PermissionsBoundary, Marker: Marker, MaxItems: MaxItems }",
        handler: super::managed::list_policies,
    },
    Operation { name: "DeletePolicy", input: "{ PolicyArn!: Arn }", handler: super::managed::delete_policy },
    Operation {
        name: "CreateOpenIDConnectProvider",
        input: "{ Url!: string 1..255, ClientIDList: list of ClientID, ThumbprintList: list of string 40..40,
                  Tags: Tags }",
        handler: super::oidc::create,
    },
    Operation {
        name: "GetOpenIDConnectProvider",
        input: "{ OpenIDConnectProviderArn!: Arn }",
        handler: super::oidc::get,
    },
    Operation { name: "ListOpenIDConnectProviders", input: "{ }", handler: super::oidc::list },
    Operation {
        name: "DeleteOpenIDConnectProvider",
        input: "{ OpenIDConnectProviderArn!: Arn }",
        handler: super::oidc::delete,
    },
    Operation {
        name: "AddClientIDToOpenIDConnectProvider",
        input: "{ OpenIDConnectProviderArn!: Arn, ClientID!: ClientID }",
        handler: super::oidc::add_client,
    },
    Operation {
        name: "TagOpenIDConnectProvider",
        input: "{ OpenIDConnectProviderArn!: Arn, Tags!: Tags }",
        handler: super::oidc::tag,
    },
    Operation {
        name: "UntagOpenIDConnectProvider",
        input: "{ OpenIDConnectProviderArn!: Arn, TagKeys!: list 0..50 of TagKey }",
        handler: super::oidc::untag,
    },
    Operation {
        name: "ListOpenIDConnectProviderTags",
        input: "{ OpenIDConnectProviderArn!: Arn, Marker: Marker, MaxItems: MaxItems }",
        handler: super::oidc::list_tags,
    },
];

/// Characters of all inline policies of one role together, white space apart.
const INLINE_QUOTA: usize = 10_240;
const TRUST_QUOTA: usize = 2048;
const ATTACHED_QUOTA: usize = 10;
const TAG_QUOTA: usize = 50;

fn create_role(call: &mut Call<'_>, input: Value) -> ApiResult {
    let account = call.caller.account.clone();
    let (path, name) = (text(&input, "Path").unwrap_or("/"), required(&input, "RoleName"));
    let tags = tags(&input)?;
    let trust = required(&input, "AssumeRolePolicyDocument");
    let mut role = Role::new(&account, path, name, unique_id(call, "AROA")?, trust.to_owned(), call.now);
    let mut access = Access::new("iam:CreateRole", &role.arn).request_tags(&tags);
    if let Some(boundary) = text(&input, "PermissionsBoundary") {
        access = access.key("iam:PermissionsBoundary", boundary);
        role.boundary = Some(boundary.to_owned());
    }
    call.authorize(&access)?;
    if Role::find(&call.store, &account, name)?.is_some() {
        return Err(already_exists(format!("Role with name {name} already exists.")));
    }
    check_trust(call, trust)?;
    if let Some(boundary) = &role.boundary {
        check_boundary(call, boundary)?;
    }
    role.tags = tags;
    role.description = text(&input, "Description").map(str::to_owned);
    role.max_session_duration = input["MaxSessionDuration"].as_i64().unwrap_or(role.max_session_duration);
    role.save(&call.store)?;
    Ok(json!({"Role": described(&role)}))
}

fn get_role(call: &mut Call<'_>, input: Value) -> ApiResult {
    let role = find_role(call, "iam:GetRole", &input, &[])?;
    Ok(json!({"Role": described(&role)}))
}

fn list_roles(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("iam:ListRoles", format!("arn:aws:iam::{}:role/", call.caller.account)))?;
    let prefix = text(&input, "PathPrefix").unwrap_or("/");
    let roles: Vec<Value> = Role::all(&call.store, &call.caller.account)?
        .iter()
        .filter(|role| role.path.starts_with(prefix))
        .map(|role| {
            // Listings leave out what takes a look at each role.
            let mut described = described(role);
            if let Some(members) = described.as_object_mut() {
                members.retain(|name, _| !matches!(name.as_str(), "Tags" | "PermissionsBoundary" | "RoleLastUsed"));
            }
            described
        })
        .collect();
    paged("Roles", roles, &input)
}

fn update_role(call: &mut Call<'_>, input: Value) -> ApiResult {
    let mut role = find_role(call, "iam:UpdateRole", &input, &[])?;
    if let Some(description) = text(&input, "Description") {
        role.description = Some(description.to_owned());
    }
    role.max_session_duration = input["MaxSessionDuration"].as_i64().unwrap_or(role.max_session_duration);
    role.save(&call.store)?;
    Ok(json!({}))
}

fn update_assume_role_policy(call: &mut Call<'_>, input: Value) -> ApiResult {
    let mut role = find_role(call, "iam:UpdateAssumeRolePolicy", &input, &[])?;
    let trust = required(&input, "PolicyDocument");
    check_trust(call, trust)?;
    role.trust = trust.to_owned();
    role.save(&call.store)?;
    Ok(Value::Null)
}

fn delete_role(call: &mut Call<'_>, input: Value) -> ApiResult {
    let role = find_role(call, "iam:DeleteRole", &input, &[])?;
    if !role.attached.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must detach all policies first."));
    }
    if !role.inline.is_empty() {
        return Err(delete_conflict("Cannot delete entity, must delete policies first."));
    }
    role.delete(&call.store)?;
    Ok(Value::Null)
}

fn tag_role(call: &mut Call<'_>, input: Value) -> ApiResult {
    let new = tags(&input)?;
    let keys = Access::new("", "").request_tags(&new).keys;
    let mut role = find_role(call, "iam:TagRole", &input, &keys)?;
    for (key, value) in new {
        role.tags.retain(|known, _| !known.eq_ignore_ascii_case(&key));
        role.tags.insert(key, value);
    }
    if role.tags.len() > TAG_QUOTA {
        return Err(limit_exceeded(format!("The number of tags has reached the maximum limit: {TAG_QUOTA}")));
    }
    role.save(&call.store)?;
    Ok(Value::Null)
}

fn untag_role(call: &mut Call<'_>, input: Value) -> ApiResult {
    let gone: Vec<String> =
        input["TagKeys"].as_array().into_iter().flatten().filter_map(|key| Some(key.as_str()?.to_owned())).collect();
    let mut role = find_role(call, "iam:UntagRole", &input, &[("aws:TagKeys".to_owned(), gone.clone())])?;
    role.tags.retain(|known, _| !gone.iter().any(|key| key.eq_ignore_ascii_case(known)));
    role.save(&call.store)?;
    Ok(Value::Null)
}

fn list_role_tags(call: &mut Call<'_>, input: Value) -> ApiResult {
    let role = find_role(call, "iam:ListRoleTags", &input, &[])?;
    paged("Tags", tag_list(&role.tags), &input)
}

fn put_role_policy(call: &mut Call<'_>, input: Value) -> ApiResult {
    let mut role = find_role(call, "iam:PutRolePolicy", &input, &[])?;
    let document = required(&input, "PolicyDocument");
    check_document(document, DocumentKind::Identity)?;
    role.inline.insert(required(&input, "PolicyName").to_owned(), document.to_owned());
    if role.inline.values().map(|document| size(document)).sum::<usize>() > INLINE_QUOTA {
        let name = &role.name;
        return Err(limit_exceeded(format!("Maximum policy size of {INLINE_QUOTA} bytes exceeded for role {name}")));
    }
    role.save(&call.store)?;
    Ok(Value::Null)
}

fn get_role_policy(call: &mut Call<'_>, input: Value) -> ApiResult {
    let role = find_role(call, "iam:GetRolePolicy", &input, &[])?;
    let name = required(&input, "PolicyName");
    let document = role.inline.get(name).ok_or_else(|| no_inline_policy(name))?;
    Ok(json!({"RoleName": role.name, "PolicyName": name, "PolicyDocument": url_encoded(document)}))
}

fn list_role_policies(call: &mut Call<'_>, input: Value) -> ApiResult {
    let role = find_role(call, "iam:ListRolePolicies", &input, &[])?;
    paged("PolicyNames", role.inline.keys().map(|name| json!(name)).collect(), &input)
}

fn delete_role_policy(call: &mut Call<'_>, input: Value) -> ApiResult {
    let mut role = find_role(call, "iam:DeleteRolePolicy", &input, &[])?;
    let name = required(&input, "PolicyName");
    role.inline.remove(name).ok_or_else(|| no_inline_policy(name))?;
    role.save(&call.store)?;
    Ok(Value::Null)
}

fn put_role_permissions_boundary(call: &mut Call<'_>, input: Value) -> ApiResult {
    let boundary = required(&input, "PermissionsBoundary");
    let key = ("iam:PermissionsBoundary".to_owned(), vec![boundary.to_owned()]);
    let mut role = find_role(call, "iam:PutRolePermissionsBoundary", &input, &[key])?;
    check_boundary(call, boundary)?;
    role.boundary = Some(boundary.to_owned());
    role.save(&call.store)?;
    Ok(Value::Null)
}

fn delete_role_permissions_boundary(call: &mut Call<'_>, input: Value) -> ApiResult {
    let mut role = find_role(call, "iam:DeleteRolePermissionsBoundary", &input, &[])?;
    if role.boundary.take().is_none() {
        return Err(no_such_entity(format!("Role {} does not have a permissions boundary.", role.name)));
    }
    role.save(&call.store)?;
    Ok(Value::Null)
}

fn attach_role_policy(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = required(&input, "PolicyArn");
    let mut role = find_role(call, "iam:AttachRolePolicy", &input, &[policy_key(arn)])?;
    if attachable(call, arn)?.is_none() {
        return Err(no_such_entity(format!("Policy {arn} does not exist or is not attachable.")));
    }
    if !role.attached.iter().any(|attached| attached == arn) {
        if role.attached.len() == ATTACHED_QUOTA {
            return Err(limit_exceeded(format!("Cannot exceed quota for PoliciesPerRole: {ATTACHED_QUOTA}")));
        }
        role.attached.push(arn.to_owned());
    }
    role.save(&call.store)?;
    Ok(Value::Null)
}

fn detach_role_policy(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = required(&input, "PolicyArn");
    let mut role = find_role(call, "iam:DetachRolePolicy", &input, &[policy_key(arn)])?;
    let before = role.attached.len();
    role.attached.retain(|attached| attached != arn);
    if role.attached.len() == before {
        return Err(no_such_entity(format!("Policy {arn} was not found.")));
    }
    role.save(&call.store)?;
    Ok(Value::Null)
}

fn list_attached_role_policies(call: &mut Call<'_>, input: Value) -> ApiResult {
    let role = find_role(call, "iam:ListAttachedRolePolicies", &input, &[])?;
    let prefix = text(&input, "PathPrefix").unwrap_or("/");
    let mut attached = Vec::new();
    for arn in &role.attached {
        if let Some(policy) = ManagedPolicy::find(&call.store, arn)?.filter(|policy| policy.path.starts_with(prefix)) {
            attached.push(json!({"PolicyName": policy.name, "PolicyArn": policy.arn}));
        }
    }
    paged("AttachedPolicies", attached, &input)
}

/// The role that the input names, once the caller has leave for `action` on it. A role that does not exist is refused
/// to those who may not look, and missing to those who may.
fn find_role(call: &mut Call<'_>, action: &str, input: &Value, keys: &[(String, Vec<String>)]) -> ApiResult<Role> {
    let (account, name) = (&call.caller.account, required(input, "RoleName"));
    let role = Role::find(&call.store, account, name)?;
    let arn = role.as_ref().map_or_else(|| format!("arn:aws:iam::{account}:role/{name}"), |role| role.arn.clone());
    let mut access = Access::new(action, arn);
    access.keys = keys.to_vec();
    if let Some(role) = &role {
        access = role.with_tags(access);
        // The boundary is a condition key of the operations that change what a role may do.
        if let Some(boundary) = role.boundary.as_ref().filter(|_| action != "iam:PutRolePermissionsBoundary") {
            access = access.key("iam:PermissionsBoundary", boundary);
        }
    }
    call.authorize(&access)?;
    role.ok_or_else(|| no_such_entity(format!("The role with name {name} cannot be found.")))
}

fn described(role: &Role) -> Value {
    let boundary = role.boundary.as_ref().map(|arn| {
        // The API's model spells this type `PermissionsBoundaryPolicy`, the service answers `Policy`.
        json!({"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn})
    });
    let mut described = json!({
        "Path": role.path, "RoleName": role.name, "RoleId": role.id, "Arn": role.arn,
        "CreateDate": iso_8601(role.created), "AssumeRolePolicyDocument": url_encoded(&role.trust),
        "Description": role.description, "MaxSessionDuration": role.max_session_duration,
        "PermissionsBoundary": boundary, "RoleLastUsed": {},
    });
    if !role.tags.is_empty() {
        described["Tags"] = tag_list(&role.tags).into();
    }
    described
}

fn check_trust(call: &Call<'_>, document: &str) -> ApiResult<()> {
    let policy = check_document(document, DocumentKind::Trust)?;
    if let Some(message) = unknown_principal(&call.store, &policy)? {
        return Err(malformed(message));
    }
    if size(document) > TRUST_QUOTA {
        return Err(limit_exceeded(format!("Cannot exceed quota for ACLSizePerRole: {TRUST_QUOTA}")));
    }
    Ok(())
}

fn check_boundary(call: &Call<'_>, arn: &str) -> ApiResult<()> {
    match attachable(call, arn)? {
        Some(_) => Ok(()),
        None => Err(no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable."))),
    }
}

/// A managed policy that a role of the caller's account may have: its own, or one of AWS.
fn attachable(call: &Call<'_>, arn: &str) -> ApiResult<Option<ManagedPolicy>> {
    let own = arn.starts_with(&format!("arn:aws:iam::{}:", call.caller.account));
    let usable = own || arn.starts_with("arn:aws:iam::aws:");
    Ok(if usable { ManagedPolicy::find(&call.store, arn)? } else { None })
}

fn policy_key(arn: &str) -> (String, Vec<String>) {
    ("iam:PolicyARN".to_owned(), vec![arn.to_owned()])
}

fn no_inline_policy(name: &str) -> ApiError {
    no_such_entity(format!("The role policy with name {name} cannot be found."))
}
