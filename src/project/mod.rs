//! Projects of the domain: what teams work in.

pub mod catalog;
pub mod oidc;
