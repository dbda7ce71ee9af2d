//! Calibration by a curve of two or three parameters, for when outcomes are few: Platt's sigmoid of a score, and the
//! beta family of a probability.

use super::{check_both, check_outcomes, check_probabilities};
use crate::Error;
use serde::{Deserialize, Serialize};

/// `p = 1 / (1 + exp(a * score + b))` (Platt 1999).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Platt {
    /// Slope; negative where larger scores are likelier.
    pub a: f64,
    /// Offset.
    pub b: f64,
}

impl Platt {
    /// Maximum likelihood with Platt's priors, so that no probability is 0 or 1 however well scores separate, by the
    /// Newton method of Lin, Lin & Weng (2007).
    pub fn fit(scores: &[f64], outcomes: &[bool]) -> Result<Self, Error> {
        check_outcomes(scores, outcomes)?;
        crate::series::check_varying("scores", scores, 2)?;
        check_both(outcomes)?;
        let positive = outcomes.iter().filter(|o| **o).count() as f64;
        let negative = outcomes.len() as f64 - positive;
        let (high, low) = ((positive + 1.0) / (positive + 2.0), 1.0 / (negative + 2.0));
        let targets: Vec<f64> = outcomes.iter().map(|o| if *o { high } else { low }).collect();
        // Standardised scores keep the Newton matrix well conditioned.
        let m = crate::series::moments(scores);
        let sd = libm::sqrt(m.m2);
        let rows: Vec<[f64; 3]> = scores.iter().map(|s| [(s - m.mean) / sd, 0.0, 1.0]).collect();
        let w = logistic("Platt calibration", &rows, &targets, [true, false, true])?;
        Ok(Self { a: -w[0] / sd, b: -(w[2] - w[0] * m.mean / sd) })
    }

    /// The probability of a score.
    pub fn predict(&self, score: f64) -> f64 {
        sigmoid(-(self.a * score + self.b))
    }
}

/// `logit p' = a ln p - b ln (1 - p) + c` with a and b at least 0, so that it never falls (Kull, Silva Filho & Flach
/// 2017). The identity is a = b = 1, c = 0.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beta {
    /// Exponent of p.
    pub a: f64,
    /// Exponent of 1 - p.
    pub b: f64,
    /// Offset.
    pub c: f64,
}

/// Probabilities are kept this far from 0 and 1 before their logarithm is taken.
const EDGE: f64 = 1e-12;

impl Beta {
    /// Maximum likelihood; a parameter that would be negative is fixed at 0 and the others fitted again, as in the
    /// paper. `NotConverged` where outcomes are told apart without error, as the likelihood then has no maximum.
    pub fn fit(p: &[f64], outcomes: &[bool]) -> Result<Self, Error> {
        check_probabilities(p, outcomes)?;
        crate::series::check_varying("probabilities", p, 3)?;
        check_both(outcomes)?;
        let rows: Vec<[f64; 3]> = p.iter().map(|p| Self::terms(*p)).collect();
        let targets: Vec<f64> = outcomes.iter().map(|o| f64::from(u8::from(*o))).collect();
        let what = "beta calibration";
        let mut w = logistic(what, &rows, &targets, [true, true, true])?;
        if w[0] < 0.0 {
            w = logistic(what, &rows, &targets, [false, true, true])?;
        } else if w[1] < 0.0 {
            w = logistic(what, &rows, &targets, [true, false, true])?;
        }
        if w[0] < 0.0 || w[1] < 0.0 {
            w = logistic(what, &rows, &targets, [false, false, true])?;
        }
        Ok(Self { a: w[0], b: w[1], c: w[2] })
    }

    fn terms(p: f64) -> [f64; 3] {
        let p = p.clamp(EDGE, 1.0 - EDGE);
        [libm::log(p), -libm::log1p(-p), 1.0]
    }

    /// The calibrated probability.
    pub fn predict(&self, p: f64) -> f64 {
        let [x, y, _] = Self::terms(p);
        sigmoid(self.a * x + self.b * y + self.c)
    }
}

fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 { 1.0 / (1.0 + libm::exp(-z)) } else { libm::exp(z) / (1.0 + libm::exp(z)) }
}

const STEPS_MAX: usize = 200;

