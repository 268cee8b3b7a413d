//! `ClientToken`: the same request twice acts once.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::sandbox::call::{ApiError, ApiResult, Call, text};

const KIND: &str = "sagemaker/client-token";

/// How long a token is remembered. AWS names no time; a day is what its other services promise.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);

#[derive(Serialize, Deserialize)]
struct Done {
    at: Timestamp,
    input: Value,
    answer: Value,
}

/// Runs `act`, unless the caller has sent this `ClientToken` to `operation` within the day: then the first answer comes
/// again, also when what it names is gone by now, as with the tokens of other AWS services. A token that comes with
/// another request is a `ConflictException`; AWS does not say what it does then, and that is the one error besides
/// limits that its model lists.
pub(super) fn once(
    call: &mut Call<'_>,
    operation: &str,
    input: &Value,
    act: impl FnOnce(&mut Call<'_>) -> ApiResult,
) -> ApiResult {
    let Some(token) = text(input, "ClientToken") else { return act(call) };
    let key = call.key(&format!("{operation}/{token}"));
    let done: Option<Done> = call.store.get(KIND, &key)?;
    match done.filter(|done| call.now < done.at + WINDOW) {
        Some(done) if done.input == *input => Ok(done.answer),
        Some(_) => {
            let message = format!("ClientToken {token} was already used with different parameters.");
            Err(ApiError::new(400, "ConflictException", message))
        }
        None => {
            let answer = act(call)?;
            call.store.put(KIND, &key, &Done { at: call.now, input: input.clone(), answer: answer.clone() })?;
            Ok(answer)
        }
    }
}
