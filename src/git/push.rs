//! Sending a branch, and what the other side may say to that.

use std::cell::RefCell;
use std::fmt;

use git2::{Direction, ErrorCode, PushOptions, RemoteCallbacks};

use super::transport::{self, Failure, words};
use super::{Access, Address, Repository};
use crate::error::{Error, Kind, Result};
use crate::output::text::sanitize;

/// How much of what a server tells people is kept, in bytes.
const LONGEST_TALK: usize = 16 * 1024;

/// Why the other side did not take a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It has commits that are not in what was sent.
    NonFastForward,
    /// A protection of the branch, or a hook of the server, said no, in these words.
    Protected(String),
    /// Something else, in these words.
    Other(String),
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Rejection::NonFastForward => f.write_str("it has commits that are not in what was sent"),
            Rejection::Protected(words) => write!(f, "it is protected: {words}"),
            Rejection::Other(words) => f.write_str(words),
        }
    }
}

impl std::error::Error for Rejection {}

impl Rejection {
    /// The rejection that made `error`, if one did.
    pub fn of(error: &Error) -> Option<&Rejection> {
        error.causes().find_map(|cause| cause.downcast_ref())
    }

    /// What the status of a reference in the server's report means.
    fn read(status: &str, talk: &[u8]) -> Self {
        let any = |signs: &[&str]| signs.iter().any(|sign| status.contains(sign));
        // Branches move between the first answer and the push.
        if any(&["non-fast-forward", "fetch first", "stale info", "needs force", "incorrect old value"]) {
            return Rejection::NonFastForward;
        }
        let talk = String::from_utf8_lossy(talk);
        // Progress ends its lines with a carriage return, and with percentages.
        let lines = talk.lines().filter(|line| !line.contains('%') && !line.trim_end().ends_with("done."));
        let said = lines.collect::<Vec<_>>().join("\n");
        let both = words(&format!("{status}\n{said}"));
        if any(&["protected", "hook declined", "prohibited", "not allowed", "denied", "denying", "rule violations"]) {
            Rejection::Protected(both)
        } else {
            Rejection::Other(both)
        }
    }

    fn explain(self, branch: &str, address: &Address) -> Error {
        let place = address.place();
        let branch = sanitize(branch);
        match &self {
            Rejection::NonFastForward => Error::failed(format!("branch {branch} at {place} has moved on"))
                .hint("fetch, and put your change on top of what is there; nothing was overwritten"),
            Rejection::Protected(_) => Error::denied(format!("branch {branch} at {place} takes no direct push"))
                .hint("push to a branch of its own, and open a change request from it"),
            Rejection::Other(_) => Error::failed(format!("{place} did not take branch {branch}")),
        }
        .because(self)
    }
}

impl Repository {
    /// Sends a branch to the repository at `address`, where it is made, or moved forward, but never back. If it is there
    /// already, nothing is sent.
    ///
    /// # Errors
    /// [`Rejection::of`] tells those that the other side gave a reason for.
    pub fn push(&self, address: &Address, branch: &str, access: &Access) -> Result<()> {
        let shown = sanitize(branch);
        let Some(commit) = self.branch(branch)? else {
            return Err(Error::failed(format!("there is no branch {shown} to push")));
        };
        let reference = format!("refs/heads/{branch}");
        let url = transport::url(address)?;
        let talk = RefCell::new(Vec::new());
        let verdict = RefCell::new(None);
        let push = || {
            let mut remote = self.remote(&url)?;
            let mut connection = remote.connect_auth(Direction::Push, None, None)?;
            if connection.list()?.iter().any(|head| head.name() == reference && head.oid() == commit) {
                return Ok(true);
            }
            let mut callbacks = RemoteCallbacks::new();
            callbacks.sideband_progress(|said| {
                let mut talk = talk.borrow_mut();
                let room = LONGEST_TALK.saturating_sub(talk.len()).min(said.len());
                talk.extend_from_slice(&said[..room]);
                true
            });
            callbacks.push_update_reference(|name, status| {
                if name == reference {
                    *verdict.borrow_mut() = Some(status.map(str::to_owned));
                }
                Ok(())
            });
            let mut options = PushOptions::new();
            options.remote_callbacks(callbacks);
            connection.remote().push(&[format!("{reference}:{reference}")], Some(&mut options))?;
            Ok(false)
        };
        let pushed = match transport::during(access, address, push) {
            Ok(there) => Ok(there),
            Err(Failure::Git(error)) if error.code() == ErrorCode::NotFastForward => {
                Err(Rejection::NonFastForward.explain(branch, address))
            }
            // What was sent may have been taken all the same; running it again finds out.
            Err(failure) => Err(failure.explain(address)),
        };
        let outcome = pushed.and_then(|there| match verdict.take() {
            Some(None) => Ok(()),
            _ if there => Ok(()),
            Some(Some(status)) => Err(Rejection::read(&status, &talk.borrow()).explain(branch, address)),
            None => {
                Err(Error::new(Kind::Failed, format!("{} did not say whether it took the branch", address.place())))
            }
        });
        outcome.map_err(|error| error.context(format!("cannot push {shown} to {address}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_servers_are_told_apart() {
        let protected = |status: &str, talk: &str| match Rejection::read(status, talk.as_bytes()) {
            Rejection::Protected(words) => words,
            other => panic!("{other:?}"),
        };
        let github = "Resolving deltas:  50% (1/2)\rResolving deltas: 100% (2/2), done.\nerror: GH006: Protected branch \
                      update failed for refs/heads/main.\nerror: Changes must be made through a pull request.\n";
        assert_eq!(
            protected("protected branch hook declined", github),
            "protected branch hook declined; error: GH006: Protected branch update failed for refs/heads/main.; error: \
             Changes must be made through a pull request."
        );
        protected("push declined due to repository rule violations", "");
        protected("deletion prohibited", "");
        assert_eq!(
            protected("pre-receive hook declined", "\u{1b}[31mGitLab: no\n"),
            "pre-receive hook declined; \\u{1b}[31mGitLab: no"
        );
        for status in ["non-fast-forward", "fetch first", "remote: incorrect old value provided"] {
            assert_eq!(Rejection::read(status, b""), Rejection::NonFastForward, "{status}");
        }
        assert_eq!(Rejection::read("failed to update ref", b""), Rejection::Other("failed to update ref".into()));
    }
}
