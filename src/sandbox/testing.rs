//! Calls as clients make them: signed for a key, in the protocol of the service.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::Sandbox;
use crate::clock::FixedClock;

/// The first account of the tests.
pub const A: &str = "111111111111";
/// The second account.
pub const B: &str = "222222222222";

/// A sandbox in memory, at a fixed moment.
pub fn sandbox() -> Sandbox {
    let clock = Arc::new(FixedClock("2026-01-05T09:00:00Z".parse().unwrap()));
    Sandbox::open(None, clock, 1.0).unwrap()
}

/// Lets `seconds` pass.
pub fn wait(sandbox: &Sandbox, seconds: u64) {
    sandbox.clock().advance(Duration::from_secs(seconds));
}

/// Someone who calls.
pub struct Client<'a> {
    sandbox: &'a Sandbox,
    key: String,
    token: Option<String>,
}

impl<'a> Client<'a> {
    /// The administrator of `account`.
    pub fn administrator(sandbox: &'a Sandbox, account: &str) -> Self {
        Client { sandbox, key: account.to_owned(), token: None }
    }

    /// A holder of these credentials.
    pub fn with(sandbox: &'a Sandbox, key: &str, token: &str) -> Self {
        Client { sandbox, key: key.to_owned(), token: Some(token.to_owned()) }
    }

    /// Calls a query service; the XML of the answer, or `Code: message`.
    pub fn query(&self, service: &str, action: &str, parameters: &[(&str, &str)]) -> Result<String, String> {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let mut body = format!("Action={action}");
        for (name, value) in parameters {
            body.push_str(&format!("&{}={}", encode(name), encode(value)));
        }
        let (status, answer) = self.send(service, None, body);
        if status == 200 {
            return Ok(answer);
        }
        Err(format!("{}: {}", element(&answer, "Code"), element(&answer, "Message")))
    }

    /// Calls an awsJson1.1 service; the answer, or `Code: message`.
    pub fn json(&self, service: &str, target: &str, input: &Value) -> Result<Value, String> {
        let (status, answer) = self.send(service, Some(target), input.to_string());
        let answer: Value = serde_json::from_str(&answer).unwrap();
        if status == 200 {
            return Ok(answer);
        }
        Err(format!("{}: {}", answer["__type"].as_str().unwrap(), answer["message"].as_str().unwrap()))
    }

    /// Calls AssumeRole and gives the holder of the new session.
    pub fn assume(&self, role: &str, parameters: &[(&str, &str)]) -> Result<Client<'a>, String> {
        let named = [("RoleArn", role), ("RoleSessionName", "run")];
        let answer = self.query("sts", "AssumeRole", &[&named, parameters].concat())?;
        let (key, token) = (element(&answer, "AccessKeyId"), element(&answer, "SessionToken"));
        Ok(Client::with(self.sandbox, &key, &token))
    }

    /// Calls a restJson1 service; the answer, or `status Code: message`.
    pub fn rest(&self, service: &str, method: &str, target: &str, input: &Value) -> Result<Value, String> {
        let body = if *input == json!({}) { String::new() } else { input.to_string() };
        let answer = self.request(service, http::Request::builder().method(method).uri(target), body);
        let (status, text) = (answer.status().as_u16(), String::from_utf8(answer.body().to_vec()).unwrap());
        if status < 300 {
            return Ok(if text.is_empty() { json!({}) } else { serde_json::from_str(&text).unwrap() });
        }
        let code = answer.headers()["x-amzn-errortype"].to_str().unwrap();
        let error: Value = serde_json::from_str(&text).unwrap();
        Err(format!("{status} {code}: {}", error["message"].as_str().unwrap()))
    }

    fn send(&self, service: &str, target: Option<&str>, body: String) -> (u16, String) {
        let mut request = http::Request::post("/");
        if let Some(target) = target {
            request = request.header("x-amz-target", target);
        }
        let answer = self.request(service, request, body);
        (answer.status().as_u16(), String::from_utf8(answer.into_body().to_vec()).unwrap())
    }

    fn request(&self, service: &str, mut request: http::request::Builder, body: String) -> http::Response<Bytes> {
        let scope = format!("{}/20260105/eu-west-1/{service}/aws4_request", self.key);
        request = request.header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, Signature=x"));
        if let Some(token) = &self.token {
            request = request.header("x-amz-security-token", token);
        }
        let request = request.body(Bytes::from(body)).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(self.sandbox.handle(request)).unwrap()
    }
}

/// The text of the first element `name`, entities resolved.
pub fn element(xml: &str, name: &str) -> String {
    let inner = xml.split_once(&format!("<{name}>")).and_then(|(_, rest)| rest.split_once(&format!("</{name}>")));
    let text = inner.map(|(text, _)| text).unwrap_or_default();
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}

/// The texts of all elements `name`.
pub fn elements(xml: &str, name: &str) -> Vec<String> {
    let open = format!("<{name}>");
    xml.split(&open).skip(1).map(|part| element(&format!("{open}{part}"), name)).collect()
}

/// A document with one allow statement.
pub fn allow(actions: &[&str], condition: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions, "Resource": "*",
           "Condition": condition}})
    .to_string()
}

/// A trust policy for one principal.
pub fn trust(principal: &str, actions: &[&str], condition: &Value) -> String {
    json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": actions,
           "Principal": {"AWS": principal}, "Condition": condition}})
    .to_string()
}

/// Makes a role with one inline policy, and waits until it can be assumed.
pub fn role(sandbox: &Sandbox, account: &str, name: &str, trust: &str, policy: &str) -> String {
    let run = |operation, input| sandbox.administer(account, "eu-west-1", "iam", operation, input).unwrap();
    let made = run("CreateRole", json!({"RoleName": name, "AssumeRolePolicyDocument": trust}));
    run("PutRolePolicy", json!({"RoleName": name, "PolicyName": "p", "PolicyDocument": policy}));
    wait(sandbox, 10);
    made["Role"]["Arn"].as_str().unwrap().to_owned()
}
