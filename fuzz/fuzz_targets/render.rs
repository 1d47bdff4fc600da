//! Any text and any numbers in any block, in every format, after redaction.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/showcase/any.rs"]
mod any;

fuzz_target!(|data: &[u8]| any::exercise(data));
