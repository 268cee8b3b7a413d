//! `template.yaml`: what a template is called, what it asks, and which of its files it renders when.

use std::fmt;
use std::sync::LazyLock;

use globset::{GlobBuilder, GlobMatcher};
use schemars::JsonSchema;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::engine;
use crate::config::domain::UseCase;
use crate::config::{Document, GitLayout, GitProvider, Mistake, Schema, quoted};
use crate::error::Result;

/// The name of the file.
pub const FILE: &str = "template.yaml";

/// The schema of the file.
pub static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::of::<Manifest>(FILE));

/// The trees that a template may have beside its `template.yaml`.
pub const TREES: [&str; 3] = ["repository", "build", "deploy"];

/// What expressions know besides the answers.
pub const CONTEXT: [&str; 4] = ["cicd", "has", "folder", "aiops"];

/// Words of the expression language, which no variable can be called.
const WORDS: [&str; 16] = [
    "true", "false", "none", "and", "or", "not", "in", "is", "if", "else", "loop", "self", "super", "caller",
    "varargs", "kwargs",
];

/// What a template is and asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    /// Version of this file's format.
    #[schemars(schema_with = "version")]
    pub version: u32,
    /// What the template is called where people choose one.
    #[schemars(length(min = 1))]
    pub title: String,
    /// What it makes, in a paragraph.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The use case that it is for. A project of a profile with this use case gets this template unless it names another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub use_case: Option<UseCase>,
    /// Whether it is only there to be included by others.
    #[serde(default)]
    pub fragment: bool,
    /// Other templates of the same library. Their files come first and are replaced by files of the same path; their
    /// variables are asked, too.
    #[serde(default)]
    pub includes: Vec<String>,
    /// The layouts that it can be rendered in. Default: both.
    #[serde(default = "layouts")]
    #[schemars(length(min = 1))]
    pub layouts: Vec<GitLayout>,
    /// The hosts of repositories that it has pipelines for. Default: all.
    #[serde(default = "providers")]
    #[schemars(length(min = 1))]
    pub providers: Vec<GitProvider>,
    /// What it asks, by name, in order. Names have small letters, digits and underscores.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, Variable>")]
    pub variables: Variables,
    /// Rules for files. Every rule whose path fits applies.
    #[serde(default)]
    pub files: Vec<Rule>,
}

fn version(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "integer", "enum": [1] })
}

fn layouts() -> Vec<GitLayout> {
    vec![GitLayout::Single, GitLayout::Separate]
}

fn providers() -> Vec<GitProvider> {
    vec![GitProvider::Github, GitProvider::Gitlab, GitProvider::Local]
}

/// A question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Variable {
    /// What an answer is.
    #[serde(default, rename = "type")]
    pub kind: Kind,
    /// What is asked, in a line. Default: the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub title: Option<String>,
    /// What one should know to answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The answer of whoever gives none. May have expressions, which know the answers before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Scalar>")]
    pub default: Option<String>,
    /// Regular expression for the whole of a `string`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The answers to a `choice`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<String>,
    /// The least `integer` or `number`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// The largest `integer` or `number`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// Expression that says whether it is asked at all. It knows the answers before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
}

/// What an answer is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Text.
    #[default]
    String,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// One of a list.
    Choice,
}

/// A value without members. It is read as its text: what that means, the variable's type says.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "stands for its schema")]
enum Scalar {
    Text(String),
    Number(f64),
    Truth(bool),
}

/// A rule for files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rule {
    /// Glob for the template's own paths, such as `repository/.github/**`. `*` stays within a part.
    #[schemars(length(min = 1))]
    pub path: String,
    /// Expression that says whether the files are there at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
    /// Whether expressions in the files are replaced. Binary files are always copied as they are.
    #[serde(default = "yes")]
    pub render: bool,
    /// Whether the files may be run as programs. Default: as the template has them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executable: Option<bool>,
}

fn yes() -> bool {
    true
}

impl Rule {
    /// What the path fits.
    pub fn matcher(&self) -> Result<GlobMatcher, globset::Error> {
        // To globset, braces are alternatives; here they are names with expressions.
        let path = self.path.replace("{{", "[{][{]").replace("}}", "[}][}]");
        Ok(GlobBuilder::new(&path).literal_separator(true).backslash_escape(false).build()?.compile_matcher())
    }
}

/// Reads a `template.yaml` that messages call `name`.
///
/// # Errors
///
/// Kind `Config`, with every mistake in the rendered report.
pub fn read(name: &str, bytes: &[u8]) -> Result<Document<Manifest>> {
    let text = String::from_utf8(bytes.to_vec())
        .map_err(|error| crate::error::Error::config(format!("{} is not UTF-8", quoted(name))).because(error))?;
    let document: Document<Manifest> = Document::read(&SCHEMA, name, text)?;
    document.refuse(mistakes(&document))?;
    Ok(document)
}

