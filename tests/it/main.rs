//! The one integration-test binary: every further one would link the SDKs again.
