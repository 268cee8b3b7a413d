//! `Search`: an index over several types of resources that lags behind them.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::common::{self, Arn, SEARCH_LAG};
use super::endpoints;
use super::expression;
use super::groups::GROUP;
use super::listing;
use super::packages::PACKAGE;
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, text};

/// The caller's resources of one type as they were at a moment, no longer ago than the index lags.
type Documents = fn(&Call<'_>, Timestamp) -> ApiResult<Vec<(Arn, Value)>>;

/// A type of resource that can be searched. A new one is an entry in [`RESOURCES`].
struct Resource {
    /// AWS's name of it, also in the results.
    name: &'static str,
    /// Finds its documents; [`common::all_at`] does for resources that change only when someone changes them.
    documents: Documents,
    /// The members that the index has, `Tags` apart.
    properties: &'static [&'static str],
}

const RESOURCES: &[Resource] = &[
    Resource {
        name: "ModelPackage",
        documents: |call, moment| common::all_at(call, PACKAGE, moment),
        properties: &[
            "ModelPackageName",
            "ModelPackageGroupName",
            "ModelPackageVersion",
            "ModelPackageRegistrationType",
            "ModelPackageArn",
            "ModelPackageDescription",
            "CreationTime",
            "InferenceSpecification",
            "SourceAlgorithmSpecification",
            "ValidationSpecification",
            "ModelPackageStatus",
            "ModelPackageStatusDetails",
            "CertifyForMarketplace",
            "ModelApprovalStatus",
            "CreatedBy",
            "MetadataProperties",
            "ModelMetrics",
            "LastModifiedTime",
            "LastModifiedBy",
            "ApprovalDescription",
            "Domain",
            "Task",
            "SamplePayloadUrl",
            "AdditionalInferenceSpecifications",
            "SourceUri",
            "SecurityConfig",
            "ModelCard",
            "ModelLifeCycle",
            "CustomerMetadataProperties",
            "DriftCheckBaselines",
            "SkipModelValidation",
        ],
    },
    Resource {
        name: "ModelPackageGroup",
        documents: |call, moment| common::all_at(call, GROUP, moment),
        properties: &[
            "ModelPackageGroupName",
            "ModelPackageGroupArn",
            "ModelPackageGroupDescription",
            "CreationTime",
            "CreatedBy",
            "ModelPackageGroupStatus",
        ],
    },
    Resource {
        name: "Endpoint",
        documents: endpoints::all_at,
        properties: &[
            "EndpointName",
            "EndpointArn",
            "EndpointConfigName",
            "ProductionVariants",
            "DataCaptureConfig",
            "EndpointStatus",
            "FailureReason",
            "CreationTime",
            "LastModifiedTime",
            "ShadowProductionVariants",
        ],
    },
];

/// `Search`.
pub(super) fn search(call: &mut Call<'_>, input: Value) -> ApiResult {
    let wanted = text(&input, "Resource").unwrap_or_default();
    let visible = visibility(&input);
    let access = visible.iter().fold(Access::new("sagemaker:Search", "*"), |access, (key, value)| {
        access.key(format!("sagemaker:SearchVisibilityCondition/{key}"), *value)
    });
    call.authorize(&access)?;
    let resource = RESOURCES.iter().find(|resource| resource.name == wanted).ok_or_else(|| {
        tracing::warn!(resource = wanted, "the sandbox does not search this type of resource");
        ApiError::new(400, "UnknownOperationException", format!("The requested search of {wanted} is not supported."))
    })?;
    let known = |property: &str| {
        let first = property.split('.').next().unwrap_or_default();
        first == "Tags" || first == "LastModifiedTime" || resource.properties.contains(&first)
    };
    expression::check(input.get("SearchExpression"), &known)?;

    let mut found = Vec::new();
    for record in records(call, resource, &input)? {
        let shown = visible.iter().all(|(key, value)| {
            let mut values = expression::values(&record, key).into_iter().peekable();
            values.peek().is_none() || values.any(|found| found.as_str() == Some(value))
        });
        if shown && input.get("SearchExpression").map_or(Ok(true), |it| expression::matches(it, &record))? {
            found.push(record);
        }
    }
    sort(&mut found, &input, &known)?;

    let hits = found.len();
    let (page, token) = listing::cut(&input, found, listing::PAGE)?;
    let results = page.into_iter().map(|record| json!({resource.name: as_listed(record)})).collect();
    let mut answer = listing::answer("Results", results, token);
    answer["TotalHits"] = json!({"Value": hits, "Relation": "EqualTo"});
    Ok(answer)
}

/// `Tags.<key>` and value of each visibility condition.
fn visibility(input: &Value) -> Vec<(&str, &str)> {
    let conditions = input.get("VisibilityConditions").and_then(Value::as_array).into_iter().flatten();
    conditions.filter_map(|condition| Some((text(condition, "Key")?, text(condition, "Value")?))).collect()
}

/// What the index holds: each resource's members, and its tags as an object.
fn records(call: &Call<'_>, resource: &Resource, input: &Value) -> ApiResult<Vec<Value>> {
    // Only resources that their owners have made discoverable through RAM would show; the sandbox has no RAM.
    if text(input, "CrossAccountFilterOption") == Some("CrossAccount") {
        return Ok(Vec::new());
    }
    let moment = call.now - SEARCH_LAG;
    let documents = (resource.documents)(call, moment)?;
    let record = |(arn, document): (Arn, Value)| {
        let mut record: Map<String, Value> = resource
            .properties
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), document.get(name)?.clone())))
            .collect();
        let tags = common::tags_at(call, &arn, moment)?;
        if !tags.is_empty() {
            record.insert("Tags".into(), Value::Object(tags));
        }
        Ok(Value::Object(record))
    };
    documents.into_iter().map(record).collect()
}

fn as_listed(mut record: Value) -> Value {
    if let Some(tags) = record.get_mut("Tags") {
        *tags = tags.as_object().map(common::tag_list).unwrap_or_default();
    }
    record
}

/// Sorts by `SortBy`, latest change first when the input does not say. What never changes counts from its creation.
fn sort(records: &mut [Value], input: &Value, known: &dyn Fn(&str) -> bool) -> ApiResult<()> {
    const DEFAULT: &str = "LastModifiedTime";
    let property = text(input, "SortBy").unwrap_or(DEFAULT);
    if !known(property) {
        return Err(expression::unknown(property));
    }
    let key = |record: &Value| {
        let fallback = if property == DEFAULT { "CreationTime" } else { property };
        let values = [property, fallback].into_iter().flat_map(|name| expression::values(record, name));
        values.into_iter().next().cloned().unwrap_or_default()
    };
    records.sort_by(|one, other| compare(&key(one), &key(other)));
    if text(input, "SortOrder") != Some("Ascending") {
        records.reverse();
    }
    Ok(())
}

fn compare(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one.as_f64().unwrap_or_default().total_cmp(&other.as_f64().unwrap_or_default())
        }
        (Value::Null, Value::Null) => Ordering::Equal,
        (Value::Null, _) => Ordering::Less,
        (_, Value::Null) => Ordering::Greater,
        (Value::String(one), Value::String(other)) => one.cmp(other),
        (one, other) => one.to_string().cmp(&other.to_string()),
    }
}
