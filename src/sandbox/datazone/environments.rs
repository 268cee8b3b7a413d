//! Environments of projects: what is made from a blueprint in an account. Each has a state of its own.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::authority;
use super::blueprints::Blueprint;
use super::common::{conflict, enter_available, iso, mentions, not_found, not_permitted, paged, without_nulls};
use super::domain::Domain;
use super::environment_configurations::EnvironmentConfiguration;
use super::project_profiles::ProjectProfile;
use super::projects::{Project, enter_project};
use super::user_parameters::{UserParameters, may_be_set};
use super::{stacks, validation};
use crate::sandbox::call::{ApiError, ApiResult, Call, required, text};

/// How long a deployment is pending before it is validated.
pub(super) const PENDING: SignedDuration = SignedDuration::from_secs(15);
/// How long an environment takes that is made by itself.
const CREATION: SignedDuration = SignedDuration::from_mins(3);
/// How long an environment takes to go.
pub(super) const DELETION: SignedDuration = SignedDuration::from_mins(2);

/// An environment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Environment {
    /// Letters and digits.
    pub id: String,
    name: String,
    description: Option<String>,
    configuration: String,
    /// Of the configuration that it was made after.
    pub configuration_name: String,
    /// Id of the blueprint.
    pub blueprint: String,
    /// Where it is: the account.
    pub account: String,
    /// Where it is: the Region.
    pub region: String,
    /// Names and values.
    pub parameters: BTreeMap<String, String>,
    /// What it has brought about: names and values.
    pub resources: Vec<(String, String)>,
    /// What happens to it, or happened last.
    pub phase: Option<Phase>,
    created: Timestamp,
    creator: Option<String>,
}

/// What happens to an environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    /// It is made.
    Create,
    /// It is made anew.
    Update,
    /// It goes.
    Delete,
}

/// A deployment of one environment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Phase {
    id: String,
    kind: Kind,
    begins: Timestamp,
    /// When it has come to its end.
    pub ends: Timestamp,
    failure: Option<Failure>,
    /// Whether it failed before anything was made.
    was_refused: bool,
}

/// Why a deployment did not succeed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Failure {
    /// In AWS's words.
    pub code: String,
    /// In AWS's words.
    pub message: String,
}

impl Phase {
    /// What happens from the first of two moments to the second.
    pub fn new(
        call: &Call<'_>,
        kind: Kind,
        (begins, ends): (Timestamp, Timestamp),
        failure: Option<Failure>,
    ) -> ApiResult<Self> {
        Ok(Phase { id: call.random_hex(14)?, kind, begins, ends, failure, was_refused: false })
    }

    /// AWS's word for the state of the environment that it leads to.
    fn status(&self, now: Timestamp) -> &'static str {
        match (self.kind, now < self.ends, self.failure.is_some()) {
            (Kind::Create, true, _) => "CREATING",
            (Kind::Update, true, _) => "UPDATING",
            (Kind::Delete, true, _) => "DELETING",
            (Kind::Create | Kind::Update, false, false) => "ACTIVE",
            (Kind::Delete, false, false) => "DELETED",
            (_, false, true) if self.was_refused => "VALIDATION_FAILED",
            (Kind::Create, false, true) => "CREATE_FAILED",
            (Kind::Update, false, true) => "UPDATE_FAILED",
            (Kind::Delete, false, true) => "DELETE_FAILED",
        }
    }

    fn describe(&self, now: Timestamp) -> Value {
        let done = now >= self.ends;
        let status = match &self.failure {
            _ if now < self.begins => "PENDING_DEPLOYMENT",
            _ if !done => "IN_PROGRESS",
            Some(_) => "FAILED",
            None => "SUCCESSFUL",
        };
        let kind = match self.kind {
            Kind::Create => "CREATE",
            Kind::Update => "UPDATE",
            Kind::Delete => "DELETE",
        };
        let failure = self.failure.as_ref().filter(|_| done);
        without_nulls(json!({
            "deploymentId": self.id, "deploymentType": kind, "deploymentStatus": status, "isDeploymentComplete": done,
            "failureReason": failure, "messages": failure.map(|failure| vec![&failure.message]),
        }))
    }
}

impl Environment {
    /// A new environment that is made after `configuration` in an account and a Region.
    pub fn new(
        call: &Call<'_>,
        configuration: &EnvironmentConfiguration,
        (account, region): (String, String),
        parameters: BTreeMap<String, String>,
    ) -> ApiResult<Self> {
        Ok(Environment {
            id: call.random_hex(14)?,
            name: configuration.name.clone(),
            description: None,
            configuration: configuration.id.clone().unwrap_or_default(),
            configuration_name: configuration.name.clone(),
            blueprint: configuration.environment_blueprint_id.clone(),
            account,
            region,
            parameters,
            resources: Vec::new(),
            phase: None,
            created: call.now,
            creator: None,
        })
    }

