//! What is in an account: what the tagging API sees, what it does not see, and the roles of projects with their policies.

use std::collections::{BTreeMap, HashMap};

use percent_encoding::percent_decode_str;

use super::reach::{self, ProjectRole, Tags};
use crate::aws::Session;
use crate::aws::error::{AwsError, Class};
use crate::error::Result;
use crate::landscape::ProjectAccount;
use crate::sandbox::iam::{DocumentKind, Policy};

/// How the names of projects' roles begin. The rest is the id of the project and of the environment.
const ROLE: &str = "datazone_usr_role_";

/// What is in an account and a Region.
pub(super) struct Inventory {
    /// The account, twelve digits.
    pub account: String,
    /// The Region.
    pub region: String,
    /// Everything that was found, by ARN, with its tags.
    pub resources: BTreeMap<String, Tags>,
    /// The roles of projects.
    pub roles: Vec<ProjectRole>,
    /// The bucket that projects share, and the policy on it.
    pub bucket: String,
    /// The policy on that bucket.
    pub bucket_policy: Option<Policy>,
    /// What could not be read: what, and why.
    pub gaps: Vec<(String, String)>,
}

impl Inventory {
    /// Looks around in an account.
    pub async fn take(session: &Session, account: &ProjectAccount) -> Result<Self> {
        let mut inventory = Inventory {
            account: session.account.clone(),
            region: session.region.clone(),
            resources: tagged(session).await?,
            roles: Vec::new(),
            bucket: account.bucket.clone(),
            bucket_policy: None,
            gaps: Vec::new(),
        };
        inventory.read_roles(session).await?;
        let lists = [
            ("model package groups", groups(session).await),
            ("models", models(session).await),
            ("endpoints", endpoints(session).await),
            ("endpoint configurations", endpoint_configs(session).await),
            ("buckets", buckets(session).await),
        ];
        for (what, found) in lists {
            match found {
                Ok(arns) => {
                    for arn in arns {
                        inventory.resources.entry(arn).or_default();
                    }
                }
                Err(error) => inventory.gaps.push((what.to_owned(), error.to_string())),
            }
        }
        match bucket_policy(session, &inventory.bucket).await {
            Ok(policy) => inventory.bucket_policy = policy,
            Err(why) => inventory.gaps.push((format!("the policy of bucket {}", inventory.bucket), why)),
        }
        Ok(inventory)
    }

    async fn read_roles(&mut self, session: &Session) -> Result<()> {
        let iam = session.iam();
        let mut managed = HashMap::new();
        let mut pages = iam.list_roles().into_paginator().items().send();
        while let Some(role) = pages.next().await {
            let role = role.map_err(AwsError::from)?;
            let Some((project, _)) = role.role_name().strip_prefix(ROLE).and_then(|rest| rest.split_once('_')) else {
                continue;
            };
            // Lists of roles have neither tags nor boundaries.
            let read = iam.get_role().role_name(role.role_name()).send().await.map_err(AwsError::from)?;
            let Some(role) = read.role else { continue };
            let mut tags: Tags = role.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
            self.resources.insert(role.arn().to_owned(), tags.clone());
            // What the studio's sessions are tagged with, wherever the role has no such tag of its own.
            tags.entry(reach::PROJECT.to_owned()).or_insert_with(|| project.to_owned());
            tags.entry("DomainBucketName".to_owned()).or_insert_with(|| self.bucket.clone());
            let mut reader = Reader { session, managed: &mut managed, gaps: &mut self.gaps };
            let policies = reader.policies(role.role_name()).await?;
            let boundary = role.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn());
            let boundary = match boundary {
                Some(arn) => reader.managed(arn).await?,
                None => None,
            };
            let trust = role.assume_role_policy_document().map(decoded);
            let trust = trust.and_then(|text| reader.parsed(role.arn(), &text, DocumentKind::Trust));
            self.roles.push(ProjectRole {
                arn: role.arn().to_owned(),
                id: role.role_id().to_owned(),
                project: project.to_owned(),
                tags,
                policies,
                boundary,
                trust,
            });
        }
        Ok(())
    }
}

/// Reads policies, each managed one once.
struct Reader<'a> {
    session: &'a Session,
    managed: &'a mut HashMap<String, Option<Policy>>,
    gaps: &'a mut Vec<(String, String)>,
}

