//! Files of the Binance public archive: which set a file belongs to, and the checksum beside it.

use crate::fault::Fault;
use crate::mapping::{Column, Columns, Mapping};
use crate::reader::ReadError;
use crate::recorded;
use crate::source::open_file;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes hashed at once.
const CHUNK_BYTES: usize = 1 << 16;

/// What a file of the archive holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Set {
    /// Single trades.
    Trades,
    /// Trades of one taker order at one price, as one.
    AggTrades,
    /// Best bid and ask.
    BookTicker,
    /// Candles.
    Klines,
    /// Candles of the mark price: read as marks without an index.
    MarkPriceKlines,
    /// Candles of the index price: refused, since an index is told only beside a mark.
    IndexPriceKlines,
    /// Candles of the premium index: refused, since they are no prices.
    PremiumIndexKlines,
    /// Funding rates that settled.
    FundingRate,
    /// Open interest and ratios.
    Metrics,
}

/// Which set a file is of, its symbol, and the length of its candles, all from its name
/// (`BTCUSDT-1m-2024-01.zip`, `BTCUSDT-aggTrades-2024-01-01.csv`) and its folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchiveName {
    /// The set.
    pub set: Set,
    /// The symbol as it stands in the name.
    pub symbol: String,
    /// The interval of candles.
    pub interval: Option<String>,
}

/// Reads a name of the archive; `None` for a name of another kind.
pub fn archive_name(path: &Path) -> Option<ArchiveName> {
    let name = path.file_name()?.to_str()?;
    let stem = name.split_once('.').map_or(name, |it| it.0);
    let (symbol, rest) = stem.split_once('-')?;
    let (what, date) = rest.split_once('-')?;
    let dated = date.len() >= 7 && date.bytes().all(|c| c.is_ascii_digit() || c == b'-');
    if !dated || symbol.is_empty() {
        return None;
    }
    let set = match what {
        "trades" => Set::Trades,
        "aggTrades" => Set::AggTrades,
        "bookTicker" => Set::BookTicker,
        "fundingRate" => Set::FundingRate,
        "metrics" => Set::Metrics,
        _ if is_interval(what) => {
            let folder = |it: &str| path.components().any(|part| part.as_os_str() == it);
            match () {
                () if folder("markPriceKlines") => Set::MarkPriceKlines,
                () if folder("indexPriceKlines") => Set::IndexPriceKlines,
                () if folder("premiumIndexKlines") => Set::PremiumIndexKlines,
                () => Set::Klines,
            }
        }
        _ => return None,
    };
    let interval = is_interval(what).then(|| what.to_owned());
    Some(ArchiveName { set, symbol: symbol.to_owned(), interval })
}

fn is_interval(text: &str) -> bool {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (count, unit) = text.split_at(at);
    matches!(unit, "s" | "m" | "h" | "d" | "w" | "mo" | "M") && count.parse::<u32>().is_ok_and(|it| it > 0)
}

/// The names that the columns of a file of the archive have where its first line is a row, by place; of those that nothing reads none.
/// `None` for a file whose name is of another kind.
pub fn names_without_header(path: &Path) -> Option<Vec<String>> {
    let name = archive_name(path)?;
    let Mapping { time, side, columns, .. } = mapping(name.set, name.interval.as_deref()).ok()?;
    let Columns {
        price,
        qty,
        id,
        bid,
        bid_qty,
        ask,
        ask_qty,
        open,
        high,
        low,
        close,
        volume,
        trades,
        taker_buy,
        ..
    } = columns;
    let others =
        [price, qty, id, bid, bid_qty, ask, ask_qty, open, high, low, close, volume, trades, taker_buy];
    let mut names = Vec::new();
    for column in others.into_iter().flatten().chain([time.column]).chain(side.map(|it| it.column)) {
        if let Column::Either { name, at } = column {
            names.resize(names.len().max(at + 1), String::new());
            names[at] = name;
        }
    }
    Some(names).filter(|it| !it.is_empty())
}

/// The mapping for a set; candles need their interval. A candle of `1mo` (or `1M`) is a calendar month in UTC.
pub fn mapping(set: Set, interval: Option<&str>) -> Result<Mapping, Fault> {
    let name = match set {
        Set::Trades => "binance-trades",
        Set::AggTrades => "binance-aggTrades",
        Set::BookTicker => "binance-bookTicker",
        Set::Klines => "binance-klines",
        Set::MarkPriceKlines => "binance-markPriceKlines",
        Set::IndexPriceKlines => {
            return Err(Fault::file(
                "markPriceKlines (an index is told only beside a mark, as in markPriceUpdate and derivative_ticker)",
                "candles of the index price alone, which `features compute --with` reads as a series",
            ));
        }
        Set::PremiumIndexKlines => {
            return Err(Fault::file(
                "candles of a price",
                "candles of the premium index, a ratio of prices, which `features compute --with` reads as a series",
            ));
        }
        Set::FundingRate => "binance-fundingRate",
        Set::Metrics => "binance-metrics",
    };
    let mut mapping = recorded::mapping(name)?;
    if let Some(interval) = interval {
        if !is_interval(interval) {
            let expected = "a whole number with s, m, h, d, w or mo";
            return Err(Fault::field("interval", expected, interval.as_bytes()));
        }
        mapping.span = Some(interval.to_owned());
    }
    Ok(mapping)
}

/// Compares a file with the checksum beside it (`<file>.CHECKSUM`, as `sha256sum` writes it): true when it agrees,
/// false when there is none, an error when it differs.
pub fn verify_checksum(path: &Path) -> Result<bool, ReadError> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".CHECKSUM");
    let beside = PathBuf::from(beside);
    if !beside.exists() {
        return Ok(false);
    }
    let text = std::fs::read_to_string(&beside).map_err(|e| ReadError::io(&beside, "read", e))?;
    let expected = text.split_whitespace().next().unwrap_or("").to_ascii_lowercase();
    if expected.len() != 64 || !expected.bytes().all(|c| c.is_ascii_hexdigit()) {
        return Err(ReadError::field(&beside, 1, "sha256", "64 hexadecimal digits", expected.as_bytes()));
    }
    let got = sha256(path)?;
    if got != expected {
        let expected = format!("sha256 {expected} (from {})", beside.display());
        return Err(ReadError::whole(path, expected, format!("sha256 {got}")));
    }
    Ok(true)
}

/// The SHA-256 of a file in hexadecimal.
pub fn sha256(path: &Path) -> Result<String, ReadError> {
    let mut file = open_file(path)?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = file.read(&mut chunk).map_err(|e| ReadError::io(path, "read", e))?;
        if read == 0 {
            break;
        }
        hash.update(&chunk[..read]);
    }
    let mut text = String::with_capacity(64);
    for byte in hash.finalize() {
        write!(text, "{byte:02x}").expect("writing to memory cannot fail");
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
