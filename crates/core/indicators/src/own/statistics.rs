//! Rolling statistics that TA-Lib lacks: moments, quantiles, entropy, the Hurst exponent, fractional differences, returns.

use super::entry::{Entry, kernel};
use crate::highest::{largest, smallest};
use crate::kernel::{SILENT, Step, state};
use crate::shape::Shape;
use crate::spec::{Family::Statistic, Spec};
use crate::window::{Before, Window, mean, squares, total};

state! {
    /// A measure of the window. What it answers without a finite value is silence.
    struct Rolling { window: Window, measure: fn(&[f64]) -> f64 }
}

impl Step<1, 1> for Rolling {
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.window.push(x);
        if let Some(values) = self.window.full() {
            out[0] = (self.measure)(values);
        }
    }
}

fn zscore(values: &[f64]) -> f64 {
    if largest(values) <= smallest(values) {
        return f64::NAN;
    }
    (values[values.len() - 1] - mean(values)) / (squares(values) / values.len() as f64).sqrt()
}

fn mean_absolute(values: &[f64]) -> f64 {
    let middle = mean(values);
    values.iter().fold(0.0, |sum, x| sum + (x - middle).abs()) / values.len() as f64
}

fn standard_error(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    (squares(values) / (n - 1.0) / n).sqrt()
}

state! {
    /// The shape of a window. It is the rest of one block of `n` values and the beginning of the next: when a block is whole, the
    /// sums from each of its places to its end are laid down, so that nothing stays of a value that has left.
    struct Shaped {
        /// Of the block in hand as far as `place`, then of the block before.
        block: Vec<f64>,
        place: usize,
        rest: Vec<[f64; 4]>,
        late: [f64; 4],
        /// What is subtracted: the last value of the block that is whole; NaN before there is one, and so is all that is
        /// made of it.
        shift: f64,
        shape: Shape,
    }
}

impl Shaped {
    fn new(shape: Shape, n: usize) -> Shaped {
        Shaped {
            block: vec![0.0; n],
            place: 0,
            rest: vec![[0.0; 4]; n],
            late: [0.0; 4],
            shift: SILENT,
            shape,
        }
    }
}

impl Step<1, 1> for Shaped {
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.block[self.place] = x;
        self.place += 1;
        if self.place == self.block.len() {
            let mut sums = [0.0; 4];
            for (value, rest) in self.block.iter().zip(&mut self.rest).rev() {
                sums = with_powers(sums, value - x);
                *rest = sums;
            }
            (self.place, self.shift, self.late) = (0, x, [0.0; 4]);
        } else {
            self.late = with_powers(self.late, x - self.shift);
        }
        let (n, rest) = (self.block.len() as f64, self.rest[self.place]);
        out[0] = self.shape.of_sums(n, std::array::from_fn(|i| rest[i] + self.late[i]));
    }
}

/// The sums with the powers of one more distance.
#[inline]
fn with_powers(sums: [f64; 4], d: f64) -> [f64; 4] {
    let square = d * d;
    [sums[0] + d, sums[1] + square, sums[2] + square * d, sums[3] + square * square]
}

fn shannon(values: &[f64]) -> f64 {
    let sum = total(values);
    // Zero times its logarithm is zero.
    let term = |x: f64| if x == 0.0 { 0.0 } else { -x / sum * libm::log2(x / sum) };
    values.iter().fold(0.0, |bits, x| bits + term(*x))
}

fn sign_entropy(values: &[f64]) -> f64 {
    let mut counts = [0_u32; 8];
    for three in values.windows(4) {
        let up = |i: usize| usize::from(three[i + 1] > three[i]);
        counts[4 * up(0) + 2 * up(1) + up(2)] += 1;
    }
    let words = f64::from(counts.iter().sum::<u32>());
    let term = |count: u32| {
        if count == 0 { 0.0 } else { -f64::from(count) / words * libm::log2(f64::from(count) / words) }
    };
    counts.iter().fold(0.0, |bits, count| bits + term(*count))
}

