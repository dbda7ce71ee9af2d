//! Patterns drawn by hand: each is found once, at its bar and with its levels; upside down it is its mirror; and a shape
//! that breaks one rule by little is not found.

#![allow(clippy::unwrap_used, clippy::float_cmp, reason = "tests only: exact answers")]

use scalp_indicators::patterns::elliott::count;
use scalp_indicators::patterns::swings::batch;
use scalp_indicators::patterns::{Bar, Direction, Found, Kind, Patterns, Rules, State, SwingRule};

/// Straight legs between turns (bar, price), one bar a price.
fn draw(turns: &[(u32, f64)]) -> Vec<Bar> {
    let mut bars = vec![bar(turns[0].1)];
    for leg in turns.windows(2) {
        let ((from, start), (to, end)) = (leg[0], leg[1]);
        for i in 1..=(to - from) {
            // The last bar of a leg is its turn, to the bit.
            let price = if i == to - from {
                end
            } else {
                start + (end - start) * f64::from(i) / f64::from(to - from)
            };
            bars.push(bar(price));
        }
    }
    bars
}

fn bar(price: f64) -> Bar {
    Bar { high: price, low: price, close: price, volume: 1.0 }
}

fn rules(percent: f64) -> Rules {
    Rules { swings: SwingRule::Percent(percent), ..Rules::default() }
}

fn changes(kind: Kind, percent: f64, bars: &[Bar]) -> Vec<Found> {
    Patterns::batch(rules(percent), &[kind], bars).unwrap().changes
}

fn upside_down(bars: &[Bar]) -> Vec<Bar> {
    bars.iter().map(|it| Bar { high: -it.low, low: -it.high, close: -it.close, ..*it }).collect()
}

/// The mirror of what was found.
fn assert_mirrored(kind: Kind, percent: f64, bars: &[Bar]) {
    let upright = changes(kind, percent, bars);
    let turned = changes(kind.mirrored(), percent, &upside_down(bars));
    assert_eq!(upright.len(), turned.len(), "{kind:?}");
    let negated = |level: Option<f64>| level.map(|it| (-it).to_bits());
    let bits = |level: Option<f64>| level.map(f64::to_bits);
    for (a, b) in upright.iter().zip(&turned) {
        assert_eq!(b.kind, a.kind.mirrored());
        assert_eq!(b.direction.sign(), -a.direction.sign());
        assert_eq!((a.state, a.from, a.known_at, a.changed_at), (b.state, b.from, b.known_at, b.changed_at));
        assert_eq!(a.strength.to_bits(), b.strength.to_bits(), "{kind:?}");
        assert_eq!(negated(a.invalidation), bits(b.invalidation), "{kind:?}");
        assert_eq!(negated(a.target), bits(b.target), "{kind:?}");
        assert_eq!(a.points.iter().map(|p| -p.price).collect::<Vec<_>>(), {
            b.points.iter().map(|p| p.price).collect::<Vec<_>>()
        });
        assert_eq!(a.zone.map(|z| (-z.high, -z.low)), b.zone.map(|z| (z.low, z.high)));
        for (line, mirror) in [(a.upper, b.lower), (a.lower, b.upper)] {
            assert_eq!(line.map(|l| -l.price_at(99)), mirror.map(|l| l.price_at(99)));
        }
    }
}

/// A drawing and what must be found in it: every change of the kind, as (state, bar), and the levels at the last of them.
struct Drawing {
    kind: Kind,
    percent: f64,
    turns: &'static [(u32, f64)],
    changes: &'static [(State, u64)],
    points: &'static [u64],
    direction: Direction,
    invalidation: f64,
    target: f64,
    strength: f64,
}

