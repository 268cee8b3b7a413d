//! `domain`: plan, apply, show, delete, and the accounts.

use crate::cli::domain::{Args, DeleteArgs, PlanArgs, Verb};
use crate::commands::account;
use crate::commands::plan::{self, pending, summary};
use crate::commands::setting::Setting;
use crate::context::Context;
use crate::domain::{self, Shown, Studio};
use crate::error::{Error, Kind, Result};
use crate::plan::Plan;
use crate::progress::Progress as _;
use crate::report::{Cell, Report, Table, Tone, View, field};

/// Plans, applies, shows or deletes; or deals with accounts.
pub async fn run(context: &Context, args: &Args) -> Result<Report> {
    match &args.verb {
        Verb::Plan(args) => within(context, async |studio| plan(context, studio, args).await).await,
        Verb::Apply(_) => within(context, async |studio| apply(context, studio).await).await,
        Verb::Show(_) => within(context, async |studio| show(studio).await).await,
        Verb::Delete(args) => within(context, async |studio| delete(context, studio, args).await).await,
        Verb::Account(args) => account::run(context, args).await,
    }
}

/// Works in the domain's world, as the configuration describes it.
pub async fn within(context: &Context, work: impl AsyncFnOnce(&Studio<'_>) -> Result<Report>) -> Result<Report> {
    let scene = Setting::load(context)?.open(context).await?;
    let world = scene.world(context);
    work(&Studio::new(&world)).await
}

async fn plan(context: &Context, studio: &Studio<'_>, args: &PlanArgs) -> Result<Report> {
    let planned = domain::plan(studio).await?;
    context.ui.note(&summary(&planned));
    let report = pending(plan::report(&planned, args.all)?, &planned, args.detailed_exitcode);
    Ok(if planned.has_changes() { report.next("make it so: aiops domain apply") } else { report })
}

async fn apply(context: &Context, studio: &Studio<'_>) -> Result<Report> {
    let planned = domain::plan(studio).await?;
    if let Some(stopped) = plan::before_writing(context, &planned)? {
        return Ok(stopped);
    }
    let applied = if planned.has_changes() { domain::apply(studio).await? } else { planned };
    plan::applied(studio, &applied).await
}

async fn show(studio: &Studio<'_>) -> Result<Report> {
    let Some(shown) = domain::show(studio).await? else {
        let name = &studio.world.config.domain.name;
        return Err(Error::failed(format!("there is no domain {name} in {}", studio.governance()))
            .hint("see what it takes: aiops domain plan"));
    };
    let view = view(&shown);
    Ok(Report::new(&shown, view)?.verdict(shown.verdict()))
}

fn view(shown: &Shown) -> View {
    let status = if shown.status == "AVAILABLE" { Tone::Good } else { Tone::Waiting };
    let fields = vec![
        field("Name", shown.name.clone()),
        field("Id", shown.id.clone()),
        field("Status", Cell::new(&shown.status, status)),
        field("Portal", shown.portal.clone().unwrap_or_else(|| "-".to_owned())),
        field("Projects", shown.projects.to_string()),
    ];
    let managed = |managed: bool| if managed { Cell::from("aiops") } else { Cell::new("others", Tone::Faint) };
    let units = shown.units.iter().map(|unit| {
        let owners = if unit.owners.is_empty() { "-".to_owned() } else { unit.owners.join(", ") };
        // The root unit comes with the domain.
        let made = if unit.depth == 0 { Cell::new("-", Tone::Faint) } else { managed(unit.managed) };
        vec![format!("{}{}", "  ".repeat(unit.depth), unit.name).into(), owners.into(), made]
    });
    let accounts = shown.accounts.iter().map(|account| {
        let state = match (&account.unreachable, account.associated) {
            (Some(reason), _) => Cell::new(reason, Tone::Bad),
            (None, true) => Cell::new("associated", Tone::Good),
            (None, false) => Cell::new("not associated", Tone::Waiting),
        };
        let blueprints = if account.blueprints.is_empty() { "-".to_owned() } else { account.blueprints.join(", ") };
        vec![
            account.account.clone().into(),
            account.region.clone().into(),
            account.tenants.join(", ").into(),
            state,
            blueprints.into(),
        ]
    });
    let profiles = shown.profiles.iter().map(|profile| {
        let tone = if profile.status == "ENABLED" { Tone::Good } else { Tone::Faint };
        vec![
            profile.unit.clone().into(),
            profile.name.clone().into(),
            Cell::new(&profile.status, tone),
            managed(profile.managed),
        ]
    });
    let table = |columns: Vec<&'static str>, rows: Vec<Vec<Cell>>, empty| View::Table(Table { columns, rows, empty });
    View::Sections(vec![
        ("Domain".to_owned(), View::Fields(fields)),
        ("Units".to_owned(), table(vec!["UNIT", "OWNERS", "MADE BY"], units.collect(), "no units")),
        (
            "Accounts".to_owned(),
            table(vec!["ACCOUNT", "REGION", "TENANTS", "STATE", "BLUEPRINTS"], accounts.collect(), "no accounts"),
        ),
        (
            "Profiles".to_owned(),
            table(
                vec!["UNIT", "PROFILE", "STATUS", "MADE BY"],
                profiles.collect(),
                "no profiles yet: aiops profile apply",
            ),
        ),
    ])
}

async fn delete(context: &Context, studio: &Studio<'_>, args: &DeleteArgs) -> Result<Report> {
    let name = studio.world.config.domain.name.to_string();
    let meant = |given: &str| {
        if given == name {
            return Ok(());
        }
        Err(Error::usage(format!("{given:?} is not the domain of aiops.yaml"))
            .hint(format!("the domain is called {name}")))
    };
    if let Some(given) = &args.name {
        meant(given)?;
    }
    let planned: Plan = domain::delete(studio, false).await?;
    context.ui.note(&summary(&planned));
    if studio.world.dry_run || !planned.has_changes() {
        return plan::report(&planned, false);
    }
    if args.name.is_none() {
        plan::tell(context, &planned);
        context.ui.prompt(&format!("To delete it, repeat the name of the domain ({name}):"), meant).map_err(
            |error| {
                if error.kind() == Kind::Usage { error.hint("name the domain: --name") } else { error }
            },
        )?;
    }
    let deleted = domain::delete(studio, true).await?;
    let report = plan::report(&deleted, false)?;
    Ok(match report.verdict {
        Some(_) => report.next("what is gone is gone: run the same command again to continue"),
        None => report,
    })
}
