//! `aiops demo`

use std::path::PathBuf;

/// Play the whole promotion story in a sandbox, and leave it there to explore
///
/// Writes an aiops.yaml and a sandbox into DIR, registers real models in it, promotes them as each persona would, and
/// ends with the status table. Needs no AWS account and no network. In DIR every other command then works as it is.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops demo
    aiops demo /tmp/story && cd /tmp/story && aiops status")]
pub struct Args {
    /// Directory to write to; what an earlier demo left there is replaced
    #[arg(value_name = "DIR", default_value = "aiops-demo")]
    pub directory: PathBuf,
}
