//! IAM roles that DataZone takes: made as AWS documents them, or named by the configuration and only looked at. Whatever
//! else aiops makes roles for uses them as well.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::Client;
use aws_sdk_iam::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_iam::types::Tag;
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{MANAGED_BY, Studio, document};
use crate::aws::error::{AwsError, Class};
use crate::config::names::RoleArn;
use crate::error::{Error, Result};
use crate::landscape::{Place, ProjectAccount};
use crate::plan::{Address, Difference, Facts, Farewell, Found, Resource};

/// The tag that says for which domain a role is.
const DOMAIN_TAG: &str = "aiops:domain";
/// Where the console makes these roles, and where AWS's policies look for them.
const PATH: &str = "/service-role/";

/// A policy document, once the facts that it depends on are known.
pub(crate) type Document = Box<dyn Fn(&Facts) -> Option<Value>>;

/// A role. Fact: `arn`.
pub struct Role<'w> {
    studio: Studio<'w>,
    place: Place,
    path: &'static str,
    name: String,
    /// The ARN of a role that others made and the configuration names.
    given: Option<RoleArn>,
    trust: Document,
    managed: Vec<String>,
    inline: Vec<(&'static str, Document)>,
    reason: String,
    needs: Vec<Address>,
}

impl<'w> Role<'w> {
    /// In whose name DataZone serves the users of the domain.
    pub fn domain_execution(studio: Studio<'w>) -> Self {
        let account = studio.governance().account.to_string();
        let trust = trust(
            &["datazone.amazonaws.com"],
            &["sts:AssumeRole", "sts:TagSession", "sts:SetContext"],
            json!({
                "StringEquals": {"aws:SourceAccount": account},
                "ForAllValues:StringLike": {"aws:TagKeys": "datazone*"},
            }),
        );
        Role::new(studio, studio.governance(), "AmazonSageMakerDomainExecution", trust)
            .because("DataZone serves the domain's users in it")
            .with_managed(&["service-role/SageMakerStudioDomainExecutionRolePolicy"])
            .or_given(studio.world.config.domain.roles.execution.as_ref())
    }

    /// In which DataZone runs the domain.
    pub fn domain_service(studio: Studio<'w>) -> Self {
        let trust = trust(&["datazone.amazonaws.com"], &["sts:AssumeRole"], source_account(studio));
        Role::new(studio, studio.governance(), "AmazonSageMakerDomainService", trust)
            .because("DataZone runs the domain in it")
            .with_managed(&["service-role/SageMakerStudioDomainServiceRolePolicy"])
            .or_given(studio.world.config.domain.roles.service.as_ref())
    }

