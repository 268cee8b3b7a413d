//! Owners of domain units.

use serde_json::{Value, json};

use super::authority;
use super::common::{CLIENT_TOKENS, conflict, enter_available, not_found, only_member, paged, quota_exceeded};
use super::domain::Domain;
use super::groups::Group;
use super::units::{Owner, Unit, invalid_unit};
use super::users::User;
use crate::sandbox::call::{ApiError, ApiResult, Call, required};

/// The most owners of a unit.
const MOST: usize = 20;

/// The profile that the `owner` of an input means.
fn owner(call: &Call<'_>, domain: &Domain, input: &Value) -> ApiResult<Owner> {
    match only_member(&input["owner"], "owner")? {
        ("user", user) => user_called(call, domain, required(user, "userIdentifier")),
        (_, group) => {
            let identifier = required(group, "groupIdentifier");
            let group = Group::find(call, domain, identifier)?.ok_or_else(|| not_found("Group profile", identifier))?;
            Ok(Owner::Group(group.id))
        }
    }
}

fn user_called(call: &Call<'_>, domain: &Domain, identifier: &str) -> ApiResult<Owner> {
    let user = User::find(call, domain, identifier)?.ok_or_else(|| not_found("User profile", identifier))?;
    Ok(Owner::User(user.id))
}

/// The unit that an input names in `entityIdentifier`, if the caller may `operation` there.
fn enter_unit(
    call: &mut Call<'_>,
    operation: &str,
    input: &Value,
    missing: impl Fn(&str) -> ApiError,
) -> ApiResult<(Domain, Unit)> {
    let domain = enter_available(call, operation, input)?;
    let id = required(input, "entityIdentifier");
    let unit = Unit::find(call, &domain, id)?.ok_or_else(|| missing(id))?;
    authority::require(call, &domain, id, operation)?;
    Ok((domain, unit))
}

/// `AddEntityOwner`.
pub(super) fn add(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, mut unit) = enter_unit(call, "AddEntityOwner", &input, |id| not_found("Domain unit", id))?;
    CLIENT_TOKENS.once(call, "AddEntityOwner", &input, |call| {
        let owner = owner(call, &domain, &input)?;
        if unit.owners.contains(&owner) {
            return Err(conflict(format!("The owner is already an owner of domain unit {}", unit.id)));
        }
        if unit.owners.len() >= MOST {
            return Err(quota_exceeded(format!("A domain unit has at most {MOST} owners")));
        }
        unit.owners.push(owner);
        unit.save(call, &domain)?;
        Ok(json!({}))
    })
}

/// `RemoveEntityOwner`.
pub(super) fn remove(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, mut unit) = enter_unit(call, "RemoveEntityOwner", &input, |id| not_found("Domain unit", id))?;
    CLIENT_TOKENS.once(call, "RemoveEntityOwner", &input, |call| {
        let owner = owner(call, &domain, &input)?;
        let position = unit.owners.iter().position(|known| *known == owner);
        unit.owners.remove(position.ok_or_else(|| not_found("The owner of domain unit", &unit.id))?);
        unit.save(call, &domain)?;
        Ok(json!({}))
    })
}

/// `ListEntityOwners`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (_, unit) = enter_unit(call, "ListEntityOwners", &input, invalid_unit)?;
    paged("owners", unit.owners, &input, 25, |_| true, Owner::describe)
}

/// `UpdateRootDomainUnitOwner`: for the account's administrators, when nobody is left who owns the root unit. IAM alone
/// decides.
pub(super) fn update_root(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "UpdateRootDomainUnitOwner", &input)?;
    CLIENT_TOKENS.once(call, "UpdateRootDomainUnitOwner", &input, |call| {
        let profile = |member: &str| {
            let identifier = required(&input, member);
            match Group::find(call, &domain, identifier)? {
                Some(group) => Ok(Owner::Group(group.id)),
                None => user_called(call, &domain, identifier),
            }
        };
        let (current, new) = (profile("currentOwner")?, profile("newOwner")?);
        let id = &domain.root_unit;
        let mut root = Unit::find(call, &domain, id)?.ok_or_else(|| not_found("Domain unit", id))?;
        if root.owners.contains(&new) {
            return Err(conflict("The new owner already owns the root domain unit"));
        }
        let current = root.owners.iter_mut().find(|owner| **owner == current);
        *current.ok_or_else(|| not_found("The owner of domain unit", id))? = new;
        root.save(call, &domain)?;
        Ok(json!({}))
    })
}
