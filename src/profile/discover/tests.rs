use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::blueprint::{Blueprint, Parameter};
use super::super::shape::Setting;
use super::*;
use crate::config::init::{StageAnswers, TenantAnswers};

const USE_CASES: [&str; 4] = ["regression", "llm-finetuning", "rag", "data-pipeline"];
const PARAMETERS: [&str; 4] = ["enableSpaces", "maxEbsVolumeSize", "enableAthena", "workgroupName"];
const NO_USERS: [Who; 0] = [];

fn blueprints() -> Blueprints {
    let named = ["Tooling", "DataLake", "MLExperiments", "Workflows", "AmazonBedrockKnowledgeBase", "QuickSight"];
    let named = named.into_iter().chain(["AmazonBedrockGuardrail"]);
    let known = named.map(|name| {
        let mut blueprint = Blueprint::new(&format!("id-of-{name}"), None);
        if name == "Tooling" {
            let names = ["idleTimeoutInMinutes", "enableAmazonBedrockPermissions", "gitConnectionArn", "gitBranchName"];
            let parameter = |name: &str| Parameter {
                name: name.to_owned(),
                kind: "String".to_owned(),
                default: None,
                editable: true,
                optional: true,
            };
            blueprint.parameters = PARAMETERS.into_iter().chain(names).map(parameter).collect();
        }
        (name.to_owned(), blueprint)
    });
    known.collect()
}

fn profile(written: Value) -> Profile {
    let mut profile = json!({"name": "p", "use-case": "regression"});
    profile.as_object_mut().unwrap().extend(written.as_object().unwrap().clone());
    serde_json::from_value(profile).unwrap()
}

fn place(account: &str) -> Home {
    Home::Fixed { account: account.repeat(12), region: "eu-west-1".to_owned() }
}

fn made(profile: &Profile, name: &str, account: &str, users: impl IntoIterator<Item = Who>) -> Known {
    let unit = format!("unit-{}", name.split(' ').next().unwrap());
    Known {
        name: name.to_owned(),
        shape: settings::shape(profile, &blueprints(), &unit, &place(account)),
        users: users.into_iter().collect(),
        hindered: BTreeSet::new(),
    }
}

fn answers(tenants: &[&str]) -> Answers {
    let accounts = ["3", "4", "5"].map(|digit| Some(StageAnswers::of(digit.repeat(12).parse().unwrap())));
    let tenant =
        |name: &&str| TenantAnswers { stages: accounts.clone(), ..TenantAnswers::named(name.parse().unwrap()) };
    let mut answers = Answers::new("eu-west-1".parse().unwrap(), "111111111111".parse().unwrap());
    answers.tenants = tenants.iter().map(tenant).collect();
    answers.domain = Some(crate::config::domain::Domain {
        blueprints: blueprints().keys().map(|name| name.parse().unwrap()).collect(),
        ..crate::config::domain::Domain::default()
    });
    answers
}

fn made_of(tenants: &[&str], profiles: Vec<Known>) -> Made {
    Made {
        units: tenants.iter().map(|name| (format!("unit-{name}"), name.parse().unwrap())).collect(),
        blueprints: blueprints(),
        profiles,
        people: BTreeMap::from([
            (Who::Everyone, ("every user of the domain".to_owned(), None)),
            (Who::User("1".to_owned()), ("user jo".to_owned(), Some("user:jo".parse().unwrap()))),
            (Who::Group("2".to_owned()), ("group 2".to_owned(), None)),
        ]),
        ..Made::default()
    }
}

/// What is written, and what is asked.
fn written_for(tenants: &[&str], profiles: Vec<Known>) -> (Vec<Profile>, Vec<String>) {
    let (mut answers, mut questions) = (answers(tenants), Vec::new());
    made_of(tenants, profiles).write(&mut answers, &mut questions);
    (answers.profiles, questions)
}

fn written(profiles: Vec<Known>) -> (Vec<Profile>, Vec<String>) {
    written_for(&["a"], profiles)
}

