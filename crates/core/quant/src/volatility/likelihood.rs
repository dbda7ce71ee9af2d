//! The log-likelihood of the GARCH family and its exact gradient, in one pass over the returns.
//!
//! Sums of logarithms are logarithms of products, which is where the speed of a fit comes from.

use super::check_series;
use super::model::{ErrorFamily, Garch, Kind, MEAN_ABS_NORMAL};
use crate::Error;
use crate::ln_product::LnProduct;
use crate::special::{HALF_LN_TWO_PI, digamma, ln_gamma};

/// Beyond this logarithm a variance has no place in `f64`.
const LOG_MAX: f64 = 700.0;

/// Log-likelihood of `returns` under a model, with the start value of its variance.
pub fn log_likelihood(model: &Garch, returns: &[f64], backcast: f64) -> Result<f64, Error> {
    Ok(log_likelihood_gradient(model, returns, backcast)?.0)
}

/// Log-likelihood and its derivatives by `mu, omega, alpha, gamma, beta, nu, lambda`, in this order; those by parameters
/// that the model does not have are 0.
pub fn log_likelihood_gradient(
    model: &Garch,
    returns: &[f64],
    backcast: f64,
) -> Result<(f64, [f64; 7]), Error> {
    check_series("returns", returns, 1)?;
    model.stream(backcast)?;
    let series = Series { returns, backcast, kink: Kink::Sharp };
    let mut gradient = [0.0; 7];
    let family = model.params().errors.family();
    let value = series.pass(model.kind(), family, &model.params().to_array(), &mut gradient, None);
    if value.is_finite() && gradient.iter().all(|g| g.is_finite()) {
        return Ok((value, gradient));
    }
    let expected = "a model and a series whose likelihood is finite";
    Err(Error::Parameter { name: "log-likelihood", value, expected })
}

/// What a likelihood is computed over.
#[derive(Clone, Copy)]
pub(super) struct Series<'a> {
    pub returns: &'a [f64],
    pub backcast: f64,
    pub kink: Kink,
}

/// What EGARCH's `|z|` is at 0, where it has no derivative.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Kink {
    /// As the model says.
    Sharp,
    /// `sqrt(z^2 + width^2)`: smooth, for a search.
    Rounded(f64),
    /// `z` with the sign that the error has about this mean: smooth about that mean, where it is exact.
    Held(f64),
}

