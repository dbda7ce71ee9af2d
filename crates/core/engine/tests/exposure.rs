//! Limits that count all instruments together: what is noted of a few is what a walk over all of them would note.

#![allow(clippy::unwrap_used, reason = "tests only")]

mod common;

use common::{House, USDT, at, config, genesis, market, trade};
use proptest::prelude::*;
use scalp_engine::Engine;
use scalp_risk::AssetLimits;
use scalp_risk::portfolio::Worst;
use scalp_strategy::{Interest, Strategy, View, Wake};
use scalp_types::{
    CommandBody, InstrumentId, Intent, Intents, Level, MarkPrice, MarketBody, Mode, Money, OrderIntent,
    OrderKind, Price, Qty, Quote, Reason, Side, StateHash,
};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;

const COUNT: u16 = 6;
/// No order of any of these: a decision with nothing to send.
const NOBODY: InstrumentId = InstrumentId(99);

/// Wishes at each trade what a test has put in, and nothing for nobody where that is empty.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Puppet;

thread_local! {
    static WISHES: RefCell<Vec<Intent>> = const { RefCell::new(Vec::new()) };
}

impl Strategy for Puppet {
    fn interest(&self) -> Interest {
        Interest::TRADES
    }
    fn decide(&mut self, wake: &Wake<'_>, _: &View<'_>, out: &mut Intents) {
        if let Wake::Market(_) = wake {
            WISHES.with_borrow_mut(|it| it.drain(..).for_each(|it| out.push(it)));
            if out.as_slice().is_empty() {
                out.push(Intent::CancelAll { instrument: NOBODY });
            }
        }
    }
    fn digest(&self, _: &mut StateHash) {}
}

fn limited(count: u16) -> (Engine<Puppet>, House) {
    let names: Vec<String> = (0..count).map(|it| format!("I{it}")).collect();
    let genesis = genesis(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let mut config = config(&genesis);
    config.gate.assets = vec![AssetLimits {
        asset: USDT,
        gross_max: Some(Money::new(400_000 * Money::ONE)),
        net_max: None,
        day_loss_max: None,
        drawdown_max: None,
    }];
    let mut engine = Engine::new(&genesis, Puppet, config).unwrap();
    let house = House::start(&mut engine, &genesis, at(0));
    (engine, house)
}

/// The sums over all instruments, each at its present price.
fn walked(engine: &Engine<Puppet>) -> Worst {
    engine.instruments().iter().fold(Worst::default(), |sum, it| {
        let Some(price) = engine.mark(it.id) else { return sum };
        let one = Worst::of(it, price, engine.position(it.id), &engine.orders().exposure(it.id));
        Worst { gross: sum.gross + one.gross, high: sum.high + one.high, low: sum.low + one.low }
    })
}

fn order(tag: u64, id: u16, side: Side, lots: i64, kind: OrderKind) -> Intent {
    Intent::Place(OrderIntent::new(tag, InstrumentId(id), side, Qty::new(lots), kind, Reason::Signal))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn what_is_noted_of_those_that_changed_is_what_is_noted_of_all(
        deeds in prop::collection::vec((0_u8..9, 0..COUNT, 4_990_000_i64..5_010_000, 1_i64..2_000_000), 1..120),
        restored in 0_usize..120,
    ) {
        let (mut engine, mut house) = limited(COUNT);
        let mut ms = 0;
        for id in 0..COUNT {
            house.market(&mut engine, &trade(id, 0, 5_000_000, 1_000_000_000));
        }
        for (n, &(deed, id, price, lots)) in deeds.iter().enumerate() {
            ms += 7;
            let (tag, side) = (n as u64 + 1, if price % 2 == 0 { Side::Buy } else { Side::Sell });
            let limit = OrderKind::Limit { price: Price::new(price) };
            let level = |price| Level { price: Price::new(price), qty: Qty::new(lots) };
            let mut quote = None;
            let wishes = match deed {
                0..=1 => vec![order(tag, id, side, lots, OrderKind::Market)],
                2..=3 => vec![order(tag, id, side, lots, limit)],
                4 => vec![order(tag, id, side, lots, limit), order(tag + 1_000, (id + 1) % COUNT, side, lots, OrderKind::Market)],
                5 => vec![Intent::CancelAll { instrument: InstrumentId(id) }],
                6 => {
                    quote = Some(MarketBody::Quote(Quote { id: 0, bid: level(price - 5), ask: level(price + 5) }));
                    vec![]
                }
                7 => {
                    quote = Some(MarketBody::Mark(MarkPrice { mark: Price::new(price), index: None }));
                    vec![]
                }
                _ => vec![],
            };
            if n == restored {
                let text = serde_json::to_string(&engine.snapshot()).unwrap();
                engine = Engine::restore(&mut serde_json::Deserializer::from_str(&text)).unwrap();
            }
            if let Some(body) = quote {
                house.market(&mut engine, &market(id, ms, body));
            }
            // By a trade of another instrument than the one that is wished for.
            WISHES.with_borrow_mut(|it| *it = wishes);
            house.market(&mut engine, &trade((id + 1) % COUNT, ms, price, 1_000_000_000));
            // A decision that sends nothing notes and leaves it so.
            house.market(&mut engine, &trade((id + 2) % COUNT, ms, price, 1_000_000_000));
            prop_assert_eq!(engine.gate().portfolio().total(USDT), walked(&engine), "after deed {}", n);
        }
        house.command(&mut engine, CommandBody::SetMode(Mode::Emergency));
        house.market(&mut engine, &trade(0, ms + 10_000, 4_000_000, 1_000_000_000));
        prop_assert_eq!(engine.gate().portfolio().total(USDT), walked(&engine));
    }
}
