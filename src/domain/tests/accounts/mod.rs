//! The side of the accounts: a domain that is there, and accounts in which nothing is.

mod associations;
mod blueprints;
mod shared;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::super::{OURS, ROOT, Studio, account, delete, resources, shared as shared_services};
use crate::aws::{Aws, Options, SourceIdentity};
use crate::clock::{FixedClock, SharedClock};
use crate::config::{self, Config, LoadOptions};
use crate::error::Result;
use crate::landscape::{Landscape, Place};
use crate::plan::{self, Action, Address, Facts, Found, Plan, Resource, Walk};
use crate::progress::Silent;
use crate::sandbox::Sandbox;
use crate::sandbox::call::ApiError;
use crate::sandbox::faults::Fault;
use crate::sandbox::organizations::ACCOUNT_ID_TAG;
use crate::world::World;

const GOVERNANCE: &str = "111111111111";
const CENTRAL: &str = "222222222222";
/// Dev of both tenants, each in a Region of its own.
const DEV: &str = "333333333333";
const PROD: &str = "555555555555";
const REGION: &str = "eu-west-1";
/// Of so many interruptions one is tried.
const CASES: usize = 97;

const CONFIG: &str = "
region: eu-west-1
governance: {account: '111111111111'}
shared-services: {account: '222222222222', kms-key: alias/aiops}
domain: {name: acme, blueprints: [Tooling, AmazonBedrockGuardrail]}
tenants:
  - name: clinical
    stages:
      dev: &eu {account: '333333333333', network: {vpc: vpc-0a1b2c3d, subnets: [subnet-0a1b2c3d, subnet-1a1b2c3d]}}
      test: &test {account: '444444444444', network: {vpc: vpc-0a1b2c3e, subnets: [subnet-0a1b2c3e]}}
      prod: &prod {account: '555555555555', network: {vpc: vpc-0a1b2c3f, subnets: [subnet-0a1b2c3f]}}
  - name: insurance
    models: ['ins-*']
    stages:
      dev: {account: '333333333333', region: us-east-1, network: {vpc: vpc-0a1b2c3a, subnets: [subnet-0a1b2c3a]}}
      test: *test
      prod: *prod
";

/// A world with an organization, a domain and the units of its tenants, and nothing else.
struct Bench {
    sandbox: Sandbox,
    config: Config,
    landscape: Landscape,
    clock: SharedClock,
    domain: Value,
    units: BTreeMap<String, String>,
}

/// What others of the plan have made.
struct Given {
    address: Address,
    facts: Vec<(&'static str, String)>,
}

impl Resource for Given {
    fn address(&self) -> Address {
        self.address.clone()
    }

    fn reason(&self) -> String {
        "others need it".to_owned()
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        for (name, value) in &self.facts {
            facts.set(&self.address, name, value);
        }
        async { Ok(Found::Same) }.boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async { Ok(()) }.boxed_local()
    }
}

fn config(changes: &[(&str, &str)]) -> Config {
    let written = changes.iter().fold(CONFIG.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the configuration does not have {from}");
        text.replace(from, to)
    });
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("aiops.yaml"), written).unwrap();
    let options = LoadOptions {
        explicit: None,
        working_directory: directory.path().to_owned(),
        environment: &BTreeMap::new(),
        flags: config::Flags::default(),
        look: config::Look::default(),
    };
    config::load(&options).unwrap().require_file().unwrap().clone()
}

impl Bench {
    fn new() -> Self {
        Bench::changed(&[])
    }

    /// An organization, and not even a domain.
    fn empty(changes: &[(&str, &str)]) -> Self {
        let now = FixedClock("2026-01-31T12:00:00Z".parse().unwrap());
        let sandbox = Sandbox::open(None, Arc::new(now), 1.0).unwrap();
        let config = config(changes);
        let landscape = Landscape::new(&config);
        let clock: SharedClock = Arc::new(sandbox.clock().clone());
        let bench = Bench { sandbox, config, landscape, clock, domain: Value::Null, units: BTreeMap::new() };
        bench.organization();
        bench
    }

