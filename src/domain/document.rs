//! Policy documents as AWS understands them, whatever way they are written: AWS and consoles turn lists of one into
//! text, reorder statements and values, and mean the same.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// Whether two documents say the same.
pub fn same(left: &Value, right: &Value) -> bool {
    canonical(left) == canonical(right)
}

/// A document in the one way of writing it that does not depend on order, and in which everything that may be a list is
/// one.
pub fn canonical(document: &Value) -> Value {
    let mut statements: Vec<Value> = many(&document["Statement"]).iter().map(|one| sorted(one, 0)).collect();
    statements.sort_by_key(Value::to_string);
    json!({"Statement": statements, "Version": document["Version"]})
}

/// A list, or the list of the one thing.
fn many(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        one => vec![one.clone()],
    }
}

/// Members in order of their names, values as sorted lists of text. Only what stands directly in a statement and names
/// it is text alone.
fn sorted(value: &Value, depth: usize) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| match name.as_str() {
                "Sid" | "Effect" if depth == 0 => (name.clone(), value.clone()),
                // Everybody is written in two ways.
                "Principal" if *value == json!("*") => (name.clone(), json!({"AWS": ["*"]})),
                _ => (name.clone(), sorted(value, depth + 1)),
            });
            Value::Object(members.collect::<BTreeMap<_, _>>().into_iter().collect())
        }
        _ => {
            let text = |value: Value| match value {
                Value::String(text) => account_root(text),
                other => other.to_string(),
            };
            let mut values: Vec<String> = many(value).into_iter().map(text).collect();
            values.sort();
            values.dedup();
            json!(values)
        }
    }
}

/// AWS writes an account that is a principal as the ARN of its root.
fn account_root(text: String) -> String {
    let account = text.strip_prefix("arn:aws:iam::").and_then(|rest| rest.strip_suffix(":root"));
    account.map(str::to_owned).unwrap_or(text)
}

/// What `needed`, a trust policy for services, allows and `trust` does not, as `service: action`. Conditions of `trust`
/// are looked at where they are about whom the service works for.
pub fn missing_trust(trust: &Value, needed: &Value) -> Vec<String> {
    let (trust, needed) = (canonical(trust), canonical(needed));
    let mut missing = Vec::new();
    for wanted in many(&needed["Statement"]) {
        for service in many(&wanted["Principal"]["Service"]) {
            for action in many(&wanted["Action"]) {
                let gives = |statement: &Value| {
                    statement["Effect"] == "Allow"
                        && has(&statement["Principal"]["Service"], &service)
                        && [&action, &json!("sts:*"), &json!("*")].iter().any(|any| has(&statement["Action"], any))
                        && fits(&statement["Condition"], &wanted["Condition"])
                };
                if !many(&trust["Statement"]).iter().any(gives) {
                    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                    missing.push(format!("{}: {}", text(&service), text(&action)));
                }
            }
        }
    }
    missing
}

fn has(list: &Value, wanted: &Value) -> bool {
    many(list).contains(wanted)
}

/// Whether conditions about the source let through the source that is wanted. A pattern may: AWS will tell.
fn fits(conditions: &Value, wanted: &Value) -> bool {
    ["aws:SourceAccount", "aws:SourceArn"].iter().all(|key| {
        let given = values_of(conditions, key);
        let needed = values_of(wanted, key);
        given.is_empty() || needed.iter().all(|value| given.iter().any(|given| given == value || given.contains('*')))
    })
}

/// The values of a condition key, whatever the operator.
fn values_of(conditions: &Value, key: &str) -> Vec<String> {
    let blocks = conditions.as_object().into_iter().flat_map(|blocks| blocks.values());
    let named = blocks.filter_map(Value::as_object).flatten().filter(|(name, _)| name.eq_ignore_ascii_case(key));
    named.flat_map(|(_, values)| many(values)).filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trust(condition: Value) -> Value {
        json!({"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"Service": "datazone.amazonaws.com"},
            "Action": ["sts:AssumeRole", "sts:TagSession"], "Condition": condition,
        }]})
    }

    #[test]
    fn ways_of_writing_mean_the_same() {
        let written = trust(json!({"StringEquals": {"aws:SourceAccount": "111111111111"}}));
        let answered = json!({"Statement": {
            "Action": ["sts:TagSession", "sts:AssumeRole"], "Effect": "Allow",
            "Condition": {"StringEquals": {"aws:SourceAccount": ["111111111111"]}},
            "Principal": {"Service": ["datazone.amazonaws.com"]},
        }, "Version": "2012-10-17"});
        assert!(same(&written, &answered));
        let mut other = answered.clone();
        other["Statement"]["Condition"]["StringEquals"]["aws:SourceAccount"] = json!("222222222222");
        assert!(!same(&written, &other));
        let principal = |principal: Value| json!({"Statement": {"Effect": "Allow", "Principal": principal}});
        assert!(same(&principal(json!("*")), &principal(json!({"AWS": "*"}))));
        let root = "arn:aws:iam::111111111111:root";
        assert!(same(&principal(json!({"AWS": "111111111111"})), &principal(json!({"AWS": [root]}))));
        assert!(!same(&principal(json!({"AWS": "111111111111"})), &principal(json!({"AWS": "222222222222"}))));
    }

    #[test]
    fn a_trust_policy_may_give_more_than_is_needed_and_not_less() {
        let needed = trust(json!({"StringEquals": {"aws:SourceAccount": "111111111111"}}));
        for (condition, gives) in [
            (json!({}), true),
            (json!({"StringEquals": {"aws:SourceAccount": ["222222222222", "111111111111"]}}), true),
            (json!({"StringEquals": {"AWS:sourceaccount": "222222222222"}}), false),
            (json!({"StringLike": {"aws:SourceAccount": "1111*"}}), true),
        ] {
            assert_eq!(missing_trust(&trust(condition.clone()), &needed).is_empty(), gives, "{condition}");
        }
        let mut less = trust(json!({}));
        less["Statement"][0]["Action"] = json!("sts:AssumeRole");
        assert_eq!(missing_trust(&less, &needed), ["datazone.amazonaws.com: sts:TagSession"]);
        assert_eq!(missing_trust(&json!({}), &needed).len(), 2);
    }
}
