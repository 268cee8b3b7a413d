//! The life of a version, and who may do what in it: through the product's own commands, with the policies that aiops
//! generates enforced by the sandbox's IAM.

use aiops::approve::{self, Effect};
use aiops::aws::error::AwsError;
use aiops::error::{Error, Kind};
use aiops::governance::{LifeCycle, Origin, Persona, Registry, Stage, Status, machine, metadata};
use aiops::promote::CopyEffect;
use aiops::registry::{self, find};
use aiops::status::{self, Scope};
use aiops::world::World;
use serde_json::{Value, json};

use super::stage::{MODEL, Stageplay, TENANT, block_on, decide, to_central, to_stage, version};

const CENTRAL: &str = "222222222222";
const GROUP: &str = "clinical-diabetes-progression";

fn central_arn(number: u32) -> String {
    format!("arn:aws:sagemaker:eu-west-1:{CENTRAL}:model-package/{GROUP}/{number}")
}

fn administer(play: &Stageplay, account: &str, operation: &str, input: Value) -> Value {
    play.sandbox.administer(account, "eu-west-1", "sagemaker", operation, input).unwrap()
}

/// Message, causes and hints, as a user would read them.
fn told(error: &Error) -> String {
    let causes = error.causes().map(|cause| format!("\n  caused by: {cause}"));
    let hints = error.hints().iter().map(|hint| format!("\nhint: {hint}"));
    format!("{error}{}", causes.chain(hints).collect::<String>())
}

async fn until_test(world: &World<'_>, number: u32) {
    decide(world, number, Stage::Dev, Status::Approved).await.unwrap();
    to_central(world, number).await.unwrap();
    to_stage(world, number, Stage::Test).await.unwrap();
}

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
        let version = administer(&play, CENTRAL, "DescribeModelPackage", json!({"ModelPackageName": central_arn(1)}));
        let properties = &version["CustomerMetadataProperties"];
        for (key, value) in [
            (metadata::SOURCE_ARN, "arn:aws:sagemaker:eu-west-1:333333333333:model-package/diabetes-progression/1"),
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
                    Registry::Dev => (
                        "333333333333",
                        "arn:aws:sagemaker:eu-west-1:333333333333:model-package/diabetes-progression/1".to_owned(),
                    ),
                };
                let put_back = || {
                    let input = json!({
                        "ModelPackageArn": arn,
                        "ModelLifeCycle": {"Stage": from.stage.as_str(), "StageStatus": from.status.as_str()},
                        "ModelApprovalStatus": from.approval().as_str(),
                    });
                    administer(&play, account, "UpdateModelPackage", input);
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
    for account in ["333333333333", "666666666666"] {
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
        administer(&play, CENTRAL, "UpdateModelPackage", swapped);
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

#[test]
fn an_update_that_does_not_come_up_is_told_as_rolled_back() {
    let play = Stageplay::new();
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        until_test(&world, 1).await;
        // The second version's archive in dev is none: it is copied as it is, and SageMaker cannot load it.
        let second = "arn:aws:sagemaker:eu-west-1:333333333333:model-package/diabetes-progression/2";
        let described = administer(&play, "333333333333", "DescribeModelPackage", json!({"ModelPackageName": second}));
        let uri = described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"].as_str().unwrap();
        let (bucket, key) = registry::artifacts::split(uri).unwrap();
        aiops::sandbox::s3::put_object(&play.sandbox, "333333333333", "eu-west-1", bucket, key, b"no archive").unwrap();
        decide(&world, 2, Stage::Dev, Status::Approved).await.unwrap();
        to_central(&world, 2).await.unwrap();
        let error = to_stage(&world, 2, Stage::Test).await.unwrap_err();
        assert_eq!(error.kind(), Kind::RolledBack, "{}", told(&error));
        assert!(told(&error).contains("went back to clinical-diabetes-progression-test-v1-"), "{}", told(&error));
        let status = status::status(&world, &Scope::default()).await.unwrap();
        let versions = &status.models[0].versions;
        assert!(versions[0].test.endpoints.is_empty(), "version 2 does not serve");
        assert_eq!(versions[1].test.endpoints[0].status, "InService");
        assert!(versions[1].test.endpoints[0].failure.is_some(), "the rollback is seen");
    });
}

