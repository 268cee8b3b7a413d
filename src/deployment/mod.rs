//! `deploy/test.yaml` and `deploy/prod.yaml`: how a stage serves a model or runs a job, and what proves that it works.
//!
//! [`check`] reads such a file as `aiops.yaml` is read: every mistake at once, with its line. What the schema cannot
//! say, above all what SageMaker excludes, is in `rules`; each rule names the document that it comes from. Nothing
//! here does I/O: files that stand beside are handed in.

mod model;
mod names;
mod path;
mod rules;
mod serving;
mod testing;

use std::sync::LazyLock;

use crate::config::{Document, Mistake, Schema, mistakes_with_rules};
use crate::error::Result;
use crate::git::Files;

pub use model::{
    Asynchronous, Component, Container, DataCapture, DataQuality, DeployConfig, GlueJob, Instance, Kind, Serverless,
    Split, Strategy, Transform, Variant, Version, WorkerType,
};
pub use names::{
    DeployPath, GlueVersion, JobArgument, ObjectKey, Schedule, Share, SimpleName, Statistic, Step, VariantName,
};
pub use path::{JsonPath, Segment};
pub use serving::{Alarm, Comparison, MissingData, Rollout, RolloutStrategy, Scaling, ScalingMetric};
pub use testing::{Anything, Expectation, IntegrationTests, Judgement, LatencyLimits, RunState, Scalar, TestRequest};

/// The files of a deploy folder that are deploy configurations: one a stage.
pub const FILES: [&str; 2] = ["test.yaml", "prod.yaml"];

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::of::<DeployConfig>("deploy configuration"));

/// The JSON Schema (draft 2020-12) of a deploy configuration, as a file.
pub fn schema_text() -> String {
    SCHEMA.text()
}

/// Reads the deploy configuration `text`, which messages call `path`. `files` are those of the folder that the file is
/// in, with names relative to it: the requests and schemas that integration tests name must be among them.
///
/// # Errors
///
/// Kind `Config`, with every mistake in the rendered report.
pub fn check(text: &str, path: &str, files: &Files) -> Result<DeployConfig> {
    Ok(Document::read_checked(&SCHEMA, path, text.to_owned(), |draft| rules::check(draft, files))?.value)
}

/// Every mistake of a deploy configuration, each with its line, from 1. `files` as for [`check`].
pub fn mistakes(text: &str, files: &Files) -> Vec<(Option<usize>, Mistake)> {
    mistakes_with_rules(&SCHEMA, text, |draft| rules::check(draft, files))
}

#[cfg(test)]
mod tests;
