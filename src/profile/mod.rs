//! Project profiles: what projects are made of, for each tenant, stage and use case, and who may create them.
//!
//! A profile of `aiops.yaml` becomes one DataZone profile for each tenant and stage, called `<tenant> <profile> <stage>`.
//! By that name it is found again, so that a profile that is given another name in `aiops.yaml` is a new one, and the
//! old one is removed. Which are ours, their descriptions say.

mod blueprint;
mod check;
mod definitions;
mod desired;
pub(crate) mod discover;
mod grant;
pub(crate) mod ground;
mod people;
mod pool;
mod resource;
mod shape;
mod survey;

use std::collections::BTreeSet;

use crate::config::domain::{DeploymentMode, Profile, UseCase};
use crate::config::names::Principal;
use crate::domain::{Studio, marked};
use crate::error::Result;
use crate::governance::Stage;
use crate::landscape::{Landscape, Place, Tenant};
use crate::plan::{self, Facts, Plan};

pub use self::survey::{Listed, MayCreate, Shown, list, show};

use self::blueprint::Blueprints;
use self::definitions::Definition;
use self::desired::{Profiles, Removal};
use self::ground::Ground;
use self::shape::{Environment, Home, Setting, Shape};

/// Why something of ours has to go.
const NOT_IN_CONFIG: &str = "not in aiops.yaml any more";

/// What would have to be done, for one tenant or for all.
pub async fn plan(studio: &Studio<'_>, tenant: Option<&str>) -> Result<Plan> {
    let profiles = Profiles::prepare(*studio, tenant).await?;
    Ok(plan::look(&profiles.resources().await?, &Facts::default(), &studio.walk()).await)
}

/// Does it.
pub async fn apply(studio: &Studio<'_>, tenant: Option<&str>) -> Result<Plan> {
    let profiles = Profiles::prepare(*studio, tenant).await?;
    Ok(plan::apply(&profiles.resources().await?, &Facts::default(), &studio.walk()).await)
}

/// What it takes to delete the profile called `name`; with `acts`, it is done.
pub async fn delete(studio: &Studio<'_>, name: &str, acts: bool) -> Result<Plan> {
    let removal = Removal::prepare(*studio, name).await?;
    let (resources, facts) = (removal.resources().await?, Facts::default());
    Ok(match acts {
        true => plan::apply(&resources, &facts, &studio.walk()).await,
        false => plan::look(&resources, &facts, &studio.walk()).await,
    })
}

/// Whether the configuration means a profile called `name`.
pub fn is_in_config(studio: &Studio<'_>, name: &str) -> bool {
    let world = studio.world;
    instances(&world.config.profiles, world.landscape).iter().any(|instance| instance.name() == name)
}

/// A profile of the configuration for a tenant and a stage.
#[derive(Clone, Copy)]
struct Instance<'c> {
    tenant: &'c Tenant,
    stage: Stage,
    profile: &'c Profile,
}

impl Instance<'_> {
    fn name(&self) -> String {
        self.tenant.profile_name(self.profile.name.as_str(), self.stage)
    }

    /// The template that repositories of its projects begin with.
    fn template(&self) -> String {
        template(self.profile).to_owned()
    }

    fn home(&self) -> Home {
        let place = place_of_projects(self.tenant, self.profile, self.stage);
        Home::Fixed { account: place.account.to_string(), region: place.region.to_string() }
    }
}

/// Where projects of a profile are: data is produced in the accounts for data, where the tenant has them.
pub(crate) fn place_of_projects<'t>(tenant: &'t Tenant, profile: &Profile, stage: Stage) -> &'t Place {
    let data = tenant.data(stage).filter(|_| profile.use_case == UseCase::DataPipeline);
    data.unwrap_or_else(|| tenant.stage(stage))
}

/// Whether a tenant may use a profile.
pub(crate) fn is_for(profile: &Profile, tenant: &Tenant) -> bool {
    profile.tenants.as_ref().is_none_or(|names| names.iter().any(|name| name.as_str() == tenant.name))
}

