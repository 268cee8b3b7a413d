//! A dry creation of projects: everything that DataZone will ask for when somebody creates one, asked now.
//!
//! Nothing is created. What AWS would say only after minutes (`FAILED_VALIDATION`) or without a reason (`User is not
//! permitted to perform operation: CreateProject`) is told here with what is missing.

use std::collections::{BTreeMap, HashMap, HashSet};

use aws_sdk_datazone::types::{
    AwsAccount, EnvironmentBlueprintConfigurationItem, ManagedPolicyType, PolicyGrantDetail, PolicyGrantMember,
    PolicyGrantPrincipal, ProjectGrantFilter, Region, TargetEntityType,
};
use serde::Serialize;

use super::survey::{self, Domain, Unit};
use super::{Studio, is_ours};
use crate::aws::error::{AwsError, Class};
use crate::aws::{Session, fanout};
use crate::config::domain::Profile;
use crate::error::{Error, Kind, Result};
use crate::landscape::ProjectAccount;

/// What a profile needs before a project can be created from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// The profile.
    pub profile: String,
    /// The unit that its projects are in.
    pub unit: String,
    /// What is missing; nothing if projects can be created.
    pub problems: Vec<String>,
    /// Whether an account that it needs could not be asked.
    pub open: bool,
}

/// What was found by a verification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// What is wrong with the domain or an account, whatever the profile.
    pub problems: Vec<String>,
    /// Accounts that could not be asked, and why.
    pub unreachable: Vec<String>,
    /// Each profile that aiops made.
    pub profiles: Vec<Check>,
}

impl Verified {
    /// Whether projects can be created from every profile.
    pub fn passed(&self) -> bool {
        self.is_well() && self.unreachable.is_empty()
    }

    fn is_well(&self) -> bool {
        self.problems.is_empty() && self.profiles.iter().all(|check| check.problems.is_empty())
    }

    /// How it counts for the exit code.
    pub fn verdict(&self) -> Option<Kind> {
        match (self.is_well(), self.unreachable.is_empty()) {
            (false, _) => Some(Kind::Failed),
            (true, false) => Some(Kind::Partial),
            (true, true) => None,
        }
    }
}

/// What an account has, as far as projects need it.
struct Equipped {
    account: String,
    configurations: Vec<EnvironmentBlueprintConfigurationItem>,
    /// Why DataZone cannot take a role, by the role's ARN.
    roles: HashMap<String, String>,
    /// The grants of each blueprint that is configured, by the blueprint's id.
    grants: HashMap<String, Vec<PolicyGrantMember>>,
}

