//! Projects, through the product's own code, in the in-process sandbox.

mod catalog;
mod catalog_commands;
mod killed;
mod market;
