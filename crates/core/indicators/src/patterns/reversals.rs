//! Head and shoulders, double and triple tops; their mirrors are the same upside down.
//!
//! Sources: Bulkowski, Encyclopedia of Chart Patterns (2nd ed. 2005), for what a pattern needs, its confirmation and its
//! measured move; Lo, Mamaysky and Wang, Foundations of Technical Analysis (Journal of Finance 55, 2000), definitions 1
//! and 5, for the order of the extremes and that shoulders, troughs or tops lie near each other. They measure near by a
//! part of the price, here it is a part of the pattern's height, `tolerance`. What all three need: a rise into the first top
//! from below the neckline or the valleys, and halves neither of which is more than `symmetry` times as long as the other.
//!
//! - **Head and shoulders**: left shoulder, trough, head, trough, right shoulder. Shoulders near each other, troughs near
//!   each other, the head higher than both shoulders and these higher than the neckline through the troughs by more than
//!   the tolerance. The height is that of the head over the neckline. Confirmed by a close below the neckline, void by one
//!   above the right shoulder.
//! - **Double top**: top, valley, top; the tops near each other. The height is from the higher top to the valley. Confirmed
//!   by a close below the valley, void by one above the higher top.
//! - **Triple top**: top, valley, top, valley, top; the tops near each other, each valley at least half as deep as the
//!   deeper. The height is from the highest top to the lowest valley, which a close must pass; void above the highest top.
//!
//! The target is the height down from the line at the breakout.

use super::define::Definition;
use super::found::{Found, Kind, Line};
use super::rules::Rules;
use super::shape::{Shape, above, at_least, at_most, closeness};
use super::swings::Swing;

/// How many times the height the rise into a double top is that counts in full.
const RISE_FULL: f64 = 2.0;
/// How deep each valley of a triple top must be, as a part of the deeper.
const VALLEY_MIN: f64 = 0.5;

/// What is asked of a kind, as it stands upright.
pub(super) fn definition(kind: Kind, rules: &Rules) -> Definition {
    let halves = |one: &str, other: &str| {
        format!(
            "neither of the halves {one} and {other} has more than {} times the bars of the other",
            rules.symmetry
        )
    };
    let broken = "target: the line at the breakout - height".to_owned();
    match kind {
        Kind::HeadShoulders | Kind::InverseHeadShoulders => Definition {
            points: "six turns in a row S L T H U R: highs L H R, lows S T U; the pattern is L to R",
            terms: "neck = the line through T and U; height = H - neck at H; near = tolerance * height"
                .to_owned(),
            rules: vec![
                "H > L + near, H > R + near; |L - R| <= near; |T - U| <= near".to_owned(),
                "L and R above neck by more than near; S < T, S < U".to_owned(),
                halves("L to H", "H to R"),
            ],
            levels: vec!["confirmed: close < neck; invalidation: R".to_owned(), broken],
        },
        Kind::DoubleTop | Kind::DoubleBottom => Definition {
            points: "four turns in a row S A V B: highs A B, lows S V; the pattern is A to B",
            terms: "top = max(A, B); height = top - V; near = tolerance * height".to_owned(),
            rules: vec!["|A - B| <= near; S < V".to_owned(), halves("A to V", "V to B")],
            levels: vec!["confirmed: close < V; invalidation: top".to_owned(), broken],
        },
        _ => Definition {
            points: "six turns in a row S A V B W C: highs A B C, lows S V W; the pattern is A to C",
            terms: "top = max(A, B, C); floor = min(V, W); height = top - floor; near = tolerance * height"
                .to_owned(),
            rules: vec![
                format!("top - min(A, B, C) <= near; top - max(V, W) >= {VALLEY_MIN} height; S < floor"),
                halves("A to B", "B to C"),
            ],
            levels: vec!["confirmed: close < floor; invalidation: top".to_owned(), broken],
        },
    }
}

