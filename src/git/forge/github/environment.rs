//! Environments of Actions: who lets a deployment go on, and which branches may be deployed.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::rest::{Answered, Trouble, found, is_refused, part, text};
use super::super::{Applied, Environment, Hosted, Reviewer};
use super::{Github, Owner, at, lacking_plan};
use crate::error::{Error, Result};

/// The most that GitHub takes.
const MOST_REVIEWERS: usize = 6;

impl Github {
    pub(super) fn look_at_environment(&self, repository: &Hosted, name: &str) -> Result<Option<Environment>> {
        let Some(there) = found(self.rest.get(&path(repository, name)))? else { return Ok(None) };
        let branches = self.policies(repository, name, &there)?;
        Ok(Some(Environment {
            name: text(&there, "name").to_owned(),
            reviewers: reviewers(&there),
            branches: branches.into_iter().map(|(_, branch)| branch).collect(),
        }))
    }

    pub(super) fn make_environment(&self, repository: &Hosted, wanted: &Environment) -> Result<Applied> {
        if wanted.reviewers.len() > MOST_REVIEWERS {
            return Err(Error::config(format!("an environment of GitHub has at most {MOST_REVIEWERS} reviewers"))
                .hint("name a team"));
        }
        let path = path(repository, &wanted.name);
        let there = found(self.rest.get(&path))?;
        let same =
            |there: &Value| reviewers(there) == wanted.reviewers && has_policies(there) != wanted.branches.is_empty();
        let mut applied = Applied::Done;
        if !there.as_ref().is_some_and(same) {
            applied = self.put(&path, there.as_ref(), wanted)?;
        }
        let there = self.rest.get(&path)?;
        if has_policies(&there) {
            self.restrict(repository, &there, wanted)?;
        }
        Ok(applied)
    }

    /// Sets everything that the plan offers. What it does not, it says no to as a whole.
    fn put(&self, path: &str, there: Option<&Value>, wanted: &Environment) -> Result<Applied> {
        let reviewers = self.ids(&wanted.reviewers)?;
        let policy = match wanted.branches.is_empty() {
            true => Value::Null,
            false => json!({"protected_branches": false, "custom_branch_policies": true}),
        };
        // What is left out goes back to its default: the team's own settings are sent along.
        let mut body = json!({"wait_timer": 0, "reviewers": reviewers, "deployment_branch_policy": policy});
        for rule in there.into_iter().flat_map(rules) {
            if let Some(minutes) = rule["wait_timer"].as_u64() {
                body["wait_timer"] = json!(minutes);
            }
            if let Some(prevented) = rule["prevent_self_review"].as_bool() {
                body["prevent_self_review"] = json!(prevented);
            }
        }
        let mut applied = Applied::Done;
        for lacking in ["reviewers", "deployment_branch_policy", ""] {
            match self.rest.put(path, &body) {
                Ok(_) => return Ok(applied),
                Err(trouble) => match lacking_plan(&trouble).filter(|_| !lacking.is_empty()) {
                    Some(words) => {
                        body[lacking] = Value::Null;
                        applied = Applied::NotOffered(words);
                    }
                    None => return Err(refused(trouble)),
                },
            }
        }
        Ok(applied)
    }

    /// Lets these branches be deployed, and no others.
    fn restrict(&self, repository: &Hosted, there: &Value, wanted: &Environment) -> Result<()> {
        let all = format!("{}/deployment-branch-policies", path(repository, &wanted.name));
        let policies = self.policies(repository, &wanted.name, there)?;
        for branch in wanted.branches.iter().filter(|branch| !policies.iter().any(|(_, known)| known == *branch)) {
            match self.rest.post(&all, &json!({"name": branch, "type": "branch"})) {
                // It is there by now.
                refused if is_refused(&refused, 303) => {}
                made => drop(made?),
            }
        }
        for (id, _) in policies.iter().filter(|(_, branch)| !wanted.branches.contains(branch)) {
            found(self.rest.delete(&format!("{all}/{id}")))?;
        }
        Ok(())
    }

    /// Ids and patterns of the branches that may be deployed, if they are listed.
    fn policies(&self, repository: &Hosted, name: &str, there: &Value) -> Answered<Vec<(String, String)>> {
        if !has_policies(there) {
            return Ok(Vec::new());
        }
        let all = format!("{}/deployment-branch-policies?per_page=100", path(repository, name));
        let policies = self.rest.list(&all, Some("branch_policies"))?;
        Ok(policies.iter().map(|policy| (policy["id"].to_string(), text(policy, "name").to_owned())).collect())
    }

    /// Reviewers as the API wants them: by id.
    fn ids(&self, reviewers: &BTreeSet<Reviewer>) -> Result<Vec<Value>> {
        reviewers
            .iter()
            .map(|reviewer| {
                let (kind, path, name) = match reviewer {
                    Reviewer::User(login) => ("User", format!("/users/{}", part(login)), login),
                    Reviewer::Team(slug) if self.kind()? == Owner::Organisation => {
                        ("Team", format!("/orgs/{}/teams/{}", part(&self.owner), part(slug)), slug)
                    }
                    Reviewer::Team(slug) => {
                        return Err(Error::config(format!("{} is a user, and has no team {slug:?}", self.owner))
                            .hint("name users as reviewers"));
                    }
                };
                let there = found(self.rest.get(&path))?.ok_or_else(|| {
                    Error::config(format!("{} knows no {} {name:?}", self.rest.host(), kind.to_lowercase()))
                        .hint("reviewers are users by login, and teams of the owner by slug")
                })?;
                Ok(json!({"type": kind, "id": there["id"]}))
            })
            .collect()
    }
}

fn refused(trouble: Trouble) -> Error {
    let unfit = matches!(&trouble, Trouble::Refused(refusal) if refusal.status == 422);
    let error = Error::from(trouble);
    if unfit {
        error.hint("reviewers must be able to read the repository: give them, or their team, that right")
    } else {
        error
    }
}

fn path(repository: &Hosted, name: &str) -> String {
    format!("{}/environments/{}", at(repository), part(name))
}

fn rules(environment: &Value) -> impl Iterator<Item = &Value> {
    environment["protection_rules"].as_array().into_iter().flatten()
}

fn reviewers(environment: &Value) -> BTreeSet<Reviewer> {
    let listed = rules(environment).filter_map(|rule| rule["reviewers"].as_array()).flatten();
    listed
        .map(|one| match text(one, "type") {
            "Team" => Reviewer::Team(text(&one["reviewer"], "slug").to_owned()),
            _ => Reviewer::User(text(&one["reviewer"], "login").to_owned()),
        })
        .collect()
}

fn has_policies(environment: &Value) -> bool {
    environment["deployment_branch_policy"]["custom_branch_policies"] == true
}
