//! How a plan is shown, whatever it is about.

use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::domain::{self, Studio, Verified};
use crate::error::{Error, Kind, Result};
use crate::plan::{Action, Difference, Outcome, Plan, State};
use crate::progress::Progress as _;
use crate::report::{Cell, Report, Table, Tone, View};

/// A plan as programs see it.
#[derive(Serialize)]
struct Told<'a> {
    changes: bool,
    summary: Summary,
    steps: &'a [Outcome],
}

/// How many things have which action.
#[derive(Serialize)]
struct Summary {
    create: usize,
    change: usize,
    keep: usize,
    adopt: usize,
    remove: usize,
    leave: usize,
    conflict: usize,
    broken: usize,
    unknown: usize,
}

impl Summary {
    fn of(plan: &Plan) -> Self {
        Summary {
            create: plan.count(Action::Create),
            change: plan.count(Action::Change),
            keep: plan.count(Action::Keep),
            adopt: plan.count(Action::Adopt),
            remove: plan.count(Action::Remove),
            leave: plan.count(Action::Leave),
            conflict: plan.count(Action::Conflict),
            broken: plan.count(Action::Broken),
            unknown: plan.count(Action::Unknown),
        }
    }
}

/// The plan as a report. What is as it should be is only in the data, unless `all` is to be shown.
pub fn report(plan: &Plan, all: bool) -> Result<Report> {
    let told = Told { changes: plan.has_changes(), summary: Summary::of(plan), steps: &plan.steps };
    let report = Report::new(&told, View::Table(table(plan, all)))?.verdict(plan.verdict());
    let hints = plan.failures().flat_map(|step| step.hints.iter());
    Ok(hints.fold(report, |report, hint| if report.next.contains(hint) { report } else { report.next(hint) }))
}

/// What became of a plan that was carried out, and, if all of it went well, whether projects can be created now.
pub async fn applied(studio: &Studio<'_>, plan: &Plan) -> Result<Report> {
    let report = report(plan, false)?;
    if report.verdict.is_some() {
        return Ok(report.next("what was done stays done: run the same command again to continue"));
    }
    with_verification(report, &domain::verify(studio).await?)
}

/// Adds to the report of what was done whether projects can be created now.
fn with_verification(mut report: Report, verified: &Verified) -> Result<Report> {
    report.data["verification"] = serde_json::to_value(verified)
        .map_err(|error| Error::failed("the answer cannot be written as JSON").because(error))?;
    let mut rows: Vec<Vec<Cell>> =
        verified.problems.iter().map(|problem| vec!["-".into(), "-".into(), Cell::new(problem, Tone::Bad)]).collect();
    rows.extend(
        verified
            .unreachable
            .iter()
            .map(|account| vec!["-".into(), "-".into(), Cell::new(format!("not asked: {account}"), Tone::Bad)]),
    );
    for check in &verified.profiles {
        let cell = match check.problems.as_slice() {
            [] if check.open => Cell::new("not known", Tone::Waiting),
            [] => Cell::new("projects can be created", Tone::Good),
            problems => Cell::new(problems.join("; "), Tone::Bad),
        };
        rows.push(vec![check.unit.clone().into(), check.profile.clone().into(), cell]);
    }
    let table = Table {
        columns: vec!["UNIT", "PROFILE", "VERIFIED"],
        rows,
        empty: "the domain is available; there are no profiles yet: aiops profile apply",
    };
    report.view = View::Sections(vec![
        ("Done".to_owned(), report.view),
        ("Can projects be created?".to_owned(), View::Table(table)),
    ]);
    Ok(report.verdict(verified.verdict()))
}

/// The exit code's side of `--detailed-exitcode`: failures count more.
pub fn pending(report: Report, plan: &Plan, wanted: bool) -> Report {
    let verdict = report.verdict.or((wanted && plan.has_changes()).then_some(Kind::ChangesPending));
    report.verdict(verdict)
}

/// What comes between a plan and its writes: refusals, `--dry-run`, and the question whether to go on. A report means that
/// nothing is to be written.
pub fn before_writing(context: &Context, plan: &Plan) -> Result<Option<Report>> {
    plan.refuse_conflicts()?;
    context.ui.note(&summary(plan));
    // What aiops.yaml asks for cannot be: no part of it is begun.
    if let Some(wrong) = plan.failures().find_map(|step| step.kind.filter(|kind| kind.is_input())) {
        return Ok(Some(report(plan, false)?.verdict(Some(wrong)).next("nothing was changed")));
    }
    if context.settings.dry_run {
        return Ok(Some(report(plan, false)?));
    }
    if plan.has_changes() && !context.settings.yes {
        tell(context, plan);
        if !context.ui.confirm("Make these changes?")? {
            return Err(Error::new(Kind::Cancelled, "nothing was changed"));
        }
    }
    Ok(None)
}

