use proptest::prelude::*;
use serde_json::Map;

use super::*;

fn object(key: &str, size: u64, bytes: &str) -> ObjectDigest {
    ObjectDigest { relative_key: key.to_owned(), size, sha256: Digest::of(bytes) }
}

#[test]
fn sha256_is_sha256() {
    // FIPS 180-4, example "abc".
    let digest = Digest::of("abc");
    assert_eq!(digest.to_string(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_eq!(digest.token(), "ba7816bf8f01cfea414140de5dae2223");
    assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
    for wrong in ["", "ba78", &"g".repeat(64), &"0".repeat(65)] {
        assert!(wrong.parse::<Digest>().is_err(), "{wrong}");
    }
}

#[test]
fn canonical_form_follows_rfc_8785() {
    for (json, canonical_form) in [
        // Section 3.2.2: literals, numbers and escapes.
        (
            r#"{"numbers": [333333333.3333333, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
                "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
                "literals": [null, true, false]}"#,
            r#"{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}"#,
        ),
        // Section 3.2.3: by UTF-16 code units, in which an emoji comes before U+FB33.
        (
            r#"{"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\ud83d\ude00": 5, "\u0080": 6, "\u00f6": 7}"#,
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\u{fb33}\":3}",
        ),
        (
            r#"[-0.0, 1.0, -1.5, 100, 1e21, 123456789012345680000.0, 0.000001, 1e-7, 9007199254740993]"#,
            "[0,1,-1.5,100,1e+21,123456789012345680000,0.000001,1e-7,9007199254740993]",
        ),
        (r#"{"b": {}, "a": [[], ""]}"#, r#"{"a":[[],""],"b":{}}"#),
    ] {
        assert_eq!(canonical(&serde_json::from_str(json).unwrap()), canonical_form);
    }
}

#[test]
fn content_does_not_depend_on_order_and_source_does_depend_on_source() {
    let objects = [object("model.json", 3, "abc"), object("code/inference.py", 1, "x")];
    let reversed = [objects[1].clone(), objects[0].clone()];
    let spec = json!({ "Containers": [{ "Image": "i", "ModelDataUrl": "s3://dev/m.tar.gz" }] });
    assert_eq!(content_sha256(&objects), content_sha256(&reversed));
    assert_eq!(source_digest("arn:1", &spec, &objects), source_digest("arn:1", &spec, &reversed));
    let others = [
        source_digest("arn:2", &spec, &objects),
        source_digest("arn:1", &json!({ "Containers": [] }), &objects),
        source_digest("arn:1", &spec, &objects[..1]),
        content_sha256(&objects),
        spec_sha256(&spec),
    ];
    assert!(!others.contains(&source_digest("arn:1", &spec, &objects)));
}

/// Changing how digests are computed would invalidate every approval there is.
#[test]
fn digests_are_stable() {
    let spec = json!({ "Containers": [{ "Image": "i@sha256:00", "ModelDataUrl": "s3://bucket/model.tar.gz" }] });
    let objects = [object("model.tar.gz", 3, "abc")];
    insta::assert_snapshot!(spec_sha256(&spec), @"2861700490171b07afbfb139ca23aa80e439bc5d4e0be7cfac901160a60828c6");
    insta::assert_snapshot!(content_sha256(&objects), @"d7bb1450d1e95625f767e05ae63d322c4a066842482332ff258625c1f11a92e1");
    insta::assert_snapshot!(source_digest("arn:1", &spec, &objects), @"4f63eb650230489f0dde398b5cceaac55996d92d720e7107974900cc32faf193");
}

fn json_values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn reversed(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(reversed).collect(),
        Value::Object(members) => Value::Object(
            members.iter().rev().map(|(name, member)| (name.clone(), reversed(member))).collect::<Map<_, _>>(),
        ),
        other => other.clone(),
    }
}

proptest! {
    #[test]
    fn canonical_json_is_the_same_json(value in json_values()) {
        prop_assert_eq!(serde_json::from_str::<Value>(&canonical(&value)).unwrap(), value);
    }

    #[test]
    fn the_order_of_members_is_irrelevant(value in json_values()) {
        prop_assert_eq!(spec_sha256(&reversed(&value)), spec_sha256(&value));
    }

    #[test]
    fn any_difference_changes_the_digest(a in json_values(), b in json_values()) {
        prop_assert_eq!(spec_sha256(&a) == spec_sha256(&b), a == b);
        prop_assert_ne!(spec_sha256(&json!({ "x": &a })), spec_sha256(&json!({ "x": &a, "y": null })));
    }

    #[test]
    fn floats_keep_their_value(float in prop::num::f64::NORMAL) {
        prop_assert_eq!(ecmascript(float).parse::<f64>().unwrap(), float);
    }

    #[test]
    fn any_change_of_an_object_changes_the_content(key in "[a-z/]{1,8}", size in 0_u64..1000, bytes in "[a-z]{0,8}") {
        let digest = content_sha256(&[object(&key, size, &bytes)]);
        prop_assert_ne!(digest, content_sha256(&[object(&format!("{key}x"), size, &bytes)]));
        prop_assert_ne!(digest, content_sha256(&[object(&key, size + 1, &bytes)]));
        prop_assert_ne!(digest, content_sha256(&[object(&key, size, &format!("{bytes}x"))]));
        prop_assert_ne!(digest, content_sha256(&[]));
    }
}
