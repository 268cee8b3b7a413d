//! GitLab, as far as a project's repository needs it: it refuses what GitLab refuses.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::fake::{Answer, Asked, Host, TOKEN, mistake};

const PREFIX: &str = "/api/v4/";

/// A project.
#[derive(Clone, Debug, Default)]
pub struct Project {
    pub attributes: Value,
    pub protected: BTreeMap<String, Value>,
    pub rules: Vec<Value>,
    pub variables: Vec<Value>,
    pub environments: Vec<String>,
    pub protected_environments: BTreeMap<String, Value>,
    pub branches: BTreeSet<String>,
    pub has_ci: bool,
    pub pipelines: Vec<Value>,
    pub requests: Vec<Value>,
}

pub struct GitLab {
    /// Whether the edition is a paid one.
    pub premium: bool,
    pub namespaces: BTreeMap<String, u64>,
    pub users: BTreeMap<String, u64>,
    pub projects: BTreeMap<u64, Project>,
    next: u64,
}

impl GitLab {
    pub fn new(premium: bool) -> Self {
        GitLab {
            premium,
            namespaces: BTreeMap::from([("acme".to_owned(), 10), ("acme/ml".to_owned(), 11)]),
            users: BTreeMap::from([("lead".to_owned(), 21), ("officer".to_owned(), 22)]),
            projects: BTreeMap::new(),
            next: 100,
        }
    }

    /// The project at a path.
    pub fn at(&mut self, path: &str) -> &mut Project {
        self.projects.values_mut().find(|project| project.attributes["path_with_namespace"] == path).unwrap()
    }

    fn create(&mut self, body: &Value) -> Answer {
        let kinds = [
            ("name", "text"),
            ("path", "text?"),
            ("namespace_id", "number?"),
            ("description", "text?"),
            ("visibility", "text?"),
            ("default_branch", "text?"),
            ("initialize_with_readme", "flag?"),
            ("remove_source_branch_after_merge", "flag?"),
        ];
        if let Some(mistake) = mistake(body, &kinds) {
            return Answer::new(400, json!({"error": mistake}));
        }
        let Some((group, _)) = self.namespaces.iter().find(|(_, id)| body["namespace_id"] == **id) else {
            return refused(400, json!({"namespace": ["is not valid"]}));
        };
        let path = format!("{group}/{}", body["path"].as_str().unwrap());
        if self.projects.values().any(|project| project.attributes["path_with_namespace"] == path) {
            let taken = json!(["has already been taken"]);
            return refused(400, json!({"project_namespace.name": taken, "name": taken, "path": taken}));
        }
        self.next += 1;
        let attributes = json!({
            "id": self.next, "name": body["name"], "path": body["path"], "path_with_namespace": path,
            "description": body["description"], "visibility": body["visibility"], "archived": false,
            "marked_for_deletion_on": null, "default_branch": body["default_branch"],
            "http_url_to_repo": format!("https://forge.example/{path}.git"),
            "web_url": format!("https://forge.example/{path}"), "only_allow_merge_if_pipeline_succeeds": false,
            "restrict_user_defined_variables": true,
            "ci_pipeline_variables_minimum_override_role": "no_one_allowed",
            "remove_source_branch_after_merge": body["remove_source_branch_after_merge"],
        });
        // Default branches are protected from the beginning, but not from maintainers.
        let protected = BTreeMap::from([(
            "main".to_owned(),
            json!({
                "id": 1, "name": "main", "push_access_levels": [{"access_level": 40}],
                "merge_access_levels": [{"access_level": 40}], "allow_force_push": false,
            }),
        )]);
        let project = Project { attributes: attributes.clone(), protected, ..Project::default() };
        self.projects.insert(self.next, project);
        Answer::new(201, attributes)
    }

