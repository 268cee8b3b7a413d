//! As whom the administrator acts, also where nothing is set up yet.

use crate::aws::Session;
use crate::error::{Error, Kind, Result};
use crate::governance::Persona;
use crate::landscape::{Place, RoleToAssume};
use crate::world::World;

/// The role that Organizations makes in the accounts that it creates. It trusts the management account.
pub(super) const ORGANIZATION_ROLE: &str = "OrganizationAccountAccessRole";

/// A session in `place` as administrator. Where that role is not there yet: with the credentials of the caller, if they
/// are of the account; or through the role that Organizations made, if the caller is in the management account.
pub(super) async fn administrator(world: &World<'_>, place: &Place) -> Result<Session> {
    let refused = match world.session(place, Persona::Administrator).await {
        Err(error) if error.kind() == Kind::Denied && world.acting_as.is_none() => error,
        opened => return opened,
    };
    let caller = world.aws.caller().await?;
    let (account, region) = (place.account.as_str(), place.region.as_str());
    if caller.account == account {
        return world.aws.session(account, region, None).await;
    }
    if caller.account != world.landscape.management().account.as_str() {
        return Err(refused);
    }
    let made_by_organizations = RoleToAssume {
        arn: format!("arn:{}:iam::{account}:role/{ORGANIZATION_ROLE}", place.partition()),
        external_id: None,
    };
    world.aws.plain_session(account, region, &made_by_organizations).await.map_err(|_: Error| {
        refused.hint(format!("the role {ORGANIZATION_ROLE} was tried as well, and cannot be assumed there either"))
    })
}
