//! Projects: a workspace in each stage of the profile, who works in them, where its models are registered, and its
//! repositories.
//!
//! A project is no thing of AWS's. Its workspaces are DataZone projects called `<tenant>-<project>-<stage>`, and by those
//! names it is found again; a project that somebody made in the portal, under any name, is found by that name, and its
//! tenant and stage by the profile that it was made from.

pub mod audit;
pub mod catalog;
mod cicd;
mod clone;
mod connection;
mod create;
mod delete;
mod deployment;
mod dispatch;
mod find;
pub(crate) mod ground;
mod group;
mod hosting;
mod member;
mod members;
pub mod oidc;
mod order;
mod parameters;
mod redeploy;
mod repository;
mod seeded;
mod survey;
mod update;
mod workspace;

use std::time::Duration;

pub use self::create::{apply, plan};
pub use self::delete::delete;
pub use self::deployment::Readiness;
pub use self::dispatch::{dispatch, due};
pub use self::hosting::{Hosting, Surroundings};
pub use self::members::{Known, change, list as members};
pub use self::order::{Designation, Order, profile, tenant};
pub use self::redeploy::redeploy;
pub use self::survey::{Connection, Environment, Listed, Shown, list, show, wait};
pub use self::update::{Standing, State, check, seed, update};

/// How long the environments of a project may take. AWS needs five to ten minutes as a rule.
pub const DEPLOYMENT_TAKES: Duration = Duration::from_secs(45 * 60);
