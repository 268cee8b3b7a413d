//! Listings: what a project has published, for everybody who takes part in the domain.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::common::{CLIENT_TOKENS, conflict, not_found, without_nulls};
use super::super::domain::Domain;
use super::assets::Asset;
use super::duties::{self, Duty};
use crate::sandbox::call::{ApiError, ApiResult, Call, epoch_seconds, required, text};

/// How long a listing is `CREATING`.
const CREATION: SignedDuration = SignedDuration::from_secs(5);
/// How long it takes until search finds what was published, and finds no more what is so no longer. Users report
/// seconds to minutes.
const INDEX_LAG: SignedDuration = SignedDuration::from_secs(30);

/// What is published of an asset.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Listing {
    pub id: String,
    pub revision: u32,
    /// The asset as it was published.
    pub asset: Asset,
    /// Since when it is published, or is not any more.
    since: Timestamp,
    is_published: bool,
    created: (Timestamp, String),
    updated: (Timestamp, String),
}

impl Listing {
    /// The store's kind of listings.
    pub const KIND: &'static str = "datazone/listing";

    /// All listings of a domain that are there by now.
    pub fn all(call: &Call<'_>, domain: &Domain) -> ApiResult<Vec<Self>> {
        let mut all: Vec<Self> = domain.documents(call, Self::KIND, "")?;
        all.retain(|listing| listing.created.0 <= call.now);
        Ok(all)
    }

    /// The listing `id` of a domain, which must be there.
    pub fn existing(call: &Call<'_>, domain: &Domain, id: &str) -> ApiResult<Self> {
        let found = Self::all(call, domain)?.into_iter().find(|listing| listing.id == id);
        found.ok_or_else(|| not_found("Listing", id))
    }

    /// The listing of an asset, if it ever was published.
    pub fn of_asset(call: &Call<'_>, domain: &Domain, asset: &str) -> ApiResult<Option<Self>> {
        Ok(Self::all(call, domain)?.into_iter().find(|listing| listing.asset.id == asset))
    }

    fn save(&self, call: &Call<'_>, domain: &Domain) -> ApiResult<()> {
        Ok(call.store.put(Self::KIND, &domain.key(&self.id), self)?)
    }

    /// AWS's word for the state at `now`.
    pub fn status(&self, now: Timestamp) -> &'static str {
        match self.is_published {
            false => "INACTIVE",
            true if now < self.since + CREATION => "CREATING",
            true => "ACTIVE",
        }
    }

    /// Whether search finds it at `now`.
    pub fn is_found(&self, now: Timestamp) -> bool {
        let is_indexed = now >= self.since + INDEX_LAG;
        is_indexed == self.is_published
    }

    /// As search tells of it.
    pub fn summary(&self) -> Value {
        without_nulls(json!({
            "listingId": self.id, "listingRevision": self.revision.to_string(), "name": self.asset.name,
            "entityId": self.asset.id, "entityRevision": self.asset.revision.to_string(),
            "entityType": self.asset.kind, "description": self.asset.description,
            "createdAt": epoch_seconds(self.created.0), "listingCreatedBy": self.created.1,
            "listingUpdatedBy": self.updated.1, "owningProjectId": self.asset.project,
        }))
    }

    /// The asset's forms as one text, by the name of each form.
    pub fn forms(&self) -> String {
        let content = |form: &Value| {
            let content = text(form, "content").unwrap_or_default();
            serde_json::from_str(content).unwrap_or_else(|_| json!(content))
        };
        let forms = self.asset.forms.iter().map(|form| (required(form, "formName").to_owned(), content(form)));
        Value::Object(forms.collect()).to_string()
    }

    fn describe(&self, domain: &Domain, now: Timestamp) -> Value {
        json!({
            "domainId": domain.id, "id": self.id, "listingRevision": self.revision.to_string(),
            "createdAt": epoch_seconds(self.created.0), "createdBy": self.created.1,
            "updatedAt": epoch_seconds(self.updated.0), "updatedBy": self.updated.1, "name": self.asset.name,
            "description": self.asset.description.as_deref().unwrap_or_default(), "status": self.status(now),
            "item": {"assetListing": {
                "assetId": self.asset.id, "assetRevision": self.asset.revision.to_string(),
                "assetType": self.asset.kind, "createdAt": epoch_seconds(self.asset.updated), "forms": self.forms(),
                "owningProjectId": self.asset.project,
            }},
        })
    }
}

/// Publishes an asset from the moment `since` on, in the name of `by`.
pub(super) fn publish(
    call: &Call<'_>,
    domain: &Domain,
    asset: &Asset,
    since: Timestamp,
    by: &str,
) -> ApiResult<Listing> {
    let listing = match Listing::of_asset(call, domain, &asset.id)? {
        Some(known) => Listing {
            revision: known.revision + u32::from(known.asset.revision != asset.revision || !known.is_published),
            asset: asset.clone(),
            since: if known.is_published { known.since } else { since },
            is_published: true,
            updated: (since, by.to_owned()),
            ..known
        },
        None => Listing {
            id: call.random_hex(14)?,
            revision: 1,
            asset: asset.clone(),
            since,
            is_published: true,
            created: (since, by.to_owned()),
            updated: (since, by.to_owned()),
        },
    };
    listing.save(call, domain)?;
    Ok(listing)
}

/// `CreateListingChangeSet`.
pub(super) fn change(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "CreateListingChangeSet";
    let (domain, caller) = duties::enter(call, operation, &input)?;
    if required(&input, "entityType") != "ASSET" {
        return Err(ApiError::validation("The sandbox has no data products"));
    }
    let asset = Asset::existing(call, &domain, required(&input, "entityIdentifier"))?;
    duties::require(call, &domain, &caller, &[(&asset.project, Duty::Produce)], operation)?;
    if text(&input, "entityRevision").is_some_and(|wanted| wanted != asset.revision.to_string()) {
        return Err(not_found("Revision of asset", &asset.id));
    }
    CLIENT_TOKENS.once(call, operation, &input, |call| {
        let listing = match required(&input, "action") {
            "PUBLISH" => publish(call, &domain, &asset, call.now, caller.id())?,
            _ => {
                let known = Listing::of_asset(call, &domain, &asset.id)?;
                let mut listing = known.ok_or_else(|| not_found("Listing of asset", &asset.id))?;
                if listing.status(call.now) == "CREATING" {
                    return Err(conflict(format!("Listing {} is being created", listing.id)));
                }
                if listing.is_published {
                    listing.is_published = false;
                    listing.since = call.now;
                    listing.updated = (call.now, caller.id().to_owned());
                    listing.save(call, &domain)?;
                }
                listing
            }
        };
        Ok(json!({
            "listingId": listing.id, "listingRevision": listing.revision.to_string(),
            "status": listing.status(call.now),
        }))
    })
}

/// `GetListing`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, _) = duties::enter(call, "GetListing", &input)?;
    let listing = Listing::existing(call, &domain, required(&input, "identifier"))?;
    if text(&input, "listingRevision").is_some_and(|wanted| wanted != listing.revision.to_string()) {
        return Err(not_found("Revision of listing", &listing.id));
    }
    Ok(listing.describe(&domain, call.now))
}
