//! `aiops.yaml`, typed. Its schema comes from these types, so every doc comment here is shown to users by their editor.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::domain::{Domain, Network, Profile, ProjectRoles};
use super::names::{
    AccountId, BucketName, BusName, ExternalId, KmsKey, ModelPattern, Principal, RegionName, RoleArn, SourceIdentity,
    TenantName, Title,
};
use super::roles::{OwnRoles, Roles, persona_schema};
use super::settings::{Concurrency, Gates, Git, Promotion, Templates};
use crate::governance::{Persona, Stage};

/// The landscape that aiops manages: accounts, tenants, roles, and how models move between them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Config {
    /// Version of this file's format.
    #[serde(default = "version")]
    #[schemars(schema_with = "version_schema")]
    pub version: u32,
    /// Region of everything that names no other.
    pub region: RegionName,
    /// Persona as whom commands act, unless they need a particular one. Without it each command takes the persona that
    /// is meant to run it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "persona_schema")]
    pub persona: Option<Persona>,
    /// Store of the embedded sandbox, relative to this file. With it, commands talk to the sandbox and never to AWS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", length(min = 1))]
    pub sandbox: Option<PathBuf>,
    /// Management account of the organization. Default: the governance account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management: Option<Management>,
    /// Account that holds the SageMaker Unified Studio domain.
    pub governance: Governance,
    /// Account that holds the central model registry and its artifacts.
    pub shared_services: SharedServices,
    /// IAM role of each persona, by name, in every account that does not name its own.
    #[serde(default)]
    pub roles: Roles,
    /// How sessions in other accounts are made.
    #[serde(default)]
    pub session: Session,
    /// Lines of business, each with its accounts.
    #[schemars(length(min = 1))]
    pub tenants: Vec<Tenant>,
    /// The SageMaker Unified Studio domain.
    #[serde(default)]
    pub domain: Domain,
    /// Project profiles, and who may use them.
    #[serde(default)]
    pub profiles: Vec<Profile>,
    /// Where the seed templates of new repositories come from.
    #[serde(default)]
    pub templates: Templates,
    /// Where the repositories of projects live.
    #[serde(default)]
    pub git: Git,
    /// How models are deployed and checked on their way to prod.
    #[serde(default)]
    pub promotion: Promotion,
    /// What must be true before a model moves on.
    #[serde(default)]
    pub gates: Gates,
    /// How much is done at once.
    #[serde(default)]
    pub concurrency: Concurrency,
}

fn version() -> u32 {
    1
}

fn version_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({ "type": "integer", "enum": [1], "default": 1 })
}

/// The management account of the organization, or one that may read and change the organization in its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Management {
    /// Id of the account, 12 digits.
    pub account: AccountId,
    /// External id of this account's roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Roles of this account that differ from the general ones.
    #[serde(default, skip_serializing_if = "OwnRoles::is_empty")]
    pub roles: OwnRoles,
}

/// The governance account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Governance {
    /// Id of the account, 12 digits.
    pub account: AccountId,
    /// Region of the domain. Default: the file's `region`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionName>,
    /// External id of this account's roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Roles of this account that differ from the general ones.
    #[serde(default, skip_serializing_if = "OwnRoles::is_empty")]
    pub roles: OwnRoles,
}

/// The shared services account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SharedServices {
    /// Id of the account, 12 digits.
    pub account: AccountId,
    /// Region of the central registry. Default: the file's `region`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionName>,
    /// Bucket of the central artifacts. Default: `aiops-models-<account>-<region>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<BucketName>,
    /// KMS key that encrypts the central artifacts. Default: the encryption that the bucket is set to. Accounts that
    /// deploy must be able to decrypt with it, so it cannot be a key that AWS manages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<KmsKey>,
    /// Event bus on which the accounts tell what happens.
    #[serde(default = "bus")]
    pub event_bus: BusName,
    /// External id of this account's roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Roles of this account that differ from the general ones.
    #[serde(default, skip_serializing_if = "OwnRoles::is_empty")]
    pub roles: OwnRoles,
}

