//! The domain, and how near it is to DataZone's quotas.

use aws_sdk_datazone::types::{DomainVersion, ManagedPolicyType, TargetEntityType};

use super::{Area, Examination, Finding, Status};
use crate::aws::error::AwsError;
use crate::aws::{Session, fanout};
use crate::domain::owner;
use crate::domain::survey::{self, Domain, Unit};
use crate::error::Result;

/// DataZone's quotas ("Amazon DataZone quotas").
const PROJECTS: usize = 1000;
const UNITS: usize = 500;
const DEPTH: usize = 5;
const POOLS: usize = 100;
const GRANTS: usize = 20;
const OWNERS: usize = 20;
/// From this share of a quota on, in per cent, it is time to do something.
const NEAR: usize = 80;

/// What can be granted on a domain unit.
const POLICIES: [ManagedPolicyType; 9] = [
    ManagedPolicyType::AddToProjectMemberPool,
    ManagedPolicyType::CreateAssetType,
    ManagedPolicyType::CreateDomainUnit,
    ManagedPolicyType::CreateFormType,
    ManagedPolicyType::CreateGlossary,
    ManagedPolicyType::CreateProject,
    ManagedPolicyType::CreateProjectFromProjectProfile,
    ManagedPolicyType::OverrideDomainUnitOwners,
    ManagedPolicyType::OverrideProjectOwners,
];

pub(super) async fn examine(examination: &Examination<'_>) -> Result<Vec<Finding>> {
    let world = examination.world;
    let place = world.landscape.governance();
    let name = world.config.domain.name.to_string();
    let session = examination.studio.session(place).await?;
    let finding = |status, what: String| Finding::new(Area::Domain, &place.account, "domain", status, what);
    let domains = survey::domains(&session, &name).await?;
    let domain = match domains.as_slice() {
        [] => {
            return Ok(vec![
                finding(Status::Problem, format!("there is no domain {name} in {}", place.region))
                    .why("nobody can work in SageMaker Unified Studio before there is one")
                    .fix("make it")
                    .command("aiops domain apply"),
            ]);
        }
        [only] => only,
        several => {
            let ids: Vec<&str> = several.iter().map(|domain| domain.id.as_str()).collect();
            return Ok(vec![
                finding(Status::Problem, format!("{} domains are called {name}: {}", ids.len(), ids.join(", ")))
                    .why("nobody can tell which one is meant, and aiops changes none of them")
                    .fix("delete those that are not meant, or give the domain another name in aiops.yaml"),
            ]);
        }
    };
    let mut findings = vec![state(&session, domain, &finding).await?];
    findings.extend(quotas(examination, &session, domain).await?);
    Ok(findings)
}

async fn state(session: &Session, domain: &Domain, finding: &impl Fn(Status, String) -> Finding) -> Result<Finding> {
    let read = session.datazone().get_domain().identifier(&domain.id).send().await.map_err(AwsError::from)?;
    let version = read.domain_version().map_or("V1", DomainVersion::as_str);
    let id = &domain.id;
    if version != DomainVersion::V2.as_str() {
        return Ok(finding(Status::Problem, format!("domain {id} is of version {version}"))
            .why("SageMaker Unified Studio works with domains of version V2; blueprints and profiles differ")
            .fix("upgrade it in the console, or give another name to the domain in aiops.yaml")
            .command("aiops domain plan"));
    }
    if domain.status != "AVAILABLE" {
        return Ok(finding(Status::Problem, format!("domain {id} is {}", domain.status))
            .why("nothing can be done in a domain that is not available")
            .fix("wait if it is being made; if its making failed, delete it and apply again")
            .command("aiops domain apply"));
    }
    Ok(finding(Status::Ok, format!("domain {id} is available, and of version {version}")))
}

async fn quotas(examination: &Examination<'_>, session: &Session, domain: &Domain) -> Result<Vec<Finding>> {
    let account = session.account.as_str();
    let client = session.datazone();
    let projects = survey::projects(session, domain).await?.len();
    let units = survey::units(session, domain).await?;
    let depth = units.iter().map(|unit| unit.depth).max().unwrap_or_default();
    let pools = client.list_account_pools().domain_identifier(&domain.id).into_paginator().items().send();
    let pools = pools.try_collect().await.map_err(AwsError::from)?.len();
    let mut counted = vec![
        (projects, PROJECTS, "projects".to_owned(), "delete projects that nobody works in"),
        (units.len(), UNITS, "domain units".to_owned(), "delete units of tenants that are gone"),
        (depth, DEPTH, "levels of domain units".to_owned(), "move the lowest units up"),
        (pools, POOLS, "account pools".to_owned(), "join pools, or delete those that no profile names"),
    ];
    let settings = &examination.world.config.concurrency;
    let question = async |unit: &Unit| of_unit(session, domain, unit).await;
    let answers = fanout::each(&units, settings.accounts, settings.account_timeout, examination.world.clock, question);
    let mut findings = Vec::new();
    for answer in answers.await {
        match answer {
            Ok(answer) => counted.extend(answer),
            Err(error) => findings.push(Finding::unasked(Area::Domain, account, &error)),
        }
    }
    findings.extend(counted.into_iter().filter_map(|(count, most, what, fix)| near(account, count, most, &what, fix)));
    if findings.is_empty() {
        let what =
            format!("{projects} projects, {} domain units, {pools} account pools: far from every quota", units.len());
        findings.push(Finding::new(Area::Domain, account, "quotas", Status::Ok, what));
    }
    Ok(findings)
}

/// What is counted, how much of it there may be, what it is, and what to do.
type Counted = (usize, usize, String, &'static str);

async fn of_unit(session: &Session, domain: &Domain, unit: &Unit) -> Result<Vec<Counted>> {
    let owners = owner::list(&session.datazone(), &domain.id, &unit.id).await?.len();
    let mut counted =
        vec![(owners, OWNERS, format!("owners of domain unit {}", unit.name), "let a group own it in their place")];
    for policy in POLICIES {
        let grants = survey::grants(session, domain, (TargetEntityType::DomainUnit, &unit.id), policy.clone()).await?;
        let what = format!("grants of {} in domain unit {}", policy.as_str(), unit.name);
        counted.push((grants.len(), GRANTS, what, "grant to groups; one grant of profiles carries many of them"));
    }
    Ok(counted)
}

fn near(account: &str, count: usize, most: usize, what: &str, fix: &str) -> Option<Finding> {
    if count * 100 < most * NEAR {
        return None;
    }
    let status = if count >= most { Status::Problem } else { Status::Warning };
    Some(
        Finding::new(Area::Domain, account, "quotas", status, format!("{count} of {most} {what}"))
            .why("DataZone refuses the next one with ServiceQuotaExceededException")
            .fix(format!(
                "{fix}; or ask AWS for more: {}",
                "https://console.aws.amazon.com/servicequotas/home/services/datazone/quotas"
            )),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_near_from_four_fifths_on() {
        let status = |count| near("1", count, 20, "grants", "fix").map(|finding| finding.status);
        assert_eq!(
            [status(15), status(16), status(19), status(20), status(21)],
            [None, Some(Status::Warning), Some(Status::Warning), Some(Status::Problem), Some(Status::Problem)]
        );
    }
}
