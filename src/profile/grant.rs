//! The grants that let somebody create projects from profiles.
//!
//! A grant on a unit does not say for which profile it is one of many: it carries a list. So there is one grant for each
//! unit and each user or group, with all profiles that they may use there: a unit has at most 20 grants of a kind. The
//! policies of a tree are intersected, so the root unit needs the same grants; those there do not hold for units below
//! by themselves, or one tenant's users could use another's profiles.

use std::collections::BTreeSet;

use aws_sdk_datazone::types::{
    CreateProjectFromProjectProfilePolicyGrantDetail, ManagedPolicyType, PolicyGrantDetail, PolicyGrantMember,
    TargetEntityType,
};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::ground::Ground;
use super::people::Who;
use super::resource;
use crate::aws::error::{AwsError, Class};
use crate::error::{Error, Result};
use crate::plan::{Address, Difference, Facts, Found, Resource};

/// The most grants of one kind on a domain unit.
pub const MOST: usize = 20;

/// A domain unit, for grants.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// Whether its grants hold in the units below as well.
    pub includes_children: bool,
}

/// A grant as AWS has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Its id.
    pub id: Option<String>,
    /// Who has it.
    pub who: Who,
    /// Ids of the profiles.
    pub profiles: BTreeSet<String>,
    /// Whether it holds in the units below.
    pub includes_children: bool,
}

impl Granted {
    /// What AWS tells of a grant; nothing if it is none of this kind.
    pub fn of(member: &PolicyGrantMember) -> Option<Self> {
        let Some(PolicyGrantDetail::CreateProjectFromProjectProfile(detail)) = member.detail() else { return None };
        Some(Granted {
            id: member.grant_id().map(str::to_owned),
            who: Who::of(member.principal()?)?,
            profiles: detail.project_profiles().iter().cloned().collect(),
            includes_children: detail.include_child_domain_units().unwrap_or_default(),
        })
    }

    /// Whether aiops looks after it: it names a profile that aiops made, or one that is gone.
    pub fn is_ours(&self, ground: &Ground<'_>) -> bool {
        self.profiles.iter().any(|id| ground.profile_by_id(id).is_none_or(|known| known.is_ours))
    }
}

/// All grants of this kind on a unit, and how many there are of others' that aiops cannot read.
pub async fn on(ground: &Ground<'_>, unit: &str) -> Result<(Vec<Granted>, usize)> {
    let there = ground.grants(unit).await?;
    let known: Vec<Granted> = there.iter().filter_map(Granted::of).collect();
    let others = there.len() - known.len();
    Ok((known, others))
}

const fn policy() -> ManagedPolicyType {
    ManagedPolicyType::CreateProjectFromProjectProfile
}

/// What somebody may use in a unit.
pub struct Grant<'a, 'w> {
    /// What it stands on.
    pub ground: &'a Ground<'w>,
    /// Where it holds.
    pub unit: Unit,
    /// Who has it.
    pub who: Who,
    /// What they are called.
    pub called: String,
    /// Names of the profiles; without any, the grant has to go.
    pub profiles: BTreeSet<String>,
    /// Those of the profiles that the same plan is about.
    pub planned: BTreeSet<String>,
}

/// What is there of a grant.
struct Seen {
    /// The grants that aiops looks after.
    ours: Vec<Granted>,
    /// Profiles in them that others made: they stay in.
    theirs: BTreeSet<String>,
}

impl Grant<'_, '_> {
    async fn seen(&self) -> Result<Seen> {
        let (mut ours, _) = on(self.ground, &self.unit.id).await?;
        // A profile that the configuration names is to be used, whoever made it.
        let is_named =
            |id: &String| self.ground.profile_by_id(id).is_some_and(|known| self.profiles.contains(&known.name));
        ours.retain(|granted| {
            granted.who == self.who && (granted.is_ours(self.ground) || granted.profiles.iter().any(is_named))
        });
        let theirs = |id: &&String| self.ground.profile_by_id(id).is_some_and(|known| !known.is_ours);
        let theirs: BTreeSet<String> =
            ours.iter().flat_map(|granted| &granted.profiles).filter(theirs).cloned().collect();
        Ok(Seen { ours, theirs })
    }

