//! The sections of `aiops.yaml` about repositories, deployments and gates.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::InstanceType;
use crate::governance::Stage;

/// Where seed templates come from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Templates {
    /// Directory, relative to this file, or Git URL of the templates. Default: those inside aiops.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub source: Option<String>,
    /// Branch, tag or commit of the templates' repository.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub r#ref: Option<String>,
}

/// Where repositories live.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Git {
    /// What hosts the repositories.
    pub provider: GitProvider,
    /// Host of the provider, for one that is not public. Default: github.com or gitlab.com.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub host: Option<String>,
    /// Organisation, user or group that owns the repositories. Needed for GitHub and GitLab.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub owner: Option<String>,
    /// Directory of the bare repositories of provider `local`, relative to this file.
    #[schemars(with = "String", length(min = 1))]
    pub directory: PathBuf,
    /// Secret in Secrets Manager, in the shared services account, that holds the provider's token: alone, or as `token` of
    /// a JSON object. Default: the token that the environment or the user's Git credential helper has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub token_secret: Option<String>,
    /// Whom commits name as their author. Default: whom the user's Git configuration names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<GitAuthor>,
    /// Who must agree before CI deploys to a stage, beside what gates ask for. Default: nobody.
    #[serde(skip_serializing_if = "GitReviewers::is_empty")]
    pub reviewers: GitReviewers,
    /// Variables of CI in every repository.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// Default branch of new repositories.
    #[schemars(length(min = 1))]
    pub default_branch: String,
    /// Whether a project has one repository or two.
    pub layout: GitLayout,
}

impl Default for Git {
    fn default() -> Self {
        Git {
            provider: GitProvider::Local,
            host: None,
            owner: None,
            directory: PathBuf::from("repositories"),
            token_secret: None,
            author: None,
            reviewers: GitReviewers::default(),
            variables: BTreeMap::new(),
            default_branch: "main".to_owned(),
            layout: GitLayout::Single,
        }
    }
}

/// The author of commits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GitAuthor {
    /// Name.
    #[schemars(length(min = 1))]
    pub name: String,
    /// Address of mail.
    #[schemars(length(min = 3))]
    pub email: String,
}

/// Who must agree before CI deploys: users by login, teams (for GitLab: groups) as `team:NAME`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct GitReviewers {
    /// To test.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub test: Vec<String>,
    /// To prod.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub prod: Vec<String>,
}

impl GitReviewers {
    fn is_empty(&self) -> bool {
        self.test.is_empty() && self.prod.is_empty()
    }
}

impl Git {
    /// The host, the provider's public one if none is named. Directories have none.
    pub fn host_name(&self) -> Option<&str> {
        self.host.as_deref().or(self.provider.public_host())
    }
}

/// What hosts repositories.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GitProvider {
    /// GitHub, public or Enterprise.
    Github,
    /// GitLab, public or self-managed.
    Gitlab,
    /// Bare repositories on this machine.
    Local,
}

impl GitProvider {
    /// Its host that is open to everybody.
    pub fn public_host(self) -> Option<&'static str> {
        match self {
            GitProvider::Github => Some("github.com"),
            GitProvider::Gitlab => Some("gitlab.com"),
            GitProvider::Local => None,
        }
    }
}

/// How a project's code is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GitLayout {
    /// One repository with the folders `build` and `deploy`.
    Single,
    /// A build repository and a deploy repository.
    Separate,
}

/// How models move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Promotion {
    /// Endpoints that serve models.
    pub endpoint: EndpointSettings,
    /// How long to wait for an endpoint to be in service.
    #[serde(with = "super::duration")]
    #[schemars(schema_with = "super::duration::schema")]
    pub wait: Duration,
    /// How often to look while waiting.
    #[serde(with = "super::duration")]
    #[schemars(schema_with = "super::duration::schema")]
    pub poll: Duration,
    /// How many objects of a version are hashed and copied at once.
    #[schemars(range(min = 1, max = 64))]
    pub copy_concurrency: usize,
    /// The request that a new endpoint must answer before a promotion counts as done.
    pub smoke_test: SmokeTest,
}

impl Default for Promotion {
    fn default() -> Self {
        Promotion {
            endpoint: EndpointSettings::default(),
            wait: Duration::from_secs(30 * 60),
            poll: Duration::from_secs(15),
            copy_concurrency: 8,
            smoke_test: SmokeTest::default(),
        }
    }
}

/// Endpoints: how large, and where they differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct EndpointSettings {
    /// Instance type.
    pub instance_type: InstanceType,
    /// Number of instances.
    #[schemars(range(min = 1, max = 1000))]
    pub instance_count: u32,
    /// What differs in test.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<EndpointOverride>,
    /// What differs in prod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prod: Option<EndpointOverride>,
}

impl Default for EndpointSettings {
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "a literal, checked by the first test that takes a default")]
        let instance_type = "ml.m5.large".parse().expect("a valid instance type");
        EndpointSettings { instance_type, instance_count: 1, test: None, prod: None }
    }
}

/// What differs in one stage.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct EndpointOverride {
    /// Instance type in this stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub instance_type: Option<InstanceType>,
    /// Number of instances in this stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1000))]
    pub instance_count: Option<u32>,
}

/// How large an endpoint is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EndpointSize {
    /// Instance type.
    pub instance_type: InstanceType,
    /// Number of instances.
    pub instance_count: u32,
}

impl EndpointSettings {
    /// How large endpoints of `stage` are.
    pub fn size(&self, stage: Stage) -> EndpointSize {
        let own = match stage {
            Stage::Dev => None,
            Stage::Test => self.test.as_ref(),
            Stage::Prod => self.prod.as_ref(),
        };
        EndpointSize {
            instance_type: own.and_then(|own| own.instance_type.clone()).unwrap_or_else(|| self.instance_type.clone()),
            instance_count: own.and_then(|own| own.instance_count).unwrap_or(self.instance_count),
        }
    }
}

/// A request that an endpoint must answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct SmokeTest {
    /// Content type of the request. Default: the first content type that the model version supports.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub content_type: Option<String>,
    /// Body of the request. Default: the sample payload that the model version names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
}

/// What must be true before a model moves on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Gates {
    /// Directory of Cedar policies, relative to this file. Default: the policies inside aiops.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", length(min = 1))]
    pub policies: Option<PathBuf>,
    /// Whether whoever registered a version is barred from approving it for test and prod.
    pub four_eyes: bool,
    /// Whether a version must have passed its smoke test in test before it may be approved there.
    pub require_smoke_test: bool,
}

impl Default for Gates {
    fn default() -> Self {
        Gates { policies: None, four_eyes: true, require_smoke_test: true }
    }
}

/// How much is done at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Concurrency {
    /// How many accounts are worked on at once.
    #[schemars(range(min = 1, max = 64))]
    pub accounts: usize,
    /// How long one account may take to answer before it counts as unreachable.
    #[serde(with = "super::duration")]
    #[schemars(schema_with = "super::duration::schema")]
    pub account_timeout: Duration,
}

impl Default for Concurrency {
    fn default() -> Self {
        Concurrency { accounts: 8, account_timeout: Duration::from_secs(60) }
    }
}
