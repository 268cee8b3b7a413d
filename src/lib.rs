//! `aiops`: governed machine learning on Amazon SageMaker Unified Studio, across many AWS accounts.
//!
//! The rooms of the house, and which way the arrows run:
//!
//! ```text
//! cli <- commands -> nouns (domain, profile, promote, approve) -> plan, registry, endpoint, governance -> aws
//!     -> landscape -> config
//! ```
//!
//! Commands return a [`report::Report`]; `output` is the only room that prints. Nouns know neither the screen nor the
//! sandbox. `governance` does no I/O. The one seam between product and sandbox is the HTTP client of the AWS SDK.

// The futures of the SDK nest deeply.
#![recursion_limit = "256"]
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout))]

#[cfg(feature = "sagemaker")]
pub mod approve;
#[cfg(feature = "aws")]
pub mod aws;
pub mod cli;
pub mod clock;
pub mod commands;
pub mod config;
pub mod context;
pub mod deployment;
#[cfg(all(feature = "sagemaker", feature = "datazone"))]
pub mod doctor;
#[cfg(feature = "datazone")]
pub mod domain;
#[cfg(feature = "sagemaker")]
pub mod endpoint;
pub mod error;
pub mod git;
pub mod governance;
pub mod interrupt;
pub mod landscape;
pub mod model_ref;
pub mod nearest;
#[cfg(feature = "datazone")]
pub mod organization;
pub mod output;
pub mod plan;
#[cfg(feature = "datazone")]
pub mod profile;
pub mod progress;
#[cfg(all(feature = "sagemaker", feature = "datazone"))]
pub mod project;
pub mod project_name;
#[cfg(feature = "sagemaker")]
pub mod promote;
#[cfg(feature = "sagemaker")]
pub mod registry;
pub mod report;
mod run;
pub mod sandbox;
pub mod seed;
pub mod settings;
#[cfg(feature = "sagemaker")]
pub mod status;
#[cfg(feature = "aws")]
pub mod world;

pub use run::main;
