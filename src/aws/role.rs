//! Becoming a role in another account, with the human's name attached.
//!
//! The SDK's own provider cannot set `SourceIdentity`, which is what four-eyes and CloudTrail rest on, so this one calls
//! `AssumeRole` itself. The SDK's identity cache decides when to renew.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, future};
use aws_sdk_sts::types::Tag;

use super::error::{AwsError, Class};
use crate::error::Error;
use crate::landscape::RoleToAssume;

/// How sessions are opened, whatever the role.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub session_name: String,
    pub source_identity: Option<String>,
    pub duration: Duration,
    pub tags: Vec<(String, String)>,
}

/// Credentials of an assumed role.
#[derive(Debug)]
pub(super) struct AssumedRole {
    sts: aws_sdk_sts::Client,
    role: RoleToAssume,
    terms: Terms,
    /// The first credentials, fetched when the session was opened so that a refusal is met early and in full.
    first: Mutex<Option<Credentials>>,
}

impl AssumedRole {
    /// Assumes `role` with the credentials behind `sts`.
    pub async fn assume(sts: aws_sdk_sts::Client, role: RoleToAssume, terms: Terms) -> Result<Self, Error> {
        let assumed = AssumedRole { sts, role, terms, first: Mutex::new(None) };
        let credentials = assumed.fetch().await.map_err(|error| assumed.explain(error))?;
        *assumed.first.lock().unwrap_or_else(PoisonError::into_inner) = Some(credentials);
        Ok(assumed)
    }

    async fn fetch(&self) -> Result<Credentials, AwsError> {
        let tags = self.terms.tags.iter().filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok());
        let output = self
            .sts
            .assume_role()
            .role_arn(&self.role.arn)
            .role_session_name(&self.terms.session_name)
            .set_source_identity(self.terms.source_identity.clone())
            .set_external_id(self.role.external_id.clone())
            .set_tags(Some(tags.collect()).filter(|tags: &Vec<Tag>| !tags.is_empty()))
            .duration_seconds(i32::try_from(self.terms.duration.as_secs()).unwrap_or(i32::MAX))
            .send()
            .await?;
        let credentials = output.credentials();
        let expires = credentials.map(|found| found.expiration()).and_then(|at| SystemTime::try_from(*at).ok());
        let (key, secret, token) = credentials
            .map_or(("", "", ""), |found| (found.access_key_id(), found.secret_access_key(), found.session_token()));
        Ok(Credentials::new(key, secret, Some(token.to_owned()), expires, "AssumeRole"))
    }

    fn explain(&self, error: AwsError) -> Error {
        let headline = format!("cannot assume {}", self.role.arn);
        if error.class() != Class::Denied {
            return Error::from(error).context(headline);
        }
        let request_id = error.request_id().map(str::to_owned);
        Error::denied(headline).because(error).request_id(request_id).hint(
            "the role must exist and trust you: its trust policy has to allow sts:AssumeRole, sts:SetSourceIdentity \
             (and sts:TagSession with tags) to your principal, with the external id of aiops.yaml if it asks for one",
        )
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
        future::ProvideCredentials::new(async move {
            match first {
                Some(credentials) => Ok(credentials),
                None => self.fetch().await.map_err(CredentialsError::provider_error),
            }
        })
    }
}
