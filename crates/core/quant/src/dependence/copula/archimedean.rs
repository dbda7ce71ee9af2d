//! Archimedean copulas of two assets (Joe 1997, chapter 5; Nelsen 2006, chapter 4): unlike the elliptical ones their two
//! tails differ. Clayton's falls together and rises alone, Gumbel's the other way round, Frank's does neither.

use super::{Copula, OBSERVATIONS_MIN, check_uniforms};
use crate::dependence::rank;
use crate::matrix::Matrix;
use crate::optimise::{Bracket, minimum, root};
use crate::rng::Stream;
use crate::{Error, given};
use std::f64::consts::PI;

/// The generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `C = (u^-theta + v^-theta - 1)^(-1/theta)`, theta above 0: dependence in the lower tail.
    Clayton,
    /// `C = exp(-((-ln u)^theta + (-ln v)^theta)^(1/theta))`, theta from 1: dependence in the upper tail.
    Gumbel,
    /// `C = -ln(1 + (e^(-theta u) - 1)(e^(-theta v) - 1) / (e^-theta - 1)) / theta`, theta of either sign: none in the
    /// tails. Zero is independence.
    Frank,
}

/// Largest parameter of a fit: two assets that are all but one.
const THETA_MAX: f64 = 100.0;
/// Smallest parameter of Clayton's, and smallest excess over one of Gumbel's, in a fit.
const THETA_MIN: f64 = 1e-4;

/// An Archimedean copula of two assets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArchimedeanCopula {
    family: Family,
    theta: f64,
    /// Whether it speaks of `1 - u` and `1 - v`: the tails change places.
    survival: bool,
}

/// Dependence in the tails: the limit of the chance that one asset is beyond its quantile when the other is beyond its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TailDependence {
    /// Of joint falls.
    pub lower: f64,
    /// Of joint rises.
    pub upper: f64,
}

/// A copula fitted by maximum likelihood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ArchimedeanFit {
    /// The copula.
    pub copula: ArchimedeanCopula,
    /// Log likelihood.
    pub ln_likelihood: f64,
    /// Whether the parameter stands at an end of its range: independence, or two assets that are all but one.
    pub at_range_end: bool,
}

impl ArchimedeanCopula {
    /// Refuses a parameter outside the range of the family.
    pub fn new(family: Family, theta: f64) -> Result<Self, Error> {
        let (holds, expected) = match family {
            Family::Clayton => ((1e-10..=1e3).contains(&theta), "from 1e-10 to 1000"),
            Family::Gumbel => ((1.0..=1e3).contains(&theta), "from 1 to 1000"),
            Family::Frank => ((-1e3..=1e3).contains(&theta), "from -1000 to 1000"),
        };
        given::parameter("the parameter of an Archimedean copula", theta, holds, expected)?;
        Ok(Self { family, theta, survival: false })
    }

    /// The copula of `1 - u` and `1 - v`: Gumbel's then falls together.
    #[must_use]
    pub const fn survival(self) -> Self {
        Self { survival: !self.survival, ..self }
    }

    /// The family.
    pub const fn family(&self) -> Family {
        self.family
    }

    /// The parameter.
    pub const fn theta(&self) -> f64 {
        self.theta
    }

    /// Whether the tails have changed places.
    pub const fn is_survival(&self) -> bool {
        self.survival
    }

    /// The parameter that Kendall's tau of the observations implies (Genest & Rivest 1993), one row per time step and two
    /// columns. Needs 30 rows. Clayton's and Gumbel's know positive dependence only: turn one side over, or take Frank's.
    pub fn of_tau(family: Family, observations: &Matrix) -> Result<Self, Error> {
        given::equal_lengths("the columns", observations.cols(), "a pair", 2)?;
        given::enough("the observations of a copula", observations.rows(), OBSERVATIONS_MIN)?;
        let tau = rank::kendall(&observations.column(0), &observations.column(1))?;
        Self::new(family, theta_of_tau(family, tau)?)
    }

