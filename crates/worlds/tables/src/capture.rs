//! Raw websocket captures: one message of the venue per line, usually behind the nanosecond at which it was received
//! (`1723161255088156767 {"stream":...}`). Binance USD-M, COIN-M and spot (combined streams or bare, REST depth
//! snapshots among them), Hyperliquid, Bybit v5 and recordings of barter are told apart by their messages. Unknown fields
//! never disturb; unknown messages are counted and left out; a capture of nothing else is an error at its end.
//!
//! The lines of cryptofeed are understood too: `1633998512.06: {..}` (seconds), `https://.. -> 1633998512.3: {..}` (the
//! answer to a request, by which a book gets its symbol) and `wss://..` (the connection that what follows came through, and what
//! was sent: left out).
//!
//! Exchange time is the matching engine's where the venue gives it (Binance `T`, Bybit `cts`), else the time of the
//! message (`E`, `ts`), else the arrival.

mod barter;
mod binance;
mod bybit;
mod connections;
mod hyperliquid;

use crate::buffer::{EventBuffer, Stamp};
use crate::connection::Connection;
use crate::fault::Fault;
use crate::json::{Json, Value, unescape};
use crate::reader::{Position, ReadError, Reader};
use crate::source::Source;
use crate::symbols::{Known, Symbols};
use crate::text::{TimeUnit, datetime, unsigned};
use connections::{Connections, OfOneMarket};
use scalp_types::{Level, Timestamp};
use std::path::Path;

/// Levels of one message, at most, on each side; more are an error.
pub const LEVELS_MAX: usize = 100_000;

/// What of a capture becomes events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CaptureOptions {
    /// Best bid and ask (`bookTicker`) become quotes; otherwise they are counted and left out.
    pub quotes: bool,
    /// The exchange time of messages that carry none and were recorded without their arrival (REST snapshots kept on
    /// their own). [`Capture::open`] takes it from a file name like `BTCUSDT_2020-11-01T09-00-00_snapshot.json`.
    pub time: Option<Timestamp>,
    /// Only frames of the connections that have one of these names (`conn`) or addresses; all of them where none is given. A
    /// capture in which two markets carry one instrument is refused unless one of them is chosen.
    pub connections: Vec<Box<str>>,
    /// The connections of the files before: a recorder that begins a new file goes on with those it has, and says their addresses
    /// no more.
    pub known: Vec<Connection>,
    /// It is one file of several: a chosen connection that is none of its own may be in another, which whoever reads them all
    /// judges by [`Reader::connections`]. Of a capture that names no connections nothing can be chosen, whatever the others have.
    pub one_of_several: bool,
    /// Names of the instruments that a recording counts from 0 (barter); a number without a name is its own name.
    /// [`Capture::open`] takes them from a file name that ends like `_l1_btcusdt_ethusdt.json`, in capitals.
    pub numbered: Vec<Box<str>>,
}

/// What was read and what was left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
pub struct CaptureCounts {
    /// Messages of changed levels.
    pub depths: u64,
    /// Changed levels in them.
    pub levels: u64,
    /// Whole books.
    pub snapshots: u64,
    /// Levels in them.
    pub snapshot_levels: u64,
    /// Trades.
    pub trades: u64,
    /// Best bid and ask.
    pub quotes: u64,
    /// Everything else that became an event (marks, funding, liquidations, bars).
    pub others: u64,
    /// Quotes left out because they were not asked for.
    pub quotes_left_out: u64,
    /// Trades left out because they did not happen in the book (Binance `X` other than `MARKET`: insurance fund, ADL).
    pub trades_not_market: u64,
    /// Trades left out because the other kind (`trade` or `aggTrade`), which says the same, came first.
    pub trades_told_twice: u64,
    /// Messages of symbols that were not asked for.
    pub other_symbols: u64,
    /// Messages that are no market data (replies, heartbeats) or of a kind without an event.
    pub unknown: u64,
}

