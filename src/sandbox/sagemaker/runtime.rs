//! SageMaker Runtime: `InvokeEndpoint`.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue, Method};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::artifacts::Serving;
use super::common::{self, Arn};
use super::endpoints::{self, ENDPOINT};
use super::predictor::ModelFault;
use super::states::{Endpoint, Fleet, Status, Variant};
use super::traffic::Ledger;
use crate::sandbox::call::{ApiError, ApiResult, Call};
use crate::sandbox::service::{Protocol, RawRequest, Service};
use crate::sandbox::wire::{self, Answer};

/// SageMaker Runtime. Its requests are signed for `sagemaker`, as SageMaker's own.
pub const SERVICE: Service = Service {
    name: "sagemaker",
    protocol: Protocol::Raw {
        model: "sagemaker-runtime",
        operations: || vec![INVOKE_ENDPOINT],
        route,
        handler,
        error: error_answer,
    },
    shapes: "",
};

const INVOKE_ENDPOINT: &str = "InvokeEndpoint";

const BODY_LIMIT: usize = 6_291_456;
const TARGET_VARIANT: &str = "x-amzn-sagemaker-target-variant";
const TARGET_MODEL: &str = "x-amzn-sagemaker-target-model";
const INFERENCE_COMPONENT: &str = "x-amzn-sagemaker-inference-component";
const INVOKED_VARIANT: HeaderName = HeaderName::from_static("x-amzn-invoked-production-variant");
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
const JSON: &str = "application/json";

/// Where the ledgers of endpoints are kept: by the variant that callers ask for, which is mostly none.
const TRAFFIC: &str = "sagemaker/traffic";
type Ledgers = BTreeMap<String, Ledger>;

fn endpoint_name(request: &RawRequest) -> Option<String> {
    let name = request.uri().path().strip_prefix("/endpoints/")?.strip_suffix("/invocations")?;
    let name = percent_decode_str(name).decode_utf8().ok()?;
    (!name.is_empty() && !name.contains('/')).then(|| name.into_owned())
}

fn route(request: &RawRequest) -> Option<&'static str> {
    (request.method() == Method::POST && endpoint_name(request).is_some()).then_some(INVOKE_ENDPOINT)
}

fn error_answer(error: &ApiError, _request_id: &str) -> Answer {
    // What the JSON protocol answers with 400 is 403 here.
    let status = if error.code == "AccessDeniedException" { 403 } else { error.status };
    typed_error(status, &error.code, &json!({"Message": error.message}))
}

fn typed_error(status: u16, code: &str, body: &Value) -> Answer {
    let mut answer = wire::answer(status, JSON, body.to_string());
    if let Ok(code) = HeaderValue::from_str(code) {
        answer.headers_mut().insert(ERROR_TYPE, code);
    }
    answer
}

fn validation(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "ValidationError", message)
}

fn handler(call: &mut Call<'_>, _operation: &str, request: &RawRequest) -> ApiResult<Answer> {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let name = endpoint_name(request).unwrap_or_default();
    let arn = Arn::own(call, ENDPOINT, &name);
    let endpoint = endpoints::find(call, &arn)?.filter(|endpoint| answers(endpoint, call.now));
    let mut access = common::access(call, INVOKE_ENDPOINT, &arn)?;
    if let Some(model) = header(TARGET_MODEL) {
        access = access.key("sagemaker:TargetModel", model);
    }
    call.authorize(&access)?;
    if request.body().len() > BODY_LIMIT {
        return Err(validation(format!(
            "1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length less than \
             or equal to {BODY_LIMIT}"
        )));
    }
    let endpoint =
        endpoint.ok_or_else(|| validation(format!("Endpoint {name} of account {} not found.", call.caller.account)))?;
    let variant = choose(call, &arn, &endpoint, header(TARGET_VARIANT))?;
    let model = match (&variant.serving, header(INFERENCE_COMPONENT)) {
        (Serving::InferenceComponents, None) => {
            return Err(validation(
                "Inference Component Name header is required for endpoints to which you plan to deploy inference \
                 components. Please include Inference Component Name header or consider using SageMaker models.",
            ));
        }
        (Serving::InferenceComponents, Some(component)) => {
            return Err(validation(format!("Inference Component {component} not found.")));
        }
        (Serving::Nothing(_) | Serving::Linear(_), Some(_)) => {
            return Err(validation(
                "Inference Component Name header is not allowed for endpoints to which you dont plan to deploy inference \
                 components. Please remove the Inference Component Name header and try again.",
            ));
        }
        (Serving::Nothing(why), None) => Err(ModelFault { status: 500, message: why.clone() }),
        (Serving::Linear(model), None) => Ok(model),
    };
    let content_type = header("content-type").unwrap_or("application/octet-stream");
    let mut answer = match model.and_then(|model| model.answer(content_type, header("accept"), request.body())) {
        Ok(prediction) => wire::answer(200, prediction.content_type, prediction.body),
        Err(fault) => model_error(&arn, &fault),
    };
    if let Ok(name) = HeaderValue::from_str(&variant.name) {
        answer.headers_mut().insert(INVOKED_VARIANT, name);
    }
    Ok(answer)
}

