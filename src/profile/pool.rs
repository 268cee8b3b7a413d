//! An account pool as a resource of a plan.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_datazone::Client;
use aws_sdk_datazone::operation::get_account_pool::GetAccountPoolOutput;
use aws_sdk_datazone::types::{AccountInfo, AccountSource, ResolutionStrategy};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::ground::{Ground, Known};
use crate::aws::error::{AwsError, Class};
use crate::config::domain::AccountPool as Wanted;
use crate::domain::{Studio, is_ours, marked};
use crate::error::{Error, Result};
use crate::plan::{Address, Difference, Facts, Found, Resource};

/// An account pool. Fact: `id`.
pub fn address(studio: &Studio<'_>, name: &str) -> Address {
    Address::new(&studio.governance().account, "account pool", name)
}

/// An account pool that is to be there.
pub struct AccountPool<'a, 'w> {
    /// What it stands on.
    pub ground: &'a Ground<'w>,
    /// What it is to be like.
    pub wanted: &'w Wanted,
}

/// The Regions of each account.
pub(super) type Accounts = BTreeMap<String, BTreeSet<String>>;

impl AccountPool<'_, '_> {
    fn accounts(&self) -> Accounts {
        let default = &self.ground.studio.world.config.region;
        let regions = |named: &[crate::config::RegionName]| match named {
            [] => BTreeSet::from([default.to_string()]),
            named => named.iter().map(ToString::to_string).collect(),
        };
        self.wanted.accounts.iter().map(|own| (own.account.to_string(), regions(&own.regions))).collect()
    }

    fn source(&self) -> Result<AccountSource> {
        let accounts = self.accounts().into_iter().map(|(account, regions)| {
            let regions = Some(regions.into_iter().collect());
            AccountInfo::builder().aws_account_id(account).set_supported_regions(regions).build()
        });
        let accounts: Result<Vec<AccountInfo>, _> = accounts.collect();
        accounts
            .map(AccountSource::Accounts)
            .map_err(|error| Error::failed("an account of the pool is not complete").because(error))
    }

    async fn found(&self, facts: &Facts) -> Result<Found> {
        facts.forget(&self.address());
        let name = self.wanted.name.as_str();
        let Some(known) = self.ground.pool_called(name) else { return Ok(Found::Absent) };
        let Some(actual) = describe(self.ground, &known.id).await? else { return Ok(Found::Absent) };
        facts.set(&self.address(), "id", known.id);
        let is_ours = is_ours(actual.description());
        let description = marked(None);
        let differences: Vec<Difference> = [
            Difference::between("accounts", accounts_of(&actual), Some(self.accounts())),
            is_ours.then(|| Difference::between("description", actual.description(), Some(&description))).flatten(),
        ]
        .into_iter()
        .flatten()
        .collect();
        Ok(match (is_ours, differences.is_empty()) {
            (false, _) => Found::Foreign(differences),
            (true, true) => Found::Same,
            (true, false) => Found::Different(differences),
        })
    }

    /// Makes the pool. There is no client token.
    async fn create(&self, source: AccountSource) -> Result<(), AwsError> {
        let name = self.wanted.name.as_str();
        let create = self.ground.client.create_account_pool().domain_identifier(&self.ground.domain).name(name);
        let create = create.description(marked(None)).resolution_strategy(ResolutionStrategy::Manual);
        let created = create.account_source(source).send().await.map_err(AwsError::from)?;
        let (id, unit) = (created.id().unwrap_or_default(), created.domain_unit_id().unwrap_or_default());
        let known = Known { id: id.to_owned(), name: name.to_owned(), is_ours: true, unit: unit.to_owned() };
        self.ground.add_pool(known);
        Ok(())
    }

    async fn update(&self, facts: &Facts, source: AccountSource) -> Result<()> {
        let id = facts.need(&self.address(), "id")?;
        let update = self.ground.client.update_account_pool().domain_identifier(&self.ground.domain).identifier(id);
        update.description(marked(None)).account_source(source).send().await.map_err(AwsError::from)?;
        Ok(())
    }
}

/// Everything about a pool; nothing if it is gone.
async fn describe(ground: &Ground<'_>, id: &str) -> Result<Option<GetAccountPoolOutput>> {
    read(&ground.client, &ground.domain, id).await
}

