//! The stage on which flows are played: the landscape of the demo in a store of its own, opened in process, in virtual
//! time. Prepared once, copied for each play.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aiops::approve;
use aiops::aws::poll::Patience;
use aiops::aws::{Aws, Options, SourceIdentity};
use aiops::clock::{FixedClock, SharedClock};
use aiops::commands::demo::landscape as demo_landscape;
use aiops::commands::demo::models::{self, FIRST, SECOND};
use aiops::config::{self, Config, LoadOptions};
use aiops::error::Result;
use aiops::governance::{LifeCycle, Persona, Registry, Stage, Status};
use aiops::landscape::Landscape;
use aiops::model_ref::ModelRef;
use aiops::progress::Silent;
use aiops::promote::{self, Copied, Deployed, Deploying};
use aiops::registry::find;
use aiops::sandbox::Sandbox;
use aiops::sandbox::faults::{Effect, Fault, When};
use aiops::world::World;
use tempfile::TempDir;

/// The model that flows move.
pub const MODEL: &str = "diabetes-progression";
/// The tenant that it belongs to.
pub const TENANT: &str = "clinical";

const CONFIG: &str = "
region: eu-west-1
governance: {account: '111111111111'}
shared-services: {account: '222222222222'}
tenants:
  - name: clinical
    stages: {dev: {account: '333333333333'}, test: {account: '444444444444'}, prod: {account: '555555555555'}}
  - name: insurance
    stages: {dev: {account: '666666666666'}, test: {account: '777777777777'}, prod: {account: '888888888888'}}
";

/// A world of its own for one play.
pub struct Stageplay {
    _directory: TempDir,
    store: PathBuf,
    pub sandbox: Sandbox,
    pub config: Config,
    pub landscape: Landscape,
    clock: SharedClock,
}

fn config() -> Config {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("aiops.yaml"), CONFIG).unwrap();
    let options = LoadOptions {
        explicit: None,
        working_directory: directory.path().to_owned(),
        environment: &std::collections::BTreeMap::new(),
        flags: config::Flags::default(),
        look: config::Look::default(),
    };
    config::load(&options).unwrap().require_file().unwrap().clone()
}

fn open(store: &std::path::Path) -> Sandbox {
    let now = FixedClock("2026-01-31T12:00:00Z".parse().unwrap());
    Sandbox::open(Some(store), Arc::new(now), 1.0).unwrap()
}

/// Runs `work` on a runtime of its own.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
}

impl Stageplay {
    /// Both example versions are registered in the dev account of [`TENANT`], and wait for its lead.
    pub fn new() -> Self {
        static PREPARED: OnceLock<Vec<u8>> = OnceLock::new();
        let prepared = PREPARED.get_or_init(|| {
            let directory = tempfile::tempdir().unwrap();
            let store = directory.path().join("prepared.db");
            let play = Stageplay::open(tempfile::tempdir().unwrap(), store.clone());
            demo_landscape::build(&play.sandbox, &play.config, &play.landscape).unwrap();
            block_on(async {
                let aws = play.aws("training-pipeline").await;
                let world = play.world(&aws);
                let tenant = play.landscape.tenant(TENANT).unwrap();
                let ci = world.session(tenant.stage(Stage::Dev), Persona::Ci).await.unwrap();
                for trained in [&FIRST, &SECOND] {
                    models::register(&ci, tenant.dev_bucket(), MODEL, trained).await.unwrap();
                }
            });
            drop(play);
            fs::read(store).unwrap()
        });
        Stageplay::of(prepared)
    }

    fn of(content: &[u8]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = directory.path().join("play.db");
        fs::write(&store, content).unwrap();
        Stageplay::open(directory, store)
    }

    /// The same world once more: what happens in one is not seen in the other.
    pub fn copy(&self) -> Self {
        Stageplay::of(&fs::read(&self.store).unwrap())
    }

    fn open(directory: TempDir, store: PathBuf) -> Self {
        let sandbox = open(&store);
        let config = config();
        let landscape = Landscape::new(&config);
        let clock: SharedClock = Arc::new(sandbox.clock().clone());
        Stageplay { _directory: directory, store, sandbox, config, landscape, clock }
    }

    /// The same world after the process ended, at any moment: what is in the store is all that is left.
    pub fn started_again(self) -> Self {
        let Stageplay { _directory, store, sandbox, .. } = self;
        drop(sandbox);
        Stageplay::open(_directory, store)
    }

    /// Whoever is called `name`, with no session open yet.
    pub async fn aws(&self, name: &str) -> Aws {
        let options = Options {
            profile: None,
            region: "eu-west-1".to_owned(),
            endpoint_url: None,
            sandbox: Some((self.sandbox.clone(), "111111111111".to_owned())),
            via: Vec::new(),
            source_identity: SourceIdentity::Fixed(name.to_owned()),
            duration: Duration::from_secs(3600),
            tags: Vec::new(),
        };
        Aws::load(options, self.clock.clone()).await.unwrap()
    }

    pub fn world<'a>(&'a self, aws: &'a Aws) -> World<'a> {
        World {
            config: &self.config,
            landscape: &self.landscape,
            aws,
            clock: &self.clock,
            progress: &Silent,
            acting_as: None,
            dry_run: false,
        }
    }

    /// A call from `skip` on never succeeds, before or after its effect: for the caller, the process ends there.
    pub fn die_at(&self, skip: u64, when: When) {
        let any =
            Fault { service: None, operation: None, account: None, skip, times: None, when, effect: Effect::Drop };
        self.sandbox.inject(any);
    }
}

/// `MODEL:version`.
pub fn version(number: u32) -> ModelRef {
    format!("{MODEL}:{number}").parse().unwrap()
}

pub async fn decide(world: &World<'_>, number: u32, stage: Stage, status: Status) -> Result<approve::Decision> {
    approve::decide(world, &version(number), Some(TENANT), LifeCycle::new(stage, status), "because").await
}

pub async fn to_central(world: &World<'_>, number: u32) -> Result<Copied> {
    let model = find::model(world, &version(number), Some(TENANT), Registry::Dev, Persona::Engineer).await?;
    let dev = world.session(model.tenant.stage(Stage::Dev), Persona::Engineer).await?;
    let found = find::version(&dev, &model, Registry::Dev, &version(number)).await?;
    promote::to_central(world, &model, &found, &dev).await
}

pub async fn to_stage(world: &World<'_>, number: u32, stage: Stage) -> Result<Deployed> {
    let model = find::model(world, &version(number), Some(TENANT), Registry::Central, Persona::Engineer).await?;
    let central = world.session(world.landscape.central(), Persona::Engineer).await?;
    let found = find::version(&central, &model, Registry::Central, &version(number)).await?;
    let patience = Patience { interval: Duration::from_secs(15), deadline: Duration::from_secs(1800) };
    promote::to_stage(world, &model, &found.arn, &central, Deploying { stage, patience, wait: true }).await
}
