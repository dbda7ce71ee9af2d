//! Dense matrices, row by row, and what dependence needs of them: products, Cholesky, symmetric eigenvalues, the nearest
//! correlation matrix.
//!
//! The type is our own and small: every sum runs in index order, where the kernels of larger libraries pick what the
//! processor has and leave the last bits to the machine. Meant for up to a few hundred rows.

mod cholesky;
mod eigen;
mod nearest;

pub use cholesky::Cholesky;
pub use eigen::Eigen;
pub use nearest::{Nearest, nearest_correlation};

use crate::{Error, given};
use std::ops::{Index, IndexMut};

/// A matrix of finite numbers, stored row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rows: usize,
    cols: usize,
    values: Vec<f64>,
}

impl Matrix {
    /// From values in row order; their number must be `rows * cols`, and they must be finite.
    pub fn new(rows: usize, cols: usize, values: Vec<f64>) -> Result<Self, Error> {
        given::equal_lengths("the values of a matrix", values.len(), "its cells", rows.saturating_mul(cols))?;
        given::finite("a matrix", &values)?;
        Ok(Self { rows, cols, values })
    }

    /// From rows of equal length.
    pub fn from_rows<R: AsRef<[f64]>>(rows: &[R]) -> Result<Self, Error> {
        let cols = rows.first().map_or(0, |row| row.as_ref().len());
        let mut values = Vec::with_capacity(rows.len() * cols);
        for row in rows {
            given::equal_lengths("a row", row.as_ref().len(), "the first row", cols)?;
            values.extend_from_slice(row.as_ref());
        }
        Self::new(rows.len(), cols, values)
    }

    /// From columns of equal length, e.g. one series of returns per asset.
    pub fn from_columns<C: AsRef<[f64]>>(columns: &[C]) -> Result<Self, Error> {
        Ok(Self::from_rows(columns)?.transposed())
    }

    /// All zero.
    pub fn zeros(rows: usize, cols: usize) -> Self {
        Self { rows, cols, values: vec![0.0; rows * cols] }
    }

    /// Ones on the diagonal.
    pub fn identity(n: usize) -> Self {
        Self::from_fn(n, n, |i, j| f64::from(u8::from(i == j)))
    }

    /// From a function of row and column, which must be finite.
    pub(crate) fn from_fn(rows: usize, cols: usize, mut value: impl FnMut(usize, usize) -> f64) -> Self {
        let mut out = Self::zeros(rows, cols);
        for i in 0..rows {
            for j in 0..cols {
                out[(i, j)] = value(i, j);
            }
        }
        out
    }

    /// Symmetric, from a function of row and column that is asked for `j <= i` only.
    pub(crate) fn symmetric_from(n: usize, mut value: impl FnMut(usize, usize) -> f64) -> Self {
        let mut out = Self::zeros(n, n);
        for i in 0..n {
            for j in 0..=i {
                out[(i, j)] = value(i, j);
                out[(j, i)] = out[(i, j)];
            }
        }
        out
    }

    /// Number of rows.
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub const fn cols(&self) -> usize {
        self.cols
    }

