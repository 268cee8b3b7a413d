//! Desired against actual: what a landscape is to be like, what it is like, and the steps between.
//!
//! A [`Resource`] is one thing that is to be there (or to be gone). It can look, and it can act. [`look`] asks all of
//! them and changes nothing: that is a plan. [`apply`] walks the same resources, looks again, acts where something is
//! to do, and looks once more, so that it can be stopped anywhere and run again from any machine: there is no file of
//! state, what is there is all that counts.
//!
//! What a resource learns and others need (the id of a domain that AWS has just made) goes through [`Facts`]. In a plan
//! some facts are not known yet, and what needs them will be created.

mod dismantle;
mod facts;
mod given;
mod narrow;
mod outcome;
#[cfg(test)]
mod tests;
mod walk;

use std::fmt;

use futures::future::LocalBoxFuture;
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};

pub use self::dismantle::dismantled;
pub use self::facts::Facts;
pub use self::given::Given;
pub use self::narrow::narrowed;
pub use self::outcome::{Action, Outcome, Plan, State};
pub use self::walk::{Walk, apply, look};

/// By what a plan tells a thing from all others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Address {
    /// The account it is in, 12 digits; or who hosts it, such as `github.com/acme`.
    pub account: String,
    /// What it is, such as `domain unit`.
    pub kind: &'static str,
    /// Its name, unique among those of its kind in the account.
    pub name: String,
}

impl Address {
    /// The thing of this kind and name in an account.
    pub fn new(account: impl fmt::Display, kind: &'static str, name: impl Into<String>) -> Self {
        Address { account: account.to_string(), kind, name: name.into() }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.account.starts_with(|c: char| c.is_ascii_digit()) { "in account" } else { "at" };
        write!(f, "{} {} {place} {}", self.kind, self.name, self.account)
    }
}

/// A field that is not as it should be.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Path of the field, such as `tags.owner`.
    pub field: String,
    /// What is there; null if nothing.
    pub actual: Value,
    /// What should be there; null if nothing.
    pub desired: Value,
}

impl Difference {
    /// A difference, if there is one.
    pub fn between(field: impl Into<String>, actual: impl Serialize, desired: impl Serialize) -> Option<Self> {
        let value = |value: Result<Value, serde_json::Error>| value.unwrap_or(Value::Null);
        let (actual, desired) = (value(serde_json::to_value(actual)), value(serde_json::to_value(desired)));
        (actual != desired).then(|| Difference { field: field.into(), actual, desired })
    }
}

/// What a look found.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// It is not there.
    Absent,
    /// It is as it should be.
    Same,
    /// It is there, is ours, and differs in these fields.
    Different(Vec<Difference>),
    /// It is there and somebody else made it. Without differences it is used as it is; with differences it is in the way.
    Foreign(Vec<Difference>),
    /// It is there, is ours, and is not wanted.
    Unwanted,
    /// It is there and not wanted, but stays, for this reason.
    Leftover(String),
    /// It is there and does not work. Acting would not help; what would, the advice says.
    Broken {
        /// Why.
        why: String,
        /// What to do about it.
        advice: String,
    },
}

/// What becomes of a thing when everything is taken down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Farewell {
    /// It is removed, after everything that needs it.
    Removed,
    /// It goes with what it is in.
    GoesAlong,
    /// It stays, for this reason.
    Stays(&'static str),
}

/// One thing that is to be there, or to be gone.
pub trait Resource {
    /// By what it is told from others.
    fn address(&self) -> Address;
    /// What must be as it should be before this can be looked at or changed. Only what comes earlier in the plan.
    fn needs(&self) -> Vec<Address> {
        Vec::new()
    }
    /// Resources of one lane go one after the other, in the order of the plan; lanes go side by side.
    fn lane(&self) -> String {
        format!("account {}", self.address().account)
    }
    /// For what it is needed, or why it has to go.
    fn reason(&self) -> String;
    /// What is there. A fact that is needed and not known means that the thing is absent.
    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>>;
    /// Makes it as it should be, and returns when that is done, also where AWS takes its time. Only called when a look
    /// found something to do. Must be safe to repeat after it was interrupted anywhere.
    fn act<'a>(&'a self, found: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>>;
    /// What becomes of it when everything is taken down.
    fn farewell(&self) -> Farewell {
        Farewell::GoesAlong
    }
    /// Removes it, and returns when it is gone. Only called for what a look found to be ours, and is [`Farewell::Removed`].
    fn undo<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        let address = self.address();
        Box::pin(async move { Err(Error::failed(format!("the {address} cannot be removed by itself"))) })
    }
}
