//! Project profiles and account pools that are there, read back: what `aiops.yaml` has to say of those that aiops made.
//!
//! The file says one thing of all tenants and stages of a profile. Where they differ, it says what most of them are like,
//! and a question names the others.

mod settings;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_datazone::operation::get_project_profile::GetProjectProfileOutput;
use aws_sdk_datazone::types::{ManagedPolicyType, TargetEntityType};

use super::blueprint::Blueprints;
use super::definitions::definitions;
use super::grant::Granted;
use super::people::Who;
use super::shape::{Home, Names, Shape};
use super::{check, ground, pool};
use crate::aws::Session;
use crate::config::domain::{AccountPool, PooledAccount, Profile, StageName, UseCase};
use crate::config::init::Answers;
use crate::config::settings::Git;
use crate::config::{Principal, TenantName, ThingName};
use crate::domain::is_ours;
use crate::domain::survey::{self, Domain};
use crate::error::Result;
use crate::governance::Stage;
use crate::landscape::profile_name;

/// The profiles and account pools of a domain, as far as aiops made them.
#[derive(Default)]
pub(crate) struct Made {
    /// Id of the unit of each tenant.
    units: Vec<(String, TenantName)>,
    blueprints: Blueprints,
    pools: Vec<Pool>,
    profiles: Vec<Known>,
    /// Names of the profiles that others made.
    others: Vec<String>,
    /// What the file calls those who may use profiles; nothing if it has no word for them.
    people: BTreeMap<Who, (String, Option<Principal>)>,
}

struct Pool {
    id: String,
    name: String,
    is_ours: bool,
    /// Its accounts, if a list says which they are.
    accounts: Option<pool::Accounts>,
}

/// A profile that aiops made.
struct Known {
    name: String,
    shape: Shape,
    /// Who may create projects from it.
    users: BTreeSet<Who>,
    /// Who was granted to, and may not: in the profile's unit or in the root unit the grant is missing.
    hindered: BTreeSet<Who>,
}

/// A profile that aiops made, and for whom.
struct Placed<'a> {
    known: &'a Known,
    tenant: &'a TenantName,
    stage: Stage,
}

/// Names of blueprints and pools by id.
struct Called<'a>(&'a Blueprints, &'a [Pool]);

impl Names for Called<'_> {
    fn blueprint(&self, id: &str) -> String {
        self.0.iter().find(|(_, blueprint)| blueprint.id == id).map_or(id, |(name, _)| name).to_owned()
    }

    fn pool(&self, id: &str) -> String {
        self.1.iter().find(|pool| pool.id == id).map_or(id, |pool| &pool.name).to_owned()
    }
}

impl Made {
    /// Reads pools and grants; `profiles` are all of the domain, and `units` those of tenants.
    pub async fn read(
        session: &Session,
        domain: &Domain,
        profiles: &[GetProjectProfileOutput],
        units: &[(String, TenantName)],
    ) -> Result<Self> {
        let (client, units) = (session.datazone(), units.to_vec());
        let mut pools = Vec::new();
        for listed in ground::list_pools(&client, &domain.id).await? {
            let Some(read) = pool::read(&client, &domain.id, &listed.id).await? else { continue };
            let (is_ours, accounts) = (is_ours(read.description()), pool::accounts_of(&read));
            pools.push(Pool { id: listed.id, name: listed.name, is_ours, accounts });
        }
        let (ours, others): (Vec<_>, Vec<_>) = profiles.iter().partition(|profile| is_ours(profile.description()));
        let others = others.into_iter().map(|profile| profile.name().to_owned()).collect();
        if ours.is_empty() {
            return Ok(Made { units, pools, others, ..Made::default() });
        }
        let names: Vec<String> = survey::blueprint_names(session, domain).await?.into_values().collect();
        let blueprints = ground::find_blueprints(&client, &domain.id, &names).await?;
        let mut grants: BTreeMap<&str, Vec<Granted>> = BTreeMap::new();
        let granting = ours.iter().filter_map(|profile| profile.domain_unit_id()).chain([domain.root_unit.as_str()]);
        for unit in granting {
            if !grants.contains_key(unit) {
                let policy = ManagedPolicyType::CreateProjectFromProjectProfile;
                let there = survey::grants(session, domain, (TargetEntityType::DomainUnit, unit), policy).await?;
                grants.insert(unit, there.iter().filter_map(Granted::of).collect());
            }
        }
        let granted = |unit: &str, profile: &str| -> BTreeSet<Who> {
            let all = grants.get(unit).into_iter().flatten();
            all.filter(|granted| granted.profiles.contains(profile)).map(|granted| granted.who.clone()).collect()
        };
        let names = Called(&blueprints, &pools);
        let known = ours.into_iter().map(|profile| {
            let below = granted(profile.domain_unit_id().unwrap_or_default(), profile.id());
            let above = granted(&domain.root_unit, profile.id());
            Known {
                name: profile.name().to_owned(),
                shape: Shape::of(profile, &names),
                users: &below & &above,
                hindered: &below ^ &above,
            }
        });
        let profiles: Vec<Known> = known.collect();
        let mut people = BTreeMap::new();
        for who in profiles.iter().flat_map(|known| known.users.iter().chain(&known.hindered)) {
            if !people.contains_key(who) {
                people.insert(who.clone(), called(session, domain, who).await);
            }
        }
        Ok(Made { units, blueprints, pools, profiles, others, people })
    }

