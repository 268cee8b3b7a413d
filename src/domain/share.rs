//! Shares of RAM, step by step: in RAM nothing happens at once, and some of it fails and has to be tried again.
//!
//! Every call carries a token made of what the call is for and of the state that it starts from: repeated from the same
//! state it has no second effect, and after a failure it is a new call.

use std::time::Duration;

use aws_sdk_ram::Client;
use aws_sdk_ram::primitives::DateTime;
use aws_sdk_ram::types::{
    ResourceOwner, ResourceShare, ResourceShareAssociation, ResourceShareAssociationStatus as Association,
    ResourceShareAssociationType, ResourceShareInvitationStatus, ResourceShareStatus, Tag,
};

use super::MANAGED_BY;
use crate::aws::error::{AwsError, Class};
use crate::aws::poll::{self, Look, Patience};
use crate::clock::SharedClock;
use crate::error::{Error, Result};
use crate::governance::Digest;
use crate::progress::Task;

const PATIENCE: Patience = Patience { interval: Duration::from_secs(5), deadline: Duration::from_secs(600) };
/// How often an association that fails is taken back and made again.
const ATTEMPTS: usize = 5;

/// One half of an association: the domain in the share, or the account.
#[derive(Clone, Copy, Debug)]
pub(super) enum Half<'a> {
    /// ARN of the domain.
    Domain(&'a str),
    /// Id of the account.
    Account(&'a str),
}

impl Half<'_> {
    fn entity(&self) -> &str {
        match self {
            Half::Domain(entity) | Half::Account(entity) => entity,
        }
    }
}

/// The shares of the domain's account.
pub(super) struct Shares {
    /// RAM there, in the domain's Region.
    pub ram: Client,
}

impl Shares {
    /// Those with this name, dead ones too.
    pub async fn named(&self, name: &str) -> Result<Vec<ResourceShare>, AwsError> {
        self.found(|shares| shares.name(name)).await
    }

    /// Those that aiops made, dead ones too.
    pub async fn ours(&self) -> Result<Vec<ResourceShare>, AwsError> {
        let ours = aws_sdk_ram::types::TagFilter::builder().tag_key(MANAGED_BY.0).tag_values(MANAGED_BY.1).build();
        self.found(|shares| shares.tag_filters(ours)).await
    }

    /// The share of this ARN; nothing once RAM has forgotten it.
    pub async fn get(&self, arn: &str) -> Result<Option<ResourceShare>, AwsError> {
        match self.found(|shares| shares.resource_share_arns(arn)).await {
            Ok(found) => Ok(found.into_iter().next()),
            Err(error) if error.class() == Class::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn found(
        &self,
        by: impl FnOnce(
            aws_sdk_ram::operation::get_resource_shares::builders::GetResourceSharesFluentBuilder,
        ) -> aws_sdk_ram::operation::get_resource_shares::builders::GetResourceSharesFluentBuilder,
    ) -> Result<Vec<ResourceShare>, AwsError> {
        let request = self.ram.get_resource_shares().resource_owner(ResourceOwner::SelfValue);
        let mut pages = by(request).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            found.extend(page?.resource_shares.unwrap_or_default());
        }
        Ok(found)
    }

    /// The associations of one half, in these shares or in all.
    pub async fn associations(
        &self,
        half: Half<'_>,
        shares: Option<&[String]>,
    ) -> Result<Vec<ResourceShareAssociation>, AwsError> {
        let request = self.ram.get_resource_share_associations();
        let request = match half {
            Half::Domain(arn) => request.association_type(ResourceShareAssociationType::Resource).resource_arn(arn),
            Half::Account(id) => request.association_type(ResourceShareAssociationType::Principal).principal(id),
        };
        let mut pages = request.set_resource_share_arns(shares.map(<[String]>::to_vec)).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            found.extend(page?.resource_share_associations.unwrap_or_default());
        }
        Ok(found)
    }