state! {
    struct Quantile { window: Window, sorted: Vec<f64>, share: f64 }
}

impl Step<1, 1> for Quantile {
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        if let Some(old) = self.window.push(x) {
            let place = self.sorted.partition_point(|it| *it < old);
            self.sorted.remove(place);
        }
        let place = self.sorted.partition_point(|it| *it < x);
        self.sorted.insert(place, x);
        if self.window.full().is_some() {
            let at = self.share * (self.sorted.len() - 1) as f64;
            let (below, above) = (self.sorted[at.floor() as usize], self.sorted[at.ceil() as usize]);
            out[0] = below + (above - below) * at.fract();
        }
    }
}

state! {
    struct Hurst { before: Before, returns: Window, largest: usize }
}

/// The mean of range over deviation in the blocks of `m` that the returns hold from their first on.
fn rescaled_range(returns: &[f64], m: usize) -> Option<f64> {
    let (mut sum, mut blocks) = (0.0, 0.0);
    for block in returns.chunks_exact(m) {
        let middle = mean(block);
        let deviation = (squares(block) / m as f64).sqrt();
        if deviation > 0.0 {
            let (mut path, mut low, mut high) = (0.0_f64, f64::MAX, f64::MIN);
            for x in block {
                path += x - middle;
                low = low.min(path);
                high = high.max(path);
            }
            sum += (high - low) / deviation;
            blocks += 1.0;
        }
    }
    (blocks > 0.0).then(|| sum / blocks)
}

impl Step<1, 1> for Hurst {
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        let Some(before) = self.before.push(x) else { return };
        self.returns.push(libm::log(x / before));
        let Some(returns) = self.returns.full() else { return };
        let (mut n, mut sx, mut sy, mut sxx, mut sxy) = (0.0, 0.0, 0.0, 0.0, 0.0);
        let mut m = 8;
        while m <= self.largest {
            if let Some(ratio) = rescaled_range(returns, m) {
                let (x, y) = (libm::log(m as f64), libm::log(ratio));
                n += 1.0;
                sx += x;
                sy += y;
                sxx += x * x;
                sxy += x * y;
            }
            m *= 2;
        }
        if n > 1.0 {
            out[0] = (n * sxy - sx * sy) / (n * sxx - sx * sx);
        }
    }
}

state! {
    struct FractionalDifference { window: Window, weights: Vec<f64>, logarithm: bool }
}

impl Step<1, 1> for FractionalDifference {
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        self.window.push(if self.logarithm { libm::log(x) } else { x });
        if let Some(values) = self.window.full() {
            out[0] = self.weights.iter().zip(values).fold(0.0, |sum, (weight, x)| sum + weight * x);
        }
    }
}

/// The weights of the fractional difference of order `d`, the oldest first, down to the last not below `threshold`
/// (Lopez de Prado, "Advances in Financial Machine Learning", 2018, snippet 5.3).
fn difference_weights(d: f64, threshold: f64) -> Vec<f64> {
    let mut weights = vec![1.0];
    let mut weight = 1.0_f64;
    for k in 1..DIFFERENCE_MAX {
        weight *= -(d - k as f64 + 1.0) / k as f64;
        if weight.abs() < threshold {
            break;
        }
        weights.push(weight);
    }
    weights.reverse();
    weights
}

/// The most weights of a fractional difference.
const DIFFERENCE_MAX: usize = 100_000;

state! {
    struct Return { past: Window, logarithm: bool }
}

impl Step<1, 1> for Return {
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 1]) {
        if let Some(then) = self.past.push(x) {
            out[0] = if self.logarithm { libm::log(x / then) } else { x / then - 1.0 };
        }
    }
}

state! {
    struct Drawdown { highest: Option<f64> }
}

impl Step<1, 2> for Drawdown {
    fn step(&mut self, [x]: [f64; 1], out: &mut [f64; 2]) {
        let highest = self.highest.map_or(x, |it| it.max(x));
        self.highest = Some(highest);
        *out = [highest - x, 1.0 - x / highest];
    }
}