    fn within(&mut self, id: &str, rest: &[&str], asked: &Asked) -> Answer {
        let found = self
            .projects
            .iter()
            .find(|(known, project)| known.to_string() == id || project.attributes["path_with_namespace"] == id);
        let Some(id) = found.map(|(id, _)| *id) else { return refused(404, json!("404 Project Not Found")) };
        let (premium, users, groups) = (self.premium, self.users.clone(), self.namespaces.clone());
        let project = self.projects.get_mut(&id).unwrap();
        match (asked.method.as_str(), rest) {
            ("GET", []) => Answer::new(200, project.attributes.clone()),
            ("PUT", []) => {
                for (name, value) in asked.body.as_object().unwrap() {
                    project.attributes[name] = value.clone();
                }
                Answer::new(200, project.attributes.clone())
            }
            (_, ["protected_branches", rest @ ..]) => protected_branches(project, rest, asked),
            (_, ["approval_rules", ..]) if !premium => refused(404, json!("404 Not Found")),
            (_, ["approval_rules", rest @ ..]) => approval_rules(project, rest, asked),
            (_, ["variables", rest @ ..]) => variables(project, rest, asked),
            ("GET", ["environments"]) => {
                let named = |name: &&String| asked.query.get("name").is_none_or(|wanted| wanted == *name);
                let listed = project.environments.iter().filter(named).map(|name| json!({"id": 1, "name": name}));
                paged(asked, listed.collect())
            }
            ("POST", ["environments"]) => {
                let name = asked.body["name"].as_str().unwrap_or_default().to_owned();
                if name.is_empty() || project.environments.contains(&name) {
                    return refused(400, json!({"name": ["has already been taken"]}));
                }
                project.environments.push(name.clone());
                Answer::new(201, json!({"id": 1, "name": name, "state": "available"}))
            }
            (_, ["protected_environments", ..]) if !premium => refused(404, json!("404 Not Found")),
            (_, ["protected_environments", rest @ ..]) => protected_environments(project, rest, asked, &users, &groups),
            ("POST", ["pipeline"]) => pipeline(project, &asked.body),
            (_, ["merge_requests", rest @ ..]) => merge_requests(project, rest, asked),
            _ => Answer::new(404, json!({"error": "404 Not Found"})),
        }
    }
}

impl Host for GitLab {
    fn answer(&mut self, asked: &Asked) -> Answer {
        let bearer = asked.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        if bearer.or(asked.header("private-token")) != Some(TOKEN) {
            return Answer::refused(401, "401 Unauthorized");
        }
        let Some(path) = asked.path.strip_prefix(PREFIX) else {
            return Answer::new(404, json!({"error": "404 Not Found"}));
        };
        if asked.body == "no JSON" {
            return Answer::new(400, json!({"error": "invalid request body"}));
        }
        let parts = Asked { path: path.to_owned(), ..asked.clone() }.parts();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let named = |names: &BTreeMap<String, u64>, wanted: &str, member: &str| {
            let found = names.iter().find(|(name, id)| **name == wanted || id.to_string() == wanted);
            match found {
                Some((name, id)) => Answer::new(200, json!({"id": id, member: name, "kind": "group"})),
                None => refused(404, json!("404 Not found")),
            }
        };
        match (asked.method.as_str(), parts.as_slice()) {
            ("GET", ["namespaces", path]) => named(&self.namespaces, path, "full_path"),
            ("GET", ["groups", path]) => named(&self.namespaces, path, "full_path"),
            ("GET", ["users", id]) => named(&self.users, id, "username"),
            ("GET", ["users"]) => {
                let wanted = asked.query.get("username");
                let found = self.users.iter().filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name));
                paged(asked, found.map(|(name, id)| json!({"id": id, "username": name})).collect())
            }
            ("POST", ["projects"]) => self.create(&asked.body),
            (_, ["projects", id, rest @ ..]) => self.within(id, rest, asked),
            _ => Answer::new(404, json!({"error": "404 Not Found"})),
        }
    }
}

fn refused(status: u16, message: Value) -> Answer {
    Answer::new(status, json!({"message": message}))
}

fn paged(asked: &Asked, items: Vec<Value>) -> Answer {
    let (page, next) = asked.page(items, 100, 20);
    let answer = Answer::new(200, json!(page));
    match next {
        Some(next) => answer.with("link", next),
        None => answer,
    }
}

fn protected_branches(project: &mut Project, rest: &[&str], asked: &Asked) -> Answer {
    match (asked.method.as_str(), rest) {
        ("GET", []) => paged(asked, project.protected.values().cloned().collect()),
        ("GET", [name]) => match project.protected.get(*name) {
            Some(branch) => Answer::new(200, branch.clone()),
            None => refused(404, json!("404 Not found")),
        },
        ("POST", []) => {
            let kinds = [
                ("name", "text"),
                ("push_access_level", "number?"),
                ("merge_access_level", "number?"),
                ("allow_force_push", "flag?"),
            ];
            if let Some(mistake) = mistake(&asked.body, &kinds) {
                return Answer::new(400, json!({"error": mistake}));
            }
            let name = asked.body["name"].as_str().unwrap();
            if project.protected.contains_key(name) {
                return refused(409, json!(format!("Protected branch '{name}' already exists")));
            }
            let levels = |member: &str| json!([{"access_level": asked.body[member].as_u64().unwrap_or(40)}]);
            let branch = json!({
                "id": 2, "name": name, "push_access_levels": levels("push_access_level"),
                "merge_access_levels": levels("merge_access_level"),
                "allow_force_push": asked.body["allow_force_push"] == true,
            });
            project.protected.insert(name.to_owned(), branch.clone());
            Answer::new(201, branch)
        }
        ("DELETE", [name]) => match project.protected.remove(*name) {
            Some(_) => Answer::empty(204),
            None => refused(404, json!("404 Not found")),
        },
        _ => Answer::new(404, json!({"error": "404 Not Found"})),
    }
}

