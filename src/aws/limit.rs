//! Rate limits in front of every call of one account and Region, and one log line per call (`-v`).

use std::collections::HashMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use governor::clock::Clock as GovernorClock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::clock::SharedClock;

/// Calls a second, sustained. AWS does not publish SageMaker's control-plane rates; this stays well below what its users
/// report being throttled at, and adaptive retries take care of the rest.
const PER_SECOND: NonZeroU32 = NonZeroU32::new(10).unwrap();
/// Calls that may go out at once after a pause.
const BURST: NonZeroU32 = NonZeroU32::new(20).unwrap();

/// DataZone's families of operations, by method and path below a domain, with the calls a second that AWS allows an
/// account in a Region ("Amazon DataZone quotas"). Other operations have the general limit.
const FAMILIES: [(&str, &str, u32); 14] = [
    ("write", "projects", 3),
    ("write", "project-profiles", 3),
    ("write", "environments", 3),
    ("GET", "projects", 8),
    ("GET", "environments", 8),
    ("GET", "environment-blueprints", 8),
    ("PUT", "environment-blueprint-configurations", 10),
    ("write", "subscription-requests", 3),
    ("write", "subscriptions", 3),
    ("write", "subscription-grants", 3),
    ("GET", "subscription-requests", 8),
    ("GET", "subscriptions", 8),
    ("GET", "subscription-grants", 8),
    ("write", "domain", 8),
];
/// The share of a published rate that aiops takes, in per cent: others in the account call, too.
const SHARE: u32 = 90;

/// The family of a call, if it is one of DataZone that has a limit of its own.
fn family(method: &str, path: &str) -> Option<usize> {
    let below = path.strip_prefix("/v2/domains")?;
    let mut segments = below.split('/').filter(|segment| !segment.is_empty()).skip(1);
    let collection = segments.next().unwrap_or("domain");
    FAMILIES.iter().position(|(kind, of, _)| {
        *of == collection && (*kind == method || (*kind == "write" && !matches!(method, "GET" | "HEAD")))
    })
}

type Limiter = RateLimiter<NotKeyed, InMemoryState, LimiterClock, NoOpMiddleware<Duration>>;

/// Injected time, as a duration since the epoch.
#[derive(Clone)]
struct LimiterClock(SharedClock);

impl GovernorClock for LimiterClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::try_from(self.0.now().as_duration()).unwrap_or_default()
    }
}

/// The limits of one account and Region, shared by its sessions.
#[derive(Clone)]
pub(super) struct Limits {
    general: Arc<Limiter>,
    families: Arc<Mutex<HashMap<usize, Arc<Limiter>>>>,
    clock: SharedClock,
    /// `account/region`, for the log.
    place: Arc<str>,
}

impl Limits {
    /// Limits of which nothing is used.
    pub fn new(clock: SharedClock, place: String) -> Self {
        let quota = Quota::per_second(PER_SECOND).allow_burst(BURST);
        let general = Arc::new(RateLimiter::direct_with_clock(quota, LimiterClock(clock.clone())));
        Limits { general, families: Arc::default(), clock, place: place.into() }
    }

    fn limiter(&self, request: &HttpRequest) -> Arc<Limiter> {
        let Some(family) = family(request.method(), path(request)) else { return self.general.clone() };
        let mut families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || {
            // Evenly spaced: no burst uses up what others may need.
            let period = Duration::from_secs(100) / (FAMILIES[family].2 * SHARE);
            let quota = Quota::with_period(period).unwrap_or(Quota::per_second(PER_SECOND));
            Arc::new(RateLimiter::direct_with_clock(quota, LimiterClock(self.clock.clone())))
        };
        families.entry(family).or_insert_with(new).clone()
    }

    async fn wait(&self, request: &HttpRequest) {
        let limiter = self.limiter(request);
        while let Err(not_yet) = limiter.check() {
            let wait = not_yet.wait_time_from(LimiterClock(self.clock.clone()).now());
            self.clock.sleep(wait).await;
        }
    }
}

/// An HTTP client whose requests wait for their turn.
#[derive(Clone)]
pub(super) struct Limited {
    inner: SharedHttpClient,
    limits: Limits,
}

impl Limited {
    /// Limits what goes through `inner`.
    pub fn new(inner: SharedHttpClient, limits: Limits) -> Self {
        Limited { inner, limits }
    }
}

impl HttpClient for Limited {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(LimitedConnector { inner, limits: self.limits.clone() })
    }
}

#[derive(Clone)]
struct LimitedConnector {
    inner: SharedHttpConnector,
    limits: Limits,
}

impl HttpConnector for LimitedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let LimitedConnector { inner, limits } = self.clone();
        HttpConnectorFuture::new(async move {
            limits.wait(&request).await;
            let what = describe(&request);
            let outcome = inner.call(request).await;
            match &outcome {
                Ok(response) => {
                    tracing::info!(place = &*limits.place, call = what, status = response.status().as_u16(), "aws");
                }
                Err(error) => tracing::info!(place = &*limits.place, call = what, %error, "aws"),
            }
            outcome
        })
    }
}

/// The operation where the protocol names it in a header, else method and path. Never the query: it may hold a signature.
fn describe(request: &HttpRequest) -> String {
    if let Some(target) = request.headers().get("x-amz-target") {
        return target.to_owned();
    }
    let uri = request.uri();
    let place = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    format!("{} {}", request.method(), place.split('?').next().unwrap_or(place))
}

/// The path of a request, from its first slash.
fn path(request: &HttpRequest) -> &str {
    let uri = request.uri();
    let place = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    let path = place.find('/').map_or("", |slash| &place[slash..]);
    path.split('?').next().unwrap_or(path)
}

impl fmt::Debug for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limited").field("place", &self.limits.place).finish_non_exhaustive()
    }
}

impl fmt::Debug for LimitedConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitedConnector").field("place", &self.limits.place).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_of_datazone_belong_to_the_families_that_it_limits() {
        let rate = |method, path| family(method, path).map(|family| FAMILIES[family].2);
        for (method, path, per_second) in [
            ("POST", "/v2/domains/dzd-1/projects", Some(3)),
            ("POST", "/v2/domains/dzd-1/projects/p/createMembership", Some(3)),
            ("GET", "/v2/domains/dzd-1/projects/p", Some(8)),
            ("PATCH", "/v2/domains/dzd-1/project-profiles/p", Some(3)),
            ("GET", "/v2/domains/dzd-1/project-profiles", None),
            ("PUT", "/v2/domains/dzd-1/environment-blueprint-configurations/b", Some(10)),
            ("GET", "/v2/domains/dzd-1/environment-blueprint-configurations", None),
            ("POST", "/v2/domains", Some(8)),
            ("PUT", "/v2/domains/dzd-1", Some(8)),
            ("GET", "/v2/domains/dzd-1", None),
            ("PUT", "/v2/domains/dzd-1/subscription-requests/r/accept", Some(3)),
            ("GET", "/v2/domains/dzd-1/subscription-grants", Some(8)),
            ("POST", "/v2/domains/dzd-1/listings/search", None),
            ("POST", "/v2/domains/dzd-1/domain-units", None),
            ("POST", "/", None),
        ] {
            assert_eq!(rate(method, path), per_second, "{method} {path}");
        }
    }
}
