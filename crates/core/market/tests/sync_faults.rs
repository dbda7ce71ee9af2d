//! Lost, doubled and late messages, by every venue's rule: the book equals the venue's at its last id, or is declared
//! invalid. It is never silently wrong.
#![allow(clippy::unwrap_used, reason = "a test may")]

use proptest::prelude::*;
use scalp_market::sync::{PENDING_LEVELS_MAX, PENDING_MESSAGES_MAX, STALE_RUN_MAX};
use scalp_market::{Book, BookConfig, BookSync, SyncRule, Verdict};
use scalp_types::{Depth, DepthKind, Level, Price, Qty};
use std::collections::BTreeMap;

type Side = BTreeMap<i64, i64>;

#[derive(Debug, Clone)]
struct Message {
    kind: DepthKind,
    first_id: u64,
    last_id: u64,
    previous_id: u64,
    bids: Vec<Level>,
    asks: Vec<Level>,
}

impl Message {
    fn depth(&self) -> Depth<'_> {
        Depth {
            kind: self.kind,
            first_id: self.first_id,
            last_id: self.last_id,
            previous_id: self.previous_id,
            bids: &self.bids,
            asks: &self.asks,
        }
    }
}

/// A venue: a history of single changes, sent in messages and numbered in the venue's way.
struct Venue {
    rule: SyncRule,
    /// Id and change.
    changes: Vec<(u64, bool, i64, i64)>,
    messages: Vec<Message>,
}

fn level((price, lots): (&i64, &i64)) -> Level {
    Level { price: Price::new(*price), qty: Qty::new(*lots) }
}

impl Venue {
    fn new(rule: SyncRule, groups: &[Vec<(bool, i64, i64)>]) -> Self {
        let mut venue = Self { rule, changes: vec![], messages: vec![] };
        let mut previous = 4;
        for (number, group) in groups.iter().enumerate() {
            let (number, done) = (number as u64, venue.changes.len() as u64);
            let count = group.len() as u64;
            let (first_id, last_id, step) = match rule {
                SyncRule::BinanceSpot => (done + 5, done + 4 + count, 1),
                SyncRule::BinanceFutures => (previous + 1, previous + 3 * count - 2, 3),
                SyncRule::Chained | SyncRule::Okx => (0, 7 * number + 11, 0),
                _ => (0, number + 5, 0),
            };
            let (mut bids, mut asks) = (Side::new(), Side::new());
            for (index, &(buy, price, lots)) in group.iter().enumerate() {
                let id = if step == 0 { last_id } else { first_id + step * index as u64 };
                venue.changes.push((id, buy, price, lots));
                let (map, price) = if buy { (&mut bids, price) } else { (&mut asks, price + 100) };
                map.insert(price, lots);
            }
            let chained = matches!(rule, SyncRule::BinanceFutures | SyncRule::Chained | SyncRule::Okx);
            venue.messages.push(Message {
                kind: DepthKind::Delta,
                first_id,
                last_id,
                previous_id: if chained { previous } else { 0 },
                bids: bids.iter().map(level).collect(),
                asks: asks.iter().map(level).collect(),
            });
            previous = last_id;
        }
        venue
    }

    /// The book after every change up to this id.
    fn truth(&self, id: u64) -> (Vec<Level>, Vec<Level>) {
        let (mut bids, mut asks) = (Side::new(), Side::new());
        for &(_, buy, price, lots) in self.changes.iter().take_while(|it| it.0 <= id) {
            let (map, price) = if buy { (&mut bids, price) } else { (&mut asks, price + 100) };
            if lots == 0 {
                map.remove(&price)
            } else {
                map.insert(price, lots)
            };
        }
        (bids.iter().rev().map(level).collect(), asks.iter().map(level).collect())
    }

    /// A snapshot as the venue would give it, `back` messages before message `at`; inside a message where ids allow.
    fn snapshot(&self, at: usize, back: usize, inside: u64) -> Message {
        let it = &self.messages[at.saturating_sub(back).min(self.messages.len() - 1)];
        let apart = matches!(self.rule, SyncRule::BinanceSpot | SyncRule::BinanceFutures);
        let last_id = if apart { it.last_id - inside.min(it.last_id - it.first_id) } else { it.last_id };
        let (bids, asks) = self.truth(last_id);
        Message { kind: DepthKind::Snapshot, first_id: 0, last_id, previous_id: 0, bids, asks }
    }

    fn check(&self, sync: &BookSync, book: &Book) {
        let state = book.state();
        if !sync.is_valid() {
            assert!(state.bids.is_empty() && state.asks.is_empty(), "an invalid book is empty");
            return;
        }
        let (bids, asks) = self.truth(sync.last_id());
        assert_eq!(state.best_bid, bids.first().map(|it| it.price), "at id {}", sync.last_id());
        assert_eq!((state.bids, state.asks), (bids, asks), "at id {}", sync.last_id());
    }
}

