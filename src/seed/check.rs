//! Looks at templates for those who write them: what is wrong, what is never used, and whether everything that can be
//! chosen renders.

use std::collections::BTreeSet;

use serde::{Deserialize as _, Serialize};
use serde_json::Value;

use super::answers::Answers;
use super::cicd::{CicdConfig, sample};
use super::engine::{self, Use};
use super::library::{Layer, Library, Template};
use super::manifest::{self, CONTEXT, Kind, Variable};
use super::render::{Holds, Rendered};
use crate::config::quoted;
use crate::deployment;
use crate::error::{Error, Result};
use crate::git::Files;
use crate::nearest::nearest;

/// Texts that answer questions without a default, the first that fits.
const SAMPLES: [&str; 12] = [
    "sample",
    "Sample",
    "sample_1",
    "1",
    "1.0",
    "a",
    "sample/",
    "sample@example.com",
    "https://example.com",
    "s3://sample/data/",
    "arn:aws:iam::111111111111:role/sample",
    "111111111111",
];

/// The most renderings of one template: choices are tried one after the other, not all with all.
const MOST_RENDERINGS: usize = 200;

/// Something that the author of a template should know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The template.
    pub template: String,
    /// The file, from the library on.
    pub file: String,
    /// The line, from 1.
    pub line: Option<usize>,
    /// How bad it is.
    pub severity: Severity,
    /// What it is.
    pub message: String,
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// The template cannot be used like that.
    Error,
    /// Something is probably not meant like that.
    Warning,
}

/// What there is to say about the templates `names` of `library`, each once, in order. `given` are answers to try them
/// with; the others are defaults and samples.
///
/// # Errors
///
/// Only if the library cannot be read at all, or has no template of that name.
pub fn check(library: &Library, names: &[String], given: &Answers) -> Result<Vec<Finding>> {
    let all = library.names()?;
    let mut findings = BTreeSet::new();
    for name in names {
        let template = match library.template(name) {
            Ok(template) => template,
            Err(error) if !all.contains(name) => return Err(error),
            Err(error) => {
                findings.extend(refusal(library, name, &error));
                continue;
            }
        };
        let mut checking = Checking { template: &template, findings: &mut findings, judged: BTreeSet::new() };
        checking.rules();
        checking.names_of_variables();
        checking.unused(&used_in(library, &all, &template));
        if !template.manifest.fragment {
            checking.renderings(given)?;
        }
    }
    Ok(findings.into_iter().collect())
}

/// Why the template `name` could not even be read.
fn refusal(library: &Library, name: &str, error: &Error) -> Vec<Finding> {
    let finding = |line, message: String| Finding {
        template: name.to_owned(),
        file: format!("{name}/{}", manifest::FILE),
        line,
        severity: Severity::Error,
        message,
    };
    let mistakes = library.manifest_of(name).map(|bytes| manifest::mistakes_by_line(&bytes)).unwrap_or_default();
    if mistakes.is_empty() {
        let causes: String = error.causes().map(|cause| format!(": {cause}")).collect();
        return vec![finding(None, format!("{error}{causes}"))];
    }
    let told = mistakes.into_iter().map(|(line, mistake)| {
        let help = mistake.help.map(|help| format!(": {help}")).unwrap_or_default();
        finding(line, format!("{}{help}", mistake.message))
    });
    told.collect()
}

/// The variables that are used by anything that `template` is a part of.
fn used_in(library: &Library, all: &[String], template: &Template) -> BTreeSet<String> {
    let mut used: BTreeSet<String> =
        template.layers.iter().flat_map(|layer| uses(layer).into_iter().map(|found| found.name)).collect();
    let others = all.iter().filter(|name| **name != template.name).filter_map(|name| library.template(name).ok());
    for other in others.filter(|other| other.layers.iter().any(|layer| layer.name == template.name)) {
        used.extend(other.layers.iter().flat_map(|layer| uses(layer).into_iter().map(|found| found.name)));
    }
    used
}

/// A variable that is used somewhere.
struct Used {
    name: String,
    file: String,
    line: Option<usize>,
}

/// Every variable that a template uses itself.
fn uses(layer: &Layer) -> Vec<Used> {
    let document = &layer.document;
    let yaml = format!("{}/{}", layer.name, manifest::FILE);
    let mut found = Vec::new();
    let mut take = |text: &str, used: Use, file: &str, line: &dyn Fn(&str) -> Option<usize>| {
        found.extend(engine::variables(text, used).into_iter().map(|name| {
            let line = line(&name);
            Used { name, file: file.to_owned(), line }
        }));
    };
    for (name, variable) in document.value.variables.iter() {
        let place = |member: &str| document.line(&format!("/variables/{name}/{member}"));
        if let Some(when) = &variable.when {
            take(when, Use::Condition, &yaml, &|_| place("when"));
        }
        if let Some(default) = &variable.default {
            take(default, Use::Content, &yaml, &|_| place("default"));
        }
    }
    for (index, rule) in document.value.files.iter().enumerate() {
        if let Some(when) = &rule.when {
            take(when, Use::Condition, &yaml, &|_| document.line(&format!("/files/{index}/when")));
        }
    }
    let raw: Vec<_> =
        document.value.files.iter().filter(|rule| !rule.render).filter_map(|rule| rule.matcher().ok()).collect();
    for (path, file) in &layer.files {
        let shown = format!("{}/{path}", layer.name);
        path.split('/').for_each(|part| take(part, Use::Name, &shown, &|_| None));
        if raw.iter().any(|matcher| matcher.is_match(path)) {
            continue;
        }
        if let Ok(text) = std::str::from_utf8(&file.content)
            && engine::has_expressions(text)
        {
            take(text, Use::Content, &shown, &|name| line_of(text, name));
        }
    }
    found
}

