//! The model's group in the central registry, and who may use its versions.

use aws_sdk_sagemaker::types::Tag;
use serde_json::Value;

use crate::aws::Session;
use crate::aws::error::{AwsError, Class};
use crate::error::{Error, Result};
use crate::governance::{Persona, policy};
use crate::registry::find::Model;
use crate::world::World;

/// Makes sure that the group is there and that the accounts that deploy may read it. Opening a group to other accounts is
/// the administrator's right alone: whoever had it could hand out the right to approve, too.
pub(super) async fn open(world: &World<'_>, central: &Session, model: &Model<'_>) -> Result<()> {
    let group = model.central_group();
    let wanted = policy::central_group_policy(&group, &model.tenant.name, &world.landscape.scope());
    let present = policy_of(central, &group).await?;
    match (&wanted, present) {
        (Some(wanted), Some(present)) if *wanted == present => return Ok(()),
        (_, Some(_)) => {
            // Somebody may have opened it further on purpose: it is not ours to close.
            world.progress.warn(&format!("the policy of model package group {group} is not the one that aiops makes"));
            return Ok(());
        }
        (_, None) => {}
    }
    let opened = async {
        let administrator = world.session_as(world.landscape.central(), Persona::Administrator).await?;
        create(&administrator, model, &group, wanted).await
    };
    opened.await.map_err(|error| {
        error.context(format!("cannot open model package group {group} in the central registry")).hint(
            "an administrator opens a model's group once, before its first version arrives: ask one to run this command",
        )
    })?;
    world.progress.note(&format!("opened model package group {group} in the central registry"));
    Ok(())
}

/// The policy of a group; none if it has none, or does not exist.
pub(crate) async fn policy_of(central: &Session, group: &str) -> Result<Option<Value>> {
    let read = central.sagemaker().get_model_package_group_policy().model_package_group_name(group).send().await;
    match read.map_err(AwsError::from) {
        // A policy that does not read is one that aiops did not write.
        Ok(output) => Ok(Some(serde_json::from_str(output.resource_policy().unwrap_or_default()).unwrap_or_default())),
        Err(error) if error.class() == Class::NotFound => Ok(None),
        Err(error) => Err(Error::from(error).context(format!("cannot read the policy of model package group {group}"))),
    }
}

/// Creates the group, if it is not there, and puts `policy` on it.
pub(crate) async fn create(
    administrator: &Session,
    model: &Model<'_>,
    group: &str,
    policy: Option<Value>,
) -> Result<()> {
    let tags = [(policy::TENANT_TAG, model.tenant.name.as_str()), (policy::MODEL_TAG, &model.name)];
    let created = administrator
        .sagemaker()
        .create_model_package_group()
        .model_package_group_name(group)
        .model_package_group_description(format!("Versions of {} that dev approved", model.title()))
        .set_tags(Some(tags.iter().map(|(key, value)| Tag::builder().key(*key).value(*value).build()).collect()))
        .send()
        .await;
    match created.map_err(AwsError::from) {
        Ok(_) => {}
        Err(error) if error.class() == Class::AlreadyExists => {}
        Err(error) => return Err(error.into()),
    }
    if let Some(document) = policy {
        administrator
            .sagemaker()
            .put_model_package_group_policy()
            .model_package_group_name(group)
            .resource_policy(document.to_string())
            .send()
            .await
            .map_err(AwsError::from)?;
    }
    Ok(())
}
