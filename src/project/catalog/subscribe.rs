//! Subscribing: from the name of an asset to access in the project's environments.

use std::time::Duration;

use aws_sdk_datazone::types::{
    SearchResultItem, SubscribedListingInput, SubscribedPrincipalInput, SubscribedProjectInput,
    SubscriptionRequestStatus, SubscriptionRequestSummary, SubscriptionStatus,
};
use serde::Serialize;

use super::grants::{Access, Granted};
use super::{Catalog, Named, POLL};
use crate::aws::error::{AwsError, Class, existing};
use crate::aws::poll::{self, Look, Patience};
use crate::error::{Error, Kind, Result};
use crate::governance::{Persona, Stage};
use crate::landscape::Tenant;
use crate::nearest::nearest_name;
use crate::world::World;

/// The longest text that can be searched for.
const LONGEST_SEARCH: usize = 512;
/// How many names are looked at to find out what somebody may have meant.
const MOST_NAMES: usize = 500;

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The project's name, without tenant and stage.
    pub project: &'a str,
    /// The stage whose project it is.
    pub stage: Stage,
    /// The exact name of the asset.
    pub asset: &'a str,
    /// The id of its listing, where several are called so.
    pub listing: Option<&'a str>,
    /// Why, for those who decide.
    pub reason: &'a str,
    /// Whether to ask again after a refusal.
    pub again: bool,
    /// How long to wait; not at all, if none.
    pub wait: Option<Duration>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subscribed {
    /// The project that subscribes.
    pub project: Named,
    /// What it subscribes to.
    pub asset: Offer,
    /// How far that has come.
    pub progress: Progress,
    /// The id of the request.
    pub request: Option<String>,
    /// The id of the subscription, once it is approved.
    pub subscription: Option<String>,
    /// Access, environment by environment.
    pub grants: Vec<Granted>,
}

/// How far a subscription has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Progress {
    /// It would be asked for.
    Planned,
    /// Those who own the asset have to decide.
    Waiting,
    /// It is approved, and access comes.
    Granting,
    /// The asset can be used.
    Granted,
    /// It is approved, and access is not DataZone's to give: the asset's type is none that it manages.
    Unmanaged,
}

/// Something that is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// The asset's name.
    pub name: String,
    /// The id of the listing.
    pub listing: String,
    /// The listing's revision.
    pub revision: String,
    /// The type of the asset.
    pub kind: String,
    /// The project that owns it.
    pub owner: Named,
}

/// When waiting ends.
#[derive(Clone, Copy)]
pub(super) struct Deadline(Option<jiff::Timestamp>);

impl Deadline {
    /// So long after the present moment; at once, if there is no waiting.
    pub fn after(world: &World<'_>, wait: Option<Duration>) -> Self {
        Deadline(wait.and_then(|wait| world.clock.now().checked_add(wait).ok()))
    }

    /// Whether it has come.
    pub fn is_over(self, world: &World<'_>) -> bool {
        self.0.is_none_or(|end| world.clock.now() >= end)
    }
}

/// Waits as long as the look says: it knows its deadline.
pub(super) const PATIENCE: Patience = Patience { interval: POLL, deadline: Duration::MAX };

/// What became of a request.
enum Verdict {
    Waiting,
    Accepted,
}

/// Subscribes a project to an asset, and waits until it can be used.
pub async fn subscribe(world: &World<'_>, tenant: &Tenant, wish: &Wish<'_>) -> Result<Subscribed> {
    let catalog = Catalog::open(world, tenant, wish.stage).await?;
    let deadline = Deadline::after(world, wish.wait);
    let project = catalog.project(tenant, wish.project, wish.stage).await?;
    let offer = catalog.offer(wish.asset, wish.listing).await?;
    let mut subscribed = Subscribed {
        project,
        asset: offer,
        progress: Progress::Planned,
        request: None,
        subscription: None,
        grants: Vec::new(),
    };
    subscribed.subscription = catalog.subscription(&subscribed).await?;
    if subscribed.subscription.is_none() {
        subscribed.request = catalog.waiting_request(&subscribed).await?;
        if subscribed.request.is_none() {
            if !wish.again {
                catalog.must_not_be_refused(&subscribed).await?;
            }
            if world.dry_run {
                return Ok(subscribed);
            }
            catalog.ask(&mut subscribed, wish.reason).await?;
        }
        if let Verdict::Waiting = catalog.verdict(&subscribed, deadline).await? {
            subscribed.progress = Progress::Waiting;
            return Ok(subscribed);
        }
        subscribed.subscription = catalog.subscription(&subscribed).await?;
    }
    catalog.take_access(&mut subscribed, deadline).await?;
    Ok(subscribed)
}

