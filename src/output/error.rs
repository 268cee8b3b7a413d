//! Failures on stderr: for people, or as one line of JSON for programs.

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::text;
use crate::error::{Error, Kind};

/// What `--output json` writes to stderr when a command fails. Its shape is public API.
#[derive(Serialize)]
struct Document<'a> {
    error: Body<'a>,
}

#[derive(Serialize)]
struct Body<'a> {
    kind: &'static str,
    message: String,
    causes: Vec<String>,
    hints: &'a [String],
    request_id: Option<&'a str>,
    report: Option<&'a str>,
    exit_code: u8,
}

/// `error` as one line of JSON.
pub fn json(error: &Error) -> String {
    let body = Body {
        kind: kind_name(error.kind()),
        message: error.to_string(),
        causes: causes(error),
        hints: error.hints(),
        request_id: error.aws_request_id(),
        report: error.rendered_report(),
        exit_code: error.kind().exit_code(),
    };
    let line = serde_json::to_string(&Document { error: body }).unwrap_or_else(|error| error.to_string());
    text::json(&line) + "\n"
}

/// `error` as lines for people.
pub fn human(error: &Error, color: bool) -> String {
    let style = |style: Style| if color { style } else { Style::new() };
    let red = style(AnsiColor::Red.on_default().bold());
    let dim = style(Style::new().dimmed());
    let mut out = format!("{red}error:{red:#} {}\n", text::sanitize(&error.to_string()));
    match error.rendered_report() {
        Some(report) => {
            out += &text::sanitize_lines(report.trim_end());
            out.push('\n');
        }
        None => {
            for cause in causes(error) {
                out += &format!("  {dim}caused by:{dim:#} {}\n", text::sanitize(&cause));
            }
        }
    }
    if let Some(id) = error.aws_request_id() {
        out += &format!("  {dim}AWS request id:{dim:#} {}\n", text::sanitize(id));
    }
    for hint in error.hints() {
        out += &labelled("hint", hint, color);
    }
    out
}

/// The causes, without those that only repeat what stands above them (libraries often show their source as their own).
fn causes(error: &Error) -> Vec<String> {
    let mut causes: Vec<String> = error.causes().map(ToString::to_string).collect();
    causes.insert(0, error.to_string());
    causes.dedup();
    causes.split_off(1)
}

/// A line such as `hint: run it again`.
pub fn labelled(label: &str, message: &str, color: bool) -> String {
    let label_color = if label == "warning" { AnsiColor::Yellow } else { AnsiColor::Cyan };
    let style = if color { label_color.on_default() } else { Style::new() };
    format!("{style}{label}:{style:#} {}\n", text::sanitize(message))
}

/// The name of a kind in JSON.
fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Failed => "failed",
        Kind::Usage => "usage",
        Kind::Config => "config",
        Kind::ChangesPending => "changes-pending",
        Kind::Partial => "partial",
        Kind::NotAuthenticated => "not-authenticated",
        Kind::Denied => "denied",
        Kind::RolledBack => "rolled-back",
        Kind::Cancelled => "cancelled",
    }
}

/// clap's refusal as an error of ours, so that it looks like all others and can be JSON too.
pub fn from_clap(error: &clap::Error) -> Error {
    let rendered = error.render().to_string();
    let (mut message, mut hints, mut usage) = (Vec::new(), Vec::new(), Vec::new());
    let mut in_usage = false;
    for line in rendered.lines().map(str::trim) {
        if let Some(tip) = line.strip_prefix("tip: ") {
            hints.push(tip.to_owned());
        } else if let Some(first) = line.strip_prefix("Usage: ") {
            in_usage = true;
            usage.push(first.to_owned());
        } else if line.is_empty() || line.starts_with("For more information") {
            in_usage = false;
        } else if in_usage {
            usage.push(line.to_owned());
        } else {
            message.push(line.trim_start_matches("error: ").to_owned());
        }
    }
    hints.extend(usage.into_iter().map(|line| format!("usage: {line}")));
    hints.into_iter().fold(Error::usage(message.join(" ")), Error::hint)
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    fn refused() -> Error {
        let socket = io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused\u{1b}[2J\nby peer");
        Error::failed("cannot reach SageMaker in 012345678901")
            .because(socket)
            .context("cannot promote churn:3")
            .with_kind(Kind::Denied)
            .request_id(Some("3b1c-42"))
            .hint("check the network")
            .hint("try \u{202e}again")
    }

    #[test]
    fn people_see_the_chain_the_request_and_what_to_do() {
        insta::assert_snapshot!(human(&refused(), false), @r"
        error: cannot promote churn:3
          caused by: cannot reach SageMaker in 012345678901
          caused by: connection refused\u{1b}[2J\nby peer
          AWS request id: 3b1c-42
        hint: check the network
        hint: try \u{202e}again
        ");
    }

    #[test]
    fn programs_see_the_same_on_one_line() {
        let line = json(&refused());
        assert_eq!(line.matches('\n').count(), 1);
        insta::assert_snapshot!(line, @r#"{"error":{"kind":"denied","message":"cannot promote churn:3","causes":["cannot reach SageMaker in 012345678901","connection refused\u001b[2J\nby peer"],"hints":["check the network","try \u202eagain"],"request_id":"3b1c-42","report":null,"exit_code":5}}"#);
    }

    #[test]
    fn a_report_stands_in_for_the_causes() {
        let error =
            Error::config("aiops.yaml has 1 mistake").report("  x unknown key `regoin`\n  3 | regoin: a\u{7}\n\n");
        insta::assert_snapshot!(human(&error.hint("fix it"), false), @r"
        error: aiops.yaml has 1 mistake
          x unknown key `regoin`
          3 | regoin: a\u{7}
        hint: fix it
        ");
    }

    #[test]
    fn colour_marks_labels_alone() {
        insta::assert_snapshot!(human(&Error::failed("no").hint("yes"), true).replace('\u{1b}', "ESC"), @"
        ESC[1mESC[31merror:ESC[0m no
        ESC[36mhint:ESC[0m yes
        ");
    }
}
