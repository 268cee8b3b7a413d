//! A model package's record as AWS's own JSON, so that a copy carries every field that the API has.
//!
//! The SDK's types know their JSON form but not `serde`; the codec below is the one that the SDK itself uses on the
//! wire. It is confined to this file, and its version is pinned, because AWS does not call it stable.

use aws_sdk_sagemaker::operation::create_model_package::CreateModelPackageInput;
use aws_sdk_sagemaker::operation::describe_model_package::DescribeModelPackageOutput;
use aws_smithy_json::codec::{JsonCodec, JsonCodecSettings};
use aws_smithy_schema::codec::Codec as _;
use aws_smithy_schema::serde::{SerdeError, SerializableStruct, ShapeDeserializer, ShapeSerializer as _};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::governance::{Digest, digest};

/// What a new version takes over from its source as it is, besides rewritten addresses. Left out on purpose: approval and
/// lifecycle (decided anew), tags (the group's), security (the central key), `SourceUri` (it may not come with a
/// specification), metadata (merged by the caller), and everything that AWS assigns.
const CARRIED: &[&str] = &[
    "ModelPackageDescription",
    "ModelPackageRegistrationType",
    "InferenceSpecification",
    "AdditionalInferenceSpecifications",
    "MetadataProperties",
    "ModelMetrics",
    "DriftCheckBaselines",
    "Domain",
    "Task",
    "SamplePayloadUrl",
    "SkipModelValidation",
    "ModelCard",
];

/// Validators of objects that a copy does not share with its source.
const ENTITY_TAGS: &[&str] = &["ETag", "ManifestEtag", "ModelDataETag"];

fn codec() -> JsonCodec {
    JsonCodec::new(JsonCodecSettings::builder().use_json_name(false).build())
}

/// The record that AWS described, with AWS's member names.
pub fn of(output: &DescribeModelPackageOutput) -> Result<Value> {
    encode(output).map_err(|error| Error::failed("a model package's record cannot be read").because(error.to_string()))
}

fn encode(value: &dyn SerializableStruct) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
    let mut serializer = codec().create_serializer();
    serializer.write_struct(value.schema(), value).map_err(|error| error.to_string())?;
    Ok(serde_json::from_slice(&serializer.finish())?)
}

/// The input by which `record` (with AWS's member names) is created.
pub fn creation(record: &Value) -> Result<CreateModelPackageInput> {
    decode(record, |deserializer| CreateModelPackageInput::deserialize(deserializer))
        .map_err(|error| Error::failed("a model package's record cannot be written").because(error.to_string()))
}

fn decode<T>(
    value: &Value,
    read: impl FnOnce(&mut dyn ShapeDeserializer) -> Result<T, SerdeError>,
) -> Result<T, SerdeError> {
    let bytes = value.to_string();
    read(&mut codec().create_deserializer(bytes.as_bytes()))
}

/// The parts of `record` that a copy takes over.
pub fn carried(record: &Value) -> Map<String, Value> {
    CARRIED
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), record.get(*name).filter(|value| !value.is_null())?.clone())))
        .map(|(name, mut value)| {
            drop_entity_tags(&mut value);
            (name, value)
        })
        .collect()
}

/// The digest of an inference specification that approvals and deployments are bound to.
///
/// Entity tags are left out: AWS may fill them in by itself, and they say nothing that the content digest does not.
pub fn specification_digest(specification: &Value) -> Digest {
    let mut specification = specification.clone();
    drop_entity_tags(&mut specification);
    digest::spec_sha256(&specification)
}

fn drop_entity_tags(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !ENTITY_TAGS.contains(&name.as_str()));
            members.values_mut().for_each(drop_entity_tags);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_entity_tags),
        _ => {}
    }
}

/// A place in S3 that a record names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// `s3://bucket/key`, as written.
    pub uri: String,
    /// Whether all objects below it are meant, not one object.
    pub prefix: bool,
}

/// Every place in S3 that the carried parts name, each once, in order. Links inside a model card's text are not
/// followed: a card is prose.
pub fn addresses(carried: &Map<String, Value>) -> Vec<Address> {
    let mut found = Vec::new();
    for (name, value) in carried {
        if name != "ModelCard" {
            collect(value, &mut found);
        }
    }
    found.sort();
    found.dedup();
    found
}

