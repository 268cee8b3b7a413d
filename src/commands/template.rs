//! `template`: looks at templates, tries them, and checks them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use crate::cli::template::{AnswerArgs, Args, CheckArgs, ListArgs, RenderArgs, ShowArgs, SourceArgs, Verb};
use crate::commands::setting::Setting;
use crate::config::settings::Git;
use crate::config::{Config, quoted};
use crate::context::Context;
use crate::error::{Error, Kind, Result};
use crate::git::credential::{Credentials, is_at_aws};
use crate::git::{Access, File, Files, User};
use crate::report::{Cell, Report, Table, Tone, View, field};
use crate::seed::check::{Finding, Severity, check};
use crate::seed::cicd::{CicdConfig, sample};
use crate::seed::{Answers, Holds, Library, Template, answers, library, manifest, seed};

/// Runs the verb.
pub async fn run(context: &Context, args: &Args) -> Result<Report> {
    match &args.verb {
        Verb::List(args) => list(context, args).await,
        Verb::Show(args) => show(context, args).await,
        Verb::Render(args) => render(context, args).await,
        Verb::Check(args) => check_templates(context, args).await,
    }
}

/// The templates that `args` name, else those of aiops.yaml, else those inside.
async fn open(context: &Context, args: &SourceArgs) -> Result<Library> {
    let setting = Setting::load(context)?;
    let loaded = setting.loaded();
    let directory = loaded.path.as_deref().and_then(Path::parent).unwrap_or(Path::new(""));
    let configured_source = loaded.config.as_ref().and_then(|config| config.templates.source.as_ref());
    let first = match args.templates.as_ref().or(configured_source) {
        Some(source) => login_at_aws(context, &setting, source).await?,
        None => Vec::new(),
    };
    match (&args.templates, &loaded.config) {
        (Some(source), config) => {
            let git = config.as_ref().map(|config| config.git.clone()).unwrap_or_default();
            from(context, &git, source, args.reference.as_deref(), first)
        }
        (None, Some(config)) => configured(context, config, directory, first),
        (None, None) => Ok(Library::built_in()),
    }
}

/// The login for templates in CodeCommit, or behind CodeConnections; nothing for those that are elsewhere.
async fn login_at_aws(context: &Context, setting: &Setting, source: &str) -> Result<Vec<Arc<dyn Credentials>>> {
    let is_there = library::is_url(source) && source.parse().is_ok_and(|address| is_at_aws(&address));
    #[cfg(feature = "aws")]
    if is_there {
        let session = setting.loaded().config.as_ref().map(|config| config.session.clone()).unwrap_or_default();
        let (aws, clock) = setting.reach(context, &session, Vec::new()).await?;
        return Ok(super::aws_login::aws_login(&aws, &clock).await);
    }
    let _ = (context, setting, is_there);
    Ok(Vec::new())
}

/// The templates of aiops.yaml, which is in `directory`; else those inside.
///
/// `first` are logins to try before the user's own.
pub fn configured(
    context: &Context,
    config: &Config,
    directory: &Path,
    first: Vec<Arc<dyn Credentials>>,
) -> Result<Library> {
    let reference = config.templates.r#ref.as_deref();
    match &config.templates.source {
        None => Ok(Library::built_in()),
        Some(url) if library::is_url(url) => from(context, &config.git, url, reference, first),
        Some(source) => from(context, &config.git, &directory.join(source).display().to_string(), reference, first),
    }
}

fn from(
    context: &Context,
    git: &Git,
    source: &str,
    reference: Option<&str>,
    first: Vec<Arc<dyn Credentials>>,
) -> Result<Library> {
    if library::is_url(source) {
        let access = Access::usual(&User::new(&context.environment)?, git, first);
        return Library::git(&source.parse()?, reference, &access);
    }
    if reference.is_some() {
        return Err(Error::usage("a directory of templates has no branches, tags or commits")
            .hint("leave the reference out, or name the templates by a URL: file:///..."));
    }
    Library::directory(&context.working_directory.join(source))
}

/// What the command line tells a template.
pub fn given(context: &Context, args: &AnswerArgs) -> Result<Answers> {
    let mut given = match &args.answers {
        Some(path) => answers::read(&context.working_directory.join(path))?,
        None => Answers::new(),
    };
    given.extend(args.set.iter().map(|(name, text)| (name.clone(), Value::String(text.clone()))));
    Ok(given)
}

