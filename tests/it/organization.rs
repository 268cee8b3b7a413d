//! The accounts of an organization: listed, made, and made once only, wherever a run ends.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aiops::aws::poll::Patience;
use aiops::aws::{Aws, Options, Session, SourceIdentity};
use aiops::clock::{FixedClock, SharedClock};
use aiops::organization::{self, Making, NewAccount};
use aiops::plan::{self, Action, Facts, Plan, Walk};
use aiops::progress::Silent;
use aiops::sandbox::Sandbox;
use aiops::sandbox::faults::{Effect, Fault, When};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{TestEnv, demo};

const MANAGEMENT: &str = "111111111111";
const REGION: &str = "eu-west-1";
const EMAIL: &str = "AWS+clinical-dev@example.com";

/// An organization in a store of its own.
struct Bench {
    directory: TempDir,
    sandbox: Sandbox,
    clock: SharedClock,
}

impl Bench {
    fn open(directory: TempDir) -> Self {
        let now = FixedClock("2026-01-31T12:00:00Z".parse().unwrap());
        let sandbox = Sandbox::open(Some(&directory.path().join("store.db")), Arc::new(now), 1.0).unwrap();
        let clock: SharedClock = Arc::new(sandbox.clock().clone());
        Bench { directory, sandbox, clock }
    }

    /// An organization with nobody in it but its management account.
    fn new() -> Self {
        let bench = Bench::open(tempfile::tempdir().unwrap());
        bench.call("CreateOrganization", json!({"FeatureSet": "ALL"}));
        bench
    }

    fn store(&self) -> PathBuf {
        self.directory.path().join("store.db")
    }

    fn copy(&self) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::copy(self.store(), directory.path().join("store.db")).unwrap();
        Bench::open(directory)
    }

    /// The same after the process ended.
    fn started_again(self) -> Self {
        let Bench { directory, sandbox, .. } = self;
        drop(sandbox);
        Bench::open(directory)
    }

    /// The administrator of the management account calls Organizations.
    fn call(&self, operation: &str, input: Value) -> Value {
        self.sandbox.administer(MANAGEMENT, REGION, "organizations", operation, input).unwrap()
    }

    fn root(&self) -> Value {
        self.call("ListRoots", json!({}))["Roots"][0]["Id"].clone()
    }

    async fn session(&self) -> Session {
        let options = Options {
            profile: None,
            region: REGION.to_owned(),
            endpoint_url: None,
            sandbox: Some((self.sandbox.clone(), MANAGEMENT.to_owned())),
            via: Vec::new(),
            source_identity: SourceIdentity::None,
            duration: Duration::from_secs(3600),
            tags: Vec::new(),
        };
        let aws = Aws::load(options, self.clock.clone()).await.unwrap();
        aws.session(MANAGEMENT, REGION, None).await.unwrap()
    }

    /// Makes the account, or says what it takes.
    fn make(&self, wanted: &NewAccount, acts: bool) -> Plan {
        block_on(async {
            // Who the caller is does not belong to what is interrupted: a run that does not know it does nothing.
            let making = Making { session: self.session().await, clock: &self.clock, progress: &Silent };
            let resources = organization::new_account(&making, wanted);
            let walk = Walk { clock: &self.clock, progress: &Silent, lanes: 4, look_within: Duration::from_secs(60) };
            let facts = Facts::default();
            if acts {
                plan::apply(&resources, &facts, &walk).await
            } else {
                plan::look(&resources, &facts, &walk).await
            }
        })
    }

    fn strike(&self, operation: Option<&str>, skip: u64, times: Option<u64>, when: When, effect: Effect) {
        let (service, operation) = (Some("organizations".to_owned()), operation.map(str::to_owned));
        self.sandbox.inject(Fault { service, operation, account: None, skip, times, when, effect });
    }

    /// Holds that there is one account of the address, in the one unit of the name.
    fn has_it_once(&self) {
        let accounts = self.call("ListAccounts", json!({}));
        let named: Vec<&Value> = accounts["Accounts"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|account| account["Email"].as_str().unwrap().eq_ignore_ascii_case(EMAIL))
            .collect();
        assert_eq!((named.len(), accounts["Accounts"].as_array().unwrap().len()), (1, 2));
        let workloads = self.call("ListOrganizationalUnitsForParent", json!({"ParentId": self.root()}));
        let [workloads] = workloads["OrganizationalUnits"].as_array().unwrap().as_slice() else { panic!() };
        assert_eq!(workloads["Name"], "workloads");
        let units = self.call("ListOrganizationalUnitsForParent", json!({"ParentId": workloads["Id"]}));
        let [unit] = units["OrganizationalUnits"].as_array().unwrap().as_slice() else { panic!() };
        let inside = self.call("ListAccountsForParent", json!({"ParentId": unit["Id"]}));
        assert_eq!(inside["Accounts"][0]["Id"], named[0]["Id"]);
        for tagged in [&named[0]["Id"], &unit["Id"]] {
            let tags = self.call("ListTagsForResource", json!({"ResourceId": tagged}));
            assert_eq!(tags["Tags"], json!([{"Key": "managed-by", "Value": "aiops"}]));
        }
    }
}

