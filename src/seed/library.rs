//! Where templates come from: inside the program, a directory, or the files of a Git commit.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::litter::is_litter;
use super::manifest::{self, Manifest, TREES};
use super::path::{self, LARGEST_FILE, Tree};
use crate::config::{Document, quoted};
use crate::error::{Error, Result};
use crate::git::{File, Files};
use crate::nearest::nearest;

/// How deep templates may include each other.
const DEEPEST: usize = 8;
/// How deep directories of a template may be nested.
const DEEPEST_DIRECTORY: usize = 64;

// The files under `templates/`: `BUILT_IN`, path, whether it is executable, bytes.
include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// Templates of one source.
#[derive(Clone, Debug)]
pub struct Library {
    source: String,
    reference: Option<String>,
    /// The commit that everything is of, if it comes from Git.
    commit: Option<String>,
    place: Place,
}

#[derive(Clone, Debug)]
enum Place {
    /// Read when a template is asked for: what lies beside it is not of interest.
    Directory(PathBuf),
    /// All files, by template.
    Memory(BTreeMap<String, Files>),
}

/// Which template it was, to the last byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Origin {
    /// `aiops` and its version, a directory, or a URL.
    pub source: String,
    /// Branch, tag or commit that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Commit that it is of, or, outside of Git, the SHA-256 digest of the template and all that it includes.
    pub commit: String,
}

/// A template, with all that it includes.
#[derive(Clone, Debug)]
pub struct Template {
    /// Its name in the library.
    pub name: String,
    /// Where it comes from.
    pub origin: Origin,
    /// What it is and asks; the variables of what it includes are among its own.
    pub manifest: Manifest,
    /// What it includes, in the order in which files replace each other, and itself at the end.
    pub(super) layers: Vec<Layer>,
}

/// A template alone.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    pub name: String,
    pub document: std::sync::Arc<Document<Manifest>>,
    pub files: Files,
}

impl Library {
    /// The templates inside the program.
    pub fn built_in() -> Self {
        let files = BUILT_IN.iter().map(|(path, executable, content)| {
            let file = File { content: content.to_vec(), executable: *executable };
            ((*path).to_owned(), file)
        });
        Library {
            source: format!("aiops {}", env!("CARGO_PKG_VERSION")),
            reference: None,
            commit: None,
            place: Place::Memory(by_template(files)),
        }
    }

    /// The templates in `directory`, or in the directory `templates` there.
    ///
    /// # Errors
    ///
    /// Kind `Config`, if neither is a directory with templates.
    pub fn directory(directory: &Path) -> Result<Self> {
        let shown = quoted(&directory.display().to_string());
        if !directory.is_dir() {
            return Err(Error::config(format!("{shown} is no directory with templates")));
        }
        let place = [directory.to_owned(), directory.join("templates")]
            .into_iter()
            .find(|place| template_names(place).is_ok_and(|names| !names.is_empty()))
            .ok_or_else(|| {
                Error::config(format!("there are no templates in {shown}"))
                    .hint(format!("a template is a directory there with a file {}", manifest::FILE))
            })?;
        let source = directory.display().to_string();
        Ok(Library { source, reference: None, commit: None, place: Place::Directory(place) })
    }

    /// The templates among `files`, or below the directory `templates` there: a commit of `origin`.
    ///
    /// # Errors
    ///
    /// Kind `Config`, if there is none.
    pub fn from_files(files: Files, origin: Origin) -> Result<Self> {
        let Origin { source, reference, commit } = origin;
        let below: Files = files
            .iter()
            .filter_map(|(path, file)| Some((path.strip_prefix("templates/")?.to_owned(), file.clone())))
            .collect();
        let has_templates =
            |templates: &BTreeMap<String, Files>| templates.values().any(|files| files.contains_key(manifest::FILE));
        let places = [by_template(files), by_template(below)];
        let templates = places.into_iter().find(has_templates).ok_or_else(|| {
            Error::config(format!("there are no templates in {}", quoted(&source)))
                .hint(format!("a template is a directory there with a file {}", manifest::FILE))
        })?;
        Ok(Library { source, reference, commit: Some(commit), place: Place::Memory(templates) })
    }

