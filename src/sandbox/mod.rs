//! The embedded AWS: many accounts in one binary, faithful where this product meets AWS.
//!
//! It answers signed HTTP requests, so the AWS SDK talks to it through its own HTTP client interface (no socket), and
//! boto3 or the AWS CLI talk to it on loopback. A service is one file with a table of [`service::Operation`]s;
//! [`service::SERVICES`] lists them. Nothing here knows the SDK.
//!
//! ```text
//! request -> who calls (access key id) -> which operation -> faults -> rate limit -> input against its shape
//!         -> handler in one transaction: authorize (IAM), act -> answer in the protocol's form
//! ```

pub mod call;
pub mod datazone;
pub mod faults;
pub mod iam;
pub mod organizations;
pub mod ram;
pub mod rate;
pub mod rest;
pub mod s3;
pub mod sagemaker;
pub mod service;
pub mod shape;
pub mod store;
pub mod sts;
pub mod time;

mod authorization;
mod code_connections;
mod credential;
mod dialect;
mod event_buses;
mod glue;
mod idempotency;
mod identity_center;
mod kms;
mod secrets_manager;
mod tagging;
mod tags;
#[cfg(test)]
pub(crate) mod testing;
mod wire;

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use futures::stream;
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimePrinter;
use rusqlite::{Connection, TransactionBehavior};
use serde_json::Value;

use self::call::{ApiError, ApiResult, Call, Caller, Session};
use self::credential::Credential;
use self::dialect::Dialect;
use self::faults::{CallRecord, Fault, Log, Strike, Switchboard, When};
use self::service::{Compiled, Protocol, RawRequest};
use self::store::{Store, StoreError};
use self::time::VirtualClock;
use self::wire::Answer;
use crate::clock::{Clock as _, SharedClock};

/// The connection broke: there is no answer.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the connection was broken")]
pub struct Dropped;

/// An embedded AWS. Clones share it.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    connection: Mutex<Connection>,
    clock: VirtualClock,
    faults: Mutex<Switchboard>,
    log: Mutex<Log>,
}

impl Sandbox {
    /// Opens the sandbox kept in the file at `path`, new if there is none, or one in memory. `clock` is the time outside.
    /// Inside, time runs `speed` times as fast, and sleeps cost nothing.
    pub fn open(path: Option<&Path>, clock: SharedClock, speed: f64) -> Result<Self, StoreError> {
        let sandbox = Sandbox(Arc::new(Inner {
            connection: Mutex::new(store::open(path)?),
            clock: VirtualClock::new(clock, speed),
            faults: Mutex::default(),
            log: Mutex::default(),
        }));
        // Before anybody starts to wait: else the first call would seem to take as long as the store is ahead.
        sandbox.follow_time(&lock(&sandbox.0.connection))?;
        Ok(sandbox)
    }

    /// The sandbox's time.
    pub fn clock(&self) -> &VirtualClock {
        &self.0.clock
    }

    /// Lets `duration` pass at once, for everybody who shares the store.
    pub fn advance(&self, duration: Duration) -> Result<(), StoreError> {
        self.0.clock.advance(duration);
        self.follow_time(&lock(&self.0.connection))
    }

    /// Switches a fault on.
    pub fn inject(&self, fault: Fault) {
        lock(&self.0.faults).add(fault);
    }

    /// Switches all faults off.
    pub fn clear_faults(&self) {
        lock(&self.0.faults).clear();
    }

    /// Takes the record of the calls since the last time: of the newest [`faults::RECORDS`], if nobody asked for long.
    pub fn take_log(&self) -> Vec<CallRecord> {
        std::mem::take(&mut lock(&self.0.log).records)
    }

    /// How many calls were answered since the sandbox was opened.
    pub fn calls(&self) -> u64 {
        lock(&self.0.log).calls
    }

    /// How many documents each account has, by account.
    pub fn census(&self) -> Result<Vec<(String, u64)>, StoreError> {
        store::census(&lock(&self.0.connection))
    }

    /// Runs one operation as the administrator of `account`, without HTTP: how landscapes are built. Raw services have
    /// no such door; they take requests.
    pub fn administer(&self, account: &str, region: &str, service: &str, operation: &str, input: Value) -> ApiResult {
        let compiled = service::named(service, operation)
            .ok_or_else(|| ApiError::internal(format!("the sandbox has no {service}:{operation}")))?;
        let caller = Caller::administrator(account);
        self.transaction(caller, region, |call| compiled.run(call, operation, input))?.0
    }