/// Points: left shoulder, trough, head, trough, right shoulder. Strength is the mean of how near the shoulders are, how near the
/// troughs are (1 equal, 0 at the tolerance), how equally long the halves are, and how volume dries up from the rise into
/// the left shoulder to the rise into the right.
pub(super) fn head_shoulders(swings: &[Swing], rules: &Rules) -> Option<Found> {
    let s = Shape::ending_high(swings, 6)?;
    let [start, left, trough, head, other, right] = [0, 1, 2, 3, 4, 5];
    let neck = |at: usize| s.through(trough, other, at);
    let height = s.y(head) - neck(head);
    let allowed = rules.tolerance * height;
    let shoulders = s.y(left) - s.y(right);
    let troughs = s.y(trough) - s.y(other);
    let balance = s.balance((left, head), (head, right));
    let size = s.size();
    let fits = above(height, 0.0, size)
        && above(s.y(head) - s.y(left).max(s.y(right)), allowed, size)
        && at_most(shoulders.abs(), allowed, size)
        && at_most(troughs.abs(), allowed, size)
        && above(s.y(left) - neck(left), allowed, size)
        && above(s.y(right) - neck(right), allowed, size)
        && s.y(start) < s.y(trough).min(s.y(other))
        && at_least(balance * rules.symmetry, 1.0, 1.0)
        && s.bars(left, right) <= f64::from(rules.bars_max);
    if !fits {
        return None;
    }
    let scores = [
        closeness(shoulders, allowed),
        closeness(troughs, allowed),
        balance,
        s.drying((start, left), (other, right)),
    ];
    let found = s.found(s.kind(Kind::HeadShoulders), -s.sign, left, &scores);
    Some(broken_below(&s, found, s.line(trough, other), s.y(right), height))
}

/// Points: top, valley, top. Strength is the mean of how near the tops are, how equally long the halves are, how high the rise
/// into the first top is (1 from twice the height), and how volume dries up from the first rise to the second.
pub(super) fn double_top(swings: &[Swing], rules: &Rules) -> Option<Found> {
    let s = Shape::ending_high(swings, 4)?;
    let [start, top, valley, other] = [0, 1, 2, 3];
    let ceiling = s.y(top).max(s.y(other));
    let height = ceiling - s.y(valley);
    let allowed = rules.tolerance * height;
    let tops = s.y(top) - s.y(other);
    let balance = s.balance((top, valley), (valley, other));
    let fits = at_most(tops.abs(), allowed, s.size())
        && s.y(start) < s.y(valley)
        && at_least(balance * rules.symmetry, 1.0, 1.0)
        && s.bars(top, other) <= f64::from(rules.bars_max);
    if !fits {
        return None;
    }
    let rise = (s.y(top) - s.y(start)) / (RISE_FULL * height);
    let scores =
        [closeness(tops, allowed), balance, rise.clamp(0.0, 1.0), s.drying((start, top), (valley, other))];
    let found = s.found(s.kind(Kind::DoubleTop), -s.sign, top, &scores);
    Some(broken_below(&s, found, Line::level(&s.swings[valley]), ceiling, height))
}

/// Points: top, valley, top, valley, top. Each valley is at least half as deep as the deeper. Strength is the mean of how near the
/// tops are, how equally long the halves are, and how volume dries up from the first rise to the last.
pub(super) fn triple_top(swings: &[Swing], rules: &Rules) -> Option<Found> {
    let s = Shape::ending_high(swings, 6)?;
    let [start, first, valley, second, other, third] = [0, 1, 2, 3, 4, 5];
    let ceiling = s.y(first).max(s.y(second)).max(s.y(third));
    let spread = ceiling - s.y(first).min(s.y(second)).min(s.y(third));
    let floor = if s.y(valley) <= s.y(other) { valley } else { other };
    let height = ceiling - s.y(floor);
    let allowed = rules.tolerance * height;
    let balance = s.balance((first, second), (second, third));
    let size = s.size();
    let fits = at_most(spread, allowed, size)
        && at_least(ceiling - s.y(valley).max(s.y(other)), VALLEY_MIN * height, size)
        && s.y(start) < s.y(floor)
        && at_least(balance * rules.symmetry, 1.0, 1.0)
        && s.bars(first, third) <= f64::from(rules.bars_max);
    if !fits {
        return None;
    }
    let scores = [closeness(spread, allowed), balance, s.drying((start, first), (other, third))];
    let found = s.found(s.kind(Kind::TripleTop), -s.sign, first, &scores);
    Some(broken_below(&s, found, Line::level(&s.swings[floor]), ceiling, height))
}

/// A top: confirmed by a close below the line, void by one above `ceiling`, and measured down from the line.
fn broken_below(s: &Shape<'_>, found: Found, line: Line, ceiling: f64, height: f64) -> Found {
    let (upper, lower) = s.turned(None, Some(line));
    let invalidation = Some(s.sign * ceiling);
    Found { upper, lower, invalidation, measure: Some(height), ..found }
}
