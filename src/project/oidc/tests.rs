use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures::FutureExt as _;
use serde_json::{Value, json};

use super::*;
use crate::aws::{Aws, Options, SourceIdentity};
use crate::clock::SharedClock;
use crate::commands::demo::landscape;
use crate::config::Config;
use crate::landscape::Landscape;
use crate::plan::{self, Action, Plan};
use crate::progress::Silent;
use crate::sandbox::Sandbox;
use crate::sandbox::testing::{A, B, Client, element, sandbox, wait};

const CONFIG: &str = "
region: eu-west-1
governance: {account: '111111111111'}
shared-services: {account: '222222222222'}
git: {provider: github, owner: acme}
tenants:
  - name: clinical
    stages: {dev: {account: '333333333333'}, test: {account: '444444444444'}, prod: {account: '555555555555'}}
  - name: insurance
    stages: {dev: {account: '666666666666'}, test: {account: '777777777777'}, prod: {account: '888888888888'}}
";
const ISSUER: &str = "https://token.actions.githubusercontent.com";
const ROLE: &str = "arn:aws:iam::222222222222:role/aiops-ci-clinical-churn";

/// A repository that says what its tokens are about.
struct Told(&'static str);

impl Resource for Told {
    fn address(&self) -> Address {
        Address::new("github.com/acme", "repository", "churn")
    }
    fn reason(&self) -> String {
        String::new()
    }
    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        facts.set(&self.address(), SUBJECT, self.0);
        std::future::ready(Ok(Found::Same)).boxed_local()
    }
    fn act<'a>(&'a self, _: &'a Found, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        std::future::ready(Ok(())).boxed_local()
    }
}

fn config() -> Config {
    serde_yaml::from_str(CONFIG).unwrap()
}

/// The accounts with every persona's role, as aiops generates them.
fn built() -> Sandbox {
    let (sandbox, config) = (sandbox(), config());
    landscape::build(&sandbox, &config, &Landscape::new(&config)).unwrap();
    sandbox
}

