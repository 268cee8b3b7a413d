use serde_json::{Value, json};

use super::{A, Bench, CONFIG, bench, config, told, wait};
use crate::governance::policy::{Site, bootstrap};
use crate::plan::{Action, State};
use crate::sandbox::faults::{Effect, Fault, When};
use crate::sandbox::testing::{Client, allow, role, trust};

#[test]
fn an_empty_account_becomes_a_domain_and_stays_as_it_is() {
    let bench = bench(CONFIG);
    insta::assert_snapshot!(told(&bench.plan()), @"
    create role AmazonSageMakerDomainExecution
    create role AmazonSageMakerDomainService
    create domain machine-learning
    create user profile arn:aws:iam::111111111111:root
    create owners Root
    create domain unit clinical
    create domain unit insurance
    create member pool Root
    create member pool clinical
    create member pool insurance
    ");
    assert_eq!(bench.writes(), [""; 0]);
    let done = bench.apply();
    assert!(done.steps.iter().all(|step| step.error.is_none()), "{}", told(&done));
    bench.sandbox.take_log();
    let after = bench.plan();
    assert_eq!(told(&after), "");
    assert!(!after.has_changes() && after.count(Action::Keep) == after.steps.len());
    let calls = bench.sandbox.take_log().len();
    assert!(calls < 60, "{calls} calls to see that nothing is to do");
    let domain = bench.domain();
    assert_eq!(domain["tags"], json!({"cost-center": "4711", "managed-by": "aiops"}));
    assert_eq!(domain["domainVersion"], "V2");
    assert_eq!(bench.writes(), [""; 0]);
}

#[test]
fn what_is_changed_in_the_console_shows_and_is_set_right() {
    let bench = bench(CONFIG);
    bench.apply();
    let (execution, service) = ("AmazonSageMakerDomainExecution", "AmazonSageMakerDomainService");
    let wide = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "datazone.amazonaws.com"},
    }});
    let iam = |operation, input| bench.console("iam", operation, input);
    iam("UpdateAssumeRolePolicy", json!({"RoleName": service, "PolicyDocument": wide.to_string()}));
    let policy = "arn:aws:iam::aws:policy/service-role/SageMakerStudioDomainExecutionRolePolicy";
    iam("DetachRolePolicy", json!({"RoleName": execution, "PolicyArn": policy}));
    let more = allow(&["s3:*"], &json!({}));
    iam("PutRolePolicy", json!({"RoleName": execution, "PolicyName": "More", "PolicyDocument": more}));
    let domain = bench.domain();
    let update = json!({"identifier": domain["id"], "description": "Something else"});
    bench.console("datazone", "UpdateDomain", update);
    bench.console("datazone", "TagResource", json!({"resourceArn": domain["arn"], "tags": {"cost-center": "0"}}));
    let unit = bench.unit("clinical");
    bench.inside("UpdateDomainUnit", json!({"identifier": unit, "description": "Mine (managed by aiops)"}));
    let grants = json!({
        "entityType": "DOMAIN_UNIT", "entityIdentifier": unit, "policyType": "ADD_TO_PROJECT_MEMBER_POOL",
        "principal": {"user": {"allUsersGrantFilter": {}}},
    });
    bench.inside("RemovePolicyGrant", grants.clone());
    let mut narrow = grants;
    narrow["detail"] = json!({"addToProjectMemberPool": {}});
    bench.inside("AddPolicyGrant", narrow);
    let plan = bench.plan();
    insta::assert_snapshot!(told(&plan), @r#"
    change role AmazonSageMakerDomainExecution
      managed-policies: [] -> ["arn:aws:iam::aws:policy/service-role/SageMakerStudioDomainExecutionRolePolicy"]
      inline-policies.More: {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:*"],"Resource":"*","Condition":{}}} -> null
    change role AmazonSageMakerDomainService
      trust: {"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"datazone.amazonaws.com"}}} -> {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["datazone.amazonaws.com"]},"Action":["sts:AssumeRole"],"Condition":{"StringEquals":{"aws:SourceAccount":"111111111111"}}}]}
    change domain machine-learning
      description: "Something else" -> "Models of the company"
      tags.cost-center: "0" -> "4711"
    change domain unit clinical
      description: "Mine (managed by aiops)" -> "Clinical research (managed by aiops)"
    change member pool clinical
      grants: [{"users":"all","include-child-domain-units":false}] -> [{"users":"all","include-child-domain-units":true}]
    "#);
    bench.apply();
    assert_eq!(told(&bench.plan()), "");
}

#[test]
fn a_domain_of_others_is_used_if_it_matches_and_refused_if_not() {
    let bench = bench(CONFIG);
    bench.apply();
    let domain = bench.domain();
    let arn = domain["arn"].clone();
    bench.console("datazone", "UntagResource", json!({"resourceArn": arn, "tagKeys": ["managed-by"]}));
    let plan = bench.plan();
    assert!(!plan.has_changes() && plan.refuse_conflicts().is_ok(), "{}", told(&plan));
    bench.console("datazone", "UpdateDomain", json!({"identifier": domain["id"], "description": "Theirs"}));
    bench.sandbox.take_log();
    let plan = bench.apply();
    let refusal = plan.refuse_conflicts().unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "the domain machine-learning in account 111111111111 is not aiops's and differs in description"
    );
    assert_eq!(bench.writes(), [""; 0]);
}

#[test]
fn two_domains_of_one_name_are_in_the_way() {
    let bench = bench(CONFIG);
    bench.apply();
    let domain = bench.domain();
    let request = json!({
        "name": domain["name"], "domainVersion": "V2", "domainExecutionRole": domain["domainExecutionRole"],
        "serviceRole": domain["serviceRole"],
    });
    bench.console("datazone", "CreateDomain", request);
    let plan = bench.plan();
    let conflict = plan.steps.iter().find(|step| step.action == Action::Conflict).unwrap();
    assert_eq!(conflict.differences[0].field, "domains-of-this-name");
    assert!(conflict.differences[0].actual.as_array().is_some_and(|ids| ids.contains(&domain["id"])));
}

#[test]
fn units_and_roles_of_others_are_used_if_they_match_and_never_changed() {
    let bench = bench(CONFIG);
    let name = "AmazonSageMakerDomainService";
    let theirs =
        role(&bench.sandbox, A, name, &trust(A, &["sts:AssumeRole"], &json!({})), &allow(&["s3:*"], &json!({})));
    let plan = bench.apply();
    let conflict = plan.steps.iter().find(|step| step.action == Action::Conflict).unwrap();
    assert_eq!(conflict.address.name, name);
    let fields: Vec<&str> = conflict.differences.iter().map(|found| found.field.as_str()).collect();
    assert_eq!(fields, ["trust", "managed-policies", "inline-policies.p"]);
    assert!(plan.steps.iter().filter(|step| step.address.kind == "domain").all(|step| step.state == State::Skipped));
    assert!(bench.console("datazone", "ListDomains", json!({}))["items"].as_array().unwrap().is_empty());

    let named = CONFIG.replace("domain:\n", &format!("domain:\n  roles: {{service: '{theirs}'}}\n"));
    let bench = Bench { config: config(&named), ..bench };
    let plan = bench.plan();
    let conflict = plan.steps.iter().find(|step| step.action == Action::Conflict).unwrap();
    assert_eq!(conflict.differences.len(), 1, "of a role that is named only its trust counts");
    let trusting = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "sts:*", "Principal": {"Service": ["datazone.amazonaws.com", "ec2.amazonaws.com"]},
    }});
    bench.console("iam", "UpdateAssumeRolePolicy", json!({"RoleName": name, "PolicyDocument": trusting.to_string()}));
    let done = bench.apply();
    assert!(done.failures().next().is_none(), "{}", told(&done));
    assert_eq!(bench.domain()["serviceRole"], json!(theirs));

    let unit = bench.unit("insurance");
    bench.inside("UpdateDomainUnit", json!({"identifier": unit, "description": "of others"}));
    let plan = bench.plan();
    assert!(!plan.has_changes() && plan.count(Action::Conflict) == 0, "{}", told(&plan));
    let unit = bench.unit("clinical");
    bench.inside("UpdateDomainUnit", json!({"identifier": unit, "description": "of others"}));
    insta::assert_snapshot!(told(&bench.plan()), @r#"
    adopt role AmazonSageMakerDomainService
    conflict domain unit clinical
      description: "of others" -> "Clinical research"
    unknown owners clinical
      needs the domain unit clinical in account 111111111111
    adopt domain unit insurance
    unknown member pool clinical
      needs the domain unit clinical in account 111111111111
    "#);
}

