//! What `doctor` finds: nothing in a landscape that is as it should be, and each kind of damage in one that is not.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aiops::aws::{Aws, Options, SourceIdentity};
use aiops::clock::{Clock, SharedClock, Sleep};
use aiops::doctor::{self, Area, Diagnosis, Finding, Status};
use aiops::error::Kind;
use aiops::progress::Silent;
use aiops::sandbox::Sandbox;
use aiops::sandbox::faults::{Effect, Fault, When};
use aiops::world::World;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::stage::{CENTRAL, DEV, PROD, Stageplay, TEST, block_on};

const GOVERNANCE: &str = "111111111111";
const REGION: &str = "eu-west-1";
const PROJECT_ACCOUNTS: [&str; 6] =
    ["333333333333", "444444444444", "555555555555", "666666666666", "777777777777", "888888888888"];
const SETTINGS: &str = "region: eu-west-1
domain: {blueprints: [Tooling]}
profiles: [{name: regression, use-case: regression}]
";
const EXTENDED: &str = "arn:aws:ram::aws:permission/AWSRAMPermissionsAmazonDatazoneDomainExtendedServiceAccess";
const OLD: &str = "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionAmazonDataZoneDomain";

/// An administrator of `account` calls.
fn call(sandbox: &Sandbox, account: &str, service: &str, operation: &str, input: Value) -> Value {
    sandbox.administer(account, REGION, service, operation, input).unwrap()
}

fn service_role(sandbox: &Sandbox, account: &str, name: &str) -> String {
    let trust = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": ["sts:AssumeRole", "sts:TagSession", "sts:SetContext"],
        "Principal": {"Service": "datazone.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": GOVERNANCE}},
    }});
    let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
    call(sandbox, account, "iam", "CreateRole", input)["Role"]["Arn"].as_str().unwrap().to_owned()
}

fn attach(sandbox: &Sandbox, account: &str, role: &str) {
    let policy = "arn:aws:iam::aws:policy/AdministratorAccess";
    call(sandbox, account, "iam", "AttachRolePolicy", json!({"RoleName": role, "PolicyArn": policy}));
}

fn remove(sandbox: &Sandbox, account: &str, role: &str) {
    let named = json!({"RoleName": role});
    let policies = call(sandbox, account, "iam", "ListRolePolicies", named.clone());
    for policy in policies["PolicyNames"].as_array().unwrap() {
        call(sandbox, account, "iam", "DeleteRolePolicy", json!({"RoleName": role, "PolicyName": policy}));
    }
    call(sandbox, account, "iam", "DeleteRole", named);
}

fn share(sandbox: &Sandbox, domain_arn: &str, account: &str, permission: &str, external: bool) {
    let input = json!({
        "name": format!("DataZone-{account}"), "allowExternalPrincipals": external, "resourceArns": [domain_arn],
        "principals": [account], "permissionArns": [permission],
    });
    call(sandbox, GOVERNANCE, "ram", "CreateResourceShare", input);
    sandbox.advance(Duration::from_secs(120)).unwrap();
}

/// The landscape of the demo with a domain over all its accounts, as `domain apply` is to leave it.
fn ready() -> Stageplay {
    static READY: OnceLock<Stageplay> = OnceLock::new();
    READY.get_or_init(|| prepared(&PROJECT_ACCOUNTS, true)).copy()
}

