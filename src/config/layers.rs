//! The values of every layer, merged, and where each of them stands.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::check;
use super::mistake::Mistake;
use super::schema::{AIOPS, Schema, Spot, listing, segments};
use super::sources::Source;
use super::yaml::{self, Content, Node};

/// An environment variable that the configuration reads.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// The value that it sets, as a JSON pointer into `aiops.yaml`. `None` when it is read before there is a file.
    pub sets: Option<&'static str>,
    /// Whether it only counts where the file says nothing.
    pub below_file: bool,
    /// What it does.
    pub help: &'static str,
}

/// The variable that names the configuration file.
pub(super) const CONFIG: &str = "AIOPS_CONFIG";

/// Every environment variable that the configuration reads. An empty variable counts as unset. Of two that set the
/// same value the first counts.
///
/// `AWS_REGION` stands below the file, because the file says where a landscape is, and a variable that is set for
/// other tools must not move it elsewhere.
pub const ENVIRONMENT: [Variable; 9] = [
    Variable {
        name: CONFIG,
        sets: None,
        below_file: false,
        help: "Configuration file. Without it and without --config: aiops.yaml in this directory or the nearest above.",
    },
    variable("AIOPS_REGION", "/region", "Default Region, in place of the file's."),
    variable("AIOPS_PERSONA", "/persona", "Persona as whom commands act."),
    variable("AIOPS_SANDBOX", "/sandbox", "Store of the embedded sandbox; commands talk to it and never to AWS."),
    variable("AIOPS_ASSUME_ROLES", "/session/assume-roles", "`false`: use the credentials as they are found."),
    variable("AIOPS_EXTERNAL_ID", "/session/external-id", "External id of roles that have none of their own."),
    variable("AIOPS_SOURCE_IDENTITY", "/session/source-identity", "`caller`, `none`, or the source identity itself."),
    Variable {
        name: "AWS_REGION",
        sets: Some("/region"),
        below_file: true,
        help: "Default Region where the file names none.",
    },
    Variable {
        name: "AWS_DEFAULT_REGION",
        sets: Some("/region"),
        below_file: true,
        help: "As AWS_REGION, which counts before it.",
    },
];

const fn variable(name: &'static str, sets: &'static str, help: &'static str) -> Variable {
    Variable { name, sets: Some(sets), below_file: false, help }
}

/// What the command line says about the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `--region`.
    pub region: Option<String>,
    /// `--as`.
    pub persona: Option<String>,
    /// `--sandbox`.
    pub sandbox: Option<String>,
}

impl Flags {
    fn given(&self) -> impl Iterator<Item = (&'static str, &'static str, &str)> {
        FLAGS
            .into_iter()
            .zip([&self.region, &self.persona, &self.sandbox])
            .filter_map(|((pointer, flag), value)| Some((pointer, flag, value.as_deref()?)))
    }
}

/// The value that each of [`Flags`] sets, as a JSON pointer into `aiops.yaml`.
const FLAGS: [(&str, &str); 3] = [("/region", "--region"), ("/persona", "--as"), ("/sandbox", "--sandbox")];

/// A configuration file.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub path: PathBuf,
    /// How messages call it.
    pub name: String,
    pub text: String,
}

