//! Counts allocations: a warm market takes in a whole recorded stream without one.
#![allow(clippy::unwrap_used, reason = "a test may")]

#[path = "common/recorded.rs"]
mod recorded;

use allocation_counter::measure;
use scalp_market::{BarRule, Bars, FlowKind, FlowRule, FlowUnit, Market, MarketConfig, SyncRule};
use scalp_types::{
    BookAction, BookOrder, Contract, Depth, DepthKind, InstrumentId, InstrumentSpec, Instruments, MarketBody,
    MarketEvent, Price, Qty, Quote, Side, Timestamp,
};

fn instruments() -> Instruments {
    let spec = InstrumentSpec {
        venue: "v".into(),
        symbol: "S".into(),
        contract: Contract::Linear,
        base: "B".into(),
        quote: "Q".into(),
        tick: "0.1".parse().unwrap(),
        lot: "0.001".parse().unwrap(),
        ..InstrumentSpec::unlimited()
    };
    Instruments::new([spec]).unwrap()
}

#[test]
fn a_warm_market_does_not_allocate() {
    let capture = recorded::capture(recorded::USDM_BTC, recorded::USDM_BTC_GRID);
    let instrument = InstrumentId(0);
    let config =
        MarketConfig { sync: vec![(instrument, SyncRule::BinanceFutures)], ..MarketConfig::default() };
    let mut market = Market::with_config(&instruments(), &config);
    let mut bars = Bars::new(BarRule::Tick(20)).unwrap();
    let mut imbalance_bars = Bars::new(BarRule::Flow(FlowRule {
        kind: FlowKind::Imbalance,
        unit: FlowUnit::Value,
        trades_first: 20,
        trades_min: 5,
        trades_max: 100,
        trades_span: 10,
        flow_span: 100,
    }))
    .unwrap();
    let mut run = |market: &mut Market| {
        let mut feed = |body: MarketBody<'_>| {
            let at = Timestamp::from_nanos(0);
            market.on_event(&MarketEvent { instrument, exchange_at: at, arrived_at: at, body });
        };
        let clear =
            Depth { kind: DepthKind::Clear, first_id: 0, last_id: 0, previous_id: 0, bids: &[], asks: &[] };
        feed(MarketBody::Depth(clear));
        for message in &capture.depth {
            feed(MarketBody::Depth(message.depth()));
            let [bid, ask] = [&message.bids, &message.asks].map(|it| it.first().copied());
            if let (Some(bid), Some(ask)) = (bid, ask) {
                feed(MarketBody::Quote(Quote { id: 0, bid, ask }));
            }
        }
        for (index, trade) in capture.trades.iter().enumerate() {
            feed(MarketBody::Trade(*trade));
            bars.push(trade, Timestamp::from_nanos(index as i64));
            imbalance_bars.push(trade, Timestamp::from_nanos(index as i64));
            let (price, qty) = (Price::new(trade.price.get() % 64), trade.qty);
            let [add, fill] = [BookAction::Add, BookAction::Fill].map(|action| {
                MarketBody::Order(BookOrder { action, id: trade.id.0, side: Side::Buy, price, qty })
            });
            feed(add);
            feed(fill);
        }
        assert_eq!(market.state(instrument).orders.as_ref().map(|it| it.len()), Some(0));
        assert_eq!(market.state(instrument).book.counts().refused, 0);
        assert!(market.touch(instrument).bid.is_some_and(|it| it.qty > Qty::ZERO));
    };
    assert!(measure(|| run(&mut market)).count_total > 0, "the first run warms up");
    assert_eq!(measure(|| run(&mut market)).count_total, 0, "allocations of the second run");
}
