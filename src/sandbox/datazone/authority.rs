//! DataZone's own authorisation, beside IAM: whoever may call an operation by IAM must also own the domain unit it is
//! about, or hold a grant there.
//!
//! - *Owners* of a unit may do everything in it and in the units below.
//! - A *grant* on a unit holds there, and below if it says `includeChildDomainUnits`. To do something in a unit one
//!   needs a grant that holds there and in every unit above it: the policies of a tree are intersected.
//! - Somebody takes part in a domain by a profile: an activated one of a user, or an assigned one of a group. A role is
//!   the group of its sessions. Everybody who takes part may read.

use super::common::not_permitted;
use super::domain::Domain;
use super::grants::Grant;
use super::groups::Group;
use super::units::{Owner, Unit};
use super::users::User;
use crate::sandbox::call::{ApiError, ApiResult, Call};

/// What an operation in a domain unit takes.
#[derive(Clone, Copy)]
enum Rule {
    /// To take part in the domain.
    Profile,
    /// To own the unit.
    Owner,
    /// To own the unit, or a grant of one of these policy types.
    OwnerOr(&'static [&'static str]),
}

/// The operations that are about a domain unit.
const RULES: &[(&str, Rule)] = &[
    ("CreateDomainUnit", Rule::OwnerOr(&["CREATE_DOMAIN_UNIT"])),
    ("GetDomainUnit", Rule::Profile),
    ("ListDomainUnitsForParent", Rule::Profile),
    ("UpdateDomainUnit", Rule::Owner),
    ("DeleteDomainUnit", Rule::Owner),
    ("AddEntityOwner", Rule::OwnerOr(&["OVERRIDE_DOMAIN_UNIT_OWNERS"])),
    ("RemoveEntityOwner", Rule::OwnerOr(&["OVERRIDE_DOMAIN_UNIT_OWNERS"])),
    ("ListEntityOwners", Rule::Profile),
    ("AddPolicyGrant", Rule::Owner),
    ("RemovePolicyGrant", Rule::Owner),
    ("ListPolicyGrants", Rule::Profile),
    ("CreateProjectProfile", Rule::Owner),
    ("GetProjectProfile", Rule::Profile),
    ("UpdateProjectProfile", Rule::Owner),
    ("DeleteProjectProfile", Rule::Owner),
    ("ListProjectProfiles", Rule::Profile),
    ("CreateAccountPool", Rule::Owner),
    ("GetAccountPool", Rule::Profile),
    ("UpdateAccountPool", Rule::Owner),
    ("DeleteAccountPool", Rule::Owner),
    ("ListAccountPools", Rule::Profile),
    ("ListAccountsInAccountPool", Rule::Profile),
    ("CreateProject", Rule::OwnerOr(&["CREATE_PROJECT_FROM_PROJECT_PROFILE", "CREATE_PROJECT"])),
    ("UpdateProject", Rule::OwnerOr(&["OVERRIDE_PROJECT_OWNERS"])),
    ("DeleteProject", Rule::OwnerOr(&["OVERRIDE_PROJECT_OWNERS"])),
    ("ListProjects", Rule::Profile),
    ("CreateProjectMembership", Rule::OwnerOr(&["OVERRIDE_PROJECT_OWNERS"])),
    ("DeleteProjectMembership", Rule::OwnerOr(&["OVERRIDE_PROJECT_OWNERS"])),
    ("GetEnvironment", Rule::Profile),
    ("CreateEnvironment", Rule::OwnerOr(&["OVERRIDE_PROJECT_OWNERS"])),
    ("DeleteEnvironment", Rule::OwnerOr(&["OVERRIDE_PROJECT_OWNERS"])),
    ("CreateConnection", Rule::OwnerOr(&["OVERRIDE_PROJECT_OWNERS"])),
    ("GetConnection", Rule::OwnerOr(&["OVERRIDE_PROJECT_OWNERS"])),
    ("ListConnections", Rule::OwnerOr(&["OVERRIDE_PROJECT_OWNERS"])),
    ("UpdateConnection", Rule::OwnerOr(&["OVERRIDE_PROJECT_OWNERS"])),
    ("DeleteConnection", Rule::OwnerOr(&["OVERRIDE_PROJECT_OWNERS"])),
];

/// Who somebody is in a domain: the ids of their profiles that count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Identity {
    /// The user profile.
    pub user: Option<String>,
    /// The group profiles.
    pub groups: Vec<String>,
}

impl Identity {
    /// Who the caller is in a domain; nobody, perhaps.
    pub fn of_caller(call: &Call<'_>, domain: &Domain) -> ApiResult<Self> {
        let user =
            User::all(call, domain)?.into_iter().find(|user| user.status == "ACTIVATED" && user.is(&call.caller));
        let groups = match &call.caller.session {
            Some(session) => Group::all(call, domain)?
                .into_iter()
                .filter(|group| group.status == "ASSIGNED" && group.is_role(&session.role_arn, &session.role_id))
                .map(|group| group.id)
                .collect(),
            None => Vec::new(),
        };
        Ok(Identity { user: user.map(|user| user.id), groups })
    }

