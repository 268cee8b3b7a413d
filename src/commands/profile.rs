//! `profile`: the project profiles of the domain.

use serde_json::json;

use crate::cli::profile::{Args, DeleteArgs, PlanArgs, ShowArgs, Verb};
use crate::commands::setting::Setting;
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::plan::{self, Action, Facts, Outcome, Plan, Resource, State, Walk};
use crate::profile::{self, Listed, Profiles, Removal, Shown};
use crate::progress::Progress as _;
use crate::report::{Cell, Report, Table, Tone, View, field};
use crate::world::World;

/// Runs the verb.
pub async fn run(context: &Context, args: &Args) -> Result<Report> {
    let setting = Setting::load(context)?;
    let scene = setting.open(context).await?;
    let world = scene.world(context);
    match &args.verb {
        Verb::Plan(args) => plan(context, &world, args).await,
        Verb::Apply(_) => apply(context, &world).await,
        Verb::List(_) => list(context, &world).await,
        Verb::Show(args) => show(&world, args).await,
        Verb::Delete(args) => delete(context, &world, args).await,
    }
}

async fn plan(context: &Context, world: &World<'_>, args: &PlanArgs) -> Result<Report> {
    let profiles = Profiles::prepare(world, context.settings.tenant.as_deref()).await?;
    let plan = plan::look(&profiles.resources().await?, &Facts::default(), &walk(world)).await;
    let conflict = (plan.count(Action::Conflict) > 0).then_some(Kind::Failed);
    let pending = (args.detailed_exitcode && plan.has_changes()).then_some(Kind::ChangesPending);
    let verdict = plan.verdict().or(conflict).or(pending);
    let report = report(&plan)?.verdict(verdict);
    Ok(if plan.has_changes() { report.next("do it: aiops profile apply") } else { report })
}

async fn apply(context: &Context, world: &World<'_>) -> Result<Report> {
    let profiles = Profiles::prepare(world, context.settings.tenant.as_deref()).await?;
    carry_out(context, world, &profiles.resources().await?, "make the profiles so?").await
}

async fn delete(context: &Context, world: &World<'_>, args: &DeleteArgs) -> Result<Report> {
    let removal = Removal::prepare(world, &args.name).await?;
    let question = match removal.projects {
        0 => format!("delete the profile {:?}?", args.name),
        projects => format!("disable the profile {:?}? {projects} projects use it, so it stays", args.name),
    };
    let report = carry_out(context, world, &removal.resources().await?, &question).await?;
    Ok(if removal.is_in_config {
        report.next("aiops.yaml describes it: take it out, or the next `aiops profile apply` makes it again")
    } else {
        report
    })
}

/// Plans, asks, and does it.
async fn carry_out(
    context: &Context,
    world: &World<'_>,
    resources: &[Box<dyn Resource + '_>],
    question: &str,
) -> Result<Report> {
    let planned = plan::look(resources, &Facts::default(), &walk(world)).await;
    planned.refuse_conflicts()?;
    if world.dry_run || !planned.has_changes() {
        let verdict = planned.verdict();
        return Ok(report(&planned)?.verdict(verdict));
    }
    for step in planned.steps.iter().filter(|step| step.action.is_change()) {
        context.ui.note(&format!(
            "{} {} {}: {}",
            step.action.word(),
            step.address.kind,
            step.address.name,
            step.reason
        ));
        for difference in &step.differences {
            context.ui.note(&format!("  {}: {} -> {}", difference.field, difference.actual, difference.desired));
        }
    }
    if !context.ui.confirm(question)? {
        return Err(Error::new(Kind::Cancelled, "nothing was changed"));
    }
    let done = plan::apply(resources, &Facts::default(), &walk(world)).await;
    let verdict = done.verdict();
    Ok(report(&done)?.verdict(verdict))
}

fn walk<'a>(world: &World<'a>) -> Walk<'a> {
    let concurrency = &world.config.concurrency;
    Walk {
        clock: world.clock,
        progress: world.progress,
        lanes: concurrency.accounts,
        look_within: concurrency.account_timeout,
    }
}

/// A plan, or what became of it.
fn report(plan: &Plan) -> Result<Report> {
    let rows = plan.steps.iter().flat_map(rows);
    let columns = vec!["ACTION", "ACCOUNT", "KIND", "NAME", "WHY"];
    let table = Table { columns, rows: rows.collect(), empty: "aiops.yaml describes no profiles" };
    let hints: Vec<&String> = plan.failures().flat_map(|step| &step.hints).collect();
    let report = Report::new(plan, View::Table(table))?;
    Ok(hints.into_iter().fold(
        report,
        |report, hint| {
            if report.next.contains(hint) { report } else { report.next(hint) }
        },
    ))
}

/// A step, and a row for each field that differs.
fn rows(step: &Outcome) -> Vec<Vec<Cell>> {
    let word = match step.state {
        State::Planned => Cell::new(step.action.word(), tone(step.action)),
        State::Done => Cell::new(format!("{}: done", step.action.word()), Tone::Good),
        State::Failed => Cell::new(format!("{}: failed", step.action.word()), Tone::Bad),
        State::Skipped => Cell::new("skipped", Tone::Bad),
    };
    let why = match &step.error {
        Some(error) => Cell::new(error, Tone::Bad),
        None => Cell::from(&step.reason),
    };
    let first = vec![
        word,
        step.address.account.clone().into(),
        step.address.kind.into(),
        step.address.name.clone().into(),
        why,
    ];
    let differences = step.differences.iter().map(|difference| {
        let what = format!("{}: {} -> {}", difference.field, difference.actual, difference.desired);
        vec![Cell::default(), Cell::default(), Cell::default(), Cell::default(), Cell::new(what, Tone::Waiting)]
    });
    std::iter::once(first).chain(differences).collect()
}

fn tone(action: Action) -> Tone {
    match action {
        Action::Keep => Tone::Faint,
        Action::Create | Action::Change | Action::Leave => Tone::Waiting,
        Action::Remove | Action::Conflict | Action::Unknown => Tone::Bad,
    }
}

async fn list(context: &Context, world: &World<'_>) -> Result<Report> {
    let listed = profile::list(world, context.settings.tenant.as_deref()).await?;
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

async fn show(world: &World<'_>, args: &ShowArgs) -> Result<Report> {
    let shown = profile::show(world, &args.name).await?;
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
