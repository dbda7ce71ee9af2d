//! Writing and walking an event file needs the same memory whatever its length. A process of its own, because the
//! peak is counted for a whole process.
#![cfg(target_os = "linux")]

use scalp_tables::eventfile::{EventFile, EventWriter};
use scalp_types::{
    EventStream, InstrumentId, InstrumentSpec, Instruments, MarketBody, MarketEvent, Price, Qty, Side,
    Timestamp, Trade, TradeId,
};

/// What `VmHWM` says: the most memory that was resident at once, with mapped files, in bytes.
fn peak_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the system tells about this process");
    let line = status.lines().find(|it| it.starts_with("VmHWM:")).expect("the peak is told");
    let kilobytes = line.split_whitespace().nth(1).and_then(|it| it.parse::<u64>().ok());
    kilobytes.expect("the peak is a number") * 1024
}

#[test]
fn a_million_trades_out_of_order_are_written_and_walked_in_less_than_64_megabytes() {
    let json = r#"{"venue":"v","symbol":"S","contract":"linear","base":"B","quote":"Q","tick":"0.1","lot":"0.001",
        "liquidation_fee":"0"}"#;
    let spec: InstrumentSpec = serde_json::from_str(json).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trades.events");
    let mut writer = EventWriter::create(&path, &Instruments::new([spec]).unwrap()).unwrap();
    let count = 1_000_000_i64;
    for n in 0..count {
        let at = |ns| Timestamp::from_nanos(ns);
        let trade = Trade { id: TradeId(n as u64), price: Price::new(n), qty: Qty::new(1), taker: Side::Buy };
        // Arrivals late by up to a thousand places, exchange times by up to a hundred thousand.
        let (exchange_at, arrived_at) = (at(n - n * 7_919 % 100_000), at(n - n * 31 % 1_000));
        let body = MarketBody::Trade(trade);
        let instrument = InstrumentId(0);
        writer.push(&MarketEvent { instrument, exchange_at, arrived_at, body }).unwrap();
    }
    let summary = writer.finish().unwrap();
    let written = peak_bytes();
    assert!(!summary.one_order);
    let file = EventFile::open(&path).unwrap();
    let (mut arrival, mut exchange) = (file.by_arrival(), file.by_exchange());
    let mut last = (Timestamp::MIN, Timestamp::MIN);
    for _ in 0..count {
        let a = arrival.next().unwrap().unwrap().arrived_at;
        let e = exchange.next().unwrap().unwrap().exchange_at;
        assert!(last.0 <= a, "arrivals rise");
        assert!(last.1 <= e, "exchange times rise");
        last = (a, e);
    }
    assert!(arrival.next().unwrap().is_none() && exchange.next().unwrap().is_none());
    let walked = peak_bytes();
    let file_bytes = std::fs::metadata(&path).unwrap().len();
    assert!(file_bytes > 50_000_000, "the file is larger than what may be held: {file_bytes}");
    assert!(walked < 64_000_000, "peak of {written} bytes after writing, {walked} after walking");
    eprintln!("peak {written} bytes after writing, {walked} after walking {file_bytes} bytes");
}
