//! GitLab: gitlab.com, and self-managed ones.

mod environment;
mod protection;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::rest::{Answered, Rest, Trouble, found, is_refused, part, text};
use super::{Applied, Change, Connection, Environment, Forge, Hosted, NewChange, NewRepository, Protection};
use crate::error::{Error, Result};
use crate::git::Secret;

const HEADERS: &[(&str, &str)] = &[("accept", "application/json")];
const ADVICE: &str = "the scope `api`, and its user the role Maintainer or Owner in the group";
/// The scope of variables that count everywhere. Others of the same name are the team's.
const EVERYWHERE: &str = "*";

/// Where the API of `host` is.
pub(super) fn api(host: &str) -> String {
    format!("https://{host}/api/v4")
}

/// The projects of one group or user at GitLab.
#[derive(Debug)]
pub struct Gitlab {
    rest: Rest,
    owner: String,
}

impl Gitlab {
    /// The projects of `owner`: the path of a group, with its parents, or the user whose token it is.
    pub fn new(connection: Connection, owner: &str) -> Self {
        Gitlab { rest: Rest::new(connection, HEADERS, ADVICE), owner: owner.trim_matches('/').to_owned() }
    }

    fn look(&self, name: &str) -> Answered<Option<Value>> {
        found(self.rest.get(&format!("/projects/{}", part(&format!("{}/{name}", self.owner)))))
    }

    fn namespace(&self) -> Result<Value> {
        let host = self.rest.host();
        let found = found(self.rest.get(&format!("/namespaces/{}", part(&self.owner))))?;
        found.map(|namespace| namespace["id"].clone()).ok_or_else(|| {
            Error::config(format!("{host} has no group or user {:?}", self.owner))
                .hint("git.owner in aiops.yaml names whose the repositories are, with the groups above: `acme/ml`")
        })
    }

    /// Uses what is there, if it is what would have been made.
    fn adopted(&self, project: &Value) -> Result<Hosted> {
        let name = text(project, "path_with_namespace");
        if text(project, "visibility") != "private" {
            return Err(Error::failed(format!("there is a project {name} already, and others can read it"))
                .hint("make it private, or choose another name"));
        }
        if project["archived"] == true || !project["marked_for_deletion_on"].is_null() {
            return Err(Error::failed(format!(
                "there is a project {name} already, and it is archived or to be deleted"
            ))
            .hint("bring it back, or choose another name"));
        }
        self.let_variables_in(project)?;
        Ok(hosted(project))
    }

    /// New groups let nobody start a pipeline with variables, which is how a deployment is told what to deploy.
    fn let_variables_in(&self, project: &Value) -> Answered<()> {
        const ROLE: &str = "ci_pipeline_variables_minimum_override_role";
        if text(project, ROLE) == "no_one_allowed" {
            let path = format!("/projects/{}", project["id"]);
            self.rest.put(&path, &json!({"restrict_user_defined_variables": true, ROLE: "maintainer"}))?;
        }
        Ok(())
    }

    /// Every variable that counts everywhere.
    fn own_variables(&self, repository: &Hosted) -> Answered<Vec<Value>> {
        let mut all = self.rest.list(&format!("{}/variables?per_page=100", at(repository)), None)?;
        all.retain(|one| text(one, "environment_scope") == EVERYWHERE);
        Ok(all)
    }

    fn write_variable(&self, repository: &Hosted, key: &str, body: &Value) -> Answered<()> {
        let all = format!("{}/variables", at(repository));
        let there = self.own_variables(repository)?.into_iter().find(|one| text(one, "key") == key);
        let update = format!("{all}/{}?filter%5Benvironment_scope%5D=%2A", part(key));
        match there {
            Some(there) if holds(&there, body) => Ok(()),
            Some(_) => self.rest.put(&update, body).map(drop),
            None => match self.rest.post(&all, body) {
                refused if already_there(&refused) => self.rest.put(&update, body).map(drop),
                made => made.map(drop),
            },
        }
    }
}

fn hosted(project: &Value) -> Hosted {
    Hosted {
        name: text(project, "path_with_namespace").to_owned(),
        url: text(project, "http_url_to_repo").to_owned(),
        web: Some(text(project, "web_url").to_owned()),
        // An empty project may have none yet.
        default_branch: project["default_branch"].as_str().unwrap_or("main").to_owned(),
        id: project["id"].to_string(),
    }
}

/// The path of a project in the API.
fn at(repository: &Hosted) -> String {
    format!("/projects/{}", repository.id)
}

/// Whether `there` says everything that `wanted` says.
fn holds(there: &Value, wanted: &Value) -> bool {
    wanted.as_object().into_iter().flatten().all(|(name, value)| there[name] == *value)
}

/// Whether something was refused because it is there. GitLab says it with one of two statuses.
fn already_there<T>(answered: &Answered<T>) -> bool {
    match answered {
        Err(Trouble::Refused(refusal)) => {
            refusal.status == 409 || refusal.status == 400 && refusal.words.contains("already been taken")
        }
        _ => false,
    }
}

/// What GitLab does not have in this edition: it has no such path, or forbids it to everybody.
fn lacking_edition<T>(answered: &Answered<T>) -> bool {
    is_refused(answered, 404) || is_refused(answered, 403)
}

impl Forge for Gitlab {
    fn describe(&self) -> String {
        format!("{}/{}", self.rest.host(), self.owner)
    }

    fn repository(&self, name: &str) -> Result<Option<Hosted>> {
        Ok(self.look(name)?.as_ref().map(hosted))
    }

