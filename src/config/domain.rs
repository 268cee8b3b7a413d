//! The sections of `aiops.yaml` about the domain, what is enabled in its accounts, and the project profiles.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::{
    AccountId, BlueprintName, ConnectionArn, IdentityCenterArn, KmsKey, ParameterName, Principal, RegionName, RoleArn,
    SubnetId, TenantName, ThingName, VpcId,
};
use crate::governance::Stage;

/// The SageMaker Unified Studio domain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Domain {
    /// Name of the domain.
    pub name: ThingName,
    /// What the domain is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether people sign in through IAM Identity Center. It must be in the domain's Region.
    pub single_sign_on: bool,
    /// Who may sign in: everybody in IAM Identity Center, or only those who have a profile in the domain.
    pub user_assignment: UserAssignment,
    /// Instance of IAM Identity Center. Default: the only one that the governance account sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_center: Option<IdentityCenterArn>,
    /// KMS key of the domain; it cannot be changed later. Default: a key that AWS owns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key: Option<KmsKey>,
    /// Tags of the domain.
    pub tags: BTreeMap<String, String>,
    /// Roles of the domain that exist already. Those that are not named are made.
    pub roles: DomainRoles,
    /// Owners of the root unit, beside the administrator.
    pub owners: Vec<Principal>,
    /// Whether accounts are associated without an invitation. It turns on resource sharing in the organization.
    pub organization_sharing: bool,
    /// Blueprints to enable in every account of every tenant.
    #[schemars(length(min = 1))]
    pub blueprints: Vec<BlueprintName>,
    /// Sets of accounts from which projects are given one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub account_pools: Vec<AccountPool>,
}

impl Default for Domain {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a literal, checked by the first test that takes a default")]
        let name = "machine-learning".parse().expect("a valid name");
        Domain {
            name,
            description: None,
            single_sign_on: false,
            user_assignment: UserAssignment::Manual,
            identity_center: None,
            kms_key: None,
            tags: BTreeMap::new(),
            roles: DomainRoles::default(),
            owners: Vec::new(),
            organization_sharing: true,
            blueprints: default_blueprints(),
            account_pools: Vec::new(),
        }
    }
}

/// What the shipped profiles are made of.
fn default_blueprints() -> Vec<BlueprintName> {
    const NAMES: [&str; 6] =
        ["Tooling", "DataLake", "MLExperiments", "Workflows", "AmazonBedrockKnowledgeBase", "AmazonBedrockGuardrail"];
    #[expect(clippy::expect_used, reason = "literals, checked by the first test that takes a default")]
    NAMES.iter().map(|name| name.parse().expect("a valid name")).collect()
}

/// Who may sign in to the domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UserAssignment {
    /// Those who have a profile in the domain.
    Manual,
    /// Everybody in IAM Identity Center.
    Automatic,
}

/// Roles that DataZone takes in the governance account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct DomainRoles {
    /// Role in whose name DataZone serves the users of the domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub execution: Option<RoleArn>,
    /// Role in which DataZone runs the domain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<RoleArn>,
}

/// Roles that DataZone takes in an account of a tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct ProjectRoles {
    /// Role that gives and takes access to data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manage_access: Option<RoleArn>,
    /// Role that makes what projects consist of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioning: Option<RoleArn>,
    /// Role in which queries run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_execution: Option<RoleArn>,
}

impl ProjectRoles {
    /// Whether every role is to be made.
    pub fn is_empty(&self) -> bool {
        *self == ProjectRoles::default()
    }
}

/// The network that projects of an account use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Network {
    /// The VPC.
    pub vpc: VpcId,
    /// Its private subnets. AWS recommends three, in different availability zones.
    #[schemars(length(min = 1, max = 16))]
    pub subnets: Vec<SubnetId>,
}

/// A set of accounts from which projects are given one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct AccountPool {
    /// Name of the pool.
    pub name: ThingName,
    /// The accounts.
    #[schemars(length(min = 1, max = 25))]
    pub accounts: Vec<PooledAccount>,
}

/// An account of a pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PooledAccount {
    /// Id of the account, 12 digits.
    pub account: AccountId,
    /// Regions in which projects may be. Default: the file's `region`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 3))]
    pub regions: Vec<RegionName>,
}