const RULES: [SyncRule; 6] = [
    SyncRule::BinanceFutures,
    SyncRule::BinanceSpot,
    SyncRule::Bybit,
    SyncRule::Okx,
    SyncRule::Chained,
    SyncRule::Consecutive,
];

fn groups() -> impl Strategy<Value = Vec<Vec<(bool, i64, i64)>>> {
    prop::collection::vec(prop::collection::vec((any::<bool>(), 0_i64..30, 0_i64..4), 1..5), 10..80)
}

#[derive(Debug, Clone, Copy)]
enum Fault {
    Fine,
    Lost,
    Doubled,
    /// Comes after this many others.
    Late(usize),
    /// The venue gives a snapshot this many messages old, inside a message where it can.
    Snapshot(usize, u64),
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        12 => Just(Fault::Fine),
        1 => Just(Fault::Lost),
        1 => Just(Fault::Doubled),
        1 => (1_usize..6).prop_map(Fault::Late),
        2 => (0_usize..6, 0_u64..4).prop_map(|(back, inside)| Fault::Snapshot(back, inside)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_book_is_true_or_declared_invalid_whatever_happens_to_the_stream(
        groups in groups(), faults in prop::collection::vec(fault(), 80), rule in prop::sample::select(&RULES)
    ) {
        let venue = Venue::new(rule, &groups);
        let (mut book, mut sync) = (Book::new(BookConfig::default()), BookSync::new(rule));
        let mut late: Vec<(usize, Message)> = vec![];
        let count = venue.messages.len();
        for (at, (message, fault)) in venue.messages.iter().zip(&faults).enumerate() {
            let mut now = vec![];
            match *fault {
                Fault::Fine => now.push(message.clone()),
                Fault::Lost => {}
                Fault::Doubled => now.extend([message.clone(), message.clone()]),
                Fault::Late(by) => late.push((at + by, message.clone())),
                Fault::Snapshot(back, inside) => {
                    now.extend([venue.snapshot(at, back, inside), message.clone()]);
                }
            }
            late.retain(|it| if it.0 == at { now.push(it.1.clone()); false } else { true });
            for message in now {
                let valid = sync.is_valid();
                let verdict = sync.on_depth(&message.depth(), &mut book);
                venue.check(&sync, &book);
                match verdict {
                    Verdict::Apply => prop_assert!(sync.is_valid()),
                    Verdict::Stale => prop_assert_eq!(sync.is_valid(), valid),
                    Verdict::Wait | Verdict::Gap { .. } => prop_assert!(!sync.is_valid()),
                }
            }
        }
        // A snapshot of the end always heals.
        sync.on_depth(&Depth { kind: DepthKind::Clear, first_id: 0, last_id: 0, previous_id: 0, bids: &[], asks: &[] }, &mut book);
        let end = venue.snapshot(count - 1, 0, 0);
        prop_assert_eq!(sync.on_depth(&end.depth(), &mut book), Verdict::Apply);
        venue.check(&sync, &book);
    }

    #[test]
    fn an_undisturbed_stream_never_shows_a_gap_wherever_its_snapshot_comes(
        groups in groups(), place in 0_usize..12, back in 0_usize..4, inside in 0_u64..4,
        rule in prop::sample::select(&RULES)
    ) {
        let venue = Venue::new(rule, &groups);
        let (mut book, mut sync) = (Book::new(BookConfig::default()), BookSync::new(rule));
        let place = place.min(venue.messages.len() - 1);
        for (at, message) in venue.messages.iter().enumerate() {
            let is_gap = matches!(sync.on_depth(&message.depth(), &mut book), Verdict::Gap { .. });
            prop_assert!(!is_gap);
            if at == place {
                let snapshot = venue.snapshot(at, back, inside);
                prop_assert_eq!(sync.on_depth(&snapshot.depth(), &mut book), Verdict::Apply);
            }
            venue.check(&sync, &book);
        }
        let last = venue.messages.last().unwrap().last_id;
        prop_assert_eq!(sync.last_id(), last);
        prop_assert_eq!(sync.counts().gaps, 0);
        let text = serde_json::to_string(&sync).unwrap();
        prop_assert_eq!(serde_json::from_str::<BookSync>(&text).unwrap(), sync);
    }
}

fn delta(first_id: u64, last_id: u64, previous_id: u64, bids: &[Level]) -> Depth<'_> {
    Depth { kind: DepthKind::Delta, first_id, last_id, previous_id, bids, asks: &[] }
}

fn snapshot(last_id: u64, bids: &[Level]) -> Depth<'_> {
    Depth { kind: DepthKind::Snapshot, ..delta(0, last_id, 0, bids) }
}

