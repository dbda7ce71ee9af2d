//! Harmonic patterns: four legs X, A, B, C, D whose lengths stand in set ratios.
//!
//! | pattern | B of XA | C of AB | D of XA | CD of BC | source |
//! |---|---|---|---|---|---|
//! | Gartley | 0.618 | 0.382 to 0.886 | 0.786 | 1.13 to 1.618 | Pesavento 1997; Carney 2010 |
//! | Bat | 0.382 to 0.5 | 0.382 to 0.886 | 0.886 | 1.618 to 2.618 | Carney 2010 |
//! | Butterfly | 0.786 | 0.382 to 0.886 | 1.27 | 1.618 to 2.24 | Gilmore; Pesavento 1997; Carney 2010 |
//! | Crab | 0.382 to 0.618 | 0.382 to 0.886 | 1.618 | 2.24 to 3.618 | Carney 2010 |
//! | Shark | any below 1 | 1.13 to 1.618 | 0.886 to 1.13 | 1.618 to 2.24 | Carney 2016 |
//! | Cypher | 0.382 to 0.618 | to 1.272 to 1.414 of XA | 0.786 of XC | any | Oglesbee |
//!
//! Carney, Harmonic Trading, volumes 1 and 2 (2010) and 3 (2016), who calls the points of the Shark 0, X, A, B and C; Pesavento,
//! Fibonacci Ratios with Pattern Recognition (1997). The tolerance widens each ratio by a part of itself.
//!
//! Known when C is known to be a swing. The zone in which it should turn is where the range of D by XA (or XC) meets that
//! by BC. The next swing decides: inside the zone it is D, and the pattern is confirmed; a price beyond the zone, or a swing
//! before it, and it has failed. Until then the price must still go to D, against the way in which the pattern points; the bar
//! that first reaches into the zone is kept (`Found::entered_at`). Strength is the mean over the ratios that have one place or range: 1 inside the range as
//! printed, falling to 0 at its tolerance; D takes part once it is known. Void by a close beyond X where D lies within XA, else by
//! one beyond the zone. The target is 0.618 of AD from D, of CD for the Shark and the Cypher (from the middle of the zone
//! while D is awaited).

use super::define::Definition;
use super::found::{Found, Kind, Zone};
use super::rules::Rules;
use super::shape::{Shape, above, at_least, at_most};
use super::swings::Swing;

/// The ratios of one pattern, each from and to.
struct Ratios {
    kind: Kind,
    /// Of XA; none where any below 1 will do.
    b: Option<(f64, f64)>,
    /// Of AB, or of XA as a whole where `by_c`.
    c: (f64, f64),
    /// Of XA, or of XC where `by_c`.
    d: (f64, f64),
    /// Of BC; none where any will do.
    cd: Option<(f64, f64)>,
    by_c: bool,
}

const C: (f64, f64) = (0.382, 0.886);

/// How much of the move to D should be taken back.
const TAKEN_BACK: f64 = 0.618;

/// What is asked of a kind, as it stands upright: A a high, D a low.
pub(super) fn definition(kind: Kind) -> Definition {
    let place = ALL.iter().position(|it| it.kind == kind);
    let of = &ALL[place.expect("a harmonic kind has its ratios")];
    let range = |(from, to): (f64, f64)| if from < to { format!("{from} to {to}") } else { from.to_string() };
    let b = of.b.map_or_else(
        || "(A - B) / (A - X) < 1".to_owned(),
        |it| format!("(A - B) / (A - X) = {}", range(it)),
    );
    let c = if of.by_c { "(C - X) / (A - X)" } else { "(C - B) / (A - B)" };
    let d = if of.by_c { "(C - D) / (C - X)" } else { "(A - D) / (A - X)" };
    let cd = of.cd.map_or_else(String::new, |it| format!(" and (C - D) / (C - B) = {}", range(it)));
    let void = if of.is_within() { "X" } else { "the far end of the zone" };
    let from = if measured_from(kind) == 3 { "C" } else { "A" };
    Definition {
        points: "five turns in a row X A B C D: lows X B D, highs A C; X to C make it known, D is awaited",
        terms: "each ratio may lie off its place or range by the part `tolerance` of it; the zone of D = the prices at which the ratios \
                of D hold"
            .to_owned(),
        rules: vec![format!("{b}; {c} = {}", range(of.c)), format!("zone: {d} = {}{cd}", range(of.d))],
        levels: vec![
            format!(
                "confirmed: the turn after C lies in the zone, and is D; failed: it does not, or a bar reaches beyond the zone; invalidation: {void}"
            ),
            format!("target: D + {TAKEN_BACK} ({from} - D), from the middle of the zone while D is awaited"),
        ],
    }
}

