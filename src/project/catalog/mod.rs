//! The catalog of the domain, as projects use it: what they publish, and what they subscribe to.
//!
//! DataZone decides by membership: whoever acts must be a member of the project, in a role that takes part in the
//! domain. Everything is looked up by its exact name first, so that every step can be run again.

pub mod approve;
mod grants;
pub mod publish;
pub mod subscribe;

use std::time::Duration;

use aws_sdk_datazone::Client;
use aws_sdk_datazone::types::DomainStatus;
use serde::Serialize;

use crate::aws::Session;
use crate::aws::error::AwsError;
use crate::error::{Error, Result};
use crate::governance::{Persona, Stage};
use crate::landscape::Tenant;
use crate::nearest::nearest_name;
use crate::world::World;

/// The pause between two looks.
const POLL: Duration = Duration::from_secs(10);

/// Something that has an id and a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// Its id.
    pub id: String,
    /// Its name; the id, where the name may not be seen.
    pub name: String,
}

/// The catalog, seen from an account.
pub(crate) struct Catalog<'w> {
    world: &'w World<'w>,
    client: Client,
    domain: String,
}

impl<'w> Catalog<'w> {
    /// The catalog, seen from the account of a tenant's stage by those who work there.
    pub async fn open(world: &'w World<'w>, tenant: &Tenant, stage: Stage) -> Result<Self> {
        let place = tenant.stage(stage);
        let session = world.session(place, Persona::DataScientist).await?;
        let name = &world.config.domain.name;
        Self::find(world, &session).await?.ok_or_else(|| {
            Error::failed(format!("account {} sees no domain {name}", place.account))
                .hint("`aiops domain show` says which accounts are associated; `aiops domain apply` associates them")
        })
    }

    /// The catalog, if the session's account sees the domain.
    pub async fn find(world: &'w World<'w>, session: &Session) -> Result<Option<Self>> {
        let client = session.datazone();
        let owner = &world.landscape.governance().account;
        let mut pages = client.list_domains().into_paginator().items().send();
        while let Some(domain) = pages.next().await {
            let domain = domain.map_err(AwsError::from)?;
            let is_ours = domain.name() == world.config.domain.name.as_str()
                && domain.managed_account_id() == owner.as_str()
                && *domain.status() == DomainStatus::Available;
            if is_ours {
                let domain = domain.id().to_owned();
                return Ok(Some(Catalog { world, client, domain }));
            }
        }
        Ok(None)
    }

    /// The projects whose name has `part` in it, whoever may use them.
    async fn projects(&self, part: &str) -> Result<Vec<Named>> {
        let request = self.client.list_projects().domain_identifier(&self.domain).name(part);
        let mut pages = request.into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(project) = pages.next().await {
            let project = project.map_err(AwsError::from)?;
            found.push(Named { id: project.id().to_owned(), name: project.name().to_owned() });
        }
        Ok(found)
    }

    /// The project of a tenant in a stage.
    async fn project(&self, tenant: &Tenant, project: &str, stage: Stage) -> Result<Named> {
        let name = tenant.project_name(project, stage);
        if let Some(found) = self.projects(&name).await?.into_iter().find(|known| known.name == name) {
            return Ok(found);
        }
        let error = Error::usage(format!("there is no project {name}"));
        let known = self.projects(&format!("{}-", tenant.name)).await?;
        Err(match nearest_name(&name, known.iter().map(|known| known.name.as_str())) {
            Some(nearest) => error.hint(format!("did you mean {nearest}?")),
            None => error
                .hint("DataZone shows a project to those who take part in the domain; `aiops domain show` counts them"),
        })
    }

    /// The name of a project; its id, where it may not be seen.
    async fn named(&self, id: &str) -> Named {
        let read = self.client.get_project().domain_identifier(&self.domain).identifier(id).send().await;
        Named { id: id.to_owned(), name: read.map_or_else(|_| id.to_owned(), |project| project.name) }
    }
}
