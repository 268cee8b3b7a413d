//! Who makes a request, and whether a policy's `Principal` element means them.

use std::collections::BTreeMap;

use super::context::Context;

/// The one who makes a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The twelve digits of the account that the request is made from. For a service, the account it acts for.
    pub account: String,
    /// What kind of caller it is.
    pub kind: PrincipalKind,
}

/// The kinds of caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrincipalKind {
    /// The root user of the account: identity-based policies do not limit it.
    Root,
    /// A session of an assumed role.
    Session(Session),
    /// An AWS service, such as `sagemaker.amazonaws.com`.
    Service(String),
    /// Somebody for whom a provider of identities vouches, by the ARN of the provider.
    Federated(String),
}

/// A session of an assumed role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// `arn:aws:iam::A:role/path/R`.
    pub role_arn: String,
    /// The role's unique id, `AROA...`.
    pub role_id: String,
    /// The session name.
    pub name: String,
    /// The source identity, which every later session of a chain inherits.
    pub source_identity: Option<String>,
    /// The principal's tags: the role's own, overlaid with the session's.
    pub tags: BTreeMap<String, String>,
}

impl Session {
    /// `arn:aws:sts::A:assumed-role/R/S`: without the role's path, as STS writes it.
    fn arn(&self, account: &str) -> String {
        let role = self.role_arn.rsplit('/').next().unwrap_or_default();
        format!("arn:aws:sts::{account}:assumed-role/{role}/{}", self.name)
    }
}

impl Principal {
    /// The root user of `account`.
    pub fn root(account: impl Into<String>) -> Self {
        Principal { account: account.into(), kind: PrincipalKind::Root }
    }

    /// The ARN by which GetCallerIdentity and refusals name the caller; a service goes by its name.
    pub fn arn(&self) -> String {
        match &self.kind {
            PrincipalKind::Root => format!("arn:aws:iam::{}:root", self.account),
            PrincipalKind::Session(session) => session.arn(&self.account),
            PrincipalKind::Service(name) | PrincipalKind::Federated(name) => name.clone(),
        }
    }

    /// The `aws:userid` of the caller.
    pub fn user_id(&self) -> String {
        match &self.kind {
            PrincipalKind::Root => self.account.clone(),
            PrincipalKind::Session(session) => format!("{}:{}", session.role_id, session.name),
            PrincipalKind::Service(name) | PrincipalKind::Federated(name) => name.clone(),
        }
    }

    /// The condition keys that describe the caller: `aws:PrincipalArn` (the role's ARN for a session),
    /// `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:PrincipalTag/*`, `aws:userid`, `aws:SourceIdentity`,
    /// `aws:PrincipalIsAWSService` and `aws:PrincipalServiceName`.
    pub fn describe(&self, context: &mut Context) {
        let is_service = matches!(self.kind, PrincipalKind::Service(_));
        context.set("aws:PrincipalIsAWSService", is_service.to_string());
        match &self.kind {
            PrincipalKind::Service(name) => {
                context.set("aws:PrincipalServiceName", name);
                return;
            }
            PrincipalKind::Federated(provider) => {
                context.set("aws:FederatedProvider", provider);
                return;
            }
            PrincipalKind::Root => {
                context.set("aws:PrincipalArn", self.arn());
                context.set("aws:PrincipalType", "Account");
            }
            PrincipalKind::Session(session) => {
                context.set("aws:PrincipalArn", &session.role_arn);
                context.set("aws:PrincipalType", "AssumedRole");
                for (tag, value) in &session.tags {
                    context.set(&format!("aws:PrincipalTag/{tag}"), value);
                }
                if let Some(identity) = &session.source_identity {
                    context.set("aws:SourceIdentity", identity);
                }
            }
        }
        context.set("aws:PrincipalAccount", &self.account);
        context.set("aws:userid", self.user_id());
    }
}

/// One entry of a `Principal` or `NotPrincipal` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PrincipalPattern {
    /// `*`, or `{"AWS": "*"}`.
    Anyone,
    /// `arn:aws:iam::A:root` or the bare account id: every principal of the account.
    Account(String),
    /// A role, a session or a user.
    Arn(String),
    /// `{"Service": "..."}`.
    Service(String),
    /// `{"Federated": "..."}`: whom this provider vouches for.
    Federated(String),
    /// A canonical user: understood, but nobody in the sandbox is one.
    Elsewhere,
}

/// How directly a statement names the caller. IAM lets a grant to a session stand on its own, limits a grant to a role
/// by the role's boundary and session policies, and takes a grant to an account as leave for that account to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grant {
    Account,
    Role,
    Direct,
}

impl PrincipalPattern {
    /// Whether this entry means `principal`, and how directly.
    pub(super) fn grant(&self, principal: &Principal) -> Option<Grant> {
        match (self, &principal.kind) {
            (PrincipalPattern::Anyone, _) => Some(Grant::Direct),
            (PrincipalPattern::Service(name), PrincipalKind::Service(caller)) => {
                (name == caller).then_some(Grant::Direct)
            }
            (PrincipalPattern::Federated(arn), PrincipalKind::Federated(provider)) => {
                (arn == provider).then_some(Grant::Direct)
            }
            (_, PrincipalKind::Service(_) | PrincipalKind::Federated(_)) => None,
            (PrincipalPattern::Account(account), _) => (*account == principal.account).then_some(Grant::Account),
            (PrincipalPattern::Arn(arn), PrincipalKind::Session(session)) => {
                if *arn == session.role_arn {
                    Some(Grant::Role)
                } else {
                    (*arn == session.arn(&principal.account)).then_some(Grant::Direct)
                }
            }
            _ => None,
        }
    }

    /// Whether the entries of a `NotPrincipal` spare `principal`. AWS checks the account, then the role, then the
    /// session, and each of them must be listed.
    pub(super) fn spares(entries: &[PrincipalPattern], principal: &Principal) -> bool {
        let listed = |grant| entries.iter().any(|entry| entry.grant(principal) == Some(grant));
        match principal.kind {
            PrincipalKind::Root => listed(Grant::Account) || listed(Grant::Direct),
            PrincipalKind::Service(_) | PrincipalKind::Federated(_) => listed(Grant::Direct),
            PrincipalKind::Session(_) => {
                entries.contains(&PrincipalPattern::Anyone)
                    || listed(Grant::Account) && listed(Grant::Role) && listed(Grant::Direct)
            }
        }
    }
}
