//! Whole files: what is read, and what is refused.

mod mistakes;

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::error::{Error, Kind as ErrorKind};
use crate::git::File;

const REAL_TIME: &str = "\
version: 1
kind: real-time
instance: {type: ml.m5.large, count: 2}
container:
  environment: {LOG_LEVEL: info}
  startup-timeout: 5m
data-capture: {percentage: 20}
scaling:
  minimum: 2
  maximum: 6
  metric: SageMakerVariantInvocationsPerInstance
  target: 300
  scale-in-cooldown: 5m
alarms:
  - name: server-errors
    metric: Invocation5XXErrors
    statistic: Sum
    comparison: GreaterThanThreshold
    threshold: 5
    period: 1m
    periods: 2
rollout:
  strategy: canary
  step: 10%
  wait: 10m
  termination-wait: 5m
  timeout: 2h
  roll-back-on: [server-errors]
integration-tests:
  concurrency: 4
  repeat: 50
  error-budget: 1%
  latency-ms: {p50: 100, p99: 1000}
  requests:
    - name: average-patient
      content-type: text/csv
      body: \"59,2,32.1\"
      expect:
        values:
          - {path: \"$.predictions[0]\", between: [50, 350.5]}
          - {path: $.label, one-of: [yes, 3, true]}
    - name: many
      content-type: application/json
      file: requests/many.json
      expect: {schema: schemas/answer.json}
";

const SERVERLESS: &str = "\
version: 1
kind: serverless
serverless: {memory-mb: 2048, max-concurrency: 10, provisioned-concurrency: 1}
scaling: {minimum: 1, maximum: 5, metric: SageMakerVariantProvisionedConcurrencyUtilization, target: 0.7}
integration-tests:
  concurrency: 2
  requests:
    - {name: one, json: {inputs: hello, top-k: 3, nested: [1.5, true, \"7\", x]}}
";

const ASYNCHRONOUS: &str = "\
version: 1
kind: asynchronous
instance: {type: ml.g5.xlarge, count: 1}
asynchronous: {concurrent-invocations: 4, request-timeout: 15m}
scaling: {minimum: 0, maximum: 3, metric: ApproximateBacklogSizePerInstance, target: 5}
integration-tests:
  timeout: 20m
  requests:
    - {name: one, json: {inputs: hello}, expect: {values: [{path: $.text, matches: '(?i)hello'}]}}
";

const COMPONENTS: &str = "\
version: 1
kind: inference-components
instance: {type: ml.g5.2xlarge, minimum: 1, maximum: 3}
component: {copies: 2, memory-mb: 8192, max-memory-mb: 12288, cpus: 0.5, accelerators: 1}
container: {model-data-download-timeout: 30m}
alarms:
  - {name: errors, metric: InvocationModelErrors, statistic: Sum, comparison: GreaterThanThreshold, threshold: 1}
rollout: {strategy: rolling, step: 1, wait: 2m, roll-back-on: [errors]}
";

const TRANSFORM: &str = "\
version: 1
kind: batch-transform
instance: {type: ml.m5.xlarge, count: 1}
transform:
  input: batch/input/
  output: batch/output/
  content-type: text/csv
  split: Line
  strategy: MultiRecord
  max-payload-mb: 6
  concurrent-transforms: 2
  schedule: cron(0 4 * * ? *)
";

const GLUE: &str = "\
version: 1
kind: glue-job
job:
  script: jobs/refine.py
  glue-version: \"5.0\"
  worker-type: G.1X
  workers: 2
  timeout: 30m
  arguments: {--source: raw/visits/}
  data-quality: {ruleset: quality/visits.dqdl, minimum-score: 1.0}
  publishes: [visits]
integration-tests:
  timeout: 30m
  requests:
    - name: sample-day
      arguments: {--source: samples/day/}
      expect: {output: reports/run.json, values: [{path: $.rows, between: [90, 110]}]}
";

const ALL: [&str; 6] = [REAL_TIME, SERVERLESS, ASYNCHRONOUS, COMPONENTS, TRANSFORM, GLUE];

fn beside() -> Files {
    let file = |content: &str| File::new(content.as_bytes());
    Files::from([
        ("requests/many.json".to_owned(), file("{\"instances\": [[1, 2], [3, 4]]}")),
        ("requests/broken.json".to_owned(), file("{\"instances\": ")),
        ("requests/large.json".to_owned(), file(&format!("\"{}\"", "x".repeat(6_300_000)))),
        ("schemas/answer.json".to_owned(), file("{\"type\": \"object\"}")),
        ("schemas/wrong.json".to_owned(), file("{\"type\": \"thing\"}")),
    ])
}

fn read(text: &str) -> Result<DeployConfig, Error> {
    check(text, "deploy/test.yaml", &beside())
}

/// The mistakes in `text`, as people see them.
fn report(text: &str) -> String {
    let error = read(text).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    error.rendered_report().unwrap_or_default().to_owned()
}

#[test]
fn one_of_each_kind_is_read() {
    for text in ALL {
        let config =
            read(text).unwrap_or_else(|error| panic!("{text}{error}{}", error.rendered_report().unwrap_or_default()));
        let written = serde_json::to_string(&config).unwrap();
        assert_eq!(read(&written).unwrap(), config, "what is written is read again");
    }
}

#[test]
fn values_are_what_they_seem() {
    let config = read(REAL_TIME).unwrap();
    let rollout = config.rollout.unwrap();
    assert_eq!(rollout.step.unwrap().amount(), (10, true));
    assert_eq!(rollout.wait, Some(Duration::from_secs(600)));
    let tests = config.integration_tests.unwrap();
    assert!((tests.error_budget.unwrap().fraction() - 0.01).abs() < 1e-12);
    let judged = &tests.requests[0].expect.values;
    assert_eq!(judged[0].between, Some([50.0, 350.5]));
    // YAML 1.2: `yes` is a word.
    let one_of: Vec<_> = judged[1].one_of.iter().map(|scalar| scalar.0.clone()).collect();
    assert_eq!(one_of, [serde_json::json!("yes"), serde_json::json!(3), serde_json::json!(true)]);

    let json = read(SERVERLESS).unwrap().integration_tests.unwrap().requests[0].json.clone().unwrap();
    assert_eq!(json.0, serde_json::json!({"inputs": "hello", "top-k": 3, "nested": [1.5, true, "7", "x"]}));
}

#[test]
fn the_schema_is_the_committed_one() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schemas/deploy.schema.json");
    if std::env::var_os("AIOPS_UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, schema_text()).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert!(committed == schema_text(), "docs/schemas/deploy.schema.json is behind: AIOPS_UPDATE=1 writes it");
}

#[test]
fn the_schema_knows_every_example_and_describes_every_key() {
    let schema = SCHEMA.value();
    assert!(jsonschema::meta::is_valid(schema));
    for text in ALL {
        let config = serde_json::to_value(read(text).unwrap()).unwrap();
        assert!(jsonschema::is_valid(schema, &config), "{config}");
    }
    let definitions = schema["$defs"].as_object().unwrap();
    for (name, definition) in definitions.iter().chain([(&"the file".to_owned(), schema)]) {
        for (key, member) in definition.get("properties").and_then(|members| members.as_object()).into_iter().flatten()
        {
            assert!(member.get("description").is_some(), "{name}: {key} has no description");
            assert_eq!(definition["additionalProperties"], false, "{name}");
        }
    }
}

#[test]
fn the_examples_of_the_documentation_are_valid() {
    let text = include_str!("../../docs/deploy-configuration.md");
    let blocks: Vec<&str> = text.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let whole: Vec<&&str> = blocks.iter().filter(|block| block.starts_with("version: 1\n")).collect();
    assert!(whole.len() >= 6, "{}", whole.len());
    let mut files = beside();
    files.insert("requests/sample.csv".to_owned(), File::new(b"1,2\n".as_slice()));
    for block in whole {
        check(block, "example.yaml", &files)
            .unwrap_or_else(|error| panic!("{block}\n{error}{}", error.rendered_report().unwrap_or_default()));
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_fall_over(kind in 0usize..6, from in 0usize..1500, length in 0usize..40, put in "[ -~\n]{0,12}") {
        let mut text = ALL[kind].to_owned();
        let from = from.min(text.len());
        let to = (from + length).min(text.len());
        text.replace_range(from..to, &put);
        let _ = read(&text);
    }
}
