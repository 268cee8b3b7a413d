//! What an upload says about an object besides its bytes: headers, metadata, tags, storage class, encryption.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bucket::{Bucket, check_tags};
use super::reply::Reply;
use super::request::{Request, invalid_argument};
use crate::sandbox::call::{Access, ApiError, ApiResult};
use crate::sandbox::wire::form_pairs;

/// Headers that an object keeps and gives back.
const KEPT_HEADERS: [&str; 7] = [
    "cache-control",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-type",
    "expires",
    "x-amz-website-redirect-location",
];
const METADATA: &str = "x-amz-meta-";
const LARGEST_METADATA: usize = 2048;
/// S3 allows an object so many tags.
pub(super) const MOST_TAGS: usize = 10;

const SSE: &str = "x-amz-server-side-encryption";
const SSE_KEY: &str = "x-amz-server-side-encryption-aws-kms-key-id";
const SSE_BUCKET_KEY: &str = "x-amz-server-side-encryption-bucket-key-enabled";
const SSE_CUSTOMER: [&str; 2] =
    ["x-amz-server-side-encryption-customer-algorithm", "x-amz-server-side-encryption-customer-key-md5"];
const STORAGE_CLASS: &str = "x-amz-storage-class";
const STORAGE_CLASSES: [&str; 8] = [
    "STANDARD",
    "REDUCED_REDUNDANCY",
    "STANDARD_IA",
    "ONEZONE_IA",
    "INTELLIGENT_TIERING",
    "GLACIER",
    "DEEP_ARCHIVE",
    "GLACIER_IR",
];

/// Everything about an object that its upload decided.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Attributes {
    pub headers: BTreeMap<String, String>,
    pub metadata: BTreeMap<String, String>,
    pub tags: Vec<(String, String)>,
    pub storage_class: String,
    /// The headers that tell how it is encrypted.
    pub encryption: BTreeMap<String, String>,
}

impl Attributes {
    /// What `request` says, and the bucket's defaults.
    pub fn stated(request: &Request<'_>, bucket: &Bucket) -> ApiResult<Self> {
        let mut headers: BTreeMap<String, String> = KEPT_HEADERS
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), request.header(name)?.to_owned())))
            .collect();
        headers.entry("content-type".to_owned()).or_insert_with(|| "binary/octet-stream".to_owned());
        // The coding of the transfer is none of the object's.
        if let Some(encoding) = headers.remove("content-encoding") {
            let codings: Vec<&str> =
                encoding.split(',').map(str::trim).filter(|coding| !["", "aws-chunked"].contains(coding)).collect();
            if !codings.is_empty() {
                headers.insert("content-encoding".to_owned(), codings.join(","));
            }
        }
        let metadata: BTreeMap<String, String> = request
            .headers()
            .filter_map(|(name, value)| Some((name.strip_prefix(METADATA)?.to_owned(), value.to_owned())))
            .collect();
        let size: usize = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
        if size > LARGEST_METADATA {
            let message = "Your metadata headers exceed the maximum allowed metadata size";
            return Err(ApiError::new(400, "MetadataTooLarge", message)
                .detail("Size", size.to_string())
                .detail("MaxSizeAllowed", LARGEST_METADATA.to_string()));
        }
        let storage_class = request.header(STORAGE_CLASS).unwrap_or("STANDARD");
        if !STORAGE_CLASSES.contains(&storage_class) {
            let message = "The storage class you specified is not valid";
            return Err(
                ApiError::new(400, "InvalidStorageClass", message).detail("StorageClassRequested", storage_class)
            );
        }
        let tags = form_pairs(request.header("x-amz-tagging").unwrap_or_default());
        Ok(Attributes {
            headers,
            metadata,
            tags: check_tags(tags, MOST_TAGS)?,
            storage_class: storage_class.to_owned(),
            encryption: encryption(request, bucket)?,
        })
    }

    /// The answer's headers for a reader.
    pub fn describe(&self, reply: Reply) -> Reply {
        let reply = reply.headers(&self.headers).headers(&self.encryption);
        let reply =
            self.metadata.iter().fold(reply, |reply, (name, value)| reply.header(&format!("{METADATA}{name}"), value));
        let class = Some(self.storage_class.as_str()).filter(|class| *class != "STANDARD");
        let tags = Some(self.tags.len()).filter(|count| *count > 0).map(|count| count.to_string());
        reply.maybe(STORAGE_CLASS, class).maybe("x-amz-tagging-count", tags.as_deref())
    }
}

