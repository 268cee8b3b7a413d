//! Alarms, and how a new version takes over.

use std::time::Duration;

use super::super::model::Kind;
use super::super::names::Step;
use super::super::serving::RolloutStrategy as Strategy;
use super::Rules;
use crate::config::duration;
use crate::nearest::nearest;

/// Metrics of endpoints: <https://docs.aws.amazon.com/sagemaker/latest/dg/monitoring-cloudwatch.html>.
const METRICS: [&str; 21] = [
    "Invocations",
    "InvocationsPerInstance",
    "InvocationsPerCopy",
    "Invocation4XXErrors",
    "Invocation5XXErrors",
    "InvocationModelErrors",
    "ModelLatency",
    "OverheadLatency",
    "ModelSetupTime",
    "ServerlessConcurrentExecutionsUtilization",
    "ServerlessProvisionedConcurrencyUtilization",
    "ConcurrentRequestsPerModel",
    "ConcurrentRequestsPerCopy",
    "CPUUtilization",
    "MemoryUtilization",
    "DiskUtilization",
    "GPUUtilization",
    "GPUMemoryUtilization",
    "ApproximateBacklogSize",
    "ApproximateBacklogSizePerInstance",
    "HasBacklogWithoutCapacity",
];

/// Those that are lengths of time, in microseconds.
const LATENCIES: [&str; 3] = ["ModelLatency", "OverheadLatency", "ModelSetupTime"];

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

