//! Every console block of the README and the guides is run, and says what really comes out.
//!
//! The blocks of one file are one session: they share a directory, and later commands see what earlier ones did. A line
//! that begins with `$ ` is a command; what follows is what a terminal would show, of both streams. Between
//! `<!-- table of NAME -->` and `<!-- end of table -->` stands what the program itself knows. `AIOPS_UPDATE=1` writes
//! what came out into the file.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use aiops::config::{self, ENVIRONMENT, Flags, LoadOptions, Look};
use aiops::governance::Persona;
use aiops::governance::machine::{MOVES, Origin, Registry};
use aiops::sandbox::faults::Fault;
use aiops::sandbox::service;

use crate::support::{TestEnv, assert_file};

/// A shell session in an environment of its own.
struct Shell {
    env: TestEnv,
    programs: PathBuf,
    directory: PathBuf,
}

impl Shell {
    fn new() -> Self {
        let env = TestEnv::new();
        let directory = env.directory();
        let programs = directory.parent().unwrap().join("bin");
        fs::create_dir(&programs).unwrap();
        symlink(env!("CARGO_BIN_EXE_aiops"), programs.join("aiops")).unwrap();
        // `cargo run -- ARGUMENTS` is the same program, not yet installed.
        let cargo = programs.join("cargo");
        fs::write(&cargo, "#!/bin/sh\nshift 2\nexec aiops \"$@\"\n").unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        Shell { env, programs, directory }
    }

    /// Runs one line; what a terminal would show.
    fn run(&mut self, line: &str) -> String {
        let screen = self.programs.parent().unwrap().join("screen");
        let moved = self.programs.parent().unwrap().join("moved");
        let file = File::create(&screen).unwrap();
        let aiops = self.env.command(&[]);
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", &format!("{line}\ncode=$?\npwd -P > {}\nexit $code", moved.display())])
            .current_dir(&self.directory)
            .env_clear()
            .envs(aiops.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .env("PATH", format!("{}:/usr/bin:/bin", self.programs.display()))
            .env("AIOPS_OUTPUT", "table")
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file);
        let code = shell.status().unwrap().code().unwrap();
        self.directory = PathBuf::from(fs::read_to_string(&moved).unwrap().trim_end());
        let root = self.env.directory().display().to_string();
        let mut shown = fs::read_to_string(&screen).unwrap().replace(&root, "/home/you");
        if code != 0 {
            shown.push_str(&format!("[exit code {code}]\n"));
        }
        shown
    }
}

/// The text of a file with the outcome of every command in it as it is now.
fn replayed(text: &str) -> String {
    let mut shell = Shell::new();
    let mut lines = text.lines().peekable();
    let mut now = String::new();
    while let Some(line) = lines.next() {
        now.push_str(line);
        now.push('\n');
        if let Some(name) = line.strip_prefix("<!-- table of ").and_then(|rest| rest.strip_suffix(" -->")) {
            while lines.next_if(|line| *line != "<!-- end of table -->").is_some() {}
            now.push_str(&format!("\n{}\n", table(name)));
        }
        if line != "```console" {
            continue;
        }
        while let Some(line) = lines.next_if(|line| *line != "```") {
            // Everything between commands is what came out last time.
            let Some(command) = line.strip_prefix("$ ") else { continue };
            let shown = shell.run(command);
            now.push_str(&format!("{line}\n"));
            now.push_str(&shown.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>());
        }
    }
    now
}

/// The lines of a table that a guide asks for.
fn table(name: &str) -> String {
    match name {
        "moves in dev" => moves(Registry::Dev),
        "moves in central" => moves(Registry::Central),
        "personas" => personas(),
        "variables" => variables(),
        "operations" => operations(),
        _ => panic!("there is no table of {name}"),
    }
}

