//! The sandbox's time. In process, a sleep costs nothing: the clock jumps to the moment at which the next sleeper wakes.
//!
//! This is a small discrete-event scheduler. Several tasks may sleep at once (pollers, retry back-off, timeouts around
//! both); only the one that is due first moves the clock, so that a 30-second timeout around three 1-second back-offs
//! behaves as it would in real time. Futures are polled on one thread, as the command-line tool's runtime does.

use std::collections::BTreeSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::clock::{Clock, SharedClock, Sleep};

/// How often a sleeper lets others run, with nothing happening, before it may move the clock: work that is ready goes
/// first, and work that wakes further work (one task after another waiting for the same session) goes on for some rounds.
const ROUNDS_BEFORE_JUMP: u32 = 100;
/// After so many rounds a sleeper stops waiting for an earlier one, which nobody polls any more.
const ROUNDS_BEFORE_OVERTAKING: u32 = 10_000;

/// A clock that jumps instead of waiting.
#[derive(Clone)]
pub struct VirtualClock(Arc<Mutex<State>>);

struct State {
    base: SharedClock,
    /// The moment at which `base` read `origin`, when time runs faster than real.
    origin: Timestamp,
    speed: f64,
    offset: SignedDuration,
    sleepers: BTreeSet<(Timestamp, u64)>,
    next_sleeper: u64,
    /// Counts what happened besides sleeping.
    events: u64,
}

impl State {
    fn now(&self) -> Timestamp {
        let base = self.base.now();
        let elapsed = base.duration_since(self.origin).as_secs_f64() * (self.speed - 1.0);
        let scaled = SignedDuration::try_from_secs_f64(elapsed).unwrap_or(SignedDuration::ZERO);
        base.checked_add(scaled).and_then(|now| now.checked_add(self.offset)).unwrap_or(Timestamp::MAX)
    }

    fn advance_to(&mut self, moment: Timestamp) {
        let ahead = moment.duration_since(self.now());
        if ahead.is_positive() {
            self.offset += ahead;
        }
    }
}

impl VirtualClock {
    /// A clock that starts at `base`'s time and runs with it, `speed` times as fast, plus all sleeps.
    pub fn new(base: SharedClock, speed: f64) -> Self {
        let origin = base.now();
        VirtualClock(Arc::new(Mutex::new(State {
            base,
            origin,
            speed,
            offset: SignedDuration::ZERO,
            sleepers: BTreeSet::new(),
            next_sleeper: 0,
            events: 0,
        })))
    }

    /// Moves the clock forward to `moment`; never back.
    pub fn advance_to(&self, moment: Timestamp) {
        self.state().advance_to(moment);
    }

    /// Moves the clock forward by `duration`.
    pub fn advance(&self, duration: Duration) {
        let mut state = self.state();
        let moment = deadline(state.now(), duration);
        state.advance_to(moment);
    }

    /// The clock that it starts from, which nobody can move.
    pub(super) fn outside(&self) -> SharedClock {
        self.state().base.clone()
    }

    /// Something happened: whoever sleeps lets it have its consequences first.
    pub(super) fn event(&self) {
        self.state().events += 1;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn deadline(now: Timestamp, duration: Duration) -> Timestamp {
    SignedDuration::try_from(duration)
        .ok()
        .and_then(|duration| now.checked_add(duration).ok())
        .unwrap_or(Timestamp::MAX)
}

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.state().now()
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        let mut state = self.state();
        let until = deadline(state.now(), duration);
        let id = state.next_sleeper;
        state.next_sleeper += 1;
        state.sleepers.insert((until, id));
        let events = state.events;
        drop(state);
        Box::pin(VirtualSleep { clock: self.clone(), entry: (until, id), events, rounds: 0 })
    }
}

impl fmt::Debug for VirtualClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VirtualClock({})", self.now())
    }
}

struct VirtualSleep {
    clock: VirtualClock,
    entry: (Timestamp, u64),
    /// Events when it was polled last, and how often it was polled since without one.
    events: u64,
    rounds: u32,
}

impl Future for VirtualSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut state = clock.state();
        self.rounds = if self.events == state.events { self.rounds + 1 } else { 0 };
        self.events = state.events;
        let due = state.now() >= self.entry.0;
        let first = state.sleepers.first() == Some(&self.entry) && self.rounds > ROUNDS_BEFORE_JUMP;
        if due || first || self.rounds > ROUNDS_BEFORE_OVERTAKING {
            state.advance_to(self.entry.0);
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Drop for VirtualSleep {
    fn drop(&mut self) {
        let entry = self.entry;
        self.clock.state().sleepers.remove(&entry);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use futures::future::{Either, join_all, select};

    use super::*;
    use crate::clock::FixedClock;

    fn clock() -> VirtualClock {
        VirtualClock::new(Arc::new(FixedClock("2026-01-05T09:00:00Z".parse().unwrap())), 1.0)
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    fn elapsed(clock: &VirtualClock) -> i64 {
        clock.now().duration_since("2026-01-05T09:00:00Z".parse().unwrap()).as_secs()
    }

    #[test]
    fn sleeping_together_takes_as_long_as_the_longest() {
        let clock = clock();
        block_on(join_all((1..=5).map(|n| clock.sleep(Duration::from_secs(n * 10)))));
        assert_eq!(elapsed(&clock), 50);
    }

    #[test]
    fn a_timeout_fires_only_when_its_time_has_come() {
        let clock = clock();
        let work = async {
            for _ in 0..3 {
                clock.sleep(Duration::from_secs(5)).await;
            }
        };
        let outcome = block_on(select(Box::pin(work), clock.sleep(Duration::from_secs(30))));
        assert!(matches!(outcome, Either::Left(_)), "fifteen seconds of work fit into thirty");
        assert_eq!(elapsed(&clock), 15);
    }

    #[test]
    fn a_sleeper_that_nobody_polls_holds_up_nobody() {
        let clock = clock();
        let _forgotten = clock.sleep(Duration::from_secs(1));
        block_on(clock.sleep(Duration::from_secs(10)));
        assert_eq!(elapsed(&clock), 10);
    }
}
