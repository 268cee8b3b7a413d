//! The JSON Schemas of files, and questions to them: what may stand at a place, and how to say so.

use std::sync::LazyLock;

use jsonschema::Validator;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::Value;

use super::model::Config;

/// The schema of `aiops.yaml`.
pub(super) static AIOPS: LazyLock<Schema> = LazyLock::new(|| Schema::of::<Config>("aiops.yaml"));

/// The JSON Schema (draft 2020-12) of a file, with a description of every key.
#[derive(Debug)]
pub struct Schema {
    value: Value,
    validator: Validator,
}

impl Schema {
    /// The schema of the file `name`, which holds a `T`.
    pub fn of<T: JsonSchema>(name: &str) -> Self {
        let generator = SchemaSettings::draft2020_12().with_transform(WithoutNull).into_generator();
        let mut schema = generator.into_root_schema_for::<T>();
        schema.insert("title".to_owned(), name.into());
        let value = schema.to_value();
        #[expect(clippy::expect_used, reason = "schemas are made of our types; a test makes each")]
        let validator = jsonschema::validator_for(&value).expect("a valid schema");
        Schema { value, validator }
    }

    /// The schema.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The schema, as a file.
    pub fn text(&self) -> String {
        format!("{:#}\n", self.value)
    }

    pub(super) fn validator(&self) -> &Validator {
        &self.validator
    }

    /// The place of the entire file.
    pub(super) fn root(&'static self) -> Spot {
        Spot { schema: &self.value, at: &self.value }
    }

    /// The place at a JSON pointer into `value`.
    pub(super) fn at(&'static self, pointer: &str, value: &Value) -> Option<Spot> {
        let mut spot = self.root();
        let mut value = Some(value);
        for segment in segments(pointer) {
            spot = spot.alternative(value.map_or(Shape::Mapping, Shape::of)).1;
            (spot, value) = match value {
                Some(Value::Array(items)) => {
                    (spot.items()?, segment.parse::<usize>().ok().and_then(|index| items.get(index)))
                }
                other => (spot.member(&segment)?, other.and_then(|value| value.get(&segment))),
            };
        }
        Some(spot)
    }
}

/// The JSON Schema (draft 2020-12) of `aiops.yaml`, with a description of every key.
pub fn schema() -> Value {
    AIOPS.value.clone()
}

/// The JSON Schema of `aiops.yaml`, as a file.
pub fn schema_text() -> String {
    AIOPS.text()
}

/// An absent key is how a file says nothing; `null` is a mistake. The types' `Option`s would allow both.
#[derive(Clone)]
struct WithoutNull;

impl Transform for WithoutNull {
    fn transform(&mut self, schema: &mut schemars::Schema) {
        transform_subschemas(self, schema);
        let Some(object) = schema.as_object_mut() else { return };
        if let Some(Value::Array(types)) = object.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                object.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(alternatives)) = object.get_mut("anyOf") {
            alternatives.retain(|alternative| alternative.get("type").is_none_or(|name| name != "null"));
            if let [Value::Object(only)] = alternatives.as_slice() {
                let only = only.clone();
                object.remove("anyOf");
                object.extend(only);
            }
        }
        if object.get("default").is_some_and(Value::is_null) {
            object.remove("default");
        }
    }
}

/// A place in the schema.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    /// The whole schema.
    schema: &'static Value,
    at: &'static Value,
}

/// What kind of YAML value stands at a place. It chooses between alternatives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Scalar,
    List,
    Mapping,
}

impl Shape {
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Array(_) => Shape::List,
            Value::Object(_) => Shape::Mapping,
            _ => Shape::Scalar,
        }
    }

    fn fits(self, spot: Spot) -> bool {
        match spot.kind() {
            Some("object") => self == Shape::Mapping,
            Some("array") => self == Shape::List,
            _ => self == Shape::Scalar,
        }
    }
}

