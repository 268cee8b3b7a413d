use serde_json::{Value, json};

use super::{automation, created, domain, group, request};
use crate::sandbox::testing::{A, Client, allow, role, sandbox, trust, wait};

#[test]
fn a_role_made_anew_is_another_principal() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let (old, arn) = automation(&sandbox, A, "Worker");
    let first = group(&admin, &domain, &arn);
    let read = |client: &Client<'_>| client.within(&domain, &format!("GET /domain-units/{}", domain.root), json!({}));
    read(&old).unwrap();
    let twice = admin.within(&domain, "POST /group-profiles", json!({"groupIdentifier": arn})).unwrap_err();
    let run = |operation, input| sandbox.administer(A, "eu-west-1", "iam", operation, input).unwrap();
    run("DeleteRolePolicy", json!({"RoleName": "Worker", "PolicyName": "p"}));
    run("DeleteRole", json!({"RoleName": "Worker"}));
    let (new, arn) = automation(&sandbox, A, "Worker");
    let refused = read(&new).unwrap_err();
    let second = group(&admin, &domain, &arn);
    read(&new).unwrap();
    assert_ne!(first, second);
    let search = json!({"groupType": "IAM_ROLE_SESSION_GROUP", "searchText": "work"});
    let found = admin.within(&domain, "POST /search-group-profiles", search).unwrap();
    let ids: Vec<_> = found["items"].as_array().unwrap().iter().map(|group| &group["id"]).collect();
    assert_eq!(ids, [&json!(second), &json!(first)]);
    let missing = json!({"rolePrincipalArn": format!("arn:aws:iam::{A}:role/None")});
    let errors = [
        twice,
        refused,
        admin.within(&domain, "POST /group-profiles", missing).unwrap_err(),
        admin.within(&domain, "POST /group-profiles", json!({})).unwrap_err(),
        admin.within(&domain, "POST /group-profiles", json!({"groupIdentifier": "Analysts"})).unwrap_err(),
        admin.within(&domain, "GET /group-profiles/none", json!({})).unwrap_err(),
    ];
    insta::assert_snapshot!(errors.join("\n").replace(&domain.id, "dzd-x"), @"
    400 ValidationException: Group profile for arn:aws:iam::111111111111:role/Worker already exists with status ASSIGNED
    403 AccessDeniedException: User is not permitted to perform operation: GetDomainUnit
    404 ResourceNotFoundException: IAM role arn:aws:iam::111111111111:role/None does not exist
    400 ValidationException: Exactly one of groupIdentifier and rolePrincipalArn must be set
    400 ValidationException: Single sign-on is not enabled for domain dzd-x
    404 ResourceNotFoundException: Group profile none does not exist
    ");
}

#[test]
fn a_user_profile_counts_while_it_is_activated() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let (worker, arn) = automation(&sandbox, A, "Worker");
    let create = |input: Value| admin.within(&domain, "POST /user-profiles", input);
    let made = create(json!({"userIdentifier": arn, "userType": "IAM_ROLE_SESSION", "sessionName": "run"})).unwrap();
    assert_eq!((&made["type"], &made["status"]), (&json!("IAM"), &json!("ACTIVATED")));
    assert_eq!(made["details"]["iam"]["sessionName"], "run");
    let read = |client: &Client<'_>| client.within(&domain, &format!("GET /domain-units/{}", domain.root), json!({}));
    read(&worker).unwrap();
    let other = admin
        .query("sts", "AssumeRole", &[("RoleArn", &arn), ("RoleSessionName", "other")])
        .map(|xml| ["AccessKeyId", "SessionToken"].map(|name| crate::sandbox::testing::element(&xml, name)))
        .unwrap();
    let other = Client::with(&sandbox, &other[0], &other[1]);
    read(&other).unwrap_err();
    create(json!({"userIdentifier": arn})).unwrap();
    read(&other).unwrap();
    let path = format!("/user-profiles/{}", arn.replace(':', "%3A").replace('/', "%2F"));
    let update = |query: Value| admin.within(&domain, &format!("PUT {path}"), query);
    update(json!({"status": "DEACTIVATED"})).unwrap();
    read(&other).unwrap_err();
    let errors = [
        update(json!({"status": "ASSIGNED"})).unwrap_err(),
        create(json!({"userIdentifier": arn})).unwrap_err(),
        create(json!({"userIdentifier": arn, "userType": "SSO_USER"})).unwrap_err(),
        create(json!({"userIdentifier": arn, "sessionName": "run"})).unwrap_err(),
        create(json!({"userIdentifier": format!("arn:aws:iam::{A}:role/None")})).unwrap_err(),
        create(json!({"userIdentifier": "analyst"})).unwrap_err(),
        admin.within(&domain, &format!("GET {path}?sessionName=none"), json!({})).unwrap_err(),
    ];
    insta::assert_snapshot!(errors.join("\n").replace(&domain.id, "dzd-x"), @"
    400 ValidationException: Status ASSIGNED is not valid for a user profile of type IAM
    400 ValidationException: User profile for arn:aws:iam::111111111111:role/Worker already exists with status DEACTIVATED
    400 ValidationException: userIdentifier arn:aws:iam::111111111111:role/Worker does not fit userType SSO_USER
    400 ValidationException: sessionName goes with userType IAM_ROLE_SESSION
    404 ResourceNotFoundException: IAM principal arn:aws:iam::111111111111:role/None does not exist
    400 ValidationException: Single sign-on is not enabled for domain dzd-x
    404 ResourceNotFoundException: User profile arn:aws:iam::111111111111:role/Worker does not exist
    ");
    let found = admin.within(&domain, &format!("GET {path}?sessionName=run&type=IAM"), json!({})).unwrap();
    assert_eq!(found["id"], made["id"]);
}

