//! What was recorded of artifacts, and whether it is still true.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::ChecksumAlgorithm;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::{Value, json};

use super::inspect::read;
use super::{Bucket, Object, contents, digest_of, head, missing};
use crate::aws::error::{AwsError, Class};
use crate::error::{Error, Result};
use crate::governance::{Digest, ObjectDigest, digest};

/// What lies beside the artifacts and says what they are.
const MANIFEST: &str = "manifest.json";

/// One object against what was recorded of it, by the strongest checksum that S3 has of the whole.
pub(super) async fn verify_object(
    s3: &Client,
    bucket: &Bucket,
    key: &str,
    recorded: &ObjectDigest,
    crc64: &str,
) -> Result<()> {
    let uri = format!("s3://{}/{key}", bucket.name);
    let owner = bucket.owner.as_deref();
    let there = head(s3, &bucket.name, key, owner).await.map_err(|error| missing(error, &uri))?;
    let (algorithm, expected, found) = match (there.sha256, there.crc64) {
        (Some(found), _) => ("SHA-256", recorded.sha256.to_string(), digest_of(&found)?.to_string()),
        (None, Some(found)) => ("CRC64NVME", crc64.to_owned(), found),
        (None, None) => {
            let (found, _) = read(s3, &bucket.name, key, &there.entity_tag, owner).await?;
            ("SHA-256", recorded.sha256.to_string(), found.to_string())
        }
    };
    let (size, found_size) = (recorded.size, there.size);
    if found_size == size && found == expected {
        return Ok(());
    }
    Err(Error::denied(format!("{uri} is not what was recorded"))
        .because(format!("{algorithm} {expected} and {size} bytes were recorded, {found} and {found_size} bytes are there"))
        .hint("somebody changed or replaced the object: find out who (CloudTrail), then register and promote a new version"))
}

/// Writes the manifest of `objects` below `prefix`; one that is there already must say the same.
pub async fn write_manifest(s3: &Client, objects: &[Object], target: &Bucket, prefix: &str) -> Result<()> {
    let entries: Vec<Value> = objects
        .iter()
        .map(|object| {
            let ObjectDigest { relative_key, size, sha256 } = &object.digest;
            json!({"key": relative_key, "size": size, "sha256": sha256, "crc64nvme": object.crc64})
        })
        .collect();
    let manifest = json!({"format": "aiops-manifest/1", "objects": entries});
    let key = format!("{prefix}{MANIFEST}");
    let outcome = s3
        .put_object()
        .bucket(&target.name)
        .key(&key)
        .content_type("application/json")
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .if_none_match("*")
        .set_expected_bucket_owner(target.owner.clone())
        .body(digest::canonical(&manifest).into_bytes().into())
        .send()
        .await
        .map_err(AwsError::from);
    match outcome {
        Ok(_) => Ok(()),
        Err(error) if error.class() == Class::PreconditionFailed => Ok(()),
        Err(error) => Err(Error::from(error).context(format!("cannot write s3://{}/{key}", target.name))),
    }
}

/// Verifies that what lies below `prefix` of `bucket` is what `recorded` (a content digest) stands for: the manifest gives
/// the digest, and every object is what the manifest says.
pub async fn verify(s3: &Client, bucket: &Bucket, prefix: &str, recorded: &str, at_once: usize) -> Result<()> {
    let key = format!("{prefix}{MANIFEST}");
    let uri = format!("s3://{}/{key}", bucket.name);
    let output = s3
        .get_object()
        .bucket(&bucket.name)
        .key(&key)
        .set_expected_bucket_owner(bucket.owner.clone())
        .send()
        .await
        .map_err(|error| missing(error.into(), &uri))?;
    let bytes = contents(output.body).await?;
    let unreadable =
        || Error::denied(format!("{uri} cannot be read")).hint("promote the dev version again, as a new version");
    let manifest: Value = serde_json::from_slice(&bytes).map_err(|error| unreadable().because(error))?;
    let entries: Vec<(ObjectDigest, String)> = manifest["objects"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().map(str::to_owned);
            let digest = ObjectDigest {
                relative_key: text("key")?,
                size: entry["size"].as_u64()?,
                sha256: text("sha256")?.parse().ok()?,
            };
            Some((digest, text("crc64nvme")?))
        })
        .collect::<Option<_>>()
        .ok_or_else(unreadable)?;
    let digests: Vec<ObjectDigest> = entries.iter().map(|(digest, _)| digest.clone()).collect();
    let found: Digest = digest::content_sha256(&digests);
    if found.to_string() != recorded {
        return Err(Error::denied("the artifacts are not those that were approved")
            .because(format!("content digest {recorded} was recorded, {found} is there ({uri})"))
            .hint("somebody changed the record or the bucket: find out who (CloudTrail), then promote a new version"));
    }
    stream::iter(&entries)
        .map(|(digest, crc64)| async move {
            let key = format!("{prefix}{}", digest.relative_key);
            verify_object(s3, bucket, &key, digest, crc64).await
        })
        .buffer_unordered(at_once.max(1))
        .try_collect::<()>()
        .await
}
