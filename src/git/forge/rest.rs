//! What the APIs of GitHub and GitLab have in common: JSON both ways, pages, limits, and refusals in their own words.

use std::fmt;
use std::time::Duration;

use http::{HeaderMap, Method};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::{Sleep, limits};
use crate::error::{Error, Kind};
use crate::git::{Access, Secret};
use crate::output::text::sanitize;

/// The longest answer that is read, in bytes.
const LONGEST_ANSWER: u64 = 16 * 1024 * 1024;
/// The longest that one call waits for a limit, all in all. Longer, and whoever runs it should decide.
const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);
/// Pauses before a call that changes nothing twice is repeated because the server had a hiccup.
const HICCUPS: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(9)];
/// More pages than a listing of anything here has.
const MOST_PAGES: usize = 200;
/// The longest message of a server that is repeated, in characters.
const LONGEST_WORDS: usize = 400;

/// How a forge is reached.
#[derive(Clone)]
pub struct Connection {
    /// The way to it, with the proxies and authorities that it needs.
    pub access: Access,
    /// Where the API begins, without a slash at its end: `https://api.github.com`.
    pub api: String,
    /// As people know it: `github.com`.
    pub host: String,
    /// Who calls. Goes into the `Authorization` header and nowhere else.
    pub token: Secret,
    /// How to wait.
    pub sleep: Sleep,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Connection").field(&self.api).finish()
    }
}

/// The API of one host.
#[derive(Debug)]
pub(super) struct Rest {
    connection: Connection,
    /// Headers of every call.
    headers: &'static [(&'static str, &'static str)],
    /// What a token must be allowed, for those who are refused.
    advice: &'static str,
}

/// Why there is no answer to use.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The host said no.
    Refused(Box<Refusal>),
    /// Everything else.
    Failed(Error),
}

/// A no of the host.
#[derive(Debug)]
pub(super) struct Refusal {
    pub status: u16,
    /// Its words, made safe to show.
    pub words: String,
    /// What was asked, such as `PUT /repos/acme/churn`.
    request: String,
    host: String,
    hints: Vec<String>,
}

pub(super) type Answered<T = Value> = Result<T, Trouble>;

impl Rest {
    pub(super) fn new(
        connection: Connection,
        headers: &'static [(&'static str, &'static str)],
        advice: &'static str,
    ) -> Self {
        Rest { connection, headers, advice }
    }

    pub(super) fn host(&self) -> &str {
        &self.connection.host
    }

    pub(super) fn get(&self, path: &str) -> Answered {
        self.call(Method::GET, path, None)
    }

    pub(super) fn post(&self, path: &str, body: &Value) -> Answered {
        self.call(Method::POST, path, Some(body))
    }

    pub(super) fn put(&self, path: &str, body: &Value) -> Answered {
        self.call(Method::PUT, path, Some(body))
    }

    pub(super) fn patch(&self, path: &str, body: &Value) -> Answered {
        self.call(Method::PATCH, path, Some(body))
    }

    pub(super) fn delete(&self, path: &str) -> Answered {
        self.call(Method::DELETE, path, None)
    }

    /// Every item of a listing: of the answer itself, or of its member of this name.
    pub(super) fn list(&self, path: &str, member: Option<&str>) -> Answered<Vec<Value>> {
        let mut items = Vec::new();
        let mut next = Some(path.to_owned());
        for _ in 0..MOST_PAGES {
            let Some(path) = next.take() else { return Ok(items) };
            let (headers, mut body) = self.answer(&Method::GET, &path, None)?;
            let page = match member {
                Some(member) => body.get_mut(member).map(Value::take).unwrap_or_default(),
                None => body,
            };
            let Value::Array(page) = page else {
                return Err(self.unexpected(&Method::GET, &path, "there is no list in it").into());
            };
            items.extend(page);
            next = self.next(&headers);
        }
        Err(self.unexpected(&Method::GET, path, "its pages have no end").into())
    }

