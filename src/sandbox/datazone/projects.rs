//! Projects: made from a profile, in a domain unit, with members and environments.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::authority::{self, Identity};
use super::blueprints;
use super::common::{
    conflict, enter_available, iso, mentions, not_found, not_permitted, paged, quota_exceeded, without_nulls,
};
use super::deployments::Deployment;
use super::domain::Domain;
use super::environment_configurations::EnvironmentConfiguration;
use super::environments::{self, Environment, Failure};
use super::memberships::{self, Member};
use super::project_profiles::ProjectProfile;
use super::units::Unit;
use super::user_parameters::{self, UserParameters};
use crate::sandbox::call::{ApiError, ApiResult, Call, required, text};

/// The most projects of a domain.
const MOST: usize = 1000;
/// How long a project is on its way to another domain unit.
const MOVE: SignedDuration = SignedDuration::from_secs(30);

/// A project.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Project {
    /// Letters and digits.
    pub id: String,
    /// Unique in its domain.
    pub name: String,
    description: Option<String>,
    /// Id of its domain unit.
    pub unit: String,
    /// Id of the profile that it was made from.
    pub profile: Option<String>,
    /// What it says of its environments.
    pub user_parameters: Vec<UserParameters>,
    /// ARN of the role that it brought along.
    pub execution_role: Option<String>,
    category: Option<String>,
    glossary_terms: Option<Value>,
    /// The tags of what it makes, as AWS tells of them.
    pub resource_tags: Vec<Value>,
    /// Who works in it.
    pub members: Vec<Member>,
    /// Those that its profile has for every project, and others.
    pub environments: Vec<Environment>,
    /// What became of the former; none if there are none.
    deployment: Option<Deployment>,
    created: (Timestamp, String),
    updated: Timestamp,
    /// When it has come to the domain unit that it was moved to last.
    moved: Option<Timestamp>,
    /// When it is gone, once it was deleted.
    gone: Option<Timestamp>,
    /// Why it is not gone, though it was deleted.
    undeleted: Vec<Failure>,
}

impl Project {
    /// The store's kind of projects.
    pub const KIND: &'static str = "datazone/project";

    /// All projects of a domain.
    pub fn all(call: &Call<'_>, domain: &Domain) -> ApiResult<Vec<Self>> {
        let mut all: Vec<Self> = domain.documents(call, Self::KIND, "")?;
        all.retain(|project| project.gone.is_none_or(|gone| call.now < gone));
        for project in &mut all {
            project.environments.retain(|environment| environment.status(call.now) != "DELETED");
        }
        Ok(all)
    }

    /// The project `id` of a domain, which must be there.
    pub fn existing(call: &Call<'_>, domain: &Domain, id: &str) -> ApiResult<Self> {
        let found = Self::all(call, domain)?.into_iter().find(|project| project.id == id);
        found.ok_or_else(|| not_found("Project", id))
    }

    /// Keeps the project.
    pub fn save(&self, call: &Call<'_>, domain: &Domain) -> ApiResult<()> {
        Ok(call.store.put(Self::KIND, &domain.key(&self.id), self)?)
    }

