//! A new account and its place in the organization, as resources of a [`crate::plan`].
//!
//! `CreateAccount` takes no token, so that a repeated call may ask for a second account. What makes it safe is that no
//! two accounts have one address: whoever has it is looked up first, a request under way is waited for, and a request
//! that fails because the address is taken leads back to the account that has it.

use std::time::Duration;

use aws_sdk_organizations::types::{CreateAccountState, CreateAccountStatus, Tag};
use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::{Member, explained, root, title, units, with_email};
use crate::aws::Session;
use crate::aws::error::{AwsError, Class};
use crate::aws::poll::{Look, Patience, until};
use crate::clock::SharedClock;
use crate::domain::MANAGED_BY;
use crate::error::{Error, Result};
use crate::plan::{Address, Difference, Facts, Found, Resource};
use crate::progress::Progress;

/// How long others may keep the organization from being changed.
const TURN: Patience = Patience { interval: Duration::from_secs(5), deadline: Duration::from_secs(600) };
/// How often an account whose address is taken is looked for: lists lag behind.
const LOOKS: usize = 12;

/// What changes an organization: a session in the management account, time, and somebody to tell.
#[derive(Clone)]
pub struct Making<'w> {
    /// The management account.
    pub session: Session,
    /// Time.
    pub clock: &'w SharedClock,
    /// Somebody to tell.
    pub progress: &'w dyn Progress,
}

/// An account that is to be there.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The name that it is made with.
    pub name: String,
    /// The address by which AWS tells it from all others.
    pub email: String,
    /// Name of the role in it that the management account may assume. None: `OrganizationAccountAccessRole`.
    pub role_name: Option<String>,
    /// The unit that it belongs in, by the names on the way down from the root. None: where it is.
    pub unit: Option<Vec<String>>,
    /// How long AWS may take to make it, and how often to look.
    pub patience: Patience,
}

impl NewAccount {
    /// By what a plan knows it. Fact: `id`.
    pub fn address(&self, making: &Making<'_>) -> Address {
        Address::new(&making.session.account, "account", self.name.clone())
    }
}

/// The units, the account, and its place.
pub fn new_account<'w>(making: &Making<'w>, wanted: &NewAccount) -> Vec<Box<dyn Resource + 'w>> {
    let mut resources: Vec<Box<dyn Resource + 'w>> = Vec::new();
    let path = wanted.unit.clone();
    for depth in 1..=path.as_ref().map_or(0, Vec::len) {
        let path = path.iter().flatten().take(depth).cloned().collect();
        resources.push(Box::new(Unit { making: making.clone(), path }));
    }
    resources.push(Box::new(Account { making: making.clone(), wanted: wanted.clone() }));
    if let Some(path) = path {
        let unit = Unit { making: making.clone(), path };
        resources.push(Box::new(Placement { wanted: wanted.clone(), unit }));
    }
    resources
}

impl Making<'_> {
    /// Calls again as long as Organizations is busy with another change. What it says in the end comes back.
    async fn in_turn<T>(
        &self,
        what: &str,
        mut call: impl AsyncFnMut() -> Result<T, AwsError>,
    ) -> Result<Result<T, AwsError>> {
        let task = self.progress.start(what);
        until(self.clock, TURN, what, &*task, async || {
            Ok(match call().await {
                Err(error) if is_busy(&error) => Look::Pending("waiting for another change to end".to_owned()),
                answer => Look::Done(answer),
            })
        })
        .await
    }

    /// Requests for accounts that are under way.
    async fn requests_under_way(&self) -> Result<Vec<CreateAccountStatus>> {
        let client = self.session.organizations();
        let list = client.list_create_account_status().states(CreateAccountState::InProgress);
        let mut pages = list.into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            found.extend(page.map_err(explained)?.create_account_statuses.unwrap_or_default());
        }
        Ok(found)
    }
}

fn is_busy(error: &AwsError) -> bool {
    matches!(error.code(), "ConcurrentModificationException" | "FinalizingOrganizationException")
        || error.class() == Class::Throttled
}

