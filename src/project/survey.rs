//! Projects as they are: all of them in a table, and one with everything in it.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::deployment::{self, Readiness};
use super::find::{self, Project};
use super::ground::Ground;
use super::members;
use super::workspace::description;
use crate::aws::error::AwsError;
use crate::domain::Studio;
use crate::error::Result;
use crate::governance::Stage;
use crate::profile;

/// The resource of an environment that is the role of the project's people and jobs.
const USER_ROLE: &str = "userRoleArn";

/// A project.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub tenant: String,
    /// The profile of aiops.yaml that it was made from.
    pub profile: Option<String>,
    /// What its repositories begin with.
    pub template: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// Its workspaces.
    pub workspaces: Vec<Workspace>,
}

/// A workspace of a project.
#[derive(Clone, Debug, Serialize)]
pub struct Workspace {
    /// The stage.
    pub stage: Option<Stage>,
    /// What DataZone calls it.
    pub name: String,
    /// Its id.
    pub id: String,
    /// How far its environments are.
    pub readiness: Readiness,
}

/// A project with everything in it.
#[derive(Clone, Debug, Serialize)]
pub struct Shown {
    /// The project.
    #[serde(flatten)]
    pub project: Listed,
    /// Its environments, by workspace.
    pub environments: Vec<Environment>,
    /// Its connections, by workspace.
    pub connections: Vec<Connection>,
    /// Who works in it.
    pub members: Vec<members::Known>,
    /// The role of its people and jobs, by workspace.
    pub roles: BTreeMap<String, String>,
    /// ARN of its MLflow tracking server or app, by workspace.
    pub mlflow: BTreeMap<String, String>,
    /// The repositories that AWS knows of, by workspace: `owner/name`.
    pub repositories: BTreeMap<String, Vec<String>>,
}

/// An environment.
#[derive(Clone, Debug, Serialize)]
pub struct Environment {
    /// The workspace that it is in.
    pub workspace: String,
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// The account.
    pub account: String,
    /// The Region.
    pub region: String,
    /// In AWS's words.
    pub status: String,
    /// What was made for it, by AWS's name.
    pub resources: BTreeMap<String, String>,
}

/// A connection.
#[derive(Clone, Debug, Serialize)]
pub struct Connection {
    /// The workspace that it is in.
    pub workspace: String,
    /// Its name.
    pub name: String,
    /// What it leads to, in AWS's words.
    pub kind: String,
    /// In AWS's words.
    pub status: Option<String>,
    /// The repository of a Git connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The tracking server of an MLflow connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mlflow: Option<String>,
}

/// All projects, of one tenant or of all.
pub async fn list(studio: &Studio<'_>, tenant: Option<&str>) -> Result<Vec<Listed>> {
    let ground = Ground::look(*studio).await?;
    let mut listed = Vec::new();
    for project in find::of_tenant(&ground, tenant).await? {
        listed.push(told(&ground, &project).await?);
    }
    Ok(listed)
}

/// One project with everything in it.
pub async fn show(studio: &Studio<'_>, name: &str, tenant: Option<&str>) -> Result<Shown> {
    let ground = Ground::look(*studio).await?;
    let project = find::find(&ground, name, tenant).await?;
    let mut shown = Shown {
        project: told(&ground, &project).await?,
        environments: Vec::new(),
        connections: Vec::new(),
        members: members::of(&ground, &project).await?,
        roles: BTreeMap::new(),
        mlflow: BTreeMap::new(),
        repositories: BTreeMap::new(),
    };
    for workspace in &project.workspaces {
        let environments = environments(&ground, &workspace.name, &workspace.id).await?;
        let connections = connections(&ground, &workspace.name, &workspace.id).await?;
        let name = || workspace.name.clone();
        if let Some(role) = environments.iter().find_map(|known| known.resources.get(USER_ROLE)) {
            shown.roles.insert(name(), role.clone());
        }
        if let Some(mlflow) = mlflow(&environments, &connections) {
            shown.mlflow.insert(name(), mlflow);
        }
        let repositories = repositories(&environments, &connections);
        if !repositories.is_empty() {
            shown.repositories.insert(name(), repositories);
        }
        shown.environments.extend(environments);
        shown.connections.extend(connections);
    }
    Ok(shown)
}

