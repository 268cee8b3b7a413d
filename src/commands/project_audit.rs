//! `project audit`: how well projects are kept apart.

use crate::cli::project_audit::Args;
use crate::commands::setting::Setting;
use crate::context::Context;
use crate::domain::Studio;
use crate::error::Result;
use crate::project::audit::{self, Audit, Bounded, Examined, Finding, Scope, Status};
use crate::report::{Cell, Report, Table, Tone, View};

/// Looks and tells.
pub async fn run(context: &Context, args: &Args) -> Result<Report> {
    let setting = Setting::load(context)?;
    let scene = setting.open(context).await?;
    let world = scene.world(context);
    let scope = Scope { tenant: context.settings.tenant.clone(), project: args.project.clone() };
    let audit = audit::audit(&Studio::new(&world), &scope).await?;
    report(&audit)
}

/// What people and machines see of it.
pub fn report(audit: &Audit) -> Result<Report> {
    let view = View::Sections(vec![
        ("Accounts".to_owned(), accounts(&audit.accounts)),
        ("Findings".to_owned(), findings(&audit.findings)),
        ("What tags cannot keep apart".to_owned(), limits(&audit.limits)),
    ]);
    let report = Report::new(audit, view)?.verdict(audit.verdict());
    Ok(match audit.count(Status::Problem) {
        0 => report,
        problems => report.next(format!("see which statements let them in (problems: {problems}): --output json")),
    })
}

fn names(names: &[String]) -> Cell {
    if names.is_empty() { Cell::new("-", Tone::Faint) } else { names.join(", ").into() }
}

fn accounts(accounts: &[Examined]) -> View {
    let rows = accounts.iter().map(|account| {
        let status = match &account.unreachable {
            None => Cell::new("examined", Tone::Good),
            Some(why) => Cell::new(format!("not asked: {why}"), Tone::Bad),
        };
        vec![
            names(&account.tenants),
            account.account.clone().into(),
            account.region.clone().into(),
            names(&account.projects),
            account.resources.to_string().into(),
            status,
        ]
    });
    View::Table(Table {
        columns: vec!["TENANT", "ACCOUNT", "REGION", "PROJECTS", "RESOURCES", "STATUS"],
        rows: rows.collect(),
        empty: "no account has projects",
    })
}

fn findings(findings: &[Finding]) -> View {
    let rows = findings.iter().map(|finding| {
        let tone = match finding.status {
            Status::Note => Tone::Faint,
            Status::Warning => Tone::Waiting,
            Status::Problem => Tone::Bad,
        };
        vec![
            Cell::new(finding.status.as_str(), tone),
            finding.check.as_str().into(),
            finding.account.clone().into(),
            names(finding.project.as_slice()),
            finding.resource.clone().into(),
            finding.what.clone().into(),
        ]
    });
    View::Table(Table {
        columns: vec!["STATUS", "CHECK", "ACCOUNT", "PROJECT", "RESOURCE", "FOUND"],
        rows: rows.collect(),
        empty: "everything is tagged, and no project reaches another's",
    })
}

fn limits(limits: &[Bounded]) -> View {
    let rows = limits.iter().map(|bounded| {
        let limit = &bounded.limit;
        vec![limit.what.into(), limit.gap.words().into(), names(&bounded.reached_by), limit.instead.into()]
    });
    View::Table(Table {
        columns: vec!["WHAT", "TAGS", "REACHED BY", "KEPT APART BY"],
        rows: rows.collect(),
        empty: "nothing is known",
    })
}