fn managed() -> Option<Tag> {
    Tag::builder().key(MANAGED_BY.0).value(MANAGED_BY.1).build().ok()
}

/// A unit of the organization. Fact: `id`.
#[derive(Clone)]
pub struct Unit<'w> {
    making: Making<'w>,
    path: Vec<String>,
}

impl Unit<'_> {
    fn at(&self, path: &[String]) -> Address {
        Address::new(&self.making.session.account, "organizational unit", title(path))
    }

    /// The names on the way to what is above it, if that is a unit.
    fn parent(&self) -> Option<&[String]> {
        self.path.split_last().map(|(_, above)| above).filter(|above| !above.is_empty())
    }

    /// The id of what is above it, once that is there.
    async fn parent_id(&self, facts: &Facts) -> Result<Option<String>> {
        match self.parent() {
            Some(parent) => Ok(facts.get(&self.at(parent), "id")),
            None => root(&self.making.session).await.map(Some),
        }
    }

    /// The id of the unit, or of the root if no unit is meant; once it is known.
    async fn id(&self, facts: &Facts) -> Result<Option<String>> {
        if self.path.is_empty() {
            return root(&self.making.session).await.map(Some);
        }
        Ok(facts.get(&self.address(), "id"))
    }
}

impl Resource for Unit<'_> {
    fn address(&self) -> Address {
        self.at(&self.path)
    }

    fn needs(&self) -> Vec<Address> {
        self.parent().map(|parent| self.at(parent)).into_iter().collect()
    }

    fn reason(&self) -> String {
        "the account belongs in it".to_owned()
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let Some(parent) = self.parent_id(facts).await? else { return Ok(Found::Absent) };
            let below = units(&self.making.session, &parent).await?;
            let Some((_, id)) = below.into_iter().find(|(name, _)| Some(name) == self.path.last()) else {
                return Ok(Found::Absent);
            };
            facts.set(&self.address(), "id", id);
            Ok(Found::Same)
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let parent = match self.parent() {
                Some(parent) => facts.need(&self.at(parent), "id")?,
                None => root(&self.making.session).await?,
            };
            let client = self.making.session.organizations();
            let create = client.create_organizational_unit().parent_id(parent);
            let create = create.set_name(self.path.last().cloned()).set_tags(managed().map(|tag| vec![tag]));
            let what = format!("unit {}", title(&self.path));
            match self.making.in_turn(&what, async || Ok(create.clone().send().await?)).await? {
                Err(error) if error.code() != "DuplicateOrganizationalUnitException" => Err(explained(error)),
                _ => Ok(()),
            }
        }
        .boxed_local()
    }
}

/// An account, found by its address. Fact: `id`.
struct Account<'w> {
    making: Making<'w>,
    wanted: NewAccount,
}

