//! A project profile as a resource of a plan.

use std::collections::BTreeSet;

use aws_sdk_datazone::operation::get_project_profile::GetProjectProfileOutput;
use aws_sdk_datazone::types::{
    AwsAccount, DeploymentMode, EnvironmentConfiguration, EnvironmentConfigurationParameter,
    EnvironmentConfigurationParametersDetails, Region, Status,
};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::Wanted;
use super::ground::{Ground, Known};
use super::pool;
use super::shape::{Environment, Home, Setting, Shape};
use crate::aws::error::{AwsError, Class};
use crate::domain::{Studio, is_ours};
use crate::error::{Error, Result};
use crate::plan::{Address, Facts, Found, Resource};

/// A project profile. Fact: `id`.
pub fn address(studio: &Studio<'_>, name: &str) -> Address {
    Address::new(&studio.governance().account, "project profile", name)
}

/// A project profile that is to be there.
pub struct ProjectProfile<'a, 'w> {
    /// What it stands on.
    pub ground: &'a Ground<'w>,
    /// What it is to be like.
    pub wanted: &'a Wanted,
}

impl ProjectProfile<'_, '_> {
    async fn found(&self, facts: &Facts) -> Result<Found> {
        facts.forget(&self.address());
        let Some(known) = self.ground.profile(&self.wanted.name) else { return Ok(Found::Absent) };
        let Some(actual) = self.ground.describe(&known.id).await? else { return Ok(Found::Absent) };
        facts.set(&self.address(), "id", known.id);
        let is_ours = is_ours(actual.description());
        let differences = self.wanted.shape.differences(&Shape::of(&actual, self.ground), is_ours);
        Ok(match (is_ours, differences.is_empty()) {
            (false, _) => Found::Foreign(differences),
            (true, true) => Found::Same,
            (true, false) => Found::Different(differences),
        })
    }

    /// Makes the profile. There is no client token: whoever asks twice meets a name that is taken.
    async fn create(&self, configurations: Vec<EnvironmentConfiguration>) -> Result<(), AwsError> {
        let Wanted { name, shape, .. } = self.wanted;
        let created = self
            .ground
            .client
            .create_project_profile()
            .domain_identifier(&self.ground.domain)
            .name(name)
            .set_description(shape.description.clone())
            .status(Status::from(shape.status.as_str()))
            .domain_unit_identifier(&shape.unit)
            .set_environment_configurations(Some(configurations))
            .send()
            .await
            .map_err(AwsError::from)?;
        let unit = shape.unit.clone();
        self.ground.add_profile(Known { id: created.id().to_owned(), name: name.clone(), is_ours: true, unit });
        Ok(())
    }

    /// Makes the profile as it should be. The list of environments is replaced as a whole, so it is always sent whole;
    /// ids are sent back, for DataZone to see which environments stay.
    async fn update(&self, facts: &Facts) -> Result<()> {
        let id = facts.need(&self.address(), "id")?;
        let Some(actual) = self.ground.describe(&id).await? else {
            return Err(Error::failed("the profile was deleted meanwhile").hint("run the same command again"));
        };
        let shape = &self.wanted.shape;
        let moves = actual.domain_unit_id() != Some(&shape.unit);
        self.ground
            .client
            .update_project_profile()
            .domain_identifier(&self.ground.domain)
            .identifier(id)
            .set_description(shape.description.clone())
            .status(Status::from(shape.status.as_str()))
            .set_domain_unit_identifier(moves.then(|| shape.unit.clone()))
            .set_project_resource_tags((!actual.project_resource_tags().is_empty()).then(Vec::new))
            .set_allow_custom_project_resource_tags(actual.allow_custom_project_resource_tags().map(|_| false))
            .set_environment_configurations(Some(self.configurations(facts, Some(&actual))?))
            .send()
            .await
            .map_err(AwsError::from)?;
        Ok(())
    }

    fn configurations(
        &self,
        facts: &Facts,
        actual: Option<&GetProjectProfileOutput>,
    ) -> Result<Vec<EnvironmentConfiguration>> {
        let known = actual.map(GetProjectProfileOutput::environment_configurations).unwrap_or_default();
        let environments = self.wanted.shape.environments.iter().map(|(name, environment)| {
            let id = known.iter().find(|known| known.name() == name).and_then(EnvironmentConfiguration::id);
            self.configuration(facts, name, environment, id)
        });
        let mut configurations: Vec<EnvironmentConfiguration> = environments.collect::<Result<_>>()?;
        configurations.sort_by_key(|configuration| configuration.deployment_order().unwrap_or(i32::MAX));
        Ok(configurations)
    }

