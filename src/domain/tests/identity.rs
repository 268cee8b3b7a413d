use serde_json::{Value, json};

use super::{A, Bench, CONFIG, bench, config, told};
use crate::plan::Action;
use crate::sandbox::testing::{allow, role, trust};

const PEOPLE: &str = "
  single-sign-on: true
  owners: ['group:Platform', 'role:arn:aws:iam::111111111111:role/Pipeline']
";

/// [`CONFIG`] with single sign-on and people.
fn with_people() -> String {
    CONFIG.replace("domain:\n", &format!("domain:{PEOPLE}")).replace(
        "    title: Clinical research\n",
        "    title: Clinical research\n    owners: ['user:lead']\n    members: ['group:Analysts', 'user:lead']\n",
    )
}

/// A bench with an instance of IAM Identity Center in which there are these groups, and one user.
fn directory(text: &str, groups: &[&str]) -> Bench {
    let bench = bench(text);
    bench.console("sso", "CreateInstance", json!({}));
    let store = store(&bench);
    for group in groups {
        bench.console("identitystore", "CreateGroup", json!({"IdentityStoreId": store, "DisplayName": group}));
    }
    bench.console("identitystore", "CreateUser", json!({"IdentityStoreId": store, "UserName": "lead"}));
    let nobody = trust(A, &["sts:AssumeRole"], &json!({}));
    role(&bench.sandbox, A, "Pipeline", &nobody, &allow(&["datazone:*"], &json!({})));
    bench
}

fn store(bench: &Bench) -> Value {
    bench.console("sso", "ListInstances", json!({}))["Instances"][0]["IdentityStoreId"].clone()
}

