//! Project profiles: planned, made, found again whatever became of them, and removed.

use aiops::error::Kind;
use aiops::plan::{Action, Plan};
use aiops::profile;
use aiops::sandbox::faults::{Effect, When};
use serde_json::{Value, json};

use super::stage::{GOVERNANCE, Stage, account, open_steps, written};

/// What follows the tenants in a configuration.
pub const SECTIONS: &str = "
domain:
  blueprints: [Tooling, DataLake, MLExperiments, Workflows, AmazonBedrockKnowledgeBase, AmazonBedrockGuardrail, QuickSight]
  account-pools:
    - {name: sandboxes, accounts: [{account: '900000000001'}, {account: '900000000002', regions: [eu-west-1, eu-central-1]}]}
profiles:
  - name: tabular
    use-case: regression
    description: Models that predict a number
    environments:
      - {name: Tooling, parameters: {maxEbsVolumeSize: '200', idleTimeoutInMinutes: {value: '90', editable: true}}}
      - {name: Reports, blueprint: QuickSight, account-pools: [sandboxes]}
  - {name: chat, use-case: rag, stages: [dev]}
";

/// The console of the governance account.
fn console(stage: &Stage, operation: &str, input: Value) -> Value {
    stage.administer(GOVERNANCE, "datazone", operation, input)
}

/// A domain with a unit for each tenant, as `domain apply` leaves it; its id.
pub fn with_domain(stage: &Stage) -> String {
    let role = |name: &str, actions: Value| {
        let trust = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": actions, "Principal": {"Service": "datazone.amazonaws.com"},
            "Condition": {"StringEquals": {"aws:SourceAccount": GOVERNANCE}},
        }});
        let input = json!({"RoleName": name, "AssumeRolePolicyDocument": trust.to_string()});
        stage.administer(GOVERNANCE, "iam", "CreateRole", input);
        format!("arn:aws:iam::{GOVERNANCE}:role/{name}")
    };
    let execution = role("execution", json!(["sts:AssumeRole", "sts:TagSession", "sts:SetContext"]));
    let service = role("service", json!("sts:AssumeRole"));
    stage.sandbox.advance(std::time::Duration::from_secs(60)).unwrap();
    let domain = console(
        stage,
        "CreateDomain",
        json!({
            "name": "machine-learning", "domainVersion": "V2", "domainExecutionRole": execution, "serviceRole": service,
        }),
    );
    stage.sandbox.advance(std::time::Duration::from_secs(120)).unwrap();
    let id = domain["id"].as_str().unwrap();
    for tenant in stage.landscape.tenants() {
        console(
            stage,
            "CreateDomainUnit",
            json!({
                "domainIdentifier": id, "name": tenant.name, "parentDomainUnitIdentifier": domain["rootDomainUnitId"],
            }),
        );
    }
    id.to_owned()
}

fn stage(sections: &str) -> (Stage, String) {
    let stage = Stage::new(&written(2, sections));
    let domain = with_domain(&stage);
    (stage, domain)
}

fn plan(stage: &Stage) -> Plan {
    stage.act(async |studio| profile::plan(studio, None).await.unwrap())
}

fn apply(stage: &Stage) -> Plan {
    stage.act(async |studio| profile::apply(studio, None).await.unwrap())
}

fn refused(stage: &Stage) -> aiops::error::Error {
    stage.act(async |studio| profile::apply(studio, None).await.unwrap_err())
}

fn named<'a>(profiles: &'a Value, name: &str) -> &'a Value {
    profiles["items"].as_array().unwrap().iter().find(|profile| profile["name"] == name).unwrap()
}

fn profiles(stage: &Stage, domain: &str) -> Value {
    console(stage, "ListProjectProfiles", json!({"domainIdentifier": domain}))
}

fn described(stage: &Stage, domain: &str, name: &str) -> Value {
    let id = named(&profiles(stage, domain), name)["id"].clone();
    console(stage, "GetProjectProfile", json!({"domainIdentifier": domain, "identifier": id}))
}

