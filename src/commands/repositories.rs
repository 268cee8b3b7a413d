//! The repositories of projects: the way to them, and how they stand to their templates.

use super::aws_login::aws_login;
use super::template;
use crate::commands::setting::Scene;
use crate::context::Context;
use crate::error::{Kind, Result};
use crate::git::User;
use crate::project::{Hosting, Standing, State, Surroundings};
use crate::report::{Cell, Report, Table, Tone, View};
use crate::world::World;

/// Where repositories are, and what they are made from.
pub async fn hosting(context: &Context, scene: &Scene, world: &World<'_>) -> Result<Hosting> {
    let user = User::new(&context.environment)?;
    let first = aws_login(world.aws, world.clock).await;
    let library = template::configured(context, world.config, scene.directory(), first)?;
    Hosting::open(world, Surroundings { user, directory: scene.directory().to_owned(), library }).await
}

/// The report of a look.
pub fn checked(standings: &[Standing]) -> Result<Report> {
    let behind = standings.iter().any(|standing| standing.state == State::Behind);
    let report = advised(Report::new(&standings, View::Table(table(standings)))?, standings);
    let report = if behind { report.next("offer the changes: aiops project update NAME") } else { report };
    Ok(report.verdict(verdict(standings).or(behind.then_some(Kind::ChangesPending))))
}

/// The report of what was offered.
pub fn offered(standings: &[Standing]) -> Result<Report> {
    let report = Report::new(&standings, View::Table(table(standings)))?.verdict(verdict(standings));
    let mut report = advised(report, standings);
    for standing in standings {
        report = match (&standing.state, &standing.web) {
            (State::Offered, Some(web)) => report.next(format!("review and merge: {web}")),
            (State::Offered, None) => report.next(format!(
                "review and merge the branch {} of {}",
                standing.branch.as_deref().unwrap_or_default(),
                standing.repository
            )),
            (State::Unseeded, _) => {
                report.next(format!("offer it the template: aiops project seed {}", standing.project))
            }
            _ => report,
        };
    }
    Ok(report)
}

/// With what to do about errors.
fn advised(report: Report, standings: &[Standing]) -> Report {
    standings.iter().flat_map(|standing| &standing.hints).fold(report, |report, hint| report.next(hint))
}

/// What could not be looked at is a failure: of all, or of some.
fn verdict(standings: &[Standing]) -> Option<Kind> {
    let failed = standings.iter().filter(|standing| standing.state == State::Unknown).count();
    match failed {
        0 => None,
        _ if failed == standings.len() => Some(Kind::Failed),
        _ => Some(Kind::Partial),
    }
}

fn table(standings: &[Standing]) -> Table {
    let rows = standings.iter().map(|standing| {
        let (word, tone) = match standing.state {
            State::Current => ("up to date", Tone::Good),
            State::Behind => ("behind", Tone::Waiting),
            State::Offered => ("offered", Tone::Waiting),
            State::Unseeded => ("not from a template", Tone::Faint),
            State::Missing => ("no commits", Tone::Faint),
            State::Unknown => ("not known", Tone::Bad),
        };
        vec![
            standing.tenant.clone().into(),
            standing.project.clone().into(),
            standing.repository.clone().into(),
            standing.template.clone().unwrap_or_else(|| "-".to_owned()).into(),
            Cell::new(word, tone),
            comes_to(standing).into(),
        ]
    });
    Table {
        columns: vec!["TENANT", "PROJECT", "REPOSITORY", "TEMPLATE", "STATE", "UPDATE"],
        rows: rows.collect(),
        empty: "there are no projects of templates",
    }
}

/// What an update comes to, in a line.
fn comes_to(standing: &Standing) -> String {
    if let Some(error) = &standing.error {
        return error.clone();
    }
    let Some(merged) = &standing.merged else { return "-".to_owned() };
    let counts = [
        (merged.changed.len(), "changed"),
        (merged.conflicts.len(), "in conflict"),
        (merged.kept_deleted.len(), "left deleted"),
        (merged.kept_edited.len(), "left as edited"),
    ];
    let parts = counts.into_iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}"));
    let files = parts.collect::<Vec<_>>().join(", ");
    match &standing.change {
        Some(change) => format!("{change}: {files}"),
        None => files,
    }
}
