//! `cargo +nightly fuzz run rendered_path`: any text as the name of a file, and as the answer that the name has in it.

#![no_main]

#[path = "../../tests/it/template/hostile.rs"]
mod hostile;

libfuzzer_sys::fuzz_target!(|text: &str| hostile::rendered_path(text));
