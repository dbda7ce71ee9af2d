//! The t-copula: joint crashes, equally strong in both tails, governed by the degrees of freedom.

use super::levels::Levels;
use super::{Copula, OBSERVATIONS_MIN, check_uniforms, factor, implied_correlation, tail};
use crate::dependence::rank;
use crate::matrix::{Cholesky, Matrix, dot};
use crate::optimise::{Bracket, Minimum1d, minimum};
use crate::rng::{Gamma, Stream};
use crate::special::{StudentT, ln_gamma};
use crate::{Error, given};
use std::f64::consts::PI;

/// Range in which degrees of freedom are sought.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DegreesOfFreedom {
    /// Smallest, above zero.
    pub min: f64,
    /// Largest, above the smallest and to 1e6.
    pub max: f64,
}

impl Default for DegreesOfFreedom {
    /// From 2.5 to 30: below, variances hardly exist; above, it is a Gaussian copula to any practical eye.
    fn default() -> Self {
        Self { min: 2.5, max: 30.0 }
    }
}

impl DegreesOfFreedom {
    /// Place, in logarithms, relative precision of the search.
    const TOLERANCE: f64 = 1e-7;

    fn search(self, cost: impl FnMut(f64) -> f64) -> Result<Minimum1d, Error> {
        given::parameter("the least degrees of freedom", self.min, self.min > 0.0, "above zero is needed")?;
        given::parameter(
            "the most degrees of freedom",
            self.max,
            self.max > self.min && self.max <= StudentT::NU_MAX,
            "above the least, to 1e6, is needed",
        )?;
        let (left, right) = (libm::log(self.min), libm::log(self.max));
        let within = Bracket { left, middle: (left + right) / 2.0, right };
        minimum("the degrees of freedom of a t-copula", cost, within, Self::TOLERANCE)
    }

    /// Whether the search ended at an end of the range, so that the optimum lies beyond.
    fn is_end(self, nu: f64) -> bool {
        nu < self.min * 1.0001 || nu > self.max * 0.9999
    }
}

/// A t-copula.
#[derive(Clone, Debug, PartialEq)]
pub struct StudentCopula {
    correlation: Matrix,
    factor: Cholesky,
    law: StudentT,
    half: Gamma,
}

/// A fitted t-copula.
#[derive(Clone, Debug, PartialEq)]
pub struct StudentFit {
    /// The copula.
    pub copula: StudentCopula,
    /// Its log likelihood.
    pub ln_likelihood: f64,
    /// Whether the degrees of freedom stand at an end of their range: the likelihood still grew there.
    pub at_range_end: bool,
    /// `Some` when the pairwise correlations were not positive definite together: how far they were moved (Frobenius).
    pub corrected_by: Option<f64>,
}

impl StudentCopula {
    /// `correlation` must be positive definite, `nu` within (0, 1e6].
    pub fn new(correlation: &Matrix, nu: f64) -> Result<Self, Error> {
        Ok(Self {
            correlation: correlation.clone(),
            factor: factor(correlation)?,
            law: StudentT::new(nu)?,
            half: Gamma::new(nu / 2.0)?,
        })
    }

    /// Fits observations, e.g. returns with one row per day: correlations from Kendall's tau, degrees of freedom by
    /// maximum likelihood of the pseudo-observations given them (McNeil, Frey and Embrechts 2005, section 5.5.3). Needs
    /// 30 rows and two columns, none constant.
    pub fn fit(observations: &Matrix, range: DegreesOfFreedom) -> Result<StudentFit, Error> {
        given::enough("the assets of a copula", observations.cols(), 2)?;
        given::enough("the observations of a copula", observations.rows(), OBSERVATIONS_MIN)?;
        let implied = implied_correlation(observations)?;
        let uniforms = rank::pseudo_observations(observations)?;
        let factor = factor(&implied.correlation)?;
        let mut levels = Levels::of(&uniforms);
        let mut failure = None;
        let cost = |log_nu: f64| match ln_likelihood(&mut levels, &factor, libm::exp(log_nu)) {
            Ok(value) => -value,
            Err(error) => {
                failure = Some(error);
                f64::INFINITY
            }
        };
        let best = range.search(cost);
        if let Some(error) = failure {
            return Err(error);
        }
        let best = best?;
        let nu = libm::exp(best.x);
        Ok(StudentFit {
            copula: Self::new(&implied.correlation, nu)?,
            ln_likelihood: -best.value,
            at_range_end: range.is_end(nu),
            corrected_by: implied.corrected_by,
        })
    }

