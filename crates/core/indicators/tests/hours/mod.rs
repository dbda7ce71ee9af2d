//! Recorded hours of some assets.

use scalp_indicators::patterns::Bar;

/// Hours of one asset.
pub fn real(asset: &str) -> Vec<Bar> {
    let path = format!(
        "{}/../../../../shared/data/ohlcv-1h-binance-12/{asset}-USDT.csv.zst",
        env!("CARGO_MANIFEST_DIR")
    );
    let file = std::fs::File::open(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut reader = csv::Reader::from_reader(zstd::Decoder::new(file).unwrap());
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let value = |i: usize| row[i].parse::<f64>().unwrap();
        Bar { high: value(2), low: value(3), close: value(4), volume: value(5) }
    });
    rows.collect()
}
