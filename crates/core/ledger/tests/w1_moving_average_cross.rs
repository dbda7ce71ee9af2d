//! Workload W1, its arithmetic alone: recorded trades, bars of twenty, a cross of two averages, market orders against
//! the last trade. Fixes every rounding rule of the ledger to the last digit, without an engine around it.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
#![allow(clippy::disallowed_types, reason = "the test reads recorded trades")]

use flate2::read::GzDecoder;
use scalp_ledger::{Ledger, LedgerConfig, RoundTrip};
use scalp_types::{
    AssetId, Fill, InstrumentId, InstrumentSpec, Instruments, Liquidity, Money, Price, Qty, Rate, Rounding,
    Side, Timestamp, TradeId,
};
use std::io::Read;

const TRADES: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/nautilus/bench/btcusdt_spot_trades.csv.gz");
const REPLICAS: i64 = 500;
const USDT: AssetId = AssetId(1);

fn instruments() -> Instruments {
    let text = r#"{"venue": "v", "symbol": "BTCUSDT", "contract": "linear", "base": "BTC", "quote": "USDT",
                   "tick": "0.01", "lot": "0.000001"}"#;
    Instruments::new([serde_json::from_str::<InstrumentSpec>(text).unwrap()]).unwrap()
}

/// Time, price and size of each recorded trade.
fn trades(instruments: &Instruments) -> Vec<(i64, Price, Qty)> {
    let file = std::fs::File::open(TRADES).unwrap_or_else(|error| {
        panic!("recorded trades are needed at {TRADES} (the data folder beside the repository): {error}")
    });
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text).expect("an intact gzip file");
    let instrument = instruments.get(InstrumentId(0));
    let row = |line: &str| {
        let field: Vec<&str> = line.split(',').collect();
        (
            field[0].parse().unwrap(),
            instrument.price(field[2].parse().unwrap()).unwrap(),
            instrument.qty(field[3].parse().unwrap()).unwrap(),
        )
    };
    text.lines().skip(1).map(row).collect()
}

struct Run {
    ledger: Ledger,
    fee: Rate,
    fills: u64,
    trips: Vec<RoundTrip>,
}

impl Run {
    fn fill(&mut self, instruments: &Instruments, at: i64, side: Side, price: Price, qty: Qty) {
        let instrument = instruments.get(InstrumentId(0));
        self.fills += 1;
        let fill = Fill {
            trade: TradeId(self.fills),
            side,
            price,
            qty,
            remaining: Qty::ZERO,
            liquidity: Liquidity::Taker,
            fee: instrument.value(price, qty).times(self.fee, Rounding::HalfEven),
            fee_asset: USDT,
            forced: false,
        };
        let change = self.ledger.on_fill(instrument, Timestamp::from_nanos(at), &fill).unwrap();
        self.trips.extend(change.round_trip);
    }
}

#[test]
fn the_moving_average_cross_ends_on_the_published_balance() {
    let instruments = instruments();
    let trades = trades(&instruments);
    assert_eq!(trades.len(), 2_001);
    let million = Money::new(1_000_000 * Money::ONE);
    let config = LedgerConfig { opening: vec![(USDT, million)], ..LedgerConfig::default() };
    let mut run = Run {
        ledger: Ledger::new(&instruments, &config).unwrap(),
        fee: Rate::new(Rate::ONE / 10_000 * 4),
        fills: 0,
        trips: Vec::new(),
    };
    let shift = trades.last().unwrap().0 - trades[0].0 + 1_000_000;
    let (mut in_bar, mut bars, mut orders) = (0, 0, 0);
    let mut averages: Option<(f64, f64)> = None;
    let step = |n: f64, x: f64, y: f64| 2.0 / (n + 1.0) * x + (1.0 - 2.0 / (n + 1.0)) * y;
    for replica in 0..REPLICAS {
        for &(at, price, displayed) in &trades {
            in_bar += 1;
            if in_bar < 20 {
                continue;
            }
            in_bar = 0;
            bars += 1;
            let close = price.get() as f64 / 100.0;
            let (fast, slow) = averages
                .map_or((close, close), |(fast, slow)| (step(10.0, close, fast), step(20.0, close, slow)));
            averages = Some((fast, slow));
            let want = if fast >= slow { Side::Buy } else { Side::Sell };
            let held = run.ledger.position(InstrumentId(0)).qty;
            if bars < 20 || held.side() == Some(want) {
                continue;
            }
            orders += 1;
            let qty = Qty::new(if held.is_zero() { 1_000 } else { 2_000 });
            let at = at + replica * shift;
            let at_touch = qty.min(displayed);
            run.fill(&instruments, at, want, price, at_touch);
            if at_touch < qty {
                let worse = Price::new(price.get() + want.sign());
                run.fill(&instruments, at, want, worse, qty - at_touch);
            }
        }
    }
    assert_eq!((bars, orders, run.fills), (50_025, 1_000, 1_075));
    assert_eq!(run.ledger.balance(USDT).to_string(), "1000006.45450732");
    let open = run.ledger.position(InstrumentId(0));
    assert_eq!(open.qty, Qty::new(-1_000));
    assert_eq!(run.trips.len(), 999, "every order but the first closed what the one before had opened");
    let net: Money = run.trips.iter().map(RoundTrip::net).sum();
    assert_eq!(million + net - open.trip.fees, run.ledger.balance(USDT));
    run.ledger.audit(&instruments).unwrap();
}
