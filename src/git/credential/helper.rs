//! The user's credential helpers, as Git's configuration names them. They are asked without Git: what has to be there is
//! the helper itself, and nothing for `store`, whose file is read here.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::Stdio;

use percent_encoding::percent_decode_str;

use super::{Address, Credentials, Login};
use crate::error::Result;
use crate::git::{Protocol, Secret, User};

/// More than any helper has to say, in bytes.
const LONGEST_ANSWER: u64 = 64 * 1024;

/// The helpers of a user.
#[derive(Clone, Debug)]
pub struct Helper {
    user: User,
}

/// What is known of a login.
#[derive(Default)]
struct Known {
    user: Option<String>,
    password: Option<Secret>,
    /// The helper wants no other to be asked.
    quit: bool,
}

impl Helper {
    /// The helpers of `user`.
    pub fn new(user: &User) -> Self {
        Helper { user: user.clone() }
    }

    /// The values of a setting that hold for `address`, in their order.
    fn settings(&self, name: &str, address: &Address) -> Vec<&str> {
        let all = self.user.section("credential");
        all.filter(|(pattern, variable, _)| *variable == name && (pattern.is_empty() || covers(pattern, address)))
            .map(|(_, _, value)| value)
            .collect()
    }

    fn helpers(&self, address: &Address) -> Vec<&str> {
        let named = self.settings("helper", address);
        // An empty one takes back those before it.
        named.rsplit(|helper| helper.is_empty()).next().unwrap_or_default().to_vec()
    }

    fn ask(&self, helper: &str, address: &Address, known: &mut Known) {
        let mut words = helper.split_whitespace();
        if words.next() == Some("store") {
            return self.look_up(words.collect::<Vec<_>>().as_slice(), address, known);
        }
        let mut question = format!("protocol=https\nhost={}\n", address.authority());
        if self.settings("usehttppath", address).last().is_some_and(|value| *value != "false") {
            question.push_str(&format!("path={}\n", address.path().trim_start_matches('/')));
        }
        if let Some(user) = &known.user {
            question.push_str(&format!("username={user}\n"));
        }
        match self.run(helper, &question) {
            Ok(answer) => known.read(&answer),
            // Git goes on to the next one too, and in the end the server says that a login is missing.
            Err(error) => tracing::warn!("credential helper `{}` cannot be run: {error}", name(helper)),
        }
    }

    fn run(&self, helper: &str, question: &str) -> std::io::Result<String> {
        let absolute = helper.starts_with(['/', '\\']) || helper.as_bytes().get(1) == Some(&b':');
        let line = match helper.strip_prefix('!') {
            Some(line) => line.to_owned(),
            None if absolute => helper.to_owned(),
            // With Git, its own directory of programs is looked into as well.
            None if self.user.program("git").is_some() => format!("git credential-{helper}"),
            None => format!("git-credential-{helper}"),
        };
        let mut command = self.user.shell(&format!("{line} get"), &[]);
        // Helpers that want to talk to somebody do so on the terminal, or by stderr.
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            // One that does not listen may still answer.
            let _ = stdin.write_all(question.as_bytes()).and_then(|()| stdin.write_all(b"\n"));
        }
        let mut answer = String::new();
        let read = child.stdout.take().map(|stdout| stdout.take(LONGEST_ANSWER).read_to_string(&mut answer));
        child.wait()?;
        read.transpose()?;
        Ok(answer)
    }

    /// What the file of `git credential-store` has: one URL a line.
    fn look_up(&self, options: &[&str], address: &Address, known: &mut Known) {
        let named = options.iter().enumerate().find_map(|(position, option)| match option.strip_prefix("--file") {
            Some("") => options.get(position + 1).copied(),
            Some(rest) => rest.strip_prefix('='),
            None => None,
        });
        let files: Vec<PathBuf> = match named {
            Some(file) => vec![self.user.expand(file)],
            None => {
                let home = self.user.home().map(|home| home.join(".git-credentials"));
                home.into_iter().chain(self.user.xdg().map(|xdg| xdg.join("git/credentials"))).collect()
            }
        };
        let lines = files.iter().filter_map(|file| std::fs::read_to_string(file).ok());
        let lines: Vec<String> = lines.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
        for line in lines {
            let Some((user, password)) = stored(&line, address) else { continue };
            if known.user.as_ref().is_none_or(|wanted| *wanted == user) {
                (known.user, known.password) = (Some(user), Some(password));
                return;
            }
        }
    }
}

impl Credentials for Helper {
    fn login(&self, address: &Address) -> Result<Option<Login>> {
        if address.protocol() != Protocol::Https {
            return Ok(None);
        }
        let user = address.user().or_else(|| self.settings("username", address).last().copied());
        let mut known = Known { user: user.map(str::to_owned), ..Known::default() };
        for helper in self.helpers(address) {
            self.ask(helper, address, &mut known);
            if let (Some(user), Some(password)) = (&known.user, &known.password) {
                let from = format!("Git's credential helper `{}`", name(helper));
                return Ok(Some(Login { user: user.clone(), password: password.clone(), from }));
            }
            if known.quit {
                break;
            }
        }
        Ok(None)
    }
}