/// The first line of `text` that has the word `name` in an expression.
fn line_of(text: &str, name: &str) -> Option<usize> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let has_word = |line: &str| line.split(|letter| !is_part(letter)).any(|word| word == name);
    let lines = || text.lines().enumerate();
    let first = lines()
        .find(|(_, line)| line.contains("<%") && has_word(line))
        .or_else(|| lines().find(|(_, line)| has_word(line)));
    first.map(|(index, _)| index + 1)
}

struct Checking<'a> {
    template: &'a Template,
    findings: &'a mut BTreeSet<Finding>,
    /// Files that were judged badly, and why: once is enough, however many renderings have it.
    judged: BTreeSet<(String, String)>,
}

impl Checking<'_> {
    fn say(&mut self, severity: Severity, file: String, line: Option<usize>, message: String) {
        let template = self.template.name.clone();
        self.findings.insert(Finding { template, file, line, severity, message });
    }

    fn manifest(&self) -> String {
        format!("{}/{}", self.template.name, manifest::FILE)
    }

    /// What the template is itself, without what it includes.
    fn own(&self) -> Option<&Layer> {
        self.template.layers.last()
    }

    fn rules(&mut self) {
        let Some(own) = self.own() else { return };
        let document = own.document.clone();
        let paths: Vec<String> = own.files.keys().cloned().collect();
        for (index, rule) in document.value.files.iter().enumerate() {
            let Ok(matcher) = rule.matcher() else { continue };
            if !paths.iter().any(|path| matcher.is_match(path)) {
                let line = document.line(&format!("/files/{index}/path"));
                let message = format!("{} fits no file of this template", quoted(&rule.path));
                self.say(Severity::Error, self.manifest(), line, message);
            }
        }
    }

    fn names_of_variables(&mut self) {
        let uses = self.own().map(uses).unwrap_or_default();
        let known: Vec<&str> = self.template.manifest.variables.iter().map(|(name, _)| name).chain(CONTEXT).collect();
        for Used { name, file, line } in uses {
            if !known.contains(&name.as_str()) {
                let near = nearest(&name, known.iter().copied()).map(|near| format!(": did you mean `{near}`?"));
                let message = format!("{} is no variable of this template{}", quoted(&name), near.unwrap_or_default());
                self.say(Severity::Error, file, line, message);
            }
        }
    }

    fn unused(&mut self, used: &BTreeSet<String>) {
        let Some(own) = self.own() else { return };
        let document = own.document.clone();
        for (name, _) in document.value.variables.iter().filter(|(name, _)| !used.contains(*name)) {
            let line = document.line(&format!("/variables/{name}"));
            self.say(Severity::Warning, self.manifest(), line, format!("{} is asked, and used nowhere", quoted(name)));
        }
    }

    /// Renders with defaults and with every choice, for each layout and provider.
    fn renderings(&mut self, given: &Answers) -> Result<()> {
        let Some(defaults) = self.samples(given) else { return Ok(()) };
        let mut attempts = vec![(String::new(), defaults.clone())];
        for (name, variable) in self.template.manifest.variables.iter().filter(|(name, _)| !given.contains_key(*name)) {
            attempts.extend(choices(variable).into_iter().map(|choice| {
                let mut answers = defaults.clone();
                answers.insert(name.to_owned(), Value::String(choice.clone()));
                (format!(", {name}={choice}"), answers)
            }));
        }
        attempts.truncate(MOST_RENDERINGS);
        let manifest = &self.template.manifest;
        let hosts: Vec<CicdConfig> = manifest
            .providers
            .iter()
            .flat_map(|provider| manifest.layouts.iter().map(|layout| sample(*provider, *layout)))
            .collect();
        for cicd in &hosts {
            for (how, answers) in &attempts {
                self.rendering(cicd, answers, how)?;
            }
        }
        Ok(())
    }

    /// Answers to what has no default.
    fn samples(&mut self, given: &Answers) -> Option<Answers> {
        let mut answers = self.template.still_asked(given);
        let mut complete = true;
        for (name, variable) in self.template.manifest.variables.iter() {
            if answers.contains_key(name) || variable.default.is_some() {
                continue;
            }
            match sample_of(variable) {
                Some(answer) => drop(answers.insert(name.to_owned(), answer)),
                None => {
                    let message =
                        format!("no sample fits {}: give it a default, or `--set {name}=...` to check", quoted(name));
                    let line = self.own().and_then(|own| own.document.line(&format!("/variables/{name}")));
                    self.say(Severity::Warning, self.manifest(), line, message);
                    complete = false;
                }
            }
        }
        complete.then_some(answers)
    }

    fn rendering(&mut self, cicd: &CicdConfig, given: &Answers, how: &str) -> Result<()> {
        let words = serde_json::to_value((cicd.provider, cicd.layout)).unwrap_or_default();
        let how = format!("{}, {}{how}", words[0].as_str().unwrap_or_default(), words[1].as_str().unwrap_or_default());
        let answers = match self.template.answers(given, cicd) {
            Ok(answers) => answers,
            Err(error) => {
                let detail =
                    error.rendered_report().map(|report| format!(": {}", one_line(report))).unwrap_or_default();
                self.say(Severity::Error, self.manifest(), None, format!("{error}{detail} ({how})"));
                return Ok(());
            }
        };
        for holds in Holds::of(cicd.layout) {
            let Rendered { files, sources, faults } = self.template.try_render(cicd, &answers, *holds)?;
            for fault in faults {
                // A name that is no variable has been told, with what was meant.
                if self
                    .findings
                    .iter()
                    .any(|known| known.line.is_some() && (&known.file, known.line) == (&fault.file, fault.line))
                {
                    continue;
                }
                self.say(Severity::Error, fault.file, fault.line, fault.message);
            }
            for (path, fault) in judged(&files, *holds) {
                let source = sources.get(path).cloned().unwrap_or_default();
                if self.judged.insert((source.clone(), fault.clone())) {
                    let message = format!("as {} ({how}) {}", quoted(path), one_line(&fault));
                    self.say(Severity::Error, source, None, message);
                }
            }
        }
        Ok(())
    }
}

