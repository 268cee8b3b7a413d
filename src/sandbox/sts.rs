//! The Security Token Service: who am I, and role sessions.

#[cfg(test)]
mod tests;
pub(super) mod web_identity;

use std::collections::BTreeMap;

use jiff::SignedDuration;
use serde_json::{Map, Value, json};

use super::authorization::{authorize_by_trust, refusal};
use super::call::{Access, ApiError, ApiResult, Call, Session, required, text};
use super::iam::entities::{ManagedPolicy, Role};
use super::iam::support::{check_document, iso_8601, tags};
use super::iam::{DocumentKind, Need};
use super::service::{Operation, Protocol, Service};

/// The Security Token Service.
pub const SERVICE: Service = Service {
    name: "sts",
    protocol: Protocol::Query { namespace: "https://sts.amazonaws.com/doc/2011-06-15/", operations: OPERATIONS },
    shapes: r"
        Arn = string 20..2048 `[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+`
        TagKey = string 1..128 `[\p{L}\p{Z}\p{N}_.:/=+\-@]+`
        Tag = { Key!: TagKey, Value!: string 0..256 `[\p{L}\p{Z}\p{N}_.:/=+\-@]*` }
        PolicyArn = { arn: Arn }
    ",
};

const OPERATIONS: &[Operation] = &[
    Operation { name: "GetCallerIdentity", input: "{ }", handler: get_caller_identity },
    Operation {
        name: "AssumeRole",
        input: r"{ RoleArn!: Arn, RoleSessionName!: string 2..64 `[\w+=,.@-]*`, PolicyArns: list of PolicyArn,
                   Policy: string 1.. `[\u0009\u000A\u000D\u0020-\u00FF]+`, DurationSeconds: integer 900..43200,
                   Tags: list 0..50 of Tag, TransitiveTagKeys: list 0..50 of TagKey,
                   ExternalId: string 2..1224 `[\w+=,.@:\/-]*`, SourceIdentity: string 2..64 `[\w+=,.@-]*`,
                   SerialNumber: string 9..256 `[\w+=/:,.@-]*`, TokenCode: string 6..6 `[\d]*` }",
        handler: assume_role,
    },
    Operation {
        name: web_identity::OPERATION,
        input: r"{ RoleArn!: Arn, RoleSessionName!: string 2..64 `[\w+=,.@-]*`, WebIdentityToken!: string 4..20000,
                   ProviderId: string 4..2048, PolicyArns: list of PolicyArn,
                   Policy: string 1..2048 `[\u0009\u000A\u000D\u0020-\u00FF]+`, DurationSeconds: integer 900..43200,
                   MinimumSessionTokenSize: integer 0..4096 }",
        handler: web_identity::assume_role,
    },
];

/// Characters of all session policies together.
const SESSION_POLICY_QUOTA: usize = 2048;
const SESSION_POLICY_ARNS: usize = 10;
/// Seconds that a session may last when a role assumes a role, and when nothing is said.
const ONE_HOUR: i64 = 3600;

fn get_caller_identity(call: &mut Call<'_>, _: Value) -> ApiResult {
    call.needs_no_permission();
    let user_id = match &call.caller.session {
        Some(session) => format!("{}:{}", session.role_id, session.session_name),
        None => call.caller.account.clone(),
    };
    Ok(json!({"UserId": user_id, "Account": call.caller.account, "Arn": call.caller.arn()}))
}

fn assume_role(call: &mut Call<'_>, input: Value) -> ApiResult {
    // What STS asks IAM for is the role's trust, below.
    call.needs_no_permission();
    let role_arn = required(&input, "RoleArn");
    if !is_role_arn(role_arn) {
        return Err(invalid(format!("{role_arn} is invalid")));
    }
    if text(&input, "SerialNumber").is_some() {
        // Nobody in the sandbox has a device, so no code is the right one.
        let message = "MultiFactorAuthentication failed with invalid MFA one time pass code.";
        return Err(ApiError::new(403, "AccessDenied", message));
    }
    let grant = SessionTags::of(call, &input)?;
    // A role that does not exist, or is not everywhere yet, looks to the caller like one that does not trust it.
    let Some(role) = Role::by_arn(&call.store, role_arn)?.filter(|role| role.is_usable(call.now)) else {
        return Err(not_authorized(call, "sts:AssumeRole", role_arn));
    };
    let source_identity = trusted(call, &input, &role, &grant)?;
    let duration = duration(call, &input, &role)?;
    let (policies, packed_size) = session_policies(call, &input, &role)?;

    let opened =
        Opened { source_identity, tags: grant.tags, transitive_tag_keys: grant.transitive_keys, policies, duration };
    let session = open(call, &role, &input, opened)?;
    let mut answer = session.described(&role);
    answer["PackedPolicySize"] = json!(packed_size);
    answer["SourceIdentity"] = json!(session.source_identity);
    Ok(answer)
}

