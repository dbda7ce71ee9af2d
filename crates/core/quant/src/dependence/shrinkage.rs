//! Covariance pulled towards a simple target, by the share that theory says is best. What is left is better conditioned
//! than the sample's, and has an inverse even with fewer observations than assets.

use super::covariance::{centred_columns, cross_products, observations, refuse_constant, sound, split};
use crate::matrix::{Matrix, dot};
use crate::{Error, given};

/// A shrunk covariance.
#[derive(Clone, Debug, PartialEq)]
pub struct Shrunk {
    /// `(1 - intensity) * sample + intensity * target`.
    pub covariance: Matrix,
    /// From 0, the sample, to 1, the target.
    pub intensity: f64,
}

impl Shrunk {
    fn mix(sample: &Matrix, target: &Matrix, intensity: f64) -> Result<Self, Error> {
        let covariance = Matrix::symmetric_from(sample.rows(), |i, j| {
            intensity * target[(i, j)] + (1.0 - intensity) * sample[(i, j)]
        });
        Ok(Self { covariance: sound(covariance)?, intensity })
    }
}

/// Towards the mean variance times the identity (Ledoit and Wolf 2004, "A well-conditioned estimator for
/// large-dimensional covariance matrices"). The sample has divisor `n`, as in the paper and scikit-learn.
pub fn constant_variance(returns: &Matrix) -> Result<Shrunk, Error> {
    let n = observations(returns, 2)? as f64;
    let columns = centred_columns(returns);
    let p = columns.len() as f64;
    let sample = cross_products(&columns).scaled(1.0 / n);
    let mean_variance = sample.diagonal().iter().sum::<f64>() / p;
    let fourth = sum_of_squared_norms(&columns);
    let second = sum_of_squares(&sample);
    let spread = (second - p * mean_variance * mean_variance) / p;
    let noise = ((fourth / n - second) / (n * p)).min(spread);
    let intensity = if noise > 0.0 { noise / spread } else { 0.0 };
    Shrunk::mix(&sample, &Matrix::identity(columns.len()).scaled(mean_variance), intensity)
}

/// Towards the mean variance times the identity by the oracle approximating intensity, which is better when returns are
/// normal (Chen, Wiesel, Eldar and Hero 2010, equation 23). Divisor `n`.
pub fn oracle_approximating(returns: &Matrix) -> Result<Shrunk, Error> {
    let n = observations(returns, 2)? as f64;
    let columns = centred_columns(returns);
    let p = columns.len() as f64;
    let sample = cross_products(&columns).scaled(1.0 / n);
    let mean_variance = sample.diagonal().iter().sum::<f64>() / p;
    let alpha = sum_of_squares(&sample) / (p * p);
    let square = mean_variance * mean_variance;
    let below = (n + 1.0) * (alpha - square / p);
    let intensity = if below > 0.0 { ((alpha + square) / below).min(1.0) } else { 1.0 };
    Shrunk::mix(&sample, &Matrix::identity(columns.len()).scaled(mean_variance), intensity)
}

/// Towards equal correlations with the sample's own variances (Ledoit and Wolf 2004, "Honey, I shrunk the sample
/// covariance matrix", appendix B). The sample has divisor `n - 1`, the moments inside divisor `n`, as in
/// PyPortfolioOpt. Needs two assets, none of them constant.
pub fn constant_correlation(returns: &Matrix) -> Result<Shrunk, Error> {
    let n = observations(returns, 2)? as f64;
    given::enough("the assets", returns.cols(), 2)?;
    refuse_constant(returns)?;
    let x = centred_columns(returns);
    let p = x.len();
    let products = cross_products(&x).scaled(1.0 / n);
    let sample = products.scaled(n / (n - 1.0));
    let (correlation, deviations) = split(&sample)?;
    let mean = super::covariance::mean_correlation(&correlation)?;
    let target =
        Matrix::symmetric_from(
            p,
            |i, j| {
                if i == j { sample[(i, i)] } else { mean * deviations[i] * deviations[j] }
            },
        );
    let squares: Vec<Vec<f64>> = x.iter().map(|c| c.iter().map(|v| v * v).collect()).collect();
    let cubes: Vec<Vec<f64>> = x.iter().map(|c| c.iter().map(|v| v * v * v).collect()).collect();
    // Asymptotic variances of the sample's entries, and of the target's with them.
    let variance = |i: usize, j: usize| {
        let s = sample[(i, j)];
        dot(&squares[i], &squares[j]) / n - 2.0 * products[(i, j)] * s + s * s
    };
    let (mut noise, mut shared) = (0.0, 0.0);
    for i in 0..p {
        for j in 0..p {
            noise += variance(i, j);
            if i == j {
                shared += variance(i, i);
            } else {
                let theta = dot(&cubes[i], &x[j]) / n
                    - products[(i, i)] * sample[(i, j)]
                    - products[(i, j)] * sample[(i, i)]
                    + sample[(i, i)] * sample[(i, j)];
                shared += mean * deviations[j] / deviations[i] * theta;
            }
        }
    }
    Shrunk::mix(&sample, &target, best_intensity(noise - shared, &sample, &target, n))
}