    /// Correlation matrix.
    pub const fn correlation(&self) -> &Matrix {
        &self.correlation
    }

    /// Degrees of freedom.
    pub const fn nu(&self) -> f64 {
        self.law.nu()
    }

    /// Tail dependence of all pairs; 1 on the diagonal.
    pub fn tail_dependence(&self) -> Result<Matrix, Error> {
        let n = self.correlation.rows();
        let mut out = Matrix::identity(n);
        for i in 0..n {
            for j in 0..i {
                out[(i, j)] = tail::student(self.nu(), self.correlation[(i, j)])?;
                out[(j, i)] = out[(i, j)];
            }
        }
        Ok(out)
    }
}

impl Copula for StudentCopula {
    fn dimension(&self) -> usize {
        self.correlation.rows()
    }

    fn draw(&self, stream: &mut Stream, out: &mut [f64]) {
        // A normal vector over the root of a common chi-square: the common factor is what makes crashes joint. It comes
        // from a stream of its own, so that copulas of different tails share their normals.
        let common = libm::sqrt(0.5 * self.nu() / self.half.draw(&mut stream.split()));
        stream.fill_normal(out);
        let lower = self.factor.lower();
        for i in (0..out.len()).rev() {
            out[i] = dot(&lower.row(i)[..=i], &out[..=i]);
        }
        for value in out {
            *value = inside(self.law.cdf(*value * common));
        }
    }

    fn ln_likelihood(&self, uniforms: &Matrix) -> Result<f64, Error> {
        check_uniforms(uniforms, 1)?;
        given::equal_lengths("the assets", uniforms.cols(), "those of the copula", self.dimension())?;
        ln_likelihood(&mut Levels::of(uniforms), &self.factor, self.nu())
    }
}

/// Keeps a rounded probability inside (0, 1).
pub(super) fn inside(p: f64) -> f64 {
    p.clamp(f64::MIN_POSITIVE, 1.0 - f64::EPSILON / 2.0)
}

/// Sum over the rows of `ln t_{nu,R}(x) - sum_j ln t_nu(x_j)` with `x_j = t_nu^-1(u_j)`.
fn ln_likelihood(levels: &mut Levels, factor: &Cholesky, nu: f64) -> Result<f64, Error> {
    let law = StudentT::new(nu)?;
    levels.set(&law)?;
    let d = factor.lower().rows();
    let rows = levels.len() / d;
    let mut row = vec![0.0; d];
    let mut product = Product::new();
    for t in 0..rows {
        for (j, value) in row.iter_mut().enumerate() {
            *value = levels.quantile(t * d + j);
        }
        factor.solve_lower(&mut row);
        product.times(1.0 + dot(&row, &row) / nu);
    }
    let dimension = d as f64;
    let front = ln_gamma((nu + dimension) / 2.0)
        - ln_gamma(nu / 2.0)
        - dimension / 2.0 * libm::log(nu * PI)
        - factor.log_determinant() / 2.0;
    let value = rows as f64 * front - (nu + dimension) / 2.0 * product.ln() - levels.ln_density(&law);
    given::finite("the log likelihood of a t-copula", &[value])?;
    Ok(value)
}

/// The logarithm of a long product, taken only when it grows large.
struct Product {
    value: f64,
    ln: f64,
}

impl Product {
    const fn new() -> Self {
        Self { value: 1.0, ln: 0.0 }
    }

    fn times(&mut self, factor: f64) {
        if factor > 1e100 {
            self.ln += libm::log(factor);
            return;
        }
        self.value *= factor;
        if self.value > 1e100 {
            self.ln += libm::log(self.value);
            self.value = 1.0;
        }
    }

    fn ln(&self) -> f64 {
        self.ln + libm::log(self.value)
    }
}

