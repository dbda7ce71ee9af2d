//! A covariance matrix that has been checked, with the factor that the programmes need.

use crate::error::Error;
use scalp_quant::matrix::{Eigen, Matrix};

/// Largest difference across the diagonal, relative to the two standard deviations, that passes for rounding.
const ASYMMETRY_MAX: f64 = 1e-9;
/// Most negative eigenvalue, relative to the largest, that passes for rounding.
const NEGATIVE_MAX: f64 = 1e-10;
/// Smallest eigenvalue, relative to the largest, that counts for the rank.
const RANK_MIN: f64 = 1e-14;

/// A symmetric positive semidefinite matrix of `size` assets. Singular is fine: 500 assets with 100 days of history
/// have portfolios without variance, and the programmes that use it stay convex.
#[derive(Clone, Debug)]
pub struct Covariance {
    size: usize,
    /// Row by row, exactly symmetric.
    values: Vec<f64>,
    /// `rank` rows of `size`, so that `variance(w) = |factor * w|^2`.
    factor: Vec<f64>,
}

impl Covariance {
    /// Checks and keeps a matrix given row by row, in any unit (variance per period or per year).
    ///
    /// # Errors
    /// Not square, not finite (with row and column), not symmetric, not positive semidefinite.
    pub fn new(size: usize, mut values: Vec<f64>) -> Result<Self, Error> {
        if size == 0 {
            return Err(Error::TooFew { what: "assets of the covariance", have: 0, need: 1 });
        }
        if values.len() != size * size {
            return Err(Error::Size { what: "covariance", have: values.len(), need: size * size });
        }
        if let Some(at) = values.iter().position(|it| !it.is_finite()) {
            let (row, column) = (at / size, at % size);
            return Err(Error::NotFinite { what: "covariance", row, column, value: values[at] });
        }
        for asset in 0..size {
            let variance = values[asset * size + asset];
            if variance < 0.0 {
                return Err(Error::NotPositive { eigenvalue: variance, asset });
            }
        }
        for row in 0..size {
            for column in 0..row {
                let (value, mirror) = (values[row * size + column], values[column * size + row]);
                let scale = libm::sqrt(values[row * size + row] * values[column * size + column]);
                if (value - mirror).abs() > ASYMMETRY_MAX * scale {
                    return Err(Error::NotSymmetric { row, column, value, mirror });
                }
                let mean = 0.5 * (value + mirror);
                values[row * size + column] = mean;
                values[column * size + row] = mean;
            }
        }
        let factor = match cholesky(size, &values) {
            Some(factor) => factor,
            None => eigen_factor(size, &values)?,
        };
        Ok(Self { size, values, factor })
    }

    /// The same from a matrix, as the estimators of `scalp_quant` give it.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn of(matrix: &Matrix) -> Result<Self, Error> {
        if matrix.rows() != matrix.cols() {
            return Err(Error::Size { what: "covariance rows", have: matrix.rows(), need: matrix.cols() });
        }
        Self::new(matrix.rows(), matrix.values().to_vec())
    }

    /// The same with `ridge` added to each variance, which is what an L2 penalty on the weights amounts to.
    ///
    /// # Errors
    /// `ridge` is negative or not finite.
    pub fn with_ridge(&self, ridge: f64) -> Result<Self, Error> {
        crate::error::parameter("ridge", ridge, "zero or more", ridge >= 0.0)?;
        let mut values = self.values.clone();
        for asset in 0..self.size {
            values[asset * self.size + asset] += ridge;
        }
        Self::new(self.size, values)
    }

    /// How many assets.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// One entry.
    #[must_use]
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.values[row * self.size + column]
    }

    /// All entries, row by row.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The variance of a portfolio of one weight per asset, from the factor, so that it is never negative.
    #[must_use]
    pub fn variance(&self, weights: &[f64]) -> f64 {
        debug_assert_eq!(weights.len(), self.size, "one weight per asset");
        self.factor
            .chunks_exact(self.size)
            .map(|row| {
                let it = dot(row, weights);
                it * it
            })
            .sum()
    }

    /// The standard deviation of a portfolio.
    #[must_use]
    pub fn volatility(&self, weights: &[f64]) -> f64 {
        libm::sqrt(self.variance(weights))
    }

    /// The covariance of each asset with a portfolio: the gradient of half its variance.
    #[must_use]
    pub fn times(&self, weights: &[f64]) -> Vec<f64> {
        self.values.chunks_exact(self.size).map(|row| dot(row, weights)).collect()
    }

    /// Rows of a matrix `F` with `F'F` equal to the covariance; as many as its rank.
    pub(crate) fn factor(&self) -> impl Iterator<Item = &[f64]> {
        self.factor.chunks_exact(self.size)
    }

    /// Mean variance of the assets, by which programmes are scaled; 1 where there is none.
    pub(crate) fn scale(&self) -> f64 {
        let trace: f64 = (0..self.size).map(|it| self.at(it, it)).sum();
        if trace > 0.0 { trace / self.size as f64 } else { 1.0 }
    }
}

