//! The tree of an organization, and where accounts stand in it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::members::Member;
use crate::sandbox::call::{ApiResult, Call, epoch_seconds};
use crate::sandbox::store::{Store, StoreError};

pub(super) const ORGANIZATION: &str = "organizations/organization";

/// An organization, kept under its management account.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Organization {
    pub(super) id: String,
    pub(super) management: String,
    pub(super) feature_set: String,
    pub(super) root: String,
    pub(super) units: Vec<Unit>,
    /// Who administers which service for the organization.
    pub(super) delegated: Vec<Delegation>,
    /// The services that have trusted access, and since when.
    pub(super) services: BTreeMap<String, Timestamp>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Delegation {
    pub(super) account: String,
    pub(super) service: String,
    pub(super) since: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Unit {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) parent: String,
}

/// Where an account stands, in the words of the condition keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// `aws:PrincipalOrgID`.
    pub organization: String,
    /// The account that pays and rules.
    pub management: String,
    /// `aws:PrincipalOrgPaths`: the way from the organization down to the account's unit.
    pub path: String,
}

/// The place of `account`, if it belongs to an organization.
pub fn membership(store: &Store<'_>, account: &str) -> Result<Option<Membership>, StoreError> {
    let Some(member) = Member::find(store, account)? else { return Ok(None) };
    let organization: Option<Organization> = store.get(ORGANIZATION, &member.management)?;
    Ok(organization.map(|org| {
        let path = org.path(&member.parent);
        Membership { organization: org.id, management: org.management, path }
    }))
}

/// Whether the organization that `management` rules has this root or unit.
pub fn has_node(store: &Store<'_>, management: &str, id: &str) -> Result<bool, StoreError> {
    let organization: Option<Organization> = store.get(ORGANIZATION, management)?;
    Ok(organization.is_some_and(|organization| organization.has_node(id)))
}

/// All names by which something may be shared with `account`: its number, and the ARNs of its organization and of every
/// unit above it.
pub fn names_of(store: &Store<'_>, account: &str) -> Result<Vec<String>, StoreError> {
    let mut names = vec![account.to_owned()];
    if let Some(Membership { organization, management, path }) = membership(store, account)? {
        names.push(format!("arn:aws:organizations::{management}:organization/{organization}"));
        let units = path.split('/').filter(|step| step.starts_with("ou-"));
        names.extend(units.map(|unit| format!("arn:aws:organizations::{management}:ou/{organization}/{unit}")));
    }
    Ok(names)
}

impl Organization {
    /// Whether the account administers any service for the organization. Whoever does may read all of it.
    pub(super) fn delegates(&self, account: &str) -> bool {
        self.delegated.iter().any(|delegation| delegation.account == account)
    }

    pub(super) fn arn(&self, rest: &str) -> String {
        format!("arn:aws:organizations::{}:{rest}", self.management)
    }

    pub(super) fn account_arn(&self, account: &str) -> String {
        self.arn(&format!("account/{}/{account}", self.id))
    }

    /// ARN of a root or unit.
    pub(super) fn node_arn(&self, id: &str) -> String {
        let kind = if id == self.root { "root" } else { "ou" };
        self.arn(&format!("{kind}/{}/{id}", self.id))
    }

    pub(super) fn unit(&self, id: &str) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.id == id)
    }

    pub(super) fn has_node(&self, id: &str) -> bool {
        id == self.root || self.unit(id).is_some()
    }

    /// `o-.../r-.../ou-.../`: the way down to a root or unit.
    pub(super) fn path(&self, node: &str) -> String {
        match self.unit(node) {
            Some(unit) => format!("{}{node}/", self.path(&unit.parent)),
            None => format!("{}/{}/", self.id, self.root),
        }
    }

    pub(super) fn describe(&self, email: &str) -> Value {
        let types = if self.feature_set == "ALL" { vec![service_control_policies()] } else { Vec::new() };
        json!({
            "Id": self.id, "Arn": self.arn(&format!("organization/{}", self.id)), "FeatureSet": self.feature_set,
            "MasterAccountArn": self.account_arn(&self.management), "MasterAccountId": self.management,
            "MasterAccountEmail": email, "AvailablePolicyTypes": types,
        })
    }

    pub(super) fn describe_unit(&self, unit: &Unit) -> Value {
        json!({"Id": unit.id, "Arn": self.node_arn(&unit.id), "Name": unit.name, "Path": self.path(&unit.id)})
    }

    pub(super) fn describe_account(&self, member: &Member) -> Value {
        let state = if member.closed.is_some() { "SUSPENDED" } else { "ACTIVE" };
        json!({
            "Id": member.account, "Arn": self.account_arn(&member.account), "Email": member.email,
            "Name": member.name, "Status": state, "State": state,
            "Paths": [format!("{}{}/", self.path(&member.parent), member.account)],
            "JoinedMethod": member.method, "JoinedTimestamp": epoch_seconds(member.joined),
        })
    }

    pub(super) fn save(&self, call: &Call<'_>) -> ApiResult<()> {
        Ok(call.store.put(ORGANIZATION, &self.management, self)?)
    }
}

fn service_control_policies() -> Value {
    json!({"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"})
}