    /// Why it cannot take these parameters, once it is there: not all can be changed.
    pub fn fixed_changes(&self, blueprint: &Blueprint, parameters: &BTreeMap<String, String>) -> Vec<String> {
        let fixed = blueprint.parameters.iter().filter(|parameter| !parameter.updatable && self.was_made());
        let changed = fixed.filter(|parameter| self.parameters.get(parameter.name) != parameters.get(parameter.name));
        changed.map(|parameter| format!("Parameter {} cannot be updated", parameter.name)).collect()
    }

    /// The same environment with other parameters.
    pub fn with(&self, parameters: BTreeMap<String, String>) -> Self {
        Environment { parameters, ..self.clone() }
    }

    /// AWS's word for its state at `now`.
    pub fn status(&self, now: Timestamp) -> &'static str {
        self.phase.as_ref().map_or("CREATING", |phase| phase.status(now))
    }

    /// Whether something was made for it that is there still.
    pub fn was_made(&self) -> bool {
        !self.resources.is_empty() || self.phase.as_ref().is_some_and(|phase| phase.failure.is_none())
    }

    /// What it has brought about under this name.
    pub fn resource(&self, name: &str) -> Option<&str> {
        self.resources.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether `configuration` is what it was made after. Names count: ids change when a profile is written anew.
    pub fn is_after(&self, configuration: &EnvironmentConfiguration) -> bool {
        self.configuration_name == configuration.name && self.blueprint == configuration.environment_blueprint_id
    }

    /// Whether something happens to it.
    pub fn is_busy(&self, now: Timestamp) -> bool {
        self.phase.as_ref().is_some_and(|phase| now < phase.ends)
    }

    /// Begins to take it away, with all that it brought.
    pub fn remove(&mut self, call: &Call<'_>, domain: &Domain) -> ApiResult<Result<(), Failure>> {
        let outcome = stacks::remove(call, domain, self)?;
        let failure = outcome.as_ref().err().cloned();
        self.phase = Some(Phase::new(call, Kind::Delete, (call.now, call.now + DELETION), failure)?);
        Ok(outcome)
    }

    fn summary(&self, domain: &Domain, project: &Project, now: Timestamp) -> Value {
        without_nulls(json!({
            "domainId": domain.id, "projectId": project.id, "id": self.id, "name": self.name,
            "description": self.description, "status": self.status(now),
            "awsAccountId": self.account, "awsAccountRegion": self.region, "provider": "Amazon SageMaker",
            "environmentConfigurationId": self.configuration, "environmentConfigurationName": self.configuration_name,
            "createdBy": self.creator.as_deref().unwrap_or(project.creator()),
            "createdAt": iso(self.created), "updatedAt": iso(self.created),
        }))
    }

    fn describe(&self, domain: &Domain, project: &Project, now: Timestamp) -> Value {
        let mut answer = self.summary(domain, project, now);
        answer["environmentBlueprintId"] = json!(self.blueprint);
        let parameter =
            |(name, value): (&String, &String)| json!({"keyName": name, "fieldType": "String", "defaultValue": value});
        answer["userParameters"] = self.parameters.iter().map(parameter).collect();
        // What an environment brings about shows when it is there.
        let made = !matches!(self.status(now), "CREATING" | "CREATE_FAILED" | "VALIDATION_FAILED" | "DELETED");
        let resource = |(name, value): &(String, String)| json!({"name": name, "value": value, "type": "String"});
        answer["provisionedResources"] = self.resources.iter().filter(|_| made).map(resource).collect();
        if let Some(phase) = &self.phase {
            answer["lastDeployment"] = phase.describe(now);
        }
        answer
    }
}

/// `ListEnvironments`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, project) = enter_project(call, "ListEnvironments", &input, "projectIdentifier")?;
    let asked = |member: &str, value: &str| text(&input, member).is_none_or(|wanted| wanted == value);
    let wanted = |environment: &Environment| {
        mentions(&input, &environment.name)
            && asked("status", environment.status(call.now))
            && asked("awsAccountId", &environment.account)
            && asked("awsAccountRegion", &environment.region)
            && asked("environmentBlueprintIdentifier", &environment.blueprint)
            && asked("provider", "Amazon SageMaker")
    };
    let view = |environment: &Environment| environment.summary(&domain, &project, call.now);
    paged("items", project.environments.clone(), &input, 50, wanted, view)
}

