//! What a command works in: the configuration, and either AWS or the sandbox behind it.

use std::path::PathBuf;

use crate::config::{self, Config, Flags, LoadOptions, Loaded, Look};
use crate::context::Context;
use crate::error::Result;
use crate::progress::Progress as _;
use crate::settings;

/// The account whose administrator the caller is in a sandbox that no configuration describes.
const SOME_ACCOUNT: &str = "111111111111";
/// The Region of such a sandbox.
const SOME_REGION: &str = "us-east-1";

/// The loaded configuration.
pub struct Setting {
    loaded: Loaded,
    asked_for_sandbox: Option<settings::Sandbox>,
}

impl Setting {
    /// Loads the configuration that counts where the command runs. That there is none is no error yet.
    pub fn load(context: &Context) -> Result<Self> {
        let asked = context.settings.sandbox.clone();
        let loaded = config::load(&LoadOptions {
            explicit: context.settings.config.clone(),
            working_directory: context.working_directory.clone(),
            environment: &context.environment,
            flags: Flags {
                region: context.settings.region.clone(),
                persona: context.settings.persona.map(|persona| persona.to_string()),
                sandbox: match &asked {
                    Some(settings::Sandbox::At(path)) => Some(path.display().to_string()),
                    Some(settings::Sandbox::Configured) | None => None,
                },
            },
            look: Look::default(),
        })?;
        for warning in &loaded.warnings {
            context.ui.warn(warning);
        }
        Ok(Setting { loaded, asked_for_sandbox: asked })
    }

    /// What was loaded, with the source of each value.
    pub fn loaded(&self) -> &Loaded {
        &self.loaded
    }

    /// The configuration; without one, an error that says how to get one.
    pub fn config(&self) -> Result<&Config> {
        self.loaded.require_file()
    }
}