impl CaptureCounts {
    /// True when messages were read and none of them was of a known kind.
    const fn knows_none(&self) -> bool {
        let kept = self.depths + self.snapshots + self.trades + self.quotes + self.others;
        let left =
            self.quotes_left_out + self.trades_not_market + self.trades_told_twice + self.other_symbols;
        self.unknown > 0 && kept + left == 0
    }
    /// Changed levels, snapshot levels and trades: the rows by which converters count their speed.
    pub const fn rows(&self) -> u64 {
        self.levels + self.snapshot_levels + self.trades
    }
}

/// Reads a capture, file or bytes.
#[derive(Debug)]
pub struct Capture {
    source: Source,
    decoder: Decoder,
}

impl Capture {
    /// Opens a file.
    pub fn open(path: &Path, symbols: Symbols, mut options: CaptureOptions) -> Result<Self, ReadError> {
        options.time = options.time.or_else(|| time_in_name(path));
        if options.numbered.is_empty() {
            options.numbered = names_in_name(path);
        }
        Ok(Self { source: Source::open(path)?, decoder: Decoder::new(symbols, options) })
    }

    /// Reads lines of a source.
    pub fn new(source: Source, symbols: Symbols, options: CaptureOptions) -> Self {
        Self { source, decoder: Decoder::new(symbols, options) }
    }

    /// What was read and left out so far.
    pub fn counts(&self) -> &CaptureCounts {
        &self.decoder.counts
    }

    /// Where several markets carry one instrument, reads on to name all of them.
    #[cold]
    fn with_all_markets(&mut self, error: ReadError) -> ReadError {
        let ReadError::Field { file, line, .. } = &error else { return error };
        if !self.decoder.symbols.connections.is_torn() {
            return error;
        }
        let mut unused = EventBuffer::new();
        while let Ok(Some(line)) = self.source.next_line() {
            unused.clear();
            // Who carries the instrument is noted before anything else of a message can be wrong.
            let _ = self.decoder.decode_line(line.text, line.number, &mut unused);
        }
        match self.decoder.symbols.connections.fault() {
            Some(fault) => fault.at(file, *line, 0),
            None => error,
        }
    }
}

impl Reader for Capture {
    fn read(&mut self, out: &mut EventBuffer) -> Result<bool, ReadError> {
        while !out.is_full() {
            let Some(line) = self.source.next_line()? else {
                let connections = &self.decoder.symbols.connections;
                let others_may_have_it = self.decoder.options.one_of_several && !connections.all().is_empty();
                if let Some(fault) = connections.lacking().filter(|_| !others_may_have_it) {
                    return Err(fault.in_file(self.source.name()));
                }
                let counts = self.counts();
                if counts.knows_none() && self.decoder.options.connections.is_empty() {
                    let got = format!("{} messages of other kinds and none of these", counts.unknown);
                    let expected = "market data of Binance, Bybit v5, Hyperliquid or barter";
                    return Err(ReadError::whole(self.source.entry(), expected, got));
                }
                return Ok(false);
            };
            if let Err(fault) = self.decoder.decode_line(line.text, line.number, out) {
                let error = self.source.fault(fault);
                return Err(self.with_all_markets(error));
            }
        }
        Ok(true)
    }
    fn position(&self) -> Position {
        self.source.position()
    }
    fn file(&self) -> &Path {
        self.source.entry()
    }
    fn connections(&self) -> Vec<Connection> {
        self.decoder.symbols.connections.all().to_vec()
    }
}

/// Reads a whole capture from memory (packed or not) into `out`: the entry for fuzzing and for small pieces.
pub fn decode_capture(
    bytes: &[u8],
    symbols: Symbols,
    options: CaptureOptions,
    out: &mut EventBuffer,
) -> Result<CaptureCounts, ReadError> {
    let mut capture = Capture::new(Source::from_bytes("capture", bytes)?, symbols, options);
    let mut batch = EventBuffer::new();
    loop {
        batch.clear();
        let more = capture.read(&mut batch);
        batch.iter_with_source().for_each(|(event, line)| out.push(&event, line));
        if !more? {
            return Ok(*capture.counts());
        }
    }
}

