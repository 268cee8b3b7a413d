//! What the operations of DataZone have in common: the way in, errors, pages.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::domain::Domain;
use super::sharing;
use crate::sandbox::authorization::AwsService;
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, page, required, text};
use crate::sandbox::idempotency::ClientTokens;

/// How DataZone takes client tokens, where it takes any.
pub(super) const CLIENT_TOKENS: ClientTokens =
    ClientTokens { service: "datazone", member: "clientToken", conflict: 409 };

/// DataZone as roles know it.
pub(super) const DATAZONE: AwsService = AwsService { principal: "datazone.amazonaws.com", session: "DataZone" };

/// The domain `id`, once IAM lets the caller ask `operation` of it. To those who do not see it, and after its end, a
/// domain looks as if they were not permitted to ask.
pub(super) fn enter(call: &mut Call<'_>, operation: &str, id: &str) -> ApiResult<Domain> {
    let action = format!("datazone:{operation}");
    match sharing::visible(call, id)? {
        Some((domain, share)) => {
            let access = Access::new(action, domain.arn())
                .tags("aws:ResourceTag", &domain.tags)
                .key("datazone:domainId", id)
                .resource_policy(share);
            call.authorize(&access)?;
            Ok(domain)
        }
        None => {
            call.authorize(&Access::new(action, call.arn("datazone", &format!("domain/{id}"))))?;
            Err(not_permitted(operation))
        }
    }
}

/// [`enter`] for what happens within a domain, which must be there for it. The input names the domain in
/// `domainIdentifier`.
pub(super) fn enter_available(call: &mut Call<'_>, operation: &str, input: &Value) -> ApiResult<Domain> {
    let domain = enter(call, operation, required(input, "domainIdentifier"))?;
    match domain.status(call.now) {
        "AVAILABLE" => Ok(domain),
        status => Err(ApiError::validation(format!("Domain {} is not available: its status is {status}", domain.id))),
    }
}

/// DataZone's own refusal, beside IAM's.
pub(super) fn not_permitted(operation: &str) -> ApiError {
    ApiError::new(403, "AccessDeniedException", format!("User is not permitted to perform operation: {operation}"))
}

pub(super) fn not_found(what: &str, id: &str) -> ApiError {
    ApiError::new(404, "ResourceNotFoundException", format!("{what} {id} does not exist"))
}

pub(super) fn conflict(message: impl Into<String>) -> ApiError {
    ApiError::new(409, "ConflictException", message)
}

pub(super) fn quota_exceeded(message: impl Into<String>) -> ApiError {
    ApiError::new(402, "ServiceQuotaExceededException", message)
}

/// A page of those `items` that are `wanted`, of `size` unless the input says another. As in AWS the page is cut first:
/// it may come out empty, with a token.
pub(super) fn paged<T>(
    member: &str,
    items: Vec<T>,
    input: &Value,
    size: usize,
    wanted: impl Fn(&T) -> bool,
    view: impl Fn(&T) -> Value,
) -> ApiResult {
    let size = input["maxResults"].as_u64().and_then(|max| usize::try_from(max).ok()).unwrap_or(size);
    let (items, token) = page(items, size, text(input, "nextToken"))?;
    let mut answer = json!({member: items.iter().filter(|item| wanted(item)).map(view).collect::<Vec<_>>()});
    if let Some(token) = token {
        answer["nextToken"] = json!(token);
    }
    Ok(answer)
}

/// Whether a name is among those that an input asks for in `name`. DataZone does not compare the whole name.
pub(super) fn mentions(input: &Value, name: &str) -> bool {
    text(input, "name").is_none_or(|wanted| name.to_lowercase().contains(&wanted.to_lowercase()))
}

/// Sorts by name if an input asks for it.
pub(super) fn sort_by_name<T>(items: &mut [T], input: &Value, name: impl Fn(&T) -> &str) {
    if text(input, "sortBy").is_some() || text(input, "sortOrder").is_some() {
        items.sort_by(|a, b| name(a).cmp(name(b)));
        if text(input, "sortOrder") == Some("DESCENDING") {
            items.reverse();
        }
    }
}

/// A moment as those operations tell it whose model says ISO 8601.
pub(super) fn iso(moment: Timestamp) -> Value {
    json!(moment.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}

/// An answer without the members that have no value.
pub(super) fn without_nulls(mut answer: Value) -> Value {
    if let Some(members) = answer.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    answer
}

/// The one member that a union has.
pub(super) fn only_member<'v>(union: &'v Value, what: &str) -> ApiResult<(&'v str, &'v Value)> {
    let mut members = union.as_object().into_iter().flatten().filter(|(_, value)| !value.is_null());
    match (members.next(), members.next()) {
        (Some((name, value)), None) => Ok((name, value)),
        _ => Err(ApiError::validation(format!("Exactly one member of {what} must be set"))),
    }
}
