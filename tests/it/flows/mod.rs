//! Whole flows through the product's own code, in the in-process sandbox with every persona's policies enforced.

mod killed;
mod lifecycle;
mod stage;
