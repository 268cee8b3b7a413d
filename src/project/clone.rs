//! A repository of a project, as it is at its host now.

use tempfile::TempDir;

use super::hosting::Hosting;
use crate::error::{Error, Result};
use crate::git::forge::Hosted;
use crate::git::{Address, Oid, Repository};
use crate::seed::record::{self, Record};
use crate::seed::update::BRANCH;

/// A copy of a repository. It is gone with the value.
pub(crate) struct Clone {
    pub hosted: Hosted,
    pub address: Address,
    pub repository: Repository,
    /// The last commit of the default branch; none if the repository is empty.
    pub head: Option<Oid>,
    /// What the default branch says that it was made from.
    pub record: Option<Record>,
    _directory: TempDir,
}

impl Clone {
    /// Copies the repository called `name`, if it is there. `branch` is the one that counts.
    pub fn of(hosting: &Hosting, name: &str, branch: &str) -> Result<Option<Self>> {
        let Some(hosted) = hosting.forge().repository(name)? else { return Ok(None) };
        let address = address(&hosted)?;
        let directory = tempfile::tempdir()
            .map_err(|error| Error::failed("there is no place for temporary files").because(error))?;
        let repository = Repository::clone(&address, &directory.path().join("repository.git"), hosting.access())?;
        let head = repository.branch(branch)?;
        let recorded = match head {
            Some(head) => repository.file(head, record::FILE)?,
            None => None,
        };
        let record = recorded.map(|content| Record::read(&content)).transpose()?;
        Ok(Some(Clone { hosted, address, repository, head, record, _directory: directory }))
    }

    /// The tree of a commit.
    pub fn tree(&self, commit: Oid) -> Result<Oid> {
        let found = self.repository.inner().find_commit(commit);
        found.map(|commit| commit.tree_id()).map_err(|error| Error::failed("a commit cannot be read").because(error))
    }

    /// The rendering that the repository began with, if no branch keeps what was rendered and this one still is the first
    /// commit.
    pub fn unkept(&self) -> Result<Option<Oid>> {
        let (Some(head), Some(record)) = (self.head, &self.record) else { return Ok(None) };
        if self.repository.branch(BRANCH)?.is_some() {
            return Ok(None);
        }
        let unreadable = |error| Error::failed("the history of a commit cannot be read").because(error);
        let mut first = self.repository.inner().find_commit(head).map_err(unreadable)?;
        while first.parent_count() > 0 {
            first = first.parent(0).map_err(unreadable)?;
        }
        let mut files = self.repository.files(first.id())?;
        files.remove(record::FILE);
        Ok((record::tree_id(&files)?.to_string() == record.tree).then_some(first.id()))
    }

    /// Lets a branch that is not there yet begin with a commit that is.
    pub fn begin(&self, branch: &str, commit: Oid) -> Result<()> {
        let made = self.repository.inner().reference(&format!("refs/heads/{branch}"), commit, false, "begin");
        made.map(drop).map_err(|error| Error::failed(format!("cannot begin branch {branch}")).because(error))
    }

    /// Whether `ancestor` is `commit`, or before it.
    pub fn has(&self, commit: Oid, ancestor: Oid) -> Result<bool> {
        let descends = || -> Result<bool, git2::Error> {
            Ok(commit == ancestor || self.repository.inner().graph_descendant_of(commit, ancestor)?)
        };
        descends().map_err(|error| Error::failed("the history of a commit cannot be read").because(error))
    }
}

/// Where a repository is cloned from.
fn address(hosted: &Hosted) -> Result<Address> {
    let path = std::path::Path::new(&hosted.url);
    if path.is_absolute() { Ok(Address::directory(path)) } else { hosted.url.parse() }
}
