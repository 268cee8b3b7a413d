//! Subscription targets: the environments in which subscribed assets can be used. An environment with a data lake has
//! one by itself, others can be given one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::blueprints::Blueprint;
use super::super::common::{CLIENT_TOKENS, conflict, not_found, paged, without_nulls};
use super::super::domain::Domain;
use super::super::environments::Environment;
use super::super::projects::Project;
use super::MANAGED;
use super::duties::{self, Duty};
use crate::sandbox::call::{ApiResult, Call, epoch_seconds, required, text};

/// What data lakes take.
const OF_LAKES: &[&str] = &[MANAGED[0], MANAGED[1]];

/// A subscription target.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Target {
    pub id: String,
    pub environment: String,
    pub project: String,
    name: String,
    kind: String,
    settings: Value,
    principals: Value,
    role: Option<String>,
    /// The types of assets that can be used there.
    pub takes: Vec<String>,
    provider: String,
    /// Whether grants are made by themselves.
    pub is_automatic: bool,
    created: (Timestamp, String),
}

/// The environments of a project that are data lakes and ready at `now`.
pub(super) fn lakes(domain: &Domain, project: &Project, now: Timestamp) -> Vec<Environment> {
    let is_lake = |environment: &&Environment| {
        let blueprint = Blueprint::find(&domain.region, &environment.blueprint);
        environment.status(now) == "ACTIVE" && blueprint.is_some_and(|it| it.name == "DataLake")
    };
    project.environments.iter().filter(is_lake).cloned().collect()
}

impl Target {
    /// The store's kind of targets that somebody made.
    pub const KIND: &'static str = "datazone/subscription-target";

    /// The target that a data lake has by itself.
    fn of_lake(project: &Project, lake: &Environment) -> Self {
        let database = lake.resource("glueDBName").unwrap_or_default();
        let settings = json!([{
            "formName": "GlueSubscriptionTargetConfigForm",
            "content": json!({"databaseName": database}).to_string(),
        }]);
        Target {
            id: format!("t{}", lake.id),
            environment: lake.id.clone(),
            project: project.id.clone(),
            name: "GlueSubscriptionTarget".to_owned(),
            kind: "GlueSubscriptionTargetType".to_owned(),
            settings,
            principals: json!([format!("arn:aws:iam::{}:role/datazone_usr_role_{}", lake.account, project.id)]),
            role: None,
            takes: OF_LAKES.iter().map(|kind| (*kind).to_owned()).collect(),
            provider: "Amazon DataZone".to_owned(),
            is_automatic: true,
            created: (Timestamp::UNIX_EPOCH, project.creator().to_owned()),
        }
    }

    /// Every target of a project.
    pub fn of_project(call: &Call<'_>, domain: &Domain, project: &Project) -> ApiResult<Vec<Self>> {
        let lakes = lakes(domain, project, call.now);
        let mut targets: Vec<Self> = lakes.iter().map(|lake| Self::of_lake(project, lake)).collect();
        let made: Vec<Self> = domain.documents(call, Self::KIND, "")?;
        targets.extend(made.into_iter().filter(|target| target.project == project.id));
        Ok(targets)
    }

    fn describe(&self, domain: &Domain) -> Value {
        without_nulls(json!({
            "id": self.id, "authorizedPrincipals": self.principals, "domainId": domain.id, "projectId": self.project,
            "environmentId": self.environment, "name": self.name, "type": self.kind, "createdBy": self.created.1,
            "createdAt": epoch_seconds(self.created.0), "manageAccessRole": self.role,
            "applicableAssetTypes": self.takes, "subscriptionTargetConfig": self.settings, "provider": self.provider,
            "subscriptionGrantCreationMode": if self.is_automatic { "AUTOMATIC" } else { "MANUAL" },
        }))
    }
}

/// The project of the environment that an input names.
fn enter(call: &mut Call<'_>, operation: &str, input: &Value, duty: Duty) -> ApiResult<(Domain, String, Project)> {
    let (domain, caller) = duties::enter(call, operation, input)?;
    let id = required(input, "environmentIdentifier");
    let has = |project: &Project| project.environments.iter().any(|environment| environment.id == id);
    let project = Project::all(call, &domain)?.into_iter().find(has);
    let project = project.ok_or_else(|| not_found("Environment", id))?;
    duties::require(call, &domain, &caller, &[(&project.id, duty)], operation)?;
    Ok((domain, caller.id().to_owned(), project))
}

fn of_environment(call: &Call<'_>, domain: &Domain, project: &Project, input: &Value) -> ApiResult<Vec<Target>> {
    let mut targets = Target::of_project(call, domain, project)?;
    targets.retain(|target| target.environment == required(input, "environmentIdentifier"));
    Ok(targets)
}

/// `CreateSubscriptionTarget`.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "CreateSubscriptionTarget";
    let (domain, by, project) = enter(call, operation, &input, Duty::Produce)?;
    CLIENT_TOKENS.once(call, operation, &input, |call| {
        let name = required(&input, "name");
        let known = of_environment(call, &domain, &project, &input)?;
        if let Some(same) = known.iter().find(|target| target.name == name) {
            return Err(conflict(format!("Conflict with subscription target {}", same.id)));
        }
        let takes = input["applicableAssetTypes"].as_array().into_iter().flatten();
        let target = Target {
            id: call.random_hex(14)?,
            environment: required(&input, "environmentIdentifier").to_owned(),
            project: project.id.clone(),
            name: name.to_owned(),
            kind: required(&input, "type").to_owned(),
            settings: input["subscriptionTargetConfig"].clone(),
            principals: input["authorizedPrincipals"].clone(),
            role: text(&input, "manageAccessRole").map(str::to_owned),
            takes: takes.filter_map(Value::as_str).map(str::to_owned).collect(),
            provider: text(&input, "provider").unwrap_or("Amazon DataZone").to_owned(),
            is_automatic: text(&input, "subscriptionGrantCreationMode") != Some("MANUAL"),
            created: (call.now, by),
        };
        call.store.put(Target::KIND, &domain.key(&target.id), &target)?;
        Ok(target.describe(&domain))
    })
}

/// `GetSubscriptionTarget`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, _, project) = enter(call, "GetSubscriptionTarget", &input, Duty::See)?;
    let id = required(&input, "identifier");
    let found = of_environment(call, &domain, &project, &input)?.into_iter().find(|target| target.id == id);
    Ok(found.ok_or_else(|| not_found("Subscription target", id))?.describe(&domain))
}

/// `ListSubscriptionTargets`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, _, project) = enter(call, "ListSubscriptionTargets", &input, Duty::See)?;
    let targets = of_environment(call, &domain, &project, &input)?;
    paged("items", targets, &input, 50, |_| true, |target| target.describe(&domain))
}
