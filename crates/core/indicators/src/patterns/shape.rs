//! The last swings of a series as a pattern sees them: right way up or upside down, with the measures that all share.

use super::found::{Direction, Found, Kind, Line, Points, State};
use super::swings::{Extreme, Swing};

/// Swings whose prices are read with a sign, so that a pattern and its mirror are one rule. Negation is exact, so a
/// mirrored series gives the mirrored pattern to the last bit.
#[derive(Clone, Copy)]
pub(super) struct Shape<'a> {
    pub(super) swings: &'a [Swing],
    pub(super) sign: f64,
}

impl<'a> Shape<'a> {
    /// The last `n` swings, turned so that the last is a high.
    pub(super) fn ending_high(swings: &'a [Swing], n: usize) -> Option<Shape<'a>> {
        let swings = &swings[swings.len().checked_sub(n)?..];
        let sign = match swings.last()?.extreme {
            Extreme::High => 1.0,
            Extreme::Low => -1.0,
        };
        Some(Shape { swings, sign })
    }

    /// The last `n` swings, turned so that the last is a low.
    pub(super) fn ending_low(swings: &'a [Swing], n: usize) -> Option<Shape<'a>> {
        Shape::ending_high(swings, n).map(|it| Shape { sign: -it.sign, ..it })
    }

    /// The price of a point, turned.
    pub(super) fn y(&self, i: usize) -> f64 {
        self.sign * self.swings[i].price
    }

    /// The largest of the prices without its sign, of which what rounding leaves is a part.
    pub(super) fn size(&self) -> f64 {
        self.swings.iter().fold(0.0, |most, it| it.price.abs().max(most))
    }

    /// Bars from one point to a later one.
    pub(super) fn bars(&self, from: usize, to: usize) -> f64 {
        (self.swings[to].at - self.swings[from].at) as f64
    }

    /// The line through two points, at the bar of a third, turned.
    pub(super) fn through(&self, a: usize, b: usize, at: usize) -> f64 {
        self.sign * self.line(a, b).price_at(self.swings[at].at)
    }

    /// The line through two points, in prices.
    pub(super) fn line(&self, a: usize, b: usize) -> Line {
        let (from, to) = (&self.swings[a], &self.swings[b]);
        let slope = (to.price - from.price) / (to.at - from.at) as f64;
        Line { at: from.at, price: from.price, slope }
    }

    /// How much less was traded in a bar of the later part than in one of the earlier: 1 nothing, 0.5 as much or not
    /// known, towards 0 more.
    pub(super) fn drying(&self, early: (usize, usize), late: (usize, usize)) -> f64 {
        let mean = |(from, to): (usize, usize)| {
            let volume = self.swings[to].volume_to.since(&self.swings[from].volume_to);
            volume.max(0.0) / self.bars(from, to)
        };
        let (early, late) = (mean(early), mean(late));
        if early + late > 0.0 { early / (early + late) } else { 0.5 }
    }

    /// The shorter of two stretches as a part of the longer.
    pub(super) fn balance(&self, one: (usize, usize), other: (usize, usize)) -> f64 {
        let (one, other) = (self.bars(one.0, one.1), self.bars(other.0, other.1));
        one.min(other) / one.max(other)
    }

    /// Swaps what is above and below for a shape that is upside down.
    pub(super) fn turned<T>(&self, upper: Option<T>, lower: Option<T>) -> (Option<T>, Option<T>) {
        if self.sign > 0.0 { (upper, lower) } else { (lower, upper) }
    }

    /// The kind for this way up.
    pub(super) fn kind(&self, upright: Kind) -> Kind {
        if self.sign > 0.0 { upright } else { upright.mirrored() }
    }

    /// A pattern whose points begin with the point `first`, to be completed by its finder. `sign` is where it points.
    pub(super) fn found(&self, kind: Kind, sign: f64, first: usize, scores: &[f64]) -> Found {
        let known_at = self.swings[self.swings.len() - 1].known_at;
        Found {
            kind,
            direction: Direction::of(sign),
            strength: mean(scores),
            state: State::Forming,
            from: self.swings[first].at,
            known_at,
            changed_at: known_at,
            points: Points::of(&self.swings[first..]),
            size: self.size(),
            upper: None,
            lower: None,
            zone: None,
            entered_at: None,
            invalidation: None,
            target: None,
            measure: None,
        }
    }
}

/// A difference that is this part of the prices is rounding: prices in ticks and in decimals give one pattern. It is some thousand
/// times what the nearest numbers lie apart, as lines are drawn on, and less than a tick of any market.
const ROUNDING: f64 = 1e-12;

/// Whether `x` is at most `bound`, which counts as reached where they differ by rounding alone: `size` is that of the prices which
/// both are, or are differences of; of ratios it is that in the unit of the ratio.
#[inline]
pub(super) fn at_most(x: f64, bound: f64, size: f64) -> bool {
    x - bound <= ROUNDING * size.abs()
}

/// Whether `x` is at least `bound`, likewise.
#[inline]
pub(super) fn at_least(x: f64, bound: f64, size: f64) -> bool {
    at_most(bound, x, size)
}

/// Whether `x` is above `bound` by more than rounding.
#[inline]
pub(super) fn above(x: f64, bound: f64, size: f64) -> bool {
    !at_most(x, bound, size)
}

/// 1 for no distance, falling to 0 at what is allowed.
pub(super) fn closeness(off: f64, allowed: f64) -> f64 {
    // An allowance too small to be a number is met only by no distance.
    if allowed > 0.0 { (1.0 - off.abs() / allowed).clamp(0.0, 1.0) } else { 1.0 }
}

fn mean(scores: &[f64]) -> f64 {
    scores.iter().sum::<f64>() / scores.len() as f64
}
