//! Every rule on both sides of its limit.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod support;

use scalp_risk::{
    AssetLimits, Doubt, EmergencyStep, Exposure, GateConfig, InstrumentLimits, LossAction, MessageLimit,
    ModeReason, Oversize, Refusal, RepeatLimit, RiskView,
};
use scalp_types::{
    GroupId, GroupLink, GroupRole, Mode, OpenOrder, OrderId, OrderIntent, OrderKind, OrderStatus, Price, Qty,
    Rate, Reason, Side, Span, TradingStatus, VenueRequest,
};
use support::{BTC, ETH, USD, gate, instruments, limit, market, review, secs, usd, view};

fn same(_: &mut RiskView<'_>) {}

fn limits(limits: InstrumentLimits, oversize: Oversize) -> GateConfig {
    GateConfig { limits, oversize, ..GateConfig::default() }
}

fn name(result: Result<i64, Refusal>) -> &'static str {
    result.map_or_else(|it| it.name(), |_| "allowed")
}

#[test]
fn an_order_that_breaks_nothing_passes_whole() {
    assert_eq!(review(&GateConfig::default(), limit(Side::Buy, 10, 99), same), Ok(10));
    assert_eq!(review(&GateConfig::default(), market(Side::Sell, 50), same), Ok(50));
}

#[test]
fn the_venues_filters_are_checked_before_the_venue_has_to() {
    let none = GateConfig::default();
    let check = |intent, want| assert_eq!(name(review(&none, intent, same)), want, "{intent:?}");
    check(limit(Side::Buy, 500, 10), "allowed");
    check(limit(Side::Buy, 501, 10), "venue_qty_max");
    check(limit(Side::Buy, 400, 9), "venue_price");
    check(limit(Side::Buy, 400, 1_001), "venue_price");
    check(limit(Side::Buy, 1, 120), "venue_qty_min");
    check(limit(Side::Buy, 2, 149), "venue_notional");
    check(limit(Side::Buy, 2, 150), "allowed");
    check(limit(Side::Buy, 2, 151), "venue_percent");
    check(limit(Side::Sell, 10, 50), "allowed");
    check(limit(Side::Sell, 10, 49), "venue_percent");
    check(market(Side::Buy, 51), "venue_qty_max");
    check(market(Side::Buy, 2), "venue_notional");
    let orders = |n| move |it: &mut RiskView<'_>| it.exposure.orders = n;
    assert_eq!(name(review(&none, limit(Side::Buy, 10, 99), orders(19))), "allowed");
    assert_eq!(name(review(&none, limit(Side::Buy, 10, 99), orders(20))), "open_orders");
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let config =
        GateConfig { data_age_max: Some(Span::from_secs(5)), needs_book: true, ..GateConfig::default() };
    let check = |change: fn(&mut RiskView<'_>), want| {
        assert_eq!(name(review(&config, limit(Side::Buy, 10, 99), change)), want);
    };
    check(same, "allowed");
    check(|it| it.updated_at = Some(secs(95)), "allowed");
    check(|it| it.updated_at = Some(secs(94)), "stale");
    check(|it| it.updated_at = Some(secs(1_000)), "allowed");
    check(|it| it.updated_at = None, "no_price");
    check(|it| it.bid = None, "empty_book");
    check(|it| it.bid = Some(Price::new(101)), "crossed_book");
    check(|it| it.status = TradingStatus::Halted, "not_trading");
    check(|it| it.tag_in_use = true, "tag_in_use");
    let blind = |it: &mut RiskView<'_>| (it.bid, it.ask, it.mark) = (None, None, None);
    assert_eq!(name(review(&GateConfig::default(), market(Side::Buy, 10), blind)), "no_price");
    assert_eq!(name(review(&config, limit(Side::Buy, 0, 99), same)), "malformed");
    assert_eq!(name(review(&config, limit(Side::Buy, -5, 99), same)), "malformed");
    let confused = OrderIntent { post_only: true, ..market(Side::Buy, 10) };
    assert_eq!(name(review(&config, confused, same)), "malformed");
}

