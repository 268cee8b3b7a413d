//! Input shapes: what a request may contain, in a small language that each service file writes beside its operations.
//!
//! ```text
//! EntityName = string 1..63 `[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}`
//! TagList    = list 0..50 of Tag
//! Tag        = { Key!: string 1..128, Value!: string 0..256 }
//! Metadata   = map 1..50 of string 1..128 to string 1..256
//! Approval   = enum Approved Rejected PendingManualApproval
//! ```
//!
//! `!` marks required members; the scalar types are `string`, `enum`, `integer`, `long`, `float`, `double`, `boolean`,
//! `timestamp`, `blob` and `any`. Constraints are AWS's own; a test compares every one with AWS's published models.

mod pattern;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

pub use self::pattern::Pattern;

/// What a value may be.
#[derive(Clone, Debug)]
pub enum Shape {
    /// Named members.
    Structure(Vec<Member>),
    /// Values of one shape; the number of them is bounded.
    List(Box<Shape>, Bounds),
    /// Keys of one shape to values of another; the number of entries is bounded.
    Map(Box<Shape>, Box<Shape>, Bounds),
    /// Text; its length in characters is bounded.
    String(Bounds, Option<Pattern>),
    /// One of these words.
    Enum(Vec<String>),
    /// A number of the given kind.
    Number(NumberKind, Bounds),
    /// `true` or `false`.
    Boolean,
    /// A moment: epoch seconds in JSON, ISO 8601 in query strings.
    Timestamp,
    /// Bytes, base64 in JSON.
    Blob,
    /// Anything: used where the sandbox keeps what it is given.
    Any,
    /// A shape by name.
    Named(String),
}

/// A member of a structure.
#[derive(Clone, Debug)]
pub struct Member {
    /// AWS's spelling.
    pub name: String,
    /// Whether a request without it is refused.
    pub required: bool,
    /// What it may be.
    pub shape: Shape,
}

/// Inclusive limits.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds {
    /// The least allowed, if any.
    pub min: Option<i64>,
    /// The most allowed, if any.
    pub max: Option<i64>,
}

/// The kinds of numbers that AWS's models tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NumberKind {
    /// 32 bits.
    Integer,
    /// 64 bits.
    Long,
    /// Single precision.
    Float,
    /// Double precision.
    Double,
}

/// The named shapes of one service.
#[derive(Clone, Debug, Default)]
pub struct Shapes(BTreeMap<String, Shape>);

