//! What is going on, on stderr: moving bars on a terminal, plain lines elsewhere, nothing with `--quiet`.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use jiff::{SignedDuration, Timestamp};

use super::{Ui, error::labelled, text};
use crate::progress::{Progress, Silent, Task};

/// How often a plain line may say that something still goes on.
const LINE_INTERVAL: SignedDuration = SignedDuration::from_secs(30);
/// How often the spinner turns.
const TICK: Duration = Duration::from_millis(120);

impl Progress for Ui {
    fn start(&self, what: &str) -> Box<dyn Task> {
        let what = text::sanitize(what);
        if self.is_quiet() {
            return Box::new(Silent);
        }
        if !self.has_moving_progress() {
            self.write_stderr(&format!("{what} ...\n"));
            return Box::new(Lines { ui: self.clone(), what, last: Mutex::new(self.clock().now()) });
        }
        let bar = ProgressBar::new_spinner().with_style(spinner()).with_finish(ProgressFinish::AndClear);
        let bar = self.bars().add(bar);
        bar.set_message(what.clone());
        bar.enable_steady_tick(TICK);
        Box::new(Bar { ui: self.clone(), what, bar })
    }

    fn note(&self, message: &str) {
        if !self.is_quiet() {
            self.write_stderr(&(text::sanitize(message) + "\n"));
        }
    }

    fn warn(&self, message: &str) {
        self.write_stderr(&labelled("warning", message, self.colors_stderr()));
    }
}

/// A task as a moving bar; it vanishes when dropped, and leaves a line when finished.
struct Bar {
    ui: Ui,
    what: String,
    bar: ProgressBar,
}

impl Task for Bar {
    fn update(&self, status: &str) {
        self.bar.set_message(format!("{}: {}", self.what, text::sanitize(status)));
    }

    fn finish(self: Box<Self>, result: &str) {
        self.bar.finish_and_clear();
        self.ui.write_stderr(&format!("{}: {}\n", self.what, text::sanitize(result)));
    }
}

/// A task as plain lines.
struct Lines {
    ui: Ui,
    what: String,
    last: Mutex<Timestamp>,
}

impl Task for Lines {
    fn update(&self, status: &str) {
        let now = self.ui.clock().now();
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if now.duration_since(*last) >= LINE_INTERVAL {
            *last = now;
            self.ui.write_stderr(&format!("{}: {}\n", self.what, text::sanitize(status)));
        }
    }

    fn finish(self: Box<Self>, result: &str) {
        self.ui.write_stderr(&format!("{}: {}\n", self.what, text::sanitize(result)));
    }
}

/// A constant, so a mistake in it shows in the test below rather than to a user.
fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("{spinner} {wide_msg} {elapsed:>5}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .tick_chars("|/-\\ ")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;
    use crate::clock::{Clock, Sleep};
    use crate::output::testing::Screen;

    #[derive(Debug, Default)]
    struct SteppedClock(AtomicI64);

    impl Clock for SteppedClock {
        fn now(&self) -> Timestamp {
            Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
        }

        fn sleep(&self, _: Duration) -> Sleep {
            Box::pin(std::future::ready(()))
        }
    }

    #[test]
    fn plain_lines_are_few_and_safe() {
        let clock = Arc::new(SteppedClock::default());
        let screen = Screen::new().with_clock(clock.clone());
        let task = screen.ui.start("endpoint churn\u{1b}[2J");
        for second in [1, 29, 30, 31, 59, 60, 61] {
            clock.0.store(second, Ordering::Relaxed);
            task.update(&format!("Creating, {second} s"));
        }
        task.finish("InService\n");
        screen.ui.note("noted");
        screen.ui.warn("careful");
        insta::assert_snapshot!(screen.stderr(), @r"
        endpoint churn\u{1b}[2J ...
        endpoint churn\u{1b}[2J: Creating, 30 s
        endpoint churn\u{1b}[2J: Creating, 60 s
        endpoint churn\u{1b}[2J: InService\n
        noted
        warning: careful
        ");
        assert_eq!(screen.stdout(), "");
    }

    #[test]
    fn quiet_leaves_warnings_only() {
        let screen = Screen::new().quiet();
        let task = screen.ui.start("work");
        task.update("on");
        task.finish("done");
        screen.ui.note("noted");
        screen.ui.warn("careful");
        assert_eq!(screen.stderr(), "warning: careful\n");
    }

    #[test]
    fn the_template_of_the_spinner_is_valid() {
        assert!(ProgressStyle::with_template("{spinner} {wide_msg} {elapsed:>5}").is_ok());
    }
}