    /// Answers one signed request. An answer that a fault delays comes late in the sandbox's time.
    pub async fn handle(&self, request: RawRequest) -> Result<Answer, Dropped> {
        let (answer, delay) = self.respond(&request);
        if let Some(delay) = delay {
            self.0.clock.sleep(delay).await;
        }
        answer
    }

    /// The answer to one signed request, in the dialect that the client speaks, and how late it is to come.
    fn respond(&self, request: &RawRequest) -> (Result<Answer, Dropped>, Option<Duration>) {
        let dialect = Dialect::of(request);
        let (answer, delay) = match dialect.request(request) {
            Ok(request) => self.respond_plainly(&request),
            Err(error) => (Ok(wire::json_answer(&Err(error))), None),
        };
        (answer.map(|answer| self.dated(dialect.answer(answer))), delay)
    }

    /// Every answer says what time it is, as web servers do: clients find out by it that their clocks are wrong.
    fn dated(&self, mut answer: Answer) -> Answer {
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&self.0.clock.now());
        if let Some(date) = date.ok().and_then(|date| date.parse().ok()) {
            answer.headers_mut().insert(http::header::DATE, date);
        }
        answer
    }

    fn respond_plainly(&self, request: &RawRequest) -> (Result<Answer, Dropped>, Option<Duration>) {
        let signed = Credential::of(request);
        let is_signed = signed.is_some();
        let Some(credential) = signed.or_else(|| Credential::unsigned(request)) else {
            let answer = wire::json_answer(&Err(ApiError::new(
                403,
                "MissingAuthenticationTokenException",
                "Missing Authentication Token",
            )));
            return (Ok(answer), None);
        };
        let (service, operation) = match service::find(request, &credential.service) {
            Ok(found) => found,
            Err(answer) => {
                tracing::warn!(
                    service = credential.service,
                    operation = service::target(request),
                    path = request.uri().path(),
                    "the sandbox does not emulate this operation"
                );
                return (Ok(*answer), None);
            }
        };
        let caller = if is_signed { self.authenticate(&credential) } else { Ok(Caller::nobody()) };
        let account = caller.as_ref().map_or_else(|_| String::new(), |caller| caller.account.clone());
        let fault = lock(&self.0.faults).strike(service.service.name, &operation, &account);
        let answer = self.answer(service, &operation, caller, &credential.region, request, fault.as_ref());
        let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
        lock(&self.0.log).add(CallRecord { service: service.service.name.to_owned(), operation, account, status });
        (answer, fault.and_then(|fault| fault.effect.delay()))
    }

    fn answer(
        &self,
        service: &Compiled,
        operation: &str,
        caller: ApiResult<Caller>,
        region: &str,
        request: &RawRequest,
        fault: Option<&Fault>,
    ) -> Result<Answer, Dropped> {
        let struck = |when| fault.filter(|fault| fault.when == when).and_then(|fault| fault.effect.strike());
        let mut answer = match struck(When::Before) {
            Some(Strike::Drop) => return Err(Dropped),
            Some(Strike::Error(error)) => service.error_answer(&error, "fault"),
            None => match caller {
                Ok(caller) => self.run(service, operation, caller, region, request),
                Err(error) => service.error_answer(&error, "unauthenticated"),
            },
        };
        match struck(When::After) {
            Some(Strike::Drop) => return Err(Dropped),
            Some(Strike::Error(error)) => answer = service.error_answer(&error, "fault"),
            None => {}
        }
        Ok(answer)
    }

    fn run(&self, service: &Compiled, operation: &str, caller: Caller, region: &str, request: &RawRequest) -> Answer {
        if let Err(error) = self.admit(service, operation, &caller, region) {
            return service.error_answer(&error, "throttled");
        }
        let outcome = self.transaction(caller, region, |call| match &service.service.protocol {
            Protocol::Raw { handler, .. } => handler(call, operation, request),
            Protocol::Json { .. } | Protocol::Query { .. } | Protocol::RestJson { .. } => {
                let input = service.input(operation, request)?;
                let value = service.run(call, operation, input)?;
                Ok(service.value_answer(operation, &call.request_id, value))
            }
        });
        let (outcome, request_id) = outcome.unwrap_or_else(|error| (Err(error), "failed".to_owned()));
        let mut answer = outcome.unwrap_or_else(|error| service.error_answer(&error, &request_id));
        // HTTP's own rule, which an answer that never meets a web server must keep too.
        if request.method() == http::Method::HEAD {
            answer.body_mut().clear();
        }
        if let Ok(value) = request_id.parse() {
            answer.headers_mut().insert(wire::REQUEST_ID, value);
        }
        answer
    }

    /// Counts a call against the rate that AWS grants. It counts whatever becomes of it: so not in its own transaction.
    fn admit(&self, service: &Compiled, operation: &str, caller: &Caller, region: &str) -> ApiResult<()> {
        let Some(limit) = service.limit(operation) else { return Ok(()) };
        let mut connection = lock(&self.0.connection);
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?;
        self.follow_time(&transaction)?;
        let family = limit.operations.first().unwrap_or(&operation);
        let bucket = format!("{}/{family}/{}/{region}", service.service.name, caller.account);
        limit.admit(&Store(&transaction), &bucket, self.0.clock.now())?;
        Ok(transaction.commit().map_err(StoreError::from)?)
    }

    /// Runs `work` in one transaction; an error undoes it. Gives the outcome and the request's id.
    fn transaction<T>(
        &self,
        caller: Caller,
        region: &str,
        work: impl FnOnce(&mut Call<'_>) -> ApiResult<T>,
    ) -> ApiResult<(ApiResult<T>, String)> {
        let mut connection = lock(&self.0.connection);
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(StoreError::from)?;
        self.follow_time(&transaction)?;
        self.0.clock.event();
        let mut call = Call {
            caller,
            region: region.to_owned(),
            now: self.0.clock.now(),
            store: Store(&transaction),
            request_id: String::new(),
            authorized: false,
            faults: &self.0.faults,
        };
        call.request_id = call.uuid()?;
        let mut outcome = work(&mut call);
        if outcome.is_ok() && !call.authorized {
            outcome = Err(ApiError::internal("this operation never asked IAM"));
        }
        let request_id = call.request_id;
        match &outcome {
            Ok(_) => transaction.commit().map_err(StoreError::from)?,
            // The request's id must stay used, or the next request would get it again.
            Err(_) => {
                transaction.rollback().map_err(StoreError::from)?;
                Store(&connection).next("random")?;
            }
        }
        Ok((outcome, request_id))
    }

    /// Time never runs backwards for a kept sandbox, even when another process has slept ahead.
    fn follow_time(&self, connection: &Connection) -> Result<(), StoreError> {
        let store = Store(connection);
        let seen: Option<Timestamp> = store.get("sandbox", "time")?;
        if let Some(seen) = seen {
            self.0.clock.advance_to(seen);
        }
        store.put("sandbox", "time", &self.0.clock.now())
    }

    /// The sandbox as a web service: the same answers, over TCP. Here delays are real, because clients have their own
    /// clocks.
    pub fn router(&self) -> Router {
        let sandbox = self.clone();
        Router::new().fallback(move |request: http::Request<Body>| {
            let sandbox = sandbox.clone();
            async move {
                let (parts, body) = request.into_parts();
                let body = body.collect().await.map_err(|_| http::StatusCode::BAD_REQUEST)?.to_bytes();
                let (answer, delay) = sandbox.respond(&RawRequest::from_parts(parts, body));
                if let Some(delay) = delay {
                    sandbox.0.clock.outside().sleep(delay).await;
                }
                Ok::<_, http::StatusCode>(match answer {
                    Ok(answer) => answer.map(Body::from),
                    // A body that fails makes the server break the connection.
                    Err(dropped) => http::Response::new(Body::from_stream(stream::iter([Err::<Bytes, _>(dropped)]))),
                })
            }
        })
    }

    /// Whose key it is. A 12-digit access key id is the administrator of that account; its secret is not checked.
    fn authenticate(&self, credential: &Credential) -> ApiResult<Caller> {
        let key = &credential.access_key_id;
        if key.len() == 12 && key.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(Caller::administrator(key));
        }
        let invalid = || {
            ApiError::new(403, "UnrecognizedClientException", "The security token included in the request is invalid.")
        };
        let connection = lock(&self.0.connection);
        let session: Session = Store(&connection).get(Session::KIND, key)?.ok_or_else(invalid)?;
        if credential.session_token.as_deref() != Some(&session.session_token) {
            return Err(invalid());
        }
        if session.expires <= self.0.clock.now() {
            return Err(ApiError::new(
                403,
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ));
        }
        let account = session.role_arn.split(':').nth(4).unwrap_or_default().to_owned();
        Ok(Caller { account, session: Some(session) })
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sandbox").field(&self.0.clock).finish()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
