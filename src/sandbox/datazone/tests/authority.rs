use serde_json::{Value, json};

use super::{automation, blueprint, domain, enable, group, id, share};
use crate::clock::Clock as _;
use crate::sandbox::testing::{A, B, Client, sandbox};

const CREATE: &str = "CREATE_DOMAIN_UNIT";

fn detail(children: bool) -> Value {
    json!({"createDomainUnit": {"includeChildDomainUnits": children}})
}

#[test]
fn an_administrator_by_iam_needs_a_profile_to_read_and_ownership_to_write() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let (other, arn) = automation(&sandbox, A, "Other");
    let read = || other.within(&domain, &format!("GET /domain-units/{}", domain.root), json!({}));
    let write = || other.unit(&domain, &domain.root, "Mine");
    let mut told = vec![read().unwrap_err(), write().unwrap_err()];
    let group = group(&other, &domain, &arn);
    read().unwrap();
    told.push(write().unwrap_err());
    told.push(other.own(&domain, &domain.root, json!({"group": {"groupIdentifier": group}})).unwrap_err());
    share(&sandbox, &domain, B, sandbox.clock().now());
    let blueprint = blueprint(&admin, &domain, "Tooling");
    for account in [A, B] {
        enable(&Client::administrator(&sandbox, account), &domain, &blueprint, json!({})).unwrap();
    }
    let own_blueprint = format!("POST /policies/managed/ENVIRONMENT_BLUEPRINT_CONFIGURATION/{A}:{blueprint}/addGrant");
    let contributors = json!({
        "policyType": "CREATE_ENVIRONMENT_FROM_BLUEPRINT", "detail": {"createEnvironmentFromBlueprint": {}},
        "principal": {"project": {"projectDesignation": "CONTRIBUTOR", "projectGrantFilter": {
            "domainUnitFilter": {"domainUnit": domain.root, "includeChildDomainUnits": true}}}},
    });
    other.within(&domain, &own_blueprint, contributors.clone()).unwrap();
    told.push(other.within(&domain, &own_blueprint.replace(A, B), contributors.clone()).unwrap_err());
    admin.within(&domain, &own_blueprint.replace(A, B), contributors).unwrap();
    admin.own(&domain, &domain.root, json!({"group": {"groupIdentifier": group}})).unwrap();
    let mine = write().unwrap();
    other.within(&domain, &format!("DELETE /domain-units/{mine}"), json!({})).unwrap();
    let status = json!({"status": "NOT_ASSIGNED"});
    admin.within(&domain, &format!("PUT /group-profiles/{group}"), status).unwrap();
    told.push(write().unwrap_err());
    insta::assert_snapshot!(told.join("\n"), @"
    403 AccessDeniedException: User is not permitted to perform operation: GetDomainUnit
    403 AccessDeniedException: User is not permitted to perform operation: CreateDomainUnit
    403 AccessDeniedException: User is not permitted to perform operation: CreateDomainUnit
    403 AccessDeniedException: User is not permitted to perform operation: AddEntityOwner
    403 AccessDeniedException: User is not permitted to perform operation: AddPolicyGrant
    403 AccessDeniedException: User is not permitted to perform operation: CreateDomainUnit
    ");
}

#[test]
fn owners_rule_below_and_not_above() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let (lead, arn) = automation(&sandbox, A, "Lead");
    let group = group(&admin, &domain, &arn);
    let [risk, sales] = ["Risk", "Sales"].map(|name| admin.unit(&domain, &domain.root, name).unwrap());
    let dev = admin.unit(&domain, &risk, "Dev").unwrap();
    admin.own(&domain, &risk, json!({"group": {"groupIdentifier": group}})).unwrap();
    for (unit, may) in [(&risk, true), (&dev, true), (&sales, false), (&domain.root, false)] {
        assert_eq!(lead.unit(&domain, unit, "New").is_ok(), may);
    }
    let found =
        lead.within(&domain, &format!("GET /domain-units?parentDomainUnitIdentifier={dev}"), json!({})).unwrap();
    let new = lead.within(&domain, &format!("GET /domain-units/{}", id(&found["items"][0])), json!({})).unwrap();
    assert_eq!(new["owners"], json!([{"group": {"groupId": group}}]), "whoever makes a unit owns it");
}

