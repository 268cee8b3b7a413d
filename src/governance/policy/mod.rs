//! The IAM documents by which AWS itself enforces the state machine.
//!
//! Everything is generated from [`super::machine::MOVES`] and a [`Scope`]: one `Allow` per move, whose conditions name
//! where the version is and where it goes. What is not in the table, AWS refuses, from the console too.
//!
//! What IAM cannot see is checked by aiops alone: comments, and the inference specification, for which there is no
//! condition key (whoever may move a version could swap its specification in the same call). That is why approvals are
//! bound to digests, and why every deployment computes them again.
//!
//! Three more rules hold for the whole:
//! - Grants are allow-lists, and what a grant asks for must be there: a condition key that AWS spelt differently, or did
//!   not fill in, refuses. Only the few conditions that ask for a key to be absent are met by it.
//! - Nobody but the administrator may change who has access to a group of the central registry. Whoever could do so
//!   could hand `UpdateModelPackage` to an account of theirs and pass by the state machine.
//! - Nobody deletes, but for what can only be replaced: endpoints of ours that never came up, and grants of
//!   subscriptions.

mod bootstrap;
mod catalog;
mod document;
mod execution;
mod identity;
mod lifecycle;
mod resource;
mod trust;

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

use super::lifecycle::Stage;
use super::machine::Registry;

pub use bootstrap::{Site, bootstrap};
pub use execution::{execution_role, execution_trust};
pub use identity::identity;
pub use resource::{
    central_bucket_policy, central_bus_policy, central_group_policy, central_key_policy, dev_bucket_policy,
};
pub use trust::{Trustees, assume_roles, trust, web_identity_trust};

/// Below this prefix of the central bucket lie the artifacts of models.
pub const ARTIFACTS: &str = "models/";

/// The tag of groups and endpoints that names the tenant they belong to.
pub const TENANT_TAG: &str = "aiops:tenant";
/// The tag of groups and endpoints that names their model.
pub const MODEL_TAG: &str = "aiops:model";

/// The longest managed policy that AWS accepts, in characters without white space.
pub const LONGEST_MANAGED: usize = 6_144;
/// The most that all inline policies of a role may have together, in characters without white space.
pub const LONGEST_INLINE: usize = 10_240;

/// The accounts between which models move, as far as policies must name them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The partition of every account, as ARNs spell it.
    pub partition: String,
    /// The shared services account with the central registry.
    pub central: Central,
    /// Every workspace of every tenant.
    pub workspaces: Vec<Workspace>,
}

/// The shared services account. It should be no tenant's: a registry that is dev and central at once would have the
/// moves of both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Central {
    /// Its id, 12 digits.
    pub account: String,
    /// The Region of the registry and of the bucket.
    pub region: String,
    /// Where the artifacts of central versions lie.
    pub bucket: Bucket,
    /// ARNs of the roles in this account that copy artifacts in: those of engineers and of CI jobs.
    pub copiers: Vec<String>,
}

/// The account of one stage of one tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Workspace {
    /// The tenant's name.
    pub tenant: String,
    /// The stage that this account is for. An account for several stages is several workspaces.
    pub stage: Stage,
    /// The account's id, 12 digits.
    pub account: String,
    /// Its Region.
    pub region: String,
    /// Where training leaves artifacts: in dev.
    pub bucket: Option<Bucket>,
    /// ARN of the role that SageMaker takes to run endpoints here.
    pub execution_role: String,
}

/// An S3 bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// ARN of the customer managed KMS key that encrypts it, or of an alias of the key, if one does.
    pub key_arn: Option<String>,
}

/// Where a role is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// In the shared services account.
    Central,
    /// In the account of one stage of a tenant. A role in an account of several stages gets a document for each.
    Workspace(&'a Workspace),
}

/// A policy of a role.
#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    /// Its name, such as `aiops-central-moves`: unique in the role, the same for every persona.
    pub name: String,
    /// What it says.
    pub document: Value,
}

impl Place<'_> {
    /// The registry in this place, if versions move there.
    pub fn registry(&self) -> Option<Registry> {
        match self {
            Place::Central => Some(Registry::Central),
            Place::Workspace(workspace) => (workspace.stage == Stage::Dev).then_some(Registry::Dev),
        }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Place::Central => "central",
            Place::Workspace(workspace) => match workspace.stage {
                Stage::Dev => "dev",
                Stage::Test => "test",
                Stage::Prod => "prod",
            },
        })
    }
}

impl Scope {
    /// An ARN of SageMaker in `place`.
    fn sagemaker(&self, place: Place<'_>, resource: &str) -> String {
        let (region, account) = match place {
            Place::Central => (&self.central.region, &self.central.account),
            Place::Workspace(workspace) => (&workspace.region, &workspace.account),
        };
        format!("arn:{}:sagemaker:{region}:{account}:{resource}", self.partition)
    }

    fn root(&self, account: &str) -> String {
        format!("arn:{}:iam::{account}:root", self.partition)
    }

    fn bucket(&self, bucket: &Bucket) -> String {
        format!("arn:{}:s3:::{}", self.partition, bucket.name)
    }

    fn objects(&self, bucket: &Bucket, prefix: &str) -> String {
        format!("arn:{}:s3:::{}/{prefix}*", self.partition, bucket.name)
    }

    fn central_artifacts(&self) -> String {
        self.objects(&self.central.bucket, ARTIFACTS)
    }

    /// The buckets in which versions lie before they are copied. Two tenants may share one.
    fn dev_buckets(&self) -> Vec<&Bucket> {
        let mut seen = BTreeSet::new();
        let dev = self.workspaces.iter().filter(|workspace| workspace.stage == Stage::Dev);
        dev.filter_map(|workspace| workspace.bucket.as_ref()).filter(|bucket| seen.insert(&bucket.name)).collect()
    }

    /// The workspaces that deploy central versions.
    fn consumers(&self) -> impl Iterator<Item = &Workspace> {
        self.workspaces.iter().filter(|workspace| workspace.stage != Stage::Dev)
    }
}

#[cfg(test)]
mod tests;
