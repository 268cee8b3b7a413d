//! Git's smart protocol over HTTPS: one request that lists references, and one for each thing that is asked then.

use std::io::{self, Read, Seek as _, Write};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use git2::transport::{Service, SmartSubtransport, SmartSubtransportStream};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Response, StatusCode, Uri};
use tempfile::SpooledTempFile;
use ureq::{Body, SendBody};

use super::{Call, hear_out, words};
use crate::error::{Error, Kind, Result};
use crate::git::{Address, Login};

/// Requests up to so many bytes stay in memory.
const IN_MEMORY: usize = 1024 * 1024;
const MOST_REDIRECTS: usize = 5;
/// Longer requests, in bytes, are not sent to see whether they are taken.
const LONGEST_VENTURE: u64 = 16 * 1024;
/// The packet that ends a list, here an empty one.
const FLUSH: [u8; 4] = *b"0000";
/// How much of an answer that is no Git is looked at, in bytes.
const LONGEST_PAGE: u64 = 4096;

/// A conversation with a server.
pub(super) struct Https(Arc<Conversation>);

struct Conversation {
    call: Arc<Call>,
    learnt: Mutex<Learnt>,
}

/// What the first answer taught.
#[derive(Clone)]
struct Learnt {
    /// Where the repository is, without a slash at its end.
    repository: String,
    login: Option<Login>,
}

impl Https {
    pub(super) fn new(call: Arc<Call>) -> Self {
        let repository = call.address.to_string().trim_end_matches('/').to_owned();
        Https(Arc::new(Conversation { call, learnt: Mutex::new(Learnt { repository, login: None }) }))
    }
}

impl SmartSubtransport for Https {
    fn action(&self, _: &str, action: Service) -> Result<Box<dyn SmartSubtransportStream>, git2::Error> {
        let service = match action {
            Service::UploadPackLs | Service::UploadPack => "git-upload-pack",
            Service::ReceivePackLs | Service::ReceivePack => "git-receive-pack",
        };
        if matches!(action, Service::UploadPack | Service::ReceivePack) {
            let spool = SpooledTempFile::new(IN_MEMORY);
            return Ok(Box::new(Exchange { conversation: self.0.clone(), service, state: State::Asking(spool) }));
        }
        let answer = self.0.list(service).map_err(|error| self.0.call.fail(error))?;
        let state = State::Answering(Box::new(answer.into_body().into_reader()));
        Ok(Box::new(Exchange { conversation: self.0.clone(), service, state }))
    }

    fn close(&self) -> Result<(), git2::Error> {
        Ok(())
    }
}

impl Conversation {
    fn learnt(&self) -> std::sync::MutexGuard<'_, Learnt> {
        self.learnt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn host(&self) -> String {
        self.call.address.authority()
    }

    /// Asks for the references, and learns on the way where the repository is and whether a login is needed.
    fn list(&self, service: &str) -> Result<Response<Body>> {
        let suffix = format!("/info/refs?service={service}");
        for _ in 0..=MOST_REDIRECTS {
            let learnt = self.learnt().clone();
            let url = format!("{}{suffix}", learnt.repository);
            let http = self.call.access.http()?;
            let mut request = http.agent.get(&url).header(ACCEPT, "*/*");
            if let Some(login) = &learnt.login {
                request = request.header(AUTHORIZATION, basic(login)?);
            }
            let answer = request.call().map_err(|error| http.failure(error, &self.host()))?;
            if answer.status().is_redirection() {
                let repository = self.redirected(&answer, &suffix)?;
                self.learnt().repository = repository;
            } else if answer.status() == StatusCode::UNAUTHORIZED && learnt.login.is_none() {
                self.log_in()?;
            } else {
                return self.judge(answer, &format!("application/x-{service}-advertisement"));
            }
        }
        Err(Error::failed(format!("{} leads around in circles", self.host())))
    }

