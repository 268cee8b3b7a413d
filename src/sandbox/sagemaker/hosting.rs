//! The hosting half of SageMaker: models, endpoint configurations and endpoints, in one table of operations.

use serde_json::{Map, Value, json};

use super::{endpoint_configs, endpoints, listing, models, shapes_hosting as shapes};
use crate::sandbox::call::{Access, ApiResult, text};
use crate::sandbox::service::{Operation, Protocol, Service};

const fn operation(
    name: &'static str,
    input: &'static str,
    handler: fn(&mut crate::sandbox::call::Call<'_>, Value) -> ApiResult,
) -> Operation {
    Operation { name, input, handler }
}

/// SageMaker's hosting operations. The model registry's are a service of the same name beside it.
pub const SERVICE: Service = Service {
    name: "sagemaker",
    protocol: Protocol::Json {
        target_prefix: "SageMaker",
        validation_code: "ValidationException",
        operations: &[
            operation("CreateModel", shapes::CREATE_MODEL, models::create),
            operation("DescribeModel", "{ ModelName!: ModelName }", models::describe),
            operation("ListModels", shapes::LIST, models::list),
            operation("DeleteModel", "{ ModelName!: ModelName }", models::delete),
            operation("CreateEndpointConfig", shapes::CREATE_ENDPOINT_CONFIG, endpoint_configs::create),
            operation("DescribeEndpointConfig", CONFIG_NAME, endpoint_configs::describe),
            operation("ListEndpointConfigs", shapes::LIST, endpoint_configs::list),
            operation("DeleteEndpointConfig", CONFIG_NAME, endpoint_configs::delete),
            operation("CreateEndpoint", shapes::CREATE_ENDPOINT, endpoints::create),
            operation("DescribeEndpoint", "{ EndpointName!: EndpointName }", endpoints::describe),
            operation("ListEndpoints", shapes::LIST_ENDPOINTS, endpoints::list),
            operation("UpdateEndpoint", shapes::UPDATE_ENDPOINT, endpoints::update),
            operation("UpdateEndpointWeightsAndCapacities", shapes::UPDATE_WEIGHTS, endpoints::update_weights),
            operation("DeleteEndpoint", "{ EndpointName!: EndpointName }", endpoints::delete),
        ],
    },
    shapes: shapes::SHAPES,
};

const CONFIG_NAME: &str = "{ EndpointConfigName!: EndpointConfigName }";

/// What a document keeps of the input that created it: all but the tags, which have their own place.
pub(super) fn kept(input: &Value) -> Map<String, Value> {
    let members = input.as_object().cloned().unwrap_or_default();
    members.into_iter().filter(|(name, value)| name != "Tags" && !value.is_null()).collect()
}

/// Adds the condition keys of a `VpcConfig`.
pub(super) fn with_vpc(mut access: Access, input: &Value) -> Access {
    for (key, member) in [("sagemaker:VpcSecurityGroupIds", "SecurityGroupIds"), ("sagemaker:VpcSubnets", "Subnets")] {
        let ids = input.get("VpcConfig").and_then(|vpc| vpc.get(member)).and_then(Value::as_array);
        if let Some(ids) = ids {
            access = access.keys_of(key, ids.iter().filter_map(Value::as_str).map(str::to_owned));
        }
    }
    access
}

/// A page of `summaries` under `member`; unlike the registry's lists these show the newest first by default.
pub(super) fn newest_first(
    input: &Value,
    summaries: Vec<Value>,
    name: &str,
    keep: impl Fn(&Value) -> bool,
    member: &str,
) -> ApiResult {
    let mut input = input.clone();
    if text(&input, "SortOrder").is_none() {
        input["SortOrder"] = json!("Descending");
    }
    let name = |summary: &Value| text(summary, name).unwrap_or_default().to_owned();
    listing::page(&input, summaries, name, keep, member)
}

#[cfg(test)]
mod tests;
