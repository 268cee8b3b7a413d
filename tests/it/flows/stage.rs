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
use aiops::commands::demo::models::{self, FIRST, SECOND, Trained};
use aiops::config::{self, Config, LoadOptions};
use aiops::error::{Error, Result};
use aiops::governance::{LifeCycle, Persona, Registry, Stage, Status};
use aiops::landscape::Landscape;
use aiops::model_ref::ModelRef;
use aiops::progress::Silent;
use aiops::promote::{self, Copied, Deployed, Deploying};
use aiops::registry::find;
use aiops::sandbox::Sandbox;
use aiops::sandbox::faults::{Effect, Fault, When};
use aiops::world::World;
use serde_json::Value;
use tempfile::TempDir;

/// The model that flows move.
pub const MODEL: &str = "diabetes-progression";
/// The tenant that it belongs to.
pub const TENANT: &str = "clinical";
/// Its group in the central registry.
pub const GROUP: &str = "clinical-diabetes-progression";
/// The shared services account.
pub const CENTRAL: &str = "222222222222";
/// The accounts of the tenant.
pub const DEV: &str = "333333333333";
pub const TEST: &str = "444444444444";
pub const PROD: &str = "555555555555";

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

fn config(written: &str) -> Config {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("aiops.yaml"), written).unwrap();
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
        static PREPARED: OnceLock<(Vec<u8>, Config)> = OnceLock::new();
        let (prepared, config) = PREPARED.get_or_init(|| {
            let play = Stageplay::built(config(CONFIG));
            play.register(MODEL, &[&FIRST, &SECOND]);
            (fs::read(&play.store).unwrap(), play.config)
        });
        Stageplay::of(prepared, config)
    }

    /// The same in the landscape that a changed configuration means: each pair is a text in it, and what takes its place.
    pub fn changed(changes: &[(&str, &str)]) -> Self {
        let written = changes.iter().fold(CONFIG.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "the configuration does not have {from}");
            text.replace(from, to)
        });
        let play = Stageplay::built(config(&written));
        play.register(MODEL, &[&FIRST, &SECOND]);
        play
    }

    /// The landscape of a configuration, without models.
    fn built(config: Config) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = directory.path().join("play.db");
        let play = Stageplay::open(directory, store, config);
        demo_landscape::build(&play.sandbox, &play.config, &play.landscape).unwrap();
        play
    }

    /// Registers these versions of `model` in the dev account of [`TENANT`], as its training pipeline.
    pub fn register(&self, model: &str, versions: &[&Trained]) {
        block_on(async {
            let aws = self.aws("training-pipeline").await;
            let world = self.world(&aws);
            let tenant = self.landscape.tenant(TENANT).unwrap();
            let ci = world.session(tenant.stage(Stage::Dev), Persona::Ci).await.unwrap();
            for trained in versions {
                models::register(&ci, tenant.dev_bucket(), model, trained).await.unwrap();
            }
        });
    }

    fn of(content: &[u8], config: &Config) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = directory.path().join("play.db");
        fs::write(&store, content).unwrap();
        Stageplay::open(directory, store, config.clone())
    }

    /// The same world once more: what happens in one is not seen in the other.
    pub fn copy(&self) -> Self {
        Stageplay::of(&fs::read(&self.store).unwrap(), &self.config)
    }

    fn open(directory: TempDir, store: PathBuf, config: Config) -> Self {
        let sandbox = open(&store);
        let landscape = Landscape::new(&config);
        let clock: SharedClock = Arc::new(sandbox.clock().clone());
        Stageplay { _directory: directory, store, sandbox, config, landscape, clock }
    }

    /// The same world after the process ended, at any moment: what is in the store is all that is left.
    pub fn started_again(self) -> Self {
        let Stageplay { _directory, store, sandbox, config, .. } = self;
        drop(sandbox);
        Stageplay::open(_directory, store, config)
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

    /// An administrator of `account` calls SageMaker, past all commands and policies.
    pub fn administer(&self, account: &str, operation: &str, input: Value) -> Value {
        self.sandbox.administer(account, "eu-west-1", "sagemaker", operation, input).unwrap()
    }

    /// From now on `effect` strikes `times` calls (for ever without a number) after the first `skip`.
    pub fn strike(&self, skip: u64, times: Option<u64>, when: When, effect: Effect) {
        self.sandbox.inject(Fault { service: None, operation: None, account: None, skip, times, when, effect });
    }
}

/// Plays with the number of each call that a flow makes, from 0, until the play tells that no such call came.
pub fn every_call(play: impl Fn(u64) -> bool) {
    let calls = (0..).find(|&call| !play(call)).unwrap();
    assert!(calls > 3, "{calls} calls are no flow");
}

/// Message, causes and hints, as a user would read them.
pub fn told(error: &Error) -> String {
    let causes = error.causes().map(|cause| format!("\n  caused by: {cause}"));
    let hints = error.hints().iter().map(|hint| format!("\nhint: {hint}"));
    format!("{error}{}", causes.chain(hints).collect::<String>())
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
    deploy(world, number, stage, true).await
}

/// Without waiting for the end.
pub async fn start_in(world: &World<'_>, number: u32, stage: Stage) -> Result<Deployed> {
    deploy(world, number, stage, false).await
}

async fn deploy(world: &World<'_>, number: u32, stage: Stage, wait: bool) -> Result<Deployed> {
    let model = find::model(world, &version(number), Some(TENANT), Registry::Central, Persona::Engineer).await?;
    let central = world.session(world.landscape.central(), Persona::Engineer).await?;
    let found = find::version(&central, &model, Registry::Central, &version(number)).await?;
    let patience = Patience { interval: Duration::from_secs(15), deadline: Duration::from_secs(1800) };
    promote::to_stage(world, &model, &found.arn, &central, Deploying { stage, patience, wait }).await
}

/// ARN of the version `number` of [`GROUP`] in the central registry.
pub fn central_arn(number: u32) -> String {
    format!("arn:aws:sagemaker:eu-west-1:{CENTRAL}:model-package/{GROUP}/{number}")
}

/// ARN of the version `number` of [`MODEL`] in dev.
pub fn dev_arn(number: u32) -> String {
    format!("arn:aws:sagemaker:eu-west-1:{DEV}:model-package/{MODEL}/{number}")
}

/// Everything up to an endpoint in test that answers.
pub async fn until_test(world: &World<'_>, number: u32) {
    until_central(world, number).await;
    to_stage(world, number, Stage::Test).await.unwrap();
}

/// Everything up to a copy in the central registry.
pub async fn until_central(world: &World<'_>, number: u32) -> Copied {
    decide(world, number, Stage::Dev, Status::Approved).await.unwrap();
    to_central(world, number).await.unwrap()
}
