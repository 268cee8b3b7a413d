//! The roles and managed policies of every account, as the store keeps them.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::policy::{DocumentKind, Policy};
use super::project_role;
use crate::sandbox::call::{Access, ApiError, ApiResult};
use crate::sandbox::store::{Store, StoreError};

/// How long a new role cannot be assumed yet. AWS gives no number; its own samples wait ten seconds.
pub const PROPAGATION: Duration = Duration::from_secs(10);

/// The policies of AWS's own that the sandbox has: path and name, and document. Those that DataZone's roles have allow
/// more than AWS's: nothing here asks what DataZone does with them.
const AWS_MANAGED: &[(&str, &str)] = &[
    ("AdministratorAccess", EVERYTHING),
    ("AmazonDataZoneSageMakerManageAccessRolePolicy", EVERYTHING),
    ("SageMakerStudioProjectRoleMachineLearningPolicy", project_role::MACHINE_LEARNING),
    ("SageMakerStudioProjectUserRolePolicy", project_role::USER),
    ("service-role/AmazonDataZoneGlueManageAccessRolePolicy", EVERYTHING),
    ("service-role/AmazonDataZoneRedshiftManageAccessRolePolicy", EVERYTHING),
    ("service-role/SageMakerStudioDomainExecutionRolePolicy", EVERYTHING),
    ("service-role/SageMakerStudioDomainServiceRolePolicy", EVERYTHING),
    ("service-role/SageMakerStudioProjectProvisioningRolePolicy", EVERYTHING),
    ("service-role/SageMakerStudioQueryExecutionRolePolicy", EVERYTHING),
];

const EVERYTHING: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;

const AWS_MANAGED_PREFIX: &str = "arn:aws:iam::aws:policy/";

/// A role.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Role {
    /// `arn:aws:iam::A:role/path/R`.
    pub arn: String,
    /// `AROA...`; a role made again under the same name has another.
    pub id: String,
    /// Begins and ends with a slash.
    pub path: String,
    /// Without the path.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// Trust policy, as given.
    pub trust: String,
    /// What it is for.
    pub description: Option<String>,
    /// Seconds that a session may last.
    pub max_session_duration: i64,
    /// ARN of the managed policy that is its permissions boundary.
    pub boundary: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
    /// Inline policies by name.
    pub inline: BTreeMap<String, String>,
    /// ARNs of the managed policies attached.
    pub attached: Vec<String>,
}

impl Role {
    const KIND: &'static str = "iam/role";

    /// A role without policies, for others to fill in.
    pub fn new(account: &str, path: &str, name: &str, id: String, trust: String, created: Timestamp) -> Self {
        Role {
            arn: format!("arn:aws:iam::{account}:role{path}{name}"),
            id,
            path: path.to_owned(),
            name: name.to_owned(),
            created,
            trust,
            description: None,
            max_session_duration: 3600,
            boundary: None,
            tags: BTreeMap::new(),
            inline: BTreeMap::new(),
            attached: Vec::new(),
        }
    }

    /// The role `name` of `account`. Names differ by more than case.
    pub fn find(store: &Store<'_>, account: &str, name: &str) -> Result<Option<Self>, StoreError> {
        store.get(Self::KIND, &key(account, name))
    }

    /// The role that an ARN means, its path included.
    pub fn by_arn(store: &Store<'_>, arn: &str) -> Result<Option<Self>, StoreError> {
        let (account, name) = (arn.split(':').nth(4), arn.rsplit('/').next());
        let found = Self::find(store, account.unwrap_or_default(), name.unwrap_or_default())?;
        Ok(found.filter(|role| role.arn == arn))
    }

    /// All roles of `account`, by name.
    pub fn all(store: &Store<'_>, account: &str) -> Result<Vec<Self>, StoreError> {
        Ok(store.list(Self::KIND, &format!("{account}/"))?.into_iter().map(|(_, role)| role).collect())
    }

    /// Keeps the role.
    pub fn save(&self, store: &Store<'_>) -> Result<(), StoreError> {
        store.put(Self::KIND, &key(self.account(), &self.name), self)
    }

    /// Removes the role.
    pub fn delete(&self, store: &Store<'_>) -> Result<bool, StoreError> {
        store.delete(Self::KIND, &key(self.account(), &self.name))
    }

