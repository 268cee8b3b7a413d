//! The rules of governance: who may move a model from where to where, what must be true first, and how AWS itself is
//! told to refuse everything else.
//!
//! Pure: nothing here reads a file, a clock or a network. One table, [`machine::MOVES`], is the truth; the refusals that
//! people read and the IAM policies that AWS enforces are both derived from it.

pub mod digest;
pub mod identity;
pub mod lifecycle;
pub mod machine;
pub mod metadata;
mod names;
pub mod persona;
pub mod policy;
pub mod refusal;

pub use digest::{Digest, ObjectDigest};
pub use identity::source_identity;
pub use lifecycle::{Approval, LifeCycle, Observed, Stage, Status};
pub use machine::{Move, Origin, Registry, Requirement};
pub use metadata::{MetadataValue, TestStatus};
pub use persona::Persona;
pub use refusal::Refusal;
