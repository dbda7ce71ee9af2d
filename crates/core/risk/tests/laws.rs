//! The laws of the gate under any wish, any facts and any limits.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

mod support;

use proptest::prelude::*;
use scalp_risk::{
    AssetLimits, Doubt, Exposure, Gate, GateConfig, InstrumentLimits, MessageLimit, Oversize, RepeatLimit,
    RiskView,
};
use scalp_types::{
    Mode, Money, OrderId, OrderIntent, OrderKind, Price, Qty, Rate, Side, Span, StateHash, TradingStatus,
};
use support::{BTC, USD, gate, instruments, limit, secs, usd, view};

/// Mostly plausible, sometimes anything at all.
fn number() -> impl Strategy<Value = i64> {
    prop_oneof![8 => -50..600_i64, 1 => any::<i64>()]
}

fn optional() -> impl Strategy<Value = Option<i64>> {
    prop::option::weighted(0.7, number())
}

prop_compose! {
    fn configs()(
        qty in prop::option::of(0..200_i64), notional in prop::option::of(0..40_000_i64),
        position in prop::option::of(0..300_i64), gross in prop::option::of(0..50_000_i64),
        net in prop::option::of(0..50_000_i64), shrinks in any::<bool>(), needs_book in any::<bool>(),
        collar in prop::option::of(0..2_000_u32), age in prop::option::of(0..10_i64),
    ) -> GateConfig {
        let money = |it: Option<i64>| it.map(|it| usd(it.into()));
        GateConfig {
            limits: InstrumentLimits {
                order_qty_max: qty.map(Qty::new),
                order_notional_max: money(notional),
                position_max: position.map(Qty::new),
                open_orders_max: Some(30),
            },
            assets: vec![AssetLimits {
                asset: USD,
                gross_max: money(gross),
                net_max: money(net),
                day_loss_max: Some(Rate::new(1)),
                drawdown_max: None,
            }],
            oversize: if shrinks { Oversize::Shrink } else { Oversize::Refuse },
            mark_collar_bps: collar,
            mid_collar_bps: collar,
            data_age_max: age.map(Span::from_secs),
            needs_book,
            messages: vec![MessageLimit { count: 10, window: Span::from_secs(1) }],
            repeat: Some(RepeatLimit { count: 3, window: Span::from_secs(1) }),
            ..GateConfig::default()
        }
    }
}

prop_compose! {
    fn intents()(
        kind in 0..6_u8, price in number(), trigger in number(), buys in any::<bool>(), qty in number(),
        reduce_only in any::<bool>(), post_only in any::<bool>(),
    ) -> OrderIntent {
        let (price, trigger) = (Price::new(price), Price::new(trigger));
        let kind = match kind {
            0 => OrderKind::Market,
            1 | 2 => OrderKind::Limit { price },
            3 => OrderKind::StopMarket { trigger },
            4 => OrderKind::StopLimit { trigger, price },
            _ => OrderKind::TrailingStop { activation: Some(trigger), callback: Rate::new(qty) },
        };
        let side = if buys { Side::Buy } else { Side::Sell };
        OrderIntent { kind, reduce_only, post_only, ..limit(side, qty, 100) }
    }
}

#[derive(Debug, Clone)]
struct Facts {
    prices: [Option<i64>; 3],
    now: i64,
    updated_at: Option<i64>,
    position: i64,
    working: [i64; 6],
    mode: Mode,
}

prop_compose! {
    fn facts()(
        prices in [optional(), optional(), optional()], now in number(), updated_at in optional(),
        position in number(), working in prop::array::uniform6(number()), mode in 0..3_u8,
    ) -> Facts {
        let mode = [Mode::Normal, Mode::Reduced, Mode::Paused][usize::from(mode)];
        Facts { prices, now, updated_at, position, working: working.map(|it| it.max(0)), mode }
    }
}

