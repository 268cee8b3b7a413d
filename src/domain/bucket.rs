//! Buckets: of the projects in their accounts, and of the central artifacts.

use std::collections::BTreeMap;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, CreateBucketConfiguration, PublicAccessBlockConfiguration,
    ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration, ServerSideEncryptionRule,
    Tag, Tagging, VersioningConfiguration,
};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use serde_json::Value;

use super::{MANAGED_BY, Studio, document};
use crate::aws::error::{AwsError, Class};
use crate::error::{Error, Result};
use crate::landscape::Place;
use crate::plan::{Address, Difference, Facts, Farewell, Found, Resource};

/// The Region whose name S3 does not accept as a place of buckets, because it is where they are anyway.
const UNNAMED: &str = "us-east-1";
const SWITCHES: [&str; 4] =
    ["block-public-acls", "ignore-public-acls", "block-public-policy", "restrict-public-buckets"];

/// A bucket. It keeps old versions of objects and is closed to the public; where a key or a policy is wanted, it has
/// those, and otherwise it stays with what it has.
pub struct Bucket<'w> {
    studio: Studio<'w>,
    place: Place,
    name: String,
    /// The key that encrypts what comes in.
    key: Option<Address>,
    policy: Option<Value>,
    reason: &'static str,
    /// The key of `aiops.yaml` that gives it another name.
    named_by: &'static str,
}

/// What a bucket is like.
struct Actual {
    tags: BTreeMap<String, String>,
    versioning: Option<String>,
    /// In the order of [`SWITCHES`].
    blocks: [bool; 4],
    key: Option<String>,
    policy: Option<Value>,
}

impl<'w> Bucket<'w> {
    /// The bucket of the projects in an account and a Region.
    pub fn of_projects(studio: Studio<'w>, place: &Place, name: &str) -> Self {
        Bucket {
            studio,
            place: place.clone(),
            name: name.to_owned(),
            key: None,
            policy: None,
            reason: "projects keep their files in it",
            named_by: "projects-bucket",
        }
    }

    /// The bucket of the central artifacts.
    pub fn central(studio: Studio<'w>, key: Option<Address>, policy: Value) -> Self {
        let landscape = studio.world.landscape;
        Bucket {
            studio,
            place: landscape.central().clone(),
            name: landscape.central_bucket().to_owned(),
            key,
            policy: Some(policy),
            reason: "promoted models lie in it",
            named_by: "shared-services.bucket",
        }
    }

    async fn s3(&self) -> Result<Client> {
        Ok(self.studio.session(&self.place).await?.s3())
    }

    fn owner(&self) -> &str {
        self.place.account.as_str()
    }

