//! Server-side copies: from one bucket to another, nothing passing through the client.

use std::ops::Range;

use percent_encoding::percent_decode_str;

use super::attributes::Attributes;
use super::bucket::Bucket;
use super::checksum::{self, Checksum};
use super::condition::{self, Verdict};
use super::object::{self, Object, Version, Versions};
use super::objects::{authorize_write, whole};
use super::reply::{Reply, iso_time, quoted};
use super::request::{Request, invalid_argument, invalid_request};
use crate::sandbox::call::{ApiResult, Call};

/// The most that `CopyObject` and one `UploadPartCopy` copy: 5 GiB.
pub(super) const LARGEST_COPY: u64 = 5 << 30;
/// Only of larger sources may parts be copied: 5 MiB.
const LARGEST_WITHOUT_RANGES: u64 = 5 << 20;

/// What `x-amz-copy-source` names, opened for the caller.
pub(super) struct Source {
    pub bucket: Bucket,
    pub key: String,
    pub version: Version,
    pub object: Object,
}

impl Source {
    /// Opens the source of `request`: it must exist, be the caller's to read, and meet the conditions on it.
    pub fn open(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Self> {
        let header = request.header("x-amz-copy-source").unwrap_or_default();
        let malformed = || {
            let message = "Copy Source must mention the source bucket and key: sourcebucket/sourcekey";
            invalid_argument(message, "x-amz-copy-source", header)
        };
        let (path, id) = match header.split_once("?versionId=") {
            Some((path, id)) => (path, Some(id).filter(|id| !id.is_empty())),
            None => (header, None),
        };
        // Like S3, and unlike the path of a request, this takes `+` for a space.
        let path = path.replace('+', " ");
        let path = percent_decode_str(&path).decode_utf8().map_err(|_| malformed())?;
        let (bucket, key) = path.strip_prefix('/').unwrap_or(&path).split_once('/').ok_or_else(malformed)?;
        if bucket.is_empty() || key.is_empty() {
            return Err(malformed());
        }
        let owner = request.header("x-amz-source-expected-bucket-owner");
        let bucket = Bucket::load(&call.store, bucket, owner)?;
        let actions = ["s3:GetObject", "s3:GetObjectVersion"];
        let (version, object) = object::open(call, &bucket, key, id, actions)?;
        if let Verdict::NotModified(name) = condition::COPY.judge(request, &object.etag, version.modified)? {
            return Err(condition::failed(name));
        }
        Ok(Source { key: key.to_owned(), bucket, version, object })
    }

    /// The part of the source that `x-amz-copy-source-range` names; all of it when there is none.
    pub fn range(&self, request: &Request<'_>) -> ApiResult<Range<u64>> {
        let size = self.object.content.size();
        let name = "x-amz-copy-source-range";
        let range = match request.header(name) {
            None => 0..size,
            Some(text) => {
                let bounds = text.strip_prefix("bytes=").and_then(|text| text.split_once('-'));
                let bounds = bounds.and_then(|(first, last)| Some((first.parse().ok()?, last.parse::<u64>().ok()?)));
                let Some((first, last)) = bounds.filter(|(first, last)| first <= last) else {
                    let message = "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy";
                    return Err(invalid_argument(message, name, text));
                };
                if last >= size {
                    let message = format!("Range specified is not valid for source object of size: {size}");
                    return Err(invalid_argument(message, name, text));
                }
                if size <= LARGEST_WITHOUT_RANGES {
                    return Err(invalid_request(
                        "The specified copy source is not supported as a byte-range copy source",
                    ));
                }
                first..last + 1
            }
        };
        if range.end - range.start > LARGEST_COPY {
            return Err(invalid_request(format!(
                "The specified copy source is larger than the maximum allowable size for a copy source: {LARGEST_COPY}"
            )));
        }
        Ok(range)
    }

    /// The header that tells which version was copied.
    pub fn describe(&self, reply: Reply) -> Reply {
        let id = self.bucket.versioning.map(|_| self.version.id.as_str());
        reply.maybe("x-amz-copy-source-version-id", id)
    }
}

/// CopyObject.
pub(super) fn copy(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = Bucket::requested(call, request)?;
    authorize_write(call, request, &bucket)?;
    let source = Source::open(call, request)?;
    let range = source.range(request)?;
    let replace_metadata = replaces(request, "x-amz-metadata-directive")?;
    let replace_tags = replaces(request, "x-amz-tagging-directive")?;
    let attributes = copied_attributes(call, request, &bucket, &source, replace_metadata, replace_tags)?;
    let old = &source.object.attributes;
    let in_place = bucket.name == source.bucket.name && request.key == source.key;
    let changes = replace_metadata
        || request.header("x-amz-storage-class").is_some()
        || request.header("x-amz-server-side-encryption").is_some()
        || request.header("x-amz-website-redirect-location").is_some()
        || attributes.encryption != old.encryption;
    if in_place && bucket.versioning.is_none() && !changes {
        return Err(invalid_request(
            "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes.",
        ));
    }
    condition::check_target(request, &Versions::load(&call.store, &bucket.name, &request.key)?)?;
    let content = source.object.content.copy(&call.store, &range)?;
    let algorithm = checksum::asked(request)?.unwrap_or(source.object.checksum.algorithm);
    let checksum = Checksum::of(algorithm, &content, &call.store)?;
    let object = whole(call, content, Some(checksum), attributes)?;
    let version = object::put(call, &bucket, &request.key, object.clone())?;
    let reply = Reply::xml("CopyObjectResult", |xml| {
        xml.text("LastModified", iso_time(call.now));
        xml.text("ETag", quoted(&object.etag));
        object.checksum.write(xml);
        xml.text("ChecksumType", object.checksum.kind.name());
    });
    Ok(source.describe(object::written(reply, &object, version.as_deref())))
}

/// Whether a directive says `REPLACE`.
fn replaces(request: &Request<'_>, name: &'static str) -> ApiResult<bool> {
    match request.header(name) {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(other) => {
            let what = if name.contains("tagging") { "tagging" } else { "metadata" };
            Err(invalid_argument(format!("Unknown {what} directive."), name, other))
        }
    }
}

/// What the copy has from its source, and what from the request.
fn copied_attributes(
    call: &mut Call<'_>,
    request: &Request<'_>,
    bucket: &Bucket,
    source: &Source,
    replace_metadata: bool,
    replace_tags: bool,
) -> ApiResult<Attributes> {
    let mut attributes = Attributes::stated(request, bucket)?;
    let old = &source.object.attributes;
    if !replace_metadata {
        attributes.headers.clone_from(&old.headers);
        attributes.metadata.clone_from(&old.metadata);
    }
    if !replace_tags {
        attributes.tags.clone_from(&old.tags);
        if !old.tags.is_empty() {
            let actions = ["s3:GetObjectTagging", "s3:GetObjectVersionTagging"];
            let id = request.header("x-amz-copy-source").filter(|header| header.contains("?versionId="));
            let id = id.map(|_| source.version.id.as_str());
            object::open(call, &source.bucket, &source.key, id, actions)?;
            call.authorize(&bucket.object_access("s3:PutObjectTagging", &request.key))?;
        }
    }
    Ok(attributes)
}
