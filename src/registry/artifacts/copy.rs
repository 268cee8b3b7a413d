//! Copying artifacts on the server's side: whole, or in parts beyond the limit of one copy.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart, TaggingDirective};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::verify::verify_object;
use super::{Bucket, Object};
use crate::aws::error::{AwsError, Class};
use crate::error::{Error, Result};

/// The largest object that `CopyObject` takes: 5 GB, by the S3 API reference.
const LARGEST_SINGLE_COPY: u64 = 5 * 1024 * 1024 * 1024;
/// The least size of a part of ours; S3 allows from 5 MiB.
const SMALLEST_PART: u64 = 64 * 1024 * 1024;
/// S3's limit of parts in one upload.
const MOST_PARTS: u64 = 10_000;
/// Parts of one object under way at once.
const PARTS_AT_ONCE: usize = 8;
/// Copies `objects` below `prefix` of `target`, at most `at_once` at a time, and verifies each. What is there already is
/// verified and left. `done` is told the size of each object that is in place.
pub async fn copy(
    s3: &Client,
    objects: &[Object],
    target: &Bucket,
    prefix: &str,
    source_owner: Option<&str>,
    at_once: usize,
    done: &dyn Fn(u64),
) -> Result<()> {
    stream::iter(objects)
        .map(|object| async move {
            let key = format!("{prefix}{}", object.digest.relative_key);
            if object.digest.size > LARGEST_SINGLE_COPY {
                copy_in_parts(s3, object, target, &key, source_owner).await?;
            } else {
                copy_whole(s3, object, target, &key, source_owner).await?;
            }
            verify_object(s3, target, &key, &object.digest, &object.crc64).await?;
            done(object.digest.size);
            Ok(())
        })
        .buffer_unordered(at_once.max(1))
        .try_collect::<()>()
        .await
}

async fn copy_whole(
    s3: &Client,
    object: &Object,
    target: &Bucket,
    key: &str,
    source_owner: Option<&str>,
) -> Result<()> {
    let outcome = s3
        .copy_object()
        .bucket(&target.name)
        .key(key)
        .copy_source(object.copy_source())
        .copy_source_if_match(&object.entity_tag)
        // S3 hashes what arrives; the digest is compared below.
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .tagging_directive(TaggingDirective::Replace)
        .if_none_match("*")
        .set_expected_bucket_owner(target.owner.clone())
        .set_expected_source_bucket_owner(source_owner.map(str::to_owned))
        .send()
        .await;
    arrived(outcome.map(drop).map_err(AwsError::from), object)
}

/// Whether the object is in place: copied now, or (412 on `If-None-Match`) by an earlier run.
fn arrived(outcome: Result<(), AwsError>, object: &Object) -> Result<()> {
    match outcome {
        Ok(()) => Ok(()),
        // Both conditions answer 412; the verification that follows tells a finished copy from a changed source.
        Err(error) if error.class() == Class::PreconditionFailed => Ok(()),
        Err(error) => Err(Error::from(error).context(format!("cannot copy s3://{}/{}", object.bucket, object.key))),
    }
}

async fn copy_in_parts(
    s3: &Client,
    object: &Object,
    target: &Bucket,
    key: &str,
    source_owner: Option<&str>,
) -> Result<()> {
    let context =
        |error: AwsError| Error::from(error).context(format!("cannot copy s3://{}/{}", object.bucket, object.key));
    if in_place(s3, target, key).await.map_err(context)? {
        return Ok(());
    }
    let upload = s3
        .create_multipart_upload()
        .bucket(&target.name)
        .key(key)
        .checksum_algorithm(ChecksumAlgorithm::Crc64Nvme)
        .checksum_type(ChecksumType::FullObject)
        .set_expected_bucket_owner(target.owner.clone())
        .send()
        .await
        .map_err(|error| context(error.into()))?;
    let upload_id = upload.upload_id().unwrap_or_default();
    let outcome = upload_parts(s3, object, target, key, upload_id, source_owner).await;
    if outcome.is_err() {
        // Parts that are left behind cost money and are invisible. If even this fails, the first error tells more.
        let _ = s3.abort_multipart_upload().bucket(&target.name).key(key).upload_id(upload_id).send().await;
    }
    arrived(outcome, object)
}

async fn in_place(s3: &Client, target: &Bucket, key: &str) -> Result<bool, AwsError> {
    match s3.head_object().bucket(&target.name).key(key).send().await.map_err(AwsError::from) {
        Ok(_) => Ok(true),
        Err(error) if error.class() == Class::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

async fn upload_parts(
    s3: &Client,
    object: &Object,
    target: &Bucket,
    key: &str,
    upload_id: &str,
    source_owner: Option<&str>,
) -> Result<(), AwsError> {
    let parts: Vec<CompletedPart> = stream::iter(parts(object.digest.size))
        .map(|(number, first, last)| async move {
            let output = s3
                .upload_part_copy()
                .bucket(&target.name)
                .key(key)
                .upload_id(upload_id)
                .part_number(number)
                .copy_source(object.copy_source())
                .copy_source_range(format!("bytes={first}-{last}"))
                .copy_source_if_match(&object.entity_tag)
                .set_expected_bucket_owner(target.owner.clone())
                .set_expected_source_bucket_owner(source_owner.map(str::to_owned))
                .send()
                .await?;
            let result = output.copy_part_result();
            Ok::<_, AwsError>(
                CompletedPart::builder()
                    .part_number(number)
                    .set_e_tag(result.and_then(|part| part.e_tag()).map(str::to_owned))
                    .set_checksum_crc64_nvme(result.and_then(|part| part.checksum_crc64_nvme()).map(str::to_owned))
                    .build(),
            )
        })
        .buffered(PARTS_AT_ONCE)
        .try_collect()
        .await?;
    s3.complete_multipart_upload()
        .bucket(&target.name)
        .key(key)
        .upload_id(upload_id)
        .checksum_type(ChecksumType::FullObject)
        .checksum_crc64_nvme(&object.crc64)
        .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
        .if_none_match("*")
        .set_expected_bucket_owner(target.owner.clone())
        .send()
        .await?;
    Ok(())
}

/// Part number, first and last byte of each part of an object of `size` bytes.
fn parts(size: u64) -> impl Iterator<Item = (i32, u64, u64)> {
    let part = SMALLEST_PART.max(size.div_ceil(MOST_PARTS));
    (1..)
        .zip(0..size.div_ceil(part))
        .map(move |(number, index)| (number, index * part, size.min((index + 1) * part) - 1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn parts_cover_the_object_without_gaps_within_the_limits_of_s3(size in 1_u64..=50_000_000_000_000) {
            let parts: Vec<_> = parts(size).collect();
            prop_assert!(parts.len() as u64 <= MOST_PARTS);
            let mut next = 0;
            for (expected, (number, first, last)) in (1..).zip(parts) {
                prop_assert_eq!(number, expected);
                prop_assert_eq!(first, next);
                prop_assert!(last >= first && last - first < 5 * 1024_u64.pow(3));
                next = last + 1;
            }
            prop_assert_eq!(next, size);
        }
    }
}