fn of_window(
    name: &'static str,
    summary: &'static str,
    source: &str,
    periods: (i32, i32),
    measure: fn(&[f64]) -> f64,
    always: bool,
) -> Spec {
    let (min, default) = periods;
    let entry =
        Entry::new(name, Statistic, summary, source).of_any().period(min, default).out(&["real"]).window();
    let entry = if always { entry } else { entry.partial() };
    entry.build(move |p| {
        let n = p[0] as usize;
        kernel(Rolling { window: Window::new(n), measure }, [n - 1])
    })
}

fn shaped(name: &'static str, summary: &'static str, source: &str, min: i32, shape: Shape) -> Spec {
    let entry =
        Entry::new(name, Statistic, summary, source).of_any().period(min, 20).out(&["real"]).partial();
    entry.build(move |p| {
        let n = p[0] as usize;
        kernel(Shaped::new(shape, n), [n - 1])
    })
}

pub(super) fn specs() -> Vec<Spec> {
    vec![
        of_window("ZSCORE", "Distance from the mean in deviations", "(x - mean) / sd, n in the denominator; silent where all values are equal", (2, 20), zscore, false),
        shaped("SKEW", "Skewness, corrected for bias", "sqrt(n (n - 1)) / (n - 2) * m3 / m2^1.5; silent where all values are equal", 3, Shape::Skew),
        shaped("KURT", "Excess kurtosis, corrected for bias", "(n - 1) / ((n - 2)(n - 3)) * ((n + 1) m4 / m2^2 - 3 (n - 1)); silent where all values are equal", 4, Shape::Kurt),
        of_window("MAD", "Mean absolute deviation", "mean |x - mean|", (1, 30), mean_absolute, true),
        of_window("STDERR", "Standard error of the mean", "sd / sqrt(n), n - 1 in the denominator of the variance", (2, 14), standard_error, true),
        of_window("ENTROPY", "Shannon entropy of the shares of the window", "-sum p log2 p, p = x / sum x (pandas-ta `entropy`); values of one sign", (1, 10), shannon, false),
        of_window("SIGN_ENTROPY", "Entropy of up and down in words of three, in bits", "-sum p log2 p over the 8 words that three changes in a row make, up or not; 3 for a coin", (5, 100), sign_entropy, true),
        Entry::new("QUANTILE", Statistic, "Quantile of the window", "linear between order statistics, as numpy's default")
            .of_any()
            .period(1, 30)
            .real("share", "The part of the values below it", (0.0, 1.0), 0.5)
            .out(&["real"])
            .window()
            .build(|p| {
                let n = p[0] as usize;
                kernel(Quantile { window: Window::new(n), sorted: Vec::with_capacity(n + 1), share: p[1] }, [n - 1])
            }),
        Entry::new("HURST", Statistic, "Hurst exponent by the rescaled range", "slope of ln(mean R/S) on ln m over m = 8, 16, 32, ... of the log returns (Hurst 1951); prices above zero; silent where the price does not move")
            .of_any()
            .period(16, 256)
            .whole("largest", "The largest block", 16, 128)
            .out(&["real"])
            .window()
            .partial()
            .build(|p| {
                let n = p[0] as usize;
                let largest = (p[1] as usize).min(n);
                kernel(Hurst { before: Before::default(), returns: Window::new(n), largest }, [n])
            }),
        Entry::new("FRACDIFF", Statistic, "Fractional difference with a fixed window", "sum of w_k x[t - k], w_0 = 1, w_k = -w_(k-1) (d - k + 1) / k, cut where |w| falls below the threshold (Lopez de Prado 2018, 5.5)")
            .of_any()
            .real("order", "The order of the difference", (0.0, 2.0), 0.4)
            .real("threshold", "The smallest weight that counts", (1e-9, 0.5), 0.001)
            .flag("logarithm", "Whether the logarithm of the input is taken")
            .out(&["real"])
            .window()
            .partial()
            .build(|p| {
                let weights = difference_weights(p[0], p[1]);
                let n = weights.len();
                kernel(FractionalDifference { window: Window::new(n), weights, logarithm: p[2] > 0.0 }, [n - 1])
            }),
        Entry::new("LOG_RETURN", Statistic, "Logarithmic return", "ln(x / x of n bars ago); prices above zero")
            .of_any()
            .period(1, 1)
            .out(&["real"])
            .partial()
            .build(|p| {
                let n = p[0] as usize;
                kernel(Return { past: Window::new(n), logarithm: true }, [n])
            }),
        Entry::new("PERCENT_RETURN", Statistic, "Simple return", "x / x of n bars ago - 1; silent where that was zero")
            .of_any()
            .period(1, 1)
            .out(&["real"])
            .partial()
            .build(|p| {
                let n = p[0] as usize;
                kernel(Return { past: Window::new(n), logarithm: false }, [n])
            }),
        Entry::new("DRAWDOWN", Statistic, "Fall from the highest value so far", "highest - x, and 1 - x / highest; the part is silent where the highest is zero")
            .of_any()
            .out(&["drawdown", "part"])
            .partial()
            .build(|_| kernel(Drawdown { highest: None }, [0; 2])),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The textbook formulas.
    fn slow(shape: Shape, values: &[f64]) -> f64 {
        let (n, middle) = (values.len() as f64, mean(values));
        let power = |k: f64| values.iter().map(|x| libm::pow(x - middle, k)).sum::<f64>() / n;
        match shape {
            Shape::Skew => (n * (n - 1.0)).sqrt() / (n - 2.0) * power(3.0) / libm::pow(power(2.0), 1.5),
            Shape::Kurt => {
                (n - 1.0) / ((n - 2.0) * (n - 3.0))
                    * ((n + 1.0) * power(4.0) / libm::pow(power(2.0), 2.0) - 3.0 * (n - 1.0))
            }
        }
    }

    #[test]
    fn a_shape_is_that_of_the_window_whatever_came_before_it_and_wherever_it_stood() {
        let usual = |at: usize| 100.0 + libm::sin(at as f64 * 0.7) + 0.3 * libm::cos(at as f64 * 2.1);
        for (shape, n) in [(Shape::Skew, 3), (Shape::Skew, 10), (Shape::Kurt, 4), (Shape::Kurt, 400)] {
            for spike in [1e-9, 1e3, 1e9, -1e15, 1e60] {
                // Also where it is what the others are summed around.
                for place in (n - 1..3 * n).step_by((n / 20).max(1)) {
                    let xs: Vec<f64> =
                        (0..5 * n).map(|at| usual(at) + if at == place { spike } else { 0.0 }).collect();
                    let mut live = Shaped::new(shape, n);
                    for at in 0..xs.len() {
                        let mut out = [f64::NAN];
                        live.step([xs[at]], &mut out);
                        let Some(from) = (at + 1).checked_sub(n) else {
                            assert!(out[0].is_nan(), "{shape:?} {n} speaks at {at}");
                            continue;
                        };
                        let want = slow(shape, &xs[from..=at]);
                        let off = (out[0] - want).abs() / (1.0 + want.abs());
                        assert!(
                            off < 1e-10,
                            "{shape:?} {n} {spike} at {place}: {} for {want} at {at}",
                            out[0]
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn what_does_not_move_has_no_shape_and_what_moved_before_leaves_none() {
        let mut live = Shaped::new(Shape::Kurt, 5);
        let mut said = |x: f64| {
            let mut out = [f64::NAN];
            live.step([x], &mut out);
            out[0]
        };
        for (at, x) in [3.0, 0.1, 7.7, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.3].into_iter().enumerate() {
            assert_eq!(said(x).is_finite(), (4..7).contains(&at) || at == 10, "{at}");
        }
    }
}
