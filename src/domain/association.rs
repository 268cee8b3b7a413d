//! Accounts associated with the domain. DataZone has no operation for that: an association *is* a share of the domain by
//! RAM.

use std::rc::Rc;
use std::time::Duration;

use aws_sdk_ram::types::{
    ResourceShare, ResourceShareAssociation, ResourceShareAssociationStatus as Status, ResourceShareStatus,
};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use tokio::sync::Mutex;

use super::Studio;
use super::share::{self, Building, Half, Shares};
use crate::aws::Session;
use crate::aws::error::AwsError;
use crate::aws::poll::{self, Look, Patience};
use crate::error::Result;
use crate::landscape::{Place, partition};
use crate::plan::{Address, Difference, Facts, Farewell, Found, Resource};
use crate::progress::Silent;

/// What shares of ours let an account do. AWS spells it so.
const PERMISSION: &str = "AWSRAMPermissionsAmazonDatazoneDomainExtendedServiceAccess";
/// What does as well in a share that others made: with the portal, or what some domains without IAM Identity Center take.
const AS_GOOD: [&str; 2] = [
    "AWSRAMPermissionsAmazonDatazoneDomainExtendedServiceWithPortalAccess",
    "AWSRAMPermissionAmazonDataZoneDomainFullAccessWithPortalAccess",
];
/// A domain shows in the other account some time after RAM says that it is shared, a quarter of a minute as reported.
const SPREADS: Patience = Patience { interval: Duration::from_secs(15), deadline: Duration::from_secs(180) };

/// Whose turn it is to come into a share. Of shares of one domain that come into being at once, RAM lets some fail.
pub type Turn = Rc<Mutex<()>>;

/// An account that is to see the domain. Fact: `domain`, its id, once the account sees it.
pub struct Association<'w> {
    studio: Studio<'w>,
    place: Place,
    turn: Turn,
}

/// A share of the domain with the account, whole or not.
struct Seen {
    share: ResourceShare,
    ours: bool,
    permission: Option<String>,
    domain: Option<Status>,
    account: Option<Status>,
}

impl<'w> Association<'w> {
    /// The association of the account at `place`, which is where the domain is; nothing for the governance account, whose the domain is.
    pub fn new(studio: Studio<'w>, place: &Place, turn: &Turn) -> Option<Self> {
        let own = place.account == studio.governance().account;
        (!own).then(|| Association { studio, place: place.clone(), turn: turn.clone() })
    }

    async fn shares(&self) -> Result<Shares> {
        Ok(Shares { ram: self.studio.session(self.studio.governance()).await?.ram() })
    }

    async fn member(&self) -> Result<Session> {
        self.studio.session(&self.place).await
    }

    fn permission(&self) -> String {
        format!("arn:{}:ram::aws:permission/{PERMISSION}", partition(self.studio.governance().region.as_str()))
    }

    fn share_name(&self, domain: &str) -> String {
        format!("{}{domain}-{}", prefix(self.studio), self.place.account)
    }

    /// The share by which the account has the domain or is about to: ours, else one that others made.
    async fn seen(&self, shares: &Shares, domain: &str, arn: &str) -> Result<Option<Seen>, AwsError> {
        let named = shares.named(&self.share_name(domain)).await?;
        let ours = named.into_iter().find(|share| share::is_ours(share) && share::lives(share));
        let accounts = shares.associations(Half::Account(self.place.account.as_str()), None).await?;
        let mut known: Vec<String> = accounts.iter().filter(|one| is_under_way(one)).filter_map(share_of).collect();
        known.extend(ours.iter().filter_map(|share| share.resource_share_arn.clone()));
        known.sort();
        known.dedup();
        if known.is_empty() {
            return Ok(None);
        }
        let domains = shares.associations(Half::Domain(arn), Some(&known)).await?;
        let status = |associations: &[ResourceShareAssociation], share: &str| {
            let of_share = associations.iter().filter(|one| one.resource_share_arn() == Some(share));
            of_share
                .max_by_key(|one| one.creation_time().map(|time| time.as_nanos()))
                .and_then(|one| one.status().cloned())
        };
        let both =
            |share: &&String| domains.iter().any(|one| is_under_way(one) && share_of(one).as_ref() == Some(*share));
        let share = match ours {
            Some(share) => share,
            None => {
                let Some(theirs) = known.iter().find(both) else { return Ok(None) };
                let Some(share) = shares.get(theirs).await? else { return Ok(None) };
                share
            }
        };
        let share_arn = share.resource_share_arn().unwrap_or_default();
        Ok(Some(Seen {
            ours: share::is_ours(&share) && share.name() == Some(&self.share_name(domain)),
            permission: shares.permission(share_arn).await?,
            domain: status(&domains, share_arn),
            account: status(&accounts, share_arn),
            share,
        }))
    }

