//! Owners of domain units: they may do everything in a unit and below.
//!
//! Whoever acts must own the root unit, or DataZone refuses everything that IAM allows. The domain's first owner is
//! whoever made it.

use std::collections::BTreeSet;

use aws_sdk_datazone::Client;
use aws_sdk_datazone::types::{
    DataZoneEntityType, OwnerGroupProperties, OwnerProperties, OwnerPropertiesOutput, OwnerUserProperties,
};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::participant::{COUNTS, Who};
use super::{GROUP_PROFILE, OURS, ROOT, Studio};
use crate::aws::error::{AwsError, Class};
use crate::config::Principal;
use crate::error::{Error, Result};
use crate::plan::{Address, Difference, Facts, Found, Resource};

/// The most owners of a unit.
const MOST: usize = 20;

/// The owners of one unit.
pub(super) struct Owners<'w> {
    studio: Studio<'w>,
    /// The tenant whose unit it is; the root unit without one.
    tenant: Option<&'w str>,
    listed: &'w [Principal],
    /// Whoever acts.
    actor: Who,
}

/// An owner by the id of the profile; whether it is a group's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner {
    pub id: String,
    pub group: bool,
}

/// What an owner is to be called, and who it is; not known before its profile is there.
type Wanted = (String, Option<Owner>);

impl<'w> Owners<'w> {
    pub fn of_root(studio: Studio<'w>, actor: Who) -> Self {
        Owners { studio, tenant: None, listed: &studio.world.config.domain.owners, actor }
    }

    pub fn of_tenant(studio: Studio<'w>, tenant: &'w crate::config::Tenant, actor: Who) -> Self {
        Owners { studio, tenant: Some(tenant.name.as_str()), listed: &tenant.owners, actor }
    }

    /// What holds the unit, and by which of its facts it is known.
    fn unit(&self) -> (Address, &'static str) {
        match self.tenant {
            Some(tenant) => (self.studio.unit(tenant), "id"),
            None => (self.studio.domain(), "root-unit"),
        }
    }

    fn actor(&self) -> Address {
        self.actor.address(self.studio)
    }

    /// The owners that there must be. Those who act own what they make, so that only the root unit has to be told.
    fn wanted(&self, facts: &Facts) -> Vec<Wanted> {
        let actor = self.tenant.is_none().then(|| self.actor());
        let mut addresses: Vec<Address> = actor.into_iter().collect();
        for principal in self.listed {
            let address = self.studio.participant(principal);
            if !addresses.contains(&address) {
                addresses.push(address);
            }
        }
        addresses.into_iter().map(|address| (address.name.clone(), owner(&address, facts))).collect()
    }

    /// Those who are owners and need not be, whoever acts and whoever made the unit apart.
    async fn surplus(
        &self,
        client: &Client,
        domain: &str,
        unit: &str,
        actual: &BTreeSet<Owner>,
        facts: &Facts,
    ) -> Result<Vec<Owner>> {
        let wanted = self.wanted(facts);
        let actor = owner(&self.actor(), facts);
        let is_wanted = |known: &&Owner| {
            actor.as_ref() == Some(known) || wanted.iter().any(|(_, wanted)| wanted.as_ref() == Some(known))
        };
        let mut surplus: Vec<Owner> = actual.iter().filter(|known| !is_wanted(known)).cloned().collect();
        if !surplus.is_empty() {
            let request = client.get_domain_unit().domain_identifier(domain).identifier(unit);
            let creator = request.send().await.map_err(AwsError::from)?.created_by;
            surplus.retain(|known| Some(&known.id) != creator.as_ref());
        }
        Ok(surplus)
    }

    /// Adds an owner. Where nobody is left who may, the administrators of the account may take the place of one.
    async fn add(
        &self,
        client: &Client,
        domain: &str,
        unit: &str,
        new: &Owner,
        actual: &BTreeSet<Owner>,
    ) -> Result<()> {
        match add(client, domain, unit, new).await {
            Err(error) if error.class() == Class::Denied && self.tenant.is_none() => {
                let Some(current) = actual.iter().next() else { return Err(error.into()) };
                let request = client.update_root_domain_unit_owner().domain_identifier(domain);
                request.current_owner(&current.id).new_owner(&new.id).send().await.map_err(AwsError::from)?;
                Ok(add(client, domain, unit, current).await?)
            }
            outcome => Ok(outcome?),
        }
    }
}

