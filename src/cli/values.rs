//! The words and values that arguments are made of.

use std::net::SocketAddr;
use std::str::FromStr;
use std::time::Duration;

use clap::ValueEnum;
use clap::builder::PossibleValue;
use jiff::SignedDuration;

use super::account::UnitPath;
use crate::config::{GitLayout, GitProvider};
use crate::error::{Error, Result};
use crate::governance::{Persona, Stage, Status};

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

impl ValueEnum for Persona {
    fn value_variants<'a>() -> &'a [Self] {
        &Persona::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Persona::Administrator => "Runs the platform",
            Persona::DataScientist => "Builds and registers models",
            Persona::Lead => "Approves models of the team for the central registry",
            Persona::Engineer => "Deploys to test and prod",
            Persona::GovernanceOfficer => "Decides what may run in prod",
            Persona::Ci => "A pipeline",
        };
        Some(PossibleValue::new(self.as_str()).help(help))
    }
}

impl ValueEnum for Stage {
    fn value_variants<'a>() -> &'a [Self] {
        &Stage::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Stage::Dev => "Development",
            Stage::Test => "Integration tests",
            Stage::Prod => "Production",
        };
        Some(PossibleValue::new(self.word()).help(help))
    }
}

impl ValueEnum for Status {
    fn value_variants<'a>() -> &'a [Self] {
        &Status::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Status::Approved => PossibleValue::new("approved").help("It may go on"),
            Status::Rejected => PossibleValue::new("rejected").help("It may not"),
            Status::Pending => PossibleValue::new("pending").help("Somebody has to decide"),
        })
    }
}

impl ValueEnum for GitProvider {
    fn value_variants<'a>() -> &'a [Self] {
        &[GitProvider::Github, GitProvider::Gitlab, GitProvider::Local]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            GitProvider::Github => PossibleValue::new("github").help("GitHub, public or Enterprise"),
            GitProvider::Gitlab => PossibleValue::new("gitlab").help("GitLab, public or self-managed"),
            GitProvider::Local => PossibleValue::new("local").help("Bare repositories on this machine"),
        })
    }
}

impl ValueEnum for GitLayout {
    fn value_variants<'a>() -> &'a [Self] {
        &[GitLayout::Single, GitLayout::Separate]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            GitLayout::Single => PossibleValue::new("single").help("One repository with `build` and `deploy`"),
            GitLayout::Separate => PossibleValue::new("separate").help("A build repository and a deploy repository"),
        })
    }
}

/// An answer to a question of a template: `NAME=VALUE`.
pub fn answer(text: &str) -> Result<(String, String)> {
    let (name, value) = text.split_once('=').ok_or_else(|| Error::usage("expected NAME=VALUE"))?;
    Ok((name.to_owned(), value.to_owned()))
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

/// The name of a new account, as AWS takes it.
pub fn account_name(text: &str) -> Result<String> {
    if (1..=50).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Ok(text.to_owned());
    }
    Err(Error::usage("the name of an account has 1 to 50 characters, all of them ASCII"))
}

/// The address of a new account, as AWS takes it.
pub fn email(text: &str) -> Result<String> {
    let parts = text.split_once('@');
    let right = (6..=64).contains(&text.len())
        && !text.contains(char::is_whitespace)
        && parts.is_some_and(|(who, host)| !who.is_empty() && host.contains('.') && !host.contains('@'));
    if right { Ok(text.to_owned()) } else { Err(Error::usage("expected an address such as aws+dev@example.com")) }
}

/// The way down to an organizational unit: `workloads/retail`.
pub fn unit_path(text: &str) -> Result<UnitPath> {
    let names: Vec<String> = text.trim_matches('/').split('/').map(str::to_owned).collect();
    if names.iter().all(|name| (1..=128).contains(&name.chars().count())) {
        return Ok(UnitPath(names));
    }
    Err(Error::usage("expected names of 1 to 128 characters with `/` between them, such as workloads/retail"))
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
