//! `UpdateModelPackage`: what may change of a package, and how.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::common::{self, Arn};
use super::packages::{self, PACKAGE};
use super::{CLIENT_TOKENS, specification};
use crate::sandbox::call::{ApiError, ApiResult, Call, epoch_seconds, required};
use crate::sandbox::store::{Store, StoreError};
use crate::sandbox::{Sandbox, lock};

/// What `CustomerMetadataProperties` of an update do to those that a package has. AWS does not say; that there is a
/// separate list of keys to remove speaks for merging. Code that must work with AWS has to work with both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MetadataSemantics {
    /// Keys that the update does not name stay.
    #[default]
    Merge,
    /// The update's properties are all that is left.
    Replace,
}

const SETTINGS: &str = "sandbox";
const SEMANTICS: &str = "metadata_semantics";

/// The most entries that a package's metadata may have, and the most additional specifications.
const MAX_METADATA: usize = 50;
const MAX_ADDITIONAL: usize = 15;

/// What an update replaces as a whole.
const REPLACED: [&str; 6] = [
    "ModelApprovalStatus",
    "ModelPackageRegistrationType",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelLifeCycle",
];

impl Sandbox {
    /// Says how `UpdateModelPackage` treats metadata from now on.
    pub fn set_metadata_semantics(&self, semantics: MetadataSemantics) -> Result<(), StoreError> {
        Store(&lock(&self.0.connection)).put(SETTINGS, SEMANTICS, &semantics)
    }
}

/// `UpdateModelPackage`.
pub(super) fn update(call: &mut Call<'_>, input: Value) -> ApiResult {
    let arn = Arn::resolve(call, PACKAGE, required(&input, "ModelPackageArn"))?;
    let access = packages::with_request(packages::access(call, "UpdateModelPackage", &arn)?, &input);
    call.authorize(&access)?;
    packages::existing(call, &arn)?;
    specification::check(&input, arn.name.contains('/'))?;
    CLIENT_TOKENS.once(call, "UpdateModelPackage", &input, |call| {
        let mut package = packages::existing(call, &arn)?.as_object().cloned().unwrap_or_default();
        for member in REPLACED {
            if let Some(value) = input.get(member) {
                package.insert(member.to_owned(), value.clone());
            }
        }
        update_card(&mut package, &input);
        update_additional(&mut package, &input)?;
        let semantics = call.store.get(SETTINGS, SEMANTICS)?.unwrap_or_default();
        update_metadata(&mut package, &input, semantics)?;
        package.insert("LastModifiedTime".into(), epoch_seconds(call.now));
        package.insert("LastModifiedBy".into(), common::user_context(call));
        arn.save(call, &Value::Object(package))?;
        Ok(json!({"ModelPackageArn": arn.to_string()}))
    })
}

/// A card's status may be set without sending its content again.
fn update_card(package: &mut Map<String, Value>, input: &Value) {
    let Some(Value::Object(changes)) = input.get("ModelCard") else { return };
    let card = package.entry("ModelCard").or_insert_with(|| json!({}));
    if let Some(card) = card.as_object_mut() {
        card.extend(changes.clone());
    }
}

fn update_additional(package: &mut Map<String, Value>, input: &Value) -> ApiResult<()> {
    let Some(Value::Array(added)) = input.get("AdditionalInferenceSpecificationsToAdd") else { return Ok(()) };
    let specifications = package.entry("AdditionalInferenceSpecifications").or_insert_with(|| json!([]));
    let Some(specifications) = specifications.as_array_mut() else { return Ok(()) };
    specifications.extend(added.iter().cloned());
    if specifications.len() > MAX_ADDITIONAL {
        let message =
            format!("A ModelPackage cannot have more than {MAX_ADDITIONAL} AdditionalInferenceSpecifications.");
        return Err(ApiError::validation(message));
    }
    Ok(())
}

fn update_metadata(package: &mut Map<String, Value>, input: &Value, semantics: MetadataSemantics) -> ApiResult<()> {
    const MEMBER: &str = "CustomerMetadataProperties";
    let mut metadata = package.get(MEMBER).and_then(Value::as_object).cloned().unwrap_or_default();
    if let Some(Value::Object(changes)) = input.get(MEMBER) {
        if semantics == MetadataSemantics::Replace {
            metadata.clear();
        }
        metadata.extend(changes.clone());
    }
    let removed = input.get("CustomerMetadataPropertiesToRemove").and_then(Value::as_array);
    for key in removed.into_iter().flatten().filter_map(Value::as_str) {
        metadata.shift_remove(key);
    }
    if metadata.len() > MAX_METADATA {
        let message = format!("A ModelPackage cannot have more than {MAX_METADATA} CustomerMetadataProperties.");
        return Err(ApiError::validation(message));
    }
    if metadata.is_empty() {
        package.shift_remove(MEMBER);
    } else {
        package.insert(MEMBER.to_owned(), Value::Object(metadata));
    }
    Ok(())
}
