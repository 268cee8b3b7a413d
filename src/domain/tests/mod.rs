//! The domain in a sandbox of its own, through the SDK.

mod accounts;
mod governance;
mod identity;

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::Studio;
use crate::aws::{Aws, Options, SourceIdentity};
use crate::clock::SharedClock;
use crate::config::Config;
use crate::error::Result;
use crate::landscape::Landscape;
use crate::plan::{self, Facts, Plan};
use crate::progress::Silent;
use crate::sandbox::Sandbox;
use crate::sandbox::testing::{A, sandbox, wait};
use crate::world::World;

/// An empty governance account that two tenants are to share.
const CONFIG: &str = "
region: eu-west-1
governance: {account: '111111111111'}
shared-services: {account: '222222222222'}
domain:
  description: Models of the company
  tags: {cost-center: '4711'}
tenants:
  - name: clinical
    title: Clinical research
    stages: {dev: {account: '333333333333'}, test: {account: '444444444444'}, prod: {account: '555555555555'}}
  - name: insurance
    stages: {dev: {account: '666666666666'}, test: {account: '777777777777'}, prod: {account: '888888888888'}}
";

/// A sandbox, and what is to be made of it.
struct Bench {
    sandbox: Sandbox,
    config: Config,
    /// As whom to act: an administrator of this account.
    caller: &'static str,
}

fn bench(text: &str) -> Bench {
    Bench { sandbox: sandbox(), config: config(text), caller: A }
}

fn config(text: &str) -> Config {
    serde_yaml::from_str(text).unwrap()
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

impl Bench {
    fn plan(&self) -> Plan {
        self.run(false).unwrap()
    }

    fn apply(&self) -> Plan {
        self.run(true).unwrap()
    }

    fn run(&self, acts: bool) -> Result<Plan> {
        self.act(async |studio| {
            let resources = super::governance::resources(*studio).await?;
            let (facts, walk) = (Facts::default(), studio.walk());
            Ok(if acts {
                plan::apply(&resources, &facts, &walk).await
            } else {
                plan::look(&resources, &facts, &walk).await
            })
        })
    }

    /// Takes down what was made in the governance account, or tells what would go.
    fn dismantle(&self, acts: bool) -> Plan {
        let dismantled = self.act(async |studio| {
            let resources = super::governance::resources(*studio).await?;
            super::converge::dismantle(studio, &resources, acts).await
        });
        dismantled.unwrap()
    }

    /// Works in a process of its own: nothing is left of the one before.
    fn act<T>(&self, work: impl AsyncFn(&Studio<'_>) -> Result<T>) -> Result<T> {
        block_on(async {
            let clock: SharedClock = Arc::new(self.sandbox.clock().clone());
            let options = Options {
                profile: None,
                region: "eu-west-1".to_owned(),
                endpoint_url: None,
                sandbox: Some((self.sandbox.clone(), self.caller.to_owned())),
                via: Vec::new(),
                source_identity: SourceIdentity::Fixed("administrator".to_owned()),
                duration: Duration::from_secs(3600),
                tags: Vec::new(),
            };
            let aws = Aws::load(options, clock.clone()).await?;
            let landscape = Landscape::new(&self.config);
            let world = World {
                config: &self.config,
                landscape: &landscape,
                aws: &aws,
                clock: &clock,
                progress: &Silent,
                acting_as: None,
                dry_run: false,
            };
            work(&Studio::new(&world)).await
        })
    }

    /// Somebody in the console of the governance account.
    fn console(&self, service: &str, operation: &str, input: Value) -> Value {
        self.sandbox.administer(A, "eu-west-1", service, operation, input).unwrap()
    }

    /// The same within the domain.
    fn inside(&self, operation: &str, mut input: Value) -> Value {
        input["domainIdentifier"] = json!(self.domain()["id"]);
        self.console("datazone", operation, input)
    }

    /// The only domain.
    fn domain(&self) -> Value {
        let domains = self.console("datazone", "ListDomains", json!({}));
        let [domain] = domains["items"].as_array().unwrap().as_slice() else { panic!("{domains}") };
        self.console("datazone", "GetDomain", json!({"identifier": domain["id"]}))
    }

    fn root(&self) -> String {
        self.domain()["rootDomainUnitId"].as_str().unwrap().to_owned()
    }

    /// Id of the unit of a tenant.
    fn unit(&self, name: &str) -> String {
        let units = self.inside("ListDomainUnitsForParent", json!({"parentDomainUnitIdentifier": self.root()}));
        let unit = units["items"].as_array().unwrap().iter().find(|unit| unit["name"] == name).unwrap();
        unit["id"].as_str().unwrap().to_owned()
    }

    /// Names of the operations since the last time that changed something.
    fn writes(&self) -> Vec<String> {
        let calls = self.sandbox.take_log().into_iter().map(|call| call.operation);
        let reads = ["Get", "List", "Search", "Describe", "Assume"];
        calls.filter(|name| !reads.iter().any(|read| name.starts_with(read))).collect()
    }
}

/// What a plan says, a line for everything that is not to be kept.
fn told(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for step in &plan.steps {
        if step.action != crate::plan::Action::Keep {
            lines.push(format!("{} {} {}", step.action.word(), step.address.kind, step.address.name));
        }
        for found in &step.differences {
            lines.push(format!("  {}: {} -> {}", found.field, found.actual, found.desired));
        }
        lines.extend(step.error.iter().map(|error| format!("  {error}")));
        lines.extend(step.hints.iter().map(|hint| format!("  hint: {hint}")));
    }
    lines.join("\n")
}
