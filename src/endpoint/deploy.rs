//! Putting a version onto an endpoint, and knowing whether it got there.
//!
//! Every step looks first, and names follow from what they stand for, so the whole can be run again from anywhere:
//! model and configuration are immutable and named by their content; the endpoint is created, updated, or left.
//!
//! `InService` is not success. After a failed update SageMaker puts the old configuration back and says `InService`
//! again, so what counts is which configuration the endpoint has.

use std::time::Duration;

use aws_sdk_sagemaker::types::{
    ContainerDefinition, EndpointStatus, ProductionVariant, ProductionVariantInstanceType, Tag,
};
use serde::Serialize;
use serde_json::json;

use super::live::package_of;
use crate::aws::Session;
use crate::aws::error::{AwsError, Class};
use crate::aws::poll::{self, Look, Patience};
use crate::clock::SharedClock;
use crate::error::{Error, Kind, Result};
use crate::governance::{Digest, digest};
use crate::progress::Progress;

/// The variant that serves. Constant, because SageMaker's deployment guardrails need the same name before and after.
pub const CHAMPION: &str = "champion";
/// Tag of an endpoint: the ARN of the version that was deployed last.
pub const PACKAGE_TAG: &str = "aiops:model-package-arn";
/// Tag of an endpoint: the configuration that it had before.
pub const PREVIOUS_TAG: &str = "aiops:previous-config";

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Name of the endpoint.
    pub endpoint: String,
    /// ARN of the version in the central registry.
    pub package_arn: String,
    /// Its number.
    pub version: u32,
    /// ARN of the role that the endpoint runs as.
    pub execution_role: String,
    /// SageMaker instance type, such as `ml.m5.large`.
    pub instance_type: String,
    /// How many instances.
    pub instance_count: i32,
    /// Tags of everything that is made.
    pub tags: Vec<(String, String)>,
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The endpoint was new.
    Created,
    /// The endpoint served something else before.
    Updated,
    /// The endpoint served this already.
    Unchanged,
}

/// A deployment that was started or found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deployment {
    /// Name of the endpoint.
    pub endpoint: String,
    /// Name of the configuration that was asked for.
    pub config: String,
    /// The configuration that the endpoint had before, if it was another.
    pub previous_config: Option<String>,
    /// What was done.
    pub effect: Effect,
}

impl Wanted {
    /// The model's name: the same version under the same role is the same model.
    fn model_name(&self) -> String {
        let content = json!({"package": self.package_arn, "role": self.execution_role});
        named(&self.endpoint, self.version, &content)
    }

    /// The configuration's name: the same model on the same instances is the same configuration.
    fn config_name(&self) -> String {
        let content = json!({
            "model": self.model_name(), "variant": CHAMPION, "type": self.instance_type, "count": self.instance_count,
        });
        named(&self.endpoint, self.version, &content)
    }

    fn tags(&self) -> Vec<Tag> {
        self.tags.iter().filter_map(|(key, value)| tag(key, value)).collect()
    }
}

fn tag(key: &str, value: &str) -> Option<Tag> {
    Tag::builder().key(key).value(value).build().into()
}

/// `<endpoint>-v<version>-<8 hex digits of the content>`, at most 63 characters as SageMaker allows.
fn named(endpoint: &str, version: u32, content: &serde_json::Value) -> String {
    let mark = Digest::of(digest::canonical(content)).token();
    let suffix = format!("-v{version}-{}", &mark[..8]);
    let room = 63 - suffix.len();
    format!("{}{suffix}", endpoint[..endpoint.len().min(room)].trim_end_matches('-'))
}

