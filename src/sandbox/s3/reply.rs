//! Answers: empty, XML or bytes, with S3's headers; and the one form of its errors.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use jiff::Timestamp;

use super::checksum::Checksum;
use super::xml;
use super::xml::Xml;
use crate::sandbox::call::ApiError;
use crate::sandbox::wire::Answer;

/// An answer being built.
pub(super) struct Reply(Answer);

impl Reply {
    /// An answer with nothing but a status.
    pub fn empty(status: u16) -> Self {
        Self::bytes(status, Bytes::new())
    }

    /// An answer of bytes.
    pub fn bytes(status: u16, body: impl Into<Bytes>) -> Self {
        let mut response = Response::new(body.into());
        *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Reply(response)
    }

    /// A document.
    pub fn xml(root: &str, build: impl FnOnce(&mut Xml)) -> Self {
        Self::bytes(200, xml::document(root, build)).header(CONTENT_TYPE.as_str(), "application/xml")
    }

    /// With a header. One that HTTP cannot carry is left out, as S3 leaves it out (and counts it as missing).
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes())) {
            self.0.headers_mut().insert(name, value);
        }
        self
    }

    /// With a header, if there is a value.
    pub fn maybe(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// With several headers.
    pub fn headers<'h>(self, headers: impl IntoIterator<Item = (&'h String, &'h String)>) -> Self {
        headers.into_iter().fold(self, |reply, (name, value)| reply.header(name, value))
    }

    /// With the headers of a checksum.
    pub fn checksum(self, checksum: &Checksum) -> Self {
        self.header(checksum.algorithm.header(), &checksum.value).header("x-amz-checksum-type", checksum.kind.name())
    }

    /// Finished.
    pub fn done(self, request_id: &str) -> Answer {
        self.header("x-amz-request-id", request_id).header("x-amz-id-2", "sandbox").0
    }
}

/// An error as S3 tells it. Details whose name is a header's go into the headers.
pub(super) fn error(error: &ApiError, request_id: &str) -> Answer {
    let error = spelling(error);
    let is_header = |name: &str| name.starts_with("x-amz-");
    let body = xml::error_document(|xml| {
        xml.text("Code", &error.code);
        xml.text("Message", &error.message);
        for (name, value) in error.details.iter().filter(|(name, _)| !is_header(name)) {
            xml.text(name, value);
        }
        xml.text("RequestId", request_id);
        xml.text("HostId", "sandbox");
    });
    let reply = Reply::bytes(error.status, body).header(CONTENT_TYPE.as_str(), "application/xml");
    error
        .details
        .iter()
        .filter(|(name, _)| is_header(name))
        .fold(reply, |reply, (name, value)| reply.header(name, value))
        .done(request_id)
}

/// The same error as S3 spells it, for those that are every service's.
pub(super) fn spelling(error: &ApiError) -> ApiError {
    let (status, code, message) = match error.code.as_str() {
        "AccessDeniedException" => (403, "AccessDenied", error.message.as_str()),
        "UnrecognizedClientException" => {
            (403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
        }
        "ExpiredTokenException" => (400, "ExpiredToken", "The provided token has expired."),
        "ThrottlingException" => (503, "SlowDown", "Please reduce your request rate."),
        "InternalFailure" => (500, "InternalError", error.message.as_str()),
        "UnknownOperationException" => {
            (501, "NotImplemented", "A header you provided implies functionality that is not implemented")
        }
        _ => return error.clone(),
    };
    ApiError { details: error.details.clone(), ..ApiError::new(status, code, message) }
}

/// An ETag as headers and XML carry it.
pub(super) fn quoted(etag: &str) -> String {
    format!("\"{etag}\"")
}

/// A moment as S3's XML writes it. S3 keeps whole seconds.
pub(super) fn iso_time(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()
}

/// A moment as HTTP headers write it.
pub(super) fn http_time(moment: Timestamp) -> String {
    moment.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
