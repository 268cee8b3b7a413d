//! Objects that come in parts.

use super::*;

const MEBIBYTE: usize = 1 << 20;

fn begin(client: &Client, key: &str, headers: &[(&str, &str)]) -> String {
    client.ok(&format!("POST /models/{key}?uploads"), headers, "").element("UploadId")
}

/// The document that completes an upload of these parts: number and ETag, and more XML for each.
fn completion(parts: &[(usize, &str, &str)]) -> String {
    let parts: String = parts
        .iter()
        .map(|(number, etag, more)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>{more}</Part>"))
        .collect();
    format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
}

fn upload(client: &Client, key: &str, id: &str, number: usize, body: impl Into<Bytes>) -> String {
    let line = format!("PUT /models/{key}?partNumber={number}&uploadId={id}");
    client.ok(&line, &[], body).header("etag").unwrap().to_owned()
}

#[test]
fn parts_in_any_order_make_one_object() {
    let client = client();
    let id = begin(&client, "whole", &[("x-amz-meta-m", "1"), ("x-amz-tagging", "t=1")]);
    let large = vec![7; 5 * MEBIBYTE];
    let last = upload(&client, "whole", &id, 9, "end");
    let replaced = upload(&client, "whole", &id, 2, "replaced");
    let first = upload(&client, "whole", &id, 2, large.clone());
    assert_ne!(first, replaced);
    upload(&client, "whole", &id, 5, "not listed in the end");
    let line = format!("GET /models/whole?uploadId={id}");
    assert_eq!(client.ok(&line, &[], "").elements("PartNumber"), ["2", "5", "9"]);
    let page = client.ok(&format!("{line}&max-parts=1&part-number-marker=2"), &[], "");
    assert_eq!((page.elements("PartNumber"), page.element("IsTruncated")), (vec!["5".to_owned()], "true".into()));
    assert_eq!(client.ok("GET /models?uploads", &[], "").elements("UploadId"), [id.as_str()]);

    let complete = format!("POST /models/whole?uploadId={id}");
    let refused = |parts: &[(usize, &str, &str)], headers: &[(&str, &str)]| {
        client.send(&complete, headers, completion(parts)).error().1
    };
    assert_eq!(refused(&[], &[]), "MalformedXML");
    assert_eq!(refused(&[(9, &last, ""), (2, &first, "")], &[]), "InvalidPartOrder");
    assert_eq!(refused(&[(2, &replaced, ""), (9, &last, "")], &[]), "InvalidPart");
    assert_eq!(refused(&[(3, &first, "")], &[]), "InvalidPart");
    let parts = [(2, first.as_str(), ""), (9, last.as_str(), "")];
    assert_eq!(refused(&parts, &[("x-amz-mp-object-size", "3")]), "InvalidRequest");
    assert_eq!(refused(&parts, &[("x-amz-checksum-type", "COMPOSITE")]), "InvalidRequest");
    assert_eq!(refused(&parts, &[("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=")]), "BadDigest");
    client.put("/models/whole", "in the way");
    assert_eq!(refused(&parts, &[("if-none-match", "*")]), "PreconditionFailed");

    let done = client.ok(&complete, &[], completion(&parts));
    assert!(done.element("ETag").ends_with("-2\""), "{}", done.text());
    assert_eq!(client.get("/models/whole"), [large, b"end".to_vec()].concat());
    let head = client.ok("HEAD /models/whole", &[("x-amz-checksum-mode", "ENABLED")], "");
    assert_eq!((head.header("x-amz-meta-m"), head.header("x-amz-tagging-count")), (Some("1"), Some("1")));
    assert_eq!(head.header("x-amz-checksum-crc64nvme"), Some(done.element("ChecksumCRC64NVME").as_str()));
    assert_eq!(client.send(&complete, &[], completion(&parts)).error(), (404, "NoSuchUpload".to_owned()));
}

#[test]
fn only_the_last_part_may_be_small() {
    let client = client();
    let id = begin(&client, "k", &[]);
    let (first, second) = (upload(&client, "k", &id, 1, "small"), upload(&client, "k", &id, 2, "last"));
    let parts = completion(&[(1, &first, ""), (2, &second, "")]);
    let answered = client.send(&format!("POST /models/k?uploadId={id}"), &[], parts);
    assert_eq!((answered.error().1, answered.element("ProposedSize")), ("EntityTooSmall".into(), "5".into()));
    let alone = completion(&[(1, &first, "")]);
    client.ok(&format!("POST /models/k?uploadId={id}"), &[], alone);
    assert_eq!(client.get("/models/k"), "small");
}

#[test]
fn checksums_follow_the_type_that_was_asked_for() {
    let client = client();
    for (algorithm, kind, status) in [
        ("SHA256", Some("FULL_OBJECT"), 400),
        ("SHA1", Some("FULL_OBJECT"), 400),
        ("CRC64NVME", Some("COMPOSITE"), 400),
        ("CRC32", Some("FULL_OBJECT"), 200),
        ("CRC32C", Some("COMPOSITE"), 200),
        ("SHA3", None, 400),
    ] {
        let mut headers = vec![("x-amz-checksum-algorithm", algorithm)];
        headers.extend(kind.map(|kind| ("x-amz-checksum-type", kind)));
        assert_eq!(client.send("POST /models/k?uploads", &headers, "").status, status, "{algorithm} {kind:?}");
    }
    let id = begin(&client, "k", &[("x-amz-checksum-algorithm", "SHA256")]);
    let line = format!("PUT /models/k?partNumber=1&uploadId={id}");
    let bare = client.send(&line, &[], "data");
    assert_eq!(
        bare.element("Message"),
        "Checksum Type mismatch occurred, expected checksum Type: sha256, actual checksum Type: null"
    );
    let sha256 = "Om6weQ85rIfJT0bhWOXecb2w76yaBe0Bqm7Q3QM6oOo=";
    assert_eq!(client.send(&line, &[("x-amz-checksum-sha256", sha256)], "other").error().1, "BadDigest");
    let sha256 = "Om6weQ85rIfJTzhWst0sXREOaBFgImGpqSPTuyOtyLc=";
    let etag = client.ok(&line, &[("x-amz-checksum-sha256", sha256)], "data");
    let etag = etag.header("etag").unwrap();
    let complete = format!("POST /models/k?uploadId={id}");
    let bare = client.send(&complete, &[], completion(&[(1, etag, "")]));
    assert!(bare.element("Message").ends_with("It was missing for part 1 in the request."), "{}", bare.text());
    let with_checksum = format!("<ChecksumSHA256>{sha256}</ChecksumSHA256>");
    let done = client.ok(&complete, &[], completion(&[(1, etag, &with_checksum)]));
    assert!(done.element("ChecksumSHA256").ends_with("-1"));
    assert_eq!(done.element("ChecksumType"), "COMPOSITE");
    let asked = [("x-amz-object-attributes", "Checksum,ObjectParts,ObjectSize")];
    let attributes = client.ok("GET /models/k?attributes", &asked, "");
    assert_eq!((attributes.element("PartsCount"), attributes.element("ObjectSize")), ("1".into(), "4".into()));
    assert_eq!(attributes.elements("ChecksumSHA256"), [done.element("ChecksumSHA256").as_str(), sha256]);
    // One piece again: the checksum is that of the bytes.
    let copy = client.ok("PUT /models/copy", &[("x-amz-copy-source", "models/k")], "");
    assert_eq!(copy.element("ChecksumSHA256"), sha256);
}

#[test]
fn terabytes_are_copied_part_by_part() {
    const SIZE: u64 = 60_000_000_000;
    let client = client();
    let sandbox = &client.sandbox;
    crate::sandbox::s3::put_sparse(sandbox, ACCOUNT, REGION, "models", "large", SIZE).unwrap();
    let source = client.ok("HEAD /models/large", &[("x-amz-checksum-mode", "ENABLED")], "");
    // Computed elsewhere, by squaring the matrix of a zero byte.
    assert_eq!(source.header("x-amz-checksum-crc64nvme"), Some("53Iep0c7V3s="));
    let etag = source.header("etag").unwrap();
    let id = begin(&client, "copy", &[("x-amz-checksum-algorithm", "CRC64NVME")]);
    let part_size = 4_500_000_000;
    let parts: Vec<(usize, String)> = (0..SIZE.div_ceil(part_size))
        .map(|index| {
            let range = format!("bytes={}-{}", index * part_size, ((index + 1) * part_size).min(SIZE) - 1);
            let number = usize::try_from(index).unwrap() + 1;
            let headers = [
                ("x-amz-copy-source", "models/large"),
                ("x-amz-copy-source-range", range.as_str()),
                ("x-amz-copy-source-if-match", etag),
            ];
            let line = format!("PUT /models/copy?partNumber={number}&uploadId={id}");
            (number, client.ok(&line, &headers, "").element("ETag"))
        })
        .collect();
    let parts: Vec<_> = parts.iter().map(|(number, etag)| (*number, etag.as_str(), "")).collect();
    let done = client.ok(&format!("POST /models/copy?uploadId={id}"), &[], completion(&parts));
    assert_eq!(done.element("ChecksumCRC64NVME"), "53Iep0c7V3s=");
    let head = client.ok("HEAD /models/copy", &[], "");
    assert_eq!(head.header("content-length"), Some("60000000000"));
    assert_eq!(client.ok("GET /models/copy", &[("range", "bytes=-3")], "").body, vec![0; 3]);
    let all = client.send("GET /models/copy", &[], "");
    assert_eq!(all.error(), (500, "InternalError".to_owned()), "nobody reads that much at once");
}

#[test]
fn an_aborted_upload_leaves_nothing() {
    let client = client();
    let blobs = || -> i64 {
        let connection = client.sandbox.0.connection.lock().unwrap();
        connection.query_row("SELECT count(*) FROM blob", [], |row| row.get(0)).unwrap()
    };
    let id = begin(&client, "k", &[]);
    upload(&client, "k", &id, 1, "one");
    upload(&client, "k", &id, 1, "one again");
    assert_eq!(blobs(), 1);
    client.ok(&format!("DELETE /models/k?uploadId={id}"), &[], "");
    client.put("/models/k", "x");
    client.put("/models/k", "y");
    client.ok("DELETE /models/k", &[], "");
    assert_eq!(blobs(), 0);
    let id = begin(&client, "k", &[]);
    upload(&client, "k", &id, 1, "one");
    client.ok("DELETE /models", &[], "");
    assert_eq!(blobs(), 0, "the bucket took its uploads with it");
}
