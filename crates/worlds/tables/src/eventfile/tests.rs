//! The event file against plain sorting, against damage at every byte, and against a full disk.

use super::*;
use crate::buffer::EventBuffer;
use crate::samples::{assert_same, drain, events, instruments, sorted, spec, trade};
use proptest::prelude::*;
use scalp_types::EventStream;

fn write(path: &Path, buffer: &EventBuffer, hold_words: usize) -> Result<Summary, StoreError> {
    let mut writer = EventWriter::with_limits(path, &instruments(), u64::MAX, hold_words)?;
    for event in buffer.iter() {
        writer.push(&event)?;
    }
    writer.finish()
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|it| it.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// `count` trades whose order is turned around and shuffled by a fixed rule.
fn disordered(count: i64) -> EventBuffer {
    let mut buffer = EventBuffer::new();
    for n in 0..count {
        let at = (n * 7_919) % count;
        trade(&mut buffer, (n % 2) as u16, at / 3 * 10, (count - at) / 5 * 10, n as u64);
    }
    buffer
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn both_orders_are_stable_sorts_of_what_came_in(buffer in events(60), hold in 8_usize..400) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.events");
        let summary = write(&path, &buffer, hold).unwrap();
        let file = EventFile::open(&path).unwrap();
        file.verify().unwrap();
        prop_assert_eq!(file.summary(), &summary);
        prop_assert_eq!(names_in(folder.path()), ["x.events"]);
        let arrived = sorted(&buffer, |it| it.arrived_at);
        let happened = sorted(&arrived, |it| it.exchange_at);
        assert_same(&drain(&mut file.by_arrival()).unwrap(), &arrived);
        assert_same(&drain(&mut file.by_exchange()).unwrap(), &happened);
        let (mut first, mut second) = (file.by_arrival(), file.by_exchange());
        for taken in [buffer.len(), hold % 9] {
            for _ in 0..taken {
                first.next().unwrap();
                second.next().unwrap();
            }
            first.rewind();
            second.rewind();
            assert_same(&drain(&mut first).unwrap(), &arrived);
            assert_same(&drain(&mut second).unwrap(), &happened);
            first.rewind();
            second.rewind();
        }
        prop_assert_eq!(summary.events, buffer.len() as u64);
        prop_assert_eq!(summary.kinds.iter().map(|it| it.events).sum::<u64>(), summary.events);
        let one = arrived.iter().map(|it| it.exchange_at).is_sorted();
        prop_assert_eq!(summary.one_order, one);
    }

    #[test]
    fn a_range_is_the_filter_by_time(buffer in events(60), from in 0_i64..45, length in 0_i64..45, shift in -9_i64..9) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.events");
        write(&path, &buffer, 1 << 16).unwrap();
        let file = EventFile::open(&path).unwrap();
        let at = |n: i64| Timestamp::from_nanos(1_700_000_000_000_000_000 + n * 6_000_000_000_000);
        let (start, end) = (at(from), at(from + length));
        let span = Span::from_nanos(shift * 6_000_000_000_000);
        let mut shifted = sorted(&buffer, |it| it.arrived_at);
        shifted.shift_arrivals(0, span);
        let keep = |all: &EventBuffer, key: fn(&MarketEvent<'_>) -> Timestamp| {
            let mut out = EventBuffer::new();
            all.iter().filter(|it| (start..end).contains(&key(it))).for_each(|it| out.push(&it, 0));
            out
        };
        let got = drain(&mut file.by_arrival().shifted(span).between(start, end).unwrap()).unwrap();
        assert_same(&got, &keep(&shifted, |it| it.arrived_at));
        let got = drain(&mut file.by_exchange().shifted(span).between(start, end).unwrap()).unwrap();
        assert_same(&got, &keep(&sorted(&shifted, |it| it.exchange_at), |it| it.exchange_at));
    }

    #[test]
    fn events_handed_in_runs_are_those_taken_one_by_one(
        buffer in events(60),
        (from, length) in (0_i64..45, 0_i64..45),
        shift in -9_i64..9,
        runs in proptest::collection::vec((0_i64..20, 1_usize..9), 1..5),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.events");
        write(&path, &buffer, 1 << 16).unwrap();
        let file = EventFile::open(&path).unwrap();
        let hours = |n: i64| Span::from_nanos(n * 6_000_000_000_000);
        let start = Timestamp::from_nanos(1_700_000_000_000_000_000).saturating_add(hours(from));
        let end = start.saturating_add(hours(length));
        macro_rules! in_runs {
            ($cursor:expr, $time:ident) => {{
                let (mut cursor, mut out, mut runs) = ($cursor, EventBuffer::new(), runs.iter().cycle());
                while let Some(at) = cursor.next_at().unwrap() {
                    let (reach, mut most) = *runs.next().unwrap();
                    let (end, before) = (at.saturating_add(hours(reach)), out.len());
                    cursor
                        .hand_run(end, |event| {
                            assert!(event.$time < end || out.len() == before, "only the first may lie behind the end");
                            out.push(event, 0);
                            most -= 1;
                            most > 0
                        })
                        .unwrap();
                    assert!(out.len() > before, "a run has at least one event while there are some");
                }
                out
            }};
        }
        let arrival = || file.by_arrival().shifted(hours(shift)).between(start, end).unwrap();
        assert_same(&in_runs!(arrival(), arrived_at), &drain(&mut arrival()).unwrap());
        let exchange = || file.by_exchange().shifted(hours(shift)).between(start, end).unwrap();
        assert_same(&in_runs!(exchange(), exchange_at), &drain(&mut exchange()).unwrap());
    }

    #[test]
    fn a_merge_is_a_stable_sort_over_the_files(parts in proptest::collection::vec(events(25), 0..5)) {
        let folder = tempfile::tempdir().unwrap();
        let mut files = Vec::new();
        let mut all = EventBuffer::new();
        for (n, part) in parts.iter().enumerate() {
            let path = folder.path().join(format!("{n}.events"));
            write(&path, part, 1 << 16).unwrap();
            files.push(EventFile::open(&path).unwrap());
            sorted(part, |it| it.arrived_at).iter().for_each(|it| all.push(&it, 0));
        }
        let mut merge = Merge::new(files.iter().map(EventFile::by_arrival).collect()).unwrap();
        assert_same(&drain(&mut merge).unwrap(), &sorted(&all, |it| it.arrived_at));
        prop_assert!(merge.next().unwrap().is_none());
    }
}

