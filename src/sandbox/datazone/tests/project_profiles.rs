use serde_json::{Value, json};

use super::{Domain, automation, blueprint, domain, group, id};
use crate::sandbox::testing::{A, B, Client, sandbox, wait};

const PROFILES: &str = "/project-profiles";

/// An environment configuration for account B.
fn configuration(client: &Client<'_>, domain: &Domain, name: &str, blueprint_name: &str) -> Value {
    json!({
        "name": name, "environmentBlueprintId": blueprint(client, domain, blueprint_name),
        "awsAccount": {"awsAccountId": B}, "awsRegion": {"regionName": "eu-west-1"},
    })
}

#[test]
fn a_profile_comes_back_ordered_with_ids_and_without_what_says_nothing() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let mut tooling = configuration(&admin, &domain, "Tooling", "Tooling");
    tooling["deploymentOrder"] = json!(0);
    tooling["deploymentMode"] = json!("ON_CREATE");
    tooling["configurationParameters"] = json!({
        "parameterOverrides": [{"name": "maxEbsVolumeSize", "value": "50", "isEditable": false}],
        "resolvedParameters": [{"name": "sent", "value": "back"}],
    });
    let mut lake = configuration(&admin, &domain, "Lake", "DataLake");
    lake["deploymentOrder"] = json!(1);
    lake["configurationParameters"] = json!({"parameterOverrides": []});
    let mut later = configuration(&admin, &domain, "Later", "MLExperiments");
    later["deploymentMode"] = json!("ON_DEMAND");
    let wanted = json!({"name": "lob a", "environmentConfigurations": [later, lake, tooling]});
    let made = admin.within(&domain, &format!("POST {PROFILES}"), wanted.clone()).unwrap();
    assert_eq!((&made["status"], &made["domainUnitId"]), (&json!("DISABLED"), &json!(domain.root)));
    let configurations = made["environmentConfigurations"].as_array().unwrap();
    let names: Vec<_> = configurations.iter().map(|configuration| &configuration["name"]).collect();
    assert_eq!(names, ["Tooling", "Lake", "Later"]);
    assert!(configurations.iter().all(|configuration| configuration["id"].is_string()));
    assert!(configurations[1].get("configurationParameters").is_none());
    let parameters = &configurations[0]["configurationParameters"];
    assert_eq!(
        parameters["parameterOverrides"],
        wanted["environmentConfigurations"][2]["configurationParameters"]["parameterOverrides"]
    );
    let resolved = parameters["resolvedParameters"].as_array().unwrap();
    let value = |name: &str| &resolved.iter().find(|parameter| parameter["name"] == name).unwrap()["value"];
    assert_eq!((value("maxEbsVolumeSize"), value("enableSpaces")), (&json!("50"), &json!("true")));
    let path = format!("GET {PROFILES}/{}", id(&made));
    assert_eq!(admin.within(&domain, &path, json!({})).unwrap(), made);
}

#[test]
fn an_update_replaces_all_environment_configurations_or_none() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let [tooling, lake] =
        [("Tooling", "Tooling"), ("Lake", "DataLake")].map(|(name, of)| configuration(&admin, &domain, name, of));
    let wanted = json!({"name": "lob a", "environmentConfigurations": [tooling]});
    let made = admin.within(&domain, &format!("POST {PROFILES}"), wanted).unwrap();
    let update = |change: Value| {
        wait(&sandbox, 1);
        admin.within(&domain, &format!("PATCH {PROFILES}/{}", id(&made)), change)
    };
    let enabled = update(json!({"status": "ENABLED", "description": "models"})).unwrap();
    assert_eq!((&enabled["status"], &enabled["description"]), (&json!("ENABLED"), &json!("models")));
    assert_eq!(enabled["environmentConfigurations"], made["environmentConfigurations"]);
    let kept = made["environmentConfigurations"][0].clone();
    let both = update(json!({"environmentConfigurations": [kept, lake]})).unwrap();
    assert_eq!(both["environmentConfigurations"][0], kept);
    let one = update(json!({"environmentConfigurations": [lake]})).unwrap();
    assert_eq!(one["environmentConfigurations"].as_array().unwrap().len(), 1);
    assert_ne!(one["environmentConfigurations"][0]["id"], both["environmentConfigurations"][1]["id"]);
    let mut unknown = lake.clone();
    unknown["id"] = json!("unknown");
    assert!(update(json!({"environmentConfigurations": [unknown]})).unwrap_err().contains("id unknown does not exist"));
    admin.within(&domain, &format!("DELETE {PROFILES}/{}", id(&made)), json!({})).unwrap();
    let gone = admin.within(&domain, &format!("GET {PROFILES}/{}", id(&made)), json!({})).unwrap_err();
    assert!(gone.starts_with("404 ResourceNotFoundException"), "{gone}");
}

