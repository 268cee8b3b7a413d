//! The frame around all commands: help, errors, formats, exit codes.

use std::io::Read as _;
use std::process::Stdio;

use crate::support::TestEnv;

#[test]
fn refusals_say_what_to_do() {
    let lines = [
        "stauts",
        "promote churn",
        "promote churn:0 --to test",
        "promote churn --to tset",
        "approve churn",
        "status --tenat a",
        "sandbox serve --listen 0.0.0.0:80",
        "help nothing",
        "status --jq .a --output yaml",
        "version --jq .version[",
        "version --jq .version.x",
    ];
    let env = TestEnv::new();
    let outcomes: String = lines.iter().map(|line| format!("$ aiops {line}\n{}\n", env.line(line))).collect();
    insta::assert_snapshot!(outcomes, @r#"
    $ aiops stauts
    exit 2
    ----- stderr
    error: unrecognized subcommand 'stauts'
    hint: a similar subcommand exists: 'status'
    hint: usage: aiops [OPTIONS] <COMMAND>

    $ aiops promote churn
    exit 2
    ----- stderr
    error: the following required arguments were not provided: --to <DESTINATION>
    hint: usage: aiops promote --to <DESTINATION> <MODEL[:VERSION]>

    $ aiops promote churn:0 --to test
    exit 2
    ----- stderr
    error: invalid value 'churn:0' for '<MODEL[:VERSION]>': "0" is not a version: a number of 1 to 9 digits, such as `:3`

    $ aiops promote churn --to tset
    exit 2
    ----- stderr
    error: invalid value 'tset' for '--to <DESTINATION>' [possible values: central, test, prod]
    hint: a similar value exists: 'test'

    $ aiops approve churn
    exit 2
    ----- stderr
    error: the following required arguments were not provided: --stage <STAGE> --status <STATUS> --comment <TEXT>
    hint: usage: aiops approve --stage <STAGE> --status <STATUS> --comment <TEXT> <MODEL[:VERSION]>

    $ aiops status --tenat a
    exit 2
    ----- stderr
    error: unexpected argument '--tenat' found
    hint: a similar argument exists: '--tenant'
    hint: usage: aiops status --tenant <NAME> [MODEL[:VERSION]]

    $ aiops sandbox serve --listen 0.0.0.0:80
    exit 2
    ----- stderr
    error: invalid value '0.0.0.0:80' for '--listen <ADDRESS:PORT>': the sandbox knows no secrets and listens on loopback only, such as 127.0.0.1:4577

    $ aiops help nothing
    exit 2
    ----- stderr
    error: unrecognized subcommand 'nothing'
    hint: the topics are exit-codes, environment, output, configuration
    hint: usage: aiops [OPTIONS] <COMMAND>

    $ aiops status --jq .a --output yaml
    exit 2
    ----- stderr
    {"error":{"kind":"usage","message":"--jq works on JSON and cannot be combined with another --output","causes":[],"hints":["leave --output out: --jq implies json"],"request_id":null,"report":null,"exit_code":2}}

    $ aiops version --jq .version[
    exit 2
    ----- stderr
    {"error":{"kind":"usage","message":"the jq expression `.version[` is wrong at character 10: expected closing bracket, found the end","causes":[],"hints":["jq's language is described at https://jqlang.org/manual"],"request_id":null,"report":null,"exit_code":2}}

    $ aiops version --jq .version.x
    exit 1
    ----- stderr
    {"error":{"kind":"failed","message":"the jq expression `.version.x` does not fit the answer: cannot index \"0.1.0\" with \"x\"","causes":[],"hints":["look at the answer with --output json"],"request_id":null,"report":null,"exit_code":1}}
    "#);
}

#[test]
fn programs_get_errors_as_json() {
    let env = TestEnv::new();
    insta::assert_snapshot!(env.line("promote churn --output json"), @r#"
    exit 2
    ----- stderr
    {"error":{"kind":"usage","message":"the following required arguments were not provided: --to <DESTINATION>","causes":[],"hints":["usage: aiops promote --to <DESTINATION> --output <FORMAT> <MODEL[:VERSION]>"],"request_id":null,"report":null,"exit_code":2}}
    "#);
    insta::assert_snapshot!(TestEnv::new().with("AIOPS_OUTPUT", "json").line("stauts"), @r#"
    exit 2
    ----- stderr
    {"error":{"kind":"usage","message":"unrecognized subcommand 'stauts'","causes":[],"hints":["a similar subcommand exists: 'status'","usage: aiops [OPTIONS] <COMMAND>"],"request_id":null,"report":null,"exit_code":2}}
    "#);
}

#[test]
fn one_answer_in_every_format() {
    let env = TestEnv::new();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(env.line("version --jq .version").stdout, format!("{version}\n"));
    assert!(env.line("version").stdout.starts_with(&format!("version\t{version}\n")));
    assert!(env.line("version --output table").stdout.starts_with(&format!("version:   {version}\n")));
    assert!(env.line("version --output json").stdout.contains(&format!("\"version\": \"{version}\"")));
    assert!(env.line("version --output yaml").stdout.contains(&format!("version: \"{version}\"")));
    assert_eq!(env.line("--version").stdout, format!("aiops {version}\n"));
}

#[test]
fn a_clock_that_cannot_be_is_refused() {
    let env = TestEnv::new().with("AIOPS_NOW", "yesterday");
    insta::assert_snapshot!(env.line("status"), @r#"
    exit 2
    ----- stderr
    error: AIOPS_NOW is "yesterday", which is no point in time
      caused by: failed to parse four digit integer as year: invalid digit, expected 0-9 but got y
    hint: write it like 2026-01-31T12:00:00Z, or unset it
    "#);
}

#[test]
fn a_log_filter_that_cannot_be_is_refused() {
    let env = TestEnv::new().with("AIOPS_LOG", "aiops=loud");
    insta::assert_snapshot!(env.line("status"), @r#"
    exit 2
    ----- stderr
    error: AIOPS_LOG is "aiops=loud", which does not say what to log
      caused by: error parsing level filter: expected one of "off", "error", "warn", "info", "debug", "trace", or a number 0-5
    hint: write it like `warn,aiops=debug`, or unset it
    "#);
}

#[test]
fn without_arguments_help_is_a_refusal() {
    let outcome = TestEnv::new().line("");
    assert_eq!((outcome.code, outcome.stdout.as_str()), (2, ""));
    assert!(outcome.stderr.contains("Usage: aiops"));
    insta::assert_snapshot!(TestEnv::new().line("-h"), @r#"
    exit 0
    ----- stdout
    Governed machine learning on Amazon SageMaker Unified Studio, across many AWS accounts

    Usage: aiops [OPTIONS] <COMMAND>

    Getting started:
      demo         Play the whole promotion story in a sandbox, and leave it there to explore
      init         Write a commented aiops.yaml
      doctor       Find what is wrong with credentials, roles, accounts and the domain, and say how to mend it

    Governance:
      domain       Bring up the SageMaker Unified Studio domain over all accounts, look at it, or take it down
      profile      Make the project profiles that aiops.yaml describes, and show who may create what from them

    Projects:
      project      Give teams their projects: workspaces over the stages, members, registries, and a seeded repository
      template     Look at the templates of repositories, try them, and check those that you write

    Models:
      status       Show where every model stands: dev, central, test and prod, with what is live
      promote      Move a model version to the central registry, to test or to prod
      approve      Decide about a stage of a model version, or list what waits for a decision

    Surroundings:
      config       Show and check the configuration
      sandbox      Run the embedded AWS for other clients, look at it, or empty it

    The tool itself:
      completions  Print the completion script of a shell
      man          Print the manual page, or write one for each command
      version      Show the version of aiops and the platform it was built for
      help         Print help for a command, or about a topic

    Global options:
          --profile <NAME>       AWS profile whose credentials to start from [env: AWS_PROFILE]
          --region <REGION>      AWS Region, before what the configuration says [env: AIOPS_REGION]
          --endpoint-url <URL>   Send every AWS call to this URL [env: AWS_ENDPOINT_URL]
          --config <FILE>        Configuration file, instead of the nearest aiops.yaml upwards [env:
                                 AIOPS_CONFIG]
          --tenant <NAME>        Line of business to work for, where there are several [env:
                                 AIOPS_TENANT]
          --as <PERSONA>         Persona whose role to assume [env: AIOPS_PERSONA] [possible values:
                                 administrator, data-scientist, lead, engineer, governance-officer, ci]
          --sandbox[=<PATH>]     Work in the sandbox: the configured one, or the store in this directory
                                 or file [env: AIOPS_SANDBOX]
          --output <FORMAT>      How to write the answer (default: table on a terminal, otherwise tsv)
                                 [env: AIOPS_OUTPUT] [possible values: table, json, yaml, tsv]
          --jq <EXPRESSION>      Filter the JSON answer with a jq expression; strings come out raw
      -y, --yes                  Answer every question with yes
          --dry-run              Show what would be done and change nothing
      -q, --quiet                Say nothing but the answer and errors
      -v, --verbose...           Log what happens: -v each AWS call, -vv details, -vvv everything
          --log-format <FORMAT>  How to write the log [env: AIOPS_LOG_FORMAT] [default: text] [possible
                                 values: text, json]
          --no-progress          Show progress as plain lines rather than moving bars
      -h, --help                 Print help (see more with '--help')
      -V, --version              Print version

    Examples:

        aiops demo                                       play the whole story in a sandbox
        aiops status                                     where every model stands
        aiops project create churn --profile tabular     workspaces and a seeded repository for a team
        aiops promote churn:3 --to central               copy a version to the central registry
        aiops approve churn:3 --stage test --status approved --comment "RMSE 53.1"
        aiops status --jq '.models[].model'              for scripts

    More: aiops help exit-codes, environment, output, configuration
    "#);
}

#[test]
fn help_of_a_command_is_the_same_both_ways() {
    let env = TestEnv::new();
    for command in ["promote", "config show", "approve list"] {
        let by_name = env.line(&format!("help {command}"));
        assert_eq!(by_name.code, 0);
        assert_eq!(by_name.stdout, env.line(&format!("{command} --help")).stdout);
    }
    insta::assert_snapshot!(env.line("approve -h"), @r#"
    exit 0
    ----- stdout
    Decide about a stage of a model version, or list what waits for a decision

    Usage: aiops approve [OPTIONS] --stage <STAGE> --status <STATUS> --comment <TEXT> <MODEL[:VERSION]>
           aiops approve <COMMAND>

    Commands:
      list          List what waits for somebody, and the command that each waits for
      subscription  Decide whether another project may use an asset

    Arguments:
      <MODEL[:VERSION]>  What the decision is about; without a version, the newest

    Options:
          --stage <STAGE>    The stage that the decision is about [possible values: dev, test, prod]
          --status <STATUS>  The decision [possible values: pending, approved, rejected]
          --comment <TEXT>   The reason, kept with the decision
          --dispatch         Start the deployment that this allows (to test once it is pending there, to
                             prod once test approved it), in the CI of the project that is named like
                             the model
      -h, --help             Print help (see more with '--help')

    Global options:
          --profile <NAME>       AWS profile whose credentials to start from [env: AWS_PROFILE]
          --region <REGION>      AWS Region, before what the configuration says [env: AIOPS_REGION]
          --endpoint-url <URL>   Send every AWS call to this URL [env: AWS_ENDPOINT_URL]
          --config <FILE>        Configuration file, instead of the nearest aiops.yaml upwards [env:
                                 AIOPS_CONFIG]
          --tenant <NAME>        Line of business to work for, where there are several [env:
                                 AIOPS_TENANT]
          --as <PERSONA>         Persona whose role to assume [env: AIOPS_PERSONA] [possible values:
                                 administrator, data-scientist, lead, engineer, governance-officer, ci]
          --sandbox[=<PATH>]     Work in the sandbox: the configured one, or the store in this directory
                                 or file [env: AIOPS_SANDBOX]
          --output <FORMAT>      How to write the answer (default: table on a terminal, otherwise tsv)
                                 [env: AIOPS_OUTPUT] [possible values: table, json, yaml, tsv]
          --jq <EXPRESSION>      Filter the JSON answer with a jq expression; strings come out raw
      -y, --yes                  Answer every question with yes
          --dry-run              Show what would be done and change nothing
      -q, --quiet                Say nothing but the answer and errors
      -v, --verbose...           Log what happens: -v each AWS call, -vv details, -vvv everything
          --log-format <FORMAT>  How to write the log [env: AIOPS_LOG_FORMAT] [default: text] [possible
                                 values: text, json]
          --no-progress          Show progress as plain lines rather than moving bars

    Examples:

        aiops approve churn:3 --stage dev --status approved --comment "RMSE 53.1, better than :2"
        aiops approve churn:3 --stage Test --status Pending --comment "ready for integration tests"
        aiops approve churn:3 --stage test --status approved --comment "as evaluated" --dispatch
        aiops approve list --tenant retail
        aiops approve subscription 5n3k2v8w1q0zcd --status approved --comment "for forecasts"
    "#);
}

#[test]
fn topics_are_the_pages_of_the_documentation() {
    let env = TestEnv::new();
    for topic in ["exit-codes", "environment", "output", "configuration"] {
        let page = format!("{}/docs/help/{topic}.md", env!("CARGO_MANIFEST_DIR"));
        assert_eq!(env.line(&format!("help {topic}")).stdout, std::fs::read_to_string(page).unwrap());
    }
}

#[test]
fn completions_are_scripts_whatever_the_environment_says() {
    let env = TestEnv::new().with("AIOPS_OUTPUT", "json");
    for (shell, sign) in [
        ("bash", "complete -F _aiops"),
        ("zsh", "#compdef aiops"),
        ("fish", "complete -c aiops"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let outcome = env.line(&format!("completions {shell}"));
        assert_eq!(outcome.code, 0);
        assert!(outcome.stdout.contains(sign), "{shell}");
        assert!(outcome.stdout.contains("dry-run"), "{shell}");
    }
}

#[test]
fn bash_accepts_its_completions() {
    let env = TestEnv::new();
    let script = env.line("completions bash").stdout;
    let Ok(status) = std::process::Command::new("bash").args(["-n", "-c", &script]).status() else { return };
    assert!(status.success());
}

#[test]
fn manual_pages_for_every_command() {
    let env = TestEnv::new();
    assert!(env.line("man").stdout.starts_with(".ie"));
    let outcome = env.line("man pages");
    insta::assert_snapshot!(outcome, @"
    exit 0
    ----- stdout
    pages/aiops.1
    pages/aiops-demo.1
    pages/aiops-init.1
    pages/aiops-doctor.1
    pages/aiops-domain.1
    pages/aiops-domain-plan.1
    pages/aiops-domain-apply.1
    pages/aiops-domain-show.1
    pages/aiops-domain-account.1
    pages/aiops-domain-account-list.1
    pages/aiops-domain-account-create.1
    pages/aiops-domain-account-associate.1
    pages/aiops-domain-delete.1
    pages/aiops-status.1
    pages/aiops-promote.1
    pages/aiops-approve.1
    pages/aiops-approve-list.1
    pages/aiops-approve-subscription.1
    pages/aiops-profile.1
    pages/aiops-profile-plan.1
    pages/aiops-profile-apply.1
    pages/aiops-profile-list.1
    pages/aiops-profile-show.1
    pages/aiops-profile-delete.1
    pages/aiops-project.1
    pages/aiops-project-create.1
    pages/aiops-project-list.1
    pages/aiops-project-show.1
    pages/aiops-project-wait.1
    pages/aiops-project-members.1
    pages/aiops-project-members-list.1
    pages/aiops-project-members-add.1
    pages/aiops-project-members-remove.1
    pages/aiops-project-seed.1
    pages/aiops-project-update.1
    pages/aiops-project-subscribe.1
    pages/aiops-project-publish.1
    pages/aiops-project-audit.1
    pages/aiops-project-delete.1
    pages/aiops-template.1
    pages/aiops-template-list.1
    pages/aiops-template-show.1
    pages/aiops-template-render.1
    pages/aiops-template-check.1
    pages/aiops-config.1
    pages/aiops-config-show.1
    pages/aiops-config-check.1
    pages/aiops-config-schema.1
    pages/aiops-sandbox.1
    pages/aiops-sandbox-serve.1
    pages/aiops-sandbox-reset.1
    pages/aiops-sandbox-info.1
    pages/aiops-completions.1
    pages/aiops-man.1
    pages/aiops-version.1
    pages/aiops-help.1
    ");
    for page in outcome.stdout.lines() {
        let text = std::fs::read_to_string(env.directory().join(page)).unwrap();
        assert!(text.contains(".SH NAME") && text.contains("Examples:"), "{page}");
    }
    std::fs::write(env.directory().join("file"), "").unwrap();
    assert_eq!(env.line("man file").code, 1);
}

#[test]
fn colour_only_where_it_is_wanted() {
    let escape = '\u{1b}';
    assert!(!TestEnv::new().line("--help").stdout.contains(escape));
    assert!(TestEnv::new().with("CLICOLOR_FORCE", "1").line("--help").stdout.contains(escape));
    assert!(TestEnv::new().with("CLICOLOR_FORCE", "1").line("stauts").stderr.contains(escape));
    let neither = TestEnv::new().with("CLICOLOR_FORCE", "1").with("NO_COLOR", "1");
    assert!(!neither.line("stauts").stderr.contains(escape));
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let env = TestEnv::new();
    let mut child =
        env.command(&["completions", "bash"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let status = child.wait().unwrap();
    let mut complaint = String::new();
    child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
    assert_eq!((status.code(), complaint.as_str()), (Some(0), ""));
}
