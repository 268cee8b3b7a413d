//! Deciding about subscriptions: what waits for the caller's projects, and the decision.

use aws_sdk_datazone::types::{
    SubscribedListing, SubscribedPrincipal, SubscriptionRequestStatus, SubscriptionRequestSummary,
};
use serde::Serialize;

use super::{Catalog, Named};
use crate::aws::error::{AwsError, Class};
use crate::error::{Error, Kind, Result};
use crate::governance::{Persona, Stage};
use crate::landscape::Tenant;
use crate::world::World;

/// Who decides in a project.
const DECIDE: &[Persona] = &[Persona::DataScientist, Persona::Lead];

/// A subscription that somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// The id of the request.
    pub request: String,
    /// The asset's name.
    pub asset: String,
    /// The project that owns it.
    pub owner: Named,
    /// The project that asks.
    pub project: Named,
    /// Why.
    pub reason: String,
}

/// A decision about a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Decided {
    /// What was asked for.
    #[serde(flatten)]
    pub asked: Asked,
    /// `approved` or `rejected`.
    pub status: &'static str,
    /// What was done.
    pub effect: Effect,
    /// Why, as it is recorded.
    pub comment: String,
}

/// What came of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It was made.
    Decided,
    /// It had been made already.
    AlreadySo,
    /// It would be made.
    WouldDecide,
}

/// The requests that wait for projects of a tenant in which the caller decides. Nothing, where the caller takes no part.
pub async fn waiting(world: &World<'_>, tenant: &Tenant) -> Result<Vec<Asked>> {
    let session = world.session(tenant.stage(Stage::Dev), Persona::DataScientist).await?;
    let mut waiting = Vec::new();
    let Some(catalog) = allowed(Catalog::find(world, &session).await)?.flatten() else { return Ok(waiting) };
    let prefix = format!("{}-", tenant.name);
    let Some(projects) = allowed(catalog.projects(&prefix).await)? else { return Ok(waiting) };
    for project in projects.into_iter().filter(|project| project.name.starts_with(&prefix)) {
        let request = catalog.client.list_subscription_requests().domain_identifier(&catalog.domain);
        let request = request.approver_project_id(&project.id).status(SubscriptionRequestStatus::Pending);
        let found: Result<Vec<_>, _> = request.into_paginator().items().send().try_collect().await;
        // The others' projects.
        let Some(found) = allowed(found.map_err(|error| AwsError::from(error).into()))? else { continue };
        waiting.extend(found.iter().map(asked));
    }
    Ok(waiting)
}

/// Nothing, if it is not for the caller.
fn allowed<T>(outcome: Result<T>) -> Result<Option<T>> {
    match outcome {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == Kind::Denied => Ok(None),
        Err(error) => Err(error),
    }
}

fn asked(request: &SubscriptionRequestSummary) -> Asked {
    shown(request.id(), request.request_reason(), request.subscribed_principals(), request.subscribed_listings())
}

fn shown(id: &str, reason: &str, principals: &[SubscribedPrincipal], listings: &[SubscribedListing]) -> Asked {
    let named = |id: Option<&str>, name: Option<&str>| {
        let id = id.unwrap_or_default().to_owned();
        Named { name: name.map_or_else(|| id.clone(), str::to_owned), id }
    };
    let listing = listings.first();
    Asked {
        request: id.to_owned(),
        asset: listing.map(|listing| listing.name().to_owned()).unwrap_or_default(),
        owner: named(listing.map(SubscribedListing::owner_project_id), listing.and_then(|it| it.owner_project_name())),
        project: match principals.first() {
            Some(SubscribedPrincipal::Project(project)) => named(project.id(), project.name()),
            Some(SubscribedPrincipal::User(user)) => named(user.id(), None),
            Some(SubscribedPrincipal::Group(group)) => named(group.id(), group.name()),
            _ => named(None, None),
        },
        reason: reason.to_owned(),
    }
}

/// Decides about a request, in one of the tenants whose projects have it to decide.
pub async fn decide(
    world: &World<'_>,
    tenants: &[&Tenant],
    request: &str,
    approved: bool,
    comment: &str,
) -> Result<Decided> {
    if comment.trim().is_empty() {
        return Err(Error::usage("the decision needs a reason").hint("say why: --comment TEXT"));
    }
    let mut refused = None;
    for tenant in tenants {
        let catalog = match Catalog::open(world, tenant, Stage::Dev).await {
            Ok(catalog) => catalog,
            Err(error) if tenants.len() > 1 => {
                refused.get_or_insert(error);
                continue;
            }
            Err(error) => return Err(error),
        };
        match catalog.decide(request, approved, comment).await {
            Err(error) if tenants.len() > 1 && (error.kind() == Kind::Denied || is_missing(&error)) => {
                refused = Some(error);
            }
            outcome => return outcome.map_err(|error| world.explain_refusal(error, DECIDE)),
        }
    }
    let error = refused.unwrap_or_else(|| Error::usage("aiops.yaml has no tenants"));
    Err(world.explain_refusal(error, DECIDE).hint("--tenant NAME says whose projects have to decide"))
}

fn is_missing(error: &Error) -> bool {
    error.causes().any(|cause| cause.downcast_ref::<AwsError>().is_some_and(|aws| aws.class() == Class::NotFound))
}

impl Catalog<'_> {
    async fn decide(&self, request: &str, approved: bool, comment: &str) -> Result<Decided> {
        let read = self.client.get_subscription_request_details().domain_identifier(&self.domain).identifier(request);
        let details = read.send().await.map_err(AwsError::from)?;
        let asked = shown(
            details.id(),
            details.request_reason(),
            details.subscribed_principals(),
            details.subscribed_listings(),
        );
        let status = if approved { "approved" } else { "rejected" };
        let decided = |effect, comment: &str| Decided { asked, status, effect, comment: comment.to_owned() };
        match (details.status(), approved) {
            (SubscriptionRequestStatus::Accepted, true) | (SubscriptionRequestStatus::Rejected, false) => {
                return Ok(decided(Effect::AlreadySo, details.decision_comment().unwrap_or_default()));
            }
            (SubscriptionRequestStatus::Pending, _) => {}
            (status, _) => {
                let error = Error::denied(format!("the request {request} is {status} already"));
                return Err(match status {
                    SubscriptionRequestStatus::Accepted => {
                        error.hint("the owners can revoke the subscription in the portal of the domain")
                    }
                    _ => error.hint("whoever asked may ask again"),
                });
            }
        }
        if self.world.dry_run {
            return Ok(decided(Effect::WouldDecide, comment));
        }
        if approved {
            let call = self.client.accept_subscription_request().domain_identifier(&self.domain);
            call.identifier(request).decision_comment(comment).send().await.map_err(AwsError::from)?;
        } else {
            let call = self.client.reject_subscription_request().domain_identifier(&self.domain);
            call.identifier(request).decision_comment(comment).send().await.map_err(AwsError::from)?;
        }
        Ok(decided(Effect::Decided, comment))
    }
}
