//! Wire formats: AWS's protocols on one side, JSON values with AWS's member names on the other.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{HeaderName, Response, StatusCode};
use percent_encoding::percent_decode_str;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};
use serde_json::{Map, Value};

use super::call::ApiError;
use super::shape::{Shape, Shapes};

/// Bytes in, bytes out.
pub(super) type Answer = Response<Bytes>;

/// An answer with `status`, `content_type` and `body`.
pub(super) fn answer(status: u16, content_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

/// The header by which clients learn the request id.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");

const JSON_1_1: &str = "application/x-amz-json-1.1";

/// The awsJson1.1 answer to a call.
pub(super) fn json_answer(outcome: &Result<Value, ApiError>) -> Answer {
    match outcome {
        Ok(value) => answer(200, JSON_1_1, value.to_string()),
        Err(error) => {
            let mut body = Map::new();
            body.insert("__type".into(), error.code.clone().into());
            body.insert("message".into(), error.message.clone().into());
            answer(error.status, JSON_1_1, Value::Object(body).to_string())
        }
    }
}

/// The AWS query answer to a call of `operation` in the XML namespace `namespace`.
pub(super) fn query_answer(
    operation: &str,
    namespace: &str,
    request_id: &str,
    outcome: &Result<Value, ApiError>,
) -> Answer {
    let (status, root, body) = match outcome {
        Ok(value) => {
            let result = (format!("{operation}Result"), value.clone());
            let metadata = serde_json::json!({"RequestId": request_id});
            (200, format!("{operation}Response"), vec![result, ("ResponseMetadata".to_owned(), metadata)])
        }
        Err(error) => {
            let kind = if error.status < 500 { "Sender" } else { "Receiver" };
            let error_body = serde_json::json!({"Type": kind, "Code": error.code, "Message": error.message});
            let request_id = Value::String(request_id.to_owned());
            (
                error.status,
                "ErrorResponse".to_owned(),
                vec![("Error".to_owned(), error_body), ("RequestId".to_owned(), request_id)],
            )
        }
    };
    answer(status, "text/xml", xml_document(&root, Some(namespace), &body, "member"))
}

/// An XML document: objects become elements in their order, arrays become `item` elements.
pub(super) fn xml_document(root: &str, namespace: Option<&str>, body: &[(String, Value)], item: &str) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    // Writing to memory cannot fail.
    let _ = writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)));
    let mut start = BytesStart::new(root);
    if let Some(namespace) = namespace {
        start.push_attribute(("xmlns", namespace));
    }
    let _ = writer.write_event(Event::Start(start));
    for (name, value) in body {
        write_element(&mut writer, name, value, item);
    }
    let _ = writer.write_event(Event::End(BytesEnd::new(root)));
    writer.into_inner()
}

fn write_element(writer: &mut Writer<Vec<u8>>, name: &str, value: &Value, item: &str) {
    if value.is_null() {
        return;
    }
    let _ = writer.write_event(Event::Start(BytesStart::new(name)));
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| write_element(writer, name, value, item)),
        Value::Array(items) => items.iter().for_each(|value| write_element(writer, item, value, item)),
        Value::String(text) => drop(writer.write_event(Event::Text(BytesText::new(text)))),
        other => drop(writer.write_event(Event::Text(BytesText::new(&other.to_string())))),
    }
    let _ = writer.write_event(Event::End(BytesEnd::new(name)));
}

/// `a=1&b=2`, decoded, in order.
pub(super) fn form_pairs(text: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned();
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
        .collect()
}

/// The input of a query-protocol call: `Tags.member.1.Key=...` becomes what `shape` says it is.
pub(super) fn query_input(shapes: &Shapes, shape: &Shape, pairs: &[(String, String)]) -> Value {
    let pairs: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    decode_query(shapes, shape, "", &pairs).unwrap_or_else(|| Value::Object(Map::new()))
}

fn decode_query(shapes: &Shapes, shape: &Shape, path: &str, pairs: &[(&str, &str)]) -> Option<Value> {
    let join = |step: &str| if path.is_empty() { step.to_owned() } else { format!("{path}.{step}") };
    let within = |prefix: &str| {
        pairs
            .iter()
            .any(|(name, _)| *name == prefix || name.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('.')))
    };
    let text = || pairs.iter().find(|(name, _)| *name == path).map(|(_, value)| *value);
    match shapes.resolve(shape) {
        Shape::Structure(members) => {
            if !path.is_empty() && !within(path) {
                return None;
            }
            let members = members
                .iter()
                .filter_map(|m| Some((m.name.clone(), decode_query(shapes, &m.shape, &join(&m.name), pairs)?)))
                .collect();
            Some(Value::Object(members))
        }
        Shape::List(item, _) => {
            let items: Vec<Value> = (1..)
                .map(|n| join(&format!("member.{n}")))
                .map_while(|path| within(&path).then(|| decode_query(shapes, item, &path, pairs)).flatten())
                .collect();
            // `Name=` alone is how an empty list is sent.
            (!items.is_empty() || within(path)).then_some(Value::Array(items))
        }
        Shape::Map(_, item, _) => {
            let entries: Map<String, Value> = (1..)
                .map(|n| join(&format!("entry.{n}")))
                .map_while(|path| {
                    let key = pairs.iter().find(|(name, _)| *name == format!("{path}.key"))?.1;
                    Some((key.to_owned(), decode_query(shapes, item, &format!("{path}.value"), pairs)?))
                })
                .collect();
            (!entries.is_empty()).then_some(Value::Object(entries))
        }
        scalar => text().map(|text| shapes.read(scalar, text)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn query_strings_become_what_the_shape_says() {
        let shape = Shapes::parse_one(
            "{ RoleName: string, MaxItems: integer, Tags: list of { Key: string, Value: string }, Empty: list of string,
               Absent: list of string, Nested: { Flag: boolean } }",
        )
        .unwrap();
        let pairs = form_pairs(
            "Action=X&RoleName=a%2Bb+c&MaxItems=5&Tags.member.1.Key=k&Tags.member.1.Value=v&Tags.member.2.Key=l&Empty=&Nested.Flag=true",
        );
        assert_eq!(
            query_input(&Shapes::default(), &shape, &pairs),
            json!({"RoleName": "a+b c", "MaxItems": 5, "Tags": [{"Key": "k", "Value": "v"}, {"Key": "l"}],
                   "Empty": [], "Nested": {"Flag": true}})
        );
    }

    #[test]
    fn xml_escapes_text_and_keeps_order() {
        let body = vec![("Roles".to_owned(), json!([{"Name": "<a&b>", "Nothing": null}, {"Name": "c"}]))];
        let xml = String::from_utf8(xml_document("R", Some("urn:x"), &body, "member")).unwrap();
        insta::assert_snapshot!(xml, @r#"<?xml version="1.0" encoding="UTF-8"?><R xmlns="urn:x"><Roles><member><Name>&lt;a&amp;b&gt;</Name></member><member><Name>c</Name></member></Roles></R>"#);
    }
}
