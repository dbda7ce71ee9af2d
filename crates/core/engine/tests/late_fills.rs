//! Fills that come late, in another order than the venue's, or only with a statement: in the end the core's books are
//! the venue's to the last unit, and trading was never paused. What lateness does not explain pauses it.

#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{at, shipped, spec};
use proptest::prelude::*;
use scalp_engine::{Actions, Engine, EngineConfig};
use scalp_ledger::{Cause, Ledger, LedgerConfig};
use scalp_strategy::Shipped;
use scalp_types::{
    AccountBody, AccountEvent, Body, Command, CommandBody, Contract, Event, Fill, Genesis, InstrumentId,
    Instruments, Liquidity, Mode, Money, OrderBody, OrderEvent, OrderId, Price, Qty, RunId, Side, Timestamp,
    TradeId,
};

const ONE: InstrumentId = InstrumentId(0);
const STRATEGY: &str = r#"{"name":"cross","order_qty":"1"}"#;

/// A core, and the books of a venue beside it.
struct Pair {
    engine: Engine<Shipped>,
    theirs: Ledger,
    actions: Actions,
    ms: i64,
}

impl Pair {
    fn new(contract: Contract) -> Self {
        let mut spec = spec("A");
        spec.contract = contract;
        if contract == Contract::Inverse {
            (spec.lot, spec.multiplier) = (1.into(), 10.into());
        }
        let instruments = Instruments::new([spec]).unwrap();
        let settle = instruments.get(ONE).settle;
        let opening = vec![(settle, Money::new(1_000_000 * Money::ONE))];
        let ledger = LedgerConfig { opening, ..LedgerConfig::default() };
        let theirs = Ledger::new(&instruments, &ledger).unwrap();
        let genesis =
            Genesis { run: RunId(7), seed: 42, config_hash: [3; 32], instruments, config: String::new() };
        let config = EngineConfig { ledger, ..EngineConfig::default() };
        let engine = Engine::new(&genesis, shipped(&genesis, STRATEGY), config).unwrap();
        let mut pair = Self { engine, theirs, actions: Actions::new(), ms: 0 };
        pair.step(Body::Genesis(&genesis));
        pair
    }

    fn step(&mut self, body: Body<'_>) {
        self.ms += 1;
        self.actions.clear();
        let event = Event { seq: self.engine.next_seq(), at: at(self.ms), body };
        self.engine.step(&event, &mut self.actions);
    }

    fn tell(&mut self, fill: &Fill, past: bool) {
        let body = if past { OrderBody::PastFill(*fill) } else { OrderBody::Filled(*fill) };
        let (order, exchange_at) = (OrderId(1 << 60), when(fill));
        self.step(Body::Order(OrderEvent { order, instrument: ONE, exchange_at, body }));
    }

    /// A pass: everything the venue has, then how it stands; `off` of its cash is told wrong.
    fn pass(&mut self, fills: &[Fill], off: i128) {
        self.step(Body::Command(Command { operator: 0, body: CommandBody::Reconcile }));
        fills.iter().for_each(|it| self.tell(it, true));
        let instruments = self.engine.instruments().clone();
        let (held, settle) = (*self.theirs.position(ONE), instruments.get(ONE).settle);
        let body = AccountBody::Statement {
            instrument: ONE,
            position: held.qty,
            cost: held.cost,
            cash: self.theirs.cash(settle, &instruments) + Money::new(off),
            upto: TradeId(fills.len() as u64),
            more: false,
        };
        self.step(Body::Account(AccountEvent { exchange_at: at(self.ms), body }));
    }
}

fn when(fill: &Fill) -> Timestamp {
    at(fill.trade.0 as i64)
}

/// Fills of a venue, many of which turn the position through zero.
fn fills(of: &[(bool, i64, i64, i64)], fee_asset: scalp_types::AssetId) -> Vec<Fill> {
    let fill = |(n, &(buy, qty, price, fee)): (usize, &(bool, i64, i64, i64))| Fill {
        trade: TradeId(n as u64 + 1),
        side: if buy { Side::Buy } else { Side::Sell },
        price: Price::new(price),
        qty: Qty::new(qty),
        remaining: Qty::ZERO,
        liquidity: Liquidity::Taker,
        fee: Money::new(fee.into()),
        fee_asset,
        forced: true,
    };
    of.iter().enumerate().map(fill).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn whatever_comes_late_or_is_lost_the_books_end_as_the_venues(
        of in prop::collection::vec((any::<bool>(), 1..60_i64, 5_000..40_000_i64, -50..90_i64), 1..40),
        fate in prop::collection::vec((any::<u8>(), 0..10_u8), 40),
        contract in prop::sample::select(vec![Contract::Linear, Contract::Inverse, Contract::Spot]),
    ) {
        let mut pair = Pair::new(contract);
        let instruments = pair.engine.instruments().clone();
        let terms = instruments.get(ONE);
        let all = fills(&of, terms.settle);
        all.iter().for_each(|it| { pair.theirs.on_fill(terms, when(it), it).unwrap(); });
        // A third is lost, the others arrive in any order.
        let mut heard: Vec<(u8, &Fill)> = all.iter().zip(&fate).filter(|it| it.1.1 > 2).map(|it| (it.1.0, it.0)).collect();
        heard.sort_by_key(|it| it.0);
        heard.iter().for_each(|it| pair.tell(it.1, false));
        for _ in 0..4 {
            pair.pass(&all, 0);
        }
        let ours = pair.engine.ledger();
        let (a, b) = (ours.position(ONE), pair.theirs.position(ONE));
        prop_assert_eq!((a.qty, a.cost, a.realised, a.fees), (b.qty, b.cost, b.realised, b.fees));
        for asset in [terms.settle, terms.base] {
            prop_assert_eq!(ours.balance(asset), pair.theirs.balance(asset));
            let brought = |it: &Ledger| Cause::ALL.map(|cause| it.wallet(asset).brought_by(cause));
            prop_assert_eq!(brought(ours), brought(&pair.theirs));
        }
        prop_assert_eq!(ours.audit(&instruments), Ok(()));
        prop_assert_eq!(pair.engine.gate().mode(), Mode::Normal);
    }
}

#[test]
fn what_late_fills_do_not_explain_pauses_trading() {
    let of = [(true, 40, 9_100, 3), (false, 57, 9_207, 3), (true, 40, 9_313, 3)];
    // In order, one unit is a difference; with three fills out of place, seven units are.
    for (late, off, mode) in
        [(false, 0, Mode::Normal), (false, 1, Mode::Paused), (true, 0, Mode::Normal), (true, 9, Mode::Paused)]
    {
        let mut pair = Pair::new(Contract::Inverse);
        let instruments = pair.engine.instruments().clone();
        let terms = instruments.get(ONE);
        let all = fills(&of, terms.settle);
        for it in &all {
            pair.theirs.on_fill(terms, when(it), it).unwrap();
        }
        let mut heard: Vec<&Fill> = all.iter().collect();
        if late {
            heard.rotate_left(1);
        }
        heard.iter().for_each(|it| pair.tell(it, false));
        for _ in 0..4 {
            pair.pass(&all, off);
        }
        assert_eq!(pair.engine.gate().mode(), mode, "late {late}, off by {off}");
    }
}
