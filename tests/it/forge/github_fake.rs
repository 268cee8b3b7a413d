//! GitHub, as far as a project's repository needs it: it refuses what GitHub refuses.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crypto_box::SecretKey;
use serde_json::{Value, json};

use super::fake::{Answer, Asked, HERE, Host, TOKEN, mistake};

/// The plan of the organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    Free,
    Team,
    Enterprise,
}

/// A repository.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    pub id: u64,
    pub settings: Value,
    pub rulesets: BTreeMap<u64, Value>,
    pub variables: BTreeMap<String, String>,
    pub secrets: BTreeMap<String, String>,
    pub environments: BTreeMap<String, Environment>,
    pub branches: BTreeSet<String>,
    pub workflows: BTreeSet<String>,
    pub runs: Vec<Value>,
    pub pulls: Vec<Value>,
    pub subject: Value,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Environment {
    pub body: Value,
    pub branches: BTreeMap<u64, String>,
}

pub struct GitHub {
    pub plan: Plan,
    pub login: String,
    pub organisations: BTreeSet<String>,
    pub users: BTreeMap<String, u64>,
    pub teams: BTreeMap<String, u64>,
    pub repositories: BTreeMap<String, Repository>,
    pub key: SecretKey,
    next: u64,
}

impl GitHub {
    pub fn new(plan: Plan) -> Self {
        GitHub {
            plan,
            login: "robot".to_owned(),
            organisations: BTreeSet::from(["acme".to_owned()]),
            users: BTreeMap::from([("robot".to_owned(), 1), ("lead".to_owned(), 2), ("officer".to_owned(), 3)]),
            teams: BTreeMap::from([("governance".to_owned(), 70)]),
            repositories: BTreeMap::new(),
            key: SecretKey::from_bytes([7; 32]),
            next: 1000,
        }
    }

