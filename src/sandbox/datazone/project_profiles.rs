//! Project profiles: what a new project is made of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::authority;
use super::common::{conflict, enter_available, iso, mentions, not_found, paged, sort_by_name, without_nulls};
use super::domain::Domain;
use super::environment_configurations::EnvironmentConfiguration;
use super::projects::Project;
use super::units::Unit;
use crate::sandbox::call::{ApiError, ApiResult, Call, required, text};

/// A project profile.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct ProjectProfile {
    /// Letters and digits.
    pub id: String,
    /// Unique in the domain.
    pub name: String,
    description: Option<String>,
    status: String,
    /// Id of the domain unit that it belongs to.
    pub unit: String,
    /// The tags of what its projects make, as AWS tells of them.
    pub resource_tags: Option<Value>,
    /// Whether a project may have tags beside these.
    pub allows_more_tags: Option<bool>,
    tags_description: Option<String>,
    /// In the order in which they are deployed.
    pub configurations: Vec<EnvironmentConfiguration>,
    created: (Timestamp, String),
    updated: Timestamp,
}

impl ProjectProfile {
    /// The store's kind of project profiles.
    pub const KIND: &'static str = "datazone/project-profile";

    /// The profile `id` of a domain.
    pub fn find(call: &Call<'_>, domain: &Domain, id: &str) -> ApiResult<Option<Self>> {
        Ok(call.store.get(Self::KIND, &domain.key(id))?)
    }

    /// All profiles of a domain.
    pub fn all(call: &Call<'_>, domain: &Domain) -> ApiResult<Vec<Self>> {
        domain.documents(call, Self::KIND, "")
    }

    /// Whether projects may be made from it.
    pub fn is_enabled(&self) -> bool {
        self.status == "ENABLED"
    }

    fn save(&self, call: &Call<'_>, domain: &Domain) -> ApiResult<()> {
        Ok(call.store.put(Self::KIND, &domain.key(&self.id), self)?)
    }

    /// Takes over what an input says.
    fn change(&mut self, call: &Call<'_>, domain: &Domain, input: &Value) -> ApiResult<()> {
        let set = |member: &str, value: &mut Option<String>| {
            if let Some(given) = text(input, member) {
                *value = Some(given.to_owned());
            }
        };
        set("description", &mut self.description);
        set("projectResourceTagsDescription", &mut self.tags_description);
        if let Some(name) = text(input, "name") {
            if Self::all(call, domain)?.iter().any(|other| other.name == name && other.id != self.id) {
                return Err(conflict(format!("A project profile named {name} already exists")));
            }
            name.clone_into(&mut self.name);
        }
        if let Some(status) = text(input, "status") {
            status.clone_into(&mut self.status);
        }
        if !input["projectResourceTags"].is_null() {
            self.resource_tags = Some(input["projectResourceTags"].clone());
        }
        if let Some(allows) = input["allowCustomProjectResourceTags"].as_bool() {
            self.allows_more_tags = Some(allows);
        }
        if !input["environmentConfigurations"].is_null() {
            self.configurations = EnvironmentConfiguration::of_input(call, domain, input, &self.configurations)?;
        }
        Ok(())
    }

    fn summary(&self, domain: &Domain) -> Value {
        without_nulls(json!({
            "domainId": domain.id, "id": self.id, "name": self.name, "description": self.description,
            "status": self.status, "domainUnitId": self.unit, "createdBy": self.created.1,
            "createdAt": iso(self.created.0), "lastUpdatedAt": iso(self.updated),
        }))
    }

    fn describe(&self, domain: &Domain) -> Value {
        let mut answer = self.summary(domain);
        answer["projectResourceTags"] = json!(self.resource_tags);
        answer["allowCustomProjectResourceTags"] = json!(self.allows_more_tags);
        answer["projectResourceTagsDescription"] = json!(self.tags_description);
        answer["environmentConfigurations"] =
            self.configurations.iter().map(EnvironmentConfiguration::describe).collect();
        without_nulls(answer)
    }
}

/// The domain unit that an input names in `domainUnitIdentifier`, else the root unit.
fn unit_of_input(call: &Call<'_>, domain: &Domain, input: &Value) -> ApiResult<String> {
    let id = text(input, "domainUnitIdentifier").unwrap_or(&domain.root_unit);
    Unit::find(call, domain, id)?.map(|unit| unit.id).ok_or_else(|| not_found("Domain unit", id))
}

/// `CreateProjectProfile`. There is no client token: whoever asks twice meets the name that is taken.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "CreateProjectProfile", &input)?;
    let unit = unit_of_input(call, &domain, &input)?;
    let creator = authority::require(call, &domain, &unit, "CreateProjectProfile")?;
    let mut profile = ProjectProfile {
        id: call.random_hex(14)?,
        name: String::new(),
        description: None,
        status: "DISABLED".to_owned(),
        unit,
        resource_tags: None,
        allows_more_tags: None,
        tags_description: None,
        configurations: Vec::new(),
        created: (call.now, creator.id().to_owned()),
        updated: call.now,
    };
    profile.change(call, &domain, &input)?;
    profile.save(call, &domain)?;
    Ok(profile.describe(&domain))
}

/// The profile that an input names in `identifier`, if the caller may `operation` in its unit.
fn enter_profile(call: &mut Call<'_>, operation: &str, input: &Value) -> ApiResult<(Domain, ProjectProfile)> {
    let domain = enter_available(call, operation, input)?;
    let id = required(input, "identifier");
    let profile = ProjectProfile::find(call, &domain, id)?.ok_or_else(|| not_found("Project profile", id))?;
    authority::require(call, &domain, &profile.unit, operation)?;
    Ok((domain, profile))
}

/// `GetProjectProfile`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, profile) = enter_profile(call, "GetProjectProfile", &input)?;
    Ok(profile.describe(&domain))
}

/// `UpdateProjectProfile`. Environment configurations that are given replace all that there were.
pub(super) fn update(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, mut profile) = enter_profile(call, "UpdateProjectProfile", &input)?;
    if text(&input, "domainUnitIdentifier").is_some() {
        let unit = unit_of_input(call, &domain, &input)?;
        authority::require(call, &domain, &unit, "UpdateProjectProfile")?;
        profile.unit = unit;
    }
    profile.change(call, &domain, &input)?;
    profile.updated = call.now;
    profile.save(call, &domain)?;
    Ok(profile.describe(&domain))
}

/// `DeleteProjectProfile`, refused while projects use it. AWS does not say that it is; the operation knows no
/// `ConflictException`.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, profile) = enter_profile(call, "DeleteProjectProfile", &input)?;
    if Project::all(call, &domain)?.iter().any(|project| project.profile.as_ref() == Some(&profile.id)) {
        let message = format!("Project profile {} cannot be deleted: projects use it", profile.id);
        return Err(ApiError::validation(message));
    }
    call.store.delete(ProjectProfile::KIND, &domain.key(&profile.id))?;
    Ok(json!({}))
}

/// `ListProjectProfiles`: to everybody who takes part, whatever they may make projects from.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "ListProjectProfiles", &input)?;
    authority::require(call, &domain, &domain.root_unit, "ListProjectProfiles")?;
    let mut profiles = ProjectProfile::all(call, &domain)?;
    sort_by_name(&mut profiles, &input, |profile| &profile.name);
    let wanted = |profile: &ProjectProfile| mentions(&input, &profile.name);
    paged("items", profiles, &input, 50, wanted, |profile| profile.summary(&domain))
}
