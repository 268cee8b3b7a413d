//! What profiles there are, and who may use them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::desired::named;
use super::grant;
use super::ground::{Ground, Known};
use super::people::{People, Who};
use super::shape::{Environment, Home, Shape};
use super::{Instance, instances};
use crate::domain::Studio;
use crate::error::Result;

/// A profile: one that is there, or one that the configuration means.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Listed {
    /// Its name in DataZone.
    pub name: String,
    /// Its id; nothing if it is not there.
    pub id: Option<String>,
    /// The tenant whose unit it is in.
    pub tenant: Option<String>,
    /// The stage in whose account its projects are; nothing if the configuration does not mean it.
    pub stage: Option<&'static str>,
    /// Its name in the configuration.
    pub profile: Option<String>,
    /// What its projects do.
    pub use_case: Option<&'static str>,
    /// What their repositories begin with.
    pub template: Option<String>,
    /// `enabled`, `disabled`, or `missing`.
    pub status: String,
    /// The accounts that its environments are made in; pools by name.
    pub accounts: Vec<String>,
    /// Names of its environments, in the order in which they are made.
    pub environments: Vec<String>,
    /// Whether aiops made it.
    pub managed: bool,
}

/// Everything about one profile.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// As a list tells of it.
    #[serde(flatten)]
    pub listed: Listed,
    /// What it is for.
    pub description: Option<String>,
    /// Its environments, by name.
    pub details: BTreeMap<String, Environment>,
    /// Who may create projects from it.
    pub may_create: Vec<MayCreate>,
}

/// Somebody who was granted to create projects from a profile.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MayCreate {
    /// Who, as the configuration would call them, or by id.
    pub who: String,
    /// The units where they were.
    pub units: Vec<String>,
    /// Whether that is everywhere where it has to be: in the profile's unit and in the root unit.
    pub effective: bool,
}

/// All profiles: those of the configuration in its order, then others. For one tenant, or for all.
pub async fn list(studio: &Studio<'_>, tenant: Option<&str>) -> Result<Vec<Listed>> {
    let world = studio.world;
    if let Some(name) = tenant {
        world.landscape.tenant(name)?;
    }
    let ground = Ground::look(*studio, &[]).await?;
    let instances = instances(&world.config.profiles, world.landscape);
    let mut listed = Vec::new();
    for instance in &instances {
        listed.push(match ground.profile(&instance.name()) {
            Some(known) => described(&ground, &known, Some(instance)).await?,
            None => Some((missing(instance), Shape::default())),
        });
    }
    for known in ground.profiles() {
        if instances.iter().all(|instance| instance.name() != known.name) {
            listed.push(described(&ground, &known, None).await?);
        }
    }
    let listed = listed.into_iter().flatten().map(|(listed, _)| listed);
    Ok(listed.filter(|known| tenant.is_none() || known.tenant.as_deref() == tenant).collect())
}

/// Everything about the profile called `name`.
pub async fn show(studio: &Studio<'_>, name: &str) -> Result<Shown> {
    let world = studio.world;
    let ground = Ground::look(*studio, &[]).await?;
    let known = named(&ground, name)?;
    let instances = instances(&world.config.profiles, world.landscape);
    let instance = instances.iter().find(|instance| instance.name() == name);
    let Some((listed, shape)) = described(&ground, &known, instance).await? else {
        // Deleted meanwhile.
        return Err(named(&ground, name).err().unwrap_or_else(|| crate::error::Error::failed("the profile is gone")));
    };
    let people = People::of_config(&ground).await?;
    let may_create = may_create(&ground, &known, &people).await?;
    Ok(Shown { listed, description: shape.description, details: shape.environments, may_create })
}

fn missing(instance: &Instance<'_>) -> Listed {
    Listed {
        name: instance.name(),
        id: None,
        tenant: Some(instance.tenant.name.clone()),
        stage: Some(instance.stage.word()),
        profile: Some(instance.profile.name.to_string()),
        use_case: Some(instance.profile.use_case.word()),
        template: Some(instance.template()),
        status: "missing".to_owned(),
        accounts: Vec::new(),
        environments: Vec::new(),
        managed: true,
    }
}

/// A profile that is there, unless it was deleted meanwhile.
async fn described(
    ground: &Ground<'_>,
    known: &Known,
    instance: Option<&Instance<'_>>,
) -> Result<Option<(Listed, Shape)>> {
    let Some(actual) = ground.describe(&known.id).await? else { return Ok(None) };
    let shape = Shape::of(&actual, ground);
    let mut accounts: Vec<String> = Vec::new();
    for environment in shape.environments.values() {
        let homes = match &environment.home {
            Home::Fixed { account, .. } => vec![account.clone()],
            Home::Pools { account_pools } => account_pools.iter().map(|pool| format!("pool {pool}")).collect(),
        };
        accounts.extend(homes);
    }
    accounts.sort();
    accounts.dedup();
    let mut environments: Vec<(&String, &Environment)> = shape.environments.iter().collect();
    environments.sort_by_key(|(_, environment)| environment.order.unwrap_or(i32::MAX));
    let listed = Listed {
        id: Some(known.id.clone()),
        name: known.name.clone(),
        tenant: ground.tenant_of(&known.unit).map(str::to_owned),
        status: shape.status.to_lowercase(),
        accounts,
        environments: environments.into_iter().map(|(name, _)| name.clone()).collect(),
        managed: known.is_ours,
        stage: instance.map(|instance| instance.stage.word()),
        profile: instance.map(|instance| instance.profile.name.to_string()),
        use_case: instance.map(|instance| instance.profile.use_case.word()),
        template: instance.map(Instance::template),
    };
    Ok(Some((listed, shape)))
}

/// Who was granted to create projects from a profile.
async fn may_create(ground: &Ground<'_>, known: &Known, people: &People) -> Result<Vec<MayCreate>> {
    let mut units = vec![known.unit.as_str(), ground.root.as_str()];
    units.dedup();
    let mut granted: BTreeMap<Who, Vec<String>> = BTreeMap::new();
    let mut everywhere: Vec<Who> = Vec::new();
    for unit in &units {
        for grant in grant::on(ground, unit).await?.0 {
            if !grant.profiles.contains(&known.id) {
                continue;
            }
            // What the root unit grants for the units below as well needs no grant there.
            if *unit == ground.root && grant.includes_children {
                everywhere.push(grant.who.clone());
            }
            let title = ground.title_of(unit);
            let titles = granted.entry(grant.who).or_default();
            if !titles.contains(&title) {
                titles.push(title);
            }
        }
    }
    let tell = |(who, titles): (Who, Vec<String>)| MayCreate {
        who: people.name(&who),
        effective: titles.len() == units.len() || everywhere.contains(&who),
        units: titles,
    };
    Ok(granted.into_iter().map(tell).collect())
}
