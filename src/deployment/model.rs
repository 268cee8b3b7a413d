//! What may stand in a deploy configuration.

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::{DeployPath, GlueVersion, JobArgument, ObjectKey, Schedule, VariantName};
use super::serving::{Alarm, Rollout, Scaling};
use super::testing::IntegrationTests;
use crate::config::{InstanceType, duration};

/// How one stage serves a model, or runs a job, and what proves that it works.
///
/// Which version is deployed is not said here: promotion decides it. Names, accounts and buckets are in
/// `cicd-config.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DeployConfig {
    /// Version of this file's format.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// What is deployed. It decides which of the other keys there are.
    pub kind: Kind,
    /// The instances. Everything that SageMaker runs has them, except serverless endpoints.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<Instance>,
    /// Size of a serverless endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serverless: Option<Serverless>,
    /// The queue of an asynchronous endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asynchronous: Option<Asynchronous>,
    /// What one copy of an inference component takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub component: Option<Component>,
    /// What a batch transform reads and writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transform: Option<Transform>,
    /// The Glue job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<GlueJob>,
    /// The container of the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<Container>,
    /// Variants by name, with their shares of the requests. Default: `champion` alone, which serves the new version.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variants: BTreeMap<VariantName, Variant>,
    /// Whether requests and answers are kept, to compare them later with what was true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_capture: Option<DataCapture>,
    /// How capacity follows load.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scaling: Option<Scaling>,
    /// What is watched, also while a rollout runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<Alarm>,
    /// How a new version takes over. Default: all at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollout: Option<Rollout>,
    /// What must hold once the version is deployed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration_tests: Option<IntegrationTests>,
}

/// What is deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An endpoint that answers at once, on instances.
    RealTime,
    /// An endpoint that answers at once, without instances.
    Serverless,
    /// An endpoint that queues requests and writes its answers to S3.
    Asynchronous,
    /// An endpoint whose instances several models share.
    InferenceComponents,
    /// A job over many records.
    BatchTransform,
    /// A data pipeline.
    GlueJob,
}

/// Instances of SageMaker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Instance {
    /// Type.
    #[serde(rename = "type")]
    pub instance_type: InstanceType,
    /// How many. Default: 1. With `scaling`: how many there are before the load is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub count: Option<u32>,
    /// Least number of instances that SageMaker keeps for inference components, in place of `count`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub minimum: Option<u32>,
    /// Largest number of instances that SageMaker starts for inference components, with `minimum`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub maximum: Option<u32>,
    /// Size of the volume for the model, in GB. Default: SageMaker's. Types with local disks have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 512))]
    pub volume_gb: Option<u32>,
}

/// Size of a serverless endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Serverless {
    /// Memory of the container in MB: 1024 to 6144 in steps of 1024. Processors come in proportion.
    #[schemars(range(min = 1024, max = 6144))]
    pub memory_mb: u32,
    /// Requests at once; what is above it is throttled.
    #[schemars(range(min = 1, max = 200))]
    pub max_concurrency: u32,
    /// Requests at once for which containers are kept warm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 200))]
    pub provisioned_concurrency: Option<u32>,
}

/// The queue of an asynchronous endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Asynchronous {
    /// Requests that a container gets at once. Default: SageMaker's own choice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub concurrent_invocations: Option<u32>,
    /// How long the container may take for one request: 1s to 1h. Default: 15m.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::schema")]
    pub request_timeout: Option<Duration>,
}

/// What one copy of an inference component takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Component {
    /// How many copies. With `scaling`: how many there are before the load is known. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1000))]
    pub copies: Option<u32>,
    /// Least memory in MB.
    #[schemars(range(min = 128, max = 4_000_000))]
    pub memory_mb: u32,
    /// Largest memory in MB. Default: no limit but the instance's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 128, max = 4_000_000))]
    pub max_memory_mb: Option<u32>,
    /// Processor cores, at least 0.25.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.25, max = 512.0))]
    pub cpus: Option<f64>,
    /// GPUs, or other accelerators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 64))]
    pub accelerators: Option<u32>,
}

/// The container of the model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Container {
    /// Environment variables, over those of the registered version.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// How long the artifacts may take to arrive: 1m to 1h.
    #[serde(with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::schema")]
    pub model_data_download_timeout: Option<Duration>,
    /// How long the container may take until it answers `/ping`: 1m to 1h.
    #[serde(with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::schema")]
    pub startup_timeout: Option<Duration>,
}

