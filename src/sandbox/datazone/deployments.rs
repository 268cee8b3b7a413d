//! What becomes of the environments of a new project: whether they can be deployed, and how far that has come.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::account_pools::AccountPool;
use super::common::DATAZONE;
use super::configurations::Configuration;
use super::domain::Domain;
use super::environment_configurations::EnvironmentConfiguration;
use super::environments::Environment;
use super::grants::{BLUEPRINT, Grant};
use super::project_profiles::ProjectProfile;
use super::projects::Project;
use super::sharing;
use super::units::Unit;
use crate::sandbox::authorization::service_takes;
use crate::sandbox::call::{ApiError, ApiResult, Call, required, text};

/// How long a deployment is pending before it is validated.
const PENDING: SignedDuration = SignedDuration::from_secs(15);
/// How long a deployment takes from its beginning: users report five to ten minutes.
const DURATION: SignedDuration = SignedDuration::from_mins(5);

/// What a project says of one of its environments.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserParameters {
    environment_configuration_name: Option<String>,
    environment_resolved_account: Option<ResolvedAccount>,
    environment_parameters: Option<Vec<Parameter>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResolvedAccount {
    aws_account_id: String,
    region_name: String,
    source_account_pool_id: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
struct Parameter {
    name: Option<String>,
    value: Option<String>,
}

impl UserParameters {
    /// The `userParameters` of an input.
    pub fn of_input(input: &Value) -> ApiResult<Vec<Self>> {
        match &input["userParameters"] {
            Value::Null => Ok(Vec::new()),
            given => serde_json::from_value(given.clone())
                .map_err(|error| ApiError::new(400, "SerializationException", error.to_string())),
        }
    }

    /// Names and values.
    fn parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.environment_parameters.iter().flatten();
        all.map(|given| (given.name.as_deref().unwrap_or_default(), given.value.as_deref().unwrap_or_default()))
    }
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
        let mut fixed = Vec::new();
        for (key, _) in of_one.parameters() {
            if blueprint.parameter(key).is_none() {
                let message = format!("Environment blueprint {} has no parameter {key}", blueprint.name);
                return Err(ApiError::validation(message));
            }
            if configuration.override_of(key).is_some_and(|known| known.is_editable != Some(true)) {
                fixed.push(key);
            }
        }
        if !fixed.is_empty() {
            let message = format!(
                "Project cannot override existing value of parameters {} of environment configuration {name}: they are \
                 non-editable",
                fixed.join(", ")
            );
            return Err(ApiError::validation(message));
        }
    }
    Ok(())
}

/// The deployment of the environments that a project is made with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Deployment {
    since: Timestamp,
    /// Why nothing is deployed, by name of the environment configuration.
    refusals: BTreeMap<String, Vec<String>>,
    /// What is deployed; nothing if anything was refused.
    pub environments: Vec<Environment>,
}

impl Deployment {
    /// Decides what is to be deployed for a new project; nothing, if its profile has no environments for it. What is wrong
    /// shows when the deployment is validated, not at once.
    pub fn of_project(
        call: &Call<'_>,
        domain: &Domain,
        project: &Project,
        profile: &ProjectProfile,
        given: &[UserParameters],
        role: Option<&str>,
    ) -> ApiResult<Option<Self>> {
        let mut deployment = Deployment { since: call.now, refusals: BTreeMap::new(), environments: Vec::new() };
        for configuration in &profile.configurations {
            let said =
                given.iter().find(|given| given.environment_configuration_name.as_ref() == Some(&configuration.name));
            let mut refusals = Vec::new();
            // A project settles the places of all its environments, also of those that come later.
            match place(call, domain, configuration, said)? {
                Err(refusal) => refusals.push(refusal),
                Ok((account, region)) if configuration.is_on_create() => {
                    let parameters = said.into_iter().flat_map(UserParameters::parameters);
                    let parameters = configuration.parameters(domain, parameters)?;
                    let environment = Environment::new(call, configuration, account, region, parameters)?;
                    let attempt = Attempt { call, domain, project, role, environment: &environment };
                    refusals = attempt.refusals(configuration)?;
                    deployment.environments.push(environment);
                }
                Ok(_) => {}
            }
            if !refusals.is_empty() {
                deployment.refusals.insert(configuration.name.clone(), refusals);
            }
        }
        if !deployment.refusals.is_empty() {
            deployment.environments.clear();
        }
        let is_empty = deployment.environments.is_empty() && deployment.refusals.is_empty();
        Ok((!is_empty).then_some(deployment))
    }

    /// AWS's word for the state at `now`.
    pub fn status(&self, now: Timestamp) -> &'static str {
        if now < self.since + PENDING {
            "PENDING_DEPLOYMENT"
        } else if !self.refusals.is_empty() {
            "FAILED_VALIDATION"
        } else if now < self.since + DURATION {
            "IN_PROGRESS"
        } else {
            "SUCCESSFUL"
        }
    }

    /// As AWS tells of it.
    pub fn describe(&self, now: Timestamp) -> Value {
        let status = self.status(now);
        let mut answer = json!({"overallDeploymentStatus": status});
        if status == "FAILED_VALIDATION" {
            let reasons = |messages: &Vec<String>| messages.iter().map(|message| json!({"message": message})).collect();
            let by_name = self.refusals.iter().map(|(name, messages)| (name.clone(), reasons(messages)));
            answer["environmentFailureReasons"] = Value::Object(by_name.collect());
        }
        answer
    }
}

