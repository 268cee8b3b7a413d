//! The state machine: every move that a model version may make, who may make it, and what must be true.
//!
//! [`MOVES`] is the only place where this is written down. Commands ask [`check`] and [`may_deploy`]; the IAM policies
//! in [`super::policy`] are generated from the same table, so AWS refuses what aiops refuses, whoever asks.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::lifecycle::Stage::{Dev, Prod, Test};
use super::lifecycle::Status::{Approved, Pending, Rejected};
use super::lifecycle::{Approval, LifeCycle, Observed, Stage, Status};
use super::persona::Persona::{self, Ci, DataScientist, Engineer, GovernanceOfficer, Lead};
use super::refusal::Refusal;

/// Which model registry a version is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Registry {
    /// The registry of a tenant's dev account, where training registers.
    Dev,
    /// The registry of the shared services account, from which test and prod are served.
    Central,
}

impl Registry {
    /// The registry in which `stage` is decided: dev's own for dev, central for what comes after.
    pub const fn deciding(stage: Stage) -> Self {
        match stage {
            Dev => Registry::Dev,
            Test | Prod => Registry::Central,
        }
    }
}

/// Where a move starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The version does not exist yet: the move creates it.
    New,
    /// The version exists, but nobody has given it a lifecycle.
    Unset,
    /// The version has this lifecycle.
    At(LifeCycle),
}

/// What must be true before a move, besides who makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Requirement {
    /// The smoke test of the deployed version passed. IAM enforces it.
    SmokeTestPassed,
    /// Whoever decides is not whoever registered the version: four eyes. IAM enforces it, by source identity.
    NotRegistrant,
    /// The decision says why. IAM cannot see it.
    Comment,
    /// Artifacts and inference specification are those that were recorded when the version was copied in. IAM has no
    /// condition key for them, so whoever decides or deploys computes their digests again.
    DigestUnchanged,
}

/// One move of a version in one registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// In which registry.
    pub registry: Registry,
    /// Where it starts.
    pub from: Origin,
    /// Where it ends.
    pub to: LifeCycle,
    /// Who may make it; first whoever usually does.
    pub by: &'static [Persona],
    /// What must be true.
    pub requires: &'static [Requirement],
    /// What it means, as a request to the one who makes it.
    pub act: &'static str,
}

impl Move {
    /// The `ModelApprovalStatus` to write in the same call.
    pub const fn approval(&self) -> Approval {
        self.to.approval()
    }

    /// Whether somebody decides here, rather than asks or carries out.
    pub fn is_decision(&self) -> bool {
        matches!(self.from, Origin::At(_)) && self.to.status != Status::Pending
    }

    /// Whether `requirement` must hold.
    pub fn needs(&self, requirement: Requirement) -> bool {
        self.requires.contains(&requirement)
    }
}

const fn at(stage: Stage, status: Status) -> Origin {
    Origin::At(LifeCycle::new(stage, status))
}

const fn step(
    registry: Registry,
    from: Origin,
    to: (Stage, Status),
    by: &'static [Persona],
    requires: &'static [Requirement],
    act: &'static str,
) -> Move {
    Move { registry, from, to: LifeCycle::new(to.0, to.1), by, requires, act }
}

const SCIENCE: &[Persona] = &[DataScientist, Ci];
const DELIVERY: &[Persona] = &[Engineer, Ci];
const OFFICER: &[Persona] = &[GovernanceOfficer];

const NOTHING: &[Requirement] = &[];
const COMMENT: &[Requirement] = &[Requirement::Comment];
const DIGEST: &[Requirement] = &[Requirement::DigestUnchanged];
const ACCEPT_TEST: &[Requirement] =
    &[Requirement::SmokeTestPassed, Requirement::NotRegistrant, Requirement::DigestUnchanged, Requirement::Comment];
const ACCEPT_PROD: &[Requirement] = &[Requirement::NotRegistrant, Requirement::DigestUnchanged, Requirement::Comment];

