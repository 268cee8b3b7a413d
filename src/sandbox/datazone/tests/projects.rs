use serde_json::{Value, json};

use super::{Domain, automation, blueprint, enable, group, id, shared};
use crate::sandbox::Sandbox;
use crate::sandbox::testing::{A, B, Client, allow, role, sandbox, wait};

pub(super) const EVERYBODY: fn() -> Value = || json!({"user": {"allUsersGrantFilter": {}}});

/// A role of account B that DataZone may take for domains of `source`.
pub(super) fn trusted(sandbox: &Sandbox, name: &str, source: &str) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "datazone.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": source}},
    }});
    role(sandbox, B, name, &trust.to_string(), &allow(&["s3:*"], &json!({})))
}

/// The configuration of `Tooling` that account B needs.
pub(super) fn settings(sandbox: &Sandbox) -> Value {
    json!({
        "provisioningRoleArn": trusted(sandbox, "Provisioning", A),
        "manageAccessRoleArn": trusted(sandbox, "ManageAccess", A),
        "regionalParameters": {"eu-west-1": {"VpcId": "vpc-1", "Subnets": "a,b,c", "S3Location": "s3://bucket"}},
    })
}

/// Lets projects in a unit be made from a blueprint as it is configured in account B.
pub(super) fn permit(client: &Client<'_>, domain: &Domain, blueprint: &str, unit: &str, children: bool) {
    let grant = json!({
        "policyType": "CREATE_ENVIRONMENT_FROM_BLUEPRINT", "detail": {"createEnvironmentFromBlueprint": {}},
        "principal": {"project": {"projectDesignation": "CONTRIBUTOR", "projectGrantFilter": {
            "domainUnitFilter": {"domainUnit": unit, "includeChildDomainUnits": children}}}},
    });
    let path = format!("POST /policies/managed/ENVIRONMENT_BLUEPRINT_CONFIGURATION/{B}:{blueprint}/addGrant");
    client.within(domain, &path, grant).unwrap();
}

/// An enabled profile with one environment of `Tooling` in account B.
pub(super) fn profile(client: &Client<'_>, domain: &Domain, tooling: &str, change: &Value) -> Value {
    let mut configuration = json!({
        "name": "Tools", "environmentBlueprintId": tooling, "deploymentMode": "ON_CREATE", "deploymentOrder": 0,
        "awsAccount": {"awsAccountId": B}, "awsRegion": {"regionName": "eu-west-1"},
        "configurationParameters": {"parameterOverrides": [
            {"name": "enableSpaces", "value": "true", "isEditable": false},
            {"name": "gitBranchName", "value": "main", "isEditable": true},
        ]},
    });
    for (member, value) in change.as_object().unwrap() {
        configuration[member] = value.clone();
    }
    let input = json!({"name": "lob a", "status": "ENABLED", "environmentConfigurations": [configuration]});
    client.within(domain, "POST /project-profiles", input).unwrap()
}

pub(super) fn create(client: &Client<'_>, domain: &Domain, input: Value) -> Result<Value, String> {
    client.within(domain, "POST /projects", input)
}

pub(super) fn get(client: &Client<'_>, domain: &Domain, project: &str) -> Result<Value, String> {
    client.within(domain, &format!("GET /projects/{project}"), json!({}))
}

/// A sandbox in which a project can be made: the domain, its administrator, `Tooling` and a profile.
pub(super) fn ready(sandbox: &Sandbox) -> (Domain, Client<'_>, String, Value) {
    let domain = shared(sandbox, B);
    let [admin, member] = [A, B].map(|account| Client::administrator(sandbox, account));
    let tooling = blueprint(&member, &domain, "Tooling");
    enable(&member, &domain, &tooling, settings(sandbox)).unwrap();
    permit(&member, &domain, &tooling, &domain.root, true);
    let profile = profile(&admin, &domain, &tooling, &json!({}));
    (domain, admin, tooling, profile)
}

