//! Who may use a profile, as DataZone knows them.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_datazone::types::{
    AllUsersGrantFilter, GroupPolicyGrantPrincipal, GroupSearchType, PolicyGrantPrincipal, UserPolicyGrantPrincipal,
    UserProfileDetails, UserSearchType,
};

use super::ground::Ground;
use crate::aws::error::AwsError;
use crate::config::names::Principal;
use crate::error::Result;

/// Somebody whom a grant names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Every user of the domain.
    Everyone,
    /// The user with this id of a profile.
    User(String),
    /// The group, or the sessions of the role, with this id of a profile.
    Group(String),
}

impl Who {
    /// Whom a grant names; nothing if it is nobody that aiops would name.
    pub fn of(principal: &PolicyGrantPrincipal) -> Option<Self> {
        match principal {
            PolicyGrantPrincipal::User(UserPolicyGrantPrincipal::AllUsersGrantFilter(_)) => Some(Who::Everyone),
            PolicyGrantPrincipal::User(UserPolicyGrantPrincipal::UserIdentifier(id)) => Some(Who::User(id.clone())),
            PolicyGrantPrincipal::Group(GroupPolicyGrantPrincipal::GroupIdentifier(id)) => Some(Who::Group(id.clone())),
            _ => None,
        }
    }

    /// As a grant names them.
    pub fn principal(&self) -> PolicyGrantPrincipal {
        match self {
            Who::Everyone => PolicyGrantPrincipal::User(UserPolicyGrantPrincipal::AllUsersGrantFilter(
                AllUsersGrantFilter::builder().build(),
            )),
            Who::User(id) => PolicyGrantPrincipal::User(UserPolicyGrantPrincipal::UserIdentifier(id.clone())),
            Who::Group(id) => PolicyGrantPrincipal::Group(GroupPolicyGrantPrincipal::GroupIdentifier(id.clone())),
        }
    }
}

/// Those who take part in a domain, as far as somebody asked for them.
#[derive(Clone, Debug, Default)]
pub struct People(BTreeMap<String, Who>);

impl People {
    /// Finds those whom the profiles of the configuration name.
    pub async fn of_config(ground: &Ground<'_>) -> Result<Self> {
        let profiles = &ground.studio.world.config.profiles;
        let wanted: BTreeSet<&str> =
            profiles.iter().flat_map(|profile| &profile.users).map(Principal::as_str).collect();
        let of_kind = |kind: &'static str| wanted.iter().filter_map(move |principal| principal.strip_prefix(kind));
        let mut people = People::default();
        for name in of_kind("user:") {
            people.find_user(ground, name).await?;
        }
        for name in of_kind("group:") {
            people.find_groups(ground, GroupSearchType::DatazoneSsoGroup, Some(name)).await?;
        }
        if of_kind("role:").next().is_some() {
            people.find_groups(ground, GroupSearchType::IamRoleSessionGroup, None).await?;
        }
        Ok(people)
    }

    /// Who somebody of the configuration is, if they take part in the domain.
    pub fn who(&self, principal: &Principal) -> Option<Who> {
        self.0.get(principal.as_str()).cloned()
    }

    /// What somebody is called: as the configuration would, or by id.
    pub fn name(&self, who: &Who) -> String {
        let known = self.0.iter().find(|(_, known)| *known == who).map(|(name, _)| name.clone());
        known.unwrap_or_else(|| match who {
            Who::Everyone => "every user of the domain".to_owned(),
            Who::User(id) => format!("user {id}"),
            Who::Group(id) => format!("group {id}"),
        })
    }

    async fn find_user(&mut self, ground: &Ground<'_>, name: &str) -> Result<()> {
        let search = ground.client.search_user_profiles().domain_identifier(&ground.domain);
        let search = search.user_type(UserSearchType::DatazoneSsoUser).search_text(name).max_results(50);
        let mut pages = search.into_paginator().send();
        while let Some(page) = pages.next().await {
            for user in page.map_err(AwsError::from)?.items() {
                let Some(UserProfileDetails::Sso(details)) = user.details() else { continue };
                if let Some(id) = user.id().filter(|_| details.username() == Some(name)) {
                    self.0.insert(format!("user:{name}"), Who::User(id.to_owned()));
                }
            }
        }
        Ok(())
    }

    async fn find_groups(&mut self, ground: &Ground<'_>, kind: GroupSearchType, text: Option<&str>) -> Result<()> {
        let search = ground.client.search_group_profiles().domain_identifier(&ground.domain).group_type(kind);
        let mut pages = search.set_search_text(text.map(str::to_owned)).max_results(50).into_paginator().send();
        while let Some(page) = pages.next().await {
            for group in page.map_err(AwsError::from)?.items() {
                let name = match (group.role_principal_arn(), group.group_name()) {
                    (Some(arn), _) => format!("role:{arn}"),
                    (None, Some(name)) => format!("group:{name}"),
                    (None, None) => continue,
                };
                // A role that was made anew has a profile of each life; the newest comes first.
                if let Some(id) = group.id() {
                    self.0.entry(name).or_insert_with(|| Who::Group(id.to_owned()));
                }
            }
        }
        Ok(())
    }
}
