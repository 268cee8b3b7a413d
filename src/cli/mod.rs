//! The command line as clap types: names, help texts and examples; one file per noun. Nothing here acts.

#![expect(
    missing_docs,
    reason = "a command takes its help text from its Args: a comment on the variant would replace it"
)]

pub mod account;
pub mod approve;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod domain;
pub mod global;
pub mod help;
pub mod init;
pub mod profile;
pub mod project;
pub mod project_audit;
pub mod project_catalog;
pub mod promote;
pub mod sandbox;
pub mod status;
pub mod template;
pub mod tool;
pub mod values;

#[cfg(test)]
mod tests;

use std::ffi::OsString;

use anstyle::{AnsiColor, Style};
use clap::builder::Styles;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

pub use global::GlobalArgs;
use help::TOPICS;
pub use tool::Tool;

/// Governed machine learning on Amazon SageMaker Unified Studio, across many AWS accounts
///
/// Moves models from dev through the central registry to test and prod, and records who approved what. Everything can
/// be tried without an AWS account: `aiops demo` builds a sandbox that speaks AWS's own protocols.
#[derive(Debug, Parser)]
#[command(name = "aiops", bin_name = "aiops", version, styles = STYLES, disable_help_subcommand = true)]
#[command(subcommand_required = true, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "\
Examples:

    aiops demo                                       play the whole story in a sandbox
    aiops status                                     where every model stands
    aiops project create churn --profile tabular     workspaces and a seeded repository for a team
    aiops promote churn:3 --to central               copy a version to the central registry
    aiops approve churn:3 --stage test --status approved --comment \"RMSE 53.1\"
    aiops status --jq '.models[].model'              for scripts

More: aiops help exit-codes, environment, output, configuration")]
pub struct Cli {
    /// Options that every command has.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    Demo(demo::Args),
    Init(init::Args),
    Doctor(doctor::Args),
    Domain(domain::Args),
    Status(status::Args),
    Promote(promote::Args),
    Approve(approve::Args),
    Profile(profile::Args),
    Project(project::Args),
    Template(template::Args),
    Config(config::Args),
    Sandbox(sandbox::Args),
    #[command(flatten)]
    Tool(tool::Tool),
}

/// The subcommands as `aiops --help` groups them. A test holds that each appears once.
const GROUPS: [(&str, &[&str]); 6] = [
    ("Getting started", &["demo", "init", "doctor"]),
    ("Governance", &["domain", "profile"]),
    ("Projects", &["project", "template"]),
    ("Models", &["status", "promote", "approve"]),
    ("Surroundings", &["config", "sandbox"]),
    ("The tool itself", &["completions", "man", "version", "help"]),
];

/// Restrained: headings and literals stand out, placeholders stay plain.
const STYLES: Styles = Styles::styled()
    .header(Style::new().bold())
    .usage(Style::new().bold())
    .literal(AnsiColor::Cyan.on_default())
    .error(AnsiColor::Red.on_default().bold())
    .valid(AnsiColor::Green.on_default())
    .invalid(AnsiColor::Yellow.on_default());

/// The whole command tree, with the subcommands of the first level under headings.
pub fn command() -> clap::Command {
    let command = Cli::command();
    let (heading, literal) = (STYLES.get_header(), STYLES.get_literal());
    let mut template = String::from("{about-with-newline}\n{usage-heading} {usage}\n");
    for (title, names) in GROUPS {
        template += &format!("\n{heading}{title}:{heading:#}\n");
        for subcommand in names.iter().filter_map(|name| command.find_subcommand(name)) {
            let about = subcommand.get_about().map(ToString::to_string).unwrap_or_default();
            template += &format!("  {literal}{:<13}{literal:#}{about}\n", subcommand.get_name());
        }
    }
    template += &format!("\n{heading}{}:{heading:#}\n{{options}}{{after-help}}", global::HEADING);
    command.help_template(template)
}

/// Reads the command line. Help for a command comes back as an error, as all help does in clap.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let mut command = command();
    let matches = command.try_get_matches_from_mut(arguments)?;
    let mut cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
    cli.global.output_was_asked_for = matches.value_source("output") == Some(ValueSource::CommandLine);
    match &cli.command {
        Command::Tool(Tool::Help(args)) if args.topic().is_none() => Err(help_for(&mut command, args)),
        _ => Ok(cli),
    }
}

/// What `aiops COMMAND --help` answers.
fn help_for(command: &mut clap::Command, args: &help::Args) -> clap::Error {
    let line = ["aiops"].into_iter().chain(args.subject.iter().map(String::as_str)).chain(["--help"]);
    let mut answer = match command.try_get_matches_from_mut(line) {
        Err(answer) => answer,
        Ok(_) => command.error(ErrorKind::InvalidSubcommand, "there is no such command or topic"),
    };
    if answer.kind() == ErrorKind::InvalidSubcommand {
        let topics = TOPICS.map(|topic| topic.name).join(", ");
        answer
            .insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![format!("the topics are {topics}").into()]));
    }
    answer
}
