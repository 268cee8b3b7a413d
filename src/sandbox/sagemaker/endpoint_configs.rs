//! Endpoint configurations: which models an endpoint serves, on what, and with which share of the traffic.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::artifacts::Container;
use super::common::{self, Arn};
use super::{hosting, models};
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, epoch_seconds, required, text};

/// Resource type of endpoint configurations in ARNs.
pub(super) const ENDPOINT_CONFIG: &str = "endpoint-config";

/// The configuration's document, or AWS's word that there is none.
pub(super) fn existing(call: &Call<'_>, name: &str) -> ApiResult<Value> {
    let arn = Arn::own(call, ENDPOINT_CONFIG, name);
    arn.load(call)?.ok_or_else(|| ApiError::validation(format!("Could not find endpoint configuration \"{arn}\".")))
}

/// The variants under `member` of a configuration.
pub(super) fn variants<'v>(config: &'v Value, member: &str) -> impl Iterator<Item = &'v Value> {
    config.get(member).and_then(Value::as_array).into_iter().flatten()
}

/// `CreateEndpointConfig`.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = Arn::own(call, ENDPOINT_CONFIG, required(&input, "EndpointConfigName"));
    let access = with_condition_keys(call, Access::new("sagemaker:CreateEndpointConfig", arn.to_string()), &input);
    common::authorize_creation(call, access, &arn, &input)?;
    if let Some(role) = text(&input, "ExecutionRoleArn") {
        models::pass_role(call, role)?;
    }
    check(call, &input)?;
    if arn.load(call)?.is_some() {
        let message = format!("Cannot create already existing endpoint configuration \"{arn}\".");
        return Err(ApiError::validation(message));
    }
    let mut config = hosting::kept(&input);
    for member in [PRODUCTION, SHADOW] {
        for variant in config.get_mut(member).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(variant) = variant.as_object_mut() {
                variant.entry("InitialVariantWeight").or_insert(json!(1.0));
            }
        }
    }
    config.insert("EndpointConfigArn".into(), arn.to_string().into());
    config.insert("CreationTime".into(), epoch_seconds(call.now));
    arn.save(call, &Value::Object(config))?;
    common::set_tags(call, &arn, &common::tags_of_input(&input))?;
    Ok(json!({"EndpointConfigArn": arn.to_string()}))
}

/// The member with the variants that share the traffic.
pub(super) const PRODUCTION: &str = "ProductionVariants";
/// The member with the variants that get copies of it.
pub(super) const SHADOW: &str = "ShadowProductionVariants";

/// The condition keys that AWS documents for `CreateEndpointConfig`.
fn with_condition_keys(call: &Call<'_>, mut access: Access, input: &Value) -> Access {
    let all = || variants(input, PRODUCTION).chain(variants(input, SHADOW));
    let of = |member: &'static str| all().filter_map(move |variant| text(variant, member));
    let models = of("ModelName").map(|name| Arn::own(call, models::MODEL, name).to_string());
    let serverless = |member: &'static str| {
        all().filter_map(move |variant| Some(variant.get("ServerlessConfig")?.get(member)?.to_string()))
    };
    let keys: [(&str, BTreeSet<String>); 5] = [
        ("sagemaker:ModelArn", models.collect()),
        ("sagemaker:InstanceTypes", of("InstanceType").map(str::to_owned).collect()),
        ("sagemaker:AcceleratorTypes", of("AcceleratorType").map(str::to_owned).collect()),
        ("sagemaker:ServerlessMaxConcurrency", serverless("MaxConcurrency").collect()),
        ("sagemaker:ServerlessMemorySize", serverless("MemorySizeInMB").collect()),
    ];
    for (key, values) in keys.into_iter().filter(|(_, values)| !values.is_empty()) {
        access = access.keys_of(key, values);
    }
    if let Some(key) = text(input, "KmsKeyId") {
        access = access.key("sagemaker:VolumeKmsKey", key);
    }
    if let Some(isolated) = input.get("EnableNetworkIsolation").and_then(Value::as_bool) {
        access = access.key("sagemaker:NetworkIsolation", isolated.to_string());
    }
    hosting::with_vpc(access, input)
}

