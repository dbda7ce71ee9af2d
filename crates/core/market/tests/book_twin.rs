//! The fast book against its naive twin, on random streams: crossed books, huge prices, removal of unknown levels.
#![allow(clippy::unwrap_used, reason = "a test may")]

#[path = "common/naive.rs"]
mod naive;

use naive::NaiveBook;
use proptest::prelude::*;
use scalp_market::{Book, BookConfig, BookState};
use scalp_types::{Depth, DepthKind, Level, Price, Qty, Side, StateHash};

fn price() -> impl Strategy<Value = i64> {
    prop_oneof![
        20 => 0_i64..40,
        20 => 4_080_i64..4_110,
        10 => -5_000_i64..20_000,
        2 => -9_000_000_i64..9_000_000,
        1 => any::<i64>(),
        1 => prop_oneof![Just(i64::MAX), Just(i64::MIN), Just(1 << 61), Just(-(1 << 61)), Just((1 << 61) + 1)],
    ]
}

fn lots() -> impl Strategy<Value = i64> {
    prop_oneof![10 => Just(0_i64), 20 => 1_i64..1_000, 1 => any::<i64>()]
}

fn levels() -> impl Strategy<Value = Vec<Level>> {
    prop::collection::vec(
        (price(), lots()).prop_map(|(p, q)| Level { price: Price::new(p), qty: Qty::new(q) }),
        0..12,
    )
}

