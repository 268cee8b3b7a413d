//! Who takes part in the domain: users and groups of IAM Identity Center, and roles, each of which is the group of its
//! sessions. A profile makes somebody known in the domain; nobody's is ever removed, for DataZone cannot.

use std::rc::Rc;

use aws_sdk_datazone::Client;
use aws_sdk_datazone::types::{GroupProfileStatus, GroupSearchType, UserProfileStatus, UserProfileType, UserType};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::directory::Directory;
use super::{GROUP_PROFILE, Studio, USER_PROFILE};
use crate::aws::Session;
use crate::aws::error::{AwsError, Class, existing};
use crate::config::Principal;
use crate::error::{Error, Result};
use crate::plan::{Address, Difference, Facts, Found, Resource};

/// The fact that says of a profile that it counts, with any value.
pub(super) const COUNTS: &str = "counts";

/// Somebody who takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// A user of IAM Identity Center, by name.
    User(String),
    /// A group of IAM Identity Center, by name.
    Group(String),
    /// A role, by ARN.
    Role(String),
    /// An IAM user or an account's root user, by ARN.
    IamUser(String),
}

impl Who {
    /// Whom the configuration names.
    pub fn named(principal: &Principal) -> Self {
        match principal.as_str().split_once(':') {
            Some(("group", name)) => Who::Group(name.to_owned()),
            Some(("role", arn)) => Who::Role(arn.to_owned()),
            Some((_, name)) => Who::User(name.to_owned()),
            None => Who::User(principal.to_string()),
        }
    }

    /// Whoever acts in a session of the governance account.
    pub async fn acting(session: &Session) -> Result<Self> {
        let arn = session.caller().await?.arn;
        let Some((_, assumed)) = arn.split_once(":assumed-role/") else { return Ok(Who::IamUser(arn)) };
        let name = assumed.split('/').next().unwrap_or_default();
        // The ARN of a session leaves out the path of its role.
        let role = session.iam().get_role().role_name(name).send().await.map_err(AwsError::from)?;
        Ok(role.role.map_or(Who::IamUser(arn), |role| Who::Role(role.arn)))
    }

    /// By what a plan knows them.
    pub fn address(&self, studio: Studio<'_>) -> Address {
        let (kind, name) = match self {
            Who::User(name) | Who::IamUser(name) => (USER_PROFILE, name),
            Who::Group(name) | Who::Role(name) => (GROUP_PROFILE, name),
        };
        Address::new(&studio.governance().account, kind, name)
    }
}

/// The profile of somebody who takes part. Facts: `id`, and [`COUNTS`].
pub(super) struct Participant<'w> {
    studio: Studio<'w>,
    directory: Rc<Directory<'w>>,
    who: Who,
    reason: String,
}

/// A profile, and whether it counts.
struct Profile {
    id: String,
    status: String,
    counts: bool,
}

impl<'w> Participant<'w> {
    pub fn new(studio: Studio<'w>, directory: Rc<Directory<'w>>, who: Who, reason: impl Into<String>) -> Self {
        Participant { studio, directory, who, reason: reason.into() }
    }

    /// By what DataZone knows them, if they are there.
    async fn identifier(&self) -> Result<String> {
        if let Who::User(name) | Who::Group(name) = &self.who
            && !self.studio.world.config.domain.single_sign_on
        {
            let message = format!("{name} is of IAM Identity Center, and the domain has no single sign-on");
            return Err(Error::config(message).hint("set `domain.single-sign-on: true`, or name a role in its place"));
        }
        match &self.who {
            Who::User(name) => self.directory.user(name).await,
            Who::Group(name) => self.directory.group(name).await,
            Who::Role(arn) | Who::IamUser(arn) => Ok(arn.clone()),
        }
    }

