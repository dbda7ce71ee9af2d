//! Correlation without the part that chance alone explains: eigenvalues inside the Marchenko-Pastur law are noise
//! (Laloux, Cizeau, Bouchaud and Potters 1999; López de Prado 2020, "Machine learning for asset managers", chapter 2).

use crate::matrix::{Eigen, Matrix};
use crate::{Error, given};
use std::f64::consts::PI;

/// Edges of the eigenvalues of a correlation matrix of independent series (Marchenko and Pastur 1967):
/// `variance * (1 -+ sqrt(assets / observations))^2`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarchenkoPastur {
    /// Variance of the noise.
    pub variance: f64,
    /// Observations per asset.
    pub ratio: f64,
    /// Lower edge; 0 for fewer observations than assets.
    pub lower: f64,
    /// Upper edge.
    pub upper: f64,
}

impl MarchenkoPastur {
    /// `variance` and `ratio` (observations over assets) are above zero.
    pub fn new(variance: f64, ratio: f64) -> Result<Self, Error> {
        given::parameter("the noise variance", variance, variance > 0.0, "above zero is needed")?;
        given::parameter("the observations per asset", ratio, ratio > 0.0, "above zero is needed")?;
        let root = libm::sqrt(1.0 / ratio);
        let lower = if ratio > 1.0 { variance * (1.0 - root) * (1.0 - root) } else { 0.0 };
        Ok(Self { variance, ratio, lower, upper: variance * (1.0 + root) * (1.0 + root) })
    }

    /// Density at `x` of the part that is not a point mass at zero.
    pub fn density(&self, x: f64) -> f64 {
        if x <= self.lower || x >= self.upper {
            return 0.0;
        }
        self.ratio / (2.0 * PI * self.variance * x) * libm::sqrt((self.upper - x) * (x - self.lower))
    }
}

/// A cleaned correlation matrix.
#[derive(Clone, Debug, PartialEq)]
pub struct Denoised {
    /// Ones on the diagonal, positive definite.
    pub correlation: Matrix,
    /// Eigenvalues kept as they are: the factors.
    pub factors: usize,
    /// The law of the others, with the variance that fitted best.
    pub noise: MarchenkoPastur,
}

/// Width of the Gaussian kernel that smooths the eigenvalues before the fit (López de Prado 2020, snippet 2.4).
const BANDWIDTH: f64 = 0.01;
/// Points at which the fit compares densities.
const POINTS: usize = 200;
/// Candidates of the noise variance in the first, coarse search.
const CANDIDATES: usize = 200;

/// Replaces the eigenvalues below the fitted upper edge by their mean and rescales to ones on the diagonal (López de
/// Prado 2020, snippets 2.4 and 2.5: the noise variance is the one whose law fits the smoothed eigenvalues best).
///
/// `observations` is the number of rows the correlations came from; it must exceed the number of assets, of which there
/// are at least two.
pub fn constant_residual(correlation: &Matrix, observations: usize) -> Result<Denoised, Error> {
    correlation.require_correlation("a correlation matrix")?;
    let n = correlation.rows();
    given::enough("the assets to denoise", n, 2)?;
    given::enough("the observations behind a correlation matrix to denoise", observations, n + 1)?;
    let eigen = Eigen::of(correlation)?;
    let noise = fit(&eigen.values, observations as f64 / n as f64)?;
    let noisy = eigen.values.partition_point(|v| *v <= noise.upper);
    let factors = n - noisy;
    let mean = eigen.values[..noisy].iter().sum::<f64>() / noisy.max(1) as f64;
    if noisy > 0 && mean <= 0.0 {
        return Err(Error::Singular {
            what: "the correlation matrix",
            detail: format!("its {noisy} smallest eigenvalues sum to zero"),
        });
    }
    let mut place = 0;
    let cleaned = eigen.map(|value| {
        place += 1;
        if place <= noisy { mean } else { value }
    });
    let (correlation, _) = super::covariance::split(&cleaned)?;
    Ok(Denoised { correlation, factors, noise })
}