impl Ratios {
    /// Whether D lies between X and the other end of its leg.
    fn is_within(&self) -> bool {
        self.by_c || self.d.1 < 1.0
    }
}

const ALL: [Ratios; 6] = [
    Ratios {
        kind: Kind::Gartley,
        b: Some((0.618, 0.618)),
        c: C,
        d: (0.786, 0.786),
        cd: Some((1.13, 1.618)),
        by_c: false,
    },
    Ratios {
        kind: Kind::Bat,
        b: Some((0.382, 0.5)),
        c: C,
        d: (0.886, 0.886),
        cd: Some((1.618, 2.618)),
        by_c: false,
    },
    Ratios {
        kind: Kind::Butterfly,
        b: Some((0.786, 0.786)),
        c: C,
        d: (1.27, 1.27),
        cd: Some((1.618, 2.24)),
        by_c: false,
    },
    Ratios {
        kind: Kind::Crab,
        b: Some((0.382, 0.618)),
        c: C,
        d: (1.618, 1.618),
        cd: Some((2.24, 3.618)),
        by_c: false,
    },
    Ratios {
        kind: Kind::Shark,
        b: None,
        c: (1.13, 1.618),
        d: (0.886, 1.13),
        cd: Some((1.618, 2.24)),
        by_c: false,
    },
    Ratios {
        kind: Kind::Cypher,
        b: Some((0.382, 0.618)),
        c: (1.272, 1.414),
        d: (0.786, 0.786),
        cd: None,
        by_c: true,
    },
];

/// The prices from which, and the length of which, ratios are parts, and the largest without its sign.
struct Legs {
    x: f64,
    a: f64,
    b: f64,
    c: f64,
    size: f64,
}

impl Legs {
    fn of([x, a, b, c]: [f64; 4], size: f64) -> Legs {
        Legs { x, a, b, c, size }
    }

    /// How well B and C fit; none if one is outside its tolerance.
    fn fit(&self, of: &Ratios, tolerance: f64) -> Option<Scores> {
        let of_xa = self.a - self.x;
        let b = (self.a - self.b) / of_xa;
        let (c, of_c) = if of.by_c {
            ((self.c - self.x) / of_xa, of_xa)
        } else {
            let of_ab = self.a - self.b;
            ((self.c - self.b) / of_ab, of_ab)
        };
        let mut scores = Scores::default();
        match of.b {
            Some(range) => scores.add(score(b, range, tolerance, self.size / of_xa)?),
            None if b < 1.0 => {}
            None => return None,
        }
        scores.add(score(c, of.c, tolerance, self.size / of_c)?);
        Some(scores)
    }

    /// Where D should lie, lowest and highest, for a pattern whose D is a low.
    fn zone(&self, of: &Ratios, tolerance: f64) -> Option<(f64, f64)> {
        let (low, high) = (1.0 - tolerance, 1.0 + tolerance);
        let (start, leg) = if of.by_c { (self.c, self.c - self.x) } else { (self.a, self.a - self.x) };
        let mut zone = (start - of.d.1 * high * leg, start - of.d.0 * low * leg);
        if let Some((least, most)) = of.cd {
            let leg = self.c - self.b;
            zone.0 = zone.0.max(self.c - most * high * leg);
            zone.1 = zone.1.min(self.c - least * low * leg);
        }
        above(zone.1, zone.0, self.size).then_some(zone)
    }

