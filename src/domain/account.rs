//! The accounts that projects live in: what each needs before the first project can be created there.

use std::rc::Rc;

use aws_sdk_datazone::types::DomainStatus;

use super::association::{self, Association, Turn};
use super::blueprint::{self, Blueprint, Catalog, Roles, TOOLING};
use super::bucket::Bucket;
use super::grant::Grants;
use super::role::Role;
use super::sharing::OrganizationSharing;
use super::{ROOT, Studio, datazone};
use crate::aws::fanout;
use crate::error::{Error, Result};
use crate::governance::Stage;
use crate::landscape::ProjectAccount;
use crate::plan::{Address, Resource};

/// Things of a plan.
pub type Resources<'w> = Vec<Box<dyn Resource + 'w>>;

/// An account that projects live in, with all of its Regions.
struct Account {
    /// What does not depend on the Region. It stands where the domain is: there DataZone is asked for the account.
    whole: ProjectAccount,
    /// The account in each Region in which projects are.
    regions: Vec<ProjectAccount>,
}

/// Every account that projects live in, in the order of the configuration.
fn accounts(studio: Studio<'_>) -> Vec<Account> {
    let mut accounts: Vec<Account> = Vec::new();
    for region in studio.world.landscape.project_accounts() {
        let known = accounts.iter_mut().find(|known| known.whole.place.account == region.place.account);
        match known {
            Some(known) => known.add(region),
            None => {
                let mut whole = region.clone();
                whole.place.region.clone_from(&studio.governance().region);
                accounts.push(Account { whole, regions: vec![region] });
            }
        }
    }
    accounts
}

impl Account {
    fn add(&mut self, region: ProjectAccount) {
        let (own, others) = (&mut self.whole.roles, region.roles.clone());
        own.manage_access = own.manage_access.take().or(others.manage_access);
        own.provisioning = own.provisioning.take().or(others.provisioning);
        own.query_execution = own.query_execution.take().or(others.query_execution);
        for tenant in &region.tenants {
            if !self.whole.tenants.contains(tenant) {
                self.whole.tenants.push(tenant.clone());
            }
        }
        self.regions.push(region);
    }

    /// Roles, buckets, blueprints one after the other, and who may use them.
    fn resources<'w>(&self, studio: Studio<'w>, catalog: &Rc<Catalog>) -> Resources<'w> {
        let roles =
            [Role::manage_access, Role::provisioning, Role::query_execution].map(|role| role(studio, &self.whole));
        let [manage_access, provisioning, query_execution] = [0, 1, 2].map(|index| roles[index].address());
        let buckets: Vec<Bucket<'w>> =
            self.regions.iter().map(|region| Bucket::of_projects(studio, &region.place, &region.bucket)).collect();
        let place = &self.whole.place;
        let sight = if place.account == studio.governance().account {
            studio.domain()
        } else {
            studio.association(&place.account)
        };
        let base: Vec<Address> =
            [studio.owners(ROOT), sight].into_iter().chain(roles.iter().map(|role| role.address())).collect();
        let filled: Vec<Address> = buckets.iter().map(|bucket| bucket.address()).collect();
        let mut resources: Resources<'w> = Vec::new();
        resources.extend(roles.into_iter().map(|role| Box::new(role) as Box<dyn Resource>));
        resources.extend(buckets.into_iter().map(|bucket| Box::new(bucket) as Box<dyn Resource>));
        for name in &studio.world.config.domain.blueprints {
            let configured = Blueprint {
                studio,
                catalog: catalog.clone(),
                place: place.clone(),
                name: name.to_string(),
                regions: self.regions.clone(),
                roles: Roles {
                    manage_access: manage_access.clone(),
                    provisioning: provisioning.clone(),
                    query_execution: query_execution.clone(),
                },
                needs: match blueprint::is_told(name.as_str()) {
                    true => [base.as_slice(), &filled].concat(),
                    false => base.clone(),
                },
            };
            let tenants = self.whole.tenants.iter().map(String::as_str);
            let grants = Grants::environments(studio, &self.whole, name.as_str(), configured.address(), tenants);
            resources.push(Box::new(configured));
            resources.push(Box::new(grants));
        }
        resources
    }
}

