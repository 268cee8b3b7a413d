//! Reads YAML into a tree that knows where everything stands in the file, and says what is wrong there.
//!
//! Scalars keep their text: `012345678901` does not become a number on the way. What a scalar means is decided later
//! by the schema. Anchors, aliases and merge keys (`<<`) are resolved here, within a budget.

use std::collections::HashMap;
use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, Span};

use super::mistake::{Mistake, quoted};

/// The largest file that is read, in bytes.
pub const LARGEST_FILE: usize = 1024 * 1024;

/// How deep lists and mappings may be nested in the file. Aliases can make the tree deeper, but every value inside
/// counts towards [`MOST_VALUES`] each time, which bounds the depth as well.
const DEEPEST: usize = 32;

/// How many values there may be once every alias is replaced by what it stands for.
const MOST_VALUES: usize = 20_000;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub content: Content,
    /// The bytes of the file that it takes. Behind an alias: those of the value that the alias stands for.
    pub span: Range<usize>,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A text, a number, anything that is neither list nor mapping.
    Scalar {
        /// Its text, after YAML's escapes.
        text: String,
        /// Whether it stands without quotes, so that it may be a number or a truth value.
        plain: bool,
    },
    /// A list.
    List(Vec<Node>),
    /// A mapping, in the order of the file.
    Mapping(Vec<Entry>),
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: String,
    /// The bytes that the key takes.
    pub key_span: Range<usize>,
    /// The value.
    pub value: Node,
}

impl Node {
    /// How many values this node is, itself included.
    fn size(&self) -> usize {
        match &self.content {
            Content::Scalar { .. } => 1,
            Content::List(items) => 1 + items.iter().map(Node::size).sum::<usize>(),
            Content::Mapping(entries) => 1 + entries.iter().map(|entry| entry.value.size()).sum::<usize>(),
        }
    }

    /// Whether this is nothing: an empty value, `~` or `null`.
    pub fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }
}

/// The tree of `text` and every mistake on the way to it. There is no tree when the text cannot be understood as YAML.
/// An empty file is an empty mapping.
pub fn read(text: &str) -> (Option<Node>, Vec<Mistake>) {
    let mut reader = Reader { text, ..Reader::default() };
    match reader.document() {
        Ok(()) => {
            let nothing = Node { content: Content::Mapping(Vec::new()), span: 0..0 };
            (Some(reader.root.unwrap_or(nothing)), reader.mistakes)
        }
        Err(mistake) => {
            reader.mistakes.push(*mistake);
            (None, reader.mistakes)
        }
    }
}

/// What is being built.
#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    root: Option<Node>,
    /// The lists and mappings that are still open, outermost first.
    open: Vec<Open>,
    /// What each finished anchor stands for.
    anchors: HashMap<usize, Anchored>,
    values: usize,
    mistakes: Vec<Mistake>,
}

struct Anchored {
    node: Node,
    size: usize,
}

struct Open {
    anchor: usize,
    start: usize,
    content: Content,
    /// In a mapping: the key that waits for its value. A key that is not text is `Some(None)`.
    key: Option<Option<(String, Range<usize>)>>,
    /// In a mapping: the values of `<<`, in order.
    merged: Vec<Node>,
}

