//! What a template was told: checked by its variables, with every mistake at once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Number, Value, json};

use super::cicd::CicdConfig;
use super::engine::Engine;
use super::library::Template;
use super::manifest::{Kind, Variable};
use crate::config::{Document, Look, Mistake, Schema, obeyed, quoted, render_mistakes};
use crate::error::{Error, Result};
use crate::nearest::nearest;

/// Answers by the names of variables.
pub type Answers = BTreeMap<String, Value>;

/// The longest answer, in bytes.
const LONGEST: usize = 10_000;

/// Reads a file of answers: YAML or JSON, a value for each name. Values stay text until a variable says what they mean.
///
/// # Errors
///
/// Kind `Config`, if it cannot be read, or is something else.
pub fn read(path: &Path) -> Result<Answers> {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::of::<BTreeMap<String, String>>("answers"));
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Error::config(format!("{} cannot be read", quoted(&name))).because(error))?;
    let document: Document<BTreeMap<String, String>> = Document::read(&SCHEMA, &name, text)?;
    Ok(document.value.into_iter().map(|(name, text)| (name, Value::String(text))).collect())
}

impl Template {
    /// `given` as the variables have them, with defaults for the rest. What is not asked here is left out.
    ///
    /// # Errors
    ///
    /// Kind `Usage`, with every answer that is missing, wrong or not asked for.
    pub fn answers(&self, given: &Answers, cicd: &CicdConfig) -> Result<Answers> {
        let mut context = context(cicd)?;
        let mut answers = Answers::new();
        let mut mistakes: Vec<Mistake> = given.keys().filter_map(|name| self.unknown(name)).collect();
        for (name, variable) in self.manifest.variables.iter() {
            match self.answer(name, variable, given.get(name), &context) {
                Ok(None) => {}
                Ok(Some(answer)) => {
                    context.insert(name.to_owned(), answer.clone());
                    answers.insert(name.to_owned(), answer);
                }
                Err(Wrong::Here(mistake)) => mistakes.push(mistake),
                // What only follows from an earlier answer is not worth a word.
                Err(Wrong::Elsewhere(mistake)) if mistakes.is_empty() => mistakes.push(mistake),
                Err(Wrong::Elsewhere(_)) => {}
            }
        }
        refuse(&mistakes)?;
        Ok(answers)
    }

    /// `given` without what this template does not know: for answers that an earlier version of it was given.
    pub fn still_asked(&self, given: &Answers) -> Answers {
        given
            .iter()
            .filter(|(name, _)| self.manifest.variables.get(name).is_some())
            .map(|(name, answer)| (name.clone(), answer.clone()))
            .collect()
    }

    fn unknown(&self, name: &str) -> Option<Mistake> {
        let known = || self.manifest.variables.iter().map(|(name, _)| name);
        if known().any(|variable| variable == name) {
            return None;
        }
        let mistake = Mistake::new(format!("the template {} does not ask for {}", quoted(&self.name), quoted(name)));
        Some(match nearest(name, known()) {
            Some(near) => mistake.help(format!("did you mean `{near}`?")),
            None if known().next().is_none() => mistake.help("it asks for nothing"),
            None => mistake.help(format!("it asks for: {}", known().collect::<Vec<_>>().join(", "))),
        })
    }

    fn answer(
        &self,
        name: &str,
        variable: &Variable,
        given: Option<&Value>,
        context: &Map<String, Value>,
    ) -> Result<Option<Value>, Wrong> {
        let mut engine = Engine::new(&Value::Object(context.clone()));
        if let Some(when) = &variable.when {
            let asked = engine.holds(when).map_err(|failure| {
                let message = format!("whether `{name}` is asked cannot be told: {}", failure.message);
                Wrong::Elsewhere(Mistake::new(message).help(format!("its condition is {}", quoted(when))))
            })?;
            if !asked {
                return Ok(None);
            }
        }
        if let Some(given) = given {
            return variable.accept(given).map(Some).map_err(|wrong| {
                let mistake = Mistake::new(format!("`{name}`: {wrong}"));
                match given.as_str().and_then(|text| nearest(text, variable.choices.iter().map(String::as_str))) {
                    Some(near) => Wrong::Here(mistake.help(format!("did you mean `{near}`?"))),
                    None => Wrong::Here(mistake),
                }
            });
        }
        let Some(default) = &variable.default else {
            let title = variable.title.as_deref().unwrap_or(name);
            let help = format!("{title}: give it by `--set {name}=...`, or in a file by `--answers`");
            return Err(Wrong::Here(Mistake::new(format!("`{name}` has no answer")).help(help)));
        };
        let answer = engine.content(default).map_err(|failure| failure.message);
        let answer = answer.and_then(|text| variable.accept(&Value::String(text)));
        answer.map(Some).map_err(|wrong| {
            let message = format!("the default of `{name}` cannot be its answer here: {wrong}");
            Wrong::Elsewhere(Mistake::new(message).help(format!("give another by `--set {name}=...`")))
        })
    }
}