fn kind() -> impl Strategy<Value = DepthKind> {
    prop_oneof![
        40 => Just(DepthKind::Delta),
        2 => Just(DepthKind::Snapshot),
        3 => Just(DepthKind::TopSnapshot),
        1 => Just(DepthKind::Clear),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_book_agrees_with_its_twin_on_any_stream(
        messages in prop::collection::vec((kind(), levels(), levels()), 1..60)
    ) {
        let (mut book, mut twin) = (Book::new(BookConfig::default()), NaiveBook::default());
        for (kind, bids, asks) in &messages {
            let depth = Depth { kind: *kind, first_id: 0, last_id: 0, previous_id: 0, bids, asks };
            book.apply(&depth);
            twin.apply(&depth);
            twin.check(&book);
        }
        let restored = Book::try_from(book.state()).unwrap();
        prop_assert_eq!(restored.state(), book.state());
        let digest = |it: &Book| { let mut hash = StateHash::default(); it.digest(&mut hash); hash };
        prop_assert_eq!(digest(&restored), digest(&book));
        prop_assert_eq!(book.counts().dropped, 0);
    }

    #[test]
    fn what_is_told_of_messages_leads_from_the_book_before_to_the_book_after(
        messages in prop::collection::vec((kind(), levels(), levels()), 1..60)
    ) {
        let (mut told, mut silent) = (Book::new(BookConfig::default()), Book::new(BookConfig::default()));
        told.tell(true);
        for (kind, bids, asks) in &messages {
            let depth = Depth { kind: *kind, first_id: 0, last_id: 0, previous_id: 0, bids, asks };
            let mut sizes = silent.state();
            told.apply(&depth);
            silent.apply(&depth);
            prop_assert_eq!(told.state(), silent.state());
            prop_assert!(silent.told().is_empty());
            if *kind != DepthKind::Delta {
                prop_assert!(told.told().is_empty());
                continue;
            }
            for it in told.told() {
                let side = if it.side == Side::Buy { &mut sizes.bids } else { &mut sizes.asks };
                let before = side.iter().find(|own| own.price == it.level.price).map_or(Qty::ZERO, |own| own.qty);
                prop_assert_eq!(it.before, before);
                prop_assert_ne!(it.level.qty, before);
                side.retain(|own| own.price != it.level.price);
                side.extend((!it.level.qty.is_zero()).then_some(it.level));
            }
            let after = silent.state();
            sizes.bids.sort_by_key(|it| std::cmp::Reverse(it.price));
            sizes.asks.sort_by_key(|it| it.price);
            prop_assert_eq!((sizes.bids, sizes.asks), (after.bids, after.asks));
        }
        told.tell(false);
        prop_assert!(told.told().is_empty());
    }

    #[test]
    fn one_level_at_a_time_tells_what_changed(
        updates in prop::collection::vec((any::<bool>(), price(), lots()), 1..200)
    ) {
        let (mut book, mut twin) = (Book::new(BookConfig::default()), NaiveBook::default());
        for (buy, price, lots) in updates {
            let side = if buy { Side::Buy } else { Side::Sell };
            let level = Level { price: Price::new(price), qty: Qty::new(lots) };
            let before = book.qty(side, level.price);
            let best = |it: &NaiveBook| if buy { it.best_bid } else { it.best_ask };
            let best_before = best(&twin);
            let refused = twin.refused;
            twin.set(side, level);
            let change = if buy { book.set_bid(level) } else { book.set_ask(level) };
            if twin.refused == refused {
                prop_assert_eq!(change.before, before);
            }
            prop_assert_eq!(change.best_before.map(Price::get), best_before);
            prop_assert_eq!(change.best_after.map(Price::get), best(&twin));
            twin.check_best(&book);
        }
        twin.check(&book);
    }

    #[test]
    fn few_pages_lose_only_the_worst_prices_and_count_them(
        updates in prop::collection::vec((-60_000_i64..60_000, 0_i64..5), 1..300)
    ) {
        let mut book = Book::new(BookConfig { pages_max: 3 });
        let mut truth = std::collections::BTreeMap::new();
        let (mut seen_best, mut sets) = (true, 0_u64);
        for (price, lots) in updates {
            let level = Level { price: Price::new(price), qty: Qty::new(lots) };
            book.set_bid(level);
            if lots == 0 { truth.remove(&price); } else { truth.insert(price, lots); sets += 1; }
            // Until something was dropped, and as long as the best was not removed after, the best must be right.
            if book.counts().dropped == 0 {
                prop_assert_eq!(book.level_count(Side::Buy), truth.len() as u64);
            } else if lots == 0 {
                seen_best = false;
            }
            if seen_best {
                prop_assert_eq!(book.best_bid_price().map(Price::get), truth.keys().next_back().copied());
            }
            for it in book.bids() {
                prop_assert_eq!(truth.get(&it.price.get()), Some(&it.qty.get()));
            }
            prop_assert!(book.level_count(Side::Buy) + book.counts().dropped <= sets);
        }
    }

    #[test]
    fn taking_never_takes_more_than_is_shown_or_beyond_the_limit(
        bids in levels(), asks in levels(), buy in any::<bool>(), qty in 1_i64..5_000, limit in prop::option::of(price())
    ) {
        let depth = Depth { kind: DepthKind::Snapshot, first_id: 0, last_id: 0, previous_id: 0, bids: &bids, asks: &asks };
        let mut book = Book::new(BookConfig::default());
        book.apply(&depth);
        let taker = if buy { Side::Buy } else { Side::Sell };
        let shown: Vec<Level> = book.side(taker.opposite()).collect();
        let mut taken = Vec::new();
        let left = book.take(taker, Qty::new(qty), limit.map(Price::new), |p, q| taken.push(Level { price: p, qty: q }));
        let mut want = Vec::new();
        let mut rest = qty;
        for it in &shown {
            let inside = limit.is_none_or(|l| if buy { it.price.get() <= l } else { it.price.get() >= l });
            if rest == 0 || !inside { break; }
            let part = rest.min(it.qty.get());
            want.push(Level { price: it.price, qty: Qty::new(part) });
            rest -= part;
        }
        prop_assert_eq!(&taken, &want);
        prop_assert_eq!(left.get(), rest);
        let after: i128 = book.side(taker.opposite()).map(|it| i128::from(it.qty.get())).sum();
        let before: i128 = shown.iter().map(|it| i128::from(it.qty.get())).sum();
        prop_assert_eq!(before - after, i128::from(qty - rest));
    }
}

#[test]
fn a_state_no_book_could_be_in_is_refused() {
    let level = |p, q| Level { price: Price::new(p), qty: Qty::new(q) };
    let mut book = Book::new(BookConfig::default());
    book.set_bid(level(5, 1));
    book.set_ask(level(7, 1));
    let good = book.state();
    assert_eq!(Book::try_from(good.clone()).unwrap(), book);
    let broken: [fn(&mut BookState); 4] = [
        |it| it.best_bid = Some(Price::new(4)),
        |it| it.best_ask = Some(Price::new(i64::MIN)),
        |it| it.bids[0].qty = Qty::new(-1),
        |it| (it.bids[0].price, it.best_bid) = (Price::new(8), Some(Price::new(8))),
    ];
    for (index, edit) in broken.iter().enumerate() {
        let mut state = good.clone();
        edit(&mut state);
        assert!(Book::try_from(state).is_err(), "edit {index}");
    }
}