#[test]
fn a_domain_that_was_deleted_is_made_again_within_the_day() {
    let bench = bench(CONFIG);
    bench.apply();
    let first = bench.domain()["id"].clone();
    bench.console("datazone", "DeleteDomain", json!({"identifier": first, "cascadeDelete": true}));
    let done = bench.apply();
    assert!(done.failures().next().is_none(), "{}", told(&done));
    wait(&bench.sandbox, 120);
    assert_ne!(bench.domain()["id"], first);
    assert_eq!(told(&bench.plan()), "");
}

#[test]
fn it_converges_whatever_call_was_never_made() {
    cut_off_at_every_call(When::Before);
}

#[test]
fn it_converges_whatever_answer_was_lost() {
    cut_off_at_every_call(When::After);
}

/// From some call on nothing gets through; then another run goes to its end.
fn cut_off_at_every_call(when: When) {
    let one_tenant = CONFIG.split("  - name: insurance").next().unwrap();
    let whole = bench(one_tenant);
    whole.apply();
    let (calls, made) = (whole.sandbox.take_log().len() as u64, census(&whole));
    for skip in 0..calls {
        let bench = bench(one_tenant);
        let (times, effect) = (None, Effect::Drop);
        bench.sandbox.inject(Fault { service: None, operation: None, account: None, skip, times, when, effect });
        let _ = bench.run(true);
        bench.sandbox.clear_faults();
        let done = bench.apply();
        assert!(done.failures().next().is_none(), "{skip}: {}", told(&done));
        assert_eq!(told(&bench.plan()), "", "{skip}");
        assert_eq!(census(&bench), made, "{skip}");
    }
}

