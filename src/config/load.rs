//! Finds, reads, checks and completes the configuration.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::check;
use super::layers::{self, File, Flags, Layers, Origin};
use super::mistake::{Look, Mistake, in_order, quoted, render};
use super::model::Config;
use super::names::RegionName;
use super::rules;
use super::sources::{Source, Sources};
use super::yaml::LARGEST_FILE;
use crate::error::{Error, Result};
use crate::governance::Persona;

/// The names of a configuration file, the preferred one first.
pub const FILE_NAMES: [&str; 2] = ["aiops.yaml", "aiops.yml"];

/// Everything that decides the configuration.
#[derive(Clone, Debug)]
pub struct LoadOptions<'a> {
    /// `--config`: the file, or the directory that holds it.
    pub explicit: Option<PathBuf>,
    /// Where the search for a file begins, and what relative paths of flags and variables start from.
    pub working_directory: PathBuf,
    /// The environment variables; those of [`super::ENVIRONMENT`] count.
    pub environment: &'a BTreeMap<String, String>,
    /// The command line.
    pub flags: Flags,
    /// How mistakes are rendered.
    pub look: Look,
}

/// The configuration, checked.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The whole configuration. `None` when there is no file: see [`Loaded::require_file`].
    pub config: Option<Config>,
    /// The file.
    pub path: Option<PathBuf>,
    /// What is known without a file, too.
    pub ambient: Ambient,
    /// Where each value comes from.
    pub sources: Sources,
    /// What is allowed but should be looked at.
    pub warnings: Vec<String>,
}

/// The values that also a command without a file needs. With a file they are those of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ambient {
    /// The default Region.
    pub region: Option<RegionName>,
    /// As whom commands act.
    pub persona: Option<Persona>,
    /// The sandbox store, as a path that does not depend on the working directory.
    pub sandbox: Option<PathBuf>,
}

impl Loaded {
    /// The configuration, for commands that cannot work without a file.
    pub fn require_file(&self) -> Result<&Config> {
        self.config.as_ref().ok_or_else(|| {
            Error::config("there is no aiops.yaml in this directory or above it")
                .hint("`aiops init` writes one from your answers")
                .hint("`aiops demo` makes a landscape to try things in, without AWS")
                .hint(format!("`--config` or {} names a file elsewhere", layers::CONFIG))
        })
    }
}

/// Loads the configuration: built-in defaults, over them `AWS_REGION`, over it the file, over it the other environment
/// variables, over them the flags.
///
/// # Errors
///
/// Kind `Config`, with every mistake of every layer in the rendered report; also when a file that is named cannot be
/// read. That no file is found is no error here.
pub fn load(options: &LoadOptions<'_>) -> Result<Loaded> {
    let mut warnings = Vec::new();
    let file = find(options, &mut warnings)?.map(|path| read(path, &options.working_directory)).transpose()?;
    let (layers, mut mistakes) = Layers::new(file, options.environment, &options.flags)
        .map_err(|(file, mistakes)| refusal(Some(&file), mistakes, options.look))?;
    mistakes.extend(check::check(&layers));
    let findings = rules::check(&layers);
    mistakes.extend(findings.mistakes);
    warnings.extend(findings.warnings);
    if !mistakes.is_empty() {
        return Err(refusal(layers.file.as_ref(), mistakes, options.look));
    }
    complete(layers, options, warnings)
}

/// Types the checked values and fills in defaults.
fn complete(layers: Layers, options: &LoadOptions<'_>, warnings: Vec<String>) -> Result<Loaded> {
    let not_understood = |error| Error::config("the configuration is not understood").because(error);
    let source = |pointer: &str| match (layers.origin(pointer), &layers.file) {
        (Origin::Override(source), _) => source,
        (Origin::File { line, .. }, Some(file)) => Source::File { path: file.path.clone(), line },
        _ => Source::Default,
    };
    // A path in the file starts from the file; one from elsewhere from where the command runs.
    let absolute = |pointer: &str, path: &Path| match (&layers.file, layers.origin(pointer)) {
        (Some(file), Origin::File { .. }) => file.path.parent().unwrap_or(Path::new("")).join(path),
        _ => options.working_directory.join(path),
    };
    let mut ambient = Ambient::default();
    let Some(file) = &layers.file else {
        let get = |pointer: &str| layers.value.pointer(pointer).cloned();
        let typed = |value: Value| serde_json::from_value(value).map_err(not_understood);
        ambient.region =
            get("/region").map(|region| serde_json::from_value(region).map_err(not_understood)).transpose()?;
        ambient.persona = get("/persona").map(typed).transpose()?;
        ambient.sandbox =
            get("/sandbox").and_then(|path| path.as_str().map(|path| absolute("/sandbox", Path::new(path))));
        let sources = Sources::of(&layers.value, source);
        return Ok(Loaded { config: None, path: None, ambient, sources, warnings });
    };

    let mut config: Config = serde_json::from_value(layers.value.clone()).map_err(not_understood)?;
    let completed = serde_json::to_value(&config).map_err(not_understood)?;
    let sources = Sources::of(&completed, source);
    config.sandbox = config.sandbox.map(|path| absolute("/sandbox", &path));
    config.gates.policies = config.gates.policies.map(|path| absolute("/gates/policies", &path));
    ambient.region = Some(config.region.clone());
    ambient.persona = config.persona;
    ambient.sandbox.clone_from(&config.sandbox);
    Ok(Loaded { path: Some(file.path.clone()), config: Some(config), ambient, sources, warnings })
}

