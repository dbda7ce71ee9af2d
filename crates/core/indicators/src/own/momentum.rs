//! Oscillators that TA-Lib lacks or defines otherwise.

use super::entry::{Entry, kernel};
use crate::highest::{largest, smallest};
use crate::kernel::{SILENT, Step, state};
use crate::spec::{Family::Momentum, Spec};
use crate::talib::steps::Strength;
use crate::window::{Average, Before, Sum, TrueRange, Window, fold4, mean};

state! {
    struct Fisher { middle: Window, range_min: f64, value: f64, fisher: Option<f64> }
}

impl Step<2, 1> for Fisher {
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 1]) {
        let middle = (high + low) / 2.0;
        self.middle.push(middle);
        let Some(values) = self.middle.full() else { return };
        let Some(before) = self.fisher else {
            self.fisher = Some(0.0);
            out[0] = 0.0;
            return;
        };
        let (bottom, top) = (smallest(values), largest(values));
        let position = (middle - bottom) / (top - bottom).max(self.range_min) - 0.5;
        self.value = 0.66 * position + 0.67 * self.value;
        // What comes near to one is held off it, where the logarithm has no value.
        if self.value.abs() > 0.99 {
            self.value = 0.999_f64.copysign(self.value);
        }
        let fisher = 0.5 * (libm::log((1.0 + self.value) / (1.0 - self.value)) + before);
        self.fisher = Some(fisher);
        out[0] = fisher;
    }
}

state! {
    struct TrueStrength { close: Before, slow: Average, fast: Average, slow_abs: Average, fast_abs: Average, signal: Average }
}

impl Step<1, 2> for TrueStrength {
    fn step(&mut self, [close]: [f64; 1], out: &mut [f64; 2]) {
        let Some(change) = self.close.push(close).map(|before| close - before) else { return };
        let smooth = self.slow.push(change).and_then(|it| self.fast.push(it));
        let smooth_abs = self.slow_abs.push(change.abs()).and_then(|it| self.fast_abs.push(it));
        if let (Some(up), Some(all)) = (smooth, smooth_abs) {
            // A price that never moved has no strength either way; numbers below the normal ones no longer shrink as its moves do.
            out[0] = if all >= f64::MIN_POSITIVE { 100.0 * up / all } else { 0.0 };
            self.signal.push(out[0]).into_iter().for_each(|it| out[1] = it);
        }
    }
}

state! {
    struct Laguerre { gamma: f64, levels: Option<[f64; 4]> }
}

impl Step<1, 1> for Laguerre {
    fn step(&mut self, [close]: [f64; 1], out: &mut [f64; 1]) {
        let g = self.gamma;
        let [a, b, c, d] = match self.levels {
            None => [close; 4],
            Some([a0, b0, c0, d0]) => {
                let a = (1.0 - g) * close + g * a0;
                let b = -g * a + a0 + g * b0;
                let c = -g * b + b0 + g * c0;
                [a, b, c, -g * c + c0 + g * d0]
            }
        };
        self.levels = Some([a, b, c, d]);
        let (mut up, mut down) = (0.0, 0.0);
        for step in [a - b, b - c, c - d] {
            if step > 0.0 { up += step } else { down -= step }
        }
        out[0] = if up + down > 0.0 { 100.0 * up / (up + down) } else { 0.0 };
    }
}

state! {
    struct PrettyGood { mean: Sum, range: TrueRange, atr: Average, smooth: Average, last: f64, equal: usize, n: usize }
}

impl Step<3, 1> for PrettyGood {
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 1]) {
        // Of closes that are all equal the mean is the close, but for the rounding of a sum; the range that divides it
        // fades to nothing meanwhile.
        self.equal = if close.to_bits() == self.last.to_bits() { self.equal + 1 } else { 1 };
        self.last = close;
        let is_still = self.equal >= self.n;
        let middle = self.mean.mean(close).map(|it| if is_still { close } else { it });
        let atr = self.range.push(high, low, close).and_then(|it| self.atr.push(it));
        if let (Some(middle), Some(width)) = (middle, atr.and_then(|it| self.smooth.push(it))) {
            out[0] = if width > 0.0 { (close - middle) / width } else { 0.0 };
        }
    }
}

state! {
    struct Psychological { close: Before, ups: Sum }
}

