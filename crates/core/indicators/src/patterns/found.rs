//! What was found: one shape for chart patterns, harmonic patterns and wave counts.

use super::shape::{above, at_least, at_most};
use super::swings::Swing;

/// The kinds of pattern, in the order of [`super::table()`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Three tops, the middle one highest, over a neckline.
    HeadShoulders,
    /// Its mirror.
    InverseHeadShoulders,
    /// Two tops of one height.
    DoubleTop,
    /// Two bottoms of one depth.
    DoubleBottom,
    /// Three tops of one height.
    TripleTop,
    /// Three bottoms of one depth.
    TripleBottom,
    /// A flat top over a rising bottom.
    AscendingTriangle,
    /// A flat bottom under a falling top.
    DescendingTriangle,
    /// A falling top over a rising bottom.
    SymmetricalTriangle,
    /// Top and bottom rise, the bottom faster.
    RisingWedge,
    /// Top and bottom fall, the top faster.
    FallingWedge,
    /// Flat top over flat bottom.
    Rectangle,
    /// A small channel, flat or down, after a steep rise.
    BullFlag,
    /// A small channel, flat or up, after a steep fall.
    BearFlag,
    /// A small triangle after a steep rise.
    BullPennant,
    /// A small triangle after a steep fall.
    BearPennant,
    /// Harmonic: B at 0.618 of XA, D at 0.786.
    Gartley,
    /// Harmonic: B at 0.382 to 0.5, D at 0.886.
    Bat,
    /// Harmonic: B at 0.786, D at 1.27.
    Butterfly,
    /// Harmonic: B at 0.382 to 0.618, D at 1.618.
    Crab,
    /// Harmonic: C beyond A, D at 0.886 to 1.13.
    Shark,
    /// Harmonic: C beyond A, D at 0.786 of XC.
    Cypher,
    /// Waves 1 to 4 of an impulse; the fifth is ahead.
    ElliottFifth,
    /// Five waves of an impulse; a correction is ahead.
    ElliottImpulse,
    /// An impulse corrected by a zigzag.
    ElliottZigzag,
    /// An impulse corrected by a flat.
    ElliottFlat,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 26] = [
        Kind::HeadShoulders,
        Kind::InverseHeadShoulders,
        Kind::DoubleTop,
        Kind::DoubleBottom,
        Kind::TripleTop,
        Kind::TripleBottom,
        Kind::AscendingTriangle,
        Kind::DescendingTriangle,
        Kind::SymmetricalTriangle,
        Kind::RisingWedge,
        Kind::FallingWedge,
        Kind::Rectangle,
        Kind::BullFlag,
        Kind::BearFlag,
        Kind::BullPennant,
        Kind::BearPennant,
        Kind::Gartley,
        Kind::Bat,
        Kind::Butterfly,
        Kind::Crab,
        Kind::Shark,
        Kind::Cypher,
        Kind::ElliottFifth,
        Kind::ElliottImpulse,
        Kind::ElliottZigzag,
        Kind::ElliottFlat,
    ];

    /// The kind of the series turned upside down; a kind that comes both ways is its own.
    #[must_use]
    pub fn mirrored(self) -> Kind {
        match self {
            Kind::HeadShoulders => Kind::InverseHeadShoulders,
            Kind::InverseHeadShoulders => Kind::HeadShoulders,
            Kind::DoubleTop => Kind::DoubleBottom,
            Kind::DoubleBottom => Kind::DoubleTop,
            Kind::TripleTop => Kind::TripleBottom,
            Kind::TripleBottom => Kind::TripleTop,
            Kind::AscendingTriangle => Kind::DescendingTriangle,
            Kind::DescendingTriangle => Kind::AscendingTriangle,
            Kind::RisingWedge => Kind::FallingWedge,
            Kind::FallingWedge => Kind::RisingWedge,
            Kind::BullFlag => Kind::BearFlag,
            Kind::BearFlag => Kind::BullFlag,
            Kind::BullPennant => Kind::BearPennant,
            Kind::BearPennant => Kind::BullPennant,
            _ => self,
        }
    }

    pub(super) fn bit(self) -> u32 {
        1 << self as u32
    }
}

/// Where a pattern points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Up.
    Bullish,
    /// Down.
    Bearish,
    /// Either way: the breakout decides.
    Open,
}

impl Direction {
    /// 1, -1 or 0.
    #[must_use]
    pub fn sign(self) -> f64 {
        match self {
            Direction::Bullish => 1.0,
            Direction::Bearish => -1.0,
            Direction::Open => 0.0,
        }
    }

    pub(super) fn of(sign: f64) -> Direction {
        if sign > 0.0 { Direction::Bullish } else { Direction::Bearish }
    }
}

/// How far a pattern has come. The first two are alive, the others final.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its points are there; a close beyond its line has not come. A harmonic pattern: X, A, B and C are there, D is awaited.
    Forming,
    /// A close came beyond its line. A harmonic pattern: D is a swing inside the zone.
    Confirmed,
    /// Confirmed, and a bar after that touched the target.
    Reached,
    /// A close came beyond the invalidation. A harmonic pattern: the price passed the zone, or turned before it.
    Failed,
    /// It lived as many bars as its points span since it was known, or since its breakout, or its lines met, or a newer one
    /// of its kind and direction that begins after it came.
    Expired,
}

