//! What S3 refuses, and in which words.

use super::*;

/// Request line, headers and body; the status and code of the answer.
type Case<'c> = (&'c str, &'c [(&'c str, &'c str)], &'c str, u16, &'c str);

#[test]
fn refusals() {
    let client = client();
    client.put("/models/a", "data");
    client.ok("PUT /models/tagged", &[("x-amz-tagging", "t=1")], "data");
    crate::sandbox::s3::put_sparse(&client.sandbox, ACCOUNT, REGION, "models", "huge", 6 << 30).unwrap();
    let upload = client.ok("POST /models/up?uploads", &[], "").element("UploadId");
    let part = format!("PUT /models/up?partNumber=1&uploadId={upload}");
    let eleven_tags = (0..11).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join("&");
    let long_key = format!("PUT /models/{}", "k".repeat(1025));
    let cases: &[Case<'_>] = &[
        ("GET /absent?list-type=2", &[], "", 404, "NoSuchBucket"),
        ("GET /models/absent", &[], "", 404, "NoSuchKey"),
        ("GET /models/%ff", &[], "", 400, "InvalidURI"),
        (&long_key, &[], "", 400, "KeyTooLongError"),
        ("GET /models/a?versionId=1", &[], "", 400, "InvalidArgument"),
        ("GET /models/a?versionId=00000000000000000000000000000000", &[], "", 404, "NoSuchVersion"),
        ("GET /models/a", &[("range", "bytes=4-")], "", 416, "InvalidRange"),
        ("GET /models/a", &[("if-match", "\"other\"")], "", 412, "PreconditionFailed"),
        ("GET /models/a?partNumber=1", &[], "", 501, "NotImplemented"),
        ("GET /models?acl", &[], "", 501, "NotImplemented"),
        ("PUT /models?acl", &[], "", 501, "NotImplemented"),
        ("GET /models/a", &[("x-amz-expected-bucket-owner", OTHER)], "", 403, "AccessDenied"),
        ("PUT /models/a", &[("x-amz-expected-bucket-owner", "me")], "", 400, "InvalidBucketOwnerAWSAccountID"),
        ("PUT /models/a", &[("if-none-match", "*")], "", 412, "PreconditionFailed"),
        ("PUT /models/a", &[("if-none-match", "\"x\"")], "", 501, "NotImplemented"),
        ("PUT /models/a", &[("if-match", "\"x\"")], "", 412, "PreconditionFailed"),
        ("PUT /models/new", &[("if-match", "\"x\"")], "", 404, "NoSuchKey"),
        ("PUT /models/a", &[("x-amz-acl", "public-read")], "", 400, "AccessControlListNotSupported"),
        ("PUT /models/a", &[("x-amz-tagging", &eleven_tags)], "", 400, "BadRequest"),
        ("PUT /models/a", &[("x-amz-tagging", "k=1&k=2")], "", 400, "InvalidTag"),
        ("PUT /models/a", &[("x-amz-storage-class", "ATTIC")], "", 400, "InvalidStorageClass"),
        ("PUT /models/a", &[("x-amz-server-side-encryption", "rot13")], "", 400, "InvalidArgument"),
        ("PUT /models/a", &[("x-amz-checksum-crc32", "AAAAAA==")], "data", 400, "BadDigest"),
        ("PUT /models/a", &[("x-amz-checksum-crc32", "AAAA")], "data", 400, "InvalidRequest"),
        ("PUT /models/a", &[("x-amz-sdk-checksum-algorithm", "CRC32")], "data", 400, "InvalidRequest"),
        (
            "PUT /models/a",
            &[("x-amz-checksum-crc32", "AAAAAA=="), ("x-amz-checksum-crc32c", "AAAAAA==")],
            "data",
            400,
            "InvalidRequest",
        ),
        ("PUT /models/a", &[("content-md5", "AAAAAAAAAAAAAAAAAAAAAA==")], "data", 400, "BadDigest"),
        ("PUT /models/a", &[("content-md5", "AAAA")], "data", 400, "InvalidDigest"),
        ("PUT /models/a", &[("x-amz-content-sha256", &"0".repeat(64))], "data", 400, "XAmzContentSHA256Mismatch"),
        ("PUT /models/b", &[("x-amz-copy-source", "models")], "", 400, "InvalidArgument"),
        ("PUT /models/b", &[("x-amz-copy-source", "models/absent")], "", 404, "NoSuchKey"),
        ("PUT /models/b", &[("x-amz-copy-source", "absent/a")], "", 404, "NoSuchBucket"),
        ("PUT /models/a", &[("x-amz-copy-source", "models/a")], "", 400, "InvalidRequest"),
        ("PUT /models/b", &[("x-amz-copy-source", "models/huge")], "", 400, "InvalidRequest"),
        (
            "PUT /models/b",
            &[("x-amz-copy-source", "models/a"), ("x-amz-copy-source-if-match", "\"x\"")],
            "",
            412,
            "PreconditionFailed",
        ),
        (
            "PUT /models/tagged",
            &[("x-amz-copy-source", "models/a"), ("if-none-match", "*")],
            "",
            412,
            "PreconditionFailed",
        ),
        (
            "PUT /models/b",
            &[("x-amz-copy-source", "models/a"), ("x-amz-source-expected-bucket-owner", OTHER)],
            "",
            403,
            "AccessDenied",
        ),
        (
            "PUT /models/b",
            &[("x-amz-copy-source", "models/a"), ("x-amz-metadata-directive", "SWAP")],
            "",
            400,
            "InvalidArgument",
        ),
        (&part, &[("x-amz-copy-source", "models/huge")], "", 400, "InvalidRequest"),
        (
            &part,
            &[("x-amz-copy-source", "models/huge"), ("x-amz-copy-source-range", "0-5")],
            "",
            400,
            "InvalidArgument",
        ),
        (
            &part,
            &[("x-amz-copy-source", "models/huge"), ("x-amz-copy-source-range", "bytes=0-6442450944")],
            "",
            400,
            "InvalidArgument",
        ),
        (
            &part,
            &[("x-amz-copy-source", "models/a"), ("x-amz-copy-source-range", "bytes=0-1")],
            "",
            400,
            "InvalidRequest",
        ),
        (&part.replace("partNumber=1", "partNumber=0"), &[], "", 400, "InvalidArgument"),
        (&part.replace("partNumber=1", "partNumber=10001"), &[], "", 400, "InvalidArgument"),
        ("PUT /models/up?partNumber=1&uploadId=none", &[], "", 404, "NoSuchUpload"),
        ("POST /models?delete", &[], "<Delete/>", 400, "InvalidRequest"),
        ("POST /models?delete", &[("content-md5", "2mgEfyvhZdvkAlAIPFDXjw==")], "<Delete>", 400, "BadDigest"),
        ("PUT /models?versioning", &[], "<VersioningConfiguration/>", 400, "MalformedXML"),
        ("GET /models?list-type=2&continuation-token=x", &[], "", 400, "InvalidArgument"),
        ("GET /models?list-type=2&max-keys=-1", &[], "", 400, "InvalidArgument"),
        ("GET /models?list-type=2&encoding-type=base64", &[], "", 400, "InvalidArgument"),
        ("DELETE /models", &[], "", 409, "BucketNotEmpty"),
        ("PUT /Models", &[], "", 400, "IllegalLocationConstraintException"),
    ];
    for (line, headers, body, status, code) in cases {
        let answered = client.send(line, headers, (*body).to_owned());
        assert_eq!(answered.error(), (*status, (*code).to_owned()), "{line} {headers:?}: {}", answered.text());
    }
    assert_eq!(client.get("/models/a"), "data", "no refused request has left a trace");
}

