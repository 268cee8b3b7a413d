//! What a profile is like, apart from how AWS writes it down: desired and actual in one shape, so that they can be
//! compared.
//!
//! Environments and parameters are told apart by name, never by position; nothing and empty are the same; ids that
//! DataZone gives and values that it computes are not part of the shape.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_datazone::operation::get_project_profile::GetProjectProfileOutput;
use aws_sdk_datazone::types::{
    AwsAccount, EnvironmentConfiguration, EnvironmentConfigurationParametersDetails, Region, ResourceTagParameter,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::plan::Difference;

/// What a profile is like.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shape {
    /// What it is for; with the mark, if aiops made it.
    pub description: Option<String>,
    /// `ENABLED` or `DISABLED`.
    pub status: String,
    /// Id of its domain unit.
    pub unit: String,
    /// Its environments, by name.
    pub environments: BTreeMap<String, Environment>,
    /// Tags of what its projects make, with their values. aiops gives none.
    pub resource_tags: BTreeMap<String, String>,
    /// Whether projects may have tags beside those. aiops does not say so.
    pub more_tags: bool,
}

/// What an environment of a profile is like.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Environment {
    /// Name of the blueprint.
    pub blueprint: String,
    /// What it is for. aiops says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `ON_CREATE` or `ON_DEMAND`.
    pub mode: String,
    /// When it is made, among those that are made with the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<i32>,
    /// Where it is made.
    #[serde(flatten)]
    pub home: Home,
    /// What differs from the blueprint's defaults, by name.
    pub parameters: BTreeMap<String, Setting>,
    /// Path of parameters in the Systems Manager. aiops uses none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ssm_path: Option<String>,
}

/// Where an environment is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Home {
    /// In this account and Region.
    Fixed {
        /// 12 digits, or `ssm:` and the path of a parameter.
        account: String,
        /// The Region, or `ssm:` and the path of a parameter.
        region: String,
    },
    /// In an account of one of these pools, by name.
    Pools {
        /// The pools.
        account_pools: BTreeSet<String>,
    },
}

/// The value of a parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Setting {
    /// The value; all are text.
    pub value: String,
    /// Whether projects may choose another. What AWS leaves out differs from nothing.
    pub editable: Option<bool>,
}

/// What has a name instead of an id: blueprints and account pools.
pub trait Names {
    /// Name of the blueprint, or its id if it has none that is known.
    fn blueprint(&self, id: &str) -> String;
    /// Name of the pool, or its id if it has none that is known.
    fn pool(&self, id: &str) -> String;
}

impl Shape {
    /// What AWS tells of a profile.
    pub fn of(profile: &GetProjectProfileOutput, names: &dyn Names) -> Self {
        let environments = profile.environment_configurations.iter().flatten();
        Shape {
            description: given(profile.description()),
            // As AWS has it where nothing is said.
            status: profile.status().map_or("DISABLED", |status| status.as_str()).to_owned(),
            unit: profile.domain_unit_id().unwrap_or_default().to_owned(),
            environments: environments.map(|known| (known.name().to_owned(), Environment::of(known, names))).collect(),
            resource_tags: profile.project_resource_tags().iter().map(tag).collect(),
            more_tags: profile.allow_custom_project_resource_tags().unwrap_or_default(),
        }
    }

    /// The fields in which `actual` is not as this. Without `described`, whatever their descriptions say.
    pub fn differences(&self, actual: &Shape, described: bool) -> Vec<Difference> {
        let mut found: Vec<Difference> = [
            described.then(|| Difference::between("description", &actual.description, &self.description)).flatten(),
            Difference::between("status", &actual.status, &self.status),
            Difference::between("domain-unit", &actual.unit, &self.unit),
            Difference::between("resource-tags", &actual.resource_tags, &self.resource_tags),
            Difference::between("custom-resource-tags", actual.more_tags, self.more_tags),
        ]
        .into_iter()
        .flatten()
        .collect();
        let names: BTreeSet<&String> = self.environments.keys().chain(actual.environments.keys()).collect();
        for name in names {
            let field = format!("environments.{name}");
            match (actual.environments.get(name), self.environments.get(name)) {
                (Some(actual), Some(desired)) => found.extend(desired.differences(&field, actual)),
                (actual, desired) => found.extend(Difference::between(field, actual, desired)),
            }
        }
        found
    }
}

