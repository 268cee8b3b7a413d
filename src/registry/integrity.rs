//! Whether a central version still is what was copied, approved and tested.

use super::artifacts::{self, Bucket};
use super::{Details, record};
use crate::aws::Session;
use crate::error::{Error, Result};
use crate::governance::metadata;
use crate::world::World;

/// Verifies that artifacts and specification are those that were recorded. No condition key of IAM covers either, so this
/// is the only thing that keeps a version from being swapped after its approval.
pub async fn unchanged(world: &World<'_>, central: &Session, details: &Details) -> Result<()> {
    let task = world.progress.start("verifying what was approved");
    let recorded = |key: &str| {
        details.metadata.get(key).map(String::as_str).ok_or_else(|| {
            Error::denied(format!("{} says nothing about `{key}`", details.version.arn))
                .hint("only versions that came through `aiops promote --to central` can be deployed")
        })
    };
    let specification = recorded(metadata::SPEC_SHA256)?;
    let found = record::specification_digest(details.specification()).to_string();
    if found != specification {
        return Err(Error::denied(format!("the inference specification of {} was changed", details.version.arn))
            .because(format!("digest {specification} was recorded, {found} is there"))
            .hint("find out who changed it (CloudTrail: UpdateModelPackage), then promote a new version"));
    }
    let (name, prefix) = artifact_prefix(details)?;
    let bucket = Bucket { name, owner: Some(world.landscape.central().account.to_string()) };
    let content = recorded(metadata::CONTENT_SHA256)?;
    artifacts::verify(&central.s3(), &bucket, &prefix, content, world.config.promotion.copy_concurrency).await?;
    task.finish("artifacts and specification are what was recorded");
    Ok(())
}

/// Bucket and prefix of a copy's artifacts, from the addresses in its specification: `<prefix><place>/...`.
fn artifact_prefix(details: &Details) -> Result<(String, String)> {
    let carried = record::carried(&details.record);
    let addresses = record::addresses(&carried);
    let address = addresses.first().ok_or_else(|| {
        Error::failed(format!("{} names no artifacts in S3", details.version.arn)).hint("promote the dev version again")
    })?;
    let (bucket, key) = artifacts::split(&address.uri)?;
    let within = key.trim_end_matches('/');
    let depth = if address.prefix { 1 } else { 2 };
    let prefix = within.rsplitn(depth + 1, '/').nth(depth).unwrap_or_default();
    Ok((bucket.to_owned(), format!("{prefix}/")))
}
