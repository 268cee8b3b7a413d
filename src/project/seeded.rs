//! What a repository begins with: the rendering of its template, as its first commit.

use std::rc::Rc;

use futures::FutureExt as _;
use futures::future::LocalBoxFuture;

use super::cicd;
use super::clone::Clone;
use super::ground::Ground;
use super::hosting::Hosting;
use super::repository::{Seat, address};
use super::workspace;
use crate::error::Result;
use crate::git::{File, Files, Oid};
use crate::plan::{Address, Difference, Facts, Found, Resource};
use crate::profile;
use crate::seed::Holds;
use crate::seed::cicd::CicdConfig;
use crate::seed::record::{self, Record};
use crate::seed::update::BRANCH;

/// The name of the landscape's file in what deploys.
const LANDSCAPE: &str = "aiops.yaml";

/// The first commit of a repository.
pub(crate) struct Seeded<'w> {
    pub seat: Seat<'w>,
    pub ground: Rc<Ground<'w>>,
    /// The role that CI takes.
    pub ci_role: Option<Address>,
}

/// By what a plan knows the first commit of a repository.
pub(crate) fn seed_address(seat: &Seat<'_>) -> Address {
    Address { kind: "seed", ..seat.address() }
}

/// What a repository is made of now: its files, and the record among them.
pub(crate) fn render(seat: &Seat<'_>, cicd: &CicdConfig, given: &crate::seed::Answers) -> Result<(Files, Record)> {
    let template = seat.hosting.library().template(profile::template(seat.order.profile))?;
    let answers = template.answers(given, cicd)?;
    record::seed(&template, cicd, &answers, seat.holds, landscape(seat)?)
}

/// The landscape, narrowed to what CI needs, where it deploys.
fn landscape(seat: &Seat<'_>) -> Result<Files> {
    if !seat.holds.deploy() {
        return Ok(Files::new());
    }
    let narrowed = seat.studio.world.config.for_ci(&seat.order.tenant.name).to_yaml()?;
    let text =
        format!("# The landscape of {}, as its CI needs it. Written by aiops.\n{narrowed}", seat.order.tenant.name);
    let (_, folder) = seat.holds.folders();
    Ok(Files::from([(format!("{folder}{LANDSCAPE}"), File::new(text))]))
}

/// The subject of the commit that a rendering is.
pub(crate) fn subject(record: &Record) -> String {
    let commit: String = record.origin.commit.chars().take(12).collect();
    format!("Render template {} of {} at {commit}", record.template, record.origin.source)
}

/// Commits `files` as the newest rendering, unless they are that already.
pub(crate) fn commit_rendering(
    clone: &Clone,
    hosting: &Hosting,
    files: &Files,
    message: &str,
    now: jiff::Timestamp,
) -> Result<Oid> {
    let tree = clone.repository.write_tree(files)?;
    let last = clone.repository.branch(BRANCH)?;
    if let Some(last) = last
        && clone.tree(last)? == tree
    {
        return Ok(last);
    }
    let parents: Vec<Oid> = last.into_iter().collect();
    clone.repository.commit(BRANCH, tree, &parents, &hosting.author()?, message, now)
}

/// How far a repository is.
enum State {
    /// It has no commits, or is not there.
    Empty,
    /// It has code that was made from no template.
    Unseeded,
    /// It was seeded, and the rendering that it began with is not kept yet: somebody broke that off.
    Unkept,
    /// It was seeded.
    Seeded,
}

/// Keeps the rendering that a repository began with on a branch of its own, if that is not done.
fn keep(hosting: &Hosting, clone: &Clone) -> Result<()> {
    let Some(rendering) = clone.unkept()? else { return Ok(()) };
    clone.begin(BRANCH, rendering)?;
    clone.repository.push(&clone.address, BRANCH, hosting.access())
}

impl Resource for Seeded<'_> {
    fn address(&self) -> Address {
        seed_address(&self.seat)
    }

    fn needs(&self) -> Vec<Address> {
        let Seat { studio, order, .. } = &self.seat;
        let repositories = Holds::of(self.seat.git().layout).iter().map(|holds| address(*studio, order, *holds));
        let workspaces = order.stages.iter().map(|stage| workspace::named(&self.ground, &order.workspace(*stage)));
        repositories.chain(workspaces).chain(self.ci_role.clone()).collect()
    }

    fn lane(&self) -> String {
        self.seat.lane()
    }

    fn reason(&self) -> String {
        format!("from template {}", profile::template(self.seat.order.profile))
    }

    fn look<'a>(&'a self, _: &'a Facts) -> LocalBoxFuture<'a, Result<Found>> {
        async move {
            let (name, branch) = (self.seat.name(), self.seat.git().default_branch.clone());
            let look = move |hosting: &Hosting| {
                Ok(match Clone::of(hosting, &name, &branch)? {
                    None => State::Empty,
                    Some(clone) if clone.head.is_none() => State::Empty,
                    Some(clone) if clone.record.is_none() => State::Unseeded,
                    Some(clone) if clone.unkept()?.is_some() => State::Unkept,
                    Some(_) => State::Seeded,
                })
            };
            Ok(match self.seat.hosting.work(look).await? {
                State::Empty => {
                    // A template that is not there, or not answered, is told before anything is made.
                    let template = self.seat.hosting.library().template(profile::template(self.seat.order.profile))?;
                    let sample = crate::seed::cicd::sample(self.seat.git().provider, self.seat.git().layout);
                    template.answers(&self.seat.order.answers, &sample)?;
                    self.seat.hosting.author()?;
                    Found::Absent
                }
                State::Seeded => Found::Same,
                State::Unkept => {
                    Found::Different(Difference::between("template-branch", None::<&str>, BRANCH).into_iter().collect())
                }
                State::Unseeded => Found::Leftover(format!(
                    "it has code that aiops did not seed: `aiops project seed {}` offers the template by a merge request",
                    self.seat.order.name
                )),
            })
        }
        .boxed_local()
    }

    fn act<'a>(&'a self, found: &'a Found, facts: &'a Facts) -> LocalBoxFuture<'a, Result<()>> {
        async move {
            let (name, branch) = (self.seat.name(), self.seat.git().default_branch.clone());
            if *found != Found::Absent {
                let complete = move |hosting: &Hosting| match Clone::of(hosting, &name, &branch)? {
                    Some(clone) => keep(hosting, &clone),
                    None => Ok(()),
                };
                return self.seat.hosting.work(complete).await;
            }
            let cicd = cicd::config(&self.ground, &self.seat.order, facts).await?;
            let (files, record) = render(&self.seat, &cicd, &self.seat.order.answers)?;
            let now = self.seat.studio.world.clock.now();
            let seed = move |hosting: &Hosting| {
                let Some(clone) = Clone::of(hosting, &name, &branch)? else { return Ok(()) };
                if clone.head.is_some() {
                    // Somebody else was faster.
                    return keep(hosting, &clone);
                }
                let commit = commit_rendering(&clone, hosting, &files, &subject(&record), now)?;
                clone.begin(&branch, commit)?;
                // Hosts take the branch that comes first for the default one.
                clone.repository.push(&clone.address, &branch, hosting.access())?;
                clone.repository.push(&clone.address, BRANCH, hosting.access())
            };
            self.seat.hosting.work(seed).await
        }
        .boxed_local()
    }
}
