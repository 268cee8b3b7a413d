//! Client tokens: the same request twice acts once.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::call::{ApiError, ApiResult, Call, text};

/// How long a token is remembered. AWS names no time; a day is what some of its services promise.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// How a service takes client tokens.
pub(super) struct ClientTokens {
    /// The service's name.
    pub service: &'static str,
    /// The member of the input that carries the token.
    pub member: &'static str,
    /// HTTP status of `ConflictException`.
    pub conflict: u16,
}

#[derive(Serialize, Deserialize)]
struct Done {
    at: Timestamp,
    input: Value,
    answer: Value,
}

impl ClientTokens {
    /// Runs `act`, unless the caller has sent this token to `operation` within the day: then the first answer comes
    /// again, also when what it names is gone by now, as with the tokens of other AWS services. A token that comes with
    /// another request is a `ConflictException`; AWS does not say what it does then, and that is the one error besides
    /// limits that its models list.
    pub fn once(
        &self,
        call: &mut Call<'_>,
        operation: &str,
        input: &Value,
        act: impl FnOnce(&mut Call<'_>) -> ApiResult,
    ) -> ApiResult {
        let Some(token) = text(input, self.member) else { return act(call) };
        let kind = format!("{}/client-token", self.service);
        let key = call.key(&format!("{operation}/{token}"));
        let done: Option<Done> = call.store.get(&kind, &key)?;
        match done.filter(|done| call.now < done.at + WINDOW) {
            Some(done) if done.input == *input => Ok(done.answer),
            Some(_) => {
                let message = format!("{} {token} was already used with different parameters.", self.member);
                Err(ApiError::new(self.conflict, "ConflictException", message))
            }
            None => {
                let answer = act(call)?;
                call.store.put(&kind, &key, &Done { at: call.now, input: input.clone(), answer: answer.clone() })?;
                Ok(answer)
            }
        }
    }
}
