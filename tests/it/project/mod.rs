//! Projects, through the product's own code, in the in-process sandbox.

mod audit;
mod catalog;
mod catalog_commands;
mod killed;
mod market;
