//! Multipart uploads: begun, filled with parts in any order, completed or aborted.

use jiff::Timestamp;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};

use super::attributes::Attributes;
use super::bucket::Bucket;
use super::checksum::{self, Algorithm, Checksum, Kind};
use super::condition;
use super::content::Content;
use super::copy::Source;
use super::list::{Entry, Listing, Page};
use super::object::{self, Object, PartOfObject, Versions};
use super::objects::authorize_write;
use super::reply::{Reply, iso_time, quoted};
use super::request::{Request, invalid_argument, invalid_request};
use super::xml::{self, Xml};
use crate::sandbox::call::{ApiError, ApiResult, Call};
use crate::sandbox::store::Store;

const UPLOAD: &str = "s3/upload";
const PART: &str = "s3/part";
const MOST_PARTS: usize = 10_000;
/// All parts but the last must be as large: 5 MiB.
const SMALLEST_PART: u64 = 5 << 20;

/// An upload under way. Kept under bucket, key and id.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Upload {
    id: String,
    bucket: String,
    key: String,
    initiated: Timestamp,
    attributes: Attributes,
    algorithm: Algorithm,
    kind: Kind,
    /// Whether the client asked for the algorithm; if not, S3 adds its own and takes any from the client.
    asked: bool,
}

/// A part that has arrived. Kept under the upload's id and its number.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Part {
    number: usize,
    etag: String,
    modified: Timestamp,
    content: Content,
    /// In the upload's algorithm.
    checksum: Checksum,
}

impl Upload {
    fn document(bucket: &str, key: &str, id: &str) -> String {
        format!("{bucket}/{key}/{id}")
    }

    /// The upload that the request names.
    fn requested(call: &Call<'_>, request: &Request<'_>) -> ApiResult<Self> {
        let id = request.query("uploadId").unwrap_or_default();
        let document = Self::document(&request.bucket, &request.key, id);
        call.store.get(UPLOAD, &document)?.ok_or_else(|| {
            let message = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.";
            ApiError::new(404, "NoSuchUpload", message).detail("UploadId", id)
        })
    }

    fn parts(&self, store: &Store<'_>) -> ApiResult<Vec<Part>> {
        let parts = store.list(PART, &format!("{}/", self.id))?;
        Ok(parts.into_iter().map(|(_, part)| part).collect())
    }

    /// Removes the upload; what is in `kept` parts stays, because an object holds it now.
    fn forget(&self, store: &Store<'_>, kept: &[Part]) -> ApiResult<()> {
        for part in self.parts(store)? {
            if !kept.iter().any(|other| other.number == part.number) {
                part.content.delete(store)?;
            }
            store.delete(PART, &part_document(&self.id, part.number))?;
        }
        store.delete(UPLOAD, &Self::document(&self.bucket, &self.key, &self.id))?;
        Ok(())
    }
}

fn part_document(upload: &str, number: usize) -> String {
    format!("{upload}/{number:05}")
}

/// Removes all uploads to a bucket.
pub(super) fn forget_all(call: &Call<'_>, bucket: &str) -> ApiResult<()> {
    for (_, upload) in call.store.list::<Upload>(UPLOAD, &format!("{bucket}/"))? {
        upload.forget(&call.store, &[])?;
    }
    Ok(())
}

/// CreateMultipartUpload.
pub(super) fn create(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = Bucket::requested(call, request)?;
    authorize_write(call, request, &bucket)?;
    let attributes = Attributes::stated(request, &bucket)?;
    let asked = checksum::asked(request)?;
    let asked_kind = request.header("x-amz-checksum-type");
    if asked.is_none() && asked_kind.is_some() {
        return Err(invalid_request(
            "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.",
        ));
    }
    let algorithm = asked.unwrap_or(Algorithm::Crc64Nvme);
    let kind = algorithm.kind(asked_kind)?;
    let upload = Upload {
        id: call.random_hex(64)?,
        bucket: bucket.name.clone(),
        key: request.key.clone(),
        initiated: call.now,
        attributes,
        algorithm,
        kind,
        asked: asked.is_some(),
    };
    call.store.put(UPLOAD, &Upload::document(&upload.bucket, &upload.key, &upload.id), &upload)?;
    let reply = Reply::xml("InitiateMultipartUploadResult", |xml| {
        xml.text("Bucket", &upload.bucket);
        xml.text("Key", &upload.key);
        xml.text("UploadId", &upload.id);
    });
    Ok(reply
        .headers(&upload.attributes.encryption)
        .maybe("x-amz-checksum-algorithm", asked.map(Algorithm::name))
        .maybe("x-amz-checksum-type", asked.map(|_| kind.name())))
}

