//! The tool about itself: `aiops completions`, `man`, `version` and `help`

use std::path::PathBuf;

use clap::Subcommand;
use clap_complete::Shell;

use super::help;

/// Commands about the tool itself: they read no configuration and ask nothing of anybody.
#[derive(Clone, Debug, Subcommand)]
pub enum Tool {
    Completions(CompletionsArgs),
    Man(ManArgs),
    Version(VersionArgs),
    Help(help::Args),
}

/// Print the completion script of a shell
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops completions bash > ~/.local/share/bash-completion/completions/aiops
    aiops completions zsh > \"${fpath[1]}/_aiops\"
    aiops completions fish > ~/.config/fish/completions/aiops.fish")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// Print the manual page, or write one for each command
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops man | man -l -
    aiops man ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Directory to write a page for each command to; made if it does not exist
    #[arg(value_name = "DIR")]
    pub directory: Option<PathBuf>,
}

/// Show the version of aiops and the platform it was built for
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops version
    aiops version --jq .version")]
pub struct VersionArgs {}