impl Rules<'_> {
    pub(super) fn alarms(&mut self) {
        self.names_are_unique("/alarms", "alarms");
        for alarm in self.entries("/alarms") {
            let pointer = |key: &str| format!("{alarm}/{key}");
            let metric = self.text(&pointer("metric")).unwrap_or_default();
            if let Some(near) = nearest(metric, METRICS).filter(|near| *near != metric) {
                let message = format!("endpoints have no metric {}", crate::config::quoted(metric));
                // A metric that AWS made since may look like an old one, but not be it but for its case.
                if near.eq_ignore_ascii_case(metric) || !metric.starts_with(near) && !near.starts_with(metric) {
                    self.wrong(&pointer("metric"), message, format!("did you mean `{near}`?"));
                }
            }
            let is_time = LATENCIES.contains(&metric) && self.text(&pointer("statistic")) != Some("SampleCount");
            if is_time && self.number(&pointer("threshold")).is_some_and(|threshold| threshold < 1000.0) {
                let help = "CloudWatch has it in microseconds: 500 milliseconds are 500000";
                self.wrong(&pointer("threshold"), format!("less than a millisecond of {metric}"), help);
            }
            self.period(&pointer("period"), &pointer("periods"));
        }
    }

    /// PutMetricAlarm, Period and EvaluationPeriods.
    fn period(&mut self, period: &str, periods: &str) {
        let seconds = self.length(period).map_or(60, |length| length.as_secs());
        if !matches!(seconds, 10 | 20 | 30) && (seconds == 0 || !seconds.is_multiple_of(60)) {
            self.wrong(period, "CloudWatch has no periods of this length", "10s, 20s, 30s, or whole minutes");
            return;
        }
        let most = if seconds < HOUR { DAY } else { 7 * DAY };
        if let Some(count) = self.whole(periods).filter(|count| count.saturating_mul(seconds) > most) {
            let message = format!("{count} periods are more than CloudWatch looks back");
            let help = format!("at most {} of them", most / seconds);
            self.wrong_beside(periods, period, message, help);
        }
    }

    /// What BlueGreenUpdatePolicy, RollingUpdatePolicy and InferenceComponentRollingUpdatePolicy take, and
    /// <https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html>.
    pub(super) fn rollout(&mut self, kind: Kind) {
        let Some(strategy) = self.read::<Strategy>("/rollout/strategy") else { return };
        let name = self.text("/rollout/strategy").unwrap_or_default().to_owned();
        self.bounded("/rollout/wait", 0, HOUR);
        self.bounded("/rollout/termination-wait", 0, HOUR);
        self.bounded("/rollout/timeout", 600, 8 * HOUR);
        self.rollback_alarms();

        if kind == Kind::InferenceComponents && strategy != Strategy::Rolling {
            let help = "write `strategy: rolling`";
            self.wrong_beside("/rollout/strategy", "/kind", "inference components are only updated in batches", help);
            return;
        }
        if matches!(strategy, Strategy::Rolling) && self.value("/rollout/termination-wait").is_some() {
            let help = "remove it: each batch ends the instances that it replaces";
            self.wrong("/rollout/termination-wait", "a rolling update keeps no old instances", help);
        }
        if strategy == Strategy::AllAtOnce {
            if self.value("/rollout/step").is_some() {
                self.wrong("/rollout/step", "all at once has no steps", "remove `step`, or choose another strategy");
            }
            return;
        }
        for key in ["step", "wait"] {
            if self.value(&format!("/rollout/{key}")).is_none() {
                let help = match key {
                    "step" => "say how much moves at once, such as `10%`",
                    _ => "say how long alarms are watched after each step, such as `10m`",
                };
                self.wrong("/rollout/strategy", format!("`{name}` needs a `{key}`"), help);
            }
        }
        if self.value("/rollout/roll-back-on").is_none() {
            let help = "name alarms in `roll-back-on`: without them the steps only take longer";
            self.wrong("/rollout/strategy", "nothing would bring the old version back", help);
        }
        if let Some(pointer) = self.inf1() {
            let help = "SageMaker would fall back to all at once, without watching: write `strategy: all-at-once`";
            self.wrong_beside("/rollout/strategy", &pointer, format!("instances with Inf1 have no `{name}`"), help);
        }
        if self.keys("/variants").len() > 1 {
            let help = "the names of variants must be the same before and after, and a rolling update takes a single one: \
                        write `strategy: all-at-once`, and move traffic by the weights";
            self.wrong_beside("/rollout/strategy", "/variants", format!("several variants have no `{name}`"), help);
        }
        self.step(kind, strategy, &name);
        self.waiting(strategy);
    }

    fn rollback_alarms(&mut self) {
        let known: Vec<&str> =
            self.entries("/alarms").iter().filter_map(|alarm| self.text(&format!("{alarm}/name"))).collect();
        let named = self.entries("/rollout/roll-back-on");
        for (index, pointer) in named.iter().enumerate() {
            let Some(name) = self.text(pointer) else { continue };
            if !known.contains(&name) {
                let help = match nearest(name, known.iter().copied()) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => "name one of the `alarms` of this file".to_owned(),
                };
                self.wrong(pointer, format!("there is no alarm `{name}`"), help);
            } else if named[..index].iter().any(|earlier| self.text(earlier) == Some(name)) {
                self.wrong(pointer, format!("`{name}` is there twice"), "keep one of them");
            }
        }
    }

    /// The bounds of a step, as a share and as a number.
    fn step(&mut self, kind: Kind, strategy: Strategy, name: &str) {
        let Some(step) = self.read::<Step>("/rollout/step") else { return };
        let (amount, is_share) = step.amount();
        let least = match strategy {
            Strategy::Linear => 10,
            Strategy::Rolling => 5,
            Strategy::Canary | Strategy::AllAtOnce => 1,
        };
        if is_share && !(least..=50).contains(&amount) {
            let help = format!("from {least}% to 50%");
            self.wrong("/rollout/step", format!("SageMaker takes no `{name}` step of this size"), help);
        }
        let (unit, count) = if kind == Kind::InferenceComponents {
            ("copies", "/component/copies")
        } else {
            ("instances", "/instance/count")
        };
        // Where capacity follows load, there are at least so many when the rollout begins.
        let scaled = self.value("/scaling").map(|_| "/scaling/minimum");
        let place = scaled.unwrap_or(count);
        let capacity = self.whole(place).unwrap_or(1);
        if capacity == 1 {
            let help = format!("have at least 2 {unit}, or write `strategy: all-at-once`");
            let help = if kind == Kind::InferenceComponents { "have at least 2 copies".to_owned() } else { help };
            self.wrong("/rollout/strategy", format!("one of the {unit} has no parts that could move alone"), help);
        } else if !is_share && u64::from(amount) * 2 > capacity && capacity > 0 {
            let message = format!("{amount} of {capacity} {unit} are more than half");
            self.wrong_beside("/rollout/step", place, message, format!("at most {}", capacity / 2));
        }
    }

    /// "The timeout value should be larger than the total waiting time": BlueGreenUpdatePolicy.
    fn waiting(&mut self, strategy: Strategy) {
        let (Some(timeout), Some(wait), Some(step)) =
            (self.length("/rollout/timeout"), self.length("/rollout/wait"), self.read::<Step>("/rollout/step"))
        else {
            return;
        };
        let (amount, is_share) = step.amount();
        let capacity = self.whole("/instance/count").or_else(|| self.whole("/scaling/minimum")).unwrap_or(1);
        let whole = if is_share { 100 } else { capacity };
        let steps = match strategy {
            Strategy::Canary => 1,
            _ => whole.div_ceil(u64::from(amount.max(1))),
        };
        let after = self.length("/rollout/termination-wait").unwrap_or_default();
        let total = Duration::from_secs(wait.as_secs().saturating_mul(steps)) + after;
        if timeout <= total {
            let message = format!("all the waiting takes {}", duration::format(total));
            self.wrong_beside("/rollout/timeout", "/rollout/wait", message, "give more time than that");
        }
    }
}
