//! Booking allocates nothing once the ledger is built.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod support;

use scalp_ledger::{Ledger, LedgerConfig};
use scalp_types::{Price, Side, Timestamp};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};
use support::{LINEAR, SPOT, USD, fill, instruments, usd};

struct Counting;
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

#[allow(unsafe_code, reason = "an allocator that counts can only be written this way")]
// SAFETY: every call is handed on unchanged to the system's allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are handed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are handed on.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

#[test]
fn ten_thousand_fills_and_queries_allocate_nothing() {
    let instruments = instruments();
    let config = LedgerConfig { opening: vec![(USD, usd(1_000_000))], ..LedgerConfig::default() };
    let mut ledger = Ledger::new(&instruments, &config).unwrap();
    let mark = |_| Some(Price::new(100));
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    for n in 0..10_000 {
        for id in [LINEAR, SPOT] {
            let side = if n % 3 == 0 { Side::Sell } else { Side::Buy };
            let change = ledger.on_fill(
                instruments.get(id),
                Timestamp::from_nanos(n),
                &fill(side, 100 + n % 7, 1 + n % 5),
            );
            assert!(change.is_ok());
        }
        let equity = ledger.equity(USD, &instruments, mark);
        assert!(equity >= ledger.margin(USD, &instruments, mark).unrealised);
        ledger.liquidation_price(LINEAR, &instruments, mark);
    }
    assert_eq!(ALLOCATIONS.load(Ordering::Relaxed), before);
}
