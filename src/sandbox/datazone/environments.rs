//! Environments of projects, as far as the sandbox has any: they take their time, and make nothing.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::authority;
use super::common::{enter_available, iso, mentions, not_found, paged};
use super::domain::Domain;
use super::environment_configurations::EnvironmentConfiguration;
use super::projects::{Project, enter_project};
use crate::sandbox::call::{ApiResult, Call, required, text};

/// An environment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Environment {
    pub id: String,
    name: String,
    configuration: String,
    pub blueprint: String,
    /// Where it is: the account.
    pub account: String,
    /// Where it is: the Region.
    pub region: String,
    /// Names and values.
    pub parameters: BTreeMap<String, String>,
    created: Timestamp,
}

impl Environment {
    /// A new environment that is made after `configuration`.
    pub fn new(
        call: &Call<'_>,
        configuration: &EnvironmentConfiguration,
        account: String,
        region: String,
        parameters: BTreeMap<String, String>,
    ) -> ApiResult<Self> {
        Ok(Environment {
            id: call.random_hex(14)?,
            name: configuration.name.clone(),
            configuration: configuration.id.clone().unwrap_or_default(),
            blueprint: configuration.environment_blueprint_id.clone(),
            account,
            region,
            parameters,
            created: call.now,
        })
    }

    fn summary(&self, domain: &Domain, project: &Project, status: &str) -> Value {
        json!({
            "domainId": domain.id, "projectId": project.id, "id": self.id, "name": self.name, "status": status,
            "awsAccountId": self.account, "awsAccountRegion": self.region, "provider": "Amazon SageMaker",
            "environmentConfigurationId": self.configuration, "environmentConfigurationName": self.name,
            "createdBy": project.creator(), "createdAt": iso(self.created), "updatedAt": iso(self.created),
        })
    }
}

/// AWS's word for the state of a project's environments at `now`.
fn status(project: &Project, now: Timestamp) -> &'static str {
    match project.deployment.as_ref().map(|deployment| deployment.status(now)) {
        _ if project.is_deleting() => "DELETING",
        Some("SUCCESSFUL") => "ACTIVE",
        _ => "CREATING",
    }
}

/// `ListEnvironments`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, project) = enter_project(call, "ListEnvironments", &input, "projectIdentifier")?;
    let environments = project.deployment.iter().flat_map(|deployment| deployment.environments.clone()).collect();
    let status = status(&project, call.now);
    let asked = |member: &str, value: &str| text(&input, member).is_none_or(|wanted| wanted == value);
    let wanted = |environment: &Environment| {
        mentions(&input, &environment.name)
            && asked("status", status)
            && asked("awsAccountId", &environment.account)
            && asked("awsAccountRegion", &environment.region)
            && asked("environmentBlueprintIdentifier", &environment.blueprint)
            && asked("provider", "Amazon SageMaker")
    };
    let view = |environment: &Environment| environment.summary(&domain, &project, status);
    paged("items", environments, &input, 50, wanted, view)
}

/// `GetEnvironment`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "GetEnvironment", &input)?;
    authority::require(call, &domain, &domain.root_unit, "GetEnvironment")?;
    let id = required(&input, "identifier");
    let projects = Project::all(call, &domain)?;
    let found = projects.iter().find_map(|project| {
        let deployment = project.deployment.as_ref()?;
        let environment = deployment.environments.iter().find(|environment| environment.id == id)?;
        Some((project, deployment, environment))
    });
    let (project, deployment, environment) = found.ok_or_else(|| not_found("Environment", id))?;
    let mut answer = environment.summary(&domain, project, status(project, call.now));
    let deployed = deployment.status(call.now);
    answer["environmentBlueprintId"] = json!(environment.blueprint);
    answer["userParameters"] = environment
        .parameters
        .iter()
        .map(|(name, value)| json!({"keyName": name, "fieldType": "String", "defaultValue": value}))
        .collect();
    answer["lastDeployment"] = json!({
        "deploymentType": "CREATE", "deploymentStatus": deployed, "isDeploymentComplete": deployed == "SUCCESSFUL",
    });
    Ok(answer)
}
