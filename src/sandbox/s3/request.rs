//! What an S3 request says: bucket, key, query and headers, in both addressing styles, and its body in all encodings.

use bytes::{Bytes, BytesMut};
use http::Method;
use percent_encoding::percent_decode_str;

use crate::sandbox::call::{ApiError, ApiResult};
use crate::sandbox::service::RawRequest;
use crate::sandbox::wire::form_pairs;

const LONGEST_KEY: usize = 1024;

/// Query parameters that turn a request into another operation, as far as S3 has any. The unknown ones matter too:
/// `PUT /bucket?acl` must not create a bucket.
const SUBRESOURCES: &[&str] = &[
    "abac",
    "accelerate",
    "acl",
    "analytics",
    "attributes",
    "cors",
    "delete",
    "encryption",
    "intelligent-tiering",
    "inventory",
    "legal-hold",
    "lifecycle",
    "list-type",
    "location",
    "logging",
    "metadataConfiguration",
    "metadataTable",
    "metrics",
    "notification",
    "object-lock",
    "ownershipControls",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "renameObject",
    "replication",
    "requestPayment",
    "restore",
    "retention",
    "select",
    "session",
    "tagging",
    "torrent",
    "uploadId",
    "uploads",
    "versioning",
    "versions",
    "website",
];

/// A request, taken apart.
pub(super) struct Request<'r> {
    raw: &'r RawRequest,
    /// The bucket in host or path; empty when the request is about no bucket.
    pub bucket: String,
    /// The object's key; empty when the request is about no object.
    pub key: String,
    query: Vec<(String, String)>,
}

/// A body without its transfer coding.
pub(super) struct Payload {
    pub bytes: Bytes,
    /// Headers that came after the body.
    pub trailers: Vec<(String, String)>,
}

impl<'r> Request<'r> {
    /// Takes `raw` apart.
    pub fn new(raw: &'r RawRequest) -> Self {
        let path = raw.uri().path().strip_prefix('/').unwrap_or_default();
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (bucket, key) = match bucket_in_host(raw) {
            Some(bucket) => (bucket, decode(path)),
            None => {
                let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
                (decode(bucket), decode(key))
            }
        };
        Request { raw, bucket, key, query: form_pairs(raw.uri().query().unwrap_or_default()) }
    }

    /// What the request is about, such as `PUT /bucket/key?tagging`: the key of the table of operations.
    /// A `PUT` with a source is a `COPY`.
    pub fn pattern(&self) -> String {
        let copies = self.raw.method() == Method::PUT && self.header("x-amz-copy-source").is_some();
        let method = if copies { "COPY" } else { self.raw.method().as_str() };
        let level = match (self.bucket.is_empty(), self.key.is_empty()) {
            (true, _) => "/",
            (false, true) => "/bucket",
            (false, false) => "/bucket/key",
        };
        let subresource = self.query.iter().find(|(name, _)| SUBRESOURCES.contains(&name.as_str()));
        match subresource {
            Some((name, _)) => format!("{method} {level}?{name}"),
            None => format!("{method} {level}"),
        }
    }

    /// Refuses a key that cannot be one.
    pub fn check(&self) -> ApiResult<()> {
        if percent_decode_str(self.raw.uri().path()).decode_utf8().is_err() {
            return Err(ApiError::new(400, "InvalidURI", "Couldn't parse the specified URI."));
        }
        check_key(&self.key)
    }