/// Every mistake in a `template.yaml`, with its line: for those who list what they find.
pub(super) fn mistakes_by_line(bytes: &[u8]) -> Vec<(Option<usize>, Mistake)> {
    let Ok(text) = std::str::from_utf8(bytes) else { return vec![(None, Mistake::new("it is not UTF-8"))] };
    match Document::read(&SCHEMA, FILE, text.to_owned()) {
        Ok(document) => mistakes(&document).into_iter().map(|mistake| (mistake.line(text), mistake)).collect(),
        Err(_) => crate::config::mistakes_by_line(&SCHEMA, text),
    }
}

/// What the schema cannot say.
fn mistakes(document: &Document<Manifest>) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let manifest = &document.value;
    for (index, name) in manifest.includes.iter().enumerate() {
        if !is_template_name(name) {
            let message = format!("{} is not the name of a template", quoted(name));
            mistakes.push(document.mistake(&format!("/includes/{index}"), message));
        }
    }
    for (name, variable) in manifest.variables.iter() {
        let place = format!("/variables/{}", name.replace('~', "~0").replace('/', "~1"));
        let at = |member: &str| if member.is_empty() { place.clone() } else { format!("{place}/{member}") };
        let mut say = |member: &str, message: String| mistakes.push(document.mistake(&at(member), message));
        if !is_variable_name(name) {
            say("", format!("{} cannot be a variable: small letters, digits and `_`, a letter first", quoted(name)));
        } else if CONTEXT.contains(&name) || WORDS.contains(&name) || engine::is_function(name) {
            say("", format!("{} means something else in expressions: choose another name", quoted(name)));
        }
        check_variable(variable, &mut say);
    }
    for (index, rule) in manifest.files.iter().enumerate() {
        if let Err(error) = rule.matcher() {
            mistakes
                .push(document.mistake(&format!("/files/{index}/path"), format!("this is no glob: {}", error.kind())));
        }
        if let Some(fault) = rule.when.as_deref().and_then(engine::expression_fault) {
            mistakes.push(document.mistake(&format!("/files/{index}/when"), fault));
        }
    }
    mistakes
}

fn check_variable(variable: &Variable, say: &mut impl FnMut(&str, String)) {
    let numeric = matches!(variable.kind, Kind::Integer | Kind::Number);
    if variable.kind == Kind::Choice && variable.choices.is_empty() {
        say("", "a choice needs `choices`".to_owned());
    }
    if variable.kind != Kind::Choice && !variable.choices.is_empty() {
        say("choices", "only `type: choice` has choices".to_owned());
    }
    if let Some((index, twice)) =
        variable.choices.iter().enumerate().find(|(index, choice)| variable.choices[..*index].contains(choice))
    {
        say(&format!("choices/{index}"), format!("{} is there twice", quoted(twice)));
    }
    if variable.pattern.is_some() && variable.kind != Kind::String {
        say("pattern", "only `type: string` has a pattern".to_owned());
    }
    let bounded = [("minimum", variable.minimum), ("maximum", variable.maximum)];
    for (bound, _) in bounded.iter().filter(|(_, value)| value.is_some() && !numeric) {
        say(bound, format!("only `type: integer` and `type: number` have a {bound}"));
    }
    if variable.minimum.zip(variable.maximum).is_some_and(|(least, most)| least > most) {
        say("minimum", "the minimum is above the maximum".to_owned());
    }
    if let Some(fault) = variable.when.as_deref().and_then(engine::expression_fault) {
        say("when", fault);
    }
    if let Some(Err(error)) = variable.pattern.as_deref().map(super::answers::pattern) {
        say("pattern", error);
        return;
    }
    let Some(default) = &variable.default else { return };
    let fault = match engine::has_expressions(default) {
        true => engine::text_fault(default),
        false => variable.accept(&default.as_str().into()).err(),
    };
    if let Some(fault) = fault {
        say("default", format!("the default cannot be the answer: {fault}"));
    }
}

/// Whether a template may be called `name`: it is a directory, too.
pub fn is_template_name(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    name.len() <= 64 && name.starts_with(|letter: char| letter.is_ascii_lowercase()) && name.chars().all(plain)
}

fn is_variable_name(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
    name.len() <= 64 && name.starts_with(|letter: char| letter.is_ascii_lowercase()) && name.chars().all(plain)
}

/// Variables in the order in which they are asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variables(Vec<(String, Variable)>);

impl Variables {
    /// Each with its name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Variable)> {
        self.0.iter().map(|(name, variable)| (name.as_str(), variable))
    }

    /// The variable `name`.
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.iter().find(|(known, _)| *known == name).map(|(_, variable)| variable)
    }

    /// Takes in `more`; one that is known is replaced where it stands.
    pub fn join(&mut self, more: &Variables) {
        for (name, variable) in &more.0 {
            match self.0.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => known.clone_from(variable),
                None => self.0.push((name.clone(), variable.clone())),
            }
        }
    }
}

impl Serialize for Variables {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Variables {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Variables;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("variables by name")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Variables, A::Error> {
                let mut variables = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    variables.push(entry);
                }
                Ok(Variables(variables))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests;
