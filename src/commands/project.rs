//! `project`: the projects of teams.

use std::time::Duration;

use crate::cli::project::{
    Args, CreateArgs, DeleteArgs, MembersAddArgs, MembersArgs, MembersListArgs, MembersRemoveArgs, MembersVerb, Role,
    SeedArgs, ShowArgs, UpdateArgs, Verb, WaitArgs,
};
use crate::commands::plan;
use crate::commands::repositories::{self, hosting};
use crate::commands::setting::{Scene, Setting};
use crate::commands::{project_audit, project_catalog, template};
use crate::config::Principal;
use crate::context::Context;
use crate::domain::Studio;
use crate::error::{Error, Result};
use crate::governance::Stage;
use crate::plan::Plan;
use crate::progress::Progress as _;
use crate::project::{self, DEPLOYMENT_TAKES, Designation, Listed, Order, Readiness, Shown};
use crate::report::{Cell, Report, Table, Tone, View, field};

/// Runs the verb.
pub async fn run(context: &Context, args: &Args) -> Result<Report> {
    let setting = Setting::load(context)?;
    let scene = setting.open(context).await?;
    let world = scene.world(context);
    let studio = Studio::new(&world);
    let tenant = context.settings.tenant.as_deref();
    match &args.verb {
        Verb::Create(args) => create(context, &scene, &studio, args).await,
        Verb::List(_) => list(&studio, tenant).await,
        Verb::Show(args) => show(&studio, tenant, args).await,
        Verb::Wait(args) => wait(&studio, tenant, args).await,
        Verb::Members(args) => members(context, &studio, args).await,
        Verb::Seed(args) => seed(context, &scene, &studio, args).await,
        Verb::Update(args) => update(context, &scene, &studio, args).await,
        Verb::Subscribe(args) => project_catalog::subscribe(context, args).await,
        Verb::Publish(args) => project_catalog::publish(context, args).await,
        Verb::Audit(args) => project_audit::run(context, args).await,
        Verb::Delete(args) => delete(context, &scene, &studio, args).await,
    }
}

impl From<Role> for Designation {
    fn from(role: Role) -> Self {
        match role {
            Role::Owner => Designation::Owner,
            Role::Contributor => Designation::Contributor,
            Role::Steward => Designation::Steward,
            Role::Consumer => Designation::Consumer,
            Role::Viewer => Designation::Viewer,
        }
    }
}

fn patience(timeout: Option<Duration>) -> Duration {
    timeout.unwrap_or(DEPLOYMENT_TAKES)
}

async fn create(context: &Context, scene: &Scene, studio: &Studio<'_>, args: &CreateArgs) -> Result<Report> {
    let tenant = project::tenant(studio.world, context.settings.tenant.as_deref())?;
    let profile = project::profile(studio.world, tenant, &args.profile)?;
    let of = |people: &[Principal], designation| people.iter().cloned().map(move |who| (who, designation)).collect();
    let mut members: Vec<(Principal, Designation)> = of(&args.owner, Designation::Owner);
    members.extend::<Vec<_>>(of(&args.member, Designation::Contributor));
    let mut order = Order::new(tenant, args.name.clone(), profile).narrowed(&args.stages)?.with(members)?;
    order.description.clone_from(&args.description);
    order.account.clone_from(&args.account);
    order.patience = patience(args.timeout);
    order.answers = template::given(context, &args.told)?;
    let hosting = if args.no_repository { None } else { Some(hosting(context, scene, studio.world).await?) };
    let planned = project::plan(studio, order.clone(), hosting.as_ref()).await?;
    if let Some(stopped) = plan::before_writing(context, &planned)? {
        return Ok(stopped);
    }
    let applied = if planned.has_changes() { project::apply(studio, order, hosting.as_ref()).await? } else { planned };
    done(&applied, &format!("look at it: aiops project show {}", args.name))
}

/// The report of what was done, with what to do next.
fn done(applied: &Plan, next: &str) -> Result<Report> {
    let report = plan::report(applied, false)?;
    Ok(match report.verdict {
        Some(_) => report.next("what was done stays done: run the same command again to continue"),
        None => report.next(next),
    })
}

