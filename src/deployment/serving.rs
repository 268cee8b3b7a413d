//! How an endpoint follows its load, what is watched, and how a new version takes over.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::{SimpleName, Statistic, Step};
use crate::config::duration;

/// How capacity follows load: a target that Application Auto Scaling tracks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Scaling {
    /// Least capacity: instances, copies, or provisioned concurrency.
    #[schemars(range(min = 0, max = 1000))]
    pub minimum: u32,
    /// Largest capacity.
    #[schemars(range(min = 1, max = 1000))]
    pub maximum: u32,
    /// What is tracked.
    pub metric: ScalingMetric,
    /// The value that it is kept at.
    pub target: f64,
    /// How long after capacity was taken away no more is taken away. Default: 5m.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::schema")]
    pub scale_in_cooldown: Option<Duration>,
    /// How long after capacity was added no more is added. Default: 5m.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::schema")]
    pub scale_out_cooldown: Option<Duration>,
}

/// What scaling can track: the predefined metrics of Application Auto Scaling that belong to SageMaker, and the backlog
/// of asynchronous endpoints, which is a CloudWatch metric
/// (<https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-autoscale.html>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum ScalingMetric {
    /// Requests per minute and instance.
    SageMakerVariantInvocationsPerInstance,
    /// Requests at once per model, every ten seconds.
    SageMakerVariantConcurrentRequestsPerModelHighResolution,
    /// Share of the provisioned concurrency that is used, 0 to 1.
    SageMakerVariantProvisionedConcurrencyUtilization,
    /// Requests per minute and copy.
    SageMakerInferenceComponentInvocationsPerCopy,
    /// Requests at once per copy, every ten seconds.
    SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution,
    /// Requests that wait, per instance.
    ApproximateBacklogSizePerInstance,
}

/// A CloudWatch alarm on a metric of the endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Alarm {
    /// Its name here. In CloudWatch the name of the endpoint comes before it.
    pub name: SimpleName,
    /// The metric, as SageMaker names it, such as `Invocation5XXErrors` or `ModelLatency`.
    #[schemars(regex(pattern = "^[A-Za-z][A-Za-z0-9]{0,254}$"))]
    pub metric: String,
    /// What is made of the values of one period.
    pub statistic: Statistic,
    /// When it goes off.
    pub comparison: Comparison,
    /// The value that is compared with, in the metric's unit. Latencies are in microseconds.
    pub threshold: f64,
    /// Length of a period: 10s, 30s, or a multiple of 1m. Default: 1m.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::schema")]
    pub period: Option<Duration>,
    /// How many periods in a row. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1440))]
    pub periods: Option<u32>,
    /// What periods without values mean. Default: nothing bad.
    #[serde(default)]
    pub missing_data: MissingData,
}

/// How a value is compared with the threshold, in CloudWatch's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Comparison {
    /// Above.
    GreaterThanThreshold,
    /// Above or equal.
    GreaterThanOrEqualToThreshold,
    /// Below.
    LessThanThreshold,
    /// Below or equal.
    LessThanOrEqualToThreshold,
}

/// What periods without values mean, in CloudWatch's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum MissingData {
    /// Nothing bad: an endpoint without requests has no latency.
    #[default]
    NotBreaching,
    /// That something is wrong.
    Breaching,
    /// That the alarm stays as it is.
    Ignore,
    /// That nothing is known.
    Missing,
}

/// How a new version takes over:
/// <https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html>.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rollout {
    /// The strategy.
    pub strategy: RolloutStrategy,
    /// How much moves at once: the canary, or each step. All at once has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
    /// How long alarms are watched after each step: at most 1h.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::schema")]
    pub wait: Option<Duration>,
    /// How long the old instances are kept after the last step: at most 1h. Default: not at all.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::schema")]
    pub termination_wait: Option<Duration>,
    /// How long the whole may take: 10m to 8h. Longer than all its waiting.
    #[serde(default, with = "duration::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "duration::schema")]
    pub timeout: Option<Duration>,
    /// Names of the `alarms` that bring the old version back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10))]
    pub roll_back_on: Vec<SimpleName>,
}

/// A strategy of SageMaker's deployment guardrails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RolloutStrategy {
    /// All requests move at once to new instances.
    AllAtOnce,
    /// A small part moves, and then the rest.
    Canary,
    /// Equal parts move one after the other.
    Linear,
    /// Instances are replaced in batches.
    Rolling,
}
