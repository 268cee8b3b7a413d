//! The expression language of templates: minijinja with delimiters that leave `${{ }}`, Jinja and shell scripts alone,
//! nothing undefined, no escaping, and an end to every loop.

use std::fmt::Write as _;
use std::ops::Range;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, Value};
use serde_json::Value as Json;

use super::path::LARGEST_FILE;
use crate::config::obeyed;

/// What begins an expression, a statement or a comment in the content of a file.
const OPENS: &str = "<%";

/// Work that one file may make. A unit pays for an instruction or 64 bytes, so that this is also a limit on memory.
const FUEL: u64 = 500_000;
/// Work that all files of a rendering may make together.
const FUEL_OF_ALL: u64 = 20_000_000;
/// Work that a name or a condition may make.
const FUEL_OF_EXPRESSION: u64 = 10_000;
/// How deep macros may call each other.
const DEEPEST: usize = 50;

/// Renders with one context.
pub(super) struct Engine {
    contents: Environment<'static>,
    names: Environment<'static>,
    context: Value,
    fuel: u64,
}

/// Why a text could not be rendered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub message: String,
    pub line: Option<usize>,
    pub span: Option<Range<usize>>,
}

impl Engine {
    pub(super) fn new(context: &Json) -> Self {
        let (contents, mut names) = (environment(contents_syntax()), environment(names_syntax()));
        names.set_fuel(Some(FUEL_OF_EXPRESSION));
        Engine { contents, names, context: Value::from(minijinja::value::Serde(context)), fuel: FUEL_OF_ALL }
    }

    /// The content of a file with its expressions replaced.
    pub(super) fn content(&mut self, text: &str) -> Result<String, Failure> {
        if !has_expressions(text) {
            return Ok(text.to_owned());
        }
        let fuel = self.fuel.min(FUEL);
        self.contents.set_fuel(Some(fuel));
        let template = self.contents.template_from_str(text).map_err(|error| Failure::new(&error))?;
        let rendered = template.render_captured(self.context.clone());
        // Whoever fails has had it all: what is left cannot be asked for.
        let used =
            rendered.as_ref().map_or(Some(fuel), |rendered| rendered.state().fuel_levels().map(|(used, _)| used));
        self.fuel = self.fuel.saturating_sub(used.unwrap_or(fuel));
        let text = rendered.map_err(|error| Failure::new(&error))?.into_output();
        if text.len() as u64 > LARGEST_FILE {
            return Err(Failure::plain(format!("it becomes larger than {} MiB", LARGEST_FILE >> 20)));
        }
        Ok(text)
    }

    /// A part of a path with its expressions replaced.
    pub(super) fn name(&self, part: &str) -> Result<String, Failure> {
        if !part.contains("{{") && !part.contains("}}") {
            return Ok(part.to_owned());
        }
        self.names.render_str(part, self.context.clone()).map_err(|error| Failure::new(&error))
    }

    /// Whether `condition` holds.
    pub(super) fn holds(&self, condition: &str) -> Result<bool, Failure> {
        let expression = self.names.compile_expression_owned(condition.to_owned());
        let value = expression.and_then(|expression| expression.eval(self.context.clone()));
        match value {
            Ok(value) if value.is_undefined() => Err(Failure::plain("it names something that is not there".to_owned())),
            Ok(value) => Ok(value.is_true()),
            Err(error) => Err(Failure::new(&error)),
        }
    }
}

impl Failure {
    fn plain(message: String) -> Self {
        Failure { message, line: None, span: None }
    }

    fn new(error: &Error) -> Self {
        let message = match (error.kind(), error.detail()) {
            (ErrorKind::OutOfFuel, _) => "it makes more work than a file may: does a loop ever end?".to_owned(),
            (ErrorKind::SyntaxError, Some(detail)) => format!("syntax error: {detail}"),
            (ErrorKind::TemplateNotFound, _) => "files cannot include others".to_owned(),
            (_, Some(detail)) => detail.to_owned(),
            (kind, None) => kind.to_string(),
        };
        Failure { message, line: error.line(), span: error.range() }
    }
}

/// Whether `text` has anything to replace.
pub(super) fn has_expressions(text: &str) -> bool {
    text.contains(OPENS)
}

/// What is wrong with the expression `text`, if anything.
pub(super) fn expression_fault(text: &str) -> Option<String> {
    let environment = environment(contents_syntax());
    let fault = environment.compile_expression(text).err()?;
    Some(Failure::new(&fault).message)
}

/// What is wrong with the text `text` that has expressions, if anything.
pub(super) fn text_fault(text: &str) -> Option<String> {
    let environment = environment(contents_syntax());
    let fault = environment.template_from_str(text).err()?;
    Some(Failure::new(&fault).message)
}

/// Where variables are used.
#[derive(Clone, Copy, Debug)]
pub(super) enum Use {
    Content,
    Name,
    Condition,
}

