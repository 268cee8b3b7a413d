//! The HTTP client of everything that speaks to a host of repositories: what it trusts, which proxy it takes, how long it
//! waits, and what its failures mean.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{CertificateError, Error as TlsError};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Proxy, Timeout};

use super::User;
use crate::error::{Error, Result};
use crate::output::text::sanitize;

const CONNECT: Duration = Duration::from_secs(20);
/// Servers pack large repositories, and run hooks, before they say anything.
const SILENCE: Duration = Duration::from_secs(300);
const STUCK: Duration = Duration::from_secs(60);

/// What the user's environment says about HTTP.
#[derive(Clone, Default)]
pub struct Options {
    /// Files of certificates to trust beside the system's.
    pub authorities: Vec<PathBuf>,
    /// URL of the proxy.
    pub proxy: Option<String>,
    /// Hosts that are reached without it, as in `no_proxy`.
    pub no_proxy: String,
}

impl Options {
    /// Reads what `user` has in variables and in Git's configuration.
    pub fn of(user: &User) -> Self {
        let files =
            ["AIOPS_GIT_CA", "GIT_SSL_CAINFO", "SSL_CERT_FILE"].into_iter().filter_map(|name| user.variable(name));
        let configured = user.setting("http.sslcainfo").filter(|path| !path.is_empty());
        let authorities = files.map(PathBuf::from).chain(configured.map(|path| user.expand(path))).collect();
        let proxy = match user.setting("http.proxy") {
            // An empty one says that there is to be none.
            Some(proxy) => Some(proxy),
            None => user.first_variable(&["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]),
        };
        Options {
            authorities,
            proxy: proxy.filter(|proxy| !proxy.is_empty()).map(str::to_owned),
            no_proxy: user.first_variable(&["no_proxy", "NO_PROXY"]).unwrap_or_default().to_owned(),
        }
    }
}

/// An HTTP client. It leaves judging statuses, and following redirects, to its user.
#[derive(Debug)]
pub struct Http {
    /// The client itself.
    pub agent: Agent,
    proxy: Option<Proxy>,
}

impl Http {
    /// A client with these options.
    pub fn new(options: &Options) -> Result<Self> {
        let proxy = options.proxy.as_deref().map(|url| proxy(url, &options.no_proxy)).transpose()?;
        let tls = TlsConfig::builder()
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .root_certs(RootCerts::Specific(Arc::new(roots(&options.authorities)?)))
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .proxy(proxy.clone())
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("aiops/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(CONNECT))
            .timeout_connect(Some(CONNECT))
            .timeout_per_read(Some(SILENCE))
            .timeout_per_write(Some(STUCK))
            .build()
            .new_agent();
        Ok(Http { agent, proxy })
    }

    /// Who is spoken to first on the way to `host`, as messages name it.
    fn first_stop(&self, host: &str) -> String {
        match &self.proxy {
            Some(proxy) if !self.bypasses(host) => format!("the proxy {}:{}", proxy.host(), proxy.port()),
            _ => host.to_owned(),
        }
    }

    fn bypasses(&self, host: &str) -> bool {
        let uri = format!("https://{host}/").parse();
        self.proxy.as_ref().zip(uri.ok()).is_some_and(|(proxy, uri)| proxy.is_no_proxy(&uri))
    }

    /// What a failure on the way to `host` (with its port) means, and what to do about it.
    pub fn failure(&self, error: ureq::Error, host: &str) -> Error {
        let first = self.first_stop(host);
        match error {
            ureq::Error::Timeout(Timeout::Resolve | Timeout::Connect) => {
                Error::failed(format!("{first} did not answer within {} seconds", CONNECT.as_secs())).hint(REACH)
            }
            ureq::Error::Timeout(_) => Error::failed(format!("{host} fell silent")).hint("try again later"),
            ureq::Error::HostNotFound => {
                Error::failed(format!("{first} is unknown: there is no such host")).hint(REACH)
            }
            ureq::Error::ConnectProxyFailed(reason) => {
                let refused =
                    Error::failed(format!("{first} does not let us through to {host}")).because(reason.clone());
                if reason.contains("407") {
                    refused.hint("it wants a login: write it into the proxy's URL, in `https_proxy` or `http.proxy`")
                } else {
                    refused.hint("ask whoever runs the proxy to allow the host, or name it in `no_proxy`")
                }
            }
            ureq::Error::Rustls(error) => tls(&error, host),
            ureq::Error::Io(error) => self.io_failure(&error, host),
            error => Error::failed(format!("{host} could not be asked")).because(error),
        }
    }

    /// The same for a connection that stands already.
    pub fn io_failure(&self, error: &io::Error, host: &str) -> Error {
        if let Some(error) = find::<TlsError>(error) {
            return tls(error, host);
        }
        let first = self.first_stop(host);
        let cause = error.to_string();
        match error.kind() {
            io::ErrorKind::ConnectionRefused => {
                Error::failed(format!("{first} refuses connections")).because(cause).hint(REACH)
            }
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::NotConnected => {
                Error::failed(format!("the connection to {host} broke off")).because(cause).hint("run it again")
            }
            io::ErrorKind::TimedOut => Error::failed(format!("{host} fell silent")).hint("try again later"),
            _ => Error::failed(format!("{first} cannot be reached")).because(cause).hint(REACH),
        }
    }
}

const REACH: &str = "check the address, the network, and the proxy (`https_proxy`, `no_proxy`, Git's `http.proxy`)";

/// The cause of this type, however deep.
fn find<E: std::error::Error + 'static>(error: &io::Error) -> Option<&E> {
    // An io::Error hides what it wraps from `source`.
    let mut cause = error.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static));
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        cause = match error.downcast_ref::<io::Error>() {
            Some(inner) => inner.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static)),
            None => error.source(),
        };
    }
    None
}

