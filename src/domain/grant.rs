//! Policy grants: what DataZone lets whom do in a domain unit, or with a blueprint. It is a layer of its own beside IAM.
//!
//! Grants have no update, and no more than twenty of one policy fit on a unit. So all grants of one policy on one entity
//! are one resource: what is missing is added first, then what is too much goes.

use std::collections::HashMap;

use aws_sdk_datazone::Client;
use aws_sdk_datazone::types::{
    AddToProjectMemberPoolPolicyGrantDetail, AllUsersGrantFilter, DomainUnitFilterForProject,
    GroupPolicyGrantPrincipal, ManagedPolicyType, PolicyGrantDetail, PolicyGrantMember, PolicyGrantPrincipal,
    ProjectDesignation, ProjectGrantFilter, ProjectPolicyGrantPrincipal, TargetEntityType, Unit,
    UserPolicyGrantPrincipal,
};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use serde_json::{Value, json};

use super::{GROUP_PROFILE, OURS, ROOT, Studio};
use crate::aws::error::{AwsError, Class};
use crate::error::{Error, Result};
use crate::landscape::{Place, ProjectAccount};
use crate::plan::{Address, Difference, Facts, Found, Resource};

/// The most grants of one policy on one entity.
const MOST: usize = 20;

/// On what something is granted.
#[derive(Clone, Debug)]
enum Entity {
    /// The root unit.
    Root,
    /// The unit of a tenant.
    Tenant(String),
    /// A blueprint as an account has it: by the address of its configuration, whose fact `id` is the blueprint's.
    Blueprint { place: Box<Place>, configuration: Address, name: String },
}

/// Who has a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// Every user of the domain.
    Everybody,
    /// Somebody with a profile, by its address ([`Studio::participant`]).
    Participant(Address),
    /// The contributors of all projects in a domain unit and below, by the unit's address.
    ProjectsIn(Address),
}

/// What a grant allows.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Allowed {
    /// To be a member of projects; also of those in units below.
    Membership { below: bool },
    /// To create environments from a blueprint.
    Environments,
}

/// All grants of one policy on one entity.
pub struct Grants<'w> {
    studio: Studio<'w>,
    entity: Entity,
    policy: ManagedPolicyType,
    wanted: Vec<(Holder, Allowed)>,
    reason: String,
}

impl<'w> Grants<'w> {
    /// Who may become a member of projects, in the unit of a tenant or, without one, in the root unit. It takes a grant
    /// in every unit from the root down.
    pub fn members(studio: Studio<'w>, tenant: Option<&str>, holders: Vec<Holder>, below: bool) -> Self {
        let wanted = holders.into_iter().map(|holder| (holder, Allowed::Membership { below })).collect();
        let reason = "who may be a member of projects";
        Grants::on_unit(studio, tenant, ManagedPolicyType::AddToProjectMemberPool, wanted, reason)
    }

