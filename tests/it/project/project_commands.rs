//! What `aiops project` answers, from the real binary.

use super::team::{DEV, GIT, Team, together};
use crate::support::TestEnv;

const TWO: &str = "profiles: [{name: tabular, use-case: regression, stages: [dev]}, {name: feed, use-case: data-pipeline, stages: [dev]}]\n";

/// The binary in a world that has a domain, and what tells its answers.
fn world(written: &str) -> (TestEnv, impl Fn(&TestEnv, &[&str]) -> String + use<>) {
    let team = Team::open(written);
    let (_directory, store) = team.stage.kept();
    let env = TestEnv::new();
    std::fs::copy(store, env.directory().join("world.db")).unwrap();
    std::fs::write(env.directory().join("aiops.yaml"), format!("sandbox: world.db\n{written}")).unwrap();
    // Ids differ from run to run.
    let id = regex::Regex::new("[0-9a-f]{14}").unwrap();
    let tell = move |env: &TestEnv, words: &[&str]| {
        let outcome = env.run(&[words, &["--output", "table"]].concat()).to_string();
        format!("$ aiops {}\n{}\n", words.join(" "), id.replace_all(&outcome, "[ID]"))
    };
    (env, tell)
}

#[test]
fn a_project_from_beginning_to_end() {
    let (env, tell) = world(&together(1, &format!("{GIT}{DEV}")));
    let scientists = "role:arn:aws:iam::111111111111:role/scientists";
    let leads = "role:arn:aws:iam::111111111111:role/leads";
    let told: String = [
        &["project", "list"][..],
        &["project", "create", "churn", "--profile", "tabular", "--owner", leads, "--quiet", "--dry-run"],
        &["project", "create", "churn", "--profile", "tabular", "--owner", leads, "--quiet", "--yes"],
        &["project", "create", "churn", "--profile", "tabular", "--owner", leads, "--quiet", "--yes"],
        &["project", "list"],
        &["project", "show", "churn"],
        &["project", "wait", "line-0-churn-dev", "--quiet"],
        &["project", "members", "add", "churn", scientists, "--role", "viewer", "--quiet", "--yes"],
        &["project", "members", "list", "churn"],
        &["project", "members", "remove", "churn", scientists, "--quiet", "--yes"],
        &["project", "update", "--check"],
        &["project", "update", "churn"],
        &["project", "update", "churn", "--redeploy", "--dry-run"],
        &["project", "delete", "churn", "--quiet", "--yes"],
        &["project", "list"],
    ]
    .iter()
    .map(|words| tell(&env, words))
    .collect();
    insta::assert_snapshot!(told);
}

#[test]
fn what_cannot_be_is_explained() {
    let written = together(2, &format!("{GIT}{TWO}"));
    let written = written.replace("  - name: line-0\n", "  - name: line-0\n    models: ['churn*']\n");
    let (env, tell) = world(&written);
    let long = "a-name-of-nearly-forty-characters-is-ok";
    let made = env.line("project create churn --tenant line-0 --profile tabular --no-repository --yes");
    assert_eq!(made.code, 0, "{made}");
    let told: String = [
        &["project", "create", "churn", "--profile", "tabular"][..],
        &["project", "create", "churn", "--tenant", "line-7", "--profile", "tabular"],
        &["project", "create", "churn", "--tenant", "line-0", "--profile", "tabula"],
        &["project", "create", "churn", "--tenant", "line-0", "--profile", "tabular", "--stages", "prod"],
        &["project", "create", "Churn", "--tenant", "line-0", "--profile", "tabular"],
        &["project", "create", &format!("{long}-x"), "--tenant", "line-1", "--profile", "tabular"],
        &["project", "create", "fraud", "--tenant", "line-0", "--profile", "tabular"],
        &[
            "project",
            "create",
            "fraud",
            "--tenant",
            "line-0",
            "--profile",
            "feed",
            "--no-repository",
            "--dry-run",
            "--quiet",
        ],
        &["project", "show", "chrun"],
        &["project", "show", "churn", "--tenant", "line-1"],
        &["project", "members", "add", "churn", "user:ann", "--yes", "--quiet"],
        &["project", "delete", "nothing-like-it"],
    ]
    .iter()
    .map(|words| tell(&env, words))
    .collect();
    insta::assert_snapshot!(told);
}

#[test]
fn updates_are_offered_when_the_template_changes() {
    let (env, tell) = world(&together(1, &format!("{GIT}{DEV}templates: {{source: templates}}\n")));
    let template = env.directory().join("templates/regression");
    std::fs::create_dir_all(template.join("build")).unwrap();
    std::fs::write(template.join("template.yaml"), "version: 1\ntitle: T\n").unwrap();
    std::fs::write(template.join("build/train.py"), "one\n").unwrap();
    let made = env.line("project create churn --profile tabular --yes");
    assert_eq!(made.code, 0, "{made}");
    let check = &["project", "update", "--check"][..];
    let current = tell(&env, check);
    std::fs::write(template.join("build/train.py"), "two\n").unwrap();
    let update = &["project", "update", "churn"][..];
    let told = [current, tell(&env, check), tell(&env, update), tell(&env, update)].concat();
    // A digest of the template, and of what it renders.
    let id = regex::Regex::new("[0-9a-f]{12}").unwrap();
    insta::assert_snapshot!(id.replace_all(&told, "[ID]"), @r"
    $ aiops project update --check
    exit 0
    ----- stdout
    TENANT  PROJECT  REPOSITORY    TEMPLATE    STATE       UPDATE
    line-0  churn    line-0-churn  regression  up to date  -
    ----- stderr
    warning: aiops.yaml:11: dev and prod of `line-0` share account `[ID]`: whoever administers dev administers prod

    $ aiops project update --check
    exit 2
    ----- stdout
    TENANT  PROJECT  REPOSITORY    TEMPLATE    STATE   UPDATE
    line-0  churn    line-0-churn  regression  behind  2 changed
    ----- stderr
    warning: aiops.yaml:11: dev and prod of `line-0` share account `[ID]`: whoever administers dev administers prod
    next: offer the changes: aiops project update NAME

    $ aiops project update churn
    exit 0
    ----- stdout
    TENANT  PROJECT  REPOSITORY    TEMPLATE    STATE    UPDATE
    line-0  churn    line-0-churn  regression  offered  refs/aiops/changes/1: 2 changed
    ----- stderr
    warning: aiops.yaml:11: dev and prod of `line-0` share account `[ID]`: whoever administers dev administers prod
    next: review and merge the branch aiops/update-[ID] of line-0-churn

    $ aiops project update churn
    exit 0
    ----- stdout
    TENANT  PROJECT  REPOSITORY    TEMPLATE    STATE    UPDATE
    line-0  churn    line-0-churn  regression  offered  refs/aiops/changes/1: 2 changed
    ----- stderr
    warning: aiops.yaml:11: dev and prod of `line-0` share account `[ID]`: whoever administers dev administers prod
    next: review and merge the branch aiops/update-[ID] of line-0-churn
    ");
}