/// How many documents of each kind there are, remembered tokens and what time leaves behind apart.
fn census(bench: &Bench) -> Vec<(String, u64)> {
    let mut census = bench.sandbox.census().unwrap();
    census.retain(|(kind, _)| {
        ["datazone/", "iam/"].iter().any(|service| kind.starts_with(service)) && !kind.ends_with("token")
    });
    census
}

/// Makes the administrator's role, with the rights that aiops generates for it.
fn administrator(bench: &Bench) -> String {
    let people = trust(A, &["sts:AssumeRole", "sts:SetSourceIdentity"], &json!({}));
    let rights = bootstrap(Site::Governance, "aws", A).to_string();
    role(&bench.sandbox, A, "aiops-administrator", &people, &rights)
}

#[test]
fn the_rights_that_are_generated_for_the_administrator_suffice() {
    let bench = bench(CONFIG);
    administrator(&bench);
    let done = bench.apply();
    assert!(done.failures().next().is_none(), "{}", told(&done));
    assert_eq!(told(&bench.plan()), "");
    let deleted = bench.dismantle(true);
    assert!(deleted.failures().next().is_none(), "{}", told(&deleted));
}

#[test]
fn a_role_that_acts_becomes_an_owner_also_where_it_made_nothing() {
    let bench = bench(CONFIG);
    bench.apply();
    let root = bench.root();
    let administrator = administrator(&bench);
    let plan = bench.plan();
    assert_eq!(plan.count(Action::Unknown), 0, "{}", told(&plan));
    let done = bench.apply();
    assert!(done.failures().next().is_none(), "{}", told(&done));
    assert_eq!(told(&bench.plan()), "");
    let owners = bench.inside("ListEntityOwners", json!({"entityType": "DOMAIN_UNIT", "entityIdentifier": root}));
    assert_eq!(owners["owners"].as_array().unwrap().len(), 2, "who owned it before still does: {owners}");
    let client = Client::administrator(&bench.sandbox, A).assume(&administrator, &[]).unwrap();
    let path = format!("/v2/domains/{}/domain-units/{root}", bench.domain()["id"].as_str().unwrap());
    client.rest("datazone", "GET", &path, &Value::Object(Default::default())).unwrap();
}

#[test]
fn the_unit_of_a_tenant_that_is_gone_goes_when_it_is_empty() {
    let bench = bench(CONFIG);
    bench.apply();
    let (unit, root) = (bench.unit("insurance"), bench.root());
    bench.inside("CreateDomainUnit", json!({"name": "theirs", "parentDomainUnitIdentifier": root}));
    let profile = json!({"name": "left", "domainUnitIdentifier": unit, "environmentConfigurations": []});
    let profile = bench.inside("CreateProjectProfile", profile);
    let without = CONFIG.split("  - name: insurance").next().unwrap();
    let bench = Bench { config: config(without), ..bench };
    let plan = bench.plan();
    assert_eq!(told(&plan), "leave domain unit insurance");
    let left = plan.steps.iter().find(|step| step.action == Action::Leave).unwrap();
    assert_eq!(
        left.reason,
        "there is no tenant insurance any more, but there are still project profiles in it, such as left"
    );
    bench.inside("DeleteProjectProfile", json!({"identifier": profile["id"]}));
    assert_eq!(told(&bench.plan()), "remove domain unit insurance");
    let done = bench.apply();
    assert!(done.failures().next().is_none(), "{}", told(&done));
    assert_eq!(told(&bench.plan()), "");
}

#[test]
fn a_deletion_takes_what_aiops_made_and_leaves_the_rest() {
    let bench = bench(CONFIG);
    bench.apply();
    let theirs = "AmazonSageMakerDomainService";
    bench.console("iam", "UntagRole", json!({"RoleName": theirs, "TagKeys": ["managed-by"]}));
    insta::assert_snapshot!(told(&bench.dismantle(false)), @"
    remove domain machine-learning
    leave role AmazonSageMakerDomainService
    remove role AmazonSageMakerDomainExecution
    ");
    let done = bench.dismantle(true);
    assert!(done.failures().next().is_none(), "{}", told(&done));
    // AWS shows for a while what it has deleted.
    wait(&bench.sandbox, 60);
    assert!(bench.console("datazone", "ListDomains", json!({}))["items"].as_array().unwrap().is_empty());
    let roles = bench.console("iam", "ListRoles", json!({}));
    let names: Vec<&str> = roles["Roles"].as_array().unwrap().iter().map(|r| r["RoleName"].as_str().unwrap()).collect();
    assert_eq!(names, [theirs]);
    assert!(!bench.dismantle(true).has_changes());
}
