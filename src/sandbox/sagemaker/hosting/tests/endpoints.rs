//! Endpoints over time.

use std::collections::BTreeMap;

use serde_json::json;

use super::*;

#[tokio::test]
async fn an_endpoint_is_created_serves_and_goes() {
    let sandbox = sandbox();
    model(&sandbox, "m", "10.0");
    config(&sandbox, "first", &[on_instances("main", "m", 1.0)]);
    create(&sandbox, "e", "first");
    assert_eq!(state(&sandbox), "Creating first -");
    assert_eq!(describe(&sandbox)["PendingDeploymentSummary"]["EndpointConfigName"], "first");
    let (status, code, body) = invoke(&sandbox, "1,2").await;
    assert_eq!((status, code.as_str()), (400, "ValidationError"));
    assert_eq!(body, r#"{"Message":"Endpoint e of account 111111111111 not found."}"#);
    let in_progress = refusal(&sandbox, "DeleteEndpoint", json!({"EndpointName": "e"}));
    insta::assert_snapshot!(in_progress, @r#"ValidationException: Cannot update in-progress endpoint "arn:aws:sagemaker:eu-west-1:111111111111:endpoint/e"."#);

    wait(&sandbox, 180);
    insta::assert_json_snapshot!(describe(&sandbox), @r#"
    {
      "EndpointName": "e",
      "EndpointArn": "arn:aws:sagemaker:eu-west-1:111111111111:endpoint/e",
      "EndpointConfigName": "first",
      "ProductionVariants": [
        {
          "VariantName": "main",
          "DeployedImages": [
            {
              "SpecifiedImage": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/sklearn:1.4",
              "ResolvedImage": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/sklearn@sha256:67b5cf23e70f1d8609ece8887576eaa9c543c1a3f5a6cd2c8fe4f397a381d637",
              "ResolutionTime": 1767603600.0
            }
          ],
          "CurrentWeight": 1.0,
          "DesiredWeight": 1.0,
          "CurrentInstanceCount": 1,
          "DesiredInstanceCount": 1
        }
      ],
      "EndpointStatus": "InService",
      "CreationTime": 1767603600.0,
      "LastModifiedTime": 1767603780.0
    }
    "#);
    assert_eq!(invoke(&sandbox, "1,2\n").await, (200, "main".into(), "14.5\n".into()));

    run(&sandbox, "DeleteEndpointConfig", json!({"EndpointConfigName": "first"})).unwrap();
    run(&sandbox, "DeleteModel", json!({"ModelName": "m"})).unwrap();
    assert_eq!(invoke(&sandbox, "1,2\n").await.0, 200, "what has been deployed is not touched");
    run(&sandbox, "DeleteEndpoint", json!({"EndpointName": "e"})).unwrap();
    assert_eq!(state(&sandbox), "Deleting first -");
    assert_eq!(invoke(&sandbox, "1,2\n").await.0, 400);
    wait(&sandbox, 20);
    let gone = refusal(&sandbox, "DescribeEndpoint", json!({"EndpointName": "e"}));
    insta::assert_snapshot!(gone, @r#"ValidationException: Could not find endpoint "arn:aws:sagemaker:eu-west-1:111111111111:endpoint/e"."#);
    assert_eq!(run(&sandbox, "ListEndpoints", json!({})).unwrap()["Endpoints"], json!([]));
}

#[test]
fn the_tags_of_an_endpoint_go_with_it() {
    let sandbox = sandbox();
    model(&sandbox, "m", "10.0");
    config(&sandbox, "first", &[on_instances("main", "m", 1.0)]);
    let arn = format!("arn:aws:sagemaker:{REGION}:{OWN}:endpoint/e");
    let tags = |sandbox: &Sandbox| run(sandbox, "ListTags", json!({"ResourceArn": arn}));
    let create = |tags: Value| json!({"EndpointName": "e", "EndpointConfigName": "first", "Tags": tags});
    run(&sandbox, "CreateEndpoint", create(json!([{"Key": "stage", "Value": "test"}]))).unwrap();
    wait(&sandbox, 180);
    run(&sandbox, "DeleteEndpoint", json!({"EndpointName": "e"})).unwrap();
    assert_eq!(tags(&sandbox).unwrap()["Tags"], json!([{"Key": "stage", "Value": "test"}]), "still deleting");
    wait(&sandbox, 20);
    for (operation, rest) in
        [("ListTags", json!({})), ("AddTags", json!({"Tags": []})), ("DeleteTags", json!({"TagKeys": ["stage"]}))]
    {
        let mut input = rest;
        input["ResourceArn"] = json!(arn);
        let expected = format!("ValidationException: Could not find resource {arn}.");
        assert_eq!(refusal(&sandbox, operation, input), expected, "{operation}");
    }
    let before = sandbox.census().unwrap();
    run(&sandbox, "ListEndpoints", json!({})).unwrap();
    assert_eq!(before[0].1 - sandbox.census().unwrap()[0].1, 1, "the document goes");
    run(&sandbox, "CreateEndpoint", create(json!([]))).unwrap();
    assert_eq!(tags(&sandbox).unwrap()["Tags"], json!([]));
}

#[test]
fn a_failed_creation_can_only_be_deleted() {
    let sandbox = sandbox();
    sick_model(&sandbox, "sick");
    config(&sandbox, "first", &[on_instances("main", "sick", 1.0)]);
    create(&sandbox, "e", "first");
    wait(&sandbox, 180);
    insta::assert_snapshot!(state(&sandbox), @r#"Failed first The primary container for production variant main did not pass the ping health check. Please check CloudWatch logs for this endpoint."#);
    let update = json!({"EndpointName": "e", "EndpointConfigName": "first"});
    insta::assert_snapshot!(refusal(&sandbox, "UpdateEndpoint", update), @r#"ValidationException: Cannot update failed endpoint "arn:aws:sagemaker:eu-west-1:111111111111:endpoint/e"."#);
    run(&sandbox, "DeleteEndpoint", json!({"EndpointName": "e"})).unwrap();
    wait(&sandbox, 20);
    create(&sandbox, "e", "first");
}

#[tokio::test]
async fn a_missing_or_broken_artifact_fails_a_creation_in_awss_words() {
    let sandbox = sandbox();
    let cases = [("gone", None), ("garbage", Some(&b"not a tar"[..])), ("broken", Some(&b"{}"[..]))];
    let mut reasons = Vec::new();
    for (name, bytes) in cases {
        let key = format!("{name}/model.tar.gz");
        let url = upload(&sandbox, &key, b"for CreateModel");
        container(&sandbox, name, json!({"Image": IMAGE, "ModelDataUrl": url}));
        match (name, bytes) {
            ("broken", Some(bytes)) => drop(upload(&sandbox, &key, &archive(&[("model.json", bytes)]))),
            (_, Some(bytes)) => drop(upload(&sandbox, &key, bytes)),
            (_, None) => remove(&sandbox, &key).await,
        }
        config(&sandbox, name, &[on_instances("main", name, 1.0)]);
        create(&sandbox, name, name);
        wait(&sandbox, 180);
        let found = run(&sandbox, "DescribeEndpoint", json!({"EndpointName": name})).unwrap();
        reasons.push(format!(
            "{}: {}",
            found["EndpointStatus"].as_str().unwrap(),
            found["FailureReason"].as_str().unwrap()
        ));
    }
    insta::assert_snapshot!(reasons.join("\n"), @r#"
    Failed: Failed to download model data for container "container_1" from URL: "s3://artifacts/gone/model.tar.gz". Please ensure that there is an object located at the URL and that the role passed to CreateModel has permissions to download the object.
    Failed: Failed to extract model data archive for container "container_1" from URL "s3://artifacts/garbage/model.tar.gz". Please ensure that the object located at the URL is a valid tar.gz archive.
    Failed: The primary container for production variant main did not pass the ping health check. Please check CloudWatch logs for this endpoint.
    "#);
    let none = json!({"ModelName": "x", "ExecutionRoleArn": ROLE,
                      "PrimaryContainer": {"Image": IMAGE, "ModelDataUrl": "s3://artifacts/none"}});
    insta::assert_snapshot!(refusal(&sandbox, "CreateModel", none), @r#"ValidationException: Could not find model data at s3://artifacts/none."#);
}

async fn remove(sandbox: &Sandbox, key: &str) {
    let scope = format!("AWS4-HMAC-SHA256 Credential={OWN}/20260105/{REGION}/s3/aws4_request, Signature=x");
    let request = Request::delete(format!("/artifacts/{key}")).header("authorization", scope);
    let answer = sandbox.handle(request.body(Bytes::new()).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 204);
}

#[tokio::test]
async fn a_failed_update_rolls_back_silently() {
    let sandbox = serving(&[("m", "10.0")], &[on_instances("main", "m", 1.0)]);
    sick_model(&sandbox, "sick");
    config(&sandbox, "second", &[on_instances("main", "sick", 1.0)]);
    let update = json!({"EndpointName": "e", "EndpointConfigName": "second"});
    run(&sandbox, "UpdateEndpoint", update.clone()).unwrap();
    let mut states = vec![state(&sandbox), refusal(&sandbox, "UpdateEndpoint", update)];
    assert_eq!(describe(&sandbox)["PendingDeploymentSummary"]["EndpointConfigName"], "second");
    wait(&sandbox, 150);
    states.push(state(&sandbox));
    assert_eq!(invoke(&sandbox, "1,2\n").await, (200, "main".into(), "14.5\n".into()), "the old fleet answers");
    wait(&sandbox, 60);
    states.push(state(&sandbox));
    insta::assert_snapshot!(states.join("\n"), @r#"
    Updating first -
    ValidationException: Cannot update in-progress endpoint "arn:aws:sagemaker:eu-west-1:111111111111:endpoint/e".
    RollingBack first -
    InService first The primary container for production variant main did not pass the ping health check. Please check CloudWatch logs for this endpoint.
    "#);

    model(&sandbox, "better", "20.0");
    config(&sandbox, "third", &[on_instances("main", "better", 1.0)]);
    run(&sandbox, "UpdateEndpoint", json!({"EndpointName": "e", "EndpointConfigName": "third"})).unwrap();
    wait(&sandbox, 150);
    assert_eq!(state(&sandbox), "InService third -");
    assert!(describe(&sandbox).get("PendingDeploymentSummary").is_none());
    assert_eq!(invoke(&sandbox, "1,2\n").await.2, "24.5\n");
}

#[tokio::test]
async fn a_canary_takes_its_share_before_the_rest_follows() {
    let sandbox = serving(&[("m", "10.0"), ("n", "20.0")], &[on_instances("main", "m", 1.0)]);
    config(&sandbox, "second", &[on_instances("main", "n", 1.0)]);
    let policy = json!({"BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "CANARY", "WaitIntervalInSeconds": 300,
                                        "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 20}},
        "TerminationWaitInSeconds": 60,
    }});
    run(
        &sandbox,
        "UpdateEndpoint",
        json!({"EndpointName": "e", "EndpointConfigName": "second", "DeploymentConfig": policy}),
    )
    .unwrap();
    wait(&sandbox, 150);
    let mut answers = BTreeMap::new();
    for _ in 0..100 {
        *answers.entry(invoke(&sandbox, "1,2\n").await.2).or_insert(0) += 1;
    }
    assert_eq!(answers, BTreeMap::from([("14.5\n".to_owned(), 80), ("24.5\n".to_owned(), 20)]));
    assert_eq!(
        describe(&sandbox)["PendingDeploymentSummary"]["ProductionVariants"][0]["VariantStatus"][0]["Status"],
        "Baking"
    );
    wait(&sandbox, 360);
    assert_eq!(state(&sandbox), "InService second -");
    assert_eq!(describe(&sandbox)["LastDeploymentConfig"], policy);
}

#[test]
fn guardrails_refuse_what_they_cannot_do() {
    let sandbox = serving(&[("m", "10.0")], &[on_instances("main", "m", 1.0)]);
    config(&sandbox, "same", &[on_instances("main", "m", 1.0)]);
    config(&sandbox, "other", &[on_instances("challenger", "m", 1.0)]);
    let size = |value: u64| json!({"Type": "CAPACITY_PERCENT", "Value": value});
    let routing = |rest: Value| {
        let mut routing = json!({"WaitIntervalInSeconds": 0});
        routing.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        json!({"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}})
    };
    let rolling = json!({"MaximumBatchSize": size(3), "WaitIntervalInSeconds": 0});
    let mut both = routing(json!({"Type": "ALL_AT_ONCE"}));
    both["RollingUpdatePolicy"] = rolling.clone();
    let cases = [
        ("other", routing(json!({"Type": "ALL_AT_ONCE"}))),
        ("same", routing(json!({"Type": "CANARY"}))),
        ("same", routing(json!({"Type": "CANARY", "CanarySize": size(51)}))),
        ("same", routing(json!({"Type": "LINEAR", "LinearStepSize": size(9)}))),
        ("same", json!({"RollingUpdatePolicy": rolling})),
        ("same", both),
    ];
    let refusals = cases.into_iter().map(|(config, policy)| {
        let input = json!({"EndpointName": "e", "EndpointConfigName": config, "DeploymentConfig": policy});
        refusal(&sandbox, "UpdateEndpoint", input)
    });
    insta::assert_snapshot!(refusals.collect::<Vec<_>>().join("\n"), @r#"
    ValidationException: A DeploymentConfig needs the same variant names in the old and the new endpoint configuration.
    ValidationException: Specify CanarySize for this type of update policy.
    ValidationException: CanarySize must be between 1% and 50% of the capacity of the endpoint.
    ValidationException: LinearStepSize must be between 10% and 50% of the capacity of the endpoint.
    ValidationException: MaximumBatchSize must be between 5% and 50% of the capacity of the endpoint.
    ValidationException: Specify either BlueGreenUpdatePolicy or RollingUpdatePolicy in DeploymentConfig.
    "#);
    assert_eq!(state(&sandbox), "InService first -");
}

#[tokio::test]
async fn weights_split_a_thousand_calls_exactly_and_change_in_time() {
    let variants = [on_instances("champion", "m", 9.0), on_instances("challenger", "n", 1.0)];
    let sandbox = serving(&[("m", "10.0"), ("n", "20.0")], &variants);
    let split = async || {
        let mut served = BTreeMap::new();
        for _ in 0..1000 {
            *served.entry(invoke(&sandbox, "1,2").await.1).or_insert(0) += 1;
        }
        served
    };
    assert_eq!(split().await, BTreeMap::from([("challenger".to_owned(), 100), ("champion".to_owned(), 900)]));

    let weights = |champion: f64, count: u64| {
        json!({"EndpointName": "e", "DesiredWeightsAndCapacities": [
            {"VariantName": "champion", "DesiredWeight": champion}, {"VariantName": "challenger", "DesiredInstanceCount": count},
        ]})
    };
    run(&sandbox, "UpdateEndpointWeightsAndCapacities", weights(1.0, 3)).unwrap();
    let variants = || describe(&sandbox)["ProductionVariants"].clone();
    assert_eq!(
        (variants()[0]["CurrentWeight"].as_f64(), variants()[0]["DesiredWeight"].as_f64()),
        (Some(9.0), Some(1.0))
    );
    assert_eq!(variants()[1]["VariantStatus"][0]["StatusMessage"], "Scaling out desired instance count to 3.");
    assert_eq!(state(&sandbox), "Updating first -");
    wait(&sandbox, 30);
    assert_eq!(
        (variants()[0]["CurrentWeight"].as_f64(), variants()[1]["CurrentInstanceCount"].as_u64()),
        (Some(1.0), Some(3))
    );
    assert_eq!(split().await, BTreeMap::from([("challenger".to_owned(), 500), ("champion".to_owned(), 500)]));

    let one = |target: Value| json!({"EndpointName": "e", "DesiredWeightsAndCapacities": [target]});
    let refusals = [
        refusal(&sandbox, "UpdateEndpointWeightsAndCapacities", one(json!({"VariantName": "x", "DesiredWeight": 1}))),
        refusal(
            &sandbox,
            "UpdateEndpointWeightsAndCapacities",
            one(json!({"VariantName": "champion", "ServerlessUpdateConfig": {"MaxConcurrency": 2}})),
        ),
        refusal(
            &sandbox,
            "UpdateEndpointWeightsAndCapacities",
            json!({"EndpointName": "e", "DesiredWeightsAndCapacities": [
            {"VariantName": "champion", "DesiredWeight": 0}, {"VariantName": "challenger", "DesiredWeight": 0}]}),
        ),
    ];
    insta::assert_snapshot!(refusals.join("\n"), @r#"
    ValidationException: The variant name(s) "x" is/are not present within endpoint configuration "first".
    ValidationException: The capacity given does not apply to instance-based variant champion.
    ValidationException: At least one production variant must have a weight greater than 0.
    "#);
}

#[test]
fn an_update_may_retain_what_has_been_changed_since() {
    let sandbox = serving(&[("m", "10.0")], &[on_instances("a", "m", 1.0), on_instances("b", "m", 1.0)]);
    run(
        &sandbox,
        "UpdateEndpointWeightsAndCapacities",
        json!({"EndpointName": "e", "DesiredWeightsAndCapacities": [
        {"VariantName": "a", "DesiredWeight": 5, "DesiredInstanceCount": 4}]}),
    )
    .unwrap();
    wait(&sandbox, 30);
    config(&sandbox, "second", &[on_instances("a", "m", 2.0), on_instances("c", "m", 1.0)]);
    let update = |rest: Value| {
        let mut input = json!({"EndpointName": "e", "EndpointConfigName": "second"});
        input.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        run(&sandbox, "UpdateEndpoint", input).unwrap();
        wait(&sandbox, 150);
        let variant = describe(&sandbox)["ProductionVariants"][0].clone();
        (variant["CurrentWeight"].as_f64().unwrap(), variant["CurrentInstanceCount"].as_u64().unwrap())
    };
    let excluded = json!([{"VariantPropertyType": "DesiredWeight"}]);
    assert_eq!(update(json!({"RetainAllVariantProperties": true})), (5.0, 4));
    assert_eq!(
        update(json!({"RetainAllVariantProperties": true, "ExcludeRetainedVariantProperties": excluded})),
        (2.0, 4)
    );
    assert_eq!(update(json!({})), (2.0, 1));
}

#[test]
fn lists_filter_sort_and_page() {
    let sandbox = serving(&[("m", "10.0")], &[on_instances("main", "m", 1.0)]);
    sick_model(&sandbox, "sick");
    config(&sandbox, "bad", &[on_instances("main", "sick", 1.0)]);
    for name in ["churn-a", "churn-b"] {
        wait(&sandbox, 10);
        create(&sandbox, name, "bad");
    }
    let names = |input: Value| {
        let answer = run(&sandbox, "ListEndpoints", input).unwrap();
        let names = answer["Endpoints"].as_array().unwrap().iter().map(|it| it["EndpointName"].as_str().unwrap());
        (names.map(str::to_owned).collect::<Vec<_>>().join(" "), answer["NextToken"].as_str().map(str::to_owned))
    };
    assert_eq!(names(json!({})).0, "churn-b churn-a e");
    assert_eq!(names(json!({"SortBy": "Name", "SortOrder": "Ascending"})).0, "churn-a churn-b e");
    assert_eq!(names(json!({"SortBy": "Status", "SortOrder": "Ascending"})).0, "churn-a churn-b e");
    assert_eq!(names(json!({"SortBy": "Status", "SortOrder": "Descending"})).0, "e churn-b churn-a");
    assert_eq!(names(json!({"StatusEquals": "Creating"})).0, "churn-b churn-a");
    assert_eq!(names(json!({"NameContains": "churn"})).0, "churn-b churn-a");
    assert_eq!(names(json!({"LastModifiedTimeAfter": "2026-01-05T09:03:11Z"})).0, "churn-b");
    assert_eq!(names(json!({"CreationTimeBefore": "2026-01-05T09:03:15Z"})).0, "churn-a e");
    let (first, token) = names(json!({"MaxResults": 2}));
    assert_eq!(
        (first.as_str(), names(json!({"MaxResults": 2, "NextToken": token}))),
        ("churn-b churn-a", ("e".into(), None))
    );
    wait(&sandbox, 180);
    assert_eq!(names(json!({"StatusEquals": "Failed"})).0, "churn-b churn-a");
    let models = run(&sandbox, "ListModels", json!({"NameContains": "sick"})).unwrap();
    assert_eq!(models["Models"][0]["ModelArn"], format!("arn:aws:sagemaker:{REGION}:{OWN}:model/sick"));
    let configs = run(&sandbox, "ListEndpointConfigs", json!({"SortBy": "Name", "SortOrder": "Ascending"})).unwrap();
    assert_eq!(configs["EndpointConfigs"][0]["EndpointConfigName"], "bad");
}

#[test]
fn search_finds_endpoints_by_tag_configuration_and_status() {
    let sandbox = sandbox();
    model(&sandbox, "m", "10.0");
    config(&sandbox, "first", &[on_instances("main", "m", 1.0)]);
    let tags = json!([{"Key": "aiops-model", "Value": "churn"}]);
    run(&sandbox, "CreateEndpoint", json!({"EndpointName": "e", "EndpointConfigName": "first", "Tags": tags})).unwrap();
    let found = |name: &str, value: &str| {
        let filter = json!({"Name": name, "Operator": "Equals", "Value": value});
        let input = json!({"Resource": "Endpoint", "SearchExpression": {"Filters": [filter]}});
        let answer = run(&sandbox, "Search", input).unwrap();
        answer["Results"].as_array().unwrap().iter().map(|it| it["Endpoint"].clone()).collect::<Vec<_>>()
    };
    wait(&sandbox, 10);
    assert_eq!(found("Tags.aiops-model", "churn").len(), 1);
    assert_eq!(found("EndpointStatus", "Creating").len(), 1);
    wait(&sandbox, 180);
    assert_eq!(found("EndpointStatus", "Creating").len(), 0);
    let endpoint = &found("EndpointConfigName", "first")[0];
    assert_eq!(endpoint["EndpointStatus"], "InService");
    assert_eq!(endpoint["Tags"], tags);
    assert_eq!(endpoint["ProductionVariants"][0]["VariantName"], "main");
    run(&sandbox, "DeleteEndpoint", json!({"EndpointName": "e"})).unwrap();
    wait(&sandbox, 30);
    assert_eq!(found("EndpointName", "e").len(), 0);
}
