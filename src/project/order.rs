//! What a project is to be like, as somebody asked for it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::domain::{Profile, UseCase};
use crate::config::{AccountId, Principal};
use crate::error::{Error, Result};
use crate::governance::Stage;
use crate::landscape::{Place, Tenant};
use crate::nearest::nearest_name;
use crate::profile;
use crate::project_name::ProjectName;
use crate::seed::Holds;
use crate::world::World;

/// The most characters of an endpoint's name, which is made of tenant, project and stage.
const LONGEST: usize = 63;

/// A project that is to be there.
#[derive(Clone, Debug)]
pub struct Order<'w> {
    /// Whose it is.
    pub tenant: &'w Tenant,
    /// Its name.
    pub name: ProjectName,
    /// What it is made from.
    pub profile: &'w Profile,
    /// The stages in which it has a workspace.
    pub stages: Vec<Stage>,
    /// What it is for.
    pub description: Option<String>,
    /// Who works in it.
    pub members: Vec<(Principal, Designation)>,
    /// Values of the template's variables.
    pub answers: BTreeMap<String, serde_json::Value>,
    /// The account that its environments get where the profile takes accounts out of pools.
    pub account: Option<AccountId>,
    /// How long its environments may take.
    pub patience: Duration,
}

/// What a member of a project may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Designation {
    /// Everything in the project.
    Owner,
    /// Work in it.
    Contributor,
    /// See its catalog.
    Viewer,
    /// Subscribe for it.
    Consumer,
    /// Govern what it publishes.
    Steward,
}

impl Designation {
    /// All, the most powerful first.
    pub const ALL: [Designation; 5] = [
        Designation::Owner,
        Designation::Contributor,
        Designation::Steward,
        Designation::Consumer,
        Designation::Viewer,
    ];

    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Designation::Owner => "owner",
            Designation::Contributor => "contributor",
            Designation::Viewer => "viewer",
            Designation::Consumer => "consumer",
            Designation::Steward => "steward",
        }
    }
}

/// The tenant called `name`, or the only one.
pub fn tenant<'w>(world: &World<'w>, name: Option<&str>) -> Result<&'w Tenant> {
    match (name, world.landscape.tenants()) {
        (Some(name), _) => world.landscape.tenant(name),
        (None, [only]) => Ok(only),
        (None, several) => {
            let names: Vec<&str> = several.iter().map(|tenant| tenant.name.as_str()).collect();
            Err(Error::usage("whose project is it?").hint(format!("say so with --tenant: {}", names.join(", "))))
        }
    }
}

/// The profile of the configuration called `name`, which the tenant may use.
pub fn profile<'w>(world: &World<'w>, tenant: &Tenant, name: &str) -> Result<&'w Profile> {
    let usable: Vec<&'w Profile> =
        world.config.profiles.iter().filter(|known| profile::is_for(known, tenant)).collect();
    if let Some(found) = usable.iter().find(|known| known.name.as_str() == name) {
        return Ok(found);
    }
    let names: Vec<&str> = usable.iter().map(|known| known.name.as_str()).collect();
    if names.is_empty() {
        return Err(Error::config(format!("aiops.yaml has no profile that {} may use", tenant.name))
            .hint("describe one under `profiles`, and make it: aiops profile apply"));
    }
    let error = match world.config.profiles.iter().any(|known| known.name.as_str() == name) {
        true => Error::usage(format!("profile {name:?} is not for {}", tenant.name)),
        false => Error::usage(format!("there is no profile {name:?}")),
    };
    let error = match nearest_name(name, names.iter().copied()) {
        Some(nearest) => error.hint(format!("did you mean {nearest:?}?")),
        None => error,
    };
    Err(error.hint(format!("{} may use: {}", tenant.name, names.join(", "))))
}

/// What the repository of a project is called, without its owner.
pub(super) fn repository_name(tenant: &str, project: &str, holds: Holds) -> String {
    let name = format!("{tenant}-{project}");
    match holds {
        Holds::Both => name,
        Holds::Build => format!("{name}-build"),
        Holds::Deploy => format!("{name}-deploy"),
    }
}