/// Logistic regression of targets in 0..=1 by Newton steps, halved until the likelihood rises. Columns that are not
/// `used` keep the weight 0.
fn logistic(
    what: &'static str,
    rows: &[[f64; 3]],
    targets: &[f64],
    used: [bool; 3],
) -> Result<[f64; 3], Error> {
    let mut w = [0.0; 3];
    let mut loss = negative_log_likelihood(rows, targets, &w);
    let mut slope = f64::INFINITY;
    for _ in 0..STEPS_MAX {
        let (gradient, hessian) = derivatives(rows, targets, &w, used);
        slope = gradient.iter().fold(0.0f64, |m, g| m.max(g.abs()));
        let Some(step) = solve3(hessian, gradient) else { break };
        if slope <= 1e-11 * rows.len() as f64 {
            // Where outcomes are separated the gradient vanishes as well, but the steps do not.
            if step.iter().zip(&w).all(|(s, w)| s.abs() <= 1e-3 * (1.0 + w.abs())) {
                return Ok(w);
            }
            break;
        }
        let mut length = 1.0;
        // Near the optimum the loss changes by its rounding only.
        let bound = loss + 1e-13 * (1.0 + loss);
        let (trial, now) = loop {
            let trial = [0, 1, 2].map(|i| w[i] - length * step[i]);
            let now = negative_log_likelihood(rows, targets, &trial);
            if now <= bound || length < 1e-10 {
                break (trial, now);
            }
            length *= 0.5;
        };
        if now > bound {
            break;
        }
        (w, loss) = (trial, now);
        // Weights beyond this say that the likelihood rises for ever.
        if w.iter().any(|v| v.abs() > 1e6) {
            break;
        }
    }
    Err(Error::NotConverged {
        what,
        iterations: STEPS_MAX,
        detail: format!("gradient {slope:e}; are outcomes separated?"),
    })
}

fn negative_log_likelihood(rows: &[[f64; 3]], targets: &[f64], w: &[f64; 3]) -> f64 {
    let term = |(row, t): (&[f64; 3], &f64)| {
        let z = row[0] * w[0] + row[1] * w[1] + row[2] * w[2];
        // ln(1 + e^z) - t z without overflow.
        z.max(0.0) + libm::log1p(libm::exp(-z.abs())) - t * z
    };
    rows.iter().zip(targets).map(term).sum()
}

fn derivatives(
    rows: &[[f64; 3]],
    targets: &[f64],
    w: &[f64; 3],
    used: [bool; 3],
) -> ([f64; 3], [[f64; 3]; 3]) {
    let (mut gradient, mut hessian) = ([0.0; 3], [[0.0; 3]; 3]);
    for (row, t) in rows.iter().zip(targets) {
        let p = sigmoid(row[0] * w[0] + row[1] * w[1] + row[2] * w[2]);
        for i in 0..3 {
            gradient[i] += (p - t) * row[i];
            for j in 0..3 {
                hessian[i][j] += p * (1.0 - p) * row[i] * row[j];
            }
        }
    }
    for i in 0..3 {
        // A little stiffness keeps the step finite where the likelihood is flat; it moves no solution.
        hessian[i][i] += 1e-12;
        if !used[i] {
            gradient[i] = 0.0;
            hessian[i] = [0.0; 3];
            hessian.iter_mut().for_each(|row| row[i] = 0.0);
            hessian[i][i] = 1.0;
        }
    }
    (gradient, hessian)
}

/// Gaussian elimination of a symmetric positive definite system; `None` when it is not.
fn solve3(mut a: [[f64; 3]; 3], mut b: [f64; 3]) -> Option<[f64; 3]> {
    for i in 0..3 {
        if a[i][i].is_nan() || a[i][i] <= 0.0 {
            return None;
        }
        for j in i + 1..3 {
            let f = a[j][i] / a[i][i];
            let pivot = a[i];
            for (own, above) in a[j].iter_mut().zip(pivot) {
                *own -= f * above;
            }
            b[j] -= f * b[i];
        }
    }
    for i in (0..3).rev() {
        for j in i + 1..3 {
            b[i] -= a[i][j] * b[j];
        }
        b[i] /= a[i][i];
    }
    Some(b)
}
