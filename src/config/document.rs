//! A YAML file with a schema of its own, read as `aiops.yaml` is: typed, with every mistake at its place.

use std::ops::Range;
use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::check;
use super::layers::{File, Layers, Origin};
use super::mistake::{Look, Mistake, in_order, quoted, render};
use super::schema::Schema;
use super::yaml::LARGEST_FILE;
use crate::error::{Error, Result};

/// A file that fits its schema, and where everything stands in it.
#[derive(Debug)]
pub struct Document<T> {
    /// What it says.
    pub value: T,
    layers: Layers,
}

impl<T: DeserializeOwned> Document<T> {
    /// Reads `text`, which messages call `name`.
    ///
    /// # Errors
    ///
    /// Kind `Config`, with every mistake in the rendered report.
    pub fn read(schema: &'static Schema, name: &str, text: String) -> Result<Self> {
        Self::read_checked(schema, name, text, |_| Vec::new())
    }

    /// Reads `text`, which messages call `name`, and finds the mistakes of `rules` together with those of the schema.
    /// Rules look at the values as they stand there, and say nothing where the schema's check does.
    ///
    /// # Errors
    ///
    /// Kind `Config`, with every mistake in the rendered report.
    pub fn read_checked(
        schema: &'static Schema,
        name: &str,
        text: String,
        rules: impl FnOnce(Draft<'_>) -> Vec<Mistake>,
    ) -> Result<Self> {
        if text.len() > LARGEST_FILE {
            return Err(Error::config(format!("{} is larger than {} KiB", quoted(name), LARGEST_FILE / 1024)));
        }
        let file = File { path: PathBuf::from(name), name: name.to_owned(), text };
        let (layers, mut mistakes) =
            Layers::of_file(file, schema).map_err(|(file, mistakes)| refusal(&file, mistakes))?;
        mistakes.extend(check::check(&layers));
        mistakes.extend(rules(Draft(&layers)));
        let value =
            if mistakes.is_empty() { serde_json::from_value(layers.value.clone()).map_err(Some) } else { Err(None) };
        match value {
            Ok(value) => Ok(Document { value, layers }),
            Err(error) => {
                mistakes.extend(error.map(|error| Mistake::new(error.to_string())));
                Err(layers
                    .file
                    .as_ref()
                    .map_or_else(|| Error::config("there is no file"), |file| refusal(file, mistakes)))
            }
        }
    }
}

/// Everything that `schema` has against `text`, each with its line, from 1: for those who list what they find.
pub fn mistakes_by_line(schema: &'static Schema, text: &str) -> Vec<(Option<usize>, Mistake)> {
    mistakes_with_rules(schema, text, |_| Vec::new())
}

/// As [`mistakes_by_line`], with the mistakes of `rules` among them.
pub fn mistakes_with_rules(
    schema: &'static Schema,
    text: &str,
    rules: impl FnOnce(Draft<'_>) -> Vec<Mistake>,
) -> Vec<(Option<usize>, Mistake)> {
    let file = File { path: PathBuf::new(), name: String::new(), text: text.to_owned() };
    let mistakes = match Layers::of_file(file, schema) {
        Ok((layers, mut mistakes)) => {
            mistakes.extend(check::check(&layers));
            mistakes.extend(rules(Draft(&layers)));
            mistakes
        }
        Err((_, mistakes)) => mistakes,
    };
    in_order(mistakes).into_iter().map(|mistake| (mistake.line(text), mistake)).collect()
}

impl<T> Document<T> {
    /// A mistake in what stands at `pointer` (a JSON pointer).
    pub fn mistake(&self, pointer: &str, message: impl Into<String>) -> Mistake {
        Draft(&self.layers).mistake(pointer, message)
    }

    /// The line, from 1, of what stands at `pointer`.
    pub fn line(&self, pointer: &str) -> Option<usize> {
        self.span(pointer).map(|span| self.layers.line(span.start))
    }

    /// The text of the file.
    pub fn text(&self) -> &str {
        self.layers.file.as_ref().map_or("", |file| &file.text)
    }

    /// All `mistakes`, as the error that the file is refused with.
    ///
    /// # Errors
    ///
    /// If there is one.
    pub fn refuse(&self, mistakes: Vec<Mistake>) -> Result<()> {
        match &self.layers.file {
            Some(file) if !mistakes.is_empty() => Err(refusal(file, mistakes)),
            _ => Ok(()),
        }
    }

    fn span(&self, pointer: &str) -> Option<Range<usize>> {
        Draft(&self.layers).span(pointer)
    }
}

/// A file that may not fit its schema, for rules over several values.
#[derive(Clone, Copy, Debug)]
pub struct Draft<'a>(&'a Layers);

impl<'a> Draft<'a> {
    /// What stands at `pointer` (a JSON pointer).
    pub fn value(self, pointer: &str) -> Option<&'a Value> {
        self.0.value.pointer(pointer)
    }

    /// A mistake in what stands at `pointer`.
    pub fn mistake(self, pointer: &str, message: impl Into<String>) -> Mistake {
        self.label(Mistake::new(message), pointer, "here")
    }

    /// `mistake`, which also has to do with what stands at `pointer`.
    pub fn label(self, mistake: Mistake, pointer: &str, label: &str) -> Mistake {
        match self.span(pointer) {
            Some(span) => mistake.at(span, label),
            None => mistake,
        }
    }

    fn span(self, pointer: &str) -> Option<Range<usize>> {
        match self.0.origin(pointer) {
            Origin::File { span, .. } => Some(span),
            _ => None,
        }
    }
}

fn refusal(file: &File, mistakes: Vec<Mistake>) -> Error {
    let mistakes = in_order(mistakes);
    let headline = match mistakes.as_slice() {
        [_] => format!("there is a mistake in {}", quoted(&file.name)),
        _ => format!("there are {} mistakes in {}", mistakes.len(), quoted(&file.name)),
    };
    Error::config(headline).report(render(&file.name, &file.text, &mistakes, Look::default()))
}
