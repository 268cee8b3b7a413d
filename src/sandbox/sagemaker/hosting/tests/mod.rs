//! Hosting from the outside: what AWS's operations answer, over time.

mod endpoints;
mod execution_role;
mod models;
mod runtime;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::clock::FixedClock;
use crate::sandbox::Sandbox;
use crate::sandbox::call::{ApiError, ApiResult};
use crate::sandbox::s3;
use crate::sandbox::sagemaker::predictor::tests::{MODEL, archive};
use crate::sandbox::testing::{self, allow, trust};
use crate::sandbox::wire::Answer;

const OWN: &str = "111111111111";
const CENTRAL: &str = "222222222222";
const REGION: &str = "eu-west-1";
const ROLE: &str = "arn:aws:iam::111111111111:role/execution";
const IMAGE: &str = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/sklearn:1.4";

/// A sandbox with the bucket `artifacts` and the role [`ROLE`], which may read it, at nine o'clock.
fn sandbox() -> Sandbox {
    let clock = Arc::new(FixedClock("2026-01-05T08:59:50Z".parse().unwrap()));
    let sandbox = Sandbox::open(None, clock, 1.0).unwrap();
    s3::create_bucket(&sandbox, OWN, REGION, "artifacts", None).unwrap();
    role(&sandbox, "execution", &trust_sagemaker(), &allow(&["s3:GetObject"], &json!({})));
    sandbox
}

/// A trust policy for SageMaker.
fn trust_sagemaker() -> String {
    trust("x", &["sts:AssumeRole"], &json!({})).replace(r#"{"AWS":"x"}"#, r#"{"Service":"sagemaker.amazonaws.com"}"#)
}

/// Makes a role of [`OWN`] and waits until it can be used.
fn role(sandbox: &Sandbox, name: &str, trust: &str, policy: &str) -> String {
    testing::role(sandbox, OWN, name, trust, policy)
}

fn at(sandbox: &Sandbox, account: &str, operation: &str, input: Value) -> ApiResult {
    sandbox.administer(account, REGION, "sagemaker", operation, input)
}

fn run(sandbox: &Sandbox, operation: &str, input: Value) -> ApiResult {
    at(sandbox, OWN, operation, input)
}

fn refusal(sandbox: &Sandbox, operation: &str, input: Value) -> String {
    let ApiError { code, message, .. } = run(sandbox, operation, input).unwrap_err();
    format!("{code}: {message}")
}

fn wait(sandbox: &Sandbox, seconds: u64) {
    sandbox.clock().advance(Duration::from_secs(seconds));
}

fn upload(sandbox: &Sandbox, key: &str, bytes: &[u8]) -> String {
    s3::put_object(sandbox, OWN, REGION, "artifacts", key, bytes).unwrap();
    format!("s3://artifacts/{key}")
}

/// Makes a model whose prediction is `intercept` plus half of the age and twice the bmi.
fn model(sandbox: &Sandbox, name: &str, intercept: &str) {
    let text = MODEL.replace("10.0", intercept);
    let url = upload(sandbox, &format!("{name}/model.tar.gz"), &archive(&[("model.json", text.as_bytes())]));
    container(sandbox, name, json!({"Image": IMAGE, "ModelDataUrl": url}));
}

fn container(sandbox: &Sandbox, name: &str, container: Value) {
    let input = json!({"ModelName": name, "PrimaryContainer": container, "ExecutionRoleArn": ROLE});
    run(sandbox, "CreateModel", input).unwrap();
}

/// Makes a model that does not come up.
fn sick_model(sandbox: &Sandbox, name: &str) {
    container(sandbox, name, json!({"Image": IMAGE, "Environment": {"SANDBOX_FAIL": "ping"}}));
}

fn on_instances(variant: &str, model: &str, weight: f64) -> Value {
    json!({"VariantName": variant, "ModelName": model, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1,
           "InitialVariantWeight": weight})
}

fn config(sandbox: &Sandbox, name: &str, variants: &[Value]) {
    let input = json!({"EndpointConfigName": name, "ProductionVariants": variants});
    run(sandbox, "CreateEndpointConfig", input).unwrap();
}

fn create(sandbox: &Sandbox, endpoint: &str, config: &str) {
    run(sandbox, "CreateEndpoint", json!({"EndpointName": endpoint, "EndpointConfigName": config})).unwrap();
}

/// A sandbox whose endpoint `e` serves `variants` under the configuration `first`.
fn serving(models: &[(&str, &str)], variants: &[Value]) -> Sandbox {
    let sandbox = sandbox();
    models.iter().for_each(|(name, intercept)| model(&sandbox, name, intercept));
    config(&sandbox, "first", variants);
    create(&sandbox, "e", "first");
    wait(&sandbox, 180);
    sandbox
}

fn describe(sandbox: &Sandbox) -> Value {
    run(sandbox, "DescribeEndpoint", json!({"EndpointName": "e"})).unwrap()
}

/// Status, configuration and the failure that `DescribeEndpoint` gives.
fn state(sandbox: &Sandbox) -> String {
    let endpoint = describe(sandbox);
    let member = |name: &str| endpoint[name].as_str().unwrap_or("-").to_owned();
    format!("{} {} {}", member("EndpointStatus"), member("EndpointConfigName"), member("FailureReason"))
}

async fn call(sandbox: &Sandbox, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answer {
    let scope = format!("AWS4-HMAC-SHA256 Credential={OWN}/20260105/{REGION}/sagemaker/aws4_request, Signature=x");
    let mut request = Request::post("/endpoints/e/invocations").header("authorization", scope);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    sandbox.handle(request.body(body.into()).unwrap()).await.unwrap()
}

async fn invoke(sandbox: &Sandbox, body: &'static str) -> (u16, String, String) {
    read(&call(sandbox, &[("content-type", "text/csv")], body).await)
}

/// Status, variant or error type, and body.
fn read(answer: &Answer) -> (u16, String, String) {
    let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let from = header("x-amzn-errortype").or(header("x-amzn-invoked-production-variant")).unwrap_or_default();
    (answer.status().as_u16(), from, String::from_utf8(answer.body().to_vec()).unwrap())
}
