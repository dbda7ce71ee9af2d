//! What holds for every pattern and every series: drawn walks, real hours, flat stretches, gaps and nonsense.

#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests only: exact answers, files"
)]

mod hours;

use hours::real;
use proptest::prelude::*;
use scalp_indicators::Error;
use scalp_indicators::patterns::swings::batch;
use scalp_indicators::patterns::{
    Bar, Direction, Extreme, Found, Fractals, Kind, Patterns, Refused, Rules, State, Swing, SwingRule,
    Swings, VALUE_MAX,
};

const RULES: [SwingRule; 5] = [
    SwingRule::Atr { period: 14, multiple: 2.0 },
    SwingRule::Atr { period: 5, multiple: 0.7 },
    SwingRule::Percent(1.5),
    SwingRule::Fractal(2),
    SwingRule::Fractal(5),
];

fn with(swings: SwingRule) -> Rules {
    Rules { swings, ..Rules::default() }
}

/// SplitMix64 (Steele, Lea, Flood 2014), in [0, 1).
fn uniform(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0
}

/// Bars of a walk on a grid of `tick`, four steps each; a coarse grid has ties and bars without a range.
fn walk(seed: u64, n: usize, tick: f64) -> Vec<Bar> {
    let mut state = seed;
    let mut close = 1000.0;
    let bars = (0..n).map(|_| {
        let (mut high, mut low) = (close, close);
        for _ in 0..4 {
            close += ((uniform(&mut state) - 0.5) * 4.0 / tick).round() * tick;
            high = f64::max(high, close);
            low = f64::min(low, close);
        }
        Bar { high, low, close, volume: (uniform(&mut state) * 100.0).floor() }
    });
    bars.collect()
}

fn worlds() -> Vec<(&'static str, Vec<Bar>)> {
    let mut gappy = walk(3, 4000, 0.25);
    for (i, bar) in gappy.iter_mut().enumerate() {
        // A jump every 500 bars, and stretches in which nothing moves.
        let jump = (i / 500) as f64 * 300.0;
        *bar = Bar { high: bar.high + jump, low: bar.low + jump, close: bar.close + jump, ..*bar };
        if i % 500 > 400 {
            *bar = Bar { high: 700.0, low: 700.0, close: 700.0, volume: 0.0 };
        }
    }
    vec![
        ("fine walk", walk(1, 4000, 0.001)),
        ("coarse walk", walk(2, 4000, 1.0)),
        ("gaps and flat stretches", gappy),
        ("flat", vec![Bar { high: 5.0, low: 5.0, close: 5.0, volume: 0.0 }; 1000]),
        ("BTC", real("BTC")[..6000].to_vec()),
    ]
}

fn all(rules: Rules, bars: &[Bar]) -> Vec<Found> {
    Patterns::batch(rules, &Kind::ALL, bars).unwrap().changes
}

#[test]
fn swings_alternate_and_are_the_extremes_between_their_neighbours() {
    for (world, bars) in worlds() {
        for rule in RULES {
            let swings = batch(rule, &bars).unwrap();
            for pair in swings.windows(2) {
                assert_ne!(pair[0].extreme, pair[1].extreme, "{world} {rule:?}");
                assert!(pair[0].at < pair[1].at && pair[0].known_at < pair[1].known_at);
                let rising = pair[0].extreme == Extreme::Low;
                assert_eq!(pair[0].price < pair[1].price, rising, "{world} {rule:?}");
            }
            for it in &swings {
                let bar = bars[it.at as usize];
                let high = it.extreme == Extreme::High;
                assert_eq!(it.price, if high { bar.high } else { bar.low });
                assert!(it.at < it.known_at);
                let volume: f64 = bars[..=it.at as usize].iter().map(|bar| bar.volume).sum();
                assert!((it.volume_to.value() - volume).abs() <= 1e-9 * volume.max(1.0));
            }
            if matches!(rule, SwingRule::Fractal(_)) {
                continue;
            }
            // By a distance: from the swing before until it is known, nothing is more extreme. After that a bar that
            // reaches beyond on both sides only goes on.
            for pair in swings.windows(2) {
                let leg = &bars[pair[0].at as usize + 1..=pair[1].known_at as usize];
                match pair[1].extreme {
                    Extreme::High => assert!(leg.iter().all(|bar| bar.high <= pair[1].price)),
                    Extreme::Low => assert!(leg.iter().all(|bar| bar.low >= pair[1].price)),
                }
            }
        }
        println!("{world}: {:?} swings", RULES.map(|rule| batch(rule, &bars).unwrap().len()));
    }
}

