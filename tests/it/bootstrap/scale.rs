//! Many accounts, blueprints and profiles within DataZone's rates.

use aiops::{domain, profile};

use super::stage::{Stage, open_steps, written};

/// Four profiles of the shipped use cases.
const PROFILES: &str = "
domain:
  blueprints: [Tooling, DataLake, MLExperiments, Workflows, AmazonBedrockKnowledgeBase, AmazonBedrockGuardrail]
profiles:
  - {name: tabular, use-case: regression}
  - {name: language, use-case: llm-finetuning}
  - {name: answers, use-case: rag}
  - {name: pipelines, use-case: data-pipeline}
";

#[test]
fn nine_accounts_and_thirty_six_profiles_are_throttled_nowhere() {
    let stage = Stage::new(&written(3, PROFILES));
    stage.sandbox.take_log();
    let began = stage.elapsed();
    let applied = stage.act(async |studio| domain::apply(studio).await.unwrap());
    assert_eq!(open_steps(&applied), Vec::<String>::new());
    let domain_took = stage.elapsed() - began;
    let began = stage.elapsed();
    let applied = stage.act(async |studio| profile::apply(studio, None).await.unwrap());
    assert_eq!(open_steps(&applied), Vec::<String>::new());
    let profiles_took = stage.elapsed() - began;
    let log = stage.sandbox.take_log();
    let throttled = log.iter().filter(|call| call.status == 429).count();
    let count = |operation: &str| log.iter().filter(|call| call.operation == operation).count();
    assert_eq!(throttled, 0, "{:?}", log.iter().find(|call| call.status == 429));
    assert_eq!((count("PutEnvironmentBlueprintConfiguration"), count("CreateProjectProfile")), (54, 36));
    // A minute for the domain, five seconds for each share to take it in, one after the other, and a quarter of a minute
    // until the last account sees it: 120 s. The rest is roles that spread, and looks that come a little late.
    assert!(domain_took <= 240, "{domain_took} s");
    // 36 profiles at three a second: 12 s. The rest is reading and granting.
    assert!(profiles_took <= 18, "{profiles_took} s");
    let planned = stage.act(async |studio| domain::plan(studio).await.unwrap());
    assert_eq!(open_steps(&planned), Vec::<String>::new());
    let planned = stage.act(async |studio| profile::plan(studio, None).await.unwrap());
    assert_eq!(open_steps(&planned), Vec::<String>::new());
    let verified = stage.act(async |studio| domain::verify(studio).await.unwrap());
    assert!(verified.passed() && verified.profiles.len() == 36, "{verified:?}");
}

#[test]
fn a_thousand_accounts_are_planned() {
    let stage = Stage::new(&written(333, "domain: {blueprints: [Tooling]}\n"));
    stage.sandbox.take_log();
    let planned = stage.act(async |studio| domain::plan(studio).await.unwrap());
    assert_eq!(planned.failures().count(), 0, "{:?}", planned.failures().next());
    // Each account: its association, three roles, a bucket, a blueprint and its grants.
    let of_accounts = planned.steps.iter().filter(|step| step.address.account.starts_with("3000")).count();
    assert_eq!(of_accounts, 333 * 3 * 7);
    let calls = stage.sandbox.take_log().len();
    assert!(calls <= 333 * 3 * 12, "{calls} calls");
}