/// Creates or updates the endpoint. Does not wait for the change to end: [`wait`] does.
pub async fn start(
    session: &Session,
    wanted: &Wanted,
    patience: Patience,
    clock: &SharedClock,
    progress: &dyn Progress,
) -> Result<Deployment> {
    let config = wanted.config_name();
    let deployment = |effect, previous_config| Deployment {
        endpoint: wanted.endpoint.clone(),
        config: config.clone(),
        previous_config,
        effect,
    };
    let previous = match settled(session, &wanted.endpoint, patience, clock, progress).await? {
        None => None,
        Some((EndpointStatus::Failed, _)) => {
            // A failed endpoint never served, whatever it was made for: AWS lets it only be deleted.
            progress.note(&format!("endpoint {} never came up; it is replaced", wanted.endpoint));
            delete(session, &wanted.endpoint, patience, clock, progress).await?;
            None
        }
        Some((_, current)) if current == config => return Ok(deployment(Effect::Unchanged, None)),
        Some((EndpointStatus::InService, current)) => Some(current),
        Some((status, _)) => {
            return Err(Error::failed(format!("endpoint {} is {}", wanted.endpoint, status.as_str())).hint(
                "SageMaker changes it in this state only through support or by deleting it: look at it in the console",
            ));
        }
    };
    prepare(session, wanted).await?;
    let effect = match &previous {
        Some(current) => {
            update(session, wanted, current, clock).await?;
            Effect::Updated
        }
        None => {
            create(session, wanted, clock).await?;
            Effect::Created
        }
    };
    Ok(deployment(effect, previous))
}

/// Status and configuration of the endpoint once no change is under way; none if it does not exist.
async fn settled(
    session: &Session,
    endpoint: &str,
    patience: Patience,
    clock: &SharedClock,
    progress: &dyn Progress,
) -> Result<Option<(EndpointStatus, String)>> {
    let task = progress.start(&format!("looking at endpoint {endpoint}"));
    let what = format!("endpoint {endpoint}");
    let found = poll::until(clock, patience, &what, &*task, async || {
        let described = session.sagemaker().describe_endpoint().endpoint_name(endpoint).send().await;
        match described.map_err(AwsError::from) {
            Ok(output) => Ok(match (output.endpoint_status().cloned(), output.endpoint_config_name()) {
                (Some(status), config) if is_settled(&status) => {
                    Look::Done(Some((status, config.unwrap_or_default().to_owned())))
                }
                (status, _) => Look::Pending(status.map_or("unknown".to_owned(), |status| status.as_str().to_owned())),
            }),
            Err(error) if error.class() == Class::NotFound => Ok(Look::Done(None)),
            Err(error) => Err(error.into()),
        }
    })
    .await?;
    task.finish(found.as_ref().map_or("it does not exist yet", |(status, _)| status.as_str()));
    Ok(found)
}

fn is_settled(status: &EndpointStatus) -> bool {
    use EndpointStatus::{Creating, Deleting, RollingBack, SystemUpdating, Updating};
    !matches!(status, Creating | Deleting | RollingBack | SystemUpdating | Updating)
}

/// Makes sure that model and configuration exist.
async fn prepare(session: &Session, wanted: &Wanted) -> Result<()> {
    let (model, config) = (wanted.model_name(), wanted.config_name());
    let created = session
        .sagemaker()
        .create_model()
        .model_name(&model)
        .primary_container(ContainerDefinition::builder().model_package_name(&wanted.package_arn).build())
        .execution_role_arn(&wanted.execution_role)
        .set_tags(Some(wanted.tags()))
        .send()
        .await;
    match created.map_err(AwsError::from) {
        Ok(_) => {}
        Err(error) if error.class() == Class::AlreadyExists => {
            // The name says what it is; still, somebody else could have taken it.
            if package_of(session, &model).await?.as_deref() != Some(&wanted.package_arn) {
                return Err(Error::failed(format!("model {model} exists, but serves something else"))
                    .hint("delete that model, or rename it, and run the command again"));
            }
        }
        Err(error) => return Err(Error::from(error).context(format!("cannot create model {model}"))),
    }
    let variant = ProductionVariant::builder()
        .variant_name(CHAMPION)
        .model_name(&model)
        .instance_type(ProductionVariantInstanceType::from(wanted.instance_type.as_str()))
        .initial_instance_count(wanted.instance_count)
        .initial_variant_weight(1.0)
        .build();
    let created = session
        .sagemaker()
        .create_endpoint_config()
        .endpoint_config_name(&config)
        .production_variants(variant)
        .set_tags(Some(wanted.tags()))
        .send()
        .await;
    match created.map_err(AwsError::from) {
        Ok(_) => Ok(()),
        Err(error) if error.class() == Class::AlreadyExists => Ok(()),
        Err(error) => Err(Error::from(error).context(format!("cannot create endpoint configuration {config}"))),
    }
}

