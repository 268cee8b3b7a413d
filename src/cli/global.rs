//! Options that every command has. `crate::settings` resolves them once; commands never see them.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::values::{Format, LogFormat};
use crate::governance::Persona;

/// The heading under which help lists these options.
pub const HEADING: &str = "Global options";

/// Options that every command has, before or after its name.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = HEADING)]
pub struct GlobalArgs {
    /// AWS profile whose credentials to start from [env: AWS_PROFILE]
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,

    /// AWS Region, before what the configuration says [env: AIOPS_REGION]
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,

    /// Send every AWS call to this URL [env: AWS_ENDPOINT_URL]
    #[arg(long, global = true, value_name = "URL")]
    pub endpoint_url: Option<String>,

    /// Configuration file, instead of the nearest aiops.yaml upwards [env: AIOPS_CONFIG]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Line of business to work for, where there are several [env: AIOPS_TENANT]
    #[arg(long, global = true, value_name = "NAME", env = "AIOPS_TENANT", hide_env = true)]
    pub tenant: Option<String>,

    /// Persona whose role to assume [env: AIOPS_PERSONA]
    #[arg(long = "as", global = true, value_name = "PERSONA", ignore_case = true)]
    pub persona: Option<Persona>,

    /// Work in the sandbox: the configured one, or the store in this directory or file [env: AIOPS_SANDBOX]
    #[arg(long, global = true, value_name = "PATH", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub sandbox: Option<String>,

    /// How to write the answer (default: table on a terminal, otherwise tsv) [env: AIOPS_OUTPUT]
    #[arg(long, global = true, value_name = "FORMAT", env = "AIOPS_OUTPUT", hide_env = true, ignore_case = true)]
    pub output: Option<Format>,

    /// Whether `output` came from the command line rather than the environment.
    #[arg(skip)]
    pub output_was_asked_for: bool,

    /// Filter the JSON answer with a jq expression; strings come out raw
    #[arg(long, global = true, value_name = "EXPRESSION")]
    pub jq: Option<String>,

    /// Answer every question with yes
    #[arg(long, short = 'y', global = true)]
    pub yes: bool,

    /// Show what would be done and change nothing
    #[arg(long, global = true)]
    pub dry_run: bool,

    /// Say nothing but the answer and errors
    #[arg(long, short, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Log what happens: -v each AWS call, -vv details, -vvv everything
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub verbose: u8,

    /// How to write the log [env: AIOPS_LOG_FORMAT]
    #[arg(
        long,
        global = true,
        value_name = "FORMAT",
        env = "AIOPS_LOG_FORMAT",
        hide_env = true,
        default_value = "text",
        ignore_case = true
    )]
    pub log_format: LogFormat,

    /// Show progress as plain lines rather than moving bars
    #[arg(long, global = true)]
    pub no_progress: bool,
}
