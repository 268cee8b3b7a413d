//! A real Git server on loopback: Git's own http-backend, behind TLS with certificates of an authority of the test's.

use std::io::{self, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::thread::JoinHandle;

use aiops::git::{Address, Secret};
use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use base64::Engine as _;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::server::TlsStream;

/// What a login has to be.
pub const USER: &str = "robot";
pub const TOKEN: &str = "s3cr3t-t0ken";

/// How the server is, other than well.
#[derive(Clone, Debug)]
pub struct Manner {
    /// Names in its certificate.
    pub names: Vec<String>,
    pub expired: bool,
    /// Whether it wants a login, and whether for its references as well.
    pub guarded: bool,
    pub open_references: bool,
    /// Bytes after which it breaks off, of what it hears and of what it says on a connection.
    pub hears: usize,
    pub says: usize,
    /// Says nothing of what came of a push.
    pub keeps_reports: bool,
    /// Answers everything so: status, type, text.
    pub answers: Option<(u16, &'static str, &'static str)>,
    /// Leads requests with this start of their path to another one, or to another host.
    pub redirects: Option<(&'static str, String)>,
}

impl Default for Manner {
    fn default() -> Self {
        Manner {
            names: vec!["localhost".into(), "git.example".into()],
            expired: false,
            guarded: true,
            open_references: false,
            hears: usize::MAX,
            says: usize::MAX,
            keeps_reports: false,
            answers: None,
            redirects: None,
        }
    }
}

/// A request as it came in.
#[derive(Clone, Debug)]
pub struct Seen {
    pub uri: String,
    pub authorized: bool,
}

/// The server. It ends with the test.
pub struct Server {
    pub port: u16,
    root: TempDir,
    seen: Arc<Mutex<Vec<Seen>>>,
    manner: Arc<Mutex<Manner>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Git's http-backend, or a word why the test is skipped.
pub fn http_backend() -> Option<PathBuf> {
    let output = Command::new("git").arg("--exec-path").stderr(Stdio::null()).output();
    let backend = output
        .ok()
        .map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()).join("git-http-backend"));
    if let Some(backend) = backend.filter(|backend| backend.is_file()) {
        return Some(backend);
    }
    assert!(std::env::var("AIOPS_CONFORMANCE").as_deref() != Ok("required"), "Git's http-backend is not installed");
    io::stderr().write_all(b"skipped: Git's http-backend is not installed; CI always runs it\n").unwrap();
    None
}

impl Server {
    /// A server of these manners, or nothing, if there is no Git to make one of.
    pub fn start(manner: Manner) -> Option<Self> {
        let backend = http_backend()?;
        let root = TempDir::new().unwrap();
        let acceptor = acceptor(root.path(), &manner);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (seen, manner) = (Arc::default(), Arc::new(Mutex::new(manner)));
        let state =
            State { backend, root: root.path().to_owned(), seen: Arc::clone(&seen), manner: Arc::clone(&manner) };
        let (stop, stopped) = oneshot::channel();
        let limits = Arc::clone(&manner);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let app = axum::Router::new().fallback(answer).with_state(state);
                let tls = Tls { listener, acceptor, manner: limits };
                let served = axum::serve(tls, app);
                tokio::select! {
                    _ = served => {}
                    _ = stopped => {}
                }
            });
        });
        Some(Server { port, root, seen, manner, stop: Some(stop), thread: Some(thread) })
    }

    /// The file of the authority's certificate.
    pub fn authority(&self) -> PathBuf {
        self.root.path().join("ca.pem")
    }

    pub fn address(&self, name: &str) -> Address {
        format!("https://localhost:{}/{name}", self.port).parse().unwrap()
    }

    /// Makes an empty repository, and returns where it is.
    pub fn repository(&self, name: &str) -> PathBuf {
        let directory = self.root.path().join(name);
        git(self.root.path(), &["init", "--quiet", "--bare", "--initial-branch=main", name]);
        directory
    }

    /// Lets a hook refuse pushes to a repository with these words.
    pub fn refuse(&self, name: &str, words: &str) {
        let hook = self.root.path().join(name).join("hooks/pre-receive");
        std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
        std::fs::write(&hook, format!("#!/bin/sh\nprintf '{words}' >&2\nexit 1\n")).unwrap();
        executable(&hook);
    }

    pub fn behave(&self, change: impl FnOnce(&mut Manner)) {
        change(&mut self.manner.lock().unwrap());
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.thread.take().unwrap().join();
    }
}