fn facts_view<'a>(it: &Facts, instrument: &'a scalp_types::Instrument) -> RiskView<'a> {
    let [bid, ask, mark] = it.prices.map(|it| it.map(Price::new));
    let [open_buy, open_sell, unknown_buy, unknown_sell, closing_buy, closing_sell] =
        it.working.map(Qty::new);
    let at = scalp_types::Timestamp::from_nanos;
    RiskView {
        now: at(it.now),
        bid,
        ask,
        mark,
        updated_at: it.updated_at.map(at),
        status: TradingStatus::Trading,
        position: Qty::new(it.position),
        exposure: Exposure {
            open_buy,
            open_sell,
            unknown_buy,
            unknown_sell,
            closing_buy,
            closing_sell,
            orders: 3,
        },
        ..view(instrument)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn no_layer_enlarges_or_changes_a_wish_and_no_limit_is_exceeded(
        config in configs(), wishes in prop::collection::vec((intents(), facts()), 1..5),
    ) {
        let instruments = instruments();
        let instrument = instruments.get(BTC);
        let mut gate = gate(&config);
        let mut passed = 0;
        for (n, (intent, facts)) in wishes.iter().enumerate() {
            let _ = gate.set_mode(secs(n as i64), facts.mode, scalp_risk::ModeReason::Command, 1);
            let it = facts_view(facts, instrument);
            let Ok(approved) = gate.review(intent, OrderId(n as u64 + 1), &it) else { continue };
            passed += 1;
            let request = approved.get();
            prop_assert!(request.qty > Qty::ZERO && request.qty <= intent.qty);
            prop_assert_eq!(
                (request.instrument, request.side, request.kind, request.reduce_only, request.post_only),
                (intent.instrument, intent.side, intent.kind, intent.reduce_only, intent.post_only)
            );
            let limits = &config.limits;
            prop_assert!(limits.order_qty_max.is_none_or(|most| request.qty <= most));
            if let Some(most) = limits.position_max.filter(|_| !request.reduce_only) {
                let worst = match request.side {
                    Side::Buy => it.exposure.highest(it.position),
                    Side::Sell => -it.exposure.lowest(it.position),
                };
                prop_assert!(worst + i128::from(request.qty.get()) <= i128::from(most.get()));
            }
            if let (Some(most), Some(price)) = (limits.order_notional_max, request.kind.limit()) {
                prop_assert!(instrument.value(price, request.qty).abs() <= most);
            }
            if request.reduce_only || gate.mode() == Mode::Reduced {
                prop_assert_eq!(it.position.side(), Some(request.side.opposite()));
                prop_assert!(i128::from(request.qty.get()) <= i128::from(it.position.get()).abs());
            }
            prop_assert!(gate.mode() <= Mode::Reduced);
            prop_assert!(request.qty >= instrument.filters.qty_min);
        }
        prop_assert_eq!(gate.approved(), passed);
        prop_assert_eq!(gate.refusals().map(|it| it.1).sum::<u64>() + passed, wishes.len() as u64);
        let bytes = postcard::to_stdvec(&gate).unwrap();
        let restored: Gate = postcard::from_bytes(&bytes).unwrap();
        prop_assert_eq!(&restored, &gate);
        let [mut a, mut b] = [StateHash::default(); 2];
        gate.digest(&mut a);
        restored.digest(&mut b);
        prop_assert_eq!(a, b);
    }

    #[test]
    fn in_doubt_nothing_passes_that_could_leave_a_larger_position(intent in intents(), facts in facts()) {
        let instruments = instruments();
        let doubt = Some(Doubt::Print { price: Price::new(900), usual: Price::new(100) });
        let it = RiskView { doubt, ..facts_view(&facts, instruments.get(BTC)) };
        if let Ok(approved) = gate(&GateConfig::default()).review(&intent, OrderId(1), &it) {
            let request = approved.get();
            prop_assert_eq!(it.position.side(), Some(request.side.opposite()));
            let working = match request.side {
                Side::Buy => it.exposure.highest(Qty::ZERO),
                Side::Sell => -it.exposure.lowest(Qty::ZERO),
            };
            let most = i128::from(it.position.get()).abs() - if request.reduce_only { 0 } else { working };
            prop_assert!(i128::from(request.qty.get()) <= most);
        }
    }

    #[test]
    fn slices_add_up_to_what_was_approved(cuts in prop::collection::vec(-5..60_i64, 0..10)) {
        let instruments = instruments();
        let mut rest = gate(&GateConfig::default())
            .review(&limit(Side::Buy, 100, 100), OrderId(1), &view(instruments.get(BTC)))
            .unwrap();
        let mut parts = Vec::new();
        for (n, cut) in cuts.iter().enumerate() {
            parts.extend(rest.split(Qty::new(*cut), OrderId(n as u64 + 2)));
        }
        prop_assert!(rest.resize(Qty::new(rest.get().qty.get() + 1)).is_none());
        prop_assert!(!rest.shrink(Qty::new(rest.get().qty.get() + 1)));
        let sum: i64 = parts.iter().map(|it| it.get().qty.get()).sum();
        prop_assert_eq!(sum + rest.get().qty.get(), 100);
        prop_assert!(parts.iter().chain([&rest]).all(|it| it.get().qty > Qty::ZERO));
    }

    #[test]
    fn no_equity_and_no_price_panics(
        equities in prop::collection::vec((any::<i64>(), -(10_i128.pow(26))..10_i128.pow(26)), 1..8),
        price in any::<i64>(), position in any::<i64>(),
    ) {
        let assets = vec![AssetLimits {
            asset: USD, gross_max: None, net_max: None,
            day_loss_max: Some(Rate::new(Rate::ONE / 2)), drawdown_max: Some(Rate::new(Rate::ONE)),
        }];
        let mut gate = gate(&GateConfig { assets, ..GateConfig::default() });
        for (at, equity) in equities {
            gate.on_equity(scalp_types::Timestamp::from_nanos(at), USD, Money::new(equity));
        }
        let instruments = instruments();
        let exposure = Exposure { open_buy: Qty::new(i64::MAX), unknown_sell: Qty::new(i64::MAX), ..Exposure::default() };
        gate.note(instruments.get(BTC), Price::new(price), Qty::new(position), &exposure);
        gate.note(instruments.get(BTC), Price::new(1), Qty::ZERO, &Exposure::default());
        prop_assert_eq!(gate.portfolio().total(USD), scalp_risk::portfolio::Worst::default());
    }
}
