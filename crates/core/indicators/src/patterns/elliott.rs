//! Elliott waves, counted only where the rules hold: five waves of an impulse and the three of its correction.
//!
//! Source: Frost and Prechter, Elliott Wave Principle (1978). The three rules: wave 2 does not go beyond the start of wave 1;
//! wave 3 is never the shortest of 1, 3 and 5; wave 4 does not enter the price territory of wave 1. Also asked for: wave 3
//! ends beyond wave 1, and wave 5 beyond wave 3 (a truncated fifth is not counted). In a correction wave B takes back less
//! than 0.9 of A (zigzag) or 0.9 to 1.382 of it (flat), C ends beyond A, and all of it stays beyond the start of the
//! impulse. Waves are the legs between neighbouring swings: one degree, that of the swing rule; diagonals, triangles and
//! combinations are not counted.
//!
//! Strength is the confidence: the mean of the guidelines, each 1 inside its usual range and falling to 0 with the distance
//! from it: wave 2 takes back 0.5 to 0.618 of wave 1, wave 4 takes back 0.236 to 0.382 of wave 3, wave 3 is 1.618 to 2.618
//! times wave 1, waves 2 and 4 differ in depth (alternation), wave 5 is 0.618 to 1 times wave 1; of a correction B and C
//! too.

use super::define::Definition;
use super::found::{Found, Kind, Line};
use super::rules::Rules;
use super::shape::{Shape, above, at_least, at_most};
use super::swings::Swing;

/// The usual range of a guideline, and how far outside of it its score is 0.
struct Usual {
    from: f64,
    to: f64,
    reach: f64,
}

const fn usual(from: f64, to: f64, reach: f64) -> Usual {
    Usual { from, to, reach }
}

/// What wave 2 takes back of wave 1.
const SECOND: Usual = usual(0.5, 0.618, 0.382);
/// What wave 4 takes back of wave 3.
const FOURTH: Usual = usual(0.236, 0.382, 0.236);
/// Wave 3 in waves 1.
const THIRD: Usual = usual(1.618, 2.618, 1.0);
/// Wave 5 in waves 1.
const FIFTH: Usual = usual(0.618, 1.0, 0.6);
/// By how much waves 2 and 4 differ in depth where they alternate.
const ALTERNATION: f64 = 0.236;
/// What wave B takes back of A: of a zigzag less than this, of a flat as much or more.
const FLAT_MIN: f64 = 0.9;
/// What wave B takes back of A at most.
const BACK_MAX: f64 = 1.382;
const ZIGZAG_B: Usual = usual(0.382, 0.618, 0.3);
const ZIGZAG_C: Usual = usual(1.0, 1.618, 0.6);
const FLAT_B: Usual = usual(0.9, 1.05, 0.332);
const FLAT_C: Usual = usual(1.0, 1.382, 0.6);
/// Wave 5 at least, in parts of waves 1 to 3.
const FIFTH_OF_THREE: f64 = 0.618;

impl std::fmt::Display for Usual {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Usual { from, to, reach } = self;
        write!(f, "{from} to {to} (0 at {reach} outside)")
    }
}

/// What is asked of a kind, as it stands upright: an impulse that rises.
pub(super) fn definition(kind: Kind) -> Definition {
    let four = "P2 > P0; P3 > P1; P4 > P1".to_owned();
    let five = "P5 > P3; wave 3 is not the shortest of 1, 3 and 5".to_owned();
    let guides = format!(
        "usual: wave 2 / wave 1 {SECOND}; wave 4 / wave 3 {FOURTH}; wave 3 / wave 1 {THIRD}; depths of 2 and 4 differ by {ALTERNATION} or more"
    );
    let guides_five = format!("{guides}; wave 5 / wave 1 {FIFTH}");
    let correction = |b: &Usual, c: &Usual, back: String| Definition {
        points: "nine turns in a row P0 to P5 and A B C: lows P0 P2 P4 A C, highs P1 P3 P5 B",
        terms: "wave k = |Pk - P(k - 1)|; back = (B - A) / (P5 - A)".to_owned(),
        rules: vec![
            four.clone(),
            five.clone(),
            format!("{back}; C < A; C > P0"),
            format!("{guides_five}; back {b}; (B - C) / (P5 - A) {c}"),
        ],
        levels: vec![
            "confirmed: close > B; invalidation: C".to_owned(),
            "target: C + P5 - P0, where that lies beyond B".to_owned(),
        ],
    };
    match kind {
        Kind::ElliottFifth => Definition {
            points: "five turns in a row P0 to P4: lows P0 P2 P4, highs P1 P3",
            terms: "wave k = |Pk - P(k - 1)|".to_owned(),
            rules: vec![four, guides],
            levels: vec![
                "confirmed: close > P3; invalidation: P1".to_owned(),
                format!("target: P4 + max(wave 1, {FIFTH_OF_THREE} (P3 - P0)), where that lies beyond P3"),
            ],
        },
        Kind::ElliottImpulse => Definition {
            points: "six turns in a row P0 to P5: lows P0 P2 P4, highs P1 P3 P5; it points against the impulse",
            terms: "wave k = |Pk - P(k - 1)|".to_owned(),
            rules: vec![four, five, guides_five],
            levels: vec![
                "confirmed: close < the line through P2 and P4; invalidation: P5".to_owned(),
                "target: P4".to_owned(),
            ],
        },
        Kind::ElliottFlat => correction(&FLAT_B, &FLAT_C, format!("{FLAT_MIN} <= back <= {BACK_MAX}")),
        _ => correction(&ZIGZAG_B, &ZIGZAG_C, format!("back < {FLAT_MIN}")),
    }
}

