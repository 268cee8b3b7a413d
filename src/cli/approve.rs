//! `aiops approve`, `aiops approve list` and `aiops approve subscription`

use clap::Subcommand;

use crate::governance::{Stage, Status};
use crate::model_ref::ModelRef;

/// Decide about a stage of a model version, or list what waits for a decision
///
/// Writes the lifecycle (stage and status) and the approval status of the model package in one call. Only the moves of
/// the lifecycle are possible, and each only for the persona that may make it; IAM refuses the others too.
#[derive(Clone, Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(after_help = "\
Examples:

    aiops approve churn:3 --stage dev --status approved --comment \"RMSE 53.1, better than :2\"
    aiops approve churn:3 --stage Test --status Pending --comment \"ready for integration tests\"
    aiops approve churn:3 --stage test --status approved --comment \"as evaluated\" --dispatch
    aiops approve list --tenant retail
    aiops approve subscription 5n3k2v8w1q0zcd --status approved --comment \"for forecasts\"")]
pub struct Args {
    /// A verb in place of a decision.
    #[command(subcommand)]
    pub verb: Option<Verb>,
    /// The decision.
    #[command(flatten)]
    pub decision: Option<Decision>,
}

/// What `approve` can do besides deciding.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    List(ListArgs),
    Subscription(SubscriptionArgs),
}

/// List what waits for somebody, and the command that each waits for
///
/// Model versions, and the subscriptions that others ask for to what the caller's projects own. With --as, only what
/// waits for that persona.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops approve list
    aiops approve list --as governance-officer")]
pub struct ListArgs {}

/// Decide whether another project may use an asset
///
/// For owners and catalog stewards of the project that owns the asset. Without --tenant, every tenant is tried.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops approve subscription 5n3k2v8w1q0zcd --status approved --comment \"for forecasts\"
    aiops approve subscription 5n3k2v8w1q0zcd --status rejected --comment \"ask for the table without names\"")]
pub struct SubscriptionArgs {
    /// The id of the request, as `aiops approve list` shows it
    #[arg(value_name = "REQUEST")]
    pub request: String,

    /// The decision
    #[arg(long, value_name = "STATUS", ignore_case = true)]
    pub status: SubscriptionStatus,

    /// The reason, which those who asked see
    #[arg(long, value_name = "TEXT")]
    pub comment: String,
}

/// A decision about a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SubscriptionStatus {
    /// They may use it
    Approved,
    /// They may not
    Rejected,
}

/// A decision about one stage of a model version.
#[derive(Clone, Debug, clap::Args)]
pub struct Decision {
    /// What the decision is about; without a version, the newest
    #[arg(value_name = "MODEL[:VERSION]")]
    pub model: ModelRef,

    /// The stage that the decision is about
    #[arg(long, value_name = "STAGE", ignore_case = true)]
    pub stage: Stage,

    /// The decision
    #[arg(long, value_name = "STATUS", ignore_case = true)]
    pub status: Status,

    /// The reason, kept with the decision
    #[arg(long, value_name = "TEXT")]
    pub comment: String,

    /// Start the deployment that this allows (to test once it is pending there, to prod once test approved it), in the CI of
    /// the project that is named like the model
    #[arg(long)]
    pub dispatch: bool,
}
