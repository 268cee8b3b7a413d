//! The person who runs aiops, as Git knows them: environment variables and Git's configuration.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use git2::{Config, ConfigLevel};

use crate::config::GitAuthor;
use crate::error::{Error, Result};
use crate::settings::Environment;

/// Who is named in commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Name.
    pub name: String,
    /// Address of mail.
    pub email: String,
}

/// The environment and the Git configuration of whoever runs aiops. A repository's own configuration does not count:
/// it would let the content of a clone decide which programs run.
#[derive(Clone, Default)]
pub struct User {
    environment: Environment,
    /// Names have section and variable in lower case; later entries override earlier ones.
    settings: Vec<(String, String)>,
}

// Variables and settings may hold tokens.
impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("User(..)")
    }
}

impl User {
    /// Reads the Git configuration that `environment` leads to.
    pub fn new(environment: &Environment) -> Result<Self> {
        let mut user = User { environment: environment.clone(), settings: Vec::new() };
        for (path, level) in user.files() {
            user.read(&path, level)?;
        }
        let pairs = user.variable("GIT_CONFIG_COUNT").and_then(|count| count.parse::<usize>().ok()).unwrap_or_default();
        for number in 0..pairs.min(1000) {
            let key = user.variable(&format!("GIT_CONFIG_KEY_{number}"));
            let value = environment.get(&format!("GIT_CONFIG_VALUE_{number}"));
            if let (Some(key), Some(value)) = (key, value) {
                user.settings.push((canonical(key), value.clone()));
            }
        }
        Ok(user)
    }

    /// Configuration files, those that override last.
    fn files(&self) -> Vec<(PathBuf, ConfigLevel)> {
        let mut files = Vec::new();
        if self.variable("GIT_CONFIG_NOSYSTEM").is_none_or(|no| matches!(no, "0" | "false" | "no" | "off")) {
            let named = self.variable("GIT_CONFIG_SYSTEM").map(PathBuf::from);
            files.extend(named.or_else(|| Config::find_system().ok()).map(|path| (path, ConfigLevel::System)));
        }
        if let Some(path) = self.variable("GIT_CONFIG_GLOBAL") {
            files.push((path.into(), ConfigLevel::Global));
        } else {
            files.extend(self.xdg().map(|directory| (directory.join("git/config"), ConfigLevel::XDG)));
            files.extend(self.home().map(|home| (home.join(".gitconfig"), ConfigLevel::Global)));
        }
        files
    }

    fn read(&mut self, path: &Path, level: ConfigLevel) -> Result<()> {
        // Each file for itself: libgit2 does not take two of one level, and an absent one is no mistake.
        if !path.is_file() {
            return Ok(());
        }
        let unreadable = |error: git2::Error| {
            Error::config(format!("Git's configuration {} cannot be read", path.display()))
                .because(error.message().to_owned())
        };
        let mut config = Config::new().map_err(unreadable)?;
        config.add_file(path, level, false).map_err(unreadable)?;
        let entries = config.entries(None).map_err(unreadable)?;
        let settings = &mut self.settings;
        entries
            .for_each(|entry| {
                if let (Ok(name), Ok(value)) = (entry.name(), entry.value()) {
                    settings.push((canonical(name), value.to_owned()));
                }
            })
            .map_err(unreadable)
    }

    /// An environment variable that is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The first of these variables that is set.
    pub fn first_variable(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|name| self.variable(name))
    }

    /// What Git's configuration says, empty or not. `name` is in the form `section.variable`, both in lower case.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings(name).last()
    }

    /// All values of a setting that may have several, in their order.
    pub fn settings(&self, name: &str) -> impl DoubleEndedIterator<Item = &str> {
        self.settings.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All settings of a section: what stands between the section's name and the variable (an URL, or nothing), the
    /// variable, its value.
    pub fn section(&self, section: &str) -> impl Iterator<Item = (&str, &str, &str)> {
        self.settings.iter().filter_map(move |(key, value)| {
            let rest = key.strip_prefix(section)?.strip_prefix('.')?;
            let (subsection, variable) = rest.rsplit_once('.').unwrap_or(("", rest));
            Some((subsection, variable, value.as_str()))
        })
    }

    /// The user's home.
    pub fn home(&self) -> Option<&Path> {
        let windows: &[&str] = if cfg!(windows) { &["USERPROFILE"] } else { &[] };
        self.first_variable(&[&["HOME"], windows].concat()).map(Path::new)
    }

    /// Where XDG wants configuration to be.
    pub fn xdg(&self) -> Option<PathBuf> {
        let named = self.variable("XDG_CONFIG_HOME").map(PathBuf::from);
        named.or_else(|| Some(self.home()?.join(".config")))
    }

    /// A path with `~/` for the home, as Git's configuration has them.
    pub fn expand(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), self.home()) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => path.into(),
        }
    }

    /// Where `program` is on the path of the user.
    pub fn program(&self, program: &str) -> Option<PathBuf> {
        let names = if cfg!(windows) { vec![format!("{program}.exe")] } else { vec![program.to_owned()] };
        let directories: Vec<PathBuf> = std::env::split_paths(self.variable("PATH")?).collect();
        directories.iter().flat_map(|at| names.iter().map(|name| at.join(name))).find(|path| path.is_file())
    }

    /// A command in the environment of the user.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(&self.environment);
        command
    }

    /// A line of the user's configuration for the shell, as Git runs it, with `arguments` behind it.
    pub fn shell(&self, line: &str, arguments: &[&str]) -> Command {
        // The usual place first: a shell is there also for those whose PATH is empty.
        let usual = Path::new("/bin/sh");
        let mut command = self.command(if usual.exists() { usual } else { Path::new("sh") });
        command.args(["-c", &format!("{line} \"$@\""), line]).args(arguments);
        command
    }

    /// Whom commits name: the configured author, or the one that Git would name.
    pub fn author(&self, configured: Option<&GitAuthor>) -> Result<Author> {
        let author = match configured {
            Some(GitAuthor { name, email }) => Some((name.as_str(), email.as_str())),
            None => {
                let filled = |name| self.setting(name).filter(|value| !value.is_empty());
                let name = self.variable("GIT_AUTHOR_NAME").or(filled("author.name")).or(filled("user.name"));
                let email = self.variable("GIT_AUTHOR_EMAIL").or(filled("author.email")).or(filled("user.email"));
                name.zip(email)
            }
        };
        let hint = "set `git.author` in aiops.yaml, or `git config --global user.name` and `user.email`";
        let (name, email) =
            author.ok_or_else(|| Error::config("nobody is named as the author of commits").hint(hint))?;
        if [name, email].iter().any(|part| part.trim().is_empty() || part.contains(['<', '>', '\n', '\0'])) {
            return Err(Error::config(
                "the name or the mail address of commits' author is empty or has `<`, `>` or line breaks in it",
            )
            .hint(hint));
        }
        Ok(Author { name: name.trim().to_owned(), email: email.trim().to_owned() })
    }
}

