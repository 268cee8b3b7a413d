use super::*;
use crate::seed::testing::library;

fn told(entries: &[(&str, &str)], given: &Answers) -> String {
    let library = library(entries);
    let findings = check(&library, &library.names().unwrap(), given).unwrap();
    let line = |finding: &Finding| {
        let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
        format!("{:?} {}{line} {}\n", finding.severity, finding.file, finding.message)
    };
    findings.iter().map(line).collect()
}

#[test]
fn a_good_template_has_nothing_to_tell() {
    let entries = [
        ("base/template.yaml", "version: 1\ntitle: B\nfragment: true\nvariables: {python: {default: '3.12'}}\n"),
        (
            "t/template.yaml",
            "version: 1\ntitle: T\nincludes: [base]\nvariables:\n  size: {type: choice, choices: [s, m]}\n  n: {type: integer, minimum: 3}\n  mail: {pattern: '.+@.+'}\nfiles: [{path: 'build/*.json', when: size == 's'}]\n",
        ),
        ("t/build/a.json", "{\"n\": <%= n %>, \"mail\": <%= mail | json %>}"),
        (
            "t/repository/{{ snake(cicd.project.name) }}.yml",
            "on: push\npython: <%= python | yaml %>\n---\nx: !reference [a, b]\n",
        ),
    ];
    assert_eq!(told(&entries, &Answers::new()), "");
}

#[test]
fn every_kind_of_finding() {
    let entries = [
        ("broken/template.yaml", "version: 1\ntitle: B\nlayuots: [single]\nproviders: [git]\n"),
        ("lost/template.yaml", "version: 1\ntitle: L\nincludes: [nowhere]\n"),
        ("rule/template.yaml", "version: 1\ntitle: L\nvariables: {a: {when: 'b +'}}\n"),
        (
            "t/template.yaml",
            "\
version: 1
title: T
variables:
  unused: {default: x}
  size: {type: choice, choices: [s, m], default: s}
  key: {pattern: 'k-[0-9]{7}'}
  wrong: {type: integer, default: '<%= size %>'}
files:
  - path: build/*.csv
    when: size == 's'
  - path: build/a.py
    when: sice == 's'
",
        ),
        ("t/build/a.py", "<%= size %>\n<%= unknown %>\n"),
        ("t/build/{{ sizes }}.txt", ""),
        (
            "u/template.yaml",
            "\
version: 1
title: U
providers: [github]
variables:
  size: {type: choice, choices: [s, m], default: s}
  mode: {type: boolean, default: true}
",
        ),
        ("u/build/a.yaml", "a: <%= 1 if size == 's' else '[' %>\n"),
        ("u/build/b.json", "{\"a\": <%= 1 if mode else 'x' %>}\n"),
        ("u/build/c.py", "one\n<%= cicd.projct.name %>\n"),
        ("u/build/{{ size }}", ""),
        ("u/build/S", ""),
    ];
    insta::assert_snapshot!(told(&entries, &Answers::new()), @"
    Error broken/template.yaml:3 `layuots` is not a key of this file: did you mean `layouts`?
    Error broken/template.yaml:4 expected `github`, `gitlab` or `local`, found `git`: did you mean `gitlab`?
    Error lost/template.yaml the template `nowhere` cannot be included: there is no template `nowhere` in `https://example.com/templates.git`
    Error rule/template.yaml:3 syntax error: unexpected end of input, expected expression
    Error t/build/a.py:2 `unknown` is no variable of this template
    Error t/build/{{ sizes }}.txt `sizes` is no variable of this template: did you mean `size`?
    Warning t/template.yaml:4 `unused` is asked, and used nowhere
    Warning t/template.yaml:6 `key` is asked, and used nowhere
    Warning t/template.yaml:6 no sample fits `key`: give it a default, or `--set key=...` to check
    Warning t/template.yaml:7 `wrong` is asked, and used nowhere
    Error t/template.yaml:9 `build/*.csv` fits no file of this template
    Error t/template.yaml:12 `sice` is no variable of this template: did you mean `size`?
    Error u/build/a.yaml as `build/a.yaml` (github, single, size=m) it is no YAML: did not find expected node content at line 2 column 1, while parsing a flow node
    Error u/build/b.json as `build/b.json` (github, single, mode=false) it is no JSON: expected value at line 1 column 7
    Error u/build/c.py:2 `cicd.projct` is undefined
    Error u/build/{{ size }} `S` and `s` differ in case only, which some systems cannot keep apart
    Error u/build/{{ size }} `build/S` and `build/s` differ in case only, which some systems cannot keep apart
    ");
    let given = Answers::from([("key".to_owned(), "k-1234567".into()), ("wrong".to_owned(), 1.into())]);
    assert!(!told(&entries, &given).contains("no sample fits"));
}

#[test]
fn the_templates_inside_have_no_errors() {
    let library = Library::built_in();
    let findings = check(&library, &library.names().unwrap(), &Answers::new()).unwrap();
    let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn a_name_that_is_not_there_is_no_finding() {
    let library = library(&[("t/template.yaml", "version: 1\ntitle: T\n")]);
    assert!(check(&library, &["tt".to_owned()], &Answers::new()).is_err());
}

#[test]
fn deploy_configurations_are_checked_as_they_are_rendered() {
    let config = "\
version: 1
kind: real-time
instance: {type: <%= size %>, count: 1}
integration-tests:
  requests: [{name: one, content-type: text/csv, file: requests/one.csv}]
";
    let entries = [
        ("t/template.yaml", "version: 1\ntitle: T\nvariables: {size: {default: ml.m5.large}}\n"),
        ("t/deploy/test.yaml", config),
        ("t/deploy/prod.yaml", "version: 1\nkind: real-time\nrollout: {strategy: all-at-once}\n"),
        ("t/deploy/requests/one.csv", "1,2\n"),
    ];
    let found = told(&entries, &Answers::new());
    assert_eq!(
        found,
        "Error t/deploy/prod.yaml as `deploy/prod.yaml` (github, single) line 2: the key `instance` is missing \
         (`kind: real-time` has a section `instance`)\n"
    );
    let without_request = entries.iter().copied().take(3).collect::<Vec<_>>();
    let found = told(&without_request, &Answers::new());
    assert!(
        found.contains("Error t/deploy/test.yaml") && found.contains("there is no file `requests/one.csv`"),
        "{found}"
    );
}