    /// Which tenants' projects may create environments from a blueprint that `configuration` enables in an account.
    /// Regions of one account share these grants: there must be one resource for an account and a blueprint.
    pub fn environments<'t>(
        studio: Studio<'w>,
        account: &ProjectAccount,
        blueprint: &str,
        configuration: Address,
        tenants: impl IntoIterator<Item = &'t str>,
    ) -> Self {
        let entity =
            Entity::Blueprint { place: Box::new(account.place.clone()), configuration, name: blueprint.to_owned() };
        let unit = |tenant| (Holder::ProjectsIn(studio.unit(tenant)), Allowed::Environments);
        Grants {
            studio,
            entity,
            policy: ManagedPolicyType::CreateEnvironmentFromBlueprint,
            wanted: tenants.into_iter().map(unit).collect(),
            reason: "which projects may have environments of this blueprint".to_owned(),
        }
    }

    fn on_unit(
        studio: Studio<'w>,
        tenant: Option<&str>,
        policy: ManagedPolicyType,
        mut wanted: Vec<(Holder, Allowed)>,
        reason: &str,
    ) -> Self {
        let mut seen = Vec::new();
        wanted.retain(|grant| {
            !seen.contains(grant) && {
                seen.push(grant.clone());
                true
            }
        });
        let entity = tenant.map_or(Entity::Root, |tenant| Entity::Tenant(tenant.to_owned()));
        Grants { studio, entity, policy, wanted, reason: reason.to_owned() }
    }

    /// The thing that holds the grants: the domain for its root unit, a unit, a blueprint's configuration.
    fn owner(&self) -> Address {
        match &self.entity {
            Entity::Root => self.studio.domain(),
            Entity::Tenant(tenant) => self.studio.unit(tenant),
            Entity::Blueprint { configuration, .. } => configuration.clone(),
        }
    }

    /// Type and identifier of the entity, if they are known by now.
    fn target(&self, facts: &Facts) -> Option<(TargetEntityType, String)> {
        let owner = self.owner();
        Some(match &self.entity {
            Entity::Root => (TargetEntityType::DomainUnit, facts.get(&owner, "root-unit")?),
            Entity::Tenant(_) => (TargetEntityType::DomainUnit, facts.get(&owner, "id")?),
            Entity::Blueprint { place, .. } => {
                let id = format!("{}:{}", place.account, facts.get(&owner, "id")?);
                (TargetEntityType::EnvironmentBlueprintConfiguration, id)
            }
        })
    }

    /// Runs `call` as administrator of the account that the entity belongs to; if that is refused, as the domain's. AWS
    /// does not say whose grants on a blueprint's configuration are: both have been seen refused.
    async fn call<T>(&self, call: impl AsyncFn(&Client) -> Result<T, AwsError>) -> Result<T> {
        let governance = self.studio.governance();
        if let Entity::Blueprint { place, .. } = &self.entity
            && place.account != governance.account
        {
            let client = self.studio.session(place).await?.datazone();
            match call(&client).await {
                Err(error) if error.class() == Class::Denied => {}
                outcome => return Ok(outcome?),
            }
        }
        Ok(call(&self.studio.session(governance).await?.datazone()).await?)
    }

    /// The grants that are there, and where.
    async fn read(&self, facts: &Facts) -> Result<Option<(Site, Vec<PolicyGrantMember>)>> {
        // Grants of units are shown to those who take part in the domain.
        let is_open = matches!(self.entity, Entity::Blueprint { .. }) || self.studio.inside(facts).is_some();
        let known = self.target(facts).zip(facts.get(&self.studio.domain(), "id"));
        let Some(((kind, id), domain)) = known.filter(|_| is_open) else { return Ok(None) };
        let site = Site { domain, kind, id, policy: self.policy.clone() };
        let grants = self.call(async |client| site.list(client).await).await?;
        Ok(Some((site, grants)))
    }

    /// What is missing among `grants`, and which of them are too many.
    fn compare(&self, grants: Vec<PolicyGrantMember>, facts: &Facts) -> Result<Comparison> {
        let wanted: Vec<Grant> =
            self.wanted.iter().map(|(holder, allowed)| grant(holder, allowed, facts)).collect::<Result<_>>()?;
        let is = |grant: &Grant, member: &PolicyGrantMember| describe(&grant.0, &grant.1) == described(member);
        let (kept, surplus): (Vec<_>, Vec<_>) =
            grants.into_iter().partition(|member| wanted.iter().any(|grant| is(grant, member)));
        let missing = wanted.into_iter().filter(|grant| !kept.iter().any(|member| is(grant, member))).collect();
        Ok(Comparison { kept, missing, surplus })
    }

    /// A name for each id that the wanted grants have, for people.
    fn names(&self, facts: &Facts) -> HashMap<String, String> {
        let addresses = self.wanted.iter().filter_map(|(holder, _)| match holder {
            Holder::Everybody => None,
            Holder::Participant(address) | Holder::ProjectsIn(address) => Some(address.clone()),
        });
        addresses.map(|address| (id(&address, facts), address.name)).collect()
    }

    fn differences(&self, found: &Comparison, surplus_goes: bool, facts: &Facts) -> Vec<Difference> {
        let names = self.names(facts);
        let kept = || found.kept.iter().map(described);
        let surplus = || found.surplus.iter().map(described);
        let missing = found.missing.iter().map(|(principal, detail)| describe(principal, detail));
        let told = |grants: Vec<Value>| {
            let mut grants: Vec<Value> = grants.into_iter().map(|grant| named(grant, &names)).collect();
            grants.sort_by_key(Value::to_string);
            grants
        };
        let actual = told(kept().chain(surplus()).collect());
        let stays = surplus().filter(|_| !surplus_goes);
        let desired = told(kept().chain(stays).chain(missing).collect());
        Difference::between("grants", actual, desired).into_iter().collect()
    }
}

/// Where grants of one policy are.
struct Site {
    domain: String,
    kind: TargetEntityType,
    id: String,
    policy: ManagedPolicyType,
}

type Grant = (PolicyGrantPrincipal, PolicyGrantDetail);

struct Comparison {
    kept: Vec<PolicyGrantMember>,
    missing: Vec<Grant>,
    surplus: Vec<PolicyGrantMember>,
}

