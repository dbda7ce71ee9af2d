use super::*;
use crate::capture::CaptureOptions;
use crate::detect;
use crate::symbols::Symbols;
use crate::testing::{data, instruments};
use scalp_types::{
    Bar, Depth, DepthKind, FundingRate, InstrumentId, Level, MarkPrice, MarketBody, Price, Qty, Quote, Rate,
    Side, Span, Timestamp, Trade, TradeId,
};

fn report(path: &str, symbol: (&str, &str, &str), options: ValidateOptions) -> Report {
    let all = instruments(&[symbol]);
    let mut reader =
        detect::open(&data(path), Symbols::of_venue(&all, "v"), CaptureOptions::default()).unwrap();
    let (report, error) = validate(&mut *reader, &all, options);
    assert!(error.is_none(), "{error:?}");
    report
}

fn trade(at: i64, id: u64, price: i64) -> MarketEvent<'static> {
    let at = Timestamp::from_nanos(at * 1_000_000_000);
    let body = MarketBody::Trade(Trade {
        id: TradeId(id),
        price: Price::new(price),
        qty: Qty::new(1),
        taker: Side::Buy,
    });
    MarketEvent { instrument: InstrumentId(0), exchange_at: at, arrived_at: at, body }
}

fn of(events: &[MarketEvent<'_>]) -> Report {
    let all = instruments(&[("X", "1", "1")]);
    let mut validator = Validator::new(&all, ValidateOptions::default());
    validator.file(Path::new("f"));
    events.iter().zip(1..).for_each(|(event, line)| validator.on_event(event, line));
    validator.finish()
}

#[test]
fn clean_trades_give_a_clean_report() {
    let report = of(&(0..2_000).map(|n| trade(n, n as u64 + 1, 1_000 + n % 3)).collect::<Vec<_>>());
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.events, 2_000);
}

#[test]
fn a_day_back_a_gap_and_a_second_copy_are_marked_where_they_are() {
    let mut events: Vec<_> = (0..200).map(|n| trade(n + 100_000, n as u64 + 1, 1_000 + n % 3)).collect();
    let copy = events.clone();
    events.push(trade(100_000 + 199 + 61, 203, 1_000));
    events.extend(copy);
    let report = of(&events);
    assert_eq!(report.count(FindingKind::TimeGap), 1);
    assert_eq!(report.count(FindingKind::Disorder), 1);
    assert_eq!(report.count(FindingKind::Duplicate), 200);
    let gap = report.finding(FindingKind::IdGap).unwrap();
    assert_eq!((gap.count, gap.missing), (1, 2));
    let example = &report.finding(FindingKind::Disorder).unwrap().examples[0];
    assert_eq!((&*example.file, example.line, &*example.instrument), ("f", 202, "v:X"));
}

#[test]
fn a_stamp_hours_ahead_is_told_where_it_stands_and_a_hole_and_a_slow_clock_are_not() {
    let ahead = |report: &Report| {
        let found = report.finding(FindingKind::StampAhead);
        found.map_or(vec![], |it| it.examples.iter().map(|it| it.line).collect())
    };
    let shifted = |arrives: i64, by: i64| {
        let with_arrival = |n: i64| {
            let mut event = trade(n * 10 + if n == 100 { by } else { 0 }, n as u64 + 1, 1_000 + n % 3);
            let delay = Span::from_secs(arrives);
            event.arrived_at = trade(n * 10, 1, 1).exchange_at.saturating_add(delay);
            event
        };
        (0..300).map(with_arrival).collect::<Vec<_>>()
    };
    let report = of(&shifted(1, 18_000));
    assert_eq!(ahead(&report), [101], "{report}");
    let detail = &report.finding(FindingKind::StampAhead).unwrap().examples[0].detail;
    assert_eq!(detail, "17999.000 s ahead of its arrival");
    assert_eq!(ahead(&of(&shifted(1, 30))), [0; 0], "a clock may be off by a little");
    // A recorder that is two hours behind: its own first rows, and the one that is five hours ahead of the others.
    assert_eq!(ahead(&of(&shifted(-7_200, 18_000))), [1, 2, 3, 4, 5, 6, 7, 101]);
    // One time only.
    let mut events: Vec<_> = (0..300).map(|n| trade(n * 10, n as u64 + 1, 1_000 + n % 3)).collect();
    events[100].exchange_at = trade(20_000, 1, 1).exchange_at;
    events[100].arrived_at = events[100].exchange_at;
    let report = of(&events);
    assert_eq!(ahead(&report), [101], "{report}");
    assert!(report.to_string().contains("between 1970-01-01T00:16:30"), "{report}");
    let hole: Vec<_> =
        (0..300).map(|n| trade(n * 10 + n / 150 * 20_000, n as u64 + 1, 1_000 + n % 3)).collect();
    assert_eq!(ahead(&of(&hole)), [0; 0]);
}