#[expect(clippy::expect_used, reason = "a literal, checked by the first test that takes a default")]
fn bus() -> BusName {
    "aiops".parse().expect("a valid name")
}

/// How sessions are made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Session {
    /// Whether commands assume the roles of this file. `false`: they use the credentials that they find, as they are.
    pub assume_roles: bool,
    /// External id of every role that has none of its own, and none of its account's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// What STS records as source identity, by which four-eyes rules know people: `caller` (the name of whoever runs
    /// aiops), `none`, or a fixed text.
    pub source_identity: SourceIdentity,
    /// How long the credentials of a session live: 15m to 12h, and at most 1h where roles are chained.
    #[serde(with = "super::duration")]
    #[schemars(schema_with = "super::duration::schema")]
    pub duration: Duration,
    /// Session tags of every session.
    pub tags: BTreeMap<String, String>,
    /// Roles to go through, in this order, before the role of a persona is assumed.
    pub via: Vec<RoleArn>,
}

impl Default for Session {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a literal, checked by the first test that takes a default")]
        let source_identity = "caller".parse().expect("a valid source identity");
        Session {
            assume_roles: true,
            external_id: None,
            source_identity,
            duration: Duration::from_secs(3600),
            tags: BTreeMap::new(),
            via: Vec::new(),
        }
    }
}

/// A line of business with its accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Tenant {
    /// Short name; it begins the names of the tenant's model groups, endpoints and buckets.
    pub name: TenantName,
    /// Name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<Title>,
    /// Owners of the tenant's domain unit. They may do everything in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owners: Vec<Principal>,
    /// Who may be a member of the tenant's projects. Default: every user of the domain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<Principal>,
    /// Accounts of the machine-learning workspaces.
    pub stages: Stages,
    /// Accounts of the data producers' workspaces, where the tenant has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Stages>,
    /// Which model package groups of the dev account belong to this tenant. Default: all.
    #[serde(default = "any_model")]
    #[schemars(length(min = 1))]
    pub models: Vec<ModelPattern>,
    /// Whether dev and prod may share an account. AWS recommends against it: every administrator of dev is one of prod.
    #[serde(default)]
    pub allow_shared_prod: bool,
}

fn any_model() -> Vec<ModelPattern> {
    vec![ModelPattern::any()]
}

impl Tenant {
    /// Whether the model package group `model` of the dev account belongs to this tenant.
    pub fn owns(&self, model: &str) -> bool {
        self.models.iter().any(|pattern| pattern.matches(model))
    }
}

/// One account for each stage. Dev and test may share one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Stages {
    /// Where work is done and models are trained.
    pub dev: StageAccount,
    /// Where models are deployed to be tested. May be the account of another stage.
    pub test: StageAccount,
    /// Where models serve. May be the account of test in another Region; that of dev only with `allow-shared-prod: true`.
    pub prod: StageAccount,
}

impl Stages {
    /// The account of `stage`.
    pub fn get(&self, stage: Stage) -> &StageAccount {
        match stage {
            Stage::Dev => &self.dev,
            Stage::Test => &self.test,
            Stage::Prod => &self.prod,
        }
    }
}

/// The account of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StageAccount {
    /// Id of the account, 12 digits.
    pub account: AccountId,
    /// Region of the stage. Default: the file's `region`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionName>,
    /// Bucket of the stage. Default: `aiops-<tenant>-<account>-<region>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bucket: Option<BucketName>,
    /// Network of the projects here. Tooling and other blueprints need one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// Bucket of the projects here. Default: `amazon-sagemaker-<account>-<region>-aiops`; the roles that DataZone gives to
    /// projects reach buckets whose name begins with `amazon-sagemaker-<account>-<region>-`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub projects_bucket: Option<BucketName>,
    /// Roles that DataZone takes here and that exist already. Those that are not named are made.
    #[serde(default, skip_serializing_if = "ProjectRoles::is_empty")]
    pub project_roles: ProjectRoles,
    /// External id of this account's roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<ExternalId>,
    /// Roles of this account that differ from the general ones.
    #[serde(default, skip_serializing_if = "OwnRoles::is_empty")]
    pub roles: OwnRoles,
}
