//! `config`: what counts, where it comes from, and whether it is right.

use serde_json::json;

use crate::cli::config::{Args, SchemaArgs, SchemaOf, ShowArgs, Verb};
use crate::commands::setting::Setting;
use crate::config::{self, Sourced};
use crate::context::Context;
use crate::deployment;
use crate::error::{Error, Result};
use crate::report::{Cell, Report, Table, Tone, View, field};
use crate::seed::{cicd, manifest};

/// Runs the verb.
pub fn run(context: &Context, args: &Args) -> Result<Report> {
    match &args.verb {
        Verb::Show(args) => show(context, args),
        Verb::Check(_) => check(context),
        Verb::Schema(args) => schema(args),
    }
}

fn show(context: &Context, args: &ShowArgs) -> Result<Report> {
    let setting = Setting::load(context)?;
    let config = setting.config()?;
    let sources = &setting.loaded().sources.0;
    let columns = if args.sources { vec!["KEY", "VALUE", "SOURCE"] } else { vec!["KEY", "VALUE"] };
    let row = |sourced: &Sourced| {
        let mut row = vec![Cell::from(sourced.path.as_str()), Cell::from(plain(&sourced.value))];
        if args.sources {
            row.push(Cell::new(sourced.source.to_string(), Tone::Faint));
        }
        row
    };
    let table = Table { columns, rows: sources.iter().map(row).collect(), empty: "the configuration is empty" };
    let view = View::Table(table);
    if args.sources { Report::new(sources, view) } else { Report::new(config, view) }
}

/// A leaf as a person would write it.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn check(context: &Context) -> Result<Report> {
    let setting = Setting::load(context)?;
    let config = setting.config()?;
    let path = setting.loaded().path.as_ref().map(|path| path.display().to_string());
    let fields = vec![
        field("File", path.clone().unwrap_or_default()),
        field("Tenants", config.tenants.len().to_string()),
        field("Mistakes", Cell::new("none", Tone::Good)),
    ];
    let data = json!({"file": path, "tenants": config.tenants.len(), "warnings": setting.loaded().warnings});
    Report::new(&data, View::Fields(fields))
}

fn schema(args: &SchemaArgs) -> Result<Report> {
    let text = match args.file {
        SchemaOf::Aiops => config::schema_text(),
        SchemaOf::Template => manifest::SCHEMA.text(),
        SchemaOf::CicdConfig => cicd::SCHEMA.text(),
        SchemaOf::Deploy => deployment::schema_text(),
    };
    let schema: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| Error::failed("the schema is not understood").because(error))?;
    Report::new(&schema, View::Text(text))
}
