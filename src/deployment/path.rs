//! Where a value is in an answer: a small part of JSONPath (RFC 9535).
//!
//! `$` is the answer, `.name` and `['name']` are members, `[0]` and `[-1]` entries from the front and from the end, and
//! `[*]` is every entry.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::Error;

/// Where values are in an answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct JsonPath(Vec<Segment>);

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// The member of this name.
    Member(String),
    /// The entry at this place; -1 is the last.
    Entry(i64),
    /// Every entry.
    Every,
}

impl JsonPath {
    /// The values of `answer` that this path leads to.
    pub fn select<'a>(&self, answer: &'a Value) -> Vec<&'a Value> {
        self.0.iter().fold(vec![answer], |found, segment| {
            let step = |value: &'a Value| -> Vec<&'a Value> {
                match (segment, value) {
                    (Segment::Member(name), Value::Object(members)) => members.get(name).into_iter().collect(),
                    (Segment::Entry(place), Value::Array(entries)) => {
                        let back = usize::try_from(place.unsigned_abs()).unwrap_or(usize::MAX);
                        let index = if *place < 0 { entries.len().checked_sub(back) } else { Some(back) };
                        index.and_then(|index| entries.get(index)).into_iter().collect()
                    }
                    (Segment::Every, Value::Array(entries)) => entries.iter().collect(),
                    _ => Vec::new(),
                }
            };
            found.into_iter().flat_map(step).collect()
        })
    }
}

impl FromStr for JsonPath {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong =
            |rest: &str| Error::usage(format!("a path is like `$.predictions[0]`, and `{rest}` is no step of one"));
        let mut rest = text.strip_prefix('$').ok_or_else(|| Error::usage("a path begins with `$`"))?;
        let mut segments = Vec::new();
        while !rest.is_empty() {
            let (segment, after) = segment(rest).ok_or_else(|| wrong(rest))?;
            segments.push(segment);
            rest = after;
        }
        Ok(JsonPath(segments))
    }
}

/// The first segment of `text`, and what comes after it.
fn segment(text: &str) -> Option<(Segment, &str)> {
    if let Some(name) = text.strip_prefix('.') {
        let end = name.find(['.', '[']).unwrap_or(name.len());
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        let (name, rest) = name.split_at(end);
        return (!name.is_empty() && name.chars().all(plain)).then(|| (Segment::Member(name.to_owned()), rest));
    }
    let inner = text.strip_prefix('[')?;
    for quote in ['\'', '"'] {
        if let Some(name) = inner.strip_prefix(quote) {
            let (name, rest) = name.split_once(quote)?;
            return Some((Segment::Member(name.to_owned()), rest.strip_prefix(']')?));
        }
    }
    let (place, rest) = inner.split_once(']')?;
    Some((if place == "*" { Segment::Every } else { Segment::Entry(place.parse().ok()?) }, rest))
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        for segment in &self.0 {
            match segment {
                Segment::Member(name) if name.contains('\'') => write!(f, "[\"{name}\"]")?,
                Segment::Member(name) => write!(f, "['{name}']")?,
                Segment::Entry(place) => write!(f, "[{place}]")?,
                Segment::Every => f.write_str("[*]")?,
            }
        }
        Ok(())
    }
}

impl TryFrom<String> for JsonPath {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<JsonPath> for String {
    fn from(path: JsonPath) -> String {
        path.to_string()
    }
}

impl JsonSchema for JsonPath {
    fn schema_name() -> Cow<'static, str> {
        "JsonPath".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "title": "a path into the answer: `$`, then `.name`, `['name']`, `[0]`, `[-1]` or `[*]`",
            "type": "string",
            "pattern": "^\\$(\\.[^.\\[\\]]+|\\[(-?[0-9]{1,9}|\\*|'[^']*'|\"[^\"]*\")\\])*$",
            "examples": ["$.predictions[0]"],
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_found() {
        let answer = json!({"predictions": [{"score": 1}, {"score": 2}], "a b": {"it's": true}, "rows": [[3, 4]]});
        for (path, found) in [
            ("$.predictions[0].score", json!([1])),
            ("$.predictions[-1].score", json!([2])),
            ("$.predictions[*].score", json!([1, 2])),
            ("$['a b'][\"it's\"]", json!([true])),
            ("$.rows[0][1]", json!([4])),
            ("$.predictions[2]", json!([])),
            ("$.predictions[-3]", json!([])),
            ("$.predictions.score", json!([])),
            ("$.rows[0][0].x", json!([])),
        ] {
            assert_eq!(json!(path.parse::<JsonPath>().unwrap().select(&answer)), found, "{path}");
        }
        assert_eq!("$".parse::<JsonPath>().unwrap().select(&answer), [&answer]);
    }

    #[test]
    fn what_is_no_path() {
        for wrong in ["", "predictions", "$predictions", "$.", "$..a", "$[", "$[a]", "$['a", "$[0", "$.a b", "$[0]]"] {
            assert!(wrong.parse::<JsonPath>().is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in r#"\$(\.[a-z_-]{1,4}|\[-?[0-9]{1,3}\]|\[\*\]|\['[ a-z."]{0,4}'\]){0,5}"#) {
            let path: JsonPath = text.parse().unwrap();
            prop_assert_eq!(path.to_string().parse::<JsonPath>().unwrap(), path);
        }

        #[test]
        fn nothing_makes_it_fall_over(text in any::<String>()) {
            let _ = text.parse::<JsonPath>();
            let _ = format!("${text}").parse::<JsonPath>();
        }
    }
}