impl Reader<'_> {
    async fn policies(&mut self, role: &str) -> Result<Vec<Policy>> {
        let iam = self.session.iam();
        let mut policies = Vec::new();
        let mut inline = iam.list_role_policies().role_name(role).into_paginator().items().send();
        while let Some(name) = inline.next().await {
            let name = name.map_err(AwsError::from)?;
            let read = iam.get_role_policy().role_name(role).policy_name(&name).send().await.map_err(AwsError::from)?;
            let what = format!("policy {name} of {role}");
            policies.extend(self.parsed(&what, &decoded(read.policy_document()), DocumentKind::Identity));
        }
        let mut attached = iam.list_attached_role_policies().role_name(role).into_paginator().items().send();
        while let Some(policy) = attached.next().await {
            let policy = policy.map_err(AwsError::from)?;
            policies.extend(self.managed(policy.policy_arn().unwrap_or_default()).await?);
        }
        Ok(policies)
    }

    async fn managed(&mut self, arn: &str) -> Result<Option<Policy>> {
        if let Some(known) = self.managed.get(arn) {
            return Ok(known.clone());
        }
        let iam = self.session.iam();
        let read = iam.get_policy().policy_arn(arn).send().await.map_err(AwsError::from)?;
        let version = read.policy().and_then(|policy| policy.default_version_id()).unwrap_or_default();
        let read = iam.get_policy_version().policy_arn(arn).version_id(version).send().await.map_err(AwsError::from)?;
        let document = read.policy_version().and_then(|version| version.document()).map(decoded);
        let policy = document.and_then(|text| self.parsed(arn, &text, DocumentKind::Identity));
        self.managed.insert(arn.to_owned(), policy.clone());
        Ok(policy)
    }

    fn parsed(&mut self, what: &str, document: &str, kind: DocumentKind) -> Option<Policy> {
        match Policy::parse(document, kind) {
            Ok(policy) => Some(policy),
            Err(error) => {
                self.gaps.push((what.to_owned(), format!("aiops cannot read this policy: {error}")));
                None
            }
        }
    }
}

/// IAM answers with documents that are percent-encoded.
fn decoded(document: &str) -> String {
    percent_decode_str(document).decode_utf8_lossy().into_owned()
}

async fn tagged(session: &Session) -> Result<BTreeMap<String, Tags>> {
    let mut pages = session.tagging().get_resources().into_paginator().items().send();
    let mut all = BTreeMap::new();
    while let Some(found) = pages.next().await {
        let found = found.map_err(AwsError::from)?;
        let tags = found.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
        all.insert(found.resource_arn().unwrap_or_default().to_owned(), tags);
    }
    Ok(all)
}

async fn groups(session: &Session) -> Result<Vec<String>, AwsError> {
    let mut pages = session.sagemaker().list_model_package_groups().into_paginator().items().send();
    let mut arns = Vec::new();
    while let Some(group) = pages.next().await {
        arns.extend(group?.model_package_group_arn);
    }
    Ok(arns)
}

async fn models(session: &Session) -> Result<Vec<String>, AwsError> {
    let mut pages = session.sagemaker().list_models().into_paginator().items().send();
    let mut arns = Vec::new();
    while let Some(model) = pages.next().await {
        arns.extend(model?.model_arn);
    }
    Ok(arns)
}

async fn endpoints(session: &Session) -> Result<Vec<String>, AwsError> {
    let mut pages = session.sagemaker().list_endpoints().into_paginator().items().send();
    let mut arns = Vec::new();
    while let Some(endpoint) = pages.next().await {
        arns.extend(endpoint?.endpoint_arn);
    }
    Ok(arns)
}

async fn endpoint_configs(session: &Session) -> Result<Vec<String>, AwsError> {
    let mut pages = session.sagemaker().list_endpoint_configs().into_paginator().items().send();
    let mut arns = Vec::new();
    while let Some(config) = pages.next().await {
        arns.extend(config?.endpoint_config_arn);
    }
    Ok(arns)
}

/// The buckets of the Region. Where AWS does not tell theirs, all are.
async fn buckets(session: &Session) -> Result<Vec<String>, AwsError> {
    let mut pages = session.s3().list_buckets().bucket_region(&session.region).into_paginator().send();
    let partition = crate::landscape::partition(&session.region);
    let mut arns = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page?;
        let here = page.buckets().iter().filter(|it| it.bucket_region().is_none_or(|region| region == session.region));
        arns.extend(here.filter_map(|bucket| Some(format!("arn:{partition}:s3:::{}", bucket.name()?))));
    }
    Ok(arns)
}

/// The policy of a bucket, if it has one and there is such a bucket; or why it is not known.
async fn bucket_policy(session: &Session, bucket: &str) -> Result<Option<Policy>, String> {
    let read = session.s3().get_bucket_policy().bucket(bucket).expected_bucket_owner(&session.account).send().await;
    let document = match read.map_err(AwsError::from) {
        Ok(read) => read.policy,
        Err(error) if error.class() == Class::NotFound => None,
        Err(error) => return Err(error.to_string()),
    };
    let parse = |text: String| Policy::parse(&text, DocumentKind::Resource).map_err(|error| error.to_string());
    document.map(parse).transpose()
}
