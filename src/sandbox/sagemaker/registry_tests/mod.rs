//! The model registry, asked over the wire.

mod finding;
mod packages;
mod property;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::clock::FixedClock;
use crate::sandbox::Sandbox;
use crate::sandbox::call::ApiError;

const CENTRAL: &str = "111111111111";
const LOB: &str = "222222222222";
const REGION: &str = "eu-west-1";
const GROUP_ARN: &str = "arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/churn";
const FIRST: &str = "arn:aws:sagemaker:eu-west-1:111111111111:model-package/churn/1";

/// A sandbox, over the wire.
struct Aws(Sandbox);

impl Aws {
    fn new() -> Self {
        let clock = Arc::new(FixedClock("2026-01-05T09:00:00Z".parse().unwrap()));
        Aws(Sandbox::open(None, clock, 1.0).unwrap())
    }

    /// With the group `churn` in the central account.
    fn with_group() -> Self {
        let aws = Self::new();
        aws.ok("CreateModelPackageGroup", json!({"ModelPackageGroupName": "churn"}));
        aws
    }

    fn call(&self, account: &str, operation: &str, input: &Value) -> Result<Value, ApiError> {
        let request = http::Request::post("/")
            .header("x-amz-target", format!("SageMaker.{operation}"))
            .header(
                "authorization",
                format!(
                    "AWS4-HMAC-SHA256 Credential={account}/20260105/{REGION}/sagemaker/aws4_request, Signature=none"
                ),
            )
            .body(Bytes::from(input.to_string()))
            .unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answer = runtime.block_on(self.0.handle(request)).unwrap();
        let body: Value = serde_json::from_slice(answer.body()).unwrap();
        if answer.status().is_success() {
            return Ok(body);
        }
        let text = |member: &str| body[member].as_str().unwrap().to_owned();
        Err(ApiError::new(answer.status().as_u16(), text("__type"), text("message")))
    }

    fn ok(&self, operation: &str, input: Value) -> Value {
        self.call(CENTRAL, operation, &input).unwrap_or_else(|error| panic!("{operation} {input}: {error}"))
    }

    fn err(&self, operation: &str, input: Value) -> String {
        let error = self.call(CENTRAL, operation, &input).expect_err(operation);
        assert_eq!(error.status, 400, "{error}");
        error.to_string()
    }

    fn version(&self, mut more: Value) -> String {
        more["ModelPackageGroupName"] = json!("churn");
        self.ok("CreateModelPackage", more)["ModelPackageArn"].as_str().unwrap().to_owned()
    }

    fn describe(&self, arn: &str) -> Value {
        self.ok("DescribeModelPackage", json!({"ModelPackageName": arn}))
    }

    fn metadata(&self, arn: &str) -> Value {
        self.describe(arn)["CustomerMetadataProperties"].clone()
    }

    fn search(&self, resource: &str, expression: Value) -> Vec<Value> {
        let mut input = json!({"Resource": resource, "MaxResults": 100, "SortBy": "CreationTime"});
        if !expression.is_null() {
            input["SearchExpression"] = expression;
        }
        let answer = self.ok("Search", input);
        answer["Results"].as_array().unwrap().iter().map(|record| record[resource].clone()).collect()
    }

    fn advance(&self, seconds: u64) {
        self.0.clock().advance(Duration::from_secs(seconds));
    }
}

