//! Readers of files of others, and of our own event file.

use scalp_tables::binance::archive_name;
use scalp_tables::buffer::EventBuffer;
use scalp_tables::capture::{CaptureOptions, Decoder};
use scalp_tables::eventfile::EventFile;
use scalp_tables::json::{Json, unescape};
use scalp_tables::mapping::{Mapping, Table};
use scalp_tables::reader::Reader;
use scalp_tables::recorded::READY_MADE;
use scalp_tables::source::Source;
use scalp_tables::symbols::Symbols;
use scalp_tables::tardis;
use scalp_tables::text::{Grid, TimeUnit, datetime, unsigned};
use scalp_types::{EventStream, Instruments, wire};

use crate::seeds;

/// Lines of a websocket capture. The first byte says what is asked for.
pub fn capture(bytes: &[u8]) {
    let Some((&how, text)) = bytes.split_first() else { return };
    let instruments = seeds::instruments();
    let symbols = instruments.iter().fold(Symbols::none(), |all, it| all.with(&it.spec.symbol, it));
    let symbols = if how & 2 == 0 { symbols } else { symbols.skip_others() };
    let mut decoder =
        Decoder::new(symbols, CaptureOptions { quotes: how & 1 != 0, ..CaptureOptions::default() });
    let mut out = EventBuffer::new();
    for (n, line) in text.split(|&it| it == b'\n').enumerate() {
        if decoder.decode_line(line, n as u64 + 1, &mut out).is_err() {
            break;
        }
    }
    usable(&out, &instruments);
}

/// What a reader gave must be writable.
pub fn usable(buffer: &EventBuffer, instruments: &Instruments) {
    let mut bytes = Vec::new();
    for event in buffer.iter() {
        assert!(event.instrument.index() < instruments.len());
        bytes.clear();
        wire::encode(&event, &mut bytes);
    }
}

/// The JSON scanner.
pub fn json(bytes: &[u8]) {
    let mut json = Json::new(bytes);
    while json.value().is_ok() && json.take(b'\n') {}
    let mut out = Vec::new();
    if unescape(bytes, &mut out).is_ok() {
        assert!(out.len() <= 3 * bytes.len());
    }
}

/// Numbers and times.
pub fn text(bytes: &[u8]) {
    for places in [0, 2, 8, 18] {
        let grid = Grid::places(places);
        let exact = grid.count(bytes);
        let near = grid.nearest(bytes);
        if let Ok(count) = exact {
            assert_eq!(near, Ok((count, false)), "what is on the grid is its own nearest");
        }
    }
    let _ = (unsigned(bytes), datetime(bytes));
    for unit in [TimeUnit::Secs, TimeUnit::Millis, TimeUnit::Micros, TimeUnit::Nanos] {
        let _ = unit.parse(bytes);
    }
}

/// Plain text, gzip, zstd or zip, as the bytes say.
pub fn source(bytes: &[u8]) {
    let Ok(mut source) = Source::from_bytes("input", bytes) else { return };
    // A bomb of zeros would unpack for minutes; what counts is the way there.
    for _ in 0..10_000 {
        match source.next_line() {
            Ok(Some(line)) => assert!(line.text.len() <= 1 << 30),
            Ok(None) | Err(_) => break,
        }
    }
}

/// A table of one of the ready-made kinds (Binance, Tardis and the others): the first byte says which.
pub fn ready_made(bytes: &[u8]) {
    let Some((&which, rows)) = bytes.split_first() else { return };
    let (name, text) = READY_MADE[usize::from(which) % READY_MADE.len()];
    let mapping = Mapping::parse(text).unwrap_or_else(|fault| panic!("{name}: {fault:?}"));
    table(mapping, rows);
}

/// A Tardis file, told by its header, or the name of a Binance file.
pub fn by_header(bytes: &[u8]) {
    let first = bytes.split(|&it| it == b'\n').next().unwrap_or_default();
    if let Ok(name) = std::str::from_utf8(first) {
        let _ = archive_name(std::path::Path::new(name));
    }
    if let Some(Ok(mapping)) = tardis::mapping(first) {
        table(mapping, bytes);
    }
}

/// A mapping in TOML, a zero byte, and a table to be read by it.
pub fn mapping(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |&it| it == 0);
    let (text, rows) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let Ok(text) = std::str::from_utf8(text) else { return };
    if let Ok(mapping) = Mapping::parse(text) {
        table(mapping, rows);
    }
}

fn table(mapping: Mapping, rows: &[u8]) {
    let instruments = seeds::instruments();
    let Ok(source) = Source::from_bytes("input.csv", rows) else { return };
    let symbols = match &mapping.symbol {
        Some(_) => instruments.iter().fold(Symbols::none(), |all, it| all.with(&it.spec.symbol, it)),
        None => Symbols::one(instruments.get(scalp_types::InstrumentId(0))),
    };
    let Ok(mut table) = Table::new(source, mapping, symbols.skip_others()) else { return };
    let mut out = EventBuffer::new();
    while let Ok(true) = table.read(&mut out) {
        usable(&out, &instruments);
        out.clear();
    }
    usable(&out, &instruments);
}

/// An event file.
pub fn event_file(bytes: &[u8]) {
    let Ok(folder) = tempfile::tempdir() else { return };
    let path = folder.path().join("input.events");
    if std::fs::write(&path, bytes).is_err() {
        return;
    }
    let Ok(file) = EventFile::open(&path) else { return };
    let _ = file.verify();
    let (mut arrival, mut exchange) = (file.by_arrival(), file.by_exchange());
    while let Ok(Some(_)) = arrival.next() {}
    while let Ok(Some(_)) = exchange.next() {}
}
