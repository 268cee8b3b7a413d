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
