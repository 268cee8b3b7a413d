//! `aiops config`

use clap::{Subcommand, ValueEnum};

/// Show and check the configuration
#[derive(Clone, Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "\
Examples:

    aiops config show --sources
    aiops config check --config staging.yaml
    aiops config schema > aiops.schema.json")]
pub struct Args {
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What can be done with the configuration.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    Show(ShowArgs),
    Check(CheckArgs),
    Schema(SchemaArgs),
}

/// Show the configuration as it applies here
///
/// Built-in defaults, under the file, under the environment, under the options of this command line.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops config show
    aiops config show --sources
    aiops config show --jq .region")]
pub struct ShowArgs {
    /// Say where each value comes from
    #[arg(long)]
    pub sources: bool,
}

/// Check the configuration file, and show every mistake in it at once
///
/// Reads the file only; asks nothing of AWS. Exits with 2 if there is a mistake.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops config check
    aiops config check --config staging.yaml")]
pub struct CheckArgs {}

/// Print the JSON Schema of aiops.yaml or of another file, for editors and other tools
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops config schema > aiops.schema.json
    aiops config schema template.yaml > template.schema.json")]
pub struct SchemaArgs {
    /// The file
    #[arg(value_name = "FILE", default_value = "aiops.yaml")]
    pub file: SchemaOf,
}

/// Files that have a published schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaOf {
    /// The configuration
    #[value(name = "aiops.yaml")]
    Aiops,
    /// What a template is and asks
    #[value(name = "template.yaml")]
    Template,
    /// Where a project's code is, and where its models go
    #[value(name = "cicd-config.json")]
    CicdConfig,
    /// How a stage serves a model or runs a job: deploy/test.yaml and deploy/prod.yaml
    #[value(name = "deploy.yaml")]
    Deploy,
}
