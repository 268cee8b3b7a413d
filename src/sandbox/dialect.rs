//! awsJson1.0 and rpc-v2-cbor, which become awsJson1.1 on the way in and come back on the way out. Services know only
//! the latter.
//!
//! rpc-v2-cbor has the operation in its path, `/service/<service>/operation/<operation>`, and CBOR in its bodies.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ciborium::Value as Cbor;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderName, Method};
use serde_json::{Map, Number, Value};

use super::call::{ApiError, ApiResult};
use super::service::RawRequest;
use super::wire::Answer;

const JSON_1_0: &str = "application/x-amz-json-1.0";
const CBOR: HeaderValue = HeaderValue::from_static("application/cbor");
const PROTOCOL: HeaderName = HeaderName::from_static("smithy-protocol");
const RPC_V2_CBOR: HeaderValue = HeaderValue::from_static("rpc-v2-cbor");
const TARGET: HeaderName = HeaderName::from_static("x-amz-target");
/// The CBOR tag of moments: seconds since 1970.
const EPOCH: u64 = 1;

/// What a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    /// Something that needs no translation.
    Plain,
    /// awsJson1.0, which differs from 1.1 in its content type.
    Json10,
    /// rpc-v2-cbor.
    Cbor,
}

impl Dialect {
    /// What `request` is written in.
    pub fn of(request: &RawRequest) -> Self {
        if request.headers().get(PROTOCOL) == Some(&RPC_V2_CBOR) {
            Dialect::Cbor
        } else if request.headers().get(CONTENT_TYPE).is_some_and(|found| found == JSON_1_0) {
            Dialect::Json10
        } else {
            Dialect::Plain
        }
    }

    /// The same request in awsJson.
    pub fn request(self, request: &RawRequest) -> ApiResult<Cow<'_, RawRequest>> {
        if self != Dialect::Cbor {
            return Ok(Cow::Borrowed(request));
        }
        let mut plain = request.clone();
        if let Some(target) = target(request) {
            plain.headers_mut().insert(TARGET, target);
        }
        *plain.body_mut() = body(request.body())?;
        Ok(Cow::Owned(plain))
    }

    /// An answer in awsJson as the client wants it.
    pub fn answer(self, mut answer: Answer) -> Answer {
        match self {
            Dialect::Plain => {}
            Dialect::Json10 => drop(answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON_1_0))),
            Dialect::Cbor => {
                let value = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
                let mut bytes = Vec::new();
                // Writing to memory cannot fail.
                let _ = ciborium::into_writer(&to_cbor(&value), &mut bytes);
                *answer.body_mut() = Bytes::from(bytes);
                answer.headers_mut().insert(CONTENT_TYPE, CBOR);
                answer.headers_mut().insert(PROTOCOL, RPC_V2_CBOR);
            }
        }
        answer
    }
}

/// `<service>.<operation>` of a request in rpc-v2-cbor.
fn target(request: &RawRequest) -> Option<HeaderValue> {
    let path = request.uri().path().strip_prefix("/service/").filter(|_| request.method() == Method::POST)?;
    let (service, operation) = path.split_once("/operation/")?;
    HeaderValue::from_str(&format!("{service}.{operation}")).ok()
}

fn body(bytes: &Bytes) -> ApiResult<Bytes> {
    if bytes.is_empty() {
        return Ok(Bytes::new());
    }
    let mut rest: &[u8] = bytes;
    let value: Cbor = ciborium::from_reader(&mut rest).map_err(|error| unreadable(&error.to_string()))?;
    if !rest.is_empty() {
        return Err(unreadable("there is something after its end"));
    }
    Ok(Bytes::from(to_json(value)?.to_string()))
}

fn unreadable(reason: &str) -> ApiError {
    ApiError::new(400, "SerializationException", format!("The body is not CBOR as it should be: {reason}"))
}

fn to_json(value: Cbor) -> ApiResult {
    Ok(match value {
        Cbor::Null => Value::Null,
        Cbor::Bool(value) => Value::Bool(value),
        Cbor::Text(text) => Value::String(text),
        Cbor::Bytes(bytes) => Value::String(STANDARD.encode(bytes)),
        Cbor::Integer(number) => {
            let number = Number::from_i128(number.into()).ok_or_else(|| unreadable("a number is too large"))?;
            Value::Number(number)
        }
        Cbor::Float(number) => Value::Number(Number::from_f64(number).ok_or_else(|| unreadable("a number is none"))?),
        // Moments are numbers in awsJson.
        Cbor::Tag(EPOCH, inner) if matches!(*inner, Cbor::Integer(_) | Cbor::Float(_)) => to_json(*inner)?,
        Cbor::Array(items) => Value::Array(items.into_iter().map(to_json).collect::<ApiResult<_>>()?),
        Cbor::Map(members) => {
            let members = members.into_iter().map(|(name, value)| match name {
                Cbor::Text(name) => Ok((name, to_json(value)?)),
                _ => Err(unreadable("a name is no text")),
            });
            Value::Object(members.collect::<ApiResult<Map<_, _>>>()?)
        }
        _ => return Err(unreadable("it has a type that no operation takes")),
    })
}

