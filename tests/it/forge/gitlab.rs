use std::collections::{BTreeMap, BTreeSet};

use aiops::error::{Kind, Result};
use aiops::git::Secret;
use aiops::git::forge::{Applied, Forge as _, Gitlab, NewChange, NewRepository, Protection, Reviewer};
use serde_json::{Value, json};

use super::fake::{Answer, Cut, Fake, TOKEN};
use super::gitlab_fake::GitLab;
use super::{Attempt, environment, interrupted_anywhere, protection, set_up, variables};

const PATH: &str = "acme/ml/churn";

fn serve(premium: bool) -> (Fake<GitLab>, Gitlab) {
    let fake = Fake::serve(GitLab::new(premium));
    let gitlab = Gitlab::new(fake.connection("/api/v4", TOKEN), "acme/ml");
    (fake, gitlab)
}

/// As if the branches had been pushed.
fn push(fake: &Fake<GitLab>) {
    fake.with(|host| {
        let project = host.at(PATH);
        project.branches = ["main", "aiops/update"].map(str::to_owned).into();
        project.has_ci = true;
    });
}

fn churn() -> NewRepository<'static> {
    NewRepository { name: "churn", description: "", default_branch: "main" }
}

/// Everything that a flow leaves behind, but for ids.
fn state(fake: &Fake<GitLab>) -> Value {
    fake.with(|host| {
        let all = host.projects.values().map(|one| {
            let state = json!({
                "attributes": one.attributes, "protected": one.protected, "rules": one.rules,
                "variables": one.variables, "environments": one.environments,
                "protected_environments": one.protected_environments, "requests": one.requests,
            });
            (one.attributes["path_with_namespace"].as_str().unwrap().to_owned(), state)
        });
        Value::Object(all.collect())
    })
}

/// Checks have no names here.
fn pipeline(approvals: u32) -> Protection {
    Protection { checks: BTreeSet::from(["pipeline".to_owned()]), ..protection(approvals) }
}

#[test]
fn a_project_is_set_up_and_a_second_time_nothing_changes() {
    let (fake, gitlab) = serve(true);
    assert_eq!(gitlab.repository("churn").unwrap(), None);
    let (repository, applied) = set_up(&gitlab, || push(&fake)).unwrap();
    assert_eq!(applied, [Applied::Done, Applied::Done, Applied::Done]);
    assert_eq!(
        (repository.name.as_str(), repository.url.as_str(), repository.default_branch.as_str()),
        (PATH, "https://forge.example/acme/ml/churn.git", "main")
    );
    fake.with(|host| {
        let project = host.at(PATH);
        assert_eq!(project.attributes["visibility"], "private");
        assert_eq!(project.protected["main"]["push_access_levels"], json!([{"access_level": 0}]));
        let secret = project.variables.iter().find(|one| one["key"] == "API_KEY").unwrap();
        assert_eq!((&secret["masked"], &secret["protected"]), (&json!(true), &json!(true)));
        assert!(project.variables.iter().all(|one| one["raw"] == true));
    });
    assert_eq!(gitlab.repository("churn").unwrap().as_ref(), Some(&repository));
    assert_eq!(gitlab.protection(&repository).unwrap(), Some(pipeline(1)));
    assert_eq!(gitlab.secret_names(&repository).unwrap(), BTreeSet::from(["API_KEY".to_owned()]));
    let expected = [("AIOPS_ROLE", "arn:aws:iam::1:role/$x"), ("AWS_REGION", "eu-west-1")];
    assert_eq!(variables(&gitlab, &repository), expected.map(|(name, value)| (name.into(), value.into())).into());
    let prod = gitlab.environment(&repository, "prod").unwrap().unwrap();
    assert_eq!(prod.reviewers, BTreeSet::from([Reviewer::User("officer".to_owned())]));
    assert_eq!(gitlab.environment(&repository, "other").unwrap(), None);
    assert_eq!(gitlab.oidc_subject(&repository).unwrap(), Some(format!("project_path:{PATH}")));

    let before = state(&fake);
    fake.take_asked();
    set_up(&gitlab, || push(&fake)).unwrap();
    assert_eq!(state(&fake), before);
    assert!(fake.take_asked().iter().all(|asked| asked.method == "GET"));
}

