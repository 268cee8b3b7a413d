//! Plan, apply and delete: walks over the domain's resources.

use std::time::Duration;

use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::survey::{self, Domain};
use super::{Studio, account, resources};
use crate::aws::Session;
use crate::aws::error::{AwsError, Class};
use crate::aws::poll::{Look, Patience, until};
use crate::error::{Error, Result};
use crate::plan::{self, Action, Address, Facts, Found, Plan, Resource, Walk};

/// How long a project may take to go, with everything that its environments made.
const PROJECT_GOES_WITHIN: Patience =
    Patience { interval: Duration::from_secs(15), deadline: Duration::from_secs(45 * 60) };

impl<'w> Studio<'w> {
    /// How to walk a plan in this world.
    pub fn walk(&self) -> Walk<'w> {
        Walk {
            clock: self.world.clock,
            progress: self.world.progress,
            lanes: self.world.config.concurrency.accounts,
            look_within: self.world.config.concurrency.account_timeout,
        }
    }
}

/// What would have to be done. What can be known to fail is refused before anybody is asked.
pub async fn plan(studio: &Studio<'_>) -> Result<Plan> {
    account::check(*studio)?;
    Ok(plan::look(&resources(studio).await?, &Facts::default(), &studio.walk()).await)
}

/// Does it.
pub async fn apply(studio: &Studio<'_>) -> Result<Plan> {
    account::check(*studio)?;
    Ok(plan::apply(&resources(studio).await?, &Facts::default(), &studio.walk()).await)
}

/// What belongs to one account, and what that needs; with `acts`, it is done.
pub async fn associate(studio: &Studio<'_>, account: &str, acts: bool) -> Result<Plan> {
    account::check(*studio)?;
    let part = plan::narrowed(resources(studio).await?, |address| address.account == account);
    let (facts, walk) = (Facts::default(), studio.walk());
    Ok(if acts { plan::apply(&part, &facts, &walk).await } else { plan::look(&part, &facts, &walk).await })
}

/// What a deletion would remove and leave, projects first; with `acts`, it does so.
pub async fn delete(studio: &Studio<'_>, acts: bool) -> Result<Plan> {
    dismantle(studio, &resources(studio).await?, acts).await
}

/// Removes what these resources stand for, and the projects of the domain before them.
pub(super) async fn dismantle(studio: &Studio<'_>, resources: &[Box<dyn Resource + '_>], acts: bool) -> Result<Plan> {
    let walk = studio.walk();
    let facts = Facts::default();
    let there = plan::look(resources, &facts, &walk).await;
    let ours =
        |step: &&plan::Outcome| step.address == studio.domain() && matches!(step.action, Action::Keep | Action::Change);
    let session = studio.session(studio.governance()).await?;
    let projects = match there.steps.iter().find(ours) {
        Some(_) => projects(studio, &session).await?,
        None => Vec::new(),
    };
    let mut whole =
        if acts { plan::apply(&projects, &facts, &walk).await } else { plan::look(&projects, &facts, &walk).await };
    if whole.failures().next().is_some() {
        // Without the domain and its roles, what projects left behind could not be removed any more.
        return Ok(whole);
    }
    let removals = plan::dismantled(resources);
    let rest =
        if acts { plan::apply(&removals, &facts, &walk).await } else { plan::look(&removals, &facts, &walk).await };
    whole.steps.extend(rest.steps);
    Ok(whole)
}

/// The projects of the domain, to be gone.
async fn projects<'w>(studio: &Studio<'w>, session: &Session) -> Result<Vec<Box<dyn Resource + 'w>>> {
    let name = studio.world.config.domain.name.to_string();
    let mut found: Vec<Box<dyn Resource + 'w>> = Vec::new();
    for domain in survey::domains(session, &name).await? {
        for project in survey::projects(session, &domain).await? {
            found.push(Box::new(Project {
                studio: *studio,
                session: session.clone(),
                domain: domain.clone(),
                id: project.id().to_owned(),
                name: project.name().to_owned(),
            }));
        }
    }
    Ok(found)
}

/// A project that is to be gone.
struct Project<'w> {
    studio: Studio<'w>,
    session: Session,
    domain: Domain,
    id: String,
    name: String,
}

impl Project<'_> {
    /// Its state; none once it is gone. DataZone denies what it has deleted.
    async fn status(&self) -> Result<Option<String>> {
        let read = self.session.datazone().get_project().domain_identifier(&self.domain.id).identifier(&self.id).send();
        match read.await.map_err(AwsError::from) {
            Ok(project) => Ok(Some(project.project_status().map_or("ACTIVE", |status| status.as_str()).to_owned())),
            Err(error) if matches!(error.class(), Class::NotFound | Class::Denied) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Resource for Project<'_> {
    fn address(&self) -> Address {
        Address::new(&self.studio.governance().account, "project", self.name.clone())
    }

    fn reason(&self) -> String {
        "in the domain, with all its environments".to_owned()
    }

    fn look<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move { Ok(if self.status().await?.is_some() { Found::Unwanted } else { Found::Same }) }.boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let client = self.session.datazone();
            let delete = client.delete_project().domain_identifier(&self.domain.id).identifier(&self.id);
            match delete.skip_deletion_check(true).send().await.map_err(AwsError::from) {
                Ok(_) => {}
                Err(error) if error.class() == Class::NotFound => return Ok(()),
                Err(error) => return Err(error.into()),
            }
            let world = self.studio.world;
            let task = world.progress.start(&format!("project {}", self.name));
            until(world.clock, PROJECT_GOES_WITHIN, &format!("project {}", self.name), &*task, async || {
                Ok(match self.status().await? {
                    None => Look::Done(()),
                    Some(status) if status == "DELETE_FAILED" => {
                        return Err(Error::failed(format!("project {} cannot be deleted", self.name))
                            .hint("the portal says why; remove what is in the way and run the same command again"));
                    }
                    Some(status) => Look::Pending(status),
                })
            })
            .await
        }
        .boxed_local()
    }
}
