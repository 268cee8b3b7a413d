//! Every test of the whole program, in one binary: linking is most of what a test binary costs.

// The futures of the SDK nest deeply.
#![recursion_limit = "256"]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[cfg(feature = "sagemaker")]
mod answers;
#[cfg(feature = "sagemaker")]
mod bad_input;
#[cfg(feature = "datazone")]
mod bootstrap;
mod cli_reference;
mod conformance;
#[cfg(all(unix, feature = "sagemaker"))]
mod docs;
#[cfg(feature = "sagemaker")]
mod flows;
mod forge;
mod frame;
mod git;
#[cfg(feature = "sagemaker")]
mod network;
#[cfg(all(feature = "datazone", feature = "sagemaker"))]
mod organization;
#[cfg(all(feature = "datazone", feature = "sagemaker"))]
mod project;
#[cfg(feature = "sagemaker")]
mod sessions;
mod support;
mod template;
