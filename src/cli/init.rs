//! `aiops init`

use std::path::PathBuf;

use super::values::{TenantAccounts, account_id};

/// Write a commented aiops.yaml
///
/// Asks for what the options leave open, if there is a terminal to ask on. The Region is the one of --region.
///
/// With --from-aws, the landscape that is there is described: the organization, the domain of the Region with its units,
/// owners and members, the accounts that it is shared with, and what they have for projects, and the project profiles
/// that aiops made. Accounts are told apart by profiles, grants and names; what cannot be found out stands in the file as
/// a question. Nothing is changed in AWS.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops init
    aiops init --region eu-central-1 --governance-account 111111111111 \\
        --shared-services-account 222222222222 \\
        --tenant-accounts retail=333333333333,444444444444,555555555555
    aiops init --from-aws --region eu-central-1
    aiops init --from-aws --domain machine-learning --shared-services-account 222222222222
    aiops init --from-sandbox --output-file sandbox.yaml")]
pub struct Args {
    /// File to write
    #[arg(long, value_name = "PATH", default_value = "aiops.yaml")]
    pub output_file: PathBuf,

    /// Account that holds the SageMaker Unified Studio domain
    #[arg(long, value_name = "ACCOUNT", value_parser = account_id)]
    pub governance_account: Option<String>,

    /// Account that holds the central model registry
    #[arg(long, value_name = "ACCOUNT", value_parser = account_id)]
    pub shared_services_account: Option<String>,

    /// A line of business and its three accounts (can be repeated)
    #[arg(long, value_name = "NAME=DEV,TEST,PROD")]
    pub tenant_accounts: Vec<TenantAccounts>,

    /// Describe the accounts of the sandbox
    #[arg(long, conflicts_with_all = ["governance_account", "shared_services_account", "tenant_accounts"])]
    pub from_sandbox: bool,

    /// Describe the landscape that is there, as far as the credentials reach
    #[arg(long, conflicts_with = "from_sandbox")]
    pub from_aws: bool,

    /// Domain to describe, where there are several
    #[arg(long, value_name = "NAME", requires = "from_aws")]
    pub domain: Option<String>,

    /// Replace the file if it exists
    #[arg(long)]
    pub force: bool,
}