impl Series<'_> {
    /// Log-likelihood at unchecked parameters, its gradient, and if asked for the gradient of each return's own term.
    /// Not finite where the variance does not stay positive.
    pub(super) fn pass(
        &self,
        kind: Kind,
        family: ErrorFamily,
        params: &[f64; 7],
        gradient: &mut [f64; 7],
        scores: Option<&mut Vec<[f64; 7]>>,
    ) -> f64 {
        let (nu, lambda) = (params[5], params[6]);
        match family {
            ErrorFamily::Normal => self.over(kind, params, gradient, scores, Normal { squares: 0.0 }),
            ErrorFamily::StudentT => self.over(kind, params, gradient, scores, Student::new(nu)),
            ErrorFamily::SkewedT => self.over(kind, params, gradient, scores, Skewed::new(nu, lambda)),
        }
    }

    fn over<D: Density>(
        &self,
        kind: Kind,
        params: &[f64; 7],
        gradient: &mut [f64; 7],
        scores: Option<&mut Vec<[f64; 7]>>,
        density: D,
    ) -> f64 {
        match kind {
            Kind::Garch => self.linear::<D, false>(params, gradient, scores, density),
            Kind::Gjr => self.linear::<D, true>(params, gradient, scores, density),
            Kind::Egarch => self.exponential(params, gradient, scores, density),
        }
    }

    /// GARCH and GJR. `slopes` are the derivatives of the variance by mu, omega, alpha, gamma, beta.
    fn linear<D: Density, const SIGNED: bool>(
        &self,
        params: &[f64; 7],
        gradient: &mut [f64; 7],
        mut scores: Option<&mut Vec<[f64; 7]>>,
        mut density: D,
    ) -> f64 {
        let [mu, omega, alpha, gamma, beta, ..] = *params;
        let start = self.backcast;
        let mut variance = omega + (alpha + 0.5 * gamma + beta) * start;
        let mut slopes = [0.0, 1.0, start, 0.5 * start, start];
        let mut sums = [0.0; 5];
        let mut product = LnProduct::default();
        for r in self.returns {
            let e = r - mu;
            if !(variance > f64::MIN_POSITIVE && variance < f64::MAX) {
                return f64::NAN;
            }
            product.push(variance);
            let term = density.observe(e, variance);
            let by_variance = -0.5 * (1.0 + term.pull) / variance;
            let own = [
                by_variance * slopes[0] + term.by_mu,
                by_variance * slopes[1],
                by_variance * slopes[2],
                by_variance * slopes[3],
                by_variance * slopes[4],
            ];
            sums.iter_mut().zip(own).for_each(|(sum, o)| *sum += o);
            if let Some(scores) = &mut scores {
                let [nu, lambda] = density.shape_score(e, variance);
                scores.push([own[0], own[1], own[2], own[3], own[4], nu, lambda]);
            }
            let square = e * e;
            let negative = SIGNED && e < 0.0;
            let response = if negative { alpha + gamma } else { alpha };
            slopes[0] = -2.0 * response * e + beta * slopes[0];
            slopes[1] = 1.0 + beta * slopes[1];
            slopes[2] = square + beta * slopes[2];
            if SIGNED {
                slopes[3] = (if negative { square } else { 0.0 }) + beta * slopes[3];
            }
            slopes[4] = variance + beta * slopes[4];
            variance = omega + response * square + beta * variance;
        }
        if !SIGNED {
            sums[3] = 0.0;
            scores.into_iter().flatten().for_each(|s| s[3] = 0.0);
        }
        gradient[..5].copy_from_slice(&sums);
        let total = density.total(self.returns.len() as f64);
        gradient[5..].copy_from_slice(&total.by_shape);
        total.value - 0.5 * product.ln()
    }

    /// EGARCH. `slopes` are derivatives of the logarithm of the variance.
    fn exponential<D: Density>(
        &self,
        params: &[f64; 7],
        gradient: &mut [f64; 7],
        mut scores: Option<&mut Vec<[f64; 7]>>,
        mut density: D,
    ) -> f64 {
        let [mu, omega, alpha, gamma, beta, ..] = *params;
        let start = libm::log(self.backcast);
        let mut log = omega + beta * start;
        let mut slopes = [0.0, 1.0, 0.0, 0.0, start];
        let mut sums = [0.0; 5];
        let mut logs = 0.0;
        let mut memory = LnProduct::default();
        for r in self.returns {
            let e = r - mu;
            if log.is_nan() || log.abs() > LOG_MAX {
                return f64::NAN;
            }
            let variance = libm::exp(log);
            logs += log;
            let term = density.observe(e, variance);
            let by_log = -0.5 * (1.0 + term.pull);
            let mut own = [0.0; 7];
            for (o, s) in own.iter_mut().zip(&slopes) {
                *o = by_log * s;
            }
            own[0] += term.by_mu;
            sums.iter_mut().zip(&own).for_each(|(sum, o)| *sum += o);
            if let Some(scores) = &mut scores {
                [own[5], own[6]] = density.shape_score(e, variance);
                scores.push(own);
            }
            let deviation = variance.sqrt();
            let z = e / deviation;
            let (size, sign) = match self.kink {
                Kink::Rounded(width) => {
                    let size = (z * z + width * width).sqrt();
                    (size, z / size)
                }
                Kink::Sharp => (z.abs(), if e < 0.0 { -1.0 } else { 1.0 }),
                Kink::Held(mean) => {
                    let sign = if *r < mean { -1.0 } else { 1.0 };
                    (sign * z, sign)
                }
            };
            let by_error = alpha * sign + gamma;
            let carry = beta - 0.5 * by_error * z;
            memory.push(carry.abs().max(f64::MIN_POSITIVE));
            let direct = [-by_error / deviation, 1.0, size - MEAN_ABS_NORMAL, z, log];
            for (s, d) in slopes.iter_mut().zip(direct) {
                *s = d + carry * *s;
            }
            log = omega + alpha * (size - MEAN_ABS_NORMAL) + gamma * z + beta * log;
        }
        // Where the filter does not forget its start it is chaos, and so is its likelihood. A search stays where the
        // product of what each step carries over shrinks (Wintenberger 2013, continuous invertibility).
        if matches!(self.kink, Kink::Rounded(_)) && memory.ln() >= 0.0 {
            return f64::NAN;
        }
        // The variance of the next return counts too: a model that ends in an explosion is of no use.
        if log.is_nan() || log.abs() > LOG_MAX {
            return f64::NAN;
        }
        gradient[..5].copy_from_slice(&sums);
        let total = density.total(self.returns.len() as f64);
        gradient[5..].copy_from_slice(&total.by_shape);
        total.value - 0.5 * logs
    }
}

