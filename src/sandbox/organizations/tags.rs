//! Tags of accounts, units and the root.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::members::Member;
use super::tree::Organization;
use super::{Audience, constraint, enter_with, paged, tags_of};
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, required};
use crate::sandbox::iam::support::tag_list;

const TAGS: &str = "organizations/tags";
/// Tags that a resource may have.
const QUOTA: usize = 50;

/// Gives a new resource its tags.
pub(super) fn keep(
    call: &Call<'_>,
    organization: &Organization,
    id: &str,
    tags: &BTreeMap<String, String>,
) -> ApiResult<()> {
    if tags.len() > QUOTA {
        return Err(constraint("You have exceeded the number of tags allowed on this resource."));
    }
    Ok(call.store.put(TAGS, &key(organization, id), tags)?)
}

pub(super) fn tag_resource(call: &mut Call<'_>, input: Value) -> ApiResult {
    let added = tags_of(&input)?;
    let (organization, mut tags) = enter_resource(call, "TagResource", &input, |access| access.request_tags(&added))?;
    tags.extend(added);
    keep(call, &organization, required(&input, "ResourceId"), &tags)?;
    Ok(json!({}))
}

pub(super) fn untag_resource(call: &mut Call<'_>, input: Value) -> ApiResult {
    let keys: Vec<String> =
        input["TagKeys"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let (organization, mut tags) =
        enter_resource(call, "UntagResource", &input, |access| access.keys_of("aws:TagKeys", keys.clone()))?;
    tags.retain(|key, _| !keys.contains(key));
    keep(call, &organization, required(&input, "ResourceId"), &tags)?;
    Ok(json!({}))
}

pub(super) fn list_tags_for_resource(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (_, tags) = enter_resource(call, "ListTagsForResource", &input, |access| access)?;
    paged("Tags", tag_list(&tags), &input)
}

/// The organization, and the tags of the resource that the input names, which must be there.
fn enter_resource(
    call: &mut Call<'_>,
    action: &str,
    input: &Value,
    with: impl Fn(Access) -> Access,
) -> ApiResult<(Organization, BTreeMap<String, String>)> {
    let id = required(input, "ResourceId");
    let is_account = id.bytes().all(|byte| byte.is_ascii_digit());
    let organization = enter_with(call, Audience::Readers, |organization| {
        let arn = if is_account { organization.account_arn(id) } else { organization.node_arn(id) };
        vec![with(Access::new(format!("organizations:{action}"), arn))]
    })?;
    let known = if is_account {
        Member::find(&call.store, id)?.is_some_and(|member| member.management == organization.management)
    } else {
        organization.has_node(id)
    };
    if !known {
        let message = "You specified a target that doesn't exist.";
        return Err(ApiError::new(400, "TargetNotFoundException", message));
    }
    let tags = call.store.get(TAGS, &key(&organization, id))?.unwrap_or_default();
    Ok((organization, tags))
}

fn key(organization: &Organization, id: &str) -> String {
    format!("{}/{id}", organization.id)
}
