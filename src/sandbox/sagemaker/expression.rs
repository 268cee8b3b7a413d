//! Search expressions: which of the indexed records they mean. Pure.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::Value;

use crate::sandbox::call::{ApiError, ApiResult, text};

/// The most filters, nested filters and subexpressions in one expression.
const MAX_ELEMENTS: usize = 50;

/// The error for a property that the resource does not have. AWS's words are not known.
pub(super) fn unknown(property: &str) -> ApiError {
    ApiError::validation(format!("Unknown property name: {property}"))
}

/// Refuses expressions that AWS refuses whatever the records are.
pub(super) fn check(expression: Option<&Value>, known: &dyn Fn(&str) -> bool) -> ApiResult<()> {
    let Some(expression) = expression else { return Ok(()) };
    let mut counts = Counts::default();
    counts.add(expression, known)?;
    if counts.elements > MAX_ELEMENTS {
        let message = format!("A SearchExpression cannot have more than {MAX_ELEMENTS} filters and subexpressions.");
        return Err(ApiError::validation(message));
    }
    if counts.contains > 1 {
        return Err(ApiError::validation("'CONTAINS' operator usage limit of 1 exceeded."));
    }
    Ok(())
}

#[derive(Default)]
struct Counts {
    elements: usize,
    contains: usize,
}

impl Counts {
    fn add(&mut self, expression: &Value, known: &dyn Fn(&str) -> bool) -> ApiResult<()> {
        let elements = elements(expression);
        if elements.is_empty() {
            return Err(ApiError::validation(
                "A SearchExpression must have at least one subexpression, filter, or nested filter.",
            ));
        }
        self.elements += elements.len();
        for element in elements {
            match element {
                Element::Filter(filter) => self.add_filter(filter, known)?,
                Element::Nested(nested) => {
                    items(nested, "Filters").try_for_each(|filter| self.add_filter(filter, known))?;
                }
                Element::Sub(expression) => self.add(expression, known)?,
            }
        }
        Ok(())
    }

    fn add_filter(&mut self, filter: &Value, known: &dyn Fn(&str) -> bool) -> ApiResult<()> {
        let name = text(filter, "Name").unwrap_or_default();
        if !known(name) {
            return Err(unknown(name));
        }
        let operator = operator(filter);
        self.contains += usize::from(operator == "Contains");
        if text(filter, "Value").is_none() && !matches!(operator, "Exists" | "NotExists") {
            return Err(ApiError::validation(format!("The filter on {name} with operator {operator} needs a Value.")));
        }
        Ok(())
    }
}

enum Element<'v> {
    Filter(&'v Value),
    Nested(&'v Value),
    Sub(&'v Value),
}

fn items<'v>(value: &'v Value, member: &str) -> impl Iterator<Item = &'v Value> {
    value.get(member).and_then(Value::as_array).into_iter().flatten()
}

fn elements(expression: &Value) -> Vec<Element<'_>> {
    let filters = items(expression, "Filters").map(Element::Filter);
    let nested = items(expression, "NestedFilters").map(Element::Nested);
    filters.chain(nested).chain(items(expression, "SubExpressions").map(Element::Sub)).collect()
}

/// Whether `record` satisfies `expression`.
pub(super) fn matches(expression: &Value, record: &Value) -> ApiResult<bool> {
    let any = text(expression, "Operator") == Some("Or");
    for element in elements(expression) {
        let satisfied = match element {
            Element::Filter(filter) => passes(filter, record, text(filter, "Name").unwrap_or_default())?,
            Element::Nested(nested) => passes_nested(nested, record)?,
            Element::Sub(expression) => matches(expression, record)?,
        };
        if satisfied == any {
            return Ok(any);
        }
    }
    Ok(!any)
}

/// Whether one object under the nested property passes all filters.
fn passes_nested(nested: &Value, record: &Value) -> ApiResult<bool> {
    let property = text(nested, "NestedPropertyName").unwrap_or_default();
    'objects: for object in values(record, property) {
        for filter in items(nested, "Filters") {
            let name = text(filter, "Name").unwrap_or_default();
            let within = name.strip_prefix(property).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
            if !passes(filter, object, within)? {
                continue 'objects;
            }
        }
        return Ok(true);
    }
    Ok(false)
}

