//! Publishing: from an asset of the project's inventory, or the tables of a database, to listings that others find.

use std::time::Duration;

use aws_sdk_datazone::operation::get_asset::GetAssetOutput;
use aws_sdk_datazone::types::{
    AssetItem, ChangeAction, DataSourceConfigurationInput, DataSourceRunStatus, DataSourceRunSummary, DataSourceStatus,
    EntityType, EnvironmentStatus, FilterExpression, FilterExpressionType, GlueRunConfigurationInput,
    InventorySearchScope, ListingItem, ListingStatus, RelationalFilterConfiguration, SearchInventoryResultItem,
};
use serde::Serialize;

use super::{Catalog, Named, POLL};
use crate::aws::error::{AwsError, Class, existing};
use crate::aws::poll::{self, Look, Patience};
use crate::error::{Error, Result};
use crate::governance::{Persona, Stage};
use crate::landscape::Tenant;
use crate::nearest::nearest_name;
use crate::world::World;

/// What is to be published.
#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// The asset of this name, or id, in the project's inventory.
    Asset(&'a str),
    /// The tables of a database of Glue; all, without patterns.
    Database {
        /// The database, in the account of the project's data lake.
        name: &'a str,
        /// Names of tables, in which `*` stands for anything.
        tables: &'a [String],
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Published {
    /// The project that publishes.
    pub project: Named,
    /// The data source, if tables are what is published.
    pub source: Option<Source>,
    /// What others find.
    pub assets: Vec<PublishedAsset>,
}

/// A data source that was run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Its id; none, if it would be made.
    pub id: Option<String>,
    /// The id of the run; none, if it would run.
    pub run: Option<String>,
    /// How many assets are new.
    pub added: i32,
    /// How many have changed.
    pub updated: i32,
    /// How many are as they were.
    pub unchanged: i32,
}

/// An asset that is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PublishedAsset {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// The id of its listing; none, if it would be published.
    pub listing: Option<String>,
    /// What was done.
    pub effect: Effect,
}

/// What was done to publish something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It is published.
    Published,
    /// It was already, as it is.
    AlreadyPublished,
    /// It would be published.
    WouldPublish,
}

/// Publishes something of a project, and waits until the listings are active.
pub async fn publish(
    world: &World<'_>,
    tenant: &Tenant,
    project: &str,
    stage: Stage,
    what: What<'_>,
    timeout: Duration,
) -> Result<Published> {
    let catalog = Catalog::open(world, tenant, stage).await?;
    let project = catalog.project(tenant, project, stage).await?;
    let publisher =
        Publisher { catalog: &catalog, project: &project, patience: Patience { interval: POLL, deadline: timeout } };
    let published = match what {
        What::Asset(name) => {
            let asset = publisher.asset(name).await?;
            publisher.publish(vec![asset]).await.map(|assets| (None, assets))
        }
        What::Database { name, tables } => {
            publisher.database(name, tables).await.map(|(source, assets)| (Some(source), assets))
        }
    };
    let (source, assets) = published.map_err(|error| world.explain_refusal(error, &[Persona::DataScientist]))?;
    Ok(Published { project, source, assets })
}

struct Publisher<'a> {
    catalog: &'a Catalog<'a>,
    project: &'a Named,
    patience: Patience,
}

