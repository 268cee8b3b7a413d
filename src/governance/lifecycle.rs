//! The stages that a model passes.

use serde::{Deserialize, Serialize};

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
