//! Whether DataZone can do what a profile asks for, told before any call that writes: everything that is wrong, at once.

use std::collections::BTreeMap;

use super::blueprint::{Blueprint, Blueprints, Parameter};
use super::definitions::{Definition, Value};
use crate::config::domain::DeploymentMode;
use crate::nearest::{nearest, nearest_name};

/// What environments may refer to.
pub struct Known<'a> {
    /// The blueprints that AWS has.
    pub blueprints: &'a Blueprints,
    /// The blueprints that are enabled in the accounts.
    pub enabled: &'a [&'a str],
    /// The account pools that there are, or will be.
    pub pools: &'a [&'a str],
}

/// Everything that is wrong with the environments of a profile, one sentence each.
pub fn check(profile: &str, definitions: &[Definition], known: &Known<'_>) -> Vec<String> {
    let mut mistakes: Vec<String> = Vec::new();
    for definition in definitions {
        let place = format!("profile {profile}, environment {}", definition.name);
        mistakes.extend(environment(definition, known).into_iter().map(|mistake| format!("{place}: {mistake}")));
    }
    mistakes.extend(order(definitions, known).into_iter().map(|mistake| format!("profile {profile}: {mistake}")));
    mistakes
}

fn environment(definition: &Definition, known: &Known<'_>) -> Vec<String> {
    let mut mistakes: Vec<String> =
        definition.account_pools.iter().filter_map(|pool| unknown_pool(pool, known.pools)).collect();
    let Some(name) = &definition.blueprint else {
        mistakes.push("it is none of the use case's, so it needs a `blueprint`".to_owned());
        return mistakes;
    };
    let Some(blueprint) = known.blueprints.get(name) else {
        let names = known.blueprints.keys().map(String::as_str);
        mistakes.push(format!("AWS has no blueprint {name}; {}", instead(nearest(name, names.clone()), names)));
        return mistakes;
    };
    if !known.enabled.contains(&name.as_str()) {
        mistakes.push(format!("blueprint {name} is not among `domain.blueprints`, so no account will have it"));
    }
    for (parameter, value) in &definition.parameters {
        mistakes.extend(unfit(name, blueprint, parameter, value));
    }
    mistakes.extend(missing(name, blueprint, &definition.parameters));
    mistakes
}

fn unknown_pool(pool: &str, pools: &[&str]) -> Option<String> {
    let names = pools.iter().copied();
    (!pools.contains(&pool))
        .then(|| format!("there is no account pool {pool}; {}", instead(nearest_name(pool, names.clone()), names)))
}

/// What is wrong with the value of a parameter.
fn unfit(name: &str, blueprint: &Blueprint, parameter: &str, value: &Value) -> Option<String> {
    let settable = || blueprint.parameters.iter().filter(|known| known.editable).map(|known| known.name.as_str());
    match blueprint.parameter(parameter) {
        None => Some(format!(
            "blueprint {name} has no parameter {parameter}; {}",
            instead(nearest(parameter, settable()), settable())
        )),
        Some(known) if !known.editable => {
            Some(format!("blueprint {name} does not let {parameter} be set; {}", instead(None, settable())))
        }
        Some(known) => expected(known, &value.text)
            .map(|expected| format!("parameter {parameter} takes {expected}, and not {:?}", value.text)),
    }
}

/// What a parameter takes, if `text` is no such thing. AWS does not list its words for kinds: what is not known to be
/// wrong may be right.
fn expected(parameter: &Parameter, text: &str) -> Option<&'static str> {
    let (expected, fits) = match parameter.kind.to_lowercase().as_str() {
        "boolean" | "bool" => ("true or false", matches!(text, "true" | "false")),
        "integer" | "int" | "long" => ("a whole number", text.parse::<i64>().is_ok()),
        "number" | "double" | "float" => ("a number", text.parse::<f64>().is_ok_and(f64::is_finite)),
        _ => return None,
    };
    (!fits).then_some(expected)
}