#[test]
fn what_differs_is_brought_back_and_what_others_added_stays() {
    let (fake, gitlab) = serve(true);
    let (repository, _) = set_up(&gitlab, || push(&fake)).unwrap();
    let theirs = json!({"key": "AWS_REGION", "value": "us-east-1", "environment_scope": "prod", "masked": false});
    fake.with(|host| {
        let project = host.at(PATH);
        project.protected.get_mut("main").unwrap()["push_access_levels"] = json!([{"access_level": 40}]);
        project.rules[0]["approvals_required"] = json!(0);
        project.variables.iter_mut().for_each(|one| one["value"] = json!("changed"));
        project.variables.insert(0, theirs.clone());
        project.protected_environments.get_mut("prod").unwrap()["approval_rules"][0]["user_id"] = json!(21);
        project.requests[0]["description"] = json!("Something else");
    });
    let (again, applied) = set_up(&gitlab, || ()).unwrap();
    assert_eq!((again, applied), (repository.clone(), vec![Applied::Done; 3]));
    assert_eq!(gitlab.protection(&repository).unwrap(), Some(pipeline(1)));
    assert_eq!(variables(&gitlab, &repository)["AWS_REGION"], "eu-west-1");
    fake.with(|host| {
        let project = host.at(PATH);
        assert_eq!(project.variables[0], theirs);
        assert_eq!(project.protected_environments["prod"]["approval_rules"][0]["user_id"], 22);
        assert_eq!((project.requests.len(), &project.requests[0]["description"]), (1, &json!("New template")));
    });
}

#[test]
fn stopped_anywhere_the_next_run_ends_where_one_would_have() {
    struct Run(Fake<GitLab>, Gitlab);
    impl Attempt<Value> for Run {
        fn cut(&self, cut: Cut) {
            self.0.take_asked();
            self.0.cut(cut);
        }
        fn run(&self) -> Result<()> {
            set_up(&self.1, || push(&self.0)).map(drop)
        }
        fn state(&self) -> Value {
            state(&self.0)
        }
    }
    let begin = || {
        let (fake, gitlab) = serve(true);
        Box::new(Run(fake, gitlab)) as Box<dyn Attempt<Value>>
    };
    let undisturbed = begin();
    undisturbed.run().unwrap();
    interrupted_anywhere(&undisturbed.state(), begin);
}

#[test]
fn an_edition_that_lacks_something_gets_the_rest_and_says_so() {
    let (fake, gitlab) = serve(false);
    let (repository, applied) = set_up(&gitlab, || push(&fake)).unwrap();
    let lacks =
        |what: &str| Applied::NotOffered(format!("this edition of GitLab does not ask for approvals of {what}"));
    assert_eq!(applied, [Applied::Done, lacks("deployments"), lacks("changes")]);
    assert_eq!(gitlab.protection(&repository).unwrap(), Some(pipeline(0)));
    assert_eq!(gitlab.environment(&repository, "prod").unwrap().unwrap().reviewers, BTreeSet::new());
    assert_eq!(gitlab.protect(&repository, &protection(0)).unwrap(), Applied::Done);
}

