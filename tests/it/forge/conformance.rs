//! Others judge: PyGithub and python-gitlab use the fakes, and what aiops sends is held against GitHub's description of
//! its API and against what python-gitlab knows of GitLab's.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, Stdio};

use aiops::git::forge::{Forge, Github, Gitlab, NewRepository};
use serde_json::{Value, json};

use super::fake::{Fake, Host, TOKEN};
use super::github_fake::{GitHub, Plan};
use super::gitlab_fake::GitLab;
use super::{protection, set_up};
use crate::conformance::{python, scripts};

fn branches() -> BTreeSet<String> {
    ["main", "change", "aiops/update"].map(str::to_owned).into()
}

fn push_to_github(fake: &Fake<GitHub>, name: &str) {
    fake.with(|host| {
        let repository = host.repositories.get_mut(name).unwrap();
        repository.branches = branches();
        repository.workflows = BTreeSet::from(["deploy.yml".to_owned()]);
    });
}

fn push_to_gitlab(fake: &Fake<GitLab>, name: &str) {
    fake.with(|host| {
        let project = host.at(name);
        project.branches = branches();
        project.has_ci = true;
    });
}

fn serve() -> (Fake<GitHub>, Fake<GitLab>) {
    (Fake::serve(GitHub::new(Plan::Enterprise)), Fake::serve(GitLab::new(true)))
}

#[test]
fn conformance_pygithub_and_python_gitlab_use_the_fakes_unchanged() {
    let Some(python) = python() else { return };
    let (github, gitlab) = serve();
    let prepared = NewRepository { name: "prepared", description: "", default_branch: "main" };
    Github::new(github.connection("", TOKEN), "acme").create(&prepared).unwrap();
    push_to_github(&github, "acme/prepared");
    Gitlab::new(gitlab.connection("/api/v4", TOKEN), "acme/ml").create(&prepared).unwrap();
    push_to_gitlab(&gitlab, "acme/ml/prepared");
    // As it is where nobody has changed it.
    gitlab.with(|host| {
        let attributes = &mut host.at("acme/ml/prepared").attributes;
        attributes["ci_pipeline_variables_minimum_override_role"] = json!("no_one_allowed");
    });
    let output = Command::new(python)
        .arg(scripts().join("test_forges.py"))
        .envs([("GITHUB_URL", &github.url), ("GITLAB_URL", &gitlab.url), ("FORGE_TOKEN", &TOKEN.to_owned())])
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // What libsodium sealed was opened.
    assert_eq!(github.with(|host| host.repositories["acme/prepared"].secrets["SEALED"].clone()), "by PyNaCl");
}

/// Everything that aiops ever writes to a host, once.
fn written<H: Host>(fake: &Fake<H>, name: &str, prefix: &str, forge: &dyn Forge, push: impl Fn()) -> Vec<Value> {
    for _ in 0..2 {
        let (repository, _) = set_up(forge, &push).unwrap();
        forge.set_variable(&repository, "AWS_REGION", "elsewhere").unwrap();
        forge.protect(&repository, &protection(2)).map(drop).unwrap();
        forge.dispatch(&repository, "deploy.yml", "main", &BTreeMap::from([("a".into(), "b".into())])).unwrap();
        let change = aiops::git::forge::NewChange { head: "change", base: "main", title: "a", body: "b" };
        forge.open_change(&repository, &change).unwrap();
        forge.open_change(&repository, &aiops::git::forge::NewChange { title: "c", ..change }).unwrap();
    }
    let asked = fake.take_asked().into_iter();
    asked
        .map(|asked| {
            let path = asked.path.strip_prefix(prefix).unwrap();
            json!({"host": name, "method": asked.method, "path": path, "body": asked.body})
        })
        .collect()
}

#[test]
fn conformance_what_is_sent_is_what_the_apis_take() {
    let Some(python) = python() else { return };
    let (github, gitlab) = serve();
    let forge = Github::new(github.connection("", TOKEN), "acme");
    let mut sent = written(&github, "github", "", &forge, || push_to_github(&github, "acme/churn"));
    let forge = Github::new(github.connection("", TOKEN), "robot");
    forge.create(&NewRepository { name: "own", description: "", default_branch: "main" }).unwrap();
    sent.extend(
        github
            .take_asked()
            .into_iter()
            .map(|asked| json!({"host": "github", "method": asked.method, "path": asked.path, "body": asked.body})),
    );
    let forge = Gitlab::new(gitlab.connection("/api/v4", TOKEN), "acme/ml");
    sent.extend(written(&gitlab, "gitlab", "/api/v4", &forge, || push_to_gitlab(&gitlab, "acme/ml/churn")));
    let mut child = Command::new(python)
        .arg(scripts().join("check_forge_requests.py"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: Vec<String> = sent.iter().map(Value::to_string).collect();
    child.stdin.take().unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
