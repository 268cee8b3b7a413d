use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::error::{Error, Kind};

const REGISTRIES: [Registry; 2] = [Registry::Dev, Registry::Central];

fn told(refusal: Refusal) -> String {
    let error = Error::from(refusal);
    assert_eq!(error.kind(), Kind::Denied);
    std::iter::once(error.to_string())
        .chain(error.hints().iter().map(|hint| format!("- {hint}")))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Where versions can be that enter `registry` and move by `allowed` only.
fn reachable(registry: Registry, allowed: impl Fn(&Move) -> bool) -> BTreeSet<LifeCycle> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<LifeCycle> = MOVES
        .iter()
        .filter(|step| step.registry == registry && !matches!(step.from, Origin::At(_)) && allowed(step))
        .map(|step| step.to)
        .collect();
    while let Some(at) = open.pop() {
        if reached.insert(at) {
            open.extend(next_moves(registry, &at.into()).filter(|step| allowed(step)).map(|step| step.to));
        }
    }
    reached
}

#[test]
fn the_table_reads_well() {
    let rows = MOVES.iter().map(|step| {
        let from = match step.from {
            Origin::New => "(new)".to_owned(),
            Origin::Unset => "(unset)".to_owned(),
            Origin::At(lifecycle) => lifecycle.to_string(),
        };
        let by: Vec<&str> = step.by.iter().map(|persona| persona.as_str()).collect();
        let requires: Vec<String> = step.requires.iter().map(|requirement| format!("{requirement:?}")).collect();
        let row = format!(
            "{:7} {from:13} -> {:13} {:21} {:25} {} {}",
            step.registry,
            step.to.to_string(),
            step.approval(),
            by.join(","),
            step.act,
            requires.join(",")
        );
        row.trim_end().to_owned()
    });
    insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"), @"
    dev     (new)         -> Dev/Pending   PendingManualApproval data-scientist,ci         register a new version
    dev     (unset)       -> Dev/Pending   PendingManualApproval data-scientist,ci         submit what another tool registered
    dev     Dev/Pending   -> Dev/Approved  Approved              lead                      approve for the central registry Comment
    dev     Dev/Pending   -> Dev/Rejected  Rejected              lead                      reject Comment
    dev     Dev/Approved  -> Dev/Rejected  Rejected              lead                      withdraw the approval Comment
    dev     Dev/Rejected  -> Dev/Pending   PendingManualApproval data-scientist            submit again
    central (new)         -> Dev/Approved  Approved              engineer,ci               copy to the central registry DigestUnchanged
    central Dev/Approved  -> Test/Pending  Approved              engineer,ci               deploy to test DigestUnchanged
    central Test/Pending  -> Test/Approved Approved              governance-officer        approve what was tested SmokeTestPassed,NotRegistrant,DigestUnchanged,Comment
    central Test/Pending  -> Test/Rejected Rejected              governance-officer        reject what was tested Comment
    central Test/Rejected -> Test/Pending  Approved              engineer,ci               deploy to test again DigestUnchanged
    central Test/Approved -> Prod/Pending  Approved              engineer,ci               deploy to prod DigestUnchanged
    central Prod/Pending  -> Prod/Approved Approved              governance-officer        approve for prod NotRegistrant,DigestUnchanged,Comment
    central Prod/Pending  -> Prod/Rejected Rejected              governance-officer        reject for prod Comment
    central Prod/Approved -> Prod/Rejected Rejected              governance-officer        withdraw from prod Comment
    central Prod/Rejected -> Test/Pending  Approved              engineer,ci               deploy to test again DigestUnchanged
    ");
}

#[test]
fn the_table_is_sound() {
    for (i, step) in MOVES.iter().enumerate() {
        assert!(!step.by.is_empty());
        assert_ne!(step.from, Origin::At(step.to), "a move moves");
        let same = |other: &Move| (other.registry, other.from, other.to) == (step.registry, step.from, step.to);
        assert!(!MOVES[..i].iter().any(same), "each move is there once");
        assert_eq!(step.is_decision(), step.needs(Requirement::Comment), "decisions, and only they, say why: {step:?}");
    }
    for registry in REGISTRIES {
        let first = creation(registry);
        assert_eq!((first.registry, first.from), (registry, Origin::New));
        assert_eq!(MOVES.iter().filter(|step| step.registry == registry && step.from == Origin::New).count(), 1);
        for at in reachable(registry, |_| true) {
            let next: Vec<_> = next_moves(registry, &at.into()).collect();
            let rejections = next.iter().position(|step| step.to.status == Rejected).unwrap_or(next.len());
            assert!(next[rejections..].iter().all(|step| step.to.status == Rejected), "what leads on comes first");
        }
    }
}

