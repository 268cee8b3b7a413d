use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Search, discover};
use crate::aws::{Aws, Options, SourceIdentity};
use crate::clock::{FixedClock, SharedClock};
use crate::config::init::{Answers, render};
use crate::config::{self, Config, LoadOptions};
use crate::domain::{self, Studio};
use crate::error::Result;
use crate::landscape::Landscape;
use crate::plan::Plan;
use crate::profile;
use crate::progress::Silent;
use crate::sandbox::Sandbox;
use crate::sandbox::organizations::ACCOUNT_ID_TAG;
use crate::world::World;

const GOVERNANCE: &str = "111111111111";
const REGION: &str = "eu-west-1";

const CONFIG: &str = "
region: eu-west-1
governance: {account: '111111111111'}
shared-services: {account: '222222222222'}
domain:
  name: Models of all
  description: 'Models: #1'
  tags: {cost-centre: '0815'}
  owners: ['role:arn:aws:iam::111111111111:role/platform']
  blueprints: [Tooling, AmazonBedrockGuardrail, DataLake]
tenants:
  - name: clinical
    title: Clinical research
    owners: ['role:arn:aws:iam::111111111111:role/leads']
    members: ['role:arn:aws:iam::111111111111:role/leads']
    stages:
      dev: {account: '333333333333', network: {vpc: vpc-0a1b2c3d, subnets: [subnet-0a1b2c3d, subnet-1a1b2c3d]}}
      test: {account: '444444444444', network: {vpc: vpc-0a1b2c3e, subnets: [subnet-0a1b2c3e]}}
      prod: {account: '555555555555', network: {vpc: vpc-0a1b2c3f, subnets: [subnet-0a1b2c3f]}}
  - name: insurance
    stages:
      dev: &shared
        account: '666666666666'
        network: {vpc: vpc-0a1b2c3a, subnets: [subnet-0a1b2c3a]}
        projects-bucket: amazon-sagemaker-666666666666-eu-west-1-own
      test: *shared
      prod: {account: '777777777777', region: eu-central-1, network: {vpc: vpc-0a1b2c3b, subnets: [subnet-0a1b2c3b]}}
";

/// Number and name of the accounts.
const ACCOUNTS: [(&str, &str); 6] = [
    ("222222222222", "shared-services"),
    ("333333333333", "clinical-dev"),
    ("444444444444", "Clinical Test"),
    ("555555555555", "clinical_production"),
    ("666666666666", "insurance-development"),
    ("777777777777", "insurance-prod"),
];

struct Bench {
    sandbox: Sandbox,
    clock: SharedClock,
}