#[test]
fn any_disorder_is_sorted_with_bounded_memory_also_when_runs_must_be_merged_early() {
    let folder = tempfile::tempdir().unwrap();
    let buffer = disordered(40_000);
    let mut backwards = EventBuffer::new();
    (0..40_000).for_each(|n| trade(&mut backwards, 0, n, 40_000 - n, n as u64));
    // 3,000 words hold 500 trades: 80 spills and more runs than RUNS_MAX.
    for (buffer, name) in [(&buffer, "shuffled"), (&backwards, "backwards")] {
        let path = folder.path().join(name);
        let summary = write(&path, buffer, 3_000).unwrap();
        assert!(!summary.one_order);
        let file = EventFile::open(&path).unwrap();
        assert!(file.inner.records.len() > 2 && !file.inner.index.is_empty());
        let arrived = sorted(buffer, |it| it.arrived_at);
        assert_same(&drain(&mut file.by_arrival()).unwrap(), &arrived);
        assert_same(&drain(&mut file.by_exchange()).unwrap(), &sorted(&arrived, |it| it.exchange_at));
    }
    assert_eq!(names_in(folder.path()), ["backwards", "shuffled"]);
}

#[test]
fn damage_at_any_byte_and_a_cut_at_any_length_is_an_error_that_names_a_position() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.events");
    let mut buffer = EventBuffer::new();
    (0..6).for_each(|n| trade(&mut buffer, 0, 50 - n, n + 10, n as u64));
    write(&path, &buffer, 1 << 16).unwrap();
    let good = std::fs::read(&path).unwrap();
    let read_all = |bytes: &[u8]| -> Result<(EventBuffer, EventBuffer), String> {
        let path = folder.path().join("bad.events");
        std::fs::write(&path, bytes).unwrap();
        let file = EventFile::open(&path).map_err(|e| e.to_string())?;
        let arrived = drain(&mut file.by_arrival()).map_err(|e| e.to_string())?;
        Ok((arrived, drain(&mut file.by_exchange()).map_err(|e| e.to_string())?))
    };
    assert!(read_all(&good).is_ok());
    for at in 0..good.len() {
        for mask in [0x01_u8, 0x80, 0xff] {
            let mut bad = good.clone();
            bad[at] ^= mask;
            let error = read_all(&bad).expect_err(&format!("byte {at} ^ {mask:#x} must be noticed"));
            assert!(error.contains("bad.events"), "{error}");
        }
        let error = read_all(&good[..at]).expect_err(&format!("a cut at {at} must be noticed"));
        assert!(error.contains("bad.events"), "{error}");
    }
    let mut longer = good.clone();
    longer.extend_from_slice(&[0; 8]);
    assert!(read_all(&longer).is_err());
    let mut bad = good.clone();
    bad[70] ^= 1;
    let error = read_all(&bad).unwrap_err();
    assert!(error.contains("damaged at byte 64: wrong CRC of the block of 288 bytes from here"), "{error}");
}

