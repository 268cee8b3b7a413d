//! Domain units: the tree in which owners and grants hold.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::authority::{self, Identity};
use super::common::{CLIENT_TOKENS, conflict, enter_available, not_found, paged, quota_exceeded};
use super::domain::Domain;
use super::grants::Grant;
use super::project_profiles::ProjectProfile;
use super::projects::Project;
use crate::sandbox::call::{ApiError, ApiResult, Call, epoch_seconds, required, text};

/// The most units of a domain.
const MOST: usize = 500;
/// The most levels of units, the root's included.
const DEEPEST: usize = 5;

/// A domain unit.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Unit {
    /// Letters and digits.
    pub id: String,
    /// Unique beside its siblings.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The unit above; only the root unit has none.
    pub parent: Option<String>,
    /// Who may do everything in it and below.
    pub owners: Vec<Owner>,
    created: (Timestamp, String),
    updated: (Timestamp, String),
}

/// An owner of a unit, by id of the profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Owner {
    /// A user.
    User(String),
    /// A group.
    Group(String),
}

impl Owner {
    /// As AWS tells of one.
    pub fn describe(&self) -> Value {
        match self {
            Owner::User(id) => json!({"user": {"userId": id}}),
            Owner::Group(id) => json!({"group": {"groupId": id}}),
        }
    }
}

impl Unit {
    /// The store's kind of units.
    pub const KIND: &'static str = "datazone/domain-unit";

    /// A new unit, which belongs to whoever makes it.
    pub fn new(call: &Call<'_>, id: &str, name: &str, parent: Option<&str>, creator: &Identity) -> Self {
        let by = (call.now, creator.id().to_owned());
        Unit {
            id: id.to_owned(),
            name: name.to_owned(),
            description: None,
            parent: parent.map(str::to_owned),
            owners: creator.owner().into_iter().collect(),
            created: by.clone(),
            updated: by,
        }
    }

    /// The unit `id` of a domain.
    pub fn find(call: &Call<'_>, domain: &Domain, id: &str) -> ApiResult<Option<Self>> {
        Ok(call.store.get(Self::KIND, &domain.key(id))?)
    }

    /// The unit and those above it, the root unit last; nothing if there is no such unit.
    pub fn chain(call: &Call<'_>, domain: &Domain, id: &str) -> ApiResult<Vec<Self>> {
        let mut chain = Vec::new();
        let mut next = Self::find(call, domain, id)?;
        while let Some(unit) = next {
            next = unit.parent.as_ref().map_or(Ok(None), |parent| Self::find(call, domain, parent))?;
            chain.push(unit);
        }
        Ok(chain)
    }

    /// All units of a domain.
    pub fn all(call: &Call<'_>, domain: &Domain) -> ApiResult<Vec<Self>> {
        domain.documents(call, Self::KIND, "")
    }

    /// Keeps the unit.
    pub fn save(&self, call: &Call<'_>, domain: &Domain) -> ApiResult<()> {
        Ok(call.store.put(Self::KIND, &domain.key(&self.id), self)?)
    }

    fn describe(&self, domain: &Domain) -> Value {
        let mut answer = json!({
            "id": self.id, "domainId": domain.id, "name": self.name,
            "owners": self.owners.iter().map(Owner::describe).collect::<Vec<_>>(),
            "createdAt": epoch_seconds(self.created.0), "createdBy": self.created.1,
            "lastUpdatedAt": epoch_seconds(self.updated.0), "lastUpdatedBy": self.updated.1,
        });
        for (member, value) in [("description", &self.description), ("parentDomainUnitId", &self.parent)] {
            if let Some(value) = value {
                answer[member] = json!(value);
            }
        }
        answer
    }
}

/// For the operations that know no `ResourceNotFoundException`.
pub(super) fn invalid_unit(id: &str) -> ApiError {
    ApiError::validation(format!("Domain unit {id} does not exist"))
}

/// Refuses a name that another unit than `id` under `parent` has.
fn must_be_free(call: &Call<'_>, domain: &Domain, parent: Option<&str>, name: &str, id: Option<&str>) -> ApiResult<()> {
    let taken = |unit: &Unit| unit.parent.as_deref() == parent && unit.name == name && Some(unit.id.as_str()) != id;
    if Unit::all(call, domain)?.iter().any(taken) {
        return Err(conflict(format!("A domain unit named {name} already exists under the same parent")));
    }
    Ok(())
}