const DRAWINGS: [Drawing; 10] = [
    Drawing {
        kind: Kind::HeadShoulders,
        percent: 2.0,
        turns: &[(0, 90.0), (10, 100.0), (20, 95.0), (30, 110.0), (40, 95.0), (50, 100.0), (75, 75.0)],
        changes: &[(State::Forming, 52), (State::Confirmed, 56), (State::Reached, 70)],
        points: &[10, 20, 30, 40, 50],
        direction: Direction::Bearish,
        invalidation: 100.0,
        target: 80.0,
        strength: 0.875,
    },
    Drawing {
        kind: Kind::DoubleTop,
        percent: 4.0,
        turns: &[(0, 90.0), (20, 110.0), (30, 100.0), (40, 110.0), (65, 85.0)],
        changes: &[(State::Forming, 45), (State::Confirmed, 51), (State::Reached, 60)],
        points: &[20, 30, 40],
        direction: Direction::Bearish,
        invalidation: 110.0,
        target: 90.0,
        strength: 0.875,
    },
    Drawing {
        kind: Kind::TripleTop,
        percent: 4.0,
        turns: &[(0, 90.0), (20, 110.0), (30, 100.0), (40, 110.0), (50, 100.0), (60, 110.0), (85, 85.0)],
        changes: &[(State::Forming, 65), (State::Confirmed, 71), (State::Reached, 80)],
        points: &[20, 30, 40, 50, 60],
        direction: Direction::Bearish,
        invalidation: 110.0,
        target: 90.0,
        strength: 2.5 / 3.0,
    },
    Drawing {
        kind: Kind::AscendingTriangle,
        percent: 2.0,
        turns: &[
            (0, 100.0),
            (10, 110.0),
            (20, 94.0),
            (30, 110.0),
            (40, 102.0),
            (50, 110.0),
            (54, 106.0),
            (84, 136.0),
        ],
        changes: &[(State::Forming, 53), (State::Confirmed, 59), (State::Reached, 78)],
        points: &[10, 20, 30, 40, 50],
        direction: Direction::Bullish,
        invalidation: 102.0,
        target: 130.0,
        strength: 2.5 / 3.0,
    },
    Drawing {
        kind: Kind::SymmetricalTriangle,
        percent: 2.0,
        turns: &[
            (0, 96.0),
            (10, 110.0),
            (20, 90.0),
            (30, 106.0),
            (40, 94.0),
            (50, 102.0),
            (53, 99.0),
            (83, 146.0),
        ],
        changes: &[(State::Forming, 53), (State::Confirmed, 55), (State::Reached, 69)],
        points: &[10, 20, 30, 40, 50],
        direction: Direction::Bullish,
        invalidation: 97.0,
        target: 123.0,
        strength: 2.5 / 3.0,
    },
    Drawing {
        kind: Kind::RisingWedge,
        percent: 1.0,
        turns: &[(0, 90.0), (10, 100.0), (20, 92.0), (30, 104.0), (40, 100.0), (50, 108.0), (70, 88.0)],
        changes: &[(State::Forming, 52), (State::Confirmed, 53), (State::Reached, 66)],
        points: &[10, 20, 30, 40, 50],
        direction: Direction::Bearish,
        invalidation: 108.0,
        target: 92.0,
        strength: 2.5 / 3.0,
    },
    Drawing {
        kind: Kind::Rectangle,
        percent: 2.0,
        turns: &[
            (0, 90.0),
            (10, 110.0),
            (20, 100.0),
            (30, 110.0),
            (40, 100.0),
            (50, 110.0),
            (53, 107.0),
            (73, 127.0),
        ],
        changes: &[(State::Forming, 53), (State::Confirmed, 57), (State::Reached, 66)],
        points: &[10, 20, 30, 40, 50],
        direction: Direction::Bullish,
        invalidation: 100.0,
        target: 120.0,
        strength: 2.5 / 3.0,
    },
    Drawing {
        kind: Kind::BullFlag,
        percent: 2.0,
        turns: &[
            (0, 110.0),
            (10, 100.0),
            (20, 140.0),
            (24, 134.0),
            (28, 138.0),
            (32, 132.0),
            (37, 137.0),
            (47, 177.0),
        ],
        changes: &[(State::Forming, 35), (State::Confirmed, 37), (State::Reached, 46)],
        points: &[10, 20, 24, 28, 32],
        direction: Direction::Bullish,
        invalidation: 132.0,
        target: 172.0,
        strength: 0.7,
    },
    Drawing {
        kind: Kind::BullPennant,
        percent: 1.0,
        turns: &[
            (0, 110.0),
            (10, 100.0),
            (20, 140.0),
            (24, 132.0),
            (28, 138.0),
            (32, 134.0),
            (37, 139.0),
            (47, 179.0),
        ],
        changes: &[(State::Forming, 34), (State::Confirmed, 35), (State::Reached, 46)],
        points: &[10, 20, 24, 28, 32],
        direction: Direction::Bullish,
        invalidation: 132.0,
        target: 174.0,
        strength: 0.7,
    },
    Drawing {
        kind: Kind::ElliottZigzag,
        percent: 1.0,
        turns: &[
            (0, 100.0),
            (10, 120.0),
            (20, 108.0),
            (30, 145.0),
            (40, 133.0),
            (50, 149.0),
            (60, 135.0),
            (70, 142.0),
            (80, 126.0),
            (140, 186.0),
        ],
        changes: &[(State::Forming, 82), (State::Confirmed, 97), (State::Reached, 129)],
        points: &[0, 10, 20, 30, 40, 50, 60, 70, 80],
        direction: Direction::Bullish,
        invalidation: 126.0,
        target: 175.0,
        // Waves 2, 3, 4, 5, B and C are usual; the depths of 2 and 4 differ by 0.276.
        strength: 1.0,
    },
];