async fn list(studio: &Studio<'_>, tenant: Option<&str>) -> Result<Report> {
    let listed = project::list(studio, tenant).await?;
    let rows = listed.iter().map(|project| {
        let known = |text: &Option<String>| text.as_deref().map_or_else(|| Cell::new("-", Tone::Faint), Cell::from);
        let mut row = vec![project.tenant.clone().into(), project.name.clone().into(), known(&project.profile)];
        row.extend(Stage::ALL.map(|stage| {
            let workspace = project.workspaces.iter().find(|workspace| workspace.stage == Some(stage));
            workspace.map_or_else(|| Cell::new("-", Tone::Faint), |workspace| readiness(&workspace.readiness))
        }));
        row
    });
    let table = Table {
        columns: vec!["TENANT", "PROJECT", "PROFILE", "DEV", "TEST", "PROD"],
        rows: rows.collect(),
        empty: "there are no projects yet: aiops project create NAME --profile PROFILE",
    };
    Report::new(&listed, View::Table(table))
}

fn readiness(readiness: &Readiness) -> Cell {
    let tone = match readiness {
        Readiness::Ready => Tone::Good,
        Readiness::Pending { .. } => Tone::Waiting,
        Readiness::Failed { .. } => Tone::Bad,
    };
    Cell::new(readiness.word(), tone)
}

async fn show(studio: &Studio<'_>, tenant: Option<&str>, args: &ShowArgs) -> Result<Report> {
    let shown = project::show(studio, &args.name, tenant).await?;
    let view = View::Sections(vec![
        ("Project".to_owned(), View::Fields(fields(&shown.project))),
        ("Workspaces".to_owned(), View::Table(workspaces(&shown))),
        ("Environments".to_owned(), View::Table(environments(&shown))),
        ("Connections".to_owned(), View::Table(connections(&shown))),
        ("Members".to_owned(), View::Table(people(&shown.members))),
    ]);
    Report::new(&shown, view)
}

fn fields(project: &Listed) -> Vec<(String, Cell)> {
    let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    vec![
        field("Name", project.name.clone()),
        field("Tenant", project.tenant.clone()),
        field("Profile", known(&project.profile)),
        field("Template", known(&project.template)),
        field("Description", known(&project.description)),
    ]
}

fn workspaces(shown: &Shown) -> Table {
    let rows = shown.project.workspaces.iter().map(|workspace| {
        let known = |text: Option<&String>| text.cloned().map_or_else(|| Cell::new("-", Tone::Faint), Cell::from);
        vec![
            workspace.stage.map_or("-", Stage::word).into(),
            workspace.name.clone().into(),
            workspace.id.clone().into(),
            readiness(&workspace.readiness),
            known(shown.roles.get(&workspace.name)),
            known(shown.mlflow.get(&workspace.name)),
            known(shown.repositories.get(&workspace.name).map(|names| names.join(", ")).as_ref()),
        ]
    });
    Table {
        columns: vec!["STAGE", "NAME", "ID", "DEPLOYMENT", "ROLE", "MLFLOW", "REPOSITORY"],
        rows: rows.collect(),
        empty: "it has none",
    }
}

fn environments(shown: &Shown) -> Table {
    let rows = shown.environments.iter().map(|environment| {
        let tone = match environment.status.as_str() {
            "ACTIVE" => Tone::Good,
            status if status.contains("FAILED") => Tone::Bad,
            _ => Tone::Waiting,
        };
        vec![
            environment.workspace.clone().into(),
            environment.name.clone().into(),
            Cell::new(&environment.status, tone),
            environment.account.clone().into(),
            environment.region.clone().into(),
        ]
    });
    let columns = vec!["WORKSPACE", "ENVIRONMENT", "STATUS", "ACCOUNT", "REGION"];
    Table { columns, rows: rows.collect(), empty: "it has none yet" }
}

fn connections(shown: &Shown) -> Table {
    let rows = shown.connections.iter().map(|connection| {
        let known = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
        vec![
            connection.workspace.clone().into(),
            connection.name.clone().into(),
            connection.kind.clone().into(),
            known(&connection.status).into(),
        ]
    });
    let columns = vec!["WORKSPACE", "CONNECTION", "TYPE", "STATUS"];
    Table { columns, rows: rows.collect(), empty: "it has none yet" }
}

fn people(members: &[project::Known]) -> Table {
    let rows = members.iter().flat_map(|member| {
        member.designations.iter().map(|(workspace, designation)| {
            vec![member.who.clone().into(), workspace.clone().into(), designation.clone().into()]
        })
    });
    Table { columns: vec!["WHO", "WORKSPACE", "ROLE"], rows: rows.collect(), empty: "nobody" }
}