async fn list(context: &Context, args: &ListArgs) -> Result<Report> {
    let library = open(context, &args.source).await?;
    let mut templates = Vec::new();
    for name in library.names()? {
        let template = library.template(&name)?;
        if args.all || !template.manifest.fragment {
            templates.push(template);
        }
    }
    let row = |template: &Template| {
        let manifest = &template.manifest;
        vec![
            Cell::from(template.name.as_str()),
            Cell::from(manifest.title.as_str()),
            Cell::from(manifest.use_case.map_or("-", |case| case.word())),
            Cell::from(words(&manifest.layouts)),
            Cell::from(words(&manifest.providers)),
        ]
    };
    let table = Table {
        columns: vec!["NAME", "TITLE", "USE CASE", "LAYOUTS", "PROVIDERS"],
        rows: templates.iter().map(row).collect(),
        empty: "there are no templates",
    };
    let data: Vec<Value> = templates.iter().map(described).collect();
    Report::new(&data, View::Table(table))
}

/// A template for machines.
fn described(template: &Template) -> Value {
    let manifest = &template.manifest;
    json!({
        "name": template.name, "title": manifest.title, "description": manifest.description,
        "use-case": manifest.use_case, "fragment": manifest.fragment, "includes": manifest.includes,
        "layouts": manifest.layouts, "providers": manifest.providers, "origin": template.origin,
        "variables": manifest.variables,
    })
}

async fn show(context: &Context, args: &ShowArgs) -> Result<Report> {
    let template = open(context, &args.source).await?.template(&args.name)?;
    let manifest = &template.manifest;
    let mut fields = vec![
        field("Name", template.name.as_str()),
        field("Title", manifest.title.as_str()),
        field("Source", template.origin.source.as_str()),
        field("Commit", template.origin.commit.as_str()),
        field("Layouts", words(&manifest.layouts)),
        field("Providers", words(&manifest.providers)),
    ];
    fields.extend(manifest.description.iter().map(|text| field("Description", text.as_str())));
    let variables = manifest.variables.iter().map(|(name, variable)| {
        vec![
            Cell::from(name),
            Cell::from(words(&[variable.kind])),
            Cell::from(if variable.kind == manifest::Kind::Choice {
                variable.choices.join(", ")
            } else {
                variable.pattern.clone().unwrap_or_default()
            }),
            variable.default.as_deref().map_or_else(|| Cell::new("(needed)", Tone::Waiting), Cell::from),
            Cell::from(variable.title.as_deref().unwrap_or_default()),
        ]
    });
    let variables = Table {
        columns: vec!["VARIABLE", "TYPE", "FORM", "DEFAULT", "TITLE"],
        rows: variables.collect(),
        empty: "it asks for nothing",
    };
    let paths: Vec<&str> = template.paths().collect();
    let files = Table {
        columns: vec!["FILE"],
        rows: paths.iter().map(|path| vec![Cell::from(*path)]).collect(),
        empty: "it has no files",
    };
    let mut data = described(&template);
    data["files"] = json!(paths);
    let sections = vec![
        ("Template".to_owned(), View::Fields(fields)),
        ("Variables".to_owned(), View::Table(variables)),
        ("Files".to_owned(), View::Table(files)),
    ];
    Report::new(&data, View::Sections(sections))
}

/// `values` as aiops.yaml spells them.
fn words(values: &[impl Serialize]) -> String {
    let word = |value| serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned));
    values.iter().filter_map(word).collect::<Vec<_>>().join(", ")
}

async fn render(context: &Context, args: &RenderArgs) -> Result<Report> {
    let template = open(context, &args.source).await?.template(&args.name)?;
    let cicd = match &args.cicd {
        Some(path) => read_cicd(&context.working_directory.join(path))?,
        None => sample(args.provider, args.layout),
    };
    let answers = template.answers(&given(context, &args.answers)?, &cicd)?;
    let mut all = Files::new();
    let mut repositories = Vec::new();
    for holds in Holds::of(cicd.layout) {
        let (files, record) = seed(&template, &cicd, &answers, *holds, Files::new())?;
        let directory = match holds {
            Holds::Both => "",
            Holds::Build => "build-repository/",
            Holds::Deploy => "deploy-repository/",
        };
        repositories.push(json!({
            "holds": holds, "directory": directory.trim_end_matches('/'), "files": files.len(), "tree": record.tree,
        }));
        all.extend(files.into_iter().map(|(path, file)| (format!("{directory}{path}"), file)));
    }
    // Without a `.` at its end, which cannot be renamed to.
    let into: PathBuf = context.working_directory.join(&args.into).components().collect();
    let data = json!({
        "template": template.name, "origin": template.origin, "answers": answers, "into": into,
        "repositories": repositories, "files": all.keys().collect::<Vec<_>>(), "dry_run": context.settings.dry_run,
    });
    if context.settings.dry_run {
        return compare(data, &all, &into);
    }
    write(&all, &into)?;
    let fields = vec![
        field("Template", template.name.as_str()),
        field("Source", template.origin.source.as_str()),
        field("Layout", words(&[cicd.layout])),
        field("Provider", words(&[cicd.provider])),
        field("Files", all.len().to_string()),
        field("Into", args.into.display().to_string()),
    ];
    Report::new(&data, View::Fields(fields))
}