    /// Row `i`. Panics, as a slice does, when there is none; so do the other accessors.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.values[i * self.cols..(i + 1) * self.cols]
    }

    pub(crate) fn row_mut(&mut self, i: usize) -> &mut [f64] {
        &mut self.values[i * self.cols..(i + 1) * self.cols]
    }

    /// All values, row by row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// A copy of column `j`.
    pub fn column(&self, j: usize) -> Vec<f64> {
        (0..self.rows).map(|i| self[(i, j)]).collect()
    }

    /// The diagonal.
    pub fn diagonal(&self) -> Vec<f64> {
        (0..self.rows.min(self.cols)).map(|i| self[(i, i)]).collect()
    }

    /// Rows and columns exchanged.
    #[must_use]
    pub fn transposed(&self) -> Self {
        Self::from_fn(self.cols, self.rows, |i, j| self[(j, i)])
    }

    /// The matrix product.
    pub fn times(&self, right: &Self) -> Result<Self, Error> {
        given::equal_lengths("the columns of the left", self.cols, "the rows of the right", right.rows)?;
        let mut out = Self::zeros(self.rows, right.cols);
        for i in 0..self.rows {
            for (k, factor) in self.row(i).iter().enumerate() {
                for (sum, value) in out.row_mut(i).iter_mut().zip(right.row(k)) {
                    *sum += factor * value;
                }
            }
        }
        Ok(out)
    }

    /// The product with a column vector.
    pub fn times_vector(&self, vector: &[f64]) -> Result<Vec<f64>, Error> {
        given::equal_lengths("the columns of the matrix", self.cols, "the vector", vector.len())?;
        Ok((0..self.rows).map(|i| dot(self.row(i), vector)).collect())
    }

    /// Every value times `factor`.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self { values: self.values.iter().map(|v| v * factor).collect(), ..*self }
    }

    /// `x' A x`, e.g. the variance of a portfolio.
    pub fn quadratic_form(&self, x: &[f64]) -> Result<f64, Error> {
        Ok(dot(&self.times_vector(x)?, x))
    }

    /// Refuses what is not square and symmetric to `1e-9` of the largest value.
    pub fn require_symmetric(&self, what: &'static str) -> Result<(), Error> {
        given::equal_lengths("the rows of a symmetric matrix", self.rows, "its columns", self.cols)?;
        given::enough(what, self.rows, 1)?;
        given::finite(what, &self.values)?;
        let largest = self.values.iter().fold(0.0, |m: f64, v| m.max(v.abs()));
        for i in 0..self.rows {
            for j in 0..i {
                if (self[(i, j)] - self[(j, i)]).abs() > 1e-9 * largest {
                    return Err(Error::OutOfRange {
                        what,
                        index: i * self.cols + j,
                        value: self[(i, j)],
                        expected: "the same as its mirror image across the diagonal",
                    });
                }
            }
        }
        Ok(())
    }

    /// Refuses what is no correlation matrix in form: symmetric, ones on the diagonal to `1e-9`, the rest within -1..=1.
    /// Says nothing about its eigenvalues.
    pub fn require_correlation(&self, what: &'static str) -> Result<(), Error> {
        self.require_symmetric(what)?;
        for (index, value) in self.values.iter().enumerate() {
            let on_diagonal = index / self.cols == index % self.cols;
            let wrong = if on_diagonal { (value - 1.0).abs() > 1e-9 } else { value.abs() > 1.0 };
            if wrong {
                let expected = if on_diagonal { "1 on the diagonal" } else { "a correlation from -1 to 1" };
                return Err(Error::OutOfRange { what, index, value: *value, expected });
            }
        }
        Ok(())
    }

    /// Whether it is symmetric and has a Cholesky factor, that is, all its eigenvalues are clearly above zero.
    pub fn is_positive_definite(&self) -> bool {
        Cholesky::of(self).is_ok()
    }
}

impl Index<(usize, usize)> for Matrix {
    type Output = f64;
    #[inline]
    fn index(&self, (row, col): (usize, usize)) -> &f64 {
        &self.values[row * self.cols + col]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    #[inline]
    fn index_mut(&mut self, (row, col): (usize, usize)) -> &mut f64 {
        &mut self.values[row * self.cols + col]
    }
}

/// Sum of products, in index order.
#[inline]
pub(crate) fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn multiplies_like_by_hand() {
        let a = Matrix::from_rows(&[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]).unwrap();
        let product = a.times(&a.transposed()).unwrap();
        assert_eq!(product.values(), [14.0, 32.0, 32.0, 77.0]);
        assert_eq!(a.times_vector(&[1.0, 0.0, -1.0]).unwrap(), [-2.0, -2.0]);
        assert_eq!(Matrix::from_columns(&[[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]).unwrap(), a);
        assert!((product.quadratic_form(&[1.0, 1.0]).unwrap() - 155.0).abs() < 1e-12);
    }

    #[test]
    fn refuses_shapes_that_do_not_fit_and_numbers_that_are_none() {
        assert!(matches!(Matrix::new(2, 2, vec![1.0; 3]), Err(Error::Lengths { .. })));
        assert!(matches!(Matrix::new(1, 2, vec![1.0, f64::NAN]), Err(Error::NotFinite { index: 1, .. })));
        let a = Matrix::zeros(2, 3);
        assert!(a.times(&a).is_err() && a.times_vector(&[1.0]).is_err());
        assert!(a.require_symmetric("m").is_err());
        let skewed = Matrix::from_rows(&[[1.0, 0.5], [0.4, 1.0]]).unwrap();
        assert!(matches!(skewed.require_symmetric("m"), Err(Error::OutOfRange { index: 2, .. })));
        let large = Matrix::from_rows(&[[1.0, 1.5], [1.5, 1.0]]).unwrap();
        assert!(large.require_correlation("m").is_err());
    }
}
