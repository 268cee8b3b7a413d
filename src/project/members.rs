//! Who works in a project: told, and changed in all of its workspaces at once.

use std::collections::BTreeMap;

use serde::Serialize;

use super::find::{Project, find};
use super::ground::Ground;
use super::member::{self, Membership};
use super::order::Designation;
use super::workspace;
use crate::config::Principal;
use crate::domain::{self, Studio, survey};
use crate::error::Result;
use crate::plan::{self, Facts, Plan, Resource};

/// A member of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Known {
    /// Who: as aiops.yaml would name them, or by id.
    pub who: String,
    /// What they may do, by the workspace.
    pub designations: BTreeMap<String, String>,
}

/// The members of a project.
pub async fn list(studio: &Studio<'_>, name: &str, tenant: Option<&str>) -> Result<Vec<Known>> {
    let ground = Ground::look(*studio).await?;
    of(&ground, &find(&ground, name, tenant).await?).await
}

/// The members of all workspaces of a project.
pub(super) async fn of(ground: &Ground<'_>, project: &Project<'_>) -> Result<Vec<Known>> {
    let mut by_id: BTreeMap<String, (bool, BTreeMap<String, String>)> = BTreeMap::new();
    for workspace in &project.workspaces {
        for member in member::list(ground, &workspace.id).await? {
            let Some(id) = member::id(&member) else { continue };
            let (_, designations) =
                by_id.entry(id.to_owned()).or_insert_with(|| (member::is_group(&member), BTreeMap::new()));
            designations.insert(workspace.name.clone(), member::word(&member));
        }
    }
    let mut known = Vec::new();
    for (id, (group, designations)) in by_id {
        let who = match group {
            true => survey::group_title(&ground.session, &ground.domain, &id).await,
            false => survey::user_title(&ground.session, &ground.domain, &id).await,
        };
        known.push(Known { who, designations });
    }
    known.sort_by(|a, b| a.who.cmp(&b.who));
    Ok(known)
}

/// What it takes for these people to be members of a project as `wanted` says, or none any more; with `acts`, it is done.
pub async fn change(
    studio: &Studio<'_>,
    (name, tenant): (&str, Option<&str>),
    people: &[Principal],
    wanted: Option<Designation>,
    acts: bool,
) -> Result<Plan> {
    let ground = Ground::look(*studio).await?;
    let project = find(&ground, name, tenant).await?;
    let mut resources: Vec<Box<dyn Resource + '_>> = vec![Box::new(ground.given())];
    let reason = format!("member of {}", project.name);
    resources.extend(domain::participants(*studio, people.iter().map(|who| (who.clone(), reason.clone()))));
    for stationed in &project.workspaces {
        let workspace = workspace::named(&ground, &stationed.name);
        resources.push(Box::new(workspace::given(workspace.clone(), &stationed.id)));
        for who in people {
            let (ground, workspace, who) = (ground.clone(), workspace.clone(), who.clone());
            resources.push(Box::new(Membership { ground, workspace, who, wanted }));
        }
    }
    let (facts, walk) = (Facts::default(), studio.walk());
    Ok(if acts { plan::apply(&resources, &facts, &walk).await } else { plan::look(&resources, &facts, &walk).await })
}
