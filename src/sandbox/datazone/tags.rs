//! Tags of domains, and of what is in their projects.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::common::not_found;
use super::domain::Domain;
use super::projects::Project;
use super::{sharing, stacks};
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, required};
use crate::sandbox::tagging::Tagged;

/// The most tags of a resource.
const MOST: usize = 50;

/// The `tags` of an input.
pub(super) fn of_input(input: &Value) -> BTreeMap<String, String> {
    let tags = input["tags"].as_object().into_iter().flatten();
    tags.map(|(key, value)| (key.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
}

/// The domain that an input names in `resourceArn`, once IAM lets the caller ask `operation` of it.
fn enter(call: &mut Call<'_>, operation: &str, input: &Value, request: impl Fn(Access) -> Access) -> ApiResult<Domain> {
    let arn = required(input, "resourceArn");
    let found = match arn.split_once(":domain/") {
        Some((_, id)) => sharing::visible(call, id)?.filter(|(domain, _)| domain.arn() == arn),
        None => None,
    };
    let access = request(Access::new(format!("datazone:{operation}"), arn));
    match found {
        Some((domain, share)) => {
            call.authorize(&access.tags("aws:ResourceTag", &domain.tags).resource_policy(share))?;
            Ok(domain)
        }
        None => {
            call.authorize(&access)?;
            Err(not_found("Resource", arn))
        }
    }
}

/// `TagResource`.
pub(super) fn add(call: &mut Call<'_>, input: Value) -> ApiResult {
    let new = of_input(&input);
    let mut domain = enter(call, "TagResource", &input, |access| access.request_tags(&new))?;
    domain.tags.extend(new.clone());
    if domain.tags.len() > MOST {
        return Err(ApiError::validation(format!("A resource has at most {MOST} tags")));
    }
    domain.save(call)?;
    Ok(json!({}))
}

/// `UntagResource`.
pub(super) fn remove(call: &mut Call<'_>, input: Value) -> ApiResult {
    let keys: Vec<String> =
        input["tagKeys"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let mut domain =
        enter(call, "UntagResource", &input, |access| access.keys_of("aws:TagKeys", keys.iter().cloned()))?;
    domain.tags.retain(|key, _| !keys.contains(key));
    domain.save(call)?;
    Ok(json!({}))
}

/// `ListTagsForResource`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter(call, "ListTagsForResource", &input, |access| access)?;
    Ok(json!({"tags": domain.tags}))
}

/// The caller's domains of the Region that is asked, and what environments have brought about in the account that can
/// be tagged and is not of another service here, with their tags.
pub fn tagged(call: &Call<'_>) -> ApiResult<Tagged> {
    let mut all = Tagged::new();
    for domain in Domain::all(call)? {
        for project in Project::all(call, &domain)? {
            for environment in &project.environments {
                let here = environment.account == call.caller.account && environment.region == call.region;
                if let Some(arn) = environment.resource("mlflowTrackingServerArn").filter(|_| here) {
                    all.insert(arn.to_owned(), stacks::tags(&domain, &project, environment));
                }
            }
        }
        if domain.account == call.caller.account {
            all.insert(domain.arn(), domain.tags);
        }
    }
    Ok(all)
}
