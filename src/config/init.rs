//! Writes a commented `aiops.yaml` from answers.
//!
//! The text holds every section. What has a default is there too, switched off by a `#` without a space after it;
//! `# ` begins a comment for people. The tests take every `#` of the first kind away and load the result.

mod profiles;
#[cfg(test)]
mod tests;

use std::fmt::Write as _;

use super::domain::{Domain, Network, Profile, ProjectRoles, UserAssignment};
use super::names::{AccountId, BlueprintName, BucketName, KmsKey, Principal, RegionName, TenantName, Title};
use crate::governance::Stage;

/// What there is to say in an `aiops.yaml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    /// Region of everything.
    pub region: RegionName,
    /// The management account of the organization, if it is not the governance account.
    pub management: Option<AccountId>,
    /// The governance account.
    pub governance: AccountId,
    /// The shared services account. Without it, the file asks for it.
    pub shared_services: Option<AccountId>,
    /// The key of the central artifacts.
    pub kms_key: Option<KmsKey>,
    /// The lines of business.
    pub tenants: Vec<TenantAnswers>,
    /// The domain, where it differs from what is usual.
    pub domain: Option<Domain>,
    /// The project profiles.
    pub profiles: Vec<Profile>,
    /// Store of the sandbox, relative to the file, if commands are to talk to one.
    pub sandbox: Option<String>,
    /// Path or URL of the JSON Schema, relative to the file, for editors that run the YAML language server.
    pub schema: Option<String>,
    /// What is not known: the file begins with it.
    pub questions: Vec<String>,
}

impl Answers {
    /// What holds in this Region and account when nothing else is known.
    pub fn new(region: RegionName, governance: AccountId) -> Self {
        Answers {
            region,
            management: None,
            governance,
            shared_services: None,
            kms_key: None,
            tenants: Vec::new(),
            domain: None,
            profiles: Vec::new(),
            sandbox: None,
            schema: Some("aiops.schema.json".to_owned()),
            questions: Vec::new(),
        }
    }
}

/// A line of business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantAnswers {
    /// Its short name.
    pub name: TenantName,
    /// Its name for people.
    pub title: Option<Title>,
    /// Owners of its domain unit.
    pub owners: Vec<Principal>,
    /// Who may be a member of its projects.
    pub members: Vec<Principal>,
    /// Its dev, test and prod accounts. Without one, the file asks for it.
    pub stages: [Option<StageAnswers>; 3],
    /// The dev, test and prod accounts of its data producers.
    pub data: [Option<StageAnswers>; 3],
}

impl TenantAnswers {
    /// A tenant of which nothing but the name is known.
    pub fn named(name: TenantName) -> Self {
        TenantAnswers {
            name,
            title: None,
            owners: Vec::new(),
            members: Vec::new(),
            stages: [None, None, None],
            data: [None, None, None],
        }
    }

    /// A tenant with its dev, test and prod account.
    pub fn with_accounts(name: TenantName, accounts: [AccountId; 3]) -> Self {
        TenantAnswers { stages: accounts.map(|account| Some(StageAnswers::of(account))), ..TenantAnswers::named(name) }
    }
}

/// The account of a stage, with what is not usual about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageAnswers {
    /// The account.
    pub account: AccountId,
    /// Its Region, if it is another than that of everything.
    pub region: Option<RegionName>,
    /// The network of its projects.
    pub network: Option<Network>,
    /// The bucket of its projects.
    pub projects_bucket: Option<BucketName>,
    /// Roles that DataZone takes there and that others made.
    pub project_roles: ProjectRoles,
}

impl StageAnswers {
    /// An account with nothing unusual about it.
    pub fn of(account: AccountId) -> Self {
        let project_roles = ProjectRoles::default();
        StageAnswers { account, region: None, network: None, projects_bucket: None, project_roles }
    }

    /// Its value in the file, on one line.
    fn inline(&self) -> String {
        let mut parts = vec![format!("account: \"{}\"", self.account)];
        parts.extend(self.region.as_ref().map(|region| format!("region: {}", scalar(region.as_str()))));
        parts.extend(self.network.as_ref().map(|network| {
            let subnets: Vec<String> = network.subnets.iter().map(|subnet| scalar(subnet.as_str())).collect();
            format!("network: {{ vpc: {}, subnets: [{}] }}", scalar(network.vpc.as_str()), subnets.join(", "))
        }));
        parts.extend(
            self.projects_bucket.as_ref().map(|bucket| format!("projects-bucket: {}", scalar(bucket.as_str()))),
        );
        let ProjectRoles { manage_access, provisioning, query_execution } = &self.project_roles;
        let roles =
            [("manage-access", manage_access), ("provisioning", provisioning), ("query-execution", query_execution)];
        let roles: Vec<String> = roles
            .into_iter()
            .filter_map(|(key, role)| Some(format!("{key}: {}", scalar(role.as_ref()?.as_str()))))
            .collect();
        if !roles.is_empty() {
            parts.push(format!("project-roles: {{ {} }}", roles.join(", ")));
        }
        format!("{{ {} }}", parts.join(", "))
    }
}

