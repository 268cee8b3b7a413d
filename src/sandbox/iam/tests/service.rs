//! The IAM API, as its clients see it.

use serde_json::json;

use super::super::super::testing::{A, B, Client, allow, element, elements, role, sandbox, trust};

const ASSUME: &[&str] = &["sts:AssumeRole"];

#[test]
fn documents_come_back_percent_encoded() {
    let sandbox = sandbox();
    let none = json!({});
    role(&sandbox, A, "R", &trust(A, ASSUME, &none), &allow(&["s3:*"], &none));
    let client = Client::administrator(&sandbox, A);
    let answer = client.query("iam", "GetRolePolicy", &[("RoleName", "R"), ("PolicyName", "p")]).unwrap();
    insta::assert_snapshot!(element(&answer, "PolicyDocument"), @"%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%7B%22Effect%22%3A%22Allow%22%2C%22Action%22%3A%5B%22s3%3A%2A%22%5D%2C%22Resource%22%3A%22%2A%22%2C%22Condition%22%3A%7B%7D%7D%7D");
}

#[test]
fn listings_are_cut_by_max_items_and_go_on_at_the_marker() {
    let sandbox = sandbox();
    let none = json!({});
    for name in ["a", "b", "c"] {
        role(&sandbox, A, name, &trust(A, ASSUME, &none), &allow(&["s3:*"], &none));
    }
    role(&sandbox, B, "elsewhere", &trust(A, ASSUME, &none), &allow(&["s3:*"], &none));
    let client = Client::administrator(&sandbox, A);
    let first = client.query("iam", "ListRoles", &[("MaxItems", "2")]).unwrap();
    assert_eq!(
        (elements(&first, "RoleName"), element(&first, "IsTruncated").as_str()),
        (vec!["a".into(), "b".into()], "true")
    );
    let second =
        client.query("iam", "ListRoles", &[("MaxItems", "2"), ("Marker", &element(&first, "Marker"))]).unwrap();
    assert_eq!((elements(&second, "RoleName"), element(&second, "IsTruncated").as_str()), (vec!["c".into()], "false"));
    assert!(!second.contains("<Marker>"));
}

