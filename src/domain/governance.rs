//! What is in the governance account: the domain's roles, the domain, who takes part, units, owners, and who may be a
//! member of projects.

use std::rc::Rc;

use super::Studio;
use aws_sdk_datazone::types::DomainStatus;

use super::datazone::{self, Domain};
use super::directory::Directory;
use super::grant::{Grants, Holder};
use super::owner::Owners;
use super::participant::{Participant, Who};
use super::role::Role;
use super::unit::{Retired, Unit};
use crate::error::Result;
use crate::plan::Resource;

/// Everything in the governance account, each after what it needs. Asks who acts, and which units there are that no
/// tenant needs any more.
pub(super) async fn resources<'w>(studio: Studio<'w>) -> Result<Vec<Box<dyn Resource + 'w>>> {
    let session = studio.session(studio.governance()).await?;
    let actor = Who::acting(&session).await?;
    let directory = Rc::new(Directory::new(studio));
    let mut all: Vec<Box<dyn Resource + 'w>> = Vec::new();

    let (execution, service) = (Role::domain_execution(studio), Role::domain_service(studio));
    let addresses = (execution.address(), service.address());
    all.push(Box::new(execution));
    if addresses.0 != addresses.1 {
        all.push(Box::new(service));
    }
    all.push(Box::new(Domain::new(studio, directory.clone(), addresses.0, addresses.1)));

    all.extend(participants(studio, &directory, &actor));
    all.push(Box::new(Owners::of_root(studio, actor.clone())));

    let tenants = &studio.world.config.tenants;
    for tenant in tenants {
        all.push(Box::new(Unit::new(studio, tenant)));
        all.push(Box::new(Owners::of_tenant(studio, tenant, actor.clone())));
    }
    all.extend(member_pools(studio));

    let client = session.datazone();
    if let [domain] = datazone::named(&client, studio).await?.as_slice()
        && domain.status == DomainStatus::Available
        && let Some(root) = domain.root_domain_unit_id()
    {
        for unit in Retired::all(studio, &client, domain.id(), root).await? {
            all.push(Box::new(unit));
        }
    }
    Ok(all)
}

/// Everybody whom the configuration names, once, and whoever acts.
fn participants<'w>(
    studio: Studio<'w>,
    directory: &Rc<Directory<'w>>,
    actor: &Who,
) -> impl Iterator<Item = Box<dyn Resource + 'w>> {
    let config = studio.world.config;
    let mut named: Vec<(Who, String)> = vec![(actor.clone(), "aiops acts as it".to_owned())];
    let owners = config.domain.owners.iter().map(|owner| (owner, "owns the domain".to_owned()));
    let tenants = config.tenants.iter().flat_map(|tenant| {
        let owners = tenant.owners.iter().map(|owner| (owner, format!("owns the unit of {}", tenant.name)));
        owners.chain(tenant.members.iter().map(|member| (member, format!("may be a member of {}", tenant.name))))
    });
    let profiles = config.profiles.iter().flat_map(|profile| {
        profile.users.iter().map(|user| (user, format!("may create projects from {}", profile.name)))
    });
    for (principal, reason) in owners.chain(tenants).chain(profiles) {
        let who = Who::named(principal);
        if !named.iter().any(|(known, _)| *known == who) {
            named.push((who, reason));
        }
    }
    let directory = directory.clone();
    named.into_iter().map(move |(who, reason)| {
        Box::new(Participant::new(studio, directory.clone(), who, reason)) as Box<dyn Resource + 'w>
    })
}

/// Who may be a member of projects. A grant of the root unit that included the units below would undo what a tenant
/// narrows, so it includes them only where none does.
fn member_pools<'w>(studio: Studio<'w>) -> impl Iterator<Item = Box<dyn Resource + 'w>> {
    let tenants = &studio.world.config.tenants;
    let all_open = tenants.iter().all(|tenant| tenant.members.is_empty());
    let root = Grants::members(studio, None, vec![Holder::Everybody], all_open);
    let units = tenants.iter().map(move |tenant| {
        let holders = match tenant.members.as_slice() {
            [] => vec![Holder::Everybody],
            members => members.iter().map(|member| Holder::Participant(studio.participant(member))).collect(),
        };
        Grants::members(studio, Some(tenant.name.as_str()), holders, true)
    });
    [root].into_iter().chain(units).map(|grants| Box::new(grants) as Box<dyn Resource + 'w>)
}
