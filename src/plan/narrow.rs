//! A part of a plan.

use std::collections::HashSet;

use super::{Address, Resource};

/// The resources that are wanted, and those that they need, in the order in which they were.
pub fn narrowed<'a>(
    resources: Vec<Box<dyn Resource + 'a>>,
    wanted: impl Fn(&Address) -> bool,
) -> Vec<Box<dyn Resource + 'a>> {
    let mut kept: HashSet<Address> = HashSet::new();
    // What is needed comes earlier: one pass from the end meets every need after whoever has it.
    for resource in resources.iter().rev() {
        let address = resource.address();
        if wanted(&address) || kept.contains(&address) {
            kept.insert(address);
            kept.extend(resource.needs());
        }
    }
    resources.into_iter().filter(|resource| kept.contains(&resource.address())).collect()
}
