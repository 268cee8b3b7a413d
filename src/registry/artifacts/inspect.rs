//! Finding and hashing the artifacts of a version.

use aws_sdk_s3::Client;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use sha2::{Digest as _, Sha256};

use super::{Head, Object, broke_off, digest_of, head, missing, split};
use crate::aws::error::{AwsError, Class};
use crate::error::{Error, Result};
use crate::governance::{Digest, ObjectDigest};
use crate::registry::record::Address;

/// Finds and hashes every object at `addresses`. Reads objects only where S3 has no SHA-256 of the whole.
pub async fn inspect(s3: &Client, addresses: &[Address], owner: Option<&str>, at_once: usize) -> Result<Vec<Object>> {
    let mut found = Vec::new();
    for (place, address) in addresses.iter().enumerate() {
        let (bucket, key) = split(&address.uri)?;
        if address.prefix {
            let prefix = format!("{}/", key.trim_end_matches('/'));
            let keys = list(s3, bucket, &prefix, owner).await.map_err(|error| unreadable(error, &address.uri))?;
            if keys.is_empty() {
                return Err(Error::failed(format!("there is nothing at {}", address.uri))
                    .hint("the artifacts were deleted or never written: register the version again"));
            }
            for key in keys {
                let relative = format!("{place}/{}", &key[prefix.len()..]);
                found.push((bucket, key, relative));
            }
        } else {
            let name = key.rsplit('/').next().unwrap_or(key);
            found.push((bucket, key.to_owned(), format!("{place}/{name}")));
        }
    }
    let hashed = found.into_iter().map(|(bucket, key, relative)| hash(s3, bucket, key, relative, owner));
    stream::iter(hashed).buffered(at_once.max(1)).try_collect().await
}

/// Reading the source needs the bucket's own policy too: it is another account's.
fn unreadable(error: AwsError, uri: &str) -> Error {
    let hint = match (error.class(), error.code()) {
        (Class::Denied, _) => Some("the policy of the dev bucket must let the central role that promotes read it"),
        (_, "PermanentRedirect") => Some("the bucket is in another Region than the dev account: say so in aiops.yaml"),
        _ => None,
    };
    let told = missing(error, uri);
    match hint {
        Some(hint) => told.hint(hint),
        None => told,
    }
}

async fn list(s3: &Client, bucket: &str, prefix: &str, owner: Option<&str>) -> Result<Vec<String>, AwsError> {
    let mut pages = s3
        .list_objects_v2()
        .bucket(bucket)
        .prefix(prefix)
        .set_expected_bucket_owner(owner.map(str::to_owned))
        .into_paginator()
        .send();
    let mut keys = Vec::new();
    while let Some(page) = pages.next().await {
        // Consoles mark folders by empty objects whose key ends in a slash; they are no artifacts.
        let page = page?;
        keys.extend(
            page.contents()
                .iter()
                .filter_map(|object| object.key())
                .filter(|key| !key.ends_with('/'))
                .map(str::to_owned),
        );
    }
    Ok(keys)
}

async fn hash(s3: &Client, bucket: &str, key: String, relative: String, owner: Option<&str>) -> Result<Object> {
    let uri = format!("s3://{bucket}/{key}");
    let Head { size, entity_tag, version_id, sha256, crc64 } =
        head(s3, bucket, &key, owner).await.map_err(|error| unreadable(error, &uri))?;
    let (sha256, crc64) = match (sha256, crc64) {
        (Some(sha256), Some(crc64)) => (digest_of(&sha256)?, crc64),
        _ => read(s3, bucket, &key, &entity_tag, owner)
            .await
            .map_err(|error| error.context(format!("cannot read {uri}")))?,
    };
    Ok(Object {
        bucket: bucket.to_owned(),
        entity_tag,
        version_id,
        digest: ObjectDigest { relative_key: relative, size, sha256 },
        crc64,
        key,
    })
}

/// SHA-256 in hex and CRC64NVME in base64 of an object that must still have `entity_tag`. In bounded memory.
pub(super) async fn read(
    s3: &Client,
    bucket: &str,
    key: &str,
    entity_tag: &str,
    owner: Option<&str>,
) -> Result<(Digest, String)> {
    let output = s3
        .get_object()
        .bucket(bucket)
        .key(key)
        .if_match(entity_tag)
        .set_expected_bucket_owner(owner.map(str::to_owned))
        .send()
        .await
        .map_err(AwsError::from)?;
    let mut body = output.body;
    let mut sha256 = Sha256::new();
    let mut crc64 = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Nvme);
    while let Some(bytes) = body.try_next().await.map_err(broke_off)? {
        sha256.update(&bytes);
        crc64.update(&bytes);
    }
    Ok((Digest::from(<[u8; 32]>::from(sha256.finalize())), BASE64.encode(crc64.finalize().to_be_bytes())))
}
