//! S3: buckets, objects, versions, listings, server-side copies, multipart uploads and checksums.
//!
//! The bytes of an object are blobs in the store; zeros take no room, so objects of terabytes exist too. Fidelity goes as
//! far as clients can see: addressing styles, `aws-chunked` bodies, S3's XML and error words, who may learn what.

mod attributes;
mod bucket;
mod buckets;
mod checksum;
mod condition;
mod configuration;
mod content;
mod copy;
mod list;
mod multipart;
mod object;
mod objects;
mod reply;
mod request;
#[cfg(test)]
mod tests;
mod xml;

use self::attributes::Attributes;
use self::bucket::Bucket;
use self::content::Content;
use self::object::{Version, Versions};
use self::reply::Reply;
use self::request::Request;
use super::Sandbox;
use super::call::{Access, ApiError, ApiResult, Call, Caller};
use super::service::{Protocol, RawRequest, Service};
use super::tagging::Tagged;
use super::wire::Answer;

/// Amazon S3.
pub(super) static SERVICE: Service = Service {
    name: "s3",
    protocol: Protocol::Raw {
        model: "s3",
        operations: || OPERATIONS.iter().map(|operation| operation.name).collect(),
        route,
        handler,
        error: reply::error,
    },
    shapes: "",
};

/// An operation: AWS's name, the requests that mean it, what it does.
struct Operation {
    name: &'static str,
    /// Method, level and subresource, as [`Request::pattern`] writes them.
    pattern: &'static str,
    run: fn(&mut Call<'_>, &Request<'_>) -> ApiResult<Reply>,
}

macro_rules! operations {
    ($($name:literal: $pattern:literal => $run:path,)*) => {
        &[$(Operation { name: $name, pattern: $pattern, run: $run },)*]
    };
}

const OPERATIONS: &[Operation] = operations! {
    "ListBuckets": "GET /" => buckets::list,
    "CreateBucket": "PUT /bucket" => buckets::create,
    "HeadBucket": "HEAD /bucket" => buckets::head,
    "DeleteBucket": "DELETE /bucket" => buckets::delete,
    "GetBucketLocation": "GET /bucket?location" => buckets::location,
    "GetBucketPolicy": "GET /bucket?policy" => configuration::get_policy,
    "PutBucketPolicy": "PUT /bucket?policy" => configuration::put_policy,
    "DeleteBucketPolicy": "DELETE /bucket?policy" => configuration::delete_policy,
    "GetBucketVersioning": "GET /bucket?versioning" => configuration::get_versioning,
    "PutBucketVersioning": "PUT /bucket?versioning" => configuration::put_versioning,
    "GetBucketTagging": "GET /bucket?tagging" => configuration::get_tagging,
    "PutBucketTagging": "PUT /bucket?tagging" => configuration::put_tagging,
    "DeleteBucketTagging": "DELETE /bucket?tagging" => configuration::delete_tagging,
    "GetPublicAccessBlock": "GET /bucket?publicAccessBlock" => configuration::get_public_access_block,
    "PutPublicAccessBlock": "PUT /bucket?publicAccessBlock" => configuration::put_public_access_block,
    "DeletePublicAccessBlock": "DELETE /bucket?publicAccessBlock" => configuration::delete_public_access_block,
    "GetBucketEncryption": "GET /bucket?encryption" => configuration::get_encryption,
    "PutBucketEncryption": "PUT /bucket?encryption" => configuration::put_encryption,
    "DeleteBucketEncryption": "DELETE /bucket?encryption" => configuration::delete_encryption,
    "ListObjects": "GET /bucket" => list::objects,
    "ListObjectsV2": "GET /bucket?list-type" => list::objects_v2,
    "ListObjectVersions": "GET /bucket?versions" => list::versions,
    "ListMultipartUploads": "GET /bucket?uploads" => multipart::list_uploads,
    "DeleteObjects": "POST /bucket?delete" => objects::delete_many,
    "PutObject": "PUT /bucket/key" => objects::put,
    "GetObject": "GET /bucket/key" => objects::get,
    "HeadObject": "HEAD /bucket/key" => objects::head,
    "DeleteObject": "DELETE /bucket/key" => objects::delete,
    "CopyObject": "COPY /bucket/key" => copy::copy,
    "GetObjectAttributes": "GET /bucket/key?attributes" => objects::attributes,
    "GetObjectTagging": "GET /bucket/key?tagging" => objects::get_tagging,
    "PutObjectTagging": "PUT /bucket/key?tagging" => objects::put_tagging,
    "DeleteObjectTagging": "DELETE /bucket/key?tagging" => objects::delete_tagging,
    "CreateMultipartUpload": "POST /bucket/key?uploads" => multipart::create,
    "UploadPart": "PUT /bucket/key?uploadId" => multipart::upload_part,
    "UploadPartCopy": "COPY /bucket/key?uploadId" => multipart::upload_part_copy,
    "CompleteMultipartUpload": "POST /bucket/key?uploadId" => multipart::complete,
    "AbortMultipartUpload": "DELETE /bucket/key?uploadId" => multipart::abort,
    "ListParts": "GET /bucket/key?uploadId" => multipart::list_parts,
};

