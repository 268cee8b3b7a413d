//! Environments. Who must agree to a deployment is said in their protection, which paid editions have. Which branches may
//! be deployed cannot be said at all: roles of AWS trust the default branch alone.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::rest::{Answered, found, part, text};
use super::super::{Applied, Environment, Hosted, Reviewer};
use super::{Gitlab, already_there, at, lacking_edition};
use crate::error::{Error, Result};

const MAINTAINER: u64 = 40;

impl Gitlab {
    pub(super) fn look_at_environment(&self, repository: &Hosted, name: &str) -> Result<Option<Environment>> {
        if !self.has_environment(repository, name)? {
            return Ok(None);
        }
        let protected = self.rest.get(&protected(repository, name));
        let rules = if lacking_edition(&protected) { Vec::new() } else { rules(&protected?) };
        let reviewers = rules.iter().map(|rule| self.named(rule)).collect::<Answered<BTreeSet<_>>>()?;
        Ok(Some(Environment { name: name.to_owned(), reviewers, branches: BTreeSet::new() }))
    }

    pub(super) fn make_environment(&self, repository: &Hosted, wanted: &Environment) -> Result<Applied> {
        if !self.has_environment(repository, &wanted.name)? {
            let made = self.rest.post(&format!("{}/environments", at(repository)), &json!({"name": wanted.name}));
            if !already_there(&made) {
                made?;
            }
        }
        if wanted.reviewers.is_empty() {
            return Ok(Applied::Done);
        }
        self.protect_environment(repository, wanted)
    }

    fn has_environment(&self, repository: &Hosted, name: &str) -> Answered<bool> {
        let path = format!("{}/environments?name={}&per_page=100", at(repository), part(name));
        Ok(self.rest.list(&path, None)?.iter().any(|one| text(one, "name") == name))
    }

    fn protect_environment(&self, repository: &Hosted, wanted: &Environment) -> Result<Applied> {
        let not_offered =
            || Applied::NotOffered("this edition of GitLab does not ask for approvals of deployments".to_owned());
        let all = format!("{}/protected_environments", at(repository));
        // The listing tells an edition that has none from an environment that is not protected yet.
        let listed = self.rest.list(&format!("{all}?per_page=100"), None);
        if lacking_edition(&listed) {
            return Ok(not_offered());
        }
        let wanted_rules: Vec<Value> =
            wanted.reviewers.iter().map(|reviewer| self.approval_by(reviewer)).collect::<Result<_>>()?;
        if let Some(there) = listed?.iter().find(|one| text(one, "name") == wanted.name) {
            let who = |rule: &Value| (rule["user_id"].as_u64(), rule["group_id"].as_u64());
            let (there, wanted_ones): (BTreeSet<_>, BTreeSet<_>) =
                (rules(there).iter().map(who).collect(), wanted_rules.iter().map(who).collect());
            if there == wanted_ones {
                return Ok(Applied::Done);
            }
            found(self.rest.delete(&protected(repository, &wanted.name)))?;
        }
        let body = json!({
            "name": wanted.name,
            "deploy_access_levels": [{"access_level": MAINTAINER}],
            "approval_rules": wanted_rules,
        });
        match self.rest.post(&all, &body) {
            // Only another run can have been faster; it wants the same.
            refused if already_there(&refused) => Ok(Applied::Done),
            refused if lacking_edition(&refused) => Ok(not_offered()),
            made => Ok(made.map(|_| Applied::Done)?),
        }
    }

    /// The approval rule of a reviewer. With several rules, each must be met.
    fn approval_by(&self, reviewer: &Reviewer) -> Result<Value> {
        let unknown = |kind: &str, name: &str| {
            Error::config(format!("{} knows no {kind} {name:?}", self.rest.host()))
                .hint("reviewers are users by login, and groups by their path")
        };
        match reviewer {
            Reviewer::User(login) => {
                let listed = self.rest.list(&format!("/users?username={}", part(login)), None)?;
                let user = listed.first().ok_or_else(|| unknown("user", login))?;
                Ok(json!({"user_id": user["id"], "required_approvals": 1}))
            }
            Reviewer::Team(path) => {
                let group = found(self.rest.get(&format!("/groups/{}?with_projects=false", part(path))))?;
                let group = group.ok_or_else(|| unknown("group", path))?;
                Ok(json!({"group_id": group["id"], "required_approvals": 1}))
            }
        }
    }

    /// The reviewer of an approval rule.
    fn named(&self, rule: &Value) -> Answered<Reviewer> {
        Ok(match rule["group_id"].as_u64() {
            Some(id) => {
                let group = self.rest.get(&format!("/groups/{id}?with_projects=false"))?;
                Reviewer::Team(text(&group, "full_path").to_owned())
            }
            None => {
                let user = self.rest.get(&format!("/users/{}", rule["user_id"]))?;
                Reviewer::User(text(&user, "username").to_owned())
            }
        })
    }
}

fn protected(repository: &Hosted, name: &str) -> String {
    format!("{}/protected_environments/{}", at(repository), part(name))
}

/// The approval rules that name somebody: others ask for a role.
fn rules(environment: &Value) -> Vec<Value> {
    let rules = environment["approval_rules"].as_array().into_iter().flatten();
    rules.filter(|rule| rule["user_id"].is_u64() || rule["group_id"].is_u64()).cloned().collect()
}
