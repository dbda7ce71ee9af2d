//! What is this file? By its name and its first line: the reader for it, or an error that says what was tried.

use crate::binance;
use crate::capture::{Capture, CaptureOptions};
use crate::fault::Fault;
use crate::lengths::settle;
use crate::mapping::{Mapping, Table};
use crate::plain;
use crate::reader::{ReadError, Reader};
use crate::recorded;
use crate::source::{Source, open_file, with_damage};
use crate::symbols::Symbols;
use crate::tardis;
use std::io::Read;
use std::path::Path;

/// What a table of trades is called that says itself what it is.
const PLAIN_TRADES: &str = "plain trades";

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
        let mut mapping = binance::mapping(name.set, name.interval.as_deref());
        if let Ok(mapping) = &mut mapping {
            settle::settle(path, "binance-klines", mapping, name.interval)?;
        }
        return table(&format!("binance {:?}", name.set), mapping);
    }
    let mut head = [0; 4];
    let read = open_file(path)?.read(&mut head).map_err(|e| ReadError::io(path, "read", e))?;
    if &head[..read] == b"PAR1" {
        return parquet_by_name(path).map_or_else(
            || {
                let expected = "Parquet with a mapping that says what its columns are";
                Err(ReadError::whole(path, expected, "Parquet without one"))
            },
            |it| table(it, recorded::mapping(it)),
        );
    }
    let mut source = Source::open(path)?;
    let first = source.next_line()?.map(|line| line.text.to_vec()).unwrap_or_default();
    if first.trim_ascii().is_empty() {
        return Err(ReadError::whole(path, "names of columns or a row in the first line", "an empty line"));
    }
    if let Some(reason) = no_events(path, &first) {
        return Err(ReadError::whole(path, "market data", reason));
    }
    if looks_like_capture(&first) || first.starts_with(b"wss://") || first.starts_with(b"https://") {
        return Ok(Format::Capture);
    }
    if let Some(mapping) = tardis::mapping(&first) {
        return table("tardis", mapping);
    }
    match by_header(path, &first) {
        Some(name) => {
            let mut mapping = recorded::mapping(name);
            if let Ok(mapping) = &mut mapping {
                let said = span_in_name(path).or_else(|| is_fund(path).then(|| "1d".to_owned()));
                if let (Some(said), Some(span)) = (&said, &mut mapping.span) {
                    said.clone_into(span);
                }
                settle::settle(path, name, mapping, said)?;
            }
            table(name, mapping)
        }
        None if plain::has_trades(&first) => {
            let row = second_line(path);
            let lacks = || ReadError::whole(path, "a trade below the names of the columns", "none");
            let mapping = row.and_then(|row| plain::trades(&first, &row)).ok_or_else(lacks)?;
            table(PLAIN_TRADES, Ok(mapping))
        }
        None => Err(unknown(path, &first)),
    }
}

/// Opens a file with the reader that [`detect`] finds, after its checksum has been compared where one lies beside it.
pub fn open(path: &Path, symbols: Symbols, capture: CaptureOptions) -> Result<Box<dyn Reader>, ReadError> {
    let format = detect(path).map_err(with_damage)?;
    binance::verify_checksum(path)?;
    Ok(match format {
        Format::Capture => Box::new(Capture::open(path, symbols, capture)?),
        Format::Table { .. } if !capture.connections.is_empty() => {
            let expected = "a capture, where a connection of it is chosen";
            return Err(ReadError::whole(path, expected, "a table, which names no connections"));
        }
        Format::Table { mapping, .. } => Box::new(Table::open(path, *mapping, symbols)?),
    })
}

/// By which columns a table is read that says itself what it is, where several could be meant; in words. Nothing of other files, and
/// of those that cannot be read, which whoever reads them says.
pub fn choices(path: &Path) -> Vec<String> {
    let Ok(Format::Table { name, .. }) = detect(path) else { return Vec::new() };
    let first = || Some(Source::open(path).ok()?.next_line().ok()??.text.to_vec());
    let line = first().filter(|_| name == PLAIN_TRADES).unwrap_or_default();
    let line = String::from_utf8_lossy(&line);
    plain::choices(&line.trim_end().split(',').map(str::to_owned).collect::<Vec<_>>())
}