/// Section and variable in lower case, what is between them as it is.
fn canonical(name: &str) -> String {
    match (name.find('.'), name.rfind('.')) {
        (Some(first), Some(last)) => {
            let (section, variable) = (&name[..first], &name[last..]);
            format!("{}{}{}", section.to_ascii_lowercase(), &name[first..last], variable.to_ascii_lowercase())
        }
        _ => name.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn environment(home: &Path, more: &[(&str, &str)]) -> Environment {
        let home = ("HOME".to_owned(), home.display().to_string());
        let more = more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        [home, ("GIT_CONFIG_NOSYSTEM".to_owned(), "1".to_owned())].into_iter().chain(more).collect()
    }

    #[test]
    fn the_files_that_git_would_read_in_their_order() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join(".config/git")).unwrap();
        let xdg = "[user]\n\tname = Of XDG\n\temail = xdg@example.com\n[credential]\n\thelper = first\n";
        fs::write(home.path().join(".config/git/config"), xdg).unwrap();
        let global = "[User]\n\tName = Of home\n[credential \"https://Git.example\"]\n\tHelper = second\n";
        fs::write(home.path().join(".gitconfig"), global).unwrap();
        let user = User::new(&environment(home.path(), &[])).unwrap();
        let author = user.author(None).unwrap();
        assert_eq!((author.name.as_str(), author.email.as_str()), ("Of home", "xdg@example.com"));
        let helpers: Vec<_> = user.section("credential").collect();
        assert_eq!(helpers, [("", "helper", "first"), ("https://Git.example", "helper", "second")]);

        let other = home.path().join("other");
        fs::write(&other, "[user]\n\tname = Other\n").unwrap();
        let named = [("GIT_CONFIG_GLOBAL", other.to_str().unwrap()), ("GIT_AUTHOR_EMAIL", "a@example.com")];
        let user = User::new(&environment(home.path(), &named)).unwrap();
        assert_eq!(user.author(None).unwrap(), Author { name: "Other".into(), email: "a@example.com".into() });

        let given = [
            ("GIT_CONFIG_COUNT", "2"),
            ("GIT_CONFIG_KEY_0", "User.Name"),
            ("GIT_CONFIG_VALUE_0", "Given"),
            ("GIT_CONFIG_KEY_1", "http.Proxy"),
            ("GIT_CONFIG_VALUE_1", ""),
        ];
        let user = User::new(&environment(home.path(), &given)).unwrap();
        assert_eq!(user.author(None).unwrap().name, "Given");
        assert_eq!(user.setting("http.proxy"), Some(""));
    }

    #[test]
    fn a_configured_author_comes_first_and_none_is_told() {
        let home = tempfile::tempdir().unwrap();
        let user = User::new(&environment(home.path(), &[("GIT_AUTHOR_NAME", "Somebody")])).unwrap();
        let configured = GitAuthor { name: "Platform".into(), email: "platform@example.com".into() };
        assert_eq!(user.author(Some(&configured)).unwrap().name, "Platform");
        let error = user.author(None).unwrap_err();
        assert!(error.to_string().contains("nobody"), "{error}");
        assert!(error.hints()[0].contains("git.author"));
        let forged = GitAuthor { name: "x>\ncommitter y".into(), email: "y@example.com".into() };
        assert!(user.author(Some(&forged)).is_err());
    }

    #[test]
    fn a_broken_file_is_named() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(".gitconfig"), "[user\nname = x").unwrap();
        let error = User::new(&environment(home.path(), &[])).unwrap_err();
        assert!(error.to_string().contains(".gitconfig"), "{error}");
    }
}
