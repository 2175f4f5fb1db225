#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| hscode_fuzz::weights(bytes));
