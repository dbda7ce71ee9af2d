//! Swing points: the highs and lows that a series turned at, each with the bar at which the turn became known.
//!
//! A swing is said once and never taken back or moved. Highs and lows alternate, and a high lies above the lows beside it.
//!
//! - **By a distance** (`Atr`, `Percent`): a high is a swing when a later bar's low lies a distance below it. The distance is
//!   set by the bar that made the high: a multiple of Wilder's average true range there (Wilder 1978), or a part of the price.
//!   A bar that sets a new extreme cannot turn it as well, however far its other side reaches: the order of prices within a
//!   bar is not known.
//! - **Fractals** (`Fractal`; Williams, Trading Chaos, 1995): a bar whose high lies above those of the `k` bars before it and
//!   not below those of the `k` after it; known `k` bars later ([`Fractals`]). Of fractals of one kind in a row the most
//!   extreme, the first of equals, becomes the swing, when a fractal of the other kind, on a later bar and on the right side of
//!   it, is known.

use super::bar::{Bar, Refused};
use super::shape::at_least;
use crate::error::Error;

/// The longest window of fractals, in bars to each side.
pub const FRACTAL_MAX: usize = 100;

/// What makes a turn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SwingRule {
    /// A distance of `multiple` average true ranges over `period` bars.
    Atr {
        /// Bars of the average, 1 to 100,000.
        period: u32,
        /// How many of it, above 0 to 1,000.
        multiple: f64,
    },
    /// A distance of this many per cent of the price, above 0 and below 100.
    Percent(f64),
    /// An extreme of this many bars to each side, 1 to [`FRACTAL_MAX`].
    Fractal(u32),
}

/// A high or a low.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extreme {
    /// A high.
    High,
    /// A low.
    Low,
}

/// A swing point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Swing {
    /// High or low.
    pub extreme: Extreme,
    /// The bar that turned, counted from 0.
    pub at: u64,
    /// Its high or low.
    pub price: f64,
    /// The bar at which the turn was known; later than `at`.
    pub known_at: u64,
    /// The sum of all volumes from the first bar through the bar that turned.
    pub volume_to: Total,
}

/// A sum that keeps what rounding takes from it (Knuth's two-sum), so that one huge value does not spoil the differences
/// that are taken later.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Total {
    sum: f64,
    rest: f64,
}

impl Total {
    #[inline]
    fn add(&mut self, x: f64) {
        let sum = self.sum + x;
        let of_x = sum - self.sum;
        self.rest += (self.sum - (sum - of_x)) + (x - of_x);
        self.sum = sum;
    }

    /// What was added since `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Total) -> f64 {
        (self.sum - earlier.sum) + (self.rest - earlier.rest)
    }

    /// All that was added.
    #[must_use]
    pub fn value(&self) -> f64 {
        self.sum + self.rest
    }
}

/// Finds swings bar by bar. Constant time (fractals: with `k`) and bounded memory; nothing is allocated after [`Swings::new`].
#[derive(Clone, Debug)]
pub struct Swings {
    rule: SwingRule,
    bars: u64,
    volume: Total,
    atr: Atr,
    leg: Leg,
    fractals: Fractals,
}

impl Swings {
    /// A finder by `rule`, or what is wrong with it.
    pub fn new(rule: SwingRule) -> Result<Swings, Error> {
        let bad = |parameter: &str, given: String, expected: &str| Error::BadParameter {
            indicator: "swings",
            parameter: parameter.to_owned(),
            given,
            expected: expected.to_owned(),
        };
        let (mut period, mut k) = (1, 1);
        match rule {
            SwingRule::Atr { period: of, multiple } => {
                if !(1..=100_000).contains(&of) {
                    return Err(bad("period", of.to_string(), "a whole number from 1 to 100000"));
                }
                if !(multiple > 0.0 && multiple <= 1000.0) {
                    return Err(bad("multiple", multiple.to_string(), "a number above 0 to 1000"));
                }
                period = of;
            }
            SwingRule::Percent(part) => {
                if !(part > 0.0 && part < 100.0) {
                    return Err(bad("percent", part.to_string(), "a number above 0 and below 100"));
                }
            }
            SwingRule::Fractal(of) => {
                if !(1..=FRACTAL_MAX as u32).contains(&of) {
                    return Err(bad("bars", of.to_string(), "a whole number from 1 to 100"));
                }
                k = of as usize;
            }
        }
        Ok(Swings {
            rule,
            bars: 0,
            volume: Total::default(),
            atr: Atr { period, seen: 0, before: 0.0, sum: 0.0, value: 0.0 },
            leg: Leg::Unknown(None),
            fractals: Fractals::new(k),
        })
    }

