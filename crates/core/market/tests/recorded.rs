//! The books on recorded streams: against the naive twin, against published sums, and by the venues' sequence rules.
#![allow(clippy::unwrap_used, reason = "a test may")]

#[path = "common/naive.rs"]
mod naive;
#[path = "common/recorded.rs"]
mod recorded;

use naive::NaiveBook;
use recorded::{Grid, Message, USDM_BTC, USDM_BTC_GRID};
use scalp_market::{Book, BookConfig, BookSync, OrderBook, OrderBookConfig, SyncRule, Verdict};
use scalp_types::{BookAction, BookOrder, DepthKind, Price, Qty, Side};
use std::collections::BTreeMap;
use std::io::BufRead;

#[test]
fn the_usdm_capture_gives_the_twins_book_at_every_message() {
    let capture = recorded::capture(USDM_BTC, USDM_BTC_GRID);
    let (mut book, mut twin) = (Book::new(BookConfig::default()), NaiveBook::default());
    for (index, message) in capture.depth.iter().enumerate() {
        book.apply(&message.depth());
        twin.apply(&message.depth());
        twin.check_best(&book);
        if index % 1_000 == 0 {
            twin.check(&book);
        }
    }
    twin.check(&book);
    assert_eq!(capture.level_count(), 445_521, "443,521 changed levels and a snapshot of 2,000");
    assert_eq!((book.counts().dropped, book.counts().refused), (0, 0));
}

#[test]
fn every_binance_capture_is_one_unbroken_chain_once_bridged() {
    let (futures, spot) = (SyncRule::BinanceFutures, SyncRule::BinanceSpot);
    for (path, price, size, rule) in [
        (USDM_BTC, 1, 3, futures),
        ("hftbacktest/usdm_ethusdt_20240808.gz", 2, 3, futures),
        ("hftbacktest/cm_btcusd_perp_20240808.gz", 1, 0, futures),
        ("hftbacktest/spot_btcusdt_20240808.gz", 2, 8, spot),
    ] {
        let capture = recorded::capture(path, Grid { price, size });
        let (mut book, mut sync) = (Book::new(BookConfig::default()), BookSync::new(rule));
        let place = capture.depth.iter().position(|it| it.kind == DepthKind::TopSnapshot).unwrap();
        let (held, snapshot) = (&capture.depth[..place], &capture.depth[place]);
        assert!(!held.is_empty(), "{path} begins before its snapshot");
        let mut last = 0;
        for (index, message) in capture.depth.iter().enumerate() {
            let verdict = sync.on_depth(&message.depth(), &mut book);
            let old = index > place && message.last_id < snapshot.last_id;
            let want = if index < place {
                Verdict::Wait
            } else if old {
                Verdict::Stale
            } else {
                Verdict::Apply
            };
            assert_eq!(verdict, want, "{path} at {index}");
            assert!(index < place || !book.is_crossed(), "{path} at {index}");
            last = message.last_id;
        }
        assert!(sync.is_valid(), "{path}");
        assert_eq!((sync.last_id(), sync.counts().gaps, sync.counts().snapshots), (last, 0, 1), "{path}");
        // What a reader of the rule would do by hand: the snapshot, then every message that ends after it.
        let mut twin = NaiveBook::default();
        twin.apply(&snapshot.depth());
        let newer = |it: &&Message| it.kind == DepthKind::Delta && it.last_id > snapshot.last_id;
        capture.depth.iter().filter(newer).for_each(|it| twin.apply(&it.depth()));
        twin.check(&book);
    }
}

#[test]
fn one_lost_message_of_the_usdm_capture_is_a_gap_and_takes_the_book_away() {
    let capture = recorded::capture(USDM_BTC, USDM_BTC_GRID);
    let (mut book, mut sync) = (Book::new(BookConfig::default()), BookSync::new(SyncRule::BinanceFutures));
    let lost = capture.depth.len() / 2;
    for (index, message) in capture.depth.iter().enumerate() {
        let verdict = if index == lost { continue } else { sync.on_depth(&message.depth(), &mut book) };
        assert_eq!(matches!(verdict, Verdict::Gap { .. }), index == lost + 1);
    }
    assert!(!sync.is_valid() && book.best_bid().is_none());
}

#[test]
fn the_spot_capture_bridges_and_ends_where_its_readme_says() {
    let grid = Grid { price: 6, size: 3 };
    let folder = "l2diff-binance-spot/ETHBTC_2020-11-01T09-00-00";
    let snapshot = recorded::binance(&recorded::json(&format!("{folder}_snapshot.json.zst")), grid);
    let updates = recorded::json(&format!("{folder}_update.json.zst"));
    let updates: Vec<Message> =
        updates.as_array().unwrap().iter().map(|it| recorded::binance(it, grid)).collect();
    assert_eq!(updates.iter().map(|it| it.bids.len() + it.asks.len()).sum::<usize>(), 67_601);
    // The snapshot is fetched after the stream began: it may come at any place, here after each of the first updates.
    for place in [1, 2, 5, 40, 1_000] {
        let (mut book, mut sync) = (Book::new(BookConfig::default()), BookSync::new(SyncRule::BinanceSpot));
        for message in &updates[..place] {
            assert_eq!(sync.on_depth(&message.depth(), &mut book), Verdict::Wait);
        }
        assert_eq!(sync.on_depth(&snapshot.depth(), &mut book), Verdict::Apply, "bridging at {place}");
        for message in &updates[place..] {
            let verdict = sync.on_depth(&message.depth(), &mut book);
            let old = message.last_id <= snapshot.last_id;
            assert_eq!(verdict, if old { Verdict::Stale } else { Verdict::Apply });
            assert!(!book.is_crossed());
        }
        assert_eq!(sync.last_id(), 1_737_948_024);
        assert_eq!(book.best_bid_price(), Some(Price::new(28_200)), "0.0282");
        assert_eq!(book.best_ask_price(), Some(Price::new(28_201)), "0.028201");
        let mut twin = NaiveBook::default();
        twin.apply(&snapshot.depth());
        updates.iter().filter(|it| it.last_id > snapshot.last_id).for_each(|it| twin.apply(&it.depth()));
        twin.check(&book);
    }
}

