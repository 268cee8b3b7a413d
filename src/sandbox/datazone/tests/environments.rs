//! Environments: what they bring about, how they fail, and what repairs them.

use serde_json::{Value, json};

use super::projects::{create, get, permit, ready};
use super::{Domain, automation, blueprint, enable, group, id};
use crate::sandbox::Sandbox;
use crate::sandbox::testing::{A, B, Client, sandbox, wait};

/// A sandbox in which projects get tools and a database, and an MLflow server if they ask for one.
pub(super) fn equipped(sandbox: &Sandbox) -> (Domain, Client<'_>, Value) {
    let (domain, admin, tooling, _) = ready(sandbox);
    let member = Client::administrator(sandbox, B);
    let mut configurations = vec![configuration("Tools", &tooling, "ON_CREATE", Some(0))];
    for (name, of, mode, order) in
        [("Lake", "DataLake", "ON_CREATE", Some(1)), ("Experiments", "MLExperiments", "ON_DEMAND", None)]
    {
        let id = blueprint(&member, &domain, of);
        enable(&member, &domain, &id, known_settings(&member, &domain, &tooling)).unwrap();
        permit(&member, &domain, &id, &domain.root, true);
        configurations.push(configuration(name, &id, mode, order));
    }
    let input = json!({"name": "all", "status": "ENABLED", "environmentConfigurations": configurations,
                       "allowCustomProjectResourceTags": true});
    let profile = admin.within(&domain, "POST /project-profiles", input).unwrap();
    (domain, admin, profile)
}

/// How account B has `Tooling`.
fn known_settings(member: &Client<'_>, domain: &Domain, tooling: &str) -> Value {
    let path = format!("GET /environment-blueprint-configurations/{tooling}");
    let mut known = member.within(domain, &path, json!({})).unwrap();
    let wanted = ["enabledRegions", "provisioningRoleArn", "manageAccessRoleArn", "regionalParameters"];
    known.as_object_mut().unwrap().retain(|name, _| wanted.contains(&name.as_str()));
    known
}

fn configuration(name: &str, blueprint: &str, mode: &str, order: Option<u8>) -> Value {
    let mut configuration = json!({
        "name": name, "environmentBlueprintId": blueprint, "deploymentMode": mode,
        "awsAccount": {"awsAccountId": B}, "awsRegion": {"regionName": "eu-west-1"},
    });
    if let Some(order) = order {
        configuration["deploymentOrder"] = json!(order);
    }
    configuration
}

/// A project that is there, with its tools.
pub(super) fn deployed(sandbox: &Sandbox, admin: &Client<'_>, domain: &Domain, input: Value) -> String {
    let project = id(&create(admin, domain, input).unwrap());
    wait(sandbox, 300);
    let found = get(admin, domain, &project).unwrap();
    assert_eq!(found["environmentDeploymentDetails"], json!({"overallDeploymentStatus": "SUCCESSFUL"}));
    project
}

pub(super) fn environments(client: &Client<'_>, domain: &Domain, project: &str) -> Vec<Value> {
    let path = format!("GET /environments?projectIdentifier={project}");
    let listed = client.within(domain, &path, json!({})).unwrap();
    let all = listed["items"].as_array().unwrap().iter();
    all.map(|each| environment(client, domain, each["id"].as_str().unwrap()).unwrap()).collect()
}

fn environment(client: &Client<'_>, domain: &Domain, id: &str) -> Result<Value, String> {
    client.within(domain, &format!("GET /environments/{id}"), json!({}))
}

