//! The section about project profiles.

use super::super::domain::{DeploymentMode, EnvironmentSettings, Parameter, Profile, StageName};
use super::super::names::{ParameterName, Principal, TenantName, ThingName};
use super::{line, list, quoted, scalar};
use crate::governance::Stage;

/// Writes it; without profiles, switched off and with an example.
pub fn write(profiles: &[Profile], text: &mut String) {
    text.push_str(HEAD);
    if profiles.is_empty() {
        text.push_str(EXAMPLE);
        return;
    }
    line(text, "profiles:");
    profiles.iter().for_each(|profile| write_profile(profile, text));
}

fn write_profile(profile: &Profile, text: &mut String) {
    let Profile {
        name,
        use_case,
        description,
        template,
        tenants,
        stages,
        users,
        git_connection,
        environments,
        enabled,
    } = profile;
    line(text, &format!("  - name: {}", scalar(name.as_str())));
    let mut put = |key: &str, value: String| line(text, &format!("    {key}: {value}"));
    put("use-case", use_case.word().to_owned());
    for (key, own) in [("description", description), ("template", template)] {
        if let Some(own) = own {
            put(key, scalar(own));
        }
    }
    if let Some(tenants) = tenants {
        put("tenants", list(tenants.iter().map(TenantName::as_str)));
    }
    put("stages", list(stages.iter().map(|stage: &StageName| Stage::from(*stage).word())));
    if !users.is_empty() {
        put("users", list(users.iter().map(Principal::as_str)));
    }
    if let Some(connection) = git_connection {
        put("git-connection", scalar(connection.as_str()));
    }
    if !enabled {
        put("enabled", "false".to_owned());
    }
    if !environments.is_empty() {
        line(text, "    environments:");
        environments.iter().for_each(|environment| write_environment(environment, text));
    }
}

fn write_environment(environment: &EnvironmentSettings, text: &mut String) {
    let EnvironmentSettings { name, blueprint, mode, parameters, account_pools } = environment;
    line(text, &format!("      - name: {}", scalar(name.as_str())));
    let mut put = |key: &str, value: &str| line(text, &format!("        {key}: {value}"));
    if let Some(blueprint) = blueprint {
        put("blueprint", &scalar(blueprint.as_str()));
    }
    match mode {
        Some(DeploymentMode::OnCreate) => put("mode", "on-create"),
        Some(DeploymentMode::OnDemand) => put("mode", "on-demand"),
        None => {}
    }
    if !account_pools.is_empty() {
        put("account-pools", &list(account_pools.iter().map(ThingName::as_str)));
    }
    if !parameters.is_empty() {
        line(text, "        parameters:");
    }
    for (name, parameter) in parameters {
        line(text, &format!("          {}: {}", key(name), value(parameter)));
    }
}

/// Names of parameters have no sign that means something in YAML, but may be words that do.
fn key(name: &ParameterName) -> String {
    match name.as_str() {
        long if long.len() > 5 => long.to_owned(),
        short => scalar(short),
    }
}

fn value(parameter: &Parameter) -> String {
    let value = quoted(parameter.value());
    if parameter.is_editable() { format!("{{ value: {value}, editable: true }}") } else { value }
}

const HEAD: &str = "
# Project profiles, one for each tenant and stage. Use cases: regression, llm-finetuning, rag, data-pipeline.
";

const EXAMPLE: &str = "\
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
";
