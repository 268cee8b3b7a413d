//! Instances, containers, variants and scaling.

use std::sync::LazyLock;

use regex::Regex;

use super::super::model::Kind;
use super::super::serving::ScalingMetric;
use super::Rules;

/// The variant that always is there. SageMaker's guardrails need the same name before and after an update.
const CHAMPION: &str = "champion";

/// The most entries, and the longest value, of a container's environment: CreateModel, ContainerDefinition.
const MOST_VARIABLES: usize = 100;
const LONGEST_VALUE: usize = 1024;

#[expect(clippy::expect_used, reason = "literals, compiled by the tests")]
static VARIABLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^[a-zA-Z_][a-zA-Z0-9_]{0,1023}$").expect("a valid pattern"));
#[expect(clippy::expect_used, reason = "literals, compiled by the tests")]
static SECRET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new("(?i)(PASSWORD|PASSWD|SECRET(_KEY)?|API_?KEY|ACCESS_KEY(_ID)?|(AUTH|ACCESS|BEARER|HF|HUB|GITHUB|GITLAB)_TOKEN)$")
        .expect("a valid pattern")
});

impl Rules<'_> {
    pub(super) fn instances(&mut self, kind: Kind) {
        let (count, minimum, maximum) = ("/instance/count", "/instance/minimum", "/instance/maximum");
        if kind == Kind::InferenceComponents {
            let present = |pointer: &str| self.value(pointer).is_some();
            let (has_count, has_minimum, has_maximum) = (present(count), present(minimum), present(maximum));
            if has_count && (has_minimum || has_maximum) {
                let other = if has_minimum { minimum } else { maximum };
                self.wrong_beside(count, other, "a fixed number of instances and a range of them", "keep one of them");
            }
            if has_minimum != has_maximum {
                let there = if has_minimum { minimum } else { maximum };
                self.wrong(there, "half of a range", "give both `minimum` and `maximum`, or `count`");
            }
        } else if self.value("/instance").is_some() {
            for pointer in
                [minimum, maximum].into_iter().filter(|pointer| self.value(pointer).is_some()).collect::<Vec<_>>()
            {
                let help = match kind {
                    Kind::BatchTransform => "give `count`",
                    _ => "give `count` here, and the range in `scaling`",
                };
                self.wrong(pointer, "only the instances of inference components have a range here", help);
            }
        }
        self.ordered(minimum, maximum);

        if let (Some(memory), true) = (self.whole("/serverless/memory-mb"), kind == Kind::Serverless)
            && (1024..=6144).contains(&memory)
            && !memory.is_multiple_of(1024)
        {
            // ProductionVariantServerlessConfig, MemorySizeInMB.
            let help = "1024, 2048, 3072, 4096, 5120 or 6144";
            self.wrong("/serverless/memory-mb", format!("serverless endpoints do not come with {memory} MB"), help);
        }
        self.ordered("/serverless/provisioned-concurrency", "/serverless/max-concurrency");
        self.ordered("/component/memory-mb", "/component/max-memory-mb");
        // AsyncInferenceClientConfig and InvokeEndpointAsync, InvocationTimeoutSeconds.
        self.bounded("/asynchronous/request-timeout", 1, 3600);
    }

    /// What is at `low` must not be above what is at `high`.
    fn ordered(&mut self, low: &str, high: &str) {
        if let (Some(least), Some(most)) = (self.number(low), self.number(high))
            && least > most
        {
            self.wrong_beside(low, high, format!("{least} is more than {most}"), "the smaller number comes first");
        }
    }

    pub(super) fn container(&mut self) {
        // ProductionVariant, ModelDataDownloadTimeoutInSeconds and ContainerStartupHealthCheckTimeoutInSeconds.
        self.bounded("/container/model-data-download-timeout", 60, 3600);
        self.bounded("/container/startup-timeout", 60, 3600);
        let environment = "/container/environment";
        let names = self.keys(environment);
        if names.len() > MOST_VARIABLES {
            let message = format!("{} environment variables", names.len());
            self.wrong(environment, message, format!("SageMaker takes at most {MOST_VARIABLES}"));
        }
        for name in names {
            // Keys that need escapes in a pointer are no names of variables.
            if !VARIABLE.is_match(name) {
                let message = format!("{} is no name of an environment variable", crate::config::quoted(name));
                self.wrong(environment, message, "letters, digits and underscores, not beginning with a digit");
                continue;
            }
            let pointer = format!("{environment}/{name}");
            let Some(value) = self.text(&pointer) else { continue };
            if value.chars().count() > LONGEST_VALUE {
                self.wrong(&pointer, "this value is too long", format!("SageMaker takes {LONGEST_VALUE} characters"));
            }
            if SECRET.is_match(name) && !value.is_empty() && !value.starts_with("arn:") {
                let help = "name a secret of Secrets Manager by its ARN, and let the container read it with its role";
                self.wrong(&pointer, format!("`{name}` looks like a secret, and this file is in Git"), help);
            }
        }
    }

    pub(super) fn variants(&mut self, kind: Kind) {
        let names = self.keys("/variants");
        if kind != Kind::RealTime || names.is_empty() {
            return;
        }
        if !names.contains(&CHAMPION) {
            let help =
                "SageMaker's guardrails need the same name before and after an update, and aiops tests it by name";
            self.wrong("/variants", format!("there is no variant `{CHAMPION}`"), help);
        }
        // CreateEndpointConfig, ProductionVariants and ShadowProductionVariants.
        if names.len() > 10 {
            self.wrong("/variants", format!("{} variants", names.len()), "SageMaker takes at most 10");
        }
        let pointer = |name: &str, key: &str| format!("/variants/{name}/{key}");
        let serves_new = |name: &&str| self.text(&pointer(name, "serves")).is_none_or(|version| version == "new");
        let is_shadow = |name: &&str| self.value(&pointer(name, "shadow")) == Some(&true.into());
        let new_is_served = names.iter().any(serves_new);
        let (shadows, productions): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| is_shadow(name));
        if !new_is_served {
            self.wrong("/variants", "no variant serves the new version", "give one of them `serves: new`");
        }
        for shadow in &shadows {
            let weight = pointer(shadow, "weight");
            if self.value(&weight).is_some() {
                self.wrong(&weight, "a shadow answers nobody, so it has no share", "remove `weight`");
            }
        }
        if !shadows.is_empty() && (shadows.len(), productions.len()) != (1, 1) {
            let help = "CreateEndpointConfig takes a shadow only beside a single production variant";
            self.wrong("/variants", "a shadow needs exactly one other variant", help);
        }
        if productions.len() > 1 {
            for name in
                productions.iter().filter(|name| self.value(&pointer(name, "weight")).is_none()).collect::<Vec<_>>()
            {
                let message = format!("`{name}` has no `weight`");
                self.wrong(&format!("/variants/{name}"), message, "every one of several variants says its share");
            }
        }
        let weights: Option<Vec<f64>> = productions.iter().map(|name| self.number(&pointer(name, "weight"))).collect();
        if weights.is_some_and(|weights| !weights.is_empty() && weights.iter().all(|weight| *weight == 0.0)) {
            self.wrong("/variants", "no variant gets any request", "give one of them a weight above 0");
        }
        // https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html
        if !shadows.is_empty()
            && let Some(pointer) = self.inf1()
        {
            self.wrong(&pointer, "instances with Inf1 have no shadow variants", "choose another type of instance");
        }
    }

    /// Where an instance of the family Inf1 is asked for.
    pub(super) fn inf1(&self) -> Option<String> {
        let variants = self.keys("/variants").into_iter().map(|name| format!("/variants/{name}/type"));
        std::iter::once("/instance/type".to_owned())
            .chain(variants)
            .find(|pointer| self.text(pointer).is_some_and(|name| name.starts_with("ml.inf1.")))
    }

    pub(super) fn scaling(&mut self, kind: Kind) {
        if self.value("/scaling").is_none() {
            return;
        }
        self.ordered("/scaling/minimum", "/scaling/maximum");
        if self.number("/scaling/target").is_some_and(|target| target <= 0.0) {
            self.wrong("/scaling/target", "this target is never reached", "give a number above 0");
        }
        // https://docs.aws.amazon.com/autoscaling/application/APIReference/API_RegisterScalableTarget.html, MinCapacity.
        if matches!(kind, Kind::RealTime | Kind::Serverless) && self.whole("/scaling/minimum") == Some(0) {
            let help = "at least 1: only asynchronous endpoints and inference components can have nothing running";
            self.wrong("/scaling/minimum", "this kind of endpoint cannot go down to nothing", help);
        }
        self.scaling_metric(kind);
        let starting = match kind {
            Kind::RealTime | Kind::Asynchronous => Some("/instance/count"),
            Kind::InferenceComponents => Some("/component/copies"),
            Kind::Serverless => Some("/serverless/provisioned-concurrency"),
            Kind::BatchTransform | Kind::GlueJob => None,
        };
        if let Some(pointer) = starting
            && let (Some(count), Some(least), Some(most)) =
                (self.whole(pointer), self.whole("/scaling/minimum"), self.whole("/scaling/maximum"))
            && least <= most
            && !(least..=most).contains(&count)
        {
            let message = format!("{count} is outside of what scaling allows");
            self.wrong_beside(pointer, "/scaling/minimum", message, format!("give a number from {least} to {most}"));
        }
        if kind == Kind::Serverless {
            // https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints-autoscale.html
            if self.value("/serverless").is_some() && self.value("/serverless/provisioned-concurrency").is_none() {
                let help =
                    "give `serverless` a `provisioned-concurrency`, or remove `scaling`: the rest scales by itself";
                self.wrong("/scaling", "only provisioned concurrency is scaled", help);
            }
            self.ordered("/scaling/maximum", "/serverless/max-concurrency");
        }
        // https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-prerequisites.html
        if self.text("/instance/type").is_some_and(|name| name.starts_with("ml.t2.")) {
            let help = "choose a type that is not burstable, or remove `scaling`";
            self.wrong_beside("/instance/type", "/scaling", "instances of the family T2 are not scaled", help);
        }
    }

    fn scaling_metric(&mut self, kind: Kind) {
        use ScalingMetric as Metric;
        let Some(metric) = self.read::<Metric>("/scaling/metric") else { return };
        let fitting: &[Metric] = match kind {
            Kind::RealTime => &[
                Metric::SageMakerVariantInvocationsPerInstance,
                Metric::SageMakerVariantConcurrentRequestsPerModelHighResolution,
            ],
            Kind::Serverless => &[Metric::SageMakerVariantProvisionedConcurrencyUtilization],
            Kind::Asynchronous => &[Metric::ApproximateBacklogSizePerInstance],
            Kind::InferenceComponents => &[
                Metric::SageMakerInferenceComponentInvocationsPerCopy,
                Metric::SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution,
            ],
            Kind::BatchTransform | Kind::GlueJob => return,
        };
        if !fitting.contains(&metric) {
            let names: Vec<String> = fitting.iter().map(|metric| format!("`{metric:?}`")).collect();
            let help = format!("this kind has {}", names.join(" and "));
            self.wrong_beside("/scaling/metric", "/kind", format!("`{metric:?}` belongs to another kind"), help);
        }
        if metric == Metric::SageMakerVariantProvisionedConcurrencyUtilization
            && self.number("/scaling/target").is_some_and(|target| target > 1.0)
        {
            self.wrong("/scaling/target", "a utilization is a share of 1", "such as `0.7`");
        }
    }

    /// Batch transforms and Glue jobs.
    pub(super) fn jobs(&mut self) {
        let (input, output) = ("/transform/input", "/transform/output");
        if let (Some(reads), Some(writes)) = (self.text(input), self.text(output))
            && (writes.starts_with(reads) || reads.starts_with(writes))
        {
            let help = "give them prefixes of which none begins with the other: the next run would read these results";
            self.wrong_beside(output, input, "input and output lie within each other", help);
        }
        // CreateTransformJob, BatchStrategy and MaxPayloadInMB.
        if self.text("/transform/strategy") == Some("SingleRecord")
            && self.text("/transform/split").is_none_or(|split| split == "None")
        {
            let help = "say with `split` what a record is: Line, RecordIO or TFRecord";
            self.wrong("/transform/strategy", "without records there is no single one", help);
        }
        let payload = self.whole("/transform/max-payload-mb").unwrap_or(6);
        if let Some(concurrent) = self.whole("/transform/concurrent-transforms")
            && payload.saturating_mul(concurrent) > 100
        {
            let help = format!("their product may be 100 at most: with {payload} MB, {} at once", 100 / payload.max(1));
            self.wrong("/transform/concurrent-transforms", "these requests are too large together", help);
        }
        // CreateJob, Timeout: whole minutes, seven days at most.
        self.bounded("/job/timeout", 60, 7 * 24 * 3600);
        if self.length("/job/timeout").is_some_and(|length| !length.as_secs().is_multiple_of(60)) {
            self.wrong("/job/timeout", "Glue counts whole minutes", "such as `30m`");
        }
    }
}
