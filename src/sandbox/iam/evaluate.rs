//! The decision about one request.

use super::context::Context;
use super::policy::{Effect, Policy, Statement};
use super::principal::{Grant, Principal, PrincipalKind, PrincipalPattern};

/// What is asked for: one action on one resource.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: &'a Principal,
    /// `service:Operation`, compared without regard to case.
    pub action: &'a str,
    /// The ARN of the resource, or `*` for actions that have none.
    pub resource: &'a str,
    /// The account that owns the resource.
    pub resource_account: &'a str,
    /// The condition keys, those of the principal included ([`Principal::describe`]).
    pub context: &'a Context,
}

/// The policies that apply to a request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Policies<'a> {
    /// Inline and managed policies of the caller's role.
    pub identity: &'a [&'a Policy],
    /// The permissions boundary of the caller's role.
    pub boundary: Option<&'a Policy>,
    /// The policies passed when the session was made, if any were: together they are one limit, and an empty slice
    /// stands for none.
    pub session: &'a [&'a Policy],
    /// The policy on the resource, in a trust relationship the role's trust policy.
    pub resource: Option<&'a Policy>,
    /// Who must allow it inside one account.
    pub need: Need,
}

/// Whose leave a request needs inside one account. Across accounts it is always both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Need {
    /// The caller's policies or the resource's.
    #[default]
    Either,
    /// The resource's. So it is with the trust policy of a role and the policy of a KMS key.
    Resource,
    /// Both, as for `sts:SetSourceIdentity`.
    Both,
}

/// The kinds of policy that can allow or refuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PolicyKind {
    /// Attached to the caller's role.
    Identity,
    /// The boundary of the caller's role.
    PermissionsBoundary,
    /// Passed to AssumeRole.
    Session,
    /// Attached to the resource.
    Resource,
}

/// The outcome, with what is needed to explain it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Allowed by a statement of this policy. The root user has no statement.
    Allow {
        /// The kind of the policy.
        policy: PolicyKind,
        /// The id of the statement, when it has one.
        sid: Option<String>,
    },
    /// A statement refuses it, which nothing overrides.
    ExplicitDeny {
        /// The kind of the policy.
        policy: PolicyKind,
        /// The id of the statement, when it has one.
        sid: Option<String>,
    },
    /// Nothing refuses it, but a policy that would have to allow it does not.
    ImplicitDeny {
        /// The kind of policy that has no matching allow.
        missing: PolicyKind,
    },
}

impl Decision {
    /// Whether the request may go on.
    pub fn is_allowed(&self) -> bool {
        matches!(self, Decision::Allow { .. })
    }

    /// AWS's message for a refusal; nothing for an allowed request.
    pub fn refusal(&self, request: &Request<'_>) -> Option<String> {
        let action = request.action;
        let is_trust = action.to_ascii_lowercase().starts_with("sts:");
        let resource = if is_trust { request.resource.to_owned() } else { spoken(request.resource) };
        let reason = match self {
            Decision::Allow { .. } => return None,
            Decision::ExplicitDeny { policy, .. } => {
                format!("with an explicit deny in {}", policy.noun(is_trust, true))
            }
            Decision::ImplicitDeny { missing } => {
                format!("because no {} allows the {action} action", missing.noun(is_trust, false))
            }
        };
        let caller = request.principal.arn();
        Some(format!("User: {caller} is not authorized to perform: {action} on resource: {resource} {reason}"))
    }
}

/// How a refusal names the resource: IAM names its own by kind.
fn spoken(resource: &str) -> String {
    match resource.strip_prefix("arn:aws:iam::").and_then(|rest| rest.split_once(':')?.1.split_once('/')) {
        Some(("policy", _)) => format!("policy {resource}"),
        Some(("role", name)) if !name.is_empty() => format!("role {}", name.rsplit('/').next().unwrap_or(name)),
        _ => resource.to_owned(),
    }
}

impl PolicyKind {
    fn noun(self, is_trust: bool, with_article: bool) -> &'static str {
        let noun = match self {
            PolicyKind::Identity => "an identity-based policy",
            PolicyKind::PermissionsBoundary => "a permissions boundary",
            PolicyKind::Session => "a session policy",
            PolicyKind::Resource if is_trust => "the role trust policy",
            PolicyKind::Resource => "a resource-based policy",
        };
        if with_article { noun } else { noun.split_once(' ').map_or(noun, |(_, bare)| bare) }
    }
}

