//! What becomes of packages, groups and their tags, and which permissions that asks for.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Aws, CENTRAL, FIRST, GROUP_ARN, LOB, REGION};
use crate::sandbox::call::{Access, Caller};
use crate::sandbox::sagemaker::common::Arn;
use crate::sandbox::sagemaker::{MetadataSemantics, packages};

#[test]
fn a_package_keeps_all_that_it_was_given() {
    let aws = Aws::with_group();
    let given = json!({
        "ModelPackageDescription": "second try", "ModelPackageRegistrationType": "Registered",
        "InferenceSpecification": {
            "Containers": [{
                "Image": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/serve@sha256:ab",
                "ModelDataSource": {"S3DataSource": {
                    "S3Uri": "s3://bucket/model/", "S3DataType": "S3Prefix", "CompressionType": "None"}},
                "Environment": {"MODE": "fast"},
            }],
            "SupportedContentTypes": ["text/csv"], "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
        },
        "MetadataProperties": {"CommitId": "abc"},
        "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": "s3://b/m"}}},
        "DriftCheckBaselines": {"Explainability": {"ConfigFile": {"S3Uri": "s3://b/c"}}},
        "CustomerMetadataProperties": {"aiops-run": "1"},
        "ModelLifeCycle": {"Stage": "Dev", "StageStatus": "Pending", "StageDescription": "new"},
        "ModelCard": {"ModelCardContent": r#"{"intended_uses":{"risk_rating":"Low","purpose":"secret"}}"#,
                      "ModelCardStatus": "Draft"},
        "SecurityConfig": {"KmsKeyId": "alias/registry"}, "Domain": "MACHINE_LEARNING", "Task": "REGRESSION",
        "SamplePayloadUrl": "s3://b/p", "SkipModelValidation": "All", "ManagedStorageType": "Restricted",
        "AdditionalInferenceSpecifications": [{"Name": "other", "Containers": [{"Image": "x"}]}],
    });
    let arn = aws.version(given.clone());
    assert_eq!(arn, FIRST);
    let package = aws.describe("churn/1");
    for (member, value) in given.as_object().unwrap() {
        assert_eq!(&package[member], value, "{member}");
    }
    assert_eq!(package["ModelPackageVersion"], 1);
    assert_eq!(package["ModelApprovalStatus"], "PendingManualApproval", "the default");
    assert_eq!(package["CreatedBy"]["IamIdentity"]["Arn"], "arn:aws:iam::111111111111:root");
    assert!(package.get("ModelPackageName").is_none(), "versions have no name");

    let public = aws.ok("DescribeModelPackage", json!({"ModelPackageName": arn, "IncludedData": "MetadataOnly"}));
    assert_eq!(public["ModelCard"]["ModelCardContent"], r#"{"intended_uses":{"risk_rating":"Low"}}"#);
    assert_eq!(public["InferenceSpecification"], given["InferenceSpecification"]);

    let clone = aws.describe(&aws.version(json!({"SourceUri": arn})));
    assert_eq!(clone["InferenceSpecification"], given["InferenceSpecification"]);
    assert_eq!(clone["SourceUri"], arn);

    let batch = aws.ok("BatchDescribeModelPackage", json!({"ModelPackageArnList": [arn, format!("{arn}9")]}));
    let summary = batch["ModelPackageSummaries"][&arn].as_object().unwrap();
    assert_eq!(summary["InferenceSpecification"], given["InferenceSpecification"]);
    assert!(!summary.contains_key("ModelLifeCycle") && !summary.contains_key("CustomerMetadataProperties"));
    assert_eq!(batch["BatchDescribeModelPackageErrorMap"][format!("{arn}9")]["ErrorCode"], "ValidationException");
}

