use bytes::Bytes;
use ciborium::Value as Cbor;
use serde_json::{Value, json};

use crate::sandbox::Sandbox;
use crate::sandbox::testing::{A, B, Client, allow, role, sandbox, trust};

fn call(client: &Client<'_>, operation: &str, input: Value) -> Result<Value, String> {
    client.json(
        "codeconnections",
        &format!("com.amazonaws.codeconnections.CodeConnections_20231201.{operation}"),
        &input,
    )
}

fn create(client: &Client<'_>, input: Value) -> String {
    call(client, "CreateConnection", input).unwrap()["ConnectionArn"].as_str().unwrap().to_owned()
}

fn status(client: &Client<'_>, arn: &str) -> Value {
    let found = call(client, "GetConnection", json!({"ConnectionArn": arn})).unwrap();
    found["Connection"]["ConnectionStatus"].clone()
}

#[test]
fn a_connection_waits_for_its_handshake() {
    let sandbox = sandbox();
    let owner = Client::administrator(&sandbox, A);
    let tags = json!([{"Key": "for-use-with-all-datazone-projects", "Value": "true"}]);
    let input = json!({"ConnectionName": "git", "ProviderType": "GitHub", "Tags": tags});
    let made = call(&owner, "CreateConnection", input).unwrap();
    let arn = made["ConnectionArn"].as_str().unwrap().to_owned();
    assert!(arn.starts_with(&format!("arn:aws:codeconnections:eu-west-1:{A}:connection/")), "{arn}");
    assert_eq!(made, json!({"ConnectionArn": arn, "Tags": tags}));
    let expected = json!({"ConnectionName": "git", "ConnectionArn": arn, "ProviderType": "GitHub",
                          "OwnerAccountId": A, "ConnectionStatus": "PENDING"});
    let found = call(&owner, "GetConnection", json!({"ConnectionArn": arn})).unwrap();
    assert_eq!(found, json!({"Connection": expected}));
    let shake = |how: &str| {
        let tags = json!([{"Key": "aiops-sandbox:handshake", "Value": how}]);
        call(&owner, "TagResource", json!({"ResourceArn": arn, "Tags": tags})).unwrap();
        status(&owner, &arn)
    };
    assert_eq!([shake("failed"), shake("done"), shake("later")], ["ERROR", "AVAILABLE", "PENDING"]);
    let keys = json!(["aiops-sandbox:handshake", "none"]);
    call(&owner, "UntagResource", json!({"ResourceArn": arn, "TagKeys": keys})).unwrap();
    assert_eq!(call(&owner, "ListTagsForResource", json!({"ResourceArn": arn})).unwrap(), json!({"Tags": tags}));
    let at_once = json!([{"Key": "aiops-sandbox:handshake", "Value": "done"}]);
    let second = create(&owner, json!({"ConnectionName": "git", "ProviderType": "GitLab", "Tags": at_once}));
    assert_eq!(status(&owner, &second), "AVAILABLE");
    call(&owner, "DeleteConnection", json!({"ConnectionArn": arn})).unwrap();
    let gone = call(&owner, "GetConnection", json!({"ConnectionArn": arn})).unwrap_err();
    assert_eq!(gone, format!("ResourceNotFoundException: Connection not found: {arn}"));
}

