//! Why a version may not move or be deployed, and what may happen instead.

use std::fmt;

use super::lifecycle::{LifeCycle, Observed, Stage};
use super::machine::{Move, Registry, next_moves, waiting_for};
use crate::error::{Error, Kind};

/// A refusal of the state machine.
#[derive(Clone, Debug, PartialEq)]
pub enum Refusal {
    /// The version is where it is asked to go: nothing is left to do.
    AlreadyThere {
        /// Where it is.
        at: LifeCycle,
    },
    /// No move leads there from here.
    NoSuchMove {
        /// In which registry.
        registry: Registry,
        /// Where the version is.
        from: Observed,
        /// Where it was asked to go.
        to: LifeCycle,
        /// Every move that it can make instead.
        next: Vec<&'static Move>,
    },
    /// Another tool wrote a lifecycle that aiops does not know, so it does not know what may follow.
    Foreign {
        /// `ModelLifeCycle.Stage`.
        stage: String,
        /// `ModelLifeCycle.StageStatus`.
        status: String,
    },
    /// The version has not come far enough, or was rejected.
    NotDeployable {
        /// The stage that it was to be deployed to.
        to: Stage,
        /// Where it is.
        at: Observed,
        /// From where on it could be.
        needs: LifeCycle,
    },
}

impl Refusal {
    /// What can be done, one sentence each.
    pub fn hints(&self) -> Vec<String> {
        match self {
            Refusal::AlreadyThere { .. } => vec!["nothing is left to do".to_owned()],
            Refusal::NoSuchMove { next, .. } if next.is_empty() => {
                vec!["no move leads on from there: bring in a new version".to_owned()]
            }
            Refusal::NoSuchMove { next, .. } => {
                next.iter().map(|next| format!("it can go to {} ({}: {})", next.to, who(next), next.act)).collect()
            }
            Refusal::Foreign { .. } => vec![
                "another tool set this lifecycle; if none depends on it, set one that aiops knows with rights that no \
                 persona has, such as Dev/Pending in dev"
                    .to_owned(),
            ],
            Refusal::NotDeployable { to, at, needs } => {
                let registry = Registry::deciding(*to);
                let waits = match at.known() {
                    Some(at) => waiting_for(registry, at),
                    None => next_moves(registry, at).next(),
                };
                let waits = waits.map(|step| format!("it is waiting for the {}: {}", who(step), step.act));
                waits.into_iter().chain([format!("it may be from {needs} on, unless it was rejected")]).collect()
            }
        }
    }
}

fn standing(at: &Observed) -> String {
    match at {
        Observed::None => "without a lifecycle".to_owned(),
        known => format!("in {known}"),
    }
}

fn who(step: &Move) -> String {
    step.by.iter().map(|persona| persona.title()).collect::<Vec<_>>().join(" or ")
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::AlreadyThere { at } => write!(f, "the version is already in {at}"),
            Refusal::NoSuchMove { registry, from, to, .. } => {
                write!(f, "a version {} cannot go to {to} in the {registry} registry", standing(from))
            }
            Refusal::Foreign { stage, status } => {
                write!(f, "the version is in stage {stage:?} with status {status:?}, which aiops does not know")
            }
            Refusal::NotDeployable { to: Stage::Dev, at, .. } => {
                write!(f, "a version {} may not leave dev", standing(at))
            }
            Refusal::NotDeployable { to, at, .. } => {
                write!(f, "a version {} may not be deployed to {}", standing(at), to.word())
            }
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        let error = Error::new(Kind::Denied, refusal.to_string());
        refusal.hints().into_iter().fold(error, Error::hint)
    }
}
