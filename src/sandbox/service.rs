//! What a service is: how it speaks, the operations it has, and how a request finds one of them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value, json};

use super::call::{ApiError, ApiResult, Call};
use super::rate::RateLimit;
use super::rest::{self, RestOperation, Route};
use super::shape::{Shape, Shapes};
use super::wire::{self, Answer};

/// Every service that the sandbox has. A new one is a file beside this one and a line here.
pub const SERVICES: &[&Service] = &[
    &super::code_connections::SERVICE,
    &super::datazone::SERVICE,
    &super::datazone::PROVISIONING,
    &super::datazone::CATALOG,
    &super::event_buses::SERVICE,
    &super::glue::SERVICE,
    &super::iam::service::SERVICE,
    &super::identity_center::DIRECTORY,
    &super::identity_center::INSTANCES,
    &super::kms::SERVICE,
    &super::organizations::SERVICE,
    &super::ram::SERVICE,
    &super::s3::SERVICE,
    &super::sagemaker::REGISTRY,
    &super::sagemaker::HOSTING,
    &super::sagemaker::RUNTIME,
    &super::secrets_manager::SERVICE,
    &super::sts::SERVICE,
    &super::tagging::SERVICE,
];

/// What an operation does with an input that has passed validation.
pub type Handler = fn(&mut Call<'_>, Value) -> ApiResult;

/// An operation of a service: its AWS name, the shape of its input, and what it does.
pub struct Operation {
    /// AWS's name, such as `CreateModelPackage`.
    pub name: &'static str,
    /// Input shape, in the language of [`super::shape`].
    pub input: &'static str,
    /// Does it. The input has passed validation.
    pub handler: Handler,
}

/// A request whose body is bytes.
pub type RawRequest = Request<Bytes>;

/// How a service speaks.
pub enum Protocol {
    /// awsJson1.1: the operation is in `X-Amz-Target: <prefix>.<Operation>`. Clients may speak awsJson1.0 and
    /// rpc-v2-cbor as well.
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
    /// restJson1: the operation is in method and path.
    RestJson {
        /// The error code of inputs that break their shape.
        validation_code: &'static str,
        /// How often they may be called.
        limits: &'static [RateLimit],
        /// Its operations.
        operations: &'static [RestOperation],
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
    operations: BTreeMap<&'static str, CompiledOperation>,
}

struct CompiledOperation {
    input: Shape,
    handler: Handler,
    /// The requests that mean it, where method and path tell.
    route: Option<Route>,
}

fn compiled() -> &'static [Compiled] {
    static COMPILED: OnceLock<Vec<Compiled>> = OnceLock::new();
    COMPILED.get_or_init(|| SERVICES.iter().map(|service| Compiled::new(service)).collect())
}

/// The service that has this operation in its table.
pub(super) fn named(service: &str, operation: &str) -> Option<&'static Compiled> {
    compiled()
        .iter()
        .find(|candidate| candidate.service.name == service && candidate.operations.contains_key(operation))
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
                .and_then(|target| operation_of(&target, target_prefix).map(str::to_owned))
                .filter(|name| candidate.operations.contains_key(name.as_str())),
            Protocol::Query { .. } => target(request).filter(|name| candidate.operations.contains_key(name.as_str())),
            Protocol::Raw { route, .. } if !has_target => route(request).map(str::to_owned),
            Protocol::RestJson { .. } if !has_target => candidate.routed(request).map(str::to_owned),
            Protocol::Json { .. } | Protocol::Raw { .. } | Protocol::RestJson { .. } => None,
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

/// The operation that a target means. rpc-v2-cbor leaves the namespace of the prefix away.
fn operation_of<'t>(target: &'t str, prefix: &str) -> Option<&'t str> {
    let (service, operation) = target.rsplit_once('.')?;
    let namespace = prefix.strip_suffix(service)?;
    (namespace.is_empty() || namespace.ends_with('.')).then_some(operation)
}