impl Catalog<'_> {
    /// The one listing of this name.
    async fn offer(&self, name: &str, listing: Option<&str>) -> Result<Offer> {
        let text: String = name.chars().take(LONGEST_SEARCH).collect();
        let found = self.offers(Some(&text), usize::MAX).await?;
        let (mut exact, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|offer| offer.name == name);
        let several = exact.len() > 1;
        if let Some(listing) = listing {
            exact.retain(|offer| offer.listing == listing);
        }
        for offer in &mut exact {
            offer.owner = self.named(&offer.owner.id).await;
        }
        match (exact.len(), listing) {
            (1, _) => exact.pop().ok_or_else(|| Error::failed("the listing is gone")),
            (0, Some(listing)) if several => {
                Err(Error::usage(format!("none of the assets called {name} has the listing {listing}")))
            }
            (0, _) => Err(self.not_published(name, others).await?),
            (number, _) => {
                let error = Error::usage(format!("{number} assets are called {name}"));
                Err(exact.iter().fold(error, |error, offer| {
                    error.hint(format!("--listing {} is that of project {}", offer.listing, offer.owner.name))
                }))
            }
        }
    }

    /// What to say of a name that nothing has.
    async fn not_published(&self, name: &str, alike: Vec<Offer>) -> Result<Error> {
        let error = Error::usage(format!("no published asset is called {name}"));
        let mut names: Vec<String> = alike.into_iter().map(|offer| offer.name).collect();
        if names.is_empty() {
            names = self.offers(None, MOST_NAMES).await?.into_iter().map(|offer| offer.name).collect();
        }
        let error = match nearest_name(name, names.iter().map(String::as_str)) {
            Some(nearest) => error.hint(format!("did you mean {nearest}?")),
            None if names.is_empty() => error,
            None => {
                names.truncate(5);
                error.hint(format!("there are, among others: {}", names.join(", ")))
            }
        };
        Ok(error.hint("what was published a moment ago is found some minutes later"))
    }

    /// What search finds, as far as `most`; all that is published, without a text.
    async fn offers(&self, text: Option<&str>, most: usize) -> Result<Vec<Offer>> {
        let request = self.client.search_listings().domain_identifier(&self.domain).max_results(50);
        let mut pages = request.set_search_text(text.map(str::to_owned)).into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            let SearchResultItem::AssetListing(item) = item.map_err(AwsError::from)? else { continue };
            let known = |text: Option<&str>| text.unwrap_or_default().to_owned();
            let owner = known(item.owning_project_id());
            found.push(Offer {
                name: known(item.name()),
                listing: known(item.listing_id()),
                revision: known(item.listing_revision()),
                kind: known(item.entity_type()),
                owner: Named { name: owner.clone(), id: owner },
            });
            if found.len() >= most {
                break;
            }
        }
        Ok(found)
    }

    /// The id of the project's subscription to the asset, if it has one that counts.
    async fn subscription(&self, wanted: &Subscribed) -> Result<Option<String>> {
        let request = self
            .client
            .list_subscriptions()
            .domain_identifier(&self.domain)
            .owning_project_id(&wanted.project.id)
            .subscribed_listing_id(&wanted.asset.listing)
            .status(SubscriptionStatus::Approved);
        let found = request.into_paginator().items().send().try_next().await.map_err(AwsError::from)?;
        Ok(found.map(|subscription| subscription.id))
    }

    /// The project's requests for the asset that have this status.
    async fn requests(
        &self,
        wanted: &Subscribed,
        status: SubscriptionRequestStatus,
    ) -> Result<Vec<SubscriptionRequestSummary>> {
        let request = self
            .client
            .list_subscription_requests()
            .domain_identifier(&self.domain)
            .owning_project_id(&wanted.project.id)
            .subscribed_listing_id(&wanted.asset.listing)
            .status(status);
        Ok(request.into_paginator().items().send().try_collect().await.map_err(AwsError::from)?)
    }

    async fn waiting_request(&self, wanted: &Subscribed) -> Result<Option<String>> {
        let waiting = self.requests(wanted, SubscriptionRequestStatus::Pending).await?;
        Ok(waiting.into_iter().next().map(|request| request.id))
    }

    /// An error if the last answer to a request for the asset was no.
    async fn must_not_be_refused(&self, wanted: &Subscribed) -> Result<()> {
        let newest = |requests: Vec<SubscriptionRequestSummary>| {
            requests.into_iter().max_by_key(|request| (request.updated_at.secs(), request.updated_at.subsec_nanos()))
        };
        let refused = newest(self.requests(wanted, SubscriptionRequestStatus::Rejected).await?);
        let Some(refused) = refused else { return Ok(()) };
        let accepted = newest(self.requests(wanted, SubscriptionRequestStatus::Accepted).await?);
        if accepted.is_some_and(|accepted| accepted.updated_at.secs() > refused.updated_at.secs()) {
            return Ok(());
        }
        Err(refusal(wanted, &refused.id, refused.decision_comment()))
    }

    /// Asks for the asset.
    async fn ask(&self, wanted: &mut Subscribed, reason: &str) -> Result<()> {
        let project = SubscribedProjectInput::builder().identifier(&wanted.project.id).build();
        let listing = SubscribedListingInput::builder().identifier(&wanted.asset.listing).build();
        let listing = listing.map_err(|error| Error::failed("the listing has no id").because(error))?;
        let request = self
            .client
            .create_subscription_request()
            .domain_identifier(&self.domain)
            .subscribed_principals(SubscribedPrincipalInput::Project(project))
            .subscribed_listings(listing)
            .request_reason(reason);
        match request.send().await.map_err(AwsError::from) {
            Ok(made) => wanted.request = Some(made.id),
            // Somebody else was faster: what they asked for is as good.
            Err(error) if error.class() == Class::Conflict => {
                wanted.request = self.waiting_request(wanted).await?;
                wanted.subscription = self.subscription(wanted).await?;
                if wanted.request.is_none() && wanted.subscription.is_none() {
                    return Err(error.into());
                }
            }
            Err(error) => {
                let project = &wanted.project.name;
                let error = Error::from(error).context(format!("project {project} cannot ask for the asset"));
                let error = self.world.explain_refusal(error, &[Persona::DataScientist]);
                return Err(error.hint(format!(
                    "whoever asks must be an owner, contributor or catalog consumer of project {project}"
                )));
            }
        }
        Ok(())
    }

    /// Waits until the request is decided about, or the deadline has come.
    async fn verdict(&self, wanted: &Subscribed, deadline: Deadline) -> Result<Verdict> {
        let Some(request) = &wanted.request else { return Ok(Verdict::Accepted) };
        let what = format!("the owners of {}", wanted.asset.owner.name);
        let task = self.world.progress.start(&format!("waiting for {what}"));
        let outcome = poll::until(self.world.clock, PATIENCE, &what, &*task, async || {
            let details = self.client.get_subscription_request_details().domain_identifier(&self.domain);
            let details = details.identifier(request).send().await.map_err(AwsError::from);
            let Some(details) = existing(details)? else {
                return Err(Error::failed(format!("the request {request} was taken back")));
            };
            match details.status() {
                SubscriptionRequestStatus::Accepted => Ok(Look::Done(Verdict::Accepted)),
                SubscriptionRequestStatus::Rejected => Err(refusal(wanted, request, details.decision_comment())),
                _ if deadline.is_over(self.world) || self.world.dry_run => Ok(Look::Done(Verdict::Waiting)),
                status => Ok(Look::Pending(status.as_str().to_owned())),
            }
        });
        let outcome = outcome.await;
        task.finish(match &outcome {
            Ok(Verdict::Accepted) => "approved",
            Ok(Verdict::Waiting) => "no decision yet",
            Err(_) => "refused",
        });
        outcome
    }

    /// Waits for access, as far as the deadline lets it.
    async fn take_access(&self, wanted: &mut Subscribed, deadline: Deadline) -> Result<()> {
        let Some(subscription) = wanted.subscription.clone() else {
            return Err(Error::failed("the request is accepted, and there is no subscription")
                .hint("run the same command again: AWS may take a moment to show it"));
        };
        let access =
            Access { catalog: self, project: &wanted.project, offer: &wanted.asset, subscription: &subscription };
        let (progress, grants) = access.take(deadline).await?;
        (wanted.progress, wanted.grants) = (progress, grants);
        Ok(())
    }
}

fn refusal(wanted: &Subscribed, request: &str, comment: Option<&str>) -> Error {
    let (owner, asset) = (&wanted.asset.owner.name, &wanted.asset.name);
    let error = Error::new(Kind::Denied, format!("the owners of {owner} refused the subscription to {asset}"));
    let error = match comment.filter(|comment| !comment.is_empty()) {
        Some(comment) => error.because(comment.to_owned()),
        None => error,
    };
    error.hint(format!("the request was {request}; --again asks once more"))
}
