//! What is this file? By its name and its first line: the reader for it, or an error that says what was tried.

use crate::binance;
use crate::capture::{Capture, CaptureOptions};
use crate::fault::Fault;
use crate::mapping::{Mapping, Table};
use crate::reader::{ReadError, Reader};
use crate::recorded;
use crate::source::{Source, open_file};
use crate::symbols::Symbols;
use crate::tardis;
use std::io::Read;
use std::path::Path;

/// What a file was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// A raw websocket capture.
    Capture,
    /// Rows, read by this mapping.
    Table {
        /// Which ready-made mapping it is, or is made from.
        name: String,
        /// The mapping.
        mapping: Box<Mapping>,
    },
}

/// Finds out what a file is. Opens it and reads its first line.
pub fn detect(path: &Path) -> Result<Format, ReadError> {
    let table = |name: &str, mapping: Result<Mapping, Fault>| {
        let mapping = Box::new(mapping.map_err(|fault| fault.in_file(path))?);
        Ok(Format::Table { name: name.to_owned(), mapping })
    };
    if let Some(name) = binance::archive_name(path) {
        let mapping = binance::mapping(name.set, name.interval.as_deref());
        return table(&format!("binance {:?}", name.set), mapping);
    }
    let mut head = [0; 4];
    let read = open_file(path)?.read(&mut head).map_err(|e| ReadError::io(path, "read", e))?;
    if &head[..read] == b"PAR1" {
        return parquet_by_name(path).map_or_else(
            || Err(unknown(path, "Parquet files need a mapping of their own")),
            |it| table(it, recorded::mapping(it)),
        );
    }
    let mut source = Source::open(path)?;
    let first = source.next_line()?.map(|line| line.text.to_vec()).unwrap_or_default();
    if looks_like_capture(&first) {
        return Ok(Format::Capture);
    }
    if let Some(mapping) = tardis::mapping(&first) {
        return table("tardis", mapping);
    }
    match by_header(path, &first) {
        Some(name) => {
            let mut mapping = recorded::mapping(name);
            if let (Ok(mapping), Some(span)) = (&mut mapping, span_in_name(path)) {
                mapping.span = mapping.span.is_some().then_some(span);
            }
            table(name, mapping)
        }
        None => Err(unknown(path, &String::from_utf8_lossy(&first[..first.len().min(80)]))),
    }
}

/// Opens a file with the reader that [`detect`] finds, after its checksum has been compared where one lies beside it.
pub fn open(path: &Path, symbols: Symbols, capture: CaptureOptions) -> Result<Box<dyn Reader>, ReadError> {
    let format = detect(path)?;
    binance::verify_checksum(path)?;
    Ok(match format {
        Format::Capture => Box::new(Capture::open(path, symbols, capture)?),
        Format::Table { mapping, .. } => Box::new(Table::open(path, *mapping, symbols)?),
    })
}

fn looks_like_capture(first: &[u8]) -> bool {
    let message = match first.iter().position(|&c| c == b' ') {
        Some(at) if at > 0 && first[..at].iter().all(u8::is_ascii_digit) => &first[at + 1..],
        _ => first,
    };
    matches!(message.trim_ascii_start(), [b'{', ..] | [b'[', b'{', ..])
}

fn by_header(path: &Path, first: &[u8]) -> Option<&'static str> {
    let name = path.file_name().map(|it| it.to_string_lossy().to_lowercase()).unwrap_or_default();
    Some(match first {
        b"date,open,high,low,close,volume" if name.contains("-mark.") => "freqtrade-mark",
        b"date,open,high,low,close,volume" if span_in_name(path).is_some() => "freqtrade-bars",
        // The clock of the two kinds of candles differs: a date has a dash, a count has not.
        b"date,open,high,low,close,volume" if has_dates(path) => "ohlcv-dates",
        b"date,open,high,low,close,volume" => "ohlcv",
        b"timestamp,open,high,low,close,volume,symbol" => "ohlcv-long",
        b"timestamp,open,high,low,close,volume" => "ohlcv-timestamp",
        b"date,funding_rate" if has_dates(path) => "freqtrade-funding",
        b"date,funding_rate" => "funding-dates",
        b"time_seconds,bid_price_bid_size,ask_price_ask_size" => "gemini-depth",
        b"time_seconds,price,size,is_buyer_maker" => "gemini-trade",
        b"timestamp,price,size,side,exchange_timestamp" => "hyperliquid-prices",
        b"timestamp,price,size,side,trade_id,exchange_timestamp" => "hyperliquid-trades",
        b"ts_ns,trade_id,price,qty,buyer_maker" => "nautilus-trades",
        b"ts_ns,bid,ask,bid_qty,ask_qty" => "nautilus-quotes",
        b"msg,ts_ns,kind,side,price,qty" => "nautilus-book",
        b"symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu" => "nautilus-depth",
        b"timestamp,id,type,side,price,amount,cost" | b",timestamp,id,type,side,price,amount,cost,date" => {
            "freqtrade-trades"
        }
        _ if first.starts_with(b"timestamp,sequence,exchange_timestamp,bid_price_0,") => "hyperliquid-books",
        _ if first.starts_with(b"open_time,open,high,low,close,volume,close_time,") => "binance-klines",
        _ if name.contains("margin_interest") => "lean-funding",
        _ if name.ends_with("_trade.zip") && name.contains("__minute__") => "lean-minute-trade",
        _ if name.ends_with("_quote.zip") && name.contains("__minute__") => "lean-minute-quote",
        _ if name.ends_with("_trade.zip") && (name.contains("__hour__") || name.contains("__daily__")) => {
            "lean-hour-trade"
        }
        _ => return None,
    })
}

fn parquet_by_name(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?;
    Some(match name {
        _ if name.starts_with("orderbook_") => "standx-books",
        _ if name.starts_with("trades_") => "standx-trades",
        _ if name.contains("spot_trades") => "nautilus-parquet-trades",
        _ if name.contains("spot_quotes") => "nautilus-parquet-quotes",
        _ => return None,
    })
}

/// True when the first cell of the second line is a date as text.
fn has_dates(path: &Path) -> bool {
    let Ok(mut source) = Source::open(path) else { return false };
    if source.next_line().is_err() {
        return false;
    }
    matches!(source.next_line(), Ok(Some(line)) if line.text.get(4) == Some(&b'-'))
}

/// The length of bars in a name like `ETH_BTC-5m.csv.gz`, `..__daily__..` or `AVAXUSDT-1m-2025-02.csv`.
fn span_in_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let word = name.split(['-', '.', '_']).find(|word| {
        word.len() <= 3
            && word.ends_with(['m', 'h', 'd'])
            && word.len() > 1
            && word[..word.len() - 1].bytes().all(|c| c.is_ascii_digit())
    });
    word.map(str::to_owned).or_else(|| name.contains("__daily__").then(|| "1d".to_owned()))
}

fn unknown(path: &Path, got: &str) -> ReadError {
    let expected = "a name of the Binance archive (SYMBOL-set-date), a raw capture (receive time and JSON), a Tardis \
                    header, a header of the ready-made mappings, or a mapping of its own";
    ReadError::whole(path, expected, format!("{got:?}"))
}
