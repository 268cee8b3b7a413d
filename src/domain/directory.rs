//! IAM Identity Center as the domain uses it: the instance in the domain's Region, and the people and groups in it.

use aws_sdk_identitystore::types::Filter;
use aws_sdk_ssoadmin::types::InstanceMetadata;
use tokio::sync::OnceCell;

use super::Studio;
use crate::aws::error::AwsError;
use crate::error::{Error, Kind, Result};

/// The instance of IAM Identity Center that serves the domain.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    /// ARN.
    pub arn: String,
    /// Id of its directory.
    store: String,
}

/// IAM Identity Center, asked once for its instance.
pub(super) struct Directory<'w> {
    studio: Studio<'w>,
    instance: OnceCell<Instance>,
}

impl<'w> Directory<'w> {
    pub fn new(studio: Studio<'w>) -> Self {
        Directory { studio, instance: OnceCell::new() }
    }

    /// The instance in the domain's Region: that of the configuration, else the only one.
    pub async fn instance(&self) -> Result<&Instance> {
        self.instance.get_or_try_init(|| self.find_instance()).await
    }

    async fn find_instance(&self) -> Result<Instance> {
        let governance = self.studio.governance();
        let client = self.studio.session(governance).await?.sso_admin();
        let mut instances = client.list_instances().into_paginator().items().send();
        let mut found: Vec<InstanceMetadata> = Vec::new();
        while let Some(instance) = instances.next().await {
            found.push(instance.map_err(AwsError::from)?);
        }
        let named = self.studio.world.config.domain.identity_center.as_ref();
        let fits =
            |instance: &&InstanceMetadata| named.is_none_or(|named| instance.instance_arn() == Some(named.as_str()));
        let elsewhere = "single sign-on needs an instance of IAM Identity Center in the domain's Region: one in another \
                         Region does not serve it. Enable one there, move the domain (`governance.region`), or turn \
                         off `domain.single-sign-on`";
        match found.iter().filter(fits).collect::<Vec<_>>().as_slice() {
            [instance] => {
                if let Some(region) = instance.primary_region().filter(|region| *region != governance.region.as_str()) {
                    let message =
                        format!("IAM Identity Center is in {region}, and the domain in {}", governance.region);
                    return Err(Error::config(message).hint(elsewhere));
                }
                let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
                Ok(Instance { arn: text(instance.instance_arn()), store: text(instance.identity_store_id()) })
            }
            [] if found.is_empty() => {
                let message =
                    format!("account {} sees no IAM Identity Center in {}", governance.account, governance.region);
                Err(Error::config(message).hint(elsewhere))
            }
            [] => {
                let message = "there is no such instance of IAM Identity Center as `domain.identity-center` names";
                Err(Error::config(message).hint(format!("in {} there is: {}", governance.region, listed(&found))))
            }
            _ => Err(Error::config(format!("there are {} instances of IAM Identity Center", found.len()))
                .hint(format!("name one in `domain.identity-center`: {}", listed(&found)))),
        }
    }

    /// Id of the user called exactly `name`.
    #[expect(deprecated, reason = "what AWS wants in its place does not tell how it compares names")]
    pub async fn user(&self, name: &str) -> Result<String> {
        let store = &self.instance().await?.store;
        let client = self.studio.session(self.studio.governance()).await?.identitystore();
        let request = client.list_users().identity_store_id(store).filters(filter("UserName", name)?);
        let mut users = request.into_paginator().items().send();
        while let Some(user) = users.next().await {
            let user = user.map_err(AwsError::from)?;
            if user.user_name() == Some(name) {
                return Ok(user.user_id);
            }
        }
        Err(unknown("user", name))
    }

    /// Id of the group called exactly `name`.
    #[expect(deprecated, reason = "what AWS wants in its place does not tell how it compares names")]
    pub async fn group(&self, name: &str) -> Result<String> {
        let store = &self.instance().await?.store;
        let client = self.studio.session(self.studio.governance()).await?.identitystore();
        let request = client.list_groups().identity_store_id(store).filters(filter("DisplayName", name)?);
        let mut groups = request.into_paginator().items().send();
        while let Some(group) = groups.next().await {
            let group = group.map_err(AwsError::from)?;
            if group.display_name() == Some(name) {
                return Ok(group.group_id);
            }
        }
        Err(unknown("group", name))
    }
}

fn filter(attribute: &str, value: &str) -> Result<Filter> {
    let built = Filter::builder().attribute_path(attribute).attribute_value(value).build();
    built.map_err(|error| Error::failed("a search in IAM Identity Center cannot be written").because(error))
}

fn unknown(kind: &str, name: &str) -> Error {
    Error::new(Kind::Config, format!("IAM Identity Center has no {kind} called {name:?}"))
        .hint(format!("names are compared exactly; add the {kind} there, or correct `{kind}:{name}` in aiops.yaml"))
}

fn listed(instances: &[InstanceMetadata]) -> String {
    instances.iter().filter_map(InstanceMetadata::instance_arn).collect::<Vec<_>>().join(", ")
}