    /// Which gives and takes access to data in an account. It trusts only the domain itself, so it comes after it.
    pub fn manage_access(studio: Studio<'w>, account: &ProjectAccount) -> Self {
        let governance = studio.governance();
        let name = format!("AmazonSageMakerManageAccess-{}-{}", governance.region, governance.account);
        let (domain, source) = (studio.domain(), governance.account.to_string());
        let trusted = move |facts: &Facts| {
            let condition = json!({
                "StringEquals": {"aws:SourceAccount": source},
                "ArnEquals": {"aws:SourceArn": facts.get(&domain, "arn")?},
            });
            Some(trust_document(&["datazone.amazonaws.com"], &["sts:AssumeRole"], &condition))
        };
        let domain = studio.domain();
        let secrets = move |facts: &Facts| {
            let id = facts.get(&domain, "id")?;
            Some(json!({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*",
                "Condition": {"StringEquals": {"secretsmanager:ResourceTag/AmazonDataZoneDomain": id}},
            }]}))
        };
        Role::new(studio, &account.place, name, Box::new(trusted))
            .because("DataZone gives projects access to data in it")
            .with_managed(&[
                "service-role/AmazonDataZoneGlueManageAccessRolePolicy",
                "service-role/AmazonDataZoneRedshiftManageAccessRolePolicy",
                "AmazonDataZoneSageMakerManageAccessRolePolicy",
            ])
            .with_inline("DomainSecrets", Box::new(secrets))
            .needing(studio.domain())
            .or_given(account.roles.manage_access.as_ref())
    }

    /// Which makes what the projects of an account consist of.
    pub fn provisioning(studio: Studio<'w>, account: &ProjectAccount) -> Self {
        let name = format!("AmazonSageMakerProvisioning-{}", studio.governance().account);
        let trust = trust(&["datazone.amazonaws.com"], &["sts:AssumeRole"], source_account(studio));
        Role::new(studio, &account.place, name, trust)
            .because("DataZone makes what projects consist of in it")
            .with_managed(&["service-role/SageMakerStudioProjectProvisioningRolePolicy"])
            .or_given(account.roles.provisioning.as_ref())
    }

    /// In which queries run in an account.
    pub fn query_execution(studio: Studio<'w>, account: &ProjectAccount) -> Self {
        let trust = trust(
            &["lakeformation.amazonaws.com", "glue.amazonaws.com"],
            &["sts:AssumeRole", "sts:SetContext"],
            source_account(studio),
        );
        Role::new(studio, &account.place, "AmazonSageMakerQueryExecution", trust)
            .because("the queries of projects run in it")
            .with_managed(&["service-role/SageMakerStudioQueryExecutionRolePolicy"])
            .or_given(account.roles.query_execution.as_ref())
    }

    /// A role of this name with nothing but its trust policy.
    pub(crate) fn new(studio: Studio<'w>, place: &Place, name: impl Into<String>, trust: Document) -> Self {
        Role {
            studio,
            place: place.clone(),
            path: PATH,
            name: name.into(),
            given: None,
            trust,
            managed: Vec::new(),
            inline: Vec::new(),
            reason: String::new(),
            needs: Vec::new(),
        }
    }

    /// Says for what it is needed.
    pub(crate) fn because(self, reason: impl Into<String>) -> Self {
        Role { reason: reason.into(), ..self }
    }

    /// Among the account's other roles: DataZone does not look for it.
    pub(crate) fn not_of_datazone(self) -> Self {
        Role { path: "/", ..self }
    }

    /// With policies of AWS's own, each by path and name.
    fn with_managed(self, names: &[&str]) -> Self {
        let partition = self.place.partition();
        let managed = names.iter().map(|name| format!("arn:{partition}:iam::aws:policy/{name}")).collect();
        Role { managed, ..self }
    }

    /// With a policy in it.
    pub(crate) fn with_inline(mut self, name: &'static str, document: Document) -> Self {
        self.inline.push((name, document));
        self
    }

    /// After something else.
    pub(crate) fn needing(mut self, need: Address) -> Self {
        self.needs.push(need);
        self
    }

    /// In its place the role that the configuration names, if it names one.
    fn or_given(mut self, given: Option<&RoleArn>) -> Self {
        if let Some(arn) = given {
            arn.as_str().rsplit('/').next().unwrap_or_default().clone_into(&mut self.name);
            self.given = Some(arn.clone());
        }
        self
    }

    fn tags(&self) -> BTreeMap<String, String> {
        let own = (DOMAIN_TAG.to_owned(), self.studio.world.config.domain.name.to_string());
        BTreeMap::from([(MANAGED_BY.0.to_owned(), MANAGED_BY.1.to_owned()), own])
    }

    fn is_ours(&self, tags: &BTreeMap<String, String>) -> bool {
        self.tags().iter().all(|(key, value)| tags.get(key) == Some(value))
    }

    async fn client(&self) -> Result<Client> {
        Ok(self.studio.session(&self.place).await?.iam())
    }

    /// A role that others made: it must be there and trust whom it has to.
    fn judge_given(&self, arn: &RoleArn, actual: Option<Actual>, facts: &Facts) -> Result<Found> {
        let Some(actual) = actual.filter(|actual| actual.arn == arn.as_str()) else {
            return Err(Error::failed(format!("there is no role {arn}"))
                .hint("make it, or remove it from aiops.yaml and aiops makes one as AWS documents it"));
        };
        facts.set(&self.address(), "arn", &actual.arn);
        let Some(needed) = (self.trust)(facts) else { return Ok(Found::Foreign(Vec::new())) };
        let missing = document::missing_trust(&actual.trust, &needed);
        let differences = if missing.is_empty() {
            Vec::new()
        } else {
            Difference::between("trust", &actual.trust, &needed).into_iter().collect()
        };
        Ok(Found::Foreign(differences))
    }

    fn differences(&self, actual: &Actual, facts: &Facts) -> Vec<Difference> {
        let mut found = Vec::new();
        found.extend(document_difference("trust", Some(&actual.trust), (self.trust)(facts).as_ref()));
        let wanted: BTreeSet<&String> = self.managed.iter().collect();
        found.extend(Difference::between("managed-policies", &actual.managed, wanted));
        for (name, document) in &self.inline {
            let field = format!("inline-policies.{name}");
            found.extend(document_difference(&field, actual.inline.get(*name), document(facts).as_ref()));
        }
        for (name, document) in self.surplus_inline(actual) {
            found.extend(Difference::between(format!("inline-policies.{name}"), document, Value::Null));
        }
        found
    }

    fn surplus_inline<'a>(&'a self, actual: &'a Actual) -> impl Iterator<Item = (&'a String, &'a Value)> {
        actual.inline.iter().filter(|(name, _)| !self.inline.iter().any(|(wanted, _)| *name == *wanted))
    }

    /// Makes the role, and tells what it is like then.
    async fn create(&self, iam: &Client, trust: &Value) -> Result<Actual> {
        let tags = self.tags();
        let made = iam
            .create_role()
            .path(self.path)
            .role_name(&self.name)
            .assume_role_policy_document(trust.to_string())
            .description(format!("{} (domain {})", self.reason, self.studio.world.config.domain.name))
            .set_tags(Some(tag_list(&tags)))
            .send()
            .await;
        match made {
            Ok(made) => Ok(Actual {
                arn: made.role().map(|role| role.arn().to_owned()).unwrap_or_default(),
                trust: trust.clone(),
                tags,
                managed: BTreeSet::new(),
                inline: BTreeMap::new(),
            }),
            Err(error) => {
                let error = AwsError::from(error);
                if error.class() != Class::AlreadyExists {
                    return Err(error.into());
                }
                // The call was repeated after its answer was lost; or somebody was faster.
                let theirs = || Error::failed(format!("somebody else has just made a role {}", self.name));
                read(iam, &self.name, true).await?.filter(|actual| self.is_ours(&actual.tags)).ok_or_else(theirs)
            }
        }
    }

    /// Brings what is there to what it should be.
    async fn correct(&self, iam: &Client, actual: &Actual, trust: &Value, facts: &Facts) -> Result<(), AwsError> {
        let name = &self.name;
        if !document::same(&actual.trust, trust) {
            iam.update_assume_role_policy().role_name(name).policy_document(trust.to_string()).send().await?;
        }
        for arn in self.managed.iter().filter(|arn| !actual.managed.contains(*arn)) {
            iam.attach_role_policy().role_name(name).policy_arn(arn).send().await?;
        }
        for (policy, document) in &self.inline {
            let Some(document) = document(facts) else { continue };
            if actual.inline.get(*policy).is_none_or(|actual| !document::same(actual, &document)) {
                let put = iam.put_role_policy().role_name(name).policy_name(*policy);
                put.policy_document(document.to_string()).send().await?;
            }
        }
        for arn in actual.managed.iter().filter(|arn| !self.managed.contains(arn)) {
            gone(iam.detach_role_policy().role_name(name).policy_arn(arn).send().await)?;
        }
        for (policy, _) in self.surplus_inline(actual) {
            gone(iam.delete_role_policy().role_name(name).policy_name(policy).send().await)?;
        }
        Ok(())
    }
}