/// The text of an `aiops.yaml` with `answers` in it. Answers that break a rule, such as one account for dev and prod,
/// give a file that [`super::load`] refuses with the reason: that decision is not made here.
pub fn render(answers: &Answers) -> String {
    let mut text = String::new();
    if let Some(schema) = &answers.schema {
        line(&mut text, &format!("# yaml-language-server: $schema={}", one_word(schema)));
    }
    text.push_str(HEAD);
    if !answers.questions.is_empty() {
        line(&mut text, "\n# What could not be found out:");
        answers.questions.iter().for_each(|question| line(&mut text, &format!("# - {}", one_line(question))));
    }
    text.push_str(REGION);
    line(&mut text, &format!("region: {}", scalar(answers.region.as_str())));
    text.push_str(PERSONA);
    line(
        &mut text,
        &match &answers.sandbox {
            Some(store) => format!("sandbox: {}", scalar(store)),
            None => "#sandbox: .aiops-sandbox.db".to_owned(),
        },
    );
    match &answers.management {
        Some(account) => {
            text.push_str("\n# Management account of the organization.\n");
            line(&mut text, &format!("management: {{ account: \"{account}\" }}"));
        }
        None => text.push_str(MANAGEMENT),
    }
    text.push_str(GOVERNANCE);
    line(&mut text, &format!("  account: \"{}\"", answers.governance));
    text.push_str(SHARED_SERVICES);
    line(
        &mut text,
        &match &answers.shared_services {
            Some(account) => format!("  account: \"{account}\""),
            None => "  # Which account is it?\n  #account: \"000000000005\"".to_owned(),
        },
    );
    text.push_str(CENTRAL);
    line(
        &mut text,
        &match &answers.kms_key {
            Some(key) => format!("  kms-key: {}", scalar(key.as_str())),
            None => "  #kms-key: alias/example".to_owned(),
        },
    );
    text.push_str(TENANTS);
    for (index, tenant) in answers.tenants.iter().enumerate() {
        write_tenant(tenant, &mut text);
        if index == 0 {
            text.push_str(TENANT);
        }
    }
    text.push_str(ROLES);
    match &answers.domain {
        Some(domain) => write_domain(domain, &mut text),
        None => text.push_str(DOMAIN),
    }
    profiles::write(&answers.profiles, &mut text);
    text.push_str(REST);
    text
}

fn write_tenant(tenant: &TenantAnswers, text: &mut String) {
    line(text, &format!("  - name: {}", scalar(tenant.name.as_str())));
    if let Some(title) = &tenant.title {
        line(text, &format!("    title: {}", scalar(title.as_str())));
    }
    for (key, people) in [("owners", &tenant.owners), ("members", &tenant.members)] {
        if !people.is_empty() {
            line(text, &format!("    {key}: {}", list(people.iter().map(Principal::as_str))));
        }
    }
    for (key, accounts) in [("stages", &tenant.stages), ("data", &tenant.data)] {
        if accounts.iter().all(Option::is_none) && key == "data" {
            continue;
        }
        // Either all accounts of the data producers are known, or the tenant is described without them.
        let (off, data) = match key {
            "data" if accounts.iter().any(Option::is_none) => ("#", "data "),
            _ => ("", ""),
        };
        line(text, &format!("    {off}{key}:"));
        for (stage, account) in Stage::ALL.into_iter().zip(accounts) {
            let stage = stage.word();
            match account {
                Some(account) => line(text, &format!("    {off}  {stage}: {}", account.inline())),
                None => {
                    line(text, &format!("    {off}  # Which account is {} {data}{stage}?", tenant.name));
                    line(text, &format!("    {off}  #{stage}: {{ account: \"000000000006\" }}"));
                }
            }
        }
    }
}