/// The merged values, not yet checked.
#[derive(Debug)]
pub(super) struct Layers {
    pub value: Value,
    pub file: Option<File>,
    pub schema: &'static Schema,
    tree: Option<Node>,
    overrides: Vec<(&'static str, Source)>,
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Origin {
    File { span: Range<usize>, line: usize },
    Override(Source),
    Nowhere,
}

impl Layers {
    /// Reads `file` and puts the environment and the flags over it. The mistakes are those of the YAML; without a tree
    /// there is nothing to check.
    pub(super) fn new(
        file: Option<File>,
        environment: &BTreeMap<String, String>,
        flags: &Flags,
    ) -> Result<(Self, Vec<Mistake>), (File, Vec<Mistake>)> {
        let (mut layers, mistakes) = match file {
            Some(file) => Layers::of_file(file, &AIOPS)?,
            None => {
                let value = Value::Object(Map::new());
                (Layers { value, file: None, schema: &AIOPS, tree: None, overrides: Vec::new() }, Vec::new())
            }
        };

        let set = |name: &str| environment.get(name).map(String::as_str).filter(|text| !text.is_empty());
        for variable in ENVIRONMENT {
            if let (Some(pointer), Some(text)) = (variable.sets, set(variable.name))
                && !(variable.below_file && layers.value.pointer(pointer).is_some())
            {
                layers.put(pointer, text, Source::Environment(variable.name));
            }
        }
        for (pointer, flag, text) in flags.given() {
            layers.put(pointer, text, Source::Flag(flag));
        }
        Ok((layers, mistakes))
    }

    /// Reads `file` alone, as `schema` understands it.
    pub(super) fn of_file(file: File, schema: &'static Schema) -> Result<(Self, Vec<Mistake>), (File, Vec<Mistake>)> {
        let (tree, mistakes) = yaml::read(&file.text);
        let Some(tree) = tree else { return Err((file, mistakes)) };
        let value = check::value(&tree, Some(schema.root()));
        Ok((Layers { value, file: Some(file), schema, tree: Some(tree), overrides: Vec::new() }, mistakes))
    }

    /// What the schema says about the place at `pointer`.
    pub(super) fn spot(&self, pointer: &str) -> Option<Spot> {
        self.schema.at(pointer, &self.value)
    }

    /// Sets the value at `pointer`, unless something on the way there is no mapping: that is reported as a mistake of
    /// the file anyway.
    fn put(&mut self, pointer: &'static str, text: &str, source: Source) {
        let new = check::scalar(text, self.spot(pointer));
        let mut target = &mut self.value;
        for segment in segments(pointer) {
            let Value::Object(members) = target else { return };
            target = members.entry(segment).or_insert_with(|| Value::Object(Map::new()));
        }
        *target = new;
        self.overrides.retain(|(known, _)| *known != pointer);
        self.overrides.push((pointer, source));
    }

    /// The variables and flags that can set the value at `pointer`.
    pub(super) fn settable(&self, pointer: &str) -> Option<String> {
        if !std::ptr::eq(self.schema, &*AIOPS) {
            return None;
        }
        let variables =
            ENVIRONMENT.iter().filter(|variable| variable.sets == Some(pointer)).map(|variable| variable.name);
        let flags = FLAGS.iter().filter(|(sets, _)| *sets == pointer).map(|(_, flag)| *flag);
        let names: Vec<&str> = flags.chain(variables).collect();
        (!names.is_empty()).then(|| listing(names, "or"))
    }

    /// Where the value at `pointer` comes from.
    pub(super) fn origin(&self, pointer: &str) -> Origin {
        let inside =
            |outer: &str| pointer.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if let Some((_, source)) = self.overrides.iter().find(|(outer, _)| inside(outer)) {
            return Origin::Override(source.clone());
        }
        let Some((key, node)) = self.locate(pointer) else { return Origin::Nowhere };
        // A list or a mapping may take many lines: its key stands for it. So it does for a value that is empty.
        let span = match (&node.content, key) {
            (Content::Scalar { .. }, _) if !node.span.is_empty() => node.span.clone(),
            (_, Some(key)) => key,
            _ => node.span.start..(node.span.start + 1).min(node.span.end.max(node.span.start)),
        };
        Origin::File { line: self.line(span.start), span }
    }

    /// The line, from 1, of a byte of the file.
    pub(super) fn line(&self, byte: usize) -> usize {
        let text = self.file.as_ref().map_or("", |file| file.text.as_str());
        1 + text.bytes().take(byte).filter(|byte| *byte == b'\n').count()
    }

    /// Where the key `key` of the mapping at `pointer` stands in the file.
    pub(super) fn key(&self, pointer: &str, key: &str) -> Option<Range<usize>> {
        match &self.locate(pointer)?.1.content {
            Content::Mapping(entries) => {
                entries.iter().find(|entry| entry.key == key).map(|entry| entry.key_span.clone())
            }
            _ => None,
        }
    }

    /// What stands for the mapping at `pointer` when something is missing in it: its key, else its first key.
    pub(super) fn heading(&self, pointer: &str) -> Option<Range<usize>> {
        let (key, node) = self.locate(pointer)?;
        key.or_else(|| match &node.content {
            Content::Mapping(entries) => entries.first().map(|entry| entry.key_span.clone()),
            _ => None,
        })
        .or_else(|| (!node.span.is_empty()).then_some(node.span.start..node.span.start))
    }

    /// Whether the value at `pointer` stands between quotes.
    pub(super) fn is_quoted(&self, pointer: &str) -> bool {
        matches!(self.locate(pointer), Some((_, Node { content: Content::Scalar { plain: false, .. }, .. })))
    }

    /// The node at `pointer`, with the span of its key if it is the value of one.
    fn locate(&self, pointer: &str) -> Option<(Option<Range<usize>>, &Node)> {
        let mut found = (None, self.tree.as_ref()?);
        for segment in segments(pointer) {
            found = match &found.1.content {
                Content::Mapping(entries) => {
                    let entry = entries.iter().find(|entry| entry.key == segment)?;
                    (Some(entry.key_span.clone()), &entry.value)
                }
                Content::List(items) => (None, items.get(segment.parse::<usize>().ok()?)?),
                Content::Scalar { .. } => return None,
            };
        }
        Some(found)
    }
}
