//! `aiops status`

use std::num::NonZeroU32;

use crate::model_ref::ModelRef;

/// Show where every model stands: dev, central, test and prod, with what is live
///
/// A row for each of the newest five versions of every model: stage and status in each registry, its share of the
/// traffic where it is live, its age, and who is waited for. An account that cannot be reached is a row too, and the
/// exit code is 3 then.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops status
    aiops status churn --all
    aiops status --tenant retail --latest 3
    aiops status --jq '.models[].versions[] | select(.waiting_for) | .dev.arn'")]
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