/// Turns lines of a capture into events: the part without files.
#[derive(Debug)]
pub struct Decoder {
    symbols: OfOneMarket,
    options: CaptureOptions,
    counts: CaptureCounts,
    trade_kind: Option<binance::TradeKind>,
    funding: binance::FundingMemory,
    bids: Vec<Level>,
    asks: Vec<Level>,
    unescaped: Vec<u8>,
    /// The symbol that a recorded request asked for.
    asked: Vec<u8>,
}

/// What a decoder knows about the line at hand.
#[derive(Debug, Clone, Copy)]
struct At {
    line: u64,
    arrived: Option<Timestamp>,
}

/// Levels kept ready for one side of a message.
const LEVELS_READY: usize = 2_048;

impl Decoder {
    /// A decoder for these instruments.
    pub fn new(symbols: Symbols, options: CaptureOptions) -> Self {
        Self {
            symbols: OfOneMarket::new(
                symbols,
                Connections::new(options.connections.clone(), options.known.clone()),
            ),
            options,
            counts: CaptureCounts::default(),
            trade_kind: None,
            funding: binance::FundingMemory::default(),
            bids: Vec::with_capacity(LEVELS_READY),
            asks: Vec::with_capacity(LEVELS_READY),
            unescaped: Vec::new(),
            asked: Vec::new(),
        }
    }

    /// What was read and left out so far.
    pub fn counts(&self) -> &CaptureCounts {
        &self.counts
    }

    /// Appends the events of one line to `out`, under its number. Nothing is appended for a line with a fault, except
    /// what stands before the fault in an array of messages.
    pub fn decode_line(&mut self, text: &[u8], line: u64, out: &mut EventBuffer) -> Result<(), Fault> {
        let (arrived, message) = match text {
            [b'0'..=b'9', ..] => {
                let blank = memchr::memchr(b' ', text).unwrap_or(text.len());
                let arrived = match &text[..blank] {
                    [seconds @ .., b':'] => receive_seconds(seconds)?,
                    nanos => TimeUnit::Nanos.parse(nanos).ok_or_else(|| {
                        Fault::field("receive time", "nanoseconds since 1970 before a blank", nanos)
                    })?,
                };
                (Some(arrived), text.get(blank + 1..).unwrap_or(b""))
            }
            [b'h', b't', b't', b'p', ..] => return self.answer(text, line, out),
            [b'w', b's', b's', b':', b'/', ..] => return self.connected(text),
            _ if text.trim_ascii().is_empty() => return Ok(()),
            _ => (None, text),
        };
        if self.symbols.connections.is_passed_over() {
            self.counts.unknown += 1;
            return Ok(());
        }
        self.message(message, At { line, arrived }, out)
    }

    /// `wss://fstream.binance.com/stream?streams=.. <-> 1633998512.06`, or what was sent there: the lines below it came from there.
    fn connected(&mut self, text: &[u8]) -> Result<(), Fault> {
        self.counts.unknown += 1;
        let address = text.split(|&c| c == b' ' || c == b'?').next().unwrap_or(text);
        let connection = self.symbols.connections.find(address, address)?;
        self.symbols.connections.set_current(Some(connection));
        Ok(())
    }

    /// `https://api.binance.com/api/v3/depth?symbol=BTCUSDT&limit=1000 -> 1633998512.320639: {..}`: only books are read.
    fn answer(&mut self, text: &[u8], line: u64, out: &mut EventBuffer) -> Result<(), Fault> {
        let wrong = || Fault::field("message", "a request, \" -> \", its time, \": \" and its answer", text);
        let arrow = memchr::memmem::find(text, b" -> ").ok_or_else(wrong)?;
        let (url, rest) = (&text[..arrow], &text[arrow + 4..]);
        let colon = memchr::memmem::find(rest, b": ").ok_or_else(wrong)?;
        let Some(asked) = memchr::memmem::find(url, b"/depth?symbol=") else {
            self.counts.unknown += 1;
            return Ok(());
        };
        let symbol = url[asked + b"/depth?symbol=".len()..].split(|&c| c == b'&').next().unwrap_or(b"");
        let arrived = receive_seconds(&rest[..colon])?;
        self.asked.extend_from_slice(symbol);
        let result = self.message(&rest[colon + 2..], At { line, arrived: Some(arrived) }, out);
        self.asked.clear();
        result
    }