#[test]
fn a_full_disk_is_named_and_leaves_the_old_file_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.events");
    let mut small = EventBuffer::new();
    trade(&mut small, 0, 1, 1, 1);
    write(&path, &small, 1 << 16).unwrap();
    let before = std::fs::read(&path).unwrap();
    for bytes_max in [63, 64, 3_000, 1_000_000, 1_950_000] {
        let attempt = || -> Result<Summary, StoreError> {
            let mut writer = EventWriter::with_limits(&path, &instruments(), bytes_max, 3_000)?;
            for event in disordered(40_000).iter() {
                writer.push(&event)?;
            }
            writer.finish()
        };
        let error = attempt().unwrap_err();
        assert!(matches!(error, StoreError::DiskFull { .. }), "{bytes_max}: {error}");
        assert!(error.to_string().contains("the disk is full"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
        assert_eq!(names_in(folder.path()), ["x.events"]);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_systems_own_full_disk_error_gives_the_same_message() {
    use std::io::Write;
    let full = Path::new("/dev/full");
    let mut file = std::fs::OpenOptions::new().write(true).open(full).unwrap();
    let error = StoreError::io(full, "write", file.write_all(&[0; 10]).unwrap_err());
    assert!(matches!(error, StoreError::DiskFull { .. }), "{error}");
}

#[test]
fn a_directory_a_missing_folder_and_a_foreign_file_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let error = EventWriter::create(folder.path(), &instruments()).unwrap_err();
    assert!(error.to_string().ends_with("expected a file, got a directory"), "{error}");
    let error = EventFile::open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::Directory { .. }), "{error}");
    let missing = folder.path().join("none").join("x.events");
    let error = EventWriter::create(&missing, &instruments()).unwrap_err();
    assert!(error.to_string().contains("cannot create"), "{error}");
    assert!(EventFile::open(&missing).unwrap_err().to_string().contains("cannot open"));
    let foreign = folder.path().join("foreign");
    std::fs::write(&foreign, [b'x'; 500]).unwrap();
    let error = EventFile::open(&foreign).unwrap_err();
    assert!(error.to_string().ends_with("expected an event file, got another format"), "{error}");
}

#[test]
fn an_event_of_an_undeclared_instrument_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = EventWriter::create(&folder.path().join("x"), &instruments()).unwrap();
    let mut buffer = EventBuffer::new();
    trade(&mut buffer, 2, 1, 1, 1);
    let error = writer.push(&buffer.get(0).unwrap()).unwrap_err();
    assert!(error.to_string().ends_with("instrument 2 is not one of the 2 declared"), "{error}");
}

#[test]
fn merging_joins_instruments_by_name_and_refuses_two_declarations_of_one() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, specs: [InstrumentSpec; 2]| {
        let path = folder.path().join(name);
        let table = Instruments::new(specs).unwrap();
        let mut writer = EventWriter::create(&path, &table).unwrap();
        let mut buffer = EventBuffer::new();
        (0..2).for_each(|n| trade(&mut buffer, n, 1, 1, 1));
        buffer.iter().for_each(|it| writer.push(&it).unwrap());
        writer.finish().unwrap();
        EventFile::open(&path).unwrap()
    };
    let one = make("1", [spec("A", "1", "1"), spec("B", "1", "1")]);
    let two = make("2", [spec("B", "1", "1"), spec("C", "1", "1")]);
    let three = make("3", [spec("C", "2", "1"), spec("A", "1", "1")]);
    let mut merge = Merge::new(vec![one.by_exchange(), two.by_exchange()]).unwrap();
    assert_eq!(merge.instruments().len(), 3);
    let got: Vec<u16> = drain(&mut merge).unwrap().iter().map(|it| it.instrument.0).collect();
    assert_eq!(got, [0, 1, 1, 2]);
    let error = Merge::new(vec![two.by_arrival(), three.by_arrival()]).unwrap_err();
    assert!(error.message.contains("v:C is declared differently"), "{error}");
}

