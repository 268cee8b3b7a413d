use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::*;
use crate::clock::{FixedClock, SharedClock};
use crate::error::{Error, Kind};
use crate::progress::Silent;
use crate::sandbox::time::VirtualClock;

/// A thing that takes a while to make, in a world that remembers the order.
struct Thing {
    account: &'static str,
    name: &'static str,
    needs: Vec<Address>,
    there: Cell<At>,
    takes: Duration,
    fails: bool,
    clock: SharedClock,
    history: Rc<RefCell<Vec<String>>>,
}

/// What a thing is at first.
#[derive(Clone, Copy, PartialEq)]
enum At {
    Absent,
    Same,
    Different,
    Unwanted,
    Foreign,
    ForeignAndDifferent,
}

impl Resource for Thing {
    fn address(&self) -> Address {
        Address::new(self.account, "thing", self.name)
    }

    fn needs(&self) -> Vec<Address> {
        self.needs.clone()
    }

    fn reason(&self) -> String {
        "a test".to_owned()
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let difference = || Difference::between("size", 1, 2).into_iter().collect();
            Ok(match self.there.get() {
                At::Absent => Found::Absent,
                At::Same => {
                    facts.set(&self.address(), "id", format!("id-of-{}", self.name));
                    Found::Same
                }
                At::Different => Found::Different(difference()),
                At::Unwanted => Found::Unwanted,
                At::Foreign => Found::Foreign(Vec::new()),
                At::ForeignAndDifferent => Found::Foreign(difference()),
            })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, found: &'a Found, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            self.history.borrow_mut().push(format!("{} begins", self.name));
            self.clock.sleep(self.takes).await;
            if self.fails {
                return Err(Error::denied("no"));
            }
            self.history.borrow_mut().push(format!("{} ends", self.name));
            self.there.set(if *found == Found::Unwanted { At::Absent } else { At::Same });
            Ok(())
        }
        .boxed_local()
    }

    fn farewell(&self) -> Farewell {
        match self.name {
            "bucket" => Farewell::Stays("holds data"),
            "grant" => Farewell::GoesAlong,
            _ => Farewell::Removed,
        }
    }

    fn undo<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        self.act(&Found::Unwanted, facts)
    }
}

struct Bench {
    clock: SharedClock,
    history: Rc<RefCell<Vec<String>>>,
}

impl Bench {
    fn new() -> Self {
        let base = Arc::new(FixedClock("2026-01-05T09:00:00Z".parse().unwrap()));
        Bench { clock: Arc::new(VirtualClock::new(base, 1.0)), history: Rc::default() }
    }

    fn thing(&self, account: &'static str, name: &'static str, there: At) -> Thing {
        Thing {
            account,
            name,
            needs: Vec::new(),
            there: Cell::new(there),
            takes: Duration::from_secs(10),
            fails: false,
            clock: self.clock.clone(),
            history: self.history.clone(),
        }
    }

    fn run(&self, things: Vec<Thing>, acts: bool) -> (Plan, Facts) {
        self.walk(&boxed(things), acts)
    }

