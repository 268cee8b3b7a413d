//! How well projects are kept apart in the accounts that they share.
//!
//! SageMaker Unified Studio gives each project a role, and tells projects apart by tags: AWS's policies for those roles let
//! them at what has the project's tag. So a resource is safe by its tag, or by not being let at by any policy at all. Both
//! is looked at: what is tagged, and what the policies of the roles allow. Nothing is tried and nothing is changed.

mod inventory;
mod judge;
mod limits;
mod reach;

use std::collections::BTreeMap;

use serde::Serialize;

pub use self::judge::{Check, Finding, Reached, Status};
pub use self::limits::{Gap, LIMITS, Limit};

use self::inventory::Inventory;
use crate::aws::fanout;
use crate::domain::{Studio, survey};
use crate::error::{Error, Kind, Result};
use crate::governance::Stage;
use crate::landscape::{Landscape, ProjectAccount};
use crate::nearest::nearest_name;

/// What is wanted.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    /// Only the accounts of this tenant.
    pub tenant: Option<String>,
    /// Only what this project has, or reaches: its name, or the id or the name of one of its workspaces in DataZone.
    pub project: Option<String>,
}

/// Everything that was found.
#[derive(Clone, Debug, Serialize)]
pub struct Audit {
    /// The accounts, whether they answered or not.
    pub accounts: Vec<Examined>,
    /// What is not as it should be, the worst first.
    pub findings: Vec<Finding>,
    /// What tags cannot keep apart, and who gets through.
    pub limits: Vec<Bounded>,
}

/// An account that was looked at, or should have been.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Examined {
    /// The account, twelve digits.
    pub account: String,
    /// The Region.
    pub region: String,
    /// Whose it is.
    pub tenants: Vec<String>,
    /// Names of the projects that have roles there.
    pub projects: Vec<String>,
    /// How many resources were looked at.
    pub resources: usize,
    /// Why it was not looked at; null if it was.
    pub unreachable: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

/// Something that tags cannot keep apart, and who gets through.
#[derive(Clone, Debug, Serialize)]
pub struct Bounded {
    /// What it is.
    #[serde(flatten)]
    pub limit: Limit,
    /// Names of the projects whose roles reach such things of other projects.
    pub reached_by: Vec<String>,
}

impl Audit {
    /// How it counts for the exit code: warnings do not.
    pub fn verdict(&self) -> Option<Kind> {
        if self.count(Status::Problem) > 0 {
            return Some(Kind::Failed);
        }
        let unread = self.findings.iter().any(|finding| finding.check == Check::Unread);
        (unread || self.accounts.iter().any(|account| account.unreachable.is_some())).then_some(Kind::Partial)
    }

    /// How many findings are of a status.
    pub fn count(&self, status: Status) -> usize {
        self.findings.iter().filter(|finding| finding.status == status).count()
    }
}

/// The domain as far as it matters here.
struct Ground {
    domain: String,
    partition: &'static str,
    /// Names by id.
    projects: BTreeMap<String, String>,
}

impl Ground {
    /// How people call the project with this id.
    fn name(&self, id: &str) -> String {
        self.projects.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }
}

/// Looks at every account within `scope`.
pub async fn audit(studio: &Studio<'_>, scope: &Scope) -> Result<Audit> {
    let world = studio.world;
    if let Some(name) = &scope.tenant {
        world.landscape.tenant(name)?;
    }
    let session = studio.session(studio.governance()).await?;
    let name = world.config.domain.name.to_string();
    let domain = survey::domains(&session, &name)
        .await?
        .into_iter()
        .next()
        .ok_or_else(|| Error::failed(format!("there is no domain {name:?}")).hint("make it: aiops domain apply"))?;
    let projects = survey::projects(&session, &domain).await?;
    let projects = projects.iter().map(|project| (project.id().to_owned(), project.name().to_owned())).collect();
    let ground = Ground { domain: domain.id, partition: studio.governance().partition(), projects };
    let wanted = scope.project.as_deref().map(|name| meant(&ground, world.landscape, name)).transpose()?;

    let mut accounts = world.landscape.project_accounts();
    accounts.retain(|account| scope.tenant.as_ref().is_none_or(|tenant| account.tenants.contains(tenant)));
    let settings = &world.config.concurrency;
    let look = async |account: &ProjectAccount| {
        let session = studio.session(&account.place).await?;
        Inventory::take(&session, account).await
    };
    let answers = fanout::each(&accounts, settings.accounts, settings.account_timeout, world.clock, look).await;
    let (mut examined, mut findings, mut inventories) = (Vec::new(), Vec::new(), Vec::new());
    for (account, answer) in accounts.iter().zip(answers) {
        examined.push(row(&ground, account, &answer));
        if let Ok(inventory) = answer {
            findings.extend(judge::findings(&ground, &inventory));
            inventories.push(inventory);
        }
    }
    let mut limits = judge::limits(&ground, &inventories);
    if let Some(wanted) = wanted {
        let names: Vec<String> = wanted.iter().map(|id| ground.name(id)).collect();
        findings.retain(|finding| finding.concerns(&names));
        limits.iter_mut().for_each(|bounded| bounded.reached_by.retain(|name| names.contains(name)));
    }
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.status));
    Ok(Audit { accounts: examined, findings, limits })
}

/// The ids of the projects in DataZone that `name` means.
fn meant(ground: &Ground, landscape: &Landscape, name: &str) -> Result<Vec<String>> {
    let workspaces: Vec<String> = landscape
        .tenants()
        .iter()
        .flat_map(|tenant| Stage::ALL.map(|stage| tenant.project_name(name, stage)))
        .collect();
    let is_meant = |id: &str, known: &String| id == name || known == name || workspaces.contains(known);
    let found: Vec<String> =
        ground.projects.iter().filter(|(id, known)| is_meant(id, known)).map(|(id, _)| id.clone()).collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let error = Error::failed(format!("there is no project {name:?}"));
    Err(match nearest_name(name, ground.projects.values().map(String::as_str)) {
        Some(nearest) => error.hint(format!("did you mean {nearest:?}?")),
        None => error,
    })
}

fn row(ground: &Ground, account: &ProjectAccount, answer: &Result<Inventory>) -> Examined {
    let place = &account.place;
    let mut row = Examined {
        account: place.account.to_string(),
        region: place.region.to_string(),
        tenants: account.tenants.clone(),
        projects: Vec::new(),
        resources: 0,
        unreachable: None,
        hint: None,
    };
    match answer {
        Ok(inventory) => {
            row.projects = inventory.roles.iter().map(|role| ground.name(&role.project)).collect();
            row.projects.sort();
            row.projects.dedup();
            row.resources = inventory.resources.len();
        }
        Err(error) => {
            row.unreachable = Some(error.causes().last().map_or_else(|| error.to_string(), ToString::to_string));
            row.hint = error.hints().first().cloned();
        }
    }
    row
}
