//! The synthetic market: its books are consistent, its events are the same for ever, and its returns look like those
//! of real markets.
#![allow(clippy::unwrap_used, reason = "a test")]

use scalp_sim::synthetic::{CrashConfig, InstrumentConfig, Intraday, Regime, Synthetic, SyntheticConfig};
use scalp_types::{DepthKind, EventStream, Level, MarketBody, Price, Qty, Side, StateHash, Timestamp, wire};
use std::collections::BTreeMap;

/// A naive book.
#[derive(Default)]
struct Naive {
    bids: BTreeMap<Price, Qty>,
    asks: BTreeMap<Price, Qty>,
    last_id: u64,
}

impl Naive {
    fn set(book: &mut BTreeMap<Price, Qty>, levels: &[Level]) {
        for it in levels {
            assert!(it.qty >= Qty::ZERO);
            assert!(it.price.get() > 0);
            if it.qty.is_zero() {
                book.remove(&it.price)
            } else {
                book.insert(it.price, it.qty)
            };
        }
    }
    fn best(&self) -> (Price, Price) {
        (*self.bids.last_key_value().unwrap().0, *self.asks.first_key_value().unwrap().0)
    }
}

fn two(seed: u64, hours: f64) -> SyntheticConfig {
    let ether = InstrumentConfig {
        symbol: "ETHUSDT".into(),
        base: "ETH".into(),
        price: "3000".parse().unwrap(),
        tick: "0.01".parse().unwrap(),
        volatility: 0.7,
        ..InstrumentConfig::default()
    };
    SyntheticConfig {
        seed,
        hours,
        instruments: vec![InstrumentConfig::default(), ether],
        ..Default::default()
    }
}

#[test]
fn every_event_leaves_a_book_that_can_be() {
    let mut config = two(3, 2.0);
    config.book.quotes = true;
    config.crashes = vec![CrashConfig {
        at_minutes: 60.0,
        depth: 0.3,
        fall_seconds: 20.0,
        recovery_seconds: 60.0,
        recovered: 0.9,
    }];
    let mut market = Synthetic::new(config).unwrap();
    let mut books = [Naive::default(), Naive::default()];
    let (mut exchange, mut arrived) = (Timestamp::MIN, Timestamp::MIN);
    let (mut trades, mut deltas, mut snapshots) = (0_u64, 0, 0);
    while let Some(event) = market.next().unwrap() {
        assert!(event.exchange_at >= exchange && event.arrived_at >= arrived);
        assert!(event.exchange_at <= event.arrived_at);
        (exchange, arrived) = (event.exchange_at, event.arrived_at);
        let book = &mut books[event.instrument.index()];
        match event.body {
            MarketBody::Depth(it) => {
                if it.kind == DepthKind::Snapshot {
                    let (bids, asks) = (std::mem::take(&mut book.bids), std::mem::take(&mut book.asks));
                    Naive::set(&mut book.bids, it.bids);
                    Naive::set(&mut book.asks, it.asks);
                    if book.last_id > 0 {
                        assert_eq!((&bids, &asks, book.last_id), (&book.bids, &book.asks, it.last_id));
                    }
                    book.last_id = it.last_id;
                    snapshots += 1;
                } else {
                    assert_eq!((it.previous_id, it.first_id), (book.last_id, book.last_id + 1));
                    assert!(it.last_id >= it.first_id);
                    book.last_id = it.last_id;
                    Naive::set(&mut book.bids, it.bids);
                    Naive::set(&mut book.asks, it.asks);
                    deltas += 1;
                }
                let (bid, ask) = book.best();
                assert!(bid < ask, "crossed: {bid:?} {ask:?}");
            }
            MarketBody::Trade(it) => {
                trades += 1;
                assert_eq!(it.id.0, trades);
                assert!(it.qty > Qty::ZERO);
                let side = if it.taker == Side::Buy { &book.asks } else { &book.bids };
                assert!(side.get(&it.price).is_some_and(|&there| there >= it.qty), "no such level: {it:?}");
            }
            MarketBody::Quote(it) => assert_eq!((it.bid.price, it.ask.price), book.best()),
            MarketBody::Mark(it) => assert!(it.mark.get() > 0),
            MarketBody::Funding(it) => assert!(it.rate.to_f64().abs() < 0.001),
            other => panic!("a synthetic market has no {other:?}"),
        }
    }
    assert!(trades > 10_000 && deltas > 50_000 && snapshots == 2 * 24, "{trades} {deltas} {snapshots}");
}