/// Why there is no answer.
enum Wrong {
    /// The answer is wrong, or missing.
    Here(Mistake),
    /// A condition or default does not fit what else is known.
    Elsewhere(Mistake),
}

impl Variable {
    /// `given` as this variable has it; a text is read as the type says.
    ///
    /// # Errors
    ///
    /// What is expected, and what it was instead.
    pub fn accept(&self, given: &Value) -> Result<Value, String> {
        let text = given.as_str().map_or_else(|| given.to_string(), str::to_owned);
        let wrong = |expected: String| Err(format!("expected {expected}, found {}", quoted(&text)));
        let number = || parse(&text).filter(|number| self.is_within(number));
        match self.kind {
            Kind::Boolean => match text.as_str() {
                "true" | "True" => Ok(Value::Bool(true)),
                "false" | "False" => Ok(Value::Bool(false)),
                _ => wrong("`true` or `false`".to_owned()),
            },
            Kind::Integer => match number().filter(|number| number.is_i64()) {
                Some(number) => Ok(Value::Number(number)),
                None => wrong(self.within("a whole number")),
            },
            Kind::Number => match number() {
                Some(number) => Ok(Value::Number(number)),
                None => wrong(self.within("a number")),
            },
            Kind::Choice if self.choices.contains(&text) => Ok(Value::String(text)),
            Kind::Choice => {
                let choices: Vec<String> = self.choices.iter().map(|choice| quoted(choice)).collect();
                wrong(format!("one of {}", choices.join(", ")))
            }
            Kind::String if given.is_array() || given.is_object() => wrong("text".to_owned()),
            Kind::String if text.len() > LONGEST => wrong(format!("at most {LONGEST} bytes")),
            Kind::String if text.chars().any(|letter| obeyed(letter) && !matches!(letter, '\n' | '\t')) => {
                wrong("text that can be seen".to_owned())
            }
            Kind::String => match self.pattern.as_deref() {
                Some(form) if !pattern(form)?.is_match(&text) => wrong(format!("text of the form {}", quoted(form))),
                _ => Ok(Value::String(text)),
            },
        }
    }

    fn is_within(&self, number: &Number) -> bool {
        number.as_f64().is_some_and(|value| {
            self.minimum.is_none_or(|least| value >= least) && self.maximum.is_none_or(|most| value <= most)
        })
    }

    fn within(&self, what: &str) -> String {
        match (self.minimum, self.maximum) {
            (Some(least), Some(most)) => format!("{what} from {least} to {most}"),
            (Some(least), None) => format!("{what} of at least {least}"),
            (None, Some(most)) => format!("{what} of at most {most}"),
            (None, None) => what.to_owned(),
        }
    }
}

/// A number as it is written: a whole one stays whole.
fn parse(text: &str) -> Option<Number> {
    let whole = text.parse::<i64>().ok().map(Number::from);
    whole.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64))
}

/// The regular expression `text` for a whole text.
pub(super) fn pattern(text: &str) -> Result<Regex, String> {
    // Checked alone, so that a bracket too many does not close ours.
    let sized = |text: &str| RegexBuilder::new(text).size_limit(1 << 20).build();
    sized(text).and_then(|_| sized(&format!(r"\A(?:{text})\z"))).map_err(|error| {
        format!("this is no regular expression: {}", error.to_string().lines().last().unwrap_or_default())
    })
}

/// What expressions know before there are answers.
pub(super) fn context(cicd: &CicdConfig) -> Result<Map<String, Value>> {
    let cicd = serde_json::to_value(cicd)
        .map_err(|error| Error::failed("cicd-config.json cannot be written").because(error))?;
    let aiops = json!({ "version": env!("CARGO_PKG_VERSION") });
    Ok(Map::from_iter([("cicd".to_owned(), cicd), ("aiops".to_owned(), aiops)]))
}

fn refuse(mistakes: &[Mistake]) -> Result<()> {
    match mistakes {
        [] => Ok(()),
        [only] => {
            Err(only.help.iter().fold(Error::usage(only.message.clone()), |error, help| error.hint(help.as_str())))
        }
        several => Err(Error::usage(format!("there are {} mistakes in the answers", several.len()))
            .report(render_mistakes("", "", several, Look::default()))),
    }
}

#[cfg(test)]
mod tests;