/// An endpoint answers with the fleet it has while another one is launched or fails.
fn answers(endpoint: &Endpoint, now: jiff::Timestamp) -> bool {
    matches!(endpoint.status(now), Status::InService | Status::Updating | Status::RollingBack)
}

/// The variant that takes this invocation: by weight, or the one that the caller asks for. While traffic moves to a new
/// fleet, both fleets take their part.
fn choose<'e>(call: &Call<'_>, arn: &Arn, endpoint: &'e Endpoint, asked: Option<&str>) -> ApiResult<&'e Variant> {
    let moved = endpoint.pending_share(call.now);
    let pending = endpoint.pending().map(|(fleet, _)| (fleet, moved));
    let fleets = endpoint.fleet.iter().map(|fleet| (fleet, 1.0 - moved)).chain(pending);
    let lanes: Vec<(String, f64, &Variant)> =
        fleets.filter(|(_, share)| *share > 0.0).flat_map(|(fleet, share)| lanes(fleet, share, asked)).collect();
    if lanes.is_empty() {
        let asked = asked.unwrap_or_default();
        return Err(validation(format!(
            "Variant {asked} not found for endpoint {} of account {}.",
            arn.name, arn.account
        )));
    }
    let mut ledgers: Ledgers = call.store.get(TRAFFIC, &arn.key())?.unwrap_or_default();
    let ledger = ledgers.entry(asked.unwrap_or_default().to_owned()).or_default();
    let weights: Vec<(String, f64)> = lanes.iter().map(|(name, weight, _)| (name.clone(), *weight)).collect();
    let chosen = ledger.next(&weights).and_then(|index| lanes.get(index));
    call.store.put(TRAFFIC, &arn.key(), &ledgers)?;
    chosen
        .map(|(_, _, variant)| *variant)
        .ok_or_else(|| ApiError::internal(format!("no variant of endpoint {} has a weight", arn.name)))
}

fn lanes<'f>(fleet: &'f Fleet, share: f64, asked: Option<&str>) -> Vec<(String, f64, &'f Variant)> {
    let total: f64 = fleet.variants.iter().map(|variant| variant.weight).sum();
    let wanted = fleet.variants.iter().filter(|variant| asked.is_none_or(|asked| asked == variant.name));
    let weight = |variant: &Variant| if asked.is_some() { share } else { share * variant.weight / total };
    wanted.map(|variant| (format!("{}/{}", fleet.config, variant.name), weight(variant), variant)).collect()
}

/// Ends the ledgers of an endpoint that is being deleted.
pub(super) fn forget(call: &Call<'_>, arn: &Arn) -> ApiResult<()> {
    call.store.delete(TRAFFIC, &arn.key())?;
    Ok(())
}

/// What AWS makes of a container's error answer.
fn model_error(arn: &Arn, fault: &ModelFault) -> Answer {
    let (status, message) = (fault.status, &fault.message);
    let blame = if status < 500 { "client" } else { "server" };
    let (region, account) = (&arn.region, &arn.account);
    let group = format!("/aws/sagemaker/Endpoints/{}", arn.name);
    typed_error(
        424,
        "ModelError",
        &json!({
            "Message": format!(
                "Received {blame} error ({status}) from primary with message \"{message}\". See \
                 https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logEventViewer:group={group} in \
                 account {account} for more information."
            ),
            "OriginalStatusCode": status,
            "OriginalMessage": message,
            "LogStreamArn": format!("arn:aws:logs:{region}:{account}:log-group:{group}"),
        }),
    )
}
