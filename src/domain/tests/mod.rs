//! The domain's resources against the sandbox, through the SDK, in virtual time.

mod accounts;