/// Adds the condition keys that a writing request carries.
pub(super) fn with_request_keys(request: &Request<'_>, mut access: Access) -> Access {
    const HEADERS: [(&str, &str); 9] = [
        ("s3:x-amz-acl", "x-amz-acl"),
        ("s3:x-amz-content-sha256", "x-amz-content-sha256"),
        ("s3:x-amz-copy-source", "x-amz-copy-source"),
        ("s3:x-amz-metadata-directive", "x-amz-metadata-directive"),
        ("s3:x-amz-server-side-encryption", SSE),
        ("s3:x-amz-server-side-encryption-aws-kms-key-id", SSE_KEY),
        ("s3:x-amz-storage-class", STORAGE_CLASS),
        ("s3:if-match", "if-match"),
        ("s3:if-none-match", "if-none-match"),
    ];
    for (key, header) in HEADERS {
        if let Some(value) = request.header(header) {
            access = access.key(key, value);
        }
    }
    let tags = form_pairs(request.header("x-amz-tagging").unwrap_or_default());
    with_tags(access, "s3:RequestObjectTag", &tags)
}

/// Adds tags as condition keys `prefix/<tag key>`, and `prefixKeys` with all tag keys.
pub(super) fn with_tags(access: Access, prefix: &str, tags: &[(String, String)]) -> Access {
    let keys = tags.iter().map(|(key, _)| key.clone());
    access.tags(prefix, tags.iter().map(|(key, value)| (key, value))).keys_of(format!("{prefix}Keys"), keys)
}

/// Whether S3 knows this way of encryption.
pub(super) fn is_encryption(algorithm: &str) -> bool {
    ["AES256", "aws:kms", "aws:kms:dsse"].contains(&algorithm)
}

/// The headers that tell how an object written by `request` is encrypted.
fn encryption(request: &Request<'_>, bucket: &Bucket) -> ApiResult<BTreeMap<String, String>> {
    let customer: BTreeMap<String, String> =
        SSE_CUSTOMER.into_iter().filter_map(|name| Some((name.to_owned(), request.header(name)?.to_owned()))).collect();
    if !customer.is_empty() {
        return Ok(customer);
    }
    let default = &bucket.encryption;
    let (algorithm, key, bucket_key) = match request.header(SSE) {
        Some(algorithm) => {
            let bucket_key = request.header(SSE_BUCKET_KEY).map_or(default.bucket_key_enabled, |value| value == "true");
            (algorithm, request.header(SSE_KEY), bucket_key)
        }
        None if request.header(SSE_KEY).is_some() => {
            return Err(invalid_argument(
                "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
                SSE,
                "null",
            ));
        }
        None => (default.default.algorithm.as_str(), default.default.key.as_deref(), default.bucket_key_enabled),
    };
    if !is_encryption(algorithm) {
        return Err(invalid_argument("The encryption method specified is not supported", SSE, algorithm));
    }
    let mut headers = BTreeMap::from([(SSE.to_owned(), algorithm.to_owned())]);
    if algorithm != "AES256" {
        let arn = |resource: &str| format!("arn:aws:kms:{}:{}:{resource}", bucket.region, bucket.account);
        let key = match key {
            None => arn("alias/aws/s3"),
            Some(key) if key.starts_with("arn:") => key.to_owned(),
            Some(alias) if alias.starts_with("alias/") => arn(alias),
            Some(id) => arn(&format!("key/{id}")),
        };
        headers.insert(SSE_KEY.to_owned(), key);
        if bucket_key {
            headers.insert(SSE_BUCKET_KEY.to_owned(), "true".to_owned());
        }
    }
    Ok(headers)
}
