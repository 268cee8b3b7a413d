//! Whether an environment can be deployed: what DataZone finds out before it makes anything.

use super::account_pools::AccountPool;
use super::common::DATAZONE;
use super::configurations::Configuration;
use super::domain::Domain;
use super::environment_configurations::EnvironmentConfiguration;
use super::environments::Environment;
use super::grants::{BLUEPRINT, Grant};
use super::projects::Project;
use super::sharing;
use super::units::Unit;
use super::user_parameters::UserParameters;
use crate::sandbox::authorization::service_takes;
use crate::sandbox::call::{ApiResult, Call, required, text};

/// The account and the Region of an environment, or why there are none.
pub(super) fn place(
    call: &Call<'_>,
    domain: &Domain,
    configuration: &EnvironmentConfiguration,
    said: Option<&UserParameters>,
) -> ApiResult<Result<(String, String), String>> {
    let Some(pools) = &configuration.account_pools else {
        let place = configuration.fixed_place();
        return Ok(place.ok_or_else(|| "The sandbox has no Parameter Store to find account and Region in".to_owned()));
    };
    let Some(resolved) = said.and_then(|said| said.environment_resolved_account.as_ref()) else {
        return Ok(Err("EnvironmentConfigurations require a resolved account on input".to_owned()));
    };
    let (account, region) = (&resolved.aws_account_id, &resolved.region_name);
    for id in pools {
        let meant = resolved.source_account_pool_id.as_ref().is_none_or(|source| source == id);
        let pool = if meant { AccountPool::find(call, domain, id)? } else { None };
        if pool.is_some_and(|pool| pool.has(account, region)) {
            return Ok(Ok((account.clone(), region.clone())));
        }
    }
    Ok(Err(format!("Account {account} in Region {region} is in no account pool of the environment configuration")))
}

/// How the account lets an environment of the project be made, or all that stands in the way.
pub(super) fn validate(
    call: &Call<'_>,
    domain: &Domain,
    project: &Project,
    environment: &Environment,
) -> ApiResult<Result<Configuration, Vec<String>>> {
    let Environment { account, region, parameters, blueprint: id, .. } = environment;
    let blueprint = super::blueprints::existing(&domain.region, id)?;
    if !sharing::sees(call, domain, account)? {
        return Ok(Err(vec![format!("Account {account} is not associated with domain {}", domain.id)]));
    }
    let enabled = Configuration::find(call, domain, account, id)?.filter(|it| it.is_enabled_in(region));
    let Some(enabled) = enabled else {
        let message =
            format!("Environment blueprint {} is not enabled in account {account} and Region {region}", blueprint.name);
        return Ok(Err(vec![message]));
    };
    let mut refusals = Vec::new();
    if !is_granted(call, domain, project, account, id)? {
        let (unit, name) = (&project.unit, blueprint.name);
        refusals
            .push(format!("No grant lets projects in domain unit {unit} use blueprint {name} of account {account}"));
    }
    for (member, what) in [("provisioningRoleArn", "provisioning"), ("manageAccessRoleArn", "manage access")] {
        match text(&enabled.settings, member) {
            None => refusals.push(format!("The environment blueprint configuration has no {what} role")),
            Some(role) => {
                let (source, actions) = (domain.arn(), ["sts:AssumeRole"]);
                if service_takes(call, DATAZONE, &source, role, &actions, &[])?.is_none() {
                    refusals.push(format!("Unable to assume {what} role {role}"));
                }
            }
        }
    }
    let regional = enabled.regional(region);
    let absent = blueprint.regional.iter().filter(|key| required(regional, key).is_empty());
    refusals.extend(absent.map(|key| format!("Regional parameter {key} is missing for Region {region}")));
    let absent = blueprint.parameters.iter().filter(|it| !it.optional && !parameters.contains_key(it.name));
    refusals.extend(absent.map(|parameter| format!("Parameter {} is missing", parameter.name)));
    if blueprint.name == "ToolingLite" && project.execution_role.is_none() {
        refusals.push("ToolingLite needs a project with a projectExecutionRole".to_owned());
    }
    Ok(if refusals.is_empty() { Ok(enabled) } else { Err(refusals) })
}

/// Whether a grant lets the projects of the unit use the blueprint in an account.
fn is_granted(call: &Call<'_>, domain: &Domain, project: &Project, account: &str, blueprint: &str) -> ApiResult<bool> {
    let chain = Unit::chain(call, domain, &project.unit)?;
    let reaches = |grant: &Grant| {
        let principal = &grant.principal["project"];
        let filter = &principal["projectGrantFilter"]["domainUnitFilter"];
        let here = filter["domainUnit"] == *project.unit;
        let above =
            filter["includeChildDomainUnits"] == true && chain.iter().any(|unit| filter["domainUnit"] == *unit.id);
        let works = ["OWNER", "CONTRIBUTOR"].iter().any(|word| principal["projectDesignation"] == **word);
        grant.policy == "CREATE_ENVIRONMENT_FROM_BLUEPRINT" && works && (here || above)
    };
    let grants = Grant::all(call, domain, (BLUEPRINT, &format!("{account}:{blueprint}")))?;
    Ok(grants.iter().any(reaches))
}