#[test]
fn connections_are_listed_in_pages_by_provider() {
    let sandbox = sandbox();
    let owner = Client::administrator(&sandbox, A);
    for (name, provider) in [("a", "GitHub"), ("b", "GitLab"), ("c", "GitHub"), ("d", "GitHub")] {
        create(&owner, json!({"ConnectionName": name, "ProviderType": provider}));
    }
    let names = |input: Value| {
        let answer = call(&owner, "ListConnections", input).unwrap();
        let connections = answer["Connections"].as_array().unwrap().iter();
        let names = connections.map(|found| found["ConnectionName"].as_str().unwrap().to_owned());
        (names.collect::<Vec<_>>(), answer["NextToken"].clone())
    };
    let (mut all, token) = names(json!({"MaxResults": 0}));
    all.sort();
    assert_eq!((all, token), (["a", "b", "c", "d"].map(str::to_owned).to_vec(), Value::Null));
    let (mut found, token) = names(json!({"ProviderTypeFilter": "GitHub", "MaxResults": 2}));
    assert_eq!(found.len(), 2);
    found.extend(names(json!({"ProviderTypeFilter": "GitHub", "MaxResults": 2, "NextToken": token})).0);
    found.sort();
    assert_eq!(found, ["a", "c", "d"]);
    let elsewhere = sandbox.administer(A, "us-east-1", "codeconnections", "ListConnections", json!({})).unwrap();
    assert_eq!(elsewhere["Connections"].as_array().unwrap().len(), 4, "connections are global");
    let host = format!("arn:aws:codeconnections:eu-west-1:{A}:host/x");
    assert!(names(json!({"HostArnFilter": host})).0.is_empty());
    let errors = [
        call(&owner, "CreateConnection", json!({"ConnectionName": "x", "HostArn": host})),
        call(&owner, "CreateConnection", json!({"ConnectionName": "x"})),
        call(&owner, "CreateConnection", json!({"ConnectionName": "x", "ProviderType": "Gitea"})),
        call(&owner, "GetConnection", json!({"ConnectionArn": "git"})),
        call(&owner, "ListConnections", json!({"NextToken": "x"})),
        call(&owner, "TagResource", json!({"ResourceArn": host, "Tags": []})),
    ]
    .map(|outcome| outcome.unwrap_err());
    insta::assert_snapshot!(errors.join("\n"), @r"
    ResourceNotFoundException: Host not found: arn:aws:codeconnections:eu-west-1:111111111111:host/x
    ValidationException: Provide either ProviderType or HostArn
    ValidationException: 1 validation error detected: Value 'Gitea' at 'providerType' failed to satisfy constraint: Member must satisfy enum value set: [Bitbucket, GitHub, GitHubEnterpriseServer, GitLab, GitLabSelfManaged, AzureDevOps]
    ValidationException: 1 validation error detected: Value 'git' at 'connectionArn' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:aws(-[\w]+)*:.+:.+:[0-9]{12}:.+
    ValidationException: Invalid pagination token
    ResourceNotFoundException: Connection not found: arn:aws:codeconnections:eu-west-1:111111111111:host/x
    ");
}

#[test]
fn iam_decides() {
    let sandbox = sandbox();
    let owner = Client::administrator(&sandbox, A);
    let arn = create(&owner, json!({"ConnectionName": "git", "ProviderType": "GitHub"}));
    let stranger = Client::administrator(&sandbox, B);
    let refused = call(&stranger, "GetConnection", json!({"ConnectionArn": arn})).unwrap_err();
    assert!(refused.starts_with("AccessDeniedException"), "{refused}");
    assert_eq!(call(&stranger, "ListConnections", json!({})).unwrap(), json!({"Connections": []}));
    let only = json!({"StringEquals": {"codeconnections:ProviderType": "GitHub", "aws:RequestTag/team": "credit"}});
    let maker = allow(&["codeconnections:CreateConnection"], &only);
    let maker = role(&sandbox, A, "Maker", &trust(A, &["sts:AssumeRole"], &json!({})), &maker);
    let maker = owner.assume(&maker, &[]).unwrap();
    let make = |provider: &str, team: &str| {
        let tags = json!([{"Key": "team", "Value": team}]);
        call(&maker, "CreateConnection", json!({"ConnectionName": "x", "ProviderType": provider, "Tags": tags}))
    };
    make("GitHub", "credit").unwrap();
    assert!(make("GitLab", "credit").unwrap_err().starts_with("AccessDeniedException"));
    assert!(make("GitHub", "fraud").unwrap_err().starts_with("AccessDeniedException"));
}

/// A request as AWS's SDK for Rust sends it.
fn rpc(sandbox: &Sandbox, operation: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let scope = format!("{A}/20260105/eu-west-1/codeconnections/aws4_request");
    let request = http::Request::post(format!("/service/CodeConnections_20231201/operation/{operation}"))
        .header("authorization", format!("AWS4-HMAC-SHA256 Credential={scope}, Signature=x"))
        .header("smithy-protocol", "rpc-v2-cbor")
        .header("content-type", "application/cbor")
        .header("accept", "application/cbor")
        .body(Bytes::copy_from_slice(body))
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let answer = runtime.block_on(sandbox.handle(request)).unwrap();
    assert_eq!(answer.headers()["content-type"], "application/cbor");
    assert_eq!(answer.headers()["smithy-protocol"], "rpc-v2-cbor");
    assert!(answer.headers().contains_key("x-amzn-requestid") || answer.status() != 200);
    (answer.status().as_u16(), answer.into_body().to_vec())
}

#[test]
fn the_same_operations_speak_cbor() {
    let sandbox = sandbox();
    // {_ "ConnectionName": "git", "ProviderType": "GitHub"}
    let (status, made) =
        rpc(&sandbox, "CreateConnection", b"\xbf\x6eConnectionName\x63git\x6cProviderType\x66GitHub\xff");
    assert_eq!(status, 200);
    let Cbor::Map(members) = ciborium::from_reader(made.as_slice()).unwrap() else { panic!("{made:?}") };
    let (name, arn) = &members[0];
    assert_eq!(name.as_text(), Some("ConnectionArn"));
    let arn = arn.as_text().unwrap();
    // A text of up to 255 bytes has its length behind 0x78.
    let get = [b"\xa1\x6dConnectionArn\x78", &[u8::try_from(arn.len()).unwrap()][..], arn.as_bytes()].concat();
    let (status, found) = rpc(&sandbox, "GetConnection", &get);
    assert_eq!(status, 200);
    assert!(found.starts_with(b"\xa1\x6aConnection\xa5\x6eConnectionName\x63git\x6dConnectionArn\x78"));
    assert!(found.ends_with(b"\x6eOwnerAccountId\x6c111111111111\x70ConnectionStatus\x67PENDING"));
    assert_eq!(rpc(&sandbox, "DeleteConnection", &get), (200, b"\xa0".to_vec()));
    let (status, refused) = rpc(&sandbox, "GetConnection", &get);
    assert_eq!(status, 404);
    assert!(refused.starts_with(b"\xa2\x66__type\x78\x19ResourceNotFoundException\x67message\x78"));
    let listed = b"\xa1\x6bConnections\x80".to_vec();
    assert_eq!(rpc(&sandbox, "ListConnections", b""), (200, listed.clone()));
    assert_eq!(rpc(&sandbox, "ListConnections", b"\xbf\xff"), (200, listed));
    let (status, refused) = rpc(&sandbox, "CreateConnection", b"\xa0");
    assert_eq!(status, 400);
    assert!(refused.starts_with(b"\xa2\x66__type\x73ValidationException"));
    let (status, refused) = rpc(&sandbox, "CreateHost", b"\xa0");
    assert_eq!(status, 400);
    assert!(refused.starts_with(b"\xa2\x66__type\x78\x19UnknownOperationException"));
    let (status, refused) = rpc(&sandbox, "GetConnection", b"{}");
    assert_eq!(status, 400);
    assert!(refused.starts_with(b"\xa2\x66__type\x76SerializationException"));
    let owner = Client::administrator(&sandbox, A);
    assert_eq!(call(&owner, "ListConnections", json!({})).unwrap(), json!({"Connections": []}));
}
