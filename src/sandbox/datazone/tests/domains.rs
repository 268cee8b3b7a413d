use serde_json::{Value, json};

use super::{automation, created, domain, request, service_role, share};
use crate::clock::Clock as _;
use crate::sandbox::testing::{A, B, Client, allow, role, sandbox, trust, wait};

fn list(client: &Client<'_>, query: &str) -> Value {
    client.datazone(&format!("GET /v2/domains{query}"), json!({})).unwrap()
}

#[test]
fn a_domain_takes_time_to_come_and_to_go() {
    let sandbox = sandbox();
    let admin = Client::administrator(&sandbox, A);
    let made = admin.datazone("POST /v2/domains", request(&sandbox)).unwrap();
    let path = format!("/v2/domains/{}", made["id"].as_str().unwrap());
    let status = || match admin.datazone(&format!("GET {path}"), json!({})) {
        Ok(found) => found["status"].as_str().unwrap().to_owned(),
        Err(error) => error,
    };
    let mut seen = vec![status()];
    let early = admin.datazone(&format!("DELETE {path}?cascadeDelete=true"), json!({})).unwrap_err();
    wait(&sandbox, 60);
    seen.push(status());
    for wrong in ["?skipDeletionCheck=true&cascadeDelete=true", "?skipDeletionCheck=perhaps"] {
        seen.push(admin.datazone(&format!("DELETE {path}{wrong}"), json!({})).unwrap_err());
    }
    admin.datazone(&format!("DELETE {path}"), json!({})).unwrap();
    for _ in 0..3 {
        seen.push(status());
        wait(&sandbox, 32);
    }
    seen.extend([status(), early]);
    let id = made["id"].as_str().unwrap();
    insta::assert_snapshot!(seen.join("\n").replace(id, "dzd-x"), @"
    CREATING
    AVAILABLE
    400 ValidationException: Only one of skipDeletionCheck and cascadeDelete can be true
    400 ValidationException: 1 validation error detected: Value 'perhaps' at 'skipDeletionCheck' failed to satisfy constraint: Member must be of type boolean
    DELETING
    DELETING
    DELETED
    403 AccessDeniedException: User is not permitted to perform operation: GetDomain
    409 ConflictException: Domain dzd-x cannot be changed: its status is CREATING
    ");
    assert_eq!(list(&admin, ""), json!({"items": []}));
}

#[test]
fn a_domain_is_described_as_it_was_made() {
    let sandbox = sandbox();
    let admin = Client::administrator(&sandbox, A);
    let mut wanted = request(&sandbox);
    wanted["tags"] = json!({"managed-by": "aiops"});
    wanted["description"] = json!("governance");
    let domain = created(&sandbox, wanted.clone());
    let found = admin.datazone(&format!("GET /v2/domains/{}", domain.id), json!({})).unwrap();
    for (member, value) in wanted.as_object().unwrap() {
        assert_eq!(&found[member], value, "{member}");
    }
    assert_eq!(found["arn"], format!("arn:aws:datazone:eu-west-1:{A}:domain/{}", domain.id));
    assert_eq!(found["singleSignOn"], json!({"type": "DISABLED"}));
    let other = created(&sandbox, wanted);
    assert_ne!(domain.id, other.id, "names are not unique");
    let change = json!({"name": "acme-gov", "description": "new"});
    let changed = admin.datazone(&format!("PUT /v2/domains/{}", domain.id), change).unwrap();
    assert_eq!((&changed["name"], &changed["description"]), (&json!("acme-gov"), &json!("new")));
}

#[test]
fn roles_must_be_there_trust_datazone_and_be_the_caller_s_to_pass() {
    let sandbox = sandbox();
    let admin = Client::administrator(&sandbox, A);
    let good = request(&sandbox);
    let attempt = |client: &Client<'_>, member: &str, value: Value| {
        let mut input = good.clone();
        input[member] = value;
        wait(&sandbox, 1);
        client.datazone("POST /v2/domains", input).unwrap_err()
    };
    let narrow = service_role(&sandbox, "Narrow", &["sts:AssumeRole"]);
    let elsewhere = service_role(&sandbox, "Elsewhere", &["sts:AssumeRole"]).replace(A, B);
    let document = json!({"RoleName": "Fresh", "AssumeRolePolicyDocument": trust(A, &["sts:AssumeRole"], &json!({}))});
    sandbox.administer(A, "eu-west-1", "iam", "CreateRole", document).unwrap();
    let policy = allow(&["datazone:*"], &json!({}));
    let arn = role(&sandbox, A, "NoPass", &trust(A, &["sts:AssumeRole"], &json!({})), &policy);
    let cannot_pass = admin.assume(&arn, &[]).unwrap();
    let errors = [
        attempt(&admin, "domainExecutionRole", Value::Null),
        attempt(&admin, "serviceRole", Value::Null),
        attempt(&admin, "domainExecutionRole", json!(narrow)),
        attempt(&admin, "serviceRole", json!(elsewhere)),
        attempt(&admin, "serviceRole", json!(format!("arn:aws:iam::{A}:role/None"))),
        attempt(&admin, "serviceRole", json!(format!("arn:aws:iam::{A}:role/Fresh"))),
        attempt(&admin, "kmsKeyIdentifier", json!("alias/key")),
        attempt(&admin, "singleSignOn", json!({"type": "IAM_IDC"})),
        attempt(&cannot_pass, "name", json!("other")),
    ];
    insta::assert_snapshot!(errors.join("\n"), @"
    400 ValidationException: domainExecutionRole is required
    400 ValidationException: serviceRole is required for a domain of version V2
    400 ValidationException: Unable to assume role arn:aws:iam::111111111111:role/Narrow
    400 ValidationException: Role arn:aws:iam::222222222222:role/Elsewhere is not in the account of the domain
    400 ValidationException: Unable to assume role arn:aws:iam::111111111111:role/None
    400 ValidationException: Unable to assume role arn:aws:iam::111111111111:role/Fresh
    400 ValidationException: 1 validation error detected: Value 'alias/key' at 'kmsKeyIdentifier' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:aws(|-cn|-us-gov):kms:[a-zA-Z0-9-]*:[0-9]{12}:key/[a-zA-Z0-9-]{36}
    400 ValidationException: No instance of IAM Identity Center is available in Region eu-west-1
    403 AccessDeniedException: User: arn:aws:sts::111111111111:assumed-role/NoPass/run is not authorized to perform: iam:PassRole on resource: role Execution because no identity-based policy allows the iam:PassRole action
    ");
}

#[test]
fn who_creates_with_a_role_owns_the_root_unit_by_the_role_s_group() {
    let sandbox = sandbox();
    let wanted = request(&sandbox);
    let (creator, arn) = automation(&sandbox, A, "Creator");
    let made = creator.datazone("POST /v2/domains", wanted).unwrap();
    wait(&sandbox, 60);
    let at = |rest: &str| format!("GET /v2/domains/{}{rest}", made["id"].as_str().unwrap());
    let root = made["rootDomainUnitId"].as_str().unwrap();
    let unit = creator.datazone(&at(&format!("/domain-units/{root}")), json!({})).unwrap();
    let owner = unit["owners"][0]["group"]["groupId"].as_str().unwrap();
    let group = creator.datazone(&at(&format!("/group-profiles/{owner}")), json!({})).unwrap();
    assert_eq!(group["rolePrincipalArn"], json!(arn));
    let pool = format!("/policies/managed/DOMAIN_UNIT/{root}/grants?policyType=ADD_TO_PROJECT_MEMBER_POOL");
    let grants = creator.datazone(&at(&pool), json!({})).unwrap();
    assert_eq!(grants["grantList"][0]["principal"], json!({"user": {"allUsersGrantFilter": {}}}));
}

#[test]
fn an_associated_account_sees_the_domain_after_a_while_and_may_not_administer_it() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let member = Client::administrator(&sandbox, B);
    let get = || member.datazone(&format!("GET /v2/domains/{}", domain.id), json!({}));
    let stranger = get().unwrap_err();
    let visible = sandbox.clock().now() + jiff::SignedDuration::from_secs(15);
    share(&sandbox, &domain, B, visible);
    assert_eq!(get().unwrap_err(), stranger);
    wait(&sandbox, 15);
    assert_eq!(get().unwrap()["name"], "acme");
    let items = list(&member, "");
    assert_eq!((&items["items"][0]["managedAccountId"], &items["items"][0]["id"]), (&json!(A), &json!(domain.id)));
    let (worker, _) = automation(&sandbox, B, "Worker");
    let errors = [
        stranger,
        member.datazone(&format!("DELETE /v2/domains/{}?cascadeDelete=true", domain.id), json!({})).unwrap_err(),
        worker.within(&domain, "POST /group-profiles", json!({"groupIdentifier": "x"})).unwrap_err(),
        worker.within(&domain, &format!("GET /domain-units/{}", domain.root), json!({})).unwrap_err(),
    ];
    insta::assert_snapshot!(errors.join("\n").replace(&domain.id, "dzd-x"), @"
    403 AccessDeniedException: User is not permitted to perform operation: GetDomain
    403 AccessDeniedException: User: arn:aws:iam::222222222222:root is not authorized to perform: datazone:DeleteDomain on resource: arn:aws:datazone:eu-west-1:111111111111:domain/dzd-x because no resource-based policy allows the datazone:DeleteDomain action
    403 AccessDeniedException: User: arn:aws:sts::222222222222:assumed-role/Worker/run is not authorized to perform: datazone:CreateGroupProfile on resource: arn:aws:datazone:eu-west-1:111111111111:domain/dzd-x because no resource-based policy allows the datazone:CreateGroupProfile action
    403 AccessDeniedException: User is not permitted to perform operation: GetDomainUnit
    ");
    let plain = role(&sandbox, B, "Plain", &trust(B, &["sts:AssumeRole"], &json!({})), &allow(&["s3:*"], &json!({})));
    let plain = Client::administrator(&sandbox, B).assume(&plain, &[]).unwrap();
    let refused = plain.datazone(&format!("GET /v2/domains/{}", domain.id), json!({})).unwrap_err();
    assert!(refused.contains("no identity-based policy allows the datazone:GetDomain action"), "{refused}");
}

#[test]
fn domains_come_in_pages_that_a_status_may_leave_empty() {
    let sandbox = sandbox();
    let admin = Client::administrator(&sandbox, A);
    let wanted = request(&sandbox);
    for _ in 0..30 {
        admin.datazone("POST /v2/domains", wanted.clone()).unwrap();
        wait(&sandbox, 1);
    }
    let sizes = |query: &str| {
        let (mut sizes, mut token) = (Vec::new(), String::new());
        loop {
            let page = list(&admin, &format!("?{query}{token}"));
            sizes.push(page["items"].as_array().unwrap().len());
            match page["nextToken"].as_str() {
                Some(next) => token = format!("&nextToken={next}"),
                None => return sizes,
            }
        }
    };
    assert_eq!(sizes(""), [25, 5]);
    assert_eq!(sizes("maxResults=10"), [10, 10, 10]);
    assert_eq!(sizes("maxResults=20&status=DELETED"), [0, 0]);
    let error = admin.datazone("GET /v2/domains?maxResults=26", json!({})).unwrap_err();
    assert!(error.ends_with(
        "Value '26' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 25"
    ));
}

#[test]
fn calls_that_come_too_often_are_throttled_until_time_has_passed() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let update = |_| admin.datazone(&format!("PUT /v2/domains/{}", domain.id), json!({"name": "acme"}));
    let outcomes: Vec<_> = (0..10).map(update).collect();
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 8);
    assert_eq!(outcomes[9].as_ref().unwrap_err(), "429 ThrottlingException: Rate exceeded");
    wait(&sandbox, 1);
    update(0).unwrap();
    let malformed = |_| admin.datazone("POST /v2/domains", json!({"name": 7})).unwrap_err();
    let failures: Vec<_> = (0..9).map(malformed).collect();
    assert!(failures[0].starts_with("400") && failures[8].starts_with("429"), "a call that fails counts too");
    let other = Client::administrator(&sandbox, B).datazone("POST /v2/domains", json!({"name": "b"})).unwrap_err();
    assert!(other.starts_with("400 ValidationException"), "another account has a rate of its own");
}