    /// AWS's word for its state at `now`.
    fn status(&self, now: Timestamp) -> &'static str {
        if self.gone.is_some() {
            return "DELETING";
        }
        if !self.undeleted.is_empty() {
            let leaving = self.environments.iter().any(|it| it.is_busy(now));
            return if leaving { "DELETING" } else { "DELETE_FAILED" };
        }
        if self.moved.is_some_and(|arrival| now < arrival) {
            return "MOVING";
        }
        self.deployment.as_ref().and_then(|deployment| deployment.project_status(now)).unwrap_or("ACTIVE")
    }

    /// Refuses changes while something happens to its environments.
    fn must_be_at_rest(&self, now: Timestamp) -> ApiResult<()> {
        let deploys = self.deployment.as_ref().is_some_and(|deployment| deployment.is_running(now));
        if deploys || self.environments.iter().any(|environment| environment.is_busy(now)) {
            return Err(conflict(format!("Project {} has environments that are being deployed", self.id)));
        }
        Ok(())
    }

    /// The environment with its tools, once that is there.
    pub fn tooling(&self, domain: &Domain, now: Timestamp) -> Option<&Environment> {
        self.environments.iter().find(|environment| {
            let blueprint = blueprints::Blueprint::find(&domain.region, &environment.blueprint);
            blueprint.is_some_and(|blueprint| matches!(blueprint.name, "Tooling" | "ToolingLite"))
                && matches!(environment.status(now), "ACTIVE" | "UPDATING" | "UPDATE_FAILED")
        })
    }

    /// The environment that it has from this configuration of its profile.
    pub fn environment_of(&self, configuration: &EnvironmentConfiguration) -> Option<&Environment> {
        self.environments.iter().find(|environment| environment.is_after(configuration))
    }

    /// Who made it.
    pub fn creator(&self) -> &str {
        &self.created.1
    }

    /// Lets the caller go on if they own the project, or may `operation` in its unit.
    pub fn require_owner(&self, call: &Call<'_>, domain: &Domain, operation: &str) -> ApiResult<()> {
        let caller = Identity::of_caller(call, domain)?;
        if self.members.iter().any(|member| member.is_owner() && caller.is(&member.who)) {
            return Ok(());
        }
        authority::require(call, domain, &self.unit, operation).map(drop)
    }

    /// [`Project::require_owner`] for what contributors may do, too. Tells who the caller is.
    pub fn require_member(&self, call: &Call<'_>, domain: &Domain, operation: &str) -> ApiResult<Identity> {
        let caller = Identity::of_caller(call, domain)?;
        if self.members.iter().any(|member| member.works() && caller.is(&member.who)) {
            return Ok(caller);
        }
        authority::require(call, domain, &self.unit, operation)
    }

    fn summary(&self, domain: &Domain, now: Timestamp) -> Value {
        without_nulls(json!({
            "domainId": domain.id, "id": self.id, "name": self.name, "description": self.description,
            "projectStatus": self.status(now), "domainUnitId": self.unit,
            "projectCategory": self.category, "createdBy": self.created.1, "createdAt": iso(self.created.0),
        }))
    }

    fn describe(&self, domain: &Domain, now: Timestamp) -> Value {
        let mut answer = self.summary(domain, now);
        answer["lastUpdatedAt"] = iso(self.updated);
        answer["projectProfileId"] = json!(self.profile);
        answer["userParameters"] = json!(Some(&self.user_parameters).filter(|said| !said.is_empty()));
        answer["failureReasons"] = json!(Some(&self.undeleted).filter(|reasons| !reasons.is_empty()));
        answer["glossaryTerms"] = json!(self.glossary_terms);
        answer["resourceTags"] = json!(self.resource_tags);
        answer["environmentDeploymentDetails"] = json!(self.deployment.as_ref().map(|made| made.describe(now)));
        without_nulls(answer)
    }
}

/// The tags of what a project makes: those of its profile, and those of an input as far as the profile lets them be.
fn resource_tags(profile: Option<&ProjectProfile>, input: &Value) -> ApiResult<Vec<Value>> {
    let of_profile = profile.and_then(|profile| profile.resource_tags.as_ref()).and_then(Value::as_array);
    let mut tags: BTreeMap<&str, Value> = BTreeMap::new();
    let tag = |key: &str, value: &Value, source: &str| json!({"key": key, "value": value, "source": source});
    for known in of_profile.into_iter().flatten() {
        let key = required(known, "key");
        tags.insert(key, tag(key, &known["value"], "PROJECT_PROFILE"));
    }
    for (key, value) in input["resourceTags"].as_object().into_iter().flatten() {
        let known = of_profile.into_iter().flatten().find(|known| known["key"] == json!(key));
        let may = match known {
            Some(known) => known["isValueEditable"] == true,
            None => profile.is_none_or(|profile| profile.allows_more_tags == Some(true)),
        };
        if !may {
            return Err(ApiError::validation(format!("The project profile does not allow the resource tag {key}")));
        }
        tags.insert(key, tag(key, value, "PROJECT"));
    }
    Ok(tags.into_values().collect())
}

