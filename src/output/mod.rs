//! The only room that prints: answers on stdout; errors, progress, questions and the log on stderr.

pub mod error;
pub mod jq;
pub mod log;
pub mod progress;
pub mod prompt;
pub mod table;
pub mod text;
pub mod yaml;

#[cfg(test)]
pub mod testing;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};
use indicatif::{MultiProgress, ProgressDrawTarget};

use crate::cli::values::Format;
use crate::clock::SharedClock;
use crate::error::{Error, Result};
use crate::report::Report;
use crate::settings::{Answer, Environment, Settings};

/// The screen. Cheap to clone; all clones share it.
#[derive(Clone)]
pub struct Ui(Arc<Inner>);

struct Inner {
    stdout: Stream,
    stderr: Stream,
    bars: MultiProgress,
    moving_progress: bool,
    quiet: bool,
    yes: bool,
    interactive: bool,
    clock: SharedClock,
}

/// One of the two streams.
struct Stream {
    sink: Mutex<Box<dyn Write + Send>>,
    terminal: bool,
    color: bool,
    width: Option<u16>,
}

/// What the user wants of the screen.
#[derive(Clone, Copy, Debug, Default)]
pub struct UiOptions {
    /// Answers and errors only.
    pub quiet: bool,
    /// Every question is answered with yes.
    pub yes: bool,
    /// Bars may move, if there is a terminal.
    pub moving_progress: bool,
}

impl From<&Settings> for UiOptions {
    fn from(settings: &Settings) -> Self {
        UiOptions { quiet: settings.quiet, yes: settings.yes, moving_progress: settings.moving_progress }
    }
}

/// How an answer is written, decided before the command runs.
#[derive(Debug)]
pub enum Rendering {
    /// For people.
    Table,
    /// Tab-separated.
    Tsv,
    /// Indented JSON.
    Json,
    /// YAML.
    Yaml,
    /// What the expression makes of the JSON.
    Jq(jq::Filter),
}

impl Rendering {
    /// Turns what was asked for into a way to write it.
    pub fn new(answer: &Answer, ui: &Ui) -> Result<Self> {
        Ok(match answer {
            Answer::Auto if ui.0.stdout.terminal => Rendering::Table,
            Answer::Auto | Answer::As(Format::Tsv) => Rendering::Tsv,
            Answer::As(Format::Table) => Rendering::Table,
            Answer::As(Format::Json) => Rendering::Json,
            Answer::As(Format::Yaml) => Rendering::Yaml,
            Answer::Jq(expression) => Rendering::Jq(jq::Filter::compile(expression)?),
        })
    }
}

impl Ui {
    /// The screen of this process.
    pub fn of_process(options: UiOptions, environment: &Environment, clock: SharedClock) -> Self {
        let stdout = Stream::new(io::stdout(), terminal_width(environment));
        let stderr = Stream::new(io::stderr(), None);
        let dumb = environment.get("TERM").is_some_and(|terminal| terminal == "dumb");
        let moving_progress = stderr.terminal && options.moving_progress && !options.quiet && !dumb;
        Ui(Arc::new(Inner {
            bars: MultiProgress::with_draw_target(match moving_progress {
                true => ProgressDrawTarget::stderr(),
                false => ProgressDrawTarget::hidden(),
            }),
            moving_progress,
            quiet: options.quiet,
            yes: options.yes,
            interactive: io::stdin().is_terminal() && stderr.terminal,
            stdout,
            stderr,
            clock,
        }))
    }

    /// Writes the answer, and on stderr what the reader may want to do next.
    pub fn answer(&self, report: &Report, rendering: &Rendering) -> Result<Written> {
        let style = table::Style { width: self.0.stdout.width, color: self.0.stdout.color };
        let rendered = match rendering {
            Rendering::Table => table::render(&report.view, style),
            Rendering::Tsv => table::render_tsv(&report.view),
            Rendering::Json => text::json(&format!("{:#}\n", report.data)),
            Rendering::Yaml => yaml::render(&report.data),
            Rendering::Jq(filter) => filter.run(&report.data)?,
        };
        let written = self.write_stdout(&rendered)?;
        if !self.0.quiet {
            for next in &report.next {
                self.write_stderr(&error::labelled("next", next, self.0.stderr.color));
            }
        }
        Ok(written)
    }

    /// Writes help, with its colours, to stdout.
    pub fn help(&self, text: &str) -> Result<Written> {
        self.write_stdout(text)
    }

    /// Writes help, with its colours, to stderr: it was not asked for.
    pub fn unasked_help(&self, text: &str) {
        self.write_stderr(text);
    }

    /// Writes a failure to stderr.
    pub fn error(&self, error: &Error, json: bool) {
        self.write_stderr(&if json { error::json(error) } else { error::human(error, self.0.stderr.color) });
    }

    fn write_stdout(&self, text: &str) -> Result<Written> {
        match self.0.bars.suspend(|| self.0.stdout.write(text)) {
            Ok(()) => Ok(Written::Whole),
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Written::ReaderLeft),
            Err(error) => Err(Error::failed("cannot write the answer to stdout").because(error)),
        }
    }

    /// Writes safe text to stderr. There is nowhere to complain about a failure, so it is dropped.
    fn write_stderr(&self, text: &str) {
        let _ = self.0.bars.suspend(|| self.0.stderr.write(text));
    }

    fn is_quiet(&self) -> bool {
        self.0.quiet
    }

    /// Whether there is somebody to ask.
    pub fn is_interactive(&self) -> bool {
        self.0.interactive
    }

    fn assumes_yes(&self) -> bool {
        self.0.yes
    }

    fn has_moving_progress(&self) -> bool {
        self.0.moving_progress
    }

    fn colors_stderr(&self) -> bool {
        self.0.stderr.color
    }

    fn bars(&self) -> &MultiProgress {
        &self.0.bars
    }

    fn clock(&self) -> &SharedClock {
        &self.0.clock
    }
}

/// What became of text that was written to stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Written {
    /// All of it went out.
    Whole,
    /// The reader (`head`, a pager) had enough and closed the pipe, which is no failure.
    ReaderLeft,
}

impl Stream {
    /// `NO_COLOR`, `CLICOLOR`, `CLICOLOR_FORCE` and `TERM=dumb` decide about colour, then whether it is a terminal.
    fn new<S>(raw: S, width: Option<u16>) -> Self
    where
        S: anstream::stream::RawStream + anstream::stream::AsLockedWrite + Send + 'static,
    {
        let terminal = raw.is_terminal();
        let choice = AutoStream::choice(&raw);
        Stream {
            sink: Mutex::new(Box::new(AutoStream::new(raw, choice))),
            terminal,
            color: choice != ColorChoice::Never,
            width: width.filter(|_| terminal),
        }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let mut sink = self.sink.lock().unwrap_or_else(PoisonError::into_inner);
        sink.write_all(text.as_bytes())?;
        sink.flush()
    }
}

/// Columns of the terminal: `COLUMNS`, or what the terminal says.
fn terminal_width(environment: &Environment) -> Option<u16> {
    let columns = environment.get("COLUMNS").and_then(|columns| columns.parse().ok());
    columns.filter(|columns| *columns > 0).or_else(|| comfy_table::Table::new().width())
}

impl fmt::Debug for Ui {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ui")
            .field("interactive", &self.0.interactive)
            .field("quiet", &self.0.quiet)
            .finish_non_exhaustive()
    }
}
