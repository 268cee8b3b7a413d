//! The life of a version, and who may do what in it: through the product's own commands, with the policies that aiops
//! generates enforced by the sandbox's IAM.

use aiops::approve::{self, Effect};
use aiops::aws::error::AwsError;
use aiops::error::Kind;
use aiops::governance::{LifeCycle, Origin, Persona, Registry, Stage, Status, machine, metadata};
use aiops::registry;
use aiops::world::World;
use serde_json::{Value, json};

use super::stage::{
    CENTRAL, DEV, MODEL, Stageplay, TENANT, block_on, central_arn, decide, dev_arn, to_central, to_stage, told,
    until_test, version,
};

#[test]
fn a_version_goes_from_dev_to_prod() {
    let play = Stageplay::new();
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        until_test(&world, 1).await;
        let decided = decide(&world, 1, Stage::Test, Status::Approved).await.unwrap();
        assert_eq!((decided.effect, decided.by.as_deref()), (Effect::Decided, Some("somebody")));
        let again = decide(&world, 1, Stage::Test, Status::Approved).await.unwrap();
        assert_eq!(again.effect, Effect::AlreadySo);
        let deployed = to_stage(&world, 1, Stage::Prod).await.unwrap();
        assert_eq!(deployed.lifecycle, Some(LifeCycle::new(Stage::Prod, Status::Pending)));
        // The answers of the endpoint are the model's own.
        let answer = deployed.smoke_test.unwrap().answer.unwrap();
        let predicted: Vec<f64> = answer.split_whitespace().map(|number| number.parse().unwrap()).collect();
        let expected: Value =
            serde_json::from_str(include_str!("../../../examples/models/diabetes-progression/v1/requests.json"))
                .unwrap();
        for (predicted, row) in predicted.iter().zip(expected["rows"].as_array().unwrap()) {
            assert!((predicted - row["prediction"].as_f64().unwrap()).abs() < 1e-9);
        }
        let version = play.administer(CENTRAL, "DescribeModelPackage", json!({"ModelPackageName": central_arn(1)}));
        let properties = &version["CustomerMetadataProperties"];
        for (key, value) in [
            (metadata::SOURCE_ARN, dev_arn(1).as_str()),
            (metadata::SOURCE_VERSION, "1"),
            (metadata::TENANT, TENANT),
            (metadata::MODEL, MODEL),
            (metadata::REGISTERED_BY, "training-pipeline"),
            (metadata::PROMOTED_BY, "somebody"),
            (metadata::TEST_STATUS, "Passed"),
            (metadata::decided_by(Stage::Test), "somebody"),
        ] {
            assert_eq!(properties[key], value, "{key}");
        }
        let text = version.to_string();
        assert!(!text.contains("s3://aiops-clinical-"), "an address of the dev bucket is left: {text}");
    });
}

#[test]
fn every_move_is_its_personas_alone() {
    // Every state from which something moves, in both registries, and every persona that tries to move it on.
    for registry in [Registry::Dev, Registry::Central] {
        let moves: Vec<_> = machine::MOVES
            .iter()
            .filter(|step| step.registry == registry && matches!(step.from, Origin::At(_)))
            .collect();
        let play = Stageplay::new();
        block_on(async {
            let aws = play.aws("somebody").await;
            until_test(&play.world(&aws), 1).await;
            for step in moves {
                let Origin::At(from) = step.from else { unreachable!() };
                let (account, arn) = match registry {
                    Registry::Central => (CENTRAL, central_arn(1)),
                    Registry::Dev => (DEV, dev_arn(1)),
                };
                let put_back = || {
                    let input = json!({
                        "ModelPackageArn": arn,
                        "ModelLifeCycle": {"Stage": from.stage.as_str(), "StageStatus": from.status.as_str()},
                        "ModelApprovalStatus": from.approval().as_str(),
                    });
                    play.administer(account, "UpdateModelPackage", input);
                };
                for persona in Persona::ALL {
                    put_back();
                    let world = World { acting_as: Some(persona), ..play.world(&aws) };
                    let outcome =
                        approve::decide(&world, &version(1), Some(TENANT), step.to, "because").await.map(|_| ());
                    let by = step.by.contains(&persona);
                    match outcome {
                        Ok(()) => assert!(by, "{} moved {from} to {}", persona.title(), step.to),
                        Err(error) => {
                            assert!(!by, "{} may move {from} to {}: {}", persona.title(), step.to, told(&error));
                            assert_eq!(error.kind(), Kind::Denied);
                            assert!(AwsError::refused(&error), "AWS itself has to refuse: {}", told(&error));
                        }
                    }
                }
            }
        });
    }
}

