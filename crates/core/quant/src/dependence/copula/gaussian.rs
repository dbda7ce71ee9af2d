//! The Gaussian copula: correlation without tail dependence. Its use is comparison: it underrates joint crashes.

use super::student::inside;
use super::{Copula, OBSERVATIONS_MIN, check_uniforms, factor, implied_correlation};
use crate::matrix::{Cholesky, Matrix, dot};
use crate::optimise::{Bracket, minimum};
use crate::rng::Stream;
use crate::special::{normal_cdf, normal_quantile};
use crate::{Error, given};

/// A Gaussian copula.
#[derive(Clone, Debug, PartialEq)]
pub struct GaussianCopula {
    correlation: Matrix,
    factor: Cholesky,
}

impl GaussianCopula {
    /// `correlation` must be positive definite.
    pub fn new(correlation: &Matrix) -> Result<Self, Error> {
        Ok(Self { correlation: correlation.clone(), factor: factor(correlation)? })
    }

    /// From observations with one row per time step: the correlations that Kendall's tau implies, moved to the nearest
    /// positive definite ones where they are not. Needs 30 rows and two columns, none constant.
    pub fn fit(observations: &Matrix) -> Result<Self, Error> {
        given::enough("the assets of a copula", observations.cols(), 2)?;
        given::enough("the observations of a copula", observations.rows(), OBSERVATIONS_MIN)?;
        Self::new(&implied_correlation(observations)?.correlation)
    }

    /// Correlation matrix.
    pub const fn correlation(&self) -> &Matrix {
        &self.correlation
    }
}

impl Copula for GaussianCopula {
    fn dimension(&self) -> usize {
        self.correlation.rows()
    }

    fn draw(&self, stream: &mut Stream, out: &mut [f64]) {
        stream.fill_normal(out);
        let lower = self.factor.lower();
        for i in (0..out.len()).rev() {
            out[i] = dot(&lower.row(i)[..=i], &out[..=i]);
        }
        for value in out {
            *value = inside(normal_cdf(*value));
        }
    }

    fn ln_likelihood(&self, uniforms: &Matrix) -> Result<f64, Error> {
        check_uniforms(uniforms, 1)?;
        given::equal_lengths("the assets", uniforms.cols(), "those of the copula", self.dimension())?;
        let mut sum = 0.0;
        let mut row = vec![0.0; uniforms.cols()];
        for t in 0..uniforms.rows() {
            for (value, u) in row.iter_mut().zip(uniforms.row(t)) {
                *value = normal_quantile(*u)?;
            }
            let alone = dot(&row, &row);
            self.factor.solve_lower(&mut row);
            sum += alone - dot(&row, &row);
        }
        Ok(sum / 2.0 - uniforms.rows() as f64 * self.factor.log_determinant() / 2.0)
    }
}

/// A Gaussian copula of two assets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GaussianPair {
    /// Correlation.
    pub rho: f64,
    /// Log likelihood.
    pub ln_likelihood: f64,
}

impl GaussianPair {
    /// Maximum likelihood from uniforms with one row per time step and two columns. Needs 30 rows.
    pub fn fit(uniforms: &Matrix) -> Result<Self, Error> {
        check_uniforms(uniforms, OBSERVATIONS_MIN)?;
        given::equal_lengths("the columns", uniforms.cols(), "a pair", 2)?;
        let (mut squares, mut products) = (0.0, 0.0);
        for t in 0..uniforms.rows() {
            let (x, y) = (normal_quantile(uniforms[(t, 0)])?, normal_quantile(uniforms[(t, 1)])?);
            squares += x * x + y * y;
            products += x * y;
        }
        let n = uniforms.rows() as f64;
        let cost = |z: f64| {
            let rho = libm::tanh(z);
            let rest = 1.0 - rho * rho;
            (rho * rho * squares - 2.0 * rho * products) / (2.0 * rest) + n / 2.0 * libm::log(rest)
        };
        let within = Bracket { left: -6.0, middle: 0.1, right: 6.0 };
        let best = minimum("the correlation of a Gaussian copula", cost, within, 1.5e-8)?;
        Ok(Self { rho: libm::tanh(best.x), ln_likelihood: -best.value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;

    #[test]
    fn what_is_drawn_is_found_again_in_both_ways() {
        let correlation = Matrix::from_rows(&[[1.0, -0.4], [-0.4, 1.0]]).unwrap();
        let truth = GaussianCopula::new(&correlation).unwrap();
        let key = Key::named(6, "gaussian copula test");
        let mut uniforms = Matrix::zeros(20_000, 2);
        for t in 0..uniforms.rows() {
            truth.draw(&mut key.stream(t as u64), uniforms.row_mut(t));
        }
        let fit = GaussianCopula::fit(&uniforms).unwrap();
        let pair = GaussianPair::fit(&uniforms).unwrap();
        assert!((fit.correlation()[(0, 1)] + 0.4).abs() < 0.03 && (pair.rho + 0.4).abs() < 0.03);
        let again =
            GaussianCopula::new(&Matrix::symmetric_from(2, |i, j| if i == j { 1.0 } else { pair.rho }));
        let direct = again.unwrap().ln_likelihood(&uniforms).unwrap();
        assert!((direct - pair.ln_likelihood).abs() < 1e-9 * direct.abs());
    }

    #[test]
    fn refuses_what_is_not_uniform() {
        assert!(matches!(GaussianPair::fit(&Matrix::zeros(40, 2)), Err(Error::OutOfRange { index: 0, .. })));
        assert!(GaussianCopula::fit(&Matrix::zeros(5, 2)).is_err());
    }
}