/// The account and the Region of an environment, or why there are none.
fn place(
    call: &Call<'_>,
    domain: &Domain,
    configuration: &EnvironmentConfiguration,
    said: Option<&UserParameters>,
) -> ApiResult<Result<(String, String), String>> {
    let Some(pools) = &configuration.account_pools else {
        let fixed = |union: &Option<Value>, member: &str| text(union.as_ref()?, member).map(str::to_owned);
        let account = fixed(&configuration.aws_account, "awsAccountId");
        let place = account.zip(fixed(&configuration.aws_region, "regionName"));
        return Ok(place.ok_or_else(|| "The sandbox has no Parameter Store to find account and Region in".to_owned()));
    };
    let Some(resolved) = said.and_then(|said| said.environment_resolved_account.as_ref()) else {
        return Ok(Err("EnvironmentConfigurations require a resolved account on input".to_owned()));
    };
    let (account, region) = (&resolved.aws_account_id, &resolved.region_name);
    for id in pools {
        let meant = resolved.source_account_pool_id.as_ref().is_none_or(|source| source == id);
        let pool = if meant { AccountPool::find(call, domain, id)? } else { None };
        if pool.is_some_and(|pool| pool.has(account, region)) {
            return Ok(Ok((account.clone(), region.clone())));
        }
    }
    Ok(Err(format!("Account {account} in Region {region} is in no account pool of the environment configuration")))
}

/// An environment that is about to be deployed.
struct Attempt<'a> {
    call: &'a Call<'a>,
    domain: &'a Domain,
    project: &'a Project,
    /// The role that the project brings along.
    role: Option<&'a str>,
    environment: &'a Environment,
}

impl Attempt<'_> {
    /// All that stands in the way.
    fn refusals(&self, configuration: &EnvironmentConfiguration) -> ApiResult<Vec<String>> {
        let Environment { account, region, parameters, .. } = self.environment;
        let blueprint = configuration.blueprint(self.domain)?;
        let id = &configuration.environment_blueprint_id;
        if !sharing::sees(self.call, self.domain, account)? {
            return Ok(vec![format!("Account {account} is not associated with domain {}", self.domain.id)]);
        }
        let enabled = Configuration::find(self.call, self.domain, account, id)?.filter(|it| it.is_enabled_in(region));
        let Some(enabled) = enabled else {
            let message = format!(
                "Environment blueprint {} is not enabled in account {account} and Region {region}",
                blueprint.name
            );
            return Ok(vec![message]);
        };
        let mut refusals = Vec::new();
        if !self.is_granted(account, id)? {
            let (unit, name) = (&self.project.unit, blueprint.name);
            refusals.push(format!(
                "No grant lets projects in domain unit {unit} use blueprint {name} of account {account}"
            ));
        }
        for (member, what) in [("provisioningRoleArn", "provisioning"), ("manageAccessRoleArn", "manage access")] {
            match text(&enabled.settings, member) {
                None => refusals.push(format!("The environment blueprint configuration has no {what} role")),
                Some(role) => {
                    let (source, actions) = (self.domain.arn(), ["sts:AssumeRole"]);
                    if service_takes(self.call, DATAZONE, &source, role, &actions, &[])?.is_none() {
                        refusals.push(format!("Unable to assume {what} role {role}"));
                    }
                }
            }
        }
        let regional = &enabled.settings["regionalParameters"][region.as_str()];
        let absent = blueprint.regional.iter().filter(|key| required(regional, key).is_empty());
        refusals.extend(absent.map(|key| format!("Regional parameter {key} is missing for Region {region}")));
        let absent = blueprint.parameters.iter().filter(|it| !it.optional && !parameters.contains_key(it.name));
        refusals.extend(absent.map(|parameter| format!("Parameter {} is missing", parameter.name)));
        if blueprint.name == "ToolingLite" && self.role.is_none() {
            refusals.push("ToolingLite needs a project with a projectExecutionRole".to_owned());
        }
        Ok(refusals)
    }

    /// Whether a grant lets the project use the blueprint in an account: projects in its unit, or the project itself.
    fn is_granted(&self, account: &str, blueprint: &str) -> ApiResult<bool> {
        let chain = Unit::chain(self.call, self.domain, &self.project.unit)?;
        let reaches = |grant: &Grant| {
            let project = &grant.principal["project"];
            let filter = &project["projectGrantFilter"]["domainUnitFilter"];
            let here = filter["domainUnit"] == *self.project.unit;
            let above =
                filter["includeChildDomainUnits"] == true && chain.iter().any(|unit| filter["domainUnit"] == *unit.id);
            let named = project["projectIdentifier"] == *self.project.id;
            let works = ["OWNER", "CONTRIBUTOR"].iter().any(|word| project["projectDesignation"] == **word);
            grant.policy == "CREATE_ENVIRONMENT_FROM_BLUEPRINT" && works && (here || above || named)
        };
        let grants = Grant::all(self.call, self.domain, (BLUEPRINT, &format!("{account}:{blueprint}")))?;
        Ok(grants.iter().any(reaches))
    }
}