/// A ready-made mapping by its name for this file: candles have the length that the file's name says, or their times show.
pub fn ready_made(path: &Path, name: &str) -> Result<Mapping, ReadError> {
    let mut mapping = recorded::mapping(name).map_err(|fault| fault.in_file(path))?;
    settle::settle(path, name, &mut mapping, span_in_name(path))?;
    Ok(mapping)
}

/// What a known file is instead, when nothing in it can be an event here.
fn no_events(path: &Path, first: &[u8]) -> Option<String> {
    let says = |text: &str| Some(text.to_owned());
    let header = |text: &[u8]| first.starts_with(text);
    if header(b"timestamp,percentage,depth,notional") {
        return says("bookDepth: sums of depth within bands of percent, from which no book can be made");
    }
    if header(b"exchange,symbol,timestamp,local_timestamp,type,strike_price,") {
        return says("an options chain: options are not traded here");
    }
    if header(b"market,symbol,type,description,quote_currency,") {
        return says("a list of contracts and their steps");
    }
    if header(b"date,funding_rate") && first_cell(path).is_some_and(|it| it.len() == 10 && it[4] == b'-') {
        return says("funding rates by day: sums or means, which no payment had");
    }
    if header(b"\"index\",\"data\"") {
        return says("a series of fitted intensities without prices");
    }
    if header(b"date;sentiment;") {
        return says("news");
    }
    let lower = first.to_ascii_lowercase();
    let series = [&b"date,"[..], b"\"\",dtb3", b"timestamp,google_trends"];
    let candle =
        lower.starts_with(b"date,open,high,low,close,volume") || lower.starts_with(b"date,funding_rate");
    if series.iter().any(|it| lower.starts_with(it)) && !candle {
        return says("an outside series by date, without trades, books or bars of a market");
    }
    if let Some(rest) = first.strip_prefix(b"https://").or_else(|| first.strip_prefix(b"wss://")) {
        let url = rest.split(|&c| c == b' ').next().unwrap_or(rest);
        let host = String::from_utf8_lossy(url.split(|&c| c == b'/').next().unwrap_or(url)).into_owned();
        if host.split(':').next().is_none_or(|it| !it.ends_with(".binance.com")) {
            return Some(format!("frames of {host}, whose messages no reader of files knows"));
        }
        if url.ends_with(b"/exchangeInfo") {
            return says("a list of instruments as the venue answered it");
        }
    }
    if matches!(first.trim_ascii(), b"{" | b"[") {
        return says("a JSON document printed over several lines; a capture has one message a line");
    }
    None
}

/// Day bars of a fund at a stock exchange (`etf_SPY.csv`), whose prices were written from binary floats.
fn is_fund(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"etf_"))
}

fn looks_like_capture(first: &[u8]) -> bool {
    let message = match first.iter().position(|&c| c == b' ') {
        Some(at) if at > 0 && first[..at].iter().all(u8::is_ascii_digit) => &first[at + 1..],
        _ => first,
    };
    matches!(message.trim_ascii_start(), [b'{', ..] | [b'[', b'{', ..])
}

/// Headers that are those of one mapping, whatever the name of the file.
const HEADERS: [(&str, &str); 10] = [
    ("time_seconds,bid_price_bid_size,ask_price_ask_size", "gemini-depth"),
    ("time_seconds,price,size,is_buyer_maker", "gemini-trade"),
    ("timestamp,price,size,side,exchange_timestamp", "hyperliquid-prices"),
    ("timestamp,price,size,side,trade_id,exchange_timestamp", "hyperliquid-trades"),
    ("ts_ns,trade_id,price,qty,buyer_maker", "nautilus-trades"),
    ("ts_ns,bid,ask,bid_qty,ask_qty", "nautilus-quotes"),
    ("msg,ts_ns,kind,side,price,qty", "nautilus-book"),
    ("symbol,timestamp,first_update_id,last_update_id,side,update_type,price,qty,pu", "nautilus-depth"),
    ("timestamp,id,type,side,price,amount,cost", "freqtrade-trades"),
    (",timestamp,id,type,side,price,amount,cost,date", "freqtrade-trades"),
];

