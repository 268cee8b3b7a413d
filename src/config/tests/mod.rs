//! Whole files: what is read, and which layer wins.

mod mistakes;
mod unreadable;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::error::{Error, Kind};
use crate::governance::{Persona, Stage};

/// The least that a user writes.
const LEAST: &str = "\
region: eu-west-1
governance: {account: 111111111111}
shared-services: {account: 012345678901}
tenants:
  - name: clinical
    stages:
      dev: {account: 333333333333}
      test: {account: 444444444444}
      prod: {account: 555555555555}
";

struct Case {
    directory: tempfile::TempDir,
    environment: BTreeMap<String, String>,
    flags: Flags,
}

impl Case {
    fn new(text: impl AsRef<[u8]>) -> Self {
        let case = Case::empty();
        std::fs::write(case.path("aiops.yaml"), text).unwrap();
        case
    }

    fn empty() -> Self {
        Case { directory: tempfile::tempdir().unwrap(), environment: BTreeMap::new(), flags: Flags::default() }
    }

    fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    fn load_with(&self, change: impl FnOnce(&mut LoadOptions<'_>)) -> Result<Loaded, Error> {
        let mut options = LoadOptions {
            explicit: None,
            working_directory: self.directory.path().to_owned(),
            environment: &self.environment,
            flags: self.flags.clone(),
            look: Look::default(),
        };
        change(&mut options);
        load(&options)
    }

    fn load(&self) -> Result<Loaded, Error> {
        self.load_with(|_| {})
    }
}

/// [`LEAST`] with one text replaced.
fn with(old: &str, new: &str) -> String {
    assert!(LEAST.contains(old), "{old}");
    LEAST.replacen(old, new, 1)
}

/// The report of a file that must be refused.
fn report(text: impl AsRef<[u8]>) -> String {
    shown(&Case::new(text).load().unwrap_err())
}

/// What a person sees of an error.
fn shown(error: &Error) -> String {
    assert_eq!(error.kind(), Kind::Config);
    let mut text = error.rendered_report().map_or_else(|| format!("{error}\n"), str::to_owned);
    for hint in error.hints() {
        text.push_str(&format!("hint: {hint}\n"));
    }
    // Trailing spaces do not survive editors.
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn the_least_file_has_a_default_for_everything_else() {
    let loaded = Case::new(LEAST).load().unwrap();
    assert_eq!(loaded.warnings, [""; 0]);
    let config = loaded.require_file().unwrap();
    assert_eq!(config.shared_services.account.as_str(), "012345678901");
    assert_eq!(config.tenants[0].stages.get(Stage::Prod).account.as_str(), "555555555555");
    assert_eq!(config.roles.persona(Persona::GovernanceOfficer).reference().as_str(), "aiops-governance-officer");
    assert_eq!(config.promotion.wait, Duration::from_secs(1800));
    assert_eq!(config.promotion.endpoint.size(Stage::Prod).instance_type.as_str(), "ml.m5.large");
    assert!(config.session.assume_roles && config.gates.four_eyes && config.tenants[0].owns("anything"));
}

#[test]
fn what_is_written_wins_over_defaults() {
    let text = format!(
        "{LEAST}    models: ['diabetes-*']
    data: {{dev: {{account: '666666666666', region: us-east-1}}, test: &same {{account: 777777777777}}, prod: *same}}
roles:
  ci: {{role: deployer, external-id: 0123}}
session: {{duration: 45m, tags: {{team: 7}}, source-identity: none}}
promotion: {{endpoint: {{prod: {{instance-count: 3}}}}, poll: 1m30s}}
git: {{provider: github, owner: example, layout: separate}}
"
    );
    let config = Case::new(text).load().unwrap().config.unwrap();
    assert_eq!(config.roles.ci.reference().as_str(), "deployer");
    assert_eq!(config.roles.ci.external_id().unwrap().as_str(), "0123");
    assert_eq!(config.roles.lead.reference().as_str(), "aiops-lead");
    assert_eq!(config.session.tags["team"], "7");
    assert_eq!(config.promotion.endpoint.size(Stage::Prod).instance_count, 3);
    assert_eq!(config.promotion.endpoint.size(Stage::Test).instance_count, 1);
    assert_eq!(config.promotion.poll, Duration::from_secs(90));
    assert!(config.tenants[0].owns("diabetes-risk") && !config.tenants[0].owns("churn"));
    let data = config.tenants[0].data.as_ref().unwrap();
    assert_eq!(data.test, data.prod);
}

#[test]
fn the_configuration_survives_being_written_and_read() {
    let config = Case::new(LEAST).load().unwrap().config.unwrap();
    let written = serde_yaml::to_string(&config).unwrap();
    assert_eq!(Case::new(written).load().unwrap().config.unwrap(), config);
}

#[test]
fn what_is_allowed_but_doubtful_is_a_warning() {
    let second = |name: &str, dev: u64, prod: u64| {
        format!(
            "{LEAST}  - name: {name}\n    stages: {{dev: {{account: {dev}}}, test: {{account: {dev}}}, prod: {{account: {prod}}}}}\n"
        )
    };
    for (text, warning) in [
        (second("claims", 666666666666, 777777777777), None),
        (
            second("claims", 333333333333, 777777777777),
            Some("aiops.yaml:11: `clinical` and `claims` share a dev account"),
        ),
        (second("claims", 666666666666, 333333333333), Some("aiops.yaml:7: dev of `clinical` is prod of `claims`")),
        (
            second("clinical-trials", 666666666666, 777777777777),
            Some("aiops.yaml:10: a model of `clinical` whose name begins with `trials-`"),
        ),
    ] {
        let warnings = Case::new(&text).load().unwrap().warnings;
        match warning {
            None => assert_eq!(warnings, [""; 0]),
            Some(warning) => assert!(warnings.len() == 1 && warnings[0].starts_with(warning), "{warnings:?}"),
        }
    }
}

#[test]
fn every_value_knows_its_source() {
    let text = format!("{LEAST}session:\n  duration: 45m\n");
    let mut case =
        Case::new(text).env("AIOPS_REGION", "us-east-1").env("AIOPS_ASSUME_ROLES", "false").env("AIOPS_PERSONA", "");
    case.flags.persona = Some("lead".to_owned());
    let loaded = case.load().unwrap();
    let prefix = format!("{}/", case.directory.path().display());
    let source = |path: &str| {
        let sourced = loaded.sources.get(path).unwrap_or_else(|| panic!("{path}"));
        format!("{} ({})", sourced.value, sourced.source.to_string().replace(&prefix, ""))
    };
    for (path, expected) in [
        ("version", "1 (default)"),
        ("region", "\"us-east-1\" (env AIOPS_REGION)"),
        ("persona", "\"lead\" (flag --as)"),
        ("session.assume-roles", "false (env AIOPS_ASSUME_ROLES)"),
        ("session.duration", "\"45m\" (aiops.yaml:11)"),
        ("session.source-identity", "\"caller\" (default)"),
        ("shared-services.account", "\"012345678901\" (aiops.yaml:3)"),
        ("tenants[0].stages.prod.account", "\"555555555555\" (aiops.yaml:9)"),
        ("tenants[0].models[0]", "\"*\" (default)"),
        ("profiles", "[] (default)"),
    ] {
        assert_eq!(source(path), expected, "{path}");
    }
    assert_eq!(serde_json::to_value(&loaded.sources).unwrap()[0]["source"], "default");
}

#[test]
fn a_value_came_from_the_flag_before_its_variable() {
    let mut case = Case::new(LEAST).env("AIOPS_PERSONA", "ci").env("AIOPS_SANDBOX", "store.db");
    let loaded = case.load().unwrap();
    assert_eq!(loaded.ambient.persona, Some(Persona::Ci));
    assert_eq!(loaded.sources.get("persona").unwrap().source, Source::Environment("AIOPS_PERSONA"));
    assert_eq!(loaded.sources.get("sandbox").unwrap().source, Source::Environment("AIOPS_SANDBOX"));
    case.flags.persona = Some("lead".to_owned());
    case.flags.sandbox = Some("other.db".to_owned());
    let loaded = case.load().unwrap();
    assert_eq!(loaded.ambient.persona, Some(Persona::Lead));
    assert_eq!(loaded.sources.get("persona").unwrap().source, Source::Flag("--as"));
    assert_eq!(loaded.sources.get("sandbox").unwrap().source, Source::Flag("--sandbox"));
}

#[test]
fn every_variable_is_documented() {
    let topic = include_str!("../../../docs/help/environment.md");
    for variable in ENVIRONMENT {
        assert!(topic.lines().any(|line| line.split_whitespace().next() == Some(variable.name)), "{}", variable.name);
    }
}

#[test]
fn layers_lie_over_one_another_in_order() {
    let region = |file: &str, environment: &[(&str, &str)], flag: Option<&str>| {
        let mut case = Case::new(file);
        case.environment.extend(environment.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        case.flags.region = flag.map(str::to_owned);
        case.load().unwrap().config.unwrap().region.to_string()
    };
    let without = with("region: eu-west-1\n", "");
    let aws = ("AWS_REGION", "us-west-1");
    let aws_default = ("AWS_DEFAULT_REGION", "us-west-2");
    let own = ("AIOPS_REGION", "us-east-1");
    assert_eq!(region(&without, &[aws_default], None), "us-west-2");
    assert_eq!(region(&without, &[aws, aws_default], None), "us-west-1");
    assert_eq!(region(LEAST, &[aws, aws_default], None), "eu-west-1");
    assert_eq!(region(LEAST, &[aws, own], None), "us-east-1");
    assert_eq!(region(LEAST, &[aws, own], Some("ca-central-1")), "ca-central-1");
}

#[test]
fn without_a_file_the_ambient_values_are_known() {
    let mut case = Case::empty().env("AWS_REGION", "eu-west-1").env("AIOPS_PERSONA", "ci");
    case.flags.sandbox = Some("store.db".to_owned());
    let loaded = case.load().unwrap();
    assert_eq!(loaded.ambient.region.as_ref().unwrap().as_str(), "eu-west-1");
    assert_eq!(loaded.ambient.persona, Some(Persona::Ci));
    assert_eq!(loaded.ambient.sandbox, Some(case.path("store.db")));
    assert_eq!(loaded.sources.get("sandbox").unwrap().source, Source::Flag("--sandbox"));
    assert!(loaded.config.is_none());
}

#[test]
fn the_file_is_found_upwards_and_paths_start_from_it() {
    let case = Case::new(format!("{LEAST}sandbox: store.db\ngates: {{policies: rules}}\n"));
    let deep = case.path("a/b");
    std::fs::create_dir_all(&deep).unwrap();
    let loaded = case.load_with(|options| options.working_directory.clone_from(&deep)).unwrap();
    assert_eq!(loaded.path, Some(case.path("aiops.yaml")));
    let config = loaded.require_file().unwrap();
    assert_eq!(config.sandbox, Some(case.path("store.db")));
    assert_eq!(config.gates.policies, Some(case.path("rules")));
    assert_eq!(loaded.sources.get("sandbox").unwrap().value, "store.db");

    let named = case.load_with(|options| {
        options.working_directory.clone_from(&deep);
        options.explicit = Some(Path::new("../..").to_owned());
        options.flags.sandbox = Some("here.db".to_owned());
    });
    assert_eq!(named.unwrap().ambient.sandbox, Some(deep.join("here.db")));

    std::fs::write(case.path("aiops.yml"), "").unwrap();
    assert!(case.load().unwrap().warnings[0].contains("is ignored"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>()) {
        let _ = Case::new(text).load();
    }

    #[test]
    fn no_text_made_of_yaml_makes_the_reader_panic(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "region", "tenants", "stages", "roles", "account", "<<", ":", ": ", "- ", "\n", "\n  ", "\n    ", "&a ", "*a",
            "{", "}", "[", "]", ",", "'", "\"", "#", "|", ">", "!!str ", "---\n", "\t", "é", "1", "~", "?",
        ]), 0..60)
    ) {
        let _ = Case::new(pieces.concat()).load();
    }

    #[test]
    fn no_damage_to_a_file_makes_the_reader_panic(at in 0usize..200, cut in 0usize..20, insert in "[a-z:{}\\[\\]&*\" \n-]{0,6}") {
        let mut text = LEAST.to_owned();
        let at = at.min(text.len());
        text.replace_range(at..(at + cut).min(text.len()), &insert);
        if let Err(error) = Case::new(text).load() {
            prop_assert_eq!(error.kind(), Kind::Config);
        }
    }
}
