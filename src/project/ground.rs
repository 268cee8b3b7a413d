//! What projects stand on: the domain, its units and profiles, and the projects that are there. Read once, and again
//! where somebody else may have been faster.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use aws_sdk_datazone::Client;
use aws_sdk_datazone::operation::get_environment::GetEnvironmentOutput;
use aws_sdk_datazone::operation::get_project::GetProjectOutput;
use aws_sdk_datazone::types::{EnvironmentSummary, ProjectSummary};

use crate::aws::Session;
use crate::aws::error::{AwsError, Class};
use crate::domain::Studio;
use crate::domain::survey::{self, Domain};
use crate::error::{Error, Result};
use crate::plan::Given;
use crate::profile::ground::{APPLY_THE_DOMAIN, find_domain, find_units};

/// What projects stand on.
pub(crate) struct Ground<'w> {
    pub studio: Studio<'w>,
    /// The administrator in the governance account.
    pub session: Session,
    pub domain: Domain,
    units: BTreeMap<String, String>,
    /// Ids of the domain's profiles, by name.
    profiles: BTreeMap<String, String>,
    projects: RefCell<Vec<ProjectSummary>>,
}

impl<'w> Ground<'w> {
    pub async fn look(studio: Studio<'w>) -> Result<Rc<Self>> {
        let session = studio.session(studio.governance()).await?;
        let domain = find_domain(&studio, &session).await?;
        let profiles = survey::profiles(&session, &domain).await?;
        Ok(Rc::new(Ground {
            units: find_units(&studio, &session.datazone(), &domain).await?,
            profiles: profiles.iter().map(|known| (known.name().to_owned(), known.id().to_owned())).collect(),
            projects: RefCell::new(survey::projects(&session, &domain).await?),
            studio,
            session,
            domain,
        }))
    }

    /// The domain, for plans of what is in it.
    pub fn given(&self) -> Given {
        Given::there(self.studio.domain(), "the project is in it").knowing("id", &self.domain.id)
    }

    pub fn client(&self) -> Client {
        self.session.datazone()
    }

    /// Id of the unit of a tenant.
    pub fn unit(&self, tenant: &str) -> Result<&str> {
        let unit = self.units.get(tenant).map(String::as_str);
        unit.ok_or_else(|| Error::failed(format!("the domain has no unit for tenant {tenant}")).hint(APPLY_THE_DOMAIN))
    }

    /// The tenant whose unit this is.
    pub fn tenant_of(&self, unit: &str) -> Option<&str> {
        self.units.iter().find(|(_, id)| *id == unit).map(|(tenant, _)| tenant.as_str())
    }

    /// Id of the domain's profile called `name`.
    pub fn profile(&self, name: &str) -> Result<&str> {
        let id = self.profiles.get(name).map(String::as_str);
        id.ok_or_else(|| {
            Error::failed(format!("the domain has no project profile {name}"))
                .hint("make it first: aiops profile apply; `aiops profile list` shows what is missing")
        })
    }

    /// Name of the domain's profile with this id.
    pub fn profile_name(&self, id: &str) -> Option<&str> {
        self.profiles.iter().find(|(_, known)| *known == id).map(|(name, _)| name.as_str())
    }

    /// The projects of the domain, as they were last listed.
    pub fn projects(&self) -> Vec<ProjectSummary> {
        self.projects.borrow().clone()
    }

    /// Id of the project called exactly `name`. What is not known is listed again.
    pub async fn project(&self, name: &str) -> Result<Option<String>> {
        let known = |projects: &[ProjectSummary]| {
            projects.iter().find(|project| project.name() == name).map(|project| project.id().to_owned())
        };
        if let Some(id) = known(&self.projects.borrow()) {
            return Ok(Some(id));
        }
        let listed = survey::projects(&self.session, &self.domain).await?;
        let id = known(&listed);
        self.projects.replace(listed);
        Ok(id)
    }

    /// Everything about a project; nothing if it is not there, or not yet, or not any more. DataZone denies what it has
    /// deleted.
    pub async fn describe(&self, id: &str) -> Result<Option<GetProjectOutput>> {
        let asked = self.client().get_project().domain_identifier(&self.domain.id).identifier(id).send().await;
        match asked.map_err(AwsError::from) {
            Ok(project) => Ok(Some(project)),
            Err(error) if matches!(error.class(), Class::NotFound | Class::Denied) => {
                self.projects.borrow_mut().retain(|known| known.id() != id);
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The environments of a project, as they are listed, and with what only asking for each tells.
    pub async fn environments(&self, project: &str) -> Result<Vec<(EnvironmentSummary, GetEnvironmentOutput)>> {
        let client = self.client();
        let list = client.list_environments().domain_identifier(&self.domain.id).project_identifier(project);
        let summaries: Vec<_> = list.into_paginator().items().send().try_collect().await.map_err(AwsError::from)?;
        let mut found = Vec::new();
        for summary in summaries {
            let Some(id) = summary.id() else { continue };
            let asked = client.get_environment().domain_identifier(&self.domain.id).identifier(id).send().await;
            let environment = asked.map_err(AwsError::from)?;
            found.push((summary, environment));
        }
        Ok(found)
    }
}
