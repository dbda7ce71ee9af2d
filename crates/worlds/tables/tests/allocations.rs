//! After its first batch, reading a capture allocates nothing: counted over the recorded USD-M capture, quotes included.

use allocation_counter::measure;
use scalp_tables::buffer::EventBuffer;
use scalp_tables::capture::{Capture, CaptureOptions};
use scalp_tables::reader::Reader;
use scalp_tables::symbols::Symbols;
use scalp_types::{InstrumentSpec, Instruments};
use std::path::Path;

#[test]
fn rows_of_a_capture_cost_no_allocation() {
    let json = r#"{"venue":"v","symbol":"BTCUSDT","contract":"linear","base":"B","quote":"Q","tick":"0.1",
        "lot":"0.001","liquidation_fee":"0"}"#;
    let spec: InstrumentSpec = serde_json::from_str(json).unwrap();
    let all = Instruments::new([spec]).unwrap();
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/hftbacktest");
    let path = Path::new(data).join("usdm_btcusdt_20240808.gz");
    let options = CaptureOptions { quotes: true, ..Default::default() };
    let mut capture = Capture::open(&path, Symbols::of_venue(&all, "v"), options).unwrap();
    let mut buffer = EventBuffer::new();
    let mut batches = 0;
    let mut later = 0;
    loop {
        buffer.clear();
        let mut more = false;
        let allocations = measure(|| more = capture.read(&mut buffer).unwrap()).count_total;
        batches += 1;
        if batches > 3 {
            later += allocations;
        }
        if !more {
            break;
        }
    }
    assert!(batches > 10, "{batches} batches");
    // A batch with more levels than any before it may make its room larger once.
    assert!(later <= 4, "{later} allocations in {} batches", batches - 3);
}
