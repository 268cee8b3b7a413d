//! Bare repositories in a directory, for the sandbox and for places without a forge. They have no CI and no pages: what
//! a forge would keep about a repository stands in its Git configuration, section `aiops`, and what is asked for is a
//! reference, so that plain Git shows both.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use git2::{BranchType, Config, ErrorCode, ObjectType, Repository, RepositoryInitOptions, Signature};

use super::{Applied, Change, Environment, Forge, Hosted, NewChange, NewRepository, Protection, Reviewer};
use crate::error::{Error, Result};
use crate::git::Secret;

/// Where the changes are that were asked for: annotated tags of the branch's tip, one a change.
const CHANGES: &str = "refs/aiops/changes/";

/// A directory of bare repositories.
#[derive(Debug)]
pub struct Local {
    directory: PathBuf,
}

impl Local {
    /// The repositories `<directory>/<name>.git`.
    pub fn new(directory: &Path) -> Self {
        Local { directory: directory.to_owned() }
    }

    fn path(&self, name: &str) -> Result<PathBuf> {
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\0']) {
            return Err(Error::usage(format!("{name:?} cannot be the name of a repository")));
        }
        Ok(self.directory.join(format!("{name}.git")))
    }

    fn open(&self, repository: &Hosted) -> Result<Repository> {
        let path = Path::new(&repository.url);
        Repository::open_bare(path).map_err(|error| broken(path, error))
    }

    fn hosted(&self, name: &str, repository: &Repository) -> Result<Hosted> {
        let path = self.path(name)?;
        let head = repository.find_reference("HEAD").map_err(|error| broken(&path, error))?;
        let branch = head.symbolic_target().ok().flatten().and_then(|target| target.strip_prefix("refs/heads/"));
        let url = path.to_str().ok_or_else(|| {
            Error::config(format!("the directory {} of repositories is not UTF-8", self.directory.display()))
                .hint("choose another as git.directory in aiops.yaml")
        })?;
        Ok(Hosted {
            name: name.to_owned(),
            url: url.to_owned(),
            web: None,
            default_branch: branch.unwrap_or("main").to_owned(),
            id: url.to_owned(),
        })
    }

    fn settings(&self, repository: &Hosted) -> Result<Settings> {
        let path = Path::new(&repository.url).join("config");
        let config = Config::open(&path).map_err(|error| broken(&path, error))?;
        Ok(Settings { config, path })
    }
}

fn broken(path: &Path, error: git2::Error) -> Error {
    Error::failed(format!("the repository {} cannot be used", path.display())).because(error)
}

/// What stands in a repository's Git configuration about it.
struct Settings {
    config: Config,
    path: PathBuf,
}

impl Settings {
    /// The value of `key` of the thing `name`, a subsection of its own.
    fn get(&self, name: &str, key: &str) -> Result<Option<String>> {
        match self.config.get_string(&format!("aiops.{name}.{key}")) {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(broken(&self.path, error)),
        }
    }

    fn set(&mut self, name: &str, key: &str, value: &str) -> Result<()> {
        self.set_plain(&format!("aiops.{name}.{key}"), value)
    }

    fn set_plain(&mut self, key: &str, value: &str) -> Result<()> {
        self.config.set_str(key, value).map_err(|error| broken(&self.path, error))
    }

    /// A list is one value, a line for each of its items.
    fn list(&self, name: &str, key: &str) -> Result<BTreeSet<String>> {
        let value = self.get(name, key)?.unwrap_or_default();
        Ok(value.split('\n').filter(|item| !item.is_empty()).map(str::to_owned).collect())
    }

