//! What is there that profiles stand on: the domain, its units, blueprints and account pools, and the profiles
//! themselves. Read once, and read again where somebody else may have been faster.

use std::cell::RefCell;
use std::collections::BTreeMap;

use aws_sdk_datazone::Client;
use aws_sdk_datazone::operation::get_project_profile::GetProjectProfileOutput;
use aws_sdk_datazone::types::{ManagedPolicyType, PolicyGrantMember, TargetEntityType};
use tokio::sync::OnceCell;

use super::blueprint::{Blueprint, Blueprints, Parameter};
use super::shape::Names;
use crate::aws::Session;
use crate::aws::error::{AwsError, Class};
use crate::domain::survey::{self, Domain};
use crate::domain::{Studio, is_ours};
use crate::error::{Error, Result};

/// What to do where the domain is not as it has to be.
pub(crate) const APPLY_THE_DOMAIN: &str =
    "make it first: `aiops domain apply`; `aiops domain plan` shows what is missing";

/// What profiles stand on.
pub struct Ground<'w> {
    /// Where everything is.
    pub studio: Studio<'w>,
    /// DataZone in the governance account, as the administrator.
    pub client: Client,
    /// Id of the domain.
    pub domain: String,
    /// Id of its root unit.
    pub root: String,
    session: Session,
    found: Domain,
    /// Ids of the tenants' units, by tenant.
    pub units: BTreeMap<String, String>,
    /// All blueprints.
    pub blueprints: Blueprints,
    pools: RefCell<Vec<Known>>,
    profiles: RefCell<Vec<Known>>,
    projects: OnceCell<BTreeMap<String, usize>>,
}

/// A profile or a pool as a list tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its id.
    pub id: String,
    /// Its name, unique among its kind in the domain.
    pub name: String,
    /// Whether aiops made it. Lists of pools do not say.
    pub is_ours: bool,
    /// Id of the unit that it belongs to.
    pub unit: String,
}

impl<'w> Ground<'w> {
    /// Reads it. `needed` are the blueprints of which everything is to be known.
    pub async fn look(studio: Studio<'w>, needed: &[String]) -> Result<Self> {
        let session = studio.session(studio.governance()).await?;
        let client = session.datazone();
        let found = find_domain(&studio, &session).await?;
        let mut ground = Ground {
            units: find_units(&studio, &client, &found).await?,
            blueprints: find_blueprints(&client, &found.id, needed).await?,
            studio,
            client,
            domain: found.id.clone(),
            root: found.root_unit.clone(),
            session,
            found,
            pools: RefCell::default(),
            profiles: RefCell::default(),
            projects: OnceCell::new(),
        };
        *ground.pools.get_mut() = ground.list_pools().await?;
        *ground.profiles.get_mut() = ground.list_profiles().await?;
        Ok(ground)
    }

    /// Id of the unit of a tenant.
    pub fn unit(&self, tenant: &str) -> Result<&str> {
        self.units
            .get(tenant)
            .map(String::as_str)
            .ok_or_else(|| Error::failed(format!("the domain has no unit for tenant {tenant}")).hint(APPLY_THE_DOMAIN))
    }

    /// The tenant whose unit this is.
    pub fn tenant_of(&self, unit: &str) -> Option<&str> {
        self.units.iter().find(|(_, id)| *id == unit).map(|(tenant, _)| tenant.as_str())
    }

    /// What people call a domain unit.
    pub fn title_of(&self, unit: &str) -> String {
        match self.tenant_of(unit) {
            Some(tenant) => format!("unit {tenant}"),
            None if unit == self.root => "the root unit".to_owned(),
            None => format!("unit {unit}"),
        }
    }

    /// All profiles of the domain.
    pub fn profiles(&self) -> Vec<Known> {
        self.profiles.borrow().clone()
    }

    /// All account pools of the domain.
    pub fn pools(&self) -> Vec<Known> {
        self.pools.borrow().clone()
    }

    /// The profile called `name`.
    pub fn profile(&self, name: &str) -> Option<Known> {
        self.profiles.borrow().iter().find(|known| known.name == name).cloned()
    }

    /// The profile with this id.
    pub fn profile_by_id(&self, id: &str) -> Option<Known> {
        self.profiles.borrow().iter().find(|known| known.id == id).cloned()
    }

    /// The account pool called `name`.
    pub fn pool_called(&self, name: &str) -> Option<Known> {
        self.pools.borrow().iter().find(|known| known.name == name).cloned()
    }

    /// Lists the profiles again.
    pub async fn refresh_profiles(&self) -> Result<()> {
        let profiles = self.list_profiles().await?;
        *self.profiles.borrow_mut() = profiles;
        Ok(())
    }

    /// Lists the account pools again.
    pub async fn refresh_pools(&self) -> Result<()> {
        let pools = self.list_pools().await?;
        *self.pools.borrow_mut() = pools;
        Ok(())
    }

    /// Remembers a profile that was made.
    pub fn add_profile(&self, known: Known) {
        self.profiles.borrow_mut().push(known);
    }

    /// Remembers an account pool that was made.
    pub fn add_pool(&self, known: Known) {
        self.pools.borrow_mut().push(known);
    }

