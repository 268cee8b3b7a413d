//! Brings a new rendering into a repository that people have worked in: a three-way merge of the rendering that the
//! repository was made or last updated from, the team's files, and the new rendering.
//!
//! What only one side changed is taken from it. What both changed is merged line by line, with Git's conflict markers
//! where they meet. The team decides about files: what it deleted stays deleted, and what it edited stays, though the
//! template deletes it. Renames are not followed: a file that the team moved counts as deleted.

use std::collections::{BTreeMap, BTreeSet};

use git2::{
    Index, IndexEntry, IndexTime, MergeFileInput, MergeFileOptions, MergeFileResult, ObjectType, Oid, merge_file,
};
use serde::Serialize;

use super::path::LARGEST_TEMPLATE;
use super::record::Record;
use super::{cicd, record};
use crate::error::{Error, Result};
use crate::git::Repository;

/// The branch that has the renderings of a repository's template, one a commit.
pub const BRANCH: &str = "aiops/template";

/// What a merge came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Merged {
    /// The tree that it makes.
    #[serde(serialize_with = "hex")]
    pub tree: Oid,
    /// What the team has to decide.
    pub conflicts: Vec<Conflict>,
    /// Files that the team deleted and the template changed: they stay deleted.
    pub kept_deleted: Vec<String>,
    /// Files that the team edited and the template deleted: they stay.
    pub kept_edited: Vec<String>,
    /// How the tree differs from the team's.
    pub changed: Vec<Change>,
}

/// A file about which the two sides do not agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Conflict {
    /// Its path.
    pub path: String,
    /// In what.
    pub kind: ConflictKind,
}

/// In what the two sides do not agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConflictKind {
    /// Lines. The file has conflict markers.
    Content,
    /// Bytes, or something that is no file. The team's stays.
    Binary,
    /// The template has a file where the team has a directory, or the other way round. The team's stays.
    Place,
}

/// A file that differs from the team's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Its path.
    pub path: String,
    /// How.
    pub kind: ChangeKind,
}

/// How a file differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It has another content or mode.
    Changed,
    /// It is gone.
    Removed,
}

/// How conflict markers call the sides.
#[derive(Clone, Debug)]
pub struct Labels {
    /// The team's, such as `main`.
    pub ours: String,
    /// The new rendering, such as `template regression 3f2a1c0`.
    pub theirs: String,
}

/// An entry of a tree: its mode, and the id of its content.
type Entry = (i32, Oid);
/// The entries of a tree and of all below it, but for directories.
type Entries = BTreeMap<Vec<u8>, Entry>;

/// Modes of what is no file: a symbolic link, and the commit of a submodule.
const LINK: i32 = 0o120_000;
const COMMIT: i32 = 0o160_000;

/// The tree of the rendering that `record` is of: what an update of a repository with this record starts from. Nothing if
/// [`BRANCH`] does not have it.
///
/// # Errors
///
/// If the branch cannot be read.
pub fn base(repository: &Repository, record: &Record) -> Result<Option<Oid>> {
    let mut next = repository.branch(BRANCH)?;
    while let Some(id) = next {
        let commit = repository
            .inner()
            .find_commit(id)
            .map_err(|error| Error::failed(format!("cannot read commit {id}")).because(error))?;
        let known = repository.file(id, record::FILE)?.and_then(|content| Record::read(&content).ok());
        if known.is_some_and(|known| known.tree == record.tree) {
            return Ok(Some(commit.tree_id()));
        }
        next = commit.parent_id(0).ok();
    }
    Ok(None)
}

