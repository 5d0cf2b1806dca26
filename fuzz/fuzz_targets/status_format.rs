#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| mailwatch_tui_fuzz::targets::status_format(bytes));