fn wanted() -> NewAccount {
    NewAccount {
        name: "clinical-dev".to_owned(),
        email: EMAIL.to_owned(),
        role_name: None,
        unit: Some(vec!["workloads".to_owned(), "clinical".to_owned()]),
        patience: Patience { interval: Duration::from_secs(7), deadline: Duration::from_secs(900) },
    }
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

fn actions(plan: &Plan) -> Vec<(&'static str, Action)> {
    plan.steps.iter().map(|step| (step.address.kind, step.action)).collect()
}

#[test]
fn an_account_is_made_and_put_where_it_belongs() {
    let bench = Bench::new();
    let planned = bench.make(&wanted(), false);
    assert_eq!(planned.count(Action::Create), 4);
    assert_eq!(
        bench.call("ListAccounts", json!({}))["Accounts"].as_array().unwrap().len(),
        1,
        "a plan changes nothing"
    );
    let made = bench.make(&wanted(), true);
    assert_eq!(made.verdict(), None, "{made:#?}");
    bench.has_it_once();
    assert!(!bench.make(&wanted(), false).has_changes());
    // Capitals in an address make no difference.
    let shouted = NewAccount { email: EMAIL.to_uppercase(), ..wanted() };
    assert!(!bench.make(&shouted, false).has_changes());
    // Somewhere else it is the same account, moved.
    let moved = bench.make(&NewAccount { unit: Some(vec!["workloads".to_owned()]), ..wanted() }, true);
    let expected = [
        ("organizational unit", Action::Keep),
        ("account", Action::Keep),
        ("place in the organization", Action::Change),
    ];
    assert_eq!(actions(&moved), expected);
    let difference = &moved.steps[2].differences[0];
    assert_eq!((&difference.actual, &difference.desired), (&json!("clinical"), &json!("workloads")));
}

#[test]
fn killed_at_any_call_and_run_again_there_is_one_account() {
    let prepared = Bench::new();
    for (when, effect) in [(When::Before, Effect::Drop), (When::After, Effect::Internal)] {
        let mut call = 0;
        loop {
            let bench = prepared.copy();
            let before = bench.sandbox.take_log().len();
            assert_eq!(before, 0);
            bench.strike(None, call, None, when, effect.clone());
            let outcome = bench.make(&wanted(), true);
            let log = bench.sandbox.take_log();
            let reached = log.iter().filter(|record| record.service == "organizations").count() as u64 > call;
            assert_eq!(outcome.verdict().is_some(), reached, "{effect:?} {when:?} call {call}: {outcome:#?}");
            bench.sandbox.clear_faults();
            let bench = bench.started_again();
            let again = bench.make(&wanted(), true);
            assert_eq!(again.verdict(), None, "{effect:?} {when:?} call {call}, and the second run: {again:#?}");
            bench.has_it_once();
            if !reached {
                break;
            }
            call += 1;
        }
        assert!(call > 15, "{call} calls are no creation");
    }
}

#[test]
fn a_request_whose_answer_is_lost_leads_to_the_account_that_it_made() {
    let bench = Bench::new();
    // The client asks again by itself, and the second request fails because of the first.
    bench.strike(Some("CreateAccount"), 0, Some(1), When::After, Effect::Internal);
    let made = bench.make(&wanted(), true);
    assert_eq!(made.verdict(), None, "{made:#?}");
    bench.has_it_once();
    let requests = bench.call("ListCreateAccountStatus", json!({}));
    assert_eq!(requests["CreateAccountStatuses"].as_array().unwrap().len(), 2);
}

#[test]
fn a_busy_organization_is_waited_for() {
    let bench = Bench::new();
    for (operation, code) in [
        ("CreateOrganizationalUnit", "ConcurrentModificationException"),
        ("CreateAccount", "FinalizingOrganizationException"),
        ("MoveAccount", "TooManyRequestsException"),
    ] {
        let effect = Effect::Error { status: 400, code: code.to_owned(), message: "try again later".to_owned() };
        bench.strike(Some(operation), 0, Some(8), When::Before, effect);
    }
    let made = bench.make(&wanted(), true);
    assert_eq!(made.verdict(), None, "{made:#?}");
    bench.has_it_once();
}

#[test]
fn an_address_of_somebody_elses_is_explained() {
    let bench = Bench::new();
    let other = "999999999999";
    let elsewhere = |operation: &str, input| {
        bench.sandbox.administer(other, REGION, "organizations", operation, input).unwrap();
    };
    elsewhere("CreateOrganization", json!({"FeatureSet": "ALL"}));
    elsewhere("CreateAccount", json!({"AccountName": "theirs", "Email": EMAIL.to_lowercase()}));
    bench.sandbox.advance(Duration::from_secs(60)).unwrap();
    let made = bench.make(&wanted(), true);
    let step = made.steps.iter().find(|step| step.address.kind == "account").unwrap();
    assert!(step.error.as_ref().unwrap().contains("outside of this organization"), "{step:?}");
    assert!(step.hints[0].contains("take another"), "{step:?}");
}

#[test]
fn a_thousand_accounts_are_read_page_by_page() {
    let bench = Bench::new();
    let root = bench.root();
    let mut units = Vec::new();
    for name in ["clinical", "insurance", "empty"] {
        let made = bench.call("CreateOrganizationalUnit", json!({"ParentId": root, "Name": name}));
        units.push(made["OrganizationalUnit"]["Id"].clone());
    }
    let ids: Vec<Value> = (0..1000)
        .map(|number| {
            let email = format!("account-{number}@example.com");
            let made = bench.call("CreateAccount", json!({"AccountName": format!("account {number}"), "Email": email}));
            made["CreateAccountStatus"]["Id"].clone()
        })
        .collect();
    bench.sandbox.advance(Duration::from_secs(60)).unwrap();
    for (index, id) in ids.iter().enumerate().take(250) {
        let account = bench.call("DescribeCreateAccountStatus", json!({"CreateAccountRequestId": id}));
        let account = &account["CreateAccountStatus"]["AccountId"];
        let unit = &units[usize::from(index >= 100)];
        let order = json!({"AccountId": account, "SourceParentId": root, "DestinationParentId": unit});
        bench.call("MoveAccount", order);
    }
    let session = block_on(bench.session());
    bench.sandbox.take_log();
    let mut found = std::collections::BTreeMap::<String, usize>::new();
    block_on(organization::each_account(&session, |node, _| *found.entry(node.title()).or_default() += 1)).unwrap();
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        [("/".into(), 751), ("clinical".into(), 100), ("insurance".into(), 150)]
    );
    let log = bench.sandbox.take_log();
    let of = |operation: &str| log.iter().filter(|call| call.operation == operation).count();
    // Pages of twenty below the root and three units, and what is below each of these four.
    assert!(
        (38 + 5 + 8 + 1..=38 + 6 + 9 + 1).contains(&of("ListAccountsForParent")),
        "{}",
        of("ListAccountsForParent")
    );
    assert_eq!((of("ListRoots"), of("ListOrganizationalUnitsForParent"), of("ListParents")), (1, 4, 0));
    // By address all pages are read, once each.
    let last = block_on(organization::with_email(&session, "nobody@example.com")).unwrap();
    assert_eq!(last, None);
    let pages = bench.sandbox.take_log().iter().filter(|call| call.operation == "ListAccounts").count();
    assert!((51..=52).contains(&pages), "{pages}");
}

