//! Repositories: what is in them, how they are reached, and who hosts them.

mod files;

pub use self::files::{File, Files};
