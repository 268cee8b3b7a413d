//! Projects: made from a profile, in a domain unit, with members and environments.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::authority::{self, Identity};
use super::common::{
    conflict, enter_available, iso, mentions, not_found, not_permitted, paged, quota_exceeded, without_nulls,
};
use super::deployments::{self, Deployment, UserParameters};
use super::domain::Domain;
use super::memberships::{self, Member};
use super::project_profiles::ProjectProfile;
use super::units::Unit;
use crate::sandbox::call::{ApiError, ApiResult, Call, required, text};

/// The most projects of a domain.
const MOST: usize = 1000;
/// How long a project with environments is `DELETING`.
const DELETION: SignedDuration = SignedDuration::from_mins(2);

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
    user_parameters: Option<Value>,
    category: Option<String>,
    glossary_terms: Option<Value>,
    resource_tags: Vec<Value>,
    /// Who works in it.
    pub members: Vec<Member>,
    /// What became of its environments; none if it has none.
    pub deployment: Option<Deployment>,
    created: (Timestamp, String),
    /// When it is gone, once it was deleted.
    gone: Option<Timestamp>,
}

impl Project {
    /// The store's kind of projects.
    pub const KIND: &'static str = "datazone/project";

    /// All projects of a domain.
    pub fn all(call: &Call<'_>, domain: &Domain) -> ApiResult<Vec<Self>> {
        let mut all: Vec<Self> = domain.documents(call, Self::KIND, "")?;
        all.retain(|project| project.gone.is_none_or(|gone| call.now < gone));
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

    /// Whether it was deleted and is not gone yet.
    pub fn is_deleting(&self) -> bool {
        self.gone.is_some()
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

    fn summary(&self, domain: &Domain) -> Value {
        without_nulls(json!({
            "domainId": domain.id, "id": self.id, "name": self.name, "description": self.description,
            "projectStatus": if self.is_deleting() { "DELETING" } else { "ACTIVE" }, "domainUnitId": self.unit,
            "projectCategory": self.category, "createdBy": self.created.1, "createdAt": iso(self.created.0),
        }))
    }

    fn describe(&self, domain: &Domain, now: Timestamp) -> Value {
        let mut answer = self.summary(domain);
        answer["lastUpdatedAt"] = iso(self.created.0);
        answer["projectProfileId"] = json!(self.profile);
        answer["userParameters"] = json!(self.user_parameters);
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
    memberships::assign(call, &domain, unit, &mut members, &input)?;
    let text_of = |member: &str| text(&input, member).map(str::to_owned);
    let given = |member: &str| Some(input[member].clone()).filter(|value| !value.is_null());
    let mut project = Project {
        id: call.random_hex(14)?,
        name: name.to_owned(),
        description: text_of("description"),
        unit: unit.to_owned(),
        profile: text_of("projectProfileId"),
        user_parameters: given("userParameters"),
        category: text_of("projectCategory"),
        glossary_terms: given("glossaryTerms"),
        resource_tags: resource_tags(profile.as_ref(), &input)?,
        members,
        deployment: None,
        created: (call.now, creator.id().to_owned()),
        gone: None,
    };
    let parameters = UserParameters::of_input(&input)?;
    match &profile {
        Some(profile) if !profile.is_enabled() => {
            return Err(ApiError::validation(format!("Project profile {} is disabled", profile.id)));
        }
        Some(profile) => {
            deployments::must_be_editable(&domain, profile, &parameters)?;
            let role = text(&input, "projectExecutionRole");
            project.deployment = Deployment::of_project(call, &domain, &project, profile, &parameters, role)?;
        }
        None if !parameters.is_empty() => {
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

/// `DeleteProject`. Nothing in the sandbox's projects keeps one from being deleted, so there is no check to skip.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, mut project) = enter_project(call, "DeleteProject", &input, "identifier")?;
    project.require_owner(call, &domain, "DeleteProject")?;
    if !project.is_deleting() {
        let environments = project.deployment.as_ref().is_some_and(|made| !made.environments.is_empty());
        project.gone = Some(if environments { call.now + DELETION } else { call.now });
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
    paged("items", projects, &input, 50, wanted, |project| project.summary(&domain))
}
