//! The log: on stderr, without tearing progress bars, without obeying what is logged.

use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use super::{Ui, text};
use crate::cli::values::LogFormat;
use crate::clock::SharedClock;
use crate::error::{Error, Result};

/// Starts logging to `ui`: warnings, or with `-v` more. `filter` (`AIOPS_LOG`) overrides what `-v` chooses.
///
/// The first call in a process counts; later ones change nothing.
pub fn start(ui: &Ui, verbosity: u8, format: LogFormat, filter: Option<&str>) -> Result<()> {
    let filter = filter.unwrap_or(match verbosity {
        0 => "warn",
        1 => "warn,aiops=info",
        2 => "info,aiops=debug",
        _ => "debug,aiops=trace,hyper=info,h2=info,rustls=info",
    });
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Error::usage(format!("AIOPS_LOG is {filter:?}, which does not say what to log"))
            .because(error)
            .hint("write it like `warn,aiops=debug`, or unset it")
    })?;
    let writer = LogWriter { ui: ui.clone(), format };
    let timer = LogTimer(ui.clock().clone());
    let builder =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_timer(timer).with_ansi(false);
    // An error means that a subscriber is there already.
    let _ = match format {
        LogFormat::Text => builder.compact().try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    Ok(())
}

/// Dates events by the injected clock.
#[derive(Debug)]
struct LogTimer(SharedClock);

impl FormatTime for LogTimer {
    fn format_time(&self, writer: &mut Writer<'_>) -> std::fmt::Result {
        write!(writer, "{:.3}", self.0.now())
    }
}

/// Writes whole events to the screen.
#[derive(Clone, Debug)]
struct LogWriter {
    ui: Ui,
    format: LogFormat,
}

impl<'a> MakeWriter<'a> for LogWriter {
    type Writer = LogWriter;

    fn make_writer(&'a self) -> LogWriter {
        self.clone()
    }
}

impl io::Write for LogWriter {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(event);
        self.ui.write_stderr(&match self.format {
            LogFormat::Text => text::sanitize_lines(&line),
            LogFormat::Json => text::json(&line),
        });
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::output::testing::Screen;

    #[test]
    fn what_is_logged_cannot_act() {
        let screen = Screen::new();
        for format in [LogFormat::Text, LogFormat::Json] {
            let mut writer = LogWriter { ui: screen.ui.clone(), format };
            writer.write_all(b"\"a\x1b[2J\xe2\x80\xae\"\n").unwrap();
        }
        assert_eq!(screen.stderr(), "\"a\\u{1b}[2J\\u{202e}\"\n\"a\\u001b[2J\\u202e\"\n");
    }
}