#[test]
fn an_update_changes_what_it_names_and_nothing_else() {
    let aws = Aws::with_group();
    let arn = aws.version(json!({
        "ModelApprovalStatus": "Approved", "CustomerMetadataProperties": {"a": "1", "b": "2"},
        "ModelLifeCycle": {"Stage": "Dev", "StageStatus": "Approved", "StageDescription": "fine"},
        "ModelCard": {"ModelCardContent": "{}", "ModelCardStatus": "Draft"},
    }));
    let before = aws.describe(&arn);
    aws.advance(60);
    aws.ok(
        "UpdateModelPackage",
        json!({
            "ModelPackageArn": arn, "ModelLifeCycle": {"Stage": "Test", "StageStatus": "Pending"},
            "CustomerMetadataProperties": {"b": "3", "c": "4"}, "CustomerMetadataPropertiesToRemove": ["a", "unknown"],
            "ModelCard": {"ModelCardStatus": "PendingReview"}, "ApprovalDescription": "for the tests",
        }),
    );
    let mut after = aws.describe(&arn);
    assert_eq!(after["CustomerMetadataProperties"], json!({"b": "3", "c": "4"}));
    assert_eq!(after["ModelLifeCycle"], json!({"Stage": "Test", "StageStatus": "Pending"}), "replaced as a whole");
    assert_eq!(after["ModelCard"], json!({"ModelCardContent": "{}", "ModelCardStatus": "PendingReview"}));
    assert_eq!(after["ApprovalDescription"], "for the tests");
    assert_eq!(after["LastModifiedTime"], json!(before["CreationTime"].as_f64().unwrap() + 60.0));
    assert_eq!(after["LastModifiedBy"], before["CreatedBy"]);
    for changed in ["CustomerMetadataProperties", "ModelLifeCycle", "ModelCard", "LastModifiedTime"] {
        after[changed] = before[changed].clone();
    }
    for added in ["ApprovalDescription", "LastModifiedBy"] {
        after.as_object_mut().unwrap().remove(added);
    }
    assert_eq!(after, before);
}

#[test]
fn metadata_merges_or_replaces_as_the_sandbox_is_set() {
    let change = |arn: &str| json!({"ModelPackageArn": arn, "CustomerMetadataProperties": {"b": "2"}});
    for (semantics, expected) in [
        (None, json!({"a": "1", "b": "2"})),
        (Some(MetadataSemantics::Merge), json!({"a": "1", "b": "2"})),
        (Some(MetadataSemantics::Replace), json!({"b": "2"})),
    ] {
        let aws = Aws::with_group();
        if let Some(semantics) = semantics {
            aws.0.set_metadata_semantics(semantics).unwrap();
        }
        let arn = aws.version(json!({"CustomerMetadataProperties": {"a": "1"}}));
        aws.ok("UpdateModelPackage", change(&arn));
        assert_eq!(aws.metadata(&arn), expected, "{semantics:?}");
        aws.ok("UpdateModelPackage", json!({"ModelPackageArn": arn, "ModelApprovalStatus": "Approved"}));
        assert_eq!(aws.metadata(&arn), expected, "an update without metadata leaves it, {semantics:?}");
    }
    let aws = Aws::with_group();
    let arn = aws.version(json!({"CustomerMetadataProperties": {"a": "1"}}));
    let many: BTreeMap<String, &str> = (0..50).map(|n| (format!("k{n}"), "v")).collect();
    let message = aws.err("UpdateModelPackage", json!({"ModelPackageArn": arn, "CustomerMetadataProperties": many}));
    assert!(message.contains("more than 50"), "{message}");
    assert_eq!(aws.metadata(&arn), json!({"a": "1"}), "a refused update changes nothing");
}

