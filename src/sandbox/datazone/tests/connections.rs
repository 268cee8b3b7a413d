//! Connections of projects.

use serde_json::{Value, json};

use super::environments::{deployed, environments, equipped};
use super::{Domain, automation, group};
use crate::sandbox::Sandbox;
use crate::sandbox::testing::{A, B, Client, sandbox, wait};

/// A connection of account B, after this much of a handshake.
fn code_connection(sandbox: &Sandbox, handshake: &str, shared: bool) -> String {
    let mut tags = vec![json!({"Key": "aiops-sandbox:handshake", "Value": handshake})];
    if shared {
        tags.push(json!({"Key": "for-use-with-all-datazone-projects", "Value": "true"}));
    }
    let input = json!({"ConnectionName": "acme", "ProviderType": "GitHub", "Tags": tags});
    let made = sandbox.administer(B, "eu-west-1", "codeconnections", "CreateConnection", input).unwrap();
    made["ConnectionArn"].as_str().unwrap().to_owned()
}

fn list(client: &Client<'_>, domain: &Domain, query: &str) -> Vec<Value> {
    let listed = client.within(domain, &format!("GET /connections?{query}"), json!({})).unwrap();
    listed["items"].as_array().unwrap().clone()
}

fn git(environment: &Value, name: &str, connection: &str) -> Value {
    json!({"name": name, "environmentIdentifier": environment["id"], "scope": "PROJECT", "props": {"gitProperties": {
        "codeConnectionArn": connection, "repositoryId": "acme/churn", "defaultBranch": "main"}}})
}

#[test]
fn environments_bring_connections_and_take_them_away() {
    let sandbox = sandbox();
    let (domain, admin, profile) = equipped(&sandbox);
    let project = deployed(&sandbox, &admin, &domain, json!({"name": "churn", "projectProfileId": profile["id"]}));
    let of_project = format!("projectIdentifier={project}");
    let names = |query: &str| {
        let found = list(&admin, &domain, &format!("{of_project}{query}"));
        found.iter().map(|each| format!("{}:{}", each["name"], each["type"]).replace('"', "")).collect::<Vec<_>>()
    };
    let tools = ["default.iam:IAM", "default.s3_shared:S3", "default.spark:SPARK", "project.athena:ATHENA"];
    assert_eq!(names("&sortBy=NAME"), tools);
    assert_eq!(names("&type=S3"), ["default.s3_shared:S3"]);
    assert!(admin.within(&domain, "GET /connections", json!({})).unwrap_err().starts_with("400"));
    let shared = list(&admin, &domain, &format!("{of_project}&type=S3"))[0].clone();
    let properties = &shared["props"]["s3Properties"];
    let uri = format!("s3://bucket/{}/{project}/shared/", domain.id);
    assert_eq!((&properties["s3Uri"], &properties["status"]), (&json!(uri), &json!("READY")));
    let path = format!("/connections/{}", shared["connectionId"].as_str().unwrap());
    let role = admin.within(&domain, &format!("GET {path}"), json!({})).unwrap()["environmentUserRole"].clone();
    assert!(role.as_str().unwrap().contains(":role/datazone_usr_role_"), "{role}");
    let kept = admin.within(&domain, &format!("DELETE {path}"), json!({})).unwrap_err();
    assert!(kept.ends_with("belongs to an environment and is deleted with it"), "{kept}");

    let input = json!({"projectIdentifier": project, "name": "e", "environmentConfigurationName": "Experiments"});
    let server = admin.within(&domain, "POST /environments", input).unwrap();
    assert_eq!(names("&type=MLFLOW"), Vec::<String>::new());
    wait(&sandbox, 200);
    assert_eq!(names("&type=MLFLOW"), ["project.mlflow:MLFLOW"]);
    wait(&sandbox, 1);
    let path = format!("DELETE /environments/{}", server["id"].as_str().unwrap());
    admin.within(&domain, &path, json!({})).unwrap();
    assert_eq!(names("&type=MLFLOW"), Vec::<String>::new());

    let (stranger, role) = automation(&sandbox, A, "Stranger");
    group(&admin, &domain, &role);
    let path = format!("GET /connections?{of_project}");
    assert!(stranger.within(&domain, &path, json!({})).unwrap_err().starts_with("403"));
}