#[test]
fn a_drawn_pattern_is_found_once_at_its_bar_and_with_its_levels() {
    for it in &DRAWINGS {
        let bars = draw(it.turns);
        let found = changes(it.kind, it.percent, &bars);
        let states: Vec<(State, u64)> = found.iter().map(|it| (it.state, it.changed_at)).collect();
        assert_eq!(states, it.changes, "{:?}: {found:#?}", it.kind);
        let last = found.last().unwrap();
        assert_eq!(last.kind, it.kind);
        assert_eq!(last.direction, it.direction, "{:?}", it.kind);
        assert_eq!(last.points.iter().map(|p| p.at).collect::<Vec<_>>(), it.points, "{:?}", it.kind);
        assert_eq!(last.from, it.points[0]);
        assert!(found.iter().all(|of| of.known_at == it.changes[0].1), "{:?}", it.kind);
        let near = |a: Option<f64>, b: f64| (a.unwrap() - b).abs() < 1e-9;
        assert!(near(last.invalidation, it.invalidation), "{:?}: {last:?}", it.kind);
        assert!(near(last.target, it.target), "{:?}: {last:?}", it.kind);
        assert!((last.strength - it.strength).abs() < 1e-9, "{:?}: {}", it.kind, last.strength);
        // Nothing points where the direction is open.
        let first = &found[0];
        assert_eq!(first.direction == Direction::Open, first.invalidation.is_none());
        assert_eq!(first.direction == Direction::Open, first.target.is_none());
    }
}

#[test]
fn upside_down_it_is_the_mirror_to_the_bit() {
    for it in &DRAWINGS {
        assert_mirrored(it.kind, it.percent, &draw(it.turns));
    }
    for it in &HARMONICS {
        assert_mirrored(it.0, 2.0, &draw(&harmonic(it)));
    }
}

#[test]
fn scaled_by_powers_of_two_it_is_the_same_to_the_bit() {
    for (it, scale) in DRAWINGS.iter().flat_map(|it| [0.0625, 1024.0].map(|scale| (it, scale))) {
        let bars = draw(it.turns);
        let scaled: Vec<Bar> = bars
            .iter()
            .map(|b| Bar { high: b.high * scale, low: b.low * scale, close: b.close * scale, ..*b })
            .collect();
        let (a, b) = (changes(it.kind, it.percent, &bars), changes(it.kind, it.percent, &scaled));
        assert_eq!(a.len(), b.len());
        for (a, b) in a.iter().zip(&b) {
            assert_eq!((a.state, a.changed_at, a.known_at), (b.state, b.changed_at, b.known_at));
            assert_eq!(a.strength.to_bits(), b.strength.to_bits());
            assert_eq!(a.target.map(|it| it * scale), b.target);
            assert_eq!(a.invalidation.map(|it| it * scale), b.invalidation);
        }
    }
}