    fn id(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn owner(&self, login: &str) -> Value {
        let organisation = self.organisations.contains(login);
        let id = if organisation { 500 } else { self.users.get(login).copied().unwrap_or(0) };
        json!({"login": login, "id": id, "node_id": "N", "type": if organisation { "Organization" } else { "User" },
               "site_admin": false, "url": format!("http://here/users/{login}")})
    }

    fn shown(&self, full_name: &str) -> Value {
        let repository = &self.repositories[full_name];
        let (owner, name) = full_name.split_once('/').unwrap();
        json!({
            "id": repository.id, "node_id": "R", "name": name, "full_name": full_name, "owner": self.owner(owner),
            "private": repository.settings["private"], "visibility": "private",
            "description": repository.settings["description"],
            "archived": repository.settings["archived"] == true, "disabled": false,
            "default_branch": "main", "clone_url": format!("https://forge.example/{full_name}.git"),
            "html_url": format!("https://forge.example/{full_name}"), "url": format!("http://here/repos/{full_name}"),
        })
    }

    fn create(&mut self, owner: &str, body: &Value) -> Answer {
        let kinds = [
            ("name", "text"),
            ("description", "text?"),
            ("private", "flag?"),
            ("auto_init", "flag?"),
            ("has_wiki", "flag?"),
            ("has_projects", "flag?"),
            ("delete_branch_on_merge", "flag?"),
        ];
        if let Some(mistake) = mistake(body, &kinds) {
            return invalid(&mistake);
        }
        let description = body["description"].as_str().unwrap_or_default();
        if description.contains(char::is_control) || description.chars().count() > 350 {
            return failed("Repository", "description", "description control characters are not allowed");
        }
        let full_name = format!("{owner}/{}", body["name"].as_str().unwrap());
        if self.repositories.keys().any(|known| known.eq_ignore_ascii_case(&full_name)) {
            return failed("Repository", "name", "name already exists on this account");
        }
        let id = self.id();
        let subject = json!({"use_default": true, "use_immutable_subject": true,
            "sub_claim_prefix": format!("repo:{owner}@500/{}@{id}", body["name"].as_str().unwrap())});
        let made = Repository { id, settings: body.clone(), subject, ..Repository::default() };
        self.repositories.insert(full_name.clone(), made);
        Answer::new(201, self.shown(&full_name))
    }

    fn within(&mut self, full_name: &str, rest: &[&str], asked: &Asked) -> Answer {
        if !self.repositories.contains_key(full_name) {
            return not_found();
        }
        let private_and = |plan: Plan| plan > self.plan;
        match rest {
            [] if asked.method == "GET" => Answer::new(200, self.shown(full_name)),
            ["rulesets", ..] if private_and(Plan::Team) => {
                Answer::refused(403, "Upgrade to GitHub Team or make this repository public to enable this feature.")
            }
            ["rulesets", rest @ ..] => self.rulesets(full_name, rest, asked),
            ["actions", "variables", rest @ ..] => variables(self.repository(full_name), rest, asked),
            ["actions", "secrets", rest @ ..] => self.secrets(full_name, rest, asked),
            ["actions", "oidc", "customization", "sub"] => Answer::new(200, self.repository(full_name).subject.clone()),
            ["actions", "workflows", file, "dispatches"] => dispatch(self.repository(full_name), file, &asked.body),
            ["environments", name, rest @ ..] => self.environment(full_name, name, rest, asked),
            ["pulls", rest @ ..] => self.pulls(full_name, rest, asked),
            _ => not_found(),
        }
    }

    fn repository(&mut self, full_name: &str) -> &mut Repository {
        self.repositories.get_mut(full_name).unwrap()
    }

    fn rulesets(&mut self, full_name: &str, rest: &[&str], asked: &Asked) -> Answer {
        let id = self.id();
        let repository = self.repository(full_name);
        match (asked.method.as_str(), rest) {
            ("GET", []) => {
                let listed = repository.rulesets.values().map(|ruleset| {
                    let mut listed = ruleset.clone();
                    listed.as_object_mut().unwrap().retain(|name, _| name != "rules" && name != "conditions");
                    listed
                });
                paged(asked, listed.collect(), 100, None)
            }
            ("GET", [id]) => match id.parse().ok().and_then(|id: u64| repository.rulesets.get(&id)) {
                Some(ruleset) => Answer::new(200, ruleset.clone()),
                None => not_found(),
            },
            ("POST" | "PUT", rest) => {
                let kinds = [
                    ("name", "text"),
                    ("target", "text?"),
                    ("enforcement", "text"),
                    ("bypass_actors", "list?"),
                    ("conditions", "object?"),
                    ("rules", "list?"),
                ];
                if let Some(mistake) = mistake(&asked.body, &kinds) {
                    return invalid(&mistake);
                }
                if let Some(rule) = asked.body["rules"].as_array().unwrap().iter().find_map(wrong_rule) {
                    return Answer::new(422, json!({"message": "Validation Failed", "errors": [rule]}));
                }
                let id = rest.first().map_or(id, |id| id.parse().unwrap());
                let name = &asked.body["name"];
                if repository.rulesets.iter().any(|(known, ruleset)| *known != id && ruleset["name"] == *name) {
                    return Answer::new(
                        422,
                        json!({"message": "Validation Failed", "errors": ["Name must be unique"]}),
                    );
                }
                let mut ruleset = asked.body.clone();
                ruleset["id"] = json!(id);
                ruleset["source_type"] = json!("Repository");
                ruleset["source"] = json!(full_name);
                // In an order of its own, with members that nobody sent.
                ruleset["rules"].as_array_mut().unwrap().reverse();
                for rule in ruleset["rules"].as_array_mut().unwrap() {
                    if rule["type"] == "pull_request" {
                        rule["parameters"]["allowed_merge_methods"] = json!(["merge", "squash", "rebase"]);
                    }
                }
                repository.rulesets.insert(id, ruleset.clone());
                Answer::new(if asked.method == "POST" { 201 } else { 200 }, ruleset)
            }
            _ => not_found(),
        }
    }

    fn secrets(&mut self, full_name: &str, rest: &[&str], asked: &Asked) -> Answer {
        let key = self.key.clone();
        let repository = self.repository(full_name);
        match (asked.method.as_str(), rest) {
            ("GET", []) => {
                let names = repository.secrets.keys().map(|name| {
                    json!({"name": name, "created_at": "2026-01-05T09:00:00Z", "updated_at": "2026-01-05T09:00:00Z"})
                });
                paged(asked, names.collect(), 100, Some("secrets"))
            }
            ("GET", ["public-key"]) => {
                let public = STANDARD.encode(key.public_key().as_bytes());
                Answer::new(200, json!({"key_id": "568250167242549743", "key": public}))
            }
            ("PUT", [name]) => {
                if let Some(mistake) = mistake(&asked.body, &[("encrypted_value", "text"), ("key_id", "text")]) {
                    return invalid(&mistake);
                }
                if asked.body["key_id"] != "568250167242549743" || !is_name(name) {
                    return Answer::refused(422, "Bad request - key_id or name is wrong");
                }
                let sealed = STANDARD.decode(asked.body["encrypted_value"].as_str().unwrap());
                let Some(opened) = sealed.ok().and_then(|sealed| key.unseal(&sealed).ok()) else {
                    return Answer::refused(422, "Improperly encrypted secret");
                };
                let is_new = !repository.secrets.contains_key(&name.to_uppercase());
                repository.secrets.insert(name.to_uppercase(), String::from_utf8(opened).unwrap());
                Answer { body: is_new.then(|| json!({})), ..Answer::empty(if is_new { 201 } else { 204 }) }
            }
            _ => not_found(),
        }
    }

    fn environment(&mut self, full_name: &str, name: &str, rest: &[&str], asked: &Asked) -> Answer {
        let id = self.id();
        let (plan, users, teams) = (self.plan, self.users.clone(), self.teams.clone());
        let repository = self.repository(full_name);
        match (asked.method.as_str(), rest) {
            ("GET", []) => match repository.environments.get(name) {
                Some(environment) => Answer::new(200, shown_environment(name, environment, &users, &teams)),
                None => not_found(),
            },
            ("PUT", []) => {
                let kinds = [
                    ("wait_timer", "number?"),
                    ("prevent_self_review", "flag?"),
                    ("reviewers", "list?"),
                    ("deployment_branch_policy", "object?"),
                ];
                if let Some(mistake) = mistake(&asked.body, &kinds) {
                    return invalid(&mistake);
                }
                let reviewers = asked.body["reviewers"].as_array().cloned().unwrap_or_default();
                if plan < Plan::Enterprise && !reviewers.is_empty() {
                    return Answer::refused(
                        422,
                        "Failed to create the environment protection rule. Please ensure the \
                                                 billing plan supports the required reviewers protection rule.",
                    );
                }
                let known = |one: &Value| match one["type"].as_str() {
                    Some("User") => users.values().any(|id| one["id"] == *id),
                    Some("Team") => teams.values().any(|id| one["id"] == *id),
                    _ => false,
                };
                if reviewers.len() > 6 || !reviewers.iter().all(known) {
                    return Answer::refused(422, "Failed to create the environment protection rule.");
                }
                let policy = &asked.body["deployment_branch_policy"];
                if plan == Plan::Free && !policy.is_null() {
                    return Answer::refused(
                        422,
                        "Failed to create the environment protection rule. Please ensure the \
                                                 billing plan supports the branch policy protection rule.",
                    );
                }
                if !policy.is_null() && policy["protected_branches"] == policy["custom_branch_policies"] {
                    return Answer::refused(
                        422,
                        "The protected_branches and custom_branch_policies can not be the same",
                    );
                }
                let there = repository.environments.entry(name.to_owned()).or_default();
                there.body = asked.body.clone();
                if policy["custom_branch_policies"] != true {
                    there.branches.clear();
                }
                Answer::new(200, shown_environment(name, there, &users, &teams))
            }
            (method, ["deployment-branch-policies", rest @ ..]) => {
                let Some(there) = repository.environments.get_mut(name) else { return not_found() };
                if there.body["deployment_branch_policy"]["custom_branch_policies"] != true {
                    return not_found();
                }
                match (method, rest) {
                    ("GET", []) => {
                        let listed =
                            there.branches.iter().map(|(id, name)| json!({"id": id, "node_id": "P", "name": name}));
                        paged(asked, listed.collect(), 100, Some("branch_policies"))
                    }
                    ("POST", []) => {
                        let Some(branch) = asked.body["name"].as_str() else { return invalid("name") };
                        if there.branches.values().any(|known| known == branch) {
                            return Answer::empty(303);
                        }
                        there.branches.insert(id, branch.to_owned());
                        Answer::new(200, json!({"id": id, "node_id": "P", "name": branch}))
                    }
                    ("DELETE", [id]) => match there.branches.remove(&id.parse().unwrap()) {
                        Some(_) => Answer::empty(204),
                        None => not_found(),
                    },
                    _ => not_found(),
                }
            }
            _ => not_found(),
        }
    }

    fn pulls(&mut self, full_name: &str, rest: &[&str], asked: &Asked) -> Answer {
        let owner = full_name.split('/').next().unwrap().to_owned();
        let repository = self.repository(full_name);
        match (asked.method.as_str(), rest) {
            ("GET", []) => {
                let wanted = |pull: &&Value| {
                    let is = |name: &str, value: &Value| asked.query.get(name).is_none_or(|wanted| *value == **wanted);
                    is("state", &pull["state"])
                        && is("base", &pull["base"]["ref"])
                        && is("head", &json!(format!("{owner}:{}", pull["head"]["ref"].as_str().unwrap())))
                };
                paged(asked, repository.pulls.iter().filter(wanted).cloned().collect(), 100, None)
            }
            ("POST", []) => {
                let kinds = [("title", "text"), ("head", "text"), ("base", "text"), ("body", "text?")];
                if let Some(mistake) = mistake(&asked.body, &kinds) {
                    return invalid(&mistake);
                }
                for end in ["head", "base"] {
                    if !repository.branches.contains(asked.body[end].as_str().unwrap()) {
                        let error = json!({"resource": "PullRequest", "field": end, "code": "invalid"});
                        return Answer::new(422, json!({"message": "Validation Failed", "errors": [error]}));
                    }
                }
                let (head, base) = (&asked.body["head"], &asked.body["base"]);
                let open = |pull: &&Value| {
                    pull["state"] == "open" && pull["head"]["ref"] == *head && pull["base"]["ref"] == *base
                };
                if repository.pulls.iter().any(|pull| open(&pull)) {
                    let message = format!("A pull request already exists for {owner}:{}.", head.as_str().unwrap());
                    return failed("PullRequest", "base", &message);
                }
                let number = repository.pulls.len() as u64 + 1;
                let pull = json!({
                    "number": number, "id": number, "state": "open", "title": asked.body["title"],
                    "body": asked.body["body"], "head": {"ref": head}, "base": {"ref": base},
                    "html_url": format!("https://forge.example/{full_name}/pull/{number}"),
                    "url": format!("http://here/repos/{full_name}/pulls/{number}"),
                });
                repository.pulls.push(pull.clone());
                Answer::new(201, pull)
            }
            ("PATCH", [number]) => {
                let number: usize = number.parse().unwrap();
                let Some(pull) = repository.pulls.get_mut(number - 1) else { return not_found() };
                for (name, value) in asked.body.as_object().unwrap() {
                    pull[name] = value.clone();
                }
                Answer::new(200, pull.clone())
            }
            _ => not_found(),
        }
    }
}

impl PartialOrd for Plan {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        (*self as u8).partial_cmp(&(*other as u8))
    }
}

