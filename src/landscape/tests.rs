use proptest::prelude::*;

use super::*;
use crate::config::LoadOptions;

fn landscape(more: &str) -> Landscape {
    let text = format!(
        "region: eu-west-1
governance: {{account: '111111111111'}}
shared-services: {{account: '222222222222'{more}}}
tenants:
  - name: clinical
    stages: {{dev: {{account: '333333333333'}}, test: {{account: '444444444444'}}, prod: {{account: '555555555555', region: eu-central-1}}}}
  - name: clinical-labs
    stages: {{dev: {{account: '666666666666'}}, test: {{account: '777777777777'}}, prod: {{account: '888888888888', external-id: own-id}}}}
"
    );
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("aiops.yaml"), text).unwrap();
    let loaded = crate::config::load(&LoadOptions {
        explicit: None,
        working_directory: directory.path().to_owned(),
        environment: &std::collections::BTreeMap::new(),
        flags: crate::config::Flags::default(),
        look: crate::config::Look::default(),
    })
    .unwrap();
    Landscape::new(loaded.require_file().unwrap())
}

#[test]
fn names_and_roles_follow_from_the_configuration() {
    let landscape = landscape("");
    let clinical = landscape.tenant("clinical").unwrap();
    assert_eq!(landscape.central_bucket(), "aiops-models-222222222222-eu-west-1");
    assert_eq!(clinical.dev_bucket(), "aiops-clinical-333333333333-eu-west-1");
    assert_eq!(clinical.stage(Stage::Prod).region.as_str(), "eu-central-1");
    let role = clinical.stage(Stage::Test).role(Persona::Engineer);
    assert_eq!((role.arn.as_str(), role.external_id), ("arn:aws:iam::444444444444:role/aiops-engineer", None));
    let own = landscape.tenant("clinical-labs").unwrap().stage(Stage::Prod).role(Persona::Ci);
    assert_eq!(own.external_id.as_deref(), Some("own-id"));
    assert_eq!(clinical.stage(Stage::Dev).to_string(), "the dev account 333333333333 of clinical");
}

#[test]
fn roles_are_named_or_given_by_arn_in_the_right_partition() {
    let own = landscape(
        ", region: cn-north-1, roles: {engineer: 'arn:aws-cn:iam::222222222222:role/ml/engineer', ci: {role: builder, external-id: x1}}",
    );
    assert_eq!(own.central().role(Persona::Engineer).arn, "arn:aws-cn:iam::222222222222:role/ml/engineer");
    let ci = own.central().role(Persona::Ci);
    assert_eq!((ci.arn.as_str(), ci.external_id.as_deref()), ("arn:aws-cn:iam::222222222222:role/builder", Some("x1")));
}

#[test]
fn unknown_tenants_are_told_which_there_are() {
    let error = landscape("").tenant("clinicl").err().unwrap();
    assert_eq!(error.to_string(), "there is no tenant \"clinicl\"");
    assert_eq!(error.hints(), ["did you mean \"clinical\"?", "aiops.yaml has: clinical, clinical-labs"]);
}

#[test]
fn the_longest_tenant_name_owns_a_group() {
    let landscape = landscape("");
    let of = |group| landscape.model_of_central_group(group).map(|(tenant, model)| (tenant.name.clone(), model));
    assert_eq!(of("clinical-labs-risk"), Some(("clinical-labs".to_owned(), "risk")));
    assert_eq!(of("clinical-risk"), Some(("clinical".to_owned(), "risk")));
    assert_eq!(of("other-risk"), None);
    assert_eq!(of("clinical-"), None);

    let long = landscape.tenant("clinical").unwrap().central_group_name(&"long".repeat(15));
    assert_eq!((long.len(), of(&long)), (63, None));
}

#[test]
fn no_whole_name_looks_like_a_shortened_one() {
    let shortened = names::joined("clinical", &"x".repeat(60));
    let model = shortened.strip_prefix("clinical-").unwrap();
    assert_ne!(names::joined("clinical", model), shortened);
}

proptest! {
    #[test]
    fn joined_names_are_valid_and_distinct(first in "[a-z][a-z0-9]{0,30}", second in "[a-zA-Z0-9](-?[a-zA-Z0-9]){0,31}", other in "[a-zA-Z0-9](-?[a-zA-Z0-9]){0,31}") {
        let pattern = regex::Regex::new("^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$").unwrap();
        let name = names::joined(&first, &second);
        prop_assert!(name.len() <= 63 && pattern.is_match(&name), "{}", name);
        prop_assert_eq!(name == names::joined(&first, &other), second == other);
    }

    #[test]
    fn names_of_profiles_are_valid_and_distinct(tenant in "[a-z][a-z0-9]{0,30}", profile in "[a-z][a-z _-]{0,62}[a-z]", other in "[a-z][a-z _-]{0,62}[a-z]") {
        let pattern = regex::Regex::new("^[A-Za-z0-9 _-]{1,64}$").unwrap();
        let name = |profile: &str, stage: &str| names::fitted_within(64, format!("{tenant} {profile} {stage}"));
        prop_assert!(pattern.is_match(&name(&profile, "prod")), "{}", name(&profile, "prod"));
        prop_assert_eq!(name(&profile, "dev") == name(&other, "dev"), profile == other);
        prop_assert_ne!(name(&profile, "dev"), name(&profile, "test"));
    }
}