#[test]
fn a_grant_counts_only_if_one_holds_in_every_unit_above() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let (worker, arn) = automation(&sandbox, A, "Worker");
    let worker_group = json!({"group": {"groupIdentifier": group(&admin, &domain, &arn)}});
    let everybody = json!({"user": {"allUsersGrantFilter": {}}});
    let risk = admin.unit(&domain, &domain.root, "Risk").unwrap();
    let dev = admin.unit(&domain, &risk, "Dev").unwrap();
    let mut number = 0;
    let mut may = |unit: &str| {
        number += 1;
        worker.unit(&domain, unit, &format!("Unit {number}")).is_ok()
    };
    admin.grant(&domain, &risk, CREATE, worker_group.clone(), detail(true)).unwrap();
    assert!(!may(&risk), "nothing holds in the root unit");
    admin.grant(&domain, &domain.root, CREATE, everybody.clone(), detail(false)).unwrap();
    assert!(may(&domain.root) && may(&risk) && may(&dev), "another principal's grant may cover the root unit");
    let remove = |unit: &str, principal: &Value| {
        let input = json!({"policyType": CREATE, "principal": principal});
        admin.within(&domain, &format!("POST /policies/managed/DOMAIN_UNIT/{unit}/removeGrant"), input).unwrap();
    };
    remove(&risk, &worker_group);
    assert!(may(&domain.root) && !may(&risk), "the root unit's grant does not include units below");
    remove(&domain.root, &everybody);
    admin.grant(&domain, &domain.root, CREATE, everybody, detail(true)).unwrap();
    assert!(may(&domain.root) && may(&risk) && may(&dev));
}

#[test]
fn a_grant_may_name_the_owners_of_a_unit() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let (lead, arn) = automation(&sandbox, A, "Lead");
    group(&admin, &domain, &arn);
    let [risk, sales] = ["Risk", "Sales"].map(|name| admin.unit(&domain, &domain.root, name).unwrap());
    admin.own(&domain, &risk, json!({"group": {"groupIdentifier": arn}})).unwrap();
    let mut number = 0;
    let mut may = || {
        number += 1;
        lead.unit(&domain, &sales, &format!("Unit {number}")).is_ok()
    };
    assert!(!may());
    let owners_of =
        |unit: &str| json!({"domainUnit": {"domainUnitDesignation": "OWNER", "domainUnitIdentifier": unit}});
    admin.grant(&domain, &domain.root, CREATE, owners_of(&sales), detail(true)).unwrap();
    assert!(!may());
    admin.grant(&domain, &domain.root, CREATE, owners_of(&risk), detail(true)).unwrap();
    assert!(may());
    admin.within(&domain, &format!("DELETE /domain-units/{risk}"), json!({})).unwrap();
    assert!(!may());
    let removal = json!({"policyType": CREATE, "principal": owners_of(&risk)});
    let path = format!("POST /policies/managed/DOMAIN_UNIT/{}/removeGrant", domain.root);
    admin.within(&domain, &path, removal).unwrap();
}