/// A hash over the bytes of the first `count` events.
fn hash(config: SyntheticConfig, count: usize) -> StateHash {
    let mut market = Synthetic::new(config).unwrap();
    let mut hash = StateHash::default();
    let mut bytes = Vec::new();
    for _ in 0..count {
        let Some(event) = market.next().unwrap() else { break };
        bytes.clear();
        wire::encode(&event, &mut bytes);
        bytes.chunks_exact(8).for_each(|it| hash.absorb(u64::from_le_bytes(it.try_into().unwrap())));
    }
    hash
}

#[test]
fn a_seed_gives_the_same_market_for_ever() {
    let golden = hash(two(1, 1.0), 100_000);
    assert_eq!(golden, hash(two(1, 1.0), 100_000));
    assert_ne!(golden, hash(two(2, 1.0), 100_000));
    assert_eq!(
        golden.to_string(),
        "3362e9736bef2a1c",
        "the generator changed: recorded runs can no longer be repeated"
    );
}

#[test]
fn the_length_does_not_change_what_happens_before_the_end() {
    assert_eq!(hash(two(5, 0.5), 20_000), hash(two(5, 9.0), 20_000));
}

#[test]
fn a_crash_is_as_deep_as_asked_and_comes_back_as_asked() {
    for (seed, depth, recovered) in [(1, 0.1, 0.8), (2, 0.3, 0.5), (3, 0.6, 0.0)] {
        let mut config = SyntheticConfig { seed, hours: 1.0, ..Default::default() };
        config.book.quotes = true;
        config.crashes = vec![CrashConfig {
            at_minutes: 20.0,
            depth,
            fall_seconds: 60.0,
            recovery_seconds: 120.0,
            recovered,
        }];
        let minutes = minutes(config).remove(0);
        let before = minutes[19].close;
        let low = minutes[20..25].iter().map(|it| it.close).fold(f64::INFINITY, f64::min);
        let fell = 1.0 - low / before;
        assert!((fell - depth).abs() < 0.1 * depth + 0.01, "fell {fell}, asked for {depth}");
        let after = 1.0 - minutes[50].close / before;
        let wanted = depth * (1.0 - recovered);
        assert!((after - wanted).abs() < 0.1 * wanted + 0.02, "stayed {after} below, asked for {wanted}");
        assert!(minutes[20].volume > 3.0 * minutes[15].volume, "a crash is traded");
    }
}

/// What each minute of one instrument looked like.
#[derive(Debug, Clone, Copy)]
struct Minute {
    /// The middle of the book at its end, ticks.
    close: f64,
    /// Size traded.
    volume: f64,
    /// Ask less bid at its end, ticks.
    spread: f64,
    /// The regime at its end.
    regime: Regime,
}

/// The minutes of each instrument. The configuration must ask for quotes.
fn minutes(config: SyntheticConfig) -> Vec<Vec<Minute>> {
    assert!(config.book.quotes);
    let instruments = config.instruments.len();
    let mut market = Synthetic::new(config).unwrap();
    let start = market.config().start;
    let mut all = vec![Vec::new(); instruments];
    let mut now = vec![Minute { close: 0.0, volume: 0.0, spread: 0.0, regime: Regime::Calm }; instruments];
    let mut minute = 0;
    loop {
        let regime = market.regime();
        let Some(event) = market.next().unwrap() else { return all };
        let (n, body, at) = (event.instrument.index(), event.body, event.exchange_at);
        while minute < (at - start).nanos() / 60_000_000_000 {
            for (all, now) in all.iter_mut().zip(&mut now) {
                all.push(*now);
                now.volume = 0.0;
            }
            minute += 1;
        }
        match body {
            MarketBody::Quote(it) => {
                let (bid, ask) = (it.bid.price.get() as f64, it.ask.price.get() as f64);
                (now[n].close, now[n].spread, now[n].regime) = (0.5 * (bid + ask), ask - bid, regime);
            }
            MarketBody::Trade(it) => now[n].volume += it.qty.get() as f64,
            _ => {}
        }
    }
}

/// Days of one instrument, thinly traded, so that a test can afford many.
fn days(seed: u64, days: f64) -> SyntheticConfig {
    let mut config = SyntheticConfig { seed, hours: 24.0 * days, ..Default::default() };
    config.instruments[0].activity = 0.15;
    config.book.beat_ms = 500;
    config.book.levels = 20;
    config.book.quotes = true;
    config
}