impl Publisher<'_> {
    /// What the project's inventory has, as far as search finds it.
    async fn inventory(&self, text: Option<&str>) -> Result<Vec<AssetItem>> {
        let Catalog { client, domain, .. } = self.catalog;
        let request = client.search().domain_identifier(domain).search_scope(InventorySearchScope::Asset);
        let request = request.owning_project_identifier(&self.project.id).max_results(50);
        let mut pages = request.set_search_text(text.map(str::to_owned)).into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(item) = pages.next().await {
            if let SearchInventoryResultItem::AssetItem(asset) = item.map_err(AwsError::from)? {
                found.push(asset);
            }
        }
        Ok(found)
    }

    /// The one asset of this name or id.
    async fn asset(&self, name: &str) -> Result<AssetItem> {
        let all = self.inventory(None).await?;
        let project = &self.project.name;
        let mut exact: Vec<&AssetItem> = all.iter().filter(|asset| asset.identifier() == name).collect();
        if exact.is_empty() {
            exact = all.iter().filter(|asset| asset.name() == name).collect();
        }
        match exact.as_slice() {
            [only] => Ok((*only).clone()),
            [] => {
                let error = Error::usage(format!("project {project} has no asset called {name}"));
                let error = match nearest_name(name, all.iter().map(AssetItem::name)) {
                    Some(nearest) => error.hint(format!("did you mean {nearest}?")),
                    None => error,
                };
                Err(error.hint("--database NAME makes assets of the tables of a database of Glue"))
            }
            several => {
                let error = Error::usage(format!("{} assets of project {project} are called {name}", several.len()));
                Err(several.iter().fold(error, |error, asset| {
                    let of = asset.external_identifier().unwrap_or(asset.type_identifier());
                    error.hint(format!("--asset {} is {of}", asset.identifier()))
                }))
            }
        }
    }

    /// Publishes assets, and waits for their listings.
    async fn publish(&self, assets: Vec<AssetItem>) -> Result<Vec<PublishedAsset>> {
        let mut published = Vec::new();
        for asset in assets {
            published.push(self.begin(&asset).await?);
        }
        for asset in &published {
            if let Some(listing) = &asset.listing {
                self.active(&asset.name, listing).await?;
            }
        }
        Ok(published)
    }

    /// Publishes an asset, unless it is.
    async fn begin(&self, item: &AssetItem) -> Result<PublishedAsset> {
        let Catalog { client, domain, world, .. } = self.catalog;
        let asset = client.get_asset().domain_identifier(domain).identifier(item.identifier()).send().await;
        let asset = asset.map_err(AwsError::from)?;
        let told = |listing, effect| PublishedAsset {
            name: asset.name().to_owned(),
            id: asset.id().to_owned(),
            listing,
            effect,
        };
        if let Some(listing) = self.current_listing(&asset).await? {
            return Ok(told(Some(listing), Effect::AlreadyPublished));
        }
        if world.dry_run {
            return Ok(told(None, Effect::WouldPublish));
        }
        let request = client.create_listing_change_set().domain_identifier(domain).entity_identifier(asset.id());
        let request = request.entity_type(EntityType::Asset).entity_revision(asset.revision());
        let made = request.action(ChangeAction::Publish).send().await.map_err(AwsError::from)?;
        Ok(told(Some(made.listing_id), Effect::Published))
    }

    /// The listing of an asset, if it says what the asset is now.
    async fn current_listing(&self, asset: &GetAssetOutput) -> Result<Option<String>> {
        let Some(listing) = asset.listing() else { return Ok(None) };
        if *listing.listing_status() == ListingStatus::Inactive {
            return Ok(None);
        }
        let Catalog { client, domain, .. } = self.catalog;
        let found = client.get_listing().domain_identifier(domain).identifier(listing.listing_id()).send().await;
        let found = found.map_err(AwsError::from)?;
        let revision = match found.item() {
            Some(ListingItem::AssetListing(of_asset)) => of_asset.asset_revision(),
            _ => None,
        };
        Ok((revision == Some(asset.revision())).then(|| listing.listing_id().to_owned()))
    }

    /// Waits until a listing is active.
    async fn active(&self, name: &str, listing: &str) -> Result<()> {
        let Catalog { client, domain, world, .. } = self.catalog;
        let what = format!("the listing of {name}");
        let task = world.progress.start(&format!("waiting for {what}"));
        let outcome = poll::until(world.clock, self.patience, &what, &*task, async || {
            let found = client.get_listing().domain_identifier(domain).identifier(listing).send().await;
            let found = existing(found.map_err(AwsError::from))?;
            match found.as_ref().and_then(|found| found.status()) {
                Some(ListingStatus::Active) => Ok(Look::Done(())),
                Some(ListingStatus::Inactive) => Err(Error::failed(format!("{what} was taken back"))),
                status => Ok(Look::Pending(status.map_or("not there", ListingStatus::as_str).to_owned())),
            }
        });
        let outcome = outcome.await;
        task.finish(if outcome.is_ok() { "active" } else { "failed" });
        outcome
    }

    /// Makes assets of the tables of a database, and publishes them.
    async fn database(&self, name: &str, tables: &[String]) -> Result<(Source, Vec<PublishedAsset>)> {
        let source_name = source_name(name, tables);
        let mut source = Source { name: source_name, id: None, run: None, added: 0, updated: 0, unchanged: 0 };
        source.id = self.source(&source.name).await?;
        if self.catalog.world.dry_run {
            return Ok((source, Vec::new()));
        }
        let id = match &source.id {
            Some(id) => id.clone(),
            None => self.create_source(&source.name, name, tables).await?,
        };
        self.ready(&source.name, &id).await?;
        let run = self.run(&source.name, &id).await?;
        source.id = Some(id);
        source.run = Some(run.id().to_owned());
        if let Some(counted) = run.run_statistics_for_assets() {
            let number = |counted: Option<i32>| counted.unwrap_or_default();
            source.added = number(counted.added());
            source.updated = number(counted.updated());
            source.unchanged = number(counted.unchanged());
        }
        let mark = format!(":table/{name}/");
        let mut assets = self.inventory(None).await?;
        assets.retain(|asset| {
            let table = asset.external_identifier().and_then(|arn| Some(arn.split_once(&mark)?.1));
            table.is_some_and(|table| tables.is_empty() || tables.iter().any(|pattern| fits(pattern, table)))
        });
        if assets.is_empty() {
            let error = Error::failed(format!("nothing in database {name} could be published"));
            return Err(error.hint("the run succeeded: are there tables, and do the patterns fit their names?"));
        }
        Ok((source, self.publish(assets).await?))
    }

    /// The id of the project's data source of this name.
    async fn source(&self, name: &str) -> Result<Option<String>> {
        let Catalog { client, domain, .. } = self.catalog;
        let request = client.list_data_sources().domain_identifier(domain).project_identifier(&self.project.id);
        let mut pages = request.name(name).into_paginator().items().send();
        while let Some(source) = pages.next().await {
            let source = source.map_err(AwsError::from)?;
            if source.name() == name {
                return Ok(Some(source.data_source_id().to_owned()));
            }
        }
        Ok(None)
    }

    async fn create_source(&self, name: &str, database: &str, tables: &[String]) -> Result<String> {
        let Catalog { client, domain, .. } = self.catalog;
        let unfinished = |error| Error::failed("the data source cannot be described").because(error);
        let expression = |pattern: &str| {
            FilterExpression::builder().r#type(FilterExpressionType::Include).expression(pattern).build()
        };
        let patterns = if tables.is_empty() { vec!["*"] } else { tables.iter().map(String::as_str).collect() };
        let patterns = patterns.into_iter().map(expression).collect::<Result<Vec<_>, _>>().map_err(unfinished)?;
        let filter = RelationalFilterConfiguration::builder().database_name(database);
        let filter = filter.set_filter_expressions(Some(patterns)).build().map_err(unfinished)?;
        let glue = GlueRunConfigurationInput::builder().relational_filter_configurations(filter).build();
        let request = client
            .create_data_source()
            .domain_identifier(domain)
            .project_identifier(&self.project.id)
            .name(name)
            .description("Tables that aiops publishes")
            .r#type("GLUE")
            .environment_identifier(self.lake().await?)
            .publish_on_import(true)
            .configuration(DataSourceConfigurationInput::GlueRunConfiguration(glue.map_err(unfinished)?));
        match request.send().await.map_err(AwsError::from) {
            Ok(made) => Ok(made.id),
            // Somebody else was faster.
            Err(error) if error.class() == Class::Conflict => self.source(name).await?.ok_or_else(|| error.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// The id of the project's environment with a data lake, in whose account its databases are.
    async fn lake(&self) -> Result<String> {
        const BLUEPRINT: &str = "DataLake";
        let Catalog { client, domain, .. } = self.catalog;
        let blueprints = client.list_environment_blueprints().domain_identifier(domain).managed(true).name(BLUEPRINT);
        let mut pages = blueprints.into_paginator().items().send();
        let mut lake = None;
        while let Some(blueprint) = pages.next().await {
            let blueprint = blueprint.map_err(AwsError::from)?;
            if blueprint.name() == BLUEPRINT {
                lake = Some(blueprint.id);
                break;
            }
        }
        let environments = client.list_environments().domain_identifier(domain).project_identifier(&self.project.id);
        let mut pages = environments.set_environment_blueprint_identifier(lake).into_paginator().items().send();
        let mut state = None;
        while let Some(environment) = pages.next().await {
            let environment = environment.map_err(AwsError::from)?;
            match (environment.status(), environment.id()) {
                (Some(EnvironmentStatus::Active), Some(id)) => return Ok(id.to_owned()),
                (status, _) => state = status.map(|status| status.as_str().to_owned()),
            }
        }
        let project = &self.project.name;
        Err(match state {
            Some(state) => Error::failed(format!("the data lake of project {project} is {state}"))
                .hint("wait until it is ACTIVE, then run the same command again"),
            None => Error::failed(format!("project {project} has no data lake"))
                .hint("its profile needs an environment of the blueprint DataLake"),
        })
    }

    /// Waits until a data source can be run, or runs.
    async fn ready(&self, name: &str, id: &str) -> Result<()> {
        let Catalog { client, domain, world, .. } = self.catalog;
        let what = format!("data source {name}");
        let task = world.progress.start(&what);
        let outcome = poll::until(world.clock, self.patience, &what, &*task, async || {
            let source = client.get_data_source().domain_identifier(domain).identifier(id).send().await;
            let source = source.map_err(AwsError::from)?;
            match source.status() {
                Some(DataSourceStatus::Ready | DataSourceStatus::Running) => Ok(Look::Done(())),
                Some(status @ (DataSourceStatus::FailedCreation | DataSourceStatus::FailedUpdate)) => {
                    let error = Error::failed(format!("{what} is {status}"));
                    let cause = source.error_message().and_then(|cause| cause.error_detail());
                    Err(cause
                        .map_or(error, |cause| Error::failed(format!("{what} is {status}")).because(cause.to_owned())))
                }
                status => Ok(Look::Pending(status.map_or("not there", DataSourceStatus::as_str).to_owned())),
            }
        });
        let outcome = outcome.await;
        task.finish(if outcome.is_ok() { "ready" } else { "failed" });
        outcome
    }

    /// Runs a data source, or waits for the run that is under way.
    async fn run(&self, name: &str, source: &str) -> Result<DataSourceRunSummary> {
        let Catalog { client, domain, world, .. } = self.catalog;
        let newest = async || {
            let request = client.list_data_source_runs().domain_identifier(domain).data_source_identifier(source);
            let runs: Vec<DataSourceRunSummary> =
                request.into_paginator().items().send().try_collect().await.map_err(AwsError::from)?;
            Ok::<_, Error>(
                runs.into_iter().max_by_key(|run| (run.created_at().secs(), run.created_at().subsec_nanos())),
            )
        };
        let under_way = newest().await?.filter(is_under_way);
        let started = match under_way {
            Some(run) => run.id,
            None => {
                let request = client.start_data_source_run().domain_identifier(domain).data_source_identifier(source);
                match request.send().await.map_err(AwsError::from) {
                    Ok(run) => run.id,
                    Err(error) if error.class() == Class::Conflict => {
                        newest().await?.filter(is_under_way).map(|run| run.id).ok_or(error)?
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        };
        let what = format!("the run of data source {name}");
        let task = world.progress.start(&format!("waiting for {what}"));
        let outcome = poll::until(world.clock, self.patience, &what, &*task, async || {
            let run = newest().await?.filter(|run| run.id() == started);
            let Some(run) = run else { return Ok(Look::Pending("not there".to_owned())) };
            match run.status() {
                DataSourceRunStatus::Success => Ok(Look::Done(run)),
                DataSourceRunStatus::Failed | DataSourceRunStatus::PartiallySucceeded => Err(run_failed(&what, &run)),
                status => Ok(Look::Pending(status.as_str().to_owned())),
            }
        });
        let outcome = outcome.await;
        task.finish(if outcome.is_ok() { "done" } else { "failed" });
        outcome
    }
}

fn is_under_way(run: &DataSourceRunSummary) -> bool {
    matches!(run.status(), DataSourceRunStatus::Requested | DataSourceRunStatus::Running)
}

fn run_failed(what: &str, run: &DataSourceRunSummary) -> Error {
    let failed = run.run_statistics_for_assets().and_then(|counted| counted.failed()).unwrap_or_default();
    let error = match run.status() {
        DataSourceRunStatus::PartiallySucceeded => Error::failed(format!("{what} failed for {failed} tables")),
        _ => Error::failed(format!("{what} failed")),
    };
    let error = match run.error_message() {
        Some(cause) => error.because(cause.error_detail().unwrap_or(cause.error_type().as_str()).to_owned()),
        None => error,
    };
    error.hint(
        "the manage access role of the project's account must be able to read the database in Glue and Lake Formation",
    )
}

/// What the data source is called: after the database, and the tables if not all are wanted. Another choice of tables is
/// another data source, for AWS asks who changes one.
fn source_name(database: &str, tables: &[String]) -> String {
    match tables {
        [] => format!("aiops {database}"),
        tables => format!("aiops {database} {}", tables.join(" ")).chars().take(256).collect(),
    }
}

/// Whether a name fits a pattern, in which `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    globset::Glob::new(pattern).is_ok_and(|glob| glob.compile_matcher().is_match(name))
}
