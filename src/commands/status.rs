//! `status`: every model over dev, central, test and prod.

use jiff::Timestamp;

use crate::cli::status::Args;
use crate::commands::setting::Setting;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::governance::{Observed, Stage, Status as Decision};
use crate::report::{Cell, Report, Table, Tone, View};
use crate::status::{self, Registered, Scope, StageStatus, Status, Unreachable, VersionStatus};

/// How many versions of a model are shown when nothing else is asked for.
const LATEST: usize = 5;

/// Asks every account and shows the answers.
pub async fn run(context: &Context, args: &Args) -> Result<Report> {
    let setting = Setting::load(context)?;
    let scene = setting.open(context).await?;
    let world = scene.world(context);
    let latest = args.latest.map(|number| number.get() as usize).or((!args.all).then_some(LATEST));
    let scope = Scope {
        tenant: context.settings.tenant.clone(),
        model: args.model.as_ref().map(|model| model.name.clone()),
        version: args.model.as_ref().and_then(|model| model.version),
        latest,
    };
    let status = status::status(&world, &scope).await?;
    if let Some(wanted) = &args.model
        && status.unreachable.is_empty()
        && status.models.iter().all(|model| model.versions.is_empty())
    {
        return Err(
            Error::failed(format!("no account knows {wanted}")).hint("`aiops status --all` lists what there is")
        );
    }
    let view = View::Table(table(&status, world.clock.now()));
    let mut report = Report::new(&status, view)?.verdict(status.verdict());
    for hint in status.unreachable.iter().filter_map(|account| account.hint.as_deref()) {
        if !report.next.iter().any(|known| known == hint) {
            report = report.next(hint);
        }
    }
    Ok(report)
}

fn table(status: &Status, now: Timestamp) -> Table {
    let mut rows = Vec::new();
    for model in &status.models {
        for version in &model.versions {
            rows.push(version_row(&model.tenant, &model.model, version, now));
        }
    }
    rows.extend(status.unreachable.iter().map(unreachable_row));
    Table {
        columns: vec!["TENANT", "MODEL", "VERSION", "DEV", "CENTRAL", "TEST", "PROD", "AGE", "WAITING FOR"],
        rows,
        empty: "no model is registered in any account",
    }
}

fn version_row(tenant: &str, model: &str, version: &VersionStatus, now: Timestamp) -> Vec<Cell> {
    let number = version.version.map_or_else(|| "-".to_owned(), |number| number.to_string());
    // What they are to do, `approve list` says.
    let waiting = version.waiting_for.as_ref();
    let waiting = waiting.map_or_else(nothing, |waiting| Cell::new(waiting.persona.title(), Tone::Waiting));
    let registered = version.dev.as_ref().or(version.central.as_ref()).and_then(|known| known.registered_at);
    vec![
        tenant.into(),
        model.into(),
        number.into(),
        registry_cell(version.dev.as_ref(), Some(Stage::Dev)),
        registry_cell(version.central.as_ref(), None),
        stage_cell(&version.test),
        stage_cell(&version.prod),
        registered.map_or_else(nothing, |then| Cell::new(ago(then, now), Tone::Faint)),
        waiting,
    ]
}

fn nothing() -> Cell {
    Cell::new("-", Tone::Faint)
}

/// Where a version stands in a registry. In the registry of one stage, the stage goes without saying.
fn registry_cell(registered: Option<&Registered>, own: Option<Stage>) -> Cell {
    let Some(registered) = registered else { return nothing() };
    match &registered.lifecycle {
        Observed::Known(at) => {
            let tone = match at.status {
                Decision::Approved => Tone::Good,
                Decision::Pending => Tone::Waiting,
                Decision::Rejected => Tone::Bad,
            };
            let text = if own == Some(at.stage) { at.status.to_string() } else { at.to_string() };
            Cell::new(text, tone)
        }
        Observed::Other { stage, status } => Cell::new(format!("{stage}/{status}"), Tone::Plain),
        Observed::None => {
            let approval = registered.approval.map_or("no lifecycle", crate::governance::Approval::as_str);
            Cell::new(approval, Tone::Faint)
        }
    }
}

/// What serves in a stage, and how well.
fn stage_cell(stage: &StageStatus) -> Cell {
    let served: Vec<(String, Tone)> = stage
        .endpoints
        .iter()
        .map(|serving| {
            // All of the traffic goes without saying.
            let share = serving.variant.share * 100.0;
            let live = if share > 99.95 { "live".to_owned() } else { format!("live {share:.0}%") };
            match serving.status.as_str() {
                "InService" if serving.failure.is_some() => (format!("{live}, rolled back"), Tone::Bad),
                "InService" => (live, Tone::Good),
                "Updating" | "SystemUpdating" | "RollingBack" => (format!("{live}, {}", serving.status), Tone::Waiting),
                "Creating" => (serving.status.clone(), Tone::Waiting),
                _ => (serving.status.clone(), Tone::Bad),
            }
        })
        .collect();
    match (served.as_slice(), &stage.registry) {
        ([], None) => nothing(),
        ([], Some(registered)) => registry_cell(Some(registered), None),
        (served, _) => {
            let worst = served.iter().map(|(_, tone)| *tone).max_by_key(|tone| severity(*tone)).unwrap_or_default();
            let texts: Vec<&str> = served.iter().map(|(text, _)| text.as_str()).collect();
            Cell::new(texts.join("; "), worst)
        }
    }
}

fn severity(tone: Tone) -> u8 {
    match tone {
        Tone::Plain | Tone::Faint | Tone::Good => 0,
        Tone::Waiting => 1,
        Tone::Bad => 2,
    }
}

fn unreachable_row(account: &Unreachable) -> Vec<Cell> {
    let cell_of = |stage: Option<Stage>| {
        if account.stage == stage { Cell::new("unreachable", Tone::Bad) } else { Cell::default() }
    };
    vec![
        account.tenant.as_deref().unwrap_or("shared services").into(),
        format!("account {}", account.account).into(),
        Cell::default(),
        cell_of(Some(Stage::Dev)),
        cell_of(None),
        cell_of(Some(Stage::Test)),
        cell_of(Some(Stage::Prod)),
        Cell::default(),
        Cell::new(&account.reason, Tone::Bad),
    ]
}

/// How long ago, in the largest unit that fits: `40 s`, `12 min`, `5 h`, `3 d`.
fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.duration_since(then).as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_the_largest_unit_that_fits() {
        let now: Timestamp = "2026-01-05T12:00:00Z".parse().unwrap();
        for (then, told) in [
            ("2026-01-05T12:00:00Z", "0 s"),
            ("2026-01-05T11:59:01Z", "59 s"),
            ("2026-01-05T11:48:00Z", "12 min"),
            ("2026-01-05T07:00:00Z", "5 h"),
            ("2026-01-02T11:00:00Z", "3 d"),
            // Clocks differ: the future is now.
            ("2026-01-05T12:00:30Z", "0 s"),
        ] {
            assert_eq!(ago(then.parse().unwrap(), now), told);
        }
    }
}
