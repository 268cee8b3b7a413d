//! `.aiops/seed.yaml`: which template a repository was made from, and with which answers, so that it can be updated.

use std::collections::BTreeMap;

use git2::{ObjectType, Oid};
use serde::{Deserialize, Serialize};

use super::answers::Answers;
use super::cicd::{self, CicdConfig};
use super::library::{Origin, Template};
use super::render::Holds;
use crate::config::quoted;
use crate::error::{Error, Result};
use crate::git::{File, Files};
use crate::output::yaml;

/// The path of the file in a repository.
pub const FILE: &str = ".aiops/seed.yaml";

/// The largest record that is read, in bytes.
const LARGEST: usize = 1024 * 1024;

/// What a repository was made from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Record {
    /// Version of this file's format.
    pub version: u32,
    /// Name of the template.
    pub template: String,
    /// Where the template came from.
    pub origin: Origin,
    /// What the repository holds.
    pub holds: Holds,
    /// What the template was told.
    pub answers: Answers,
    /// Git's id of the tree of everything that was rendered, without this file.
    pub tree: String,
    /// Version of aiops.
    pub aiops: String,
}

impl Record {
    /// The record as a file.
    pub fn file(&self) -> Result<File> {
        let value = serde_json::to_value(self)
            .map_err(|error| Error::failed(format!("{FILE} cannot be written")).because(error))?;
        let yaml = yaml::render(&value);
        Ok(File::new(format!("# Written by aiops, which updates this repository by it. Do not edit it.\n{yaml}")))
    }

    /// The record that `content` is.
    ///
    /// # Errors
    ///
    /// Kind `Config`, if it is none, or one of a later aiops.
    pub fn read(content: &[u8]) -> Result<Self> {
        let wrong = |error: String| {
            Error::config(format!("{FILE} is not what aiops wrote: {error}"))
                .hint("take it back from the branch `aiops/template`, or from an earlier commit")
        };
        if content.len() > LARGEST {
            return Err(wrong("it is too large".to_owned()));
        }
        let record: Record = serde_yaml::from_slice(content).map_err(|error| wrong(error.to_string()))?;
        match record.version {
            1 => Ok(record),
            later => Err(Error::config(format!("{FILE} has the format {later}, which this aiops does not know"))
                .hint("update aiops")),
        }
    }
}

/// Everything that a repository begins with: what the template renders, `more` (which wins nothing: it cannot be there
/// already), `cicd-config.json`, and the record.
///
/// # Errors
///
/// As [`Template::render`]; kind `Config` if the template renders a file of `more`.
pub fn seed(
    template: &Template,
    cicd: &CicdConfig,
    answers: &Answers,
    holds: Holds,
    more: Files,
) -> Result<(Files, Record)> {
    let mut files = template.render(cicd, answers, holds)?;
    for (path, file) in more.into_iter().chain([(cicd::FILE.to_owned(), cicd.file()?)]) {
        if files.insert(path.clone(), file).is_some() {
            return Err(Error::config(format!("{} is written by aiops: a template cannot have it", quoted(&path))));
        }
    }
    let record = Record {
        version: 1,
        template: template.name.clone(),
        origin: template.origin.clone(),
        holds,
        answers: answers.clone(),
        tree: tree_id(&files)?.to_string(),
        aiops: env!("CARGO_PKG_VERSION").to_owned(),
    };
    files.insert(FILE.to_owned(), record.file()?);
    Ok((files, record))
}

/// The id that Git gives to the tree of `files`.
///
/// # Errors
///
/// If libgit2 cannot hash.
pub fn tree_id(files: &Files) -> Result<Oid> {
    let hashed = files.iter().map(|(path, file)| {
        let mode = if file.executable { "100755" } else { "100644" };
        Ok((path.as_str(), (mode, Oid::hash_object(ObjectType::Blob, &file.content)?)))
    });
    let hashed: Result<BTreeMap<_, _>, git2::Error> = hashed.collect();
    hashed.and_then(tree).map_err(|error| Error::failed("the files cannot be hashed").because(error))
}

fn tree(files: BTreeMap<&str, (&'static str, Oid)>) -> Result<Oid, git2::Error> {
    let mut entries: BTreeMap<String, (&str, &str, Oid)> = BTreeMap::new();
    let mut directories: BTreeMap<&str, BTreeMap<&str, (&'static str, Oid)>> = BTreeMap::new();
    for (path, file) in files {
        match path.split_once('/') {
            Some((directory, rest)) => {
                directories.entry(directory).or_default().insert(rest, file);
            }
            None => {
                entries.insert(path.to_owned(), (file.0, path, file.1));
            }
        }
    }
    for (name, files) in directories {
        // Git sorts directories as if their names ended with a slash.
        entries.insert(format!("{name}/"), ("40000", name, tree(files)?));
    }
    let mut bytes = Vec::new();
    for (mode, name, id) in entries.values() {
        bytes.extend_from_slice(format!("{mode} {name}\0").as_bytes());
        bytes.extend_from_slice(id.as_bytes());
    }
    Oid::hash_object(ObjectType::Tree, &bytes)
}

#[cfg(test)]
mod tests;