/// The rules as the head of the module states them, over the whole series, without state.
#[test]
fn swings_by_a_distance_equal_a_slow_twin() {
    let bars = walk(11, 3000, 0.5);
    let part = 0.8;
    let fast = batch(SwingRule::Percent(part), &bars).unwrap();
    let mut slow: Vec<(u64, f64, u64)> = Vec::new();
    let (mut at, mut extreme) = (fast[0].at as usize, fast[0].extreme);
    while let Some(known) = (at + 1..bars.len()).find(|&t| {
        // The extreme of the leg so far, before this bar.
        let high = extreme == Extreme::High;
        let price = if high { bars[at].high } else { bars[at].low };
        let back = if high { price - bars[t].low } else { bars[t].high - price };
        let further = if high { bars[t].high > price } else { bars[t].low < price };
        if further {
            at = t;
        }
        !further && back >= part * 0.01 * price
    }) {
        let high = extreme == Extreme::High;
        slow.push((at as u64, if high { bars[at].high } else { bars[at].low }, known as u64));
        extreme = if high { Extreme::Low } else { Extreme::High };
        at = known;
    }
    let fast: Vec<_> = fast.iter().map(|it| (it.at, it.price, it.known_at)).collect();
    assert!(fast.len() > 100);
    assert_eq!(fast, slow);
}

#[test]
fn fractals_equal_their_definition() {
    let bars = walk(12, 2000, 1.0);
    for k in [1, 2, 5] {
        let mut fractals = Fractals::new(k);
        let mut count = 0;
        for (now, bar) in bars.iter().enumerate() {
            let said = fractals.push(bar).unwrap();
            let Some(mid) = now.checked_sub(2 * k).map(|it| it + k) else {
                assert_eq!(said, [None, None]);
                continue;
            };
            let (before, after) = (&bars[mid - k..mid], &bars[mid + 1..=mid + k]);
            let (high, low) = (bars[mid].high, bars[mid].low);
            let is_high = before.iter().all(|b| b.high < high) && after.iter().all(|b| b.high <= high);
            let is_low = before.iter().all(|b| b.low > low) && after.iter().all(|b| b.low >= low);
            assert_eq!(said[0], is_high.then_some((mid as u64, high)));
            assert_eq!(said[1], is_low.then_some((mid as u64, low)));
            count += usize::from(is_high) + usize::from(is_low);
        }
        assert!(count > 50, "{k}: {count}");
    }
}

#[test]
fn a_stream_equals_the_batch_and_reset_equals_new() {
    for (world, bars) in worlds() {
        for rule in RULES {
            let whole = all(with(rule), &bars);
            let mut stream = Patterns::new(with(rule), &Kind::ALL).unwrap();
            for _ in 0..2 {
                let mut changes = Vec::new();
                for bar in &bars {
                    changes.extend_from_slice(stream.push(bar).unwrap());
                }
                // The text shows every bit of a number.
                assert_eq!(format!("{changes:?}"), format!("{whole:?}"), "{world} {rule:?}");
                stream.reset();
            }
        }
    }
}