fn write_domain(domain: &Domain, text: &mut String) {
    let Domain {
        name,
        description,
        single_sign_on,
        user_assignment,
        identity_center,
        kms_key,
        tags,
        roles,
        owners,
        organization_sharing,
        blueprints,
        account_pools,
    } = domain;
    text.push_str("\n# The SageMaker Unified Studio domain.\ndomain:\n");
    let mut put = |key: &str, value: String| line(text, &format!("  {key}: {value}"));
    put("name", scalar(name.as_str()));
    if let Some(description) = description {
        put("description", scalar(description));
    }
    put("single-sign-on", single_sign_on.to_string());
    if *single_sign_on {
        let assignment = match user_assignment {
            UserAssignment::Manual => "manual",
            UserAssignment::Automatic => "automatic",
        };
        put("user-assignment", assignment.to_owned());
    }
    if let Some(instance) = identity_center {
        put("identity-center", scalar(instance.as_str()));
    }
    if let Some(key) = kms_key {
        put("kms-key", scalar(key.as_str()));
    }
    let tags: Vec<String> = tags.iter().map(|(key, value)| format!("{}: {}", quoted(key), quoted(value))).collect();
    put("tags", if tags.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", tags.join(", ")) });
    let roles: Vec<String> = [("execution", &roles.execution), ("service", &roles.service)]
        .into_iter()
        .filter_map(|(key, role)| Some(format!("{key}: {}", scalar(role.as_ref()?.as_str()))))
        .collect();
    if !roles.is_empty() {
        put("roles", format!("{{ {} }}", roles.join(", ")));
    }
    put("owners", list(owners.iter().map(Principal::as_str)));
    put("organization-sharing", organization_sharing.to_string());
    put("blueprints", list(blueprints.iter().map(BlueprintName::as_str)));
    if !account_pools.is_empty() {
        line(text, "  account-pools:");
    }
    for pool in account_pools {
        let accounts = pool.accounts.iter().map(|pooled| {
            let regions = match pooled.regions.as_slice() {
                [] => String::new(),
                named => format!(", regions: {}", list(named.iter().map(RegionName::as_str))),
            };
            format!("{{ account: \"{}\"{regions} }}", pooled.account)
        });
        let accounts: Vec<String> = accounts.collect();
        line(text, &format!("    - {{ name: {}, accounts: [{}] }}", scalar(pool.name.as_str()), accounts.join(", ")));
    }
}

/// A YAML list on one line.
fn list<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    format!("[{}]", texts.map(scalar).collect::<Vec<_>>().join(", "))
}

/// `text` as one line of a comment.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')).collect::<Vec<_>>().join(" ")
}

/// What to write into `aiops.yaml` about a new account of a tenant: as which stage, its name tells, or it is asked.
pub fn account_entry(name: &str, tenant: Option<&TenantName>, account: &str) -> String {
    let stage = stage_in(name).map_or("STAGE", |stage| stage.word());
    let tenant = tenant.map_or_else(|| "TENANT".to_owned(), |tenant| scalar(tenant.as_str()));
    format!("tenants:\n  - name: {tenant}\n    stages:\n      {stage}: {{ account: \"{account}\" }}\n")
}

/// The stage that the words of a name tell, if they tell one.
pub fn stage_in(name: &str) -> Option<Stage> {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase);
    let mut stages: Vec<Stage> = words
        .filter_map(|word| match word.as_str() {
            "dev" | "develop" | "development" => Some(Stage::Dev),
            "test" | "testing" | "integration" | "staging" => Some(Stage::Test),
            "prod" | "prd" | "production" | "live" => Some(Stage::Prod),
            _ => None,
        })
        .collect();
    stages.dedup();
    match stages.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

const HEAD: &str = "\
# The landscape that aiops manages. `aiops config check` finds mistakes; `aiops config show --sources` tells what counts.
# Lines that begin with `#` and no space are switched off: they show a default, or an example where there is none.
version: 1
";

const REGION: &str = "
# Region of everything that names no other.
";

const PERSONA: &str = "
# Persona as whom commands act. Without it, each command takes the persona that is meant to run it.
#persona: engineer

# Store of the embedded sandbox, relative to this file. With it, commands talk to the sandbox and never to AWS.
";

const MANAGEMENT: &str = "
# Management account of the organization. Default: the governance account.
#management: { account: \"000000000008\", external-id: example-6 }
";

const GOVERNANCE: &str = "
# Account that holds the SageMaker Unified Studio domain.
governance:
";

const SHARED_SERVICES: &str = "  #region: eu-west-1
  #external-id: example-1

# Account that holds the central model registry and its artifacts.
shared-services:
";

const CENTRAL: &str = "  #region: eu-west-1
  # Bucket of the central artifacts. Default: aiops-models-<account>-<region>.
  #bucket: example-models
  # A key that the accounts which deploy may decrypt with.
";

const TENANTS: &str = "  #event-bus: aiops
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

const ROLES: &str = "
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
";

const DOMAIN: &str = "
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
";

const REST: &str = "
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
#  directory: repositories  # of provider local
#  token-secret: aiops/git-token  # in Secrets Manager, in the shared services account
#  author: { name: aiops, email: aiops@example.com }
#  # Who must agree before CI deploys, and variables of CI.
#  reviewers: { test: [example], prod: [team:example-leads] }
#  variables: { EXAMPLE: value }
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
    quoted(text)
}

/// `text` between quotes.
fn quoted(text: &str) -> String {
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