    /// Maximum likelihood from uniforms (pseudo-observations) with one row per time step and two columns. `survival` fits
    /// `1 - u` and `1 - v`. Needs 30 rows. Of data whose dependence the family does not know the answer stands at the end
    /// of the range, and says so.
    pub fn fit(family: Family, uniforms: &Matrix, survival: bool) -> Result<ArchimedeanFit, Error> {
        check_uniforms(uniforms, OBSERVATIONS_MIN)?;
        given::equal_lengths("the columns", uniforms.cols(), "a pair", 2)?;
        let (log_min, log_max) = (libm::log(THETA_MIN), libm::log(THETA_MAX));
        // Frank's parameter has both signs: the hyperbolic sine is a logarithm far out and a line at zero.
        let wide = libm::asinh(THETA_MAX);
        let (theta, within): (fn(f64) -> f64, Bracket) = match family {
            Family::Clayton => (libm::exp, Bracket { left: log_min, middle: 0.0, right: log_max }),
            Family::Gumbel => {
                (|z| 1.0 + libm::exp(z), Bracket { left: log_min, middle: 0.0, right: log_max })
            }
            Family::Frank => (libm::sinh, Bracket { left: -wide, middle: 0.1, right: wide }),
        };
        let at = |z: f64| Self { family, theta: theta(z), survival };
        let cost = |z: f64| -at(z).sum_of_logs(uniforms);
        let best = minimum("an Archimedean copula", cost, within, 1.5e-8)?;
        let reach = 1e-3 * (within.right - within.left);
        Ok(ArchimedeanFit {
            copula: at(best.x),
            ln_likelihood: -best.value,
            at_range_end: best.x - within.left < reach || within.right - best.x < reach,
        })
    }

    /// Kendall's tau.
    pub fn tau(&self) -> f64 {
        let theta = self.theta;
        match self.family {
            Family::Clayton => theta / (theta + 2.0),
            Family::Gumbel => 1.0 - 1.0 / theta,
            Family::Frank => frank_tau(theta),
        }
    }

    /// Dependence in either tail.
    pub fn tail_dependence(&self) -> TailDependence {
        let (lower, upper) = match self.family {
            Family::Clayton => (libm::exp2(-1.0 / self.theta), 0.0),
            Family::Gumbel => (0.0, 2.0 - libm::exp2(1.0 / self.theta)),
            Family::Frank => (0.0, 0.0),
        };
        if self.survival {
            TailDependence { lower: upper, upper: lower }
        } else {
            TailDependence { lower, upper }
        }
    }

    /// The chance that the first is at most `u` and the second at most `v`, both in (0, 1).
    pub fn cdf(&self, u: f64, v: f64) -> Result<f64, Error> {
        check_uniforms(&Matrix::new(1, 2, vec![u, v])?, 1)?;
        let value = if self.survival { u + v - 1.0 + self.joint(1.0 - u, 1.0 - v) } else { self.joint(u, v) };
        Ok(value.clamp((u + v - 1.0).max(0.0), u.min(v)))
    }

    fn joint(&self, u: f64, v: f64) -> f64 {
        let theta = self.theta;
        match self.family {
            Family::Clayton => libm::exp(-clayton_sum(theta, u, v) / theta),
            Family::Gumbel => {
                let (x, y) = (libm::log(-libm::log(u)), libm::log(-libm::log(v)));
                libm::exp(-libm::exp(ln_sum(theta * x, theta * y) / theta))
            }
            Family::Frank if theta < 0.0 => v - Self { theta: -theta, ..*self }.joint(1.0 - u, v),
            Family::Frank if theta < 1e-8 => u * v,
            Family::Frank => {
                let lost = -libm::expm1(-theta * u) * libm::expm1(-theta * v) / libm::expm1(-theta);
                // 1 - lost would cancel where little is left.
                let left = if lost < 0.5 {
                    libm::log1p(-lost)
                } else {
                    ln_frank_rest(theta, u, v) - libm::log(-libm::expm1(-theta))
                };
                -left / theta
            }
        }
    }

    /// Log density at a point within (0, 1)^2.
    fn ln_density(&self, u: f64, v: f64) -> f64 {
        let (u, v) = if self.survival { (1.0 - u, 1.0 - v) } else { (u, v) };
        let theta = self.theta;
        match self.family {
            Family::Clayton => {
                libm::log1p(theta)
                    - (1.0 + theta) * (libm::log(u) + libm::log(v))
                    - (2.0 + 1.0 / theta) * clayton_sum(theta, u, v)
            }
            Family::Gumbel => {
                let (x, y) = (-libm::log(u), -libm::log(v));
                let (ln_x, ln_y) = (libm::log(x), libm::log(y));
                let ln_t = ln_sum(theta * ln_x, theta * ln_y) / theta;
                let t = libm::exp(ln_t);
                x + y - t
                    + (theta - 1.0) * (ln_x + ln_y - 2.0 * ln_t)
                    + libm::log1p((theta - 1.0) * libm::exp(-ln_t))
            }
            Family::Frank if theta < 0.0 => ln_frank(-theta, 1.0 - u, v),
            Family::Frank => ln_frank(theta, u, v),
        }
    }

