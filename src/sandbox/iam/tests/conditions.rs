//! The condition operators, one row a rule.

use super::*;

/// Condition keys and their values.
type Keys = &'static [(&'static str, &'static [&'static str])];

#[test]
fn operators_test_as_documented() {
    #[rustfmt::skip]
    let rows: &[(&str, &str, Keys, bool)] = &[
        ("Condition: operators are joined by AND", r#"{"StringEquals":{"a:x":"1"},"StringLike":{"a:y":"2*"}}"#, &[("a:x", &["1"]), ("a:y", &["3"])], false),
        ("Condition: keys are joined by AND", r#"{"StringEquals":{"a:x":"1","a:y":"2"}}"#, &[("a:x", &["1"]), ("a:y", &["3"])], false),
        ("Condition: values are joined by OR", r#"{"StringEquals":{"a:x":["1","2"]}}"#, &[("a:x", &["2"])], true),
        ("Condition: values of a negated operator by NOR", r#"{"StringNotEquals":{"a:x":["1","2"]}}"#, &[("a:x", &["2"])], false),
        ("Condition: key names are case-insensitive", r#"{"StringEquals":{"SageMaker:modellifecycle:STAGE":"Prod"}}"#, &[("sagemaker:ModelLifeCycle:Stage", &["Prod"])], true),
        ("Condition: numbers and booleans may be unquoted", r#"{"NumericEquals":{"a:x":5},"Bool":{"a:y":true}}"#, &[("a:x", &["5"]), ("a:y", &["true"])], true),
        ("absent key: the condition is false", r#"{"StringEquals":{"a:x":"1"}}"#, &[], false),
        ("absent key: a negated condition is true", r#"{"StringNotEquals":{"a:x":"1"}}"#, &[], true),
        ("absent key: NotIpAddress is true", r#"{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#, &[], true),
        ("absent key: ArnNotLike is true", r#"{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/x"}}"#, &[], true),

        ("StringEquals: exact and case-sensitive", r#"{"StringEquals":{"a:x":"Prod"}}"#, &[("a:x", &["prod"])], false),
        ("StringEquals: wildcards are characters", r#"{"StringEquals":{"a:x":"p*"}}"#, &[("a:x", &["prod"])], false),
        ("StringEqualsIgnoreCase", r#"{"StringEqualsIgnoreCase":{"a:x":"PROD"}}"#, &[("a:x", &["prod"])], true),
        ("StringNotEqualsIgnoreCase", r#"{"StringNotEqualsIgnoreCase":{"a:x":"PROD"}}"#, &[("a:x", &["prod"])], false),
        ("StringLike: wildcards", r#"{"StringLike":{"a:x":"p?o*"}}"#, &[("a:x", &["prod"])], true),
        ("StringLike: case-sensitive", r#"{"StringLike":{"a:x":"P*"}}"#, &[("a:x", &["prod"])], false),
        ("StringNotLike", r#"{"StringNotLike":{"a:x":["x*","p*"]}}"#, &[("a:x", &["prod"])], false),

        ("NumericEquals: by value", r#"{"NumericEquals":{"a:x":"5.0"}}"#, &[("a:x", &["5"])], true),
        ("NumericNotEquals", r#"{"NumericNotEquals":{"a:x":"5"}}"#, &[("a:x", &["5"])], false),
        ("NumericLessThan: the request's value is less", r#"{"NumericLessThan":{"a:x":"10"}}"#, &[("a:x", &["9"])], true),
        ("NumericLessThan: not equal", r#"{"NumericLessThan":{"a:x":"10"}}"#, &[("a:x", &["10"])], false),
        ("NumericLessThanEquals", r#"{"NumericLessThanEquals":{"a:x":"10"}}"#, &[("a:x", &["10"])], true),
        ("NumericGreaterThan: not as text", r#"{"NumericGreaterThan":{"a:x":"9"}}"#, &[("a:x", &["10"])], true),
        ("NumericGreaterThanEquals", r#"{"NumericGreaterThanEquals":{"a:x":"11"}}"#, &[("a:x", &["10"])], false),
        ("Numeric: text is no number", r#"{"NumericLessThan":{"a:x":"10"}}"#, &[("a:x", &["many"])], false),
        ("Numeric: infinity is no number", r#"{"NumericGreaterThan":{"a:x":"10"}}"#, &[("a:x", &["inf"])], false),

        ("DateEquals: the same moment in another form", r#"{"DateEquals":{"a:x":"1767604800"}}"#, &[("a:x", &["2026-01-05T09:20:00Z"])], true),
        ("DateNotEquals", r#"{"DateNotEquals":{"a:x":"2026-01-05"}}"#, &[("a:x", &["2026-01-05T00:00:00Z"])], false),
        ("DateLessThan: a day is its first moment", r#"{"DateLessThan":{"aws:CurrentTime":"2026-01-05"}}"#, &[("aws:CurrentTime", &["2026-01-04T23:59:59Z"])], true),
        ("DateLessThanEquals: an offset", r#"{"DateLessThanEquals":{"a:x":"2026-01-05T10:00:00+01:00"}}"#, &[("a:x", &["2026-01-05T09:00:00Z"])], true),
        ("DateGreaterThan: a year", r#"{"DateGreaterThan":{"a:x":"2026"}}"#, &[("a:x", &["2026-01-05T09:00:00Z"])], true),
        ("DateGreaterThanEquals: a month", r#"{"DateGreaterThanEquals":{"a:x":"2026-02"}}"#, &[("a:x", &["2026-01-05T09:00:00Z"])], false),
        ("Date: minutes without seconds", r#"{"DateEquals":{"a:x":"2026-01-05T09:00Z"}}"#, &[("a:x", &["2026-01-05T09:00:00Z"])], true),

        ("Bool: true", r#"{"Bool":{"aws:SecureTransport":"true"}}"#, &[("aws:SecureTransport", &["true"])], true),
        ("Bool: false", r#"{"Bool":{"aws:SecureTransport":"false"}}"#, &[("aws:SecureTransport", &["true"])], false),
        ("Bool: absent is not false", r#"{"Bool":{"aws:SecureTransport":"false"}}"#, &[], false),
        ("BinaryEquals", r#"{"BinaryEquals":{"a:x":"QUJD"}}"#, &[("a:x", &["QUJD"])], true),
        ("BinaryEquals: by bytes", r#"{"BinaryEquals":{"a:x":"QUJD"}}"#, &[("a:x", &["qujd"])], false),

        ("IpAddress: a network", r#"{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}"#, &[("aws:SourceIp", &["203.0.113.9"])], true),
        ("IpAddress: without prefix length, one address", r#"{"IpAddress":{"aws:SourceIp":"203.0.113.1"}}"#, &[("aws:SourceIp", &["203.0.113.9"])], false),
        ("IpAddress: the whole internet", r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}}"#, &[("aws:SourceIp", &["203.0.113.9"])], true),
        ("IpAddress: version 6", r#"{"IpAddress":{"aws:SourceIp":"2001:db8::/32"}}"#, &[("aws:SourceIp", &["2001:db8:1::9"])], true),
        ("IpAddress: versions do not mix", r#"{"IpAddress":{"aws:SourceIp":"::/0"}}"#, &[("aws:SourceIp", &["203.0.113.9"])], false),
        ("NotIpAddress: none of several", r#"{"NotIpAddress":{"aws:SourceIp":["10.0.0.0/8","203.0.113.0/24"]}}"#, &[("aws:SourceIp", &["203.0.113.9"])], false),

        ("ArnEquals: is ArnLike", r#"{"ArnEquals":{"aws:PrincipalArn":"arn:aws:iam::*:role/R*"}}"#, &[("aws:PrincipalArn", &["arn:aws:iam::1:role/Run"])], true),
        ("ArnLike: each component by itself", r#"{"ArnLike":{"a:x":"arn:aws:iam::*/R"}}"#, &[("a:x", &["arn:aws:iam::1:role/R"])], false),
        ("ArnLike: a component does not span", r#"{"ArnLike":{"a:x":"arn:aws:sns:*:topic"}}"#, &[("a:x", &["arn:aws:sns:eu-west-1:1:topic"])], false),
        ("ArnNotEquals", r#"{"ArnNotEquals":{"a:x":"arn:aws:iam::1:role/*"}}"#, &[("a:x", &["arn:aws:iam::1:role/R"])], false),
        ("ArnNotLike", r#"{"ArnNotLike":{"a:x":"arn:aws:iam::2:role/*"}}"#, &[("a:x", &["arn:aws:iam::1:role/R"])], true),

        ("Null: true asks for absence", r#"{"Null":{"a:x":"true"}}"#, &[], true),
        ("Null: true, present", r#"{"Null":{"a:x":"true"}}"#, &[("a:x", &["1"])], false),
        ("Null: false asks for presence", r#"{"Null":{"a:x":"false"}}"#, &[], false),
        ("Null: false, present", r#"{"Null":{"a:x":false}}"#, &[("a:x", &["1"])], true),
        ("Null: a key without values is absent", r#"{"Null":{"a:x":"true"}}"#, &[("a:x", &[])], true),

        ("IfExists: absent is true", r#"{"StringEqualsIfExists":{"a:x":"1"}}"#, &[], true),
        ("IfExists: present is compared", r#"{"StringEqualsIfExists":{"a:x":"1"}}"#, &[("a:x", &["2"])], false),
        ("IfExists: numbers", r#"{"NumericLessThanIfExists":{"a:x":"1"}}"#, &[], true),

        ("ForAllValues: every value of the request is listed", r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}"#, &[("aws:TagKeys", &["b", "a"])], true),
        ("ForAllValues: one is not", r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["a","b"]}}"#, &[("aws:TagKeys", &["b", "c"])], false),
        ("ForAllValues: true without the key", r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}}"#, &[], true),
        ("ForAllValues: true for an empty string", r#"{"ForAllValues:StringEquals":{"aws:TagKeys":["a"]}}"#, &[("aws:TagKeys", &[""])], true),
        ("ForAllValues: negated, none is listed", r#"{"ForAllValues:StringNotLike":{"aws:TagKeys":["a*"]}}"#, &[("aws:TagKeys", &["b", "ax"])], false),
        ("ForAllValues: other types", r#"{"ForAllValues:NumericLessThan":{"a:x":"7"}}"#, &[("a:x", &["5", "6"])], true),
        ("ForAnyValue: one value is listed", r#"{"ForAnyValue:StringLike":{"a:x":"aiops-*"}}"#, &[("a:x", &["z", "aiops-run"])], true),
        ("ForAnyValue: none is", r#"{"ForAnyValue:StringLike":{"a:x":"aiops-*"}}"#, &[("a:x", &["z"])], false),
        ("ForAnyValue: false without the key", r#"{"ForAnyValue:StringEquals":{"a:x":"1"}}"#, &[], false),
        ("ForAnyValue: negated, false without the key", r#"{"ForAnyValue:StringNotEquals":{"a:x":"1"}}"#, &[], false),
        ("ForAnyValue: negated, one value is not listed", r#"{"ForAnyValue:StringNotEquals":{"a:x":"1"}}"#, &[("a:x", &["1", "2"])], true),
        ("ForAnyValue with IfExists: absent is true", r#"{"ForAnyValue:StringEqualsIfExists":{"a:x":"1"}}"#, &[], true),

        ("variables: four eyes", r#"{"StringNotEquals":{"a:by":"${aws:SourceIdentity}"}}"#, &[("a:by", &["lead"]), ("aws:SourceIdentity", &["lead"])], false),
        ("variables: someone else", r#"{"StringNotEquals":{"a:by":"${aws:SourceIdentity}"}}"#, &[("a:by", &["scientist"]), ("aws:SourceIdentity", &["lead"])], true),
        ("variables: an unresolved one equals nothing", r#"{"StringEquals":{"a:by":"${aws:SourceIdentity}"}}"#, &[("a:by", &[""])], false),
        ("variables: an unresolved one differs from everything", r#"{"StringNotEquals":{"a:by":"${aws:SourceIdentity}"}}"#, &[("a:by", &["lead"])], true),
        ("variables: the default", r#"{"StringLike":{"a:x":"${aws:PrincipalTag/team, 'all'}-*"}}"#, &[("a:x", &["all-1"])], true),
        ("variables: a value's wildcard is a character", r#"{"StringLike":{"a:x":"${aws:PrincipalTag/team}"}}"#, &[("a:x", &["fraud"]), ("aws:PrincipalTag/team", &["*"])], false),
        ("variables: multivalued keys have no value", r#"{"StringEquals":{"a:x":"${a:many}"}}"#, &[("a:x", &["1"]), ("a:many", &["1", "1"])], false),
        ("variables: in ARN operators", r#"{"ArnLike":{"a:x":"arn:aws:iam::${aws:PrincipalAccount}:role/*"}}"#, &[("a:x", &["arn:aws:iam::1:role/R"]), ("aws:PrincipalAccount", &["1"])], true),
        ("variables: not in other operators", r#"{"NumericEquals":{"a:x":"${a:y}"}}"#, &[("a:x", &["1"]), ("a:y", &["1"])], false),
    ];
    for (topic, condition, keys, expected) in rows {
        let statement = format!(r#""Effect":"Allow","Action":"*","Resource":"*","Condition":{condition}"#);
        let policy = policy(DocumentKind::Identity, &statement);
        let mut context = Context::default();
        for (key, values) in *keys {
            context.set_all(key, values.iter().copied());
        }
        let holds = policy.statements[0].applies_to("a:B", "*", &context);
        assert_eq!(holds, *expected, "{topic}");
    }
}

#[test]
fn the_caller_is_described_in_the_global_keys() {
    let mut context = Context::default();
    session().describe(&mut context);
    insta::assert_debug_snapshot!(context, @r#"
    Context(
        {
            "aws:principalaccount": [
                "111111111111",
            ],
            "aws:principalarn": [
                "arn:aws:iam::111111111111:role/team/Scientist",
            ],
            "aws:principalisawsservice": [
                "false",
            ],
            "aws:principaltag/team": [
                "fraud",
            ],
            "aws:principaltype": [
                "AssumedRole",
            ],
            "aws:sourceidentity": [
                "lead",
            ],
            "aws:userid": [
                "AROAEXAMPLE:run",
            ],
        },
    )
    "#);
}