#[test]
fn funding_that_is_announced_before_it_settles_is_no_clock_that_is_ahead() {
    let announced = |n: i64| {
        let (settles, known) =
            (trade(28_800 * (n + 1), 1, 1).exchange_at, trade(28_800 * n, 1, 1).exchange_at);
        let rate = FundingRate { rate: Rate::new(100 + n), mark: None };
        MarketEvent {
            exchange_at: settles,
            arrived_at: known,
            body: MarketBody::Funding(rate),
            ..trade(0, 1, 1)
        }
    };
    let report = of(&(0..20).map(announced).collect::<Vec<_>>());
    assert!(report.finding(FindingKind::StampAhead).is_none() && report.clocks.is_empty(), "{report}");
}

#[test]
fn impossible_numbers_are_marked_and_never_panic() {
    let mut events = vec![trade(0, 1, 0), trade(1, 2, -5), trade(2, 3, i64::MAX), trade(3, 4, i64::MIN)];
    let mut huge = trade(4, 5, 1);
    if let MarketBody::Trade(it) = &mut huge.body {
        it.qty = Qty::new(i64::MIN);
    }
    huge.arrived_at = Timestamp::MIN;
    events.push(huge);
    events.push(MarketEvent { exchange_at: Timestamp::MAX, arrived_at: Timestamp::MIN, ..trade(0, 6, 1) });
    events.push(MarketEvent { exchange_at: Timestamp::MIN, arrived_at: Timestamp::MAX, ..trade(0, 7, 1) });
    events.push(MarketEvent { instrument: InstrumentId(9), ..trade(0, 7, 1) });
    let report = of(&events);
    assert_eq!((report.count(FindingKind::BadPrice), report.count(FindingKind::BadSize)), (4, 1));
    assert_eq!(report.unknown_instruments, 1);
}

#[test]
fn a_jump_a_stale_stretch_and_a_crossed_quote_are_marked() {
    let mut events: Vec<_> = (0..1_000).map(|n| trade(n, n as u64 + 1, 10_000 + n % 2)).collect();
    events.push(trade(1_000, 1_001, 4_500));
    events.extend((0..30).map(|n| trade(1_001 + n * 50, 1_002 + n as u64, 4_500)));
    let level = |p| scalp_types::Level { price: Price::new(p), qty: Qty::new(1) };
    for (bid, ask) in [(10, 11), (11, 11), (12, 11)] {
        let body = MarketBody::Quote(Quote { id: 0, bid: level(bid), ask: level(ask) });
        events.push(MarketEvent { body, ..trade(2_500, 0, 0) });
    }
    let report = of(&events);
    assert!(report.count(FindingKind::Jump) >= 1);
    assert_eq!(report.count(FindingKind::Stale), 1);
    assert_eq!((report.count(FindingKind::Crossed), report.count(FindingKind::Locked)), (1, 1));
    let text = report.to_string();
    assert!(text.contains("f:1001") && text.contains("10001 to 4500 ticks"), "{text}");
    assert!(serde_json::to_string(&report).unwrap().contains("\"kind\":\"jump\""));
}

#[test]
fn a_price_that_stands_twice_on_a_side_of_a_snapshot_is_marked() {
    let level = |&(price, qty): &(i64, i64)| Level { price: Price::new(price), qty: Qty::new(qty) };
    for (kind, bids, count) in [
        (DepthKind::TopSnapshot, [(10, 1), (9, 2), (8, 3)], 0),
        (DepthKind::TopSnapshot, [(10, 1), (9, 2), (9, 3)], 1),
        (DepthKind::Snapshot, [(9, 1), (10, 2), (9, 3)], 1),
        // One of nothing is no level, and of changes the last is meant.
        (DepthKind::Snapshot, [(10, 1), (9, 0), (9, 3)], 0),
        (DepthKind::Delta, [(10, 1), (9, 2), (9, 3)], 0),
    ] {
        let (bids, asks) = (bids.each_ref().map(level), [level(&(11, 1))]);
        let depth = Depth { kind, first_id: 0, last_id: 0, previous_id: 0, bids: &bids, asks: &asks };
        let event = MarketEvent { body: MarketBody::Depth(depth), ..trade(0, 0, 0) };
        let report = of(&[event]);
        assert_eq!(report.count(FindingKind::Doubled), count, "{kind:?} {bids:?}");
    }
}

