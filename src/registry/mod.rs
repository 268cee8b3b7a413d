//! Model package groups and versions of one registry: read, created as verified copies.

pub mod artifacts;
pub mod find;
pub mod integrity;
pub mod record;

use std::collections::{BTreeMap, HashMap};

use aws_sdk_sagemaker::primitives::DateTime;
use aws_sdk_sagemaker::types::{
    Filter, ModelApprovalStatus, ModelLifeCycle, ModelPackageSortBy, ModelPackageSummary, Operator, ResourceType,
    SearchExpression, SortOrder,
};
use jiff::Timestamp;
use serde_json::Value;

use crate::aws::error::{AwsError, Class};
use crate::aws::{Session, moment};
use crate::error::{Error, Result};
use crate::governance::{Approval, LifeCycle, MetadataValue, Observed};

/// The group of the central registry in which `doctor` tries what AWS must refuse. It holds no model.
pub const SCRATCH_GROUP: &str = "aiops-doctor-scratch";

/// A version of a model package group, as a listing shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// Name of the group.
    pub group: String,
    /// The version's number in its group.
    pub number: u32,
    /// ARN of the version.
    pub arn: String,
    /// When it was registered.
    pub created: Option<Timestamp>,
    /// `ModelLifeCycle`.
    pub lifecycle: Observed,
    /// `ModelApprovalStatus`, if it is one that AWS has today.
    pub approval: Option<Approval>,
}

impl Version {
    /// What AWS says of the version with this ARN; none if it is the ARN of something else.
    fn read(
        arn: &str,
        created: Option<&DateTime>,
        lifecycle: Option<&ModelLifeCycle>,
        approval: Option<&ModelApprovalStatus>,
    ) -> Option<Self> {
        let (group, number) = group_and_number(arn)?;
        Some(Version {
            group,
            number,
            arn: arn.to_owned(),
            created: created.and_then(moment),
            lifecycle: Observed::read(lifecycle.and_then(|at| at.stage()), lifecycle.and_then(|at| at.stage_status())),
            approval: approval.and_then(|status| status.as_str().parse().ok()),
        })
    }

    /// The account of its registry: twelve digits.
    pub fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }
}

/// Everything that the registry knows about a version.
#[derive(Clone, Debug)]
pub struct Details {
    /// What a listing shows too.
    pub version: Version,
    /// `CustomerMetadataProperties`.
    pub metadata: BTreeMap<String, String>,
    /// The whole record, with AWS's member names.
    pub record: Value,
}

impl Details {
    /// The inference specification, with AWS's member names.
    pub fn specification(&self) -> &Value {
        &self.record["InferenceSpecification"]
    }
}

/// Names of all model package groups of the registry, in order.
pub async fn groups(session: &Session) -> Result<Vec<String>, AwsError> {
    let mut pages = session.sagemaker().list_model_package_groups().max_results(100).into_paginator().send();
    let mut names = Vec::new();
    while let Some(page) = pages.next().await {
        names.extend(
            page?
                .model_package_group_summary_list()
                .iter()
                .filter_map(|group| group.model_package_group_name())
                .map(str::to_owned),
        );
    }
    names.sort();
    Ok(names)
}

/// The newest `latest` versions of `group` (all without a number), newest first.
///
/// Listings are strongly consistent, and their summaries hold lifecycle and approval. The order is always asked for:
/// AWS's documentation and AWS's samples disagree about the default.
pub async fn versions(session: &Session, group: &str, latest: Option<usize>) -> Result<Vec<Version>, AwsError> {
    let page_size = latest.map_or(100, |latest| latest.clamp(1, 100));
    let mut pages = session
        .sagemaker()
        .list_model_packages()
        .model_package_group_name(group)
        .sort_by(ModelPackageSortBy::CreationTime)
        .sort_order(SortOrder::Descending)
        .max_results(i32::try_from(page_size).unwrap_or(100))
        .into_paginator()
        .send();
    let mut found: Vec<Version> = Vec::new();
    while latest.is_none_or(|latest| found.len() < latest)
        && let Some(page) = pages.next().await
    {
        found.extend(page?.model_package_summary_list().iter().filter_map(listed));
    }
    // Versions registered in one second share their time.
    found.sort_by_key(|version| std::cmp::Reverse(version.number));
    found.truncate(latest.unwrap_or(usize::MAX));
    Ok(found)
}

fn listed(summary: &ModelPackageSummary) -> Option<Version> {
    Version::read(
        summary.model_package_arn()?,
        summary.creation_time(),
        summary.model_life_cycle(),
        summary.model_approval_status(),
    )
}

