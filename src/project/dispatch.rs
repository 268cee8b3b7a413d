//! Starting a project's own CI: the deployment that a decision allows.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::governance::{LifeCycle, Stage, Status};
use crate::landscape::Tenant;
use crate::seed::Holds;
use crate::world::World;

use super::hosting::Hosting;
use super::order::repository_name;

/// The workflow that deploys, as the templates call it.
const WORKFLOW: &str = "deploy.yml";

/// The stage to which CI deploys once a version is at `lifecycle`, if to any.
pub fn due(lifecycle: LifeCycle) -> Option<Stage> {
    match (lifecycle.stage, lifecycle.status) {
        (Stage::Test, Status::Pending) => Some(Stage::Test),
        (Stage::Test, Status::Approved) => Some(Stage::Prod),
        _ => None,
    }
}

/// Starts the deployment of `model:version` to `stage` in the CI of the project that is named like the model. The
/// repository's name comes back.
pub async fn dispatch(
    world: &World<'_>,
    hosting: &Hosting,
    (tenant, model): (&Tenant, &str),
    version: u32,
    stage: Stage,
) -> Result<String> {
    let git = &world.config.git;
    let holds = Holds::of(git.layout);
    let name = repository_name(&tenant.name, model, holds[holds.len() - 1]);
    let branch = git.default_branch.clone();
    let inputs = BTreeMap::from([
        ("model".to_owned(), model.to_owned()),
        ("version".to_owned(), version.to_string()),
        ("stage".to_owned(), stage.word().to_owned()),
    ]);
    let start = move |hosting: &Hosting| {
        let forge = hosting.forge();
        let hosted = forge.repository(&name)?.ok_or_else(|| {
            Error::failed(format!("there is no repository {name} at {}", forge.describe())).hint(
                "the decision stands: deploy by hand with `aiops promote`, or make the project's repository first",
            )
        })?;
        let started = forge.dispatch(&hosted, WORKFLOW, &branch, &inputs);
        started.map_err(|error| error.hint("the decision stands: `aiops promote` deploys by hand"))?;
        Ok(hosted.name)
    };
    hosting.work(start).await
}
