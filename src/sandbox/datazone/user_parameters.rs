//! What a project says of its environments: where they are, where it may choose, and their parameters.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::blueprints::Blueprint;
use super::domain::Domain;
use super::environment_configurations::EnvironmentConfiguration;
use super::environments::Environment;
use super::project_profiles::ProjectProfile;
use crate::sandbox::call::{ApiError, ApiResult};

/// What a project says of one of its environments.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserParameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    environment_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment_configuration_name: Option<String>,
    /// The place, where the profile leaves it to the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_resolved_account: Option<ResolvedAccount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment_parameters: Option<Vec<Parameter>>,
}

/// An account and a Region out of a pool.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ResolvedAccount {
    /// The account.
    pub aws_account_id: String,
    /// The Region.
    pub region_name: String,
    /// The pool; any if it is not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_account_pool_id: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Parameter {
    name: Option<String>,
    value: Option<String>,
}

impl UserParameters {
    /// The `userParameters` of an input for a project.
    pub fn of_input(input: &Value) -> ApiResult<Vec<Self>> {
        match &input["userParameters"] {
            Value::Null => Ok(Vec::new()),
            given => serde_json::from_value(given.clone())
                .map_err(|error| ApiError::new(400, "SerializationException", error.to_string())),
        }
    }

    /// What is said of the environment that is made after `configuration`.
    pub fn of<'a>(all: &'a [Self], configuration: &EnvironmentConfiguration) -> Option<&'a Self> {
        all.iter().find(|said| said.environment_configuration_name.as_ref() == Some(&configuration.name))
    }

    /// Names and values.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.environment_parameters.iter().flatten();
        all.map(|given| (given.name.as_deref().unwrap_or_default(), given.value.as_deref().unwrap_or_default()))
    }

    /// Says the name of the configuration where the id of an environment of the project stands for it.
    fn resolve(&mut self, environments: &[Environment]) -> ApiResult<()> {
        let Some(id) = self.environment_id.take() else { return Ok(()) };
        let environment = environments.iter().find(|environment| environment.id == id);
        let environment =
            environment.ok_or_else(|| ApiError::validation(format!("The project has no environment {id}")))?;
        self.environment_configuration_name = Some(environment.configuration_name.clone());
        Ok(())
    }

    /// Says what `newer` says, and what only this one does.
    fn join(&mut self, newer: Self) {
        if newer.environment_resolved_account.is_some() {
            self.environment_resolved_account = newer.environment_resolved_account;
        }
        let known = self.environment_parameters.get_or_insert_default();
        for parameter in newer.environment_parameters.into_iter().flatten() {
            known.retain(|other| other.name != parameter.name);
            known.push(parameter);
        }
    }
}

/// What a project that said `known` says after it has said `newer`.
pub(super) fn joined(
    mut known: Vec<UserParameters>,
    newer: Vec<UserParameters>,
    environments: &[Environment],
) -> ApiResult<Vec<UserParameters>> {
    for mut said in newer {
        said.resolve(environments)?;
        let same =
            |other: &&mut UserParameters| other.environment_configuration_name == said.environment_configuration_name;
        match known.iter_mut().find(same) {
            Some(other) => other.join(said),
            None => known.push(said),
        }
    }
    Ok(known)
}

/// Refuses parameters for configurations that the profile does not have, parameters that the blueprint does not have, and
/// those that the profile keeps for itself.
pub(super) fn must_be_editable(domain: &Domain, profile: &ProjectProfile, given: &[UserParameters]) -> ApiResult<()> {
    for of_one in given {
        let name = of_one.environment_configuration_name.as_deref().unwrap_or_default();
        let configuration = profile.configurations.iter().find(|configuration| configuration.name == name);
        let configuration = configuration.ok_or_else(|| {
            ApiError::validation(format!("Project profile {} has no environment configuration {name}", profile.id))
        })?;
        let blueprint = configuration.blueprint(domain)?;
        may_be_set(configuration, blueprint, &of_one.parameters().collect::<Vec<_>>())?;
    }
    Ok(())
}

/// Refuses `parameters` that the blueprint does not have, and those that the profile keeps for itself.
pub(super) fn may_be_set(
    configuration: &EnvironmentConfiguration,
    blueprint: &Blueprint,
    parameters: &[(&str, &str)],
) -> ApiResult<()> {
    let mut fixed = Vec::new();
    for (key, _) in parameters {
        if blueprint.parameter(key).is_none() {
            let message = format!("Environment blueprint {} has no parameter {key}", blueprint.name);
            return Err(ApiError::validation(message));
        }
        if configuration.override_of(key).is_some_and(|known| known.is_editable != Some(true)) {
            fixed.push(*key);
        }
    }
    if fixed.is_empty() {
        return Ok(());
    }
    let message = format!(
        "Project cannot override existing value of parameters {} of environment configuration {}: they are \
         non-editable",
        fixed.join(", "),
        configuration.name
    );
    Err(ApiError::validation(message))
}
