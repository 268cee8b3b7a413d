//! Subscriptions: what a project may use of another's.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::authority::Identity;
use super::super::common::{conflict, not_found, paged, without_nulls};
use super::super::domain::Domain;
use super::duties::{self, Duty};
use super::grants::{self, Grant};
use super::listings::Listing;
use super::requests::{self, Request};
use crate::sandbox::call::{ApiResult, Call, epoch_seconds, required, text};

/// A subscription.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Subscription {
    pub id: String,
    request: String,
    /// Id of the project that has it.
    pub project: String,
    /// What it is to.
    pub listing: Listing,
    /// `APPROVED`, `CANCELLED` or `REVOKED`.
    pub status: String,
    retains: Option<bool>,
    created: (Timestamp, String),
    updated: (Timestamp, String),
}

impl Subscription {
    /// The store's kind of subscriptions.
    pub const KIND: &'static str = "datazone/subscription";

    /// All subscriptions of a domain.
    pub fn all(call: &Call<'_>, domain: &Domain) -> ApiResult<Vec<Self>> {
        domain.documents(call, Self::KIND, "")
    }

    fn save(&self, call: &Call<'_>, domain: &Domain) -> ApiResult<()> {
        Ok(call.store.put(Self::KIND, &domain.key(&self.id), self)?)
    }

    /// Id of the project that gives it.
    fn owner(&self) -> &str {
        &self.listing.asset.project
    }

    fn describe(&self, call: &Call<'_>, domain: &Domain) -> ApiResult {
        Ok(without_nulls(json!({
            "id": self.id, "createdBy": self.created.1, "updatedBy": self.updated.1, "domainId": domain.id,
            "status": self.status, "createdAt": epoch_seconds(self.created.0),
            "updatedAt": epoch_seconds(self.updated.0), "subscriptionRequestId": self.request,
            "retainPermissions": self.retains,
            "subscribedPrincipal": requests::principal(call, domain, &self.project)?,
            "subscribedListing": requests::subscribed(call, domain, &self.listing)?,
        })))
    }
}

/// Gives what a request asks for, in the name of `by`.
pub(super) fn begin(call: &Call<'_>, domain: &Domain, request: &Request, by: &str) -> ApiResult<()> {
    let subscription = Subscription {
        id: call.random_hex(14)?,
        request: request.id.clone(),
        project: request.project.clone(),
        listing: request.listing.clone(),
        status: "APPROVED".to_owned(),
        retains: None,
        created: (call.now, by.to_owned()),
        updated: (call.now, by.to_owned()),
    };
    subscription.save(call, domain)?;
    grants::fulfil(call, domain, &subscription, by)
}

/// The projects whose requests, subscriptions and grants an input is about: those that it names, or all of the caller's.
/// Of those that it names the caller must be a member.
pub(super) fn own_projects(
    call: &Call<'_>,
    domain: &Domain,
    caller: &Identity,
    input: &Value,
    operation: &str,
) -> ApiResult<Vec<String>> {
    let named: Vec<&str> =
        ["owningProjectId", "approverProjectId"].into_iter().filter_map(|it| text(input, it)).collect();
    if !named.is_empty() {
        let duties: Vec<(&str, Duty)> = named.iter().map(|project| (*project, Duty::See)).collect();
        duties::require(call, domain, caller, &duties, operation)?;
        return Ok(named.into_iter().map(str::to_owned).collect());
    }
    duties::projects_of(call, domain, caller, Duty::See)
}

/// The subscription of an input, for those who have a duty in the project that has it, or in the one that gives it.
fn enter(
    call: &mut Call<'_>,
    operation: &str,
    input: &Value,
    having: Option<Duty>,
    giving: Option<Duty>,
) -> ApiResult<(Domain, Identity, Subscription)> {
    let (domain, caller) = duties::enter(call, operation, input)?;
    let id = required(input, "identifier");
    let found = Subscription::all(call, &domain)?.into_iter().find(|subscription| subscription.id == id);
    let subscription = found.ok_or_else(|| not_found("Subscription", id))?;
    let having = having.map(|duty| (subscription.project.as_str(), duty));
    let giving = giving.map(|duty| (subscription.owner(), duty));
    let duties: Vec<(&str, Duty)> = having.into_iter().chain(giving).collect();
    duties::require(call, &domain, &caller, &duties, operation)?;
    Ok((domain, caller, subscription))
}

/// `GetSubscription`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let see = Some(Duty::See);
    let (domain, _, subscription) = enter(call, "GetSubscription", &input, see, see)?;
    subscription.describe(call, &domain)
}

/// `ListSubscriptions`, the newest first. Without a status it lists those that count.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "ListSubscriptions";
    let (domain, caller) = duties::enter(call, operation, &input)?;
    let mut subscriptions = Subscription::all(call, &domain)?;
    subscriptions.sort_by_key(|it| (std::cmp::Reverse(it.created.0), it.id.clone()));
    if text(&input, "sortOrder") == Some("ASCENDING") {
        subscriptions.reverse();
    }
    let own = own_projects(call, &domain, &caller, &input, operation)?;
    let asked = |member: &str, value: &str| text(&input, member).is_none_or(|wanted| wanted == value);
    subscriptions.retain(|it| {
        (own.contains(&it.project) || own.iter().any(|project| project == it.owner()))
            && it.status == text(&input, "status").unwrap_or("APPROVED")
            && asked("subscriptionRequestIdentifier", &it.request)
            && asked("subscribedListingId", &it.listing.id)
            && asked("owningProjectId", &it.project)
            && asked("approverProjectId", it.owner())
    });
    let items = subscriptions.iter().map(|it| it.describe(call, &domain)).collect::<ApiResult<Vec<_>>>()?;
    paged("items", items, &input, 50, |_| true, Value::clone)
}

fn end(
    call: &Call<'_>,
    domain: &Domain,
    caller: &Identity,
    mut subscription: Subscription,
    status: &str,
    retains: bool,
) -> ApiResult {
    if subscription.status != "APPROVED" {
        return Err(conflict(format!("Subscription {} is {}", subscription.id, subscription.status)));
    }
    status.clone_into(&mut subscription.status);
    subscription.updated = (call.now, caller.id().to_owned());
    subscription.retains = retains.then_some(true);
    subscription.save(call, domain)?;
    if !retains {
        for grant in Grant::all(call, domain)? {
            if grant.subscription.as_ref() == Some(&subscription.id) {
                grant.revoke(call, domain)?;
            }
        }
    }
    subscription.describe(call, domain)
}

/// `CancelSubscription`, by those who have it.
pub(super) fn cancel(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, caller, found) = enter(call, "CancelSubscription", &input, Some(Duty::Consume), None)?;
    end(call, &domain, &caller, found, "CANCELLED", false)
}

/// `RevokeSubscription`, by those who gave it.
pub(super) fn revoke(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, caller, found) = enter(call, "RevokeSubscription", &input, None, Some(Duty::Approve))?;
    let retains = input["retainPermissions"].as_bool().unwrap_or_default();
    end(call, &domain, &caller, found, "REVOKED", retains)
}
