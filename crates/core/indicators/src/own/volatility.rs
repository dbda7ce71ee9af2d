//! Estimates of volatility out of bars, per bar and not annualised, and other measures of range.

use super::entry::{Entry, kernel};
use crate::highest::largest;
use crate::kernel::{Step, state};
use crate::spec::{Family::Volatility, Spec};
use crate::window::{Average, Before, Sum, Window, mean, squares};

/// `4 ln 2` and `2 ln 2 - 1`.
const FOUR_LN2: f64 = 4.0 * std::f64::consts::LN_2;
const TWO_LN2_LESS_1: f64 = 2.0 * std::f64::consts::LN_2 - 1.0;

fn ln_ratio(a: f64, b: f64) -> f64 {
    libm::log(a / b)
}

fn rogers_satchell([open, high, low, close]: [f64; 4]) -> f64 {
    ln_ratio(high, open) * ln_ratio(high, close) + ln_ratio(low, open) * ln_ratio(low, close)
}

fn garman_klass([open, high, low, close]: [f64; 4]) -> f64 {
    let (range, body) = (ln_ratio(high, low), ln_ratio(close, open));
    0.5 * range * range - TWO_LN2_LESS_1 * body * body
}

fn parkinson([_, high, low, _]: [f64; 4]) -> f64 {
    let range = ln_ratio(high, low);
    range * range / FOUR_LN2
}

state! {
    /// The root of the mean of a measure of each bar.
    struct RootMean { measure: fn([f64; 4]) -> f64, window: Window }
}

impl Step<4, 1> for RootMean {
    fn step(&mut self, row: [f64; 4], out: &mut [f64; 1]) {
        self.window.push((self.measure)(row));
        if let Some(values) = self.window.full() {
            // The mean of Garman and Klass may come out below zero by rounding.
            out[0] = mean(values).max(0.0).sqrt();
        }
    }
}

state! {
    struct CloseToClose { before: Before, returns: Window, scale: f64 }
}

impl Step<1, 1> for CloseToClose {
    fn step(&mut self, [price]: [f64; 1], out: &mut [f64; 1]) {
        let Some(before) = self.before.push(price) else { return };
        self.returns.push(ln_ratio(price, before));
        if let Some(values) = self.returns.full() {
            out[0] = self.scale * (squares(values) / (values.len() as f64 - 1.0)).sqrt();
        }
    }
}

state! {
    struct YangZhang { before: Before, overnight: Window, body: Window, inside: Window }
}

impl Step<4, 1> for YangZhang {
    fn step(&mut self, [open, high, low, close]: [f64; 4], out: &mut [f64; 1]) {
        self.body.push(ln_ratio(close, open));
        self.inside.push(rogers_satchell([open, high, low, close]));
        let Some(before) = self.before.push(close) else { return };
        self.overnight.push(ln_ratio(open, before));
        let (Some(overnight), Some(body), Some(inside)) =
            (self.overnight.full(), self.body.full(), self.inside.full())
        else {
            return;
        };
        let n = body.len() as f64;
        let k = 0.34 / (1.34 + (n + 1.0) / (n - 1.0));
        let variance =
            squares(overnight) / (n - 1.0) + k * squares(body) / (n - 1.0) + (1.0 - k) * mean(inside);
        out[0] = variance.max(0.0).sqrt();
    }
}

state! {
    struct ChaikinVolatility { k: f64, average: Option<f64>, past: Window }
}

impl Step<2, 1> for ChaikinVolatility {
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 1]) {
        let range = high - low;
        let average = self.average.map_or(range, |it| it + self.k * (range - it));
        self.average = Some(average);
        if let Some(then) = self.past.push(average) {
            out[0] = 100.0 * (average / then - 1.0);
        }
    }
}

state! {
    struct Ulcer { close: Window, squares: Sum }
}

impl Step<1, 1> for Ulcer {
    fn step(&mut self, [price]: [f64; 1], out: &mut [f64; 1]) {
        self.close.push(price);
        let Some(highest) = self.close.full().map(largest) else { return };
        let down = 100.0 * (price - highest) / highest;
        if let Some(square) = self.squares.mean(down * down) {
            out[0] = square.max(0.0).sqrt();
        }
    }
}

state! {
    struct PriceDistance { before: Before }
}

impl Step<4, 1> for PriceDistance {
    fn step(&mut self, [open, high, low, close]: [f64; 4], out: &mut [f64; 1]) {
        if let Some(before) = self.before.push(close) {
            out[0] = 2.0 * (high - low) + (open - before).abs() - (close - open).abs();
        }
    }
}

state! {
    struct Thermometer { high: Before, low: Before, average: Average }
}