    /// ARNs of what is in a share.
    pub async fn resources(&self, share: &str) -> Result<Vec<String>, AwsError> {
        let request = self.ram.get_resource_share_associations();
        let request = request.association_type(ResourceShareAssociationType::Resource).resource_share_arns(share);
        let mut pages = request.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            found.extend(page?.resource_share_associations().iter().filter_map(|one| one.associated_entity.clone()));
        }
        Ok(found)
    }

    /// ARN of the permission that a share gives.
    pub async fn permission(&self, share: &str) -> Result<Option<String>, AwsError> {
        let mut pages = self.ram.list_resource_share_permissions().resource_share_arn(share).into_paginator().send();
        while let Some(page) = pages.next().await {
            if let Some(permission) = page?.permissions().first() {
                return Ok(permission.arn().map(str::to_owned));
            }
        }
        Ok(None)
    }

    /// Gives a share another permission.
    pub async fn permit(&self, share: &str, permission: &str) -> Result<(), AwsError> {
        let request = self.ram.associate_resource_share_permission().resource_share_arn(share);
        request.permission_arn(permission).replace(true).send().await?;
        Ok(())
    }

    /// Deletes a share, and with it all of its associations.
    pub async fn delete(&self, share: &str) -> Result<(), AwsError> {
        let token = token(&["delete", share]);
        match self.ram.delete_resource_share().resource_share_arn(share).client_token(token).send().await {
            Ok(_) => Ok(()),
            Err(error) => match AwsError::from(error) {
                error if error.class() == Class::NotFound => Ok(()),
                error => Err(error),
            },
        }
    }
}

/// Whether a share is there, or coming.
pub(super) fn lives(share: &ResourceShare) -> bool {
    !matches!(share.status(), Some(ResourceShareStatus::Deleting | ResourceShareStatus::Deleted))
}

/// Whether aiops made a share.
pub(super) fn is_ours(share: &ResourceShare) -> bool {
    share.tags().iter().any(|tag| (tag.key(), tag.value()) == (Some(MANAGED_BY.0), Some(MANAGED_BY.1)))
}

/// A share under construction.
pub(super) struct Building<'a> {
    /// The domain's side.
    pub shares: Shares,
    /// RAM in the account that the share is with, in the domain's Region.
    pub receiver: Client,
    /// Time.
    pub clock: &'a SharedClock,
    /// Somebody to tell.
    pub task: &'a dyn Task,
}

