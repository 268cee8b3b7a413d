//! Environment configurations: which environments the projects of a profile get, where and with what parameters.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::account_pools::AccountPool;
use super::blueprints::{self, Blueprint};
use super::common::only_member;
use super::domain::Domain;
use crate::sandbox::call::{ApiError, ApiResult, Call, text};

/// An environment configuration of a profile, as AWS takes it and tells of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EnvironmentConfiguration {
    /// DataZone gives it, and a client sends it back to keep it.
    pub id: Option<String>,
    /// Unique in the profile.
    pub name: String,
    /// Id of the blueprint.
    pub environment_blueprint_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_order: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration_parameters: Option<Parameters>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aws_account: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aws_region: Option<Value>,
    /// Where each project chooses: the pools that it chooses from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_pools: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Parameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    ssm_path: Option<String>,
    parameter_overrides: Option<Vec<Override>>,
    resolved_parameters: Option<Vec<Override>>,
}

/// What a profile says of one parameter.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Override {
    /// Its key.
    pub name: Option<String>,
    /// In place of the blueprint's default.
    pub value: Option<String>,
    /// Whether a project may say otherwise.
    pub is_editable: Option<bool>,
}

impl EnvironmentConfiguration {
    /// The configurations of an input, valid, with ids, and in the order in which they are deployed. `known` are those
    /// that they replace.
    pub fn of_input(call: &Call<'_>, domain: &Domain, input: &Value, known: &[Self]) -> ApiResult<Vec<Self>> {
        let mut given = match &input["environmentConfigurations"] {
            Value::Null => Vec::new(),
            list => serde_json::from_value::<Vec<Self>>(list.clone())
                .map_err(|error| ApiError::new(400, "SerializationException", error.to_string()))?,
        };
        let mut names = BTreeSet::new();
        for configuration in &mut given {
            if !names.insert(configuration.name.clone()) {
                let message = format!("Environment configuration name {} is not unique", configuration.name);
                return Err(ApiError::validation(message));
            }
            configuration.complete(call, domain, known).map_err(|error| {
                let message = format!("Environment configuration {}: {}", configuration.name, error.message);
                ApiError { message, ..error }
            })?;
        }
        given.sort_by_key(|configuration| configuration.order());
        Ok(given)
    }

    /// Checks a configuration that was given, and adds what DataZone has to say.
    fn complete(&mut self, call: &Call<'_>, domain: &Domain, known: &[Self]) -> ApiResult<()> {
        match &self.id {
            Some(id) if known.iter().any(|other| other.id.as_ref() == Some(id)) => {}
            Some(id) if !known.is_empty() => return Err(ApiError::validation(format!("id {id} does not exist"))),
            _ => self.id = Some(call.random_hex(14)?),
        }
        let id = &self.environment_blueprint_id;
        let blueprint = Blueprint::find(&domain.region, id);
        let blueprint =
            blueprint.ok_or_else(|| ApiError::validation(format!("environment blueprint {id} does not exist")))?;
        self.check_place(call, domain)?;
        self.resolve(blueprint)
    }

    /// A place is an account and a Region, or pools to choose them from.
    fn check_place(&self, call: &Call<'_>, domain: &Domain) -> ApiResult<()> {
        match (&self.aws_account, &self.aws_region, &self.account_pools) {
            (Some(account), Some(region), None) => {
                only_member(account, "awsAccount")?;
                only_member(region, "awsRegion")?;
                Ok(())
            }
            (None, None, Some(pools)) => {
                for id in pools {
                    if AccountPool::find(call, domain, id)?.is_none() {
                        return Err(ApiError::validation(format!("account pool {id} does not exist")));
                    }
                }
                Ok(())
            }
            _ => Err(ApiError::validation("either awsAccount and awsRegion must be set, or accountPools")),
        }
    }

    /// Checks the overrides, and adds what they make of the blueprint's parameters. Parameters that say nothing vanish.
    fn resolve(&mut self, blueprint: &Blueprint) -> ApiResult<()> {
        let mut parameters = self.configuration_parameters.take().unwrap_or_default();
        parameters.resolved_parameters = None;
        let overrides = parameters.parameter_overrides.unwrap_or_default();
        let mut names = BTreeSet::new();
        for name in overrides.iter().map(|given| given.name.as_deref().unwrap_or_default()) {
            if blueprint.parameter(name).is_none() {
                let message = format!("environment blueprint {} has no parameter {name}", blueprint.name);
                return Err(ApiError::validation(message));
            }
            if !names.insert(name) {
                return Err(ApiError::validation(format!("parameter {name} is given twice")));
            }
        }
        let unchanged = blueprint.parameters.iter().filter(|parameter| !names.contains(parameter.name));
        let defaults = unchanged.filter_map(|parameter| {
            let value = Some(parameter.default?.to_owned());
            Some(Override { name: Some(parameter.name.to_owned()), value, is_editable: Some(true) })
        });
        if !overrides.is_empty() {
            parameters.resolved_parameters = Some(overrides.iter().cloned().chain(defaults).collect());
        }
        parameters.parameter_overrides = (!overrides.is_empty()).then_some(overrides);
        let says_something = parameters.ssm_path.is_some() || parameters.parameter_overrides.is_some();
        self.configuration_parameters = says_something.then_some(parameters);
        Ok(())
    }

    /// Whether a new project gets the environment at once. AWS does not say what goes without a mode; its own profiles
    /// all have one.
    pub fn is_on_create(&self) -> bool {
        self.deployment_mode.as_deref() != Some("ON_DEMAND")
    }

    /// Among which it is deployed. AWS does not say when those without a number are.
    pub fn order(&self) -> u8 {
        self.deployment_order.unwrap_or(u8::MAX)
    }

    /// The account and the Region that the profile fixes, if it names both.
    pub fn fixed_place(&self) -> Option<(String, String)> {
        let fixed = |union: &Option<Value>, member: &str| text(union.as_ref()?, member).map(str::to_owned);
        fixed(&self.aws_account, "awsAccountId").zip(fixed(&self.aws_region, "regionName"))
    }

    /// What the profile says of a parameter.
    pub fn override_of(&self, name: &str) -> Option<&Override> {
        let overrides = self.configuration_parameters.as_ref()?.parameter_overrides.as_ref()?;
        overrides.iter().find(|given| given.name.as_deref() == Some(name))
    }

    /// The parameters of an environment, where a project says what is `given`.
    pub fn parameters<'p>(
        &self,
        domain: &Domain,
        given: impl Iterator<Item = (&'p str, &'p str)>,
    ) -> ApiResult<BTreeMap<String, String>> {
        let defaults = self.blueprint(domain)?.parameters.iter().filter_map(|it| Some((it.name, it.default?)));
        let overrides = self.configuration_parameters.iter().flat_map(|all| all.parameter_overrides.iter().flatten());
        let overrides = overrides.filter_map(|it| Some((it.name.as_deref()?, it.value.as_deref()?)));
        let all = defaults.chain(overrides).map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(all.chain(given.map(|(name, value)| (name.to_owned(), value.to_owned()))).collect())
    }

    /// The blueprint.
    pub fn blueprint(&self, domain: &Domain) -> ApiResult<&'static Blueprint> {
        blueprints::existing(&domain.region, &self.environment_blueprint_id)
    }

    /// As AWS tells of it.
    pub fn describe(&self) -> Value {
        json!(self)
    }
}
