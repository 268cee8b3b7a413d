//! Git's protocol through the user's own `ssh`, with its configuration, keys and agent.

use std::io::{self, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use git2::transport::{Service, SmartSubtransport, SmartSubtransportStream};

use super::{Call, hear_out, words};
use crate::error::{Error, Kind, Result};
use crate::git::Address;

/// How much of what ssh complains about is kept, in bytes.
const LONGEST_COMPLAINT: usize = 8 * 1024;
/// How long its last words may take once it has ended: whoever it left behind may hold the pipe open for ever.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A conversation with a server.
pub(super) struct Ssh(Arc<Call>);

impl Ssh {
    pub(super) fn new(call: Arc<Call>) -> Self {
        Ssh(call)
    }
}

impl SmartSubtransport for Ssh {
    fn action(&self, _: &str, action: Service) -> Result<Box<dyn SmartSubtransportStream>, git2::Error> {
        let service = match action {
            Service::UploadPackLs | Service::UploadPack => "git-upload-pack",
            Service::ReceivePackLs | Service::ReceivePack => "git-receive-pack",
        };
        let session = Session::start(self.0.clone(), service).map_err(|error| self.0.fail(error))?;
        Ok(Box::new(session))
    }

    fn close(&self) -> Result<(), git2::Error> {
        Ok(())
    }
}

/// A running `ssh`.
struct Session {
    call: Arc<Call>,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
    complaints: Arc<Mutex<Vec<u8>>>,
    /// Ends when nobody can complain any more.
    silent: Receiver<()>,
}

impl Session {
    fn start(call: Arc<Call>, service: &str) -> Result<Self> {
        let mut command = command(&call, service);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| {
            Error::failed("ssh cannot be run").because(error).hint(
                "install it, or say which program to run in GIT_SSH_COMMAND; or write the https address of the repository",
            )
        })?;
        let complaints = Arc::new(Mutex::new(Vec::new()));
        let (done, silent) = channel();
        if let Some(stderr) = child.stderr.take() {
            let heard = complaints.clone();
            std::thread::spawn(move || {
                collect(stderr, &heard);
                drop(done);
            });
        }
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        Ok(Session { call, child, stdin, stdout, complaints, silent })
    }

    /// Why the connection ended.
    fn ended(&mut self) -> io::Error {
        self.stdin = None;
        self.stdout = None;
        let _ = self.child.wait();
        let _ = self.silent.recv_timeout(LAST_WORDS);
        let complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        let error = diagnose(&String::from_utf8_lossy(&complaints), &self.call.address);
        self.call.fail_io(error)
    }
}

impl Read for Session {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = self.stdout.as_mut().map_or(Ok(0), |stdout| stdout.read(bytes));
        match read {
            // Git's protocol says when it is over: nobody reads on after that.
            Ok(0) | Err(_) if !bytes.is_empty() => Err(self.ended()),
            read => read,
        }
    }
}

impl Write for Session {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.stdin.as_mut().map_or(Ok(0), |stdin| stdin.write(bytes));
        match written {
            Ok(0) | Err(_) if !bytes.is_empty() => Err(self.ended()),
            written => written,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stdin.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.stdin = None;
        if let Some(stdout) = self.stdout.take() {
            hear_out(stdout);
        }
        // It has ended by itself, or goes on about something that nobody wants to hear.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(mut stderr: impl Read, heard: &Mutex<Vec<u8>>) {
    let mut buffer = [0; 1024];
    while let Ok(count @ 1..) = stderr.read(&mut buffer) {
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        let room = LONGEST_COMPLAINT.saturating_sub(heard.len()).min(count);
        heard.extend_from_slice(&buffer[..room]);
    }
}

/// The command that runs `service` on the other side.
fn command(call: &Call, service: &str) -> Command {
    let user = call.access.user();
    let arguments = arguments(&call.address, service);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let configured = user.setting("core.sshcommand").filter(|line| !line.is_empty());
    if let Some(line) = user.variable("GIT_SSH_COMMAND").or(configured) {
        return user.shell(line, &arguments);
    }
    let mut command = user.command(user.variable("GIT_SSH").unwrap_or("ssh"));
    command.args(arguments);
    command
}

/// An address has no part that begins with `-`, so none of these is taken for an option.
fn arguments(address: &Address, service: &str) -> Vec<String> {
    let host = address.host().trim_start_matches('[').trim_end_matches(']');
    let place = match address.user() {
        Some(user) => format!("{user}@{host}"),
        None => host.to_owned(),
    };
    let port = address.port().map(|port| ["-p".to_owned(), port.to_string()]);
    port.into_iter().flatten().chain([place, format!("{service} {}", quoted(address.path()))]).collect()
}

/// `text` as one word for the shell of the other side.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''").replace('!', r"'\!'"))
}

