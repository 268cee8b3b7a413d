//! Connections of projects: those that environments bring along, and those that clients add, such as to Git repositories.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::authority;
use super::common::{
    CLIENT_TOKENS, conflict, enter_available, mentions, not_found, only_member, paged, sort_by_name, without_nulls,
};
use super::domain::Domain;
use super::environments::{self, Environment};
use super::projects::Project;
use crate::sandbox::call::{ApiError, ApiResult, Call, required, text};
use crate::sandbox::code_connections;

/// How long a connection takes to come, to change and to go.
const CHANGE: SignedDuration = SignedDuration::from_secs(10);

/// Members of `props` that the sandbox has connections for, and the type that they make.
const KINDS: &[(&str, &str)] = &[
    ("athenaProperties", "ATHENA"),
    ("gitProperties", "GIT"),
    ("iamProperties", "IAM"),
    ("mlflowProperties", "MLFLOW"),
    ("s3Properties", "S3"),
    ("sparkGlueProperties", "SPARK"),
    ("vpcProperties", "VPC"),
    ("workflowsMwaaProperties", "WORKFLOWS_MWAA"),
    ("workflowsServerlessProperties", "WORKFLOWS_MWAA"),
];
/// Members of `props` that tell of the state of the connection. For other types AWS does not tell it.
const WITH_STATUS: &[&str] = &["gitProperties", "redshiftProperties", "s3Properties", "vpcProperties"];

/// What happens to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Change {
    Create,
    Update,
    Delete,
}

/// A connection.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Connection {
    id: String,
    name: String,
    description: Option<String>,
    kind: String,
    /// `PROJECT` or `DOMAIN`.
    scope: String,
    project: Option<String>,
    environment: Option<String>,
    unit: String,
    /// One member, by the type.
    props: Value,
    configurations: Option<Value>,
    /// Account and Region.
    place: (String, String),
    role: Option<String>,
    /// Whether an environment brought it.
    is_brought: bool,
    /// From when on it shows.
    since: Timestamp,
    change: Change,
    /// When the change has come to its end.
    settled: Timestamp,
    /// Why it came to a bad one.
    failure: Option<String>,
}

/// A connection that an environment brings along.
pub(super) struct Brought {
    /// As AWS's own clients know it.
    pub name: &'static str,
    /// The type.
    pub kind: &'static str,
    /// Its `props`.
    pub properties: Value,
}

impl Brought {
    /// Those of the tools of a project, which shares files under `path`.
    pub fn of_tooling(environment: &Environment, path: &str) -> Vec<Self> {
        let workgroup = environment.parameters.get("workgroupName").filter(|name| !name.is_empty());
        let workgroup = workgroup.cloned().unwrap_or_else(|| format!("workgroup-{}", environment.id));
        let brought = |name, kind, properties| Brought { name, kind, properties };
        vec![
            brought("default.iam", "IAM", json!({"iamProperties": {"environmentId": environment.id}})),
            brought("default.s3_shared", "S3", json!({"s3Properties": {"s3Uri": path}})),
            brought("default.spark", "SPARK", json!({"sparkGlueProperties": {"glueVersion": "5.0"}})),
            brought("project.athena", "ATHENA", json!({"athenaProperties": {"workgroupName": workgroup}})),
        ]
    }
}

impl Connection {
    /// The store's kind of connections.
    pub const KIND: &'static str = "datazone/connection";

    fn all(call: &Call<'_>, domain: &Domain) -> ApiResult<Vec<Self>> {
        let mut all: Vec<Self> = domain.documents(call, Self::KIND, "")?;
        all.retain(|connection| call.now >= connection.since && connection.status(call.now) != "DELETED");
        Ok(all)
    }

    fn existing(call: &Call<'_>, domain: &Domain, id: &str) -> ApiResult<Self> {
        let found = Self::all(call, domain)?.into_iter().find(|connection| connection.id == id);
        found.ok_or_else(|| not_found("Connection", id))
    }

    fn save(&self, call: &Call<'_>, domain: &Domain) -> ApiResult<()> {
        Ok(call.store.put(Self::KIND, &domain.key(&self.id), self)?)
    }

    fn begin(&mut self, change: Change, now: Timestamp) {
        self.change = change;
        self.settled = now + CHANGE;
    }

