//! `cicd-config.json`, at the root of every repository that aiops seeds: where the project's code is, which accounts and
//! registries its models pass through, and what its endpoints are called. Pipelines and workflows read it, templates see
//! it as `cicd`. Its schema comes from these types.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{GitLayout, GitProvider};

/// The name of the file.
pub const FILE: &str = "cicd-config.json";

/// Where a project's code is, and where its models go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct CicdConfig {
    /// Version of this file's format.
    #[schemars(range(min = 1, max = 1))]
    pub version: u32,
    /// The project.
    pub project: Project,
    /// What hosts the repositories.
    pub provider: GitProvider,
    /// Whether the code is in one repository or in two.
    pub layout: GitLayout,
    /// Branch that is built and deployed.
    pub default_branch: String,
    /// The repositories by what they hold. In layout `single` both are the same repository.
    pub repositories: Repositories,
    /// The model registries.
    pub registries: Registries,
    /// The stages, with their accounts.
    pub stages: Stages,
    /// Role that CI takes by OIDC. It leads to the roles of the persona `ci` in the accounts. Missing where the provider
    /// has no OIDC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ci_role: Option<String>,
}

/// The project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Project {
    /// Its name; its models' names begin with it.
    pub name: String,
    /// Line of business.
    pub tenant: String,
    /// Project profile of aiops.yaml.
    pub profile: String,
    /// Id of the SageMaker Unified Studio domain.
    pub domain: String,
    /// Region of the domain.
    pub domain_region: String,
}

/// The repositories.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Repositories {
    /// Where models are built.
    pub build: Repository,
    /// Where models are deployed from.
    pub deploy: Repository,
}

/// A repository, or a folder of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Repository {
    /// Owner and name, as the provider writes them: `acme/churn`.
    pub name: String,
    /// Where it is cloned from, without a name or token of anybody.
    pub url: String,
    /// Folder of the code: `build`, `deploy`, or `.` if the whole repository is it.
    pub folder: String,
}

/// The model registries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Registries {
    /// Where pipelines register.
    pub dev: Registry,
    /// From where approved models are deployed.
    pub central: Registry,
}

/// A model package group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Registry {
    /// Id of the account, 12 digits.
    pub account: String,
    /// Region.
    pub region: String,
    /// Name of the model package group.
    pub model_package_group: String,
    /// Bucket of the artifacts.
    pub bucket: String,
}

/// The stages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Stages {
    /// Where the code runs while it is worked on.
    pub dev: Stage,
    /// Where what was built is tested.
    pub test: Stage,
    /// Where it serves.
    pub prod: Stage,
}

/// A stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Stage {
    /// Id of the account, 12 digits.
    pub account: String,
    /// Region.
    pub region: String,
    /// Bucket for what jobs read and write.
    pub bucket: String,
    /// Role that SageMaker and Glue jobs run with.
    pub execution_role: String,
    /// Role of the persona `ci` in this account.
    pub ci_role: String,
    /// Id of the SageMaker Unified Studio project of this stage, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// Name of the endpoint of the model that is named like the project. Dev has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// ARN of the MLflow tracking server or app of this stage, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mlflow: Option<String>,
    /// What the project's environments made that code needs to know, such as `glue-database`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, String>,
}