fn by_header(path: &Path, first: &[u8]) -> Option<&'static str> {
    let name = path.file_name().map(|it| it.to_string_lossy().to_lowercase()).unwrap_or_default();
    Some(match first {
        b"date,open,high,low,close,volume" if name.contains("-mark.") => "freqtrade-mark",
        b"date,open,high,low,close,volume"
            if (span_in_name(path).is_some() || is_fund(path)) && !has_counts(path) =>
        {
            "freqtrade-bars"
        }
        // The clock of the two kinds of candles differs: a date has a dash, a count has not.
        b"date,open,high,low,close,volume" if has_dates(path) => "ohlcv-dates",
        b"date,open,high,low,close,volume" => "ohlcv",
        b"timestamp,open,high,low,close,volume,symbol" => "ohlcv-long",
        b"timestamp,open,high,low,close,volume" => "ohlcv-timestamp",
        b"date,funding_rate" if has_dates(path) => "freqtrade-funding",
        b"date,funding_rate" => "funding-dates",
        _ if let Some((_, name)) = HEADERS.iter().find(|it| it.0.as_bytes() == first) => name,
        _ if first.starts_with(b"t,d.price_int,d.amount_int,d.type_str,") => "mtgox-trades",
        _ if name.contains("-trades.") && is_kraken_trade(first) => "kraken-trades",
        _ if name.contains("_klines_") && first.first().is_some_and(u8::is_ascii_digit) => "binance-klines",
        _ if first.starts_with(b"timestamp,sequence,exchange_timestamp,bid_price_0,") => "hyperliquid-books",
        _ if first.starts_with(b"open_time,open,high,low,close,volume,close_time,") => "binance-klines",
        _ if name.contains("margin_interest") => "lean-funding",
        _ if name.ends_with("_trade.zip") && name.contains("__minute__") => "lean-minute-trade",
        _ if name.ends_with("_quote.zip") && name.contains("__minute__") => "lean-minute-quote",
        _ if name.ends_with("_trade.zip") && (name.contains("__hour__") || name.contains("__daily__")) => {
            "lean-hour-trade"
        }
        _ if name.ends_with("_quote.zip") && (name.contains("__hour__") || name.contains("__daily__")) => {
            "lean-hour-quote"
        }
        _ => return None,
    })
}

/// Seconds, price and amount, and nothing else.
fn is_kraken_trade(first: &[u8]) -> bool {
    let numeric = |cell: &[u8]| !cell.is_empty() && cell.iter().all(|c| c.is_ascii_digit() || *c == b'.');
    first.split(|&c| c == b',').count() == 3 && first.split(|&c| c == b',').all(numeric)
}

fn parquet_by_name(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_str()?;
    Some(match name {
        _ if name.starts_with("orderbook_") => "standx-books",
        _ if name.starts_with("trades_") => "standx-trades",
        _ if name.contains("spot_trades") => "nautilus-parquet-trades",
        _ if name.contains("spot_quotes") => "nautilus-parquet-quotes",
        _ if name.contains("quotes") && name.contains("nautilus64") => "nautilus-fixed64-quotes",
        _ if name.contains("quotes") && name.contains("nautilus128") => "nautilus-fixed128-quotes",
        _ => return None,
    })
}

/// True when the first cell of the second line is a date as text.
fn has_dates(path: &Path) -> bool {
    first_cell(path).is_some_and(|it| it.get(4) == Some(&b'-'))
}

/// True when it is a number, which counts since 1970.
fn has_counts(path: &Path) -> bool {
    first_cell(path).is_some_and(|it| !it.is_empty() && it.iter().all(u8::is_ascii_digit))
}

/// The first cell of the second line.
fn first_cell(path: &Path) -> Option<Vec<u8>> {
    second_line(path)?.split(|&c| c == b',').next().map(<[u8]>::to_vec)
}

fn second_line(path: &Path) -> Option<Vec<u8>> {
    let mut source = Source::open(path).ok()?;
    source.next_line().ok()?;
    Some(source.next_line().ok()??.text.to_vec())
}

/// The length of bars in a name like `ETH_BTC-5m.csv.gz`, `..__daily__..` or `AVAXUSDT-1m-2025-02.csv`.
pub(crate) fn span_in_name(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?;
    let word = name.split(['-', '.', '_']).find(|word| {
        let digits = word.bytes().take_while(u8::is_ascii_digit).count();
        let is_length = (1..=4).contains(&digits) && ["s", "m", "h", "d"].contains(&&word[digits..]);
        is_length || ["1w", "1mo"].contains(word)
    });
    word.map(str::to_owned).or_else(|| name.contains("__daily__").then(|| "1d".to_owned()))
}