fn approval_rules(project: &mut Project, rest: &[&str], asked: &Asked) -> Answer {
    let checked = mistake(&asked.body, &[("name", "text"), ("approvals_required", "number")]);
    match (asked.method.as_str(), rest) {
        ("GET", []) => paged(asked, project.rules.clone()),
        ("POST" | "PUT", _) if checked.is_some() => Answer::new(400, json!({"error": checked})),
        ("POST", []) => {
            if project.rules.iter().any(|rule| rule["name"] == asked.body["name"]) {
                return refused(400, json!({"name": ["has already been taken"]}));
            }
            let mut rule = asked.body.clone();
            rule["id"] = json!(project.rules.len() + 1);
            project.rules.push(rule.clone());
            Answer::new(201, rule)
        }
        ("PUT", [id]) => match project.rules.iter_mut().find(|rule| rule["id"].as_u64() == id.parse().ok()) {
            Some(rule) => {
                rule["approvals_required"] = asked.body["approvals_required"].clone();
                Answer::new(200, rule.clone())
            }
            None => refused(404, json!("404 Not found")),
        },
        _ => Answer::new(404, json!({"error": "404 Not Found"})),
    }
}

/// What GitLab can mask: one line of at least eight characters without spaces.
fn can_be_masked(value: &str) -> bool {
    value.len() >= 8 && !value.contains(char::is_whitespace)
}

fn variables(project: &mut Project, rest: &[&str], asked: &Asked) -> Answer {
    let kinds = [
        ("key", "text?"),
        ("value", "text"),
        ("variable_type", "text?"),
        ("environment_scope", "text?"),
        ("protected", "flag?"),
        ("masked", "flag?"),
        ("raw", "flag?"),
    ];
    let writes = matches!(asked.method.as_str(), "POST" | "PUT");
    if let Some(mistake) = mistake(&asked.body, &kinds).filter(|_| writes) {
        return Answer::new(400, json!({"error": mistake}));
    }
    if writes && asked.body["masked"] == true && !can_be_masked(asked.body["value"].as_str().unwrap()) {
        return refused(400, json!({"value": ["is invalid"]}));
    }
    // In the query or in the body.
    let scope = asked.query.get("filter[environment_scope]").map(String::as_str);
    let scope = scope.or(asked.body["filter"]["environment_scope"].as_str()).map(str::to_owned);
    let is = |one: &Value, key: &str, scope: Option<&str>| {
        one["key"] == key && scope.is_none_or(|scope| one["environment_scope"] == scope)
    };
    match (asked.method.as_str(), rest) {
        ("GET", []) => paged(asked, project.variables.clone()),
        ("POST", []) => {
            let key = asked.body["key"].as_str().unwrap_or_default();
            if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return refused(400, json!({"key": ["can contain only letters, digits and '_'."]}));
            }
            let scope = asked.body["environment_scope"].as_str().unwrap_or("*");
            if project.variables.iter().any(|one| is(one, key, Some(scope))) {
                return refused(400, json!({"key": [format!("({key}) has already been taken")]}));
            }
            let mut made = json!({"variable_type": "env_var", "environment_scope": "*", "protected": false,
                "masked": false, "hidden": false, "raw": false, "description": null});
            for (name, value) in asked.body.as_object().unwrap() {
                made[name] = value.clone();
            }
            project.variables.push(made.clone());
            Answer::new(201, made)
        }
        ("PUT", [key]) => {
            let mut found: Vec<&mut Value> =
                project.variables.iter_mut().filter(|one| is(one, key, scope.as_deref())).collect();
            match found.as_mut_slice() {
                [] => refused(404, json!("404 Variable Not Found")),
                [one] => {
                    for (name, value) in asked.body.as_object().unwrap().iter().filter(|(name, _)| *name != "filter") {
                        one[name] = value.clone();
                    }
                    Answer::new(200, one.clone())
                }
                _ => refused(409, json!("There are multiple variables with provided parameters.")),
            }
        }
        _ => Answer::new(404, json!({"error": "404 Not Found"})),
    }
}