#[test]
fn a_repository_is_bound_by_a_connection_that_everybody_may_use() {
    let sandbox = sandbox();
    let (domain, admin, profile) = equipped(&sandbox);
    let project = deployed(&sandbox, &admin, &domain, json!({"name": "churn", "projectProfileId": profile["id"]}));
    let tools = environments(&admin, &domain, &project)[0].clone();
    let connections = [
        format!("arn:aws:codeconnections:eu-west-1:{B}:connection/0a"),
        code_connection(&sandbox, "pending", true),
        code_connection(&sandbox, "done", false),
        code_connection(&sandbox, "done", true),
    ];
    let mut told = Vec::new();
    let mut ids = Vec::new();
    for (index, arn) in connections.iter().enumerate() {
        let made = admin.within(&domain, "POST /connections", git(&tools, &format!("git {index}"), arn)).unwrap();
        assert_eq!(made["props"]["gitProperties"]["status"], "CREATING");
        wait(&sandbox, 10);
        let path = format!("/connections/{}", made["connectionId"].as_str().unwrap());
        let found = admin.within(&domain, &format!("GET {path}"), json!({})).unwrap();
        let properties = &found["props"]["gitProperties"];
        let (status, why) = (properties["status"].as_str().unwrap(), &properties["errorMessage"]);
        told.push(format!("{status} {}", why.as_str().unwrap_or_default().replace(arn, "ARN")).trim_end().to_owned());
        ids.push(path);
    }
    insta::assert_snapshot!(told.join("\n"), @r"
    CREATE_FAILED Connection ARN does not exist
    CREATE_FAILED Connection ARN is not available: its status is PENDING
    CREATE_FAILED Connection ARN does not have the tag for-use-with-all-datazone-projects
    READY
    ");
    let taken = admin.within(&domain, "POST /connections", git(&tools, "git 3", &connections[3])).unwrap_err();
    assert!(taken.starts_with("409 ConflictException: Conflict with connection"), "{taken}");
    let change = json!({"props": {"gitProperties": {"codeConnectionArn": connections[3], "defaultBranch": "trunk"}}});
    let changed = admin.within(&domain, &format!("PATCH {}", ids[0]), change.clone()).unwrap();
    assert_eq!(changed["props"]["gitProperties"]["status"], "UPDATING");
    assert!(admin.within(&domain, &format!("PATCH {}", ids[0]), change).unwrap_err().starts_with("409"));
    wait(&sandbox, 10);
    let properties =
        admin.within(&domain, &format!("GET {}", ids[0]), json!({})).unwrap()["props"]["gitProperties"].clone();
    assert_eq!((&properties["status"], &properties["defaultBranch"]), (&json!("READY"), &json!("trunk")));
    let going = admin.within(&domain, &format!("DELETE {}", ids[0]), json!({})).unwrap();
    assert_eq!(going, json!({"status": "DELETING"}));
    wait(&sandbox, 10);
    assert!(admin.within(&domain, &format!("GET {}", ids[0]), json!({})).unwrap_err().starts_with("404"));
    let token = |name: &str| {
        let mut input = git(&tools, name, &connections[3]);
        input["clientToken"] = json!("once");
        admin.within(&domain, "POST /connections", input)
    };
    let first = token("again").unwrap();
    assert_eq!(token("again").unwrap()["connectionId"], first["connectionId"]);
    assert!(token("other").unwrap_err().starts_with("409"));
}

#[test]
fn what_a_connection_is_for_has_to_be_said() {
    let sandbox = sandbox();
    let (domain, admin, profile) = equipped(&sandbox);
    let project = deployed(&sandbox, &admin, &domain, json!({"name": "churn", "projectProfileId": profile["id"]}));
    let tools = environments(&admin, &domain, &project)[0]["id"].clone();
    let s3 = json!({"s3Properties": {"s3Uri": "s3://bucket/x"}});
    let inputs = [
        json!({"name": "a", "props": s3}),
        json!({"name": "a", "props": s3, "environmentIdentifier": "unheard"}),
        json!({"name": "a", "props": s3, "environmentIdentifier": tools, "scope": "DOMAIN"}),
        json!({"name": "a", "environmentIdentifier": tools}),
        json!({"name": "a", "environmentIdentifier": tools, "props": {"redshiftProperties": {}}}),
        json!({"name": "a", "environmentIdentifier": tools, "props": {"gitProperties": {"repositoryId": "churn"}}}),
    ];
    let told = inputs.map(|input| admin.within(&domain, "POST /connections", input).unwrap_err());
    insta::assert_snapshot!(told.join("\n"), @r"
    400 ValidationException: environmentIdentifier must be set for scope PROJECT
    404 ResourceNotFoundException: Environment unheard does not exist
    400 ValidationException: A connection of scope DOMAIN has no environmentIdentifier
    400 ValidationException: Exactly one member of props must be set
    400 ValidationException: The sandbox has no connections with redshiftProperties
    400 ValidationException: 3 validation errors detected: Value null at 'props.gitProperties.codeConnectionArn' failed to satisfy constraint: Member must not be null; Value 'churn' at 'props.gitProperties.repositoryId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9._\-]+(/[a-zA-Z0-9._\-]+)+; Value null at 'props.gitProperties.defaultBranch' failed to satisfy constraint: Member must not be null
    ");
    let made = admin.within(&domain, "POST /connections", json!({"name": "lake", "props": s3, "scope": "DOMAIN"}));
    assert_eq!(made.unwrap()["scope"], "DOMAIN");
    assert_eq!(list(&admin, &domain, "scope=DOMAIN").len(), 1);
}
