use serde_json::json;

use super::testing::Screen;
use super::*;
use crate::report::{Cell, Table, Tone, View};

fn report() -> Report {
    let data = json!({"models": [{"name": "churn", "version": 3, "comment": "a\u{1b}[2J\u{202e}b"}], "account": "012345678901"});
    let row = vec![Cell::from("churn"), Cell::new("a\tb\n\\\u{1b}", Tone::Good)];
    let view = View::Table(Table { columns: vec!["MODEL", "COMMENT"], rows: vec![row], empty: "no models" });
    Report::new(&data, view).unwrap().next("aiops approve churn:3")
}

fn answer(rendering: Rendering) -> String {
    let screen = Screen::new();
    assert_eq!(screen.ui.answer(&report(), &rendering).unwrap(), Written::Whole);
    assert_eq!(screen.stderr(), "next: aiops approve churn:3\n");
    screen.stdout()
}

#[test]
fn one_answer_in_every_format() {
    insta::assert_snapshot!(answer(Rendering::Table), @r"
    MODEL  COMMENT
    churn  a\tb\n\\u{1b}
    ");
    assert_eq!(answer(Rendering::Tsv), "churn\ta\\tb\\n\\\\\\u{1b}\n");
    insta::assert_snapshot!(answer(Rendering::Json), @r#"
    {
      "models": [
        {
          "name": "churn",
          "version": 3,
          "comment": "a\u001b[2J\u202eb"
        }
      ],
      "account": "012345678901"
    }
    "#);
    insta::assert_snapshot!(answer(Rendering::Yaml), @r#"
    models:
      - name: churn
        version: 3
        comment: "a\u001b[2J\u202eb"
    account: "012345678901"
    "#);
    assert_eq!(answer(Rendering::Jq(jq::Filter::compile(".account").unwrap())), "012345678901\n");
}

#[test]
fn the_default_is_a_table_on_a_terminal_and_tsv_elsewhere() {
    assert!(matches!(Rendering::new(&Answer::Auto, &Screen::new().ui), Ok(Rendering::Tsv)));
    let screen = Screen::new().on_terminal(16);
    let rendering = Rendering::new(&Answer::Auto, &screen.ui).unwrap();
    screen.ui.answer(&report(), &rendering).unwrap();
    assert_eq!(screen.stdout(), "MODEL  COMMENT\nchurn  a\\tb\\n\\\\…\n");
}

#[test]
fn quiet_leaves_the_answer_alone() {
    let screen = Screen::new().quiet();
    screen.ui.answer(&report(), &Rendering::Tsv).unwrap();
    assert_eq!(screen.stderr(), "");
    assert_ne!(screen.stdout(), "");
}
