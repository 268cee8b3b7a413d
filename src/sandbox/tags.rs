//! Tags of resources, for services that take them as lists of keys and values.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::{ApiError, ApiResult, required};

/// Tags by key.
pub(super) type Tags = BTreeMap<String, String>;

/// How a service takes tags.
pub(super) struct TagRules {
    /// Names of the two members of a tag.
    pub members: (&'static str, &'static str),
    /// The error code of tags that cannot be.
    pub invalid: &'static str,
    /// The most tags of a resource, and HTTP status and code of the error when there are more.
    pub most: (usize, u16, &'static str),
}

impl TagRules {
    /// The `Tags` of an input.
    pub fn read(&self, input: &Value) -> ApiResult<Tags> {
        let invalid = |message: String| Err(ApiError::new(400, self.invalid, message));
        let mut tags = Tags::new();
        for tag in input["Tags"].as_array().into_iter().flatten() {
            let (key, value) = (required(tag, self.members.0), required(tag, self.members.1));
            if key.to_ascii_lowercase().starts_with("aws:") {
                return invalid(format!("The tag key {key} begins with aws:, which is reserved"));
            }
            if tags.insert(key.to_owned(), value.to_owned()).is_some() {
                return invalid(format!("Duplicate tag key {key}"));
            }
        }
        self.check_number(&tags)?;
        Ok(tags)
    }

    /// Adds `new` to the `tags` of a resource.
    pub fn add(&self, tags: &mut Tags, new: Tags) -> ApiResult<()> {
        tags.extend(new);
        self.check_number(tags)
    }

    /// Tags as answers list them.
    pub fn list(&self, tags: &Tags) -> Vec<Value> {
        tags.iter().map(|(key, value)| json!({self.members.0: key, self.members.1: value})).collect()
    }

    fn check_number(&self, tags: &Tags) -> ApiResult<()> {
        let (most, status, code) = self.most;
        if tags.len() <= most {
            return Ok(());
        }
        Err(ApiError::new(status, code, format!("A resource has at most {most} tags")))
    }
}

/// The `TagKeys` of an input.
pub(super) fn keys(input: &Value) -> Vec<String> {
    input["TagKeys"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}