impl Shapes {
    /// Reads definitions. The text is part of the program: a mistake in it is reported by the tests.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parser = Parser { tokens: tokenize(text)?, position: 0 };
        let mut shapes = BTreeMap::new();
        while parser.position < parser.tokens.len() {
            let name = parser.word()?;
            parser.expect("=")?;
            let shape = parser.shape().map_err(|error| format!("in {name}: {error}"))?;
            if shapes.insert(name.clone(), shape).is_some() {
                return Err(format!("{name} is defined twice"));
            }
        }
        Ok(Shapes(shapes))
    }

    /// Reads one anonymous shape, such as the input of an operation.
    pub fn parse_one(text: &str) -> Result<Shape, String> {
        let mut parser = Parser { tokens: tokenize(text)?, position: 0 };
        let shape = parser.shape()?;
        match parser.tokens.get(parser.position) {
            None => Ok(shape),
            Some(token) => Err(format!("unexpected `{token}`")),
        }
    }

    /// Follows names until something is found that is none. An unknown name stands for itself (and fails a test).
    pub fn resolve<'a>(&'a self, mut shape: &'a Shape) -> &'a Shape {
        while let Shape::Named(name) = shape {
            match self.0.get(name) {
                Some(next) => shape = next,
                None => break,
            }
        }
        shape
    }

    /// The shape of a member of the structure `shape`, if it has it.
    pub fn member<'a>(&'a self, shape: &'a Shape, name: &str) -> Option<&'a Shape> {
        match self.resolve(shape) {
            Shape::Structure(members) => members.iter().find(|member| member.name == name).map(|member| &member.shape),
            _ => None,
        }
    }

    /// A scalar that came as text, where its protocol knows no types. Text that is none stays text, to be refused.
    pub fn read(&self, shape: &Shape, text: &str) -> Value {
        let as_text = || Value::String(text.to_owned());
        match self.resolve(shape) {
            Shape::Number(..) => {
                let number = text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<f64>().map(Value::from));
                number.unwrap_or_else(|_| as_text())
            }
            Shape::Boolean => text.parse().map_or_else(|_| as_text(), Value::Bool),
            _ => as_text(),
        }
    }

    /// Names without a definition and patterns that do not compile, anywhere in `shape`.
    pub fn mistakes(&self, shape: &Shape) -> Vec<String> {
        let mut found = Vec::new();
        self.find_mistakes(shape, &mut Vec::new(), &mut found);
        found
    }

    fn find_mistakes<'a>(&'a self, shape: &'a Shape, above: &mut Vec<&'a str>, found: &mut Vec<String>) {
        match shape {
            Shape::Named(name) if above.contains(&name.as_str()) => {}
            Shape::Named(name) => match self.0.get(name) {
                Some(definition) => {
                    above.push(name);
                    self.find_mistakes(definition, above, found);
                    above.pop();
                }
                None => found.push(format!("{name} is not defined")),
            },
            Shape::Structure(members) => {
                members.iter().for_each(|member| self.find_mistakes(&member.shape, above, found));
            }
            Shape::List(item, _) => self.find_mistakes(item, above, found),
            Shape::Map(key, item, _) => {
                self.find_mistakes(key, above, found);
                self.find_mistakes(item, above, found);
            }
            Shape::String(_, Some(pattern)) => {
                if let Err(error) = pattern.compile() {
                    found.push(error.to_string());
                }
            }
            _ => {}
        }
    }

    /// Everything that is wrong with `value`, in AWS's words.
    pub fn violations(&self, shape: &Shape, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        self.check(shape, value, &mut String::new(), &mut found);
        found
    }

    fn check(&self, shape: &Shape, value: &Value, path: &mut String, found: &mut Vec<String>) {
        let mut violation = |constraint: String| {
            let shown = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            found.push(format!("Value '{shown}' at '{path}' failed to satisfy constraint: {constraint}"));
        };
        match (self.resolve(shape), value) {
            (Shape::Structure(members), Value::Object(object)) => {
                for member in members {
                    let length = push(path, &lower_first(&member.name));
                    match object.get(&member.name) {
                        None | Some(Value::Null) if member.required => found.push(format!(
                            "Value null at '{path}' failed to satisfy constraint: Member must not be null"
                        )),
                        None | Some(Value::Null) => {}
                        Some(value) => self.check(&member.shape, value, path, found),
                    }
                    path.truncate(length);
                }
            }
            (Shape::List(item, bounds), Value::Array(items)) => {
                if let Some(constraint) = bounds.violated_by_length(items.len()) {
                    violation(constraint);
                }
                for (index, value) in items.iter().enumerate() {
                    let length = push(path, &format!("{}.member", index + 1));
                    self.check(item, value, path, found);
                    path.truncate(length);
                }
            }
            (Shape::Map(key, item, bounds), Value::Object(object)) => {
                if let Some(constraint) = bounds.violated_by_length(object.len()) {
                    violation(constraint);
                }
                for (name, value) in object {
                    let length = push(path, name);
                    self.check(key, &Value::String(name.clone()), path, found);
                    self.check(item, value, path, found);
                    path.truncate(length);
                }
            }
            (Shape::String(bounds, pattern), Value::String(text)) => {
                if let Some(constraint) = bounds.violated_by_length(text.chars().count()) {
                    violation(constraint);
                }
                if let Some(pattern) = pattern.as_ref().filter(|pattern| !pattern.matches(text)) {
                    violation(format!("Member must satisfy regular expression pattern: {}", pattern.text()));
                }
            }
            (Shape::Enum(words), Value::String(text)) if words.contains(text) => {}
            (Shape::Enum(words), Value::String(_)) => {
                violation(format!("Member must satisfy enum value set: [{}]", words.join(", ")));
            }
            (Shape::Number(_, bounds), Value::Number(number)) => {
                if let Some(constraint) = number.as_f64().and_then(|number| bounds.violated_by(number)) {
                    violation(constraint);
                }
            }
            (Shape::Boolean, Value::Bool(_))
            | (Shape::Timestamp, Value::Number(_) | Value::String(_))
            | (Shape::Blob, Value::String(_))
            | (Shape::Any, _) => {}
            (expected, _) => violation(format!("Member must be of type {}", expected.kind())),
        }
    }

    /// The shape as JSON with all names resolved, for comparing it with AWS's models.
    pub fn describe(&self, shape: &Shape) -> Value {
        self.describe_within(shape, 0)
    }

    fn describe_within(&self, shape: &Shape, depth: usize) -> Value {
        // Shapes that contain themselves are cut off: the comparison goes no deeper either.
        if depth > 12 {
            return json!({"type": "recursive"});
        }
        let inner = |shape: &Shape| self.describe_within(shape, depth + 1);
        match self.resolve(shape) {
            Shape::Structure(members) => {
                let members: Map<String, Value> = members
                    .iter()
                    .map(|m| (m.name.clone(), json!({"required": m.required, "shape": inner(&m.shape)})))
                    .collect();
                json!({"type": "structure", "members": members})
            }
            Shape::List(item, bounds) => bounds.describe(json!({"type": "list", "member": inner(item)})),
            Shape::Map(key, item, bounds) => {
                bounds.describe(json!({"type": "map", "key": inner(key), "value": inner(item)}))
            }
            Shape::String(bounds, pattern) => {
                let mut described = bounds.describe(json!({"type": "string"}));
                if let Some(pattern) = pattern {
                    described["pattern"] = json!(pattern.text());
                }
                described
            }
            Shape::Enum(words) => json!({"type": "string", "enum": words}),
            Shape::Number(_, bounds) => bounds.describe(json!({"type": self.resolve(shape).kind()})),
            Shape::Named(name) => json!({"type": "undefined", "name": name}),
            other => json!({"type": other.kind()}),
        }
    }
}

