//! Projects.

pub mod audit;