fn grants(stage: &Stage, domain: &str, unit: &Value) -> Vec<Value> {
    let input = json!({
        "domainIdentifier": domain, "entityType": "DOMAIN_UNIT", "entityIdentifier": unit,
        "policyType": "CREATE_PROJECT_FROM_PROJECT_PROFILE",
    });
    console(stage, "ListPolicyGrants", input)["grantList"].as_array().unwrap().clone()
}

fn root(stage: &Stage, domain: &str) -> Value {
    console(stage, "GetDomain", json!({"identifier": domain}))["rootDomainUnitId"].clone()
}

/// A project of a profile in the profile's unit.
fn project(stage: &Stage, domain: &str, profile: &Value, name: &str) {
    console(
        stage,
        "CreateProject",
        json!({
            "domainIdentifier": domain, "name": name, "projectProfileId": profile["id"],
            "domainUnitId": profile["domainUnitId"],
        }),
    );
}

#[test]
fn profiles_pools_and_grants_are_made_once_and_stay() {
    let (stage, domain) = stage(SECTIONS);
    let planned = plan(&stage);
    // A pool; two tenants with three stages of one profile and one of the other; grants in two units and at the root.
    assert_eq!(planned.count(Action::Create), 1 + 2 * (3 + 1) + 3, "{:?}", open_steps(&planned));
    let applied = apply(&stage);
    assert_eq!((open_steps(&applied), applied.verdict()), (Vec::new(), None));
    assert_eq!(open_steps(&plan(&stage)), Vec::<String>::new());
    assert_eq!(profiles(&stage, &domain)["items"].as_array().unwrap().len(), 8);

    let profile = described(&stage, &domain, "line-1 tabular test");
    assert_eq!(profile["status"], "ENABLED");
    assert_eq!(profile["description"], "Models that predict a number (managed by aiops)");
    let environments = profile["environmentConfigurations"].as_array().unwrap();
    let told: Vec<(&str, &Value, &Value)> = environments
        .iter()
        .map(|known| (known["name"].as_str().unwrap(), &known["deploymentOrder"], &known["awsAccount"]["awsAccountId"]))
        .collect();
    let (none, home) = (Value::Null, json!(account(1, 1)));
    let expected = [
        ("Tooling", &json!(0), &home),
        ("DataLake", &json!(1), &home),
        ("MLExperiments", &none, &home),
        ("Reports", &none, &none),
    ];
    assert_eq!(told, expected);
    let overrides = environments[0]["configurationParameters"]["parameterOverrides"].as_array().unwrap();
    let parameter = |name: &str| overrides.iter().find(|known| known["name"] == name).unwrap();
    assert_eq!(
        (&parameter("maxEbsVolumeSize")["value"], &parameter("maxEbsVolumeSize")["isEditable"]),
        (&json!("200"), &json!(false))
    );
    assert_eq!(parameter("idleTimeoutInMinutes")["isEditable"], true);

    // One grant a unit carries all its profiles; the one at the root does not hold for units below by itself.
    let unit = &profile["domainUnitId"];
    let ([of_unit], [of_root]) = (
        grants(&stage, &domain, unit).try_into().unwrap(),
        grants(&stage, &domain, &root(&stage, &domain)).try_into().unwrap(),
    );
    let detail = |grant: &Value| {
        let detail: Value = grant["detail"]["createProjectFromProjectProfile"].clone();
        (detail["projectProfiles"].as_array().unwrap().len(), detail["includeChildDomainUnits"].as_bool().unwrap())
    };
    assert_eq!((detail(&of_unit), detail(&of_root)), ((4, true), (8, false)));
}

