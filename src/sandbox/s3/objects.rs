//! Objects one by one: put, get, head, delete, tags, attributes.

use std::ops::Range;

use serde::Deserialize;

use super::attributes::{Attributes, MOST_TAGS, with_request_keys, with_tags};
use super::bucket::{Bucket, refuse_acl, require_body_digest};
use super::checksum::{Algorithm, Checksum};
use super::condition::{self, Verdict};
use super::configuration::{read_tags, tags_reply};
use super::content::Content;
use super::object::{self, Object, Versions};
use super::reply::{Reply, http_time, quoted};
use super::request::{Request, check_key, invalid_argument, not_implemented};
use super::xml;
use crate::sandbox::call::{ApiError, ApiResult, Call};

/// `DeleteObjects` takes so many at once.
const MOST_DELETIONS: usize = 1000;
const READ: [&str; 2] = ["s3:GetObject", "s3:GetObjectVersion"];

/// Asks leave to write the request's object with what the request says about it.
pub(super) fn authorize_write(call: &mut Call<'_>, request: &Request<'_>, bucket: &Bucket) -> ApiResult<()> {
    call.authorize(&with_request_keys(request, bucket.object_access("s3:PutObject", &request.key)))?;
    if request.header("x-amz-tagging").is_some() {
        let access = bucket.object_access("s3:PutObjectTagging", &request.key);
        call.authorize(&with_request_keys(request, access))?;
    }
    refuse_acl(request)
}

/// PutObject.
pub(super) fn put(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = Bucket::requested(call, request)?;
    authorize_write(call, request, &bucket)?;
    let attributes = Attributes::stated(request, &bucket)?;
    let payload = request.payload()?;
    let content = Content::of(&call.store, &payload.bytes)?;
    let checksum = Checksum::received(request, &payload, &content, &call.store)?;
    condition::check_target(request, &Versions::load(&call.store, &bucket.name, &request.key)?)?;
    let object = whole(call, content, checksum, attributes)?;
    let version = object::put(call, &bucket, &request.key, object.clone())?;
    let reply = Reply::empty(200).header("etag", &quoted(&object.etag)).checksum(&object.checksum);
    Ok(object::written(reply, &object, version.as_deref())
        .header("x-amz-object-size", &object.content.size().to_string()))
}

/// An object that came as one piece. Without a checksum it gets the one that S3 adds itself.
pub(super) fn whole(
    call: &Call<'_>,
    content: Content,
    checksum: Option<Checksum>,
    attributes: Attributes,
) -> ApiResult<Object> {
    let checksum = match checksum {
        Some(checksum) => checksum,
        None => Checksum::of(Algorithm::Crc64Nvme, &content, &call.store)?,
    };
    Ok(Object { etag: content.etag(&call.store)?, content, checksum, attributes, parts: Vec::new() })
}

/// GetObject.
pub(super) fn get(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    read(call, request, true)
}

/// HeadObject: the same without the bytes.
pub(super) fn head(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    read(call, request, false)
}

fn read(call: &mut Call<'_>, request: &Request<'_>, with_bytes: bool) -> ApiResult<Reply> {
    let bucket = Bucket::requested(call, request)?;
    let (version, object) = object::open(call, &bucket, &request.key, object::version_id(request), READ)?;
    if request.query("partNumber").is_some() {
        return Err(not_implemented());
    }
    if condition::READ.judge(request, &object.etag, version.modified)? != Verdict::Met {
        return Ok(object::identity(Reply::empty(304), &bucket, &version, &object));
    }
    let size = object.content.size();
    let asked = request.header("range").and_then(|text| byte_range(text, size));
    let range = match asked {
        Some(range) if range.is_empty() => {
            return Err(ApiError::new(416, "InvalidRange", "The requested range is not satisfiable")
                .detail("RangeRequested", request.header("range").unwrap_or_default())
                .detail("ActualObjectSize", size.to_string()));
        }
        Some(range) => Some(range),
        None => None,
    };
    let status = if range.is_some() { 206 } else { 200 };
    let stretch = range.clone().unwrap_or(0..size);
    let body = if with_bytes { object.content.read(&call.store, &stretch)? } else { Vec::new() };
    let mut reply = object::identity(Reply::bytes(status, body), &bucket, &version, &object)
        .header("accept-ranges", "bytes")
        .header("content-length", &(stretch.end - stretch.start).to_string());
    reply = object.attributes.describe(reply);
    if let Some(range) = range {
        reply = reply.header("content-range", &format!("bytes {}-{}/{size}", range.start, range.end - 1));
    } else if request.header("x-amz-checksum-mode").is_some_and(|mode| mode.eq_ignore_ascii_case("enabled")) {
        reply = reply.checksum(&object.checksum);
    }
    const OVERRIDES: [&str; 6] =
        ["cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"];
    Ok(OVERRIDES.into_iter().fold(reply, |reply, name| reply.maybe(name, request.stated(&format!("response-{name}")))))
}

