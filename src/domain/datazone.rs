//! The domain itself: one of version V2, in the governance account, known by its name.
//!
//! Names of domains are not unique, so everything of the same name is looked at; and `CreateDomain` is told by a token
//! which creation it is, so that one whose answer was lost is not a second one.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use aws_sdk_datazone::Client;
use aws_sdk_datazone::operation::get_domain::GetDomainOutput;
use aws_sdk_datazone::types::{AuthType, DomainStatus, DomainVersion, SingleSignOn, UserAssignment};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::sync::OnceCell;

use super::directory::Directory;
use super::{MANAGED_BY, OURS, Studio};
use crate::aws::error::{AwsError, Class, existing};
use crate::aws::poll::{self, Look, Patience};
use crate::config::domain as settings;
use crate::error::{Error, Result};
use crate::plan::{Address, Difference, Facts, Farewell, Found, Resource};

/// How long DataZone may refuse roles that have just been made, and how often to try.
const ROLES_SPREAD: Patience = Patience { interval: Duration::from_secs(10), deadline: Duration::from_secs(120) };
/// Domains take one to two minutes.
const CREATION: Patience = Patience { interval: Duration::from_secs(10), deadline: Duration::from_secs(900) };
/// With everything in it.
const DELETION: Patience = Patience { interval: Duration::from_secs(10), deadline: Duration::from_secs(3600) };
/// How long a new domain may be invisible to those who made it.
const APPEARS_WITHIN: Duration = Duration::from_secs(60);
/// The most domains that one token may have made and that are gone.
const MOST_GONE: usize = 20;

/// The domain. Facts: `id`, `arn`, `root-unit` once it is available, and [`OURS`].
pub(super) struct Domain<'w> {
    studio: Studio<'w>,
    directory: Rc<Directory<'w>>,
    execution: Address,
    service: Address,
    key: OnceCell<Option<String>>,
}

/// What the domain is to be like.
struct Wanted {
    single_sign_on: Option<SingleSignOn>,
    kms_key: Option<String>,
    tags: BTreeMap<String, String>,
}

impl<'w> Domain<'w> {
    /// The domain in whose name DataZone takes these roles.
    pub fn new(studio: Studio<'w>, directory: Rc<Directory<'w>>, execution: Address, service: Address) -> Self {
        Domain { studio, directory, execution, service, key: OnceCell::new() }
    }

