//! The operations on shares themselves.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::common::{enter, invalid, invalid_state, lets, not_permitted, once, own_shares, paged, shares_of, strings};
use super::invitations;
use super::share::Share;
use super::{associations, permissions};
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, required, text};
use crate::sandbox::iam::entities::Role;
use crate::sandbox::iam::support::unique_id;
use crate::sandbox::organizations;
use crate::sandbox::store::StoreError;

/// Organizations whose accounts share with each other without asking, by management account.
const SHARING: &str = "ram/organization-sharing";
const PRINCIPAL: &str = "ram.amazonaws.com";
/// Tags that a share may have.
const TAG_QUOTA: usize = 50;

/// `EnableSharingWithAwsOrganization`. Trusted access alone is not enough, so RAM remembers for itself.
pub(super) fn enable_sharing_with_aws_organization(call: &mut Call<'_>, _: Value) -> ApiResult {
    let account = call.caller.account.clone();
    let role =
        format!("arn:aws:iam::{account}:role/aws-service-role/{PRINCIPAL}/AWSServiceRoleForResourceAccessManager");
    call.authorize(&Access::new("ram:EnableSharingWithAwsOrganization", "*"))?;
    let membership = organizations::membership(&call.store, &account)?;
    if membership.is_none_or(|membership| membership.management != account) {
        return Err(not_permitted("Sharing within an organization can only be enabled by its management account."));
    }
    organizations::trust_service(call, PRINCIPAL)?;
    if Role::by_arn(&call.store, &role)?.is_none() {
        call.authorize(&Access::new("iam:CreateServiceLinkedRole", &role).key("iam:AWSServiceName", PRINCIPAL))?;
        service_linked_role(call, &account)?.save(&call.store)?;
    }
    call.store.put(SHARING, &account, &call.now)?;
    Ok(json!({"returnValue": true}))
}

fn service_linked_role(call: &Call<'_>, account: &str) -> ApiResult<Role> {
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": PRINCIPAL},
    }]});
    let path = format!("/aws-service-role/{PRINCIPAL}/");
    let name = "AWSServiceRoleForResourceAccessManager";
    let mut role = Role::new(account, &path, name, unique_id(call, "AROA")?, trust.to_string(), call.now);
    let policy = "arn:aws:iam::aws:policy/aws-service-role/AWSResourceAccessManagerServiceRolePolicy";
    role.attached.push(policy.to_owned());
    Ok(role)
}

/// The management account of the caller's organization, if sharing within it is on.
pub(super) fn sharing_organization(call: &Call<'_>) -> Result<Option<String>, StoreError> {
    let Some(membership) = organizations::membership(&call.store, &call.caller.account)? else { return Ok(None) };
    let enabled = call.store.get::<Value>(SHARING, &membership.management)?;
    Ok(enabled.map(|_| membership.management))
}

/// `CreateResourceShare`.
pub(super) fn create_resource_share(call: &mut Call<'_>, input: Value) -> ApiResult {
    let tags = tags_of(&input);
    let allow_external = input["allowExternalPrincipals"].as_bool().unwrap_or(true);
    let access = associations::requested(Access::new("ram:CreateResourceShare", "*"), &input)
        .key("ram:RequestedAllowsExternalPrincipals", allow_external.to_string())
        .request_tags(&tags);
    call.authorize(&access)?;
    once(call, "CreateResourceShare", &input, |call| {
        let name = required(&input, "name");
        if name.is_empty() {
            return Err(invalid("The name of a resource share must not be empty."));
        }
        if !strings(&input, "permissionTemplateParameters").is_empty() {
            return Err(invalid("None of the permissions takes parameters."));
        }
        let mut share = Share {
            id: call.uuid()?,
            account: call.caller.account.clone(),
            region: call.region.clone(),
            name: name.to_owned(),
            allow_external,
            configuration: input.get("resourceShareConfiguration").cloned(),
            tags: within_quota(tags)?,
            permission: permissions::requested(&strings(&input, "permissionArns"))?.map(|name| (name, call.now)),
            resources: Vec::new(),
            principals: Vec::new(),
            created: call.now,
            updated: call.now,
            deleted: None,
        };
        let from = share.active();
        let touched = associations::add(call, &mut share, &input, from)?;
        share.save(call, &touched)?;
        Ok(json!({"resourceShare": share.describe(call.now, &share.account)}))
    })
}

