//! What the operations of IAM, and of its neighbours, have in common.

use std::collections::BTreeMap;

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::policy::{DocumentKind, Policy};
use crate::sandbox::call::{ApiError, ApiResult, Call, page, required, text};

/// Reads a document that a request brings.
pub(in crate::sandbox) fn check_document(document: &str, kind: DocumentKind) -> ApiResult<Policy> {
    Policy::parse(document, kind).map_err(|error| malformed(error.to_string()))
}

/// The request's tags by key. Keys that differ only in case are the same key.
pub(in crate::sandbox) fn tags(input: &Value) -> ApiResult<BTreeMap<String, String>> {
    let mut tags = BTreeMap::new();
    for tag in input["Tags"].as_array().into_iter().flatten() {
        let (key, value) = (required(tag, "Key"), required(tag, "Value"));
        if tags.keys().any(|known: &String| known.eq_ignore_ascii_case(key)) {
            let message = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
            return Err(ApiError::new(400, "InvalidInput", message));
        }
        tags.insert(key.to_owned(), value.to_owned());
    }
    Ok(tags)
}

pub(in crate::sandbox) fn tag_list(tags: &BTreeMap<String, String>) -> Vec<Value> {
    tags.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
}

/// One page of a listing.
pub(in crate::sandbox) fn paged(member: &str, items: Vec<Value>, input: &Value) -> ApiResult {
    let max = input["MaxItems"].as_u64().and_then(|max| usize::try_from(max).ok()).unwrap_or(100);
    let (items, marker) = page(items, max, text(input, "Marker"))
        .map_err(|_| ApiError::new(400, "ValidationError", "Invalid Marker."))?;
    Ok(json!({member: items, "IsTruncated": marker.is_some(), "Marker": marker}))
}

/// A unique id: AWS's prefix for its kind, and 17 characters.
pub(in crate::sandbox) fn unique_id(call: &Call<'_>, prefix: &str) -> ApiResult<String> {
    Ok(format!("{prefix}{}", call.random_hex(17)?.to_uppercase()))
}

/// A moment as the query services write it: ISO 8601 in whole seconds.
pub(in crate::sandbox) fn iso_8601(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Documents come back in the percent-encoding of RFC 3986.
pub(in crate::sandbox) fn url_encoded(document: &str) -> String {
    const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    utf8_percent_encode(document, RESERVED).to_string()
}

/// Quotas do not count white space.
pub(in crate::sandbox) fn size(document: &str) -> usize {
    document.chars().filter(|c| !c.is_whitespace()).count()
}

pub(in crate::sandbox) fn malformed(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "MalformedPolicyDocument", message)
}

pub(in crate::sandbox) fn no_such_entity(message: impl Into<String>) -> ApiError {
    ApiError::new(404, "NoSuchEntity", message)
}

pub(in crate::sandbox) fn already_exists(message: impl Into<String>) -> ApiError {
    ApiError::new(409, "EntityAlreadyExists", message)
}

pub(in crate::sandbox) fn delete_conflict(message: impl Into<String>) -> ApiError {
    ApiError::new(409, "DeleteConflict", message)
}

pub(in crate::sandbox) fn limit_exceeded(message: impl Into<String>) -> ApiError {
    ApiError::new(409, "LimitExceeded", message)
}
