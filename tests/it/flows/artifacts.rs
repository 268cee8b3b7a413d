//! Artifacts on their way: from another Region, in parts, and what is left when a copy breaks off.

use aiops::aws::Session;
use aiops::error::{Kind, Result};
use aiops::governance::{Digest, Persona, Stage, Status, digest};
use aiops::promote::CopyEffect;
use aiops::registry::artifacts::{self, Bucket, Pace};
use aiops::registry::record::Address;
use aiops::sandbox::faults::{Effect, When};
use aiops::sandbox::s3;

use super::stage::{
    CENTRAL, DEV, Stageplay, TENANT, block_on, decide, every_call, to_central, to_stage, told, until_central,
};

#[test]
fn artifacts_come_from_another_region() {
    let play =
        Stageplay::changed(&[("dev: {account: '333333333333'}", "dev: {account: '333333333333', region: us-east-1}")]);
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        let copied = until_central(&world, 1).await;
        assert_eq!((copied.effect, copied.objects), (CopyEffect::Copied, 3));
        assert_eq!(to_central(&world, 1).await.unwrap().effect, CopyEffect::AlreadyThere);
        let deployed = to_stage(&world, 1, Stage::Test).await.unwrap();
        assert!(deployed.smoke_test.unwrap().failure.is_none());
    });
}