/// A JSON value of an answer. Of the operations that are emulated none answers with a number that has a fraction unless
/// it is a moment, as [`super::call::epoch_seconds`] writes it.
fn to_cbor(value: &Value) -> Cbor {
    match value {
        Value::Null => Cbor::Null,
        Value::Bool(value) => Cbor::Bool(*value),
        Value::String(text) => Cbor::Text(text.clone()),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Cbor::Integer(whole.into()),
            (None, seconds) => Cbor::Tag(EPOCH, Box::new(Cbor::Float(seconds.unwrap_or_default()))),
        },
        Value::Array(items) => Cbor::Array(items.iter().map(to_cbor).collect()),
        Value::Object(members) => {
            Cbor::Map(members.iter().map(|(name, value)| (Cbor::Text(name.clone()), to_cbor(value))).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::sandbox::wire;

    fn request(body: &'static [u8]) -> RawRequest {
        http::Request::post("/service/Things_20260101/operation/GetThing")
            .header("smithy-protocol", "rpc-v2-cbor")
            .body(Bytes::from_static(body))
            .unwrap()
    }

    fn read(body: &'static [u8]) -> Result<Value, String> {
        let request = request(body);
        let plain = Dialect::of(&request).request(&request).map_err(|error| error.to_string())?;
        assert_eq!(plain.headers()[TARGET], "Things_20260101.GetThing");
        Ok(serde_json::from_slice(plain.body()).unwrap())
    }

    #[test]
    fn what_comes_in_becomes_json() {
        // {_ "a": 1, "b": [_ h'ff', -2, true], "c": 1(1.5), "d": null, "e": 0.5 as a half } with endless containers.
        let endless = b"\xbf\x61a\x01\x61b\x9f\x41\xff\x21\xf5\xff\x61c\xc1\xf9\x3e\x00\x61d\xf6\x61e\xf9\x38\x00\xff";
        assert_eq!(read(endless).unwrap(), json!({"a": 1, "b": ["/w==", -2, true], "c": 1.5, "d": null, "e": 0.5}));
        // {"s": (_ "x", "y")}: a text in chunks.
        assert_eq!(read(b"\xa1\x61s\x7f\x61x\x61y\xff").unwrap(), json!({"s": "xy"}));
    }

    #[test]
    fn what_is_no_cbor_of_an_operation_is_refused() {
        for body in [&b"\xa1\x61a"[..], b"\xa0\x00", b"\xa1\x01\x02", b"\xa1\x61a\xfb\x7f\xf8\0\0\0\0\0\0", b"{}"] {
            assert!(read(body).unwrap_err().starts_with("SerializationException"), "{body:?}");
        }
        let nothing = request(b"");
        assert!(Dialect::Cbor.request(&nothing).unwrap().body().is_empty());
    }

    #[test]
    fn what_goes_out_is_cbor_with_moments_tagged() {
        let answer = wire::json_answer(&Ok(json!({"a": [1, "x"], "t": 1_767_603_630.5})));
        let answer = Dialect::Cbor.answer(answer);
        assert_eq!(answer.body().as_ref(), b"\xa2\x61a\x82\x01\x61x\x61t\xc1\xfb\x41\xda\x56\xdf\x6b\xa0\0\0");
        assert_eq!((&answer.headers()[CONTENT_TYPE], &answer.headers()[PROTOCOL]), (&CBOR, &RPC_V2_CBOR));
    }

    #[test]
    fn each_client_gets_its_own_version_of_json() {
        let plain = http::Request::post("/").header("content-type", JSON_1_0).body(Bytes::new()).unwrap();
        let answer = Dialect::of(&plain).answer(wire::json_answer(&Ok(json!({}))));
        assert_eq!(answer.headers()[CONTENT_TYPE], JSON_1_0);
        let answer = Dialect::of(&RawRequest::default()).answer(wire::json_answer(&Ok(json!({}))));
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/x-amz-json-1.1");
    }
}
