use serde_json::{Value, json};

use super::{blueprint, domain, id};
use crate::sandbox::testing::{A, B, Client, sandbox, wait};

#[test]
fn pools_are_made_changed_listed_and_deleted() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let run = |http: &str, input: Value| {
        let (method, rest) = http.split_once(' ').unwrap();
        admin.within(&domain, &format!("{method} /account-pools{rest}"), input)
    };
    let accounts = json!([{"awsAccountId": B, "supportedRegions": ["eu-west-1"], "awsAccountName": "lob a dev"}]);
    let wanted = json!({"name": "dev", "resolutionStrategy": "MANUAL", "accountSource": {"accounts": accounts}});
    let pool = run("POST ", wanted.clone()).unwrap();
    assert_eq!((&pool["accountSource"], &pool["domainUnitId"]), (&wanted["accountSource"], &json!(domain.root)));
    let at = |rest: &str| format!("/{}{rest}", id(&pool));
    assert_eq!(run(&format!("GET {}", at("")), json!({})).unwrap(), pool);
    assert_eq!(run(&format!("GET {}", at("/accounts")), json!({})).unwrap()["items"], accounts);
    let function = "arn:aws:lambda:eu-west-1:111111111111:function:accounts";
    let mut asks = wanted.clone();
    asks["name"] = json!("dynamic");
    asks["accountSource"] = json!({"customAccountPoolHandler": {"lambdaFunctionArn": function}});
    let dynamic = run("POST ", asks.clone()).unwrap();
    assert_eq!(dynamic["accountSource"], asks["accountSource"]);
    asks["name"] = json!("both");
    asks["accountSource"]["accounts"] = accounts;
    let mut errors = vec![
        run(&format!("GET /{}/accounts", id(&dynamic)), json!({})).unwrap_err(),
        run("POST ", wanted).unwrap_err(),
        run("POST ", asks).unwrap_err(),
        run("GET /none", json!({})).unwrap_err(),
    ];
    wait(&sandbox, 5);
    let changed = run(&format!("PATCH {}", at("")), json!({"name": "dev b", "description": "new"})).unwrap();
    assert_eq!((&changed["name"], &changed["description"]), (&json!("dev b"), &json!("new")));
    assert_eq!(changed["createdAt"], pool["createdAt"]);
    assert_ne!(changed["lastUpdatedAt"], pool["lastUpdatedAt"]);
    let listed = run("GET ?name=dev", json!({})).unwrap();
    assert_eq!(listed["items"][0]["id"], pool["id"]);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    let configuration = json!({
        "name": "Tooling", "environmentBlueprintId": blueprint(&admin, &domain, "Tooling"), "accountPools": [pool["id"]],
    });
    let profile = json!({"name": "any account", "environmentConfigurations": [configuration]});
    let profile = admin.within(&domain, "POST /project-profiles", profile).unwrap();
    errors.push(run(&format!("DELETE {}", at("")), json!({})).unwrap_err());
    admin.within(&domain, &format!("DELETE /project-profiles/{}", id(&profile)), json!({})).unwrap();
    run(&format!("DELETE {}", at("")), json!({})).unwrap();
    let ids = |text: String| text.replace(&id(&pool), "pool-1").replace(&id(&dynamic), "pool-2");
    insta::assert_snapshot!(ids(errors.join("\n")), @"
    400 ValidationException: Account pool pool-2 asks a Lambda function, and the sandbox runs none
    409 ConflictException: An account pool named dev already exists
    400 ValidationException: Exactly one member of accountSource must be set
    404 ResourceNotFoundException: Account pool none does not exist
    400 ValidationException: Account pool pool-1 cannot be deleted: project profiles use it
    ");
}

#[test]
fn a_domain_has_a_hundred_pools_at_most() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let create = |number: u32| {
        let accounts = json!([{"awsAccountId": B, "supportedRegions": ["eu-west-1"]}]);
        let input = json!({
            "name": format!("pool {number}"), "resolutionStrategy": "MANUAL", "accountSource": {"accounts": accounts},
        });
        admin.within(&domain, "POST /account-pools", input)
    };
    for number in 0..100 {
        create(number).unwrap();
    }
    assert!(create(100).unwrap_err().starts_with("402 ServiceQuotaExceededException"));
}