    /// What the bucket is like, if it is there.
    async fn read(&self, s3: &Client) -> Result<Option<Actual>> {
        match s3.head_bucket().bucket(&self.name).expected_bucket_owner(self.owner()).send().await {
            Ok(_) => {}
            Err(error) => match AwsError::from(error) {
                error if error.class() == Class::NotFound => return Ok(None),
                error if error.code() == "PermanentRedirect" => {
                    return Err(Error::from(error)
                        .context(format!("the bucket {} is not in {}", self.name, self.place.region))
                        .hint(format!("name another one in aiops.yaml: `{}`", self.named_by)));
                }
                error if error.class() == Class::Denied => return Err(self.taken(error)),
                error => return Err(error.into()),
            },
        }
        let (name, owner) = (&self.name, self.owner());
        let tags = s3.get_bucket_tagging().bucket(name).expected_bucket_owner(owner).send().await;
        let tags = unless_missing(tags)?.map(|found| found.tag_set).unwrap_or_default();
        let versioning = s3.get_bucket_versioning().bucket(name).expected_bucket_owner(owner).send().await;
        let versioning = versioning.map_err(AwsError::from)?.status;
        let block = s3.get_public_access_block().bucket(name).expected_bucket_owner(owner).send().await;
        let block = unless_missing(block)?.and_then(|found| found.public_access_block_configuration);
        let rules = s3.get_bucket_encryption().bucket(name).expected_bucket_owner(owner).send().await;
        let rules = unless_missing(rules)?.and_then(|found| found.server_side_encryption_configuration);
        let rule = rules.and_then(|rules| rules.rules.into_iter().next());
        let policy = s3.get_bucket_policy().bucket(name).expected_bucket_owner(owner).send().await;
        let policy = unless_missing(policy)?.and_then(|found| found.policy);
        Ok(Some(Actual {
            tags: tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
            versioning: versioning.map(|status| status.as_str().to_owned()),
            blocks: block.map_or([false; 4], |block| {
                let on = |switch: Option<bool>| switch.unwrap_or_default();
                [
                    on(block.block_public_acls),
                    on(block.ignore_public_acls),
                    on(block.block_public_policy),
                    on(block.restrict_public_buckets),
                ]
            }),
            key: rule
                .and_then(|rule| rule.apply_server_side_encryption_by_default)
                .and_then(|default| default.kms_master_key_id),
            policy: policy.map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text))),
        }))
    }

    fn taken(&self, error: AwsError) -> Error {
        Error::from(error)
            .context(format!("the bucket {} is another account's, or closed to the administrator", self.name))
            .hint(format!(
                "the names of buckets are the whole world's: name another one in aiops.yaml: `{}`",
                self.named_by
            ))
    }

    /// Whether the bucket is as an interrupted run leaves it: made, and nothing done to it yet. Nobody else's is bare
    /// and empty and has the name that this one has to have.
    async fn is_newborn(&self, s3: &Client, actual: &Actual) -> Result<bool> {
        if !actual.tags.is_empty() || actual.versioning.is_some() || actual.policy.is_some() {
            return Ok(false);
        }
        let listed = s3.list_objects_v2().bucket(&self.name).max_keys(1).expected_bucket_owner(self.owner());
        Ok(listed.send().await.map_err(AwsError::from)?.contents().is_empty())
    }

    fn differences(&self, actual: &Actual, facts: &Facts) -> Vec<Difference> {
        let tag =
            Difference::between(format!("tags.{}", MANAGED_BY.0), actual.tags.get(MANAGED_BY.0), Some(MANAGED_BY.1));
        let enabled = Some(BucketVersioningStatus::Enabled.as_str());
        let switches = SWITCHES.iter().zip(actual.blocks);
        let blocks = switches.map(|(name, on)| Difference::between(format!("public-access-block.{name}"), on, true));
        let key = self.key.as_ref().and_then(|key| {
            let wanted = facts.get(key, "arn");
            let same = wanted.as_deref().zip(actual.key.as_deref()).is_some_and(|(arn, key)| is_key(arn, key));
            Difference::between("encryption.key", &actual.key, wanted.or_else(|| Some(key.name.clone())))
                .filter(|_| !same)
        });
        let policy = self.policy.as_ref().and_then(|wanted| {
            let same = actual.policy.as_ref().is_some_and(|policy| document::same(policy, wanted));
            Difference::between("policy", &actual.policy, wanted).filter(|_| !same)
        });
        [tag, Difference::between("versioning", &actual.versioning, enabled), key, policy]
            .into_iter()
            .chain(blocks)
            .flatten()
            .collect()
    }

    async fn create(&self, s3: &Client) -> Result<()> {
        let region = self.place.region.as_str();
        let place = (region != UNNAMED).then(|| {
            let constraint = BucketLocationConstraint::from(region);
            CreateBucketConfiguration::builder().location_constraint(constraint).build()
        });
        match s3.create_bucket().bucket(&self.name).set_create_bucket_configuration(place).send().await {
            Ok(_) => Ok(()),
            Err(error) => match AwsError::from(error) {
                error if error.code() == "BucketAlreadyOwnedByYou" => Ok(()),
                error if error.class() == Class::AlreadyExists => Err(self.taken(error)),
                error => Err(error.into()),
            },
        }
    }

    async fn correct(&self, s3: &Client, actual: &Actual, facts: &Facts) -> Result<()> {
        let (name, owner) = (&self.name, self.owner());
        let differences = self.differences(actual, facts);
        let mut parts: Vec<&str> = differences.iter().filter_map(|one| one.field.split('.').next()).collect();
        parts.dedup();
        for part in parts {
            match part {
                "tags" => {
                    let mut tags = actual.tags.clone();
                    tags.insert(MANAGED_BY.0.to_owned(), MANAGED_BY.1.to_owned());
                    let tags = tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build());
                    let tags = Tagging::builder().set_tag_set(Some(tags.collect::<Result<_, _>>().map_err(unbuilt)?));
                    let put = s3.put_bucket_tagging().bucket(name).expected_bucket_owner(owner);
                    put.tagging(tags.build().map_err(unbuilt)?).send().await.map_err(AwsError::from)?;
                }
                "versioning" => {
                    let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
                    let put = s3.put_bucket_versioning().bucket(name).expected_bucket_owner(owner);
                    put.versioning_configuration(enabled).send().await.map_err(AwsError::from)?;
                }
                "public-access-block" => {
                    let block = PublicAccessBlockConfiguration::builder()
                        .block_public_acls(true)
                        .ignore_public_acls(true)
                        .block_public_policy(true)
                        .restrict_public_buckets(true)
                        .build();
                    let put = s3.put_public_access_block().bucket(name).expected_bucket_owner(owner);
                    put.public_access_block_configuration(block).send().await.map_err(AwsError::from)?;
                }
                "encryption" => {
                    let Some(key) = &self.key else { continue };
                    let default = ServerSideEncryptionByDefault::builder()
                        .sse_algorithm(ServerSideEncryption::AwsKms)
                        .kms_master_key_id(facts.need(key, "arn")?)
                        .build()
                        .map_err(unbuilt)?;
                    let rule = ServerSideEncryptionRule::builder()
                        .apply_server_side_encryption_by_default(default)
                        .bucket_key_enabled(true)
                        .build();
                    let rules = ServerSideEncryptionConfiguration::builder().rules(rule).build().map_err(unbuilt)?;
                    let put = s3.put_bucket_encryption().bucket(name).expected_bucket_owner(owner);
                    put.server_side_encryption_configuration(rules).send().await.map_err(AwsError::from)?;
                }
                _ => {
                    let policy = self.policy.as_ref().map(Value::to_string).unwrap_or_default();
                    let put = s3.put_bucket_policy().bucket(name).expected_bucket_owner(owner);
                    put.policy(policy).send().await.map_err(AwsError::from)?;
                }
            }
        }
        Ok(())
    }
}

