//! The condition keys of one request.

use std::collections::BTreeMap;

/// Condition keys and their values. Key names are not case-sensitive; a key without values is absent, as AWS treats a
/// null value as an absent one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Context(BTreeMap<String, Vec<String>>);

impl Context {
    /// Gives `key` one value, in place of what it had.
    pub fn set(&mut self, key: &str, value: impl Into<String>) {
        self.0.insert(key.to_lowercase(), vec![value.into()]);
    }

    /// Gives a multivalued `key` its values, in place of what it had.
    pub fn set_all(&mut self, key: &str, values: impl IntoIterator<Item = impl Into<String>>) {
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        if values.is_empty() {
            self.0.remove(&key.to_lowercase());
        } else {
            self.0.insert(key.to_lowercase(), values);
        }
    }

    /// The values of `key`, never an empty slice.
    pub fn get(&self, key: &str) -> Option<&[String]> {
        self.0.get(&key.to_lowercase()).map(Vec::as_slice)
    }

    /// The value of a key that has exactly one: only such keys may be policy variables.
    pub(super) fn single(&self, key: &str) -> Option<&str> {
        match self.get(key) {
            Some([value]) => Some(value),
            _ => None,
        }
    }
}
