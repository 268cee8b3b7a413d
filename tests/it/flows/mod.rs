//! Whole flows through the product's own code, in the in-process sandbox with every persona's policies enforced.

mod accounts;
mod artifacts;
mod bypassed;
mod deployments;
#[cfg(feature = "datazone")]
mod doctor;
mod killed;
mod lifecycle;
mod names;
mod passing;
mod scenes;
mod stage;
