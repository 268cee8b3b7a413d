//! restJson1: the operation is the request's method and path, its input is spread over path, query string and body.

use bytes::Bytes;
use http::header::HeaderValue;
use http::{HeaderName, Method};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::call::{ApiError, ApiResult};
use super::service::{Handler, RawRequest};
use super::shape::{Shape, Shapes};
use super::wire::{self, Answer};

/// An operation of a restJson1 service.
pub struct RestOperation {
    /// AWS's name, such as `GetDomain`.
    pub name: &'static str,
    /// Method and path, and behind `?` the members that the query string carries:
    /// `GET /v2/domains/{domainIdentifier}/projects?name&maxResults`. `wire=member` where their names differ.
    pub http: &'static str,
    /// HTTP status of its success.
    pub status: u16,
    /// Input shape, in the language of [`super::shape`].
    pub input: &'static str,
    /// Does it. The input has passed validation.
    pub handler: Handler,
}

/// [`RestOperation::http`], read.
pub(super) struct Route {
    method: Method,
    segments: Vec<Segment>,
    /// Names on the wire, and of members.
    query: Vec<(&'static str, &'static str)>,
    pub status: u16,
}

enum Segment {
    Literal(&'static str),
    Label(&'static str),
}

impl Route {
    /// Reads a route; the text is part of the program.
    pub fn parse(http: &'static str, status: u16) -> Result<Self, String> {
        let (method, target) = http.split_once(' ').ok_or("a method and a path are needed")?;
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let segments = path.strip_prefix('/').ok_or("the path begins with a slash")?.split('/').map(|segment| {
            match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(label) => Segment::Label(label),
                None => Segment::Literal(segment),
            }
        });
        let names = query.split('&').filter(|name| !name.is_empty());
        Ok(Route {
            method: method.parse().map_err(|_| format!("`{method}` is no method"))?,
            segments: segments.collect(),
            query: names.map(|name| name.split_once('=').unwrap_or((name, name))).collect(),
            status,
        })
    }

    /// The members that the path and the query string carry: each must be one of the input's.
    pub fn members(&self) -> impl Iterator<Item = &'static str> {
        let labels = self.segments.iter().filter_map(|segment| match segment {
            Segment::Label(name) => Some(*name),
            Segment::Literal(_) => None,
        });
        labels.chain(self.query.iter().map(|(_, member)| *member))
    }

    /// How well the route fits a request: the number of literal segments, if it fits at all.
    pub fn fit(&self, request: &RawRequest) -> Option<usize> {
        let labels = (self.method == request.method()).then(|| self.labels(request.uri().path()))??;
        Some(self.segments.len() - labels.len())
    }

    /// The labels' members and their values, decoded; none if the path is another one.
    fn labels(&self, path: &str) -> Option<Vec<(&'static str, String)>> {
        let given: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
        if given.len() != self.segments.len() {
            return None;
        }
        let mut labels = Vec::new();
        for (segment, given) in self.segments.iter().zip(given) {
            match segment {
                Segment::Literal(literal) if *literal == given => {}
                Segment::Label(name) if !given.is_empty() => {
                    labels.push((*name, percent_decode_str(given).decode_utf8().ok()?.into_owned()));
                }
                Segment::Literal(_) | Segment::Label(_) => return None,
            }
        }
        Some(labels)
    }

    /// The input of a call: what the body says, and the members of path and query string typed as `shape` says.
    pub fn input(&self, shapes: &Shapes, shape: &Shape, request: &RawRequest) -> ApiResult {
        let mut input = body(request.body())?;
        for member in self.members() {
            input.remove(member);
        }
        for (member, text) in self.labels(request.uri().path()).unwrap_or_default() {
            input
                .insert(member.to_owned(), shapes.member(shape, member).map_or(Value::Null, |s| shapes.read(s, &text)));
        }
        let pairs = wire::form_pairs(request.uri().query().unwrap_or_default());
        for (name, member) in &self.query {
            let Some(shape) = shapes.member(shape, member) else { continue };
            let mut texts = pairs.iter().filter(|(given, _)| given == name).map(|(_, text)| text).peekable();
            if texts.peek().is_none() {
                continue;
            }
            let value = match shapes.resolve(shape) {
                Shape::List(item, _) => texts.map(|text| shapes.read(item, text)).collect(),
                _ => texts.next().map_or(Value::Null, |text| shapes.read(shape, text)),
            };
            input.insert((*member).to_owned(), value);
        }
        Ok(Value::Object(input))
    }
}

