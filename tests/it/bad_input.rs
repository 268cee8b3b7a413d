//! What people get wrong, and what they are told: exit code and words, from the real binary.

use std::fs;

use crate::support::{Outcome, TestEnv, demo};

const GOOD: &str = "\
version: 1
region: eu-west-1
governance: { account: \"111111111111\" }
shared-services: { account: \"222222222222\" }
tenants:
  - name: clinical
    stages: { dev: { account: \"333333333333\" }, test: { account: \"444444444444\" }, prod: { account: \"555555555555\" } }
";

fn checked(text: &str) -> Outcome {
    let env = TestEnv::new();
    fs::write(env.directory().join("aiops.yaml"), text).unwrap();
    env.line("config check")
}

/// Without what differs from run to run.
fn told(outcome: &Outcome) -> String {
    let request_id = regex::Regex::new("AWS request id: [0-9a-f-]+").unwrap();
    request_id.replace_all(&outcome.to_string(), "AWS request id: [ID]").into_owned()
}

#[test]
fn wrong_keys_and_values_are_all_shown_at_once() {
    let text = GOOD.replace("shared-services:", "shared-service:").replace("\"333333333333\"", "33333333333");
    insta::assert_snapshot!(checked(&text), @r#"
    exit 2
    ----- stderr
    error: there are 2 mistakes in `aiops.yaml` or what is set over it
      × `shared-service` is not a key of this file
       ╭─[aiops.yaml:4:1]
     3 │ governance: { account: "111111111111" }
     4 │ shared-service: { account: "222222222222" }
       · ───────┬──────
       ·        ╰── unknown key
     5 │ tenants:
       ╰────
      help: did you mean `shared-services`?

      × expected an AWS account id of 12 digits, found `33333333333`
       ╭─[aiops.yaml:7:31]
     6 │   - name: clinical
     7 │     stages: { dev: { account: 33333333333 }, test: { account: "444444444444" }, prod: { account: "555555555555" } }
       ·                               ─────┬─────
       ·                                    ╰── tenants[0].stages.dev.account
       ╰────
      help: such as `012345678901`
    hint: `aiops config schema` prints what may stand in the file
    "#);
}

#[test]
fn tenants_are_named_once() {
    let tenant = GOOD.lines().skip(5).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(checked(&format!("{GOOD}{tenant}\n")), @r#"
    exit 2
    ----- stderr
    error: there is a mistake in `aiops.yaml`
      × two tenants are called `clinical`
       ╭─[aiops.yaml:8:11]
     5 │ tenants:
     6 │   - name: clinical
       ·           ────┬───
       ·               ╰── first time
     7 │     stages: { dev: { account: "333333333333" }, test: { account: "444444444444" }, prod: { account: "555555555555" } }
     8 │   - name: clinical
       ·           ────┬───
       ·               ╰── second time
     9 │     stages: { dev: { account: "333333333333" }, test: { account: "444444444444" }, prod: { account: "555555555555" } }
       ╰────
      help: give each tenant a name of its own
    hint: `aiops config schema` prints what may stand in the file
    "#);
}

#[test]
fn a_yaml_bomb_does_not_go_off() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let below = format!("*a{}", level - 1);
        text.push_str(&format!("a{level}: &a{level} [{}]\n", vec![below; 10].join(", ")));
    }
    insta::assert_snapshot!(checked(&format!("{GOOD}{text}")), @"
    exit 2
    ----- stderr
    error: there is a mistake in `aiops.yaml`
      × the file stands for more than 20000 values
        ╭─[aiops.yaml:12:10]
     11 │ a3: &a3 [*a2, *a2, *a2, *a2, *a2, *a2, *a2, *a2, *a2, *a2]
     12 │ a4: &a4 [*a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3]
        ·          ─┬─
        ·           ╰── the limit is passed here
     13 │ a5: &a5 [*a4, *a4, *a4, *a4, *a4, *a4, *a4, *a4, *a4, *a4]
        ╰────
      help: write out what the aliases (`*name`) repeat, or use fewer of them
    hint: `aiops config schema` prints what may stand in the file
    ");
}

#[test]
fn a_missing_file_is_named() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.line("status --config nowhere.yaml"), @"
    exit 2
    ----- stderr
    error: --config names `[DIR]/nowhere.yaml`, and there is no such file
    hint: name an existing aiops.yaml, or leave --config out to search upwards from here
    ");
    insta::assert_snapshot!(env.line("status"), @"
    exit 2
    ----- stderr
    error: there is no aiops.yaml in this directory or above it
    hint: `aiops init` writes one from your answers
    hint: `aiops demo` makes a landscape to try things in, without AWS
    hint: `--config` or AIOPS_CONFIG names a file elsewhere
    ");
}

#[test]
fn a_role_that_cannot_be_assumed_is_a_row_and_a_reason() {
    let env = demo();
    let file = env.directory().join("aiops.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let text =
        text.replace("{ account: \"666666666666\",", "{ account: \"666666666666\", roles: { engineer: nobody },");
    fs::write(&file, text).unwrap();
    insta::assert_snapshot!(env.line("status --tenant insurance"), @"
    exit 3
    ----- stdout
    insurance	account 666666666666		unreachable					AccessDenied: User: arn:aws:iam::111111111111:root is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::666666666666:role/nobody
    ----- stderr
    next: the role must exist and trust you: its trust policy has to allow sts:AssumeRole, sts:SetSourceIdentity (and sts:TagSession with tags) to your principal, with the external id of aiops.yaml if it asks for one
    ");
    insta::assert_snapshot!(told(&env.line("promote diabetes-risk --to central --tenant insurance")), @"
    exit 5
    ----- stderr
    error: cannot act as AI engineer in the dev account 666666666666 of insurance
      caused by: cannot assume arn:aws:iam::666666666666:role/nobody
      caused by: AccessDenied: User: arn:aws:iam::111111111111:root is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::666666666666:role/nobody
      AWS request id: [ID]
    hint: the role must exist and trust you: its trust policy has to allow sts:AssumeRole, sts:SetSourceIdentity (and sts:TagSession with tags) to your principal, with the external id of aiops.yaml if it asks for one
    hint: if you act as another persona, say so: `--as PERSONA`, AIOPS_PERSONA, or `persona` in aiops.yaml
    ");
}

#[test]
fn unknown_models_and_versions_are_told_apart() {
    let env = demo();
    insta::assert_snapshot!(env.line("promote diabetes-progresion --to central"), @"
    exit 1
    ----- stderr
    error: there is no model diabetes-progresion in the dev registry
    hint: did you mean diabetes-progression?
    hint: `aiops status` lists every model; `--tenant` says where to look
    ");
    insta::assert_snapshot!(env.line("promote diabetes-progression:7 --to test"), @"
    exit 1
    ----- stderr
    error: there is no version 7 of clinical/diabetes-progression in the central registry
    hint: the newest there is 2
    hint: bring it there first: `aiops promote diabetes-progression:7 --to central`
    ");
    insta::assert_snapshot!(env.line("status nothing"), @"
    exit 1
    ----- stderr
    error: no account knows nothing
    hint: `aiops status --all` lists what there is
    ");
    insta::assert_snapshot!(env.line("promote diabetes-progression:x --to test"), @r#"
    exit 2
    ----- stderr
    error: invalid value 'diabetes-progression:x' for '<MODEL[:VERSION]>': "x" is not a version: a number of 1 to 9 digits, such as `:3`
    "#);
    insta::assert_snapshot!(env.line("status --tenant clinicl"), @r#"
    exit 2
    ----- stderr
    error: there is no tenant "clinicl"
    hint: did you mean "clinical"?
    hint: aiops.yaml has: clinical, insurance
    "#);
}

#[test]
fn what_may_not_be_is_refused_with_what_may() {
    let env = demo();
    insta::assert_snapshot!(env.line("promote diabetes-progression:2 --to prod"), @"
    exit 5
    ----- stderr
    error: clinical/diabetes-progression:2 cannot go to prod
      caused by: a version in Test/Pending may not be deployed to prod
    hint: it is waiting for the governance officer: approve what was tested
    hint: it may be from Test/Approved on, unless it was rejected
    ");
    insta::assert_snapshot!(env.line("approve diabetes-progression:2 --stage prod --status approved --comment x"), @"
    exit 5
    ----- stderr
    error: clinical/diabetes-progression:2 cannot become Prod/Approved
      caused by: a version in Test/Pending cannot go to Prod/Approved in the central registry
    hint: it can go to Test/Approved (governance officer: approve what was tested)
    hint: it can go to Test/Rejected (governance officer: reject what was tested)
    ");
    insta::assert_snapshot!(env.line("promote diabetes-risk --to central"), @"
    exit 5
    ----- stderr
    error: insurance/diabetes-risk:1 cannot go to central
      caused by: a version in Dev/Pending may not leave dev
    hint: it is waiting for the lead: approve for the central registry
    hint: it may be from Dev/Approved on, unless it was rejected
    ");
    let line = "approve diabetes-progression:2 --stage test --status approved --comment x --as data-scientist";
    insta::assert_snapshot!(told(&env.line(line)), @"
    exit 5
    ----- stderr
    verifying what was approved ...
    error: cannot change arn:aws:sagemaker:eu-west-1:222222222222:model-package/clinical-diabetes-progression/2
      caused by: AWS refused the call
      caused by: AccessDeniedException: User: arn:aws:sts::222222222222:assumed-role/aiops-data-scientist/root-111111111111 is not authorized to perform: sagemaker:UpdateModelPackage on resource: arn:aws:sagemaker:eu-west-1:222222222222:model-package/clinical-diabetes-progression/2 because no identity-based policy allows the sagemaker:UpdateModelPackage action
      AWS request id: [ID]
    hint: the policy that refuses is named above; `--as PERSONA` acts in another role, if you may assume it
    hint: this is for the governance officer: leave out `--as`, or use `--as governance-officer`
    ");
    let line = [&["approve", "diabetes-progression:2", "--stage", "test", "--status", "approved", "--comment", " "]];
    insta::assert_snapshot!(env.run(line[0]), @"
    exit 2
    ----- stderr
    error: the decision needs a reason
    hint: say why: --comment TEXT
    ");
}

#[test]
fn a_dry_run_changes_nothing() {
    let env = demo();
    let store = env.directory().join(".aiops-sandbox.db");
    let status = env.line("status --all --output json").stdout;
    for line in [
        "approve diabetes-progression:2 --stage test --status approved --comment x --dry-run",
        "approve diabetes-risk --stage dev --status approved --comment x --dry-run",
        "promote diabetes-progression:2 --to test --dry-run",
        "promote diabetes-progression:1 --to central --dry-run",
        "sandbox reset --dry-run",
        "init --dry-run --force --region eu-west-1 --governance-account 111111111111 --shared-services-account 222222222222 \
         --tenant-accounts a=333333333333,444444444444,555555555555",
    ] {
        let outcome = env.line(line);
        assert_eq!(outcome.code, 0, "{line}: {outcome}");
    }
    assert_eq!(env.line("status --all --output json").stdout, status);
    assert!(store.is_file());
}

#[test]
fn a_sandbox_is_reset_only_when_told() {
    let env = demo();
    insta::assert_snapshot!(env.line("sandbox reset"), @"
    exit 2
    ----- stderr
    error: there is nobody to ask: delete everything in the sandbox [DIR]/.aiops-sandbox.db?
    hint: --yes answers every question with yes
    ");
    assert_eq!(env.line("sandbox reset --yes").code, 0);
    insta::assert_snapshot!(env.line("status"), @"
    exit 2
    ----- stderr
    error: there is no sandbox in [DIR]/.aiops-sandbox.db
    hint: `aiops demo` makes one, with models in it
    ");
}

#[test]
fn a_sandbox_that_others_could_reach_is_refused() {
    insta::assert_snapshot!(TestEnv::new().line("sandbox serve --listen 0.0.0.0:4577"), @"
    exit 2
    ----- stderr
    error: invalid value '0.0.0.0:4577' for '--listen <ADDRESS:PORT>': the sandbox knows no secrets and listens on loopback only, such as 127.0.0.1:4577
    ");
}

#[test]
fn a_demo_replaces_a_demo_and_nothing_else() {
    let env = TestEnv::new();
    assert_eq!(env.line("demo story").code, 0);
    let first = env.line("demo story --output json");
    let second = env.line("demo story --output json");
    assert_eq!((first.code, &first.stdout), (0, &second.stdout), "the same story every time");
    fs::write(env.directory().join("aiops.yaml"), GOOD).unwrap();
    insta::assert_snapshot!(env.line("demo ."), @"
    exit 2
    ----- stderr
    error: [DIR]/aiops.yaml is not from a demo, and is left alone
    hint: play the demo somewhere else: `aiops demo DIR`
    ");
    assert_eq!(fs::read_to_string(env.directory().join("aiops.yaml")).unwrap(), GOOD);
}

#[test]
fn what_is_about_the_tool_itself_reads_no_configuration() {
    let env = TestEnv::new().with("AIOPS_CONFIG", "/nowhere/aiops.yaml").with("AWS_PROFILE", "nobody");
    fs::write(env.directory().join("aiops.yaml"), "wrong: [").unwrap();
    for line in ["--version", "--help", "promote --help", "completions zsh", "help exit-codes", "version"] {
        let outcome = env.line(line);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{line}");
        assert!(!outcome.stdout.is_empty(), "{line}");
    }
}
