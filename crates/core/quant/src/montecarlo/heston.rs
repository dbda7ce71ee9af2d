//! Stochastic volatility (Heston 1993): `dS = mu S dt + sqrt(v) S dW1`, `dv = kappa (theta - v) dt + xi sqrt(v) dW2`,
//! with correlation `rho` between the two.

use super::gbm::check_price;
use super::{Grid, Paths};
use crate::rng::Stream;
use crate::{Error, given};

/// Parameters, per year.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameters {
    /// Price at the start, above zero.
    pub start: f64,
    /// `mu`: the expected price is `start * exp(mu t)`.
    pub drift: f64,
    /// `v` at the start, from 0 to 1e6.
    pub variance: f64,
    /// `kappa`, from 1e-9 to 1e6.
    pub reversion: f64,
    /// `theta`, from 1e-9 to 1e6.
    pub mean_variance: f64,
    /// `xi`, from 1e-9 to 1e6.
    pub volatility_of_variance: f64,
    /// `rho`, within -1..=1.
    pub correlation: f64,
}

impl Parameters {
    /// Whether `2 kappa theta >= xi^2` (Feller 1951), so that the variance never reaches zero. Both schemes stand it when
    /// it does.
    pub fn stays_positive(&self) -> bool {
        2.0 * self.reversion * self.mean_variance >= self.volatility_of_variance * self.volatility_of_variance
    }
}

/// How a step is discretised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// Quadratic-exponential with martingale correction (Andersen 2008, "Simple and efficient simulation of the Heston
    /// stochastic volatility model", sections 3.2.4 and 4.3). Matches mean and variance of the variance exactly, and the
    /// mean of the price; few steps a year are enough.
    QuadraticExponential,
    /// Euler with full truncation (Lord, Koekkoek and van Dijk 2010). For reference: its bias shrinks with the step.
    FullTruncationEuler,
}

/// The Heston model on a grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Heston {
    grid: Grid,
    given: Parameters,
    scheme: Scheme,
    quadratic: Quadratic,
}

/// Constants of the quadratic-exponential step.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Quadratic {
    /// `exp(-kappa dt)`.
    keep: f64,
    /// Variance of the next variance: `by_variance * v + alone`.
    by_variance: f64,
    alone: f64,
    k0: f64,
    k1: f64,
    k2: f64,
    /// Both K3 and K4.
    k3: f64,
}

/// The range in which no square of a step's moments leaves that of numbers.
fn sane(value: f64) -> bool {
    (1e-9..=1e6).contains(&value)
}

/// Between the two laws of the next variance (Andersen recommends 1 to 2).
const SWITCH: f64 = 1.5;

impl Heston {
    /// Refuses parameters outside the ranges that are stated with them.
    pub fn new(parameters: Parameters, scheme: Scheme, grid: Grid) -> Result<Self, Error> {
        let Parameters { reversion, mean_variance, volatility_of_variance, correlation, .. } = parameters;
        check_price(parameters.start, parameters.drift, parameters.variance)?;
        given::parameter("the speed of reversion", reversion, sane(reversion), "from 1e-9 to 1e6 is needed")?;
        given::parameter(
            "the mean variance",
            mean_variance,
            sane(mean_variance),
            "from 1e-9 to 1e6 is needed",
        )?;
        given::parameter(
            "the volatility of variance",
            volatility_of_variance,
            sane(volatility_of_variance),
            "from 1e-9 to 1e6 is needed",
        )?;
        given::parameter(
            "the correlation",
            correlation,
            (-1.0..=1.0).contains(&correlation),
            "from -1 to 1 is needed",
        )?;
        let dt = grid.dt();
        given::parameter(
            "the length of a step",
            dt,
            (1e-12..=1e3).contains(&dt),
            "from 1e-12 to 1000 years is needed",
        )?;
        let keep = libm::exp(-reversion * dt);
        let gone = -libm::expm1(-reversion * dt);
        let square = volatility_of_variance * volatility_of_variance;
        let slope = correlation / volatility_of_variance;
        let half = 0.5 * dt * (reversion * slope - 0.5);
        let quadratic = Quadratic {
            keep,
            by_variance: square * keep * gone / reversion,
            alone: mean_variance * square * gone * gone / (2.0 * reversion),
            k0: -slope * reversion * mean_variance * dt,
            k1: half - slope,
            k2: half + slope,
            k3: 0.5 * dt * (1.0 - correlation * correlation),
        };
        Ok(Self { grid, given: parameters, scheme, quadratic })
    }

    /// As [`Paths::path`], with the variance beside the price; both have `steps() + 1` values.
    pub fn path_with_variance(
        &self,
        stream: &mut Stream,
        prices: &mut [f64],
        variances: &mut [f64],
    ) -> Result<(), Error> {
        given::equal_lengths("the prices", prices.len(), "a path", self.grid.steps() + 1)?;
        given::equal_lengths("the variances", variances.len(), "a path", self.grid.steps() + 1)?;
        variances[0] = self.given.variance;
        self.walk(stream, prices, |i, v| variances[i] = v);
        Ok(())
    }