/// What AWS requires beyond the shape of the input. Its words for these are not documented; the code is.
fn check(call: &Call<'_>, input: &Value) -> ApiResult<()> {
    let refuse = |message: String| Err(ApiError::validation(message));
    let production: Vec<&Value> = variants(input, PRODUCTION).collect();
    let shadow: Vec<&Value> = variants(input, SHADOW).collect();
    if !shadow.is_empty() && (shadow.len() != 1 || production.len() != 1) {
        return refuse("Shadow tests need exactly one production variant and one shadow variant.".to_owned());
    }
    let mut names = BTreeSet::new();
    for variant in production.iter().chain(&shadow) {
        let name = required(variant, "VariantName");
        if !names.insert(name) {
            return refuse(format!("Variant names must be unique within an endpoint configuration: {name}."));
        }
        let serverless = variant.get("ServerlessConfig");
        let on_instances = variant.get("InstanceType").is_some() || variant.get("InstancePools").is_some();
        if serverless.is_some() == on_instances {
            return refuse(format!("Specify either InstanceType or ServerlessConfig for variant {name}."));
        }
        if serverless.is_some() && variant.get("InitialInstanceCount").is_some() {
            return refuse(format!("InitialInstanceCount does not apply to serverless variant {name}."));
        }
        let memory = serverless.and_then(|serverless| serverless.get("MemorySizeInMB")).and_then(Value::as_u64);
        if memory.is_some_and(|memory| !memory.is_multiple_of(1024)) {
            return refuse(format!("MemorySizeInMB of variant {name} must be a multiple of 1024."));
        }
        match text(variant, "ModelName") {
            Some(model) => {
                models::existing(call, model)?;
                let containers = models::containers(call, model)?;
                if serverless.is_some() && containers.iter().any(Container::has_data_source) {
                    return refuse(format!("Serverless variant {name} cannot use a model with a ModelDataSource."));
                }
            }
            None if text(input, "ExecutionRoleArn").is_none() => {
                return refuse(format!(
                    "Specify ModelName for variant {name}, or ExecutionRoleArn for inference components."
                ));
            }
            None => {}
        }
    }
    let weight = |variant: &&Value| variant.get("InitialVariantWeight").and_then(Value::as_f64).unwrap_or(1.0);
    if production.iter().map(weight).sum::<f64>() > 0.0 {
        Ok(())
    } else {
        refuse("At least one production variant must have a weight greater than 0.".to_owned())
    }
}

/// `DescribeEndpointConfig`.
pub(super) fn describe(call: &mut Call<'_>, input: Value) -> ApiResult {
    let name = required(&input, "EndpointConfigName");
    let arn = Arn::own(call, ENDPOINT_CONFIG, name);
    call.authorize(&common::access(call, "DescribeEndpointConfig", &arn)?)?;
    existing(call, name)
}

/// `DeleteEndpointConfig`. The endpoints that run it go on doing so.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = Arn::own(call, ENDPOINT_CONFIG, required(&input, "EndpointConfigName"));
    call.authorize(&common::access(call, "DeleteEndpointConfig", &arn)?)?;
    existing(call, &arn.name)?;
    arn.remove(call)?;
    Ok(json!({}))
}

/// `ListEndpointConfigs`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("sagemaker:ListEndpointConfigs", "*"))?;
    let configs = common::all(call, &Arn::own(call, ENDPOINT_CONFIG, ""), "")?;
    let summary = |config| common::members(config, &["EndpointConfigName", "EndpointConfigArn", "CreationTime"]);
    let summaries = configs.iter().map(summary).collect();
    hosting::newest_first(&input, summaries, "EndpointConfigName", |_| true, "EndpointConfigs")
}
