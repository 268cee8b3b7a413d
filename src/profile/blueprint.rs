//! Blueprints: what environments are made from, and what may be said about them.

use std::collections::BTreeMap;

use aws_sdk_datazone::types::{BlueprintCategory, CustomParameter};

/// Blueprints by name.
pub type Blueprints = BTreeMap<String, Blueprint>;

/// A blueprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blueprint {
    /// DataZone's id, another one in each Region.
    pub id: String,
    /// Whether AWS says that it makes what all other environments of a project stand on.
    pub is_tooling: bool,
    /// What a profile may say about it. Nothing is known of blueprints that no profile uses.
    pub parameters: Vec<Parameter>,
}

/// A parameter of a blueprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// By which it is set.
    pub name: String,
    /// What its values look like: AWS's word, such as `Boolean`.
    pub kind: String,
    /// Its value where nobody says another.
    pub default: Option<String>,
    /// Whether a profile may set it.
    pub editable: bool,
    /// Whether an environment can do without.
    pub optional: bool,
}

impl Blueprint {
    /// A blueprint of which no more is known than this.
    pub fn new(id: &str, category: Option<&BlueprintCategory>) -> Self {
        let is_tooling = category == Some(&BlueprintCategory::Tooling);
        Blueprint { id: id.to_owned(), is_tooling, parameters: Vec::new() }
    }

    /// The parameter `name`.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    /// Whether a profile may set the parameter `name`.
    pub fn can_be_set(&self, name: &str) -> bool {
        self.parameter(name).is_some_and(|parameter| parameter.editable)
    }

    /// Whether all other environments of a project stand on those of the blueprint `name`, which is this one.
    pub fn is_base(&self, name: &str) -> bool {
        self.is_tooling || matches!(name, "Tooling" | "ToolingLite")
    }
}

impl From<&CustomParameter> for Parameter {
    fn from(known: &CustomParameter) -> Self {
        Parameter {
            name: known.key_name().to_owned(),
            kind: known.field_type().to_owned(),
            default: known.default_value().map(str::to_owned),
            // Where AWS says nothing, nothing is in the way.
            editable: known.is_editable().unwrap_or(true),
            optional: known.is_optional().unwrap_or(true),
        }
    }
}
