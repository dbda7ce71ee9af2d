//! The Cholesky factor: `A = L L'` with `L` lower triangular.

use super::{Matrix, dot};
use crate::{Error, given};

/// A pivot below this share of its diagonal value is nothing but rounding: the matrix is singular.
const PIVOT_MIN: f64 = 1e-13;

/// The lower triangular factor of a positive definite matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Cholesky(Matrix);

impl Cholesky {
    /// Factorises a symmetric matrix. [`Error::Singular`] names the row at which it showed that the matrix is not
    /// positive definite.
    pub fn of(matrix: &Matrix) -> Result<Self, Error> {
        matrix.require_symmetric("the matrix to factorise")?;
        let n = matrix.rows();
        let mut lower = Matrix::zeros(n, n);
        for i in 0..n {
            for j in 0..=i {
                let rest = matrix[(i, j)] - dot(&lower.row(i)[..j], &lower.row(j)[..j]);
                if j < i {
                    lower[(i, j)] = rest / lower[(j, j)];
                } else if rest > PIVOT_MIN * matrix[(i, i)] && matrix[(i, i)] > 0.0 {
                    lower[(i, i)] = libm::sqrt(rest);
                } else {
                    return Err(Error::Singular {
                        what: "the matrix to factorise",
                        detail: format!(
                            "row {i} leaves {rest:e} of its {:e}: it is not positive definite",
                            matrix[(i, i)]
                        ),
                    });
                }
            }
        }
        Ok(Self(lower))
    }

    /// `L`.
    pub const fn lower(&self) -> &Matrix {
        &self.0
    }

    /// `L z`, written into `out`: turns independent standard draws into draws with the covariance `A`. The lengths of
    /// both are the rows of the matrix.
    #[inline]
    pub fn correlate(&self, z: &[f64], out: &mut [f64]) {
        for (i, value) in out.iter_mut().enumerate() {
            *value = dot(&self.0.row(i)[..=i], &z[..=i]);
        }
    }

    /// Solves `L x = b` in place; `|x|^2` is then `b' A^-1 b`.
    #[inline]
    pub fn solve_lower(&self, b: &mut [f64]) {
        for i in 0..b.len() {
            let (done, rest) = b.split_at_mut(i);
            let row = self.0.row(i);
            rest[0] = (rest[0] - dot(&row[..i], done)) / row[i];
        }
    }

    /// Solves `L' x = b` in place.
    pub fn solve_upper(&self, b: &mut [f64]) {
        for i in (0..b.len()).rev() {
            let below: f64 = (i + 1..b.len()).map(|k| self.0[(k, i)] * b[k]).sum();
            b[i] = (b[i] - below) / self.0[(i, i)];
        }
    }

    /// The solution of `A x = b`.
    pub fn solve(&self, b: &[f64]) -> Result<Vec<f64>, Error> {
        given::equal_lengths("the right-hand side", b.len(), "the rows of the matrix", self.0.rows())?;
        let mut x = b.to_vec();
        self.solve_lower(&mut x);
        self.solve_upper(&mut x);
        Ok(x)
    }

    /// `A^-1`, exactly symmetric.
    #[must_use]
    pub fn inverse(&self) -> Matrix {
        let n = self.0.rows();
        let columns: Vec<Vec<f64>> = (0..n)
            .map(|j| {
                let mut unit = vec![0.0; n];
                unit[j] = 1.0;
                self.solve_lower(&mut unit);
                self.solve_upper(&mut unit);
                unit
            })
            .collect();
        Matrix::symmetric_from(n, |i, j| 0.5 * (columns[j][i] + columns[i][j]))
    }

    /// `ln det A`.
    pub fn log_determinant(&self) -> f64 {
        2.0 * (0..self.0.rows()).map(|i| libm::log(self.0[(i, i)])).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_solves_and_measures() {
        let a = Matrix::from_rows(&[[4.0, 2.0, 0.4], [2.0, 3.0, 0.6], [0.4, 0.6, 1.0]]).unwrap();
        let factor = Cholesky::of(&a).unwrap();
        let back = factor.lower().times(&factor.lower().transposed()).unwrap();
        for (got, want) in back.values().iter().zip(a.values()) {
            assert!((got - want).abs() < 1e-14);
        }
        let x = factor.solve(&[1.0, 2.0, 3.0]).unwrap();
        for (got, want) in a.times_vector(&x).unwrap().iter().zip([1.0, 2.0, 3.0]) {
            assert!((got - want).abs() < 1e-13);
        }
        let unit = factor.inverse().times(&a).unwrap();
        for (got, want) in unit.values().iter().zip(Matrix::identity(3).values()) {
            assert!((got - want).abs() < 1e-14);
        }
        let determinant: f64 = 4.0 * (3.0 - 0.36) - 2.0 * (2.0 - 0.24) + 0.4 * (1.2 - 1.2);
        assert!((factor.log_determinant() - libm::log(determinant)).abs() < 1e-13);
    }

    #[test]
    fn names_the_row_where_definiteness_ends() {
        let a = Matrix::from_rows(&[[1.0, 0.9, 0.1], [0.9, 1.0, 0.9], [0.1, 0.9, 1.0]]).unwrap();
        let Err(Error::Singular { detail, .. }) = Cholesky::of(&a) else { panic!("not positive definite") };
        assert!(detail.starts_with("row 2 "), "{detail}");
        let double = Matrix::from_rows(&[[2.0, 2.0], [2.0, 2.0]]).unwrap();
        assert!(matches!(Cholesky::of(&double), Err(Error::Singular { .. })));
        assert!(Cholesky::of(&Matrix::zeros(2, 2)).is_err());
    }
}
