//! Where a model version stands: `ModelLifeCycle` and the approval that follows from it.
//!
//! `ModelLifeCycle` is the record. SageMaker's older `ModelApprovalStatus`, which alone decides whether it lets anybody
//! deploy a version, is derived and written in the same call, so the two cannot contradict each other.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::names;
use crate::error::Error;

/// A stage of a model's life, spelled as in `ModelLifeCycle.Stage`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Stage {
    /// Where it was trained.
    Dev,
    /// Where it is tried.
    Test,
    /// Where it serves.
    Prod,
}

/// How far a version has come in its stage, spelled as in `ModelLifeCycle.StageStatus`.
///
/// Ordered by progress, with the dead end last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Status {
    /// Somebody has to decide.
    Pending,
    /// It may go on.
    Approved,
    /// It may not be deployed anywhere.
    Rejected,
}

/// SageMaker's `ModelApprovalStatus`: only `Approved` versions can be deployed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Approval {
    /// Nobody has decided.
    PendingManualApproval,
    /// SageMaker lets it be deployed.
    Approved,
    /// SageMaker refuses to deploy it.
    Rejected,
}

/// A stage and the status in it, such as `Test/Pending`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LifeCycle {
    /// `ModelLifeCycle.Stage`.
    pub stage: Stage,
    /// `ModelLifeCycle.StageStatus`.
    pub status: Status,
}

/// What AWS says about a version's lifecycle. The fields are free text there, and other tools write them too.
///
/// Serialises as an object of `stage` and `status`, or as null.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Observed {
    /// A lifecycle that aiops knows.
    Known(LifeCycle),
    /// Text that aiops does not know, kept as it is.
    Other {
        /// `ModelLifeCycle.Stage`.
        stage: String,
        /// `ModelLifeCycle.StageStatus`.
        status: String,
    },
    /// The version has no lifecycle.
    None,
}

impl Stage {
    /// Every stage, in the order in which a model passes them.
    pub const ALL: [Stage; 3] = [Stage::Dev, Stage::Test, Stage::Prod];

    /// AWS's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Stage::Dev => "Dev",
            Stage::Test => "Test",
            Stage::Prod => "Prod",
        }
    }

    /// How people type it and names carry it: `dev`, `test`, `prod`.
    pub const fn word(self) -> &'static str {
        match self {
            Stage::Dev => "dev",
            Stage::Test => "test",
            Stage::Prod => "prod",
        }
    }
}

impl Status {
    /// Every status.
    pub const ALL: [Status; 3] = [Status::Pending, Status::Approved, Status::Rejected];

    /// AWS's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Pending => "Pending",
            Status::Approved => "Approved",
            Status::Rejected => "Rejected",
        }
    }
}

impl Approval {
    /// Every approval.
    pub const ALL: [Approval; 3] = [Approval::PendingManualApproval, Approval::Approved, Approval::Rejected];

    /// AWS's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Approval::PendingManualApproval => "PendingManualApproval",
            Approval::Approved => "Approved",
            Approval::Rejected => "Rejected",
        }
    }
}

impl LifeCycle {
    /// `status` in `stage`.
    pub const fn new(stage: Stage, status: Status) -> Self {
        LifeCycle { stage, status }
    }

    /// Every lifecycle, in the order of stages.
    pub fn all() -> impl Iterator<Item = LifeCycle> {
        Stage::ALL.into_iter().flat_map(|stage| Status::ALL.into_iter().map(move |status| LifeCycle { stage, status }))
    }

    /// The `ModelApprovalStatus` that goes with it.
    ///
    /// A version must be deployable to be tested, so everything past dev's decision that nobody rejected is `Approved`
    /// for SageMaker. What may reach prod is decided by the lifecycle, never by the approval.
    pub const fn approval(self) -> Approval {
        match (self.stage, self.status) {
            (_, Status::Rejected) => Approval::Rejected,
            (Stage::Dev, Status::Pending) => Approval::PendingManualApproval,
            _ => Approval::Approved,
        }
    }
}

