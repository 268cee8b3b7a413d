//! Bringing a repository to the newest state of its template, or a template into a repository that has code already: a
//! three-way merge on a branch of its own, offered as a merge request.
//!
//! The branch `aiops/template` has what was rendered, one commit a rendering. The rendering that the default branch's
//! record names is the base; the merge has both sides as parents, so that Git knows of it as well.

use std::fmt::Write as _;
use std::rc::Rc;

use serde::Serialize;

use super::cicd;
use super::clone::Clone;
use super::create::begin;
use super::find::{self, Project, find};
use super::ground::Ground;
use super::hosting::Hosting;
use super::order::Order;
use super::repository::{Seat, address};
use super::seeded::{commit_rendering, render, subject};
use super::workspace;
use crate::domain::Studio;
use crate::error::{Error, Result};
use crate::git::forge::{Hosted, NewChange};
use crate::git::{Files, Oid, Rejection};
use crate::plan::Facts;
use crate::seed::Answers;
use crate::seed::Holds;
use crate::seed::Record;
use crate::seed::update::{self, BRANCH, Labels, Merged};

/// How a repository stands to its template.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    /// Whose project it is.
    pub tenant: String,
    /// The project.
    pub project: String,
    /// The repository.
    pub repository: String,
    /// The template that it was made from.
    pub template: Option<String>,
    /// How it stands.
    pub state: State,
    /// The branch that has the update.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
    /// The merge request, as its host names it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub change: Option<String>,
    /// Where to see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub web: Option<String>,
    /// What the update comes to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub merged: Option<Merged>,
    /// Why it could not be told, or done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What to do about that.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<String>,
}

/// How a repository stands to its template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It has what the template makes now.
    Current,
    /// The template makes something else now.
    Behind,
    /// An update is offered as a merge request.
    Offered,
    /// It was not made from a template.
    Unseeded,
    /// It is not there, or has no commits.
    Missing,
    /// It could not be looked at, or updated.
    Unknown,
}

/// How the repositories of a project stand to their template, or those of all projects.
pub async fn check(
    studio: &Studio<'_>,
    hosting: &Hosting,
    name: Option<&str>,
    tenant: Option<&str>,
) -> Result<Vec<Standing>> {
    let ground = Ground::look(*studio).await?;
    let projects = match name {
        Some(name) => vec![find(&ground, name, tenant).await?],
        None => find::of_tenant(&ground, tenant).await?,
    };
    let mut standings = Vec::new();
    for project in projects {
        // What was not made from a profile of aiops.yaml has no template.
        if project.profile.is_some() {
            standings.extend(each(&ground, hosting, &project, &Answers::new(), Doing::Looking).await?);
        }
    }
    Ok(standings)
}

/// Brings the repositories of a project to the newest state of their template, with these new answers.
pub async fn update(
    studio: &Studio<'_>,
    hosting: &Hosting,
    (name, tenant): (&str, Option<&str>),
    answers: &Answers,
) -> Result<Vec<Standing>> {
    act(studio, hosting, (name, tenant), answers, Doing::Updating).await
}

