//! The global options, resolved once: what is left open here is for the configuration to decide.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::cli::GlobalArgs;
use crate::cli::values::{Format, LogFormat};
use crate::error::{Error, Result};
use crate::governance::Persona;

/// The environment as the process was started with it.
pub type Environment = BTreeMap<String, String>;

/// What the command line says for every command.
///
/// `config`, `region`, `persona` and `sandbox` hold the options alone: their variables are a layer of the
/// configuration, which knows the source of each value. The variables of `profile` and `endpoint_url` are the SDK's.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `--profile`: where credentials come from.
    pub profile: Option<String>,
    /// `--region`: before the configured one.
    pub region: Option<String>,
    /// `--endpoint-url`: where every AWS call goes.
    pub endpoint_url: Option<String>,
    /// The configuration file, if it is not to be looked for.
    pub config: Option<PathBuf>,
    /// The line of business to work for.
    pub tenant: Option<String>,
    /// Whose role to assume.
    pub persona: Option<Persona>,
    /// Whether to work in a sandbox that the configuration does not demand.
    pub sandbox: Option<Sandbox>,
    /// What is written to stdout, and how.
    pub answer: Answer,
    /// Answer every question with yes.
    pub yes: bool,
    /// Change nothing.
    pub dry_run: bool,
    /// Say nothing but the answer and errors.
    pub quiet: bool,
    /// How often `-v` was given.
    pub verbosity: u8,
    /// How the log is written.
    pub log_format: LogFormat,
    /// Whether progress may move about on the screen.
    pub moving_progress: bool,
}

/// A sandbox that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sandbox {
    /// The one that the configuration names, or the default place.
    Configured,
    /// The store in this directory or file.
    At(PathBuf),
}

/// What is written to stdout, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing was asked for: a table on a terminal, tab-separated otherwise.
    Auto,
    /// In this format.
    As(Format),
    /// What this jq expression makes of the JSON.
    Jq(String),
}

impl Settings {
    /// Resolves `arguments`.
    pub fn resolve(arguments: GlobalArgs) -> Result<Self> {
        let answer = resolve_answer(&arguments)?;
        let sandbox = arguments.sandbox.map(|path| match path.as_str() {
            "" => Sandbox::Configured,
            path => Sandbox::At(path.into()),
        });
        Ok(Settings {
            profile: arguments.profile,
            region: arguments.region,
            endpoint_url: arguments.endpoint_url,
            config: arguments.config,
            tenant: arguments.tenant,
            persona: arguments.persona,
            sandbox,
            answer,
            yes: arguments.yes,
            dry_run: arguments.dry_run,
            quiet: arguments.quiet,
            verbosity: arguments.verbose,
            log_format: arguments.log_format,
            moving_progress: !arguments.no_progress,
        })
    }
}

/// `--jq` implies JSON. It contradicts another format on the command line, but outranks one from the environment.
fn resolve_answer(arguments: &GlobalArgs) -> Result<Answer> {
    match (&arguments.jq, arguments.output) {
        (None, None) => Ok(Answer::Auto),
        (None, Some(format)) => Ok(Answer::As(format)),
        (Some(_), Some(format)) if arguments.output_was_asked_for && format != Format::Json => {
            Err(Error::usage("--jq works on JSON and cannot be combined with another --output")
                .hint("leave --output out: --jq implies json"))
        }
        (Some(expression), _) => Ok(Answer::Jq(expression.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    fn resolve(arguments: &str) -> Result<Settings> {
        let arguments = ["aiops"].into_iter().chain(arguments.split_whitespace()).chain(["status"]);
        let cli = cli::parse(arguments.map(Into::into)).unwrap();
        Settings::resolve(cli.global)
    }

    #[test]
    fn a_sandbox_may_be_asked_for_with_or_without_its_place() {
        let cases = [
            ("", None),
            ("--sandbox", Some(Sandbox::Configured)),
            ("--sandbox=store", Some(Sandbox::At("store".into()))),
        ];
        for (arguments, expected) in cases {
            assert_eq!(resolve(arguments).unwrap().sandbox, expected, "{arguments}");
        }
    }

    #[test]
    fn jq_implies_json_and_nothing_else() {
        assert_eq!(resolve("").unwrap().answer, Answer::Auto);
        assert_eq!(resolve("--output YAML").unwrap().answer, Answer::As(Format::Yaml));
        assert_eq!(resolve("--jq .a").unwrap().answer, Answer::Jq(".a".into()));
        assert_eq!(resolve("--jq .a --output json").unwrap().answer, Answer::Jq(".a".into()));
        for format in ["table", "yaml", "tsv"] {
            let error = resolve(&format!("--jq .a --output {format}")).unwrap_err();
            assert_eq!(error.kind(), crate::error::Kind::Usage);
        }
    }

    #[test]
    fn a_format_from_the_environment_yields_to_jq() {
        let mut arguments = cli::parse(["aiops", "status", "--jq", ".a"].map(Into::into)).unwrap().global;
        arguments.output = Some(Format::Table);
        let settings = Settings::resolve(arguments).unwrap();
        assert_eq!(settings.answer, Answer::Jq(".a".into()));
    }
}