impl Building<'_> {
    /// ARN of our share of this name, once it is active. It begins empty: of several that are made at once with all
    /// that is in them, RAM lets some fail.
    pub async fn open(&self, name: &str, permission: &str, external: bool) -> Result<String> {
        let mut returned_dead = Vec::new();
        poll::until(self.clock, PATIENCE, &format!("the share {name}"), self.task, async || {
            let (alive, dead): (Vec<_>, Vec<_>) =
                self.shares.named(name).await?.into_iter().filter(is_ours).partition(lives);
            let arn = |share: &ResourceShare| share.resource_share_arn().unwrap_or_default().to_owned();
            let Some(share) = alive.first() else {
                let mut dead: Vec<String> = dead.iter().map(arn).chain(returned_dead.iter().cloned()).collect();
                dead.sort();
                dead.dedup();
                let made = self.create(name, permission, external, &dead).await?;
                // RAM remembers tokens longer than it shows shares.
                returned_dead.extend(made.iter().filter(|share| !lives(share)).map(arn));
                return Ok(Look::Pending("new".to_owned()));
            };
            match share.status() {
                Some(ResourceShareStatus::Active) => Ok(Look::Done(arn(share))),
                Some(ResourceShareStatus::Failed) => {
                    self.shares.delete(&arn(share)).await?;
                    Ok(Look::Pending("FAILED".to_owned()))
                }
                other => Ok(Look::Pending(other.map_or("unknown", |status| status.as_str()).to_owned())),
            }
        })
        .await
    }

    async fn create(
        &self,
        name: &str,
        permission: &str,
        external: bool,
        dead: &[String],
    ) -> Result<Option<ResourceShare>, AwsError> {
        let external_text = external.to_string();
        let state: Vec<&str> = dead.iter().map(String::as_str).collect();
        let request = self.shares.ram.create_resource_share();
        let request = request
            .name(name)
            .permission_arns(permission)
            .allow_external_principals(external)
            .tags(Tag::builder().key(MANAGED_BY.0).value(MANAGED_BY.1).build())
            .client_token(token(&[&["create", name, permission, &external_text], state.as_slice()].concat()));
        Ok(request.send().await?.resource_share)
    }

    /// Brings one half into the share, and waits until it is in. An account that is invited accepts.
    pub async fn associate(&self, share: &str, half: Half<'_>) -> Result<()> {
        let entity = half.entity();
        let shares = [share.to_owned()];
        let mut failures = 0;
        poll::until(self.clock, PATIENCE, &format!("sharing with {entity}"), self.task, async || {
            let known = newest(self.shares.associations(half, Some(&shares)).await?);
            let state = known.as_ref().and_then(ResourceShareAssociation::status).cloned();
            match &state {
                Some(Association::Associated) => return Ok(Look::Done(())),
                None | Some(Association::Disassociated) => self.ask(share, half, known.as_ref()).await?,
                Some(Association::Associating) => self.accept(share, half).await?,
                Some(Association::Failed) => {
                    failures += 1;
                    if failures > ATTEMPTS {
                        return Err(failed(share, half, known.as_ref()));
                    }
                    self.take_back(share, half, known.as_ref()).await?;
                }
                Some(_) => {}
            }
            Ok(Look::Pending(state.map_or("new".to_owned(), |state| state.as_str().to_owned())))
        })
        .await
    }

    async fn ask(&self, share: &str, half: Half<'_>, from: Option<&ResourceShareAssociation>) -> Result<()> {
        let request = self.shares.ram.associate_resource_share().resource_share_arn(share);
        let request = match half {
            Half::Domain(arn) => request.resource_arns(arn),
            Half::Account(id) => request.principals(id),
        };
        let token = token(&["associate", share, half.entity(), &since(from)]);
        request.client_token(token).send().await.map_err(|error| outside(AwsError::from(error), half))?;
        Ok(())
    }

    async fn take_back(
        &self,
        share: &str,
        half: Half<'_>,
        from: Option<&ResourceShareAssociation>,
    ) -> Result<(), AwsError> {
        let request = self.shares.ram.disassociate_resource_share().resource_share_arn(share);
        let request = match half {
            Half::Domain(arn) => request.resource_arns(arn),
            Half::Account(id) => request.principals(id),
        };
        request.client_token(token(&["disassociate", share, half.entity(), &since(from)])).send().await?;
        Ok(())
    }

    /// Accepts the invitation to exactly this share, if there is one: not every account of the organization's is asked.
    async fn accept(&self, share: &str, half: Half<'_>) -> Result<(), AwsError> {
        if !matches!(half, Half::Account(_)) {
            return Ok(());
        }
        let mut pages =
            self.receiver.get_resource_share_invitations().resource_share_arns(share).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = match page.map_err(AwsError::from) {
                Err(error) if error.class() == Class::NotFound => return Ok(()),
                page => page?,
            };
            for invitation in page.resource_share_invitations() {
                let pending = invitation.status() == Some(&ResourceShareInvitationStatus::Pending);
                let (true, Some(arn)) = (pending, invitation.resource_share_invitation_arn()) else { continue };
                let request = self.receiver.accept_resource_share_invitation().resource_share_invitation_arn(arn);
                match request.client_token(token(&["accept", arn])).send().await.map_err(AwsError::from) {
                    Err(error) if error.code() != "ResourceShareInvitationAlreadyAcceptedException" => {
                        return Err(error);
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }
}

/// RAM keeps telling of associations that are over beside those that came after them.
fn newest(associations: Vec<ResourceShareAssociation>) -> Option<ResourceShareAssociation> {
    associations.into_iter().max_by_key(|known| known.creation_time().map(DateTime::as_nanos))
}

/// In what state an association is, for tokens.
fn since(known: Option<&ResourceShareAssociation>) -> String {
    let Some(known) = known else { return "new".to_owned() };
    let moment = known.last_updated_time().or(known.creation_time()).map(DateTime::as_nanos).unwrap_or_default();
    format!("{} since {moment}", known.status().map_or("unknown", |status| status.as_str()))
}

fn token(parts: &[&str]) -> String {
    Digest::of(parts.join("\n")).token()
}

fn failed(share: &str, half: Half<'_>, known: Option<&ResourceShareAssociation>) -> Error {
    let why = known.and_then(ResourceShareAssociation::status_message).unwrap_or("RAM gives no reason");
    Error::failed(format!("RAM cannot share the domain: {} does not come into {share}", half.entity()))
        .because(why.to_owned())
        .hint("it was tried several times; wait some minutes and run the same command again")
}

/// What to do where RAM does not share with an account at all.
fn outside(error: AwsError, half: Half<'_>) -> Error {
    let refused = error.code() == "OperationNotPermittedException";
    let error = Error::from(error);
    match half {
        Half::Account(id) if refused => error
            .hint(format!("account {id} may not be in the organization, or RAM does not share within it yet"))
            .hint("`domain.organization-sharing: false` in aiops.yaml shares by invitation"),
        _ => error,
    }
}