impl Resource for Role<'_> {
    fn address(&self) -> Address {
        Address::new(&self.place.account, "role", &self.name)
    }

    fn needs(&self) -> Vec<Address> {
        self.needs.clone()
    }

    fn reason(&self) -> String {
        self.reason.clone()
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let actual = read(&self.client().await?, &self.name, self.given.is_none()).await?;
            if let Some(arn) = &self.given {
                return self.judge_given(arn, actual, facts);
            }
            let Some(actual) = actual else { return Ok(Found::Absent) };
            facts.set(&self.address(), "arn", &actual.arn);
            let differences = self.differences(&actual, facts);
            Ok(match self.is_ours(&actual.tags) {
                false => Found::Foreign(differences),
                true if differences.is_empty() => Found::Same,
                true => Found::Different(differences),
            })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, found: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let iam = self.client().await?;
            let unknown = || Error::failed("whom the role is to trust is not known yet");
            let trust = (self.trust)(facts).ok_or_else(unknown)?;
            let actual = match found {
                Found::Absent => self.create(&iam, &trust).await?,
                _ => {
                    let vanished = || Error::failed("it has just been removed").hint("run the same command again");
                    read(&iam, &self.name, true).await?.ok_or_else(vanished)?
                }
            };
            Ok(self.correct(&iam, &actual, &trust, facts).await?)
        }
        .boxed_local()
    }

    fn farewell(&self) -> Farewell {
        Farewell::Removed
    }

    fn undo<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let iam = self.client().await?;
            let Some(actual) = read(&iam, &self.name, true).await? else { return Ok(()) };
            let name = &self.name;
            for arn in &actual.managed {
                gone(iam.detach_role_policy().role_name(name).policy_arn(arn).send().await)?;
            }
            for policy in actual.inline.keys() {
                gone(iam.delete_role_policy().role_name(name).policy_name(policy).send().await)?;
            }
            Ok(gone(iam.delete_role().role_name(name).send().await)?)
        }
        .boxed_local()
    }
}

