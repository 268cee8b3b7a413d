//! `aiops domain account`

use std::time::Duration;

use clap::Subcommand;

use super::values::{account_id, account_name, duration, email, unit_path};

/// Look at the accounts of the organization, make new ones, and associate them with the domain
///
/// Reads and changes the organization as administrator of its management account: the governance account, unless
/// `management` in aiops.yaml names another.
#[derive(Clone, Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "\
Examples:

    aiops domain account list
    aiops domain account create retail-dev --email aws+retail-dev@example.com --tenant retail
    aiops domain account associate 333333333333")]
pub struct Args {
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What can be done with accounts.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    List(ListArgs),
    Create(CreateArgs),
    Associate(AssociateArgs),
}

/// List accounts: where they are in the organization, as what aiops.yaml names them, and whether they have the domain
///
/// Shows the accounts that aiops.yaml names, of one tenant with --tenant.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops domain account list
    aiops domain account list --tenant retail --readiness
    aiops domain account list --all --jq '.accounts[] | select(.uses == []) | .id'")]
pub struct ListArgs {
    /// Show the accounts that aiops.yaml does not name, too
    #[arg(long)]
    pub all: bool,

    /// Ask each account whether projects can live in it: whether it sees the domain, and has its blueprints
    #[arg(long)]
    pub readiness: bool,
}

/// Make an account, and move it to its tenant's unit
///
/// Whoever has the address is looked up first: an account that is there already is not made again, only moved. Safe to
/// stop anywhere and to run again. Needs no aiops.yaml: without one, the account of the credentials is taken for the
/// management account.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops domain account create retail-dev --email aws+retail-dev@example.com --tenant retail
    aiops domain account create retail-prod --email aws+retail-prod@example.com --ou workloads/prod --dry-run")]
pub struct CreateArgs {
    /// Name of the account
    #[arg(value_name = "NAME", value_parser = account_name)]
    pub name: String,

    /// Address that no other AWS account has
    #[arg(long, value_name = "ADDRESS", value_parser = email)]
    pub email: String,

    /// Organizational unit, by the names on the way down from the root; made if it is not there (default: one called like
    /// --tenant, right below the root; without a tenant, the account stays where it is)
    #[arg(long, value_name = "PATH", value_parser = unit_path)]
    pub ou: Option<UnitPath>,

    /// Role in the new account that the management account may assume (default: OrganizationAccountAccessRole)
    #[arg(long, value_name = "NAME")]
    pub role_name: Option<String>,

    /// How long AWS may take to make it
    #[arg(long, value_name = "DURATION", default_value = "15m", value_parser = duration)]
    pub wait_timeout: Duration,
}

/// The names on the way down from the root to a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitPath(pub Vec<String>);

/// Associate an account with the domain, and make it ready for projects
///
/// The part of `aiops domain apply` that is about this account: its association, roles, bucket, blueprints and grants,
/// and whatever those need. aiops.yaml has to name the account.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops domain account associate 333333333333 --dry-run
    aiops domain account associate 333333333333 --yes")]
pub struct AssociateArgs {
    /// Id of the account
    #[arg(value_name = "ACCOUNT", value_parser = account_id)]
    pub account: String,
}
