//! Protected branches: nobody pushes, maintainers merge. How many must agree to a change, only paid editions can say.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::super::rest::{Answered, found, part, text};
use super::super::{Applied, Hosted, Protection};
use super::{Gitlab, already_there, at, lacking_edition};
use crate::error::Result;

const NO_ONE: u64 = 0;
const MAINTAINER: u64 = 40;
/// By what our approval rule is told from others.
const RULE: &str = "aiops";
/// What stands for the checks that must pass: they have no names.
const PIPELINE: &str = "pipeline";

impl Gitlab {
    pub(super) fn look_at_protection(&self, repository: &Hosted, branch: &str) -> Result<Option<Protection>> {
        let there = found(self.rest.get(&branch_path(repository, branch)))?;
        if !there.as_ref().is_some_and(is_protected) {
            return Ok(None);
        }
        let approvals = self.own_rule(repository)?.map_or(0, |rule| required(&rule));
        let project = self.rest.get(&at(repository))?;
        let checked = project["only_allow_merge_if_pipeline_succeeds"] == true;
        let checks = checked.then(|| PIPELINE.to_owned()).into_iter().collect::<BTreeSet<_>>();
        Ok(Some(Protection { branch: branch.to_owned(), approvals, checks }))
    }

    pub(super) fn make_protection(&self, repository: &Hosted, wanted: &Protection) -> Result<Applied> {
        self.protect_branch(repository, &wanted.branch)?;
        if !wanted.checks.is_empty() {
            let project = self.rest.get(&at(repository))?;
            if project["only_allow_merge_if_pipeline_succeeds"] != true {
                self.rest.put(&at(repository), &json!({"only_allow_merge_if_pipeline_succeeds": true}))?;
            }
        }
        self.require_approvals(repository, wanted.approvals)
    }

    fn protect_branch(&self, repository: &Hosted, branch: &str) -> Result<()> {
        let one = branch_path(repository, branch);
        match found(self.rest.get(&one))? {
            Some(there) if is_protected(&there) => return Ok(()),
            // GitLab protects default branches by itself, but lets maintainers push. Free editions change nothing of
            // a protection; it is taken away and made anew.
            Some(_) => drop(found(self.rest.delete(&one))?),
            None => {}
        }
        let body = json!({
            "name": branch, "push_access_level": NO_ONE, "merge_access_level": MAINTAINER, "allow_force_push": false,
        });
        let all = format!("{}/protected_branches", at(repository));
        match self.rest.post(&all, &body) {
            refused if already_there(&refused) => match found(self.rest.get(&one))? {
                Some(there) if is_protected(&there) => Ok(()),
                _ => refused.map(drop).map_err(Into::into),
            },
            made => Ok(made.map(drop)?),
        }
    }

    fn require_approvals(&self, repository: &Hosted, approvals: u32) -> Result<Applied> {
        let all = format!("{}/approval_rules", at(repository));
        let listed = self.rest.list(&format!("{all}?per_page=100"), None);
        if lacking_edition(&listed) {
            return Ok(match approvals {
                0 => Applied::Done,
                _ => Applied::NotOffered("this edition of GitLab does not ask for approvals of changes".to_owned()),
            });
        }
        let body = json!({"name": RULE, "approvals_required": approvals});
        match listed?.into_iter().find(is_ours) {
            Some(rule) if required(&rule) == approvals => {}
            Some(rule) => drop(self.rest.put(&format!("{all}/{}", rule["id"]), &body)?),
            None if approvals == 0 => {}
            None => drop(self.rest.post(&all, &body)?),
        }
        Ok(Applied::Done)
    }

    fn own_rule(&self, repository: &Hosted) -> Answered<Option<Value>> {
        let listed = self.rest.list(&format!("{}/approval_rules?per_page=100", at(repository)), None);
        if lacking_edition(&listed) {
            return Ok(None);
        }
        Ok(listed?.into_iter().find(is_ours))
    }
}

fn branch_path(repository: &Hosted, branch: &str) -> String {
    format!("{}/protected_branches/{}", at(repository), part(branch))
}

/// Whether nobody can push to the branch, nor rewrite it.
fn is_protected(branch: &Value) -> bool {
    let pushers = branch["push_access_levels"].as_array().map(Vec::as_slice).unwrap_or_default();
    !pushers.is_empty()
        && pushers.iter().all(|level| level["access_level"].as_u64() == Some(NO_ONE))
        && branch["allow_force_push"] != true
}

fn is_ours(rule: &Value) -> bool {
    text(rule, "name") == RULE
}

fn required(rule: &Value) -> u32 {
    rule["approvals_required"].as_u64().and_then(|count| u32::try_from(count).ok()).unwrap_or(0)
}
