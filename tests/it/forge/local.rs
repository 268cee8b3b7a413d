use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use aiops::git::Secret;
use aiops::git::forge::{Applied, Forge as _, Hosted, Local, NewChange, NewRepository, Reviewer};
use git2::{Repository, Signature, Time};

use super::{environment, protection, variables};

fn create(directory: &Path) -> (Local, Hosted) {
    let local = Local::new(directory);
    let new = NewRepository { name: "churn", description: "Who leaves", default_branch: "trunk" };
    let repository = local.create(&new).unwrap();
    assert_eq!(local.create(&new).unwrap(), repository);
    (local, repository)
}

/// A commit on `branch`, upon what is there.
fn commit(repository: &Hosted, branch: &str, upon: &[&str]) -> git2::Oid {
    let bare = Repository::open_bare(&repository.url).unwrap();
    let who = Signature::new("builder", "builder@example.com", &Time::new(1_700_000_000, 0)).unwrap();
    let tree = bare.find_tree(bare.treebuilder(None).unwrap().write().unwrap()).unwrap();
    let parents: Vec<git2::Commit<'_>> =
        upon.iter().map(|name| bare.revparse_single(name).unwrap().peel_to_commit().unwrap()).collect();
    let made =
        bare.commit(None, &who, &who, &format!("on {branch}"), &tree, &parents.iter().collect::<Vec<_>>()).unwrap();
    bare.reference(&format!("refs/heads/{branch}"), made, true, "test").unwrap();
    made
}

#[test]
fn a_bare_repository_is_there_and_empty() {
    let directory = tempfile::tempdir().unwrap();
    let (local, repository) = create(directory.path());
    assert_eq!(repository.default_branch, "trunk");
    assert_eq!(Path::new(&repository.url), directory.path().join("churn.git"));
    assert_eq!(local.repository("churn").unwrap().as_ref(), Some(&repository));
    assert_eq!(local.repository("other").unwrap(), None);
    let bare = Repository::open_bare(&repository.url).unwrap();
    assert!(bare.is_bare() && bare.references().unwrap().count() == 0);
    let hooks = std::fs::read_dir(Path::new(&repository.url).join("hooks")).into_iter().flatten();
    assert!(hooks.flatten().all(|hook| hook.path().extension().is_some_and(|end| end == "sample")));
    std::fs::write(directory.path().join("broken.git"), "no repository").unwrap();
    for name in ["", ".", "..", "../up", "a/b", "a\\b", ".git", "a\0"] {
        assert!(local.create(&NewRepository { name, description: "", default_branch: "main" }).is_err(), "{name:?}");
    }
    assert!(local.create(&NewRepository { name: "broken", description: "", default_branch: "main" }).is_err());
}

#[test]
fn settings_stand_in_gits_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let (local, repository) = create(directory.path());
    assert_eq!(local.protection(&repository).unwrap(), None);
    assert_eq!(local.environment(&repository, "prod").unwrap(), None);
    for _ in 0..2 {
        local.set_variable(&repository, "AWS_REGION", "eu-west-1 # no comment").unwrap();
        local.set_variable(&repository, "Aws_Region", "other").unwrap();
        let wanted = aiops::git::forge::Protection { branch: "trunk".to_owned(), ..protection(2) };
        assert!(matches!(local.protect(&repository, &wanted).unwrap(), Applied::NotOffered(_)));
        assert_eq!(local.protection(&repository).unwrap(), Some(wanted));
        let reviewers = [Reviewer::User("lead".to_owned()), Reviewer::Team("governance".to_owned())];
        let prod = environment("prod", &reviewers);
        assert!(matches!(local.set_environment(&repository, &prod).unwrap(), Applied::NotOffered(_)));
        assert_eq!(local.environment(&repository, "prod").unwrap(), Some(prod));
        assert_eq!(local.set_environment(&repository, &environment("test", &[])).unwrap(), Applied::Done);
    }
    let expected = [("AWS_REGION", "eu-west-1 # no comment"), ("Aws_Region", "other")];
    assert_eq!(variables(&local, &repository), expected.map(|(name, value)| (name.into(), value.into())).into());
    let config = std::fs::read_to_string(Path::new(&repository.url).join("config")).unwrap();
    assert!(config.contains("[aiops \"variable.AWS_REGION\"]"), "{config}");
    assert!(config.contains("denyNonFastForwards = true") && config.contains("denyDeletes = true"), "{config}");
}

#[test]
fn what_needs_ci_is_refused_with_a_way_out() {
    let directory = tempfile::tempdir().unwrap();
    let (local, repository) = create(directory.path());
    assert_eq!(local.secret_names(&repository).unwrap(), BTreeSet::new());
    assert_eq!(local.oidc_subject(&repository).unwrap(), None);
    let secret = local.set_secret(&repository, "KEY", &Secret::new("hunter2")).unwrap_err();
    insta::assert_snapshot!(secret, @"a local repository keeps no secrets, KEY neither");
    let dispatch = local.dispatch(&repository, "deploy.yml", "trunk", &BTreeMap::new()).unwrap_err();
    insta::assert_snapshot!(dispatch, @"churn is a local repository, without CI that could run deploy.yml");
    assert!(dispatch.hints().iter().any(|hint| hint.contains("git.provider")));
}

#[test]
fn a_change_is_a_reference_that_plain_git_shows() {
    let directory = tempfile::tempdir().unwrap();
    let (local, repository) = create(directory.path());
    let ask = |head: &str, title: &str| {
        local
            .open_change(&repository, &NewChange { head, base: "trunk", title, body: "Because." })
            .map(|made| made.name)
    };
    insta::assert_snapshot!(ask("update", "Update").unwrap_err(), @"churn has no branch update");
    commit(&repository, "trunk", &[]);
    commit(&repository, "update", &["trunk"]);
    let tip = commit(&repository, "other", &["trunk"]);
    assert_eq!(ask("update", "Update").unwrap(), "refs/aiops/changes/1");
    assert_eq!(ask("other", "Other").unwrap(), "refs/aiops/changes/2");
    let newer = commit(&repository, "update", &["update"]);
    assert_eq!(ask("update", "Update again").unwrap(), "refs/aiops/changes/1");

    let bare = Repository::open_bare(&repository.url).unwrap();
    let change =
        |number: u32| bare.find_reference(&format!("refs/aiops/changes/{number}")).unwrap().peel_to_tag().unwrap();
    assert_eq!((change(1).target_id(), change(2).target_id()), (newer, tip));
    insta::assert_snapshot!(change(1).message().unwrap().unwrap(), @r"
    Update again

    Because.

    Merge update into trunk
    ");
    // Once merged, it is done with: what comes then is another.
    commit(&repository, "trunk", &["trunk", "update"]);
    assert!(ask("update", "Update").unwrap_err().to_string().contains("has nothing"));
    commit(&repository, "update", &["trunk"]);
    assert_eq!(ask("update", "Third").unwrap(), "refs/aiops/changes/3");
}
