//! `aiops project`

use std::time::Duration;

use clap::Subcommand;

use super::project_audit;
use super::project_catalog::{PublishArgs, SubscribeArgs};
use crate::cli::template::AnswerArgs;
use crate::cli::values::duration;
use crate::config::{AccountId, Principal};
use crate::governance::Stage;
use crate::project_name::ProjectName;

/// Give teams their projects: workspaces over the stages, members, registries, and a seeded repository
///
/// A project has a workspace (a SageMaker Unified Studio project) in each stage of its profile, called
/// `TENANT-NAME-STAGE`; groups of model packages in the dev and the central registry; and one repository, or one to build
/// and one to deploy, seeded from the profile's template.
#[derive(Clone, Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "\
Examples:

    aiops project create churn --tenant retail --profile tabular
    aiops project list
    aiops project show churn
    aiops project members add churn user:ann --role contributor")]
pub struct Args {
    /// The verb.
    #[command(subcommand)]
    pub verb: Verb,
}

/// What can be done with projects.
#[derive(Clone, Debug, Subcommand)]
pub enum Verb {
    Create(CreateArgs),
    List(ListArgs),
    Show(ShowArgs),
    Wait(WaitArgs),
    Members(MembersArgs),
    Seed(SeedArgs),
    Update(UpdateArgs),
    Subscribe(SubscribeArgs),
    Publish(PublishArgs),
    Audit(project_audit::Args),
    Delete(DeleteArgs),
}

/// Create a project, or complete one
///
/// Shows the plan and asks before it changes anything. Safe to run again after any interruption: it looks at what is
/// there and continues. A project that others made is used if it matches, and refused if not; one whose environments
/// failed is told as failed, with what AWS says, until it is repaired or deleted.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops project create churn --profile tabular
    aiops project create churn --profile tabular --owner group:churn-leads --member user:ann
    aiops project create churn --profile tabular --set target_column=churned --dry-run")]
pub struct CreateArgs {
    /// Name: lower-case letters, digits and hyphens
    #[arg(value_name = "NAME")]
    pub name: ProjectName,

    /// Project profile of aiops.yaml that it is made from
    #[arg(long, value_name = "PROFILE")]
    pub profile: String,

    /// Stages in which it has a workspace, of those that the profile has (default: all of them)
    #[arg(long, value_name = "STAGE", value_delimiter = ',', ignore_case = true)]
    pub stages: Vec<Stage>,

    /// What it is for
    #[arg(long, value_name = "TEXT")]
    pub description: Option<String>,

    /// Somebody who owns it: user:NAME, group:NAME or role:ARN (can be repeated)
    #[arg(long, value_name = "WHO")]
    pub owner: Vec<Principal>,

    /// Somebody who works in it: user:NAME, group:NAME or role:ARN (can be repeated)
    #[arg(long, value_name = "WHO")]
    pub member: Vec<Principal>,

    /// What the template is told.
    #[command(flatten)]
    pub told: AnswerArgs,

    /// Account that its environments get, where the profile takes accounts out of pools
    #[arg(long, value_name = "ID")]
    pub account: Option<AccountId>,

    /// Make no repository
    #[arg(long, conflicts_with_all = ["set", "answers"])]
    pub no_repository: bool,

    /// How long its environments may take, such as 45m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
}

/// List the projects of the domain, and how far their environments are
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops project list
    aiops project list --tenant retail
    aiops project list --jq '.[].name'")]
pub struct ListArgs {}

/// Show a project: environments, connections, members, repositories, roles and MLflow
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops project show churn
    aiops project show churn --jq .roles")]
pub struct ShowArgs {
    /// Name of the project, or of one of its workspaces
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// Wait until the environments of a project are deployed
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops project wait churn
    aiops project wait churn --timeout 10m")]
pub struct WaitArgs {
    /// Name of the project, or of one of its workspaces
    #[arg(value_name = "NAME")]
    pub name: String,