/// `CreateProject`. It takes a grant for the profile, or for projects without one, and a place in the pool of members,
/// which the creator becomes one of; owners of the unit need neither. A grant that lists no profiles counts for none: AWS
/// does not say what it means.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "CreateProject", &input)?;
    let unit = text(&input, "domainUnitId").unwrap_or(&domain.root_unit);
    Unit::find(call, &domain, unit)?.ok_or_else(|| not_found("Domain unit", unit))?;
    let profile = text(&input, "projectProfileId")
        .map(|id| ProjectProfile::find(call, &domain, id)?.ok_or_else(|| not_found("Project profile", id)))
        .transpose()?;
    let creator = authority::require_grant(call, &domain, unit, "CreateProject", |grant| match &profile {
        Some(profile) => {
            let listed = grant.detail_value()["projectProfiles"].as_array();
            listed.into_iter().flatten().any(|id| *id == *profile.id)
        }
        None => grant.policy == "CREATE_PROJECT",
    })?;
    let name = required(&input, "name");
    let projects = Project::all(call, &domain)?;
    if let Some(same) = projects.iter().find(|project| project.name == name) {
        return Err(conflict(format!("Conflict with project {}", same.id)));
    }
    if projects.len() >= MOST {
        return Err(quota_exceeded(format!("A domain has at most {MOST} projects")));
    }
    let mut members = Vec::new();
    if let Some(owner) = creator.owner() {
        memberships::must_be_in_pool(call, &domain, unit, &owner, "CreateProject")?;
        members.push(Member::owner(owner));
    }
    if !input["membershipAssignments"].is_null() {
        // That AWS takes them is in its model, and nowhere else: so it can be refused here, too.
        call.step("datazone", "CreateProject.membershipAssignments", &domain.account)?;
        memberships::assign(call, &domain, unit, &mut members, &input)?;
    }
    let text_of = |member: &str| text(&input, member).map(str::to_owned);
    let given = |member: &str| Some(input[member].clone()).filter(|value| !value.is_null());
    let mut project = Project {
        id: call.random_hex(14)?,
        name: name.to_owned(),
        description: text_of("description"),
        unit: unit.to_owned(),
        profile: text_of("projectProfileId"),
        user_parameters: UserParameters::of_input(&input)?,
        execution_role: text_of("projectExecutionRole"),
        category: text_of("projectCategory"),
        glossary_terms: given("glossaryTerms"),
        resource_tags: resource_tags(profile.as_ref(), &input)?,
        members,
        environments: Vec::new(),
        deployment: None,
        created: (call.now, creator.id().to_owned()),
        updated: call.now,
        moved: None,
        gone: None,
        undeleted: Vec::new(),
    };
    match &profile {
        Some(profile) if !profile.is_enabled() => {
            return Err(ApiError::validation(format!("Project profile {} is disabled", profile.id)));
        }
        Some(profile) => {
            user_parameters::must_be_editable(&domain, profile, &project.user_parameters)?;
            project.deployment = Deployment::begin(call, &domain, &mut project, profile, false)?;
        }
        None if !project.user_parameters.is_empty() => {
            return Err(ApiError::validation("userParameters need a project profile"));
        }
        None => {}
    }
    project.save(call, &domain)?;
    Ok(project.describe(&domain, call.now))
}

/// The project that an input names in `member`, for everybody who takes part.
pub(super) fn enter_project(
    call: &mut Call<'_>,
    operation: &str,
    input: &Value,
    member: &str,
) -> ApiResult<(Domain, Project)> {
    let domain = enter_available(call, operation, input)?;
    if !Identity::of_caller(call, &domain)?.takes_part() {
        return Err(not_permitted(operation));
    }
    let project = Project::existing(call, &domain, required(input, member))?;
    Ok((domain, project))
}

