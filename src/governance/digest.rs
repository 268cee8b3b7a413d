//! What an approval is bound to: digests of a model's artifacts and of its inference specification.
//!
//! JSON is hashed in its canonical form (RFC 8785), so neither the order of members nor white space counts.

use std::fmt;
use std::fmt::Write as _;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use serde_json::{Number, Value, json};
use sha2::{Digest as _, Sha256};

use crate::error::Error;

/// A SHA-256 digest. Shown and serialised as 64 lower-case hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: impl AsRef<[u8]>) -> Self {
        Digest(Sha256::digest(bytes).into())
    }

    /// The first 32 hex digits: unique enough to name things by, and short enough for a `ClientToken`.
    pub fn token(&self) -> String {
        hex::encode(&self.0[..16])
    }
}

impl From<[u8; 32]> for Digest {
    fn from(bytes: [u8; 32]) -> Self {
        Digest(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl FromStr for Digest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes)
            .map_err(|error| Error::failed(format!("{text:?} is not a SHA-256 digest in hex")).because(error))?;
        Ok(Digest(bytes))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One object of a model's artifacts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ObjectDigest {
    /// Its key below the place where the artifacts lie, so that a copy has the same one.
    pub relative_key: String,
    /// Its size in bytes.
    pub size: u64,
    /// The digest of its bytes.
    pub sha256: Digest,
}

/// The digest of an `InferenceSpecification` (member names as in AWS's JSON), exactly as it is: locations and image
/// digests count.
pub fn spec_sha256(spec: &Value) -> Digest {
    Digest::of(canonical(spec))
}

/// The digest of a model's artifacts: of their relative keys, sizes and contents, not of where they lie or in which
/// order they are listed.
pub fn content_sha256(objects: &[ObjectDigest]) -> Digest {
    Digest::of(canonical(&manifest(objects)))
}

/// The digest that names the copy of a version: the same source with the same specification and the same bytes gives
/// the same one, and with it the same target prefix and `ClientToken` ([`Digest::token`]).
pub fn source_digest(source_arn: &str, spec: &Value, objects: &[ObjectDigest]) -> Digest {
    let source = json!({ "source": source_arn, "specification": spec, "objects": manifest(objects) });
    Digest::of(canonical(&source))
}

fn manifest(objects: &[ObjectDigest]) -> Value {
    let mut objects: Vec<&ObjectDigest> = objects.iter().collect();
    objects.sort_unstable();
    let objects = objects
        .iter()
        .map(|object| json!({ "key": object.relative_key, "size": object.size, "sha256": object.sha256.to_string() }));
    Value::Array(objects.collect())
}

/// The canonical form of `value` (RFC 8785): no white space, members sorted by their UTF-16 code units, numbers as
/// ECMAScript writes them. One exception: integers beyond 2^53 keep all their digits, because two that differ must not
/// be hashed alike.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_value(&mut text, value);
    text
}

fn write_value(text: &mut String, value: &Value) {
    match value {
        Value::Number(number) => text.push_str(&shown(number)),
        Value::Array(items) => {
            text.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                write_value(text, item);
            }
            text.push(']');
        }
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            text.push('{');
            for (i, (name, member)) in members.into_iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                write_string(text, name);
                text.push(':');
                write_value(text, member);
            }
            text.push('}');
        }
        Value::String(string) => write_string(text, string),
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
    }
}

fn write_string(text: &mut String, string: &str) {
    text.push('"');
    for c in string.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\t' => text.push_str("\\t"),
            '\n' => text.push_str("\\n"),
            '\u{c}' => text.push_str("\\f"),
            '\r' => text.push_str("\\r"),
            // Writing to a String cannot fail.
            control if control < ' ' => _ = write!(text, "\\u{:04x}", control as u32),
            other => text.push(other),
        }
    }
    text.push('"');
}

fn shown(number: &Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => ecmascript(float),
        _ => number.to_string(),
    }
}

/// `Number::toString` of ECMAScript. Rust finds the same shortest digits; only their layout differs.
fn ecmascript(float: f64) -> String {
    if float == 0.0 {
        return "0".to_owned();
    }
    let sign = if float < 0.0 { "-" } else { "" };
    let scientific = format!("{:e}", float.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    let digits = mantissa.replace('.', "");
    let count = i32::try_from(digits.len()).unwrap_or(i32::MAX);
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or_default());
    // The decimal point stands behind this many digits.
    let point = exponent + 1;
    let body = match point {
        _ if count <= point && point <= 21 => format!("{digits}{}", zeros(point - count)),
        1..=21 => {
            let (whole, fraction) = digits.split_at(usize::try_from(point).unwrap_or_default());
            format!("{whole}.{fraction}")
        }
        -5..=0 => format!("0.{}{digits}", zeros(-point)),
        _ => format!("{mantissa}e{exponent:+}"),
    };
    format!("{sign}{body}")
}

#[cfg(test)]
mod tests;