impl Reader<'_> {
    fn document(&mut self) -> Result<(), Box<Mistake>> {
        let mut options = granit_parser::options! {
            flow_nesting_limit: DEEPEST,
            block_nesting_limit: DEEPEST,
            disallow_directives: true,
        };
        options.set_emit_comments(false);
        let mut documents = 0;
        for event in Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = event.map_err(|error| Box::new(self.syntax(&error)))?;
            let range = self.range(&span);
            match event {
                Event::DocumentStart(..) => {
                    documents += 1;
                    if documents > 1 {
                        return Err(Box::new(
                            Mistake::new("the file holds a second YAML document")
                                .at(range, "a new document begins here")
                                .help("keep one document: remove the `---` and what follows it"),
                        ));
                    }
                }
                Event::Scalar(text, style, anchor, tag) => {
                    if tag.is_some() {
                        self.tag(&span);
                    }
                    let content = Content::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain };
                    self.finished(Node { content, span: range }, anchor)?;
                }
                Event::SequenceStart(_, anchor, tag) => {
                    if tag.is_some() {
                        self.tag(&span);
                    }
                    self.begin(Content::List(Vec::new()), anchor, range.start);
                }
                Event::MappingStart(_, anchor, tag) => {
                    if tag.is_some() {
                        self.tag(&span);
                    }
                    self.begin(Content::Mapping(Vec::new()), anchor, range.start);
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    if let Some(open) = self.open.pop() {
                        let anchor = open.anchor;
                        let node = self.close(open, range.end)?;
                        self.finished(node, anchor)?;
                    }
                }
                Event::Alias(anchor) => self.alias(anchor, range)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn begin(&mut self, content: Content, anchor: usize, start: usize) {
        self.open.push(Open { anchor, start, content, key: None, merged: Vec::new() });
    }

    /// The finished list or mapping, with what its merge keys bring in: a key of its own wins, then the first merged.
    fn close(&mut self, open: Open, end: usize) -> Result<Node, Box<Mistake>> {
        let mut content = open.content;
        if let Content::Mapping(entries) = &mut content {
            for source in open.merged {
                let Content::Mapping(more) = source.content else { continue };
                for entry in more {
                    if entries.iter().all(|own| own.key != entry.key) {
                        self.count(entry.value.size(), &entry.key_span)?;
                        entries.push(entry);
                    }
                }
            }
        }
        Ok(Node { content, span: open.start..end.max(open.start) })
    }

    /// Puts a finished node where it belongs.
    fn finished(&mut self, node: Node, anchor: usize) -> Result<(), Box<Mistake>> {
        self.count(1, &node.span)?;
        if anchor != 0 {
            self.anchors.insert(anchor, Anchored { size: node.size(), node: node.clone() });
        }
        self.place(node);
        Ok(())
    }

    fn alias(&mut self, anchor: usize, range: Range<usize>) -> Result<(), Box<Mistake>> {
        let Some(Anchored { size, node }) = self.anchors.get(&anchor) else {
            return Err(Box::new(
                Mistake::new("an alias stands inside the value that it stands for")
                    .at(range, "this would contain itself without end"),
            ));
        };
        let (size, node) = (*size, node.clone());
        self.count(size, &range)?;
        self.place(node);
        Ok(())
    }

    fn count(&mut self, more: usize, place: &Range<usize>) -> Result<(), Box<Mistake>> {
        self.values = self.values.saturating_add(more);
        if self.values > MOST_VALUES {
            return Err(Box::new(
                Mistake::new(format!("the file stands for more than {MOST_VALUES} values"))
                    .at(place.clone(), "the limit is passed here")
                    .help("write out what the aliases (`*name`) repeat, or use fewer of them"),
            ));
        }
        Ok(())
    }

    fn place(&mut self, node: Node) {
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return;
        };
        let entries = match &mut open.content {
            Content::List(items) => {
                items.push(node);
                return;
            }
            Content::Mapping(entries) => entries,
            Content::Scalar { .. } => return,
        };
        let Some(key) = open.key.take() else {
            open.key = Some(match node.content {
                Content::Scalar { text, .. } => Some((text, node.span)),
                _ => {
                    self.mistakes.push(
                        Mistake::new("a key is a list or a mapping")
                            .at(first(&node.span), "expected a name")
                            .help("text that begins with `{` or `[` needs quotes"),
                    );
                    None
                }
            });
            return;
        };
        let Some((key, key_span)) = key else { return };
        if key == "<<" {
            let sources = match node.content {
                Content::List(items) => items,
                _ => vec![node],
            };
            for source in sources {
                if matches!(source.content, Content::Mapping(_)) {
                    open.merged.push(source);
                } else {
                    self.mistakes.push(
                        Mistake::new("only mappings can be merged")
                            .at(key_span.clone(), "this merges something else")
                            .help("give `<<` an alias of a mapping, such as `<<: *defaults`"),
                    );
                }
            }
        } else if let Some(earlier) = entries.iter().find(|entry| entry.key == key) {
            self.mistakes.push(
                Mistake::new(format!("the key {} is there twice", quoted(&key)))
                    .at(key_span, "second time")
                    .at(earlier.key_span.clone(), "first time")
                    .help("keep one of them"),
            );
        } else {
            entries.push(Entry { key, key_span, value: node });
        }
    }

    fn tag(&mut self, span: &Span) {
        let place = span.tag_span().map_or_else(|| first(&self.range(span)), |tag| self.range(&tag));
        self.mistakes.push(
            Mistake::new("YAML tags have no meaning in this file")
                .at(place, "a tag")
                .help("remove it; text that begins with `!` needs quotes"),
        );
    }

    fn syntax(&self, error: &ScanError) -> Mistake {
        let start = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
        let (message, help) = explain(error.kind());
        // The parser notices a tab where the line or the value before it ends.
        let tab = if is_tab(error.kind()) { self.text.get(start..).and_then(|rest| rest.find('\t')) } else { None };
        let span = tab.map_or(start..start, |tab| start + tab..start + tab + 1);
        let mistake = Mistake::new(message).at(span, "here");
        match help {
            Some(help) => mistake.help(help),
            None => mistake,
        }
    }

    fn range(&self, span: &Span) -> Range<usize> {
        let start = span.start.byte_offset().unwrap_or(0).min(self.text.len());
        let end = span.end.byte_offset().unwrap_or(start).clamp(start, self.text.len());
        start..end
    }
}

/// The first byte of `span`, to point at something that may take many lines.
fn first(span: &Range<usize>) -> Range<usize> {
    span.start..(span.start + 1).min(span.end.max(span.start))
}

fn is_tab(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
    )
}

