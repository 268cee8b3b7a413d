//! Live truth: the versions that an account's endpoints serve right now.
//!
//! An endpoint does not name a model package, and a tag could lie (a silent rollback leaves it behind). So the chain is
//! followed: endpoint -> its present configuration -> models -> model package. Three calls for an endpoint with one
//! variant, and one more for each further variant.

use aws_sdk_sagemaker::types::{EndpointStatus, ProductionVariantSummary};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use serde::Serialize;

use crate::aws::error::{AwsError, Class};
use crate::aws::{Session, moment};

/// Endpoints that are followed at once.
const AT_ONCE: usize = 8;

/// An endpoint as it is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Live {
    /// Name of the endpoint.
    pub endpoint: String,
    /// `EndpointStatus`.
    pub status: String,
    /// Name of the configuration that it has now.
    pub config: Option<String>,
    /// Why its last change failed, in AWS's words.
    pub failure: Option<String>,
    /// When it changed last.
    pub changed: Option<Timestamp>,
    /// What serves behind it.
    pub variants: Vec<LiveVariant>,
}

/// A variant that takes requests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LiveVariant {
    /// Name of the variant.
    pub name: String,
    /// Its share of the traffic, 0 to 1.
    pub share: f64,
    /// Instances that run now; none for serverless.
    pub instances: Option<i32>,
    /// ARN of the model package version that it serves; none if its model was made without one.
    pub package_arn: Option<String>,
}

impl Live {
    /// Whether it answers requests.
    pub fn serves(&self) -> bool {
        matches!(self.status.as_str(), "InService" | "Updating" | "SystemUpdating" | "RollingBack")
    }
}

/// Every endpoint of the account and Region of `session`, by name.
pub async fn endpoints(session: &Session) -> Result<Vec<Live>, AwsError> {
    let sagemaker = session.sagemaker();
    let mut pages = sagemaker.list_endpoints().max_results(100).into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        names.extend(page?.endpoints().iter().filter_map(|endpoint| endpoint.endpoint_name()).map(str::to_owned));
    }
    names.sort();
    let followed: Vec<Option<Live>> = stream::iter(names)
        .map(|name| async move { endpoint(session, &name).await })
        .buffered(AT_ONCE)
        .try_collect()
        .await?;
    Ok(followed.into_iter().flatten().collect())
}

/// The endpoint `name`, if there is one.
pub async fn endpoint(session: &Session, name: &str) -> Result<Option<Live>, AwsError> {
    let described = session.sagemaker().describe_endpoint().endpoint_name(name).send().await.map_err(AwsError::from);
    let output = match described {
        Ok(output) => output,
        // Deleted between listing and looking.
        Err(error) if error.class() == Class::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let config = output.endpoint_config_name().map(str::to_owned);
    let weights = output.production_variants();
    let total: f32 = weights.iter().filter_map(ProductionVariantSummary::current_weight).sum();
    let mut variants = Vec::new();
    if let Some(config) = &config {
        for (variant, model) in models_of(session, config).await? {
            let now = weights.iter().find(|summary| summary.variant_name() == Some(&variant));
            let weight = now.and_then(|summary| summary.current_weight()).unwrap_or_default();
            variants.push(LiveVariant {
                share: if total > 0.0 { f64::from(weight) / f64::from(total) } else { 0.0 },
                instances: now.and_then(|summary| summary.current_instance_count()),
                package_arn: package_of(session, &model).await?,
                name: variant,
            });
        }
    }
    Ok(Some(Live {
        endpoint: name.to_owned(),
        status: output.endpoint_status().map_or("unknown", EndpointStatus::as_str).to_owned(),
        config,
        failure: output.failure_reason().map(str::to_owned),
        changed: output.last_modified_time().and_then(moment),
        variants,
    }))
}

/// Variants and their models in a configuration. One that is gone while in use says nothing, which is shown as such.
async fn models_of(session: &Session, config: &str) -> Result<Vec<(String, String)>, AwsError> {
    let described = session.sagemaker().describe_endpoint_config().endpoint_config_name(config).send().await;
    match described.map_err(AwsError::from) {
        Ok(output) => Ok(output
            .production_variants()
            .iter()
            .filter_map(|variant| Some((variant.variant_name()?.to_owned(), variant.model_name()?.to_owned())))
            .collect()),
        Err(error) if error.class() == Class::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// The model package version that a model was made from.
pub(super) async fn package_of(session: &Session, model: &str) -> Result<Option<String>, AwsError> {
    match session.sagemaker().describe_model().model_name(model).send().await.map_err(AwsError::from) {
        Ok(output) => Ok(output
            .primary_container()
            .into_iter()
            .chain(output.containers())
            .find_map(|container| container.model_package_name())
            .map(str::to_owned)),
        Err(error) if error.class() == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
