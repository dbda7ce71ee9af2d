//! After its first batch, reading a capture allocates nothing: counted over the recorded USD-M capture, quotes included.

use scalp_tables::buffer::EventBuffer;
use scalp_tables::capture::{Capture, CaptureOptions};
use scalp_tables::reader::Reader;
use scalp_tables::symbols::Symbols;
use scalp_types::{InstrumentSpec, Instruments};
use std::alloc::{GlobalAlloc, Layout, System};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is passed on to the system allocator unchanged; only a counter is added.
#[allow(unsafe_code, reason = "a counting allocator cannot be written without; tests only")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

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
    let mut after_first = 0;
    loop {
        buffer.clear();
        let more = capture.read(&mut buffer).unwrap();
        batches += 1;
        if batches == 3 {
            after_first = ALLOCATIONS.load(Ordering::Relaxed);
        }
        if !more {
            break;
        }
    }
    let later = ALLOCATIONS.load(Ordering::Relaxed) - after_first;
    assert!(batches > 10, "{batches} batches");
    // A batch with more levels than any before it may make its room larger once.
    assert!(later <= 4, "{later} allocations in {} batches", batches - 3);
}
