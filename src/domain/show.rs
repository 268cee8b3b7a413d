//! The domain as it is.

use std::collections::HashMap;

use serde::Serialize;

use super::survey::{self, Domain};
use super::{Studio, is_ours};
use crate::aws::{Session, fanout};
use crate::error::{Error, Kind, Result};
use crate::landscape::ProjectAccount;

/// A domain with everything in it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its state, in AWS's words.
    pub status: String,
    /// Where people work in it.
    pub portal: Option<String>,
    /// Its units, each before those below it.
    pub units: Vec<UnitShown>,
    /// The accounts that projects live in.
    pub accounts: Vec<AccountShown>,
    /// The profiles of projects.
    pub profiles: Vec<ProfileShown>,
    /// How many projects there are.
    pub projects: usize,
}

/// A domain unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UnitShown {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many units are above it.
    pub depth: usize,
    /// Who owns it.
    pub owners: Vec<String>,
    /// Whether aiops made it.
    pub managed: bool,
}

/// An account that projects live in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountShown {
    /// Its id, 12 digits.
    pub account: String,
    /// The Region.
    pub region: String,
    /// The tenants whose it is.
    pub tenants: Vec<String>,
    /// Whether it sees the domain.
    pub associated: bool,
    /// The blueprints that are enabled there.
    pub blueprints: Vec<String>,
    /// Why it could not be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreachable: Option<String>,
}

/// A profile of projects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProfileShown {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// `ENABLED` or `DISABLED`.
    pub status: String,
    /// The unit that it is in.
    pub unit: String,
    /// Whether aiops made it.
    pub managed: bool,
}

impl Shown {
    /// How the answer counts: whole, or without some accounts.
    pub fn verdict(&self) -> Option<Kind> {
        self.accounts.iter().any(|account| account.unreachable.is_some()).then_some(Kind::Partial)
    }
}

/// The domain that the configuration names. None if there is none yet.
pub async fn show(studio: &Studio<'_>) -> Result<Option<Shown>> {
    let world = studio.world;
    let name = world.config.domain.name.to_string();
    let session = studio.session(studio.governance()).await?;
    let domain = match survey::domains(&session, &name).await?.as_slice() {
        [] => return Ok(None),
        [only] => only.clone(),
        several => {
            let ids: Vec<&str> = several.iter().map(|domain| domain.id.as_str()).collect();
            return Err(Error::failed(format!("{} domains are called {name}: {}", several.len(), ids.join(", ")))
                .hint("delete those that are not meant, or give the domain another name in aiops.yaml"));
        }
    };
    let units = survey::units(&session, &domain).await?;
    let mut shown_units = Vec::new();
    for unit in &units {
        shown_units.push(UnitShown {
            id: unit.id.clone(),
            name: unit.name.clone(),
            depth: unit.depth,
            owners: survey::owners(&session, &domain, &unit.id).await?,
            managed: is_ours(unit.description.as_deref()),
        });
    }
    let unit_name = |id: Option<&str>| {
        let id = id.unwrap_or(&domain.root_unit);
        units.iter().find(|unit| unit.id == id).map_or_else(|| id.to_owned(), |unit| unit.name.clone())
    };
    let profiles = survey::profiles(&session, &domain).await?;
    let profiles = profiles.iter().map(|profile| ProfileShown {
        id: profile.id().to_owned(),
        name: profile.name().to_owned(),
        status: profile.status().map_or("DISABLED", |status| status.as_str()).to_owned(),
        unit: unit_name(profile.domain_unit_id()),
        managed: is_ours(profile.description()),
    });
    let profiles: Vec<ProfileShown> = profiles.collect();
    let projects = survey::projects(&session, &domain).await?.len();
    let names = survey::blueprint_names(&session, &domain).await?;
    let accounts = accounts(studio, &domain, &names, &world.landscape.project_accounts()).await;
    let Domain { id, arn, status, portal, .. } = domain;
    Ok(Some(Shown { name, id, arn, status, portal, units: shown_units, accounts, profiles, projects }))
}

/// What these accounts see and have of the domain, each asked by itself.
pub(super) async fn accounts(
    studio: &Studio<'_>,
    domain: &Domain,
    names: &HashMap<String, String>,
    accounts: &[ProjectAccount],
) -> Vec<AccountShown> {
    let world = studio.world;
    let concurrency = &world.config.concurrency;
    let question = async |account: &ProjectAccount| {
        let session = studio.session(&account.place).await?;
        account_of(&session, domain, account, names).await
    };
    let answers =
        fanout::each(accounts, concurrency.accounts, concurrency.account_timeout, world.clock, question).await;
    let shown = accounts.iter().zip(answers).map(|(account, answer)| {
        answer.unwrap_or_else(|error| AccountShown { unreachable: Some(error.to_string()), ..bare(account) })
    });
    shown.collect()
}

fn bare(account: &ProjectAccount) -> AccountShown {
    AccountShown {
        account: account.place.account.to_string(),
        region: account.place.region.to_string(),
        tenants: account.tenants.clone(),
        associated: false,
        blueprints: Vec::new(),
        unreachable: None,
    }
}

async fn account_of(
    session: &Session,
    domain: &Domain,
    account: &ProjectAccount,
    names: &HashMap<String, String>,
) -> Result<AccountShown> {
    let Some(configured) = survey::blueprint_configurations_if_seen(session, domain).await? else {
        return Ok(bare(account));
    };
    let region = account.place.region.as_str();
    let mut blueprints: Vec<String> = configured
        .iter()
        .filter(|item| item.enabled_regions().iter().any(|enabled| enabled == region))
        .map(|item| {
            let id = item.environment_blueprint_id();
            names.get(id).cloned().unwrap_or_else(|| id.to_owned())
        })
        .collect();
    blueprints.sort();
    Ok(AccountShown { associated: true, blueprints, ..bare(account) })
}