impl Step<1, 1> for Psychological {
    fn step(&mut self, [close]: [f64; 1], out: &mut [f64; 1]) {
        // The first row has no change, which counts as none upward.
        let up = self.close.push(close).is_some_and(|before| close > before);
        if let Some(part) = self.ups.mean(f64::from(u8::from(up))) {
            out[0] = 100.0 * part;
        }
    }
}

state! {
    struct Vigor { body: Window, range: Window, bodies: Sum, ranges: Sum, signal: Window }
}

fn weighted(values: &[f64]) -> f64 {
    (values[0] + 2.0 * values[1] + 2.0 * values[2] + values[3]) / 6.0
}

impl Step<4, 2> for Vigor {
    fn step(&mut self, [open, high, low, close]: [f64; 4], out: &mut [f64; 2]) {
        self.body.push(close - open);
        self.range.push(high - low);
        let (Some(body), Some(range)) = (self.body.full().map(weighted), self.range.full().map(weighted))
        else {
            return;
        };
        if let (Some(body), Some(range)) = (self.bodies.push(body), self.ranges.push(range)) {
            out[0] = if range > 0.0 { body / range } else { 0.0 };
            self.signal.push(out[0]);
            self.signal.full().into_iter().for_each(|it| out[1] = weighted(it));
        }
    }
}

/// The line of least squares through the values: its height at the first, and its slope.
fn line(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let (middle_x, middle_y) = ((n - 1.0) / 2.0, mean(values));
    let slope =
        values.iter().enumerate().fold(0.0, |sum, (i, y)| sum + (i as f64 - middle_x) * (y - middle_y))
            / (n * (n * n - 1.0) / 12.0);
    (middle_y - slope * middle_x, slope)
}

state! {
    struct AgainstLine { window: Window, ahead: f64, part_of_line: bool }
}

impl Step<1, 1> for AgainstLine {
    fn step(&mut self, [close]: [f64; 1], out: &mut [f64; 1]) {
        self.window.push(close);
        if let Some(values) = self.window.full() {
            let (at, slope) = line(values);
            let height = at + slope * (values.len() as f64 - 1.0 + self.ahead);
            out[0] = 100.0 * (close - height) / if self.part_of_line { height } else { close };
        }
    }
}

state! {
    struct Bias { mean: Sum }
}

impl Step<1, 1> for Bias {
    fn step(&mut self, [close]: [f64; 1], out: &mut [f64; 1]) {
        if let Some(middle) = self.mean.mean(close) {
            out[0] = close / middle - 1.0;
        }
    }
}

state! {
    struct BrAr { close: Before, high_open: Sum, open_low: Sum, up: Sum, down: Sum }
}

impl Step<4, 2> for BrAr {
    fn step(&mut self, [open, high, low, close]: [f64; 4], out: &mut [f64; 2]) {
        if let (Some(above), Some(below)) = (self.high_open.push(high - open), self.open_low.push(open - low))
        {
            out[0] = 100.0 * above / below;
        }
        let Some(before) = self.close.push(close) else { return };
        let (up, down) = (self.up.push((high - before).max(0.0)), self.down.push((before - low).max(0.0)));
        if let (Some(up), Some(down)) = (up, down) {
            out[1] = 100.0 * up / down;
        }
    }
}

state! {
    struct Sequence { past: Window, up: f64, down: f64 }
}

impl Step<1, 2> for Sequence {
    fn step(&mut self, [close]: [f64; 1], out: &mut [f64; 2]) {
        let Some(then) = self.past.push(close) else { return };
        self.up = if close > then { self.up + 1.0 } else { 0.0 };
        self.down = if close < then { self.down + 1.0 } else { 0.0 };
        *out = [self.up, self.down];
    }
}

/// What rounding leaves of a difference between averages of an index, which is of 100.
const INDEX_ROUNDING: f64 = 1e-9;

state! {
    struct Qualitative {
        strength: Strength,
        smooth: Average,
        basis: Before,
        range: Average,
        smooth_range: Average,
        factor: f64,
        /// The long and the short band of the row before.
        bands: Option<[f64; 2]>,
        /// Whether the basis was last above each of them, but for rounding.
        above: [Option<bool>; 2],
        up: bool,
    }
}