/// Decides a request.
///
/// An explicit deny in any policy wins. Inside one account, a resource policy that names the session itself (or
/// everyone) is enough; one that names the role is limited by boundary and session policies; one that names the account
/// leaves the decision to the identity-based policies. Across accounts, the caller's own policies and the resource's
/// must both allow. (IAM User Guide: "Policy evaluation for requests within a single account", "Cross-account policy
/// evaluation logic", "Permissions boundaries for IAM entities".)
pub fn evaluate(request: &Request<'_>, policies: &Policies<'_>) -> Decision {
    if let Some((policy, sid)) = explicit_deny(request, policies) {
        return Decision::ExplicitDeny { policy, sid };
    }

    let granted = resource_grant(request, policies);
    let by_resource = |statement: &Statement| allow(PolicyKind::Resource, Some(statement));
    let service = matches!(request.principal.kind, PrincipalKind::Service(_));
    let both = policies.need == Need::Both || request.principal.account != request.resource_account;
    if service || !both {
        match granted {
            Some((Grant::Direct, statement)) => return by_resource(statement),
            Some((Grant::Role, statement)) => {
                return exceeded_limit(request, policies).map_or_else(|| by_resource(statement), missing);
            }
            None if service || policies.need == Need::Resource => return missing(PolicyKind::Resource),
            Some((Grant::Account, _)) | None => {}
        }
    }

    let by_identity = match (&request.principal.kind, first_allow(request, policies.identity)) {
        (_, Some(statement)) => allow(PolicyKind::Identity, Some(statement)),
        (PrincipalKind::Root, None) => allow(PolicyKind::Identity, None),
        _ => return missing(PolicyKind::Identity),
    };
    if let Some(limit) = exceeded_limit(request, policies) {
        return missing(limit);
    }
    if both && granted.is_none() {
        return missing(PolicyKind::Resource);
    }
    by_identity
}

fn allow(policy: PolicyKind, statement: Option<&Statement>) -> Decision {
    Decision::Allow { policy, sid: statement.and_then(|statement| statement.sid.clone()) }
}

fn missing(missing: PolicyKind) -> Decision {
    Decision::ImplicitDeny { missing }
}

/// The first deny, looked for in the order in which AWS documents its evaluation.
fn explicit_deny(request: &Request<'_>, policies: &Policies<'_>) -> Option<(PolicyKind, Option<String>)> {
    let own = |policy: &&Policy| denies(request, policy, |_| true);
    let named = |statement: &Statement| denied_principal(statement, request.principal, policies.boundary.is_some());
    let resource = policies.resource.and_then(|policy| denies(request, policy, named));
    resource
        .map(|sid| (PolicyKind::Resource, sid))
        .or_else(|| policies.identity.iter().find_map(own).map(|sid| (PolicyKind::Identity, sid)))
        .or_else(|| policies.boundary.as_ref().and_then(own).map(|sid| (PolicyKind::PermissionsBoundary, sid)))
        .or_else(|| policies.session.iter().find_map(own).map(|sid| (PolicyKind::Session, sid)))
}

fn denies(request: &Request<'_>, policy: &Policy, is_meant: impl Fn(&Statement) -> bool) -> Option<Option<String>> {
    matching(request, policy, Effect::Deny).find(|statement| is_meant(statement)).map(|statement| statement.sid.clone())
}

/// Whether a deny on a resource is meant for the caller. A `NotPrincipal` never spares a caller that has a boundary.
fn denied_principal(statement: &Statement, principal: &Principal, has_boundary: bool) -> bool {
    statement.principals.as_ref().is_some_and(|principals| {
        if principals.not {
            has_boundary || !PrincipalPattern::spares(&principals.entries, principal)
        } else {
            principals.entries.iter().any(|entry| entry.grant(principal).is_some())
        }
    })
}

/// The most direct grant of the resource's policy.
fn resource_grant<'a>(request: &Request<'_>, policies: &Policies<'a>) -> Option<(Grant, &'a Statement)> {
    matching(request, policies.resource?, Effect::Allow)
        .filter_map(|statement| {
            let principals = statement.principals.as_ref().filter(|principals| !principals.not)?;
            let grant = principals.entries.iter().filter_map(|entry| entry.grant(request.principal)).max()?;
            Some((grant, statement))
        })
        .max_by_key(|(grant, _)| *grant)
}

/// The limit of the caller that does not allow the request, if there is one.
fn exceeded_limit(request: &Request<'_>, policies: &Policies<'_>) -> Option<PolicyKind> {
    let boundary = policies.boundary.is_some_and(|policy| first_allow(request, &[policy]).is_none());
    let session = !policies.session.is_empty() && first_allow(request, policies.session).is_none();
    if boundary { Some(PolicyKind::PermissionsBoundary) } else { session.then_some(PolicyKind::Session) }
}

fn first_allow<'a>(request: &Request<'_>, policies: &[&'a Policy]) -> Option<&'a Statement> {
    policies.iter().find_map(|policy| matching(request, policy, Effect::Allow).next())
}

fn matching<'a>(request: &Request<'_>, policy: &'a Policy, effect: Effect) -> impl Iterator<Item = &'a Statement> {
    policy.statements.iter().filter(move |statement| {
        statement.effect == effect && statement.applies_to(request.action, request.resource, request.context)
    })
}
