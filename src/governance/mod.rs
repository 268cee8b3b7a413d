//! The rules of governance, free of I/O.

pub mod lifecycle;
pub mod persona;

pub use lifecycle::Stage;
pub use persona::Persona;