fn any_profile() -> impl Strategy<Value = Profile> {
    let parameter = prop_oneof![
        "[a-z0-9]{1,3}".prop_map(|value| json!(value)),
        "[a-z0-9]{1,3}".prop_map(|value| json!({"value": value, "editable": true})),
    ];
    let parameters = prop::collection::btree_map(prop::sample::select(PARAMETERS.to_vec()), parameter, 0..3);
    let connection = "arn:aws:codeconnections:eu-west-1:111111111111:connection/0a1b2c3d-0000-4000-8000-000000000001";
    let more = (prop::option::of("[A-Z][a-z]{1,9}"), any::<bool>(), any::<bool>(), any::<bool>());
    (prop::sample::select(USE_CASES.to_vec()), parameters, more).prop_map(
        move |(use_case, parameters, (description, enabled, connected, reports))| {
            let mut environments = vec![
                json!({"name": "Tooling", "parameters": parameters}),
                json!({"name": "DataLake", "mode": if reports { "on-demand" } else { "on-create" }}),
            ];
            environments.extend(
                reports.then(|| json!({"name": "Reports", "blueprint": "QuickSight", "account-pools": ["sandboxes"]})),
            );
            profile(json!({
                "use-case": use_case, "description": description, "enabled": enabled, "environments": environments,
                "git-connection": connected.then_some(connection),
            }))
        },
    )
}

proptest! {
    #[test]
    fn whatever_aiops_made_the_file_can_say(desired in any_profile()) {
        let shape = settings::shape(&desired, &blueprints(), "u", &place("3"));
        let found = settings::nearest(&desired.name, &shape, &blueprints()).unwrap();
        let again = settings::shape(&found, &blueprints(), "u", &place("3"));
        prop_assert_eq!(again.differences(&shape, true), Vec::new());
    }
}

#[test]
fn what_ships_needs_no_words() {
    for use_case in USE_CASES {
        let desired = profile(json!({"use-case": use_case}));
        let shape = settings::shape(&desired, &blueprints(), "u", &place("3"));
        assert_eq!(settings::nearest(&desired.name, &shape, &blueprints()), Some(desired));
    }
}

#[test]
fn what_one_stage_has_for_itself_is_asked_and_not_written() {
    let usual = profile(json!({}));
    let mut changed = made(&usual, "a p test", "4", [Who::Everyone]);
    let size = Setting { value: "7".to_owned(), editable: Some(false) };
    changed.shape.environments.get_mut("Tooling").unwrap().parameters.insert("maxEbsVolumeSize".to_owned(), size);
    let elsewhere = made(&usual, "a p prod", "9", [Who::Everyone]);
    let (profiles, questions) = written(vec![changed, made(&usual, "a p dev", "3", [Who::Everyone]), elsewhere]);
    assert_eq!(profiles, [usual]);
    let told: Vec<&str> = questions.iter().map(|question| question.split(": `").next().unwrap()).collect();
    let homes = ["DataLake", "MLExperiments", "Tooling"].map(|name| format!("environments.{name}.account"));
    assert_eq!(
        told,
        [
            "Profile a p test is not as it is written in environments.Tooling.parameters.maxEbsVolumeSize",
            &format!("Profile a p prod is not as it is written in {}", homes.join(", ")),
        ]
    );
}

#[test]
fn a_profile_that_nobody_may_use_is_not_opened_to_everybody() {
    let open = profile(json!({"stages": ["dev"]}));
    for (users, question) in [
        (vec![Who::Group("2".to_owned())], "group 2 may create projects"),
        (NO_USERS.to_vec(), "Who may create projects from profiles p?"),
    ] {
        let (profiles, questions) = written(vec![made(&open, "a p dev", "3", users)]);
        assert_eq!(profiles, [Profile { enabled: false, ..open.clone() }]);
        assert!(questions[0].starts_with(question), "{questions:?}");
    }
    let known = made(&open, "a p dev", "3", [Who::User("1".to_owned())]);
    let (profiles, questions) = written(vec![known]);
    assert_eq!((profiles[0].users[0].as_str(), profiles[0].enabled, questions), ("user:jo", true, Vec::new()));
}

#[test]
fn what_the_file_does_not_mean_any_more_stays_out() {
    let closed = profile(json!({"enabled": false}));
    let (profiles, questions) = written(vec![made(&closed, "a p dev", "3", NO_USERS)]);
    assert_eq!(profiles, []);
    assert!(questions[0].starts_with("Profile a p dev is disabled, and nobody was granted anything"), "{questions:?}");
    // Its name tells nothing, and neither does that of another.
    let (profiles, questions) = written(vec![made(&closed, "b p dev", "3", [Who::Everyone])]);
    assert_eq!(profiles, []);
    assert!(questions[0].starts_with("Whose is the profile b p dev?"), "{questions:?}");
}