/// The variables that `text` uses and does not set itself, functions left out. Nothing if it is wrong.
pub(super) fn variables(text: &str, used: Use) -> Vec<String> {
    let environment = environment(match used {
        Use::Name => names_syntax(),
        _ => contents_syntax(),
    });
    let found = match used {
        Use::Condition => environment.compile_expression(text).map(|expression| expression.undeclared_variables(false)),
        _ => environment.template_from_str(text).map(|template| template.undeclared_variables(false)),
    };
    let mut found: Vec<String> = found.unwrap_or_default().into_iter().filter(|name| !is_function(name)).collect();
    found.sort_unstable();
    found
}

/// Whether expressions have a function called `name`.
pub(super) fn is_function(name: &str) -> bool {
    ["range", "dict", "debug", "namespace", "slug", "snake"].contains(&name)
}

/// Chosen so that GitHub's `${{ }}`, Jinja, Python, shell, TOML and YAML stay as they are.
fn contents_syntax() -> SyntaxConfig {
    let mut builder = SyntaxConfig::builder();
    builder.variable_delimiters("<%=", "%>").block_delimiters(OPENS, "%>").comment_delimiters("<%#", "%>");
    builder.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    built(&builder.build())
}

/// Names have expressions only: what else would begin something begins with a character that no path may have.
fn names_syntax() -> SyntaxConfig {
    let mut builder = SyntaxConfig::builder();
    builder.variable_delimiters("{{", "}}").block_delimiters("\u{1}%", "%\u{1}").comment_delimiters("\u{1}#", "#\u{1}");
    builder.keep_trailing_newline(true);
    built(&builder.build())
}

#[expect(clippy::expect_used, reason = "the delimiters are literals; every test makes them")]
fn built(syntax: &Result<SyntaxConfig, Error>) -> SyntaxConfig {
    syntax.as_ref().expect("delimiters that differ").clone()
}

fn environment(syntax: SyntaxConfig) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_syntax(syntax);
    // By name, .yaml and .json files would be escaped.
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment.set_recursion_limit(DEEPEST);
    environment.add_filter("slug", |text: String| slug(&text));
    environment.add_filter("snake", |text: String| snake(&text));
    // A name of a file may not have the bar of a filter.
    environment.add_function("slug", |text: String| slug(&text));
    environment.add_function("snake", |text: String| snake(&text));
    environment.add_filter("yaml", |value: Value| literal(&value).map(|text| escaped(&text)));
    environment.add_filter("json", |value: Value| literal(&value));
    environment
}

/// Small letters and digits, joined by `-`.
fn slug(text: &str) -> String {
    joined(text, "-")
}

/// A Python name: small letters and digits, joined by `_`, no digit first.
fn snake(text: &str) -> String {
    let name = joined(text, "_");
    if name.starts_with(|letter: char| letter.is_ascii_digit()) { format!("_{name}") } else { name }
}

fn joined(text: &str, by: &str) -> String {
    let text = text.to_lowercase();
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(by)
}

