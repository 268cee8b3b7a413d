//! The use cases as they ship: which environments their projects have, and what aiops.yaml makes of them.

use std::collections::BTreeMap;

use super::blueprint::Blueprints;
use crate::config::domain::{DeploymentMode, Profile, UseCase};
use crate::config::settings::Git;

/// An environment as a profile is to have it, wherever that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// Name of the environment, unique in the profile.
    pub name: String,
    /// Name of the blueprint; nothing if the configuration should have said and did not.
    pub blueprint: Option<String>,
    /// When it is made.
    pub mode: DeploymentMode,
    /// Values of parameters, by name.
    pub parameters: BTreeMap<String, Value>,
    /// Account pools, by name; without any, the account of tenant and stage.
    pub account_pools: Vec<String>,
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    /// The value.
    pub text: String,
    /// Whether projects may choose another.
    pub editable: bool,
}

/// An environment of a use case.
struct Shipped {
    name: &'static str,
    blueprint: &'static str,
    mode: DeploymentMode,
    parameters: &'static [Parameter],
}

/// Name and value of a parameter, and whether projects may choose another value.
type Parameter = (&'static str, &'static str, bool);

const FIXED: bool = false;
const EDITABLE: bool = true;

const fn on_create(blueprint: &'static str, parameters: &'static [Parameter]) -> Shipped {
    Shipped { name: blueprint, blueprint, mode: DeploymentMode::OnCreate, parameters }
}

const fn on_demand(name: &'static str, blueprint: &'static str, parameters: &'static [Parameter]) -> Shipped {
    Shipped { name, blueprint, mode: DeploymentMode::OnDemand, parameters }
}

const DATA_LAKE: Shipped = on_create("DataLake", &[("glueDbName", "glue_db", EDITABLE)]);
const GUARDRAIL: Shipped = on_demand("Guardrail", "AmazonBedrockGuardrail", &[]);

const REGRESSION: &[Shipped] = &[
    on_create(
        "Tooling",
        &[
            ("enableSpaces", "true", FIXED),
            ("maxEbsVolumeSize", "100", FIXED),
            ("idleTimeoutInMinutes", "60", EDITABLE),
            ("lifecycleManagement", "ENABLED", FIXED),
            ("enableNetworkIsolation", "false", FIXED),
            ("enableSageMakerMLWorkloadsPermissions", "true", FIXED),
        ],
    ),
    DATA_LAKE,
    on_demand("MLExperiments", "MLExperiments", &[("mlflowTrackingServerSize", "Small", EDITABLE)]),
];

/// Weights and checkpoints are large, and runs long.
const LLM_FINETUNING: &[Shipped] = &[
    on_create(
        "Tooling",
        &[
            ("enableSpaces", "true", FIXED),
            ("maxEbsVolumeSize", "500", FIXED),
            ("idleTimeoutInMinutes", "180", EDITABLE),
            ("lifecycleManagement", "ENABLED", FIXED),
            ("enableNetworkIsolation", "false", FIXED),
            ("enableSageMakerMLWorkloadsPermissions", "true", FIXED),
            ("enableAmazonBedrockPermissions", "true", FIXED),
        ],
    ),
    DATA_LAKE,
    on_demand("MLExperiments", "MLExperiments", &[("mlflowTrackingServerSize", "Medium", EDITABLE)]),
    GUARDRAIL,
];

const RAG: &[Shipped] = &[
    on_create(
        "Tooling",
        &[
            ("enableSpaces", "true", FIXED),
            ("maxEbsVolumeSize", "100", FIXED),
            ("idleTimeoutInMinutes", "60", EDITABLE),
            ("lifecycleManagement", "ENABLED", FIXED),
            ("enableNetworkIsolation", "false", FIXED),
            ("enableAmazonBedrockPermissions", "true", FIXED),
            ("enableAmazonBedrockIDEPermissions", "true", FIXED),
        ],
    ),
    DATA_LAKE,
    on_demand("KnowledgeBase", "AmazonBedrockKnowledgeBase", &[]),
    GUARDRAIL,
];

const DATA_PIPELINE: &[Shipped] = &[
    on_create(
        "Tooling",
        &[
            ("enableSpaces", "true", FIXED),
            ("maxEbsVolumeSize", "100", FIXED),
            ("idleTimeoutInMinutes", "60", EDITABLE),
            ("lifecycleManagement", "ENABLED", FIXED),
            ("enableNetworkIsolation", "false", FIXED),
            ("enableAthena", "true", FIXED),
            ("enableGlueWorkloadsPermissions", "true", FIXED),
        ],
    ),
    DATA_LAKE,
    on_demand("Workflows", "Workflows", &[("environmentClass", "mw1.micro", EDITABLE)]),
];

fn shipped(use_case: UseCase) -> &'static [Shipped] {
    match use_case {
        UseCase::Regression => REGRESSION,
        UseCase::LlmFinetuning => LLM_FINETUNING,
        UseCase::Rag => RAG,
        UseCase::DataPipeline => DATA_PIPELINE,
    }
}

