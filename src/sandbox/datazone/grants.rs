//! Policy grants: who may do what in a domain unit, or with a blueprint.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::authority;
use super::common::{CLIENT_TOKENS, conflict, enter_available, not_permitted, only_member, paged, quota_exceeded};
use super::configurations::Configuration;
use super::domain::Domain;
use super::groups::Group;
use super::units::{Unit, invalid_unit};
use super::users::User;
use crate::sandbox::call::{ApiError, ApiResult, Call, epoch_seconds, required, text};

/// The most grants of one policy type on one entity.
const MOST: usize = 20;

/// A policy type: the kinds of entity that it is granted on, and the member of the detail that goes with it.
struct PolicyType {
    name: &'static str,
    entity: &'static str,
    detail: &'static str,
}

const fn policy(name: &'static str, entity: &'static str, detail: &'static str) -> PolicyType {
    PolicyType { name, entity, detail }
}

const UNIT: &str = "DOMAIN_UNIT";
/// The entities that stand for the configuration of a blueprint in an account.
pub(super) const BLUEPRINT: &str = "ENVIRONMENT_BLUEPRINT_CONFIGURATION";
const ENVIRONMENT_PROFILE: &str = "ENVIRONMENT_PROFILE";

const POLICY_TYPES: &[PolicyType] = &[
    policy("CREATE_DOMAIN_UNIT", UNIT, "createDomainUnit"),
    policy("OVERRIDE_DOMAIN_UNIT_OWNERS", UNIT, "overrideDomainUnitOwners"),
    policy("ADD_TO_PROJECT_MEMBER_POOL", UNIT, "addToProjectMemberPool"),
    policy("OVERRIDE_PROJECT_OWNERS", UNIT, "overrideProjectOwners"),
    policy("CREATE_GLOSSARY", UNIT, "createGlossary"),
    policy("CREATE_FORM_TYPE", UNIT, "createFormType"),
    policy("CREATE_ASSET_TYPE", UNIT, "createAssetType"),
    policy("CREATE_PROJECT", UNIT, "createProject"),
    policy("CREATE_PROJECT_FROM_PROJECT_PROFILE", UNIT, "createProjectFromProjectProfile"),
    policy("CREATE_ENVIRONMENT_FROM_BLUEPRINT", BLUEPRINT, "createEnvironmentFromBlueprint"),
    policy("CREATE_ENVIRONMENT_PROFILE", BLUEPRINT, "createEnvironmentProfile"),
    policy("DELEGATE_CREATE_ENVIRONMENT_PROFILE", BLUEPRINT, "delegateCreateEnvironmentProfile"),
    policy("CREATE_ENVIRONMENT", ENVIRONMENT_PROFILE, "createEnvironment"),
    policy("USE_ASSET_TYPE", "ASSET_TYPE", "useAssetType"),
];

/// A grant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Grant {
    /// Ten characters.
    pub id: String,
    /// Such as `DOMAIN_UNIT`.
    pub entity_type: String,
    /// Id of the entity that it is granted on.
    pub entity: String,
    /// Policy type.
    pub policy: String,
    /// Who has it. Users and groups stand here with the ids of their profiles, however they were named.
    pub principal: Value,
    /// As given.
    pub detail: Value,
    created: Timestamp,
    created_by: String,
}

impl Grant {
    /// The store's kind of grants.
    pub const KIND: &'static str = "datazone/policy-grant";

    /// A new grant on the entity `target`: its type and id.
    pub fn new(
        call: &Call<'_>,
        target: (&str, &str),
        policy: &str,
        principal: Value,
        detail: Value,
        created_by: &str,
    ) -> ApiResult<Self> {
        Ok(Grant {
            id: call.random_hex(10)?,
            entity_type: target.0.to_owned(),
            entity: target.1.to_owned(),
            policy: policy.to_owned(),
            principal,
            detail,
            created: call.now,
            created_by: created_by.to_owned(),
        })
    }