    fn message(&mut self, text: &[u8], at: At, out: &mut EventBuffer) -> Result<(), Fault> {
        let mut json = Json::new(text);
        if json.take_exactly(b"{\"stream\":") {
            return self.combined(json, text, at, out);
        }
        match json.peek() {
            b'{' => self.object(json, at, out),
            b'[' => {
                json.array(|json| match json.value()? {
                    Value::Nested(it) => self.object(Json::new(it), at, out),
                    other => Err(Fault::field("message", "an object", other.text())),
                })?;
                json.end()
            }
            _ => Err(Fault::field("message", "a JSON object or array of them", text)),
        }
    }

    /// The usual shape, behind `{"stream":`.
    fn combined(
        &mut self,
        mut json: Json<'_>,
        text: &[u8],
        at: At,
        out: &mut EventBuffer,
    ) -> Result<(), Fault> {
        let stream = json.string()?;
        if !self.options.quotes && stream.ends_with(b"@bookTicker") && text.ends_with(b"\"}}") {
            self.counts.quotes_left_out += 1;
            return Ok(());
        }
        if !json.take_exactly(b",\"data\":") {
            return self.object(Json::new(text), at, out);
        }
        self.binance(&mut json, stream, at, out)?;
        json.expect(b'}')?;
        json.end()
    }

    /// Any message, told apart by its keys.
    fn object(&mut self, mut json: Json<'_>, at: At, out: &mut EventBuffer) -> Result<(), Fault> {
        let whole = json.clone();
        let (mut stream, mut data, mut kind) = (&b""[..], None, Kind::Other);
        let (mut frame, mut sent) = (Frame::default(), None);
        json.object(|key, json| {
            let value = json.value()?;
            match (key, value) {
                (b"stream", Value::Text(it)) => (stream, kind) = (it, Kind::Combined),
                (b"e", Value::Text(_)) | (b"lastUpdateId", _) if kind == Kind::Other => {
                    kind = Kind::Binance;
                }
                (b"u", _) if kind == Kind::Other => kind = Kind::Binance,
                (b"channel", Value::Text(it)) => (stream, kind) = (it, Kind::Hyperliquid),
                (b"topic", Value::Text(it)) => (stream, kind) = (it, Kind::Bybit),
                (b"Item", it @ Value::Nested(_)) if kind == Kind::Other => {
                    (data, kind) = (Some(it), Kind::Barter)
                }
                (b"t", Value::Text(it)) => frame.kind = it,
                (b"conn", Value::Text(it)) => (frame.connection, kind) = (it, Kind::Frame),
                (b"addr", Value::Text(it)) => frame.address = it,
                (b"ts", it) => sent = Some(it.text()),
                (b"data", it) => data = Some(it),
                _ => {}
            }
            Ok(())
        })?;
        json.end()?;
        match (kind, data) {
            (Kind::Binance, _) => self.binance(&mut whole.clone(), b"", at, out),
            (Kind::Combined, Some(Value::Nested(it))) => self.binance(&mut Json::new(it), stream, at, out),
            (Kind::Hyperliquid, Some(Value::Nested(it))) => self.hyperliquid(stream, it, at, out),
            (Kind::Barter, Some(Value::Nested(it))) => self.barter(it, at, out),
            (Kind::Bybit, Some(_)) => self.bybit(stream, whole, at, out),
            (Kind::Frame, Some(Value::Text(it))) if frame.kind == b"recv" => {
                let connection = self.symbols.connections.find(frame.connection, frame.address)?;
                if !self.symbols.connections.is_read(connection) {
                    self.counts.unknown += 1;
                    return Ok(());
                }
                let sent = sent.unwrap_or(b"");
                let arrived =
                    TimeUnit::Secs.parse(sent).ok_or_else(|| Fault::field("ts", "unix seconds", sent))?;
                let before = self.symbols.connections.set_current(Some(connection));
                let mut text = std::mem::take(&mut self.unescaped);
                let result = unescape(it, &mut text)
                    .and_then(|()| self.message(&text, At { arrived: Some(arrived), ..at }, out));
                self.unescaped = text;
                self.symbols.connections.set_current(before);
                result
            }
            (Kind::Frame, _) if !frame.address.is_empty() => {
                self.symbols.connections.find(frame.connection, frame.address)?;
                self.counts.unknown += 1;
                Ok(())
            }
            _ => {
                self.counts.unknown += 1;
                Ok(())
            }
        }
    }

