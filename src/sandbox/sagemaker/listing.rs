//! How SageMaker's List operations sort, page and filter.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::common::moment;
use crate::sandbox::call::{self, ApiResult, text};

/// Results on a page when the caller does not say.
pub(super) const PAGE: usize = 10;

/// The page of `items` that `input` asks for by `MaxResults` (else `usual` items) and `NextToken`, and the next one's token.
pub(super) fn cut<T>(input: &Value, items: Vec<T>, usual: usize) -> ApiResult<(Vec<T>, Option<String>)> {
    let wanted = input.get("MaxResults").and_then(Value::as_u64).and_then(|max| usize::try_from(max).ok());
    call::page(items, wanted.unwrap_or(usual), text(input, "NextToken"))
}

/// The answer with `items` under `member`, and the token of the next page.
pub(super) fn answer(member: &str, items: Vec<Value>, token: Option<String>) -> Value {
    let mut answer = Map::new();
    answer.insert(member.to_owned(), Value::Array(items));
    if let Some(token) = token {
        answer.insert("NextToken".to_owned(), Value::String(token));
    }
    Value::Object(answer)
}

/// The page of `items` that `input` asks for, under `member`, with the token of the next. It knows `SortBy` (`Name`,
/// `CreationTime`, or the `Status` of endpoints), `SortOrder`, `MaxResults`, `NextToken`, `CreationTimeAfter`, `CreationTimeBefore` and `NameContains`;
/// `keep` says what passes the operation's other filters.
///
/// As in AWS, filters thin out a page after it has been cut: a page may be empty and still have a next one.
pub(super) fn page(
    input: &Value,
    mut items: Vec<Value>,
    name: impl Fn(&Value) -> String,
    keep: impl Fn(&Value) -> bool,
    member: &str,
) -> ApiResult {
    let created = |item: &Value| item.get("CreationTime").and_then(Value::as_f64).unwrap_or_default();
    let version = |item: &Value| item.get("ModelPackageVersion").and_then(Value::as_u64);
    let by_name = text(input, "SortBy") == Some("Name");
    let by_status = text(input, "SortBy") == Some("Status");
    items.sort_by(|one, other| {
        let status = |item| if by_status { text(item, "EndpointStatus") } else { None };
        let time = if by_name { Ordering::Equal } else { created(one).total_cmp(&created(other)) };
        let first = status(one).cmp(&status(other)).then(time);
        first.then_with(|| name(one).cmp(&name(other))).then_with(|| version(one).cmp(&version(other)))
    });
    if text(input, "SortOrder") == Some("Descending") {
        items.reverse();
    }
    let (mut items, token) = cut(input, items, PAGE)?;
    let (after, before) = (moment(input, "CreationTimeAfter")?, moment(input, "CreationTimeBefore")?);
    let part = text(input, "NameContains").unwrap_or_default();
    items.retain(|item| {
        after.is_none_or(|after| created(item) > after)
            && before.is_none_or(|before| created(item) < before)
            && name(item).contains(part)
            && keep(item)
    });
    Ok(answer(member, items, token))
}