impl State {
    /// Whether something is still expected of it.
    #[must_use]
    pub fn alive(self) -> bool {
        matches!(self, State::Forming | State::Confirmed)
    }
}

/// A price at a bar.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// The bar, counted from 0.
    pub at: u64,
    /// The price.
    pub price: f64,
}

/// The most points that a pattern has: an impulse and its correction.
pub const POINTS_MAX: usize = 9;

/// The points of a pattern, oldest first; reads as a slice.
#[derive(Clone, Copy)]
pub struct Points {
    all: [Point; POINTS_MAX],
    len: usize,
}

impl Points {
    pub(super) fn of(swings: &[Swing]) -> Points {
        let mut points = Points { all: [Point::default(); POINTS_MAX], len: 0 };
        for it in swings.iter().take(POINTS_MAX) {
            points.add(it);
        }
        points
    }

    pub(super) fn add(&mut self, swing: &Swing) {
        self.all[self.len] = Point { at: swing.at, price: swing.price };
        self.len += 1;
    }
}

impl std::fmt::Debug for Points {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for Points {
    fn eq(&self, other: &Points) -> bool {
        self[..] == other[..]
    }
}

impl std::ops::Deref for Points {
    type Target = [Point];
    fn deref(&self) -> &[Point] {
        &self.all[..self.len]
    }
}

/// A straight line over bars.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Line {
    /// A bar that it passes.
    pub at: u64,
    /// Its price there.
    pub price: f64,
    /// Price a bar.
    pub slope: f64,
}

impl Line {
    /// The price at a bar.
    #[inline]
    #[must_use]
    pub fn price_at(&self, bar: u64) -> f64 {
        let bars = if bar >= self.at { (bar - self.at) as f64 } else { -((self.at - bar) as f64) };
        self.price + self.slope * bars
    }

    pub(super) fn level(of: &Swing) -> Line {
        Line { at: of.at, price: of.price, slope: 0.0 }
    }
}

/// The prices between which a harmonic pattern should turn (potential reversal zone).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Zone {
    /// Lowest price.
    pub low: f64,
    /// Highest price.
    pub high: f64,
}

/// Strengths that differ by less are equal.
const STRENGTH_ROUNDING: f64 = 1e-9;

/// A pattern, as of the bar at which its state last changed. Nothing in it comes from a later bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Where it points.
    pub direction: Direction,
    /// How well it fits its definition, 0 to 1; the formula stands with the kind.
    pub strength: f64,
    /// How far it has come.
    pub state: State,
    /// The bar of its first point.
    pub from: u64,
    /// The bar at which it became knowable: where its last point was known to be a swing; of a harmonic pattern C.
    pub known_at: u64,
    /// The bar at which it came into this state.
    pub changed_at: u64,
    /// Its points.
    pub points: Points,
    /// The largest price of the turns in which it was found, without its sign: what rounding leaves is a part of it.
    pub size: f64,
    /// The line above, where it has one. A bullish pattern is confirmed by a close above it.
    pub upper: Option<Line>,
    /// The line below, where it has one. A bearish pattern is confirmed by a close below it.
    pub lower: Option<Line>,
    /// Where a harmonic pattern should turn.
    pub zone: Option<Zone>,
    /// The first bar, from the one at which it became knowable on, that reached into this zone.
    pub entered_at: Option<u64>,
    /// A close beyond this price says that it was none. Absent while the direction is open.
    pub invalidation: Option<f64>,
    /// The measured move. Absent while the direction is open, and for wave counts whose measured leg would end before the line that
    /// confirms them.
    pub target: Option<f64>,
    /// The height that is measured from the line at the breakout; absent where the target is a price that stands.
    pub measure: Option<f64>,
}

impl Found {
    /// The strength with the sign of the direction: -1 to 1, and 0 while the direction is open.
    #[must_use]
    pub fn signed(&self) -> f64 {
        self.direction.sign() * self.strength
    }

    /// Whether it speaks louder than one of this strength, by more than rounding.
    #[must_use]
    pub fn is_stronger(&self, strength: f64) -> bool {
        self.signed().abs() > strength.abs() + STRENGTH_ROUNDING
    }

    /// Whether a price is one at which a pattern that points so has reached its target.
    #[inline]
    pub(super) fn is_over(&self, price: f64) -> bool {
        self.target.is_some_and(|target| match self.direction {
            Direction::Bullish => at_least(price, target, self.size),
            Direction::Bearish => at_most(price, target, self.size),
            Direction::Open => false,
        })
    }

    /// Whether a close lies beyond the invalidation.
    #[inline]
    pub(super) fn is_broken(&self, close: f64) -> bool {
        self.invalidation.is_some_and(|level| match self.direction {
            Direction::Bullish => above(level, close, self.size),
            Direction::Bearish => above(close, level, self.size),
            Direction::Open => false,
        })
    }

    /// The bars from its first point to its last.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.points.last().map_or(0, |it| it.at - self.from)
    }
}
