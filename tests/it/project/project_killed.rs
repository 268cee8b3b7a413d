//! Creating and deleting, stopped at any call, and run again: the same end, with nothing twice.

use aiops::plan::Plan;
use aiops::project;
use aiops::sandbox::faults::{Effect, When};

use super::team::{DEV, GIT, Team, together};
use crate::bootstrap::stage::open_steps;

/// Of calls that only read, one in so many is struck: what comes after them is the same as before them. With
/// `AIOPS_SWEEP=whole`, all are.
const READS_STRUCK: usize = 7;

/// Whether a call may change something.
fn writes(operation: &str) -> bool {
    !["Get", "List", "Describe", "Search", "Head", "AssumeRole"].iter().any(|verb| operation.starts_with(verb))
}

fn create(team: &Team) -> Option<Plan> {
    team.order("churn", true, |_| {}).ok().filter(|plan| plan.verdict().is_none())
}

fn delete(team: &Team) -> Option<Plan> {
    let deleted = team.act(async |studio, hosting| project::delete(studio, ("churn", None), Some(hosting), true).await);
    deleted.ok().filter(|plan| plan.verdict().is_none())
}

/// Commits of the branches of the project's repository.
fn history(team: &Team) -> Vec<usize> {
    let Ok(repository) = git2::Repository::open_bare(team.repository("line-0-churn")) else { return Vec::new() };
    let count = |branch: &str| {
        let Ok(found) = repository.find_branch(branch, git2::BranchType::Local) else { return 0 };
        let mut walk = repository.revwalk().unwrap();
        walk.push(found.get().target().unwrap()).unwrap();
        walk.count()
    };
    vec![count("main"), count("aiops/template")]
}

/// Plays `act` with calls struck, and all that follow them: for the caller, the process ends there.
fn struck(prepared: &Team, act: impl Fn(&Team) -> Option<Plan>, again: impl Fn(&Team, &str)) {
    let whole = prepared.copy();
    whole.stage.sandbox.take_log();
    assert!(act(&whole).is_some());
    let calls = whole.stage.sandbox.take_log();
    assert!(calls.len() > 10, "{} calls are no flow", calls.len());
    let expected = (whole.stage.sandbox.census().unwrap(), history(&whole));
    let every = if std::env::var_os("AIOPS_SWEEP").is_some_and(|sweep| sweep == "whole") { 1 } else { READS_STRUCK };
    for when in [When::Before, When::After] {
        let is_struck =
            |index: usize, operation: &str| writes(operation) || (when == When::Before && index.is_multiple_of(every));
        for (index, call) in calls.iter().enumerate().filter(|(index, call)| is_struck(*index, &call.operation)) {
            let team = prepared.copy();
            team.stage.strike(index as u64, when, Effect::Drop);
            let place = format!("{when:?} call {index}, {} {}", call.service, call.operation);
            assert!(act(&team).is_none(), "{place} was not reached");
            team.stage.sandbox.clear_faults();
            let team = team.started_again();
            again(&team, &place);
            assert_eq!((team.stage.sandbox.census().unwrap(), history(&team)), expected, "{place}");
        }
    }
}

#[test]
fn a_project_is_made_once() {
    struck(&Team::open(&together(1, &format!("{GIT}{DEV}"))), create, |team, place| {
        let applied = team.order("churn", true, |_| {}).unwrap_or_else(|error| panic!("{place}: {error}"));
        assert_eq!((open_steps(&applied), applied.verdict()), (Vec::new(), None), "{place}");
    });
}

#[test]
fn a_project_is_deleted_once() {
    let team = Team::open(&together(1, &format!("{GIT}{DEV}")));
    team.create("churn");
    struck(&team, delete, |team, place| {
        // One of which the last workspace is gone is no project any more.
        if !team.stage.act(async |studio| project::list(studio, None).await.unwrap()).is_empty() {
            assert!(delete(team).is_some(), "{place}");
        }
    });
}
