//! Where every call meets IAM.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::call::{Access, ApiError, ApiResult, Call, Caller};
use super::iam::entities::{self, Role};
use super::iam::{self, Context, DocumentKind, Need, Policies, Policy, Principal, PrincipalKind, Request};
use super::organizations;

/// Allows or refuses `access` for the caller.
pub(super) fn authorize(call: &Call<'_>, access: &Access) -> ApiResult<()> {
    judge(call, access, DocumentKind::Resource, Need::Either)
}

/// Like [`authorize`] for what a role's trust policy, given as the resource's, has to say.
pub(super) fn authorize_by_trust(call: &Call<'_>, access: &Access, need: Need) -> ApiResult<()> {
    judge(call, access, DocumentKind::Trust, need)
}

fn judge(call: &Call<'_>, access: &Access, kind: DocumentKind, need: Need) -> ApiResult<()> {
    let role = match &call.caller.session {
        Some(session) => {
            let role = Role::by_arn(&call.store, &session.role_arn)?;
            Some(role.filter(|role| role.id == session.role_id))
        }
        None => None,
    };
    let role = role.as_ref().map(Option::as_ref);
    // A session whose role is gone, or was made anew, has no policies left.
    let (identity, boundary) = match role.flatten() {
        Some(role) => (role.identity_policies(&call.store)?, role.boundary_policy(&call.store)?),
        None => (Vec::new(), None),
    };
    let session: Vec<Policy> = call
        .caller
        .session
        .iter()
        .flat_map(|session| &session.policies)
        .map(|document| entities::stored(document, DocumentKind::Identity))
        .collect::<ApiResult<_>>()?;
    let resource = access.resource_policy.as_deref().map(|document| entities::stored(document, kind)).transpose()?;

    let principal = principal(&call.caller, role.flatten());
    let owner = access.owner.as_deref().unwrap_or(&call.caller.account);
    let context = context(call, access, &principal, owner)?;
    let request = Request {
        principal: &principal,
        action: &access.action,
        resource: &access.resource,
        resource_account: owner,
        context: &context,
    };
    let decision = iam::evaluate(
        &request,
        &Policies {
            identity: &identity.iter().collect::<Vec<_>>(),
            boundary: boundary.as_ref(),
            session: &session.iter().collect::<Vec<_>>(),
            resource: resource.as_ref(),
            need,
        },
    );
    match decision.refusal(&request) {
        None => Ok(()),
        Some(message) => Err(refusal(&access.action, message)),
    }
}

/// The older services spell it `AccessDenied` with HTTP 403, the JSON ones `AccessDeniedException` with HTTP 400.
pub(super) fn refusal(action: &str, message: String) -> ApiError {
    match action.split(':').next() {
        Some("iam" | "sts" | "s3") => ApiError::new(403, "AccessDenied", message),
        _ => ApiError::new(400, "AccessDeniedException", message),
    }
}

/// The caller as IAM sees it. A session's tags win over the role's.
fn principal(caller: &Caller, role: Option<&Role>) -> Principal {
    let Some(session) = &caller.session else {
        return Principal::root(&caller.account);
    };
    let mut tags: BTreeMap<String, String> = role.map(|role| role.tags.clone()).unwrap_or_default();
    for (key, value) in &session.tags {
        tags.retain(|known, _| !known.eq_ignore_ascii_case(key));
        tags.insert(key.clone(), value.as_str().unwrap_or_default().to_owned());
    }
    Principal {
        account: caller.account.clone(),
        kind: PrincipalKind::Session(iam::Session {
            role_arn: session.role_arn.clone(),
            role_id: session.role_id.clone(),
            name: session.session_name.clone(),
            source_identity: session.source_identity.clone(),
            tags,
        }),
    }
}

/// The global condition keys, overlaid with those of the request.
fn context(call: &Call<'_>, access: &Access, principal: &Principal, owner: &str) -> ApiResult<Context> {
    let mut context = Context::default();
    principal.describe(&mut context);
    context.set("aws:CurrentTime", second(call.now).to_string());
    context.set("aws:EpochTime", call.now.as_second().to_string());
    context.set("aws:SecureTransport", "true");
    context.set("aws:RequestedRegion", &call.region);
    context.set("aws:ResourceAccount", owner);
    if let Some(member) = organizations::membership(&call.store, &call.caller.account)? {
        context.set("aws:PrincipalOrgID", &member.organization);
        context.set("aws:PrincipalOrgPaths", &member.path);
    }
    if let Some(member) = organizations::membership(&call.store, owner)? {
        context.set("aws:ResourceOrgID", &member.organization);
        context.set("aws:ResourceOrgPaths", &member.path);
    }
    for (key, values) in &access.keys {
        context.set_all(key, values.iter().map(String::as_str));
    }
    Ok(context)
}

fn second(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}
