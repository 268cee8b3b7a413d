//! `aiops sandbox`

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Subcommand;

use super::values::{loopback_address, speed};

/// Run the embedded AWS for other clients, look at it, or empty it
#[derive(Clone, Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "\
Examples:

    aiops sandbox serve
    aiops sandbox info
    aiops sandbox reset --yes")]
pub struct Args {
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What can be done with the sandbox.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    Serve(ServeArgs),
    Reset(ResetArgs),
    Info(InfoArgs),
}

/// Serve the sandbox to the AWS CLI, boto3 and others on this machine
///
/// Prints the environment variables that point a client at it, and runs until Ctrl-C.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops sandbox serve
    aiops sandbox serve --listen 127.0.0.1:5000 --speed 60
    aiops sandbox serve --sandbox=./scratch --faults faults.yaml")]
pub struct ServeArgs {
    /// Loopback address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:4577", value_parser = loopback_address)]
    pub listen: SocketAddr,

    /// How many times faster than real time asynchronous states change
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = speed)]
    pub speed: f64,

    /// Faults to inject, as a YAML list: which calls fail, and how
    #[arg(long, value_name = "FILE")]
    pub faults: Option<PathBuf>,
}

/// Remove everything in the sandbox
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops sandbox reset
    aiops sandbox reset --yes --sandbox=./scratch")]
pub struct ResetArgs {}

/// Show the accounts of the sandbox and what is in them
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops sandbox info
    aiops sandbox info --output yaml")]
pub struct InfoArgs {}
