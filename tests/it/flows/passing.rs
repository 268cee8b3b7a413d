//! Faults that pass: no command notices them, whatever call they strike, before or after its effect.

use aiops::error::Result;
use aiops::governance::{Stage, Status};
use aiops::sandbox::faults::{Effect, When};

use super::stage::{Stageplay, block_on, decide, every_call, to_central, to_stage, told, until_central, until_test};

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
    passing_at_every_call(
        async |play| {
            let aws = play.aws("engineer").await;
            until_test(&play.world(&aws), 1).await;
        },
        async |play| {
            let aws = play.aws("officer").await;
            decide(&play.world(&aws), 1, Stage::Test, Status::Approved).await.map(drop)
        },
    );
}

#[test]
fn of_a_copy() {
    passing_at_every_call(
        async |play| {
            let aws = play.aws("lead").await;
            decide(&play.world(&aws), 1, Stage::Dev, Status::Approved).await.unwrap();
        },
        async |play| {
            let aws = play.aws("engineer").await;
            to_central(&play.world(&aws), 1).await.map(drop)
        },
    );
}

#[test]
fn of_a_first_deployment() {
    passing_at_every_call(
        async |play| {
            let aws = play.aws("engineer").await;
            until_central(&play.world(&aws), 1).await;
        },
        async |play| {
            let aws = play.aws("engineer").await;
            to_stage(&play.world(&aws), 1, Stage::Test).await.map(drop)
        },
    );
}

#[test]
fn of_an_update() {
    passing_at_every_call(
        async |play| {
            let aws = play.aws("engineer").await;
            let world = play.world(&aws);
            until_test(&world, 1).await;
            until_central(&world, 2).await;
        },
        async |play| {
            let aws = play.aws("engineer").await;
            to_stage(&play.world(&aws), 2, Stage::Test).await.map(drop)
        },
    );
}
