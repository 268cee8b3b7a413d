//! The key that encrypts the central artifacts: made where the configuration names an alias that is not there, and only
//! looked at otherwise.

use std::time::Duration;

use aws_sdk_kms::Client;
use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::types::{KeyManagerType, KeyMetadata, KeyState, Tag};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use serde_json::Value;

use super::{MANAGED_BY, Studio, document};
use crate::aws::error::{AwsError, Class};
use crate::error::{Error, Result};
use crate::governance::policy;
use crate::landscape::Place;
use crate::plan::{Address, Difference, Facts, Farewell, Found, Resource};

/// The tag by which a key is found again that an interrupted run left without its alias.
const ALIAS_TAG: &str = "aiops:alias";
/// The one policy that a key has.
const POLICY: &str = "default";
const ATTEMPTS: usize = 3;
const BETWEEN_ATTEMPTS: Duration = Duration::from_secs(5);

/// The key of the central bucket. Fact: `arn`.
pub struct Key<'w> {
    studio: Studio<'w>,
    /// As the configuration names it: an alias, an id, or the ARN of one.
    name: String,
}

impl<'w> Key<'w> {
    /// The key, if the configuration names one.
    pub fn central(studio: Studio<'w>) -> Option<Self> {
        let name = studio.world.config.shared_services.kms_key.as_ref()?.to_string();
        Some(Key { studio, name })
    }

