//! How libgit2 gets at repositories on other machines. Its own https and ssh need OpenSSL, so they are not built in;
//! these take their place, under names that nothing else uses.

mod https;
mod ssh;

use std::cell::RefCell;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, Once, PoisonError};

use git2::transport::{Transport, register};

use super::{Access, Address, Protocol};
use crate::error::{Error, Result};
use crate::output::text::sanitize;

/// The longest message of a server that is repeated, in characters.
const LONGEST_WORDS: usize = 400;
/// How much a server may go on to say after everything is told, in bytes. Whoever breaks off earlier may kill its hooks.
const LAST_WORDS: u64 = 1024 * 1024;

thread_local! {
    // libgit2 makes a transport from an URL alone. Whose access to use, and what went wrong, goes this way around it:
    // an URL may hold no secrets, and libgit2's errors are one line of text.
    static CALL: RefCell<Option<Arc<Call>>> = const { RefCell::new(None) };
}

/// One operation of libgit2 on a remote.
struct Call {
    access: Access,
    address: Address,
    failure: Mutex<Option<Error>>,
}

impl Call {
    /// Keeps why the operation fails, and gives what libgit2 is told instead. The first reason counts.
    fn fail(&self, error: Error) -> git2::Error {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.get_or_insert(error);
        git2::Error::from_str("the transport failed")
    }

    /// The same for a stream.
    fn fail_io(&self, error: Error) -> io::Error {
        io::Error::other(self.fail(error).message().to_owned())
    }
}

/// The URL by which libgit2 finds the transport. Its own of that protocol, and rules like `insteadOf`, do not apply.
pub(super) fn url(address: &Address) -> Result<String> {
    match address.protocol() {
        Protocol::Https => Ok("aiops-https://remote".to_owned()),
        Protocol::Ssh => Ok("aiops-ssh://remote".to_owned()),
        Protocol::File => {
            let directory = address.as_directory().filter(|directory| directory.is_dir());
            let directory = directory.and_then(|directory| directory.to_str());
            directory.map(str::to_owned).ok_or_else(|| Error::failed(format!("there is no repository at {address}")))
        }
    }
}

/// Lets libgit2 `act` on the remote at `address`.
pub(super) fn during<T>(
    access: &Access,
    address: &Address,
    act: impl FnOnce() -> std::result::Result<T, git2::Error>,
) -> std::result::Result<T, Failure> {
    offer();
    let call = Call { access: access.clone(), address: address.clone(), failure: Mutex::new(None) };
    let call = Arc::new(call);
    let _present = Present(CALL.replace(Some(call.clone())));
    act().map_err(|error| match call.failure.lock().unwrap_or_else(PoisonError::into_inner).take() {
        Some(failure) => Failure::Transport(failure),
        None => Failure::Git(error),
    })
}

/// Puts back what was there before, also if libgit2 lets a panic through.
struct Present(Option<Arc<Call>>);

impl Drop for Present {
    fn drop(&mut self) {
        CALL.set(self.0.take());
    }
}

/// Why an operation on a remote failed.
#[derive(Debug)]
pub(super) enum Failure {
    /// The other side could not be reached, or said no.
    Transport(Error),
    /// libgit2 did not like what it got.
    Git(git2::Error),
}

impl Failure {
    /// For whoever reads it.
    pub(super) fn explain(self, address: &Address) -> Error {
        let place = address.place();
        match self {
            Failure::Transport(error) => error,
            Failure::Git(error) if error.code() == git2::ErrorCode::Eof || error.message().contains("early EOF") => {
                Error::failed(format!("the connection to {place} broke off")).hint("run it again")
            }
            Failure::Git(error) if error.code() == git2::ErrorCode::Owner => {
                Error::failed(format!("the repository at {place} belongs to somebody else"))
                    .hint("if you trust it: `git config --global --add safe.directory DIRECTORY`")
            }
            Failure::Git(error) => Error::failed(words(error.message())),
        }
    }
}

/// Makes the transports known to libgit2, once.
fn offer() {
    static OFFERED: Once = Once::new();
    OFFERED.call_once(|| {
        offer_as("aiops-https", true, https::Https::new);
        offer_as("aiops-ssh", false, ssh::Ssh::new);
    });
}

#[expect(unsafe_code, reason = "libgit2 keeps its transports in a list without a lock; the one caller is a Once")]
fn offer_as<S: git2::transport::SmartSubtransport>(name: &str, stateless: bool, make: fn(Arc<Call>) -> S) {
    let make = move |remote: &git2::Remote<'_>| {
        let call = CALL.with_borrow(Clone::clone);
        let call = call.ok_or_else(|| git2::Error::from_str("there is no access to remotes here"))?;
        Transport::smart(remote, stateless, make(call))
    };
    // SAFETY: nothing may register or look for a transport while this runs. `offer` is the only one that registers, within
    // a Once, and every operation on a remote in this program goes through `during`, which passes that Once first.
    let registered = unsafe { register(name, make) };
    if let Err(error) = registered {
        tracing::error!("libgit2 does not take the transport {name}: {error}");
    }
}

/// What a server said, made short and safe to show.
pub(super) fn words(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let text = sanitize(&lines.join("; "));
    match text.char_indices().nth(LONGEST_WORDS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// Hears a server out.
fn hear_out(reader: impl Read) {
    // What it says here changes nothing any more.
    let _ = io::copy(&mut reader.take(LAST_WORDS), &mut io::sink());
}
