//! One file per noun: arguments and a context become a report. Nothing here prints.

#[cfg(feature = "datazone")]
pub mod account;
#[cfg(feature = "sagemaker")]
pub mod approve;
#[cfg(all(feature = "sagemaker", feature = "datazone"))]
mod approve_subscription;
#[cfg(feature = "aws")]
mod aws_login;
pub mod config;
#[cfg(feature = "sagemaker")]
pub mod demo;
#[cfg(all(feature = "sagemaker", feature = "datazone"))]
pub mod doctor;
#[cfg(feature = "datazone")]
pub mod domain;
pub mod init;
#[cfg(feature = "datazone")]
pub mod plan;
#[cfg(feature = "datazone")]
pub mod profile;
#[cfg(all(feature = "sagemaker", feature = "datazone"))]
pub mod project;
#[cfg(all(feature = "sagemaker", feature = "datazone"))]
pub mod project_audit;
#[cfg(all(feature = "sagemaker", feature = "datazone"))]
pub mod project_catalog;
#[cfg(feature = "sagemaker")]
pub mod promote;
#[cfg(all(feature = "sagemaker", feature = "datazone"))]
mod repositories;
pub mod sandbox;
pub mod setting;
#[cfg(feature = "sagemaker")]
pub mod status;
pub mod template;
pub mod tool;

use crate::cli::{
    Command, account as account_cli, domain as domain_cli, profile as profile_cli, project as project_cli,
};
use crate::context::Context;
use crate::error::Result;
use crate::report::Report;

/// Runs `command`.
pub async fn run(context: &Context, command: &Command) -> Result<Report> {
    match command {
        Command::Init(args) => init::run(context, args).await,
        Command::Template(args) => template::run(context, args).await,
        Command::Config(args) => config::run(context, args),
        Command::Sandbox(args) => sandbox::run(context, args).await,
        Command::Tool(command) => tool::run(command),
        #[cfg(feature = "sagemaker")]
        Command::Demo(args) => demo::run(context, args).await,
        #[cfg(feature = "sagemaker")]
        Command::Status(args) => status::run(context, args).await,
        #[cfg(feature = "sagemaker")]
        Command::Promote(args) => promote::run(context, args).await,
        #[cfg(feature = "sagemaker")]
        Command::Approve(args) => approve::run(context, args).await,
        #[cfg(all(feature = "sagemaker", feature = "datazone"))]
        Command::Doctor(args) => doctor::run(context, args).await,
        #[cfg(feature = "datazone")]
        Command::Domain(args) => domain::run(context, args).await,
        #[cfg(feature = "datazone")]
        Command::Profile(args) => profile::run(context, args).await,
        #[cfg(all(feature = "sagemaker", feature = "datazone"))]
        Command::Project(args) => project::run(context, args).await,
        #[cfg(not(all(feature = "sagemaker", feature = "datazone")))]
        _ => Err(crate::error::Error::usage("this build has no client for that")
            .hint("build it with the features `sagemaker` and `datazone`")),
    }
}

/// Whether `command` runs until it is interrupted, and ends in order by itself then.
pub fn ends_by_interrupt(command: &Command) -> bool {
    use crate::cli::sandbox::{Args, Verb};
    matches!(command, Command::Sandbox(Args { verb: Verb::Serve(_) }))
}

const CONTINUES: &str = "run the same command again: it looks at what is done and continues from there";

/// How to go on after `command` was interrupted; nothing if it only looks.
pub fn how_to_resume(command: &Command) -> Option<&'static str> {
    match command {
        Command::Demo(_) => Some("run the same command again: it starts the story afresh"),
        Command::Promote(_) | Command::Approve(_) => Some(CONTINUES),
        Command::Doctor(args) => args.prove.then_some(CONTINUES),
        Command::Domain(args) => {
            let writes = match &args.verb {
                domain_cli::Verb::Apply(_) | domain_cli::Verb::Delete(_) => true,
                domain_cli::Verb::Account(args) => !matches!(args.verb, account_cli::Verb::List(_)),
                _ => false,
            };
            writes.then_some(CONTINUES)
        }
        Command::Profile(args) => {
            let writes = matches!(args.verb, profile_cli::Verb::Apply(_) | profile_cli::Verb::Delete(_));
            writes.then_some(CONTINUES)
        }
        Command::Project(args) => {
            use project_cli::{MembersVerb, Verb};
            let writes = match &args.verb {
                Verb::Create(_) | Verb::Seed(_) | Verb::Delete(_) => true,
                Verb::Update(args) => !args.check,
                Verb::Members(args) => !matches!(args.verb, MembersVerb::List(_)),
                Verb::Subscribe(_) | Verb::Publish(_) => true,
                Verb::Wait(_) | Verb::List(_) | Verb::Show(_) | Verb::Audit(_) => false,
            };
            writes.then_some(CONTINUES)
        }
        _ => None,
    }
}
