//! Endpoints: what may be done to one and when. What one is at a moment is in [`super::states`].

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::common::{self, Arn};
use super::endpoint_configs::{self, ENDPOINT_CONFIG, PRODUCTION, SHADOW};
use super::states::{Change, Endpoint, Fleet, Rollout, Status, Target, Variant, Work};
use super::{artifacts, endpoint_views as views, guardrails, hosting, models, runtime};
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, required, text};

/// Resource type of endpoints in ARNs.
pub(super) const ENDPOINT: &str = "endpoint";

/// Members of a configuration that its endpoints show as their own.
const SETTINGS: [&str; 4] = ["DataCaptureConfig", "AsyncInferenceConfig", "ExplainerConfig", "MetricsConfig"];

/// Reads a stored endpoint as it is at `now`; none if it has been deleted by then.
pub(super) fn read(document: Value, now: Timestamp) -> ApiResult<Option<Endpoint>> {
    let endpoint: Endpoint = serde_json::from_value(document)
        .map_err(|error| ApiError::internal(format!("an endpoint does not read: {error}")))?;
    Ok(endpoint.at(now))
}

/// The endpoint as it is now, if there is one.
pub(super) fn find(call: &Call<'_>, arn: &Arn) -> ApiResult<Option<Endpoint>> {
    match arn.load(call)? {
        Some(document) => settle(call, arn, document),
        None => Ok(None),
    }
}

/// The endpoint of a document as it is now. The call that meets one that has gone meanwhile removes it: neither its
/// document nor its tags may outlive it.
fn settle(call: &Call<'_>, arn: &Arn, document: Value) -> ApiResult<Option<Endpoint>> {
    let endpoint = read(document, call.now)?;
    if endpoint.is_none() {
        arn.remove(call)?;
    }
    Ok(endpoint)
}

/// The endpoint that an input names. Looked for before anybody asks IAM, which asks for its tags.
fn named(call: &Call<'_>, input: &Value) -> ApiResult<(Arn, Option<Endpoint>)> {
    let arn = Arn::own(call, ENDPOINT, required(input, "EndpointName"));
    let endpoint = find(call, &arn)?;
    Ok((arn, endpoint))
}

/// AWS's word that there is no such endpoint.
fn missing(arn: &Arn) -> ApiError {
    ApiError::validation(format!("Could not find endpoint \"{arn}\"."))
}

fn save(call: &Call<'_>, arn: &Arn, endpoint: &Endpoint) -> ApiResult<()> {
    let document = serde_json::to_value(endpoint).map_err(|error| ApiError::internal(error.to_string()))?;
    arn.save(call, &document)
}

/// Refuses what AWS refuses while an endpoint is not at rest.
fn at_rest(call: &Call<'_>, endpoint: &Endpoint) -> ApiResult<()> {
    let arn = &endpoint.arn;
    match endpoint.status(call.now) {
        Status::InService => Ok(()),
        // AWS documents that a failed endpoint can only be deleted; its words are not known.
        Status::Failed => Err(ApiError::validation(format!("Cannot update failed endpoint \"{arn}\"."))),
        _ => Err(ApiError::validation(format!("Cannot update in-progress endpoint \"{arn}\"."))),
    }
}

/// Launches the variants of a configuration: the fleet, and why it does not come up if it does not. What S3 holds and the
/// roles may read now decides, not what they will some minutes later.
fn launch(call: &Call<'_>, config: &Value) -> ApiResult<(Fleet, Option<String>)> {
    let mut failure = None;
    let mut variants = |member| -> ApiResult<Vec<Variant>> {
        endpoint_configs::variants(config, member)
            .map(|settings| {
                let (variant, problem) = start(call, config, settings)?;
                failure = failure.take().or(problem);
                Ok(variant)
            })
            .collect()
    };
    let (production, shadows) = (variants(PRODUCTION)?, variants(SHADOW)?);
    let fleet = Fleet {
        config: required(config, "EndpointConfigName").to_owned(),
        launched: call.now,
        variants: production,
        shadows,
        settings: SETTINGS.iter().filter_map(|name| Some(((*name).to_owned(), config.get(*name)?.clone()))).collect(),
    };
    Ok((fleet, failure))
}