/// Makes what the project's CI needs, or tells what would be made, as the administrator's role.
fn run(sandbox: &Sandbox, subject: &'static str, acts: bool) -> Plan {
    let config = config();
    let landscape = Landscape::new(&config);
    let clock: SharedClock = Arc::new(sandbox.clock().clone());
    let work = async {
        let options = Options {
            profile: None,
            region: "eu-west-1".to_owned(),
            endpoint_url: None,
            sandbox: Some((sandbox.clone(), A.to_owned())),
            via: Vec::new(),
            source_identity: SourceIdentity::Fixed("administrator".to_owned()),
            duration: Duration::from_secs(3600),
            tags: Vec::new(),
        };
        let aws = Aws::load(options, clock.clone()).await.unwrap();
        let world = World {
            config: &config,
            landscape: &landscape,
            aws: &aws,
            clock: &clock,
            progress: &Silent,
            acting_as: None,
            dry_run: false,
        };
        let studio = Studio::new(&world);
        let repository = Told(subject);
        let repositories = vec![Repository {
            address: repository.address(),
            builds: true,
            environments: vec!["test".to_owned(), "prod".to_owned()],
        }];
        let mut all: Vec<Box<dyn Resource + '_>> = vec![Box::new(repository)];
        all.extend(resources(studio, landscape.tenant("clinical").unwrap(), "churn", repositories));
        let role = role_address(&world, landscape.tenant("clinical").unwrap(), "churn").unwrap();
        assert_eq!(all.last().map(|role| role.address()), Some(role));
        assert_eq!(role_arn(&world, landscape.tenant("clinical").unwrap(), "churn").as_deref(), Some(ROLE));
        let (facts, walk) = (Facts::default(), studio.walk());
        if acts { plan::apply(&all, &facts, &walk).await } else { plan::look(&all, &facts, &walk).await }
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn told(plan: &Plan) -> Vec<String> {
    let steps = plan.steps.iter().filter(|step| step.action != Action::Keep);
    steps
        .map(|step| {
            let error = step.error.as_deref().map(|error| format!(": {error}")).unwrap_or_default();
            format!("{} {} {}{error}", step.action.word(), step.address.kind, step.address.name)
        })
        .collect()
}

/// What CI does first.
fn come_in<'s>(sandbox: &'s Sandbox, subject: &str) -> Result<Client<'s>, String> {
    let expires = crate::clock::Clock::now(sandbox.clock()).as_second() + 300;
    let claims = json!({"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "exp": expires});
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let token = format!("{}.{}.", part(&json!({"alg": "none"})), part(&claims));
    let named = [("RoleArn", ROLE), ("RoleSessionName", "run-1"), ("WebIdentityToken", token.as_str())];
    let nobody = Client::administrator(sandbox, "999999999999");
    let answer = nobody.query("sts", "AssumeRoleWithWebIdentity", &named)?;
    Ok(Client::with(sandbox, &element(&answer, "AccessKeyId"), &element(&answer, "SessionToken")))
}

#[test]
fn the_ci_of_this_project_gets_in_and_to_its_own_accounts_alone() {
    let sandbox = built();
    let subject = "repo:acme@1/churn@2";
    assert_eq!(
        told(&run(&sandbox, subject, false)),
        ["create identity provider token.actions.githubusercontent.com", "create role aiops-ci-clinical-churn",]
    );
    let done = run(&sandbox, subject, true);
    assert!(done.failures().next().is_none(), "{:?}", told(&done));
    assert_eq!(told(&run(&sandbox, subject, false)), Vec::<String>::new());
    wait(&sandbox, 60);

    let ci = come_in(&sandbox, "repo:acme@1/churn@2:environment:prod").unwrap();
    come_in(&sandbox, "repo:acme@1/churn@2:ref:refs/heads/main").unwrap();
    for other in [":ref:refs/heads/other", ":pull_request", ":environment:dev"] {
        assert!(come_in(&sandbox, &format!("{subject}{other}")).is_err(), "{other}");
    }
    assert!(come_in(&sandbox, "repo:acme/churn:environment:prod").is_err(), "who gets the name later has other ids");

    let named = [("SourceIdentity", "run-1")];
    for account in ["333333333333", "444444444444", "555555555555", B] {
        let arn = format!("arn:aws:iam::{account}:role/aiops-ci");
        ci.assume(&arn, &named).map(drop).unwrap_or_else(|error| panic!("{error}"));
        assert!(ci.assume(&arn, &[]).is_err(), "nobody acts without a name");
    }
    for arn in ["arn:aws:iam::777777777777:role/aiops-ci", "arn:aws:iam::555555555555:role/aiops-engineer"] {
        assert!(ci.assume(arn, &named).is_err(), "{arn}");
    }
    assert!(ci.query("iam", "GetRole", &[("RoleName", "aiops-ci")]).is_err());
}

#[test]
fn another_repository_of_the_name_is_another_subject() {
    let sandbox = built();
    run(&sandbox, "repo:acme@1/churn@2", true);
    assert_eq!(told(&run(&sandbox, "repo:acme@1/churn@3", false)), ["change role aiops-ci-clinical-churn"]);
    run(&sandbox, "repo:acme@1/churn@3", true);
    wait(&sandbox, 60);
    assert!(come_in(&sandbox, "repo:acme@1/churn@2:environment:prod").is_err());
    assert!(come_in(&sandbox, "repo:acme@1/churn@3:environment:prod").is_ok());
}

#[test]
fn the_provider_of_others_is_used_if_it_is_for_sts() {
    let sandbox = built();
    let iam = |operation: &str, input: Value| sandbox.administer(B, "eu-west-1", "iam", operation, input).unwrap();
    let made = iam("CreateOpenIDConnectProvider", json!({"Url": ISSUER, "ClientIDList": ["other"]}));
    let subject = "repo:acme/churn";
    let done = run(&sandbox, subject, true);
    assert!(done.failures().next().is_some(), "what others made is not changed: {:?}", told(&done));
    let arn = &made["OpenIDConnectProviderArn"];
    iam("AddClientIDToOpenIDConnectProvider", json!({"OpenIDConnectProviderArn": arn, "ClientID": AUDIENCE}));
    let done = run(&sandbox, subject, true);
    assert!(done.failures().next().is_none(), "{:?}", told(&done));
    // Ours that lost its audience gets it back.
    iam("DeleteOpenIDConnectProvider", json!({"OpenIDConnectProviderArn": arn}));
    let tags = json!([{"Key": "managed-by", "Value": "aiops"}]);
    iam("CreateOpenIDConnectProvider", json!({"Url": ISSUER, "ClientIDList": ["other"], "Tags": tags}));
    run(&sandbox, subject, true);
    let found = iam("GetOpenIDConnectProvider", json!({"OpenIDConnectProviderArn": arn}));
    assert_eq!(found["ClientIDList"], json!(["other", AUDIENCE]));
}

#[test]
fn long_names_fit_and_local_repositories_have_no_ci() {
    let landscape = Landscape::new(&config());
    let tenant = landscape.tenant("clinical").unwrap();
    let long = "x".repeat(60);
    let name = tenant.ci_role_name(&long);
    assert!(
        name.len() == 64 && name.starts_with("aiops-ci-clinical-xxx") && name != tenant.ci_role_name(&"x".repeat(61))
    );
    assert!(identity(&crate::config::settings::Git::default(), &[]).is_none());
}
