//! Asking the accounts.

use std::collections::BTreeMap;

use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::join::{self, Central, Workspace};
use super::{Status, Unreachable};
use crate::aws::Session;
use crate::aws::fanout;
use crate::endpoint::live::{self, Live};
use crate::error::{Error, Result};
use crate::governance::{Persona, Stage};
use crate::landscape::{Place, Tenant};
use crate::registry::{self, Version};
use crate::world::World;

/// Groups of one registry that are listed at once.
const GROUPS_AT_ONCE: usize = 8;

/// What is wanted.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Only this tenant.
    pub tenant: Option<String>,
    /// Only this model.
    pub model: Option<String>,
    /// Only this version, by its number in dev.
    pub version: Option<u32>,
    /// How many versions of each model to show, the newest first; all without a number. All are read anyway (a hundred a
    /// call), because one of the older ones may be live.
    pub latest: Option<usize>,
}

/// A place to ask.
#[derive(Clone, Copy)]
enum Question<'a> {
    Central,
    Stage(&'a Tenant, Stage),
}

/// What a place knows.
enum Answer {
    Central(Vec<Central>),
    Stage(Workspace),
}

/// Asks every account within `scope`.
pub async fn status(world: &World<'_>, scope: &Scope) -> Result<Status> {
    let tenants: Vec<&Tenant> = match &scope.tenant {
        Some(name) => vec![world.landscape.tenant(name)?],
        None => world.landscape.tenants().iter().collect(),
    };
    // Without credentials no account can be asked: that is no matter of single rows.
    world.aws.caller().await?;
    let questions: Vec<Question<'_>> = std::iter::once(Question::Central)
        .chain(tenants.iter().flat_map(|&tenant| Stage::ALL.map(|stage| Question::Stage(tenant, stage))))
        .collect();
    let settings = &world.config.concurrency;
    let answers =
        fanout::each(questions.clone(), settings.accounts, settings.account_timeout, world.clock, async |question| {
            match question {
                Question::Central => central(world, scope, &tenants).await.map(Answer::Central),
                Question::Stage(tenant, stage) => workspace(world, scope, tenant, stage).await.map(Answer::Stage),
            }
        })
        .await;
    let mut known_to_central = Vec::new();
    let mut workspaces = Vec::new();
    let mut unreachable = Vec::new();
    for (question, answer) in questions.into_iter().zip(answers) {
        match (question, answer) {
            (_, Ok(Answer::Central(found))) => known_to_central = found,
            (Question::Stage(tenant, stage), Ok(Answer::Stage(found))) => workspaces.push((tenant, stage, found)),
            (Question::Central, Ok(Answer::Stage(_))) => {}
            (question, Err(error)) => unreachable.push(row(world, question, &error)),
        }
    }
    let mut models = join::models(world.landscape, &tenants, known_to_central, workspaces);
    if let Some(wanted) = &scope.model {
        models.retain(|model| model.model == *wanted);
    }
    for model in &mut models {
        if let Some(wanted) = scope.version {
            model.versions.retain(|version| version.version == Some(wanted));
        }
        if let Some(latest) = scope.latest {
            join::keep_latest(&mut model.versions, latest);
        }
    }
    Ok(Status { models, unreachable })
}

fn row(world: &World<'_>, question: Question<'_>, error: &Error) -> Unreachable {
    let (tenant, stage, place) = match question {
        Question::Central => (None, None, world.landscape.central()),
        Question::Stage(tenant, stage) => (Some(tenant.name.to_string()), Some(stage), tenant.stage(stage)),
    };
    // The innermost cause is AWS's own sentence.
    let reason = error.causes().last().map_or_else(|| error.to_string(), ToString::to_string);
    Unreachable {
        tenant,
        stage,
        account: place.account.to_string(),
        region: place.region.to_string(),
        reason,
        hint: error.hints().first().cloned(),
    }
}

async fn open(world: &World<'_>, place: &Place) -> Result<Session> {
    world.session(place, Persona::Engineer).await
}

/// The central registry: groups of the tenants, with versions and what they say of themselves.
async fn central(world: &World<'_>, scope: &Scope, tenants: &[&Tenant]) -> Result<Vec<Central>> {
    let session = &open(world, world.landscape.central()).await?;
    let groups = registry::groups(session).await?;
    let wanted: Vec<String> = groups
        .into_iter()
        .filter(|group| group != registry::SCRATCH_GROUP)
        .filter(|group| match (&scope.model, world.landscape.model_of_central_group(group)) {
            (Some(model), _) => tenants.iter().any(|tenant| tenant.central_group_name(model) == *group),
            (None, Some((owner, _))) => tenants.iter().any(|tenant| tenant.name == owner.name),
            // A shortened name, or nobody's: shown under its own name, unless one tenant is asked for.
            (None, None) => scope.tenant.is_none(),
        })
        .collect();
    // One search for all groups together, or for the only one.
    let indexed = &match wanted.as_slice() {
        [] => return Ok(Vec::new()),
        [group] => registry::indexed_metadata(session, Some(group)).await?,
        _ => registry::indexed_metadata(session, None).await?,
    };
    stream::iter(wanted)
        .map(|group| async move {
            let versions = registry::versions(session, &group, None).await?;
            let versions = registry::with_metadata(session, versions, indexed).await?;
            Ok(Central { group, versions })
        })
        .buffered(GROUPS_AT_ONCE)
        .try_collect()
        .await
}

/// The account of a stage: its registry, and (but for dev) its endpoints.
async fn workspace(world: &World<'_>, scope: &Scope, tenant: &Tenant, stage: Stage) -> Result<Workspace> {
    let session = &open(world, tenant.stage(stage)).await?;
    let groups = registry::groups(session).await?;
    let wanted = groups
        .into_iter()
        .filter(|group| tenant.owns(group) && scope.model.as_ref().is_none_or(|model| model == group));
    let versions: BTreeMap<String, Vec<Version>> = stream::iter(wanted)
        .map(|group| async move {
            let versions = registry::versions(session, &group, None).await?;
            Ok::<_, Error>((group, versions))
        })
        .buffered(GROUPS_AT_ONCE)
        .try_collect()
        .await?;
    let endpoints: Vec<Live> = match stage {
        Stage::Dev => Vec::new(),
        Stage::Test | Stage::Prod => live::endpoints(session).await?,
    };
    Ok(Workspace { versions, endpoints })
}