    /// Adds the condition keys of the role's tags to `access`, which asks for the role.
    pub fn with_tags(&self, access: Access) -> Access {
        access.tags("aws:ResourceTag", &self.tags).tags("iam:ResourceTag", &self.tags)
    }

    /// Whether the role has come everywhere by `now`. Before, it looks like one that does not exist.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.created.checked_add(PROPAGATION).is_ok_and(|usable| now >= usable)
    }

    /// The account that owns the role.
    pub fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }

    /// The role's identity-based policies: inline ones, then managed ones.
    pub fn identity_policies(&self, store: &Store<'_>) -> ApiResult<Vec<Policy>> {
        let inline = self.inline.values().map(|document| stored(document, DocumentKind::Identity));
        let attached = self.attached.iter().filter_map(|arn| managed(store, arn).transpose());
        inline.chain(attached).collect()
    }

    /// The permissions boundary, if there is one.
    pub fn boundary_policy(&self, store: &Store<'_>) -> ApiResult<Option<Policy>> {
        self.boundary.as_deref().map_or(Ok(None), |arn| managed(store, arn))
    }
}

/// A managed policy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ManagedPolicy {
    /// `arn:aws:iam::A:policy/path/P`.
    pub arn: String,
    /// `ANPA...`.
    pub id: String,
    /// Begins and ends with a slash.
    pub path: String,
    /// Without the path.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// The document of version `v1`, the only one.
    pub document: String,
    /// What it is for.
    pub description: Option<String>,
    /// Tags.
    pub tags: BTreeMap<String, String>,
}

impl ManagedPolicy {
    const KIND: &'static str = "iam/policy";

    /// The policy under `arn`: of AWS, or of an account.
    pub fn find(store: &Store<'_>, arn: &str) -> Result<Option<Self>, StoreError> {
        if !arn.starts_with(AWS_MANAGED_PREFIX) {
            return store.get(Self::KIND, arn);
        }
        Ok(Self::of_aws().find(|policy| policy.arn == arn))
    }

    /// AWS's own policies.
    pub fn of_aws() -> impl Iterator<Item = Self> {
        AWS_MANAGED.iter().map(|(full_name, document)| {
            let (path, name) = full_name.rsplit_once('/').unwrap_or(("", full_name));
            ManagedPolicy {
                arn: format!("{AWS_MANAGED_PREFIX}{full_name}"),
                // Long names differ at their end.
                id: format!("ANPA{:0<17}", name.to_uppercase().chars().rev().take(17).collect::<String>()),
                path: if path.is_empty() { "/".to_owned() } else { format!("/{path}/") },
                name: name.to_owned(),
                created: Timestamp::UNIX_EPOCH,
                document: (*document).to_owned(),
                description: None,
                tags: BTreeMap::new(),
            }
        })
    }

    /// The policies that `account` made.
    pub fn all(store: &Store<'_>, account: &str) -> Result<Vec<Self>, StoreError> {
        let prefix = format!("arn:aws:iam::{account}:policy/");
        Ok(store.list(Self::KIND, &prefix)?.into_iter().map(|(_, policy)| policy).collect())
    }

    /// Keeps the policy.
    pub fn save(&self, store: &Store<'_>) -> Result<(), StoreError> {
        store.put(Self::KIND, &self.arn, self)
    }

    /// Removes the policy.
    pub fn delete(&self, store: &Store<'_>) -> Result<bool, StoreError> {
        store.delete(Self::KIND, &self.arn)
    }
}

/// A document that was valid when it was stored.
pub fn stored(document: &str, kind: DocumentKind) -> ApiResult<Policy> {
    Policy::parse(document, kind).map_err(|error| ApiError::internal(format!("a stored policy does not read: {error}")))
}

fn managed(store: &Store<'_>, arn: &str) -> ApiResult<Option<Policy>> {
    ManagedPolicy::find(store, arn)?.map(|policy| stored(&policy.document, DocumentKind::Identity)).transpose()
}

/// The first role that a policy names as a principal but that does not exist: AWS refuses such a policy.
pub fn unknown_principal(store: &Store<'_>, policy: &Policy) -> Result<Option<String>, StoreError> {
    for arn in policy.named_roles() {
        if Role::by_arn(store, arn)?.is_none() {
            return Ok(Some(format!("Invalid principal in policy: \"AWS\":\"{arn}\"")));
        }
    }
    Ok(None)
}

fn key(account: &str, name: &str) -> String {
    format!("{account}/{}", name.to_lowercase())
}