#[test]
fn every_interruption_ends_in_the_same_state_with_nothing_twice() {
    let fewer = SECTIONS.replace("use-case: regression", "use-case: regression\n    stages: [dev]");
    let prepared = Stage::new(&written(1, &fewer));
    let domain = with_domain(&prepared);
    for when in [When::Before, When::After] {
        let mut struck = 0;
        loop {
            let stage = prepared.copy();
            stage.strike(struck, when, Effect::Drop);
            let went_well = stage.act(async |studio| match profile::apply(studio, None).await {
                Ok(plan) => plan.verdict().is_none(),
                Err(_) => false,
            });
            if went_well {
                break;
            }
            let stage = stage.started_again();
            let applied = apply(&stage);
            assert_eq!((open_steps(&applied), applied.verdict()), (Vec::new(), None), "call {struck}");
            assert_eq!(open_steps(&plan(&stage)), Vec::<String>::new(), "call {struck}");
            assert_eq!(profiles(&stage, &domain)["items"].as_array().unwrap().len(), 2, "call {struck}");
            assert_eq!(grants(&stage, &domain, &root(&stage, &domain)).len(), 1, "call {struck}");
            struck += 1;
        }
        assert!(struck > 20, "{struck} calls are no flow");
    }
}

#[test]
fn a_lost_answer_makes_no_second_profile() {
    let (stage, domain) = stage(SECTIONS);
    // The client asks again by itself, and meets the name that it took.
    stage.sandbox.inject(aiops::sandbox::faults::Fault {
        service: Some("datazone".to_owned()),
        operation: Some("CreateProjectProfile".to_owned()),
        account: None,
        skip: 0,
        times: Some(3),
        when: When::After,
        effect: Effect::Drop,
    });
    assert_eq!(open_steps(&apply(&stage)), Vec::<String>::new());
    assert_eq!(profiles(&stage, &domain)["items"].as_array().unwrap().len(), 8);
}

#[test]
fn what_the_console_changed_shows_with_the_field_and_both_values_and_is_put_right() {
    let (stage, domain) = stage(SECTIONS);
    apply(&stage);
    let profile = described(&stage, &domain, "line-0 tabular dev");
    let mut environments = profile["environmentConfigurations"].as_array().unwrap().clone();
    let ids = |environments: &[Value]| environments.iter().map(|known| known["id"].clone()).collect::<Vec<_>>();
    let before = ids(&environments);
    environments.reverse();
    let tooling = environments.iter_mut().find(|known| known["name"] == "Tooling").unwrap();
    let overrides = tooling["configurationParameters"]["parameterOverrides"].as_array_mut().unwrap();
    let changed = overrides.iter_mut().find(|known| known["name"] == "maxEbsVolumeSize").unwrap();
    (changed["value"], changed["isEditable"]) = (json!("900"), json!(true));
    console(
        &stage,
        "UpdateProjectProfile",
        json!({
            "domainIdentifier": domain, "identifier": profile["id"], "status": "DISABLED",
            "description": "Mine (managed by aiops)", "environmentConfigurations": environments,
        }),
    );
    let unit = &profile["domainUnitId"];
    let grant = grants(&stage, &domain, unit).remove(0);
    console(
        &stage,
        "RemovePolicyGrant",
        json!({
            "domainIdentifier": domain, "entityType": "DOMAIN_UNIT", "entityIdentifier": unit,
            "policyType": "CREATE_PROJECT_FROM_PROJECT_PROFILE", "principal": grant["principal"],
        }),
    );
    let governance = GOVERNANCE;
    let expected = [
        format!(
            "change project profile line-0 tabular dev in account {governance} \
            description: \"Mine (managed by aiops)\" -> \"Models that predict a number (managed by aiops)\"; \
            status: \"DISABLED\" -> \"ENABLED\"; \
            environments.Tooling.parameters.maxEbsVolumeSize: \"900\" -> \"200\"; \
            environments.Tooling.parameters.maxEbsVolumeSize.editable: true -> false"
        ),
        format!("create profile grant every user of the domain in unit line-0 in account {governance}"),
    ];
    assert_eq!(open_steps(&plan(&stage)), expected);
    assert_eq!(open_steps(&apply(&stage)), Vec::<String>::new());
    assert_eq!(open_steps(&plan(&stage)), Vec::<String>::new());
    // DataZone knows the environments again.
    let profile = described(&stage, &domain, "line-0 tabular dev");
    assert_eq!(ids(profile["environmentConfigurations"].as_array().unwrap()), before);
}