impl Bench {
    /// An organization whose accounts are empty.
    fn new() -> Self {
        let now = FixedClock("2026-01-31T12:00:00Z".parse().unwrap());
        let sandbox = Sandbox::open(None, Arc::new(now), 1.0).unwrap();
        let clock: SharedClock = Arc::new(sandbox.clock().clone());
        let bench = Bench { sandbox, clock };
        bench.call(GOVERNANCE, "organizations", "CreateOrganization", json!({"FeatureSet": "ALL"}));
        for (account, name) in ACCOUNTS {
            let tags = json!([{"Key": ACCOUNT_ID_TAG, "Value": account}]);
            let input = json!({"AccountName": name, "Email": format!("{account}@example.com"), "Tags": tags});
            bench.call(GOVERNANCE, "organizations", "CreateAccount", input);
        }
        for name in ["platform", "leads"] {
            let trust = json!({"Version": "2012-10-17", "Statement": {
                "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": GOVERNANCE},
            }});
            let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
            bench.call(GOVERNANCE, "iam", "CreateRole", input);
        }
        bench.sandbox.advance(Duration::from_secs(60)).unwrap();
        bench
    }

    fn call(&self, account: &str, service: &str, operation: &str, input: Value) -> Value {
        self.sandbox.administer(account, REGION, service, operation, input).unwrap()
    }

    async fn aws(&self) -> Aws {
        let options = Options {
            profile: None,
            region: REGION.to_owned(),
            endpoint_url: None,
            sandbox: Some((self.sandbox.clone(), GOVERNANCE.to_owned())),
            via: Vec::new(),
            source_identity: SourceIdentity::Caller,
            duration: Duration::from_secs(3600),
            tags: Vec::new(),
        };
        Aws::load(options, self.clock.clone()).await.unwrap()
    }

    fn run(&self, config: &Config, acts: bool) -> Plan {
        self.with(
            config,
            async |studio| {
                if acts { domain::apply(studio).await.unwrap() } else { domain::plan(studio).await.unwrap() }
            },
        )
    }

    fn run_profiles(&self, config: &Config, acts: bool) -> Plan {
        self.with(config, async |studio| {
            if acts { profile::apply(studio, None).await.unwrap() } else { profile::plan(studio, None).await.unwrap() }
        })
    }

    fn with(&self, config: &Config, act: impl AsyncFn(&Studio<'_>) -> Plan) -> Plan {
        block_on(async {
            let (aws, landscape) = (self.aws().await, Landscape::new(config));
            let world = World {
                config,
                landscape: &landscape,
                aws: &aws,
                clock: &self.clock,
                progress: &Silent,
                acting_as: None,
                dry_run: false,
            };
            act(&Studio::new(&world)).await
        })
    }

    /// Reads the landscape; whoever is asked answers with `answer`.
    fn discover(&self, answer: impl Fn(&str) -> Option<usize>) -> Answers {
        block_on(async {
            let aws = self.aws().await;
            let ask = |question: &str, _: &[String]| -> Result<Option<usize>> { Ok(answer(question)) };
            let search = Search {
                aws: &aws,
                clock: &self.clock,
                progress: &Silent,
                ask: &ask,
                region: REGION.parse().unwrap(),
                governance: None,
                shared_services: None,
                tenants: Vec::new(),
                domain: None,
            };
            discover(&search).await.unwrap()
        })
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn config(text: &str) -> Config {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("aiops.yaml"), text).unwrap();
    let loaded = config::load(&LoadOptions {
        explicit: None,
        working_directory: directory.path().to_owned(),
        environment: &BTreeMap::new(),
        flags: config::Flags::default(),
        look: config::Look::default(),
    });
    let loaded = loaded.unwrap_or_else(|error| panic!("{}\n{text}", error.rendered_report().unwrap_or_default()));
    loaded.config.unwrap()
}

fn told(plan: &Plan) -> Vec<String> {
    let shown = plan.steps.iter().filter(|step| step.action != crate::plan::Action::Keep);
    shown
        .map(|step| format!("{} {} {:?} {:?}", step.action.word(), step.address, step.differences, step.error))
        .collect()
}

#[test]
fn what_aiops_built_is_described_so_that_nothing_is_to_be_done() {
    let bench = Bench::new();
    let built = bench.run(&config(CONFIG), true);
    assert!(built.failures().next().is_none(), "{:#?}", told(&built));
    let before = bench.sandbox.census().unwrap();
    let answers = bench.discover(|_| None);
    assert_eq!(bench.sandbox.census().unwrap(), before, "nothing is changed");
    // Names tell one stage of an account; of one for two stages it has to be asked.
    assert_eq!(answers.questions, ["Which account is insurance test?"]);
    let mut text = render(&answers);
    let asked = "      #test: { account: \"000000000006\" }";
    assert!(text.contains(asked), "{text}");
    let dev = text.lines().find(|line| line.contains("dev: { account: \"666666666666\"")).unwrap();
    text = text.replace(asked, &dev.replace("dev:", "test:"));
    let found = config(&text);
    let desired = config(CONFIG);
    assert_eq!(found.tenants, desired.tenants);
    assert_eq!(found.domain, desired.domain);
    let plan = bench.run(&found, false);
    assert_eq!(told(&plan), [""; 0]);
}

#[test]
fn what_others_built_is_named_exactly_and_adopted() {
    let bench = Bench::new();
    bench.run(&config(CONFIG), true);
    let (dev, provisioning) = ("333333333333", format!("AmazonSageMakerProvisioning-{GOVERNANCE}"));
    for (account, role) in [(GOVERNANCE, "AmazonSageMakerDomainService"), (dev, provisioning.as_str())] {
        bench.call(account, "iam", "UntagRole", json!({"RoleName": role, "TagKeys": ["managed-by", "aiops:domain"]}));
    }
    let mut asked = Vec::new();
    let answers = {
        let asked = std::cell::RefCell::new(&mut asked);
        bench.discover(|question| {
            asked.borrow_mut().push(question.to_owned());
            None
        })
    };
    assert_eq!(asked, [""; 0], "names tell all stages that there are");
    let roles = &answers.domain.as_ref().unwrap().roles;
    let service = format!("arn:aws:iam::{GOVERNANCE}:role/service-role/AmazonSageMakerDomainService");
    assert_eq!((roles.service.as_ref().map(|arn| arn.as_str()), &roles.execution), (Some(service.as_str()), &None));
    let own = &answers.tenants[0].stages[0].as_ref().unwrap().project_roles;
    let arn = format!("arn:aws:iam::{dev}:role/service-role/{provisioning}");
    assert_eq!((own.provisioning.as_ref().map(|arn| arn.as_str()), &own.manage_access), (Some(arn.as_str()), &None));

    let text = render(&answers).replace("      #test: {", "      test: {");
    let missing = "test: { account: \"000000000006\" }";
    let shared = text.lines().find(|line| line.contains("dev: { account: \"666666666666\"")).unwrap().to_owned();
    let plan = bench.run(&config(&text.replace(missing, shared.trim().replace("dev:", "test:").as_str())), false);
    assert!(!plan.has_changes() && plan.failures().next().is_none(), "{:#?}", told(&plan));
    assert_eq!(plan.count(crate::plan::Action::Adopt), 2, "{:#?}", told(&plan));
}

const PROFILES: &str = "
  account-pools:
    - {name: sandboxes, accounts: [{account: '333333333333', regions: [eu-central-1, eu-west-1]}, {account: '666666666666'}]}
profiles:
  - name: tabular
    use-case: regression
    description: 'Models that predict: #1'
    stages: [dev, prod]
    users: ['role:arn:aws:iam::111111111111:role/leads']
    environments:
      - {name: Tooling, parameters: {maxEbsVolumeSize: '200', idleTimeoutInMinutes: {value: '90', editable: true}, enableSpaces: {value: 'true', editable: true}}}
      - {name: Reports, blueprint: QuickSight, account-pools: [sandboxes]}
      - {name: MLExperiments, mode: on-create}
  - {name: chat with documents, use-case: rag, tenants: [clinical], enabled: false}
  - {name: feeds, use-case: data-pipeline, git-connection: 'arn:aws:codeconnections:eu-west-1:111111111111:connection/0a1b2c3d-0000-4000-8000-000000000001'}
  - {name: a-name-that-makes-some-of-the-names-in-datazone-cut, use-case: llm-finetuning}
";

/// The configuration of a landscape with profiles.
fn with_profiles() -> Config {
    let blueprints =
        "[Tooling, AmazonBedrockGuardrail, AmazonBedrockKnowledgeBase, DataLake, MLExperiments, QuickSight, Workflows]";
    let text = CONFIG.replace("[Tooling, AmazonBedrockGuardrail, DataLake]", blueprints);
    config(&text.replace("tenants:\n", &format!("{PROFILES}tenants:\n").replacen('\n', "", 1)))
}

#[test]
fn profiles_and_pools_that_aiops_made_are_described_so_that_nothing_is_to_be_done() {
    let bench = Bench::new();
    let desired = with_profiles();
    let built = [bench.run(&desired, true), bench.run_profiles(&desired, true)];
    assert_eq!(built.iter().flat_map(Plan::failures).count(), 0, "{:#?}", built.each_ref().map(told));
    let before = bench.sandbox.census().unwrap();
    let answers = bench.discover(|_| None);
    assert_eq!(bench.sandbox.census().unwrap(), before, "nothing is changed");
    assert_eq!(answers.questions, [""; 0]);
    let found = config(&render(&answers));
    assert_eq!((&found.tenants, &found.domain), (&desired.tenants, &desired.domain));
    let by_name = |config: &Config| {
        let named = config.profiles.iter().map(|profile| (profile.name.to_string(), profile.clone()));
        let mut named: BTreeMap<String, config::domain::Profile> = named.collect();
        named.values_mut().for_each(|profile| profile.environments.sort_by(|one, other| one.name.cmp(&other.name)));
        named
    };
    assert_eq!(by_name(&found), by_name(&desired));
    assert_eq!(told(&bench.run(&found, false)), [""; 0]);
    assert_eq!(told(&bench.run_profiles(&found, false)), [""; 0]);
}