    fn set_list<'i>(&mut self, name: &str, key: &str, items: impl IntoIterator<Item = &'i String>) -> Result<()> {
        self.set(name, key, &items.into_iter().map(String::as_str).collect::<Vec<_>>().join("\n"))
    }

    /// `key` of every thing whose name begins with `kind`, by the rest of its name.
    fn all(&self, kind: &str, key: &str) -> Result<BTreeMap<String, String>> {
        let mut found = BTreeMap::new();
        let mut entries = self.config.entries(None).map_err(|error| broken(&self.path, error))?;
        while let Some(entry) = entries.next() {
            let entry = entry.map_err(|error| broken(&self.path, error))?;
            let (Ok(name), Ok(value)) = (entry.name(), entry.value()) else { continue };
            let name = name.strip_prefix("aiops.").and_then(|name| name.strip_prefix(kind));
            if let Some(name) = name.and_then(|name| name.strip_suffix(key)?.strip_suffix('.')) {
                found.insert(name.to_owned(), value.to_owned());
            }
        }
        Ok(found)
    }
}

impl Forge for Local {
    fn describe(&self) -> String {
        self.directory.display().to_string()
    }

    fn repository(&self, name: &str) -> Result<Option<Hosted>> {
        let path = self.path(name)?;
        match Repository::open_bare(&path) {
            Ok(repository) => Ok(Some(self.hosted(name, &repository)?)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(broken(&path, error)),
        }
    }

    fn create(&self, new: &NewRepository<'_>) -> Result<Hosted> {
        if let Some(there) = self.repository(new.name)? {
            return Ok(there);
        }
        let path = self.path(new.name)?;
        let mut options = RepositoryInitOptions::new();
        options.bare(true).mkpath(true).initial_head(new.default_branch).description(new.description);
        // The user's templates are theirs: no hooks come from there.
        options.external_template(false);
        let made = Repository::init_opts(&path, &options).map_err(|error| broken(&path, error))?;
        self.hosted(new.name, &made)
    }

    fn protection(&self, repository: &Hosted) -> Result<Option<Protection>> {
        let settings = self.settings(repository)?;
        let name = format!("protection.{}", repository.default_branch);
        let Some(approvals) = settings.get(&name, "approvals")? else { return Ok(None) };
        Ok(Some(Protection {
            branch: repository.default_branch.clone(),
            approvals: approvals.parse().unwrap_or(0),
            checks: settings.list(&name, "checks")?,
        }))
    }

    fn protect(&self, repository: &Hosted, wanted: &Protection) -> Result<Applied> {
        let mut settings = self.settings(repository)?;
        // What Git itself enforces.
        settings.set_plain("receive.denyNonFastForwards", "true")?;
        settings.set_plain("receive.denyDeletes", "true")?;
        let name = format!("protection.{}", wanted.branch);
        settings.set_list(&name, "checks", &wanted.checks)?;
        settings.set(&name, "approvals", &wanted.approvals.to_string())?;
        if wanted.approvals == 0 && wanted.checks.is_empty() {
            return Ok(Applied::Done);
        }
        Ok(Applied::NotOffered("nobody asks for approvals and checks of changes to a local repository".to_owned()))
    }

    fn variables(&self, repository: &Hosted) -> Result<BTreeMap<String, String>> {
        self.settings(repository)?.all("variable.", "value")
    }

    fn set_variable(&self, repository: &Hosted, name: &str, value: &str) -> Result<()> {
        self.settings(repository)?.set(&format!("variable.{name}"), "value", value)
    }

    fn secret_names(&self, _: &Hosted) -> Result<BTreeSet<String>> {
        Ok(BTreeSet::new())
    }

    fn set_secret(&self, _: &Hosted, name: &str, _: &Secret) -> Result<()> {
        Err(Error::failed(format!("a local repository keeps no secrets, {name} neither"))
            .hint("it has no CI that could use one; host the project at GitHub or GitLab: git.provider in aiops.yaml"))
    }

    fn environment(&self, repository: &Hosted, name: &str) -> Result<Option<Environment>> {
        let settings = self.settings(repository)?;
        let section = format!("environment.{name}");
        if settings.get(&section, "branches")?.is_none() {
            return Ok(None);
        }
        let users = settings.list(&section, "users")?.into_iter().map(Reviewer::User);
        let teams = settings.list(&section, "teams")?.into_iter().map(Reviewer::Team);
        Ok(Some(Environment {
            name: name.to_owned(),
            reviewers: users.chain(teams).collect(),
            branches: settings.list(&section, "branches")?,
        }))
    }

    fn set_environment(&self, repository: &Hosted, wanted: &Environment) -> Result<Applied> {
        let mut settings = self.settings(repository)?;
        let section = format!("environment.{}", wanted.name);
        let (mut users, mut teams) = (Vec::new(), Vec::new());
        for reviewer in &wanted.reviewers {
            match reviewer {
                Reviewer::User(login) => users.push(login),
                Reviewer::Team(team) => teams.push(team),
            }
        }
        settings.set_list(&section, "users", users)?;
        settings.set_list(&section, "teams", teams)?;
        settings.set_list(&section, "branches", &wanted.branches)?;
        Ok(match wanted.reviewers.is_empty() {
            true => Applied::Done,
            false => Applied::NotOffered("nobody asks reviewers of deployments from a local repository".to_owned()),
        })
    }

    fn oidc_subject(&self, _: &Hosted) -> Result<Option<String>> {
        Ok(None)
    }

    fn dispatch(&self, repository: &Hosted, workflow: &str, _: &str, _: &BTreeMap<String, String>) -> Result<()> {
        Err(Error::failed(format!("{} is a local repository, without CI that could run {workflow}", repository.name))
            .hint("run its steps in a clone")
            .hint("or host the project at GitHub or GitLab: git.provider in aiops.yaml"))
    }

    fn open_change(&self, repository: &Hosted, wanted: &NewChange<'_>) -> Result<Change> {
        let bare = self.open(repository)?;
        let path = Path::new(&repository.url);
        let failed = |error| broken(path, error);
        let tip = |branch: &str| {
            bare.find_branch(branch, BranchType::Local)
                .and_then(|branch| branch.get().peel_to_commit())
                .map_err(|error| Error::failed(format!("{} has no branch {branch}", repository.name)).because(error))
        };
        let (head, base) = (tip(wanted.head)?, tip(wanted.base)?);
        if bare.merge_base(head.id(), base.id()).is_ok_and(|common| common == head.id()) {
            return Err(Error::failed(format!("{} has nothing that {} does not have", wanted.head, wanted.base)));
        }
        let message = format!(
            "{}\n\n{}\n\nMerge {} into {}\n",
            wanted.title.trim(),
            wanted.body.trim(),
            wanted.head,
            wanted.base
        );
        let mut number = 1;
        for reference in bare.references_glob(&format!("{CHANGES}*")).map_err(failed)? {
            let reference = reference.map_err(failed)?;
            let taken = reference.name().ok().and_then(|name| name.strip_prefix(CHANGES)?.parse::<u64>().ok());
            let Some(taken) = taken else { continue };
            let tag = reference.peel_to_tag().map_err(failed)?;
            let asks = format!("Merge {} into {}", wanted.head, wanted.base);
            let same = tag.message().ok().flatten().is_some_and(|message| message.trim_end().ends_with(&asks));
            let merged = bare.merge_base(tag.target_id(), base.id()).is_ok_and(|common| common == tag.target_id());
            if same && !merged {
                number = taken;
                break;
            }
            number = number.max(taken + 1);
        }
        let name = format!("{CHANGES}{number}");
        // Nobody's clock: who asks is who committed, when they did.
        let author = head.committer();
        let signature = Signature::new(
            author.name().unwrap_or("aiops"),
            author.email().unwrap_or("aiops@localhost"),
            &author.when(),
        )
        .map_err(failed)?;
        let target = head.as_object();
        debug_assert_eq!(target.kind(), Some(ObjectType::Commit));
        let tag = bare.tag_annotation_create(&number.to_string(), target, &signature, &message).map_err(failed)?;
        bare.reference(&name, tag, true, wanted.title).map_err(failed)?;
        Ok(Change { name, web: None })
    }
}