#[test]
fn what_is_taken_out_is_deleted_or_disabled_where_projects_use_it() {
    let (stage, domain) = stage(SECTIONS);
    apply(&stage);
    project(&stage, &domain, &described(&stage, &domain, "line-0 chat dev"), "bot");
    let renamed = SECTIONS.replace("name: chat", "name: documents");
    let stage = stage.configured(&written(2, &renamed));
    let planned = plan(&stage);
    let steps = open_steps(&planned);
    for expected in [
        "create project profile line-0 documents dev in account 111111111111",
        "change project profile line-0 chat dev in account 111111111111 status: \"ENABLED\" -> \"DISABLED\"",
        "remove project profile line-1 chat dev in account 111111111111",
    ] {
        assert!(steps.iter().any(|step| step == expected), "{expected}\n{steps:#?}");
    }
    assert_eq!(apply(&stage).verdict(), None);
    let listed = profiles(&stage, &domain);
    assert_eq!(named(&listed, "line-0 chat dev")["status"], "DISABLED");
    assert_eq!(listed["items"].as_array().unwrap().len(), 9);
    // What stays is told, and is nothing to do.
    let planned = plan(&stage);
    assert!(!planned.has_changes());
    let left = planned.steps.iter().find(|step| step.action == Action::Leave).unwrap();
    assert_eq!(left.reason, "not in aiops.yaml any more; disabled, in use by 1 project");
    // Nobody is told of it any more.
    let old = &named(&listed, "line-0 chat dev")["id"];
    let detail = &grants(&stage, &domain, &root(&stage, &domain))[0]["detail"]["createProjectFromProjectProfile"];
    assert!(!detail["projectProfiles"].as_array().unwrap().contains(old));
}

#[test]
fn a_pool_goes_when_no_profile_uses_it_any_more() {
    let (stage, domain) = stage(SECTIONS);
    apply(&stage);
    let without = SECTIONS
        .replace("      - {name: Reports, blueprint: QuickSight, account-pools: [sandboxes]}\n", "")
        .lines()
        .filter(|line| !line.contains("sandboxes") && !line.contains("account-pools:"))
        .map(|line| format!("{line}\n"))
        .collect::<String>();
    let stage = stage.configured(&written(2, &without));
    let steps = open_steps(&plan(&stage));
    assert!(steps.iter().any(|step| step.starts_with("remove account pool sandboxes")), "{steps:#?}");
    assert!(steps.iter().any(|step| step.contains("environments.Reports: {")), "{steps:#?}");
    assert_eq!(apply(&stage).verdict(), None);
    let pools = console(&stage, "ListAccountPools", json!({"domainIdentifier": domain}));
    assert_eq!(pools["items"].as_array().unwrap().len(), 0);
    assert_eq!(open_steps(&plan(&stage)), Vec::<String>::new());
}

#[test]
fn a_profile_of_others_is_in_the_way_and_stays() {
    let (stage, domain) = stage(SECTIONS);
    let input = json!({"domainIdentifier": domain, "name": "line-0 chat dev", "description": "theirs"});
    console(&stage, "CreateProjectProfile", input);
    console(&stage, "CreateProjectProfile", json!({"domainIdentifier": domain, "name": "theirs"}));
    let planned = plan(&stage);
    let refusal = planned.refuse_conflicts().unwrap_err().to_string();
    assert!(
        refusal.starts_with("the project profile line-0 chat dev in account 111111111111 is not aiops's"),
        "{refusal}"
    );
    assert!(planned.steps.iter().all(|step| step.address.name != "theirs"));
    let refusal = stage.act(async |studio| profile::delete(studio, "theirs", true).await.unwrap_err());
    assert_eq!(refusal.to_string(), "the profile theirs is not aiops's");
    assert_eq!(profiles(&stage, &domain)["items"].as_array().unwrap().len(), 2);
}