impl Observed {
    /// Reads `ModelLifeCycle.Stage` and `.StageStatus` as AWS returned them. Only the exact spelling is known: the IAM
    /// conditions that guard the moves compare case, so `test` is not `Test`.
    pub fn read(stage: Option<&str>, status: Option<&str>) -> Self {
        let (stage, status) = (stage.unwrap_or_default(), status.unwrap_or_default());
        if stage.is_empty() && status.is_empty() {
            return Observed::None;
        }
        let known = LifeCycle::all().find(|known| known.stage.as_str() == stage && known.status.as_str() == status);
        known.map_or_else(|| Observed::Other { stage: stage.to_owned(), status: status.to_owned() }, Observed::Known)
    }

    /// The lifecycle, if it is one that aiops knows.
    pub fn known(&self) -> Option<LifeCycle> {
        match self {
            Observed::Known(lifecycle) => Some(*lifecycle),
            Observed::Other { .. } | Observed::None => None,
        }
    }
}

impl From<LifeCycle> for Observed {
    fn from(lifecycle: LifeCycle) -> Self {
        Observed::Known(lifecycle)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Approval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for LifeCycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{}/{}", self.stage, self.status))
    }
}

impl fmt::Display for Observed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Observed::Known(lifecycle) => lifecycle.fmt(f),
            Observed::Other { stage, status } => f.pad(&format!("{stage}/{status}")),
            Observed::None => f.pad("no lifecycle"),
        }
    }
}

impl FromStr for Stage {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        names::parse("stage", text, &Stage::ALL, Stage::as_str)
    }
}

impl FromStr for Status {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        names::parse("status", text, &Status::ALL, Status::as_str)
    }
}

impl FromStr for Approval {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        names::parse("model approval status", text, &Approval::ALL, Approval::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn approval_follows_from_the_lifecycle() {
        let table: Vec<String> = LifeCycle::all().map(|at| format!("{at:<13} {}", at.approval())).collect();
        insta::assert_snapshot!(table.join("\n"), @"
        Dev/Pending   PendingManualApproval
        Dev/Approved  Approved
        Dev/Rejected  Rejected
        Test/Pending  Approved
        Test/Approved Approved
        Test/Rejected Rejected
        Prod/Pending  Approved
        Prod/Approved Approved
        Prod/Rejected Rejected
        ");
    }

    #[test]
    fn serde_display_and_parsing_use_the_spelling_of_aws() {
        for stage in Stage::ALL {
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.to_string());
            assert_eq!(stage.to_string().to_lowercase().parse::<Stage>().unwrap(), stage);
            assert_eq!(stage.word(), stage.to_string().to_lowercase());
        }
        for status in Status::ALL {
            assert_eq!(serde_json::to_value(status).unwrap(), status.to_string());
            assert_eq!(status.to_string().to_uppercase().parse::<Status>().unwrap(), status);
        }
        for approval in Approval::ALL {
            assert_eq!(serde_json::to_value(approval).unwrap(), approval.to_string());
            assert_eq!(approval.to_string().parse::<Approval>().unwrap(), approval);
        }
        assert_eq!("aproved".parse::<Status>().unwrap_err().hints()[0], "did you mean `Approved`?");
    }

    #[test]
    fn free_text_of_other_tools_is_kept_and_never_taken_for_ours() {
        for at in LifeCycle::all() {
            assert_eq!(Observed::read(Some(at.stage.as_str()), Some(at.status.as_str())), Observed::Known(at));
        }
        for (stage, status) in
            [("test", "Pending"), ("Test", "pending"), ("QA", "OnHold"), ("Test", ""), ("", "Approved")]
        {
            let other = Observed::Other { stage: stage.to_owned(), status: status.to_owned() };
            assert_eq!(Observed::read(Some(stage), Some(status)), other);
        }
        assert_eq!(Observed::read(None, None), Observed::None);
        assert_eq!(Observed::read(Some(""), None), Observed::None);
    }

    #[test]
    fn observed_serialises_as_stage_and_status_or_null() {
        let json = |observed: Observed| serde_json::to_string(&observed).unwrap();
        assert_eq!(json(Observed::read(Some("Test"), Some("Pending"))), r#"{"stage":"Test","status":"Pending"}"#);
        assert_eq!(json(Observed::read(Some("QA"), Some("x"))), r#"{"stage":"QA","status":"x"}"#);
        assert_eq!(json(Observed::None), "null");
    }
}