/// The same with the domain shared only with `associated`, and sharing in the organization or not.
fn prepared(associated: &[&str], trusted: bool) -> Stageplay {
    let play = Stageplay::changed(&[("region: eu-west-1\n", SETTINGS)]);
    let sandbox = &play.sandbox;
    for account in PROJECT_ACCOUNTS.iter().chain([&CENTRAL]) {
        attach(sandbox, account, "aiops-administrator");
    }
    // Whoever asks is the governance account's own administrator, and makes the domain.
    remove(sandbox, GOVERNANCE, "aiops-administrator");
    if trusted {
        call(sandbox, GOVERNANCE, "ram", "EnableSharingWithAwsOrganization", json!({}));
    }
    let roles = ["Execution", "Service"].map(|name| service_role(sandbox, GOVERNANCE, name));
    sandbox.advance(Duration::from_secs(60)).unwrap();
    let input = json!({"name": "machine-learning", "domainVersion": "V2", "domainExecutionRole": roles[0],
                       "serviceRole": roles[1]});
    let domain = call(sandbox, GOVERNANCE, "datazone", "CreateDomain", input);
    sandbox.advance(Duration::from_secs(120)).unwrap();
    let (id, arn) = (domain["id"].as_str().unwrap(), domain["arn"].as_str().unwrap());
    let root = &domain["rootDomainUnitId"];
    for tenant in ["clinical", "insurance"] {
        let input = json!({"domainIdentifier": id, "name": tenant, "parentDomainUnitIdentifier": root});
        call(sandbox, GOVERNANCE, "datazone", "CreateDomainUnit", input);
    }
    for account in associated {
        share(sandbox, arn, account, EXTENDED, !trusted);
    }
    if trusted {
        for account in associated {
            enable(sandbox, account, id, root, &["eu-west-1"]);
        }
    }
    play
}

/// `Tooling` in an account, with roles and a grant for every unit.
fn enable(sandbox: &Sandbox, account: &str, domain: &str, root: &Value, regions: &[&str]) {
    let roles = ["Provisioning", "ManageAccess"].map(|name| service_role(sandbox, account, name));
    sandbox.advance(Duration::from_secs(60)).unwrap();
    let blueprint = tooling(sandbox, account, domain);
    let input = json!({
        "domainIdentifier": domain, "environmentBlueprintIdentifier": blueprint, "enabledRegions": regions,
        "provisioningRoleArn": roles[0], "manageAccessRoleArn": roles[1],
    });
    call(sandbox, account, "datazone", "PutEnvironmentBlueprintConfiguration", input);
    let input = json!({
        "domainIdentifier": domain, "entityType": "ENVIRONMENT_BLUEPRINT_CONFIGURATION",
        "entityIdentifier": format!("{account}:{blueprint}"), "policyType": "CREATE_ENVIRONMENT_FROM_BLUEPRINT",
        "detail": {"createEnvironmentFromBlueprint": {}},
        "principal": {"project": {"projectDesignation": "CONTRIBUTOR", "projectGrantFilter": {
            "domainUnitFilter": {"domainUnit": root, "includeChildDomainUnits": true}}}},
    });
    call(sandbox, account, "datazone", "AddPolicyGrant", input);
}

fn tooling(sandbox: &Sandbox, account: &str, domain: &str) -> String {
    let input = json!({"domainIdentifier": domain, "managed": true, "name": "Tooling"});
    let found = call(sandbox, account, "datazone", "ListEnvironmentBlueprints", input);
    let items = found["items"].as_array().unwrap();
    items.iter().find(|item| item["name"] == "Tooling").unwrap()["id"].as_str().unwrap().to_owned()
}

/// Id and root unit of the domain.
fn domain(sandbox: &Sandbox) -> (String, Value) {
    let found = call(sandbox, GOVERNANCE, "datazone", "ListDomains", json!({}));
    let id = found["items"][0]["id"].as_str().unwrap().to_owned();
    let domain = call(sandbox, GOVERNANCE, "datazone", "GetDomain", json!({"identifier": id}));
    (id, domain["rootDomainUnitId"].clone())
}

fn examine(play: &Stageplay, areas: &[Area], prove: bool) -> Diagnosis {
    block_on(async {
        let aws = play.aws("somebody").await;
        doctor::examine(&play.world(&aws), areas, prove).await
    })
}

/// The findings that are not as they should be.
fn wrong(diagnosis: &Diagnosis) -> Vec<&Finding> {
    diagnosis.findings.iter().filter(|finding| finding.status >= Status::Warning).collect()
}

/// Where the only thing is that is wrong, how bad, and what it is.
fn only(diagnosis: &Diagnosis) -> (Option<&str>, &str, Status, &str) {
    let wrong = wrong(diagnosis);
    assert_eq!(wrong.len(), 1, "{wrong:#?}");
    let finding = wrong[0];
    assert!(finding.why.is_some() && finding.fix.is_some(), "{finding:?}");
    (finding.account.as_deref(), &finding.check, finding.status, &finding.what)
}

