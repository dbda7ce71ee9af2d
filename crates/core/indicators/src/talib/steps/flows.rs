//! Sums of what was traded over a window.

use super::{Twin, flow, ranged_flow};
use crate::kernel::{SILENT, Step, sound, state};

state! {
    /// The part of the money that flowed while the typical price rose.
    pub(crate) struct MoneyFlow {
        flows: Twin,
        before: Option<f64>,
        rise: f64,
        fall: f64,
        still: usize,
    }
}

impl MoneyFlow {
    pub(crate) fn new(n: f64) -> MoneyFlow {
        MoneyFlow { flows: Twin::new(n), before: None, rise: 0.0, fall: 0.0, still: 0 }
    }

    /// A call, so that the sums do not wait for the question.
    #[cold]
    fn empty(&mut self, n: usize) {
        self.still = n;
        (self.rise, self.fall) = (0.0, 0.0);
    }
}

impl Step<4, 1> for MoneyFlow {
    #[inline(always)]
    fn step(&mut self, [high, low, close, volume]: [f64; 4], out: &mut [f64; 1]) {
        let price = (high + low + close) / 3.0;
        let Some(before) = self.before.replace(price) else { return };
        let change = price - before;
        let is_still = is_tie(price, before);
        // Multiplied and not asked, as which way a price goes is not foreseen.
        let flow = price * volume * f64::from(u8::from(!is_still));
        let down = flow * f64::from(u8::from(change < 0.0));
        let up = flow - down;
        // While the rings are not full, what leaves is zero.
        let gone = self.flows.oldest();
        self.flows.put([up, down]);
        self.rise = self.rise - gone[0] + up;
        self.fall = self.fall - gone[1] + down;
        let n = self.flows.values.len();
        self.still = if flow.abs() <= 0.0 { self.still + 1 } else { 0 };
        if self.still >= n {
            self.empty(n);
        }
        if self.flows.missing > 0 {
            return;
        }
        let both = self.rise + self.fall;
        let part = if self.rise > both { both } else { self.rise };
        let part = if part < 0.0 { 0.0 } else { part };
        out[0] = if both <= 0.0 { 0.0 } else { 100.0 * (part / both) };
    }
}

/// Whether a sum of three prices differs from the one before by no more than rounding: it is then a tie.
#[inline(always)]
#[allow(clippy::inline_always, reason = "the answer must not go through memory")]
fn is_tie(now: f64, before: f64) -> bool {
    (now - before).abs() <= 1e-14 * (now.abs() + before.abs())
}

/// An exponential average that begins with its first value.
#[derive(Clone)]
struct FromFirst {
    beta: f64,
    k: f64,
    value: Option<f64>,
}

impl FromFirst {
    fn new(n: f64) -> FromFirst {
        let beta = (n - 1.0) / (n + 1.0);
        let k = 1.0 - beta;
        // Both add up to one, to the last bit.
        FromFirst { beta: if beta < 0.5 { 1.0 - k } else { beta }, k, value: None }
    }

    fn push(&mut self, x: f64) -> f64 {
        let value = self.value.map_or(x, |it| self.beta * it + self.k * x);
        *self.value.insert(value)
    }
}

state! {
    /// Klinger's oscillator (1997): two averages of the volume, signed by the way of `h + l + c` and weighted by the share of this
    /// range in those since the way turned. TA-Lib asks the sums of floats which way they went; here what differs by rounding is a
    /// tie, so that the unit of the price changes nothing.
    pub(crate) struct Klinger {
        fast: FromFirst,
        slow: FromFirst,
        signal: FromFirst,
        before: Option<(f64, f64)>,
        trend: f64,
        ranges: Option<f64>,
        silent: usize,
    }
}

impl Klinger {
    pub(crate) fn new(p: &[f64]) -> Klinger {
        Klinger {
            fast: FromFirst::new(p[0]),
            slow: FromFirst::new(p[1]),
            signal: FromFirst::new(p[2]),
            before: None,
            trend: 1.0,
            ranges: None,
            silent: p.iter().fold(0, |most, it| most.max(*it as usize)),
        }
    }
}

impl Step<4, 2> for Klinger {
    const WALKS: bool = true;

    fn step(&mut self, [high, low, close, volume]: [f64; 4], out: &mut [f64; 2]) {
        let (price, range) = (high + low + close, high - low);
        let Some((price_before, range_before)) = self.before.replace((price, range)) else { return };
        let turned = if is_tie(price, price_before) {
            false
        } else {
            let trend = if price > price_before { 1.0 } else { -1.0 };
            std::mem::replace(&mut self.trend, trend) * trend < 0.0
        };
        let ranges = match self.ranges {
            Some(ranges) if !turned => ranges + range,
            _ => range_before + range,
        };
        self.ranges = Some(ranges);
        let share = (2.0 * (range / ranges) - 1.0).abs();
        let force = if ranges.abs() <= 0.0 { 0.0 } else { volume * share * 100.0 * self.trend };
        let oscillator = self.fast.push(force) - self.slow.push(force);
        let signal = self.signal.push(oscillator);
        self.silent = self.silent.saturating_sub(1);
        if self.silent == 0 {
            *out = [oscillator, signal];
        }
    }
}

