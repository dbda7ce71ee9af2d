//! Nobody sees the future: when every price and size from a moment on is another one, nothing that was asked for before
//! that moment changes; and something after it does, or the test would show nothing.

#![allow(clippy::unwrap_used, reason = "tests")]

mod support;

use scalp_engine::{Engine, Record};
use scalp_lab::drive::{Watch, WatchError};
use scalp_sim::StoredEvent;
use scalp_strategy::Shipped;
use scalp_types::{
    Depth, Event, Level, MarketBody, MarketEvent, Price, Qty, Rate, Span, Timestamp, VenueRequest,
};
use std::sync::Arc;
use support::{Ready, drive_with, events, house, ready, rules_on_a_book, rules_on_bars, shipped};

/// Every request with the time at which it was made.
#[derive(Default)]
struct Asked {
    at: Option<Timestamp>,
    all: Vec<(Timestamp, VenueRequest)>,
}

impl Watch<Shipped> for Asked {
    fn on_event(&mut self, event: &Event<'_>, _: &Engine<Shipped>) -> Result<(), WatchError> {
        self.at = Some(event.at);
        Ok(())
    }
    fn on_request(&mut self, request: &VenueRequest) -> Result<(), WatchError> {
        self.all.push((self.at.expect("something happened before"), *request));
        Ok(())
    }
    fn on_record(&mut self, _: &Record) {}
    fn on_snapshot(&mut self, _: &Engine<Shipped>) -> Result<(), WatchError> {
        Ok(())
    }
}

fn asked(ready: &Ready, all: Vec<StoredEvent>) -> Vec<(Timestamp, VenueRequest)> {
    let all: Arc<[_]> = all.into();
    let mut asked = Asked::default();
    drive_with(&mut house(&ready.plan, &all), &mut asked, |_| None);
    asked.all
}

/// The event as it is in another future: prices wander off by up to a part in fifty, sizes become others.
fn altered(n: usize, event: &MarketEvent<'_>) -> StoredEvent {
    let wander = (n as f64 / 700.0).sin() / 50.0;
    let price = |it: Price| Price::new(it.get() + (it.get() as f64 * wander) as i64);
    let qty = |it: Qty| if it.is_zero() { it } else { Qty::new(it.get() * 3 + 1) };
    let level = |it: &Level| Level { price: price(it.price), qty: qty(it.qty) };
    let (bids, asks): (Vec<Level>, Vec<Level>);
    let body = match event.body {
        MarketBody::Trade(mut it) => {
            (it.price, it.qty, it.taker) = (price(it.price), qty(it.qty), it.taker.opposite());
            MarketBody::Trade(it)
        }
        MarketBody::Depth(it) => {
            bids = it.bids.iter().map(level).collect();
            asks = it.asks.iter().map(level).collect();
            MarketBody::Depth(Depth { bids: &bids, asks: &asks, ..it })
        }
        MarketBody::Bar(mut it) => {
            for value in [&mut it.open, &mut it.high, &mut it.low, &mut it.close] {
                *value = price(*value);
            }
            it.volume = qty(it.volume);
            MarketBody::Bar(it)
        }
        MarketBody::Funding(mut it) => {
            it.rate = Rate::new(-it.rate.get());
            MarketBody::Funding(it)
        }
        other => other,
    };
    StoredEvent::new(&MarketEvent { body, ..*event })
}

fn check(config: &str, what: &str) {
    let ready = ready(config);
    let all = events(&ready);
    let usual = asked(&ready, all.clone());
    assert!(usual.len() > 30, "{what}: {} requests", usual.len());
    let first = all.first().unwrap().event().exchange_at;
    let last = all.last().unwrap().event().exchange_at;
    let length = last - first;
    for part in [3, 5, 8] {
        let moment = first + Span::from_nanos(length.nanos() / 10 * part);
        let other = all.iter().enumerate().map(|(n, it)| {
            let event = it.event();
            if event.exchange_at >= moment { altered(n, &event) } else { it.clone() }
        });
        let other = asked(&ready, other.collect());
        let before = |all: &[(Timestamp, VenueRequest)]| all.partition_point(|it| it.0 < moment);
        let (usual_before, other_before) = (before(&usual), before(&other));
        assert_eq!(
            usual[..usual_before],
            other[..other_before],
            "{what}: changed before {moment}, {part} tenths of the way"
        );
        assert!(usual_before > 5, "{what}: something was asked for before {moment}");
        assert_ne!(usual[usual_before..], other[other_before..], "{what}: the other future is another one");
    }
}

#[test]
fn the_cross_does_not_see_the_trades_to_come() {
    check(&shipped("workloads/w1.toml").replace("repeat = 500 ", "repeat = 25 "), "cross on trades");
}

#[test]
fn the_grid_does_not_see_the_book_to_come() {
    check(&shipped("workloads/w2b.toml"), "grid on depth");
    let slow = shipped("workloads/w2b.toml")
        .replace(
            "entry = \"5ms\", response = \"5ms\"",
            "entry = \"80ms\", response = \"30ms\", feed = \"20ms\"",
        )
        .replace("whole_fills = true", "whole_fills = false");
    check(&slow, "grid on depth, slow and with parts of fills");
}

#[test]
fn the_trend_follower_does_not_see_the_bars_to_come() {
    let config =
        shipped("examples/trend-hourly.toml").replace("start = \"2020-03-01\"", "start = \"2021-03-01\"");
    check(&config, "trend on hourly bars");
}

#[test]
fn the_cross_does_not_see_the_bars_to_come() {
    check(&shipped("examples/cross-minute.toml"), "cross on minute bars");
    check(&shipped("examples/crash-inverse.toml"), "cross on bars made from trades");
}

#[test]
fn rules_do_not_see_the_book_the_trades_or_the_bars_to_come() {
    check(&rules_on_a_book(), "rules over trades and a book");
    check(&rules_on_bars(), "rules over minute bars");
}
