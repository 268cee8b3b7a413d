//! How long a refused call has to wait. Both hosts tell, each in its own headers.

use std::time::Duration;

use http::HeaderMap;
use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// For refusals that do not say how long: GitHub asks for a minute at least.
const UNTOLD: Duration = Duration::from_secs(60);

/// How long to wait before the call may be repeated, if it was refused for being one too many.
///
/// `words` is the message that came with it: GitHub's secondary limits have the status of a denial. A moment is in the
/// server's time, so it is compared with the server's own date.
pub(super) fn pause(status: u16, headers: &HeaderMap, words: &str) -> Option<Duration> {
    if status != 429 && status != 403 {
        return None;
    }
    if let Some(seconds) = number(headers, "retry-after") {
        return Some(Duration::from_secs(seconds.max(1)));
    }
    for (remaining, reset) in
        [("x-ratelimit-remaining", "x-ratelimit-reset"), ("ratelimit-remaining", "ratelimit-reset")]
    {
        if number(headers, remaining) == Some(0) {
            return Some(number(headers, reset).and_then(|reset| until(reset, headers)).unwrap_or(UNTOLD));
        }
    }
    let limited = status == 429 || words.to_ascii_lowercase().contains("rate limit");
    limited.then_some(UNTOLD)
}

/// From the server's present moment to `reset`, in seconds since 1970. A second more, for both are rounded.
fn until(reset: u64, headers: &HeaderMap) -> Option<Duration> {
    let now = DateTimeParser::new().parse_timestamp(headers.get(http::header::DATE)?.to_str().ok()?).ok()?;
    let reset = Timestamp::from_second(i64::try_from(reset).ok()?).ok()?;
    let left = u64::try_from(reset.duration_since(now).as_secs()).unwrap_or(0);
    Some(Duration::from_secs(left.saturating_add(1)))
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_says_in_its_own_way_how_long() {
        let date = ("date", "Mon, 05 Jan 2026 09:00:00 GMT");
        let reset = Timestamp::from_second(1_767_603_600 + 40).unwrap().as_second().to_string();
        let (primary, gitlab) = (("x-ratelimit-reset", reset.as_str()), ("ratelimit-reset", reset.as_str()));
        let none = ("x-ratelimit-remaining", "0");
        let cases = [
            (403, Vec::new(), "Must have admin rights to Repository.", None),
            (403, vec![("x-ratelimit-remaining", "41"), date, primary], "Resource not accessible", None),
            (403, vec![none, date, primary], "API rate limit exceeded for user", Some(41)),
            (429, vec![none, date, primary], "", Some(41)),
            (429, vec![("ratelimit-remaining", "0"), date, gitlab], "Retry later", Some(41)),
            (403, vec![("retry-after", "30"), none, date, primary], "", Some(30)),
            (429, vec![("retry-after", "0")], "", Some(1)),
            (403, vec![], "You have exceeded a secondary rate limit.", Some(60)),
            (429, vec![], "", Some(60)),
            (403, vec![none, primary], "", Some(60)),
            (403, vec![none, ("date", "yesterday"), primary], "", Some(60)),
            (429, vec![none, date, ("x-ratelimit-reset", "1")], "", Some(1)),
            (404, vec![("retry-after", "30")], "rate limit", None),
        ];
        for (status, headers, words, expected) in cases {
            let map = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
            assert_eq!(pause(status, &map, words), expected.map(Duration::from_secs), "{status} {headers:?} {words}");
        }
    }
}
