//! Over the network: the same commands through the SDK's own HTTP client, against a sandbox served on loopback.

use crate::support::{Outcome, Served, TestEnv};

fn over(env: &TestEnv, url: &str, line: &str) -> Outcome {
    let mut command = env.command(&line.split_whitespace().collect::<Vec<_>>());
    let output = command.args(["--endpoint-url", url]).env_remove("AIOPS_NOW").output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Outcome { code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

#[test]
fn a_promotion_works_over_http() {
    let env = TestEnv::new();
    assert_eq!(env.line("demo .").code, 0);
    let env = env.with("AWS_ACCESS_KEY_ID", "111111111111").with("AWS_SECRET_ACCESS_KEY", "sandbox");
    // Minutes of deployment pass in a second.
    let served = Served::start(&env, &["--speed", "1000"]);
    let line = "approve diabetes-progression:2 --stage test --status approved --comment tested";
    let approved = over(&env, &served.url, line);
    assert_eq!(approved.code, 0, "{approved}");
    let promoted = over(&env, &served.url, "promote diabetes-progression:2 --to prod --no-wait --output json");
    assert_eq!(promoted.code, 0, "{promoted}");
    let answer: serde_json::Value = serde_json::from_str(&promoted.stdout).unwrap();
    assert_eq!((&answer["destination"], &answer["progress"]), (&"prod".into(), &"started".into()));
    let status =
        over(&env, &served.url, "status diabetes-progression:2 --jq .models[0].versions[0].central.lifecycle.stage");
    assert_eq!((status.code, status.stdout.trim()), (0, "Prod"), "{status}");
}

#[cfg(feature = "datazone")]
#[test]
fn without_credentials_doctor_says_so_and_asks_nobody() {
    let env = TestEnv::new();
    assert_eq!(env.line("demo .").code, 0);
    let line =
        "doctor --only credentials,trust --endpoint-url http://127.0.0.1:9 --jq .findings[]|[.area,.status,.what]";
    let outcome = env.line(line);
    insta::assert_snapshot!(outcome, @r#"
    exit 4
    ----- stdout
    ["credentials","problem","there are no usable AWS credentials: NoCredentials: none were found in the environment, the profile, or the machine's metadata"]
    ["credentials","skipped","AWS did not say what time it is"]
    ["trust","skipped","not asked: AWS did not say who is asking"]
    ----- stderr
    examining credentials ...
    examining credentials: skipped
    next: look again when all is mended (problems: 1, warnings: 0)
    "#);
}

#[test]
fn without_credentials_nothing_is_asked() {
    let env = TestEnv::new();
    assert_eq!(env.line("demo .").code, 0);
    let outcome = env.line("status --endpoint-url http://127.0.0.1:9");
    insta::assert_snapshot!(outcome, @"
    exit 4
    ----- stderr
    error: there are no usable AWS credentials
      caused by: NoCredentials: none were found in the environment, the profile, or the machine's metadata
    hint: set AWS_PROFILE or AWS_ACCESS_KEY_ID, run `aws sso login`, or try the sandbox: `aiops demo`
    ");
}