/// What all accounts need. It comes after the domain, its units and their owners.
pub fn resources(studio: Studio<'_>) -> Resources<'_> {
    let (accounts, catalog) = (accounts(studio), Rc::new(Catalog::default()));
    let mut resources: Resources<'_> = Vec::new();
    resources.extend(OrganizationSharing::wanted(studio).map(|sharing| Box::new(sharing) as Box<dyn Resource>));
    let turn = Turn::default();
    let associations = accounts.iter().filter_map(|account| Association::new(studio, &account.whole.place, &turn));
    resources.extend(associations.map(|association| Box::new(association) as Box<dyn Resource>));
    resources.extend(accounts.iter().flat_map(|account| account.resources(studio, &catalog)));
    resources
}

/// What was made for accounts and blueprints that the configuration names no more, or that others made there. Accounts
/// that do not answer are left out: the plan tells of them anyway.
pub async fn strays<'w>(studio: Studio<'w>) -> Result<Resources<'w>> {
    let mut strays: Resources<'w> = Vec::new();
    let client = studio.session(studio.governance()).await?.datazone();
    if let [domain] = datazone::named(&client, studio).await?.as_slice()
        && domain.status == DomainStatus::Available
    {
        let (settings, clock) = (&studio.world.config.concurrency, studio.world.clock);
        let (accounts, catalog) = (accounts(studio), Catalog::default());
        let found = fanout::each(&accounts, settings.accounts, settings.account_timeout, clock, async |account| {
            blueprint::strays(studio, &catalog, domain.id(), &account.whole.place).await
        });
        let found = found.await.into_iter().filter_map(Result::ok).flatten();
        strays.extend(found.map(|stray| Box::new(stray) as Box<dyn Resource>));
    }
    let associations = association::strays(studio).await?;
    strays.extend(associations.into_iter().map(|stray| Box::new(stray) as Box<dyn Resource>));
    Ok(strays)
}

/// Refuses what can be known to fail before anything is asked: a blueprint that cannot do without a network, in an account
/// that has none.
pub fn check(studio: Studio<'_>) -> Result<()> {
    let config = studio.world.config;
    if !config.domain.blueprints.iter().any(|name| name.as_str() == TOOLING) {
        return Ok(());
    }
    let without: Vec<ProjectAccount> =
        accounts(studio).into_iter().flat_map(|account| account.regions).filter(|one| one.network.is_none()).collect();
    let Some(first) = without.first() else { return Ok(()) };
    let more = match without.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let place = &first.place;
    let message =
        format!("{TOOLING} needs a network, and account {} has none in {}{more}", place.account, place.region);
    let keys = without.iter().filter_map(|account| network_key(studio, account));
    Err(keys.fold(Error::config(message), |error, key| {
        error.hint(format!("write in aiops.yaml: `{key}: {{ vpc: vpc-…, subnets: [subnet-…] }}`"))
    }))
}

/// The key of `aiops.yaml` that gives an account its network.
fn network_key(studio: Studio<'_>, account: &ProjectAccount) -> Option<String> {
    let is_there = |place: &crate::landscape::Place| {
        (&place.account, &place.region) == (&account.place.account, &account.place.region)
    };
    studio.world.landscape.tenants().iter().enumerate().find_map(|(index, tenant)| {
        let key = |set: &str, stage: Stage| format!("tenants[{index}].{set}.{}.network", stage.word());
        let stages =
            Stage::ALL.into_iter().find(|stage| is_there(tenant.stage(*stage))).map(|stage| key("stages", stage));
        let data = || Stage::ALL.into_iter().find(|stage| tenant.data(*stage).is_some_and(is_there));
        stages.or_else(|| data().map(|stage| key("data", stage)))
    })
}