fn literal(value: &Value) -> Result<String, Error> {
    serde_json::to_string(value).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// JSON is YAML, except for characters that YAML takes in quotes only as escapes.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for letter in json.chars() {
        if !obeyed(letter) {
            text.push(letter);
            continue;
        }
        for unit in letter.encode_utf16(&mut [0; 2]) {
            // Writing to a string does not fail.
            let _ = write!(text, "\\u{unit:04x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn render(text: &str) -> Result<String, String> {
        let context = json!({"name": "Churn 2", "list": [1, 2], "cicd": {"default-branch": "main"}, "yes": "no"});
        Engine::new(&context).content(text).map_err(|failure| format!("{:?}: {}", failure.line, failure.message))
    }

    #[test]
    fn what_is_replaced_and_what_is_left_alone() {
        for (text, rendered) in [
            (
                "${{ github.sha }} {{ jinja }} {% if %} [[ x ]] $(( 1 % 2 )) %>\n",
                "${{ github.sha }} {{ jinja }} {% if %} [[ x ]] $(( 1 % 2 )) %>\n",
            ),
            ("<%= name %>\n\n", "Churn 2\n\n"),
            ("a: ${{ x }} <%= cicd[\"default-branch\"] %>\r\n", "a: ${{ x }} main\r\n"),
            ("a\n  <% if name %>\nb\n  <% endif %>\nc", "a\nb\nc"),
            ("<%# no %>x", "x"),
            ("<% for i in list %><%= i %>,<% endfor %>", "1,2,"),
            ("<%= name | slug %> <%= name | snake %> <%= '2x' | snake %>", "churn-2 churn_2 _2x"),
            ("<%= yes | yaml %> <%= list | yaml %> <%= name | json %>", "\"no\" [1,2] \"Churn 2\""),
            ("<%= \"a'\\\"\" | yaml %> <html> <%= '<&>' %>", "\"a'\\\"\" <html> <&>"),
            ("<% raw %><%= x %><% endraw %>", "<%= x %>"),
            ("<% if nothing is defined %>x<% endif %>y", "y"),
        ] {
            assert_eq!(render(text).as_deref(), Ok(rendered), "{text}");
        }
    }

    #[test]
    fn what_fails_says_where_and_why() {
        insta::assert_snapshot!(
            ["a\n<%= nmae %>", "\n\n<%= cicd.branch %>", "<% if name %>", "<%= name | shout %>", "<% include 'x' %>",
             "<%= 1 / 0 %>", "a\n<% for x in range(9999) %><% for y in range(9999) %><% endfor %><% endfor %>"]
                .map(|text| render(text).unwrap_err()).join("\n"),
            @"
        Some(2): `nmae` is undefined
        Some(3): `cicd.branch` is undefined
        Some(1): syntax error: unexpected end of input, expected end of block
        Some(1): filter shout is unknown
        Some(1): files cannot include others
        Some(1): unable to calculate 1 / 0
        Some(2): it makes more work than a file may: does a loop ever end?
        ");
    }

    #[test]
    fn work_without_end_ends() {
        for text in [
            "<% for a in range(9999) %><% for b in range(9999) %><%= a %><% endfor %><% endfor %>",
            "<% macro m(x) %><%= m(x ~ x) %><% endmacro %><%= m('x') %>",
            "<% set ns = namespace(v='x') %><% for i in range(99) %><% set ns.v = ns.v ~ ns.v %><% endfor %><%= ns.v %>",
            &format!("<% set v = 'xxxxxxxxxxxxxxxx' %>{}<%= v %>", "<% set v = v ~ v %>".repeat(60)),
            "<%= 'x' * 99999999 %>",
            "<%= '%99999999s' | format('x') %>",
            &format!("<%= {}1{} %>", "(".repeat(10_000), ")".repeat(10_000)),
            &"<% if true %>".repeat(10_000),
            "<% for a in range(9999) %><%= 'x' * 2000 %><% endfor %>",
        ] {
            assert!(render(text).is_err(), "{}", &text[..40]);
        }
    }

    #[test]
    fn all_files_share_one_budget() {
        let mut engine = Engine::new(&json!({}));
        let text = "<% for a in range(9999) %><% for b in range(9) %><% endfor %><% endfor %>";
        let done = (0..10_000).take_while(|_| engine.content(text).is_ok()).count();
        assert!((20..200).contains(&done), "{done}");
    }

    #[test]
    fn names_know_expressions_only() {
        let engine = Engine::new(&json!({"package": "churn", "other": "no"}));
        assert_eq!(engine.name("{{ package }}_x.py").as_deref(), Ok("churn_x.py"));
        assert_eq!(engine.name("{{ snake(package) if other == 'no' }}").as_deref(), Ok("churn"));
        assert_eq!(engine.name("{% x %}{# y #}").as_deref(), Ok("{% x %}{# y #}"));
        assert!(engine.name("{{ pakage }}").is_err() && engine.name("{{ package").is_err());
    }

    #[test]
    fn conditions_are_expressions() {
        let engine = Engine::new(&json!({"a": 1, "b": ""}));
        for (condition, holds) in [("a == 1", true), ("a > 1 or b", false), ("c is defined", false), ("not b", true)] {
            assert_eq!(engine.holds(condition), Ok(holds), "{condition}");
        }
        assert!(engine.holds("c").is_err() && engine.holds("c == 1").is_err() && engine.holds("a ==").is_err());
    }

    #[test]
    fn used_variables_are_found() {
        assert_eq!(
            variables("<%= a.b %><% for x in list %><%= x ~ range(c) %><% endfor %>", Use::Content),
            ["a", "c", "list"]
        );
        assert_eq!(variables("{{ snake(a) }}", Use::Name), ["a"]);
        assert_eq!(variables("a and cicd.x == b", Use::Condition), ["a", "b", "cicd"]);
    }

    proptest! {
        #[test]
        fn text_without_delimiters_stays_as_it_is(text in any::<String>().prop_filter("no delimiter", |text| !text.contains("<%"))) {
            prop_assert_eq!(render(&text), Ok(text.clone()));
            // The same text beside an expression goes through the engine.
            prop_assert_eq!(render(&format!("{text}<%= '' %>")), Ok(text));
        }

        #[test]
        fn any_text_renders_or_fails_in_order(text in "(<%[=#-]?| %>|[ a-z0-9(){}|\"'.~*\n]|if|for|set|macro|raw|end){0,40}") {
            let _ = render(&text);
        }

        #[test]
        fn the_yaml_filter_is_read_back(text in any::<String>()) {
            let mut engine = Engine::new(&json!({"text": text}));
            let yaml = engine.content("<%= text | yaml %>").unwrap();
            prop_assert_eq!(serde_yaml::from_str::<String>(&yaml).unwrap(), text);
        }
    }
}
