//! Data sources: databases of Glue whose tables become assets of a project.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::common::{CLIENT_TOKENS, conflict, iso, not_found, paged, without_nulls};
use super::super::domain::Domain;
use super::super::projects::Project;
use super::duties::{self, Duty};
use super::runs::Run;
use super::targets;
use crate::sandbox::call::{ApiError, ApiResult, Call, required, text};

/// How long a data source is `CREATING`.
const CREATION: SignedDuration = SignedDuration::from_secs(10);

/// A data source.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DataSource {
    pub id: String,
    pub name: String,
    description: Option<String>,
    /// Id of the project whose it is.
    pub project: String,
    /// Id of the environment in whose account the databases are.
    environment: String,
    /// That account, and the Region.
    pub place: (String, String),
    /// The `glueRunConfiguration`.
    pub glue: Value,
    pub publishes: bool,
    enabled: Option<String>,
    schedule: Option<Value>,
    created: (Timestamp, String),
}

impl DataSource {
    /// The store's kind of data sources.
    pub const KIND: &'static str = "datazone/data-source";

    fn all(call: &Call<'_>, domain: &Domain) -> ApiResult<Vec<Self>> {
        domain.documents(call, Self::KIND, "")
    }

    /// The data source `id` of a domain, which must be there.
    pub fn existing(call: &Call<'_>, domain: &Domain, id: &str) -> ApiResult<Self> {
        let found = Self::all(call, domain)?.into_iter().find(|source| source.id == id);
        found.ok_or_else(|| not_found("Data source", id))
    }

    /// AWS's word for the state at `now`, in which the runs are what they are.
    pub fn status(&self, runs: &[Run], now: Timestamp) -> &'static str {
        if now < self.created.0 + CREATION {
            "CREATING"
        } else if runs.iter().any(|run| run.is_under_way(now)) {
            "RUNNING"
        } else {
            "READY"
        }
    }

    fn summary(&self, call: &Call<'_>, domain: &Domain) -> ApiResult {
        let runs = Run::of_source(call, domain, &self.id)?;
        let last = runs.last();
        Ok(without_nulls(json!({
            "domainId": domain.id, "environmentId": self.environment, "name": self.name, "type": "GLUE",
            "status": self.status(&runs, call.now), "enableSetting": self.enabled, "schedule": self.schedule,
            "description": self.description, "createdAt": iso(self.created.0), "updatedAt": iso(self.created.0),
            "lastRunStatus": last.map(|run| run.status(call.now)), "lastRunAt": last.map(|run| iso(run.since)),
            "lastRunErrorMessage": last.and_then(|run| run.error(call.now)),
        })))
    }

    fn describe(&self, call: &Call<'_>, domain: &Domain) -> ApiResult {
        let mut answer = self.summary(call, domain)?;
        let mut glue = self.glue.clone();
        (glue["accountId"], glue["region"]) = (json!(self.place.0), json!(self.place.1));
        answer["id"] = json!(self.id);
        answer["projectId"] = json!(self.project);
        answer["configuration"] = json!({"glueRunConfiguration": glue});
        answer["publishOnImport"] = json!(self.publishes);
        Ok(answer)
    }
}

/// `CreateDataSource`. It needs an environment with a data lake: the sandbox's projects have no connections.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "CreateDataSource";
    let (domain, caller) = duties::enter(call, operation, &input)?;
    let project = Project::existing(call, &domain, required(&input, "projectIdentifier"))?;
    duties::require(call, &domain, &caller, &[(&project.id, Duty::Produce)], operation)?;
    CLIENT_TOKENS.once(call, operation, &input, |call| {
        if required(&input, "type") != "GLUE" {
            return Err(ApiError::validation("The sandbox has data sources of type GLUE only"));
        }
        let glue = &input["configuration"]["glueRunConfiguration"];
        if glue.is_null() {
            return Err(ApiError::validation("A data source of type GLUE needs a glueRunConfiguration"));
        }
        let environment = match (text(&input, "environmentIdentifier"), text(&input, "connectionIdentifier")) {
            (Some(environment), None) => environment,
            (None, Some(connection)) => return Err(not_found("Connection", connection)),
            _ => {
                let message = "Exactly one of environmentIdentifier and connectionIdentifier must be set";
                return Err(ApiError::validation(message));
            }
        };
        let lakes = targets::lakes(&domain, &project, call.now);
        let lake = lakes.iter().find(|lake| lake.id == environment);
        let lake = lake.ok_or_else(|| not_found("Environment with a data lake", environment))?;
        let name = required(&input, "name");
        let mut known = DataSource::all(call, &domain)?.into_iter();
        if let Some(same) = known.find(|known| known.project == project.id && known.name == name) {
            return Err(conflict(format!("Conflict with data source {}", same.id)));
        }
        let source = DataSource {
            id: call.random_hex(14)?,
            name: name.to_owned(),
            description: text(&input, "description").map(str::to_owned),
            project: project.id.clone(),
            environment: environment.to_owned(),
            place: (lake.account.clone(), lake.region.clone()),
            glue: glue.clone(),
            publishes: input["publishOnImport"].as_bool().unwrap_or_default(),
            enabled: text(&input, "enableSetting").map(str::to_owned),
            schedule: Some(input["schedule"].clone()).filter(|schedule| !schedule.is_null()),
            created: (call.now, caller.id().to_owned()),
        };
        call.store.put(DataSource::KIND, &domain.key(&source.id), &source)?;
        source.describe(call, &domain)
    })
}

/// `GetDataSource`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "GetDataSource";
    let (domain, caller) = duties::enter(call, operation, &input)?;
    let source = DataSource::existing(call, &domain, required(&input, "identifier"))?;
    duties::require(call, &domain, &caller, &[(&source.project, Duty::See)], operation)?;
    source.describe(call, &domain)
}

/// `ListDataSources`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "ListDataSources";
    let (domain, caller) = duties::enter(call, operation, &input)?;
    let project = required(&input, "projectIdentifier");
    duties::require(call, &domain, &caller, &[(project, Duty::See)], operation)?;
    let mut items = Vec::new();
    for source in DataSource::all(call, &domain)?.into_iter().filter(|source| source.project == project) {
        let mut item = source.summary(call, &domain)?;
        item["dataSourceId"] = json!(source.id);
        items.push(item);
    }
    let asked = |item: &Value, filter: &str, member: &str| {
        text(&input, filter).is_none_or(|wanted| text(item, member) == Some(wanted))
    };
    let wanted = |item: &Value| {
        // As with other names, DataZone does not compare the whole name.
        text(&input, "name").is_none_or(|name| required(item, "name").contains(name))
            && asked(item, "environmentIdentifier", "environmentId")
            && asked(item, "connectionIdentifier", "connectionId")
            && asked(item, "type", "type")
            && asked(item, "status", "status")
    };
    paged("items", items, &input, 50, wanted, Value::clone)
}

/// `DeleteDataSource`. Its assets stay.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "DeleteDataSource";
    let (domain, caller) = duties::enter(call, operation, &input)?;
    let source = DataSource::existing(call, &domain, required(&input, "identifier"))?;
    duties::require(call, &domain, &caller, &[(&source.project, Duty::Produce)], operation)?;
    if source.status(&Run::of_source(call, &domain, &source.id)?, call.now) == "RUNNING" {
        return Err(conflict(format!("Data source {} is running", source.id)));
    }
    let mut answer = source.describe(call, &domain)?;
    answer["status"] = json!("DELETING");
    call.store.delete(DataSource::KIND, &domain.key(&source.id))?;
    Ok(answer)
}
