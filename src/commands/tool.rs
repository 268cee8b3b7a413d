//! `completions`, `man`, `version` and `help TOPIC`: what the tool says about itself.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::json;

use crate::cli::help::TOPICS;
use crate::cli::tool::{CompletionsArgs, ManArgs};
use crate::cli::{self, Tool};
use crate::error::{Error, Result};
use crate::report::{Report, Table, View, field};

/// Runs `command`.
pub fn run(command: &Tool) -> Result<Report> {
    match command {
        Tool::Completions(args) => completions(args),
        Tool::Man(args) => man(args),
        Tool::Version(_) => version(),
        // Help for commands is clap's, and has been shown by now.
        Tool::Help(args) => text(args.topic().unwrap_or(TOPICS[0]).text.to_owned()),
    }
}

fn completions(args: &CompletionsArgs) -> Result<Report> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut cli::command(), "aiops", &mut script);
    text(String::from_utf8_lossy(&script).into_owned())
}

fn man(args: &ManArgs) -> Result<Report> {
    match &args.directory {
        Some(directory) => {
            let cannot = |error: io::Error| {
                Error::failed(format!("cannot write manual pages to {}", directory.display())).because(error)
            };
            fs::create_dir_all(directory).map_err(cannot)?;
            let mut command = cli::command();
            command.build();
            let mut files = Vec::new();
            write_pages(&command, directory, &mut files).map_err(cannot)?;
            let rows = files.iter().map(|file| vec![file.as_str().into()]).collect();
            let view = View::Table(Table { columns: vec!["FILE"], rows, empty: "" });
            Report::new(&json!({ "files": files }), view)
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(cli::command())
                .render(&mut page)
                .map_err(|error| Error::failed("cannot render the manual page").because(error))?;
            text(String::from_utf8_lossy(&page).into_owned())
        }
    }
}

/// Writes the page of `command` and of everything below it.
fn write_pages(command: &clap::Command, directory: &Path, files: &mut Vec<String>) -> io::Result<()> {
    let file = clap_mangen::Man::new(command.clone()).generate_to(directory)?;
    files.push(file.display().to_string());
    command.get_subcommands().try_for_each(|verb| write_pages(verb, directory, files))
}

fn version() -> Result<Report> {
    let version = env!("CARGO_PKG_VERSION");
    let platform = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    let fields = vec![field("version", version), field("platform", platform.as_str())];
    Report::new(&json!({ "version": version, "platform": platform }), View::Fields(fields))
}

fn text(text: String) -> Result<Report> {
    Report::new(&text, View::Text(text.clone()))
}
