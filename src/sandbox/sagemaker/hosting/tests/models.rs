//! Models and endpoint configurations.

use serde_json::json;

use super::*;

#[test]
fn a_name_may_be_taken_once() {
    let sandbox = serving(&[("m", "10.0")], &[on_instances("main", "m", 1.0)]);
    let container = json!({"Image": IMAGE});
    let clashes = [
        refusal(&sandbox, "CreateModel", json!({"ModelName": "m", "PrimaryContainer": container})),
        refusal(
            &sandbox,
            "CreateEndpointConfig",
            json!({"EndpointConfigName": "first", "ProductionVariants": [on_instances("main", "m", 1.0)]}),
        ),
        refusal(&sandbox, "CreateEndpoint", json!({"EndpointName": "e", "EndpointConfigName": "first"})),
        refusal(&sandbox, "DescribeModel", json!({"ModelName": "none"})),
        refusal(&sandbox, "DeleteModel", json!({"ModelName": "none"})),
        refusal(&sandbox, "DescribeEndpointConfig", json!({"EndpointConfigName": "none"})),
        refusal(&sandbox, "CreateEndpoint", json!({"EndpointName": "f", "EndpointConfigName": "none"})),
        refusal(
            &sandbox,
            "CreateEndpointConfig",
            json!({"EndpointConfigName": "c", "ProductionVariants": [on_instances("main", "none", 1.0)]}),
        ),
        refusal(&sandbox, "UpdateEndpoint", json!({"EndpointName": "none", "EndpointConfigName": "first"})),
    ];
    insta::assert_snapshot!(clashes.join("\n"), @r#"
    ValidationException: Cannot create already existing model "arn:aws:sagemaker:eu-west-1:111111111111:model/m".
    ValidationException: Cannot create already existing endpoint configuration "arn:aws:sagemaker:eu-west-1:111111111111:endpoint-config/first".
    ValidationException: Cannot create already existing endpoint "arn:aws:sagemaker:eu-west-1:111111111111:endpoint/e".
    ValidationException: Could not find model "arn:aws:sagemaker:eu-west-1:111111111111:model/none".
    ValidationException: Could not find model "arn:aws:sagemaker:eu-west-1:111111111111:model/none".
    ValidationException: Could not find endpoint configuration "arn:aws:sagemaker:eu-west-1:111111111111:endpoint-config/none".
    ValidationException: Could not find endpoint configuration "arn:aws:sagemaker:eu-west-1:111111111111:endpoint-config/none".
    ValidationException: Could not find model "arn:aws:sagemaker:eu-west-1:111111111111:model/none".
    ValidationException: Could not find endpoint "arn:aws:sagemaker:eu-west-1:111111111111:endpoint/none".
    "#);
}

/// Registers a version of `m` in the central account and gives its ARN.
fn register(sandbox: &Sandbox, approval: &str) -> String {
    let url = upload(sandbox, "central/model.tar.gz", &archive(&[("model.json", MODEL.as_bytes())]));
    let digest = "sha256:0000000000000000000000000000000000000000000000000000000000000000";
    let package = json!({"ModelPackageGroupName": "m", "ModelApprovalStatus": approval, "InferenceSpecification": {
        "Containers": [{"Image": IMAGE, "ImageDigest": digest, "ModelDataUrl": url}],
        "SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"],
    }});
    let _ = at(sandbox, CENTRAL, "CreateModelPackageGroup", json!({"ModelPackageGroupName": "m"}));
    let answer = at(sandbox, CENTRAL, "CreateModelPackage", package).unwrap();
    answer["ModelPackageArn"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_version_of_another_account_is_deployed_when_it_is_approved() {
    let sandbox = sandbox();
    let waiting = register(&sandbox, "PendingManualApproval");
    let model = |name: &str, package: &str| json!({"ModelName": name, "ExecutionRoleArn": ROLE, "PrimaryContainer": {"ModelPackageName": package}});
    let allow = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{OWN}:root")}, "Action": "sagemaker:CreateModel",
        "Resource": format!("arn:aws:sagemaker:{REGION}:{CENTRAL}:model-package/m/*"),
    }]});
    let policy = json!({"ModelPackageGroupName": "m", "ResourcePolicy": allow.to_string()});
    at(&sandbox, CENTRAL, "PutModelPackageGroupPolicy", policy).unwrap();
    let missing = waiting.replace("/1", "/7");
    let mut both = model("x", &waiting);
    both["PrimaryContainer"]["Image"] = json!(IMAGE);
    let refusals = [
        refusal(&sandbox, "CreateModel", model("x", &waiting)),
        refusal(&sandbox, "CreateModel", model("x", &missing)),
        refusal(&sandbox, "CreateModel", both),
        refusal(&sandbox, "CreateModel", json!({"ModelName": "x"})),
        refusal(
            &sandbox,
            "CreateModel",
            json!({"ModelName": "x", "PrimaryContainer": {"Image": IMAGE},
                                                "ExecutionRoleArn": "arn:aws:iam::222222222222:role/other"}),
        ),
    ];
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    ValidationException: Cannot create a model from ModelPackage arn:aws:sagemaker:eu-west-1:222222222222:model-package/m/1: its ModelApprovalStatus must be Approved, it is PendingManualApproval.
    ValidationException: ModelPackage arn:aws:sagemaker:eu-west-1:222222222222:model-package/m/7 does not exist.
    ValidationException: Specify one of either Image and Model Data URL or ModelPackageName in container definition.
    ValidationException: Specify either PrimaryContainer or Containers in the request.
    ValidationException: Cross-account pass role is not allowed.
    "#);

    let approved = register(&sandbox, "Approved");
    run(&sandbox, "CreateModel", model("m", &approved)).unwrap();
    insta::assert_json_snapshot!(run(&sandbox, "DescribeModel", json!({"ModelName": "m"})).unwrap(), @r#"
    {
      "ModelName": "m",
      "ExecutionRoleArn": "arn:aws:iam::111111111111:role/execution",
      "PrimaryContainer": {
        "ModelPackageName": "arn:aws:sagemaker:eu-west-1:222222222222:model-package/m/2"
      },
      "EnableNetworkIsolation": false,
      "CreationTime": 1767603600.0,
      "ModelArn": "arn:aws:sagemaker:eu-west-1:111111111111:model/m"
    }
    "#);
    config(&sandbox, "first", &[on_instances("main", "m", 1.0)]);
    create(&sandbox, "e", "first");
    wait(&sandbox, 180);
    assert_eq!(invoke(&sandbox, "1,2").await.2, "14.5\n");
    let image = &describe(&sandbox)["ProductionVariants"][0]["DeployedImages"][0];
    assert_eq!(image["ResolvedImage"].as_str().unwrap(), format!("{}@sha256:{:064}", &IMAGE[..IMAGE.len() - 4], 0));
}

