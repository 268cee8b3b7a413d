//! `aiops project audit`

/// Find out how well projects are kept apart in the accounts that they share
///
/// Looks at the tags of what is in the accounts (AmazonDataZoneProject and others), reads the policies of the projects'
/// roles, and evaluates what these allow: resources without a project's tag, or with that of a project that is not there,
/// and what one project reaches of another. Also says what tags cannot keep apart in AWS, and which projects get through
/// there. Nothing is tried and nothing is changed. Accounts are asked side by side; one that does not answer is a row.
/// Exit code 1: a project reaches what it should not. 3: not everything could be read. Warnings alone are no failure.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops project audit
    aiops project audit churn --tenant retail
    aiops project audit --jq '.findings[] | select(.status == \"problem\") | .resource'")]
pub struct Args {
    /// Only what this project has or reaches: its name, or the id or name of its project in DataZone
    #[arg(value_name = "PROJECT")]
    pub project: Option<String>,
}
