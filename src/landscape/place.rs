//! An account in a Region, and the roles in it.

use std::fmt;

use crate::config::roles::{Role, Roles};
use crate::config::{AccountId, ExternalId, RegionName, partition};
use crate::governance::{Persona, Stage};

/// A role to assume.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoleToAssume {
    /// ARN of the role.
    pub arn: String,
    /// What the role's trust policy asks third parties for.
    pub external_id: Option<String>,
}

/// An account in a Region.
#[derive(Clone, Debug)]
pub struct Place {
    kind: Kind,
    /// The account.
    pub account: AccountId,
    /// The Region.
    pub region: RegionName,
    roles: Roles,
    external_id: Option<ExternalId>,
}

/// What an account is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Management,
    Governance,
    SharedServices,
    Stage { tenant: String, stage: Stage, data: bool },
}

impl Place {
    pub(super) fn new(
        kind: Kind,
        account: AccountId,
        region: RegionName,
        roles: Roles,
        external_id: Option<ExternalId>,
    ) -> Self {
        Place { kind, account, region, roles, external_id }
    }

    /// The partition of its Region: the second part of every ARN there.
    pub fn partition(&self) -> &'static str {
        partition(self.region.as_str())
    }

    /// The role of `persona` here, with the external id that it asks for.
    pub fn role(&self, persona: Persona) -> RoleToAssume {
        let role = self.roles.persona(persona);
        let external_id = role.external_id().or(self.external_id.as_ref());
        RoleToAssume { arn: self.arn(role), external_id: external_id.map(ToString::to_string) }
    }

    /// ARN of the role of `persona` here.
    pub fn role_arn(&self, persona: Persona) -> String {
        self.arn(self.roles.persona(persona))
    }

    /// ARN of the role that SageMaker takes to run endpoints here.
    pub fn execution_role(&self) -> String {
        self.arn(&self.roles.execution)
    }

    fn arn(&self, role: &Role) -> String {
        role.reference().arn(&self.account, self.partition())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Management => write!(f, "the management account {}", self.account),
            Kind::Governance => write!(f, "the governance account {}", self.account),
            Kind::SharedServices => write!(f, "the shared services account {}", self.account),
            Kind::Stage { tenant, stage, data } => {
                let data = if *data { "data " } else { "" };
                write!(f, "the {data}{} account {} of {tenant}", stage.word(), self.account)
            }
        }
    }
}