    fn sum_of_logs(&self, uniforms: &Matrix) -> f64 {
        (0..uniforms.rows()).map(|t| self.ln_density(uniforms[(t, 0)], uniforms[(t, 1)])).sum()
    }
}

impl Copula for ArchimedeanCopula {
    fn dimension(&self) -> usize {
        2
    }

    fn draw(&self, stream: &mut Stream, out: &mut [f64]) {
        let theta = self.theta;
        let (u, v) = match self.family {
            // The second by the inverse of its law given the first.
            Family::Clayton => {
                let (u, w) = (stream.uniform(), stream.uniform());
                let a = -theta * libm::log(u);
                let b = libm::expm1(-theta / (1.0 + theta) * libm::log(w));
                let sum =
                    if a > 30.0 { a + libm::log(libm::exp(-a) + b) } else { libm::log1p(libm::exp(a) * b) };
                (u, libm::exp(-sum / theta))
            }
            // Marshall & Olkin (1988): two exponentials over a positive stable variable (Kanter 1975).
            Family::Gumbel => {
                let alpha = 1.0 / theta;
                let (angle, e) = (PI * stream.uniform(), stream.exponential());
                let bent = if theta > 1.0 {
                    (1.0 - alpha) * (libm::log(libm::sin((1.0 - alpha) * angle)) - libm::log(e))
                } else {
                    0.0
                };
                // alpha ln V.
                let ln_v = alpha * libm::log(libm::sin(alpha * angle)) - libm::log(libm::sin(angle)) + bent;
                let mut side = || libm::exp(-libm::exp(alpha * libm::log(stream.exponential()) - ln_v));
                (side(), side())
            }
            Family::Frank => {
                let (u, w) = (stream.uniform(), stream.uniform());
                let (size, from) = (theta.abs(), if theta < 0.0 { 1.0 - u } else { u });
                let v = if size < 1e-8 {
                    w
                } else {
                    let (ln_w, ln_rest) = (libm::log(w), libm::log1p(-w));
                    let above = ln_sum(ln_rest - size * from, ln_w - size);
                    (ln_sum(ln_w, ln_rest - size * from) - above) / size
                };
                (u, v)
            }
        };
        // The law of 1 - u is that of u: rounding at the ends aside, nothing is lost.
        let turned = |value: f64| super::student::inside(if self.survival { 1.0 - value } else { value });
        (out[0], out[1]) = (turned(u), turned(v));
    }

    fn ln_likelihood(&self, uniforms: &Matrix) -> Result<f64, Error> {
        check_uniforms(uniforms, 1)?;
        given::equal_lengths("the columns", uniforms.cols(), "a pair", 2)?;
        Ok(self.sum_of_logs(uniforms))
    }
}

/// The parameter of a family that has this Kendall's tau.
pub fn theta_of_tau(family: Family, tau: f64) -> Result<f64, Error> {
    let name = "Kendall's tau";
    match family {
        Family::Frank => {
            given::parameter(name, tau, tau.abs() <= 0.99, "from -0.99 to 0.99")?;
            if tau.abs() < 1e-9 {
                return Ok(9.0 * tau);
            }
            let found = root("Frank's parameter", |size| frank_tau(size) - tau.abs(), 0.0, 500.0, 1e-14)?;
            Ok(found.x.copysign(tau))
        }
        Family::Clayton => {
            given::parameter(name, tau, tau > 0.0 && tau <= 0.99, "above 0, at most 0.99")?;
            Ok(2.0 * tau / (1.0 - tau))
        }
        Family::Gumbel => {
            given::parameter(name, tau, (0.0..=0.99).contains(&tau), "from 0 to 0.99")?;
            Ok(1.0 / (1.0 - tau))
        }
    }
}

/// The zeta function at 2, 4, 6 ... 20.
const ZETA_EVEN: [f64; 10] = [
    1.644_934_066_848_226_4,
    1.082_323_233_711_138_2,
    1.017_343_061_984_449_2,
    1.004_077_356_197_944_3,
    1.000_994_575_127_818,
    1.000_246_086_553_308,
    1.000_061_248_135_058_7,
    1.000_015_282_259_408_7,
    1.000_003_817_293_265,
    1.000_000_953_962_033_9,
];

