use std::collections::{BTreeMap, BTreeSet};

use aiops::error::{Kind, Result};
use aiops::git::Secret;
use aiops::git::forge::{Applied, Forge as _, Github, Hosted, NewChange, NewRepository, Reviewer};
use serde_json::{Value, json};

use super::fake::{Answer, Cut, Fake, TOKEN};
use super::github_fake::{Environment, GitHub, Plan};
use super::{Attempt, environment, interrupted_anywhere, protection, set_up, variables};

fn serve(plan: Plan) -> (Fake<GitHub>, Github) {
    let fake = Fake::serve(GitHub::new(plan));
    let github = Github::new(fake.connection("", TOKEN), "acme");
    (fake, github)
}

/// As if the branches had been pushed.
fn push(fake: &Fake<GitHub>) {
    fake.with(|host| {
        let repository = host.repositories.get_mut("acme/churn").unwrap();
        repository.branches = ["main", "aiops/update"].map(str::to_owned).into();
        repository.workflows = BTreeSet::from(["deploy.yml".to_owned()]);
    });
}

fn churn() -> NewRepository<'static> {
    NewRepository { name: "churn", description: "", default_branch: "main" }
}

/// Everything that a flow leaves behind, but for ids.
fn state(fake: &Fake<GitHub>) -> Value {
    fake.with(|host| {
        let all = host.repositories.iter().map(|(name, one)| {
            let rulesets: Vec<Value> = one.rulesets.values().map(|ruleset| ruleset["rules"].clone()).collect();
            let environments: Vec<Value> = one
                .environments
                .iter()
                .map(|(name, Environment { body, branches })| {
                    json!([name, body, branches.values().collect::<Vec<_>>()])
                })
                .collect();
            let state = json!({
                "settings": one.settings, "rulesets": rulesets, "variables": one.variables, "secrets": one.secrets,
                "environments": environments, "pulls": one.pulls,
            });
            (name.clone(), state)
        });
        Value::Object(all.collect())
    })
}

#[test]
fn a_repository_is_set_up_and_a_second_time_nothing_changes() {
    let (fake, github) = serve(Plan::Enterprise);
    assert_eq!(github.repository("churn").unwrap(), None);
    let (repository, applied) = set_up(&github, || push(&fake)).unwrap();
    assert_eq!(applied, [Applied::Done, Applied::Done, Applied::Done]);
    assert_eq!(
        (repository.name.as_str(), repository.url.as_str(), repository.default_branch.as_str()),
        ("acme/churn", "https://forge.example/acme/churn.git", "main")
    );
    fake.with(|host| {
        let made = &host.repositories["acme/churn"];
        assert_eq!(made.settings["private"], true);
        assert_eq!(made.settings["description"], "Who leaves, and why");
        assert_eq!(made.secrets["API_KEY"], "sésame-ouvre-toi");
        let pull = &made.pulls[0];
        assert_eq!((&pull["title"], &pull["body"]), (&json!("Update"), &json!("New template")));
    });
    assert_eq!(github.repository("churn").unwrap().as_ref(), Some(&repository));
    assert_eq!(github.protection(&repository).unwrap(), Some(protection(1)));
    assert_eq!(github.secret_names(&repository).unwrap(), BTreeSet::from(["API_KEY".to_owned()]));
    assert_eq!(variables(&github, &repository)["AIOPS_ROLE"], "arn:aws:iam::1:role/$x");
    let prod = environment("prod", &[Reviewer::User("officer".to_owned())]);
    assert_eq!(github.environment(&repository, "prod").unwrap(), Some(prod));
    assert_eq!(github.environment(&repository, "other").unwrap(), None);

    let before = state(&fake);
    fake.take_asked();
    set_up(&github, || push(&fake)).unwrap();
    assert_eq!(state(&fake), before);
    let writes: Vec<String> =
        fake.take_asked().iter().filter(|asked| asked.method != "GET").map(|a| a.path.clone()).collect();
    // Nobody can see whether a secret is the right one.
    assert_eq!(writes, ["/repos/acme/churn/actions/secrets/API_KEY"]);
}