/// The grants of one policy on an entity of the domain with this id.
pub(super) async fn list(
    client: &Client,
    domain: &str,
    (kind, id): (TargetEntityType, &str),
    policy: ManagedPolicyType,
) -> Result<Vec<PolicyGrantMember>, AwsError> {
    let request = client
        .list_policy_grants()
        .domain_identifier(domain)
        .entity_type(kind)
        .entity_identifier(id)
        .policy_type(policy);
    request.into_paginator().items().send().try_collect().await.map_err(AwsError::from)
}

impl Site {
    async fn list(&self, client: &Client) -> Result<Vec<PolicyGrantMember>, AwsError> {
        list(client, &self.domain, (self.kind.clone(), &self.id), self.policy.clone()).await
    }

    async fn add(&self, client: &Client, (principal, detail): &Grant) -> Result<(), AwsError> {
        let request = client
            .add_policy_grant()
            .domain_identifier(&self.domain)
            .entity_type(self.kind.clone())
            .entity_identifier(&self.id)
            .policy_type(self.policy.clone())
            .principal(principal.clone())
            .detail(detail.clone());
        match request.send().await.map_err(AwsError::from) {
            // Somebody else has added the same.
            Err(error) if matches!(error.class(), Class::Conflict | Class::AlreadyExists) => Ok(()),
            outcome => outcome.map(drop),
        }
    }

    async fn remove(&self, client: &Client, grant: &PolicyGrantMember) -> Result<(), AwsError> {
        let request = client
            .remove_policy_grant()
            .domain_identifier(&self.domain)
            .entity_type(self.kind.clone())
            .entity_identifier(&self.id)
            .policy_type(self.policy.clone())
            .set_principal(grant.principal.clone())
            .set_grant_identifier(grant.grant_id.clone());
        match request.send().await.map_err(AwsError::from) {
            Err(error) if error.class() == Class::NotFound => Ok(()),
            outcome => outcome.map(drop),
        }
    }
}

impl Resource for Grants<'_> {
    fn address(&self) -> Address {
        let governance = &self.studio.governance().account;
        let kind = match self.policy {
            ManagedPolicyType::AddToProjectMemberPool => "member pool",
            ManagedPolicyType::CreateProjectFromProjectProfile => "profile grants",
            _ => "blueprint grants",
        };
        match &self.entity {
            Entity::Root => Address::new(governance, kind, ROOT),
            Entity::Tenant(tenant) => Address::new(governance, kind, tenant),
            Entity::Blueprint { place, name, .. } => Address::new(&place.account, kind, name),
        }
    }

    fn needs(&self) -> Vec<Address> {
        let mut needs = vec![self.studio.owners(ROOT), self.owner()];
        for (holder, _) in &self.wanted {
            if let Holder::Participant(address) | Holder::ProjectsIn(address) = holder {
                needs.push(address.clone());
            }
        }
        needs
    }

    fn reason(&self) -> String {
        self.reason.clone()
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            if self.wanted.len() > MOST {
                let most = format!("{} grants of one policy are wanted, and DataZone takes {MOST}", self.wanted.len());
                return Err(Error::config(most).hint("put people into groups of IAM Identity Center, and name those"));
            }
            let Some((_, grants)) = self.read(facts).await? else {
                return Ok(if self.wanted.is_empty() { Found::Same } else { Found::Absent });
            };
            let found = self.compare(grants, facts)?;
            let is_ours = facts.get(&self.owner(), OURS).is_some();
            Ok(match (found.missing.is_empty(), found.surplus.len()) {
                (true, 0) => Found::Same,
                (true, _) if !is_ours => Found::Leftover(format!("{}; others have granted more", self.reason)),
                (true, _) if self.wanted.is_empty() => Found::Unwanted,
                (false, 0) if found.kept.is_empty() => Found::Absent,
                _ => Found::Different(self.differences(&found, is_ours, facts)),
            })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let unknown = || Error::failed("it is not known yet on what this is granted");
            let (site, grants) = self.read(facts).await?.ok_or_else(unknown)?;
            let mut there = grants.len();
            let Comparison { missing, mut surplus, .. } = self.compare(grants, facts)?;
            if facts.get(&self.owner(), OURS).is_none() {
                surplus.clear();
            }
            for grant in &missing {
                if there >= MOST
                    && let Some(old) = surplus.pop()
                {
                    self.call(async |client| site.remove(client, &old).await).await?;
                    there -= 1;
                }
                self.call(async |client| site.add(client, grant).await).await?;
                there += 1;
            }
            for old in &surplus {
                self.call(async |client| site.remove(client, old).await).await?;
            }
            Ok(())
        }
        .boxed_local()
    }
}