    fn differences(&self, seen: &Seen) -> Vec<Difference> {
        let name = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
        let permission = seen.permission.as_deref().map(name);
        let good = !seen.ours && permission.as_deref().is_some_and(|name| AS_GOOD.contains(&name));
        let word = |status: &Option<Status>| status.as_ref().map(|status| status.as_str().to_owned());
        let share = seen.share.status().map(ResourceShareStatus::as_str);
        let associated = Some(Status::Associated.as_str());
        [
            Difference::between("share", share, Some(ResourceShareStatus::Active.as_str())),
            Difference::between("permission", &permission, Some(PERMISSION)).filter(|_| !good),
            Difference::between("domain", word(&seen.domain), associated),
            Difference::between("account", word(&seen.account), associated),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Whether the account sees the domain.
    async fn sees(&self, domain: &str) -> Result<bool> {
        match self.member().await?.datazone().get_domain().identifier(domain).send().await.map_err(AwsError::from) {
            Ok(_) => Ok(true),
            Err(error) if error.may_settle() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn build(&self, facts: &Facts) -> Result<()> {
        let domain = self.studio.domain();
        let (id, arn) = (facts.need(&domain, "id")?, facts.need(&domain, "arn")?);
        let world = self.studio.world;
        let building = Building {
            shares: self.shares().await?,
            receiver: self.member().await?.ram(),
            clock: world.clock,
            task: &Silent,
        };
        let permission = self.permission();
        let external = !world.config.domain.organization_sharing;
        let share = building.open(&self.share_name(&id), &permission, external).await?;
        if building.shares.permission(&share).await?.as_ref() != Some(&permission) {
            building.shares.permit(&share, &permission).await?;
        }
        building.associate(&share, Half::Account(self.place.account.as_str())).await?;
        {
            let _turn = self.turn.lock().await;
            building.associate(&share, Half::Domain(&arn)).await?;
        }
        let what = format!("the domain in account {}", self.place.account);
        poll::until(world.clock, SPREADS, &what, &Silent, async || {
            Ok(if self.sees(&id).await? { Look::Done(()) } else { Look::Pending("out of sight".to_owned()) })
        })
        .await
    }
}

impl Resource for Association<'_> {
    fn address(&self) -> Address {
        self.studio.association(self.place.account.as_str())
    }

    fn needs(&self) -> Vec<Address> {
        let sharing = self.studio.world.config.domain.organization_sharing;
        [self.studio.domain()].into_iter().chain(sharing.then(|| self.studio.organization_sharing())).collect()
    }

    fn reason(&self) -> String {
        "the account has to see the domain".to_owned()
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let domain = self.studio.domain();
            let (Some(id), Some(arn)) = (facts.get(&domain, "id"), facts.get(&domain, "arn")) else {
                return Ok(Found::Absent);
            };
            let Some(seen) = self.seen(&self.shares().await?, &id, &arn).await? else { return Ok(Found::Absent) };
            let mut differences = self.differences(&seen);
            if differences.is_empty() {
                let sees = self.sees(&id).await?;
                if sees {
                    facts.set(&self.address(), "domain", id);
                }
                differences.extend(Difference::between("visible", sees, true).filter(|_| seen.ours));
            }
            Ok(match (seen.ours, differences.is_empty()) {
                (false, _) => Found::Foreign(differences),
                (true, true) => Found::Same,
                (true, false) => Found::Different(differences),
            })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        self.build(facts).boxed_local()
    }

    fn farewell(&self) -> Farewell {
        Farewell::Removed
    }

    fn undo<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let shares = self.shares().await?;
            let name = self.share_name(&facts.need(&self.studio.domain(), "id")?);
            for share in shares.named(&name).await?.iter().filter(|share| share::is_ours(share) && share::lives(share))
            {
                shares.delete(share.resource_share_arn().unwrap_or_default()).await?;
            }
            Ok(())
        }
        .boxed_local()
    }
}

/// How the names of our shares begin. `DataZone` is what AWS's managed policies ask for.
fn prefix(studio: Studio<'_>) -> String {
    format!("DataZone-{}-", studio.world.config.domain.name)
}

fn is_under_way(association: &ResourceShareAssociation) -> bool {
    matches!(association.status(), Some(Status::Associated | Status::Associating))
}

fn share_of(association: &ResourceShareAssociation) -> Option<String> {
    association.resource_share_arn.clone()
}

/// The association of an account that no tenant has any more, by a share of ours.
pub struct Stray<'w> {
    studio: Studio<'w>,
    share: String,
    account: String,
}