/// What is particular to a session that is opened.
#[derive(Default)]
struct Opened {
    source_identity: Option<String>,
    tags: Map<String, Value>,
    transitive_tag_keys: Vec<String>,
    policies: Vec<String>,
    /// In seconds.
    duration: i64,
}

fn open(call: &Call<'_>, role: &Role, input: &Value, opened: Opened) -> ApiResult<Session> {
    let session = Session {
        access_key_id: format!("ASIA{}", call.random_hex(16)?.to_uppercase()),
        secret_access_key: call.random_hex(40)?,
        session_token: format!("IQoJ{}", call.random_hex(316)?),
        role_arn: role.arn.clone(),
        role_id: role.id.clone(),
        session_name: required(input, "RoleSessionName").to_owned(),
        source_identity: opened.source_identity,
        tags: opened.tags,
        transitive_tag_keys: opened.transitive_tag_keys,
        policies: opened.policies,
        expires: call.now.checked_add(SignedDuration::from_secs(opened.duration)).unwrap_or(call.now),
    };
    call.store.put(Session::KIND, &session.access_key_id, &session)?;
    Ok(session)
}

impl Session {
    /// What every operation that opens a session answers.
    fn described(&self, role: &Role) -> Value {
        let name = &self.session_name;
        json!({
            "Credentials": {
                "AccessKeyId": self.access_key_id, "SecretAccessKey": self.secret_access_key,
                "SessionToken": self.session_token, "Expiration": iso_8601(self.expires),
            },
            "AssumedRoleUser": {
                "AssumedRoleId": format!("{}:{name}", role.id),
                "Arn": format!("arn:aws:sts::{}:assumed-role/{}/{name}", role.account(), role.name),
            },
        })
    }
}

fn is_role_arn(arn: &str) -> bool {
    let rest = arn.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(":role/"));
    rest.is_some_and(|(account, name)| {
        account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty()
    })
}

/// Asks the trust policy for everything that this call does; gives the session's source identity.
fn trusted(call: &Call<'_>, input: &Value, role: &Role, grant: &SessionTags) -> ApiResult<Option<String>> {
    let requested = text(input, "SourceIdentity");
    let inherited = call.caller.session.as_ref().and_then(|session| session.source_identity.as_deref());
    if inherited.is_some() && requested.is_some_and(|requested| inherited != Some(requested)) {
        // Once set, it stays for the whole chain.
        return Err(not_authorized(call, "sts:SetSourceIdentity", &role.arn));
    }
    let ask = |action: &str, need| {
        let mut access = Access::new(action, &role.arn)
            .request_tags(&grant.requested)
            .resource_policy(Some(role.trust.clone()))
            .keys_of("sts:TransitiveTagKeys", grant.requested_transitive.iter().cloned());
        let named = [("sts:RoleSessionName", "RoleSessionName"), ("sts:ExternalId", "ExternalId")];
        for (key, member) in named.into_iter().chain([("sts:SourceIdentity", "SourceIdentity")]) {
            if let Some(value) = text(input, member) {
                access = access.key(key, value);
            }
        }
        authorize_by_trust(call, &role.with_tags(access), need)
    };
    ask("sts:AssumeRole", Need::Resource)?;
    let source_identity = inherited.or(requested);
    if source_identity.is_some() {
        ask("sts:SetSourceIdentity", Need::Both)?;
    }
    if !grant.tags.is_empty() {
        ask("sts:TagSession", Need::Resource)?;
    }
    Ok(source_identity.map(str::to_owned))
}

