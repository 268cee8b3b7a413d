//! A bare repository on disk, and what it exchanges with others.

use std::collections::BTreeMap;
use std::path::Path;

use git2::{
    AutotagOption, Commit, ErrorCode, FetchOptions, ObjectType, RepositoryInitOptions, Signature, Time, TreeWalkMode,
    TreeWalkResult,
};
use jiff::Timestamp;

pub use git2::Oid;

use super::{Access, Address, Author, File, Files, transport};
use crate::error::{Error, Result};
use crate::output::text::sanitize;

const REGULAR: i32 = 0o100_644;
const EXECUTABLE: i32 = 0o100_755;
const DIRECTORY: i32 = 0o040_000;
/// More than any repository of templates has. The content is kept in memory, and whoever wrote it may not be a friend.
const MOST_FILES: usize = 50_000;
const MOST_BYTES: usize = 500 * 1024 * 1024;

/// A bare repository on disk.
pub struct Repository(git2::Repository);

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Repository").field(&self.0.path()).finish()
    }
}

impl Repository {
    /// Makes an empty repository in `directory`, whose first commit will be on `branch`.
    pub fn init(directory: &Path, branch: &str) -> Result<Self> {
        let mut options = RepositoryInitOptions::new();
        // Templates of Git may bring hooks.
        options.bare(true).external_template(false).initial_head(branch);
        let made = git2::Repository::init_opts(directory, &options);
        made.map(Repository)
            .map_err(|error| failed(format!("cannot make a repository in {}", shown(directory)), &error))
    }

    /// Opens the bare repository in `directory`.
    pub fn open(directory: &Path) -> Result<Self> {
        let opened = git2::Repository::open_bare(directory);
        opened.map(Repository).map_err(|error| match error.code() {
            ErrorCode::NotFound => Error::failed(format!("there is no bare repository in {}", shown(directory))),
            _ => failed(format!("cannot open the repository in {}", shown(directory)), &error),
        })
    }

    /// Copies all branches and tags of the repository at `address` into a new one in `directory`. Its head is the branch
    /// that is the default one there. If this fails, `directory` is as it was.
    pub fn clone(address: &Address, directory: &Path, access: &Access) -> Result<Self> {
        let there = directory.exists();
        let cloned = Self::init(directory, "main").and_then(|repository| {
            let head = repository.download(address, access)?;
            if let Some(head) = head {
                let set = repository.0.set_head(&head);
                set.map_err(|error| failed(format!("cannot make {} the default branch", sanitize(&head)), &error))?;
            }
            Ok(repository)
        });
        cloned.map_err(|error| {
            if !there {
                let _ = std::fs::remove_dir_all(directory);
            }
            error.context(format!("cannot clone {address}"))
        })
    }

    /// Brings all branches and tags to where they are at `address`. What is only here stays.
    pub fn fetch(&self, address: &Address, access: &Access) -> Result<()> {
        self.download(address, access).map(drop).map_err(|error| error.context(format!("cannot fetch from {address}")))
    }

    /// The same; returns the reference of the default branch there.
    fn download(&self, address: &Address, access: &Access) -> Result<Option<String>> {
        let url = transport::url(address)?;
        let download = || {
            let mut remote = self.0.remote_anonymous(&url)?;
            let mut options = FetchOptions::new();
            options.download_tags(AutotagOption::None).update_fetchhead(false);
            remote.fetch(&["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"], Some(&mut options), None)?;
            // The references of the last conversation are still known.
            Ok(remote.default_branch().ok().and_then(|name| name.as_str().ok().map(str::to_owned)))
        };
        transport::during(access, address, download).map_err(|failure| failure.explain(address))
    }

    /// libgit2's view of it, for what needs no other side: trees, merges, revision walks.
    pub fn inner(&self) -> &git2::Repository {
        &self.0
    }

