use serde_json::json;

use super::{domain, id};
use crate::sandbox::testing::{A, Client, sandbox, wait};

#[test]
fn units_form_a_tree() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let input = json!({"name": "Risk", "parentDomainUnitIdentifier": domain.root, "description": "risk models"});
    let risk = admin.within(&domain, "POST /domain-units", input).unwrap();
    assert_eq!(risk["ancestorDomainUnitIds"], json!([domain.root]));
    let risk = id(&risk);
    let dev = admin.unit(&domain, &risk, "Dev").unwrap();
    let found = admin.within(&domain, &format!("GET /domain-units/{dev}"), json!({})).unwrap();
    assert_eq!((&found["name"], &found["parentDomainUnitId"]), (&json!("Dev"), &json!(risk)));
    let renamed = json!({"name": "Development"});
    let renamed = admin.within(&domain, &format!("PUT /domain-units/{dev}"), renamed).unwrap();
    assert_eq!(renamed["name"], "Development");
    let delete = |unit: &str| admin.within(&domain, &format!("DELETE /domain-units/{unit}"), json!({}));
    admin.unit(&domain, &risk, "Test").unwrap();
    let errors = [
        admin.unit(&domain, &risk, "Test").unwrap_err(),
        admin.within(&domain, &format!("PUT /domain-units/{dev}"), json!({"name": "Test"})).unwrap_err(),
        admin.unit(&domain, "none", "Test").unwrap_err(),
        admin.within(&domain, "GET /domain-units/none", json!({})).unwrap_err(),
        admin.within(&domain, "GET /domain-units?parentDomainUnitIdentifier=none", json!({})).unwrap_err(),
        delete(&risk).unwrap_err(),
        delete(&domain.root).unwrap_err(),
        admin.datazone(&format!("DELETE /v2/domains/{}", domain.id), json!({})).unwrap_err(),
    ];
    let errors = errors.join("\n").replace(&risk, "RISK").replace(&domain.id, "dzd-x");
    insta::assert_snapshot!(errors, @"
    409 ConflictException: A domain unit named Test already exists under the same parent
    409 ConflictException: A domain unit named Test already exists under the same parent
    400 ValidationException: Domain unit none does not exist
    404 ResourceNotFoundException: Domain unit none does not exist
    400 ValidationException: Domain unit none does not exist
    409 ConflictException: Domain unit RISK is not empty
    400 ValidationException: The root domain unit cannot be deleted
    409 ConflictException: Domain dzd-x cannot be deleted: it still has children
    ");
    delete(&dev).unwrap();
    admin.datazone(&format!("DELETE /v2/domains/{}?cascadeDelete=true", domain.id), json!({})).unwrap();
    let census = sandbox.census().unwrap();
    wait(&sandbox, 120);
    assert_eq!(census, sandbox.census().unwrap(), "nothing is left to go later");
}

#[test]
fn a_tree_has_five_levels_and_listings_come_in_pages() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let mut lowest = domain.root.clone();
    for level in 2..=5 {
        lowest = admin.unit(&domain, &lowest, &format!("Level {level}")).unwrap();
    }
    let error = admin.unit(&domain, &lowest, "Level 6").unwrap_err();
    assert!(error.starts_with("402 ServiceQuotaExceededException"), "{error}");
    for n in 0..29 {
        wait(&sandbox, 1);
        admin.unit(&domain, &domain.root, &format!("Unit {n}")).unwrap();
    }
    let path = format!("GET /domain-units?parentDomainUnitIdentifier={}", domain.root);
    let first = admin.within(&domain, &path, json!({})).unwrap();
    let next = first["nextToken"].as_str().unwrap();
    let second = admin.within(&domain, &format!("{path}&nextToken={next}"), json!({})).unwrap();
    let sizes = [&first, &second].map(|page| page["items"].as_array().unwrap().len());
    assert_eq!((sizes, second.get("nextToken")), ([25, 5], None));
}

#[test]
fn owners_come_and_go() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let (_, arn) = super::automation(&sandbox, A, "Automation");
    let group = super::group(&admin, &domain, &arn);
    let owner = json!({"group": {"groupIdentifier": arn}});
    let owners = || {
        let path = format!("GET /entities/DOMAIN_UNIT/{}/owners", domain.root);
        admin.within(&domain, &path, json!({})).unwrap()["owners"].clone()
    };
    admin.own(&domain, &domain.root, owner.clone()).unwrap();
    assert_eq!(owners()[1], json!({"group": {"groupId": group}}));
    let remove = || {
        let path = format!("POST /entities/DOMAIN_UNIT/{}/removeOwner", domain.root);
        admin.within(&domain, &path, json!({"owner": owner}))
    };
    let known = admin.own(&domain, &domain.root, owner.clone()).unwrap_err();
    remove().unwrap();
    assert_eq!(owners().as_array().unwrap().len(), 1);
    let errors = [
        known,
        remove().unwrap_err(),
        admin.own(&domain, &domain.root, json!({"user": {"userIdentifier": "nobody"}})).unwrap_err(),
        admin.own(&domain, &domain.root, json!({})).unwrap_err(),
        admin.own(&domain, "none", owner.clone()).unwrap_err(),
    ];
    insta::assert_snapshot!(errors.join("\n").replace(&domain.root, "ROOT"), @"
    409 ConflictException: The owner is already an owner of domain unit ROOT
    404 ResourceNotFoundException: The owner of domain unit ROOT does not exist
    404 ResourceNotFoundException: User profile nobody does not exist
    400 ValidationException: Exactly one member of owner must be set
    404 ResourceNotFoundException: Domain unit none does not exist
    ");
    let root = json!({"currentOwner": format!("arn:aws:iam::{A}:root"), "newOwner": arn});
    admin.within(&domain, "PATCH /root-domain-unit-owner", root.clone()).unwrap();
    assert_eq!(owners(), json!([{"group": {"groupId": group}}]));
    let again = admin.within(&domain, "PATCH /root-domain-unit-owner", root).unwrap_err();
    assert!(again.starts_with("409 ConflictException"), "{again}");
}
