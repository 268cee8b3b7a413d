use super::*;
use crate::git::credential::Chain;
use crate::git::{Rejection, User};

fn author() -> Author {
    Author { name: "Platform".into(), email: "platform@example.com".into() }
}

fn time() -> Timestamp {
    "2026-01-31T12:00:00Z".parse().unwrap()
}

fn access() -> Access {
    Access::new(&User::default(), Chain::default())
}

fn files(all: &[(&str, &str)]) -> Files {
    all.iter().map(|(path, content)| ((*path).to_owned(), File::new(*content))).collect()
}

/// A repository with one commit on main.
fn repository(directory: &Path) -> (Repository, Oid) {
    let repository = Repository::init(directory, "main").unwrap();
    let tree = repository.write_tree(&files(&[("README.md", "one\n")])).unwrap();
    let commit = repository.commit("main", tree, &[], &author(), "Begin", time()).unwrap();
    (repository, commit)
}

#[test]
fn files_are_read_as_they_were_written() {
    let directory = tempfile::tempdir().unwrap();
    let repository = Repository::init(directory.path(), "trunk").unwrap();
    assert_eq!(repository.default_branch().as_deref(), Some("trunk"));
    assert_eq!(repository.branch("trunk").unwrap(), None);
    let mut written = files(&[("a", "1"), ("a-b", "2"), ("b/c/d", "3"), ("b/ä ö", "4"), ("empty", "")]);
    written.insert("b/run.sh".into(), File { content: vec![0, 159, 146, 150], executable: true });
    let tree = repository.write_tree(&written).unwrap();
    let commit = repository.commit("trunk", tree, &[], &author(), "All", time()).unwrap();
    assert_eq!(repository.files(commit).unwrap(), written);
    assert_eq!(repository.file(commit, "b/c/d").unwrap().as_deref(), Some(b"3".as_slice()));
    assert_eq!(repository.file(commit, "b/c").unwrap(), None);
    assert_eq!(repository.file(commit, "b/x").unwrap(), None);
    assert_eq!(repository.branch("trunk").unwrap(), Some(commit));
}

#[test]
fn names_that_git_cannot_have_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let repository = Repository::init(directory.path(), "main").unwrap();
    for path in [".git/config", "a/.git/hooks/x", "a/../b", "..", "./a", "a//b", "/a", "a/", "", ".GIT/x", "git~1/x"] {
        assert!(repository.write_tree(&files(&[(path, "x")])).is_err(), "{path}");
    }
    let both = repository.write_tree(&files(&[("a", "x"), ("a/b", "y")])).unwrap_err();
    assert!(both.to_string().contains("both a file and a directory"), "{both}");
}

#[test]
fn links_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let (repository, _) = repository(directory.path());
    let inner = repository.inner();
    let mut builder = inner.treebuilder(None).unwrap();
    builder.insert("link", inner.blob(b"/etc/passwd").unwrap(), 0o120_000).unwrap();
    builder.insert("file", inner.blob(b"x").unwrap(), 0o100_644).unwrap();
    let tree = builder.write().unwrap();
    let commit = repository.commit("links", tree, &[], &author(), "Links", time()).unwrap();
    assert_eq!(repository.files(commit).unwrap(), files(&[("file", "x")]));
    assert_eq!(repository.file(commit, "link").unwrap(), None);
}

#[test]
fn commits_are_signed_off_once_and_follow_the_branch() {
    let directory = tempfile::tempdir().unwrap();
    let (repository, first) = repository(directory.path());
    let tree = repository.inner().find_commit(first).unwrap().tree_id();
    let commit = |parents: &[Oid], message: &str| repository.commit("main", tree, parents, &author(), message, time());
    let message = |id: Oid| repository.inner().find_commit(id).unwrap().message().unwrap().to_owned();
    assert_eq!(message(first), "Begin\n\nSigned-off-by: Platform <platform@example.com>\n");
    let second = commit(&[first], "Go on\n\nWhy.\n\nTemplate: regression\n").unwrap();
    assert_eq!(
        message(second),
        "Go on\n\nWhy.\n\nTemplate: regression\nSigned-off-by: Platform <platform@example.com>\n"
    );
    let third = commit(&[second], &message(second)).unwrap();
    assert_eq!(message(third), message(second));
    let read = repository.inner().find_commit(third).unwrap();
    assert_eq!((read.time().seconds(), read.author().name().unwrap()), (time().as_second(), "Platform"));
    // Somebody else was faster.
    let error = commit(&[first], "Late").unwrap_err();
    assert!(error.to_string().contains("cannot commit to main"), "{error}");
    assert_eq!(repository.branch("main").unwrap(), Some(third));
}

