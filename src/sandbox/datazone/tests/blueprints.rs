use serde_json::{Value, json};

use super::super::blueprints::BLUEPRINTS;
use super::{automation, blueprint, domain, enable, shared};
use crate::sandbox::testing::{A, B, Client, sandbox};

const CONFIGURATIONS: &str = "/environment-blueprint-configurations";

#[test]
fn a_name_finds_more_than_its_bearer_on_pages_that_may_be_empty() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let list = |query: &str| {
        let path = format!("GET /environment-blueprints?{query}");
        let page = admin.within(&domain, &path, json!({})).unwrap();
        let names = page["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned());
        (names.collect::<Vec<_>>(), page["nextToken"].as_str().map(str::to_owned))
    };
    assert_eq!(list("managed=true").0.len(), 23);
    assert_eq!(list("managed=true&name=Tooling").0, ["Tooling", "ToolingLite"]);
    assert_eq!(list("name=Tooling"), (Vec::new(), None), "whoever wants managed ones says so");
    let (names, token) = list("managed=true&name=Bedrock&maxResults=10");
    assert!(names.is_empty());
    let (names, token) = list(&format!("managed=true&name=Bedrock&maxResults=10&nextToken={}", token.unwrap()));
    assert_eq!((names.len(), token.is_some()), (4, true));
}

#[test]
fn a_blueprint_tells_its_parameters_and_has_another_id_elsewhere() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let get = |id: &str| admin.within(&domain, &format!("GET /environment-blueprints/{id}"), json!({}));
    let tooling = get(&blueprint(&admin, &domain, "Tooling")).unwrap();
    assert_eq!(tooling["blueprintCategory"], "TOOLING");
    let parameter = |name: &str| {
        let all = tooling["userParameters"].as_array().unwrap();
        all.iter().find(|parameter| parameter["keyName"] == name).unwrap().clone()
    };
    assert_eq!(
        parameter("maxEbsVolumeSize"),
        json!({"keyName": "maxEbsVolumeSize", "fieldType": "Integer", "defaultValue": "100", "isEditable": true,
               "isOptional": true, "isUpdateSupported": true})
    );
    assert!(parameter("gitBranchName").get("defaultValue").is_none());
    let eks = get(&blueprint(&admin, &domain, "EmrOnEks")).unwrap();
    assert_eq!(eks["userParameters"][0]["isOptional"], false);
    let elsewhere = BLUEPRINTS[0].id("us-east-1");
    assert_ne!(tooling["id"], json!(elsewhere));
    assert_eq!(
        get(&elsewhere).unwrap_err(),
        format!("404 ResourceNotFoundException: Environment blueprint {elsewhere} does not exist")
    );
}

#[test]
fn a_configuration_is_the_caller_s_account_s_and_is_replaced_as_a_whole() {
    let sandbox = sandbox();
    let domain = shared(&sandbox, B);
    let [owner, member] = [A, B].map(|account| Client::administrator(&sandbox, account));
    let tooling = blueprint(&member, &domain, "Tooling");
    let path = format!("{CONFIGURATIONS}/{tooling}");
    let get = |client: &Client<'_>| client.within(&domain, &format!("GET {path}"), json!({}));
    let settings = json!({
        "enabledRegions": ["eu-west-1", "eu-central-1"],
        "provisioningRoleArn": format!("arn:aws:iam::{B}:role/Provisioning"),
        "regionalParameters": {"eu-west-1": {"VpcId": "vpc-1"}},
        "globalParameters": {"sagemakerQueryExecutionRoleArn": format!("arn:aws:iam::{B}:role/Query")},
        "resourceConfigurations": [{"name": "one", "region": "eu-west-1", "parameters": {"a": "b"}}],
    });
    let made = enable(&member, &domain, &tooling, settings.clone()).unwrap();
    assert_eq!(get(&member).unwrap(), made);
    assert_eq!((&made["domainId"], &made["environmentBlueprintId"]), (&json!(domain.id), &json!(tooling)));
    assert_eq!(made["regionalParameters"], settings["regionalParameters"]);
    assert_eq!(made["createdAt"], "2026-01-05T09:01:20.000Z");
    assert!(made["resourceConfigurations"][0]["identifier"].is_string());
    assert!(made.get("globalParameters").is_none(), "global parameters can only be written");
    assert!(get(&owner).unwrap_err().starts_with("404 ResourceNotFoundException"));
    let changed = enable(&member, &domain, &tooling, json!({})).unwrap();
    assert!(changed.get("regionalParameters").is_none() && changed.get("provisioningRoleArn").is_none());
    let listed = |client: &Client<'_>| client.within(&domain, &format!("GET {CONFIGURATIONS}"), json!({})).unwrap();
    assert_eq!(listed(&member)["items"], json!([changed]));
    assert_eq!(listed(&owner)["items"], json!([]));
    for _ in 0..2 {
        member.within(&domain, &format!("DELETE {path}"), json!({})).unwrap();
    }
    assert_eq!(listed(&member)["items"], json!([]));
}

