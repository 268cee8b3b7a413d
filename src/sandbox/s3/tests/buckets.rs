//! Buckets and what they are told.

use super::*;
use crate::sandbox::s3;

const IRELAND: &str =
    "<CreateBucketConfiguration><LocationConstraint>eu-west-1</LocationConstraint></CreateBucketConfiguration>";

#[test]
fn names_are_global_and_regions_are_where_they_are_asked_for() {
    let client = client();
    let virginia = client.of(ACCOUNT, "us-east-1");
    client.ok("PUT /mine", &[], IRELAND);
    let error = |client: &Client, line: &str, body: &'static str| client.send(line, &[], body).error().1;
    assert_eq!(error(&client, "PUT /mine", IRELAND), "BucketAlreadyOwnedByYou");
    assert_eq!(error(&client.of(OTHER, REGION), "PUT /mine", IRELAND), "BucketAlreadyExists");
    assert_eq!(error(&client.of(OTHER, "eu-central-1"), "PUT /new", IRELAND), "IllegalLocationConstraintException");
    for name in ["ab", "Upper", "a..b", "-a-b", "192.168.1.1", "xn--abc", "abc-s3alias", &"x".repeat(64)] {
        assert_eq!(error(&client, &format!("PUT /{name}"), IRELAND), "InvalidBucketName", "{name}");
    }
    // The first Region: no constraint, no error the second time, buckets elsewhere on request.
    virginia.ok("PUT /usa", &[], "");
    virginia.ok("PUT /usa", &[], "");
    virginia.ok("PUT /via-usa", &[], IRELAND);
    assert_eq!(client.ok("HEAD /via-usa", &[], "").header("x-amz-bucket-region"), Some(REGION));
    assert!(virginia.ok("GET /usa?location", &[], "").text().ends_with("/\"></LocationConstraint>"));
    assert!(virginia.ok("GET /mine?location", &[], "").text().contains(">eu-west-1</LocationConstraint>"));
    let elsewhere = virginia.send("GET /mine/key", &[], "");
    assert_eq!(elsewhere.error(), (301, "PermanentRedirect".to_owned()));
    assert_eq!(elsewhere.header("x-amz-bucket-region"), Some(REGION));
    // One's own, in all Regions.
    assert_eq!(client.ok("GET /", &[], "").elements("Name"), ["mine", "models", "usa", "via-usa"]);
    assert_eq!(client.ok("GET /?bucket-region=us-east-1", &[], "").elements("Name"), ["usa"]);
    assert!(client.of(OTHER, REGION).ok("GET /", &[], "").elements("Name").is_empty());
    client.ok("DELETE /mine", &[], "");
    client.of(OTHER, REGION).ok("PUT /mine", &[], IRELAND);
}

#[test]
fn policies_are_checked_and_kept_as_they_came() {
    let client = client();
    let policy = |principal: &str, action: &str, resource: &str, condition: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Principal": {principal},
                "Action": "{action}", "Resource": "{resource}"{condition}}}}}"#
        )
    };
    let put = |policy: &str| client.send("PUT /models?policy", &[], policy.to_owned());
    assert_eq!(client.send("GET /models?policy", &[], "").error(), (404, "NoSuchBucketPolicy".to_owned()));
    let other = format!(r#"{{"AWS": "arn:aws:iam::{OTHER}:root"}}"#);
    let good = policy(&other, "s3:GetObject", "arn:aws:s3:::models/*", "");
    assert_eq!(put(&good).status, 204);
    assert_eq!(client.ok("GET /models?policy", &[], "").text(), good);
    let in_organization = r#", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}"#;
    assert_eq!(put(&policy(r#""*""#, "s3:*", "arn:aws:s3:::models", in_organization)).status, 204);
    for (bad, message) in [
        ("[]".to_owned(), "Policies must be valid JSON and the first byte must be '{'"),
        ("{}".to_owned(), "Missing required field Statement"),
        (good.replace("Principal", "Prinzipal"), "Missing required field Principal"),
        (good.replace("Allow", "Permit"), "Invalid effect: Permit"),
        (good.replace("2012", "2013"), "The policy must contain a valid version string"),
        (good.replace("s3:Get", "ec2:Get"), "Policy has invalid action"),
        (good.replace(":::models", ":::elsewhere"), "Policy has invalid resource"),
    ] {
        let answered = put(&bad);
        assert_eq!((answered.error().1.as_str(), answered.element("Message").as_str()), ("MalformedPolicy", message));
    }
    let public = policy(r#""*""#, "s3:GetObject", "arn:aws:s3:::models/*", "");
    assert_eq!(put(&public).error(), (403, "AccessDenied".to_owned()));
    client.ok("DELETE /models?publicAccessBlock", &[], "");
    assert_eq!(put(&public).status, 204);
}

#[test]
fn configurations_come_back() {
    let client = client();
    let tags = "<Tagging><TagSet><Tag><Key>team</Key><Value>a &amp; b</Value></Tag></TagSet></Tagging>";
    assert_eq!(client.send("GET /models?tagging", &[], "").error(), (404, "NoSuchTagSet".to_owned()));
    client.ok("PUT /models?tagging", &[], tags);
    assert_eq!(client.ok("GET /models?tagging", &[], "").element("Value"), "a & b");
    assert_eq!(client.ok("GET /models?publicAccessBlock", &[], "").element("BlockPublicPolicy"), "true");
    let block =
        "<PublicAccessBlockConfiguration><BlockPublicAcls>true</BlockPublicAcls></PublicAccessBlockConfiguration>";
    client.ok("PUT /models?publicAccessBlock", &[], block);
    assert_eq!(client.ok("GET /models?publicAccessBlock", &[], "").element("BlockPublicPolicy"), "false");
    assert_eq!(client.ok("GET /models?encryption", &[], "").element("SSEAlgorithm"), "AES256");
    let kms = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
               <SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>1-2-3</KMSMasterKeyID>\
               </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>";
    client.ok("PUT /models?encryption", &[], kms);
    let key = "x-amz-server-side-encryption-aws-kms-key-id";
    assert_eq!(client.put("/models/a", "").header(key), Some("arn:aws:kms:eu-west-1:111111111111:key/1-2-3"));
    let plain = client.ok("PUT /models/a", &[("x-amz-server-side-encryption", "AES256")], "");
    assert_eq!((plain.header("x-amz-server-side-encryption"), plain.header(key)), (Some("AES256"), None));
}

#[test]
fn landscapes_are_built_without_requests() {
    let client = client();
    let taken = s3::create_bucket(&client.sandbox, OTHER, REGION, "models", None).unwrap_err();
    assert_eq!(taken.code, "BucketAlreadyExists");
    let malformed = s3::create_bucket(&client.sandbox, OTHER, REGION, "central", Some("{}")).unwrap_err();
    assert_eq!(malformed.code, "MalformedPolicy");
    s3::create_bucket(&client.sandbox, OTHER, REGION, "central", None).unwrap();
    s3::put_object(&client.sandbox, OTHER, REGION, "central", "a/b", b"bytes").unwrap();
    let owner = client.of(OTHER, REGION);
    assert_eq!(owner.get("/central/a/b"), "bytes");
    let other = s3::put_object(&client.sandbox, ACCOUNT, REGION, "central", "a/b", b"bytes").unwrap_err();
    assert_eq!(other.code, "AccessDenied");
}
