//! An existing landscape, read back: what an `aiops.yaml` has to say so that nothing is to be done.
//!
//! What AWS does not tell (which account is whose prod?) is taken from names; what they do not tell either is asked, or
//! left as a question. Nothing is changed.

mod account;
mod assign;
mod people;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use aws_sdk_datazone::operation::get_domain::GetDomainOutput;
use aws_sdk_datazone::types::{AuthType, DomainSummary, DomainVersion};

use self::account::{Equipment, Known};
use super::survey::{self, Domain};
use super::{MANAGED_BY, MARK};
use crate::aws::error::{AwsError, Class};
use crate::aws::{Aws, Session, fanout};
use crate::clock::SharedClock;
use crate::config::init::{Answers, TenantAnswers};
use crate::config::roles::Roles;
use crate::config::{self, AccountId, BlueprintName, RegionName, TenantName};
use crate::error::{Error, Kind, Result};
use crate::governance::Persona;
use crate::landscape::{RoleToAssume, partition};
use crate::organization::{self, Member};
use crate::profile::discover::Made;
use crate::progress::Progress;

/// Somebody who may know more: a question and its answers; which one, if they do.
pub type Asking<'a> = dyn Fn(&str, &[String]) -> Result<Option<usize>> + 'a;

/// Where to look, and what is known before.
pub struct Search<'a> {
    /// The way into the accounts.
    pub aws: &'a Aws,
    /// Time.
    pub clock: &'a SharedClock,
    /// Somebody to tell.
    pub progress: &'a dyn Progress,
    /// Somebody to ask.
    pub ask: &'a Asking<'a>,
    /// The Region of the domain.
    pub region: RegionName,
    /// The account of the domain. Default: the caller's, or the one whose domain is shared with it.
    pub governance: Option<AccountId>,
    /// The account of the central registry.
    pub shared_services: Option<AccountId>,
    /// Tenants whose accounts are known.
    pub tenants: Vec<TenantAnswers>,
    /// The domain, where there are several.
    pub domain: Option<String>,
}

/// How many accounts are asked at once, and how long each may take.
const AT_ONCE: usize = 8;
const WITHIN: std::time::Duration = std::time::Duration::from_secs(60);
/// RAM, as Organizations knows it.
const RAM: &str = "ram.amazonaws.com";

/// The organization, as far as it can be read.
#[derive(Default)]
struct Around {
    management: Option<String>,
    members: Vec<(Member, Vec<String>, Vec<String>)>,
    shares_within: Option<bool>,
}

/// Reads everything. What is not known is among the questions.
pub async fn discover(search: &Search<'_>) -> Result<Answers> {
    let caller = search.aws.caller().await?.account.clone();
    let mut questions = Vec::new();
    let around = search.organization(&mut questions).await;
    let start = search.governance.as_ref().map_or(caller.as_str(), AccountId::as_str).to_owned();
    let session = search.enter(&start).await?;
    let chosen = search.choose(&session).await?;
    let governance = chosen.as_ref().map_or(start.as_str(), |domain| domain.managed_account_id()).to_owned();
    let session = if governance == start { session } else { search.enter(&governance).await? };
    let mut answers = Answers {
        management: around.management.clone().filter(|account| *account != governance).and_then(|id| id.parse().ok()),
        ..Answers::new(search.region.clone(), governance.parse()?)
    };
    let inside = match &chosen {
        Some(chosen) => Some(search.inside(&session, chosen, &around, &mut answers, &mut questions).await?),
        None => {
            questions.push(format!(
                "There is no domain of version V2 in account {governance} in {}: `aiops domain apply` makes one.",
                search.region
            ));
            None
        }
    };
    let known = inside.unwrap_or_default();
    search.assign(&around, &known, &mut answers, &mut questions)?;
    known.made.write(&mut answers, &mut questions);
    search.central(&around, &mut answers, &mut questions).await?;
    Ok(Answers { questions, ..answers })
}

/// What is in the domain, as far as accounts are concerned.
#[derive(Default)]
struct Inside {
    /// The accounts that see the domain.
    accounts: Vec<Known>,
    /// Id and name of each unit that is a tenant's.
    units: Vec<(String, TenantName)>,
    /// What profiles tell of accounts.
    profiles: Vec<account::Use>,
    /// The profiles and account pools that aiops made.
    made: Made,
}

