use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::seed::testing::{single, template, told};

const ASKS: &str = "\
variables:
  column: {title: Column that is predicted, pattern: '[a-z_]+'}
  folds: {type: integer, default: 5, minimum: 2, maximum: 10}
  rate: {type: number, default: 0.1}
  size: {type: choice, choices: [small, large], default: small}
  monitor: {type: boolean, default: false}
  address: {when: monitor}
  group: {default: '<%= cicd.project.name %>-<%= column | slug %>'}
";

fn given(entries: &[(&str, Value)]) -> Answers {
    entries.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

#[test]
fn defaults_complete_what_is_given_and_texts_become_what_they_mean() {
    let template = template(ASKS, &[]).unwrap();
    let answers =
        template.answers(&given(&[("column", json!("the_value")), ("folds", json!("7"))]), &single()).unwrap();
    let expected = json!({
        "column": "the_value", "folds": 7, "rate": 0.1, "size": "small", "monitor": false, "group": "churn-the-value",
    });
    assert_eq!(json!(answers), expected);
    let more =
        given(&[("column", json!("a")), ("monitor", json!(true)), ("address", json!("x@y")), ("rate", json!(1))]);
    let answers = template.answers(&more, &single()).unwrap();
    assert_eq!((&answers["address"], &answers["rate"]), (&json!("x@y"), &json!(1)));
    assert_eq!(template.answers(&answers, &single()).unwrap(), answers, "answers are answers again");
}

#[test]
fn every_mistake_is_told_at_once() {
    let template = template(ASKS, &[]).unwrap();
    let wrong = given(&[
        ("column", json!("The Value")),
        ("folds", json!(11)),
        ("rate", json!("fast")),
        ("size", json!("smal")),
        ("monitor", json!("yes")),
        ("colum", json!("x")),
        ("\u{1b}[2J", json!(1)),
    ]);
    insta::assert_snapshot!(told(&template.answers(&wrong, &single()).unwrap_err()), @"
    there are 7 mistakes in the answers
      × the template `t` does not ask for `?[2J`
      help: it asks for: column, folds, rate, size, monitor, address, group

      × the template `t` does not ask for `colum`
      help: did you mean `column`?

      × `column`: expected text of the form `[a-z_]+`, found `The Value`

      × `folds`: expected a whole number from 2 to 10, found `11`

      × `rate`: expected a number, found `fast`

      × `size`: expected one of `small`, `large`, found `smal`
      help: did you mean `small`?

      × `monitor`: expected `true` or `false`, found `yes`
    ");
    insta::assert_snapshot!(told(&template.answers(&Answers::new(), &single()).unwrap_err()), @"
    `column` has no answer
    hint: Column that is predicted: give it by `--set column=...`, or in a file by `--answers`
    ");
}

#[test]
fn what_an_earlier_version_asked_is_left_out() {
    let template = template(ASKS, &[]).unwrap();
    let recorded = given(&[("column", json!("a")), ("gone", json!(1))]);
    assert_eq!(template.still_asked(&recorded), given(&[("column", json!("a"))]));
}

#[test]
fn a_default_that_does_not_fit_here_is_told() {
    let template = template(
        "variables: {a: {default: '<%= cicd.nothing %>'}, b: {type: integer, default: '<%= cicd.provider %>'}}",
        &[],
    );
    insta::assert_snapshot!(told(&template.unwrap().answers(&Answers::new(), &single()).unwrap_err()), @"
    the default of `a` cannot be its answer here: `cicd.nothing` is undefined
    hint: give another by `--set a=...`
    ");
}

#[test]
fn a_file_of_answers_keeps_texts_as_they_are_written() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("answers.yaml");
    std::fs::write(&path, "account: 012345678901\nfolds: 7\nname: no\nquoted: '1.10'\n").unwrap();
    let answers = read(&path).unwrap();
    assert_eq!(json!(answers), json!({"account": "012345678901", "folds": "7", "name": "no", "quoted": "1.10"}));
    std::fs::write(&path, "a: [1]\nb:\n").unwrap();
    assert!(told(&read(&path).unwrap_err()).contains("expected text, found a list"));
    assert!(read(&directory.path().join("none.yaml")).is_err());
}

proptest! {
    #[test]
    fn what_is_accepted_is_accepted_again(text in "[a-z0-9.+-]{0,6}|true|false|-?[0-9]{1,20}|[0-9]\\.[0-9]e[0-9]{1,3}", kind in 0..4usize) {
        let kind = [Kind::String, Kind::Integer, Kind::Number, Kind::Boolean][kind];
        let variable = Variable { kind, minimum: None, ..Variable::default() };
        if let Ok(answer) = variable.accept(&json!(text)) {
            prop_assert_eq!(variable.accept(&answer), Ok(answer.clone()));
            // As the record writes and reads it.
            let again: Value = serde_yaml::from_str(&serde_yaml::to_string(&answer).unwrap()).unwrap();
            prop_assert_eq!(variable.accept(&again), Ok(answer));
        }
    }
}
