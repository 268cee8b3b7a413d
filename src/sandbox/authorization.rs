//! Where every call meets IAM.

use std::collections::BTreeMap;

use super::call::{Access, ApiError, ApiResult, Call, Caller, Session};
use super::iam::entities::{self, ManagedPolicy, Role};
use super::iam::{self, Context, DocumentKind, Need, Policies, Policy, Principal, PrincipalKind, Request};
use super::organizations;
use crate::clock::to_second;

/// Allows or refuses `access` for the caller.
pub(super) fn authorize(call: &Call<'_>, access: &Access) -> ApiResult<()> {
    let refused = judge(call, &Asker::of(call, &call.caller)?, access, DocumentKind::Resource, access.need)?;
    refused.map_or(Ok(()), |message| Err(refusal(&access.action, message)))
}

/// Like [`authorize`] for what a role's trust policy, given as the resource's, has to say.
pub(super) fn authorize_by_trust(call: &Call<'_>, access: &Access, need: Need) -> ApiResult<()> {
    let refused = judge(call, &Asker::of(call, &call.caller)?, access, DocumentKind::Trust, need)?;
    refused.map_or(Ok(()), |message| Err(refusal(&access.action, message)))
}

/// Whether the policy of the resource leaves `access` to the caller, or to whoever may do everything in their account.
pub(super) fn resource_policy_admits(call: &Call<'_>, access: &Access) -> ApiResult<bool> {
    let everything = ManagedPolicy::of_aws().filter(|policy| policy.name == "AdministratorAccess");
    let identity = everything.map(|policy| entities::stored(&policy.document, DocumentKind::Identity));
    let asker = Asker {
        identity: identity.collect::<ApiResult<_>>()?,
        boundary: None,
        session: Vec::new(),
        ..Asker::of(call, &call.caller)?
    };
    Ok(judge(call, &asker, access, DocumentKind::Resource, Need::Resource)?.is_none())
}

/// A service of AWS's that takes roles.
#[derive(Clone, Copy)]
pub(super) struct AwsService {
    /// The name by which trust policies know it.
    pub principal: &'static str,
    /// The name of its sessions.
    pub session: &'static str,
}

/// The role `role_arn`, if it is there and its trust policy lets a `service` that works for the resource `source` do all
/// of `actions` with it, and set session tags of `tag_keys`.
pub(super) fn service_takes(
    call: &Call<'_>,
    service: AwsService,
    source: &str,
    role_arn: &str,
    actions: &[&str],
    tag_keys: &[&str],
) -> ApiResult<Option<Role>> {
    let Some(role) = Role::by_arn(&call.store, role_arn)?.filter(|role| role.is_usable(call.now)) else {
        return Ok(None);
    };
    let kind = PrincipalKind::Service(service.principal.to_owned());
    let taker = Asker {
        principal: Principal { account: role.account().to_owned(), kind },
        identity: Vec::new(),
        boundary: None,
        session: Vec::new(),
    };
    for action in actions {
        let access = Access::new(*action, role_arn)
            .resource_policy(Some(role.trust.clone()))
            .key("aws:SourceAccount", source.split(':').nth(4).unwrap_or_default())
            .key("aws:SourceArn", source)
            .keys_of("aws:TagKeys", tag_keys.iter().map(|key| (*key).to_owned()));
        if judge(call, &taker, &access, DocumentKind::Trust, Need::Resource)?.is_some() {
            return Ok(None);
        }
    }
    Ok(Some(role))
}

/// Whether the trust policy of `role` lets somebody in for whom the provider `provider_arn` vouches, with these condition
/// keys made of the token.
pub(super) fn provider_takes(
    call: &Call<'_>,
    provider_arn: &str,
    role: &Role,
    session_name: &str,
    keys: &[(String, String)],
) -> ApiResult<bool> {
    let kind = PrincipalKind::Federated(provider_arn.to_owned());
    let taker = Asker {
        principal: Principal { account: role.account().to_owned(), kind },
        identity: Vec::new(),
        boundary: None,
        session: Vec::new(),
    };
    let access = Access::new("sts:AssumeRoleWithWebIdentity", &role.arn)
        .resource_policy(Some(role.trust.clone()))
        .key("sts:RoleSessionName", session_name);
    let access = keys.iter().fold(role.with_tags(access), |access, (key, value)| access.key(key, value));
    Ok(judge(call, &taker, &access, DocumentKind::Trust, Need::Resource)?.is_none())
}