#[test]
fn everything_wrong_with_the_profiles_is_told_at_once_before_any_write() {
    let wrong = SECTIONS
        .replace("maxEbsVolumeSize", "maxEbsVolumSize")
        .replace("'90'", "soon")
        .replace("blueprint: QuickSight, account-pools: [sandboxes]", "blueprint: Quicksight, account-pools: [sandbox]")
        .replace("stages: [dev]", "users: ['group:nobody']")
        .replace(
            "    - {name: sandboxes",
            "    - {name: sandboxes, accounts: [{account: '900000000003'}]}\n    - {name: sandboxes",
        );
    let (stage, domain) = stage(&wrong);
    let refusal = refused(&stage);
    assert_eq!(
        (refusal.kind(), refusal.to_string().as_str()),
        (Kind::Config, "there are 6 mistakes in the profiles of aiops.yaml")
    );
    let report = refusal.rendered_report().unwrap();
    for expected in [
        "profile tabular, environment Tooling: blueprint Tooling has no parameter maxEbsVolumSize; did you mean maxEbsVolumeSize? There are enableSpaces, ",
        "profile tabular, environment Tooling: parameter idleTimeoutInMinutes takes a whole number, and not \"soon\"",
        "profile tabular, environment Reports: there is no account pool sandbox; ",
        "profile tabular, environment Reports: AWS has no blueprint Quicksight; did you mean QuickSight? ",
        "two account pools are called sandboxes",
        "profile chat: group:nobody does not take part in the domain",
    ] {
        assert!(report.contains(expected), "{expected}\n{report}");
    }
    let pools = console(&stage, "ListAccountPools", json!({"domainIdentifier": domain}));
    assert_eq!(
        pools["items"].as_array().unwrap().len() + profiles(&stage, &domain)["items"].as_array().unwrap().len(),
        0
    );
}

#[test]
fn the_21st_grant_is_refused_before_the_first_is_made() {
    let roles: Vec<String> =
        (0..21).map(|number| format!("role:arn:aws:iam::{GOVERNANCE}:role/team-{number}")).collect();
    let with = |count: usize| SECTIONS.replace("stages: [dev]", &format!("users: ['{}']", roles[..count].join("', '")));
    let (stage, domain) = stage(&with(21));
    for role in &roles {
        let arn = role.strip_prefix("role:").unwrap();
        let trust = json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": GOVERNANCE}}});
        let input = json!({"RoleName": arn.rsplit('/').next(), "AssumeRolePolicyDocument": trust.to_string()});
        stage.administer(GOVERNANCE, "iam", "CreateRole", input);
        console(&stage, "CreateGroupProfile", json!({"domainIdentifier": domain, "rolePrincipalArn": arn}));
    }
    // The other profile is for everybody, which takes a grant, too.
    let refusal = refused(&stage);
    let told = "22 users and groups may create projects in unit line-0, and DataZone takes 20 grants there";
    assert_eq!((refusal.kind(), refusal.to_string().as_str()), (Kind::Config, told));
    assert_eq!(profiles(&stage, &domain)["items"].as_array().unwrap().len(), 0);
    let stage = stage.configured(&written(2, &with(19)));
    assert_eq!(open_steps(&apply(&stage)), Vec::<String>::new());
    assert_eq!(grants(&stage, &domain, &root(&stage, &domain)).len(), 20);
    assert_eq!(open_steps(&plan(&stage)), Vec::<String>::new());
    // All twenty are others then: those that go make room for those that come.
    let others: Vec<String> = roles[1..20].to_vec();
    let swapped = SECTIONS.replace("stages: [dev]", &format!("users: ['{}']", others.join("', '")));
    let stage = stage.configured(&written(2, &swapped));
    assert_eq!(open_steps(&apply(&stage)), Vec::<String>::new());
    assert_eq!(open_steps(&plan(&stage)), Vec::<String>::new());
}