/// How long a new configuration may stay unknown to the rest of SageMaker, which keeps such things eventually consistent.
const CONSISTENT_AFTER: Duration = Duration::from_secs(30);

/// Makes a call that names what was made just before, again and again while AWS does not know it yet.
async fn once_known<T>(clock: &SharedClock, mut call: impl AsyncFnMut() -> Result<T, AwsError>) -> Result<T, AwsError> {
    const PAUSE: Duration = Duration::from_secs(5);
    let start = clock.now();
    loop {
        match call().await {
            Err(error) if error.class() == Class::NotFound => {
                let waited = Duration::try_from(clock.now().duration_since(start)).unwrap_or_default();
                if waited >= CONSISTENT_AFTER {
                    return Err(error);
                }
                clock.sleep(PAUSE).await;
            }
            outcome => return outcome,
        }
    }
}

async fn create(session: &Session, wanted: &Wanted, clock: &SharedClock) -> Result<()> {
    let mut tags = wanted.tags();
    tags.extend(tag(PACKAGE_TAG, &wanted.package_arn));
    let created = once_known(clock, async || {
        session
            .sagemaker()
            .create_endpoint()
            .endpoint_name(&wanted.endpoint)
            .endpoint_config_name(wanted.config_name())
            .set_tags(Some(tags.clone()))
            .send()
            .await
            .map_err(AwsError::from)
    });
    match created.await {
        Ok(_) => Ok(()),
        // Another run was faster; waiting tells whether it wanted the same.
        Err(error) if error.class() == Class::AlreadyExists => Ok(()),
        Err(error) => Err(Error::from(error).context(format!("cannot create endpoint {}", wanted.endpoint))),
    }
}

async fn update(session: &Session, wanted: &Wanted, previous: &str, clock: &SharedClock) -> Result<()> {
    let context = |error: AwsError| Error::from(error).context(format!("cannot update endpoint {}", wanted.endpoint));
    // The way back is written down before anything changes.
    let arn = session.sagemaker_arn(&format!("endpoint/{}", wanted.endpoint));
    let tags = [tag(PACKAGE_TAG, &wanted.package_arn), tag(PREVIOUS_TAG, previous)];
    session
        .sagemaker()
        .add_tags()
        .resource_arn(arn)
        .set_tags(Some(tags.into_iter().flatten().collect()))
        .send()
        .await
        .map_err(|error| context(error.into()))?;
    let updated = once_known(clock, async || {
        session
            .sagemaker()
            .update_endpoint()
            .endpoint_name(&wanted.endpoint)
            .endpoint_config_name(wanted.config_name())
            .send()
            .await
            .map_err(AwsError::from)
    });
    match updated.await {
        Ok(_) => Ok(()),
        // Perhaps by this very call, of which the first answer was lost.
        Err(error) if error.class() == Class::Conflict && is_on_its_way(session, wanted).await.map_err(context)? => {
            Ok(())
        }
        Err(error) => Err(context(error)),
    }
}

/// Whether the endpoint is changing to what is wanted.
async fn is_on_its_way(session: &Session, wanted: &Wanted) -> Result<bool, AwsError> {
    let output = session.sagemaker().describe_endpoint().endpoint_name(&wanted.endpoint).send().await?;
    let pending = output.pending_deployment_summary().and_then(|pending| pending.endpoint_config_name());
    Ok(pending == Some(&wanted.config_name()))
}