#[test]
fn profiles_must_make_sense() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let good = configuration(&admin, &domain, "Tooling", "Tooling");
    let create = |name: &str, configurations: Value| {
        wait(&sandbox, 1);
        let input = json!({"name": name, "environmentConfigurations": configurations});
        admin.within(&domain, &format!("POST {PROFILES}"), input)
    };
    let with = |member: &str, value: Value| {
        let mut changed = good.clone();
        changed[member] = value;
        create("other", json!([changed])).unwrap_err()
    };
    let overrides = |names: &[&str]| {
        let all: Vec<_> = names.iter().map(|name| json!({"name": name, "value": "x"})).collect();
        with("configurationParameters", json!({"parameterOverrides": all}))
    };
    create("lob a", json!([good])).unwrap();
    let elsewhere = json!({"name": "other", "domainUnitIdentifier": "nowhere"});
    let errors = [
        create("lob a", json!([])).unwrap_err(),
        create("other", json!([good, good])).unwrap_err(),
        with("environmentBlueprintId", json!("nothing")),
        with("awsAccount", json!({"awsAccountId": B, "awsAccountIdPath": "/account"})),
        with("awsRegion", Value::Null),
        with("accountPools", json!(["pool"])),
        overrides(&["enableMagic"]),
        overrides(&["enableSpaces", "enableSpaces"]),
        with("deploymentOrder", json!(17)),
        admin.within(&domain, &format!("POST {PROFILES}"), elsewhere).unwrap_err(),
    ];
    insta::assert_snapshot!(errors.join("\n"), @"
    409 ConflictException: A project profile named lob a already exists
    400 ValidationException: Environment configuration name Tooling is not unique
    400 ValidationException: Environment configuration Tooling: environment blueprint nothing does not exist
    400 ValidationException: Environment configuration Tooling: Exactly one member of awsAccount must be set
    400 ValidationException: Environment configuration Tooling: either awsAccount and awsRegion must be set, or accountPools
    400 ValidationException: Environment configuration Tooling: either awsAccount and awsRegion must be set, or accountPools
    400 ValidationException: Environment configuration Tooling: environment blueprint Tooling has no parameter enableMagic
    400 ValidationException: Environment configuration Tooling: parameter enableSpaces is given twice
    400 ValidationException: 1 validation error detected: Value '17' at 'environmentConfigurations.1.member.deploymentOrder' failed to satisfy constraint: Member must have value less than or equal to 16
    404 ResourceNotFoundException: Domain unit nowhere does not exist
    ");
}

#[test]
fn whoever_owns_the_unit_makes_its_profiles_and_everybody_sees_them() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let (lead, arn) = automation(&sandbox, A, "Lead");
    let risk = admin.unit(&domain, &domain.root, "Risk").unwrap();
    let create = |name: &str, unit: &str| {
        let input = json!({"name": name, "status": "ENABLED", "domainUnitIdentifier": unit});
        lead.within(&domain, &format!("POST {PROFILES}"), input)
    };
    let list = |query: &str| {
        let found = lead.within(&domain, &format!("GET {PROFILES}{query}"), json!({}))?;
        let names = found["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned());
        Ok::<_, String>(names.collect::<Vec<_>>())
    };
    assert!(list("").unwrap_err().ends_with("perform operation: ListProjectProfiles"));
    let group = group(&admin, &domain, &arn);
    assert!(create("Risk b", &risk).unwrap_err().ends_with("perform operation: CreateProjectProfile"));
    admin.own(&domain, &risk, json!({"group": {"groupIdentifier": group}})).unwrap();
    create("Risk b", &risk).unwrap();
    let made = create("Risk a", &risk).unwrap();
    wait(&sandbox, 1);
    assert!(create("Root", &domain.root).is_err());
    let other = admin.within(&domain, &format!("POST {PROFILES}"), json!({"name": "Other"})).unwrap();
    assert!(lead.within(&domain, &format!("DELETE {PROFILES}/{}", id(&other)), json!({})).is_err());
    assert_eq!(list("?name=risk&sortBy=NAME").unwrap(), ["Risk a", "Risk b"]);
    assert_eq!(list("?sortOrder=DESCENDING").unwrap(), ["Risk b", "Risk a", "Other"]);
    let away = json!({"domainUnitIdentifier": domain.root});
    wait(&sandbox, 1);
    let refused = lead.within(&domain, &format!("PATCH {PROFILES}/{}", id(&made)), away).unwrap_err();
    assert!(refused.ends_with("perform operation: UpdateProjectProfile"));
}