impl Host for GitHub {
    fn answer(&mut self, asked: &Asked) -> Answer {
        if asked.header("user-agent").is_none_or(str::is_empty) {
            return Answer::refused(
                403,
                "Request forbidden by administrative rules. Please make sure your request has a \
                                         User-Agent header",
            );
        }
        let authorization = asked.header("authorization").unwrap_or_default();
        let token = authorization.strip_prefix("Bearer ").or_else(|| authorization.strip_prefix("token "));
        if token != Some(TOKEN) {
            return Answer::refused(401, "Bad credentials");
        }
        if asked.header("x-github-api-version").is_some_and(|version| !["2022-11-28", "2026-03-10"].contains(&version))
        {
            return Answer::refused(400, "The version is not supported.");
        }
        if asked.body == "no JSON" {
            return Answer::refused(400, "Problems parsing JSON");
        }
        let parts = asked.parts();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["user"]) => Answer::new(200, self.owner(&self.login)),
            ("GET", ["users", login]) if self.organisations.contains(*login) || self.users.contains_key(*login) => {
                Answer::new(200, self.owner(login))
            }
            ("GET", ["orgs", org]) if self.organisations.contains(*org) => {
                let mut shown = self.owner(org);
                shown["url"] = json!(format!("{HERE}/orgs/{org}"));
                Answer::new(200, shown)
            }
            ("GET", ["orgs", org, "teams", slug]) if self.organisations.contains(*org) => match self.teams.get(*slug) {
                Some(id) => Answer::new(200, json!({"id": id, "slug": slug, "name": slug})),
                None => not_found(),
            },
            ("POST", ["orgs", org, "repos"]) if self.organisations.contains(*org) => self.create(org, &asked.body),
            ("POST", ["user", "repos"]) => self.create(&self.login.clone(), &asked.body),
            (_, ["repos", owner, name, rest @ ..]) => self.within(&format!("{owner}/{name}"), rest, asked),
            _ => not_found(),
        }
    }
}

