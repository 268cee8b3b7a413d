//! Blueprints as the accounts have them configured: from what environments of projects are made there, in which Regions,
//! by which roles, in which network.
//!
//! A configuration is put whole, over the one before it, and so it is made anew from ours each time. AWS takes its
//! `globalParameters` and never tells them: a change to those alone cannot be seen, and nothing is put again for them.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;
use std::time::Duration;

use aws_sdk_datazone::Client;
use aws_sdk_datazone::operation::get_environment_blueprint_configuration::GetEnvironmentBlueprintConfigurationOutput as Configuration;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::{OURS, Studio, is_tagged};
use crate::aws::Session;
use crate::aws::error::{AwsError, Class};
use crate::aws::poll::{self, Look, Patience};
use crate::error::{Error, Result};
use crate::landscape::{Place, ProjectAccount};
use crate::nearest::nearest;
use crate::plan::{Address, Difference, Facts, Farewell, Found, Resource};
use crate::progress::Silent;

/// The blueprint that all others of a project stand on, and that cannot do without a network.
pub const TOOLING: &str = "Tooling";
/// The blueprints that are told network, bucket and query role, as in AWS's samples. The others do without.
const TOLD: [&str; 6] = [TOOLING, "DataLake", "RedshiftServerless", "EmrServerless", "Workflows", "MLExperiments"];
/// A global parameter.
const QUERY_ROLE: &str = "sagemakerQueryExecutionRoleArn";
/// Roles and shares take a while to be known everywhere, and of two configurations at once DataZone refuses one.
const SETTLES: Patience = Patience { interval: Duration::from_secs(10), deadline: Duration::from_secs(120) };

/// The blueprints of the domain, asked for once. Ids differ by Region, so that only names are known before.
#[derive(Debug, Default)]
pub struct Catalog(OnceCell<BTreeMap<String, String>>);

impl Catalog {
    /// Ids of all blueprints, by name.
    async fn ids(&self, studio: Studio<'_>, domain: &str) -> Result<&BTreeMap<String, String>> {
        let load = || async {
            let datazone = studio.session(studio.governance()).await?.datazone();
            let listed = datazone.list_environment_blueprints().domain_identifier(domain).managed(true);
            let mut listed = listed.into_paginator().items().send();
            let mut ids = BTreeMap::new();
            while let Some(blueprint) = listed.next().await {
                let blueprint = blueprint.map_err(AwsError::from)?;
                ids.insert(blueprint.name, blueprint.id);
            }
            Ok(ids)
        };
        self.0.get_or_try_init(load).await
    }

    async fn id(&self, studio: Studio<'_>, domain: &str, name: &str) -> Result<String> {
        let ids = self.ids(studio, domain).await?;
        ids.get(name).cloned().ok_or_else(|| {
            let names: Vec<&str> = ids.keys().map(String::as_str).collect();
            let error = Error::config(format!("DataZone has no blueprint {name}"));
            let error = match nearest(name, names.iter().copied()) {
                Some(near) => error.hint(format!("did you mean {near}? It stands under `domain.blueprints`")),
                None => error,
            };
            error.hint(format!("blueprints here: {}", names.join(", ")))
        })
    }
}

/// The roles that a configuration names.
#[derive(Clone, Debug)]
pub struct Roles {
    /// Gives and takes access to data.
    pub manage_access: Address,
    /// Makes what projects consist of.
    pub provisioning: Address,
    /// Runs queries.
    pub query_execution: Address,
}

/// A blueprint as it is to be configured in an account. Facts: `id`, the blueprint's, once it is configured, and [`OURS`].
pub struct Blueprint<'w> {
    /// The domain's world.
    pub studio: Studio<'w>,
    /// The domain's blueprints.
    pub catalog: Rc<Catalog>,
    /// The account, where the domain is.
    pub place: Place,
    /// Name of the blueprint.
    pub name: String,
    /// The account in each Region in which projects are.
    pub regions: Vec<ProjectAccount>,
    /// Its roles.
    pub roles: Roles,
    /// What must be there before.
    pub needs: Vec<Address>,
}