/// Who looks at some of the files that are rendered.
struct Judge {
    /// Whether the file `path` of a repository is theirs.
    fits: fn(path: &str, holds: Holds) -> bool,
    /// What is wrong with the text of the file `path`, which stands among `files`.
    judge: fn(text: &str, path: &str, files: &Files) -> Result<(), String>,
}

/// For each file the first that fits counts: those who know more come first.
const JUDGES: [Judge; 3] = [
    Judge { fits: deploy_configuration, judge: deployment },
    Judge { fits: |path, _| ends_with(path, &[".yaml", ".yml"]), judge: |text, _, _| yaml(text) },
    Judge { fits: |path, _| ends_with(path, &[".json", ".ipynb"]), judge: |text, _, _| json(text) },
];

fn deploy_configuration(path: &str, holds: Holds) -> bool {
    holds.deploy() && path.strip_prefix(holds.folders().1).is_some_and(|name| deployment::FILES.contains(&name))
}

fn deployment(text: &str, path: &str, files: &Files) -> Result<(), String> {
    // Files are named from the folder of the configuration.
    let folder = path.rfind('/').map_or("", |slash| &path[..=slash]);
    let beside = files.iter().filter_map(|(path, file)| Some((path.strip_prefix(folder)?.to_owned(), file.clone())));
    let told = deployment::mistakes(text, &beside.collect()).into_iter().map(|(line, mistake)| {
        let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        let help = mistake.help.map(|help| format!(" ({help})")).unwrap_or_default();
        format!("{line}{}{help}", mistake.message)
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { Ok(()) } else { Err(told.join("; ")) }
}

/// The files of a rendering that are wrong, and why.
fn judged(files: &Files, holds: Holds) -> impl Iterator<Item = (&str, String)> {
    files.iter().filter_map(move |(path, file)| {
        let judge = JUDGES.iter().find(|judge| (judge.fits)(path, holds))?;
        let fault = match std::str::from_utf8(&file.content) {
            Ok(text) => (judge.judge)(text, path, files).err()?,
            Err(_) => "it is not UTF-8".to_owned(),
        };
        Some((path.as_str(), fault))
    })
}

fn ends_with(path: &str, ends: &[&str]) -> bool {
    ends.iter().any(|end| path.ends_with(end))
}

fn yaml(text: &str) -> Result<(), String> {
    for document in serde_yaml::Deserializer::from_str(text) {
        serde_yaml::Value::deserialize(document).map_err(|error| format!("it is no YAML: {error}"))?;
    }
    Ok(())
}

fn json(text: &str) -> Result<(), String> {
    serde_json::from_str::<serde::de::IgnoredAny>(text).map(drop).map_err(|error| format!("it is no JSON: {error}"))
}

/// What can be chosen.
fn choices(variable: &Variable) -> Vec<String> {
    match variable.kind {
        Kind::Choice => variable.choices.clone(),
        Kind::Boolean => vec!["true".to_owned(), "false".to_owned()],
        _ => Vec::new(),
    }
}

fn sample_of(variable: &Variable) -> Option<Value> {
    let bounds = [variable.minimum, variable.maximum, Some(1.0)];
    let numbers = bounds
        .into_iter()
        .flatten()
        .flat_map(|bound| [bound.ceil(), bound.floor(), bound])
        .map(|number| number.to_string());
    let texts = choices(variable).into_iter().chain(numbers).chain(SAMPLES.map(str::to_owned));
    texts.map(Value::String).find_map(|text| variable.accept(&text).ok())
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
