//! Who acts.

use serde::{Deserialize, Serialize};

/// As whom a command acts. Each persona is one IAM role per account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Persona {
    /// Builds the landscape: domain, profiles, roles.
    Administrator,
    /// Trains models and registers them in dev.
    DataScientist,
    /// Approves models in dev and copies them to the central registry.
    Lead,
    /// Configures and deploys: AI engineer.
    Engineer,
    /// Approves for production.
    GovernanceOfficer,
    /// A CI job.
    Ci,
}