#[test]
fn the_smallest_latency_leaves_funding_out_and_may_be_negative() {
    let folder = tempfile::tempdir().unwrap();
    let mut buffer = EventBuffer::new();
    trade(&mut buffer, 0, 100, 97, 1);
    trade(&mut buffer, 0, 200, 250, 2);
    let at = Timestamp::from_nanos;
    let stamp =
        crate::buffer::Stamp { instrument: Default::default(), exchange_at: at(9_000), arrived_at: at(300) };
    buffer.push_funding(stamp, 0, scalp_types::FundingRate { rate: Default::default(), mark: None });
    let summary = write(&folder.path().join("x"), &buffer, 1 << 16).unwrap();
    assert_eq!(summary.latency_min, Some(Span::from_nanos(-3)));
    assert_eq!(summary.exchange, Some((at(100), at(9_000))));
    assert_eq!(summary.arrival, Some((at(97), at(300))));
}

#[test]
fn a_file_of_another_layout_is_refused_by_its_version() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.events");
    write(&path, &disordered(100), 400).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[8..12].copy_from_slice(&(VERSION - 1).to_le_bytes());
    let crc = crc_of(&bytes[..60]);
    bytes[60..64].copy_from_slice(&crc.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    let error = EventFile::open(&path).unwrap_err().to_string();
    let said = "expected version 1 of the event file, got version 0";
    assert!(error.ends_with(said) && error.contains("x.events"), "{error}");
}

/// A change of layout without another version would let this program take an earlier file for what it is not.
#[test]
fn the_records_are_those_of_this_version() {
    use scalp_types::*;
    let level = |price, qty| Level { price: Price::new(price), qty: Qty::new(qty) };
    let (price, qty, side) = (Price::new(7), Qty::new(8), Side::Sell);
    let (bids, asks) = ([level(5, 6)], [level(7, 8), level(9, 10)]);
    let depth = |kind| Depth { kind, first_id: 1, last_id: 2, previous_id: 3, bids: &bids, asks: &asks };
    let bar = Bar {
        open_at: Timestamp::from_nanos(1),
        span: Span::from_secs(60),
        open: Price::new(2),
        high: Price::new(3),
        low: Price::new(4),
        close: Price::new(5),
        volume: Qty::new(6),
        taker_buy: Qty::new(7),
        trades: 8,
    };
    let bodies = [
        MarketBody::Trade(Trade { id: TradeId(9), price, qty, taker: side }),
        MarketBody::Depth(depth(DepthKind::Delta)),
        MarketBody::Depth(depth(DepthKind::Snapshot)),
        MarketBody::Depth(depth(DepthKind::TopSnapshot)),
        MarketBody::Depth(depth(DepthKind::Clear)),
        MarketBody::Order(BookOrder { action: BookAction::Fill, id: 6, side, price, qty }),
        MarketBody::Quote(Quote { id: 4, bid: level(1, 2), ask: level(3, 4) }),
        MarketBody::Bar(bar),
        MarketBody::Funding(FundingRate { rate: Rate::new(3), mark: Some(price) }),
        MarketBody::Mark(MarkPrice { mark: price, index: None }),
        MarketBody::OpenInterest(OpenInterest { qty, value: Some(Money::new(1 << 70)) }),
        MarketBody::Liquidation(PublicLiquidation { side, price, qty }),
        MarketBody::Status(TradingStatus::Halted),
    ];
    let mut words = Vec::new();
    for body in bodies {
        let (exchange_at, arrived_at) = (Timestamp::from_nanos(11), Timestamp::from_nanos(12));
        wire::encode_words(
            &MarketEvent { instrument: InstrumentId(3), exchange_at, arrived_at, body },
            &mut words,
        );
    }
    let found = (VERSION, words.len(), crc_of(bytemuck::cast_slice(&words)));
    assert_eq!(
        found,
        (1, 108, 512_667_103),
        "the layout has changed: raise VERSION, and only then take these numbers"
    );
}