    #[inline]
    fn walk(&self, stream: &mut Stream, prices: &mut [f64], mut see: impl FnMut(usize, f64)) {
        let start = self.given.start;
        prices[0] = start;
        let (mut log, mut v) = (0.0, self.given.variance);
        for (i, price) in prices.iter_mut().enumerate().skip(1) {
            let step = match self.scheme {
                Scheme::QuadraticExponential => self.quadratic_step(stream, &mut v),
                Scheme::FullTruncationEuler => self.euler_step(stream, &mut v),
            };
            log += step;
            *price = start * libm::exp(log);
            see(i, v.max(0.0));
        }
    }

    /// Moves the variance; the change of the log price.
    #[inline]
    fn quadratic_step(&self, stream: &mut Stream, v: &mut f64) -> f64 {
        let Quadratic { keep, by_variance, alone, k0, k1, k2, k3 } = self.quadratic;
        let mean_variance = self.given.mean_variance;
        let now = *v;
        let m = mean_variance + (now - mean_variance) * keep;
        let psi = (by_variance * now + alone) / (m * m);
        let pull = k2 + 0.5 * k3;
        let (next, expected) = if psi <= SWITCH {
            let inverse = 2.0 / psi;
            let b2 = inverse - 1.0 + libm::sqrt(inverse * (inverse - 1.0));
            let a = m / (1.0 + b2);
            let z = libm::sqrt(b2) + stream.normal();
            let rest = 1.0 - 2.0 * pull * a;
            let expected = (rest > 0.0).then(|| pull * b2 * a / rest - 0.5 * libm::log(rest));
            (a * z * z, expected)
        } else {
            let p = (psi - 1.0) / (psi + 1.0);
            let beta = (1.0 - p) / m;
            let u = stream.uniform();
            let next = if u <= p { 0.0 } else { libm::log((1.0 - p) / (1.0 - u)) / beta };
            let expected = (pull < beta).then(|| libm::log(p + beta * (1.0 - p) / (beta - pull)));
            (next, expected)
        };
        // With the expectation of exp(pull * next) known, the constant that makes the discounted price a martingale
        // replaces K0; where it does not exist the uncorrected constant stays.
        let constant = match expected {
            Some(log_mean) => -log_mean - (k1 + 0.5 * k3) * now,
            None => k0,
        };
        *v = next;
        let spread = libm::sqrt(k3 * (now + next));
        self.given.drift * self.grid.dt() + constant + k1 * now + k2 * next + spread * stream.normal()
    }

    #[inline]
    fn euler_step(&self, stream: &mut Stream, v: &mut f64) -> f64 {
        let dt = self.grid.dt();
        let (z1, z2) = (stream.normal(), stream.normal());
        let rho = self.given.correlation;
        let now = v.max(0.0);
        let scale = libm::sqrt(now * dt);
        *v += self.given.reversion * (self.given.mean_variance - now) * dt
            + self.given.volatility_of_variance * scale * z1;
        (self.given.drift - 0.5 * now) * dt + scale * (rho * z1 + libm::sqrt(1.0 - rho * rho) * z2)
    }
}

impl Paths for Heston {
    fn steps(&self) -> usize {
        self.grid.steps()
    }

    fn path(&self, stream: &mut Stream, out: &mut [f64]) {
        self.walk(stream, out, |_, _| {});
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;

    #[test]
    fn a_variance_that_dies_often_stays_finite_and_not_negative() {
        let parameters = Parameters {
            start: 100.0,
            drift: 0.0,
            variance: 0.04,
            reversion: 0.5,
            mean_variance: 0.04,
            volatility_of_variance: 1.0,
            correlation: -0.9,
        };
        assert!(!parameters.stays_positive());
        for scheme in [Scheme::QuadraticExponential, Scheme::FullTruncationEuler] {
            let model = Heston::new(parameters, scheme, Grid::new(40, 10.0).unwrap()).unwrap();
            let (mut prices, mut variances) = (vec![0.0; 41], vec![0.0; 41]);
            for path in 0..500 {
                let mut stream = Key::named(1, "heston").stream(path);
                model.path_with_variance(&mut stream, &mut prices, &mut variances).unwrap();
                assert!(prices.iter().all(|p| p.is_finite() && *p > 0.0));
                assert!(variances.iter().all(|v| v.is_finite() && *v >= 0.0));
            }
        }
        let grid = Grid::new(1, 1.0).unwrap();
        let bad = Parameters { correlation: 1.5, ..parameters };
        assert!(Heston::new(bad, Scheme::QuadraticExponential, grid).is_err());
        let bad = Parameters { variance: -0.1, ..parameters };
        assert!(Heston::new(bad, Scheme::QuadraticExponential, grid).is_err());
    }
}