    fn configuration(
        &self,
        facts: &Facts,
        name: &str,
        environment: &Environment,
        id: Option<&str>,
    ) -> Result<EnvironmentConfiguration> {
        let unknown = || Error::failed(format!("AWS has no blueprint {}", environment.blueprint));
        let blueprint = self.ground.blueprints.get(&environment.blueprint).ok_or_else(unknown)?;
        let builder = EnvironmentConfiguration::builder()
            .name(name)
            .set_id(id.map(str::to_owned))
            .environment_blueprint_id(&blueprint.id)
            .deployment_mode(DeploymentMode::from(environment.mode.as_str()))
            .set_deployment_order(environment.order)
            .set_configuration_parameters(parameters(environment));
        let builder = match &environment.home {
            Home::Fixed { account, region } => builder
                .aws_account(AwsAccount::AwsAccountId(account.clone()))
                .aws_region(Region::RegionName(region.clone())),
            Home::Pools { account_pools } => {
                let ids = account_pools.iter().map(|name| facts.need(&pool::address(&self.ground.studio, name), "id"));
                builder.set_account_pools(Some(ids.collect::<Result<_>>()?))
            }
        };
        builder.build().map_err(|error| Error::failed(format!("environment {name} is not complete")).because(error))
    }
}

fn parameters(environment: &Environment) -> Option<EnvironmentConfigurationParametersDetails> {
    let overrides = environment.parameters.iter().map(|(name, Setting { value, editable })| {
        EnvironmentConfigurationParameter::builder().name(name).value(value).set_is_editable(*editable).build()
    });
    let overrides: Vec<EnvironmentConfigurationParameter> = overrides.collect();
    (!overrides.is_empty())
        .then(|| EnvironmentConfigurationParametersDetails::builder().set_parameter_overrides(Some(overrides)).build())
}

impl Resource for ProjectProfile<'_, '_> {
    fn address(&self) -> Address {
        address(&self.ground.studio, &self.wanted.name)
    }

    fn needs(&self) -> Vec<Address> {
        let pools: BTreeSet<&str> = self.wanted.pools().collect();
        pools.into_iter().map(|name| pool::address(&self.ground.studio, name)).collect()
    }

    fn lane(&self) -> String {
        format!("profiles of {}", self.wanted.tenant)
    }

    fn reason(&self) -> String {
        format!("{} in {} of {}", self.wanted.use_case.word(), self.wanted.stage.word(), self.wanted.tenant)
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        self.found(facts).boxed_local()
    }

    fn act<'a>(&'a self, found: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            if *found == Found::Absent {
                match self.create(self.configurations(facts, None)?).await {
                    Ok(()) => return Ok(()),
                    Err(error) if matches!(error.class(), Class::Conflict | Class::AlreadyExists) => {}
                    Err(error) => return Err(error.into()),
                }
                // Somebody was faster: an earlier attempt of this call, perhaps, whose answer was lost.
                self.ground.refresh_profiles().await?;
                match self.found(facts).await? {
                    Found::Same => return Ok(()),
                    Found::Different(_) => {}
                    _ => {
                        let taken = format!("somebody else has just made a profile called {}", self.wanted.name);
                        return Err(Error::failed(taken).hint("`aiops profile plan` shows how it differs"));
                    }
                }
            }
            self.update(facts).await
        }
        .boxed_local()
    }
}

/// A project profile of ours that is not in aiops.yaml any more: deleted, or disabled where projects use it.
pub struct Unwanted<'a, 'w> {
    /// What it stands on.
    pub ground: &'a Ground<'w>,
    /// Which one.
    pub known: Known,
    /// Why it has to go.
    pub why: &'static str,
    /// What has to be done first: whoever may use it must not be told of it any more.
    pub after: Vec<Address>,
}

impl Resource for Unwanted<'_, '_> {
    fn address(&self) -> Address {
        address(&self.ground.studio, &self.known.name)
    }

    fn needs(&self) -> Vec<Address> {
        self.after.clone()
    }

    fn lane(&self) -> String {
        "profiles to remove".to_owned()
    }

    fn reason(&self) -> String {
        self.why.to_owned()
    }

    fn look<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let Some(actual) = self.ground.describe(&self.known.id).await? else { return Ok(Found::Same) };
            let status = actual.status().map_or("DISABLED", Status::as_str);
            Ok(match (self.ground.projects_of(&self.known.id).await?, status) {
                (0, _) => Found::Unwanted,
                (1, "DISABLED") => Found::Leftover(format!("{}; disabled, in use by 1 project", self.why)),
                (projects, "DISABLED") => {
                    Found::Leftover(format!("{}; disabled, in use by {projects} projects", self.why))
                }
                _ => Found::Different(
                    crate::plan::Difference::between("status", status, "DISABLED").into_iter().collect(),
                ),
            })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, found: &'a Found, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let Ground { client, domain, .. } = self.ground;
            if matches!(found, Found::Different(_)) {
                let update = client.update_project_profile().domain_identifier(domain).identifier(&self.known.id);
                update.status(Status::Disabled).send().await.map_err(AwsError::from)?;
                return Ok(());
            }
            let delete = client.delete_project_profile().domain_identifier(domain).identifier(&self.known.id);
            match delete.send().await.map_err(AwsError::from) {
                Err(error) if error.class() != Class::NotFound => Err(error.into()),
                _ => Ok(()),
            }
        }
        .boxed_local()
    }
}