fn route(request: &RawRequest) -> Option<&'static str> {
    let pattern = Request::new(request).pattern();
    OPERATIONS.iter().find(|operation| operation.pattern == pattern).map(|operation| operation.name)
}

fn handler(call: &mut Call<'_>, name: &str, request: &RawRequest) -> ApiResult<Answer> {
    let request = Request::new(request);
    let operation = OPERATIONS.iter().find(|operation| operation.name == name);
    let operation = operation.ok_or_else(|| ApiError::internal(format!("no operation {name}")))?;
    let outcome = request.check().and_then(|()| (operation.run)(call, &request));
    outcome.map(|reply| reply.done(&call.request_id)).map_err(|error| error.detail("Resource", request.path()))
}

/// The first `limit` bytes of the object `key` in `bucket`, whoever owns it; none if there is no such object. For other
/// services of the sandbox, which ask leave in their own way.
pub(super) fn object(call: &Call<'_>, bucket: &str, key: &str, limit: u64) -> ApiResult<Option<Vec<u8>>> {
    let versions = Versions::load(&call.store, bucket, key)?;
    let Some(object) = versions.current().and_then(Version::content) else { return Ok(None) };
    Ok(Some(object.content.read(&call.store, &(0..object.content.size().min(limit)))?))
}

/// What a service must be allowed to read the object `key` in `bucket`; none if there is no such bucket in its Region.
pub(super) fn read_access(call: &Call<'_>, bucket: &str, key: &str) -> ApiResult<Option<Access>> {
    let bucket: Option<Bucket> = call.store.get(Bucket::KIND, bucket)?;
    let Some(bucket) = bucket.filter(|bucket| bucket.region == call.region) else { return Ok(None) };
    let versions = Versions::load(&call.store, &bucket.name, key)?;
    Ok(Some(object::with_existing_tags(bucket.object_access("s3:GetObject", key), versions.current())))
}

/// Whether `bucket` has an object whose key begins with `prefix`.
pub(super) fn any_object(call: &Call<'_>, bucket: &str, prefix: &str) -> ApiResult<bool> {
    let found = Versions::scan(&call.store, bucket, prefix, "", usize::MAX)?;
    Ok(found.iter().any(|(_, versions)| versions.current().and_then(Version::content).is_some()))
}

/// Makes a bucket of `account` in `region`, with the policy if one is given: how landscapes are built.
/// A name that any account has taken is `BucketAlreadyExists`.
pub fn create_bucket(
    sandbox: &Sandbox,
    account: &str,
    region: &str,
    bucket: &str,
    policy: Option<&str>,
) -> ApiResult<()> {
    as_administrator(sandbox, account, region, |call| buckets::make(call, bucket, policy))
}

/// Lets a bucket of `account` keep the versions of its objects.
pub fn keep_versions(sandbox: &Sandbox, account: &str, region: &str, bucket: &str) -> ApiResult<()> {
    as_administrator(sandbox, account, region, |call| buckets::keep_versions(call, bucket))
}

/// Puts an object of `bytes` into a bucket of `account`.
pub fn put_object(
    sandbox: &Sandbox,
    account: &str,
    region: &str,
    bucket: &str,
    key: &str,
    bytes: &[u8],
) -> ApiResult<()> {
    as_administrator(sandbox, account, region, |call| {
        let content = Content::of(&call.store, bytes)?;
        put(call, bucket, key, content)
    })
}

/// Puts an object of `size` zero bytes into a bucket of `account`. It takes no room, however large it is.
pub fn put_sparse(sandbox: &Sandbox, account: &str, region: &str, bucket: &str, key: &str, size: u64) -> ApiResult<()> {
    as_administrator(sandbox, account, region, |call| put(call, bucket, key, Content::zeros(size)))
}

fn put(call: &Call<'_>, bucket: &str, key: &str, content: Content) -> ApiResult<()> {
    let bucket = Bucket::load(&call.store, bucket, Some(&call.caller.account))?;
    let nothing_stated = RawRequest::default();
    let attributes = Attributes::stated(&Request::new(&nothing_stated), &bucket)?;
    let object = objects::whole(call, content, None, attributes)?;
    object::put(call, &bucket, key, object).map(drop)
}

fn as_administrator(
    sandbox: &Sandbox,
    account: &str,
    region: &str,
    work: impl FnOnce(&mut Call<'_>) -> ApiResult<()>,
) -> ApiResult<()> {
    sandbox
        .transaction(Caller::administrator(account), region, |call| {
            call.needs_no_permission();
            work(call)
        })?
        .0
}

/// The caller's buckets of the Region that is asked, with their tags.
pub(super) fn tagged(call: &Call<'_>) -> ApiResult<Tagged> {
    let buckets = call.store.list::<Bucket>(Bucket::KIND, "")?.into_iter().map(|(_, bucket)| bucket);
    let own = buckets.filter(|bucket| bucket.account == call.caller.account && bucket.region == call.region);
    Ok(own.map(|bucket| (format!("arn:aws:s3:::{}", bucket.name), bucket.tags.into_iter().collect())).collect())
}