impl Account<'_> {
    async fn find(&self, facts: &Facts) -> Result<Option<Member>> {
        // Once it is known by its id, the list need not be read again.
        let Some(id) = facts.get(&self.address(), "id") else {
            return with_email(&self.making.session, &self.wanted.email).await;
        };
        let described = self.making.session.organizations().describe_account().account_id(id).send().await;
        match described.map_err(AwsError::from) {
            Ok(output) => Ok(output.account().map(Member::from)),
            Err(error) if error.class() == Class::NotFound => Ok(None),
            Err(error) => Err(explained(error)),
        }
    }

    /// The id of the account, made now or by a run that did not see its end.
    async fn make(&self) -> Result<String> {
        let NewAccount { name, email, patience, .. } = &self.wanted;
        let what = format!("account {name}");
        let task = self.making.progress.start(&what);
        let mut waited = false;
        until(self.making.clock, *patience, &what, &*task, async || {
            let under_way = self.making.requests_under_way().await?;
            if under_way.iter().any(|request| request.account_name() == Some(name)) {
                waited = true;
                return Ok(Look::Pending("a request of before is under way".to_owned()));
            }
            Ok(Look::Done(()))
        })
        .await?;
        if waited && let Some(member) = with_email(&self.making.session, email).await? {
            return Ok(member.id);
        }
        let request = self.request().await?;
        let id = request.id().unwrap_or_default();
        let client = self.making.session.organizations();
        let ended = until(self.making.clock, *patience, &what, &*task, async || {
            let read = client.describe_create_account_status().create_account_request_id(id).send().await;
            let status = read.map_err(explained)?.create_account_status;
            Ok(match status {
                Some(status) if status.state().is_some_and(|state| *state != CreateAccountState::InProgress) => {
                    Look::Done(status)
                }
                _ => Look::Pending("IN_PROGRESS".to_owned()),
            })
        })
        .await?;
        if let (Some(CreateAccountState::Succeeded), Some(account)) = (ended.state(), ended.account_id()) {
            task.finish(account);
            return Ok(account.to_owned());
        }
        match ended.failure_reason().map_or("no reason", |reason| reason.as_str()) {
            "EMAIL_ALREADY_EXISTS" => self.has_the_address().await,
            reason => Err(failed(reason)),
        }
    }

    async fn request(&self) -> Result<CreateAccountStatus> {
        let NewAccount { name, email, role_name, .. } = &self.wanted;
        let client = self.making.session.organizations();
        let create = client.create_account().account_name(name).email(email).set_role_name(role_name.clone());
        let create = create.set_tags(managed().map(|tag| vec![tag]));
        let what = format!("account {name}");
        let answer = self.making.in_turn(&what, async || Ok(create.clone().send().await?)).await?;
        let answer = answer.map_err(explained)?;
        answer.create_account_status.ok_or_else(|| Error::failed("AWS does not say what became of the account"))
    }

    /// The account whose address was taken: that of another run, which may not be listed yet.
    async fn has_the_address(&self) -> Result<String> {
        let mut looks = 0;
        let email = &self.wanted.email;
        let found = until(
            self.making.clock,
            self.wanted.patience,
            "the account of this address",
            &crate::progress::Silent,
            async || {
                looks += 1;
                Ok(match with_email(&self.making.session, email).await? {
                    Some(member) => Look::Done(Some(member.id)),
                    None if looks > LOOKS && self.making.requests_under_way().await?.is_empty() => Look::Done(None),
                    None => Look::Pending("not listed".to_owned()),
                })
            },
        );
        found.await?.ok_or_else(|| {
            Error::failed(format!("another account of AWS's, outside of this organization, has the address {email}"))
                .hint("an address belongs to one account for ever: take another, such as one with `+something` before the @")
        })
    }
}

impl Resource for Account<'_> {
    fn address(&self) -> Address {
        self.wanted.address(&self.making)
    }

    fn reason(&self) -> String {
        self.wanted.email.clone()
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let Some(member) = self.find(facts).await? else { return Ok(Found::Absent) };
            facts.set(&self.address(), "id", &member.id);
            match member.state.as_str() {
                "ACTIVE" => Ok(Found::Same),
                "PENDING_ACTIVATION" => {
                    Ok(Found::Different(Difference::between("state", &member.state, "ACTIVE").into_iter().collect()))
                }
                state => Err(Error::usage(format!("account {} has this address and is {state}", member.id))
                    .hint("take another address: that of a closed account cannot be used again")),
            }
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, found: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            if *found == Found::Absent {
                let id = self.make().await?;
                facts.set(&self.address(), "id", id);
            }
            let what = format!("account {}", self.wanted.name);
            let task = self.making.progress.start(&what);
            until(self.making.clock, self.wanted.patience, &what, &*task, async || {
                Ok(match self.find(facts).await? {
                    Some(member) if member.state != "PENDING_ACTIVATION" => Look::Done(()),
                    Some(member) => Look::Pending(member.state),
                    None => Look::Pending("not listed".to_owned()),
                })
            })
            .await
        }
        .boxed_local()
    }
}

/// Where an account is in the organization.
struct Placement<'w> {
    wanted: NewAccount,
    /// Where it is to be; without a path: the root.
    unit: Unit<'w>,
}