#[test]
fn users_and_groups_of_identity_center_need_single_sign_on_in_the_same_region() {
    let sandbox = sandbox();
    let admin = Client::administrator(&sandbox, A);
    let run = |region: &str, service: &str, operation: &str, input: Value| {
        sandbox.administer(A, region, service, operation, input).unwrap()
    };
    let mut wanted = request(&sandbox);
    wanted["singleSignOn"] = json!({"type": "IAM_IDC", "userAssignment": "MANUAL"});
    run("us-east-1", "sso", "CreateInstance", json!({}));
    let refused = admin.datazone("POST /v2/domains", wanted.clone()).unwrap_err();
    assert_eq!(refused, "400 ValidationException: No instance of IAM Identity Center is available in Region eu-west-1");
    let instance = run("eu-west-1", "sso", "CreateInstance", json!({}))["InstanceArn"].clone();
    let listed = admin.json("sso", "SWBExternalService.ListInstances", &json!({})).unwrap();
    let store = listed["Instances"][0]["IdentityStoreId"].clone();
    let directory = |operation, mut input: Value| {
        input["IdentityStoreId"] = store.clone();
        run("eu-west-1", "identitystore", operation, input)
    };
    let user =
        directory("CreateUser", json!({"UserName": "analyst", "Name": {"GivenName": "First", "FamilyName": "Last"}}));
    let analysts = directory("CreateGroup", json!({"DisplayName": "Analysts"}));
    directory("CreateGroup", json!({"DisplayName": "Auditors"}));
    let domain = created(&sandbox, wanted);
    let found = admin.datazone(&format!("GET /v2/domains/{}", domain.id), json!({})).unwrap();
    assert_eq!(found["singleSignOn"]["idcInstanceArn"], instance);
    let made = admin.within(&domain, "POST /user-profiles", json!({"userIdentifier": "analyst"})).unwrap();
    assert_eq!((&made["id"], &made["status"]), (&user["UserId"], &json!("ASSIGNED")));
    assert_eq!(made["details"]["sso"], json!({"username": "analyst", "firstName": "First", "lastName": "Last"}));
    let made = json!({"groupIdentifier": analysts["GroupId"]});
    let made = admin.within(&domain, "POST /group-profiles", made).unwrap();
    assert_eq!((&made["id"], &made["groupName"]), (&analysts["GroupId"], &json!("Analysts")));
    let search = |kind: &str, text: &str| {
        let input = json!({"groupType": kind, "searchText": text});
        let found = admin.within(&domain, "POST /search-group-profiles", input).unwrap();
        let groups = found["items"].as_array().unwrap().iter();
        groups
            .map(|g| format!("{} {}", g["groupName"].as_str().unwrap(), g["status"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    assert_eq!(search("SSO_GROUP", ""), ["Analysts ASSIGNED", "Auditors NOT_ASSIGNED"]);
    assert_eq!(search("SSO_GROUP", "AUDIT"), ["Auditors NOT_ASSIGNED"]);
    assert_eq!(search("DATAZONE_SSO_GROUP", ""), ["Analysts ASSIGNED"]);
    let users = |kind: &str| {
        let found = admin.within(&domain, "POST /search-user-profiles", json!({"userType": kind})).unwrap();
        found["items"].as_array().unwrap().len()
    };
    assert_eq!(["SSO_USER", "DATAZONE_SSO_USER", "DATAZONE_IAM_USER", "DATAZONE_USER"].map(users), [1, 1, 1, 2]);
    let off = admin.datazone(&format!("PUT /v2/domains/{}", domain.id), json!({"singleSignOn": {"type": "DISABLED"}}));
    assert!(off.unwrap_err().contains("cannot be disabled"));
}

#[test]
fn the_organization_s_identity_center_serves_its_members() {
    let sandbox = sandbox();
    let run = |account: &str, service: &str, operation: &str, input: Value| {
        sandbox.administer(account, "eu-west-1", service, operation, input).unwrap()
    };
    let management = "999999999999";
    run(management, "organizations", "CreateOrganization", json!({}));
    let tags = json!([{"Key": crate::sandbox::organizations::ACCOUNT_ID_TAG, "Value": A}]);
    let account = json!({"AccountName": "governance", "Email": "governance@example.com", "Tags": tags});
    run(management, "organizations", "CreateAccount", account);
    wait(&sandbox, 30);
    run(management, "sso", "CreateInstance", json!({"Name": "org"}));
    let listed = run(A, "sso", "ListInstances", json!({}));
    assert_eq!(listed["Instances"][0]["OwnerAccountId"], management);
    let store = &listed["Instances"][0]["IdentityStoreId"];
    run(management, "identitystore", "CreateGroup", json!({"IdentityStoreId": store, "DisplayName": "Analysts"}));
    let filter = json!([{"AttributePath": "DisplayName", "AttributeValue": "Analysts"}]);
    let found = run(A, "identitystore", "ListGroups", json!({"IdentityStoreId": store, "Filters": filter}));
    assert_eq!(found["Groups"][0]["DisplayName"], "Analysts");
    let create = json!({"IdentityStoreId": store, "DisplayName": "Mine"});
    let refused = sandbox.administer(A, "eu-west-1", "identitystore", "CreateGroup", create).unwrap_err();
    assert_eq!(refused.code, "ResourceNotFoundException");
    let arn = role(&sandbox, A, "Nobody", &trust(A, &["sts:AssumeRole"], &json!({})), &allow(&["s3:*"], &json!({})));
    let nobody = Client::administrator(&sandbox, A).assume(&arn, &[]).unwrap();
    assert!(nobody.json("identitystore", "AWSIdentityStore.ListUsers", &json!({"IdentityStoreId": store})).is_err());
}