#[test]
fn a_print_that_its_neighbours_contradict_is_marked_where_it_stands() {
    let walk = |n: i64| 10_000 + (n * 7_919 % 11) - 5 + n / 40;
    let mut events: Vec<_> = (0..4_000).map(|n| trade(n, n as u64 + 1, walk(n))).collect();
    events[3_000] = trade(3_000, 3_001, walk(3_000) * 10);
    // A crash: it falls by a half and stays there.
    events.extend(
        (0..500)
            .map(|n| trade(4_000 + n, n as u64 + 4_001, walk(4_000) * (100 - 3 * n.min(17)) / 100 + n % 5)),
    );
    let report = of(&events);
    let finding = report.finding(FindingKind::WrongPrint).unwrap();
    assert_eq!((finding.count, finding.examples[0].line), (1, 3_001), "{report}");
    assert!(finding.examples[0].detail.contains(&format!("{} ticks among", walk(3_000) * 10)), "{report}");
}

#[test]
fn wrong_prints_in_a_row_are_marked_once_the_price_is_back_and_a_new_level_is_none() {
    let walk = |n: i64| 10_000 + (n * 7_919 % 11) - 5 + n / 40;
    let with_run = |run: i64, by: i64| {
        let price = |n: i64| if (3_000..3_000 + run).contains(&n) { walk(n) * by } else { walk(n) };
        let events: Vec<_> = (0..4_000).map(|n| trade(n, n as u64 + 1, price(n))).collect();
        let report = of(&events);
        report.finding(FindingKind::WrongPrint).map_or(Vec::new(), |it| {
            let mut lines: Vec<u64> = it.examples.iter().map(|it| it.line).collect();
            assert_eq!(it.count, lines.len() as u64, "{report}");
            lines.sort_unstable();
            lines
        })
    };
    for run in 1..=8 {
        let wrong: Vec<u64> = (3_001..3_001 + run).collect();
        assert_eq!(with_run(run as i64, 10), wrong, "a run of {run}");
    }
    assert!(with_run(9, 10).is_empty(), "a level, as far as anybody can tell");
    assert!(with_run(1_000, 10).is_empty(), "it stays");
}

/// A candle of a minute after so many seconds of it; the whole one arrives half a second after its end.
fn candle(minute: i64, seconds: i64) -> MarketEvent<'static> {
    let price = Price::new(1_000 + (minute * 60 + seconds) % 7);
    let (open_at, span) = (Timestamp::from_nanos(minute * 60_000_000_000), Span::from_secs(60));
    let bar = Bar {
        open_at,
        span,
        open: price,
        high: price,
        low: price,
        close: price,
        volume: Qty::new(seconds),
        taker_buy: Qty::ZERO,
        trades: 1,
    };
    let late = Span::from_millis(if seconds == 60 { 500 } else { 0 });
    MarketEvent {
        exchange_at: open_at.saturating_add(span),
        arrived_at: open_at.saturating_add(Span::from_secs(seconds)).saturating_add(late),
        body: MarketBody::Bar(bar),
        ..trade(0, 0, 1)
    }
}

#[test]
fn of_candles_that_came_as_they_grew_the_whole_ones_are_no_duplicates_and_tell_the_clock() {
    let stages: Vec<_> = (0..100).flat_map(|minute| (1..=12).map(move |it| candle(minute, it * 5))).collect();
    let report = of(&stages);
    assert_eq!(report.count(FindingKind::StampAhead), 1_100, "{report}");
    assert_eq!(report.count(FindingKind::Duplicate) + report.count(FindingKind::Disorder), 0, "{report}");
    assert_eq!(report.clocks[0].min_ns, 500_000_000);
}

