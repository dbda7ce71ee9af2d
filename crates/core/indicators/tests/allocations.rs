//! A warm row allocates nothing, whichever the indicator.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::disallowed_methods,
    reason = "tests only: exact answers, files"
)]

use scalp_indicators::{Indicator, Schema, catalogue};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

// SAFETY: every call is handed to the system's allocator unchanged; the counter is a plain thread-local cell.
#[allow(unsafe_code, reason = "an allocator that counts can only be written this way; tests only")]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|it| it.set(it.get() + 1));
        // SAFETY: the caller's promise is handed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is handed on.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn a_warm_row_costs_no_allocation() {
    let schema = Schema::new(&["open", "high", "low", "close", "volume", "periods", "time"]).unwrap();
    let row = |i: usize| {
        let close = 100.0 + ((i * 7919) % 101) as f64 / 50.0;
        let open = 100.0 + ((i * 104_729) % 97) as f64 / 50.0;
        let volume = 1000.0 + ((i * 31) % 17) as f64;
        let periods = (2 + (i * 5) % 28) as f64;
        [open, open.max(close) + 0.25, open.min(close) - 0.5, close, volume, periods, i as f64 * 3_600_000.0]
    };
    for spec in catalogue() {
        let mut indicator = Indicator::parse(spec.name, &schema).unwrap();
        let warm = indicator.warm_up() + 2;
        for i in 0..warm {
            indicator.push(&row(i)).unwrap();
        }
        // The first peek may size the shadow that it steps.
        indicator.peek(&row(warm)).unwrap();
        let before = COUNT.with(Cell::get);
        for i in warm..warm + 500 {
            indicator.peek(&row(i + 1)).unwrap();
            indicator.push(&row(i)).unwrap();
        }
        assert_eq!(COUNT.with(Cell::get) - before, 0, "{}", spec.name);
    }
}
