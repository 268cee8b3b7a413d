//! What aiops writes into a version's `CustomerMetadataProperties`, and what AWS accepts there.
//!
//! The keys hold only `[a-z-]` and digits, because IAM condition keys are made of them. Each is written when the
//! version is created, unless its comment says otherwise; the policies of [`super::policy`] refuse to change it later.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::lifecycle::Stage;
use super::names;
use crate::error::Error;

/// What every key of ours begins with.
pub const PREFIX: &str = "aiops-";

/// ARN of the dev version that the central one is a copy of.
pub const SOURCE_ARN: &str = "aiops-source-arn";
/// Id of the account of the dev version.
pub const SOURCE_ACCOUNT: &str = "aiops-source-account";
/// Version number of the dev version in its group.
pub const SOURCE_VERSION: &str = "aiops-source-version";
/// Digest of the artifacts, wherever they lie: [`super::digest::content_sha256`].
pub const CONTENT_SHA256: &str = "aiops-content-sha256";
/// Digest of the inference specification of this version: [`super::digest::spec_sha256`].
pub const SPEC_SHA256: &str = "aiops-spec-sha256";
/// Source identity of whoever registered the model in dev. Four-eyes rules compare with it.
pub const REGISTERED_BY: &str = "aiops-registered-by";
/// Source identity of whoever copied the version to the central registry.
pub const PROMOTED_BY: &str = "aiops-promoted-by";
/// When it was copied, RFC 3339 in UTC.
pub const PROMOTED_AT: &str = "aiops-promoted-at";
/// Name of the tenant that the model belongs to.
pub const TENANT: &str = "aiops-tenant";
/// Name of the model, as in dev.
pub const MODEL: &str = "aiops-model";
/// Result of the last smoke test: [`TestStatus`]. Written by whoever deploys, while a decision is pending.
pub const TEST_STATUS: &str = "aiops-test-status";
/// When that test ended, RFC 3339 in UTC. Written with the result.
pub const TEST_AT: &str = "aiops-test-at";
/// SHA-256 of that test's report, in hex. Written with the result.
pub const TEST_DIGEST: &str = "aiops-test-digest";

/// Key of the source identity of whoever decided last in `stage`. Written with the decision.
pub const fn decided_by(stage: Stage) -> &'static str {
    match stage {
        Stage::Dev => "aiops-dev-decided-by",
        Stage::Test => "aiops-test-decided-by",
        Stage::Prod => "aiops-prod-decided-by",
    }
}

/// Key of the time of the last decision in `stage`, RFC 3339 in UTC. Written with the decision.
pub const fn decided_at(stage: Stage) -> &'static str {
    match stage {
        Stage::Dev => "aiops-dev-decided-at",
        Stage::Test => "aiops-test-decided-at",
        Stage::Prod => "aiops-prod-decided-at",
    }
}

/// The number in dev of the version that `properties` describe, as [`SOURCE_VERSION`] holds it.
pub fn source_version(properties: &BTreeMap<String, String>) -> Option<u32> {
    properties.get(SOURCE_VERSION)?.parse().ok()
}

/// Result of a smoke test, as [`TEST_STATUS`] holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TestStatus {
    /// The endpoint answered as it should.
    Passed,
    /// It did not.
    Failed,
}

impl TestStatus {
    /// Every result.
    pub const ALL: [TestStatus; 2] = [TestStatus::Passed, TestStatus::Failed];

    /// The text in the metadata.
    pub const fn as_str(self) -> &'static str {
        match self {
            TestStatus::Passed => "Passed",
            TestStatus::Failed => "Failed",
        }
    }
}

impl fmt::Display for TestStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for TestStatus {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        names::parse("test status", text, &TestStatus::ALL, TestStatus::as_str)
    }
}

/// The longest value that AWS accepts, in characters.
const LONGEST: usize = 256;

/// Characters that AWS refuses in keys and values. Commas, quotes, brackets and line breaks are among them.
#[allow(clippy::expect_used, reason = "the pattern is a literal, compiled by every test here")]
static REFUSED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[^\p{L}\p{Z}\p{N}_.:/=+\-@]+").expect("a valid pattern"));

