//! Buckets, key and event bus.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use serde_json::{Value, json};

use super::{Bench, CENTRAL, DEV};
use crate::sandbox::s3;

const BUCKET: &str = "aiops-models-222222222222-eu-west-1";
const PROJECTS: &str = "amazon-sagemaker-333333333333-eu-west-1-aiops";

impl Bench {
    fn s3<T>(&self, account: &str, work: impl AsyncFnOnce(Client) -> T) -> T {
        let place = self.place(account);
        self.within(async |studio| work(studio.session(&place).await.unwrap().s3()).await)
    }

    fn kms(&self, operation: &str, input: Value) -> Value {
        self.call(CENTRAL, "kms", operation, input)
    }

    fn bus_policy(&self) -> Value {
        let bus = self.call(CENTRAL, "events", "DescribeEventBus", json!({"Name": "aiops"}));
        serde_json::from_str(bus["Policy"].as_str().unwrap()).unwrap()
    }
}

/// The pending changes of one kind of thing.
fn of(kind: &str, pending: Vec<String>) -> Vec<String> {
    pending.into_iter().filter(|line| line.contains(kind) && !line.contains("[needs")).collect()
}

#[test]
fn drift_of_a_bucket_shows_and_is_corrected() {
    let bench = Bench::new();
    bench.converge();
    bench.s3(CENTRAL, async |s3| {
        let suspended = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
        s3.put_bucket_versioning().bucket(BUCKET).versioning_configuration(suspended).send().await.unwrap();
        s3.delete_public_access_block().bucket(BUCKET).send().await.unwrap();
        s3.delete_bucket_encryption().bucket(BUCKET).send().await.unwrap();
    });
    let key = bench.kms("DescribeKey", json!({"KeyId": "alias/aiops"}))["KeyMetadata"]["Arn"].clone();
    let blocks = ["block-public-acls", "ignore-public-acls", "block-public-policy", "restrict-public-buckets"]
        .map(|switch| format!("public-access-block.{switch}: false -> true"));
    let expected = format!(
        "change 222 bucket {BUCKET} versioning: \"Suspended\" -> \"Enabled\", encryption.key: null -> {key}, {}",
        blocks.join(", ")
    );
    assert_eq!(bench.pending(), [expected]);
    bench.converge();
    bench.s3(CENTRAL, async |s3| s3.delete_bucket_policy().bucket(BUCKET).send().await.unwrap());
    let pending = bench.pending();
    assert!(pending.len() == 1 && pending[0].contains("policy: null -> {"), "{pending:?}");
    bench.converge();
}

#[test]
fn a_bucket_of_others_is_used_if_it_fits_and_is_in_the_way_if_not() {
    let bench = Bench::new();
    s3::create_bucket(&bench.sandbox, DEV, "eu-west-1", PROJECTS, None).unwrap();
    let put = |key: &'static str| {
        bench.s3(DEV, async |s3| s3.put_object().bucket(PROJECTS).key(key).send().await.unwrap());
    };
    put("theirs");
    let conflict = format!("conflict 333 bucket {PROJECTS} versioning: null -> \"Enabled\"");
    assert_eq!(of(" bucket amazon-sagemaker-333333333333-eu", bench.pending()), [conflict]);
    bench.s3(DEV, async |s3| {
        let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        s3.put_bucket_versioning().bucket(PROJECTS).versioning_configuration(enabled).send().await.unwrap();
    });
    bench.converge();
    let tags = bench.s3(DEV, async |s3| s3.get_bucket_tagging().bucket(PROJECTS).send().await);
    assert!(tags.is_err(), "what others made stays theirs");
}

#[test]
fn a_bucket_that_was_made_and_nothing_more_is_gone_on_with() {
    let bench = Bench::new();
    s3::create_bucket(&bench.sandbox, DEV, "eu-west-1", PROJECTS, None).unwrap();
    let expected =
        format!("change 333 bucket {PROJECTS} tags.managed-by: null -> \"aiops\", versioning: null -> \"Enabled\"");
    assert_eq!(of(" bucket amazon-sagemaker-333333333333-eu", bench.pending()), [expected]);
    bench.converge();
}