    /// A header, if it is text.
    pub fn header(&self, name: &str) -> Option<&'r str> {
        std::str::from_utf8(self.raw.headers().get(name)?.as_bytes()).ok()
    }

    /// All headers that are text.
    pub fn headers(&self) -> impl Iterator<Item = (&'r str, &'r str)> {
        self.raw
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), std::str::from_utf8(value.as_bytes()).ok()?)))
    }

    /// A query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(candidate, _)| candidate == name).map(|(_, value)| value.as_str())
    }

    /// A query parameter that means something only when it says something.
    pub fn stated(&self, name: &str) -> Option<&str> {
        self.query(name).filter(|value| !value.is_empty())
    }

    /// A query parameter that is a number from 0 to 2^31 - 1.
    pub fn number(&self, name: &'static str) -> ApiResult<Option<usize>> {
        let parse = |text: &str| text.parse::<i32>().ok().and_then(|number| usize::try_from(number).ok());
        self.stated(name)
            .map(|text| {
                parse(text).ok_or_else(|| {
                    invalid_argument(format!("Provided {name} not an integer or within integer range"), name, text)
                })
            })
            .transpose()
    }

    /// How many entries a page may have: `name`, at most 1000.
    pub fn page_size(&self, name: &'static str) -> ApiResult<usize> {
        Ok(self.number(name)?.unwrap_or(1000).min(1000))
    }

    /// The path as the client wrote it.
    pub fn path(&self) -> &'r str {
        self.raw.uri().path()
    }

    /// The body, out of its chunks.
    pub fn payload(&self) -> ApiResult<Payload> {
        let body = self.raw.body();
        let chunked = self.header("x-amz-content-sha256").is_some_and(|value| value.starts_with("STREAMING-"))
            || self.header("content-encoding").is_some_and(|value| value.contains("aws-chunked"));
        if !chunked {
            return Ok(Payload { bytes: body.clone(), trailers: Vec::new() });
        }
        let payload = unchunk(body).ok_or_else(incomplete)?;
        match self.header("x-amz-decoded-content-length").and_then(|text| text.parse::<usize>().ok()) {
            Some(length) if length != payload.bytes.len() => Err(incomplete()),
            Some(_) => Ok(payload),
            None => Err(ApiError::new(411, "MissingContentLength", "You must provide the Content-Length HTTP header.")),
        }
    }
}

/// S3's word for a parameter that cannot be.
pub(super) fn invalid_argument(message: impl Into<String>, name: &str, value: &str) -> ApiError {
    ApiError::new(400, "InvalidArgument", message).detail("ArgumentName", name).detail("ArgumentValue", value)
}

/// S3's word for a request that cannot be.
pub(super) fn invalid_request(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "InvalidRequest", message)
}

/// A header asks for something that the sandbox, or S3 itself, does not do.
pub(super) fn not_implemented() -> ApiError {
    ApiError::new(501, "NotImplemented", "A header you provided implies functionality that is not implemented")
}

/// Refuses a key that is too long.
pub(super) fn check_key(key: &str) -> ApiResult<()> {
    if key.len() > LONGEST_KEY {
        return Err(ApiError::new(400, "KeyTooLongError", "Your key is too long")
            .detail("Size", key.len().to_string())
            .detail("MaxSizeAllowed", LONGEST_KEY.to_string()));
    }
    Ok(())
}

fn incomplete() -> ApiError {
    ApiError::new(
        400,
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
    )
}

/// `bucket` of `bucket.s3.eu-west-1.amazonaws.com`, `bucket.s3.amazonaws.com` and `bucket.localhost`.
fn bucket_in_host(request: &RawRequest) -> Option<String> {
    let header = request.headers().get("host").and_then(|value| value.to_str().ok());
    let host = header.or_else(|| request.uri().authority().map(http::uri::Authority::as_str))?;
    let host = host.rsplit_once(':').map_or(host, |(name, _port)| name);
    let bucket = match host.strip_suffix(".amazonaws.com").or_else(|| host.strip_suffix(".amazonaws.com.cn")) {
        // `s3.Region` after the bucket, or `s3` alone.
        Some(aws) => aws.strip_suffix(".s3").or_else(|| Some(aws.rsplit_once(".s3.")?.0)),
        None => host.strip_suffix(".localhost"),
    };
    bucket.map(str::to_owned)
}

/// `aws-chunked`: each chunk is its size in hexadecimal (with a signature, or not), a line end, the bytes, a line end;
/// a chunk of none ends the body, and trailers follow.
fn unchunk(mut body: &[u8]) -> Option<Payload> {
    let mut bytes = BytesMut::new();
    loop {
        let line = std::str::from_utf8(line(&mut body)?).ok()?;
        let size = usize::from_str_radix(line.split(';').next()?.trim(), 16).ok()?;
        if size == 0 {
            break;
        }
        bytes.extend_from_slice(body.get(..size)?);
        body = body.get(size..)?.strip_prefix(b"\r\n")?;
    }
    let mut trailers = Vec::new();
    while let Some(line) = line(&mut body) {
        if let Some((name, value)) = std::str::from_utf8(line).ok()?.split_once(':') {
            trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    Some(Payload { bytes: bytes.freeze(), trailers })
}

fn line<'b>(body: &mut &'b [u8]) -> Option<&'b [u8]> {
    let end = body.windows(2).position(|pair| pair == b"\r\n")?;
    let line = body.get(..end)?;
    *body = body.get(end + 2..)?;
    Some(line)
}
