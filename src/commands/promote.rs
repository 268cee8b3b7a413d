//! `promote`: a version moves to central, test or prod.

use serde::Serialize;

use crate::aws::poll::Patience;
use crate::cli::promote::Args;
use crate::cli::values::Destination;
use crate::commands::setting::Setting;
use crate::context::Context;
use crate::endpoint::deploy::Effect;
use crate::error::{Kind, Result};
use crate::governance::{LifeCycle, Persona, Registry, Stage, Status, TestStatus};
use crate::model_ref::numbered;
use crate::promote::{self, Copied, CopyEffect, DeployProgress, Deployed, Deploying};
use crate::registry::find;
use crate::report::{Cell, Report, Tone, View, field};
use crate::world::World;

/// What a promotion answers. `destination` tells the two shapes apart.
#[derive(Serialize)]
#[serde(tag = "destination", rename_all = "kebab-case")]
enum Promotion {
    Central(Copied),
    Test(Deployed),
    Prod(Deployed),
}

/// Promotes.
pub async fn run(context: &Context, args: &Args) -> Result<Report> {
    let setting = Setting::load(context)?;
    let scene = setting.open(context).await?;
    let world = scene.world(context);
    let tenant = context.settings.tenant.as_deref();
    match args.to {
        Destination::Central => to_central(&world, args, tenant).await,
        Destination::Test => to_stage(&world, args, tenant, Stage::Test).await,
        Destination::Prod => to_stage(&world, args, tenant, Stage::Prod).await,
    }
}

async fn to_central(world: &World<'_>, args: &Args, tenant: Option<&str>) -> Result<Report> {
    let model = find::model(world, &args.model, tenant, Registry::Dev, Persona::Engineer).await?;
    let dev = world.session(model.tenant.stage(Stage::Dev), Persona::Engineer).await?;
    let version = find::version(&dev, &model, Registry::Dev, &args.model).await?;
    let copied = promote::to_central(world, &model, &version, &dev).await?;
    let effect = match copied.effect {
        CopyEffect::Copied => Cell::new("copied and verified", Tone::Good),
        CopyEffect::AlreadyThere => Cell::new("was there already, verified", Tone::Good),
        CopyEffect::WouldCopy => Cell::new("would be copied", Tone::Waiting),
    };
    let fields = vec![
        field("Model", format!("{}/{}:{}", copied.tenant, copied.model, copied.version)),
        field("Effect", effect),
        field("Central", copied.central_arn.clone().unwrap_or_else(|| "-".to_owned())),
        field("Artifacts", copied.artifacts.clone()),
        field("Size", format!("{} objects, {} bytes", copied.objects, copied.bytes)),
        field("Content", format!("sha256:{}", copied.content_sha256)),
    ];
    let next = (copied.effect == CopyEffect::Copied)
        .then(|| format!("deploy it to test: aiops promote {}:{} --to test", copied.model, copied.version));
    let report = Report::new(&Promotion::Central(copied), View::Fields(fields))?;
    Ok(next.into_iter().fold(report, Report::next))
}

async fn to_stage(world: &World<'_>, args: &Args, tenant: Option<&str>, stage: Stage) -> Result<Report> {
    let model = find::model(world, &args.model, tenant, Registry::Central, Persona::Engineer).await?;
    let central = world.session(world.landscape.central(), Persona::Engineer).await?;
    let version = find::version(&central, &model, Registry::Central, &args.model).await?;
    let settings = &world.config.promotion;
    let patience = Patience { interval: settings.poll, deadline: args.timeout.unwrap_or(settings.wait) };
    let deploying = Deploying { stage, patience, wait: !args.no_wait };
    let deployed = promote::to_stage(world, &model, &version.arn, &central, deploying).await?;
    let failed = deployed.smoke_test.as_ref().is_some_and(|test| test.status == TestStatus::Failed);
    let next = next_step(&deployed, failed);
    let view = View::Fields(fields(&deployed));
    let promotion = if stage == Stage::Prod { Promotion::Prod(deployed) } else { Promotion::Test(deployed) };
    let report = Report::new(&promotion, view)?.verdict(failed.then_some(Kind::Failed));
    Ok(next.into_iter().fold(report, Report::next))
}

fn fields(deployed: &Deployed) -> Vec<(String, Cell)> {
    let title = format!("{}/{}", deployed.tenant, deployed.model);
    let mut fields = vec![field("Model", numbered(&title, deployed.version))];
    let effect = match (deployed.progress, deployed.deployment.as_ref().map(|deployment| deployment.effect)) {
        (DeployProgress::Planned, _) => Cell::new("would be deployed", Tone::Waiting),
        (DeployProgress::Started, _) => Cell::new("deployment started", Tone::Waiting),
        (DeployProgress::Serving, Some(Effect::Unchanged)) => Cell::new("was serving already", Tone::Good),
        (DeployProgress::Serving, Some(Effect::Created)) => Cell::new("serving on a new endpoint", Tone::Good),
        (DeployProgress::Serving, _) => Cell::new("serving", Tone::Good),
    };
    fields.push(field("Effect", effect));
    fields.push(field("Endpoint", deployed.endpoint.clone()));
    if let Some(deployment) = &deployed.deployment {
        fields.push(field("Config", deployment.config.clone()));
        if let Some(previous) = &deployment.previous_config {
            fields.push(field("Before", previous.clone()));
        }
    }
    if let Some(lifecycle) = deployed.lifecycle {
        fields.push(field("Lifecycle", lifecycle.to_string()));
    }
    if let Some(test) = &deployed.smoke_test {
        let cell = match (&test.failure, &test.answer) {
            (Some(failure), _) => Cell::new(format!("Failed: {failure}"), Tone::Bad),
            (None, answer) => {
                Cell::new(format!("Passed: {}", beginning(answer.as_deref().unwrap_or_default())), Tone::Good)
            }
        };
        fields.push(field("Smoke test", cell));
    }
    fields
}

/// The beginning of an answer, on one line.
fn beginning(answer: &str) -> String {
    const SHOWN: usize = 60;
    let line = answer.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= SHOWN { line } else { line.chars().take(SHOWN - 1).chain(['…']).collect() }
}

fn next_step(deployed: &Deployed, failed: bool) -> Option<String> {
    let name = numbered(&deployed.model, deployed.version);
    let stage = deployed.stage.word();
    match deployed.progress {
        DeployProgress::Planned => None,
        DeployProgress::Started => Some(format!("see how it goes: aiops status {name}")),
        DeployProgress::Serving if failed => Some(format!(
            "the endpoint serves but does not answer: mend it, or reject the version with `aiops approve {name} --stage {stage} --status rejected --comment ...`"
        )),
        DeployProgress::Serving if deployed.lifecycle != Some(LifeCycle::new(deployed.stage, Status::Pending)) => None,
        DeployProgress::Serving => Some(format!(
            "a governance officer decides: aiops approve {name} --stage {stage} --status approved --comment ..."
        )),
    }
}