/// All input shapes as JSON, service by service, for comparing them with AWS's published models. The operations of raw
/// services have none and stand with `null`.
pub fn describe() -> Value {
    let mut services: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for compiled in compiled() {
        let (model, raw) = match &compiled.service.protocol {
            Protocol::Raw { model, operations, .. } => (*model, operations()),
            Protocol::Json { .. } | Protocol::Query { .. } | Protocol::RestJson { .. } => {
                // AWS signs the requests of some models under another name.
                let name = match compiled.service.name {
                    "sso" => "sso-admin",
                    "tagging" => "resourcegroupstaggingapi",
                    name => name,
                };
                (name, Vec::new())
            }
        };
        let shaped =
            compiled.operations.iter().map(|(name, operation)| (*name, compiled.shapes.describe(&operation.input)));
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
        let mut compiled = BTreeMap::new();
        let mut add = |name, input, handler, route: Result<Option<Route>, String>| match route
            .and_then(|route| Ok(CompiledOperation { input: Shapes::parse_one(input)?, handler, route }))
        {
            Ok(operation) => drop(compiled.insert(name, operation)),
            Err(mistake) => read(name, mistake),
        };
        match &service.protocol {
            Protocol::Json { operations, .. } | Protocol::Query { operations, .. } => {
                operations.iter().for_each(|o| add(o.name, o.input, o.handler, Ok(None)));
            }
            Protocol::RestJson { operations, .. } => {
                operations
                    .iter()
                    .for_each(|o| add(o.name, o.input, o.handler, Route::parse(o.http, o.status).map(Some)));
            }
            Protocol::Raw { .. } => {}
        }
        Compiled { service, shapes, operations: compiled }
    }

    fn operation(&self, name: &str) -> ApiResult<&CompiledOperation> {
        self.operations.get(name).ok_or_else(|| ApiError::internal(format!("no operation {name}")))
    }

    /// The rate limit that an operation has a part in.
    pub fn limit(&self, operation: &str) -> Option<&'static RateLimit> {
        match &self.service.protocol {
            Protocol::RestJson { limits, .. } => limits.iter().find(|limit| limit.operations.contains(&operation)),
            Protocol::Json { .. } | Protocol::Query { .. } | Protocol::Raw { .. } => None,
        }
    }

    /// The operation whose route fits a request best.
    fn routed(&self, request: &RawRequest) -> Option<&'static str> {
        let fits = self.operations.iter().filter_map(|(name, operation)| {
            let fit = operation.route.as_ref()?.fit(request)?;
            Some((fit, *name))
        });
        fits.max_by_key(|(fit, _)| *fit).map(|(_, name)| name)
    }

    /// The input of a call, as its protocol carries it.
    pub fn input(&self, operation: &str, request: &RawRequest) -> ApiResult {
        let CompiledOperation { input, route, .. } = self.operation(operation)?;
        if let Some(route) = route {
            return route.input(&self.shapes, input, request);
        }
        match &self.service.protocol {
            Protocol::Query { .. } => {
                let pairs = wire::form_pairs(&String::from_utf8_lossy(request.body()));
                Ok(wire::query_input(&self.shapes, input, &pairs))
            }
            _ if request.body().is_empty() => Ok(json!({})),
            _ => serde_json::from_slice(request.body())
                .map_err(|error| ApiError::new(400, "SerializationException", error.to_string())),
        }
    }

    /// Checks the input and runs the operation.
    pub fn run(&self, call: &mut Call<'_>, operation: &str, input: Value) -> ApiResult {
        let operation = self.operation(operation)?;
        let violations = self.shapes.violations(&operation.input, &input);
        if !violations.is_empty() {
            let plural = if violations.len() == 1 { "" } else { "s" };
            let message = format!("{} validation error{plural} detected: {}", violations.len(), violations.join("; "));
            return Err(ApiError::new(400, self.validation_code(), message));
        }
        (operation.handler)(call, input)
    }

    fn validation_code(&self) -> &'static str {
        match &self.service.protocol {
            Protocol::Json { validation_code, .. } | Protocol::RestJson { validation_code, .. } => validation_code,
            Protocol::Query { .. } | Protocol::Raw { .. } => "ValidationError",
        }
    }

    /// A success in the protocol's form.
    pub fn value_answer(&self, operation: &str, request_id: &str, value: Value) -> Answer {
        if let Some(route) = self.operations.get(operation).and_then(|operation| operation.route.as_ref()) {
            return rest::value_answer(route.status, &value);
        }
        match &self.service.protocol {
            Protocol::Query { namespace, .. } => wire::query_answer(operation, namespace, request_id, &Ok(value)),
            Protocol::Json { .. } | Protocol::RestJson { .. } | Protocol::Raw { .. } => wire::json_answer(&Ok(value)),
        }
    }

    /// An error in the protocol's form.
    pub fn error_answer(&self, error: &ApiError, request_id: &str) -> Answer {
        match &self.service.protocol {
            Protocol::Query { namespace, .. } => {
                wire::query_answer("", namespace, request_id, &Err(query_spelling(error)))
            }
            Protocol::Json { .. } => wire::json_answer(&Err(error.clone())),
            Protocol::RestJson { .. } => rest::error_answer(error),
            Protocol::Raw { error: form, .. } => form(error, request_id),
        }
    }
}

/// The same error as the query services spell it.
fn query_spelling(error: &ApiError) -> ApiError {
    let code = match error.code.as_str() {
        "UnrecognizedClientException" => "InvalidClientTokenId",
        // A token of somebody else's keeps its name.
        "ExpiredTokenException" if error.status == 403 => "ExpiredToken",
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
            for (name, operation) in &compiled.operations {
                let mistakes = compiled.shapes.mistakes(&operation.input);
                assert!(mistakes.is_empty(), "{}:{name}: {mistakes:#?}", compiled.service.name);
                for member in operation.route.iter().flat_map(Route::members) {
                    let known = compiled.shapes.member(&operation.input, member).is_some();
                    assert!(known, "{}:{name} carries {member}, which is no member", compiled.service.name);
                }
            }
        }
    }
}
