//! What AWS demands of inference specifications and model cards beyond their shapes.

use serde_json::{Map, Value};

use crate::sandbox::call::{ApiError, ApiResult, text};

/// Refuses inputs of Create and Update that AWS refuses.
pub(super) fn check(input: &Value, versioned: bool) -> ApiResult<()> {
    let refuse = |message: &str| Err(ApiError::validation(message));
    let specification = input.get("InferenceSpecification");
    if specification.is_some() && input.get("SourceUri").is_some() {
        return refuse("SourceUri and InferenceSpecification cannot be specified together.");
    }
    if containers(specification).any(|container| container.get("AdditionalS3DataSource").is_some()) {
        return refuse("AdditionalS3DataSource is not allowed in InferenceSpecification");
    }
    let additional = ["AdditionalInferenceSpecifications", "AdditionalInferenceSpecificationsToAdd"]
        .into_iter()
        .filter_map(|member| input.get(member).and_then(Value::as_array))
        .flatten();
    for container in additional.map(Some).chain([specification]).flat_map(containers) {
        let sources = container.get("AdditionalModelDataSources").and_then(Value::as_array).into_iter().flatten();
        for source in sources.chain(container.get("ModelDataSource")).filter_map(|source| source.get("S3DataSource")) {
            check_source(source)?;
        }
        if !versioned && container.get("Environment").is_some() {
            return refuse(
                "1 validation errors detected:Environment variable map cannot be specified when using non-versioned \
                 ModelPackages",
            );
        }
        if !versioned && container.get("ModelDataSource").is_some() {
            return refuse("ModelDataSource cannot be specified when using non-versioned ModelPackages");
        }
    }
    match input.get("ModelCard").and_then(|card| text(card, "ModelCardContent")) {
        Some(content) if serde_json::from_str::<Map<String, Value>>(content).is_err() => {
            refuse("ModelCardContent must be a valid JSON document.")
        }
        _ => Ok(()),
    }
}

fn containers(specification: Option<&Value>) -> impl Iterator<Item = &Value> {
    specification.and_then(|it| it.get("Containers")?.as_array()).into_iter().flatten()
}

fn check_source(source: &Value) -> ApiResult<()> {
    let prefix = text(source, "S3DataType") == Some("S3Prefix") && text(source, "CompressionType") == Some("None");
    match text(source, "S3Uri") {
        Some(uri) if prefix && !uri.ends_with('/') => {
            Err(ApiError::validation(format!("S3Uri {uri} must end with a forward slash when S3DataType is S3Prefix.")))
        }
        _ => Ok(()),
    }
}

/// The part of a model card's content that AWS leaves unencrypted: what `MetadataOnly` shows.
pub(super) fn public_part(content: &str) -> String {
    const PUBLIC: [(&str, &str); 5] = [
        ("model_overview", "model_id"),
        ("model_overview", "model_name"),
        ("intended_uses", "risk_rating"),
        ("model_package_details", "model_package_group_name"),
        ("model_package_details", "model_package_arn"),
    ];
    let content: Value = serde_json::from_str(content).unwrap_or_default();
    let mut shown = Value::Object(Map::new());
    for (section, member) in PUBLIC {
        if let Some(value) = content.get(section).and_then(|section| section.get(member)) {
            shown[section][member] = value.clone();
        }
    }
    shown.to_string()
}
