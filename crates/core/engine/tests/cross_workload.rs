//! Workload W1: a million real trades through the core, to the last digit.

#![allow(clippy::unwrap_used, reason = "tests only")]

mod common;

use common::{CROSS, House, USDT, engine, genesis, trade};
use scalp_engine::Recording;
use scalp_market::BarRule;
use scalp_types::{InstrumentId, MarketEvent, Qty, Span};
use std::io::Read;

const FILE: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data/nautilus/bench/btcusdt_spot_trades.csv.gz");
const REPLICAS: i64 = 500;

fn trades() -> Vec<MarketEvent<'static>> {
    #[allow(clippy::disallowed_methods, reason = "the test reads a file, the core does not")]
    let file = std::fs::read(FILE).unwrap_or_else(|error| panic!("this test needs {FILE}: {error}"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&file[..]).read_to_string(&mut text).unwrap();
    let units = |field: &str, places: u32| {
        let value: rust_decimal::Decimal = field.parse().unwrap();
        let scaled = (value * rust_decimal::Decimal::from(10_i64.pow(places))).normalize();
        assert_eq!(scaled.scale(), 0, "{field} has more than {places} places");
        i64::try_from(scaled.mantissa()).unwrap()
    };
    text.lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            let mut event = trade(0, 0, units(fields[2], 2), units(fields[3], 6));
            event.exchange_at = scalp_types::Timestamp::from_nanos(fields[0].parse().unwrap());
            event.arrived_at = event.exchange_at;
            event
        })
        .collect()
}

#[test]
fn a_million_trades_end_at_the_published_balance() {
    let trades = trades();
    assert_eq!(trades.len(), 2_001);
    let (first, last) = (trades[0].exchange_at, trades[trades.len() - 1].exchange_at);
    let length = (last - first).nanos() + 1_000_000;

    let genesis = genesis(&["BTC"]);
    let mut engine = engine(&["BTC"], CROSS, |config| {
        config.bars = vec![(InstrumentId(0), BarRule::Tick(20))];
        config.recording = Recording::Off;
    });
    let mut house = House::start(&mut engine, &genesis, first);
    for replica in 0..REPLICAS {
        let shift = Span::from_nanos(replica * length);
        for it in &trades {
            let (exchange_at, arrived_at) = (it.exchange_at + shift, it.arrived_at + shift);
            house.market(&mut engine, &MarketEvent { exchange_at, arrived_at, ..*it });
        }
    }
    assert_eq!(engine.counters().market, 1_000_500);
    assert_eq!(engine.counters().bars, 50_025);
    assert_eq!(engine.orders().counters().submits, 1_000);
    assert_eq!(engine.counters().fills, 1_075);
    assert_eq!(engine.position(InstrumentId(0)), Qty::new(-1_000));
    assert_eq!(engine.ledger().balance(USDT).to_string(), "1000006.45450732");
    assert_eq!(engine.orders().len(), 0);
    assert_eq!(engine.counters().faults, 0);
}