#[test]
fn an_error_names_what_it_is_about() {
    let client = client();
    let answered = client.send("GET /models/a%20b%2Bc", &[], "");
    insta::with_settings!({filters => vec![(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<request id>")]}, {
        insta::assert_snapshot!(answered.text(), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message><Key>a b+c</Key><Resource>/models/a%20b%2Bc</Resource><RequestId><request id></RequestId><HostId>sandbox</HostId></Error>
        "#);
    });
    assert_eq!(answered.header("x-amz-request-id"), Some(answered.element("RequestId").as_str()));
}

#[test]
fn an_error_to_head_has_no_body() {
    let answered = client().send("HEAD /models/absent", &[], "");
    assert_eq!((answered.status, answered.body.len()), (404, 0));
}

#[test]
fn errors_of_every_service_are_spelled_as_s3_does() {
    let client = client();
    for (effect, status, code) in [
        (r#""throttle""#, 503, "SlowDown"),
        (r#""internal""#, 500, "InternalError"),
        (r#"{"error": {"status": 400, "code": "AccessDeniedException", "message": "no"}}"#, 403, "AccessDenied"),
    ] {
        let fault = format!(r#"{{"service": "s3", "operation": "ListBuckets", "effect": {effect}}}"#);
        client.sandbox.inject(serde_json::from_str(&fault).unwrap());
        assert_eq!(client.send("GET /", &[], "").error(), (status, code.to_owned()));
        client.sandbox.clear_faults();
    }
    let stranger = client.of("AKIANOBODY", REGION);
    assert_eq!(stranger.send("GET /", &[], "").error(), (403, "InvalidAccessKeyId".to_owned()));
}