/// What a blueprint cannot do without, and nobody says.
fn missing(name: &str, blueprint: &Blueprint, given: &BTreeMap<String, Value>) -> Vec<String> {
    let needed = blueprint.parameters.iter().filter(|known| !known.optional && known.default.is_none());
    needed
        .filter(|known| given.get(&known.name).is_none_or(|value| value.text.is_empty()))
        .map(|known| format!("blueprint {name} needs a value of {}", known.name))
        .collect()
}

/// All other environments of a project stand on that of one blueprint, which is made first.
fn order(definitions: &[Definition], known: &Known<'_>) -> Vec<String> {
    let bases: Vec<&Definition> =
        definitions.iter().filter(|definition| is_base(definition, known.blueprints)).collect();
    let late = bases.iter().filter(|base| base.mode != DeploymentMode::OnCreate).map(|base| {
        let name = base.blueprint.as_deref().unwrap_or_default();
        format!("environment {} of blueprint {name} must be made on create: all others stand on it", base.name)
    });
    let count = match bases.as_slice() {
        [_] => None,
        [] => Some("it has no environment of blueprint Tooling, on which all others stand".to_owned()),
        several => {
            let names: Vec<&str> = several.iter().map(|base| base.name.as_str()).collect();
            Some(format!(
                "only one environment may be of a blueprint that all others stand on, not {}",
                names.join(", ")
            ))
        }
    };
    late.chain(count).collect()
}

/// Whether all other environments stand on this one.
pub fn is_base(definition: &Definition, blueprints: &Blueprints) -> bool {
    let Some(name) = &definition.blueprint else { return false };
    blueprints.get(name).is_some_and(|blueprint| blueprint.is_base(name))
}