/// Offers the template to repositories of a project that have code already.
pub async fn seed(
    studio: &Studio<'_>,
    hosting: &Hosting,
    (name, tenant): (&str, Option<&str>),
    answers: &Answers,
) -> Result<Vec<Standing>> {
    act(studio, hosting, (name, tenant), answers, Doing::Seeding).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Doing {
    Looking,
    Updating,
    Seeding,
}

/// Does it to the project that is meant, or only looks.
async fn act(
    studio: &Studio<'_>,
    hosting: &Hosting,
    (name, tenant): (&str, Option<&str>),
    answers: &Answers,
    doing: Doing,
) -> Result<Vec<Standing>> {
    let ground = Ground::look(*studio).await?;
    let project = find(&ground, name, tenant).await?;
    let doing = if studio.world.dry_run { Doing::Looking } else { doing };
    each(&ground, hosting, &project, answers, doing).await
}

/// What is told of, or done to, each repository of a project.
async fn each(
    ground: &Rc<Ground<'_>>,
    hosting: &Hosting,
    project: &Project<'_>,
    answers: &Answers,
    doing: Doing,
) -> Result<Vec<Standing>> {
    let Some(profile) = project.profile else {
        return Err(Error::usage(format!("project {} was made from no profile of aiops.yaml", project.name))
            .hint("only projects of profiles have a template: describe the profile in aiops.yaml"));
    };
    let studio = ground.studio;
    let mut order = Order::new(project.tenant, project.name.clone(), profile);
    order.stages.retain(|stage| project.workspaces.iter().any(|workspace| workspace.stage == Some(*stage)));
    order.answers.clone_from(answers);
    let order = Rc::new(order);
    let seat = |holds: &Holds| Seat { studio, order: order.clone(), hosting: hosting.clone(), holds: *holds };
    let seats: Vec<Seat<'_>> = Holds::of(studio.world.config.git.layout).iter().map(seat).collect();
    if doing == Doing::Seeding {
        begin_missing(ground, project, &seats).await?;
    }
    let mut standings = Vec::new();
    for seat in seats {
        standings.push(match one(ground, &seat, project, answers, doing).await {
            Ok(standing) => standing,
            // A mistake in what was asked is the same for all.
            Err(error) if error.kind().is_input() && doing != Doing::Looking => return Err(error),
            Err(error) => {
                let causes = error.causes().map(|cause| format!(": {cause}")).collect::<String>();
                Standing {
                    error: Some(format!("{error}{causes}")),
                    hints: error.hints().to_vec(),
                    ..Standing::of(&seat, State::Unknown)
                }
            }
        });
    }
    Ok(standings)
}

/// Makes the repositories that are missing or empty, as a new project's are.
async fn begin_missing(ground: &Rc<Ground<'_>>, project: &Project<'_>, seats: &[Seat<'_>]) -> Result<()> {
    let mut missing = Vec::new();
    for seat in seats {
        if visit(seat).await?.is_none_or(|clone| clone.head.is_none()) {
            missing.push(seat.holds);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let begun = begin(ground, project, seats, &missing).await;
    match begun.steps.into_iter().find_map(|step| Some((step.kind?, step.error?, step.hints))) {
        None => Ok(()),
        Some((kind, error, hints)) => Err(hints.into_iter().fold(Error::new(kind, error), Error::hint)),
    }
}

impl Standing {
    fn of(seat: &Seat<'_>, state: State) -> Self {
        Standing {
            tenant: seat.order.tenant.name.clone(),
            project: seat.order.name.to_string(),
            repository: seat.name(),
            template: None,
            state,
            branch: None,
            change: None,
            web: None,
            merged: None,
            error: None,
            hints: Vec::new(),
        }
    }
}

/// The repository as it is now, if it is there.
async fn visit(seat: &Seat<'_>) -> Result<Option<Clone>> {
    let (name, branch) = (seat.name(), seat.git().default_branch.clone());
    seat.hosting.work(move |hosting| Clone::of(hosting, &name, &branch)).await
}

async fn one(
    ground: &Ground<'_>,
    seat: &Seat<'_>,
    project: &Project<'_>,
    answers: &Answers,
    doing: Doing,
) -> Result<Standing> {
    let visited = visit(seat).await?.and_then(|clone| clone.head.map(|head| (clone, head)));
    let Some((clone, head)) = visited else { return Ok(Standing::of(seat, State::Missing)) };
    let standing = Standing {
        template: clone.record.as_ref().map(|record| record.template.clone()),
        ..Standing::of(seat, State::Unseeded)
    };
    if clone.record.is_none() && doing != Doing::Seeding {
        return Ok(standing);
    }
    let facts = facts(ground, seat, project, &clone.hosted).await?;
    let cicd = cicd::config(ground, &seat.order, &facts).await?;
    let template = seat.hosting.library().template(crate::profile::template(seat.order.profile))?;
    let mut given = clone.record.as_ref().map_or_else(Answers::new, |record| template.still_asked(&record.answers));
    given.extend(answers.clone());
    let (files, record) = render(seat, &cicd, &given)?;
    if clone.record.as_ref().is_some_and(|known| known.tree == record.tree) {
        return Ok(Standing { state: State::Current, ..standing });
    }
    let branch = seat.git().default_branch.clone();
    let now = seat.studio.world.clock.now();
    let offer = move |hosting: &Hosting| offer(hosting, (&clone, head), &branch, (&files, &record), now, doing);
    let offered = seat.hosting.work(offer).await?;
    Ok(Standing {
        state: if doing == Doing::Looking { State::Behind } else { State::Offered },
        branch: offered.branch,
        change: offered.change,
        web: offered.web,
        merged: Some(offered.merged),
        ..standing
    })
}

fn title(record: &Record, before: Option<&Record>) -> String {
    match before {
        Some(_) => format!("Update from template {}", record.template),
        None => format!("Add template {}", record.template),
    }
}

/// What `cicd-config.json` needs to know of repositories and workspaces that are there.
async fn facts(ground: &Ground<'_>, seat: &Seat<'_>, project: &Project<'_>, hosted: &Hosted) -> Result<Facts> {
    let facts = Facts::default();
    for workspace in &project.workspaces {
        let name = workspace.stage.map_or_else(|| workspace.name.clone(), |stage| seat.order.workspace(stage));
        facts.set(&workspace::named(ground, &name), "id", &workspace.id);
    }
    for holds in Holds::of(seat.git().layout) {
        let other = Seat { holds: *holds, ..seat.clone() };
        let known = if *holds == seat.holds { Some(hosted.clone()) } else { other.hosted().await? };
        let Some(known) = known else {
            return Err(Error::failed(format!("there is no repository {}", other.name()))
                .hint(format!("complete the project first: aiops project create {}", seat.order.name)));
        };
        let address = address(seat.studio, &seat.order, *holds);
        facts.set(&address, "name", known.name);
        facts.set(&address, "url", known.url);
    }
    Ok(facts)
}

/// What was offered.
struct Offered {
    branch: Option<String>,
    change: Option<String>,
    web: Option<String>,
    merged: Merged,
}

/// Merges a rendering, and offers the merge unless this is only a look.
fn offer(
    hosting: &Hosting,
    (clone, head): (&Clone, Oid),
    branch: &str,
    (files, record): (&Files, &Record),
    now: jiff::Timestamp,
    doing: Doing,
) -> Result<Offered> {
    let base = base(clone)?;
    let theirs = clone.repository.write_tree(files)?;
    let labels = Labels { ours: branch.to_owned(), theirs: format!("template {}", record.template) };
    let merged = update::merge(&clone.repository, base, head, theirs, &labels)?;
    if doing == Doing::Looking {
        return Ok(Offered { branch: None, change: None, web: None, merged });
    }
    let rendering = commit_rendering(clone, hosting, files, &subject(record), now)?;
    let offered = format!("aiops/update-{}", &record.tree[..12.min(record.tree.len())]);
    let there = clone.repository.branch(&offered)?;
    let (title, body) = (title(record, clone.record.as_ref()), told(&merged));
    // One that has the rendering is left to the team, which may have gone on with it.
    if !there.map_or(Ok(false), |last| clone.has(last, rendering))? {
        let message = format!("{title}\n\n{body}");
        clone.begin(&offered, head)?;
        clone.repository.commit(&offered, merged.tree, &[head, rendering], &hosting.author()?, &message, now)?;
        push(clone, hosting, BRANCH)?;
        push(clone, hosting, &offered)?;
    }
    let change = NewChange { head: &offered, base: branch, title: &title, body: &body };
    let change = hosting.forge().open_change(&clone.hosted, &change)?;
    Ok(Offered { branch: Some(offered), change: Some(change.name), web: change.web, merged })
}

fn push(clone: &Clone, hosting: &Hosting, branch: &str) -> Result<()> {
    clone.repository.push(&clone.address, branch, hosting.access()).map_err(|error| match Rejection::of(&error) {
        Some(Rejection::NonFastForward) => {
            error.hint("somebody updates it at the same time: run the same command again")
        }
        _ => error,
    })
}

/// The tree that the default branch was last made from; an empty one if it was made from no template.
fn base(clone: &Clone) -> Result<Oid> {
    let Some(record) = &clone.record else { return clone.repository.write_tree(&Files::new()) };
    update::base(&clone.repository, record)?.ok_or_else(|| {
        Error::failed(format!("what {} was made from is not in it any more", clone.hosted.name)).hint(format!(
            "bring back the branch {BRANCH}, from somebody's clone or the host's history: updates start from it"
        ))
    })
}

/// What an update comes to, for people.
fn told(merged: &Merged) -> String {
    let mut text = String::new();
    let mut section = |title: &str, paths: Vec<String>| {
        if !paths.is_empty() {
            let _ = writeln!(text, "{title}\n");
            for path in paths {
                let _ = writeln!(text, "- `{path}`");
            }
            let _ = writeln!(text);
        }
    };
    section(
        "To be decided by the team (look for conflict markers; where a file cannot have any, the team's was kept):",
        merged.conflicts.iter().map(|conflict| conflict.path.clone()).collect(),
    );
    section("Deleted by the team and changed in the template, left deleted:", merged.kept_deleted.clone());
    section("Edited by the team and gone from the template, left as it is:", merged.kept_edited.clone());
    section("Changed:", merged.changed.iter().map(|change| change.path.clone()).collect());
    if text.is_empty() { "Nothing but the record changes.\n".to_owned() } else { text }
}
