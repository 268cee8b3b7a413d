//! Requests for subscriptions: a project asks for what another has published, and those who own it decide.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::authority::Identity;
use super::super::common::{CLIENT_TOKENS, conflict, not_found, paged, without_nulls};
use super::super::domain::Domain;
use super::super::projects::Project;
use super::duties::{self, Duty};
use super::listings::Listing;
use super::project_name;
use super::subscriptions::{self, Subscription};
use crate::sandbox::call::{ApiError, ApiResult, Call, epoch_seconds, required, text};

/// A request.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub id: String,
    /// Id of the project that asks.
    pub project: String,
    /// What it asks for, as it was then.
    pub listing: Listing,
    reason: String,
    pub created: (Timestamp, String),
    decision: Option<Decision>,
}

/// What became of a request.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Decision {
    accepted: bool,
    at: Timestamp,
    by: String,
    comment: Option<String>,
}

impl Request {
    /// The store's kind of requests.
    pub const KIND: &'static str = "datazone/subscription-request";

    fn all(call: &Call<'_>, domain: &Domain) -> ApiResult<Vec<Self>> {
        domain.documents(call, Self::KIND, "")
    }

    fn existing(call: &Call<'_>, domain: &Domain, id: &str) -> ApiResult<Self> {
        let found = Self::all(call, domain)?.into_iter().find(|request| request.id == id);
        found.ok_or_else(|| not_found("Subscription request", id))
    }

    fn save(&self, call: &Call<'_>, domain: &Domain) -> ApiResult<()> {
        Ok(call.store.put(Self::KIND, &domain.key(&self.id), self)?)
    }

    /// Id of the project that decides.
    fn owner(&self) -> &str {
        &self.listing.asset.project
    }

    fn status(&self) -> &'static str {
        match &self.decision {
            None => "PENDING",
            Some(decision) if decision.accepted => "ACCEPTED",
            Some(_) => "REJECTED",
        }
    }

    fn describe(&self, call: &Call<'_>, domain: &Domain) -> ApiResult {
        let decision = self.decision.as_ref();
        Ok(without_nulls(json!({
            "id": self.id, "createdBy": self.created.1, "domainId": domain.id, "status": self.status(),
            "createdAt": epoch_seconds(self.created.0), "requestReason": self.reason,
            "updatedAt": epoch_seconds(decision.map_or(self.created.0, |it| it.at)),
            "updatedBy": decision.map(|it| &it.by), "reviewerId": decision.map(|it| &it.by),
            "decisionComment": decision.and_then(|it| it.comment.as_ref()),
            "subscribedPrincipals": [principal(call, domain, &self.project)?],
            "subscribedListings": [subscribed(call, domain, &self.listing)?],
        })))
    }
}

/// A project as somebody who subscribes.
pub(super) fn principal(call: &Call<'_>, domain: &Domain, project: &str) -> ApiResult {
    Ok(json!({"project": without_nulls(json!({"id": project, "name": project_name(call, domain, project)?}))}))
}

/// A listing as something that is subscribed to.
pub(super) fn subscribed(call: &Call<'_>, domain: &Domain, listing: &Listing) -> ApiResult {
    let asset = &listing.asset;
    Ok(without_nulls(json!({
        "id": listing.id, "revision": listing.revision.to_string(), "name": asset.name,
        "description": asset.description.as_deref().unwrap_or_default(), "ownerProjectId": asset.project,
        "ownerProjectName": project_name(call, domain, &asset.project)?,
        "item": {"assetListing": {
            "entityId": asset.id, "entityRevision": asset.revision.to_string(), "entityType": asset.kind,
            "forms": listing.forms(),
        }},
    })))
}

/// `CreateSubscriptionRequest`. A project that asks for what is its own need not wait.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "CreateSubscriptionRequest";
    let (domain, caller) = duties::enter(call, operation, &input)?;
    let Some(project) = text(&input["subscribedPrincipals"][0]["project"], "identifier") else {
        return Err(ApiError::validation("In the sandbox only projects subscribe"));
    };
    let project = Project::existing(call, &domain, project)?;
    duties::require(call, &domain, &caller, &[(&project.id, Duty::Consume)], operation)?;
    CLIENT_TOKENS.once(call, operation, &input, |call| {
        let listing = Listing::existing(call, &domain, required(&input["subscribedListings"][0], "identifier"))?;
        if listing.status(call.now) != "ACTIVE" {
            return Err(ApiError::validation(format!("Listing {} is not active", listing.id)));
        }
        let same = |asked: &str, for_what: &str| asked == project.id && for_what == listing.id;
        let waiting = Request::all(call, &domain)?;
        let waiting = waiting.iter().find(|it| it.status() == "PENDING" && same(&it.project, &it.listing.id));
        let subscriptions = Subscription::all(call, &domain)?;
        let subscribed = subscriptions.iter().find(|it| it.status == "APPROVED" && same(&it.project, &it.listing.id));
        if let Some(known) = waiting.map(|it| &it.id).or(subscribed.map(|it| &it.id)) {
            return Err(conflict(format!("Conflict with {known}: the project has asked for this listing already")));
        }
        let mut request = Request {
            id: call.random_hex(14)?,
            listing,
            reason: required(&input, "requestReason").to_owned(),
            created: (call.now, caller.id().to_owned()),
            decision: None,
            project: project.id.clone(),
        };
        if request.project == request.owner() {
            let comment = Some("Approved automatically".to_owned());
            request.decision = Some(Decision { accepted: true, at: call.now, by: caller.id().to_owned(), comment });
            subscriptions::begin(call, &domain, &request, caller.id())?;
        }
        request.save(call, &domain)?;
        request.describe(call, &domain)
    })
}

