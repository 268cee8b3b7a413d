//! Flows that are struck at each of their calls: what is there before, and what happens then. As many roles as it takes
//! play, each in sessions of its own.

use aiops::error::Result;
use aiops::governance::{Stage, Status};

use super::stage::{Stageplay, decide, to_central, to_stage, until_central, until_test};

/// Before [`copy`].
pub async fn approved_in_dev(play: &Stageplay) {
    let aws = play.aws("lead").await;
    decide(&play.world(&aws), 1, Stage::Dev, Status::Approved).await.unwrap();
}

/// The first version goes to the central registry.
pub async fn copy(play: &Stageplay) -> Result<()> {
    let aws = play.aws("engineer").await;
    to_central(&play.world(&aws), 1).await.map(drop)
}

/// Before [`deploy`].
pub async fn in_central(play: &Stageplay) {
    approved_in_dev(play).await;
    copy(play).await.unwrap();
}

/// The first version goes to a new endpoint in test.
pub async fn deploy(play: &Stageplay) -> Result<()> {
    let aws = play.aws("engineer").await;
    to_stage(&play.world(&aws), 1, Stage::Test).await.map(drop)
}

/// Before [`approve`].
pub async fn in_test(play: &Stageplay) {
    let aws = play.aws("engineer").await;
    until_test(&play.world(&aws), 1).await;
}

/// The first version is approved for prod.
pub async fn approve(play: &Stageplay) -> Result<()> {
    let aws = play.aws("officer").await;
    decide(&play.world(&aws), 1, Stage::Test, Status::Approved).await.map(drop)
}

/// Before [`update`].
pub async fn second_in_central(play: &Stageplay) {
    let aws = play.aws("engineer").await;
    let world = play.world(&aws);
    until_test(&world, 1).await;
    until_central(&world, 2).await;
}

/// The second version takes over the endpoint of the first.
pub async fn update(play: &Stageplay) -> Result<()> {
    let aws = play.aws("engineer").await;
    to_stage(&play.world(&aws), 2, Stage::Test).await.map(drop)
}
