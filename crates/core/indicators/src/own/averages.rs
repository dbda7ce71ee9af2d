//! Averages that TA-Lib lacks: weighted by a shape, super smooth, Holt-Winters with its channel.

use super::entry::{Entry, Refused, kernel};
use crate::error::Error;
use crate::kernel::{Step, state};
use crate::spec::{Family::Overlap, Spec};
use crate::talib::steps::Triangle;
use crate::typed::{NotFinite, Value, checked, push, take, typed};
use crate::window::{Window, total};

state! {
    struct Weighted { window: Window, weights: Vec<f64> }
}

impl Weighted {
    fn new(n: usize, shape: fn(usize) -> Vec<f64>) -> Weighted {
        let mut weights = shape(n);
        let sum = total(&weights);
        weights.iter_mut().for_each(|it| *it /= sum);
        Weighted { window: Window::new(n), weights }
    }
}

impl Step<1, 1> for Weighted {
    #[inline]
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.window.push(x);
        if let Some(values) = self.window.full() {
            // In four lanes, which the processor adds side by side.
            let mut lanes = [0.0; 4];
            let ((fours, rest), (weights, last)) = (values.as_chunks::<4>(), self.weights.as_chunks::<4>());
            for (four, weights) in fours.iter().zip(weights) {
                for k in 0..4 {
                    lanes[k] += four[k] * weights[k];
                }
            }
            let tail = rest.iter().zip(last).fold(0.0, |sum, (x, weight)| sum + weight * x);
            out[0] = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + tail;
        }
    }
}

typed! {
    Swma "SWMA" Triangle = Triangle::new; (real) (timeperiod: u32) -> 1;
}

/// Each number of Fibonacci as a part of the last, so that long windows do not overflow.
fn fibonacci(n: usize) -> Vec<f64> {
    let mut weights = vec![1.0; n];
    // Downward from the newest: the ratio of two neighbours tends to the golden section.
    let mut numbers = (1.0_f64, 1.0_f64);
    let mut logs = Vec::with_capacity(n);
    let mut shift = 0.0;
    for _ in 0..n {
        logs.push(libm::log(numbers.0) + shift);
        numbers = (numbers.1, numbers.0 + numbers.1);
        if numbers.1 > 1e200 {
            numbers = (numbers.0 / 1e200, numbers.1 / 1e200);
            shift += libm::log(1e200);
        }
    }
    let last = logs[n - 1];
    weights.iter_mut().zip(&logs).for_each(|(weight, log)| *weight = libm::exp(log - last));
    weights
}

/// The row of Pascal's triangle, each as a part of the largest.
fn pascal(n: usize) -> Vec<f64> {
    let m = (n - 1) as f64;
    let log = |k: f64| libm::lgamma(m + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(m - k + 1.0);
    let largest = log((m / 2.0).floor());
    (0..n).map(|k| libm::exp(log(k as f64) - largest)).collect()
}

fn sines(n: usize) -> Vec<f64> {
    (1..=n).map(|k| libm::sin(k as f64 * std::f64::consts::PI / (n as f64 + 1.0))).collect()
}

/// The weights of a super smoother of two poles: of the newest value, and of the last two answers.
pub(super) fn two_poles(period: f64) -> (f64, [f64; 2]) {
    let x = std::f64::consts::PI * std::f64::consts::SQRT_2 / period;
    let a = libm::exp(-x);
    let (one, two) = (2.0 * a * libm::cos(x), -a * a);
    (1.0 - one - two, [one, two])
}

/// As [`two_poles`], of three.
fn three_poles(period: f64) -> (f64, [f64; 3]) {
    let a = libm::exp(-std::f64::consts::PI / period);
    let (b, c) = (2.0 * a * libm::cos(3.0_f64.sqrt() * std::f64::consts::PI / period), a * a);
    let [one, two, three] = [b + c, -c * (1.0 + b), c * c];
    (1.0 - one - two - three, [one, two, three])
}

state! {
    /// A super smoother of `N` poles.
    struct SuperSmooth<const N: usize> { now: f64, weights: [f64; N], past: [f64; N], seen: usize }
}

impl<const N: usize> SuperSmooth<N> {
    fn new((now, weights): (f64, [f64; N])) -> SuperSmooth<N> {
        SuperSmooth { now, weights, past: [0.0; N], seen: 0 }
    }
}

impl<const N: usize> Step<1, 1> for SuperSmooth<N> {
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        let value = if self.seen < N {
            self.seen += 1;
            x
        } else {
            self.weights.iter().zip(&self.past).fold(self.now * x, |sum, (weight, it)| sum + weight * it)
        };
        self.past.rotate_right(1);
        self.past[0] = value;
        out[0] = value;
    }
}

