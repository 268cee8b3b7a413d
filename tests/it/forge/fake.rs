//! What the fakes of both hosts share: a web server on loopback that keeps a state, remembers what it was asked, and can
//! fail on demand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aiops::git::credential::Chain;
use aiops::git::forge::{Connection, Sleep};
use aiops::git::{Access, Secret, User};
use axum::Router;
use axum::body::{Body, Bytes};
use futures::stream;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// Stands in answers for where the host is.
pub const HERE: &str = "http://here";
/// The token that is the right one.
pub const TOKEN: &str = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub headers: http::HeaderMap,
    pub body: Value,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The parts of the path, decoded.
    pub fn parts(&self) -> Vec<String> {
        let decode = |part: &str| percent_encoding::percent_decode_str(part).decode_utf8_lossy().into_owned();
        self.path.trim_start_matches('/').split('/').map(decode).collect()
    }

    /// A page of a listing: the items on it, and the `Link` to the next.
    pub fn page(&self, items: Vec<Value>, most: usize, default: usize) -> (Vec<Value>, Option<String>) {
        let number = |name: &str| self.query.get(name).and_then(|text| text.parse::<usize>().ok());
        let size = number("per_page").unwrap_or(default).clamp(1, most);
        let page = number("page").unwrap_or(1).max(1);
        let more = items.len() > page * size;
        let mut query = self.query.clone();
        query.insert("page".to_owned(), (page + 1).to_string());
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect();
        let host = self.header("host").unwrap_or_default();
        let next = format!("<http://{host}{}?{}>; rel=\"next\"", self.path, query.join("&"));
        (items.into_iter().skip((page - 1) * size).take(size).collect(), more.then_some(next))
    }
}

fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// An answer.
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Option<Value>,
}

impl Answer {
    pub fn new(status: u16, body: Value) -> Self {
        Answer { status, headers: Vec::new(), body: Some(body) }
    }

    pub fn empty(status: u16) -> Self {
        Answer { status, headers: Vec::new(), body: None }
    }

    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// A refusal with a message.
    pub fn refused(status: u16, message: &str) -> Self {
        Answer::new(status, json!({"message": message}))
    }
}

/// A host: what it does with a request.
pub trait Host: Send + 'static {
    fn answer(&mut self, asked: &Asked) -> Answer;
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cut {
    /// So many requests are answered; from then on nothing is.
    pub after: Option<usize>,
    /// Whether the first of the others still has its effect.
    pub with_effect: bool,
}

struct State<H> {
    host: H,
    asked: Vec<Asked>,
    cut: Cut,
    /// Answers that come before any of the host's own.
    waiting: Vec<Answer>,
}

/// A served host, until it is dropped.
pub struct Fake<H> {
    state: Arc<Mutex<State<H>>>,
    pub url: String,
    stop: Option<oneshot::Sender<()>>,
    slept: Arc<Mutex<Vec<Duration>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<H: Host> Fake<H> {
    pub fn serve(host: H) -> Self {
        let state = State { host, asked: Vec::new(), cut: Cut::default(), waiting: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let (stop, stopped) = oneshot::channel();
        let (told, address) = std::sync::mpsc::channel();
        let served = state.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(listener.local_addr().unwrap()).unwrap();
                let router = Router::new().fallback(move |request| handle(served.clone(), request));
                let server = axum::serve(listener, router);
                tokio::select! { _ = async { server.await } => {}, _ = stopped => {} }
            });
        });
        let url = format!("http://{}", address.recv().unwrap());
        Fake { state, url, stop: Some(stop), slept: Arc::default() }
    }

    /// A way to it with this token. Waiting is only written down.
    pub fn connection(&self, prefix: &str, token: &str) -> Connection {
        let slept = self.slept.clone();
        // Nothing of whoever runs the tests.
        let alone = BTreeMap::from([("GIT_CONFIG_NOSYSTEM".to_owned(), "1".to_owned())]);
        let sleep: Sleep = Arc::new(move |duration| lock(&slept).push(duration));
        Connection {
            access: Access::new(&User::new(&alone).unwrap(), Chain::default()),
            api: format!("{}{prefix}", self.url),
            host: "forge.example".to_owned(),
            token: Secret::new(token),
            sleep,
        }
    }

    pub fn with<T>(&self, work: impl FnOnce(&mut H) -> T) -> T {
        work(&mut lock(&self.state).host)
    }

    pub fn cut(&self, cut: Cut) {
        lock(&self.state).cut = cut;
    }

    /// Answers these before anything else.
    pub fn answer_first(&self, answers: Vec<Answer>) {
        lock(&self.state).waiting = answers;
    }

    /// What was asked since the last time.
    pub fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut lock(&self.state).asked)
    }

    /// How long was waited since the last time, wait by wait, in seconds.
    pub fn take_slept(&self) -> Vec<u64> {
        std::mem::take(&mut *lock(&self.slept)).iter().map(Duration::as_secs).collect()
    }
}

impl<H> Drop for Fake<H> {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
    }
}

async fn handle<H: Host>(state: Arc<Mutex<State<H>>>, request: http::Request<Body>) -> http::Response<Body> {
    let (parts, body) = request.into_parts();
    let bytes = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let query = parts.uri.query().unwrap_or_default();
    let decode =
        |text: &str| percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let asked = Asked {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: pairs.map(|(name, value)| (decode(name), decode(value))).collect(),
        headers: parts.headers,
        body: if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap_or(json!("no JSON")) },
    };
    let here = format!("http://{}", asked.header("host").unwrap_or_default());
    let mut state = lock(&state);
    let number = state.asked.len();
    state.asked.push(asked.clone());
    let cut = state.cut.after.filter(|after| number >= *after);
    if let Some(after) = cut {
        if state.cut.with_effect && number == after {
            let _ = state.host.answer(&asked);
        }
        // A body that fails makes the server break the connection.
        let broken = stream::iter([Err::<Bytes, _>(std::io::Error::other("cut"))]);
        return http::Response::new(Body::from_stream(broken));
    }
    let answer = if state.waiting.is_empty() { state.host.answer(&asked) } else { state.waiting.remove(0) };
    let mut response = http::Response::builder().status(answer.status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    match answer.body {
        Some(body) => response
            .header("content-type", "application/json; charset=utf-8")
            .body(Body::from(body.to_string().replace(HERE, &here))),
        None => response.body(Body::empty()),
    }
    .unwrap()
}

/// The first member of `body` that is missing or of another kind than it must be: name and kind, `?` if it may be absent.
pub fn mistake(body: &Value, members: &[(&str, &str)]) -> Option<String> {
    if !body.is_object() {
        return Some("the body is no object".to_owned());
    }
    members.iter().find_map(|(name, kind)| {
        let value = &body[*name];
        let (kind, optional) = kind.strip_suffix('?').map_or((*kind, false), |kind| (kind, true));
        if value.is_null() && optional {
            return None;
        }
        let fits = match kind {
            "text" => value.is_string(),
            "flag" => value.is_boolean(),
            "number" => value.is_u64(),
            "list" => value.is_array(),
            _ => value.is_object(),
        };
        (!fits).then(|| format!("For 'properties/{name}', {value} is not a {kind}."))
    })
}
