//! Renders a template: a function of the template, `cicd-config.json` and the answers.

use std::collections::BTreeMap;

use globset::GlobMatcher;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answers::{Answers, context};
use super::cicd::{self, CicdConfig};
use super::engine::{Engine, Failure};
use super::library::{Layer, Template};
use super::manifest::{Rule, TREES};
use super::path::Tree;
use super::record;
use crate::config::{GitLayout, GitProvider, Look, Mistake, quoted, render_mistakes};
use crate::error::{Error, Result};
use crate::git::{File, Files};

/// How many faults are told.
const SHOWN: usize = 20;

/// What a repository holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Holds {
    /// Building and deploying, each in its folder.
    Both,
    /// What builds models.
    Build,
    /// What deploys models.
    Deploy,
}

impl Holds {
    /// What the repositories of a layout hold.
    pub fn of(layout: GitLayout) -> &'static [Holds] {
        match layout {
            GitLayout::Single => &[Holds::Both],
            GitLayout::Separate => &[Holds::Build, Holds::Deploy],
        }
    }

    /// Whether what builds is in it.
    pub fn build(self) -> bool {
        self != Holds::Deploy
    }

    /// Whether what deploys is in it.
    pub fn deploy(self) -> bool {
        self != Holds::Build
    }

    /// What stands before the paths of what builds and of what deploys.
    pub fn folders(self) -> (&'static str, &'static str) {
        match self {
            Holds::Both => ("build/", "deploy/"),
            Holds::Build | Holds::Deploy => ("", ""),
        }
    }
}

/// What is wrong with a file of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The file, from the library on.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// The same with the lines around it, for people.
    pub report: String,
}

impl Fault {
    /// A fault of `file` as a whole.
    pub fn of_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        let (file, message) = (file.into(), message.into());
        let report = render_mistakes("", "", &[Mistake::new(format!("{file}: {message}"))], Look::default());
        Fault { file, line: None, message, report }
    }

    fn new(file: String, text: &str, failure: Failure) -> Self {
        let Failure { message, line, span } = failure;
        let whole = line.and_then(|line| span_of_line(text, line));
        let mistake = Mistake::new(message.clone());
        let report = match span.filter(|span| text.get(span.clone()).is_some()).or(whole) {
            Some(span) => render_mistakes(&file, text, &[mistake.at(span, "here")], Look::default()),
            None => return Fault::of_file(file, message),
        };
        Fault { file, line, message, report }
    }
}

fn span_of_line(text: &str, line: usize) -> Option<std::ops::Range<usize>> {
    let start = text.split_inclusive('\n').take(line - 1).map(str::len).sum::<usize>();
    let length = text.get(start..)?.lines().next().map_or(0, str::len);
    Some(start..start + length)
}

impl Template {
    /// The files of a repository, without those that aiops adds.
    ///
    /// `answers` are what [`Template::answers`] gave.
    ///
    /// # Errors
    ///
    /// Kind `Config`, with every fault of the template's files; kind `Usage` if it is not made for this layout or provider.
    pub fn render(&self, cicd: &CicdConfig, answers: &Answers, holds: Holds) -> Result<Files> {
        self.refuse_other_than(cicd.layout, cicd.provider)?;
        let Rendered { files, faults, .. } = self.try_render(cicd, answers, holds)?;
        if faults.is_empty() {
            return Ok(files);
        }
        let mut report: String = faults.iter().take(SHOWN).map(|fault| format!("{}\n", fault.report)).collect();
        if faults.len() > SHOWN {
            report.push_str(&format!("  and {} more\n", faults.len() - SHOWN));
        }
        let message = match faults.as_slice() {
            [only] => format!("{} of the template {} cannot be rendered", quoted(&only.file), quoted(&self.name)),
            _ => format!("{} files of the template {} cannot be rendered", faults.len(), quoted(&self.name)),
        };
        Err(Error::config(message).report(report.trim_end_matches('\n').to_owned() + "\n"))
    }

    fn refuse_other_than(&self, layout: GitLayout, provider: GitProvider) -> Result<()> {
        let name = quoted(&self.name);
        if self.manifest.fragment {
            return Err(Error::usage(format!("{name} is only there to be included by other templates")));
        }
        if !self.manifest.layouts.contains(&layout) {
            return Err(Error::usage(format!("the template {name} is not made for the layout `{}`", word(&layout))));
        }
        if !self.manifest.providers.contains(&provider) {
            return Err(Error::usage(format!("the template {name} is not made for `{}`", word(&provider))));
        }
        Ok(())
    }

    /// What could be rendered, and what could not.
    pub(super) fn try_render(&self, cicd: &CicdConfig, answers: &Answers, holds: Holds) -> Result<Rendered> {
        let mut context = context(cicd)?;
        let (build, deploy) = holds.folders();
        context.insert("has".to_owned(), json!({ "build": holds.build(), "deploy": holds.deploy() }));
        context.insert("folder".to_owned(), json!({ "build": build, "deploy": deploy }));
        context.extend(answers.iter().map(|(name, answer)| (name.clone(), answer.clone())));
        let mut rendering = Rendering {
            engine: Engine::new(&Value::Object(context)),
            conditions: BTreeMap::new(),
            holds,
            tree: Tree::default(),
            rendered: Rendered::default(),
        };
        let mut sources: BTreeMap<&str, (usize, &File)> = BTreeMap::new();
        for (index, layer) in self.layers.iter().enumerate() {
            sources.extend(layer.files.iter().map(|(path, file)| (path.as_str(), (index, file))));
        }
        let rules = self.layers.iter().map(matchers).collect::<Result<Vec<_>>>()?;
        for (path, (index, file)) in sources {
            rendering.file(&self.layers[index], &rules[index], path, file);
        }
        Ok(rendering.rendered)
    }
}

