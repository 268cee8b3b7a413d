use serde_json::{Value, json};

use crate::sandbox::Sandbox;
use crate::sandbox::testing::{A, B, Client, allow, role, sandbox, trust, wait};

const DAY: u64 = 24 * 3600;

fn call(client: &Client<'_>, operation: &str, input: Value) -> Result<Value, String> {
    client.json("kms", &format!("TrentService.{operation}"), &input)
}

fn create(client: &Client<'_>, input: Value) -> Value {
    call(client, "CreateKey", input).unwrap()["KeyMetadata"].clone()
}

/// A role of `account` that may do `actions`, where `condition` holds; and someone in it.
fn session<'a>(
    sandbox: &'a Sandbox,
    account: &str,
    name: &str,
    actions: &[&str],
    condition: &Value,
) -> (String, Client<'a>) {
    let arn =
        role(sandbox, account, name, &trust(account, &["sts:AssumeRole"], &json!({})), &allow(actions, condition));
    let client = Client::administrator(sandbox, account).assume(&arn, &[]).unwrap();
    (arn, client)
}

fn key_policy(statements: &[(&str, &[&str])]) -> String {
    let statement = |(principal, actions): &(&str, &[&str])| json!({"Effect": "Allow", "Principal": {"AWS": principal}, "Action": actions, "Resource": "*"});
    let statements: Vec<Value> = statements.iter().map(statement).collect();
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

#[test]
fn a_key_is_found_by_id_arn_and_alias() {
    let sandbox = sandbox();
    let owner = Client::administrator(&sandbox, A);
    let key = create(&owner, json!({"Description": "models"}));
    let (id, arn) = (key["KeyId"].as_str().unwrap(), key["Arn"].as_str().unwrap());
    assert_eq!(arn, format!("arn:aws:kms:eu-west-1:{A}:key/{id}"));
    call(&owner, "CreateAlias", json!({"AliasName": "alias/models", "TargetKeyId": id})).unwrap();
    let alias_arn = format!("arn:aws:kms:eu-west-1:{A}:alias/models");
    for name in [id, arn, "alias/models", &alias_arn] {
        assert_eq!(call(&owner, "DescribeKey", json!({"KeyId": name})).unwrap()["KeyMetadata"], key, "{name}");
    }
    let mut shown = key.clone();
    shown.as_object_mut().unwrap().retain(|member, _| !["KeyId", "Arn"].contains(&member.as_str()));
    insta::assert_snapshot!(shown, @r#"{"AWSAccountId":"111111111111","CreationDate":1767603600.0,"Enabled":true,"Description":"models","KeyUsage":"ENCRYPT_DECRYPT","KeyState":"Enabled","Origin":"AWS_KMS","KeyManager":"CUSTOMER","CustomerMasterKeySpec":"SYMMETRIC_DEFAULT","KeySpec":"SYMMETRIC_DEFAULT","EncryptionAlgorithms":["SYMMETRIC_DEFAULT"],"MultiRegion":false}"#);
    let errors = [
        "alias/none",
        "0000",
        "key/0000",
        "arn:aws:kms:eu-west-1:111111111111:key/0000",
        "arn:aws:kms:us-east-1:111111111111:key/0000",
        "arn:aws:s3:::models",
    ]
    .map(|name| call(&owner, "DescribeKey", json!({"KeyId": name})).unwrap_err());
    insta::assert_snapshot!(errors.join("\n"), @"
    NotFoundException: Alias arn:aws:kms:eu-west-1:111111111111:alias/none is not found.
    NotFoundException: Key 'arn:aws:kms:eu-west-1:111111111111:key/0000' does not exist
    NotFoundException: Invalid keyId 'key/0000'
    NotFoundException: Key 'arn:aws:kms:eu-west-1:111111111111:key/0000' does not exist
    NotFoundException: Invalid arn us-east-1
    InvalidArnException: Invalid arn arn:aws:s3:::models
    ");
    let by_alias = call(&owner, "GetKeyPolicy", json!({"KeyId": "alias/models"})).unwrap_err();
    assert_eq!(by_alias, "NotFoundException: Invalid keyId 'alias/models'");
}

#[test]
fn without_a_statement_for_the_account_identity_policies_open_nothing() {
    let sandbox = sandbox();
    let owner = Client::administrator(&sandbox, A);
    let (admin_arn, admin) = session(&sandbox, A, "Admin", &["s3:ListAllMyBuckets"], &json!({}));
    let (_, reader) = session(&sandbox, A, "Reader", &["kms:*"], &json!({}));
    let key = create(&owner, json!({}))["KeyId"].clone();
    let describe = |client: &Client<'_>| call(client, "DescribeKey", json!({"KeyId": key}));
    describe(&reader).unwrap();
    assert!(describe(&admin).unwrap_err().contains("no identity-based policy allows the kms:DescribeKey action"));

    let policy = key_policy(&[(&admin_arn, &["kms:*"])]);
    let bypass = json!({"KeyId": key, "Policy": policy, "BypassPolicyLockoutSafetyCheck": true});
    call(&owner, "PutKeyPolicy", bypass).unwrap();
    describe(&admin).unwrap();
    for locked_out in [&reader, &owner] {
        let refused = describe(locked_out).unwrap_err();
        assert!(refused.starts_with("AccessDeniedException: User: "), "{refused}");
        assert!(refused.ends_with("because no resource-based policy allows the kms:DescribeKey action"), "{refused}");
    }
    let found = call(&admin, "GetKeyPolicy", json!({"KeyId": key})).unwrap();
    assert_eq!(found, json!({"Policy": policy, "PolicyName": "default"}));
}

#[test]
fn a_policy_must_leave_its_author_a_way_back() {
    let sandbox = sandbox();
    let owner = Client::administrator(&sandbox, A);
    let (author_arn, author) = session(&sandbox, A, "Author", &["kms:CreateKey"], &json!({}));
    let root = format!("arn:aws:iam::{A}:root");
    let (nobody, foreign) = (format!("arn:aws:iam::{A}:role/Nobody"), format!("arn:aws:iam::{B}:root"));
    let everything: &[&str] = &["kms:*"];
    let with = |policy: String| json!({"Policy": policy});
    // To leave it to the account is enough, whatever the author's own policies say.
    create(&author, with(key_policy(&[(&root, everything)])));
    create(&author, with(key_policy(&[(&author_arn, &["kms:PutKeyPolicy"])])));
    create(&owner, with(key_policy(&[(&foreign, everything), (&root, everything)])));
    let denied = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"},
        {"Effect": "Deny", "Principal": "*", "Action": "kms:Put*", "Resource": "*"},
    ]});
    let errors = [
        call(&author, "CreateKey", with(key_policy(&[(&author_arn, &["kms:DescribeKey"])]))),
        call(&owner, "CreateKey", with(key_policy(&[(&author_arn, everything)]))),
        call(&owner, "CreateKey", with(denied.to_string())),
        call(&owner, "CreateKey", with(key_policy(&[(&root, everything), (&nobody, everything)]))),
        call(&owner, "CreateKey", with("{".to_owned())),
        call(&owner, "CreateKey", with(format!("{}{}", key_policy(&[(&root, everything)]), " ".repeat(32_768)))),
    ]
    .map(|outcome| outcome.unwrap_err());
    insta::assert_snapshot!(errors.join("\n"), @"
    MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future.
    MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future.
    MalformedPolicyDocumentException: The new key policy will not allow you to update the key policy in the future.
    MalformedPolicyDocumentException: Policy contains a statement with one or more invalid principals.
    MalformedPolicyDocumentException: This policy contains invalid Json (EOF while parsing an object at line 1 column 1)
    LimitExceededException: The key policy exceeds the maximum of 32768 bytes.
    ");
    let unchecked = json!({"Policy": key_policy(&[(&author_arn, everything)]), "BypassPolicyLockoutSafetyCheck": true});
    create(&owner, unchecked);
}

#[test]
fn other_accounts_need_leave_from_both_sides() {
    let sandbox = sandbox();
    let owner = Client::administrator(&sandbox, A);
    let (_, may) = session(&sandbox, B, "May", &["kms:*"], &json!({}));
    let (_, may_not) = session(&sandbox, B, "MayNot", &["s3:*"], &json!({}));
    let key = create(&owner, json!({}))["Arn"].clone();
    let describe = |client: &Client<'_>| call(client, "DescribeKey", json!({"KeyId": key}));
    assert!(describe(&may).unwrap_err().contains("no resource-based policy allows the kms:DescribeKey action"));
    let (mine, theirs) = (format!("arn:aws:iam::{A}:root"), format!("arn:aws:iam::{B}:root"));
    let policy = key_policy(&[(&mine, &["kms:*"]), (&theirs, &["kms:*"])]);
    call(&owner, "PutKeyPolicy", json!({"KeyId": key, "Policy": policy})).unwrap();
    assert_eq!(describe(&may).unwrap()["KeyMetadata"]["AWSAccountId"], A);
    assert!(describe(&may_not).unwrap_err().contains("no identity-based policy"));
    call(&may, "GetKeyRotationStatus", json!({"KeyId": key})).unwrap();
    // Management stays at home, whatever the policy says.
    for operation in ["GetKeyPolicy", "ScheduleKeyDeletion", "ListResourceTags"] {
        let refused = call(&may, operation, json!({"KeyId": key})).unwrap_err();
        assert!(refused.contains("no resource-based policy allows"), "{refused}");
    }
    let missing = json!({"KeyId": format!("arn:aws:kms:eu-west-1:{A}:key/none")});
    assert!(call(&may, "DescribeKey", missing).unwrap_err().starts_with("AccessDeniedException"));
}

#[test]
fn tags_and_aliases_are_condition_keys() {
    let sandbox = sandbox();
    let owner = Client::administrator(&sandbox, A);
    let team = json!([{"TagKey": "team", "TagValue": "credit"}]);
    let key = create(&owner, json!({"Tags": team}))["KeyId"].clone();
    let by_tag = json!({"StringEquals": {"aws:ResourceTag/team": "credit"}});
    let by_alias = json!({"ForAnyValue:StringEquals": {"kms:ResourceAliases": "alias/models"}});
    let by_request = json!({"StringEquals": {"kms:RequestAlias": "alias/models"}});
    let clients = [("Tag", by_tag), ("Alias", by_alias), ("Request", by_request)]
        .map(|(name, condition)| session(&sandbox, A, name, &["kms:DescribeKey"], &condition).1);
    let may =
        |name: &Value| clients.each_ref().map(|client| call(client, "DescribeKey", json!({"KeyId": name})).is_ok());
    assert_eq!(may(&key), [true, false, false]);
    call(&owner, "CreateAlias", json!({"AliasName": "alias/models", "TargetKeyId": key})).unwrap();
    assert_eq!(may(&key), [true, true, false]);
    assert_eq!(may(&json!("alias/models")), [true, true, true]);
    let more = json!([{"TagKey": "team", "TagValue": "fraud"}, {"TagKey": "a", "TagValue": ""}]);
    call(&owner, "TagResource", json!({"KeyId": key, "Tags": more})).unwrap();
    assert_eq!(may(&key), [false, true, false]);
    let page = call(&owner, "ListResourceTags", json!({"KeyId": key, "Limit": 1})).unwrap();
    assert_eq!(page["Tags"], json!([{"TagKey": "a", "TagValue": ""}]));
    let next = json!({"KeyId": key, "Limit": 1, "Marker": page["NextMarker"]});
    assert_eq!(call(&owner, "ListResourceTags", next).unwrap()["Tags"], json!([more[0]]));
    call(&owner, "UntagResource", json!({"KeyId": key, "TagKeys": ["a", "team", "none"]})).unwrap();
    let left = call(&owner, "ListResourceTags", json!({"KeyId": key})).unwrap();
    assert_eq!(left, json!({"Tags": [], "Truncated": false}));

    let untagged = session(&sandbox, A, "Maker", &["kms:CreateKey"], &json!({})).1;
    create(&untagged, json!({}));
    assert!(call(&untagged, "CreateKey", json!({"Tags": team})).unwrap_err().contains("kms:TagResource"));
    let many: Vec<Value> = (0..51).map(|n| json!({"TagKey": n.to_string(), "TagValue": ""})).collect();
    let errors = [json!([team[0], team[0]]), json!([{"TagKey": "aws:x", "TagValue": ""}]), json!(many)]
        .map(|tags| call(&owner, "TagResource", json!({"KeyId": key, "Tags": tags})).unwrap_err());
    insta::assert_snapshot!(errors.join("\n"), @"
    TagException: Duplicate tag key team
    TagException: The tag key aws:x begins with aws:, which is reserved
    LimitExceededException: A resource has at most 50 tags
    ");
}

#[test]
fn aliases_move_from_key_to_key() {
    let sandbox = sandbox();
    let owner = Client::administrator(&sandbox, A);
    let keys = [(); 2].map(|()| create(&owner, json!({}))["KeyId"].clone());
    let set = |operation: &str, name: &str, key: &Value| {
        call(&owner, operation, json!({"AliasName": name, "TargetKeyId": key}))
    };
    let target = || call(&owner, "DescribeKey", json!({"KeyId": "alias/b"})).unwrap()["KeyMetadata"]["KeyId"].clone();
    ["alias/b", "alias/c", "alias/a"].iter().for_each(|name| drop(set("CreateAlias", name, &keys[0]).unwrap()));
    wait(&sandbox, 60);
    set("UpdateAlias", "alias/b", &keys[1]).unwrap();
    assert_eq!(target(), keys[1]);
    let names = |input: Value| {
        let answer = call(&owner, "ListAliases", input).unwrap();
        let names = answer["Aliases"].as_array().unwrap().iter().map(|alias| alias["AliasName"].clone());
        (names.collect::<Vec<_>>(), answer["NextMarker"].clone())
    };
    assert_eq!(names(json!({"KeyId": keys[0]})).0, ["alias/a", "alias/c"]);
    let (first, marker) = names(json!({"Limit": 2}));
    assert_eq!(
        (first, names(json!({"Marker": marker})).0),
        (vec![json!("alias/a"), json!("alias/b")], vec![json!("alias/c")])
    );
    let listed = call(&owner, "ListAliases", json!({"KeyId": keys[1]})).unwrap();
    let alias = &listed["Aliases"][0];
    assert_eq!((&alias["CreationDate"], &alias["LastUpdatedDate"]), (&json!(1_767_603_600.0), &json!(1_767_603_660.0)));
    let errors = [
        set("CreateAlias", "alias/a", &keys[1]),
        set("CreateAlias", "models", &keys[1]),
        set("CreateAlias", "alias/aws/s3", &keys[1]),
        set("CreateAlias", "alias/d", &json!("alias/a")),
        set("CreateAlias", "alias/d", &json!("none")),
        set("UpdateAlias", "alias/none", &keys[1]),
        call(&owner, "DeleteAlias", json!({"AliasName": "alias/none"})),
        call(&owner, "ListAliases", json!({"KeyId": "none"})),
        call(&owner, "ListAliases", json!({"Marker": "none"})),
        set("CreateAlias", "alias/ä", &keys[1]),
    ]
    .map(|outcome| outcome.unwrap_err());
    insta::assert_snapshot!(errors.join("\n"), @r#"
    AlreadyExistsException: An alias with the name arn:aws:kms:eu-west-1:111111111111:alias/a already exists
    InvalidAliasNameException: Alias must start with the prefix "alias/" and have a name.
    InvalidAliasNameException: Aliases that begin with alias/aws/ are reserved.
    ValidationException: Aliases must refer to keys. Not aliases
    NotFoundException: Key 'arn:aws:kms:eu-west-1:111111111111:key/none' does not exist
    NotFoundException: Alias arn:aws:kms:eu-west-1:111111111111:alias/none is not found.
    NotFoundException: Alias arn:aws:kms:eu-west-1:111111111111:alias/none is not found.
    NotFoundException: Key 'arn:aws:kms:eu-west-1:111111111111:key/none' does not exist
    InvalidMarkerException: The marker is not one of an earlier answer.
    ValidationException: 1 validation error detected: Value 'alias/ä' at 'aliasName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9:/_-]+$
    "#);
    call(&owner, "DeleteAlias", json!({"AliasName": "alias/a"})).unwrap();
    assert_eq!(names(json!({})).0, ["alias/b", "alias/c"]);

    // Leave for the alias alone is not enough: its keys' policies have a say.
    let own = json!({"StringLike": {"aws:ResourceTag/none": "*"}});
    let stranger = session(&sandbox, A, "Stranger", &["kms:*"], &own).1;
    assert!(call(&stranger, "DeleteAlias", json!({"AliasName": "alias/b"})).is_err());
}

#[test]
fn a_key_ends_when_its_time_has_come_unless_someone_changes_their_mind() {
    let sandbox = sandbox();
    let owner = Client::administrator(&sandbox, A);
    let key = create(&owner, json!({}));
    let (id, arn) = (&key["KeyId"], &key["Arn"]);
    let on = |operation: &str| call(&owner, operation, json!({"KeyId": id}));
    let state = || on("DescribeKey").unwrap()["KeyMetadata"]["KeyState"].clone();
    call(&owner, "CreateAlias", json!({"AliasName": "alias/a", "TargetKeyId": id})).unwrap();
    call(&owner, "EnableKeyRotation", json!({"KeyId": id, "RotationPeriodInDays": 90})).unwrap();
    let schedule =
        |window: u64| call(&owner, "ScheduleKeyDeletion", json!({"KeyId": id, "PendingWindowInDays": window}));
    let scheduled = schedule(7).unwrap();
    let ends = 1_767_603_600.0 + 7.0 * 86_400.0;
    let expected = json!({"KeyId": arn, "DeletionDate": ends, "KeyState": "PendingDeletion", "PendingWindowInDays": 7});
    assert_eq!(scheduled, expected);
    let described = on("DescribeKey").unwrap()["KeyMetadata"].clone();
    assert_eq!((&described["Enabled"], &described["DeletionDate"]), (&json!(false), &json!(ends)));
    assert_eq!(on("GetKeyRotationStatus").unwrap()["KeyRotationEnabled"], false);
    let pending = ["ScheduleKeyDeletion", "EnableKey", "DisableKey", "EnableKeyRotation", "DisableKeyRotation"]
        .map(|operation| on(operation).unwrap_err());
    assert_eq!(
        pending,
        [(); 5].map(|()| format!("KMSInvalidStateException: {} is pending deletion.", arn.as_str().unwrap()))
    );
    let alias = json!({"AliasName": "alias/b", "TargetKeyId": id});
    assert!(call(&owner, "CreateAlias", alias).unwrap_err().starts_with("KMSInvalidStateException"));

    assert_eq!(on("CancelKeyDeletion").unwrap(), json!({"KeyId": arn}));
    assert_eq!(state(), "Disabled");
    assert_eq!(on("GetKeyRotationStatus").unwrap()["KeyRotationEnabled"], true);
    assert!(on("DisableKeyRotation").unwrap_err().starts_with("DisabledException"));
    assert!(on("CancelKeyDeletion").unwrap_err().starts_with("KMSInvalidStateException"));
    on("EnableKey").unwrap();
    assert_eq!(state(), "Enabled");
    assert!(schedule(6).unwrap_err().starts_with("ValidationException"));
    schedule(30).unwrap();
    wait(&sandbox, 30 * DAY - 1);
    assert_eq!(state(), "PendingDeletion");
    wait(&sandbox, 1);
    assert!(on("DescribeKey").unwrap_err().starts_with("NotFoundException: Key 'arn:aws:kms:"));
    assert_eq!(call(&owner, "ListKeys", json!({})).unwrap(), json!({"Keys": [], "Truncated": false}));
    assert_eq!(call(&owner, "ListAliases", json!({})).unwrap()["Aliases"], json!([]));
    assert!(call(&owner, "DeleteAlias", json!({"AliasName": "alias/a"})).unwrap_err().starts_with("NotFoundException"));
    let next = create(&owner, json!({}))["KeyId"].clone();
    call(&owner, "CreateAlias", json!({"AliasName": "alias/a", "TargetKeyId": next})).unwrap();
}

#[test]
fn rotation_has_a_period() {
    let sandbox = sandbox();
    let owner = Client::administrator(&sandbox, A);
    let key = create(&owner, json!({}))["KeyId"].clone();
    let status = || call(&owner, "GetKeyRotationStatus", json!({"KeyId": key})).unwrap();
    assert_eq!(status(), json!({"KeyId": key, "KeyRotationEnabled": false}));
    call(&owner, "EnableKeyRotation", json!({"KeyId": key, "RotationPeriodInDays": 100})).unwrap();
    let next = |days: u32| json!(1_767_603_600.0 + f64::from(days) * 86_400.0);
    assert_eq!(
        (status()["RotationPeriodInDays"].clone(), status()["NextRotationDate"].clone()),
        (json!(100), next(100))
    );
    wait(&sandbox, 100 * DAY);
    assert_eq!(status()["NextRotationDate"], next(200));
    call(&owner, "EnableKeyRotation", json!({"KeyId": key})).unwrap();
    assert_eq!(status()["NextRotationDate"], next(465));
    call(&owner, "DisableKeyRotation", json!({"KeyId": key})).unwrap();
    assert_eq!(status()["KeyRotationEnabled"], false);
}

#[test]
fn keys_are_listed_in_pages_and_of_one_kind() {
    let sandbox = sandbox();
    let owner = Client::administrator(&sandbox, A);
    let mut made: Vec<Value> = (0..3).map(|_| create(&owner, json!({}))["KeyId"].clone()).collect();
    made.sort_by_key(ToString::to_string);
    let first = call(&owner, "ListKeys", json!({"Limit": 2})).unwrap();
    let second = call(&owner, "ListKeys", json!({"Limit": 2, "Marker": first["NextMarker"]})).unwrap();
    assert_eq!((&first["Truncated"], &second["Truncated"]), (&json!(true), &json!(false)));
    let pages = [first, second].map(|page| page["Keys"].as_array().unwrap().clone());
    let listed: Vec<Value> = pages.iter().flatten().map(|key| key["KeyId"].clone()).collect();
    assert_eq!(listed, made);
    let shared = call(&owner, "ListKeys", json!({"ResourceOwners": ["OTHER_ACCOUNTS_VIA_RAM"]})).unwrap();
    assert_eq!(shared["Keys"], json!([]));
    for other in [
        json!({"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}),
        json!({"MultiRegion": true}),
        json!({"Origin": "EXTERNAL"}),
        json!({"CustomKeyStoreId": "cks-1"}),
    ] {
        assert!(call(&owner, "CreateKey", other).unwrap_err().starts_with("UnsupportedOperationException"));
    }
    let plain = json!({"KeySpec": "SYMMETRIC_DEFAULT", "KeyUsage": "ENCRYPT_DECRYPT", "Origin": "AWS_KMS", "MultiRegion": false});
    create(&owner, plain);
    let refused = call(&owner, "CreateKey", json!({"KeySpec": "AES"})).unwrap_err();
    assert!(refused.starts_with("ValidationException: 1 validation error detected: Value 'AES' at 'keySpec'"));
}