    /// Where the templates come from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The names of all templates, fragments among them.
    pub fn names(&self) -> Result<Vec<String>> {
        match &self.place {
            Place::Directory(directory) => template_names(directory),
            Place::Memory(templates) => Ok(templates
                .iter()
                .filter(|(_, files)| files.contains_key(manifest::FILE))
                .map(|(name, _)| name.clone())
                .collect()),
        }
    }

    /// The template `name`.
    ///
    /// # Errors
    ///
    /// Kind `Usage` if there is none, `Config` if it is refused: with every mistake of the first file that has any.
    pub fn template(&self, name: &str) -> Result<Template> {
        let mut layers = Vec::new();
        self.collect(name, &mut Vec::new(), &mut layers)?;
        let manifest = compose(&layers)?;
        let commit = self.commit.clone().unwrap_or_else(|| digest(&layers));
        let origin = Origin { source: self.source.clone(), reference: self.reference.clone(), commit };
        Ok(Template { name: name.to_owned(), origin, manifest, layers })
    }

    /// The `template.yaml` of the template `name`, if it can be read at all.
    pub(super) fn manifest_of(&self, name: &str) -> Result<Vec<u8>> {
        let file = match &self.place {
            Place::Memory(templates) => templates.get(name).and_then(|files| files.get(manifest::FILE)).cloned(),
            Place::Directory(directory) => Some(read(&directory.join(name).join(manifest::FILE))?),
        };
        Ok(file.unwrap_or_else(|| File::new("")).content)
    }

    /// The layers of `name`, of what it includes first, each once.
    fn collect(&self, name: &str, above: &mut Vec<String>, layers: &mut Vec<Layer>) -> Result<()> {
        if above.iter().any(|outer| outer == name) {
            return Err(Error::config(format!(
                "the template {} includes itself: {}",
                quoted(name),
                above.join(" -> ")
            )));
        }
        if above.len() >= DEEPEST {
            return Err(Error::config(format!("templates include each other more than {DEEPEST} deep")));
        }
        if layers.iter().any(|layer| layer.name == name) {
            return Ok(());
        }
        let mut files = self.files(name).map_err(|error| match above.last() {
            Some(outer) => error
                .context(format!("the template {} cannot be included", quoted(name)))
                .hint(format!("{} includes it", quoted(outer))),
            None => error,
        })?;
        let file = files.remove(manifest::FILE).unwrap_or_else(|| File::new(""));
        let document = manifest::read(&format!("{name}/{}", manifest::FILE), &file.content)?;
        above.push(name.to_owned());
        for included in &document.value.includes {
            self.collect(included, above, layers)?;
        }
        above.pop();
        layers.push(Layer { name: name.to_owned(), document: document.into(), files });
        Ok(())
    }

    /// The files of the template `name`, its `template.yaml` among them.
    fn files(&self, name: &str) -> Result<Files> {
        let unknown = || -> Result<Files> {
            let names = self.names()?;
            let error = Error::usage(format!("there is no template {} in {}", quoted(name), quoted(&self.source)));
            Err(match nearest(name, names.iter().map(String::as_str)) {
                Some(near) => error.hint(format!("did you mean `{near}`?")),
                None => error.hint(format!("there are: {}", names.join(", "))),
            })
        };
        if !manifest::is_template_name(name) {
            return unknown();
        }
        match &self.place {
            Place::Memory(templates) => match templates.get(name) {
                Some(files) if files.contains_key(manifest::FILE) => {
                    let mut tree = Tree::default();
                    files.iter().try_for_each(|(path, file)| tree.add(path, file.content.len() as u64))?;
                    Ok(files.clone())
                }
                _ => unknown(),
            },
            Place::Directory(directory) => {
                let place = directory.join(name);
                let there = fs::symlink_metadata(&place).is_ok_and(|metadata| metadata.is_dir());
                if there && place.join(manifest::FILE).is_file() { walk(&place) } else { unknown() }
            }
        }
    }
}

impl Template {
    /// The paths of its files and of those that it includes, as they are in the templates.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        let paths: std::collections::BTreeSet<&str> =
            self.layers.iter().flat_map(|layer| layer.files.keys().map(String::as_str)).collect();
        paths.into_iter()
    }
}

/// Whether `source` is a Git URL rather than a directory.
pub fn is_url(source: &str) -> bool {
    let scp_like = || source.split_once(':').is_some_and(|(host, _)| host.contains('@') && !host.contains(['/', '\\']));
    source.contains("://") || source.starts_with("codecommit::") || scp_like()
}