fn protected_environments(
    project: &mut Project,
    rest: &[&str],
    asked: &Asked,
    users: &BTreeMap<String, u64>,
    groups: &BTreeMap<String, u64>,
) -> Answer {
    match (asked.method.as_str(), rest) {
        ("GET", []) => paged(asked, project.protected_environments.values().cloned().collect()),
        ("GET", [name]) => match project.protected_environments.get(*name) {
            Some(environment) => Answer::new(200, environment.clone()),
            None => refused(404, json!("404 Not found")),
        },
        ("POST", []) => {
            let kinds = [("name", "text"), ("deploy_access_levels", "list"), ("approval_rules", "list?")];
            if let Some(mistake) = mistake(&asked.body, &kinds) {
                return Answer::new(400, json!({"error": mistake}));
            }
            let name = asked.body["name"].as_str().unwrap();
            if project.protected_environments.contains_key(name) {
                return refused(409, json!(format!("Protected environment '{name}' already exists")));
            }
            let known = |rule: &Value| {
                users.values().any(|id| rule["user_id"] == *id) || groups.values().any(|id| rule["group_id"] == *id)
            };
            let rules = asked.body["approval_rules"].as_array().cloned().unwrap_or_default();
            if !rules.iter().all(known) {
                return refused(422, json!({"approval_rules": ["is invalid"]}));
            }
            let shown = |rule: &Value| {
                json!({"id": 5, "user_id": rule["user_id"], "group_id": rule["group_id"], "access_level": null,
                    "required_approvals": rule["required_approvals"]})
            };
            let rules: Vec<Value> = rules.iter().map(shown).collect();
            let levels = &asked.body["deploy_access_levels"];
            let environment = json!({"name": name, "deploy_access_levels": levels, "approval_rules": rules});
            project.protected_environments.insert(name.to_owned(), environment.clone());
            Answer::new(201, environment)
        }
        ("DELETE", [name]) => match project.protected_environments.remove(*name) {
            Some(_) => Answer::empty(204),
            None => refused(404, json!("404 Not found")),
        },
        _ => Answer::new(404, json!({"error": "404 Not Found"})),
    }
}

fn pipeline(project: &mut Project, body: &Value) -> Answer {
    if let Some(mistake) = mistake(body, &[("ref", "text"), ("variables", "list?")]) {
        return Answer::new(400, json!({"error": mistake}));
    }
    let is_variable = |one: &Value| one["key"].is_string() && one["value"].is_string();
    let variables = body["variables"].as_array().cloned().unwrap_or_default();
    if !variables.iter().all(is_variable) {
        return Answer::new(400, json!({"error": "variables is invalid"}));
    }
    if !project.branches.contains(body["ref"].as_str().unwrap()) {
        return refused(400, json!({"base": ["Reference not found"]}));
    }
    if !variables.is_empty() && project.attributes["ci_pipeline_variables_minimum_override_role"] == "no_one_allowed" {
        return refused(400, json!({"base": ["Insufficient permissions to set pipeline variables"]}));
    }
    if !project.has_ci {
        return refused(400, json!({"base": ["Missing CI config file"]}));
    }
    project.pipelines.push(body.clone());
    Answer::new(201, json!({"id": project.pipelines.len(), "ref": body["ref"], "status": "created"}))
}

fn merge_requests(project: &mut Project, rest: &[&str], asked: &Asked) -> Answer {
    match (asked.method.as_str(), rest) {
        ("GET", []) => {
            let wanted = |one: &&Value| {
                ["state", "source_branch", "target_branch"]
                    .iter()
                    .all(|name| asked.query.get(*name).is_none_or(|wanted| one[*name] == **wanted))
            };
            paged(asked, project.requests.iter().filter(wanted).cloned().collect())
        }
        ("POST", []) => {
            let kinds = [
                ("source_branch", "text"),
                ("target_branch", "text"),
                ("title", "text"),
                ("description", "text?"),
                ("remove_source_branch", "flag?"),
            ];
            if let Some(mistake) = mistake(&asked.body, &kinds) {
                return Answer::new(400, json!({"error": mistake}));
            }
            if !project.branches.contains(asked.body["source_branch"].as_str().unwrap()) {
                return refused(422, json!(["Source branch \"x\" does not exist"]));
            }
            let open = |one: &Value| {
                one["state"] == "opened"
                    && one["source_branch"] == asked.body["source_branch"]
                    && one["target_branch"] == asked.body["target_branch"]
            };
            if let Some(there) = project.requests.iter().find(|one| open(one)) {
                let message =
                    format!("Another open merge request already exists for this source branch: !{}", there["iid"]);
                return refused(409, json!([message]));
            }
            let iid = project.requests.len() + 1;
            let mut made = asked.body.clone();
            made["iid"] = json!(iid);
            made["state"] = json!("opened");
            let path = project.attributes["path_with_namespace"].as_str().unwrap();
            made["web_url"] = json!(format!("https://forge.example/{path}/-/merge_requests/{iid}"));
            project.requests.push(made.clone());
            Answer::new(201, made)
        }
        ("PUT", [iid]) => match project.requests.iter_mut().find(|one| one["iid"].as_u64() == iid.parse().ok()) {
            Some(one) => {
                for (name, value) in asked.body.as_object().unwrap() {
                    one[name] = value.clone();
                }
                Answer::new(200, one.clone())
            }
            None => refused(404, json!("404 Not found")),
        },
        _ => Answer::new(404, json!({"error": "404 Not Found"})),
    }
}
