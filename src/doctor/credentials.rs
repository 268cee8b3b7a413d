//! Who is asking, and by which clock.

use jiff::{SignedDuration, Timestamp};

use super::{Area, Examination, Finding, Status};
use crate::error::Error;

/// AWS refuses signatures that are this old or this young.
const REFUSED: SignedDuration = SignedDuration::from_mins(5);
/// A clock that is this wrong gets worse.
const SUSPICIOUS: SignedDuration = SignedDuration::from_mins(1);

pub(super) async fn examine(examination: &Examination<'_>) -> Vec<Finding> {
    let world = examination.world;
    let mut findings = Vec::new();
    if let Ok(caller) = world.aws.caller().await {
        let what = format!("you are {}", caller.arn);
        findings.push(Finding::new(Area::Credentials, &caller.account, "identity", Status::Ok, what));
    }
    let there = world.aws.server_time().await;
    findings.push(clock(world.clock.now(), there).nowhere());
    findings
}

/// That the caller is nobody whom AWS knows.
pub(super) fn missing(error: &Error) -> Finding {
    let cause = error.causes().last().map(|cause| format!(": {cause}")).unwrap_or_default();
    let finding = Finding::new(Area::Credentials, "", "identity", Status::Problem, format!("{error}{cause}"));
    let fix = error.hints().first().cloned().unwrap_or_else(|| "sign in, and try again".to_owned());
    finding.nowhere().why("no account can be asked anything").fix(fix)
}

fn clock(here: Timestamp, there: Option<Timestamp>) -> Finding {
    let finding = |status, what: String| Finding::new(Area::Credentials, "", "clock", status, what);
    let Some(there) = there else {
        return finding(Status::Skipped, "AWS did not say what time it is".to_owned());
    };
    // The header counts in seconds.
    let ahead = SignedDuration::from_secs(here.duration_since(there).as_secs());
    let direction = if ahead.is_negative() { "behind" } else { "ahead of" };
    let what = format!("this machine is {} s {direction} AWS", ahead.as_secs().abs());
    let status = match ahead.abs() {
        off if off >= REFUSED => Status::Problem,
        off if off >= SUSPICIOUS => Status::Warning,
        _ => return finding(Status::Ok, what),
    };
    finding(status, what)
        .why("AWS refuses calls that are signed more than 5 minutes away from its own time")
        .fix("let the machine's clock be set by NTP; AWS has a server for it at time.aws.com")
        .command("timedatectl set-ntp true")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_suspicious_from_one_minute_and_useless_from_five() {
        let here: Timestamp = "2026-01-31T12:00:00Z".parse().unwrap();
        for (there, status, what) in [
            ("2026-01-31T12:00:59Z", Status::Ok, "this machine is 59 s behind AWS"),
            ("2026-01-31T12:01:00Z", Status::Warning, "this machine is 60 s behind AWS"),
            ("2026-01-31T11:55:01Z", Status::Warning, "this machine is 299 s ahead of AWS"),
            ("2026-01-31T11:55:00Z", Status::Problem, "this machine is 300 s ahead of AWS"),
        ] {
            let found = clock(here, there.parse().ok());
            assert_eq!((found.status, found.what.as_str()), (status, what));
            assert_eq!(found.fix.is_some(), status != Status::Ok);
        }
        assert_eq!(clock(here, None).status, Status::Skipped);
    }
}
