//! The end of a project: its workspaces go, with all that their environments made; the rest is told, and stays.

use std::rc::Rc;

use super::create::{around, seats};
use super::find::{Stationed, find};
use super::ground::Ground;
use super::hosting::Hosting;
use super::oidc;
use super::order::Order;
use super::repository::Repository;
use super::workspace;
use crate::domain::project::Project;
use crate::domain::{Studio, is_ours};
use crate::error::Result;
use crate::plan::{self, Facts, Given, Plan, Resource};

/// What a deletion would remove and leave; with `acts`, it does so. Repositories are told where a host can be asked.
pub async fn delete(
    studio: &Studio<'_>,
    (name, tenant): (&str, Option<&str>),
    hosting: Option<&Hosting>,
    acts: bool,
) -> Result<Plan> {
    let ground = Ground::look(*studio).await?;
    let project = find(&ground, name, tenant).await?;
    let (facts, walk) = (Facts::default(), studio.walk());
    let order = project.profile.map(|profile| Rc::new(Order::new(project.tenant, project.name.clone(), profile)));
    let mut rest: Vec<Box<dyn Resource + '_>> = order.iter().flat_map(|order| around(studio, order, None)).collect();
    // The provider of tokens is every project's; the role is this one's.
    rest.extend(oidc::resources(*studio, project.tenant, project.name.as_str(), Vec::new()));
    plan::look(&rest, &facts, &walk).await;
    let repositories: Vec<Box<dyn Resource + '_>> = order
        .iter()
        .flat_map(|order| seats(studio, order, hosting))
        .map(|seat| Box::new(Repository(seat)) as Box<dyn Resource>)
        .collect();
    let mut workspaces: Vec<Box<dyn Resource + '_>> = Vec::new();
    for stationed in &project.workspaces {
        let Stationed { id, name, details, .. } = stationed;
        let (session, domain) = (ground.session.clone(), ground.domain.clone());
        workspaces.push(match is_ours(details.description()) {
            true => Box::new(Project { studio: *studio, session, domain, id: id.clone(), name: name.clone() }),
            false => Box::new(Given::left(workspace::named(&ground, name), "made by others: delete it in the portal")),
        });
    }
    let removals = plan::dismantled(&rest);
    // They stay, so one whose host does not answer is in nobody's way.
    let kept = plan::look(&plan::dismantled(&repositories), &facts, &walk).await;
    if !acts {
        let mut whole = plan::look(&workspaces, &facts, &walk).await;
        whole.steps.extend(plan::look(&removals, &facts, &walk).await.steps);
        whole.steps.extend(kept.steps);
        return Ok(whole);
    }
    // By its workspaces a project is found: as long as anything of it is there, they are.
    let around = plan::apply(&removals, &facts, &walk).await;
    if around.failures().next().is_some() {
        return Ok(around);
    }
    let mut whole = plan::apply(&workspaces, &facts, &walk).await;
    whole.steps.extend(around.steps);
    whole.steps.extend(kept.steps);
    Ok(whole)
}