#[test]
fn a_version_of_another_account_needs_its_group_to_say_yes() {
    let sandbox = sandbox();
    let version = register(&sandbox, "Approved");
    let model = json!({"ModelName": "m", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"ModelPackageName": version}});
    insta::assert_snapshot!(refusal(&sandbox, "CreateModel", model), @"AccessDeniedException: User: arn:aws:iam::111111111111:root is not authorized to perform: sagemaker:CreateModel on resource: arn:aws:sagemaker:eu-west-1:222222222222:model-package/m/1 because no resource-based policy allows the sagemaker:CreateModel action");
}

#[test]
fn configurations_that_aws_refuses() {
    let sandbox = serving(&[("m", "10.0")], &[on_instances("main", "m", 1.0)]);
    let serverless = |memory: u64| {
        json!({"VariantName": "s", "ModelName": "m",
                                          "ServerlessConfig": {"MemorySizeInMB": memory, "MaxConcurrency": 5}})
    };
    let mut neither = on_instances("a", "m", 1.0);
    neither.as_object_mut().unwrap().remove("InstanceType");
    let mut component = on_instances("a", "m", 1.0);
    component.as_object_mut().unwrap().remove("ModelName");
    let main = || on_instances("main", "m", 1.0);
    let cases = [
        json!({"ProductionVariants": []}),
        json!({"ProductionVariants": [main(), main()]}),
        json!({"ProductionVariants": [on_instances("a", "m", 0.0)]}),
        json!({"ProductionVariants": [neither]}),
        json!({"ProductionVariants": [component]}),
        json!({"ProductionVariants": [serverless(1500)]}),
        json!({"ProductionVariants": [main(), on_instances("a", "m", 1.0)],
               "ShadowProductionVariants": [on_instances("b", "m", 1.0)]}),
    ];
    let refusals = cases.into_iter().map(|mut input| {
        input["EndpointConfigName"] = json!("c");
        refusal(&sandbox, "CreateEndpointConfig", input)
    });
    insta::assert_snapshot!(refusals.collect::<Vec<_>>().join("\n"), @r#"
    ValidationException: 1 validation error detected: Value '[]' at 'productionVariants' failed to satisfy constraint: Member must have length greater than or equal to 1
    ValidationException: Variant names must be unique within an endpoint configuration: main.
    ValidationException: At least one production variant must have a weight greater than 0.
    ValidationException: Specify either InstanceType or ServerlessConfig for variant a.
    ValidationException: Specify ModelName for variant a, or ExecutionRoleArn for inference components.
    ValidationException: MemorySizeInMB of variant s must be a multiple of 1024.
    ValidationException: Shadow tests need exactly one production variant and one shadow variant.
    "#);
    config(&sandbox, "serverless", &[serverless(2048)]);
}