    /// With a configuration in which each first text is replaced by the second.
    fn changed(changes: &[(&str, &str)]) -> Self {
        let mut bench = Bench::empty(changes);
        bench.domain = bench.make_domain();
        for tenant in &bench.config.tenants {
            let input = json!({"domainIdentifier": bench.domain["id"], "name": tenant.name.as_str(),
                               "parentDomainUnitIdentifier": bench.domain["rootDomainUnitId"]});
            let unit = bench.call(GOVERNANCE, "datazone", "CreateDomainUnit", input);
            bench.units.insert(tenant.name.to_string(), unit["id"].as_str().unwrap().to_owned());
        }
        bench
    }

    /// The same world, with another configuration.
    fn reconfigured(self, changes: &[(&str, &str)]) -> Self {
        let config = config(changes);
        Bench { landscape: Landscape::new(&config), config, ..self }
    }

    fn organization(&self) {
        self.call(GOVERNANCE, "organizations", "CreateOrganization", json!({"FeatureSet": "ALL"}));
        for account in [CENTRAL, DEV, "444444444444", PROD] {
            let tags = json!([{"Key": ACCOUNT_ID_TAG, "Value": account}]);
            let email = format!("{account}@example.com");
            let input = json!({"AccountName": account, "Email": email, "Tags": tags});
            self.call(GOVERNANCE, "organizations", "CreateAccount", input);
        }
        self.wait(60);
    }

    fn make_domain(&self) -> Value {
        let role = |name: &str| {
            let trust = json!({"Version": "2012-10-17", "Statement": {
                "Effect": "Allow", "Principal": {"Service": "datazone.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetContext"],
            }});
            let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
            let made = self.call(GOVERNANCE, "iam", "CreateRole", input);
            let policy = json!({"Version": "2012-10-17",
                                "Statement": {"Effect": "Allow", "Action": "datazone:*", "Resource": "*"}});
            let input = json!({"RoleName": name, "PolicyName": "p", "PolicyDocument": policy.to_string()});
            self.call(GOVERNANCE, "iam", "PutRolePolicy", input);
            made["Role"]["Arn"].clone()
        };
        let input = json!({"name": "acme", "domainVersion": "V2", "domainExecutionRole": role("execution"),
                           "serviceRole": role("service")});
        self.wait(30);
        let made = self.call(GOVERNANCE, "datazone", "CreateDomain", input);
        self.wait(120);
        self.call(GOVERNANCE, "datazone", "GetDomain", json!({"identifier": made["id"]}))
    }

    /// An administrator of `account` calls, past aiops.
    fn call(&self, account: &str, service: &str, operation: &str, input: Value) -> Value {
        self.try_call(account, service, operation, input).unwrap()
    }

    fn try_call(&self, account: &str, service: &str, operation: &str, input: Value) -> Result<Value, ApiError> {
        self.sandbox.administer(account, REGION, service, operation, input)
    }

    fn wait(&self, seconds: u64) {
        self.sandbox.advance(Duration::from_secs(seconds)).unwrap();
    }

    fn inject(&self, fault: &str) {
        self.sandbox.inject(serde_yaml::from_str::<Fault>(fault).unwrap());
    }

    fn domain_id(&self) -> &str {
        self.domain["id"].as_str().unwrap()
    }

    /// The domain as others of the plan have made it.
    fn given(&self, studio: Studio<'_>) -> Vec<Box<dyn Resource>> {
        let text = |member: &str| self.domain[member].as_str().unwrap().to_owned();
        let facts = vec![("id", text("id")), ("arn", text("arn")), ("root-unit", text("rootDomainUnitId"))];
        let mut given = vec![
            Given { address: studio.domain(), facts: [facts, vec![(OURS, "yes".to_owned())]].concat() },
            Given { address: studio.owners(ROOT), facts: vec![("entered", "yes".to_owned())] },
        ];
        given.extend(self.units.iter().map(|(tenant, id)| Given {
            address: studio.unit(tenant),
            facts: vec![("id", id.clone()), (OURS, "yes".to_owned())],
        }));
        given.into_iter().map(|given| Box::new(given) as Box<dyn Resource>).collect()
    }

