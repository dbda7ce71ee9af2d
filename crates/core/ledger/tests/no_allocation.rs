//! Booking allocates nothing once the ledger is built.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod support;

use allocation_counter::measure;
use scalp_ledger::{Ledger, LedgerConfig};
use scalp_types::{Price, Side, Timestamp};
use support::{LINEAR, SPOT, USD, fill, instruments, usd};

#[test]
fn ten_thousand_fills_and_queries_allocate_nothing() {
    let instruments = instruments();
    let config = LedgerConfig { opening: vec![(USD, usd(1_000_000))], ..LedgerConfig::default() };
    let mut ledger = Ledger::new(&instruments, &config).unwrap();
    let mark = |_| Some(Price::new(100));
    let cost = measure(|| {
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
    });
    assert_eq!(cost.count_total, 0);
}
