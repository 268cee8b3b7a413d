//! Blueprints: what environments are made from. The sandbox has those that DataZone manages, and none of customers'.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

pub(super) use super::blueprint_table::{BLUEPRINTS, Blueprint, Parameter};
use super::common::{enter_available, mentions, not_found, paged};
use crate::sandbox::call::{ApiResult, Call, required};

impl Blueprint {
    /// The blueprint that has this id in a Region.
    pub fn find(region: &str, id: &str) -> Option<&'static Self> {
        BLUEPRINTS.iter().find(|blueprint| blueprint.id(region) == id)
    }

    /// Its id in a Region: the same in all domains there, another one elsewhere.
    pub fn id(&self, region: &str) -> String {
        let digest = Sha256::digest(format!("blueprint {} of {region}", self.name));
        digest.iter().take(7).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    fn describe(&self, region: &str) -> Value {
        let template = format!("https://blueprints.sandbox.invalid/{}.json", self.name);
        let mut answer = json!({
            "id": self.id(region), "name": self.name, "description": self.description, "provider": "Amazon SageMaker",
            "provisioningProperties": {"cloudFormation": {"templateUrl": template}},
        });
        if self.name == "Tooling" {
            answer["blueprintCategory"] = json!("TOOLING");
        }
        answer
    }
}

impl Parameter {
    fn describe(&self) -> Value {
        let mut answer = json!({
            "keyName": self.name, "fieldType": self.kind, "isEditable": true, "isOptional": self.optional,
            "isUpdateSupported": self.updatable,
        });
        if let Some(default) = self.default {
            answer["defaultValue"] = json!(default);
        }
        answer
    }
}

/// `ListEnvironmentBlueprints`. Whoever does not ask for managed ones gets those of customers: AWS does not say what it
/// does then, and a client that asks is right either way.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "ListEnvironmentBlueprints", &input)?;
    let managed = input["managed"].as_bool().unwrap_or_default();
    let blueprints: Vec<_> = BLUEPRINTS.iter().filter(|_| managed).collect();
    let wanted = |blueprint: &&Blueprint| mentions(&input, blueprint.name);
    paged("items", blueprints, &input, 50, wanted, |blueprint| blueprint.describe(&domain.region))
}

/// `GetEnvironmentBlueprint`.
pub(super) fn get(call: &mut Call<'_>, input: Value) -> ApiResult {
    let domain = enter_available(call, "GetEnvironmentBlueprint", &input)?;
    let blueprint = existing(&domain.region, required(&input, "identifier"))?;
    let mut answer = blueprint.describe(&domain.region);
    answer["userParameters"] = blueprint.parameters.iter().map(Parameter::describe).collect();
    Ok(answer)
}

/// The blueprint that has this id in a Region, which must be there.
pub(super) fn existing(region: &str, id: &str) -> ApiResult<&'static Blueprint> {
    Blueprint::find(region, id).ok_or_else(|| not_found("Environment blueprint", id))
}
