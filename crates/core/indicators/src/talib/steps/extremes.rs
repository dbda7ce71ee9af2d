//! The extremes of a window, and where in it they stand.

use crate::highest::{Channel, Highest, HighestRow};
use crate::kernel::{Step, sound, state};

macro_rules! of {
    ($($name:ident($inner:ident))*) => {
        $(pub(crate) struct $name(pub(crate) $inner);

        impl Clone for $name {
            fn clone(&self) -> Self {
                $name(self.0.clone())
            }

            fn clone_from(&mut self, source: &Self) {
                self.0.clone_from(&source.0);
            }
        })*
    };
}
of! { Largest(Highest) Smallest(Highest) Middle(Channel) Edges(Channel) Williams(Channel) }

impl Step<1, 1> for Largest {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.0.push(x).into_iter().for_each(|top| out[0] = top);
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        if !self.0.is_full() || !sound::<ASKED>(x) {
            return None;
        }
        let top = self.0.next(x);
        self.0.take(x);
        Some([top])
    }
}

impl Step<1, 1> for Smallest {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.0.push(-x).into_iter().for_each(|bottom| out[0] = -bottom);
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        if !self.0.is_full() || !sound::<ASKED>(x) {
            return None;
        }
        let bottom = -self.0.next(-x);
        self.0.take(-x);
        Some([bottom])
    }
}

impl Middle {
    /// The middle with a bar that nobody has looked at.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn bar<const ASKED: bool>(&mut self, high: f64, low: f64) -> Option<[f64; 1]> {
        let (top, bottom) = self.0.next::<ASKED>(high, low)?;
        let middle = (top + bottom) / 2.0;
        if !sound::<ASKED>(middle) {
            return None;
        }
        self.0.take(high, low);
        Some([middle])
    }
}

impl Step<1, 1> for Middle {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        if let Some((top, bottom)) = self.0.push(x, x) {
            out[0] = (top + bottom) / 2.0;
        }
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        self.bar::<ASKED>(x, x)
    }
}

impl Step<2, 1> for Middle {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 1]) {
        if let Some((top, bottom)) = self.0.push(high, low) {
            out[0] = (top + bottom) / 2.0;
        }
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [high, low]: [f64; 2]) -> Option<[f64; 1]> {
        self.bar::<ASKED>(high, low)
    }
}

impl Step<2, 3> for Edges {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 3]) {
        if let Some((top, bottom)) = self.0.push(high, low) {
            *out = [top, (top + bottom) / 2.0, bottom];
        }
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [high, low]: [f64; 2]) -> Option<[f64; 3]> {
        let (top, bottom) = self.0.next::<ASKED>(high, low)?;
        let middle = (top + bottom) / 2.0;
        if !sound::<ASKED>(middle) {
            return None;
        }
        self.0.take(high, low);
        Some([top, middle, bottom])
    }
}

impl Williams {
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn value((top, bottom): (f64, f64), close: f64) -> f64 {
        let is_none = (top - bottom).abs() <= 1e-14 * (top.abs() + bottom.abs());
        let part = (top - close) / (top - bottom) * -100.0;
        let part = if part > 0.0 { 0.0 } else { part };
        let part = if part < -100.0 { -100.0 } else { part };
        if is_none { 0.0 } else { part }
    }
}

impl Step<3, 1> for Williams {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 1]) {
        self.0.push(high, low).into_iter().for_each(|range| out[0] = Williams::value(range, close));
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [high, low, close]: [f64; 3]) -> Option<[f64; 1]> {
        let range = self.0.next::<ASKED>(high, low)?;
        let value = Williams::value(range, close);
        // A close that is not finite may be held at an edge.
        if !sound::<ASKED>(value + close) {
            return None;
        }
        self.0.take(high, low);
        Some([value])
    }
}

/// What is highest, or of which the negative is.
fn sided<const TOP: usize>(x: f64) -> f64 {
    if TOP == 1 { x } else { -x }
}

state! {
    /// The row in which the extreme of the last values stands, counted from the first row on, also those that had no value;
    /// the later of equals.
    pub(crate) struct Index<const TOP: usize> { highest: HighestRow }
}

impl<const TOP: usize> Index<TOP> {
    pub(crate) fn new(n: f64) -> Self {
        Index { highest: HighestRow::new(n as usize) }
    }
}

impl<const TOP: usize> Step<1, 1> for Index<TOP> {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.highest.push(sided::<TOP>(x)).into_iter().for_each(|row| out[0] = row);
    }

    fn pass(&mut self) {
        self.highest.pass();
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x]: [f64; 1]) -> Option<[f64; 1]> {
        if !self.highest.is_full() || !sound::<ASKED>(x) {
            return None;
        }
        let row = self.highest.next(sided::<TOP>(x));
        self.highest.take(sided::<TOP>(x));
        Some([row])
    }
}

