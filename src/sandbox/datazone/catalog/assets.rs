//! Assets: what a project owns, its inventory. Others see an asset once it is published.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::authority::Identity;
use super::super::common::{CLIENT_TOKENS, not_found, without_nulls};
use super::super::domain::Domain;
use super::super::projects::Project;
use super::duties::{self, Duty};
use super::listings::Listing;
use crate::sandbox::call::{ApiError, ApiResult, Call, epoch_seconds, required, text};

/// The revision of every type.
const TYPE_REVISION: &str = "1";

/// An asset.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Asset {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    /// Its type.
    pub kind: String,
    /// What it stands for: the ARN of a table.
    pub external: Option<String>,
    /// Id of the project that owns it.
    pub project: String,
    /// As they are told of.
    pub forms: Vec<Value>,
    pub revision: u32,
    /// From when it is there, and who made it.
    pub created: (Timestamp, String),
    pub updated: Timestamp,
}

impl Asset {
    /// The store's kind of assets.
    pub const KIND: &'static str = "datazone/asset";

    /// All assets of a domain that are there by now.
    pub fn all(call: &Call<'_>, domain: &Domain) -> ApiResult<Vec<Self>> {
        let mut all: Vec<Self> = domain.documents(call, Self::KIND, "")?;
        all.retain(|asset| asset.created.0 <= call.now);
        Ok(all)
    }

    /// The asset `id` of a domain, which must be there.
    pub fn existing(call: &Call<'_>, domain: &Domain, id: &str) -> ApiResult<Self> {
        let found = Self::all(call, domain)?.into_iter().find(|asset| asset.id == id);
        found.ok_or_else(|| not_found("Asset", id))
    }

    /// Keeps the asset.
    pub fn save(&self, call: &Call<'_>, domain: &Domain) -> ApiResult<()> {
        Ok(call.store.put(Self::KIND, &domain.key(&self.id), self)?)
    }

    /// What search and description have in common.
    pub fn summary(&self, domain: &Domain) -> Value {
        without_nulls(json!({
            "domainId": domain.id, "name": self.name, "typeIdentifier": self.kind, "typeRevision": TYPE_REVISION,
            "externalIdentifier": self.external, "description": self.description,
            "owningProjectId": self.project, "createdAt": epoch_seconds(self.updated), "createdBy": self.created.1,
            "firstRevisionCreatedAt": epoch_seconds(self.created.0), "firstRevisionCreatedBy": self.created.1,
        }))
    }

    fn describe(&self, call: &Call<'_>, domain: &Domain) -> ApiResult {
        let mut answer = self.summary(domain);
        answer["id"] = json!(self.id);
        answer["revision"] = json!(self.revision.to_string());
        answer["formsOutput"] = json!(self.forms);
        if let Some(listing) = Listing::of_asset(call, domain, &self.id)? {
            answer["listing"] = json!({"listingId": listing.id, "listingStatus": listing.status(call.now)});
        }
        Ok(answer)
    }
}

/// The forms of an input, as they are told of.
fn forms(input: &Value) -> Vec<Value> {
    let given = input["formsInput"].as_array().into_iter().flatten();
    let form = |form: &Value| {
        without_nulls(json!({
            "formName": form["formName"], "typeName": form["typeIdentifier"], "typeRevision": form["typeRevision"],
            "content": form["content"],
        }))
    };
    given.map(form).collect()
}

/// `CreateAsset`.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "CreateAsset";
    let (domain, caller) = duties::enter(call, operation, &input)?;
    let project = Project::existing(call, &domain, required(&input, "owningProjectIdentifier"))?;
    duties::require(call, &domain, &caller, &[(&project.id, Duty::Produce)], operation)?;
    CLIENT_TOKENS.once(call, operation, &input, |call| {
        let text_of = |member: &str| text(&input, member).map(str::to_owned);
        let asset = Asset {
            id: call.random_hex(14)?,
            name: required(&input, "name").to_owned(),
            description: text_of("description"),
            kind: required(&input, "typeIdentifier").to_owned(),
            external: text_of("externalIdentifier"),
            project: project.id,
            forms: forms(&input),
            revision: 1,
            created: (call.now, caller.id().to_owned()),
            updated: call.now,
        };
        must_be_new(call, &domain, &asset)?;
        asset.save(call, &domain)?;
        asset.describe(call, &domain)
    })
}

/// A project has one asset of each thing.
fn must_be_new(call: &Call<'_>, domain: &Domain, new: &Asset) -> ApiResult<()> {
    let Some(external) = &new.external else { return Ok(()) };
    let same = |known: &&Asset| known.project == new.project && known.external.as_ref() == Some(external);
    match Asset::all(call, domain)?.iter().find(same) {
        Some(known) => Err(ApiError::new(409, "ConflictException", format!("Conflict with asset {}", known.id))),
        None => Ok(()),
    }
}

/// `GetAsset`, for the members of the project that owns it.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, caller) = duties::enter(call, "GetAsset", &input)?;
    let asset = Asset::existing(call, &domain, required(&input, "identifier"))?;
    require_see(call, &domain, &caller, &asset)?;
    if text(&input, "revision").is_some_and(|wanted| wanted != asset.revision.to_string()) {
        return Err(not_found("Revision of asset", &asset.id));
    }
    asset.describe(call, &domain)
}

fn require_see(call: &Call<'_>, domain: &Domain, caller: &Identity, asset: &Asset) -> ApiResult<()> {
    duties::require(call, domain, caller, &[(&asset.project, Duty::See)], "GetAsset")
}
