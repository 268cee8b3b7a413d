//! What is wrong with the ground that everything stands on: credentials, trust, the organization, the domain, and what
//! AWS itself enforces. Each finding says what is there, why it matters, and what to do about it.
//!
//! Only `conditions` writes, and only where it was asked to prove something.

mod blueprints;
mod conditions;
mod credentials;
mod domain;
mod git;
mod organization;
mod regions;
mod sharing;
mod trust;

use serde::Serialize;

use crate::aws::{Session, fanout};
use crate::config::partition;
use crate::domain::Studio;
use crate::domain::survey::{self, Domain};
use crate::error::{Error, Kind, Result};
use crate::landscape::ProjectAccount;
use crate::world::World;

/// An area asks many accounts, each within its own deadline. The whole has this many times as long.
const DEADLINES: u32 = 10;

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Area {
    /// Who is asking, and by which clock.
    Credentials,
    /// The roles of the personas.
    Trust,
    /// AWS Organizations and the accounts in it.
    Organization,
    /// In which Regions everything is.
    Regions,
    /// The domain and its quotas.
    Domain,
    /// RAM: the domain as accounts see it.
    Sharing,
    /// Blueprints, their roles and grants.
    Blueprints,
    /// Connections to Git providers.
    Git,
    /// Whether IAM's condition keys hold in AWS as they do on paper.
    Conditions,
}

impl Area {
    /// Every area, each after those that it builds on.
    pub const ALL: [Area; 9] = [
        Area::Credentials,
        Area::Trust,
        Area::Organization,
        Area::Regions,
        Area::Domain,
        Area::Sharing,
        Area::Blueprints,
        Area::Git,
        Area::Conditions,
    ];

    /// Its name on the command line and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Area::Credentials => "credentials",
            Area::Trust => "trust",
            Area::Organization => "organization",
            Area::Regions => "regions",
            Area::Domain => "domain",
            Area::Sharing => "sharing",
            Area::Blueprints => "blueprints",
            Area::Git => "git",
            Area::Conditions => "conditions",
        }
    }
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// As it should be.
    Ok,
    /// Nobody looked: it does not apply, or could not be asked.
    Skipped,
    /// Works, but not for long, or not as meant.
    Warning,
    /// Something does not work.
    Problem,
}

impl Status {
    /// Its name in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Skipped => "skipped",
            Status::Warning => "warning",
            Status::Problem => "problem",
        }
    }
}

/// What was found by one check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Where it belongs.
    pub area: Area,
    /// The account, twelve digits; null for what is in none.
    pub account: Option<String>,
    /// What was looked at.
    pub check: String,
    /// How bad it is.
    pub status: Status,
    /// What is there.
    pub what: String,
    /// Why it matters; null where nothing is wrong.
    pub why: Option<String>,
    /// What to do; null where nothing is wrong.
    pub fix: Option<String>,
    /// The command that does it, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Whether the account should have answered, and did not.
    #[serde(skip)]
    pub unasked: bool,
}

impl Finding {
    fn new(area: Area, account: impl ToString, check: &str, status: Status, what: impl Into<String>) -> Self {
        Finding {
            area,
            account: Some(account.to_string()),
            check: check.to_owned(),
            status,
            what: what.into(),
            why: None,
            fix: None,
            command: None,
            unasked: false,
        }
    }

    /// An account that should have answered, and why it did not.
    fn unasked(area: Area, account: impl ToString, error: &Error) -> Self {
        let reason = error.causes().last().map_or_else(|| error.to_string(), ToString::to_string);
        let mut finding = Finding::new(area, account, "access", Status::Skipped, format!("not asked: {reason}"));
        finding.unasked = true;
        finding.why = Some("what is wrong there, if anything is, stays unknown".to_owned());
        finding.fix = error.hints().first().cloned();
        finding
    }

    /// Something to look at in no account.
    #[must_use]
    fn nowhere(mut self) -> Self {
        self.account = None;
        self
    }

    #[must_use]
    fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    #[must_use]
    fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    #[must_use]
    fn command(mut self, command: impl Into<String>) -> Self {
        self.command = Some(command.into());
        self
    }
}

/// Everything that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// In the order of the areas.
    pub findings: Vec<Finding>,
    /// Whether nobody could be asked, for want of credentials.
    #[serde(skip)]
    pub without_credentials: bool,
}

impl Diagnosis {
    /// How it counts for the exit code: warnings do not.
    pub fn verdict(&self) -> Option<Kind> {
        let any = |matches: fn(&Finding) -> bool| self.findings.iter().any(matches);
        if self.without_credentials {
            return Some(Kind::NotAuthenticated);
        }
        if any(|finding| finding.status == Status::Problem) {
            return Some(Kind::Failed);
        }
        any(|finding| finding.unasked).then_some(Kind::Partial)
    }

