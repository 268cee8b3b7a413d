//! A rate limit in front of every call of one account and Region, and one log line per call (`-v`).

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
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

/// An HTTP client whose requests wait for their turn.
#[derive(Clone)]
pub(super) struct Limited {
    inner: SharedHttpClient,
    turn: Turn,
}

#[derive(Clone)]
struct Turn {
    limiter: Arc<Limiter>,
    clock: SharedClock,
    /// `account/region`, for the log.
    place: Arc<str>,
}

impl Limited {
    /// Limits what goes through `inner` to `place`'s share.
    pub fn new(inner: SharedHttpClient, clock: SharedClock, place: String) -> Self {
        let quota = Quota::per_second(PER_SECOND).allow_burst(BURST);
        let limiter = Arc::new(RateLimiter::direct_with_clock(quota, LimiterClock(clock.clone())));
        Limited { inner, turn: Turn { limiter, clock, place: place.into() } }
    }
}

impl Turn {
    async fn wait(&self) {
        while let Err(not_yet) = self.limiter.check() {
            let wait = not_yet.wait_time_from(LimiterClock(self.clock.clone()).now());
            self.clock.sleep(wait).await;
        }
    }
}

impl HttpClient for Limited {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(LimitedConnector { inner, turn: self.turn.clone() })
    }
}

#[derive(Clone)]
struct LimitedConnector {
    inner: SharedHttpConnector,
    turn: Turn,
}

impl HttpConnector for LimitedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let LimitedConnector { inner, turn } = self.clone();
        HttpConnectorFuture::new(async move {
            turn.wait().await;
            let what = describe(&request);
            let outcome = inner.call(request).await;
            match &outcome {
                Ok(response) => {
                    tracing::info!(place = &*turn.place, call = what, status = response.status().as_u16(), "aws");
                }
                Err(error) => tracing::info!(place = &*turn.place, call = what, %error, "aws"),
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
    let path = uri.split_once("://").map_or(uri, |(_, rest)| rest);
    format!("{} {}", request.method(), path.split('?').next().unwrap_or(path))
}

impl fmt::Debug for Limited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limited").field("place", &self.turn.place).finish_non_exhaustive()
    }
}

impl fmt::Debug for LimitedConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LimitedConnector").field("place", &self.turn.place).finish_non_exhaustive()
    }
}
