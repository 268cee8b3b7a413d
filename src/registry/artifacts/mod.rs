//! Artifacts in S3: looked at, hashed, copied from bucket to bucket on the server's side, and verified.
//!
//! A copy is pinned to the entity tag that was hashed, lands under a prefix that is its own digest, never overwrites, and
//! is compared by the checksum that S3 computes on arrival. So it can be repeated at any time, from anywhere.

mod copy;
mod inspect;
mod verify;

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::{AggregatedBytes, ByteStream, ByteStreamError};
use aws_sdk_s3::types::{ChecksumMode, ChecksumType};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::aws::error::{AwsError, Class};
use crate::error::{Error, Result};
use crate::governance::{Digest, ObjectDigest};

pub use self::copy::{Pace, copy};
pub use self::inspect::inspect;
pub use self::verify::{verify, write_manifest};

/// A bucket, and the account that must own it: a name alone could be somebody else's tomorrow.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Twelve digits.
    pub owner: Option<String>,
}

/// An object of the source, pinned and hashed.
#[derive(Clone, Debug)]
pub struct Object {
    bucket: String,
    key: String,
    entity_tag: String,
    version_id: Option<String>,
    /// What it is, and its key below the copy's prefix.
    pub digest: ObjectDigest,
    /// CRC64NVME of the whole, base64 as S3 writes it: what S3 can compute over any split into parts.
    crc64: String,
}

/// `s3://bucket/key` in two.
pub fn split(uri: &str) -> Result<(&str, &str)> {
    uri.strip_prefix("s3://")
        .and_then(|rest| rest.split_once('/'))
        .filter(|(bucket, key)| !bucket.is_empty() && !key.is_empty())
        .ok_or_else(|| Error::failed(format!("`{uri}` is not an address in S3")))
}

impl Object {
    /// `x-amz-copy-source`: percent-encoded but for slashes, with the version that was hashed.
    fn copy_source(&self) -> String {
        const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'.').remove(b'_').remove(b'~');
        let key = utf8_percent_encode(&self.key, ENCODED);
        match &self.version_id {
            Some(version) => format!("{}/{key}?versionId={version}", self.bucket),
            None => format!("{}/{key}", self.bucket),
        }
    }
}

/// What S3 says of an object without sending it.
struct Head {
    size: u64,
    entity_tag: String,
    version_id: Option<String>,
    /// Base64, as S3 writes it; none if it is made of the checksums of parts.
    sha256: Option<String>,
    /// Base64, as S3 writes it. Always of the whole.
    crc64: Option<String>,
}

async fn head(s3: &Client, bucket: &str, key: &str, owner: Option<&str>) -> Result<Head, AwsError> {
    let output = s3
        .head_object()
        .bucket(bucket)
        .key(key)
        .checksum_mode(ChecksumMode::Enabled)
        .set_expected_bucket_owner(owner.map(str::to_owned))
        .send()
        .await?;
    let whole = output.checksum_type() != Some(&ChecksumType::Composite);
    Ok(Head {
        size: u64::try_from(output.content_length().unwrap_or_default()).unwrap_or_default(),
        entity_tag: output.e_tag().unwrap_or_default().to_owned(),
        version_id: output.version_id().filter(|id| *id != "null").map(str::to_owned),
        sha256: output.checksum_sha256().filter(|_| whole).map(str::to_owned),
        crc64: output.checksum_crc64_nvme().map(str::to_owned),
    })
}

/// All of a body that S3 sends.
pub async fn contents(body: ByteStream) -> Result<Bytes> {
    body.collect().await.map(AggregatedBytes::into_bytes).map_err(broke_off)
}

fn broke_off(error: ByteStreamError) -> Error {
    Error::failed("the transfer broke off").because(error)
}

fn missing(error: AwsError, uri: &str) -> Error {
    let class = error.class();
    let told = Error::from(error).context(format!("cannot read {uri}"));
    match class {
        Class::NotFound => told.hint("the artifact was deleted or never written: register the version again"),
        _ => told,
    }
}

/// A SHA-256 as S3 writes it.
fn digest_of(base64: &str) -> Result<Digest> {
    let bytes = BASE64.decode(base64).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.map(Digest::from).ok_or_else(|| Error::failed(format!("S3 gave `{base64}` as a SHA-256 checksum")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_split_or_refused() {
        assert_eq!(split("s3://bucket/a/b c.tar.gz").unwrap(), ("bucket", "a/b c.tar.gz"));
        for bad in ["s3://bucket", "s3://bucket/", "s3:///key", "https://bucket/key", ""] {
            assert!(split(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn copy_sources_are_encoded() {
        let object = Object {
            bucket: "dev".into(),
            key: "a b/ü+&.gz".into(),
            entity_tag: String::new(),
            version_id: Some("v1".into()),
            digest: ObjectDigest { relative_key: String::new(), size: 0, sha256: Digest::of("") },
            crc64: String::new(),
        };
        assert_eq!(object.copy_source(), "dev/a%20b/%C3%BC%2B%26.gz?versionId=v1");
    }
}
