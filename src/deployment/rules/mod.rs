//! What the schema of a deploy configuration cannot say: which keys a kind has, what SageMaker excludes, and what would
//! deploy but prove nothing.
//!
//! Rules read the values as they stand in the file, so that they also find their mistakes in a file that has others. A
//! rule says nothing where a value that it needs is missing or malformed: the schema's check reports that.

mod capacity;
mod requests;
mod rollout;
mod sections;

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::model::Kind;
use crate::config::{Draft, Mistake, duration};
use crate::git::Files;

/// Every mistake that the rules find.
pub(super) fn check(draft: Draft<'_>, files: &Files) -> Vec<Mistake> {
    let mut rules = Rules { draft, files, mistakes: Vec::new() };
    let Some(kind) = rules.read::<Kind>("/kind") else { return rules.mistakes };
    rules.sections(kind);
    rules.instances(kind);
    rules.container();
    rules.variants(kind);
    rules.scaling(kind);
    rules.jobs();
    rules.alarms();
    rules.rollout(kind);
    rules.integration_tests(kind);
    rules.mistakes
}

struct Rules<'a> {
    draft: Draft<'a>,
    files: &'a Files,
    mistakes: Vec<Mistake>,
}

impl<'a> Rules<'a> {
    fn value(&self, pointer: &str) -> Option<&'a Value> {
        self.draft.value(pointer)
    }

    fn text(&self, pointer: &str) -> Option<&'a str> {
        self.value(pointer)?.as_str()
    }

    fn number(&self, pointer: &str) -> Option<f64> {
        self.value(pointer)?.as_f64()
    }

    fn whole(&self, pointer: &str) -> Option<u64> {
        self.value(pointer)?.as_u64()
    }

    fn length(&self, pointer: &str) -> Option<Duration> {
        duration::parse(self.text(pointer)?)
    }

    /// What stands at `pointer`, if it is what belongs there.
    fn read<T: DeserializeOwned>(&self, pointer: &str) -> Option<T> {
        serde_json::from_value(self.value(pointer)?.clone()).ok()
    }

    /// The pointers of the entries of the list at `pointer`.
    fn entries(&self, pointer: &str) -> Vec<String> {
        let count = self.value(pointer).and_then(Value::as_array).map_or(0, Vec::len);
        (0..count).map(|index| format!("{pointer}/{index}")).collect()
    }

    /// The keys of the mapping at `pointer`. None of them needs escapes in a pointer.
    fn keys(&self, pointer: &str) -> Vec<&'a str> {
        let members = self.value(pointer).and_then(Value::as_object);
        members.into_iter().flatten().map(|(key, _)| key.as_str()).collect()
    }

    fn wrong(&mut self, pointer: &str, message: impl Into<String>, help: impl Into<String>) {
        self.mistakes.push(self.draft.mistake(pointer, message).help(help));
    }

    /// As [`Rules::wrong`], with a second place that it has to do with.
    fn wrong_beside(&mut self, pointer: &str, other: &str, message: impl Into<String>, help: impl Into<String>) {
        let mistake = self.draft.mistake(pointer, message).help(help);
        self.mistakes.push(self.draft.label(mistake, other, "because of this"));
    }

    /// A length of time outside the bounds that AWS sets.
    fn bounded(&mut self, pointer: &str, least: u64, most: u64) {
        let bounds = Duration::from_secs(least)..=Duration::from_secs(most);
        if self.length(pointer).is_some_and(|length| !bounds.contains(&length)) {
            let help = format!("from {} to {}", duration::format(*bounds.start()), duration::format(*bounds.end()));
            self.wrong(pointer, "AWS does not take this length of time", help);
        }
    }

    /// Two things of a list that have one name.
    fn names_are_unique(&mut self, list: &str, what: &str) {
        let names: Vec<(String, &str)> = self
            .entries(list)
            .into_iter()
            .map(|entry| format!("{entry}/name"))
            .filter_map(|pointer| self.text(&pointer).map(|name| (pointer, name)))
            .collect();
        for (index, (pointer, name)) in names.iter().enumerate() {
            if let Some((first, _)) = names[..index].iter().find(|(_, earlier)| earlier == name) {
                let mistake = self.draft.mistake(pointer, format!("two {what} are called `{name}`"));
                let mistake = mistake.help("give each a name of its own");
                self.mistakes.push(self.draft.label(mistake, first, "first time"));
            }
        }
    }
}