impl Known {
    fn read(&mut self, answer: &str) {
        for (key, value) in answer.lines().filter_map(|line| line.split_once('=')) {
            match key {
                "username" => self.user = Some(value.to_owned()),
                "password" => self.password = Some(Secret::new(value)),
                "quit" => self.quit = matches!(value, "1" | "true"),
                _ => {}
            }
        }
    }
}

/// What messages call a helper: what stands behind its first word may be a password that somebody wrote there.
fn name(helper: &str) -> &str {
    match helper.starts_with('!') {
        true => "!...",
        false => helper.split_whitespace().next().unwrap_or_default(),
    }
}

/// Whether a pattern of Git's configuration, such as `https://git.example/acme`, covers `address`.
fn covers(pattern: &str, address: &Address) -> bool {
    let Some(rest) = pattern.strip_prefix("https://") else { return false };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, authority) = match authority.rsplit_once('@') {
        Some((user, authority)) => (Some(user), authority),
        None => (None, authority),
    };
    let authority = authority.strip_suffix(":443").unwrap_or(authority);
    let ours = address.path().trim_start_matches('/');
    let below = ours.strip_prefix(path.trim_end_matches('/'));
    authority.eq_ignore_ascii_case(&address.authority())
        && user.is_none_or(|user| address.user() == Some(user))
        && below.is_some_and(|rest| path.is_empty() || rest.is_empty() || rest.starts_with('/'))
}

/// User and password of a line `https://user:password@host`, if it is about `address`.
fn stored(line: &str, address: &Address) -> Option<(String, Secret)> {
    let decode = |text: &str| Some(percent_decode_str(text).decode_utf8().ok()?.into_owned());
    let (login, place) = line.trim().strip_prefix("https://")?.rsplit_once('@')?;
    let (user, password) = login.split_once(':')?;
    covers(&format!("https://{place}"), address).then_some((decode(user)?, Secret::new(decode(password)?)))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn helper(home: &Path, config: &str) -> Helper {
        fs::write(home.join(".gitconfig"), config).unwrap();
        let variables = [("HOME", home.to_str().unwrap()), ("GIT_CONFIG_NOSYSTEM", "1"), ("PATH", "/usr/bin:/bin")];
        let environment = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Helper::new(&User::new(&environment.into()).unwrap())
    }

    fn login(helper: &Helper, address: &str) -> Option<(String, String)> {
        let login = helper.login(&address.parse().unwrap()).unwrap()?;
        Some((login.user, login.password.expose().to_owned()))
    }

    fn some(user: &str, password: &str) -> Option<(String, String)> {
        Some((user.into(), password.into()))
    }

    #[cfg(unix)]
    #[test]
    fn helpers_are_asked_in_their_order_until_one_knows() {
        let home = tempfile::tempdir().unwrap();
        let config = r#"
            [credential]
                helper = "!echo username=forgotten; echo password=forgotten; :"
                helper =
                helper = "!false"
                helper = "!echo nothing; :"
            [credential "https://git.example/acme"]
                username = robot
                useHttpPath = true
                helper = "!f() { test $1 = get && sed -n 's/^path=/password=/p;s/^username=/username=/p'; }; f"
            [credential "https://other.example"]
                helper = "!echo quit=1; :"
            [credential]
                helper = "!echo username=last; echo password=p=w; :"
        "#;
        let helper = helper(home.path(), config);
        assert_eq!(login(&helper, "https://git.example/acme/churn"), some("robot", "acme/churn"));
        assert_eq!(login(&helper, "https://git.example/acmeother/churn"), some("last", "p=w"));
        assert_eq!(login(&helper, "https://git.example:8443/acme/churn"), some("last", "p=w"));
        assert_eq!(login(&helper, "https://other.example/acme/churn"), None);
        assert_eq!(login(&helper, "ssh://git.example/acme/churn"), None);
    }

    #[test]
    fn what_git_stored_is_read_without_git() {
        let home = tempfile::tempdir().unwrap();
        let lines =
            "https://one:p%40ss@git.example\nhttps://two:x@git.example:8443/\nhttps://three:y@git.example\nrubbish\n";
        fs::write(home.path().join(".git-credentials"), lines).unwrap();
        fs::write(home.path().join("elsewhere"), "https://four:z@git.example\n").unwrap();
        let stored = helper(home.path(), "[credential]\n\thelper = store\n");
        assert_eq!(login(&stored, "https://git.example/acme/churn"), some("one", "p@ss"));
        assert_eq!(login(&stored, "https://three@git.example/acme/churn"), some("three", "y"));
        assert_eq!(login(&stored, "https://git.example:8443/acme/churn"), some("two", "x"));
        assert_eq!(login(&stored, "https://other.example/acme/churn"), None);
        for option in ["--file ~/elsewhere", "--file=~/elsewhere"] {
            let stored = helper(home.path(), &format!("[credential]\n\thelper = store {option}\n"));
            assert_eq!(login(&stored, "https://git.example/acme/churn"), some("four", "z"));
        }
    }

    #[test]
    fn a_login_names_its_helper_without_what_stands_behind() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("secret"), "https://four:z@git.example\n").unwrap();
        let helper = helper(home.path(), "[credential]\n\thelper = store --file ~/secret\n");
        let login = helper.login(&"https://git.example/a/b".parse().unwrap()).unwrap().unwrap();
        assert_eq!(login.from, "Git's credential helper `store`");
        assert!(!format!("{login:?} {helper:?}").contains("four:z"));
    }
}
