//! Grants: access to what is subscribed to, in an environment. DataZone makes them by itself where it can.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::authority::Identity;
use super::super::blueprints::BLUEPRINTS;
use super::super::common::{CLIENT_TOKENS, DATAZONE, conflict, not_found, paged, without_nulls};
use super::super::configurations::Configuration;
use super::super::domain::Domain;
use super::super::projects::Project;
use super::MANAGED;
use super::assets::Asset;
use super::duties::{self, Duty};
use super::listings::Listing;
use super::subscriptions::{self, Subscription};
use super::targets::Target;
use crate::sandbox::authorization::service_takes;
use crate::sandbox::call::{ApiError, ApiResult, Call, epoch_seconds, required, text};
use crate::sandbox::glue;

/// How long after the approval nobody sees a grant yet.
const APPEARS: SignedDuration = SignedDuration::from_secs(10);
/// How long a grant is `PENDING`.
const PENDING: SignedDuration = SignedDuration::from_secs(10);
/// How long a grant takes from its beginning: users report one to three minutes.
const DURATION: SignedDuration = SignedDuration::from_secs(75);
/// How long it takes to revoke one.
const REVOCATION: SignedDuration = SignedDuration::from_secs(30);

/// A grant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Grant {
    pub id: String,
    /// Id of the subscription that it fulfils.
    pub subscription: Option<String>,
    project: String,
    environment: String,
    target: String,
    listing: Listing,
    /// The asset's name there.
    name: String,
    /// Why access cannot be given.
    failure: Option<String>,
    /// When it begins.
    since: Timestamp,
    by: String,
    revoked: Option<Timestamp>,
}

impl Grant {
    /// The store's kind of grants.
    pub const KIND: &'static str = "datazone/subscription-grant";

    /// All grants of a domain that are there by now.
    pub fn all(call: &Call<'_>, domain: &Domain) -> ApiResult<Vec<Self>> {
        let mut all: Vec<Self> = domain.documents(call, Self::KIND, "")?;
        all.retain(|grant| call.now >= grant.since && !grant.is_gone(call.now));
        all.sort_by_key(|grant| (grant.since, grant.id.clone()));
        Ok(all)
    }

    fn existing(call: &Call<'_>, domain: &Domain, id: &str) -> ApiResult<Self> {
        let found = Self::all(call, domain)?.into_iter().find(|grant| grant.id == id);
        found.ok_or_else(|| not_found("Subscription grant", id))
    }

    fn save(&self, call: &Call<'_>, domain: &Domain) -> ApiResult<()> {
        Ok(call.store.put(Self::KIND, &domain.key(&self.id), self)?)
    }

    fn is_gone(&self, now: Timestamp) -> bool {
        self.revoked.is_some_and(|since| now >= since + REVOCATION)
    }

    /// Takes access away.
    pub fn revoke(mut self, call: &Call<'_>, domain: &Domain) -> ApiResult<Self> {
        self.revoked.get_or_insert(call.now);
        self.save(call, domain)?;
        Ok(self)
    }

    /// AWS's words for the state at `now`: of the grant, and of its asset.
    fn status(&self, now: Timestamp) -> (&'static str, &'static str) {
        if self.revoked.is_some() {
            ("IN_PROGRESS", "REVOKE_IN_PROGRESS")
        } else if now < self.since + PENDING {
            ("PENDING", "GRANT_PENDING")
        } else if now < self.since + DURATION {
            ("IN_PROGRESS", "GRANT_IN_PROGRESS")
        } else if self.failure.is_some() {
            ("GRANT_FAILED", "GRANT_FAILED")
        } else {
            ("COMPLETED", "GRANTED")
        }
    }