/// Sum of products, in a fixed order of four lanes.
pub(crate) fn dot(left: &[f64], right: &[f64]) -> f64 {
    let mut lanes = [0.0; 4];
    let (left, right) = (left.chunks_exact(4), right.chunks_exact(4));
    let rest: f64 = left.remainder().iter().zip(right.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in left.zip(right) {
        for lane in 0..4 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]) + rest
}

/// The transposed Cholesky factor, or nothing when the matrix is not safely positive definite.
fn cholesky(size: usize, values: &[f64]) -> Option<Vec<f64>> {
    let mut lower = vec![0.0; size * size];
    for row in 0..size {
        let (done, rest) = lower.split_at_mut(row * size);
        let current = &mut rest[..size];
        for column in 0..row {
            let above = &done[column * size..column * size + column + 1];
            let left = values[row * size + column] - dot(&current[..column], &above[..column]);
            current[column] = left / above[column];
        }
        let pivot = values[row * size + row] - dot(&current[..row], &current[..row]);
        if pivot <= 1e-12 * values[row * size + row] || pivot <= 0.0 {
            return None;
        }
        current[row] = libm::sqrt(pivot);
    }
    let mut upper = vec![0.0; size * size];
    for row in 0..size {
        for column in 0..=row {
            upper[column * size + row] = lower[row * size + column];
        }
    }
    Some(upper)
}

fn eigen_factor(size: usize, values: &[f64]) -> Result<Vec<f64>, Error> {
    let eigen = Eigen::of(&Matrix::new(size, size, values.to_vec())?)?;
    let least = eigen.values[0];
    let largest = eigen.values.iter().fold(0.0_f64, |most, it| most.max(it.abs()));
    if least < -NEGATIVE_MAX * largest {
        let asset = (0..size).fold(0, |best, it| {
            let (new, old) = (eigen.vectors[(it, 0)].abs(), eigen.vectors[(best, 0)].abs());
            if new > old { it } else { best }
        });
        return Err(Error::NotPositive { eigenvalue: least, asset });
    }
    let mut factor = Vec::new();
    for at in (0..size).rev().filter(|it| eigen.values[*it] > RANK_MIN * largest) {
        let root = libm::sqrt(eigen.values[at]);
        factor.extend((0..size).map(|row| eigen.vectors[(row, at)] * root));
    }
    Ok(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_row_and_column_of_what_is_wrong() {
        let nan = Covariance::new(2, vec![1.0, f64::NAN, 0.0, 1.0]);
        assert!(matches!(nan, Err(Error::NotFinite { row: 0, column: 1, .. })));
        let skew = Covariance::new(2, vec![1.0, 0.1, 0.2, 1.0]);
        assert!(matches!(skew, Err(Error::NotSymmetric { row: 1, column: 0, .. })));
        let indefinite = Covariance::new(2, vec![1.0, 2.0, 2.0, 1.0]);
        assert!(
            matches!(indefinite, Err(Error::NotPositive { eigenvalue, .. }) if (eigenvalue + 1.0).abs() < 1e-12)
        );
        assert!(matches!(Covariance::new(2, vec![1.0; 3]), Err(Error::Size { need: 4, .. })));
        assert!(matches!(Covariance::new(0, vec![]), Err(Error::TooFew { .. })));
    }

    #[test]
    fn a_singular_matrix_keeps_its_variances() {
        let covariance = Covariance::new(2, vec![4.0, 2.0, 2.0, 1.0]).unwrap();
        assert_eq!(covariance.factor().count(), 1);
        assert!((covariance.variance(&[1.0, 0.0]) - 4.0).abs() < 1e-12);
        assert!(covariance.variance(&[1.0, -2.0]) < 1e-12);
        let zero = Covariance::new(2, vec![0.0; 4]).unwrap();
        assert!(zero.variance(&[0.3, 0.7]).abs() < 1e-300);
    }

    #[test]
    fn the_factor_reproduces_the_matrix() {
        let values = vec![4.0, 1.0, 0.5, 1.0, 3.0, -0.2, 0.5, -0.2, 2.0];
        let covariance = Covariance::new(3, values).unwrap();
        let weights = [0.2, -0.5, 0.9];
        let direct = dot(&covariance.times(&weights), &weights);
        assert!((covariance.variance(&weights) - direct).abs() < 1e-14);
    }
}