/// `1 - 4 / theta (1 - D1(theta))` with Debye's function `D1(x) = 1/x` times the integral of `t / (e^t - 1)` from 0 to x;
/// odd in theta.
fn frank_tau(theta: f64) -> f64 {
    let size = theta.abs();
    let tau = if size < 1.0 {
        // By Bernoulli numbers, of which the first two terms of D1 cancel against the rest of the formula.
        let square = size * size / (4.0 * PI * PI);
        let mut power = -1.0;
        let terms = ZETA_EVEN.iter().enumerate().map(|(k, zeta)| {
            power *= -square;
            power * zeta / (2 * k + 3) as f64
        });
        if size > 0.0 { 8.0 / size * terms.sum::<f64>() } else { 0.0 }
    } else {
        let mut rest = PI * PI / 6.0;
        for k in 1..=40 {
            let k = f64::from(k);
            rest -= libm::exp(-k * size) * (size / k + 1.0 / (k * k));
        }
        1.0 - 4.0 / size * (1.0 - rest / size)
    };
    tau.copysign(theta)
}

/// `ln(u^-theta + v^-theta - 1)`.
fn clayton_sum(theta: f64, u: f64, v: f64) -> f64 {
    let (a, b) = (-theta * libm::log(u), -theta * libm::log(v));
    let (high, low) = (a.max(b), a.min(b));
    if high < 1.0 {
        libm::log1p(libm::expm1(a) + libm::expm1(b))
    } else {
        high + libm::log1p(libm::exp(low - high) - libm::exp(-high))
    }
}

/// Frank's log density, theta zero or above.
fn ln_frank(theta: f64, u: f64, v: f64) -> f64 {
    if theta < 1e-8 {
        return 0.0;
    }
    libm::log(theta) + libm::log(-libm::expm1(-theta)) - theta * (u + v) - 2.0 * ln_frank_rest(theta, u, v)
}

/// `ln((1 - e^-theta) - (1 - e^(-theta u))(1 - e^(-theta v)))`, written as a sum of two positive terms, so that nothing
/// cancels.
fn ln_frank_rest(theta: f64, u: f64, v: f64) -> f64 {
    let lacks = |x: f64| libm::log(-libm::expm1(-theta * x));
    ln_sum(-theta * u + lacks(v), -theta * v + lacks(1.0 - v))
}

