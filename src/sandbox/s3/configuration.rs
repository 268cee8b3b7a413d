//! What a bucket is told about itself: policy, versioning, tags, public access, encryption.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bucket::{Bucket, Versioning, check_tags};
use super::reply::Reply;
use super::request::Request;
use super::xml;
use crate::sandbox::call::{ApiError, ApiResult, Call};
use crate::sandbox::iam::{DocumentKind, Policy};

const LARGEST_POLICY: usize = 20 * 1024;
const MOST_BUCKET_TAGS: usize = 50;

/// The four switches against public access.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct PublicAccessBlock {
    pub block_public_acls: bool,
    pub ignore_public_acls: bool,
    pub block_public_policy: bool,
    pub restrict_public_buckets: bool,
}

impl PublicAccessBlock {
    /// What new buckets get.
    pub fn everything() -> Self {
        PublicAccessBlock {
            block_public_acls: true,
            ignore_public_acls: true,
            block_public_policy: true,
            restrict_public_buckets: true,
        }
    }
}

/// How objects are encrypted whose uploads say nothing about it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct EncryptionRule {
    #[serde(rename = "ApplyServerSideEncryptionByDefault")]
    pub default: DefaultEncryption,
    #[serde(default)]
    pub bucket_key_enabled: bool,
}

/// An algorithm and, for KMS, a key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct DefaultEncryption {
    #[serde(rename = "SSEAlgorithm")]
    pub algorithm: String,
    #[serde(rename = "KMSMasterKeyID")]
    pub key: Option<String>,
}

impl Default for EncryptionRule {
    fn default() -> Self {
        EncryptionRule {
            default: DefaultEncryption { algorithm: "AES256".to_owned(), key: None },
            bucket_key_enabled: false,
        }
    }
}

/// `<TagSet><Tag>..`, of buckets and objects.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tagging {
    tag_set: TagSet,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TagSet {
    #[serde(default)]
    tag: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    #[serde(default)]
    value: String,
}

/// The tags of a document that a client sent, at most `most`.
pub(super) fn read_tags(body: &[u8], most: usize) -> ApiResult<Vec<(String, String)>> {
    let tagging: Tagging = xml::read(body)?;
    check_tags(tagging.tag_set.tag.into_iter().map(|tag| (tag.key, tag.value)).collect(), most)
}

/// Tags as a document.
pub(super) fn tags_reply(tags: &[(String, String)]) -> Reply {
    Reply::xml("Tagging", |xml| {
        xml.element("TagSet", |xml| {
            for (key, value) in tags {
                xml.element("Tag", |xml| {
                    xml.text("Key", key);
                    xml.text("Value", value);
                });
            }
        });
    })
}

/// The bucket of the request, if the caller may do `action` to it.
fn open(call: &mut Call<'_>, request: &Request<'_>, action: &str) -> ApiResult<Bucket> {
    let bucket = Bucket::requested(call, request)?;
    call.authorize(&bucket.access(action))?;
    Ok(bucket)
}

/// Changes the bucket of the request, if the caller may do `action` to it.
fn change(
    call: &mut Call<'_>,
    request: &Request<'_>,
    action: &str,
    status: u16,
    change: impl FnOnce(&mut Bucket) -> ApiResult<()>,
) -> ApiResult<Reply> {
    let mut bucket = open(call, request, action)?;
    change(&mut bucket)?;
    bucket.save(&call.store)?;
    Ok(Reply::empty(status))
}

/// GetBucketPolicy.
pub(super) fn get_policy(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = open(call, request, "s3:GetBucketPolicy")?;
    let policy = bucket.policy.as_ref().ok_or_else(|| {
        ApiError::new(404, "NoSuchBucketPolicy", "The bucket policy does not exist").detail("BucketName", &bucket.name)
    })?;
    Ok(Reply::bytes(200, policy.clone()).header("content-type", "application/json"))
}