/// The request of an input, for those who have one of the duties: in the project that asks, or in the one that decides.
fn enter(
    call: &mut Call<'_>,
    operation: &str,
    input: &Value,
    asking: Option<Duty>,
    deciding: Option<Duty>,
) -> ApiResult<(Domain, Identity, Request)> {
    let (domain, caller) = duties::enter(call, operation, input)?;
    let request = Request::existing(call, &domain, required(input, "identifier"))?;
    let asking = asking.map(|duty| (request.project.as_str(), duty));
    let deciding = deciding.map(|duty| (request.owner(), duty));
    let duties: Vec<(&str, Duty)> = asking.into_iter().chain(deciding).collect();
    duties::require(call, &domain, &caller, &duties, operation)?;
    Ok((domain, caller, request))
}

/// `GetSubscriptionRequestDetails`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let see = Some(Duty::See);
    let (domain, _, request) = enter(call, "GetSubscriptionRequestDetails", &input, see, see)?;
    request.describe(call, &domain)
}

/// `ListSubscriptionRequests`, the newest first: those that the caller's projects have made, and have to decide about.
/// Without a status it lists those that wait. Whoever names a project must be a member; AWS does not say what it does otherwise.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "ListSubscriptionRequests";
    let (domain, caller) = duties::enter(call, operation, &input)?;
    let mut requests = Request::all(call, &domain)?;
    requests.sort_by_key(|request| (std::cmp::Reverse(request.created.0), request.id.clone()));
    if text(&input, "sortOrder") == Some("ASCENDING") {
        requests.reverse();
    }
    let own = subscriptions::own_projects(call, &domain, &caller, &input, operation)?;
    requests.retain(|it| own.contains(&it.project) || own.iter().any(|project| project == it.owner()));
    let asked = |member: &str, value: &str| text(&input, member).is_none_or(|wanted| wanted == value);
    requests.retain(|request| {
        request.status() == text(&input, "status").unwrap_or("PENDING")
            && asked("subscribedListingId", &request.listing.id)
            && asked("owningProjectId", &request.project)
            && asked("approverProjectId", request.owner())
    });
    let items = requests.iter().map(|request| request.describe(call, &domain)).collect::<ApiResult<Vec<_>>>()?;
    paged("items", items, &input, 50, |_| true, Value::clone)
}

fn decide(call: &mut Call<'_>, input: &Value, operation: &str, accepted: bool) -> ApiResult {
    let (domain, caller, mut request) = enter(call, operation, input, None, Some(Duty::Approve))?;
    if request.decision.is_some() {
        return Err(conflict(format!("Subscription request {} is {}", request.id, request.status())));
    }
    let comment = text(input, "decisionComment").map(str::to_owned);
    request.decision = Some(Decision { accepted, at: call.now, by: caller.id().to_owned(), comment });
    request.save(call, &domain)?;
    if accepted {
        subscriptions::begin(call, &domain, &request, caller.id())?;
    }
    request.describe(call, &domain)
}

/// `AcceptSubscriptionRequest`.
pub(super) fn accept(call: &mut Call<'_>, input: Value) -> ApiResult {
    decide(call, &input, "AcceptSubscriptionRequest", true)
}

/// `RejectSubscriptionRequest`.
pub(super) fn reject(call: &mut Call<'_>, input: Value) -> ApiResult {
    decide(call, &input, "RejectSubscriptionRequest", false)
}

/// `DeleteSubscriptionRequest`: takes back what nobody has decided yet.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, _, request) = enter(call, "DeleteSubscriptionRequest", &input, Some(Duty::Consume), None)?;
    if request.decision.is_some() {
        return Err(conflict(format!("Subscription request {} is {}", request.id, request.status())));
    }
    call.store.delete(Request::KIND, &domain.key(&request.id))?;
    Ok(json!({}))
}