    fn config(&self) -> &'w settings::Domain {
        &self.studio.world.config.domain
    }

    async fn wanted(&self) -> Result<Wanted> {
        let config = self.config();
        let single_sign_on = match config.single_sign_on {
            false => None,
            true => Some(
                SingleSignOn::builder()
                    .r#type(AuthType::IamIdc)
                    .user_assignment(match config.user_assignment {
                        settings::UserAssignment::Automatic => UserAssignment::Automatic,
                        settings::UserAssignment::Manual => UserAssignment::Manual,
                    })
                    .idc_instance_arn(&self.directory.instance().await?.arn)
                    .build(),
            ),
        };
        let mut tags = config.tags.clone();
        tags.insert(MANAGED_BY.0.to_owned(), MANAGED_BY.1.to_owned());
        Ok(Wanted { single_sign_on, kms_key: self.kms_key().await?, tags })
    }

    /// The ARN of the key that the configuration names: DataZone takes nothing else.
    async fn kms_key(&self) -> Result<Option<String>> {
        let resolve = async || {
            let Some(key) = &self.config().kms_key else { return Ok(None) };
            if key.as_str().contains(":key/") {
                return Ok(Some(key.to_string()));
            }
            let kms = self.studio.session(self.studio.governance()).await?.kms();
            let found = existing(kms.describe_key().key_id(key.as_str()).send().await.map_err(AwsError::from))?;
            let arn = found.and_then(|found| found.key_metadata?.arn);
            let missing = || {
                Error::config(format!("there is no KMS key {key}"))
                    .hint("`domain.kms-key` must be a key of the governance account in the domain's Region")
            };
            arn.map(Some).ok_or_else(missing)
        };
        self.key.get_or_try_init(resolve).await.cloned()
    }

    fn differences(&self, actual: &GetDomainOutput, wanted: &Wanted, facts: &Facts) -> Vec<Difference> {
        let role = |address: &Address| facts.get(address, "arn").unwrap_or_else(|| address.name.clone());
        let mut found = vec![
            Difference::between("status", actual.status.as_str(), DomainStatus::Available.as_str()),
            Difference::between(
                "version",
                actual.domain_version.as_ref().unwrap_or(&DomainVersion::V1).as_str(),
                DomainVersion::V2.as_str(),
            ),
            Difference::between(
                "description",
                actual.description.as_deref().filter(|text| !text.is_empty()),
                self.config().description.as_deref().filter(|text| !text.is_empty()),
            ),
            Difference::between("execution-role", &actual.domain_execution_role, role(&self.execution)),
            Difference::between("service-role", &actual.service_role, role(&self.service)),
        ];
        if wanted.kms_key.is_some() {
            found.push(Difference::between("kms-key", &actual.kms_key_identifier, &wanted.kms_key));
        }
        found.push(Difference::between(
            "single-sign-on",
            is_on(actual.single_sign_on.as_ref()),
            wanted.single_sign_on.is_some(),
        ));
        if let (Some(wanted), Some(actual)) = (&wanted.single_sign_on, on(actual.single_sign_on.as_ref())) {
            let assignment = |sso: &SingleSignOn| sso.user_assignment.as_ref().map(|kind| kind.as_str().to_owned());
            found.push(Difference::between("user-assignment", assignment(actual), assignment(wanted)));
            // Not every answer tells the instance.
            if actual.idc_instance_arn.is_some() {
                found.push(Difference::between("identity-center", &actual.idc_instance_arn, &wanted.idc_instance_arn));
            }
        }
        found.extend(self.missing_tags(actual, wanted).into_iter().map(|(key, value)| {
            Difference::between(format!("tags.{key}"), actual.tags.as_ref().and_then(|tags| tags.get(&key)), value)
        }));
        found.into_iter().flatten().collect()
    }

    /// The tags that are to be set. What else is there is left alone: others tag, too.
    fn missing_tags(&self, actual: &GetDomainOutput, wanted: &Wanted) -> BTreeMap<String, String> {
        let has = |key: &String, value: &String| actual.tags.as_ref().is_some_and(|tags| tags.get(key) == Some(value));
        let missing = wanted.tags.iter().filter(|(key, value)| !has(key, value));
        missing.map(|(key, value)| (key.clone(), value.clone())).collect()
    }

    /// Makes the domain, and returns its id. DataZone's refusal to take roles that are new is waited out.
    async fn create(&self, client: &Client, wanted: &Wanted, facts: &Facts) -> Result<String> {
        let config = self.config();
        let (execution, service) = (facts.need(&self.execution, "arn")?, facts.need(&self.service, "arn")?);
        let governance = self.studio.governance();
        let mut seed = json!({
            "account": governance.account, "region": governance.region, "name": config.name,
            "description": config.description, "roles": [execution, service], "kms-key": wanted.kms_key,
            "single-sign-on": on(wanted.single_sign_on.as_ref()).map(|sso| {
                (sso.user_assignment.as_ref().map(UserAssignment::as_str), sso.idc_instance_arn.as_deref())
            }),
            "tags": wanted.tags, "gone": [],
        });
        for _ in 0..MOST_GONE {
            let token = hex::encode(Sha256::digest(seed.to_string()));
            let request = client
                .create_domain()
                .name(config.name.as_str())
                .domain_version(DomainVersion::V2)
                .domain_execution_role(&execution)
                .service_role(&service)
                .set_description(config.description.clone())
                .set_single_sign_on(wanted.single_sign_on.clone())
                .set_kms_key_identifier(wanted.kms_key.clone())
                .set_tags(Some(wanted.tags.clone().into_iter().collect()))
                .client_token(token);
            let made = self.until_roles_are_taken(async || Ok(request.clone().send().await?)).await?;
            if self.is_there(client, made.id()).await? {
                return Ok(made.id);
            }
            // AWS remembers tokens for a while, and answers with a domain that has been deleted since.
            if let Some(gone) = seed["gone"].as_array_mut() {
                gone.push(made.id.into());
            }
        }
        Err(Error::failed("domains of this name are deleted as fast as they are made"))
    }

    /// Runs a call that hands roles to DataZone, again and again while it cannot take them: IAM takes a while to spread
    /// what is new.
    async fn until_roles_are_taken<T>(&self, call: impl AsyncFn() -> Result<T, AwsError>) -> Result<T> {
        let clock = self.studio.world.clock;
        let start = clock.now();
        loop {
            let error = match call().await {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            if !error.message().to_lowercase().contains("assume") {
                return Err(error.into());
            }
            let waited = Duration::try_from(clock.now().duration_since(start)).unwrap_or_default();
            if waited >= ROLES_SPREAD.deadline {
                let hint = "DataZone must be allowed to take both roles: compare their trust policies with \
                            `aiops domain plan`, and look for service control policies that forbid it";
                return Err(Error::from(error).hint(hint));
            }
            clock.sleep(ROLES_SPREAD.interval).await;
        }
    }

    /// Whether a domain that AWS says it has made is there.
    async fn is_there(&self, client: &Client, id: &str) -> Result<bool> {
        let clock = self.studio.world.clock;
        let start = clock.now();
        loop {
            match get(client, id).await {
                Ok(domain) => return Ok(!is_going(&domain.status)),
                // Those who may not see a domain are refused, as if it were not there.
                Err(error) if matches!(error.class(), Class::Denied | Class::NotFound) => {
                    let waited = Duration::try_from(clock.now().duration_since(start)).unwrap_or_default();
                    if waited >= APPEARS_WITHIN {
                        return Ok(false);
                    }
                    clock.sleep(ROLES_SPREAD.interval).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits until the domain is available.
    async fn settled(&self, client: &Client, id: &str) -> Result<GetDomainOutput> {
        let what = format!("domain {}", self.config().name);
        let task = self.studio.world.progress.start(&what);
        let settled = poll::until(self.studio.world.clock, CREATION, &what, &*task, async || {
            let domain = get(client, id).await?;
            match &domain.status {
                DomainStatus::Available => Ok(Look::Done(domain)),
                DomainStatus::Creating => Ok(Look::Pending(domain.status.as_str().to_owned())),
                _ => Err(failed(&what, &domain).hint("`aiops domain delete` removes it; then apply again")),
            }
        });
        let settled = settled.await;
        task.finish(if settled.is_ok() { "available" } else { "failed" });
        settled
    }

    /// Waits until a domain that is being deleted is gone. Nobody may see one that was.
    async fn gone(&self, client: &Client, id: &str) -> Result<()> {
        let what = format!("domain {}", self.config().name);
        let task = self.studio.world.progress.start(&what);
        let gone =
            poll::until(self.studio.world.clock, DELETION, &what, &*task, async || match get(client, id).await {
                Ok(domain) if domain.status == DomainStatus::Deleted => Ok(Look::Done(())),
                Ok(domain) if domain.status == DomainStatus::DeletionFailed => {
                    Err(failed(&what, &domain).hint("remove what is named there, then run the same command again"))
                }
                Ok(domain) => Ok(Look::Pending(domain.status.as_str().to_owned())),
                Err(error) if matches!(error.class(), Class::Denied | Class::NotFound) => Ok(Look::Done(())),
                Err(error) => Err(error.into()),
            });
        let gone = gone.await;
        task.finish(if gone.is_ok() { "deleted" } else { "failed" });
        gone
    }

    async fn update(&self, client: &Client, actual: &GetDomainOutput, wanted: &Wanted, facts: &Facts) -> Result<()> {
        let tags = self.missing_tags(actual, wanted);
        if self.differences(actual, wanted, facts).iter().any(|found| !found.field.starts_with("tags.")) {
            let request = client
                .update_domain()
                .identifier(actual.id())
                .description(self.config().description.as_deref().unwrap_or_default())
                .domain_execution_role(facts.need(&self.execution, "arn")?)
                .service_role(facts.need(&self.service, "arn")?)
                .set_single_sign_on(wanted.single_sign_on.clone());
            self.until_roles_are_taken(async || Ok(request.clone().send().await?)).await?;
        }
        if !tags.is_empty() {
            let request = client.tag_resource().resource_arn(actual.arn().unwrap_or_default());
            request.set_tags(Some(tags.into_iter().collect())).send().await.map_err(AwsError::from)?;
        }
        Ok(())
    }
}

impl Resource for Domain<'_> {
    fn address(&self) -> Address {
        self.studio.domain()
    }

    fn needs(&self) -> Vec<Address> {
        vec![self.execution.clone(), self.service.clone()]
    }

    fn reason(&self) -> String {
        "everything else lives in it".to_owned()
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let wanted = self.wanted().await?;
            let client = self.studio.session(self.studio.governance()).await?.datazone();
            let mut named = named(&client, self.studio).await?;
            if named.len() > 1 {
                let ids: Vec<String> = named.into_iter().map(|domain| domain.id).collect();
                let difference = Difference::between("domains-of-this-name", ids, json!(["only one"]));
                return Ok(Found::Foreign(difference.into_iter().collect()));
            }
            let Some(actual) = named.pop() else { return Ok(Found::Absent) };
            let differences = self.differences(&actual, &wanted, facts);
            let ours = is_ours(&actual);
            if ours {
                refuse_what_cannot_change(&differences)?;
            }
            if actual.status == DomainStatus::Available {
                remember(&actual, self.studio, facts);
            }
            Ok(match ours && actual.domain_version == Some(DomainVersion::V2) {
                false => Found::Foreign(differences.into_iter().filter(|found| found.field != own_tag()).collect()),
                true if differences.is_empty() => Found::Same,
                true => Found::Different(differences),
            })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, found: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let wanted = self.wanted().await?;
            let client = self.studio.session(self.studio.governance()).await?.datazone();
            if *found == Found::Absent {
                let id = self.create(&client, &wanted, facts).await?;
                self.settled(&client, &id).await?;
                return Ok(());
            }
            let vanished = || Error::failed("it has just been removed").hint("run the same command again");
            let there = named(&client, self.studio).await?.pop().ok_or_else(vanished)?;
            let actual = self.settled(&client, there.id()).await?;
            self.update(&client, &actual, &wanted, facts).await
        }
        .boxed_local()
    }

    fn farewell(&self) -> Farewell {
        Farewell::Removed
    }

    fn undo<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let client = self.studio.session(self.studio.governance()).await?.datazone();
            for domain in named(&client, self.studio).await?.iter().filter(|domain| is_ours(domain)) {
                let request = client.delete_domain().identifier(domain.id()).cascade_delete(true);
                existing(request.send().await.map_err(AwsError::from))?;
                self.gone(&client, domain.id()).await?;
            }
            Ok(())
        }
        .boxed_local()
    }
}

