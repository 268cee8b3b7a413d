//! What a project has to say about the environments of its profile when it is made: the repository that they are bound
//! to, and the accounts that they get out of pools.

use aws_sdk_datazone::types::{
    EnvironmentConfigurationUserParameter, EnvironmentParameter, EnvironmentResolvedAccount,
};

use super::ground::Ground;
use super::order::Order;
use crate::aws::error::AwsError;
use crate::error::{Error, Result};
use crate::governance::Stage;

/// The parameter that names the repository, where a blueprint still has it.
const REPOSITORY: &str = "gitFullRepositoryId";
/// The parameter that names its branch.
const BRANCH: &str = "gitBranchName";

/// What there is to say, from the domain's profile with this id. `repository` is `owner/name`, once it is known.
pub(crate) async fn of(
    ground: &Ground<'_>,
    order: &Order<'_>,
    stage: Stage,
    profile: &str,
    repository: Option<&str>,
) -> Result<Vec<EnvironmentConfigurationUserParameter>> {
    let asked = ground.client().get_project_profile().domain_identifier(&ground.domain.id).identifier(profile);
    let profile = asked.send().await.map_err(AwsError::from)?;
    let mut all = Vec::new();
    for configuration in profile.environment_configurations() {
        let overrides = configuration.configuration_parameters().map(|parameters| parameters.parameter_overrides());
        let is_open = |name: &str| {
            let known = overrides.into_iter().flatten().find(|parameter| parameter.name() == Some(name));
            known.is_some_and(|parameter| parameter.is_editable() == Some(true))
        };
        let branch = ground.studio.world.config.git.default_branch.as_str();
        let values = [(REPOSITORY, repository), (BRANCH, repository.map(|_| branch))];
        let values: Vec<EnvironmentParameter> = values
            .into_iter()
            .filter(|(name, _)| is_open(name))
            .filter_map(|(name, value)| Some(EnvironmentParameter::builder().name(name).value(value?).build()))
            .collect();
        let pools = configuration.account_pools();
        let account = if pools.is_empty() { None } else { Some(account(ground, order, stage, pools).await?) };
        if values.is_empty() && account.is_none() {
            continue;
        }
        let said = EnvironmentConfigurationUserParameter::builder()
            .environment_configuration_name(configuration.name())
            .set_environment_resolved_account(account)
            .set_environment_parameters((!values.is_empty()).then_some(values));
        all.push(said.build());
    }
    Ok(all)
}

/// The account that an environment gets out of these pools: the one that was named, else that of tenant and stage, else
/// the only one.
async fn account(
    ground: &Ground<'_>,
    order: &Order<'_>,
    stage: Stage,
    pools: &[String],
) -> Result<EnvironmentResolvedAccount> {
    let mut offered: Vec<(String, String, String)> = Vec::new();
    for pool in pools {
        let list = ground.client().list_accounts_in_account_pool().domain_identifier(&ground.domain.id);
        let mut accounts = list.identifier(pool).into_paginator().items().send();
        while let Some(account) = accounts.next().await {
            let account = account.map_err(AwsError::from)?;
            let regions = account.supported_regions().iter();
            offered.extend(regions.map(|region| (account.aws_account_id().to_owned(), region.clone(), pool.clone())));
        }
    }
    let place = order.place(stage);
    let wanted = order.account.as_ref().map_or(place.account.as_str(), |named| named.as_str());
    let mut meant: Vec<_> = offered.iter().filter(|(account, _, _)| account == wanted).collect();
    if meant.is_empty() && order.account.is_none() {
        let is_only = |known: &&(String, String, String)| offered.iter().all(|(account, _, _)| *account == known.0);
        meant = offered.iter().filter(is_only).collect();
    }
    let here = meant.iter().find(|(_, region, _)| region == place.region.as_str()).or(meant.first());
    let Some((account, region, pool)) = here else {
        let mut accounts: Vec<&str> = offered.iter().map(|(account, _, _)| account.as_str()).collect();
        accounts.sort_unstable();
        accounts.dedup();
        return Err(Error::usage("the profile takes its accounts out of a pool, and none is chosen")
            .hint(format!("choose one with --account: {}", accounts.join(", "))));
    };
    let resolved = EnvironmentResolvedAccount::builder().aws_account_id(account).region_name(region);
    resolved
        .source_account_pool_id(pool)
        .build()
        .map_err(|error| Error::failed("the account of a pool cannot be named").because(error))
}