/// What is asked of the weights together.
const HELD: &str =
    "such that nc (1 - na) (1 - nb (1 + nc) / 2) < na, as with others the recurrence grows without end";

state! {
    struct HoltWinters { level: f64, speed: f64, turn: f64, at: Option<f64>, v: f64, a: f64 }
}

impl HoltWinters {
    /// Refuses weights with which the recurrence grows without end, told of the turn's.
    ///
    /// Of level, speed and turn `(f, v, a)` the next is a matrix of them and a part of `x`. Its characteristic polynomial is
    /// `z^3 - T z^2 + S z - D` with `D = (1 - na)(1 - nb nc / 2)`, `T = 3 - na - na nb - nb nc (1 + na) / 2` and
    /// `S = 3 - 2 na - na nb - nb nc (1 - na)`. Of the four conditions that all roots of a cubic lie within the unit circle (Farebrother
    /// 1973) three hold for all weights above 0 up to 1: that at 1 (`na nb nc > 0`), that at -1 (`8 - 4 na - 2 nb (na + nc) + na nb nc > 0`)
    /// and `S < 3`. The fourth, `S - D T < 1 - D^2`, is the one that is asked here, divided by `na nb`.
    fn new(p: &[f64]) -> Result<HoltWinters, Refused> {
        let [level, speed, turn] = [p[0], p[1], p[2]];
        if turn * (1.0 - level) * (1.0 - 0.5 * speed * (1.0 + turn)) >= level {
            return Err((2, HELD.to_owned()));
        }
        Ok(HoltWinters { level, speed, turn, at: None, v: 0.0, a: 0.0 })
    }

    fn push(&mut self, x: f64) -> f64 {
        let before = self.at.unwrap_or(x);
        let f = (1.0 - self.level) * (before + self.v + 0.5 * self.a) + self.level * x;
        let v = (1.0 - self.speed) * (self.v + self.a) + self.speed * (f - before);
        let a = (1.0 - self.turn) * self.a + self.turn * (v - self.v);
        self.at = Some(f);
        self.v = v;
        self.a = a;
        f + v + 0.5 * a
    }
}

impl Step<1, 1> for HoltWinters {
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        out[0] = self.push(x);
    }
}

/// Rows without an error before them: the first has none, and a band is of those two rows ago and before.
const HWC_SILENT: usize = 3;

state! {
    struct HoltWintersChannel { line: HoltWinters, newest: f64, factor: f64, error: f64, deviation: f64, missing: usize }
}

impl Step<1, 3> for HoltWintersChannel {
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 3]) {
        let middle = self.line.push(x);
        let width = self.factor * self.deviation;
        // The root of the mean square, whose squares neither overflow nor vanish.
        self.deviation =
            libm::hypot((1.0 - self.newest).sqrt() * self.deviation, self.newest.sqrt() * self.error);
        self.error = x - middle;
        out[1] = middle;
        if self.missing > 0 {
            self.missing -= 1;
        } else {
            (out[0], out[2]) = (middle + width, middle - width);
        }
    }
}

