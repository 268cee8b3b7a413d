//! An organization with empty accounts, and an administrator in its governance account.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use aiops::aws::{Aws, Options, SourceIdentity};
use aiops::clock::{FixedClock, SharedClock};
use aiops::commands::demo::landscape as demo_landscape;
use aiops::config::{self, Config, LoadOptions};
use aiops::domain::Studio;
use aiops::landscape::Landscape;
use aiops::plan::{Action, Plan, State};
use aiops::progress::Silent;
use aiops::sandbox::Sandbox;
use aiops::sandbox::faults::{Effect, Fault, When};
use aiops::world::World;
use serde_json::Value;
use tempfile::TempDir;

/// The governance account. It is the organization's management account, too.
pub const GOVERNANCE: &str = "111111111111";
/// The Region of everything.
pub const REGION: &str = "eu-west-1";
const BEGINNING: &str = "2026-01-05T09:00:00Z";

/// A landscape to begin with: `tenants` lines of business with three accounts each, and the further `sections`.
pub fn written(tenants: usize, sections: &str) -> String {
    let mut text = format!(
        "region: {REGION}\ngovernance: {{account: '{GOVERNANCE}'}}\nshared-services: {{account: '222222222222'}}\ntenants:\n"
    );
    for tenant in 0..tenants {
        text += &format!("  - name: line-{tenant}\n    stages:\n");
        for (index, stage) in ["dev", "test", "prod"].into_iter().enumerate() {
            let account = account(tenant, index);
            text += &format!(
                "      {stage}: {{account: '{account}', network: {{vpc: vpc-0123456789abcdef0, subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1, subnet-0123456789abcdef2]}}}}\n"
            );
        }
    }
    text + sections
}

/// The account of a stage (0 to 2) of a tenant.
pub fn account(tenant: usize, stage: usize) -> String {
    format!("{:012}", 300_000_000_000_u64 + (tenant as u64) * 10 + stage as u64)
}

/// A world of its own.
pub struct Stage {
    directory: TempDir,
    store: PathBuf,
    pub sandbox: Sandbox,
    pub config: Config,
    pub landscape: Landscape,
    clock: SharedClock,
}

/// Reads a configuration.
pub fn config(written: &str) -> Config {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("aiops.yaml"), written).unwrap();
    let options = LoadOptions {
        explicit: None,
        working_directory: directory.path().to_owned(),
        environment: &std::collections::BTreeMap::new(),
        flags: config::Flags::default(),
        look: config::Look::default(),
    };
    let loaded =
        config::load(&options).unwrap_or_else(|error| panic!("{}", error.rendered_report().unwrap_or_default()));
    loaded.require_file().unwrap().clone()
}

fn open(store: &Path) -> Sandbox {
    Sandbox::open(Some(store), Arc::new(FixedClock(BEGINNING.parse().unwrap())), 1.0).unwrap()
}

/// Runs `work` on a runtime of its own.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

impl Stage {
    /// Empty accounts, as the configuration names them.
    pub fn new(written: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = directory.path().join("play.db");
        let stage = Stage::open(directory, store, config(written));
        demo_landscape::build_organization(&stage.sandbox, &stage.config, &stage.landscape).unwrap();
        stage.sandbox.advance(Duration::from_secs(60)).unwrap();
        stage
    }

    /// Accounts with the roles of all personas, as the configuration names them.
    pub fn with_roles(written: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = directory.path().join("play.db");
        let stage = Stage::open(directory, store, config(written));
        demo_landscape::build(&stage.sandbox, &stage.config, &stage.landscape).unwrap();
        stage
    }

    fn open(directory: TempDir, store: PathBuf, config: Config) -> Self {
        let sandbox = open(&store);
        let landscape = Landscape::new(&config);
        let clock: SharedClock = Arc::new(sandbox.clock().clone());
        Stage { directory, store, sandbox, config, landscape, clock }
    }

    /// The same world once more: what happens in one is not seen in the other.
    pub fn copy(&self) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = directory.path().join("play.db");
        fs::copy(&self.store, &store).unwrap();
        Stage::open(directory, store, self.config.clone())
    }

    /// The file that keeps the world, once nobody has it open any more.
    pub fn kept(self) -> (TempDir, PathBuf) {
        let Stage { directory, store, sandbox, .. } = self;
        drop(sandbox);
        (directory, store)
    }

    /// The same world after the process ended, at any moment: what is in the store is all that is left.
    pub fn started_again(self) -> Self {
        let Stage { directory, store, sandbox, config, .. } = self;
        drop(sandbox);
        Stage::open(directory, store, config)
    }

    /// The same world under another configuration.
    pub fn configured(self, written: &str) -> Self {
        let Stage { directory, store, sandbox, .. } = self;
        drop(sandbox);
        Stage::open(directory, store, config(written))
    }

    /// Acts as the administrator of the governance account, with no session open yet.
    pub fn act<T>(&self, work: impl AsyncFnOnce(&Studio<'_>) -> T) -> T {
        block_on(async {
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
            work(&Studio::new(&world)).await
        })
    }

    /// Somebody in the console of `account`.
    pub fn administer(&self, account: &str, service: &str, operation: &str, input: Value) -> Value {
        let answer = self.sandbox.administer(account, REGION, service, operation, input);
        answer.unwrap_or_else(|error| panic!("{service} {operation}: {error}"))
    }

    /// From now on `effect` strikes every call after the first `skip`.
    pub fn strike(&self, skip: u64, when: When, effect: Effect) {
        self.sandbox.inject(Fault { service: None, operation: None, account: None, skip, times: None, when, effect });
    }

    /// Seconds since the world began.
    pub fn elapsed(&self) -> i64 {
        self.clock.now().duration_since(BEGINNING.parse().unwrap()).as_secs()
    }
}

/// What of a plan is not as it should be, a line each.
pub fn open_steps(plan: &Plan) -> Vec<String> {
    plan.steps
        .iter()
        .filter(|step| !matches!(step.action, Action::Keep | Action::Adopt) || step.error.is_some())
        .filter(|step| step.state != State::Done)
        .map(|step| {
            let fields: Vec<String> = step
                .differences
                .iter()
                .map(|difference| format!("{}: {} -> {}", difference.field, difference.actual, difference.desired))
                .collect();
            let error = step.error.as_deref().map(|error| format!(" ({error})")).unwrap_or_default();
            format!("{} {}{error} {}", step.action.word(), step.address, fields.join("; ")).trim_end().to_owned()
        })
        .collect()
}