#[test]
fn leaving_stays_possible_with_old_data_and_half_a_book() {
    let config =
        GateConfig { data_age_max: Some(Span::from_secs(5)), needs_book: true, ..GateConfig::default() };
    let exit = OrderIntent { reduce_only: true, ..market(Side::Sell, 10) };
    let broken =
        |it: &mut RiskView<'_>| (it.position, it.updated_at, it.ask) = (Qty::new(7), Some(secs(1)), None);
    assert_eq!(review(&config, exit, broken), Ok(7), "cut to the position");
    assert_eq!(name(review(&config, exit, |it| it.position = Qty::new(-7))), "nothing_to_reduce");
    let link = Some(GroupLink { group: GroupId(1), role: GroupRole::Child });
    assert_eq!(
        review(&config, OrderIntent { link, ..exit }, same),
        Ok(10),
        "a held child has no position yet"
    );
}

#[test]
fn too_large_is_refused_or_shrunk_as_configured() {
    let order = InstrumentLimits { order_qty_max: Some(Qty::new(8)), ..InstrumentLimits::default() };
    let worth = InstrumentLimits { order_notional_max: Some(usd(950)), ..InstrumentLimits::default() };
    let held = InstrumentLimits { position_max: Some(Qty::new(10)), ..InstrumentLimits::default() };
    let buy = limit(Side::Buy, 10, 100);
    let cases = [(order, "order_qty", 8), (worth, "order_notional", 9)];
    for (it, want, left) in cases {
        assert_eq!(name(review(&limits(it, Oversize::Refuse), buy, same)), want);
        assert_eq!(review(&limits(it, Oversize::Shrink), buy, same), Ok(left));
    }
    let busy = |it: &mut RiskView<'_>| {
        it.position = Qty::new(2);
        it.exposure.open_buy = Qty::new(1);
        it.exposure.unknown_buy = Qty::new(3);
        it.exposure.open_sell = Qty::new(6);
    };
    let refused = review(&limits(held, Oversize::Refuse), buy, busy);
    assert_eq!(refused, Err(Refusal::Position { limit: Qty::new(10), got: 16 }), "unknown orders count");
    assert_eq!(review(&limits(held, Oversize::Shrink), buy, busy), Ok(4));
    assert_eq!(review(&limits(held, Oversize::Refuse), limit(Side::Sell, 6, 101), busy), Ok(6));
    assert_eq!(name(review(&limits(held, Oversize::Refuse), limit(Side::Sell, 7, 101), busy)), "position");
    let tiny = InstrumentLimits { order_qty_max: Some(Qty::new(1)), ..InstrumentLimits::default() };
    assert_eq!(
        name(review(&limits(tiny, Oversize::Shrink), buy, same)),
        "venue_qty_min",
        "cut below the filter"
    );
}

#[test]
fn the_collar_stops_prices_through_the_market_and_not_away_from_it() {
    let config =
        GateConfig { mark_collar_bps: Some(500), mid_collar_bps: Some(300), ..GateConfig::default() };
    let check = |intent, want| assert_eq!(name(review(&config, intent, same)), want, "{intent:?}");
    check(limit(Side::Buy, 10, 103), "allowed");
    check(limit(Side::Buy, 10, 104), "mid_collar");
    check(limit(Side::Buy, 10, 106), "mark_collar");
    check(limit(Side::Buy, 10, 60), "allowed");
    check(limit(Side::Sell, 10, 97), "allowed");
    check(limit(Side::Sell, 10, 96), "mid_collar");
    check(limit(Side::Sell, 10, 140), "allowed");
    let torn = |it: &mut RiskView<'_>| it.ask = Some(Price::new(120));
    assert_eq!(name(review(&config, market(Side::Buy, 10), torn)), "mark_collar");
    let kind = OrderKind::StopMarket { trigger: Price::new(130) };
    check(OrderIntent { kind, ..market(Side::Buy, 10) }, "allowed");
}

fn asset_limits() -> AssetLimits {
    AssetLimits { asset: USD, gross_max: None, net_max: None, day_loss_max: None, drawdown_max: None }
}

