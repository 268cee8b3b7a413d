//! Projects, through the product's own code, in the in-process sandbox.

mod audit;
