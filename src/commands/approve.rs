//! `approve`: decisions, and what waits for one.

use serde::Serialize;

use crate::approve::{self, Effect};
use crate::cli::approve::{Args, Decision, Verb};
use crate::commands::setting::{Scene, Setting};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::governance::{LifeCycle, Persona};
use crate::model_ref::numbered;
use crate::progress::Progress as _;
use crate::report::{Cell, Report, Table, Tone, View, field};
use crate::status::{self, Scope};
use crate::world::World;

/// Decides, or lists what waits.
pub async fn run(context: &Context, args: &Args) -> Result<Report> {
    match (&args.verb, &args.decision) {
        (Some(Verb::List(_)), _) => list(context).await,
        #[cfg(feature = "datazone")]
        (Some(Verb::Subscription(args)), _) => super::approve_subscription::decide(context, args).await,
        #[cfg(not(feature = "datazone"))]
        (Some(Verb::Subscription(_)), _) => {
            Err(Error::usage("this build has no client for that").hint("build it with the feature `datazone`"))
        }
        (None, Some(decision)) => decide(context, decision).await,
        (None, None) => Err(Error::usage("what is to be decided?").hint("`aiops approve list` shows what waits")),
    }
}

async fn decide(context: &Context, decision: &Decision) -> Result<Report> {
    let setting = Setting::load(context)?;
    let scene = setting.open(context).await?;
    let world = scene.world(context);
    let to = LifeCycle::new(decision.stage, decision.status);
    let tenant = context.settings.tenant.as_deref();
    let decided = approve::decide(&world, &decision.model, tenant, to, &decision.comment).await?;
    let title = format!("{}/{}", decided.tenant, decided.model);
    let effect = match decided.effect {
        Effect::Decided => Cell::new(format!("{} -> {}", decided.from, decided.to), Tone::Good),
        Effect::AlreadySo => Cell::new(format!("was {} already", decided.to), Tone::Faint),
        Effect::WouldDecide => Cell::new(format!("{} -> {}, not done", decided.from, decided.to), Tone::Waiting),
    };
    let started = match decision.dispatch {
        true => start(context, &scene, &world, &decided, to).await?,
        false => None,
    };
    let mut fields = vec![
        field("Model", numbered(&title, decided.version)),
        field("Decision", effect),
        field("Registry", decided.registry.to_string()),
        field("By", decided.by.clone().unwrap_or_else(|| "-".to_owned())),
        field("Comment", decided.comment.clone()),
    ];
    fields.extend(started.map(|started| field("Deployment", started)));
    Report::new(&decided, View::Fields(fields))
}

/// Starts the deployment that a decision allows in the project's CI; says which.
#[cfg(feature = "datazone")]
async fn start(
    context: &Context,
    scene: &Scene,
    world: &World<'_>,
    decided: &approve::Decided,
    to: LifeCycle,
) -> Result<Option<String>> {
    use super::repositories::hosting;
    use crate::project;
    let Some(stage) = project::due(to) else {
        return Err(Error::usage(format!("nothing is deployed once a version is {to}"))
            .hint("the decision stands; leave out --dispatch"));
    };
    let (Some(version), true) = (decided.version, decided.effect != Effect::WouldDecide) else { return Ok(None) };
    let tenant = world.landscape.tenant(&decided.tenant)?;
    let hosting = hosting(context, scene, world).await?;
    let repository = project::dispatch(world, &hosting, (tenant, &decided.model), version, stage).await?;
    Ok(Some(format!("to {} started in {repository}", stage.word())))
}

/// The same, where there is nobody to start it.
#[cfg(not(feature = "datazone"))]
async fn start(_: &Context, _: &Scene, _: &World<'_>, _: &approve::Decided, _: LifeCycle) -> Result<Option<String>> {
    Err(Error::usage("this build knows no repositories").hint("build it with the feature `datazone`"))
}

/// A version that waits for somebody.
#[derive(Serialize)]
struct Waiting {
    tenant: String,
    model: String,
    version: Option<u32>,
    persona: Persona,
    act: &'static str,
    lifecycle: String,
    command: String,
}

async fn list(context: &Context) -> Result<Report> {
    let setting = Setting::load(context)?;
    let scene = setting.open(context).await?;
    let world = scene.world(context);
    let scope = Scope { tenant: context.settings.tenant.clone(), ..Scope::default() };
    let status = status::status(&world, &scope).await?;
    let mut waiting = Vec::new();
    for model in &status.models {
        for version in &model.versions {
            let Some(wait) = &version.waiting_for else { continue };
            if world.acting_as.is_some_and(|persona| persona != wait.persona) {
                continue;
            }
            let at = version.central.as_ref().or(version.dev.as_ref());
            let name = numbered(&model.model, version.version);
            waiting.push(Waiting {
                tenant: model.tenant.clone(),
                model: model.model.clone(),
                version: version.version,
                persona: wait.persona,
                act: wait.act,
                lifecycle: at.map_or_else(String::new, |known| known.lifecycle.to_string()),
                command: wait.command(&name, &model.tenant),
            });
        }
    }
    for account in &status.unreachable {
        context.ui.warn(&format!("account {} was not asked: {}", account.account, account.reason));
    }
    let versions = Report::new(&waiting, View::Table(table(&waiting)))?;
    #[cfg(feature = "datazone")]
    let versions = super::approve_subscription::with_waiting(context, &world, versions).await?;
    Ok(versions.verdict(status.verdict()))
}

fn table(waiting: &[Waiting]) -> Table {
    let rows = waiting.iter().map(|wait| {
        vec![
            wait.tenant.clone().into(),
            wait.model.clone().into(),
            wait.version.map_or_else(|| "-".to_owned(), |version| version.to_string()).into(),
            wait.lifecycle.clone().into(),
            Cell::new(wait.persona.title(), Tone::Waiting),
            wait.command.clone().into(),
        ]
    });
    Table {
        columns: vec!["TENANT", "MODEL", "VERSION", "NOW", "WAITING FOR", "COMMAND"],
        rows: rows.collect(),
        empty: "nothing waits for anybody",
    }
}
