//! From dev to central: artifacts and record, bound by digests.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use super::{Copied, CopyEffect, group};
use crate::aws::Session;
use crate::aws::error::AwsError;
use crate::clock::to_second;
use crate::error::{Error, Result};
use crate::governance::policy;
use crate::governance::{
    Digest, MetadataValue, ObjectDigest, Registry, Stage, digest, machine, metadata, source_identity,
};
use crate::registry::artifacts::{self, Bucket, Object, Pace};
use crate::registry::find::Model;
use crate::registry::record::{self, Address};
use crate::registry::{self, Details, Version};
use crate::world::World;

/// How many properties a model package can have.
const MOST_PROPERTIES: usize = 50;

/// A dev version, looked at and hashed: everything that follows from it, and nothing done yet.
struct Source {
    details: Details,
    objects: Vec<Object>,
    addresses: Vec<Address>,
    carried: Map<String, Value>,
    content: Digest,
    /// Names the copy: the same source gives the same copy.
    identity: Digest,
}

/// Copies a version of `model` that dev approved to the central registry.
pub async fn to_central(world: &World<'_>, model: &Model<'_>, version: &Version, dev: &Session) -> Result<Copied> {
    let source = registry::describe(dev, &version.arn).await?;
    machine::may_deploy(Stage::Dev, &source.version.lifecycle).map_err(|refusal| {
        Error::from(refusal).context(format!("{}:{} cannot go to central", model.title(), version.number))
    })?;
    let place = world.landscape.central();
    let persona = machine::creation(Registry::Central).by;
    let central = world.session(place, persona[0]).await?;
    let source =
        inspect(world, model, source, &central).await.map_err(|error| world.explain_refusal(error, persona))?;
    let bucket = Bucket { name: world.landscape.central_bucket().to_string(), owner: Some(place.account.to_string()) };
    let prefix = format!("{}{}/{}/", policy::ARTIFACTS, model.central_group(), source.identity);
    let copied = |central_arn: Option<String>, effect| Copied {
        tenant: model.tenant.name.to_string(),
        model: model.name.clone(),
        version: version.number,
        source_arn: version.arn.clone(),
        central_arn,
        artifacts: format!("s3://{}/{prefix}", bucket.name),
        objects: source.objects.len(),
        bytes: source.objects.iter().map(|object| object.digest.size).sum(),
        content_sha256: source.content.to_string(),
        effect,
    };
    if let Some(existing) = existing_copy(&central, model, &version.arn).await? {
        let recorded = existing.1.get(metadata::CONTENT_SHA256).map(String::as_str).unwrap_or_default();
        same_content(&source, &existing.0, recorded)?;
        artifacts::verify(&central.s3(), &bucket, &prefix, recorded, world.config.promotion.copy_concurrency).await?;
        return Ok(copied(Some(existing.0.arn), CopyEffect::AlreadyThere));
    }
    if world.dry_run {
        return Ok(copied(None, CopyEffect::WouldCopy));
    }
    group::open(world, &central, model).await?;
    copy_artifacts(world, &central, &source, &bucket, &prefix)
        .await
        .map_err(|error| world.explain_refusal(error, persona))?;
    let arn = create(world, &central, model, &source, &bucket, &prefix)
        .await
        .map_err(|error| world.explain_refusal(error, persona))?;
    Ok(copied(Some(arn), CopyEffect::Copied))
}

/// Reads and hashes the artifacts, with the central role: whoever can copy can read.
async fn inspect(world: &World<'_>, model: &Model<'_>, details: Details, central: &Session) -> Result<Source> {
    let carried = record::carried(&details.record);
    let addresses = record::addresses(&carried);
    if addresses.is_empty() {
        return Err(Error::failed(format!("{} names no artifacts in S3", details.version.arn))
            .hint("register the version with its model data (ModelDataUrl or ModelDataSource)"));
    }
    let task = world.progress.start("hashing the artifacts");
    let dev = model.tenant.stage(Stage::Dev);
    let at_once = world.config.promotion.copy_concurrency;
    // Buckets answer in their own Region only; a copy is asked for where it goes to.
    let s3 = central.in_region(dev.region.as_str()).s3();
    let objects = artifacts::inspect(&s3, &addresses, Some(dev.account.as_str()), at_once).await?;
    let digests: Vec<ObjectDigest> = objects.iter().map(|object| object.digest.clone()).collect();
    let content = digest::content_sha256(&digests);
    task.finish(&format!("{} objects, {}", objects.len(), short(&content)));
    let identity = digest::source_digest(&details.version.arn, details.specification(), &digests);
    Ok(Source { details, objects, addresses, carried, content, identity })
}