impl Search<'_> {
    /// A session in an account as administrator; where that role is not there, with the credentials of the caller, if they
    /// are of the account; or in the role that Organizations made.
    async fn enter(&self, account: &str) -> Result<Session> {
        let region = self.region.as_str();
        let administrator = Roles::default().persona(Persona::Administrator).reference().to_string();
        let role = |name: &str| RoleToAssume {
            arn: format!("arn:{}:iam::{account}:role/{name}", partition(region)),
            external_id: None,
        };
        let refused = match self.aws.session(account, region, Some(&role(&administrator))).await {
            Err(error) if error.kind() == Kind::Denied => error,
            opened => return opened,
        };
        if self.aws.caller().await?.account == account {
            return self.aws.session(account, region, None).await;
        }
        let made = role(super::access::ORGANIZATION_ROLE);
        self.aws.plain_session(account, region, &made).await.map_err(|_: Error| refused)
    }

    async fn organization(&self, questions: &mut Vec<String>) -> Around {
        match self.read_organization().await {
            Ok(around) => around,
            Err(error) => {
                questions.push(format!(
                    "The organization was not read ({}): names of accounts are unknown. Which is the management account?",
                    told(&error)
                ));
                Around::default()
            }
        }
    }

    async fn read_organization(&self) -> Result<Around> {
        let caller = self.aws.caller().await?.account.clone();
        let own = self.enter(&caller).await?;
        let described = own.organizations().describe_organization().send().await.map_err(organization::explained)?;
        let management = described.organization.and_then(|known| known.master_account_id).unwrap_or_default();
        let session = self.enter(&management).await?;
        let mut members = Vec::new();
        organization::each_account(&session, |node, member| {
            members.push((member, node.path.clone(), node.ids.clone()));
        })
        .await?;
        let mut pages = session.organizations().list_aws_service_access_for_organization().into_paginator().send();
        let mut shares_within = false;
        while let Some(page) = pages.next().await {
            let page = page.map_err(organization::explained)?;
            shares_within |= page.enabled_service_principals().iter().any(|one| one.service_principal() == Some(RAM));
        }
        let shares_within = Some(shares_within);
        Ok(Around { management: Some(management), members, shares_within })
    }

    /// The domain that is meant: the account's own before those that are shared with it.
    async fn choose(&self, session: &Session) -> Result<Option<DomainSummary>> {
        let pages = session.datazone().list_domains().into_paginator().items().send();
        let all: Vec<DomainSummary> = pages.try_collect().await.map_err(AwsError::from)?;
        let meant = |domain: &DomainSummary| {
            *domain.domain_version().unwrap_or(&DomainVersion::V1) == DomainVersion::V2
                && domain.status().as_str() == "AVAILABLE"
                && self.domain.as_ref().is_none_or(|name| name == domain.name())
        };
        let (own, shared): (Vec<_>, Vec<_>) =
            all.into_iter().filter(meant).partition(|domain| domain.managed_account_id() == session.account);
        let mut found = if own.is_empty() { shared } else { own };
        if found.len() > 1 {
            let titles: Vec<String> =
                found.iter().map(|domain| format!("{} ({})", domain.name(), domain.id())).collect();
            return match (self.ask)("Which domain?", &titles)? {
                Some(index) if index < found.len() => Ok(Some(found.swap_remove(index))),
                _ => Err(Error::usage(format!("there are several domains: {}", titles.join(", ")))
                    .hint("name the one that is meant: --domain NAME")),
            };
        }
        match (found.pop(), &self.domain) {
            (None, Some(name)) => Err(Error::usage(format!("there is no domain {name} of version V2 here"))),
            (found, _) => Ok(found),
        }
    }

    /// What the domain and the accounts that see it are like.
    async fn inside(
        &self,
        session: &Session,
        chosen: &DomainSummary,
        around: &Around,
        answers: &mut Answers,
        questions: &mut Vec<String>,
    ) -> Result<Inside> {
        let read = session.datazone().get_domain().identifier(chosen.id()).send().await.map_err(AwsError::from)?;
        let domain = Domain {
            id: chosen.id().to_owned(),
            arn: chosen.arn().to_owned(),
            status: chosen.status().as_str().to_owned(),
            portal: None,
            root_unit: read.root_domain_unit_id().unwrap_or_default().to_owned(),
        };
        let actor = session.caller().await?.arn;
        let mut people = people::People::new(session, &domain, &actor);
        let mut settings = settings(session, &read).await?;
        settings.organization_sharing = around.shares_within.unwrap_or(true);
        let units = survey::units(session, &domain).await.map_err(|error| {
            error.hint(
                "an owner of the root unit has to let you in: `aiops domain apply` makes whoever acts one of them",
            )
        })?;
        settings.owners = people.owners(&domain.root_unit).await?;
        let mut tenants = Vec::new();
        for unit in units.iter().filter(|unit| unit.depth > 0) {
            let Ok(name) = unit.name.parse::<TenantName>() else {
                questions
                    .push(format!("Domain unit {:?} has no name that a tenant can have, and is left out.", unit.name));
                continue;
            };
            if unit.depth > 1 {
                questions.push(format!("Domain unit {name} is below another unit, and is left out."));
                continue;
            }
            let ours = unit.description.as_deref().and_then(|text| text.strip_suffix(MARK)).map(str::trim_end);
            answers.tenants.push(TenantAnswers {
                title: ours.and_then(|title| title.parse().ok()),
                owners: people.owners(&unit.id).await?,
                members: people.members(&unit.id).await?,
                ..TenantAnswers::named(name.clone())
            });
            tenants.push((unit.id.clone(), name));
        }
        questions.append(&mut people.unwritten);
        let accounts = self.accounts(session, &domain, around, questions).await?;
        let mut blueprints: BTreeSet<&str> = accounts.iter().flat_map(Known::blueprints).collect();
        for known in &accounts {
            let lacking: Vec<&str> = blueprints.iter().copied().filter(|name| !known.has(name)).collect();
            if !lacking.is_empty() && !known.equipment.is_empty() {
                let account = &known.account;
                questions.push(format!("Account {account} lacks blueprints that others have: {}.", lacking.join(", ")));
            }
        }
        if !blueprints.is_empty() {
            // What all others stand on comes first.
            let tooling = blueprints.take("Tooling");
            let names = tooling.into_iter().chain(blueprints);
            settings.blueprints = names.map(str::parse::<BlueprintName>).collect::<Result<_>>()?;
        }
        answers.domain = Some(settings);
        let profiles = account::profiles(session, &domain).await?;
        let made = Made::read(session, &domain, &profiles, &tenants).await.unwrap_or_else(|error| {
            questions.push(format!(
                "Project profiles and account pools were not read ({}), and are not written. Before `aiops profile apply`, \
                 write them: it removes what aiops made and is not in this file.",
                told(&error)
            ));
            Made::default()
        });
        Ok(Inside { accounts, profiles: account::uses(&profiles, &tenants), units: tenants, made })
    }

    /// The accounts that the domain is shared with, each asked for what it has.
    async fn accounts(
        &self,
        session: &Session,
        domain: &Domain,
        around: &Around,
        questions: &mut Vec<String>,
    ) -> Result<Vec<Known>> {
        let shared = super::accounts::shared(session, domain).await?;
        let mut accounts = shared.accounts.clone();
        let reached = around.members.iter().filter(|(member, _, ids)| shared.reaches(&member.id, ids));
        accounts.extend(reached.map(|(member, ..)| member.id.clone()));
        let management = around.management.as_deref();
        if shared.is_wide() {
            accounts.retain(|account| Some(account.as_str()) != management);
        }
        accounts.insert(session.account.clone());
        let accounts: Vec<String> = accounts.into_iter().collect();
        let names = survey::blueprint_names(session, domain).await?;
        let task = self.progress.start("asking accounts");
        let question = async |account: &String| {
            let session = self.enter(account).await?;
            account::equipment(&session, domain, &names).await
        };
        let answers = fanout::each(&accounts, AT_ONCE, WITHIN, self.clock, question).await;
        task.finish(&format!("{} asked", accounts.len()));
        let mut known = Vec::new();
        for (account, answer) in accounts.into_iter().zip(answers) {
            let equipment = answer.unwrap_or_else(|error| {
                questions.push(format!("Account {account} could not be asked what it has: {}", told(&error)));
                Equipment::default()
            });
            // The domain's own account counts only if projects live in it.
            if account != session.account || !equipment.is_empty() {
                known.push(Known { account, equipment });
            }
        }
        Ok(known)
    }
}

