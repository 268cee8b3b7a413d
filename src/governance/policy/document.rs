//! Policy documents, statement by statement.

use serde_json::{Map, Value, json};

/// One statement. Actions, resources and condition values are written as a string when there is one, else as a list.
#[derive(Clone, Debug)]
pub(super) struct Statement(Map<String, Value>);

impl Statement {
    pub(super) fn allow(sid: impl Into<String>) -> Self {
        Self::new(sid, "Allow")
    }

    pub(super) fn deny(sid: impl Into<String>) -> Self {
        Self::new(sid, "Deny")
    }

    fn new(sid: impl Into<String>, effect: &str) -> Self {
        Statement(Map::from_iter([("Sid".to_owned(), sid.into().into()), ("Effect".to_owned(), effect.into())]))
    }

    /// Who is meant, in a policy of a resource or role.
    pub(super) fn principal(self, principal: Value) -> Self {
        self.with("Principal", principal)
    }

    /// The AWS accounts or roles that are meant.
    pub(super) fn aws(self, arns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.principal(json!({ "AWS": one_or_many(arns) }))
    }

    pub(super) fn actions(self, actions: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.with("Action", one_or_many(actions))
    }

    pub(super) fn resources(self, resources: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.with("Resource", one_or_many(resources))
    }

    /// Adds a condition. All conditions must hold; of several values, one must.
    pub(super) fn when(
        mut self,
        operator: &str,
        key: impl Into<String>,
        values: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        let block = self.0.entry("Condition").or_insert_with(|| Value::Object(Map::new()));
        block[operator][key.into()] = one_or_many(values);
        self
    }

    /// Adds the condition that `key` is in the request.
    pub(super) fn present(self, key: impl Into<String>) -> Self {
        self.when("Null", key, ["false"])
    }

    /// Adds the condition that `key` is not in the request.
    pub(super) fn absent(self, key: impl Into<String>) -> Self {
        self.when("Null", key, ["true"])
    }

    /// The elements in the order in which people read them.
    fn ordered(mut self) -> Value {
        let elements = ["Sid", "Effect", "Principal", "Action", "Resource", "Condition"];
        let elements = elements.into_iter().filter_map(|name| self.0.remove_entry(name));
        Value::Object(elements.collect())
    }

    fn with(mut self, element: &str, value: Value) -> Self {
        self.0.insert(element.to_owned(), value);
        self
    }
}

/// The document of `statements`, for policy language version 2012-10-17, without which variables are plain text.
pub(super) fn document(statements: impl IntoIterator<Item = Statement>) -> Value {
    let statements: Vec<Value> = statements.into_iter().map(Statement::ordered).collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

fn one_or_many(texts: impl IntoIterator<Item = impl Into<String>>) -> Value {
    let mut texts: Vec<Value> = texts.into_iter().map(|text| Value::String(text.into())).collect();
    if texts.len() == 1 { texts.remove(0) } else { Value::Array(texts) }
}