impl Resource for Bucket<'_> {
    fn address(&self) -> Address {
        bucket(&self.place, &self.name)
    }

    fn needs(&self) -> Vec<Address> {
        self.key.iter().cloned().collect()
    }

    fn reason(&self) -> String {
        self.reason.to_owned()
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let s3 = self.s3().await?;
            let Some(actual) = self.read(&s3).await? else { return Ok(Found::Absent) };
            let mut differences = self.differences(&actual, facts);
            let tagged = actual.tags.get(MANAGED_BY.0).is_some_and(|value| value == MANAGED_BY.1);
            if tagged || self.is_newborn(&s3, &actual).await? {
                return Ok(if differences.is_empty() { Found::Same } else { Found::Different(differences) });
            }
            differences.retain(|difference| !difference.field.starts_with("tags."));
            Ok(Found::Foreign(differences))
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, found: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let s3 = self.s3().await?;
            if *found == Found::Absent {
                self.create(&s3).await?;
            }
            let vanished = || Error::failed("it has just been removed").hint("run the same command again");
            let actual = self.read(&s3).await?.ok_or_else(vanished)?;
            self.correct(&s3, &actual, facts).await
        }
        .boxed_local()
    }

    fn farewell(&self) -> Farewell {
        Farewell::Stays("what is in it would be lost")
    }
}

/// The bucket `name` at `place`.
pub fn bucket(place: &Place, name: &str) -> Address {
    Address::new(&place.account, "bucket", name)
}

/// Whether `key`, an ARN or an id, means the key with this ARN.
fn is_key(arn: &str, key: &str) -> bool {
    arn == key || arn.rsplit('/').next() == Some(key)
}

/// What S3 tells, or nothing where it says that there is none.
fn unless_missing<T, E>(told: Result<T, E>) -> Result<Option<T>, AwsError>
where
    AwsError: From<E>,
{
    match told.map_err(AwsError::from) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.class() == Class::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn unbuilt(error: aws_smithy_types::error::operation::BuildError) -> Error {
    Error::failed("a request cannot be written").because(error)
}