#[test]
fn a_price_of_a_candle_that_nothing_supports_is_marked_where_it_stands_and_a_crash_is_not() {
    let all = instruments(&[("S", "0.01", "0.00000001")]);
    let report = |change: &dyn Fn(usize, &mut Bar)| {
        let path = data("ohlcv-1h-binance-12/BTC-USDT.csv.zst");
        let mut reader =
            detect::open(&path, Symbols::of_venue(&all, "v"), CaptureOptions::default()).unwrap();
        let mut validator = Validator::new(&all, ValidateOptions::default());
        let (mut batch, mut n) = (EventBuffer::new(), 0);
        loop {
            batch.clear();
            let more = reader.read(&mut batch).unwrap();
            for (mut event, line) in batch.iter_with_source() {
                if let MarketBody::Bar(bar) = &mut event.body {
                    change(n, bar);
                    n += 1;
                }
                validator.on_event(&event, line);
            }
            if !more {
                break;
            }
        }
        validator.finish()
    };
    // It holds the crash of March 2020: down by a half within a day.
    assert_eq!(report(&|_, _| {}).count(FindingKind::WrongPrint), 0);
    let wrong = report(&|n, bar| match n {
        5_000 => bar.high = Price::new(bar.high.get() * 10),
        20_000 => bar.low = Price::new(bar.low.get() / 2),
        _ => {}
    });
    let found = wrong.finding(FindingKind::WrongPrint).unwrap();
    let places: Vec<(u64, &str)> =
        found.examples.iter().map(|it| (it.line, it.detail.split(' ').next().unwrap())).collect();
    assert_eq!((found.count, places), (2, vec![(5_002, "high"), (20_002, "low")]), "{wrong}");
    assert!(found.examples[0].detail.contains("ticks among"), "{wrong}");
}

#[test]
fn the_defects_that_the_readmes_state_are_found_and_nothing_is_dropped() {
    let coinm = "trades-20251010/binance-delivery_trades_2025-10-10_ATOMUSD_PERP.csv.zst";
    let report = report_of_trades(coinm, ("ATOMUSD_PERP", "0.001", "1"));
    let gap = report.finding(FindingKind::IdGap).unwrap();
    assert_eq!((report.events, gap.count, gap.missing), (116_501, 333, 979));
    assert_eq!(report.count(FindingKind::Disorder) + report.count(FindingKind::Duplicate), 0);
    let clock = &report.clocks[0];
    assert!((clock.p50_ns - 5_100_000).abs() < 200_000, "{clock:?}");
    assert!((clock.p99_ns - 28_900_000).abs() < 700_000, "{clock:?}");
    let spot = "trades-20251010/binance_trades_2025-10-10_SKYUSDT.csv.zst";
    assert_eq!(report_of_trades(spot, ("SKYUSDT", "0.00001", "0.1")).count(FindingKind::IdGap), 0);
}

fn report_of_trades(path: &str, symbol: (&str, &str, &str)) -> Report {
    report(path, symbol, ValidateOptions::default())
}

#[test]
fn missing_hours_and_locked_books_are_counted_as_the_readmes_count_them() {
    let options = ValidateOptions::default();
    let hours =
        report("ohlcv-1h-binance-12/AAVE-USDT.csv.zst", ("A", "0.00000001", "0.00000001"), options.clone());
    assert_eq!(hours.finding(FindingKind::MissingBars).unwrap().missing, 19);
    let path = "l2snap-standx-btc/orderbook_BTC-USD_2026-01-06_13.parquet";
    let books = report(path, ("BTC-USD", "0.01", "0.00000001"), options);
    assert_eq!((books.count(FindingKind::Locked), books.count(FindingKind::Crossed)), (10_806, 0));
    assert_eq!(books.count(FindingKind::Repeat), 10_895);
}

#[test]
fn a_recorded_capture_keeps_its_sequence_and_one_lost_message_breaks_it() {
    let all = instruments(&[("BTCUSDT", "0.1", "0.001")]);
    let path = data("hftbacktest/usdm_btcusdt_20240808.gz");
    for lost in [None, Some(2_000)] {
        let mut reader =
            detect::open(&path, Symbols::of_venue(&all, "v"), CaptureOptions::default()).unwrap();
        let options = ValidateOptions { sync: Some(SyncRule::BinanceFutures), ..Default::default() };
        let mut validator = Validator::new(&all, options);
        let (mut batch, mut depths) = (EventBuffer::new(), 0);
        loop {
            batch.clear();
            let more = reader.read(&mut batch).unwrap();
            for (event, line) in batch.iter_with_source() {
                depths += u64::from(matches!(event.body, MarketBody::Depth(_)));
                if lost != Some(depths) {
                    validator.on_event(&event, line);
                }
            }
            if !more {
                break;
            }
        }
        let report = validator.finish();
        assert_eq!(report.count(FindingKind::SequenceBreak), u64::from(lost.is_some()), "{report}");
        assert_eq!(report.count(FindingKind::Crossed), 0, "{report}");
        assert!(report.clocks[0].negative_share > 0.9, "the recorder's clock was behind: {report}");
    }
}

