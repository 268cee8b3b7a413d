//! Which project somebody means.

use aws_sdk_datazone::operation::get_project::GetProjectOutput;
use aws_sdk_datazone::types::ProjectSummary;

use super::ground::Ground;
use crate::config::domain::Profile;
use crate::error::{Error, Result};
use crate::governance::Stage;
use crate::landscape::Tenant;
use crate::nearest::nearest_name;
use crate::project_name::ProjectName;
use crate::world::World;

/// A project that is there.
pub struct Project<'w> {
    /// Its name.
    pub name: ProjectName,
    /// Whose it is.
    pub tenant: &'w Tenant,
    /// The profile of aiops.yaml that it was made from, if it is one of it.
    pub profile: Option<&'w Profile>,
    /// Its workspaces, dev first.
    pub workspaces: Vec<Stationed>,
}

/// A workspace of a project.
#[derive(Clone, Debug)]
pub struct Stationed {
    /// The stage, if the profile says one.
    pub stage: Option<Stage>,
    /// What DataZone calls it.
    pub name: String,
    /// Its id.
    pub id: String,
    /// What AWS knows of it.
    pub details: GetProjectOutput,
}

/// What a profile of the domain is in aiops.yaml.
pub(crate) struct Origin<'w> {
    pub tenant: &'w Tenant,
    pub profile: &'w Profile,
    pub stage: Stage,
}

/// What the domain's profile called `name` is in aiops.yaml, if anything.
pub(crate) fn origin<'w>(world: &World<'w>, name: &str) -> Option<Origin<'w>> {
    for profile in &world.config.profiles {
        for tenant in world.landscape.tenants() {
            let is_it = |stage: &Stage| tenant.profile_name(profile.name.as_str(), *stage) == name;
            if let Some(stage) = Stage::ALL.into_iter().find(is_it) {
                return Some(Origin { tenant, profile, stage });
            }
        }
    }
    None
}

/// The name of the project whose workspace in a stage of `tenant` is called so, by convention.
pub(crate) fn by_convention(tenant: &Tenant, workspace: &str) -> Option<(ProjectName, Stage)> {
    Stage::ALL.into_iter().find_map(|stage| {
        let inner = workspace.strip_prefix(&tenant.name)?.strip_prefix('-')?;
        let name = inner.strip_suffix(stage.word())?.strip_suffix('-')?.parse::<ProjectName>().ok()?;
        // Of `a` and `a-b`, `a-b-c-dev` may be either's; what it was made from decides then.
        (tenant.project_name(name.as_str(), stage) == workspace).then_some((name, stage))
    })
}

/// The project called `name`, of `tenant` or of the only tenant that has one.
pub(crate) async fn find<'w>(ground: &Ground<'w>, name: &str, tenant: Option<&str>) -> Result<Project<'w>> {
    let projects = of(ground, candidates(ground, name), tenant).await?;
    let is_meant = |project: &Project<'w>| {
        project.name.as_str() == name || project.workspaces.iter().any(|workspace| workspace.name == name)
    };
    let mut meant: Vec<Project<'w>> = projects.into_iter().filter(is_meant).collect();
    if meant.len() > 1 {
        let tenants: Vec<&str> = meant.iter().map(|project| project.tenant.name.as_str()).collect();
        return Err(Error::usage(format!("several tenants have a project {name}: {}", tenants.join(", ")))
            .hint(format!("say whose: --tenant {}", tenants.first().copied().unwrap_or_default())));
    }
    if let Some(found) = meant.pop() {
        return Ok(found);
    }
    let known: Vec<String> = of_tenant(ground, tenant).await?.iter().map(|project| project.name.to_string()).collect();
    let error = Error::usage(format!("there is no project {name:?}"));
    let error = match nearest_name(name, known.iter().map(String::as_str)) {
        Some(nearest) => error.hint(format!("did you mean {nearest:?}?")),
        None => error,
    };
    Err(error.hint("`aiops project list` shows what is there"))
}

/// The workspaces that may be of the project called `name`, or one of whose is called so. A call for each tells more, and a
/// domain may have a thousand.
fn candidates(ground: &Ground<'_>, name: &str) -> Vec<ProjectSummary> {
    let tenants = ground.studio.world.landscape.tenants();
    let names = |workspace: &str| -> Vec<String> {
        let by_convention = tenants.iter().filter_map(|tenant| by_convention(tenant, workspace)).map(|(name, _)| name);
        by_convention.chain(slug(workspace)).map(|name| name.to_string()).collect()
    };
    let projects = ground.projects();
    let mut wanted = vec![name.to_owned()];
    for project in projects.iter().filter(|project| project.name() == name) {
        wanted.extend(names(project.name()));
    }
    let is_candidate = |project: &ProjectSummary| names(project.name()).iter().any(|name| wanted.contains(name));
    projects.into_iter().filter(is_candidate).collect()
}

/// The projects of one tenant, or of all.
pub(crate) async fn of_tenant<'w>(ground: &Ground<'w>, tenant: Option<&str>) -> Result<Vec<Project<'w>>> {
    of(ground, ground.projects(), tenant).await
}

/// The projects whose workspaces these are, of one tenant or of all, in the order of their names.
async fn of<'w>(
    ground: &Ground<'w>,
    workspaces: Vec<ProjectSummary>,
    wanted: Option<&str>,
) -> Result<Vec<Project<'w>>> {
    let world = ground.studio.world;
    let wanted = wanted.map(|name| world.landscape.tenant(name)).transpose()?;
    let mut found: Vec<Project<'w>> = Vec::new();
    for summary in workspaces {
        let Some(details) = ground.describe(summary.id()).await? else { continue };
        let profile = details.project_profile_id().and_then(|id| ground.profile_name(id));
        let origin = profile.and_then(|name| origin(world, name));
        let tenant = match (&origin, summary.domain_unit_id().and_then(|unit| ground.tenant_of(unit))) {
            (Some(origin), _) => origin.tenant,
            (None, Some(tenant)) => world.landscape.tenant(tenant)?,
            (None, None) => continue,
        };
        if wanted.is_some_and(|wanted| wanted.name != tenant.name) {
            continue;
        }
        let named = by_convention(tenant, summary.name());
        let stage = origin.as_ref().map(|origin| origin.stage).or(named.as_ref().map(|(_, stage)| *stage));
        let Some(name) = named.map(|(name, _)| name).or_else(|| slug(summary.name())) else { continue };
        let workspace = Stationed { stage, name: summary.name().to_owned(), id: summary.id().to_owned(), details };
        match found.iter_mut().find(|known| known.tenant.name == tenant.name && known.name == name) {
            Some(known) => {
                known.workspaces.push(workspace);
                known.profile = known.profile.or(origin.map(|origin| origin.profile));
            }
            None => {
                let profile = origin.map(|origin| origin.profile);
                found.push(Project { name, tenant, profile, workspaces: vec![workspace] });
            }
        }
    }
    for project in &mut found {
        project.workspaces.sort_by_key(|workspace| workspace.stage.map(|stage| stage as u8));
    }
    found.sort_by(|a, b| (&a.tenant.name, &a.name).cmp(&(&b.tenant.name, &b.name)));
    Ok(found)
}

/// What a project that somebody named freely is called in names: lower case, hyphens for all else.
fn slug(name: &str) -> Option<ProjectName> {
    let words = name.to_lowercase();
    let words: Vec<&str> = words.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-").parse().ok()
}