/// The law whose density is nearest, in squares, to that of the smoothed eigenvalues.
fn fit(eigenvalues: &[f64], ratio: f64) -> Result<MarchenkoPastur, Error> {
    let cost = |variance: f64| -> Result<f64, Error> {
        let law = MarchenkoPastur::new(variance, ratio)?;
        let step = (law.upper - law.lower) / (POINTS - 1) as f64;
        Ok((0..POINTS)
            .map(|i| {
                let x = law.lower + step * i as f64;
                let off = law.density(x) - smoothed(eigenvalues, x);
                off * off
            })
            .sum())
    };
    let at = |i: f64| 1e-5 + (1.0 - 2e-5) * i / (CANDIDATES - 1) as f64;
    let mut best = (f64::INFINITY, 0.0);
    for i in 0..CANDIDATES {
        let sum = cost(at(i as f64))?;
        if sum < best.0 {
            best = (sum, i as f64);
        }
    }
    // Golden section between the neighbours of the best candidate.
    let (mut left, mut right) =
        (at((best.1 - 1.0).max(0.0)), at((best.1 + 1.0).min((CANDIDATES - 1) as f64)));
    let golden = (libm::sqrt(5.0) - 1.0) / 2.0;
    for _ in 0..40 {
        let (a, b) = (right - golden * (right - left), left + golden * (right - left));
        if cost(a)? < cost(b)? {
            right = b;
        } else {
            left = a;
        }
    }
    MarchenkoPastur::new((left + right) / 2.0, ratio)
}

fn smoothed(eigenvalues: &[f64], x: f64) -> f64 {
    let sum: f64 = eigenvalues
        .iter()
        .map(|v| (x - v) / BANDWIDTH)
        // Beyond eight widths a kernel is below 1e-13.
        .filter(|z| z.abs() < 8.0)
        .map(|z| libm::exp(-z * z / 2.0))
        .sum();
    sum / (eigenvalues.len() as f64 * BANDWIDTH * libm::sqrt(2.0 * PI))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dependence::covariance;
    use crate::rng::Key;

    #[test]
    fn the_density_integrates_to_one() {
        let law = MarchenkoPastur::new(0.8, 4.0).unwrap();
        let n = 200_000;
        let step = (law.upper - law.lower) / f64::from(n);
        let sum: f64 = (0..n).map(|i| law.density(law.lower + step * (f64::from(i) + 0.5)) * step).sum();
        assert!((sum - 1.0).abs() < 1e-6);
    }

    #[test]
    fn finds_the_factors_that_were_put_in_and_none_in_noise() {
        let mut stream = Key::named(5, "denoise").stream(0);
        let (days, assets) = (1000, 80);
        let noise = Matrix::from_fn(days, assets, |_, _| stream.normal());
        let pure = constant_residual(&covariance::correlation(&noise).unwrap(), days).unwrap();
        println!("pure noise: {} factors, variance {}", pure.factors, pure.noise.variance);
        assert!(pure.factors <= 2 && (pure.noise.variance - 1.0).abs() < 0.1);
        let common: Vec<[f64; 2]> = (0..days).map(|_| [stream.normal(), stream.normal()]).collect();
        let driven = Matrix::from_fn(days, assets, |t, j| {
            let sign = if j % 2 == 0 { 1.0 } else { -1.0 };
            noise[(t, j)] + 0.7 * common[t][0] + 0.5 * sign * common[t][1]
        });
        let got = constant_residual(&covariance::correlation(&driven).unwrap(), days).unwrap();
        println!("two factors: {} found, variance {}", got.factors, got.noise.variance);
        assert!((2..=4).contains(&got.factors));
        got.correlation.require_correlation("denoised").unwrap();
        assert!(got.correlation.is_positive_definite());
    }

    #[test]
    fn refuses_too_few_observations() {
        assert!(constant_residual(&Matrix::identity(5), 5).is_err());
        assert!(constant_residual(&Matrix::identity(1), 50).is_err());
    }
}
