//! What Organizations keeps: the tree, the accounts in it, and the requests for new ones.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::sandbox::call::{ApiResult, Call, epoch_seconds};
use crate::sandbox::store::{Store, StoreError};

pub(super) const ORGANIZATION: &str = "organizations/organization";
pub(super) const MEMBER: &str = "organizations/member";
pub(super) const REQUEST: &str = "organizations/create-account";

/// An organization, kept under its management account.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Organization {
    pub(super) id: String,
    pub(super) management: String,
    pub(super) feature_set: String,
    pub(super) root: String,
    pub(super) units: Vec<Unit>,
    /// Accounts with a delegated administration, of whatever service: they may read.
    pub(super) delegated: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Unit {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) parent: String,
}

/// An account's place, kept under the account.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Member {
    pub(super) account: String,
    pub(super) management: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) parent: String,
    pub(super) method: String,
    /// When the account came, or will come, into being.
    pub(super) joined: Timestamp,
}

/// A request for an account, kept under its id.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct CreationRequest {
    pub(super) id: String,
    pub(super) management: String,
    pub(super) name: String,
    pub(super) requested: Timestamp,
    pub(super) completes: Timestamp,
    pub(super) account: Option<String>,
    pub(super) failure: Option<String>,
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
    let Some(member) = store.get::<Member>(MEMBER, account)? else { return Ok(None) };
    let organization: Option<Organization> = store.get(ORGANIZATION, &member.management)?;
    Ok(organization.map(|org| {
        let path = org.path(&member.parent);
        Membership { organization: org.id, management: org.management, path }
    }))
}

impl Organization {
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
        json!({
            "Id": member.account, "Arn": self.account_arn(&member.account), "Email": member.email,
            "Name": member.name, "Status": "ACTIVE", "State": "ACTIVE",
            "Paths": [format!("{}{}/", self.path(&member.parent), member.account)],
            "JoinedMethod": member.method, "JoinedTimestamp": epoch_seconds(member.joined),
        })
    }

    pub(super) fn members(&self, call: &Call<'_>) -> ApiResult<Vec<Member>> {
        let all = call.store.list::<Member>(MEMBER, "")?.into_iter().map(|(_, member)| member);
        Ok(all.filter(|member| member.management == self.management && member.joined <= call.now).collect())
    }

    pub(super) fn member(&self, call: &Call<'_>, account: &str) -> ApiResult<Option<Member>> {
        let member = call.store.get::<Member>(MEMBER, account)?;
        Ok(member.filter(|member| member.management == self.management && member.joined <= call.now))
    }

    pub(super) fn save(&self, call: &Call<'_>) -> ApiResult<()> {
        Ok(call.store.put(ORGANIZATION, &self.management, self)?)
    }
}

impl CreationRequest {
    pub(super) fn describe(&self, now: Timestamp) -> Value {
        let mut status = json!({
            "Id": self.id, "AccountName": self.name, "State": "IN_PROGRESS",
            "RequestedTimestamp": epoch_seconds(self.requested),
        });
        if now >= self.completes {
            status["CompletedTimestamp"] = epoch_seconds(self.completes);
            let (state, member, value) = match &self.failure {
                Some(reason) => ("FAILED", "FailureReason", json!(reason)),
                None => ("SUCCEEDED", "AccountId", json!(self.account)),
            };
            status["State"] = json!(state);
            status[member] = value;
        }
        status
    }
}

fn service_control_policies() -> Value {
    json!({"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"})
}
