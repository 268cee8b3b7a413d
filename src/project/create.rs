//! A project whole: what it consists of, as resources of a [`crate::plan`].

use std::cell::RefCell;
use std::rc::Rc;

use super::connection::GitConnection;
use super::find::{Project, Stationed};
use super::ground::Ground;
use super::group::ModelGroup;
use super::hosting::Hosting;
use super::member::Membership;
use super::oidc;
use super::order::Order;
use super::repository::{CiEnvironment, CiVariables, Protected, Repository, Seat};
use super::seeded::{Seeded, seed_address};
use super::workspace::{self, Workspace};
use crate::domain::{self, Studio};
use crate::error::Result;
use crate::governance::{Registry, Stage};
use crate::plan::{self, Address, Facts, Plan, Resource};
use crate::seed::Holds;

/// What would have to be done for a project to be as it was ordered.
pub async fn plan(studio: &Studio<'_>, order: Order<'_>, hosting: Option<&Hosting>) -> Result<Plan> {
    let resources = resources(studio, order, hosting).await?;
    Ok(plan::look(&resources, &Facts::default(), &studio.walk()).await)
}

/// Does it.
pub async fn apply(studio: &Studio<'_>, order: Order<'_>, hosting: Option<&Hosting>) -> Result<Plan> {
    let resources = resources(studio, order, hosting).await?;
    Ok(plan::apply(&resources, &Facts::default(), &studio.walk()).await)
}

/// Everything that a project consists of, each thing after what it needs. Without a host it has no repositories.
async fn resources<'w>(
    studio: &Studio<'w>,
    order: Order<'w>,
    hosting: Option<&Hosting>,
) -> Result<Vec<Box<dyn Resource + 'w>>> {
    order.check()?;
    let ground = Ground::look(*studio).await?;
    ground.unit(&order.tenant.name)?;
    let order = Rc::new(order);
    let mut all: Vec<Box<dyn Resource + 'w>> = vec![Box::new(ground.given())];
    let people = order
        .members
        .iter()
        .map(|(who, designation)| (who.clone(), format!("is to be {} of {}", designation.word(), order.name)));
    all.extend(domain::participants(*studio, people));
    // Workspaces may have to be told at their creation what their repository is called.
    let seats = seats(studio, &order, hosting);
    all.extend(seats.iter().map(|seat| Box::new(Repository(seat.clone())) as Box<dyn Resource + 'w>));
    for stage in &order.stages {
        let bound = seats.first().filter(|_| order.profile.git_connection.is_some()).map(Seat::address);
        all.push(Box::new(Workspace::new(ground.clone(), order.clone(), *stage, bound)));
        let workspace = workspace::address(&ground, order.tenant, order.name.as_str(), *stage);
        all.extend(order.members.iter().map(|(who, designation)| {
            let (ground, workspace, who) = (ground.clone(), workspace.clone(), who.clone());
            Box::new(Membership { ground, workspace, who, wanted: Some(*designation) }) as Box<dyn Resource + 'w>
        }));
    }
    let in_dev = order.stages.contains(&Stage::Dev);
    let dev = in_dev.then(|| workspace::address(&ground, order.tenant, order.name.as_str(), Stage::Dev));
    all.extend(around(studio, &order, dev));
    let of_ci = ci(studio, &order, &seats);
    let role = of_ci.last().map(|role| role.address());
    all.extend(of_ci);
    for seat in seats {
        all.extend(of_repository(&ground, seat, role.clone()));
    }
    Ok(all)
}

/// Makes those repositories of a project that are missing or empty. Its workspaces are there.
pub(super) async fn begin(
    ground: &Rc<Ground<'_>>,
    project: &Project<'_>,
    seats: &[Seat<'_>],
    missing: &[Holds],
) -> Plan {
    let mut all: Vec<Box<dyn Resource + '_>> = vec![Box::new(ground.given())];
    for Stationed { stage, id, .. } in &project.workspaces {
        let Some(stage) = stage else { continue };
        let workspace = workspace::address(ground, project.tenant, project.name.as_str(), *stage);
        all.push(Box::new(workspace::given(workspace, id)));
    }
    all.extend(seats.iter().map(|seat| Box::new(Repository(seat.clone())) as Box<dyn Resource + '_>));
    let of_ci = seats.first().map(|seat| ci(&seat.studio, &seat.order, seats)).unwrap_or_default();
    let role = of_ci.last().map(|role| role.address());
    all.extend(of_ci);
    for seat in seats.iter().filter(|seat| missing.contains(&seat.holds)) {
        all.extend(of_repository(ground, seat.clone(), role.clone()));
    }
    plan::apply(&all, &Facts::default(), &ground.studio.walk()).await
}

/// The repositories of a project.
pub(super) fn seats<'w>(studio: &Studio<'w>, order: &Rc<Order<'w>>, hosting: Option<&Hosting>) -> Vec<Seat<'w>> {
    let Some(hosting) = hosting else { return Vec::new() };
    let seat = |holds: &Holds| Seat { studio: *studio, order: order.clone(), hosting: hosting.clone(), holds: *holds };
    Holds::of(studio.world.config.git.layout).iter().map(seat).collect()
}

/// What lets CI of these repositories into AWS: last the role that it takes.
fn ci<'w>(studio: &Studio<'w>, order: &Order<'w>, seats: &[Seat<'w>]) -> Vec<Box<dyn Resource + 'w>> {
    let repository = |seat: &Seat<'w>| {
        let stages = [Stage::Test, Stage::Prod].map(|stage| stage.word().to_owned());
        let environments = if seat.holds.deploy() { stages.to_vec() } else { Vec::new() };
        oidc::Repository { address: seat.address(), builds: seat.holds.build(), environments }
    };
    if seats.is_empty() {
        return Vec::new();
    }
    oidc::resources(*studio, order.tenant, order.name.as_str(), seats.iter().map(repository).collect())
}

