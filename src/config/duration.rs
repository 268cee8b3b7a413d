//! Lengths of time as people write them: `45s`, `1h30m`. For `#[serde(with = "duration")]`.

use std::fmt::Write as _;
use std::time::Duration;

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serializer, de};

const UNITS: [(char, u64); 3] = [('h', 3600), ('m', 60), ('s', 1)];

/// The length of time that `text` means: hours, minutes and seconds, largest first, each at most once.
pub fn parse(text: &str) -> Option<Duration> {
    let mut rest = text;
    let mut seconds = 0u64;
    for (unit, size) in UNITS {
        let digits = rest.find(|character: char| !character.is_ascii_digit()).unwrap_or(rest.len());
        if digits > 0
            && let Some(after) = rest[digits..].strip_prefix(unit)
        {
            seconds = rest[..digits].parse::<u64>().ok()?.checked_mul(size)?.checked_add(seconds)?;
            rest = after;
        }
    }
    (rest.is_empty() && !text.is_empty()).then_some(Duration::from_secs(seconds))
}

/// `duration` as [`parse`] reads it, in whole seconds.
pub fn format(duration: Duration) -> String {
    let mut seconds = duration.as_secs();
    let mut text = String::new();
    for (unit, size) in UNITS {
        if seconds >= size {
            let _ = write!(text, "{}{unit}", seconds / size);
            seconds %= size;
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// Writes what [`parse`] reads.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format(*duration))
}

/// Reads what [`format()`] writes.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| de::Error::custom("not a duration such as 1h30m"))
}

/// For an `Option` of a duration, with `#[serde(default)]`.
pub mod optional {
    use super::{Deserializer, Duration, Serializer};

    /// Writes what is there.
    pub fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => super::serialize(duration, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Reads what is there.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        super::deserialize(deserializer).map(Some)
    }
}

/// The schema of a duration. At most seven digits a unit, so that no valid text overflows.
pub fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "title": "a duration in hours, minutes and seconds",
        "type": "string",
        "pattern": "^([0-9]{1,7}h)?([0-9]{1,7}m)?([0-9]{1,7}s)?$",
        "minLength": 2,
        "examples": ["45s", "1h30m"],
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_a_duration() {
        for (text, seconds) in [("45s", 45), ("1h30m", 5400), ("2h", 7200), ("90m", 5400), ("1h2m3s", 3723), ("0s", 0)]
        {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "1", "h", "1d", "1s1m", "1h1h", "-1s", "1.5h", "1 h", "99999999999999999999h"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seconds in 0u64..10_000_000) {
            let duration = Duration::from_secs(seconds);
            prop_assert_eq!(parse(&format(duration)), Some(duration));
        }

        #[test]
        fn what_the_schema_accepts_is_read(text in "([0-9]{1,8}h)?([0-9]{1,8}m)?([0-9]{0,8}s)?") {
            let schema = schema(&mut SchemaGenerator::default());
            let pattern = regex::Regex::new(schema.get("pattern").unwrap().as_str().unwrap()).unwrap();
            prop_assert!(!pattern.is_match(&text) || text.is_empty() || parse(&text).is_some());
        }
    }
}
