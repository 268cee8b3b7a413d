//! Mistakes in a file, shown with the lines that they are in.

use std::fmt;
use std::ops::Range;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode, ThemeCharacters,
    ThemeStyles,
};

/// How many mistakes are shown; the rest is counted.
const SHOWN: usize = 20;

/// How many characters of a wrong value are repeated in a message.
const QUOTED: usize = 60;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong.
    pub message: String,
    /// The places in the file, as byte ranges with a word each; the first is where the mistake is. Empty when it is
    /// not in the file.
    pub labels: Vec<(Range<usize>, String)>,
    /// What would be right.
    pub help: Option<String>,
}

impl Mistake {
    /// A mistake without a place in the file.
    pub fn new(message: impl Into<String>) -> Self {
        Mistake { message: message.into(), labels: Vec::new(), help: None }
    }

    /// The same mistake, seen at `span`. One place has one label: aliases can make two places one.
    #[must_use]
    pub fn at(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        if self.labels.iter().all(|(known, _)| *known != span) {
            self.labels.push((span, label.into()));
        }
        self
    }

    /// The line of `text`, from 1, that it is in.
    pub fn line(&self, text: &str) -> Option<usize> {
        let (span, _) = self.labels.first()?;
        Some(1 + text.bytes().take(span.start).filter(|byte| *byte == b'\n').count())
    }

    /// The same mistake with what would be right.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// How a report looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Columns.
    pub width: usize,
    /// Whether it has colours.
    pub colour: bool,
}

impl Default for Look {
    fn default() -> Self {
        Look { width: 100, colour: false }
    }
}

/// `mistakes` in the order of the file, those from elsewhere last, each once: an alias repeats what it stands for, its
/// mistakes included.
pub fn in_order(mistakes: Vec<Mistake>) -> Vec<Mistake> {
    let place = |mistake: &Mistake| mistake.labels.first().map(|(span, _)| span.clone());
    let mut ordered: Vec<Mistake> = Vec::new();
    for mistake in mistakes {
        if !ordered.iter().any(|known| known.message == mistake.message && place(known) == place(&mistake)) {
            ordered.push(mistake);
        }
    }
    ordered.sort_by_key(|mistake| place(mistake).map_or(usize::MAX, |span| span.start));
    ordered
}

/// Renders `mistakes` of the file `name`, whose content is `text`.
pub fn render(name: &str, text: &str, mistakes: &[Mistake], look: Look) -> String {
    let source = NamedSource::new(harmless(name), harmless(text));
    let styles = if look.colour { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters: ThemeCharacters::unicode(), styles })
        .with_width(look.width)
        .with_links(false);
    let mut report = String::new();
    for mistake in mistakes.iter().take(SHOWN) {
        if !report.is_empty() {
            report.push('\n');
        }
        // Writing to a string does not fail.
        let _ = handler.render_report(&mut report, &Shown { mistake, source: &source });
    }
    if mistakes.len() > SHOWN {
        report.push_str(&format!("\n  and {} more\n", mistakes.len() - SHOWN));
    }
    report
}

/// A mistake beside its source, as miette wants it.
struct Shown<'a> {
    mistake: &'a Mistake,
    source: &'a NamedSource<String>,
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.mistake.fmt(f)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mistake.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl Diagnostic for Shown<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.mistake.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.mistake.labels.is_empty()).then_some(self.source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels = self.mistake.labels.iter().enumerate().map(|(index, (span, label))| {
            let (start, length) = (span.start, span.end.saturating_sub(span.start));
            if index == 0 {
                LabeledSpan::new_primary_with_span(Some(label.clone()), (start, length))
            } else {
                LabeledSpan::new(Some(label.clone()), start, length)
            }
        });
        Some(Box::new(labels))
    }
}

/// `text` between backquotes, short enough for a message and free of what a terminal would obey.
pub fn quoted(text: &str) -> String {
    let mut short: String = harmless(text).chars().take(QUOTED).map(|c| if c == '\n' { ' ' } else { c }).collect();
    if text.chars().count() > QUOTED {
        short.push_str("...");
    }
    format!("`{short}`")
}

/// `text` with every character that a terminal would obey replaced by a visible one **of the same length in bytes**,
/// so that byte ranges stay right.
fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        safe.push(match character {
            '\n' | '\t' => character,
            // Alone, it ends a line in YAML, and returns the cursor of a terminal.
            '\r' if characters.peek() == Some(&'\n') => ' ',
            '\r' => '\n',
            _ if !obeyed(character) => character,
            _ => match character.len_utf8() {
                1 => '?',
                2 => '\u{bf}',
                3 => '\u{fffd}',
                _ => '\u{1f7a9}',
            },
        });
    }
    safe
}

/// Whether a terminal does something else with `character` than to show it: control characters, and those that turn
/// the direction of text or are invisible.
pub fn obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_a_terminal_obeys_is_replaced_in_place(text in any::<String>()) {
            let safe = harmless(&text);
            prop_assert_eq!(safe.len(), text.len());
            prop_assert!(safe.chars().all(|c| matches!(c, '\n' | '\t') || !obeyed(c)));
        }

        #[test]
        fn any_place_in_any_text_can_be_shown(text in any::<String>(), start in 0usize..80, length in 0usize..20) {
            let start = (0..=start.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap();
            let end = (start..=(start + length).min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap();
            let mistake = Mistake::new("wrong").at(start..end, "here");
            prop_assert!(render("aiops.yaml", &text, &[mistake], Look::default()).contains("wrong"));
        }
    }
}