impl Spot {
    /// The number and the place of the alternative that is meant where a value of `shape` stands.
    pub(super) fn alternative(self, shape: Shape) -> (usize, Self) {
        let resolved = self.resolved();
        let alternatives = resolved.at.get("anyOf").and_then(Value::as_array);
        alternatives
            .into_iter()
            .flatten()
            .map(|alternative| self.to(alternative).resolved())
            .enumerate()
            .find(|(_, alternative)| shape.fits(*alternative))
            .unwrap_or((0, resolved))
    }

    /// The place of the value of `key`.
    pub(super) fn member(self, key: &str) -> Option<Self> {
        let schema = self.resolved().at;
        let member = schema.get("properties").and_then(|properties| properties.get(key));
        // No mapping of ours has more than one pattern for its keys.
        let by_pattern = || schema.get("patternProperties")?.as_object()?.values().next();
        let member = member.or_else(by_pattern).or_else(|| schema.get("additionalProperties"));
        member.filter(|member| member.is_object()).map(|member| self.to(member))
    }

    /// The place of the entries of a list.
    pub(super) fn items(self) -> Option<Self> {
        self.resolved().at.get("items").map(|items| self.to(items))
    }

    /// The keys that a mapping here may have, in the order of the documentation.
    pub(super) fn keys(self) -> impl Iterator<Item = &'static str> {
        self.resolved()
            .at
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .map(|(key, _)| key.as_str())
    }

    /// What stands here, in a sentence or more.
    pub(super) fn description(self) -> Option<&'static str> {
        self.at.get("description").or_else(|| self.resolved().at.get("description")).and_then(Value::as_str)
    }

    /// The JSON type wanted here.
    pub(super) fn kind(self) -> Option<&'static str> {
        let resolved = self.resolved();
        resolved.at.get("type").and_then(Value::as_str).or_else(|| resolved.choices().map(|_| "string"))
    }

    /// Whether values of several types may stand here, each as it is written.
    pub(super) fn is_free(self) -> bool {
        self.resolved().at.get("type").is_some_and(Value::is_array)
    }

    /// The only values that may stand here, if they are listed.
    pub(super) fn choices(self) -> Option<Vec<String>> {
        let schema = self.resolved().at;
        let listed: Vec<&Value> = match (schema.get("enum"), schema.get("oneOf")) {
            (Some(Value::Array(values)), _) => values.iter().collect(),
            (_, Some(Value::Array(values))) => values.iter().map(|value| value.get("const")).collect::<Option<_>>()?,
            _ => return None,
        };
        Some(listed.into_iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect())
    }

    /// An example of what may stand here.
    pub(super) fn example(self) -> Option<&'static str> {
        self.resolved().at.get("examples")?.get(0)?.as_str()
    }

    /// What is expected here, to complete "expected ...".
    pub(super) fn expectation(self) -> String {
        let schema = self.resolved().at;
        if let Some(choices) = self.choices() {
            return listing(choices.iter().map(String::as_str), "or");
        }
        if let Some(Value::Array(alternatives)) = schema.get("anyOf") {
            let alternatives: Vec<String> = alternatives.iter().map(|spot| self.to(spot).expectation()).collect();
            return alternatives.join(", or ");
        }
        // The titles of texts are phrases; that of the whole file is its name.
        if let (Some("string"), Some(title)) = (self.kind(), schema.get("title").and_then(Value::as_str)) {
            return title.to_owned();
        }
        let number = |key| schema.get(key).and_then(Value::as_u64);
        match self.kind() {
            Some("object") => match schema.get("required").and_then(Value::as_array) {
                Some(keys) => format!("a mapping with {}", listing(keys.iter().filter_map(Value::as_str), "and")),
                None => "a mapping".to_owned(),
            },
            Some("array") if number("minItems") == Some(1) => "a list with at least one entry".to_owned(),
            Some("array") => "a list".to_owned(),
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("number") => "a number".to_owned(),
            Some("integer") => match (number("minimum"), number("maximum")) {
                (Some(least), Some(most)) => format!("a whole number from {least} to {most}"),
                _ => "a whole number".to_owned(),
            },
            _ => "text".to_owned(),
        }
    }

    fn resolved(self) -> Self {
        let mut spot = self;
        while let Some(definition) = spot
            .at
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| self.schema.pointer(reference.strip_prefix('#')?))
        {
            spot = self.to(definition);
        }
        spot
    }

    fn to(self, at: &'static Value) -> Self {
        Spot { at, ..self }
    }
}