#[test]
fn every_request_says_who_asks_and_in_which_version() {
    let (fake, github) = serve(Plan::Enterprise);
    set_up(&github, || push(&fake)).unwrap();
    for asked in fake.take_asked() {
        assert_eq!(asked.header("authorization"), Some(format!("Bearer {TOKEN}").as_str()));
        assert_eq!(asked.header("x-github-api-version"), Some("2022-11-28"));
        assert_eq!(asked.header("accept"), Some("application/vnd.github+json"));
        assert!(asked.header("user-agent").unwrap().starts_with("aiops/"));
        assert!(!asked.path.contains(TOKEN) && !asked.body.to_string().contains("sésame"), "{asked:?}");
    }
}

#[test]
fn what_differs_is_brought_back_and_what_others_added_stays() {
    let (fake, github) = serve(Plan::Enterprise);
    let (repository, _) = set_up(&github, || push(&fake)).unwrap();
    fake.with(|host| {
        let there = host.repositories.get_mut("acme/churn").unwrap();
        there.rulesets.values_mut().for_each(|ruleset| ruleset["enforcement"] = json!("disabled"));
        there.rulesets.insert(1, json!({"id": 1, "name": "theirs", "target": "branch", "rules": []}));
        there.variables.insert("AWS_REGION".to_owned(), "us-east-1".to_owned());
        there.variables.insert("THEIRS".to_owned(), "x".to_owned());
        let prod = there.environments.get_mut("prod").unwrap();
        prod.body["wait_timer"] = json!(30);
        prod.body["reviewers"] = json!([{"type": "User", "id": 2}]);
        prod.branches.insert(1, "release".to_owned());
        there.pulls[0]["title"] = json!("Something else");
    });
    let (again, applied) = set_up(&github, || ()).unwrap();
    assert_eq!((again, applied), (repository.clone(), vec![Applied::Done; 3]));
    assert_eq!(variables(&github, &repository)["AWS_REGION"], "eu-west-1");
    assert_eq!(variables(&github, &repository)["THEIRS"], "x");
    assert_eq!(github.protection(&repository).unwrap(), Some(protection(1)));
    fake.with(|host| {
        let there = &host.repositories["acme/churn"];
        let states: Vec<&Value> = there.rulesets.values().map(|ruleset| &ruleset["enforcement"]).collect();
        assert_eq!(states, [&Value::Null, &json!("active")]);
        let prod = &there.environments["prod"];
        assert_eq!(
            (&prod.body["wait_timer"], &prod.body["reviewers"]),
            (&json!(30), &json!([{"type": "User", "id": 3}]))
        );
        assert_eq!(prod.branches.values().collect::<Vec<_>>(), ["main"]);
        assert_eq!((there.pulls.len(), &there.pulls[0]["title"]), (1, &json!("Update")));
    });
}

#[test]
fn stopped_anywhere_the_next_run_ends_where_one_would_have() {
    struct Run(Fake<GitHub>, Github);
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
        let (fake, github) = serve(Plan::Enterprise);
        Box::new(Run(fake, github)) as Box<dyn Attempt<Value>>
    };
    let undisturbed = begin();
    undisturbed.run().unwrap();
    interrupted_anywhere(&undisturbed.state(), begin);
}

#[test]
fn a_plan_that_lacks_something_gets_the_rest_and_says_so() {
    let (fake, github) = serve(Plan::Free);
    let (repository, applied) = set_up(&github, || push(&fake)).unwrap();
    let lacks = |words: &str| Applied::NotOffered(words.to_owned());
    let rule = "Failed to create the environment protection rule. Please ensure the billing plan supports the";
    assert_eq!(
        applied,
        [
            lacks(&format!("{rule} branch policy protection rule.")),
            lacks(&format!("{rule} branch policy protection rule.")),
            lacks("Upgrade to GitHub Team or make this repository public to enable this feature."),
        ]
    );
    assert_eq!(github.protection(&repository).unwrap(), None);
    assert_eq!(github.environment(&repository, "prod").unwrap().unwrap().reviewers, BTreeSet::new());

    let (fake, github) = serve(Plan::Team);
    let (repository, applied) = set_up(&github, || push(&fake)).unwrap();
    assert_eq!(applied, [Applied::Done, lacks(&format!("{rule} required reviewers protection rule.")), Applied::Done]);
    let prod = github.environment(&repository, "prod").unwrap().unwrap();
    assert_eq!((prod.reviewers, prod.branches), (BTreeSet::new(), BTreeSet::from(["main".to_owned()])));
}

