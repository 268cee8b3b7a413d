//! Plan, apply and delete: walks over the domain's resources.

use super::project::Project;
use super::{Studio, account, resources, survey};
use crate::aws::Session;
use crate::error::Result;
use crate::plan::{self, Action, Facts, Plan, Resource, Walk};

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