#[test]
fn a_group_arn_reaches_the_group_of_another_account() {
    let aws = Aws::with_group();
    let lob = |operation: &str, input: Value| aws.call(LOB, operation, &input);
    let in_the_group = json!({"ModelPackageGroupName": GROUP_ARN});
    let refused = lob("CreateModelPackage", in_the_group.clone()).unwrap_err();
    assert_eq!(refused.code, "AccessDeniedException", "the group's policy has to let it in");
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{LOB}"}},"Action":"sagemaker:*","Resource":"*"}}]}}"#
    );
    aws.ok("PutModelPackageGroupPolicy", json!({"ModelPackageGroupName": "churn", "ResourcePolicy": policy}));
    let created = lob("CreateModelPackage", in_the_group.clone()).unwrap();
    assert_eq!(created["ModelPackageArn"], FIRST, "it lives where the group is");
    assert_eq!(aws.describe(FIRST)["CreatedBy"]["IamIdentity"]["PrincipalId"], LOB);
    assert!(lob("DescribeModelPackage", json!({"ModelPackageName": FIRST})).is_ok());
    let listed = lob("ListModelPackages", in_the_group).unwrap();
    assert_eq!(listed["ModelPackageSummaryList"][0]["ModelPackageArn"], FIRST);
    let error = lob("DescribeModelPackage", json!({"ModelPackageName": "churn/1"})).unwrap_err();
    assert_eq!(
        error.message, "ModelPackage arn:aws:sagemaker:eu-west-1:222222222222:model-package/churn/1 does not exist.",
        "a bare name is one's own"
    );
    let groups = lob("ListModelPackageGroups", json!({"CrossAccountFilterOption": "CrossAccount"})).unwrap();
    assert_eq!(groups["ModelPackageGroupSummaryList"], json!([]), "nothing is discoverable without RAM");
}

#[test]
fn a_client_token_makes_creation_and_update_happen_once() {
    let aws = Aws::with_group();
    let request = json!({"ClientToken": "t-1", "ModelPackageDescription": "x"});
    let first = aws.version(request.clone());
    assert_eq!(aws.version(request.clone()), first);
    let mut other = json!({"ModelPackageGroupName": "churn", "ClientToken": "t-1"});
    assert!(aws.err("CreateModelPackage", other.clone()).starts_with("ConflictException"));
    other["ClientToken"] = json!("t-2");
    assert_ne!(aws.ok("CreateModelPackage", other)["ModelPackageArn"], json!(first));

    let update = |key: &str, token: &str| json!({"ModelPackageArn": first, "ClientToken": token, "CustomerMetadataProperties": {"k": key}});
    aws.ok("UpdateModelPackage", update("1", "u-1"));
    aws.ok("UpdateModelPackage", update("2", "u-2"));
    aws.ok("UpdateModelPackage", update("1", "u-1"));
    assert_eq!(aws.metadata(&first), json!({"k": "2"}), "the repeated request was not done again");

    aws.advance(24 * 3600);
    assert_ne!(aws.version(request), first, "a token is forgotten after a day");
}

#[test]
fn numbers_of_deleted_versions_do_not_come_back() {
    let aws = Aws::with_group();
    let (_, second) = (aws.version(json!({})), aws.version(json!({})));
    aws.ok("DeleteModelPackage", json!({"ModelPackageName": second}));
    assert!(aws.version(json!({})).ends_with("churn/3"));
    assert!(aws.err("DeleteModelPackageGroup", json!({"ModelPackageGroupName": "churn"})).starts_with("Conflict"));
    for version in ["churn/1", "churn/3"] {
        aws.ok("DeleteModelPackage", json!({"ModelPackageName": version}));
    }
    aws.ok("DeleteModelPackageGroup", json!({"ModelPackageGroupName": GROUP_ARN}));
    aws.ok("CreateModelPackageGroup", json!({"ModelPackageGroupName": "churn"}));
}