/// An error on one line, with its causes.
fn told(error: &Error) -> String {
    error.causes().fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// What the configuration has to say about a domain itself.
async fn settings(session: &Session, read: &GetDomainOutput) -> Result<config::domain::Domain> {
    let name = read.name().unwrap_or_default();
    let on = read.single_sign_on().filter(|sso| sso.r#type() == Some(&AuthType::IamIdc));
    let automatic = on.and_then(|sso| sso.user_assignment()).is_some_and(|kind| kind.as_str() == "AUTOMATIC");
    let tags = read.tags().into_iter().flatten().filter(|(key, _)| *key != MANAGED_BY.0 && !key.starts_with("aws:"));
    let foreign = async |arn: Option<&str>| -> Result<Option<config::RoleArn>> {
        match arn {
            Some(arn) if !made_by_aiops(session, arn).await? => arn.parse().map(Some),
            _ => Ok(None),
        }
    };
    Ok(config::domain::Domain {
        name: name
            .parse()
            .map_err(|error: Error| error.context("the domain has a name that aiops.yaml cannot hold"))?,
        description: read.description().filter(|text| !text.is_empty()).map(str::to_owned),
        single_sign_on: on.is_some(),
        user_assignment: match automatic {
            true => config::domain::UserAssignment::Automatic,
            false => config::domain::UserAssignment::Manual,
        },
        identity_center: on.and_then(|sso| sso.idc_instance_arn()).and_then(|arn| arn.parse().ok()),
        kms_key: read.kms_key_identifier().and_then(|key| key.parse().ok()),
        tags: tags.map(|(key, value)| (key.clone(), value.clone())).collect(),
        roles: config::domain::DomainRoles {
            execution: foreign(Some(read.domain_execution_role())).await?,
            service: foreign(read.service_role()).await?,
        },
        ..config::domain::Domain::default()
    })
}

/// Whether aiops made a role. One that may not be looked at counts as somebody else's.
async fn made_by_aiops(session: &Session, arn: &str) -> Result<bool> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    let mut pages = session.iam().list_role_tags().role_name(name).into_paginator().items().send();
    while let Some(tag) = pages.next().await {
        match tag.map_err(AwsError::from) {
            Ok(tag) if (tag.key(), tag.value()) == MANAGED_BY => return Ok(true),
            Ok(_) => {}
            Err(error) if matches!(error.class(), Class::NotFound | Class::Denied) => return Ok(false),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}
