//! Templates of a Git repository, pinned to the commit that was meant.

use git2::{ObjectType, TreeWalkMode, TreeWalkResult};

use super::library::{Library, Origin};
use super::manifest::{self, TREES};
use crate::config::quoted;
use crate::error::{Error, Result};
use crate::git::{Access, Address, Files, Oid, Repository};

impl Library {
    /// The templates of the repository at `address`, as they are at `reference` (a branch, tag or commit; default: the
    /// default branch).
    ///
    /// # Errors
    ///
    /// If the repository cannot be reached, has no such reference or no templates, or if a template has a symbolic link.
    pub fn git(address: &Address, reference: Option<&str>, access: &Access) -> Result<Self> {
        let directory = tempfile::tempdir()
            .map_err(|error| Error::failed("there is no place for the templates' repository").because(error))?;
        let repository = Repository::clone(address, &directory.path().join("templates.git"), access)?;
        let commit = match reference {
            Some(reference) => repository.resolve(reference)?.ok_or_else(|| {
                Error::config(format!("{address} has no branch, tag or commit {}", quoted(reference)))
            })?,
            None => {
                let branch = repository.default_branch().map(|branch| repository.branch(&branch)).transpose()?;
                branch.flatten().ok_or_else(|| Error::config(format!("{address} is empty")))?
            }
        };
        let files = repository.files(commit)?;
        refuse_links(&repository, commit, &files)?;
        let origin =
            Origin { source: address.to_string(), reference: reference.map(str::to_owned), commit: commit.to_string() };
        Library::from_files(files, origin)
    }
}

/// Refuses what is neither a file nor a directory in a template of `commit`, whose `files` do not have it.
fn refuse_links(repository: &Repository, commit: Oid, files: &Files) -> Result<()> {
    let unreadable = |error: git2::Error| Error::failed(format!("cannot read commit {commit}")).because(error);
    let tree = repository.inner().find_commit(commit).and_then(|commit| commit.tree()).map_err(unreadable)?;
    let mut found = None;
    let walked = tree.walk(TreeWalkMode::PreOrder, |directory, entry| {
        let is_file = entry.kind() == Some(ObjectType::Blob) && entry.filemode() != 0o120_000;
        let path = format!("{directory}{}", String::from_utf8_lossy(entry.name_bytes()));
        if entry.kind() == Some(ObjectType::Tree) || is_file || !is_of_a_template(&path, files) {
            return TreeWalkResult::Ok;
        }
        found = Some(path);
        TreeWalkResult::Abort
    });
    match found {
        Some(path) => Err(Error::config(format!("{} is a symbolic link or a submodule", quoted(&path)))
            .hint("a template has files and directories only: put a copy in its place")),
        None => walked.map_err(unreadable),
    }
}

fn is_of_a_template(path: &str, files: &Files) -> bool {
    ["", "templates/"].into_iter().any(|prefix| {
        let inside = path.strip_prefix(prefix).and_then(|path| path.split_once('/'));
        inside.is_some_and(|(name, rest)| {
            let part = rest.split('/').next().unwrap_or_default();
            let belongs = part == manifest::FILE || TREES.contains(&part);
            belongs && (part == manifest::FILE || files.contains_key(&format!("{prefix}{name}/{}", manifest::FILE)))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::{Author, File, User};
    use crate::seed::testing::{files, told};
    use crate::settings::Environment;

    /// A repository with these files on `main`, its address, and its last commit.
    fn repository(directory: &std::path::Path, files: &Files) -> (Repository, Address, Oid) {
        let repository = Repository::init(directory, "main").unwrap();
        let commit = commit(&repository, repository.write_tree(files).unwrap(), &[]);
        (repository, Address::directory(directory), commit)
    }

    fn commit(repository: &Repository, tree: Oid, parents: &[Oid]) -> Oid {
        let author = Author { name: "Templates".into(), email: "templates@example.com".into() };
        repository.commit("main", tree, parents, &author, "Change", jiff::Timestamp::UNIX_EPOCH).unwrap()
    }

    fn access() -> Access {
        let user = User::new(&Environment::default()).unwrap();
        Access::usual(&user, &crate::config::settings::Git::default(), Vec::new())
    }

    #[test]
    fn templates_are_those_of_the_commit_that_is_meant() {
        let directory = tempfile::tempdir().unwrap();
        let manifest = "version: 1\ntitle: First\n";
        let mut content = files(&[("templates/t/template.yaml", manifest), ("README.md", "")]);
        content.insert("templates/t/build/run".into(), File { content: b"x".to_vec(), executable: true });
        let (repository, address, first) = repository(directory.path(), &content);
        let tree = repository.write_tree(&files(&[("t/template.yaml", "version: 1\ntitle: Second\n")])).unwrap();
        let second = commit(&repository, tree, &[first]);
        let title = |reference: Option<&str>| {
            let template = Library::git(&address, reference, &access()).unwrap().template("t").unwrap();
            assert_eq!(
                (template.origin.reference.as_deref(), &template.origin.source),
                (reference, &address.to_string())
            );
            (template.manifest.title, template.origin.commit)
        };
        assert_eq!(title(None), ("Second".to_owned(), second.to_string()));
        assert_eq!(title(Some("main")), ("Second".to_owned(), second.to_string()));
        assert_eq!(title(Some(&first.to_string())), ("First".to_owned(), first.to_string()));
        let error = Library::git(&address, Some("v\u{1b}9"), &access()).unwrap_err().to_string();
        assert!(error.contains("has no branch, tag or commit `v?9`"), "{error}");
    }

    #[test]
    fn links_in_a_template_are_refused_by_name() {
        for (link, refused) in
            [("t/build/passwd", true), ("t/template.yaml", true), ("docs/link", false), ("t/notes/x", false)]
        {
            let directory = tempfile::tempdir().unwrap();
            let content = files(&[("t/template.yaml", "version: 1\ntitle: T\n")]);
            let (repository, address, first) = repository(directory.path(), &content);
            let mut update = git2::build::TreeUpdateBuilder::new();
            update.upsert(link, repository.inner().blob(b"/etc/passwd").unwrap(), git2::FileMode::Link);
            let tree = repository.inner().find_commit(first).unwrap().tree().unwrap();
            let tree = update.create_updated(repository.inner(), &tree).unwrap();
            commit(&repository, tree, &[first]);
            let opened = Library::git(&address, None, &access());
            match refused {
                true => {
                    assert!(told(&opened.unwrap_err()).contains(&format!("`{link}` is a symbolic link or a submodule")))
                }
                false => drop(opened.unwrap().template("t").unwrap()),
            }
        }
    }
}