async fn delete(
    session: &Session,
    endpoint: &str,
    patience: Patience,
    clock: &SharedClock,
    progress: &dyn Progress,
) -> Result<()> {
    let deleted = session.sagemaker().delete_endpoint().endpoint_name(endpoint).send().await;
    match deleted.map_err(AwsError::from) {
        Ok(_) => {}
        Err(error) if error.class() == Class::NotFound => return Ok(()),
        // It is going already: by another run, or by this very call, of which the first answer was lost.
        Err(error) if error.class() == Class::Conflict => {}
        Err(error) => return Err(Error::from(error).context(format!("cannot delete endpoint {endpoint}"))),
    }
    settled(session, endpoint, patience, clock, progress).await.map(drop)
}

/// Waits until the change has ended, and tells success from a silent rollback.
pub async fn wait(
    session: &Session,
    deployment: &Deployment,
    patience: Patience,
    clock: &SharedClock,
    progress: &dyn Progress,
) -> Result<()> {
    let Deployment { endpoint, config, .. } = deployment;
    let task = progress.start(&format!("waiting for endpoint {endpoint}"));
    let what = format!("endpoint {endpoint}");
    let (status, current, failure) = poll::until(clock, patience, &what, &*task, async || {
        let output = session.sagemaker().describe_endpoint().endpoint_name(endpoint).send().await.map_err(|error| {
            Error::from(AwsError::from(error)).context(format!("cannot look at endpoint {endpoint}"))
        })?;
        let status = output.endpoint_status().cloned();
        let current = output.endpoint_config_name().unwrap_or_default().to_owned();
        let failure = output.failure_reason().map(str::to_owned);
        Ok(match status {
            Some(status) if is_settled(&status) && output.pending_deployment_summary().is_none() => {
                Look::Done((status, current, failure))
            }
            status => Look::Pending(status.map_or("unknown".to_owned(), |status| status.as_str().to_owned())),
        })
    })
    .await?;
    task.finish(status.as_str());
    let reason = failure.unwrap_or_else(|| "SageMaker gives no reason".to_owned());
    if status == EndpointStatus::InService && current == *config {
        return Ok(());
    }
    if status == EndpointStatus::InService {
        return Err(Error::new(
            Kind::RolledBack,
            format!("endpoint {endpoint} went back to {current}: {config} did not come up"),
        )
        .because(reason)
        .hint("what served before serves again; mend the cause and promote once more"));
    }
    Err(Error::failed(format!("endpoint {endpoint} is {}", status.as_str()))
        .because(reason)
        .hint("mend the cause and run the command again: an endpoint that never came up is replaced"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        Wanted {
            endpoint: "clinical-diabetes-progression".into(),
            package_arn: "arn:aws:sagemaker:eu-west-1:222222222222:model-package/clinical-diabetes-progression/1"
                .into(),
            version: 1,
            execution_role: "arn:aws:iam::333333333333:role/aiops-execution".into(),
            instance_type: "ml.m5.large".into(),
            instance_count: 1,
            tags: Vec::new(),
        }
    }

    #[test]
    fn names_follow_from_what_they_stand_for() {
        let one = wanted();
        assert_eq!(one.model_name(), wanted().model_name());
        let larger = Wanted { instance_count: 2, ..wanted() };
        assert_eq!(larger.model_name(), one.model_name());
        assert_ne!(larger.config_name(), one.config_name());
        let other_role = Wanted { execution_role: "arn:aws:iam::333333333333:role/other".into(), ..wanted() };
        assert_ne!(other_role.model_name(), one.model_name());
    }

    #[test]
    fn names_fit_into_what_sagemaker_allows() {
        let long = Wanted { endpoint: "a-".repeat(31), version: 123_456, ..wanted() };
        let name = long.config_name();
        assert!(name.len() <= 63 && !name.contains("--"), "{name}");
    }
}