/// How one error moves the likelihood, with `f` the density of the standardised error `z = e / sqrt(v)`.
struct Term {
    /// `z` times the derivative of `ln f` by `z`.
    pull: f64,
    /// Derivative of `ln f(z)` by the mean return at a fixed variance.
    by_mu: f64,
}

struct Total {
    /// Sum of `ln f(z)`.
    value: f64,
    /// Its derivatives by `nu` and `lambda`.
    by_shape: [f64; 2],
}

trait Density {
    fn observe(&mut self, e: f64, variance: f64) -> Term;
    fn shape_score(&self, e: f64, variance: f64) -> [f64; 2];
    fn total(self, n: f64) -> Total;
}

struct Normal {
    squares: f64,
}

impl Density for Normal {
    #[inline]
    fn observe(&mut self, e: f64, variance: f64) -> Term {
        let by_mu = e / variance;
        let square = e * by_mu;
        self.squares += square;
        Term { pull: -square, by_mu }
    }

    fn shape_score(&self, _: f64, _: f64) -> [f64; 2] {
        [0.0; 2]
    }

    fn total(self, n: f64) -> Total {
        Total { value: -0.5 * self.squares - n * HALF_LN_TWO_PI, by_shape: [0.0; 2] }
    }
}

/// `ln f = ln c - (nu + 1) / 2 ln D` with `D = 1 + z^2 / (nu - 2)`.
struct Student {
    nu: f64,
    product: LnProduct,
    shares: f64,
}

impl Student {
    fn new(nu: f64) -> Self {
        Self { nu, product: LnProduct::default(), shares: 0.0 }
    }
}

/// `ln c` of the t of unit variance, and its derivative by `nu`.
fn student_front(nu: f64) -> (f64, f64) {
    let (above, below) = (0.5 * (nu + 1.0), 0.5 * nu);
    let value = ln_gamma(above) - ln_gamma(below) - 0.5 * libm::log(std::f64::consts::PI * (nu - 2.0));
    (value, 0.5 * (digamma(above) - digamma(below) - 1.0 / (nu - 2.0)))
}

impl Density for Student {
    #[inline]
    fn observe(&mut self, e: f64, variance: f64) -> Term {
        let scale = (self.nu - 2.0) * variance;
        let square = e * e;
        let sum = scale + square;
        let inverse = 1.0 / sum;
        let share = square * inverse;
        self.product.push(sum / scale);
        self.shares += share;
        Term { pull: -(self.nu + 1.0) * share, by_mu: (self.nu + 1.0) * e * inverse }
    }

    fn shape_score(&self, e: f64, variance: f64) -> [f64; 2] {
        let scale = (self.nu - 2.0) * variance;
        let square = e * e;
        let log = libm::log1p(square / scale);
        let pull = 0.5 * (self.nu + 1.0) / (self.nu - 2.0) * square / (scale + square);
        [student_front(self.nu).1 - 0.5 * log + pull, 0.0]
    }

    fn total(self, n: f64) -> Total {
        let (front, front_slope) = student_front(self.nu);
        let logs = self.product.ln();
        let by_nu = n * front_slope - 0.5 * logs + 0.5 * (self.nu + 1.0) / (self.nu - 2.0) * self.shares;
        Total { value: n * front - 0.5 * (self.nu + 1.0) * logs, by_shape: [by_nu, 0.0] }
    }
}

