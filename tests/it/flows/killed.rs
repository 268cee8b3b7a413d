//! Killed at any call, and run again: the same end, with nothing twice.

use aiops::governance::{LifeCycle, Persona, Stage, Status, TestStatus, metadata};
use aiops::promote::CopyEffect;
use aiops::registry::{self, integrity};
use aiops::sandbox::faults::When;
use serde_json::{Value, json};

use super::stage::{MODEL, Stageplay, block_on, decide, to_central, to_stage};

const CENTRAL: &str = "222222222222";
const GROUP: &str = "clinical-diabetes-progression";

/// Plays `before`, then `act` killed at each of its calls in turn, before and after the call's effect, each time run again
/// to its end; `check` then looks at what there is.
fn killed_at_every_call(
    before: impl AsyncFn(&Stageplay),
    act: impl AsyncFn(&Stageplay) -> aiops::error::Result<()>,
    check: impl AsyncFn(&Stageplay),
) {
    let prepared = Stageplay::new();
    block_on(before(&prepared));
    let clean = prepared.copy();
    block_on(act(&clean)).unwrap();
    let calls = clean.sandbox.take_log().len() as u64;
    block_on(check(&clean));
    assert!(calls > 3, "{calls} calls are no flow");
    for when in [When::Before, When::After] {
        for call in 0..calls {
            let play = prepared.copy();
            play.die_at(call, when);
            assert!(block_on(act(&play)).is_err(), "call {call} was not reached");
            play.sandbox.clear_faults();
            let play = play.started_again();
            block_on(act(&play)).unwrap_or_else(|error| {
                let causes: Vec<String> = error.causes().map(ToString::to_string).collect();
                panic!("killed {when:?} call {call}, the second run fails: {error}: {causes:?}")
            });
            block_on(check(&play));
        }
    }
}

async fn approved_in_dev(play: &Stageplay) {
    let aws = play.aws("lead").await;
    decide(&play.world(&aws), 1, Stage::Dev, Status::Approved).await.unwrap();
}

async fn in_central(play: &Stageplay) {
    approved_in_dev(play).await;
    let aws = play.aws("engineer").await;
    to_central(&play.world(&aws), 1).await.unwrap();
}

async fn in_test(play: &Stageplay) {
    in_central(play).await;
    let aws = play.aws("engineer").await;
    to_stage(&play.world(&aws), 1, Stage::Test).await.unwrap();
}

fn administer(play: &Stageplay, account: &str, operation: &str, input: Value) -> Value {
    play.sandbox.administer(account, "eu-west-1", "sagemaker", operation, input).unwrap()
}

#[test]
fn promotion_to_central() {
    killed_at_every_call(
        approved_in_dev,
        async |play| {
            let aws = play.aws("engineer").await;
            to_central(&play.world(&aws), 1).await.map(drop)
        },
        async |play| {
            let groups = administer(play, CENTRAL, "ListModelPackageGroups", json!({}));
            assert_eq!(groups["ModelPackageGroupSummaryList"].as_array().unwrap().len(), 1);
            let versions = administer(play, CENTRAL, "ListModelPackages", json!({"ModelPackageGroupName": GROUP}));
            assert_eq!(versions["ModelPackageSummaryList"].as_array().unwrap().len(), 1);
            administer(play, CENTRAL, "GetModelPackageGroupPolicy", json!({"ModelPackageGroupName": GROUP}));
            // One more run finds everything in place; and what lies there is what was recorded.
            let aws = play.aws("engineer").await;
            let world = play.world(&aws);
            let copied = to_central(&world, 1).await.unwrap();
            assert_eq!((copied.effect, copied.objects), (CopyEffect::AlreadyThere, 3));
            let central = world.session(world.landscape.central(), Persona::Engineer).await.unwrap();
            let details = registry::describe(&central, &copied.central_arn.unwrap()).await.unwrap();
            integrity::unchanged(&world, &central, &details).await.unwrap();
            assert_eq!(details.metadata[metadata::REGISTERED_BY], "training-pipeline");
            assert_eq!(details.version.lifecycle.known(), Some(LifeCycle::new(Stage::Dev, Status::Approved)));
        },
    );
}

#[test]
fn promotion_to_test() {
    killed_at_every_call(
        in_central,
        async |play| {
            let aws = play.aws("engineer").await;
            to_stage(&play.world(&aws), 1, Stage::Test).await.map(drop)
        },
        async |play| {
            let test = "444444444444";
            let endpoint = format!("{GROUP}-test");
            for (operation, list) in
                [("ListModels", "Models"), ("ListEndpointConfigs", "EndpointConfigs"), ("ListEndpoints", "Endpoints")]
            {
                let found = administer(play, test, operation, json!({}));
                assert_eq!(found[list].as_array().unwrap().len(), 1, "{operation}");
            }
            let described = administer(play, test, "DescribeEndpoint", json!({"EndpointName": endpoint}));
            assert_eq!(described["EndpointStatus"], "InService");
            let arn = format!("arn:aws:sagemaker:eu-west-1:{CENTRAL}:model-package/{GROUP}/1");
            let version = administer(play, CENTRAL, "DescribeModelPackage", json!({"ModelPackageName": arn}));
            assert_eq!(version["ModelLifeCycle"]["Stage"], "Test");
            assert_eq!(version["ModelLifeCycle"]["StageStatus"], "Pending");
            let properties = &version["CustomerMetadataProperties"];
            assert_eq!(properties[metadata::TEST_STATUS], TestStatus::Passed.as_str());
        },
    );
}

#[test]
fn approval() {
    killed_at_every_call(
        in_test,
        async |play| {
            let aws = play.aws("officer").await;
            decide(&play.world(&aws), 1, Stage::Test, Status::Approved).await.map(drop)
        },
        async |play| {
            let arn = format!("arn:aws:sagemaker:eu-west-1:{CENTRAL}:model-package/{GROUP}/1");
            let version = administer(play, CENTRAL, "DescribeModelPackage", json!({"ModelPackageName": arn}));
            assert_eq!(version["ModelLifeCycle"]["StageStatus"], "Approved");
            let properties = &version["CustomerMetadataProperties"];
            assert_eq!(properties[metadata::decided_by(Stage::Test)], "officer");
            assert_eq!(properties[metadata::MODEL], MODEL);
        },
    );
}
