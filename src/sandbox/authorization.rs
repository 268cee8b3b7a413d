//! Where every call meets IAM.

use super::call::{Access, ApiError, ApiResult, Call};

/// Allows or refuses `access` for the caller.
pub(super) fn authorize(call: &Call<'_>, access: &Access) -> ApiResult<()> {
    if call.caller.session.is_some() {
        return Err(ApiError::internal(format!("role sessions cannot be evaluated yet: {}", access.action)));
    }
    Ok(())
}
