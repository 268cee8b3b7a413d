//! Sharing within the organization, without invitations.

use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::Studio;
use crate::aws::error::AwsError;
use crate::error::{Error, Result};
use crate::landscape::Place;
use crate::plan::{Address, Facts, Farewell, Found, Resource};

/// RAM, as Organizations knows it.
const RAM: &str = "ram.amazonaws.com";

/// That RAM may share between the accounts of the organization.
///
/// Organizations tells whether RAM has access to it. RAM has no operation that tells whether it uses it, so that access
/// which somebody gave past RAM (`organizations enable-aws-service-access`) looks like sharing that is on.
pub struct OrganizationSharing<'w> {
    studio: Studio<'w>,
}

impl<'w> OrganizationSharing<'w> {
    /// Where the configuration wants it, the resource.
    pub fn wanted(studio: Studio<'w>) -> Option<Self> {
        studio.world.config.domain.organization_sharing.then_some(OrganizationSharing { studio })
    }

    fn place(&self) -> &'w Place {
        self.studio.world.landscape.management()
    }
}

impl Resource for OrganizationSharing<'_> {
    fn address(&self) -> Address {
        self.studio.organization_sharing()
    }

    fn reason(&self) -> String {
        "accounts are associated without an invitation".to_owned()
    }

    fn look<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let organizations = self.studio.session(self.place()).await?.organizations();
            let mut pages = organizations.list_aws_service_access_for_organization().into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page.map_err(|error| no_organization(AwsError::from(error)))?;
                if page.enabled_service_principals().iter().any(|one| one.service_principal() == Some(RAM)) {
                    return Ok(Found::Same);
                }
            }
            Ok(Found::Absent)
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let ram = self.studio.session(self.place()).await?.ram();
            ram.enable_sharing_with_aws_organization().send().await.map_err(AwsError::from)?;
            Ok(())
        }
        .boxed_local()
    }

    fn farewell(&self) -> Farewell {
        Farewell::Stays("others in the organization may share by it, too")
    }
}

fn no_organization(error: AwsError) -> Error {
    let alone = error.code() == "AWSOrganizationsNotInUseException";
    let error = Error::from(error);
    if alone {
        return error.hint("without an organization, write `organization-sharing: false` under `domain` in aiops.yaml");
    }
    error.hint("`management` in aiops.yaml names the account that may read and change the organization")
}