fn row<const N: usize>(cells: [&str; N]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn moves(registry: Registry) -> String {
    let head = row(["from", "to", "who", "what it means", "what must be true"]) + &row(["---"; 5]);
    let rows = MOVES.iter().filter(|step| step.registry == registry).map(|step| {
        let from = match step.from {
            Origin::New => "(new)".to_owned(),
            Origin::Unset => "(no lifecycle)".to_owned(),
            Origin::At(at) => at.to_string(),
        };
        let who = step.by.iter().map(|persona| persona.title()).collect::<Vec<_>>().join(", ");
        let true_before = step.requires.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        row([&from, &step.to.to_string(), &who, step.act, &true_before])
    });
    head + &rows.collect::<String>()
}

fn personas() -> String {
    let head = row(["persona", "role by default", "moves"]) + &row(["---"; 3]);
    let rows = Persona::ALL.into_iter().map(|persona| {
        let mut acts: Vec<&str> = Vec::new();
        for step in MOVES.iter().filter(|step| step.by.contains(&persona)) {
            if !acts.contains(&step.act) {
                acts.push(step.act);
            }
        }
        let acts = if acts.is_empty() { "none".to_owned() } else { acts.join("; ") };
        let role = config::roles::Roles::default().persona(persona).reference().to_string();
        row([&format!("`{persona}`"), &format!("`{role}`"), &acts])
    });
    head + &rows.collect::<String>()
}

fn variables() -> String {
    let head = row(["variable", "key in aiops.yaml", "against the file", "meaning"]) + &row(["---"; 4]);
    let rows = ENVIRONMENT.iter().map(|variable| {
        let key = variable.sets.map_or_else(String::new, |key| format!("`{}`", key[1..].replace('/', ".")));
        let against = match (variable.sets, variable.below_file) {
            (None, _) => "names it",
            (_, true) => "yields",
            (_, false) => "wins",
        };
        row([&format!("`{}`", variable.name), &key, against, variable.help])
    });
    head + &rows.collect::<String>()
}

fn operations() -> String {
    let head = row(["service", "operations"]) + &row(["---"; 2]);
    let services = service::describe();
    let rows = services.as_object().unwrap().iter().map(|(name, service)| {
        let mut names: Vec<&str> = service["operations"].as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        row([&format!("`{name}`"), &names.join(", ")])
    });
    head + &rows.collect::<String>()
}

fn check(file: &str) {
    assert_file(file, &replayed(&read(file)));
}

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// The blocks of a language in a guide.
fn blocks(text: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

/// Every guide, and the pages around them.
fn pages() -> Vec<String> {
    let guides = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs")).unwrap();
    let names = guides.map(|entry| format!("docs/{}", entry.unwrap().file_name().into_string().unwrap()));
    let around = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "examples/models/README.md"].map(str::to_owned);
    names.filter(|name| name.ends_with(".md")).chain(around).collect()
}

#[test]
fn the_readme_says_what_comes_out() {
    check("README.md");
}

#[test]
fn the_guides_say_what_comes_out() {
    for page in pages() {
        if page.starts_with("docs/") && page != "docs/cli.md" {
            check(&page);
        }
    }
}

#[test]
fn links_lead_somewhere() {
    for page in pages() {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join(&page);
        let directory = directory.parent().unwrap();
        let text = read(&page);
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap();
            if !file.is_empty() && !file.starts_with("https://") {
                assert!(directory.join(file).exists(), "{page} links to {target}");
            }
        }
    }
}

#[test]
fn the_configurations_in_the_guide_are_right() {
    let examples = blocks(&read("docs/configuration.md"), "yaml");
    assert!(!examples.is_empty());
    for example in examples {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("aiops.yaml"), &example).unwrap();
        let loaded = config::load(&LoadOptions {
            explicit: None,
            working_directory: directory.path().to_owned(),
            environment: &std::collections::BTreeMap::new(),
            flags: Flags::default(),
            look: Look::default(),
        });
        loaded.unwrap_or_else(|error| panic!("{}\n{example}", error.rendered_report().unwrap_or_default()));
    }
}

#[test]
fn the_faults_in_the_guide_are_right() {
    let examples = blocks(&read("docs/sandbox.md"), "yaml");
    assert!(!examples.is_empty());
    for example in examples {
        let faults: Vec<Fault> = serde_yaml::from_str(&example).unwrap();
        assert!(!faults.is_empty());
    }
}

#[test]
fn every_variable_of_an_option_is_in_the_help_about_the_environment() {
    let topic = read("docs/help/environment.md");
    let command = aiops::cli::command();
    for variable in command.get_arguments().filter_map(|argument| argument.get_env()) {
        let name = variable.to_str().unwrap();
        assert!(topic.lines().any(|line| line.split_whitespace().next() == Some(name)), "{name}");
    }
}