/// Parameters by Region.
type Regional = BTreeMap<String, BTreeMap<String, String>>;

impl Blueprint<'_> {
    fn enabled(&self) -> Vec<String> {
        let mut regions: Vec<String> = self.regions.iter().map(|region| region.place.region.to_string()).collect();
        regions.sort();
        regions
    }

    fn regional(&self) -> Regional {
        let told = self.regions.iter().filter(|_| is_told(&self.name));
        told.map(|region| {
            let mut parameters = BTreeMap::from([("S3Location".to_owned(), format!("s3://{}", region.bucket))]);
            if let Some(network) = &region.network {
                let subnets: Vec<&str> = network.subnets.iter().map(|subnet| subnet.as_str()).collect();
                parameters.insert("VpcId".to_owned(), network.vpc.to_string());
                parameters.insert("Subnets".to_owned(), subnets.join(","));
            }
            (region.place.region.to_string(), parameters)
        })
        .collect()
    }

    fn differences(&self, actual: &Configuration, facts: &Facts) -> Vec<Difference> {
        let mut enabled = actual.enabled_regions().to_vec();
        enabled.sort();
        let mut found = Vec::new();
        found.extend(Difference::between("enabled-regions", enabled, self.enabled()));
        for (field, role, actual) in [
            ("manage-access-role", &self.roles.manage_access, actual.manage_access_role_arn()),
            ("provisioning-role", &self.roles.provisioning, actual.provisioning_role_arn()),
        ] {
            // The ARN of a role that is about to be made is not known: it counts by its name.
            let wanted = facts.get(role, "arn");
            let same = wanted.is_none() && actual.is_some_and(|arn| is_role(arn, role));
            let wanted = wanted.unwrap_or_else(|| role.name.clone());
            found.extend(Difference::between(field, actual, wanted).filter(|_| !same));
        }
        let (there, wanted) = (comparable(told(actual)), comparable(self.regional()));
        for region in there.keys().chain(wanted.keys().filter(|region| !there.contains_key(*region))) {
            let (there, wanted) = (there.get(region), wanted.get(region));
            let names = |parameters: Option<&BTreeMap<String, String>>| {
                parameters.into_iter().flatten().map(|(name, _)| name.clone()).collect::<Vec<_>>()
            };
            let mut all = [names(there), names(wanted)].concat();
            all.sort();
            all.dedup();
            found.extend(all.into_iter().filter_map(|name| {
                let value =
                    |of: Option<&BTreeMap<String, String>>| of.and_then(|parameters| parameters.get(&name).cloned());
                Difference::between(format!("regional-parameters.{region}.{name}"), value(there), value(wanted))
            }));
        }
        found.extend(Difference::between(
            "permission-boundary",
            actual.environment_role_permission_boundary(),
            Value::Null,
        ));
        let more = [
            ("resource-configurations", actual.resource_configurations().len()),
            ("provisioning-configurations", actual.provisioning_configurations().len()),
            ("user-provided-configurations", actual.allow_user_provided_configurations().unwrap_or_default().into()),
        ];
        found.extend(more.into_iter().filter_map(|(field, count)| Difference::between(field, count, 0)));
        found
    }

    /// Whether the configuration is ours: one of its roles is wanted, or was made by aiops.
    async fn is_ours(&self, session: &Session, actual: &Configuration) -> Result<bool> {
        let [manage_access, provisioning] = roles(actual);
        let wanted = |arn: Option<&str>, role: &Address| arn.is_some_and(|arn| is_role(arn, role));
        if wanted(manage_access, &self.roles.manage_access) || wanted(provisioning, &self.roles.provisioning) {
            return Ok(true);
        }
        for arn in [manage_access, provisioning].into_iter().flatten() {
            if is_made_by_aiops(session, arn).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn put(&self, datazone: &Client, domain: &str, id: &str, facts: &Facts) -> Result<()> {
        let regional: HashMap<String, HashMap<String, String>> = self
            .regional()
            .into_iter()
            .map(|(region, parameters)| (region, parameters.into_iter().collect()))
            .collect();
        let global = match is_told(&self.name) {
            true => Some(HashMap::from([(QUERY_ROLE.to_owned(), facts.need(&self.roles.query_execution, "arn")?)])),
            false => None,
        };
        let request = datazone
            .put_environment_blueprint_configuration()
            .domain_identifier(domain)
            .environment_blueprint_identifier(id)
            .set_enabled_regions(Some(self.enabled()))
            .provisioning_role_arn(facts.need(&self.roles.provisioning, "arn")?)
            .manage_access_role_arn(facts.need(&self.roles.manage_access, "arn")?)
            .set_regional_parameters((!regional.is_empty()).then_some(regional))
            .set_global_parameters(global);
        let what = format!("the blueprint {} in account {}", self.name, self.place.account);
        poll::until(self.studio.world.clock, SETTLES, &what, &Silent, async || {
            match request.clone().send().await.map_err(AwsError::from) {
                Ok(_) => Ok(Look::Done(())),
                Err(error) if passes(&error) => Ok(Look::Pending(format!("refused ({error})"))),
                Err(error) => Err(error.into()),
            }
        })
        .await
    }
}

impl Resource for Blueprint<'_> {
    fn address(&self) -> Address {
        self.studio.blueprint(&self.place.account, &self.name)
    }

    fn needs(&self) -> Vec<Address> {
        self.needs.clone()
    }

    fn reason(&self) -> String {
        "environments of projects are made from it".to_owned()
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let Some((domain, _)) = self.studio.inside(facts) else { return Ok(Found::Absent) };
            let id = self.catalog.id(self.studio, &domain, &self.name).await?;
            let is_member = self.place.account != self.studio.governance().account;
            if is_member && facts.get(&self.studio.association(&self.place.account), "domain").is_none() {
                return Ok(Found::Absent);
            }
            let session = self.studio.session(&self.place).await?;
            let Some(actual) = read(&session.datazone(), &domain, &id).await? else { return Ok(Found::Absent) };
            facts.set(&self.address(), "id", id);
            let differences = self.differences(&actual, facts);
            if !self.is_ours(&session, &actual).await? {
                return Ok(Found::Foreign(differences));
            }
            facts.set(&self.address(), OURS, "yes");
            Ok(if differences.is_empty() { Found::Same } else { Found::Different(differences) })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let domain = facts.need(&self.studio.domain(), "id")?;
            let id = self.catalog.id(self.studio, &domain, &self.name).await?;
            let datazone = self.studio.session(&self.place).await?.datazone();
            self.put(&datazone, &domain, &id, facts).await
        }
        .boxed_local()
    }

    fn farewell(&self) -> Farewell {
        Farewell::Removed
    }

    fn undo<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let (domain, id) = (facts.need(&self.studio.domain(), "id")?, facts.need(&self.address(), "id")?);
            remove(&self.studio.session(&self.place).await?.datazone(), &domain, &id).await
        }
        .boxed_local()
    }
}