    /// The rule in force.
    #[must_use]
    pub fn rule(&self) -> SwingRule {
        self.rule
    }

    /// How many bars pass before a swing can be said at all.
    #[must_use]
    pub fn warm_up(&self) -> u64 {
        match self.rule {
            SwingRule::Atr { period, .. } => u64::from(period),
            SwingRule::Percent(_) => 0,
            SwingRule::Fractal(k) => 2 * u64::from(k),
        }
    }

    /// How many bars have been taken in.
    #[must_use]
    pub fn bars(&self) -> u64 {
        self.bars
    }

    /// Takes a bar in and says the swing that it made known. A refused bar leaves no trace.
    #[inline]
    pub fn push(&mut self, bar: &Bar) -> Result<Option<Swing>, Refused> {
        bar.check()?;
        Ok(self.push_checked(bar))
    }

    #[inline]
    pub(super) fn push_checked(&mut self, bar: &Bar) -> Option<Swing> {
        let at = self.bars;
        self.bars += 1;
        self.volume.add(bar.volume);
        match self.rule {
            SwingRule::Atr { multiple, .. } => {
                let range = self.atr.push(bar)?;
                let step = multiple * range;
                self.leg.push(Place { at, volume: self.volume }, bar, |_| step)
            }
            SwingRule::Percent(part) => {
                let place = Place { at, volume: self.volume };
                self.leg.push(place, bar, |price| part * 0.01 * price.abs())
            }
            SwingRule::Fractal(_) => self.on_fractals(bar, at),
        }
    }

    /// Becomes as new.
    pub fn reset(&mut self) {
        self.bars = 0;
        self.volume = Total::default();
        self.atr = Atr { period: self.atr.period, seen: 0, before: 0.0, sum: 0.0, value: 0.0 };
        self.leg = Leg::Unknown(None);
        self.fractals.reset();
    }

    fn on_fractals(&mut self, bar: &Bar, now: u64) -> Option<Swing> {
        let (high, low) = self.fractals.push_at(bar, self.volume);
        match &mut self.leg {
            // The first bar that is both tells nothing of the order.
            Leg::Unknown(_) => {
                match (high, low) {
                    (Some(high), None) => self.leg = Leg::Up(high),
                    (None, Some(low)) => self.leg = Leg::Down(low),
                    _ => {}
                }
                None
            }
            Leg::Up(top) => {
                if let Some(it) = high.filter(|it| it.price > top.price) {
                    *top = it;
                }
                let low = low.filter(|it| it.at > top.at && it.price < top.price)?;
                let swing = top.swing(Extreme::High, now);
                self.leg = Leg::Down(low);
                Some(swing)
            }
            Leg::Down(bottom) => {
                if let Some(it) = low.filter(|it| it.price < bottom.price) {
                    *bottom = it;
                }
                let high = high.filter(|it| it.at > bottom.at && it.price > bottom.price)?;
                let swing = bottom.swing(Extreme::Low, now);
                self.leg = Leg::Up(high);
                Some(swing)
            }
        }
    }
}

/// All swings of `bars`, in the order in which they became known. Rows that are refused are left out and not counted.
pub fn batch(rule: SwingRule, bars: &[Bar]) -> Result<Vec<Swing>, Error> {
    let mut swings = Swings::new(rule)?;
    Ok(bars.iter().filter_map(|bar| swings.push(bar).ok().flatten()).collect())
}

/// Wilder's average true range: the mean of the first ranges, and then a part of the way to each.
#[derive(Clone, Debug)]
struct Atr {
    period: u32,
    seen: u32,
    before: f64,
    sum: f64,
    value: f64,
}

impl Atr {
    #[inline]
    fn push(&mut self, bar: &Bar) -> Option<f64> {
        let before = std::mem::replace(&mut self.before, bar.close);
        let range = bar.high.max(before) - bar.low.min(before);
        let n = f64::from(self.period);
        if self.seen <= self.period {
            // The first bar has none before it.
            if self.seen > 0 {
                self.sum += range;
            }
            self.seen += 1;
            self.value = self.sum / n;
            return (self.seen > self.period).then_some(self.value);
        }
        self.value = (self.value * (n - 1.0) + range) / n;
        Some(self.value)
    }
}

/// A bar's number and the volume through it.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: u64,
    volume: Total,
}

/// An extreme that may become a swing, and how far the price must come back for it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Turn {
    at: u64,
    price: f64,
    volume: Total,
    step: f64,
}

impl Turn {
    fn swing(&self, extreme: Extreme, known_at: u64) -> Swing {
        Swing { extreme, at: self.at, price: self.price, known_at, volume_to: self.volume }
    }

