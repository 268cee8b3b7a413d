//! From what a DataZone profile is like to what `aiops.yaml` says of it.

use std::collections::BTreeMap;

use super::super::blueprint::Blueprints;
use super::super::definitions::{Definition, definitions};
use super::super::shape::{Environment, Home, Setting, Shape};
use crate::config::domain::{
    DeploymentMode, DetailedParameter, EnvironmentSettings, Parameter, Profile, StageName, UseCase,
};
use crate::config::settings::Git;
use crate::config::{ParameterName, ThingName};
use crate::domain::MARK;
use crate::governance::Stage;

/// What a profile of the file makes of it, with the account of tenant and stage as `home`.
pub fn shape(profile: &Profile, blueprints: &Blueprints, unit: &str, home: &Home) -> Shape {
    super::super::shape(profile, &definitions(profile, &Git::default(), blueprints), blueprints, unit, home)
}

/// The profile of the file that comes nearest to `shape`, wherever that is: of the use case from which it differs least.
pub fn nearest(name: &ThingName, shape: &Shape, blueprints: &Blueprints) -> Option<Profile> {
    let shape = &placeless(shape);
    let connection =
        shape.environments.values().find_map(|known| known.parameters.get("gitConnectionArn")?.value.parse().ok());
    // A connection may as well be a parameter like others, where what usually comes with it is not there.
    let connections = if connection.is_some() { vec![connection, None] } else { vec![None] };
    let candidates = UseCase::ALL.into_iter().flat_map(|use_case| connections.iter().map(move |own| (use_case, own)));
    let profiles = candidates.map(|(use_case, connection)| {
        let described = shape.description.as_deref().and_then(|text| text.strip_suffix(MARK)).map(str::trim_end);
        let purpose = super::super::definitions::purpose(use_case);
        let mut profile = Profile {
            name: name.clone(),
            use_case,
            description: described.filter(|text| !text.is_empty() && *text != purpose).map(str::to_owned),
            template: None,
            tenants: None,
            stages: Stage::ALL.map(StageName::from).to_vec(),
            users: Vec::new(),
            git_connection: connection.clone(),
            environments: Vec::new(),
            enabled: shape.status == "ENABLED",
        };
        profile.environments = overrides(&definitions(&profile, &Git::default(), blueprints), shape);
        profile
    });
    profiles.min_by_key(|profile| {
        let made = self::shape(profile, blueprints, &shape.unit, &NOWHERE);
        (made.differences(shape, true).len(), weight(profile))
    })
}

/// The place of what may be anywhere.
pub const NOWHERE: Home = Home::Fixed { account: String::new(), region: String::new() };

/// The shape without what differs between tenants and stages.
pub fn placeless(shape: &Shape) -> Shape {
    let mut shape = Shape { unit: String::new(), ..shape.clone() };
    for environment in shape.environments.values_mut() {
        if matches!(environment.home, Home::Fixed { .. }) {
            environment.home = NOWHERE;
        }
    }
    shape
}

/// How much the file has to say beside the use case.
fn weight(profile: &Profile) -> usize {
    let of = |own: &EnvironmentSettings| {
        let said = [own.blueprint.is_some(), own.mode.is_some(), !own.account_pools.is_empty()];
        1 + own.parameters.len() + said.into_iter().filter(|said| *said).count()
    };
    usize::from(profile.description.is_some()) + profile.environments.iter().map(of).sum::<usize>()
}

fn overrides(usual: &[Definition], shape: &Shape) -> Vec<EnvironmentSettings> {
    let differs = |(name, actual): (&String, &Environment)| {
        let usual = usual.iter().find(|definition| definition.name == *name);
        let blueprint = usual.and_then(|definition| definition.blueprint.as_ref());
        let usual_mode = usual.map_or(DeploymentMode::OnDemand, |definition| definition.mode);
        let pools = match &actual.home {
            Home::Pools { account_pools } => account_pools.iter().filter_map(|pool| pool.parse().ok()).collect(),
            Home::Fixed { .. } => Vec::new(),
        };
        let own = EnvironmentSettings {
            name: name.parse().ok()?,
            blueprint: if blueprint == Some(&actual.blueprint) { None } else { actual.blueprint.parse().ok() },
            mode: mode(&actual.mode).filter(|mode| *mode != usual_mode),
            parameters: parameters(usual, actual),
            account_pools: pools,
        };
        let says_nothing = EnvironmentSettings {
            name: own.name.clone(),
            blueprint: None,
            mode: None,
            parameters: BTreeMap::new(),
            account_pools: Vec::new(),
        };
        (usual.is_none() || own != says_nothing).then_some(own)
    };
    shape.environments.iter().filter_map(differs).collect()
}

fn mode(word: &str) -> Option<DeploymentMode> {
    match word {
        "ON_CREATE" => Some(DeploymentMode::OnCreate),
        "ON_DEMAND" => Some(DeploymentMode::OnDemand),
        _ => None,
    }
}

fn parameters(usual: Option<&Definition>, actual: &Environment) -> BTreeMap<ParameterName, Parameter> {
    let is_usual = |name: &str, Setting { value, editable }: &Setting| {
        let usual = usual.and_then(|definition| definition.parameters.get(name));
        usual.is_some_and(|usual| usual.text == *value && editable.is_none_or(|editable| editable == usual.editable))
    };
    let differs = |(name, setting): (&String, &Setting)| {
        let value = setting.value.clone();
        let parameter = match setting.editable {
            Some(true) => Parameter::Detailed(DetailedParameter { value, editable: true }),
            _ => Parameter::Fixed(value),
        };
        (!is_usual(name, setting)).then(|| Some((name.parse().ok()?, parameter))).flatten()
    };
    actual.parameters.iter().filter_map(differs).collect()
}
