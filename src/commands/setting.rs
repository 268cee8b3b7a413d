//! What a command works in: the configuration, and either AWS or the sandbox behind it.

use std::path::{Path, PathBuf};
#[cfg(feature = "aws")]
use std::sync::Arc;

#[cfg(feature = "aws")]
use crate::aws::{self, Aws};
#[cfg(feature = "aws")]
use crate::clock::SharedClock;
use crate::config::{self, Config, Flags, LoadOptions, Loaded, Look, RegionName};
use crate::context::Context;
use crate::error::{Error, Result};
#[cfg(feature = "aws")]
use crate::landscape::{Landscape, RoleToAssume};
use crate::progress::Progress as _;
use crate::sandbox::Sandbox;
use crate::settings;
#[cfg(feature = "aws")]
use crate::world::World;

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

    /// The Region that an option or a variable names, whatever a file says: for a file that is yet to be written.
    pub fn ambient_region(context: &Context) -> Option<RegionName> {
        let variable = |name: &str| context.environment.get(name).cloned();
        let named = context.settings.region.clone().or_else(|| variable("AIOPS_REGION"));
        let named = named.or_else(|| variable("AWS_REGION")).or_else(|| variable("AWS_DEFAULT_REGION"))?;
        named.parse().ok()
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

impl Setting {
    /// The file that keeps the sandbox, if commands are to talk to one.
    pub fn sandbox_store(&self) -> Option<PathBuf> {
        let configured = self.loaded.ambient.sandbox.clone();
        let wanted = configured.or_else(|| self.asked_for_sandbox.as_ref().map(|_| PathBuf::from(".")));
        wanted.map(|path| if path.is_dir() { path.join(STORE) } else { path })
    }

    /// The account whose administrator the caller of a sandbox is.
    pub fn ambient_account(&self) -> String {
        let account = self.loaded.config.as_ref().map(|config| config.governance.account.to_string());
        account.unwrap_or_else(|| SOME_ACCOUNT.to_owned())
    }

    /// The Region of calls that belong to no other.
    pub fn region(&self) -> String {
        self.loaded.ambient.region.as_ref().map_or_else(|| SOME_REGION.to_owned(), ToString::to_string)
    }

    /// Opens the way to AWS, or to the sandbox. Makes no call.
    #[cfg(feature = "aws")]
    pub async fn open(self, context: &Context) -> Result<Scene> {
        let config = self.config()?.clone();
        let landscape = Landscape::new(&config);
        let (aws, clock) = self.reach(context, &config.session, landscape.via()).await?;
        let directory =
            self.loaded.path.as_deref().and_then(Path::parent).map(|path| context.working_directory.join(path));
        let directory = directory.unwrap_or_else(|| context.working_directory.clone());
        Ok(Scene { config, landscape, aws, clock, directory })
    }

    /// The way to AWS, or to the sandbox, by these terms: also where no configuration says any. Makes no call.
    #[cfg(feature = "aws")]
    pub async fn reach(
        &self,
        context: &Context,
        session: &config::Session,
        via: Vec<RoleToAssume>,
    ) -> Result<(Aws, SharedClock)> {
        let sandbox = match (&context.settings.endpoint_url, self.sandbox_store()) {
            (None, Some(store)) => Some((open_sandbox(&store, context)?, self.ambient_account())),
            // An endpoint that was named is where the calls go.
            _ => None,
        };
        let clock: SharedClock = match &sandbox {
            Some((sandbox, _)) => Arc::new(sandbox.clock().clone()),
            None => context.clock.clone(),
        };
        let options = aws::Options {
            profile: context.settings.profile.clone(),
            region: self.region(),
            endpoint_url: context.settings.endpoint_url.clone(),
            sandbox,
            via,
            source_identity: match session.source_identity.as_str() {
                "caller" => aws::SourceIdentity::Caller,
                "none" => aws::SourceIdentity::None,
                name => aws::SourceIdentity::Fixed(name.to_owned()),
            },
            duration: session.duration,
            tags: session.tags.clone().into_iter().collect(),
        };
        Ok((Aws::load(options, clock.clone()).await?, clock))
    }
}

/// The name of a sandbox's store in a directory.
pub const STORE: &str = ".aiops-sandbox.db";

/// Opens the sandbox that is kept in `store`.
pub fn open_sandbox(store: &Path, context: &Context) -> Result<Sandbox> {
    if !store.is_file() {
        return Err(Error::usage(format!("there is no sandbox in {}", store.display()))
            .hint("`aiops demo` makes one, with models in it"));
    }
    Sandbox::open(Some(store), context.clock.clone(), 1.0)
        .map_err(|error| Error::failed(format!("the sandbox in {} cannot be opened", store.display())).because(error))
}

/// An opened setting: what the nouns act with.
#[cfg(feature = "aws")]
pub struct Scene {
    config: Config,
    landscape: Landscape,
    aws: Aws,
    clock: SharedClock,
    directory: PathBuf,
}

#[cfg(feature = "aws")]
impl Scene {
    /// Where relative paths of aiops.yaml begin.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// What a noun acts with.
    pub fn world<'a>(&'a self, context: &'a Context) -> World<'a> {
        World {
            config: &self.config,
            landscape: &self.landscape,
            aws: &self.aws,
            clock: &self.clock,
            progress: &context.ui,
            acting_as: self.config.persona,
            dry_run: context.settings.dry_run,
        }
    }
}