    /// Everything about the profile with this id; nothing if it is gone.
    pub async fn describe(&self, id: &str) -> Result<Option<GetProjectProfileOutput>> {
        let asked = self.client.get_project_profile().domain_identifier(&self.domain).identifier(id).send().await;
        match asked.map_err(AwsError::from) {
            Ok(profile) => Ok(Some(profile)),
            Err(error) if error.class() == Class::NotFound => {
                self.profiles.borrow_mut().retain(|known| known.id != id);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// How many projects were made from the profile with this id. Lists of projects do not say, so all are asked, once.
    pub async fn projects_of(&self, id: &str) -> Result<usize> {
        let counts = self.projects.get_or_try_init(|| self.count_projects()).await?;
        Ok(counts.get(id).copied().unwrap_or_default())
    }

    async fn count_projects(&self) -> Result<BTreeMap<String, usize>> {
        let mut counts = BTreeMap::new();
        for project in survey::projects(&self.session, &self.found).await? {
            let asked = self.client.get_project().domain_identifier(&self.domain).identifier(project.id());
            match asked.send().await.map_err(AwsError::from) {
                Ok(project) => {
                    let profile = project.project_profile_id().unwrap_or_default();
                    *counts.entry(profile.to_owned()).or_default() += 1;
                }
                // Deleted meanwhile.
                Err(error) if error.class() == Class::NotFound => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(counts)
    }

    /// All grants on a domain unit that let somebody create projects from profiles.
    pub async fn grants(&self, unit: &str) -> Result<Vec<PolicyGrantMember>> {
        let policy = ManagedPolicyType::CreateProjectFromProjectProfile;
        survey::grants(&self.session, &self.found, (TargetEntityType::DomainUnit, unit), policy).await
    }

    async fn list_profiles(&self) -> Result<Vec<Known>> {
        let profiles = survey::profiles(&self.session, &self.found).await?;
        let known = profiles.iter().map(|profile| Known {
            id: profile.id().to_owned(),
            name: profile.name().to_owned(),
            is_ours: is_ours(profile.description()),
            unit: profile.domain_unit_id().unwrap_or_default().to_owned(),
        });
        Ok(known.collect())
    }

    async fn list_pools(&self) -> Result<Vec<Known>> {
        list_pools(&self.client, &self.domain).await
    }
}

/// All account pools of a domain.
pub(super) async fn list_pools(client: &Client, domain: &str) -> Result<Vec<Known>> {
    let mut pages = client.list_account_pools().domain_identifier(domain).max_results(50).into_paginator().send();
    let mut pools = Vec::new();
    while let Some(page) = pages.next().await {
        pools.extend(page.map_err(AwsError::from)?.items().iter().filter_map(|pool| {
            let unit = pool.domain_unit_id().unwrap_or_default().to_owned();
            Some(Known { id: pool.id()?.to_owned(), name: pool.name()?.to_owned(), is_ours: false, unit })
        }));
    }
    Ok(pools)
}

impl Names for Ground<'_> {
    fn blueprint(&self, id: &str) -> String {
        let found = self.blueprints.iter().find(|(_, blueprint)| blueprint.id == id);
        found.map_or(id, |(name, _)| name).to_owned()
    }

    fn pool(&self, id: &str) -> String {
        let pools = self.pools.borrow();
        pools.iter().find(|known| known.id == id).map_or(id, |known| &known.name).to_owned()
    }
}

/// The domain of the configuration, once it is available.
pub(crate) async fn find_domain(studio: &Studio<'_>, session: &Session) -> Result<Domain> {
    let name = studio.world.config.domain.name.as_str();
    let mut found = survey::domains(session, name).await?;
    found.retain(|domain| !matches!(domain.status.as_str(), "DELETED" | "DELETING"));
    let Some(domain) = found.into_iter().next() else {
        return Err(
            Error::failed(format!("there is no domain {name} in account {}", session.account)).hint(APPLY_THE_DOMAIN)
        );
    };
    if domain.status != "AVAILABLE" {
        return Err(Error::failed(format!("the domain {name} is not available but {}", domain.status))
            .hint("wait for it, or see what is wrong: `aiops domain show`"));
    }
    Ok(domain)
}

/// Ids of the tenants' units, as far as they are there.
pub(crate) async fn find_units(
    studio: &Studio<'_>,
    client: &Client,
    domain: &Domain,
) -> Result<BTreeMap<String, String>> {
    let list = client.list_domain_units_for_parent().domain_identifier(&domain.id);
    let list = list.parent_domain_unit_identifier(&domain.root_unit);
    let mut pages = list.max_results(25).into_paginator().send();
    let mut units = BTreeMap::new();
    while let Some(page) = pages.next().await {
        for unit in page.map_err(AwsError::from)?.items() {
            if studio.world.landscape.tenants().iter().any(|tenant| tenant.name == unit.name()) {
                units.insert(unit.name().to_owned(), unit.id().to_owned());
            }
        }
    }
    Ok(units)
}

/// All blueprints that AWS manages, with the parameters of those that are needed.
pub(super) async fn find_blueprints(client: &Client, domain: &str, needed: &[String]) -> Result<Blueprints> {
    let list = client.list_environment_blueprints().domain_identifier(domain).managed(true).max_results(50);
    let mut pages = list.into_paginator().send();
    let mut blueprints = Blueprints::new();
    while let Some(page) = pages.next().await {
        for known in page.map_err(AwsError::from)?.items() {
            blueprints.insert(known.name().to_owned(), Blueprint::new(known.id(), known.blueprint_category()));
        }
    }
    for (_, blueprint) in blueprints.iter_mut().filter(|(name, _)| needed.contains(name)) {
        let asked = client.get_environment_blueprint().domain_identifier(domain).identifier(&blueprint.id);
        let told = asked.send().await.map_err(AwsError::from)?;
        blueprint.parameters = told.user_parameters().iter().map(Parameter::from).collect();
    }
    Ok(blueprints)
}