#[test]
fn the_future_changes_nothing_that_was_said() {
    for (world, bars) in worlds() {
        for rule in RULES {
            let whole = all(with(rule), &bars);
            let swings = batch(rule, &bars).unwrap();
            for cut in [37, bars.len() / 3, bars.len() / 2, bars.len() - 100] {
                let mut altered = bars.clone();
                for (i, bar) in altered.iter_mut().enumerate().skip(cut) {
                    let price = 900.0 + 17.0 * ((i * 7919) % 31) as f64;
                    *bar = Bar { high: price + 9.0, low: price - 9.0, close: price, volume: 3.0 };
                }
                let before = |all: &[Found]| -> Vec<Found> {
                    all.iter().filter(|it| it.changed_at < cut as u64).copied().collect()
                };
                assert_eq!(before(&whole), before(&all(with(rule), &altered)), "{world} {rule:?} {cut}");
                let known = |all: &[Swing]| -> Vec<Swing> {
                    all.iter().filter(|it| it.known_at < cut as u64).copied().collect()
                };
                assert_eq!(known(&swings), known(&batch(rule, &altered).unwrap()), "{world} {rule:?} {cut}");
            }
        }
    }
}

/// The definitions in prices, written out for tops, against what the detector says. In this walk no fall is so fast that
/// it makes a top known when its target is already passed.
#[test]
fn one_bar_of_absurd_volume_spoils_no_later_strength() {
    let plain = walk(11, 6000, 1.0);
    let mut spoilt = plain.clone();
    spoilt[1000].volume = 1e17;
    let later = |bars: &[Bar]| -> Vec<Found> {
        all(with(RULES[1]), bars).into_iter().filter(|it| it.points[0].at > 1000).collect()
    };
    let (plain, spoilt) = (later(&plain), later(&spoilt));
    assert!(plain.len() > 500, "{}", plain.len());
    assert_eq!(plain, spoilt);
}

#[test]
fn tops_equal_a_slow_twin() {
    let bars = walk(77, 60_000, 0.01);
    let rules = Rules::default();
    let swings = batch(rules.swings, &bars).unwrap();
    let (mut shoulders, mut doubles) = (Vec::new(), Vec::new());
    for n in 6..=swings.len() {
        let Some(last) = swings[..n].last().filter(|it| it.extreme == Extreme::High) else { continue };
        let [start, left, trough, head, other, right] = swings[n - 6..n].try_into().unwrap();
        let slope = (other.price - trough.price) / (other.at - trough.at) as f64;
        let neck = |at: u64| trough.price + slope * (at as f64 - trough.at as f64);
        let height = head.price - neck(head.at);
        let (one, two) = ((head.at - left.at) as f64, (right.at - head.at) as f64);
        let keeps = [
            height > 0.0,
            head.price - left.price > 0.15 * height,
            head.price - right.price > 0.15 * height,
            (left.price - right.price).abs() <= 0.15 * height,
            (trough.price - other.price).abs() <= 0.15 * height,
            left.price - neck(left.at) > 0.15 * height,
            right.price - neck(right.at) > 0.15 * height,
            start.price < trough.price && start.price < other.price,
            one <= 2.5 * two && two <= 2.5 * one,
            right.at - left.at <= 500,
        ];
        if keeps.iter().all(|it| *it) {
            shoulders.push((left.at, last.known_at));
        }
        let [start, top, valley, second] = swings[n - 4..n].try_into().unwrap();
        let height = top.price.max(second.price) - valley.price;
        let (one, two) = ((valley.at - top.at) as f64, (second.at - valley.at) as f64);
        let keeps = [
            (top.price - second.price).abs() <= 0.15 * height,
            start.price < valley.price,
            one <= 2.5 * two && two <= 2.5 * one,
            second.at - top.at <= 500,
        ];
        if keeps.iter().all(|it| *it) {
            doubles.push((top.at, last.known_at));
        }
    }
    for (kind, twin) in [(Kind::HeadShoulders, shoulders), (Kind::DoubleTop, doubles)] {
        let said: Vec<(u64, u64)> = Patterns::batch(rules, &[kind], &bars)
            .unwrap()
            .changes
            .iter()
            .filter(|it| it.changed_at == it.known_at)
            .map(|it| (it.from, it.known_at))
            .collect();
        println!("{kind:?}: {}", said.len());
        assert!(said.len() > 20);
        assert_eq!(said, twin, "{kind:?}");
    }
}

