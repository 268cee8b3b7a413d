//! Where repositories are, how they are reached, and what they are made from.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::aws::error::AwsError;
use crate::config::{GitAuthor, GitProvider};
use crate::error::{Error, Kind, Result};
use crate::git::credential::{Credentials, Fixed, Login, token_in};
use crate::git::forge::{self, Forge};
use crate::git::{Access, Address, Author, Secret, User};
use crate::governance::Persona;
use crate::seed::Library;
use crate::world::World;

/// What of the surroundings decides how repositories are reached.
pub struct Surroundings {
    /// The user's variables and Git configuration.
    pub user: User,
    /// Where relative paths of aiops.yaml begin.
    pub directory: PathBuf,
    /// The templates.
    pub library: Library,
}

/// Where repositories are, how they are reached, and what they are made from. Cheap to clone.
#[derive(Clone)]
pub struct Hosting(Arc<Inner>);

struct Inner {
    forge: Box<dyn Forge>,
    access: Access,
    author: Option<GitAuthor>,
    library: Library,
    /// In a sandbox the clock jumps while nothing happens, and what happens on another thread is nothing to it.
    inline: bool,
}

impl Hosting {
    /// The host that the configuration names. A token of Secrets Manager is read now, if the configuration names one.
    pub async fn open(world: &World<'_>, surroundings: Surroundings) -> Result<Self> {
        let Surroundings { user, directory, library } = surroundings;
        let config = &world.config.git;
        let host = config.host_name().filter(|_| config.provider != GitProvider::Local);
        let mut first: Vec<Arc<dyn Credentials>> = Vec::new();
        if let (Some(secret), Some(host)) = (&config.token_secret, host) {
            let token = token(world, secret).await?;
            let login = Login::with_token(config.provider, token, format!("the secret {secret}"));
            first.push(Arc::new(Fixed::new(host, login)));
        }
        let access = Access::usual(&user, config, first);
        let inline = world.aws.is_sandbox();
        let clock = world.clock.clone();
        let sleep: forge::Sleep = if inline { Arc::new(|_| {}) } else { forge::sleep_on(clock) };
        let (to_open, settings, root) = (access.clone(), config.clone(), directory.join(&config.directory));
        let open = move || open(&settings, &root, &to_open, sleep);
        let forge = if inline { open()? } else { aside(open).await? };
        Ok(Hosting(Arc::new(Inner { forge, access, author: config.author.clone(), library, inline })))
    }

    /// Does `work`, which blocks.
    pub async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hosting) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        if self.0.inline {
            return work(self);
        }
        let hosting = self.clone();
        aside(move || work(&hosting)).await
    }

    /// The host.
    pub fn forge(&self) -> &dyn Forge {
        &*self.0.forge
    }

    /// How its repositories are reached.
    pub fn access(&self) -> &Access {
        &self.0.access
    }

    /// Whom commits name.
    pub fn author(&self) -> Result<Author> {
        self.0.access.user().author(self.0.author.as_ref())
    }

    /// The templates.
    pub fn library(&self) -> &Library {
        &self.0.library
    }
}

fn open(
    config: &crate::config::settings::Git,
    root: &Path,
    access: &Access,
    sleep: forge::Sleep,
) -> Result<Box<dyn Forge>> {
    let login = |host: &str| -> Result<Secret> {
        let address: Address = format!("https://{host}/").parse()?;
        let login = access.login(&address)?;
        login.map(|login| login.password).ok_or_else(|| {
            let variable = if config.provider == GitProvider::Github { "GH_TOKEN" } else { "GITLAB_TOKEN" };
            Error::new(Kind::NotAuthenticated, format!("there is no token for {host}")).hint(format!(
                "set {variable} or AIOPS_GIT_TOKEN, log in with your Git credential helper, or name a secret as \
                 `git.token-secret` in aiops.yaml"
            ))
        })
    };
    forge::forge(config, root, access, login, sleep)
}

/// Runs `work` where it may block.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(outcome) => outcome,
        Err(error) => Err(Error::failed("work with a repository broke off").because(error)),
    }
}

/// The token that a secret of the shared services account holds.
async fn token(world: &World<'_>, secret: &str) -> Result<Secret> {
    let session = world.session(world.landscape.central(), Persona::Administrator).await?;
    let asked = session.secretsmanager().get_secret_value().secret_id(secret).send().await;
    let unreadable = |error: Error| error.context(format!("cannot read the secret {secret}"));
    let value = asked.map_err(|error| unreadable(AwsError::from(error).into()))?;
    token_in(value.secret_string().unwrap_or_default()).map_err(unreadable)
}
