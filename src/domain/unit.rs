//! Domain units: one for each tenant, below the root unit. And those of tenants that are gone.

use aws_sdk_datazone::Client;
use aws_sdk_datazone::operation::get_domain_unit::GetDomainUnitOutput;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::{OURS, ROOT, Studio, is_ours, marked};
use crate::aws::error::{AwsError, Class, existing};
use crate::config::Tenant;
use crate::error::{Error, Result};
use crate::plan::{Address, Difference, Facts, Found, Resource};

/// The unit of a tenant. Facts: `id`, and [`OURS`].
pub(super) struct Unit<'w> {
    studio: Studio<'w>,
    tenant: &'w Tenant,
}

impl<'w> Unit<'w> {
    pub fn new(studio: Studio<'w>, tenant: &'w Tenant) -> Self {
        Unit { studio, tenant }
    }

    fn title(&self) -> Option<&str> {
        self.tenant.title.as_ref().map(|title| title.as_str())
    }

    async fn find(&self, client: &Client, domain: &str, root: &str) -> Result<Option<GetDomainUnitOutput>> {
        let name = self.tenant.name.as_str();
        match below(client, domain, root).await?.into_iter().find(|(_, known)| known == name) {
            Some((id, _)) => get(client, domain, &id).await,
            None => Ok(None),
        }
    }
}

impl Resource for Unit<'_> {
    fn address(&self) -> Address {
        self.studio.unit(self.tenant.name.as_str())
    }

    fn needs(&self) -> Vec<Address> {
        vec![self.studio.owners(ROOT)]
    }

    fn reason(&self) -> String {
        format!("everything of {} is in it", self.tenant.name)
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let Some((domain, root)) = self.studio.inside(facts) else { return Ok(Found::Absent) };
            let client = self.studio.session(self.studio.governance()).await?.datazone();
            let Some(unit) = self.find(&client, &domain, &root).await? else { return Ok(Found::Absent) };
            let address = self.address();
            facts.set(&address, "id", unit.id());
            let difference = |desired: &str| Difference::between("description", unit.description(), desired);
            if is_ours(unit.description()) {
                facts.set(&address, OURS, "yes");
                return Ok(match difference(&marked(self.title())) {
                    Some(difference) => Found::Different(vec![difference]),
                    None => Found::Same,
                });
            }
            Ok(Found::Foreign(self.title().and_then(difference).into_iter().collect()))
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, found: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let domain = facts.need(&self.studio.domain(), "id")?;
            let client = self.studio.session(self.studio.governance()).await?.datazone();
            let description = marked(self.title());
            if *found != Found::Absent {
                let id = facts.need(&self.address(), "id")?;
                let request = client.update_domain_unit().domain_identifier(domain).identifier(id);
                request.description(description).send().await.map_err(AwsError::from)?;
                return Ok(());
            }
            let request = client
                .create_domain_unit()
                .domain_identifier(domain)
                .parent_domain_unit_identifier(facts.need(&self.studio.domain(), "root-unit")?)
                .name(self.tenant.name.as_str())
                .description(description);
            match request.send().await.map_err(AwsError::from) {
                // Made by a call whose answer was lost, or by others: the next look tells.
                Err(error) if matches!(error.class(), Class::Conflict | Class::AlreadyExists) => Ok(()),
                outcome => Ok(outcome.map(drop)?),
            }
        }
        .boxed_local()
    }
}

/// A unit that aiops made, of a tenant that is not in the configuration any more.
pub(super) struct Retired<'w> {
    studio: Studio<'w>,
    id: String,
    name: String,
}

impl<'w> Retired<'w> {
    /// All units of this kind, if whoever acts may look at the domain.
    pub async fn all(studio: Studio<'w>, client: &Client, domain: &str, root: &str) -> Result<Vec<Self>> {
        let is_known = |name: &str| studio.world.config.tenants.iter().any(|tenant| tenant.name.as_str() == name);
        let units = match below(client, domain, root).await {
            // They are not an owner yet; what is in the way of that is another's to tell.
            Err(error) if AwsError::refused(&error) => return Ok(Vec::new()),
            outcome => outcome?,
        };
        let mut found = Vec::new();
        for (id, name) in units.into_iter().filter(|(_, name)| !is_known(name)) {
            if get(client, domain, &id).await?.is_some_and(|unit| is_ours(unit.description())) {
                found.push(Retired { studio, id, name });
            }
        }
        Ok(found)
    }

    /// What keeps the unit from being removed.
    async fn contents(&self, client: &Client, domain: &str) -> Result<Option<String>> {
        let units = below(client, domain, &self.id).await?;
        if !units.is_empty() {
            return Ok(Some(format!("{} domain units below it", units.len())));
        }
        let mut projects = client.list_projects().domain_identifier(domain).into_paginator().items().send();
        while let Some(project) = projects.next().await {
            let project = project.map_err(AwsError::from)?;
            if project.domain_unit_id() == Some(&self.id) {
                return Ok(Some(format!("projects in it, such as {}", project.name())));
            }
        }
        let mut profiles = client.list_project_profiles().domain_identifier(domain).into_paginator().items().send();
        while let Some(profile) = profiles.next().await {
            let profile = profile.map_err(AwsError::from)?;
            if profile.domain_unit_id() == Some(&self.id) {
                return Ok(Some(format!("project profiles in it, such as {}", profile.name())));
            }
        }
        Ok(None)
    }
}

impl Resource for Retired<'_> {
    fn address(&self) -> Address {
        self.studio.unit(&self.name)
    }

    fn needs(&self) -> Vec<Address> {
        vec![self.studio.owners(ROOT)]
    }

    fn reason(&self) -> String {
        format!("there is no tenant {} any more", self.name)
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let Some((domain, _)) = self.studio.inside(facts) else { return Ok(Found::Same) };
            let client = self.studio.session(self.studio.governance()).await?.datazone();
            if get(&client, &domain, &self.id).await?.is_none() {
                return Ok(Found::Same);
            }
            Ok(match self.contents(&client, &domain).await? {
                Some(contents) => Found::Leftover(format!("{}, but there are still {contents}", self.reason())),
                None => Found::Unwanted,
            })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let domain = facts.need(&self.studio.domain(), "id")?;
            let client = self.studio.session(self.studio.governance()).await?.datazone();
            let request = client.delete_domain_unit().domain_identifier(domain).identifier(&self.id);
            match request.send().await.map_err(AwsError::from) {
                Err(error) if error.class() == Class::NotFound => Ok(()),
                Err(error) if error.class() == Class::Conflict => {
                    Err(Error::from(error).hint("something has just come into it: `plan` shows what"))
                }
                outcome => Ok(outcome.map(drop)?),
            }
        }
        .boxed_local()
    }
}

/// Id and name of the units right below one.
async fn below(client: &Client, domain: &str, parent: &str) -> Result<Vec<(String, String)>> {
    let request = client.list_domain_units_for_parent().domain_identifier(domain).parent_domain_unit_identifier(parent);
    let mut units = request.into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(unit) = units.next().await {
        let unit = unit.map_err(AwsError::from)?;
        found.push((unit.id, unit.name));
    }
    Ok(found)
}

async fn get(client: &Client, domain: &str, id: &str) -> Result<Option<GetDomainUnitOutput>> {
    let request = client.get_domain_unit().domain_identifier(domain).identifier(id);
    existing(request.send().await.map_err(AwsError::from))
}