fn trust(sandbox: &Sandbox, account: &str, role: &str, document: &Value) {
    let input = json!({"RoleName": role, "PolicyDocument": document.to_string()});
    call(sandbox, account, "iam", "UpdateAssumeRolePolicy", input);
}

fn trusting(actions: &[&str], condition: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": format!("arn:aws:iam::{GOVERNANCE}:root")}, "Action": actions,
        "Condition": condition}]})
}

#[test]
fn a_landscape_as_it_should_be_has_no_problem() {
    let play = ready();
    let diagnosis = examine(&play, &Area::ALL, true);
    // There is no role for the administrator in the account whose administrator is asking.
    let (account, check, status, _) = only(&diagnosis);
    assert_eq!((account, check, status), (Some(GOVERNANCE), "administrator", Status::Warning));
    assert_eq!(diagnosis.verdict(), None);
    let areas: Vec<Area> = Area::ALL
        .into_iter()
        .filter(|area| diagnosis.findings.iter().any(|finding| finding.area == *area && finding.status == Status::Ok))
        .collect();
    assert_eq!(areas, Area::ALL.into_iter().filter(|area| *area != Area::Git).collect::<Vec<_>>());
}

#[test]
fn a_role_that_takes_no_name_is_told_from_one_that_is_not_there_or_asks_for_another_word() {
    let play = ready();
    let everything = ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"];
    trust(&play.sandbox, DEV, "aiops-lead", &trusting(&["sts:AssumeRole"], json!({})));
    let condition = json!({"StringEquals": {"sts:ExternalId": "shared-word"}});
    trust(&play.sandbox, TEST, "aiops-engineer", &trusting(&everything, condition));
    remove(&play.sandbox, PROD, "aiops-ci");
    let diagnosis = examine(&play, &[Area::Trust], false);
    let found = wrong(&diagnosis);
    let of = |account: &str| *found.iter().find(|finding| finding.account.as_deref() == Some(account)).unwrap();
    assert_eq!(found.len(), 4, "{found:#?}");
    let lead = of(DEV);
    assert!(lead.what.contains("can be taken, but not under a name"), "{lead:?}");
    let statement = format!(
        r#"{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{GOVERNANCE}:root"}},"Action":["sts:SetSourceIdentity"]}}"#
    );
    assert!(lead.fix.as_ref().unwrap().contains(&statement), "{lead:?}");
    let engineer = of(TEST).fix.as_ref().unwrap();
    assert!(engineer.contains("asks for external id \"shared-word\", aiops.yaml has none"), "{engineer}");
    let ci = of(PROD);
    assert!(ci.fix.as_ref().unwrap().contains("make the role arn:aws:iam::555555555555:role/aiops-ci"), "{ci:?}");
    let command = ci.command.as_ref().unwrap();
    assert!(command.starts_with("aws iam create-role --role-name aiops-ci --assume-role-policy-document '{"));
    assert_eq!(diagnosis.verdict(), Some(Kind::Failed));
}

#[test]
fn the_statement_that_doctor_prints_mends_the_role() {
    let play = ready();
    trust(&play.sandbox, DEV, "aiops-lead", &trusting(&["sts:AssumeRole"], json!({})));
    let diagnosis = examine(&play, &[Area::Trust], false);
    let fix = wrong(&diagnosis).iter().find(|finding| finding.check == "lead").unwrap().fix.clone().unwrap();
    let statement = &fix[fix.find('{').unwrap()..=fix.rfind('}').unwrap()];
    let mut document = trusting(&["sts:AssumeRole"], json!({}));
    document["Statement"].as_array_mut().unwrap().push(serde_json::from_str(statement).unwrap());
    trust(&play.sandbox, DEV, "aiops-lead", &document);
    let diagnosis = examine(&play, &[Area::Trust], false);
    assert_eq!(only(&diagnosis).0, Some(GOVERNANCE));
}