    /// The default branch, whether it has commits or not.
    pub fn default_branch(&self) -> Option<String> {
        let head = self.0.find_reference("HEAD").ok()?;
        let branch = head.symbolic_target().ok()??.strip_prefix("refs/heads/")?;
        Some(branch.to_owned())
    }

    /// The last commit of a branch.
    pub fn branch(&self, name: &str) -> Result<Option<Oid>> {
        self.commit_of(&format!("refs/heads/{name}"))
    }

    /// The commit that a branch, a tag or the id of a commit (or its first seven digits or more) names.
    pub fn resolve(&self, name: &str) -> Result<Option<Oid>> {
        for prefix in ["refs/heads/", "refs/tags/"] {
            if let Some(commit) = self.commit_of(&format!("{prefix}{name}"))? {
                return Ok(Some(commit));
            }
        }
        if (7..=40).contains(&name.len()) && name.chars().all(|digit| digit.is_ascii_hexdigit()) {
            return Ok(self.0.find_commit_by_prefix(name).ok().map(|commit| commit.id()));
        }
        Ok(None)
    }

    fn commit_of(&self, reference: &str) -> Result<Option<Oid>> {
        if !git2::Reference::is_valid_name(reference) {
            return Ok(None);
        }
        let found = self.0.find_reference(reference).and_then(|reference| reference.peel_to_commit());
        match found {
            Ok(commit) => Ok(Some(commit.id())),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(failed(format!("cannot read {}", sanitize(reference)), &error)),
        }
    }