    fn walk(&self, resources: &[Box<dyn Resource + '_>], acts: bool) -> (Plan, Facts) {
        let facts = Facts::default();
        let walk = Walk { clock: &self.clock, progress: &Silent, lanes: 8, look_within: Duration::from_secs(60) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let plan = runtime.block_on(async {
            if acts { apply(resources, &facts, &walk).await } else { look(resources, &facts, &walk).await }
        });
        (plan, facts)
    }

    fn elapsed(&self) -> i64 {
        self.clock.now().duration_since("2026-01-05T09:00:00Z".parse().unwrap()).as_secs()
    }
}

fn boxed(things: Vec<Thing>) -> Vec<Box<dyn Resource>> {
    things.into_iter().map(|thing| Box::new(thing) as Box<dyn Resource>).collect()
}

fn told(plan: &Plan) -> Vec<String> {
    plan.steps.iter().map(|step| format!("{} {} {:?}", step.address.name, step.action.word(), step.state)).collect()
}

#[test]
fn a_look_changes_nothing_and_tells_everything() {
    let bench = Bench::new();
    let things = vec![
        bench.thing("1", "new", At::Absent),
        bench.thing("1", "right", At::Same),
        bench.thing("2", "wrong", At::Different),
        bench.thing("2", "old", At::Unwanted),
        bench.thing("2", "theirs", At::Foreign),
    ];
    let (plan, facts) = bench.run(things, false);
    let expected = [
        "new create Planned",
        "right keep Planned",
        "wrong change Planned",
        "old remove Planned",
        "theirs adopt Planned",
    ];
    assert_eq!(told(&plan), expected);
    assert!(plan.has_changes() && bench.history.borrow().is_empty());
    assert_eq!(facts.get(&Address::new("1", "thing", "right"), "id").as_deref(), Some("id-of-right"));
    assert_eq!(plan.steps[2].differences, [Difference { field: "size".into(), actual: 1.into(), desired: 2.into() }]);
}

#[test]
fn lanes_go_side_by_side_and_members_of_one_after_each_other() {
    let bench = Bench::new();
    let things = vec![
        bench.thing("1", "a", At::Absent),
        bench.thing("1", "b", At::Absent),
        bench.thing("2", "c", At::Absent),
        bench.thing("2", "d", At::Different),
    ];
    let (plan, _) = bench.run(things, true);
    assert!(plan.steps.iter().all(|step| step.state == State::Done));
    assert_eq!(bench.elapsed(), 20, "two lanes of two things of ten seconds");
    let history = bench.history.borrow();
    let position = |what: &str| history.iter().position(|line| line == what).unwrap();
    assert!(position("a ends") < position("b begins") && position("c ends") < position("d begins"));
    assert!(position("c begins") < position("a ends"));
}

#[test]
fn a_thing_waits_for_what_it_needs_and_is_skipped_without_it() {
    let bench = Bench::new();
    let need = |name| vec![Address::new("1", "thing", name)];
    let things = vec![
        bench.thing("1", "base", At::Absent),
        Thing { fails: true, ..bench.thing("1", "broken", At::Absent) },
        Thing { needs: need("base"), ..bench.thing("2", "above", At::Absent) },
        Thing { needs: need("broken"), ..bench.thing("3", "without", At::Absent) },
        Thing { needs: need("nowhere"), ..bench.thing("4", "lost", At::Absent) },
        bench.thing("5", "alone", At::Absent),
    ];
    let (plan, _) = bench.run(things, true);
    let expected = [
        "base create Done",
        "broken create Failed",
        "above create Done",
        "without unknown Skipped",
        "lost unknown Skipped",
        "alone create Done",
    ];
    assert_eq!(told(&plan), expected);
    assert_eq!(plan.steps[1].error.as_deref(), Some("cannot create the thing broken in account 1: no"));
    assert_eq!(plan.steps[3].error.as_deref(), Some("needs the thing broken in account 1"));
    assert_eq!(plan.verdict(), Some(Kind::Partial));
    let history = bench.history.borrow();
    let position = |what: &str| history.iter().position(|line| line == what).unwrap();
    assert!(position("base ends") < position("above begins"));
}

#[test]
fn what_others_made_is_used_if_it_matches_and_refused_if_not() {
    let bench = Bench::new();
    let (plan, _) = bench.run(vec![bench.thing("1", "fits", At::Foreign)], true);
    assert_eq!(told(&plan), ["fits adopt Planned"]);
    assert!(plan.refuse_conflicts().is_ok());
    let (plan, _) = bench.run(vec![bench.thing("1", "odd", At::ForeignAndDifferent)], true);
    assert_eq!(told(&plan), ["odd conflict Planned"]);
    let refusal = plan.refuse_conflicts().unwrap_err();
    assert_eq!(refusal.to_string(), "the thing odd in account 1 is not aiops's and differs in size");
    assert!(bench.history.borrow().is_empty());
}

#[test]
fn what_was_made_is_taken_down_in_the_opposite_order() {
    let bench = Bench::new();
    let need = |name| vec![Address::new("1", "thing", name)];
    let resources = boxed(vec![
        bench.thing("1", "role", At::Same),
        bench.thing("1", "bucket", At::Same),
        Thing { needs: need("role"), ..bench.thing("2", "domain", At::Same) },
        Thing { needs: vec![Address::new("2", "thing", "domain")], ..bench.thing("2", "grant", At::Same) },
        Thing { needs: vec![Address::new("2", "thing", "domain")], ..bench.thing("3", "share", At::Different) },
        bench.thing("3", "theirs", At::Foreign),
        bench.thing("3", "gone", At::Absent),
    ]);
    let (plan, _) = bench.walk(&dismantled(&resources), true);
    let expected = [
        "gone keep Planned",
        "theirs leave Planned",
        "share remove Done",
        "domain remove Done",
        "bucket leave Planned",
        "role remove Done",
    ];
    assert_eq!(told(&plan), expected);
    let history = bench.history.borrow();
    let expected = ["share begins", "share ends", "domain begins", "domain ends", "role begins", "role ends"];
    assert_eq!(*history, expected);
}

#[test]
fn a_part_of_a_plan_has_all_that_it_needs() {
    let bench = Bench::new();
    let need = |account, name| vec![Address::new(account, "thing", name)];
    let resources = boxed(vec![
        bench.thing("1", "role", At::Absent),
        bench.thing("1", "bucket", At::Absent),
        Thing { needs: need("1", "role"), ..bench.thing("1", "domain", At::Absent) },
        Thing { needs: need("1", "domain"), ..bench.thing("2", "share", At::Absent) },
        Thing { needs: need("1", "domain"), ..bench.thing("3", "share", At::Absent) },
    ]);
    let part = narrowed(resources, |address| address.account == "2");
    let addresses: Vec<Address> = part.iter().map(|resource| resource.address()).collect();
    let expected = [("1", "role"), ("1", "domain"), ("2", "share")];
    assert_eq!(addresses, expected.map(|(account, name)| Address::new(account, "thing", name)));
}