#[test]
fn gross_and_net_count_every_instrument_at_its_worst() {
    let instruments = instruments();
    let assets =
        vec![AssetLimits { gross_max: Some(usd(3_000)), net_max: Some(usd(1_500)), ..asset_limits() }];
    let mut gate = gate(&GateConfig { assets, ..GateConfig::default() });
    let eth = instruments.get(ETH);
    let working = Exposure { open_sell: Qty::new(5), ..Exposure::default() };
    gate.note(eth, Price::new(100), Qty::new(-10), &working);
    let here = view(instruments.get(BTC));
    // 1,500 short at worst in the other; here 1,600 more would be 3,100 gross.
    let refused = gate.review(&limit(Side::Buy, 16, 99), OrderId(1), &here).unwrap_err();
    assert_eq!(refused, Refusal::Gross { limit: usd(3_000), got: usd(3_100) });
    assert!(gate.review(&limit(Side::Buy, 15, 99), OrderId(2), &here).is_ok());
    let refused = gate.review(&limit(Side::Sell, 10, 101), OrderId(3), &here).unwrap_err();
    assert_eq!(refused, Refusal::Net { limit: usd(1_500), got: usd(-2_500) });
    let counts: Vec<_> = gate.refusals().filter(|it| it.1 > 0).collect();
    assert_eq!((counts, gate.approved()), (vec![("gross", 1), ("net", 1)], 1));
    // What is over the limit already may still be brought down.
    let long = RiskView { position: Qty::new(40), ..here };
    assert!(gate.review(&limit(Side::Sell, 40, 101), OrderId(4), &long).is_ok());
}

#[test]
fn a_bucket_gives_its_tokens_and_refills_evenly() {
    let messages = vec![MessageLimit { count: 3, window: Span::from_secs(3) }];
    let mut gate = gate(&GateConfig { messages, ..GateConfig::default() });
    let instruments = instruments();
    let mut id = 0;
    let mut send = |at| {
        id += 1;
        let it = RiskView { now: secs(at), ..view(instruments.get(BTC)) };
        gate.review(&limit(Side::Buy, 10, 99), OrderId(id), &it).is_ok()
    };
    assert_eq!([10, 10, 10, 10].map(&mut send), [true, true, true, false]);
    assert_eq!([11, 11].map(&mut send), [true, false], "a second brings one token");
    assert_eq!(
        [9, 20, 20, 20, 20].map(&mut send),
        [false, true, true, true, false],
        "no more than a full bucket"
    );
}

#[test]
fn the_same_order_again_and_again_is_stopped() {
    let repeat = Some(RepeatLimit { count: 2, window: Span::from_secs(10) });
    let mut gate = gate(&GateConfig { repeat, ..GateConfig::default() });
    let instruments = instruments();
    let mut id = 0;
    let mut send = |at, price| {
        id += 1;
        let it = RiskView { now: secs(at), ..view(instruments.get(BTC)) };
        gate.review(&limit(Side::Buy, 10, price), OrderId(id), &it).map_err(|it| it.name())
    };
    assert!(send(0, 99).is_ok() && send(1, 99).is_ok());
    assert_eq!(send(2, 99).unwrap_err(), "repeated");
    assert!(send(2, 98).is_ok(), "another price is another order");
    assert!(send(10, 99).is_ok(), "the first is out of the window");
}

#[test]
fn ids_only_rise() {
    let (instruments, mut gate) = (instruments(), gate(&GateConfig::default()));
    let here = view(instruments.get(BTC));
    assert!(gate.review(&limit(Side::Buy, 10, 99), OrderId(7), &here).is_ok());
    for id in [7, 6] {
        let refused = gate.review(&limit(Side::Buy, 10, 99), OrderId(id), &here).unwrap_err();
        assert_eq!(refused, Refusal::DuplicateId { last: OrderId(7), got: OrderId(id) });
    }
}

#[test]
fn modes_tighten_at_once_and_loosen_after_the_cooldown() {
    let config = GateConfig { cooldown: Span::from_secs(60), ..GateConfig::default() };
    let (instruments, mut gate) = (instruments(), gate(&config));
    let long = RiskView { position: Qty::new(20), ..view(instruments.get(BTC)) };
    let change = gate.set_mode(secs(0), Mode::Reduced, ModeReason::Command, 7).unwrap().unwrap();
    assert_eq!((change.old, change.new, change.operator), (Mode::Normal, Mode::Reduced, 7));
    assert_eq!(gate.set_mode(secs(1), Mode::Reduced, ModeReason::Command, 7), Ok(None));
    let busy = RiskView { exposure: Exposure { closing_sell: Qty::new(8), ..Exposure::default() }, ..long };
    let mut id = 0;
    let mut ask = |gate: &mut scalp_risk::Gate, intent: &OrderIntent, it: &RiskView<'_>| {
        id += 1;
        gate.review(intent, OrderId(id), it).map(|it| it.get().qty.get()).map_err(|it| it.name())
    };
    assert_eq!(ask(&mut gate, &limit(Side::Buy, 10, 99), &long), Err("only_reducing"));
    assert_eq!(ask(&mut gate, &limit(Side::Sell, 30, 101), &long), Ok(20));
    assert_eq!(ask(&mut gate, &limit(Side::Sell, 30, 101), &busy), Ok(12));
    gate.set_mode(secs(10), Mode::Paused, ModeReason::Command, 7).unwrap();
    assert_eq!(ask(&mut gate, &limit(Side::Sell, 10, 101), &long), Err("mode"));
    let refused = gate.set_mode(secs(69), Mode::Normal, ModeReason::Command, 7).unwrap_err();
    assert_eq!((refused.current, refused.until), (Mode::Paused, secs(70)));
    assert!(gate.set_mode(secs(70), Mode::Normal, ModeReason::Command, 7).is_ok());
    assert_eq!(gate.mode_changes().len(), 3);
}

