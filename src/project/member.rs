//! Members of a project, and what each of them may do in it.
//!
//! AWS has no call that changes a designation: it is taken and given anew. A membership that is there already is told by
//! no error of its own, so every outcome is looked at.

use std::rc::Rc;

use aws_sdk_datazone::types::{
    Member as Whom, MemberDetails, ProjectMember, ProjectMembershipAssignment, UserDesignation,
};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::ground::Ground;
use super::order::Designation;
use crate::aws::error::{AwsError, Class};
use crate::config::Principal;
use crate::error::{Error, Result};
use crate::plan::{Address, Difference, Facts, Found, Resource};

impl Designation {
    /// AWS's word.
    pub(crate) fn aws(self) -> UserDesignation {
        match self {
            Designation::Owner => UserDesignation::ProjectOwner,
            Designation::Contributor => UserDesignation::ProjectContributor,
            Designation::Viewer => UserDesignation::ProjectCatalogViewer,
            Designation::Consumer => UserDesignation::ProjectCatalogConsumer,
            Designation::Steward => UserDesignation::ProjectCatalogSteward,
        }
    }

    /// What AWS's word means; nothing if it is none of ours.
    pub(crate) fn of_aws(word: &UserDesignation) -> Option<Self> {
        Designation::ALL.into_iter().find(|known| known.aws() == *word)
    }
}

/// As AWS names a member with this id of a profile.
fn whom(principal: &Principal, id: &str) -> Whom {
    match principal.as_str().split_once(':') {
        Some(("user", _)) | None => Whom::UserIdentifier(id.to_owned()),
        Some(_) => Whom::GroupIdentifier(id.to_owned()),
    }
}

/// How a member is named in `CreateProject`; nothing if they are not known yet.
pub(crate) fn assignment(
    ground: &Ground<'_>,
    facts: &Facts,
    principal: &Principal,
    designation: Designation,
) -> Option<ProjectMembershipAssignment> {
    let id = facts.get(&ground.studio.participant(principal), "id")?;
    let assignment = ProjectMembershipAssignment::builder().member(whom(principal, &id));
    assignment.designation(designation.aws()).build().ok()
}

/// All members of a project.
pub(crate) async fn list(ground: &Ground<'_>, project: &str) -> Result<Vec<ProjectMember>> {
    let list = ground.client().list_project_memberships().domain_identifier(&ground.domain.id);
    let pages = list.project_identifier(project).into_paginator().items().send();
    Ok(pages.try_collect().await.map_err(AwsError::from)?)
}

/// The id of a member's profile.
pub(crate) fn id(member: &ProjectMember) -> Option<&str> {
    match member.member_details()? {
        MemberDetails::User(user) => Some(user.user_id()),
        MemberDetails::Group(group) => Some(group.group_id()),
        _ => None,
    }
}

/// What a member may do, in our word where there is one.
pub(crate) fn word(member: &ProjectMember) -> String {
    let actual = member.designation();
    Designation::of_aws(actual).map_or_else(|| actual.as_str().to_owned(), |known| known.word().to_owned())
}

/// Whether a member is a group, or the sessions of a role.
pub(crate) fn is_group(member: &ProjectMember) -> bool {
    matches!(member.member_details(), Some(MemberDetails::Group(_)))
}

/// Somebody who is to be a member, or is to be none.
pub(crate) struct Membership<'w> {
    pub ground: Rc<Ground<'w>>,
    /// The workspace. Its fact `id` is needed.
    pub workspace: Address,
    pub who: Principal,
    /// What they are to be; nothing if they are to go.
    pub wanted: Option<Designation>,
}

impl Membership<'_> {
    async fn find(&self, project: &str, profile: &str) -> Result<Option<ProjectMember>> {
        let members = list(&self.ground, project).await?;
        Ok(members.into_iter().find(|member| id(member) == Some(profile)))
    }

    async fn take(&self, project: &str, profile: &str) -> Result<()> {
        let delete = self.ground.client().delete_project_membership().domain_identifier(&self.ground.domain.id);
        let delete = delete.project_identifier(project).member(whom(&self.who, profile));
        match delete.send().await.map_err(AwsError::from) {
            Err(error) if error.class() == Class::NotFound => Ok(()),
            outcome => Ok(outcome.map(drop)?),
        }
    }

    async fn give(&self, project: &str, profile: &str, designation: Designation) -> Result<()> {
        let create = self.ground.client().create_project_membership().domain_identifier(&self.ground.domain.id);
        let create = create.project_identifier(project).member(whom(&self.who, profile)).designation(designation.aws());
        let Err(error) = create.send().await.map_err(AwsError::from) else { return Ok(()) };
        // Whether they are there already, no class of error says.
        if self.find(project, profile).await?.is_some() {
            return Ok(());
        }
        Err(Error::from(error).hint(
            "members must be in the tenant's pool: `members` of the tenant in aiops.yaml, then `aiops domain apply`",
        ))
    }
}

impl Resource for Membership<'_> {
    fn address(&self) -> Address {
        Address::new(
            &self.ground.studio.governance().account,
            "project member",
            format!("{} of {}", self.who, self.workspace.name),
        )
    }

    fn needs(&self) -> Vec<Address> {
        vec![self.workspace.clone(), self.ground.studio.participant(&self.who)]
    }

    fn lane(&self) -> String {
        format!("project {}", self.workspace.name)
    }

    fn reason(&self) -> String {
        match self.wanted {
            Some(designation) => format!("works in it as {}", designation.word()),
            None => "is to be no member any more".to_owned(),
        }
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let project = facts.get(&self.workspace, "id");
            let profile = facts.get(&self.ground.studio.participant(&self.who), "id");
            let found = match project.zip(profile) {
                Some((project, profile)) => self.find(&project, &profile).await?,
                None => None,
            };
            Ok(match (found, self.wanted) {
                (None, None) => Found::Same,
                (None, Some(_)) => Found::Absent,
                (Some(_), None) => Found::Unwanted,
                (Some(member), Some(wanted)) => {
                    match Difference::between("designation", word(&member), wanted.word()) {
                        Some(difference) => Found::Different(vec![difference]),
                        None => Found::Same,
                    }
                }
            })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, found: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let project = facts.need(&self.workspace, "id")?;
            let profile = facts.need(&self.ground.studio.participant(&self.who), "id")?;
            if *found != Found::Absent {
                self.take(&project, &profile).await?;
            }
            match self.wanted {
                Some(designation) => self.give(&project, &profile, designation).await,
                None => Ok(()),
            }
        }
        .boxed_local()
    }
}