    fn run(&self, acts: bool) -> Result<Plan> {
        self.within(async |studio| {
            let mut resources: account::Resources<'_> = Vec::new();
            resources.extend(self.given(studio));
            resources.extend(shared_services::resources(studio));
            resources.extend(account::resources(studio));
            resources.extend(account::strays(studio).await?);
            Ok(self.walk(&resources, acts).await)
        })
    }

    async fn walk(&self, resources: &[Box<dyn Resource + '_>], acts: bool) -> Plan {
        let facts = Facts::default();
        let walk = Walk { clock: &self.clock, progress: &Silent, lanes: 8, look_within: Duration::from_secs(60) };
        if acts { plan::apply(resources, &facts, &walk).await } else { plan::look(resources, &facts, &walk).await }
    }

    /// The whole domain, with nothing given.
    fn run_whole(&self, acts: bool) -> Plan {
        self.within(async |studio| self.walk(&resources(&studio).await.unwrap(), acts).await)
    }

    fn look(&self) -> Plan {
        self.run(false).unwrap()
    }

    /// What [`told`] says of a plan.
    fn pending(&self) -> Vec<String> {
        told(&self.look())
    }

    /// Applies, and holds that all of it went well and nothing is left to do.
    fn converge(&self) -> Vec<String> {
        let plan = self.run(true).unwrap();
        assert_eq!(plan.failures().count(), 0, "{:#?}", told(&plan));
        assert_eq!(self.pending(), [""; 0]);
        told(&plan)
    }

    fn place(&self, account: &str) -> Place {
        let accounts = self.landscape.project_accounts().into_iter().map(|account| account.place);
        let mut places = accounts.chain([self.landscape.central().clone()]);
        places.find(|place| place.account.as_str() == account).unwrap()
    }

    /// Runs `work` as the administrator of the governance account.
    fn within<T>(&self, work: impl AsyncFnOnce(Studio<'_>) -> T) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let options = Options {
                profile: None,
                region: REGION.to_owned(),
                endpoint_url: None,
                sandbox: Some((self.sandbox.clone(), GOVERNANCE.to_owned())),
                via: Vec::new(),
                source_identity: SourceIdentity::Fixed("administrator".to_owned()),
                duration: Duration::from_secs(3600),
                tags: Vec::new(),
            };
            let aws = Aws::load(options, self.clock.clone()).await.unwrap();
            let world = World {
                config: &self.config,
                landscape: &self.landscape,
                aws: &aws,
                clock: &self.clock,
                progress: &Silent,
                acting_as: None,
                dry_run: false,
            };
            work(Studio::new(&world)).await
        })
    }
}

/// What a plan is about, without what is only kept.
fn told(plan: &Plan) -> Vec<String> {
    let steps =
        plan.steps.iter().filter(|step| !matches!(step.action, Action::Keep | Action::Adopt) || step.error.is_some());
    steps
        .map(|step| {
            let differences: Vec<String> = step
                .differences
                .iter()
                .map(|one| format!("{}: {} -> {}", one.field, one.actual, one.desired))
                .collect();
            let error = step.error.as_ref().map(|error| format!(" [{error}]")).unwrap_or_default();
            let account = &step.address.account[..3];
            let (action, kind, name) = (step.action.word(), step.address.kind, &step.address.name);
            format!("{action} {account} {kind} {name} {}{error}", differences.join(", ")).trim_end().to_owned()
        })
        .collect()
}

