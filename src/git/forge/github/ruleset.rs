//! Protection of branches, by a ruleset of ours. Rulesets add up, so what the team protects besides stays theirs; the
//! older branch protection is one for all, and to set it would overwrite it. A private repository needs a paid plan for
//! either.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::rest::{Answered, text};
use super::super::{Applied, Hosted, Protection};
use super::{Github, at, lacking_plan};
use crate::error::Result;

/// By what ours is told from others.
const NAME: &str = "aiops";

impl Github {
    /// The protection that our ruleset gives.
    pub(super) fn ruleset(&self, repository: &Hosted) -> Result<Option<Protection>> {
        match self.own_ruleset(repository) {
            Err(trouble) if lacking_plan(&trouble).is_some() => Ok(None),
            found => Ok(found?.as_ref().and_then(protection)),
        }
    }

    pub(super) fn set_ruleset(&self, repository: &Hosted, wanted: &Protection) -> Result<Applied> {
        let body = document(wanted);
        let all = format!("{}/rulesets", at(repository));
        let set = self.own_ruleset(repository).and_then(|found| match found {
            Some(there) if is_as(&there, wanted, &body) => Ok(()),
            Some(there) => self.rest.put(&format!("{all}/{}", there["id"]), &body).map(drop),
            None => self.rest.post(&all, &body).map(drop),
        });
        match set {
            Ok(()) => Ok(Applied::Done),
            Err(trouble) => match lacking_plan(&trouble) {
                Some(words) => Ok(Applied::NotOffered(words)),
                None => Err(trouble.into()),
            },
        }
    }

    fn own_ruleset(&self, repository: &Hosted) -> Answered<Option<Value>> {
        let all = format!("{}/rulesets", at(repository));
        // Listings leave the rules out.
        let listed = self.rest.list(&format!("{all}?includes_parents=false&per_page=100"), None)?;
        let own = listed.iter().find(|ruleset| text(ruleset, "name") == NAME && text(ruleset, "target") == "branch");
        own.map(|ruleset| self.rest.get(&format!("{all}/{}", ruleset["id"]))).transpose()
    }
}

fn document(wanted: &Protection) -> Value {
    let mut rules = vec![
        json!({"type": "deletion"}),
        json!({"type": "non_fast_forward"}),
        json!({"type": "pull_request", "parameters": {
            "required_approving_review_count": wanted.approvals,
            "dismiss_stale_reviews_on_push": true,
            "require_code_owner_review": false,
            // Who pushed last does not agree with themselves.
            "require_last_push_approval": wanted.approvals > 0,
            "required_review_thread_resolution": false,
        }}),
    ];
    if !wanted.checks.is_empty() {
        let checks: Vec<Value> = wanted.checks.iter().map(|context| json!({"context": context})).collect();
        rules.push(json!({"type": "required_status_checks", "parameters": {
            "required_status_checks": checks,
            "strict_required_status_checks_policy": false,
        }}));
    }
    json!({
        "name": NAME,
        "target": "branch",
        "enforcement": "active",
        "bypass_actors": [],
        "conditions": {"ref_name": {"include": [reference(&wanted.branch)], "exclude": []}},
        "rules": rules,
    })
}

fn reference(branch: &str) -> String {
    format!("refs/heads/{branch}")
}

/// What a ruleset protects, if it is one like ours.
fn protection(ruleset: &Value) -> Option<Protection> {
    let include = ruleset["conditions"]["ref_name"]["include"].as_array()?;
    let [Value::String(included)] = include.as_slice() else { return None };
    let rule = |kind: &str| {
        let mut rules = ruleset["rules"].as_array().into_iter().flatten();
        rules.find(|rule| text(rule, "type") == kind).map(|rule| &rule["parameters"])
    };
    let reviews = rule("pull_request")?;
    let checks = rule("required_status_checks").and_then(|checks| checks["required_status_checks"].as_array());
    Some(Protection {
        branch: included.strip_prefix("refs/heads/")?.to_owned(),
        approvals: u32::try_from(reviews["required_approving_review_count"].as_u64()?).ok()?,
        checks: checks.into_iter().flatten().map(|check| text(check, "context").to_owned()).collect(),
    })
}

/// Whether a ruleset is as it should be. GitHub answers with more members than were sent, in an order of its own.
fn is_as(there: &Value, wanted: &Protection, body: &Value) -> bool {
    let kinds = |ruleset: &Value| -> BTreeSet<String> {
        let rules = ruleset["rules"].as_array().into_iter().flatten();
        rules.map(|rule| text(rule, "type").to_owned()).collect()
    };
    let nobody_bypasses = there["bypass_actors"].as_array().is_none_or(Vec::is_empty);
    text(there, "enforcement") == "active"
        && nobody_bypasses
        && kinds(there) == kinds(body)
        && protection(there).as_ref() == Some(wanted)
}