#[test]
fn a_configuration_that_is_not_known_everywhere_yet_is_waited_for() {
    use aiops::sandbox::faults::{Effect as Fault, When};
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

#[test]
fn numbers_are_those_of_dev_in_every_registry() {
    let play = Stageplay::new();
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        for number in [2, 1] {
            decide(&world, number, Stage::Dev, Status::Approved).await.unwrap();
            let copied = to_central(&world, number).await.unwrap();
            assert_eq!(copied.effect, CopyEffect::Copied);
        }
        // In central the first copy is number 1, though it is dev's 2.
        let deployed = to_stage(&world, 2, Stage::Test).await.unwrap();
        assert_eq!((deployed.version, deployed.central_arn), (Some(2), central_arn(1)));
        // An ARN means that registry's own number.
        let reference = central_arn(2).parse().unwrap();
        let model = find::model(&world, &reference, None, Registry::Central, Persona::Engineer).await.unwrap();
        let session = world.session(world.landscape.central(), Persona::Engineer).await.unwrap();
        let found = find::version(&session, &model, Registry::Central, &reference).await.unwrap();
        assert_eq!((model.name.as_str(), found.number), (MODEL, 2));
        let status = status::status(&world, &Scope::default()).await.unwrap();
        let numbers: Vec<_> = status.models[0]
            .versions
            .iter()
            .map(|version| (version.version, version.central.as_ref().map(|central| central.number)))
            .collect();
        assert_eq!(numbers, [(Some(2), Some(1)), (Some(1), Some(2))]);
    });
}

#[test]
fn a_name_that_two_tenants_have_needs_the_tenant() {
    let play = Stageplay::new();
    administer(&play, "666666666666", "CreateModelPackageGroup", json!({"ModelPackageGroupName": MODEL}));
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        let error = find::model(&world, &version(1), None, Registry::Dev, Persona::Engineer).await.err().unwrap();
        insta::assert_snapshot!(told(&error), @"
        several tenants have a model diabetes-progression: clinical, insurance
        hint: say whose: --tenant clinical
        ");
        assert!(find::model(&world, &version(1), Some("insurance"), Registry::Dev, Persona::Engineer).await.is_ok());
        let misspelt = "diabetes-progresion".parse().unwrap();
        let error = find::model(&world, &misspelt, None, Registry::Dev, Persona::Engineer).await.err().unwrap();
        insta::assert_snapshot!(told(&error), @"
        there is no model diabetes-progresion in the dev registry
        hint: did you mean diabetes-progression?
        hint: `aiops status` lists every model; `--tenant` says where to look
        ");
    });
}

#[test]
fn accounts_that_cannot_be_asked_are_rows() {
    let play = Stageplay::new();
    let iam = |operation: &str, input| {
        play.sandbox.administer("555555555555", "eu-west-1", "iam", operation, input).unwrap();
    };
    iam("DeleteRolePolicy", json!({"RoleName": "aiops-engineer", "PolicyName": "aiops-prod-access"}));
    iam("DeleteRole", json!({"RoleName": "aiops-engineer"}));
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        let status = status::status(&world, &Scope::default()).await.unwrap();
        let row = &status.unreachable[0];
        assert_eq!((status.unreachable.len(), row.account.as_str(), row.stage), (1, "555555555555", Some(Stage::Prod)));
        assert!(row.reason.contains("sts:AssumeRole"), "{}", row.reason);
        assert!(row.hint.as_ref().unwrap().contains("trust policy"));
        assert_eq!(status.models[0].versions.len(), 2, "the others are told");
    });
}

#[test]
fn status_takes_as_many_calls_as_its_documentation_says() {
    let play = Stageplay::new();
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        until_test(&world, 1).await;
        play.sandbox.advance(std::time::Duration::from_secs(60)).unwrap();
        play.sandbox.take_log();
        let aws = play.aws("somebody").await;
        status::status(&play.world(&aws), &Scope::default()).await.unwrap();
        let log = play.sandbox.take_log();
        let of = |service: &str| log.iter().filter(|call| call.service == service).count();
        // Who am I, and a role in each of seven accounts.
        assert_eq!(of("sts"), 1 + 7);
        // Central: groups, versions, search. Two dev accounts: groups, and versions of one group. Four accounts with
        // endpoints: groups and endpoints each, and three calls for the one endpoint.
        assert_eq!(of("sagemaker"), 3 + (2 + 1) + 4 * 2 + 3);
    });
}

#[test]
fn faults_that_pass_are_not_noticed() {
    use aiops::sandbox::faults::{Effect as Fault, When};
    for (effect, times) in [(Fault::Throttle, 2), (Fault::Internal, 2), (Fault::Drop, 1), (Fault::Delay(20), 1)] {
        for call in (0..30).step_by(3) {
            let play = Stageplay::new();
            block_on(async {
                let aws = play.aws("somebody").await;
                let world = play.world(&aws);
                decide(&world, 1, Stage::Dev, Status::Approved).await.unwrap();
                play.sandbox.inject(aiops::sandbox::faults::Fault {
                    service: None,
                    operation: None,
                    account: None,
                    skip: call,
                    times: Some(times),
                    when: When::Before,
                    effect: effect.clone(),
                });
                let copied = to_central(&world, 1).await;
                assert!(copied.is_ok(), "{effect:?} at call {call}: {}", told(&copied.unwrap_err()));
            });
        }
    }
}