/// What a syntax error means to somebody who writes a configuration, and what to do about it.
fn explain(kind: &ErrorKind) -> (String, Option<&'static str>) {
    use ErrorKind as E;
    match kind {
        tab if is_tab(tab) => ("a tab stands where YAML wants spaces".to_owned(), Some("indent with spaces")),
        E::UnknownAnchor | E::MissingAnchorOrAliasName => (
            "an alias stands for nothing".to_owned(),
            Some("text that begins with `*`, such as a pattern, needs quotes: \"*\""),
        ),
        E::RecursionLimitExceeded => (format!("lists and mappings are nested more than {DEEPEST} deep"), None),
        E::UnclosedQuotedScalar => ("a quotation mark is never closed".to_owned(), None),
        E::UnclosedFlowCollection { open } => (format!("a `{open}` is never closed"), None),
        E::DirectiveDisallowed => ("YAML directives have no meaning in this file".to_owned(), None),
        E::MappingValueNotAllowed => (
            "a `:` stands where no key can end".to_owned(),
            Some("text that holds `: ` needs quotes; keys of one mapping begin in the same column"),
        ),
        E::SimpleKeyExpected | E::InvalidSimpleKey => {
            ("expected `key: value`".to_owned(), Some("write a space after the colon"))
        }
        E::ExpectedBlockMappingKey | E::InvalidIndentation | E::ExpectedBlockSequenceEntry => (
            "the indentation does not fit what is above".to_owned(),
            Some("keys of one mapping, and the `-` of one list, begin in the same column"),
        ),
        other => (format!("this is not YAML: {other}"), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as compact text.
    fn shape(node: &Node) -> String {
        match &node.content {
            Content::Scalar { text, plain: true } => text.clone(),
            Content::Scalar { text, plain: false } => format!("{text:?}"),
            Content::List(items) => format!("[{}]", items.iter().map(shape).collect::<Vec<_>>().join(" ")),
            Content::Mapping(entries) => {
                let entries = entries.iter().map(|entry| format!("{}={}", entry.key, shape(&entry.value)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(" "))
            }
        }
    }

    fn messages(text: &str) -> Vec<String> {
        read(text).1.into_iter().map(|mistake| mistake.message).collect()
    }

    #[test]
    fn what_is_read() {
        for (text, tree) in [
            ("", "{}"),
            ("# only a comment\n", "{}"),
            ("account: 012345678901", "{account=012345678901}"),
            ("a: '01'\nb: \"x\\ny\"", r#"{a="01" b="x\ny"}"#),
            ("a: [1, {b: c}]", "{a=[1 {b=c}]}"),
            ("a: &x {b: 1}\nc: *x", "{a={b=1} c={b=1}}"),
            ("a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  b: 3", "{a={b=1 c=2} d={b=3 c=2}}"),
            ("a: &x {b: 1}\nc: &y {b: 2, d: 3}\ne: {<<: [*x, *y]}", "{a={b=1} c={b=2 d=3} e={b=1 d=3}}"),
            ("\u{feff}a: 1", "{a=1}"),
            ("a:\n", "{a=~}"),
        ] {
            let (node, mistakes) = read(text);
            assert_eq!(mistakes, [], "{text}");
            assert_eq!(shape(&node.unwrap()), tree, "{text}");
        }
    }

    #[test]
    fn what_is_refused() {
        for (text, message) in [
            ("a: 1\n\tb: 2", "a tab stands where YAML wants spaces"),
            ("a: 1\n---\nb: 2", "the file holds a second YAML document"),
            ("a: 1\na: 2", "the key `a` is there twice"),
            ("a: &x [*x]", "an alias stands inside the value that it stands for"),
            ("a: *", "an alias stands for nothing"),
            ("a: *b", "an alias stands for nothing"),
            ("a: !Ref b", "YAML tags have no meaning in this file"),
            ("? [a]\n: b", "a key is a list or a mapping"),
            ("a: [1", "a `[` is never closed"),
            ("a: \"b", "a quotation mark is never closed"),
            ("%YAML 1.1\n---\na: 1", "YAML directives have no meaning in this file"),
            ("a: 1\nb: {<<: 3}", "only mappings can be merged"),
        ] {
            assert!(messages(text).iter().any(|found| found == message), "{text:?}: {:?}", messages(text));
        }
        let deep = "[".repeat(DEEPEST + 1) + &"]".repeat(DEEPEST + 1);
        assert_eq!(messages(&deep), ["lists and mappings are nested more than 32 deep"]);
    }

    #[test]
    fn spans_are_bytes_of_the_file() {
        let text = "title: Größe\nregion: eu-west-1 # here\n";
        let (node, _) = read(text);
        let Content::Mapping(entries) = node.unwrap().content else { panic!("a mapping") };
        assert_eq!(&text[entries[1].key_span.clone()], "region");
        assert_eq!(&text[entries[1].value.span.clone()], "eu-west-1");
        assert_eq!(&text[entries[0].value.span.clone()], "Größe");
    }

    #[test]
    fn a_bomb_does_not_go_off() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let previous = format!("*a{}", level - 1);
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", [previous.as_str(); 9].join(", ")));
        }
        assert_eq!(messages(&bomb), ["the file stands for more than 20000 values"]);
    }
}