fn body(bytes: &Bytes) -> ApiResult<Map<String, Value>> {
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(bytes).map_err(|error| ApiError::new(400, "SerializationException", error.to_string()))
}

const JSON: &str = "application/json";
const ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");

/// A success: 204 comes without a body.
pub(super) fn value_answer(status: u16, value: &Value) -> Answer {
    wire::answer(status, JSON, if status == 204 { String::new() } else { value.to_string() })
}

/// An error: its code is in a header. What other protocols answer with 400 has an HTTP status of its own here, and what
/// the query services call `AccessDenied` (of `iam:PassRole`, say) is an exception. A request that no operation has a
/// route for gets 404, as restJson1 prescribes.
pub(super) fn error_answer(error: &ApiError) -> Answer {
    let (status, code) = match error.code.as_str() {
        "AccessDenied" | "AccessDeniedException" => (403, "AccessDeniedException"),
        "ThrottlingException" => (429, "ThrottlingException"),
        "UnknownOperationException" => (404, "UnknownOperationException"),
        code => (error.status, code),
    };
    let mut answer = wire::answer(status, JSON, json!({"message": error.message}).to_string());
    if let Ok(code) = HeaderValue::from_str(code) {
        answer.headers_mut().insert(ERROR_TYPE, code);
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, target: &str, body: &'static str) -> RawRequest {
        http::Request::builder().method(method).uri(target).body(Bytes::from(body)).unwrap()
    }

    fn shape() -> Shape {
        Shapes::parse_one(
            "{ arn!: string, id: string, max: integer, deep: boolean, keys: list of string,
               tags: map of string to string }",
        )
        .unwrap()
    }

    #[test]
    fn the_input_is_gathered_from_path_query_string_and_body() {
        let route = Route::parse("POST /tags/{arn}/x/{id}?maxResults=max&deep&keys", 200).unwrap();
        let request = request(
            "POST",
            "/tags/arn%3Aaws%3Ax%2Fy/x/a%20b?maxResults=5&deep=true&keys=a%26b&keys=c&other=1",
            r#"{"id": "not from here", "max": 7, "tags": {"k": "v"}}"#,
        );
        assert_eq!(route.fit(&request), Some(2));
        assert_eq!(
            route.input(&Shapes::default(), &shape(), &request).unwrap(),
            json!({"tags": {"k": "v"}, "arn": "arn:aws:x/y", "id": "a b", "max": 5, "deep": true, "keys": ["a&b", "c"]})
        );
    }

    #[test]
    fn what_is_not_of_its_type_is_left_for_validation_to_refuse() {
        let route = Route::parse("GET /x/{id}?max&deep", 200).unwrap();
        let input = route.input(&Shapes::default(), &shape(), &request("GET", "/x/1?max=many&deep=perhaps", "{}"));
        assert_eq!(input.unwrap(), json!({"id": "1", "max": "many", "deep": "perhaps"}));
        let broken = route.input(&Shapes::default(), &shape(), &request("GET", "/x/1", "[1]")).unwrap_err();
        assert_eq!(broken.code, "SerializationException");
    }

    #[test]
    fn a_route_fits_its_own_requests_only() {
        let route = Route::parse("GET /a/{id}/b", 200).unwrap();
        for (method, target) in
            [("POST", "/a/1/b"), ("GET", "/a/1"), ("GET", "/a//b"), ("GET", "/a/1/b/"), ("GET", "/c/1/b")]
        {
            assert_eq!(route.fit(&request(method, target, "")), None, "{method} {target}");
        }
        assert_eq!(route.fit(&request("GET", "/a/1/b?x=1", "")), Some(2));
    }

    #[test]
    fn errors_have_their_code_in_a_header() {
        let answer = error_answer(&ApiError::new(400, "ThrottlingException", "Rate exceeded"));
        assert_eq!(
            (answer.status().as_u16(), &answer.headers()[ERROR_TYPE]),
            (429, &"ThrottlingException".parse().unwrap())
        );
        assert_eq!(answer.body(), &Bytes::from(r#"{"message":"Rate exceeded"}"#));
        assert!(value_answer(204, &json!({})).body().is_empty());
    }
}
