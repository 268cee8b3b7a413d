//! Questions about the way into the accounts itself, for `doctor`: what time it is there, and what a role takes.

use std::sync::{Arc, Mutex, PoisonError};

use aws_config::Region;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use super::Aws;
use crate::error::Result;
use crate::governance;
use crate::landscape::RoleToAssume;

/// How a role is asked for when it is tried out.
#[derive(Clone, Copy, Debug)]
pub struct Trial {
    /// With the name of whoever runs aiops as source identity, whatever the configuration says.
    pub named: bool,
    /// With the configured session tags.
    pub tagged: bool,
}

impl Aws {
    /// What time it is at STS. Told by every answer, refusals too: those of a clock that is too wrong above all.
    pub async fn server_time(&self) -> Option<Timestamp> {
        let told = Date::default();
        let sts = aws_sdk_sts::Client::new(&self.base);
        // Whether the caller is known is another question.
        let _ = sts.get_caller_identity().customize().interceptor(told.clone()).send().await;
        *told.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether `role` can be assumed in this way. Keeps nothing.
    pub async fn try_role(&self, region: &str, role: &RoleToAssume, trial: Trial) -> Result<()> {
        let mut terms = self.terms().await?;
        terms.source_identity = match trial.named {
            true => terms.source_identity.or(governance::source_identity(&self.caller().await?.arn)),
            false => None,
        };
        if !trial.tagged {
            terms.tags.clear();
        }
        let config = self.base.to_builder().region(Region::new(region.to_owned())).build();
        self.through(config, role, &terms).await.map(drop)
    }

    /// Whether sessions carry tags.
    pub fn tags_sessions(&self) -> bool {
        !self.options.tags.is_empty()
    }
}

/// Reads the `Date` of an answer.
#[derive(Clone, Debug, Default)]
struct Date(Arc<Mutex<Option<Timestamp>>>);

impl Intercept for Date {
    fn name(&self) -> &'static str {
        "Date"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        if let Some(date) = date.and_then(|date| DateTimeParser::new().parse_timestamp(date).ok()) {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(date);
        }
        Ok(())
    }
}
