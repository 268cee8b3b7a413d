//! Invocations.

use serde_json::json;

use super::*;

#[tokio::test]
async fn callers_may_name_a_variant() {
    let variants = [on_instances("champion", "m", 1.0), on_instances("challenger", "n", 0.0)];
    let sandbox = serving(&[("m", "10.0"), ("n", "20.0")], &variants);
    let target = |variant| [("content-type", "text/csv"), ("x-amzn-sagemaker-target-variant", variant)];
    let named = read(&call(&sandbox, &target("challenger"), "1,2").await);
    assert_eq!(named, (200, "challenger".into(), "24.5\n".into()));
    let (status, code, body) = read(&call(&sandbox, &target("none"), "1,2").await);
    assert_eq!((status, code.as_str()), (400, "ValidationError"));
    insta::assert_snapshot!(body, @r#"{"Message":"Variant none not found for endpoint e of account 111111111111."}"#);
}

#[tokio::test]
async fn models_answer_or_say_why_not() {
    let sandbox = serving(&[("m", "10.0")], &[on_instances("main", "m", 1.0)]);
    let csv = call(&sandbox, &[("content-type", "text/csv"), ("accept", "*/*")], "age,bmi\n1,2\n3,4\n").await;
    assert_eq!((csv.headers()["content-type"].to_str().unwrap(), &csv.body()[..]), ("text/csv", &b"14.5\n19.5\n"[..]));
    let (status, code, body) = invoke(&sandbox, "1,2,3").await;
    assert_eq!((status, code.as_str()), (424, "ModelError"));
    let body: Value = serde_json::from_str(&body).unwrap();
    insta::assert_json_snapshot!(body, @r#"
    {
      "Message": "Received client error (400) from primary with message \"row 1 has 3 values, the model takes 2 features\". See https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logEventViewer:group=/aws/sagemaker/Endpoints/e in account 111111111111 for more information.",
      "OriginalStatusCode": 400,
      "OriginalMessage": "row 1 has 3 values, the model takes 2 features",
      "LogStreamArn": "arn:aws:logs:eu-west-1:111111111111:log-group:/aws/sagemaker/Endpoints/e"
    }
    "#);
    let large = call(&sandbox, &[("content-type", "text/csv")], vec![b'1'; 6_291_457]).await;
    insta::assert_snapshot!(read(&large).2, @r#"{"Message":"1 validation error detected: Value at 'body' failed to satisfy constraint: Member must have length less than or equal to 6291456"}"#);
    let component = [("content-type", "text/csv"), ("x-amzn-sagemaker-inference-component", "c")];
    assert_eq!(read(&call(&sandbox, &component, "1,2").await).1, "ValidationError");
}

#[tokio::test]
async fn what_the_sandbox_cannot_serve_is_a_clear_model_error() {
    let sandbox = sandbox();
    let url = upload(&sandbox, "other/model.tar.gz", &archive(&[("model.pkl", b"pickle")]));
    container(&sandbox, "other", json!({"Image": IMAGE, "ModelDataUrl": url}));
    config(&sandbox, "first", &[on_instances("main", "other", 1.0)]);
    create(&sandbox, "e", "first");
    wait(&sandbox, 180);
    let (status, _, body) = invoke(&sandbox, "1,2").await;
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, body["OriginalStatusCode"].as_u64()), (424, Some(500)));
    insta::assert_snapshot!(body["OriginalMessage"].as_str().unwrap(), @r#"the model data holds no model.json: the sandbox serves models of one container whose model.tar.gz holds a model.json of aiops-linear/1"#);
}

#[tokio::test]
async fn unpacked_model_data_is_served_from_its_prefix() {
    let sandbox = sandbox();
    upload(&sandbox, "prefix/model.json", MODEL.as_bytes());
    let source = json!({"S3Uri": "s3://artifacts/prefix/", "S3DataType": "S3Prefix", "CompressionType": "None"});
    container(&sandbox, "m", json!({"Image": IMAGE, "ModelDataSource": {"S3DataSource": source}}));
    let serverless = json!({"VariantName": "main", "ModelName": "m",
                            "ServerlessConfig": {"MemorySizeInMB": 2048, "MaxConcurrency": 5}});
    let input = json!({"EndpointConfigName": "c", "ProductionVariants": [serverless]});
    insta::assert_snapshot!(refusal(&sandbox, "CreateEndpointConfig", input), @r#"ValidationException: Serverless variant main cannot use a model with a ModelDataSource."#);
    config(&sandbox, "first", &[on_instances("main", "m", 1.0)]);
    create(&sandbox, "e", "first");
    wait(&sandbox, 180);
    assert_eq!(invoke(&sandbox, "1,2").await.2, "14.5\n");
}