#[test]
fn personas_are_asked_only_where_they_act() {
    let play = ready();
    play.sandbox.take_log();
    let diagnosis = examine(&play, &[Area::Trust], false);
    let told = |account: &str| {
        let ok = diagnosis
            .findings
            .iter()
            .find(|finding| finding.account.as_deref() == Some(account) && finding.status == Status::Ok);
        ok.unwrap().what.clone()
    };
    assert_eq!(
        told(DEV),
        "administrator, data scientist, lead, AI engineer, CI job can be taken under the name somebody"
    );
    assert_eq!(told(PROD), "administrator, AI engineer, CI job can be taken under the name somebody");
    assert_eq!(
        told(CENTRAL),
        "administrator, AI engineer, governance officer, CI job can be taken under the name somebody"
    );
}

#[test]
fn a_closed_account_is_found_behind_pages_that_are_empty() {
    let play = Stageplay::new();
    // Another organization, whose accounts come first and are left out of ours: more than a page of them.
    let others = "000000000001";
    call(&play.sandbox, others, "organizations", "CreateOrganization", json!({}));
    for number in 0..25 {
        let tags = json!([{"Key": "aiops-sandbox:account-id", "Value": format!("0000000001{number:02}")}]);
        let input = json!({"AccountName": "other", "Email": format!("{number}@example.org"), "Tags": tags});
        call(&play.sandbox, others, "organizations", "CreateAccount", input);
    }
    call(&play.sandbox, GOVERNANCE, "organizations", "CloseAccount", json!({"AccountId": PROD}));
    let diagnosis = examine(&play, &[Area::Organization], false);
    let (account, check, status, what) = only(&diagnosis);
    assert_eq!((account, check, status, what), (Some(PROD), "membership", Status::Problem, "the account is SUSPENDED"));
}

#[test]
fn an_account_that_the_organization_does_not_have_is_found() {
    let mut play = ready();
    let text = serde_yaml::to_string(&play.config).unwrap().replace("888888888888", "999999999999");
    play.config = serde_yaml::from_str(&text).unwrap();
    play.landscape = aiops::landscape::Landscape::new(&play.config);
    let diagnosis = examine(&play, &[Area::Organization], false);
    let (account, check, status, what) = only(&diagnosis);
    assert_eq!((account, check, status), (Some("999999999999"), "membership", Status::Problem));
    assert!(what.contains("is not in organization o-"), "{what}");
}

#[test]
fn regions_that_do_not_fit_are_found() {
    let mut play = ready();
    let sandbox = &play.sandbox;
    let input = json!({"Name": "people"});
    sandbox.administer(GOVERNANCE, "eu-north-1", "sso", "CreateInstance", input).unwrap();
    let text = serde_yaml::to_string(&play.config).unwrap();
    let text = text.replace("single-sign-on: false", "single-sign-on: true");
    let mut config: aiops::config::Config = serde_yaml::from_str(&text).unwrap();
    config.tenants[1].stages.prod.region = Some("eu-north-1".parse().unwrap());
    let (id, root) = domain(sandbox);
    let blueprint = tooling(sandbox, DEV, &id);
    let input = json!({"domainIdentifier": id, "environmentBlueprintIdentifier": blueprint,
                       "enabledRegions": ["eu-west-1", "us-east-1"]});
    call(sandbox, DEV, "datazone", "PutEnvironmentBlueprintConfiguration", input);
    assert!(root.is_string());
    play.config = config;
    play.landscape = aiops::landscape::Landscape::new(&play.config);
    let diagnosis = examine(&play, &[Area::Regions], false);
    let found: Vec<_> = wrong(&diagnosis).iter().map(|finding| (finding.check.clone(), finding.what.clone())).collect();
    let own = |check: &str, what: &str| (check.to_owned(), what.to_owned());
    assert_eq!(
        found,
        [
            own("identity center", "IAM Identity Center is in eu-north-1, and the domain in eu-west-1"),
            own("account", "projects are in eu-north-1, the domain is in eu-west-1"),
            own("blueprints", "blueprints are enabled where no stage of the account is: Tooling in us-east-1"),
            own("blueprints", "blueprints are enabled where no stage of the account is: Tooling in eu-west-1"),
        ]
    );
}