/// Towards the one-factor model of the equally weighted market (Ledoit and Wolf 2003, "Improved estimation of the
/// covariance matrix of stock returns with an application to portfolio selection"). Divisor `n`. Needs two assets.
pub fn single_factor(returns: &Matrix) -> Result<Shrunk, Error> {
    let n = observations(returns, 2)? as f64;
    given::enough("the assets", returns.cols(), 2)?;
    refuse_constant(returns)?;
    let x = centred_columns(returns);
    let p = x.len();
    let market: Vec<f64> =
        (0..returns.rows()).map(|t| x.iter().map(|c| c[t]).sum::<f64>() / p as f64).collect();
    let sample = cross_products(&x).scaled(1.0 / n);
    let with_market: Vec<f64> = x.iter().map(|c| dot(c, &market) / n).collect();
    let market_variance = dot(&market, &market) / n;
    if market_variance <= 0.0 {
        return Err(Error::Constant { what: "the market, the mean of the assets," });
    }
    let target = Matrix::symmetric_from(p, |i, j| {
        if i == j { sample[(i, i)] } else { with_market[i] * with_market[j] / market_variance }
    });
    let squares: Vec<Vec<f64>> = x.iter().map(|c| c.iter().map(|v| v * v).collect()).collect();
    let beside: Vec<Vec<f64>> =
        x.iter().map(|c| c.iter().zip(&market).map(|(v, m)| v * m).collect()).collect();
    let (mut noise, mut shared) = (0.0, 0.0);
    for i in 0..p {
        for j in 0..p {
            let (s, b) = (sample[(i, j)], with_market[i] * with_market[j]);
            let variance = dot(&squares[i], &squares[j]) / n - s * s;
            noise += variance;
            if i == j {
                shared += variance;
            } else {
                let first = dot(&squares[i], &beside[j]) / n - with_market[i] * s;
                let third = dot(&beside[i], &beside[j]) / n - market_variance * s;
                shared += 2.0 * first * with_market[j] / market_variance
                    - third * b / (market_variance * market_variance);
            }
        }
    }
    Shrunk::mix(&sample, &target, best_intensity(noise - shared, &sample, &target, n))
}

/// `max(0, min(1, noise / |sample - target|^2 / n))`; 1 when the sample is the target.
fn best_intensity(noise: f64, sample: &Matrix, target: &Matrix, n: f64) -> f64 {
    let apart: f64 = sample.values().iter().zip(target.values()).map(|(s, t)| (s - t) * (s - t)).sum();
    if apart > 0.0 { (noise / apart / n).clamp(0.0, 1.0) } else { 1.0 }
}

fn sum_of_squares(matrix: &Matrix) -> f64 {
    matrix.values().iter().map(|v| v * v).sum()
}

/// Sum over time of the squared squared length of a row.
fn sum_of_squared_norms(columns: &[Vec<f64>]) -> f64 {
    (0..columns[0].len())
        .map(|t| {
            let square: f64 = columns.iter().map(|c| c[t] * c[t]).sum();
            square * square
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;

    #[test]
    fn fewer_days_than_assets_still_give_an_invertible_matrix() {
        let mut stream = Key::named(1, "shrinkage").stream(0);
        let returns = Matrix::from_fn(15, 30, |_, _| 0.01 * stream.normal());
        assert!(!super::super::covariance::sample(&returns).unwrap().is_positive_definite());
        for shrunk in [
            constant_variance(&returns).unwrap(),
            oracle_approximating(&returns).unwrap(),
            constant_correlation(&returns).unwrap(),
            single_factor(&returns).unwrap(),
        ] {
            assert!((0.0..=1.0).contains(&shrunk.intensity) && shrunk.intensity > 0.1);
            assert!(shrunk.covariance.is_positive_definite());
        }
    }

    #[test]
    fn constants_and_single_assets_are_named() {
        let flat = Matrix::from_columns(&[[0.1, 0.1, 0.1], [0.1, 0.2, 0.3]]).unwrap();
        assert!(constant_correlation(&flat).is_err());
        assert!(single_factor(&Matrix::zeros(5, 3)).is_err());
        assert!(constant_correlation(&Matrix::zeros(5, 1)).is_err());
        assert!(
            constant_variance(&Matrix::zeros(5, 2))
                .unwrap()
                .covariance
                .values()
                .iter()
                .all(|v| v.abs() < 1e-300)
        );
    }
}
