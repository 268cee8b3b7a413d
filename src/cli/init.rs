//! `aiops init`

use std::path::PathBuf;

use super::values::{TenantAccounts, account_id};

/// Write a commented aiops.yaml
///
/// Asks for what the options leave open, if there is a terminal to ask on. The Region is the one of --region.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops init
    aiops init --region eu-central-1 --governance-account 111111111111 \\
        --shared-services-account 222222222222 \\
        --tenant-accounts retail=333333333333,444444444444,555555555555
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

    /// Replace the file if it exists
    #[arg(long)]
    pub force: bool,
}
