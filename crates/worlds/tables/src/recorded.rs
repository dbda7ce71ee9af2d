//! The ready-made mappings, one file each in `mappings/`: for the archives, vendors and recorders whose files are met
//! most. Each can be copied and changed for a file that is nearly the same.

use crate::fault::Fault;
use crate::mapping::Mapping;

macro_rules! mappings {
    ($($name:literal),* $(,)?) => {
        /// Names and texts of all ready-made mappings.
        pub const READY_MADE: &[(&str, &str)] =
            &[$(($name, include_str!(concat!("../mappings/", $name, ".toml")))),*];
    };
}

mappings![
    "binance-trades",
    "binance-aggTrades",
    "binance-bookTicker",
    "binance-klines",
    "binance-markPriceKlines",
    "binance-fundingRate",
    "binance-metrics",
    "tardis-trades",
    "tardis-incremental_book_L2",
    "tardis-quotes",
    "tardis-book_snapshot",
    "tardis-derivative_ticker",
    "ohlcv",
    "ohlcv-dates",
    "ohlcv-long",
    "ohlcv-timestamp",
    "freqtrade-bars",
    "freqtrade-mark",
    "freqtrade-funding",
    "freqtrade-trades",
    "kraken-trades",
    "mtgox-trades",
    "funding-dates",
    "gemini-depth",
    "gemini-trade",
    "hyperliquid-books",
    "hyperliquid-prices",
    "hyperliquid-trades",
    "standx-books",
    "standx-trades",
    "lean-minute-trade",
    "lean-hour-trade",
    "lean-minute-quote",
    "lean-hour-quote",
    "lean-funding",
    "nautilus-trades",
    "nautilus-quotes",
    "nautilus-book",
    "nautilus-depth",
    "nautilus-parquet-trades",
    "nautilus-parquet-quotes",
    "nautilus-fixed64-quotes",
    "nautilus-fixed128-quotes",
];

/// The ready-made mapping of this name; an error that lists the names when there is none.
pub fn mapping(name: &str) -> Result<Mapping, Fault> {
    let Some((_, text)) = READY_MADE.iter().find(|it| it.0 == name) else {
        let names = READY_MADE.iter().map(|it| it.0).collect::<Vec<_>>().join(", ");
        return Err(Fault::field("mapping", format!("one of {names}"), name.as_bytes()));
    };
    Mapping::parse(text)
}

#[cfg(test)]
mod tests;