#[test]
fn the_bybit_capture_is_consecutive_for_each_instrument() {
    let mut books = BTreeMap::<String, (Book, BookSync, NaiveBook)>::new();
    for line in std::io::BufReader::new(recorded::open("wire-bybit-2026/BYBIT.jsonl.zst")).lines() {
        let line: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        let frame = line["data"].as_str().unwrap_or("");
        if line["t"] != "recv" || !frame.contains("\"topic\":\"orderbook") {
            continue;
        }
        let frame: serde_json::Value = serde_json::from_str(frame).unwrap();
        let (topic, data) = (recorded::text(&frame["topic"]).to_owned(), &frame["data"]);
        let grid = Grid { price: 6, size: 6 };
        let id = data["u"].as_u64().unwrap();
        let message = Message {
            kind: if frame["type"] == "snapshot" { DepthKind::Snapshot } else { DepthKind::Delta },
            first_id: id,
            last_id: id,
            previous_id: 0,
            bids: recorded::levels(&data["b"], grid),
            asks: recorded::levels(&data["a"], grid),
        };
        let (book, sync, twin) = books.entry(topic).or_insert_with(|| {
            (Book::new(BookConfig::default()), BookSync::new(SyncRule::Bybit), NaiveBook::default())
        });
        assert_eq!(sync.on_depth(&message.depth(), book), Verdict::Apply);
        twin.apply(&message.depth());
        twin.check(book);
        assert!(!book.is_crossed());
    }
    assert_eq!(books.len(), 4);
    assert!(books.values().all(|(_, sync, _)| sync.counts().applied > 300));
}

#[test]
fn three_hundred_replicas_of_a_recorded_book_give_the_published_sum() {
    let messages = recorded::xrp_500();
    let mut book = Book::new(BookConfig::default());
    let (mut sum, mut updates) = (0, 0);
    for _ in 0..300 {
        book.clear();
        for message in &messages {
            book.apply(&message.depth());
            updates += message.bids.len() + message.asks.len();
            sum += book.best_bid().unwrap().price.get() + book.best_ask().unwrap().price.get();
        }
    }
    assert_eq!(
        (messages.len(), updates),
        (50, 1_190_100 - 300),
        "an update of the workload is also each clear"
    );
    assert_eq!(sum, 586_042_200, "58,604.22 in ticks of 0.0001");
    assert_eq!(book.best_bid_price(), Some(Price::new(19_537)));
    assert_eq!(book.best_ask_price(), Some(Price::new(19_538)));
}

#[test]
fn every_order_of_a_whole_market_stands_in_its_queue() {
    let value = recorded::json("book-snapshots-large/l3_snapshot.json.gz");
    let grid = Grid { price: 2, size: 8 };
    let mut book = OrderBook::new(OrderBookConfig { pages_max: 1 << 16, ..OrderBookConfig::default() });
    let (mut id, mut ahead) = (0, BTreeMap::new());
    let mut sums: [BTreeMap<i64, i64>; 2] = Default::default();
    for (index, (side, name)) in [(Side::Buy, "bids"), (Side::Sell, "asks")].into_iter().enumerate() {
        for it in recorded::levels(&value[name], grid) {
            id += 1;
            book.apply(&BookOrder { action: BookAction::Add, id, side, price: it.price, qty: it.qty })
                .unwrap();
            let sum = sums[index].entry(it.price.get()).or_default();
            ahead.insert(id, *sum);
            *sum += it.qty.get();
        }
    }
    assert_eq!(book.len(), 110_606);
    let levels = |it: &BTreeMap<i64, i64>| it.iter().map(|(p, q)| (*p, *q)).collect::<Vec<_>>();
    let mut bids: Vec<_> = book.bids().map(|it| (it.price.get(), it.qty.get())).collect();
    bids.reverse();
    assert_eq!(bids, levels(&sums[0]));
    assert_eq!(book.asks().map(|it| (it.price.get(), it.qty.get())).collect::<Vec<_>>(), levels(&sums[1]));
    for (id, lots) in ahead.iter().step_by(37) {
        assert_eq!(book.ahead(*id), Some(Qty::new(*lots)));
    }
    assert!(!book.is_crossed());
    let restored = OrderBook::try_from(book.state()).unwrap();
    assert_eq!(restored.state(), book.state());
}
