//! In which Regions everything is.

use std::collections::BTreeSet;

use aws_sdk_ssoadmin::types::InstanceMetadata;

use super::{Area, Examination, Finding, Status};
use crate::aws::Session;
use crate::aws::error::AwsError;
use crate::domain::survey;
use crate::error::Result;

pub(super) async fn examine(examination: &Examination<'_>) -> Result<Vec<Finding>> {
    let mut findings = identity_center(examination).await?;
    findings.extend(accounts(examination));
    findings.extend(blueprints(examination).await?);
    Ok(findings)
}

async fn identity_center(examination: &Examination<'_>) -> Result<Vec<Finding>> {
    let world = examination.world;
    let place = world.landscape.governance();
    let region = place.region.as_str();
    let finding = |status, what: String| Finding::new(Area::Regions, &place.account, "identity center", status, what);
    if !world.config.domain.single_sign_on {
        return Ok(vec![finding(Status::Skipped, "people do not sign in through IAM Identity Center".to_owned())]);
    }
    let session = examination.studio.session(place).await?;
    let wanted = world.config.domain.identity_center.as_ref().map(ToString::to_string);
    let counts = |instance: &InstanceMetadata| wanted.is_none() || instance.instance_arn() == wanted.as_deref();
    if instances(&session, region).await?.iter().any(counts) {
        return Ok(vec![finding(Status::Ok, format!("IAM Identity Center is in {region}, as the domain is"))]);
    }
    let mut elsewhere = Vec::new();
    for other in examination.regions().iter().filter(|other| *other != region) {
        if instances(&session, other).await?.iter().any(counts) {
            elsewhere.push(other.clone());
        }
    }
    let named = wanted.map(|arn| format!(" ({arn})")).unwrap_or_default();
    let (what, fix) = match elsewhere.first() {
        Some(other) => (
            format!("IAM Identity Center{named} is in {other}, and the domain in {region}"),
            format!("put the domain where it is: `region: {other}` under `governance` in aiops.yaml"),
        ),
        None => (
            format!("there is no instance of IAM Identity Center{named} in {region}"),
            format!("enable it in {region}, or write `single-sign-on: false` under `domain` in aiops.yaml"),
        ),
    };
    Ok(vec![
        finding(Status::Problem, what)
            .why("a domain takes users and groups only from IAM Identity Center in its own Region")
            .fix(format!("{fix}; {}", super::console(region, "singlesignon/home"))),
    ])
}

async fn instances(session: &Session, region: &str) -> Result<Vec<InstanceMetadata>> {
    let pages = session.in_region(region).sso_admin().list_instances().into_paginator().items().send();
    Ok(pages.try_collect().await.map_err(AwsError::from)?)
}

fn accounts(examination: &Examination<'_>) -> Vec<Finding> {
    let region = &examination.world.landscape.governance().region;
    let accounts = examination.world.landscape.project_accounts();
    let far = accounts.iter().filter(|account| account.place.region != *region).map(|account| {
        let place = &account.place;
        let what = format!("projects are in {}, the domain is in {region}", place.region);
        Finding::new(Area::Regions, &place.account, "account", Status::Warning, what)
            .why("the account is associated in the domain's Region; its bucket, network and data are far from there")
            .fix(format!("write `region: {region}` for this account in aiops.yaml, unless its data has to stay there"))
    });
    let far: Vec<Finding> = far.collect();
    if far.is_empty() {
        let what = format!("the domain and all {} accounts are in {region}", accounts.len());
        let governance = &examination.world.landscape.governance().account;
        return vec![Finding::new(Area::Regions, governance, "account", Status::Ok, what)];
    }
    far
}

/// Blueprints that are enabled where no stage of an account is.
async fn blueprints(examination: &Examination<'_>) -> Result<Vec<Finding>> {
    let Some((governance, domain)) = examination.domain().await? else {
        return Ok(examination.without_domain(Area::Regions));
    };
    let names = survey::blueprint_names(&governance, &domain).await?;
    let accounts = examination.world.landscape.project_accounts();
    let found = examination
        .each_account(Area::Regions, async |account, session| {
            let session = session.in_region(&governance.region);
            let Some(configured) = survey::blueprint_configurations_if_seen(&session, &domain).await? else {
                return Ok(Vec::new());
            };
            let number = &account.place.account;
            let own: BTreeSet<&str> = accounts
                .iter()
                .filter(|other| other.place.account == *number)
                .map(|other| other.place.region.as_str())
                .collect();
            let stray = configured.iter().filter_map(|item| {
                let regions: Vec<&str> =
                    item.enabled_regions().iter().map(String::as_str).filter(|region| !own.contains(region)).collect();
                let id = item.environment_blueprint_id();
                let name = names.get(id).map_or(id, String::as_str);
                (!regions.is_empty()).then(|| format!("{name} in {}", regions.join(", ")))
            });
            let stray: Vec<String> = stray.collect();
            if stray.is_empty() {
                return Ok(Vec::new());
            }
            let what = format!("blueprints are enabled where no stage of the account is: {}", stray.join("; "));
            Ok(vec![
                Finding::new(Area::Regions, number, "blueprints", Status::Warning, what)
                    .why("projects can be made in a Region that has no network, bucket or policies for them")
                    .fix("enable them only where aiops.yaml has a stage")
                    .command("aiops domain apply"),
            ])
        })
        .await;
    if found.is_empty() {
        let what = "blueprints are enabled only where stages are";
        return Ok(vec![Finding::new(Area::Regions, &governance.account, "blueprints", Status::Ok, what)]);
    }
    Ok(found)
}

impl Examination<'_> {
    /// Every Region of the landscape.
    fn regions(&self) -> BTreeSet<String> {
        let landscape = self.world.landscape;
        let projects = landscape.project_accounts();
        let projects = projects.iter().map(|account| account.place.region.to_string());
        let others = [landscape.governance(), landscape.management(), landscape.central()];
        projects.chain(others.map(|place| place.region.to_string())).collect()
    }
}