fn tls(error: &TlsError, host: &str) -> Error {
    use CertificateError as Bad;
    let failed = |what: &str| Error::failed(format!("{host} is not to be trusted: its certificate {what}"));
    let TlsError::InvalidCertificate(bad) = error else {
        return Error::failed(format!("no secure connection to {host} came about")).because(error.clone());
    };
    match bad {
        Bad::Expired | Bad::ExpiredContext { .. } => {
            failed("has expired").hint("whoever runs the server has to renew it; or is this machine's clock wrong?")
        }
        Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
            failed("is not valid yet").hint("is this machine's clock right?")
        }
        Bad::UnknownIssuer => failed("is signed by nobody that this machine trusts").hint(
            "if it is a company's own authority, name the file of its certificate: AIOPS_GIT_CA=FILE, or Git's \
             `http.sslCAInfo`",
        ),
        Bad::NotValidForName => failed("is for another name").hint("check the address"),
        Bad::NotValidForNameContext { presented, .. } => {
            // They come as `DnsName("git.example")`.
            let names = presented.iter().map(|name| name.split('"').nth(1).unwrap_or(name));
            let names = sanitize(&names.collect::<Vec<_>>().join(", "));
            failed("is for another name").because(format!("it is for {names}")).hint("check the address")
        }
        Bad::Revoked => failed("was revoked").hint("whoever runs the server has to replace it"),
        // `openssl req -x509` makes such ones.
        Bad::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            failed("is that of an authority, not of a server").hint(
                "a self-signed certificate needs `basicConstraints=CA:FALSE`; better, sign the server's with an \
                 authority, and name that in AIOPS_GIT_CA",
            )
        }
        _ => failed("is invalid").because(error.clone()),
    }
}

/// What the system trusts, and what these files hold.
fn roots(authorities: &[PathBuf]) -> Result<Vec<Certificate<'static>>> {
    let mut roots = rustls_native_certs::load_native_certs().certs;
    for file in authorities {
        let unusable = || Error::config(format!("the certificates in {} cannot be used", file.display()));
        let read = CertificateDer::pem_file_iter(file).map_err(|error| unusable().because(error))?;
        let read: Vec<_> = read.collect::<std::result::Result<_, _>>().map_err(|error| unusable().because(error))?;
        if read.is_empty() {
            return Err(unusable().because("it holds no certificate in PEM"));
        }
        roots.extend(read);
    }
    Ok(roots.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect())
}