#[test]
fn people_take_part_own_units_and_may_be_members() {
    let bench = directory(&with_people(), &["Platform", "Platform engineers", "Analysts"]);
    let done = bench.apply();
    assert!(done.failures().next().is_none(), "{}", told(&done));
    assert_eq!(told(&bench.plan()), "");
    let unit = bench.unit("clinical");
    let owners = bench.inside("ListEntityOwners", json!({"entityType": "DOMAIN_UNIT", "entityIdentifier": unit}));
    assert_eq!(owners["owners"].as_array().unwrap().len(), 2, "the lead, and who made it: {owners}");
    let pool = |unit: &str| {
        let input = json!({
            "entityType": "DOMAIN_UNIT", "entityIdentifier": unit, "policyType": "ADD_TO_PROJECT_MEMBER_POOL",
        });
        bench.inside("ListPolicyGrants", input)["grantList"].as_array().unwrap().clone()
    };
    assert_eq!(pool(&unit).len(), 2);
    let root = pool(&bench.root());
    assert_eq!(root.len(), 1);
    assert_eq!(root[0]["detail"]["addToProjectMemberPool"]["includeChildDomainUnits"], false);

    // Somebody in the console takes a profile out, and makes another owner.
    let group =
        bench.inside("SearchGroupProfiles", json!({"groupType": "DATAZONE_SSO_GROUP", "searchText": "Analysts"}));
    let id = &group["items"][0]["id"];
    bench.inside("UpdateGroupProfile", json!({"groupIdentifier": id, "status": "NOT_ASSIGNED"}));
    let owner = json!({"group": {"groupIdentifier": id}});
    let entity = json!({"entityType": "DOMAIN_UNIT", "entityIdentifier": unit, "owner": owner});
    bench.inside("AddEntityOwner", entity.clone());
    let other = json!({"entityType": "DOMAIN_UNIT", "entityIdentifier": bench.unit("insurance"), "owner": owner});
    bench.inside("AddEntityOwner", other);
    let plan = told(&bench.plan()).replace(id.as_str().unwrap(), "ID-OF-ANALYSTS");
    insta::assert_snapshot!(plan, @r#"
    change group profile Analysts
      status: "NOT_ASSIGNED" -> "ASSIGNED"
    change owners clinical
      owners: ["arn:aws:iam::111111111111:root","ID-OF-ANALYSTS","lead"] -> ["arn:aws:iam::111111111111:root","lead"]
    leave owners insurance
    "#);
    bench.apply();
    assert_eq!(told(&bench.plan()), "leave owners insurance");
}

#[test]
fn wrong_input_is_refused_before_anything_is_made() {
    let refused = |bench: Bench| {
        let plan = bench.plan();
        assert_eq!(bench.writes().len(), 0);
        plan.failures()
            .filter(|step| step.action == Action::Unknown && step.kind.is_some())
            .flat_map(|step| step.error.iter().chain(&step.hints).cloned())
            .filter(|line| !line.starts_with("needs the "))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let quiet = |bench: Bench| {
        bench.sandbox.take_log();
        bench
    };
    let mut answers = vec![refused(quiet(directory(&with_people(), &["Platform engineers", "Analysts"])))];
    answers.push(refused(bench(&with_people())));
    answers
        .push(refused(quiet(directory(&with_people().replace("single-sign-on: true", "single-sign-on: false"), &[]))));
    let elsewhere = with_people().replace("{account: '111111111111'}", "{account: '111111111111', region: us-east-1}");
    answers.push(refused(quiet(directory(&elsewhere, &["Platform"]))));
    let many: String = (0..21).map(|n| format!("'group:g{n}', ")).collect();
    let many = with_people().replace("'group:Analysts', ", &many);
    let groups: Vec<String> = (0..21).map(|n| format!("g{n}")).collect();
    let groups: Vec<&str> = groups.iter().map(String::as_str).chain(["Platform"]).collect();
    answers.push(refused(quiet(directory(&many, &groups))));
    insta::assert_snapshot!(answers.join("\n---\n"), @r#"
    cannot look at the group profile Platform in account 111111111111: IAM Identity Center has no group called "Platform"
    names are compared exactly; add the group there, or correct `group:Platform` in aiops.yaml
    ---
    cannot look at the domain machine-learning in account 111111111111: account 111111111111 sees no IAM Identity Center in eu-west-1
    single sign-on needs an instance of IAM Identity Center in the domain's Region: one in another Region does not serve it. Enable one there, move the domain (`governance.region`), or turn off `domain.single-sign-on`
    ---
    cannot look at the group profile Platform in account 111111111111: Platform is of IAM Identity Center, and the domain has no single sign-on
    set `domain.single-sign-on: true`, or name a role in its place
    cannot look at the user profile lead in account 111111111111: lead is of IAM Identity Center, and the domain has no single sign-on
    set `domain.single-sign-on: true`, or name a role in its place
    cannot look at the group profile Analysts in account 111111111111: Analysts is of IAM Identity Center, and the domain has no single sign-on
    set `domain.single-sign-on: true`, or name a role in its place
    ---
    cannot look at the domain machine-learning in account 111111111111: account 111111111111 sees no IAM Identity Center in us-east-1
    single sign-on needs an instance of IAM Identity Center in the domain's Region: one in another Region does not serve it. Enable one there, move the domain (`governance.region`), or turn off `domain.single-sign-on`
    ---
    cannot look at the member pool clinical in account 111111111111: 22 grants of one policy are wanted, and DataZone takes 20
    put people into groups of IAM Identity Center, and name those
    "#);
}

#[test]
fn what_is_fixed_with_a_domain_is_not_changed() {
    let bench = directory(&with_people(), &["Platform", "Analysts"]);
    bench.apply();
    let key = "kms-key: 'arn:aws:kms:eu-west-1:111111111111:key/0a1b2c3d-0000-4000-8000-000000000001'";
    let with_key = with_people().replace("  single-sign-on: true\n", &format!("  single-sign-on: true\n  {key}\n"));
    let bench = Bench { config: config(&with_key), ..bench };
    insta::assert_snapshot!(told(&bench.plan()).lines().take(4).collect::<Vec<_>>().join("\n"), @"
    unknown domain machine-learning
      cannot look at the domain machine-learning in account 111111111111: `domain.kms-key` cannot be changed from none to arn:aws:kms:eu-west-1:111111111111:key/0a1b2c3d-0000-4000-8000-000000000001: AWS fixes it with the domain
      hint: write in aiops.yaml what the domain has, or give a new domain another name
    unknown user profile arn:aws:iam::111111111111:root
    ");
    let bench = Bench { config: config(CONFIG), ..bench };
    insta::assert_snapshot!(told(&bench.plan()).lines().take(4).collect::<Vec<_>>().join("\n"), @"
    unknown domain machine-learning
      cannot look at the domain machine-learning in account 111111111111: `domain.single-sign-on` cannot be changed from true to false: AWS fixes it with the domain
      hint: write in aiops.yaml what the domain has, or give a new domain another name
    unknown user profile arn:aws:iam::111111111111:root
    ");
}

#[test]
fn a_role_that_was_made_anew_takes_part_again() {
    let bench = directory(&with_people(), &["Platform", "Analysts"]);
    bench.apply();
    bench.console("iam", "DeleteRolePolicy", json!({"RoleName": "Pipeline", "PolicyName": "p"}));
    bench.console("iam", "DeleteRole", json!({"RoleName": "Pipeline"}));
    let missing = told(&bench.plan());
    assert!(missing.contains("there is no role arn:aws:iam::111111111111:role/Pipeline"), "{missing}");
    let nobody = trust(A, &["sts:AssumeRole"], &json!({}));
    role(&bench.sandbox, A, "Pipeline", &nobody, &allow(&["datazone:*"], &json!({})));
    assert!(told(&bench.plan()).starts_with("create group profile arn:aws:iam::111111111111:role/Pipeline"));
    let done = bench.apply();
    assert!(done.failures().next().is_none(), "{}", told(&done));
    assert_eq!(told(&bench.plan()), "");
}

#[test]
fn a_full_set_of_grants_is_replaced_one_by_one() {
    let names: Vec<String> = (0..21).map(|n| format!("g{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).chain(["Platform"]).collect();
    let members = |range: std::ops::Range<usize>| {
        let groups: Vec<String> = range.map(|n| format!("'group:g{n}'")).collect();
        with_people().replace("'group:Analysts', 'user:lead'", &groups.join(", "))
    };
    let bench = directory(&members(0..20), &names);
    bench.apply();
    let bench = Bench { config: config(&members(1..21)), ..bench };
    let done = bench.apply();
    assert!(done.failures().next().is_none(), "{}", told(&done));
    assert_eq!(told(&bench.plan()), "");
}

#[test]
fn the_alias_of_a_key_means_the_key() {
    let with_key = CONFIG.replace("domain:\n", "domain:\n  kms-key: alias/studio\n");
    let bench = bench(&with_key);
    let missing = told(&bench.plan());
    assert!(missing.contains("there is no KMS key alias/studio"), "{missing}");
    let key = bench.console("kms", "CreateKey", json!({}))["KeyMetadata"].clone();
    bench.console("kms", "CreateAlias", json!({"AliasName": "alias/studio", "TargetKeyId": key["KeyId"]}));
    let done = bench.apply();
    assert!(done.failures().next().is_none(), "{}", told(&done));
    assert_eq!(bench.domain()["kmsKeyIdentifier"], key["Arn"]);
    assert_eq!(told(&bench.plan()), "");
}
