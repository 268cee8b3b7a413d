//! What may go wrong with endpoints: what never comes up, what goes back, what is under way, what does not answer.

use aiops::endpoint::deploy::Effect;
use aiops::error::{Error, Kind};
use aiops::governance::{LifeCycle, Stage, Status, TestStatus, metadata};
use aiops::promote::DeployProgress;
use aiops::registry::artifacts;
use aiops::sandbox::faults::{Effect as Fault, When};
use aiops::sandbox::s3;
use aiops::status::{self, Scope};
use aiops::world::World;
use serde_json::{Value, json};

use super::stage::{
    CENTRAL, DEV, Stageplay, TEST, block_on, central_arn, decide, dev_arn, start_in, to_central, to_stage, told,
    until_central, until_test,
};

const ENDPOINT: &str = "clinical-diabetes-progression-test";

/// Puts something in place of the archive of dev's version `number` that no container can load.
fn spoil(play: &Stageplay, number: u32) {
    let described = play.administer(DEV, "DescribeModelPackage", json!({"ModelPackageName": dev_arn(number)}));
    let uri = described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"].as_str().unwrap();
    let (bucket, key) = artifacts::split(uri).unwrap();
    s3::put_object(&play.sandbox, DEV, "eu-west-1", bucket, key, b"no archive").unwrap();
}

fn metadata_of(play: &Stageplay, number: u32) -> Value {
    let described = play.administer(CENTRAL, "DescribeModelPackage", json!({"ModelPackageName": central_arn(number)}));
    described["CustomerMetadataProperties"].clone()
}

/// Of the tenant's newest version and the one before: the statuses of the endpoints that serve them in test.
async fn serving(world: &World<'_>) -> Vec<Vec<String>> {
    let status = status::status(world, &Scope::default()).await.unwrap();
    let versions = status.models[0].versions.iter();
    versions.map(|version| version.test.endpoints.iter().map(|serving| serving.status.clone()).collect()).collect()
}

#[test]
fn an_update_that_does_not_come_up_is_told_as_rolled_back() {
    let play = Stageplay::new();
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        until_test(&world, 1).await;
        // It is copied as it is, and SageMaker cannot load it.
        spoil(&play, 2);
        decide(&world, 2, Stage::Dev, Status::Approved).await.unwrap();
        to_central(&world, 2).await.unwrap();
        let error = to_stage(&world, 2, Stage::Test).await.unwrap_err();
        assert_eq!(error.kind(), Kind::RolledBack, "{}", told(&error));
        assert!(told(&error).contains("went back to clinical-diabetes-progression-test-v1-"), "{}", told(&error));
        // Trying again is allowed, and ends the same way.
        assert_eq!(to_stage(&world, 2, Stage::Test).await.unwrap_err().kind(), Kind::RolledBack);
        let status = status::status(&world, &Scope::default()).await.unwrap();
        let versions = &status.models[0].versions;
        assert!(versions[0].test.endpoints.is_empty(), "version 2 does not serve");
        assert_eq!(versions[1].test.endpoints[0].status, "InService");
        assert!(versions[1].test.endpoints[0].failure.is_some(), "the rollback is seen");
        // What never served was never tested, and cannot be approved.
        let error = decide(&world, 2, Stage::Test, Status::Approved).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Denied);
        insta::assert_snapshot!(told(&error), @"
        arn:aws:sagemaker:eu-west-1:222222222222:model-package/clinical-diabetes-progression/2 was not tested yet
        hint: deploy it first: `aiops promote ... --to test` asks the endpoint and writes down the result
        ");
    });
}

#[test]
fn a_configuration_that_is_not_known_everywhere_yet_is_waited_for() {
    for (operation, versions) in [("CreateEndpoint", &[1][..]), ("UpdateEndpoint", &[1, 2])] {
        let play = Stageplay::new();
        block_on(async {
            let aws = play.aws("somebody").await;
            let world = play.world(&aws);
            play.sandbox.inject(aiops::sandbox::faults::Fault {
                service: None,
                operation: Some(operation.to_owned()),
                account: None,
                skip: 0,
                times: Some(3),
                when: When::Before,
                effect: Fault::Error {
                    status: 400,
                    code: "ValidationException".to_owned(),
                    message: "Could not find endpoint configuration \"x\".".to_owned(),
                },
            });
            for &number in versions {
                until_test(&world, number).await;
            }
        });
        let tried = play.sandbox.take_log().iter().filter(|call| call.operation == operation).count();
        assert_eq!(tried, 4, "{operation}");
    }
}

fn assert_never_came_up(error: &Error) {
    assert_eq!(error.kind(), Kind::Failed, "{}", told(error));
    assert_eq!(error.to_string(), format!("endpoint {ENDPOINT} is Failed"));
    assert!(error.hints()[0].contains("an endpoint that never came up is replaced"), "{}", told(error));
}

#[test]
fn an_endpoint_that_never_came_up_is_replaced() {
    let play = Stageplay::new();
    spoil(&play, 1);
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        until_central(&world, 1).await;
        let error = to_stage(&world, 1, Stage::Test).await.unwrap_err();
        assert_never_came_up(&error);
        assert!(told(&error).contains("Failed to extract model data archive"), "{}", told(&error));
        // The same once more is tried, and comes to the same end.
        assert_never_came_up(&to_stage(&world, 1, Stage::Test).await.unwrap_err());
        until_central(&world, 2).await;
        let deployed = to_stage(&world, 2, Stage::Test).await.unwrap();
        assert_eq!(deployed.deployment.unwrap().effect, Effect::Created);
        assert_eq!(serving(&world).await, [vec!["InService".to_owned()], vec![]]);
    });
}

