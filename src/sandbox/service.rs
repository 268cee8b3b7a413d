//! What a service is: how it speaks, the operations it has, and how a request finds one of them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value, json};

use super::call::{ApiError, ApiResult, Call};
use super::shape::{Shape, Shapes};
use super::wire::{self, Answer};

/// Every service that the sandbox has. A new one is a file beside this one and a line here.
pub const SERVICES: &[&Service] = &[
    &super::iam::service::SERVICE,
    &super::organizations::SERVICE,
    &super::s3::SERVICE,
    &super::sagemaker::REGISTRY,
    &super::sagemaker::HOSTING,
    &super::sagemaker::RUNTIME,
    &super::sts::SERVICE,
];

/// An operation of a service: its AWS name, the shape of its input, and what it does.
pub struct Operation {
    /// AWS's name, such as `CreateModelPackage`.
    pub name: &'static str,
    /// Input shape, in the language of [`super::shape`].
    pub input: &'static str,
    /// Does it. The input has passed validation.
    pub handler: fn(&mut Call<'_>, Value) -> ApiResult,
}

/// A request whose body is bytes.
pub type RawRequest = Request<Bytes>;

/// How a service speaks.
pub enum Protocol {
    /// awsJson1.1: the operation is in `X-Amz-Target: <prefix>.<Operation>`.
    Json {
        /// What comes before the operation's name.
        target_prefix: &'static str,
        /// The error code of inputs that break their shape.
        validation_code: &'static str,
        /// Its operations.
        operations: &'static [Operation],
    },
    /// AWS query: the operation is the form field `Action`; answers are XML.
    Query {
        /// XML namespace of the answers.
        namespace: &'static str,
        /// Its operations.
        operations: &'static [Operation],
    },
    /// A service with paths and bodies of its own (S3, SageMaker Runtime).
    Raw {
        /// AWS's name of the service's model, which need not be the name that its requests are signed for.
        model: &'static str,
        /// AWS's names of its operations.
        operations: fn() -> Vec<&'static str>,
        /// AWS's name of the operation that a request means; none is answered as unknown.
        route: fn(&RawRequest) -> Option<&'static str>,
        /// Does the operation named.
        handler: fn(&mut Call<'_>, &str, &RawRequest) -> ApiResult<Answer>,
        /// The form of its errors: error, request id.
        error: fn(&ApiError, &str) -> Answer,
    },
}

/// A service: the name that requests are signed for, how it speaks, and the shapes that its inputs refer to.
pub struct Service {
    /// Signing name, such as `sagemaker`.
    pub name: &'static str,
    /// How it speaks.
    pub protocol: Protocol,
    /// Named shapes, in the language of [`super::shape`].
    pub shapes: &'static str,
}

/// A service whose shapes have been read.
pub(super) struct Compiled {
    pub service: &'static Service,
    shapes: Shapes,
    inputs: BTreeMap<&'static str, (Shape, &'static Operation)>,
}

fn compiled() -> &'static [Compiled] {
    static COMPILED: OnceLock<Vec<Compiled>> = OnceLock::new();
    COMPILED.get_or_init(|| SERVICES.iter().map(|service| Compiled::new(service)).collect())
}

/// The service that has this operation in its table.
pub(super) fn named(service: &str, operation: &str) -> Option<&'static Compiled> {
    compiled().iter().find(|candidate| candidate.service.name == service && candidate.inputs.contains_key(operation))
}

/// The operation that a request names, where its protocol has a place for a name.
pub(super) fn target(request: &RawRequest) -> Option<String> {
    let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok());
    target.map(str::to_owned).or_else(|| {
        wire::form_pairs(std::str::from_utf8(request.body()).ok()?)
            .into_iter()
            .find_map(|(name, value)| (name == "Action").then_some(value))
    })
}

/// The service and operation that a request signed for `signing_name` means, or the answer of AWS that there is none.
pub(super) fn find(request: &RawRequest, signing_name: &str) -> Result<(&'static Compiled, String), Box<Answer>> {
    let candidates = || compiled().iter().filter(|candidate| candidate.service.name == signing_name);
    let has_target = request.headers().contains_key("x-amz-target");
    for candidate in candidates() {
        let operation = match &candidate.service.protocol {
            Protocol::Json { target_prefix, .. } if has_target => target(request)
                .and_then(|target| Some(target.strip_prefix(target_prefix)?.strip_prefix('.')?.to_owned()))
                .filter(|name| candidate.inputs.contains_key(name.as_str())),
            Protocol::Query { .. } => target(request).filter(|name| candidate.inputs.contains_key(name.as_str())),
            Protocol::Raw { route, .. } if !has_target => route(request).map(str::to_owned),
            Protocol::Json { .. } | Protocol::Raw { .. } => None,
        };
        if let Some(operation) = operation {
            return Ok((candidate, operation));
        }
    }
    let error = ApiError::new(400, "UnknownOperationException", "The requested operation is not supported.");
    let invalid_action = ApiError::new(400, "InvalidAction", "The requested operation is not supported.");
    Err(Box::new(match candidates().next() {
        Some(candidate) if matches!(candidate.service.protocol, Protocol::Query { .. }) => {
            candidate.error_answer(&invalid_action, "unknown")
        }
        Some(candidate) => candidate.error_answer(&error, "unknown"),
        None => wire::json_answer(&Err(error)),
    }))
}

