//! Model package groups and their policies.

use serde_json::{Map, Value, json};

use super::common::{self, Arn};
use super::listing;
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, epoch_seconds, required, text};
use crate::sandbox::iam::{DocumentKind, Policy};

/// Resource type of groups in ARNs.
pub(super) const GROUP: &str = "model-package-group";
const POLICY: &str = "sagemaker/model-package-group-policy";
const LAST_VERSION: &str = "sagemaker/last-version";

/// The group that an input names, by name or ARN, in `ModelPackageGroupName`.
fn named(call: &Call<'_>, input: &Value) -> ApiResult<Arn> {
    Arn::resolve(call, GROUP, required(input, "ModelPackageGroupName"))
}

/// The policy of the group `arn`, if it has one.
pub(super) fn policy(call: &Call<'_>, arn: &Arn) -> ApiResult<Option<String>> {
    Ok(call.store.get(POLICY, &arn.key())?)
}

fn access(call: &Call<'_>, action: &str, arn: &Arn) -> ApiResult<Access> {
    Ok(common::access(call, action, arn)?.resource_policy(policy(call, arn)?))
}

/// The group's document, or AWS's word that there is none.
pub(super) fn existing(call: &Call<'_>, arn: &Arn) -> ApiResult<Value> {
    arn.load(call)?.ok_or_else(|| ApiError::validation(format!("ModelPackageGroup {arn} does not exist.")))
}

/// The number of the group's next version. Numbers of deleted versions do not come back.
pub(super) fn next_version(call: &Call<'_>, group: &Arn) -> ApiResult<u64> {
    let last: Option<u64> = call.store.get(LAST_VERSION, &group.key())?;
    let next = last.unwrap_or_default() + 1;
    call.store.put(LAST_VERSION, &group.key(), &next)?;
    Ok(next)
}

/// `CreateModelPackageGroup`.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let name = required(&input, "ModelPackageGroupName");
    let arn = Arn::own(call, GROUP, name);
    common::authorize_creation(call, Access::new("sagemaker:CreateModelPackageGroup", arn.to_string()), &arn, &input)?;
    if arn.load(call)?.is_some() {
        return Err(ApiError::validation(format!("Model Package Group already exists: {arn}")));
    }
    let mut group = Map::new();
    group.insert("ModelPackageGroupName".into(), name.into());
    group.insert("ModelPackageGroupArn".into(), arn.to_string().into());
    for member in ["ModelPackageGroupDescription", "ManagedConfiguration"] {
        if let Some(value) = input.get(member) {
            group.insert(member.into(), value.clone());
        }
    }
    group.insert("CreationTime".into(), epoch_seconds(call.now));
    group.insert("CreatedBy".into(), common::user_context(call));
    group.insert("ModelPackageGroupStatus".into(), "Completed".into());
    arn.save(call, &Value::Object(group))?;
    common::set_tags(call, &arn, &common::tags_of_input(&input))?;
    Ok(json!({"ModelPackageGroupArn": arn.to_string()}))
}

/// `DescribeModelPackageGroup`.
pub(super) fn describe(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = named(call, &input)?;
    call.authorize(&access(call, "DescribeModelPackageGroup", &arn)?)?;
    existing(call, &arn)
}

/// `DeleteModelPackageGroup`.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = named(call, &input)?;
    call.authorize(&access(call, "DeleteModelPackageGroup", &arn)?)?;
    existing(call, &arn)?;
    if !super::packages::of_group(call, &arn)?.is_empty() {
        let message = format!("ModelPackageGroup {arn} cannot be deleted because it still contains ModelPackages.");
        return Err(ApiError::new(400, "ConflictException", message));
    }
    arn.remove(call)?;
    call.store.delete(POLICY, &arn.key())?;
    call.store.delete(LAST_VERSION, &arn.key())?;
    Ok(json!({}))
}

/// `ListModelPackageGroups`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    call.authorize(&Access::new("sagemaker:ListModelPackageGroups", "*"))?;
    let groups = match text(&input, "CrossAccountFilterOption") {
        // Only groups that their owners have made discoverable through RAM would show; the sandbox has no RAM.
        Some("CrossAccount") => Vec::new(),
        _ => common::all(call, &Arn::own(call, GROUP, ""), "")?,
    };
    let mut answer = listing::page(
        &input,
        groups,
        |group| required(group, "ModelPackageGroupName").to_owned(),
        |_| true,
        "ModelPackageGroupSummaryList",
    )?;
    for summary in answer["ModelPackageGroupSummaryList"].as_array_mut().into_iter().flatten() {
        if let Some(summary) = summary.as_object_mut() {
            summary.remove("CreatedBy");
        }
    }
    Ok(answer)
}

/// The group whose policy is asked about; the policy operations have words of their own for a missing one.
fn with_policy(call: &mut Call<'_>, action: &str, input: &Value) -> ApiResult<Arn> {
    let arn = named(call, input)?;
    call.authorize(&access(call, action, &arn)?)?;
    match arn.load(call)? {
        Some(_) => Ok(arn),
        None => Err(ApiError::validation(format!("Cannot find Model Package Group: {arn}"))),
    }
}

fn no_policy(arn: &Arn) -> ApiError {
    ApiError::validation(format!("Cannot find resource policy for: {arn}"))
}

/// `PutModelPackageGroupPolicy`.
pub(super) fn put_policy(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = with_policy(call, "PutModelPackageGroupPolicy", &input)?;
    let policy = required(&input, "ResourcePolicy");
    Policy::parse(policy, DocumentKind::Resource).map_err(|error| {
        ApiError::validation(format!("The resource policy is not a valid policy document: {error}"))
    })?;
    call.store.put(POLICY, &arn.key(), &policy)?;
    Ok(json!({"ModelPackageGroupArn": arn.to_string()}))
}

/// `GetModelPackageGroupPolicy`.
pub(super) fn get_policy(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = with_policy(call, "GetModelPackageGroupPolicy", &input)?;
    let policy = policy(call, &arn)?.ok_or_else(|| no_policy(&arn))?;
    Ok(json!({"ResourcePolicy": policy}))
}

/// `DeleteModelPackageGroupPolicy`.
pub(super) fn delete_policy(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = with_policy(call, "DeleteModelPackageGroupPolicy", &input)?;
    if call.store.delete(POLICY, &arn.key())? { Ok(json!({})) } else { Err(no_policy(&arn)) }
}