    /// The path of the page that comes next. Wherever a link leads, the token goes to no other host.
    fn next(&self, headers: &HeaderMap) -> Option<String> {
        let link = headers.get(http::header::LINK)?.to_str().ok()?;
        let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
        let url = next.split_once('<')?.1.split_once('>')?.0;
        let target = url.split_once("://").and_then(|(_, rest)| rest.split_once('/'))?.1;
        let prefix = self.connection.api.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
        let prefix = prefix.map(|(_, prefix)| format!("{prefix}/")).unwrap_or_default();
        Some(format!("/{}", target.strip_prefix(&prefix)?))
    }

    fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answered {
        self.answer(&method, path, body).map(|(_, body)| body)
    }

    fn answer(&self, method: &Method, path: &str, body: Option<&Value>) -> Answered<(HeaderMap, Value)> {
        let mut hiccups = HICCUPS.iter();
        let mut waited = Duration::ZERO;
        loop {
            let (status, headers, body) = match self.once(method, path, body) {
                Ok(answer) => answer,
                Err(failure) => {
                    // What may have been done is not done twice.
                    let again = failure.passes && *method != Method::POST;
                    let Some(pause) = hiccups.next().filter(|_| again) else { return Err(failure.error.into()) };
                    (self.connection.sleep)(*pause);
                    continue;
                }
            };
            if (200..300).contains(&status) {
                return Ok((headers, body));
            }
            let words = words(&body);
            if let Some(pause) = limits::pause(status, &headers, &words) {
                waited += pause;
                if waited > LONGEST_WAIT {
                    return Err(self.too_long(pause).into());
                }
                (self.connection.sleep)(pause);
                continue;
            }
            if matches!(status, 502..=504)
                && *method != Method::POST
                && let Some(pause) = hiccups.next()
            {
                (self.connection.sleep)(*pause);
                continue;
            }
            return Err(Trouble::Refused(Box::new(self.refusal(method, path, status, &headers, words))));
        }
    }

    fn once(&self, method: &Method, path: &str, body: Option<&Value>) -> Result<(u16, HeaderMap, Value), Failure> {
        let http = self.connection.access.http()?;
        let url = format!("{}{path}", self.connection.api);
        let mut request = http::Request::builder().method(method).uri(&url);
        for (name, value) in self.headers {
            request = request.header(*name, *value);
        }
        let bearer = format!("Bearer {}", self.connection.token.expose());
        let mut bearer = http::HeaderValue::from_str(&bearer).map_err(|_| self.unusable_token())?;
        bearer.set_sensitive(true);
        request = request.header(http::header::AUTHORIZATION, bearer);
        let unsendable = |error: http::Error| Error::failed(format!("{url} cannot be called")).because(error);
        let sent = match body {
            Some(body) => {
                let request = request.header(http::header::CONTENT_TYPE, "application/json");
                http.agent.run(request.body(body.to_string()).map_err(unsendable)?)
            }
            None => http.agent.run(request.body(()).map_err(unsendable)?),
        };
        let unreachable = |error: ureq::Error| {
            let passes = is_hiccup(&error);
            Failure { error: http.failure(error, &self.connection.host), passes }
        };
        let mut answer = sent.map_err(unreachable)?;
        let bytes = answer.body_mut().with_config().limit(LONGEST_ANSWER).read_to_vec().map_err(unreachable)?;
        let status = answer.status().as_u16();
        let value = match bytes.as_slice() {
            [] => Value::Null,
            bytes => match serde_json::from_slice(bytes) {
                Ok(value) => value,
                // Proxies and login pages refuse in HTML.
                Err(_) if !(200..300).contains(&status) => Value::Null,
                Err(_) => return Err(self.unexpected(method, path, "it is not JSON").into()),
            },
        };
        Ok((status, answer.headers().clone(), value))
    }

