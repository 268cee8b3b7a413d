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