/// The id of something; what is not known yet stands there by its address, and equals nothing.
fn id(address: &Address, facts: &Facts) -> String {
    facts.get(address, "id").unwrap_or_else(|| address.to_string())
}

/// A grant in DataZone's words.
fn grant(holder: &Holder, allowed: &Allowed, facts: &Facts) -> Result<Grant> {
    let id = |address: &Address| id(address, facts);
    let wrong = |error: aws_sdk_datazone::error::BuildError| Error::failed("a grant cannot be written").because(error);
    let principal = match holder {
        Holder::Everybody => PolicyGrantPrincipal::User(UserPolicyGrantPrincipal::AllUsersGrantFilter(
            AllUsersGrantFilter::builder().build(),
        )),
        Holder::Participant(address) if address.kind == GROUP_PROFILE => {
            PolicyGrantPrincipal::Group(GroupPolicyGrantPrincipal::GroupIdentifier(id(address)))
        }
        Holder::Participant(address) => {
            PolicyGrantPrincipal::User(UserPolicyGrantPrincipal::UserIdentifier(id(address)))
        }
        Holder::ProjectsIn(unit) => {
            let filter = DomainUnitFilterForProject::builder().domain_unit(id(unit)).include_child_domain_units(true);
            let projects = ProjectPolicyGrantPrincipal::builder()
                .project_designation(ProjectDesignation::Contributor)
                .project_grant_filter(ProjectGrantFilter::DomainUnitFilter(filter.build().map_err(wrong)?));
            PolicyGrantPrincipal::Project(projects.build().map_err(wrong)?)
        }
    };
    let detail = match allowed {
        Allowed::Membership { below } => PolicyGrantDetail::AddToProjectMemberPool(
            AddToProjectMemberPoolPolicyGrantDetail::builder().include_child_domain_units(*below).build(),
        ),
        Allowed::Environments => PolicyGrantDetail::CreateEnvironmentFromBlueprint(Unit::builder().build()),
    };
    Ok((principal, detail))
}

fn described(member: &PolicyGrantMember) -> Value {
    match (&member.principal, &member.detail) {
        (Some(principal), Some(detail)) => describe(principal, detail),
        _ => Value::Null,
    }
}

/// A grant in the one form in which equal grants are equal: AWS leaves out what is empty or false, and orders as it
/// likes.
fn describe(principal: &PolicyGrantPrincipal, detail: &PolicyGrantDetail) -> Value {
    let mut told = match principal {
        PolicyGrantPrincipal::User(UserPolicyGrantPrincipal::AllUsersGrantFilter(_)) => json!({"users": "all"}),
        PolicyGrantPrincipal::User(UserPolicyGrantPrincipal::UserIdentifier(id)) => json!({"user": id}),
        PolicyGrantPrincipal::Group(GroupPolicyGrantPrincipal::GroupIdentifier(id)) => json!({"group": id}),
        PolicyGrantPrincipal::Project(ProjectPolicyGrantPrincipal {
            project_designation,
            project_identifier: None,
            user_created_designation_id: None,
            project_grant_filter: Some(ProjectGrantFilter::DomainUnitFilter(filter)),
            ..
        }) => json!({
            "projects-in": filter.domain_unit, "units-below": filter.include_child_domain_units,
            "as": project_designation.as_str(),
        }),
        other => json!({"other": format!("{other:?}")}),
    };
    match detail {
        PolicyGrantDetail::AddToProjectMemberPool(detail) => {
            told["include-child-domain-units"] = json!(detail.include_child_domain_units.unwrap_or_default());
        }
        PolicyGrantDetail::CreateProjectFromProjectProfile(detail) => {
            let mut profiles = detail.project_profiles.clone().unwrap_or_default();
            profiles.sort();
            profiles.dedup();
            told["include-child-domain-units"] = json!(detail.include_child_domain_units.unwrap_or_default());
            told["project-profiles"] = json!(profiles);
        }
        PolicyGrantDetail::CreateEnvironmentFromBlueprint(_) => {}
        other => told["detail"] = json!(format!("{other:?}")),
    }
    told
}

/// The same with names in place of ids.
fn named(value: Value, names: &HashMap<String, String>) -> Value {
    match value {
        Value::String(id) => Value::String(names.get(&id).cloned().unwrap_or(id)),
        Value::Array(items) => items.into_iter().map(|item| named(item, names)).collect(),
        Value::Object(members) => members.into_iter().map(|(key, value)| (key, named(value, names))).collect(),
        other => other,
    }
}
