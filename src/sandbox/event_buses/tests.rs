use serde_json::{Value, json};

use crate::sandbox::testing::{A, B, Client, allow, role, sandbox, trust};

fn call(client: &Client<'_>, operation: &str, input: Value) -> Result<Value, String> {
    client.json("events", &format!("AWSEvents.{operation}"), &input)
}

fn statements(client: &Client<'_>, bus: &str) -> Value {
    let policy = call(client, "DescribeEventBus", json!({"Name": bus})).unwrap()["Policy"].clone();
    policy.as_str().map_or(Value::Null, |policy| serde_json::from_str::<Value>(policy).unwrap()["Statement"].clone())
}

#[test]
fn every_account_has_the_default_bus() {
    let sandbox = sandbox();
    let owner = Client::administrator(&sandbox, A);
    let arn = format!("arn:aws:events:eu-west-1:{A}:event-bus/default");
    let expected = json!({"Name": "default", "Arn": arn});
    for input in [json!({}), json!({"Name": "default"}), json!({"Name": arn})] {
        assert_eq!(call(&owner, "DescribeEventBus", input).unwrap(), expected);
    }
    assert_eq!(call(&owner, "ListEventBuses", json!({})).unwrap(), json!({"EventBuses": [expected]}));
    let tags = json!([{"Key": "team", "Value": "platform"}]);
    call(&owner, "TagResource", json!({"ResourceARN": arn, "Tags": tags})).unwrap();
    assert_eq!(call(&owner, "ListTagsForResource", json!({"ResourceARN": arn})).unwrap(), json!({"Tags": tags}));
    assert_eq!(call(&owner, "ListEventBuses", json!({})).unwrap()["EventBuses"].as_array().unwrap().len(), 1);
    let errors = [
        call(&owner, "DeleteEventBus", json!({"Name": "default"})),
        call(&owner, "CreateEventBus", json!({"Name": "default"})),
    ]
    .map(|outcome| outcome.unwrap_err());
    insta::assert_snapshot!(errors.join("\n"), @"
    ValidationException: Cannot delete event bus default.
    ResourceAlreadyExistsException: Event bus default already exists.
    ");
}

#[test]
fn buses_come_and_go() {
    let sandbox = sandbox();
    let owner = Client::administrator(&sandbox, A);
    let settings = json!({"Description": "central", "KmsKeyIdentifier": "alias/events",
                          "LogConfig": {"Level": "ERROR", "IncludeDetail": "NONE"}});
    let mut input = settings.clone();
    input["Name"] = json!("aiops");
    input["Tags"] = json!([{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]);
    let arn = format!("arn:aws:events:eu-west-1:{A}:event-bus/aiops");
    let mut expected = settings.clone();
    expected["EventBusArn"] = json!(arn);
    assert_eq!(call(&owner, "CreateEventBus", input.clone()).unwrap(), expected);
    let described = call(&owner, "DescribeEventBus", json!({"Name": "aiops"})).unwrap();
    insta::assert_snapshot!(described, @r#"{"Name":"aiops","Arn":"arn:aws:events:eu-west-1:111111111111:event-bus/aiops","Description":"central","KmsKeyIdentifier":"alias/events","LogConfig":{"Level":"ERROR","IncludeDetail":"NONE"},"CreationTime":1767603600.0,"LastModifiedTime":1767603600.0}"#);
    call(&owner, "UntagResource", json!({"ResourceARN": arn, "TagKeys": ["b", "none"]})).unwrap();
    let tags = call(&owner, "ListTagsForResource", json!({"ResourceARN": arn})).unwrap();
    assert_eq!(tags["Tags"], json!([{"Key": "a", "Value": "1"}]));
    for name in ["x-1", "x-2", "x-3"] {
        call(&owner, "CreateEventBus", json!({"Name": name})).unwrap();
    }
    let names = |input: Value| {
        let answer = call(&owner, "ListEventBuses", input).unwrap();
        let names: Vec<Value> =
            answer["EventBuses"].as_array().unwrap().iter().map(|bus| bus["Name"].clone()).collect();
        (json!(names), answer["NextToken"].clone())
    };
    assert_eq!(names(json!({})).0, json!(["aiops", "default", "x-1", "x-2", "x-3"]));
    let (page, token) = names(json!({"NamePrefix": "x-", "Limit": 2}));
    assert_eq!(page, json!(["x-1", "x-2"]));
    assert_eq!(names(json!({"NamePrefix": "x-", "Limit": 2, "NextToken": token})), (json!(["x-3"]), Value::Null));
    // To delete what is not there is a success.
    (0..2).for_each(|_| drop(call(&owner, "DeleteEventBus", json!({"Name": "x-1"})).unwrap()));
    let errors = [
        call(&owner, "CreateEventBus", input),
        call(&owner, "CreateEventBus", json!({"Name": "a/b"})),
        call(&owner, "CreateEventBus", json!({"Name": "aws.partner/x/y", "EventSourceName": "aws.partner/x/y"})),
        call(&owner, "CreateEventBus", json!({"Name": "a b"})),
        call(&owner, "DescribeEventBus", json!({"Name": "x-1"})),
        call(&owner, "DescribeEventBus", json!({"Name": format!("arn:aws:events:eu-north-1:{A}:event-bus/x-2")})),
        call(&owner, "TagResource", json!({"ResourceARN": format!("{arn}-2"), "Tags": []})),
        call(&owner, "TagResource", json!({"ResourceARN": "aiops", "Tags": []})),
        call(&owner, "ListEventBuses", json!({"NextToken": "x"})),
    ]
    .map(|outcome| outcome.unwrap_err());
    insta::assert_snapshot!(errors.join("\n"), @r"
    ResourceAlreadyExistsException: Event bus aiops already exists.
    ValidationException: Event bus name must not contain '/'.
    ResourceNotFoundException: Event source aws.partner/x/y does not exist.
    ValidationException: 1 validation error detected: Value 'a b' at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern: [/\.\-_A-Za-z0-9]+
    ResourceNotFoundException: Event bus x-1 does not exist.
    ResourceNotFoundException: Event bus x-2 does not exist.
    ResourceNotFoundException: Event bus aiops-2 does not exist.
    ValidationException: Parameter aiops is not valid. Reason: Provided Arn is not in correct format.
    ValidationException: Invalid pagination token
    ");
}

#[test]
fn permissions_are_added_replaced_and_removed() {
    let sandbox = sandbox();
    let owner = Client::administrator(&sandbox, A);
    call(&owner, "CreateEventBus", json!({"Name": "aiops"})).unwrap();
    let put = |sid: &str, principal: &str, condition: Value| {
        let input = json!({"EventBusName": "aiops", "Action": "events:PutEvents", "Principal": principal,
                           "StatementId": sid, "Condition": condition});
        call(&owner, "PutPermission", input)
    };
    put("tenant", "333333333333", Value::Null).unwrap();
    put("tenant", B, Value::Null).unwrap();
    put("all", "*", json!({"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-abc"})).unwrap();
    insta::assert_snapshot!(statements(&owner, "aiops"), @r#"[{"Sid":"tenant","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::222222222222:root"},"Action":"events:PutEvents","Resource":"arn:aws:events:eu-west-1:111111111111:event-bus/aiops"},{"Sid":"all","Effect":"Allow","Principal":"*","Action":"events:PutEvents","Resource":"arn:aws:events:eu-west-1:111111111111:event-bus/aiops","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-abc"}}}]"#);
    let remove = |sid: &str| call(&owner, "RemovePermission", json!({"EventBusName": "aiops", "StatementId": sid}));
    remove("tenant").unwrap();
    assert_eq!(statements(&owner, "aiops").as_array().unwrap().len(), 1);
    let again = remove("tenant").unwrap_err();
    remove("all").unwrap();
    assert_eq!(statements(&owner, "aiops"), Value::Null);
    let single = json!({"Version": "2012-10-17", "Statement": {"Sid": "one", "Effect": "Allow", "Principal": {"AWS": B},
                        "Action": "events:*", "Resource": "*"}});
    let whole = |policy: &str| json!({"EventBusName": "aiops", "Policy": policy});
    call(&owner, "PutPermission", whole(&single.to_string())).unwrap();
    put("two", "*", Value::Null).unwrap();
    assert_eq!(statements(&owner, "aiops").as_array().unwrap().len(), 2);
    call(&owner, "RemovePermission", json!({"EventBusName": "aiops", "RemoveAllPermissions": true})).unwrap();
    assert_eq!(statements(&owner, "aiops"), Value::Null);
    let mut both = whole(&single.to_string());
    both["StatementId"] = json!("x");
    let nobody = single.to_string().replace(B, &format!("arn:aws:iam::{B}:role/Nobody"));
    let long = single.to_string().replace("one", &"o".repeat(10_240));
    let errors = [
        Err(again),
        remove("all"),
        call(&owner, "RemovePermission", json!({"EventBusName": "aiops"})),
        call(&owner, "RemovePermission", json!({"EventBusName": "none", "StatementId": "x"})),
        put("x", "*", json!({"Type": "StringLike", "Key": "aws:PrincipalOrgID", "Value": "o-*"})),
        call(&owner, "PutPermission", json!({"Action": "events:PutEvents", "Principal": "*"})),
        call(&owner, "PutPermission", json!({"Action": "events:PutRule", "Principal": "*", "StatementId": "x"})),
        call(&owner, "PutPermission", both),
        call(&owner, "PutPermission", whole("{}")),
        call(&owner, "PutPermission", whole(&nobody)),
        call(&owner, "PutPermission", whole(&long)),
    ]
    .map(|outcome| outcome.unwrap_err());
    insta::assert_snapshot!(errors.join("\n"), @r#"
    ResourceNotFoundException: Statement with the provided id does not exist.
    ResourceNotFoundException: EventBus does not have a policy.
    ValidationException: StatementId or RemoveAllPermissions is needed.
    ResourceNotFoundException: Event bus none does not exist.
    ValidationException: Condition must be StringEquals of aws:PrincipalOrgID.
    ValidationException: Parameter StatementId is needed where Policy is not given.
    ValidationException: Action events:PutRule cannot be granted this way: use Policy.
    ValidationException: Policy cannot be given together with parts of a statement.
    ValidationException: Syntax errors in policy. (The document has no Statement)
    ValidationException: Invalid principal in policy: "AWS":"arn:aws:iam::222222222222:role/Nobody"
    PolicyLengthExceededException: The policy exceeds the maximum of 10240 bytes.
    "#);
}

#[test]
fn a_bus_opens_to_whom_its_policy_names() {
    let sandbox = sandbox();
    let owner = Client::administrator(&sandbox, A);
    let arn = format!("arn:aws:events:eu-west-1:{A}:event-bus/default");
    let may = allow(&["events:DescribeEventBus", "events:ListEventBuses"], &json!({}));
    let reader = role(&sandbox, B, "Reader", &trust(B, &["sts:AssumeRole"], &json!({})), &may);
    let reader = Client::administrator(&sandbox, B).assume(&reader, &[]).unwrap();
    let look = || call(&reader, "DescribeEventBus", json!({"Name": arn}));
    assert!(look().unwrap_err().contains("no resource-based policy allows the events:DescribeEventBus action"));
    let policy = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": B},
                        "Action": "events:DescribeEventBus", "Resource": arn}]});
    call(&owner, "PutPermission", json!({"Policy": policy.to_string()})).unwrap();
    assert_eq!(look().unwrap()["Arn"], json!(arn));
    let refused = call(&reader, "CreateEventBus", json!({"Name": "x"})).unwrap_err();
    assert!(refused.starts_with("AccessDeniedException: User: arn:aws:sts::222222222222:assumed-role/Reader/run"));
    assert!(refused.contains("events:CreateEventBus on resource: arn:aws:events:eu-west-1:222222222222:event-bus/x"));

    let own = json!({"StringEquals": {"aws:ResourceTag/team": "platform"}});
    let janitor = allow(&["events:DeleteEventBus"], &own);
    let janitor = role(&sandbox, A, "Janitor", &trust(A, &["sts:AssumeRole"], &json!({})), &janitor);
    let janitor = owner.assume(&janitor, &[]).unwrap();
    for (name, team) in [("ours", "platform"), ("theirs", "data")] {
        let tags = json!([{"Key": "team", "Value": team}]);
        call(&owner, "CreateEventBus", json!({"Name": name, "Tags": tags})).unwrap();
    }
    call(&janitor, "DeleteEventBus", json!({"Name": "ours"})).unwrap();
    call(&janitor, "DeleteEventBus", json!({"Name": "theirs"})).unwrap_err();
}
