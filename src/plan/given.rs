//! What is there already and is nothing to act on: others can say that they need it, and find its facts.

use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::{Address, Facts, Found, Resource};
use crate::error::Result;

/// Something that was found, and that no act changes.
pub struct Given {
    address: Address,
    reason: &'static str,
    found: Found,
    facts: Vec<(&'static str, String)>,
}

impl Given {
    /// Something that is as it should be.
    pub fn there(address: Address, reason: &'static str) -> Self {
        Given { address, reason, found: Found::Same, facts: Vec::new() }
    }

    /// Something that is not wanted, and stays for this reason.
    pub fn left(address: Address, reason: &'static str) -> Self {
        Given { address, reason, found: Found::Leftover(reason.to_owned()), facts: Vec::new() }
    }

    /// With a fact that is known of it.
    #[must_use]
    pub fn knowing(mut self, fact: &'static str, value: impl Into<String>) -> Self {
        self.facts.push((fact, value.into()));
        self
    }
}

impl Resource for Given {
    fn address(&self) -> Address {
        self.address.clone()
    }

    fn reason(&self) -> String {
        self.reason.to_owned()
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            for (fact, value) in &self.facts {
                facts.set(&self.address, fact, value);
            }
            Ok(self.found.clone())
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async { Ok(()) }.boxed_local()
    }
}
