//! Who may do what in the catalog: the members of projects, by what they are there. Owning a domain unit gives nothing
//! here.

use super::super::authority::Identity;
use super::super::common::{enter_available, not_permitted};
use super::super::domain::Domain;
use super::super::projects::Project;
use crate::sandbox::call::{ApiResult, Call};
use serde_json::Value;

/// What somebody may do for a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Duty {
    /// See what it has, published or not.
    See,
    /// Make assets, and publish them.
    Produce,
    /// Decide who may use them.
    Approve,
    /// Ask for the assets of others.
    Consume,
}

impl Duty {
    fn is_of(self, designation: &str) -> bool {
        match self {
            Duty::See => true,
            Duty::Produce => matches!(designation, "PROJECT_OWNER" | "PROJECT_CONTRIBUTOR" | "PROJECT_CATALOG_STEWARD"),
            Duty::Approve => matches!(designation, "PROJECT_OWNER" | "PROJECT_CATALOG_STEWARD"),
            Duty::Consume => {
                matches!(designation, "PROJECT_OWNER" | "PROJECT_CONTRIBUTOR" | "PROJECT_CATALOG_CONSUMER")
            }
        }
    }
}

/// Whether somebody has a duty in a project.
pub(super) fn has(who: &Identity, project: &Project, duty: Duty) -> bool {
    project.members.iter().any(|member| who.is(&member.who) && duty.is_of(&member.designation))
}

/// The domain of an input, for everybody who takes part in it.
pub(super) fn enter(call: &mut Call<'_>, operation: &str, input: &Value) -> ApiResult<(Domain, Identity)> {
    let domain = enter_available(call, operation, input)?;
    let caller = Identity::of_caller(call, &domain)?;
    if caller.takes_part() { Ok((domain, caller)) } else { Err(not_permitted(operation)) }
}

/// Refuses `operation` to those who have not one of the duties in the projects. A project that is gone has no members.
pub(super) fn require(
    call: &Call<'_>,
    domain: &Domain,
    caller: &Identity,
    duties: &[(&str, Duty)],
    operation: &str,
) -> ApiResult<()> {
    let projects = Project::all(call, domain)?;
    let may =
        duties.iter().any(|(id, duty)| projects.iter().any(|project| project.id == *id && has(caller, project, *duty)));
    if may { Ok(()) } else { Err(not_permitted(operation)) }
}

/// The ids of the projects in which somebody has a duty.
pub(super) fn projects_of(call: &Call<'_>, domain: &Domain, who: &Identity, duty: Duty) -> ApiResult<Vec<String>> {
    let projects = Project::all(call, domain)?.into_iter();
    Ok(projects.filter(|project| has(who, project, duty)).map(|project| project.id).collect())
}
