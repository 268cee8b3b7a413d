//! Buckets come, go, and are found.

use serde::Deserialize;

use super::bucket::{Bucket, Versioning, canonical_id, refuse_acl};
use super::multipart;
use super::object::Versions;
use super::reply::{Reply, iso_time};
use super::request::Request;
use super::xml;
use crate::sandbox::call::{Access, ApiError, ApiResult, Call};

/// Where buckets without a `LocationConstraint` are.
const HOME: &str = "us-east-1";

/// ListBuckets: those of the caller's account.
pub(super) fn list(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    call.authorize(&Access::new("s3:ListAllMyBuckets", "*").owner(call.caller.account.clone()))?;
    let most = request.number("max-buckets")?.unwrap_or(10_000);
    let prefix = request.stated("prefix");
    let (after, region) = (request.stated("continuation-token"), request.stated("bucket-region"));
    let mut buckets: Vec<Bucket> = call
        .store
        .scan::<Bucket>(Bucket::KIND, prefix.unwrap_or_default(), after.unwrap_or_default(), usize::MAX)?
        .into_iter()
        .map(|(_, bucket)| bucket)
        .filter(|bucket| bucket.account == call.caller.account && region.is_none_or(|region| bucket.region == region))
        .collect();
    let more = buckets.len() > most;
    buckets.truncate(most);
    Ok(Reply::xml("ListAllMyBucketsResult", |xml| {
        xml.element("Owner", |xml| xml.text("ID", canonical_id(&call.caller.account)));
        xml.element("Buckets", |xml| {
            for bucket in &buckets {
                xml.element("Bucket", |xml| {
                    xml.text("Name", &bucket.name);
                    xml.text("CreationDate", iso_time(bucket.created));
                    xml.text("BucketRegion", &bucket.region);
                });
            }
        });
        xml.maybe("ContinuationToken", buckets.last().filter(|_| more).map(|bucket| &bucket.name));
        xml.maybe("Prefix", prefix);
    }))
}

/// CreateBucket.
pub(super) fn create(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let body = request.payload()?.bytes;
    let location = if body.is_empty() { None } else { xml::read::<CreateConfiguration>(&body)?.location_constraint };
    let account = call.caller.account.clone();
    let access = Access::new("s3:CreateBucket", format!("arn:aws:s3:::{}", request.bucket)).owner(&account);
    call.authorize(&match &location {
        Some(location) => access.key("s3:LocationConstraint", location),
        None => access,
    })?;
    refuse_acl(request)?;
    let region = region_of_new(&call.region, location.as_deref())?;
    let bucket = Bucket::new(&request.bucket, &account, &region, call.now)?;
    let existing: Option<Bucket> = call.store.get(Bucket::KIND, &bucket.name)?;
    let conflict = |code, message| Err(ApiError::new(409, code, message).detail("BucketName", &bucket.name));
    match existing {
        Some(existing) if existing.account != account => conflict(
            "BucketAlreadyExists",
            "The requested bucket name is not available. The bucket namespace is shared by all users of the system. Please select a different name and try again.",
        ),
        // In its first Region S3 has always taken this for a success.
        Some(existing) if existing.region != HOME || region != HOME => conflict(
            "BucketAlreadyOwnedByYou",
            "Your previous request to create the named bucket succeeded and you already own it.",
        ),
        existing => {
            existing.unwrap_or(bucket).save(&call.store)?;
            Ok(Reply::empty(200).header("location", &format!("/{}", request.bucket)))
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CreateConfiguration {
    location_constraint: Option<String>,
}

/// Where a new bucket goes, asked for at the endpoint of `region`.
fn region_of_new(region: &str, location: Option<&str>) -> ApiResult<String> {
    let refuse = |location: &str| {
        let message = format!(
            "The {location} location constraint is incompatible for the region specific endpoint this request was sent to."
        );
        Err(ApiError::new(400, "IllegalLocationConstraintException", message))
    };
    match location.filter(|location| !location.is_empty()) {
        Some(HOME) => {
            Err(ApiError::new(400, "InvalidLocationConstraint", "The specified location-constraint is not valid")
                .detail("LocationConstraint", HOME))
        }
        Some(location) if region == HOME || region == location => Ok(location.to_owned()),
        Some(location) => refuse(location),
        None if region == HOME => Ok(HOME.to_owned()),
        None => refuse("unspecified"),
    }
}

/// HeadBucket.
pub(super) fn head(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = Bucket::requested(call, request)?;
    call.authorize(&bucket.access("s3:ListBucket"))?;
    Ok(Reply::empty(200)
        .header("x-amz-bucket-region", &bucket.region)
        .header("x-amz-bucket-arn", &format!("arn:aws:s3:::{}", bucket.name))
        .header("x-amz-access-point-alias", "false"))
}

/// GetBucketLocation: answered in every Region, so that clients can find out.
pub(super) fn location(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = Bucket::load(&call.store, &request.bucket, request.header("x-amz-expected-bucket-owner"))?;
    call.authorize(&bucket.access("s3:GetBucketLocation"))?;
    let region = if bucket.region == HOME { "" } else { bucket.region.as_str() };
    Ok(Reply::xml("LocationConstraint", |xml| xml.content(region)))
}

/// DeleteBucket: only an empty one.
pub(super) fn delete(call: &mut Call<'_>, request: &Request<'_>) -> ApiResult<Reply> {
    let bucket = Bucket::requested(call, request)?;
    call.authorize(&bucket.access("s3:DeleteBucket"))?;
    if !Versions::scan(&call.store, &bucket.name, "", "", 1)?.is_empty() {
        let message = match bucket.versioning {
            None => "The bucket you tried to delete is not empty",
            Some(_) => "The bucket you tried to delete is not empty. You must delete all versions in the bucket.",
        };
        return Err(ApiError::new(409, "BucketNotEmpty", message).detail("BucketName", &bucket.name));
    }
    multipart::forget_all(call, &bucket.name)?;
    call.store.delete(Bucket::KIND, &bucket.name)?;
    Ok(Reply::empty(204))
}

/// A bucket of the caller's, without a request.
pub(super) fn keep_versions(call: &Call<'_>, name: &str) -> ApiResult<()> {
    if let Some(mut bucket) = call.store.get::<Bucket>(Bucket::KIND, name)? {
        bucket.versioning = Some(Versioning::Enabled);
        bucket.save(&call.store)?;
    }
    Ok(())
}

pub(super) fn make(call: &Call<'_>, name: &str, policy: Option<&str>) -> ApiResult<()> {
    let mut bucket = Bucket::new(name, &call.caller.account, &call.region, call.now)?;
    if call.store.get::<Bucket>(Bucket::KIND, name)?.is_some() {
        return Err(ApiError::new(409, "BucketAlreadyExists", "The requested bucket name is not available."));
    }
    if let Some(policy) = policy {
        super::configuration::check_policy(policy, name)?;
    }
    bucket.policy = policy.map(str::to_owned);
    bucket.save(&call.store)
}
