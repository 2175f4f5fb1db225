#![no_main]

#[path = "../src/c.rs"]
mod c;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| c::surface(bytes));