/// The file that is named, or the nearest one from the working directory upwards.
fn find(options: &LoadOptions<'_>, warnings: &mut Vec<String>) -> Result<Option<PathBuf>> {
    let variable = options.environment.get(layers::CONFIG).filter(|path| !path.is_empty()).map(PathBuf::from);
    let named = match (&options.explicit, variable) {
        (Some(path), _) => Some(("--config", path.clone())),
        (None, Some(path)) => Some((layers::CONFIG, path)),
        (None, None) => None,
    };
    if let Some((who, path)) = named {
        let path = options.working_directory.join(path);
        let shown = quoted(&path.display().to_string());
        let found = if path.is_dir() { inside(&path, warnings) } else { path.exists().then_some(path) };
        return found.map(Some).ok_or_else(|| {
            Error::config(format!("{who} names {shown}, and there is no such file"))
                .hint(format!("name an existing {}, or leave {who} out to search upwards from here", FILE_NAMES[0]))
        });
    }
    Ok(options.working_directory.ancestors().find_map(|directory| inside(directory, warnings)))
}

fn inside(directory: &Path, warnings: &mut Vec<String>) -> Option<PathBuf> {
    let mut candidates = FILE_NAMES.iter().map(|name| directory.join(name)).filter(|path| path.is_file());
    let chosen = candidates.next()?;
    if let Some(other) = candidates.next() {
        warnings.push(format!("{} is ignored: {} is beside it", other.display(), chosen.display()));
    }
    Some(chosen)
}

fn read(path: PathBuf, working_directory: &Path) -> Result<File> {
    let name = path.strip_prefix(working_directory).unwrap_or(&path).display().to_string();
    let mut bytes = Vec::new();
    std::fs::File::open(&path)
        .and_then(|file| file.take(LARGEST_FILE as u64 + 1).read_to_end(&mut bytes))
        .map_err(|error| Error::config(format!("{} cannot be read", quoted(&name))).because(error))?;
    if bytes.len() > LARGEST_FILE {
        return Err(Error::config(format!("{} is larger than {} KiB", quoted(&name), LARGEST_FILE / 1024))
            .hint("a configuration is a few hundred lines: is this the right file?"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let line = 1 + error.as_bytes()[..valid].iter().filter(|byte| **byte == b'\n').count();
        Error::config(format!("{} is not UTF-8: line {line} holds a byte that is no text", quoted(&name)))
            .hint("save the file as UTF-8")
    })?;
    Ok(File { path, name, text })
}

/// All mistakes as one error.
fn refusal(file: Option<&File>, mistakes: Vec<Mistake>, look: Look) -> Error {
    let mistakes = in_order(mistakes);
    let (name, text) = file.map_or(("", ""), |file| (file.name.as_str(), file.text.as_str()));
    let headline = match (mistakes.as_slice(), file) {
        ([only], _) if only.labels.is_empty() => only.message.clone(),
        ([_], Some(_)) => format!("there is a mistake in {}", quoted(name)),
        (_, Some(_)) => format!("there are {} mistakes in {} or what is set over it", mistakes.len(), quoted(name)),
        (_, None) => format!("there are {} mistakes in the environment or on the command line", mistakes.len()),
    };
    let error = Error::config(headline).report(render(name, text, &mistakes, look));
    match file {
        Some(_) => error.hint("`aiops config schema` prints what may stand in the file"),
        None => error,
    }
}