/// Everything about the version with this ARN. The record's own `ModelPackageName` is empty for versions; the ARN counts.
pub async fn describe(session: &Session, arn: &str) -> Result<Details> {
    let output =
        session.sagemaker().describe_model_package().model_package_name(arn).send().await.map_err(|error| {
            let error = AwsError::from(error);
            let missing = error.class() == Class::NotFound;
            let told = Error::from(error).context(format!("cannot read {arn}"));
            if missing { told.hint("`aiops status --all` lists every version there is") } else { told }
        })?;
    let arn = output.model_package_arn().unwrap_or(arn);
    let version = Version::read(arn, output.creation_time(), output.model_life_cycle(), output.model_approval_status())
        .ok_or_else(|| Error::failed(format!("{arn} is not a version of a model package group")))?;
    Ok(Details {
        version,
        metadata: output
            .customer_metadata_properties()
            .map(|properties| properties.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
            .unwrap_or_default(),
        record: record::of(&output)?,
    })
}

/// The newest `latest` versions of `group` with their metadata, newest first. What the index does not have yet is described.
pub async fn versions_with_metadata(
    session: &Session,
    group: &str,
    latest: Option<usize>,
) -> Result<Vec<(Version, BTreeMap<String, String>)>> {
    let found = match versions(session, group, latest).await {
        // No group: nothing was ever promoted.
        Err(error) if error.class() == Class::NotFound => return Ok(Vec::new()),
        found => found?,
    };
    if found.is_empty() {
        return Ok(Vec::new());
    }
    with_metadata(session, found, &indexed_metadata(session, Some(group)).await?).await
}

/// Versions with their metadata, as the index has it; what it does not have yet is described.
pub async fn with_metadata(
    session: &Session,
    versions: Vec<Version>,
    indexed: &Metadata,
) -> Result<Vec<(Version, BTreeMap<String, String>)>> {
    let mut with_metadata = Vec::with_capacity(versions.len());
    for version in versions {
        let metadata = match indexed.get(&version.arn) {
            Some(metadata) => metadata.clone(),
            None => describe(session, &version.arn).await?.metadata,
        };
        with_metadata.push((version, metadata));
    }
    Ok(with_metadata)
}

/// A change of a version: the lifecycle and what goes with it, in one call.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// Where the version goes, with the approval that follows from it.
    pub to: Option<LifeCycle>,
    /// `ApprovalDescription` and `StageDescription`: why.
    pub comment: Option<String>,
    /// Metadata to add or replace.
    pub metadata: BTreeMap<String, MetadataValue>,
}

/// Writes `change`, and reads back that it is there.
///
/// AWS does not say whether sent metadata replaces or joins what is there, so everything is sent, and read back.
pub async fn update(session: &Session, details: &Details, change: &Change) -> Result<Details> {
    let arn = &details.version.arn;
    let mut metadata: HashMap<String, String> = details.metadata.clone().into_iter().collect();
    metadata.extend(change.metadata.iter().map(|(key, value)| (key.clone(), value.as_str().to_owned())));
    let comment = change.comment.as_deref().map(one_line);
    let sent = session
        .sagemaker()
        .update_model_package()
        .model_package_arn(arn)
        .set_model_life_cycle(change.to.map(|to| life_cycle(to, comment.clone())))
        .set_model_approval_status(change.to.map(approval_status))
        .set_approval_description(comment)
        .set_customer_metadata_properties(Some(metadata.clone()).filter(|metadata| !metadata.is_empty()))
        .send()
        .await
        .map_err(|error| Error::from(AwsError::from(error)).context(format!("cannot change {arn}")));
    let found = describe(session, arn).await;
    let made = found.as_ref().is_ok_and(|now| {
        let moved = change.to.is_none_or(|to| now.version.lifecycle.known() == Some(to));
        moved && metadata.iter().all(|(key, value)| now.metadata.get(key) == Some(value))
    });
    match (sent, found) {
        // A call whose answer was lost is made again by the SDK, and refused: no move leads from a state to itself.
        (_, Ok(now)) if made => Ok(now),
        (Err(error), _) | (Ok(_), Err(error)) => Err(error),
        (Ok(_), Ok(now)) => Err(Error::failed(format!("{arn} was changed by somebody else at the same time"))
            .because(format!("it is {} now", now.version.lifecycle))
            .hint("look at `aiops status`, and decide again")),
    }
}

/// `ModelLifeCycle` as it is sent, with why as `StageDescription`.
pub fn life_cycle(at: LifeCycle, description: Option<String>) -> ModelLifeCycle {
    ModelLifeCycle::builder()
        .stage(at.stage.as_str())
        .stage_status(at.status.as_str())
        .set_stage_description(description)
        .build()
}

/// The `ModelApprovalStatus` to send with a lifecycle.
pub fn approval_status(at: LifeCycle) -> ModelApprovalStatus {
    ModelApprovalStatus::from(at.approval().as_str())
}

/// AWS takes at most 1,024 characters, without line breaks.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(1024).collect()
}

/// `CustomerMetadataProperties` of versions, by ARN.
pub type Metadata = BTreeMap<String, BTreeMap<String, String>>;

/// `CustomerMetadataProperties` of the versions of `group`, or of all groups: one call for a hundred versions. From the
/// search index, which lags some seconds behind; what was there before never changes for the keys that copies are found by.
pub async fn indexed_metadata(session: &Session, group: Option<&str>) -> Result<Metadata, AwsError> {
    let expression = group.map(|group| {
        let of_group = Filter::builder().name("ModelPackageGroupName").operator(Operator::Equals).value(group).build();
        SearchExpression::builder().filters(of_group).build()
    });
    let mut pages = session
        .sagemaker()
        .search()
        .resource(ResourceType::ModelPackage)
        .set_search_expression(expression)
        .max_results(100)
        .into_paginator()
        .send();
    let mut found = BTreeMap::new();
    while let Some(page) = pages.next().await {
        for package in page?.results().iter().filter_map(|result| result.model_package()) {
            if let (Some(arn), Some(properties)) = (package.model_package_arn(), package.customer_metadata_properties())
            {
                let properties = properties.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
                found.insert(arn.to_owned(), properties);
            }
        }
    }
    Ok(found)
}

/// Group name and version number in the ARN of a version: `arn:...:model-package/<group>/<number>`.
pub fn group_and_number(arn: &str) -> Option<(String, u32)> {
    let (_, rest) = arn.split_once(":model-package/")?;
    let (group, number) = rest.rsplit_once('/')?;
    Some((group.to_owned(), number.parse().ok()?))
}