impl Shape {
    fn kind(&self) -> &'static str {
        match self {
            Shape::Structure(_) => "structure",
            Shape::List(..) => "list",
            Shape::Map(..) => "map",
            Shape::String(..) | Shape::Enum(_) => "string",
            Shape::Number(NumberKind::Integer, _) => "integer",
            Shape::Number(NumberKind::Long, _) => "long",
            Shape::Number(NumberKind::Float, _) => "float",
            Shape::Number(NumberKind::Double, _) => "double",
            Shape::Boolean => "boolean",
            Shape::Timestamp => "timestamp",
            Shape::Blob => "blob",
            Shape::Any => "any",
            Shape::Named(_) => "undefined",
        }
    }
}

impl Bounds {
    fn violated_by_length(self, length: usize) -> Option<String> {
        let length = i64::try_from(length).unwrap_or(i64::MAX);
        if self.min.is_some_and(|min| length < min) {
            return self.min.map(|min| format!("Member must have length greater than or equal to {min}"));
        }
        let max = self.max.filter(|max| length > *max)?;
        Some(format!("Member must have length less than or equal to {max}"))
    }

    #[allow(clippy::cast_precision_loss)]
    fn violated_by(self, number: f64) -> Option<String> {
        if self.min.is_some_and(|min| number < min as f64) {
            return self.min.map(|min| format!("Member must have value greater than or equal to {min}"));
        }
        let max = self.max.filter(|max| number > *max as f64)?;
        Some(format!("Member must have value less than or equal to {max}"))
    }

    fn describe(self, mut shape: Value) -> Value {
        for (name, bound) in [("min", self.min), ("max", self.max)] {
            if let Some(bound) = bound {
                shape[name] = json!(bound);
            }
        }
        shape
    }
}

fn push(path: &mut String, step: &str) -> usize {
    let length = path.len();
    if length > 0 {
        path.push('.');
    }
    path.push_str(step);
    length
}

fn lower_first(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn tokenize(text: &str) -> Result<Vec<String>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '{' | '}' | ':' | ',' | '!' | '=' => 1,
            '`' => rest[1..].find('`').ok_or("a pattern without end")? + 2,
            _ => rest.find(|c: char| c.is_whitespace() || "{}:,!=`".contains(c)).unwrap_or(rest.len()),
        };
        tokens.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

struct Parser {
    tokens: Vec<String>,
    position: usize,
}

impl Parser {
    fn peek(&self) -> &str {
        self.tokens.get(self.position).map_or("", String::as_str)
    }

    fn word(&mut self) -> Result<String, String> {
        let token = self.tokens.get(self.position).ok_or("unexpected end")?.clone();
        self.position += 1;
        Ok(token)
    }

    fn expect(&mut self, wanted: &str) -> Result<(), String> {
        let found = self.word()?;
        if found == wanted { Ok(()) } else { Err(format!("expected `{wanted}`, found `{found}`")) }
    }