fn read_cicd(path: &Path) -> Result<CicdConfig> {
    let name = path.display().to_string();
    let text = fs::read_to_string(path)
        .map_err(|error| Error::config(format!("{} cannot be read", quoted(&name))).because(error))?;
    CicdConfig::read(&name, text)
}

/// What writing `files` into `directory` would change there.
fn compare(mut data: Value, files: &Files, directory: &Path) -> Result<Report> {
    let differs = |path: &str, file: &File| match fs::read(directory.join(path)) {
        Err(_) => Some("new"),
        Ok(content) if content != file.content => Some("other content"),
        Ok(_) => None,
    };
    let changes: Vec<(&str, &str)> =
        files.iter().filter_map(|(path, file)| Some((path.as_str(), differs(path, file)?))).collect();
    data["changes"] = changes.iter().map(|(path, change)| json!({ "path": path, "change": change })).collect();
    let table = Table {
        columns: vec!["FILE", "CHANGE"],
        rows: changes.iter().map(|(path, change)| vec![Cell::from(*path), Cell::from(*change)]).collect(),
        empty: "nothing differs",
    };
    Report::new(&data, View::Table(table))
}

/// Writes `files` to a new directory beside `directory`, which then takes its place: nobody sees half of them.
fn write(files: &Files, directory: &Path) -> Result<()> {
    let shown = quoted(&directory.display().to_string());
    let taken = match fs::read_dir(directory) {
        Ok(mut entries) => entries.next().is_some(),
        Err(_) => fs::symlink_metadata(directory).is_ok(),
    };
    if taken {
        return Err(Error::usage(format!("{shown} is there, and is no empty directory"))
            .hint("name another by `--into`; `--dry-run` shows what differs"));
    }
    let fails = |error: std::io::Error| Error::failed(format!("cannot write {shown}")).because(error);
    let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(fails)?;
    let near = tempfile::Builder::new().prefix(".aiops-").tempdir_in(parent).map_err(fails)?;
    // The temporary directory is for nobody else; this one is as the user makes them.
    let made = near.path().join("files");
    let written = write_all(files, &made).and_then(|()| {
        if directory.exists() {
            fs::remove_dir(directory)?;
        }
        fs::rename(&made, directory)
    });
    written.map_err(fails)
}

fn write_all(files: &Files, directory: &Path) -> std::io::Result<()> {
    let mut made: BTreeSet<PathBuf> = BTreeSet::new();
    fs::create_dir(directory)?;
    for (path, file) in files {
        let path = directory.join(path);
        if let Some(parent) = path.parent()
            && made.insert(parent.to_owned())
        {
            fs::create_dir_all(parent)?;
        }
        write_file(&path, file)?;
    }
    Ok(())
}

fn write_file(path: &Path, file: &File) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if file.executable {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o777);
    }
    options.open(path)?.write_all(&file.content)
}

async fn check_templates(context: &Context, args: &CheckArgs) -> Result<Report> {
    let (library, names) = subject(context, args).await?;
    let names = if names.is_empty() { library.names()? } else { names };
    let findings = check(&library, &names, &given(context, &args.answers)?)?;
    let failed = findings.iter().any(|finding| finding.severity == Severity::Error);
    let row = |finding: &Finding| {
        let (word, tone) = match finding.severity {
            Severity::Error => ("error", Tone::Bad),
            Severity::Warning => ("warning", Tone::Waiting),
        };
        let place = match finding.line {
            Some(line) => format!("{}:{line}", finding.file),
            None => finding.file.clone(),
        };
        vec![Cell::from(place), Cell::new(word, tone), Cell::from(finding.message.as_str())]
    };
    let table = Table {
        columns: vec!["FILE", "SEVERITY", "FINDING"],
        rows: findings.iter().map(row).collect(),
        empty: "nothing is wrong",
    };
    let data = json!({ "templates": names, "findings": findings });
    Ok(Report::new(&data, View::Table(table))?.verdict(failed.then_some(Kind::Failed)))
}

/// What is to be checked: a library, and templates of it if not all.
async fn subject(context: &Context, args: &CheckArgs) -> Result<(Library, Vec<String>)> {
    let Some(subject) = &args.subject else { return Ok((open(context, &args.source).await?, Vec::new())) };
    let directory = context.working_directory.join(subject);
    if args.source.templates.is_some() || !directory.is_dir() {
        return Ok((open(context, &args.source).await?, vec![subject.clone()]));
    }
    if !directory.join(manifest::FILE).is_file() {
        return Ok((Library::directory(&directory)?, Vec::new()));
    }
    // What it includes is beside it. `.` has neither a name nor a parent before it is resolved.
    let directory = directory
        .canonicalize()
        .map_err(|error| Error::config(format!("{} cannot be read", quoted(subject))).because(error))?;
    let name = directory.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok((Library::directory(directory.parent().unwrap_or(&directory))?, vec![name]))
}