/// The rules of a template, ready to be asked.
fn matchers(layer: &Layer) -> Result<Vec<(GlobMatcher, &Rule)>> {
    let rules = layer.document.value.files.iter();
    rules
        .map(|rule| Ok((rule.matcher()?, rule)))
        .collect::<Result<_, globset::Error>>()
        .map_err(|error| Error::config(format!("a rule of {} is no glob", quoted(&layer.name))).because(error))
}

/// What came of a rendering.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    pub files: Files,
    /// The file of the template that each comes from, from the library on.
    pub sources: BTreeMap<String, String>,
    pub faults: Vec<Fault>,
}

/// A rendering under way.
struct Rendering<'a> {
    engine: Engine,
    /// What came of each condition: many files share a few.
    conditions: BTreeMap<&'a str, Result<bool, Failure>>,
    holds: Holds,
    tree: Tree,
    rendered: Rendered,
}

impl<'a> Rendering<'a> {
    fn file(&mut self, layer: &'a Layer, rules: &[(GlobMatcher, &'a Rule)], source: &'a str, file: &File) {
        let shown = format!("{}/{source}", layer.name);
        let Some(place) = self.place(source) else { return };
        let rules: Vec<&Rule> =
            rules.iter().filter(|(matcher, _)| matcher.is_match(source)).map(|(_, rule)| *rule).collect();
        for condition in rules.iter().filter_map(|rule| rule.when.as_deref()) {
            let engine = &self.engine;
            match self.conditions.entry(condition).or_insert_with(|| engine.holds(condition)) {
                Ok(true) => {}
                Ok(false) => return,
                Err(failure) => {
                    let message = format!("the condition {} cannot be told: {}", quoted(condition), failure.message);
                    self.rendered.faults.push(Fault::of_file(shown, message));
                    return;
                }
            }
        }
        let path = match self.path(place) {
            Ok(Some(path)) => path,
            Ok(None) => return,
            Err(failure) => {
                let message = format!("its name cannot be rendered: {}", failure.message);
                self.rendered.faults.push(Fault::of_file(shown, message));
                return;
            }
        };
        let content = match text(&file.content).filter(|_| rules.iter().all(|rule| rule.render)) {
            None => file.content.clone(),
            Some(text) => match self.engine.content(text) {
                Ok(rendered) => rendered.into_bytes(),
                Err(failure) => {
                    self.rendered.faults.push(Fault::new(shown, text, failure));
                    return;
                }
            },
        };
        if let Err(error) = self.take(&path, content.len() as u64) {
            self.rendered.faults.push(Fault::of_file(shown, error.to_string()));
            return;
        }
        let executable = rules.iter().filter_map(|rule| rule.executable).next_back().unwrap_or(file.executable);
        self.rendered.sources.insert(path.clone(), shown);
        self.rendered.files.insert(path, File { content, executable });
    }

    /// Where the file `source` of a template is in the repository, with its expressions. Nowhere if it belongs elsewhere.
    fn place(&self, source: &'a str) -> Option<String> {
        let (tree, rest) = source.split_once('/').filter(|(tree, _)| TREES.contains(tree))?;
        let (build, deploy) = self.holds.folders();
        match tree {
            "build" if self.holds.build() => Some(format!("{build}{rest}")),
            "deploy" if self.holds.deploy() => Some(format!("{deploy}{rest}")),
            "repository" => Some(rest.to_owned()),
            _ => None,
        }
    }

    /// A path with its expressions replaced; nothing if a part becomes nothing.
    fn path(&self, place: String) -> Result<Option<String>, Failure> {
        let mut parts = Vec::new();
        for part in place.split('/') {
            let rendered = self.engine.name(part)?;
            if rendered.is_empty() {
                return Ok(None);
            }
            if rendered.contains('/') {
                let message = format!("{} becomes {}, which is more than one part", quoted(part), quoted(&rendered));
                return Err(Failure { message, line: None, span: None });
            }
            parts.push(rendered);
        }
        Ok(Some(parts.join("/")))
    }

    /// Takes a rendered file in, unless it cannot be in the repository.
    fn take(&mut self, path: &str, size: u64) -> Result<()> {
        let (_, deploy) = self.holds.folders();
        let folded = path.to_lowercase();
        let ours = folded == cicd::FILE || folded.starts_with(".aiops/") || folded == ".aiops";
        if ours || (self.holds.deploy() && folded == format!("{deploy}aiops.yaml")) {
            return Err(Error::config(format!("{} is written by aiops: a template cannot have it", quoted(path)))
                .hint(format!("aiops writes {}, {} and the aiops.yaml of what deploys", cicd::FILE, record::FILE)));
        }
        self.tree.add(path, size)
    }
}

/// The text of a file, unless it is binary.
fn text(content: &[u8]) -> Option<&str> {
    std::str::from_utf8(content).ok().filter(|text| !text.contains('\0'))
}

/// As `aiops.yaml` spells it.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
