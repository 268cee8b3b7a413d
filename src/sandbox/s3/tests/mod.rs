//! S3 from the outside: signed requests in, answers out.

mod buckets;
mod checksums;
mod errors;
mod listings;
mod multipart;
mod objects;
mod permissions;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Request};

use crate::clock::FixedClock;
use crate::sandbox::Sandbox;

const ACCOUNT: &str = "111111111111";
const OTHER: &str = "222222222222";
const REGION: &str = "eu-west-1";

/// A client of one account in one Region.
struct Client {
    sandbox: Sandbox,
    account: &'static str,
    region: &'static str,
    /// Access key id and token of a role session; none for the account's administrator.
    session: Option<(String, String)>,
}

/// An answer, easy to look at.
#[derive(Debug)]
struct Answered {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

/// A client of [`ACCOUNT`], in an empty sandbox with the bucket `models`.
fn client() -> Client {
    let clock = FixedClock("2026-01-05T09:00:00.250Z".parse().unwrap());
    let sandbox = Sandbox::open(None, Arc::new(clock), 1.0).unwrap();
    super::create_bucket(&sandbox, ACCOUNT, REGION, "models", None).unwrap();
    Client { sandbox, account: ACCOUNT, region: REGION, session: None }
}

impl Client {
    /// The same sandbox for another account and Region.
    fn of(&self, account: &'static str, region: &'static str) -> Client {
        Client { sandbox: self.sandbox.clone(), account, region, session: None }
    }

    /// Sends `line`, such as `PUT /bucket/key`.
    fn send(&self, line: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answered {
        let (method, uri) = line.split_once(' ').unwrap();
        let key = self.session.as_ref().map_or(self.account, |(key, _)| key);
        let scope = format!("{key}/20260105/{}/s3/aws4_request", self.region);
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"));
        if let Some((_, token)) = &self.session {
            request = request.header("x-amz-security-token", token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.into()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (parts, body) = runtime.block_on(self.sandbox.handle(request)).unwrap().into_parts();
        Answered { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// Sends and expects success.
    fn ok(&self, line: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Answered {
        let answered = self.send(line, headers, body);
        assert!((200..300).contains(&answered.status), "{line}: {} {}", answered.status, answered.text());
        answered
    }

    /// Puts an object of `body`.
    fn put(&self, path: &str, body: impl Into<Bytes>) -> Answered {
        self.ok(&format!("PUT {path}"), &[], body)
    }

    /// The bytes of an object.
    fn get(&self, path: &str) -> Bytes {
        self.ok(&format!("GET {path}"), &[], "").body
    }
}

impl Answered {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Texts of all elements with this name, unescaped.
    fn elements(&self, name: &str) -> Vec<String> {
        let text = self.text();
        text.split(&format!("<{name}>"))
            .skip(1)
            .map(|rest| rest.split(&format!("</{name}>")).next().unwrap())
            .map(|text| quick_xml::escape::unescape(text).unwrap().into_owned())
            .collect()
    }

    /// Text of the only element with this name.
    fn element(&self, name: &str) -> String {
        let mut found = self.elements(name);
        assert_eq!(found.len(), 1, "{name} in {}", self.text());
        found.remove(0)
    }

    /// Status and error code.
    fn error(&self) -> (u16, String) {
        (self.status, self.element("Code"))
    }
}