async fn get(client: &Client, id: &str) -> Result<GetDomainOutput, AwsError> {
    Ok(client.get_domain().identifier(id).send().await?)
}

/// A domain that is in a state that it does not leave, with AWS's reasons.
fn failed(what: &str, domain: &GetDomainOutput) -> Error {
    let reasons: Vec<&str> = domain.failure_reasons.iter().flatten().filter_map(|reason| reason.message()).collect();
    let why = if reasons.is_empty() { "AWS gives no reason".to_owned() } else { reasons.join("; ") };
    Error::failed(format!("{what} is {}: {why}", domain.status.as_str()))
}

fn is_going(status: &DomainStatus) -> bool {
    matches!(status, DomainStatus::Deleting | DomainStatus::Deleted)
}

/// The domains of the governance account that are called as the configuration says, those that are going apart.
pub(super) async fn named(client: &Client, studio: Studio<'_>) -> Result<Vec<GetDomainOutput>> {
    let (name, account) = (studio.world.config.domain.name.as_str(), studio.governance().account.as_str());
    let mut domains = client.list_domains().into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(domain) = domains.next().await {
        let domain = domain.map_err(AwsError::from)?;
        // Domains that others share are listed, too.
        if domain.name() == name && domain.managed_account_id() == account && !is_going(domain.status()) {
            found.push(get(client, domain.id()).await?);
        }
    }
    Ok(found)
}

