//! What is in a domain, read from AWS: for `show`, `delete` and the verification.

use std::collections::HashMap;

use aws_sdk_datazone::types::{
    DomainStatus, EnvironmentBlueprintConfigurationItem, ManagedPolicyType, PolicyGrantMember, ProjectProfileSummary,
    ProjectSummary, TargetEntityType,
};

use super::{grant, owner};
use crate::aws::Session;
use crate::aws::error::{AwsError, Class};
use crate::error::Result;

/// A domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Domain {
    /// Its id.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Its state, in AWS's words.
    pub status: String,
    /// Where people work in it.
    pub portal: Option<String>,
    /// Id of its root unit.
    pub root_unit: String,
}

/// The domains called `name` that `session`'s account owns.
pub(crate) async fn domains(session: &Session, name: &str) -> Result<Vec<Domain>> {
    let mut pages = session.datazone().list_domains().into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(summary) = pages.next().await {
        let summary = summary.map_err(AwsError::from)?;
        if summary.name() != name || summary.managed_account_id() != session.account {
            continue;
        }
        // For a while AWS lists what it has deleted.
        if *summary.status() == DomainStatus::Deleted {
            continue;
        }
        let domain = session.datazone().get_domain().identifier(summary.id()).send().await.map_err(AwsError::from)?;
        found.push(Domain {
            id: summary.id().to_owned(),
            arn: summary.arn().to_owned(),
            status: summary.status().as_str().to_owned(),
            portal: summary.portal_url().map(str::to_owned),
            root_unit: domain.root_domain_unit_id().unwrap_or_default().to_owned(),
        });
    }
    Ok(found)
}

/// A domain unit and what is below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What is said about it.
    pub description: Option<String>,
    /// How many units are above it.
    pub depth: usize,
    /// The ids of the units above it, the root first.
    pub ancestors: Vec<String>,
}

/// Every unit of a domain, each before those below it.
pub(crate) async fn units(session: &Session, domain: &Domain) -> Result<Vec<Unit>> {
    let mut found = Vec::new();
    let mut open = vec![(domain.root_unit.clone(), Vec::<String>::new())];
    while let Some((id, ancestors)) = open.pop() {
        let client = session.datazone();
        let read = client.get_domain_unit().domain_identifier(&domain.id).identifier(&id).send().await;
        let unit = read.map_err(AwsError::from)?;
        let mut pages = client
            .list_domain_units_for_parent()
            .domain_identifier(&domain.id)
            .parent_domain_unit_identifier(&id)
            .into_paginator()
            .items()
            .send();
        let below: Vec<String> = ancestors.iter().cloned().chain([id.clone()]).collect();
        let mut children = Vec::new();
        while let Some(child) = pages.next().await {
            let child = child.map_err(AwsError::from)?;
            children.push((child.name().to_owned(), child.id().to_owned()));
        }
        children.sort();
        open.extend(children.into_iter().rev().map(|(_, child)| (child, below.clone())));
        found.push(Unit {
            name: unit.name().to_owned(),
            description: unit.description().map(str::to_owned),
            depth: ancestors.len(),
            ancestors,
            id,
        });
    }
    Ok(found)
}

/// Who owns a unit: the names of users and groups, or their ids where they have no name.
pub(crate) async fn owners(session: &Session, domain: &Domain, unit: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for owner in owner::list(&session.datazone(), &domain.id, unit).await? {
        names.push(match owner.group {
            true => group_title(session, domain, &owner.id).await,
            false => user_title(session, domain, &owner.id).await,
        });
    }
    names.sort();
    Ok(names)
}

/// `group` and the name of a group of IAM Identity Center, or the ARN of the role whose sessions it is; failing both, its id.
pub(crate) async fn group_title(session: &Session, domain: &Domain, id: &str) -> String {
    let client = session.datazone();
    let read = client.get_group_profile().domain_identifier(&domain.id).group_identifier(id).send().await;
    let name = read.ok().and_then(|profile| profile.role_principal_arn().or(profile.group_name()).map(str::to_owned));
    format!("group {}", name.unwrap_or_else(|| id.to_owned()))
}

