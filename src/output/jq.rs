//! `--jq`: a jq expression over the answer's JSON.

use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, compile, data};
use jaq_json::Val;
use serde::Deserialize as _;
use serde_json::Value;

use super::text;
use crate::error::{Error, Result};

/// A compiled jq expression.
pub struct Filter {
    expression: String,
    compiled: jaq_core::Filter<data::JustLut<Val>>,
}

impl Filter {
    /// Compiles `expression`. Done before a command runs, so that a typing mistake costs nothing.
    pub fn compile(expression: &str) -> Result<Self> {
        let defs = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let funs = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let arena = Arena::default();
        let modules = Loader::new(defs)
            .load(&arena, File { code: expression, path: () })
            .map_err(|errors| wrong(expression, load_problem(expression, errors)))?;
        let compiled = Compiler::default()
            .with_funs(funs)
            .compile(modules)
            .map_err(|errors| wrong(expression, compile_problem(expression, errors)))?;
        Ok(Filter { expression: expression.to_owned(), compiled })
    }

    /// What the expression makes of `data`: one line a result, compact JSON, strings raw.
    pub fn run(&self, data: &Value) -> Result<String> {
        let failed = |reason: String| {
            Error::failed(format!(
                "the jq expression `{}` does not fit the answer: {}",
                self.expression,
                shorten(&reason)
            ))
            .hint("look at the answer with --output json")
        };
        let input = Val::deserialize(data).map_err(|error| failed(error.to_string()))?;
        let context = Ctx::<data::JustLut<Val>>::new(&self.compiled.lut, Vars::new([]));
        let mut out = String::new();
        for result in self.compiled.id.run((context, input)) {
            let value = match result {
                Ok(value) => value,
                // What is left besides errors is `halt`, which ends the program.
                Err(exception) => match exception.get_err() {
                    Ok(error) => return Err(failed(error.to_string())),
                    Err(_) => break,
                },
            };
            match &value {
                Val::TStr(bytes) | Val::BStr(bytes) => {
                    out += &text::sanitize_lines(&String::from_utf8_lossy(bytes));
                }
                other => out += &text::json(&other.to_string()),
            }
            out.push('\n');
        }
        Ok(out)
    }
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Filter").field(&self.expression).finish()
    }
}

/// jaq quotes the entire value that it cannot work with.
fn shorten(reason: &str) -> String {
    const LIMIT: usize = 160;
    match reason.char_indices().nth(LIMIT) {
        Some((end, _)) => format!("{} ...", &reason[..end]),
        None => reason.to_owned(),
    }
}

/// What is wrong, and at which byte of the expression.
type Problem = (usize, String);

fn wrong(expression: &str, (offset, reason): Problem) -> Error {
    let column = expression[..offset].chars().count() + 1;
    Error::usage(format!("the jq expression `{expression}` is wrong at character {column}: {reason}"))
        .hint("jq's language is described at https://jqlang.org/manual")
}

fn load_problem(expression: &str, errors: load::Errors<&str, ()>) -> Problem {
    let first = errors.into_iter().next().map(|(_, error)| error);
    match first {
        Some(load::Error::Lex(errors)) => {
            errors.first().map(|(expected, found)| missing(expression, expected.as_str(), found))
        }
        Some(load::Error::Parse(errors)) => {
            errors.first().map(|(expected, found)| missing(expression, expected.as_str(), found))
        }
        Some(load::Error::Io(errors)) => {
            errors.first().map(|(path, _)| (offset(expression, path), "modules cannot be included".to_owned()))
        }
        None => None,
    }
    .unwrap_or((0, "it cannot be read".to_owned()))
}

fn missing(expression: &str, expected: &str, found: &str) -> Problem {
    let offset = offset(expression, found);
    let found = found.split_whitespace().next().map_or("the end".to_owned(), |word| format!("`{word}`"));
    (offset, format!("expected {expected}, found {found}"))
}

fn compile_problem(expression: &str, errors: compile::Errors<&str, ()>) -> Problem {
    let first = errors.into_iter().flat_map(|(_, errors)| errors).next();
    match first {
        Some((name, compile::Undefined::Filter(arity))) => {
            (offset(expression, name), format!("there is no filter `{name}` with {arity} arguments"))
        }
        Some((name, kind)) => (offset(expression, name), format!("there is no {} `{name}`", kind.as_str())),
        None => (0, "it cannot be compiled".to_owned()),
    }
}

/// Where `part` begins in `whole`; the end of `whole` if it is no part of it (as what is expected after the end).
fn offset(whole: &str, part: &str) -> usize {
    let distance = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
    if whole.is_char_boundary(distance) { distance } else { whole.len() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(expression: &str) -> String {
        let data = json!({
            "models": [{"name": "churn", "version": 3, "account": "012345678901"}, {"name": "a\u{1b}[31mb", "version": 1.5}],
        });
        match Filter::compile(expression).and_then(|filter| filter.run(&data)) {
            Ok(text) => text,
            Err(error) => format!("{:?}: {error}", error.kind()),
        }
    }

    #[test]
    fn strings_are_raw_and_the_rest_is_compact_json() {
        assert_eq!(run(".models[].name"), "churn\na\\u{1b}[31mb\n");
        assert_eq!(run(".models[0].account"), "012345678901\n");
        assert_eq!(run(".models | map(.version)"), "[3,1.5]\n");
        assert_eq!(run(".models[1]"), "{\"name\":\"a\\u001b[31mb\",\"version\":1.5}\n");
        assert_eq!(run(".models[] | select(.version > 2) | \"\\(.name)\\t\\(.version)\""), "churn\t3\n");
        assert_eq!(run("1, halt, 2"), "1\n");
        assert_eq!(run("empty"), "");
    }

    #[test]
    fn mistakes_are_shown_with_their_place() {
        let cases = [
            ".models[",
            "lenght",
            ".models | foo(1)",
            "$x",
            ".a &",
            "",
            ".models |",
            "if . then",
            "{(.)}",
            "\"ü\" | nope",
            ".models.name",
            "include \"x\"; .",
        ];
        let messages: String = cases.iter().map(|case| format!("{}\n", run(case))).collect();
        insta::assert_snapshot!(messages, @r#"
        Usage: the jq expression `.models[` is wrong at character 9: expected closing bracket, found the end
        Usage: the jq expression `lenght` is wrong at character 1: there is no filter `lenght` with 0 arguments
        Usage: the jq expression `.models | foo(1)` is wrong at character 11: there is no filter `foo` with 1 arguments
        Usage: the jq expression `$x` is wrong at character 1: there is no variable `$x`
        Usage: the jq expression `.a &` is wrong at character 4: expected token, found `&`
        Usage: the jq expression `` is wrong at character 1: expected term, found the end
        Usage: the jq expression `.models |` is wrong at character 10: expected term, found the end
        Usage: the jq expression `if . then` is wrong at character 10: expected term, found the end
        Usage: the jq expression `{(.)}` is wrong at character 5: expected :, found `}`
        Usage: the jq expression `"ü" | nope` is wrong at character 7: there is no filter `nope` with 0 arguments
        Failed: the jq expression `.models.name` does not fit the answer: cannot index [{"name":"churn","version":3,"account":"012345678901"},{"name":"a\u001b[31mb","version":1.5}] with "name"
        Usage: the jq expression `include "x"; .` is wrong at character 10: modules cannot be included
        "#);
    }
}