    fn describe(&self, domain: &Domain, now: Timestamp) -> Value {
        let (status, of_asset) = self.status(now);
        let end = self.since + DURATION;
        let at_end = |wanted: &str| (of_asset == wanted).then(|| epoch_seconds(end));
        let failure = self.failure.as_ref().filter(|_| of_asset == "GRANT_FAILED");
        let asset = without_nulls(json!({
            "assetId": self.listing.asset.id, "assetRevision": self.listing.asset.revision.to_string(),
            "status": of_asset, "targetName": self.name, "grantedTimestamp": at_end("GRANTED"),
            "failureTimestamp": at_end("GRANT_FAILED"),
            "failureCause": failure.map(|message| json!({"message": message})),
        }));
        without_nulls(json!({
            "id": self.id, "createdBy": self.by, "domainId": domain.id, "createdAt": epoch_seconds(self.since),
            "updatedAt": epoch_seconds(now.min(end)), "environmentId": self.environment,
            "subscriptionTargetId": self.target, "status": status, "subscriptionId": self.subscription,
            "grantedEntity": {"listing": {"id": self.listing.id, "revision": self.listing.revision.to_string()}},
            "assets": [asset],
        }))
    }
}

/// Why DataZone cannot give access to an asset; nothing if it can.
fn obstacle(call: &Call<'_>, domain: &Domain, asset: &Asset) -> ApiResult<Option<String>> {
    let arn = asset.external.as_deref().unwrap_or_default();
    let Some(table) = glue::table(&call.store, arn)? else {
        return Ok(Some(format!("Entity Not Found (Service: AWSGlue): {arn}")));
    };
    if table["Parameters"][glue::GRANTABLE] == "false" {
        let name = &asset.name;
        return Ok(Some(format!(
            "Insufficient Lake Formation permission(s): Required DESCRIBE and SELECT with grant option on {name}"
        )));
    }
    let account = arn.split(':').nth(4).unwrap_or_default();
    let lake = BLUEPRINTS.iter().find(|blueprint| blueprint.name == "DataLake").map(|it| it.id(&domain.region));
    let configured = Configuration::find(call, domain, account, &lake.unwrap_or_default())?;
    let role = configured.and_then(|it| text(&it.settings, "manageAccessRoleArn").map(str::to_owned));
    let role = role.unwrap_or_default();
    let taken = service_takes(call, DATAZONE, &domain.arn(), &role, &["sts:AssumeRole"], &[])?;
    Ok(taken.is_none().then(|| format!("Unable to assume manage access role {role} of account {account}")))
}

fn new(
    call: &Call<'_>,
    domain: &Domain,
    subscription: &Subscription,
    target: &Target,
    since: Timestamp,
    by: &str,
) -> ApiResult<Grant> {
    let grant = Grant {
        id: call.random_hex(14)?,
        subscription: Some(subscription.id.clone()),
        project: subscription.project.clone(),
        environment: target.environment.clone(),
        target: target.id.clone(),
        listing: subscription.listing.clone(),
        name: subscription.listing.asset.name.clone(),
        failure: obstacle(call, domain, &subscription.listing.asset)?,
        since,
        by: by.to_owned(),
        revoked: None,
    };
    grant.save(call, domain)?;
    Ok(grant)
}

/// Gives access wherever the subscribing project has a target for it, as far as that goes by itself.
pub(super) fn fulfil(call: &Call<'_>, domain: &Domain, subscription: &Subscription, by: &str) -> ApiResult<()> {
    let kind = &subscription.listing.asset.kind;
    if !MANAGED.contains(&kind.as_str()) {
        return Ok(());
    }
    let project = Project::existing(call, domain, &subscription.project)?;
    for target in Target::of_project(call, domain, &project)? {
        if target.is_automatic && target.takes.contains(kind) {
            new(call, domain, subscription, &target, call.now + APPEARS, by)?;
        }
    }
    Ok(())
}

