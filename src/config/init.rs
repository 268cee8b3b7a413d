//! Writes a commented `aiops.yaml` from answers.
//!
//! The text holds every section. What has a default is there too, switched off by a `#` without a space after it;
//! `# ` begins a comment for people. The tests take every `#` of the first kind away and load the result.

use std::fmt::Write as _;

use super::names::{AccountId, RegionName, TenantName};

/// What somebody must say before there can be an `aiops.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// Region of everything.
    pub region: RegionName,
    /// The governance account.
    pub governance: AccountId,
    /// The shared services account.
    pub shared_services: AccountId,
    /// The lines of business.
    pub tenants: Vec<TenantAnswers>,
    /// Store of the sandbox, relative to the file, if commands are to talk to one.
    pub sandbox: Option<String>,
    /// Path or URL of the JSON Schema, relative to the file, for editors that run the YAML language server.
    pub schema: Option<String>,
}

/// A line of business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantAnswers {
    /// Its short name.
    pub name: TenantName,
    /// Its dev account.
    pub dev: AccountId,
    /// Its test account.
    pub test: AccountId,
    /// Its prod account.
    pub prod: AccountId,
}

/// The text of an `aiops.yaml` with `answers` in it. Answers that break a rule, such as one account for dev and prod,
/// give a file that [`super::load`] refuses with the reason: that decision is not made here.
pub fn render(answers: &Answers) -> String {
    let mut text = String::new();
    if let Some(schema) = &answers.schema {
        line(&mut text, &format!("# yaml-language-server: $schema={}", one_word(schema)));
    }
    text.push_str(HEAD);
    line(&mut text, &format!("region: {}", scalar(answers.region.as_str())));
    text.push_str(PERSONA);
    line(
        &mut text,
        &match &answers.sandbox {
            Some(store) => format!("sandbox: {}", scalar(store)),
            None => "#sandbox: .aiops-sandbox.db".to_owned(),
        },
    );
    text.push_str(GOVERNANCE);
    line(&mut text, &format!("  account: \"{}\"", answers.governance));
    text.push_str(SHARED_SERVICES);
    line(&mut text, &format!("  account: \"{}\"", answers.shared_services));
    text.push_str(TENANTS);
    for (index, tenant) in answers.tenants.iter().enumerate() {
        line(&mut text, &format!("  - name: {}", scalar(tenant.name.as_str())));
        line(&mut text, "    stages:");
        for (stage, account) in [("dev", &tenant.dev), ("test", &tenant.test), ("prod", &tenant.prod)] {
            line(&mut text, &format!("      {stage}: {{ account: \"{account}\" }}"));
        }
        if index == 0 {
            text.push_str(TENANT);
        }
    }
    text.push_str(REST);
    text
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

const HEAD: &str = "\
# The landscape that aiops manages. `aiops config check` finds mistakes; `aiops config show --sources` tells what counts.
# Lines that begin with `#` and no space are switched off: they show a default, or an example where there is none.
version: 1

# Region of everything that names no other.
";

const PERSONA: &str = "
# Persona as whom commands act. Without it, each command takes the persona that is meant to run it.
#persona: engineer

# Store of the embedded sandbox, relative to this file. With it, commands talk to the sandbox and never to AWS.
";

const GOVERNANCE: &str = "
# Management account of the organization. Default: the governance account.
#management: { account: \"000000000008\", external-id: example-6 }

# Account that holds the SageMaker Unified Studio domain.
governance:
";

const SHARED_SERVICES: &str = "  #region: eu-west-1
  #external-id: example-1

# Account that holds the central model registry and its artifacts.
shared-services:
";

const TENANTS: &str = "  #region: eu-west-1
  # Bucket of the central artifacts. Default: aiops-models-<account>-<region>.
  #bucket: example-models
  # A key that the accounts which deploy may decrypt with.
  #kms-key: alias/example
  #event-bus: aiops
  #external-id: example-2

# Lines of business, each with its accounts. Dev and test may share an account, dev and prod only if that is said.
tenants:
";

const TENANT: &str = "    # Name for people.
    #title: Example
    # Which model package groups of the dev account are this tenant's. Default: all.
    #models: [\"*\"]
    #allow-shared-prod: false
    # Owners of the tenant's domain unit, and who may be a member of its projects (default: every user of the domain).
    #owners: [group:example-leads]
    #members: [group:example]
    # Accounts of data producers, where there are any. An account may name its Region, buckets, external id and roles,
    # and the network of its projects.
    #data:
    #  dev:
    #    account: \"000000000001\"
    #    region: eu-west-1
    #    bucket: example-data
    #    external-id: example-3
    #    network: { vpc: vpc-0a1b2c3d4e5f60718, subnets: [subnet-0a1b2c3d4e5f60718] }
    #    projects-bucket: amazon-sagemaker-000000000001-eu-west-1-example
    #    project-roles: { provisioning: arn:aws:iam::000000000001:role/example-provisioning }
    #  test: { account: \"000000000002\", roles: { ci: example-ci } }
    #  prod: { account: \"000000000003\" }
";

const REST: &str = "
# IAM role of each persona, by name, in every account that does not name its own.
#roles:
#  administrator: aiops-administrator
#  data-scientist: aiops-data-scientist
#  lead: aiops-lead
#  engineer: aiops-engineer
#  governance-officer: aiops-governance-officer
#  # With an external id of its own: { role: aiops-ci, external-id: example-4 }.
#  ci: aiops-ci
#  # What SageMaker runs endpoints as.
#  execution: aiops-execution

# How sessions in other accounts are made.
#session:
#  # `false`: use the credentials as they are found.
#  assume-roles: true
#  # Of every role that has none of its own.
#  external-id: example-5
#  # By which four-eyes rules know people: `caller`, `none`, or a fixed text.
#  source-identity: caller
#  duration: 1h
#  tags: {}
#  # Roles to go through first, by ARN.
#  via: []

# The SageMaker Unified Studio domain.
#domain:
#  name: machine-learning
#  description: Where our models are made
#  # Whether people sign in through IAM Identity Center, and who: those with a profile (manual), or all (automatic).
#  single-sign-on: false
#  user-assignment: manual
#  identity-center: arn:aws:sso:::instance/ssoins-0123456789abcdef
#  kms-key: alias/example
#  tags: {}
#  # Roles that exist already. Those that are not named are made.
#  roles:
#    execution: arn:aws:iam::000000000009:role/example-execution
#    service: arn:aws:iam::000000000009:role/example-service
#  # Owners of the root unit, beside the administrator: user:NAME, group:NAME, role:ARN.
#  owners: []
#  # Whether accounts are associated without an invitation.
#  organization-sharing: true
#  blueprints:
#    [Tooling, DataLake, MLExperiments, Workflows, AmazonBedrockKnowledgeBase, AmazonBedrockGuardrail, QuickSight]
#  account-pools:
#    - name: sandboxes
#      accounts: [{ account: \"000000000004\", regions: [eu-west-1] }]

# Project profiles, one for each tenant and stage. Use cases: regression, llm-finetuning, rag, data-pipeline.
#profiles:
#  - name: tabular
#    use-case: regression
#    description: Models that predict a number
#    template: regression
#    # Without `tenants: [...]`: for all.
#    stages: [dev, test, prod]
#    # Who may create projects. Without: every user of the domain.
#    users: [group:example]
#    git-connection: arn:aws:codeconnections:eu-west-1:000000000009:connection/0a1b2c3d-0000-4000-8000-000000000001
#    # What differs from the use case, or comes to it.
#    environments:
#      - name: Tooling
#        parameters: { idleTimeoutInMinutes: { value: \"120\", editable: true }, maxEbsVolumeSize: \"200\" }
#      - { name: Reports, blueprint: QuickSight, mode: on-demand, account-pools: [sandboxes] }
#    enabled: true

# Seed templates of new repositories: a directory or a Git URL. Default: those inside aiops.
#templates:
#  source: https://git.example.com/templates.git
#  ref: main

# Where the repositories of projects live: github, gitlab or local; one repository each, or separate ones to build and
# deploy. GitHub and GitLab need an owner.
#git:
#  provider: local
#  host: git.example.com
#  owner: example
#  default-branch: main
#  layout: single

# How models are deployed and checked on their way to prod.
#promotion:
#  endpoint:
#    instance-type: ml.m5.large
#    instance-count: 1
#    test: { instance-count: 1 }
#    prod: { instance-type: ml.m5.large, instance-count: 1 }
#  # How long to wait for an endpoint, and how often to look.
#  wait: 30m
#  poll: 15s
#  copy-concurrency: 8
#  # The request that a new endpoint must answer. Default: the sample that the model version names.
#  smoke-test:
#    content-type: text/csv
#    body: \"1,2,3\"

# What must be true before a model moves on.
#gates:
#  # Directory of Cedar policies, relative to this file. Default: those inside aiops.
#  policies: policies
#  four-eyes: true
#  require-smoke-test: true

# How much is done at once.
#concurrency:
#  accounts: 8
#  account-timeout: 1m
";

/// `text` as a YAML scalar: plain where that is safe in every YAML, between quotes otherwise.
fn scalar(text: &str) -> String {
    let words = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    let plain = text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '/' | '.'));
    if plain && !words.contains(&text) {
        return text.to_owned();
    }
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            ' '..='~' => quoted.push(character),
            _ if character.is_alphanumeric() => quoted.push(character),
            _ => {
                let _ = write!(quoted, "\\U{:08x}", u32::from(character));
            }
        }
    }
    quoted.push('"');
    quoted
}

