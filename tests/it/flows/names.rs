//! Which model and which version a person means, in whatever way they say it.

use aiops::governance::{Persona, Registry, Stage, Status};
use aiops::promote::CopyEffect;
use aiops::registry::find;
use aiops::status::{self, Scope};
use serde_json::json;

use super::stage::{MODEL, Stageplay, block_on, central_arn, decide, to_central, to_stage, told, version};

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
    play.administer("666666666666", "CreateModelPackageGroup", json!({"ModelPackageGroupName": MODEL}));
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
