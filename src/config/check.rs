//! Compares values with the schema and says what is wrong, where, and what was probably meant.

use jsonschema::ValidationError;
use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Number, Value};

use super::layers::{Layers, Origin};
use super::mistake::{Mistake, quoted};
use super::schema::{Shape, Spot, listing};
use super::sources::dotted;
use super::yaml::{Content, Node};
use crate::nearest::nearest;

/// `node` as the schema understands it: a scalar where text is wanted is its text, whatever it looks like.
pub(super) fn value(node: &Node, spot: Option<Spot>) -> Value {
    match &node.content {
        Content::Scalar { .. } if node.is_null() => Value::Null,
        Content::Scalar { text, plain: false } => Value::String(text.clone()),
        Content::Scalar { text, plain: true } => scalar(text, spot),
        Content::List(items) => {
            let items_spot = spot.and_then(|spot| spot.alternative(Shape::List).1.items());
            Value::Array(items.iter().map(|item| value(item, items_spot)).collect())
        }
        Content::Mapping(entries) => {
            let spot = spot.map(|spot| spot.alternative(Shape::Mapping).1);
            let members = entries
                .iter()
                .map(|entry| (entry.key.clone(), value(&entry.value, spot.and_then(|spot| spot.member(&entry.key)))));
            Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

/// A text without quotes as the schema understands it. What is not of the wanted type stays text, for the schema to
/// refuse.
pub(super) fn scalar(text: &str, spot: Option<Spot>) -> Value {
    let wanted = spot.and_then(|spot| spot.alternative(Shape::Scalar).1.kind());
    let meant = match wanted {
        Some("integer") => text.parse::<i64>().ok().map(|number| Value::Number(Number::from(number))),
        Some("number") => text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number),
        Some("boolean") => match text {
            "true" | "True" | "TRUE" => Some(Value::Bool(true)),
            "false" | "False" | "FALSE" => Some(Value::Bool(false)),
            _ => None,
        },
        None if spot.is_some_and(Spot::is_free) => Some(as_written(text)),
        _ => None,
    };
    meant.unwrap_or_else(|| Value::String(text.to_owned()))
}

/// A text without quotes where numbers, truth values and text may stand, as YAML's core schema has it.
fn as_written(text: &str) -> Value {
    let number = || match text.parse::<i64>() {
        Ok(whole) => Some(Value::Number(Number::from(whole))),
        // Rust also takes words for numbers, such as `inf`.
        Err(_) if text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) => {
            text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number)
        }
        Err(_) => None,
    };
    match text {
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number().unwrap_or_else(|| Value::String(text.to_owned())),
    }
}

/// Every way in which the values of `layers` differ from the schema.
pub(super) fn check(layers: &Layers) -> Vec<Mistake> {
    let mut findings =
        Findings { layers, mistakes: Vec::new(), wrong: Vec::new(), missing: Vec::new(), meant: Vec::new() };
    layers.schema.validator().iter_errors(&layers.value).for_each(|error| findings.add(&error));
    findings.finish()
}

struct Findings<'a> {
    layers: &'a Layers,
    mistakes: Vec<Mistake>,
    /// Where a wrong value was reported: once is enough, whatever number of rules it breaks.
    wrong: Vec<String>,
    /// Mappings and the keys that they lack.
    missing: Vec<(String, String)>,
    /// Mappings and the keys that a misspelt key in them was probably meant to be.
    meant: Vec<(String, String)>,
}

