//! Killed at any call, and run again: the same end, with nothing twice.

use aiops::governance::{LifeCycle, Persona, Stage, Status, TestStatus, metadata};
use aiops::promote::CopyEffect;
use aiops::registry::{self, integrity};
use aiops::sandbox::faults::{Effect, When};
use serde_json::json;

use super::scenes;
use super::stage::{CENTRAL, GROUP, MODEL, Stageplay, TEST, block_on, central_arn, every_call, to_central, told};

/// Plays `before`, then `act` killed at each of its calls in turn, before and after the call's effect, each time run again
/// to its end; `check` then looks at what there is.
fn killed_at_every_call(
    before: impl AsyncFn(&Stageplay),
    act: impl AsyncFn(&Stageplay) -> aiops::error::Result<()>,
    check: impl AsyncFn(&Stageplay),
) {
    let prepared = Stageplay::new();
    block_on(before(&prepared));
    for (when, effect) in [(When::Before, Effect::Drop), (When::After, Effect::Internal)] {
        every_call(|call| {
            let play = prepared.copy();
            // It lasts longer than all retries: for the caller, the process ends there.
            play.strike(call, None, when, effect.clone());
            let outcome = block_on(act(&play));
            let reached = play.sandbox.calls() > call;
            assert_eq!(outcome.is_err(), reached, "{effect:?} {when:?} call {call}");
            play.sandbox.clear_faults();
            let play = play.started_again();
            if let Err(error) = block_on(act(&play)) {
                panic!("{effect:?} {when:?} call {call}, and the second run fails: {}", told(&error));
            }
            block_on(check(&play));
            reached
        });
    }
}

#[test]
fn promotion_to_central() {
    killed_at_every_call(scenes::approved_in_dev, scenes::copy, async |play| {
        let groups = play.administer(CENTRAL, "ListModelPackageGroups", json!({}));
        assert_eq!(groups["ModelPackageGroupSummaryList"].as_array().unwrap().len(), 1);
        let versions = play.administer(CENTRAL, "ListModelPackages", json!({"ModelPackageGroupName": GROUP}));
        assert_eq!(versions["ModelPackageSummaryList"].as_array().unwrap().len(), 1);
        play.administer(CENTRAL, "GetModelPackageGroupPolicy", json!({"ModelPackageGroupName": GROUP}));
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
    });
}

#[test]
fn promotion_to_test() {
    killed_at_every_call(scenes::in_central, scenes::deploy, async |play| {
        let endpoint = format!("{GROUP}-test");
        for (operation, list) in
            [("ListModels", "Models"), ("ListEndpointConfigs", "EndpointConfigs"), ("ListEndpoints", "Endpoints")]
        {
            let found = play.administer(TEST, operation, json!({}));
            assert_eq!(found[list].as_array().unwrap().len(), 1, "{operation}");
        }
        let described = play.administer(TEST, "DescribeEndpoint", json!({"EndpointName": endpoint}));
        assert_eq!(described["EndpointStatus"], "InService");
        let version = play.administer(CENTRAL, "DescribeModelPackage", json!({"ModelPackageName": central_arn(1)}));
        assert_eq!(version["ModelLifeCycle"]["Stage"], "Test");
        assert_eq!(version["ModelLifeCycle"]["StageStatus"], "Pending");
        let properties = &version["CustomerMetadataProperties"];
        assert_eq!(properties[metadata::TEST_STATUS], TestStatus::Passed.as_str());
    });
}

#[test]
fn an_update_of_an_endpoint() {
    killed_at_every_call(scenes::second_in_central, scenes::update, async |play| {
        for (operation, list, many) in [
            ("ListModels", "Models", 2),
            ("ListEndpointConfigs", "EndpointConfigs", 2),
            ("ListEndpoints", "Endpoints", 1),
        ] {
            let found = play.administer(TEST, operation, json!({}));
            assert_eq!(found[list].as_array().unwrap().len(), many, "{operation}");
        }
        let endpoint = format!("{GROUP}-test");
        let described = play.administer(TEST, "DescribeEndpoint", json!({"EndpointName": endpoint}));
        assert_eq!(described["EndpointStatus"], "InService");
        let config = described["EndpointConfigName"].as_str().unwrap();
        assert!(config.starts_with(&format!("{endpoint}-v2-")), "{config}");
        // The way back is written down.
        let tags = play.administer(TEST, "ListTags", json!({"ResourceArn": described["EndpointArn"]}));
        let previous = tags["Tags"].as_array().unwrap().iter().find(|tag| tag["Key"] == "aiops:previous-config");
        let previous = previous.unwrap()["Value"].as_str().unwrap();
        assert!(previous.starts_with(&format!("{endpoint}-v1-")), "{previous}");
        let version = play.administer(CENTRAL, "DescribeModelPackage", json!({"ModelPackageName": central_arn(2)}));
        assert_eq!(version["CustomerMetadataProperties"][metadata::TEST_STATUS], TestStatus::Passed.as_str());
    });
}

#[test]
fn approval() {
    killed_at_every_call(scenes::in_test, scenes::approve, async |play| {
        let version = play.administer(CENTRAL, "DescribeModelPackage", json!({"ModelPackageName": central_arn(1)}));
        assert_eq!(version["ModelLifeCycle"]["StageStatus"], "Approved");
        let properties = &version["CustomerMetadataProperties"];
        assert_eq!(properties[metadata::decided_by(Stage::Test)], "officer");
        assert_eq!(properties[metadata::MODEL], MODEL);
    });
}