/// PutBucketPolicy.
pub(super) fn put_policy(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let payload = request.payload()?;
    let caller = call.caller.arn();
    change(call, request, "s3:PutBucketPolicy", 204, |bucket| {
        let policy = String::from_utf8_lossy(&payload.bytes);
        let public = check_policy(&policy, &bucket.name)?;
        if public && bucket.public_access_block.as_ref().is_some_and(|block| block.block_public_policy) {
            return Err(ApiError::new(
                403,
                "AccessDenied",
                format!(
                    "User: {caller} is not authorized to perform: s3:PutBucketPolicy on resource: \"arn:aws:s3:::{}\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
                    bucket.name
                ),
            ));
        }
        bucket.policy = Some(policy.into_owned());
        Ok(())
    })
}

/// DeleteBucketPolicy.
pub(super) fn delete_policy(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    change(call, request, "s3:DeleteBucketPolicy", 204, |bucket| {
        bucket.policy = None;
        Ok(())
    })
}

/// Checks the form of a bucket policy; tells whether it opens the bucket to everyone.
pub(super) fn check_policy(policy: &str, bucket: &str) -> ApiResult<bool> {
    let malformed = |message: &str| ApiError::new(400, "MalformedPolicy", message);
    if policy.len() > LARGEST_POLICY {
        return Err(malformed("Policy is too large"));
    }
    let document: Value = serde_json::from_str(policy)
        .ok()
        .filter(Value::is_object)
        .ok_or_else(|| malformed("Policies must be valid JSON and the first byte must be '{'"))?;
    if let Some(version) = document.get("Version")
        && !["2012-10-17", "2008-10-17"].iter().any(|known| version == known)
    {
        return Err(malformed("The policy must contain a valid version string"));
    }
    let statements = document.get("Statement").ok_or_else(|| malformed("Missing required field Statement"))?;
    let mut public = false;
    for statement in one_or_many(statements) {
        let field = |name: &str| statement.get(name);
        let missing = |name: &str| malformed(&format!("Missing required field {name}"));
        let effect = field("Effect").and_then(Value::as_str).ok_or_else(|| missing("Effect"))?;
        if !["Allow", "Deny"].contains(&effect) {
            return Err(malformed(&format!("Invalid effect: {effect}")));
        }
        let principal = field("Principal");
        if principal.is_none() && field("NotPrincipal").is_none() {
            return Err(missing("Principal"));
        }
        let actions = field("Action").or(field("NotAction")).ok_or_else(|| missing("Action"))?;
        let is_action = |action: &str| action == "*" || action.to_ascii_lowercase().starts_with("s3:");
        if !texts(actions).is_some_and(|actions| actions.into_iter().all(is_action)) {
            return Err(malformed("Policy has invalid action"));
        }
        let resources = field("Resource").or(field("NotResource")).ok_or_else(|| missing("Resource"))?;
        let is_resource = |resource: &str| {
            let name = resource.strip_prefix("arn:aws:s3:::").map(|rest| rest.split('/').next().unwrap_or(rest));
            name.is_some_and(|name| name == bucket || name.contains(['*', '?', '$']))
        };
        if !texts(resources).is_some_and(|resources| resources.into_iter().all(is_resource)) {
            return Err(malformed("Policy has invalid resource"));
        }
        let everyone = principal.is_some_and(|principal| {
            let principals = principal.get("AWS").unwrap_or(principal);
            texts(principals).is_some_and(|principals| principals.contains(&"*"))
        });
        public |= effect == "Allow" && everyone && field("Condition").is_none();
    }
    // What IAM could not read later is refused now.
    Policy::parse(policy, DocumentKind::Resource).map_err(|error| malformed(&error.to_string()))?;
    Ok(public)
}

fn one_or_many(value: &Value) -> &[Value] {
    value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice)
}

fn texts(value: &Value) -> Option<Vec<&str>> {
    one_or_many(value).iter().map(Value::as_str).collect()
}

/// GetBucketVersioning.
pub(super) fn get_versioning(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = open(call, request, "s3:GetBucketVersioning")?;
    let status = bucket.versioning.map(|versioning| match versioning {
        Versioning::Enabled => "Enabled",
        Versioning::Suspended => "Suspended",
    });
    Ok(Reply::xml("VersioningConfiguration", |xml| xml.maybe("Status", status)))
}

