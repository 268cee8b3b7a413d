//! What an endpoint is at a moment: a pure function of what was asked of it, when, and the time now.
//!
//! Nothing runs in the background. An endpoint keeps the fleet that answers and at most one change under way; whoever
//! looks first folds a finished change in ([`Endpoint::at`]) and then reads status, progress and traffic off the rest.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::artifacts::{Image, Serving};

/// From `CreateEndpoint` to `InService` or `Failed`.
pub const CREATING: i64 = 180;
/// From `UpdateEndpoint` until the new fleet can take traffic, or has failed its health checks.
pub const LAUNCHING: i64 = 150;
/// How long a failed update takes to return to the old fleet.
pub const ROLLING_BACK: i64 = 60;
/// How long new weights and capacities take to hold.
pub const SCALING: i64 = 30;
/// From `DeleteEndpoint` until the endpoint is gone.
pub const DELETING: i64 = 20;

/// One production variant of a fleet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Variant {
    /// `VariantName`.
    pub name: String,
    /// Its share of the traffic is its weight over the sum of weights.
    pub weight: f64,
    /// Instances; none for serverless variants.
    pub instances: Option<u64>,
    /// The `ProductionVariant` as its endpoint configuration has it.
    pub settings: Map<String, Value>,
    /// The images of its containers.
    pub images: Vec<Image>,
    /// What answers invocations.
    pub serving: Serving,
}

/// Everything that one endpoint configuration deploys.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fleet {
    /// `EndpointConfigName`.
    pub config: String,
    /// When it was launched: its images were resolved then.
    pub launched: Timestamp,
    /// The variants that share the traffic.
    pub variants: Vec<Variant>,
    /// The variants that get copies of it.
    pub shadows: Vec<Variant>,
    /// What else the endpoint takes from its configuration: `DataCaptureConfig`, `AsyncInferenceConfig` and so on.
    pub settings: Map<String, Value>,
}

impl Fleet {
    /// All instances of its production variants.
    pub fn instances(&self) -> u64 {
        self.variants.iter().filter_map(|variant| variant.instances).sum()
    }
}

/// What `UpdateEndpointWeightsAndCapacities` asks of one variant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Target {
    /// `VariantName`.
    pub variant: String,
    /// The new weight, if it changes.
    pub weight: Option<f64>,
    /// The new number of instances, if it changes.
    pub instances: Option<u64>,
    /// Members of the variant's `ServerlessConfig` that change.
    pub serverless: Map<String, Value>,
}

/// What is being done to an endpoint.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Work {
    /// A new fleet is launched; it takes over when the rollout is done, unless it fails.
    Deploy {
        /// The new fleet.
        fleet: Box<Fleet>,
        /// How the traffic moves to it.
        rollout: Rollout,
        /// Why it does not come up, if it does not.
        failure: Option<String>,
    },
    /// Variants get other weights and capacities.
    Scale(Vec<Target>),
    /// The endpoint ends.
    Delete,
}

/// Work and when it began.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Change {
    /// When it was asked for.
    pub started: Timestamp,
    /// What.
    pub work: Work,
}

/// How the traffic moves from the old fleet to a new one that has been launched.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    /// The new fleet's share of the traffic, step by step; the last is 1.
    steps: Vec<f64>,
    /// Seconds between two steps.
    wait: i64,
    /// Seconds between the last step and the end of the old fleet.
    bake: i64,
    /// The most seconds that the whole deployment may take.
    limit: Option<i64>,
}

impl Rollout {
    /// What a `DeploymentConfig` asks for, when the new fleet has `instances` instances. None is all at once.
    pub fn of(deployment_config: Option<&Value>, instances: u64) -> Self {
        let policy = |name: &str| deployment_config.and_then(|config| config.get(name));
        let seconds = |of: &Value, name: &str| of.get(name).and_then(Value::as_i64);
        let (limiting, steps, wait, bake) = if let Some(policy) = policy("BlueGreenUpdatePolicy") {
            let routing = &policy["TrafficRoutingConfiguration"];
            let steps = match routing["Type"].as_str() {
                Some("CANARY") => vec![share(&routing["CanarySize"], instances), 1.0],
                Some("LINEAR") => ladder(share(&routing["LinearStepSize"], instances)),
                _ => vec![1.0],
            };
            let wait = seconds(routing, "WaitIntervalInSeconds").unwrap_or(0);
            (policy, steps, wait, seconds(policy, "TerminationWaitInSeconds").unwrap_or(0))
        } else if let Some(policy) = policy("RollingUpdatePolicy") {
            // Each batch is watched, also the last.
            let wait = seconds(policy, "WaitIntervalInSeconds").unwrap_or(0);
            (policy, ladder(share(&policy["MaximumBatchSize"], instances)), wait, wait)
        } else {
            return Rollout { steps: vec![1.0], ..Rollout::default() };
        };
        Rollout { steps, wait, bake, limit: seconds(limiting, "MaximumExecutionTimeoutInSeconds") }
    }

