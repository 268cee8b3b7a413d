//! Every console block of the README and the guides is run, and says what really comes out.
//!
//! The blocks of one file are one session: they share a directory, and later commands see what earlier ones did. A line
//! that begins with `$ ` is a command; what follows is what a terminal would show, of both streams. `AIOPS_UPDATE=1`
//! writes what came out into the file.

use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

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

fn check(file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    assert_file(file, &replayed(&fs::read_to_string(path).unwrap()));
}

#[test]
fn the_readme_says_what_comes_out() {
    check("README.md");
}

#[test]
fn the_guides_say_what_comes_out() {
    let guides = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for entry in fs::read_dir(guides).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") && name != "cli.md" {
            check(&format!("docs/{name}"));
        }
    }
}