    /// Where the answer says that the repository is now. A login goes to no other host, so that has to be the same.
    fn redirected(&self, answer: &Response<Body>, suffix: &str) -> Result<String> {
        let host = self.host();
        let location = answer.headers().get(LOCATION).and_then(|location| location.to_str().ok()).unwrap_or_default();
        let uri: Option<Uri> = location.parse().ok();
        let target = uri.as_ref().and_then(Uri::authority).map(|authority| authority.as_str().to_ascii_lowercase());
        let target = target.map(|target| target.strip_suffix(":443").map(str::to_owned).unwrap_or(target));
        let secure = uri.as_ref().is_some_and(|uri| uri.scheme_str().is_none_or(|scheme| scheme == "https"));
        let path = uri.as_ref().and_then(Uri::path_and_query).and_then(|path| path.as_str().strip_suffix(suffix));
        match path {
            Some(path) if secure && target.as_ref().is_none_or(|target| *target == host) => {
                Ok(format!("https://{host}{}", path.trim_end_matches('/')))
            }
            _ => {
                let target = target.as_deref().and_then(|target| target.rsplit('@').next()).unwrap_or(&host);
                Err(Error::failed(format!("{host} leads elsewhere: to a page at {}", words(target)))
                    .hint("if the repository has moved there, write its new address"))
            }
        }
    }

    fn post(&self, service: &str, question: &mut SpooledTempFile) -> Result<Response<Body>> {
        let unreadable = |error: io::Error| Error::failed("what is to be sent cannot be kept on disk").because(error);
        let length = question.stream_position().map_err(unreadable)?;
        // There are servers that show references to everybody, and ask for a login only now. They do not read on after
        // that, so that a long question would break off, and is preceded by one that asks for nothing.
        if length > LONGEST_VENTURE && self.learnt().login.is_none() {
            let answer = self.send(service, FLUSH.len() as u64, &mut &FLUSH[..])?;
            if answer.status() == StatusCode::UNAUTHORIZED {
                self.log_in()?;
            }
        }
        loop {
            question.rewind().map_err(unreadable)?;
            let answer = self.send(service, length, question)?;
            if answer.status() == StatusCode::UNAUTHORIZED && self.learnt().login.is_none() {
                self.log_in()?;
            } else {
                return self.judge(answer, &format!("application/x-{service}-result"));
            }
        }
    }

    fn send(&self, service: &str, length: u64, mut question: &mut dyn Read) -> Result<Response<Body>> {
        let learnt = self.learnt().clone();
        let http = self.call.access.http()?;
        let mut request = http
            .agent
            .post(format!("{}/{service}", learnt.repository))
            .header(CONTENT_TYPE, format!("application/x-{service}-request"))
            .header(ACCEPT, format!("application/x-{service}-result"))
            .header(CONTENT_LENGTH, length);
        if let Some(login) = &learnt.login {
            request = request.header(AUTHORIZATION, basic(login)?);
        }
        request.send(SendBody::from_reader(&mut question)).map_err(|error| http.failure(error, &self.host()))
    }

    fn log_in(&self) -> Result<()> {
        let login = self.call.access.login(&self.call.address)?.ok_or_else(|| self.no_login())?;
        self.learnt().login = Some(login);
        Ok(())
    }

    /// The answer, if it is one of Git.
    fn judge(&self, answer: Response<Body>, expected: &str) -> Result<Response<Body>> {
        let host = self.host();
        let status = answer.status();
        let kind = answer.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if status == StatusCode::OK {
            if kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(expected) {
                return Ok(answer);
            }
            return Err(Error::failed(format!("{host} does not answer as a Git server does"))
                .because(format!("it sent {}", if kind.is_empty() { "no type".to_owned() } else { words(kind) }))
                .hint("check the address; a proxy that wants you to log in on a page answers like that as well"));
        }
        let plain = kind.starts_with("text/plain");
        let login = self.learnt().login.clone();
        let error = refusal(status, &self.call.address, login.as_ref());
        let mut page = String::new();
        let readable = answer.into_body().into_reader().take(LONGEST_PAGE).read_to_string(&mut page).is_ok();
        // A page of HTML says nothing to somebody at a terminal.
        Err(if plain && readable && !page.trim().is_empty() { error.because(words(&page)) } else { error })
    }