/// The number of the part that the request names.
fn part_number(request: &Request<'_>) -> ApiResult<usize> {
    let text = request.query("partNumber").unwrap_or_default();
    text.parse().ok().filter(|number| (1..=MOST_PARTS).contains(number)).ok_or_else(|| {
        let message = format!("Part number must be an integer between 1 and {MOST_PARTS}, inclusive");
        invalid_argument(message, "partNumber", text)
    })
}

/// Keeps a part, in place of an earlier one with its number.
fn keep(
    call: &Call<'_>,
    upload: &Upload,
    number: usize,
    content: Content,
    checksum: Option<Checksum>,
) -> ApiResult<Part> {
    let checksum = match checksum {
        Some(checksum) => checksum,
        None => Checksum::of(upload.algorithm, &content, &call.store)?,
    };
    let etag = content.etag(&call.store)?;
    let part = Part { number, etag, modified: call.now, content, checksum };
    let document = part_document(&upload.id, number);
    if let Some(earlier) = call.store.get::<Part>(PART, &document)? {
        earlier.content.delete(&call.store)?;
    }
    call.store.put(PART, &document, &part)?;
    Ok(part)
}

/// UploadPart.
pub(super) fn upload_part(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = Bucket::requested(call, request)?;
    call.authorize(&bucket.object_access("s3:PutObject", &request.key))?;
    let upload = Upload::requested(call, request)?;
    let number = part_number(request)?;
    let payload = request.payload()?;
    let content = Content::of(&call.store, &payload.bytes)?;
    let received = Checksum::received(request, &payload, &content, &call.store)?;
    let received_algorithm = received.as_ref().map(|checksum| checksum.algorithm);
    if upload.asked && received_algorithm != Some(upload.algorithm) {
        let name = |algorithm: Algorithm| algorithm.name().to_ascii_lowercase();
        return Err(invalid_request(format!(
            "Checksum Type mismatch occurred, expected checksum Type: {}, actual checksum Type: {}",
            name(upload.algorithm),
            received_algorithm.map_or_else(|| "null".to_owned(), name)
        )));
    }
    let own = received.clone().filter(|checksum| checksum.algorithm == upload.algorithm);
    let part = keep(call, &upload, number, content, own)?;
    let shown = received.as_ref().unwrap_or(&part.checksum);
    Ok(Reply::empty(200)
        .header("etag", &quoted(&part.etag))
        .header(shown.algorithm.header(), &shown.value)
        .headers(&upload.attributes.encryption))
}