/// `GetProject`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, project) = enter_project(call, "GetProject", &input, "identifier")?;
    Ok(project.describe(&domain, call.now))
}

/// `UpdateProject`. Parameters, or the newest version of the profile, mean that its environments are deployed anew: that
/// also repairs a project whose deployment failed, which AWS does not promise. Tags reach what there is with the next
/// deployment only.
pub(super) fn update(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "UpdateProject";
    let (domain, mut project) = enter_project(call, operation, &input, "identifier")?;
    project.require_owner(call, &domain, operation)?;
    if matches!(project.status(call.now), "DELETING" | "MOVING") {
        return Err(conflict(format!("Project {} is {}", project.id, project.status(call.now))));
    }
    if let Some(name) = text(&input, "name").filter(|name| *name != project.name) {
        if let Some(same) = Project::all(call, &domain)?.iter().find(|other| other.name == name) {
            return Err(conflict(format!("Conflict with project {}", same.id)));
        }
        project.name = name.to_owned();
    }
    if let Some(description) = text(&input, "description") {
        project.description = Some(description.to_owned());
    }
    if !input["glossaryTerms"].is_null() {
        project.glossary_terms = Some(input["glossaryTerms"].clone());
    }
    if let Some(unit) = text(&input, "domainUnitId").filter(|unit| *unit != project.unit) {
        Unit::find(call, &domain, unit)?.ok_or_else(|| not_found("Domain unit", unit))?;
        authority::require(call, &domain, unit, operation)?;
        project.unit = unit.to_owned();
        project.moved = Some(call.now + MOVE);
    }
    let profile = project.profile.as_deref().map(|id| ProjectProfile::find(call, &domain, id)).transpose()?.flatten();
    if !input["resourceTags"].is_null() {
        project.resource_tags = resource_tags(profile.as_ref(), &input)?;
    }
    let version = text(&input, "projectProfileVersion");
    if let Some(version) = version.filter(|version| *version != "latest") {
        return Err(ApiError::validation(format!("projectProfileVersion must be latest, and is {version}")));
    }
    if version.is_some() || !input["userParameters"].is_null() {
        project.must_be_at_rest(call.now)?;
        let profile = profile.ok_or_else(|| ApiError::validation("userParameters need a project profile"))?;
        let newer = UserParameters::of_input(&input)?;
        let said = user_parameters::joined(project.user_parameters.clone(), newer, &project.environments)?;
        user_parameters::must_be_editable(&domain, &profile, &said)?;
        project.user_parameters = said;
        project.deployment = Deployment::begin(call, &domain, &mut project, &profile, true)?;
    }
    project.updated = call.now;
    project.save(call, &domain)?;
    Ok(project.describe(&domain, call.now))
}

/// `DeleteProject`. Nothing in the sandbox's projects keeps one from being deleted, so there is no check to skip. An
/// environment that cannot be taken away keeps it there.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, mut project) = enter_project(call, "DeleteProject", &input, "identifier")?;
    project.require_owner(call, &domain, "DeleteProject")?;
    if project.status(call.now) != "DELETING" {
        project.undeleted.clear();
        let mut gone = call.now;
        for environment in &mut project.environments {
            project.undeleted.extend(environment.remove(call, &domain)?.err());
            gone = call.now + environments::DELETION;
        }
        project.gone = Some(gone).filter(|_| project.undeleted.is_empty());
        project.save(call, &domain)?;
    }
    Ok(json!({}))
}

/// `ListProjects`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "ListProjects", &input)?;
    authority::require(call, &domain, &domain.root_unit, "ListProjects")?;
    let projects = Project::all(call, &domain)?;
    let member = memberships::wanted(call, &domain, &input)?;
    let category = text(&input, "projectCategory");
    let wanted = |project: &Project| {
        mentions(&input, &project.name)
            && category.is_none_or(|category| project.category.as_deref() == Some(category))
            && member.as_ref().is_none_or(|who| project.members.iter().any(|member| member.who == *who))
    };
    paged("items", projects, &input, 50, wanted, |project| project.summary(&domain, call.now))
}