#[test]
fn a_repository_of_others_is_taken_only_if_it_fits() {
    let (fake, github) = serve(Plan::Team);
    github.create(&churn()).unwrap();
    let refusal = |settings: Value| {
        fake.with(|host| host.repositories.get_mut("acme/churn").unwrap().settings = settings);
        github.create(&churn()).unwrap_err().to_string()
    };
    insta::assert_snapshot!(refusal(json!({"private": false})), @"there is a repository acme/churn already, and others can read it");
    insta::assert_snapshot!(refusal(json!({"private": true, "archived": true})), @"there is a repository acme/churn already, and it is archived or disabled");
}

#[test]
fn organisations_and_ones_own_account_have_repositories_others_do_not() {
    let (fake, _) = serve(Plan::Free);
    let of = |owner: &str| Github::new(fake.connection("", TOKEN), owner).create(&churn());
    assert_eq!(of("robot").unwrap().name, "robot/churn");
    assert_eq!(of("acme").unwrap().name, "acme/churn");
    let told = |owner: &str| of(owner).unwrap_err().to_string();
    insta::assert_snapshot!(told("lead"), @r#"the token is of the user "robot", who makes no repositories for the user "lead""#);
    insta::assert_snapshot!(told("nobody"), @r#"forge.example has no organisation or user "nobody""#);
}

#[test]
fn listings_are_read_to_their_end() {
    let (fake, github) = serve(Plan::Team);
    let repository = github.create(&churn()).unwrap();
    let many: BTreeMap<String, String> = (0..95).map(|number| (format!("V{number:02}"), number.to_string())).collect();
    fake.with(|host| host.repositories.get_mut("acme/churn").unwrap().variables = many.clone());
    assert_eq!(variables(&github, &repository), many);
}

#[test]
fn reviewers_are_found_by_name_or_missed() {
    let (_fake, github) = serve(Plan::Enterprise);
    let repository = github.create(&churn()).unwrap();
    let reviewers = [Reviewer::Team("governance".to_owned()), Reviewer::User("lead".to_owned())];
    let wanted = environment("prod", &reviewers);
    assert_eq!(github.set_environment(&repository, &wanted).unwrap(), Applied::Done);
    assert_eq!(github.environment(&repository, "prod").unwrap(), Some(wanted));
    let told = |reviewer: Reviewer| {
        let error = github.set_environment(&repository, &environment("prod", &[reviewer])).unwrap_err();
        assert_eq!(error.kind(), Kind::Config);
        error.to_string()
    };
    insta::assert_snapshot!(told(Reviewer::User("ghost".to_owned())), @r#"forge.example knows no user "ghost""#);
    insta::assert_snapshot!(told(Reviewer::Team("ghosts".to_owned())), @r#"forge.example knows no team "ghosts""#);
    let seven: Vec<Reviewer> = (0..7).map(|number| Reviewer::User(format!("u{number}"))).collect();
    insta::assert_snapshot!(github.set_environment(&repository, &environment("prod", &seven)).unwrap_err(), @"an environment of GitHub has at most 6 reviewers");
}

#[test]
fn a_workflow_is_started_or_it_is_said_what_is_missing() {
    let (fake, github) = serve(Plan::Team);
    let repository = github.create(&churn()).unwrap();
    push(&fake);
    let inputs = BTreeMap::from([("stage".to_owned(), "prod".to_owned())]);
    github.dispatch(&repository, "deploy.yml", "main", &inputs).unwrap();
    let runs = fake.with(|host| host.repositories["acme/churn"].runs.clone());
    assert_eq!(runs, [json!({"workflow": "deploy.yml", "ref": "main", "inputs": {"stage": "prod"}})]);
    let told = |file: &str, branch: &str| {
        let error = github.dispatch(&repository, file, branch, &inputs).unwrap_err();
        format!("{error}\n{}", error.hints().last().cloned().unwrap_or_default())
    };
    insta::assert_snapshot!(told("other.yml", "main"), @r"
    forge.example refused POST /repos/acme/churn/actions/workflows/other.yml/dispatches with status 404: Not Found
    other.yml must be in .github/workflows of the branch main
    ");
    insta::assert_snapshot!(told("deploy.yml", "gone"), @"forge.example refused POST /repos/acme/churn/actions/workflows/deploy.yml/dispatches with status 422: No ref found for: gone");
    let change = NewChange { head: "gone", base: "main", title: "t", body: "" };
    insta::assert_snapshot!(github.open_change(&repository, &change).unwrap_err(), @"forge.example refused POST /repos/acme/churn/pulls with status 422: Validation Failed; head invalid");
}

#[test]
fn tokens_say_the_ids_of_new_repositories_and_the_names_of_old_ones() {
    let (fake, github) = serve(Plan::Team);
    let repository = github.create(&churn()).unwrap();
    let id = repository.id.clone();
    let subject = |answer: Value| {
        fake.with(|host| host.repositories.get_mut("acme/churn").unwrap().subject = answer);
        github.oidc_subject(&repository)
    };
    let immutable = format!("repo:acme@500/churn@{id}");
    assert_eq!(github.oidc_subject(&repository).unwrap(), Some(immutable.clone()));
    let by_flag = json!({"use_default": true, "use_immutable_subject": true});
    assert_eq!(subject(by_flag).unwrap(), Some(immutable));
    assert_eq!(subject(json!({"use_default": true})).unwrap(), Some("repo:acme/churn".to_owned()));
    let keys = |keys: &[&str]| json!({"use_default": false, "include_claim_keys": keys});
    assert_eq!(subject(keys(&["repo", "context"])).unwrap(), Some("repo:acme/churn".to_owned()));
    insta::assert_snapshot!(subject(keys(&["repo", "actor"])).unwrap_err(), @"the subject of acme/churn's OIDC tokens has been customised");
    fake.answer_first(vec![Answer::refused(404, "Not Found")]);
    assert_eq!(github.oidc_subject(&repository).unwrap(), Some("repo:acme/churn".to_owned()));
}

#[test]
fn limits_are_waited_for_and_told_when_they_are_long() {
    let (fake, github) = serve(Plan::Team);
    let repository = github.create(&churn()).unwrap();
    let primary = |seconds: i64| {
        let now: jiff::Timestamp = "2026-01-05T09:00:00Z".parse().unwrap();
        Answer::refused(403, "API rate limit exceeded for user ID 1.")
            .with("date", "Mon, 05 Jan 2026 09:00:00 GMT")
            .with("x-ratelimit-remaining", "0")
            .with("x-ratelimit-reset", (now.as_second() + seconds).to_string())
    };
    let secondary = || Answer::refused(403, "You have exceeded a secondary rate limit.").with("retry-after", "30");
    fake.answer_first(vec![primary(59), secondary(), Answer::refused(429, "")]);
    github.set_variable(&repository, "A", "b").unwrap();
    assert_eq!(fake.take_slept(), [60, 30, 60]);
    assert_eq!(variables(&github, &repository)["A"], "b");

    fake.answer_first(vec![primary(1800)]);
    let error = github.variables(&repository).unwrap_err();
    insta::assert_snapshot!(format!("{error}\n{}", error.hints().join("\n")), @r"
    forge.example takes no more calls for 31 min
    run the same command again then: it goes on where it was
    a limit is of the token's user: others may use it up as well
    ");
    assert_eq!(fake.take_slept(), Vec::<u64>::new());
    // However often it is told to wait a little.
    fake.answer_first((0..20).map(|_| secondary()).collect());
    assert!(github.variables(&repository).unwrap_err().to_string().contains("no more calls"));
    assert_eq!(fake.take_slept(), [30; 10]);
}

#[test]
fn hiccups_pass_and_what_may_have_happened_is_not_repeated_blindly() {
    let (fake, github) = serve(Plan::Team);
    let repository = github.create(&churn()).unwrap();
    let hiccup = || Answer::empty(502);
    fake.answer_first(vec![hiccup(), hiccup(), hiccup()]);
    assert_eq!(variables(&github, &repository), BTreeMap::new());
    assert_eq!(fake.take_slept(), [1, 3, 9]);
    fake.answer_first(vec![hiccup(), hiccup(), hiccup(), hiccup()]);
    insta::assert_snapshot!(github.variables(&repository).unwrap_err(), @"forge.example refused GET /repos/acme/churn/actions/variables with status 502");
    fake.take_asked();
    fake.answer_first(vec![Answer::refused(404, "Not Found"), hiccup()]);
    assert!(github.set_variable(&repository, "A", "b").is_err());
    let asked: Vec<String> = fake.take_asked().into_iter().map(|asked| asked.method).collect();
    assert_eq!(asked, ["GET", "POST"]);
}

#[test]
fn refusals_say_what_to_do_and_never_the_token() {
    let (fake, github) = serve(Plan::Team);
    let repository = github.create(&churn()).unwrap();
    let told = |work: Result<()>| {
        let error = work.unwrap_err();
        let causes: String = error.causes().map(|cause| format!(": {cause}")).collect();
        let whole = format!("{:?} {error}{causes}\n{}", error.kind(), error.hints().join("\n"));
        assert!(!whole.contains(TOKEN) && !format!("{error:?}").contains(TOKEN));
        whole
    };
    let stranger = Github::new(fake.connection("", "ghp_wrong"), "acme");
    insta::assert_snapshot!(told(stranger.variables(&repository).map(drop)), @"
    NotAuthenticated forge.example refused GET /repos/acme/churn/actions/variables with status 401: Bad credentials
    the token is wrong, expired or revoked; it needs `repo` and `read:org`, or, if it is fine-grained, to write Administration, Actions, Contents, Environments, Pull requests, Secrets, Variables and Workflows of the owner's repositories
    ");
    fake.answer_first(vec![
        Answer::refused(403, "Resource not accessible by personal access token")
            .with("x-accepted-github-permissions", "administration=write")
            .with("x-github-sso", "required; url=https://github.com/orgs/acme/sso?x"),
    ]);
    insta::assert_snapshot!(told(github.protect(&repository, &protection(1)).map(drop)), @"
    Denied forge.example refused GET /repos/acme/churn/rulesets with status 403: Resource not accessible by personal access token
    let the token into the organisation first: https://github.com/orgs/acme/sso?x
    the call needs a token with administration=write
    the token needs `repo` and `read:org`, or, if it is fine-grained, to write Administration, Actions, Contents, Environments, Pull requests, Secrets, Variables and Workflows of the owner's repositories
    ");
    fake.answer_first(vec![Answer::refused(301, "Moved Permanently").with("location", "https://evil.example/")]);
    insta::assert_snapshot!(told(github.variables(&repository).map(drop)), @"
    Failed forge.example refused GET /repos/acme/churn/actions/variables with status 301: Moved Permanently
    it was renamed or moved: name in aiops.yaml what it is called now
    ");
    assert_eq!(fake.take_slept(), Vec::<u64>::new(), "none of it passes");
    let quoted = Github::new(fake.connection("", "line\nbreak"), "acme");
    insta::assert_snapshot!(told(quoted.variables(&repository).map(drop)), @"
    NotAuthenticated the token for forge.example has characters that no token has
    it must be one line, without quotes around it
    ");
    let nobody = {
        let mut connection = fake.connection("", TOKEN);
        connection.api = "http://127.0.0.1:1".to_owned();
        Github::new(connection, "acme")
    };
    assert!(told(nobody.variables(&repository).map(drop)).contains("forge.example refuses connections"));
    fake.answer_first(vec![Answer::new(200, json!({"variables": 3}))]);
    insta::assert_snapshot!(told(github.variables(&repository).map(drop)), @"
    Failed the answer of forge.example to GET /repos/acme/churn/actions/variables cannot be used: there is no list in it
    is git.host in aiops.yaml the host of the provider, and nothing in between?
    ");
    fake.answer_first(vec![Answer::new(200, json!({"key": "short", "key_id": "1"}))]);
    insta::assert_snapshot!(told(github.set_secret(&repository, "A", &Secret::new("b"))), @"Failed the key that GitHub wants secrets to be sealed with cannot be used");
    let elsewhere = Hosted { name: "acme/gone".to_owned(), ..repository };
    insta::assert_snapshot!(told(github.set_secret(&elsewhere, "A", &Secret::new("b"))), @"
    Failed forge.example refused GET /repos/acme/gone/actions/secrets/public-key with status 404: Not Found
    what a token may not see is told to be missing as well; it needs `repo` and `read:org`, or, if it is fine-grained, to write Administration, Actions, Contents, Environments, Pull requests, Secrets, Variables and Workflows of the owner's repositories
    ");
}
