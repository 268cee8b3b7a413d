//! Where each value of the configuration comes from.

use std::fmt;
use std::path::PathBuf;

use serde::{Serialize, Serializer};
use serde_json::Value;

use super::schema::segments;

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// Built into aiops.
    Default,
    /// A line of the file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Environment(&'static str),
    /// A command-line flag.
    Flag(&'static str),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            Source::File { path, line } => write!(f, "{}:{line}", path.display()),
            Source::Environment(name) => write!(f, "env {name}"),
            Source::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A value of the configuration with its source.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sourced {
    /// Where it stands, such as `tenants[0].stages.dev.account`.
    pub path: String,
    /// The value.
    pub value: Value,
    /// Where it comes from.
    pub source: Source,
}

/// Every value of the configuration with its source, in the order of the documentation.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Sources(pub Vec<Sourced>);

impl Sources {
    /// The sources of every leaf of `value`, as `source` tells them by JSON pointer.
    pub(super) fn of(value: &Value, source: impl Fn(&str) -> Source) -> Self {
        let mut leaves = Vec::new();
        collect(value, String::new(), &mut leaves);
        Sources(
            leaves
                .into_iter()
                .map(|(pointer, value)| Sourced {
                    path: dotted(&pointer),
                    value: value.clone(),
                    source: source(&pointer),
                })
                .collect(),
        )
    }

    /// The source of the value at `path`, such as `session.duration`.
    pub fn get(&self, path: &str) -> Option<&Sourced> {
        self.0.iter().find(|sourced| sourced.path == path)
    }
}

fn collect<'a>(value: &'a Value, pointer: String, leaves: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, member) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                collect(member, format!("{pointer}/{key}"), leaves);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                collect(item, format!("{pointer}/{index}"), leaves);
            }
        }
        leaf => leaves.push((pointer, leaf)),
    }
}

/// A JSON pointer as people and jq write it: `tenants[0].stages.dev`. Keys that are no plain names are quoted.
pub(super) fn dotted(pointer: &str) -> String {
    let mut path = String::new();
    for segment in segments(pointer) {
        let plain = segment.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'));
        if !segment.is_empty() && segment.chars().all(|c| c.is_ascii_digit()) {
            path.push_str(&format!("[{segment}]"));
        } else if plain && !segment.is_empty() {
            if !path.is_empty() {
                path.push('.');
            }
            path.push_str(&segment);
        } else {
            path.push_str(&format!("[{segment:?}]"));
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_become_paths() {
        for (pointer, path) in [
            ("", ""),
            ("/region", "region"),
            ("/tenants/0/stages/dev/account", "tenants[0].stages.dev.account"),
            ("/session/tags/cost~1centre", "session.tags[\"cost/centre\"]"),
        ] {
            assert_eq!(dotted(pointer), path);
        }
    }
}
