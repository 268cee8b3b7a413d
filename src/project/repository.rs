//! The repositories of a project: at their host, with their branch protected, and with what CI needs.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::hosting::Hosting;
use super::oidc;
use super::order::Order;
use crate::config::GitProvider;
use crate::config::settings::Git;
use crate::domain::Studio;
use crate::error::Result;
use crate::git::forge::{Applied, Environment, Hosted, NewRepository, Protection, Reviewer};
use crate::governance::Stage;
use crate::plan::{Address, Difference, Facts, Farewell, Found, Resource};
use crate::seed::Holds;

/// What a plan calls a repository.
const KIND: &str = "repository";
/// How many people must agree to a change of the default branch.
const APPROVALS: u32 = 1;

/// By what a plan knows a repository. Facts: `name` (`owner/name`), `url`, and [`oidc::SUBJECT`] where CI has OIDC.
pub(crate) fn address(studio: Studio<'_>, order: &Order<'_>, holds: Holds) -> Address {
    Address::new(host(&studio.world.config.git), KIND, order.repository(holds))
}

/// The repository to which workspaces are bound: `owner/name`, once it is known.
pub(crate) fn named(studio: Studio<'_>, order: &Order<'_>, facts: &Facts) -> Option<String> {
    let holds = Holds::of(studio.world.config.git.layout).first()?;
    facts.get(&address(studio, order, *holds), "name")
}

/// What a plan calls the host.
fn host(git: &Git) -> String {
    if git.provider == GitProvider::Local {
        return git.directory.display().to_string();
    }
    format!("{}/{}", git.host_name().unwrap_or_default(), git.owner.as_deref().unwrap_or_default())
}

/// What all resources of a repository have.
#[derive(Clone)]
pub(crate) struct Seat<'w> {
    pub studio: Studio<'w>,
    pub order: Rc<Order<'w>>,
    pub hosting: Hosting,
    pub holds: Holds,
}

impl Seat<'_> {
    pub fn address(&self) -> Address {
        address(self.studio, &self.order, self.holds)
    }

    pub fn name(&self) -> String {
        self.order.repository(self.holds)
    }

    pub fn lane(&self) -> String {
        format!("repository {}", self.name())
    }

    pub fn git(&self) -> &Git {
        &self.studio.world.config.git
    }

    /// The repository at its host, if it is there.
    pub async fn hosted(&self) -> Result<Option<Hosted>> {
        let name = self.name();
        self.hosting.work(move |hosting| hosting.forge().repository(&name)).await
    }

    /// By what a plan knows something of the repository.
    fn part(&self, kind: &'static str, name: &str) -> Address {
        Address::new(host(self.git()), kind, format!("{name} of {}", self.name()))
    }
}

/// The repository at its host.
pub(crate) struct Repository<'w>(pub Seat<'w>);

impl Resource for Repository<'_> {
    fn address(&self) -> Address {
        self.0.address()
    }

    fn lane(&self) -> String {
        self.0.lane()
    }

    fn reason(&self) -> String {
        match self.0.holds {
            Holds::Both => "what builds and deploys is in it",
            Holds::Build => "what builds is in it",
            Holds::Deploy => "what deploys is in it",
        }
        .to_owned()
    }

    fn look<'a>(&'a self, facts: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let Some(hosted) = self.0.hosted().await? else { return Ok(Found::Absent) };
            let address = self.address();
            facts.set(&address, "name", &hosted.name);
            facts.set(&address, "url", &hosted.url);
            if let Some(subject) = self.0.hosting.work(move |hosting| hosting.forge().oidc_subject(&hosted)).await? {
                facts.set(&address, oidc::SUBJECT, subject);
            }
            Ok(Found::Same)
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let (name, branch) = (self.0.name(), self.0.git().default_branch.clone());
            let order = &self.0.order;
            let description = match &order.description {
                Some(text) => text.clone(),
                None => format!("{} of {}", order.name, order.tenant.name),
            };
            let create = move |hosting: &Hosting| {
                let new = NewRepository { name: &name, description: &description, default_branch: &branch };
                hosting.forge().create(&new).map(drop)
            };
            self.0.hosting.work(create).await
        }
        .boxed_local()
    }

    fn farewell(&self) -> Farewell {
        Farewell::Stays("the team's work is in it: delete or archive it at its host")
    }
}

/// The protection of the default branch. What a team made stricter stays so.
pub(crate) struct Protected<'w> {
    pub seat: Seat<'w>,
    /// By what the first commit is known: nothing can be pushed to a protected branch.
    pub seeded: Address,
    /// Why the host does not offer it.
    pub refused: RefCell<Option<String>>,
}

impl Protected<'_> {
    fn branch(&self) -> &str {
        &self.seat.git().default_branch
    }
}