/// Asks everything that the creation of a project from any profile of ours would ask.
pub async fn verify(studio: &Studio<'_>) -> Result<Verified> {
    let world = studio.world;
    let session = studio.session(studio.governance()).await?;
    let name = world.config.domain.name.to_string();
    let domains = survey::domains(&session, &name).await?;
    let Some(domain) = domains.into_iter().next() else {
        return Err(Error::failed(format!("there is no domain {name}")).hint("make it: aiops domain apply"));
    };
    let mut verified = Verified::default();
    if domain.status != "AVAILABLE" {
        verified.problems.push(format!("the domain is {}", domain.status));
    }
    let units = survey::units(&session, &domain).await?;
    let accounts = world.landscape.project_accounts();
    let concurrency = &world.config.concurrency;
    let question = async |account: &ProjectAccount| {
        let session = studio.session(&account.place).await?;
        equipped(&session, &domain).await
    };
    let answers =
        fanout::each(&accounts, concurrency.accounts, concurrency.account_timeout, world.clock, question).await;
    let mut equipment = Vec::new();
    for (account, answer) in accounts.iter().zip(answers) {
        match answer {
            Ok(answer) => equipment.push(answer),
            Err(error) => {
                let causes: String = error.causes().map(|cause| format!(": {cause}")).collect();
                verified.unreachable.push(format!("{}: {error}{causes}", account.place));
            }
        }
    }
    let create = grants_of_units(&session, &domain, &units, ManagedPolicyType::CreateProjectFromProjectProfile).await?;
    let join = grants_of_units(&session, &domain, &units, ManagedPolicyType::AddToProjectMemberPool).await?;
    let blueprints = survey::blueprint_names(&session, &domain).await?;
    let wanted = enabled_profiles(studio);
    for summary in survey::profiles(&session, &domain).await? {
        if !is_ours(summary.description()) {
            continue;
        }
        let client = session.datazone();
        let read = client.get_project_profile().domain_identifier(&domain.id).identifier(summary.id()).send().await;
        let profile = read.map_err(AwsError::from)?;
        let unit_id = profile.domain_unit_id().unwrap_or(&domain.root_unit);
        let Some(unit) = units.iter().find(|unit| unit.id == unit_id) else { continue };
        let (mut problems, mut open) = (Vec::new(), false);
        if profile.status().is_none_or(|status| status.as_str() != "ENABLED") {
            if !wanted.contains(profile.name()) {
                // It is disabled because aiops.yaml says so, or does not name it any more.
                continue;
            }
            problems.push("the profile is disabled".to_owned());
        }
        let chain = chain(&units, unit);
        let carries = |grant: &PolicyGrantMember| match grant.detail() {
            Some(PolicyGrantDetail::CreateProjectFromProjectProfile(detail)) => detail
                .project_profiles()
                .iter()
                .any(|id| id == summary.id())
                .then(|| detail.include_child_domain_units()),
            _ => None,
        };
        if let Some(missing) = first_without(&chain, &create, carries) {
            problems
                .push(format!("nobody is granted CREATE_PROJECT_FROM_PROJECT_PROFILE in domain unit {}", missing.name));
        }
        let admits = |grant: &PolicyGrantMember| match grant.detail() {
            Some(PolicyGrantDetail::AddToProjectMemberPool(detail)) => Some(detail.include_child_domain_units()),
            _ => None,
        };
        if let Some(missing) = first_without(&chain, &join, admits) {
            problems.push(format!("nobody is granted ADD_TO_PROJECT_MEMBER_POOL in domain unit {}", missing.name));
        }
        for environment in profile.environment_configurations() {
            // Which account of a pool a project gets is not known before.
            let (Some(AwsAccount::AwsAccountId(account)), Some(Region::RegionName(region))) =
                (environment.aws_account(), environment.aws_region())
            else {
                continue;
            };
            let blueprint = environment.environment_blueprint_id();
            let title = blueprints.get(blueprint).map_or(blueprint, String::as_str);
            match equipment.iter().find(|equipped| equipped.account == *account) {
                Some(equipped) => problems.extend(equipped.missing(blueprint, title, region, &chain)),
                // What could not be asked is told as such.
                None if accounts.iter().any(|known| known.place.account.as_str() == account) => open = true,
                None => problems.push(format!(
                    "environment {} is in account {account}, which aiops.yaml does not name",
                    environment.name()
                )),
            }
        }
        problems.dedup();
        verified.profiles.push(Check { profile: profile.name().to_owned(), unit: unit.name.clone(), problems, open });
    }
    verified.profiles.sort_by(|left, right| (&left.unit, &left.profile).cmp(&(&right.unit, &right.profile)));
    Ok(verified)
}

/// What is to be usable in every account, whether a profile needs it already or not.
pub struct Equipping<'a> {
    domain: &'a Domain,
    units: Vec<Unit>,
    /// Name and id of each configured blueprint; an id that AWS does not have is none.
    blueprints: Vec<(String, Option<String>)>,
}

impl<'a> Equipping<'a> {
    /// What the configuration asks for, in the words of the domain.
    #[cfg_attr(not(feature = "sagemaker"), expect(dead_code, reason = "`doctor` asks, and needs SageMaker as well"))]
    pub(crate) async fn of(studio: &Studio<'_>, session: &Session, domain: &'a Domain) -> Result<Self> {
        let names = survey::blueprint_names(session, domain).await?;
        let id_of = |wanted: &str| names.iter().find(|(_, name)| *name == wanted).map(|(id, _)| id.clone());
        let wanted = studio.world.config.domain.blueprints.iter();
        let blueprints = wanted.map(|name| (name.to_string(), id_of(name.as_str()))).collect();
        Ok(Equipping { domain, units: survey::units(session, domain).await?, blueprints })
    }

    /// How many blueprints there are to be.
    pub fn count(&self) -> usize {
        self.blueprints.len()
    }