    /// Adds how well D fits.
    fn fit_d(&self, of: &Ratios, d: f64, tolerance: f64, scores: &mut Scores) {
        let (start, leg) = if of.by_c { (self.c, self.c - self.x) } else { (self.a, self.a - self.x) };
        // Inside the zone both ratios are within their tolerance, but for rounding.
        scores.add(score((start - d) / leg, of.d, tolerance, self.size / leg).unwrap_or(0.0));
        if let Some(cd) = of.cd {
            let leg = self.c - self.b;
            scores.add(score((self.c - d) / leg, cd, tolerance, self.size / leg).unwrap_or(0.0));
        }
    }
}

/// The mean of scores that come one by one.
#[derive(Default)]
struct Scores {
    sum: f64,
    count: f64,
}

impl Scores {
    fn add(&mut self, score: f64) {
        self.sum += score;
        self.count += 1.0;
    }

    fn mean(&self) -> f64 {
        self.sum / self.count
    }
}

/// 1 inside the range, falling to 0 where the tolerance ends; none beyond. `size` is that of the prices in the leg of the ratio.
fn score(ratio: f64, (from, to): (f64, f64), tolerance: f64, size: f64) -> Option<f64> {
    let off = if ratio < from {
        (from - ratio) / from
    } else if ratio > to {
        (ratio - to) / to
    } else if ratio.is_nan() {
        return None;
    } else {
        0.0
    };
    at_most(off, tolerance, size / from).then(|| (1.0 - off / tolerance).max(0.0))
}

/// Hands the harmonic patterns of `wanted` whose C is the last swing to `each`.
pub(super) fn harmonics(swings: &[Swing], rules: &Rules, wanted: u32, mut each: impl FnMut(Found)) {
    // C is a high where D is to be a low.
    let Some(s) = Shape::ending_high(swings, 4) else { return };
    if s.bars(0, 3) > f64::from(rules.bars_max) {
        return;
    }
    let legs = Legs::of([s.y(0), s.y(1), s.y(2), s.y(3)], s.size());
    let tolerance = rules.ratio_tolerance;
    for of in ALL.iter().filter(|of| wanted & of.kind.bit() != 0) {
        let Some(scores) = legs.fit(of, tolerance) else { continue };
        let Some((low, high)) = legs.zone(of, tolerance) else { continue };
        let mut found = s.found(of.kind, s.sign, 0, &[scores.mean()]);
        found.invalidation = Some(s.sign * if of.is_within() { legs.x } else { low });
        let (low, high) = (s.sign * low, s.sign * high);
        found.zone = Some(Zone { low: low.min(high), high: low.max(high) });
        let d = 0.5 * (low + high);
        found.target = Some(d + TAKEN_BACK * (s.swings[measured_from(of.kind)].price - d));
        each(found);
    }
}

/// What becomes of a harmonic pattern that awaits D when the next swing is known: whether it is D.
pub(super) fn complete(found: &mut Found, swing: &Swing, rules: &Rules) -> bool {
    let Some(of) = ALL.iter().find(|it| it.kind == found.kind) else { return false };
    let Some(zone) = found.zone else { return false };
    if !(at_least(swing.price, zone.low, found.size) && at_most(swing.price, zone.high, found.size)) {
        return false;
    }
    let sign = found.direction.sign();
    let y = |i: usize| sign * found.points[i].price;
    let legs = Legs::of([y(0), y(1), y(2), y(3)], found.size);
    let tolerance = rules.ratio_tolerance;
    if let Some(mut scores) = legs.fit(of, tolerance) {
        legs.fit_d(of, sign * swing.price, tolerance, &mut scores);
        found.strength = scores.mean();
    }
    found.points.add(swing);
    let from = found.points[measured_from(found.kind)].price;
    found.target = Some(swing.price + TAKEN_BACK * (from - swing.price));
    true
}

/// The place of the point from which the move to D is measured: C where it lies beyond A, else A.
fn measured_from(kind: Kind) -> usize {
    if matches!(kind, Kind::Shark | Kind::Cypher) { 3 } else { 1 }
}
