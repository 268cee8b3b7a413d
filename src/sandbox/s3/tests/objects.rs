//! Objects one by one, versions, and copies.

use super::*;

const ENABLED: &str = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
const SUSPENDED: &str = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";

#[test]
fn what_an_upload_says_comes_back() {
    let client = client();
    let stated = [
        ("content-type", "application/x-tar"),
        ("content-encoding", "gzip, aws-chunked"),
        ("x-amz-meta-run", "42"),
        ("x-amz-tagging", "stage=dev&team=a%20b"),
        ("x-amz-decoded-content-length", "4"),
    ];
    let put = client.ok("PUT /models/a", &stated, "4\r\ndata\r\n0\r\n\r\n");
    assert_eq!(put.header("etag"), Some("\"8d777f385d3dfec8815d20f7496026dc\""));
    for method in ["GET", "HEAD"] {
        let answered = client.ok(&format!("{method} /models/a"), &[("x-amz-checksum-mode", "ENABLED")], "");
        for (name, value) in [
            ("etag", "\"8d777f385d3dfec8815d20f7496026dc\""),
            ("last-modified", "Mon, 05 Jan 2026 09:00:00 GMT"),
            ("content-length", "4"),
            ("content-type", "application/x-tar"),
            ("content-encoding", "gzip"),
            ("x-amz-meta-run", "42"),
            ("x-amz-tagging-count", "2"),
            ("x-amz-server-side-encryption", "AES256"),
            ("x-amz-checksum-type", "FULL_OBJECT"),
        ] {
            assert_eq!(answered.header(name), Some(value), "{method} {name}");
        }
        assert!(answered.header("x-amz-checksum-crc64nvme").is_some(), "S3 adds a checksum itself");
    }
    assert_eq!(client.ok("GET /models/a?tagging", &[], "").elements("Value"), ["dev", "a b"]);
}

#[test]
fn ranges() {
    let client = client();
    client.put("/models/a", "0123456789");
    for (range, expected) in [
        ("bytes=0-0", Some(("0", "bytes 0-0/10"))),
        ("bytes=7-", Some(("789", "bytes 7-9/10"))),
        ("bytes=-2", Some(("89", "bytes 8-9/10"))),
        ("bytes=-20", Some(("0123456789", "bytes 0-9/10"))),
        ("bytes=8-18446744073709551615", Some(("89", "bytes 8-9/10"))),
        ("bytes=3-2", None),
        ("pages=1-2", None),
    ] {
        let answered = client.ok("GET /models/a", &[("range", range)], "");
        let (status, body, content_range) =
            expected.map_or((200, "0123456789", None), |(body, text)| (206, body, Some(text)));
        assert_eq!((answered.status, answered.text().as_str()), (status, body), "{range}");
        assert_eq!(answered.header("content-range"), content_range, "{range}");
    }
}

#[test]
fn readers_who_have_it_are_told_so() {
    let client = client();
    let etag = client.put("/models/a", "x").header("etag").unwrap().to_owned();
    let now = "Mon, 05 Jan 2026 09:00:00 GMT";
    let before = "Mon, 05 Jan 2026 08:59:59 GMT";
    for (headers, status) in [
        (vec![("if-none-match", etag.as_str())], 304),
        (vec![("if-none-match", "\"x\""), ("if-modified-since", now)], 200),
        (vec![("if-modified-since", now)], 304),
        (vec![("if-modified-since", before)], 200),
        (vec![("if-unmodified-since", before)], 412),
        (vec![("if-match", etag.as_str()), ("if-unmodified-since", before)], 200),
    ] {
        assert_eq!(client.send("GET /models/a", &headers, "").status, status, "{headers:?}");
    }
}

#[test]
fn both_addressing_styles_reach_any_key() {
    let client = client();
    for (number, (encoded, key)) in [
        ("a+b", "a+b"),
        ("a%20b", "a b"),
        ("a//b", "a//b"),
        ("%C3%BC/%E6%BC%A2", "ü/漢"),
        ("..%2Fx%3Fy%23z", "../x?y#z"),
        ("/leading", "/leading"),
    ]
    .into_iter()
    .enumerate()
    {
        let body = format!("{number}");
        client.put(&format!("/models/{encoded}"), body.clone());
        for host in ["models.s3.eu-west-1.amazonaws.com", "models.s3.amazonaws.com", "models.localhost:4566"] {
            let answered = client.ok(&format!("GET /{encoded}"), &[("host", host)], "");
            assert_eq!(answered.text(), body, "{key} at {host}");
        }
        let regional = client.ok(&format!("GET https://s3.eu-west-1.amazonaws.com/models/{encoded}"), &[], "");
        assert_eq!(regional.text(), body, "{key}");
    }
    let mut keys = client.ok("GET /models?list-type=2", &[], "").elements("Key");
    keys.sort();
    assert_eq!(keys, ["../x?y#z", "/leading", "a b", "a+b", "a//b", "ü/漢"]);
}

