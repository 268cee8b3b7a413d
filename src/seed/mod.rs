//! Repositories of projects: what they are seeded with, and how they are kept up to date.

pub mod answers;
pub mod check;
pub mod cicd;
mod engine;
pub mod library;
mod litter;
pub mod manifest;
pub mod path;
pub mod record;
mod remote;
pub mod render;
pub mod update;

pub use answers::Answers;
pub use library::{Library, Origin, Template};
pub use record::{Record, seed};
pub use render::{Fault, Holds};

#[cfg(test)]
mod testing;
