//! Access to what is subscribed to. DataZone gives it by itself, environment by environment; what it did not give, or
//! failed to, is asked for once.

use std::time::Duration;

use aws_sdk_datazone::types::{
    GrantedEntityInput, ListingRevisionInput, SubscriptionGrantOverallStatus, SubscriptionGrantStatus,
    SubscriptionGrantSummary, SubscriptionTargetSummary,
};
use serde::Serialize;

use super::subscribe::{Deadline, Offer, PATIENCE, Progress};
use super::{Catalog, Named};
use crate::aws::error::{AwsError, Class};
use crate::aws::poll::{self, Look};
use crate::error::{Error, Result};

/// How long DataZone may take until it shows a grant that it makes by itself.
const APPEARS_WITHIN: Duration = Duration::from_secs(60);
/// What the types have in their names whose assets DataZone gives access to.
const MANAGED: [&str; 4] = ["GlueTable", "GlueView", "RedshiftTable", "RedshiftView"];

/// Access in an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Granted {
    /// The id of the environment.
    pub environment: String,
    /// What the asset is called there.
    pub name: Option<String>,
    /// The state of the asset there, in AWS's words.
    pub status: String,
    /// Why it failed.
    pub failure: Option<String>,
}

/// What access there is to be.
pub(super) struct Access<'a> {
    pub catalog: &'a Catalog<'a>,
    pub project: &'a Named,
    pub offer: &'a Offer,
    pub subscription: &'a str,
}