/// Whether aiops made it.
fn is_ours(domain: &GetDomainOutput) -> bool {
    domain.tags().and_then(|tags| tags.get(MANAGED_BY.0)).is_some_and(|value| value == MANAGED_BY.1)
}

/// Sets the facts of a domain that is available.
pub(super) fn remember(domain: &GetDomainOutput, studio: Studio<'_>, facts: &Facts) {
    let address = studio.domain();
    facts.set(&address, "id", domain.id());
    facts.set(&address, "arn", domain.arn().unwrap_or_default());
    facts.set(&address, "root-unit", domain.root_domain_unit_id().unwrap_or_default());
    if is_ours(domain) {
        facts.set(&address, OURS, "yes");
    }
}

fn own_tag() -> String {
    format!("tags.{}", MANAGED_BY.0)
}

fn on(sso: Option<&SingleSignOn>) -> Option<&SingleSignOn> {
    sso.filter(|sso| sso.r#type == Some(AuthType::IamIdc))
}

fn is_on(sso: Option<&SingleSignOn>) -> bool {
    on(sso).is_some()
}

/// Some things are decided when a domain is made.
fn refuse_what_cannot_change(differences: &[Difference]) -> Result<()> {
    let fixed = |found: &&Difference| match found.field.as_str() {
        "kms-key" => true,
        // Once on, it stays on.
        "single-sign-on" => found.actual == Value::Bool(true),
        _ => false,
    };
    let Some(found) = differences.iter().find(fixed) else { return Ok(()) };
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        other => other.to_string(),
    };
    let (field, actual, desired) = (&found.field, text(&found.actual), text(&found.desired));
    let message =
        format!("`domain.{field}` cannot be changed from {actual} to {desired}: AWS fixes it with the domain");
    Err(Error::config(message).hint("write in aiops.yaml what the domain has, or give a new domain another name"))
}
