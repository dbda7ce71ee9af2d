//! The correlation matrix nearest to a symmetric one: alternating projections with Dykstra's correction (Higham 2002,
//! "Computing the nearest correlation matrix, a problem from finance", algorithm 3.3).

use super::{Cholesky, Eigen, Matrix};
use crate::{Error, given};

/// Projections; the rate is linear, and a few dozen are usual.
const STEPS_MAX: usize = 2000;
/// Relative change, in the Frobenius norm, at which the projections have met.
const TOLERANCE: f64 = 1e-10;

/// What is farther from a correlation is a slip.
const VALUE_MAX: f64 = 1e6;

/// What was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearest {
    /// Symmetric, ones on the diagonal, no eigenvalue below the one asked for (to rounding).
    pub matrix: Matrix,
    /// Frobenius distance to what came in; 0 when it was a correlation matrix already.
    pub distance: f64,
    /// Projections taken.
    pub steps: usize,
}

/// The nearest correlation matrix, in the Frobenius norm, whose eigenvalues are at least `eigenvalue_min`. With 0 the
/// answer may be singular; a small number such as 1e-8 keeps it positive definite, so that it has a Cholesky factor.
///
/// `matrix` must be symmetric; its diagonal need not be one. `eigenvalue_min` lies within 0..=0.5.
pub fn nearest_correlation(matrix: &Matrix, eigenvalue_min: f64) -> Result<Nearest, Error> {
    matrix.require_symmetric("the matrix to correct")?;
    given::parameter(
        "the least eigenvalue",
        eigenvalue_min,
        (0.0..=0.5).contains(&eigenvalue_min),
        "from 0 to 0.5 is needed",
    )?;
    if let Some(index) = matrix.values().iter().position(|v| v.abs() > VALUE_MAX) {
        let (what, expected) = ("the matrix to correct", "a number within 1e6 of zero");
        return Err(Error::OutOfRange { what, index, value: matrix.values()[index], expected });
    }
    let n = matrix.rows();
    let mut y = matrix.clone();
    let mut correction = Matrix::zeros(n, n);
    let (mut previous_x, mut change) = (y.clone(), f64::INFINITY);
    for steps in 0..STEPS_MAX {
        let tilted = Matrix::symmetric_from(n, |i, j| y[(i, j)] - correction[(i, j)]);
        let x = Eigen::of(&tilted)?.map(|value| value.max(eigenvalue_min));
        correction = Matrix::symmetric_from(n, |i, j| x[(i, j)] - tilted[(i, j)]);
        let next = Matrix::symmetric_from(n, |i, j| if i == j { 1.0 } else { x[(i, j)] });
        let size = norm(&next).max(1e-300);
        change = (distance(&next, &y) / size).max(distance(&x, &previous_x) / size);
        let gap = distance(&next, &x) / size;
        y = next;
        previous_x = x;
        if change.max(gap) <= TOLERANCE {
            return finish(matrix, &y, eigenvalue_min, steps);
        }
    }
    Err(Error::NotConverged {
        what: "the nearest correlation matrix",
        iterations: STEPS_MAX,
        detail: format!("the last step changed it by {change:e}"),
    })
}

/// Puts what rounding left outside back inside, without moving the diagonal.
fn finish(given: &Matrix, y: &Matrix, eigenvalue_min: f64, steps: usize) -> Result<Nearest, Error> {
    let n = y.rows();
    let clip = |m: &Matrix, shrink: f64| {
        Matrix::symmetric_from(n, |i, j| if i == j { 1.0 } else { (m[(i, j)] * shrink).clamp(-1.0, 1.0) })
    };
    let mut matrix = clip(y, 1.0);
    if eigenvalue_min > 0.0 && Cholesky::of(&matrix).is_err() {
        // The convergence left the smallest eigenvalue a little low: mixing with the identity lifts it.
        let lowest = Eigen::of(&matrix)?.values[0];
        let share = ((eigenvalue_min - lowest) / (1.0 - lowest)).clamp(0.0, 1.0);
        matrix = clip(&matrix, 1.0 - share);
    }
    let distance = distance(&matrix, given);
    Ok(Nearest { matrix, distance, steps })
}

fn distance(a: &Matrix, b: &Matrix) -> f64 {
    libm::sqrt(a.values().iter().zip(b.values()).map(|(x, y)| (x - y) * (x - y)).sum())
}

fn norm(a: &Matrix) -> f64 {
    libm::sqrt(a.values().iter().map(|x| x * x).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;
    use proptest::prelude::*;

    #[test]
    fn gives_the_answer_of_the_paper() {
        // Higham 2002, section 4: the tridiagonal example; NAG g02aa documents the answer to four digits.
        let a = Matrix::symmetric_from(4, |i, j| match i - j {
            0 => 2.0,
            1 => -1.0,
            _ => 0.0,
        });
        let got = nearest_correlation(&a, 0.0).unwrap();
        let want = [
            [1.0, -0.8084, 0.1916, 0.1068],
            [-0.8084, 1.0, -0.6562, 0.1916],
            [0.1916, -0.6562, 1.0, -0.8084],
            [0.1068, 0.1916, -0.8084, 1.0],
        ];
        for (i, row) in want.iter().enumerate() {
            for (j, value) in row.iter().enumerate() {
                assert!((got.matrix[(i, j)] - value).abs() < 6e-5, "{i} {j}");
            }
        }
        let three = Matrix::from_rows(&[[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]]).unwrap();
        let got = nearest_correlation(&three, 0.0).unwrap();
        assert!((got.matrix[(0, 1)] - 0.760_689_85).abs() < 1e-7);
        assert!((got.matrix[(0, 2)] - 0.157_298_11).abs() < 1e-7);
        assert!((got.distance - 0.527_791_1).abs() < 1e-6, "{}", got.distance);
    }

    #[test]
    fn leaves_a_correlation_matrix_alone() {
        let a = Matrix::symmetric_from(3, |i, j| if i == j { 1.0 } else { 0.3 });
        let got = nearest_correlation(&a, 1e-8).unwrap();
        assert!(got.distance < 1e-14);
    }

    proptest! {
        #[test]
        fn is_a_correlation_matrix_with_a_cholesky_factor(n in 2_usize..9, seed in 0_u64..500) {
            let mut stream = Key::numbered(seed, 2).stream(0);
            let a = Matrix::symmetric_from(n, |i, j| if i == j { 1.0 } else { 2.0 * stream.uniform() - 1.0 });
            let got = nearest_correlation(&a, 1e-6).unwrap();
            got.matrix.require_correlation("nearest").unwrap();
            prop_assert!(got.matrix.is_positive_definite());
        }
    }
}
