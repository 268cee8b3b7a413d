//! One file per noun: arguments and a context become a report. Nothing here prints.

pub mod tool;

use crate::cli::Command;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::report::Report;

/// Runs `command`.
pub async fn run(_context: &Context, command: &Command) -> Result<Report> {
    match command {
        Command::Demo(_)
        | Command::Init(_)
        | Command::Status(_)
        | Command::Promote(_)
        | Command::Approve(_)
        | Command::Config(_)
        | Command::Sandbox(_) => Err(Error::failed("this command has no body in this build")),
        Command::Tool(command) => tool::run(command),
    }
}

/// Whether `command` runs until it is interrupted, and ends in order by itself then.
pub fn ends_by_interrupt(command: &Command) -> bool {
    use crate::cli::sandbox::{Args, Verb};
    matches!(command, Command::Sandbox(Args { verb: Verb::Serve(_) }))
}

/// How to go on after `command` was interrupted; nothing if it only looks.
pub fn how_to_resume(command: &Command) -> Option<&'static str> {
    match command {
        Command::Demo(_) => Some("run the same command again: it starts the story afresh"),
        Command::Promote(_) | Command::Approve(_) => {
            Some("run the same command again: it looks at what is done and continues from there")
        }
        _ => None,
    }
}
