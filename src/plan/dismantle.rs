//! The way back: the same resources, to be gone.

use std::collections::HashMap;

use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::{Address, Facts, Farewell, Found, Resource};
use crate::error::Result;

/// What takes `resources` down: each after all that need it. What was not made by aiops, and what is to stay, is named
/// as left.
///
/// Facts must have been gathered by a look at `resources` before.
pub fn dismantled<'a>(resources: &'a [Box<dyn Resource + 'a>]) -> Vec<Box<dyn Resource + 'a>> {
    let listed = || resources.iter().filter(|resource| resource.farewell() != Farewell::GoesAlong);
    let mut dependents: HashMap<Address, Vec<Address>> = HashMap::new();
    for resource in listed() {
        for need in resource.needs() {
            dependents.entry(need).or_default().push(resource.address());
        }
    }
    let removals = listed().rev().map(|resource| {
        let needs = dependents.get(&resource.address()).cloned().unwrap_or_default();
        Box::new(Undone { resource: &**resource, needs }) as Box<dyn Resource + 'a>
    });
    removals.collect()
}

/// A resource that is to be gone.
struct Undone<'a> {
    resource: &'a dyn Resource,
    needs: Vec<Address>,
}

impl Resource for Undone<'_> {
    fn address(&self) -> Address {
        self.resource.address()
    }

    fn needs(&self) -> Vec<Address> {
        self.needs.clone()
    }

    fn lane(&self) -> String {
        self.resource.lane()
    }

    fn reason(&self) -> String {
        "made by aiops".to_owned()
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            Ok(match (self.resource.look(facts).await?, self.resource.farewell()) {
                (Found::Absent, _) => Found::Same,
                (Found::Foreign(_), _) => Found::Leftover("made by others".to_owned()),
                (Found::Leftover(why), _) => Found::Leftover(why),
                (_, Farewell::Stays(why)) => Found::Leftover(why.to_owned()),
                (Found::Same | Found::Different(_) | Found::Unwanted | Found::Broken { .. }, _) => Found::Unwanted,
            })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        self.resource.undo(facts)
    }
}
