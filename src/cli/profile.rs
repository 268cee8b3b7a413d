//! `aiops profile`

use clap::Subcommand;

/// Make the project profiles that aiops.yaml describes, and show who may create what from them
///
/// A profile of aiops.yaml becomes one profile of the domain for each tenant and stage, called `TENANT PROFILE STAGE`. A
/// profile that gets another name in aiops.yaml is a new one, and the old one is removed; one that projects use is
/// disabled in place of that.
#[derive(Clone, Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "\
Examples:

    aiops profile plan
    aiops profile apply --tenant retail
    aiops profile show \"retail tabular dev\"")]
pub struct Args {
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What can be done with profiles.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    Plan(PlanArgs),
    Apply(ApplyArgs),
    List(ListArgs),
    Show(ShowArgs),
    Delete(DeleteArgs),
}

/// Show what `apply` would do, and change nothing
///
/// Compares aiops.yaml with the domain: account pools, profiles with every environment and parameter, and the grants that
/// let people create projects from them. What was changed in the console shows with the field and both values. Everything
/// that is wrong with the profiles of aiops.yaml is told at once.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops profile plan
    aiops profile plan --tenant retail --all
    aiops profile plan --detailed-exitcode --output json")]
pub struct PlanArgs {
    /// Show what is as it should be, too
    #[arg(long)]
    pub all: bool,

    /// Exit with 2 if something is to be done, with 0 if not
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// Make profiles, pools and grants as aiops.yaml describes them
///
/// Shows the plan and asks before it changes anything. Safe to run again after any interruption: it looks at what is
/// there and continues. What others made is used if it matches exactly, and never changed or deleted.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops profile apply
    aiops profile apply --tenant retail --yes
    aiops profile apply --dry-run")]
pub struct ApplyArgs {}

/// List the project profiles of the domain, and those that are still missing
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops profile list
    aiops profile list --tenant retail
    aiops profile list --jq '.[] | select(.status != \"enabled\") | .name'")]
pub struct ListArgs {}

/// Show a project profile: its environments with every parameter, and who may create projects from it
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops profile show \"retail tabular dev\"
    aiops profile show \"retail tabular dev\" --output yaml")]
pub struct ShowArgs {
    /// Name of the profile in the domain, as `aiops profile list` shows it
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// Delete a project profile that aiops made, and take it out of the grants
///
/// A profile from which projects were made is disabled, and stays.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops profile delete \"retail tabular test\"
    aiops profile delete \"retail tabular test\" --dry-run")]
pub struct DeleteArgs {
    /// Name of the profile in the domain, as `aiops profile list` shows it
    #[arg(value_name = "NAME")]
    pub name: String,
}