/// The fullest count that ends at the last of `swings` and breaks no rule: an impulse with its correction, an impulse, or
/// its first four waves. None when there is no such count; none is forced.
#[must_use]
pub fn count(swings: &[Swing], rules: &Rules) -> Option<Found> {
    correction(swings, rules).or_else(|| impulse(swings, rules)).or_else(|| fifth(swings, rules))
}

/// Waves 1 to 4. Confirmed by a close beyond the end of wave 3, void by one inside wave 1. The target is wave 5 as long as wave
/// 1, or 0.618 of waves 1 to 3, whichever is farther.
pub(super) fn fifth(swings: &[Swing], rules: &Rules) -> Option<Found> {
    let s = Shape::ending_low(swings, 5)?;
    let scores = four_waves(&s).filter(|_| s.bars(0, 4) <= f64::from(rules.bars_max))?;
    let mut found = s.found(Kind::ElliottFifth, s.sign, 0, &scores);
    (found.upper, found.lower) = s.turned(Some(Line::level(&s.swings[3])), None);
    found.invalidation = Some(s.swings[1].price);
    let length = (s.y(1) - s.y(0)).max(FIFTH_OF_THREE * (s.y(3) - s.y(0)));
    let target = s.y(4) + length;
    found.target = above(target, s.y(3), s.size()).then_some(s.sign * target);
    Some(found)
}

/// Waves 1 to 5, against which a correction is due. Confirmed by a close beyond the line from wave 2 to wave 4, void by one
/// beyond the end of wave 5. The target is the end of wave 4.
pub(super) fn impulse(swings: &[Swing], rules: &Rules) -> Option<Found> {
    let s = Shape::ending_high(swings, 6)?;
    let scores = five_waves(&s).filter(|_| s.bars(0, 5) <= f64::from(rules.bars_max))?;
    let mut found = s.found(Kind::ElliottImpulse, -s.sign, 0, &scores);
    (found.upper, found.lower) = s.turned(None, Some(s.line(2, 4)));
    found.invalidation = Some(s.swings[5].price);
    found.target = Some(s.swings[4].price);
    Some(found)
}

/// An impulse and its correction A, B, C. Confirmed by a close beyond the end of B, void by one beyond the end of C. The
/// target is a leg as long as the impulse from the end of C.
pub(super) fn correction(swings: &[Swing], rules: &Rules) -> Option<Found> {
    let s = Shape::ending_low(swings, 9)?;
    let impulse = five_waves(&s).filter(|_| s.bars(0, 8) <= f64::from(rules.bars_max))?;
    let [start, top, a, b, c] = [0, 5, 6, 7, 8].map(|i| s.y(i));
    let back = (b - a) / (top - a);
    let size = s.size() / (top - a);
    if !(c < a && c > start && at_most(back, BACK_MAX, size)) {
        return None;
    }
    let length = (b - c) / (top - a);
    let (kind, near_b, near_c) = if at_least(back, FLAT_MIN, size) {
        (Kind::ElliottFlat, near(back, &FLAT_B), near(length, &FLAT_C))
    } else {
        (Kind::ElliottZigzag, near(back, &ZIGZAG_B), near(length, &ZIGZAG_C))
    };
    let [w2, w4, w3, alternation, w5] = impulse;
    let scores = [w2, w4, w3, alternation, w5, near_b, near_c];
    let mut found = s.found(kind, s.sign, 0, &scores);
    (found.upper, found.lower) = s.turned(Some(Line::level(&s.swings[7])), None);
    found.invalidation = Some(s.swings[8].price);
    let target = c + (top - start);
    found.target = above(target, b, s.size()).then_some(s.sign * target);
    Some(found)
}

/// The guidelines of the first four waves from the first point on, if the rules hold: waves 2, 4, 3 and alternation.
fn four_waves(s: &Shape<'_>) -> Option<[f64; 4]> {
    let [p0, p1, p2, p3, p4] = [0, 1, 2, 3, 4].map(|i| s.y(i));
    if !(p2 > p0 && p3 > p1 && p4 > p1) {
        return None;
    }
    let (second, fourth) = ((p1 - p2) / (p1 - p0), (p3 - p4) / (p3 - p2));
    Some([
        near(second, &SECOND),
        near(fourth, &FOURTH),
        near((p3 - p2) / (p1 - p0), &THIRD),
        ((second - fourth).abs() / ALTERNATION).min(1.0),
    ])
}

/// As [`four_waves`], with the fifth.
fn five_waves(s: &Shape<'_>) -> Option<[f64; 5]> {
    let [w2, w4, w3, alternation] = four_waves(s)?;
    let (first, third, fifth) = (s.y(1) - s.y(0), s.y(3) - s.y(2), s.y(5) - s.y(4));
    let size = s.size();
    let is_shortest = above(first, third, size) && above(fifth, third, size);
    if s.y(5) <= s.y(3) || is_shortest {
        return None;
    }
    Some([w2, w4, w3, alternation, near(fifth / first, &FIFTH)])
}

/// 1 inside the range, falling to 0 at `reach` outside of it.
fn near(ratio: f64, &Usual { from, to, reach }: &Usual) -> f64 {
    let off = (from - ratio).max(ratio - to).max(0.0);
    (1.0 - off / reach).max(0.0)
}
