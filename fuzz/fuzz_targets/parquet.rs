#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| scalp_fuzz::stored::parquet(bytes));
