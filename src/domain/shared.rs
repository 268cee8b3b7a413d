//! What shared services need: the key, the bucket and the event bus of the central registry.

use super::Studio;
use super::account::Resources;
use super::bucket::Bucket;
use super::bus::Bus;
use super::key::Key;
use crate::governance::policy;
use crate::plan::Resource as _;

/// The key if the configuration names one, the bucket that it encrypts, and the bus.
pub fn resources(studio: Studio<'_>) -> Resources<'_> {
    let key = Key::central(studio);
    let policy = policy::central_bucket_policy(&studio.world.landscape.scope());
    let bucket = Bucket::central(studio, key.as_ref().map(Key::address), policy);
    let mut resources: Resources<'_> = Vec::new();
    if let Some(key) = key {
        resources.push(Box::new(key));
    }
    resources.push(Box::new(bucket));
    resources.push(Box::new(Bus::central(studio)));
    resources
}