fn operator(filter: &Value) -> &str {
    text(filter, "Operator").unwrap_or("Equals")
}

fn passes(filter: &Value, record: &Value, name: &str) -> ApiResult<bool> {
    let found = values(record, name);
    let wanted = text(filter, "Value").unwrap_or_default();
    let any = |test: &dyn Fn(Ordering) -> bool| -> ApiResult<bool> {
        for value in &found {
            if test(compare(name, value, wanted)?) {
                return Ok(true);
            }
        }
        Ok(false)
    };
    let ordered = |test: &dyn Fn(Ordering) -> bool| {
        if found.iter().any(|value| !value.is_number()) {
            let message = format!("Operator {} is not supported for the text property {name}.", operator(filter));
            return Err(ApiError::validation(message));
        }
        any(test)
    };
    let any_text = |test: &dyn Fn(&str) -> bool| Ok(found.iter().any(|value| value.as_str().is_some_and(test)));
    match operator(filter) {
        "Exists" => Ok(!found.is_empty()),
        "NotExists" => Ok(found.is_empty()),
        "NotEquals" => any(&Ordering::is_eq).map(|equal| !equal),
        "GreaterThan" => ordered(&Ordering::is_gt),
        "GreaterThanOrEqualTo" => ordered(&Ordering::is_ge),
        "LessThan" => ordered(&Ordering::is_lt),
        "LessThanOrEqualTo" => ordered(&Ordering::is_le),
        "Contains" => any_text(&|text| text.contains(wanted)),
        "In" => any_text(&|text| wanted.split(',').any(|one| one.trim() == text)),
        _ => any(&Ordering::is_eq),
    }
}

/// How a value relates to the text that a filter gives: as moment, number or text, as the property is.
fn compare(name: &str, value: &Value, wanted: &str) -> ApiResult<Ordering> {
    let Some(number) = value.as_f64() else {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        return Ok(text.as_str().cmp(wanted));
    };
    let wanted_number = if name.ends_with("Time") { epoch(wanted) } else { wanted.parse().ok() };
    let wanted_number =
        wanted_number.ok_or_else(|| ApiError::validation(format!("Invalid value for property {name}: {wanted}")))?;
    Ok(number.total_cmp(&wanted_number))
}

/// Epoch seconds of an ISO 8601 moment, in UTC when it names no zone.
fn epoch(text: &str) -> Option<f64> {
    let utc = || TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok();
    let moment: Timestamp = text.parse().ok().or_else(utc)?;
    Some(moment.as_duration().as_secs_f64())
}

