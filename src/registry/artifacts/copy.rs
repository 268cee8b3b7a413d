//! Copying artifacts on the server's side: whole, or in parts beyond the limit of one copy.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart, TaggingDirective};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use super::verify::verify_object;
use super::{Bucket, Object};
use crate::aws::error::{AwsError, Class};
use crate::error::{Error, Result};

/// S3's limit of parts in one upload.
const MOST_PARTS: u64 = 10_000;
/// Parts of one object under way at once.
const PARTS_AT_ONCE: usize = 8;

/// How much is copied at once.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Objects under way at once.
    pub objects: usize,
    /// The largest object that is copied whole, in bytes.
    pub largest_whole: u64,
    /// The least size of a part, in bytes; S3 allows from 5 MiB.
    pub smallest_part: u64,
}

impl Pace {
    /// `objects` at once; in parts only what `CopyObject` does not take: more than 5 GB, by the S3 API reference.
    pub const fn new(objects: usize) -> Self {
        Pace { objects, largest_whole: 5 << 30, smallest_part: 64 << 20 }
    }
}

/// Copies `objects` below `prefix` of `target` and verifies each. What is there already is verified and left. `done` is told
/// the size of each object that is in place.
pub async fn copy(
    s3: &Client,
    objects: &[Object],
    target: &Bucket,
    prefix: &str,
    source_owner: Option<&str>,
    pace: Pace,
    done: &dyn Fn(u64),
) -> Result<()> {
    stream::iter(objects)
        .map(|object| async move {
            let key = format!("{prefix}{}", object.digest.relative_key);
            if object.digest.size > pace.largest_whole {
                copy_in_parts(s3, object, target, &key, source_owner, pace).await?;
            } else {
                copy_whole(s3, object, target, &key, source_owner).await?;
            }
            verify_object(s3, target, &key, &object.digest, &object.crc64).await?;
            done(object.digest.size);
            Ok(())
        })
        .buffer_unordered(pace.objects.max(1))
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
    arrived(s3, target, key, outcome.map(drop).map_err(AwsError::from), object).await
}

/// Whether the object is in place: copied now, or by another run, or by a call whose answer was lost.
async fn arrived(
    s3: &Client,
    target: &Bucket,
    key: &str,
    outcome: Result<(), AwsError>,
    object: &Object,
) -> Result<()> {
    let Err(error) = outcome else { return Ok(()) };
    let (class, told) = (error.class(), cannot_copy(object, error));
    // S3 does not say which of the two conditions failed: the one on the source, or the one on the target.
    let perhaps = matches!(class, Class::PreconditionFailed | Class::Conflict | Class::NotFound);
    if perhaps && in_place(s3, target, key).await.map_err(|error| cannot_copy(object, error))? {
        return Ok(());
    }
    Err(match class {
        Class::PreconditionFailed => told.hint(
            "the artifact was replaced while it was copied: register what is there now as a version of its own, and promote that",
        ),
        _ => told,
    })
}

fn cannot_copy(object: &Object, error: AwsError) -> Error {
    Error::from(error).context(format!("cannot copy s3://{}/{}", object.bucket, object.key))
}

async fn copy_in_parts(
    s3: &Client,
    object: &Object,
    target: &Bucket,
    key: &str,
    source_owner: Option<&str>,
    pace: Pace,
) -> Result<()> {
    let context = |error: AwsError| cannot_copy(object, error);
    if !in_place(s3, target, key).await.map_err(context)? {
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
        let outcome = upload_parts(s3, object, target, key, upload_id, source_owner, pace).await;
        if let Err(error) = arrived(s3, target, key, outcome, object).await {
            // If even this fails, the first error tells more; the next run clears up.
            let _ = abort(s3, target, key, upload_id).await;
            return Err(error);
        }
    }
    clear_uploads(s3, target, key).await.map_err(context)
}

/// Aborts what runs that broke off left of uploads to `key`: such parts cost money and are invisible. Done once the object
/// is in place, when whoever still works at one has nothing left to do.
async fn clear_uploads(s3: &Client, target: &Bucket, key: &str) -> Result<(), AwsError> {
    let listed = s3
        .list_multipart_uploads()
        .bucket(&target.name)
        .prefix(key)
        .set_expected_bucket_owner(target.owner.clone())
        .send()
        .await?;
    for upload in listed.uploads().iter().filter(|upload| upload.key() == Some(key)) {
        match abort(s3, target, key, upload.upload_id().unwrap_or_default()).await {
            Err(error) if error.class() != Class::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

async fn abort(s3: &Client, target: &Bucket, key: &str, upload_id: &str) -> Result<(), AwsError> {
    s3.abort_multipart_upload()
        .bucket(&target.name)
        .key(key)
        .upload_id(upload_id)
        .set_expected_bucket_owner(target.owner.clone())
        .send()
        .await?;
    Ok(())
}

async fn in_place(s3: &Client, target: &Bucket, key: &str) -> Result<bool, AwsError> {
    let looked = s3.head_object().bucket(&target.name).key(key).set_expected_bucket_owner(target.owner.clone());
    match looked.send().await.map_err(AwsError::from) {
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
    pace: Pace,
) -> Result<(), AwsError> {
    let parts: Vec<CompletedPart> = stream::iter(parts(object.digest.size, pace.smallest_part))
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

/// Part number, first and last byte of each part of an object of `size` bytes, of at least `smallest` but for the last.
fn parts(size: u64, smallest: u64) -> impl Iterator<Item = (i32, u64, u64)> {
    let part = smallest.max(size.div_ceil(MOST_PARTS));
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
            let parts: Vec<_> = parts(size, Pace::new(1).smallest_part).collect();
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