/// What the projects of a use case are for, where the configuration does not say it better.
pub fn purpose(use_case: UseCase) -> &'static str {
    match use_case {
        UseCase::Regression => "Train and serve models that predict a number",
        UseCase::LlmFinetuning => "Fine-tune and serve language models",
        UseCase::Rag => "Answer questions from documents",
        UseCase::DataPipeline => "Produce data for others",
    }
}

/// Every blueprint that a profile uses, by name.
pub fn blueprints_of(profile: &Profile) -> Vec<String> {
    let own = profile.environments.iter().filter_map(|own| own.blueprint.as_ref().map(ToString::to_string));
    shipped(profile.use_case).iter().map(|environment| environment.blueprint.to_owned()).chain(own).collect()
}

/// The environments of a profile: those of its use case, with what the configuration changes in them, and those that it
/// adds.
///
/// What ships adapts to the blueprints that AWS has: a parameter that a blueprint does not list, or does not let a
/// profile set, is left out. What the configuration says is taken as it is, for [`super::check`] to judge.
pub fn definitions(profile: &Profile, git: &Git, blueprints: &Blueprints) -> Vec<Definition> {
    let mut definitions: Vec<Definition> = shipped(profile.use_case)
        .iter()
        .map(|environment| Definition {
            name: environment.name.to_owned(),
            blueprint: Some(environment.blueprint.to_owned()),
            mode: environment.mode,
            parameters: environment
                .parameters
                .iter()
                .map(|(name, text, editable)| ((*name).to_owned(), Value::new(text, *editable)))
                .collect(),
            account_pools: Vec::new(),
        })
        .collect();
    for own in &profile.environments {
        let name = own.name.as_str();
        let definition = match definitions.iter_mut().find(|known| known.name == name) {
            Some(known) => known,
            None => {
                definitions.push(Definition {
                    name: name.to_owned(),
                    blueprint: None,
                    mode: DeploymentMode::OnDemand,
                    parameters: BTreeMap::new(),
                    account_pools: Vec::new(),
                });
                let Some(new) = definitions.last_mut() else { continue };
                new
            }
        };
        if let Some(blueprint) = &own.blueprint {
            definition.blueprint = Some(blueprint.to_string());
        }
        definition.mode = own.mode.unwrap_or(definition.mode);
        definition.account_pools.extend(own.account_pools.iter().map(ToString::to_string));
    }
    for definition in &mut definitions {
        let blueprint = definition.blueprint.as_ref().and_then(|name| blueprints.get(name));
        let settable = |name: &str| blueprint.is_some_and(|known| known.can_be_set(name));
        definition.parameters.extend(of_git(profile, git));
        definition.parameters.retain(|name, _| settable(name));
        for own in profile.environments.iter().filter(|own| own.name.as_str() == definition.name) {
            definition.parameters.extend(
                own.parameters.iter().map(|(name, parameter)| {
                    (name.to_string(), Value::new(parameter.value(), parameter.is_editable()))
                }),
            );
        }
    }
    definitions
}