/// Runs the Git that people have, apart from anybody's configuration.
pub fn git(directory: &Path, arguments: &[&str]) -> String {
    let output = plain_git(directory).args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub fn plain_git(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(directory).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    command
}

pub fn executable(file: &Path) {
    #[cfg(unix)]
    std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

pub fn login() -> aiops::git::Login {
    aiops::git::Login { user: USER.into(), password: Secret::new(TOKEN), from: "the test".into() }
}

/// TLS by a certificate of an authority that is made for it, and written to `ca.pem`.
fn acceptor(root: &Path, manner: &Manner) -> TlsAcceptor {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, "Authority of a test");
    let authority_key = KeyPair::generate().unwrap();
    let certificate = authority.self_signed(&authority_key).unwrap();
    std::fs::write(root.join("ca.pem"), certificate.pem()).unwrap();

    let mut server = CertificateParams::new(manner.names.clone()).unwrap();
    if manner.expired {
        server.not_before = date_time_ymd(2019, 1, 1);
        server.not_after = date_time_ymd(2020, 1, 1);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = server.signed_by(&key, &Issuer::from_params(&authority, &authority_key)).unwrap();
    let provider = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider();
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

struct Tls {
    listener: tokio::net::TcpListener,
    acceptor: TlsAcceptor,
    manner: Arc<Mutex<Manner>>,
}

impl axum::serve::Listener for Tls {
    type Io = Fragile;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Fragile, SocketAddr) {
        loop {
            let Ok((stream, address)) = self.listener.accept().await else { continue };
            // A client that does not trust us goes away here.
            let Ok(stream) = self.acceptor.accept(stream).await else { continue };
            let manner = self.manner.lock().unwrap();
            return (Fragile { stream, hears: manner.hears, says: manner.says }, address);
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection that breaks after so many bytes.
pub struct Fragile {
    stream: TlsStream<TcpStream>,
    hears: usize,
    says: usize,
}

fn broken<T>() -> Poll<io::Result<T>> {
    Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
}

impl AsyncRead for Fragile {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.hears == 0 {
            return broken();
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.hears = self.hears.saturating_sub(buffer.filled().len() - before);
        read
    }
}

impl AsyncWrite for Fragile {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.says == 0 || self.hears == 0 {
            return broken();
        }
        let fitting = bytes.len().min(self.says);
        let written = Pin::new(&mut self.stream).poll_write(context, &bytes[..fitting]);
        if let Poll::Ready(Ok(count)) = written {
            self.says -= count;
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[derive(Clone)]
struct State {
    backend: PathBuf,
    root: PathBuf,
    seen: Arc<Mutex<Vec<Seen>>>,
    manner: Arc<Mutex<Manner>>,
}

async fn answer(
    axum::extract::State(state): axum::extract::State<State>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: axum::extract::Request,
) -> Response<Body> {
    let manner = state.manner.lock().unwrap().clone();
    let authorization = headers.get("authorization").and_then(|value| value.to_str().ok());
    state.seen.lock().unwrap().push(Seen { uri: uri.to_string(), authorized: authorization.is_some() });
    let plain = |status: u16| Response::builder().status(status);
    if let Some((status, kind, text)) = manner.answers {
        return plain(status).header("content-type", kind).body(text.into()).unwrap();
    }
    if let Some((from, to)) = &manner.redirects
        && let Some(rest) = uri.to_string().strip_prefix(from)
    {
        return plain(301).header("location", format!("{to}{rest}")).body(Body::empty()).unwrap();
    }
    let login = base64::prelude::BASE64_STANDARD.encode(format!("{USER}:{TOKEN}"));
    let guarded = manner.guarded && !(manner.open_references && uri.path().ends_with("/info/refs"));
    if guarded && authorization != Some(&format!("Basic {login}")) {
        return plain(401).header("www-authenticate", "Basic realm=\"Git\"").body(Body::empty()).unwrap();
    }
    let Ok(body) = axum::body::to_bytes(body.into_body(), usize::MAX).await else {
        return plain(400).body(Body::empty()).unwrap();
    };
    let report = uri.path().ends_with("/git-receive-pack") && manner.keeps_reports;
    let answered = tokio::task::spawn_blocking(move || state.ask(&method, &uri, &headers, &body)).await.unwrap();
    if !report {
        return answered;
    }
    // The push was taken. Of the answer there is only the start, and then the connection ends.
    let broken = futures::stream::iter([Ok(Bytes::from_static(b"0")), Err(io::Error::other("broken"))]);
    answered.map(|_| Body::from_stream(broken))
}

impl State {
    /// Asks the backend, by CGI.
    fn ask(&self, method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> Response<Body> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut child = Command::new(&self.backend)
            .env("GIT_PROJECT_ROOT", &self.root)
            .env("GIT_HTTP_EXPORT_ALL", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("PATH_INFO", uri.path())
            .env("QUERY_STRING", uri.query().unwrap_or_default())
            .env("REQUEST_METHOD", method.as_str())
            .env("CONTENT_TYPE", header("content-type"))
            .env("CONTENT_LENGTH", body.len().to_string())
            .env("REMOTE_USER", USER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let output = std::thread::scope(|scope| {
            scope.spawn(move || drop(stdin.write_all(body)));
            child.wait_with_output().unwrap()
        });
        let end = output.stdout.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&output.stdout[..end]).into_owned();
        let mut response = Response::new(Body::from(output.stdout[end + 4..].to_vec()));
        for (name, value) in head.lines().filter_map(|line| line.split_once(": ")) {
            if name == "Status" {
                *response.status_mut() = StatusCode::from_bytes(&value.as_bytes()[..3]).unwrap();
            } else {
                let name: axum::http::HeaderName = name.parse().unwrap();
                response.headers_mut().insert(name, value.parse().unwrap());
            }
        }
        response
    }
}