    /// How many findings are of a status.
    pub fn count(&self, status: Status) -> usize {
        self.findings.iter().filter(|finding| finding.status == status).count()
    }
}

/// What a check looks with.
struct Examination<'w> {
    world: &'w World<'w>,
    studio: Studio<'w>,
    /// Whether condition keys are to be proven, by a model package that must not move.
    prove: bool,
}

/// Looks at `areas`. `prove` lets the conditions be proven in the central registry, which leaves a scratch version
/// there.
pub async fn examine(world: &World<'_>, areas: &[Area], prove: bool) -> Diagnosis {
    let examination = Examination { world, studio: Studio::new(world), prove };
    let mut findings = Vec::new();
    let nobody = world.aws.caller().await.err();
    findings.extend(nobody.as_ref().map(credentials::missing));
    for area in Area::ALL.into_iter().filter(|area| areas.contains(area)) {
        if nobody.is_some() && area != Area::Credentials {
            let what = "not asked: AWS did not say who is asking";
            findings.push(Finding::new(area, "", "access", Status::Skipped, what).nowhere());
            continue;
        }
        let task = world.progress.start(&format!("examining {}", area.as_str()));
        let found = examination.examine(area).await;
        let worst = found.iter().map(|finding| finding.status).max();
        task.finish(worst.map_or("nothing found", Status::as_str));
        findings.extend(found);
    }
    let without_credentials = nobody.is_some_and(|error| error.kind() == Kind::NotAuthenticated);
    Diagnosis { findings, without_credentials }
}

impl Examination<'_> {
    async fn examine(&self, area: Area) -> Vec<Finding> {
        let world = self.world;
        let deadline = world.config.concurrency.account_timeout * DEADLINES;
        let answers = fanout::each([area], 1, deadline, world.clock, async |area| match area {
            Area::Credentials => Ok(credentials::examine(self).await),
            Area::Trust => Ok(trust::examine(self).await),
            Area::Organization => organization::examine(self).await,
            Area::Regions => regions::examine(self).await,
            Area::Domain => domain::examine(self).await,
            Area::Sharing => sharing::examine(self).await,
            Area::Blueprints => blueprints::examine(self).await,
            Area::Git => Ok(git::examine(self).await),
            Area::Conditions => conditions::examine(self).await,
        })
        .await;
        let asked = match area {
            Area::Organization => world.landscape.management(),
            Area::Conditions => world.landscape.central(),
            _ => world.landscape.governance(),
        };
        let found = answers
            .into_iter()
            .map(|answer| answer.unwrap_or_else(|error| vec![Finding::unasked(area, &asked.account, &error)]));
        found.flatten().collect()
    }

    /// The domain, if there is one, with a session in its account.
    async fn domain(&self) -> Result<Option<(Session, Domain)>> {
        let session = self.studio.session(self.studio.governance()).await?;
        let name = self.world.config.domain.name.to_string();
        let found = survey::domains(&session, &name).await?;
        Ok(found.into_iter().next().map(|domain| (session, domain)))
    }

    /// What there is to say of an area that needs a domain, where there is none.
    fn without_domain(&self, area: Area) -> Vec<Finding> {
        let account = &self.studio.governance().account;
        vec![Finding::new(area, account, "access", Status::Skipped, "there is no domain to look at")]
    }

    /// Asks `question` of every account that projects live in, with a session as administrator.
    async fn each_account(
        &self,
        area: Area,
        question: impl AsyncFn(&ProjectAccount, Session) -> Result<Vec<Finding>>,
    ) -> Vec<Finding> {
        let accounts = self.world.landscape.project_accounts();
        let settings = &self.world.config.concurrency;
        let ask = async |account: &ProjectAccount| {
            let session = self.studio.session(&account.place).await?;
            question(account, session).await
        };
        let answers = fanout::each(&accounts, settings.accounts, settings.account_timeout, self.world.clock, ask).await;
        let rows = accounts.iter().zip(answers).map(|(account, answer)| {
            answer.unwrap_or_else(|error| vec![Finding::unasked(area, &account.place.account, &error)])
        });
        rows.flatten().collect()
    }
}

/// A page of the AWS console in a Region.
fn console(region: &str, path: &str) -> String {
    let site = match partition(region) {
        "aws-cn" => "console.amazonaws.cn",
        "aws-us-gov" => "console.amazonaws-us-gov.com",
        _ => "console.aws.amazon.com",
    };
    format!("https://{region}.{site}/{path}")
}