    fn status(&self, now: Timestamp) -> &'static str {
        match (self.change, now < self.settled, self.failure.is_some()) {
            (Change::Create, true, _) => "CREATING",
            (Change::Update, true, _) => "UPDATING",
            (Change::Delete, true, _) => "DELETING",
            (Change::Delete, false, _) => "DELETED",
            (Change::Create, false, true) => "CREATE_FAILED",
            (Change::Update, false, true) => "UPDATE_FAILED",
            (_, false, false) => "READY",
        }
    }

    /// Checks what the connection leads to, as far as anybody can.
    fn check(&mut self, call: &Call<'_>) -> ApiResult<()> {
        self.failure = match text(&self.props["gitProperties"], "codeConnectionArn") {
            Some(arn) => code_connections::usable_in_projects(call, arn)?.err(),
            None => None,
        };
        Ok(())
    }

    fn describe(&self, domain: &Domain, now: Timestamp) -> Value {
        let mut props = self.props.clone();
        for (_, properties) in
            props.as_object_mut().into_iter().flatten().filter(|(k, _)| WITH_STATUS.contains(&k.as_str()))
        {
            let status = self.status(now);
            properties["status"] = json!(status);
            if let Some(failure) = self.failure.as_ref().filter(|_| status.ends_with("FAILED")) {
                properties["errorMessage"] = json!(failure);
            }
        }
        let (account, region) = &self.place;
        let endpoint = json!({"awsLocation": {"awsAccountId": account, "awsRegion": region}});
        without_nulls(json!({
            "connectionId": self.id, "name": self.name, "description": self.description, "type": self.kind,
            "scope": self.scope, "domainId": domain.id, "domainUnitId": self.unit, "projectId": self.project,
            "environmentId": self.environment, "props": props, "configurations": self.configurations,
            "physicalEndpoints": [endpoint],
        }))
    }

    /// Lets the caller `operation` if they work in its project, or own the unit of the domain's.
    fn require(&self, call: &Call<'_>, domain: &Domain, operation: &str) -> ApiResult<()> {
        match &self.project {
            Some(project) => {
                Project::existing(call, domain, project)?.require_member(call, domain, operation).map(drop)
            }
            None => authority::require(call, domain, &self.unit, operation).map(drop),
        }
    }
}

/// Adds the connections that an environment brings along, or changes them, from the moment `ready` on.
pub(super) fn bring(
    call: &Call<'_>,
    domain: &Domain,
    project: &Project,
    environment: &Environment,
    brought: Vec<Brought>,
    ready: Timestamp,
) -> ApiResult<()> {
    let known: Vec<Connection> = domain.documents(call, Connection::KIND, "")?;
    for Brought { name, kind, properties } in brought {
        let same = known.iter().find(|it| it.environment.as_ref() == Some(&environment.id) && it.name == name);
        let connection = match same {
            Some(same) => Connection { props: properties, ..same.clone() },
            None => Connection {
                id: call.random_hex(14)?,
                name: name.to_owned(),
                description: None,
                kind: kind.to_owned(),
                scope: "PROJECT".to_owned(),
                project: Some(project.id.clone()),
                environment: Some(environment.id.clone()),
                unit: project.unit.clone(),
                props: properties,
                configurations: None,
                place: (environment.account.clone(), environment.region.clone()),
                role: environment.resource("userRoleArn").map(str::to_owned),
                is_brought: true,
                since: ready,
                change: Change::Create,
                settled: ready,
                failure: None,
            },
        };
        connection.save(call, domain)?;
    }
    Ok(())
}

/// Removes the connections of an environment, whoever added them.
pub(super) fn remove_of(call: &Call<'_>, domain: &Domain, environment: &str) -> ApiResult<()> {
    let all: Vec<Connection> = domain.documents(call, Connection::KIND, "")?;
    for connection in all.iter().filter(|connection| connection.environment.as_deref() == Some(environment)) {
        call.store.delete(Connection::KIND, &domain.key(&connection.id))?;
    }
    Ok(())
}

/// `CreateConnection`. The environment says which project it is for; a connection of the domain has none.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "CreateConnection", &input)?;
    CLIENT_TOKENS.once(call, "CreateConnection", &input, |call| create_in(call, &domain, &input))
}

fn create_in(call: &mut Call<'_>, domain: &Domain, input: &Value) -> ApiResult {
    let operation = "CreateConnection";
    let owner = match (text(input, "environmentIdentifier"), text(input, "scope")) {
        (Some(_), Some("DOMAIN")) => {
            return Err(ApiError::validation("A connection of scope DOMAIN has no environmentIdentifier"));
        }
        (Some(id), _) => {
            let (project, position) = environments::existing(call, domain, id)?;
            project.require_member(call, domain, operation)?;
            let environment = project.environments[position].clone();
            if environment.status(call.now) != "ACTIVE" {
                return Err(ApiError::validation(format!("Environment {id} is not active")));
            }
            Some((project, environment))
        }
        (None, Some("DOMAIN")) => {
            authority::require(call, domain, &domain.root_unit, operation)?;
            None
        }
        (None, _) => return Err(ApiError::validation("environmentIdentifier must be set for scope PROJECT")),
    };
    let (member, properties) = only_member(&input["props"], "props")?;
    let Some((_, kind)) = KINDS.iter().find(|(known, _)| *known == member) else {
        return Err(ApiError::validation(format!("The sandbox has no connections with {member}")));
    };
    let project = owner.as_ref().map(|(project, _)| project.id.clone());
    let name = required(input, "name");
    let taken = |known: &Connection| known.name == name && known.project == project;
    if let Some(same) = Connection::all(call, domain)?.into_iter().find(taken) {
        return Err(conflict(format!("Conflict with connection {}", same.id)));
    }
    let location = &input["awsLocation"];
    let (account, region) = match &owner {
        Some((_, environment)) => (&environment.account, &environment.region),
        None => (&domain.account, &domain.region),
    };
    let place = |member: &str, default: &String| text(location, member).unwrap_or(default).to_owned();
    let tools = owner.as_ref().and_then(|(_, environment)| environment.resource("userRoleArn"));
    let mut connection = Connection {
        id: call.random_hex(14)?,
        name: name.to_owned(),
        description: text(input, "description").map(str::to_owned),
        kind: (*kind).to_owned(),
        scope: if owner.is_some() { "PROJECT" } else { "DOMAIN" }.to_owned(),
        environment: owner.as_ref().map(|(_, environment)| environment.id.clone()),
        unit: owner.as_ref().map_or(&domain.root_unit, |(project, _)| &project.unit).clone(),
        project,
        props: json!({member: properties}),
        configurations: Some(input["configurations"].clone()).filter(|given| !given.is_null()),
        place: (place("awsAccountId", account), place("awsRegion", region)),
        role: text(location, "accessRole").or(tools).map(str::to_owned),
        is_brought: false,
        since: call.now,
        change: Change::Create,
        settled: call.now + CHANGE,
        failure: None,
    };
    connection.check(call)?;
    connection.save(call, domain)?;
    Ok(connection.describe(domain, call.now))
}