/// The parameters by which projects are bound to a repository, for the blueprints that have them. Which repository that
/// is, each project says: DataZone makes up no names.
fn of_git(profile: &Profile, git: &Git) -> Vec<(String, Value)> {
    let Some(connection) = &profile.git_connection else { return Vec::new() };
    let repository = git.owner.as_ref().map(|owner| format!("{owner}/repository"));
    [
        Some(("gitConnectionArn", Value::new(connection.as_str(), FIXED))),
        repository.map(|example| ("gitFullRepositoryId", Value::new(&example, EDITABLE))),
        Some(("gitBranchName", Value::new(&git.default_branch, EDITABLE))),
    ]
    .into_iter()
    .flatten()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

impl Value {
    fn new(text: &str, editable: bool) -> Self {
        Value { text: text.to_owned(), editable }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::blueprint::{Blueprint, Parameter};
    use super::super::check::{Known, check};
    use super::*;

    fn profile(use_case: UseCase, more: serde_json::Value) -> Profile {
        let mut written = json!({"name": "p", "use-case": use_case});
        written.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(written).unwrap()
    }

    /// The blueprints of all use cases, with every parameter that ships, and those in `more` besides.
    fn blueprints(more: &[(&str, &str)]) -> Blueprints {
        let mut blueprints = Blueprints::new();
        let shipped = UseCase::ALL.iter().flat_map(|use_case| shipped(*use_case));
        let parameters = shipped.flat_map(|environment| {
            let names = environment.parameters.iter().map(|(name, ..)| *name);
            std::iter::once("").chain(names).map(|name| (environment.blueprint, name))
        });
        for (blueprint, name) in parameters.chain(more.iter().copied()) {
            let known = blueprints
                .entry(blueprint.to_owned())
                .or_insert_with(|| Blueprint::new(&format!("id-of-{blueprint}"), None));
            if !name.is_empty() && known.parameter(name).is_none() {
                let (name, kind) = (name.to_owned(), "String".to_owned());
                known.parameters.push(Parameter { name, kind, default: None, editable: true, optional: true });
            }
        }
        blueprints
    }

    fn find<'a>(definitions: &'a [Definition], name: &str) -> &'a Definition {
        definitions.iter().find(|definition| definition.name == name).unwrap()
    }

    #[test]
    fn what_ships_is_valid_with_the_blueprints_that_are_enabled_without_a_word() {
        let enabled: Vec<String> =
            crate::config::domain::Domain::default().blueprints.iter().map(ToString::to_string).collect();
        let enabled: Vec<&str> = enabled.iter().map(String::as_str).collect();
        let blueprints = blueprints(&[]);
        for use_case in UseCase::ALL {
            let own = definitions(&profile(use_case, json!({})), &Git::default(), &blueprints);
            let known = Known { blueprints: &blueprints, enabled: &enabled, pools: &[] };
            assert_eq!(check("p", &own, &known), Vec::<String>::new(), "{use_case:?}");
            assert!(own.len() >= 3, "{use_case:?}");
            for definition in &own {
                assert!(blueprints_of(&profile(use_case, json!({}))).contains(definition.blueprint.as_ref().unwrap()));
            }
        }
    }

    #[test]
    fn what_ships_adapts_to_what_aws_has() {
        let mut blueprints = blueprints(&[]);
        let tooling = blueprints.get_mut("Tooling").unwrap();
        tooling.parameters.retain(|parameter| parameter.name != "lifecycleManagement");
        tooling.parameters.iter_mut().find(|parameter| parameter.name == "enableSpaces").unwrap().editable = false;
        let own = definitions(&profile(UseCase::Regression, json!({})), &Git::default(), &blueprints);
        let parameters: Vec<&str> = find(&own, "Tooling").parameters.keys().map(String::as_str).collect();
        assert!(
            !parameters.contains(&"lifecycleManagement") && !parameters.contains(&"enableSpaces"),
            "{parameters:?}"
        );
        assert!(parameters.contains(&"maxEbsVolumeSize"));
    }

    #[test]
    fn the_configuration_changes_by_name_and_adds() {
        let own = json!({"environments": [
            {"name": "Tooling", "parameters": {"maxEbsVolumeSize": "200", "unheardOf": {"value": "x", "editable": true}}},
            {"name": "MLExperiments", "mode": "on-create", "account-pools": ["sandboxes"]},
            {"name": "Reports", "blueprint": "QuickSight"},
        ]});
        let own = definitions(&profile(UseCase::Regression, own), &Git::default(), &blueprints(&[("QuickSight", "")]));
        let names: Vec<&str> = own.iter().map(|definition| definition.name.as_str()).collect();
        assert_eq!(names, ["Tooling", "DataLake", "MLExperiments", "Reports"]);
        let parameters = &find(&own, "Tooling").parameters;
        assert_eq!(parameters["maxEbsVolumeSize"], Value { text: "200".to_owned(), editable: false });
        assert_eq!(parameters["idleTimeoutInMinutes"], Value { text: "60".to_owned(), editable: true });
        // It is refused later, not lost.
        assert_eq!(parameters["unheardOf"], Value { text: "x".to_owned(), editable: true });
        let experiments = find(&own, "MLExperiments");
        assert_eq!(
            (experiments.mode, experiments.account_pools.as_slice()),
            (DeploymentMode::OnCreate, &["sandboxes".to_owned()][..])
        );
        let reports = find(&own, "Reports");
        assert_eq!((reports.blueprint.as_deref(), reports.mode), (Some("QuickSight"), DeploymentMode::OnDemand));
    }

    #[test]
    fn a_git_connection_is_said_only_to_blueprints_that_ask_for_one() {
        let arn = "arn:aws:codeconnections:eu-west-1:111111111111:connection/0a1b2c3d-0000-4000-8000-000000000001";
        let connected = profile(UseCase::Rag, json!({"git-connection": arn}));
        let git = Git { owner: Some("example".to_owned()), ..Git::default() };
        let asks = ["gitConnectionArn", "gitFullRepositoryId", "gitBranchName"].map(|name| ("Tooling", name));
        let own = definitions(&connected, &git, &blueprints(&asks));
        let parameters = &find(&own, "Tooling").parameters;
        assert_eq!(parameters["gitConnectionArn"], Value { text: arn.to_owned(), editable: false });
        assert_eq!(parameters["gitFullRepositoryId"], Value { text: "example/repository".to_owned(), editable: true });
        assert_eq!(parameters["gitBranchName"], Value { text: "main".to_owned(), editable: true });
        let elsewhere = own.iter().filter(|definition| definition.name != "Tooling");
        assert!(elsewhere.flat_map(|definition| definition.parameters.keys()).all(|name| !name.starts_with("git")));
        for own in [
            definitions(&connected, &git, &blueprints(&[])),
            definitions(&profile(UseCase::Rag, json!({})), &git, &blueprints(&asks)),
        ] {
            assert!(find(&own, "Tooling").parameters.keys().all(|name| !name.starts_with("git")));
        }
    }
}