/// Every move there is. From one state, the move that leads on comes first.
pub static MOVES: &[Move] = &[
    step(Registry::Dev, Origin::New, (Dev, Pending), SCIENCE, NOTHING, "register a new version"),
    step(Registry::Dev, Origin::Unset, (Dev, Pending), SCIENCE, NOTHING, "submit what another tool registered"),
    step(Registry::Dev, at(Dev, Pending), (Dev, Approved), &[Lead], COMMENT, "approve for the central registry"),
    step(Registry::Dev, at(Dev, Pending), (Dev, Rejected), &[Lead], COMMENT, "reject"),
    step(Registry::Dev, at(Dev, Approved), (Dev, Rejected), &[Lead], COMMENT, "withdraw the approval"),
    step(Registry::Dev, at(Dev, Rejected), (Dev, Pending), &[DataScientist], NOTHING, "submit again"),
    step(Registry::Central, Origin::New, (Dev, Approved), DELIVERY, DIGEST, "copy to the central registry"),
    step(Registry::Central, at(Dev, Approved), (Test, Pending), DELIVERY, DIGEST, "deploy to test"),
    step(Registry::Central, at(Test, Pending), (Test, Approved), OFFICER, ACCEPT_TEST, "approve what was tested"),
    step(Registry::Central, at(Test, Pending), (Test, Rejected), OFFICER, COMMENT, "reject what was tested"),
    step(Registry::Central, at(Test, Rejected), (Test, Pending), DELIVERY, DIGEST, "deploy to test again"),
    step(Registry::Central, at(Test, Approved), (Prod, Pending), DELIVERY, DIGEST, "deploy to prod"),
    step(Registry::Central, at(Prod, Pending), (Prod, Approved), OFFICER, ACCEPT_PROD, "approve for prod"),
    step(Registry::Central, at(Prod, Pending), (Prod, Rejected), OFFICER, COMMENT, "reject for prod"),
    step(Registry::Central, at(Prod, Approved), (Prod, Rejected), OFFICER, COMMENT, "withdraw from prod"),
    step(Registry::Central, at(Prod, Rejected), (Test, Pending), DELIVERY, DIGEST, "deploy to test again"),
];

/// The move by which a new version enters `registry`.
pub fn creation(registry: Registry) -> &'static Move {
    let first = MOVES.iter().find(|step| step.registry == registry && step.from == Origin::New);
    // Both registries have one, and a test says so; the first line of the table stands in for a panic.
    first.unwrap_or(&MOVES[0])
}

/// Every move that an existing version can make from where it is.
pub fn next_moves(registry: Registry, from: &Observed) -> impl Iterator<Item = &'static Move> {
    let origin = match from {
        Observed::Known(lifecycle) => Some(Origin::At(*lifecycle)),
        Observed::None => Some(Origin::Unset),
        Observed::Other { .. } => None,
    };
    MOVES.iter().filter(move |step| step.registry == registry && Some(step.from) == origin)
}

/// The move of an existing version from where it is to `to`, or why there is none.
pub fn check(registry: Registry, from: &Observed, to: LifeCycle) -> Result<&'static Move, Refusal> {
    match from {
        Observed::Other { stage, status } => {
            return Err(Refusal::Foreign { stage: stage.clone(), status: status.clone() });
        }
        Observed::Known(at) if *at == to => return Err(Refusal::AlreadyThere { at: to }),
        Observed::Known(_) | Observed::None => {}
    }
    next_moves(registry, from).find(|step| step.to == to).ok_or_else(|| Refusal::NoSuchMove {
        registry,
        from: from.clone(),
        to,
        next: next_moves(registry, from).collect(),
    })
}

/// The move that a version waits for: made by the first of its personas. None, when it has arrived or was rejected.
///
/// A version approved in dev waits to be copied; whether a copy exists, only the central registry knows.
pub fn waiting_for(registry: Registry, lifecycle: LifeCycle) -> Option<&'static Move> {
    if lifecycle.status == Rejected {
        return None;
    }
    let onward = next_moves(registry, &lifecycle.into()).find(|step| step.to.status != Rejected);
    let copy =
        (registry == Registry::Dev && lifecycle == LifeCycle::new(Dev, Approved)).then(|| creation(Registry::Central));
    onward.or(copy)
}

/// Whether a version of the central registry may be deployed to a stage (to dev: whether it passed dev's decision).
pub fn may_deploy(to: Stage, at: &Observed) -> Result<(), Refusal> {
    let needs = match to {
        Dev => LifeCycle::new(Dev, Approved),
        Test => LifeCycle::new(Test, Pending),
        Prod => LifeCycle::new(Test, Approved),
    };
    match at {
        Observed::Known(at) if at.status != Rejected && *at >= needs => Ok(()),
        Observed::Other { stage, status } => Err(Refusal::Foreign { stage: stage.clone(), status: status.clone() }),
        Observed::Known(_) | Observed::None => Err(Refusal::NotDeployable { to, at: at.clone(), needs }),
    }
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Registry::Dev => "dev",
            Registry::Central => "central",
        })
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Requirement::SmokeTestPassed => "the smoke test passed",
            Requirement::NotRegistrant => "whoever decides is not whoever registered the version",
            Requirement::Comment => "a comment says why",
            Requirement::DigestUnchanged => "artifacts and inference specification are those that were recorded",
        })
    }
}

#[cfg(test)]
mod tests;