    async fn found(&self) -> Result<Found> {
        let Seen { ours, theirs } = self.seen().await?;
        let named = |id: &String| self.ground.profile_by_id(id).map_or_else(|| id.clone(), |known| known.name);
        let actual: BTreeSet<String> = ours.iter().flat_map(|granted| &granted.profiles).map(named).collect();
        let desired: BTreeSet<String> = self.profiles.iter().cloned().chain(theirs.iter().map(named)).collect();
        if ours.is_empty() {
            return Ok(if desired.is_empty() { Found::Same } else { Found::Absent });
        }
        if desired.is_empty() {
            return Ok(Found::Unwanted);
        }
        let everywhere = ours.iter().any(|granted| granted.includes_children);
        let differences: Vec<Difference> = [
            Difference::between("profiles", actual, desired),
            Difference::between("include-child-domain-units", everywhere, self.unit.includes_children),
            Difference::between("grants", ours.len(), 1),
        ]
        .into_iter()
        .flatten()
        .collect();
        Ok(if differences.is_empty() { Found::Same } else { Found::Different(differences) })
    }

    /// Replaces what is there by one grant. The new one comes first, so that nobody loses what they have.
    async fn replace(&self, facts: &Facts) -> Result<()> {
        let Seen { ours, theirs } = self.seen().await?;
        let mut profiles = theirs;
        for name in &self.profiles {
            let id = match facts.get(&resource::address(&self.ground.studio, name), "id") {
                Some(id) => Some(id),
                None => self.ground.profile(name).map(|known| known.id),
            };
            let missing =
                || Error::failed(format!("the profile {name} is not there")).hint("run the same command again");
            profiles.insert(id.ok_or_else(missing)?);
        }
        let fits = |granted: &&Granted| {
            granted.profiles == profiles && granted.includes_children == self.unit.includes_children
        };
        let kept = ours.iter().find(fits).and_then(|granted| granted.id.clone());
        let mut old = ours.iter().filter(|granted| kept.is_none() || granted.id != kept);
        if kept.is_none() && !profiles.is_empty() {
            let mut added = self.add(&profiles).await;
            let in_the_way = |error: &AwsError| {
                matches!(error.class(), Class::Conflict | Class::AlreadyExists)
                    || error.code() == "ServiceQuotaExceededException"
            };
            // The unit is full, or takes one grant of a kind for each principal: an old one has to go first after all.
            if let Err(error) = &added
                && in_the_way(error)
                && let Some(first) = old.next()
            {
                self.remove(first).await?;
                added = self.add(&profiles).await;
            }
            added?;
        }
        for granted in old {
            self.remove(granted).await?;
        }
        Ok(())
    }

    async fn add(&self, profiles: &BTreeSet<String>) -> Result<(), AwsError> {
        let detail = CreateProjectFromProjectProfilePolicyGrantDetail::builder()
            .set_project_profiles(Some(profiles.iter().cloned().collect()))
            .include_child_domain_units(self.unit.includes_children);
        let add = self.ground.client.add_policy_grant().domain_identifier(&self.ground.domain);
        let add = add.entity_type(TargetEntityType::DomainUnit).entity_identifier(&self.unit.id).policy_type(policy());
        let add = add.principal(self.who.principal());
        let add = add.detail(PolicyGrantDetail::CreateProjectFromProjectProfile(detail.build()));
        add.send().await.map_err(AwsError::from)?;
        Ok(())
    }

    async fn remove(&self, granted: &Granted) -> Result<(), AwsError> {
        let remove = self.ground.client.remove_policy_grant().domain_identifier(&self.ground.domain);
        let remove = remove.entity_type(TargetEntityType::DomainUnit).entity_identifier(&self.unit.id);
        let remove = remove.policy_type(policy()).principal(self.who.principal());
        remove.set_grant_identifier(granted.id.clone()).send().await.map_err(AwsError::from)?;
        Ok(())
    }
}

/// The grant of somebody in a unit.
pub fn address(ground: &Ground<'_>, unit: &Unit, called: &str) -> Address {
    let account = &ground.studio.governance().account;
    Address::new(account, "profile grant", format!("{called} in {}", unit.title))
}

impl Resource for Grant<'_, '_> {
    fn address(&self) -> Address {
        address(self.ground, &self.unit, &self.called)
    }

    fn needs(&self) -> Vec<Address> {
        self.planned.iter().map(|name| resource::address(&self.ground.studio, name)).collect()
    }

    fn lane(&self) -> String {
        format!("profile grants in {}", self.unit.title)
    }

    fn reason(&self) -> String {
        match self.profiles.len() {
            0 => "may create projects from no profile of aiops.yaml any more".to_owned(),
            1 => "may create projects from 1 profile".to_owned(),
            many => format!("may create projects from {many} profiles"),
        }
    }

    fn look<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        self.found().boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        self.replace(facts).boxed_local()
    }
}
