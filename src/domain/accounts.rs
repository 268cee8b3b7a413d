//! The accounts of the organization, and what they are to the domain.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ram::types::ResourceOwner;
use serde::Serialize;

use super::survey::{self, Domain};
use super::{Studio, show};
use crate::aws::Session;
use crate::aws::error::AwsError;
use crate::config::AccountId;
use crate::error::{Kind, Result};
use crate::governance::Stage;
use crate::landscape::{Landscape, ProjectAccount};
use crate::organization;
use crate::world::World;

/// What is to be told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// The accounts of this tenant alone.
    pub tenant: Option<&'a str>,
    /// Those that the configuration does not name, too.
    pub all: bool,
    /// Whether projects can live in them: each is asked.
    pub readiness: bool,
}

/// Accounts of the organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Accounts {
    /// Those that were asked for: first those in the organization, by the unit they are in.
    pub accounts: Vec<Account>,
    /// How many others the organization has.
    pub others: usize,
    /// What could not be found out, and why.
    pub problems: Vec<String>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Its id, 12 digits.
    pub id: String,
    /// Its name; null where the organization does not have it.
    pub name: Option<String>,
    /// Its address.
    pub email: Option<String>,
    /// Its state, in AWS's words; null where the organization does not have it.
    pub state: Option<String>,
    /// The unit it is in, by the names on the way down from the root: `/`, `clinical`, `workloads/clinical`.
    pub unit: Option<String>,
    /// As what the configuration names it, such as `governance` or `clinical dev`.
    pub uses: Vec<String>,
    /// Whether the domain is shared with it; null where that could not be found out, and for the domain's own account.
    pub associated: Option<bool>,
    /// Whether it administers a service of AWS for the organization.
    pub delegated_administrator: bool,
    /// Whether projects can live in it, if that was asked for and they are to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub readiness: Option<Readiness>,
}

/// Whether projects can live in an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Readiness {
    /// Whether nothing is missing.
    pub ready: bool,
    /// What is.
    pub missing: Vec<String>,
}

impl Accounts {
    /// How the answer counts: whole, or without what could not be found out.
    pub fn verdict(&self) -> Option<Kind> {
        (!self.problems.is_empty()).then_some(Kind::Partial)
    }
}

/// As what the configuration names accounts, and for which tenant.
pub fn uses(world: &World<'_>) -> BTreeMap<String, Vec<(String, Option<String>)>> {
    let landscape: &Landscape = world.landscape;
    let mut uses: BTreeMap<String, Vec<(String, Option<String>)>> = BTreeMap::new();
    let mut add = |account: &AccountId, word: String, tenant: Option<&str>| {
        let of_account = uses.entry(account.to_string()).or_default();
        if !of_account.iter().any(|(known, _)| *known == word) {
            of_account.push((word, tenant.map(str::to_owned)));
        }
    };
    if world.config.management.is_some() {
        add(&landscape.management().account, "management".to_owned(), None);
    }
    add(&landscape.governance().account, "governance".to_owned(), None);
    add(&landscape.central().account, "shared services".to_owned(), None);
    for tenant in landscape.tenants() {
        for stage in Stage::ALL {
            let (name, word) = (tenant.name.as_str(), stage.word());
            add(&tenant.stage(stage).account, format!("{name} {word}"), Some(name));
            if let Some(data) = tenant.data(stage) {
                add(&data.account, format!("{name} data {word}"), Some(name));
            }
        }
    }
    for pool in &world.config.domain.account_pools {
        for pooled in &pool.accounts {
            add(&pooled.account, format!("pool {}", pool.name), None);
        }
    }
    uses
}

/// The accounts of the organization, read page by page; with each what it is to the domain.
pub async fn accounts(studio: &Studio<'_>, wanted: Wanted<'_>) -> Result<Accounts> {
    let world = studio.world;
    if let Some(tenant) = wanted.tenant {
        world.landscape.tenant(tenant)?;
    }
    let uses = uses(world);
    let of_tenant = |id: &str| {
        uses.get(id).is_some_and(|uses| {
            wanted.tenant.is_none() || uses.iter().any(|(_, tenant)| tenant.as_deref() == wanted.tenant)
        })
    };
    let management = studio.session(world.landscape.management()).await?;
    let mut problems = Vec::new();
    let mut known = |what: &str, error: &crate::error::Error| {
        let causes = error.causes().map(|cause| format!(": {cause}")).collect::<String>();
        problems.push(format!("{what}: {error}{causes}"));
    };
    let delegated = organization::delegated_administrators(&management).await.unwrap_or_else(|error| {
        known("who administers services for the organization", &error);
        BTreeSet::new()
    });
    let domain = domain_of(studio).await.unwrap_or_else(|error| {
        known("which accounts are associated", &error);
        None
    });
    let (mut found, mut others) = (Vec::new(), 0);
    organization::each_account(&management, |node, member| {
        if !(of_tenant(&member.id) || (wanted.all && wanted.tenant.is_none())) {
            others += 1;
            return;
        }
        let own = member.id == studio.governance().account.as_str();
        found.push(Account {
            associated: domain.as_ref().filter(|_| !own).map(|(_, shared)| shared.reaches(&member.id, &node.ids)),
            delegated_administrator: delegated.contains(&member.id),
            uses: words(&uses, &member.id),
            id: member.id,
            name: Some(member.name),
            email: Some(member.email),
            state: Some(member.state).filter(|state| !state.is_empty()),
            unit: Some(node.title()),
            readiness: None,
        });
    })
    .await?;
    let seen: BTreeSet<String> = found.iter().map(|account| account.id.clone()).collect();
    for id in uses.keys().filter(|id| of_tenant(id) && !seen.contains(*id)) {
        let own = *id == studio.governance().account.as_str();
        found.push(Account {
            id: id.clone(),
            name: None,
            email: None,
            state: None,
            unit: None,
            uses: words(&uses, id),
            associated: domain.as_ref().filter(|_| !own).map(|(_, shared)| shared.accounts.contains(id)),
            delegated_administrator: false,
            readiness: None,
        });
    }
    if wanted.readiness {
        add_readiness(studio, domain.as_ref().and_then(|(domain, _)| domain.as_ref()), &mut found).await?;
    }
    Ok(Accounts { accounts: found, others, problems })
}