#[test]
fn errors_are_those_of_aws() {
    let aws = Aws::with_group();
    aws.version(json!({}));
    let container = |more: Value| json!({"Containers": [more]});
    let source =
        |uri: &str| json!({"S3DataSource": {"S3Uri": uri, "S3DataType": "S3Prefix", "CompressionType": "None"}});
    let group = |more: Value| {
        let mut input = json!({"ModelPackageGroupName": "churn"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let nowhere = json!({"ModelPackageGroupName": "nowhere"});
    let cases = [
        ("CreateModelPackageGroup", group(json!({}))),
        ("CreateModelPackageGroup", json!({"ModelPackageGroupName": "t", "Tags": [{"Key": "aws:x", "Value": ""}]})),
        ("DescribeModelPackageGroup", nowhere.clone()),
        ("DeleteModelPackageGroup", nowhere.clone()),
        ("DeleteModelPackageGroup", group(json!({}))),
        ("PutModelPackageGroupPolicy", json!({"ModelPackageGroupName": "nowhere", "ResourcePolicy": "{}"})),
        ("PutModelPackageGroupPolicy", group(json!({"ResourcePolicy": "{}"}))),
        ("GetModelPackageGroupPolicy", nowhere.clone()),
        ("GetModelPackageGroupPolicy", group(json!({}))),
        ("DeleteModelPackageGroupPolicy", group(json!({}))),
        ("CreateModelPackage", json!({})),
        ("CreateModelPackage", group(json!({"ModelPackageName": "solo"}))),
        ("CreateModelPackage", nowhere.clone()),
        ("CreateModelPackage", json!({"ModelPackageGroupName": GROUP_ARN.replace(REGION, "us-east-1")})),
        ("CreateModelPackage", group(json!({"Tags": [{"Key": "a", "Value": "b"}]}))),
        ("CreateModelPackage", group(json!({"SourceUri": "s3://b/k", "InferenceSpecification": container(json!({}))}))),
        ("CreateModelPackage", group(json!({"SourceUri": FIRST.replace("/1", "/7")}))),
        (
            "CreateModelPackage",
            group(json!({"InferenceSpecification": container(
                json!({"AdditionalS3DataSource": {"S3DataType": "S3Object", "S3Uri": "s3://b/k"}})
            )})),
        ),
        (
            "CreateModelPackage",
            group(json!({"InferenceSpecification": container(json!({"ModelDataSource": source("s3://b/k")}))})),
        ),
        (
            "CreateModelPackage",
            json!({"ModelPackageName": "solo", "InferenceSpecification": container(json!({"Environment": {"A": "b"}}))}),
        ),
        (
            "CreateModelPackage",
            json!({"ModelPackageName": "solo",
                   "InferenceSpecification": container(json!({"ModelDataSource": source("s3://b/k/")}))}),
        ),
        ("CreateModelPackage", group(json!({"ModelCard": {"ModelCardContent": "{", "ModelCardStatus": "Draft"}}))),
        ("DescribeModelPackage", json!({"ModelPackageName": "churn/9"})),
        ("DescribeModelPackage", json!({"ModelPackageName": GROUP_ARN})),
        ("UpdateModelPackage", json!({"ModelPackageArn": FIRST.replace("/1", "/9")})),
        ("DeleteModelPackage", json!({"ModelPackageName": "churn/9"})),
        ("ListModelPackages", nowhere),
        ("ListModelPackages", json!({"NextToken": "forged"})),
        ("AddTags", json!({"ResourceArn": FIRST, "Tags": []})),
        ("ListTags", json!({"ResourceArn": FIRST.replace("/1", "/9")})),
        ("Search", json!({"Resource": "Project"})),
        ("Search", json!({"Resource": "ModelPackage", "SortBy": "Nothing"})),
        ("Search", json!({"Resource": "ModelPackage", "SearchExpression": {}})),
    ];
    let told: Vec<String> = cases.into_iter().map(|(operation, input)| aws.err(operation, input)).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    ValidationException: Model Package Group already exists: arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/churn
    ValidationException: aws: prefixed tag key names are not allowed for external use.
    ValidationException: ModelPackageGroup arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/nowhere does not exist.
    ValidationException: ModelPackageGroup arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/nowhere does not exist.
    ConflictException: ModelPackageGroup arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/churn cannot be deleted because it still contains ModelPackages.
    ValidationException: Cannot find Model Package Group: arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/nowhere
    ValidationException: The resource policy is not a valid policy document: Syntax errors in policy. (The document has no Statement)
    ValidationException: Cannot find Model Package Group: arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/nowhere
    ValidationException: Cannot find resource policy for: arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/churn
    ValidationException: Cannot find resource policy for: arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/churn
    ValidationException: Missing ARN.
    ValidationException: Both ModelPackageName and ModelPackageGroupName are provided in the input. Cannot determine which one to use.
    ValidationException: ModelPackageGroup arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/nowhere does not exist.
    ValidationException: ARN should be scoped to correct region: eu-west-1
    ValidationException: Tags are not supported in Model Package versions. Please add them to the Model Package Group
    ValidationException: SourceUri and InferenceSpecification cannot be specified together.
    ValidationException: ModelPackage arn:aws:sagemaker:eu-west-1:111111111111:model-package/churn/7 does not exist.
    ValidationException: AdditionalS3DataSource is not allowed in InferenceSpecification
    ValidationException: S3Uri s3://b/k must end with a forward slash when S3DataType is S3Prefix.
    ValidationException: 1 validation errors detected:Environment variable map cannot be specified when using non-versioned ModelPackages
    ValidationException: ModelDataSource cannot be specified when using non-versioned ModelPackages
    ValidationException: ModelCardContent must be a valid JSON document.
    ValidationException: ModelPackage arn:aws:sagemaker:eu-west-1:111111111111:model-package/churn/9 does not exist.
    ValidationException: Invalid model-package ARN: arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/churn
    ValidationException: ModelPackage arn:aws:sagemaker:eu-west-1:111111111111:model-package/churn/9 does not exist.
    ValidationException: ModelPackage arn:aws:sagemaker:eu-west-1:111111111111:model-package/churn/9 does not exist.
    ValidationException: ModelPackageGroup arn:aws:sagemaker:eu-west-1:111111111111:model-package-group/nowhere does not exist.
    ValidationException: Invalid pagination token
    ValidationException: Tags are not supported in Model Package versions. Please add them to the Model Package Group
    ValidationException: Could not find resource arn:aws:sagemaker:eu-west-1:111111111111:model-package/churn/9.
    UnknownOperationException: The requested search of Project is not supported.
    ValidationException: Unknown property name: Nothing
    ValidationException: A SearchExpression must have at least one subexpression, filter, or nested filter.
    ");
}
