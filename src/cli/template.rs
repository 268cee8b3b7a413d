//! `aiops template`

use std::path::PathBuf;

use clap::Subcommand;

use super::values::answer;
use crate::config::{GitLayout, GitProvider};

/// Look at the templates of repositories, try them, and check those that you write
///
/// Templates come from `--templates`, else from `templates.source` of aiops.yaml, else from inside aiops.
#[derive(Clone, Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "\
Examples:

    aiops template list
    aiops template show regression
    aiops template render regression --into /tmp/try
    aiops template check --templates our-templates")]
pub struct Args {
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What can be done with templates.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    List(ListArgs),
    Show(ShowArgs),
    Render(RenderArgs),
    Check(CheckArgs),
}

/// Where templates come from.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct SourceArgs {
    /// Directory or Git URL of templates, instead of what aiops.yaml says
    #[arg(long, value_name = "DIRECTORY|URL")]
    pub templates: Option<String>,

    /// Branch, tag or commit of the templates' repository
    #[arg(long = "ref", value_name = "REF", requires = "templates")]
    pub reference: Option<String>,
}

/// What a template is told.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct AnswerArgs {
    /// Answer to a question of the template
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = answer)]
    pub set: Vec<(String, String)>,

    /// YAML or JSON file with answers by name; `--set` wins over it
    #[arg(long, value_name = "FILE")]
    pub answers: Option<PathBuf>,
}

/// List the templates that there are
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops template list
    aiops template list --templates https://github.com/acme/templates --ref v3
    aiops template list --jq '.[].name'")]
pub struct ListArgs {
    /// Where templates come from.
    #[command(flatten)]
    pub source: SourceArgs,

    /// List fragments, too, which are only there to be included by others
    #[arg(long)]
    pub all: bool,
}

/// Show what a template makes and asks
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops template show regression
    aiops template show regression --output yaml")]
pub struct ShowArgs {
    /// Name of the template
    #[arg(value_name = "NAME")]
    pub name: String,

    /// Where templates come from.
    #[command(flatten)]
    pub source: SourceArgs,
}

/// Write the files of a template into a directory, to look at or to try
///
/// Makes what `aiops project create` would commit, for a project that there is not, unless `--cicd` names one. With
/// `--dry-run` nothing is written; what differs from the directory is shown.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops template render regression --into /tmp/try
    aiops template render regression --set target_column=price --provider gitlab --layout separate --into /tmp/try
    aiops template render regression --cicd cicd-config.json --answers answers.yaml --into . --dry-run")]
pub struct RenderArgs {
    /// Name of the template
    #[arg(value_name = "NAME")]
    pub name: String,

    /// Where templates come from.
    #[command(flatten)]
    pub source: SourceArgs,

    /// What the template is told.
    #[command(flatten)]
    pub answers: AnswerArgs,

    /// cicd-config.json of a project, instead of an invented one
    #[arg(long, value_name = "FILE", conflicts_with_all = ["provider", "layout"])]
    pub cicd: Option<PathBuf>,

    /// What hosts the invented project's repositories
    #[arg(long, value_name = "PROVIDER", default_value = "github")]
    pub provider: GitProvider,

    /// Whether the invented project has one repository or two
    #[arg(long, value_name = "LAYOUT", default_value = "single")]
    pub layout: GitLayout,

    /// Directory to make; it may be there if it is empty
    #[arg(long, value_name = "DIRECTORY")]
    pub into: PathBuf,
}

/// Check templates that you write
///
/// Finds mistakes in template.yaml, variables that are unknown or never used, and rules that fit nothing; renders every
/// provider and layout with defaults and with every choice, and looks whether YAML and JSON come out where names say so.
/// Exits with 1 if there is an error.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops template check
    aiops template check our-templates/churn
    aiops template check churn --templates our-templates --set key=k-1234567")]
pub struct CheckArgs {
    /// Name of a template, or a directory that is one or has some [default: all]
    #[arg(value_name = "NAME|DIRECTORY")]
    pub subject: Option<String>,

    /// Where templates come from.
    #[command(flatten)]
    pub source: SourceArgs,

    /// What the templates are told.
    #[command(flatten)]
    pub answers: AnswerArgs,
}