/// `ln(e^a + e^b)`.
fn ln_sum(a: f64, b: f64) -> f64 {
    let (high, low) = (a.max(b), a.min(b));
    high + libm::log1p(libm::exp(low - high))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;

    const MEMBERS: [(Family, f64); 9] = [
        (Family::Clayton, 0.05),
        (Family::Clayton, 2.0),
        (Family::Clayton, 40.0),
        (Family::Gumbel, 1.0),
        (Family::Gumbel, 2.5),
        (Family::Gumbel, 30.0),
        (Family::Frank, 0.3),
        (Family::Frank, 5.0),
        (Family::Frank, -60.0),
    ];

    const KENDALL_OF_FRANK: [(f64, f64); 6] = [
        (1e-3, 0.00011111111000000002),
        (0.3, 0.033303379171492675),
        (1.5, 0.16305416210507212),
        (-4.0, -0.38814802129793785),
        (20.0, 0.81644934023564),
        (80.0, 0.9510280837917802),
    ];
    type Point = (Family, f64, f64, f64, f64, f64);
    /// Family, parameter, u, v, distribution function and log density.
    const POINTS: [Point; 24] = [
        (Family::Clayton, 0.05, 0.3, 0.6, 0.18538678998219357, -0.004513454150747758),
        (Family::Clayton, 0.05, 0.9, 0.95, 0.855230163124706, 0.04125355011834984),
        (Family::Clayton, 0.05, 0.01, 0.02, 0.00042106847949043274, 0.4418564289304674),
        (Family::Clayton, 2.0, 0.3, 0.6, 0.2785430072655778, -0.14790646148147343),
        (Family::Clayton, 2.0, 0.9, 0.95, 0.8630311947836643, 0.8320515105962122),
        (Family::Clayton, 2.0, 0.01, 0.02, 0.008944629702343243, 3.0666820626912674),
        (Family::Clayton, 40.0, 0.3, 0.6, 0.29999999999999316, -23.501489531929355),
        (Family::Clayton, 40.0, 0.9, 0.95, 0.8978532878806602, 1.4087416338355105),
        (Family::Clayton, 40.0, 0.01, 0.02, 0.009999999999999773, -20.1002921502672),
        (Family::Gumbel, 1.3, 0.3, 0.6, 0.22366354142930953, 0.011619922155531795),
        (Family::Gumbel, 1.3, 0.9, 0.95, 0.8729251039590695, 0.8175223224906166),
        (Family::Gumbel, 1.3, 0.01, 0.02, 0.000699321878186282, 0.969751935121475),
        (Family::Gumbel, 30.0, 0.3, 0.6, 0.29999999999991867, -21.13008644724904),
        (Family::Gumbel, 30.0, 0.9, 0.95, 0.8999999999986779, -15.20242674191299),
        (Family::Gumbel, 30.0, 0.01, 0.02, 0.009988545424459318, 1.1531046769252338),
        (Family::Frank, 0.3, 0.3, 0.6, 0.18752142845253258, -0.01123433443956975),
        (Family::Frank, 0.3, 0.9, 0.95, 0.8556637546529423, 0.10465106128067608),
        (Family::Frank, 0.3, 0.01, 0.02, 0.0002304667544816385, 0.13739108854159965),
        (Family::Frank, -5.0, 0.3, 0.6, 0.07441933474407625, 0.3720053144428262),
        (Family::Frank, -5.0, 0.9, 0.95, 0.8502498261024674, -2.6362995991410845),
        (Family::Frank, -5.0, 0.01, 0.02, 7.3156693617326405e-06, -3.233874494810028),
        (Family::Frank, 60.0, 0.3, 0.6, 0.299999999746167, -13.905655468237857),
        (Family::Frank, 60.0, 0.9, 0.95, 0.8992296105938964, 1.0018978334896698),
        (Family::Frank, 60.0, 0.01, 0.02, 0.00631273880309212, 3.051873218593155),
    ];

    fn draws(copula: &ArchimedeanCopula, n: usize) -> Matrix {
        let key = Key::named(11, "archimedean test");
        let mut out = Matrix::zeros(n, 2);
        for t in 0..n {
            copula.draw(&mut key.stream(t as u64), out.row_mut(t));
        }
        out
    }

    /// Values of 50 digits by mpmath: tau by quadrature, the density checked there as the mixed derivative.
    #[test]
    fn agrees_with_fifty_digits() {
        for (theta, tau) in KENDALL_OF_FRANK {
            assert!((frank_tau(theta) - tau).abs() < 4e-15 * tau.abs(), "{theta}");
        }
        for (family, theta, u, v, cdf, ln_density) in POINTS {
            let copula = ArchimedeanCopula::new(family, theta).unwrap();
            let (got, density) = (copula.cdf(u, v).unwrap(), copula.ln_density(u, v));
            assert!((got - cdf).abs() < 1e-13 * cdf.max(1e-3), "{family:?} {theta}: {got} {cdf}");
            assert!(
                (density - ln_density).abs() < 1e-12 * ln_density.abs().max(1.0),
                "{family:?} {theta}: {density} {ln_density}"
            );
        }
    }

    #[test]
    fn tau_and_parameter_are_inverses() {
        for (family, theta) in MEMBERS {
            let tau = ArchimedeanCopula::new(family, theta).unwrap().tau();
            let back = theta_of_tau(family, tau).unwrap();
            assert!((back - theta).abs() < 1e-11 * theta.abs().max(1.0), "{family:?}: {back} of {theta}");
        }
        assert!(theta_of_tau(Family::Frank, 0.0).unwrap().abs() < 1e-300);
    }

    #[test]
    fn draws_have_the_tau_the_margins_and_the_tails_of_their_copula() {
        for (family, theta) in MEMBERS {
            for survival in [false, true] {
                let copula = ArchimedeanCopula::new(family, theta).unwrap();
                let copula = if survival { copula.survival() } else { copula };
                let n = 20_000;
                let uniforms = draws(&copula, n);
                let (u, v) = (uniforms.column(0), uniforms.column(1));
                for side in [&u, &v] {
                    let mean = side.iter().sum::<f64>() / n as f64;
                    assert!(
                        (mean - 0.5).abs() < 4.0 * (1.0 / 12.0 / n as f64).sqrt(),
                        "{family:?} {theta} {mean}"
                    );
                }
                let tau = rank::kendall(&u, &v).unwrap();
                // The standard error of tau is at most sqrt(2 (1 - tau^2) / n).
                let error = (2.0 * (1.0 - tau * tau) / n as f64).sqrt().max(1e-4);
                assert!((tau - copula.tau()).abs() < 4.0 * error, "{family:?} {theta}: {tau}");
                let joint = |q: f64| {
                    let both = u.iter().zip(&v).filter(|(a, b)| **a <= q && **b <= q).count();
                    let want = copula.cdf(q, q).unwrap();
                    let got = both as f64 / n as f64;
                    let error = (want * (1.0 - want) / n as f64).sqrt().max(1.0 / n as f64);
                    assert!((got - want).abs() < 4.5 * error, "{copula:?} {q}: {got} {want}");
                };
                [0.02, 0.3, 0.9].into_iter().for_each(joint);
            }
        }
    }

    #[test]
    fn what_is_drawn_is_found_again_in_both_ways() {
        for (family, theta) in
            [(Family::Clayton, 2.0), (Family::Gumbel, 2.5), (Family::Frank, 5.0), (Family::Frank, -5.0)]
        {
            for survival in [false, true] {
                let truth = ArchimedeanCopula::new(family, theta).unwrap();
                let truth = if survival { truth.survival() } else { truth };
                let uniforms = draws(&truth, 5_000);
                let fit = ArchimedeanCopula::fit(family, &uniforms, survival).unwrap();
                let by_tau = ArchimedeanCopula::of_tau(family, &uniforms).unwrap();
                println!(
                    "{family:?} {theta}: {} by likelihood, {} by tau",
                    fit.copula.theta(),
                    by_tau.theta()
                );
                assert!((fit.copula.theta() / theta - 1.0).abs() < 0.08 && !fit.at_range_end);
                assert!((by_tau.theta() / theta - 1.0).abs() < 0.08);
                assert!(fit.ln_likelihood >= truth.ln_likelihood(&uniforms).unwrap());
                let other = ArchimedeanCopula::fit(family, &uniforms, !survival).unwrap();
                let same = family == Family::Frank;
                assert!(same || fit.ln_likelihood > other.ln_likelihood + 50.0);
            }
        }
    }

    #[test]
    fn the_density_integrates_to_one() {
        for (family, theta) in
            [(Family::Clayton, 0.5), (Family::Gumbel, 1.3), (Family::Frank, 8.0), (Family::Frank, -8.0)]
        {
            let copula = ArchimedeanCopula::new(family, theta).unwrap();
            let n = 400;
            let at = |i: usize| (i as f64 + 0.5) / n as f64;
            let cells = (0..n * n).map(|k| libm::exp(copula.ln_density(at(k / n), at(k % n))));
            let integral = cells.sum::<f64>() / (n * n) as f64;
            println!("{family:?} {theta}: {integral}");
            assert!((integral - 1.0).abs() < 4e-3);
        }
    }

    #[test]
    fn the_far_corners_have_finite_densities() {
        let ends = [1e-300, 1e-12, 0.5, 1.0 - 1e-12, 1.0 - f64::EPSILON / 2.0];
        for (family, theta) in MEMBERS {
            let copula = ArchimedeanCopula::new(family, theta).unwrap();
            for u in ends {
                for v in ends {
                    assert!(copula.ln_density(u, v).is_finite(), "{family:?} {theta} at {u} {v}");
                    assert!(copula.cdf(u, v).is_ok_and(f64::is_finite));
                }
            }
        }
    }

    #[test]
    fn dependence_that_a_family_does_not_know_is_refused_or_told() {
        let falling = draws(&ArchimedeanCopula::new(Family::Frank, -8.0).unwrap(), 500);
        assert!(matches!(ArchimedeanCopula::of_tau(Family::Clayton, &falling), Err(Error::Parameter { .. })));
        assert!(ArchimedeanCopula::fit(Family::Clayton, &falling, false).unwrap().at_range_end);
        assert!(ArchimedeanCopula::fit(Family::Gumbel, &falling, true).unwrap().at_range_end);
        assert!(ArchimedeanCopula::new(Family::Gumbel, 0.9).is_err());
        assert!(ArchimedeanCopula::new(Family::Clayton, -0.5).is_err());
        assert!(ArchimedeanCopula::fit(Family::Frank, &Matrix::zeros(40, 2), false).is_err());
        assert!(
            ArchimedeanCopula::fit(Family::Frank, &Matrix::from_fn(20, 2, |t, j| falling[(t, j)]), false)
                .is_err()
        );
    }
}
