//! Every recorded file beside the repository is either read as what it is, or refused with the reason.

use rust_decimal::Decimal;
use scalp_tables::buffer::EventBuffer;
use scalp_tables::capture::CaptureOptions;
use scalp_tables::detect::{self, Format};
use scalp_tables::reader::{ReadError, Reader};
use scalp_tables::symbols::Symbols;
use scalp_types::{Contract, InstrumentSpec, Instruments};
use std::path::{Path, PathBuf};

/// Rows read of each file, about.
const ROWS: u64 = 4_000;

fn spec(symbol: &str, lot: Decimal) -> InstrumentSpec {
    InstrumentSpec {
        venue: "v".into(),
        symbol: symbol.into(),
        contract: Contract::Linear,
        base: "B".into(),
        quote: "Q".into(),
        tick: Decimal::new(1, 8),
        lot,
        ..InstrumentSpec::unlimited()
    }
}

/// What a file gave.
enum Found {
    Read { how: String, events: u64 },
    Refused(String),
}

fn look(path: &Path, symbol: &str) -> Found {
    match try_look(path, symbol) {
        Ok((how, events)) => Found::Read { how, events },
        Err(e) => Found::Refused(e.to_string()),
    }
}

fn try_look(path: &Path, symbol: &str) -> Result<(String, u64), ReadError> {
    let how = match detect::detect(path)? {
        Format::Capture => "capture".to_owned(),
        Format::Table { name, .. } => name,
    };
    // Candles count up to 10^11 coins, and their volumes are rounded anyway.
    let lot = if how.contains("ohlcv") { Decimal::ONE } else { Decimal::new(1, 8) };
    let all = Instruments::new([spec(symbol, lot)]).expect("one sound instrument");
    let options = CaptureOptions { quotes: true, ..CaptureOptions::default() };
    let mut reader = detect::open(path, Symbols::of_venue(&all, "v").skip_others(), options)?;
    let (mut out, mut events) = (EventBuffer::new(), 0);
    loop {
        let more = reader.read(&mut out)?;
        events += out.len() as u64;
        out.clear();
        if !more || reader.position().rows >= ROWS {
            return Ok((how, events));
        }
    }
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder)
        .unwrap_or_else(|e| panic!("recorded data is missing: {}: {e}", folder.display()));
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            files(&path, out);
        } else if !matches!(path.extension().and_then(|it| it.to_str()), Some("md" | "tsv")) {
            out.push(path);
        }
    }
}

include!("data_sets/expected.rs");

#[test]
fn every_recorded_file_is_read_as_what_it_is_or_refused_with_the_reason() {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../../shared/data"));
    let mut all = Vec::new();
    files(root, &mut all);
    all.sort();
    assert!(all.len() > 800, "recorded data is missing: {} files in {}", all.len(), root.display());
    let mut wrong = Vec::new();
    for path in &all {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap();
        let Some((_, symbol, want)) = EXPECTED.iter().find(|it| matches(it.0, name)) else {
            wrong.push(format!("{name}: nothing expected"));
            continue;
        };
        let symbol = if *symbol == "*" { symbol_of(name) } else { (*symbol).to_owned() };
        let got = look(path, &symbol);
        let fits = match (&got, want) {
            (Found::Read { how, events }, Want::Read(want)) => how == want && *events > 0,
            (Found::Refused(why), Want::Refused(want)) => why.contains(want),
            // Single messages of venues: read where they are of a known venue, else refused; never an empty market.
            (Found::Refused(_), Want::Either) => true,
            (Found::Read { how, .. }, Want::Either) => how == "capture" || how == "tardis",
            _ => false,
        };
        if !fits {
            wrong.push(match got {
                Found::Read { how, events } => format!("{name} ({symbol}): {how}, {events} events"),
                Found::Refused(why) => format!("{name} ({symbol}): {why}"),
            });
        }
    }
    assert!(wrong.is_empty(), "{} of {} files:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn the_table_of_data_sets_names_every_folder_and_every_mapping() {
    let table = include_str!("../../../../docs/data-sets.md");
    for (pattern, _, want) in EXPECTED {
        let folder = pattern.split('/').next().unwrap();
        assert!(table.contains(folder), "docs/data-sets.md does not name {folder}");
        if let Want::Read(how) = want {
            assert!(table.contains(how), "docs/data-sets.md does not name {how}");
        }
    }
}

/// `*` in a pattern stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = name.strip_prefix(parts.next().unwrap_or("")) else { return false };
    let mut last = "";
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        (rest, last) = (&rest[at + part.len()..], part);
    }
    rest.is_empty() || (pattern.ends_with('*') && last.is_empty())
}

/// The symbol in a name like `.../coinbase_trades_2025-10-10_ADA-USD.csv.zst`.
fn symbol_of(name: &str) -> String {
    let file = Path::new(name).file_name().map(|it| it.to_string_lossy().into_owned()).unwrap_or_default();
    let file = file.split('.').next().unwrap_or_default();
    match file.split_once("_2025-10-10_") {
        Some((_, symbol)) => symbol.to_owned(),
        None => file.rsplit('_').next().unwrap_or_default().to_owned(),
    }
}