fn start(call: &Call<'_>, config: &Value, settings: &Value) -> ApiResult<(Variant, Option<String>)> {
    let name = required(settings, "VariantName");
    let (images, started) = match text(settings, "ModelName") {
        None => (Vec::new(), artifacts::Started { serving: artifacts::Serving::InferenceComponents, failure: None }),
        Some(model_name) => {
            let document = models::existing(call, model_name)?;
            let containers = models::containers(call, model_name)?;
            let role = text(&document, "ExecutionRoleArn").or_else(|| text(config, "ExecutionRoleArn"));
            let model = Arn::own(call, models::MODEL, model_name);
            let role = role.map(|role| artifacts::ExecutionRole { arn: role, model: &model });
            let images = containers.iter().map(artifacts::Container::image).collect();
            (images, artifacts::start(call, name, role, &containers)?)
        }
    };
    let instances = settings.get("InitialInstanceCount").and_then(Value::as_u64);
    let variant = Variant {
        name: name.to_owned(),
        weight: settings.get("InitialVariantWeight").and_then(Value::as_f64).unwrap_or(1.0),
        instances: settings.get("ServerlessConfig").is_none().then_some(instances.unwrap_or(1)),
        settings: settings.as_object().cloned().unwrap_or_default(),
        images,
        serving: started.serving,
    };
    Ok((variant, started.failure))
}

/// `CreateEndpoint`.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (arn, present) = named(call, &input)?;
    let config = Arn::own(call, ENDPOINT_CONFIG, required(&input, "EndpointConfigName"));
    common::authorize_creation(call, Access::new("sagemaker:CreateEndpoint", arn.to_string()), &arn, &input)?;
    let tags = common::tags_of_input(&input);
    call.authorize(&common::with_request_tags(common::access(call, "CreateEndpoint", &config)?, &tags))?;
    if present.is_some() {
        return Err(ApiError::validation(format!("Cannot create already existing endpoint \"{arn}\".")));
    }
    let (fleet, failure) = launch(call, &endpoint_configs::existing(call, &config.name)?)?;
    let deployment_config = input.get("DeploymentConfig").cloned();
    let endpoint = Endpoint {
        name: arn.name.clone(),
        arn: arn.to_string(),
        created: call.now,
        modified: call.now,
        first_config: config.name,
        fleet: None,
        change: Some(Change {
            started: call.now,
            work: Work::Deploy { fleet: Box::new(fleet), rollout: Rollout::default(), failure },
        }),
        failure: None,
        deployment_config,
    };
    save(call, &arn, &endpoint)?;
    common::set_tags(call, &arn, &tags)?;
    Ok(json!({"EndpointArn": arn.to_string()}))
}

/// `DescribeEndpoint`.
pub(super) fn describe(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (arn, endpoint) = named(call, &input)?;
    call.authorize(&common::access(call, "DescribeEndpoint", &arn)?)?;
    let endpoint = endpoint.ok_or_else(|| missing(&arn))?;
    Ok(views::description(&endpoint, call.now))
}

/// `ListEndpoints`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("sagemaker:ListEndpoints", "*"))?;
    let mut summaries = Vec::new();
    for document in common::all(call, &Arn::own(call, ENDPOINT, ""), "")? {
        let arn = Arn::own(call, ENDPOINT, text(&document, "name").unwrap_or_default());
        summaries.extend(settle(call, &arn, document)?.map(|endpoint| views::summary(&endpoint, call.now)));
    }
    let after = common::moment(&input, "LastModifiedTimeAfter")?;
    let before = common::moment(&input, "LastModifiedTimeBefore")?;
    let status = text(&input, "StatusEquals");
    let keep = |summary: &Value| {
        let modified = summary.get("LastModifiedTime").and_then(Value::as_f64).unwrap_or_default();
        status.is_none_or(|status| text(summary, "EndpointStatus") == Some(status))
            && after.is_none_or(|after| modified > after)
            && before.is_none_or(|before| modified < before)
    };
    hosting::newest_first(&input, summaries, "EndpointName", keep, "Endpoints")
}

/// `UpdateEndpoint`. If the new fleet does not come up, AWS returns to the old one and says so only in `FailureReason`.
pub(super) fn update(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (arn, endpoint) = named(call, &input)?;
    let config = Arn::own(call, ENDPOINT_CONFIG, required(&input, "EndpointConfigName"));
    for resource in [&arn, &config] {
        call.authorize(&common::access(call, "UpdateEndpoint", resource)?)?;
    }
    let mut endpoint = endpoint.ok_or_else(|| missing(&arn))?;
    at_rest(call, &endpoint)?;
    let (mut fleet, failure) = launch(call, &endpoint_configs::existing(call, &config.name)?)?;
    let retain_policy = input.get("RetainDeploymentConfig").and_then(Value::as_bool).unwrap_or(false);
    let given = input.get("DeploymentConfig").cloned();
    let policy = if retain_policy { given.or_else(|| endpoint.deployment_config.clone()) } else { given };
    if let Some(old) = &endpoint.fleet {
        retain(&mut fleet, old, &input);
        if let Some(policy) = &policy {
            guardrails::check(policy, old, &fleet)?;
        }
    }
    let rollout = Rollout::of(policy.as_ref(), fleet.instances());
    endpoint.change =
        Some(Change { started: call.now, work: Work::Deploy { fleet: Box::new(fleet), rollout, failure } });
    endpoint.modified = call.now;
    endpoint.failure = None;
    endpoint.deployment_config = policy.or(endpoint.deployment_config);
    save(call, &arn, &endpoint)?;
    Ok(json!({"EndpointArn": arn.to_string()}))
}

