//! `cicd-config.json`, at the root of every repository that aiops seeds: where the project's code is, which accounts and
//! registries its models pass through, and what its endpoints are called. Pipelines and workflows read it, templates see
//! it as `cicd`. Its schema comes from these types.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{Document, GitLayout, GitProvider, Schema};
use crate::error::{Error, Result};
use crate::git::File;

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

/// The schema of the file.
pub static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::of::<CicdConfig>(FILE));

impl CicdConfig {
    /// The configuration as a file.
    pub fn file(&self) -> Result<File> {
        let json = serde_json::to_string_pretty(self)
            .map_err(|error| Error::failed(format!("{FILE} cannot be written")).because(error))?;
        Ok(File::new(json + "\n"))
    }

    /// The configuration that `text` is, which messages call `name`.
    ///
    /// # Errors
    ///
    /// Kind `Config`, with every mistake in the rendered report.
    pub fn read(name: &str, text: String) -> Result<Self> {
        Ok(Document::read(&SCHEMA, name, text)?.value)
    }
}

/// A project that there is not, to try templates with.
pub fn sample(provider: GitProvider, layout: GitLayout) -> CicdConfig {
    let host = match provider {
        GitProvider::Github => "https://github.com/acme",
        GitProvider::Gitlab => "https://gitlab.com/acme",
        GitProvider::Local => "file:///srv/git/acme",
    };
    let repository = |name: &str, folder: &str| Repository {
        name: format!("acme/{name}"),
        url: format!("{host}/{name}.git"),
        folder: folder.to_owned(),
    };
    let repositories = match layout {
        GitLayout::Single => {
            Repositories { build: repository("churn", "build"), deploy: repository("churn", "deploy") }
        }
        GitLayout::Separate => {
            Repositories { build: repository("churn-build", "."), deploy: repository("churn-deploy", ".") }
        }
    };
    let region = "eu-west-1";
    let registry = |account: &str| Registry {
        account: account.to_owned(),
        region: region.to_owned(),
        model_package_group: "retail-churn".to_owned(),
        bucket: format!("aiops-models-{account}-{region}"),
    };
    let stage = |name: &str, account: &str, endpoint: Option<&str>| Stage {
        account: account.to_owned(),
        region: region.to_owned(),
        bucket: format!("amazon-sagemaker-{account}-{region}-churn"),
        execution_role: format!("arn:aws:iam::{account}:role/aiops-execution"),
        ci_role: format!("arn:aws:iam::{account}:role/aiops-ci"),
        project: Some(format!("churn{name}00001")),
        endpoint: endpoint.map(str::to_owned),
        mlflow: None,
        resources: BTreeMap::from([
            ("athena-workgroup".to_owned(), format!("workgroup-churn-{name}")),
            ("glue-database".to_owned(), format!("churn_{name}")),
            ("s3-uri".to_owned(), format!("s3://amazon-sagemaker-{account}-{region}-churn/{name}/")),
        ]),
    };
    CicdConfig {
        version: 1,
        project: Project {
            name: "churn".to_owned(),
            tenant: "retail".to_owned(),
            profile: "tabular".to_owned(),
            domain: "dzd_0123456789abcd".to_owned(),
            domain_region: region.to_owned(),
        },
        provider,
        layout,
        default_branch: "main".to_owned(),
        repositories,
        registries: Registries { dev: registry("222222222222"), central: registry("111111111111") },
        stages: Stages {
            dev: stage("dev", "222222222222", None),
            test: stage("test", "333333333333", Some("retail-churn-test")),
            prod: stage("prod", "444444444444", Some("retail-churn-prod")),
        },
        ci_role: (provider != GitProvider::Local).then(|| "arn:aws:iam::111111111111:role/aiops-ci-churn".to_owned()),
    }
}