fn enter(call: &mut Call<'_>, operation: &str, input: &Value) -> ApiResult<(Domain, Connection)> {
    let domain = enter_available(call, operation, input)?;
    let connection = Connection::existing(call, &domain, required(input, "identifier"))?;
    connection.require(call, &domain, operation)?;
    Ok((domain, connection))
}

/// `GetConnection`. It has no secrets to tell: nothing here hands out sessions of a project's role.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, connection) = enter(call, "GetConnection", &input)?;
    let mut answer = connection.describe(&domain, call.now);
    if let Some(role) = &connection.role {
        answer["environmentUserRole"] = json!(role);
    }
    Ok(answer)
}

/// `ListConnections`: those of one project, or of the domain.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "ListConnections";
    let domain = enter_available(call, operation, &input)?;
    let project = match (text(&input, "projectIdentifier"), text(&input, "environmentIdentifier")) {
        (Some(id), _) => Some(Project::existing(call, &domain, id)?),
        (None, Some(id)) => Some(environments::existing(call, &domain, id)?.0),
        (None, None) if text(&input, "scope") == Some("DOMAIN") => None,
        (None, None) => return Err(ApiError::validation("projectIdentifier or environmentIdentifier must be set")),
    };
    match &project {
        Some(project) => project.require_member(call, &domain, operation).map(drop)?,
        None => authority::require(call, &domain, &domain.root_unit, operation).map(drop)?,
    }
    let mut found = Connection::all(call, &domain)?;
    found.retain(|connection| connection.project == project.as_ref().map(|project| project.id.clone()));
    sort_by_name(&mut found, &input, |connection| &connection.name);
    let asked = |member: &str, value: Option<&str>| text(&input, member).is_none_or(|wanted| Some(wanted) == value);
    let wanted = |connection: &Connection| {
        mentions(&input, &connection.name)
            && asked("type", Some(&connection.kind))
            && asked("scope", Some(&connection.scope))
            && asked("environmentIdentifier", connection.environment.as_deref())
    };
    let view = |connection: &Connection| {
        let mut summary = connection.describe(&domain, call.now);
        summary.as_object_mut().map(|members| members.remove("description"));
        summary
    };
    paged("items", found, &input, 50, wanted, view)
}

/// `UpdateConnection`.
pub(super) fn update(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, mut connection) = enter(call, "UpdateConnection", &input)?;
    if call.now < connection.settled {
        return Err(conflict(format!("Connection {} is {}", connection.id, connection.status(call.now))));
    }
    if let Some(description) = text(&input, "description") {
        connection.description = Some(description.to_owned());
    }
    if !input["configurations"].is_null() {
        connection.configurations = Some(input["configurations"].clone());
    }
    if !input["props"].is_null() {
        let (member, properties) = only_member(&input["props"], "props")?;
        if connection.props.get(member).is_none() {
            let message = format!("A connection of type {} has no {member}", connection.kind);
            return Err(ApiError::validation(message));
        }
        for (name, value) in properties.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null()) {
            connection.props[member][name] = value.clone();
        }
    }
    connection.check(call)?;
    connection.begin(Change::Update, call.now);
    connection.save(call, &domain)?;
    Ok(connection.describe(&domain, call.now))
}

/// `DeleteConnection`. What an environment brought goes with it only: AWS does not say what it does here.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, mut connection) = enter(call, "DeleteConnection", &input)?;
    if connection.is_brought {
        let message = format!("Connection {} belongs to an environment and is deleted with it", connection.id);
        return Err(ApiError::validation(message));
    }
    connection.begin(Change::Delete, call.now);
    connection.save(call, &domain)?;
    Ok(json!({"status": "DELETING"}))
}