#[test]
fn a_domain_is_there_once_and_of_the_right_version() {
    let play = ready();
    let roles = ["Execution", "Service"].map(|name| format!("arn:aws:iam::{GOVERNANCE}:role/{name}"));
    let input = json!({"name": "machine-learning", "domainVersion": "V2", "domainExecutionRole": roles[0],
                       "serviceRole": roles[1]});
    call(&play.sandbox, GOVERNANCE, "datazone", "CreateDomain", input);
    let twice = examine(&play, &[Area::Domain], false);
    assert!(only(&twice).3.starts_with("2 domains are called machine-learning: dzd"));
    let none = Stageplay::new();
    let diagnosis = examine(&none, &[Area::Domain, Area::Blueprints], false);
    assert_eq!(only(&diagnosis).3, "there is no domain machine-learning in eu-west-1");
    assert!(diagnosis.findings.iter().any(|finding| finding.what == "there is no domain to look at"));
}

#[test]
fn grants_near_their_limit_are_counted() {
    let play = ready();
    let (id, root) = domain(&play.sandbox);
    for number in 0..17 {
        let name = format!("team-{number}");
        let trust = trusting(&["sts:AssumeRole"], json!({}));
        let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
        let arn = call(&play.sandbox, GOVERNANCE, "iam", "CreateRole", input)["Role"]["Arn"].clone();
        let group = json!({"domainIdentifier": id, "rolePrincipalArn": arn});
        let group = call(&play.sandbox, GOVERNANCE, "datazone", "CreateGroupProfile", group);
        let input = json!({
            "domainIdentifier": id, "entityType": "DOMAIN_UNIT", "entityIdentifier": root,
            "policyType": "CREATE_GLOSSARY", "detail": {"createGlossary": {}},
            "principal": {"group": {"groupIdentifier": group["id"]}},
        });
        call(&play.sandbox, GOVERNANCE, "datazone", "AddPolicyGrant", input);
    }
    let diagnosis = examine(&play, &[Area::Domain], false);
    let (account, check, status, what) = only(&diagnosis);
    assert_eq!((account, check, status), (Some(GOVERNANCE), "quotas", Status::Warning));
    assert!(what.starts_with("17 of 20 grants of CREATE_GLOSSARY in domain unit "), "{what}");
    assert_eq!(diagnosis.verdict(), None, "a warning is no failure");
}

#[test]
fn shares_that_wait_are_old_or_miss_an_account_are_found() {
    let play = prepared(&[DEV], false);
    let (id, _) = domain(&play.sandbox);
    let arn = format!("arn:aws:datazone:{REGION}:{GOVERNANCE}:domain/{id}");
    share(&play.sandbox, &arn, TEST, OLD, true);
    let diagnosis = examine(&play, &[Area::Sharing], false);
    let found = wrong(&diagnosis);
    let has = |account: &str, check: &str| {
        found.iter().find(|finding| finding.account.as_deref() == Some(account) && finding.check == check)
    };
    assert_eq!(has(GOVERNANCE, "organization").unwrap().status, Status::Problem);
    for account in [DEV, TEST] {
        let command = has(account, "invitation").unwrap().command.as_ref().unwrap();
        assert!(command.starts_with("aws ram accept-resource-share-invitation --resource-share-invitation-arn arn:"));
    }
    assert!(has(PROD, "association").unwrap().what.contains("does not see domain"));
    let old = has(GOVERNANCE, "permission").unwrap();
    assert_eq!(old.status, Status::Warning);
    assert!(old.command.as_ref().unwrap().ends_with(EXTENDED), "{old:?}");
}

#[test]
fn a_blueprint_that_is_not_enabled_or_whose_role_is_gone_is_found() {
    let play = ready();
    let (id, _) = domain(&play.sandbox);
    let blueprint = tooling(&play.sandbox, DEV, &id);
    let input = json!({"domainIdentifier": id, "environmentBlueprintIdentifier": blueprint});
    call(&play.sandbox, DEV, "datazone", "DeleteEnvironmentBlueprintConfiguration", input);
    call(&play.sandbox, TEST, "iam", "DeleteRole", json!({"RoleName": "Provisioning"}));
    let diagnosis = examine(&play, &[Area::Blueprints], false);
    let found: Vec<_> =
        wrong(&diagnosis).iter().map(|finding| (finding.account.as_deref().unwrap(), finding.what.as_str())).collect();
    assert_eq!(
        found,
        [
            (DEV, "blueprint Tooling is not enabled in account 333333333333 in eu-west-1"),
            (TEST, "role arn:aws:iam::444444444444:role/Provisioning does not exist"),
        ]
    );
}