/// The associations that aiops made, of accounts that are in no stage of a tenant's now.
pub async fn strays(studio: Studio<'_>) -> Result<Vec<Stray<'_>>> {
    let accounts = studio.world.landscape.project_accounts();
    let shares = Shares { ram: studio.session(studio.governance()).await?.ram() };
    let mut strays = Vec::new();
    for share in shares.ours().await?.into_iter().filter(share::lives) {
        let account = share.name().and_then(|name| account_of(name, &prefix(studio)));
        let (Some(account), Some(arn)) = (account, share.resource_share_arn()) else { continue };
        if !accounts.iter().any(|known| known.place.account.as_str() == account) {
            strays.push(Stray { studio, share: arn.to_owned(), account: account.to_owned() });
        }
    }
    strays.sort_by(|left, right| left.account.cmp(&right.account));
    Ok(strays)
}

/// Whose a share of a domain is, by its name: the domain's name, its id and the account. Names of domains may begin alike.
fn account_of<'a>(name: &'a str, prefix: &str) -> Option<&'a str> {
    let (domain, account) = name.strip_prefix(prefix)?.rsplit_once('-')?;
    let is_id = domain.starts_with("dzd-") || domain.starts_with("dzd_");
    (is_id && account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}

impl Stray<'_> {
    async fn shares(&self) -> Result<Shares> {
        Ok(Shares { ram: self.studio.session(self.studio.governance()).await?.ram() })
    }

    /// A project of the domain `id` that has something in the account, if one does.
    async fn project(&self, id: &str) -> Result<Option<String>> {
        let datazone = self.studio.session(self.studio.governance()).await?.datazone();
        let mut projects = datazone.list_projects().domain_identifier(id).into_paginator().items().send();
        while let Some(project) = projects.next().await {
            let project = project.map_err(AwsError::from)?;
            let environments = datazone.list_environments().domain_identifier(id).project_identifier(project.id());
            let mut environments = environments.aws_account_id(&self.account).into_paginator().items().send();
            if environments.next().await.transpose().map_err(AwsError::from)?.is_some() {
                return Ok(Some(project.name().to_owned()));
            }
        }
        Ok(None)
    }
}

impl Resource for Stray<'_> {
    fn address(&self) -> Address {
        self.studio.association(&self.account)
    }

    fn reason(&self) -> String {
        "the account is in no stage of a tenant".to_owned()
    }

    fn look<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let shares = self.shares().await?;
            if !shares.get(&self.share).await?.is_some_and(|share| share::lives(&share)) {
                return Ok(Found::Same);
            }
            for arn in shares.resources(&self.share).await? {
                let domain = arn.rsplit('/').next().unwrap_or_default();
                let project = self.project(domain).await;
                let project = project.map_err(|error| error.context("cannot tell whether projects live there"))?;
                if let Some(project) = project {
                    return Ok(Found::Leftover(format!("the project {project} lives there")));
                }
            }
            Ok(Found::Unwanted)
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        self.undo(facts)
    }

    fn farewell(&self) -> Farewell {
        Farewell::Removed
    }

    fn undo<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move { Ok(self.shares().await?.delete(&self.share).await?) }.boxed_local()
    }
}

#[cfg(test)]
mod tests {
    use super::account_of;

    #[test]
    fn shares_are_told_apart_by_name() {
        for (name, account) in [
            ("DataZone-acme-dzd-1a2b-222222222222", Some("222222222222")),
            ("DataZone-acme-dzd_1a2b-222222222222", Some("222222222222")),
            ("DataZone-acme-gov-dzd-1a2b-222222222222", None),
            ("DataZone-acme-dzd-1a2b-2222", None),
            ("DataZone-acme-dzd-1a2b", None),
            ("acme-dzd-1a2b-222222222222", None),
        ] {
            assert_eq!(account_of(name, "DataZone-acme-"), account, "{name}");
        }
    }
}