#[test]
fn tenants_and_stages_are_those_that_have_the_profile() {
    let usual = profile(json!({}));
    let of = |names: &[(&str, &str)]| -> Vec<Known> {
        names.iter().map(|(name, account)| made(&usual, name, account, [Who::Everyone])).collect()
    };
    let (profiles, questions) = written(of(&[("a p dev", "3"), ("a p prod", "5"), ("a q test", "4")]));
    let stages =
        |profile: &Profile| -> Vec<&str> { profile.stages.iter().map(|stage| Stage::from(*stage).word()).collect() };
    let told: Vec<_> = profiles.iter().map(|known| (known.name.as_str(), stages(known), &known.tenants)).collect();
    assert_eq!(told, [("p", vec!["dev", "prod"], &None), ("q", vec!["test"], &None)]);
    assert_eq!(questions, [""; 0]);

    let tenants = |names: &[&str]| Some(names.iter().map(|name| name.parse().unwrap()).collect::<Vec<TenantName>>());
    let (profiles, questions) = written_for(&["a", "b"], of(&[("a p dev", "3")]));
    assert_eq!((&profiles[0].tenants, questions), (&tenants(&["a"]), Vec::new()));
    // The file cannot say that one tenant has it in other stages than another.
    let (profiles, questions) =
        written_for(&["a", "b", "c"], of(&[("a p dev", "3"), ("b p dev", "3"), ("b p test", "4")]));
    assert_eq!(profiles[0].tenants, tenants(&["a", "b"]));
    let missing = "There is no profile a p test, though the file means it: `aiops profile apply` would make it.";
    assert_eq!(questions, [missing]);
}

#[test]
fn other_users_of_one_stage_are_asked_about() {
    let usual = profile(json!({"stages": ["dev", "test", "prod"]}));
    let jo = || Who::User("1".to_owned());
    let mut prod = made(&usual, "a p prod", "5", [jo()]);
    prod.hindered.insert(Who::Group("2".to_owned()));
    let known = vec![made(&usual, "a p dev", "3", [Who::Everyone, jo()]), made(&usual, "a p test", "4", [jo()]), prod];
    let (profiles, questions) = written(known);
    assert_eq!(profiles[0].users, ["user:jo".parse().unwrap()]);
    assert_eq!(questions.len(), 2, "{questions:?}");
    assert!(questions[0].ends_with("profile a p dev: every user of the domain, user jo."), "{questions:?}");
    assert!(questions[1].ends_with("profile a p prod, which is not enough: group 2. They are not written."));
}

#[test]
fn pools_are_written_that_aiops_made_or_its_profiles_need() {
    let listed = || Some(pool::Accounts::from([("9".repeat(12), BTreeSet::from(["eu-west-1".to_owned()]))]));
    let pool =
        |name: &str, is_ours, accounts| Pool { id: format!("id-{name}"), name: name.to_owned(), is_ours, accounts };
    let pools = vec![
        pool("mine", true, listed()),
        pool("computed", true, None),
        pool("needed", false, listed()),
        pool("others", false, listed()),
    ];
    let pooled = json!({"environments": [{"name": "R", "blueprint": "QuickSight", "account-pools": ["needed"]}]});
    let known = made(&profile(pooled), "a p dev", "3", [Who::Everyone]);
    let made = Made { pools, others: vec!["stranger".to_owned()], ..made_of(&["a"], vec![known]) };
    let (mut answers, mut questions) = (answers(&["a"]), Vec::new());
    made.write(&mut answers, &mut questions);
    let written = answers.domain.unwrap().account_pools;
    let names: Vec<&str> = written.iter().map(|pool| pool.name.as_str()).collect();
    assert_eq!((names, written[0].accounts[0].regions.len()), (vec!["mine", "needed"], 0));
    assert_eq!(questions.len(), 2, "{questions:?}");
    assert!(questions[0].starts_with("Account pool computed is not written"), "{questions:?}");
    assert!(questions[1].ends_with("stay as they are: stranger."), "{questions:?}");
}