#[test]
fn a_profile_from_which_no_project_can_be_made_is_found() {
    let play = ready();
    let (id, _) = domain(&play.sandbox);
    let input = json!({
        "domainIdentifier": id, "name": "clinical regression dev", "description": "(managed by aiops)", "status": "DISABLED",
    });
    call(&play.sandbox, GOVERNANCE, "datazone", "CreateProjectProfile", input);
    let diagnosis = examine(&play, &[Area::Blueprints], false);
    let (account, check, status, what) = only(&diagnosis);
    assert_eq!((account, check, status), (Some(GOVERNANCE), "profile", Status::Problem));
    assert!(what.contains("the profile is disabled; nobody is granted CREATE_PROJECT_FROM_PROJECT_PROFILE"), "{what}");
}

#[test]
fn a_connection_without_its_handshake_or_tag_is_found() {
    let mut play = ready();
    let input = json!({"ConnectionName": "github", "ProviderType": "GitHub"});
    let arn = call(&play.sandbox, DEV, "codeconnections", "CreateConnection", input)["ConnectionArn"].clone();
    play.config.profiles[0].git_connection = Some(arn.as_str().unwrap().parse().unwrap());
    let pending = examine(&play, &[Area::Git], false);
    let told: Vec<_> = wrong(&pending).iter().map(|finding| finding.what.as_str()).collect();
    assert_eq!(
        told,
        [
            "connection github waits for its handshake",
            "connection github is not tagged for-use-with-all-datazone-projects"
        ]
    );
    let link = "https://eu-west-1.console.aws.amazon.com/codesuite/settings/connections?region=eu-west-1";
    assert!(wrong(&pending)[0].fix.as_ref().unwrap().contains(link));
    let tags = json!([{"Key": "aiops-sandbox:handshake", "Value": "done"},
                      {"Key": "for-use-with-all-datazone-projects", "Value": "true"}]);
    call(&play.sandbox, DEV, "codeconnections", "TagResource", json!({"ResourceArn": arn, "Tags": tags}));
    let done = examine(&play, &[Area::Git], false);
    assert!(wrong(&done).is_empty());
    assert_eq!(done.findings[0].what, "connection github is available");
}

#[test]
fn a_hole_in_the_policies_is_found_and_the_scratch_version_rejected() {
    let play = ready();
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "sagemaker:UpdateModelPackage", "Resource": "*"}]});
    let policy =
        |role: &str| json!({"RoleName": role, "PolicyName": "by-hand", "PolicyDocument": document.to_string()});
    call(&play.sandbox, CENTRAL, "iam", "PutRolePolicy", policy("aiops-engineer"));
    let diagnosis = examine(&play, &[Area::Conditions], true);
    let (account, check, status, what) = only(&diagnosis);
    assert_eq!((account, check, status), (Some(CENTRAL), "current state", Status::Problem));
    assert!(what.starts_with("AWS does not refuse that an AI engineer moves a version straight to Prod/Approved"));
    let none = json!({"RoleName": "aiops-engineer", "PolicyName": "by-hand"});
    call(&play.sandbox, CENTRAL, "iam", "DeleteRolePolicy", none);
    // Two who are one: four eyes.
    call(&play.sandbox, CENTRAL, "iam", "PutRolePolicy", policy("aiops-governance-officer"));
    let diagnosis = examine(&play, &[Area::Conditions], true);
    assert_eq!(only(&diagnosis).1, "four eyes");
    let versions =
        play.administer(CENTRAL, "ListModelPackages", json!({"ModelPackageGroupName": "aiops-doctor-scratch"}));
    let versions = versions["ModelPackageSummaryList"].as_array().unwrap().clone();
    assert!(versions.iter().all(|version| version["ModelApprovalStatus"] == "Rejected"), "{versions:?}");
}

