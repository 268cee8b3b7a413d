//! What is refused, and how that looks.

use super::*;

#[test]
fn several_mistakes_are_shown_at_once_with_their_lines() {
    let text = REAL_TIME
        .replace("startup-timeout: 5m", "startup-timeout: 2h")
        .replace("roll-back-on: [server-errors]", "roll-back-on: [server-error]")
        .replace("concurrency: 4", "concurency: 4");
    insta::assert_snapshot!(report(&text), @r#"
      × AWS does not take this length of time
       ╭─[deploy/test.yaml:6:20]
     5 │   environment: {LOG_LEVEL: info}
     6 │   startup-timeout: 2h
       ·                    ─┬
       ·                     ╰── here
     7 │ data-capture: {percentage: 20}
       ╰────
      help: from 1m to 1h

      × there is no alarm `server-error`
        ╭─[deploy/test.yaml:28:18]
     27 │   timeout: 2h
     28 │   roll-back-on: [server-error]
        ·                  ──────┬─────
        ·                        ╰── here
     29 │ integration-tests:
        ╰────
      help: did you mean `server-errors`?

      × `concurency` is not a key of `integration-tests`
        ╭─[deploy/test.yaml:30:3]
     29 │ integration-tests:
     30 │   concurency: 4
        ·   ─────┬────
        ·        ╰── unknown key
     31 │   repeat: 50
        ╰────
      help: did you mean `concurrency`?
    "#);
}

/// Each rule: a file that is right, what is changed in it, and what is said about it.
#[test]
fn every_rule_is_kept() {
    let mut broken = Vec::new();
    for (text, right, wrong, message) in [
        // Sections.
        (REAL_TIME, "instance: {type: ml.m5.large, count: 2}\n", "", "the key `instance` is missing"),
        (
            SERVERLESS,
            "kind: serverless\n",
            "kind: serverless\ninstance: {type: ml.m5.large}\n",
            "`instance` has no meaning with `kind: serverless`",
        ),
        (
            SERVERLESS,
            "integration-tests",
            "rollout: {strategy: all-at-once}\nintegration-tests",
            "`rollout` has no meaning with",
        ),
        (
            SERVERLESS,
            "integration-tests",
            "data-capture: {percentage: 5}\nintegration-tests",
            "`data-capture` has no meaning with",
        ),
        (
            SERVERLESS,
            "integration-tests",
            "variants: {champion: {}}\nintegration-tests",
            "`variants` has no meaning with",
        ),
        (
            SERVERLESS,
            "integration-tests",
            "container: {startup-timeout: 2m}\nintegration-tests",
            "`startup-timeout` has no meaning with",
        ),
        (
            ASYNCHRONOUS,
            "asynchronous: {concurrent-invocations: 4, request-timeout: 15m}\n",
            "",
            "the key `asynchronous` is missing",
        ),
        (
            ASYNCHRONOUS,
            "integration-tests",
            "variants: {champion: {}}\nintegration-tests",
            "`variants` has no meaning with",
        ),
        (
            COMPONENTS,
            "alarms",
            "serverless: {memory-mb: 1024, max-concurrency: 1}\nalarms",
            "`serverless` has no meaning with",
        ),
        (
            TRANSFORM,
            "transform:",
            "scaling: {minimum: 1, maximum: 2, metric: ApproximateBacklogSizePerInstance, target: 1}\ntransform:",
            "`scaling` has no meaning with",
        ),
        (TRANSFORM, "transform:", "alarms: []\ntransform:", "`alarms` has no meaning with"),
        (GLUE, "job:", "container: {}\njob:", "`container` has no meaning with"),
        // Instances and sizes.
        (
            REAL_TIME,
            "count: 2}",
            "count: 2, minimum: 1, maximum: 2}",
            "only the instances of inference components have a range here",
        ),
        (COMPONENTS, "minimum: 1, maximum: 3", "minimum: 1", "half of a range"),
        (COMPONENTS, "minimum: 1, maximum: 3", "minimum: 4, maximum: 3", "4 is more than 3"),
        (
            COMPONENTS,
            "minimum: 1, maximum: 3",
            "count: 1, minimum: 1, maximum: 3",
            "a fixed number of instances and a range",
        ),
        (COMPONENTS, "max-memory-mb: 12288", "max-memory-mb: 1024", "8192 is more than 1024"),
        (SERVERLESS, "memory-mb: 2048", "memory-mb: 2000", "do not come with 2000 MB"),
        (SERVERLESS, "provisioned-concurrency: 1", "provisioned-concurrency: 20", "20 is more than 10"),
        (ASYNCHRONOUS, "request-timeout: 15m", "request-timeout: 2h", "AWS does not take this length of time"),
        // Containers.
        (REAL_TIME, "startup-timeout: 5m", "startup-timeout: 30s", "AWS does not take this length of time"),
        (REAL_TIME, "startup-timeout: 5m", "model-data-download-timeout: 61m", "AWS does not take this length of time"),
        (REAL_TIME, "LOG_LEVEL: info", "1ST: a", "is no name of an environment variable"),
        (REAL_TIME, "LOG_LEVEL: info", "HF_TOKEN: hf_x", "looks like a secret"),
        (REAL_TIME, "LOG_LEVEL: info", "db_password: x", "looks like a secret"),
        // Variants.
        (REAL_TIME, "data-capture", "variants: {blue: {}}\ndata-capture", "there is no variant `champion`"),
        (
            REAL_TIME,
            "data-capture",
            "variants: {champion: {serves: live}}\ndata-capture",
            "no variant serves the new version",
        ),
        (REAL_TIME, "data-capture", "variants: {champion: {weight: 1}, b: {}}\ndata-capture", "`b` has no `weight`"),
        (REAL_TIME, "data-capture", "variants: {champion: {weight: 0}}\ndata-capture", "no variant gets any request"),
        (
            REAL_TIME,
            "data-capture",
            "variants: {champion: {serves: live}, b: {shadow: true, weight: 2}}\ndata-capture",
            "a shadow answers nobody",
        ),
        (
            REAL_TIME,
            "data-capture",
            "variants: {champion: {}, b: {shadow: true}, c: {shadow: true}}\ndata-capture",
            "a shadow needs exactly one other variant",
        ),
        (
            REAL_TIME,
            "data-capture",
            "variants: {champion: {type: ml.inf1.xlarge}, b: {shadow: true}}\ndata-capture",
            "instances with Inf1 have no shadow variants",
        ),
        // Scaling.
        (REAL_TIME, "minimum: 2", "minimum: 7", "7 is more than 6"),
        (REAL_TIME, "minimum: 2", "minimum: 0", "cannot go down to nothing"),
        (REAL_TIME, "minimum: 2", "minimum: 3", "2 is outside of what scaling allows"),
        (REAL_TIME, "target: 300", "target: 0", "this target is never reached"),
        (
            REAL_TIME,
            "SageMakerVariantInvocationsPerInstance",
            "ApproximateBacklogSizePerInstance",
            "belongs to another kind",
        ),
        (REAL_TIME, "ml.m5.large", "ml.t2.large", "instances of the family T2 are not scaled"),
        (SERVERLESS, "target: 0.7", "target: 70", "a utilization is a share of 1"),
        (SERVERLESS, ", provisioned-concurrency: 1", "", "only provisioned concurrency is scaled"),
        (SERVERLESS, "maximum: 5", "maximum: 50", "50 is more than 10"),
        // Jobs.
        (TRANSFORM, "output: batch/output/", "output: batch/input/done/", "input and output lie within each other"),
        (
            TRANSFORM,
            "split: Line\n  strategy: MultiRecord",
            "strategy: SingleRecord",
            "without records there is no single one",
        ),
        (TRANSFORM, "concurrent-transforms: 2", "concurrent-transforms: 17", "these requests are too large together"),
        (GLUE, "timeout: 30m\n  arguments", "timeout: 90s\n  arguments", "Glue counts whole minutes"),
        (GLUE, "timeout: 30m\n  arguments", "timeout: 200h\n  arguments", "AWS does not take this length of time"),
        // Alarms.
        (
            REAL_TIME,
            "metric: Invocation5XXErrors",
            "metric: Invocation5xxErrors",
            "endpoints have no metric `Invocation5xxErrors`",
        ),
        (REAL_TIME, "metric: Invocation5XXErrors", "metric: ModelLatency", "less than a millisecond of ModelLatency"),
        (REAL_TIME, "period: 1m", "period: 45s", "CloudWatch has no periods of this length"),
        (
            REAL_TIME,
            "periods: 2",
            "periods: 1440\n    missing-data: ignore\n  - {name: server-errors, metric: Invocations, statistic: Sum, comparison: LessThanThreshold, threshold: 1}",
            "two alarms are called `server-errors`",
        ),
        (
            REAL_TIME,
            "period: 1m\n    periods: 2",
            "period: 5m\n    periods: 300",
            "300 periods are more than CloudWatch looks back",
        ),
        // Rollouts.
        (REAL_TIME, "strategy: canary", "strategy: all-at-once", "all at once has no steps"),
        (REAL_TIME, "  step: 10%\n", "", "`canary` needs a `step`"),
        (REAL_TIME, "  wait: 10m\n", "", "`canary` needs a `wait`"),
        (REAL_TIME, "step: 10%", "step: 60%", "SageMaker takes no `canary` step of this size"),
        (
            REAL_TIME,
            "strategy: canary\n  step: 10%",
            "strategy: linear\n  step: 5%",
            "SageMaker takes no `linear` step of this size",
        ),
        (REAL_TIME, "step: 10%", "step: 2", "2 of 2 instances are more than half"),
        (REAL_TIME, "wait: 10m", "wait: 61m", "AWS does not take this length of time"),
        (REAL_TIME, "timeout: 2h", "timeout: 15m", "all the waiting takes 15m"),
        (
            REAL_TIME,
            "strategy: canary\n  step: 10%\n  wait: 10m",
            "strategy: linear\n  step: 10%\n  wait: 12m",
            "all the waiting takes 2h5m",
        ),
        (REAL_TIME, "strategy: canary", "strategy: rolling", "a rolling update keeps no old instances"),
        (REAL_TIME, "  roll-back-on: [server-errors]\n", "", "nothing would bring the old version back"),
        (REAL_TIME, "[server-errors]", "[other]", "there is no alarm `other`"),
        (REAL_TIME, "[server-errors]", "[server-errors, server-errors]", "`server-errors` is there twice"),
        (REAL_TIME, "ml.m5.large", "ml.inf1.xlarge", "instances with Inf1 have no `canary`"),
        (
            REAL_TIME,
            "data-capture",
            "variants: {champion: {serves: live, weight: 9}, challenger: {weight: 1}}\ndata-capture",
            "several variants have no `canary`",
        ),
        (COMPONENTS, "strategy: rolling", "strategy: linear", "inference components are only updated in batches"),
        (COMPONENTS, "copies: 2", "copies: 1", "one of the copies has no parts"),
        // Integration tests.
        (REAL_TIME, "name: many", "name: average-patient", "two requests are called `average-patient`"),
        (REAL_TIME, "error-budget: 1%", "error-budget: 100%", "every request may fail"),
        (REAL_TIME, "p50: 100", "p50: 2000", "2000 is more than the limit of a higher percentile"),
        (REAL_TIME, "repeat: 50", "repeat: 49", "98 answers have no p99"),
        (SERVERLESS, "concurrency: 2", "concurrency: 11", "11 requests at once, and the endpoint takes 10"),
        (ASYNCHRONOUS, "timeout: 20m", "latency-ms: {p50: 3}", "`latency-ms` has no meaning here"),
        (GLUE, "timeout: 30m\n  requests", "repeat: 2\n  requests", "`repeat` has no meaning here"),
        (GLUE, "timeout: 30m\n  requests", "timeout: 0s\n  requests", "no answer comes in no time"),
        (REAL_TIME, "      body: \"59,2,32.1\"\n", "", "this request has no body"),
        (
            REAL_TIME,
            "      file: requests/many.json",
            "      file: requests/many.json\n      body: x",
            "a request has one body",
        ),
        (REAL_TIME, "      content-type: text/csv\n", "", "this request has no `content-type`"),
        (REAL_TIME, "requests/many.json", "requests/mani.json", "there is no file `requests/mani.json`"),
        (REAL_TIME, "requests/many.json", "requests/broken.json", "this body is no JSON"),
        (REAL_TIME, "requests/many.json", "requests/large.json", "a body of 6300002 bytes"),
        (REAL_TIME, "schemas/answer.json", "schemas/none.json", "there is no file `schemas/none.json`"),
        (REAL_TIME, "schemas/answer.json", "schemas/wrong.json", "this file is no JSON Schema"),
        (REAL_TIME, "schemas/answer.json", "requests/broken.json", "this file is no JSON"),
        (REAL_TIME, "between: [50, 350.5]", "between: [500, 350.5]", "nothing is from 500 to 350.5"),
        (REAL_TIME, "between: [50, 350.5]", "between: [50, 350.5], equals: 3", "two expectations in one judgement"),
        (REAL_TIME, ", between: [50, 350.5]", "", "nothing is expected of this value"),
        (REAL_TIME, "between: [50, 350.5]", "at-least: 3, at-most: 2", "no number is both"),
        (REAL_TIME, "$.predictions[0]", "predictions[0]", "a path into the answer"),
        (REAL_TIME, "one-of: [yes, 3, true]", "matches: '('", "this is no regular expression"),
        (
            REAL_TIME,
            "expect: {schema: schemas/answer.json}",
            "expect: {state: FAILED}",
            "only a job's run has a `state`",
        ),
        (
            REAL_TIME,
            "      file: requests/many.json",
            "      file: requests/many.json\n      arguments: {--a: b}",
            "only the runs of a Glue job have arguments",
        ),
        (GLUE, "expect: {output: reports/run.json,", "expect: {", "there is nothing to judge"),
        (GLUE, "expect: {output", "expect: {status: 200, output", "a job's run has no `status`"),
        (GLUE, "arguments: {--source: samples/day/}\n", "body: x\n", "a job's run has no `body`"),
    ] {
        assert!(text.contains(right), "{right} stands in the file");
        let found = read(&text.replacen(right, wrong, 1)).err();
        let shown = found.as_ref().and_then(Error::rendered_report).unwrap_or("nothing");
        if !shown.contains(message) {
            broken.push(format!("{right} -> {wrong}\nexpected: {message}\nfound: {shown}"));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn what_is_right_at_the_edge_is_read() {
    for (text, right, also_right) in [
        // A refusal may be tested with what is no JSON.
        (
            REAL_TIME,
            "file: requests/many.json\n      expect: {schema: schemas/answer.json}",
            "file: requests/broken.json\n      expect: {status: 400}",
        ),
        (REAL_TIME, "step: 10%", "step: 1"),
        (REAL_TIME, "metric: Invocation5XXErrors", "metric: TimeToFirstToken"),
        (REAL_TIME, "LOG_LEVEL: info", "API_KEY: \"arn:aws:secretsmanager:eu-west-1:012345678901:secret:key\""),
        (REAL_TIME, "LOG_LEVEL: info", "MAX_TOKENS: 512"),
        (SERVERLESS, "memory-mb: 2048", "memory-mb: 6144"),
        (ASYNCHRONOUS, "request-timeout: 15m", "request-timeout: 1h"),
        (TRANSFORM, "concurrent-transforms: 2", "concurrent-transforms: 16"),
        (GLUE, "timeout: 30m\n  arguments", "timeout: 168h\n  arguments"),
    ] {
        assert!(text.contains(right), "{right} stands in the file");
        let text = text.replacen(right, also_right, 1);
        read(&text).unwrap_or_else(|error| panic!("{also_right}: {}", error.rendered_report().unwrap_or_default()));
    }
}
