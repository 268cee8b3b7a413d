//! What the accounts of a domain have, and what profiles tell of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_datazone::operation::get_project_profile::GetProjectProfileOutput;
use aws_sdk_datazone::types::{
    AwsAccount, ManagedPolicyType, PolicyGrantPrincipal, ProjectGrantFilter, Region, TargetEntityType,
};

use super::super::survey::{self, Domain};
use super::made_by_aiops;
use crate::aws::Session;
use crate::aws::error::AwsError;
use crate::config::domain::{Network, ProjectRoles};
use crate::config::init::stage_in;
use crate::config::{BucketName, TenantName};
use crate::error::Result;
use crate::governance::Stage;

/// An account that sees the domain.
pub(super) struct Known {
    pub account: String,
    pub equipment: Equipment,
}

/// What an account has for projects.
#[derive(Clone, Debug, Default)]
pub(super) struct Equipment {
    /// The blueprints, by name.
    blueprints: BTreeSet<String>,
    /// What projects use, in each Region.
    pub regions: BTreeMap<String, Regional>,
    /// Roles that others made.
    pub roles: ProjectRoles,
    /// Ids of the units that may use it.
    pub units: BTreeSet<String>,
}

/// What projects of a Region use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Regional {
    pub network: Option<Network>,
    pub bucket: Option<BucketName>,
}

impl Known {
    pub fn blueprints(&self) -> impl Iterator<Item = &str> {
        self.equipment.blueprints.iter().map(String::as_str)
    }

    pub fn has(&self, blueprint: &str) -> bool {
        self.equipment.blueprints.contains(blueprint)
    }
}

impl Equipment {
    /// Whether it has nothing for projects.
    pub fn is_empty(&self) -> bool {
        self.blueprints.is_empty()
    }
}

/// What the session's account has.
pub(super) async fn equipment(
    session: &Session,
    domain: &Domain,
    names: &HashMap<String, String>,
) -> Result<Equipment> {
    let mut found = Equipment::default();
    for item in survey::blueprint_configurations(session, domain).await? {
        let id = item.environment_blueprint_id();
        found.blueprints.insert(names.get(id).cloned().unwrap_or_else(|| id.to_owned()));
        for region in item.enabled_regions() {
            let own = found.regions.entry(region.clone()).or_default();
            let Some(parameters) = item.regional_parameters().and_then(|all| all.get(region)) else { continue };
            let bucket = parameters.get("S3Location").and_then(|location| location.strip_prefix("s3://"));
            own.bucket = own.bucket.take().or(bucket.and_then(|name| name.split('/').next()?.parse().ok()));
            own.network = own.network.take().or_else(|| network(parameters));
        }
        for (role, slot) in [
            (item.manage_access_role_arn(), &mut found.roles.manage_access),
            (item.provisioning_role_arn(), &mut found.roles.provisioning),
        ] {
            if slot.is_none()
                && let Some(arn) = role
                && !made_by_aiops(session, arn).await?
            {
                *slot = arn.parse().ok();
            }
        }
        let entity = format!("{}:{id}", session.account);
        let target = (TargetEntityType::EnvironmentBlueprintConfiguration, entity.as_str());
        let policy = ManagedPolicyType::CreateEnvironmentFromBlueprint;
        for grant in survey::grants(session, domain, target, policy).await? {
            if let Some(PolicyGrantPrincipal::Project(project)) = grant.principal()
                && let Some(ProjectGrantFilter::DomainUnitFilter(filter)) = project.project_grant_filter()
            {
                found.units.insert(filter.domain_unit().to_owned());
            }
        }
    }
    Ok(found)
}

fn network(parameters: &HashMap<String, String>) -> Option<Network> {
    let vpc = parameters.get("VpcId")?.parse().ok()?;
    let subnets = parameters.get("Subnets")?.split(',').map(|subnet| subnet.trim().parse()).collect::<Result<_>>();
    Some(Network { vpc, subnets: subnets.ok()? })
}

/// That a profile makes environments in an account.
pub(super) struct Use {
    pub tenant: Option<TenantName>,
    /// The stage, if the profile's name tells one.
    pub stage: Option<Stage>,
    pub account: String,
    pub region: String,
}

/// Everything about each profile of a domain.
pub(super) async fn profiles(session: &Session, domain: &Domain) -> Result<Vec<GetProjectProfileOutput>> {
    let mut profiles = Vec::new();
    for summary in survey::profiles(session, domain).await? {
        let client = session.datazone();
        let read = client.get_project_profile().domain_identifier(&domain.id).identifier(summary.id()).send().await;
        profiles.push(read.map_err(AwsError::from)?);
    }
    Ok(profiles)
}

/// What profiles tell of accounts.
pub(super) fn uses(profiles: &[GetProjectProfileOutput], units: &[(String, TenantName)]) -> Vec<Use> {
    let mut uses = Vec::new();
    for profile in profiles {
        let unit = profile.domain_unit_id();
        let tenant = units.iter().find(|(id, _)| Some(id.as_str()) == unit).map(|(_, tenant)| tenant.clone());
        for environment in profile.environment_configurations() {
            if let (Some(AwsAccount::AwsAccountId(account)), Some(Region::RegionName(region))) =
                (environment.aws_account(), environment.aws_region())
            {
                uses.push(Use {
                    tenant: tenant.clone(),
                    stage: stage_in(profile.name()),
                    account: account.clone(),
                    region: region.clone(),
                });
            }
        }
    }
    uses
}