    /// The files of a commit. Symbolic links and submodules are left out: what they lead to is not in the repository.
    pub fn files(&self, commit: Oid) -> Result<Files> {
        let unreadable = |error: git2::Error| failed(format!("cannot read the files of commit {commit}"), &error);
        let odb = self.0.odb().map_err(unreadable)?;
        let tree = self.0.find_commit(commit).and_then(|commit| commit.tree()).map_err(unreadable)?;
        let mut files = Files::new();
        let mut trouble = None;
        let mut bytes = 0;
        let mut read = |directory: &str, entry: &git2::TreeEntry<'_>| -> Result<()> {
            let executable = match entry.filemode() {
                mode if entry.kind() == Some(ObjectType::Blob) && mode != 0o120_000 => mode & 0o111 != 0,
                _ => return Ok(()),
            };
            let name = entry.name().map_err(|_| Error::failed("a file's name is not UTF-8"))?;
            bytes += odb.read_header(entry.id()).map_err(unreadable)?.0;
            if bytes > MOST_BYTES || files.len() == MOST_FILES {
                return Err(Error::failed(format!(
                    "commit {commit} has more than {MOST_FILES} files or {} MB",
                    MOST_BYTES / 1024 / 1024
                )));
            }
            let content = odb.read(entry.id()).map_err(unreadable)?.data().to_vec();
            files.insert(format!("{directory}{name}"), File { content, executable });
            Ok(())
        };
        let walked = tree.walk(TreeWalkMode::PreOrder, |directory, entry| match read(directory, entry) {
            Ok(()) => TreeWalkResult::Ok,
            Err(error) => {
                trouble = Some(error);
                TreeWalkResult::Abort
            }
        });
        match trouble {
            Some(error) => Err(error),
            None => walked.map_err(unreadable).map(|()| files),
        }
    }

    /// The content of one file of a commit, if there is a file of that name.
    pub fn file(&self, commit: Oid, path: &str) -> Result<Option<Vec<u8>>> {
        let unreadable =
            |error: git2::Error| failed(format!("cannot read {} of commit {commit}", sanitize(path)), &error);
        let tree = self.0.find_commit(commit).and_then(|commit| commit.tree()).map_err(unreadable)?;
        let entry = match tree.get_path(Path::new(path)) {
            Ok(entry) if entry.kind() == Some(ObjectType::Blob) && entry.filemode() != 0o120_000 => entry,
            Ok(_) => return Ok(None),
            Err(error) if error.code() == ErrorCode::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(error)),
        };
        self.0.find_blob(entry.id()).map(|blob| Some(blob.content().to_vec())).map_err(unreadable)
    }

    /// Writes the tree that has these files, and nothing else.
    pub fn write_tree(&self, files: &Files) -> Result<Oid> {
        let files = files.iter().map(|(path, file)| (path.as_str(), file)).collect();
        self.write_directory("", files)
    }

    fn write_directory(&self, at: &str, files: Vec<(&str, &File)>) -> Result<Oid> {
        let unwritable = |path: &str, error: &git2::Error| {
            failed(format!("{} cannot be written into the repository", sanitize(&format!("{at}{path}"))), error)
        };
        let mut builder = self.0.treebuilder(None).map_err(|error| unwritable("", &error))?;
        let mut below: BTreeMap<&str, Vec<(&str, &File)>> = BTreeMap::new();
        for (path, file) in files {
            if let Some((directory, rest)) = path.split_once('/') {
                below.entry(directory).or_default().push((rest, file));
                continue;
            }
            let mode = if file.executable { EXECUTABLE } else { REGULAR };
            let blob = self.0.blob(&file.content).map_err(|error| unwritable(path, &error))?;
            builder.insert(path, blob, mode).map_err(|error| unwritable(path, &error))?;
        }
        for (directory, files) in below {
            let taken = builder.get(directory).map_err(|error| unwritable(directory, &error))?.is_some();
            if taken {
                let path = sanitize(&format!("{at}{directory}"));
                return Err(Error::failed(format!("{path} is to be both a file and a directory")));
            }
            let tree = self.write_directory(&format!("{at}{directory}/"), files)?;
            builder.insert(directory, tree, DIRECTORY).map_err(|error| unwritable(directory, &error))?;
        }
        builder.write().map_err(|error| unwritable("", &error))
    }

    /// Adds a commit to a branch, which it makes if there is none of that name. The first parent has to be the branch's
    /// last commit. The author signs it off, which says that they may give it away, and not with a key.
    pub fn commit(
        &self,
        branch: &str,
        tree: Oid,
        parents: &[Oid],
        author: &Author,
        message: &str,
        time: Timestamp,
    ) -> Result<Oid> {
        let commit = || {
            let signature = Signature::new(&author.name, &author.email, &Time::new(time.as_second(), 0))?;
            let tree = self.0.find_tree(tree)?;
            let parents = parents.iter().map(|id| self.0.find_commit(*id)).collect::<Result<Vec<_>, _>>()?;
            let parents: Vec<&Commit<'_>> = parents.iter().collect();
            let message = signed_off(message, author)?;
            let reference = format!("refs/heads/{branch}");
            self.0.commit(Some(&reference), &signature, &signature, &message, &tree, &parents)
        };
        commit().map_err(|error| failed(format!("cannot commit to {}", sanitize(branch)), &error))
    }

    pub(super) fn remote(&self, url: &str) -> Result<git2::Remote<'_>, git2::Error> {
        self.0.remote_anonymous(url)
    }
}

/// `message` with the author's `Signed-off-by`, once.
fn signed_off(message: &str, author: &Author) -> Result<String, git2::Error> {
    let message = git2::message_prettify(message, None)?;
    let trailer = format!("Signed-off-by: {} <{}>", author.name, author.email);
    if message.lines().any(|line| line == trailer) {
        return Ok(message);
    }
    let trailers = git2::message_trailers_strs(&message)?.len();
    Ok(format!("{message}{}{trailer}\n", if trailers == 0 { "\n" } else { "" }))
}

fn shown(path: &Path) -> String {
    sanitize(&path.display().to_string())
}

pub(super) fn failed(what: String, error: &git2::Error) -> Error {
    Error::failed(what).because(sanitize(error.message()))
}

#[cfg(test)]
mod tests;