#[test]
fn a_bucket_in_yet_another_region_is_told_as_such() {
    let play = Stageplay::new();
    s3::create_bucket(&play.sandbox, DEV, "us-east-1", "elsewhere-in-dev", None).unwrap();
    s3::put_object(&play.sandbox, DEV, "us-east-1", "elsewhere-in-dev", "model.tar.gz", b"model").unwrap();
    let input = serde_json::json!({
        "ModelPackageGroupName": "diabetes-progression",
        "InferenceSpecification": {"Containers": [{
            "Image": "1.dkr.ecr.eu-west-1.amazonaws.com/m:1", "ModelDataUrl": "s3://elsewhere-in-dev/model.tar.gz"}]},
        "ModelLifeCycle": {"Stage": "Dev", "StageStatus": "Pending"},
    });
    play.administer(DEV, "CreateModelPackage", input);
    block_on(async {
        let aws = play.aws("somebody").await;
        let world = play.world(&aws);
        decide(&world, 3, Stage::Dev, Status::Approved).await.unwrap();
        let error = to_central(&world, 3).await.unwrap_err();
        insta::assert_snapshot!(told(&error), @"
        cannot read s3://elsewhere-in-dev/model.tar.gz
          caused by: the AWS call failed
          caused by: PermanentRedirect: no further explanation
        hint: the bucket is in another Region than the dev account: say so in aiops.yaml
        ");
    });
}

/// An object of two parts and a bit; parts are as small as S3 allows, so that what holds beyond 5 GB can be tried.
const SIZE: usize = 11 << 20;
const PACE: Pace = Pace { objects: 4, largest_whole: 6 << 20, smallest_part: 5 << 20 };
const KEY: &str = "large/model.tar.gz";

fn large(content: &[u8]) -> Stageplay {
    let play = Stageplay::new();
    let bucket = play.landscape.tenant(TENANT).unwrap().dev_bucket().to_owned();
    s3::put_object(&play.sandbox, DEV, "eu-west-1", &bucket, KEY, content).unwrap();
    play
}

async fn central(play: &Stageplay) -> Result<Session> {
    let aws = play.aws("engineer").await;
    play.world(&aws).session(play.landscape.central(), Persona::Engineer).await
}

/// Looks at the large object, as a promotion does.
async fn inspect(play: &Stageplay) -> Vec<artifacts::Object> {
    let source = play.landscape.tenant(TENANT).unwrap().dev_bucket();
    let address = Address { uri: format!("s3://{source}/{KEY}"), prefix: false };
    artifacts::inspect(&central(play).await.unwrap().s3(), &[address], Some(DEV), 1).await.unwrap()
}

/// Copies it.
async fn copy(play: &Stageplay, objects: &[artifacts::Object], pace: Pace) -> Result<()> {
    let s3 = central(play).await?.s3();
    artifacts::copy(&s3, objects, &target(play), "models/large/", Some(DEV), pace, &|_| {}).await
}

fn target(play: &Stageplay) -> Bucket {
    Bucket { name: play.landscape.central_bucket().to_owned(), owner: Some(CENTRAL.to_owned()) }
}

/// How many uploads to the central bucket are under way.
async fn uploads(play: &Stageplay) -> usize {
    let listed =
        central(play).await.unwrap().s3().list_multipart_uploads().bucket(target(play).name).send().await.unwrap();
    listed.uploads().len()
}

#[test]
fn large_objects_are_copied_in_parts() {
    let content: Vec<u8> = (0..SIZE).map(|index| (index % 251) as u8).collect();
    let play = large(&content);
    block_on(async {
        let objects = inspect(&play).await;
        copy(&play, &objects, PACE).await.unwrap();
        let object = objects[0].clone();
        let log = play.sandbox.take_log();
        let parts = log.iter().filter(|call| call.operation == "UploadPartCopy").count();
        assert_eq!(parts, 3);
        assert_eq!(object.digest.sha256, Digest::of(&content));
        let session = central(&play).await.unwrap();
        let (bucket, key) = (target(&play).name, format!("models/large/{}", object.digest.relative_key));
        let arrived = session.s3().get_object().bucket(bucket).key(key).send().await.unwrap();
        assert_eq!(arrived.body.collect().await.unwrap().to_vec(), content);
        // The manifest binds it, and a check reads no object again.
        artifacts::write_manifest(&session.s3(), std::slice::from_ref(&object), &target(&play), "models/large/")
            .await
            .unwrap();
        let recorded = digest::content_sha256(&[object.digest]).to_string();
        play.sandbox.take_log();
        artifacts::verify(&session.s3(), &target(&play), "models/large/", &recorded, 1).await.unwrap();
        let operations: Vec<String> = play.sandbox.take_log().into_iter().map(|call| call.operation).collect();
        assert_eq!(operations, ["GetObject", "HeadObject"]);
    });
}

#[test]
fn a_copy_in_parts_that_breaks_off_leaves_nothing_behind() {
    let prepared = Stageplay::new();
    let bucket = prepared.landscape.tenant(TENANT).unwrap().dev_bucket().to_owned();
    s3::put_sparse(&prepared.sandbox, DEV, "eu-west-1", &bucket, KEY, SIZE as u64).unwrap();
    let objects = block_on(inspect(&prepared));
    for (when, effect) in [(When::Before, Effect::Drop), (When::After, Effect::Internal)] {
        every_call(|call| {
            let play = prepared.copy();
            play.strike(call, None, when, effect.clone());
            let outcome = block_on(copy(&play, &objects, PACE));
            let reached = play.sandbox.calls() > call;
            assert_eq!(outcome.is_err(), reached, "{effect:?} {when:?} call {call}");
            play.sandbox.clear_faults();
            let play = play.started_again();
            if let Err(error) = block_on(copy(&play, &objects, PACE)) {
                panic!("{effect:?} {when:?} call {call}, and the second run fails: {}", told(&error));
            }
            assert_eq!(block_on(uploads(&play)), 0, "{effect:?} {when:?} call {call}");
            reached
        });
    }
}

#[test]
fn a_source_that_changes_under_a_copy_is_noticed() {
    let play = large(&vec![7; SIZE]);
    let objects = block_on(inspect(&play));
    let source = play.landscape.tenant(TENANT).unwrap().dev_bucket();
    s3::put_object(&play.sandbox, DEV, "eu-west-1", source, KEY, &vec![8; SIZE]).unwrap();
    for pace in [PACE, Pace::new(1)] {
        let error = block_on(copy(&play, &objects, pace)).unwrap_err();
        insta::allow_duplicates! { insta::assert_snapshot!(told(&error), @"
        cannot copy s3://aiops-clinical-333333333333-eu-west-1/large/model.tar.gz
          caused by: the AWS call failed
          caused by: PreconditionFailed: At least one of the pre-conditions you specified did not hold
        hint: the artifact was replaced while it was copied: register what is there now as a version of its own, and promote that
        "); }
        assert_eq!(error.kind(), Kind::Failed);
        assert_eq!(block_on(uploads(&play)), 0);
    }
}