/// Whether a blueprint is told network, bucket and query role.
pub fn is_told(name: &str) -> bool {
    TOLD.contains(&name)
}

/// Whether a refusal may be gone a little later.
fn passes(error: &AwsError) -> bool {
    error.may_settle() || error.class() == Class::Conflict || error.message().to_lowercase().contains("assume")
}

async fn read(datazone: &Client, domain: &str, id: &str) -> Result<Option<Configuration>> {
    let request = datazone.get_environment_blueprint_configuration().domain_identifier(domain);
    match request.environment_blueprint_identifier(id).send().await.map_err(AwsError::from) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.class() == Class::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn remove(datazone: &Client, domain: &str, id: &str) -> Result<()> {
    let request = datazone.delete_environment_blueprint_configuration().domain_identifier(domain);
    match request.environment_blueprint_identifier(id).send().await.map_err(AwsError::from) {
        Err(error) if error.class() != Class::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

fn roles(configuration: &Configuration) -> [Option<&str>; 2] {
    [configuration.manage_access_role_arn(), configuration.provisioning_role_arn()]
}

fn told(configuration: &Configuration) -> Regional {
    let regions = configuration.regional_parameters().into_iter().flatten();
    regions.map(|(region, parameters)| (region.clone(), parameters.clone().into_iter().collect())).collect()
}

/// Parameters as they can be compared: subnets in any order are the same, and nothing is as good as no parameters.
fn comparable(regional: Regional) -> Regional {
    let ordered = |(name, value): (String, String)| match name.as_str() {
        "Subnets" => {
            let mut subnets: Vec<&str> = value.split(',').map(str::trim).collect();
            subnets.sort_unstable();
            (name, subnets.join(","))
        }
        _ => (name, value),
    };
    let regions = regional.into_iter().filter(|(_, parameters)| !parameters.is_empty());
    regions.map(|(region, parameters)| (region, parameters.into_iter().map(ordered).collect())).collect()
}

/// Whether an ARN is that of the role with this address.
fn is_role(arn: &str, role: &Address) -> bool {
    arn.rsplit('/').next() == Some(role.name.as_str()) && arn.split(':').nth(4) == Some(role.account.as_str())
}

/// Whether aiops made the role of this ARN.
async fn is_made_by_aiops(session: &Session, arn: &str) -> Result<bool> {
    let name = arn.rsplit('/').next().unwrap_or_default();
    match session.iam().get_role().role_name(name).send().await.map_err(AwsError::from) {
        Ok(found) => Ok(found.role().is_some_and(|role| {
            role.arn() == arn && is_tagged(role.tags().iter().map(|tag| (tag.key(), tag.value())))
        })),
        Err(error) if error.class() == Class::NotFound => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// A blueprint that an account has configured and that the configuration does not name.
pub struct Stray<'w> {
    studio: Studio<'w>,
    place: Place,
    domain: String,
    id: String,
    name: String,
}

/// The blueprints beside those wanted that the account at `place` has configured in the domain with this id.
pub async fn strays<'w>(studio: Studio<'w>, catalog: &Catalog, domain: &str, place: &Place) -> Result<Vec<Stray<'w>>> {
    let ids = catalog.ids(studio, domain).await?;
    let datazone = studio.session(place).await?.datazone();
    let listed = datazone.list_environment_blueprint_configurations().domain_identifier(domain);
    let mut listed = listed.into_paginator().items().send();
    let mut strays = Vec::new();
    while let Some(configuration) = listed.next().await {
        let id = configuration.map_err(AwsError::from)?.environment_blueprint_id;
        let name = ids.iter().find(|(_, known)| **known == id).map_or(id.as_str(), |(name, _)| name.as_str());
        let wanted = &studio.world.config.domain.blueprints;
        if !wanted.iter().any(|blueprint| blueprint.as_str() == name) {
            let name = name.to_owned();
            strays.push(Stray { studio, place: place.clone(), domain: domain.to_owned(), id, name });
        }
    }
    Ok(strays)
}

impl Resource for Stray<'_> {
    fn address(&self) -> Address {
        self.studio.blueprint(&self.place.account, &self.name)
    }

    fn reason(&self) -> String {
        "`domain.blueprints` does not name it".to_owned()
    }

    fn look<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let session = self.studio.session(&self.place).await?;
            let Some(actual) = read(&session.datazone(), &self.domain, &self.id).await? else { return Ok(Found::Same) };
            for arn in roles(&actual) {
                let ours = match arn {
                    Some(arn) => is_made_by_aiops(&session, arn).await?,
                    None => false,
                };
                if !ours {
                    return Ok(Found::Leftover(format!("{}; aiops did not make its roles", self.reason())));
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
        async move { remove(&self.studio.session(&self.place).await?.datazone(), &self.domain, &self.id).await }
            .boxed_local()
    }
}