impl Resource for Owners<'_> {
    fn address(&self) -> Address {
        self.studio.owners(self.tenant.unwrap_or(ROOT))
    }

    fn needs(&self) -> Vec<Address> {
        let mut needs = vec![self.unit().0, self.actor()];
        needs.extend(self.listed.iter().map(|principal| self.studio.participant(principal)));
        needs
    }

    fn reason(&self) -> String {
        match self.tenant {
            Some(tenant) => format!("they may do everything in the unit of {tenant}"),
            None => "they may do everything in the domain, and aiops acts as one of them".to_owned(),
        }
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let (holder, fact) = self.unit();
            let wanted = self.wanted(facts);
            if wanted.len() > MOST {
                let message = format!("{} owners are wanted, and a domain unit takes {MOST}", wanted.len());
                return Err(
                    Error::config(message).hint("put people into groups of IAM Identity Center, and name those")
                );
            }
            let place = facts.get(&self.studio.domain(), "id").zip(facts.get(&holder, fact));
            // Others may not look.
            let known = facts.get(&self.actor(), COUNTS);
            let (Some((domain, unit)), Some(_)) = (place, known) else {
                return Ok(if wanted.is_empty() { Found::Same } else { Found::Absent });
            };
            let client = self.studio.session(self.studio.governance()).await?.datazone();
            let actual = list(&client, &domain, &unit).await?;
            if self.tenant.is_none() && owner(&self.actor(), facts).is_some_and(|actor| actual.contains(&actor)) {
                facts.set(&self.address(), "entered", "yes");
            }
            let has = |(_, wanted): &Wanted| wanted.as_ref().is_some_and(|wanted| actual.contains(wanted));
            let missing: Vec<&Wanted> = wanted.iter().filter(|one| !has(one)).collect();
            let surplus = self.surplus(&client, &domain, &unit, &actual, facts).await?;
            let goes = !self.listed.is_empty() && facts.get(&holder, OURS).is_some();
            if missing.is_empty() && (surplus.is_empty() || !goes) {
                return Ok(match surplus.len() {
                    0 => Found::Same,
                    count => {
                        Found::Leftover(format!("{count} owners beside those that aiops.yaml lists are left alone"))
                    }
                });
            }
            let actor = (self.actor().name, owner(&self.actor(), facts));
            let named = |known: &Owner| {
                let mut names = wanted.iter().chain([&actor]).filter(|(_, one)| one.as_ref() == Some(known));
                names.next().map_or_else(|| known.id.clone(), |(name, _)| name.clone())
            };
            let before: BTreeSet<String> = actual.iter().map(named).collect();
            let stay = actual.iter().filter(|known| !goes || !surplus.contains(known)).map(named);
            let after: BTreeSet<String> = stay.chain(missing.iter().map(|(name, _)| name.clone())).collect();
            Ok(Found::Different(Difference::between("owners", before, after).into_iter().collect()))
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let (holder, fact) = self.unit();
            let (domain, unit) = (facts.need(&self.studio.domain(), "id")?, facts.need(&holder, fact)?);
            let client = self.studio.session(self.studio.governance()).await?.datazone();
            let actual = list(&client, &domain, &unit).await?;
            for (name, wanted) in self.wanted(facts) {
                let wanted = wanted.ok_or_else(|| Error::failed(format!("the profile of {name} is not known")))?;
                if !actual.contains(&wanted) {
                    self.add(&client, &domain, &unit, &wanted, &actual).await?;
                }
            }
            if !self.listed.is_empty() && facts.get(&holder, OURS).is_some() {
                for old in self.surplus(&client, &domain, &unit, &actual, facts).await? {
                    remove(&client, &domain, &unit, &old).await?;
                }
            }
            Ok(())
        }
        .boxed_local()
    }
}

fn owner(participant: &Address, facts: &Facts) -> Option<Owner> {
    Some(Owner { id: facts.get(participant, "id")?, group: participant.kind == GROUP_PROFILE })
}

/// The owners of a unit of the domain with this id.
pub(crate) async fn list(client: &Client, domain: &str, unit: &str) -> Result<BTreeSet<Owner>> {
    let request = client.list_entity_owners().domain_identifier(domain).entity_identifier(unit);
    let mut owners = request.entity_type(DataZoneEntityType::DomainUnit).into_paginator().items().send();
    let mut found = BTreeSet::new();
    while let Some(owner) = owners.next().await {
        match owner.map_err(AwsError::from)? {
            OwnerPropertiesOutput::Group(group) => {
                found.extend(group.group_id.map(|id| Owner { id, group: true }));
            }
            OwnerPropertiesOutput::User(user) => found.extend(user.user_id.map(|id| Owner { id, group: false })),
            _ => {}
        }
    }
    Ok(found)
}

fn properties(owner: &Owner) -> Option<OwnerProperties> {
    let id = &owner.id;
    match owner.group {
        true => OwnerGroupProperties::builder().group_identifier(id).build().ok().map(OwnerProperties::Group),
        false => OwnerUserProperties::builder().user_identifier(id).build().ok().map(OwnerProperties::User),
    }
}

async fn add(client: &Client, domain: &str, unit: &str, owner: &Owner) -> Result<(), AwsError> {
    let request = client
        .add_entity_owner()
        .domain_identifier(domain)
        .entity_type(DataZoneEntityType::DomainUnit)
        .entity_identifier(unit)
        .set_owner(properties(owner));
    match request.send().await.map_err(AwsError::from) {
        Err(error) if matches!(error.class(), Class::Conflict | Class::AlreadyExists) => Ok(()),
        outcome => outcome.map(drop),
    }
}

async fn remove(client: &Client, domain: &str, unit: &str, owner: &Owner) -> Result<(), AwsError> {
    let request = client
        .remove_entity_owner()
        .domain_identifier(domain)
        .entity_type(DataZoneEntityType::DomainUnit)
        .entity_identifier(unit)
        .set_owner(properties(owner));
    match request.send().await.map_err(AwsError::from) {
        Err(error) if error.class() == Class::NotFound => Ok(()),
        outcome => outcome.map(drop),
    }
}