/// What a role is like.
struct Actual {
    arn: String,
    trust: Value,
    tags: BTreeMap<String, String>,
    managed: BTreeSet<String>,
    inline: BTreeMap<String, Value>,
}

/// The role of this name, if there is one; with its policies if asked for.
async fn read(iam: &Client, name: &str, policies: bool) -> Result<Option<Actual>> {
    let role = match iam.get_role().role_name(name).send().await.map_err(AwsError::from) {
        Ok(output) => output.role,
        Err(error) if error.class() == Class::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let Some(role) = role else { return Ok(None) };
    let tags = role.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
    let mut actual = Actual {
        arn: role.arn().to_owned(),
        trust: decoded(role.assume_role_policy_document().unwrap_or_default()),
        tags,
        managed: BTreeSet::new(),
        inline: BTreeMap::new(),
    };
    if !policies {
        return Ok(Some(actual));
    }
    let mut attached = iam.list_attached_role_policies().role_name(name).into_paginator().items().send();
    while let Some(policy) = attached.next().await {
        actual.managed.extend(policy.map_err(AwsError::from)?.policy_arn);
    }
    let mut inline = iam.list_role_policies().role_name(name).into_paginator().items().send();
    while let Some(policy) = inline.next().await {
        let policy = policy.map_err(AwsError::from)?;
        let found = iam.get_role_policy().role_name(name).policy_name(&policy).send().await.map_err(AwsError::from)?;
        actual.inline.insert(policy, decoded(found.policy_document()));
    }
    Ok(Some(actual))
}

/// IAM answers with documents in percent-encoding.
fn decoded(document: &str) -> Value {
    let text = percent_decode_str(document).decode_utf8_lossy();
    serde_json::from_str(&text).unwrap_or_else(|_| Value::String(text.into_owned()))
}

fn document_difference(field: &str, actual: Option<&Value>, desired: Option<&Value>) -> Option<Difference> {
    match (actual, desired) {
        (Some(actual), Some(desired)) if document::same(actual, desired) => None,
        _ => Difference::between(field, actual, desired),
    }
}

/// Whether a removal left nothing to remove.
fn gone<T, E>(outcome: Result<T, SdkError<E>>) -> Result<(), AwsError>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match outcome.map_err(AwsError::from) {
        Err(error) if error.class() != Class::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn tag_list(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().filter_map(|(key, value)| Tag::builder().key(key).value(value).build().ok()).collect()
}

/// Only what DataZone does for the domain's account.
fn source_account(studio: Studio<'_>) -> Value {
    json!({"StringEquals": {"aws:SourceAccount": studio.governance().account}})
}

fn trust(services: &[&str], actions: &[&str], condition: Value) -> Document {
    let document = trust_document(services, actions, &condition);
    Box::new(move |_| Some(document.clone()))
}

fn trust_document(services: &[&str], actions: &[&str], condition: &Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": services}, "Action": actions, "Condition": condition,
    }]})
}
