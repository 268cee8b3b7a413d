//! `aiops project subscribe` and `aiops project publish`

use std::time::Duration;

use super::values::duration;
use crate::governance::Stage;

/// Subscribe a project to a published asset, and wait until it can be used
///
/// Searches the domain's catalog for exactly this name, asks those who own it, and waits for their decision and for
/// access. Every step that is done already is kept: run it again at any time. If nobody has decided when the time is
/// up, the exit code is 5, and the command that the owners need is shown.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops project subscribe churn --asset orders --reason \"predict who leaves\"
    aiops project subscribe churn --stage prod --asset orders --reason \"score every night\" --wait 1h
    aiops project subscribe churn --asset orders --reason \"once more, without names\" --again --no-wait")]
pub struct SubscribeArgs {
    /// The project, as it was named when it was created
    #[arg(value_name = "PROJECT")]
    pub project: String,

    /// The exact name of the asset in the catalog
    #[arg(long, value_name = "NAME")]
    pub asset: String,

    /// Which of several assets of that name, by the id of its listing
    #[arg(long, value_name = "ID")]
    pub listing: Option<String>,

    /// The stage whose project subscribes
    #[arg(long, value_name = "STAGE", ignore_case = true, default_value = "dev")]
    pub stage: Stage,

    /// Why, for those who decide
    #[arg(long, value_name = "TEXT")]
    pub reason: String,

    /// How long to wait for the decision and for access
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "15m", conflicts_with = "no_wait")]
    pub wait: Duration,

    /// Do not wait: ask, and say how it stands
    #[arg(long)]
    pub no_wait: bool,

    /// Ask again after a refusal
    #[arg(long)]
    pub again: bool,
}

/// Publish an asset of a project, or the tables of a database
///
/// With --database, a data source imports the tables of a database of AWS Glue in the project's account first. Waits
/// until others can find what is published.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops project publish sales --asset orders
    aiops project publish sales --stage prod --database sales_curated
    aiops project publish sales --database sales_curated --table orders --table 'dim_*'")]
#[group(id = "what", required = true, args = ["asset", "database"])]
pub struct PublishArgs {
    /// The project, as it was named when it was created
    #[arg(value_name = "PROJECT")]
    pub project: String,

    /// The name, or the id, of an asset in the project's inventory
    #[arg(long, value_name = "NAME")]
    pub asset: Option<String>,

    /// A database of AWS Glue in the account of the project's data lake
    #[arg(long, value_name = "NAME", conflicts_with = "asset")]
    pub database: Option<String>,

    /// Tables to publish, with * for anything; all, if none is named
    #[arg(long = "table", value_name = "PATTERN", requires = "database")]
    pub tables: Vec<String>,

    /// The stage whose project publishes
    #[arg(long, value_name = "STAGE", ignore_case = true, default_value = "dev")]
    pub stage: Stage,

    /// How long to wait for each step
    #[arg(long, value_name = "TIME", value_parser = duration, default_value = "15m")]
    pub timeout: Duration,
}