/// Everything about a pool of a domain; nothing if it is gone.
pub(super) async fn read(client: &Client, domain: &str, id: &str) -> Result<Option<GetAccountPoolOutput>> {
    let asked = client.get_account_pool().domain_identifier(domain).identifier(id).send().await;
    match asked.map_err(AwsError::from) {
        Ok(pool) => Ok(Some(pool)),
        Err(error) if error.class() == Class::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The accounts of a pool, where a list and no function says which they are.
pub(super) fn accounts_of(pool: &GetAccountPoolOutput) -> Option<Accounts> {
    let Some(AccountSource::Accounts(accounts)) = pool.account_source() else { return None };
    let known = accounts
        .iter()
        .map(|account| (account.aws_account_id().to_owned(), account.supported_regions().iter().cloned().collect()));
    Some(known.collect())
}

impl Resource for AccountPool<'_, '_> {
    fn address(&self) -> Address {
        address(&self.ground.studio, self.wanted.name.as_str())
    }

    fn lane(&self) -> String {
        "account pools".to_owned()
    }

    fn reason(&self) -> String {
        format!("{} accounts for projects to choose from", self.wanted.accounts.len())
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        self.found(facts).boxed_local()
    }

    fn act<'a>(&'a self, found: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            if *found == Found::Absent {
                match self.create(self.source()?).await {
                    Ok(()) => return Ok(()),
                    Err(error) if matches!(error.class(), Class::Conflict | Class::AlreadyExists) => {}
                    Err(error) => return Err(error.into()),
                }
                // Somebody was faster: an earlier attempt of this call, perhaps, whose answer was lost.
                self.ground.refresh_pools().await?;
                match self.found(facts).await? {
                    Found::Same => return Ok(()),
                    Found::Different(_) => {}
                    _ => {
                        let taken = format!("somebody else has just made an account pool called {}", self.wanted.name);
                        return Err(Error::failed(taken).hint("`aiops profile plan` shows how it differs"));
                    }
                }
            }
            self.update(facts, self.source()?).await
        }
        .boxed_local()
    }
}

/// An account pool of ours that is not in aiops.yaml any more. It stays while a profile uses it.
pub struct Unwanted<'a, 'w> {
    /// What it stands on.
    pub ground: &'a Ground<'w>,
    /// Which one.
    pub known: Known,
    /// The profiles that might use it and that no plan changes.
    pub others: Vec<Known>,
    /// The profiles that have to be changed or removed first.
    pub after: Vec<Address>,
}

impl Unwanted<'_, '_> {
    /// A profile that uses the pool, and goes on doing so.
    async fn user(&self) -> Result<Option<String>> {
        for profile in &self.others {
            let Some(described) = self.ground.describe(&profile.id).await? else { continue };
            let stays = !profile.is_ours || self.ground.projects_of(&profile.id).await? > 0;
            let mut environments = described.environment_configurations().iter();
            if stays && environments.any(|environment| environment.account_pools().contains(&self.known.id)) {
                return Ok(Some(profile.name.clone()));
            }
        }
        Ok(None)
    }
}

impl Resource for Unwanted<'_, '_> {
    fn address(&self) -> Address {
        address(&self.ground.studio, &self.known.name)
    }

    fn needs(&self) -> Vec<Address> {
        self.after.clone()
    }

    fn lane(&self) -> String {
        "account pools to remove".to_owned()
    }

    fn reason(&self) -> String {
        super::NOT_IN_CONFIG.to_owned()
    }

    fn look<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            if describe(self.ground, &self.known.id).await?.is_none() {
                return Ok(Found::Same);
            }
            Ok(match self.user().await? {
                Some(profile) => Found::Leftover(format!("{}; profile {profile} uses it", super::NOT_IN_CONFIG)),
                None => Found::Unwanted,
            })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let Ground { client, domain, .. } = self.ground;
            let delete = client.delete_account_pool().domain_identifier(domain).identifier(&self.known.id);
            match delete.send().await.map_err(AwsError::from) {
                Err(error) if error.class() != Class::NotFound => Err(error.into()),
                _ => Ok(()),
            }
        }
        .boxed_local()
    }
}

/// The pools of ours among those of the domain, by what their descriptions say.
pub async fn ours(ground: &Ground<'_>) -> Result<Vec<Known>> {
    let mut ours = Vec::new();
    for known in ground.pools() {
        if describe(ground, &known.id).await?.is_some_and(|pool| is_ours(pool.description())) {
            ours.push(Known { is_ours: true, ..known });
        }
    }
    Ok(ours)
}