/// UploadPartCopy.
pub(super) fn upload_part_copy(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = Bucket::requested(call, request)?;
    let access = bucket.object_access("s3:PutObject", &request.key);
    call.authorize(&super::attributes::with_request_keys(request, access))?;
    let upload = Upload::requested(call, request)?;
    let number = part_number(request)?;
    let source = Source::open(call, request)?;
    let range = source.range(request)?;
    let content = source.object.content.copy(&call.store, &range)?;
    let part = keep(call, &upload, number, content, None)?;
    let reply = Reply::xml("CopyPartResult", |xml| {
        xml.text("LastModified", iso_time(part.modified));
        xml.text("ETag", quoted(&part.etag));
        part.checksum.write(xml);
    });
    Ok(source.describe(reply.headers(&upload.attributes.encryption)))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Completion {
    #[serde(default)]
    part: Vec<CompletedPart>,
}

#[derive(Deserialize)]
struct CompletedPart {
    #[serde(rename = "PartNumber")]
    number: usize,
    #[serde(rename = "ETag")]
    etag: String,
    #[serde(rename = "ChecksumCRC32")]
    crc32: Option<String>,
    #[serde(rename = "ChecksumCRC32C")]
    crc32c: Option<String>,
    #[serde(rename = "ChecksumCRC64NVME")]
    crc64nvme: Option<String>,
    #[serde(rename = "ChecksumSHA1")]
    sha1: Option<String>,
    #[serde(rename = "ChecksumSHA256")]
    sha256: Option<String>,
}

impl CompletedPart {
    fn checksum(&self, algorithm: Algorithm) -> Option<&str> {
        match algorithm {
            Algorithm::Crc32 => self.crc32.as_deref(),
            Algorithm::Crc32c => self.crc32c.as_deref(),
            Algorithm::Crc64Nvme => self.crc64nvme.as_deref(),
            Algorithm::Sha1 => self.sha1.as_deref(),
            Algorithm::Sha256 => self.sha256.as_deref(),
        }
    }
}

/// CompleteMultipartUpload.
pub(super) fn complete(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = Bucket::requested(call, request)?;
    call.authorize(&super::attributes::with_request_keys(request, bucket.object_access("s3:PutObject", &request.key)))?;
    let upload = Upload::requested(call, request)?;
    let completion: Completion = xml::read(&request.payload()?.bytes)?;
    let parts = chosen(&upload, &upload.parts(&call.store)?, &completion.part)?;
    condition::check_target(request, &Versions::load(&call.store, &bucket.name, &request.key)?)?;
    let object = assemble(&upload, &parts)?;
    check_whole(request, &upload, &object)?;
    upload.forget(&call.store, &parts)?;
    let version = object::put(call, &bucket, &request.key, object.clone())?;
    let reply = Reply::xml("CompleteMultipartUploadResult", |xml| {
        xml.text("Location", format!("https://{}.s3.{}.amazonaws.com/{}", bucket.name, bucket.region, request.key));
        xml.text("Bucket", &bucket.name);
        xml.text("Key", &request.key);
        xml.text("ETag", quoted(&object.etag));
        object.checksum.write(xml);
        xml.text("ChecksumType", object.checksum.kind.name());
    });
    Ok(object::written(reply, &object, version.as_deref()))
}

/// The parts that the client lists, if they are those that arrived.
fn chosen(upload: &Upload, arrived: &[Part], listed: &[CompletedPart]) -> ApiResult<Vec<Part>> {
    if listed.is_empty() {
        return Err(xml::malformed());
    }
    if listed.iter().zip(listed.iter().skip(1)).any(|(one, next)| one.number >= next.number) {
        let message = "The list of parts was not in ascending order. Parts must be ordered by part number.";
        return Err(ApiError::new(400, "InvalidPartOrder", message).detail("UploadId", &upload.id));
    }
    let mut parts = Vec::new();
    for (index, listed_part) in listed.iter().enumerate() {
        let etag = listed_part.etag.trim_matches('"');
        let checksum = listed_part.checksum(upload.algorithm);
        if upload.kind == Kind::Composite && checksum.is_none() {
            return Err(invalid_request(format!(
                "The upload was created using a {} checksum. The complete request must include the checksum for each part. It was missing for part {} in the request.",
                upload.algorithm.name().to_ascii_lowercase(),
                listed_part.number
            )));
        }
        let part = arrived.iter().find(|part| {
            part.number == listed_part.number
                && part.etag == etag
                && checksum.is_none_or(|checksum| checksum == part.checksum.value)
        });
        let Some(part) = part else {
            let message = "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.";
            return Err(ApiError::new(400, "InvalidPart", message)
                .detail("UploadId", &upload.id)
                .detail("PartNumber", listed_part.number.to_string())
                .detail("ETag", etag));
        };
        if index + 1 < listed.len() && part.content.size() < SMALLEST_PART {
            let message = "Your proposed upload is smaller than the minimum allowed size";
            return Err(ApiError::new(400, "EntityTooSmall", message)
                .detail("ProposedSize", part.content.size().to_string())
                .detail("MinSizeAllowed", SMALLEST_PART.to_string())
                .detail("PartNumber", part.number.to_string())
                .detail("ETag", etag));
        }
        parts.push(part.clone());
    }
    Ok(parts)
}

/// One object out of parts.
fn assemble(upload: &Upload, parts: &[Part]) -> ApiResult<Object> {
    let mut content = Content::default();
    let mut digests = Vec::new();
    for part in parts {
        content.append(part.content.clone());
        digests.extend(hex::decode(&part.etag).unwrap_or_default());
    }
    let checksums: Vec<(&Checksum, u64)> = parts.iter().map(|part| (&part.checksum, part.content.size())).collect();
    Ok(Object {
        etag: format!("{}-{}", hex::encode(Md5::digest(&digests)), parts.len()),
        content,
        checksum: Checksum::of_parts(upload.algorithm, upload.kind, &checksums)?,
        attributes: upload.attributes.clone(),
        parts: parts
            .iter()
            .map(|part| PartOfObject {
                number: part.number,
                size: part.content.size(),
                checksum: upload.asked.then(|| part.checksum.clone()),
            })
            .collect(),
    })
}

/// Checks what the client says about the object as a whole.
fn check_whole(request: &Request<'_>, upload: &Upload, object: &Object) -> ApiResult<()> {
    if let Some(size) = request.header("x-amz-mp-object-size")
        && size.parse() != Ok(object.content.size())
    {
        return Err(invalid_request(format!(
            "The provided 'x-amz-mp-object-size' header value {size} does not match what was computed: {}",
            object.content.size()
        )));
    }
    if let Some(kind) = request.header("x-amz-checksum-type")
        && kind != upload.kind.name()
    {
        return Err(invalid_request(format!(
            "The upload was created using the {} checksum mode. The complete request must use the same checksum mode.",
            upload.kind.name()
        )));
    }
    match checksum::stated(request.headers())? {
        Some((algorithm, value)) if algorithm == upload.algorithm && value == object.checksum.value => Ok(()),
        Some((algorithm, _)) => Err(checksum::mismatch(algorithm)),
        None => Ok(()),
    }
}

/// AbortMultipartUpload.
pub(super) fn abort(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = Bucket::requested(call, request)?;
    call.authorize(&bucket.object_access("s3:AbortMultipartUpload", &request.key))?;
    Upload::requested(call, request)?.forget(&call.store, &[])?;
    Ok(Reply::empty(204))
}

/// ListParts.
pub(super) fn list_parts(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = Bucket::requested(call, request)?;
    call.authorize(&bucket.object_access("s3:ListMultipartUploadParts", &request.key))?;
    let upload = Upload::requested(call, request)?;
    let listing = Listing::of(request, "max-parts")?;
    let marker = request.number("part-number-marker")?.unwrap_or(0);
    let rest: Vec<Part> = upload.parts(&call.store)?.into_iter().filter(|part| part.number > marker).collect();
    let page = rest.get(..listing.most).unwrap_or(&rest);
    Ok(Reply::xml("ListPartsResult", |xml| {
        xml.text("Bucket", &upload.bucket);
        xml.text("Key", listing.encode(&upload.key));
        xml.text("UploadId", &upload.id);
        write_owner(xml, &bucket);
        xml.text("StorageClass", &upload.attributes.storage_class);
        xml.text("PartNumberMarker", marker);
        xml.maybe("NextPartNumberMarker", page.last().map(|part| part.number));
        xml.text("MaxParts", listing.most);
        xml.text("IsTruncated", rest.len() > page.len());
        write_checksum_kind(xml, &upload);
        for part in page {
            xml.element("Part", |xml| {
                xml.text("PartNumber", part.number);
                xml.text("LastModified", iso_time(part.modified));
                xml.text("ETag", quoted(&part.etag));
                xml.text("Size", part.content.size());
                part.checksum.write(xml);
            });
        }
    }))
}

/// ListMultipartUploads.
pub(super) fn list_uploads(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = Bucket::requested(call, request)?;
    let listing = Listing::of(request, "max-uploads")?;
    call.authorize(&bucket.access("s3:ListBucketMultipartUploads").key("s3:prefix", listing.prefix))?;
    let key_marker = request.stated("key-marker").unwrap_or_default();
    let id_marker = request.stated("upload-id-marker").filter(|_| !key_marker.is_empty());
    let prefix = format!("{}/{}", bucket.name, listing.prefix);
    let mut uploads: Vec<Upload> =
        call.store.list(UPLOAD, &prefix)?.into_iter().map(|(_, upload): (_, Upload)| upload).collect();
    // A prefix may have matched more than the key.
    uploads.retain(|upload| upload.key.starts_with(listing.prefix));
    uploads.sort_by(|one, other| (&one.key, one.initiated, &one.id).cmp(&(&other.key, other.initiated, &other.id)));
    let start = match id_marker {
        Some(id) => {
            uploads.iter().position(|upload| upload.key == key_marker && upload.id == id).map_or(0, |at| at + 1)
        }
        None => uploads.partition_point(|upload| upload.key.as_str() <= key_marker),
    };
    let mut page = Page::new(listing.most);
    for upload in uploads.into_iter().skip(start) {
        let entry = match listing.rolled_up(&upload.key) {
            Some(prefix) if prefix == key_marker => continue,
            Some(prefix) => Entry::Prefix(prefix),
            None => Entry::Item(upload.key.clone(), upload),
        };
        if let (Entry::Prefix(prefix), Some(Entry::Prefix(last))) = (&entry, page.entries.last())
            && prefix == last
        {
            continue;
        }
        if page.push(entry).is_break() {
            break;
        }
    }
    Ok(Reply::xml("ListMultipartUploadsResult", |xml| {
        xml.text("Bucket", &bucket.name);
        xml.text("KeyMarker", listing.encode(key_marker));
        xml.text("UploadIdMarker", id_marker.unwrap_or_default());
        match page.last() {
            Some(Entry::Item(key, upload)) => {
                xml.text("NextKeyMarker", listing.encode(key));
                xml.text("NextUploadIdMarker", &upload.id);
            }
            Some(Entry::Prefix(prefix)) => xml.text("NextKeyMarker", listing.encode(prefix)),
            None => {}
        }
        xml.text("Prefix", listing.encode(listing.prefix));
        xml.maybe("Delimiter", listing.delimiter.map(|delimiter| listing.encode(delimiter)));
        xml.maybe("EncodingType", request.stated("encoding-type"));
        xml.text("MaxUploads", listing.most);
        xml.text("IsTruncated", page.more);
        for entry in &page.entries {
            let Entry::Item(key, upload) = entry else { continue };
            xml.element("Upload", |xml| {
                xml.text("Key", listing.encode(key));
                xml.text("UploadId", &upload.id);
                write_owner(xml, &bucket);
                xml.text("StorageClass", &upload.attributes.storage_class);
                xml.text("Initiated", iso_time(upload.initiated));
                write_checksum_kind(xml, upload);
            });
        }
        listing.write_prefixes(xml, &page.entries);
    }))
}

fn write_owner(xml: &mut Xml, bucket: &Bucket) {
    xml.element("Initiator", |xml| xml.text("ID", bucket.owner_id()));
    xml.element("Owner", |xml| xml.text("ID", bucket.owner_id()));
}

fn write_checksum_kind(xml: &mut Xml, upload: &Upload) {
    if upload.asked {
        xml.text("ChecksumAlgorithm", upload.algorithm.name());
        xml.text("ChecksumType", upload.kind.name());
    }
}