    fn create(&self, new: &NewRepository<'_>) -> Result<Hosted> {
        if let Some(project) = self.look(new.name)? {
            return self.adopted(&project);
        }
        let body = json!({
            "name": new.name,
            "path": new.name,
            "namespace_id": self.namespace()?,
            "description": new.description,
            "visibility": "private",
            "default_branch": new.default_branch,
            "initialize_with_readme": false,
            "remove_source_branch_after_merge": true,
        });
        match self.rest.post("/projects", &body) {
            Ok(project) => {
                self.let_variables_in(&project)?;
                Ok(Hosted { default_branch: new.default_branch.to_owned(), ..hosted(&project) })
            }
            refused if already_there(&refused) => match self.look(new.name)? {
                Some(project) => self.adopted(&project),
                None => Ok(hosted(&refused?)),
            },
            Err(trouble) => Err(trouble.into()),
        }
    }

    fn protection(&self, repository: &Hosted) -> Result<Option<Protection>> {
        self.look_at_protection(repository, &repository.default_branch)
    }

    fn protect(&self, repository: &Hosted, wanted: &Protection) -> Result<Applied> {
        self.make_protection(repository, wanted)
    }

    fn variables(&self, repository: &Hosted) -> Result<BTreeMap<String, String>> {
        let all = self.own_variables(repository)?;
        let plain = all.iter().filter(|one| one["masked"] != true && one["hidden"] != true);
        Ok(plain.map(|one| (text(one, "key").to_owned(), text(one, "value").to_owned())).collect())
    }

    fn set_variable(&self, repository: &Hosted, name: &str, value: &str) -> Result<()> {
        // `raw`: a dollar in it is a dollar.
        let body = json!({
            "key": name, "value": value, "variable_type": "env_var", "environment_scope": EVERYWHERE,
            "protected": false, "masked": false, "raw": true,
        });
        Ok(self.write_variable(repository, name, &body)?)
    }

    fn secret_names(&self, repository: &Hosted) -> Result<BTreeSet<String>> {
        let all = self.own_variables(repository)?;
        let secret = all.iter().filter(|one| one["masked"] == true || one["hidden"] == true);
        Ok(secret.map(|one| text(one, "key").to_owned()).collect())
    }

    fn set_secret(&self, repository: &Hosted, name: &str, value: &Secret) -> Result<()> {
        // Masked in logs, and kept from branches that anybody can push to.
        let body = json!({
            "key": name, "value": value.expose(), "variable_type": "env_var", "environment_scope": EVERYWHERE,
            "protected": true, "masked": true, "raw": true,
        });
        let written = self.write_variable(repository, name, &body);
        let unfit = is_refused(&written, 400);
        written.map_err(|trouble| {
            let error = Error::from(trouble);
            if unfit { error.hint("GitLab masks one line of at least 8 characters, without spaces") } else { error }
        })
    }

    fn environment(&self, repository: &Hosted, name: &str) -> Result<Option<Environment>> {
        self.look_at_environment(repository, name)
    }

    fn set_environment(&self, repository: &Hosted, wanted: &Environment) -> Result<Applied> {
        self.make_environment(repository, wanted)
    }

    fn oidc_subject(&self, repository: &Hosted) -> Result<Option<String>> {
        Ok(Some(format!("project_path:{}", repository.name)))
    }

    fn dispatch(
        &self,
        repository: &Hosted,
        workflow: &str,
        reference: &str,
        inputs: &BTreeMap<String, String>,
    ) -> Result<()> {
        // There is one file of CI for everything: its rules look at these variables.
        let mut variables = vec![json!({"key": WORKFLOW, "value": workflow})];
        variables.extend(inputs.iter().map(|(name, value)| json!({"key": variable(name), "value": value})));
        let body = json!({"ref": reference, "variables": variables});
        let started = self.rest.post(&format!("{}/pipeline", at(repository)), &body);
        let unfit = is_refused(&started, 400);
        started.map(drop).map_err(|trouble| {
            let error = Error::from(trouble);
            if !unfit {
                return error;
            }
            error
                .hint(format!("the branch {reference} needs a .gitlab-ci.yml whose rules let {WORKFLOW} through"))
                .hint("Settings > CI/CD > Variables must let the token's user set pipeline variables")
        })
    }

    fn open_change(&self, repository: &Hosted, wanted: &NewChange<'_>) -> Result<Change> {
        let requests = format!("{}/merge_requests", at(repository));
        let query = format!(
            "{requests}?state=opened&source_branch={}&target_branch={}&per_page=100",
            part(wanted.head),
            part(wanted.base)
        );
        let look = || -> Result<Option<Value>> { Ok(self.rest.list(&query, None)?.into_iter().next()) };
        let there = match look()? {
            Some(there) => there,
            None => {
                let body = json!({
                    "source_branch": wanted.head, "target_branch": wanted.base,
                    "title": wanted.title, "description": wanted.body, "remove_source_branch": true,
                });
                match self.rest.post(&requests, &body) {
                    refused if is_refused(&refused, 409) => match look()? {
                        Some(there) => there,
                        None => refused?,
                    },
                    made => made?,
                }
            }
        };
        let body = json!({"title": wanted.title, "description": wanted.body});
        if !holds(&there, &body) {
            self.rest.put(&format!("{requests}/{}", there["iid"]), &body)?;
        }
        Ok(Change { name: format!("!{}", there["iid"]), web: Some(text(&there, "web_url").to_owned()) })
    }
}

/// The variable that says which workflow a pipeline is started for.
const WORKFLOW: &str = "AIOPS_WORKFLOW";

/// The variable of an input: `model-version` is `MODEL_VERSION`.
fn variable(input: &str) -> String {
    input.replace(|c: char| !c.is_ascii_alphanumeric(), "_").to_ascii_uppercase()
}