fn bid(price: i64) -> [Level; 1] {
    [Level { price: Price::new(price), qty: Qty::new(1) }]
}

#[test]
fn a_full_buffer_forgets_the_oldest_and_a_snapshot_from_before_is_a_gap() {
    let (mut book, mut sync) = (Book::new(BookConfig::default()), BookSync::new(SyncRule::BinanceSpot));
    let count = PENDING_MESSAGES_MAX as u64 + 10;
    for id in 1..=count {
        assert_eq!(sync.on_depth(&delta(id, id, 0, &bid(id as i64)), &mut book), Verdict::Wait);
    }
    assert_eq!((sync.held(), sync.counts().lost), (PENDING_MESSAGES_MAX, 10));
    assert_eq!(
        sync.on_depth(&snapshot(9, &bid(9)), &mut book),
        Verdict::Gap { expected: 10, got: 11 },
        "message 10 is no longer there"
    );
    assert!(!sync.is_valid() && book.best_bid().is_none());
    assert_eq!(sync.on_depth(&snapshot(10, &bid(10)), &mut book), Verdict::Apply, "a newer one bridges");
    assert_eq!((sync.last_id(), book.best_bid_price()), (count, Some(Price::new(count as i64))));
}

#[test]
fn a_message_larger_than_the_buffer_is_not_held() {
    let (mut book, mut sync) = (Book::new(BookConfig::default()), BookSync::new(SyncRule::Consecutive));
    let many = vec![bid(1)[0]; PENDING_LEVELS_MAX + 1];
    sync.on_depth(&delta(0, 1, 0, &bid(1)), &mut book);
    assert_eq!(sync.on_depth(&delta(0, 2, 0, &many), &mut book), Verdict::Wait);
    assert_eq!((sync.held(), sync.counts().lost), (0, 2));
    let half = &many[..PENDING_LEVELS_MAX / 2 + 1];
    for id in 3..50 {
        sync.on_depth(&delta(0, id, 0, half), &mut book);
        assert_eq!(sync.held(), 1, "two do not fit");
    }
    assert_eq!(sync.on_depth(&snapshot(48, &bid(7)), &mut book), Verdict::Apply);
    assert_eq!(sync.last_id(), 49);
}

#[test]
fn ids_that_start_anew_are_noticed_instead_of_being_stale_for_ever() {
    let (mut book, mut sync) = (Book::new(BookConfig::default()), BookSync::new(SyncRule::Okx));
    sync.on_depth(&snapshot(1_000_000, &bid(1)), &mut book);
    assert_eq!(sync.on_depth(&delta(0, 5, 1_000_000, &bid(2)), &mut book), Verdict::Apply, "may fall once");
    assert_eq!(sync.on_depth(&delta(0, 5, 5, &[]), &mut book), Verdict::Apply, "a heartbeat");
    sync.on_depth(&snapshot(1_000_000, &bid(1)), &mut book);
    for id in 0..u64::from(STALE_RUN_MAX) {
        assert_eq!(sync.on_depth(&delta(0, id + 6, id + 5, &bid(2)), &mut book), Verdict::Stale);
    }
    let verdict = sync.on_depth(&delta(0, 900, 899, &bid(2)), &mut book);
    assert!(matches!(verdict, Verdict::Gap { expected: 1_000_000, got: 900 }), "{verdict:?}");
    assert!(!sync.is_valid());
}

#[test]
fn a_restart_of_bybit_overwrites_the_book() {
    let (mut book, mut sync) = (Book::new(BookConfig::default()), BookSync::new(SyncRule::Bybit));
    sync.on_depth(&snapshot(500, &bid(9)), &mut book);
    assert_eq!(sync.on_depth(&delta(1, 1, 0, &bid(3)), &mut book), Verdict::Apply);
    assert_eq!((sync.last_id(), book.best_bid_price()), (1, Some(Price::new(3))));
    assert_eq!(sync.on_depth(&delta(2, 2, 0, &bid(4)), &mut book), Verdict::Apply);
}

#[test]
fn whole_books_need_no_chain_and_only_go_forward() {
    let (mut book, mut sync) = (Book::new(BookConfig::default()), BookSync::new(SyncRule::SnapshotOnly));
    assert_eq!(sync.on_depth(&snapshot(7, &bid(1)), &mut book), Verdict::Apply);
    assert_eq!(sync.on_depth(&snapshot(9, &bid(2)), &mut book), Verdict::Apply);
    assert_eq!(sync.on_depth(&snapshot(8, &bid(3)), &mut book), Verdict::Stale);
    assert_eq!(
        sync.on_depth(&delta(10, 10, 9, &bid(4)), &mut book),
        Verdict::Stale,
        "a change is not applied"
    );
    assert_eq!(book.best_bid_price(), Some(Price::new(2)));
}
