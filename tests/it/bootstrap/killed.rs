//! Stopped at any call, and run again: the same end, with nothing twice.

use aiops::error::Result;
use aiops::sandbox::faults::{Effect, When};
use aiops::{domain, profile};

use super::stage::{Stage, open_steps, written};

/// What `domain apply` and `profile apply` do, one after the other. Whatever fails is an error.
fn apply(stage: &Stage) -> Result<Vec<String>> {
    stage.act(async |studio| {
        let mut open = open_steps(&domain::apply(studio).await?);
        if open.is_empty() {
            open = open_steps(&profile::apply(studio, None).await?);
        }
        Ok(open)
    })
}

/// One tenant, one account, few blueprints: every kind of thing, and few calls.
fn landscape() -> String {
    let text = written(
        1,
        "domain: {blueprints: [Tooling, DataLake, MLExperiments]}\nprofiles:\n  - {name: tabular, use-case: regression, stages: [dev]}\n",
    );
    let one = text.replace("300000000001", "300000000000").replace("300000000002", "300000000000");
    one.replace("    stages:\n", "    allow-shared-prod: true\n    stages:\n")
}

/// Of calls that only read, one in so many is struck: what comes after them is the same as before them. With
/// `AIOPS_SWEEP=whole`, all are.
const READS_STRUCK: usize = 5;

/// Whether a call may change something.
fn writes(operation: &str) -> bool {
    !["Get", "List", "Describe", "Search", "Head", "AssumeRole"].iter().any(|verb| operation.starts_with(verb))
}

/// Plays with each call of a whole run struck, and all that follow it: for the caller, the process ends there.
fn struck_at_every_call(when: When, effect: &Effect, reads: bool) {
    let prepared = Stage::new(&landscape());
    let whole = prepared.copy();
    whole.sandbox.take_log();
    assert_eq!(apply(&whole).unwrap(), Vec::<String>::new());
    let calls = whole.sandbox.take_log();
    assert!(calls.len() > 50, "{} calls are no bootstrap", calls.len());
    let expected = whole.sandbox.census().unwrap();
    let whole_sweep = std::env::var_os("AIOPS_SWEEP").is_some_and(|sweep| sweep == "whole");
    let every = if whole_sweep { 1 } else { READS_STRUCK };
    let is_struck = |index: usize, operation: &str| writes(operation) || (reads && index.is_multiple_of(every));
    for (index, call) in calls.iter().enumerate().filter(|(index, call)| is_struck(*index, &call.operation)) {
        let stage = prepared.copy();
        stage.strike(index as u64, when, effect.clone());
        let stopped = apply(&stage);
        assert!(stopped.is_err() || stopped.is_ok_and(|open| !open.is_empty()), "call {index} was not reached");
        stage.sandbox.clear_faults();
        let stage = stage.started_again();
        let place = format!("{when:?} call {index}, {} {}", call.service, call.operation);
        let again = apply(&stage).unwrap_or_else(|error| panic!("{place}: {error}"));
        assert_eq!(again, Vec::<String>::new(), "{place}");
        assert_eq!(stage.sandbox.census().unwrap(), expected, "{place}: something is there twice");
    }
}

#[test]
fn before_any_call_has_its_effect() {
    struck_at_every_call(When::Before, &Effect::Drop, true);
}

#[test]
fn after_any_write_has_its_effect() {
    struck_at_every_call(When::After, &Effect::Internal, false);
}
