//! Having the environments of a project deployed again, after what kept them from it is gone, or to the newest state of
//! their profile.

use super::deployment;
use super::find::find;
use super::ground::Ground;
use crate::aws::error::AwsError;
use crate::domain::Studio;
use crate::error::{Error, Result};
use std::time::Duration;

/// Has all workspaces of a project deployed again, one after the other, and waits for each. Their names come back.
pub async fn redeploy(
    studio: &Studio<'_>,
    (name, tenant): (&str, Option<&str>),
    within: Duration,
) -> Result<Vec<String>> {
    let ground = Ground::look(*studio).await?;
    let project = find(&ground, name, tenant).await?;
    let world = studio.world;
    let mut names = Vec::new();
    for workspace in &project.workspaces {
        if !world.dry_run {
            let task = world.progress.start(&format!("project {}", workspace.name));
            let update = ground.client().update_project().domain_identifier(&ground.domain.id);
            let update = update.identifier(&workspace.id).project_profile_version("latest");
            update.send().await.map_err(|error| {
                Error::from(AwsError::from(error)).context(format!("cannot have {} deployed again", workspace.name)).hint(
                    "if AWS has no way to repair this deployment, delete the project and create it anew: its repository \
                     and its models stay",
                )
            })?;
            deployment::wait(&ground, (&workspace.name, &workspace.id), within, &*task).await?;
            task.finish("deployed");
        }
        names.push(workspace.name.clone());
    }
    Ok(names)
}