impl<'w> Order<'w> {
    /// The plainest project of this name.
    pub fn new(tenant: &'w Tenant, name: ProjectName, profile: &'w Profile) -> Self {
        let has = |stage: &Stage| profile.stages.iter().any(|own| Stage::from(*own) == *stage);
        Order {
            tenant,
            name,
            profile,
            stages: Stage::ALL.into_iter().filter(has).collect(),
            description: None,
            members: Vec::new(),
            answers: BTreeMap::new(),
            account: None,
            patience: super::DEPLOYMENT_TAKES,
        }
    }

    /// Takes only these of the profile's stages.
    pub fn narrowed(mut self, wanted: &[Stage]) -> Result<Self> {
        if wanted.is_empty() {
            return Ok(self);
        }
        if let Some(stage) = wanted.iter().find(|stage| !self.stages.contains(stage)) {
            let words: Vec<&str> = self.stages.iter().map(|stage| stage.word()).collect();
            return Err(Error::usage(format!("profile {} has no workspace in {}", self.profile.name, stage.word()))
                .hint(format!("it has: {}", words.join(", "))));
        }
        self.stages.retain(|stage| wanted.contains(stage));
        Ok(self)
    }

    /// With these members.
    pub fn with(mut self, members: Vec<(Principal, Designation)>) -> Result<Self> {
        self.members = distinct(members)?;
        Ok(self)
    }

    /// Refuses what cannot be.
    pub fn check(&self) -> Result<()> {
        let (tenant, name) = (&self.tenant.name, self.name.as_str());
        let longest = self.tenant.name.len() + name.len() + "--prod".len();
        if longest > LONGEST {
            let room = (LONGEST + name.len()).saturating_sub(longest);
            return Err(Error::usage(format!(
                "the name {name} is too long: {tenant}-{name}-prod is an endpoint's name"
            ))
            .hint(format!("take a name of at most {room} characters")));
        }
        if self.has_models() && !self.tenant.owns(name) {
            return Err(Error::usage(format!("models called {name} are not {tenant}'s: its `models` do not match"))
                .hint("take another name, or add a pattern to the tenant's `models` in aiops.yaml"));
        }
        Ok(())
    }

    /// Whether the project makes models.
    pub fn has_models(&self) -> bool {
        self.profile.use_case != UseCase::DataPipeline
    }

    /// Where it is in a stage, also in one in which it has no workspace.
    pub fn place(&self, stage: Stage) -> &'w Place {
        profile::place_of_projects(self.tenant, self.profile, stage)
    }

    /// Bucket for what its jobs read and write in a stage. In dev it is where training leaves artifacts.
    pub fn bucket(&self, world: &World<'_>, stage: Stage) -> String {
        if stage == Stage::Dev && self.has_models() {
            return self.tenant.dev_bucket().to_owned();
        }
        let place = self.place(stage);
        let accounts = world.landscape.project_accounts();
        let here = accounts
            .into_iter()
            .find(|known| (&known.place.account, &known.place.region) == (&place.account, &place.region));
        here.map(|known| known.bucket).unwrap_or_default()
    }

    /// What its repositories are called, without their owner: `<tenant>-<project>`, with what they hold if there are two.
    pub fn repository(&self, holds: Holds) -> String {
        repository_name(&self.tenant.name, self.name.as_str(), holds)
    }

    /// What DataZone calls its workspace in a stage.
    pub fn workspace(&self, stage: Stage) -> String {
        self.tenant.project_name(self.name.as_str(), stage)
    }
}

/// `members`, if everybody is named once.
fn distinct(members: Vec<(Principal, Designation)>) -> Result<Vec<(Principal, Designation)>> {
    for (index, (who, designation)) in members.iter().enumerate() {
        if let Some((_, other)) = members[..index].iter().find(|(known, _)| known == who) {
            return Err(Error::usage(format!("{who} is named twice, as {} and {}", other.word(), designation.word()))
                .hint("a member of a project has one designation"));
        }
    }
    Ok(members)
}