/// Name, state, and the names of what it brought about.
fn outline(environments: &[Value]) -> String {
    let lines = environments.iter().map(|each| {
        let text = |member: &str| each[member].as_str().unwrap().to_owned();
        let made = each["provisionedResources"].as_array().unwrap().iter();
        let made: Vec<&str> = made.map(|resource| resource["name"].as_str().unwrap()).collect();
        format!("{} {} {}", text("name"), text("status"), made.join(" ")).trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn resource(environment: &Value, name: &str) -> String {
    let all = environment["provisionedResources"].as_array().unwrap();
    let found = all.iter().find(|resource| resource["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {environment}"))["value"].as_str().unwrap().to_owned()
}

fn fault(sandbox: &Sandbox, operation: &str, account: &str) {
    let effect = "effect: { error: { status: 400, code: LimitExceeded, message: too many roles } }";
    let text = format!("service: cloudformation\noperation: {operation}\naccount: '{account}'\n{effect}");
    sandbox.inject(serde_yaml::from_str(&text).unwrap());
}

#[test]
fn environments_come_in_order_and_tell_what_they_brought_about() {
    let sandbox = sandbox();
    let (domain, admin, profile) = equipped(&sandbox);
    let input = json!({"name": "churn", "projectProfileId": profile["id"], "resourceTags": {"team": "risk"}});
    let project = id(&create(&admin, &domain, input).unwrap());
    wait(&sandbox, 200);
    insta::assert_snapshot!(outline(&environments(&admin, &domain, &project)), @r"
    Tools ACTIVE userRoleArn s3BucketPath vpcId privateSubnets securityGroup enableS3AccessGrantsForTools
    Lake CREATING
    ");
    wait(&sandbox, 100);
    let all = environments(&admin, &domain, &project);
    let (tools, lake) = (&all[0], &all[1]);
    let tools_id = tools["id"].as_str().unwrap();
    assert_eq!(resource(tools, "s3BucketPath"), format!("s3://bucket/{}/{project}/dev", domain.id));
    assert_eq!(resource(lake, "glueDBName"), format!("glue_db_{}", lake["id"].as_str().unwrap()));
    let done = &tools["lastDeployment"];
    assert_eq!((&done["deploymentType"], &done["deploymentStatus"]), (&json!("CREATE"), &json!("SUCCESSFUL")));

    let name = format!("datazone_usr_role_{project}_{tools_id}");
    assert_eq!(resource(tools, "userRoleArn"), format!("arn:aws:iam::{B}:role/{name}"));
    let role = sandbox.administer(B, "eu-west-1", "iam", "GetRole", json!({"RoleName": name})).unwrap();
    let tags = role["Role"]["Tags"].as_array().unwrap();
    for (key, value) in [
        ("AmazonDataZoneDomain", domain.id.as_str()),
        ("AmazonDataZoneProject", &project),
        ("AmazonDataZoneEnvironment", tools_id),
        ("team", "risk"),
    ] {
        assert!(tags.contains(&json!({"Key": key, "Value": value})), "{key} in {tags:?}");
    }
    admin.within(&domain, &format!("DELETE /projects/{project}"), json!({})).unwrap();
    assert_eq!(environments(&admin, &domain, &project)[0]["status"], "DELETING");
    wait(&sandbox, 120);
    let gone = sandbox.administer(B, "eu-west-1", "iam", "GetRole", json!({"RoleName": name})).unwrap_err();
    assert_eq!(gone.code, "NoSuchEntity");
    assert!(environment(&admin, &domain, tools_id).unwrap_err().starts_with("404"));
}

#[test]
fn an_environment_on_demand_takes_the_profile_s_leave_and_tools() {
    let sandbox = sandbox();
    let (domain, admin, profile) = equipped(&sandbox);
    let plain = id(&create(&admin, &domain, json!({"name": "plain"})).unwrap());
    let churn = id(&create(&admin, &domain, json!({"name": "churn", "projectProfileId": profile["id"]})).unwrap());
    let ask = |project: &str, change: Value| {
        let mut input = json!({"projectIdentifier": project, "name": "mlflow",
                               "environmentConfigurationName": "Experiments"});
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        wait(&sandbox, 1);
        admin.within(&domain, "POST /environments", input)
    };
    let refused = [
        (plain.as_str(), json!({})),
        (&churn, json!({})),
        (&churn, json!({"environmentConfigurationName": "Tools"})),
        (&churn, json!({"environmentConfigurationName": "Unheard"})),
        (&churn, json!({"environmentConfigurationName": null})),
        (&churn, json!({"environmentBlueprintIdentifier": "abc"})),
    ];
    let told = refused.map(|(project, change)| ask(project, change).unwrap_err());
    insta::assert_snapshot!(told.join("\n").replace(&churn, "churn"), @r"
    403 AccessDeniedException: User is not permitted to perform operation: CreateEnvironment
    400 ValidationException: Tooling environment not found for project churn
    400 ValidationException: Only ON_DEMAND environment configuration can be used
    403 AccessDeniedException: User is not permitted to perform operation: CreateEnvironment
    400 ValidationException: environmentConfigurationName or environmentConfigurationId must be set
    400 ValidationException: environmentBlueprintIdentifier is not supported for domains of version V2
    ");
    wait(&sandbox, 300);
    let parameters = json!([{"name": "mlflowTrackingServerName", "value": "churn"}]);
    let made = ask(&churn, json!({"userParameters": parameters})).unwrap();
    assert_eq!((&made["status"], &made["provisionedResources"]), (&json!("CREATING"), &json!([])));
    assert!(ask(&churn, json!({})).unwrap_err().starts_with("409 ConflictException: Conflict with environment"));
    let magic = json!({"name": "other", "userParameters": [{"name": "magic", "value": "1"}]});
    assert!(ask(&churn, magic).unwrap_err().ends_with("has no parameter magic"));
    wait(&sandbox, 200);
    let server = environment(&admin, &domain, &id(&made)).unwrap();
    let arn = format!("arn:aws:sagemaker:eu-west-1:{B}:mlflow-tracking-server/churn");
    assert_eq!(resource(&server, "mlflowTrackingServerArn"), arn);

    // Whoever does not work in the project has no say.
    let (stranger, role) = automation(&sandbox, A, "Stranger");
    group(&admin, &domain, &role);
    let path = format!("DELETE /environments/{}", id(&made));
    assert!(stranger.within(&domain, &path, json!({})).unwrap_err().starts_with("403"));
    admin.within(&domain, &path, json!({})).unwrap();
    assert_eq!(environment(&admin, &domain, &id(&made)).unwrap()["status"], "DELETING");
    wait(&sandbox, 120);
    assert!(environment(&admin, &domain, &id(&made)).unwrap_err().starts_with("404"));
}

#[test]
fn a_failed_deployment_tells_why_and_is_repaired_once_the_cause_is_gone() {
    let sandbox = sandbox();
    let (domain, admin, profile) = equipped(&sandbox);
    fault(&sandbox, "CreateStack", B);
    let project = id(&create(&admin, &domain, json!({"name": "churn", "projectProfileId": profile["id"]})).unwrap());
    wait(&sandbox, 300);
    let found = get(&admin, &domain, &project).unwrap();
    let all = environments(&admin, &domain, &project);
    assert_eq!(outline(&all), "Tools CREATE_FAILED", "what comes later is not begun");
    let details = &found["environmentDeploymentDetails"];
    let reason = json!([{"code": "LimitExceeded", "message": "too many roles"}]);
    assert_eq!(details["overallDeploymentStatus"], "FAILED_DEPLOYMENT");
    assert_eq!(details["environmentFailureReasons"], json!({all[0]["id"].as_str().unwrap(): reason}));
    let last = &all[0]["lastDeployment"];
    assert_eq!((&last["failureReason"], &last["messages"]), (&reason[0], &json!(["too many roles"])));

    let update = |input: Value| admin.within(&domain, &format!("PATCH /projects/{project}"), input);
    let newest = json!({"projectProfileVersion": "latest"});
    update(newest.clone()).unwrap();
    wait(&sandbox, 300);
    assert_eq!(get(&admin, &domain, &project).unwrap()["projectStatus"], "UPDATE_FAILED");
    sandbox.clear_faults();
    let updating = update(newest.clone()).unwrap();
    assert_eq!(updating["projectStatus"], "UPDATING");
    assert_eq!(updating["environmentDeploymentDetails"]["overallDeploymentStatus"], "PENDING_DEPLOYMENT");
    assert!(update(newest.clone()).unwrap_err().starts_with("409 ConflictException"));
    wait(&sandbox, 300);
    let repaired = get(&admin, &domain, &project).unwrap();
    assert_eq!(repaired["projectStatus"], "ACTIVE");
    assert_eq!(repaired["environmentDeploymentDetails"], json!({"overallDeploymentStatus": "SUCCESSFUL"}));
    let again = environments(&admin, &domain, &project);
    assert_eq!((again.len(), &again[0]["id"]), (2, &all[0]["id"]));

    fault(&sandbox, "DeleteStack", B);
    admin.within(&domain, &format!("DELETE /projects/{project}"), json!({})).unwrap();
    assert_eq!(get(&admin, &domain, &project).unwrap()["projectStatus"], "DELETING");
    wait(&sandbox, 120);
    let kept = get(&admin, &domain, &project).unwrap();
    assert_eq!((&kept["projectStatus"], &kept["failureReasons"][0]), (&json!("DELETE_FAILED"), &reason[0]));
    sandbox.clear_faults();
    admin.within(&domain, &format!("DELETE /projects/{project}"), json!({})).unwrap();
    wait(&sandbox, 120);
    assert!(get(&admin, &domain, &project).unwrap_err().starts_with("404"));
}

#[test]
fn a_deployment_fails_for_a_boundary_or_a_git_connection_that_is_not_there() {
    let sandbox = sandbox();
    let (domain, admin, tooling, profile) = ready(&sandbox);
    let member = Client::administrator(&sandbox, B);
    let mut enabled = known_settings(&member, &domain, &tooling);
    enabled["environmentRolePermissionBoundary"] = json!(format!("arn:aws:iam::{B}:policy/Edge"));
    enable(&member, &domain, &tooling, enabled.clone()).unwrap();
    let connection = format!("arn:aws:codeconnections:eu-west-1:{B}:connection/0a");
    let parameters = json!([{"environmentConfigurationName": "Tools", "environmentParameters": [
        {"name": "gitConnectionArn", "value": connection}, {"name": "gitFullRepositoryId", "value": "acme/churn"}]}]);
    let input = json!({"name": "churn", "projectProfileId": profile["id"], "userParameters": parameters});
    let project = id(&create(&admin, &domain, input).unwrap());
    let why = || {
        wait(&sandbox, 300);
        let failed = environments(&admin, &domain, &project);
        failed[0]["lastDeployment"]["failureReason"]["message"].as_str().unwrap_or("nothing").to_owned()
    };
    let again = |input: Value| admin.within(&domain, &format!("PATCH /projects/{project}"), input).unwrap();
    let mut told = vec![why()];
    let made = member.json(
        "codeconnections",
        "com.amazonaws.codeconnections.CodeConnections_20231201.CreateConnection",
        &json!({"ConnectionName": "acme", "ProviderType": "GitHub", "Tags": [
            {"Key": "aiops-sandbox:handshake", "Value": "done"},
            {"Key": "for-use-with-all-datazone-projects", "Value": "true"}]}),
    );
    let connection = made.unwrap()["ConnectionArn"].clone();
    let parameters = json!([{"environmentConfigurationName": "Tools", "environmentParameters": [
        {"name": "gitConnectionArn", "value": connection}]}]);
    again(json!({"userParameters": parameters}));
    told.push(why());
    enabled["environmentRolePermissionBoundary"] = json!("arn:aws:iam::aws:policy/AdministratorAccess");
    enable(&member, &domain, &tooling, enabled).unwrap();
    again(json!({"projectProfileVersion": "latest"}));
    told.push(why());
    insta::assert_snapshot!(told.join("\n"), @r"
    Connection arn:aws:codeconnections:eu-west-1:222222222222:connection/0a does not exist
    Scope ARN: arn:aws:iam::222222222222:policy/Edge does not exist or is not attachable.
    nothing
    ");
    let tools = &environments(&admin, &domain, &project)[0];
    assert_eq!(resource(tools, "gitFullRepositoryId"), "acme/churn", "what is not said again stays");
    assert_eq!(json!(resource(tools, "gitConnectionArn")), connection);
}

#[test]
fn a_project_changes_its_name_its_place_and_what_may_be_changed_of_its_environments() {
    let sandbox = sandbox();
    let (domain, admin, profile) = equipped(&sandbox);
    let project = deployed(&sandbox, &admin, &domain, json!({"name": "churn", "projectProfileId": profile["id"]}));
    let other = id(&create(&admin, &domain, json!({"name": "other"})).unwrap());
    let update = |input: Value| {
        wait(&sandbox, 1);
        admin.within(&domain, &format!("PATCH /projects/{project}"), input)
    };
    let lake = |value: &str| {
        json!({"userParameters": [{"environmentConfigurationName": "Lake", "environmentParameters": [
            {"name": "glueDbName", "value": value}]}]})
    };
    assert_eq!(
        update(json!({"name": "other"})).unwrap_err(),
        format!("409 ConflictException: Conflict with project {other}")
    );
    assert!(update(json!({"projectProfileVersion": "1"})).unwrap_err().contains("must be latest"));
    let unit = admin.unit(&domain, &domain.root, "Risk").unwrap();
    let changed = update(json!({"name": "churn 2", "description": "d", "domainUnitId": unit})).unwrap();
    assert_eq!((&changed["name"], &changed["projectStatus"]), (&json!("churn 2"), &json!("MOVING")));
    wait(&sandbox, 30);
    assert_eq!(get(&admin, &domain, &project).unwrap()["projectStatus"], "ACTIVE");
    update(lake("lake")).unwrap();
    wait(&sandbox, 15);
    let refused = get(&admin, &domain, &project).unwrap();
    assert_eq!(
        refused["environmentDeploymentDetails"],
        json!({"overallDeploymentStatus": "FAILED_VALIDATION", "environmentFailureReasons": {
            "Lake": [{"message": "Parameter glueDbName cannot be updated"}]}})
    );
    assert_eq!(refused["projectStatus"], "UPDATE_FAILED");

    let (stranger, role) = automation(&sandbox, A, "Stranger");
    group(&admin, &domain, &role);
    let path = format!("PATCH /projects/{project}");
    assert!(stranger.within(&domain, &path, json!({"name": "mine"})).unwrap_err().starts_with("403"));
}

#[test]
fn members_given_with_a_new_project_can_be_refused_as_such() {
    let sandbox = sandbox();
    let (domain, admin, ..) = ready(&sandbox);
    let text = "service: datazone\noperation: CreateProject.membershipAssignments\n\
                effect: { error: { status: 400, code: ValidationException, message: not here } }";
    sandbox.inject(serde_yaml::from_str(text).unwrap());
    let (_, role) = automation(&sandbox, A, "Scientist");
    group(&admin, &domain, &role);
    let members = json!([{"member": {"groupIdentifier": role}, "designation": "PROJECT_CONTRIBUTOR"}]);
    let with = json!({"name": "churn", "membershipAssignments": members});
    assert_eq!(create(&admin, &domain, with.clone()).unwrap_err(), "400 ValidationException: not here");
    create(&admin, &domain, json!({"name": "plain"})).unwrap();
    sandbox.clear_faults();
    create(&admin, &domain, with).unwrap();
}