fn not_found() -> Answer {
    Answer::refused(404, "Not Found")
}

fn invalid(mistake: &str) -> Answer {
    Answer::refused(422, &format!("Invalid request.\n\n{mistake}"))
}

fn failed(resource: &str, field: &str, message: &str) -> Answer {
    let error = json!({"resource": resource, "field": field, "code": "custom", "message": message});
    Answer::new(422, json!({"message": "Validation Failed", "errors": [error]}))
}

fn paged(asked: &Asked, items: Vec<Value>, most: usize, member: Option<&str>) -> Answer {
    let total = items.len();
    let (page, next) = asked.page(items, most, most.min(30));
    let body = match member {
        Some(member) => json!({"total_count": total, member: page}),
        None => json!(page),
    };
    let answer = Answer::new(200, body);
    match next {
        Some(next) => answer.with("link", next),
        None => answer,
    }
}

fn is_name(name: &str) -> bool {
    let mut letters = name.bytes();
    letters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == b'_')
        && !name.to_uppercase().starts_with("GITHUB_")
}

fn variables(repository: &mut Repository, rest: &[&str], asked: &Asked) -> Answer {
    let shown = |(name, value): (&String, &String)| {
        let moment = "2026-01-05T09:00:00Z";
        json!({"name": name, "value": value, "created_at": moment, "updated_at": moment})
    };
    match (asked.method.as_str(), rest) {
        ("GET", []) => paged(asked, repository.variables.iter().map(shown).collect(), 30, Some("variables")),
        ("GET", [name]) => match repository.variables.get_key_value(&name.to_uppercase()) {
            Some(found) => Answer::new(200, shown(found)),
            None => not_found(),
        },
        ("POST", []) => {
            if let Some(mistake) = mistake(&asked.body, &[("name", "text"), ("value", "text")]) {
                return invalid(&mistake);
            }
            let name = asked.body["name"].as_str().unwrap().to_uppercase();
            if !is_name(&name) {
                return Answer::refused(422, "Variable names can only contain alphanumeric characters or underscores.");
            }
            if repository.variables.contains_key(&name) {
                return Answer::refused(409, "Already exists - Variable already exists");
            }
            repository.variables.insert(name, asked.body["value"].as_str().unwrap().to_owned());
            Answer::new(201, json!({}))
        }
        ("PATCH", [name]) => {
            if let Some(mistake) = mistake(&asked.body, &[("name", "text?"), ("value", "text?")]) {
                return invalid(&mistake);
            }
            match repository.variables.get_mut(&name.to_uppercase()) {
                Some(value) => asked.body["value"].as_str().unwrap().clone_into(value),
                None => return not_found(),
            }
            Answer::empty(204)
        }
        _ => not_found(),
    }
}

