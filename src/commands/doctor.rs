//! `doctor`: what is wrong, why it matters, and what to do.

use crate::cli::doctor::{self as cli, Args};
use crate::commands::setting::Setting;
use crate::context::Context;
use crate::doctor::{self, Area, Diagnosis, Finding, Status};
use crate::error::Result;
use crate::report::{Cell, Report, Table, Tone, View, field};

/// Examines and tells.
pub async fn run(context: &Context, args: &Args) -> Result<Report> {
    let setting = Setting::load(context)?;
    let scene = setting.open(context).await?;
    let world = scene.world(context);
    let areas: Vec<Area> = args.only.iter().map(|area| area_of(*area)).collect();
    let areas = match (areas.is_empty(), args.prove) {
        (true, _) => Area::ALL.to_vec(),
        // Whoever asks for a proof wants to see it.
        (false, true) if !areas.contains(&Area::Conditions) => [areas, vec![Area::Conditions]].concat(),
        (false, _) => areas,
    };
    let diagnosis = doctor::examine(&world, &areas, args.prove).await;
    let report = Report::new(&diagnosis, view(&diagnosis))?.verdict(diagnosis.verdict());
    let (problems, warnings) = (diagnosis.count(Status::Problem), diagnosis.count(Status::Warning));
    if problems + warnings == 0 {
        return Ok(report);
    }
    Ok(report.next(format!("look again when all is mended (problems: {problems}, warnings: {warnings})")))
}

fn area_of(area: cli::Area) -> Area {
    match area {
        cli::Area::Credentials => Area::Credentials,
        cli::Area::Trust => Area::Trust,
        cli::Area::Organization => Area::Organization,
        cli::Area::Regions => Area::Regions,
        cli::Area::Domain => Area::Domain,
        cli::Area::Sharing => Area::Sharing,
        cli::Area::Blueprints => Area::Blueprints,
        cli::Area::Git => Area::Git,
        cli::Area::Conditions => Area::Conditions,
    }
}

fn view(diagnosis: &Diagnosis) -> View {
    let account = |finding: &Finding| finding.account.clone().unwrap_or_else(|| "-".to_owned());
    let rows = diagnosis.findings.iter().map(|finding| {
        let tone = match finding.status {
            Status::Ok => Tone::Good,
            Status::Skipped => Tone::Faint,
            Status::Warning => Tone::Waiting,
            Status::Problem => Tone::Bad,
        };
        vec![
            finding.area.as_str().into(),
            account(finding).into(),
            finding.check.clone().into(),
            Cell::new(finding.status.as_str(), tone),
            finding.what.clone().into(),
        ]
    });
    let table = View::Table(Table {
        columns: vec!["AREA", "ACCOUNT", "CHECK", "STATUS", "FOUND"],
        rows: rows.collect(),
        empty: "nothing was looked at",
    });
    let mut sections = vec![("Findings".to_owned(), table)];
    let mut found: Vec<&Finding> = diagnosis.findings.iter().filter(|finding| finding.fix.is_some()).collect();
    // The worst first; the order of the areas is kept among equals.
    found.sort_by_key(|finding| std::cmp::Reverse(finding.status));
    for finding in found {
        let mut fields = vec![field("Found", finding.what.clone())];
        let rest = [("Why", &finding.why), ("Fix", &finding.fix), ("Command", &finding.command)];
        fields.extend(rest.into_iter().filter_map(|(name, text)| Some(field(name, text.clone()?))));
        let title = format!("{}: {} ({})", finding.status.as_str(), finding.check, account(finding));
        sections.push((title, View::Fields(fields)));
    }
    View::Sections(sections)
}
