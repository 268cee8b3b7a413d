//! Preconditions: of readers and copiers on what is there, of writers on what is not.

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use super::object::{Version, Versions};
use super::request::{Request, not_implemented};
use crate::sandbox::call::{ApiError, ApiResult};

/// What a reader's conditions say about an object.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Go on.
    Met,
    /// The reader already has it.
    NotModified(&'static str),
}

/// The conditions of `GetObject` and `HeadObject`, or of a copy on its source. AWS's names, for headers and messages.
pub(super) struct Names {
    pub if_match: &'static str,
    pub if_none_match: &'static str,
    pub if_modified_since: &'static str,
    pub if_unmodified_since: &'static str,
}

/// Conditions of readers.
pub(super) const READ: Names = Names {
    if_match: "If-Match",
    if_none_match: "If-None-Match",
    if_modified_since: "If-Modified-Since",
    if_unmodified_since: "If-Unmodified-Since",
};

/// Conditions of copies on their source.
pub(super) const COPY: Names = Names {
    if_match: "x-amz-copy-source-If-Match",
    if_none_match: "x-amz-copy-source-If-None-Match",
    if_modified_since: "x-amz-copy-source-If-Modified-Since",
    if_unmodified_since: "x-amz-copy-source-If-Unmodified-Since",
};

impl Names {
    /// Judges the conditions of `request` on an object. A tag that holds makes the date beside it moot.
    pub fn judge(&self, request: &Request<'_>, etag: &str, modified: Timestamp) -> ApiResult<Verdict> {
        let header = |name: &str| request.header(&name.to_ascii_lowercase());
        // S3 keeps whole seconds, and so do these headers.
        let newer_than =
            |text: &str| rfc2822::parse(text).ok().map(|date| modified.as_second() > date.timestamp().as_second());
        if let Some(tags) = header(self.if_match) {
            if !matches_any(tags, etag) {
                return Err(failed(self.if_match));
            }
        } else if header(self.if_unmodified_since).and_then(newer_than) == Some(true) {
            return Err(failed(self.if_unmodified_since));
        }
        if let Some(tags) = header(self.if_none_match) {
            if matches_any(tags, etag) {
                return Ok(Verdict::NotModified(self.if_none_match));
            }
        } else if header(self.if_modified_since).and_then(newer_than) == Some(false) {
            return Ok(Verdict::NotModified(self.if_modified_since));
        }
        Ok(Verdict::Met)
    }
}

/// The conditions of a writer on what is under the key now.
pub(super) fn check_target(request: &Request<'_>, versions: &Versions) -> ApiResult<()> {
    let current = versions.current().and_then(Version::content);
    match (request.header("if-none-match"), request.header("if-match")) {
        (None, None) => Ok(()),
        (Some("*"), None) if current.is_some() => Err(failed("If-None-Match")),
        (Some("*"), None) => Ok(()),
        (None, Some(tags)) => match current {
            None => Err(super::object::no_such_key(&request.key)),
            Some(object) if matches_any(tags, &object.etag) => Ok(()),
            Some(_) => Err(failed("If-Match")),
        },
        _ => Err(not_implemented()),
    }
}

/// A condition, by AWS's name of it, does not hold.
pub(super) fn failed(condition: &str) -> ApiError {
    let message = "At least one of the pre-conditions you specified did not hold";
    ApiError::new(412, "PreconditionFailed", message).detail("Condition", condition)
}

fn matches_any(tags: &str, etag: &str) -> bool {
    tags.split(',')
        .map(|tag| tag.trim().trim_start_matches("W/").trim_matches('"'))
        .any(|tag| tag == "*" || tag == etag)
}