#[test]
fn every_state_of_a_registry_can_be_reached_and_no_other() {
    let dev: BTreeSet<_> = LifeCycle::all().filter(|at| at.stage == Dev).collect();
    let central: BTreeSet<_> = LifeCycle::all().filter(|at| at.stage != Dev || at.status == Approved).collect();
    assert_eq!(reachable(Registry::Dev, |_| true), dev);
    assert_eq!(reachable(Registry::Central, |_| true), central);
}

#[test]
fn nothing_is_served_to_anybody_without_the_governance_officer() {
    let (test_approved, prod_approved) = (LifeCycle::new(Test, Approved), LifeCycle::new(Prod, Approved));
    let without = reachable(Registry::Central, |step| !step.by.contains(&GovernanceOfficer));
    assert_eq!(without, BTreeSet::from([LifeCycle::new(Dev, Approved), LifeCycle::new(Test, Pending)]));
    // Both decisions are needed, and both are the officer's alone.
    for decision in [test_approved, prod_approved] {
        assert!(!reachable(Registry::Central, |step| step.to != decision).contains(&prod_approved));
        let into = MOVES.iter().filter(|step| step.to == decision);
        assert!(
            into.clone().count() > 0
                && into.clone().all(|step| step.by == OFFICER && step.needs(Requirement::NotRegistrant))
        );
    }
    // Once rejected, a version passes test and its officer again.
    for rejected in [LifeCycle::new(Test, Rejected), LifeCycle::new(Prod, Rejected)] {
        let onward: Vec<_> = next_moves(Registry::Central, &rejected.into()).map(|step| step.to).collect();
        assert_eq!(onward, [LifeCycle::new(Test, Pending)]);
    }
}

#[test]
fn who_makes_a_version_never_decides_about_it() {
    for step in MOVES.iter().filter(|step| step.is_decision()) {
        assert!(step.by.iter().all(|persona| matches!(persona, Lead | GovernanceOfficer)), "{step:?}");
    }
    for step in MOVES.iter().filter(|step| !step.is_decision()) {
        assert!(!step.by.iter().any(|persona| matches!(persona, Lead | GovernanceOfficer)), "{step:?}");
    }
}

#[test]
fn check_finds_exactly_the_moves_of_the_table() {
    for registry in REGISTRIES {
        for from in LifeCycle::all().map(Observed::Known).chain([Observed::None]) {
            let next: Vec<_> = next_moves(registry, &from).collect();
            for to in LifeCycle::all() {
                match check(registry, &from, to) {
                    Ok(step) => assert!(next.contains(&step) && step.to == to),
                    Err(Refusal::AlreadyThere { at }) => assert!(at == to && from == Observed::Known(to)),
                    Err(Refusal::NoSuchMove { next: listed, .. }) => {
                        assert_eq!(listed, next);
                        assert!(!next.iter().any(|step| step.to == to));
                    }
                    Err(other) => panic!("{other:?}"),
                }
            }
        }
    }
}