#[test]
fn a_configuration_needs_a_region_a_blueprint_a_shared_domain_and_roles_to_pass() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let owner = Client::administrator(&sandbox, A);
    let tooling = blueprint(&owner, &domain, "Tooling");
    let (worker, _) = automation(&sandbox, A, "Worker");
    let foreign = json!({"manageAccessRoleArn": format!("arn:aws:iam::{B}:role/ManageAccess")});
    let errors = [
        enable(&owner, &domain, &tooling, json!({"enabledRegions": []})).unwrap_err(),
        enable(&owner, &domain, "nothing", json!({})).unwrap_err(),
        enable(&Client::administrator(&sandbox, B), &domain, &tooling, json!({})).unwrap_err(),
        enable(&worker, &domain, &tooling, foreign).unwrap_err(),
    ];
    insta::assert_snapshot!(errors.join("\n"), @"
    400 ValidationException: Environment blueprint configuration needs to enable atleast one region
    404 ResourceNotFoundException: Environment blueprint nothing does not exist
    403 AccessDeniedException: User is not permitted to perform operation: PutEnvironmentBlueprintConfiguration
    403 AccessDeniedException: User: arn:aws:sts::111111111111:assumed-role/Worker/run is not authorized to perform: iam:PassRole on resource: role ManageAccess because no resource-based policy allows the iam:PassRole action
    ");
}

#[test]
fn grants_for_a_blueprint_need_its_configuration_and_go_with_it() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let tooling = blueprint(&admin, &domain, "Tooling");
    let path = format!("/policies/managed/ENVIRONMENT_BLUEPRINT_CONFIGURATION/{A}:{tooling}");
    let add = || {
        let grant = json!({
            "policyType": "CREATE_ENVIRONMENT_FROM_BLUEPRINT", "detail": {"createEnvironmentFromBlueprint": {}},
            "principal": {"project": {"projectDesignation": "CONTRIBUTOR", "projectGrantFilter": {
                "domainUnitFilter": {"domainUnit": domain.root}}}},
        });
        admin.within(&domain, &format!("POST {path}/addGrant"), grant)
    };
    let listed = || {
        let query = format!("GET {path}/grants?policyType=CREATE_ENVIRONMENT_FROM_BLUEPRINT");
        admin.within(&domain, &query, json!({}))
    };
    let missing = format!("400 ValidationException: Environment blueprint configuration {A}:{tooling} does not exist");
    assert_eq!(add().unwrap_err(), missing);
    enable(&admin, &domain, &tooling, json!({})).unwrap();
    add().unwrap();
    let grants = |answer: Value| answer["grantList"].as_array().unwrap().len();
    assert_eq!(grants(listed().unwrap()), 1);
    admin.within(&domain, &format!("DELETE {CONFIGURATIONS}/{tooling}"), json!({})).unwrap();
    assert_eq!(listed().unwrap_err(), missing);
    enable(&admin, &domain, &tooling, json!({})).unwrap();
    assert_eq!(grants(listed().unwrap()), 0);
}