fn dispatch(repository: &mut Repository, file: &str, body: &Value) -> Answer {
    if let Some(mistake) = mistake(body, &[("ref", "text"), ("inputs", "object?")]) {
        return invalid(&mistake);
    }
    if !repository.workflows.contains(file) {
        return not_found();
    }
    let reference = body["ref"].as_str().unwrap();
    if !repository.branches.contains(reference) {
        return Answer::refused(422, &format!("No ref found for: {reference}"));
    }
    let inputs = body["inputs"].as_object().cloned().unwrap_or_default();
    if inputs.len() > 25 || !inputs.values().all(Value::is_string) {
        return Answer::refused(422, "Invalid value for input");
    }
    repository.runs.push(json!({"workflow": file, "ref": reference, "inputs": inputs}));
    Answer::empty(204)
}

/// What is wrong with a rule, if something is.
fn wrong_rule(rule: &Value) -> Option<String> {
    let parameters: &[(&str, &str)] = match rule["type"].as_str() {
        Some("deletion" | "non_fast_forward") => return None,
        Some("pull_request") => &[
            ("dismiss_stale_reviews_on_push", "flag"),
            ("require_code_owner_review", "flag"),
            ("require_last_push_approval", "flag"),
            ("required_approving_review_count", "number"),
            ("required_review_thread_resolution", "flag"),
        ],
        Some("required_status_checks") => {
            &[("required_status_checks", "list"), ("strict_required_status_checks_policy", "flag")]
        }
        _ => return Some(format!("Invalid rule: {}", rule["type"])),
    };
    mistake(&rule["parameters"], parameters)
}