#[test]
fn a_project_is_deployed_in_some_minutes_and_goes_in_some_more() {
    let sandbox = sandbox();
    let (domain, admin, tooling, profile) = ready(&sandbox);
    let parameters = json!([{"environmentConfigurationName": "Tools", "environmentParameters": [
        {"name": "gitBranchName", "value": "develop"}]}]);
    let input = json!({
        "name": "churn", "projectProfileId": profile["id"], "userParameters": parameters, "description": "models",
    });
    let made = create(&admin, &domain, input.clone()).unwrap();
    assert_eq!((&made["projectStatus"], &made["domainUnitId"]), (&json!("ACTIVE"), &json!(domain.root)));
    let id = id(&made);
    assert_eq!(
        create(&admin, &domain, input).unwrap_err(),
        format!("409 ConflictException: Conflict with project {id}")
    );
    let status =
        || get(&admin, &domain, &id).unwrap()["environmentDeploymentDetails"]["overallDeploymentStatus"].clone();
    let environments = |query: &str| {
        let path = format!("GET /environments?projectIdentifier={id}{query}");
        admin.within(&domain, &path, json!({})).unwrap()["items"].clone()
    };
    let mut seen = vec![status()];
    wait(&sandbox, 15);
    seen.push(status());
    assert_eq!(environments("&status=CREATING").as_array().unwrap().len(), 1);
    wait(&sandbox, 285);
    seen.push(status());
    assert_eq!(json!(seen), json!(["PENDING_DEPLOYMENT", "IN_PROGRESS", "SUCCESSFUL"]));
    assert_eq!(environments("&status=CREATING"), json!([]));
    let environment = environments(&format!("&awsAccountId={B}"))[0].clone();
    assert_eq!((&environment["name"], &environment["status"]), (&json!("Tools"), &json!("ACTIVE")));
    let path = format!("GET /environments/{}", environment["id"].as_str().unwrap());
    let found = admin.within(&domain, &path, json!({})).unwrap();
    assert_eq!(found["environmentBlueprintId"], json!(tooling));
    let value = |name: &str| {
        let all = found["userParameters"].as_array().unwrap();
        all.iter().find(|parameter| parameter["keyName"] == name).unwrap()["defaultValue"].clone()
    };
    assert_eq!((value("gitBranchName"), value("enableSpaces")), (json!("develop"), json!("true")));
    let delete_profile = format!("DELETE /project-profiles/{}", profile["id"].as_str().unwrap());
    let used = admin.within(&domain, &delete_profile, json!({})).unwrap_err();
    assert!(used.starts_with("400 ValidationException") && used.ends_with("projects use it"), "{used}");
    admin.within(&domain, &format!("DELETE /projects/{id}"), json!({})).unwrap();
    assert_eq!(get(&admin, &domain, &id).unwrap()["projectStatus"], "DELETING");
    wait(&sandbox, 120);
    assert!(get(&admin, &domain, &id).unwrap_err().starts_with("404 ResourceNotFoundException"));
    admin.within(&domain, &delete_profile, json!({})).unwrap();
}