#[test]
fn refusals_say_what_can_be_done() {
    let refuse = |registry, from: Observed, to| told(check(registry, &from, to).unwrap_err());
    let known = |stage, status| Observed::Known(LifeCycle::new(stage, status));
    insta::assert_snapshot!(refuse(Registry::Central, known(Test, Pending), LifeCycle::new(Prod, Approved)), @"
    a version in Test/Pending cannot go to Prod/Approved in the central registry
    - it can go to Test/Approved (governance officer: approve what was tested)
    - it can go to Test/Rejected (governance officer: reject what was tested)
    ");
    insta::assert_snapshot!(refuse(Registry::Central, known(Dev, Approved), LifeCycle::new(Test, Approved)), @"
    a version in Dev/Approved cannot go to Test/Approved in the central registry
    - it can go to Test/Pending (AI engineer or CI job: deploy to test)
    ");
    insta::assert_snapshot!(refuse(Registry::Central, known(Test, Approved), LifeCycle::new(Test, Approved)), @"
    the version is already in Test/Approved
    - nothing is left to do
    ");
    insta::assert_snapshot!(refuse(Registry::Central, Observed::None, LifeCycle::new(Test, Pending)), @"
    a version without a lifecycle cannot go to Test/Pending in the central registry
    - no move leads on from there: bring in a new version
    ");
    insta::assert_snapshot!(refuse(Registry::Dev, Observed::None, LifeCycle::new(Dev, Approved)), @"
    a version without a lifecycle cannot go to Dev/Approved in the dev registry
    - it can go to Dev/Pending (data scientist or CI job: submit what another tool registered)
    ");
    let foreign = Observed::read(Some("Production\u{1b}"), Some("InProgress"));
    insta::assert_snapshot!(refuse(Registry::Central, foreign, LifeCycle::new(Prod, Approved)), @r#"
    the version is in stage "Production\u{1b}" with status "InProgress", which aiops does not know
    - another tool set this lifecycle; if none depends on it, set one that aiops knows with rights that no persona has, such as Dev/Pending in dev
    "#);
}

#[test]
fn deployment_follows_the_lifecycle() {
    let table = LifeCycle::all().map(|at| {
        let to = Stage::ALL.into_iter().filter(|&to| may_deploy(to, &at.into()).is_ok());
        format!("{at:13} {}", to.map(Stage::as_str).collect::<Vec<_>>().join(" ")).trim_end().to_owned()
    });
    insta::assert_snapshot!(table.collect::<Vec<_>>().join("\n"), @"
    Dev/Pending
    Dev/Approved  Dev
    Dev/Rejected
    Test/Pending  Dev Test
    Test/Approved Dev Test Prod
    Test/Rejected
    Prod/Pending  Dev Test Prod
    Prod/Approved Dev Test Prod
    Prod/Rejected
    ");
    insta::assert_snapshot!(told(may_deploy(Prod, &LifeCycle::new(Test, Pending).into()).unwrap_err()), @"
    a version in Test/Pending may not be deployed to prod
    - it is waiting for the governance officer: approve what was tested
    - it may be from Test/Approved on, unless it was rejected
    ");
    insta::assert_snapshot!(told(may_deploy(Test, &LifeCycle::new(Prod, Rejected).into()).unwrap_err()), @"
    a version in Prod/Rejected may not be deployed to test
    - it may be from Test/Pending on, unless it was rejected
    ");
    insta::assert_snapshot!(told(may_deploy(Test, &Observed::None).unwrap_err()), @"
    a version without a lifecycle may not be deployed to test
    - it may be from Test/Pending on, unless it was rejected
    ");
}

#[test]
fn what_may_be_deployed_sagemaker_lets_us_deploy() {
    for at in LifeCycle::all() {
        for to in Stage::ALL {
            if may_deploy(to, &at.into()).is_ok() {
                assert_eq!(at.approval(), Approval::Approved, "{at} to {to}");
            }
        }
    }
}

#[test]
fn versions_wait_for_somebody() {
    let rows = REGISTRIES.into_iter().flat_map(|registry| {
        reachable(registry, |_| true).into_iter().map(move |at| {
            let waits = waiting_for(registry, at).map(|(persona, act)| format!("{}: {act}", persona.title()));
            format!("{registry:7} {at:13} {}", waits.unwrap_or("-".to_owned()))
        })
    });
    insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"), @"
    dev     Dev/Pending   lead: approve for the central registry
    dev     Dev/Approved  AI engineer: copy to the central registry
    dev     Dev/Rejected  -
    central Dev/Approved  AI engineer: deploy to test
    central Test/Pending  governance officer: approve what was tested
    central Test/Approved AI engineer: deploy to prod
    central Test/Rejected -
    central Prod/Pending  governance officer: approve for prod
    central Prod/Approved -
    central Prod/Rejected -
    ");
}

proptest! {
    #[test]
    fn lifecycles_of_other_tools_never_move_and_are_never_deployed(stage in "[A-Za-z]{1,8}", status in "[A-Za-z]{1,8}") {
        let observed = Observed::read(Some(&stage), Some(&status));
        prop_assume!(observed.known().is_none());
        for registry in REGISTRIES {
            prop_assert_eq!(next_moves(registry, &observed).count(), 0);
            for to in LifeCycle::all() {
                prop_assert!(matches!(check(registry, &observed, to), Err(Refusal::Foreign { .. })), "expected a refusal");
            }
        }
        for to in Stage::ALL {
            prop_assert!(matches!(may_deploy(to, &observed), Err(Refusal::Foreign { .. })), "expected a refusal");
        }
    }

    /// Whatever people try in whatever order, a version is in prod only after the officer decided since its last test.
    #[test]
    fn no_walk_reaches_prod_around_the_officer(tries in prop::collection::vec((0_usize..9, 0_usize..6), 0..60)) {
        let targets: Vec<LifeCycle> = LifeCycle::all().collect();
        let mut at = creation(Registry::Central).to;
        let mut accepted = false;
        for (target, persona) in tries {
            let Ok(step) = check(Registry::Central, &at.into(), targets[target]) else { continue };
            let persona = Persona::ALL[persona];
            if !step.by.contains(&persona) {
                continue;
            }
            at = step.to;
            accepted = match (at.stage, at.status) {
                (Test, Approved) => persona == GovernanceOfficer,
                (Test, Pending) | (_, Rejected) => false,
                _ => accepted,
            };
            prop_assert_eq!(may_deploy(Prod, &at.into()).is_ok(), accepted, "{}", at);
        }
    }
}
