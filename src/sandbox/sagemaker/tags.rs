//! Tags of every SageMaker resource.

use serde_json::{Map, Value, json};

use super::common::{self, Arn};
use super::endpoints::{self, ENDPOINT};
use super::listing;
use super::packages::{self, PACKAGE};
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, required};
use crate::sandbox::tagging::Tagged;

/// Tags on a page when the caller does not say.
const PAGE: usize = 50;

/// The resource whose tags are asked about.
fn target(call: &Call<'_>, input: &Value) -> ApiResult<Arn> {
    let arn = required(input, "ResourceArn");
    let arn = Arn::parse(arn).ok_or_else(|| ApiError::validation(format!("Invalid ARN: {arn}")))?;
    let arn = arn.in_region_of(call)?;
    if arn.resource_type == ENDPOINT {
        // What has gone meanwhile is not there any more.
        endpoints::find(call, &arn)?;
    }
    Ok(arn)
}

fn access(call: &Call<'_>, action: &str, arn: &Arn) -> ApiResult<Access> {
    if arn.resource_type == PACKAGE { packages::access(call, action, arn) } else { common::access(call, action, arn) }
}

fn must_exist(call: &Call<'_>, arn: &Arn) -> ApiResult<()> {
    match arn.load(call)? {
        Some(_) => Ok(()),
        None => Err(ApiError::validation(format!("Could not find resource {arn}."))),
    }
}

/// Versions have their group's tags and none of their own.
fn must_be_taggable(call: &Call<'_>, arn: &Arn) -> ApiResult<()> {
    must_exist(call, arn)?;
    if arn.tagged() == *arn {
        return Ok(());
    }
    Err(ApiError::validation(
        "Tags are not supported in Model Package versions. Please add them to the Model Package Group",
    ))
}

/// `AddTags`.
pub(super) fn add(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = target(call, &input)?;
    let added = common::tags_of_input(&input);
    let access = common::with_request_tags(access(call, "AddTags", &arn)?, &added);
    call.authorize(&access)?;
    must_be_taggable(call, &arn)?;
    let mut tags = common::tags(call, &arn)?;
    tags.extend(added);
    common::set_tags(call, &arn, &tags)?;
    Ok(json!({"Tags": common::tag_list(&tags)}))
}

/// `ListTags`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = target(call, &input)?;
    call.authorize(&access(call, "ListTags", &arn)?)?;
    must_exist(call, &arn)?;
    let tags = common::tag_list(&common::tags(call, &arn)?).as_array().cloned().unwrap_or_default();
    let (tags, token) = listing::cut(&input, tags, PAGE)?;
    Ok(listing::answer("Tags", tags, token))
}

/// `DeleteTags`.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = target(call, &input)?;
    let keys: Vec<String> =
        input["TagKeys"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let access = access(call, "DeleteTags", &arn)?.keys_of("aws:TagKeys", keys.clone());
    call.authorize(&access)?;
    must_be_taggable(call, &arn)?;
    let mut tags = common::tags(call, &arn)?;
    tags.retain(|key, _| !keys.contains(key));
    common::set_tags(call, &arn, &tags)?;
    Ok(json!({}))
}

/// The caller's resources of the Region that is asked, with their tags.
pub fn tagged(call: &Call<'_>) -> ApiResult<Tagged> {
    let prefix = call.arn("sagemaker", "");
    let all = call.store.list::<Map<String, Value>>(common::TAGS, &prefix)?.into_iter();
    let plain =
        |tags: Map<String, Value>| common::plain(&tags).map(|(key, value)| (key.clone(), value.to_owned())).collect();
    Ok(all.map(|(arn, tags)| (arn, plain(tags))).collect())
}