    fn no_login(&self) -> Error {
        let host = self.host();
        Error::new(Kind::NotAuthenticated, format!("{host} wants a login, and there is none for it")).hint(format!(
            "set AIOPS_GIT_TOKEN (with AIOPS_GIT_HOST={host} if that is not the host of `git` in aiops.yaml), a credential \
             helper of Git, or `git.token-secret`"
        ))
    }
}

/// What a status other than 200 means.
fn refusal(status: StatusCode, address: &Address, login: Option<&Login>) -> Error {
    let host = address.authority();
    let from = login.map(|login| login.from.as_str());
    let code = status.as_u16();
    let error = match (status, from) {
        (StatusCode::UNAUTHORIZED, Some(from)) => {
            Error::new(Kind::NotAuthenticated, format!("{host} does not accept the login from {from}"))
                .hint("is the token expired, revoked, or for another host? Make a new one that may read and write code")
        }
        (StatusCode::UNAUTHORIZED, None) => {
            Error::new(Kind::NotAuthenticated, format!("{host} wants a login for this as well"))
        }
        (StatusCode::FORBIDDEN, Some(from)) => Error::denied(format!(
            "{host} does not allow this to the login from {from}"
        ))
        .hint("give it the right to write code, and authorize it for the organisation if that has single sign-on"),
        (StatusCode::FORBIDDEN, None) => Error::denied(format!("{host} does not allow this")),
        (StatusCode::NOT_FOUND | StatusCode::GONE, from) => {
            let hint = match from {
                Some(from) => format!("check the name; or may the login from {from} not see it?"),
                None => "check the name; a private repository looks the same to somebody without a token".to_owned(),
            };
            Error::failed(format!("there is no repository {} at {host}", words(address.path()))).hint(hint)
        }
        (StatusCode::PAYLOAD_TOO_LARGE, _) => {
            Error::failed(format!("{host} does not take a push of that size")).hint("leave out large files")
        }
        (StatusCode::TOO_MANY_REQUESTS, _) => {
            Error::failed(format!("{host} takes no more requests for now")).hint("try again in some minutes")
        }
        (status, _) if status.is_server_error() => {
            Error::failed(format!("{host} has trouble of its own: it answered {code}")).hint("try again later")
        }
        (status, _) if status.is_redirection() => {
            Error::failed(format!("{host} leads elsewhere in the middle of a conversation"))
        }
        _ => Error::failed(format!("{host} answered {code}")),
    };
    // The one place where an address that aiops made up itself could be at fault.
    if status == StatusCode::BAD_REQUEST { error.hint("check the address") } else { error }
}

fn basic(login: &Login) -> Result<HeaderValue> {
    let encoded = BASE64_STANDARD.encode(format!("{}:{}", login.user, login.password.expose()));
    let mut value = HeaderValue::try_from(format!("Basic {encoded}"))
        .map_err(|_| Error::new(Kind::NotAuthenticated, format!("the token of {} cannot be sent", login.from)))?;
    value.set_sensitive(true);
    Ok(value)
}

/// One request and its answer, as libgit2 writes and reads them.
struct Exchange {
    conversation: Arc<Conversation>,
    service: &'static str,
    state: State,
}

enum State {
    /// What was written so far.
    Asking(SpooledTempFile),
    Answering(Box<dyn Read + Send>),
    Over,
}

impl Write for Exchange {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.state {
            State::Asking(question) => question.write(bytes),
            _ => Err(io::Error::from(io::ErrorKind::BrokenPipe)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Exchange {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let call = &self.conversation.call;
        if matches!(self.state, State::Asking(_))
            && let State::Asking(mut question) = std::mem::replace(&mut self.state, State::Over)
        {
            let answer = self.conversation.post(self.service, &mut question).map_err(|error| call.fail_io(error))?;
            self.state = State::Answering(Box::new(answer.into_body().into_reader()));
        }
        let State::Answering(answer) = &mut self.state else { return Ok(0) };
        answer.read(bytes).map_err(|error| {
            self.state = State::Over;
            match call.access.http() {
                Ok(http) => call.fail_io(http.io_failure(&error, &self.conversation.host())),
                Err(error) => call.fail_io(error),
            }
        })
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if let (State::Answering(answer), "git-receive-pack") = (&mut self.state, self.service) {
            hear_out(answer);
        }
    }
}
