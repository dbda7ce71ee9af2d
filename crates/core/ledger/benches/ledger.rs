//! What a fill, an equity and a liquidation price cost.

use criterion::{Criterion, criterion_group, criterion_main};
use scalp_ledger::{Ledger, LedgerConfig, MarginTerms};
use scalp_types::{
    AssetId, Fill, InstrumentId, InstrumentSpec, Instruments, Liquidity, MarginMode, Money, Price, Qty, Side,
    Timestamp, TradeId,
};
use std::hint::black_box;

const USDT: AssetId = AssetId(1);

fn instruments() -> Instruments {
    let text = r#"{"venue": "v", "symbol": "BTCUSDT", "contract": "linear", "base": "BTC", "quote": "USDT",
        "tick": "0.1", "lot": "0.001", "margin_tiers": [
            {"notional_floor": "0", "maintenance": "0.004", "leverage_max": 125},
            {"notional_floor": "50000", "maintenance": "0.005", "leverage_max": 100},
            {"notional_floor": "250000", "maintenance": "0.01", "leverage_max": 50}]}"#;
    Instruments::new([serde_json::from_str::<InstrumentSpec>(text).expect("a valid spec")]).expect("valid")
}

fn fill(side: Side, price: i64, qty: i64) -> Fill {
    Fill {
        trade: TradeId(1),
        side,
        price: Price::new(price),
        qty: Qty::new(qty),
        remaining: Qty::ZERO,
        liquidity: Liquidity::Taker,
        fee: Money::new(12_345),
        fee_asset: USDT,
        forced: false,
    }
}

fn benches(c: &mut Criterion) {
    let instruments = instruments();
    let instrument = instruments.get(InstrumentId(0));
    let config = LedgerConfig {
        terms: MarginTerms { mode: MarginMode::Cross, leverage: 20 },
        opening: vec![(USDT, Money::new(100_000 * Money::ONE))],
        ..LedgerConfig::default()
    };
    let mut ledger = Ledger::new(&instruments, &config).expect("valid");
    // Grow, shrink in part, flip, close: four fills an iteration.
    let fills = [
        fill(Side::Buy, 600_000, 10),
        fill(Side::Sell, 600_010, 3),
        fill(Side::Sell, 600_020, 10),
        fill(Side::Buy, 599_990, 3),
    ];
    c.bench_function("ledger/4 fills", |b| {
        b.iter(|| {
            for it in &fills {
                black_box(ledger.on_fill(instrument, Timestamp::from_nanos(1), black_box(it)))
                    .expect("books");
            }
        });
    });
    ledger.on_fill(instrument, Timestamp::from_nanos(1), &fills[0]).expect("books");
    let mark = |_| Some(black_box(Price::new(600_100)));
    c.bench_function("ledger/equity", |b| b.iter(|| black_box(ledger.equity(USDT, &instruments, mark))));
    c.bench_function("ledger/margin", |b| b.iter(|| black_box(ledger.margin(USDT, &instruments, mark))));
    c.bench_function("ledger/liquidation price", |b| {
        b.iter(|| black_box(ledger.liquidation_price(InstrumentId(0), &instruments, mark)));
    });
}

criterion_group!(ledger, benches);
criterion_main!(ledger);