#[test]
fn the_list_tells_as_what_the_configuration_names_accounts() {
    let env = demo();
    let all = env.line("domain account list --all --output json");
    assert_eq!(all.code, 0, "{all}");
    let all: Value = serde_json::from_str(&all.stdout).unwrap();
    assert_eq!((all["accounts"].as_array().unwrap().len(), &all["others"]), (8, &json!(0)));
    let of = |id: &str| all["accounts"].as_array().unwrap().iter().find(|account| account["id"] == id).unwrap();
    assert_eq!(of("111111111111")["uses"], json!(["governance"]));
    assert_eq!(of("222222222222")["uses"], json!(["shared services"]));
    let dev = of("333333333333");
    assert_eq!(
        (&dev["uses"], &dev["unit"], &dev["state"]),
        (&json!(["clinical dev"]), &json!("clinical"), &json!("ACTIVE"))
    );
    assert_eq!(dev["associated"], true);
    let ready = env.line("domain account list --tenant insurance --readiness --output tsv");
    assert!(ready.stdout.lines().all(|line| line.ends_with("yes\tready")), "{ready}");

    without_domain(&env);
    let one = env.line("domain account list --tenant insurance --readiness --output tsv");
    let lines: Vec<&str> = one.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{one}");
    assert!(lines[0].contains("insurance dev\tno\tmissing: there is no domain machine-learning"), "{one}");
    assert_eq!(env.line("domain account list --tenant nobody").code, 2);
}