impl Findings<'_> {
    fn add(&mut self, error: &ValidationError<'_>) {
        let pointer = error.instance_path().as_str();
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                unexpected.iter().for_each(|key| self.unknown_key(pointer, key));
            }
            ValidationErrorKind::Required { property } => {
                let property = property.as_str().unwrap_or_default().to_owned();
                self.missing.push((pointer.to_owned(), property));
            }
            ValidationErrorKind::AnyOf { context } => {
                // What is wrong with the alternative that was meant says more than that none fits.
                let shape = Shape::of(error.instance());
                let chosen = self.layers.spot(pointer).map_or(0, |spot| spot.alternative(shape).0);
                match context.get(chosen) {
                    Some(errors) if shape != Shape::List => errors.iter().for_each(|error| self.add(error)),
                    _ => self.wrong_value(pointer, error.instance()),
                }
            }
            _ => self.wrong_value(pointer, error.instance()),
        }
    }

    fn finish(mut self) -> Vec<Mistake> {
        if self.layers.file.is_none() {
            // Nothing can be missing in a file that is not there.
            return self.mistakes;
        }
        for (pointer, key) in std::mem::take(&mut self.missing) {
            if !self.meant.contains(&(pointer.clone(), key.clone())) {
                self.missing_key(&pointer, &key);
            }
        }
        self.mistakes
    }

    fn unknown_key(&mut self, pointer: &str, key: &str) {
        let spot = self.layers.spot(pointer).map(|spot| spot.alternative(Shape::Mapping).1);
        let known: Vec<&str> = spot.map(|spot| spot.keys().collect()).unwrap_or_default();
        let present = |name: &str| self.layers.value.pointer(pointer).is_some_and(|parent| parent.get(name).is_some());
        let near = nearest(key, known.iter().copied().filter(|name| !present(name)));
        let message = match dotted(pointer).as_str() {
            "" => format!("{} is not a key of this file", quoted(key)),
            parent => format!("{} is not a key of {}", quoted(key), quoted(parent)),
        };
        let help = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known keys: {}", listing(known.iter().copied(), "and")),
        };
        self.meant.extend(near.map(|near| (pointer.to_owned(), near.to_owned())));
        let mistake = Mistake::new(message).help(help);
        self.mistakes.push(match self.layers.key(pointer, key) {
            Some(span) => mistake.at(span, "unknown key"),
            None => mistake,
        });
    }

    fn missing_key(&mut self, pointer: &str, key: &str) {
        let member = format!("{pointer}/{key}");
        let spot = self.layers.spot(&member);
        let mut help = spot.and_then(Spot::description).unwrap_or_default().to_owned();
        if let Some(elsewhere) = self.layers.settable(&member) {
            help.push_str(&format!(" It may also come from {elsewhere}."));
        }
        let mistake = Mistake::new(format!("the key `{key}` is missing")).help(help);
        let place = match dotted(pointer).as_str() {
            "" => "expected in this file".to_owned(),
            parent => format!("expected in `{parent}`"),
        };
        self.mistakes.push(match self.layers.heading(pointer) {
            Some(span) => mistake.at(span, place),
            None => mistake,
        });
    }

    fn wrong_value(&mut self, pointer: &str, found: &Value) {
        if self.wrong.iter().any(|known| known == pointer) {
            return;
        }
        self.wrong.push(pointer.to_owned());
        let Some(spot) = self.layers.spot(pointer) else { return };
        let expected = spot.expectation();
        let mut message = match found {
            Value::Null => format!("expected {expected}, found nothing"),
            Value::Object(_) => format!("expected {expected}, found a mapping"),
            Value::Array(items) if items.is_empty() => format!("expected {expected}, found an empty list"),
            Value::Array(_) => format!("expected {expected}, found a list"),
            Value::String(text) => format!("expected {expected}, found {}", quoted(text)),
            other => format!("expected {expected}, found {}", quoted(&other.to_string())),
        };
        let origin = self.layers.origin(pointer);
        if let Origin::Override(source) = &origin {
            message = format!("{source}: {message}");
        }
        let mut mistake = Mistake::new(message);
        mistake.help = self.advice(pointer, spot, found);
        if let Origin::File { span, .. } = origin {
            mistake = mistake.at(span, if pointer.is_empty() { "the whole file".to_owned() } else { dotted(pointer) });
        }
        self.mistakes.push(mistake);
    }

    /// What to write in place of `found`.
    fn advice(&self, pointer: &str, spot: Spot, found: &Value) -> Option<String> {
        let Value::String(text) = found else {
            return found.is_null().then(|| "give the key a value, or remove it".to_owned());
        };
        let choices = spot.choices().unwrap_or_default();
        if let Some(near) = nearest(text, choices.iter().map(String::as_str)) {
            return Some(format!("did you mean `{near}`?"));
        }
        let wanted = spot.alternative(Shape::Scalar).1;
        match (wanted.kind(), text.as_str()) {
            (Some("integer" | "number" | "boolean"), text)
                if self.layers.is_quoted(pointer) && !matches!(scalar(text, Some(wanted)), Value::String(_)) =>
            {
                Some("write it without quotes".to_owned())
            }
            (Some("boolean"), "yes" | "Yes" | "on" | "On" | "y") => Some("write `true`".to_owned()),
            (Some("boolean"), "no" | "No" | "off" | "Off" | "n") => Some("write `false`".to_owned()),
            _ => wanted.example().map(|example| format!("such as `{example}`")),
        }
    }
}
