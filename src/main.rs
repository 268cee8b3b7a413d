//! The `aiops` program; everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    aiops::main(std::env::args_os())
}