/// All input shapes as JSON, service by service, for comparing them with AWS's published models. The operations of raw
/// services have none and stand with `null`.
pub fn describe() -> Value {
    let mut services: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for compiled in compiled() {
        let (model, raw) = match &compiled.service.protocol {
            Protocol::Raw { model, operations, .. } => (*model, operations()),
            Protocol::Json { .. } | Protocol::Query { .. } => (compiled.service.name, Vec::new()),
        };
        let shaped = compiled.inputs.iter().map(|(name, (shape, _))| (*name, compiled.shapes.describe(shape)));
        let raw = raw.into_iter().map(|name| (name, Value::Null));
        services.entry(model).or_default().extend(shaped.chain(raw).map(|(name, shape)| (name.to_owned(), shape)));
    }
    services.into_iter().map(|(name, operations)| (name.to_owned(), json!({"operations": operations}))).collect()
}

impl Compiled {
    fn new(service: &'static Service) -> Self {
        // The texts are part of the program, so mistakes in them show in every debug build and every test.
        let read = |what: &str, mistake: String| debug_assert!(false, "{} {what}: {mistake}", service.name);
        let shapes = Shapes::parse(service.shapes).unwrap_or_else(|mistake| {
            read("shapes", mistake);
            Shapes::default()
        });
        let operations = match &service.protocol {
            Protocol::Json { operations, .. } | Protocol::Query { operations, .. } => *operations,
            Protocol::Raw { .. } => &[],
        };
        let mut inputs = BTreeMap::new();
        for operation in operations {
            match Shapes::parse_one(operation.input) {
                Ok(shape) => drop(inputs.insert(operation.name, (shape, operation))),
                Err(mistake) => read(operation.name, mistake),
            }
        }
        Compiled { service, shapes, inputs }
    }

    fn operation(&self, name: &str) -> ApiResult<&(Shape, &'static Operation)> {
        self.inputs.get(name).ok_or_else(|| ApiError::internal(format!("no operation {name}")))
    }

    /// The input of a call, as its protocol carries it.
    pub fn input(&self, operation: &str, request: &RawRequest) -> ApiResult {
        match &self.service.protocol {
            Protocol::Query { .. } => {
                let pairs = wire::form_pairs(&String::from_utf8_lossy(request.body()));
                Ok(wire::query_input(&self.shapes, &self.operation(operation)?.0, &pairs))
            }
            _ if request.body().is_empty() => Ok(json!({})),
            _ => serde_json::from_slice(request.body())
                .map_err(|error| ApiError::new(400, "SerializationException", error.to_string())),
        }
    }

    /// Checks the input and runs the operation.
    pub fn run(&self, call: &mut Call<'_>, operation: &str, input: Value) -> ApiResult {
        let (shape, operation) = self.operation(operation)?;
        let violations = self.shapes.violations(shape, &input);
        if !violations.is_empty() {
            let plural = if violations.len() == 1 { "" } else { "s" };
            let message = format!("{} validation error{plural} detected: {}", violations.len(), violations.join("; "));
            return Err(ApiError::new(400, self.validation_code(), message));
        }
        (operation.handler)(call, input)
    }

    fn validation_code(&self) -> &'static str {
        match &self.service.protocol {
            Protocol::Json { validation_code, .. } => validation_code,
            Protocol::Query { .. } | Protocol::Raw { .. } => "ValidationError",
        }
    }

    /// A success in the protocol's form.
    pub fn value_answer(&self, operation: &str, request_id: &str, value: Value) -> Answer {
        match &self.service.protocol {
            Protocol::Query { namespace, .. } => wire::query_answer(operation, namespace, request_id, &Ok(value)),
            Protocol::Json { .. } | Protocol::Raw { .. } => wire::json_answer(&Ok(value)),
        }
    }

    /// An error in the protocol's form.
    pub fn error_answer(&self, error: &ApiError, request_id: &str) -> Answer {
        match &self.service.protocol {
            Protocol::Query { namespace, .. } => {
                wire::query_answer("", namespace, request_id, &Err(query_spelling(error)))
            }
            Protocol::Json { .. } => wire::json_answer(&Err(error.clone())),
            Protocol::Raw { error: form, .. } => form(error, request_id),
        }
    }
}

/// The same error as the query services spell it.
fn query_spelling(error: &ApiError) -> ApiError {
    let code = match error.code.as_str() {
        "UnrecognizedClientException" => "InvalidClientTokenId",
        "ExpiredTokenException" => "ExpiredToken",
        "ThrottlingException" => "Throttling",
        "AccessDeniedException" => "AccessDenied",
        code => code,
    };
    ApiError::new(error.status, code, error.message.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_defined_and_every_pattern_compiles() {
        for compiled in compiled() {
            for (operation, (shape, _)) in &compiled.inputs {
                let mistakes = compiled.shapes.mistakes(shape);
                assert!(mistakes.is_empty(), "{}:{operation}: {mistakes:#?}", compiled.service.name);
            }
        }
    }
}