/// Whether a `service` that works for the resource `source` may do what `access` says as the role `role_arn`: the role
/// is there and trusts the service, and its policies and the resource's allow it.
pub(super) fn service_may(
    call: &Call<'_>,
    service: AwsService,
    source: &str,
    role_arn: &str,
    access: &Access,
) -> ApiResult<bool> {
    let Some(role) = service_takes(call, service, source, role_arn, &["sts:AssumeRole"], &[])? else {
        return Ok(false);
    };
    let account = role.account().to_owned();
    let session = Session::of_service(service.session, &role.arn, &role.id, call.now);
    let asker = Asker::of(call, &Caller { account, session: Some(session) })?;
    Ok(judge(call, &asker, access, DocumentKind::Resource, access.need)?.is_none())
}

/// Someone who asks, with the policies that come with them.
struct Asker {
    principal: Principal,
    identity: Vec<Policy>,
    boundary: Option<Policy>,
    session: Vec<Policy>,
}

impl Asker {
    fn of(call: &Call<'_>, caller: &Caller) -> ApiResult<Self> {
        // A session whose role is gone, or was made anew, has no policies left.
        let role = match &caller.session {
            Some(session) => Role::by_arn(&call.store, &session.role_arn)?.filter(|role| role.id == session.role_id),
            None => None,
        };
        let (identity, boundary) = match &role {
            Some(role) => (role.identity_policies(&call.store)?, role.boundary_policy(&call.store)?),
            None => (Vec::new(), None),
        };
        let documents = caller.session.iter().flat_map(|session| &session.policies);
        let session =
            documents.map(|document| entities::stored(document, DocumentKind::Identity)).collect::<ApiResult<_>>()?;
        Ok(Asker { principal: principal(caller, role.as_ref()), identity, boundary, session })
    }
}

/// AWS's words if `asker` may not do what `access` says.
fn judge(call: &Call<'_>, asker: &Asker, access: &Access, kind: DocumentKind, need: Need) -> ApiResult<Option<String>> {
    let resource = access.resource_policy.as_deref().map(|document| entities::stored(document, kind)).transpose()?;
    let owner = access.owner.as_deref().unwrap_or(&asker.principal.account);
    let context = context(call, access, &asker.principal, owner)?;
    let request = Request {
        principal: &asker.principal,
        action: &access.action,
        resource: &access.resource,
        resource_account: owner,
        context: &context,
    };
    let decision = iam::evaluate(
        &request,
        &Policies {
            identity: &asker.identity.iter().collect::<Vec<_>>(),
            boundary: asker.boundary.as_ref(),
            session: &asker.session.iter().collect::<Vec<_>>(),
            resource: resource.as_ref(),
            need,
        },
    );
    Ok(decision.refusal(&request))
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
    context.set("aws:CurrentTime", to_second(call.now).to_string());
    context.set("aws:EpochTime", call.now.as_second().to_string());
    context.set("aws:SecureTransport", "true");
    context.set("aws:RequestedRegion", &call.region);
    context.set("aws:ResourceAccount", owner);
    let own = organizations::membership(&call.store, &principal.account)?;
    // A service belongs to no organization, whomever it works for, and neither does who is not in AWS.
    let outside = matches!(principal.kind, PrincipalKind::Service(_) | PrincipalKind::Federated(_));
    if let Some(member) = own.as_ref().filter(|_| !outside) {
        context.set("aws:PrincipalOrgID", &member.organization);
        context.set("aws:PrincipalOrgPaths", &member.path);
    }
    let owners = if owner == principal.account { own } else { organizations::membership(&call.store, owner)? };
    if let Some(member) = owners {
        context.set("aws:ResourceOrgID", &member.organization);
        context.set("aws:ResourceOrgPaths", &member.path);
    }
    for (key, values) in &access.keys {
        context.set_all(key, values.iter().map(String::as_str));
    }
    Ok(context)
}
