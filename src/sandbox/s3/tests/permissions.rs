//! Who may do what: every operation asks IAM for the right action, on both sides of a copy.

use serde_json::json;

use super::*;

const FOREIGN_POLICY: &str = r#"{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "s3:GetObject",
     "Resource": "arn:aws:s3:::foreign/open/*"}]}"#;

/// A role of [`ACCOUNT`] that may do `actions` to everything, ready to call.
fn role_with(client: &Client, actions: &[&str]) -> Client {
    let administer = |service: &str, operation: &str, input| {
        client.sandbox.administer(ACCOUNT, REGION, service, operation, input).unwrap()
    };
    let trust = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
        "Principal": {"AWS": format!("arn:aws:iam::{ACCOUNT}:root")}, "Action": "sts:AssumeRole"}]});
    let name = format!("role-{:x}", crc_fast::crc64_nvme(actions.concat().as_bytes()));
    let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
    administer("iam", "CreateRole", input);
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:ListAllMyBuckets"], "Resource": "*"},
        {"Effect": "Allow", "Action": actions, "Resource": "*"}]});
    let input = json!({"RoleName": name, "PolicyName": "p", "PolicyDocument": policy.to_string()});
    administer("iam", "PutRolePolicy", input);
    client.sandbox.clock().advance(std::time::Duration::from_secs(60));
    let input = json!({"RoleArn": format!("arn:aws:iam::{ACCOUNT}:role/{name}"), "RoleSessionName": "test"});
    let credentials = administer("sts", "AssumeRole", input)["Credentials"].clone();
    let text = |member: &str| credentials[member].as_str().unwrap().to_owned();
    Client { session: Some((text("AccessKeyId"), text("SessionToken"))), ..client.of(ACCOUNT, REGION) }
}

/// The status of a request by a role that may do `actions`.
fn status(client: &Client, actions: &[&str], line: &str, headers: &[(&str, &str)]) -> u16 {
    role_with(client, actions).send(line, headers, "").status
}