impl Resource for Protected<'_> {
    fn address(&self) -> Address {
        self.seat.part("branch protection", self.branch())
    }

    fn needs(&self) -> Vec<Address> {
        vec![self.seat.address(), self.seeded.clone()]
    }

    fn lane(&self) -> String {
        self.seat.lane()
    }

    fn reason(&self) -> String {
        "changes come by review, and history stays".to_owned()
    }

    fn look<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            if let Some(why) = &*self.refused.borrow() {
                return Ok(Found::Leftover(why.clone()));
            }
            let Some(hosted) = self.seat.hosted().await? else { return Ok(Found::Absent) };
            let found = self.seat.hosting.work(move |hosting| hosting.forge().protection(&hosted)).await?;
            Ok(match found {
                None => Found::Absent,
                Some(found) if found.approvals >= APPROVALS => Found::Same,
                Some(found) => {
                    Found::Different(Difference::between("approvals", found.approvals, APPROVALS).into_iter().collect())
                }
            })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let Some(hosted) = self.seat.hosted().await? else { return Ok(()) };
            let wanted = Protection { branch: self.branch().to_owned(), approvals: APPROVALS, checks: BTreeSet::new() };
            let applied = self.seat.hosting.work(move |hosting| hosting.forge().protect(&hosted, &wanted)).await?;
            if let Applied::NotOffered(why) = applied {
                self.refused.replace(Some(why));
            }
            Ok(())
        }
        .boxed_local()
    }
}

/// The environment of CI that deploys to a stage, with those who must agree.
pub(crate) struct CiEnvironment<'w> {
    pub seat: Seat<'w>,
    pub stage: Stage,
    /// Why the host does not offer it.
    pub refused: RefCell<Option<String>>,
}

impl CiEnvironment<'_> {
    fn wanted(&self) -> Environment {
        let reviewers = match self.stage {
            Stage::Dev => &[][..],
            Stage::Test => &self.seat.git().reviewers.test,
            Stage::Prod => &self.seat.git().reviewers.prod,
        };
        let reviewer = |name: &String| match name.strip_prefix("team:") {
            Some(team) => Reviewer::Team(team.to_owned()),
            None => Reviewer::User(name.clone()),
        };
        Environment {
            name: self.stage.word().to_owned(),
            reviewers: reviewers.iter().map(reviewer).collect(),
            branches: BTreeSet::from([self.seat.git().default_branch.clone()]),
        }
    }
}

impl Resource for CiEnvironment<'_> {
    fn address(&self) -> Address {
        self.seat.part("CI environment", self.stage.word())
    }

    fn needs(&self) -> Vec<Address> {
        vec![self.seat.address()]
    }

    fn lane(&self) -> String {
        self.seat.lane()
    }

    fn reason(&self) -> String {
        match self.wanted().reviewers.len() {
            0 => format!("CI deploys to {} from it", self.stage.word()),
            _ => format!("CI deploys to {} from it, once a reviewer agrees", self.stage.word()),
        }
    }

    fn look<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            if let Some(why) = &*self.refused.borrow() {
                return Ok(Found::Leftover(why.clone()));
            }
            let Some(hosted) = self.seat.hosted().await? else { return Ok(Found::Absent) };
            let (wanted, name) = (self.wanted(), self.stage.word());
            let found = self.seat.hosting.work(move |hosting| hosting.forge().environment(&hosted, name)).await?;
            let Some(found) = found else { return Ok(Found::Absent) };
            let names = |environment: &Environment| {
                environment.reviewers.iter().map(|reviewer| format!("{reviewer:?}")).collect::<Vec<_>>()
            };
            let differences = [
                Difference::between("reviewers", names(&found), names(&wanted)),
                Difference::between("branches", &found.branches, &wanted.branches),
            ];
            let differences: Vec<Difference> = differences.into_iter().flatten().collect();
            Ok(if differences.is_empty() { Found::Same } else { Found::Different(differences) })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let Some(hosted) = self.seat.hosted().await? else { return Ok(()) };
            let wanted = self.wanted();
            let set = move |hosting: &Hosting| hosting.forge().set_environment(&hosted, &wanted);
            if let Applied::NotOffered(why) = self.seat.hosting.work(set).await? {
                self.refused.replace(Some(why));
            }
            Ok(())
        }
        .boxed_local()
    }
}

/// The variables of CI.
pub(crate) struct CiVariables<'w> {
    pub seat: Seat<'w>,
    pub wanted: BTreeMap<String, String>,
}

impl CiVariables<'_> {
    /// Those that are missing or differ.
    fn missing(&self, found: &BTreeMap<String, String>) -> Vec<Difference> {
        let differs = |(name, value): (&String, &String)| Difference::between(name, found.get(name), value);
        self.wanted.iter().filter_map(differs).collect()
    }
}

impl Resource for CiVariables<'_> {
    fn address(&self) -> Address {
        self.seat.part("CI variables", &format!("{}", self.wanted.len()))
    }

    fn needs(&self) -> Vec<Address> {
        vec![self.seat.address()]
    }

    fn lane(&self) -> String {
        self.seat.lane()
    }

    fn reason(&self) -> String {
        "workflows read them".to_owned()
    }

    fn look<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let Some(hosted) = self.seat.hosted().await? else { return Ok(Found::Absent) };
            let found = self.seat.hosting.work(move |hosting| hosting.forge().variables(&hosted)).await?;
            let differences = self.missing(&found);
            Ok(if differences.is_empty() { Found::Same } else { Found::Different(differences) })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, _: &'a Found, _: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let Some(hosted) = self.seat.hosted().await? else { return Ok(()) };
            let wanted = self.wanted.clone();
            let set = move |hosting: &Hosting| {
                let found = hosting.forge().variables(&hosted)?;
                let differing = wanted.iter().filter(|(name, value)| found.get(*name) != Some(*value));
                differing.into_iter().try_for_each(|(name, value)| hosting.forge().set_variable(&hosted, name, value))
            };
            self.seat.hosting.work(set).await
        }
        .boxed_local()
    }
}
