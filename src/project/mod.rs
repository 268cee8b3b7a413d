//! Projects.

pub mod oidc;
