//! The role that SageMaker takes for a model: it must be there, trust SageMaker, and be let at the model data.

use serde_json::json;

use super::*;

const ARTIFACT: &str = "m/model.tar.gz";

/// A bucket of another account with an artifact; gives its URL.
fn foreign_artifact(sandbox: &Sandbox, policy: Option<&Value>) -> String {
    let policy = policy.map(ToString::to_string);
    s3::create_bucket(sandbox, CENTRAL, REGION, "central", policy.as_deref()).unwrap();
    s3::put_object(sandbox, CENTRAL, REGION, "central", ARTIFACT, &archive(&[("model.json", MODEL.as_bytes())]))
        .unwrap();
    format!("s3://central/{ARTIFACT}")
}

/// A statement of a bucket's policy.
fn bucket_statement(effect: &str, bucket: &str, principal: &str) -> Value {
    json!({"Effect": effect, "Principal": {"AWS": principal}, "Action": "s3:GetObject",
           "Resource": format!("arn:aws:s3:::{bucket}/*")})
}

fn document(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// What CreateModel says to a role, and to a model data URL.
fn created(sandbox: &Sandbox, role: &str, url: &str) -> String {
    let container = json!({"Image": IMAGE, "ModelDataUrl": url});
    let input = json!({"ModelName": "made", "PrimaryContainer": container, "ExecutionRoleArn": role});
    let outcome = run(sandbox, "CreateModel", input).map(|_| "made".to_owned());
    outcome.unwrap_or_else(|ApiError { code, message, .. }| format!("{code}: {message}"))
}

fn no_access(role: &str, url: &str) -> String {
    format!(
        "ValidationException: Could not access model data at {url}. Please ensure that the role \"{role}\" exists and that \
         its trust relationship policy allows the action \"sts:AssumeRole\" for the service principal \
         \"sagemaker.amazonaws.com\". Also ensure that the role has \"s3:GetObject\" permissions and that the object is \
         located in eu-west-1."
    )
}

#[test]
fn a_role_that_cannot_be_taken_or_may_not_read_makes_no_model() {
    let reads = allow(&["s3:GetObject"], &json!({}));
    let trust_own_account = trust(&format!("arn:aws:iam::{OWN}:root"), &["sts:AssumeRole"], &json!({}));
    let trust_for = |condition: Value| {
        let mut trust: Value = serde_json::from_str(&trust_sagemaker()).unwrap();
        trust["Statement"]["Condition"] = condition;
        trust.to_string()
    };
    let for_account = |account: &str| trust_for(json!({"StringEquals": {"aws:SourceAccount": account}}));
    let for_models = trust_for(json!({"ArnLike": {"aws:SourceArn": format!("arn:aws:sagemaker:*:{OWN}:model/*")}}));
    let denied = json!([{"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
                        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::artifacts/m/*"}]);
    let denied = json!({"Version": "2012-10-17", "Statement": denied}).to_string();
    let elsewhere = allow(&["s3:GetObject"], &json!({"StringEquals": {"s3:ResourceAccount": CENTRAL}}));
    let cases = [
        ("everything is there", trust_sagemaker(), reads.clone(), true),
        ("its account only is trusted", trust_own_account, reads.clone(), false),
        ("SageMaker is trusted for this account", for_account(OWN), reads.clone(), true),
        ("SageMaker is trusted for another account", for_account(CENTRAL), reads.clone(), false),
        ("SageMaker is trusted for models", for_models, reads, true),
        ("nothing is allowed", trust_sagemaker(), allow(&["s3:ListBucket"], &json!({})), false),
        ("other buckets are allowed", trust_sagemaker(), elsewhere, false),
        ("it is denied", trust_sagemaker(), denied, false),
    ];
    for (case, trust, policy, may) in cases {
        let sandbox = sandbox();
        let url = upload(&sandbox, ARTIFACT, &archive(&[("model.json", MODEL.as_bytes())]));
        let role = role(&sandbox, "other", &trust, &policy);
        let expected = if may { "made".to_owned() } else { no_access(&role, &url) };
        assert_eq!(created(&sandbox, &role, &url), expected, "{case}");
    }
}

#[test]
fn a_role_that_is_missing_or_too_new_makes_no_model() {
    let sandbox = sandbox();
    let url = upload(&sandbox, ARTIFACT, &archive(&[("model.json", MODEL.as_bytes())]));
    let missing = format!("arn:aws:iam::{OWN}:role/none");
    assert_eq!(created(&sandbox, &missing, &url), no_access(&missing, &url));

    let iam = |operation, input| sandbox.administer(OWN, REGION, "iam", operation, input).unwrap();
    iam("CreateRole", json!({"RoleName": "none", "AssumeRolePolicyDocument": trust_sagemaker()}));
    let reads = allow(&["s3:GetObject"], &json!({}));
    iam("PutRolePolicy", json!({"RoleName": "none", "PolicyName": "p", "PolicyDocument": reads}));
    assert_eq!(created(&sandbox, &missing, &url), no_access(&missing, &url), "not everywhere yet");
    wait(&sandbox, 10);
    assert_eq!(created(&sandbox, &missing, &url), "made");
}

#[test]
fn a_bucket_of_another_account_must_allow_it_too() {
    let own_account = format!("arn:aws:iam::{OWN}:root");
    let allowed = |principal: &str| bucket_statement("Allow", "central", principal);
    let denied = bucket_statement("Deny", "central", ROLE);
    let cases = [
        ("no policy", None, false),
        ("the role is named", Some(document(&[allowed(ROLE)])), true),
        ("the role's account is named", Some(document(&[allowed(&own_account)])), true),
        ("another account is named", Some(document(&[allowed("arn:aws:iam::333333333333:root")])), false),
        ("the role is denied", Some(document(&[allowed(&own_account), denied])), false),
    ];
    for (case, policy, may) in cases {
        let sandbox = sandbox();
        let url = foreign_artifact(&sandbox, policy.as_ref());
        let expected = if may { "made".to_owned() } else { no_access(ROLE, &url) };
        assert_eq!(created(&sandbox, ROLE, &url), expected, "{case}");
    }
}

#[test]
fn a_bucket_without_a_role_that_reads_it_is_not_enough() {
    let sandbox = sandbox();
    let url = foreign_artifact(&sandbox, Some(&document(&[bucket_statement("Allow", "central", ROLE)])));
    let lists_only = allow(&["s3:ListBucket"], &json!({}));
    let policy = json!({"RoleName": "execution", "PolicyName": "p", "PolicyDocument": lists_only});
    sandbox.administer(OWN, REGION, "iam", "PutRolePolicy", policy).unwrap();
    assert_eq!(created(&sandbox, ROLE, &url), no_access(ROLE, &url));
}

#[test]
fn the_model_data_must_lie_in_the_region() {
    let sandbox = sandbox();
    s3::create_bucket(&sandbox, OWN, "us-east-1", "far", None).unwrap();
    s3::put_object(&sandbox, OWN, "us-east-1", "far", ARTIFACT, &archive(&[("model.json", MODEL.as_bytes())])).unwrap();
    let url = format!("s3://far/{ARTIFACT}");
    assert_eq!(created(&sandbox, ROLE, &url), no_access(ROLE, &url));
}

#[test]
fn an_endpoint_fails_when_the_role_has_lost_its_leave_since_the_model_was_made() {
    let sandbox = sandbox();
    model(&sandbox, "m", "10.0");
    config(&sandbox, "first", &[on_instances("main", "m", 1.0)]);
    let policy = json!({"RoleName": "execution", "PolicyName": "p"});
    sandbox.administer(OWN, REGION, "iam", "DeleteRolePolicy", policy).unwrap();
    create(&sandbox, "e", "first");
    wait(&sandbox, 180);
    insta::assert_snapshot!(state(&sandbox), @r#"Failed first Failed to download model data for container "container_1" from URL: "s3://artifacts/m/model.tar.gz". Please ensure that there is an object located at the URL and that the role passed to CreateModel has permissions to download the object."#);
}
