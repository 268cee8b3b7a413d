//! Owners and members, as `aiops.yaml` names them.

use std::collections::BTreeSet;

use aws_sdk_datazone::types::{
    GroupPolicyGrantPrincipal, ManagedPolicyType, PolicyGrantPrincipal, TargetEntityType, UserPolicyGrantPrincipal,
};

use super::super::survey::{self, Domain};
use crate::aws::Session;
use crate::config::Principal;
use crate::error::Result;

/// The people of a domain.
pub(super) struct People<'a> {
    session: &'a Session,
    domain: &'a Domain,
    /// ARN of whoever acts: they own what they make, and need not be named.
    actor: &'a str,
    /// Who cannot be written down.
    pub unwritten: Vec<String>,
}

impl<'a> People<'a> {
    pub fn new(session: &'a Session, domain: &'a Domain, actor: &'a str) -> Self {
        People { session, domain, actor, unwritten: Vec::new() }
    }

    /// The owners of a unit.
    pub async fn owners(&mut self, unit: &str) -> Result<Vec<Principal>> {
        let owners = survey::owners(self.session, self.domain, unit).await?;
        Ok(self.written(owners, "owns a domain unit"))
    }

    /// Who may be a member of the projects in a unit; nobody in particular if everybody may.
    pub async fn members(&mut self, unit: &str) -> Result<Vec<Principal>> {
        let target = (TargetEntityType::DomainUnit, unit);
        let policy = ManagedPolicyType::AddToProjectMemberPool;
        let mut titles = BTreeSet::new();
        for grant in survey::grants(self.session, self.domain, target, policy).await? {
            match grant.principal() {
                Some(PolicyGrantPrincipal::User(UserPolicyGrantPrincipal::UserIdentifier(id))) => {
                    titles.insert(survey::user_title(self.session, self.domain, id).await);
                }
                Some(PolicyGrantPrincipal::User(_)) => return Ok(Vec::new()),
                Some(PolicyGrantPrincipal::Group(GroupPolicyGrantPrincipal::GroupIdentifier(id))) => {
                    titles.insert(survey::group_title(self.session, self.domain, id).await);
                }
                _ => {}
            }
        }
        Ok(self.written(titles, "may be a member of projects"))
    }

    fn written(&mut self, titles: impl IntoIterator<Item = String>, what: &str) -> Vec<Principal> {
        let mut written = Vec::new();
        for title in titles {
            let (kind, name) = title.split_once(' ').unwrap_or(("user", &title));
            if self.acts(name) {
                continue;
            }
            let role = name.starts_with("arn:");
            match format!("{}:{name}", if role { "role" } else { kind }).parse() {
                Ok(principal) => written.push(principal),
                Err(_) => self.unwritten.push(format!("{title} {what}, and aiops.yaml has no word for them.")),
            }
        }
        written
    }

    /// Whether this ARN, of a role or a user, is that of whoever acts.
    fn acts(&self, arn: &str) -> bool {
        if arn == self.actor {
            return true;
        }
        // A session's ARN names account and role, without the role's path: `...:assumed-role/NAME/SESSION`.
        let mut session = self.actor.splitn(2, ":assumed-role/");
        let (account, name) = (session.next().unwrap_or_default(), session.next().unwrap_or_default());
        let name = name.split('/').next().unwrap_or_default();
        let role =
            arn.split_once(":role/").map(|(account, path)| (account, path.rsplit('/').next().unwrap_or_default()));
        role.is_some_and(|(role_account, role_name)| {
            !name.is_empty() && role_name == name && role_account.rsplit(':').next() == account.rsplit(':').next()
        })
    }
}