/// What the complaints of ssh, and of the other side, mean.
fn diagnose(complaints: &str, address: &Address) -> Error {
    let place = address.place();
    let host = address.host();
    let any = |signs: &[&str]| signs.iter().any(|sign| complaints.contains(sign));
    let error = if any(&["Permission denied"]) {
        Error::new(Kind::NotAuthenticated, format!("{place} does not accept your SSH key"))
            .hint("is the right key loaded (`ssh-add -l`), and known to the server?")
    } else if any(&["Host key verification failed", "HOST IDENTIFICATION HAS CHANGED"]) {
        Error::failed(format!("the SSH key of {place} is not known, or has changed"))
            .hint(format!("run `ssh {host}` once by hand, and compare the key with what the provider publishes"))
    } else if any(&["Could not resolve hostname"]) {
        Error::failed(format!("{place} is unknown: there is no such host")).hint("check the address and the network")
    } else if any(&["Connection refused", "timed out", "No route to host", "Network is unreachable"]) {
        Error::failed(format!("{place} cannot be reached")).hint("check the address and the network")
    } else if any(&["not found", "does not exist", "does not appear to be a git repository", "could not be found"]) {
        Error::failed(format!("there is no repository {} at {place}", words(address.path())))
            .hint("check the name; or may your SSH key not see it?")
    } else {
        Error::failed(format!("the connection to {place} broke off")).hint("run it again")
    };
    let said = words(complaints);
    if said.is_empty() { error } else { error.because(said) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_has_one_word_for_the_other_side() {
        let cases = [
            ("git@git.example:acme/churn.git", vec!["git@git.example", "git-upload-pack 'acme/churn.git'"]),
            ("ssh://git.example:2222/a/b", vec!["-p", "2222", "git.example", "git-upload-pack '/a/b'"]),
            ("ssh://git@[::1]/~x/b", vec!["git@::1", "git-upload-pack '~x/b'"]),
            ("git.example:a'; touch pwned; '!", vec!["git.example", r"git-upload-pack 'a'\''; touch pwned; '\'''\!''"]),
        ];
        for (address, expected) in cases {
            assert_eq!(arguments(&address.parse().unwrap(), "git-upload-pack"), expected, "{address}");
        }
    }

    #[test]
    fn complaints_are_understood_and_made_safe() {
        let address = "git@git.example:acme/churn.git".parse().unwrap();
        let cases = [
            (
                "git@git.example: Permission denied (publickey).\r\n",
                Kind::NotAuthenticated,
                "does not accept your SSH key",
            ),
            ("Host key verification failed.", Kind::Failed, "not known, or has changed"),
            ("ssh: Could not resolve hostname git.example", Kind::Failed, "no such host"),
            ("ssh: connect to host git.example port 22: Connection refused", Kind::Failed, "cannot be reached"),
            ("ERROR: Repository not found.", Kind::Failed, "no repository acme/churn.git"),
            ("\u{1b}[2Jgone", Kind::Failed, "broke off"),
        ];
        for (complaints, kind, expected) in cases {
            let error = diagnose(complaints, &address);
            assert_eq!(error.kind(), kind, "{complaints}");
            assert!(error.to_string().contains(expected), "{error}");
            assert!(!error.causes().next().unwrap().to_string().contains('\u{1b}'));
        }
    }
}
