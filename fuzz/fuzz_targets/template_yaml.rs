//! `cargo +nightly fuzz run template_yaml`: any bytes as the `template.yaml` of a template.

#![no_main]

#[path = "../../tests/it/template/hostile.rs"]
mod hostile;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hostile::manifest(bytes));
