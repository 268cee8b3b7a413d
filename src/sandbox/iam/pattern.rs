//! Wildcards and policy variables.
//!
//! A [`Template`] is what a policy says; with a request's context it becomes a [`Pattern`], in which the values of the
//! variables are plain characters: a tag whose value is `*` does not become a wildcard.

use super::context::Context;

/// One position of a pattern. The `InSegment` forms do not match the colon between two components of an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Char(char),
    One,
    Many,
    OneInSegment,
    ManyInSegment,
}

/// Characters and wildcards, ready to match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern(Vec<Token>);

/// Whether a `*` at the end of an ARN component also matches what follows the next colons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SegmentEnd {
    /// As in the `Resource` element.
    Open,
    /// As in the ARN condition operators, which check each component separately.
    Closed,
}

impl Pattern {
    /// A pattern with the wildcards `*` and `?`, and no variables.
    pub(super) fn wildcards(text: &str) -> Self {
        Pattern(text.chars().map(wildcard).collect())
    }

    /// The same pattern for text that was lower-cased.
    pub(super) fn lowercase(self) -> Self {
        let lower = self.0.into_iter().flat_map(|token| match token {
            Token::Char(c) => c.to_lowercase().map(Token::Char).collect(),
            other => vec![other],
        });
        Pattern(lower.collect())
    }

    /// The same pattern for an ARN, where wildcards stay inside the first five of the six components; the last one is
    /// free text that may itself hold colons. A lone `*` stays what it is.
    pub(super) fn arn(mut self, end: SegmentEnd) -> Self {
        if self.0 == [Token::Many] {
            return self;
        }
        let mut colons = 0;
        for i in 0..self.0.len() {
            let last_in_segment = matches!(self.0.get(i + 1), None | Some(Token::Char(':')));
            match self.0[i] {
                Token::Char(':') => colons += 1,
                Token::One if colons < 5 => self.0[i] = Token::OneInSegment,
                Token::Many if colons < 5 && !(last_in_segment && end == SegmentEnd::Open) => {
                    self.0[i] = Token::ManyInSegment;
                }
                _ => {}
            }
        }
        self
    }

    /// The characters of a pattern that has no wildcards.
    pub(super) fn literal(&self) -> String {
        self.0.iter().filter_map(|token| if let Token::Char(c) = token { Some(*c) } else { None }).collect()
    }

    /// Whether the whole of `text` matches. Takes pattern length times text length, whatever the wildcards.
    pub(super) fn matches(&self, text: &str) -> bool {
        // reached[i]: the first i tokens match the text read so far.
        let mut reached = vec![false; self.0.len() + 1];
        reached[0] = true;
        self.skip_empty_stars(&mut reached);
        for c in text.chars() {
            let mut next = vec![false; reached.len()];
            for (i, token) in self.0.iter().enumerate().filter(|(i, _)| reached[*i]) {
                match *token {
                    Token::Char(expected) => next[i + 1] |= expected == c,
                    Token::One => next[i + 1] = true,
                    Token::OneInSegment => next[i + 1] |= c != ':',
                    Token::Many => next[i] = true,
                    Token::ManyInSegment => next[i] |= c != ':',
                }
            }
            self.skip_empty_stars(&mut next);
            reached = next;
        }
        reached[self.0.len()]
    }

    fn skip_empty_stars(&self, reached: &mut [bool]) {
        for (i, token) in self.0.iter().enumerate() {
            if reached[i] && matches!(token, Token::Many | Token::ManyInSegment) {
                reached[i + 1] = true;
            }
        }
    }
}

fn wildcard(c: char) -> Token {
    match c {
        '*' => Token::Many,
        '?' => Token::One,
        other => Token::Char(other),
    }
}

/// A value as it stands in a policy document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Token(Token),
    Variable { key: String, default: Option<String> },
}

impl Template {
    /// Reads `text`. Without `wildcards`, `*` and `?` are plain characters; without `variables` (documents older than
    /// version 2012-10-17), so is `${...}`.
    pub(super) fn parse(text: &str, wildcards: bool, variables: bool) -> Self {
        let token = |c| if wildcards { wildcard(c) } else { Token::Char(c) };
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            match rest.strip_prefix("${").filter(|_| variables).and_then(|inner| inner.split_once('}')) {
                Some((inner, after)) => {
                    pieces.push(variable(inner));
                    rest = after;
                }
                None => {
                    pieces.push(Piece::Token(token(c)));
                    rest = &rest[c.len_utf8()..];
                }
            }
        }
        Template(pieces)
    }

    /// The pattern for this request, or nothing when a variable has neither a value nor a default: such a value
    /// matches no request.
    pub(super) fn expand(&self, context: &Context) -> Option<Pattern> {
        let mut tokens = Vec::with_capacity(self.0.len());
        for piece in &self.0 {
            match piece {
                Piece::Token(token) => tokens.push(*token),
                Piece::Variable { key, default } => {
                    let value = context.single(key).or(default.as_deref())?;
                    tokens.extend(value.chars().map(Token::Char));
                }
            }
        }
        Some(Pattern(tokens))
    }
}

/// What stands between `${` and `}`: a key, a key with a quoted default, or one of the three escaped characters.
fn variable(inner: &str) -> Piece {
    if let "*" | "?" | "$" = inner {
        return Piece::Token(Token::Char(inner.chars().next().unwrap_or('$')));
    }
    let (key, default) = match inner.split_once(',') {
        Some((key, default)) => (key, default.trim().strip_prefix('\'').and_then(|text| text.strip_suffix('\''))),
        None => (inner, None),
    };
    Piece::Variable { key: key.trim().to_lowercase(), default: default.map(str::to_owned) }
}
