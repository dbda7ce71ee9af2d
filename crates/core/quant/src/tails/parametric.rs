//! Normal and Student-t tails of unconditional returns.

use super::{TailRisk, mean, tail_probability};
use crate::Error;
use crate::optimise::{Stop, bfgs};
use crate::special::{StudentT, digamma, normal_pdf, normal_quantile};
use crate::tails::historical::quantile;
use crate::volatility::check_series;

/// Bounds of `1 / nu` in a fit: between 0.2 and 1000 degrees of freedom.
const TAIL_MIN: f64 = 1e-3;
const TAIL_MAX: f64 = 5.0;

/// The normal tail with the sample's mean and standard deviation (divided by `n - 1`), over `horizon` independent steps.
/// Refuses fewer than 2 returns and a constant series. Too low for returns with fat tails, which is most of them.
pub fn normal_tail(returns: &[f64], confidence: f64, horizon: f64) -> Result<TailRisk, Error> {
    check_series("returns", returns, 2)?;
    let p = tail_probability(confidence)?;
    if !(horizon > 0.0 && horizon.is_finite()) {
        return Err(Error::Parameter { name: "horizon", value: horizon, expected: "positive" });
    }
    let (mu, sd) = mean_and_deviation(returns)?;
    let z = normal_quantile(p)?;
    let (drift, spread) = (mu * horizon, sd * horizon.sqrt());
    TailRisk::new(-(drift + spread * z), spread * normal_pdf(z) / p - drift)
}

/// Mean and standard deviation, divided by `n - 1`.
pub(super) fn mean_and_deviation(returns: &[f64]) -> Result<(f64, f64), Error> {
    let mu = mean(returns);
    let squares: f64 = returns.iter().map(|r| (r - mu) * (r - mu)).sum();
    let sd = (squares / (returns.len() - 1) as f64).sqrt();
    let largest = returns.iter().fold(0.0, |most: f64, r| most.max(r.abs()));
    if sd > 1e-14 * largest && sd.is_finite() {
        return Ok((mu, sd));
    }
    Err(Error::Constant { what: "returns" })
}

/// Student's t with a place and a scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StudentTail {
    /// The distribution of `(return - location) / scale`.
    pub t: StudentT,
    /// Where its centre lies.
    pub location: f64,
    /// Its scale, which is not its standard deviation.
    pub scale: f64,
}

/// Student's t fitted to returns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StudentFit {
    /// The distribution.
    pub distribution: StudentTail,
    /// Logarithm of the likelihood.
    pub log_likelihood: f64,
    /// Steps of the search.
    pub iterations: usize,
    /// The largest component of the gradient of the mean log-likelihood.
    pub gradient_norm: f64,
}

impl StudentTail {
    /// The tail over one step. Refuses one degree of freedom or fewer, where the expected shortfall is infinite.
    pub fn tail(&self, confidence: f64) -> Result<TailRisk, Error> {
        let p = tail_probability(confidence)?;
        let at = self.t.quantile(p)?;
        let shortfall = -(self.location + self.scale * self.t.partial_mean(at)? / p);
        TailRisk::new(-(self.location + self.scale * at), shortfall)
    }
}

/// Fits location, scale and degrees of freedom (0.2 to 1000) by maximum likelihood. Refuses fewer than 20 returns, and
/// series half of which are one value, whose likelihood has no maximum.
pub fn fit_student(returns: &[f64]) -> Result<StudentFit, Error> {
    check_series("returns", returns, 20)?;
    let centre = quantile(returns, 0.5)?;
    let deviations: Vec<f64> = returns.iter().map(|r| (r - centre).abs()).collect();
    let spread = quantile(&deviations, 0.5)?;
    let largest = returns.iter().fold(0.0, |most: f64, r| most.max(r.abs()));
    if spread.is_nan() || spread <= 1e-14 * largest {
        return Err(Error::Constant { what: "half of the returns or more" });
    }
    let z: Vec<f64> = returns.iter().map(|r| (r - centre) / spread).collect();
    if let Some(index) = z.iter().position(|z| z.abs() > 1e150) {
        let expected = "a return within 1e150 median deviations";
        return Err(Error::OutOfRange { what: "returns", index, value: returns[index], expected });
    }
    let n = z.len() as f64;
    let stop = Stop { what: "Student-t", tolerance: 1e-9, iterations_max: 300 };
    let found = bfgs(|u, g| mean_likelihood(&z, u, g), &[0.0, 0.0, start(0.25)], &stop)?;
    let t = StudentT::new(1.0 / tail_index(found.x[2]).0)?;
    Ok(StudentFit {
        distribution: StudentTail {
            t,
            location: centre + spread * found.x[0],
            scale: spread * libm::exp(found.x[1]),
        },
        log_likelihood: -n * (found.value + libm::log(spread)),
        iterations: found.iterations,
        gradient_norm: found.gradient_norm,
    })
}

/// `1 / nu` of a free variable, and its slope.
fn tail_index(u: f64) -> (f64, f64) {
    let share = 1.0 / (1.0 + libm::exp(-u));
    (TAIL_MIN + (TAIL_MAX - TAIL_MIN) * share, (TAIL_MAX - TAIL_MIN) * share * (1.0 - share))
}

fn start(index: f64) -> f64 {
    let share = (index - TAIL_MIN) / (TAIL_MAX - TAIL_MIN);
    libm::log(share / (1.0 - share))
}

/// Mean negative log-likelihood at location, logarithm of scale and free tail variable, and its gradient.
fn mean_likelihood(z: &[f64], u: &[f64], gradient: &mut [f64]) -> f64 {
    let (index, index_slope) = tail_index(u[2]);
    let nu = 1.0 / index;
    let scale = libm::exp(u[1]);
    let n = z.len() as f64;
    let (mut logs, mut by_location, mut shares) = (0.0, 0.0, 0.0);
    for z in z {
        let x = (z - u[0]) / scale;
        let sum = nu + x * x;
        logs += libm::log1p(x * x / nu);
        by_location += x / sum;
        shares += x * x / sum;
    }
    let front = -crate::special::ln_beta(0.5 * nu, 0.5) - 0.5 * libm::log(nu);
    let front_slope = 0.5 * (digamma(0.5 * (nu + 1.0)) - digamma(0.5 * nu) - 1.0 / nu);
    gradient[0] = -(nu + 1.0) / scale * by_location / n;
    gradient[1] = 1.0 - (nu + 1.0) * shares / n;
    let by_nu = -front_slope + 0.5 * logs / n - 0.5 * (nu + 1.0) / nu * shares / n;
    gradient[2] = -by_nu * nu * nu * index_slope;
    u[1] - front + 0.5 * (nu + 1.0) * logs / n
}