#[test]
fn versions_stay_until_they_are_removed() {
    let client = client();
    client.put("/models/k", "null version");
    client.ok("PUT /models?versioning", &[], ENABLED);
    let version = |answered: &Answered| answered.header("x-amz-version-id").unwrap().to_owned();
    let first = version(&client.put("/models/k", "first"));
    let second = version(&client.put("/models/k", "second"));
    let marker = client.ok("DELETE /models/k", &[], "");
    assert_eq!(marker.header("x-amz-delete-marker"), Some("true"));
    let marker = version(&marker);
    let gone = client.send("GET /models/k", &[], "");
    assert_eq!((gone.error().0, gone.header("x-amz-delete-marker")), (404, Some("true")));
    assert_eq!(client.get(&format!("/models/k?versionId={first}")), "first");
    assert_eq!(client.get("/models/k?versionId=null"), "null version");
    assert_eq!(client.send(&format!("GET /models/k?versionId={marker}"), &[], "").status, 405);
    let listed = client.ok("GET /models?versions", &[], "").elements("VersionId");
    assert_eq!(listed, [&marker, &second, &first, "null"]);
    client.ok(&format!("DELETE /models/k?versionId={marker}"), &[], "");
    assert_eq!(client.get("/models/k"), "second");
    // Suspended: the null version is replaced, the others stay.
    client.ok("PUT /models?versioning", &[], SUSPENDED);
    client.put("/models/k", "null again");
    let listed = client.ok("GET /models?versions", &[], "").elements("VersionId");
    assert_eq!(listed, ["null", &second, &first]);
}

#[test]
fn many_are_deleted_at_once_each_for_itself() {
    let client = client();
    client.put("/models/a%20", "");
    client.put("/models/b", "");
    let body = "<Delete><Object><Key>a </Key></Object><Object><Key>b</Key><VersionId>zz</VersionId></Object>\
                <Object><Key>absent</Key></Object></Delete>";
    let crc = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, body.as_bytes()) as u32;
    let crc = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, crc.to_be_bytes());
    let answered = client.ok("POST /models?delete", &[("x-amz-checksum-crc32", &crc)], body);
    assert_eq!(answered.elements("Deleted"), ["<Key>a </Key>", "<Key>absent</Key>"]);
    assert_eq!((answered.element("VersionId"), answered.element("Code")), ("zz".into(), "InvalidArgument".into()));
    assert_eq!(client.ok("GET /models?list-type=2", &[], "").elements("Key"), ["b"]);
}

#[test]
fn copies_take_what_they_are_told_to_take() {
    let client = client();
    client.ok("PUT /models?versioning", &[], ENABLED);
    let headers = [("content-type", "a/b"), ("x-amz-meta-m", "1"), ("x-amz-tagging", "t=1")];
    let old = client.ok("PUT /models/a%2Bb", &headers, "old");
    let old = old.header("x-amz-version-id").unwrap();
    client.put("/models/a%2Bb", "new");
    let source = format!("/models/a%2Bb?versionId={old}");
    let copy = client.ok("PUT /models/copy", &[("x-amz-copy-source", &source)], "");
    assert_eq!(copy.header("x-amz-copy-source-version-id"), Some(old));
    assert_eq!(copy.element("ETag"), "\"149603e6c03516362a8da23f624db945\"");
    assert_eq!(copy.element("ChecksumType"), "FULL_OBJECT");
    let copied = client.ok("GET /models/copy", &[], "");
    assert_eq!(copied.text(), "old");
    assert_eq!(
        ["content-type", "x-amz-meta-m", "x-amz-tagging-count"].map(|name| copied.header(name)),
        [Some("a/b"), Some("1"), Some("1")]
    );
    let directives = [
        ("x-amz-copy-source", source.as_str()),
        ("x-amz-metadata-directive", "REPLACE"),
        ("x-amz-tagging-directive", "REPLACE"),
        ("x-amz-meta-n", "2"),
        ("x-amz-checksum-algorithm", "SHA256"),
    ];
    assert_eq!(client.ok("PUT /models/copy", &directives, "").elements("ChecksumSHA256").len(), 1);
    let copied = client.ok("GET /models/copy", &[], "");
    assert_eq!(
        ["content-type", "x-amz-meta-m", "x-amz-meta-n", "x-amz-tagging-count"].map(|name| copied.header(name)),
        [Some("binary/octet-stream"), None, Some("2"), None]
    );
    // `+` in the header is a space: a key must be encoded.
    let careless = client.send("PUT /models/copy", &[("x-amz-copy-source", "models/a+b")], "");
    assert_eq!((careless.error().1, careless.element("Key")), ("NoSuchKey".into(), "a b".into()));
}
