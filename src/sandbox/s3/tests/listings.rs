//! Listings page by page.

use super::*;

const KEYS: [&str; 9] = ["a", "b/1", "b/2", "b/c/3", "b0", "c+d", "c d", "d/", "ü"];

fn filled() -> Client {
    let client = client();
    for key in KEYS {
        crate::sandbox::s3::put_object(&client.sandbox, ACCOUNT, REGION, "models", key, b"").unwrap();
    }
    client
}

fn sorted() -> Vec<&'static str> {
    let mut keys = KEYS.to_vec();
    keys.sort_unstable();
    keys
}

#[test]
fn keys_come_in_the_order_of_their_bytes() {
    let client = filled();
    let answered = client.ok("GET /models?list-type=2", &[], "");
    assert_eq!(answered.elements("Key"), sorted());
    assert_eq!((answered.element("KeyCount"), answered.element("IsTruncated")), ("9".into(), "false".into()));
    assert_eq!(client.ok("GET /models?list-type=2&start-after=b%2F2", &[], "").elements("Key"), &sorted()[3..]);
    assert_eq!(client.ok("GET /models?list-type=2&prefix=b%2F", &[], "").elements("Key"), ["b/1", "b/2", "b/c/3"]);
    let encoded = client.ok("GET /models?list-type=2&encoding-type=url&prefix=c", &[], "");
    assert_eq!(encoded.elements("Key"), ["c+d", "c%2Bd"]);
}

/// All pages of a listing: each page's entries, until there is no next one.
fn pages(client: &Client, question: &str, next: &[(&str, &str)]) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut line = format!("GET /models?{question}");
    loop {
        let answered = client.ok(&line, &[], "");
        let mut entries: Vec<String> = answered.elements("Key");
        entries.extend(answered.elements("CommonPrefixes"));
        pages.push(entries);
        if answered.element("IsTruncated") == "false" {
            return pages;
        }
        line = format!("GET /models?{question}");
        for (element, parameter) in next {
            if let [value] = answered.elements(element).as_slice() {
                let value = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
                line.push_str(&format!("&{parameter}={value}"));
            }
        }
    }
}

#[test]
fn pages_of_any_size_show_each_entry_once() {
    let client = filled();
    let whole: Vec<String> = pages(&client, "list-type=2&delimiter=/", &[]).concat();
    assert_eq!(whole.len(), 7, "b/ and d/ stand for their keys: {whole:?}");
    for size in 1..=8 {
        for (kind, next) in [
            ("list-type=2", vec![("NextContinuationToken", "continuation-token")]),
            ("encoding-type=", vec![("NextMarker", "marker")]),
            ("versions", vec![("NextKeyMarker", "key-marker"), ("NextVersionIdMarker", "version-id-marker")]),
        ] {
            let pages = pages(&client, &format!("{kind}&delimiter=/&max-keys={size}"), &next);
            assert_eq!(pages.len(), 7_usize.div_ceil(size), "{kind} by {size}");
            let (mut found, mut expected) = (pages.concat(), whole.clone());
            found.sort();
            expected.sort();
            assert_eq!(found, expected, "{kind} by {size}");
        }
    }
    let none = client.ok("GET /models?list-type=2&max-keys=0", &[], "");
    assert_eq!((none.element("KeyCount"), none.element("IsTruncated")), ("0".into(), "false".into()));
    assert_eq!(client.ok("GET /models?list-type=2&max-keys=5000", &[], "").element("MaxKeys"), "1000");
}

#[test]
fn deleted_objects_are_seen_only_among_versions() {
    let client = filled();
    let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    client.ok("PUT /models?versioning", &[], enabled);
    client.ok("DELETE /models/d/", &[], "");
    let prefixes = client.ok("GET /models?list-type=2&delimiter=/", &[], "").elements("CommonPrefixes");
    assert_eq!(prefixes, ["<Prefix>b/</Prefix>"]);
    let versions = client.ok("GET /models?versions&prefix=d", &[], "");
    assert_eq!((versions.elements("DeleteMarker").len(), versions.elements("Version").len()), (1, 1));
    assert_eq!(versions.elements("IsLatest"), ["true", "false"], "the marker is on top");
    let pages = pages(
        &client,
        "versions&prefix=d&max-keys=1",
        &[("NextKeyMarker", "key-marker"), ("NextVersionIdMarker", "version-id-marker")],
    );
    assert_eq!(pages, [["d/"], ["d/"]]);
}