#[test]
fn an_entity_has_twenty_grants_of_a_policy_type_at_most() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let policy = "CREATE_PROJECT_FROM_PROJECT_PROFILE";
    let everybody = json!({"user": {"allUsersGrantFilter": {}}});
    let profiles = |n: u32| json!({"createProjectFromProjectProfile": {"projectProfiles": [format!("profile-{n}")]}});
    let add = |n: u32| {
        crate::sandbox::testing::wait(&sandbox, 1);
        admin.grant(&domain, &domain.root, policy, everybody.clone(), profiles(n))
    };
    let first = add(0).unwrap();
    for n in 1..20 {
        add(n).unwrap();
    }
    let path = format!("/policies/managed/DOMAIN_UNIT/{}", domain.root);
    let listed = || {
        let path = format!("GET {path}/grants?policyType={policy}");
        admin.within(&domain, &path, json!({})).unwrap()["grantList"].as_array().unwrap().len()
    };
    assert_eq!(listed(), 20);
    let twice = admin.grant(&domain, &domain.root, policy, everybody.clone(), profiles(3)).unwrap_err();
    assert!(twice.starts_with("409 ConflictException"), "{twice}");
    assert!(add(20).unwrap_err().starts_with("402 ServiceQuotaExceededException"));
    let other = json!({"createProject": {}});
    admin.grant(&domain, &domain.root, "CREATE_PROJECT", everybody.clone(), other).unwrap();
    let mut removal = json!({"policyType": policy, "principal": everybody, "grantIdentifier": first["grantId"]});
    let remove = |input: &Value| admin.within(&domain, &format!("POST {path}/removeGrant"), input.clone());
    remove(&removal).unwrap();
    assert_eq!(listed(), 19);
    assert!(remove(&removal).is_err());
    removal.as_object_mut().unwrap().remove("grantIdentifier");
    remove(&removal).unwrap();
    assert_eq!(listed(), 0, "without its id all grants of the principal go");
}

#[test]
fn grants_must_make_sense() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let everybody = json!({"user": {"allUsersGrantFilter": {}}});
    let at_root = |policy: &str, principal: Value, detail: Value| {
        admin.grant(&domain, &domain.root, policy, principal, detail).unwrap_err()
    };
    let nobody = json!({"user": {"userIdentifier": "nobody"}});
    let two = json!({"user": {"allUsersGrantFilter": {}}, "group": {"groupIdentifier": "x"}});
    let nowhere = json!({"domainUnit": {"domainUnitDesignation": "OWNER", "domainUnitIdentifier": "nowhere"}});
    let errors = [
        at_root(CREATE, everybody.clone(), json!({"createProject": {}})),
        at_root(CREATE, everybody.clone(), json!({})),
        at_root("CREATE_ENVIRONMENT_FROM_BLUEPRINT", everybody.clone(), json!({"createEnvironmentFromBlueprint": {}})),
        at_root(CREATE, nobody, detail(true)),
        at_root(CREATE, two, detail(true)),
        at_root(CREATE, nowhere, detail(true)),
        at_root("CREATE_EVERYTHING", everybody.clone(), detail(true)),
        admin.grant(&domain, "nowhere", CREATE, everybody, detail(true)).unwrap_err(),
    ];
    let errors = errors.map(|error| error.chars().take(150).collect::<String>());
    insta::assert_snapshot!(errors.join("\n"), @"
    400 ValidationException: Detail createProject does not fit policy type CREATE_DOMAIN_UNIT, which takes createDomainUnit
    400 ValidationException: Exactly one member of detail must be set
    400 ValidationException: Policy type CREATE_ENVIRONMENT_FROM_BLUEPRINT cannot be granted on an entity of type DOMAIN_UNIT
    400 ValidationException: Principal nobody does not exist
    400 ValidationException: Exactly one member of principal must be set
    400 ValidationException: Domain unit nowhere does not exist
    400 ValidationException: 1 validation error detected: Value 'CREATE_EVERYTHING' at 'policyType' failed to satisfy constraint: Member must satisfy enum
    400 ValidationException: Domain unit nowhere does not exist
    ");
    let arn = format!("arn:aws:iam::{A}:root");
    admin.grant(&domain, &domain.root, CREATE, json!({"user": {"userIdentifier": arn}}), detail(true)).unwrap();
    let path = format!("GET /policies/managed/DOMAIN_UNIT/{}/grants?policyType={CREATE}", domain.root);
    let listed = admin.within(&domain, &path, json!({})).unwrap();
    let profile = admin.within(&domain, &format!("GET /user-profiles/{}", arn.replace(':', "%3A")), json!({})).unwrap();
    assert_eq!(listed["grantList"][0]["principal"], json!({"user": {"userIdentifier": profile["id"]}}));
    assert_eq!(listed["grantList"][0]["createdBy"], profile["id"]);
}
