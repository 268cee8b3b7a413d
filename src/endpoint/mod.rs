//! Endpoints: which version they really serve, and how a version gets onto one.

pub mod deploy;
pub mod live;
pub mod smoke;