/// The project that has the environment `id`, and the position of that.
pub(super) fn existing(call: &Call<'_>, domain: &Domain, id: &str) -> ApiResult<(Project, usize)> {
    for project in Project::all(call, domain)? {
        if let Some(position) = project.environments.iter().position(|environment| environment.id == id) {
            return Ok((project, position));
        }
    }
    Err(not_found("Environment", id))
}

/// `GetEnvironment`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "GetEnvironment", &input)?;
    authority::require(call, &domain, &domain.root_unit, "GetEnvironment")?;
    let (project, position) = existing(call, &domain, required(&input, "identifier"))?;
    Ok(project.environments[position].describe(&domain, &project, call.now))
}

/// The configuration that an input for a new environment means. One that the profile does not have is answered as if the
/// caller were not permitted, as in AWS.
fn on_demand<'p>(profile: &'p ProjectProfile, input: &Value) -> ApiResult<&'p EnvironmentConfiguration> {
    let (name, id) = (text(input, "environmentConfigurationName"), text(input, "environmentConfigurationId"));
    if name.is_none() && id.is_none() {
        return Err(ApiError::validation("environmentConfigurationName or environmentConfigurationId must be set"));
    }
    let meant = |it: &&EnvironmentConfiguration| {
        name.is_none_or(|name| it.name == name) && id.is_none_or(|id| it.id.as_deref() == Some(id))
    };
    let found = profile.configurations.iter().find(meant).ok_or_else(|| not_permitted("CreateEnvironment"))?;
    if found.is_on_create() {
        return Err(ApiError::validation("Only ON_DEMAND environment configuration can be used"));
    }
    Ok(found)
}

/// `CreateEnvironment`: one that the profile has `ON_DEMAND`.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "CreateEnvironment";
    let (domain, mut project) = enter_project(call, operation, &input, "projectIdentifier")?;
    let creator = project.require_member(call, &domain, operation)?;
    if text(&input, "environmentBlueprintIdentifier").is_some() {
        return Err(ApiError::validation("environmentBlueprintIdentifier is not supported for domains of version V2"));
    }
    let profile = project.profile.as_deref().map(|id| ProjectProfile::find(call, &domain, id)).transpose()?.flatten();
    let profile = profile.ok_or_else(|| not_permitted(operation))?;
    let configuration = on_demand(&profile, &input)?;
    if project.tooling(&domain, call.now).is_none() {
        return Err(ApiError::validation(format!("Tooling environment not found for project {}", project.id)));
    }
    let name = required(&input, "name");
    if let Some(same) = project.environments.iter().find(|known| known.name == name) {
        return Err(conflict(format!("Conflict with environment {}", same.id)));
    }
    let given: Vec<(&str, &str)> = input["userParameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|parameter| (required(parameter, "name"), required(parameter, "value")))
        .collect();
    may_be_set(configuration, configuration.blueprint(&domain)?, &given)?;
    let said = UserParameters::of(&project.user_parameters, configuration);
    let place = validation::place(call, &domain, configuration, said)?.map_err(ApiError::validation)?;
    let of_project = said.into_iter().flat_map(|said| said.parameters());
    let parameters = configuration.parameters(&domain, of_project.chain(given))?;
    let mut environment = Environment::new(call, configuration, place, parameters)?;
    environment.name = name.to_owned();
    environment.description = text(&input, "description").map(str::to_owned);
    environment.creator = Some(creator.id().to_owned());
    let begins = call.now + PENDING;
    environment.phase = Some(match validation::validate(call, &domain, &project, &environment)? {
        Err(refusals) => {
            let failure = Failure { code: "VALIDATION_FAILED".to_owned(), message: refusals.join("; ") };
            let phase = Phase::new(call, Kind::Create, (call.now, begins), Some(failure))?;
            Phase { was_refused: true, ..phase }
        }
        Ok(enabled) => {
            let ends = begins + CREATION;
            let made = stacks::make(call, &domain, &project, &mut environment, &enabled, Kind::Create, ends)?;
            Phase::new(call, Kind::Create, (begins, ends), made.err())?
        }
    });
    let answer = environment.describe(&domain, &project, call.now);
    project.environments.push(environment);
    project.save(call, &domain)?;
    Ok(answer)
}

/// `DeleteEnvironment`.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "DeleteEnvironment";
    let domain = enter_available(call, operation, &input)?;
    let (mut project, position) = existing(call, &domain, required(&input, "identifier"))?;
    project.require_member(call, &domain, operation)?;
    let environment = &mut project.environments[position];
    match environment.status(call.now) {
        "DELETING" => {}
        _ if environment.is_busy(call.now) => {
            return Err(conflict(format!("Environment {} is being deployed", environment.id)));
        }
        _ => {
            // Whether it works shows in the environment.
            let _ = environment.remove(call, &domain)?;
            project.save(call, &domain)?;
        }
    }
    Ok(json!({}))
}