impl Environment {
    fn of(known: &EnvironmentConfiguration, names: &dyn Names) -> Self {
        let details = known.configuration_parameters();
        let overrides = details.map(EnvironmentConfigurationParametersDetails::parameter_overrides).unwrap_or_default();
        let account = known.aws_account().map_or_else(String::new, |account| match account {
            AwsAccount::AwsAccountId(id) => id.clone(),
            AwsAccount::AwsAccountIdPath(path) => format!("ssm:{path}"),
            _ => "unknown".to_owned(),
        });
        let region = known.aws_region().map_or_else(String::new, |region| match region {
            Region::RegionName(name) => name.clone(),
            Region::RegionNamePath(path) => format!("ssm:{path}"),
            _ => "unknown".to_owned(),
        });
        let mode = known.deployment_mode().map_or("", |mode| mode.as_str()).to_owned();
        Environment {
            blueprint: names.blueprint(known.environment_blueprint_id()),
            description: given(known.description()),
            // What is made on demand has no order, whatever AWS answers.
            order: known.deployment_order().filter(|_| mode != "ON_DEMAND"),
            mode,
            home: match known.account_pools() {
                [] => Home::Fixed { account, region },
                pools => Home::Pools { account_pools: pools.iter().map(|id| names.pool(id)).collect() },
            },
            parameters: overrides
                .iter()
                .filter_map(|parameter| {
                    let value = parameter.value().unwrap_or_default().to_owned();
                    Some((parameter.name()?.to_owned(), Setting { value, editable: parameter.is_editable() }))
                })
                .collect(),
            ssm_path: given(details.and_then(|details| details.ssm_path())),
        }
    }

    fn differences(&self, path: &str, actual: &Environment) -> Vec<Difference> {
        let mut found: Vec<Difference> = [
            Difference::between(format!("{path}.blueprint"), &actual.blueprint, &self.blueprint),
            Difference::between(format!("{path}.description"), &actual.description, &self.description),
            Difference::between(format!("{path}.mode"), &actual.mode, &self.mode),
            Difference::between(format!("{path}.order"), actual.order, self.order),
            Difference::between(format!("{path}.ssm-path"), &actual.ssm_path, &self.ssm_path),
        ]
        .into_iter()
        .flatten()
        .collect();
        for key in ["account", "region", "account_pools"] {
            let of = |home: &Home| json!(home).get(key).cloned().unwrap_or(Value::Null);
            let field = format!("{path}.{}", key.replace('_', "-"));
            found.extend(Difference::between(field, of(&actual.home), of(&self.home)));
        }
        let names: BTreeSet<&String> = self.parameters.keys().chain(actual.parameters.keys()).collect();
        for name in names {
            let field = format!("{path}.parameters.{name}");
            let (was, wanted) = (actual.parameters.get(name), self.parameters.get(name));
            let value = |setting: Option<&Setting>| setting.map(|setting| setting.value.clone());
            found.extend(Difference::between(field.clone(), value(was), value(wanted)));
            if let (Some(Some(was)), Some(Some(wanted))) =
                (was.map(|setting| setting.editable), wanted.map(|setting| setting.editable))
            {
                found.extend(Difference::between(format!("{field}.editable"), was, wanted));
            }
        }
        found
    }
}