#[test]
fn the_same_version_comes_up_once_the_cause_is_mended() {
    let play = Stageplay::new();
    let iam = |operation: &str, input| play.sandbox.administer(TEST, "eu-west-1", "iam", operation, input).unwrap();
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        until_central(&world, 1).await;
        // Model and configuration are made, and the command dies there.
        let creation = aiops::sandbox::faults::Fault {
            service: None,
            operation: Some("CreateEndpoint".to_owned()),
            account: None,
            skip: 0,
            times: None,
            when: When::Before,
            effect: Fault::Drop,
        };
        play.sandbox.inject(creation);
        to_stage(&world, 1, Stage::Test).await.unwrap_err();
        play.sandbox.clear_faults();
        // Then the role that the endpoint runs as loses its rights while the endpoint comes up.
        let place = play.landscape.tenant("clinical").unwrap().stage(Stage::Test);
        let role = place.execution_role();
        let role = role.rsplit('/').next().unwrap();
        let policies = iam("ListRolePolicies", json!({"RoleName": role}));
        let policy = policies["PolicyNames"][0].as_str().unwrap();
        let kept = iam("GetRolePolicy", json!({"RoleName": role, "PolicyName": policy}));
        iam("DeleteRolePolicy", json!({"RoleName": role, "PolicyName": policy}));
        let configs = play.administer(TEST, "ListEndpointConfigs", json!({}));
        let config = &configs["EndpointConfigs"][0]["EndpointConfigName"];
        let tags = json!([{"Key": "aiops:model", "Value": "diabetes-progression"}]);
        let input = json!({"EndpointName": ENDPOINT, "EndpointConfigName": config, "Tags": tags});
        play.administer(TEST, "CreateEndpoint", input);
        play.sandbox.advance(std::time::Duration::from_secs(600)).unwrap();
        let described = play.administer(TEST, "DescribeEndpoint", json!({"EndpointName": ENDPOINT}));
        assert_eq!(described["EndpointStatus"], "Failed");
        // IAM answers with the document percent-encoded.
        let document =
            percent_encoding::percent_decode_str(kept["PolicyDocument"].as_str().unwrap()).decode_utf8().unwrap();
        iam("PutRolePolicy", json!({"RoleName": role, "PolicyName": policy, "PolicyDocument": document}));
        let deployed = to_stage(&world, 1, Stage::Test).await.unwrap();
        assert_eq!(deployed.deployment.unwrap().effect, Effect::Created);
        assert_eq!(deployed.smoke_test.unwrap().status, TestStatus::Passed);
    });
}

#[test]
fn a_change_that_is_under_way_is_waited_for() {
    let play = Stageplay::new();
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        until_test(&world, 1).await;
        until_central(&world, 2).await;
        let started = start_in(&world, 2, Stage::Test).await.unwrap();
        assert_eq!((started.progress, started.smoke_test), (DeployProgress::Started, None));
        let second = started.deployment.unwrap();
        // While the second is on its way, somebody wants the first back.
        let first = to_stage(&world, 1, Stage::Test).await.unwrap().deployment.unwrap();
        assert_eq!((first.effect, first.previous_config.as_deref()), (Effect::Updated, Some(&*second.config)));
        assert_eq!(serving(&world).await, [vec![], vec!["InService".to_owned()]]);
        // Started, and then waited for by the same command again: it is there, and now it is tested.
        start_in(&world, 2, Stage::Test).await.unwrap();
        let again = to_stage(&world, 2, Stage::Test).await.unwrap();
        assert_eq!(again.deployment.unwrap().effect, Effect::Unchanged);
        assert_eq!(again.smoke_test.unwrap().status, TestStatus::Passed);
    });
}

#[test]
fn what_does_not_answer_cannot_be_approved() {
    let play = Stageplay::changed(&[("tenants:", "promotion: {smoke-test: {body: 'no, numbers'}}\ntenants:")]);
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        until_central(&world, 1).await;
        let deployed = to_stage(&world, 1, Stage::Test).await.unwrap();
        let test = deployed.smoke_test.unwrap();
        assert_eq!((test.status, test.answer), (TestStatus::Failed, None));
        let recorded = metadata_of(&play, 1);
        assert_eq!(recorded[metadata::TEST_STATUS], "Failed");
        let error = decide(&world, 1, Stage::Test, Status::Approved).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Denied);
        insta::assert_snapshot!(told(&error), @"
        the smoke test of arn:aws:sagemaker:eu-west-1:222222222222:model-package/clinical-diabetes-progression/1 is Failed
        hint: mend the cause, deploy again with `aiops promote ... --to test`, or reject the version
        ");
        // It may be rejected, and then it is nowhere to be deployed but in test.
        decide(&world, 1, Stage::Test, Status::Rejected).await.unwrap();
        let error = to_stage(&world, 1, Stage::Prod).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Denied);
        let deployed = to_stage(&world, 1, Stage::Test).await.unwrap();
        assert_eq!(deployed.lifecycle, Some(LifeCycle::new(Stage::Test, Status::Pending)));
    });
}