/// Merges the tree `theirs` into `ours` (a commit or tree), both of which come from the tree `base`. Writes objects into
/// `repository`, and nothing else.
///
/// `.aiops/seed.yaml` and `cicd-config.json` are those of `theirs`, whatever the team did to them.
///
/// # Errors
///
/// If one of the three is not there, or cannot be read.
pub fn merge(repository: &Repository, base: Oid, ours: Oid, theirs: Oid, labels: &Labels) -> Result<Merged> {
    let repository = repository.inner();
    let merge = || -> Result<Merged, git2::Error> {
        let base = entries(repository, base)?;
        let ours = entries(repository, ours)?;
        let theirs = entries(repository, theirs)?;
        Merging { repository, labels, base, ours, theirs, result: Entries::new(), merged: Merged::new() }.run()
    };
    merge().map_err(|error| Error::failed("the new rendering cannot be merged").because(error))
}

impl Merged {
    fn new() -> Self {
        Merged {
            tree: Oid::ZERO_SHA1,
            conflicts: Vec::new(),
            kept_deleted: Vec::new(),
            kept_edited: Vec::new(),
            changed: Vec::new(),
        }
    }
}

struct Merging<'a> {
    repository: &'a git2::Repository,
    labels: &'a Labels,
    base: Entries,
    ours: Entries,
    theirs: Entries,
    result: Entries,
    merged: Merged,
}

impl Merging<'_> {
    fn run(mut self) -> Result<Merged, git2::Error> {
        let paths: BTreeSet<Vec<u8>> =
            self.base.keys().chain(self.ours.keys()).chain(self.theirs.keys()).cloned().collect();
        for path in paths {
            if let Some(entry) = self.entry(&path)? {
                self.result.insert(path, entry);
            }
        }
        self.yield_places();
        self.merged.tree = write(self.repository, &self.result)?;
        self.merged.changed = changes(&self.ours, &self.result);
        Ok(self.merged)
    }

    /// What becomes of `path`.
    fn entry(&mut self, path: &[u8]) -> Result<Option<Entry>, git2::Error> {
        let of = |entries: &Entries| entries.get(path).copied();
        let (base, ours, theirs) = (of(&self.base), of(&self.ours), of(&self.theirs));
        let is_ours_to_write = [record::FILE.as_bytes(), cicd::FILE.as_bytes()].contains(&path);
        if is_ours_to_write && theirs.is_some() {
            return Ok(theirs);
        }
        match (base, ours, theirs) {
            _ if ours == theirs || base == theirs => Ok(ours),
            _ if base == ours => Ok(theirs),
            (_, None, _) => {
                self.merged.kept_deleted.push(shown(path));
                Ok(None)
            }
            (_, _, None) => {
                self.merged.kept_edited.push(shown(path));
                Ok(ours)
            }
            (base, Some(ours), Some(theirs)) => self.both(path, base, ours, theirs).map(Some),
        }
    }

    /// What both sides have and neither left as it was.
    fn both(&mut self, path: &[u8], base: Option<Entry>, ours: Entry, theirs: Entry) -> Result<Entry, git2::Error> {
        let is_file = |entry: Entry| ![LINK, COMMIT].contains(&entry.0);
        let mode = if base.is_some_and(|base| base.0 == ours.0) { theirs.0 } else { ours.0 };
        if !is_file(ours) || !is_file(theirs) {
            self.conflict(path, ConflictKind::Binary);
            return Ok(ours);
        }
        if ours.1 == theirs.1 || base.is_some_and(|base| base.1 == theirs.1) {
            return Ok((mode, ours.1));
        }
        if base.is_some_and(|base| base.1 == ours.1) {
            return Ok((mode, theirs.1));
        }
        let content = |entry: Entry| Ok::<_, git2::Error>(self.repository.find_blob(entry.1)?.content().to_vec());
        // Without a common ancestor everything is new on both sides.
        let before = base.filter(|base| is_file(*base)).map_or_else(|| Ok(Vec::new()), content)?;
        let contents = [before, content(ours)?, content(theirs)?];
        if contents.iter().any(|content| content.contains(&0) || content.len() as u64 > LARGEST_TEMPLATE) {
            self.conflict(path, ConflictKind::Binary);
            return Ok((mode, ours.1));
        }
        let result = lines(&contents, self.labels)?;
        if !result.is_automergeable() {
            self.conflict(path, ConflictKind::Content);
        }
        Ok((mode, self.repository.blob(result.content())?))
    }

    /// Takes out what the template adds where the team has a file in place of a directory, or the other way round.
    fn yield_places(&mut self) {
        let added: Vec<Vec<u8>> = self.result.keys().filter(|path| !self.ours.contains_key(*path)).cloned().collect();
        for path in added {
            let parents = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(end, _)| &path[..end]);
            let below = [&path[..], b"/"].concat();
            let mut inside = self.result.range(below.clone()..).take_while(|(other, _)| other.starts_with(&below));
            if parents.into_iter().any(|parent| self.result.contains_key(parent)) || inside.next().is_some() {
                self.result.remove(&path);
                self.conflict(&path, ConflictKind::Place);
            }
        }
    }

    fn conflict(&mut self, path: &[u8], kind: ConflictKind) {
        self.merged.conflicts.push(Conflict { path: shown(path), kind });
    }
}

