//! `profile`: the project profiles of the domain.

use serde_json::json;

use crate::cli::profile::{Args, DeleteArgs, PlanArgs, ShowArgs, Verb};
use crate::commands::plan::{self, pending, summary};
use crate::commands::setting::Setting;
use crate::context::Context;
use crate::domain::Studio;
use crate::error::Result;
use crate::profile::{self, Listed, Shown};
use crate::progress::Progress as _;
use crate::report::{Cell, Report, Table, Tone, View, field};

/// Runs the verb.
pub async fn run(context: &Context, args: &Args) -> Result<Report> {
    let setting = Setting::load(context)?;
    let scene = setting.open(context).await?;
    let world = scene.world(context);
    let studio = Studio::new(&world);
    let tenant = context.settings.tenant.as_deref();
    match &args.verb {
        Verb::Plan(args) => plan(context, &studio, tenant, args).await,
        Verb::Apply(_) => apply(context, &studio, tenant).await,
        Verb::List(_) => list(&studio, tenant).await,
        Verb::Show(args) => show(&studio, args).await,
        Verb::Delete(args) => delete(context, &studio, args).await,
    }
}

async fn plan(context: &Context, studio: &Studio<'_>, tenant: Option<&str>, args: &PlanArgs) -> Result<Report> {
    let planned = profile::plan(studio, tenant).await?;
    context.ui.note(&summary(&planned));
    let report = pending(plan::report(&planned, args.all)?, &planned, args.detailed_exitcode);
    Ok(if planned.has_changes() { report.next("make it so: aiops profile apply") } else { report })
}

async fn apply(context: &Context, studio: &Studio<'_>, tenant: Option<&str>) -> Result<Report> {
    let planned = profile::plan(studio, tenant).await?;
    if let Some(stopped) = plan::before_writing(context, &planned)? {
        return Ok(stopped);
    }
    let applied = if planned.has_changes() { profile::apply(studio, tenant).await? } else { planned };
    plan::applied(studio, &applied).await
}

async fn delete(context: &Context, studio: &Studio<'_>, args: &DeleteArgs) -> Result<Report> {
    let planned = profile::delete(studio, &args.name, false).await?;
    if let Some(stopped) = plan::before_writing(context, &planned)? {
        return Ok(stopped);
    }
    let deleted = if planned.has_changes() { profile::delete(studio, &args.name, true).await? } else { planned };
    let report = plan::report(&deleted, false)?;
    Ok(if profile::is_in_config(studio, &args.name) {
        report.next("aiops.yaml describes it: take it out, or the next `aiops profile apply` makes it again")
    } else {
        report
    })
}

async fn list(studio: &Studio<'_>, tenant: Option<&str>) -> Result<Report> {
    let listed = profile::list(studio, tenant).await?;
    let known = |text: Option<&str>| text.map_or_else(|| Cell::new("-", Tone::Faint), Cell::from);
    let rows = listed.iter().map(|profile| {
        vec![
            known(profile.tenant.as_deref()),
            known(profile.stage),
            profile.name.clone().into(),
            known(profile.use_case),
            status(profile),
            profile.accounts.join(", ").into(),
            profile.environments.join(", ").into(),
        ]
    });
    let table = Table {
        columns: vec!["TENANT", "STAGE", "NAME", "USE CASE", "STATUS", "ACCOUNT", "ENVIRONMENTS"],
        rows: rows.collect(),
        empty: "there are no project profiles",
    };
    let missing = listed.iter().any(|profile| profile.id.is_none());
    let report = Report::new(&listed, View::Table(table))?;
    Ok(if missing { report.next("make what is missing: aiops profile apply") } else { report })
}

fn status(profile: &Listed) -> Cell {
    let tone = match profile.status.as_str() {
        "enabled" => Tone::Good,
        "missing" => Tone::Bad,
        _ => Tone::Waiting,
    };
    Cell::new(&profile.status, tone)
}

async fn show(studio: &Studio<'_>, args: &ShowArgs) -> Result<Report> {
    let shown = profile::show(studio, &args.name).await?;
    let view = View::Sections(vec![
        ("Profile".to_owned(), View::Fields(fields(&shown))),
        ("Environments".to_owned(), View::Table(environments(&shown))),
        ("Parameters".to_owned(), View::Table(parameters(&shown))),
        ("Who may create projects".to_owned(), View::Table(people(&shown))),
    ]);
    Report::new(&shown, view)
}

fn fields(shown: &Shown) -> Vec<(String, Cell)> {
    let Shown { listed, description, .. } = shown;
    let known = |text: Option<&str>| text.unwrap_or("-").to_owned();
    vec![
        field("Name", listed.name.clone()),
        field("Id", known(listed.id.as_deref())),
        field("Tenant", known(listed.tenant.as_deref())),
        field("Stage", known(listed.stage)),
        field("Use case", known(listed.use_case)),
        field("Template", known(listed.template.as_deref())),
        field("Status", status(listed)),
        field("Description", known(description.as_deref())),
    ]
}

fn environments(shown: &Shown) -> Table {
    let rows = shown.listed.environments.iter().filter_map(|name| {
        let environment = shown.details.get(name)?;
        let home = json!(environment.home);
        let text = |key: &str| home[key].as_str().unwrap_or("-").to_owned();
        let pools: Vec<&str> =
            home["account_pools"].as_array().into_iter().flatten().filter_map(|p| p.as_str()).collect();
        let account = if pools.is_empty() { text("account") } else { format!("pool {}", pools.join(", ")) };
        Some(vec![
            name.clone().into(),
            environment.blueprint.clone().into(),
            environment.mode.to_lowercase().replace('_', "-").into(),
            environment.order.map_or_else(|| "-".to_owned(), |order| order.to_string()).into(),
            account.into(),
            text("region").into(),
        ])
    });
    let columns = vec!["ENVIRONMENT", "BLUEPRINT", "MODE", "ORDER", "ACCOUNT", "REGION"];
    Table { columns, rows: rows.collect(), empty: "its projects have no environments" }
}

fn parameters(shown: &Shown) -> Table {
    let mut rows = Vec::new();
    for name in &shown.listed.environments {
        for (parameter, setting) in shown.details.get(name).into_iter().flat_map(|known| &known.parameters) {
            let editable = match setting.editable {
                Some(true) => "yes",
                Some(false) => "no",
                None => "-",
            };
            rows.push(vec![
                name.clone().into(),
                parameter.clone().into(),
                setting.value.clone().into(),
                editable.into(),
            ]);
        }
    }
    Table { columns: vec!["ENVIRONMENT", "PARAMETER", "VALUE", "EDITABLE"], rows, empty: "all are the blueprints' own" }
}

fn people(shown: &Shown) -> Table {
    let rows = shown.may_create.iter().map(|known| {
        let effective = if known.effective { Cell::new("yes", Tone::Good) } else { Cell::new("no", Tone::Bad) };
        vec![known.who.clone().into(), known.units.join(", ").into(), effective]
    });
    Table { columns: vec!["WHO", "GRANTED IN", "EFFECTIVE"], rows: rows.collect(), empty: "nobody but owners" }
}