    fn place(&self) -> &'w Place {
        self.studio.world.landscape.central()
    }

    async fn kms(&self) -> Result<Client> {
        Ok(self.studio.session(self.place()).await?.kms())
    }

    /// The alias that the configuration names, if it can be made in the account.
    fn alias(&self) -> Option<&str> {
        let mut parts = self.name.rsplitn(3, ':');
        let alias = parts.next().filter(|name| name.starts_with("alias/"))?;
        parts.next().is_none_or(|account| account == self.place().account.as_str()).then_some(alias)
    }

    fn policy(&self) -> Value {
        policy::central_key_policy(&self.studio.world.landscape.scope())
    }

    /// The key that an earlier run made and gave no alias.
    async fn orphan(&self, kms: &Client, alias: &str) -> Result<Option<KeyMetadata>> {
        let mut keys = kms.list_keys().into_paginator().items().send();
        while let Some(key) = keys.next().await {
            let Some(id) = key.map_err(AwsError::from)?.key_id else { continue };
            let tags = tags(kms, &id).await?;
            if !has(&tags, MANAGED_BY) || !has(&tags, (ALIAS_TAG, alias)) {
                continue;
            }
            if let Some(known) = describe(kms, &id).await?.filter(|known| known.enabled()) {
                return Ok(Some(known));
            }
        }
        Ok(None)
    }

    fn missing(&self) -> Error {
        Error::config(format!("there is no key {} in {}", self.name, self.place().region)).hint(
            "aiops makes the key of an alias of the shared services account: `shared-services.kms-key: alias/NAME`",
        )
    }

    /// What differs in a key of ours.
    async fn differences(&self, kms: &Client, key: &KeyMetadata) -> Result<Vec<Difference>> {
        let id = key.key_id();
        let rotation = kms.get_key_rotation_status().key_id(id).send().await.map_err(AwsError::from)?;
        let policy = kms.get_key_policy().key_id(id).policy_name(POLICY).send().await.map_err(AwsError::from)?;
        let policy = policy.policy.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text)));
        let wanted = self.policy();
        let same = policy.as_ref().is_some_and(|policy| document::same(policy, &wanted));
        let policy = Difference::between("policy", policy, wanted).filter(|_| !same);
        let rotation = Difference::between("rotation", rotation.key_rotation_enabled(), true);
        Ok([state(key), rotation, policy].into_iter().flatten().collect())
    }

    /// Makes the key. KMS knows no tokens: a call that got no answer may have made it, so it is looked for first.
    async fn create(&self, kms: &Client, alias: &str) -> Result<String> {
        let tags = [MANAGED_BY, (ALIAS_TAG, alias)];
        let tags = tags.map(|(key, value)| Tag::builder().tag_key(key).tag_value(value).build());
        let tags = tags.into_iter().collect::<Result<Vec<_>, _>>();
        let tags = tags.map_err(|error| Error::failed("a request cannot be written").because(error))?;
        let mut attempt = 1;
        loop {
            if let Some(made) = self.orphan(kms, alias).await? {
                return Ok(made.key_id);
            }
            let once = aws_sdk_kms::config::Builder::new().retry_config(RetryConfig::disabled());
            let request = kms.create_key().policy(self.policy().to_string()).set_tags(Some(tags.clone()));
            let request = request.description("Encrypts the central artifacts of models").customize();
            match request.config_override(once).send().await.map_err(AwsError::from) {
                Ok(made) => return made.key_metadata.map(|key| key.key_id).ok_or_else(|| self.missing()),
                Err(error)
                    if attempt < ATTEMPTS
                        && matches!(error.class(), Class::Unreachable | Class::Service | Class::Throttled) =>
                {
                    attempt += 1;
                    self.studio.world.clock.sleep(BETWEEN_ATTEMPTS).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn correct(&self, kms: &Client, key: &KeyMetadata) -> Result<()> {
        let id = key.key_id();
        for difference in self.differences(kms, key).await? {
            match difference.field.as_str() {
                "state" if key.key_state() == Some(&KeyState::Disabled) => {
                    kms.enable_key().key_id(id).send().await.map_err(AwsError::from)?;
                }
                "state" => {
                    return Err(Error::failed(format!("the key {} cannot be used: {}", self.name, difference.actual))
                        .hint(
                            "cancel its deletion (`aws kms cancel-key-deletion`), or name another key in aiops.yaml",
                        ));
                }
                "rotation" => {
                    kms.enable_key_rotation().key_id(id).send().await.map_err(AwsError::from)?;
                }
                _ => {
                    let put = kms.put_key_policy().key_id(id).policy_name(POLICY);
                    put.policy(self.policy().to_string()).send().await.map_err(AwsError::from)?;
                }
            }
        }
        Ok(())
    }
}

impl Resource for Key<'_> {
    fn address(&self) -> Address {
        Address::new(&self.place().account, "key", &self.name)
    }

    fn reason(&self) -> String {
        "it encrypts promoted models".to_owned()
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let kms = self.kms().await?;
            let Some(key) = describe(&kms, &self.name).await? else {
                let alias = self.alias().ok_or_else(|| self.missing())?;
                return Ok(match self.orphan(&kms, alias).await? {
                    Some(_) => Found::Different(Difference::between("alias", Value::Null, alias).into_iter().collect()),
                    None => Found::Absent,
                });
            };
            if key.key_manager() == Some(&KeyManagerType::Aws) {
                return Err(Error::config(format!("the key {} is managed by AWS", self.name)).hint(
                    "accounts that deploy could not decrypt with it: name one of your own, or an alias to make one",
                ));
            }
            facts.set(&self.address(), "arn", key.arn().unwrap_or_default());
            if !has(&tags(&kms, key.arn().unwrap_or(key.key_id())).await?, MANAGED_BY) {
                return Ok(Found::Foreign(state(&key).into_iter().collect()));
            }
            let differences = self.differences(&kms, &key).await?;
            Ok(if differences.is_empty() { Found::Same } else { Found::Different(differences) })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let kms = self.kms().await?;
            let known = describe(&kms, &self.name).await?;
            let has_alias = known.is_some();
            let key = match (known, self.alias()) {
                (Some(key), _) => key,
                (None, Some(alias)) => {
                    let id = self.create(&kms, alias).await?;
                    describe(&kms, &id).await?.ok_or_else(|| self.missing())?
                }
                (None, None) => return Err(self.missing()),
            };
            self.correct(&kms, &key).await?;
            let Some(alias) = self.alias().filter(|_| !has_alias) else { return Ok(()) };
            match kms.create_alias().alias_name(alias).target_key_id(key.key_id()).send().await.map_err(AwsError::from)
            {
                Err(error) if error.class() != Class::AlreadyExists => Err(error.into()),
                _ => Ok(()),
            }
        }
        .boxed_local()
    }

    fn farewell(&self) -> Farewell {
        Farewell::Stays("without it, what it encrypted is lost")
    }
}

/// A key that cannot be used.
fn state(key: &KeyMetadata) -> Option<Difference> {
    Difference::between("state", key.key_state().map(KeyState::as_str), Some(KeyState::Enabled.as_str()))
}

async fn describe(kms: &Client, name: &str) -> Result<Option<KeyMetadata>> {
    match kms.describe_key().key_id(name).send().await.map_err(AwsError::from) {
        Ok(found) => Ok(found.key_metadata),
        Err(error) if error.class() == Class::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The tags of a key; none of one whose tags are not the account's to see.
async fn tags(kms: &Client, id: &str) -> Result<Vec<Tag>> {
    let mut tags = Vec::new();
    let mut pages = kms.list_resource_tags().key_id(id).into_paginator().items().send();
    while let Some(tag) = pages.next().await {
        match tag.map_err(AwsError::from) {
            Ok(tag) => tags.push(tag),
            Err(error) if matches!(error.class(), Class::Denied | Class::NotFound) => break,
            Err(error) => return Err(error.into()),
        }
    }
    Ok(tags)
}

fn has(tags: &[Tag], (key, value): (&str, &str)) -> bool {
    tags.iter().any(|tag| tag.tag_key() == key && tag.tag_value() == value)
}
