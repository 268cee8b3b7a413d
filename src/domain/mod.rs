//! The SageMaker Unified Studio domain over all accounts: what it is to be like, as resources of a [`crate::plan`].
//!
//! Order and waits follow what AWS needs: the domain's roles, the domain, its units, who takes part and who owns what;
//! then for each account the association, its roles and bucket, its blueprints one at a time, and the grants that let
//! units use them.

mod access;
pub mod account;
mod accounts;
pub mod association;
pub mod blueprint;
pub mod bucket;
pub mod bus;
mod converge;
mod datazone;
mod directory;
pub mod discover;
pub mod document;
mod governance;
pub mod grant;
pub mod key;
pub(crate) mod owner;
mod participant;
pub(crate) mod project;
pub mod role;
mod share;
pub mod shared;
pub mod sharing;
mod show;
pub(crate) mod survey;
#[cfg(test)]
mod tests;
mod unit;
mod verify;

use std::fmt;
use std::rc::Rc;

pub use self::accounts::{Account, Accounts, Readiness, Wanted, accounts, uses};
pub use self::converge::{apply, associate, delete, plan};
use self::directory::Directory;
use self::participant::{Participant, Who};
pub use self::show::{AccountShown, ProfileShown, Shown, UnitShown, show};
pub use self::verify::{Check, Equipping, Verified, verify};
use crate::aws::Session;
use crate::config::Principal;
use crate::error::Result;
use crate::landscape::Place;
use crate::plan::{Address, Facts, Resource};
use crate::world::World;

/// The tag of everything that aiops makes and that can be tagged.
pub const MANAGED_BY: (&str, &str) = ("managed-by", "aiops");
/// The end of the description of what aiops makes in DataZone, where units and profiles have no tags.
pub const MARK: &str = "(managed by aiops)";

/// The fact that says of a thing that aiops made it, with any value. What others made is used, and kept as it is.
pub const OURS: &str = "ours";
/// What a plan calls the unit above all others. Tenants' names have no capitals.
pub const ROOT: &str = "Root";

/// The domain's world: where everything is that a bootstrap touches, and by which address a plan knows it.
#[derive(Clone, Copy)]
pub struct Studio<'w> {
    /// The world.
    pub world: &'w World<'w>,
}

impl<'w> Studio<'w> {
    /// The domain's world in `world`.
    pub fn new(world: &'w World<'w>) -> Self {
        Studio { world }
    }

    /// The governance account.
    pub fn governance(&self) -> &'w Place {
        self.world.landscape.governance()
    }

    /// A session of the administrator in `place`.
    pub async fn session(&self, place: &Place) -> Result<Session> {
        access::administrator(self.world, place).await
    }

    /// The domain. Facts: `id`, `arn`, `root-unit` once it is available, and [`OURS`].
    pub fn domain(&self) -> Address {
        Address::new(&self.governance().account, "domain", self.world.config.domain.name.to_string())
    }

    /// The domain unit of a tenant. Facts: `id`, and [`OURS`].
    pub fn unit(&self, tenant: &str) -> Address {
        Address::new(&self.governance().account, "domain unit", tenant)
    }

    /// The owners of a domain unit: a tenant's, or [`ROOT`]. Whoever acts is among those of the root unit, so that
    /// everything that happens within the domain comes after these.
    pub fn owners(&self, unit: &str) -> Address {
        Address::new(&self.governance().account, "owners", unit)
    }

    /// The profile of somebody who takes part in the domain. Fact: `id`.
    pub fn participant(&self, principal: &Principal) -> Address {
        let (kind, name) = principal.as_str().split_once(':').unwrap_or(("user", principal.as_str()));
        let kind = if kind == "user" { USER_PROFILE } else { GROUP_PROFILE };
        Address::new(&self.governance().account, kind, name)
    }

    /// Id and root unit of the domain, once it is there and whoever acts may look around in it.
    pub fn inside(&self, facts: &Facts) -> Option<(String, String)> {
        let domain = self.domain();
        facts.get(&self.owners(ROOT), "entered")?;
        Some((facts.get(&domain, "id")?, facts.get(&domain, "root-unit")?))
    }

    /// Sharing in the organization without invitations.
    pub fn organization_sharing(&self) -> Address {
        Address::new(&self.world.landscape.management().account, "organization sharing", "RAM")
    }

    /// The association of an account with the domain. The governance account has none. Fact: `domain`, its id, once the
    /// account sees it.
    pub fn association(&self, account: impl fmt::Display) -> Address {
        Address::new(account, "association", self.world.config.domain.name.to_string())
    }

    /// A blueprint as it is configured in an account, for all of its Regions. Fact: `id`, the blueprint's.
    pub fn blueprint(&self, account: impl fmt::Display, name: &str) -> Address {
        Address::new(account, "blueprint", name)
    }
}

/// Everything that makes a domain, each thing after what it needs.
pub async fn resources<'w>(studio: &Studio<'w>) -> Result<Vec<Box<dyn Resource + 'w>>> {
    let mut all = governance::resources(*studio).await?;
    all.extend(shared::resources(*studio));
    all.extend(account::resources(*studio));
    all.extend(account::strays(*studio).await?);
    Ok(all)
}

/// The profiles of these people in a domain that is there, each once, as resources. Their fact `id` is by
/// [`Studio::participant`].
pub(crate) fn participants<'w>(
    studio: Studio<'w>,
    people: impl IntoIterator<Item = (Principal, String)>,
) -> Vec<Box<dyn Resource + 'w>> {
    let directory = Rc::new(Directory::new(studio));
    let mut known: Vec<Who> = Vec::new();
    let mut all: Vec<Box<dyn Resource + 'w>> = Vec::new();
    for (principal, reason) in people {
        let who = Who::named(&principal);
        if !known.contains(&who) {
            known.push(who.clone());
            all.push(Box::new(Participant::new(studio, directory.clone(), who, reason)));
        }
    }
    all
}

/// What a plan calls the profile of a user in the domain.
const USER_PROFILE: &str = "user profile";
/// What a plan calls the profile of a group, or of a role: that is the group of its sessions.
const GROUP_PROFILE: &str = "group profile";

/// Whether these tags say that aiops made something.
pub fn is_tagged<'t>(mut tags: impl Iterator<Item = (&'t str, &'t str)>) -> bool {
    tags.any(|tag| tag == MANAGED_BY)
}

/// `description` with the mark of what aiops made.
pub fn marked(description: Option<&str>) -> String {
    match description {
        Some(text) => format!("{text} {MARK}"),
        None => MARK.to_owned(),
    }
}

/// Whether aiops made what is described so.
pub fn is_ours(description: Option<&str>) -> bool {
    description.is_some_and(|text| text.ends_with(MARK))
}
