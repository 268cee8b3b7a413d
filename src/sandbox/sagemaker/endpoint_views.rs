//! Endpoints as AWS's answers show them.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::states::{Endpoint, Fleet, Progress, Variant};
use crate::sandbox::call::epoch_seconds;

/// A structure whose members are there only when they have a value.
fn structure(members: impl IntoIterator<Item = (&'static str, Option<Value>)>) -> Map<String, Value> {
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// The answer of `DescribeEndpoint`; `Search` shows a part of it.
pub(super) fn description(endpoint: &Endpoint, now: Timestamp) -> Value {
    let fleet = endpoint.fleet.as_ref();
    let variants = |of: fn(&Fleet) -> &Vec<Variant>| {
        let (fleet, variants) = fleet.map(|fleet| (fleet, of(fleet))).filter(|(_, variants)| !variants.is_empty())?;
        Some(variants.iter().map(|variant| present(endpoint, fleet, variant)).collect())
    };
    let setting = |name: &str| fleet.and_then(|fleet| fleet.settings.get(name)).cloned();
    Value::Object(structure([
        ("EndpointName", Some(json!(endpoint.name))),
        ("EndpointArn", Some(json!(endpoint.arn))),
        ("EndpointConfigName", Some(json!(endpoint.config()))),
        ("ProductionVariants", variants(|fleet| &fleet.variants)),
        ("DataCaptureConfig", fleet.and_then(capture)),
        ("EndpointStatus", Some(json!(endpoint.status(now).name()))),
        ("FailureReason", endpoint.failure.as_ref().map(|reason| json!(reason))),
        ("CreationTime", Some(epoch_seconds(endpoint.created))),
        ("LastModifiedTime", Some(epoch_seconds(endpoint.modified))),
        ("LastDeploymentConfig", endpoint.deployment_config.clone()),
        ("AsyncInferenceConfig", setting("AsyncInferenceConfig")),
        ("PendingDeploymentSummary", pending(endpoint, now)),
        ("ExplainerConfig", setting("ExplainerConfig")),
        ("ShadowProductionVariants", variants(|fleet| &fleet.shadows)),
        ("MetricsConfig", setting("MetricsConfig")),
    ]))
}

/// An endpoint in the answer of `ListEndpoints`.
pub(super) fn summary(endpoint: &Endpoint, now: Timestamp) -> Value {
    json!({
        "EndpointName": endpoint.name,
        "EndpointArn": endpoint.arn,
        "CreationTime": epoch_seconds(endpoint.created),
        "LastModifiedTime": epoch_seconds(endpoint.modified),
        "EndpointStatus": endpoint.status(now).name(),
    })
}

/// `DataCaptureConfigSummary`.
fn capture(fleet: &Fleet) -> Option<Value> {
    let config = fleet.settings.get("DataCaptureConfig")?;
    let enabled = config.get("EnableCapture").and_then(Value::as_bool).unwrap_or(false);
    Some(json!({
        "EnableCapture": enabled,
        "CaptureStatus": if enabled { "Started" } else { "Stopped" },
        "CurrentSamplingPercentage": config.get("InitialSamplingPercentage"),
        "DestinationS3Uri": config.get("DestinationS3Uri"),
        "KmsKeyId": config.get("KmsKeyId").cloned().unwrap_or_else(|| json!("")),
    }))
}

/// A variant that answers, with what it is being changed to.
fn present(endpoint: &Endpoint, fleet: &Fleet, variant: &Variant) -> Value {
    let mut desired = variant.clone();
    let mut status = None;
    if let Some((target, since)) = endpoint.target(&variant.name) {
        target.apply(&mut desired);
        let scaled = desired.instances.filter(|_| desired.instances != variant.instances);
        let message = scaled.map(|count| {
            let direction = if variant.instances < Some(count) { "out" } else { "in" };
            json!(format!("Scaling {direction} desired instance count to {count}."))
        });
        status = Some(Value::Object(structure([
            ("Status", Some(json!("Updating"))),
            ("StatusMessage", message),
            ("StartTime", Some(epoch_seconds(since))),
        ])));
    }
    let current = (variant.weight, variant.instances);
    Value::Object(variant_members(fleet, variant, current, &desired, status))
}

/// `PendingDeploymentSummary`: the fleet that is being launched, or torn down again.
fn pending(endpoint: &Endpoint, now: Timestamp) -> Option<Value> {
    let (fleet, started) = endpoint.pending()?;
    let progress = endpoint.progress(now)?;
    let share = endpoint.pending_share(now);
    let variants = |variants: &[Variant]| -> Option<Value> {
        let variants = variants.iter().map(|variant| pending_variant(fleet, variant, share, &progress));
        Some(variants.collect::<Vec<Value>>()).filter(|variants| !variants.is_empty()).map(Value::Array)
    };
    Some(Value::Object(structure([
        ("EndpointConfigName", Some(json!(fleet.config))),
        ("ProductionVariants", variants(&fleet.variants)),
        ("StartTime", Some(epoch_seconds(started))),
        ("ShadowProductionVariants", variants(&fleet.shadows)),
    ])))
}

fn pending_variant(fleet: &Fleet, variant: &Variant, share: f64, progress: &Progress) -> Value {
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let launched = variant.instances.map(|instances| (share * instances as f64).ceil() as u64);
    let weight = if share > 0.0 { variant.weight } else { 0.0 };
    let status = json!({
        "Status": progress.status, "StatusMessage": progress.message, "StartTime": epoch_seconds(progress.since),
    });
    let mut members = variant_members(fleet, variant, (weight, launched), variant, Some(status));
    for member in ["InstanceType", "AcceleratorType"] {
        members.extend(variant.settings.get(member).map(|value| (member.to_owned(), value.clone())));
    }
    Value::Object(members)
}

fn variant_members(
    fleet: &Fleet,
    variant: &Variant,
    (weight, instances): (f64, Option<u64>),
    desired: &Variant,
    status: Option<Value>,
) -> Map<String, Value> {
    let images = variant.images.iter().map(|image| {
        json!({
            "SpecifiedImage": image.specified, "ResolvedImage": image.resolved,
            "ResolutionTime": epoch_seconds(fleet.launched),
        })
    });
    structure([
        ("VariantName", Some(json!(variant.name))),
        ("DeployedImages", Some(images.collect())),
        ("CurrentWeight", Some(json!(weight))),
        ("DesiredWeight", Some(json!(desired.weight))),
        ("CurrentInstanceCount", instances.map(|count| json!(count))),
        ("DesiredInstanceCount", desired.instances.map(|count| json!(count))),
        ("VariantStatus", status.map(|status| json!([status]))),
        ("CurrentServerlessConfig", variant.settings.get("ServerlessConfig").cloned()),
        ("DesiredServerlessConfig", desired.settings.get("ServerlessConfig").cloned()),
        ("ManagedInstanceScaling", variant.settings.get("ManagedInstanceScaling").cloned()),
        ("RoutingConfig", variant.settings.get("RoutingConfig").cloned()),
    ])
}
