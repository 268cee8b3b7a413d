use super::*;
use crate::seed::testing::told;

fn refused(text: &str) -> String {
    told(&read("t/template.yaml", text.as_bytes()).unwrap_err())
}

#[test]
fn everything_that_a_template_can_say() {
    let text = "\
version: 1
title: Regression
description: >-
  One paragraph.
use-case: regression
includes: [common]
layouts: [single]
providers: [github, local]
variables:
  target_column: {type: string, title: Column, default: progression, pattern: '[a-z_]+'}
  folds: {type: integer, default: 5, minimum: 2, maximum: 10}
  rate: {type: number, default: 0.1}
  size: {type: choice, choices: [s, m, 3], default: 3}
  monitor: {type: boolean, default: true}
  group: {default: '<%= cicd.project.name | slug %>-models', when: monitor}
files:
  - path: repository/.github/**
    when: cicd.provider == \"github\"
  - {path: 'build/{{ group }}/*.csv', render: false}
  - {path: build/run.sh, executable: true}
";
    let manifest = read("t/template.yaml", text.as_bytes()).unwrap().value;
    let names: Vec<&str> = manifest.variables.iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["target_column", "folds", "rate", "size", "monitor", "group"], "in the order of the file");
    let variable = |name| manifest.variables.get(name).unwrap();
    assert_eq!((variable("folds").default.as_deref(), variable("folds").maximum), (Some("5"), Some(10.0)));
    assert_eq!(variable("size").choices, ["s", "m", "3"]);
    assert_eq!(
        (manifest.layouts, manifest.files[0].render, manifest.files[1].render),
        (vec![GitLayout::Single], true, false)
    );
    let matcher = manifest.files[1].matcher().unwrap();
    assert!(matcher.is_match("build/{{ group }}/a.csv") && !matcher.is_match("build/group/a.csv"));
    assert!(!matcher.is_match("build/{{ group }}/deeper/a.csv"));
}

#[test]
fn little_is_needed() {
    let manifest = read("t/template.yaml", b"version: 1\ntitle: T\n").unwrap().value;
    assert_eq!((manifest.layouts.len(), manifest.providers.len(), manifest.fragment), (2, 3, false));
}

#[test]
fn every_mistake_is_told_at_its_place() {
    insta::assert_snapshot!(refused("version: 2\ntitel: T\nlayouts: [singel]\nvariables: {a: {type: text, minimum: x}}\n"), @"
    there are 5 mistakes in `t/template.yaml`
      × expected `1`, found `2`
       ╭─[t/template.yaml:1:10]
     1 │ version: 2
       ·          ┬
       ·          ╰── version
     2 │ titel: T
       ╰────

      × `titel` is not a key of this file
       ╭─[t/template.yaml:2:1]
     1 │ version: 2
     2 │ titel: T
       · ──┬──
       ·   ╰── unknown key
     3 │ layouts: [singel]
       ╰────
      help: did you mean `title`?

      × expected `single` or `separate`, found `singel`
       ╭─[t/template.yaml:3:11]
     2 │ titel: T
     3 │ layouts: [singel]
       ·           ───┬──
       ·              ╰── layouts[0]
     4 │ variables: {a: {type: text, minimum: x}}
       ╰────
      help: did you mean `single`?

      × expected `string`, `integer`, `number`, `boolean` or `choice`, found `text`
       ╭─[t/template.yaml:4:23]
     3 │ layouts: [singel]
     4 │ variables: {a: {type: text, minimum: x}}
       ·                       ──┬─
       ·                         ╰── variables.a.type
       ╰────

      × expected a number, found `x`
       ╭─[t/template.yaml:4:38]
     3 │ layouts: [singel]
     4 │ variables: {a: {type: text, minimum: x}}
       ·                                      ┬
       ·                                      ╰── variables.a.minimum
       ╰────
    ");
    let text = "\
version: 1
title: T
includes: [../common]
variables:
  Name: {}
  cicd: {}
  range: {}
  a: {type: choice}
  b: {choices: [x]}
  c: {type: choice, choices: [x, x], default: y}
  d: {type: integer, pattern: '[0-9]+', default: many}
  e: {minimum: 1}
  f: {type: number, minimum: 2, maximum: 1}
  g: {pattern: '(', default: x}
  h: {pattern: '[a-z]+', default: X}
  i: {default: '<%= i'}
  j: {when: 'a =='}
files:
  - {path: 'build/[', when: '1 +'}
";
    insta::assert_snapshot!(refused(text), @"
    there are 18 mistakes in `t/template.yaml`
      × `../common` is not the name of a template
       ╭─[t/template.yaml:3:12]
     2 │ title: T
     3 │ includes: [../common]
       ·            ────┬────
       ·                ╰── here
     4 │ variables:
       ╰────

      × `Name` cannot be a variable: small letters, digits and `_`, a letter first
       ╭─[t/template.yaml:5:3]
     4 │ variables:
     5 │   Name: {}
       ·   ──┬─
       ·     ╰── here
     6 │   cicd: {}
       ╰────

      × `cicd` means something else in expressions: choose another name
       ╭─[t/template.yaml:6:3]
     5 │   Name: {}
     6 │   cicd: {}
       ·   ──┬─
       ·     ╰── here
     7 │   range: {}
       ╰────

      × `range` means something else in expressions: choose another name
       ╭─[t/template.yaml:7:3]
     6 │   cicd: {}
     7 │   range: {}
       ·   ──┬──
       ·     ╰── here
     8 │   a: {type: choice}
       ╰────

      × a choice needs `choices`
       ╭─[t/template.yaml:8:3]
     7 │   range: {}
     8 │   a: {type: choice}
       ·   ┬
       ·   ╰── here
     9 │   b: {choices: [x]}
       ╰────

      × only `type: choice` has choices
        ╭─[t/template.yaml:9:7]
      8 │   a: {type: choice}
      9 │   b: {choices: [x]}
        ·       ───┬───
        ·          ╰── here
     10 │   c: {type: choice, choices: [x, x], default: y}
        ╰────

      × `x` is there twice
        ╭─[t/template.yaml:10:34]
      9 │   b: {choices: [x]}
     10 │   c: {type: choice, choices: [x, x], default: y}
        ·                                  ┬
        ·                                  ╰── here
     11 │   d: {type: integer, pattern: '[0-9]+', default: many}
        ╰────

      × the default cannot be the answer: expected one of `x`, `x`, found `y`
        ╭─[t/template.yaml:10:47]
      9 │   b: {choices: [x]}
     10 │   c: {type: choice, choices: [x, x], default: y}
        ·                                               ┬
        ·                                               ╰── here
     11 │   d: {type: integer, pattern: '[0-9]+', default: many}
        ╰────

      × only `type: string` has a pattern
        ╭─[t/template.yaml:11:31]
     10 │   c: {type: choice, choices: [x, x], default: y}
     11 │   d: {type: integer, pattern: '[0-9]+', default: many}
        ·                               ────┬───
        ·                                   ╰── here
     12 │   e: {minimum: 1}
        ╰────

      × the default cannot be the answer: expected a whole number, found `many`
        ╭─[t/template.yaml:11:50]
     10 │   c: {type: choice, choices: [x, x], default: y}
     11 │   d: {type: integer, pattern: '[0-9]+', default: many}
        ·                                                  ──┬─
        ·                                                    ╰── here
     12 │   e: {minimum: 1}
        ╰────

      × only `type: integer` and `type: number` have a minimum
        ╭─[t/template.yaml:12:16]
     11 │   d: {type: integer, pattern: '[0-9]+', default: many}
     12 │   e: {minimum: 1}
        ·                ┬
        ·                ╰── here
     13 │   f: {type: number, minimum: 2, maximum: 1}
        ╰────

      × the minimum is above the maximum
        ╭─[t/template.yaml:13:30]
     12 │   e: {minimum: 1}
     13 │   f: {type: number, minimum: 2, maximum: 1}
        ·                              ┬
        ·                              ╰── here
     14 │   g: {pattern: '(', default: x}
        ╰────

      × this is no regular expression: error: unclosed group
        ╭─[t/template.yaml:14:16]
     13 │   f: {type: number, minimum: 2, maximum: 1}
     14 │   g: {pattern: '(', default: x}
        ·                ─┬─
        ·                 ╰── here
     15 │   h: {pattern: '[a-z]+', default: X}
        ╰────

      × the default cannot be the answer: expected text of the form `[a-z]+`, found `X`
        ╭─[t/template.yaml:15:35]
     14 │   g: {pattern: '(', default: x}
     15 │   h: {pattern: '[a-z]+', default: X}
        ·                                   ┬
        ·                                   ╰── here
     16 │   i: {default: '<%= i'}
        ╰────

      × the default cannot be the answer: syntax error: unexpected end of input, expected end of
      │ variable block
        ╭─[t/template.yaml:16:16]
     15 │   h: {pattern: '[a-z]+', default: X}
     16 │   i: {default: '<%= i'}
        ·                ───┬───
        ·                   ╰── here
     17 │   j: {when: 'a =='}
        ╰────

      × syntax error: unexpected end of input, expected expression
        ╭─[t/template.yaml:17:13]
     16 │   i: {default: '<%= i'}
     17 │   j: {when: 'a =='}
        ·             ───┬──
        ·                ╰── here
     18 │ files:
        ╰────

      × this is no glob: unclosed character class; missing ']'
        ╭─[t/template.yaml:19:12]
     18 │ files:
     19 │   - {path: 'build/[', when: '1 +'}
        ·            ────┬────
        ·                ╰── here
        ╰────

      × syntax error: unexpected end of input, expected expression
        ╭─[t/template.yaml:19:29]
     18 │ files:
     19 │   - {path: 'build/[', when: '1 +'}
        ·                             ──┬──
        ·                               ╰── here
        ╰────
    ");
}

#[test]
fn what_is_no_template_is_refused() {
    for (text, why) in [
        (&b"\xff\xfe"[..], "is not UTF-8"),
        (b"- a\n", "there is a mistake"),
        (b"", "mistakes in"),
        (b"version: 1\ntitle: [", "there is a mistake"),
        (b"version: 1\ntitle: T\nvariables: {a: &a [*a]}\n", "there is a mistake"),
        (b"version: 1\ntitle: \"\\e[2J\"\nnope: \"\\e]0;x\\a\"\n", "there is a mistake"),
    ] {
        let told = told(&read("t/template.yaml", text).unwrap_err());
        assert!(told.contains(why), "{told}");
        assert!(!told.contains(['\u{1b}', '\u{7}']), "{told:?}");
    }
}

#[test]
fn the_schema_is_valid_and_describes_every_key() {
    let schema = SCHEMA.value();
    assert!(jsonschema::meta::is_valid(schema));
    for definition in [schema, &schema["$defs"]["Variable"], &schema["$defs"]["Rule"]] {
        assert_eq!(definition["additionalProperties"], false);
        for (key, member) in definition["properties"].as_object().unwrap() {
            assert!(member.get("description").is_some(), "{key}");
        }
    }
}