/// A project profile. It becomes one DataZone profile for each tenant and stage, called `<tenant> <name> <stage>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Profile {
    /// Name of the profile. Under another name it is another profile, and the old one is removed.
    pub name: ThingName,
    /// What projects of this profile do. It decides which environments they have.
    pub use_case: UseCase,
    /// What the profile is for. Default: what the use case is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2000))]
    pub description: Option<String>,
    /// Seed template of the projects' repositories. Default: the template named like the use case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub template: Option<String>,
    /// Tenants that may use the profile. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub tenants: Option<Vec<TenantName>>,
    /// Stages in which projects have a workspace. Default: all three.
    #[serde(default = "every_stage")]
    #[schemars(length(min = 1))]
    pub stages: Vec<StageName>,
    /// Who may create projects from it. Default: every user of the domain.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Principal>,
    /// Connection to the Git provider that projects are bound to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_connection: Option<ConnectionArn>,
    /// Environments beside those of the use case, or what differs in one of those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environments: Vec<EnvironmentSettings>,
    /// Whether projects can be created from it.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn every_stage() -> Vec<StageName> {
    vec![StageName::Dev, StageName::Test, StageName::Prod]
}

fn yes() -> bool {
    true
}

/// A stage, as this file spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StageName {
    /// Where work is done.
    Dev,
    /// Where models are tested.
    Test,
    /// Where models serve.
    Prod,
}

impl From<Stage> for StageName {
    fn from(stage: Stage) -> StageName {
        match stage {
            Stage::Dev => StageName::Dev,
            Stage::Test => StageName::Test,
            Stage::Prod => StageName::Prod,
        }
    }
}

impl From<StageName> for Stage {
    fn from(name: StageName) -> Stage {
        match name {
            StageName::Dev => Stage::Dev,
            StageName::Test => Stage::Test,
            StageName::Prod => Stage::Prod,
        }
    }
}

/// What a project does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UseCase {
    /// Train and serve a model that predicts a number.
    Regression,
    /// Fine-tune a language model.
    LlmFinetuning,
    /// Answer questions from documents.
    Rag,
    /// Produce data for others.
    DataPipeline,
}

impl UseCase {
    /// All, in the order in which they are told.
    pub const ALL: [UseCase; 4] = [UseCase::Regression, UseCase::LlmFinetuning, UseCase::Rag, UseCase::DataPipeline];

    /// As this file spells it.
    pub fn word(self) -> &'static str {
        match self {
            UseCase::Regression => "regression",
            UseCase::LlmFinetuning => "llm-finetuning",
            UseCase::Rag => "rag",
            UseCase::DataPipeline => "data-pipeline",
        }
    }
}

/// An environment of a profile's projects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct EnvironmentSettings {
    /// Name of the environment. That of one of the use case's environments changes it.
    pub name: ThingName,
    /// Blueprint that it is made from. Needed for an environment that the use case does not have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blueprint: Option<BlueprintName>,
    /// Whether every project has it from the beginning. Default: as in the use case, else `on-demand`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<DeploymentMode>,
    /// Values of the blueprint's parameters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<ParameterName, Parameter>,
    /// Account pools from which the environment is given an account. Default: the account of tenant and stage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 10))]
    pub account_pools: Vec<ThingName>,
}

/// When an environment is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DeploymentMode {
    /// With the project.
    OnCreate,
    /// When somebody of the project asks for it.
    OnDemand,
}

/// The value of a parameter: alone, or with whether projects may choose another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Parameter {
    /// The value. Projects may not change it.
    Fixed(String),
    /// The value, and whether projects may change it.
    Detailed(DetailedParameter),
}

/// The value of a parameter, and whether projects may change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DetailedParameter {
    /// The value. DataZone's parameters are text.
    pub value: String,
    /// Whether projects may choose another value.
    #[serde(default)]
    pub editable: bool,
}

impl Parameter {
    /// The value.
    pub fn value(&self) -> &str {
        match self {
            Parameter::Fixed(value) => value,
            Parameter::Detailed(detailed) => &detailed.value,
        }
    }

    /// Whether projects may choose another value.
    pub fn is_editable(&self) -> bool {
        matches!(self, Parameter::Detailed(detailed) if detailed.editable)
    }
}
