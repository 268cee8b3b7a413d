//! What resources learn and others need.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Address;
use crate::error::{Error, Result};

/// Facts about things, by the thing and the name of the fact (`id`, `arn`).
#[derive(Debug, Default)]
pub struct Facts(Mutex<HashMap<(Address, &'static str), String>>);

impl Facts {
    /// Remembers a fact.
    pub fn set(&self, address: &Address, name: &'static str, value: impl Into<String>) {
        let mut facts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        facts.insert((address.clone(), name), value.into());
    }

    /// A fact, if it is known by now.
    pub fn get(&self, address: &Address, name: &'static str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&(address.clone(), name)).cloned()
    }

    /// A fact that must be known once everything that was needed is there.
    pub fn need(&self, address: &Address, name: &'static str) -> Result<String> {
        self.get(address, name).ok_or_else(|| {
            Error::failed(format!("the {name} of the {address} is not known"))
                .hint("run the same command again: it looks afresh")
        })
    }

    /// Forgets what is known of a thing: it is gone.
    pub fn forget(&self, address: &Address) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|(of, _), _| of != address);
    }
}