#[test]
fn mistakes_are_answered_in_awss_words() {
    let sandbox = sandbox();
    let none = json!({});
    let (trusts_a, policy) = (trust(A, ASSUME, &none), allow(&["s3:*"], &none));
    role(&sandbox, A, "R", &trusts_a, &policy);
    let client = Client::administrator(&sandbox, A);
    client.query("iam", "CreatePolicy", &[("PolicyName", "P"), ("PolicyDocument", &policy)]).unwrap();
    let policy_arn = ("PolicyArn", "arn:aws:iam::111111111111:policy/P");
    let foreign = ("PolicyArn", "arn:aws:iam::222222222222:policy/P");
    let (named, nobody) = (("RoleName", "R"), ("RoleName", "Nobody"));
    client.query("iam", "AttachRolePolicy", &[named, policy_arn]).unwrap();
    let trusts_nobody = trust("arn:aws:iam::111111111111:role/Nobody", ASSUME, &none);
    let long = allow(&[&format!("s3:{}", "x".repeat(11_000))], &none);
    #[rustfmt::skip]
    let calls: &[(&str, &[(&str, &str)])] = &[
        ("GetRole", &[nobody]),
        ("CreateRole", &[("RoleName", "r"), ("AssumeRolePolicyDocument", &trusts_a)]),
        ("CreateRole", &[("RoleName", "S"), ("AssumeRolePolicyDocument", &policy)]),
        ("CreateRole", &[("RoleName", "S"), ("AssumeRolePolicyDocument", &trusts_nobody)]),
        ("CreateRole", &[("RoleName", "S"), ("AssumeRolePolicyDocument", &trusts_a), ("PermissionsBoundary", "arn:aws:iam::aws:policy/Nothing")]),
        ("CreateRole", &[("AssumeRolePolicyDocument", &trusts_a)]),
        ("PutRolePolicy", &[named, ("PolicyName", "x"), ("PolicyDocument", &trusts_a)]),
        ("PutRolePolicy", &[named, ("PolicyName", "x"), ("PolicyDocument", &long)]),
        ("GetRolePolicy", &[named, ("PolicyName", "x")]),
        ("DeleteRolePolicy", &[named, ("PolicyName", "x")]),
        ("AttachRolePolicy", &[named, foreign]),
        ("DetachRolePolicy", &[named, ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")]),
        ("DeleteRolePermissionsBoundary", &[named]),
        ("DeleteRole", &[named]),
        ("DeletePolicy", &[policy_arn]),
        ("CreatePolicy", &[("PolicyName", "p"), ("PolicyDocument", &policy)]),
        ("CreatePolicy", &[("PolicyName", "Q"), ("PolicyDocument", &long)]),
        ("GetPolicy", &[("PolicyArn", "arn:aws:iam::111111111111:policy/Q")]),
        ("GetPolicyVersion", &[policy_arn, ("VersionId", "v2")]),
        ("ListRoles", &[("Marker", "x")]),
        ("TagRole", &[named, ("Tags.member.1.Key", "k"), ("Tags.member.1.Value", ""), ("Tags.member.2.Key", "K"), ("Tags.member.2.Value", "")]),
        ("CreateUser", &[]),
    ];
    let errors: Vec<String> =
        calls.iter().map(|(name, with)| format!("{name} {}", client.query("iam", name, with).unwrap_err())).collect();
    insta::assert_snapshot!(errors.join("\n"), @r#"
    GetRole NoSuchEntity: The role with name Nobody cannot be found.
    CreateRole EntityAlreadyExists: Role with name r already exists.
    CreateRole MalformedPolicyDocument: Missing required field Principal
    CreateRole MalformedPolicyDocument: Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:role/Nobody"
    CreateRole NoSuchEntity: Scope ARN: arn:aws:iam::aws:policy/Nothing does not exist or is not attachable.
    CreateRole ValidationError: 1 validation error detected: Value null at 'roleName' failed to satisfy constraint: Member must not be null
    PutRolePolicy MalformedPolicyDocument: Policy document should not specify a principal.
    PutRolePolicy LimitExceeded: Maximum policy size of 10240 bytes exceeded for role R
    GetRolePolicy NoSuchEntity: The role policy with name x cannot be found.
    DeleteRolePolicy NoSuchEntity: The role policy with name x cannot be found.
    AttachRolePolicy NoSuchEntity: Policy arn:aws:iam::222222222222:policy/P does not exist or is not attachable.
    DetachRolePolicy NoSuchEntity: Policy arn:aws:iam::aws:policy/AdministratorAccess was not found.
    DeleteRolePermissionsBoundary NoSuchEntity: Role R does not have a permissions boundary.
    DeleteRole DeleteConflict: Cannot delete entity, must detach all policies first.
    DeletePolicy DeleteConflict: Cannot delete a policy attached to entities.
    CreatePolicy EntityAlreadyExists: A policy called p already exists. Duplicate names are not allowed.
    CreatePolicy LimitExceeded: Cannot exceed quota for PolicySize: 6144
    GetPolicy NoSuchEntity: Policy arn:aws:iam::111111111111:policy/Q was not found.
    GetPolicyVersion NoSuchEntity: Policy arn:aws:iam::111111111111:policy/P version v2 does not exist or is not attachable.
    ListRoles ValidationError: Invalid Marker.
    TagRole InvalidInput: Duplicate tag keys found. Please note that Tag keys are case insensitive.
    CreateUser InvalidAction: The requested operation is not supported.
    "#);
    let gone = [
        ("DetachRolePolicy", &[named, policy_arn][..]),
        ("DeletePolicy", &[policy_arn]),
        ("DeleteRolePolicy", &[named, ("PolicyName", "p")]),
        ("DeleteRole", &[named]),
    ];
    for (name, with) in gone {
        client.query("iam", name, with).unwrap();
    }
    assert_eq!(elements(&client.query("iam", "ListRoles", &[]).unwrap(), "RoleName").len(), 0);
}

#[test]
fn a_boundary_limits_the_role() {
    let sandbox = sandbox();
    let none = json!({});
    let arn = role(&sandbox, A, "R", &trust(A, ASSUME, &none), &allow(&["iam:*"], &none));
    let administrator = Client::administrator(&sandbox, A);
    let boundary = allow(&["iam:GetRole"], &none);
    administrator.query("iam", "CreatePolicy", &[("PolicyName", "P"), ("PolicyDocument", &boundary)]).unwrap();
    let session = administrator.assume(&arn, &[]).unwrap();
    session.query("iam", "ListRoles", &[]).unwrap();
    let with = [("RoleName", "R"), ("PermissionsBoundary", "arn:aws:iam::111111111111:policy/P")];
    administrator.query("iam", "PutRolePermissionsBoundary", &with).unwrap();
    session.query("iam", "GetRole", &[("RoleName", "R")]).unwrap();
    insta::assert_snapshot!(session.query("iam", "ListRoles", &[]).unwrap_err(), @"AccessDenied: User: arn:aws:sts::111111111111:assumed-role/R/run is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::111111111111:role/ because no permissions boundary allows the iam:ListRoles action");
}

#[test]
fn tags_and_requests_reach_the_conditions() {
    let sandbox = sandbox();
    let none = json!({});
    let tagged = json!({"StringEquals": {"aws:RequestTag/team": "${aws:PrincipalTag/team}"},
                        "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}});
    let arn = role(
        &sandbox,
        A,
        "Maker",
        &trust(A, &["sts:AssumeRole", "sts:TagSession"], &none),
        &allow(&["iam:CreateRole"], &tagged),
    );
    let team = [("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "fraud")];
    let maker = Client::administrator(&sandbox, A).assume(&arn, &team).unwrap();
    let trusts_a = trust(A, ASSUME, &none);
    let make = |name: &str, tags: &[(&str, &str)]| {
        let named = [("RoleName", name), ("AssumeRolePolicyDocument", trusts_a.as_str())];
        maker.query("iam", "CreateRole", &[&named, tags].concat()).map(drop)
    };
    make("Mine", &team).unwrap();
    assert!(make("Untagged", &[]).is_err());
    assert!(make("Theirs", &[("Tags.member.1.Key", "team"), ("Tags.member.1.Value", "credit")]).is_err());
    assert!(make("More", &[&team[..], &[("Tags.member.2.Key", "x"), ("Tags.member.2.Value", "y")]].concat()).is_err());
}