fn shown_environment(
    name: &str,
    environment: &Environment,
    users: &BTreeMap<String, u64>,
    teams: &BTreeMap<String, u64>,
) -> Value {
    let named = |names: &BTreeMap<String, u64>, id: &Value| {
        names.iter().find(|(_, known)| *id == **known).map(|(name, _)| name.clone()).unwrap()
    };
    let reviewers: Vec<Value> = environment.body["reviewers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| match one["type"].as_str() {
            Some("Team") => json!({"type": "Team", "reviewer": {"id": one["id"], "slug": named(teams, &one["id"])}}),
            _ => json!({"type": "User", "reviewer": {"id": one["id"], "login": named(users, &one["id"])}}),
        })
        .collect();
    let mut rules = Vec::new();
    if environment.body["wait_timer"].as_u64().is_some_and(|minutes| minutes > 0) {
        rules
            .push(json!({"id": 1, "node_id": "G", "type": "wait_timer", "wait_timer": environment.body["wait_timer"]}));
    }
    if !reviewers.is_empty() {
        rules.push(json!({"id": 2, "node_id": "G", "type": "required_reviewers", "reviewers": reviewers,
            "prevent_self_review": environment.body["prevent_self_review"] == true}));
    }
    let policy = &environment.body["deployment_branch_policy"];
    if !policy.is_null() {
        rules.push(json!({"id": 3, "node_id": "G", "type": "branch_policy"}));
    }
    json!({"id": 9, "node_id": "E", "name": name, "url": "http://here", "html_url": "http://here",
           "created_at": "2026-01-05T09:00:00Z", "updated_at": "2026-01-05T09:00:00Z",
           "protection_rules": rules, "deployment_branch_policy": policy})
}
