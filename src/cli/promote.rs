//! `aiops promote`

use std::time::Duration;

use super::values::{Destination, duration};
use crate::model_ref::ModelRef;

/// Move a model version to the central registry, to test or to prod
///
/// `central` copies the artifacts, with verified digests, and the record. `test` and `prod` create or update the
/// endpoint from the approved version, wait for it, and notice when SageMaker rolls it back. Safe to run again after
/// any interruption: it continues where it stopped.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops promote churn:3 --to central
    aiops promote churn:3 --to test --tenant retail
    aiops promote churn:3 --to prod --timeout 30m
    aiops promote churn:3 --to prod --dry-run")]
pub struct Args {
    /// What to promote; without a version, the newest, never an older one in its place
    #[arg(value_name = "MODEL[:VERSION]")]
    pub model: ModelRef,

    /// Where to
    #[arg(long, value_name = "DESTINATION", ignore_case = true)]
    pub to: Destination,

    /// Return as soon as the deployment has been started
    #[arg(long)]
    pub no_wait: bool,

    /// Give up waiting after this time; the deployment itself goes on (default: `promotion.wait`)
    #[arg(long, value_name = "DURATION", value_parser = duration, conflicts_with = "no_wait")]
    pub timeout: Option<Duration>,
}