impl Placement<'_> {
    async fn parent(&self, account: &str) -> Result<String> {
        let client = self.unit.making.session.organizations();
        let mut pages = client.list_parents().child_id(account).into_paginator().send();
        while let Some(page) = pages.next().await {
            if let Some(id) = page.map_err(explained)?.parents().first().and_then(|parent| parent.id()) {
                return Ok(id.to_owned());
            }
        }
        Err(Error::failed(format!("account {account} has no place in the organization")))
    }

    /// The name of a root or unit.
    async fn name(&self, id: &str) -> Result<String> {
        if id.starts_with("r-") {
            return Ok(title(&[]));
        }
        let client = self.unit.making.session.organizations();
        let read = client.describe_organizational_unit().organizational_unit_id(id).send().await.map_err(explained)?;
        Ok(read.organizational_unit().and_then(|unit| unit.name()).unwrap_or(id).to_owned())
    }
}

impl Resource for Placement<'_> {
    fn address(&self) -> Address {
        Address::new(&self.unit.making.session.account, "place in the organization", self.wanted.name.clone())
    }

    fn needs(&self) -> Vec<Address> {
        let account = self.wanted.address(&self.unit.making);
        let unit = (!self.unit.path.is_empty()).then(|| self.unit.address());
        [account].into_iter().chain(unit).collect()
    }

    fn reason(&self) -> String {
        format!("the account belongs in {}", title(&self.unit.path))
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let account = facts.get(&self.wanted.address(&self.unit.making), "id");
            let Some(account) = account else { return Ok(Found::Absent) };
            let actual = self.parent(&account).await?;
            if self.unit.id(facts).await?.as_ref() == Some(&actual) {
                return Ok(Found::Same);
            }
            let (actual, desired) = (self.name(&actual).await?, title(&self.unit.path));
            Ok(Found::Different(vec![Difference {
                field: "unit".to_owned(),
                actual: actual.into(),
                desired: desired.into(),
            }]))
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let account = facts.need(&self.wanted.address(&self.unit.making), "id")?;
            let Some(destination) = self.unit.id(facts).await? else {
                return Err(Error::failed(format!("the id of {} is not known", self.unit.address())));
            };
            let client = self.unit.making.session.organizations();
            let what = format!("moving account {}", self.wanted.name);
            let moved = self.unit.making.in_turn(&what, async || {
                let source = client.list_parents().child_id(&account).send().await?;
                let source = source.parents().first().and_then(|parent| parent.id()).unwrap_or_default();
                if source == destination {
                    return Ok(());
                }
                let order = client.move_account().account_id(&account).source_parent_id(source);
                order.destination_parent_id(&destination).send().await?;
                Ok(())
            });
            match moved.await? {
                // It is there.
                Err(error) if error.code() == "DuplicateAccountException" => Ok(()),
                outcome => outcome.map_err(explained),
            }
        }
        .boxed_local()
    }
}

/// Why AWS made no account.
fn failed(reason: &str) -> Error {
    let (message, hint) = match reason {
        "ACCOUNT_LIMIT_EXCEEDED" => (
            "the organization has as many accounts as it may have",
            "ask for more in Service Quotas (AWS Organizations), or close accounts",
        ),
        "CONCURRENT_ACCOUNT_MODIFICATION" | "INTERNAL_FAILURE" => {
            ("AWS did not get it done", "run the same command again; nothing was made")
        }
        "INVALID_EMAIL" => ("AWS does not take the address", "give another: --email"),
        "INVALID_ADDRESS" | "MISSING_PAYMENT_INSTRUMENT" | "INVALID_PAYMENT_INSTRUMENT" => (
            "the billing data of the management account are not in order",
            "put the address and the payment method of the management account right, and run the same command again",
        ),
        "GOVCLOUD_ACCOUNT_ALREADY_EXISTS" => ("there is such an account in GovCloud", "give another name and address"),
        _ if reason.contains("VALIDATION") => (
            "AWS has not validated the business behind the management account",
            "AWS asks for it in the console of the management account; run the same command again afterwards",
        ),
        _ => ("AWS made no account", "the console of AWS Organizations may say more"),
    };
    Error::failed(format!("{message} ({reason})")).hint(hint)
}