    /// All grants on an entity.
    pub fn all(call: &Call<'_>, domain: &Domain, target: (&str, &str)) -> ApiResult<Vec<Self>> {
        domain.documents(call, Self::KIND, &format!("{}/{}/", target.0, target.1))
    }

    fn key(&self, domain: &Domain) -> String {
        domain.key(&format!("{}/{}/{}/{}", self.entity_type, self.entity, self.policy, self.id))
    }

    /// Keeps the grant.
    pub fn save(&self, call: &Call<'_>, domain: &Domain) -> ApiResult<()> {
        Ok(call.store.put(Self::KIND, &self.key(domain), self)?)
    }

    /// Ends the grant.
    pub fn remove(&self, call: &Call<'_>, domain: &Domain) -> ApiResult<()> {
        call.store.delete(Self::KIND, &self.key(domain))?;
        Ok(())
    }

    /// What the one member of the detail says.
    pub fn detail_value(&self) -> &Value {
        self.detail.as_object().and_then(|members| members.values().next()).unwrap_or(&Value::Null)
    }

    /// Whether it also holds in the units below.
    pub fn includes_children(&self) -> bool {
        self.detail_value()["includeChildDomainUnits"].as_bool().unwrap_or_default()
    }

    fn describe(&self) -> Value {
        json!({
            "grantId": self.id, "principal": self.principal, "detail": self.detail,
            "createdAt": epoch_seconds(self.created), "createdBy": self.created_by,
        })
    }
}

/// What an input is about: the type and id of an entity.
fn target(input: &Value) -> (&str, &str) {
    (required(input, "entityType"), required(input, "entityIdentifier"))
}

/// The domain, and the profile id of the caller, if they may do `operation` with the grants of the input's entity.
fn enter(call: &mut Call<'_>, operation: &str, input: &Value) -> ApiResult<(Domain, String)> {
    let domain = enter_available(call, operation, input)?;
    match target(input) {
        (UNIT, unit) => {
            Unit::find(call, &domain, unit)?.ok_or_else(|| invalid_unit(unit))?;
            let caller = authority::require(call, &domain, unit, operation)?;
            Ok((domain, caller.id().to_owned()))
        }
        (BLUEPRINT, id) => {
            let well_formed = |(account, blueprint): &(&str, &str)| {
                account.len() == 12 && account.bytes().all(|c| c.is_ascii_digit()) && !blueprint.contains('/')
            };
            let (account, blueprint) = id
                .split_once(':')
                .filter(well_formed)
                .ok_or_else(|| ApiError::validation(format!("{id} is no <account id>:<environment blueprint id>")))?;
            // The configuration belongs to an account: its administrators need no profile in the domain for it.
            let caller = if account == call.caller.account {
                call.caller.arn()
            } else {
                authority::require(call, &domain, &domain.root_unit, operation)?.id().to_owned()
            };
            if Configuration::find(call, &domain, account, blueprint)?.is_none() {
                return Err(ApiError::validation(format!("Environment blueprint configuration {id} does not exist")));
            }
            Ok((domain, caller))
        }
        // Environment profiles and asset types are not in the sandbox: nobody can be permitted anything with one.
        _ => Err(not_permitted(operation)),
    }
}

/// The principal of an input with the ids of profiles in place of other identifiers.
fn principal(call: &Call<'_>, domain: &Domain, input: &Value) -> ApiResult<Value> {
    let (kind, given) = only_member(&input["principal"], "principal")?;
    let identifier = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let resolved = match kind {
        "user" => match only_member(given, "principal.user")? {
            ("userIdentifier", id) => {
                let user = User::find(call, domain, &identifier(id))?;
                json!({"userIdentifier": user.map_or_else(|| identifier(id), |user| user.id)})
            }
            _ => given.clone(),
        },
        "group" => {
            let (_, id) = only_member(given, "principal.group")?;
            let group = Group::find(call, domain, &identifier(id))?;
            json!({"groupIdentifier": group.map_or_else(|| identifier(id), |group| group.id)})
        }
        _ => given.clone(),
    };
    Ok(Value::Object(Map::from_iter([(kind.to_owned(), resolved)])))
}

