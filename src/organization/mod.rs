//! The organization of AWS Organizations: its units and accounts, as they are, and new ones.
//!
//! Only the management account, or one that it delegated something to, may read an organization; only the management
//! account changes it. Pages may be empty and yet have a successor.

mod create;

use std::collections::BTreeSet;

use aws_sdk_organizations::types::Account;
use serde::Serialize;

use crate::aws::Session;
use crate::aws::error::{AwsError, Class};
use crate::error::{Error, Result};

pub use self::create::{Making, NewAccount, Unit, new_account};

/// An account of the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Member {
    /// Its id, 12 digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The address by which AWS tells it from all accounts there are.
    pub email: String,
    /// Its state, in AWS's words: `ACTIVE`, `SUSPENDED`, `CLOSED` ...
    pub state: String,
}

impl From<&Account> for Member {
    fn from(account: &Account) -> Self {
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        // `Status` is what `State` was before, and goes away.
        let state = account.state().map(|state| state.as_str());
        Member {
            id: text(account.id()),
            name: text(account.name()),
            email: text(account.email()),
            state: text(state.or(account.status().map(|status| status.as_str()))),
        }
    }
}

/// The root of the organization, or a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: String,
    /// The names on the way down to it; none for the root.
    pub path: Vec<String>,
    /// The ids on the way down to it, its own included.
    pub ids: Vec<String>,
}

impl Node {
    /// The way down to it, as people write it.
    pub fn title(&self) -> String {
        title(&self.path)
    }
}

/// A way down from the root, as people write it: `workloads/clinical`, and `/` for the root itself.
pub fn title(path: &[String]) -> String {
    if path.is_empty() { "/".to_owned() } else { path.join("/") }
}

/// The id of the root.
pub async fn root(session: &Session) -> Result<String> {
    let mut pages = session.organizations().list_roots().into_paginator().send();
    while let Some(page) = pages.next().await {
        if let Some(id) = page.map_err(explained)?.roots().first().and_then(|root| root.id()) {
            return Ok(id.to_owned());
        }
    }
    Err(Error::failed("the organization has no root"))
}

/// Shows every account to `visit`, with where it is: page by page, so that no more than a page is ever held.
pub async fn each_account(session: &Session, mut visit: impl FnMut(&Node, Member)) -> Result<()> {
    let client = session.organizations();
    let root = root(session).await?;
    let mut open = vec![Node { ids: vec![root.clone()], id: root, path: Vec::new() }];
    while let Some(node) = open.pop() {
        let mut pages = client.list_accounts_for_parent().parent_id(&node.id).into_paginator().send();
        while let Some(page) = pages.next().await {
            page.map_err(explained)?.accounts().iter().for_each(|account| visit(&node, account.into()));
        }
        let mut below = units(session, &node.id).await?;
        below.sort();
        let with = |known: &[String], new: &str| known.iter().cloned().chain([new.to_owned()]).collect();
        open.extend(below.into_iter().rev().map(|(name, id)| Node {
            path: with(&node.path, &name),
            ids: with(&node.ids, &id),
            id,
        }));
    }
    Ok(())
}

/// Name and id of the units right below `parent`.
async fn units(session: &Session, parent: &str) -> Result<Vec<(String, String)>> {
    let client = session.organizations();
    let mut pages = client.list_organizational_units_for_parent().parent_id(parent).into_paginator().send();
    let mut found = Vec::new();
    while let Some(page) = pages.next().await {
        for unit in page.map_err(explained)?.organizational_units() {
            found.extend(unit.name().zip(unit.id()).map(|(name, id)| (name.to_owned(), id.to_owned())));
        }
    }
    Ok(found)
}

/// The account with this address; capitals make no difference.
pub async fn with_email(session: &Session, email: &str) -> Result<Option<Member>> {
    let mut pages = session.organizations().list_accounts().into_paginator().send();
    let wanted = email.to_lowercase();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explained)?;
        let found =
            page.accounts().iter().find(|account| account.email().is_some_and(|email| email.to_lowercase() == wanted));
        if let Some(account) = found {
            return Ok(Some(account.into()));
        }
    }
    Ok(None)
}

/// The accounts that administer a service of AWS for the organization.
pub async fn delegated_administrators(session: &Session) -> Result<BTreeSet<String>> {
    let mut pages = session.organizations().list_delegated_administrators().into_paginator().send();
    let mut found = BTreeSet::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(explained)?;
        found.extend(page.delegated_administrators().iter().filter_map(|account| account.id().map(str::to_owned)));
    }
    Ok(found)
}

/// An error of Organizations, with what to do about it.
pub fn explained(error: impl Into<AwsError>) -> Error {
    let error: AwsError = error.into();
    match (error.code(), error.class()) {
        ("AWSOrganizationsNotInUseException", _) => Error::failed("the account is not in an organization")
            .because(error)
            .hint("`management` in aiops.yaml names the management account, if that is another than the governance account"),
        (_, Class::Denied) => Error::from(error).hint(
            "only the management account, and accounts that administer a service for it, may read the organization; \
             `management` in aiops.yaml names it",
        ),
        _ => error.into(),
    }
}