/// A t-copula of two assets, fitted in both parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StudentPair {
    /// Correlation.
    pub rho: f64,
    /// Degrees of freedom.
    pub nu: f64,
    /// Log likelihood.
    pub ln_likelihood: f64,
    /// Whether the degrees of freedom stand at an end of their range.
    pub at_range_end: bool,
}

impl StudentPair {
    /// Full maximum likelihood from uniforms (pseudo-observations) with one row per time step and two columns: for each
    /// number of degrees of freedom the best correlation, and of these the best. Needs 30 rows.
    pub fn fit(uniforms: &Matrix, range: DegreesOfFreedom) -> Result<Self, Error> {
        check_uniforms(uniforms, OBSERVATIONS_MIN)?;
        given::equal_lengths("the columns", uniforms.cols(), "a pair", 2)?;
        let mut levels = Levels::of(uniforms);
        let mut failure = None;
        let best = range.search(|log_nu| match best_rho(&mut levels, libm::exp(log_nu)) {
            Ok(best) => best.value,
            Err(error) => {
                failure = Some(error);
                f64::INFINITY
            }
        });
        if let Some(error) = failure {
            return Err(error);
        }
        let nu = libm::exp(best?.x);
        let inner = best_rho(&mut levels, nu)?;
        Ok(Self { rho: libm::tanh(inner.x), nu, ln_likelihood: -inner.value, at_range_end: range.is_end(nu) })
    }
}