/// `DeleteResourceShare`.
pub(super) fn delete_resource_share(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = required(&input, "resourceShareArn");
    let mut share = enter(call, "DeleteResourceShare", arn, |access| access)?;
    once(call, "DeleteResourceShare", &input, |call| {
        if share.deleted.is_some() {
            return Err(invalid_state(format!("ResourceShare {arn} has been deleted already.")));
        }
        share.deleted = Some(call.now);
        let mut touched = Vec::new();
        for association in share.resources.iter_mut().chain(&mut share.principals) {
            association.removed.get_or_insert(call.now);
            touched.push(association.entity.clone());
        }
        for principal in &touched {
            invitations::withdraw(call, &share, principal)?;
        }
        share.save(call, &touched)?;
        Ok(json!({"returnValue": true}))
    })
}

/// `GetResourceShares`.
pub(super) fn get_resource_shares(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("ram:GetResourceShares", "*"))?;
    let (owner, now, viewer) = (required(&input, "resourceOwner"), call.now, call.caller.account.as_str());
    let is = |member: &str, value: &str| text(&input, member).is_none_or(|wanted| wanted == value);
    let permission = text(&input, "permissionArn");
    let version = input["permissionVersion"].as_i64();
    let tag_filters: Vec<&Value> = input["tagFilters"].as_array().into_iter().flatten().collect();
    let wanted = |share: &Share| {
        is("name", &share.name)
            && is("resourceShareStatus", share.status(now))
            && permission.is_none_or(|arn| share.permission_arn().is_some_and(|known| known == arn))
            && (version.is_none() || (share.permission.is_some() && version == Some(permissions::VERSION)))
            && tag_filters.iter().all(|filter| {
                let value = text(filter, "tagKey").and_then(|key| share.tags.get(key));
                viewer == share.account && value.is_some_and(|value| lets(&strings(filter, "tagValues"), value))
            })
    };
    let view = |share: &Share| share.describe(now, viewer);
    if owner == "SELF" && strings(&input, "resourceShareArns").is_empty() {
        return own_shares(call, &input, wanted, view);
    }
    paged("resourceShares", shares_of(call, owner, &input)?, &input, wanted, view)
}

/// `TagResource`.
pub(super) fn tag_resource(call: &mut Call<'_>, input: Value) -> ApiResult {
    let added = tags_of(&input);
    let mut share = enter(call, "TagResource", target(&input)?, |access| access.request_tags(&added))?;
    share.tags.extend(added);
    share.tags = within_quota(std::mem::take(&mut share.tags))?;
    share.save(call, &[])?;
    Ok(json!({}))
}

/// `UntagResource`.
pub(super) fn untag_resource(call: &mut Call<'_>, input: Value) -> ApiResult {
    let keys = strings(&input, "tagKeys");
    let with = |access: Access| access.keys_of("aws:TagKeys", keys.clone());
    let mut share = enter(call, "UntagResource", target(&input)?, with)?;
    share.tags.retain(|key, _| !keys.contains(key));
    share.save(call, &[])?;
    Ok(json!({}))
}

fn target(input: &Value) -> ApiResult<&str> {
    let target = text(input, "resourceShareArn").or_else(|| text(input, "resourceArn"));
    target.ok_or_else(|| invalid("Either resourceShareArn or resourceArn is required."))
}

fn tags_of(input: &Value) -> BTreeMap<String, String> {
    let tags = input["tags"].as_array().into_iter().flatten();
    tags.map(|tag| (required(tag, "key").to_owned(), required(tag, "value").to_owned())).collect()
}

fn within_quota(tags: BTreeMap<String, String>) -> ApiResult<BTreeMap<String, String>> {
    if tags.len() > TAG_QUOTA {
        let message = format!("A resource share can have {TAG_QUOTA} tags at most.");
        return Err(ApiError::new(400, "TagLimitExceededException", message));
    }
    Ok(tags)
}
