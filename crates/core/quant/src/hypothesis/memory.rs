//! How long a series remembers, and how wild and how orderly it is: Hurst exponents by two methods, the variance ratio,
//! the tail index, the entropy of its signs. A random walk's returns have Hurst exponent and variance ratio 1/2 and 1.

use super::Test;
use crate::Error;
use crate::regression::Ols;
use crate::series::{centred, check, check_varying, dot, mean};
use crate::special::normal_sf;

/// A power law fitted over scales.
#[derive(Clone, Debug, PartialEq)]
pub struct Scaling {
    /// Slope of the logarithms: the exponent.
    pub exponent: f64,
    /// The measured quantity at each scale, in the order of the scales given.
    pub values: Vec<f64>,
}

/// Detrended fluctuation analysis of first order (Peng et al. 1994) of increments: the root mean square of what a line
/// leaves of the summed series, in windows side by side from the start; what does not fill a window is left out.
/// Exponent 1/2 for independent values, above it for persistent ones.
pub fn dfa(x: &[f64], scales: &[usize]) -> Result<Scaling, Error> {
    check_scales(x, scales, 4)?;
    let mut profile = centred(x);
    let mut sum = 0.0;
    for v in &mut profile {
        sum += *v;
        *v = sum;
    }
    let fluctuation = |scale: usize| {
        let half = (scale - 1) as f64 / 2.0;
        let time: Vec<f64> = (0..scale).map(|t| t as f64 - half).collect();
        let tt = dot(&time, &time);
        let (mut total, mut windows) = (0.0, 0usize);
        for window in profile.chunks_exact(scale) {
            let d = centred(window);
            let slope = dot(&d, &time) / tt;
            let ss: f64 = d.iter().zip(&time).map(|(v, t)| (v - slope * t) * (v - slope * t)).sum();
            total += ss / scale as f64;
            windows += 1;
        }
        libm::sqrt(total / windows as f64)
    };
    scaling("DFA", scales, scales.iter().map(|s| fluctuation(*s)).collect())
}

/// Rescaled range (Hurst 1951): the mean over windows side by side of the range of summed deviations by the standard
/// deviation (divided by n). Biased upwards in short windows (Anis & Lloyd 1976), which is left uncorrected. Windows
/// without variation are left out.
pub fn rescaled_range(x: &[f64], scales: &[usize]) -> Result<Scaling, Error> {
    check_scales(x, scales, 4)?;
    let statistic = |scale: usize| {
        let (mut total, mut windows) = (0.0, 0usize);
        for window in x.chunks_exact(scale) {
            let d = centred(window);
            let sd = libm::sqrt(dot(&d, &d) / scale as f64);
            let (mut sum, mut low, mut high) = (0.0f64, f64::INFINITY, f64::NEG_INFINITY);
            for v in d {
                sum += v;
                low = low.min(sum);
                high = high.max(sum);
            }
            if sd > 0.0 {
                total += (high - low) / sd;
                windows += 1;
            }
        }
        total / windows as f64
    };
    scaling("rescaled range", scales, scales.iter().map(|s| statistic(*s)).collect())
}

fn check_scales(x: &[f64], scales: &[usize], smallest: usize) -> Result<(), Error> {
    if scales.len() < 2 {
        return Err(Error::TooShort { what: "scales", have: scales.len(), need: 2 });
    }
    for (index, scale) in scales.iter().enumerate() {
        let rises = index == 0 || *scale > scales[index - 1];
        if *scale < smallest || !rises {
            let expected = "scales that rise, from 4 on";
            return Err(Error::OutOfRange { what: "scales", index, value: *scale as f64, expected });
        }
    }
    check_varying("Hurst exponent: series", x, *scales.last().unwrap_or(&0))
}

fn scaling(what: &'static str, scales: &[usize], values: Vec<f64>) -> Result<Scaling, Error> {
    if let Some(index) = values.iter().position(|v| !v.is_finite() || *v <= 0.0) {
        return Err(Error::OutOfRange {
            what,
            index,
            value: values[index],
            expected: "variation at every scale",
        });
    }
    let one = vec![1.0; scales.len() + 1];
    let mut x: Vec<f64> = scales.iter().map(|s| libm::log(*s as f64)).collect();
    let mut y: Vec<f64> = values.iter().map(|v| libm::log(*v)).collect();
    if x.len() == 2 {
        return Ok(Scaling { exponent: (y[1] - y[0]) / (x[1] - x[0]), values });
    }
    // Centred, so that the two columns do not depend on each other.
    x = centred(&x);
    y = centred(&y);
    let fit = Ols::fit(&[&one[..x.len()], &x], &y)?;
    Ok(Scaling { exponent: fit.coef[1], values })
}