/// PutBucketVersioning.
pub(super) fn put_versioning(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Configuration {
        status: Versioning,
    }
    let configuration: Configuration = xml::read(&request.payload()?.bytes)?;
    change(call, request, "s3:PutBucketVersioning", 200, |bucket| {
        bucket.versioning = Some(configuration.status);
        Ok(())
    })
}

/// GetBucketTagging.
pub(super) fn get_tagging(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = open(call, request, "s3:GetBucketTagging")?;
    if bucket.tags.is_empty() {
        let error = ApiError::new(404, "NoSuchTagSet", "The TagSet does not exist");
        return Err(error.detail("BucketName", &bucket.name));
    }
    Ok(tags_reply(&bucket.tags))
}

/// PutBucketTagging.
pub(super) fn put_tagging(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let tags = read_tags(&request.payload()?.bytes, MOST_BUCKET_TAGS)?;
    change(call, request, "s3:PutBucketTagging", 204, |bucket| {
        bucket.tags = tags;
        Ok(())
    })
}

/// DeleteBucketTagging.
pub(super) fn delete_tagging(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    change(call, request, "s3:PutBucketTagging", 204, |bucket| {
        bucket.tags.clear();
        Ok(())
    })
}

/// GetPublicAccessBlock.
pub(super) fn get_public_access_block(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = open(call, request, "s3:GetBucketPublicAccessBlock")?;
    let block = bucket.public_access_block.as_ref().ok_or_else(|| {
        let message = "The public access block configuration was not found";
        ApiError::new(404, "NoSuchPublicAccessBlockConfiguration", message).detail("BucketName", &bucket.name)
    })?;
    Ok(Reply::xml("PublicAccessBlockConfiguration", |xml| {
        xml.text("BlockPublicAcls", block.block_public_acls);
        xml.text("IgnorePublicAcls", block.ignore_public_acls);
        xml.text("BlockPublicPolicy", block.block_public_policy);
        xml.text("RestrictPublicBuckets", block.restrict_public_buckets);
    }))
}

/// PutPublicAccessBlock.
pub(super) fn put_public_access_block(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let block = xml::read(&request.payload()?.bytes)?;
    change(call, request, "s3:PutBucketPublicAccessBlock", 200, |bucket| {
        bucket.public_access_block = Some(block);
        Ok(())
    })
}

/// DeletePublicAccessBlock.
pub(super) fn delete_public_access_block(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    change(call, request, "s3:PutBucketPublicAccessBlock", 204, |bucket| {
        bucket.public_access_block = None;
        Ok(())
    })
}

/// GetBucketEncryption.
pub(super) fn get_encryption(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let rule = open(call, request, "s3:GetEncryptionConfiguration")?.encryption;
    Ok(Reply::xml("ServerSideEncryptionConfiguration", |xml| {
        xml.element("Rule", |xml| {
            xml.element("ApplyServerSideEncryptionByDefault", |xml| {
                xml.text("SSEAlgorithm", &rule.default.algorithm);
                xml.maybe("KMSMasterKeyID", rule.default.key.as_ref());
            });
            xml.text("BucketKeyEnabled", rule.bucket_key_enabled);
        });
    }))
}

/// PutBucketEncryption.
pub(super) fn put_encryption(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Configuration {
        rule: EncryptionRule,
    }
    let Configuration { rule } = xml::read(&request.payload()?.bytes)?;
    if !super::attributes::is_encryption(&rule.default.algorithm) {
        return Err(xml::malformed());
    }
    change(call, request, "s3:PutEncryptionConfiguration", 200, |bucket| {
        bucket.encryption = rule;
        Ok(())
    })
}

/// DeleteBucketEncryption: back to what every bucket has.
pub(super) fn delete_encryption(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    change(call, request, "s3:PutEncryptionConfiguration", 204, |bucket| {
        bucket.encryption = EncryptionRule::default();
        Ok(())
    })
}
