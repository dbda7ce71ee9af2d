//! Triangles, wedges and rectangles: five swings between two lines.
//!
//! Sources: Bulkowski, Encyclopedia of Chart Patterns (2nd ed. 2005): at least five touches, three of one line and two of
//! the other; Lo, Mamaysky and Wang (2000), definitions 2 to 4: five extremes, tops and bottoms that rise, fall or stay.
//! The line of three points is the one of least squares, and no point may lie off it by more than the tolerance times the
//! height at the first point. How much a line rises or falls is counted over the pattern, in parts of that height.
//!
//! Strength is the mean of how near the three points are to their line (1 on it, 0 at the tolerance), the shortest leg as a part
//! of the longest (in bars), and how volume dries up from the first half to the second.

use super::define::Definition;
use super::found::{Direction, Found, Kind, Line};
use super::rules::Rules;
use super::shape::{Shape, above, at_least, at_most, closeness};
use super::swings::{Extreme, Swing};

/// What is asked of a kind, as it stands upright.
pub(super) fn definition(kind: Kind, rules: &Rules) -> Definition {
    let Rules { flat, slope, .. } = rules;
    let lines = match kind {
        Kind::AscendingTriangle | Kind::DescendingTriangle => format!("|u| <= {flat}, l >= {slope}"),
        Kind::SymmetricalTriangle => format!("u <= -{slope}, l >= {slope}"),
        Kind::RisingWedge | Kind::FallingWedge => format!("u >= {slope}, l - u >= {slope}"),
        _ => format!("|u| <= {flat}, |l| <= {flat}"),
    };
    let levels = match kind {
        Kind::AscendingTriangle | Kind::DescendingTriangle => [
            "confirmed: close > upper; invalidation: the last low point",
            "target: upper at the breakout + height",
        ],
        Kind::RisingWedge | Kind::FallingWedge => [
            "confirmed: close < lower; invalidation: the highest of the five points",
            "target: the lowest of them",
        ],
        _ => [
            "confirmed: close > upper (bullish) or close < lower (bearish); until then it has no direction, level or target",
            "invalidation: the other line at the breakout; target: the broken line at the breakout + or - height",
        ],
    };
    Definition {
        points: "five turns in a row, the first of either kind: three touch one line, two the other",
        terms: "upper, lower = lines above and below: of least squares through the three points, and through the two; height = upper - \
                lower at the first point; u, l = rise of upper and lower from first to last point, in heights"
            .to_owned(),
        rules: vec![lines, "none of the three lies off its line by more than tolerance * height; upper > lower until it is known".to_owned()],
        levels: levels.map(str::to_owned).to_vec(),
    }
}

/// A triangle, wedge or rectangle that ends at the last swing. `wanted` says which kinds.
pub(super) fn channel(swings: &[Swing], rules: &Rules, wanted: u32) -> Option<Found> {
    let mut s = Shape::ending_high(swings, 5)?;
    // Both lines are treated alike; only their places are looked up.
    let three_above = s.swings[4].extreme == Extreme::High;
    s.sign = 1.0;
    let (three, off) = fit(&s);
    let two = s.line(1, 3);
    let (upper, lower) = if three_above { (three, two) } else { (two, three) };
    let (from, to) = (s.swings[0].at, s.swings[4].at);
    let known_at = s.swings[4].known_at;
    let width = |at: u64| upper.price_at(at) - lower.price_at(at);
    let height = width(from);
    let allowed = rules.tolerance * height;
    let size = s.size();
    let sound = above(height, 0.0, size)
        && above(width(to), 0.0, size)
        && above(width(known_at), 0.0, size)
        && at_most(off, allowed, size)
        && (to - from) <= u64::from(rules.bars_max);
    if !sound {
        return None;
    }
    let rise = |line: Line| (line.price_at(to) - line.price_at(from)) / height;
    let kind = classify(rise(upper), rise(lower), size / height, rules)?;
    if wanted & kind.bit() == 0 {
        return None;
    }
    let scores = [closeness(off, allowed), evenness(&s), s.drying((0, 2), (2, 4))];
    let mut found = s.found(kind, 1.0, 0, &scores);
    found.upper = Some(upper);
    found.lower = Some(lower);
    let (mut ceiling, mut floor) = (f64::NEG_INFINITY, f64::INFINITY);
    for it in s.swings {
        ceiling = ceiling.max(it.price);
        floor = floor.min(it.price);
    }
    // Of a triangle with a side that is taken for its outcome, the last point on the other side must hold.
    let last = |extreme: Extreme| s.swings[if s.swings[4].extreme == extreme { 4 } else { 3 }].price;
    match kind {
        Kind::AscendingTriangle => {
            found.invalidation = Some(last(Extreme::Low));
            found.measure = Some(height);
        }
        Kind::DescendingTriangle => {
            found.direction = Direction::Bearish;
            found.invalidation = Some(last(Extreme::High));
            found.measure = Some(height);
        }
        Kind::RisingWedge => {
            found.direction = Direction::Bearish;
            found.invalidation = Some(ceiling);
            found.target = Some(floor);
        }
        Kind::FallingWedge => {
            found.invalidation = Some(floor);
            found.target = Some(ceiling);
        }
        _ => {
            found.direction = Direction::Open;
            found.measure = Some(height);
        }
    }
    Some(found)
}

/// The kind by how much the lines rise, in heights, as `size` is.
fn classify(upper: f64, lower: f64, size: f64, rules: &Rules) -> Option<Kind> {
    let (flat, slope) = (rules.flat, rules.slope);
    let is_flat = |rise: f64| at_most(rise.abs(), flat, size);
    let rises = |rise: f64| at_least(rise, slope, size);
    let closes = rises(lower - upper);
    if is_flat(upper) && is_flat(lower) {
        Some(Kind::Rectangle)
    } else if is_flat(upper) && rises(lower) {
        Some(Kind::AscendingTriangle)
    } else if is_flat(lower) && rises(-upper) {
        Some(Kind::DescendingTriangle)
    } else if rises(-upper) && rises(lower) {
        Some(Kind::SymmetricalTriangle)
    } else if rises(upper) && closes {
        Some(Kind::RisingWedge)
    } else if rises(-lower) && closes {
        Some(Kind::FallingWedge)
    } else {
        None
    }
}

/// The line of least squares through the first, third and fifth point, and how far the farthest lies off it.
fn fit(s: &Shape<'_>) -> (Line, f64) {
    let y = [s.y(0), s.y(2), s.y(4)];
    let x = [0.0, s.bars(0, 2), s.bars(0, 4)];
    let (mean_x, mean_y) = ((x[1] + x[2]) / 3.0, y[0] / 3.0 + y[1] / 3.0 + y[2] / 3.0);
    let (mut xx, mut xy) = (0.0, 0.0);
    for (x, y) in x.iter().zip(y) {
        xx += (x - mean_x) * (x - mean_x);
        xy += (x - mean_x) * (y - mean_y);
    }
    let slope = xy / xx;
    let line = Line { at: s.swings[0].at, price: mean_y - slope * mean_x, slope };
    let off = [0, 2, 4].map(|i| (s.y(i) - line.price_at(s.swings[i].at)).abs());
    (line, off[0].max(off[1]).max(off[2]))
}

fn evenness(s: &Shape<'_>) -> f64 {
    let legs = [0, 1, 2, 3].map(|i| s.bars(i, i + 1));
    let (mut least, mut most) = (legs[0], legs[0]);
    for leg in legs {
        least = least.min(leg);
        most = most.max(leg);
    }
    least / most
}