/// Carries over what `RetainAllVariantProperties` keeps of the present fleet, by variant name.
fn retain(fleet: &mut Fleet, old: &Fleet, input: &Value) {
    if input.get("RetainAllVariantProperties").and_then(Value::as_bool) != Some(true) {
        return;
    }
    let excluded: BTreeSet<&str> = endpoint_configs::variants(input, "ExcludeRetainedVariantProperties")
        .map(|property| required(property, "VariantPropertyType"))
        .collect();
    for variant in &mut fleet.variants {
        let Some(old) = old.variants.iter().find(|old| old.name == variant.name) else { continue };
        if !excluded.contains("DesiredWeight") {
            variant.weight = old.weight;
        }
        if !excluded.contains("DesiredInstanceCount") && variant.instances.is_some() {
            variant.instances = old.instances.or(variant.instances);
        }
    }
    if !excluded.contains("DataCaptureConfig") {
        match old.settings.get("DataCaptureConfig") {
            Some(kept) => drop(fleet.settings.insert("DataCaptureConfig".to_owned(), kept.clone())),
            None => drop(fleet.settings.remove("DataCaptureConfig")),
        }
    }
}

/// `UpdateEndpointWeightsAndCapacities`.
pub(super) fn update_weights(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (arn, endpoint) = named(call, &input)?;
    call.authorize(&common::access(call, "UpdateEndpointWeightsAndCapacities", &arn)?)?;
    let mut endpoint = endpoint.ok_or_else(|| missing(&arn))?;
    at_rest(call, &endpoint)?;
    let targets: Vec<Target> = endpoint_configs::variants(&input, "DesiredWeightsAndCapacities")
        .map(|wanted| Target {
            variant: required(wanted, "VariantName").to_owned(),
            weight: wanted.get("DesiredWeight").and_then(Value::as_f64),
            instances: wanted.get("DesiredInstanceCount").and_then(Value::as_u64),
            serverless: wanted.get("ServerlessUpdateConfig").and_then(Value::as_object).cloned().unwrap_or_default(),
        })
        .collect();
    check_targets(&endpoint, &targets)?;
    endpoint.change = Some(Change { started: call.now, work: Work::Scale(targets) });
    endpoint.modified = call.now;
    save(call, &arn, &endpoint)?;
    Ok(json!({"EndpointArn": arn.to_string()}))
}

fn check_targets(endpoint: &Endpoint, targets: &[Target]) -> ApiResult<()> {
    let mut variants = endpoint.fleet.clone().map(|fleet| fleet.variants).unwrap_or_default();
    for target in targets {
        let name = &target.variant;
        let Some(variant) = variants.iter_mut().find(|variant| variant.name == *name) else {
            return Err(ApiError::validation(format!(
                "The variant name(s) \"{name}\" is/are not present within endpoint configuration \"{}\".",
                endpoint.config()
            )));
        };
        let serverless = variant.instances.is_none();
        if serverless && target.instances.is_some() || !serverless && !target.serverless.is_empty() {
            let kind = if serverless { "serverless" } else { "instance-based" };
            return Err(ApiError::validation(format!("The capacity given does not apply to {kind} variant {name}.")));
        }
        target.apply(variant);
    }
    if variants.iter().map(|variant| variant.weight).sum::<f64>() > 0.0 {
        return Ok(());
    }
    Err(ApiError::validation("At least one production variant must have a weight greater than 0."))
}

/// `DeleteEndpoint`.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (arn, endpoint) = named(call, &input)?;
    call.authorize(&common::access(call, "DeleteEndpoint", &arn)?)?;
    let mut endpoint = endpoint.ok_or_else(|| missing(&arn))?;
    if endpoint.status(call.now) != Status::Failed {
        at_rest(call, &endpoint)?;
    }
    endpoint.change = Some(Change { started: call.now, work: Work::Delete });
    endpoint.modified = call.now;
    save(call, &arn, &endpoint)?;
    runtime::forget(call, &arn)?;
    Ok(json!({}))
}

/// The caller's endpoints as they were at `moment`, for `Search`.
pub(super) fn all_at(call: &Call<'_>, moment: Timestamp) -> ApiResult<Vec<(Arn, Value)>> {
    let mut found = Vec::new();
    for (arn, document) in common::all_at(call, ENDPOINT, moment)? {
        found.extend(read(document, moment)?.map(|endpoint| (arn, views::description(&endpoint, moment))));
    }
    Ok(found)
}
