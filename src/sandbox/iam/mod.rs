//! Identity and access management: what a policy document means, and whether a request is allowed.
//!
//! The rules are pure. [`Policy`] is a parsed and validated document; [`evaluate`] decides one request from the
//! policies that apply to it, by the rules that AWS documents in the IAM User Guide ("Policy evaluation logic" and the
//! "IAM JSON policy element reference"); [`Decision`] knows enough to word AWS's own refusal. Around them,
//! [`entities`] keeps roles and managed policies, and [`service`] is the IAM API.

mod condition;
mod context;
pub mod entities;
mod evaluate;
mod json;
mod managed;
pub(super) mod oidc;
mod parse;
mod pattern;
mod policy;
mod principal;
mod project_role;
pub mod service;
pub(super) mod support;
#[cfg(test)]
mod tests;

pub use context::Context;
pub use evaluate::{Decision, Need, Policies, PolicyKind, Request, evaluate};
pub use parse::Malformed;
pub use policy::{DocumentKind, Policy};
pub use principal::{Principal, PrincipalKind, Session};
