//! The Resource Groups Tagging API: what is tagged in an account and a Region, across services.
//!
//! As in AWS it does not see IAM roles, in no Region, and nothing that has no tags. Of what was tagged once and is not
//! any more AWS tells for a while, with no tags; here it is gone at once.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::call::{Access, ApiError, ApiResult, Call, page, required, text};
use super::service::{Operation, Protocol, Service};
use super::{code_connections, datazone, event_buses, kms, ram, s3, sagemaker};

/// The Resource Groups Tagging API.
pub(super) const SERVICE: Service = Service {
    name: "tagging",
    protocol: Protocol::Json {
        target_prefix: "ResourceGroupsTaggingAPI_20170126",
        validation_code: INVALID,
        operations: &[
            Operation {
                name: "GetResources",
                input: r"{ PaginationToken: Token, ResourcesPerPage: integer, TagsPerPage: integer,
                           TagFilters: list 0..50 of { Key: Key, Values: list 0..20 of string 0..256 `[\s\S]*` },
                           ResourceTypeFilters: list of string 0..256 `[\s\S]*`, IncludeComplianceDetails: boolean,
                           ExcludeCompliantResources: boolean,
                           ResourceARNList: list 1..100 of string 1..1011 `[\s\S]*` }",
                handler: get_resources,
            },
            Operation { name: "GetTagKeys", input: "{ PaginationToken: Token }", handler: get_tag_keys },
            Operation { name: "GetTagValues", input: "{ PaginationToken: Token, Key!: Key }", handler: get_tag_values },
        ],
    },
    shapes: r"
        Token = string 0..2048 `[\s\S]*`
        Key = string 1..128 `[\s\S]*`
    ",
};

const INVALID: &str = "InvalidParameterException";
/// Resources, keys or values of a page, unless the input says another number.
const PAGE: usize = 50;
/// The most resources of a page.
const MOST: i64 = 100;

/// ARNs and tags.
pub(super) type Tagged = BTreeMap<String, BTreeMap<String, String>>;

/// Whatever has tags in the caller's account and the Region that is asked.
fn tagged(call: &Call<'_>) -> ApiResult<Tagged> {
    let mut all = Tagged::new();
    for found in [
        code_connections::tagged,
        datazone::tagged,
        event_buses::tagged,
        kms::tagged,
        ram::tagged,
        s3::tagged,
        sagemaker::tagged,
    ] {
        all.extend(found(call)?);
    }
    all.retain(|_, tags| !tags.is_empty());
    Ok(all)
}

/// `service`, or `service:type`, of an ARN.
fn is_of_type(arn: &str, wanted: &str) -> bool {
    let mut parts = arn.splitn(6, ':').skip(2);
    let (service, resource) = (parts.next().unwrap_or_default(), parts.nth(2).unwrap_or_default());
    let kind = resource.split(['/', ':']).next().filter(|kind| *kind != resource);
    match wanted.split_once(':') {
        // What has no type in its ARN goes by one all the same.
        Some((wanted_service, wanted_kind)) => {
            service == wanted_service
                && kind.map_or(wanted_kind == "bucket" && service == "s3", |kind| kind == wanted_kind)
        }
        None => service == wanted,
    }
}

fn texts<'v>(input: &'v Value, member: &str) -> Vec<&'v str> {
    input[member].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// `GetResources`: what has all the keys that are asked for, each with one of the values that are asked for.
fn get_resources(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("tag:GetResources", "*"))?;
    let (types, arns) = (texts(&input, "ResourceTypeFilters"), texts(&input, "ResourceARNList"));
    let filters: Vec<&Value> = input["TagFilters"].as_array().into_iter().flatten().collect();
    let is_filtered = !types.is_empty() || !filters.is_empty();
    if !arns.is_empty() && is_filtered {
        return Err(invalid("ResourceARNList cannot be combined with TagFilters or ResourceTypeFilters"));
    }
    let size = match input["ResourcesPerPage"].as_i64() {
        Some(size) if !(1..=MOST).contains(&size) => {
            return Err(invalid(format!("ResourcesPerPage must be between 1 and {MOST}")));
        }
        size => size.and_then(|size| usize::try_from(size).ok()).unwrap_or(PAGE),
    };
    let has = |tags: &BTreeMap<String, String>, filter: &Value| {
        let values = texts(filter, "Values");
        text(filter, "Key")
            .is_none_or(|key| tags.get(key).is_some_and(|value| values.is_empty() || values.contains(&value.as_str())))
    };
    let mut found = tagged(call)?;
    found.retain(|arn, tags| {
        (arns.is_empty() || arns.contains(&arn.as_str()))
            && (types.is_empty() || types.iter().any(|wanted| is_of_type(arn, wanted)))
            && filters.iter().all(|filter| has(tags, filter))
    });
    let listed = found.into_iter().map(|(arn, tags)| {
        let tags: Vec<Value> = tags.into_iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect();
        json!({"ResourceARN": arn, "Tags": tags})
    });
    paged("ResourceTagMappingList", listed.collect(), &input, size)
}

fn get_tag_keys(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("tag:GetTagKeys", "*"))?;
    let mut keys: Vec<String> = tagged(call)?.into_values().flat_map(BTreeMap::into_keys).collect();
    keys.sort();
    keys.dedup();
    paged("TagKeys", keys.into_iter().map(Value::from).collect(), &input, PAGE)
}

fn get_tag_values(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("tag:GetTagValues", "*"))?;
    let key = required(&input, "Key");
    let mut values: Vec<String> = tagged(call)?.into_values().filter_map(|mut tags| tags.remove(key)).collect();
    values.sort();
    values.dedup();
    paged("TagValues", values.into_iter().map(Value::from).collect(), &input, PAGE)
}

/// The last page has an empty token, as has the request for the first.
fn paged(member: &str, items: Vec<Value>, input: &Value, size: usize) -> ApiResult {
    let token = text(input, "PaginationToken").filter(|token| !token.is_empty());
    let (items, next) = page(items, size, token).map_err(|error| invalid(error.message))?;
    Ok(json!({member: items, "PaginationToken": next.unwrap_or_default()}))
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(400, INVALID, message)
}
