//! Extreme value theory by peaks over a threshold: losses beyond a high one are generalised Pareto (Pickands 1975; McNeil,
//! Frey & Embrechts, Quantitative Risk Management, section 5.2).

use super::historical::quantile;
use super::{TailRisk, mean, tail_probability};
use crate::Error;
use crate::optimise::{Stop, bfgs};
use crate::volatility::check_series;

/// Fewer losses beyond the threshold than this do not carry two parameters.
const EXCEEDANCES_MIN: usize = 20;
/// Below this shape maximum likelihood is not regular (Smith 1985).
const SHAPE_MIN: f64 = -0.5;

/// Why no shape is found, and what helps.
const UNFITTED: &str = "no shape above -0.5 is likelier than those beside it, as the largest losses are too alike or too \
    few; give more losses, fit a larger share of them, or take a tail without a shape (historical)";

/// A generalised Pareto tail: beyond `threshold`, the excess has shape `shape` and scale `scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ParetoTail {
    /// The loss from which it holds.
    pub threshold: f64,
    /// The shape, xi: positive for fat tails; moments from `1 / shape` on are infinite.
    pub shape: f64,
    /// The scale, beta.
    pub scale: f64,
    /// Standard errors of shape and scale: `sqrt((1 + xi)^2 / k)` and `beta sqrt(2 (1 + xi) / k)` with `k` exceedances.
    pub standard_errors: [f64; 2],
    /// Share of losses beyond the threshold.
    pub share: f64,
    /// How many they are.
    pub exceedances: usize,
    /// Logarithm of the likelihood of the excesses.
    pub log_likelihood: f64,
    /// Steps of the search.
    pub iterations: usize,
    /// The largest component of the gradient of the mean log-likelihood.
    pub gradient_norm: f64,
}

impl ParetoTail {
    /// The tail at a confidence beyond the threshold. Refuses one that lies before it, where the model says nothing, and a
    /// shape of 1 or more, whose expected shortfall is infinite.
    pub fn tail(&self, confidence: f64) -> Result<TailRisk, Error> {
        let p = tail_probability(confidence)?;
        if p > self.share {
            let expected = "beyond the threshold: a tail probability at most the share of exceedances";
            return Err(Error::Parameter { name: "confidence", value: confidence, expected });
        }
        if self.shape >= 1.0 {
            let expected = "below 1, where expected shortfall is finite";
            return Err(Error::Parameter { name: "shape", value: self.shape, expected });
        }
        let depth = libm::log(self.share / p);
        let reach =
            if self.shape.abs() < 1e-12 { depth } else { libm::expm1(self.shape * depth) / self.shape };
        let value_at_risk = self.threshold + self.scale * reach;
        let excess = (self.scale + self.shape * (value_at_risk - self.threshold)) / (1.0 - self.shape);
        TailRisk::new(value_at_risk, value_at_risk + excess)
    }
}

/// Fits the tail of `losses` (positive is a loss) beyond their empirical quantile `1 - share` by maximum likelihood. A share
/// of 0.1 is usual. Refuses fewer than 20 exceedances.
pub fn fit_pareto_tail(losses: &[f64], share: f64) -> Result<ParetoTail, Error> {
    check_series("losses", losses, EXCEEDANCES_MIN)?;
    if !(share > 0.0 && share < 1.0) {
        return Err(Error::Parameter { name: "share", value: share, expected: "between 0 and 1" });
    }
    let threshold = quantile(losses, 1.0 - share)?;
    let excesses: Vec<f64> = losses.iter().map(|l| l - threshold).filter(|e| *e > 0.0).collect();
    let have = excesses.len();
    if have < EXCEEDANCES_MIN {
        let what = "losses beyond the threshold";
        return Err(Error::TooShort { what, have, need: EXCEEDANCES_MIN });
    }
    let unit = mean(&excesses);
    let scaled: Vec<f64> = excesses.iter().map(|e| e / unit).collect();
    let stop = Stop { what: "generalised Pareto", tolerance: 1e-9, iterations_max: 300 };
    let search = |shape: f64| {
        let start = [shape, libm::log(1.0 - shape)];
        bfgs(|u, g| mean_likelihood(&scaled, u[0], u[1], g), &start, &stop)
    };
    let found = search(0.1).or_else(|_| search(0.4)).map_err(|error| match error {
        Error::NotConverged { what, iterations, .. } => {
            Error::NotConverged { what, iterations, detail: UNFITTED.into() }
        }
        other => other,
    })?;
    let (shape, scale) = (found.x[0], unit * libm::exp(found.x[1]));
    let k = have as f64;
    Ok(ParetoTail {
        threshold,
        shape,
        scale,
        standard_errors: [(1.0 + shape) / k.sqrt(), scale * (2.0 * (1.0 + shape) / k).sqrt()],
        share: k / losses.len() as f64,
        exceedances: have,
        log_likelihood: -k * (found.value + libm::log(unit)),
        iterations: found.iterations,
        gradient_norm: found.gradient_norm,
    })
}

/// Mean of `ln beta + (1 + 1 / xi) ln(1 + xi y / beta)` and its derivatives by `xi` and `ln beta`.
fn mean_likelihood(excesses: &[f64], shape: f64, ln_scale: f64, gradient: &mut [f64]) -> f64 {
    if shape <= SHAPE_MIN {
        return f64::NAN;
    }
    let scale = libm::exp(ln_scale);
    let (mut value, mut by_shape, mut by_scale) = (0.0, 0.0, 0.0);
    for y in excesses {
        let x = y / scale;
        let product = shape * x;
        if product <= -1.0 {
            return f64::NAN;
        }
        let share = x / (1.0 + product);
        // ln(1 + xi x) / xi and its derivative by xi, by their series where the quotient loses its digits.
        let (ratio, slope) = if product.abs() < 1e-4 {
            let series = 1.0 - product * (0.5 - product * (1.0 / 3.0 - 0.25 * product));
            (x * series, x * x * (-0.5 + product * (2.0 / 3.0 - product * (0.75 - 0.8 * product))))
        } else {
            let log = libm::log1p(product);
            (log / shape, (share - log / shape) / shape)
        };
        value += ratio + shape * ratio;
        by_shape += slope + share;
        by_scale -= (1.0 + shape) * share;
    }
    let n = excesses.len() as f64;
    gradient[0] = by_shape / n;
    gradient[1] = 1.0 + by_scale / n;
    ln_scale + value / n
}
