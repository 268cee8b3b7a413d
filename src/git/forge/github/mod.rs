//! GitHub: github.com, Enterprise Cloud with a host of its own, and Enterprise Server.

mod environment;
mod ruleset;
mod secret;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::rest::{Answered, Rest, Trouble, found, is_refused, part, text};
use super::{Applied, Change, Connection, Environment, Forge, Hosted, NewChange, NewRepository, Protection};
use crate::error::{Error, Result};
use crate::git::Secret;

/// The version of the API that github.com and every supported Enterprise Server answer.
const HEADERS: &[(&str, &str)] = &[("accept", "application/vnd.github+json"), ("x-github-api-version", "2022-11-28")];
const ADVICE: &str = "`repo` and `read:org`, or, if it is fine-grained, to write Administration, Actions, Contents, \
                      Environments, Pull requests, Secrets, Variables and Workflows of the owner's repositories";
/// What GitHub takes as a description.
const LONGEST_DESCRIPTION: usize = 350;

/// Where the API of `host` is.
pub(super) fn api(host: &str) -> String {
    match host {
        "github.com" => "https://api.github.com".to_owned(),
        host if host.ends_with(".ghe.com") => format!("https://api.{host}"),
        host => format!("https://{host}/api/v3"),
    }
}

/// The repositories of one owner at GitHub.
#[derive(Debug)]
pub struct Github {
    rest: Rest,
    owner: String,
    kind: OnceLock<Owner>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner {
    Organisation,
    User,
}

impl Github {
    /// The repositories of `owner`, an organisation or the user whose token it is.
    pub fn new(connection: Connection, owner: &str) -> Self {
        Github { rest: Rest::new(connection, HEADERS, ADVICE), owner: owner.to_owned(), kind: OnceLock::new() }
    }

    /// Whether the owner is an organisation. A user must be the token's own: GitHub lets nobody else create for them.
    fn kind(&self) -> Result<Owner> {
        if let Some(kind) = self.kind.get() {
            return Ok(*kind);
        }
        let host = self.rest.host();
        let owner = found(self.rest.get(&format!("/users/{}", part(&self.owner))))?.ok_or_else(|| {
            Error::config(format!("{host} has no organisation or user {:?}", self.owner))
                .hint("git.owner in aiops.yaml names whose the repositories are")
        })?;
        let kind = if text(&owner, "type") == "Organization" { Owner::Organisation } else { Owner::User };
        if kind == Owner::User {
            let caller = self.rest.get("/user")?;
            if !text(&caller, "login").eq_ignore_ascii_case(&self.owner) {
                let caller = text(&caller, "login");
                return Err(Error::config(format!(
                    "the token is of the user {caller:?}, who makes no repositories for the user {:?}",
                    self.owner
                ))
                .hint("name an organisation as git.owner in aiops.yaml, or the token's user"));
            }
        }
        Ok(*self.kind.get_or_init(|| kind))
    }

    /// Uses what is there, if it is what would have been made.
    fn adopted(&self, repository: &Value) -> Result<Hosted> {
        let name = text(repository, "full_name");
        if repository["private"] != true {
            return Err(Error::failed(format!("there is a repository {name} already, and others can read it"))
                .hint("make it private, or choose another name"));
        }
        if repository["archived"] == true || repository["disabled"] == true {
            return Err(Error::failed(format!("there is a repository {name} already, and it is archived or disabled"))
                .hint("bring it back, or choose another name"));
        }
        Ok(hosted(repository))
    }

