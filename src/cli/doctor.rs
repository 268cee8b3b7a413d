//! `aiops doctor`

use clap::ValueEnum;

/// Find what is wrong with credentials, roles, accounts and the domain, and say how to mend it
///
/// Each finding says what is there, why it matters, and the exact fix. Accounts are asked side by side; one that cannot
/// be asked is a finding too. Nothing is changed, unless `--prove` asks for it. Exit code 1: a problem was found. 3: some
/// accounts could not be asked. 4: there are no credentials. Warnings alone are no failure.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops doctor
    aiops doctor --only credentials,trust
    aiops doctor --prove
    aiops doctor --jq '.findings[] | select(.status == \"problem\") | .fix'")]
pub struct Args {
    /// Only these areas
    #[arg(long, value_name = "AREA", value_delimiter = ',')]
    pub only: Vec<Area>,

    /// Prove that AWS enforces the lifecycle: try on a scratch version in the central registry what must be refused
    #[arg(long)]
    pub prove: bool,
}

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Area {
    /// Who is asking, and by which clock
    Credentials,
    /// The roles of the personas, in every account where they act
    Trust,
    /// AWS Organizations and the accounts in it
    Organization,
    /// In which Regions everything is
    Regions,
    /// The domain and its quotas
    Domain,
    /// How the domain comes into the accounts, by RAM
    Sharing,
    /// Blueprints, their roles and grants, and the profiles
    Blueprints,
    /// Connections to Git providers
    Git,
    /// Whether AWS enforces the lifecycle; with --prove
    Conditions,
}