/// What must be true of anything that is found.
fn assert_sound(found: &Found, now: u64) {
    assert_eq!(found.changed_at, now);
    assert!((0.0..=1.0).contains(&found.strength), "{found:?}");
    assert!(found.known_at <= found.changed_at);
    assert_eq!(found.from, found.points[0].at);
    assert!(found.points.windows(2).all(|p| p[0].at < p[1].at && p[0].price != p[1].price), "{found:?}");
    assert!(found.points.last().unwrap().at < now);
    assert_eq!(found.direction == Direction::Open, found.invalidation.is_none(), "{found:?}");
    let levels = [found.invalidation, found.target];
    assert!(levels.into_iter().flatten().all(f64::is_finite), "{found:?}");
    assert!(found.signed().abs() <= 1.0);
    if found.zone.is_some_and(|zone| zone.low >= zone.high) {
        panic!("an empty zone: {found:?}");
    }
}

#[test]
fn every_change_follows_the_one_before_it() {
    let mut seen: Vec<(Kind, usize)> = Kind::ALL.iter().map(|&kind| (kind, 0)).collect();
    // The rarest kinds need a long walk.
    for (world, bars) in worlds().into_iter().chain([("long walk", walk(4, 60_000, 0.01))]) {
        for rule in RULES {
            let mut patterns = Patterns::new(with(rule), &Kind::ALL).unwrap();
            let mut before: Vec<Found> = Vec::new();
            for (now, bar) in bars.iter().enumerate() {
                for it in patterns.push(bar).unwrap().to_vec() {
                    assert_sound(&it, now as u64);
                    let of = |old: &&Found| {
                        old.kind == it.kind && old.from == it.from && old.known_at == it.known_at
                    };
                    let old = before.iter().find(of);
                    match (old.map(|old| old.state), it.state) {
                        (None, State::Forming | State::Confirmed) => {
                            assert_eq!(it.known_at, now as u64);
                            seen[it.kind as usize].1 += 1;
                        }
                        (Some(State::Forming), State::Confirmed | State::Failed | State::Expired)
                        | (Some(State::Confirmed), State::Reached | State::Failed | State::Expired) => {}
                        other => panic!("{world} {rule:?}: {other:?} {it:?}"),
                    }
                }
                before.clear();
                before.extend_from_slice(patterns.alive());
                for it in &before {
                    let rivals = before.iter().filter(|of| of.kind == it.kind).count();
                    assert!(rivals <= scalp_indicators::patterns::ALIVE_PER_KIND);
                }
            }
        }
    }
    println!("{seen:?}");
    assert!(seen.iter().all(|(_, count)| *count > 0), "a kind that never comes is not tested: {seen:?}");
}

#[test]
fn random_walks_have_patterns_too() {
    let n = 200_000;
    let bars = walk(99, n, 0.001);
    let found = all(Rules::default(), &bars);
    println!("found in {n} bars of a random walk, and how they ended (reached, failed, expired):");
    for kind in Kind::ALL {
        let of = |state: State| found.iter().filter(|it| it.kind == kind && it.state == state).count();
        let known = found.iter().filter(|it| it.kind == kind && it.changed_at == it.known_at).count();
        let ended = [State::Reached, State::Failed, State::Expired].map(of);
        println!("{kind:?}: {known}, confirmed {}, {ended:?}", of(State::Confirmed));
        assert!(known > 0, "{kind:?}");
        // What is found at every turn says nothing.
        assert!(known < n / 100, "{kind:?} {known}");
    }
}

