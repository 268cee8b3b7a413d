//! Lists and Search.

use serde_json::{Value, json};

use super::{Aws, FIRST, GROUP_ARN};

#[test]
fn a_filtered_page_may_be_empty_and_go_on() {
    let aws = Aws::with_group();
    for n in 0..5 {
        aws.advance(1);
        aws.version(json!({"ModelApprovalStatus": if n == 4 { "Approved" } else { "Rejected" }}));
    }
    let mut input = json!({"ModelPackageGroupName": "churn", "ModelApprovalStatus": "Approved", "MaxResults": 2});
    let mut sizes = Vec::new();
    loop {
        let page = aws.ok("ListModelPackages", input.clone());
        sizes.push(page["ModelPackageSummaryList"].as_array().unwrap().len());
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(sizes, [0, 0, 1]);
}

#[test]
fn packages_are_listed_by_type_and_groups_by_name() {
    let aws = Aws::with_group();
    aws.version(json!({}));
    aws.ok("CreateModelPackage", json!({"ModelPackageName": "solo"}));
    assert!(aws.err("CreateModelPackage", json!({"ModelPackageName": "solo"})).contains("already exists: arn:aws"));
    for (kind, expected) in [(None, 1), (Some("Unversioned"), 1), (Some("Versioned"), 1), (Some("Both"), 2)] {
        let listed = aws.ok("ListModelPackages", json!({"ModelPackageType": kind}));
        assert_eq!(listed["ModelPackageSummaryList"].as_array().unwrap().len(), expected, "{kind:?}");
    }
    assert_eq!(aws.describe("solo")["ModelPackageName"], "solo");

    aws.advance(10);
    for name in ["alpha", "beta-churn"] {
        aws.ok("CreateModelPackageGroup", json!({"ModelPackageGroupName": name}));
    }
    let names = |input: Value| {
        let listed = aws.ok("ListModelPackageGroups", input);
        let groups = listed["ModelPackageGroupSummaryList"].as_array().unwrap().clone();
        groups.iter().map(|group| group["ModelPackageGroupName"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(json!({"SortBy": "Name", "SortOrder": "Descending"})), ["churn", "beta-churn", "alpha"]);
    assert_eq!(names(json!({"SortBy": "CreationTime"})), ["churn", "alpha", "beta-churn"]);
    assert_eq!(names(json!({"NameContains": "churn"})), ["churn", "beta-churn"]);
    assert_eq!(names(json!({"CreationTimeAfter": "2026-01-05T09:00:05Z"})), ["alpha", "beta-churn"]);
    assert_eq!(names(json!({"CreationTimeBefore": 1_767_603_605})), ["churn"]);
}

#[test]
fn search_sees_the_past() {
    let aws = Aws::with_group();
    let arn = aws.version(json!({"CustomerMetadataProperties": {"k": "old"}}));
    let seen =
        || aws.search("ModelPackage", Value::Null).first().map(|it| it["CustomerMetadataProperties"]["k"].clone());
    let tags = || aws.search("ModelPackageGroup", Value::Null).first().map(|group| group.get("Tags").cloned());
    assert_eq!((seen(), tags()), (None, None), "the index knows nothing yet");
    aws.advance(5);
    assert_eq!((seen(), tags()), (Some(json!("old")), Some(None)));

    aws.ok("UpdateModelPackage", json!({"ModelPackageArn": arn, "CustomerMetadataProperties": {"k": "new"}}));
    aws.ok("AddTags", json!({"ResourceArn": GROUP_ARN, "Tags": [{"Key": "team", "Value": "risk"}]}));
    aws.advance(4);
    assert_eq!((seen(), tags()), (Some(json!("old")), Some(None)));
    aws.advance(1);
    let team = json!([{"Key": "team", "Value": "risk"}]);
    assert_eq!((seen(), tags()), (Some(json!("new")), Some(Some(team.clone()))));
    assert_eq!(aws.search("ModelPackage", Value::Null)[0]["Tags"], team, "versions have their group's tags");

    aws.ok("DeleteModelPackage", json!({"ModelPackageName": arn}));
    assert_eq!(seen(), Some(json!("new")), "deleted, but still in the index");
    aws.advance(5);
    assert_eq!(seen(), None);
}

#[test]
fn search_pages_sorts_and_counts() {
    let aws = Aws::with_group();
    for n in 0..5 {
        aws.advance(1);
        aws.version(json!({"CustomerMetadataProperties": {"n": n.to_string()}}));
    }
    aws.advance(10);
    aws.ok("UpdateModelPackage", json!({"ModelPackageArn": FIRST, "ModelApprovalStatus": "Rejected"}));
    aws.advance(10);
    let mut input = json!({"Resource": "ModelPackage", "MaxResults": 2});
    let mut versions = Vec::new();
    loop {
        let page = aws.ok("Search", input.clone());
        assert_eq!(page["TotalHits"], json!({"Value": 5, "Relation": "EqualTo"}));
        let results = page["Results"].as_array().unwrap();
        versions.extend(results.iter().map(|it| it["ModelPackage"]["ModelPackageVersion"].as_u64().unwrap()));
        match page.get("NextToken") {
            Some(token) => input["NextToken"] = token.clone(),
            None => break,
        }
    }
    assert_eq!(versions, [1, 5, 4, 3, 2], "the last changed comes first");
}
