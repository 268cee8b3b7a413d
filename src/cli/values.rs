//! The words and values that arguments are made of.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use jiff::SignedDuration;

use crate::error::{Error, Result};

/// How an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Columns for people
    Table,
    /// Everything there is, indented
    Json,
    /// The same as YAML
    Yaml,
    /// Tab-separated, without headings
    Tsv,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// Lines for people
    Text,
    /// One JSON object a line
    Json,
}

/// Who acts: decides which role is assumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum Persona {
    /// Runs the platform
    Administrator,
    /// Builds and registers models
    DataScientist,
    /// Approves models of the team for the central registry
    Lead,
    /// Deploys to test and prod
    Engineer,
    /// Decides what may run in prod
    GovernanceOfficer,
    /// A pipeline
    Ci,
}

/// A stage of a model's life that somebody decides about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum Stage {
    /// Development
    Dev,
    /// Integration tests
    Test,
    /// Production
    Prod,
}

/// What was decided about a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum Status {
    /// It may go on
    Approved,
    /// It may not
    Rejected,
    /// Somebody has to decide
    Pending,
}

/// Where a promotion ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ValueEnum)]
pub enum Destination {
    /// The central model registry
    Central,
    /// The tenant's test account
    Test,
    /// The tenant's prod account
    Prod,
}

/// The AWS accounts of one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantAccounts {
    /// The tenant's name.
    pub name: String,
    /// The dev account's id.
    pub dev: String,
    /// The test account's id.
    pub test: String,
    /// The prod account's id.
    pub prod: String,
}

impl FromStr for TenantAccounts {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let shape = || Error::usage("expected NAME=DEV,TEST,PROD with three account ids");
        let (name, accounts) = text.split_once('=').ok_or_else(shape)?;
        let accounts: Vec<&str> = accounts.split(',').collect();
        let &[dev, test, prod] = accounts.as_slice() else { return Err(shape()) };
        if name.is_empty() {
            return Err(shape());
        }
        Ok(TenantAccounts {
            name: name.to_owned(),
            dev: account_id(dev)?,
            test: account_id(test)?,
            prod: account_id(prod)?,
        })
    }
}

/// An AWS account id. It stays text: a leading zero counts.
pub fn account_id(text: &str) -> Result<String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    Err(Error::usage(format!("an AWS account id has 12 digits, unlike {text:?}")))
}

/// A time span longer than nothing, such as `90s`, `30m` or `1h 30m`.
pub fn duration(text: &str) -> Result<Duration> {
    let span = SignedDuration::from_str(text)
        .map_err(|_| Error::usage("expected a time span such as `90s`, `30m` or `1h 30m`"))?;
    Duration::try_from(span)
        .ok()
        .filter(|span| !span.is_zero())
        .ok_or_else(|| Error::usage("a time span here is longer than nothing"))
}

/// An address that only this machine can reach.
pub fn loopback_address(text: &str) -> Result<SocketAddr> {
    let address = SocketAddr::from_str(text)
        .map_err(|_| Error::usage("expected an IP address and a port, such as 127.0.0.1:4577"))?;
    if address.ip().is_loopback() {
        return Ok(address);
    }
    Err(Error::usage("the sandbox knows no secrets and listens on loopback only, such as 127.0.0.1:4577"))
}

/// How many times faster than real time the sandbox runs.
pub fn speed(text: &str) -> Result<f64> {
    f64::from_str(text)
        .ok()
        .filter(|factor| factor.is_finite() && *factor > 0.0)
        .ok_or_else(|| Error::usage("expected a number above 0, such as 60"))
}