fn returns(minutes: &[Minute]) -> Vec<f64> {
    minutes.windows(2).map(|it| (it[1].close / it[0].close).ln()).collect()
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let (mx, my) = (mean(x), mean(y));
    let of = |a: &[f64], ma: f64, b: &[f64], mb: f64| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - ma) * (b - mb)).sum()
    };
    of(x, mx, y, my) / (of(x, mx, x, mx) * of(y, my, y, my)).sqrt()
}

fn excess_kurtosis(x: &[f64]) -> f64 {
    let m = mean(x);
    let power = |p| x.iter().map(|it| (it - m).powi(p)).sum::<f64>() / x.len() as f64;
    power(4) / (power(2) * power(2)) - 3.0
}

/// Hill's estimate of the tail index from the largest `part` of the absolute values.
fn hill(x: &[f64], part: f64) -> f64 {
    let mut sorted: Vec<f64> = x.iter().map(|it| it.abs()).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let k = (x.len() as f64 * part) as usize;
    1.0 / (sorted[..k].iter().map(|it| (it / sorted[k]).ln()).sum::<f64>() / k as f64)
}

#[test]
fn returns_have_the_stylised_facts() {
    for seed in [11, 12, 13, 14] {
        let minutes = minutes(days(seed, 3.0)).remove(0);
        let r = returns(&minutes);
        let size: Vec<f64> = r.iter().map(|it| it.abs()).collect();
        let kurtosis = excess_kurtosis(&r);
        let tail = hill(&r, 0.03);
        let lagged = |x: &[f64], lag: usize| correlation(&x[lag..], &x[..x.len() - lag]);
        let absolute = [1, 2, 5, 10, 20, 30].map(|lag| lagged(&size, lag));
        let plain = [1, 2, 3, 4, 5].map(|lag| lagged(&r, lag));
        let traded: Vec<f64> = minutes[1..].iter().map(|it| it.volume).collect();
        let volume = correlation(&size, &traded);
        let yearly = (mean(&r.iter().map(|it| it * it).collect::<Vec<_>>()) * 525_960.0).sqrt();
        println!(
            "seed {seed}: excess kurtosis {kurtosis:.1}, tail {tail:.2}, absolute {absolute:.2?}, plain {plain:.2?}, \
             volume {volume:.2}, a year {yearly:.2}"
        );
        assert!(kurtosis > 3.0, "seed {seed}: kurtosis {kurtosis}");
        assert!((2.0..6.0).contains(&tail), "seed {seed}: tail index {tail}");
        assert!(
            absolute[..4].iter().all(|&it| it > 0.05),
            "seed {seed}: absolute returns forget: {absolute:?}"
        );
        let over_an_hour = mean(&(1..=60).map(|lag| lagged(&size, lag)).collect::<Vec<_>>());
        assert!(over_an_hour > 0.04, "seed {seed}: absolute returns forget within the hour: {over_an_hour}");
        assert!(plain.iter().all(|it| it.abs() < 0.1), "seed {seed}: returns can be foretold: {plain:?}");
        assert!(volume > 0.2, "seed {seed}: volume and volatility correlate by {volume}");
        assert!((0.25..1.2).contains(&yearly), "seed {seed}: {yearly} a year, asked for 0.5 on average");
    }
}

#[test]
fn without_its_sources_the_tails_are_thin_and_volatility_does_not_cluster() {
    // The tests above can fail: switch off what they are about, and they would.
    let mut config = days(21, 2.0);
    (config.volatility.fast, config.volatility.slow) = (0.0, 0.0);
    config.regimes.switching = false;
    config.jumps.per_day = 0.0;
    let r = returns(&minutes(config).remove(0));
    let size: Vec<f64> = r.iter().map(|it| it.abs()).collect();
    assert!(excess_kurtosis(&r).abs() < 0.5, "{}", excess_kurtosis(&r));
    assert!(correlation(&size[5..], &size[..size.len() - 5]).abs() < 0.06);
}