#[test]
fn a_day_loss_trips_and_the_next_day_may_undo_it() {
    let hour = 3_600;
    for resume_next_day in [false, true] {
        let loss = Rate::new(Rate::ONE / 50);
        let config = GateConfig {
            assets: vec![AssetLimits { day_loss_max: Some(loss), ..asset_limits() }],
            day_loss: LossAction { mode: Mode::Paused, resume_next_day },
            ..GateConfig::default()
        };
        let mut gate = gate(&config);
        assert_eq!(gate.on_equity(secs(hour), USD, usd(1_000)), None);
        assert_eq!(gate.on_equity(secs(2 * hour), USD, usd(1_200)), None);
        assert_eq!(gate.on_equity(secs(3 * hour), USD, usd(981)), None, "1.9 % below the start of the day");
        let tripped = gate.on_equity(secs(4 * hour), USD, usd(980)).unwrap();
        assert_eq!((tripped.new, tripped.reason), (Mode::Paused, ModeReason::DayLoss));
        assert_eq!(
            gate.on_equity(secs(5 * hour), USD, usd(1_100)),
            None,
            "a recovery within the day changes nothing"
        );
        let next = gate.on_equity(secs(25 * hour), USD, usd(1_090));
        assert_eq!(next.map(|it| it.new), resume_next_day.then_some(Mode::Normal));
        assert_eq!(gate.losses(USD).unwrap().day_start(), usd(1_100), "the last equity of the day before");
    }
}

#[test]
fn a_drawdown_trips_from_the_highest_equity() {
    let config = GateConfig {
        assets: vec![AssetLimits { drawdown_max: Some(Rate::new(Rate::ONE / 10)), ..asset_limits() }],
        drawdown: LossAction { mode: Mode::Emergency, resume_next_day: false },
        ..GateConfig::default()
    };
    let mut gate = gate(&config);
    for (day, equity) in [(0, 1_000), (1, 1_500), (2, 1_351)] {
        assert_eq!(gate.on_equity(secs(day * 86_400), USD, usd(equity)), None);
    }
    let tripped = gate.on_equity(secs(3 * 86_400), USD, usd(1_350)).unwrap();
    assert_eq!((tripped.new, tripped.reason), (Mode::Emergency, ModeReason::Drawdown));
}

#[test]
fn an_emergency_cancels_then_closes_and_repeats_until_flat() {
    let (instruments, mut gate) = (instruments(), gate(&GateConfig::default()));
    gate.set_mode(secs(0), Mode::Emergency, ModeReason::Command, 1).unwrap();
    let at = |now: i64, position: i64, orders: u32| RiskView {
        now: secs(now),
        position: Qty::new(position),
        exposure: Exposure { orders, ..Exposure::default() },
        ..view(instruments.get(BTC))
    };
    let step = gate.emergency_step(&at(10, 70, 3), OrderId(1));
    assert!(matches!(step, EmergencyStep::Cancel(it) if matches!(it.get(), VenueRequest::CancelAll { .. })));
    assert!(matches!(gate.emergency_step(&at(10, 70, 2), OrderId(1)), EmergencyStep::Wait { .. }));
    let EmergencyStep::Close(close) = gate.emergency_step(&at(10, 70, 0), OrderId(1)) else {
        panic!("close")
    };
    let request = close.into_inner();
    assert_eq!((request.side, request.qty, request.reduce_only), (Side::Sell, Qty::new(50), true));
    let EmergencyStep::Wait { until } = gate.emergency_step(&at(10, 70, 1), OrderId(2)) else {
        panic!("wait")
    };
    assert_eq!(until, secs(11));
    let EmergencyStep::Close(close) = gate.emergency_step(&at(11, 20, 0), OrderId(2)) else {
        panic!("again")
    };
    assert_eq!(close.get().qty, Qty::new(20));
    assert!(matches!(gate.emergency_step(&at(11, 0, 0), OrderId(3)), EmergencyStep::Flat));
    assert!(matches!(gate.emergency_step(&at(12, 1, 0), OrderId(3)), EmergencyStep::Dust));
}