impl Step<2, 2> for Thermometer {
    fn step(&mut self, [high, low]: [f64; 2], out: &mut [f64; 2]) {
        if let (Some(high_before), Some(low_before)) = (self.high.push(high), self.low.push(low)) {
            let heat = (high - high_before).abs().max((low - low_before).abs());
            out[0] = heat;
            self.average.push(heat).into_iter().for_each(|it| out[1] = it);
        }
    }
}

fn of_bars(name: &'static str, summary: &'static str, source: &str, measure: fn([f64; 4]) -> f64) -> Spec {
    Entry::new(name, Volatility, summary, source)
        .of(&["open", "high", "low", "close"])
        .period(1, 20)
        .out(&["real"])
        .window()
        .partial()
        .build(move |p| {
            let n = p[0] as usize;
            kernel(RootMean { measure, window: Window::new(n) }, [n - 1])
        })
}

pub(super) fn specs() -> Vec<Spec> {
    vec![
        of_bars("PARKINSON", "Parkinson volatility", "sqrt(mean(ln(h/l)^2) / (4 ln 2)) (Parkinson 1980); prices above zero", parkinson),
        of_bars("GARMAN_KLASS", "Garman-Klass volatility", "sqrt(mean(0.5 ln(h/l)^2 - (2 ln 2 - 1) ln(c/o)^2)) (Garman, Klass 1980); prices above zero", garman_klass),
        Entry::new("YANG_ZHANG", Volatility, "Yang-Zhang volatility", "sqrt(var ln(o/c before) + k var ln(c/o) + (1 - k) mean RS), k = 0.34 / (1.34 + (n + 1) / (n - 1)) (Yang, Zhang 2000); prices above zero")
            .of(&["open", "high", "low", "close"])
            .period(2, 20)
            .out(&["real"])
            .window()
            .partial()
            .build(|p| {
                let n = p[0] as usize;
                let state = YangZhang { before: Before::default(), overnight: Window::new(n), body: Window::new(n), inside: Window::new(n) };
                kernel(state, [n])
            }),
        Entry::new("CLOSE_VOLATILITY", Volatility, "Standard deviation of log returns", "sd(ln(c / c before)), n - 1 in the denominator; prices above zero")
            .of_any()
            .period(2, 20)
            .out(&["real"])
            .window()
            .partial()
            .build(|p| {
                let n = p[0] as usize;
                kernel(CloseToClose { before: Before::default(), returns: Window::new(n), scale: 1.0 }, [n])
            }),
        Entry::new("HVOL", Volatility, "Historical volatility in per cent, annualised", "100 * sd(ln(c / c before)) * sqrt(bars a year) (pandas-ta `hvol`); prices above zero")
            .of_any()
            .period(2, 20)
            .real("bars", "Bars in a year: 252 days of an exchange; of what trades always 365 days, 8760 hours, 525600 minutes", (1e-9, 1e9), 252.0)
            .out(&["real"])
            .window()
            .partial()
            .build(|p| {
                let n = p[0] as usize;
                kernel(CloseToClose { before: Before::default(), returns: Window::new(n), scale: 100.0 * p[1].sqrt() }, [n])
            }),
        Entry::new("CHAIKIN_VOLATILITY", Volatility, "Chaikin volatility seeded by the first range", "100 * (e / e of n bars ago - 1), e the exponential average of high - low; TA-Lib's CVI seeds with a simple mean. Silent where the average was zero")
            .of(&["high", "low"])
            .period(1, 10)
            .out(&["real"])
            .partial()
            .build(|p| {
                let n = p[0] as usize;
                let state = ChaikinVolatility { k: 2.0 / (p[0] + 1.0), average: None, past: Window::new(n) };
                kernel(state, [n])
            }),
        Entry::new("ULCER", Volatility, "Ulcer index (Martin, McCann 1989)", "root of the mean square of the per cent below the highest close of n bars; silent where that is zero")
            .of_any()
            .period(1, 14)
            .out(&["real"])
            .window()
            .partial()
            .build(|p| {
                let n = p[0] as usize;
                kernel(Ulcer { close: Window::new(n), squares: Sum::new(n) }, [2 * (n - 1)])
            }),
        Entry::new("PRICE_DISTANCE", Volatility, "Price distance", "2 (h - l) + |o - c before| - |c - o| (pandas-ta `pdist`)")
            .of(&["open", "high", "low", "close"])
            .out(&["real"])
            .build(|_| kernel(PriceDistance { before: Before::default() }, [1])),
        Entry::new("THERMOMETER", Volatility, "Elder's market thermometer", "the larger of |h - h before| and |l - l before|, and its exponential average")
            .of(&["high", "low"])
            .period(1, 20)
            .out(&["heat", "average"])
            .build(|p| {
                let n = p[0] as usize;
                kernel(Thermometer { high: Before::default(), low: Before::default(), average: Average::exponential(n) }, [1, n])
            }),
    ]
}
