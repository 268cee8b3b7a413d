//! Who hosts repositories: GitHub, GitLab, or a directory of bare ones.
//!
//! Every forge looks before it acts, so that each of its calls can be repeated after it was interrupted anywhere: what is
//! there already and as it should be is left alone. What others made is used if it fits, and never changed.

mod github;
mod gitlab;
mod limits;
mod local;
pub mod oidc;
mod rest;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{Access, Secret};
use crate::clock::SharedClock;
use crate::config::GitProvider;
use crate::config::settings::Git;
use crate::error::{Error, Result};

pub use self::github::Github;
pub use self::gitlab::Gitlab;
pub use self::local::Local;
pub use self::rest::Connection;

/// How a forge waits when it is told to call less often.
pub type Sleep = Arc<dyn Fn(Duration) + Send + Sync>;

/// Waiting on `clock`. To be asked for on the runtime, and used on a thread that may block.
pub fn sleep_on(clock: SharedClock) -> Sleep {
    let runtime = tokio::runtime::Handle::current();
    Arc::new(move |duration| runtime.block_on(clock.sleep(duration)))
}

/// The forge that the configuration names. `directory` holds the repositories of provider `local`, absolute; `login` is
/// asked for the token of the host, where there is one.
pub fn forge(
    config: &Git,
    directory: &Path,
    access: &Access,
    login: impl FnOnce(&str) -> Result<Secret>,
    sleep: Sleep,
) -> Result<Box<dyn Forge>> {
    let api: fn(&str) -> String = match config.provider {
        GitProvider::Local => return Ok(Box::new(Local::new(directory))),
        GitProvider::Github => github::api,
        GitProvider::Gitlab => gitlab::api,
    };
    let host = config.host_name().unwrap_or_default();
    let owner = config.owner.as_deref().ok_or_else(|| {
        Error::config("git.owner is missing")
            .hint("name in aiops.yaml the organisation, group or user whose the repositories are")
    })?;
    let (access, token) = (access.clone(), login(host)?);
    let connection = Connection { access, api: api(host), host: host.to_owned(), token, sleep };
    Ok(match config.provider {
        GitProvider::Gitlab => Box::new(Gitlab::new(connection, owner)),
        _ => Box::new(Github::new(connection, owner)),
    })
}

/// A host of repositories. Calls block.
pub trait Forge: Send + Sync {
    /// What it is, such as `github.com/acme`.
    fn describe(&self) -> String;

    /// The repository `name` of the owner that the configuration names.
    fn repository(&self, name: &str) -> Result<Option<Hosted>>;

    /// Makes a repository: private and empty. One that is there already is taken if it is private and in use.
    fn create(&self, new: &NewRepository<'_>) -> Result<Hosted>;

    /// How aiops has protected the default branch.
    fn protection(&self, repository: &Hosted) -> Result<Option<Protection>>;

    /// Protects a branch: changes come to it by pull request alone, its history stays, and it cannot be deleted.
    fn protect(&self, repository: &Hosted, wanted: &Protection) -> Result<Applied>;

    /// The variables of CI, by name.
    fn variables(&self, repository: &Hosted) -> Result<BTreeMap<String, String>>;

    /// Sets a variable of CI. Names are in capitals.
    fn set_variable(&self, repository: &Hosted, name: &str, value: &str) -> Result<()>;

    /// The names of CI's secrets. Their values cannot be read.
    fn secret_names(&self, repository: &Hosted) -> Result<BTreeSet<String>>;

    /// Sets a secret of CI. Names are in capitals.
    fn set_secret(&self, repository: &Hosted, name: &str, value: &Secret) -> Result<()>;

    /// An environment that CI deploys to.
    fn environment(&self, repository: &Hosted, name: &str) -> Result<Option<Environment>>;

    /// Makes an environment as it should be.
    fn set_environment(&self, repository: &Hosted, wanted: &Environment) -> Result<Applied>;

    /// How the subjects of CI's OIDC tokens begin; nothing where CI has none.
    fn oidc_subject(&self, repository: &Hosted) -> Result<Option<String>>;

    /// Starts `workflow` (a file name) on `reference` (a branch) with these inputs.
    fn dispatch(
        &self,
        repository: &Hosted,
        workflow: &str,
        reference: &str,
        inputs: &BTreeMap<String, String>,
    ) -> Result<()>;

    /// Asks for a branch to be merged. If that has been asked already, its text is brought up to date.
    fn open_change(&self, repository: &Hosted, wanted: &NewChange<'_>) -> Result<Change>;
}

/// A repository, as its host knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosted {
    /// Owner and name: `acme/churn`.
    pub name: String,
    /// Where it is cloned from: an https URL, or a path.
    pub url: String,
    /// Its page, if it has one.
    pub web: Option<String>,
    /// The branch that clones begin with.
    pub default_branch: String,
    /// The host's id of it, which renaming does not change.
    pub id: String,
}

/// A repository that is to be there.
#[derive(Clone, Copy, Debug)]
pub struct NewRepository<'a> {
    /// Its name, without the owner.
    pub name: &'a str,
    /// What it is for, in one line.
    pub description: &'a str,
    /// The branch that clones are to begin with. Where a host cannot be told, it is the one that is pushed first.
    pub default_branch: &'a str,
}