fn shaped(
    name: &'static str,
    summary: &'static str,
    source: &str,
    default: i32,
    shape: fn(usize) -> Vec<f64>,
) -> Spec {
    Entry::new(name, Overlap, summary, source).of_any().period(1, default).out(&["real"]).window().build(
        move |p| {
            let n = p[0] as usize;
            kernel(Weighted::new(n, shape), [n - 1])
        },
    )
}

pub(super) fn specs() -> Vec<Spec> {
    vec![
        shaped("FWMA", "Average weighted by Fibonacci numbers", "weights 1 1 2 3 5 ..., the newest bar the largest", 10, fibonacci),
        shaped("PWMA", "Average weighted by Pascal's triangle", "weights C(n - 1, k)", 10, pascal),
        shaped("SINWMA", "Average weighted by a sine", "weights sin(k pi / (n + 1)), k = 1 to n", 14, sines),
        Entry::new("SWMA", Overlap, "Average weighted by a symmetric triangle", "weights 1 2 2 1 for n = 4")
            .of_any()
            .period(1, 10)
            .out(&["real"])
            .build(|p| kernel(Triangle::new(p), [p[0] as usize - 1])),
        Entry::new("SSF", Overlap, "Super smoother of two poles (Ehlers 2013)", "a = exp(-x), b = 2 a cos x, x = sqrt(2) pi / n; y = (1 - b + a^2) c + b y[1] - a^2 y[2] (pandas-ta `ssf`); the first two bars are themselves")
            .of_any()
            .period(1, 10)
            .out(&["real"])
            .build(|p| kernel(SuperSmooth::new(two_poles(p[0])), [0])),
        Entry::new("SSF3", Overlap, "Super smoother of three poles (Ehlers 2004)", "a = exp(-x), b = 2 a cos(sqrt(3) x), x = pi / n; y = (1 - b + a^2 b - a^4) c + (b + a^2) y[1] - a^2 (1 + b) y[2] + a^4 y[3] (Ehlers, \"Cybernetic Analysis for Stocks and Futures\", 2004; pandas-ta `ssf3`, whose square root of three has four digits); the first three bars are themselves")
            .of_any()
            .period(1, 20)
            .out(&["real"])
            .build(|p| kernel(SuperSmooth::new(three_poles(p[0])), [0])),
        Entry::new("HWMA", Overlap, "Holt-Winters average", "level, speed and turn, each an exponential average (pandas-ta `hwma`)")
            .of_any()
            .real("na", "Weight of the newest level", (1e-12, 1.0), 0.2)
            .real("nb", "Weight of the newest speed", (1e-12, 1.0), 0.1)
            .real("nc", "Weight of the newest turn", (1e-12, 1.0), 0.1)
            .out(&["real"])
            .build(|p| kernel(HoltWinters::new(p)?, [0])),
        Entry::new("HWC", Overlap, "Holt-Winters channel", "HWMA +- factor times the root of an exponential average of the squares of x - HWMA, as it stood a row before (pandas-ta `hwc`, after a script of MetaTrader 5); the bands are silent for three rows, where theirs have no width")
            .of_any()
            .real("na", "Weight of the newest level", (1e-12, 1.0), 0.2)
            .real("nb", "Weight of the newest speed", (1e-12, 1.0), 0.1)
            .real("nc", "Weight of the newest turn", (1e-12, 1.0), 0.1)
            .real("nd", "Weight of the newest squared error", (1e-12, 1.0), 0.1)
            .real("factor", "Width in deviations", (0.0, 1000.0), 1.0)
            .out(&["upperband", "middleband", "lowerband"])
            .build(|p| {
                let state = HoltWintersChannel { line: HoltWinters::new(p)?, newest: p[3], factor: p[4], error: 0.0, deviation: 0.0, missing: HWC_SILENT };
                kernel(state, [HWC_SILENT, 0, HWC_SILENT])
            }),
    ]
}