#[test]
fn a_name_is_a_branch_a_tag_or_a_commit_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let (repository, commit) = repository(directory.path());
    let inner = repository.inner();
    let object = inner.find_object(commit, None).unwrap();
    let tagger = Signature::new("x", "x@example.com", &Time::new(0, 0)).unwrap();
    inner.tag("v1", &object, &tagger, "one", false).unwrap();
    let id = commit.to_string();
    for name in ["main", "v1", &id, &id[..7]] {
        assert_eq!(repository.resolve(name).unwrap(), Some(commit), "{name}");
    }
    for name in ["main~0", "HEAD", ":/Begin", "@{0}", "nothing", "../main", &id[..6], ""] {
        assert_eq!(repository.resolve(name).unwrap(), None, "{name}");
    }
}

#[test]
fn directories_are_cloned_fetched_from_and_pushed_to() {
    let home = tempfile::tempdir().unwrap();
    let (origin, first) = repository(&home.path().join("origin.git"));
    let address = Address::directory(home.path().join("origin.git"));
    let ours = Repository::clone(&address, &home.path().join("ours.git"), &access()).unwrap();
    let theirs = Repository::clone(&address, &home.path().join("theirs.git"), &access()).unwrap();
    assert_eq!((ours.branch("main").unwrap(), ours.default_branch().as_deref()), (Some(first), Some("main")));

    let tree = ours.write_tree(&files(&[("README.md", "two\n")])).unwrap();
    let second = ours.commit("main", tree, &[first], &author(), "Ours", time()).unwrap();
    for _ in 0..2 {
        ours.push(&address, "main", &access()).unwrap();
        assert_eq!(origin.branch("main").unwrap(), Some(second));
    }
    let tree = theirs.write_tree(&files(&[("README.md", "three\n")])).unwrap();
    let other = theirs.commit("main", tree, &[first], &author(), "Theirs", time()).unwrap();
    let error = theirs.push(&address, "main", &access()).unwrap_err();
    assert_eq!(Rejection::of(&error), Some(&Rejection::NonFastForward), "{error:?}");
    assert_eq!(theirs.branch("main").unwrap(), Some(other));
    theirs.fetch(&address, &access()).unwrap();
    assert_eq!(theirs.branch("main").unwrap(), Some(second));
    assert!(theirs.push(&address, "other", &access()).unwrap_err().to_string().contains("no branch other"));
}

#[test]
fn a_failed_clone_leaves_nothing_behind() {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("target");
    let absent = Address::directory(home.path().join("absent"));
    let error = Repository::clone(&absent, &target, &access()).unwrap_err();
    assert!(error.causes().next().unwrap().to_string().contains("no repository"), "{error:?}");
    assert!(!target.exists());
    assert!(Repository::open(&target).is_err());
}

#[test]
fn an_empty_repository_can_be_cloned() {
    let home = tempfile::tempdir().unwrap();
    let origin = Repository::init(&home.path().join("origin.git"), "trunk").unwrap();
    let address = Address::directory(home.path().join("origin.git"));
    let clone = Repository::clone(&address, &home.path().join("clone.git"), &access()).unwrap();
    assert_eq!(clone.branch("trunk").unwrap(), None);
    let tree = origin.write_tree(&files(&[("a", "x")])).unwrap();
    let first = origin.commit("trunk", tree, &[], &author(), "Begin", time()).unwrap();
    let clone = Repository::clone(&address, &home.path().join("again.git"), &access()).unwrap();
    assert_eq!((clone.default_branch().as_deref(), clone.branch("trunk").unwrap()), (Some("trunk"), Some(first)));
}
