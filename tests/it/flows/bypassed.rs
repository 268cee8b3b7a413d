//! Past the commands: whoever calls AWS directly, or takes a role that is not theirs, meets the same rules.

use aiops::aws::error::{AwsError, Class};
use aiops::error::Kind;
use aiops::governance::{Persona, Stage, Status};
use aiops::world::World;
use aws_sdk_sagemaker::types::{ModelApprovalStatus, ModelLifeCycle};
use serde_json::json;

use super::stage::{
    CENTRAL, DEV, Stageplay, TENANT, block_on, central_arn, decide, dev_arn, to_central, to_stage, told, until_central,
    until_test,
};

/// Asks SageMaker itself to put a version somewhere; the class of the refusal, if it refuses.
async fn put(world: &World<'_>, arn: &str, persona: Persona, stage: &str, status: &str) -> Option<Class> {
    let place = if arn.contains(DEV) {
        world.landscape.tenant(TENANT).unwrap().stage(Stage::Dev)
    } else {
        world.landscape.central()
    };
    let session = world.session_as(place, persona).await.unwrap();
    let sent = session
        .sagemaker()
        .update_model_package()
        .model_package_arn(arn)
        .model_approval_status(ModelApprovalStatus::Approved)
        .model_life_cycle(ModelLifeCycle::builder().stage(stage).stage_status(status).build())
        .send()
        .await;
    sent.err().map(|error| AwsError::from(error).class())
}

#[test]
fn a_data_scientist_sets_nothing_in_central() {
    let play = Stageplay::new();
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        until_test(&world, 1).await;
        for stage in Stage::ALL {
            for status in Status::ALL {
                for persona in [Persona::DataScientist, Persona::Lead] {
                    let answer = put(&world, &central_arn(1), persona, stage.as_str(), status.as_str()).await;
                    assert_eq!(answer, Some(Class::Denied), "{} set {stage}/{status}", persona.title());
                }
            }
        }
        // Nor does any persona leave the table of moves: spelt differently, or past a decision.
        for persona in Persona::ALL {
            for (stage, status) in [("test", "Approved"), ("Prod", "Pending"), ("Prod", "Approved"), ("QA", "OnHold")] {
                let answer = put(&world, &central_arn(1), persona, stage, status).await;
                assert_eq!(answer, Some(Class::Denied), "{} set {stage}/{status}", persona.title());
            }
            if persona != Persona::Lead {
                let answer = put(&world, &dev_arn(2), persona, "Dev", "Approved").await;
                assert_eq!(answer, Some(Class::Denied), "{} approved in dev", persona.title());
            }
        }
        let there = play.administer(CENTRAL, "DescribeModelPackage", json!({"ModelPackageName": central_arn(1)}));
        assert_eq!(
            (&there["ModelLifeCycle"]["Stage"], &there["ModelLifeCycle"]["StageStatus"]),
            (&"Test".into(), &"Pending".into())
        );
    });
}

#[test]
fn only_engineers_and_ci_promote() {
    let approved = Stageplay::new();
    block_on(async {
        let aws = approved.aws("lead").await;
        decide(&approved.world(&aws), 1, Stage::Dev, Status::Approved).await.unwrap();
    });
    let copied = approved.copy();
    block_on(async {
        let aws = copied.aws("engineer").await;
        to_central(&copied.world(&aws), 1).await.unwrap();
    });
    for persona in Persona::ALL {
        let may = matches!(persona, Persona::Engineer | Persona::Ci);
        for (prepared, stage) in [(&approved, None), (&copied, Some(Stage::Test))] {
            let play = prepared.copy();
            block_on(async {
                let aws = play.aws("somebody").await;
                let world = World { acting_as: Some(persona), ..play.world(&aws) };
                let outcome = match stage {
                    None => to_central(&world, 1).await.map(drop),
                    Some(stage) => to_stage(&world, 1, stage).await.map(drop),
                };
                match outcome {
                    Ok(()) => assert!(may, "{} promoted to {stage:?}", persona.title()),
                    Err(error) => {
                        assert!(!may, "{} to {stage:?}: {}", persona.title(), told(&error));
                        assert_eq!(error.kind(), Kind::Denied);
                        assert!(AwsError::refused(&error), "{}", told(&error));
                        assert!(told(&error).contains("this is for the AI engineer or the CI job"), "{}", told(&error));
                    }
                }
            });
        }
    }
}

#[test]
fn a_dev_version_that_changed_after_its_copy_is_no_longer_what_was_copied() {
    let play = Stageplay::new();
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        until_central(&world, 1).await;
        let dev = play.administer(DEV, "DescribeModelPackage", json!({"ModelPackageName": dev_arn(1)}));
        let uri = dev["InferenceSpecification"]["Containers"][0]["ModelDataUrl"].as_str().unwrap();
        let (bucket, key) = aiops::registry::artifacts::split(uri).unwrap();
        aiops::sandbox::s3::put_object(&play.sandbox, DEV, "eu-west-1", bucket, key, b"another model").unwrap();
        let error = to_central(&world, 1).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Denied);
        assert!(told(&error).contains("changed after they were copied"), "{}", told(&error));
        assert!(told(&error).contains("was copied with content digest"), "{}", told(&error));
        // What is in central is what it was, and goes on.
        to_stage(&world, 1, Stage::Test).await.unwrap();
    });
}
