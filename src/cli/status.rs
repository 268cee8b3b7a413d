//! `aiops status`

use std::num::NonZeroU32;

use crate::model_ref::ModelRef;

/// Show where every model stands: dev, central, test and prod, with what is live
///
/// One row for the version of each model that matters most: its stage and status in each registry, the live version,
/// traffic and health of its endpoints, its age, and who is waited for. An account that cannot be reached is a row too.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops status
    aiops status churn --all
    aiops status --tenant retail --latest 3
    aiops status --output json --jq '.models[] | select(.waiting_for)'")]
pub struct Args {
    /// Only this model, or this version of it
    #[arg(value_name = "MODEL[:VERSION]")]
    pub model: Option<ModelRef>,

    /// Every version
    #[arg(long, conflicts_with = "latest")]
    pub all: bool,

    /// The newest N versions of each model
    #[arg(long, value_name = "N")]
    pub latest: Option<NonZeroU32>,
}
