//! What a command gets besides its arguments. Everything that would make two runs differ is injected here.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::clock::{FixedClock, SharedClock, SystemClock};
use crate::error::{Error, Result};
use crate::interrupt::Interrupt;
use crate::output::Ui;
use crate::settings::{Environment, Settings};

/// What a command gets besides its arguments.
#[derive(Clone, Debug)]
pub struct Context {
    /// The global options.
    pub settings: Settings,
    /// The screen.
    pub ui: Ui,
    /// The time.
    pub clock: SharedClock,
    /// The environment as the process was started with it.
    pub environment: Environment,
    /// Where relative paths start and the search for `aiops.yaml` begins.
    pub working_directory: PathBuf,
    /// Whether the user wants to stop. Only commands that end by it (servers) need to look.
    pub interrupt: Interrupt,
}

/// The clock that the environment asks for: `AIOPS_NOW` (RFC 3339) makes time stand still.
pub fn clock(environment: &Environment) -> Result<SharedClock> {
    let Some(now) = environment.get("AIOPS_NOW") else { return Ok(Arc::new(SystemClock)) };
    let now: Timestamp = now.parse().map_err(|error: jiff::Error| {
        Error::usage(format!("AIOPS_NOW is {now:?}, which is no point in time"))
            .because(error)
            .hint("write it like 2026-01-31T12:00:00Z, or unset it")
    })?;
    Ok(Arc::new(FixedClock(now)))
}