impl Qualitative {
    fn new(p: &[f64]) -> Qualitative {
        let wide = Average::exponential(2 * p[0] as usize - 1);
        Qualitative {
            strength: Strength::new(p),
            smooth: Average::exponential(p[1] as usize),
            basis: Before::default(),
            range: wide.clone(),
            smooth_range: wide,
            factor: p[2],
            bands: None,
            above: [None; 2],
            up: true,
        }
    }

    /// The bands beside the smooth index as it is and was: each keeps what it has while the index stays on its side.
    fn turn(&mut self, basis: f64, before: f64, width: f64) -> [f64; 2] {
        let (mut long, mut short) = (basis - width, basis + width);
        if let Some([long_was, short_was]) = self.bands {
            if before > long_was && basis > long_was {
                long = long.max(long_was);
            }
            if before < short_was && basis < short_was {
                short = short.min(short_was);
            }
            let crosses_long = self.crosses(0, basis, long_was);
            if self.crosses(1, basis, short_was) {
                self.up = true;
            } else if crosses_long {
                self.up = false;
            }
        }
        self.bands = Some([long, short]);
        [long, short]
    }
}

impl Qualitative {
    /// Whether the basis went through a band in either direction. Where they differ by rounding alone it is on the side on which it
    /// was: of a price that stands still the bands shrink onto it.
    fn crosses(&mut self, place: usize, basis: f64, band: f64) -> bool {
        if (basis - band).abs() <= INDEX_ROUNDING {
            return false;
        }
        let is_above = basis > band;
        self.above[place].replace(is_above).is_some_and(|it| it != is_above)
    }
}

impl Step<1, 5> for Qualitative {
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 5]) {
        let mut index = [SILENT];
        self.strength.step([x], &mut index);
        if index[0].is_nan() {
            return;
        }
        let Some(basis) = self.smooth.push(index[0]) else { return };
        out[1] = basis;
        let Some(before) = self.basis.push(basis) else { return };
        let range = self.range.push((basis - before).abs()).and_then(|it| self.smooth_range.push(it));
        if let Some(range) = range {
            let [long, short] = self.turn(basis, before, self.factor * range);
            let (line, direction) = if self.up { (long, 1.0) } else { (short, -1.0) };
            *out = [line, basis, long, short, direction];
        }
    }
}

state! {
    struct RandomWalk { highs: Window, lows: Window, range: TrueRange, ranges: Window, shortest: usize }
}

impl Step<3, 2> for RandomWalk {
    fn step(&mut self, [high, low, close]: [f64; 3], out: &mut [f64; 2]) {
        self.highs.push(high);
        self.lows.push(low);
        if let (Some(highs), Some(lows), Some(ranges)) =
            (self.highs.full(), self.lows.full(), self.ranges.full())
        {
            let mut furthest = [f64::MIN; 2];
            let mut way = 0.0;
            // The ranges of the bars before this one, the newest first.
            for (k, range) in ranges.iter().rev().enumerate() {
                way += range;
                let bars = k + 1;
                if bars < self.shortest {
                    continue;
                }
                let first = highs.len() - bars;
                for (best, moved) in furthest.iter_mut().zip([high - lows[first], highs[first] - low]) {
                    let walks = if way > 0.0 { moved / way * (bars as f64).sqrt() } else { 0.0 };
                    *best = best.max(walks);
                }
            }
            *out = furthest;
        }
        self.range.push(high, low, close).into_iter().for_each(|it| {
            self.ranges.push(it);
        });
    }
}

state! {
    struct TrueMomentum { opens: Window, calc: Average, main: Average, signal: Average }
}

impl Step<2, 2> for TrueMomentum {
    fn step(&mut self, [open, close]: [f64; 2], out: &mut [f64; 2]) {
        self.opens.push(open);
        let Some(opens) = self.opens.full() else { return };
        let sign = |before: f64| f64::from(i8::from(close > before) - i8::from(close < before));
        let sum = fold4(opens, sign);
        let Some(main) = self.calc.push(sum).and_then(|it| self.main.push(it)) else { return };
        out[0] = main;
        self.signal.push(main).into_iter().for_each(|it| out[1] = it);
    }
}

