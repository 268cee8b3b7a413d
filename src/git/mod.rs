//! Repositories: what is in them, how they are reached, and who hosts them.
//!
//! Everything here blocks, as libgit2 does: call it where waiting is allowed.

mod access;
mod address;
pub mod credential;
mod files;
pub mod http;
mod push;
mod repository;
mod secret;
mod transport;
mod user;

pub use self::access::Access;
pub use self::address::{Address, Protocol};
pub use self::credential::{Credentials, Login};
pub use self::files::{File, Files};
pub use self::push::Rejection;
pub use self::repository::{Oid, Repository};
pub use self::secret::Secret;
pub use self::user::{Author, User};