/// Refuses a principal that names a profile or a domain unit that is not there.
fn must_exist(call: &Call<'_>, domain: &Domain, principal: &Value) -> ApiResult<()> {
    let unknown = |id: &str| ApiError::validation(format!("Principal {id} does not exist"));
    if let Some(id) = principal["user"]["userIdentifier"].as_str() {
        User::find(call, domain, id)?.ok_or_else(|| unknown(id))?;
    }
    if let Some(id) = principal["group"]["groupIdentifier"].as_str() {
        Group::find(call, domain, id)?.ok_or_else(|| unknown(id))?;
    }
    let filter = &principal["project"]["projectGrantFilter"]["domainUnitFilter"];
    for unit in [&principal["domainUnit"]["domainUnitIdentifier"], &filter["domainUnit"]] {
        if let Some(id) = unit.as_str() {
            Unit::find(call, domain, id)?.ok_or_else(|| invalid_unit(id))?;
        }
    }
    Ok(())
}

/// Refuses a policy type that is not for this type of entity, and a detail that is not for this policy type.
fn must_fit(input: &Value) -> ApiResult<()> {
    let (entity, name) = (required(input, "entityType"), required(input, "policyType"));
    let policy = POLICY_TYPES.iter().find(|policy| policy.name == name);
    let policy = policy.filter(|policy| policy.entity == entity).ok_or_else(|| {
        ApiError::validation(format!("Policy type {name} cannot be granted on an entity of type {entity}"))
    })?;
    let (detail, _) = only_member(&input["detail"], "detail")?;
    if detail == policy.detail {
        return Ok(());
    }
    Err(ApiError::validation(format!("Detail {detail} does not fit policy type {name}, which takes {}", policy.detail)))
}

/// `AddPolicyGrant`.
pub(super) fn add(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, caller) = enter(call, "AddPolicyGrant", &input)?;
    must_fit(&input)?;
    CLIENT_TOKENS.once(call, "AddPolicyGrant", &input, |call| {
        let (target, policy) = (target(&input), required(&input, "policyType"));
        let principal = principal(call, &domain, &input)?;
        must_exist(call, &domain, &principal)?;
        let grant = Grant::new(call, target, policy, principal, input["detail"].clone(), &caller)?;
        let mut others = Grant::all(call, &domain, target)?;
        others.retain(|other| other.policy == policy);
        if let Some(same) = others.iter().find(|o| o.principal == grant.principal && o.detail == grant.detail) {
            return Err(conflict(format!("The same grant already exists: {}", same.id)));
        }
        if others.len() >= MOST {
            let message = format!("An entity has at most {MOST} grants of policy type {policy}");
            return Err(quota_exceeded(message));
        }
        grant.save(call, &domain)?;
        Ok(json!({"grantId": grant.id}))
    })
}

/// `RemovePolicyGrant`: all grants of the principal, or the one that is named besides.
pub(super) fn remove(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, _) = enter(call, "RemovePolicyGrant", &input)?;
    CLIENT_TOKENS.once(call, "RemovePolicyGrant", &input, |call| {
        let (principal, id) = (principal(call, &domain, &input)?, text(&input, "grantIdentifier"));
        let mut grants = Grant::all(call, &domain, target(&input))?;
        grants.retain(|grant| {
            grant.policy == required(&input, "policyType")
                && grant.principal == principal
                && id.is_none_or(|id| id == grant.id)
        });
        if grants.is_empty() {
            return Err(ApiError::validation("The principal has no such grant"));
        }
        for grant in grants {
            grant.remove(call, &domain)?;
        }
        Ok(json!({}))
    })
}

/// `ListPolicyGrants`.
pub(super) fn list(call: &mut Call<'_>, input: Value) -> ApiResult {
    let (domain, _) = enter(call, "ListPolicyGrants", &input)?;
    let mut grants = Grant::all(call, &domain, target(&input))?;
    grants.retain(|grant| grant.policy == required(&input, "policyType"));
    paged("grantList", grants, &input, 25, |_| true, Grant::describe)
}