/// Why the deployment of a new project is refused.
fn reasons(sandbox: &Sandbox, client: &Client<'_>, domain: &Domain, input: Value) -> String {
    let made = create(client, domain, input).unwrap();
    wait(sandbox, 60);
    let found = get(client, domain, &id(&made)).unwrap();
    client.within(domain, &format!("DELETE /projects/{}", id(&made)), json!({})).unwrap();
    let details = &found["environmentDeploymentDetails"];
    assert_eq!(details["overallDeploymentStatus"], "FAILED_VALIDATION", "{found}");
    let all = details["environmentFailureReasons"]["Tools"].as_array().unwrap();
    all.iter().map(|reason| reason["message"].as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_deployment_needs_the_blueprint_enabled_granted_and_with_roles_that_trust_the_domain_s_account() {
    let sandbox = sandbox();
    let domain = super::domain(&sandbox);
    let [admin, member] = [A, B].map(|account| Client::administrator(&sandbox, account));
    let tooling = blueprint(&admin, &domain, "Tooling");
    let profile = profile(&admin, &domain, &tooling, &json!({}));
    let refused = || reasons(&sandbox, &admin, &domain, json!({"name": "churn", "projectProfileId": profile["id"]}));
    let mut told = vec![refused()];
    super::share(&sandbox, &domain, B, "2026-01-05T09:00:00Z".parse().unwrap());
    told.push(refused());
    enable(&member, &domain, &tooling, json!({"enabledRegions": ["us-east-1"]})).unwrap();
    told.push(refused());
    let unit = admin.unit(&domain, &domain.root, "Elsewhere").unwrap();
    permit(&member, &domain, &tooling, &unit, true);
    enable(&member, &domain, &tooling, json!({})).unwrap();
    told.push(refused());
    permit(&member, &domain, &tooling, &domain.root, false);
    let mut wanted = settings(&sandbox);
    wanted["manageAccessRoleArn"] = json!(trusted(&sandbox, "Untrusting", B));
    wanted["regionalParameters"]["eu-west-1"]["VpcId"] = json!("");
    enable(&member, &domain, &tooling, wanted.clone()).unwrap();
    told.push(refused());
    wanted["manageAccessRoleArn"] = json!(format!("arn:aws:iam::{B}:role/Missing"));
    wanted["regionalParameters"]["eu-west-1"]["VpcId"] = json!("vpc-1");
    enable(&member, &domain, &tooling, wanted).unwrap();
    told.push(refused());
    insta::assert_snapshot!(told.join("\n--\n").replace(&domain.id, "dzd-x").replace(&domain.root, "root"), @"
    Account 222222222222 is not associated with domain dzd-x
    --
    Environment blueprint Tooling is not enabled in account 222222222222 and Region eu-west-1
    --
    Environment blueprint Tooling is not enabled in account 222222222222 and Region eu-west-1
    --
    No grant lets projects in domain unit root use blueprint Tooling of account 222222222222
    The environment blueprint configuration has no provisioning role
    The environment blueprint configuration has no manage access role
    Regional parameter VpcId is missing for Region eu-west-1
    Regional parameter Subnets is missing for Region eu-west-1
    Regional parameter S3Location is missing for Region eu-west-1
    --
    Unable to assume manage access role arn:aws:iam::222222222222:role/Untrusting
    Regional parameter VpcId is missing for Region eu-west-1
    --
    Unable to assume manage access role arn:aws:iam::222222222222:role/Missing
    ");
    let below = admin.unit(&domain, &domain.root, "Below").unwrap();
    let input = json!({"name": "churn", "projectProfileId": profile["id"], "domainUnitId": below});
    assert!(
        reasons(&sandbox, &admin, &domain, input).contains("No grant lets"),
        "the grant is for the root unit alone"
    );
}

#[test]
fn a_project_takes_a_grant_for_its_profile_in_every_unit_above_and_a_place_in_the_pool() {
    let sandbox = sandbox();
    let (domain, admin, _, profile) = ready(&sandbox);
    let (worker, arn) = automation(&sandbox, A, "Worker");
    let group = group(&admin, &domain, &arn);
    let unit = admin.unit(&domain, &domain.root, "Risk").unwrap();
    let mut number = 0;
    let mut attempt = |unit: &str, profile: &Value| {
        number += 1;
        wait(&sandbox, 1);
        let input = json!({"name": format!("project {number}"), "domainUnitId": unit, "projectProfileId": profile});
        create(&worker, &domain, input)
    };
    let refusal = "403 AccessDeniedException: User is not permitted to perform operation: CreateProject";
    let listed = worker.within(&domain, "GET /project-profiles", json!({})).unwrap();
    assert_eq!(listed["items"][0]["id"], profile["id"], "to see a profile is not to use it");
    assert_eq!(attempt(&unit, &profile["id"]).unwrap_err(), refusal);
    let detail = |profiles: Value, children: bool| json!({"createProjectFromProjectProfile": {"projectProfiles": profiles, "includeChildDomainUnits": children}});
    let policy = "CREATE_PROJECT_FROM_PROJECT_PROFILE";
    let owned = json!([profile["id"]]);
    admin.grant(&domain, &unit, policy, EVERYBODY(), detail(owned.clone(), false)).unwrap();
    assert_eq!(attempt(&unit, &profile["id"]).unwrap_err(), refusal, "nothing holds in the root unit");
    admin.grant(&domain, &domain.root, policy, EVERYBODY(), detail(json!(["another"]), true)).unwrap();
    assert_eq!(attempt(&unit, &profile["id"]).unwrap_err(), refusal, "nor for this profile");
    admin.grant(&domain, &domain.root, policy, EVERYBODY(), detail(owned, false)).unwrap();
    let made = attempt(&unit, &profile["id"]).unwrap();
    assert_eq!(made["createdBy"], json!(group));
    wait(&sandbox, 60);
    let found = get(&worker, &domain, &id(&made)).unwrap();
    let deployed = json!({"overallDeploymentStatus": "IN_PROGRESS"});
    assert_eq!(found["environmentDeploymentDetails"], deployed, "the blueprint's grant includes units below");
    assert_eq!(attempt(&unit, &Value::Null).unwrap_err(), refusal, "the grant is for a profile");
    admin.grant(&domain, &domain.root, "CREATE_PROJECT", EVERYBODY(), json!({"createProject": {}})).unwrap();
    let plain = attempt(&domain.root, &Value::Null).unwrap();
    assert!(plain.get("environmentDeploymentDetails").is_none());
    let pool = json!({"policyType": "ADD_TO_PROJECT_MEMBER_POOL", "principal": EVERYBODY()});
    admin.within(&domain, &format!("POST /policies/managed/DOMAIN_UNIT/{}/removeGrant", domain.root), pool).unwrap();
    assert_eq!(attempt(&unit, &profile["id"]).unwrap_err(), refusal, "nobody may become a member");
    create(&admin, &domain, json!({"name": "of an owner", "domainUnitId": unit})).unwrap();
    let away = admin.within(&domain, &format!("DELETE /domain-units/{unit}"), json!({})).unwrap_err();
    assert!(away.starts_with("409 ConflictException"), "{away}");
}

#[test]
fn projects_must_make_sense() {
    let sandbox = sandbox();
    let (domain, admin, _, profile) = ready(&sandbox);
    let attempt = |change: Value| {
        wait(&sandbox, 1);
        let mut input = json!({"name": "churn", "projectProfileId": profile["id"]});
        for (member, value) in change.as_object().unwrap() {
            input[member] = value.clone();
        }
        create(&admin, &domain, input).unwrap_err()
    };
    let parameter = |configuration: &str, name: &str| {
        attempt(json!({"userParameters": [{"environmentConfigurationName": configuration,
                       "environmentParameters": [{"name": name, "value": "x"}]}]}))
    };
    let designation = |designation: &str, member: Value| {
        attempt(json!({"membershipAssignments": [{"member": member, "designation": designation}]}))
    };
    let me = json!({"userIdentifier": format!("arn:aws:iam::{A}:root")});
    let mut errors = vec![
        parameter("Tools", "enableSpaces"),
        parameter("Tools", "enableMagic"),
        parameter("Lake", "enableSpaces"),
        attempt(json!({"projectProfileId": "nothing"})),
        attempt(json!({"domainUnitId": "nowhere"})),
        attempt(json!({"resourceTags": {"team": "risk"}})),
        designation("PROJECT_OWNER", json!({"groupIdentifier": "nobody"})),
        designation("PROJECT_CONTRIBUTOR", me),
    ];
    let disable = json!({"status": "DISABLED"});
    admin.within(&domain, &format!("PATCH /project-profiles/{}", id(&profile)), disable).unwrap();
    errors.push(attempt(json!({})));
    insta::assert_snapshot!(errors.join("\n").replace(&id(&profile), "profile-x"), @"
    400 ValidationException: Project cannot override existing value of parameters enableSpaces of environment configuration Tools: they are non-editable
    400 ValidationException: Environment blueprint Tooling has no parameter enableMagic
    400 ValidationException: Project profile profile-x has no environment configuration Lake
    404 ResourceNotFoundException: Project profile nothing does not exist
    404 ResourceNotFoundException: Domain unit nowhere does not exist
    400 ValidationException: The project profile does not allow the resource tag team
    404 ResourceNotFoundException: Group profile nobody does not exist
    400 ValidationException: User is already in the project
    400 ValidationException: Project profile profile-x is disabled
    ");
}

#[test]
fn the_profile_says_which_tags_a_project_may_have() {
    let sandbox = sandbox();
    let (domain, admin, _, profile) = ready(&sandbox);
    let tag = |key: &str, editable: bool| json!({"key": key, "value": "v", "isValueEditable": editable});
    let change = |more: bool| {
        wait(&sandbox, 1);
        let tags = json!([tag("fixed", false), tag("open", true)]);
        let input = json!({"projectResourceTags": tags, "allowCustomProjectResourceTags": more});
        admin.within(&domain, &format!("PATCH /project-profiles/{}", id(&profile)), input).unwrap();
    };
    let attempt = |name: &str, tags: Value| {
        let made =
            create(&admin, &domain, json!({"name": name, "projectProfileId": profile["id"], "resourceTags": tags}));
        made.map(|project| project["resourceTags"].clone())
    };
    change(false);
    assert!(attempt("a", json!({"fixed": "x"})).is_err() && attempt("a", json!({"more": "x"})).is_err());
    let tags = attempt("a", json!({"open": "x"})).unwrap();
    let expected = json!([
        {"key": "fixed", "value": "v", "source": "PROJECT_PROFILE"}, {"key": "open", "value": "x", "source": "PROJECT"},
    ]);
    assert_eq!(tags, expected);
    change(true);
    assert_eq!(
        attempt("b", json!({"more": "x"})).unwrap()[1],
        json!({"key": "more", "value": "x", "source": "PROJECT"})
    );
}

#[test]
fn with_an_account_pool_each_project_chooses_an_account() {
    let sandbox = sandbox();
    let (domain, admin, tooling, first) = ready(&sandbox);
    admin.within(&domain, &format!("DELETE /project-profiles/{}", id(&first)), json!({})).unwrap();
    let accounts = json!([{"awsAccountId": B, "supportedRegions": ["eu-west-1"]}]);
    let pool = json!({"name": "dev", "resolutionStrategy": "MANUAL", "accountSource": {"accounts": accounts}});
    let pool = admin.within(&domain, "POST /account-pools", pool).unwrap();
    let pooled = json!({"awsAccount": null, "awsRegion": null, "accountPools": [pool["id"]]});
    let profile = profile(&admin, &domain, &tooling, &pooled);
    let input = |account: &str, region: &str| {
        let resolved = json!({"awsAccountId": account, "regionName": region, "sourceAccountPoolId": pool["id"]});
        let parameters = json!([{"environmentConfigurationName": "Tools", "environmentResolvedAccount": resolved}]);
        json!({"name": "churn", "projectProfileId": profile["id"], "userParameters": parameters})
    };
    let unresolved = json!({"name": "churn", "projectProfileId": profile["id"]});
    let told = [
        reasons(&sandbox, &admin, &domain, unresolved),
        reasons(&sandbox, &admin, &domain, input(A, "eu-west-1")),
        reasons(&sandbox, &admin, &domain, input(B, "us-east-1")),
    ];
    insta::assert_snapshot!(told.join("\n"), @"
    EnvironmentConfigurations require a resolved account on input
    Account 111111111111 in Region eu-west-1 is in no account pool of the environment configuration
    Account 222222222222 in Region us-east-1 is in no account pool of the environment configuration
    ");
    let made = create(&admin, &domain, input(B, "eu-west-1")).unwrap();
    wait(&sandbox, 300);
    let found = get(&admin, &domain, &id(&made)).unwrap();
    assert_eq!(found["environmentDeploymentDetails"]["overallDeploymentStatus"], "SUCCESSFUL");
    assert_eq!(found["userParameters"], input(B, "eu-west-1")["userParameters"]);
}

#[test]
fn a_blueprint_may_need_more_than_to_be_enabled() {
    let sandbox = sandbox();
    let (domain, admin, tooling, first) = ready(&sandbox);
    admin.within(&domain, &format!("DELETE /project-profiles/{}", id(&first)), json!({})).unwrap();
    let member = Client::administrator(&sandbox, B);
    let kept = member.within(&domain, &format!("GET /environment-blueprint-configurations/{tooling}"), json!({}));
    let roles = kept.unwrap();
    let roles = json!({
        "provisioningRoleArn": roles["provisioningRoleArn"], "manageAccessRoleArn": roles["manageAccessRoleArn"],
    });
    let path = json!({"awsAccount": {"awsAccountIdPath": "/account"}});
    let mut told = Vec::new();
    let mut refused = |blueprint: &str, change: &Value, project: Value| {
        let profile = profile(&admin, &domain, blueprint, change);
        let mut input = json!({"name": "churn", "projectProfileId": profile["id"]});
        for (member, value) in project.as_object().unwrap() {
            input[member] = value.clone();
        }
        told.push(reasons(&sandbox, &admin, &domain, input));
        admin.within(&domain, &format!("DELETE /project-profiles/{}", id(&profile)), json!({})).unwrap();
    };
    refused(&tooling, &path, json!({}));
    let plain = json!({"configurationParameters": null});
    let [lite, eks] = ["ToolingLite", "EmrOnEks"].map(|name| {
        let id = blueprint(&member, &domain, name);
        enable(&member, &domain, &id, roles.clone()).unwrap();
        permit(&member, &domain, &id, &domain.root, true);
        id
    });
    refused(&lite, &plain, json!({}));
    refused(&eks, &plain, json!({}));
    insta::assert_snapshot!(told.join("\n"), @"
    The sandbox has no Parameter Store to find account and Region in
    ToolingLite needs a project with a projectExecutionRole
    Parameter eksClusterArn is missing
    ");
    let profile = profile(&admin, &domain, &eks, &plain);
    let cluster = json!([{"name": "eksClusterArn", "value": "arn:aws:eks:eu-west-1:222222222222:cluster/c"}]);
    let parameters = json!([{"environmentConfigurationName": "Tools", "environmentParameters": cluster}]);
    let input = json!({"name": "churn", "projectProfileId": profile["id"], "userParameters": parameters});
    let made = create(&admin, &domain, input).unwrap();
    wait(&sandbox, 60);
    let found = get(&admin, &domain, &id(&made)).unwrap();
    assert_eq!(found["environmentDeploymentDetails"], json!({"overallDeploymentStatus": "IN_PROGRESS"}));
}

#[test]
fn members_come_with_the_project_and_by_its_owners() {
    let sandbox = sandbox();
    let (domain, admin, _, profile) = ready(&sandbox);
    let (owner, owner_arn) = automation(&sandbox, A, "Owner");
    let (other, other_arn) = automation(&sandbox, A, "Other");
    let [owners, others] = [&owner_arn, &other_arn].map(|arn| group(&admin, &domain, arn));
    let me = json!({"userIdentifier": format!("arn:aws:iam::{A}:root")});
    let assignments = json!([
        {"member": me, "designation": "PROJECT_OWNER"},
        {"member": {"groupIdentifier": owner_arn}, "designation": "PROJECT_OWNER"},
    ]);
    let input = json!({"name": "churn", "projectProfileId": profile["id"], "membershipAssignments": assignments});
    let project = id(&create(&admin, &domain, input).unwrap());
    let add = |client: &Client<'_>| {
        let input = json!({"member": {"groupIdentifier": others}, "designation": "PROJECT_CONTRIBUTOR"});
        client.within(&domain, &format!("POST /projects/{project}/createMembership"), input)
    };
    let members = || {
        let listed = admin.within(&domain, &format!("GET /projects/{project}/memberships"), json!({})).unwrap();
        listed["members"].as_array().unwrap().clone()
    };
    assert_eq!(members().len(), 2);
    let theirs = json!({"memberDetails": {"group": {"groupId": owners}}, "designation": "PROJECT_OWNER"});
    assert_eq!(members()[1], theirs);
    let refused = add(&other).unwrap_err();
    assert_eq!(
        refused,
        "403 AccessDeniedException: User is not permitted to perform operation: CreateProjectMembership"
    );
    add(&owner).unwrap();
    assert_eq!(add(&owner).unwrap_err(), "400 ValidationException: Group is already in the project");
    let of_others = format!("GET /projects?groupIdentifier={others}");
    let listed = admin.within(&domain, &of_others, json!({})).unwrap();
    assert_eq!(listed["items"][0]["id"], json!(project));
    wait(&sandbox, 1);
    let removal = json!({"member": {"groupIdentifier": others}});
    owner.within(&domain, &format!("POST /projects/{project}/deleteMembership"), removal).unwrap();
    assert_eq!(admin.within(&domain, &of_others, json!({})).unwrap()["items"], json!([]));
    assert!(other.within(&domain, &format!("DELETE /projects/{project}"), json!({})).is_err());
    owner.within(&domain, &format!("DELETE /projects/{project}"), json!({})).unwrap();
}

#[test]
fn a_domain_with_projects_goes_by_cascade_and_tells_how_far_that_is() {
    let sandbox = sandbox();
    let (domain, admin, _, profile) = ready(&sandbox);
    for number in 0..4 {
        wait(&sandbox, 1);
        create(&admin, &domain, json!({"name": format!("p {number}"), "projectProfileId": profile["id"]})).unwrap();
    }
    let path = format!("/v2/domains/{}", domain.id);
    let kept = admin.datazone(&format!("DELETE {path}"), json!({})).unwrap_err();
    assert!(kept.starts_with("409 ConflictException"), "{kept}");
    admin.datazone(&format!("DELETE {path}?cascadeDelete=true"), json!({})).unwrap();
    let progress = || {
        let found = admin.datazone(&format!("GET {path}"), json!({})).unwrap();
        found["deleteProgress"]["successfullyDeletedProjectCount"].clone()
    };
    let mut seen = vec![progress()];
    for _ in 0..2 {
        wait(&sandbox, 30);
        seen.push(progress());
    }
    assert_eq!(json!(seen), json!([0, 2, 4]));
}

#[test]
fn a_domain_has_a_thousand_projects_at_most() {
    let sandbox = sandbox();
    let domain = super::domain(&sandbox);
    let admin = Client::administrator(&sandbox, A);
    let first = id(&create(&admin, &domain, json!({"name": "project"})).unwrap());
    sandbox
        .transaction(crate::sandbox::call::Caller::administrator(A), "eu-west-1", |call| {
            call.needs_no_permission();
            let key = |id: &str| format!("{A}/eu-west-1/{}/{id}", domain.id);
            let mut document: Value = call.store.get("datazone/project", &key(&first))?.unwrap();
            for number in 1..1000 {
                document["id"] = json!(format!("p{number}"));
                document["name"] = json!(format!("project {number}"));
                call.store.put("datazone/project", &key(&format!("p{number}")), &document)?;
            }
            Ok(())
        })
        .unwrap()
        .0
        .unwrap();
    let refused = create(&admin, &domain, json!({"name": "one more"})).unwrap_err();
    assert_eq!(refused, "402 ServiceQuotaExceededException: A domain has at most 1000 projects");
    wait(&sandbox, 1);
    let often: Vec<_> = (0..4).map(|_| create(&admin, &domain, json!({"name": "one more"})).unwrap_err()).collect();
    assert!(often[2].starts_with("402") && often[3].starts_with("429 ThrottlingException"), "{often:?}");
}
