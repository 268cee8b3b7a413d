//! What must hold once a version is deployed: requests, and what is expected of the answers.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::names::{DeployPath, JobArgument, ObjectKey, Share, SimpleName};
use super::path::JsonPath;
use crate::config::duration;

/// What must hold once a version is deployed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct IntegrationTests {
    /// Requests at once. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 64))]
    pub concurrency: Option<u32>,
    /// How often each request is sent. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub repeat: Option<u32>,
    /// How long an answer, or a run, may take. Default: what the kind allows.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::schema")]
    pub timeout: Option<Duration>,
    /// Share of all requests that may fail. Default: 0%.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_budget: Option<Share>,
    /// How long answers may take, in milliseconds, as the caller sees it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<LatencyLimits>,
    /// The requests. For a Glue job: its runs.
    #[schemars(length(min = 1, max = 200))]
    pub requests: Vec<TestRequest>,
}

/// How long answers may take, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct LatencyLimits {
    /// Half of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3_600_000))]
    pub p50: Option<u32>,
    /// Nine of ten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3_600_000))]
    pub p90: Option<u32>,
    /// 95 of a hundred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3_600_000))]
    pub p95: Option<u32>,
    /// 99 of a hundred.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 3_600_000))]
    pub p99: Option<u32>,
}

/// A request, with one of `body`, `json` and `file`; or a run of a Glue job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TestRequest {
    /// Its name in reports.
    pub name: SimpleName,
    /// Content type of the body. Default with `json`: `application/json`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Content type that is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept: Option<String>,
    /// The body, as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The body, as a value that is sent as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Anything>,
    /// The file that holds the body.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<DeployPath>,
    /// Arguments of a job's run, over those of the job.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<JobArgument, String>,
    /// What is expected of the answer.
    #[serde(default)]
    pub expect: Expectation,
}

/// What is expected of an answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Expectation {
    /// HTTP status of the container. Default: 200.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 200, max = 599))]
    pub status: Option<u32>,
    /// How a job's run ends. Default: SUCCEEDED.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<RunState>,
    /// Content type of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Object of a job's run that is judged in place of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<ObjectKey>,
    /// What single values must be.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Judgement>,
    /// JSON Schema of the whole answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<DeployPath>,
}

/// How a run of a Glue job ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum RunState {
    /// As it should.
    Succeeded,
    /// It refuses its input.
    Failed,
}

/// What the values at a path must be: exactly one of the keys besides `path`, or both bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Judgement {
    /// Where the values are. There must be at least one, and every one is judged.
    pub path: JsonPath,
    /// This value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<Scalar>,
    /// One of these values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub one_of: Vec<Scalar>,
    /// A number from the first to the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<[f64; 2]>,
    /// A number that is not below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// A number that is not above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// Text in which this regular expression is found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub matches: Option<String>,
    /// A list with as many entries as from the first to the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<[u32; 2]>,
}

/// A truth value, a number or text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Scalar(pub Value);

impl JsonSchema for Scalar {
    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "title": "a truth value, a number or text", "type": ["boolean", "number", "string"] })
    }
}

/// Whatever JSON can say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Anything(pub Value);

impl JsonSchema for Anything {
    fn schema_name() -> Cow<'static, str> {
        "Anything".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let inner = generator.subschema_for::<Anything>();
        json_schema!({
            "title": "any value",
            "type": ["object", "array", "boolean", "number", "string"],
            "additionalProperties": inner,
            "items": inner,
        })
    }
}