/// Says what is to be done, line by line, to whoever is asked about it.
pub fn tell(context: &Context, plan: &Plan) {
    for step in plan.steps.iter().filter(|step| !is_right(step)) {
        context.ui.note(&format!("{:<8} {}", step.action.word(), step.address));
        for difference in &step.differences {
            let Difference { field, actual, desired } = difference;
            context.ui.note(&format!("           {field}: {} -> {}", value(actual), value(desired)));
        }
    }
}

/// The plan in a line: `3 to create, 1 to change, 40 as they should be`.
pub fn summary(plan: &Plan) -> String {
    let counted = [
        (Action::Create, "to create"),
        (Action::Change, "to change"),
        (Action::Remove, "to remove"),
        (Action::Conflict, "in the way"),
        (Action::Broken, "broken"),
        (Action::Unknown, "that could not be looked at"),
        (Action::Leave, "left"),
        (Action::Adopt, "of others used"),
        (Action::Keep, "as they should be"),
    ];
    let parts: Vec<String> = counted
        .into_iter()
        .map(|(action, words)| (plan.count(action), words))
        .filter(|(count, _)| *count > 0)
        .map(|(count, words)| format!("{count} {words}"))
        .collect();
    if parts.is_empty() { "nothing to do".to_owned() } else { parts.join(", ") }
}

fn is_right(step: &Outcome) -> bool {
    matches!(step.action, Action::Keep | Action::Adopt)
}

/// One row a step, and below it one for each field that differs.
fn table(plan: &Plan, all: bool) -> Table {
    // In a plan, what was not looked at says nothing that its cause does not say.
    let follows = |step: &Outcome| step.state == State::Skipped && !plan.is_begun();
    let shown = |step: &&Outcome| all || (!is_right(step) && !follows(step));
    let mut rows = Vec::new();
    for step in plan.steps.iter().filter(shown) {
        rows.push(vec![
            action_cell(step),
            step.address.account.clone().into(),
            step.address.kind.into(),
            step.address.name.clone().into(),
            match &step.error {
                Some(error) => Cell::new(error, if step.state == State::Skipped { Tone::Faint } else { Tone::Bad }),
                None => Cell::new(&step.reason, Tone::Faint),
            },
        ]);
        for difference in &step.differences {
            let values = format!("{} -> {}", value(&difference.actual), value(&difference.desired));
            rows.push(vec![
                Cell::default(),
                Cell::default(),
                Cell::default(),
                Cell::new(format!("  {}", difference.field), Tone::Faint),
                values.into(),
            ]);
        }
    }
    Table { columns: vec!["ACTION", "ACCOUNT", "KIND", "NAME", "WHY"], rows, empty: "everything is as aiops.yaml says" }
}

fn action_cell(step: &Outcome) -> Cell {
    let (word, tone) = match (step.state, step.action) {
        (State::Failed, action) if action.is_change() => ("failed", Tone::Bad),
        (State::Skipped, _) => ("skipped", Tone::Bad),
        (State::Done, Action::Create) => ("created", Tone::Good),
        (State::Done, Action::Change) => ("changed", Tone::Good),
        (State::Done, Action::Remove) => ("removed", Tone::Good),
        (_, action @ (Action::Create | Action::Change | Action::Remove)) => (action.word(), Tone::Waiting),
        (_, action @ (Action::Broken | Action::Conflict | Action::Unknown)) => (action.word(), Tone::Bad),
        (_, action) => (action.word(), Tone::Faint),
    };
    Cell::new(word, tone)
}

/// A value on one line: text as it is, the rest as JSON, nothing as a dash.
fn value(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Address;

    fn step(action: Action, state: State) -> Outcome {
        Outcome {
            address: Address::new("111111111111", "domain unit", "clinical"),
            action,
            reason: "tenant clinical".to_owned(),
            differences: Vec::new(),
            state,
            error: None,
            hints: Vec::new(),
            kind: None,
        }
    }

    fn rows(plan: &Plan, all: bool) -> Vec<String> {
        let text = |row: &Vec<Cell>| row.iter().map(|cell| cell.text.as_str()).collect::<Vec<_>>().join("|");
        table(plan, all).rows.iter().map(text).collect()
    }

    #[test]
    fn differences_stand_below_their_step() {
        let changed = Outcome {
            differences: Difference::between("description", "old", None::<&str>).into_iter().collect(),
            ..step(Action::Change, State::Planned)
        };
        let plan = Plan { steps: vec![changed, step(Action::Keep, State::Planned)] };
        let expected = ["change|111111111111|domain unit|clinical|tenant clinical", "|||  description|old -> -"];
        assert_eq!(rows(&plan, false), expected);
        assert_eq!(rows(&plan, true).len(), 3);
        assert_eq!(summary(&plan), "1 to change, 1 as they should be");
    }

    #[test]
    fn the_exit_code_tells_changes_only_if_asked() {
        let plan = Plan { steps: vec![step(Action::Create, State::Planned)] };
        let verdict = |wanted| pending(report(&plan, false).unwrap(), &plan, wanted).verdict;
        assert_eq!(verdict(true), Some(Kind::ChangesPending));
        assert_eq!(verdict(false), None);
        assert_eq!(summary(&Plan::default()), "nothing to do");
    }
}