/// Answer of [`variance_ratio`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VarianceRatio {
    /// Variance (ddof 1) of overlapping sums of `q` values, by `q` times the variance of single ones. Above 1 speaks
    /// for trends, below for reversal.
    pub ratio: f64,
    /// z of Lo & MacKinlay (1988), robust to changing variance, and its two-sided p-value.
    pub test: Test,
}

/// Null hypothesis: the increments `x` are uncorrelated. Asymptotic; wants far more values than `q`.
pub fn variance_ratio(x: &[f64], q: usize) -> Result<VarianceRatio, Error> {
    if q < 2 {
        return Err(Error::Parameter { name: "q", value: q as f64, expected: "at least 2" });
    }
    check_varying("variance ratio: series", x, 2 * q + 2)?;
    let d = centred(x);
    let s0 = dot(&d, &d);
    let n = x.len() as f64;
    let mut walk = vec![0.0];
    let mut sum = 0.0;
    for v in x {
        sum += v;
        walk.push(sum);
    }
    let sums: Vec<f64> = walk[q..].iter().zip(&walk).map(|(b, a)| b - a).collect();
    let c = centred(&sums);
    let ratio = dot(&c, &c) / (sums.len() - 1) as f64 / (q as f64 * s0 / (n - 1.0));
    let squares: Vec<f64> = d.iter().map(|v| v * v).collect();
    let theta: f64 = (1..q)
        .map(|j| {
            let weight = 2.0 * (q - j) as f64 / q as f64;
            weight * weight * dot(&squares[j..], &squares) / (s0 * s0)
        })
        .sum();
    if theta <= 0.0 {
        return Err(Error::Constant { what: "variance ratio: all but isolated values of the series" });
    }
    let statistic = (ratio - 1.0) / libm::sqrt(theta);
    Ok(VarianceRatio { ratio, test: Test { statistic, p: 2.0 * normal_sf(statistic.abs()) } })
}

/// Hill's (1975) estimator of the tail index from the `k` largest absolute values: `1 / mean(ln(X_i / X_{k+1}))`.
/// Moments of this order and above do not exist.
pub fn hill_index(x: &[f64], k: usize) -> Result<f64, Error> {
    if k == 0 {
        return Err(Error::Parameter { name: "k", value: 0.0, expected: "at least 1" });
    }
    check("Hill: series", x, k + 1)?;
    let mut sizes: Vec<f64> = x.iter().map(|v| v.abs()).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    if sizes[k] <= 0.0 {
        return Err(Error::OutOfRange {
            what: "Hill: threshold",
            index: k,
            value: sizes[k],
            expected: "above 0",
        });
    }
    let logs: Vec<f64> = sizes[..k].iter().map(|v| libm::log(v / sizes[k])).collect();
    let m = mean(&logs);
    if m <= 0.0 { Err(Error::Constant { what: "Hill: the largest values" }) } else { Ok(1.0 / m) }
}

/// Longest word of [`sign_entropy`].
pub const WORD_MAX: usize = 16;

/// Shannon entropy in bits of the words that `word` successive signs make (positive against not), overlapping; `word`
/// bits when nothing can be foretold.
pub fn sign_entropy(x: &[f64], word: usize) -> Result<f64, Error> {
    if !(1..=WORD_MAX).contains(&word) {
        return Err(Error::Parameter { name: "word", value: word as f64, expected: "1 to 16" });
    }
    check("entropy: series", x, word)?;
    let mut counts = vec![0u64; 1 << word];
    for w in x.windows(word) {
        let code = w.iter().fold(0usize, |code, v| code << 1 | usize::from(*v > 0.0));
        counts[code] += 1;
    }
    let total = (x.len() + 1 - word) as f64;
    let term = |c: u64| {
        let p = c as f64 / total;
        -p * libm::log2(p)
    };
    Ok(counts.into_iter().filter(|c| *c > 0).map(term).sum::<f64>() + 0.0)
}
