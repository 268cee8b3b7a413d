//! Whose signature a request carries. The signature itself is not verified: the sandbox guards nothing.

use super::service::{self, RawRequest};
use super::sts::web_identity;
use super::wire::form_pairs;

/// The credential scope of a SigV4 signature.
pub(super) struct Credential {
    pub access_key_id: String,
    pub region: String,
    pub service: String,
    pub session_token: Option<String>,
}

impl Credential {
    /// Of a request to an operation that takes no signature. It has no Region either; AWS's default is the global one.
    pub fn unsigned(request: &RawRequest) -> Option<Self> {
        let is_open = service::target(request).as_deref() == Some(web_identity::OPERATION);
        is_open.then(|| Credential {
            access_key_id: String::new(),
            region: "us-east-1".to_owned(),
            service: "sts".to_owned(),
            session_token: None,
        })
    }

    /// From the `Authorization` header, or from the query of a presigned URL.
    pub fn of(request: &RawRequest) -> Option<Self> {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let query = form_pairs(request.uri().query().unwrap_or_default());
        let parameter = |wanted: &str| query.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        let from_header = header("authorization").and_then(|value| {
            let (_, scope) = value.split_once("Credential=")?;
            Some(scope.split(',').next().unwrap_or(scope).trim())
        });
        let scope = from_header.or_else(|| parameter("X-Amz-Credential"))?;
        let mut parts = scope.split('/');
        let access_key_id = parts.next()?.to_owned();
        let _date = parts.next()?;
        let region = parts.next()?.to_owned();
        let service = parts.next()?.to_owned();
        let session_token =
            header("x-amz-security-token").or_else(|| parameter("X-Amz-Security-Token")).map(str::to_owned);
        Some(Credential { access_key_id, region, service, session_token })
    }
}
