//! The walk over a plan's resources: side by side by lane, each after what it needs.

use std::collections::HashMap;
use std::time::Duration;

use futures::future::{Either, join_all, select};
use tokio::sync::{Semaphore, watch};

use super::{Action, Address, Facts, Found, Outcome, Plan, Resource, State};
use crate::clock::SharedClock;
use crate::error::{Error, Result};
use crate::progress::{Progress, Silent, Task};

/// How long what was just changed may take to read as changed. IAM, RAM and DataZone are eventually consistent, by up
/// to half a minute as their users report.
const SETTLES_WITHIN: Duration = Duration::from_secs(120);
/// How often to look meanwhile.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// How to walk.
pub struct Walk<'a> {
    /// Time.
    pub clock: &'a SharedClock,
    /// Somebody to tell.
    pub progress: &'a dyn Progress,
    /// How many lanes are at work at once.
    pub lanes: usize,
    /// How long one look may take.
    pub look_within: Duration,
}

/// Looks at everything, and changes nothing.
pub async fn look(resources: &[Box<dyn Resource + '_>], facts: &Facts, walk: &Walk<'_>) -> Plan {
    run(resources, facts, walk, false).await
}

/// Makes everything as it should be.
pub async fn apply(resources: &[Box<dyn Resource + '_>], facts: &Facts, walk: &Walk<'_>) -> Plan {
    run(resources, facts, walk, true).await
}

/// What others wait for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progressed {
    Not,
    Well,
    Badly,
}

async fn run(resources: &[Box<dyn Resource + '_>], facts: &Facts, walk: &Walk<'_>, acts: bool) -> Plan {
    let addresses: Vec<Address> = resources.iter().map(|resource| resource.address()).collect();
    let states: HashMap<&Address, watch::Sender<Progressed>> =
        addresses.iter().map(|address| (address, watch::Sender::new(Progressed::Not))).collect();
    let mut lanes: Vec<(String, Vec<usize>)> = Vec::new();
    for (index, resource) in resources.iter().enumerate() {
        let name = resource.lane();
        match lanes.iter_mut().find(|(lane, _)| *lane == name) {
            Some((_, members)) => members.push(index),
            None => lanes.push((name, vec![index])),
        }
    }
    let at_once = Semaphore::new(walk.lanes.max(1));
    let overall = (!acts).then(|| walk.progress.start("looking at what is there"));
    let run_lane = |(name, members): (String, Vec<usize>)| {
        let (addresses, states, at_once) = (&addresses, &states, &at_once);
        async move {
            // Looks are quick, and all of them one thing to wait for.
            let task = if acts { walk.progress.start(&name) } else { Box::new(Silent) };
            let mut outcomes = Vec::new();
            for index in members {
                let (resource, address) = (&*resources[index], &addresses[index]);
                let outcome = match await_needs(resource, states).await {
                    Some(missing) => {
                        let outcome = Outcome::new(address.clone(), resource.reason(), Found::Absent);
                        let error = Error::failed(format!("needs the {missing}"));
                        Outcome { action: Action::Unknown, ..outcome.failed(&error, State::Skipped) }
                    }
                    None => {
                        let _permit = at_once.acquire().await;
                        task.update(&format!("{} {}", address.kind, address.name));
                        step(resource, address, facts, walk, acts, &*task).await
                    }
                };
                let well = outcome.error.is_none() && outcome.action != Action::Conflict;
                if let Some(state) = states.get(address) {
                    state.send_replace(if well { Progressed::Well } else { Progressed::Badly });
                }
                outcomes.push((index, outcome));
            }
            let failed = outcomes.iter().filter(|(_, outcome)| outcome.error.is_some()).count();
            let count = outcomes.iter().filter(|(_, outcome)| outcome.action.is_change()).count();
            task.finish(&match failed {
                0 => format!("{count} changed, {} kept", outcomes.len() - count),
                failed => format!("{failed} failed"),
            });
            outcomes
        }
    };
    let mut outcomes: Vec<(usize, Outcome)> =
        join_all(lanes.into_iter().map(run_lane)).await.into_iter().flatten().collect();
    outcomes.sort_by_key(|(index, _)| *index);
    if let Some(task) = overall {
        task.finish(&format!("{} things", outcomes.len()));
    }
    Plan { steps: outcomes.into_iter().map(|(_, outcome)| outcome).collect() }
}

/// Waits for what a resource needs. What failed, or is nowhere in the plan, comes back.
async fn await_needs(
    resource: &dyn Resource,
    states: &HashMap<&Address, watch::Sender<Progressed>>,
) -> Option<Address> {
    for need in resource.needs() {
        let Some(state) = states.get(&need) else { return Some(need) };
        let mut state = state.subscribe();
        match state.wait_for(|state| *state != Progressed::Not).await {
            Ok(state) if *state == Progressed::Well => {}
            _ => return Some(need),
        }
    }
    None
}

async fn step(
    resource: &dyn Resource,
    address: &Address,
    facts: &Facts,
    walk: &Walk<'_>,
    acts: bool,
    task: &dyn Task,
) -> Outcome {
    let found = match look_in_time(resource, facts, walk).await {
        Ok(found) => found,
        Err(error) => {
            let outcome = Outcome::new(address.clone(), resource.reason(), Found::Absent);
            let error = error.context(format!("cannot look at the {address}"));
            return Outcome { action: Action::Unknown, ..outcome.failed(&error, State::Failed) };
        }
    };
    let outcome = Outcome::new(address.clone(), resource.reason(), found.clone());
    if !acts || !outcome.action.is_change() {
        return outcome;
    }
    let acted = async {
        resource.act(&found, facts).await?;
        settle(resource, address, outcome.action, facts, walk, task).await
    };
    match acted.await {
        // What turned out to be impossible is left, and told: it was not made.
        Ok(Found::Leftover(reason)) if outcome.action == Action::Create => {
            Outcome { action: Action::Leave, reason, state: State::Done, ..outcome }
        }
        Ok(Found::Leftover(reason)) => Outcome { reason, state: State::Done, ..outcome },
        Ok(_) => Outcome { state: State::Done, ..outcome },
        Err(error) => {
            let error = error.context(format!("cannot {} the {address}", outcome.action.word()));
            outcome.failed(&error, State::Failed)
        }
    }
}

async fn look_in_time(resource: &dyn Resource, facts: &Facts, walk: &Walk<'_>) -> Result<Found> {
    let late = walk.clock.sleep(walk.look_within);
    match select(resource.look(facts), late).await {
        Either::Left((found, _)) => found,
        Either::Right(((), _)) => {
            Err(Error::failed(format!("no answer within {} seconds", walk.look_within.as_secs()))
                .hint("give slow accounts more time: `concurrency.account-timeout` in aiops.yaml"))
        }
    }
}

/// Looks until what was done can be seen: what is there then.
async fn settle(
    resource: &dyn Resource,
    address: &Address,
    action: Action,
    facts: &Facts,
    walk: &Walk<'_>,
    task: &dyn Task,
) -> Result<Found> {
    let start = walk.clock.now();
    loop {
        let found = look_in_time(resource, facts, walk).await?;
        let done = match action {
            Action::Remove => matches!(found, Found::Absent | Found::Same | Found::Leftover(_)),
            // What cannot be removed may be changed, and stays.
            _ => matches!(found, Found::Same | Found::Leftover(_)),
        };
        if done {
            return Ok(found);
        }
        let waited = walk.clock.now().duration_since(start);
        if Duration::try_from(waited).unwrap_or_default() >= SETTLES_WITHIN {
            let fields: Vec<String> = match found {
                Found::Different(differences) | Found::Foreign(differences) => {
                    differences.into_iter().map(|difference| difference.field).collect()
                }
                _ => Vec::new(),
            };
            let what = if fields.is_empty() { String::new() } else { format!(" in {}", fields.join(", ")) };
            return Err(Error::failed(format!("AWS accepted the change, but the {address} still differs{what}"))
                .hint("run the same command again; if it stays, `plan` shows both values"));
        }
        task.update(&format!("{} {}: waiting for it to show", address.kind, address.name));
        walk.clock.sleep(LOOK_AGAIN).await;
    }
}
