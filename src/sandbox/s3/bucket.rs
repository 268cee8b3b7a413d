//! What a bucket is, and who may do something to it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::configuration::{EncryptionRule, PublicAccessBlock};
use super::request::{Request, invalid_request};
use crate::sandbox::call::{Access, ApiError, ApiResult, Call};
use crate::sandbox::store::Store;

/// A bucket. Names are global: one document for all accounts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Bucket {
    pub name: String,
    /// The account that owns it.
    pub account: String,
    pub region: String,
    pub created: Timestamp,
    pub policy: Option<String>,
    /// `Enabled` or `Suspended`; none when it was never switched on.
    pub versioning: Option<Versioning>,
    pub tags: Vec<(String, String)>,
    pub public_access_block: Option<PublicAccessBlock>,
    pub encryption: EncryptionRule,
}

/// Whether a bucket keeps versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Versioning {
    Enabled,
    Suspended,
}

impl Bucket {
    /// The store's kind of buckets.
    pub const KIND: &'static str = "s3/bucket";

    /// A new bucket of `account`, as AWS makes them: private and encrypted.
    pub fn new(name: &str, account: &str, region: &str, created: Timestamp) -> ApiResult<Self> {
        if !is_valid_name(name) {
            return Err(ApiError::new(400, "InvalidBucketName", "The specified bucket is not valid.")
                .detail("BucketName", name));
        }
        Ok(Bucket {
            name: name.to_owned(),
            account: account.to_owned(),
            region: region.to_owned(),
            created,
            policy: None,
            versioning: None,
            tags: Vec::new(),
            public_access_block: Some(PublicAccessBlock::everything()),
            encryption: EncryptionRule::default(),
        })
    }

    /// The bucket `name`, which must belong to `expected_owner` if that is said.
    pub fn load(store: &Store<'_>, name: &str, expected_owner: Option<&str>) -> ApiResult<Self> {
        let bucket: Option<Bucket> = store.get(Self::KIND, name)?;
        let bucket = bucket.ok_or_else(|| {
            ApiError::new(404, "NoSuchBucket", "The specified bucket does not exist").detail("BucketName", name)
        })?;
        match expected_owner {
            Some(owner) if owner.len() != 12 || !owner.bytes().all(|byte| byte.is_ascii_digit()) => Err(ApiError::new(
                400,
                "InvalidBucketOwnerAWSAccountID",
                "The value of the expected bucket owner parameter must be an AWS Account ID.",
            )),
            Some(owner) if owner != bucket.account => Err(ApiError::new(403, "AccessDenied", "Access Denied")),
            _ => Ok(bucket),
        }
    }

    /// The bucket that a request is about. S3 answers only in the bucket's own Region.
    pub fn requested(call: &Call<'_>, request: &Request<'_>) -> ApiResult<Self> {
        let bucket = Self::load(&call.store, &request.bucket, request.header("x-amz-expected-bucket-owner"))?;
        if bucket.region != call.region {
            let message = "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.";
            return Err(ApiError::new(301, "PermanentRedirect", message)
                .detail("Endpoint", format!("{}.s3.{}.amazonaws.com", bucket.name, bucket.region))
                .detail("Bucket", &bucket.name)
                .detail("x-amz-bucket-region", &bucket.region));
        }
        Ok(bucket)
    }

    /// Writes the bucket back.
    pub fn save(&self, store: &Store<'_>) -> ApiResult<()> {
        Ok(store.put(Self::KIND, &self.name, self)?)
    }

    /// A request for leave to do `action` to this bucket.
    pub fn access(&self, action: &str) -> Access {
        self.access_to(action, format!("arn:aws:s3:::{}", self.name))
    }

    /// A request for leave to do `action` to the object under `key`.
    pub fn object_access(&self, action: &str, key: &str) -> Access {
        self.access_to(action, format!("arn:aws:s3:::{}/{key}", self.name))
    }

    fn access_to(&self, action: &str, arn: String) -> Access {
        Access::new(action, arn)
            .owner(&self.account)
            .resource_policy(self.policy.clone())
            .key("s3:ResourceAccount", &self.account)
    }

    /// How S3 names the owner of things: 64 hexadecimal digits.
    pub fn owner_id(&self) -> String {
        canonical_id(&self.account)
    }
}

/// The canonical user id of an account.
pub(super) fn canonical_id(account: &str) -> String {
    hex::encode(Sha256::digest(format!("canonical user {account}")))
}

/// Refuses access control lists: buckets of today have none.
pub(super) fn refuse_acl(request: &Request<'_>) -> ApiResult<()> {
    let grants = request.headers().any(|(name, _)| name.starts_with("x-amz-grant-"));
    let acl = request.header("x-amz-acl").unwrap_or("private");
    if grants || !["private", "bucket-owner-full-control"].contains(&acl) {
        return Err(ApiError::new(400, "AccessControlListNotSupported", "The bucket does not allow ACLs"));
    }
    Ok(())
}

/// A set of tags, if it keeps S3's limits.
pub(super) fn check_tags(tags: Vec<(String, String)>, most: usize) -> ApiResult<Vec<(String, String)>> {
    let invalid = |message: &str, key: &str| Err(ApiError::new(400, "InvalidTag", message).detail("TagKey", key));
    if tags.len() > most {
        return Err(ApiError::new(400, "BadRequest", format!("Object tags cannot be greater than {most}")));
    }
    for (index, (key, value)) in tags.iter().enumerate() {
        let length = key.chars().count();
        if length == 0 || length > 128 {
            return invalid("The TagKey you have provided is invalid", key);
        }
        if value.chars().count() > 256 {
            return invalid("The TagValue you have provided is invalid", key);
        }
        if tags.iter().take(index).any(|(other, _)| other == key) {
            return invalid("Cannot provide multiple Tags with the same key", key);
        }
    }
    Ok(tags)
}

/// The rules for names of general purpose buckets.
fn is_valid_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends_plain = name.bytes().next().is_some_and(plain) && name.bytes().last().is_some_and(plain);
    let address = name.split('.').count() == 4 && name.split('.').all(|part| part.parse::<u8>().is_ok());
    (3..=63).contains(&name.len())
        && ends_plain
        && name.bytes().all(|byte| plain(byte) || byte == b'-' || byte == b'.')
        && !name.contains("..")
        && !address
        && !name.starts_with("xn--")
        && !["-s3alias", "--ol-s3", "--x-s3"].iter().any(|suffix| name.ends_with(suffix))
}

/// Refuses a request whose body must come with a digest of any kind, and does not.
pub(super) fn require_body_digest(request: &Request<'_>) -> ApiResult<()> {
    let stated = request.headers().any(|(name, _)| name == "content-md5" || name.starts_with("x-amz-checksum-"));
    let trails = request.header("x-amz-trailer").is_some();
    if stated || trails {
        Ok(())
    } else {
        Err(invalid_request("Missing required header for this request: Content-MD5"))
    }
}
