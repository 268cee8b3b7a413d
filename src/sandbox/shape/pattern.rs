//! Regular expressions of AWS's models, as they are published and as they are compiled.

use std::sync::OnceLock;

use fancy_regex::{Regex, RegexBuilder};

/// A regular expression that must match the whole text. Compiled when first used: most never are.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    longest: Option<usize>,
    whole: OnceLock<Regex>,
}

impl Pattern {
    /// The pattern `text` of a string that may have `longest` characters.
    pub(super) fn new(text: &str, longest: Option<usize>) -> Self {
        Pattern { text: text.to_owned(), longest, whole: OnceLock::new() }
    }

    /// As AWS publishes it.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether `text` matches. Of a text that is too long for its shape this may say yes where the published form says
    /// no: its length is refused in any case.
    pub(super) fn matches(&self, text: &str) -> bool {
        // A pattern that does not compile matches nothing; `Shapes::mistakes` finds it in a test.
        self.compile().is_ok_and(|whole| whole.is_match(text).unwrap_or(false))
    }

    /// The compiled form, without the repetition counts that the length of the string makes idle.
    pub(super) fn compile(&self) -> Result<&Regex, Box<fancy_regex::Error>> {
        if let Some(whole) = self.whole.get() {
            return Ok(whole);
        }
        let text = self.longest.map_or_else(|| self.text.clone(), |longest| without_idle_counts(&self.text, longest));
        let whole = RegexBuilder::new(&format!(r"\A(?:{text})\z")).build()?;
        Ok(self.whole.get_or_init(|| whole))
    }
}

/// `pattern` with `{2,}` in place of `{2,n}` wherever `n` is at least `longest`.
///
/// What is repeated takes at least one character each time, or nothing, which needs no repetition. So in a text of at
/// most `longest` characters such an upper count never stops anything. But it costs: a repetition is compiled by copying
/// what it repeats, and a thousand copies of a Unicode class are megabytes and take a second.
fn without_idle_counts(pattern: &str, longest: usize) -> String {
    let mut shortened = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut classes = 0_u32;
    while let Some(next) = rest.chars().next() {
        let length = match next {
            '\\' => 1 + rest.chars().nth(1).map_or(0, char::len_utf8),
            _ => next.len_utf8(),
        };
        match next {
            '[' => classes += 1,
            ']' => classes = classes.saturating_sub(1),
            '{' if classes == 0 => {
                if let Some((least, after)) = idle_count(rest, longest) {
                    shortened.push_str(&format!("{{{least},}}"));
                    rest = after;
                    continue;
                }
            }
            _ => {}
        }
        let (copied, after) = rest.split_at(length);
        shortened.push_str(copied);
        rest = after;
    }
    shortened
}

/// The lower count of the `{m,n}` at the head of `text` if `n` is at least `longest`, and what follows it.
fn idle_count(text: &str, longest: usize) -> Option<(usize, &str)> {
    let (counts, after) = text.strip_prefix('{')?.split_once('}')?;
    let (least, most) = counts.split_once(',')?;
    let (least, most): (usize, usize) = (least.parse().ok()?, most.parse().ok()?);
    (most >= longest).then_some((least, after))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_that_the_length_makes_idle_are_left_out() {
        let cases = [
            (r"[\p{L}\p{N}]{0,10}", r"[\p{L}\p{N}]{0,}"),
            (r".{1,12}", ".{1,}"),
            (r"[a-z](-*[a-z]){0,9}", r"[a-z](-*[a-z]){0,9}"),
            (r"arn:[0-9]{12}:[\S]{1,10}", r"arn:[0-9]{12}:[\S]{1,}"),
            (r"\p{L}{2,10}?", r"\p{L}{2,}?"),
            (r"\{1,10}[{1,10}]x{3,}", r"\{1,10}[{1,10}]x{3,}"),
        ];
        for (published, compiled) in cases {
            assert_eq!(without_idle_counts(published, 10), compiled);
        }
    }

    proptest! {
        /// Both forms agree on every text that is short enough.
        #[test]
        fn the_compiled_form_accepts_what_the_published_form_does(text in "[aB1 -]{0,6}") {
            for pattern in ["[a-z]{1,6}", r"(-*[\p{L}\p{N}]){0,6}", "a(b*){2,9}B?", "[aB]{0,3}[1 ]{0,7}", "(?!-)[^B]{2,6}"] {
                let published = Regex::new(&format!(r"\A(?:{pattern})\z")).unwrap().is_match(&text).unwrap();
                prop_assert_eq!(Pattern::new(pattern, Some(6)).matches(&text), published, "{}", pattern);
            }
        }
    }
}
