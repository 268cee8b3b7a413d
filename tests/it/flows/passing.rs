//! Faults that pass: no command notices them, whatever call they strike, before or after its effect.

use aiops::error::Result;
use aiops::sandbox::faults::{Effect, When};

use super::scenes;
use super::stage::{Stageplay, block_on, every_call, told};

/// Plays `before`, then `act` with each fault at each of its calls in turn.
fn passing_at_every_call(before: impl AsyncFn(&Stageplay), act: impl AsyncFn(&Stageplay) -> Result<()>) {
    let prepared = Stageplay::new();
    block_on(before(&prepared));
    let faults = [
        (When::Before, Effect::Throttle, 2),
        (When::Before, Effect::Delay(20), 1),
        (When::After, Effect::Internal, 2),
        (When::After, Effect::Drop, 1),
    ];
    for (when, effect, times) in faults {
        every_call(|call| {
            let play = prepared.copy();
            play.strike(call, Some(times), when, effect.clone());
            let outcome = block_on(act(&play));
            let log = play.sandbox.take_log();
            let struck = log.get(usize::try_from(call).unwrap());
            let told = outcome.err().map(|error| told(&error));
            assert_eq!(told, None, "{effect:?} {when:?} call {call}: {struck:?}");
            struck.is_some()
        });
    }
}

#[test]
fn of_a_decision() {
    passing_at_every_call(scenes::in_test, scenes::approve);
}

#[test]
fn of_a_copy() {
    passing_at_every_call(scenes::approved_in_dev, scenes::copy);
}

#[test]
fn of_a_first_deployment() {
    passing_at_every_call(scenes::in_central, scenes::deploy);
}

#[test]
fn of_an_update() {
    passing_at_every_call(scenes::second_in_central, scenes::update);
}