fn duration(call: &Call<'_>, input: &Value, role: &Role) -> ApiResult<i64> {
    let Some(seconds) = input["DurationSeconds"].as_i64() else {
        return Ok(ONE_HOUR);
    };
    if call.caller.session.is_some() && seconds > ONE_HOUR {
        let message =
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.";
        return Err(invalid(message));
    }
    if seconds > role.max_session_duration {
        return Err(invalid("The requested DurationSeconds exceeds the MaxSessionDuration set for this role."));
    }
    Ok(seconds)
}

/// The documents that limit the session, and their size in percent of what is allowed.
fn session_policies(call: &Call<'_>, input: &Value, role: &Role) -> ApiResult<(Vec<String>, Option<usize>)> {
    let mut documents = Vec::new();
    let mut size = 0;
    if let Some(document) = text(input, "Policy") {
        check_document(document, DocumentKind::Identity)?;
        size += document.chars().count();
        documents.push(document.to_owned());
    }
    let arns: Vec<&str> =
        input["PolicyArns"].as_array().into_iter().flatten().filter_map(|arn| text(arn, "arn")).collect();
    if arns.len() > SESSION_POLICY_ARNS {
        return Err(invalid(format!("The number of policy ARNs must not exceed {SESSION_POLICY_ARNS}.")));
    }
    for arn in arns {
        let owners = [format!("arn:aws:iam::{}:policy/", role.account()), "arn:aws:iam::aws:policy/".to_owned()];
        let policy = if owners.iter().any(|owner| arn.starts_with(owner)) {
            ManagedPolicy::find(&call.store, arn)?
        } else {
            None
        };
        let Some(policy) = policy else {
            let message = format!("Managed policy {arn} does not exist or is not attachable.");
            return Err(ApiError::new(400, "MalformedPolicyDocument", message));
        };
        size += arn.len();
        documents.push(policy.document);
    }
    let percent = (size * 100).div_ceil(SESSION_POLICY_QUOTA);
    if percent > 100 {
        let message = format!("Packed size of session tags and policies consumes {percent}% of the allotted space.");
        return Err(ApiError::new(400, "PackedPolicyTooLarge", message));
    }
    Ok((documents, (size > 0).then_some(percent)))
}

/// The tags of a session to be: those of the request, and those that the caller's session hands on.
struct SessionTags {
    requested: BTreeMap<String, String>,
    requested_transitive: Vec<String>,
    tags: Map<String, Value>,
    transitive_keys: Vec<String>,
}

impl SessionTags {
    fn of(call: &Call<'_>, input: &Value) -> ApiResult<Self> {
        let parameter = |message: &str| ApiError::new(400, "InvalidParameterValue", message);
        let requested = tags(input).map_err(|error| parameter(&error.message))?;
        let requested_transitive: Vec<String> = input["TransitiveTagKeys"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|key| Some(key.as_str()?.to_owned()))
            .collect();
        if !requested_transitive.iter().all(|key| holds(&requested, key)) {
            return Err(parameter("The specified transitive tag key must be included in the requested tags."));
        }
        let mut handed_on = Map::new();
        let mut transitive_keys = requested_transitive.clone();
        if let Some(session) = &call.caller.session {
            for key in &session.transitive_tag_keys {
                if holds(&requested, key) {
                    return Err(parameter(
                        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
                    ));
                }
                let tag = session.tags.iter().find(|(known, _)| known.eq_ignore_ascii_case(key));
                handed_on.extend(tag.map(|(key, value)| (key.clone(), value.clone())));
                transitive_keys.push(key.clone());
            }
        }
        let mut tags = handed_on;
        tags.extend(requested.iter().map(|(key, value)| (key.clone(), json!(value))));
        Ok(SessionTags { requested, requested_transitive, tags, transitive_keys })
    }
}

/// Tag keys differ by more than case.
fn holds(tags: &BTreeMap<String, String>, key: &str) -> bool {
    tags.keys().any(|known| known.eq_ignore_ascii_case(key))
}

fn not_authorized(call: &Call<'_>, action: &str, role_arn: &str) -> ApiError {
    let caller = call.caller.arn();
    refusal(action, format!("User: {caller} is not authorized to perform: {action} on resource: {role_arn}"))
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "ValidationError", message)
}