#[test]
fn a_bucket_name_that_is_taken_is_told() {
    let bench = Bench::new();
    s3::create_bucket(&bench.sandbox, "999999999999", "eu-west-1", PROJECTS, None).unwrap();
    let plan = bench.look();
    let failure = plan.failures().next().unwrap();
    let error = failure.error.as_ref().unwrap();
    assert!(error.contains("another account's, or closed to the administrator"), "{error}");
    assert!(failure.hints.iter().any(|hint| hint.contains("`projects-bucket`")), "{:?}", failure.hints);
}

#[test]
fn drift_of_the_key_shows_and_is_corrected() {
    let bench = Bench::new();
    bench.converge();
    let id = bench.kms("DescribeKey", json!({"KeyId": "alias/aiops"}))["KeyMetadata"]["KeyId"].clone();
    let policy = bench.kms("GetKeyPolicy", json!({"KeyId": id}))["Policy"].as_str().unwrap().to_owned();
    assert!(policy.contains("arn:aws:iam::444444444444:role/") && !policy.contains("333333333333"), "{policy}");
    bench.kms("DisableKeyRotation", json!({"KeyId": id}));
    let open = policy.replace("kms:Decrypt", "kms:Encrypt");
    bench.kms("PutKeyPolicy", json!({"KeyId": id, "Policy": open}));
    bench.kms("DisableKey", json!({"KeyId": id}));
    let pending = bench.pending();
    assert_eq!(pending.len(), 1, "{pending:#?}");
    for told in ["state: \"Disabled\" -> \"Enabled\"", "rotation: false -> true", "kms:Encrypt", "kms:Decrypt"] {
        assert!(pending[0].contains(told), "{told} in {pending:#?}");
    }
    bench.converge();
}

#[test]
fn a_key_of_others_is_only_looked_at() {
    let bench = Bench::new();
    let made = bench.kms("CreateKey", json!({}))["KeyMetadata"].clone();
    bench.kms("CreateAlias", json!({"AliasName": "alias/aiops", "TargetKeyId": made["KeyId"]}));
    let done = bench.converge();
    assert!(of(" key ", done).is_empty());
    assert_eq!(bench.kms("GetKeyRotationStatus", json!({"KeyId": made["KeyId"]}))["KeyRotationEnabled"], false);
    let put = bench.s3(CENTRAL, async |s3| s3.put_object().bucket(BUCKET).key("k").send().await.unwrap());
    assert_eq!(put.ssekms_key_id(), made["Arn"].as_str());
}

#[test]
fn a_key_that_is_not_there_is_made_for_an_alias_alone() {
    let bench = Bench::changed(&[("kms-key: alias/aiops", "kms-key: 12345678-1234-1234-1234-123456789012")]);
    let plan = bench.look();
    let failure = plan.failures().next().unwrap();
    let error = failure.error.as_ref().unwrap();
    assert!(error.contains("there is no key 12345678-1234-1234-1234-123456789012 in eu-west-1"), "{error}");
    assert!(failure.hints.iter().any(|hint| hint.contains("alias/NAME")));
}

#[test]
fn a_key_that_lost_its_alias_is_found_again() {
    let bench = Bench::new();
    bench.converge();
    bench.kms("DeleteAlias", json!({"AliasName": "alias/aiops"}));
    assert_eq!(of(" key ", bench.pending()), ["change 222 key alias/aiops alias: null -> \"alias/aiops\""]);
    bench.converge();
    assert_eq!(bench.kms("ListKeys", json!({}))["Keys"].as_array().unwrap().len(), 1);
}

#[test]
fn drift_of_the_bus_shows_and_is_corrected() {
    let bench = Bench::new();
    bench.converge();
    let policy = bench.bus_policy();
    let principals = policy["Statement"][0]["Principal"]["AWS"].as_array().unwrap();
    assert_eq!(principals.len(), 4, "governance and the three accounts of tenants: {principals:?}");
    let mut other = policy.clone();
    other["Statement"][0]["Principal"] = json!("*");
    bench.call(CENTRAL, "events", "PutPermission", json!({"EventBusName": "aiops", "Policy": other.to_string()}));
    let pending = bench.pending();
    assert!(pending.len() == 1 && pending[0].starts_with("change 222 event bus aiops policy: "), "{pending:#?}");
    bench.converge();
    assert_eq!(bench.bus_policy(), policy);
}