/// The unescaped segments of a JSON pointer.
pub(super) fn segments(pointer: &str) -> impl Iterator<Item = String> {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~"))
}

/// `` `a`, `b` or `c` ``.
pub(super) fn listing<'a>(names: impl IntoIterator<Item = &'a str>, conjunction: &str) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} {conjunction} {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_schema<'a>(path: &str, schema: &'a Value, found: &mut Vec<(String, &'a Value)>) {
        found.push((path.to_owned(), schema));
        for (key, inner) in schema.as_object().into_iter().flatten() {
            match inner {
                Value::Object(members) if matches!(key.as_str(), "properties" | "$defs") => {
                    members.iter().for_each(|(name, inner)| every_schema(&format!("{path}/{name}"), inner, found));
                }
                Value::Array(items) if matches!(key.as_str(), "anyOf" | "oneOf") => {
                    items.iter().for_each(|inner| every_schema(path, inner, found));
                }
                Value::Object(_) if matches!(key.as_str(), "items" | "additionalProperties") => {
                    every_schema(path, inner, found);
                }
                _ => {}
            }
        }
    }

    #[test]
    fn every_key_is_described_and_every_mapping_is_closed() {
        let schema = schema();
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
        let mut found = Vec::new();
        every_schema("", &schema, &mut found);
        assert!(found.len() > 100, "{}", found.len());
        for (path, schema) in found {
            for (key, member) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                assert!(member.get("description").is_some(), "{path}/{key} has no description");
            }
            if schema.get("properties").is_some() {
                assert_eq!(schema["additionalProperties"], false, "{path}");
            }
            assert!(!schema.to_string().contains("null"), "{path} allows null: {schema}");
        }
    }

    #[test]
    fn the_schema_is_valid_and_every_example_is_too() {
        let schema = schema();
        let mut found = Vec::new();
        every_schema("", &schema, &mut found);
        for (path, schema) in found {
            for example in schema.get("examples").and_then(Value::as_array).into_iter().flatten() {
                assert!(jsonschema::is_valid(schema, example), "{path}: {example}");
            }
        }
        assert!(jsonschema::meta::is_valid(&schema));
    }

    #[test]
    fn required_keys_are_those_without_a_default() {
        let schema = schema();
        assert_eq!(schema["required"], serde_json::json!(["region", "governance", "shared-services", "tenants"]));
        assert_eq!(schema["$defs"]["Tenant"]["required"], serde_json::json!(["name", "stages"]));
        assert_eq!(schema["$defs"]["Governance"]["required"], serde_json::json!(["account"]));
    }

    #[test]
    fn expectations_are_phrases() {
        for (pointer, expectation) in [
            ("/region", "the name of an AWS Region"),
            ("/governance", "a mapping with `account`"),
            ("/governance/account", "an AWS account id of 12 digits"),
            ("/session/duration", "a duration in hours, minutes and seconds"),
            ("/session/assume-roles", "`true` or `false`"),
            ("/git/layout", "`single` or `separate`"),
            ("/roles/ci", "the name or the ARN of an IAM role, or a mapping with `role`"),
            ("/concurrency/accounts", "a whole number from 1 to 64"),
            ("/tenants", "a list with at least one entry"),
            ("/version", "`1`"),
        ] {
            assert_eq!(AIOPS.at(pointer, &Value::Null).unwrap().expectation(), expectation, "{pointer}");
        }
    }
}