#[test]
fn every_proof_takes_the_same_scratch_version_if_nobody_may_delete_it() {
    let play = Stageplay::new();
    for _ in 0..2 {
        let diagnosis = examine(&play, &[Area::Conditions], true);
        assert!(wrong(&diagnosis).is_empty(), "{:#?}", diagnosis.findings);
        let proven = diagnosis.findings.iter().filter(|finding| finding.what.starts_with("AWS refuses that"));
        assert_eq!(proven.count(), 6);
        let stays = "arn:aws:sagemaker:eu-west-1:222222222222:model-package/aiops-doctor-scratch/1 stays, rejected";
        assert!(diagnosis.findings.iter().any(|finding| finding.what.starts_with(stays)), "{diagnosis:#?}");
    }
    block_on(async {
        let aws = play.aws("somebody").await;
        let status = aiops::status::status(&play.world(&aws), &aiops::status::Scope::default()).await.unwrap();
        assert!(status.models.iter().all(|model| !model.model.contains("scratch")), "it is no model");
    });
}

#[test]
fn a_permitted_move_that_is_refused_proves_nothing() {
    let play = Stageplay::new();
    let moves = json!({"RoleName": "aiops-engineer", "PolicyName": "aiops-central-moves"});
    call(&play.sandbox, CENTRAL, "iam", "DeleteRolePolicy", moves);
    let diagnosis = examine(&play, &[Area::Conditions], true);
    assert_eq!(only(&diagnosis).1, "allowed moves");
}

#[test]
fn an_account_that_is_silent_is_a_row_among_the_others() {
    let play = ready();
    play.sandbox.inject(Fault {
        service: Some("datazone".to_owned()),
        operation: None,
        account: Some(PROD.to_owned()),
        skip: 0,
        times: None,
        when: When::Before,
        effect: Effect::Drop,
    });
    let diagnosis = examine(&play, &[Area::Blueprints], false);
    let silent: Vec<_> = diagnosis.findings.iter().filter(|finding| finding.unasked).collect();
    assert_eq!(silent.len(), 1);
    assert_eq!((silent[0].account.as_deref(), silent[0].status), (Some(PROD), Status::Skipped));
    assert_eq!(diagnosis.count(Status::Ok), 5);
    assert_eq!(diagnosis.verdict(), Some(Kind::Partial));
}

/// A clock that is wrong by some time.
#[derive(Debug)]
struct Wrong(SharedClock, SignedDuration);

impl Clock for Wrong {
    fn now(&self) -> Timestamp {
        self.0.now() + self.1
    }

    fn sleep(&self, duration: Duration) -> Sleep {
        self.0.sleep(duration)
    }
}

#[test]
fn a_clock_that_is_wrong_is_found() {
    let play = Stageplay::new();
    for (seconds, status) in [(30, Status::Ok), (-90, Status::Warning), (600, Status::Problem)] {
        let there: SharedClock = Arc::new(play.sandbox.clock().clone());
        let clock: SharedClock = Arc::new(Wrong(there, SignedDuration::from_secs(seconds)));
        let options = Options {
            profile: None,
            region: REGION.to_owned(),
            endpoint_url: None,
            sandbox: Some((play.sandbox.clone(), GOVERNANCE.to_owned())),
            via: Vec::new(),
            source_identity: SourceIdentity::Caller,
            duration: Duration::from_secs(3600),
            tags: Vec::new(),
        };
        let diagnosis = block_on(async {
            let aws = Aws::load(options, clock.clone()).await.unwrap();
            let world = World {
                config: &play.config,
                landscape: &play.landscape,
                aws: &aws,
                clock: &clock,
                progress: &Silent,
                acting_as: None,
                dry_run: false,
            };
            doctor::examine(&world, &[Area::Credentials], false).await
        });
        let found = diagnosis.findings.iter().find(|finding| finding.check == "clock").unwrap();
        assert_eq!(found.status, status, "{found:?}");
    }
}