    fn shape(&mut self) -> Result<Shape, String> {
        let word = self.word()?;
        Ok(match word.as_str() {
            "{" => self.structure()?,
            "list" => {
                let bounds = self.bounds()?;
                self.expect("of")?;
                Shape::List(Box::new(self.shape()?), bounds)
            }
            "map" => {
                let bounds = self.bounds()?;
                self.expect("of")?;
                let key = Box::new(self.shape()?);
                self.expect("to")?;
                Shape::Map(key, Box::new(self.shape()?), bounds)
            }
            "string" => {
                let bounds = self.bounds()?;
                Shape::String(bounds, self.pattern(bounds)?)
            }
            "enum" => {
                let mut words = Vec::new();
                // A word before `=` opens the next definition.
                while self.peek().starts_with(|c: char| c.is_alphanumeric())
                    && self.tokens.get(self.position + 1).map(String::as_str) != Some("=")
                {
                    words.push(self.word()?);
                }
                Shape::Enum(words)
            }
            "integer" => Shape::Number(NumberKind::Integer, self.bounds()?),
            "long" => Shape::Number(NumberKind::Long, self.bounds()?),
            "float" => Shape::Number(NumberKind::Float, self.bounds()?),
            "double" => Shape::Number(NumberKind::Double, self.bounds()?),
            "boolean" => Shape::Boolean,
            "timestamp" => Shape::Timestamp,
            "blob" => Shape::Blob,
            "any" => Shape::Any,
            name if name.starts_with(|c: char| c.is_ascii_uppercase()) => Shape::Named(name.to_owned()),
            other => return Err(format!("`{other}` is no shape")),
        })
    }

    fn structure(&mut self) -> Result<Shape, String> {
        let mut members = Vec::new();
        while self.peek() != "}" {
            let name = self.word()?;
            let required = self.peek() == "!";
            if required {
                self.position += 1;
            }
            self.expect(":")?;
            let shape = self.shape().map_err(|error| format!("{name}: {error}"))?;
            members.push(Member { name, required, shape });
            if self.peek() == "," {
                self.position += 1;
            }
        }
        self.expect("}")?;
        Ok(Shape::Structure(members))
    }

    fn bounds(&mut self) -> Result<Bounds, String> {
        let Some((min, max)) = self.peek().split_once("..") else { return Ok(Bounds::default()) };
        let bound = |text: &str| match text {
            "" => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| format!("`{digits}` is no bound")),
        };
        let bounds = Bounds { min: bound(min)?, max: bound(max)? };
        self.position += 1;
        Ok(bounds)
    }

    fn pattern(&mut self, bounds: Bounds) -> Result<Option<Pattern>, String> {
        let Some(text) = self.peek().strip_prefix('`').and_then(|text| text.strip_suffix('`')) else {
            return Ok(None);
        };
        let pattern = Pattern::new(text, bounds.max.and_then(|max| usize::try_from(max).ok()));
        self.position += 1;
        Ok(Some(pattern))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes() -> Shapes {
        Shapes::parse(
            "Name = string 1..8 `[a-z]+`
             Color = enum Red Green
             Tag = { Key!: string 1..3, Value: string }
             Thing = { Name!: Name, Color: Color, Tags: list 0..2 of Tag, Notes: map 0..1 of string 1..2 to string 1..4,
                       Count: integer 1..5 }",
        )
        .unwrap()
    }

    #[test]
    fn violations_are_worded_as_aws_words_them() {
        let shapes = shapes();
        let thing = Shape::Named("Thing".into());
        let bad = json!({
            "Name": "Much too long", "Color": "Blue", "Tags": [{"Value": "x"}], "Notes": {"abc": ""}, "Count": 9,
        });
        insta::assert_snapshot!(shapes.violations(&thing, &bad).join("\n"), @r"
        Value 'Much too long' at 'name' failed to satisfy constraint: Member must have length less than or equal to 8
        Value 'Much too long' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-z]+
        Value 'Blue' at 'color' failed to satisfy constraint: Member must satisfy enum value set: [Red, Green]
        Value null at 'tags.1.member.key' failed to satisfy constraint: Member must not be null
        Value 'abc' at 'notes.abc' failed to satisfy constraint: Member must have length less than or equal to 2
        Value '' at 'notes.abc' failed to satisfy constraint: Member must have length greater than or equal to 1
        Value '9' at 'count' failed to satisfy constraint: Member must have value less than or equal to 5
        ");
        assert!(shapes.violations(&thing, &json!({"Name": "fine", "Tags": []})).is_empty());
        assert_eq!(shapes.violations(&thing, &json!({"Name": 7})).len(), 1, "a wrong type is a violation");
    }

    #[test]
    fn mistakes_in_definitions_are_named() {
        assert!(Shapes::parse("A = strin").unwrap_err().contains("`strin` is no shape"));
        assert!(Shapes::parse("A = { B: string 1..x }").unwrap_err().contains("in A: B: `x` is no bound"));
        assert!(Shapes::parse("A = boolean A = boolean").unwrap_err().contains("twice"));
    }
}
