//! Blueprints: enabled where projects are to have them, with roles that DataZone can take and grants that reach their
//! units.

use super::{Area, Examination, Finding, Status};
use crate::domain;
use crate::error::Result;

pub(super) async fn examine(examination: &Examination<'_>) -> Result<Vec<Finding>> {
    let Some((governance, found)) = examination.domain().await? else {
        return Ok(examination.without_domain(Area::Blueprints));
    };
    let equipping = domain::Equipping::of(&examination.studio, &governance, &found).await?;
    let mut findings = examination
        .each_account(Area::Blueprints, async |account, session| {
            let number = account.place.account.as_str();
            let missing = equipping.missing(&session, account).await?;
            if missing.is_empty() {
                let what = format!("{} blueprints can be used in {}", equipping.count(), account.place.region);
                return Ok(vec![Finding::new(Area::Blueprints, number, "blueprints", Status::Ok, what)]);
            }
            let rows = missing.into_iter().map(|what| {
                Finding::new(Area::Blueprints, number, "blueprints", Status::Problem, what)
                    .why("projects that need it fail, some after minutes, and AWS does not say why")
                    .fix("set the account up as aiops.yaml says")
                    .command("aiops domain apply")
            });
            Ok(rows.collect())
        })
        .await;
    let verified = match domain::verify(&examination.studio).await {
        Ok(verified) => verified,
        Err(error) => {
            findings.push(Finding::unasked(Area::Blueprints, &governance.account, &error));
            return Ok(findings);
        }
    };
    for check in verified.profiles {
        // What the accounts lack was told with the accounts.
        let known = |problem: &String| findings.iter().any(|finding| finding.what == *problem);
        let problems: Vec<String> = check.problems.into_iter().filter(|problem| !known(problem)).collect();
        let title = format!("profile {} of {}", check.profile, check.unit);
        let account = &governance.account;
        findings.push(match problems.as_slice() {
            [] => continue,
            problems => {
                let what = format!("{title}: {}", problems.join("; "));
                Finding::new(Area::Blueprints, account, "profile", Status::Problem, what)
                    .why("nobody can create a project from it")
                    .fix("apply the profiles of aiops.yaml")
                    .command("aiops profile apply")
            }
        });
    }
    Ok(findings)
}