/// Waits until all workspaces of a project are deployed.
pub async fn wait(studio: &Studio<'_>, name: &str, tenant: Option<&str>, within: Duration) -> Result<Listed> {
    let ground = Ground::look(*studio).await?;
    let project = find::find(&ground, name, tenant).await?;
    for workspace in &project.workspaces {
        let task = studio.world.progress.start(&format!("project {}", workspace.name));
        deployment::wait(&ground, (&workspace.name, &workspace.id), within, &*task).await?;
        task.finish("deployed");
    }
    told(&ground, &find::find(&ground, name, tenant).await?).await
}

async fn told(ground: &Ground<'_>, project: &Project<'_>) -> Result<Listed> {
    let now = ground.studio.world.clock.now();
    let mut workspaces = Vec::new();
    for workspace in &project.workspaces {
        workspaces.push(Workspace {
            stage: workspace.stage,
            name: workspace.name.clone(),
            id: workspace.id.clone(),
            readiness: deployment::readiness(ground, &workspace.details, now).await?,
        });
    }
    let text = project.workspaces.iter().find_map(|workspace| description(workspace.details.description()));
    Ok(Listed {
        name: project.name.to_string(),
        tenant: project.tenant.name.clone(),
        profile: project.profile.map(|profile| profile.name.to_string()),
        template: project.profile.map(|profile| profile::template(profile).to_owned()),
        description: text.map(str::to_owned),
        workspaces,
    })
}

/// The environments of a workspace, with what was made for them.
pub(crate) async fn environments(ground: &Ground<'_>, workspace: &str, project: &str) -> Result<Vec<Environment>> {
    let mut found = Vec::new();
    for (summary, environment) in ground.environments(project).await? {
        let resources = environment
            .provisioned_resources()
            .iter()
            .map(|resource| (resource.name().unwrap_or_default().to_owned(), resource.value().to_owned()));
        found.push(Environment {
            workspace: workspace.to_owned(),
            name: summary.name().to_owned(),
            id: summary.id().unwrap_or_default().to_owned(),
            account: summary.aws_account_id().unwrap_or("-").to_owned(),
            region: summary.aws_account_region().unwrap_or("-").to_owned(),
            status: summary.status().map_or("-", |status| status.as_str()).to_owned(),
            resources: resources.collect(),
        });
    }
    Ok(found)
}

/// The connections of a workspace.
pub(crate) async fn connections(ground: &Ground<'_>, workspace: &str, project: &str) -> Result<Vec<Connection>> {
    let list = ground.client().list_connections().domain_identifier(&ground.domain.id).project_identifier(project);
    let summaries: Vec<_> = list.into_paginator().items().send().try_collect().await.map_err(AwsError::from)?;
    let connection = |summary: &aws_sdk_datazone::types::ConnectionSummary| {
        let props = summary.props();
        let git = props.and_then(|props| props.as_git_properties().ok());
        let mlflow = props.and_then(|props| props.as_mlflow_properties().ok());
        Connection {
            workspace: workspace.to_owned(),
            name: summary.name().to_owned(),
            kind: summary.r#type().as_str().to_owned(),
            status: git.and_then(|git| git.status()).map(|status| status.as_str().to_owned()),
            repository: git.map(|git| git.repository_id().to_owned()),
            mlflow: mlflow.and_then(|mlflow| mlflow.tracking_server_arn()).map(str::to_owned),
        }
    };
    let mut found: Vec<Connection> = summaries.iter().map(connection).collect();
    // AWS lists them in no order.
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Where runs are tracked: by the connection, else as the environment says.
pub(crate) fn mlflow(environments: &[Environment], connections: &[Connection]) -> Option<String> {
    let connected = connections.iter().find_map(|connection| connection.mlflow.clone());
    connected.or_else(|| {
        environments.iter().find_map(|environment| environment.resources.get("mlflowTrackingServerArn").cloned())
    })
}

/// The repositories that AWS knows of: of Git connections, else of the tooling environment, of either generation.
fn repositories(environments: &[Environment], connections: &[Connection]) -> Vec<String> {
    let mut found: Vec<String> = connections.iter().filter_map(|connection| connection.repository.clone()).collect();
    for name in ["gitFullRepositoryId", "codeRepositoryName"] {
        if found.is_empty() {
            found.extend(environments.iter().filter_map(|known| known.resources.get(name).cloned()));
        }
    }
    found.sort();
    found.dedup();
    found
}