    fn look(&self, name: &str) -> Answered<Option<Value>> {
        found(self.rest.get(&format!("/repos/{}/{}", part(&self.owner), part(name))))
    }
}

fn hosted(repository: &Value) -> Hosted {
    Hosted {
        name: text(repository, "full_name").to_owned(),
        url: text(repository, "clone_url").to_owned(),
        web: Some(text(repository, "html_url").to_owned()),
        default_branch: text(repository, "default_branch").to_owned(),
        id: repository["id"].to_string(),
    }
}

/// The path of a repository in the API. Owners and names have no characters that a URL minds.
fn at(repository: &Hosted) -> String {
    let (owner, name) = repository.name.split_once('/').unwrap_or_default();
    format!("/repos/{}/{}", part(owner), part(name))
}

/// GitHub's words if it refused because of the plan.
fn lacking_plan(trouble: &Trouble) -> Option<String> {
    match trouble {
        Trouble::Refused(refusal) => {
            let words = &refusal.words;
            let plan = match refusal.status {
                403 => words.starts_with("Upgrade to "),
                422 => words.contains("billing plan"),
                _ => false,
            };
            plan.then(|| words.clone())
        }
        Trouble::Failed(_) => None,
    }
}

impl Forge for Github {
    fn describe(&self) -> String {
        format!("{}/{}", self.rest.host(), self.owner)
    }

    fn repository(&self, name: &str) -> Result<Option<Hosted>> {
        Ok(self.look(name)?.as_ref().map(hosted))
    }

    fn create(&self, new: &NewRepository<'_>) -> Result<Hosted> {
        if let Some(repository) = self.look(new.name)? {
            return self.adopted(&repository);
        }
        let path = match self.kind()? {
            Owner::Organisation => format!("/orgs/{}/repos", part(&self.owner)),
            Owner::User => "/user/repos".to_owned(),
        };
        let line = new.description.split_whitespace().collect::<Vec<_>>().join(" ");
        let body = json!({
            "name": new.name,
            "description": line.chars().take(LONGEST_DESCRIPTION).collect::<String>(),
            "private": true,
            "auto_init": false,
            "has_wiki": false,
            "has_projects": false,
            "delete_branch_on_merge": true,
        });
        match self.rest.post(&path, &body) {
            Ok(repository) => Ok(hosted(&repository)),
            // Somebody was faster; or the answer of an earlier call was lost.
            refused if is_refused(&refused, 422) => match self.look(new.name)? {
                Some(repository) => self.adopted(&repository),
                None => Ok(hosted(&refused?)),
            },
            Err(trouble) => Err(trouble.into()),
        }
    }

    fn protection(&self, repository: &Hosted) -> Result<Option<Protection>> {
        self.ruleset(repository)
    }

    fn protect(&self, repository: &Hosted, wanted: &Protection) -> Result<Applied> {
        self.set_ruleset(repository, wanted)
    }

    fn variables(&self, repository: &Hosted) -> Result<BTreeMap<String, String>> {
        // This listing has 30 a page at most.
        let path = format!("{}/actions/variables?per_page=30", at(repository));
        let variables = self.rest.list(&path, Some("variables"))?;
        Ok(variables.iter().map(|one| (text(one, "name").to_owned(), text(one, "value").to_owned())).collect())
    }

    fn set_variable(&self, repository: &Hosted, name: &str, value: &str) -> Result<()> {
        let all = format!("{}/actions/variables", at(repository));
        let one = format!("{all}/{}", part(name));
        let body = json!({"name": name, "value": value});
        match found(self.rest.get(&one))? {
            Some(there) if text(&there, "value") == value => return Ok(()),
            Some(_) => self.rest.patch(&one, &body)?,
            None => match self.rest.post(&all, &body) {
                refused if is_refused(&refused, 409) => self.rest.patch(&one, &body)?,
                made => made?,
            },
        };
        Ok(())
    }

    fn secret_names(&self, repository: &Hosted) -> Result<BTreeSet<String>> {
        let path = format!("{}/actions/secrets?per_page=100", at(repository));
        let secrets = self.rest.list(&path, Some("secrets"))?;
        Ok(secrets.iter().map(|one| text(one, "name").to_owned()).collect())
    }

