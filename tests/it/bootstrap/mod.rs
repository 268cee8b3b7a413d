//! From empty accounts to a working domain, through the product's own code, in the in-process sandbox.

mod accounts;
mod converge;
mod killed;
mod profile_commands;
pub mod profiles;
mod scale;
pub mod stage;