/// Minimum of the negative log likelihood over `atanh(rho)`.
fn best_rho(levels: &mut Levels, nu: f64) -> Result<Minimum1d, Error> {
    let law = StudentT::new(nu)?;
    levels.set(&law)?;
    let rows = levels.len() / 2;
    let margins = levels.ln_density(&law);
    let front = ln_gamma((nu + 2.0) / 2.0) - ln_gamma(nu / 2.0) - libm::log(nu * PI);
    let cost = |z: f64| {
        let rho = libm::tanh(z);
        let rest = 1.0 - rho * rho;
        let mut product = Product::new();
        for t in 0..rows {
            let (x, y) = (levels.quantile(2 * t), levels.quantile(2 * t + 1));
            product.times(1.0 + (x * x - 2.0 * rho * x * y + y * y) / (rest * nu));
        }
        margins - rows as f64 * (front - libm::log(rest) / 2.0) + (nu + 2.0) / 2.0 * product.ln()
    };
    // tanh(+-6) is 0.99999: beyond, two assets are one.
    let within = Bracket { left: -6.0, middle: 0.1, right: 6.0 };
    minimum("the correlation of a t-copula", cost, within, 1.5e-8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;

    fn draws(copula: &StudentCopula, n: usize) -> Matrix {
        let key = Key::named(8, "t-copula test");
        let mut out = Matrix::zeros(n, copula.dimension());
        for t in 0..n {
            copula.draw(&mut key.stream(t as u64), out.row_mut(t));
        }
        out
    }

    #[test]
    fn what_is_drawn_is_found_again() {
        let correlation = Matrix::from_rows(&[[1.0, 0.6, -0.2], [0.6, 1.0, 0.1], [-0.2, 0.1, 1.0]]).unwrap();
        let truth = StudentCopula::new(&correlation, 4.0).unwrap();
        let uniforms = draws(&truth, 20_000);
        for j in 0..3 {
            let mean = uniforms.column(j).iter().sum::<f64>() / 20_000.0;
            assert!((mean - 0.5).abs() < 4.0 * (1.0_f64 / 12.0 / 20_000.0).sqrt());
        }
        let fit = StudentCopula::fit(&uniforms, DegreesOfFreedom::default()).unwrap();
        println!("nu {} of 4, rho {} of 0.6", fit.copula.nu(), fit.copula.correlation()[(0, 1)]);
        assert!((fit.copula.nu() - 4.0).abs() < 0.4 && !fit.at_range_end && fit.corrected_by.is_none());
        for (got, want) in fit.copula.correlation().values().iter().zip(correlation.values()) {
            assert!((got - want).abs() < 0.03);
        }
        let joint = tail::empirical_lower(&uniforms.column(0), &uniforms.column(1), 0.005).unwrap();
        let limit = truth.tail_dependence().unwrap()[(0, 1)];
        // One hundred expected in the tail: four standard errors are 0.2.
        assert!((joint - limit).abs() < 0.25, "{joint} {limit}");
    }

    #[test]
    fn many_degrees_of_freedom_are_the_gaussian_copula() {
        let correlation = Matrix::from_rows(&[[1.0, 0.5, 0.2], [0.5, 1.0, -0.3], [0.2, -0.3, 1.0]]).unwrap();
        let student = StudentCopula::new(&correlation, 1e6).unwrap();
        let gaussian = super::super::GaussianCopula::new(&correlation).unwrap();
        let uniforms = draws(&student, 200);
        let (a, b) = (student.ln_likelihood(&uniforms).unwrap(), gaussian.ln_likelihood(&uniforms).unwrap());
        assert!((a - b).abs() < 0.01, "{a} {b}");
    }

    #[test]
    fn the_density_integrates_to_one() {
        let correlation = Matrix::from_rows(&[[1.0, 0.5], [0.5, 1.0]]).unwrap();
        let copula = StudentCopula::new(&correlation, 4.0).unwrap();
        let n = 200;
        let at = |i: usize| (i as f64 + 0.5) / n as f64;
        let mut sum = 0.0;
        for i in 0..n {
            for j in 0..n {
                let point = Matrix::from_rows(&[[at(i), at(j)]]).unwrap();
                sum += libm::exp(copula.ln_likelihood(&point).unwrap());
            }
        }
        // The corners, where it is infinite, are cut short by the grid.
        let integral = sum / (n * n) as f64;
        println!("integral {integral}");
        assert!((integral - 1.0).abs() < 0.002);
    }

    #[test]
    fn normal_dependence_ends_at_the_range_and_says_so() {
        let mut stream = Key::named(2, "normal").stream(0);
        let returns = Matrix::from_fn(2000, 2, |_, _| stream.normal());
        let fit = StudentCopula::fit(&returns, DegreesOfFreedom::default()).unwrap();
        assert!(fit.at_range_end && fit.copula.nu() > 29.9);
    }

    #[test]
    fn refuses_constants_few_rows_and_bad_correlations() {
        let range = DegreesOfFreedom::default();
        assert!(matches!(
            StudentCopula::fit(&Matrix::zeros(10, 3), range),
            Err(Error::TooShort { have: 10, need: 30, .. })
        ));
        assert!(matches!(StudentCopula::fit(&Matrix::zeros(40, 3), range), Err(Error::Constant { .. })));
        assert!(StudentCopula::fit(&Matrix::zeros(40, 1), range).is_err());
        let singular = Matrix::symmetric_from(2, |_, _| 1.0);
        assert!(matches!(StudentCopula::new(&singular, 4.0), Err(Error::Singular { .. })));
        assert!(StudentCopula::new(&Matrix::identity(2), 0.0).is_err());
        let copula = StudentCopula::new(&Matrix::identity(2), 4.0).unwrap();
        assert!(copula.ln_likelihood(&Matrix::zeros(3, 2)).is_err());
        let backwards = DegreesOfFreedom { min: 5.0, max: 4.0 };
        let mut stream = Key::named(2, "normal").stream(0);
        let returns = Matrix::from_fn(50, 2, |_, _| stream.normal());
        assert!(matches!(StudentCopula::fit(&returns, backwards), Err(Error::Parameter { .. })));
    }

    #[test]
    fn two_copies_of_one_asset_are_corrected_and_named() {
        let mut stream = Key::named(9, "twins").stream(0);
        let one: Vec<f64> = (0..100).map(|_| stream.normal()).collect();
        let other: Vec<f64> = (0..100).map(|_| stream.normal()).collect();
        let twins = Matrix::from_columns(&[one.clone(), one, other]).unwrap();
        let fit = StudentCopula::fit(&twins, DegreesOfFreedom::default()).unwrap();
        assert!(fit.corrected_by.is_some_and(|d| d > 0.0 && d < 1e-4));
    }
}