    /// The stamp of an event that happened at `exchange` (milliseconds, where the venue says).
    fn stamp(&self, known: &Known, exchange: Option<&[u8]>, field: &str, at: At) -> Result<Stamp, Fault> {
        let exchange_at = match exchange {
            Some(text) => Some(millis(field, text)?),
            None => at.arrived.or(self.options.time),
        };
        let exchange_at = exchange_at.ok_or_else(|| Fault::missing(field))?;
        Ok(Stamp { instrument: known.id, exchange_at, arrived_at: at.arrived.unwrap_or(exchange_at) })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Combined,
    Binance,
    Hyperliquid,
    Bybit,
    Barter,
    Frame,
    Other,
}

#[derive(Default)]
struct Frame<'a> {
    kind: &'a [u8],
    connection: &'a [u8],
    address: &'a [u8],
}

fn receive_seconds(text: &[u8]) -> Result<Timestamp, Fault> {
    TimeUnit::Secs
        .parse(text)
        .ok_or_else(|| Fault::field("receive time", "seconds since 1970 before a colon", text))
}

fn millis(field: &str, text: &[u8]) -> Result<Timestamp, Fault> {
    TimeUnit::Millis.parse(text).ok_or_else(|| Fault::field(field, "milliseconds since 1970", text))
}

fn id(field: &str, text: &[u8]) -> Result<u64, Fault> {
    unsigned(text).ok_or_else(|| Fault::field(field, "a whole number", text))
}

/// Takes an array of `["price","size"]` pairs into `levels`, which is cleared.
#[inline]
fn take_levels(
    json: &mut Json<'_>,
    known: &Known,
    field: &str,
    levels: &mut Vec<Level>,
) -> Result<(), Fault> {
    levels.clear();
    json.array(|json| {
        json.expect(b'[')?;
        json.peek();
        let price = known.price(field, json.value()?.text())?;
        json.expect(b',')?;
        json.peek();
        let qty = known.size(field, json.value()?.text())?;
        while json.take(b',') {
            json.value()?; // some venues append the number of orders
        }
        json.expect(b']')?;
        if levels.len() == LEVELS_MAX {
            return Err(Fault::field(field, format!("at most {LEVELS_MAX} levels"), b"more"));
        }
        levels.push(Level { price, qty });
        Ok(())
    })
}

/// A time like `2020-11-01T09-00-00` in a file name.
fn time_in_name(path: &Path) -> Option<Timestamp> {
    let name = path.file_name()?.as_encoded_bytes();
    name.windows(19).find_map(|it| {
        let [date @ .., b'T', h1, h0, b'-', m1, m0, b'-', s1, s0] = it else { return None };
        let mut text = [0; 19];
        text[..10].copy_from_slice(date);
        text[10..].copy_from_slice(&[b'T', *h1, *h0, b':', *m1, *m0, b':', *s1, *s0]);
        datetime(&text)
    })
}

/// The instruments in a name like `binance_spot_trades_l1_btcusdt_ethusdt_solusdt.json.gz`.
fn names_in_name(path: &Path) -> Vec<Box<str>> {
    let name = path.file_name().map(|it| it.to_string_lossy()).unwrap_or_default();
    let stem = name.split('.').next().unwrap_or("");
    let names = stem.split_once("_l1_").map(|it| it.1.split('_'));
    names.into_iter().flatten().map(|it| it.to_ascii_uppercase().into()).collect()
}

#[cfg(test)]
mod tests;