/// The first digits of a digest, for people.
fn short(digest: &Digest) -> String {
    format!("sha256:{}", &digest.token()[..12])
}

/// The central version whose metadata names `source_arn`, if it was copied before.
async fn existing_copy(
    central: &Session,
    model: &Model<'_>,
    source_arn: &str,
) -> Result<Option<(Version, BTreeMap<String, String>)>> {
    let group = model.central_group();
    let copies = registry::versions_with_metadata(central, &group, None).await?;
    for (version, properties) in &copies {
        // Names of groups are made of two names: `a` and `b-c` give the same as `a-b` and `c`.
        let owner = |key: &str, ours: &str| properties.get(key).is_none_or(|theirs| theirs == ours);
        if !owner(metadata::TENANT, &model.tenant.name) || !owner(metadata::MODEL, &model.name) {
            return Err(Error::failed(format!("model package group {group} holds the versions of another model"))
                .because(format!("{} was copied for another tenant or model", version.arn))
                .hint("two tenants' names lead to one group: rename the model in dev"));
        }
    }
    Ok(copies
        .into_iter()
        .find(|(_, properties)| properties.get(metadata::SOURCE_ARN).is_some_and(|arn| arn == source_arn)))
}

fn same_content(source: &Source, copy: &Version, recorded: &str) -> Result<()> {
    if recorded == source.content.to_string() {
        return Ok(());
    }
    Err(Error::denied(format!("the artifacts of {} changed after they were copied", source.details.version.arn))
        .because(format!("{} was copied with content digest {recorded}, dev has {} now", copy.arn, source.content))
        .hint("what was approved is not what dev has now: register it as a new version, and promote that"))
}

async fn copy_artifacts(
    world: &World<'_>,
    central: &Session,
    source: &Source,
    bucket: &Bucket,
    prefix: &str,
) -> Result<()> {
    let total: u64 = source.objects.iter().map(|object| object.digest.size).sum();
    let task = world.progress.start("copying the artifacts");
    let in_place = std::cell::Cell::new(0_u64);
    let done = |bytes: u64| {
        in_place.set(in_place.get() + bytes);
        task.update(&format!("{} of {total} bytes", in_place.get()));
    };
    let at_once = world.config.promotion.copy_concurrency;
    let s3 = central.s3();
    let owner = Some(source.details.version.account());
    artifacts::copy(&s3, &source.objects, bucket, prefix, owner, Pace::new(at_once), &done).await?;
    artifacts::write_manifest(&s3, &source.objects, bucket, prefix).await?;
    artifacts::verify(&s3, bucket, prefix, &source.content.to_string(), at_once).await?;
    task.finish(&format!("{total} bytes, verified"));
    Ok(())
}

