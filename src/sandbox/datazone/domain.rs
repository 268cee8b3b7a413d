//! A domain as the store keeps it, and what time makes of it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::account_pools::AccountPool;
use super::catalog;
use super::configurations::Configuration;
use super::connections::Connection;
use super::grants::Grant;
use super::groups::Group;
use super::project_profiles::ProjectProfile;
use super::projects::Project;
use super::units::Unit;
use super::users::User;
use crate::sandbox::call::{ApiError, ApiResult, Call, epoch_seconds};
use crate::sandbox::store::StoreError;

/// How long a new domain is `CREATING`: its users report one to two minutes.
pub(super) const CREATION: SignedDuration = SignedDuration::from_secs(60);
/// How long a domain is `DELETING`.
pub(super) const DELETION: SignedDuration = SignedDuration::from_secs(60);
/// How long a domain still shows as `DELETED`. Afterwards nobody may even ask for it.
pub(super) const AFTERLIFE: SignedDuration = SignedDuration::from_secs(30);

/// Kinds of documents in a domain that keep it from being deleted, and how many of each every domain has of itself.
const CHILDREN: &[(&str, usize)] = &[(Unit::KIND, 1), (ProjectProfile::KIND, 0), (AccountPool::KIND, 0)];
/// Kinds of documents that go with the domain.
const PARTS: &[&str] = &[User::KIND, Group::KIND, Grant::KIND, Configuration::KIND, Project::KIND, Connection::KIND];

/// A domain.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Domain {
    /// `dzd-...`.
    pub id: String,
    /// The account that owns it.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Not unique.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// `V1` or `V2`.
    pub version: String,
    /// As AWS tells of it.
    pub single_sign_on: Value,
    /// The identity store of its single sign-on, once that is on.
    pub identity_store: Option<String>,
    /// ARN.
    pub execution_role: String,
    /// ARN.
    pub service_role: Option<String>,
    /// ARN.
    pub kms_key: Option<String>,
    /// Id of the unit above all others.
    pub root_unit: String,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it changed last.
    pub updated: Timestamp,
    /// Its deletion, once that was asked for.
    pub deletion: Option<Deletion>,
}

/// What was asked for when a domain was deleted.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Deletion {
    /// When.
    pub since: Timestamp,
    /// Whether it takes its children along, and tells how far that has come.
    pub cascade: bool,
    /// How many projects there were.
    pub projects: usize,
}

impl Domain {
    const KIND: &'static str = "datazone/domain";

    /// The domain `id` of whomever, in the Region that is asked.
    pub fn find(call: &Call<'_>, id: &str) -> Result<Option<Self>, StoreError> {
        Ok(Self::all(call)?.into_iter().find(|domain| domain.id == id))
    }

    /// All domains of the Region that is asked, by owner.
    pub fn all(call: &Call<'_>) -> Result<Vec<Self>, StoreError> {
        let all = call.store.list::<Self>(Self::KIND, "")?.into_iter().map(|(_, domain)| domain);
        Ok(all.filter(|domain| domain.region == call.region && !domain.is_gone(call.now)).collect())
    }

    /// Keeps the domain.
    pub fn save(&self, call: &Call<'_>) -> Result<(), StoreError> {
        call.store.put(Self::KIND, &format!("{}/{}/{}", self.account, self.region, self.id), self)
    }

    /// Where the store has what belongs to the domain: `account/region/domain/rest`.
    pub fn key(&self, rest: &str) -> String {
        format!("{}/{}/{}/{rest}", self.account, self.region, self.id)
    }

    /// The domain's documents of a kind whose key begins with `rest`, in the order of their keys.
    pub fn documents<T: DeserializeOwned>(&self, call: &Call<'_>, kind: &str, rest: &str) -> ApiResult<Vec<T>> {
        Ok(call.store.list(kind, &self.key(rest))?.into_iter().map(|(_, document)| document).collect())
    }

    /// The identity store of its single sign-on, which must be on.
    pub fn directory(&self) -> ApiResult<&str> {
        let off = || ApiError::validation(format!("Single sign-on is not enabled for domain {}", self.id));
        self.identity_store.as_deref().ok_or_else(off)
    }

    /// Whether anything in the domain would go with it.
    pub fn has_children(&self, call: &Call<'_>) -> ApiResult<bool> {
        for (kind, own) in CHILDREN {
            if self.documents::<Value>(call, kind, "")?.len() > *own {
                return Ok(true);
            }
        }
        // A project that was deleted keeps its document.
        Ok(!Project::all(call, self)?.is_empty())
    }

    /// Removes everything in the domain.
    pub fn empty(&self, call: &Call<'_>) -> ApiResult<()> {
        for kind in CHILDREN.iter().map(|(kind, _)| kind).chain(PARTS).chain(catalog::KINDS) {
            for (key, _) in call.store.list::<Value>(kind, &self.key(""))? {
                call.store.delete(kind, &key)?;
            }
        }
        Ok(())
    }

    /// ARN.
    pub fn arn(&self) -> String {
        format!("arn:aws:datazone:{}:{}:domain/{}", self.region, self.account, self.id)
    }

    /// AWS's word for the state at `now`.
    pub fn status(&self, now: Timestamp) -> &'static str {
        match self.deletion {
            Some(deletion) if now < deletion.since + DELETION => "DELETING",
            Some(_) => "DELETED",
            None if now < self.created + CREATION => "CREATING",
            None => "AVAILABLE",
        }
    }

    fn is_gone(&self, now: Timestamp) -> bool {
        self.deletion.is_some_and(|deletion| now >= deletion.since + DELETION + AFTERLIFE)
    }

    fn portal(&self) -> String {
        let service = if self.version == "V2" { "sagemaker" } else { "datazone" };
        format!("https://{}.{service}.{}.on.aws", self.id, self.region)
    }

    /// How many projects a cascading deletion has taken along by `now`: one after the other.
    pub fn deleted_projects(&self, now: Timestamp) -> Option<i64> {
        let deletion = self.deletion.filter(|deletion| deletion.cascade)?;
        let elapsed = now.duration_since(deletion.since).min(DELETION).as_secs();
        Some(i64::try_from(deletion.projects).ok()? * elapsed / DELETION.as_secs())
    }

    /// All that `GetDomain` tells.
    pub fn describe(&self, now: Timestamp) -> Value {
        let mut answer = json!({
            "id": self.id, "arn": self.arn(), "name": self.name, "status": self.status(now),
            "domainVersion": self.version, "domainExecutionRole": self.execution_role,
            "rootDomainUnitId": self.root_unit, "portalUrl": self.portal(), "singleSignOn": self.single_sign_on,
            "tags": self.tags, "createdAt": epoch_seconds(self.created), "lastUpdatedAt": epoch_seconds(self.updated),
        });
        let optional = [
            ("description", &self.description),
            ("serviceRole", &self.service_role),
            ("kmsKeyIdentifier", &self.kms_key),
        ];
        for (member, value) in optional {
            if let Some(value) = value {
                answer[member] = json!(value);
            }
        }
        answer
    }

    /// What `GetDomain` tells and whose domain it is: of that these `members`, with spaces between.
    pub fn view(&self, now: Timestamp, members: &str) -> Value {
        let mut all = self.describe(now);
        all["managedAccountId"] = json!(self.account);
        if let Some(all) = all.as_object_mut() {
            all.retain(|member, _| members.split(' ').any(|wanted| wanted == member));
        }
        all
    }
}