/// Merges the lines of a file: as it was, the team's, the template's. None of them may be binary.
fn lines([before, ours, theirs]: &[Vec<u8>; 3], labels: &Labels) -> Result<MergeFileResult, git2::Error> {
    fn input(content: &[u8]) -> MergeFileInput<'_> {
        let mut input = MergeFileInput::new();
        input.content(content);
        input
    }
    // A label is one line, and ends before a NUL.
    let label = |text: &str| text.chars().filter(|letter| !letter.is_control()).collect::<String>();
    let mut options = MergeFileOptions::new();
    options.our_label(label(&labels.ours)).their_label(label(&labels.theirs));
    merge_file(&input(before), &input(ours), &input(theirs), Some(&mut options))
}

fn entries(repository: &git2::Repository, id: Oid) -> Result<Entries, git2::Error> {
    let mut entries = Entries::new();
    let mut open = vec![(Vec::new(), repository.find_object(id, None)?.peel_to_tree()?)];
    while let Some((above, tree)) = open.pop() {
        for entry in &tree {
            let path = [&above[..], entry.name_bytes()].concat();
            match entry.kind() {
                Some(ObjectType::Tree) => {
                    let below = [&path[..], b"/"].concat();
                    open.push((below, repository.find_tree(entry.id())?));
                }
                _ => {
                    entries.insert(path, (entry.filemode(), entry.id()));
                }
            }
        }
    }
    Ok(entries)
}

fn write(repository: &git2::Repository, entries: &Entries) -> Result<Oid, git2::Error> {
    let mut index = Index::new()?;
    let nothing = IndexTime::new(0, 0);
    for (path, (mode, id)) in entries {
        index.add(&IndexEntry {
            ctime: nothing,
            mtime: nothing,
            dev: 0,
            ino: 0,
            mode: mode.unsigned_abs(),
            uid: 0,
            gid: 0,
            file_size: 0,
            id: *id,
            flags: 0,
            flags_extended: 0,
            path: path.clone(),
        })?;
    }
    index.write_tree_to(repository)
}

fn changes(before: &Entries, after: &Entries) -> Vec<Change> {
    let paths: BTreeSet<&Vec<u8>> = before.keys().chain(after.keys()).collect();
    let change = |path: &Vec<u8>| {
        let kind = match (before.get(path), after.get(path)) {
            (None, Some(_)) => ChangeKind::Added,
            (Some(_), None) => ChangeKind::Removed,
            (before, after) if before != after => ChangeKind::Changed,
            _ => return None,
        };
        Some(Change { path: shown(path), kind })
    };
    paths.into_iter().filter_map(change).collect()
}

fn shown(path: &[u8]) -> String {
    String::from_utf8_lossy(path).into_owned()
}

fn hex<S: serde::Serializer>(id: &Oid, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

#[cfg(test)]
mod tests;