/// For each rule a drawing that just keeps it and one that just breaks it: one turn of a drawing above is moved.
#[test]
fn a_rule_broken_by_little_is_a_rule_broken() {
    let cases: [(Kind, usize, u32, f64, f64); 21] = [
        // The right shoulder: 2.25 is allowed, 0.15 of 15.
        (Kind::HeadShoulders, 5, 50, 102.2, 102.3),
        (Kind::HeadShoulders, 5, 50, 97.8, 97.7),
        // The head must stand out by 0.15 of its height over the neckline.
        (Kind::HeadShoulders, 3, 30, 100.9, 100.88),
        // The rise into it starts below the neckline.
        (Kind::HeadShoulders, 0, 0, 94.9, 95.0),
        // The second top: 0.15 of the height from the higher one.
        (Kind::DoubleTop, 3, 40, 111.7, 111.8),
        (Kind::DoubleTop, 3, 40, 108.51, 108.49),
        (Kind::DoubleTop, 0, 0, 99.9, 100.0),
        (Kind::TripleTop, 5, 60, 111.7, 111.8),
        (Kind::TripleTop, 3, 40, 108.51, 108.49),
        // A valley half as deep as the deeper.
        (Kind::TripleTop, 4, 50, 104.9, 105.1),
        // The top of the triangle is flat to 0.1 of its height: 2 of 20.
        (Kind::AscendingTriangle, 5, 50, 111.9, 112.0),
        // The bottom rises by a quarter of the height, no less.
        (Kind::AscendingTriangle, 4, 40, 96.3, 96.0),
        // The middle top lies 0.15 of the height off the line of all three, no more.
        (Kind::AscendingTriangle, 3, 30, 114.8, 114.9),
        (Kind::SymmetricalTriangle, 4, 40, 92.7, 92.6),
        (Kind::RisingWedge, 4, 40, 97.4, 97.3),
        (Kind::Rectangle, 4, 40, 100.5, 100.6),
        (Kind::Rectangle, 5, 50, 110.9, 111.0),
        // The lines of a flag are parallel to a quarter of its height; the upper of a pennant falls by a tenth.
        (Kind::BullFlag, 4, 28, 138.8, 138.9),
        (Kind::BullPennant, 4, 28, 139.3, 139.5),
        // Wave 4 does not enter wave 1; wave 2 does not pass the start.
        (Kind::ElliottZigzag, 4, 40, 120.1, 119.9),
        (Kind::ElliottZigzag, 2, 20, 100.1, 99.9),
    ];
    for (kind, turn, at, kept, broken) in cases {
        let it = DRAWINGS.iter().find(|it| it.kind == kind).unwrap();
        let found = |price: f64| {
            let mut turns = it.turns.to_vec();
            turns[turn] = (at, price);
            let changes = changes(kind, it.percent, &draw(&turns));
            // The drawn one, not another that the move brought about.
            changes.iter().any(|c| c.points.last().unwrap().at == *it.points.last().unwrap())
        };
        assert!(found(kept), "{kind:?} turn {turn} at {kept}");
        assert!(!found(broken), "{kind:?} turn {turn} at {broken}");
    }
}

#[test]
fn one_half_is_at_most_two_and_a_half_times_as_long() {
    // Left half 20 bars, right half 50 and 51.
    for (right, count) in [(50, 1), (51, 0)] {
        let (low, end) = (30 + right / 2, 30 + right);
        let turns =
            [(0, 90.0), (10, 100.0), (20, 95.0), (30, 110.0), (low, 95.0), (end, 100.0), (end + 4, 96.0)];
        assert_eq!(changes(Kind::HeadShoulders, 2.0, &draw(&turns)).len(), count, "{right}");
    }
}

