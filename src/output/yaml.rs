//! YAML that every reader understands alike.
//!
//! Libraries leave strings bare that only YAML 1.2 takes for strings: PyYAML and CloudFormation read `no` as false,
//! `1e3` and `012345678901` as numbers, `12:30` as 750. Here a string is bare only if nobody can take it for anything
//! else; all others are written in double quotes.

use std::fmt::Write as _;

use serde_json::Value;

use super::text::is_unsafe;

/// `value` as a YAML document, with a line break at its end.
pub fn render(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => write_block(value, 0, &mut out),
        Value::Array(items) if !items.is_empty() => write_block(value, 0, &mut out),
        _ => {
            write_scalar(value, &mut out);
            out.push('\n');
        }
    }
    out
}

/// Writes a map or list that is not empty, its first line at the place where `out` ends.
fn write_block(value: &Value, indent: usize, out: &mut String) {
    let start = |index: usize, out: &mut String| {
        if index > 0 {
            out.extend(std::iter::repeat_n(' ', indent));
        }
    };
    match value {
        Value::Object(map) => {
            for (index, (key, value)) in map.iter().enumerate() {
                start(index, out);
                write_string(key, out);
                out.push(':');
                write_nested(value, indent, out);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                start(index, out);
                out.push_str("- ");
                if is_block(item) {
                    write_block(item, indent + 2, out);
                } else {
                    write_scalar(item, out);
                    out.push('\n');
                }
            }
        }
        _ => write_scalar(value, out),
    }
}

/// Writes what stands after the colon of a key.
fn write_nested(value: &Value, indent: usize, out: &mut String) {
    if is_block(value) {
        let indent = indent + 2;
        out.push('\n');
        out.extend(std::iter::repeat_n(' ', indent));
        write_block(value, indent, out);
    } else {
        out.push(' ');
        write_scalar(value, out);
        out.push('\n');
    }
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(map) => !map.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn write_scalar(value: &Value, out: &mut String) {
    match value {
        Value::String(text) => write_string(text, out),
        // YAML 1.1 wants a point and a sign in `1e20`; without them PyYAML reads a string.
        Value::Number(number) => out.push_str(&float_with_point(number.to_string())),
        // What is left (null, booleans, `{}`, `[]`) is the same in JSON and YAML.
        _ => {
            let _ = write!(out, "{value}");
        }
    }
}

fn float_with_point(number: String) -> String {
    let Some((mantissa, exponent)) = number.split_once('e') else { return number };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with(['-', '+']) { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

fn write_string(text: &str, out: &mut String) {
    if is_bare(text) {
        out.push_str(text);
        return;
    }
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            letter if is_unsafe(letter) || is_not_printable(letter) => {
                let code = u32::from(letter);
                let _ = if code > 0xffff { write!(out, "\\U{code:08x}") } else { write!(out, "\\u{code:04x}") };
            }
            letter => out.push(letter),
        }
    }
    out.push('"');
}

/// Characters that YAML does not allow unescaped.
fn is_not_printable(letter: char) -> bool {
    matches!(letter, '\u{fffe}' | '\u{ffff}')
}

/// Whether no reader takes the bare `text` for anything but this string.
fn is_bare(text: &str) -> bool {
    /// What YAML 1.1 reads as null or a boolean, in any case.
    const WORDS: [&str; 9] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    let starts_with_letter = text.starts_with(|first: char| first.is_ascii_alphabetic());
    let plain =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/' | '+' | '@' | ' ');
    starts_with_letter
        && text.chars().all(plain)
        && !text.ends_with(' ')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn strings_that_look_like_something_else_are_quoted() {
        let value = json!({
            "account": "012345678901",
            "answers": ["no", "Yes", "y", "off", "null", "~", "true"],
            "numbers": ["1e3", "0x1f", "0o17", "12:30", "1_000", ".5", "-1", "+1", "", "."],
            "dates": ["2026-01-31"],
            "arn": "arn:aws:iam::012345678901:role/lead",
            "bare": ["churn", "eu-central-1", "two words", "a/b.c"],
            "signs": ["- a", "a: b", "a #b", "#a", "*a", "&a", "!a", "%a", "a ", " a", "{a}", "a\nb", "\"q\" \\"],
            "hostile": "\u{1b}[31m\u{202e}\u{e0041}",
            "empty": {"map": {}, "list": []},
            "real": [1, -2.5, true, null, 1e300, 1e-7],
            "nested": [[1, [2]], {"a": {"b": [{"c": 1, "d": 2}]}}],
        });
        insta::assert_snapshot!(render(&value), @r##"
        account: "012345678901"
        answers:
          - "no"
          - "Yes"
          - "y"
          - "off"
          - "null"
          - "~"
          - "true"
        numbers:
          - "1e3"
          - "0x1f"
          - "0o17"
          - "12:30"
          - "1_000"
          - ".5"
          - "-1"
          - "+1"
          - ""
          - "."
        dates:
          - "2026-01-31"
        arn: "arn:aws:iam::012345678901:role/lead"
        bare:
          - churn
          - eu-central-1
          - two words
          - a/b.c
        signs:
          - "- a"
          - "a: b"
          - "a #b"
          - "#a"
          - "*a"
          - "&a"
          - "!a"
          - "%a"
          - "a "
          - " a"
          - "{a}"
          - "a\nb"
          - "\"q\" \\"
        hostile: "\u001b[31m\u202e\U000e0041"
        empty:
          map: {}
          list: []
        real:
          - 1
          - -2.5
          - true
          - null
          - 1.0e+300
          - 1.0e-7
        nested:
          - - 1
            - - 2
          - a:
              b:
                - c: 1
                  d: 2
        "##);
        assert_eq!(serde_yaml::from_str::<Value>(&render(&value)).unwrap(), value);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            prop::num::f64::NORMAL.prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[-+.0-9eExXoO_: ~yYnN]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_yaml_reader_gets_the_same_data(value in any_value()) {
            let text = render(&value);
            prop_assert!(!text.replace('\n', "").contains(is_unsafe));
            prop_assert_eq!(serde_yaml::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
