//! Movement: a version from dev to the central registry, and from there to the endpoints of test and prod.
//!
//! Nothing is remembered between runs. Each step looks at what is there, does what is missing, and verifies it, so that
//! a promotion killed anywhere can be run again from any machine.

mod central;
pub(crate) mod group;
mod stage;

use serde::Serialize;

use crate::endpoint::deploy::Deployment;
use crate::endpoint::smoke::SmokeTest;
use crate::governance::{LifeCycle, Stage};

pub use self::central::to_central;
pub use self::stage::{Deploying, to_stage};

/// A version that is in the central registry now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// Whose model it is.
    pub tenant: String,
    /// The model's name.
    pub model: String,
    /// The version's number in dev.
    pub version: u32,
    /// ARN of the version in dev.
    pub source_arn: String,
    /// ARN of the version in central. None when nothing was done yet (`--dry-run`).
    pub central_arn: Option<String>,
    /// Where the artifacts lie: `s3://bucket/prefix/`.
    pub artifacts: String,
    /// How many objects they are.
    pub objects: usize,
    /// How many bytes.
    pub bytes: u64,
    /// Digest of the artifacts.
    pub content_sha256: String,
    /// What was done.
    pub effect: CopyEffect,
}

/// What a promotion to central did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CopyEffect {
    /// The version is new in central.
    Copied,
    /// It was there, and what is there is right.
    AlreadyThere,
    /// It would be copied.
    WouldCopy,
}

/// A version that a stage serves now, or will.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Deployed {
    /// Whose model it is.
    pub tenant: String,
    /// The model's name.
    pub model: String,
    /// The version's number in dev.
    pub version: Option<u32>,
    /// ARN of the version in central.
    pub central_arn: String,
    /// The stage.
    pub stage: Stage,
    /// Where the version's lifecycle is now.
    pub lifecycle: Option<LifeCycle>,
    /// Whether everything is done, only started (`--no-wait`), or only planned (`--dry-run`).
    pub progress: DeployProgress,
    /// Name of the endpoint.
    pub endpoint: String,
    /// What became of it. None when nothing was done yet.
    pub deployment: Option<Deployment>,
    /// Whether it answers. None when it was not asked.
    pub smoke_test: Option<SmokeTest>,
}

/// How far a deployment went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeployProgress {
    /// The endpoint serves the version.
    Serving,
    /// The change of the endpoint is under way.
    Started,
    /// Nothing was done.
    Planned,
}