#[test]
fn a_pattern_fails_at_its_invalidation_and_expires_with_its_age() {
    // The right shoulder is passed by a close.
    let turns =
        [(0, 90.0), (10, 100.0), (20, 95.0), (30, 110.0), (40, 95.0), (50, 100.0), (53, 97.0), (60, 104.0)];
    let found = changes(Kind::HeadShoulders, 2.0, &draw(&turns));
    let states: Vec<_> = found.iter().map(|it| (it.state, it.changed_at)).collect();
    assert_eq!(states, [(State::Forming, 52), (State::Failed, 57)]);
    // Nothing happens for as long as the pattern is.
    let turns =
        [(0, 90.0), (10, 100.0), (20, 95.0), (30, 110.0), (40, 95.0), (50, 100.0), (52, 98.0), (120, 98.0)];
    let found = changes(Kind::HeadShoulders, 2.0, &draw(&turns));
    let states: Vec<_> = found.iter().map(|it| (it.state, it.changed_at)).collect();
    assert_eq!(states, [(State::Forming, 52), (State::Expired, 92)]);
    // A triangle ends where its lines meet.
    let turns = [
        (0, 100.0),
        (10, 110.0),
        (20, 94.0),
        (30, 110.0),
        (40, 102.0),
        (50, 110.0),
        (53, 107.0),
        (90, 107.0),
    ];
    let found = changes(Kind::AscendingTriangle, 2.0, &draw(&turns));
    let states: Vec<_> = found.iter().map(|it| (it.state, it.changed_at)).collect();
    assert_eq!(states, [(State::Forming, 53), (State::Expired, 60)]);
}

#[test]
fn what_its_own_last_turn_outran_is_not_said() {
    // The fall that makes the second top known ends below the target at once.
    let turns = [(0, 90.0), (20, 110.0), (30, 100.0), (40, 110.0), (41, 85.0), (45, 85.0)];
    assert_eq!(changes(Kind::DoubleTop, 4.0, &draw(&turns)), []);
    // The bar that makes C known falls through the zone at once, or just into it.
    for (price, count) in [(115.0, 0), (120.0, 2)] {
        let turns =
            [(0, 110.0), (10, 100.0), (30, 200.0), (45, 138.2), (55, 176.4), (56, price), (70, 140.0)];
        assert_eq!(changes(Kind::Gartley, 2.0, &draw(&turns)).len(), count, "{price}");
    }
    // And one that is broken out of when it becomes known is confirmed at once.
    let turns = [(0, 90.0), (20, 110.0), (30, 100.0), (40, 110.0), (41, 96.0), (45, 95.0)];
    let found = changes(Kind::DoubleTop, 4.0, &draw(&turns));
    assert_eq!(found.iter().map(|it| (it.state, it.known_at)).collect::<Vec<_>>(), [(State::Confirmed, 41)]);
}

/// B, C and D, of a pattern with X at 100 and A at 200.
const HARMONICS: [(Kind, f64, f64, f64); 6] = [
    (Kind::Gartley, 138.2, 176.4, 121.4),
    (Kind::Bat, 155.0, 182.8, 111.4),
    (Kind::Butterfly, 121.4, 170.0, 73.0),
    (Kind::Crab, 150.0, 194.3, 38.2),
    (Kind::Shark, 150.0, 215.0, 100.0),
    (Kind::Cypher, 150.0, 235.0, 128.89),
];

fn harmonic(&(_, b, c, d): &(Kind, f64, f64, f64)) -> Vec<(u32, f64)> {
    vec![(0, 110.0), (10, 100.0), (30, 200.0), (45, b), (55, c), (70, d), (110, d + 120.0)]
}