/// One variant of an endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Variant {
    /// Which version it serves. Default: the new one.
    #[serde(default)]
    pub serves: Version,
    /// Its share of the requests, as a part of the sum of all weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1_000_000.0))]
    pub weight: Option<f64>,
    /// Whether it gets copies of the requests and answers nobody. Such a variant has no `weight`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shadow: bool,
    /// Number of instances, where it differs from `instance`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub count: Option<u32>,
    /// Type of its instances, where it differs from `instance`.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<InstanceType>,
}

/// A version, as seen from a deployment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Version {
    /// The one that is deployed.
    #[default]
    New,
    /// The one that the endpoint served before.
    Live,
}

/// Requests and answers that are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DataCapture {
    /// How many of a hundred.
    #[schemars(range(min = 1, max = 100))]
    pub percentage: u32,
}

/// What a batch transform reads and writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Transform {
    /// Beginning of the keys of the input.
    pub input: ObjectKey,
    /// Beginning of the keys of the output.
    pub output: ObjectKey,
    /// Content type of the input.
    pub content_type: String,
    /// Content type of the output. Default: what the container answers with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept: Option<String>,
    /// How objects are cut into records. Default: not at all.
    #[serde(default)]
    pub split: Split,
    /// How many records a request holds. Default: as many as fit.
    #[serde(default)]
    pub strategy: Strategy,
    /// Largest request in MB; 0 is without a limit. Default: 6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub max_payload_mb: Option<u32>,
    /// Requests at once to each instance. Default: what the container asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub concurrent_transforms: Option<u32>,
    /// When it runs. Default: by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
}

/// How objects are cut into records, in SageMaker's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Split {
    /// An object is a record.
    #[default]
    None,
    /// A line is a record.
    Line,
    /// RecordIO.
    RecordIO,
    /// TFRecord.
    TFRecord,
}

/// How many records a request holds, in SageMaker's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Strategy {
    /// As many as fit.
    #[default]
    MultiRecord,
    /// One.
    SingleRecord,
}

/// A Glue job. Its files are below the build folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GlueJob {
    /// The script.
    pub script: DeployPath,
    /// Version of Glue, between quotes.
    pub glue_version: GlueVersion,
    /// Type of the workers.
    pub worker_type: WorkerType,
    /// How many, the driver included.
    #[schemars(range(min = 2, max = 299))]
    pub workers: u32,
    /// How long a run may take: at least 1m, at most 7 days. Default: 8h.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::schema")]
    pub timeout: Option<Duration>,
    /// How often a failed run is tried again. Default: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10))]
    pub retries: Option<u32>,
    /// Runs at once. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub max_concurrent_runs: Option<u32>,
    /// Arguments of every run.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<JobArgument, String>,
    /// Python packages that Glue installs, as pip names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub python_modules: Vec<String>,
    /// When it runs. Default: by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// What its output must be like before it is published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_quality: Option<DataQuality>,
    /// Tables of the stage's Glue database that are published to the catalog.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub publishes: Vec<String>,
}

/// Type of a Glue worker: <https://docs.aws.amazon.com/glue/latest/dg/worker-types.html>.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum WorkerType {
    /// 4 processors, 16 GB.
    #[serde(rename = "G.1X")]
    G1X,
    /// 8 processors, 32 GB.
    #[serde(rename = "G.2X")]
    G2X,
    /// 16 processors, 64 GB.
    #[serde(rename = "G.4X")]
    G4X,
    /// 32 processors, 128 GB.
    #[serde(rename = "G.8X")]
    G8X,
    /// 48 processors, 192 GB.
    #[serde(rename = "G.12X")]
    G12X,
    /// 64 processors, 256 GB.
    #[serde(rename = "G.16X")]
    G16X,
    /// 4 processors, 32 GB.
    #[serde(rename = "R.1X")]
    R1X,
    /// 8 processors, 64 GB.
    #[serde(rename = "R.2X")]
    R2X,
    /// 16 processors, 128 GB.
    #[serde(rename = "R.4X")]
    R4X,
    /// 32 processors, 256 GB.
    #[serde(rename = "R.8X")]
    R8X,
}

/// What the output of a job must be like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DataQuality {
    /// Rules in Glue's data quality definition language.
    pub ruleset: DeployPath,
    /// Least share of the rules that must hold. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub minimum_score: Option<f64>,
}
