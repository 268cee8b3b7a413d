//! What commands answer in the sandbox of a demo, from the real binary: their shapes are public.

use std::fs;

use serde_json::Value;

use crate::support::demo;

#[test]
fn status_tells_every_version_in_every_registry() {
    let env = demo();
    let shape = "[.models[] | {model: (.tenant + \"/\" + .model), versions: [.versions[] | {version, \
                 dev: .dev.lifecycle, central: .central.lifecycle, \
                 test: [.test.endpoints[] | [.endpoint, .status, .variant.share]], \
                 prod: [.prod.endpoints[] | [.endpoint, .status, .variant.share]], \
                 waits: .waiting_for.persona}]}]";
    let outcome = env.run(&["status", "--output", "json", "--jq", shape]);
    assert_eq!(outcome.code, 0, "{outcome}");
    let answer: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let lines: Vec<String> = answer
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|model| {
            model["versions"].as_array().unwrap().iter().map(|version| format!("{} {version}", model["model"]))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r#"
    "clinical/diabetes-progression" {"version":2,"dev":{"stage":"Dev","status":"Approved"},"central":{"stage":"Test","status":"Pending"},"test":[["clinical-diabetes-progression-test","InService",1.0]],"prod":[],"waits":"governance-officer"}
    "clinical/diabetes-progression" {"version":1,"dev":{"stage":"Dev","status":"Approved"},"central":{"stage":"Prod","status":"Approved"},"test":[],"prod":[["clinical-diabetes-progression-prod","InService",1.0]],"waits":null}
    "insurance/diabetes-risk" {"version":1,"dev":{"stage":"Dev","status":"Pending"},"central":null,"test":[],"prod":[],"waits":"lead"}
    "#);
    insta::assert_snapshot!(env.line("status"), @"
    exit 0
    ----- stdout
    clinical	diabetes-progression	2	Approved	Test/Pending	live	-	2 min	governance officer
    clinical	diabetes-progression	1	Approved	Prod/Approved	-	live	8 min	-
    insurance	diabetes-risk	1	Pending	-	-	-	0 s	lead
    ");
    insta::assert_snapshot!(env.line("status diabetes-progression:1 --jq .models[].versions[].central.arn"), @r#"
    exit 0
    ----- stdout
    arn:aws:sagemaker:eu-west-1:222222222222:model-package/clinical-diabetes-progression/1
    "#);
    insta::assert_snapshot!(env.line("approve list"), @"
    exit 0
    ----- stdout
    clinical	diabetes-progression	2	Test/Pending	governance officer	aiops approve diabetes-progression:2 --stage test --status approved --tenant clinical --comment ...
    insurance	diabetes-risk	1	Dev/Pending	lead	aiops approve diabetes-risk:1 --stage dev --status approved --tenant insurance --comment ...
    ");
}

#[test]
fn a_decision_and_a_promotion_answer_with_what_they_did() {
    let env = demo();
    let decision =
        ["approve", "diabetes-progression:2", "--stage", "test", "--status", "approved", "--comment", "beats :1"];
    insta::assert_snapshot!(env.run(&[&decision[..], &["--output", "json"]].concat()), @r#"
    exit 0
    ----- stdout
    {
      "tenant": "clinical",
      "model": "diabetes-progression",
      "version": 2,
      "registry": "central",
      "arn": "arn:aws:sagemaker:eu-west-1:222222222222:model-package/clinical-diabetes-progression/2",
      "from": {
        "stage": "Test",
        "status": "Pending"
      },
      "to": {
        "stage": "Test",
        "status": "Approved"
      },
      "approval": "Approved",
      "by": "root-111111111111",
      "comment": "beats :1",
      "effect": "decided"
    }
    ----- stderr
    verifying what was approved ...
    verifying what was approved: artifacts and specification are what was recorded
    "#);
    // Whoever comes later learns who decided, and why.
    let later = "approve diabetes-progression:2 --stage test --status approved --comment late";
    insta::assert_snapshot!(env.line(later), @"
    exit 0
    ----- stdout
    Model	clinical/diabetes-progression:2
    Decision	was Test/Approved already
    Registry	central
    By	root-111111111111
    Comment	beats :1
    ");
    let promoted = env.line("promote diabetes-progression:2 --to prod --output json --quiet").to_string();
    let moment = regex::Regex::new("\"at\": \"[^\"]+\"").unwrap();
    insta::assert_snapshot!(moment.replace(&promoted, "\"at\": [TIME]"), @r#"
    exit 0
    ----- stdout
    {
      "destination": "prod",
      "tenant": "clinical",
      "model": "diabetes-progression",
      "version": 2,
      "central_arn": "arn:aws:sagemaker:eu-west-1:222222222222:model-package/clinical-diabetes-progression/2",
      "stage": "Prod",
      "lifecycle": {
        "stage": "Prod",
        "status": "Pending"
      },
      "progress": "serving",
      "endpoint": "clinical-diabetes-progression-prod",
      "deployment": {
        "endpoint": "clinical-diabetes-progression-prod",
        "config": "clinical-diabetes-progression-prod-v2-9e62b1bb",
        "previous_config": "clinical-diabetes-progression-prod-v1-1180c357",
        "effect": "updated"
      },
      "smoke_test": {
        "status": "Passed",
        "endpoint": "clinical-diabetes-progression-prod",
        "content_type": "text/csv",
        "request_bytes": 195,
        "answer": "138.40506330195993\n183.09734644197027\n132.30417646797952\n293.4426338690333\n124.03865203569593",
        "failure": null,
        "at": [TIME]
      }
    }
    "#);
    let live = ".models[0].versions[] | [.version, (.prod.endpoints | length)]";
    insta::assert_snapshot!(env.run(&["status", "--jq", live]), @"
    exit 0
    ----- stdout
    [2,1]
    [1,0]
    ");
    insta::assert_snapshot!(env.line("promote diabetes-progression:2 --to central --output json --quiet"), @r#"
    exit 0
    ----- stdout
    {
      "destination": "central",
      "tenant": "clinical",
      "model": "diabetes-progression",
      "version": 2,
      "source_arn": "arn:aws:sagemaker:eu-west-1:333333333333:model-package/diabetes-progression/2",
      "central_arn": "arn:aws:sagemaker:eu-west-1:222222222222:model-package/clinical-diabetes-progression/2",
      "artifacts": "s3://aiops-models-222222222222-eu-west-1/models/clinical-diabetes-progression/6099e3f8a0a7d00d8c6e519f91d4be37f3ee1e5db6c026d533a37199d3e16b11/",
      "objects": 3,
      "bytes": 2597,
      "content_sha256": "0062f9e440be3334ec1f3ec063e255554aec7447c4cbe24fc2f61a2668081a0c",
      "effect": "already-there"
    }
    "#);
}

#[test]
fn a_name_that_two_tenants_have_is_asked_back() {
    let env = demo();
    let file = env.directory().join("aiops.yaml");
    let text = fs::read_to_string(&file).unwrap();
    // Both look into one dev account, and nothing tells whose its models are.
    fs::write(&file, text.replace("666666666666", "333333333333")).unwrap();
    insta::assert_snapshot!(env.line("promote diabetes-progression --to central"), @"
    exit 2
    ----- stderr
    warning: aiops.yaml:66: `clinical` and `insurance` share a dev account, and a model in it belongs to both: give each `models`
    error: several tenants have a model diabetes-progression: clinical, insurance
    hint: say whose: --tenant clinical
    ");
}

#[test]
fn a_sandbox_tells_what_it_holds() {
    let env = demo();
    let outcome = env.line("sandbox info --output json");
    let answer: Value = serde_json::from_str(&outcome.stdout).unwrap();
    let accounts: Vec<&str> =
        answer["accounts"].as_array().unwrap().iter().map(|account| account["id"].as_str().unwrap()).collect();
    assert_eq!((outcome.code, accounts.len(), accounts[0]), (0, 8, "111111111111"), "{outcome}");
}