fn given(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn tag(tag: &ResourceTagParameter) -> (String, String) {
    let editable = if tag.is_value_editable() { " (editable)" } else { "" };
    (tag.key().to_owned(), format!("{}{editable}", tag.value()))
}

#[cfg(test)]
mod tests {
    use aws_sdk_datazone::types::{DeploymentMode, EnvironmentConfigurationParameter, Status};
    use proptest::prelude::*;

    use super::*;

    /// Names that are ids with a prefix.
    struct Prefixed;

    impl Names for Prefixed {
        fn blueprint(&self, id: &str) -> String {
            format!("blueprint {id}")
        }
        fn pool(&self, id: &str) -> String {
            format!("pool {id}")
        }
    }

    fn parameter(name: &str, value: &str) -> EnvironmentConfigurationParameter {
        EnvironmentConfigurationParameter::builder().name(name).value(value).is_editable(true).build()
    }

    fn configuration(
        name: &str,
        id: &str,
        overrides: Vec<EnvironmentConfigurationParameter>,
    ) -> EnvironmentConfiguration {
        let resolved = vec![parameter("computed", id)];
        let parameters = EnvironmentConfigurationParametersDetails::builder()
            .set_parameter_overrides(Some(overrides))
            .set_resolved_parameters(Some(resolved));
        EnvironmentConfiguration::builder()
            .name(name)
            .id(id)
            .environment_blueprint_id("b")
            .deployment_mode(DeploymentMode::OnDemand)
            .aws_account(AwsAccount::AwsAccountId("111111111111".to_owned()))
            .aws_region(Region::RegionName("eu-west-1".to_owned()))
            .configuration_parameters(parameters.build())
            .build()
            .unwrap()
    }

    fn profile(configurations: Vec<EnvironmentConfiguration>) -> GetProjectProfileOutput {
        GetProjectProfileOutput::builder()
            .domain_id("d")
            .id("p")
            .name("name")
            .created_by("x")
            .status(Status::Enabled)
            .set_environment_configurations(Some(configurations))
            .build()
            .unwrap()
    }

    fn shape(configurations: Vec<EnvironmentConfiguration>) -> Shape {
        Shape::of(&profile(configurations), &Prefixed)
    }

    fn fields(desired: &Shape, actual: &Shape) -> Vec<String> {
        let told =
            |difference: Difference| format!("{}: {} -> {}", difference.field, difference.actual, difference.desired);
        desired.differences(actual, true).into_iter().map(told).collect()
    }

    proptest! {
        #[test]
        fn neither_order_nor_ids_nor_what_aws_computes_makes_a_difference(
            environments in prop::collection::btree_map("[A-Z][a-z]{0,5}", prop::collection::btree_map("[a-z]{1,5}", "[a-z0-9]{0,4}", 0..5), 0..6),
            (turn, parameter_turn) in (0usize..6, 0usize..5),
        ) {
            let build = |by: &str, turn: usize, parameter_turn: usize| {
                let mut configurations: Vec<EnvironmentConfiguration> = environments.iter().map(|(name, parameters)| {
                    let mut overrides: Vec<_> = parameters.iter().map(|(name, value)| parameter(name, value)).collect();
                    let count = overrides.len().max(1);
                    overrides.rotate_left(parameter_turn % count);
                    configuration(name, &format!("{by}-{name}"), overrides)
                }).collect();
                let count = configurations.len().max(1);
                configurations.rotate_left(turn % count);
                configurations
            };
            let (one, other) = (shape(build("one", 0, 0)), shape(build("other", turn, parameter_turn)));
            prop_assert_eq!(one.differences(&other, true), Vec::new());
        }
    }

    #[test]
    fn nothing_and_empty_are_the_same() {
        let desired = shape(vec![configuration("A", "1", Vec::new())]);
        let mut bare = configuration("A", "1", Vec::new());
        bare.configuration_parameters = None;
        bare.description = Some(String::new());
        bare.account_pools = Some(Vec::new());
        // What is made on demand has no order; some answers have one nevertheless.
        bare.deployment_order = Some(0);
        assert_eq!(fields(&desired, &shape(vec![bare.clone()])), Vec::<String>::new());
        let empty = profile(Vec::new());
        assert_eq!(
            fields(&Shape::of(&empty, &Prefixed), &Shape { status: "ENABLED".to_owned(), ..Shape::default() }),
            Vec::<String>::new()
        );
    }

    #[test]
    fn each_field_that_differs_is_told_with_both_values() {
        let desired = shape(vec![
            configuration("A", "1", vec![parameter("size", "2"), parameter("gone", "x")]),
            configuration("B", "2", Vec::new()),
        ]);
        let mut changed = configuration(
            "A",
            "9",
            vec![
                parameter("extra", "y"),
                EnvironmentConfigurationParameter::builder().name("size").value("3").is_editable(false).build(),
            ],
        );
        changed.deployment_mode = Some(DeploymentMode::OnCreate);
        changed.deployment_order = Some(4);
        (changed.aws_account, changed.aws_region) = (None, None);
        changed.account_pools = Some(vec!["s".to_owned()]);
        let actual = Shape { status: "DISABLED".to_owned(), unit: "u".to_owned(), ..shape(vec![changed]) };
        let expected = [
            r#"status: "DISABLED" -> "ENABLED""#,
            r#"domain-unit: "u" -> """#,
            r#"environments.A.mode: "ON_CREATE" -> "ON_DEMAND""#,
            "environments.A.order: 4 -> null",
            r#"environments.A.account: null -> "111111111111""#,
            r#"environments.A.region: null -> "eu-west-1""#,
            r#"environments.A.account-pools: ["pool s"] -> null"#,
            r#"environments.A.parameters.extra: "y" -> null"#,
            r#"environments.A.parameters.gone: null -> "x""#,
            r#"environments.A.parameters.size: "3" -> "2""#,
            "environments.A.parameters.size.editable: false -> true",
            r#"environments.B: null -> {"blueprint":"blueprint b","mode":"ON_DEMAND","account":"111111111111","region":"eu-west-1","parameters":{}}"#,
        ];
        assert_eq!(fields(&desired, &actual), expected);
    }
}
