//! From central to an endpoint in test or prod.

use std::collections::BTreeMap;

use super::{DeployProgress, Deployed};
use crate::aws::Session;
use crate::aws::error::AwsError;
use crate::aws::poll::Patience;
use crate::endpoint::deploy::{self, Wanted};
use crate::endpoint::smoke::{self, SmokeTest};
use crate::error::{Error, Result};
use crate::governance::{
    LifeCycle, MetadataValue, Persona, Registry, Stage, Status, TestStatus, machine, metadata, policy,
};
use crate::model_ref::numbered;
use crate::registry::artifacts;
use crate::registry::find::Model;
use crate::registry::{self, Change, Details, integrity};
use crate::world::World;

/// Who deploys.
const DEPLOYER: &[Persona] = &[Persona::Engineer, Persona::Ci];

/// How a deployment is to go.
#[derive(Clone, Copy, Debug)]
pub struct Deploying {
    /// The stage: test or prod.
    pub stage: Stage,
    /// How to wait.
    pub patience: Patience,
    /// Whether to wait at all.
    pub wait: bool,
}

/// Deploys the central version with this ARN to the endpoint of `model` in a stage.
pub async fn to_stage(
    world: &World<'_>,
    model: &Model<'_>,
    arn: &str,
    central: &Session,
    deploying: Deploying,
) -> Result<Deployed> {
    let explain = |error: Error| world.explain_refusal(error, DEPLOYER);
    let stage = deploying.stage;
    let details = registry::describe(central, arn).await?;
    let version = metadata::source_version(&details.metadata);
    let move_to = step(&details, stage).map_err(|error| {
        error.context(format!("{} cannot go to {}", numbered(&model.title(), version), stage.word()))
    })?;
    integrity::unchanged(world, central, &details).await.map_err(explain)?;
    let place = model.tenant.stage(stage);
    let wanted = wanted(world, model, &details, stage, version)?;
    let mut deployed = Deployed {
        tenant: model.tenant.name.clone(),
        model: model.name.clone(),
        version,
        central_arn: arn.to_owned(),
        stage,
        lifecycle: details.version.lifecycle.known(),
        progress: DeployProgress::Planned,
        endpoint: wanted.endpoint.clone(),
        deployment: None,
        smoke_test: None,
    };
    if world.dry_run {
        return Ok(deployed);
    }
    let session = world.session(place, Persona::Engineer).await?;
    let details = match move_to {
        Some(to) => {
            let change = Change { to: Some(to), ..Change::default() };
            registry::update(central, &details, &change).await.map_err(explain)?
        }
        None => details,
    };
    deployed.lifecycle = details.version.lifecycle.known();
    let deployment =
        deploy::start(&session, &wanted, deploying.patience, world.clock, world.progress).await.map_err(explain)?;
    deployed.deployment = Some(deployment.clone());
    deployed.progress = DeployProgress::Started;
    if !deploying.wait {
        return Ok(deployed);
    }
    deploy::wait(&session, &deployment, deploying.patience, world.clock, world.progress).await?;
    deployed.progress = DeployProgress::Serving;
    deployed.smoke_test = smoke_test(world, central, &session, &details, &wanted.endpoint).await?;
    if let Some(test) = &deployed.smoke_test {
        record_test(central, &details, test).await.map_err(explain)?;
    }
    Ok(deployed)
}

/// The move that has to come first, if one has to.
fn step(details: &Details, stage: Stage) -> Result<Option<LifeCycle>> {
    let at = &details.version.lifecycle;
    let to = LifeCycle::new(stage, Status::Pending);
    match machine::check(Registry::Central, at, to) {
        Ok(_) => Ok(Some(to)),
        // No move leads there: perhaps it is there already, or past it.
        Err(refusal) => match machine::may_deploy(stage, at) {
            Ok(()) => Ok(None),
            Err(not_deployable) if at.known().is_some() => Err(not_deployable.into()),
            Err(_) => Err(refusal.into()),
        },
    }
}

fn wanted(
    world: &World<'_>,
    model: &Model<'_>,
    details: &Details,
    stage: Stage,
    version: Option<u32>,
) -> Result<Wanted> {
    let place = model.tenant.stage(stage);
    let size = world.config.promotion.endpoint.size(stage);
    Ok(Wanted {
        endpoint: model.tenant.endpoint_name(&model.name, stage),
        package_arn: details.version.arn.clone(),
        version: version.unwrap_or(details.version.number),
        execution_role: place.execution_role(),
        instance_type: size.instance_type.to_string(),
        instance_count: i32::try_from(size.instance_count).unwrap_or(i32::MAX),
        tags: vec![
            (policy::TENANT_TAG.to_owned(), model.tenant.name.clone()),
            (policy::MODEL_TAG.to_owned(), model.name.clone()),
        ],
    })
}

/// Asks the endpoint what the version's own sample asks, or what the configuration says. None if there is neither.
async fn smoke_test(
    world: &World<'_>,
    central: &Session,
    session: &Session,
    details: &Details,
    endpoint: &str,
) -> Result<Option<SmokeTest>> {
    let settings = &world.config.promotion.smoke_test;
    let payload = match &settings.body {
        Some(body) => body.clone().into_bytes(),
        None => match details.record["SamplePayloadUrl"].as_str() {
            Some(uri) => sample(central, uri).await?,
            None => {
                world.progress.warn(
                    "no smoke test: the version has no SamplePayloadUrl, and `promotion.smoke-test.body` is not set",
                );
                return Ok(None);
            }
        },
    };
    let task = world.progress.start(&format!("asking endpoint {endpoint}"));
    let supported = details.specification()["SupportedContentTypes"][0].as_str();
    let content_type = settings.content_type.as_deref().or(supported).unwrap_or("application/json");
    let test = smoke::run(session, endpoint, content_type, payload, world.clock).await?;
    task.finish(match test.status {
        TestStatus::Passed => "it answers",
        TestStatus::Failed => "it does not answer as it should",
    });
    Ok(Some(test))
}

async fn sample(central: &Session, uri: &str) -> Result<Vec<u8>> {
    let (bucket, key) = artifacts::split(uri)?;
    let cannot = |error: Error| error.context(format!("cannot read the sample request {uri}"));
    let output =
        central.s3().get_object().bucket(bucket).key(key).send().await.map_err(|e| cannot(AwsError::from(e).into()))?;
    artifacts::contents(output.body).await.map(Vec::from).map_err(cannot)
}

/// Writes the result into the version's record, by itself: AWS lets test results be written only while a decision is
/// pending, so what was decided on stays as it was.
async fn record_test(central: &Session, details: &Details, test: &SmokeTest) -> Result<()> {
    if details.version.lifecycle.known().is_none_or(|at| at.status != Status::Pending) {
        return Ok(());
    }
    let entries = [
        (metadata::TEST_STATUS, test.status.as_str().to_owned()),
        (metadata::TEST_AT, test.at.clone()),
        (metadata::TEST_DIGEST, test.digest()),
    ];
    let metadata: BTreeMap<String, MetadataValue> =
        entries.iter().map(|(key, value)| ((*key).to_owned(), MetadataValue::clean(value))).collect();
    registry::update(central, details, &Change { metadata, ..Change::default() }).await.map(drop)
}