/// What `record` has under a dotted property name. Lists are looked through; keys may contain dots themselves.
pub(super) fn values<'v>(record: &'v Value, name: &str) -> Vec<&'v Value> {
    match record {
        Value::Array(items) => items.iter().flat_map(|item| values(item, name)).collect(),
        _ if name.is_empty() => vec![record],
        Value::Object(members) => {
            let ends = name.match_indices('.').map(|(end, _)| end).chain([name.len()]);
            let found =
                ends.filter_map(|end| Some((members.get(name.get(..end)?)?, name.get(end + 1..).unwrap_or(""))));
            found.flat_map(|(member, rest)| values(member, rest)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record() -> Value {
        json!({
            "Name": "churn", "Version": 7, "Certified": false, "CreationTime": 1_767_603_600.5,
            "Metadata": {"plain": "x", "with.dots": "y", "with": {"dots": "z"}},
            "Containers": [{"Image": "one", "Framework": "A"}, {"Image": "two", "Framework": "B"}],
            "Types": ["text/csv", "application/json"],
        })
    }

    fn filter(name: &str, operator: &str, value: &str) -> Value {
        let mut filter = json!({"Name": name, "Operator": operator, "Value": value});
        filter.as_object_mut().unwrap().retain(|_, value| value != "");
        filter
    }

    #[test]
    fn filters_compare_as_the_property_is() {
        for (name, operator, value, expected) in [
            ("Name", "", "churn", true),
            ("Name", "Equals", "chur", false),
            ("Name", "NotEquals", "churn", false),
            ("Absent", "NotEquals", "churn", true),
            ("Name", "Contains", "hur", true),
            ("Name", "In", "a, churn,b", true),
            ("Name", "In", "churning", false),
            ("Name", "Exists", "", true),
            ("Absent", "Exists", "", false),
            ("Absent", "NotExists", "", true),
            ("Version", "Equals", "7.0", true),
            ("Version", "GreaterThan", "7", false),
            ("Version", "GreaterThanOrEqualTo", "7", true),
            ("Version", "LessThan", "10", true),
            ("Version", "LessThanOrEqualTo", "6", false),
            ("Certified", "Equals", "false", true),
            ("CreationTime", "GreaterThan", "2026-01-05T09:00:00", true),
            ("CreationTime", "GreaterThan", "2026-01-05T10:00:00+01:00", true),
            ("CreationTime", "GreaterThan", "2026-01-05T09:00:01Z", false),
            ("Absent", "GreaterThan", "1", false),
            ("Metadata.plain", "Equals", "x", true),
            ("Metadata.with.dots", "Equals", "y", true),
            ("Metadata.with.dots", "Equals", "z", true),
            ("Containers.Image", "Equals", "two", true),
            ("Types", "Equals", "application/json", true),
        ] {
            let expression = json!({"Filters": [filter(name, operator, value)]});
            assert_eq!(matches(&expression, &record()), Ok(expected), "{name} {operator} {value}");
        }
    }

    #[test]
    fn expressions_combine() {
        let (yes, no) = (filter("Name", "Exists", ""), filter("Name", "NotExists", ""));
        let nested = |image: &str, framework: &str| {
            json!({"NestedFilters": [{"NestedPropertyName": "Containers", "Filters": [
                filter("Containers.Image", "Equals", image), filter("Containers.Framework", "Equals", framework),
            ]}]})
        };
        for (expression, expected) in [
            (json!({"Filters": [yes, yes]}), true),
            (json!({"Filters": [yes, no]}), false),
            (json!({"Filters": [yes, no], "Operator": "Or"}), true),
            (json!({"Filters": [no, no], "Operator": "Or"}), false),
            (json!({"Filters": [yes], "SubExpressions": [{"Filters": [no]}]}), false),
            (json!({"Filters": [yes], "SubExpressions": [{"Filters": [no, yes], "Operator": "Or"}]}), true),
            (nested("two", "B"), true),
            (nested("two", "A"), false),
        ] {
            assert_eq!(matches(&expression, &record()), Ok(expected), "{expression}");
        }
    }

    #[test]
    fn impossible_expressions_are_refused() {
        let known = |name: &str| name != "Nothing";
        let checked = |expression: Value| check(Some(&expression), &known).unwrap_err().message;
        let tried = |expression: Value| matches(&expression, &record()).unwrap_err().message;
        let contains = filter("Name", "Contains", "a");
        let full = json!({"Filters": vec![filter("Name", "Exists", ""); 20]});
        let told = [
            checked(json!({})),
            checked(json!({"Filters": [filter("Nothing", "Exists", "")]})),
            checked(json!({"Filters": [filter("Name", "", "")]})),
            checked(json!({"Filters": [contains], "SubExpressions": [{"Filters": [contains]}]})),
            checked(json!({"SubExpressions": [full, full, full]})),
            tried(json!({"Filters": [filter("Name", "GreaterThan", "a")]})),
            tried(json!({"Filters": [filter("Version", "Equals", "seven")]})),
            tried(json!({"Filters": [filter("CreationTime", "LessThan", "yesterday")]})),
        ];
        insta::assert_snapshot!(told.join("\n"), @r"
        A SearchExpression must have at least one subexpression, filter, or nested filter.
        Unknown property name: Nothing
        The filter on Name with operator Equals needs a Value.
        'CONTAINS' operator usage limit of 1 exceeded.
        A SearchExpression cannot have more than 50 filters and subexpressions.
        Operator GreaterThan is not supported for the text property Name.
        Invalid value for property Version: seven
        Invalid value for property CreationTime: yesterday
        ");
    }
}