    /// Seconds from the launched fleet to the end of the deployment.
    fn length(&self) -> i64 {
        let waits = i64::try_from(self.steps.len()).unwrap_or(i64::MAX).saturating_sub(1);
        waits.saturating_mul(self.wait).saturating_add(self.bake)
    }

    /// Seconds after the launch at which step `index` begins.
    fn begin(&self, index: usize) -> i64 {
        i64::try_from(index).unwrap_or(i64::MAX).saturating_mul(self.wait)
    }

    /// The step that holds so many seconds after the launch.
    fn step(&self, seconds: i64) -> usize {
        let last = self.steps.len().saturating_sub(1);
        (0..=last).rev().find(|index| self.begin(*index) <= seconds).unwrap_or(0)
    }
}

/// A `CapacitySize` as a share of all instances.
pub fn share(size: &Value, instances: u64) -> f64 {
    let value = size["Value"].as_f64().unwrap_or(100.0);
    #[allow(clippy::cast_precision_loss)]
    let whole = if size["Type"] == "INSTANCE_COUNT" { instances.max(1) as f64 } else { 100.0 };
    (value / whole).clamp(0.01, 1.0)
}

/// Equal steps up to 1.
fn ladder(step: f64) -> Vec<f64> {
    let mut steps: Vec<f64> = (1..).map(|n| f64::from(n) * step).take_while(|reached| *reached < 1.0 - 1e-9).collect();
    steps.push(1.0);
    steps
}

/// `EndpointStatus`, of those values that a sandbox endpoint can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The first fleet is being launched.
    Creating,
    /// Another fleet is, or the variants are scaled; the present fleet answers.
    Updating,
    /// Another fleet has failed; the present one answers and stays.
    RollingBack,
    /// At rest.
    InService,
    /// The first fleet has failed; only deletion is possible.
    Failed,
    /// About to be gone.
    Deleting,
}

impl Status {
    /// AWS's word.
    pub fn name(self) -> &'static str {
        match self {
            Status::Creating => "Creating",
            Status::Updating => "Updating",
            Status::RollingBack => "RollingBack",
            Status::InService => "InService",
            Status::Failed => "Failed",
            Status::Deleting => "Deleting",
        }
    }
}

/// How far the variants of a new fleet are.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    /// `VariantStatus`, such as `Baking`.
    pub status: &'static str,
    /// AWS's words about it.
    pub message: String,
    /// Since when.
    pub since: Timestamp,
}

/// An endpoint as the store keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Endpoint {
    /// `EndpointName`.
    pub name: String,
    /// `EndpointArn`.
    pub arn: String,
    /// `CreationTime`.
    pub created: Timestamp,
    /// `LastModifiedTime`.
    pub modified: Timestamp,
    /// What answers: none until the first deployment has succeeded.
    pub fleet: Option<Fleet>,
    /// What is under way.
    pub change: Option<Change>,
    /// The configuration that was asked for first: all that a failed creation leaves.
    pub first_config: String,
    /// `FailureReason` of the last deployment.
    pub failure: Option<String>,
    /// `LastDeploymentConfig`.
    pub deployment_config: Option<Value>,
}

impl Endpoint {
    /// The endpoint at `now`, with a finished change folded in; none once it is deleted.
    pub fn at(mut self, now: Timestamp) -> Option<Self> {
        let Some(change) = self.change.take_if(|change| now >= end(change, self.fleet.is_none())) else {
            return Some(self);
        };
        let first = self.fleet.is_none();
        self.modified = end(&change, first);
        match change.work {
            Work::Delete => return None,
            Work::Deploy { fleet, rollout, failure } => {
                self.failure = failure.or_else(|| overtime(&rollout, first));
                if self.failure.is_none() {
                    self.fleet = Some(*fleet);
                }
            }
            Work::Scale(targets) => {
                for variant in self.fleet.iter_mut().flat_map(|fleet| &mut fleet.variants) {
                    if let Some(target) = targets.iter().find(|target| target.variant == variant.name) {
                        target.apply(variant);
                    }
                }
            }
        }
        Some(self)
    }

    /// `EndpointStatus` at `now`, of an endpoint as [`Endpoint::at`] gives it.
    pub fn status(&self, now: Timestamp) -> Status {
        match &self.change {
            None if self.fleet.is_some() => Status::InService,
            None => Status::Failed,
            Some(Change { work: Work::Delete, .. }) => Status::Deleting,
            Some(Change { work: Work::Scale(_), .. }) => Status::Updating,
            Some(Change { work: Work::Deploy { .. }, .. }) if self.fleet.is_none() => Status::Creating,
            Some(Change { work: Work::Deploy { rollout, failure, .. }, started }) => {
                let breaks = breaking_point(rollout, failure.as_deref());
                let broken = breaks.is_some_and(|seconds| now >= *started + SignedDuration::from_secs(seconds));
                if broken { Status::RollingBack } else { Status::Updating }
            }
        }
    }