/// `files` by the first part of their paths.
fn by_template(files: impl IntoIterator<Item = (String, File)>) -> BTreeMap<String, Files> {
    let mut templates: BTreeMap<String, Files> = BTreeMap::new();
    for (path, file) in files {
        if let Some((name, rest)) = path.split_once('/') {
            templates.entry(name.to_owned()).or_default().insert(rest.to_owned(), file);
        }
    }
    templates
}

/// The directories in `directory` that are templates.
fn template_names(directory: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(directory).map_err(|error| unreadable(directory, error))? {
        let entry = entry.map_err(|error| unreadable(directory, error))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if manifest::is_template_name(&name) && entry.path().join(manifest::FILE).is_file() {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// The files of the template in `directory`. Links are not followed, but refused, as is everything else that is neither
/// file nor directory.
fn walk(directory: &Path) -> Result<Files> {
    let (mut files, mut tree) = (Files::new(), Tree::default());
    let mut open = vec![(directory.to_owned(), String::new(), 0)];
    while let Some((place, above, depth)) = open.pop() {
        for entry in fs::read_dir(&place).map_err(|error| unreadable(&place, error))? {
            let entry = entry.map_err(|error| unreadable(&place, error))?;
            let Ok(name) = entry.file_name().into_string() else {
                let shown = entry.path().display().to_string();
                return Err(Error::config(format!("the name {} is not UTF-8", quoted(&shown))));
            };
            if is_litter(&name) || (depth == 0 && !TREES.contains(&name.as_str()) && name != manifest::FILE) {
                continue;
            }
            let path = format!("{above}{name}");
            path::check(&path)?;
            let kind = entry.file_type().map_err(|error| unreadable(&entry.path(), error))?;
            if kind.is_dir() && depth < DEEPEST_DIRECTORY {
                open.push((entry.path(), format!("{path}/"), depth + 1));
            } else if kind.is_file() {
                let file = read(&entry.path())?;
                tree.add(&path, file.content.len() as u64)?;
                files.insert(path, file);
            } else {
                let what = if kind.is_symlink() { "a symbolic link" } else { "neither a file nor a directory" };
                let shown = quoted(&entry.path().display().to_string());
                return Err(Error::config(format!("{shown} is {what}"))
                    .hint("a template has files and directories only: put a copy in its place"));
            }
        }
    }
    Ok(files)
}

fn read(path: &Path) -> Result<File> {
    let mut content = Vec::new();
    let file = fs::File::open(path).map_err(|error| unreadable(path, error))?;
    let executable =
        file.metadata().map(|metadata| is_executable(&metadata, path)).map_err(|error| unreadable(path, error))?;
    file.take(LARGEST_FILE + 1).read_to_end(&mut content).map_err(|error| unreadable(path, error))?;
    Ok(File { content, executable })
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata, _: &Path) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o111 != 0
}

/// Elsewhere files have no such bit. Rules of the template say it.
#[cfg(not(unix))]
fn is_executable(_: &fs::Metadata, _: &Path) -> bool {
    false
}

fn unreadable(path: &Path, error: std::io::Error) -> Error {
    Error::config(format!("{} cannot be read", quoted(&path.display().to_string()))).because(error)
}

/// The manifest of the last of `layers`, with the variables of all.
fn compose(layers: &[Layer]) -> Result<Manifest> {
    let last = layers.last().ok_or_else(|| Error::config("there is no template"))?;
    let mut manifest = last.document.value.clone();
    manifest.variables = manifest::Variables::default();
    layers.iter().for_each(|layer| manifest.variables.join(&layer.document.value.variables));
    Ok(manifest)
}

/// The digest of everything that decides what a template renders.
fn digest(layers: &[Layer]) -> String {
    let mut hash = Sha256::new();
    let mut take = |bytes: &[u8]| {
        hash.update((bytes.len() as u64).to_be_bytes());
        hash.update(bytes);
    };
    for layer in layers {
        take(layer.name.as_bytes());
        take(layer.document.text().as_bytes());
        take(&(layer.files.len() as u64).to_be_bytes());
        for (path, file) in &layer.files {
            take(path.as_bytes());
            take(&[u8::from(file.executable)]);
            take(&file.content);
        }
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests;