fn collect(value: &Value, found: &mut Vec<Address>) {
    match value {
        Value::String(text) if text.starts_with("s3://") => {
            found.push(Address { uri: text.clone(), prefix: text.ends_with('/') });
        }
        Value::Object(members) => {
            // `S3DataType: S3Prefix` says it even where the address has no slash at its end.
            let prefix = members.get("S3DataType").and_then(Value::as_str) == Some("S3Prefix");
            let before = found.len();
            members.values().for_each(|value| collect(value, found));
            if prefix {
                found.iter_mut().skip(before).for_each(|address| address.prefix = true);
            }
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}

/// Replaces every address by what `moved` says. Within a model card's text, addresses are replaced where they occur.
pub fn rewrite(carried: &mut Map<String, Value>, moved: &dyn Fn(&str) -> Option<String>, known: &[Address]) {
    for (name, value) in carried.iter_mut() {
        if name == "ModelCard" {
            rewrite_text(value, moved, known);
        } else {
            rewrite_value(value, moved);
        }
    }
}

fn rewrite_value(value: &mut Value, moved: &dyn Fn(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(target) = moved(text) {
                *text = target;
            }
        }
        Value::Object(members) => members.values_mut().for_each(|value| rewrite_value(value, moved)),
        Value::Array(items) => items.iter_mut().for_each(|value| rewrite_value(value, moved)),
        _ => {}
    }
}

fn rewrite_text(value: &mut Value, moved: &dyn Fn(&str) -> Option<String>, known: &[Address]) {
    match value {
        Value::String(text) => {
            // The longest first, so that no address is replaced within a longer one.
            let mut known: Vec<&Address> = known.iter().collect();
            known.sort_by_key(|address| std::cmp::Reverse(address.uri.len()));
            for address in known {
                if let Some(target) = moved(&address.uri) {
                    *text = text.replace(&address.uri, &target);
                }
            }
        }
        Value::Object(members) => members.values_mut().for_each(|value| rewrite_text(value, moved, known)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record() -> Value {
        json!({
            "ModelPackageArn": "arn:aws:sagemaker:eu-west-1:333333333333:model-package/churn/3",
            "ModelApprovalStatus": "Approved",
            "ModelLifeCycle": {"Stage": "Dev", "StageStatus": "Approved"},
            "Domain": null,
            "InferenceSpecification": {
                "Containers": [{
                    "Image": "1.dkr.ecr.eu-west-1.amazonaws.com/serve:1",
                    "ImageDigest": "sha256:aa",
                    "ModelDataUrl": "s3://dev/churn/3/model.tar.gz",
                    "ModelDataETag": "\"abc\"",
                    "Environment": {"SAGEMAKER_SUBMIT_DIRECTORY": "s3://dev/churn/3/code.tar.gz", "LEVEL": "3"},
                }, {
                    "ModelDataSource": {"S3DataSource": {
                        "S3Uri": "s3://dev/churn/3/weights", "S3DataType": "S3Prefix", "CompressionType": "None",
                        "ETag": "x",
                    }},
                }],
                "SupportedContentTypes": ["text/csv"],
            },
            "ModelMetrics": {"ModelQuality": {"Statistics": {
                "ContentType": "application/json", "S3Uri": "s3://dev/churn/3/evaluation.json"}}},
            "ModelCard": {"ModelCardContent": "{\"see\":\"s3://dev/churn/3/evaluation.json\"}", "ModelCardStatus": "Draft"},
        })
    }

    #[test]
    fn every_address_is_found_once_and_prefixes_are_told_apart() {
        let found: Vec<(String, bool)> =
            addresses(&carried(&record())).into_iter().map(|address| (address.uri, address.prefix)).collect();
        assert_eq!(
            found,
            [
                ("s3://dev/churn/3/code.tar.gz".to_owned(), false),
                ("s3://dev/churn/3/evaluation.json".to_owned(), false),
                ("s3://dev/churn/3/model.tar.gz".to_owned(), false),
                ("s3://dev/churn/3/weights".to_owned(), true),
            ]
        );
    }

    #[test]
    fn a_copy_keeps_everything_but_addresses_validators_and_decisions() {
        let mut copy = carried(&record());
        let known = addresses(&copy);
        rewrite(&mut copy, &|uri| uri.strip_prefix("s3://dev/").map(|key| format!("s3://central/{key}")), &known);
        let text = Value::Object(copy.clone()).to_string();
        assert!(!text.contains("s3://dev/"), "{text}");
        assert!(!text.contains("ETag") && !text.contains("Approved"), "{text}");
        assert_eq!(copy["InferenceSpecification"]["Containers"][0]["ImageDigest"], "sha256:aa");
        assert_eq!(copy["ModelCard"]["ModelCardContent"], "{\"see\":\"s3://central/churn/3/evaluation.json\"}");
        let input = creation(&Value::Object(copy)).unwrap();
        let container = &input.inference_specification().unwrap().containers()[0];
        assert_eq!(container.model_data_url(), Some("s3://central/churn/3/model.tar.gz"));
        assert_eq!(input.domain(), None);
    }

    #[test]
    fn a_record_survives_the_way_through_the_types_of_the_sdk() {
        let output = decode(&record(), |deserializer| DescribeModelPackageOutput::deserialize(deserializer)).unwrap();
        let back = of(&output).unwrap();
        for name in ["InferenceSpecification", "ModelMetrics", "ModelCard", "ModelLifeCycle"] {
            assert_eq!(back[name], record()[name], "{name}");
        }
    }
}