/// `user` and the name of a user of IAM Identity Center, or the ARN of one of IAM; failing both, the id.
pub(crate) async fn user_title(session: &Session, domain: &Domain, id: &str) -> String {
    let client = session.datazone();
    let read = client.get_user_profile().domain_identifier(&domain.id).user_identifier(id).send().await;
    let name = read.ok().and_then(|profile| user_name(profile.details()?));
    format!("user {}", name.unwrap_or_else(|| id.to_owned()))
}

fn user_name(details: &aws_sdk_datazone::types::UserProfileDetails) -> Option<String> {
    use aws_sdk_datazone::types::UserProfileDetails;
    match details {
        UserProfileDetails::Iam(user) => user.arn().map(str::to_owned),
        UserProfileDetails::Sso(user) => user.username().map(str::to_owned),
        _ => None,
    }
}

/// The profiles of a domain.
pub(crate) async fn profiles(session: &Session, domain: &Domain) -> Result<Vec<ProjectProfileSummary>> {
    let pages =
        session.datazone().list_project_profiles().domain_identifier(&domain.id).into_paginator().items().send();
    Ok(pages.try_collect().await.map_err(AwsError::from)?)
}

/// The projects of a domain.
pub(crate) async fn projects(session: &Session, domain: &Domain) -> Result<Vec<ProjectSummary>> {
    let pages = session.datazone().list_projects().domain_identifier(&domain.id).into_paginator().items().send();
    Ok(pages.try_collect().await.map_err(AwsError::from)?)
}

/// The blueprints that are configured in the session's account.
pub(crate) async fn blueprint_configurations(
    session: &Session,
    domain: &Domain,
) -> Result<Vec<EnvironmentBlueprintConfigurationItem>> {
    let client = session.datazone();
    let pages = client
        .list_environment_blueprint_configurations()
        .domain_identifier(&domain.id)
        .into_paginator()
        .items()
        .send();
    Ok(pages.try_collect().await.map_err(AwsError::from)?)
}

/// The names of a domain's managed blueprints, by id.
pub(crate) async fn blueprint_names(session: &Session, domain: &Domain) -> Result<HashMap<String, String>> {
    let client = session.datazone();
    let mut pages = client
        .list_environment_blueprints()
        .domain_identifier(&domain.id)
        .managed(true)
        .into_paginator()
        .items()
        .send();
    let mut names = HashMap::new();
    while let Some(blueprint) = pages.next().await {
        let blueprint = blueprint.map_err(AwsError::from)?;
        names.insert(blueprint.id().to_owned(), blueprint.name().to_owned());
    }
    Ok(names)
}

/// The grants of one policy on an entity.
pub(crate) async fn grants(
    session: &Session,
    domain: &Domain,
    entity: (TargetEntityType, &str),
    policy: ManagedPolicyType,
) -> Result<Vec<PolicyGrantMember>> {
    match grant::list(&session.datazone(), &domain.id, entity, policy).await {
        Ok(grants) => Ok(grants),
        Err(error) if error.class() == Class::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// [`blueprint_configurations`]; none if the session's account does not see the domain, in whatever words AWS says so.
pub(crate) async fn blueprint_configurations_if_seen(
    session: &Session,
    domain: &Domain,
) -> Result<Option<Vec<EnvironmentBlueprintConfigurationItem>>> {
    if !sees(session, domain).await? {
        return Ok(None);
    }
    blueprint_configurations(session, domain).await.map(Some)
}

/// Whether the session's account sees the domain. One that is not shared with it is not there for it.
pub(crate) async fn sees(session: &Session, domain: &Domain) -> Result<bool> {
    match session.datazone().get_domain().identifier(&domain.id).send().await.map_err(AwsError::from) {
        Ok(_) => Ok(true),
        Err(error) if matches!(error.class(), Class::Denied | Class::NotFound | Class::Unauthenticated) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