#[test]
fn one_tenants_plan_leaves_the_others_alone() {
    let (stage, domain) = stage(SECTIONS);
    let applied = stage.act(async |studio| profile::apply(studio, Some("line-1")).await.unwrap());
    assert_eq!((open_steps(&applied), applied.verdict()), (Vec::new(), None));
    let listed = profiles(&stage, &domain);
    let names: Vec<&str> =
        listed["items"].as_array().unwrap().iter().filter_map(|known| known["name"].as_str()).collect();
    assert!(names.len() == 4 && names.iter().all(|name| name.starts_with("line-1 ")), "{names:?}");
    let again = stage.act(async |studio| profile::plan(studio, Some("line-1")).await.unwrap());
    assert_eq!(open_steps(&again), Vec::<String>::new());
    // The grant at the root is one for all tenants: the other's profiles come to it.
    assert_eq!(open_steps(&apply(&stage)), Vec::<String>::new());
    let again = stage.act(async |studio| profile::plan(studio, Some("line-1")).await.unwrap());
    assert_eq!(open_steps(&again), Vec::<String>::new());
    // What both have and aiops.yaml has no more goes for one of them.
    let without = SECTIONS.replace("  - {name: chat, use-case: rag, stages: [dev]}\n", "");
    let stage = stage.configured(&written(2, &without));
    let applied = stage.act(async |studio| profile::apply(studio, Some("line-1")).await.unwrap());
    assert_eq!((applied.count(Action::Change), applied.count(Action::Remove), applied.verdict()), (2, 1, None));
    let kept = named(&profiles(&stage, &domain), "line-0 chat dev")["id"].to_string();
    assert!(grants(&stage, &domain, &root(&stage, &domain))[0].to_string().contains(&kept));
    let unknown = stage.act(async |studio| profile::plan(studio, Some("line-7")).await.unwrap_err());
    assert_eq!(unknown.to_string(), "there is no tenant \"line-7\"");
}

#[test]
fn lists_tell_what_is_there_and_what_is_missing_and_who_may_use_it() {
    let (stage, domain) = stage(SECTIONS);
    stage.act(async |studio| profile::apply(studio, Some("line-0")).await.unwrap());
    console(&stage, "CreateProjectProfile", json!({"domainIdentifier": domain, "name": "theirs"}));
    let listed = stage.act(async |studio| profile::list(studio, None).await.unwrap());
    let told: Vec<String> = listed
        .iter()
        .map(|known| format!("{} {} {:?} {}", known.name, known.status, known.use_case, known.accounts.join("+")))
        .collect();
    assert_eq!(told.len(), 9);
    assert_eq!(told[0], format!("line-0 tabular dev enabled Some(\"regression\") {}+pool sandboxes", account(0, 0)));
    assert!(told.contains(&"line-1 tabular dev missing Some(\"regression\") ".to_owned()), "{told:#?}");
    assert_eq!(told[8], "theirs disabled None ");
    let shown = stage.act(async |studio| profile::show(studio, "line-0 chat dev").await.unwrap());
    assert_eq!(shown.listed.environments, ["Tooling", "DataLake", "Guardrail", "KnowledgeBase"]);
    assert_eq!(shown.listed.template.as_deref(), Some("rag"));
    let [everybody] = shown.may_create.as_slice() else { panic!("{:?}", shown.may_create) };
    assert_eq!((everybody.who.as_str(), everybody.effective), ("every user of the domain", true));
    assert_eq!(everybody.units, ["unit line-0", "the root unit"]);
    let unknown = stage.act(async |studio| profile::show(studio, "line-0 chat devv").await.unwrap_err());
    assert_eq!(unknown.hints()[0], "did you mean \"line-0 chat dev\"?");
}