/// The proxy at `url`, for all hosts but those of `no_proxy`.
fn proxy(url: &str, no_proxy: &str) -> Result<Proxy> {
    let invalid = || {
        // It may hold a password, and so is not repeated.
        Error::config("the proxy's URL cannot be used")
            .hint("`https_proxy` or `http.proxy` is http://HOST:PORT or https://HOST:PORT")
    };
    let parsed = Proxy::new(url).map_err(|_| invalid())?;
    if !matches!(parsed.protocol(), ureq::ProxyProtocol::Http | ureq::ProxyProtocol::Https) {
        return Err(invalid());
    }
    let mut builder = Proxy::builder(parsed.protocol()).host(parsed.host()).port(parsed.port());
    if let Some(user) = parsed.username() {
        builder = builder.username(user).password(parsed.password().unwrap_or_default());
    }
    for host in no_proxy.split([',', ' ']).map(str::trim).filter(|host| !host.is_empty()) {
        // As for curl and Git, a name covers what is below it.
        let host = host.strip_prefix('.').unwrap_or(host);
        builder = builder.no_proxy(host).no_proxy(&format!(".{host}"));
    }
    builder.build().map_err(|_| invalid())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Environment;

    fn options(variables: &[(&str, &str)]) -> Options {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let isolated = ("GIT_CONFIG_NOSYSTEM".to_owned(), "1".to_owned());
        Options::of(&User::new(&variables.chain([isolated]).collect::<Environment>()).unwrap())
    }

    fn via(variables: &[(&str, &str)], host: &str) -> String {
        Http::new(&options(variables)).unwrap().first_stop(host)
    }

    #[test]
    fn the_proxy_is_the_one_of_git_and_of_the_environment() {
        let set =
            [("https_proxy", "http://user:secret@proxy.example:3128"), ("no_proxy", "acme.example, .corp,10.0.0.1")];
        assert_eq!(via(&set, "github.com"), "the proxy proxy.example:3128");
        for direct in ["acme.example", "git.acme.example", "git.corp", "10.0.0.1"] {
            assert_eq!(via(&set, direct), direct);
        }
        assert_eq!(via(&set, "notacme.example"), "the proxy proxy.example:3128");
        assert_eq!(via(&[("ALL_PROXY", "proxy.example:80"), ("no_proxy", "*")], "github.com"), "github.com");
        let git = [
            ("HTTPS_PROXY", "http://other.example:1"),
            ("GIT_CONFIG_COUNT", "1"),
            ("GIT_CONFIG_KEY_0", "http.proxy"),
            ("GIT_CONFIG_VALUE_0", "https://git.example:8080"),
        ];
        assert_eq!(via(&git, "github.com"), "the proxy git.example:8080");
        let none = [git[0], git[1], git[2], ("GIT_CONFIG_VALUE_0", "")];
        assert_eq!(via(&none, "github.com"), "github.com");
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_told_without_its_password() {
        for url in ["socks5://user:hunter2@proxy.example", "ftp://user:hunter2@proxy.example", "http://user:hunter2@"] {
            let error = Http::new(&options(&[("https_proxy", url)])).unwrap_err();
            assert!(!format!("{error:?}").contains("hunter2"), "{url}");
        }
        let http = Http::new(&options(&[("https_proxy", "http://user:hunter2@proxy.example:1")])).unwrap();
        let refused =
            http.failure(ureq::Error::ConnectProxyFailed("proxy server responded 407/407".into()), "git.example");
        let shown = format!("{http:?} {refused:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(refused.hints()[0].contains("login"));
    }

    #[test]
    fn a_file_without_certificates_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let (empty, absent) = (directory.path().join("empty.pem"), directory.path().join("absent.pem"));
        std::fs::write(&empty, "not a certificate").unwrap();
        for file in [empty, absent] {
            let name = file.display().to_string();
            let error = Http::new(&options(&[("AIOPS_GIT_CA", &name)])).unwrap_err();
            assert!(error.to_string().contains(&name), "{error}");
            assert!(error.causes().next().is_some());
        }
    }
}