/// How a branch is protected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// The branch.
    pub branch: String,
    /// How many people must agree to a change.
    pub approvals: u32,
    /// Checks of CI that must have passed, by name. GitLab knows no names: if there are any, its pipeline must pass.
    pub checks: BTreeSet<String>,
}

/// An environment that CI deploys to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// Its name, such as `prod`.
    pub name: String,
    /// Who may let a deployment go on: one of them must. Nobody is asked if there is none.
    pub reviewers: BTreeSet<Reviewer>,
    /// The branches that may be deployed; every branch if there is none.
    pub branches: BTreeSet<String>,
}

/// Somebody who lets deployments go on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reviewer {
    /// A user, by login.
    User(String),
    /// A team of the organisation by its slug; for GitLab a group by its path.
    Team(String),
}

/// What became of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "what a plan does not offer has to be told"]
pub enum Applied {
    /// It is as it should be.
    Done,
    /// The host does not offer it, for this reason: a plan or edition lacks it. Everything else was done.
    NotOffered(String),
}

/// A change that is to be asked for.
#[derive(Clone, Copy, Debug)]
pub struct NewChange<'a> {
    /// The branch that has it.
    pub head: &'a str,
    /// The branch that is to get it.
    pub base: &'a str,
    /// What it does, in one line.
    pub title: &'a str,
    /// Why, in Markdown.
    pub body: &'a str,
}

/// A pull request, or merge request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// As people name it in the repository: `#7`, `!7`, or a reference.
    pub name: String,
    /// Its page, if it has one.
    pub web: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::User;
    use crate::git::credential::Chain;

    fn opened(config: &Git) -> Result<String> {
        let access = Access::new(&User::new(&BTreeMap::new())?, Chain::default());
        let login = |host: &str| Ok(Secret::new(format!("token of {host}")));
        Ok(forge(config, Path::new("/repositories"), &access, login, Arc::new(|_| {}))?.describe())
    }

    #[test]
    fn the_configuration_says_which_forge_it_is() {
        let git = |provider, host: Option<&str>, owner: Option<&str>| {
            opened(&Git { provider, host: host.map(str::to_owned), owner: owner.map(str::to_owned), ..Git::default() })
        };
        assert_eq!(git(GitProvider::Local, None, None).unwrap(), "/repositories");
        assert_eq!(git(GitProvider::Github, None, Some("acme")).unwrap(), "github.com/acme");
        assert_eq!(git(GitProvider::Gitlab, Some("git.acme.com"), Some("/ml/")).unwrap(), "git.acme.com/ml");
        assert_eq!(git(GitProvider::Github, None, None).unwrap_err().to_string(), "git.owner is missing");
    }

    #[test]
    fn every_host_has_its_api() {
        for (host, expected) in [
            ("github.com", "https://api.github.com"),
            ("acme.ghe.com", "https://api.acme.ghe.com"),
            ("git.acme.com", "https://git.acme.com/api/v3"),
        ] {
            assert_eq!(github::api(host), expected);
        }
        assert_eq!(gitlab::api("git.acme.com:8443"), "https://git.acme.com:8443/api/v4");
    }
}
