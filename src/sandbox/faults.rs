//! Faults as data: what goes wrong, for which call, before or after its effect.

use std::time::Duration;

use serde::Deserialize;

use super::call::ApiError;

/// One thing that goes wrong.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Fault {
    /// Signing name of the service, such as `sagemaker`; any when absent.
    #[serde(default)]
    pub service: Option<String>,
    /// Operation name, such as `CreateModelPackage`; any when absent.
    #[serde(default)]
    pub operation: Option<String>,
    /// Twelve digits of the account that the call acts in; any when absent.
    #[serde(default)]
    pub account: Option<String>,
    /// How many matching calls pass unharmed first.
    #[serde(default)]
    pub skip: u64,
    /// How many matching calls are hit after those; for ever when absent.
    #[serde(default)]
    pub times: Option<u64>,
    /// Whether the call has taken effect when it goes wrong.
    #[serde(default)]
    pub when: When,
    /// What happens: a word, or a mapping with one key. YAML has tags for that, which nobody expects.
    #[serde(with = "serde_yaml::with::singleton_map")]
    pub effect: Effect,
}

/// On which side of the call's effect a fault strikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// The call does nothing.
    #[default]
    Before,
    /// The call does all it does; only the answer is lost.
    After,
}

/// What a fault does.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Effect {
    /// An error answer with this HTTP status, code and message.
    Error {
        /// HTTP status.
        status: u16,
        /// AWS error code.
        code: String,
        /// AWS error message.
        message: String,
    },
    /// `ThrottlingException`, HTTP 400, "Rate exceeded".
    Throttle,
    /// `InternalFailure`, HTTP 500.
    Internal,
    /// The connection breaks without an answer.
    Drop,
    /// The answer comes this many seconds late.
    Delay(u64),
}

impl Effect {
    /// The delay that this effect stands for, if it is one.
    pub(super) fn delay(&self) -> Option<Duration> {
        match self {
            Effect::Delay(seconds) => Some(Duration::from_secs(*seconds)),
            _ => None,
        }
    }

    /// What this effect does to the answer, if anything.
    pub(super) fn strike(&self) -> Option<Strike> {
        Some(match self {
            Effect::Error { status, code, message } => Strike::Error(ApiError::new(*status, code, message)),
            Effect::Throttle => Strike::Error(ApiError::new(400, "ThrottlingException", "Rate exceeded")),
            Effect::Internal => Strike::Error(ApiError::internal("An internal failure occurred.")),
            Effect::Drop => Strike::Drop,
            Effect::Delay(_) => return None,
        })
    }
}

/// What a fault amounts to, delays apart.
pub(super) enum Strike {
    Error(ApiError),
    Drop,
}

/// A call as faults and the log see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallRecord {
    /// Signing name of the service.
    pub service: String,
    /// Operation name.
    pub operation: String,
    /// The account of the caller.
    pub account: String,
    /// HTTP status of the answer; 0 when the connection was broken.
    pub status: u16,
}

/// How many calls the log remembers at least: a served sandbox may run for weeks.
pub const RECORDS: usize = 50_000;

/// The calls that were answered.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub calls: u64,
    pub records: Vec<CallRecord>,
}

impl Log {
    pub fn add(&mut self, record: CallRecord) {
        if self.records.len() >= 2 * RECORDS {
            self.records.drain(..RECORDS);
        }
        self.calls += 1;
        self.records.push(record);
    }
}

/// The faults that are switched on, and how often each has matched.
#[derive(Debug, Default)]
pub(super) struct Switchboard(Vec<(Fault, u64)>);

impl Switchboard {
    pub fn add(&mut self, fault: Fault) {
        self.0.push((fault, 0));
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault that strikes this call. Counts the call for every fault that it matches.
    pub fn strike(&mut self, service: &str, operation: &str, account: &str) -> Option<Fault> {
        self.strike_one(service, operation, account, |_| true)
    }

    /// [`Switchboard::strike`] for what is no call: only faults that name service and operation match.
    pub fn strike_step(&mut self, service: &str, step: &str, account: &str) -> Option<Fault> {
        self.strike_one(service, step, account, |fault| fault.service.is_some() && fault.operation.is_some())
    }

    fn strike_one(
        &mut self,
        service: &str,
        operation: &str,
        account: &str,
        may_match: impl Fn(&Fault) -> bool,
    ) -> Option<Fault> {
        let matches = |pattern: &Option<String>, value: &str| pattern.as_deref().is_none_or(|wanted| wanted == value);
        let mut struck = None;
        for (fault, seen) in &mut self.0 {
            if may_match(fault)
                && matches(&fault.service, service)
                && matches(&fault.operation, operation)
                && matches(&fault.account, account)
            {
                *seen += 1;
                let hit = *seen > fault.skip && fault.times.is_none_or(|times| *seen <= fault.skip + times);
                if hit && struck.is_none() {
                    struck = Some(fault.clone());
                }
            }
        }
        struck
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::body::Body;
    use bytes::Bytes;
    use tower::ServiceExt as _;

    use super::*;
    use crate::clock::{Clock, FixedClock, Sleep};
    use crate::sandbox::Sandbox;

    /// Stands still, and remembers how long it was asked to wait.
    #[derive(Debug, Default)]
    struct Patient(Mutex<Vec<Duration>>);

    impl Clock for Patient {
        fn now(&self) -> jiff::Timestamp {
            jiff::Timestamp::UNIX_EPOCH
        }

        fn sleep(&self, duration: Duration) -> Sleep {
            self.0.lock().unwrap().push(duration);
            FixedClock(self.now()).sleep(duration)
        }
    }

    #[test]
    fn a_delay_costs_nothing_in_process_and_is_real_for_other_clients() {
        let patient = Arc::new(Patient::default());
        let sandbox = Sandbox::open(None, patient.clone(), 1.0).unwrap();
        sandbox.inject(serde_yaml::from_str("effect: { delay: 20 }").unwrap());
        let request = || {
            let scope = "111111111111/20260105/eu-west-1/sts/aws4_request";
            http::Request::post("/")
                .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, Signature=x"))
                .body(Bytes::from("Action=GetCallerIdentity"))
                .unwrap()
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let start = sandbox.clock().now();
        assert_eq!(runtime.block_on(sandbox.handle(request())).unwrap().status(), 200);
        let delayed = sandbox.clock().now();
        assert_eq!(delayed.duration_since(start).as_secs(), 20);
        assert!(patient.0.lock().unwrap().is_empty());
        let answer = runtime.block_on(sandbox.router().oneshot(request().map(Body::from))).unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(*patient.0.lock().unwrap(), [Duration::from_secs(20)]);
        assert_eq!(sandbox.clock().now(), delayed);
    }

    #[test]
    fn effects_are_words_or_mappings() {
        for text in [
            "effect: drop",
            "effect: throttle",
            "effect: internal",
            "effect: { delay: 2 }",
            "effect: { error: { status: 400, code: A, message: b } }",
        ] {
            assert!(serde_yaml::from_str::<Fault>(text).is_ok(), "{text}");
        }
        for text in ["effect: explode", "effect: { delay: soon }", "{ effect: drop, oparation: PutObject }", "times: 1"]
        {
            assert!(serde_yaml::from_str::<Fault>(text).is_err(), "{text}");
        }
    }
}
