//! The order-by-order book against a naive twin: queues as plain lists, every answer found by walking.
#![allow(clippy::unwrap_used, reason = "a test may")]

use proptest::prelude::*;
use scalp_market::{OrderBook, OrderBookConfig, OrderFault, RestingOrder};
use scalp_types::{BookAction, BookOrder, Level, Price, Qty, Side, StateHash};

/// All orders in the order they joined their queues.
#[derive(Default)]
struct NaiveOrders(Vec<RestingOrder>);

impl NaiveOrders {
    fn apply(&mut self, event: &BookOrder, orders_max: usize) -> Result<(), OrderFault> {
        let at = self.0.iter().position(|it| it.id == event.id).ok_or(OrderFault::Unknown);
        let possible = event.qty > Qty::ZERO
            && event.qty.get() <= 1 << 61
            && event.price.get().unsigned_abs() <= 1 << 61;
        match event.action {
            BookAction::Clear => self.0.clear(),
            BookAction::Add if !possible => return Err(OrderFault::Absurd),
            BookAction::Add if at.is_ok() => return Err(OrderFault::Duplicate),
            BookAction::Add if self.0.len() == orders_max => return Err(OrderFault::Full),
            BookAction::Add => self.join(event),
            BookAction::Delete => drop(self.0.remove(at?)),
            BookAction::Modify if event.qty.is_zero() => drop(self.0.remove(at?)),
            BookAction::Modify => {
                let it = &mut self.0[at?];
                if !possible {
                    return Err(OrderFault::Absurd);
                }
                if it.side == event.side && it.price == event.price && event.qty <= it.qty {
                    it.qty = event.qty;
                } else {
                    self.0.remove(at?);
                    self.join(event);
                }
            }
            BookAction::Fill => {
                let at = at?;
                if event.qty <= Qty::ZERO {
                    return Err(OrderFault::Absurd);
                }
                let left = self.0[at].qty.get() - event.qty.get();
                if left > 0 {
                    self.0[at].qty = Qty::new(left);
                } else {
                    self.0.remove(at);
                }
                if left < 0 {
                    return Err(OrderFault::Overfilled);
                }
            }
        }
        Ok(())
    }
    fn join(&mut self, event: &BookOrder) {
        let BookOrder { id, side, price, qty, .. } = *event;
        self.0.push(RestingOrder { id, side, price, qty });
    }
    fn side(&self, side: Side) -> Vec<RestingOrder> {
        let mut all: Vec<_> = self.0.iter().filter(|it| it.side == side).copied().collect();
        all.sort_by_key(|it| if side == Side::Buy { -it.price.get() } else { it.price.get() });
        all
    }
    fn check(&self, book: &OrderBook) {
        for side in [Side::Buy, Side::Sell] {
            let all = self.side(side);
            assert_eq!(book.orders(side).collect::<Vec<_>>(), all);
            let levels: Vec<Level> =
                if side == Side::Buy { book.bids().collect() } else { book.asks().collect() };
            let mut want: Vec<Level> = vec![];
            for it in &all {
                let mut ahead = 0;
                match want.last_mut() {
                    Some(level) if level.price == it.price => {
                        ahead = level.qty.get();
                        level.qty += it.qty;
                    }
                    _ => want.push(Level { price: it.price, qty: it.qty }),
                }
                assert_eq!(book.ahead(it.id), Some(Qty::new(ahead)));
                assert_eq!(book.get(it.id), Some(*it));
            }
            assert_eq!(levels, want);
            want.iter().for_each(|it| assert_eq!(book.qty(side, it.price), it.qty));
        }
        assert_eq!(book.len(), self.0.len());
    }
}

