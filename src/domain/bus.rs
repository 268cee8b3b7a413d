//! The event bus on which the accounts tell what happens.

use std::collections::BTreeSet;

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::Tag;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use serde_json::Value;

use super::{MANAGED_BY, Studio, document};
use crate::aws::error::{AwsError, Class};
use crate::error::{Error, Result};
use crate::governance::policy;
use crate::landscape::Place;
use crate::plan::{Address, Difference, Facts, Farewell, Found, Resource};

/// The event bus of shared services.
pub struct Bus<'w> {
    studio: Studio<'w>,
}

/// A bus as it is.
struct Actual {
    ours: bool,
    policy: Option<Value>,
}

impl<'w> Bus<'w> {
    /// The bus that the configuration names.
    pub fn central(studio: Studio<'w>) -> Self {
        Bus { studio }
    }

    fn place(&self) -> &'w Place {
        self.studio.world.landscape.central()
    }

    fn name(&self) -> &'w str {
        self.studio.world.config.shared_services.event_bus.as_str()
    }

    fn arn(&self) -> String {
        let place = self.place();
        format!("arn:{}:events:{}:{}:event-bus/{}", place.partition(), place.region, place.account, self.name())
    }

    async fn client(&self) -> Result<Client> {
        Ok(self.studio.session(self.place()).await?.eventbridge())
    }

    /// The accounts of the domain and of the tenants. The bus's own needs no leave.
    fn policy(&self) -> Option<Value> {
        let landscape = self.studio.world.landscape;
        let mut accounts: BTreeSet<String> =
            landscape.project_accounts().iter().map(|account| account.place.account.to_string()).collect();
        accounts.insert(landscape.governance().account.to_string());
        accounts.remove(self.place().account.as_str());
        policy::central_bus_policy(&self.arn(), &accounts, &landscape.scope())
    }

    async fn read(&self, events: &Client) -> Result<Option<Actual>> {
        let found = match events.describe_event_bus().name(self.name()).send().await.map_err(AwsError::from) {
            Ok(found) => found,
            Err(error) if error.class() == Class::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let tags = events.list_tags_for_resource().resource_arn(self.arn()).send().await.map_err(AwsError::from)?;
        let ours = tags.tags().iter().any(|tag| (tag.key(), tag.value()) == MANAGED_BY);
        let policy = found.policy.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text)));
        Ok(Some(Actual { ours, policy }))
    }

    fn differences(&self, actual: &Actual) -> Vec<Difference> {
        let Some(wanted) = self.policy() else { return Vec::new() };
        let same = actual.policy.as_ref().is_some_and(|policy| document::same(policy, &wanted));
        Difference::between("policy", &actual.policy, wanted).filter(|_| !same).into_iter().collect()
    }
}

impl Resource for Bus<'_> {
    fn address(&self) -> Address {
        Address::new(&self.place().account, "event bus", self.name())
    }

    fn reason(&self) -> String {
        "the accounts tell on it what happens".to_owned()
    }

    fn look<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let Some(actual) = self.read(&self.client().await?).await? else { return Ok(Found::Absent) };
            let differences = self.differences(&actual);
            Ok(match (actual.ours, differences.is_empty()) {
                (false, _) => Found::Foreign(differences),
                (true, true) => Found::Same,
                (true, false) => Found::Different(differences),
            })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, found: &'a Found, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let events = self.client().await?;
            if *found == Found::Absent {
                let tag = Tag::builder().key(MANAGED_BY.0).value(MANAGED_BY.1).build();
                let tag = tag.map_err(|error| Error::failed("a request cannot be written").because(error))?;
                match events.create_event_bus().name(self.name()).tags(tag).send().await.map_err(AwsError::from) {
                    Err(error) if error.class() != Class::AlreadyExists => return Err(error.into()),
                    _ => {}
                }
            }
            if let Some(policy) = self.policy() {
                let put = events.put_permission().event_bus_name(self.name());
                put.policy(policy.to_string()).send().await.map_err(AwsError::from)?;
            }
            Ok(())
        }
        .boxed_local()
    }

    fn farewell(&self) -> Farewell {
        Farewell::Stays("the central registry stays")
    }
}
