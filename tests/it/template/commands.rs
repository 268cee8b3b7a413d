//! The commands, from the real binary.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{Outcome, TestEnv, assert_file};

const MANIFEST: &str = "\
version: 1
title: Churn
description: Predicts who leaves.
use-case: regression
includes: [common]
providers: [github, local]
variables:
  column: {title: Column that is predicted, pattern: '[a-z_]+'}
  folds: {type: integer, title: Folds, default: 5, minimum: 2, maximum: 10}
  size: {type: choice, title: Instances, choices: [small, large], default: small}
files:
  - path: repository/.github/**
    when: cicd.provider == \"github\"
";

/// A world with templates in `ours/`.
fn env() -> TestEnv {
    let env = TestEnv::new();
    let root = env.directory().join("ours");
    put(&root, "common/template.yaml", "version: 1\ntitle: Common\nfragment: true\n");
    put(&root, "common/repository/README.md", "# <%= cicd.project.name %>, <%= column %>\n");
    put(
        &root,
        "common/template.yaml",
        "version: 1\ntitle: Common\nfragment: true\nvariables: {column: {default: x}}\n",
    );
    put(&root, "churn/template.yaml", MANIFEST);
    put(&root, "churn/repository/.github/workflows/build.yml", "name: <%= size %>\non: push\nsha: ${{ github.sha }}\n");
    put(&root, "churn/build/{{ snake(cicd.project.name) }}/train.py", "FOLDS = <%= folds %>\n");
    put(&root, "churn/build/run.sh", "#!/bin/sh\n");
    put(&root, "churn/deploy/tests.yaml", "account: <%= cicd.stages.test.account | yaml %>\n");
    make_executable(&root.join("churn/build/run.sh"));
    env
}

fn put(root: &Path, path: &str, content: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

#[cfg(unix)]
fn make_executable(path: &Path) {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
}

#[cfg(not(unix))]
fn make_executable(_: &Path) {}

/// The files below `root`, with `*` behind those that may be run.
fn tree(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
            if entry.path().is_dir() {
                open.push(entry.path());
            } else {
                let path = entry.path().strip_prefix(root).unwrap().display().to_string();
                found.push(path + if is_executable(&entry.path()) { "*" } else { "" });
            }
        }
    }
    found.sort();
    found
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions()) & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    false
}

fn without_digest(outcome: &Outcome) -> String {
    regex::Regex::new("[0-9a-f]{64}").unwrap().replace_all(&outcome.to_string(), "[DIGEST]").into_owned()
}

#[test]
fn list_and_show() {
    let env = env();
    insta::assert_snapshot!(env.line("template list --templates ours"), @"
    exit 0
    ----- stdout
    churn	Churn	regression	single, separate	github, local
    ");
    insta::assert_snapshot!(env.line("template list --templates ours --all --jq .[].name"), @"
    exit 0
    ----- stdout
    churn
    common
    ");
    insta::assert_snapshot!(without_digest(&env.line("template show churn --templates ours --output table")), @"
    exit 0
    ----- stdout
    Template
    Name:         churn
    Title:        Churn
    Source:       [DIR]/ours
    Commit:       [DIGEST]
    Layouts:      single, separate
    Providers:    github, local
    Description:  Predicts who leaves.

    Variables
    VARIABLE  TYPE     FORM          DEFAULT   TITLE
    column    string   [a-z_]+       (needed)  Column that is predicted
    folds     integer                5         Folds
    size      choice   small, large  small     Instances

    Files
    FILE
    build/run.sh
    build/{{ snake(cicd.project.name) }}/train.py
    deploy/tests.yaml
    repository/.github/workflows/build.yml
    repository/README.md
    ");
    insta::assert_snapshot!(env.line("template show chrun --templates ours"), @"
    exit 2
    ----- stderr
    error: there is no template `chrun` in `[DIR]/ours`
    hint: did you mean `churn`?
    ");
    assert_eq!(env.line("template list").code, 0, "those inside");
}

#[test]
fn templates_come_from_the_option_else_from_the_configuration() {
    let env = env();
    fs::create_dir(env.directory().join("deeper")).unwrap();
    fs::write(
        env.directory().join("aiops.yaml"),
        "region: eu-west-1\ngovernance: {account: '111111111111'}\nshared-services: {account: '222222222222'}\n\
         tenants: [{name: a, stages: {dev: {account: '333333333333'}, test: {account: '444444444444'}, prod: {account: '555555555555'}}}]\n\
         templates: {source: ours}\n",
    )
    .unwrap();
    assert_eq!(env.line("template list --jq .[].name").stdout, "churn\n");
    let other = env.directory().join("other");
    put(&other, "else/template.yaml", "version: 1\ntitle: Else\n");
    assert_eq!(env.line("template list --templates other --jq .[].name").stdout, "else\n");
    insta::assert_snapshot!(env.line("template list --templates other --ref v1"), @"
    exit 2
    ----- stderr
    error: a directory of templates has no branches, tags or commits
    hint: leave the reference out, or name the templates by a URL: file:///...
    ");
    insta::assert_snapshot!(env.line("template list --templates nowhere"), @"
    exit 2
    ----- stderr
    error: `[DIR]/nowhere` is no directory with templates
    ");
    insta::assert_snapshot!(env.line("template list --templates deeper"), @"
    exit 2
    ----- stderr
    error: there are no templates in `[DIR]/deeper`
    hint: a template is a directory there with a file template.yaml
    ");
}

#[test]
fn templates_come_from_git() {
    let env = env();
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command.args(["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]);
        assert!(command.args(arguments).current_dir(env.directory().join("ours")).output().unwrap().status.success());
    };
    git(&["init", "-q"]);
    git(&["add", "-A"]);
    git(&["commit", "-qm", "Templates"]);
    git(&["tag", "v1"]);
    put(&env.directory().join("ours"), "churn/template.yaml", &MANIFEST.replace("title: Churn", "title: Later"));
    git(&["commit", "-qam", "Later"]);
    let url = format!("file://{}/ours/.git", env.directory().display());
    let title =
        |options: &str| env.line(&format!("template show churn --templates {url} {options} --jq .title")).stdout;
    assert_eq!((title("").as_str(), title("--ref v1").as_str()), ("Later\n", "Churn\n"));
    let outcome = env.line(&format!("template render churn --templates {url} --ref v1 --set column=a --into out"));
    assert_eq!(outcome.code, 0, "{outcome}");
    let record = fs::read_to_string(env.directory().join("out/.aiops/seed.yaml")).unwrap();
    let commit = record.lines().find_map(|line| line.trim().strip_prefix("commit: ")).unwrap();
    assert_eq!((commit.trim_matches('"').len(), record.contains("reference: v1")), (40, true), "{record}");
    assert_eq!(env.line(&format!("template list --templates {url} --ref v2")).code, 2);
}

#[test]
fn render_writes_one_repository_or_two() {
    let env = env();
    let outcome = env.line("template render churn --templates ours --set column=price --into out --output table");
    insta::assert_snapshot!(outcome, @"
    exit 0
    ----- stdout
    Template:  churn
    Source:    [DIR]/ours
    Layout:    single
    Provider:  github
    Files:     7
    Into:      out
    ");
    insta::assert_snapshot!(tree(&env.directory().join("out")).join("\n"), @"
    .aiops/seed.yaml
    .github/workflows/build.yml
    README.md
    build/churn/train.py
    build/run.sh*
    cicd-config.json
    deploy/tests.yaml
    ");
    let read = |path: &str| fs::read_to_string(env.directory().join(path)).unwrap();
    assert_eq!(read("out/.github/workflows/build.yml"), "name: small\non: push\nsha: ${{ github.sha }}\n");
    assert_eq!(read("out/build/churn/train.py"), "FOLDS = 5\n");
    assert_eq!(read("out/deploy/tests.yaml"), "account: \"333333333333\"\n");

    fs::write(env.directory().join("answers.yaml"), "column: price\nfolds: 3\nsize: large\n").unwrap();
    let line = "template render churn --templates ours --answers answers.yaml --set folds=4 --provider local --layout separate --into two";
    let outcome = env.line(line);
    assert_eq!(outcome.code, 0, "{outcome}");
    insta::assert_snapshot!(tree(&env.directory().join("two")).join("\n"), @"
    build-repository/.aiops/seed.yaml
    build-repository/README.md
    build-repository/churn/train.py
    build-repository/cicd-config.json
    build-repository/run.sh*
    deploy-repository/.aiops/seed.yaml
    deploy-repository/README.md
    deploy-repository/cicd-config.json
    deploy-repository/tests.yaml
    ");
    assert_eq!(read("two/build-repository/churn/train.py"), "FOLDS = 4\n");
    // Nothing is left beside them.
    let beside: Vec<_> = fs::read_dir(env.directory()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(beside.len(), 4, "{beside:?}");
    // A project that there is.
    let outcome =
        env.line("template render churn --templates ours --set column=price --cicd out/cicd-config.json --into again");
    assert_eq!(outcome.code, 0, "{outcome}");
    assert_eq!(tree(&env.directory().join("again")), tree(&env.directory().join("out")));
}

#[test]
fn render_replaces_nothing() {
    let env = env();
    let line = "template render churn --templates ours --set column=price --into out";
    fs::create_dir(env.directory().join("out")).unwrap();
    assert_eq!(env.line(line).code, 0, "an empty directory is taken");
    insta::assert_snapshot!(env.line(line), @"
    exit 2
    ----- stderr
    error: `[DIR]/out` is there, and is no empty directory
    hint: name another by `--into`; `--dry-run` shows what differs
    ");
    insta::assert_snapshot!(env.line(&format!("{line} --dry-run --output table")), @"
    exit 0
    ----- stdout
    nothing differs
    ");
    fs::write(env.directory().join("out/README.md"), "mine").unwrap();
    fs::remove_file(env.directory().join("out/deploy/tests.yaml")).unwrap();
    insta::assert_snapshot!(env.line(&format!("{line} --dry-run --output table")), @"
    exit 0
    ----- stdout
    FILE               CHANGE
    README.md          other content
    deploy/tests.yaml  new
    ");
    let into = |place: &str| format!("template render churn --templates ours --set column=price --into {place}");
    assert_eq!(env.line(&into("deeper/still/.")).code, 0, "directories on the way are made");
    insta::assert_snapshot!(env.line(&into("ours/churn/template.yaml")), @"
    exit 2
    ----- stderr
    error: `[DIR]/ours/churn/template.yaml` is there, and is no empty directory
    hint: name another by `--into`; `--dry-run` shows what differs
    ");
}

#[test]
fn answers_that_are_wrong_are_told_at_once() {
    let env = env();
    insta::assert_snapshot!(env.line("template render churn --templates ours --set folds=1 --set siez=large --into out"), @"
    exit 2
    ----- stderr
    error: there are 3 mistakes in the answers
      × the template `churn` does not ask for `siez`
      help: did you mean `size`?

      × `column` has no answer
      help: Column that is predicted: give it by `--set column=...`, or in a file by `--answers`

      × `folds`: expected a whole number from 2 to 10, found `1`
    ");
    insta::assert_snapshot!(env.line("template render churn --templates ours --set folds --into out"), @"
    exit 2
    ----- stderr
    error: invalid value 'folds' for '--set <NAME=VALUE>': expected NAME=VALUE
    ");
    insta::assert_snapshot!(env.line("template render churn --templates ours --set column=a --provider gitlab --into out"), @"
    exit 2
    ----- stderr
    error: the template `churn` is not made for `gitlab`
    ");
    fs::write(env.directory().join("cicd.json"), "{\"version\": 1, \"provider\": \"github\", \"stages\": 1}").unwrap();
    let outcome = env.line("template render churn --templates ours --cicd cicd.json --into out");
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.stderr.contains("the key `project` is missing") && outcome.stderr.contains("cicd.json:1:"),
        "{outcome}"
    );
    assert!(!env.directory().join("out").exists());
}

#[test]
fn check_tells_what_is_wrong_with_file_and_line() {
    let env = env();
    insta::assert_snapshot!(env.line("template check --templates ours --output table"), @"
    exit 0
    ----- stdout
    nothing is wrong
    ");
    let root = env.directory().join("ours");
    put(&root, "churn/build/broken.json", "{\"size\": <%= size %>}\n");
    put(&root, "churn/build/typo.py", "one\n<%= colunm %>\n");
    put(&root, "churn/template.yaml", &MANIFEST.replace("repository/.github/**", "repository/.gitlab/**"));
    for line in ["template check ours", "template check ours/churn", "template check churn --templates ours"] {
        let outcome = env.line(&format!("{line} --output table"));
        assert_eq!(outcome.code, 1, "{outcome}");
        assert!(outcome.stdout.contains("churn/build/typo.py:2"), "{outcome}");
    }
    insta::assert_snapshot!(env.line("template check ours/churn --output table"), @"
    exit 1
    ----- stdout
    FILE                     SEVERITY  FINDING
    churn/build/broken.json  error     as `build/broken.json` (github, single) it is no JSON: expected value at line 1 column 10
    churn/build/typo.py:2    error     `colunm` is no variable of this template: did you mean `column`?
    churn/template.yaml:12   error     `repository/.gitlab/**` fits no file of this template
    ");
    let findings: Value = serde_json::from_str(&env.line("template check ours --output json").stdout).unwrap();
    assert_eq!(findings["findings"][0]["severity"], "error");
    put(&root, "churn/template.yaml", "version: 1\ntitel: Churn\n");
    insta::assert_snapshot!(env.line("template check ours"), @"
    exit 1
    ----- stdout
    churn/template.yaml:2	error	`titel` is not a key of this file: did you mean `title`?
    ");
    insta::assert_snapshot!(env.line("template show churn --templates ours"), @"
    exit 2
    ----- stderr
    error: there is a mistake in `churn/template.yaml`
      × `titel` is not a key of this file
       ╭─[churn/template.yaml:2:1]
     1 │ version: 1
     2 │ titel: Churn
       · ──┬──
       ·   ╰── unknown key
       ╰────
      help: did you mean `title`?
    ");
    insta::assert_snapshot!(env.line("template check churm --templates ours"), @"
    exit 2
    ----- stderr
    error: there is no template `churm` in `[DIR]/ours`
    hint: did you mean `churn`?
    ");
}

#[cfg(unix)]
#[test]
fn what_leads_elsewhere_is_refused_and_nothing_is_written() {
    let env = env();
    let root = env.directory().join("ours");
    std::os::unix::fs::symlink("/etc/passwd", root.join("churn/build/passwd")).unwrap();
    insta::assert_snapshot!(env.line("template render churn --templates ours --set column=a --into out"), @"
    exit 2
    ----- stderr
    error: `[DIR]/ours/churn/build/passwd` is a symbolic link
    hint: a template has files and directories only: put a copy in its place
    ");
    fs::remove_file(root.join("churn/build/passwd")).unwrap();
    put(&root, "churn/repository/{{ column }}/hooks/pre-commit", "");
    put(&root, "churn/template.yaml", &MANIFEST.replace("[a-z_]+", ".*"));
    for answer in [".git", "..", "../..", "/etc", "\u{1b}[2J"] {
        let outcome = env.run(&[
            "template",
            "render",
            "churn",
            "--templates",
            "ours",
            "--set",
            &format!("column={answer}"),
            "--into",
            "out",
        ]);
        assert_eq!(outcome.code, 2, "{outcome}");
        assert!(!outcome.stderr.contains('\u{1b}'), "{outcome}");
    }
    put(
        &root,
        "churn/build/endless.py",
        "<% for a in range(9999) %><% for b in range(9999) %><% endfor %><% endfor %>",
    );
    let outcome = env.line("template render churn --templates ours --set column=a --into out");
    assert!(outcome.stderr.contains("does a loop ever end?"), "{outcome}");
    assert!(!env.directory().join("out").exists());
}

#[test]
fn the_published_schemas_are_what_the_program_says() {
    let env = TestEnv::new();
    for (file, published) in
        [("template.yaml", "template"), ("cicd-config.json", "cicd-config"), ("deploy.yaml", "deploy")]
    {
        let outcome = env.line(&format!("config schema {file}"));
        assert_file(&format!("docs/schemas/{published}.schema.json"), &outcome.stdout);
    }
}

#[test]
fn the_template_in_the_guide_is_right() {
    let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/templates.md")).unwrap();
    let example = guide.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let env = env();
    let root = env.directory().join("ours");
    put(&root, "churn/template.yaml", example);
    put(&root, "churn/repository/.github/workflows/build.yml", "on: push\n");
    put(&root, "churn/build/data/a.csv", "<%= as it is %>");
    put(&root, "churn/build/names.py", "<%= [target_column, instance, folds, group] %> <%= reviewers is defined %>");
    insta::assert_snapshot!(env.line("template check ours --set reviewers=leads --output table"), @"
    exit 0
    ----- stdout
    nothing is wrong
    ");
}