#[test]
fn a_project_of_others_is_taken_only_if_it_fits() {
    let (fake, gitlab) = serve(false);
    gitlab.create(&churn()).unwrap();
    let refusal = |name: &str, value: Value| {
        fake.with(|host| host.at(PATH).attributes[name] = value);
        gitlab.create(&churn()).unwrap_err().to_string()
    };
    insta::assert_snapshot!(refusal("archived", json!(true)), @"there is a project acme/ml/churn already, and it is archived or to be deleted");
    insta::assert_snapshot!(refusal("visibility", json!("internal")), @"there is a project acme/ml/churn already, and others can read it");
    let nowhere = Gitlab::new(fake.connection("/api/v4", TOKEN), "acme/gone").create(&churn()).unwrap_err();
    insta::assert_snapshot!(nowhere, @r#"forge.example has no group or user "acme/gone""#);
    assert_eq!(nowhere.kind(), Kind::Config);
}

#[test]
fn a_pipeline_is_started_with_variables_even_where_new_groups_forbid_it() {
    let (fake, gitlab) = serve(false);
    let repository = gitlab.create(&churn()).unwrap();
    push(&fake);
    let inputs = BTreeMap::from([("model-version".to_owned(), "3".to_owned())]);
    gitlab.dispatch(&repository, "deploy", "main", &inputs).unwrap();
    let pipelines = fake.with(|host| host.at(PATH).pipelines.clone());
    let variables = json!([{"key": "AIOPS_WORKFLOW", "value": "deploy"}, {"key": "MODEL_VERSION", "value": "3"}]);
    assert_eq!(pipelines, [json!({"ref": "main", "variables": variables})]);
    let told = |branch: &str| {
        let error = gitlab.dispatch(&repository, "deploy", branch, &inputs).unwrap_err();
        format!("{error}\n{}", error.hints().join("\n"))
    };
    insta::assert_snapshot!(told("gone"), @"
    forge.example refused POST /projects/101/pipeline with status 400: base Reference not found
    the branch gone needs a .gitlab-ci.yml whose rules let AIOPS_WORKFLOW through
    Settings > CI/CD > Variables must let the token's user set pipeline variables
    ");
    fake.with(|host| {
        host.at(PATH).attributes["ci_pipeline_variables_minimum_override_role"] = json!("no_one_allowed");
    });
    insta::assert_snapshot!(told("main"), @"
    forge.example refused POST /projects/101/pipeline with status 400: base Insufficient permissions to set pipeline variables
    the branch main needs a .gitlab-ci.yml whose rules let AIOPS_WORKFLOW through
    Settings > CI/CD > Variables must let the token's user set pipeline variables
    ");
}

#[test]
fn reviewers_and_branches_that_are_not_there_are_told() {
    let (fake, gitlab) = serve(true);
    let repository = gitlab.create(&churn()).unwrap();
    push(&fake);
    let groups = [Reviewer::Team("acme/ml".to_owned()), Reviewer::User("lead".to_owned())];
    assert_eq!(gitlab.set_environment(&repository, &environment("prod", &groups)).unwrap(), Applied::Done);
    let there = gitlab.environment(&repository, "prod").unwrap().unwrap();
    assert_eq!(there.reviewers, groups.into());
    let told = |reviewer: Reviewer| {
        gitlab.set_environment(&repository, &environment("prod", &[reviewer])).unwrap_err().to_string()
    };
    insta::assert_snapshot!(told(Reviewer::User("ghost".to_owned())), @r#"forge.example knows no user "ghost""#);
    insta::assert_snapshot!(told(Reviewer::Team("ghosts".to_owned())), @r#"forge.example knows no group "ghosts""#);
    let change = NewChange { head: "gone", base: "main", title: "t", body: "" };
    insta::assert_snapshot!(gitlab.open_change(&repository, &change).unwrap_err(), @r#"forge.example refused POST /projects/101/merge_requests with status 422: Source branch "x" does not exist"#);
}

#[test]
fn what_cannot_be_masked_is_no_secret() {
    let (fake, gitlab) = serve(false);
    let repository = gitlab.create(&churn()).unwrap();
    let error = gitlab.set_secret(&repository, "KEY", &Secret::new("two words")).unwrap_err();
    insta::assert_snapshot!(format!("{error}\n{}", error.hints().join("\n")), @"
    forge.example refused POST /projects/101/variables with status 400: value is invalid
    GitLab masks one line of at least 8 characters, without spaces
    ");
    assert!(fake.with(|host| host.at(PATH).variables.is_empty()));
}

#[test]
fn listings_are_read_to_their_end_and_limits_waited_for() {
    let (fake, gitlab) = serve(false);
    let repository = gitlab.create(&churn()).unwrap();
    let many: BTreeMap<String, String> = (0..230).map(|number| (format!("V{number:03}"), number.to_string())).collect();
    fake.with(|host| {
        host.at(PATH).variables = many
            .iter()
            .map(|(key, value)| json!({"key": key, "value": value, "environment_scope": "*", "masked": false}))
            .collect();
    });
    let now: jiff::Timestamp = "2026-01-05T09:00:00Z".parse().unwrap();
    fake.answer_first(vec![
        Answer::refused(429, "Retry later")
            .with("date", "Mon, 05 Jan 2026 09:00:00 GMT")
            .with("ratelimit-remaining", "0")
            .with("ratelimit-reset", (now.as_second() + 14).to_string()),
        Answer::refused(429, "Retry later").with("retry-after", "7"),
    ]);
    assert_eq!(variables(&gitlab, &repository), many);
    assert_eq!(fake.take_slept(), [15, 7]);
    let stranger = Gitlab::new(fake.connection("/api/v4", "glpat-wrong"), "acme/ml");
    let error = stranger.variables(&repository).unwrap_err();
    assert_eq!(error.kind(), Kind::NotAuthenticated);
    insta::assert_snapshot!(format!("{error}\n{}", error.hints().join("\n")), @"
    forge.example refused GET /projects/101/variables with status 401: 401 Unauthorized
    the token is wrong, expired or revoked; it needs the scope `api`, and its user the role Maintainer or Owner in the group
    ");
}
