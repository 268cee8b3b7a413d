//! Projects, through the product's own code, in the in-process sandbox.

mod audit;
mod catalog;
mod catalog_commands;
mod create;
mod killed;
mod market;
mod project_commands;
mod project_killed;
mod repositories;
mod team;