/// Registers the copy. The token makes AWS give the same version to a repeated call, before any index knows of it.
async fn create(
    world: &World<'_>,
    central: &Session,
    model: &Model<'_>,
    source: &Source,
    bucket: &Bucket,
    prefix: &str,
) -> Result<String> {
    let mut record = source.carried.clone();
    let moved = |uri: &str| target_of(uri, source, bucket, prefix);
    record::rewrite(&mut record, &moved, &source.addresses);
    let specification = record.get("InferenceSpecification").cloned().unwrap_or_default();
    let properties = properties(world, central, model, source, &specification)?;
    let creation = machine::creation(Registry::Central);
    let input = record::creation(&Value::Object(record))?;
    let output = central
        .sagemaker()
        .create_model_package()
        .model_package_group_name(model.central_group())
        .set_model_package_description(input.model_package_description)
        .set_model_package_registration_type(input.model_package_registration_type)
        .set_inference_specification(input.inference_specification)
        .set_additional_inference_specifications(input.additional_inference_specifications)
        .set_metadata_properties(input.metadata_properties)
        .set_model_metrics(input.model_metrics)
        .set_drift_check_baselines(input.drift_check_baselines)
        .set_domain(input.domain)
        .set_task(input.task)
        .set_sample_payload_url(input.sample_payload_url)
        .set_skip_model_validation(input.skip_model_validation)
        .set_model_card(input.model_card)
        .set_customer_metadata_properties(Some(properties))
        .model_approval_status(registry::approval_status(creation.to))
        .model_life_cycle(registry::life_cycle(creation.to, None))
        .client_token(source.identity.token())
        .send()
        .await
        .map_err(|error| {
            Error::from(AwsError::from(error)).context("cannot register the copy in the central registry")
        })?;
    let arn = output.model_package_arn().unwrap_or_default().to_owned();
    let created = registry::describe(central, &arn).await?;
    let recorded = created.metadata.get(metadata::SPEC_SHA256).map(String::as_str).unwrap_or_default();
    let found = record::specification_digest(created.specification());
    if found.to_string() != recorded {
        return Err(Error::failed(format!("{arn} is not what was sent"))
            .because(format!("its specification has digest {found}, {recorded} was recorded"))
            .hint("AWS changed the specification on the way in: it cannot be deployed by aiops; please report it"));
    }
    Ok(arn)
}

/// Where the object or prefix at `uri` lies in the copy.
fn target_of(uri: &str, source: &Source, bucket: &Bucket, prefix: &str) -> Option<String> {
    let place = source.addresses.iter().position(|address| address.uri == uri)?;
    let address = &source.addresses[place];
    let below = if address.prefix { String::new() } else { uri.rsplit('/').next()?.to_owned() };
    Some(format!("s3://{}/{prefix}{place}/{below}", bucket.name))
}

/// The metadata of the copy: what dev wrote, and what later decisions rest on.
fn properties(
    world: &World<'_>,
    central: &Session,
    model: &Model<'_>,
    source: &Source,
    specification: &Value,
) -> Result<HashMap<String, String>> {
    let version = &source.details.version;
    let of_ours = |key: &str| key.starts_with(metadata::PREFIX);
    let mut properties: HashMap<String, String> =
        source.details.metadata.iter().filter(|(key, _)| !of_ours(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
    let mut add =
        |key: &str, value: &str| properties.insert(key.to_owned(), MetadataValue::clean(value).as_str().to_owned());
    add(metadata::SOURCE_ARN, &version.arn);
    add(metadata::SOURCE_ACCOUNT, version.account());
    add(metadata::SOURCE_VERSION, &version.number.to_string());
    add(metadata::CONTENT_SHA256, &source.content.to_string());
    add(metadata::SPEC_SHA256, &record::specification_digest(specification).to_string());
    add(metadata::REGISTERED_BY, &registrant(&source.details)?);
    add(metadata::PROMOTED_AT, &to_second(world.clock.now()).to_string());
    add(metadata::TENANT, model.tenant.name.as_str());
    add(metadata::MODEL, &model.name);
    if let Some(name) = &central.source_identity {
        add(metadata::PROMOTED_BY, name);
    }
    if properties.len() > MOST_PROPERTIES {
        return Err(Error::failed(format!(
            "{} has too many custom metadata properties: with those of aiops they are {}, and AWS allows {MOST_PROPERTIES}",
            version.arn,
            properties.len()
        ))
        .hint("remove some from the dev version and promote again"));
    }
    Ok(properties)
}

/// Who registered the version in dev: as they signed, else as AWS recorded it. Four-eyes rules need the name.
fn registrant(details: &Details) -> Result<String> {
    let signed = details.metadata.get(metadata::REGISTERED_BY).cloned();
    let created_by = &details.record["CreatedBy"];
    let identity = &created_by["IamIdentity"];
    let recorded = [&identity["SourceIdentity"], &identity["Arn"], &created_by["UserProfileName"]]
        .into_iter()
        .find_map(|value| source_identity(value.as_str()?));
    signed.and_then(|name| source_identity(&name)).or(recorded).ok_or_else(|| {
        Error::failed(format!("nobody knows who registered {}", details.version.arn)).hint(
            "approvals need two different people: register the version with the metadata property `aiops-registered-by`",
        )
    })
}