    fn refusal(&self, method: &Method, path: &str, status: u16, headers: &HeaderMap, words: String) -> Refusal {
        let mut hints = Vec::new();
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(sanitize);
        match status {
            301 | 302 | 307 | 308 => {
                hints.push("it was renamed or moved: name in aiops.yaml what it is called now".to_owned());
            }
            401 => hints.push(format!("the token is wrong, expired or revoked; it needs {}", self.advice)),
            403 => {
                // Single sign-on says with which page to unlock the token.
                if let Some(page) = header("x-github-sso").and_then(|sso| Some(sso.split_once("url=")?.1.to_owned())) {
                    hints.push(format!("let the token into the organisation first: {page}"));
                }
                if let Some(needed) = header("x-accepted-github-permissions").filter(|needed| !needed.is_empty()) {
                    hints.push(format!("the call needs a token with {needed}"));
                }
                hints.push(format!("the token needs {}", self.advice));
            }
            404 => {
                hints.push(format!("what a token may not see is told to be missing as well; it needs {}", self.advice))
            }
            _ => {}
        }
        let path = path.split('?').next().unwrap_or(path);
        Refusal { status, words, request: format!("{method} {path}"), host: self.connection.host.clone(), hints }
    }

    fn too_long(&self, pause: Duration) -> Error {
        let minutes = pause.as_secs().div_ceil(60);
        Error::failed(format!("{} takes no more calls for {minutes} min", self.connection.host))
            .hint("run the same command again then: it goes on where it was")
            .hint("a limit is of the token's user: others may use it up as well")
    }

    fn unusable_token(&self) -> Error {
        Error::new(Kind::NotAuthenticated, format!("the token for {} has characters that no token has", self.host()))
            .hint("it must be one line, without quotes around it")
    }

    fn unexpected(&self, method: &Method, path: &str, what: &str) -> Error {
        let path = path.split('?').next().unwrap_or(path);
        Error::failed(format!("the answer of {} to {method} {path} cannot be used: {what}", self.connection.host))
            .hint("is git.host in aiops.yaml the host of the provider, and nothing in between?")
    }
}

/// Why there is no answer at all.
struct Failure {
    error: Error,
    /// Whether it may be otherwise in a moment.
    passes: bool,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure { error, passes: false }
    }
}

/// Whether a connection only broke off, or fell silent.
fn is_hiccup(error: &ureq::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, TimedOut, UnexpectedEof};
    match error {
        ureq::Error::Timeout(_) => true,
        ureq::Error::Io(error) => {
            matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | TimedOut | UnexpectedEof)
        }
        _ => false,
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Trouble::Failed(error)
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Failed(error) => error,
            Trouble::Refused(refusal) => (*refusal).into(),
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let Refusal { status, words, request, host, hints } = refusal;
        let kind = match status {
            401 => Kind::NotAuthenticated,
            403 => Kind::Denied,
            _ => Kind::Failed,
        };
        let words = if words.is_empty() { String::new() } else { format!(": {words}") };
        let error = Error::new(kind, format!("{host} refused {request} with status {status}{words}"));
        hints.into_iter().fold(error, Error::hint)
    }
}

/// Whether the host said no in this way.
pub(super) fn is_refused<T>(answered: &Answered<T>, status: u16) -> bool {
    matches!(answered, Err(Trouble::Refused(refusal)) if refusal.status == status)
}

/// Nothing, if the host says that there is none.
pub(super) fn found<T>(answered: Answered<T>) -> Answered<Option<T>> {
    if is_refused(&answered, 404) { Ok(None) } else { answered.map(Some) }
}

/// What a refusal says, wherever the host put it.
fn words(body: &Value) -> String {
    let mut said: Vec<String> = Vec::new();
    for member in ["message", "error", "error_description", "errors"] {
        collect(&body[member], None, &mut said);
    }
    said.dedup();
    let mut words: String = sanitize(&said.join("; "));
    if let Some((end, _)) = words.char_indices().nth(LONGEST_WORDS) {
        words.truncate(end);
        words.push('…');
    }
    words
}

