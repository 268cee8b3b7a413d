//! Members of projects.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::authority;
use super::common::{not_found, not_permitted, only_member, paged};
use super::domain::Domain;
use super::groups::Group;
use super::projects::{Project, enter_project};
use super::units::Owner;
use super::users::User;
use crate::sandbox::call::{ApiError, ApiResult, Call, required, text};

/// A member of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Member {
    /// The profile.
    pub who: Owner,
    /// What they are in the project, in AWS's words.
    pub designation: String,
}

impl Member {
    /// A member who owns the project.
    pub fn owner(who: Owner) -> Self {
        Member { who, designation: "PROJECT_OWNER".to_owned() }
    }

    /// Whether they own the project.
    pub fn is_owner(&self) -> bool {
        self.designation == "PROJECT_OWNER"
    }

    /// Whether they own the project or contribute to it.
    pub fn works(&self) -> bool {
        self.is_owner() || self.designation == "PROJECT_CONTRIBUTOR"
    }

    /// The member and designation of an input.
    fn of_input(call: &Call<'_>, domain: &Domain, input: &Value) -> ApiResult<Self> {
        let designation = required(input, "designation");
        if designation == "USER_CREATED_DESIGNATION" {
            return Err(not_found("Designation", required(input, "userCreatedDesignationId")));
        }
        Ok(Member { who: profile(call, domain, &input["member"])?, designation: designation.to_owned() })
    }

    fn describe(&self) -> Value {
        json!({"memberDetails": self.who.describe(), "designation": self.designation})
    }
}

/// The profile that a `member` means.
fn profile(call: &Call<'_>, domain: &Domain, member: &Value) -> ApiResult<Owner> {
    let (kind, identifier) = only_member(member, "member")?;
    let identifier = identifier.as_str().unwrap_or_default();
    if kind == "groupIdentifier" {
        let group = Group::find(call, domain, identifier)?.ok_or_else(|| not_found("Group profile", identifier))?;
        return Ok(Owner::Group(group.id));
    }
    let user = User::find(call, domain, identifier)?.ok_or_else(|| not_found("User profile", identifier))?;
    Ok(Owner::User(user.id))
}

/// The profile whose projects an input asks for in `userIdentifier` or `groupIdentifier`, if it does.
pub(super) fn wanted(call: &Call<'_>, domain: &Domain, input: &Value) -> ApiResult<Option<Owner>> {
    let asked = ["userIdentifier", "groupIdentifier"].into_iter().find_map(|kind| Some((kind, text(input, kind)?)));
    asked.map(|(kind, identifier)| profile(call, domain, &json!({kind: identifier}))).transpose()
}

/// Refuses `operation` for somebody who may not become a member of the projects of a unit.
pub(super) fn must_be_in_pool(
    call: &Call<'_>,
    domain: &Domain,
    unit: &str,
    who: &Owner,
    operation: &str,
) -> ApiResult<()> {
    if authority::is_in_member_pool(call, domain, unit, who)? { Ok(()) } else { Err(not_permitted(operation)) }
}

/// Adds the `membershipAssignments` of an input to the members of a new project in a unit.
pub(super) fn assign(
    call: &Call<'_>,
    domain: &Domain,
    unit: &str,
    members: &mut Vec<Member>,
    input: &Value,
) -> ApiResult<()> {
    for assignment in input["membershipAssignments"].as_array().into_iter().flatten() {
        let member = Member::of_input(call, domain, assignment)?;
        // That the creator owns the project goes without saying, and may be said.
        if !members.contains(&member) {
            must_be_in_pool(call, domain, unit, &member.who, "CreateProject")?;
            must_be_new(members, &member)?;
            members.push(member);
        }
    }
    Ok(())
}

/// AWS's words, where there is no `ConflictException`.
fn must_be_new(members: &[Member], new: &Member) -> ApiResult<()> {
    if members.iter().any(|member| member.who == new.who) {
        let kind = if matches!(new.who, Owner::User(_)) { "User" } else { "Group" };
        return Err(ApiError::validation(format!("{kind} is already in the project")));
    }
    Ok(())
}

/// `CreateProjectMembership`.
pub(super) fn create(call: &mut Call<'_>, input: Value) -> ApiResult {
    let operation = "CreateProjectMembership";
    let (domain, mut project) = enter_project(call, operation, &input, "projectIdentifier")?;
    project.require_owner(call, &domain, operation)?;
    let member = Member::of_input(call, &domain, &input)?;
    must_be_in_pool(call, &domain, &project.unit, &member.who, operation)?;
    must_be_new(&project.members, &member)?;
    project.members.push(member);
    project.save(call, &domain)?;
    Ok(json!({}))
}

/// `DeleteProjectMembership`.
pub(super) fn delete(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, mut project) = enter_project(call, "DeleteProjectMembership", &input, "projectIdentifier")?;
    project.require_owner(call, &domain, "DeleteProjectMembership")?;
    let who = profile(call, &domain, &input["member"])?;
    let position = project.members.iter().position(|member| member.who == who);
    project.members.remove(position.ok_or_else(|| not_found("The member of project", &project.id))?);
    project.save(call, &domain)?;
    Ok(json!({}))
}

/// `ListProjectMemberships`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (_, Project { members, .. }) = enter_project(call, "ListProjectMemberships", &input, "projectIdentifier")?;
    paged("members", members, &input, 50, |_| true, Member::describe)
}