/// The part of `size` bytes that a `Range` header means; an empty one when there is nothing in it. None when the header
/// is not one range of bytes: such headers do not count.
fn byte_range(text: &str, size: u64) -> Option<Range<u64>> {
    let (first, last) = text.strip_prefix("bytes=")?.trim().split_once('-')?;
    match (first.is_empty(), last.is_empty()) {
        (true, true) => None,
        (true, false) => Some(size.saturating_sub(last.parse().ok()?)..size),
        (false, true) => Some(first.parse::<u64>().ok()?.min(size)..size),
        (false, false) => {
            let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
            (first <= last).then(|| first.min(size)..last.saturating_add(1).min(size))
        }
    }
}

/// DeleteObject.
pub(super) fn delete(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = Bucket::requested(call, request)?;
    let id = object::version_id(request);
    authorize_delete(call, &bucket, &request.key, id)?;
    if request.header("if-match").is_some() {
        condition::check_target(request, &Versions::load(&call.store, &bucket.name, &request.key)?)?;
    }
    let removal = object::remove(call, &bucket, &request.key, id)?;
    Ok(Reply::empty(204)
        .maybe("x-amz-version-id", removal.version.as_deref())
        .maybe("x-amz-delete-marker", removal.marker.then_some("true")))
}

fn authorize_delete(call: &mut Call<'_>, bucket: &Bucket, key: &str, id: Option<&str>) -> ApiResult<()> {
    object::check_version_id(id)?;
    call.authorize(&match id {
        None => bucket.object_access("s3:DeleteObject", key),
        Some(id) => bucket.object_access("s3:DeleteObjectVersion", key).key("s3:VersionId", id),
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Deletions {
    object: Vec<Deletion>,
    #[serde(default)]
    quiet: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Deletion {
    key: String,
    version_id: Option<String>,
}

/// DeleteObjects: each for itself; what is refused is told in the answer.
pub(super) fn delete_many(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = Bucket::requested(call, request)?;
    require_body_digest(request)?;
    let payload = request.payload()?;
    let body = Content::of(&call.store, &payload.bytes)?;
    Checksum::received(request, &payload, &body, &call.store)?;
    body.delete(&call.store)?;
    let deletions: Deletions = xml::read(&payload.bytes)?;
    if deletions.object.is_empty() || deletions.object.len() > MOST_DELETIONS {
        return Err(xml::malformed());
    }
    let mut outcomes = Vec::new();
    for Deletion { key, version_id } in deletions.object {
        let id = version_id.filter(|id| !id.is_empty());
        let outcome = check_key(&key)
            .and_then(|()| authorize_delete(call, &bucket, &key, id.as_deref()))
            .and_then(|()| object::remove(call, &bucket, &key, id.as_deref()));
        outcomes.push((key, id, outcome));
    }
    Ok(Reply::xml("DeleteResult", |xml| {
        for (key, id, outcome) in &outcomes {
            match outcome {
                Ok(_) if deletions.quiet => {}
                Ok(removal) => xml.element("Deleted", |xml| {
                    xml.text("Key", key);
                    xml.maybe("VersionId", id.as_ref());
                    if removal.marker {
                        xml.text("DeleteMarker", true);
                        xml.maybe("DeleteMarkerVersionId", removal.version.as_ref());
                    }
                }),
                Err(error) => xml.element("Error", |xml| {
                    let error = super::reply::spelling(error);
                    xml.text("Key", key);
                    xml.maybe("VersionId", id.as_ref());
                    xml.text("Code", error.code);
                    xml.text("Message", error.message);
                }),
            }
        }
    }))
}

/// GetObjectTagging.
pub(super) fn get_tagging(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = Bucket::requested(call, request)?;
    let actions = ["s3:GetObjectTagging", "s3:GetObjectVersionTagging"];
    let (version, object) = object::open(call, &bucket, &request.key, object::version_id(request), actions)?;
    let id = bucket.versioning.map(|_| version.id.as_str());
    Ok(tags_reply(&object.attributes.tags).maybe("x-amz-version-id", id))
}

/// PutObjectTagging.
pub(super) fn put_tagging(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let tags = read_tags(&request.payload()?.bytes, MOST_TAGS)?;
    set_tags(call, request, tags, ["s3:PutObjectTagging", "s3:PutObjectVersionTagging"], 200)
}

/// DeleteObjectTagging.
pub(super) fn delete_tagging(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    set_tags(call, request, Vec::new(), ["s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"], 204)
}

fn set_tags(
    call: &mut Call<'_>,
    request: &Request<'_>,
    tags: Vec<(String, String)>,
    actions: [&str; 2],
    status: u16,
) -> ApiResult<Reply> {
    let bucket = Bucket::requested(call, request)?;
    let id = object::version_id(request);
    let (version, _) = object::open_with(call, &bucket, &request.key, id, actions, |access| {
        with_tags(access, "s3:RequestObjectTag", &tags)
    })?;
    let mut versions = Versions::load(&call.store, &bucket.name, &request.key)?;
    versions.set_tags(&version.id, tags);
    versions.save(&call.store, &bucket.name, &request.key)?;
    Ok(Reply::empty(status).maybe("x-amz-version-id", bucket.versioning.map(|_| version.id.as_str())))
}

/// GetObjectAttributes.
pub(super) fn attributes(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    const KNOWN: [&str; 5] = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];
    let bucket = Bucket::requested(call, request)?;
    let id = object::version_id(request);
    object::open(call, &bucket, &request.key, id, READ)?;
    let actions = ["s3:GetObjectAttributes", "s3:GetObjectVersionAttributes"];
    let (version, object) = object::open(call, &bucket, &request.key, id, actions)?;
    let asked: Vec<&str> = request
        .headers()
        .filter(|(name, _)| *name == "x-amz-object-attributes")
        .flat_map(|(_, value)| value.split(',').map(str::trim))
        .collect();
    if asked.is_empty() || asked.iter().any(|name| !KNOWN.contains(name)) {
        let message = "Invalid attribute name specified.";
        return Err(invalid_argument(message, "x-amz-object-attributes", &asked.join(",")));
    }
    let wants = |name: &str| asked.contains(&name);
    let number = |name: &str| request.header(name).and_then(|text| text.parse::<usize>().ok());
    let (marker, most) =
        (number("x-amz-part-number-marker").unwrap_or(0), number("x-amz-max-parts").unwrap_or(1000).min(1000));
    let reply = Reply::xml("GetObjectAttributesResponse", |xml| {
        xml.maybe("ETag", wants("ETag").then_some(&object.etag));
        if wants("Checksum") {
            xml.element("Checksum", |xml| {
                object.checksum.write(xml);
                xml.text("ChecksumType", object.checksum.kind.name());
            });
        }
        if wants("ObjectParts") && !object.parts.is_empty() {
            xml.element("ObjectParts", |xml| write_parts(xml, &object, marker, most));
        }
        xml.maybe("StorageClass", wants("StorageClass").then_some(&object.attributes.storage_class));
        xml.maybe("ObjectSize", wants("ObjectSize").then(|| object.content.size()));
    });
    Ok(reply
        .header("last-modified", &http_time(version.modified))
        .maybe("x-amz-version-id", bucket.versioning.map(|_| version.id.as_str())))
}

/// The parts themselves are told only when the upload had asked for checksums.
fn write_parts(xml: &mut xml::Xml, object: &Object, marker: usize, most: usize) {
    xml.text("PartsCount", object.parts.len());
    if object.parts.iter().all(|part| part.checksum.is_none()) {
        return;
    }
    let rest: Vec<_> = object.parts.iter().filter(|part| part.number > marker).collect();
    let page = rest.get(..most).unwrap_or(&rest);
    xml.text("PartNumberMarker", marker);
    xml.maybe("NextPartNumberMarker", page.last().map(|part| part.number));
    xml.text("MaxParts", most);
    xml.text("IsTruncated", rest.len() > page.len());
    for part in page {
        xml.element("Part", |xml| {
            xml.text("PartNumber", part.number);
            xml.text("Size", part.size);
            if let Some(checksum) = &part.checksum {
                checksum.write(xml);
            }
        });
    }
}