impl Access<'_> {
    /// Waits until all is granted, or the deadline has come.
    pub async fn take(&self, deadline: Deadline) -> Result<(Progress, Vec<Granted>)> {
        if !MANAGED.iter().any(|managed| self.offer.kind.contains(managed)) {
            return Ok((Progress::Unmanaged, Vec::new()));
        }
        let world = self.catalog.world;
        let what = format!("access to {}", self.offer.name);
        let task = world.progress.start(&format!("waiting for {what}"));
        let start = world.clock.now();
        let (mut tried_again, mut is_first) = (world.dry_run, true);
        let outcome = poll::until(world.clock, PATIENCE, &what, &*task, async || {
            let grants = self.grants().await?;
            let first = std::mem::take(&mut is_first);
            if !tried_again && self.mend(&grants, first, start).await? {
                tried_again = true;
                return Ok(Look::Pending("asked for once more".to_owned()));
            }
            let told = told(&grants);
            let state = told.first().map_or_else(|| "not begun".to_owned(), |granted| granted.status.clone());
            if !grants.is_empty() && grants.iter().all(is_complete) {
                return Ok(Look::Done((Progress::Granted, told)));
            }
            if let Some(failed) = grants.iter().find(|grant| has_failed(grant)) {
                return Err(self.failure(failed, &told));
            }
            if deadline.is_over(world) || world.dry_run {
                return Ok(Look::Done((Progress::Granting, told)));
            }
            Ok(Look::Pending(state))
        });
        let outcome = outcome.await;
        task.finish(match &outcome {
            Ok((Progress::Granted, _)) => "granted",
            Ok(_) => "not yet",
            Err(_) => "failed",
        });
        outcome
    }

    async fn grants(&self) -> Result<Vec<SubscriptionGrantSummary>> {
        let request = self.catalog.client.list_subscription_grants().domain_identifier(&self.catalog.domain);
        let request = request.owning_project_id(&self.project.id).subscription_id(self.subscription);
        Ok(request.into_paginator().items().send().try_collect().await.map_err(AwsError::from)?)
    }

    /// Asks for what had failed before we came, and for what does not come by itself. Tells whether there was anything.
    async fn mend(&self, grants: &[SubscriptionGrantSummary], is_first: bool, start: jiff::Timestamp) -> Result<bool> {
        if !grants.is_empty() {
            let failed: Vec<_> = grants.iter().filter(|grant| is_first && has_failed(grant)).collect();
            if failed.is_empty() {
                return Ok(false);
            }
            for grant in failed {
                let request = self.catalog.client.delete_subscription_grant().domain_identifier(&self.catalog.domain);
                request.identifier(grant.id()).send().await.map_err(AwsError::from)?;
                self.grant(grant.environment_id().unwrap_or_default(), grant.subscription_target_id()).await?;
            }
            return Ok(true);
        }
        let targets = self.targets().await?;
        if targets.is_empty() {
            return Err(self.no_place());
        }
        let clock = self.catalog.world.clock;
        if Duration::try_from(clock.now().duration_since(start)).unwrap_or_default() < APPEARS_WITHIN {
            return Ok(false);
        }
        for target in targets {
            self.grant(target.environment_id(), target.id()).await?;
        }
        Ok(true)
    }

    async fn grant(&self, environment: &str, target: &str) -> Result<()> {
        let listing =
            ListingRevisionInput::builder().identifier(&self.offer.listing).revision(&self.offer.revision).build();
        let listing = listing.map_err(|error| Error::failed("the listing has no revision").because(error))?;
        let request = self.catalog.client.create_subscription_grant().domain_identifier(&self.catalog.domain);
        let request = request.environment_identifier(environment).subscription_target_identifier(target);
        match request.granted_entity(GrantedEntityInput::Listing(listing)).send().await.map_err(AwsError::from) {
            Ok(_) => Ok(()),
            // It came by itself in the meantime.
            Err(error) if error.class() == Class::Conflict => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Where the project can use assets of this type.
    async fn targets(&self) -> Result<Vec<SubscriptionTargetSummary>> {
        let Catalog { client, domain, .. } = self.catalog;
        let environments = client.list_environments().domain_identifier(domain).project_identifier(&self.project.id);
        let mut pages = environments.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(environment) = pages.next().await {
            let environment = environment.map_err(AwsError::from)?;
            let request = client.list_subscription_targets().domain_identifier(domain);
            let request = request.environment_identifier(environment.id().unwrap_or_default());
            let targets: Vec<SubscriptionTargetSummary> =
                request.into_paginator().items().send().try_collect().await.map_err(AwsError::from)?;
            found.extend(
                targets.into_iter().filter(|target| target.applicable_asset_types().contains(&self.offer.kind)),
            );
        }
        Ok(found)
    }

    fn no_place(&self) -> Error {
        let project = &self.project.name;
        Error::failed(format!("project {project} has no environment in which {} could be used", self.offer.name))
            .hint("the subscription is approved; what is missing is an environment of the blueprint DataLake")
            .hint("if the project is new, wait until its environments are there, then run the same command again")
    }

    fn failure(&self, failed: &SubscriptionGrantSummary, told: &[Granted]) -> Error {
        let mut causes: Vec<&str> = told.iter().filter_map(|granted| granted.failure.as_deref()).collect();
        causes.dedup();
        let asset = &self.offer.name;
        let error = Error::failed(format!("access to {asset} is {}: DataZone could not give it", failed.status()));
        let error = if causes.is_empty() { error } else { error.because(causes.join("; ")) };
        let owner = &self.offer.owner.name;
        error
            .hint(format!(
                "those who own {owner} mend it: the manage access role of its account needs DESCRIBE and SELECT with \
                 grant option on the table in Lake Formation"
            ))
            .hint("then run the same command again: it asks for access once more")
    }
}

fn has_failed(grant: &SubscriptionGrantSummary) -> bool {
    use SubscriptionGrantOverallStatus as Status;
    let of_asset = grant.assets().iter().any(|asset| *asset.status() == SubscriptionGrantStatus::GrantFailed);
    let under_way = matches!(grant.status(), Status::Pending | Status::InProgress);
    matches!(grant.status(), Status::GrantFailed | Status::GrantAndRevokeFailed | Status::Inaccessible)
        || (of_asset && !under_way)
}

fn is_complete(grant: &SubscriptionGrantSummary) -> bool {
    *grant.status() == SubscriptionGrantOverallStatus::Completed
        && grant.assets().iter().all(|asset| *asset.status() == SubscriptionGrantStatus::Granted)
}

fn told(grants: &[SubscriptionGrantSummary]) -> Vec<Granted> {
    let of_grant = |grant: &SubscriptionGrantSummary| {
        let environment = grant.environment_id().unwrap_or_default().to_owned();
        let assets = grant.assets().iter().map(|asset| Granted {
            environment: environment.clone(),
            name: asset.target_name().map(str::to_owned),
            status: asset.status().as_str().to_owned(),
            failure: asset.failure_cause().and_then(|cause| cause.message()).map(str::to_owned),
        });
        assets.collect::<Vec<_>>()
    };
    grants.iter().flat_map(of_grant).collect()
}