/// The template that repositories of a profile's projects begin with.
pub(crate) fn template(profile: &Profile) -> &str {
    profile.template.as_deref().unwrap_or_else(|| profile.use_case.word())
}

/// Every profile that the configuration means, in its order.
fn instances<'c>(profiles: &'c [Profile], landscape: &'c Landscape) -> Vec<Instance<'c>> {
    let mut instances = Vec::new();
    for profile in profiles {
        for tenant in landscape.tenants().iter().filter(|tenant| is_for(profile, tenant)) {
            let stages =
                Stage::ALL.into_iter().filter(|stage| profile.stages.iter().any(|own| Stage::from(*own) == *stage));
            instances.extend(stages.map(|stage| Instance { tenant, stage, profile }));
        }
    }
    instances
}

/// A DataZone profile as it is to be.
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// The tenant whose it is.
    pub tenant: String,
    /// The stage in whose account its projects are.
    pub stage: Stage,
    /// What its projects do.
    pub use_case: UseCase,
    /// Who may create projects from it; nobody named means every user of the domain.
    pub users: Vec<Principal>,
    /// What it is like.
    pub shape: Shape,
}

impl Wanted {
    /// The account pools that its environments are given an account from.
    fn pools(&self) -> impl Iterator<Item = &str> {
        let pools = self.shape.environments.values().filter_map(|environment| match &environment.home {
            Home::Pools { account_pools } => Some(account_pools),
            Home::Fixed { .. } => None,
        });
        pools.flatten().map(String::as_str)
    }

    fn new(instance: &Instance<'_>, definitions: &[Definition], ground: &Ground<'_>) -> Result<Self> {
        let Instance { tenant, stage, profile } = *instance;
        Ok(Wanted {
            name: instance.name(),
            tenant: tenant.name.clone(),
            stage,
            use_case: profile.use_case,
            users: profile.users.clone(),
            shape: shape(profile, definitions, &ground.blueprints, ground.unit(&tenant.name)?, &instance.home()),
        })
    }
}

/// What a profile is to be like in a unit, with the account of tenant and stage as `home`.
fn shape(profile: &Profile, definitions: &[Definition], blueprints: &Blueprints, unit: &str, home: &Home) -> Shape {
    let environments = definitions.iter().filter_map(|definition| {
        let blueprint = definition.blueprint.clone()?;
        let is_base = check::is_base(definition, blueprints);
        Some((definition.name.clone(), environment(definition, blueprint, is_base, home.clone())))
    });
    let description = profile.description.as_deref().unwrap_or(definitions::purpose(profile.use_case));
    Shape {
        description: Some(marked(Some(description))),
        status: if profile.enabled { "ENABLED" } else { "DISABLED" }.to_owned(),
        unit: unit.to_owned(),
        environments: environments.collect(),
        ..Shape::default()
    }
}

/// An environment as it is to be. What all others stand on comes first, what else is made with a project after it.
fn environment(definition: &Definition, blueprint: String, is_base: bool, home: Home) -> Environment {
    let (mode, order) = match definition.mode {
        DeploymentMode::OnCreate if is_base => ("ON_CREATE", Some(0)),
        DeploymentMode::OnCreate => ("ON_CREATE", Some(1)),
        DeploymentMode::OnDemand => ("ON_DEMAND", None),
    };
    let pools: BTreeSet<String> = definition.account_pools.iter().cloned().collect();
    let parameters = definition
        .parameters
        .iter()
        .map(|(name, value)| (name.clone(), Setting { value: value.text.clone(), editable: Some(value.editable) }));
    Environment {
        blueprint,
        description: None,
        mode: mode.to_owned(),
        order,
        home: if pools.is_empty() { home } else { Home::Pools { account_pools: pools } },
        parameters: parameters.collect(),
        ssm_path: None,
    }
}