/// `CreateDomainUnit`.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "CreateDomainUnit", &input)?;
    let parent = required(&input, "parentDomainUnitIdentifier");
    let ancestors = Unit::chain(call, &domain, parent)?;
    if ancestors.is_empty() {
        return Err(invalid_unit(parent));
    }
    let creator = authority::require(call, &domain, parent, "CreateDomainUnit")?;
    CLIENT_TOKENS.once(call, "CreateDomainUnit", &input, |call| {
        let name = required(&input, "name");
        must_be_free(call, &domain, Some(parent), name, None)?;
        if ancestors.len() >= DEEPEST || Unit::all(call, &domain)?.len() >= MOST {
            let message = format!("A domain has at most {MOST} domain units, on at most {DEEPEST} levels");
            return Err(quota_exceeded(message));
        }
        let mut unit = Unit::new(call, &call.random_hex(14)?, name, Some(parent), &creator);
        unit.description = text(&input, "description").map(str::to_owned);
        unit.save(call, &domain)?;
        let mut answer = unit.describe(&domain);
        answer["ancestorDomainUnitIds"] = ancestors.iter().map(|ancestor| json!(ancestor.id)).collect();
        if let Some(answer) = answer.as_object_mut() {
            answer.retain(|member, _| !member.starts_with("lastUpdated"));
        }
        Ok(answer)
    })
}

/// The unit that an input names in `identifier`, and who the caller is, if they may `operation` there.
fn enter_unit(call: &mut Call<'_>, operation: &str, input: &Value) -> ApiResult<(Domain, Unit, Identity)> {
    let domain = enter_available(call, operation, input)?;
    let id = required(input, "identifier");
    let unit = Unit::find(call, &domain, id)?.ok_or_else(|| not_found("Domain unit", id))?;
    let caller = authority::require(call, &domain, id, operation)?;
    Ok((domain, unit, caller))
}

/// `GetDomainUnit`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, unit, _) = enter_unit(call, "GetDomainUnit", &input)?;
    Ok(unit.describe(&domain))
}

/// `UpdateDomainUnit`.
pub(super) fn update(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, mut unit, caller) = enter_unit(call, "UpdateDomainUnit", &input)?;
    if let Some(name) = text(&input, "name") {
        must_be_free(call, &domain, unit.parent.as_deref(), name, Some(&unit.id))?;
        name.clone_into(&mut unit.name);
    }
    if let Some(description) = text(&input, "description") {
        unit.description = Some(description.to_owned());
    }
    unit.updated = (call.now, caller.id().to_owned());
    unit.save(call, &domain)?;
    Ok(unit.describe(&domain))
}

/// `DeleteDomainUnit`. A unit must be empty; its grants go with it.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, unit, _) = enter_unit(call, "DeleteDomainUnit", &input)?;
    if unit.parent.is_none() {
        return Err(ApiError::validation("The root domain unit cannot be deleted"));
    }
    let holds_units = Unit::all(call, &domain)?.iter().any(|other| other.parent.as_ref() == Some(&unit.id));
    let holds_profiles = ProjectProfile::all(call, &domain)?.iter().any(|profile| profile.unit == unit.id);
    let holds_projects = Project::all(call, &domain)?.iter().any(|project| project.unit == unit.id);
    if holds_units || holds_profiles || holds_projects {
        return Err(conflict(format!("Domain unit {} is not empty", unit.id)));
    }
    for grant in Grant::all(call, &domain, ("DOMAIN_UNIT", &unit.id))? {
        grant.remove(call, &domain)?;
    }
    call.store.delete(Unit::KIND, &domain.key(&unit.id))?;
    Ok(json!({}))
}

/// `ListDomainUnitsForParent`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "ListDomainUnitsForParent", &input)?;
    let parent = required(&input, "parentDomainUnitIdentifier");
    Unit::find(call, &domain, parent)?.ok_or_else(|| invalid_unit(parent))?;
    authority::require(call, &domain, parent, "ListDomainUnitsForParent")?;
    let mut units = Unit::all(call, &domain)?;
    units.retain(|unit| unit.parent.as_deref() == Some(parent));
    paged("items", units, &input, 25, |_| true, |unit| json!({"id": unit.id, "name": unit.name}))
}
