//! What is refused, and how that looks.

use super::*;

#[test]
fn a_wrong_key_is_answered_with_the_nearest() {
    insta::assert_snapshot!(report(with("region: eu-west-1", "regoin: eu-west-1")), @r#"
      × `regoin` is not a key of this file
       ╭─[aiops.yaml:1:1]
     1 │ regoin: eu-west-1
       · ───┬──
       ·    ╰── unknown key
     2 │ governance: {account: 111111111111}
       ╰────
      help: did you mean `region`?
    hint: `aiops config schema` prints what may stand in the file
    "#);
    insta::assert_snapshot!(report(format!("{LEAST}    floor: third\n")), @r#"
      × `floor` is not a key of `tenants[0]`
        ╭─[aiops.yaml:10:5]
      9 │       prod: {account: 555555555555}
     10 │     floor: third
        ·     ──┬──
        ·       ╰── unknown key
        ╰────
      help: known keys: `name`, `title`, `owners`, `members`, `stages`, `data`, `models` and `allow-
            shared-prod`
    hint: `aiops config schema` prints what may stand in the file
    "#);
}

#[test]
fn a_wrong_account_id_is_shown() {
    insta::assert_snapshot!(report(with("111111111111", "1111-1111-1111")), @r#"
      × expected an AWS account id of 12 digits, found `1111-1111-1111`
       ╭─[aiops.yaml:2:23]
     1 │ region: eu-west-1
     2 │ governance: {account: 1111-1111-1111}
       ·                       ───────┬──────
       ·                              ╰── governance.account
     3 │ shared-services: {account: 012345678901}
       ╰────
      help: such as `012345678901`
    hint: `aiops config schema` prints what may stand in the file
    "#);
}

#[test]
fn duplicate_tenants_are_shown_at_both_places() {
    let second = "  - {name: clinical, stages: {dev: {account: 666666666666}, test: {account: 777777777777}, prod: {account: 888888888888}}}\n";
    insta::assert_snapshot!(report(format!("{LEAST}{second}")), @r#"
      × two tenants are called `clinical`
        ╭─[aiops.yaml:10:12]
      4 │ tenants:
      5 │   - name: clinical
        ·           ────┬───
        ·               ╰── first time
      6 │     stages:
      7 │       dev: {account: 333333333333}
      8 │       test: {account: 444444444444}
      9 │       prod: {account: 555555555555}
     10 │   - {name: clinical, stages: {dev: {account: 666666666666}, test: {account: 777777777777}, prod: {account: 888888888888}}}
        ·            ────┬───
        ·                ╰── second time
        ╰────
      help: give each tenant a name of its own
    hint: `aiops config schema` prints what may stand in the file
    "#);
}

#[test]
fn dev_and_shared_services_are_not_one_account() {
    insta::assert_snapshot!(report(with("333333333333", "012345678901")), @"
      × dev of `clinical` and shared services are one account in one Region
       ╭─[aiops.yaml:7:22]
     2 │ governance: {account: 111111111111}
     3 │ shared-services: {account: 012345678901}
       ·                            ──────┬─────
       ·                                  ╰── shared services
     4 │ tenants:
     5 │   - name: clinical
     6 │     stages:
     7 │       dev: {account: 012345678901}
       ·                      ──────┬─────
       ·                            ╰── dev
     8 │       test: {account: 444444444444}
       ╰────
      help: the rules of dev would count in the central registry: give one of them an account of its
            own
    hint: `aiops config schema` prints what may stand in the file
    ");
    // In another Region it is another registry.
    let apart = with("dev: {account: 333333333333}", "dev: {account: 012345678901, region: eu-north-1}");
    assert!(Case::new(apart).load().is_ok());
}

#[test]
fn dev_and_prod_are_not_one_account_unless_that_is_said() {
    let shared = with("555555555555", "333333333333");
    insta::assert_snapshot!(report(&shared), @r#"
      × dev and prod of `clinical` are one account
       ╭─[aiops.yaml:9:23]
     6 │     stages:
     7 │       dev: {account: 333333333333}
       ·                      ──────┬─────
       ·                            ╰── dev
     8 │       test: {account: 444444444444}
     9 │       prod: {account: 333333333333}
       ·                       ──────┬─────
       ·                             ╰── prod
       ╰────
      help: give prod an account of its own; or, if the two must share one, write `allow-shared-prod:
            true` in this tenant
    hint: `aiops config schema` prints what may stand in the file
    "#);
    let loaded = Case::new(format!("{shared}    allow-shared-prod: true\n")).load().unwrap();
    assert_eq!(
        loaded.warnings,
        [
            "aiops.yaml:9: dev and prod of `clinical` share account `333333333333`: whoever administers dev administers prod"
        ]
    );
}

#[test]
fn several_mistakes_are_shown_at_once() {
    let text = "\
region: Ireland
persona: enginer
governance: {account: 1111}
shared-services:
  account: 222222222222
  buckett: models
session: {assume-roles: yes, duration: 90, external-id: x1, via: []}
tenants:
  - name: Clinical
    stages:
      dev: {account: 333333333333}
      prod: {account: 333333333333}
  - name: claims
    stages: {dev: &a {account: '444444444444'}, test: *a, prod: *a}
profiles:
  - {name: tabular, use-case: regresion, tenants: [claim, clinical]}
promotion: {copy-concurrency: '8', poll: 1h, wait: 30m}
roles: {ci: {external-id: abc}, lead: [a]}
git: {provider: github}
";
    insta::assert_snapshot!(report(text), @r#"
      × expected the name of an AWS Region, found `Ireland`
       ╭─[aiops.yaml:1:9]
     1 │ region: Ireland
       ·         ───┬───
       ·            ╰── region
     2 │ persona: enginer
       ╰────
      help: such as `eu-west-1`

      × expected `administrator`, `data-scientist`, `lead`, `engineer`, `governance-officer` or `ci`,
      │ found `enginer`
       ╭─[aiops.yaml:2:10]
     1 │ region: Ireland
     2 │ persona: enginer
       ·          ───┬───
       ·             ╰── persona
     3 │ governance: {account: 1111}
       ╰────
      help: did you mean `engineer`?

      × expected an AWS account id of 12 digits, found `1111`
       ╭─[aiops.yaml:3:23]
     2 │ persona: enginer
     3 │ governance: {account: 1111}
       ·                       ──┬─
       ·                         ╰── governance.account
     4 │ shared-services:
       ╰────
      help: such as `012345678901`

      × `buckett` is not a key of `shared-services`
       ╭─[aiops.yaml:6:3]
     5 │   account: 222222222222
     6 │   buckett: models
       ·   ───┬───
       ·      ╰── unknown key
     7 │ session: {assume-roles: yes, duration: 90, external-id: x1, via: []}
       ╰────
      help: did you mean `bucket`?

      × expected `true` or `false`, found `yes`
       ╭─[aiops.yaml:7:25]
     6 │   buckett: models
     7 │ session: {assume-roles: yes, duration: 90, external-id: x1, via: []}
       ·                         ─┬─
       ·                          ╰── session.assume-roles
     8 │ tenants:
       ╰────
      help: write `true`

      × expected a duration in hours, minutes and seconds, found `90`
       ╭─[aiops.yaml:7:40]
     6 │   buckett: models
     7 │ session: {assume-roles: yes, duration: 90, external-id: x1, via: []}
       ·                                        ─┬
       ·                                         ╰── session.duration
     8 │ tenants:
       ╰────
      help: such as `45s`

      × expected a name of lower-case letters, digits and single hyphens that begins with a letter,
      │ found `Clinical`
        ╭─[aiops.yaml:9:11]
      8 │ tenants:
      9 │   - name: Clinical
        ·           ────┬───
        ·               ╰── tenants[0].name
     10 │     stages:
        ╰────
      help: such as `clinical`

      × the key `test` is missing
        ╭─[aiops.yaml:10:5]
      9 │   - name: Clinical
     10 │     stages:
        ·     ───┬──
        ·        ╰── expected in `tenants[0].stages`
     11 │       dev: {account: 333333333333}
        ╰────
      help: Where models are deployed to be tested. May be the account of another stage.

      × dev and prod of `Clinical` are one account
        ╭─[aiops.yaml:12:23]
     10 │     stages:
     11 │       dev: {account: 333333333333}
        ·                      ──────┬─────
        ·                            ╰── dev
     12 │       prod: {account: 333333333333}
        ·                       ──────┬─────
        ·                             ╰── prod
     13 │   - name: claims
        ╰────
      help: give prod an account of its own; or, if the two must share one, write `allow-shared-prod:
            true` in this tenant

      × dev and prod of `claims` are one account
        ╭─[aiops.yaml:14:32]
     13 │   - name: claims
     14 │     stages: {dev: &a {account: '444444444444'}, test: *a, prod: *a}
        ·                                ───────┬──────
        ·                                       ╰── prod
     15 │ profiles:
        ╰────
      help: give prod an account of its own; or, if the two must share one, write `allow-shared-prod:
            true` in this tenant

      × expected `regression`, `llm-finetuning`, `rag` or `data-pipeline`, found `regresion`
        ╭─[aiops.yaml:16:31]
     15 │ profiles:
     16 │   - {name: tabular, use-case: regresion, tenants: [claim, clinical]}
        ·                               ────┬────
        ·                                   ╰── profiles[0].use-case
     17 │ promotion: {copy-concurrency: '8', poll: 1h, wait: 30m}
        ╰────
      help: did you mean `regression`?

      × there is no tenant `claim`
        ╭─[aiops.yaml:16:52]
     15 │ profiles:
     16 │   - {name: tabular, use-case: regresion, tenants: [claim, clinical]}
        ·                                                    ──┬──
        ·                                                      ╰── profiles[0].tenants[0]
     17 │ promotion: {copy-concurrency: '8', poll: 1h, wait: 30m}
        ╰────
      help: did you mean `claims`?

      × there is no tenant `clinical`
        ╭─[aiops.yaml:16:59]
     15 │ profiles:
     16 │   - {name: tabular, use-case: regresion, tenants: [claim, clinical]}
        ·                                                           ────┬───
        ·                                                               ╰── profiles[0].tenants[1]
     17 │ promotion: {copy-concurrency: '8', poll: 1h, wait: 30m}
        ╰────
      help: did you mean `Clinical`?

      × expected a whole number from 1 to 64, found `8`
        ╭─[aiops.yaml:17:31]
     16 │   - {name: tabular, use-case: regresion, tenants: [claim, clinical]}
     17 │ promotion: {copy-concurrency: '8', poll: 1h, wait: 30m}
        ·                               ─┬─
        ·                                ╰── promotion.copy-concurrency
     18 │ roles: {ci: {external-id: abc}, lead: [a]}
        ╰────
      help: write it without quotes

      × the first look would come after the waiting is over
        ╭─[aiops.yaml:17:42]
     16 │   - {name: tabular, use-case: regresion, tenants: [claim, clinical]}
     17 │ promotion: {copy-concurrency: '8', poll: 1h, wait: 30m}
        ·                                          ─┬        ─┬─
        ·                                           │         ╰── wait
        ·                                           ╰── poll
     18 │ roles: {ci: {external-id: abc}, lead: [a]}
        ╰────
      help: make `poll` shorter than `wait`

      × the key `role` is missing
        ╭─[aiops.yaml:18:9]
     17 │ promotion: {copy-concurrency: '8', poll: 1h, wait: 30m}
     18 │ roles: {ci: {external-id: abc}, lead: [a]}
        ·         ─┬
        ·          ╰── expected in `roles.ci`
     19 │ git: {provider: github}
        ╰────
      help: Name or ARN of the role.

      × expected the name or the ARN of an IAM role, or a mapping with `role`, found a list
        ╭─[aiops.yaml:18:33]
     17 │ promotion: {copy-concurrency: '8', poll: 1h, wait: 30m}
     18 │ roles: {ci: {external-id: abc}, lead: [a]}
        ·                                 ──┬─
        ·                                   ╰── roles.lead
     19 │ git: {provider: github}
        ╰────

      × repositories on github need an owner
        ╭─[aiops.yaml:19:17]
     18 │ roles: {ci: {external-id: abc}, lead: [a]}
     19 │ git: {provider: github}
        ·                 ───┬──
        ·                    ╰── git.provider
        ╰────
      help: add `owner:` with the organisation, user or group
    hint: `aiops config schema` prints what may stand in the file
    "#);
}

#[test]
fn rules_over_several_values() {
    let arn = "arn:aws:iam::999999999999:role/ml/ci";
    for (text, message) in [
        (format!("{LEAST}roles: {{ci: '{arn}'}}\n"), "this role only exists in account `999999999999`"),
        (
            with("{account: 333333333333}", &format!("{{account: 333333333333, roles: {{ci: '{arn}'}}}}")),
            "this role belongs to account `999999999999`",
        ),
        (
            format!("{LEAST}session: {{assume-roles: false, external-id: abc}}\n"),
            "`external-id` without a role to assume",
        ),
        (format!("{LEAST}session: {{duration: 5m}}\n"), "AWS makes no sessions of this length"),
        (format!("{LEAST}session: {{duration: 2h, via: ['{arn}']}}\n"), "15m to 1h, because roles are chained"),
        (format!("{LEAST}promotion: {{poll: 0s}}\n"), "this must be longer than nothing"),
        (format!("{LEAST}promotion: {{poll: 10m, wait: 5m}}\n"), "the first look would come after"),
        (format!("{LEAST}git: {{provider: gitlab}}\n"), "repositories on gitlab need an owner"),
        (format!("{LEAST}templates: {{ref: v1}}\n"), "`ref` without a repository"),
        (
            format!("{LEAST}profiles: [{{name: a, use-case: rag}}, {{name: a, use-case: rag}}]\n"),
            "two profiles are called `a`",
        ),
        (format!("{LEAST}version: 2\n"), "expected `1`, found `2`"),
        (format!("{LEAST}domain:\n"), "found nothing"),
        (format!("{LEAST}gates: {{four-eyes: 'true'}}\n"), "write it without quotes"),
        (with("tenants:", "tenants: []\nignored:"), "expected a list with at least one entry, found an empty list"),
    ] {
        let report = report(&text);
        assert!(report.contains(message), "{message}\n{report}");
    }
}

#[test]
fn a_wrong_variable_or_flag_is_named() {
    insta::assert_snapshot!(shown(&Case::new(LEAST).env("AIOPS_REGION", "Ireland").load().unwrap_err()), @r#"
      × env AIOPS_REGION: expected the name of an AWS Region, found `Ireland`
      help: such as `eu-west-1`
    hint: `aiops config schema` prints what may stand in the file
    "#);
    let mut case = Case::empty().env("AIOPS_PERSONA", "boss");
    case.flags.region = Some("x".to_owned());
    insta::assert_snapshot!(shown(&case.load().unwrap_err()), @"
    × env AIOPS_PERSONA: expected `administrator`, `data-scientist`, `lead`, `engineer`,
    │ `governance-officer` or `ci`, found `boss`

    × flag --region: expected the name of an AWS Region, found `x`
    help: such as `eu-west-1`
    ");
}
