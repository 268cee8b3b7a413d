//! The smoke test: does what was just deployed answer?

use aws_sdk_sagemakerruntime::primitives::Blob;
use serde::Serialize;

use super::deploy::CHAMPION;
use crate::aws::Session;
use crate::aws::error::AwsError;
use crate::clock::{SharedClock, to_second};
use crate::error::Result;
use crate::governance::{TestStatus, digest};

/// One request, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SmokeTest {
    /// Whether the endpoint answered with something.
    pub status: TestStatus,
    /// Name of the endpoint.
    pub endpoint: String,
    /// Content type of the request.
    pub content_type: String,
    /// Bytes of the request.
    pub request_bytes: usize,
    /// The beginning of the answer, if it is text; else how long it is.
    pub answer: Option<String>,
    /// Why it failed, in AWS's words.
    pub failure: Option<String>,
    /// When it ended, RFC 3339 in UTC.
    pub at: String,
}

/// How much of an answer a report keeps, in characters.
const KEPT: usize = 200;

impl SmokeTest {
    /// SHA-256 of the report, in hex: what the record of the version is bound to.
    pub fn digest(&self) -> String {
        let report = serde_json::to_value(self).unwrap_or_default();
        digest::Digest::of(digest::canonical(&report)).to_string()
    }
}

/// Sends `payload` to the variant that serves. A refusal of the model is a failed test, not an error; so is no answer.
pub async fn run(
    session: &Session,
    endpoint: &str,
    content_type: &str,
    payload: Vec<u8>,
    clock: &SharedClock,
) -> Result<SmokeTest> {
    let request_bytes = payload.len();
    let outcome = session
        .sagemaker_runtime()
        .invoke_endpoint()
        .endpoint_name(endpoint)
        .target_variant(CHAMPION)
        .content_type(content_type)
        .body(Blob::new(payload))
        .send()
        .await
        .map_err(AwsError::from);
    let (answer, failure) = match outcome {
        Ok(output) => match output.body().map(|body| body.as_ref()).unwrap_or_default() {
            [] => (None, Some("the answer is empty".to_owned())),
            bytes => (Some(shown(bytes)), None),
        },
        Err(error) => (None, Some(error.to_string())),
    };
    Ok(SmokeTest {
        status: if failure.is_none() { TestStatus::Passed } else { TestStatus::Failed },
        endpoint: endpoint.to_owned(),
        content_type: content_type.to_owned(),
        request_bytes,
        answer,
        failure,
        at: to_second(clock.now()).to_string(),
    })
}

fn shown(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.trim().chars().take(KEPT).collect(),
        Err(_) => format!("{} bytes", bytes.len()),
    }
}
