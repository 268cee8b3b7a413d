//! Model packages: versions in a group, and unversioned ones.

use serde_json::{Map, Value, json};

use super::common::{self, Arn};
use super::groups::{self, GROUP};
use super::{CLIENT_TOKENS, listing, specification};
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, epoch_seconds, required, text};

/// Resource type of packages in ARNs.
pub(super) const PACKAGE: &str = "model-package";

/// What a list says of a package.
const SUMMARY: [&str; 10] = [
    "ModelPackageName",
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "ModelPackageStatus",
    "ModelApprovalStatus",
    "ModelLifeCycle",
    "ModelPackageRegistrationType",
];

/// What a batch description says of a package: neither life cycle nor metadata.
const BATCH_SUMMARY: [&str; 9] = [
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
];

/// The group that the version `arn` belongs to; none if it is no version.
fn group_of(arn: &Arn) -> Option<Arn> {
    arn.name.split_once('/').map(|(group, _)| arn.sibling(GROUP, group))
}

/// Stands for all versions of `group` in permissions.
fn any_version(group: &Arn) -> Arn {
    group.sibling(PACKAGE, &format!("{}/*", group.name))
}

/// What an operation on the package `arn` asks leave for: the group's policy counts, and the package's present state
/// gives the `Current...` condition keys.
pub(super) fn access(call: &Call<'_>, action: &str, arn: &Arn) -> ApiResult<Access> {
    let mut access = common::access(call, action, arn)?;
    if let Some(group) = group_of(arn) {
        access = access.resource_policy(groups::policy(call, &group)?);
    }
    let package = arn.load(call)?.unwrap_or_default();
    for member in ["Stage", "StageStatus"] {
        if let Some(value) = text(&package["ModelLifeCycle"], member) {
            access = access.key(format!("sagemaker:CurrentModelLifeCycle{member}"), value);
        }
    }
    Ok(with_metadata(access, "sagemaker:CurrentCustomerMetadataProperties", &package))
}

/// Adds the condition keys of what a request would set.
pub(super) fn with_request(mut access: Access, input: &Value) -> Access {
    for member in ["Stage", "StageStatus"] {
        if let Some(value) = text(&input["ModelLifeCycle"], member) {
            access = access.key(format!("sagemaker:ModelLifeCycle:{member}"), value);
        }
    }
    if let Some(status) = text(input, "ModelApprovalStatus") {
        access = access.key("sagemaker:ModelApprovalStatus", status);
    }
    if let Some(keys) = input.get("CustomerMetadataPropertiesToRemove").and_then(Value::as_array) {
        let keys = keys.iter().filter_map(|key| key.as_str().map(str::to_owned));
        access = access.keys_of("sagemaker:CustomerMetadataPropertiesToRemove", keys);
    }
    with_metadata(access, "sagemaker:CustomerMetadataProperties", input)
}

fn with_metadata(access: Access, prefix: &str, holder: &Value) -> Access {
    let metadata = holder.get("CustomerMetadataProperties").and_then(Value::as_object);
    metadata.into_iter().fold(access, |access, metadata| access.tags(prefix, common::plain(metadata)))
}

/// The package's document, or AWS's word that there is none.
pub(super) fn existing(call: &Call<'_>, arn: &Arn) -> ApiResult<Value> {
    arn.load(call)?.ok_or_else(|| ApiError::validation(format!("ModelPackage {arn} does not exist.")))
}

/// All versions of `group`.
pub(super) fn of_group(call: &Call<'_>, group: &Arn) -> ApiResult<Vec<Value>> {
    common::all(call, &group.sibling(PACKAGE, ""), &format!("{}/", group.name))
}

/// `CreateModelPackage`.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    match (text(&input, "ModelPackageName"), text(&input, "ModelPackageGroupName")) {
        (Some(_), Some(_)) => Err(ApiError::validation(
            "Both ModelPackageName and ModelPackageGroupName are provided in the input. Cannot determine which one to use.",
        )),
        (None, None) => Err(ApiError::validation("Missing ARN.")),
        (None, Some(group)) => {
            let group = Arn::resolve(call, GROUP, group)?;
            create_version(call, &group, &input)
        }
        (Some(name), None) => {
            let arn = Arn::own(call, PACKAGE, name);
            create_unversioned(call, &arn, &input)
        }
    }
}

fn create_version(call: &mut Call<'_>, group: &Arn, input: &Value) -> ApiResult {
    // AWS's service reference lists the group as a resource too, but the group policy that AWS's guide gives for
    // registering from another account allows the action on the versions alone: that must do.
    let access = access(call, "CreateModelPackage", &any_version(group))?;
    call.authorize(&with_request(access, input))?;
    groups::existing(call, group)?;
    if !common::tags_of_input(input).is_empty() {
        return Err(ApiError::validation(
            "Tags are not supported in Model Package versions. Please add them to the Model Package Group",
        ));
    }
    specification::check(input, true)?;
    CLIENT_TOKENS.once(call, "CreateModelPackage", input, |call| {
        let mut inherited = Map::new();
        if let Some(specification) = cloned_specification(call, input)? {
            inherited.insert("InferenceSpecification".into(), specification);
        }
        let version = groups::next_version(call, group)?;
        let arn = group.sibling(PACKAGE, &format!("{}/{version}", group.name));
        let identity = json!({
            "ModelPackageGroupName": group.name, "ModelPackageVersion": version,
            // Replaced by what the input says, if it says something.
            "ModelApprovalStatus": "PendingManualApproval",
        });
        register(call, &arn, [identity, Value::Object(inherited)], input)
    })
}

