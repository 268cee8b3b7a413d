//! What a plan says, and what became of it.

use serde::Serialize;

use super::{Address, Difference, Found};
use crate::error::{Error, Kind};

/// What is to do about a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is not there, and will be made.
    Create,
    /// It is there, and will be changed.
    Change,
    /// It is as it should be.
    Keep,
    /// It is as it should be, and somebody else's.
    Adopt,
    /// It is not wanted, and will be removed.
    Remove,
    /// It is not wanted, and stays.
    Leave,
    /// Somebody else's thing is in the way.
    Conflict,
    /// It is there and does not work.
    Broken,
    /// It could not be looked at.
    Unknown,
}

impl Action {
    /// The word for people and programs.
    pub fn word(self) -> &'static str {
        match self {
            Action::Create => "create",
            Action::Change => "change",
            Action::Keep => "keep",
            Action::Adopt => "adopt",
            Action::Remove => "remove",
            Action::Leave => "leave",
            Action::Conflict => "conflict",
            Action::Broken => "broken",
            Action::Unknown => "unknown",
        }
    }

    /// Whether something is to be done.
    pub fn is_change(self) -> bool {
        matches!(self, Action::Create | Action::Change | Action::Remove)
    }
}

/// How far it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Nothing was done: this is a plan, or nothing was to do.
    Planned,
    /// It was done.
    Done,
    /// It was tried and failed.
    Failed,
    /// It was not tried, because something it needs failed.
    Skipped,
}

/// One thing of a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// What it is about.
    #[serde(flatten)]
    pub address: Address,
    /// What is to do, or was.
    pub action: Action,
    /// For what it is needed, or why not.
    pub reason: String,
    /// The fields that differ.
    pub differences: Vec<Difference>,
    /// How far it came.
    pub state: State,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
    /// The exit code's side of what went wrong.
    #[serde(skip)]
    pub kind: Option<Kind>,
}

impl Outcome {
    pub(super) fn new(address: Address, reason: String, found: Found) -> Self {
        let (action, reason, differences) = match found {
            Found::Absent => (Action::Create, reason, Vec::new()),
            Found::Same => (Action::Keep, reason, Vec::new()),
            Found::Different(differences) => (Action::Change, reason, differences),
            Found::Foreign(differences) if differences.is_empty() => {
                (Action::Adopt, format!("{reason}; made by others, used as it is"), differences)
            }
            Found::Foreign(differences) => (Action::Conflict, format!("{reason}; made by others"), differences),
            Found::Unwanted => (Action::Remove, reason, Vec::new()),
            Found::Leftover(why) => (Action::Leave, why, Vec::new()),
            Found::Broken { why, advice } => {
                let outcome = Outcome::new(address, reason, Found::Same);
                let error = Error::failed(why).hint(advice);
                return Outcome { action: Action::Broken, ..outcome.failed(&error, State::Failed) };
            }
        };
        Outcome {
            address,
            action,
            reason,
            differences,
            state: State::Planned,
            error: None,
            hints: Vec::new(),
            kind: None,
        }
    }

    pub(super) fn failed(mut self, error: &Error, state: State) -> Self {
        let causes = error.causes().map(|cause| format!(": {cause}")).collect::<String>();
        self.error = Some(format!("{error}{causes}"));
        self.hints = error.hints().to_vec();
        self.kind = Some(error.kind());
        self.state = state;
        self
    }
}

/// Everything that a plan says.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Plan {
    /// Every thing, in the order in which they are dealt with.
    pub steps: Vec<Outcome>,
}

impl Plan {
    /// Whether something is to be done.
    pub fn has_changes(&self) -> bool {
        self.steps.iter().any(|step| step.action.is_change())
    }

    /// Whether something of it was done.
    pub fn is_begun(&self) -> bool {
        self.steps.iter().any(|step| step.state == State::Done)
    }

    /// How many things have this action.
    pub fn count(&self, action: Action) -> usize {
        self.steps.iter().filter(|step| step.action == action).count()
    }

    /// What went wrong.
    pub fn failures(&self) -> impl Iterator<Item = &Outcome> {
        self.steps.iter().filter(|step| step.error.is_some())
    }

    /// How it ended, for the exit code: nothing if all is well; the one kind of failure if nothing was done; else partial.
    /// What is in the way is a failure, and what aiops.yaml asks for and cannot be is a mistake in it.
    pub fn verdict(&self) -> Option<Kind> {
        if self.count(Action::Conflict) > 0 {
            return Some(Kind::Failed);
        }
        let mut kinds: Vec<Kind> =
            self.failures().filter(|step| step.state != State::Skipped).filter_map(|step| step.kind).collect();
        kinds.dedup();
        let some_done = self.is_begun();
        if let (false, Some(wrong)) = (some_done, kinds.iter().find(|kind| kind.is_input())) {
            return Some(*wrong);
        }
        match kinds.as_slice() {
            [] => None,
            [only] if !some_done && self.steps.iter().all(|step| step.error.is_some()) => Some(*only),
            _ => Some(Kind::Partial),
        }
    }

    /// An error that names what is in the way, if something is.
    pub fn refuse_conflicts(&self) -> Result<(), Error> {
        let conflicts: Vec<&Outcome> = self.steps.iter().filter(|step| step.action == Action::Conflict).collect();
        let [first, ..] = conflicts.as_slice() else { return Ok(()) };
        let others = match conflicts.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let fields: Vec<&str> = first.differences.iter().map(|difference| difference.field.as_str()).collect();
        Err(Error::failed(format!("the {} is not aiops's and differs in {}{others}", first.address, fields.join(", ")))
            .hint(
                "nothing was changed: aiops changes only what it made, and uses what others made if it matches exactly",
            )
            .hint("remove it or make it match, or write what it is like in aiops.yaml; `plan` shows every difference"))
    }
}
