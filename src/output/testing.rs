//! A screen whose streams can be read back.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use indicatif::{MultiProgress, ProgressDrawTarget};
use jiff::Timestamp;

use super::{Inner, Stream, Ui};
use crate::clock::{FixedClock, SharedClock};

/// A [`Ui`] without a terminal, and what was written to it.
pub struct Screen {
    /// The screen as commands see it.
    pub ui: Ui,
    stdout: Buffer,
    stderr: Buffer,
}

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Buffer {
    fn stream(&self) -> Stream {
        Stream { sink: Mutex::new(Box::new(self.clone())), terminal: false, color: false, width: None }
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Screen {
    /// A screen at a standing clock.
    #[expect(clippy::new_without_default, reason = "a default would say nothing more")]
    pub fn new() -> Self {
        let (stdout, stderr) = (Buffer::default(), Buffer::default());
        let inner = Inner {
            stdout: stdout.stream(),
            stderr: stderr.stream(),
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::hidden()),
            moving_progress: false,
            quiet: false,
            yes: false,
            interactive: false,
            clock: Arc::new(FixedClock(Timestamp::UNIX_EPOCH)),
        };
        Screen { ui: Ui(Arc::new(inner)), stdout, stderr }
    }

    /// The same screen on another clock.
    pub fn with_clock(self, clock: SharedClock) -> Self {
        self.change(|inner| inner.clock = clock)
    }

    /// The same screen with stdout on a terminal of so many columns.
    pub fn on_terminal(self, width: u16) -> Self {
        self.change(|inner| {
            inner.stdout.terminal = true;
            inner.stdout.width = Some(width);
        })
    }

    /// The same screen under `--quiet`.
    pub fn quiet(self) -> Self {
        self.change(|inner| inner.quiet = true)
    }

    /// The same screen under `--yes`.
    pub fn yes(self) -> Self {
        self.change(|inner| inner.yes = true)
    }

    /// What went to stdout.
    pub fn stdout(&self) -> String {
        self.stdout.text()
    }

    /// What went to stderr.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    fn change(mut self, change: impl FnOnce(&mut Inner)) -> Self {
        change(Arc::get_mut(&mut self.ui.0).expect("nobody else has this screen yet"));
        self
    }
}
