//! Repositories: what is in them, how they are reached, and who hosts them.

mod files;
pub mod forge;
pub mod http;
mod secret;

pub use self::files::{File, Files};
pub use self::secret::Secret;