#[test]
fn a_drawn_harmonic_pattern_is_known_at_c_and_confirmed_at_d() {
    for it in &HARMONICS {
        let kind = it.0;
        let bars = draw(&harmonic(it));
        let swings = batch(SwingRule::Percent(2.0), &bars).unwrap();
        let found = changes(kind, 2.0, &bars);
        let states: Vec<_> = found.iter().map(|it| it.state).collect();
        assert_eq!(states, [State::Forming, State::Confirmed, State::Reached], "{kind:?}: {found:#?}");
        assert_eq!(found[0].known_at, swings[4].known_at, "C is the fifth swing of the series");
        assert_eq!(found[1].changed_at, swings[5].known_at);
        assert_eq!(found[1].direction, Direction::Bullish);
        let prices: Vec<f64> = found[1].points.iter().map(|p| p.price).collect();
        assert_eq!(prices, [100.0, 200.0, it.1, it.2, it.3]);
        let zone = found[0].zone.unwrap();
        assert!(zone.low < it.3 && it.3 < zone.high, "{kind:?} {zone:?}");
        assert!(found[1].strength > 0.99, "{kind:?} {}", found[1].strength);
        let from = if matches!(kind, Kind::Shark | Kind::Cypher) { it.2 } else { 200.0 };
        let target = it.3 + 0.618 * (from - it.3);
        assert!((found[1].target.unwrap() - target).abs() < 1e-9);
        let invalidation = found[0].invalidation.unwrap();
        match kind {
            Kind::Gartley | Kind::Bat | Kind::Cypher => assert_eq!(invalidation, 100.0),
            _ => assert_eq!(invalidation, zone.low),
        }
    }
}

#[test]
fn zones_by_hand() {
    let zone = |k: usize| {
        let found = changes(HARMONICS[k].0, 2.0, &draw(&harmonic(&HARMONICS[k])));
        found[0].zone.unwrap()
    };
    let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    // Gartley: 0.786 of XA, 5 per cent to each side; BC allows more.
    near(zone(0).low, 200.0 - 82.53);
    near(zone(0).high, 200.0 - 74.67);
    // Bat: 0.886 of XA, and not more than 2.618 (2.7489) of BC, which is 27.8.
    near(zone(1).low, 200.0 - 93.03_f64.min(17.2 + 2.7489 * 27.8));
    near(zone(1).high, 200.0 - 84.17);
    // Shark: 1.13 (1.1865) of XA is the lower end, 1.618 (1.5371) of BC, 65, is the upper.
    near(zone(4).low, 200.0 - 118.65);
    near(zone(4).high, 215.0 - 1.5371 * 65.0);
}

#[test]
fn a_ratio_beyond_its_tolerance_is_no_harmonic_pattern() {
    // For each the leg that is moved (B, C or D), where it is still allowed and where it is not.
    let cases = [
        (0, 'B', 141.2, 141.4),
        (0, 'B', 135.2, 135.0),
        (0, 'D', 125.2, 125.5),
        (1, 'B', 147.6, 147.4),
        (1, 'C', 196.8, 197.0),
        (2, 'B', 125.2, 125.5),
        (2, 'D', 79.2, 79.5),
        (3, 'C', 196.4, 196.6),
        (3, 'D', 46.1, 46.5),
        (4, 'C', 203.8, 203.5),
        (5, 'C', 221.0, 220.7),
    ];
    for (k, leg, kept, broken) in cases {
        let last = |price: f64| {
            let mut it = HARMONICS[k];
            match leg {
                'B' => it.1 = price,
                'C' => it.2 = price,
                _ => it.3 = price,
            }
            // D where the ratios of the moved legs want it, unless D itself is moved.
            let found = changes(it.0, 2.0, &draw(&harmonic(&it)));
            if leg == 'D' {
                found.get(1).map(|it| it.state) == Some(State::Confirmed)
            } else {
                !found.is_empty()
            }
        };
        assert!(last(kept), "{:?} {leg} at {kept}", HARMONICS[k].0);
        assert!(!last(broken), "{:?} {leg} at {broken}", HARMONICS[k].0);
    }
}

#[test]
fn a_harmonic_pattern_fails_when_the_price_passes_or_misses_its_zone() {
    // Through the zone, and turned before it.
    for d in [110.0, 130.0] {
        let found = changes(Kind::Gartley, 2.0, &draw(&harmonic(&(Kind::Gartley, 138.2, 176.4, d))));
        let states: Vec<_> = found.iter().map(|it| it.state).collect();
        assert_eq!(states, [State::Forming, State::Failed], "{d}");
    }
}