    /// Writes it into `answers`, whose tenants have their accounts, and asks about what the file cannot say.
    pub fn write(&self, answers: &mut Answers, questions: &mut Vec<String>) {
        let tenants: Vec<TenantName> = answers.tenants.iter().map(|tenant| tenant.name.clone()).collect();
        for (name, placed) in self.placed(&tenants, questions) {
            let Some(mut profile) = self.most(&name, &placed) else { continue };
            let has = |tenant: &TenantName| placed.iter().any(|placed| placed.tenant == tenant);
            if !tenants.iter().all(has) {
                profile.tenants = Some(tenants.iter().filter(|tenant| has(tenant)).cloned().collect());
            }
            let stages = Stage::ALL.into_iter().filter(|stage| placed.iter().any(|placed| placed.stage == *stage));
            profile.stages = stages.map(StageName::from).collect();
            self.write_users(&mut profile, &placed, questions);
            self.compare(&profile, &tenants, &placed, answers, questions);
            answers.profiles.push(profile);
        }
        self.write_pools(answers, questions);
        self.check(answers, questions);
        if !self.others.is_empty() {
            questions.push(format!(
                "The domain has project profiles that others made. They are not written, and stay as they are: {}.",
                self.others.join(", ")
            ));
        }
    }

    /// The profiles for tenants and stages, by the name that the file has for them.
    fn placed<'a>(
        &'a self,
        tenants: &'a [TenantName],
        questions: &mut Vec<String>,
    ) -> BTreeMap<ThingName, Vec<Placed<'a>>> {
        let mut placed: BTreeMap<ThingName, Vec<Placed<'a>>> = BTreeMap::new();
        let mut cut = Vec::new();
        for known in &self.profiles {
            if known.shape.status == "DISABLED" && known.users.is_empty() && known.hindered.is_empty() {
                questions.push(format!(
                    "Profile {} is disabled, and nobody was granted anything: so aiops leaves what is in use and not in \
                     aiops.yaml any more. It is not written.",
                    known.name
                ));
                continue;
            }
            match told(&known.name, tenants) {
                Some((tenant, name, stage)) => placed.entry(name).or_default().push(Placed { known, tenant, stage }),
                None => cut.push(known),
            }
        }
        for known in cut {
            // A long name was cut. What it was made of, the same profile may tell of another tenant or stage.
            let tries = placed.keys().flat_map(|name| {
                let stages = Stage::ALL.into_iter();
                stages.flat_map(move |stage| tenants.iter().map(move |tenant| (name.clone(), tenant, stage)))
            });
            let mut fits = tries
                .filter(|(name, tenant, stage)| profile_name(tenant.as_str(), name.as_str(), *stage) == known.name);
            let found = fits.next();
            drop(fits);
            match found {
                Some((name, tenant, stage)) => {
                    placed.entry(name).or_default().push(Placed { known, tenant, stage });
                }
                None => questions.push(format!(
                    "Whose is the profile {}? aiops made it, and its name tells no tenant, name and stage. As it is not \
                     written, `aiops profile apply` would remove it.",
                    known.name
                )),
            }
        }
        placed
    }

    /// The profile of the file that makes what most of these are like.
    fn most(&self, name: &ThingName, placed: &[Placed<'_>]) -> Option<Profile> {
        let shapes = placed.iter().map(|placed| settings::placeless(&placed.known.shape));
        settings::nearest(name, &most_common(shapes)?, &self.blueprints)
    }

    fn write_users(&self, profile: &mut Profile, placed: &[Placed<'_>], questions: &mut Vec<String>) {
        let name = profile.name.as_str();
        let users = most_common(placed.iter().map(|placed| placed.known.users.clone())).unwrap_or_default();
        for Placed { known, .. } in placed {
            if known.users != users {
                questions.push(format!(
                    "Other users than those that are written for {name} may create projects from profile {}: {}.",
                    known.name,
                    self.names(&known.users)
                ));
            }
            if !known.hindered.is_empty() {
                questions.push(format!(
                    "Of the profile's unit and the root unit, only one lets these create projects from profile {}, which \
                     is not enough: {}. They are not written.",
                    known.name,
                    self.names(&known.hindered)
                ));
            }
        }
        let everyone = users.contains(&Who::Everyone);
        let named = users.iter().filter(|who| **who != Who::Everyone);
        for who in named {
            match self.people.get(who) {
                Some((title, _)) if everyone => questions.push(format!(
                    "Beside every user of the domain, {title} may create projects from profiles {name}. That is not written."
                )),
                Some((_, Some(principal))) => profile.users.push(principal.clone()),
                unwritten => {
                    let title = unwritten.map_or("somebody", |(title, _)| title);
                    questions.push(format!(
                        "{title} may create projects from profiles {name}, and aiops.yaml has no word for them."
                    ));
                }
            }
        }
        if profile.users.is_empty() && !everyone && profile.enabled {
            // Nobody named would mean everybody.
            profile.enabled = false;
            questions.push(format!(
                "Who may create projects from profiles {name}? Nobody that can be written: therefore they are written as \
                 disabled."
            ));
        }
    }

    fn names(&self, users: &BTreeSet<Who>) -> String {
        let names: Vec<&str> =
            users.iter().filter_map(|who| self.people.get(who)).map(|(title, _)| title.as_str()).collect();
        if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
    }

    /// Asks about each tenant and stage for which the file would make something else of `profile` than what is there.
    fn compare(
        &self,
        profile: &Profile,
        tenants: &[TenantName],
        placed: &[Placed<'_>],
        answers: &Answers,
        questions: &mut Vec<String>,
    ) {
        for Placed { known, tenant, stage } in placed {
            let actual = &known.shape;
            let home = home(answers, tenant, *stage, profile.use_case).or_else(|| fixed_home(actual));
            let home = home.unwrap_or(settings::NOWHERE);
            let unit = self.units.iter().find(|(_, name)| name == *tenant).map_or("", |(id, _)| id);
            let written = settings::shape(profile, &self.blueprints, unit, &home);
            let fields: Vec<String> =
                written.differences(actual, true).into_iter().map(|difference| difference.field).collect();
            if !fields.is_empty() {
                questions.push(format!(
                    "Profile {} is not as it is written in {}: `aiops profile plan` shows it, and `aiops profile apply` \
                     would change it.",
                    known.name,
                    fields.join(", ")
                ));
            }
        }
        let wanted = tenants.iter().filter(|tenant| profile.tenants.as_ref().is_none_or(|own| own.contains(tenant)));
        for tenant in wanted {
            for stage in profile.stages.iter().map(|stage| Stage::from(*stage)) {
                if !placed.iter().any(|placed| (placed.tenant, placed.stage) == (tenant, stage)) {
                    questions.push(format!(
                        "There is no profile {}, though the file means it: `aiops profile apply` would make it.",
                        profile_name(tenant.as_str(), profile.name.as_str(), stage)
                    ));
                }
            }
        }
    }

    /// Writes the pools that aiops made, and those of others from which its profiles are given accounts.
    fn write_pools(&self, answers: &mut Answers, questions: &mut Vec<String>) {
        let environments = answers.profiles.iter().flat_map(|profile| &profile.environments);
        let used: BTreeSet<String> =
            environments.flat_map(|own| &own.account_pools).map(|pool| pool.as_str().to_owned()).collect();
        let Some(domain) = &mut answers.domain else { return };
        for pool in self.pools.iter().filter(|pool| pool.is_ours || used.contains(&pool.name)) {
            match pool.written(answers.region.as_str()) {
                Some(written) => domain.account_pools.push(written),
                None => questions.push(format!(
                    "Account pool {} is not written: aiops.yaml has no word for its name or its accounts.",
                    pool.name
                )),
            }
        }
    }

    /// Asks about what `aiops profile plan` would refuse.
    fn check(&self, answers: &Answers, questions: &mut Vec<String>) {
        let Some(domain) = &answers.domain else { return };
        let enabled: Vec<&str> = domain.blueprints.iter().map(|name| name.as_str()).collect();
        let pools: Vec<&str> = domain.account_pools.iter().map(|pool| pool.name.as_str()).collect();
        let valid = check::Known { blueprints: &self.blueprints, enabled: &enabled, pools: &pools };
        for profile in &answers.profiles {
            let own = definitions(profile, &Git::default(), &self.blueprints);
            let mistakes = check::check(profile.name.as_str(), &own, &valid);
            questions
                .extend(mistakes.into_iter().map(|mistake| format!("`aiops profile plan` will refuse {mistake}.")));
        }
    }
}

impl Pool {
    fn written(&self, usual: &str) -> Option<AccountPool> {
        let pooled = |(account, regions): (&String, &BTreeSet<String>)| {
            let is_usual = regions.len() == 1 && regions.contains(usual);
            let regions = regions.iter().filter(|_| !is_usual).map(|region| region.parse().ok());
            Some(PooledAccount { account: account.parse().ok()?, regions: regions.collect::<Option<_>>()? })
        };
        let accounts = self.accounts.as_ref().filter(|accounts| !accounts.is_empty())?.iter().map(pooled);
        Some(AccountPool { name: self.name.parse().ok()?, accounts: accounts.collect::<Option<_>>()? })
    }
}

/// What the name of a profile tells, unless it was cut.
fn told<'a>(name: &str, tenants: &'a [TenantName]) -> Option<(&'a TenantName, ThingName, Stage)> {
    let (tenant, rest) = name.split_once(' ')?;
    let (own, stage) = rest.rsplit_once(' ')?;
    let tenant = tenants.iter().find(|known| known.as_str() == tenant)?;
    let stage = Stage::ALL.into_iter().find(|known| known.word() == stage)?;
    (profile_name(tenant.as_str(), own, stage) == name).then_some((tenant, own.parse().ok()?, stage))
}

/// Where the environments of a tenant's stage are made, by what the file says of accounts.
fn home(answers: &Answers, tenant: &TenantName, stage: Stage, use_case: UseCase) -> Option<Home> {
    let tenant = answers.tenants.iter().find(|known| known.name == *tenant)?;
    let in_data = use_case == UseCase::DataPipeline && tenant.data.iter().all(Option::is_some);
    let place = if in_data { &tenant.data } else { &tenant.stages }[stage as usize].as_ref()?;
    let region = place.region.as_ref().unwrap_or(&answers.region);
    Some(Home::Fixed { account: place.account.to_string(), region: region.to_string() })
}

/// Where environments are made that have a fixed place.
fn fixed_home(shape: &Shape) -> Option<Home> {
    let homes = shape.environments.values().map(|environment| &environment.home);
    homes.into_iter().find(|home| matches!(home, Home::Fixed { .. })).cloned()
}

/// What there is most of; of several, the first.
fn most_common<T: PartialEq>(items: impl Iterator<Item = T>) -> Option<T> {
    let mut counted: Vec<(T, usize)> = Vec::new();
    for item in items {
        match counted.iter_mut().find(|(known, _)| *known == item) {
            Some((_, count)) => *count += 1,
            None => counted.push((item, 1)),
        }
    }
    counted.into_iter().rev().max_by_key(|(_, count)| *count).map(|(item, _)| item)
}

/// What people call somebody, and what the file calls them.
async fn called(session: &Session, domain: &Domain, who: &Who) -> (String, Option<Principal>) {
    let (title, id) = match who {
        Who::Everyone => return ("every user of the domain".to_owned(), None),
        Who::User(id) => (survey::user_title(session, domain, id).await, id),
        Who::Group(id) => (survey::group_title(session, domain, id).await, id),
    };
    let principal = match title.split_once(' ') {
        // A name that is not told is no name.
        Some((_, name)) if name == id => None,
        Some(("group", arn)) if arn.starts_with("arn:") => format!("role:{arn}").parse().ok(),
        Some((kind, name)) if !name.starts_with("arn:") => format!("{kind}:{name}").parse().ok(),
        _ => None,
    };
    (title, principal)
}