    /// The name of the configuration that the endpoint reports: that of the fleet that answers.
    pub fn config(&self) -> &str {
        self.fleet.as_ref().map_or(&self.first_config, |fleet| &fleet.config)
    }

    /// The fleet that is being launched, and since when.
    pub fn pending(&self) -> Option<(&Fleet, Timestamp)> {
        match &self.change {
            Some(Change { started, work: Work::Deploy { fleet, .. } }) => Some((fleet, *started)),
            _ => None,
        }
    }

    /// What the change under way asks of a variant of the present fleet.
    pub fn target(&self, variant: &str) -> Option<(&Target, Timestamp)> {
        match &self.change {
            Some(Change { started, work: Work::Scale(targets) }) => {
                targets.iter().find(|target| target.variant == variant).map(|target| (target, *started))
            }
            _ => None,
        }
    }

    /// The share of the traffic that a new fleet takes at `now`.
    pub fn pending_share(&self, now: Timestamp) -> f64 {
        match &self.change {
            Some(Change { started, work: Work::Deploy { rollout, .. } }) if self.status(now) == Status::Updating => {
                let launched = now.duration_since(*started).as_secs() - LAUNCHING;
                if launched < 0 { 0.0 } else { rollout.steps.get(rollout.step(launched)).copied().unwrap_or(1.0) }
            }
            _ => 0.0,
        }
    }

    /// How far a new fleet is at `now`.
    pub fn progress(&self, now: Timestamp) -> Option<Progress> {
        let Some(Change { started, work: Work::Deploy { fleet, rollout, .. } }) = &self.change else { return None };
        let after = |seconds: i64| *started + SignedDuration::from_secs(seconds);
        let all = fleet.instances().max(1);
        let launched = now.duration_since(*started).as_secs() - LAUNCHING;
        Some(match self.status(now) {
            Status::RollingBack => {
                let since = after(self.breaking_point().unwrap_or(LAUNCHING));
                Progress { status: "Deleting", message: format!("Terminating {all} instance(s)."), since }
            }
            Status::Updating if launched >= 0 => {
                let step = rollout.step(launched);
                let share = rollout.steps.get(step).copied().unwrap_or(1.0);
                let full = step + 1 == rollout.steps.len();
                let (seconds, which) = match full {
                    true => (rollout.bake, "TerminationWaitInSeconds"),
                    false => (rollout.wait, "WaitIntervalInSeconds"),
                };
                let capacity = if full { "full" } else { "canary" };
                #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                let count = ((share * all as f64).round() as u64).max(1);
                let message = format!(
                    "Baking for {seconds} seconds ({which}) with traffic enabled on {capacity} capacity of {count} instance(s)."
                );
                Progress { status: "Baking", message, since: after(LAUNCHING + rollout.begin(step)) }
            }
            _ => Progress { status: "Creating", message: format!("Launching {all} instance(s)."), since: *started },
        })
    }

    fn breaking_point(&self) -> Option<i64> {
        match &self.change {
            Some(Change { work: Work::Deploy { rollout, failure, .. }, .. }) => {
                breaking_point(rollout, failure.as_deref())
            }
            _ => None,
        }
    }
}

impl Target {
    /// Makes `variant` what this asks for.
    pub fn apply(&self, variant: &mut Variant) {
        variant.weight = self.weight.unwrap_or(variant.weight);
        variant.instances = self.instances.or(variant.instances);
        if let Some(Value::Object(serverless)) = variant.settings.get_mut("ServerlessConfig") {
            serverless.extend(self.serverless.clone());
        }
    }
}

/// When `change` is done. The first deployment of an endpoint has no traffic to move.
fn end(change: &Change, first: bool) -> Timestamp {
    let seconds = match &change.work {
        Work::Delete => DELETING,
        Work::Scale(_) => SCALING,
        Work::Deploy { .. } if first => CREATING,
        Work::Deploy { rollout, failure, .. } => match breaking_point(rollout, failure.as_deref()) {
            Some(seconds) => seconds + ROLLING_BACK,
            None => LAUNCHING + rollout.length(),
        },
    };
    change.started + SignedDuration::from_secs(seconds)
}

/// Seconds after which an update turns back, if it does.
fn breaking_point(rollout: &Rollout, failure: Option<&str>) -> Option<i64> {
    match failure {
        Some(_) => Some(LAUNCHING),
        None => rollout.limit.filter(|limit| LAUNCHING + rollout.length() > *limit),
    }
}

/// Why a rollout that takes longer than it may is turned back.
fn overtime(rollout: &Rollout, first: bool) -> Option<String> {
    let limit = breaking_point(rollout, None).filter(|_| !first)?;
    Some(format!("The deployment did not complete within the maximum execution timeout of {limit} seconds."))
}

#[cfg(test)]
mod tests;