fn event() -> impl Strategy<Value = BookOrder> {
    let action = prop_oneof![
        12 => Just(BookAction::Add),
        6 => Just(BookAction::Modify),
        5 => Just(BookAction::Delete),
        8 => Just(BookAction::Fill),
    ];
    let price = prop_oneof![20 => 0_i64..6, 4 => -9_000_i64..9_000, 1 => Just(i64::MIN), 1 => Just(i64::MAX)];
    let qty = prop_oneof![20 => 0_i64..8, 1 => Just(-1_i64), 1 => Just(i64::MAX), 1 => Just(i64::MIN)];
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    (action, 0_u64..24, side, price, qty).prop_map(|(action, id, side, price, qty)| BookOrder {
        action,
        id,
        side,
        price: Price::new(price),
        qty: Qty::new(qty),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn queues_agree_with_their_twin_on_any_stream(events in prop::collection::vec(event(), 1..150)) {
        let config = OrderBookConfig { orders_max: 12, pages_max: 16 };
        let (mut book, mut twin) = (OrderBook::new(config), NaiveOrders::default());
        let mut faults = 0;
        for event in &events {
            let want = twin.apply(event, 12);
            faults += u64::from(want.is_err());
            prop_assert_eq!(book.apply(event), want);
            twin.check(&book);
        }
        let counts = book.counts();
        let counted = counts.unknown + counts.duplicate + counts.absurd + counts.full + counts.overfilled;
        prop_assert_eq!(counted, faults);
        let restored = OrderBook::try_from(book.state()).unwrap();
        twin.check(&restored);
        let digest = |it: &OrderBook| { let mut hash = StateHash::default(); it.digest(&mut hash); hash };
        prop_assert_eq!(digest(&restored), digest(&book));
        book.apply(&BookOrder { action: BookAction::Clear, ..events[0] }).unwrap();
        prop_assert!(book.is_empty() && book.best_bid().is_none() && book.best_ask().is_none());
    }
}

fn order(action: BookAction, id: u64, price: i64, lots: i64) -> BookOrder {
    BookOrder { action, id, side: Side::Buy, price: Price::new(price), qty: Qty::new(lots) }
}

#[test]
fn shrinking_keeps_the_place_and_growing_or_moving_loses_it() {
    let mut book = OrderBook::new(OrderBookConfig { orders_max: 8, pages_max: 2 });
    for id in 1..=3 {
        book.apply(&order(BookAction::Add, id, 5, 10)).unwrap();
    }
    assert_eq!(book.ahead(3), Some(Qty::new(20)));
    book.apply(&order(BookAction::Modify, 1, 5, 4)).unwrap();
    assert_eq!(book.ahead(3), Some(Qty::new(14)));
    book.apply(&order(BookAction::Modify, 1, 5, 5)).unwrap();
    assert_eq!((book.ahead(1), book.ahead(2)), (Some(Qty::new(20)), Some(Qty::ZERO)));
    book.apply(&order(BookAction::Fill, 2, 5, 10)).unwrap();
    assert_eq!((book.ahead(2), book.ahead(3)), (None, Some(Qty::ZERO)));
    book.apply(&order(BookAction::Modify, 3, 6, 10)).unwrap();
    assert_eq!(book.best_bid(), Some(Level { price: Price::new(6), qty: Qty::new(10) }));
}

#[test]
fn an_order_that_needs_one_page_too_many_is_refused_and_nothing_else_is_lost() {
    let mut book = OrderBook::new(OrderBookConfig { orders_max: 8, pages_max: 2 });
    book.apply(&order(BookAction::Add, 1, 0, 1)).unwrap();
    book.apply(&order(BookAction::Add, 2, 1 << 40, 1)).unwrap();
    assert_eq!(book.apply(&order(BookAction::Add, 3, 1 << 50, 1)), Err(OrderFault::Full));
    assert_eq!((book.len(), book.get(3)), (2, None));
    assert_eq!(book.apply(&order(BookAction::Modify, 1, 1 << 50, 1)), Err(OrderFault::Full));
    assert_eq!(
        (book.len(), book.get(1).map(|it| it.price)),
        (2, Some(Price::new(0))),
        "it stays where it was"
    );
    book.apply(&order(BookAction::Delete, 1, 0, 0)).unwrap();
    book.apply(&order(BookAction::Add, 3, 1 << 50, 1)).unwrap();
    assert_eq!(book.best_bid().unwrap().price.get(), 1 << 50);
}
