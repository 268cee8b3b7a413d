//! Everything that a plan of profiles is about: what is to be there, and what has to go.

use std::collections::{BTreeMap, BTreeSet};

use super::check::{self, Known as Valid};
use super::definitions::{self, Definition};
use super::grant::{self, Grant, MOST, Unit};
use super::ground::{Ground, Known};
use super::people::{People, Who};
use super::{NOT_IN_CONFIG, Wanted, instances, pool, resource};
use crate::config::domain::AccountPool;
use crate::domain::Studio;
use crate::error::{Error, Result};
use crate::nearest::nearest_name;
use crate::plan::{Address, Resource};

/// The profiles that the configuration means, and what there is of them.
pub struct Profiles<'w> {
    ground: Ground<'w>,
    wanted: Vec<Wanted>,
    people: People,
    tenant: Option<String>,
}

impl<'w> Profiles<'w> {
    /// Reads what there is, and checks what is asked for against it: for one tenant, or for all. Everything that is wrong
    /// with the configuration comes back as one error.
    pub async fn prepare(studio: Studio<'w>, tenant: Option<&str>) -> Result<Self> {
        let world = studio.world;
        let config = world.config;
        if let Some(name) = tenant {
            world.landscape.tenant(name)?;
        }
        let blueprints: Vec<String> = config.profiles.iter().flat_map(definitions::blueprints_of).collect();
        let ground = Ground::look(studio, &blueprints).await?;
        let people = People::of_config(&ground).await?;
        let definitions = checked(&ground, &people)?;
        let wanted = instances(&config.profiles, world.landscape).into_iter().map(|instance| {
            let own = definitions.get(instance.profile.name.as_str()).map(Vec::as_slice).unwrap_or_default();
            Wanted::new(&instance, own, &ground)
        });
        let wanted: Vec<Wanted> = wanted.collect::<Result<_>>()?;
        Ok(Profiles { ground, wanted, people, tenant: tenant.map(str::to_owned) })
    }