    /// What `account` lacks, for each of its tenants.
    pub async fn missing(&self, session: &Session, account: &ProjectAccount) -> Result<Vec<String>> {
        let region = account.place.region.as_str();
        let session = session.in_region(self.domain.arn.split(':').nth(3).unwrap_or(region));
        if !survey::sees(&session, self.domain).await? {
            return Ok(vec![format!("the account does not see domain {}", self.domain.id)]);
        }
        let equipped = equipped(&session, self.domain).await?;
        let units = account.tenants.iter().map(|tenant| self.units.iter().find(|unit| unit.name == *tenant));
        // A tenant without a unit works in the root.
        let units: Vec<&Unit> = units.filter_map(|unit| unit.or(self.units.first())).collect();
        let mut problems = Vec::new();
        for (name, id) in &self.blueprints {
            match id {
                Some(id) => problems.extend(
                    units.iter().flat_map(|unit| equipped.missing(id, name, region, &chain(&self.units, unit))),
                ),
                None => problems.push(format!("the domain has no blueprint {name}")),
            }
        }
        let mut told = std::collections::HashSet::new();
        problems.retain(|problem| told.insert(problem.clone()));
        Ok(problems)
    }
}

/// The names of the profiles that aiops.yaml wants to be enabled.
fn enabled_profiles(studio: &Studio<'_>) -> HashSet<String> {
    let tenants = studio.world.landscape.tenants();
    let profiles = studio.world.config.profiles.iter().filter(|profile| profile.enabled);
    let of_tenant = |profile: &Profile| {
        let names = tenants.iter().flat_map(|tenant| {
            profile.stages.iter().map(|stage| tenant.profile_name(profile.name.as_str(), (*stage).into()))
        });
        names.collect::<Vec<_>>()
    };
    profiles.flat_map(of_tenant).collect()
}

/// A unit and those above it, the root first.
fn chain<'a>(units: &'a [Unit], unit: &'a Unit) -> Vec<&'a Unit> {
    let above = unit.ancestors.iter().filter_map(|id| units.iter().find(|unit| unit.id == *id));
    above.chain([unit]).collect()
}

type Grants = HashMap<String, Vec<PolicyGrantMember>>;

async fn grants_of_units(
    session: &Session,
    domain: &Domain,
    units: &[Unit],
    policy: ManagedPolicyType,
) -> Result<Grants> {
    let mut grants = HashMap::new();
    for unit in units {
        let of_unit = survey::grants(session, domain, (TargetEntityType::DomainUnit, &unit.id), policy.clone()).await?;
        grants.insert(unit.id.clone(), of_unit);
    }
    Ok(grants)
}

/// The first unit of a chain in which nothing is granted, neither there nor from above. A grant that counts says whether
/// it includes the units below.
fn first_without<'a>(
    chain: &[&'a Unit],
    grants: &Grants,
    counts: impl Fn(&PolicyGrantMember) -> Option<Option<bool>>,
) -> Option<&'a Unit> {
    let mut inherited = false;
    for unit in chain {
        let here: Vec<Option<bool>> = grants.get(&unit.id).into_iter().flatten().filter_map(&counts).collect();
        if here.is_empty() && !inherited {
            return Some(unit);
        }
        inherited |= here.contains(&Some(true));
    }
    None
}

async fn equipped(session: &Session, domain: &Domain) -> Result<Equipped> {
    let configurations = survey::blueprint_configurations(session, domain).await?;
    let mut roles = HashMap::new();
    let mut grants = HashMap::new();
    let domain_account = domain.arn.split(':').nth(4).unwrap_or_default();
    for configuration in &configurations {
        let used = [configuration.provisioning_role_arn(), configuration.manage_access_role_arn()];
        for role in used.into_iter().flatten() {
            if !roles.contains_key(role) {
                roles.insert(role.to_owned(), obstacle(session, role, domain_account).await?);
            }
        }
        let id = configuration.environment_blueprint_id();
        let entity = format!("{}:{id}", session.account);
        let target = (TargetEntityType::EnvironmentBlueprintConfiguration, entity.as_str());
        let of_blueprint =
            survey::grants(session, domain, target, ManagedPolicyType::CreateEnvironmentFromBlueprint).await?;
        grants.insert(id.to_owned(), of_blueprint);
    }
    let roles = roles.into_iter().filter_map(|(role, obstacle)| Some((role, obstacle?))).collect();
    Ok(Equipped { account: session.account.clone(), configurations, roles, grants })
}

