//! Untrusted text made safe to show: nothing that a terminal obeys, and nothing that a reader cannot see, passes.

use std::fmt::Write as _;

/// One line of safe text: line breaks and tabs become `\n`, `\r` and `\t`, other unsafe characters `\u{..}`.
pub fn sanitize(text: &str) -> String {
    escape(text, |letter, safe| match letter {
        '\n' => safe.push_str("\\n"),
        '\r' => safe.push_str("\\r"),
        '\t' => safe.push_str("\\t"),
        _ => rust_escape(letter, safe),
    })
}

/// Safe text that keeps its line breaks and tabs.
pub fn sanitize_lines(text: &str) -> String {
    escape(text, |letter, safe| match letter {
        '\n' | '\t' => safe.push(letter),
        _ => rust_escape(letter, safe),
    })
}

/// A cell of a tab-separated line: as [`sanitize`], and a backslash is doubled, so that the original can be recovered.
pub fn tsv_cell(text: &str) -> String {
    sanitize(text.replace('\\', "\\\\").as_str())
}

/// JSON text with unsafe characters as `\uXXXX`: the same data, since outside its strings JSON has only line breaks.
pub fn json(text: &str) -> String {
    escape(text, |letter, safe| match letter {
        '\n' => safe.push(letter),
        _ => {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        }
    })
}

/// Whether a terminal obeys `letter`, or shows nothing of it, or lets it change what stands around it.
///
/// That is Unicode's Cc, Zl and Zp, Default_Ignorable_Code_Point (which contains the bidirectional controls, zero-width
/// characters, variation selectors and tags), interlinear annotations and Egyptian format controls.
pub fn is_unsafe(letter: char) -> bool {
    matches!(letter,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

fn rust_escape(letter: char, safe: &mut String) {
    safe.extend(letter.escape_unicode());
}

fn escape(text: &str, replace: impl Fn(char, &mut String)) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_unsafe(letter) {
            replace(letter, &mut safe);
        } else {
            safe.push(letter);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_table_is_what_unicode_says() {
        let unicode = regex::Regex::new(
            r"^[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\x{fff9}-\x{fffb}\x{13430}-\x{1343f}]$",
        )
        .unwrap();
        for letter in '\0'..=char::MAX {
            let expected = unicode.is_match(letter.encode_utf8(&mut [0; 4]));
            assert_eq!(is_unsafe(letter), expected, "{letter:?}");
        }
    }

    #[test]
    fn hostile_text_becomes_visible() {
        let cases = [
            ("plain: äß 漢字 🙂", "plain: äß 漢字 🙂"),
            ("\u{1b}[2J\u{1b}]0;title\u{7}", "\\u{1b}[2J\\u{1b}]0;title\\u{7}"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
            ("user\u{202e}nimda", "user\\u{202e}nimda"),
            ("pay\u{200b}pal\u{feff}", "pay\\u{200b}pal\\u{feff}"),
            ("line\u{2028}break", "line\\u{2028}break"),
            ("tag\u{e0041}", "tag\\u{e0041}"),
        ];
        for (hostile, safe) in cases {
            assert_eq!(sanitize(hostile), safe);
        }
        assert_eq!(sanitize_lines("a\tb\n\u{1b}c\r\n"), "a\tb\n\\u{1b}c\\u{d}\n");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_comes_out(text in any::<String>()) {
            prop_assert!(!sanitize(&text).contains(is_unsafe));
            prop_assert!(!tsv_cell(&text).contains(is_unsafe));
            prop_assert!(!sanitize_lines(&text).replace(['\n', '\t'], "").contains(is_unsafe));
        }

        #[test]
        fn json_stays_the_same_data(text in any::<String>()) {
            let safe = json(&serde_json::to_string_pretty(&[&text]).unwrap());
            prop_assert!(!safe.replace('\n', "").contains(is_unsafe));
            prop_assert_eq!(serde_json::from_str::<Vec<String>>(&safe).unwrap(), [text]);
        }
    }
}