    /// Everything that is to be there, and what has to go: pools, profiles, grants, and the removals last.
    ///
    /// # Errors
    /// If a domain unit would need more grants than DataZone takes.
    pub async fn resources(&self) -> Result<Vec<Box<dyn Resource + '_>>> {
        let ground = &self.ground;
        let mut resources: Vec<Box<dyn Resource + '_>> = Vec::new();
        for wanted in self.pools() {
            resources.push(Box::new(pool::AccountPool { ground, wanted }));
        }
        for wanted in self.wanted.iter().filter(|wanted| self.is_in_scope(wanted)) {
            resources.push(Box::new(resource::ProjectProfile { ground, wanted }));
        }
        let grants = self.grants().await?;
        let granted: Vec<Address> = grants.iter().map(Resource::address).collect();
        for grant in grants {
            resources.push(Box::new(grant));
        }
        for known in self.unwanted() {
            let after = granted.clone();
            resources.push(Box::new(resource::Unwanted { ground, known, why: NOT_IN_CONFIG, after }));
        }
        if self.tenant.is_none() {
            let after: Vec<Address> = resources.iter().map(|resource| resource.address()).collect();
            let wanted: Vec<&AccountPool> = self.pools().collect();
            for known in pool::ours(ground).await? {
                if wanted.iter().all(|pool| pool.name.as_str() != known.name) {
                    let (others, after) = (self.others(), after.clone());
                    resources.push(Box::new(pool::Unwanted { ground, known, others, after }));
                }
            }
        }
        Ok(resources)
    }

    fn is_in_scope(&self, wanted: &Wanted) -> bool {
        self.tenant.as_ref().is_none_or(|tenant| *tenant == wanted.tenant)
    }

    /// Whether a plan for one tenant has nothing to say about a profile: it is another's.
    fn leaves_alone(&self, known: &Known) -> bool {
        let own = self.tenant.as_ref().map(|tenant| self.ground.units.get(tenant));
        own.is_some_and(|unit| unit != Some(&known.unit))
    }

    /// The account pools that are to be there: for a tenant, those that its profiles use.
    fn pools(&self) -> impl Iterator<Item = &'w AccountPool> {
        let used: BTreeSet<&str> =
            self.wanted.iter().filter(|wanted| self.is_in_scope(wanted)).flat_map(Wanted::pools).collect();
        let all = self.tenant.is_none();
        let pools = self.ground.studio.world.config.domain.account_pools.iter();
        pools.filter(move |pool| all || used.contains(pool.name.as_str()))
    }

    /// The profiles of ours that nothing in the configuration means.
    fn unwanted(&self) -> Vec<Known> {
        let mut unwanted = self.others();
        unwanted.retain(|known| known.is_ours && !self.leaves_alone(known));
        unwanted
    }

    /// The profiles that nothing in the configuration means, whoever made them.
    fn others(&self) -> Vec<Known> {
        let mut others = self.ground.profiles();
        others.retain(|known| self.wanted.iter().all(|wanted| wanted.name != known.name));
        others
    }

    /// The grants on the units in scope, and on the root unit, where those of all tenants are one list.
    async fn grants(&self) -> Result<Vec<Grant<'_, 'w>>> {
        let unit = |id: &str, includes_children| Unit {
            id: id.to_owned(),
            title: self.ground.title_of(id),
            includes_children,
        };
        let mut grants = Vec::new();
        for (tenant, id) in &self.ground.units {
            if self.tenant.as_ref().is_none_or(|own| own == tenant) {
                grants.extend(self.grants_on(unit(id, true), |wanted| wanted.tenant == *tenant).await?);
            }
        }
        grants.extend(self.grants_on(unit(&self.ground.root, false), |_| true).await?);
        Ok(grants)
    }

    async fn grants_on(&self, unit: Unit, holds: impl Fn(&Wanted) -> bool) -> Result<Vec<Grant<'_, 'w>>> {
        let mut planned: BTreeMap<Who, BTreeSet<String>> = BTreeMap::new();
        for wanted in self.wanted.iter().filter(|wanted| self.is_in_scope(wanted) && holds(wanted)) {
            for who in self.users_of(wanted) {
                planned.entry(who).or_default().insert(wanted.name.clone());
            }
        }
        let (there, unreadable) = grant::on(&self.ground, &unit.id).await?;
        let (ours, theirs): (Vec<_>, Vec<_>) = there.into_iter().partition(|granted| granted.is_ours(&self.ground));
        let mut profiles = planned.clone();
        for granted in ours {
            let known = granted.profiles.iter().filter_map(|id| self.ground.profile_by_id(id));
            let kept = known.filter(|known| self.leaves_alone(known)).map(|known| known.name);
            profiles.entry(granted.who).or_default().extend(kept);
        }
        let wanted = profiles.values().filter(|profiles| !profiles.is_empty()).count();
        room_for(&unit, wanted, theirs.len() + unreadable)?;
        let grants = profiles.into_iter().map(|(who, profiles)| Grant {
            ground: &self.ground,
            unit: unit.clone(),
            called: self.people.name(&who),
            planned: planned.remove(&who).unwrap_or_default(),
            who,
            profiles,
        });
        let mut grants: Vec<Grant<'_, 'w>> = grants.collect();
        // Those that go make room for those that come.
        grants.sort_by_key(|grant| !grant.profiles.is_empty());
        Ok(grants)
    }

    fn users_of(&self, wanted: &Wanted) -> Vec<Who> {
        match wanted.users.as_slice() {
            [] => vec![Who::Everyone],
            named => named.iter().filter_map(|user| self.people.who(user)).collect(),
        }
    }
}

/// The environments of each profile of the configuration, all of them valid.
fn checked<'w>(ground: &Ground<'w>, people: &People) -> Result<BTreeMap<&'w str, Vec<Definition>>> {
    let config = ground.studio.world.config;
    let enabled: Vec<&str> = config.domain.blueprints.iter().map(|name| name.as_str()).collect();
    let pools: Vec<&str> = config.domain.account_pools.iter().map(|pool| pool.name.as_str()).collect();
    let valid = Valid { blueprints: &ground.blueprints, enabled: &enabled, pools: &pools };
    let mut definitions = BTreeMap::new();
    let twice = pools.iter().enumerate().filter(|(index, pool)| pools[..*index].contains(pool));
    let mut mistakes: Vec<String> = twice.map(|(_, pool)| format!("two account pools are called {pool}")).collect();
    let mut strangers = 0;
    for profile in &config.profiles {
        let name = profile.name.as_str();
        let own = definitions::definitions(profile, &config.git, &ground.blueprints);
        mistakes.extend(check::check(name, &own, &valid));
        for user in profile.users.iter().filter(|user| people.who(user).is_none()) {
            mistakes.push(format!("profile {name}: {user} does not take part in the domain"));
            strangers += 1;
        }
        definitions.insert(name, own);
    }
    let count = match mistakes.len() {
        0 => return Ok(definitions),
        1 => "there is a mistake".to_owned(),
        many => format!("there are {many} mistakes"),
    };
    let lines: Vec<String> = mistakes.iter().map(|mistake| format!("  × {mistake}")).collect();
    let error = Error::config(format!("{count} in the profiles of aiops.yaml"));
    let error = error.report(lines.join("\n")).hint("nothing was changed");
    Err(match strangers {
        0 => error,
        _ => error.hint("`aiops domain apply` lets everybody take part whom aiops.yaml names"),
    })
}

