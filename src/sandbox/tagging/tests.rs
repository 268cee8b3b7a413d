use serde_json::{Value, json};

use crate::sandbox::Sandbox;
use crate::sandbox::testing::{A, B, Client, allow, role, sandbox, trust};

fn ask(client: &Client<'_>, operation: &str, input: &Value) -> Result<Value, String> {
    client.json("tagging", &format!("ResourceGroupsTaggingAPI_20170126.{operation}"), input)
}

/// The ARNs found, without what is the same in all of them.
fn found(client: &Client<'_>, input: Value) -> Vec<String> {
    let answer = ask(client, "GetResources", &input).unwrap();
    assert_eq!(answer["PaginationToken"], "");
    let list = answer["ResourceTagMappingList"].as_array().unwrap().clone();
    list.iter()
        .map(|each| each["ResourceARN"].as_str().unwrap().rsplit([':', '/']).next().unwrap().to_owned())
        .collect()
}

/// Account A with groups, a bus and a role that are tagged, and some that are not.
fn furnished() -> Sandbox {
    let sandbox = sandbox();
    let run = |account: &str, region: &str, service: &str, operation: &str, input: Value| {
        sandbox.administer(account, region, service, operation, input).unwrap()
    };
    let tags = |pairs: &[(&str, &str)]| -> Value {
        pairs.iter().map(|(key, value)| json!({"Key": key, "Value": value})).collect()
    };
    for (name, pairs) in
        [("one", vec![("project", "a"), ("stage", "dev")]), ("three", vec![("project", "c")]), ("bare", vec![])]
    {
        let input = json!({"ModelPackageGroupName": name, "Tags": tags(&pairs)});
        run(A, "eu-west-1", "sagemaker", "CreateModelPackageGroup", input);
    }
    let elsewhere = json!({"ModelPackageGroupName": "elsewhere", "Tags": tags(&[("project", "a")])});
    run(A, "us-east-1", "sagemaker", "CreateModelPackageGroup", elsewhere.clone());
    run(B, "eu-west-1", "sagemaker", "CreateModelPackageGroup", elsewhere);
    run(A, "eu-west-1", "events", "CreateEventBus", json!({"Name": "two", "Tags": tags(&[("project", "b")])}));
    run(A, "eu-west-1", "kms", "CreateKey", json!({"Tags": [{"TagKey": "stage", "TagValue": "prod"}]}));
    let role = json!({"RoleName": "r", "AssumeRolePolicyDocument": trust(A, &["sts:AssumeRole"], &json!({})),
                      "Tags": tags(&[("project", "a")])});
    run(A, "us-east-1", "iam", "CreateRole", role);
    sandbox
}

#[test]
fn resources_are_found_by_tags_types_and_arns() {
    let sandbox = furnished();
    let client = Client::administrator(&sandbox, A);
    let filter = |key: &str, values: &[&str]| json!({"Key": key, "Values": values});
    assert_eq!(found(&client, json!({})).len(), 4, "tagged, of this account and Region, and no role");
    assert_eq!(found(&client, json!({"TagFilters": [filter("project", &[])]})), ["two", "one", "three"]);
    assert_eq!(found(&client, json!({"TagFilters": [filter("project", &["a", "b"])]})), ["two", "one"]);
    assert_eq!(
        found(&client, json!({"TagFilters": [filter("project", &["a", "b"]), filter("stage", &["dev"])]})),
        ["one"]
    );
    assert_eq!(found(&client, json!({"ResourceTypeFilters": ["sagemaker"]})), ["one", "three"]);
    assert_eq!(found(&client, json!({"ResourceTypeFilters": ["sagemaker:endpoint", "events:event-bus"]})), ["two"]);
    let arn = format!("arn:aws:sagemaker:eu-west-1:{A}:model-package-group/three");
    assert_eq!(found(&client, json!({"ResourceARNList": [arn]})), ["three"]);
    let both = json!({"ResourceARNList": [arn], "ResourceTypeFilters": ["s3"]});
    assert!(ask(&client, "GetResources", &both).unwrap_err().starts_with("InvalidParameterException"));
    assert_eq!(ask(&client, "GetTagKeys", &json!({})).unwrap()["TagKeys"], json!(["project", "stage"]));
    assert_eq!(ask(&client, "GetTagValues", &json!({"Key": "stage"})).unwrap()["TagValues"], json!(["dev", "prod"]));
}

#[test]
fn pages_end_with_an_empty_token() {
    let sandbox = furnished();
    let client = Client::administrator(&sandbox, A);
    let (mut token, mut seen) = (String::new(), Vec::new());
    loop {
        let input = json!({"ResourcesPerPage": 3, "PaginationToken": token});
        let answer = ask(&client, "GetResources", &input).unwrap();
        seen.push(answer["ResourceTagMappingList"].as_array().unwrap().len());
        token = answer["PaginationToken"].as_str().unwrap().to_owned();
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(seen, [3, 1]);
    for wrong in [json!({"ResourcesPerPage": 101}), json!({"PaginationToken": "x"})] {
        assert!(ask(&client, "GetResources", &wrong).unwrap_err().starts_with("InvalidParameterException"));
    }
}

#[test]
fn who_may_not_ask_is_told_nothing() {
    let sandbox = furnished();
    let policy = allow(&["tag:GetTagKeys"], &json!({}));
    let arn = role(&sandbox, A, "asks", &trust(A, &["sts:AssumeRole"], &json!({})), &policy);
    let client = Client::administrator(&sandbox, A).assume(&arn, &[]).unwrap();
    assert!(ask(&client, "GetTagKeys", &json!({})).is_ok());
    assert!(ask(&client, "GetResources", &json!({})).unwrap_err().starts_with("AccessDenied"));
}