state! {
    /// The rows of the smallest and of the largest of the last values, as [`Index`] has them.
    pub(crate) struct ExtremeRows { lowest: HighestRow, highest: HighestRow }
}

impl ExtremeRows {
    pub(crate) fn new(n: f64) -> ExtremeRows {
        let highest = HighestRow::new(n as usize);
        ExtremeRows { lowest: highest.clone(), highest }
    }
}

impl Step<1, 2> for ExtremeRows {
    const INTEGER: bool = true;

    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 2]) {
        if let (Some(lowest), Some(highest)) = (self.lowest.push(-x), self.highest.push(x)) {
            *out = [lowest, highest];
        }
    }

    fn pass(&mut self) {
        self.lowest.pass();
        self.highest.pass();
    }
}

state! {
    /// The leg that the price is on: it ends where the price has gone back by a part of its extreme. `ZIGZAG` of TA-Lib; what
    /// it tells of rows counts those that had no value, too.
    pub(crate) struct Legs {
        up: f64,
        down: f64,
        least: usize,
        trend: f64,
        pivot: Option<f64>,
        pivot_row: f64,
        /// Rows with a value since the extreme, and in all, up to `least`.
        since: usize,
        seen: usize,
        row: f64,
    }
}

impl Legs {
    pub(crate) fn new(p: &[f64]) -> Legs {
        let part = p[0] / 100.0;
        Legs {
            up: 1.0 + part,
            down: 1.0 - part,
            least: p[1] as usize,
            trend: -1.0,
            pivot: None,
            pivot_row: 0.0,
            since: 0,
            seen: 0,
            row: 0.0,
        }
    }

    /// The extreme with a bar, and whether it is this bar's.
    fn next(&mut self, pivot: f64, high: f64, low: f64) -> (f64, bool) {
        let is_due = self.since >= self.least;
        if self.trend < 0.0 {
            if high >= pivot * self.up && is_due {
                self.trend = 1.0;
                return (high, true);
            }
            return (if pivot < low { pivot } else { low }, low <= pivot);
        }
        if low <= pivot * self.down && is_due {
            self.trend = -1.0;
            return (low, true);
        }
        (if pivot > high { pivot } else { high }, high >= pivot)
    }
}

impl Step<2, 3> for Legs {
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 3]) {
        let (pivot, is_here) = match self.pivot {
            None => (low, true),
            Some(pivot) => {
                self.since += 1;
                self.seen = (self.seen + 1).min(self.least);
                self.next(pivot, high, low)
            }
        };
        self.pivot = Some(pivot);
        if is_here {
            (self.since, self.pivot_row) = (0, self.row);
        }
        self.row += 1.0;
        if self.seen >= self.least {
            *out = [pivot, self.trend, self.pivot_row];
        }
    }

    fn pass(&mut self) {
        self.row += 1.0;
    }
}

state! {
    /// How far the highest and the lowest bar stand from the first of the window, in parts of it.
    pub(crate) struct Places { high: HighestRow, low: HighestRow, n: f64, factor: f64 }
}

impl Places {
    pub(crate) fn new(n: f64) -> Places {
        let highest = HighestRow::new(n as usize + 1);
        Places { high: highest.clone(), low: highest, n, factor: 100.0 / n }
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn push(&mut self, high: f64, low: f64) -> Option<(f64, f64)> {
        let first = self.high.row() - self.n;
        let (top, bottom) = (self.high.push(high), self.low.push(-low));
        Some((top? - first, bottom? - first))
    }

    /// As `push`, for a bar that nobody has looked at.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn warm<const ASKED: bool>(&mut self, high: f64, low: f64) -> Option<(f64, f64)> {
        if !self.high.is_full() || !sound::<ASKED>(high + low) {
            return None;
        }
        let first = self.high.row() - self.n;
        let (top, bottom) = (self.high.next(high), self.low.next(-low));
        self.high.take(high);
        self.low.take(-low);
        Some((top - first, bottom - first))
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn both(&self, (top, bottom): (f64, f64)) -> [f64; 2] {
        [self.factor * bottom, self.factor * top]
    }

    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the answer must not go through memory")]
    fn difference(&self, (top, bottom): (f64, f64)) -> [f64; 1] {
        [self.factor * (top - bottom)]
    }
}

impl Step<2, 2> for Places {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 2]) {
        self.push(high, low).into_iter().for_each(|places| *out = self.both(places));
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [high, low]: [f64; 2]) -> Option<[f64; 2]> {
        Places::warm::<ASKED>(self, high, low).map(|places| self.both(places))
    }
}

impl Step<2, 1> for Places {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 1]) {
        self.push(high, low).into_iter().for_each(|places| *out = self.difference(places));
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [high, low]: [f64; 2]) -> Option<[f64; 1]> {
        Places::warm::<ASKED>(self, high, low).map(|places| self.difference(places))
    }
}
