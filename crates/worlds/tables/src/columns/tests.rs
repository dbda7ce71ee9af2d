//! Tables against what was written, against plain Parquet readers, and against damage.

use super::*;
use crate::buffer::{EventBuffer, Stamp};
use crate::flat::Reader;
use crate::samples::{assert_same, events, instruments};
use proptest::prelude::*;
use scalp_types::{
    Depth, DepthKind, InstrumentId, Level, Money, OpenInterest, Price, Qty, Side, Timestamp, Trade, TradeId,
};
use std::fs::File;

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn every_kind_comes_back_bit_for_bit(buffer in events(80)) {
        let folder = tempfile::tempdir().unwrap();
        let table = instruments();
        for instrument in table.iter() {
            for kind in Kind::ALL {
                let path = folder.path().join(kind.name());
                let mut writer = TableWriter::create(&path, kind, instrument, "[]").unwrap();
                let mut want = EventBuffer::new();
                for (event, seq) in buffer.iter_with_source() {
                    if event.instrument == instrument.id && Kind::of(&event.body) == kind {
                        writer.push(&event, seq).unwrap();
                        want.push(&event, seq);
                    }
                }
                writer.finish().unwrap().keep().unwrap();
                let mut got = EventBuffer::new();
                let mut reader = TableReader::open(&path, kind, instrument).unwrap();
                while reader.read(&mut got).unwrap() {}
                assert_same(&got, &want);
                assert!(got.iter_with_source().map(|it| it.1).eq(want.iter_with_source().map(|it| it.1)));
            }
        }
    }
}

fn stamp() -> Stamp {
    let at = Timestamp::from_nanos(1_723_161_599_123_456_789);
    Stamp { instrument: InstrumentId(0), exchange_at: at, arrived_at: at }
}

#[test]
fn a_book_of_more_levels_than_a_batch_is_one_event() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("depth.parquet");
    let table = instruments();
    let level = |n: i64| Level { price: Price::new(n), qty: Qty::new(n + 1) };
    let levels: Vec<Level> = (0..2 * BATCH_ROWS as i64 + 7).map(level).collect();
    let (bids, asks) = levels.split_at(BATCH_ROWS + 3);
    let depth = Depth { kind: DepthKind::Snapshot, first_id: 1, last_id: 2, previous_id: 3, bids, asks };
    let mut want = EventBuffer::new();
    want.push_depth(stamp(), 0, &depth);
    want.push_depth(stamp(), 1, &Depth { kind: DepthKind::Clear, bids: &[], asks: &[], ..depth });
    want.push_depth(stamp(), 2, &Depth { kind: DepthKind::Delta, bids: &[], ..depth });
    let mut writer = TableWriter::create(&path, Kind::Depth, table.get(InstrumentId(0)), "[]").unwrap();
    want.iter_with_source().for_each(|(event, seq)| writer.push(&event, seq).unwrap());
    assert_eq!(writer.counts(), ((levels.len() + 1 + asks.len()) as u64, 3));
    writer.finish().unwrap().keep().unwrap();
    let mut reader = TableReader::open(&path, Kind::Depth, table.get(InstrumentId(0))).unwrap();
    let mut got = EventBuffer::new();
    while reader.read(&mut got).unwrap() {}
    assert_same(&got, &want);
}

#[test]
fn the_file_reads_as_decimals_and_utc_times_without_us() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trade.parquet");
    let table = instruments();
    let instrument = table.get(InstrumentId(1));
    let mut buffer = EventBuffer::new();
    let trade = Trade { id: TradeId(5), price: Price::new(-3), qty: Qty::new(2), taker: Side::Sell };
    buffer.push_trade(Stamp { instrument: instrument.id, ..stamp() }, 9, trade);
    let mut writer = TableWriter::create(&path, Kind::Trade, instrument, r#"["x"]"#).unwrap();
    buffer.iter_with_source().for_each(|(event, seq)| writer.push(&event, seq).unwrap());
    writer.finish().unwrap().keep().unwrap();
    let mut reader = Reader::open(File::open(&path).unwrap(), 10).unwrap();
    assert_eq!(reader.metadata(SOURCES_KEY), Some(r#"["x"]"#));
    assert!(reader.metadata(INSTRUMENT_KEY).unwrap().contains(r#""tick":"0.0005""#));
    let fields = reader.fields().iter();
    let types: Vec<String> = fields.map(|it| format!("{} {}", it.name, it.holds)).collect();
    let want = [
        "exchange_at timestamp[ns, UTC]",
        "arrived_at timestamp[ns, UTC]",
        "seq uint64",
        "id uint64",
        "price decimal(38, 4)",
        "qty decimal(38, 0)",
        "taker string",
    ];
    assert_eq!(types, want);
    let batch = reader.next_batch().unwrap().unwrap();
    let mut row = Vec::new();
    for column in &batch.columns {
        column.write_text(0, &mut row);
        row.push(b' ');
    }
    let at = 1_723_161_599_123_456_789_i64;
    assert_eq!(String::from_utf8(row).unwrap(), format!("{at} {at} 9 5 -0.0015 50 sell "));
}

#[test]
fn damage_and_a_foreign_schema_are_errors_with_the_name_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.parquet");
    let table = instruments();
    let (a, b) = (table.get(InstrumentId(0)), table.get(InstrumentId(1)));
    TableWriter::create(&path, Kind::Mark, a, "[]").unwrap().finish().unwrap().keep().unwrap();
    let message = |kind, it| TableReader::open(&path, kind, it).err().unwrap().to_string();
    assert!(message(Kind::Mark, b).contains("expected columns exchange_at"), "another tick");
    assert!(message(Kind::Trade, a).contains("t.parquet: expected columns exchange_at"));
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 9]).unwrap();
    assert!(message(Kind::Mark, a).contains("t.parquet: damaged"));
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "no temporary file is left");
}

#[test]
fn a_number_beyond_38_digits_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let table = instruments();
    let mut buffer = EventBuffer::new();
    let value = Some(Money::new(i128::MAX));
    buffer.push_open_interest(stamp(), 4, OpenInterest { qty: Qty::new(1), value });
    let path = folder.path().join("x.parquet");
    let mut writer =
        TableWriter::create(&path, Kind::OpenInterest, table.get(InstrumentId(0)), "[]").unwrap();
    let error = writer.push(&buffer.get(0).unwrap(), 4).unwrap_err();
    assert!(error.to_string().ends_with("event 4 holds a number of more than 38 digits"), "{error}");
}