    async fn find(&self, session: &Session, domain: &str, identifier: &str) -> Result<Option<Profile>> {
        let client = session.datazone();
        match self.who {
            Who::Role(_) => self.find_role(session, domain, identifier).await,
            Who::Group(_) => {
                let request = client.get_group_profile().domain_identifier(domain).group_identifier(identifier);
                let found = existing(request.send().await.map_err(AwsError::from))?;
                Ok(found.map(|found| group(found.id, found.status)))
            }
            Who::User(_) | Who::IamUser(_) => {
                let request = client.get_user_profile().domain_identifier(domain).user_identifier(identifier);
                let found = existing(request.r#type(self.kind()).send().await.map_err(AwsError::from))?;
                Ok(found.map(|found| Profile {
                    id: found.id.unwrap_or_default(),
                    counts: matches!(found.status, Some(UserProfileStatus::Assigned | UserProfileStatus::Activated)),
                    status: found.status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
                }))
            }
        }
    }

    /// The profile of a role. One of a role that was made anew under the same name is another's.
    async fn find_role(&self, session: &Session, domain: &str, arn: &str) -> Result<Option<Profile>> {
        let id = self.role_id(session, arn).await?;
        let request = session
            .datazone()
            .search_group_profiles()
            .domain_identifier(domain)
            .group_type(GroupSearchType::IamRoleSessionGroup);
        let mut groups = request.into_paginator().items().send();
        while let Some(found) = groups.next().await {
            let found = found.map_err(AwsError::from)?;
            let same_role = match (&id, found.role_principal_id()) {
                (Some(id), Some(known)) => id == known,
                _ => true,
            };
            if found.role_principal_arn() == Some(arn) && same_role {
                return Ok(Some(group(found.id, found.status)));
            }
        }
        Ok(None)
    }

    /// The unique id of a role of the governance account; those of others cannot be looked at from here.
    async fn role_id(&self, session: &Session, arn: &str) -> Result<Option<String>> {
        if arn.split(':').nth(4) != Some(session.account.as_str()) {
            return Ok(None);
        }
        let name = arn.rsplit('/').next().unwrap_or_default();
        let found = existing(session.iam().get_role().role_name(name).send().await.map_err(AwsError::from))?;
        let role = found.and_then(|found| found.role).filter(|role| role.arn() == arn);
        let missing = || Error::config(format!("there is no role {arn}")).hint("make it, or correct it in aiops.yaml");
        Ok(Some(role.ok_or_else(missing)?.role_id))
    }

    fn kind(&self) -> UserProfileType {
        if matches!(self.who, Who::User(_)) { UserProfileType::Sso } else { UserProfileType::Iam }
    }

    async fn create(&self, client: &Client, domain: &str, identifier: &str) -> Result<(), AwsError> {
        match &self.who {
            Who::Role(arn) => {
                client.create_group_profile().domain_identifier(domain).role_principal_arn(arn).send().await?;
            }
            Who::Group(_) => {
                client.create_group_profile().domain_identifier(domain).group_identifier(identifier).send().await?;
            }
            Who::User(_) | Who::IamUser(_) => {
                let kind = if matches!(self.who, Who::User(_)) { UserType::SsoUser } else { UserType::IamUser };
                let request = client.create_user_profile().domain_identifier(domain).user_identifier(identifier);
                request.user_type(kind).send().await?;
            }
        }
        Ok(())
    }

    async fn assign(&self, client: &Client, domain: &str, identifier: &str, id: &str) -> Result<(), AwsError> {
        match self.who {
            Who::Role(_) | Who::Group(_) => {
                let request = client.update_group_profile().domain_identifier(domain).group_identifier(id);
                request.status(GroupProfileStatus::Assigned).send().await?;
            }
            Who::User(_) | Who::IamUser(_) => {
                let status = match self.kind() {
                    UserProfileType::Sso => UserProfileStatus::Assigned,
                    _ => UserProfileStatus::Activated,
                };
                let request = client.update_user_profile().domain_identifier(domain).user_identifier(identifier);
                request.r#type(self.kind()).status(status).send().await?;
            }
        }
        Ok(())
    }
}

impl Resource for Participant<'_> {
    fn address(&self) -> Address {
        self.who.address(self.studio)
    }

    fn needs(&self) -> Vec<Address> {
        vec![self.studio.domain()]
    }

    fn reason(&self) -> String {
        self.reason.clone()
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            // Also where the domain is not there yet: a name that means nobody is refused before anything is made.
            let identifier = self.identifier().await?;
            let session = self.studio.session(self.studio.governance()).await?;
            let Some(domain) = facts.get(&self.studio.domain(), "id") else {
                if let Who::Role(arn) = &self.who {
                    self.role_id(&session, arn).await?;
                }
                return Ok(Found::Absent);
            };
            let Some(profile) = self.find(&session, &domain, &identifier).await? else { return Ok(Found::Absent) };
            facts.set(&self.address(), "id", profile.id);
            if !profile.counts {
                let desired = if matches!(self.who, Who::IamUser(_)) { "ACTIVATED" } else { "ASSIGNED" };
                let difference = Difference::between("status", profile.status, desired);
                return Ok(Found::Different(difference.into_iter().collect()));
            }
            facts.set(&self.address(), COUNTS, "yes");
            Ok(Found::Same)
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let domain = facts.need(&self.studio.domain(), "id")?;
            let identifier = self.identifier().await?;
            let session = self.studio.session(self.studio.governance()).await?;
            let client = session.datazone();
            match self.find(&session, &domain, &identifier).await? {
                Some(profile) if profile.counts => Ok(()),
                Some(profile) => Ok(self.assign(&client, &domain, &identifier, &profile.id).await?),
                None => match self.create(&client, &domain, &identifier).await {
                    // The call was repeated after its answer was lost, or somebody else has just made it.
                    Err(error) if matches!(error.class(), Class::AlreadyExists | Class::Conflict) => Ok(()),
                    outcome => Ok(outcome?),
                },
            }
        }
        .boxed_local()
    }
}

fn group(id: Option<String>, status: Option<GroupProfileStatus>) -> Profile {
    Profile {
        id: id.unwrap_or_default(),
        counts: status == Some(GroupProfileStatus::Assigned),
        status: status.map(|status| status.as_str().to_owned()).unwrap_or_default(),
    }
}