/// What a repository has and needs, besides being there.
fn of_repository<'w>(ground: &Rc<Ground<'w>>, seat: Seat<'w>, ci_role: Option<Address>) -> Vec<Box<dyn Resource + 'w>> {
    let seeded = seed_address(&seat);
    let mut all: Vec<Box<dyn Resource + 'w>> = Vec::new();
    // Workflows run with the first push: what they need comes before it.
    let git = seat.git();
    if !git.variables.is_empty() {
        all.push(Box::new(CiVariables { seat: seat.clone(), wanted: git.variables.clone() }));
    }
    if seat.holds.deploy() {
        for stage in [Stage::Test, Stage::Prod] {
            all.push(Box::new(CiEnvironment { seat: seat.clone(), stage, refused: RefCell::default() }));
        }
    }
    all.push(Box::new(Seeded { seat: seat.clone(), ground: ground.clone(), ci_role }));
    all.push(Box::new(Protected { seat: seat.clone(), seeded, refused: RefCell::default() }));
    if let Some(over) = &seat.order.profile.git_connection {
        for stage in seat.order.stages.iter().filter(|stage| **stage == Stage::Dev) {
            all.push(Box::new(GitConnection {
                ground: ground.clone(),
                order: seat.order.clone(),
                stage: *stage,
                holds: seat.holds,
                over: over.clone(),
                refused: RefCell::default(),
            }));
        }
    }
    all
}

/// What a project has besides its workspaces.
pub(super) fn around<'w>(
    studio: &Studio<'w>,
    order: &Rc<Order<'w>>,
    dev: Option<Address>,
) -> Vec<Box<dyn Resource + 'w>> {
    let mut all: Vec<Box<dyn Resource + 'w>> = Vec::new();
    if order.has_models() {
        for (registry, workspace) in [(Registry::Dev, dev), (Registry::Central, None)] {
            all.push(Box::new(ModelGroup::new(*studio, order.clone(), registry, workspace)));
        }
    }
    all
}
