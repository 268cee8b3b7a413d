//! The SageMaker Unified Studio domain over all accounts: what it is to be like, as resources of a [`crate::plan`].
//!
//! Order and waits follow what AWS needs: the domain's roles, the domain, its units, who takes part and who owns what;
//! then for each account the association, its roles and bucket, its blueprints one at a time, and the grants that let
//! units use them.

mod access;
mod converge;
mod show;
pub(crate) mod survey;
mod verify;

pub use self::converge::{apply, delete, plan};
pub use self::show::{AccountShown, ProfileShown, Shown, UnitShown, show};
pub use self::verify::{Check, Equipping, Verified, verify};
use crate::aws::Session;
use crate::error::Result;
use crate::landscape::{Place, ProjectAccount};
use crate::plan::Address;
use crate::world::World;

/// The tag of everything that aiops makes and that can be tagged.
pub const MANAGED_BY: (&str, &str) = ("managed-by", "aiops");
/// The end of the description of what aiops makes in DataZone, where units and profiles have no tags.
pub const MARK: &str = "(managed by aiops)";

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

    /// The domain. Facts: `id`, `arn`, `root-unit`.
    pub fn domain(&self) -> Address {
        Address::new(&self.governance().account, "domain", self.world.config.domain.name.to_string())
    }

    /// The domain unit of a tenant. Fact: `id`.
    pub fn unit(&self, tenant: &str) -> Address {
        Address::new(&self.governance().account, "domain unit", tenant)
    }

    /// The association of an account with the domain.
    pub fn association(&self, account: &ProjectAccount) -> Address {
        Address::new(&account.place.account, "association", self.world.config.domain.name.to_string())
    }

    /// A blueprint as it is configured in an account and a Region. Fact: `id`, the blueprint's.
    pub fn blueprint(&self, account: &ProjectAccount, name: &str) -> Address {
        Address::new(&account.place.account, "blueprint", format!("{name} in {}", account.place.region))
    }
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

/// Placeholder until the merge.
pub async fn resources<'w>(_: &Studio<'w>) -> Result<Vec<Box<dyn crate::plan::Resource + 'w>>> {
    Ok(Vec::new())
}