#[test]
fn nobody_needs_another_persona_than_the_one_that_acts() {
    let play = Stageplay::new();
    // The engineer's role is out of reach in dev: a lead decides there all the same.
    let trust = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "sts:AssumeRole"}]});
    let input = json!({"RoleName": "aiops-engineer", "PolicyDocument": trust.to_string()});
    for account in [DEV, "666666666666"] {
        play.sandbox.administer(account, "eu-west-1", "iam", "UpdateAssumeRolePolicy", input.clone()).unwrap();
    }
    block_on(async {
        let aws = play.aws("lead").await;
        let world = play.world(&aws);
        let decided = decide(&world, 1, Stage::Dev, Status::Approved).await.unwrap();
        assert_eq!(decided.effect, Effect::Decided);
        // Who is not an engineer is told how to say so.
        let error = to_central(&world, 1).await.unwrap_err();
        assert!(told(&error).contains("hint: if you act as another persona, say so"), "{}", told(&error));
    });
}

#[test]
fn whoever_registered_a_version_cannot_approve_it() {
    let play = Stageplay::new();
    block_on(async {
        let aws = play.aws("somebody").await;
        until_test(&play.world(&aws), 1).await;
        // The same name in another spelling is the same person, for aiops and for IAM.
        let aws = play.aws("Training-Pipeline").await;
        let mut world = play.world(&aws);
        let error = decide(&world, 1, Stage::Test, Status::Approved).await.unwrap_err();
        insta::assert_snapshot!(told(&error), @"
        training-pipeline registered this version and cannot approve it
        hint: somebody else has to look at it: approvals need four eyes
        ");
        let mut config = play.config.clone();
        config.gates.four_eyes = false;
        world.config = &config;
        let error = decide(&world, 1, Stage::Test, Status::Approved).await.unwrap_err();
        assert!(AwsError::refused(&error), "IAM asks for four eyes whatever aiops checks: {}", told(&error));
    });
}

#[test]
fn what_changed_after_its_approval_is_not_deployed() {
    let play = Stageplay::new();
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        until_test(&world, 1).await;
        let swapped = json!({
            "ModelPackageArn": central_arn(1),
            "InferenceSpecification": {"Containers": [{
                "Image": "1.dkr.ecr.eu-west-1.amazonaws.com/other:1", "ModelDataUrl": "s3://elsewhere/model.tar.gz"}]},
        });
        play.administer(CENTRAL, "UpdateModelPackage", swapped);
        for error in [
            decide(&world, 1, Stage::Test, Status::Approved).await.unwrap_err(),
            to_stage(&world, 1, Stage::Test).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), Kind::Denied);
            assert!(told(&error).contains("the inference specification of"), "{}", told(&error));
            assert!(told(&error).contains("was recorded"), "{}", told(&error));
        }
    });
    let play = Stageplay::new();
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        until_test(&world, 1).await;
        let copied = to_central(&world, 1).await.unwrap();
        let (bucket, prefix) = registry::artifacts::split(&copied.artifacts).unwrap();
        let key = format!("{prefix}1/model.tar.gz");
        aiops::sandbox::s3::put_object(&play.sandbox, CENTRAL, "eu-west-1", bucket, &key, b"another model").unwrap();
        let error = to_stage(&world, 1, Stage::Test).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Denied, "{}", told(&error));
        assert!(told(&error).contains("is not what was recorded"), "{}", told(&error));
    });
}