/// Quotes, depth, bars, funding and trades, a second apart, all without ids.
fn without_ids(n: i64) -> Vec<MarketEvent<'static>> {
    let level = |p| scalp_types::Level { price: Price::new(p), qty: Qty::new(1 + n % 5) };
    let price = Price::new(1_000 + n % 3);
    let bodies = [
        MarketBody::Quote(Quote { id: 0, bid: level(1_000 + n % 3), ask: level(1_005) }),
        MarketBody::Trade(Trade { id: TradeId(0), price, qty: Qty::new(1), taker: Side::Buy }),
        MarketBody::Funding(FundingRate { rate: Rate::new(n), mark: None }),
        MarketBody::Mark(MarkPrice { mark: price, index: None }),
        MarketBody::Bar(Bar {
            open_at: Timestamp::from_nanos(n * 1_000_000_000),
            span: Span::from_secs(1),
            open: price,
            high: price,
            low: price,
            close: price,
            volume: Qty::new(1),
            taker_buy: Qty::ZERO,
            trades: 1,
        }),
    ];
    bodies.map(|body| MarketEvent { body, ..trade(n, 0, 1) }).to_vec()
}

#[test]
fn a_second_copy_without_ids_is_found_to_the_row_wherever_it_stands() {
    let rows: Vec<_> = (1..3_000).flat_map(without_ids).collect();
    assert!(of(&rows).is_clean(), "{}", of(&rows));
    let copied = of(&[&rows[..], &rows[..]].concat());
    assert_eq!(copied.count(FindingKind::Duplicate), rows.len() as u64, "{copied}");
    assert_eq!(copied.count(FindingKind::Repeat) + copied.count(FindingKind::MissingBars), 0, "{copied}");
    // A stretch again after a while, as a recorder writes that connects anew.
    let stretch = [&rows[..5_000], &rows[4_000..4_500], &rows[5_000..]].concat();
    assert_eq!(of(&stretch).count(FindingKind::Duplicate), 500);
    // One row of each kind, not beside its twin.
    let single = [&rows[..1_000], &rows[495..500], &rows[1_000..]].concat();
    let report = of(&single);
    assert_eq!(report.count(FindingKind::Duplicate), 5, "{report}");
    assert_eq!(report.finding(FindingKind::Duplicate).unwrap().examples[0].line, 1_001);
}

#[test]
fn depth_and_quotes_with_ids_are_duplicates_even_within_one_instant() {
    let levels = |qty| [scalp_types::Level { price: Price::new(1_000), qty: Qty::new(qty) }];
    let all = instruments(&[("X", "1", "1")]);
    let found = |ids: &[(i64, u64)]| {
        let mut validator = Validator::new(&all, ValidateOptions::default());
        for (line, &(at, id)) in (1..).zip(ids) {
            let levels = levels(7);
            let depth = scalp_types::Depth {
                kind: scalp_types::DepthKind::Delta,
                first_id: id,
                last_id: id,
                previous_id: 0,
                bids: &levels,
                asks: &[],
            };
            validator.on_event(&MarketEvent { body: MarketBody::Depth(depth), ..trade(at, 0, 1) }, line);
            let quote = Quote {
                id,
                bid: levels[0],
                ask: scalp_types::Level { price: Price::new(1_001), ..levels[0] },
            };
            validator.on_event(&MarketEvent { body: MarketBody::Quote(quote), ..trade(at, 0, 1) }, line);
        }
        validator.finish().count(FindingKind::Duplicate)
    };
    assert_eq!(found(&[(1, 1), (1, 2), (2, 3), (3, 4)]), 0);
    assert_eq!(found(&[(1, 1), (1, 2), (1, 1), (2, 3)]), 2, "not beside each other, at one time");
    assert_eq!(found(&[(1, 1), (1, 2), (2, 3), (1, 2), (2, 3), (4, 4)]), 4);
}

#[test]
fn every_trade_of_a_second_copy_is_a_duplicate_within_one_millisecond_too() {
    let mut events: Vec<_> = (0..3_000).map(|n| trade(n, n as u64 + 1, 1_000 + n % 3)).collect();
    events.extend(events.clone());
    assert_eq!(of(&events).count(FindingKind::Duplicate), 3_000);
    let at_once: Vec<_> = [1, 2, 3, 1, 2, 3, 4, 5, 6].map(|id| trade(7, id, 1_000)).to_vec();
    let report = of(&at_once);
    assert_eq!(report.count(FindingKind::Duplicate), 3, "{report}");
    // Late is not twice.
    let late = of(&[(1, 1), (3, 3), (2, 2), (4, 4)].map(|(at, id)| trade(at, id, 1_000)));
    assert_eq!((late.count(FindingKind::Duplicate), late.count(FindingKind::Disorder)), (0, 1), "{late}");
}
