//! Templates and projects for tests.

use super::cicd::{CicdConfig, sample};
use super::library::{Library, Origin, Template};
use crate::config::{GitLayout, GitProvider};
use crate::error::Error;
use crate::git::{File, Files};

/// Files with these contents.
pub fn files(entries: &[(&str, &str)]) -> Files {
    entries.iter().map(|(path, content)| ((*path).to_owned(), File::new(*content))).collect()
}

/// A library of these files, as if it was a commit.
pub fn library(entries: &[(&str, &str)]) -> Library {
    let origin =
        Origin { source: "https://example.com/templates.git".into(), reference: None, commit: "c0ffee".into() };
    Library::from_files(files(entries), origin).unwrap()
}

/// The template `t` with this `template.yaml` (its first two keys are there) and these files.
pub fn template(manifest: &str, entries: &[(&str, &str)]) -> Result<Template, Error> {
    let manifest = format!("version: 1\ntitle: T\n{manifest}");
    let mut all = vec![("t/template.yaml", manifest.as_str())];
    let named: Vec<(String, &str)> = entries.iter().map(|(path, content)| (format!("t/{path}"), *content)).collect();
    all.extend(named.iter().map(|(path, content)| (path.as_str(), *content)));
    library(&all).template("t")
}

/// A project on GitHub with one repository.
pub fn single() -> CicdConfig {
    sample(GitProvider::Github, GitLayout::Single)
}

/// Message, hints and report of an error.
pub fn told(error: &Error) -> String {
    let hints: String = error.hints().iter().map(|hint| format!("hint: {hint}\n")).collect();
    format!("{error}\n{hints}{}", error.rendered_report().unwrap_or_default())
}