/// What to write in place of something unknown.
fn instead<'a>(near: Option<&str>, valid: impl Iterator<Item = &'a str>) -> String {
    let valid: Vec<&str> = valid.collect();
    let valid = if valid.is_empty() { "there are none".to_owned() } else { format!("there are {}", valid.join(", ")) };
    match near {
        Some(near) => format!("did you mean {near}? {}{}", valid[..1].to_uppercase(), &valid[1..]),
        None => valid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(name: &str, kind: &str) -> Parameter {
        Parameter { name: name.to_owned(), kind: kind.to_owned(), default: None, editable: true, optional: true }
    }

    fn blueprints() -> Blueprints {
        let tooling = vec![
            parameter("enableSpaces", "Boolean"),
            parameter("maxEbsVolumeSize", "Integer"),
            parameter("share", "number"),
            parameter("workgroupName", "String"),
            parameter("sizes", "List of whatever"),
            Parameter { editable: false, ..parameter("accountId", "String") },
        ];
        let cluster = vec![
            Parameter { optional: false, ..parameter("eksClusterArn", "String") },
            Parameter { optional: false, default: Some("1".to_owned()), ..parameter("size", "Integer") },
        ];
        let blueprint = |id: &str, is_tooling, parameters| Blueprint { id: id.to_owned(), is_tooling, parameters };
        [
            ("Tooling", blueprint("t", false, tooling)),
            ("Base", blueprint("b", true, Vec::new())),
            ("DataLake", blueprint("d", false, Vec::new())),
            ("EmrOnEks", blueprint("e", false, cluster)),
        ]
        .into_iter()
        .map(|(name, blueprint)| (name.to_owned(), blueprint))
        .collect()
    }

    fn definition(name: &str, blueprint: &str, mode: DeploymentMode, parameters: &[(&str, &str)]) -> Definition {
        let value = |text: &str| Value { text: text.to_owned(), editable: false };
        Definition {
            name: name.to_owned(),
            blueprint: Some(blueprint.to_owned()),
            mode,
            parameters: parameters.iter().map(|(name, text)| ((*name).to_owned(), value(text))).collect(),
            account_pools: Vec::new(),
        }
    }

    fn tooling(parameters: &[(&str, &str)]) -> Definition {
        definition("Tooling", "Tooling", DeploymentMode::OnCreate, parameters)
    }

    fn told(definitions: &[Definition]) -> Vec<String> {
        let enabled = ["Tooling", "Base", "EmrOnEks"];
        check(
            "p",
            definitions,
            &Known { blueprints: &blueprints(), enabled: &enabled, pools: &["sandboxes", "spares"] },
        )
    }

    #[test]
    fn what_fits_is_not_complained_about() {
        let right = [("enableSpaces", "true"), ("maxEbsVolumeSize", "100"), ("share", "0.5"), ("sizes", "[1]")];
        let cluster = definition("Cluster", "EmrOnEks", DeploymentMode::OnDemand, &[("eksClusterArn", "arn:x")]);
        assert_eq!(told(&[tooling(&right), cluster]), Vec::<String>::new());
    }

    #[test]
    fn parameters_that_are_unknown_or_fixed_or_of_another_type_are_named_with_the_valid_ones() {
        let valid = "enableSpaces, maxEbsVolumeSize, share, workgroupName, sizes";
        for (name, value, mistake) in [
            (
                "enableSpace",
                "true",
                format!("blueprint Tooling has no parameter enableSpace; did you mean enableSpaces? There are {valid}"),
            ),
            ("volume", "1", format!("blueprint Tooling has no parameter volume; there are {valid}")),
            ("accountId", "1", format!("blueprint Tooling does not let accountId be set; there are {valid}")),
            ("enableSpaces", "yes", "parameter enableSpaces takes true or false, and not \"yes\"".to_owned()),
            ("maxEbsVolumeSize", "1.5", "parameter maxEbsVolumeSize takes a whole number, and not \"1.5\"".to_owned()),
            ("share", "NaN", "parameter share takes a number, and not \"NaN\"".to_owned()),
        ] {
            let place = "profile p, environment Tooling: ";
            assert_eq!(told(&[tooling(&[(name, value)])]), [format!("{place}{mistake}")]);
        }
        // All at once.
        assert_eq!(told(&[tooling(&[("a", ""), ("b", ""), ("enableSpaces", "")])]).len(), 3);
    }

    #[test]
    fn environments_name_blueprints_and_pools_that_there_are() {
        let nowhere = Definition { blueprint: None, ..definition("X", "", DeploymentMode::OnDemand, &[]) };
        let mut pooled = definition("Y", "Datalake", DeploymentMode::OnDemand, &[]);
        pooled.account_pools = vec!["sandboxs".to_owned(), "spares".to_owned()];
        let lake = definition("Z", "DataLake", DeploymentMode::OnDemand, &[]);
        let cluster = definition("C", "EmrOnEks", DeploymentMode::OnDemand, &[("size", "2")]);
        let expected = [
            "profile p, environment X: it is none of the use case's, so it needs a `blueprint`",
            "profile p, environment Y: there is no account pool sandboxs; did you mean sandboxes? There are sandboxes, spares",
            "profile p, environment Y: AWS has no blueprint Datalake; did you mean DataLake? There are Base, DataLake, EmrOnEks, Tooling",
            "profile p, environment Z: blueprint DataLake is not among `domain.blueprints`, so no account will have it",
            "profile p, environment C: blueprint EmrOnEks needs a value of eksClusterArn",
        ];
        assert_eq!(told(&[tooling(&[]), nowhere, pooled, lake, cluster]), expected);
    }

    #[test]
    fn one_environment_is_the_base_of_all_others_and_made_first() {
        let base = definition("Mine", "Base", DeploymentMode::OnCreate, &[]);
        let late = Definition { mode: DeploymentMode::OnDemand, ..tooling(&[]) };
        let cluster = definition("C", "EmrOnEks", DeploymentMode::OnDemand, &[("eksClusterArn", "arn")]);
        assert_eq!(told(&[base.clone(), cluster.clone()]), Vec::<String>::new());
        assert_eq!(
            told(&[cluster]),
            ["profile p: it has no environment of blueprint Tooling, on which all others stand"]
        );
        assert_eq!(
            told(&[late]),
            ["profile p: environment Tooling of blueprint Tooling must be made on create: all others stand on it"]
        );
        assert_eq!(
            told(&[base, tooling(&[])]),
            ["profile p: only one environment may be of a blueprint that all others stand on, not Mine, Tooling"]
        );
    }
}