state! {
    /// The average weighted by volume. While nothing trades in the whole window there is none.
    pub(crate) struct VolumeWeighted {
        window: Twin,
        /// Of the money and of the volume; NaN until the window is full.
        sums: [f64; 2],
        n: usize,
        still: usize,
    }
}

impl VolumeWeighted {
    pub(crate) fn new(p: &[f64]) -> VolumeWeighted {
        VolumeWeighted { window: Twin::new(p[0]), sums: [SILENT; 2], n: p[0] as usize, still: 0 }
    }

    /// The sums with a row.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn next(&self, row: [f64; 2]) -> [f64; 2] {
        let old = self.window.oldest();
        [self.sums[0] + (row[0] - old[0]), self.sums[1] + (row[1] - old[1])]
    }
}

impl Step<2, 1> for VolumeWeighted {
    const WARMS: bool = true;
    const WALKS: bool = true;

    #[inline(always)]
    fn step(&mut self, [x, volume]: [f64; 2], out: &mut [f64; 1]) {
        // A single price is itself, whatever has traded at it.
        if self.n == 1 {
            out[0] = x;
            return;
        }
        let row = [x * volume, volume];
        self.sums = self.next(row);
        self.window.put(row);
        self.still = if volume.abs() <= 0.0 { (self.still + 1).min(self.n) } else { 0 };
        if self.window.missing > 0 {
            return;
        }
        for side in 0..2 {
            if self.sums[side].is_nan() {
                self.sums[side] = self.window.total(side);
            }
        }
        if self.still == self.n {
            // Nothing but rounding is left in the sums.
            self.sums = [0.0; 2];
            return;
        }
        out[0] = self.sums[0] / self.sums[1];
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, [x, volume]: [f64; 2]) -> Option<[f64; 1]> {
        let row = [x * volume, volume];
        // The place is looked for once, for what leaves and for what comes.
        let slot = self.window.slot()?;
        let sums = [self.sums[0] + (row[0] - slot[0]), self.sums[1] + (row[1] - slot[1])];
        // An infinite volume makes the money infinite too. Rounding may leave no volume, so it is asked of every row. Where a
        // window has one row, there never are sums.
        let value = sums[0] / sums[1];
        if !value.is_finite() || volume.abs() <= 0.0 {
            return None;
        }
        *slot = row;
        self.window.go_on();
        (self.sums, self.still) = (sums, 0);
        Some([value])
    }
}

state! {
    /// The flow of the window as a part of its volume (Chaikin), 0 where nothing has traded.
    #[repr(C)]
    pub(crate) struct ChaikinFlow {
        /// Flow and volume.
        window: Twin,
        money: f64,
        still: usize,
        total: f64,
        n: usize,
    }
}

impl ChaikinFlow {
    pub(crate) fn new(n: f64) -> ChaikinFlow {
        ChaikinFlow { window: Twin::new(n), money: 0.0, still: 0, total: 0.0, n: n as usize }
    }

    /// The sums after a bar.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "the row must not go through memory")]
    fn sums(&self, flow: f64, volume: f64) -> (f64, f64) {
        let old = self.window.oldest();
        (self.money - old[0] + flow, self.total - old[1] + volume)
    }
}

impl Step<4, 1> for ChaikinFlow {
    const WARMS: bool = true;

    #[inline(always)]
    fn step(&mut self, bar: [f64; 4], out: &mut [f64; 1]) {
        let (flow, volume) = (flow(bar), bar[3]);
        (self.money, self.total) = self.sums(flow, volume);
        self.window.put([flow, volume]);
        self.still = if volume.abs() <= 0.0 { (self.still + 1).min(self.n) } else { 0 };
        if self.still == self.n {
            // Nothing but rounding is left in the sums.
            (self.money, self.total) = (0.0, 0.0);
        }
        if self.window.missing == 0 {
            out[0] = if self.total > 0.0 { self.money / self.total } else { 0.0 };
        }
    }

    #[inline(always)]
    fn warm<const ASKED: bool>(&mut self, bar: [f64; 4]) -> Option<[f64; 1]> {
        let (flow, volume) = (ranged_flow(bar), bar[3]);
        let (money, total) = self.sums(flow, volume);
        let value = money / total;
        let is_plain = bar[0] > bar[1] && volume.abs() > 0.0 && total > 0.0;
        if !sound::<ASKED>(value) || !is_plain || self.window.missing > 0 {
            return None;
        }
        self.window.turn([flow, volume]);
        (self.money, self.total, self.still) = (money, total, 0);
        Some([value])
    }
}