fn words(uses: &BTreeMap<String, Vec<(String, Option<String>)>>, id: &str) -> Vec<String> {
    uses.get(id).into_iter().flatten().map(|(word, _)| word.clone()).collect()
}

/// With whom the domain is shared.
#[derive(Debug, Default)]
pub(super) struct Shared {
    /// Ids of accounts.
    pub accounts: BTreeSet<String>,
    /// Ids of units.
    units: BTreeSet<String>,
    organization: bool,
}

impl Shared {
    /// Whether it is shared with more than accounts by name.
    pub fn is_wide(&self) -> bool {
        self.organization || !self.units.is_empty()
    }

    /// Whether the account is among them, below these roots and units.
    pub fn reaches(&self, account: &str, above: &[String]) -> bool {
        self.organization || self.accounts.contains(account) || above.iter().any(|unit| self.units.contains(unit))
    }
}

/// The domain, if there is one, and with whom it is shared.
async fn domain_of(studio: &Studio<'_>) -> Result<Option<(Option<Domain>, Shared)>> {
    let session = studio.session(studio.governance()).await?;
    let name = studio.world.config.domain.name.to_string();
    let Some(domain) = survey::domains(&session, &name).await?.into_iter().next() else {
        return Ok(Some((None, Shared::default())));
    };
    let shared = shared(&session, &domain).await?;
    Ok(Some((Some(domain), shared)))
}

pub(super) async fn shared(session: &Session, domain: &Domain) -> Result<Shared> {
    let list = session.ram().list_principals().resource_owner(ResourceOwner::SelfValue).resource_arn(&domain.arn);
    let mut pages = list.into_paginator().send();
    let mut shared = Shared::default();
    while let Some(page) = pages.next().await {
        let page = page.map_err(AwsError::from)?;
        for principal in page.principals().iter().filter_map(|principal| principal.id()) {
            match principal.rsplit('/').next() {
                _ if principal.contains(":organization/") => shared.organization = true,
                Some(unit) if principal.contains(":ou/") => drop(shared.units.insert(unit.to_owned())),
                _ => drop(shared.accounts.insert(principal.to_owned())),
            }
        }
    }
    Ok(shared)
}

/// Asks each account that projects are to live in whether they can.
async fn add_readiness(studio: &Studio<'_>, domain: Option<&Domain>, found: &mut [Account]) -> Result<()> {
    let world = studio.world;
    let listed = |account: &ProjectAccount| found.iter().any(|known| known.id == account.place.account.as_str());
    let asked: Vec<ProjectAccount> = world.landscape.project_accounts().into_iter().filter(listed).collect();
    let shown = match domain {
        Some(domain) => {
            let session = studio.session(studio.governance()).await?;
            let names = survey::blueprint_names(&session, domain).await?;
            show::accounts(studio, domain, &names, &asked).await
        }
        None => Vec::new(),
    };
    for account in found.iter_mut().filter(|known| asked.iter().any(|one| known.id == one.place.account.as_str())) {
        let mut missing = Vec::new();
        if domain.is_none() {
            missing.push(format!("there is no domain {}", world.config.domain.name));
        }
        for shown in shown.iter().filter(|shown| shown.account == account.id) {
            match (&shown.unreachable, shown.associated) {
                (Some(reason), _) => missing.push(format!("{}: {reason}", shown.region)),
                (None, false) => missing.push("it does not see the domain".to_owned()),
                (None, true) => {
                    let wanted = world.config.domain.blueprints.iter().map(|name| name.as_str());
                    let lacking = wanted.filter(|name| !shown.blueprints.iter().any(|enabled| enabled == name));
                    missing.extend(lacking.map(|name| format!("blueprint {name} in {}", shown.region)));
                }
            }
        }
        missing.dedup();
        account.readiness = Some(Readiness { ready: missing.is_empty(), missing });
    }
    Ok(())
}