pub(super) fn specs() -> Vec<Spec> {
    vec![
        Entry::new("FISHER_MIDPOINT", Momentum, "Fisher transform of the middle of the bar", "v = 0.66 (position in the range of n bars - 0.5) + 0.67 v, held within 0.999; 0.5 (ln((1 + v) / (1 - v)) + before) (Ehlers 2002; pandas-ta `fisher`); a range counts as `rangemin` at least, which is in units of the price, as there")
            .of(&["high", "low"])
            .period(1, 9)
            .real("rangemin", "The smallest range, in units of the price: for prices whose ranges are not far above 0.001, well below one tick, such as 1e-12, or all values go to -7.6", (1e-300, 1e300), 0.001)
            .out(&["real"])
            .window()
            .build(|p| {
                let n = p[0] as usize;
                kernel(Fisher { middle: Window::new(n), range_min: p[1], value: 0.0, fisher: None }, [n - 1])
            }),
        Entry::new("TSI_SIGNAL", Momentum, "True strength index with its signal line", "100 * EMA(EMA(change, slow), fast) / EMA(EMA(|change|, slow), fast) (Blau 1991), and its EMA; 0 for a price that never moved")
            .of_any()
            .whole("fastperiod", "Rows of the second average", 1, 13)
            .whole("slowperiod", "Rows of the first average", 1, 25)
            .whole("signalperiod", "Rows of the signal", 1, 13)
            .out(&["tsi", "signal"])
            .build(|p| {
                let [fast, slow, signal] = [p[0] as usize, p[1] as usize, p[2] as usize];
                let (one, two) = (Average::exponential(slow), Average::exponential(fast));
                let state = TrueStrength { close: Before::default(), slow: one.clone(), fast: two.clone(), slow_abs: one, fast_abs: two, signal: Average::exponential(signal) };
                kernel(state, [slow + fast - 1, slow + fast + signal - 2])
            }),
        Entry::new("LRSI", Momentum, "Laguerre RSI (Ehlers 2004)", "a Laguerre filter of four levels; 100 * ups / (ups + downs) of its steps; 0 where there are none")
            .of_any()
            .real("gamma", "Damping", (0.0, 1.0), 0.5)
            .out(&["real"])
            .build(|p| kernel(Laguerre { gamma: p[0], levels: None }, [0])),
        Entry::new("PGO", Momentum, "Pretty good oscillator (Johnson)", "(c - SMA(c)) / EMA(ATR); 0 without a range")
            .of(&["high", "low", "close"])
            .period(1, 14)
            .out(&["real"])
            .build(|p| {
                let n = p[0] as usize;
                let state = PrettyGood { mean: Sum::new(n), range: TrueRange::default(), atr: Average::wilder(n), smooth: Average::exponential(n), last: f64::NAN, equal: 0, n };
                kernel(state, [2 * n - 1])
            }),
        Entry::new("PSL", Momentum, "Psychological line", "100 * bars that closed above the one before / n")
            .of_any()
            .period(1, 12)
            .out(&["real"])
            .build(|p| {
                let n = p[0] as usize;
                kernel(Psychological { close: Before::default(), ups: Sum::new(n) }, [n - 1])
            }),
        Entry::new("RVGI", Momentum, "Relative vigor index (Ehlers 2002)", "sum of the bodies over the sum of the ranges, both weighted 1 2 2 1; signal weighted 1 2 2 1; 0 without a range")
            .of(&["open", "high", "low", "close"])
            .period(1, 14)
            .out(&["rvgi", "signal"])
            .build(|p| {
                let n = p[0] as usize;
                let four = || Window::new(4);
                let state = Vigor { body: four(), range: four(), bodies: Sum::new(n), ranges: Sum::new(n), signal: four() };
                kernel(state, [n + 2, n + 5])
            }),
        Entry::new("CFO", Momentum, "Chande forecast oscillator", "100 * (c - forecast) / c, the forecast being the regression line one bar ahead (pandas-ta `cfo`); silent at a price of zero")
            .of_any()
            .period(2, 9)
            .out(&["real"])
            .window()
            .partial()
            .build(|p| {
                let n = p[0] as usize;
                kernel(AgainstLine { window: Window::new(n), ahead: 1.0, part_of_line: false }, [n - 1])
            }),
        Entry::new("PROJECTION", Momentum, "Distance from the regression line", "100 * (c - line) / line (pandas-ta `po`); silent where the line is zero")
            .of_any()
            .period(2, 14)
            .out(&["real"])
            .window()
            .partial()
            .build(|p| {
                let n = p[0] as usize;
                kernel(AgainstLine { window: Window::new(n), ahead: 0.0, part_of_line: true }, [n - 1])
            }),
        Entry::new("BIAS", Momentum, "Distance from the mean as a part of it", "c / SMA(c) - 1; silent where the mean is zero")
            .of_any()
            .period(1, 26)
            .out(&["real"])
            .partial()
            .build(|p| {
                let n = p[0] as usize;
                kernel(Bias { mean: Sum::new(n) }, [n - 1])
            }),
        Entry::new("BRAR", Momentum, "BRAR: sentiment of open and of close before", "ar 100 * sum(h - o) / sum(o - l); br 100 * sum(max(h - c before, 0)) / sum(max(c before - l, 0)); silent where a denominator is zero")
            .of(&["open", "high", "low", "close"])
            .period(1, 26)
            .out(&["ar", "br"])
            .partial()
            .build(|p| {
                let n = p[0] as usize;
                let state = BrAr { close: Before::default(), high_open: Sum::new(n), open_low: Sum::new(n), up: Sum::new(n), down: Sum::new(n) };
                kernel(state, [n - 1, n])
            }),
        Entry::new("TD_SEQUENCE", Momentum, "Counts of closes above and below the one four bars before", "up and down counts of consecutive bars (the setup of DeMark's sequential), not capped at nine")
            .of_any()
            .out(&["up", "down"])
            .build(|_| kernel(Sequence { past: Window::new(4), up: 0.0, down: 0.0 }, [4; 2])),
        Entry::new("QQE", Momentum, "Quantitative qualitative estimation: a smooth RSI with a line that trails it", "basis EMA(RSI(n)); bands basis +- factor * range, range the change of the basis smoothed twice by EMA(2 n - 1); each only tightens while the basis is on its side, and the line is that of the side crossed last. Scripts differ (Ignatov 2006, Hyder 2008; EarnForex; Glaz on TradingView): this is that of pandas-ta `qqe`, with averages seeded by means")
            .of_any()
            .period(2, 14)
            .whole("smoothperiod", "Rows of the average of the index", 1, 5)
            .real("factor", "Width in average changes", (0.0, 1000.0), 4.236)
            .out(&["qqe", "basis", "long", "short", "direction"])
            .build(|p| {
                let [n, smooth] = [p[0] as usize, p[1] as usize];
                let (basis, all) = (n + smooth - 1, n + smooth + 4 * (n - 1));
                kernel(Qualitative::new(p), [all, basis, all, all, all])
            }),
        Entry::new("RWI", Momentum, "Random walk index: how far the price came, by how far chance takes it (Poulos 1992)", "the largest over k = shortest to n bars, this one included, of the move from the low of the first to this high (high), from the high of the first to this low (low), over sqrt(k) mean true ranges of the k bars before this one (Poulos, \"Are There Persistent Cycles\", S&C September 1992). pandas-ta `rwi` looks n bars back alone, by Wilder's average")
            .of(&["high", "low", "close"])
            .period(2, 14)
            .whole("shortest", "The fewest bars that are looked at", 2, 2)
            .out(&["high", "low"])
            .window()
            .build(|p| {
                let [n, shortest] = [p[0] as usize, p[1] as usize];
                if shortest > n {
                    return Err((1, "a whole number from 2 to timeperiod".to_owned()));
                }
                let window = || Window::new(n);
                let state = RandomWalk { highs: window(), lows: window(), range: TrueRange::default(), ranges: window(), shortest };
                kernel(state, [n + 1; 2])
            }),
        Entry::new("TMO", Momentum, "True momentum oscillator (Mobius)", "sum over the opens of n bars, this one included, of the sign of close - open, smoothed by EMA(calcperiod), then EMA(smoothperiod): tmo; its EMA(smoothperiod): signal (Mobius, thinkScript 2018; pandas-ta `tmo`, whose opens are those of the n bars before)")
            .of(&["open", "close"])
            .period(1, 14)
            .whole("calcperiod", "Rows of the first average", 1, 5)
            .whole("smoothperiod", "Rows of the second average and of the signal", 1, 3)
            .out(&["tmo", "signal"])
            .window()
            .build(|p| {
                let [n, calc, smooth] = [p[0] as usize, p[1] as usize, p[2] as usize];
                let state = TrueMomentum { opens: Window::new(n), calc: Average::exponential(calc), main: Average::exponential(smooth), signal: Average::exponential(smooth) };
                let main = n + calc + smooth - 3;
                kernel(state, [main, main + smooth - 1])
            }),
    ]
}
