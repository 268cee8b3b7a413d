//! What holds for every policy and every request.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::pattern::{Pattern, SegmentEnd};
use super::*;

/// The obvious matcher, for patterns in which no component is special.
fn naive(pattern: &[char], text: &[char]) -> bool {
    match (pattern, text) {
        ([], _) => text.is_empty(),
        (['*', rest @ ..], _) => naive(rest, text) || text.split_first().is_some_and(|(_, tail)| naive(pattern, tail)),
        (['?', rest @ ..], [_, tail @ ..]) => naive(rest, tail),
        ([c, rest @ ..], [d, tail @ ..]) => c == d && naive(rest, tail),
        (_, []) => false,
    }
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

fn statement() -> impl Strategy<Value = String> {
    let effect = select(vec!["Allow", "Deny"]);
    let action =
        select(vec![r#""Action":"*""#, r#""Action":"s3:Get*""#, r#""NotAction":"s3:*""#, r#""Action":"S3:PUTOBJECT""#]);
    let resource = select(vec![
        r#""Resource":"*""#,
        r#""Resource":"arn:aws:s3:::models/*""#,
        r#""NotResource":"arn:aws:s3:::models/a*""#,
        r#""Resource":"arn:aws:s3:::${aws:PrincipalTag/team}/*""#,
    ]);
    let condition = select(vec![
        "",
        r#","Condition":{"StringEquals":{"aws:SourceIdentity":"lead"}}"#,
        r#","Condition":{"ForAllValues:StringLike":{"a:x":"${aws:userid}*"}}"#,
        r#","Condition":{"Null":{"a:x":"true"},"NumericLessThanIfExists":{"a:x":3}}"#,
    ]);
    (effect, action, resource, condition).prop_map(|(effect, action, resource, condition)| {
        format!(r#"{{"Effect":"{effect}",{action},{resource}{condition}}}"#)
    })
}

fn identity() -> impl Strategy<Value = Vec<String>> {
    vec(statement(), 1..5)
}

fn whole(statements: &[String]) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

fn decide(statements: &[String], action: &str, resource: &str, x: &str) -> Decision {
    let policy = Policy::parse(&whole(statements), DocumentKind::Identity).unwrap();
    let principal = session();
    let mut context = Context::default();
    principal.describe(&mut context);
    context.set("a:x", x);
    let request = Request { principal: &principal, action, resource, resource_account: ACCOUNT, context: &context };
    evaluate(&request, &Policies { identity: &[&policy], ..Policies::default() })
}

proptest! {
    #[test]
    fn the_matcher_agrees_with_the_obvious_one(pattern in "[ab*?]{0,8}", text in "[ab]{0,8}") {
        prop_assert_eq!(Pattern::wildcards(&pattern).matches(&text), naive(&chars(&pattern), &chars(&text)));
    }

    #[test]
    fn closed_components_match_one_by_one(
        pattern in vec("[ab*?]{0,4}", 6),
        text in vec("[ab]{0,4}", 6),
    ) {
        let by_component = pattern.iter().zip(&text).all(|(p, t)| naive(&chars(p), &chars(t)));
        let whole = Pattern::wildcards(&pattern.join(":")).arn(SegmentEnd::Closed);
        prop_assert_eq!(whole.matches(&text.join(":")), by_component);
    }

    #[test]
    fn a_deny_more_never_allows_more(
        statements in identity(),
        deny in statement(),
        action in select(vec!["s3:GetObject", "s3:PutObject", "iam:GetRole"]),
        resource in select(vec![OBJECT, "arn:aws:s3:::fraud/k", "*"]),
        x in "[0-9A-Z]{0,6}",
    ) {
        let before = decide(&statements, action, resource, &x);
        let mut more = statements.clone();
        more.push(deny.replacen(r#""Effect":"Allow""#, r#""Effect":"Deny""#, 1));
        let after = decide(&more, action, resource, &x);
        prop_assert!(before.is_allowed() || !after.is_allowed());
    }

    #[test]
    fn the_order_of_statements_does_not_matter(mut statements in identity(), x in "[0-9]{0,2}") {
        let forwards = decide(&statements, "s3:GetObject", OBJECT, &x).is_allowed();
        statements.reverse();
        prop_assert_eq!(decide(&statements, "s3:GetObject", OBJECT, &x).is_allowed(), forwards);
    }

    #[test]
    fn any_text_is_read_or_refused_and_any_document_decides(
        action in "\\PC{0,12}", resource in "\\PC{0,24}", key in "\\PC{0,12}", value in "\\PC{0,24}",
        operator in select(vec!["StringLike", "ArnEquals", "DateLessThan", "IpAddress", "BinaryEquals", "Bool", "Null",
            "NumericNotEquals", "ForAllValues:StringNotEqualsIgnoreCase"]),
        request in "\\PC{0,24}",
    ) {
        let document = serde_json::json!({"Version": "2012-10-17", "Statement": {
            "Effect": "Allow", "Action": format!("s3:{}", action.replace(':', "")), "Resource": format!("arn:aws:s3:::{resource}"),
            "Condition": {operator: {format!("a:{key}"): [value, "1/200", "${", "${x", "2026-99"]}},
        }});
        let policy = Policy::parse(&document.to_string(), DocumentKind::Identity);
        let policy = policy.map_err(|error| TestCaseError::fail(error.to_string()))?;
        let principal = session();
        let mut context = Context::default();
        context.set(&format!("a:{key}"), &request);
        let request = Request {
            principal: &principal, action: &action, resource: &request, resource_account: &request, context: &context,
        };
        evaluate(&request, &Policies { identity: &[&policy], ..Policies::default() });
    }

    #[test]
    fn no_text_breaks_the_parser(text in "[{}\\[\\]\",:a-zA-Z*0-9]{0,80}") {
        for kind in [DocumentKind::Identity, DocumentKind::Trust, DocumentKind::Resource] {
            let _ = Policy::parse(&text, kind);
        }
    }
}

#[test]
fn many_wildcards_cost_no_more_than_few() {
    let pattern = Pattern::wildcards(&format!("{}c", "a*".repeat(200)));
    assert!(!pattern.matches(&"a".repeat(2000)));
    assert!(pattern.matches(&format!("{}c", "a".repeat(2000))));
}
