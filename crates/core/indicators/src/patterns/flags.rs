//! Flags and pennants: a steep leg, the pole, and a small channel or triangle that takes little of it back.
//!
//! Source: Bulkowski, Encyclopedia of Chart Patterns (2nd ed. 2005): a steep and quick pole; parallel lines that are flat or
//! lean against it (flag) or lines that meet (pennant); confirmed by a close beyond the line on the pole's side; measured by
//! the pole's length from the far side of the flag. Here: the pole is one leg between two swings, at least twice as long as the flag
//! is high, and the flag lasts at most six times as many bars as the pole. Of a flag the lower line rises by no more than `flat`,
//! and the lines move by the same to within `slope`; of a pennant the upper line falls and the lower rises by more than
//! `flat` each, and by `slope` together. Both are counted over the flag, in parts of its height at the pole. The upper swing is not
//! above the pole, and no more than `retrace` of the pole is taken back.
//!
//! Strength is the mean of how little is taken back (1 nothing, 0 at the limit), how parallel a flag's lines are (a pennant: how
//! equally its lines close), and how volume dries up from the pole to the flag.

use super::define::Definition;
use super::found::{Found, Kind};
use super::rules::Rules;
use super::shape::{Shape, above, at_least, at_most, closeness};
use super::swings::Swing;

/// How many times as long as the flag is high the pole must be.
const POLE_MIN: f64 = 2.0;
/// How many times as many bars as the pole the flag may last.
const BARS_MAX: f64 = 6.0;

/// What is asked of a kind, as it stands upright.
pub(super) fn definition(kind: Kind, rules: &Rules) -> Definition {
    let Rules { flat, slope, retrace, .. } = rules;
    let lines = match kind {
        Kind::BullFlag | Kind::BearFlag => format!("flag: l <= {flat}, |u - l| <= {slope}"),
        _ => format!("pennant: u < -{flat}, l > {flat}, l - u >= {slope}"),
    };
    Definition {
        points: "five turns in a row S T A B C: lows S A C, highs T B",
        terms: "pole = T - S; upper = the line through T and B, lower through A and C; height = T - lower at T; u, l = rise of upper and \
                lower from T to C, in heights; taken = T - min(A, C)"
            .to_owned(),
        rules: vec![
            lines,
            format!("pole >= {POLE_MIN} height; T to C has at most {BARS_MAX} times the bars of S to T"),
            format!("B <= T; taken <= {retrace} pole; upper > lower"),
        ],
        levels: vec![
            "confirmed: close > upper; invalidation: min(A, C)".to_owned(),
            "target: C + pole".to_owned(),
        ],
    }
}

/// A flag or pennant that ends at the last swing. Points: start and end of the pole, then three more of the flag.
pub(super) fn flag(swings: &[Swing], rules: &Rules) -> Option<Found> {
    let s = Shape::ending_low(swings, 5)?;
    let [start, top, dip, other, last] = [0, 1, 2, 3, 4];
    let pole = s.y(top) - s.y(start);
    let floor = s.y(dip).min(s.y(last));
    let taken = s.y(top) - floor;
    let height = s.y(top) - s.through(dip, last, top);
    let known_at = s.swings[last].known_at;
    let (upper, lower) = (s.line(top, other), s.line(dip, last));
    let width = s.sign * (upper.price_at(known_at) - lower.price_at(known_at));
    let size = s.size();
    let sound = above(height, 0.0, size)
        && above(width, 0.0, size)
        && s.y(other) <= s.y(top)
        && at_most(taken, rules.retrace * pole, size)
        && at_least(pole, POLE_MIN * height, size)
        && s.bars(top, last) <= BARS_MAX * s.bars(start, top)
        && s.bars(start, last) <= f64::from(rules.bars_max);
    if !sound {
        return None;
    }
    // The rises of both lines are parts of the height, and so is rounding.
    let size = size / height;
    let over = (s.through(top, other, last) - s.y(top)) / height;
    let under = (s.y(last) - s.through(dip, last, top)) / height;
    let is_flag = at_most(under, rules.flat, size) && at_most((over - under).abs(), rules.slope, size);
    let (kind, regularity) = if is_flag {
        (Kind::BullFlag, closeness(over - under, rules.slope))
    } else if above(-over, rules.flat, size)
        && above(under, rules.flat, size)
        && at_least(under - over, rules.slope, size)
    {
        (Kind::BullPennant, under.min(-over) / under.max(-over))
    } else {
        return None;
    };
    let scores = [closeness(taken, rules.retrace * pole), regularity, s.drying((start, top), (top, last))];
    let mut found = s.found(s.kind(kind), s.sign, start, &scores);
    (found.upper, found.lower) = s.turned(Some(upper), Some(lower));
    found.invalidation = Some(s.sign * floor);
    found.target = Some(s.sign * (s.y(last) + pole));
    Some(found)
}
