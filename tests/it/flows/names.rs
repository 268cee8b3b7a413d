//! Which model and which version a person means, in whatever way they say it.

use aiops::approve;
use aiops::commands::demo::models::FIRST;
use aiops::governance::{LifeCycle, Persona, Registry, Stage, Status, metadata};
use aiops::model_ref::ModelRef;
use aiops::promote::{self, CopyEffect};
use aiops::registry::{self, find};
use aiops::status::{self, Scope};
use serde_json::{Value, json};

use super::stage::{
    CENTRAL, DEV, GROUP, MODEL, Stageplay, block_on, central_arn, decide, dev_arn, to_central, to_stage, told, version,
};

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

#[test]
fn long_names_are_shortened_in_central_and_still_found() {
    let model = "a-model-whose-name-is-as-long-as-sagemaker-lets-a-name-be-really";
    let model = &model[..60];
    let play = Stageplay::new();
    play.register(model, &[&FIRST]);
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        let reference: ModelRef = format!("{model}:1").parse().unwrap();
        let to = LifeCycle::new(Stage::Dev, Status::Approved);
        approve::decide(&world, &reference, None, to, "because").await.unwrap();
        let found = find::model(&world, &reference, None, Registry::Dev, Persona::Engineer).await.unwrap();
        let dev = world.session(found.tenant.stage(Stage::Dev), Persona::Engineer).await.unwrap();
        let version = find::version(&dev, &found, Registry::Dev, &reference).await.unwrap();
        let copied = promote::to_central(&world, &found, &version, &dev).await.unwrap();
        let arn = copied.central_arn.unwrap();
        let (group, _) = registry::group_and_number(&arn).unwrap();
        assert_eq!((group.len(), group.starts_with("clinical-a-model-whose")), (63, true));
        // By name, and by the ARN in which only the shortened name stands.
        for text in [model.to_owned(), format!("{model}:1"), arn.clone()] {
            let reference: ModelRef = text.parse().unwrap();
            let found = find::model(&world, &reference, None, Registry::Central, Persona::Engineer).await;
            let found = found.unwrap_or_else(|error| panic!("{text}: {}", told(&error)));
            let central = world.session(world.landscape.central(), Persona::Engineer).await.unwrap();
            assert_eq!(find::version(&central, &found, Registry::Central, &reference).await.unwrap().arn, arn);
            assert_eq!(found.central_group(), group, "{text}");
        }
        let status = status::status(&world, &Scope::default()).await.unwrap();
        let told = status.models.iter().find(|known| known.model == model).unwrap();
        assert_eq!(told.versions[0].central.as_ref().unwrap().arn, arn, "joined with its dev version");
        assert_eq!(status.models.len(), 2, "and not shown a second time under the shortened name");
    });
}