/// A value that AWS accepts in `CustomerMetadataProperties`: 1 to 256 letters, digits, spaces and `_.:/=+-@`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct MetadataValue(String);

impl MetadataValue {
    /// `text` as it is.
    ///
    /// # Errors
    /// Usage, if AWS would refuse it.
    pub fn new(text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        let length = text.chars().count();
        let problem: Cow<'static, str> = match REFUSED.find(&text) {
            _ if length == 0 => "is empty".into(),
            _ if length > LONGEST => format!("has {length} characters, and {LONGEST} is the most").into(),
            Some(refused) => format!("holds {:?}", refused.as_str()).into(),
            None => return Ok(MetadataValue(text)),
        };
        let shown: String = text.chars().take(40).collect();
        Err(Error::usage(format!("model package metadata cannot be {shown:?}: it {problem}"))
            .hint("use letters, digits, spaces and _.:/=+-@"))
    }

    /// The nearest to `text` that AWS accepts: what it refuses becomes one hyphen, the end is cut off, and what would
    /// be empty is a lone hyphen.
    pub fn clean(text: &str) -> Self {
        let text = REFUSED.replace_all(text, "-");
        let text: String = text.trim().chars().take(LONGEST).collect();
        MetadataValue(if text.is_empty() { "-".to_owned() } else { text })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MetadataValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<MetadataValue> for String {
    fn from(value: MetadataValue) -> String {
        value.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_aiops_writes_is_accepted() {
        for text in [
            "arn:aws:sagemaker:eu-west-1:111122223333:model-package/diabetes/3",
            "2026-02-03T04:05:06Z",
            "officer@example.com",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "Passed",
            "Pr\u{fc}fung bestanden",
        ] {
            assert_eq!(MetadataValue::new(text).unwrap().as_str(), text);
            assert_eq!(MetadataValue::clean(text).as_str(), text);
        }
    }

    #[test]
    fn what_aws_refuses_is_refused_here_and_can_be_cleaned() {
        for (text, clean) in [
            ("", "-"),
            ("a,b", "a-b"),
            ("{\"a\": 1}", "-a-: 1-"),
            ("line\nline", "line-line"),
            ("\u{202e}gnp", "-gnp"),
            ("100%", "100-"),
        ] {
            assert!(MetadataValue::new(text).is_err(), "{text:?}");
            assert_eq!(MetadataValue::clean(text).as_str(), clean);
        }
        assert!(MetadataValue::new("x".repeat(256)).is_ok());
        insta::assert_snapshot!(MetadataValue::new("x".repeat(257)).unwrap_err(), @r#"model package metadata cannot be "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx": it has 257 characters, and 256 is the most"#);
        insta::assert_snapshot!(MetadataValue::new("a, b").unwrap_err(), @r#"model package metadata cannot be "a, b": it holds ",""#);
    }

    #[test]
    fn keys_fit_into_condition_keys() {
        let decisions = Stage::ALL.into_iter().flat_map(|stage| [decided_by(stage), decided_at(stage)]);
        let keys = [
            SOURCE_ARN,
            SOURCE_ACCOUNT,
            SOURCE_VERSION,
            CONTENT_SHA256,
            SPEC_SHA256,
            REGISTERED_BY,
            PROMOTED_BY,
            PROMOTED_AT,
            TENANT,
            MODEL,
            TEST_STATUS,
            TEST_AT,
            TEST_DIGEST,
        ];
        let mut seen = std::collections::BTreeSet::new();
        for key in keys.into_iter().chain(decisions) {
            assert!(key.starts_with(PREFIX) && seen.insert(key), "{key}");
            assert!(key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'), "{key}");
        }
    }

    proptest! {
        #[test]
        fn clean_makes_any_text_acceptable_and_leaves_acceptable_text_alone(text in any::<String>()) {
            let clean = MetadataValue::clean(&text);
            prop_assert_eq!(MetadataValue::new(clean.as_str()).unwrap(), clean.clone());
            if text.trim() == text && MetadataValue::new(text.as_str()).is_ok() {
                prop_assert_eq!(clean.as_str(), text);
            }
        }
    }
}