    /// Whether `distance` away from the extreme is a turn, but for rounding. Where nothing moves, nothing turns.
    fn turned(&self, distance: f64) -> bool {
        distance > 0.0 && at_least(distance, self.step, self.price.abs() + distance)
    }
}

/// Where the price is going, with the extreme so far. `Turn::step` is what its bar set.
#[derive(Clone, Debug)]
enum Leg {
    /// Not known yet: the highest high and the lowest low.
    Unknown(Option<(Turn, Turn)>),
    Up(Turn),
    Down(Turn),
}

impl Leg {
    #[inline]
    fn push(&mut self, place: Place, bar: &Bar, step: impl Fn(f64) -> f64) -> Option<Swing> {
        let turn = |price: f64| Turn { at: place.at, price, volume: place.volume, step: step(price) };
        match self {
            Leg::Up(top) => {
                if bar.high > top.price {
                    *top = turn(bar.high);
                } else if top.turned(top.price - bar.low) {
                    let swing = top.swing(Extreme::High, place.at);
                    *self = Leg::Down(turn(bar.low));
                    return Some(swing);
                }
                None
            }
            Leg::Down(bottom) => {
                if bar.low < bottom.price {
                    *bottom = turn(bar.low);
                } else if bottom.turned(bar.high - bottom.price) {
                    let swing = bottom.swing(Extreme::Low, place.at);
                    *self = Leg::Up(turn(bar.high));
                    return Some(swing);
                }
                None
            }
            Leg::Unknown(None) => {
                *self = Leg::Unknown(Some((turn(bar.high), turn(bar.low))));
                None
            }
            Leg::Unknown(Some((top, bottom))) => {
                let (above, below) = (bar.high > top.price, bar.low < bottom.price);
                let fell = !above && top.turned(top.price - bar.low);
                let rose = !below && bottom.turned(bar.high - bottom.price);
                let swing = match (fell, rose) {
                    (true, false) => Some(top.swing(Extreme::High, place.at)),
                    (false, true) => Some(bottom.swing(Extreme::Low, place.at)),
                    _ => None,
                };
                if above {
                    *top = turn(bar.high);
                }
                if below {
                    *bottom = turn(bar.low);
                }
                if let Some(it) = swing {
                    *self = match it.extreme {
                        Extreme::High => Leg::Down(turn(bar.low)),
                        Extreme::Low => Leg::Up(turn(bar.high)),
                    };
                }
                swing
            }
        }
    }
}

/// Williams' fractals of `k` bars to each side, as they become known. They need not alternate; see [`Swings`] for those
/// that do.
#[derive(Clone, Debug)]
pub struct Fractals {
    k: usize,
    bars: u64,
    /// The last `2 k + 1` bars, a ring: high, low, volume through the bar.
    ring: Box<[(f64, f64, Total)]>,
}

impl Fractals {
    /// For windows of `k` bars to each side, 1 to [`FRACTAL_MAX`]; outside of it the nearest that is.
    #[must_use]
    pub fn new(k: usize) -> Fractals {
        let k = k.clamp(1, FRACTAL_MAX);
        Fractals { k, bars: 0, ring: vec![(0.0, 0.0, Total::default()); 2 * k + 1].into() }
    }

    /// Takes a bar in and says whether the bar `k` before it is a fractal high and a fractal low: its number and price. A
    /// refused bar leaves no trace.
    pub fn push(&mut self, bar: &Bar) -> Result<[Option<(u64, f64)>; 2], Refused> {
        bar.check()?;
        let (high, low) = self.push_at(bar, Total::default());
        Ok([high, low].map(|turn| turn.map(|it| (it.at, it.price))))
    }

    /// Becomes as new.
    pub fn reset(&mut self) {
        self.bars = 0;
    }

    fn push_at(&mut self, bar: &Bar, volume: Total) -> (Option<Turn>, Option<Turn>) {
        let width = self.ring.len() as u64;
        let now = self.bars;
        self.bars += 1;
        self.ring[(now % width) as usize] = (bar.high, bar.low, volume);
        if self.bars < width {
            return (None, None);
        }
        let k = self.k as u64;
        let mid = now - k;
        let row = |at: u64| self.ring[(at % width) as usize];
        let (high, low, volume) = row(mid);
        let (mut is_high, mut is_low) = (true, true);
        for i in 1..=k {
            let (before, after) = (row(mid - i), row(mid + i));
            is_high &= before.0 < high && after.0 <= high;
            is_low &= before.1 > low && after.1 >= low;
        }
        let turn = |price: f64| Turn { at: mid, price, volume, step: 0.0 };
        (is_high.then(|| turn(high)), is_low.then(|| turn(low)))
    }
}