fn collect(value: &Value, of: Option<&str>, said: &mut Vec<String>) {
    match value {
        Value::String(text) if text.is_empty() => {}
        Value::String(text) => said.push(of.map_or_else(|| text.clone(), |of| format!("{of} {text}"))),
        Value::Array(items) => items.iter().for_each(|item| collect(item, of, said)),
        Value::Object(members) => match (members.get("message"), members.get("field"), members.get("code")) {
            // GitHub's list of errors.
            (Some(message @ Value::String(_)), ..) => collect(message, None, said),
            (None, Some(Value::String(field)), Some(code)) => collect(code, Some(field), said),
            // GitLab's errors by field.
            _ => members.iter().for_each(|(field, errors)| collect(errors, Some(field), said)),
        },
        _ => {}
    }
}

const NOT_IN_SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// One part of a path, or a value of a query.
pub(super) fn part(text: &str) -> String {
    utf8_percent_encode(text, NOT_IN_SEGMENT).to_string()
}

/// A member of an answer, as text.
pub(super) fn text<'v>(value: &'v Value, member: &str) -> &'v str {
    value[member].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::git::credential::Chain;

    #[test]
    fn the_words_of_a_refusal_are_found_and_made_safe() {
        let cases = [
            (json!({"message": "Not Found", "documentation_url": "https://docs"}), "Not Found"),
            (
                json!({"message": "Validation Failed", "errors": [{"resource": "Repository", "code": "custom",
                       "field": "name", "message": "name already exists on this account"}]}),
                "Validation Failed; name already exists on this account",
            ),
            (json!({"message": "Bad", "errors": [{"field": "head", "code": "invalid"}]}), "Bad; head invalid"),
            (json!({"message": "Invalid request.", "errors": ["one", "two"]}), "Invalid request.; one; two"),
            (
                json!({"message": {"name": ["has already been taken"], "base": ["a", "b"]}}),
                "name has already been taken; base a; base b",
            ),
            (
                json!({"message": ["Another open merge request already exists"]}),
                "Another open merge request already exists",
            ),
            (
                json!({"error": "insufficient_scope", "error_description": "needs api", "scope": "api"}),
                "insufficient_scope; needs api",
            ),
            (json!({"message": "\u{1b}[2Jgone\u{202e}"}), "\\u{1b}[2Jgone\\u{202e}"),
            (Value::Null, ""),
            (json!([1, {"message": 3}]), ""),
        ];
        for (body, expected) in cases {
            assert_eq!(words(&body), expected, "{body}");
        }
        assert_eq!(words(&json!({"message": "ä".repeat(1000)})).chars().count(), LONGEST_WORDS + 1);
    }

    #[test]
    fn a_link_leads_to_no_other_host() {
        let rest = |api: &str| {
            let connection = Connection {
                access: Access::new(&crate::git::User::new(&BTreeMap::new()).unwrap(), Chain::default()),
                api: api.to_owned(),
                host: "host".to_owned(),
                token: Secret::new("token"),
                sleep: std::sync::Arc::new(|_| {}),
            };
            Rest::new(connection, &[], "")
        };
        let next = |api: &str, link: &str| {
            rest(api).next(&HeaderMap::from_iter([(http::header::LINK, link.parse().unwrap())]))
        };
        let github = "https://api.github.com";
        assert_eq!(
            next(
                github,
                "<https://api.github.com/x?page=1>; rel=\"prev\", <https://api.github.com/x?page=3>; rel=\"next\""
            ),
            Some("/x?page=3".to_owned())
        );
        assert_eq!(next(github, "<https://evil.example/x?page=2>; rel=\"next\""), Some("/x?page=2".to_owned()));
        assert_eq!(next(github, "<https://api.github.com/x?page=1>; rel=\"last\""), None);
        let gitlab = "https://gitlab.example/api/v4";
        assert_eq!(next(gitlab, "<http://gitlab.example/api/v4/a?b>; rel=\"next\""), Some("/a?b".to_owned()));
        assert_eq!(next(gitlab, "<https://gitlab.example/admin>; rel=\"next\""), None);
        assert!(!format!("{:?}", rest(github)).contains("token"));
    }
}
