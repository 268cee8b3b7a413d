//! Domains in other accounts: who sees which, and what they may do there. An association *is* a share of the domain by
//! AWS RAM; DataZone has no operation of its own for it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::domain::Domain;
use crate::sandbox::call::Call;
use crate::sandbox::organizations;
use crate::sandbox::store::{Store, StoreError};

const ASSOCIATION: &str = "datazone/association";

/// What stays with the domain's own account, whatever is shared. AWS does not publish its managed RAM permissions;
/// these are what administers the domain itself, and `GetGroupProfile`, which users miss in them.
const NOT_SHARED: &[&str] = &[
    "datazone:UpdateDomain",
    "datazone:DeleteDomain",
    "datazone:TagResource",
    "datazone:UntagResource",
    "datazone:UpdateRootDomainUnitOwner",
    "datazone:CreateUserProfile",
    "datazone:UpdateUserProfile",
    "datazone:CreateGroupProfile",
    "datazone:GetGroupProfile",
    "datazone:UpdateGroupProfile",
];

#[derive(Serialize, Deserialize)]
struct Association {
    visible: Timestamp,
}

/// Whether the ARN is that of a domain of the caller's, in the Region that is asked, which can be shared.
pub fn is_shareable(call: &Call<'_>, domain_arn: &str) -> Result<bool, StoreError> {
    let domain = Domain::find(call, domain_arn.rsplit('/').next().unwrap_or_default())?;
    Ok(domain.is_some_and(|domain| {
        domain.arn() == domain_arn && domain.account == call.caller.account && domain.status(call.now) == "AVAILABLE"
    }))
}

/// Shares the domain with `principal`, which sees it from the moment `visible` on: RAM's associations take a while to
/// come everywhere. A principal is an account, or the ARN of an organization or unit, which stands for all accounts
/// inside; whether DataZone honours the latter is not known for sure.
pub fn associate(store: &Store<'_>, domain_arn: &str, principal: &str, visible: Timestamp) -> Result<(), StoreError> {
    store.put(ASSOCIATION, &format!("{principal}/{domain_arn}"), &Association { visible })
}

/// Ends the share of the domain with `principal`; tells whether there was one.
pub fn dissociate(store: &Store<'_>, domain_arn: &str, principal: &str) -> Result<bool, StoreError> {
    store.delete(ASSOCIATION, &format!("{principal}/{domain_arn}"))
}

/// Whether an account sees the domain: it owns it, or is associated with it.
pub(super) fn sees(call: &Call<'_>, domain: &Domain, account: &str) -> Result<bool, StoreError> {
    if domain.account == account {
        return Ok(true);
    }
    for principal in organizations::names_of(&call.store, account)? {
        let association: Option<Association> = call.store.get(ASSOCIATION, &format!("{principal}/{}", domain.arn()))?;
        if association.is_some_and(|association| call.now >= association.visible) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The domain `id`, if the caller's account sees it, and the resource policy by which it does if it is another's.
pub(super) fn visible(call: &Call<'_>, id: &str) -> Result<Option<(Domain, Option<String>)>, StoreError> {
    let Some(domain) = Domain::find(call, id)? else { return Ok(None) };
    let account = &call.caller.account;
    if !sees(call, &domain, account)? {
        return Ok(None);
    }
    let policy = (domain.account != *account).then(|| {
        let statement = json!({
            "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{account}:root")},
            "NotAction": NOT_SHARED, "Resource": domain.arn(),
        });
        json!({"Version": "2012-10-17", "Statement": statement}).to_string()
    });
    Ok(Some((domain, policy)))
}

/// All domains that the caller's account sees.
pub(super) fn all_visible(call: &Call<'_>) -> Result<Vec<Domain>, StoreError> {
    let mut seen = Vec::new();
    for domain in Domain::all(call)? {
        if sees(call, &domain, &call.caller.account)? {
            seen.push(domain);
        }
    }
    Ok(seen)
}