    /// How long to wait, such as 45m
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
}

/// Say who works in a project, and change it
#[derive(Clone, Debug, clap::Args)]
#[command(subcommand_required = true, arg_required_else_help = true)]
#[command(after_help = "\
Examples:

    aiops project members list churn
    aiops project members add churn user:ann group:churn-team --role contributor
    aiops project members remove churn user:ann")]
pub struct MembersArgs {
    /// The verb.
    #[command(subcommand)]
    pub verb: MembersVerb,
}

/// What can be done with members.
#[derive(Clone, Debug, Subcommand)]
pub enum MembersVerb {
    List(MembersListArgs),
    Add(MembersAddArgs),
    Remove(MembersRemoveArgs),
}

/// List who works in a project, and as what
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops project members list churn")]
pub struct MembersListArgs {
    /// Name of the project
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// Add members to all workspaces of a project, or give them another role
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops project members add churn user:ann
    aiops project members add churn user:ann --role owner")]
pub struct MembersAddArgs {
    /// Name of the project
    #[arg(value_name = "NAME")]
    pub name: String,

    /// Who: user:NAME, group:NAME or role:ARN
    #[arg(value_name = "WHO", required = true)]
    pub who: Vec<Principal>,

    /// What they may do
    #[arg(long, value_name = "ROLE", default_value = "contributor", ignore_case = true)]
    pub role: Role,
}

/// Remove members from all workspaces of a project
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops project members remove churn user:ann")]
pub struct MembersRemoveArgs {
    /// Name of the project
    #[arg(value_name = "NAME")]
    pub name: String,

    /// Who: user:NAME, group:NAME or role:ARN
    #[arg(value_name = "WHO", required = true)]
    pub who: Vec<Principal>,
}

/// What a member of a project may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Everything in the project
    Owner,
    /// Work in it
    Contributor,
    /// Govern what it publishes
    Steward,
    /// Subscribe for it
    Consumer,
    /// See its catalog
    Viewer,
}

/// Bring the repositories of a project to the newest state of their template, or its environments to that of its profile
///
/// Repositories are updated by a merge request: what the template changed since it was last taken is merged with what the
/// team has, and nothing that the team wrote or deleted is undone.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops project update churn
    aiops project update --check
    aiops project update churn --redeploy")]
pub struct UpdateArgs {
    /// Name of the project
    #[arg(value_name = "NAME", required_unless_present = "check")]
    pub name: Option<String>,

    /// Say which repositories are behind their template, of this project or of all, and change nothing; exits with 2 if
    /// one is
    #[arg(long, conflicts_with_all = ["redeploy", "set", "answers"])]
    pub check: bool,

    /// Have AWS deploy the project's environments again, after what kept them from it is gone
    #[arg(long, conflicts_with_all = ["set", "answers"])]
    pub redeploy: bool,

    /// What the template is told.
    #[command(flatten)]
    pub told: AnswerArgs,

    /// How long its environments may take, such as 45m
    #[arg(long, value_name = "DURATION", value_parser = duration, requires = "redeploy")]
    pub timeout: Option<Duration>,
}

/// Offer the template to repositories that have code already, or to those of a project that was made in the portal
///
/// Puts the files of the profile's template beside what is there, on a branch, and opens a merge request. Nothing that is
/// there is overwritten: where both have a file that differs, it has conflict markers. A repository that is missing or
/// empty is made, as it is for a new project.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops project seed churn
    aiops project seed \"Churn of customers\" --set target_column=churned")]
pub struct SeedArgs {
    /// Name of the project, or of one of its workspaces
    #[arg(value_name = "NAME")]
    pub name: String,

    /// What the template is told.
    #[command(flatten)]
    pub told: AnswerArgs,
}

/// Delete the workspaces of a project, with all that their environments made
///
/// Repositories, models and their versions, endpoints, and what lies in buckets stay: the plan names them.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "\
Examples:

    aiops project delete churn --dry-run
    aiops project delete churn")]
pub struct DeleteArgs {
    /// Name of the project, or of one of its workspaces
    #[arg(value_name = "NAME")]
    pub name: String,
}