async fn wait(studio: &Studio<'_>, tenant: Option<&str>, args: &WaitArgs) -> Result<Report> {
    let listed = project::wait(studio, &args.name, tenant, patience(args.timeout)).await?;
    let rows = listed.workspaces.iter().map(|workspace| {
        vec![
            workspace.stage.map_or("-", Stage::word).into(),
            workspace.name.clone().into(),
            readiness(&workspace.readiness),
        ]
    });
    let table = Table { columns: vec!["STAGE", "NAME", "DEPLOYMENT"], rows: rows.collect(), empty: "it has none" };
    Report::new(&listed, View::Table(table))
}

async fn members(context: &Context, studio: &Studio<'_>, args: &MembersArgs) -> Result<Report> {
    let tenant = context.settings.tenant.as_deref();
    match &args.verb {
        MembersVerb::List(MembersListArgs { name }) => {
            let members = project::members(studio, name, tenant).await?;
            let table = people(&members);
            Report::new(&members, View::Table(table))
        }
        MembersVerb::Add(MembersAddArgs { name, who, role }) => {
            change(context, studio, (name, tenant), who, Some((*role).into())).await
        }
        MembersVerb::Remove(MembersRemoveArgs { name, who }) => {
            change(context, studio, (name, tenant), who, None).await
        }
    }
}

async fn change(
    context: &Context,
    studio: &Studio<'_>,
    project: (&str, Option<&str>),
    who: &[Principal],
    wanted: Option<Designation>,
) -> Result<Report> {
    let planned = project::change(studio, project, who, wanted, false).await?;
    if let Some(stopped) = plan::before_writing(context, &planned)? {
        return Ok(stopped);
    }
    let changed = match planned.has_changes() {
        true => project::change(studio, project, who, wanted, true).await?,
        false => planned,
    };
    done(&changed, &format!("who works in it now: aiops project members list {}", project.0))
}

async fn update(context: &Context, scene: &Scene, studio: &Studio<'_>, args: &UpdateArgs) -> Result<Report> {
    let tenant = context.settings.tenant.as_deref();
    match (&args.name, args.redeploy) {
        (Some(name), true) => {
            let names = project::redeploy(studio, (name, tenant), patience(args.timeout)).await?;
            let word = if context.settings.dry_run { "would be deployed again" } else { "deployed" };
            let rows = names.iter().map(|name| vec![name.clone().into(), Cell::new(word, Tone::Good)]);
            let table = Table { columns: vec!["NAME", "DEPLOYMENT"], rows: rows.collect(), empty: "it has none" };
            Report::new(&names, View::Table(table))
        }
        (name, _) if args.check => {
            let hosting = hosting(context, scene, studio.world).await?;
            repositories::checked(&project::check(studio, &hosting, name.as_deref(), tenant).await?)
        }
        (Some(name), _) => {
            let hosting = hosting(context, scene, studio.world).await?;
            let answers = template::given(context, &args.told)?;
            repositories::offered(&project::update(studio, &hosting, (name, tenant), &answers).await?)
        }
        (None, _) => Err(Error::usage("which project?").hint("name one, or look at all with --check")),
    }
}

async fn seed(context: &Context, scene: &Scene, studio: &Studio<'_>, args: &SeedArgs) -> Result<Report> {
    let hosting = hosting(context, scene, studio.world).await?;
    let answers = template::given(context, &args.told)?;
    let project = (args.name.as_str(), context.settings.tenant.as_deref());
    repositories::offered(&project::seed(studio, &hosting, project, &answers).await?)
}

async fn delete(context: &Context, scene: &Scene, studio: &Studio<'_>, args: &DeleteArgs) -> Result<Report> {
    let tenant = context.settings.tenant.as_deref();
    let hosting = match hosting(context, scene, studio.world).await {
        Ok(hosting) => Some(hosting),
        Err(error) => {
            context.ui.warn(&format!("repositories are not looked for: {error}"));
            None
        }
    };
    let planned = project::delete(studio, (&args.name, tenant), hosting.as_ref(), false).await?;
    if let Some(stopped) = plan::before_writing(context, &planned)? {
        return Ok(stopped);
    }
    let deleted = match planned.has_changes() {
        true => project::delete(studio, (&args.name, tenant), hosting.as_ref(), true).await?,
        false => planned,
    };
    done(&deleted, "endpoints of its model, and what lies in buckets, stay as well")
}
