//! What the operations of RAM have in common: the way in, errors, pages, client tokens.

use serde_json::{Value, json};

use super::share::Share;
use crate::sandbox::call::{Access, ApiError, ApiResult, Call, page, text};
use crate::sandbox::idempotency::ClientTokens;

/// The one type of resource that can be shared here.
pub(super) const DOMAIN: &str = "datazone:Domain";

const CLIENT_TOKENS: ClientTokens = ClientTokens { service: "ram", member: "clientToken", conflict: 400 };

/// Runs `act` once for each client token, and says the token in the answer.
pub(super) fn once(
    call: &mut Call<'_>,
    operation: &str,
    input: &Value,
    act: impl FnOnce(&mut Call<'_>) -> ApiResult,
) -> ApiResult {
    let answer = CLIENT_TOKENS.once(call, operation, input, act).map_err(|error| match error.code.as_str() {
        "ConflictException" => ApiError::new(400, "IdempotentParameterMismatchException", error.message),
        _ => error,
    });
    answer.map(|mut answer| {
        if let Some(token) = text(input, "clientToken") {
            answer["clientToken"] = json!(token);
        }
        answer
    })
}

/// The caller's own share `arn`, once IAM lets the caller do `operation` with it; `with` adds what the request says.
pub(super) fn enter(
    call: &mut Call<'_>,
    operation: &str,
    arn: &str,
    with: impl FnOnce(Access) -> Access,
) -> ApiResult<Share> {
    if !is_share_arn(arn) {
        return Err(malformed_arn(arn));
    }
    let share = Share::by_arn(call, arn)?.filter(|share| share.account == call.caller.account);
    let mut access = with(Access::new(format!("ram:{operation}"), arn)).owner(&call.caller.account);
    if let Some(share) = &share {
        access = access
            .tags("aws:ResourceTag", &share.tags)
            .key("ram:ResourceShareName", &share.name)
            .key("ram:AllowsExternalPrincipals", share.allow_external.to_string());
    }
    call.authorize(&access)?;
    share.ok_or_else(|| unknown(format!("ResourceShare {arn} could not be found.")))
}

/// [`enter`] for what needs a share that is `ACTIVE`.
pub(super) fn enter_active(
    call: &mut Call<'_>,
    operation: &str,
    arn: &str,
    with: impl FnOnce(Access) -> Access,
) -> ApiResult<Share> {
    let share = enter(call, operation, arn, with)?;
    match share.status(call.now) {
        "ACTIVE" => Ok(share),
        status => Err(invalid_state(format!("ResourceShare {arn} cannot be changed: its status is {status}."))),
    }
}

fn is_share_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", _, "ram", _, _, rest] if rest.starts_with("resource-share/"))
}

/// The shares that an input means: those that it names, or all of `owner`.
pub(super) fn shares_of(call: &Call<'_>, owner: &str, input: &Value) -> ApiResult<Vec<Share>> {
    let named = strings(input, "resourceShareArns");
    let shares = || if owner == "SELF" { Share::own(call) } else { Share::received(call) };
    if named.is_empty() {
        return Ok(shares()?);
    }
    if let Some(arn) = named.iter().find(|arn| !is_share_arn(arn)) {
        return Err(malformed_arn(arn));
    }
    let found: Vec<Share> = if owner == "SELF" {
        // By name, since whoever has a thousand shares asks for one after another.
        let mut own = Vec::new();
        for arn in &named {
            own.extend(Share::by_arn(call, arn)?.filter(|share| share.account == call.caller.account));
        }
        own
    } else {
        shares()?.into_iter().filter(|share| named.contains(&share.arn())).collect()
    };
    match named.iter().find(|arn| !found.iter().any(|share| share.arn() == **arn)) {
        Some(arn) => Err(unknown(format!("ResourceShare {arn} could not be found."))),
        None => Ok(found),
    }
}

/// A page of those `items` that are `wanted`. As AWS warns of RAM, the page is cut first: it may come out empty, with
/// a token.
pub(super) fn paged<T>(
    member: &str,
    items: Vec<T>,
    input: &Value,
    wanted: impl Fn(&T) -> bool,
    view: impl Fn(&T) -> Value,
) -> ApiResult {
    let (items, token) = page(items, page_size(input), text(input, "nextToken")).map_err(|_| invalid_token())?;
    Ok(listed(member, items.iter().filter(|item| wanted(item)).map(view).collect(), token))
}

/// [`paged`] for all of the caller's shares. Reads no more than the page.
pub(super) fn own_shares(
    call: &Call<'_>,
    input: &Value,
    wanted: impl Fn(&Share) -> bool,
    view: impl Fn(&Share) -> Value,
) -> ApiResult {
    let page = Share::own_page(call, page_size(input), text(input, "nextToken"));
    let (shares, token) = page.map_err(|error| if error.status == 400 { invalid_token() } else { error })?;
    Ok(listed("resourceShares", shares.iter().filter(|share| wanted(share)).map(view).collect(), token))
}

fn page_size(input: &Value) -> usize {
    input["maxResults"].as_u64().and_then(|max| usize::try_from(max).ok()).unwrap_or(100)
}

fn listed(member: &str, items: Vec<Value>, token: Option<String>) -> Value {
    let mut answer = json!({member: items});
    if let Some(token) = token {
        answer["nextToken"] = json!(token);
    }
    answer
}

fn invalid_token() -> ApiError {
    ApiError::new(400, "InvalidNextTokenException", "The specified value for NextToken is not valid.")
}

/// A list member of a validated input.
pub(super) fn strings(input: &Value, member: &str) -> Vec<String> {
    input[member].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// Whether a list that restricts an answer lets `value` through; an empty one lets everything.
pub(super) fn lets(restriction: &[String], value: &str) -> bool {
    restriction.is_empty() || restriction.iter().any(|allowed| allowed == value)
}

pub(super) fn unknown(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "UnknownResourceException", message)
}

pub(super) fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "InvalidParameterException", message)
}

pub(super) fn invalid_state(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "InvalidStateTransitionException", message)
}

pub(super) fn not_permitted(message: impl Into<String>) -> ApiError {
    ApiError::new(400, "OperationNotPermittedException", message)
}

pub(super) fn malformed_arn(arn: &str) -> ApiError {
    ApiError::new(400, "MalformedArnException", format!("The specified ARN is not valid: {arn}"))
}
