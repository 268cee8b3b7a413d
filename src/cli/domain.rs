//! `aiops domain`

use clap::Subcommand;

use super::account;

/// Bring up the SageMaker Unified Studio domain over all accounts, look at it, or take it down
///
/// aiops.yaml says what the domain is to be like. `plan` shows what differs, `apply` makes it so: roles, the domain, its
/// units, owners and members, the association of every account, its blueprints and grants, and the central registry's
/// bucket, key and event bus. Whatever was not made by aiops is used if it matches exactly, and never changed or removed.
#[derive(Clone, Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "\
Examples:

    aiops domain plan
    aiops domain apply --yes
    aiops domain show
    aiops domain account list
    aiops domain delete --dry-run")]
pub struct Args {
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What can be done with the domain.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    Plan(PlanArgs),
    Apply(ApplyArgs),
    Show(ShowArgs),
    Account(account::Args),
    Delete(DeleteArgs),
}

/// Show what `apply` would create, change and remove, and why
///
/// Fields that differ are shown with the value that is there and the value that should be: also those that somebody
/// changed in the console.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops domain plan
    aiops domain plan --all
    aiops domain plan --detailed-exitcode --output json")]
pub struct PlanArgs {
    /// Show what is as it should be, too
    #[arg(long)]
    pub all: bool,

    /// Exit with 2 if something is to be done, with 0 if not
    #[arg(long)]
    pub detailed_exitcode: bool,
}

/// Make the domain and its accounts as aiops.yaml says
///
/// Shows the plan, asks, and works through it, accounts side by side. Safe to stop and to run again from anywhere: it
/// looks at what is there and continues. Ends with a check that projects can be created.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops domain apply
    aiops domain apply --yes --output json")]
pub struct ApplyArgs {}

/// Show the domain: its units and owners, its accounts with their blueprints, and its profiles
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops domain show
    aiops domain show --output json --jq '.accounts[].account'")]
pub struct ShowArgs {}

/// Remove the domain, and everything that aiops made for it
///
/// The plan names what will be removed and what stays. The name of the domain has to be repeated, at the terminal or by
/// `--name`. Buckets and keys stay, with everything in them; so does what others made.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops domain delete --dry-run
    aiops domain delete --name machine-learning --yes")]
pub struct DeleteArgs {
    /// Name of the domain, to show that it is meant
    #[arg(long, value_name = "DOMAIN")]
    pub name: Option<String>,
}