/// Actions, and a request line and headers that need exactly these.
type Case<'c> = (&'c [&'c str], &'c str, &'c [(&'c str, &'c str)]);

#[test]
fn each_operation_needs_its_actions_and_no_others() {
    let tags = ("x-amz-tagging", "t=1");
    let source = ("x-amz-copy-source", "models/tagged");
    let attributes = ("x-amz-object-attributes", "ETag");
    let cases: &[Case<'_>] = &[
        (&["s3:ListBucket"], "GET /models?list-type=2", &[]),
        (&["s3:ListBucket"], "HEAD /models", &[]),
        (&["s3:ListBucketVersions"], "GET /models?versions", &[]),
        (&["s3:ListBucketMultipartUploads"], "GET /models?uploads", &[]),
        (&["s3:GetBucketLocation"], "GET /models?location", &[]),
        (&["s3:GetBucketVersioning"], "GET /models?versioning", &[]),
        (&["s3:GetEncryptionConfiguration"], "GET /models?encryption", &[]),
        (&["s3:GetBucketPublicAccessBlock"], "GET /models?publicAccessBlock", &[]),
        (&["s3:DeleteBucketPolicy"], "DELETE /models?policy", &[]),
        (&["s3:GetObject"], "GET /models/tagged", &[]),
        (&["s3:GetObject"], "HEAD /models/tagged", &[]),
        (&["s3:GetObjectVersion"], "GET /models/tagged?versionId=null", &[]),
        (&["s3:GetObjectTagging"], "GET /models/tagged?tagging", &[]),
        (&["s3:GetObject", "s3:GetObjectAttributes"], "GET /models/tagged?attributes", &[attributes]),
        (&["s3:PutObject"], "PUT /models/new", &[]),
        (&["s3:PutObject", "s3:PutObjectTagging"], "PUT /models/new", &[tags]),
        (&["s3:PutObject"], "POST /models/new?uploads", &[]),
        (&["s3:DeleteObject"], "DELETE /models/none", &[]),
        (&["s3:DeleteObjectVersion"], "DELETE /models/none?versionId=null", &[]),
        (
            &["s3:GetObject", "s3:GetObjectTagging", "s3:PutObject", "s3:PutObjectTagging"],
            "PUT /models/copy",
            &[source],
        ),
        (&["s3:GetObject", "s3:PutObject"], "PUT /models/copy", &[source, ("x-amz-tagging-directive", "REPLACE")]),
    ];
    for (actions, line, headers) in cases {
        let client = client();
        client.ok("PUT /models/tagged", &[tags], "data");
        let enough = status(&client, actions, line, headers);
        assert!((200..300).contains(&enough), "{line} with {actions:?}: {enough}");
        for left_out in *actions {
            let others: Vec<&str> = actions.iter().filter(|action| *action != left_out).copied().collect();
            let others = if others.is_empty() { vec!["s3:CreateBucket"] } else { others };
            assert_eq!(status(&client, &others, line, headers), 403, "{line} without {left_out}");
        }
    }
}

#[test]
fn who_may_not_list_does_not_learn_what_is_missing() {
    let client = client();
    let get = |actions: &[&str]| role_with(&client, actions).send("GET /models/absent", &[], "").error();
    assert_eq!(get(&["s3:GetObject"]), (403, "AccessDenied".to_owned()));
    assert_eq!(get(&["s3:GetObject", "s3:ListBucket"]), (404, "NoSuchKey".to_owned()));
}

#[test]
fn another_accounts_bucket_opens_only_where_its_policy_does() {
    let client = client();
    crate::sandbox::s3::create_bucket(&client.sandbox, OTHER, REGION, "foreign", Some(FOREIGN_POLICY)).unwrap();
    for key in ["open/a", "closed/a"] {
        crate::sandbox::s3::put_object(&client.sandbox, OTHER, REGION, "foreign", key, b"theirs").unwrap();
    }
    let reader = role_with(&client, &["s3:GetObject", "s3:PutObject"]);
    let nobody = role_with(&client, &["s3:PutObject"]);
    assert_eq!(reader.get("/foreign/open/a"), "theirs");
    assert_eq!(reader.send("GET /foreign/closed/a", &[], "").error().1, "AccessDenied");
    assert_eq!(reader.send("PUT /foreign/open/b", &[], "").error().1, "AccessDenied");
    assert_eq!(nobody.send("GET /foreign/open/a", &[], "").error().1, "AccessDenied", "both sides must allow");
    let copy =
        |client: &Client, source: &str| client.send("PUT /models/a", &[("x-amz-copy-source", source)], "").status;
    assert_eq!([copy(&reader, "foreign/open/a"), copy(&reader, "foreign/closed/a")], [200, 403]);
    assert_eq!(copy(&nobody, "foreign/open/a"), 403);
    let upload = client.ok("POST /models/up?uploads", &[], "").element("UploadId");
    let part = |client: &Client, source: &str| {
        let line = format!("PUT /models/up?partNumber=1&uploadId={upload}");
        client.send(&line, &[("x-amz-copy-source", source)], "").status
    };
    assert_eq!([part(&reader, "foreign/open/a"), part(&reader, "foreign/closed/a")], [200, 403]);
}

#[test]
fn conditions_see_what_a_listing_asks_for() {
    let client = client();
    let policy = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}, "Action": "s3:ListBucket",
         "Resource": "arn:aws:s3:::models", "Condition": {"StringNotLike": {"s3:prefix": "team/*"}}}]}"#;
    client.ok("PUT /models?policy", &[], policy);
    let lister = role_with(&client, &["s3:ListBucket"]);
    let list = |prefix: &str| lister.send(&format!("GET /models?list-type=2&prefix={prefix}"), &[], "").status;
    assert_eq!([list("team/a"), list("other/a")], [200, 403]);
}