#[test]
fn real_hours_are_read_without_a_refusal_and_give_each_family() {
    for asset in ["BTC", "ETH", "TRX"] {
        let bars = real(asset);
        let history = Patterns::batch(Rules::default(), &Kind::ALL, &bars).unwrap();
        assert_eq!(history.refused, [0_usize; 0]);
        let count = |state: State| history.changes.iter().filter(|it| it.state == state).count();
        let states = [State::Confirmed, State::Reached, State::Failed, State::Expired].map(count);
        println!("{asset}: {} bars, {} changes, {states:?}", bars.len(), history.changes.len());
        assert!(states.iter().all(|it| *it > 100));
    }
}

#[test]
fn a_mirrored_walk_gives_the_mirrored_patterns() {
    // On a grid of quarters negation and the sums are exact.
    for rule in [RULES[0], RULES[1], RULES[3]] {
        let bars = walk(21, 20_000, 0.25);
        let mirrored: Vec<Bar> =
            bars.iter().map(|it| Bar { high: -it.low, low: -it.high, close: -it.close, ..*it }).collect();
        let key = |it: &Found| {
            (it.changed_at, it.kind, it.from, it.known_at, it.strength.to_bits(), it.state as u8)
        };
        let mut a: Vec<_> =
            all(with(rule), &bars).iter().map(|it| key(&Found { kind: it.kind.mirrored(), ..*it })).collect();
        let mut b: Vec<_> = all(with(rule), &mirrored).iter().map(key).collect();
        a.sort_unstable();
        b.sort_unstable();
        assert!(a.len() > 100);
        assert_eq!(a, b, "{rule:?}");
    }
}

#[test]
fn a_refused_bar_is_named_and_leaves_no_trace() {
    let good = walk(31, 3000, 0.01);
    let sound = Bar { high: 10.0, low: 8.0, close: 9.0, volume: 1.0 };
    let bad = [
        (Bar { high: f64::NAN, ..sound }, Refused::NotFinite("high")),
        (Bar { low: f64::NEG_INFINITY, ..sound }, Refused::NotFinite("low")),
        (Bar { close: f64::NAN, ..sound }, Refused::NotFinite("close")),
        (Bar { volume: f64::INFINITY, ..sound }, Refused::NotFinite("volume")),
        (Bar { high: 2.0 * VALUE_MAX, ..sound }, Refused::NotFinite("high")),
        (Bar { low: 11.0, ..sound }, Refused::Inverted),
        (Bar { close: 7.0, ..sound }, Refused::CloseOutside),
        (Bar { volume: -1.0, ..sound }, Refused::NegativeVolume),
    ];
    let mut mixed = Vec::new();
    let mut rows = Vec::new();
    for (i, bar) in good.iter().enumerate() {
        if i % 7 == 3 {
            rows.push(mixed.len());
            mixed.push(bad[i % bad.len()].0);
        }
        mixed.push(*bar);
    }
    let clean = Patterns::batch(Rules::default(), &Kind::ALL, &good).unwrap();
    let history = Patterns::batch(Rules::default(), &Kind::ALL, &mixed).unwrap();
    assert_eq!(history.refused, rows);
    assert_eq!(history.changes, clean.changes);
    for (bar, why) in bad {
        let mut patterns = Patterns::new(Rules::default(), &Kind::ALL).unwrap();
        assert_eq!(patterns.push(&bar).map(<[_]>::len), Err(why));
        assert_eq!(patterns.bars(), 0);
        let mut swings = Swings::new(RULES[0]).unwrap();
        assert_eq!(swings.push(&bar), Err(why));
        assert_eq!(swings.bars(), 0);
        assert_eq!(Fractals::new(2).push(&bar), Err(why));
    }
    assert_eq!(batch(RULES[0], &mixed).unwrap(), batch(RULES[0], &good).unwrap());
}