#[test]
fn everything_comes_into_being_and_a_second_plan_is_empty() {
    let bench = Bench::new();
    let before = bench.look();
    assert_eq!(before.failures().count(), 0, "{:#?}", told(&before));
    bench.sandbox.take_log();
    let start = bench.clock.now();
    let done = bench.converge();
    assert_eq!(told(&before), done, "the plan told everything");
    assert!(bench.sandbox.take_log().iter().all(|call| call.status != 429), "nothing was throttled");
    let minutes = bench.clock.now().duration_since(start).as_secs() / 60;
    assert!(minutes < 5, "{minutes} minutes for three accounts");
}

#[test]
fn from_an_empty_organization_to_a_domain_over_all_accounts() {
    let bench = Bench::empty(&[]);
    let before = bench.run_whole(false);
    assert_eq!(before.failures().count(), 0, "{:#?}", told(&before));
    bench.sandbox.take_log();
    let plan = bench.run_whole(true);
    assert_eq!(plan.failures().count(), 0, "{:#?}", told(&plan));
    let (planned, done) = (told(&before), told(&plan));
    assert!(done.iter().all(|step| planned.contains(step)), "{done:#?}");
    assert!(bench.sandbox.take_log().iter().all(|call| call.status != 429), "nothing was throttled");
    assert_eq!(told(&bench.run_whole(false)), [""; 0]);
}

#[test]
fn a_deletion_takes_shares_and_blueprints_and_leaves_what_holds_data() {
    let bench = Bench::empty(&[]);
    bench.run_whole(true);
    let delete = |acts| bench.within(async |studio| delete(&studio, acts).await.unwrap());
    let planned = told(&delete(false));
    let done = delete(true);
    assert_eq!(done.failures().count(), 0, "{:#?}", told(&done));
    assert_eq!(planned, told(&done));
    for (count, start) in [(3, "association acme"), (6, "blueprint "), (11, "role "), (1, "domain acme")] {
        let removed = planned.iter().filter(|step| step.starts_with("remove") && step[11..].starts_with(start));
        assert_eq!(removed.count(), count, "{start} in {planned:#?}");
    }
    let mut left: Vec<&str> = planned.iter().filter(|step| step.starts_with("leave")).map(|step| &step[10..]).collect();
    left.sort_unstable();
    let kinds: Vec<&str> = left.iter().map(|step| step.split(' ').next().unwrap()).collect();
    assert_eq!(kinds, ["bucket", "bucket", "bucket", "bucket", "bucket", "event", "key", "organization"]);
    bench.wait(60);
    assert!(!delete(false).has_changes());
}

/// The processes of these runs end at a call, before or after it took effect, or only its answer is lost.
#[test]
fn whatever_call_is_the_last_the_next_run_goes_on_from_there() {
    let calls = {
        let bench = Bench::new();
        bench.sandbox.take_log();
        bench.run(true).unwrap();
        bench.sandbox.take_log().len()
    };
    let ways = ["when: before, times: 400", "when: after, times: 400", "when: after, times: 1"];
    let cases = (0..calls).flat_map(|skip| ways.map(|way| format!("{{ skip: {skip}, {way}, effect: drop }}")));
    // All of them take minutes; each kind of call is among these.
    for case in cases.step_by(CASES) {
        let bench = Bench::new();
        bench.inject(&case);
        let _ = bench.run(true);
        bench.sandbox.clear_faults();
        let plan = bench.run(true).unwrap();
        assert_eq!(plan.failures().count(), 0, "{case}: {:#?}", told(&plan));
        assert_eq!(bench.pending(), [""; 0], "{case}");
        let shares = bench.call(GOVERNANCE, "ram", "GetResourceShares", json!({"resourceOwner": "SELF"}));
        let alive = shares["resourceShares"].as_array().unwrap().iter().filter(|share| share["status"] == "ACTIVE");
        assert_eq!(alive.count(), 3, "{case}");
        let keys = bench.call(CENTRAL, "kms", "ListKeys", json!({}));
        assert_eq!(keys["Keys"].as_array().unwrap().len(), 1, "{case}");
    }
}