#[test]
fn tags_of_a_group_can_be_changed_and_end_with_it() {
    let aws = Aws::new();
    let tags = |list: &[(&str, &str)]| -> Value {
        list.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
    };
    let listed = || aws.ok("ListTags", json!({"ResourceArn": GROUP_ARN}))["Tags"].clone();
    aws.ok(
        "CreateModelPackageGroup",
        json!({"ModelPackageGroupName": "churn", "Tags": tags(&[("a", "1"), ("b", "2")])}),
    );
    assert_eq!(listed(), tags(&[("a", "1"), ("b", "2")]));
    let added = aws.ok("AddTags", json!({"ResourceArn": GROUP_ARN, "Tags": tags(&[("b", "3"), ("c", "4")])}));
    assert_eq!(added["Tags"], tags(&[("a", "1"), ("b", "3"), ("c", "4")]));
    aws.ok("DeleteTags", json!({"ResourceArn": GROUP_ARN, "TagKeys": ["a", "unknown"]}));
    assert_eq!(listed(), tags(&[("b", "3"), ("c", "4")]));
    let many: Vec<(String, String)> = (0..49).map(|n| (format!("k{n}"), String::new())).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let error = aws.err("AddTags", json!({"ResourceArn": GROUP_ARN, "Tags": tags(&many)}));
    assert!(error.starts_with("ResourceLimitExceeded"), "{error}");
    aws.ok("DeleteModelPackageGroup", json!({"ModelPackageGroupName": "churn"}));
    aws.ok("CreateModelPackageGroup", json!({"ModelPackageGroupName": "churn"}));
    assert_eq!(listed(), json!([]));
}

#[test]
fn permissions_are_asked_with_the_state_and_the_request_as_condition_keys() {
    let keys = |access: &Access| -> BTreeMap<String, Vec<String>> { access.keys.iter().cloned().collect() };
    let aws = Aws::with_group();
    aws.ok("AddTags", json!({"ResourceArn": GROUP_ARN, "Tags": [{"Key": "team", "Value": "risk"}]}));
    let policy =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*"}}"#;
    aws.ok("PutModelPackageGroupPolicy", json!({"ModelPackageGroupName": "churn", "ResourcePolicy": policy}));
    aws.version(json!({
        "ModelLifeCycle": {"Stage": "Prod", "StageStatus": "Pending"},
        "CustomerMetadataProperties": {"aiops-it-status": "Passed"},
    }));
    let input = json!({
        "ModelLifeCycle": {"Stage": "Prod", "StageStatus": "Approved"}, "ModelApprovalStatus": "Approved",
        "CustomerMetadataProperties": {"x": "y"}, "CustomerMetadataPropertiesToRemove": ["p", "q"],
    });
    let access = aws.0.transaction(Caller::administrator(LOB), REGION, |call| {
        call.needs_no_permission();
        packages::access(call, "UpdateModelPackage", &Arn::parse(FIRST).unwrap())
    });
    let access = access.unwrap().0.unwrap();
    assert_eq!((access.action.as_str(), access.resource.as_str()), ("sagemaker:UpdateModelPackage", FIRST));
    assert_eq!((access.owner.as_deref(), access.resource_policy.as_deref()), (Some(CENTRAL), Some(policy)));
    let expected = |pairs: &[(&str, &[&str])]| -> BTreeMap<String, Vec<String>> {
        let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        pairs.iter().map(|(key, values)| ((*key).to_owned(), owned(values))).collect()
    };
    assert_eq!(
        keys(&access),
        expected(&[
            ("aws:ResourceTag/team", &["risk"]),
            ("sagemaker:ResourceTag/team", &["risk"]),
            ("sagemaker:CurrentModelLifeCycleStage", &["Prod"]),
            ("sagemaker:CurrentModelLifeCycleStageStatus", &["Pending"]),
            ("sagemaker:CurrentCustomerMetadataProperties/aiops-it-status", &["Passed"]),
        ])
    );
    let bare = Access::new("sagemaker:UpdateModelPackage", FIRST);
    assert_eq!(
        keys(&packages::with_request(bare.clone(), &input)),
        expected(&[
            ("sagemaker:ModelLifeCycle:Stage", &["Prod"]),
            ("sagemaker:ModelLifeCycle:StageStatus", &["Approved"]),
            ("sagemaker:ModelApprovalStatus", &["Approved"]),
            ("sagemaker:CustomerMetadataProperties/x", &["y"]),
            ("sagemaker:CustomerMetadataPropertiesToRemove", &["p", "q"]),
        ])
    );
    assert!(packages::with_request(bare, &json!({})).keys.is_empty(), "what is not sent has no key");
}