/// `ln f = ln b + ln c - (nu + 1) / 2 ln D` with `D = 1 + w^2 / (nu - 2)` and `w = (b z + a) / (1 -+ lambda)`.
struct Skewed {
    nu: f64,
    lambda: f64,
    a: f64,
    b: f64,
    /// Derivatives of `a` and `b` by `nu` and `lambda`.
    slopes_a: [f64; 2],
    slopes_b: [f64; 2],
    front: (f64, f64),
    product: LnProduct,
    /// Sums of what each return adds to the derivatives, but for the logarithm of `D`.
    by_shape: [f64; 2],
}

impl Skewed {
    fn new(nu: f64, lambda: f64) -> Self {
        let front = student_front(nu);
        let c = libm::exp(front.0);
        let ratio = (nu - 2.0) / (nu - 1.0);
        let a = 4.0 * lambda * c * ratio;
        let b = (1.0 + 3.0 * lambda * lambda - a * a).sqrt();
        let slopes_a =
            [4.0 * lambda * c * (front.1 * ratio + 1.0 / ((nu - 1.0) * (nu - 1.0))), 4.0 * c * ratio];
        let slopes_b = [-a * slopes_a[0] / b, (3.0 * lambda - a * slopes_a[1]) / b];
        let product = LnProduct::default();
        Self { nu, lambda, a, b, slopes_a, slopes_b, front, product, by_shape: [0.0; 2] }
    }

    /// `D`, the side's width, `w / D * (nu + 1) / (nu - 2)`, `w`, `z`.
    #[inline]
    fn parts(&self, e: f64, variance: f64) -> (f64, f64, f64, f64, f64) {
        let z = e / variance.sqrt();
        let y = self.b * z + self.a;
        let side = if y < 0.0 { 1.0 - self.lambda } else { 1.0 + self.lambda };
        let w = y / side;
        let spread = 1.0 + w * w / (self.nu - 2.0);
        (spread, side, (self.nu + 1.0) / (self.nu - 2.0) * w / spread, w, z)
    }

    #[inline]
    fn shape(&self, spread: f64, side: f64, force: f64, w: f64, z: f64) -> [f64; 2] {
        let by_nu = (self.slopes_b[0] * z + self.slopes_a[0]) / side;
        let widening = if w < 0.0 { w / side } else { -w / side };
        let by_lambda = (self.slopes_b[1] * z + self.slopes_a[1]) / side + widening;
        let own = 0.5 * (self.nu + 1.0) * w * w / ((self.nu - 2.0) * (self.nu - 2.0) * spread);
        [own - force * by_nu, -force * by_lambda]
    }
}

impl Density for Skewed {
    #[inline]
    fn observe(&mut self, e: f64, variance: f64) -> Term {
        let (spread, side, force, w, z) = self.parts(e, variance);
        self.product.push(spread);
        let shape = self.shape(spread, side, force, w, z);
        self.by_shape[0] += shape[0];
        self.by_shape[1] += shape[1];
        let slope = -force * self.b / side;
        Term { pull: z * slope, by_mu: -slope / variance.sqrt() }
    }

    fn shape_score(&self, e: f64, variance: f64) -> [f64; 2] {
        let (spread, side, force, w, z) = self.parts(e, variance);
        let shape = self.shape(spread, side, force, w, z);
        [
            shape[0] + self.slopes_b[0] / self.b + self.front.1 - 0.5 * libm::log(spread),
            shape[1] + self.slopes_b[1] / self.b,
        ]
    }

    fn total(self, n: f64) -> Total {
        let logs = self.product.ln();
        let value = n * (libm::log(self.b) + self.front.0) - 0.5 * (self.nu + 1.0) * logs;
        let by_nu = self.by_shape[0] + n * (self.slopes_b[0] / self.b + self.front.1) - 0.5 * logs;
        Total { value, by_shape: [by_nu, self.by_shape[1] + n * self.slopes_b[1] / self.b] }
    }
}