#[test]
fn bad_rules_are_refused_by_name() {
    let bad = [
        (Rules { tolerance: 0.0, ..Rules::default() }, "tolerance"),
        (Rules { tolerance: f64::NAN, ..Rules::default() }, "tolerance"),
        (Rules { ratio_tolerance: 0.3, ..Rules::default() }, "ratio_tolerance"),
        (Rules { flat: 0.25, ..Rules::default() }, "flat"),
        (Rules { slope: 1.5, ..Rules::default() }, "slope"),
        (Rules { symmetry: 0.5, ..Rules::default() }, "symmetry"),
        (Rules { retrace: 1.0, ..Rules::default() }, "retrace"),
        (Rules { bars_max: 3, ..Rules::default() }, "bars_max"),
        (with(SwingRule::Percent(100.0)), "percent"),
        (with(SwingRule::Atr { period: 0, multiple: 1.0 }), "period"),
        (with(SwingRule::Atr { period: 1, multiple: f64::INFINITY }), "multiple"),
        (with(SwingRule::Fractal(101)), "bars"),
    ];
    for (rules, key) in bad {
        match Patterns::new(rules, &Kind::ALL) {
            Err(Error::BadParameter { parameter, .. }) => assert_eq!(parameter, key),
            other => panic!("{key}: {other:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Any numbers at all: no panic, nothing that is not a number, and what was refused left no trace.
    #[test]
    fn any_bars_are_survived(
        rows in prop::collection::vec((any::<f64>(), any::<f64>(), any::<f64>(), any::<f64>(), any::<bool>()), 1..300),
        which in 0..RULES.len(),
    ) {
        let mut patterns = Patterns::new(with(RULES[which]), &Kind::ALL).unwrap();
        for (a, b, c, volume, ordered) in rows {
            let bar = if ordered {
                let (low, high) = (a.min(b), a.max(b));
                Bar { high, low, close: c.max(low).min(high), volume: volume.abs() }
            } else {
                Bar { high: a, low: b, close: c, volume }
            };
            let now = patterns.bars();
            if let Ok(changes) = patterns.push(&bar) {
                for it in changes {
                    prop_assert!((0.0..=1.0).contains(&it.strength));
                    let levels = [it.invalidation, it.target];
                    prop_assert!(levels.into_iter().flatten().all(|it| !it.is_nan()));
                    prop_assert_eq!(it.changed_at, now);
                }
            } else {
                prop_assert_eq!(patterns.bars(), now);
            }
        }
    }

    /// Small whole numbers make ties, equal levels and legs of one bar.
    #[test]
    fn ties_keep_every_law(
        prices in prop::collection::vec((0_i32..12, 0_i32..3, 0_i32..3, 0_u32..4), 1..400),
        which in 0..RULES.len(),
    ) {
        let bars: Vec<Bar> = prices
            .iter()
            .map(|&(price, up, down, volume)| Bar {
                high: f64::from(price + up),
                low: f64::from(price - down),
                close: f64::from(price),
                volume: f64::from(volume),
            })
            .collect();
        let mut patterns = Patterns::new(with(RULES[which]), &Kind::ALL).unwrap();
        for (now, bar) in bars.iter().enumerate() {
            for it in patterns.push(bar).unwrap() {
                assert_sound(it, now as u64);
            }
        }
        // By a power of two larger everything is the same.
        let larger: Vec<Bar> = bars
            .iter()
            .map(|it| Bar { high: it.high * 8.0, low: it.low * 8.0, close: it.close * 8.0, ..*it })
            .collect();
        let key = |it: &Found| (it.changed_at, it.kind, it.from, it.strength.to_bits(), it.state);
        let a: Vec<_> = all(with(RULES[which]), &bars).iter().map(key).collect();
        let b: Vec<_> = all(with(RULES[which]), &larger).iter().map(key).collect();
        prop_assert_eq!(a, b);
    }
}

#[test]
fn a_finder_of_swings_is_silent_until_warm() {
    let bars = walk(41, 500, 0.01);
    for rule in RULES {
        let mut swings = Swings::new(rule).unwrap();
        let warm_up = swings.warm_up();
        for bar in &bars {
            let at = swings.bars();
            if swings.push(bar).unwrap().is_some() {
                assert!(at >= warm_up, "{rule:?}");
            }
        }
        assert_eq!(swings.rule(), rule);
    }
}