#[test]
fn regimes_show_in_volatility_and_spread() {
    let mut config = days(31, 4.0);
    (config.volatility.fast, config.volatility.slow) = (0.1, 0.1);
    config.regimes.crisis.weight = 0.3;
    let minutes = minutes(config).remove(0);
    let r = returns(&minutes);
    let of = |regime: Regime| {
        let chosen: Vec<usize> = (1..minutes.len())
            .filter(|&n| minutes[n].regime == regime && minutes[n - 1].regime == regime)
            .collect();
        assert!(chosen.len() > 20, "{regime:?} lasted {} minutes in four days", chosen.len());
        let deviation = mean(&chosen.iter().map(|&n| r[n - 1] * r[n - 1]).collect::<Vec<_>>()).sqrt();
        (deviation, mean(&chosen.iter().map(|&n| minutes[n].spread).collect::<Vec<_>>()))
    };
    let (calm, volatile, crisis) = (of(Regime::Calm), of(Regime::Volatile), of(Regime::Crisis));
    assert!(of(Regime::Trend).0 > 0.0);
    assert!(volatile.0 > 1.4 * calm.0 && crisis.0 > 1.4 * volatile.0, "{calm:?} {volatile:?} {crisis:?}");
    assert!(volatile.1 > 1.2 * calm.1 && crisis.1 > 1.5 * volatile.1, "{calm:?} {volatile:?} {crisis:?}");
}

#[test]
fn instruments_correlate_as_asked() {
    for (loading, low, high) in [(0.0, -0.1, 0.1), (0.9, 0.7, 0.9)] {
        let mut config = two(41, 24.0);
        config.jumps.per_day = 0.0;
        config.regimes.switching = false;
        config.book.quotes = true;
        config.book.beat_ms = 1_000;
        config.book.levels = 20;
        for it in &mut config.instruments {
            (it.correlation, it.activity) = (loading, 0.1);
        }
        let minutes = minutes(config);
        let found = correlation(&returns(&minutes[0]), &returns(&minutes[1]));
        assert!((low..high).contains(&found), "loading {loading}: correlation {found}");
    }
}

#[test]
fn a_u_shaped_day_is_busy_at_its_ends() {
    let mut config = days(51, 3.0);
    config.regimes.switching = false;
    (config.volatility.fast, config.volatility.slow) = (0.0, 0.0);
    config.intraday = Intraday::UShaped;
    let minutes = minutes(config).remove(0);
    let volume = |from: usize, to: usize| {
        mean(
            &(0..3)
                .flat_map(|day| &minutes[1440 * day + from..1440 * day + to])
                .map(|it| it.volume)
                .collect::<Vec<_>>(),
        )
    };
    let (ends, noon) = (volume(0, 120).max(volume(1320, 1438)), volume(660, 780));
    assert!(ends > 1.8 * noon, "{ends} at the ends, {noon} at noon");
}

#[test]
fn trades_come_in_bursts_and_their_sizes_have_fat_tails() {
    let mut config = SyntheticConfig { seed: 61, hours: 3.0, ..Default::default() };
    config.regimes.switching = false;
    (config.volatility.fast, config.volatility.slow) = (0.0, 0.0);
    let mut market = Synthetic::new(config.clone()).unwrap();
    let start = config.start;
    let seconds = (config.hours * 3600.0) as usize;
    let mut counts = vec![0.0; seconds];
    let (mut sizes, mut last) = (Vec::new(), (Timestamp::MIN, Side::Buy));
    let mut gaps = BTreeMap::new();
    while let Some(event) = market.next().unwrap() {
        match event.body {
            MarketBody::Trade(it) => {
                let now = (event.exchange_at, it.taker);
                if now == last {
                    *sizes.last_mut().unwrap() += it.qty.get() as f64;
                } else {
                    sizes.push(it.qty.get() as f64);
                    counts[((event.exchange_at - start).nanos() / 1_000_000_000) as usize] += 1.0;
                }
                last = now;
            }
            MarketBody::Depth(it) if it.kind == DepthKind::Snapshot => {
                *gaps.entry(it.asks[0].price.get() - it.bids[0].price.get()).or_insert(0) += 1;
            }
            _ => {}
        }
    }
    let average = mean(&counts);
    let variance = mean(&counts.iter().map(|it| (it - average) * (it - average)).collect::<Vec<_>>());
    let wanted = config.flow.trades * config.regimes.calm.activity;
    assert!((average / wanted - 1.0).abs() < 0.15, "{average} trades a second, asked for {wanted}");
    assert!(variance > 1.5 * average, "variance {variance} of counts with mean {average}: no bursts");
    let size = mean(&sizes) * 0.001;
    assert!(
        (0.08..0.2).contains(&size),
        "mean size {size}, asked for 0.15 less what the book could not give"
    );
    let tail = hill(&sizes, 0.05);
    assert!((1.3..3.0).contains(&tail), "tail of sizes {tail}, asked for {}", config.flow.size_tail);
    assert!(gaps.keys().all(|&it| (1..200).contains(&it)), "{gaps:?}");
}