fn create_unversioned(call: &mut Call<'_>, arn: &Arn, input: &Value) -> ApiResult {
    let access = with_request(access(call, "CreateModelPackage", arn)?, input);
    common::authorize_creation(call, access, arn, input)?;
    specification::check(input, false)?;
    CLIENT_TOKENS.once(call, "CreateModelPackage", input, |call| {
        if arn.load(call)?.is_some() {
            return Err(ApiError::validation(format!("Model Package already exists: {arn}")));
        }
        common::set_tags(call, arn, &common::tags_of_input(input))?;
        register(call, arn, [json!({"ModelPackageName": arn.name}), json!({})], input)
    })
}

/// A package made from another (`SourceUri` is that one's ARN) has its specification.
fn cloned_specification(call: &mut Call<'_>, input: &Value) -> ApiResult<Option<Value>> {
    let source = text(input, "SourceUri").and_then(Arn::parse).filter(|source| source.resource_type == PACKAGE);
    let Some(source) = source else { return Ok(None) };
    let access = access(call, "DescribeModelPackage", &source)?;
    call.authorize(&access)?;
    Ok(existing(call, &source)?.get("InferenceSpecification").cloned())
}

/// Keeps a new package: what the service decides, then all that the input says. The sandbox runs no validation jobs, so
/// a package is complete at once.
fn register(call: &mut Call<'_>, arn: &Arn, decided: [Value; 2], input: &Value) -> ApiResult {
    let service = json!({
        "ModelPackageArn": arn.to_string(),
        "CreationTime": epoch_seconds(call.now),
        "CreatedBy": common::user_context(call),
        "LastModifiedTime": epoch_seconds(call.now),
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
        "CertifyForMarketplace": false,
    });
    let mut package = Map::new();
    for part in decided.into_iter().chain([service, input.clone()]) {
        package.extend(part.as_object().cloned().unwrap_or_default());
    }
    for consumed in ["ClientToken", "Tags"] {
        package.remove(consumed);
    }
    package.insert("ModelPackageGroupName".into(), json!(group_of(arn).map(|group| group.name)));
    package.retain(|_, value| !value.is_null());
    arn.save(call, &Value::Object(package))?;
    Ok(json!({"ModelPackageArn": arn.to_string()}))
}

/// `DescribeModelPackage`. A version has no `ModelPackageName`, although AWS's model says that every answer has one.
pub(super) fn describe(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = Arn::resolve(call, PACKAGE, required(&input, "ModelPackageName"))?;
    call.authorize(&access(call, "DescribeModelPackage", &arn)?)?;
    let mut package = existing(call, &arn)?;
    if text(&input, "IncludedData") == Some("MetadataOnly")
        && let Some(content) = package.pointer_mut("/ModelCard/ModelCardContent")
    {
        *content = specification::public_part(content.as_str().unwrap_or_default()).into();
    }
    Ok(package)
}

/// `DeleteModelPackage`.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = Arn::resolve(call, PACKAGE, required(&input, "ModelPackageName"))?;
    call.authorize(&access(call, "DeleteModelPackage", &arn)?)?;
    existing(call, &arn)?;
    arn.remove(call)?;
    Ok(json!({}))
}

/// `ListModelPackages`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let group = text(&input, "ModelPackageGroupName").map(|group| Arn::resolve(call, GROUP, group)).transpose()?;
    let access = match &group {
        Some(group) if group.account != call.caller.account => access(call, "ListModelPackages", &any_version(group))?,
        _ => Access::new("sagemaker:ListModelPackages", "*"),
    };
    call.authorize(&access)?;
    let mut packages = match &group {
        Some(group) => {
            groups::existing(call, group)?;
            of_group(call, group)?
        }
        None => common::all(call, &Arn::own(call, PACKAGE, ""), "")?,
    };
    let default = if group.is_some() { "Versioned" } else { "Unversioned" };
    let wanted = text(&input, "ModelPackageType").unwrap_or(default);
    packages
        .retain(|package| wanted == "Both" || (wanted == "Versioned") == package.get("ModelPackageVersion").is_some());

    let name = |package: &Value| {
        let name = text(package, "ModelPackageName").or_else(|| text(package, "ModelPackageGroupName"));
        name.unwrap_or_default().to_owned()
    };
    let status = text(&input, "ModelApprovalStatus");
    let keep = |package: &Value| status.is_none() || text(package, "ModelApprovalStatus") == status;
    let mut answer = listing::page(&input, packages, name, keep, "ModelPackageSummaryList")?;
    for package in answer["ModelPackageSummaryList"].as_array_mut().into_iter().flatten() {
        *package = common::members(package, &SUMMARY);
    }
    Ok(answer)
}

/// `BatchDescribeModelPackage`: each ARN is answered or refused by itself.
pub(super) fn batch_describe(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (mut summaries, mut errors) = (Map::new(), Map::new());
    let arns = input.get("ModelPackageArnList").and_then(Value::as_array).into_iter().flatten();
    for arn in arns.filter_map(Value::as_str) {
        match batch_summary(call, arn) {
            Ok(summary) => drop(summaries.insert(arn.to_owned(), summary)),
            Err(error) if error.status >= 500 => return Err(error),
            Err(error) => {
                errors.insert(arn.to_owned(), json!({"ErrorCode": error.code, "ErrorResponse": error.message}));
            }
        }
    }
    Ok(json!({"ModelPackageSummaries": summaries, "BatchDescribeModelPackageErrorMap": errors}))
}

fn batch_summary(call: &mut Call<'_>, arn: &str) -> ApiResult {
    let arn = Arn::resolve(call, PACKAGE, arn)?;
    call.authorize(&access(call, "BatchDescribeModelPackage", &arn)?)?;
    Ok(common::members(&existing(call, &arn)?, &BATCH_SUMMARY))
}
