//! Files that cannot be read, and how that looks.

use super::*;

#[test]
fn broken_yaml_is_explained() {
    insta::assert_snapshot!(report(with("    stages:", "\tstages:")), @r#"
      × a tab stands where YAML wants spaces
       ╭─[aiops.yaml:6:1]
     5 │   - name: clinical
     6 │     stages:
       · ──┬─
       ·   ╰── here
     7 │       dev: {account: 333333333333}
       ╰────
      help: indent with spaces
    hint: `aiops config schema` prints what may stand in the file
    "#);
    insta::assert_snapshot!(report(format!("{LEAST}---\nregion: us-east-1\n")), @r#"
      × the file holds a second YAML document
        ╭─[aiops.yaml:10:1]
      9 │       prod: {account: 555555555555}
     10 │ ---
        · ─┬─
        ·  ╰── a new document begins here
     11 │ region: us-east-1
        ╰────
      help: keep one document: remove the `---` and what follows it
    hint: `aiops config schema` prints what may stand in the file
    "#);
    insta::assert_snapshot!(report(format!("{LEAST}    models: [*]\n")), @r#"
      × an alias stands for nothing
        ╭─[aiops.yaml:10:14]
      9 │       prod: {account: 555555555555}
     10 │     models: [*]
        ·              ▲
        ·              ╰── here
        ╰────
      help: text that begins with `*`, such as a pattern, needs quotes: "*"
    hint: `aiops config schema` prints what may stand in the file
    "#);
    insta::assert_snapshot!(report(format!("{LEAST}region: us-east-1\n")), @r#"
      × the key `region` is there twice
       ╭─[aiops.yaml:1:1]
     1 │ region: eu-west-1
       · ───┬──
       ·    ╰── first time
     2 │ governance: {account: 111111111111}
       ╰────
        ╭─[aiops.yaml:10:1]
      9 │       prod: {account: 555555555555}
     10 │ region: us-east-1
        · ───┬──
        ·    ╰── second time
        ╰────
      help: keep one of them
    hint: `aiops config schema` prints what may stand in the file
    "#);
    insta::assert_snapshot!(report("- a\n- b\n"), @r#"
      × expected a mapping with `region`, `governance`, `shared-services` and `tenants`, found a list
       ╭─[aiops.yaml:1:1]
     1 │ - a
       · ┬
       · ╰── the whole file
     2 │ - b
       ╰────
    hint: `aiops config schema` prints what may stand in the file
    "#);
    insta::assert_snapshot!(report(""), @r#"
      × the key `region` is missing
      help: Region of everything that names no other. It may also come from `--region`,
            `AIOPS_REGION`, `AWS_REGION` or `AWS_DEFAULT_REGION`.

      × the key `governance` is missing
      help: Account that holds the SageMaker Unified Studio domain.

      × the key `shared-services` is missing
      help: Account that holds the central model registry and its artifacts.

      × the key `tenants` is missing
      help: Lines of business, each with its accounts.
    hint: `aiops config schema` prints what may stand in the file
    "#);
}

#[test]
fn a_bomb_is_refused() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..9 {
        let below = format!("*a{}", level - 1);
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", [below.as_str(); 9].join(", ")));
    }
    insta::assert_snapshot!(report(bomb), @r#"
      × the file stands for more than 20000 values
       ╭─[aiops.yaml:5:15]
     4 │ a3: &a3 [*a2, *a2, *a2, *a2, *a2, *a2, *a2, *a2, *a2]
     5 │ a4: &a4 [*a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3, *a3]
       ·               ─┬─
       ·                ╰── the limit is passed here
     6 │ a5: &a5 [*a4, *a4, *a4, *a4, *a4, *a4, *a4, *a4, *a4]
       ╰────
      help: write out what the aliases (`*name`) repeat, or use fewer of them
    hint: `aiops config schema` prints what may stand in the file
    "#);
}

#[test]
fn files_that_are_no_text_or_too_large_are_refused() {
    insta::assert_snapshot!(report(b"region: eu-west-1\ntitle: \xff\n"), @r#"
    `aiops.yaml` is not UTF-8: line 2 holds a byte that is no text
    hint: save the file as UTF-8
    "#);
    insta::assert_snapshot!(report(vec![b'#'; 2 << 20]), @r#"
    `aiops.yaml` is larger than 1024 KiB
    hint: a configuration is a few hundred lines: is this the right file?
    "#);
}

#[test]
fn text_of_the_file_cannot_reach_the_terminal_as_commands() {
    let text = with("region: eu-west-1", "region: \"a\u{1b}[31mb\" # \u{1b}]0;title\u{7}\u{202e}");
    let report = report(text);
    assert!(report.contains("a?[31mb") && report.chars().all(|c| c == '\n' || !c.is_control()), "{report}");
    assert!(!report.contains('\u{202e}'));
}

#[test]
fn a_missing_file_says_how_to_get_one() {
    let loaded = Case::empty().load().unwrap();
    insta::assert_snapshot!(shown(&loaded.require_file().unwrap_err()), @r#"
    there is no aiops.yaml in this directory or above it
    hint: `aiops init` writes one from your answers
    hint: `aiops demo` makes a landscape to try things in, without AWS
    hint: `--config` or AIOPS_CONFIG names a file elsewhere
    "#);
    let case = Case::empty().env("AIOPS_CONFIG", "elsewhere.yaml");
    let error = shown(&case.load().unwrap_err()).replace(&case.path("").display().to_string(), "DIR/");
    insta::assert_snapshot!(error, @r#"
    AIOPS_CONFIG names `DIR/elsewhere.yaml`, and there is no such file
    hint: name an existing aiops.yaml, or leave AIOPS_CONFIG out to search upwards from here
    "#);
}
