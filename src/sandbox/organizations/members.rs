//! The accounts of organizations. They are found by number, by e-mail and by parent, so that a thousand of them cost no
//! more each than a few.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::tree::Organization;
use super::{Page, scan};
use crate::sandbox::call::{ApiResult, Call};
use crate::sandbox::store::{Store, StoreError};

const MEMBER: &str = "organizations/member";
/// Account by `parent/management/account`.
const CHILD: &str = "organizations/child";
/// Account by e-mail in lower case.
const EMAIL: &str = "organizations/email";

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
    /// When it was closed. AWS suspends it for 90 days before it is gone.
    #[serde(default)]
    pub(super) closed: Option<Timestamp>,
}

impl Member {
    /// The place of `account`, also of one that is still being made.
    pub(super) fn find(store: &Store<'_>, account: &str) -> Result<Option<Self>, StoreError> {
        store.get(MEMBER, account)
    }

    /// Whether an account of whatever organization has the address. Capitals make no difference.
    pub(super) fn has_email(store: &Store<'_>, email: &str) -> Result<bool, StoreError> {
        Ok(store.get::<String>(EMAIL, &email.to_lowercase())?.is_some())
    }

    /// Keeps a new account.
    pub(super) fn add(&self, store: &Store<'_>) -> Result<(), StoreError> {
        store.put(EMAIL, &self.email.to_lowercase(), &self.account)?;
        self.save(store)
    }

    /// Puts the account under another parent.
    pub(super) fn move_to(&mut self, store: &Store<'_>, parent: &str) -> Result<(), StoreError> {
        store.delete(CHILD, &self.child_key())?;
        parent.clone_into(&mut self.parent);
        self.save(store)
    }

    pub(super) fn save(&self, store: &Store<'_>) -> Result<(), StoreError> {
        store.put(CHILD, &self.child_key(), &self.account)?;
        store.put(MEMBER, &self.account, self)
    }

    fn child_key(&self) -> String {
        format!("{}/{}/{}", self.parent, self.management, self.account)
    }
}

impl Organization {
    /// The account, if it is there and the organization's.
    pub(super) fn member(&self, call: &Call<'_>, account: &str) -> ApiResult<Option<Member>> {
        Ok(Member::find(&call.store, account)?.filter(|member| self.has(call, member)))
    }

    /// A page of the organization's accounts.
    pub(super) fn members(&self, call: &Call<'_>, input: &Value) -> ApiResult<Page<Member>> {
        let (found, token) = scan::<Member>(call, MEMBER, "", input)?;
        Ok((found.into_iter().filter(|member| self.has(call, member)).collect(), token))
    }

    /// A page of the accounts right below `parent`.
    pub(super) fn children(&self, call: &Call<'_>, parent: &str, input: &Value) -> ApiResult<Page<Member>> {
        let (found, token) = scan::<String>(call, CHILD, &format!("{parent}/{}/", self.management), input)?;
        let mut members = Vec::new();
        for account in found {
            members.extend(self.member(call, &account)?);
        }
        Ok((members, token))
    }

    fn has(&self, call: &Call<'_>, member: &Member) -> bool {
        member.management == self.management && member.joined <= call.now
    }
}
