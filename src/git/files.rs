//! The files of a repository, as a tree is made of them.

use std::collections::BTreeMap;

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its bytes.
    pub content: Vec<u8>,
    /// Whether it may be run as a program.
    pub executable: bool,
}

impl File {
    /// A file that is read, not run.
    pub fn new(content: impl Into<Vec<u8>>) -> Self {
        File { content: content.into(), executable: false }
    }
}

/// Files by path. Paths are relative, have `/` between their parts, and none of `.`, `..` or `.git` among them.
pub type Files = BTreeMap<String, File>;