/// `CreateSubscriptionGrant`.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "CreateSubscriptionGrant";
    let (domain, caller) = duties::enter(call, operation, &input)?;
    let environment = required(&input, "environmentIdentifier");
    let (project, target) = target(call, &domain, &input, environment)?;
    duties::require(call, &domain, &caller, &[(&project.id, Duty::Consume)], operation)?;
    CLIENT_TOKENS.once(call, operation, &input, |call| {
        let listing = required(&input["grantedEntity"]["listing"], "identifier");
        let subscriptions = Subscription::all(call, &domain)?;
        let subscription = subscriptions
            .iter()
            .find(|it| it.project == project.id && it.listing.id == listing && it.status == "APPROVED")
            .ok_or_else(|| ApiError::validation(format!("Project {} has not subscribed to {listing}", project.id)))?;
        if !target.takes.contains(&subscription.listing.asset.kind) {
            let kind = &subscription.listing.asset.kind;
            return Err(ApiError::validation(format!("Subscription target {} does not take {kind}", target.id)));
        }
        // Also what was made in the background and does not show yet.
        let known: Vec<Grant> = domain.documents(call, Grant::KIND, "")?;
        let same = |it: &&Grant| it.listing.id == listing && it.target == target.id && !it.is_gone(call.now);
        if let Some(known) = known.iter().find(same) {
            return Err(conflict(format!("Conflict with subscription grant {}", known.id)));
        }
        let grant = new(call, &domain, subscription, &target, call.now, caller.id())?;
        Ok(grant.describe(&domain, call.now))
    })
}

/// The project of an environment, and the subscription target that an input means there.
fn target(call: &Call<'_>, domain: &Domain, input: &Value, environment: &str) -> ApiResult<(Project, Target)> {
    for project in Project::all(call, domain)? {
        let targets = Target::of_project(call, domain, &project)?.into_iter();
        let wanted = |target: &Target| {
            target.environment == environment
                && text(input, "subscriptionTargetIdentifier").is_none_or(|id| id == target.id)
        };
        if let Some(target) = targets.into_iter().find(wanted) {
            return Ok((project, target));
        }
    }
    Err(not_found("Subscription target of environment", environment))
}

/// The grant of an input, for those who have a duty in the project that uses it.
fn enter(call: &mut Call<'_>, operation: &str, input: &Value, duty: Duty) -> ApiResult<(Domain, Identity, Grant)> {
    let (domain, caller) = duties::enter(call, operation, input)?;
    let grant = Grant::existing(call, &domain, required(input, "identifier"))?;
    duties::require(call, &domain, &caller, &[(&grant.project, duty)], operation)?;
    Ok((domain, caller, grant))
}

/// `GetSubscriptionGrant`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, _, grant) = enter(call, "GetSubscriptionGrant", &input, Duty::See)?;
    Ok(grant.describe(&domain, call.now))
}

/// `ListSubscriptionGrants`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "ListSubscriptionGrants";
    let (domain, caller) = duties::enter(call, operation, &input)?;
    let own = subscriptions::own_projects(call, &domain, &caller, &input, operation)?;
    let asked = |member: &str, value: &str| text(&input, member).is_none_or(|wanted| wanted == value);
    let mut grants = Grant::all(call, &domain)?;
    grants.retain(|grant| {
        (own.contains(&grant.project) || own.contains(&grant.listing.asset.project))
            && asked("environmentId", &grant.environment)
            && asked("subscriptionTargetId", &grant.target)
            && asked("subscribedListingId", &grant.listing.id)
            && asked("owningProjectId", &grant.project)
            && asked("subscriptionId", grant.subscription.as_deref().unwrap_or_default())
    });
    paged("items", grants, &input, 50, |_| true, |grant| grant.describe(&domain, call.now))
}

/// `DeleteSubscriptionGrant`: takes access away. One that failed is gone at once.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, _, grant) = enter(call, "DeleteSubscriptionGrant", &input, Duty::Consume)?;
    match grant.status(call.now).0 {
        "GRANT_FAILED" => {
            call.store.delete(Grant::KIND, &domain.key(&grant.id))?;
            Ok(grant.describe(&domain, call.now))
        }
        "COMPLETED" => Ok(grant.revoke(call, &domain)?.describe(&domain, call.now)),
        status => Err(conflict(format!("Subscription grant {} is {status}", grant.id))),
    }
}