/// `text` as one word of a comment: what would end the word or the line is percent-encoded, as in a URL.
fn one_word(text: &str) -> String {
    let mut word = String::new();
    for character in text.chars() {
        if character.is_whitespace() || character.is_control() {
            let mut bytes = [0; 4];
            for byte in character.encode_utf8(&mut bytes).bytes() {
                let _ = write!(word, "%{byte:02X}");
            }
        } else {
            word.push(character);
        }
    }
    word
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::{Config, Flags, LoadOptions, Loaded, Look, load, schema};
    use super::*;

    fn read(text: &str) -> Loaded {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("aiops.yaml"), text).unwrap();
        let loaded = load(&LoadOptions {
            explicit: None,
            working_directory: directory.path().to_owned(),
            environment: &BTreeMap::new(),
            flags: Flags::default(),
            look: Look::default(),
        });
        loaded.unwrap_or_else(|error| panic!("{}\n{text}", error.rendered_report().unwrap_or(&error.to_string())))
    }

    fn answers() -> Answers {
        let account = |digit: &str| digit.repeat(12).parse().unwrap();
        let tenant = TenantAnswers {
            name: "clinical".parse().unwrap(),
            dev: account("3"),
            test: account("4"),
            prod: account("5"),
        };
        Answers {
            region: "eu-west-1".parse().unwrap(),
            governance: account("1"),
            shared_services: account("2"),
            tenants: vec![tenant],
            sandbox: None,
            schema: Some("aiops.schema.json".to_owned()),
        }
    }

    /// `text` with everything switched on that is switched off.
    fn switched_on(text: &str) -> String {
        let on = |line: &str| {
            let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
            let switched_off = |after: &str| !after.starts_with([' ', '#']) || after.starts_with("  ");
            match rest.strip_prefix('#') {
                Some(after) if switched_off(after) => format!("{indent}{after}\n"),
                _ => format!("{line}\n"),
            }
        };
        text.lines().map(on).collect()
    }

    #[test]
    fn the_first_line_leads_editors_to_the_schema() {
        let text = render(&answers());
        assert_eq!(text.lines().next(), Some("# yaml-language-server: $schema=aiops.schema.json"));
        let hostile = Answers { schema: Some("a\nversion: 2\u{85}b c".to_owned()), ..answers() };
        assert_eq!(
            render(&hostile).lines().next(),
            Some("# yaml-language-server: $schema=a%0Aversion:%202%C2%85b%20c")
        );
    }

    #[test]
    fn what_is_switched_off_shows_the_defaults() {
        let text = render(&answers());
        let off: Config = read(&text).config.unwrap();
        let on: Config = read(&switched_on(&text)).config.unwrap();
        assert_eq!(on.roles, off.roles);
        assert_eq!(on.concurrency, off.concurrency);
        assert_eq!(
            on.session,
            super::super::Session { external_id: on.session.external_id.clone(), ..off.session.clone() }
        );
        assert_eq!(on.gates.four_eyes, off.gates.four_eyes);
        assert_eq!(on.gates.require_smoke_test, off.gates.require_smoke_test);
        assert_eq!(on.domain.name, off.domain.name);
        assert_eq!((on.git.provider, on.git.layout), (off.git.provider, off.git.layout));
        assert_eq!((on.promotion.wait, on.promotion.poll), (off.promotion.wait, off.promotion.poll));
        assert_eq!(on.promotion.endpoint.instance_type, off.promotion.endpoint.instance_type);
        assert_eq!(on.tenants[0].models, off.tenants[0].models);
        assert_ne!(on, off);
    }

    #[test]
    fn every_section_is_there() {
        let on = switched_on(&render(&answers()));
        let value: serde_json::Value = serde_json::to_value(read(&on).config.unwrap()).unwrap();
        let schema = schema();
        for key in schema["properties"].as_object().unwrap().keys() {
            assert!(value.get(key).is_some(), "{key}");
            let inside = |line: &str| line.starts_with(&format!("{key}:"));
            assert!(on.lines().any(inside), "{key} is not written");
        }
        for (section, definition) in
            [("session", "Session"), ("promotion", "Promotion"), ("gates", "Gates"), ("git", "Git")]
        {
            for key in schema["$defs"][definition]["properties"].as_object().unwrap().keys() {
                assert!(value[section].get(key).is_some(), "{section}.{key}");
            }
        }
    }

    fn any_name() -> impl Strategy<Value = String> {
        prop_oneof![
            "[a-z][a-z0-9]{0,5}(-[a-z0-9]{1,6}){0,2}",
            prop::sample::select(vec!["null", "true", "false", "no", "on", "y", "n"]).prop_map(str::to_owned),
        ]
    }

    fn any_tenants() -> impl Strategy<Value = Vec<TenantAnswers>> {
        let accounts = ("[0-4][0-9]{11}", "[0-9]{12}", "[5-9][0-9]{11}");
        prop::collection::btree_map(any_name(), accounts, 1..4).prop_map(|tenants| {
            let parsed = |(name, (dev, test, prod)): (String, (String, String, String))| TenantAnswers {
                name: name.parse().unwrap(),
                dev: dev.parse().unwrap(),
                test: test.parse().unwrap(),
                prod: prod.parse().unwrap(),
            };
            tenants.into_iter().map(parsed).collect()
        })
    }

    proptest! {
        #[test]
        fn what_is_rendered_is_read_back(
            tenants in any_tenants(),
            governance in "[0-9]{12}",
            store in prop::option::of("\\PC{1,20}|[\\x00-\\x7f]{1,20}|any|.{1,20}"),
            schema in prop::option::of(any::<String>()),
        ) {
            let answers = Answers {
                governance: governance.parse().unwrap(),
                tenants,
                sandbox: store.filter(|store| !store.starts_with('/')),
                schema,
                ..answers()
            };
            let loaded = read(&render(&answers));
            let sandbox = loaded.sources.get("sandbox").map(|sourced| sourced.value.as_str().unwrap().to_owned());
            let config = loaded.config.unwrap();
            let read_back = Answers {
                region: config.region,
                governance: config.governance.account,
                shared_services: config.shared_services.account,
                tenants: config
                    .tenants
                    .into_iter()
                    .map(|tenant| TenantAnswers {
                        name: tenant.name,
                        dev: tenant.stages.dev.account,
                        test: tenant.stages.test.account,
                        prod: tenant.stages.prod.account,
                    })
                    .collect(),
                sandbox,
                schema: answers.schema.clone(),
            };
            prop_assert_eq!(read_back, answers);
        }
    }
}