#[test]
fn a_version_of_dev_is_meant_by_its_arn_too() {
    let play = Stageplay::new();
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        let to = LifeCycle::new(Stage::Dev, Status::Approved);
        let decided = approve::decide(&world, &dev_arn(1).parse().unwrap(), None, to, "because").await.unwrap();
        assert_eq!((decided.version, decided.arn), (Some(1), dev_arn(1)));
        to_central(&world, 2).await.unwrap_err();
        to_central(&world, 1).await.unwrap();
        // In central, the ARN of dev means the copy of that version.
        let reference = dev_arn(1).parse().unwrap();
        let model = find::model(&world, &reference, None, Registry::Central, Persona::Engineer).await.unwrap();
        let central = world.session(world.landscape.central(), Persona::Engineer).await.unwrap();
        let found = find::version(&central, &model, Registry::Central, &reference).await.unwrap();
        assert_eq!(found.arn, central_arn(1));
        // The ARN of another account is nobody's.
        let stranger = dev_arn(1).replace(DEV, "999999999999").parse().unwrap();
        let error = find::model(&world, &stranger, None, Registry::Dev, Persona::Engineer).await.err().unwrap();
        insta::assert_snapshot!(told(&error), @"
        no model of the dev registry is arn:aws:sagemaker:eu-west-1:999999999999:model-package/diabetes-progression/1
        hint: account and Region of the ARN must be those of the central or of a dev registry in aiops.yaml; `aiops status --output json` has the ARN of every version
        ");
        let dev = world.session(model.tenant.stage(Stage::Dev), Persona::Engineer).await.unwrap();
        // The central registry counts for itself: its numbers are not dev's.
        let reference = central_arn(1).parse().unwrap();
        let error = find::version(&dev, &model, Registry::Dev, &reference).await.unwrap_err();
        insta::assert_snapshot!(told(&error), @"
        arn:aws:sagemaker:eu-west-1:222222222222:model-package/clinical-diabetes-progression/1 is the central registry's number 1, not dev's
        hint: name the version by its number in dev, such as diabetes-progression:1: `aiops status` shows it
        ");
        let nobody = version(7);
        let error = find::version(&dev, &model, Registry::Dev, &nobody).await.unwrap_err();
        insta::assert_snapshot!(told(&error), @"
        there is no version 7 of clinical/diabetes-progression in the dev registry
        hint: the newest there is 2
        ");
    });
}

#[test]
fn hundreds_of_versions_are_read_page_by_page() {
    const MANY: u32 = 230;
    let play = Stageplay::new();
    let specification = json!({
        "Containers": [{"Image": "1.dkr.ecr.eu-west-1.amazonaws.com/m:1", "ModelDataUrl": "s3://somewhere/model.tar.gz"}],
        "SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"],
    });
    let crowd = |account: &str, group: &str, metadata: &dyn Fn(u32) -> Value| {
        for number in 1..=MANY {
            let input = json!({
                "ModelPackageGroupName": group,
                "InferenceSpecification": specification,
                "CustomerMetadataProperties": metadata(number),
            });
            play.administer(account, "CreateModelPackage", input);
        }
    };
    crowd(DEV, MODEL, &|number| json!({"run": number.to_string()}));
    play.administer(CENTRAL, "CreateModelPackageGroup", json!({"ModelPackageGroupName": GROUP}));
    // Copies came in the other order.
    crowd(CENTRAL, GROUP, &|number| json!({metadata::SOURCE_VERSION: (MANY + 1 - number).to_string()}));
    play.sandbox.advance(std::time::Duration::from_secs(60)).unwrap();
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        let model = find::model(&world, &version(1), None, Registry::Dev, Persona::Engineer).await.unwrap();
        let dev = world.session(model.tenant.stage(Stage::Dev), Persona::Engineer).await.unwrap();
        let central = world.session(world.landscape.central(), Persona::Engineer).await.unwrap();
        // The example's two versions came first.
        for (reference, number) in [(version(1), 1), (version(150), 150), (MODEL.parse().unwrap(), MANY + 2)] {
            assert_eq!(find::version(&dev, &model, Registry::Dev, &reference).await.unwrap().number, number);
        }
        play.sandbox.take_log();
        assert_eq!(find::version(&central, &model, Registry::Central, &version(3)).await.unwrap().number, MANY - 2);
        let calls: Vec<String> = play.sandbox.take_log().into_iter().map(|call| call.operation).collect();
        assert_eq!(calls, [vec!["ListModelPackages"; 3], vec!["Search"; 3]].concat());
        let status = status::status(&world, &Scope { latest: Some(2), ..Scope::default() }).await.unwrap();
        let numbers: Vec<_> = status.models[0].versions.iter().map(|version| version.version).collect();
        assert_eq!(numbers, [Some(MANY + 2), Some(MANY + 1)]);
        let all = status::status(&world, &Scope::default()).await.unwrap();
        assert_eq!(all.models[0].versions.len(), MANY as usize + 2);
    });
}

#[test]
fn what_other_tools_registered_is_shown_and_led_on_or_refused() {
    let play = Stageplay::new();
    let set = |arn: &str, stage: &str, status: &str| {
        let input = json!({"ModelPackageArn": arn, "ModelLifeCycle": {"Stage": stage, "StageStatus": status}});
        play.administer(DEV, "UpdateModelPackage", input);
    };
    set(&dev_arn(1), "QA", "OnHold");
    let described = play.administer(DEV, "DescribeModelPackage", json!({"ModelPackageName": dev_arn(2)}));
    let input = json!({
        "ModelPackageGroupName": MODEL, "InferenceSpecification": described["InferenceSpecification"],
        "SamplePayloadUrl": described["SamplePayloadUrl"],
    });
    play.administer(DEV, "CreateModelPackage", input);
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        let status = status::status(&world, &Scope::default()).await.unwrap();
        let shown: Vec<String> = status.models[0]
            .versions
            .iter()
            .map(|version| version.dev.as_ref().unwrap().lifecycle.to_string())
            .collect();
        assert_eq!(shown, ["no lifecycle", "Dev/Pending", "QA/OnHold"]);
        let error = decide(&world, 1, Stage::Dev, Status::Approved).await.unwrap_err();
        insta::assert_snapshot!(told(&error), @r#"
        clinical/diabetes-progression:1 cannot become Dev/Approved
          caused by: the version is in stage "QA" with status "OnHold", which aiops does not know
        hint: another tool set this lifecycle; if none depends on it, set one that aiops knows with rights that no persona has, such as Dev/Pending in dev
        "#);
        let error = to_central(&world, 1).await.unwrap_err();
        insta::assert_snapshot!(told(&error), @r#"
        clinical/diabetes-progression:1 cannot go to central
          caused by: the version is in stage "QA" with status "OnHold", which aiops does not know
        hint: another tool set this lifecycle; if none depends on it, set one that aiops knows with rights that no persona has, such as Dev/Pending in dev
        "#);
        let error = to_central(&world, 3).await.unwrap_err();
        insta::assert_snapshot!(told(&error), @"
        clinical/diabetes-progression:3 cannot go to central
          caused by: a version without a lifecycle may not leave dev
        hint: it is waiting for the data scientist or CI job: submit what another tool registered
        hint: it may be from Dev/Approved on, unless it was rejected
        ");
        // Without a lifecycle it is submitted first, and then goes the way of all versions.
        decide(&world, 3, Stage::Dev, Status::Pending).await.unwrap();
        decide(&world, 3, Stage::Dev, Status::Approved).await.unwrap();
        to_central(&world, 3).await.unwrap();
        to_stage(&world, 3, Stage::Test).await.unwrap();
    });
}