#[test]
fn a_profile_in_use_is_not_deleted_but_disabled() {
    let (stage, domain) = stage(SECTIONS);
    apply(&stage);
    let name = "line-0 tabular dev";
    project(&stage, &domain, &described(&stage, &domain, name), "churn");
    let deleted = stage.act(async |studio| profile::delete(studio, name, true).await.unwrap());
    assert_eq!((open_steps(&deleted), deleted.verdict()), (Vec::new(), None));
    assert_eq!(described(&stage, &domain, name)["status"], "DISABLED");
    let again = stage.act(async |studio| profile::delete(studio, name, true).await.unwrap());
    assert_eq!((again.has_changes(), again.count(Action::Leave)), (false, 1));
}

#[test]
fn data_is_produced_in_the_accounts_for_data() {
    let data = [("dev", 0), ("test", 1), ("prod", 2)]
        .map(|(stage, index)| format!("      {stage}: {{account: '{}'}}\n", account(7, index)));
    let sections = "profiles: [{name: feed, use-case: data-pipeline}, {name: churn, use-case: regression}]\n";
    let stage = Stage::new(&written(1, &format!("    data:\n{}{sections}", data.concat())));
    let domain = with_domain(&stage);
    assert_eq!(open_steps(&apply(&stage)), Vec::<String>::new());
    for (name, home) in [("line-0 feed test", account(7, 1)), ("line-0 churn test", account(0, 1))] {
        let environments = described(&stage, &domain, name)["environmentConfigurations"].clone();
        for environment in environments.as_array().unwrap() {
            assert_eq!(environment["awsAccount"]["awsAccountId"], home, "{name}");
        }
    }
}

#[test]
fn many_profiles_are_made_about_as_fast_as_datazone_allows() {
    let four = ["regression", "llm-finetuning", "rag", "data-pipeline"]
        .map(|of| format!("  - {{name: {of}, use-case: {of}}}\n"));
    let stage = Stage::new(&written(3, &format!("profiles:\n{}", four.concat())));
    with_domain(&stage);
    let begun = stage.elapsed();
    assert_eq!(open_steps(&apply(&stage)), Vec::<String>::new());
    // 36 profiles, and DataZone takes three a second.
    let took = stage.elapsed() - begun;
    assert!((12..=14).contains(&took), "{took} s");
}

#[test]
fn a_deleted_profile_leaves_the_grants_first() {
    let (stage, domain) = stage(SECTIONS);
    apply(&stage);
    let name = "line-0 tabular prod";
    let id = named(&profiles(&stage, &domain), name)["id"].clone();
    let planned = stage.act(async |studio| profile::delete(studio, name, false).await.unwrap());
    assert_eq!((planned.count(Action::Change), planned.count(Action::Remove)), (2, 1));
    let deleted = stage.act(async |studio| profile::delete(studio, name, true).await.unwrap());
    assert_eq!((open_steps(&deleted), deleted.verdict()), (Vec::new(), None));
    let listed = profiles(&stage, &domain);
    assert!(listed["items"].as_array().unwrap().iter().all(|profile| profile["id"] != id));
    let left = grants(&stage, &domain, &root(&stage, &domain))[0].to_string();
    assert!(!left.contains(id.as_str().unwrap()));
    // It is in aiops.yaml, so it is missing now.
    assert!(open_steps(&plan(&stage))[0].starts_with("create project profile line-0 tabular prod"));
}

#[test]
fn without_a_domain_there_is_a_hint() {
    let stage = Stage::new(&written(1, SECTIONS));
    let refusal = refused(&stage);
    assert_eq!(refusal.to_string(), "there is no domain machine-learning in account 111111111111");
    assert!(refusal.hints()[0].contains("aiops domain apply"));
}
