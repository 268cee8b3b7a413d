//! The HTTP client of everything that speaks to a host of repositories.

use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

const CONNECT: Duration = Duration::from_secs(20);
const WHOLE_CALL: Duration = Duration::from_secs(120);

/// An agent that trusts what the system trusts, and leaves judging statuses and redirects to its user.
pub fn agent() -> Agent {
    let certificates = rustls_native_certs::load_native_certs().certs;
    let roots = certificates.iter().map(|der| ureq::tls::Certificate::from_der(der.as_ref()).to_owned()).collect();
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .root_certs(RootCerts::Specific(Arc::new(roots)))
        .build();
    Agent::config_builder()
        .tls_config(tls)
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_connect(Some(CONNECT))
        .timeout_global(Some(WHOLE_CALL))
        .build()
        .new_agent()
}