/// Why DataZone cannot take a role for a domain of `domain_account`, if it cannot.
async fn obstacle(session: &Session, role_arn: &str, domain_account: &str) -> Result<Option<String>> {
    let name = role_arn.rsplit('/').next().unwrap_or_default();
    let role = match session.iam().get_role().role_name(name).send().await.map_err(AwsError::from) {
        Ok(output) => output.role,
        Err(error) if error.class() == Class::NotFound => return Ok(Some("does not exist".to_owned())),
        Err(error) => return Err(error.into()),
    };
    let document = role.and_then(|role| role.assume_role_policy_document).unwrap_or_default();
    let document = percent_encoding::percent_decode_str(&document).decode_utf8_lossy();
    let trust: serde_json::Value = serde_json::from_str(&document).unwrap_or_default();
    Ok((!trusts_datazone(&trust, domain_account))
        .then(|| format!("does not trust DataZone for a domain of account {domain_account}")))
}

/// Whether a trust policy lets DataZone take the role for a domain of `account`.
fn trusts_datazone(trust: &serde_json::Value, account: &str) -> bool {
    let list = |value: &serde_json::Value| match value {
        serde_json::Value::Array(items) => items.clone(),
        serde_json::Value::Null => Vec::new(),
        single => vec![single.clone()],
    };
    list(&trust["Statement"]).iter().any(|statement| {
        let condition = statement.get("Condition").and_then(serde_json::Value::as_object);
        let sources: Vec<serde_json::Value> = condition
            .into_iter()
            .flat_map(|operators| operators.values())
            .filter_map(|keys| keys.get("aws:SourceAccount"))
            .flat_map(list)
            .collect();
        statement["Effect"] == "Allow"
            && list(&statement["Principal"]["Service"]).iter().any(|service| service == "datazone.amazonaws.com")
            && (sources.is_empty() || sources.iter().any(|source| source == account))
    })
}

impl Equipped {
    /// What an environment of `blueprint` in `region` lacks here.
    fn missing(&self, blueprint: &str, title: &str, region: &str, chain: &[&Unit]) -> Vec<String> {
        let account = &self.account;
        let configuration = self.configurations.iter().find(|known| known.environment_blueprint_id() == blueprint);
        let Some(configuration) =
            configuration.filter(|known| known.enabled_regions().iter().any(|known| known == region))
        else {
            return vec![format!("blueprint {title} is not enabled in account {account} in {region}")];
        };
        let used: BTreeMap<&str, &String> =
            [configuration.provisioning_role_arn(), configuration.manage_access_role_arn()]
                .into_iter()
                .flatten()
                .filter_map(|role| Some((role, self.roles.get(role)?)))
                .collect();
        let mut problems: Vec<String> =
            used.into_iter().map(|(role, obstacle)| format!("role {role} {obstacle}")).collect();
        let reaches = |grant: &PolicyGrantMember| match grant.principal() {
            Some(PolicyGrantPrincipal::Project(project)) => match project.project_grant_filter() {
                Some(ProjectGrantFilter::DomainUnitFilter(filter)) => chain.iter().enumerate().any(|(index, unit)| {
                    unit.id == filter.domain_unit() && (filter.include_child_domain_units() || index + 1 == chain.len())
                }),
                _ => project.project_identifier().is_none(),
            },
            _ => false,
        };
        if !self.grants.get(blueprint).is_some_and(|grants| grants.iter().any(reaches)) {
            let unit = chain.last().map_or("", |unit| unit.name.as_str());
            problems.push(format!("blueprint {title} of account {account} is not granted to domain unit {unit}"));
        }
        problems
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_role_trusts_datazone_if_it_names_it_and_the_domains_account() {
        let trust = |condition: serde_json::Value| {
            json!({"Statement": [{"Effect": "Allow", "Principal": {"Service": "datazone.amazonaws.com"},
                "Action": "sts:AssumeRole", "Condition": condition}]})
        };
        let for_account = |account: &str| trust(json!({"StringEquals": {"aws:SourceAccount": account}}));
        assert!(trusts_datazone(&for_account("111111111111"), "111111111111"));
        assert!(!trusts_datazone(&for_account("222222222222"), "111111111111"));
        assert!(trusts_datazone(&trust(json!({})), "111111111111"));
        let other = json!({"Statement": {"Effect": "Allow", "Principal": {"Service": ["glue.amazonaws.com"]}}});
        assert!(!trusts_datazone(&other, "111111111111"));
        assert!(!trusts_datazone(&serde_json::Value::Null, "111111111111"));
    }
}
