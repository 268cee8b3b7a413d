//! Group profiles: groups of IAM Identity Center, and IAM roles, each of which is the group of its sessions.

use std::cmp::Reverse;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::common::{CLIENT_TOKENS, enter_available, not_found, paged};
use super::domain::Domain;
use crate::sandbox::call::{ApiError, ApiResult, Call, required, text};
use crate::sandbox::iam::entities::Role;
use crate::sandbox::identity_center;

/// A group's profile. There is no operation that deletes one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Group {
    /// A group of IAM Identity Center has the id that it has there.
    pub id: String,
    /// `ASSIGNED` or `NOT_ASSIGNED`.
    pub status: String,
    /// When it was made.
    pub created: Timestamp,
    /// Which group it is.
    pub which: Which,
}

/// Which group a profile stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Which {
    /// A group of IAM Identity Center, by name.
    Sso(String),
    /// The sessions of a role: its ARN, and its unique id. A role made anew under the same name is another one.
    Role(String, String),
}

impl Group {
    /// The store's kind of group profiles.
    pub const KIND: &'static str = "datazone/group-profile";

    fn new(call: &Call<'_>, id: String, which: Which) -> Self {
        Group { id, status: "ASSIGNED".to_owned(), created: call.now, which }
    }

    /// A new profile of the role with this ARN and unique id.
    pub fn of_role(call: &Call<'_>, arn: &str, id: &str) -> ApiResult<Self> {
        Ok(Self::new(call, call.uuid()?, Which::Role(arn.to_owned(), id.to_owned())))
    }

    /// All profiles of a domain, newest first.
    pub fn all(call: &Call<'_>, domain: &Domain) -> ApiResult<Vec<Self>> {
        let mut all: Vec<Self> = domain.documents(call, Self::KIND, "")?;
        all.sort_by_key(|group| Reverse(group.created));
        Ok(all)
    }

    /// The profile that an identifier means: its id, the name of a group of Identity Center, or a role's ARN. Of
    /// several profiles of one role the newest.
    pub fn find(call: &Call<'_>, domain: &Domain, identifier: &str) -> ApiResult<Option<Self>> {
        Ok(Self::all(call, domain)?.into_iter().find(|group| {
            group.id == identifier
                || match &group.which {
                    Which::Sso(name) => name == identifier,
                    Which::Role(arn, _) => arn == identifier,
                }
        }))
    }

    /// Whether this is the group of a role's sessions.
    pub fn is_role(&self, role_arn: &str, role_id: &str) -> bool {
        matches!(&self.which, Which::Role(arn, id) if arn == role_arn && id == role_id)
    }

    /// Keeps the profile.
    pub fn save(&self, call: &Call<'_>, domain: &Domain) -> ApiResult<()> {
        Ok(call.store.put(Self::KIND, &domain.key(&self.id), self)?)
    }

    fn describe(&self, domain: &Domain) -> Value {
        let mut answer = json!({"domainId": domain.id, "id": self.id, "status": self.status});
        match &self.which {
            Which::Sso(name) => answer["groupName"] = json!(name),
            Which::Role(arn, id) => {
                answer["rolePrincipalArn"] = json!(arn);
                answer["rolePrincipalId"] = json!(id);
            }
        }
        answer
    }
}

/// `CreateGroupProfile`. A role may come as `rolePrincipalArn` or, as AWS's own tools send it, as `groupIdentifier`.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "CreateGroupProfile", &input)?;
    CLIENT_TOKENS.once(call, "CreateGroupProfile", &input, |call| {
        let identifier = match (text(&input, "groupIdentifier"), text(&input, "rolePrincipalArn")) {
            (Some(identifier), None) | (None, Some(identifier)) => identifier,
            _ => return Err(ApiError::validation("Exactly one of groupIdentifier and rolePrincipalArn must be set")),
        };
        let group = if identifier.starts_with("arn:") || text(&input, "rolePrincipalArn").is_some() {
            let role = Role::by_arn(&call.store, identifier)?.ok_or_else(|| not_found("IAM role", identifier))?;
            Group::of_role(call, &role.arn, &role.id)?
        } else {
            let groups = identity_center::groups(&call.store, domain.directory()?)?;
            let found = groups.into_iter().find(|group| group.id == identifier || group.name == identifier);
            let found = found.ok_or_else(|| not_found("Group", identifier))?;
            Group::new(call, found.id, Which::Sso(found.name))
        };
        if let Some(known) = Group::all(call, &domain)?.iter().find(|known| known.which == group.which) {
            let message = format!("Group profile for {identifier} already exists with status {}", known.status);
            return Err(ApiError::validation(message));
        }
        group.save(call, &domain)?;
        Ok(group.describe(&domain))
    })
}

fn existing(call: &Call<'_>, domain: &Domain, input: &Value) -> ApiResult<Group> {
    let identifier = required(input, "groupIdentifier");
    Group::find(call, domain, identifier)?.ok_or_else(|| not_found("Group profile", identifier))
}

/// `GetGroupProfile`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "GetGroupProfile", &input)?;
    Ok(existing(call, &domain, &input)?.describe(&domain))
}

/// `UpdateGroupProfile`.
pub(super) fn update(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "UpdateGroupProfile", &input)?;
    let mut group = existing(call, &domain, &input)?;
    required(&input, "status").clone_into(&mut group.status);
    group.save(call, &domain)?;
    Ok(group.describe(&domain))
}

/// `SearchGroupProfiles`. With `SSO_GROUP` it finds all groups of Identity Center, with a profile or not.
pub(super) fn search(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "SearchGroupProfiles", &input)?;
    let kind = required(&input, "groupType");
    let mut groups = Group::all(call, &domain)?;
    groups.retain(|group| matches!(group.which, Which::Role(..)) == (kind == "IAM_ROLE_SESSION_GROUP"));
    if kind == "SSO_GROUP" {
        for found in identity_center::groups(&call.store, domain.directory()?)? {
            if !groups.iter().any(|group| group.id == found.id) {
                let mut group = Group::new(call, found.id, Which::Sso(found.name));
                "NOT_ASSIGNED".clone_into(&mut group.status);
                groups.push(group);
            }
        }
    }
    let wanted = text(&input, "searchText").unwrap_or_default().to_lowercase();
    let found = |group: &Group| match &group.which {
        Which::Sso(name) | Which::Role(name, _) => name.to_lowercase().contains(&wanted),
    };
    paged("items", groups, &input, 50, found, |group| group.describe(&domain))
}