fn waves(prices: &[f64]) -> Vec<Bar> {
    let mut turns: Vec<(u32, f64)> =
        prices.iter().enumerate().map(|(i, &price)| (10 * i as u32, price)).collect();
    let n = prices.len();
    // A turn, so that the last price is a swing.
    let back = (prices[n - 2] - prices[n - 1]).signum() * 3.0;
    turns.push((10 * n as u32, prices[n - 1] + back));
    draw(&turns)
}

fn counted(prices: &[f64]) -> Option<Found> {
    let swings = batch(SwingRule::Percent(1.0), &waves(prices)).unwrap();
    assert_eq!(swings.len(), prices.len(), "each price is a turn");
    count(&swings, &Rules::default())
}

#[test]
fn waves_are_counted_where_the_rules_hold_and_nowhere_else() {
    let kind = |prices: &[f64]| counted(prices).map(|it| it.kind);
    let impulse = [100.0, 120.0, 108.0, 145.0, 133.0, 149.0];
    let it = counted(&impulse).unwrap();
    assert_eq!((it.kind, it.direction), (Kind::ElliottImpulse, Direction::Bearish));
    assert_eq!((it.invalidation, it.target), (Some(149.0), Some(133.0)));
    assert!((it.strength - 1.0).abs() < 1e-9);
    let it = counted(&impulse[..5]).unwrap();
    assert_eq!((it.kind, it.direction), (Kind::ElliottFifth, Direction::Bullish));
    assert_eq!((it.invalidation, it.upper.unwrap().price), (Some(120.0), 145.0));
    assert!((it.target.unwrap() - (133.0 + 0.618 * 45.0)).abs() < 1e-9);

    // Wave 2 at the start of wave 1 and beyond it.
    assert_eq!(kind(&[100.0, 120.0, 100.0, 145.0, 133.0]), None);
    assert_eq!(kind(&[100.0, 120.0, 99.0, 145.0, 133.0]), None);
    // Wave 4 at the end of wave 1 and inside of it.
    assert_eq!(kind(&[100.0, 120.0, 108.0, 145.0, 120.0]), None);
    assert_eq!(kind(&[100.0, 120.0, 108.0, 145.0, 119.0]), None);
    // Wave 3 as the shortest, then as the second shortest.
    assert_eq!(kind(&[100.0, 120.0, 108.0, 127.0, 122.0, 142.0]), None);
    assert_eq!(kind(&[100.0, 120.0, 108.0, 127.0, 122.0, 140.0]), Some(Kind::ElliottImpulse));
    // A truncated fifth.
    assert_eq!(kind(&[100.0, 120.0, 108.0, 145.0, 133.0, 144.0]), None);
    // Corrections: a zigzag, a flat, B beyond 1.382 of A, C short of A, C beyond the start.
    let corrected = |abc: [f64; 3]| kind(&[&impulse[..], &abc[..]].concat());
    assert_eq!(corrected([135.0, 142.0, 126.0]), Some(Kind::ElliottZigzag));
    assert_eq!(corrected([135.0, 148.0, 132.0]), Some(Kind::ElliottFlat));
    assert_eq!(corrected([135.0, 155.0, 132.0]), None);
    assert_eq!(corrected([135.0, 142.0, 136.0]), None);
    assert_eq!(corrected([135.0, 142.0, 99.0]), None);
    // Nothing, and too little.
    assert_eq!(count(&[], &Rules::default()), None);
    assert_eq!(kind(&impulse[..4]), None);
}

#[test]
fn a_count_is_less_sure_the_farther_the_waves_are_from_the_usual() {
    let usual = counted(&[100.0, 120.0, 108.0, 145.0, 133.0, 149.0]).unwrap().strength;
    // Wave 2 takes back 0.85, wave 4 0.182, wave 3 is 1.1 times wave 1; the others are usual.
    let unusual = counted(&[100.0, 120.0, 103.0, 125.0, 121.0, 140.0]).unwrap().strength;
    let by_hand = [1.0 - 0.232 / 0.382, 1.0 - (0.236 - 4.0 / 22.0) / 0.236, 1.0 - 0.518, 1.0, 1.0];
    assert!((unusual - by_hand.iter().sum::<f64>() / 5.0).abs() < 1e-9, "{unusual}");
    assert!(unusual < usual);
}