#[test]
fn an_amend_is_judged_like_the_order_it_leads_to() {
    let held = InstrumentLimits { position_max: Some(Qty::new(20)), ..InstrumentLimits::default() };
    let instruments = instruments();
    let order = OpenOrder {
        id: OrderId(5),
        tag: 1,
        instrument: BTC,
        side: Side::Buy,
        qty: Qty::new(12),
        filled: Qty::new(2),
        kind: OrderKind::Limit { price: Price::new(99) },
        status: OrderStatus::Open,
        reduce_only: false,
        link: None,
        reason: Reason::Quote,
        submitted_at: secs(1),
    };
    let exposure = Exposure { open_buy: Qty::new(10), orders: 1, ..Exposure::default() };
    let here = RiskView { position: Qty::new(2), exposure, tag_in_use: true, ..view(instruments.get(BTC)) };
    let mut strict = gate(&limits(held, Oversize::Refuse));
    let ask = |gate: &mut scalp_risk::Gate, price: Option<i64>, qty: Option<i64>| {
        let amend = gate.amend(&order, price.map(Price::new), qty.map(Qty::new), &here);
        amend.map(scalp_risk::Approved::into_inner).map_err(|it| it.name())
    };
    let amend = |price: Option<i64>, qty: Option<i64>| VenueRequest::Amend {
        order: OrderId(5),
        instrument: BTC,
        price: price.map(Price::new),
        qty: qty.map(Qty::new),
    };
    assert_eq!(ask(&mut strict, Some(98), None), Ok(amend(Some(98), None)));
    assert_eq!(ask(&mut strict, None, Some(20)), Ok(amend(None, Some(20))), "2 held and 18 to come");
    assert_eq!(ask(&mut strict, None, Some(21)), Err("position"));
    assert_eq!(ask(&mut strict, None, Some(2)), Err("malformed"), "nothing would remain");
    let mut lenient = gate(&limits(held, Oversize::Shrink));
    assert_eq!(ask(&mut lenient, None, Some(90)), Ok(amend(None, Some(20))));
}

#[test]
fn impossible_limits_are_refused_by_name() {
    let instruments = instruments();
    let message = |config: GateConfig| scalp_risk::Gate::new(&config, &instruments).unwrap_err().to_string();
    let none = MessageLimit { count: 0, window: Span::from_secs(1) };
    let text = message(GateConfig { messages: vec![none], ..GateConfig::default() });
    assert!(text.starts_with("risk gate: messages is"), "{text}");
    let normal = LossAction { mode: Mode::Normal, resume_next_day: false };
    let text = message(GateConfig { drawdown: normal, ..GateConfig::default() });
    assert_eq!(text, "risk gate: drawdown is normal, expected reduced, paused or emergency");
}

#[test]
fn in_doubt_nothing_is_opened_and_what_is_held_may_be_closed() {
    let print = Doubt::Print { price: Price::new(900), usual: Price::new(100) };
    let spread = Doubt::Spread { got: 61, usual: 3, times_max: 20 };
    for (doubt, want) in [(print, "suspect_print"), (spread, "wide_spread")] {
        let check = |intent: OrderIntent, position: i64, want| {
            let change = |it: &mut RiskView<'_>| {
                (it.doubt, it.position) = (Some(doubt), Qty::new(position));
                it.exposure.closing_sell = Qty::new(2);
            };
            assert_eq!(name(review(&GateConfig::default(), intent, change)), want, "{intent:?} {position}");
        };
        check(limit(Side::Buy, 10, 99), 0, want);
        check(limit(Side::Buy, 10, 99), 50, want);
        check(limit(Side::Buy, 10, 99), -10, "allowed");
        check(limit(Side::Buy, 11, 99), -10, want);
        // Two are being closed already.
        check(limit(Side::Sell, 8, 99), 10, "allowed");
        check(limit(Side::Sell, 9, 99), 10, want);
        check(OrderIntent { reduce_only: true, ..limit(Side::Sell, 9, 99) }, 10, "allowed");
    }
    assert_eq!(
        Refusal::SuspectPrint { price: Price::new(900), usual: Price::new(100) }.to_string(),
        "the last price is in doubt: 900 ticks where 100 are usual"
    );
}
