//! One picture of all models: every registry, and what really serves.
//!
//! Calls for T tenants with G models each, one endpoint a stage: `GetCallerIdentity`, and `AssumeRole` in each of 1 + 3 T
//! accounts; central 1 + T G, and one search page for a hundred versions; dev, each 1 + G; test and prod, each 1 for the
//! registry and 1 + 3 G for the endpoints. Accounts are asked side by side, and one that does not answer is a row.

mod gather;
mod join;

use jiff::Timestamp;
use serde::Serialize;

use crate::endpoint::live::LiveVariant;
use crate::error::Kind;
use crate::governance::{self, Approval, LifeCycle, Observed, Persona, Registry, Stage};

pub use self::gather::{Scope, status};

/// Every model, and every account that could not be asked.
#[derive(Clone, Debug, Serialize)]
pub struct Status {
    /// The models, by tenant and name.
    pub models: Vec<ModelStatus>,
    /// Accounts that gave no answer.
    pub unreachable: Vec<Unreachable>,
}

impl Status {
    /// That not every account answered: decides the exit code.
    pub fn verdict(&self) -> Option<Kind> {
        (!self.unreachable.is_empty()).then_some(Kind::Partial)
    }
}

/// A model of a tenant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ModelStatus {
    /// Whose it is.
    pub tenant: String,
    /// Its name.
    pub model: String,
    /// Its versions, newest first.
    pub versions: Vec<VersionStatus>,
}

/// A version, over all registries and endpoints.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct VersionStatus {
    /// Its number in dev. None for a version that somebody put into another registry by hand.
    pub version: Option<u32>,
    /// The dev registry.
    pub dev: Option<Registered>,
    /// The central registry.
    pub central: Option<Registered>,
    /// The test account.
    pub test: StageStatus,
    /// The prod account.
    pub prod: StageStatus,
    /// Who has to do something, and what.
    pub waiting_for: Option<Waiting>,
}

/// A version in a registry.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Registered {
    /// ARN there.
    pub arn: String,
    /// Its number there.
    pub number: u32,
    /// Stage and status.
    pub lifecycle: Observed,
    /// `ModelApprovalStatus`.
    pub approval: Option<Approval>,
    /// When it was registered there.
    pub registered_at: Option<Timestamp>,
}

/// A version in the account of a stage.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StageStatus {
    /// In that account's own registry, if it has one for the model.
    pub registry: Option<Registered>,
    /// Endpoints that serve the version.
    pub endpoints: Vec<Serving>,
}

/// An endpoint that serves a version.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Serving {
    /// Name of the endpoint.
    pub endpoint: String,
    /// `EndpointStatus`.
    pub status: String,
    /// The variant.
    pub variant: LiveVariant,
    /// Why its last change failed.
    pub failure: Option<String>,
    /// When the endpoint changed last.
    pub changed_at: Option<Timestamp>,
}

/// Somebody has to do something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// Who.
    pub persona: Persona,
    /// What.
    pub act: &'static str,
    /// In which registry.
    pub registry: Registry,
    /// Where the version goes by it.
    pub to: LifeCycle,
    /// Since when, as far as is known.
    pub since: Option<Timestamp>,
}

impl Waiting {
    /// The command that does it, for the version `name` (`MODEL:VERSION`) of `tenant`.
    pub fn command(&self, name: &str, tenant: &str) -> String {
        let stage = self.to.stage.word();
        match (self.registry, self.to.status) {
            (Registry::Central, governance::Status::Pending) => {
                format!("aiops promote {name} --to {stage} --tenant {tenant}")
            }
            (Registry::Central, _) if self.to.stage == Stage::Dev => {
                format!("aiops promote {name} --to central --tenant {tenant}")
            }
            (_, status) => {
                let status = status.to_string().to_lowercase();
                format!("aiops approve {name} --stage {stage} --status {status} --tenant {tenant} --comment ...")
            }
        }
    }
}

/// An account that could not be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Unreachable {
    /// Whose account it is; none for shared services.
    pub tenant: Option<String>,
    /// The stage; none for shared services.
    pub stage: Option<Stage>,
    /// The account, twelve digits.
    pub account: String,
    /// The Region.
    pub region: String,
    /// Why.
    pub reason: String,
    /// What to do about it.
    pub hint: Option<String>,
}