/// Takes the demo's domain down again.
fn without_domain(env: &TestEnv) {
    let deleted = env.line("domain delete --name machine-learning");
    assert_eq!(deleted.code, 0, "{deleted}");
}

#[test]
fn the_command_makes_an_account_once() {
    let env = demo();
    let create = "domain account create retail-dev --email retail-dev@example.com --tenant retail";
    let shown = env.line(&format!("{create} --dry-run --output json"));
    assert_eq!(shown.code, 0, "{shown}");
    assert!(!env.line("domain account list --all").stdout.contains("retail"));
    let refused = env.line(create);
    assert!(refused.code == 2 && refused.stderr.contains("nobody to ask"), "{refused}");

    let made = env.line(&format!("{create} --yes --output json"));
    assert_eq!(made.code, 0, "{made}");
    let made: Value = serde_json::from_str(&made.stdout).unwrap();
    let id = made["account"]["id"].as_str().unwrap();
    let expected = format!("tenants:\n  - name: retail\n    stages:\n      dev: {{ account: \"{id}\" }}\n");
    assert_eq!(made["entry"], json!(expected));
    let again: Value = serde_json::from_str(&env.line(&format!("{create} --output json")).stdout).unwrap();
    assert_eq!((&again["changes"], &again["account"]["id"]), (&json!(false), &json!(id)));
    // Those that aiops.yaml does not name are counted.
    let listed = env.line("domain account list");
    assert!(!listed.stdout.contains(id) && listed.stderr.contains("does not name 1 other"), "{listed}");
    let refused = env.line(&format!("domain account associate {id}"));
    assert!(refused.code == 2 && refused.stderr.contains("names no account"), "{refused}");
}

#[test]
fn an_account_can_be_made_before_there_is_an_aiops_yaml() {
    let env = TestEnv::new();
    let bench = Bench::new();
    let store = bench.store();
    let line = format!("domain account create first --email first@example.com --yes --sandbox={}", store.display());
    let made = env.line(&line);
    assert_eq!(made.code, 0, "{made}");
    let accounts = bench.call("ListAccounts", json!({}));
    assert_eq!(accounts["Accounts"].as_array().unwrap().len(), 2);
}

#[test]
fn a_landscape_without_a_domain_is_described_by_its_organization() {
    let env = demo();
    let written = fs::read_to_string(env.directory().join("aiops.yaml")).unwrap();
    let kept = env.line("init --from-aws --region eu-west-1");
    assert!(kept.code == 2 && kept.stderr.contains("is there already"), "{kept}");
    assert_eq!(fs::read_to_string(env.directory().join("aiops.yaml")).unwrap(), written);
    let nowhere = env.line("init --from-aws --output-file found.yaml");
    assert!(nowhere.code == 2 && nowhere.stderr.contains("Region"), "{nowhere}");

    without_domain(&env);
    let found = env.line("init --from-aws --region eu-west-1 --output-file found.yaml --output json");
    assert_eq!(found.code, 0, "{found}");
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    assert_eq!(found["tenants"], 2);
    let questions = found["questions"].as_array().unwrap();
    assert!(questions.len() == 1 && questions[0].as_str().unwrap().contains("no domain"), "{questions:?}");
    let check = env.line("config check --config found.yaml");
    assert_eq!(check.code, 0, "{check}");
    let accounts = |file: &str| {
        let shown = env.line(&format!("config show --config {file} --jq .config.tenants"));
        assert_eq!(shown.code, 0, "{shown}");
        shown.stdout
    };
    assert_eq!(accounts("found.yaml"), accounts("aiops.yaml"));
}