/// Refuses more grants on a unit than DataZone takes, before the first of them is made.
fn room_for(unit: &Unit, wanted: usize, others: usize) -> Result<()> {
    if wanted + others <= MOST {
        return Ok(());
    }
    let besides = if others == 0 { String::new() } else { format!(", beside {others} grants that others made") };
    let message = format!(
        "{wanted} users and groups may create projects in {}{besides}, and DataZone takes {MOST} grants there",
        unit.title
    );
    Err(Error::config(message)
        .hint("nothing was changed")
        .hint("name groups in place of users: `users` of the profiles in aiops.yaml"))
}

/// One profile that is to be removed, whatever the configuration says of it.
pub struct Removal<'w> {
    ground: Ground<'w>,
    known: Known,
    people: People,
}

impl<'w> Removal<'w> {
    /// Finds the profile called `name`, which aiops must have made.
    pub async fn prepare(studio: Studio<'w>, name: &str) -> Result<Self> {
        let ground = Ground::look(studio, &[]).await?;
        let known = named(&ground, name)?;
        if !known.is_ours {
            return Err(Error::failed(format!("the profile {name} is not aiops's"))
                .hint("nothing was changed: aiops deletes only what it made"));
        }
        let people = People::of_config(&ground).await?;
        Ok(Removal { ground, known, people })
    }

    /// The grants that name it, without it, and its removal.
    pub async fn resources(&self) -> Result<Vec<Box<dyn Resource + '_>>> {
        let ground = &self.ground;
        let mut resources: Vec<Box<dyn Resource + '_>> = Vec::new();
        let mut units = vec![(self.known.unit.clone(), ground.title_of(&self.known.unit))];
        if self.known.unit != ground.root {
            units.push((ground.root.clone(), ground.title_of(&ground.root)));
        }
        for (id, title) in units {
            let (there, _) = grant::on(ground, &id).await?;
            let mut left: BTreeMap<(Who, bool), BTreeSet<String>> = BTreeMap::new();
            for granted in there.into_iter().filter(|granted| granted.profiles.contains(&self.known.id)) {
                let others = granted.profiles.iter().filter(|id| **id != self.known.id);
                let others = others.filter_map(|id| ground.profile_by_id(id)).map(|known| known.name);
                left.entry((granted.who, granted.includes_children)).or_default().extend(others);
            }
            for ((who, includes_children), profiles) in left {
                let unit = Unit { id: id.clone(), title: title.clone(), includes_children };
                let called = self.people.name(&who);
                resources.push(Box::new(Grant { ground, unit, who, called, profiles, planned: BTreeSet::new() }));
            }
        }
        let after = resources.iter().map(|resource| resource.address()).collect();
        let known = self.known.clone();
        resources.push(Box::new(resource::Unwanted { ground, known, why: "to be deleted", after }));
        Ok(resources)
    }
}

/// The profile of the domain that is called `name`.
pub(super) fn named(ground: &Ground<'_>, name: &str) -> Result<Known> {
    ground.profile(name).ok_or_else(|| {
        let profiles = ground.profiles();
        let names = profiles.iter().map(|known| known.name.as_str());
        let error = Error::failed(format!("the domain has no project profile {name:?}"));
        let error = match nearest_name(name, names) {
            Some(near) => error.hint(format!("did you mean {near:?}?")),
            None => error,
        };
        error.hint("`aiops profile list` shows all")
    })
}