    fn set_secret(&self, repository: &Hosted, name: &str, value: &Secret) -> Result<()> {
        let secrets = format!("{}/actions/secrets", at(repository));
        let key = self.rest.get(&format!("{secrets}/public-key"))?;
        let sealed = secret::sealed(text(&key, "key"), value)?;
        let body = json!({"encrypted_value": sealed, "key_id": text(&key, "key_id")});
        self.rest.put(&format!("{secrets}/{}", part(name)), &body)?;
        Ok(())
    }

    fn environment(&self, repository: &Hosted, name: &str) -> Result<Option<Environment>> {
        self.look_at_environment(repository, name)
    }

    fn set_environment(&self, repository: &Hosted, wanted: &Environment) -> Result<Applied> {
        self.make_environment(repository, wanted)
    }

    fn oidc_subject(&self, repository: &Hosted) -> Result<Option<String>> {
        let by_name = format!("repo:{}", repository.name);
        let path = format!("{}/actions/oidc/customization/sub", at(repository));
        let Some(subject) = found(self.rest.get(&path))? else { return Ok(Some(by_name)) };
        if subject["use_default"] == false && subject["include_claim_keys"] != json!(["repo", "context"]) {
            return Err(Error::failed(format!("the subject of {}'s OIDC tokens has been customised", repository.name))
                .hint(
                    "roles of AWS can trust a branch or environment only by the default subject: restore it, for \
                       the repository or its organisation",
                )
                .hint(format!("gh api --method PUT {path} -F use_default=true")));
        }
        // Repositories made since July 2026 have their ids in the subject: who gets an abandoned name gets no roles.
        Ok(Some(match subject["sub_claim_prefix"].as_str() {
            Some(prefix) if !prefix.is_empty() => prefix.trim_end_matches(':').to_owned(),
            _ if subject["use_immutable_subject"] == true => {
                let there = self.rest.get(&at(repository))?;
                let (owner, name) = repository.name.split_once('/').unwrap_or_default();
                format!("repo:{owner}@{}/{name}@{}", there["owner"]["id"], there["id"])
            }
            _ => by_name,
        }))
    }

    fn dispatch(
        &self,
        repository: &Hosted,
        workflow: &str,
        reference: &str,
        inputs: &BTreeMap<String, String>,
    ) -> Result<()> {
        let path = format!("{}/actions/workflows/{}/dispatches", at(repository), part(workflow));
        let started = self.rest.post(&path, &json!({"ref": reference, "inputs": inputs}));
        let missing = is_refused(&started, 404);
        started.map(drop).map_err(|trouble| {
            let error = Error::from(trouble);
            if !missing {
                return error;
            }
            error.hint(format!("{workflow} must be in .github/workflows of the branch {}", repository.default_branch))
        })
    }

    fn open_change(&self, repository: &Hosted, wanted: &NewChange<'_>) -> Result<Change> {
        let owner = repository.name.split('/').next().unwrap_or_default();
        let pulls = format!("{}/pulls", at(repository));
        let query = format!(
            "{pulls}?state=open&head={}&base={}&per_page=100",
            part(&format!("{owner}:{}", wanted.head)),
            part(wanted.base)
        );
        let look = || -> Result<Option<Value>> { Ok(self.rest.list(&query, None)?.into_iter().next()) };
        let there = match look()? {
            Some(there) => there,
            None => {
                let body = json!({
                    "title": wanted.title, "body": wanted.body, "head": wanted.head, "base": wanted.base,
                });
                match self.rest.post(&pulls, &body) {
                    refused if is_refused(&refused, 422) => match look()? {
                        Some(there) => there,
                        None => refused?,
                    },
                    made => made?,
                }
            }
        };
        if text(&there, "title") != wanted.title || text(&there, "body") != wanted.body {
            let body = json!({"title": wanted.title, "body": wanted.body});
            self.rest.patch(&format!("{pulls}/{}", there["number"]), &body)?;
        }
        Ok(Change { name: format!("#{}", there["number"]), web: Some(text(&there, "html_url").to_owned()) })
    }
}