#[test]
fn a_client_token_creates_once() {
    let sandbox = sandbox();
    let admin = Client::administrator(&sandbox, A);
    let mut wanted = request(&sandbox);
    wanted["clientToken"] = json!("token");
    let first = admin.datazone("POST /v2/domains", wanted.clone()).unwrap();
    assert_eq!(admin.datazone("POST /v2/domains", wanted.clone()).unwrap(), first);
    wanted["name"] = json!("other");
    let error = admin.datazone("POST /v2/domains", wanted).unwrap_err();
    assert_eq!(error, "409 ConflictException: clientToken token was already used with different parameters.");
}

#[test]
fn tags_are_those_of_the_domain() {
    let sandbox = sandbox();
    let domain = domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let path = format!("/tags/{}", domain.arn.replace(':', "%3A").replace('/', "%2F"));
    let tags = || admin.datazone(&format!("GET {path}"), json!({})).unwrap()["tags"].clone();
    admin.datazone(&format!("POST {path}"), json!({"tags": {"a": "1", "b": "2", "c": "3"}})).unwrap();
    assert_eq!(tags(), json!({"a": "1", "b": "2", "c": "3"}));
    admin.datazone(&format!("DELETE {path}?tagKeys=a&tagKeys=c"), json!({})).unwrap();
    assert_eq!(tags(), json!({"b": "2"}));
    let many: serde_json::Map<_, _> = (0..50).map(|n| (format!("k{n}"), json!(""))).collect();
    let errors = [
        admin.datazone(&format!("POST {path}"), json!({"tags": many})).unwrap_err(),
        admin
            .datazone("GET /tags/arn%3Aaws%3Adatazone%3Aeu-west-1%3A111111111111%3Adomain%2Fdzd-none", json!({}))
            .unwrap_err(),
        admin.datazone("GET /v3/domains", json!({})).unwrap_err(),
    ];
    insta::assert_snapshot!(errors.join("\n"), @"
    400 ValidationException: A resource has at most 50 tags
    404 ResourceNotFoundException: Resource arn:aws:datazone:eu-west-1:111111111111:domain/dzd-none does not exist
    404 UnknownOperationException: The requested operation is not supported.
    ");
    let owned = json!({"StringEquals": {"aws:ResourceTag/b": "2"}});
    let arn = role(
        &sandbox,
        A,
        "Tagged",
        &trust(A, &["sts:AssumeRole"], &json!({})),
        &allow(&["datazone:GetDomain"], &owned),
    );
    let tagged = admin.assume(&arn, &[]).unwrap();
    tagged.datazone(&format!("GET /v2/domains/{}", domain.id), json!({})).unwrap();
    admin.datazone(&format!("DELETE {path}?tagKeys=b"), json!({})).unwrap();
    assert!(tagged.datazone(&format!("GET /v2/domains/{}", domain.id), json!({})).is_err());
}