/// What a file of no known kind would have to be; where it comes near one, what is between.
#[cold]
fn unknown(path: &Path, first: &[u8]) -> ReadError {
    let got = String::from_utf8_lossy(&first[..first.len().min(80)]);
    if let Some(by) = [';', '\t', '|'].into_iter().find(|&it| !got.contains(',') && got.contains(it)) {
        let expected = format!("commas between columns, or a mapping with delimiter = {by:?}");
        return ReadError::field(path, 1, "header", expected, first);
    }
    if let Some((column, name)) = lacking(&got) {
        let expected = format!(
            "a column {column:?}, as {name} have (or a mapping of its own, which says what the columns are)"
        );
        return ReadError::field(path, 1, "header", expected, first);
    }
    let expected = "a name of the Binance archive (SYMBOL-set-date), a raw capture (receive time and JSON), a Tardis \
                    header, a header of the ready-made mappings, columns of trades (timestamp, price, size, side), or a \
                    mapping of its own";
    ReadError::whole(path, expected, format!("{got:?}"))
}

/// The column that a header lacks to be one of the known ones, and which.
fn lacking(first: &str) -> Option<(&'static str, &'static str)> {
    let names: Vec<&str> = first.split(',').collect();
    HEADERS.iter().find_map(|&(header, mapping)| {
        let mut missing = header.split(',').filter(|it| !names.contains(it));
        let (only, none) = (missing.next()?, missing.next());
        (none.is_none() && names.len() + 1 >= header.split(',').count()).then_some((only, mapping))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_in_the_name_makes_no_clock_of_numbers_unreadable() {
        let folder = tempfile::tempdir().unwrap();
        let all = crate::testing::instruments(&[("X", "0.1", "0.001")]);
        let row = |minute: i64| format!("{},1,2,1,2,5\n", 1_738_368_000_000 + minute * 240_000);
        let text = format!("date,open,high,low,close,volume\n{}", (0..5).map(row).collect::<String>());
        for name in ["X.csv", "X-4m.csv", "X-4m-part.csv"] {
            let path = folder.path().join(name);
            std::fs::write(&path, &text).unwrap();
            let symbols = Symbols::of_venue(&all, "v");
            let mut reader = open(&path, symbols, CaptureOptions::default()).unwrap();
            let mut out = crate::buffer::EventBuffer::new();
            while reader.read(&mut out).unwrap_or_else(|e| panic!("{e}")) {}
            let spans: Vec<i64> = out.iter().map(|it| it.exchange_at.nanos() % 240_000_000_000).collect();
            assert_eq!(spans, [0; 5], "{name}");
        }
    }

    #[test]
    fn what_comes_near_a_known_file_is_told_what_is_between() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        let said = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let text = detect(&path).unwrap_err().to_string();
            text.strip_prefix(&path.display().to_string()).unwrap().to_owned()
        };
        assert_eq!(
            said("ts_ns,trade_id,qty,buyer_maker\n"),
            r#":1: header: expected a column "price", as nautilus-trades have (or a mapping of its own, which says what the columns are), got "ts_ns,trade_id,qty,buyer_maker""#
        );
        assert_eq!(
            said("ts_ns;trade_id;price\n1;2;3\n"),
            r#":1: header: expected commas between columns, or a mapping with delimiter = ';', got "ts_ns;trade_id;price""#
        );
        assert_eq!(said("\n\n"), ": expected names of columns or a row in the first line, got an empty line");
        assert!(said("hello\nworld\n").starts_with(": expected a name of the Binance archive"));
        assert!(said("PAR1").contains("expected Parquet with a mapping"));
        // A header that damage has changed is not the file's fault.
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        std::io::Write::write_all(&mut gz, b"ts_ns,trade_id,price,qty,buyer_maker\n").unwrap();
        let mut gz = gz.finish().unwrap();
        gz[30] ^= 4;
        std::fs::write(&path, gz).unwrap();
        let all = crate::testing::instruments(&[("X", "0.1", "0.001")]);
        let error = open(&path, Symbols::of_venue(&all, "v"), CaptureOptions::default()).err().unwrap();
        assert!(error.to_string().contains("expected an undamaged archive, got damaged data ("), "{error}");
    }
}
