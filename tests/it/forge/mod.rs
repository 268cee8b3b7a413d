//! Forges: what a project's repository needs from GitHub, GitLab and a directory. GitHub and GitLab are fakes of ours,
//! which `conformance` has judged by clients that are not.

mod conformance;
mod fake;
mod github;
mod github_fake;
mod gitlab;
mod gitlab_fake;
mod local;

use std::collections::{BTreeMap, BTreeSet};

use aiops::error::Result;
use aiops::git::Secret;
use aiops::git::forge::{Applied, Environment, Forge, Hosted, NewChange, NewRepository, Protection, Reviewer};

use self::fake::Cut;

/// What `project create` asks of a forge, from the first to the last; `pushed` is what happens in between.
fn set_up(forge: &dyn Forge, pushed: impl Fn()) -> Result<(Hosted, Vec<Applied>)> {
    let repository =
        forge.create(&NewRepository { name: "churn", description: "Who leaves,\nand why", default_branch: "main" })?;
    pushed();
    for (name, value) in [("AWS_REGION", "eu-west-1"), ("AIOPS_ROLE", "arn:aws:iam::1:role/$x")] {
        forge.set_variable(&repository, name, value)?;
    }
    forge.set_secret(&repository, "API_KEY", &Secret::new("sésame-ouvre-toi"))?;
    let applied = vec![
        forge.set_environment(&repository, &environment("test", &[]))?,
        forge.set_environment(&repository, &environment("prod", &prod_reviewers()))?,
        forge.protect(&repository, &protection(1))?,
    ];
    let change = NewChange { head: "aiops/update", base: "main", title: "Update", body: "New template" };
    forge.open_change(&repository, &change)?;
    Ok((repository, applied))
}

fn prod_reviewers() -> [Reviewer; 1] {
    [Reviewer::User("officer".to_owned())]
}

fn environment(name: &str, reviewers: &[Reviewer]) -> Environment {
    Environment {
        name: name.to_owned(),
        reviewers: reviewers.iter().cloned().collect(),
        branches: BTreeSet::from(["main".to_owned()]),
    }
}

fn protection(approvals: u32) -> Protection {
    Protection { branch: "main".to_owned(), approvals, checks: BTreeSet::from(["build".to_owned()]) }
}

fn variables(forge: &dyn Forge, repository: &Hosted) -> BTreeMap<String, String> {
    forge.variables(repository).unwrap()
}

/// Stops `run` at every request, before and after its effect, and holds that the next one makes up for it: `state` is then
/// what it is without a stop. `cut` says where the next run is stopped.
fn interrupted_anywhere<S: PartialEq + std::fmt::Debug>(undisturbed: &S, begin: impl Fn() -> Box<dyn Attempt<S>>) {
    for with_effect in [false, true] {
        let mut stops = 0;
        loop {
            let attempt = begin();
            attempt.cut(Cut { after: Some(stops), with_effect });
            let stopped = attempt.run().is_err();
            attempt.cut(Cut::default());
            attempt.run().unwrap_or_else(|error| panic!("after a stop at request {stops}: {error}"));
            assert_eq!(&attempt.state(), undisturbed, "after a stop at request {stops}");
            if !stopped {
                assert!(stops > 10, "the flow was never really stopped");
                break;
            }
            stops += 1;
        }
    }
}

/// A flow that is stopped and run again.
trait Attempt<S> {
    fn cut(&self, cut: Cut);
    fn run(&self) -> Result<()>;
    fn state(&self) -> S;
}
