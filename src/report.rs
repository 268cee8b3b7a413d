//! What a command answers: one value for machines and one view of it for people. `output` renders either.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Kind, Result};

/// The answer of a command.
#[derive(Clone, Debug)]
pub struct Report {
    /// What `--output json`, `yaml` and `--jq` see. Its shape is public API.
    pub data: Value,
    /// What `--output table` and `tsv` show.
    pub view: View,
    /// Set when the answer is there but not whole, or is itself a refusal: decides the exit code.
    pub verdict: Option<Kind>,
    /// What the reader may want to do next: shown on stderr, never part of the data.
    pub next: Vec<String>,
}

impl Report {
    /// A report of `data` shown as `view`.
    pub fn new(data: &impl Serialize, view: View) -> Result<Self> {
        let data = serde_json::to_value(data)
            .map_err(|error| Error::failed("the answer cannot be written as JSON").because(error))?;
        Ok(Report { data, view, verdict: None, next: Vec::new() })
    }

    /// The same report with an exit code of its own.
    #[must_use]
    pub fn verdict(mut self, kind: Option<Kind>) -> Self {
        self.verdict = kind;
        self
    }

    /// The same report with a suggestion of what to do next.
    #[must_use]
    pub fn next(mut self, hint: impl Into<String>) -> Self {
        self.next.push(hint.into());
        self
    }
}

/// How people see an answer.
#[derive(Clone, Debug)]
pub enum View {
    /// Rows under headings. Without a terminal: tab-separated, no headings.
    Table(Table),
    /// Named values of one thing, one a line.
    Fields(Vec<(String, Cell)>),
    /// Text to be shown as it is (a file, a schema, a script).
    Text(String),
    /// Several views, each under a title.
    Sections(Vec<(String, View)>),
}

/// A named value of [`View::Fields`].
pub fn field(name: &str, value: impl Into<Cell>) -> (String, Cell) {
    (name.to_owned(), value.into())
}

/// Rows under headings.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Headings, in upper case.
    pub columns: Vec<&'static str>,
    /// As many cells a row as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// Said in place of a table without rows.
    pub empty: &'static str,
}

/// A piece of text with a meaning that may be coloured. Readable without colour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// Untrusted: `output` escapes what a terminal would obey.
    pub text: String,
    /// What the text means.
    pub tone: Tone,
}

/// What a cell means, for colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing special.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Under way, or waiting for somebody.
    Waiting,
    /// Wrong.
    Bad,
    /// Less important.
    Faint,
}

impl Cell {
    /// `text` that means `tone`.
    pub fn new(text: impl Into<String>, tone: Tone) -> Self {
        Cell { text: text.into(), tone }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Cell::new(text, Tone::Plain)
    }
}
