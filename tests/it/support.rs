//! A world of its own for each test: the real binary, an empty home, no environment, a clock that stands still.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// The moment at which time stands still.
pub const NOW: &str = "2026-01-31T12:00:00Z";

/// A world of its own: a temporary directory with a home and a working directory, and environment variables.
pub struct TestEnv {
    root: TempDir,
    variables: Vec<(String, String)>,
}

/// What a run of the binary left behind.
pub struct Outcome {
    /// The exit code.
    pub code: i32,
    /// What went to stdout; the working directory reads `[DIR]`.
    pub stdout: String,
    /// What went to stderr; the working directory reads `[DIR]`.
    pub stderr: String,
}

impl TestEnv {
    /// An empty world.
    pub fn new() -> Self {
        let root = TempDir::new().unwrap();
        fs::create_dir(root.path().join("home")).unwrap();
        fs::create_dir(root.path().join("work")).unwrap();
        TestEnv { root, variables: Vec::new() }
    }

    /// The same world with one more environment variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Where the binary runs.
    pub fn directory(&self) -> PathBuf {
        // Temporary directories are behind a symbolic link on macOS.
        self.root.path().join("work").canonicalize().unwrap()
    }

    /// The command that runs the binary here, for tests that need more than [`TestEnv::run`].
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_aiops"));
        command
            .args(arguments)
            .current_dir(self.directory())
            .env_clear()
            .env("HOME", self.root.path().join("home"))
            .env("TMPDIR", self.root.path())
            .env("AIOPS_NOW", NOW)
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs the binary with `arguments`.
    pub fn run(&self, arguments: &[&str]) -> Outcome {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: Vec<u8>| {
            String::from_utf8(bytes).unwrap().replace(&self.directory().display().to_string(), "[DIR]")
        };
        Outcome { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    /// Runs the binary with the words of `line`.
    pub fn line(&self, line: &str) -> Outcome {
        self.run(&line.split_whitespace().collect::<Vec<_>>())
    }
}

/// For snapshots: exit code, stdout and stderr under each other.
impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "exit {}", self.code)?;
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                write!(f, "----- {name}\n{text}")?;
            }
        }
        Ok(())
    }
}

/// The directory of a demo, played once, copied for each test.
#[cfg(feature = "sagemaker")]
pub fn demo() -> TestEnv {
    static PLAYED: std::sync::OnceLock<TempDir> = std::sync::OnceLock::new();
    let played = PLAYED.get_or_init(|| {
        let env = TestEnv::new();
        assert_eq!(env.line("demo played").code, 0);
        let kept = tempfile::tempdir().unwrap();
        copy(&env.directory().join("played"), kept.path());
        kept
    });
    let env = TestEnv::new();
    copy(played.path(), &env.directory());
    env
}

#[cfg(feature = "sagemaker")]
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (entry, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).unwrap();
        if entry.is_dir() {
            copy(&entry, &to);
        } else {
            fs::copy(entry, to).unwrap();
        }
    }
}

/// A sandbox on loopback that ends with the test.
pub struct Served {
    child: Child,
    /// Where it listens.
    pub url: String,
}

impl Served {
    /// Serves the sandbox of `env` with these options on a free port.
    pub fn start(env: &TestEnv, options: &[&str]) -> Self {
        let mut child = env
            .command(&[&["sandbox", "serve", "--listen", "127.0.0.1:0"], options].concat())
            // It is to run, not to stand still.
            .env_remove("AIOPS_NOW")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("http://")?.1.split_whitespace().next()?.to_owned()))
            .unwrap();
        // A full pipe would stop the server.
        std::thread::spawn(move || lines.for_each(drop));
        Served { child, url: format!("http://{url}") }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Holds that `file` of the repository has `content`; with `AIOPS_UPDATE=1`, writes it.
pub fn assert_file(file: &str, content: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    if std::env::var("AIOPS_UPDATE").is_ok_and(|update| update == "1") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::File::create(&path).unwrap().write_all(content.as_bytes()).unwrap();
        return;
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == content, "{file} is not what the program says now: run the tests with AIOPS_UPDATE=1");
}
