//! From the arguments of the process to its exit code.

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use crate::cli::{self, Cli, Command};
use crate::clock::SystemClock;
use crate::commands;
use crate::context::{self, Context};
use crate::error::{Error, Kind, Result};
use crate::interrupt::Interrupt;
use crate::output::{self, Rendering, Ui, UiOptions};
use crate::report::Report;
use crate::settings::{Environment, Settings};

/// Runs the command line `arguments` (the program's name first) in the environment of this process.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let environment: Environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let json = wants_json(&arguments, &environment);
    let ui = Ui::of_process(UiOptions::default(), &environment, Arc::new(SystemClock));
    let outcome = match cli::parse(arguments) {
        Ok(cli) => run(cli, environment),
        Err(refusal) => refuse(&ui, &refusal),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            ui.error(&error, json);
            ExitCode::from(error.kind().exit_code())
        }
    }
}

/// Runs a parsed command line; returns the exit code.
fn run(cli: Cli, environment: Environment) -> Result<u8> {
    let Cli { mut global, command } = cli;
    if matches!(command, Command::Tool(_)) && !global.output_was_asked_for {
        // `source <(aiops completions bash)` means the script, whatever AIOPS_OUTPUT says.
        global.output = None;
    }
    let settings = Settings::resolve(global)?;
    let clock = context::clock(&environment)?;
    let ui = Ui::of_process(UiOptions::from(&settings), &environment, clock.clone());
    let rendering = Rendering::new(&settings.answer, &ui)?;
    let report = match command {
        Command::Tool(command) => commands::tool::run(&command)?,
        command => {
            let filter = environment.get("AIOPS_LOG").map(String::as_str);
            output::log::start(&ui, settings.verbosity, settings.log_format, filter)?;
            let working_directory = std::env::current_dir()
                .map_err(|error| Error::failed("the working directory cannot be found").because(error))?;
            let interrupt = Interrupt::listen()?;
            let context = Context { settings, ui: ui.clone(), clock, environment, working_directory, interrupt };
            run_to_its_end(&context, &command)?
        }
    };
    // A reader that left had what it wanted: the exit code stays that of the command.
    ui.answer(&report, &rendering)?;
    Ok(report.verdict.map_or(0, Kind::exit_code))
}

/// Whether errors are to be JSON, judged before the command line is known to be right.
fn wants_json(arguments: &[OsString], environment: &Environment) -> bool {
    let is_json = |value: &str| value.eq_ignore_ascii_case("json");
    let arguments: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let mut asked = None;
    for (index, argument) in arguments.iter().enumerate() {
        let (name, value) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (argument.as_ref(), arguments.get(index + 1).map(AsRef::as_ref)),
        };
        match name {
            "--" => break,
            "--jq" => return true,
            "--output" => asked = value,
            _ => {}
        }
    }
    asked.or(environment.get("AIOPS_OUTPUT").map(String::as_str)).is_some_and(is_json)
}

/// Runs `command` on a runtime of its own, until it is done or interrupted.
fn run_to_its_end(context: &Context, command: &Command) -> Result<Report> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::failed("cannot start the asynchronous runtime").because(error))?;
    let work = commands::run(context, command);
    let result = if commands::ends_by_interrupt(command) {
        runtime.block_on(work)
    } else {
        runtime.block_on(context.interrupt.or_done(work, commands::how_to_resume(command)))
    };
    runtime.shutdown_background();
    result
}

/// Shows what clap says instead of a parsed command line: help or the version, which is an answer, or a refusal.
fn refuse(ui: &Ui, refusal: &clap::Error) -> Result<u8> {
    use clap::error::ErrorKind;
    match refusal.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            ui.help(&refusal.render().ansi().to_string())?;
            Ok(0)
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            ui.unasked_help(&refusal.render().ansi().to_string());
            Ok(Kind::Usage.exit_code())
        }
        _ => Err(output::error::from_clap(refusal)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_errors_are_foreseen_from_any_command_line() {
        let cases = [
            ("status", "", false),
            ("status --output json", "", true),
            ("status --output=JSON", "", true),
            ("status --output", "", false),
            ("status --output table", "json", false),
            ("status", "json", true),
            ("stats --jq .a", "", true),
            ("status -- --jq .a", "", false),
        ];
        for (line, variable, expected) in cases {
            let arguments: Vec<OsString> = line.split(' ').map(Into::into).collect();
            let mut environment = Environment::new();
            if !variable.is_empty() {
                environment.insert("AIOPS_OUTPUT".into(), variable.into());
            }
            assert_eq!(wants_json(&arguments, &environment), expected, "{line} {variable}");
        }
    }
}
