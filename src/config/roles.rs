//! Which IAM role each persona takes.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use super::names::{ExternalId, RoleRef};
use crate::governance::Persona;

/// A role: its name or ARN, alone or with the external id that its trust policy asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Role {
    /// The role's name or ARN.
    Named(RoleRef),
    /// The role with its external id.
    Detailed(DetailedRole),
}

/// A role with the external id that its trust policy asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DetailedRole {
    /// Name or ARN of the role.
    pub role: RoleRef,
    /// External id that the role's trust policy asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
}

impl Role {
    /// Its name or ARN.
    pub fn reference(&self) -> &RoleRef {
        match self {
            Role::Named(role) => role,
            Role::Detailed(detailed) => &detailed.role,
        }
    }

    /// The external id written beside it.
    pub fn external_id(&self) -> Option<&ExternalId> {
        match self {
            Role::Named(_) => None,
            Role::Detailed(detailed) => detailed.external_id.as_ref(),
        }
    }
}

/// The roles of every account that does not name its own. They have the same name in each account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Roles {
    /// Role of the administrator, who builds the landscape.
    pub administrator: Role,
    /// Role of data scientists, who train models and register them in dev.
    pub data_scientist: Role,
    /// Role of the lead data scientist, who approves models in dev.
    pub lead: Role,
    /// Role of AI engineers, who configure deployments and ask for test and prod.
    pub engineer: Role,
    /// Role of the governance officer, who approves models for prod.
    pub governance_officer: Role,
    /// Role of CI jobs.
    pub ci: Role,
    /// Execution role that SageMaker takes to run endpoints. No persona acts as it.
    pub execution: Role,
}

impl Default for Roles {
    fn default() -> Self {
        #[expect(
            clippy::expect_used,
            reason = "every name is a literal, checked by the first test that takes a default"
        )]
        let named = |name: &str| Role::Named(name.parse().expect("a valid role name"));
        Roles {
            administrator: named("aiops-administrator"),
            data_scientist: named("aiops-data-scientist"),
            lead: named("aiops-lead"),
            engineer: named("aiops-engineer"),
            governance_officer: named("aiops-governance-officer"),
            ci: named("aiops-ci"),
            execution: named("aiops-execution"),
        }
    }
}

impl Roles {
    /// The role of `persona`.
    pub fn persona(&self, persona: Persona) -> &Role {
        match persona {
            Persona::Administrator => &self.administrator,
            Persona::DataScientist => &self.data_scientist,
            Persona::Lead => &self.lead,
            Persona::Engineer => &self.engineer,
            Persona::GovernanceOfficer => &self.governance_officer,
            Persona::Ci => &self.ci,
        }
    }

    /// These roles, except where `own` names others.
    #[must_use]
    pub fn overridden(&self, own: &OwnRoles) -> Roles {
        let pick = |own: &Option<Role>, general: &Role| own.as_ref().unwrap_or(general).clone();
        Roles {
            administrator: pick(&own.administrator, &self.administrator),
            data_scientist: pick(&own.data_scientist, &self.data_scientist),
            lead: pick(&own.lead, &self.lead),
            engineer: pick(&own.engineer, &self.engineer),
            governance_officer: pick(&own.governance_officer, &self.governance_officer),
            ci: pick(&own.ci, &self.ci),
            execution: pick(&own.execution, &self.execution),
        }
    }
}

/// The roles of one account, where they differ from the general ones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct OwnRoles {
    /// Role of the administrator in this account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub administrator: Option<Role>,
    /// Role of data scientists in this account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_scientist: Option<Role>,
    /// Role of the lead data scientist in this account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead: Option<Role>,
    /// Role of AI engineers in this account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engineer: Option<Role>,
    /// Role of the governance officer in this account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub governance_officer: Option<Role>,
    /// Role of CI jobs in this account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ci: Option<Role>,
    /// Execution role of endpoints in this account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<Role>,
}

impl OwnRoles {
    /// Whether the account has no roles of its own.
    pub fn is_empty(&self) -> bool {
        *self == OwnRoles::default()
    }
}

/// The schema of a persona's name.
pub(super) fn persona_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "title": "a persona", "type": "string", "enum": Persona::ALL })
}
