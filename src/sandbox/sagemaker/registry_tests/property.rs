//! Whatever is done to it, the registry is a table of versions, and Search is that table a few seconds ago.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Aws, CENTRAL, REGION};

/// What may happen to the registry in the property below.
#[derive(Clone, Debug)]
enum Step {
    Create(BTreeMap<String, String>),
    Update { version: u64, set: BTreeMap<String, String>, remove: BTreeSet<String>, approval: Option<&'static str> },
    Delete(u64),
    Wait(u64),
}

fn metadata() -> impl Strategy<Value = BTreeMap<String, String>> {
    proptest::collection::btree_map("[a-c]", "[0-9]{1,2}", 0..3)
}

fn step() -> impl Strategy<Value = Step> {
    let approval = proptest::option::of(proptest::sample::select(vec!["Approved", "Rejected"]));
    let update = (1_u64..6, metadata(), proptest::collection::btree_set("[a-d]", 0..3), approval);
    prop_oneof![
        metadata().prop_map(Step::Create),
        update.prop_map(|(version, set, remove, approval)| Step::Update { version, set, remove, approval }),
        (1_u64..6).prop_map(Step::Delete),
        (0_u64..7).prop_map(Step::Wait),
    ]
}

/// Version to approval and metadata: all that the property looks at.
type Versions = BTreeMap<u64, (String, BTreeMap<String, String>)>;

fn versions(packages: &[Value]) -> Versions {
    let read = |package: &Value| {
        let metadata = package.get("CustomerMetadataProperties").cloned().unwrap_or_else(|| json!({}));
        let approval = package["ModelApprovalStatus"].as_str().unwrap().to_owned();
        (package["ModelPackageVersion"].as_u64().unwrap(), (approval, serde_json::from_value(metadata).unwrap()))
    };
    packages.iter().map(read).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_registry_behaves_as_a_table_with_a_past(steps in proptest::collection::vec(step(), 1..25)) {
        let aws = Aws::with_group();
        let arn = |version: u64| format!("arn:aws:sagemaker:{REGION}:{CENTRAL}:model-package/churn/{version}");
        let (mut now, mut last) = (0_u64, 0_u64);
        let mut table = Versions::new();
        let mut past: Vec<(u64, Versions)> = Vec::new();
        for step in steps {
            match step {
                Step::Create(set) => {
                    last += 1;
                    let input = if set.is_empty() { json!({}) } else { json!({"CustomerMetadataProperties": set}) };
                    prop_assert_eq!(aws.version(input), arn(last));
                    table.insert(last, ("PendingManualApproval".to_owned(), set));
                }
                Step::Update { version, set, remove, approval } => {
                    let mut input = json!({"ModelPackageArn": arn(version), "CustomerMetadataPropertiesToRemove": remove});
                    if !set.is_empty() {
                        input["CustomerMetadataProperties"] = json!(set);
                    }
                    if let Some(approval) = approval {
                        input["ModelApprovalStatus"] = json!(approval);
                    }
                    let done = aws.call(CENTRAL, "UpdateModelPackage", &input).is_ok();
                    prop_assert_eq!(done, table.contains_key(&version));
                    if let Some((status, metadata)) = table.get_mut(&version) {
                        metadata.extend(set);
                        metadata.retain(|key, _| !remove.contains(key));
                        *status = approval.map_or(status.clone(), str::to_owned);
                    }
                }
                Step::Delete(version) => {
                    let input = json!({"ModelPackageName": arn(version)});
                    prop_assert_eq!(
                        aws.call(CENTRAL, "DeleteModelPackage", &input).is_ok(),
                        table.remove(&version).is_some()
                    );
                }
                Step::Wait(seconds) => {
                    aws.advance(seconds);
                    now += seconds;
                }
            }
            past.push((now, table.clone()));

            let mut input = json!({"ModelPackageGroupName": "churn", "MaxResults": 2, "SortOrder": "Descending"});
            let mut listed = Vec::new();
            loop {
                let page = aws.ok("ListModelPackages", input.clone());
                listed.extend(page["ModelPackageSummaryList"].as_array().unwrap().clone());
                match page.get("NextToken") {
                    Some(token) => input["NextToken"] = token.clone(),
                    None => break,
                }
            }
            let order: Vec<u64> = listed.iter().map(|it| it["ModelPackageVersion"].as_u64().unwrap()).collect();
            prop_assert_eq!(order, table.keys().rev().copied().collect::<Vec<_>>());
            let described: Vec<Value> = table.keys().map(|version| aws.describe(&arn(*version))).collect();
            prop_assert_eq!(versions(&described), table.clone());

            let indexed = past.iter().rev().find(|(at, _)| at + 5 <= now).map(|(_, then)| then.clone());
            prop_assert_eq!(versions(&aws.search("ModelPackage", Value::Null)), indexed.unwrap_or_default());
        }
    }
}