    /// Whether they take part in the domain at all.
    pub fn takes_part(&self) -> bool {
        self.user.is_some() || !self.groups.is_empty()
    }

    /// By what profile they are told of: their own, else that of a group.
    pub fn id(&self) -> &str {
        self.user.as_ref().or(self.groups.first()).map_or("", String::as_str)
    }

    /// As whom they own what they make.
    pub fn owner(&self) -> Option<Owner> {
        let group = || self.groups.first().cloned().map(Owner::Group);
        self.user.clone().map(Owner::User).or_else(group)
    }

    /// Whether a profile is one of theirs.
    pub fn is(&self, profile: &Owner) -> bool {
        match profile {
            Owner::User(id) => self.user.as_ref() == Some(id),
            Owner::Group(id) => self.groups.contains(id),
        }
    }

    /// Whether they are among the owners of a unit.
    pub fn owns(&self, unit: &Unit) -> bool {
        unit.owners.iter().any(|owner| self.is(owner))
    }
}

/// Who the caller is, if DataZone lets them do `operation` in a unit; else its refusal. The unit exists.
pub(super) fn require(call: &Call<'_>, domain: &Domain, unit: &str, operation: &str) -> ApiResult<Identity> {
    require_grant(call, domain, unit, operation, |_| true)
}

/// [`require`] where a grant must also say something more, such as the project profile.
pub(super) fn require_grant(
    call: &Call<'_>,
    domain: &Domain,
    unit: &str,
    operation: &str,
    accepts: impl Fn(&Grant) -> bool,
) -> ApiResult<Identity> {
    let rule = RULES.iter().find(|(name, _)| *name == operation).map(|(_, rule)| *rule);
    let rule = rule.ok_or_else(|| ApiError::internal(format!("DataZone has no rule for {operation}")))?;
    let identity = Identity::of_caller(call, domain)?;
    let chain = Unit::chain(call, domain, unit)?;
    let allowed = identity.takes_part()
        && match rule {
            Rule::Profile => true,
            Rule::Owner => owns_any(&identity, &chain),
            Rule::OwnerOr(policies) => {
                let accepts = |grant: &Grant| policies.contains(&grant.policy.as_str()) && accepts(grant);
                owns_any(&identity, &chain) || is_granted(call, domain, &chain, &identity, accepts)?
            }
        };
    if allowed { Ok(identity) } else { Err(not_permitted(operation)) }
}

/// Whether the holder of a profile may become a member of the projects of a unit.
pub(super) fn is_in_member_pool(call: &Call<'_>, domain: &Domain, unit: &str, profile: &Owner) -> ApiResult<bool> {
    let who = match profile.clone() {
        Owner::User(id) => Identity { user: Some(id), groups: Vec::new() },
        Owner::Group(id) => Identity { user: None, groups: vec![id] },
    };
    let chain = Unit::chain(call, domain, unit)?;
    let pool = |grant: &Grant| grant.policy == "ADD_TO_PROJECT_MEMBER_POOL";
    Ok(owns_any(&who, &chain) || is_granted(call, domain, &chain, &who, pool)?)
}

/// Whether somebody owns a unit or one above it: `chain` begins with the unit and ends with the root unit.
fn owns_any(identity: &Identity, chain: &[Unit]) -> bool {
    chain.iter().any(|unit| identity.owns(unit))
}

/// Whether an acceptable grant holds for somebody in every unit of `chain`, which begins with
/// a unit and ends with the root unit.
fn is_granted(
    call: &Call<'_>,
    domain: &Domain,
    chain: &[Unit],
    identity: &Identity,
    accepts: impl Fn(&Grant) -> bool,
) -> ApiResult<bool> {
    // From the root down: a grant that includes the units below holds in all that follow.
    let mut inherited = false;
    for unit in chain.iter().rev() {
        let mut here = false;
        for grant in Grant::all(call, domain, ("DOMAIN_UNIT", &unit.id))? {
            if accepts(&grant) && holds_for(call, domain, &grant, identity)? {
                here = true;
                inherited |= grant.includes_children();
            }
        }
        if !here && !inherited {
            return Ok(false);
        }
    }
    Ok(!chain.is_empty())
}

/// Whether the principal of a grant is, or includes, somebody.
fn holds_for(call: &Call<'_>, domain: &Domain, grant: &Grant, identity: &Identity) -> ApiResult<bool> {
    let principal = &grant.principal;
    let named = |kind: &str, member: &str| principal[kind][member].as_str();
    if principal["user"].get("allUsersGrantFilter").is_some() {
        return Ok(identity.takes_part());
    }
    if let Some(user) = named("user", "userIdentifier") {
        return Ok(identity.user.as_deref() == Some(user));
    }
    if let Some(group) = named("group", "groupIdentifier") {
        return Ok(identity.groups.iter().any(|known| known == group));
    }
    if let Some(unit) = named("domainUnit", "domainUnitIdentifier") {
        return Ok(Unit::find(call, domain, unit)?.is_some_and(|unit| identity.owns(&unit)));
    }
    if principal.get("domainUnit").is_some() {
        return Ok(Unit::all(call, domain)?.iter().any(|unit| identity.owns(unit)));
    }
    Ok(false)
}
