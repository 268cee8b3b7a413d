//! Waiting for AWS: with jitter, a deadline, and word of how it goes.

use std::time::Duration;

use crate::clock::SharedClock;
use crate::error::{Error, Result};
use crate::progress::Task;

/// How to wait.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// The pause between two looks, before jitter.
    pub interval: Duration,
    /// When to give up.
    pub deadline: Duration,
}

/// What a look found.
#[derive(Debug)]
pub enum Look<T> {
    /// It is done, one way or the other.
    Done(T),
    /// It goes on; the text says in which state.
    Pending(String),
}

/// Looks again and again until it is done. `what` names the thing in the message when time runs out.
pub async fn until<T>(
    clock: &SharedClock,
    patience: Patience,
    what: &str,
    task: &dyn Task,
    mut look: impl AsyncFnMut() -> Result<Look<T>>,
) -> Result<T> {
    let start = clock.now();
    let elapsed = || Duration::try_from(clock.now().duration_since(start)).unwrap_or_default();
    loop {
        let state = match look().await? {
            Look::Done(value) => return Ok(value),
            Look::Pending(state) => state,
        };
        let waited = elapsed();
        if waited >= patience.deadline {
            let minutes = patience.deadline.as_secs().div_ceil(60);
            return Err(Error::failed(format!("{what} is still {state} after {minutes} minutes")).hint(
                "nothing is lost: run the same command again to go on waiting, or give it more time with --timeout",
            ));
        }
        task.update(&format!("{state}, {} s", waited.as_secs()));
        clock.sleep(jittered(patience.interval, waited)).await;
    }
}

/// Between 80 and 120 per cent, spread by the time waited: no two pollers keep step for long.
fn jittered(interval: Duration, waited: Duration) -> Duration {
    let spread = fastrand::Rng::with_seed(waited.as_nanos() as u64 ^ 0x5EED).f64();
    interval.mul_f64(0.8 + 0.4 * spread)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::clock::{Clock as _, FixedClock};
    use crate::progress::Silent;
    use crate::sandbox::time::VirtualClock;

    const PATIENCE: Patience = Patience { interval: Duration::from_secs(15), deadline: Duration::from_secs(600) };

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    fn clock() -> (VirtualClock, SharedClock) {
        let clock = VirtualClock::new(Arc::new(FixedClock("2026-01-05T09:00:00Z".parse().unwrap())), 1.0);
        (clock.clone(), Arc::new(clock))
    }

    #[test]
    fn it_ends_when_the_thing_is_done() {
        let (virtual_clock, clock) = clock();
        let mut looks = 0;
        let found = block_on(until(&clock, PATIENCE, "endpoint x", &Silent, async || {
            looks += 1;
            Ok(if looks == 4 { Look::Done("InService") } else { Look::Pending("Creating".into()) })
        }));
        assert_eq!(found.unwrap(), "InService");
        let waited = virtual_clock.now().duration_since("2026-01-05T09:00:00Z".parse().unwrap()).as_secs();
        assert!((36..=54).contains(&waited), "three pauses of 15 s, each within 20 per cent: {waited}");
    }

    #[test]
    fn it_gives_up_at_the_deadline_and_says_how_to_go_on() {
        let (_, clock) = clock();
        let outcome: Result<()> =
            block_on(until(&clock, PATIENCE, "endpoint x", &Silent, async || Ok(Look::Pending("Creating".into()))));
        let error = outcome.unwrap_err();
        assert_eq!(error.to_string(), "endpoint x is still Creating after 10 minutes");
        assert!(error.hints()[0].contains("run the same command again"));
    }
}
