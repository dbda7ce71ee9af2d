//! The parameters of a jump diffusion from returns, by maximum likelihood.

use super::Parameters;
use crate::matrix::{Cholesky, Matrix};
use crate::optimise::{Stop, bfgs};
use crate::series::{check_varying, moments};
use crate::{Error, given};
use std::f64::consts::PI;

/// Fewer returns do not carry five parameters.
const RETURNS_MIN: usize = 100;
/// Most expected jumps in a step: with more they are no jumps but a diffusion.
const JUMPS_MAX: f64 = 4.0;
/// Least deviation of the diffusion and of a jump, in deviations of the returns. The likelihood grows without bound as
/// the diffusion closes in on one return (Honore 1998): what is wanted is the highest maximum away from there.
const DEVIATION_MIN: f64 = 0.02;
/// Less than this of a density is none.
const NEGLIGIBLE: f64 = 1e-18;
/// Jumps in one step that are summed over, at most.
const COUNT_MAX: usize = 60;
/// Step of the second derivatives, in logarithms and in deviations of the returns.
const STEP: f64 = 1e-4;

/// A fitted jump diffusion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fitted {
    /// Per year, of a price that starts at 1.
    pub parameters: Parameters,
    /// Their standard errors, by the inverse of the observed information; that of the start is 0.
    pub standard_errors: Parameters,
    /// Logarithm of the likelihood.
    pub log_likelihood: f64,
    /// The same without jumps, at its own maximum.
    pub log_likelihood_without_jumps: f64,
    /// Steps of the search.
    pub iterations: usize,
    /// The largest component of the gradient of the mean log-likelihood.
    pub gradient_norm: f64,
}

/// Fits logarithmic returns over steps of `dt` years: each is a normal mixture over the Poisson number of jumps in it
/// (Merton 1976; Honore 1998, "Pitfalls in estimating jump-diffusion models"), with the exact gradient, from several
/// starts. Needs 100 returns. Refused where the returns show no jumps: where no maximum lies inside, or the information
/// there is not positive definite.
pub fn fit(log_returns: &[f64], dt: f64) -> Result<Fitted, Error> {
    check_varying("jump diffusion: returns", log_returns, RETURNS_MIN)?;
    given::parameter("the step in years", dt, dt > 0.0, "above zero is needed")?;
    let about = moments(log_returns);
    let spread = libm::sqrt(about.m2);
    let scaled: Vec<f64> = log_returns.iter().map(|x| (x - about.mean) / spread).collect();
    let n = scaled.len() as f64;
    let stop = Stop { what: "jump diffusion", tolerance: 1e-8, iterations_max: 300 };
    let found = starts(&scaled)
        .into_iter()
        .filter_map(|start| bfgs(|u, g| mean_likelihood(&scaled, u, g), &start, &stop).ok())
        .min_by(|a, b| a.value.total_cmp(&b.value));
    let Some(found) = found else { return Err(without_jumps(stop.iterations_max)) };
    let covariance = covariance(&scaled, &found.x).ok_or_else(|| without_jumps(found.iterations))?;
    let u = &found.x;
    let (volatility, jumps, deviation) = (libm::exp(u[1]), libm::exp(u[2]), libm::exp(u[4]));
    let (jump_mean, jump_deviation) = (u[3] * spread, deviation * spread);
    // A jump multiplies the price by 1 + compensation, in the mean.
    let compensation = libm::expm1(jump_mean + jump_deviation * jump_deviation / 2.0);
    let variance = volatility * volatility * about.m2;
    let drift = about.mean + u[0] * spread + variance / 2.0 + jumps * compensation;
    let grown = jumps * (compensation + 1.0);
    let slopes =
        [spread, variance, jumps * compensation, grown * spread, grown * jump_deviation * jump_deviation];
    let by_drift: f64 = (0..5)
        .flat_map(|i| (0..5).map(move |j| (i, j)))
        .map(|(i, j)| slopes[i] * covariance[(i, j)] * slopes[j])
        .sum();
    let error = |at: usize| libm::sqrt(covariance[(at, at)]);
    let year = libm::sqrt(dt);
    Ok(Fitted {
        parameters: Parameters {
            start: 1.0,
            drift: drift / dt,
            volatility: volatility * spread / year,
            jumps_per_year: jumps / dt,
            jump_mean,
            jump_deviation,
        },
        standard_errors: Parameters {
            start: 0.0,
            drift: libm::sqrt(by_drift) / dt,
            volatility: volatility * spread / year * error(1),
            jumps_per_year: jumps / dt * error(2),
            jump_mean: spread * error(3),
            jump_deviation: jump_deviation * error(4),
        },
        log_likelihood: -n * (found.value + libm::log(spread)),
        log_likelihood_without_jumps: -0.5 * n * (libm::log(2.0 * PI * about.m2) + 1.0),
        iterations: found.iterations,
        gradient_norm: found.gradient_norm,
    })
}

fn without_jumps(iterations: usize) -> Error {
    let detail = "the likelihood has no maximum with jumps that it can tell from the diffusion: the returns show none, \
        or too few; take more of them, or a model without jumps";
    Error::NotConverged { what: "jump diffusion", iterations, detail: detail.into() }
}

/// Where the searches begin, of returns of mean 0 and variance 1: mean, logarithm of the deviation, logarithm of the
/// jumps in a step, mean of a jump, logarithm of its deviation.
fn starts(scaled: &[f64]) -> Vec<[f64; 5]> {
    let n = scaled.len() as f64;
    // What lies beyond three robust deviations jumped.
    let mut sizes: Vec<f64> = scaled.iter().map(|x| x.abs()).collect();
    sizes.sort_unstable_by(f64::total_cmp);
    let robust = (1.4826 * sizes[sizes.len() / 2]).max(0.1);
    let jumped: Vec<f64> = scaled.iter().copied().filter(|x| x.abs() > 3.0 * robust).collect();
    let mut all = Vec::new();
    if jumped.len() >= 2 {
        let of = moments(&jumped);
        let deviation = libm::sqrt(of.m2).max(0.5);
        all.push([0.0, libm::log(robust), libm::log(jumped.len() as f64 / n), of.mean, libm::log(deviation)]);
    }
    // Jumps that are rare and large, and often and small; together with the diffusion they have variance 1.
    for (jumps, diffusion) in [(0.02_f64, 0.8_f64), (0.2, 0.7), (1.0, 0.5)] {
        let deviation = libm::sqrt((1.0 - diffusion * diffusion) / jumps);
        all.push([0.0, libm::log(diffusion), libm::log(jumps), 0.0, libm::log(deviation)]);
    }
    all
}

/// Minus the mean log-likelihood and its gradient; NaN outside of the domain.
fn mean_likelihood(scaled: &[f64], u: &[f64], gradient: &mut [f64]) -> f64 {
    let (mean, jumps, jump_mean) = (u[0], libm::exp(u[2]), u[3]);
    let (deviation, jump_deviation) = (libm::exp(u[1]), libm::exp(u[4]));
    let outside = |it: f64| !(DEVIATION_MIN..=1.0 / DEVIATION_MIN).contains(&it);
    if outside(deviation) || outside(jump_deviation) || jumps > JUMPS_MAX {
        return f64::NAN;
    }
    let (variance, jump_variance) = (deviation * deviation, jump_deviation * jump_deviation);
    // By number of jumps: the density's weight over the root of its variance, its mean, one over its variance.
    let mut parts: Vec<(f64, f64, f64)> = Vec::with_capacity(COUNT_MAX);
    let mut weight = libm::exp(-jumps);
    for count in 0..COUNT_MAX {
        let k = count as f64;
        if weight < NEGLIGIBLE && k > jumps {
            break;
        }
        let of = variance + k * jump_variance;
        parts.push((weight / libm::sqrt(2.0 * PI * of), mean + k * jump_mean, 1.0 / of));
        weight *= jumps / (k + 1.0);
    }
    gradient.fill(0.0);
    let mut sum = 0.0;
    for x in scaled {
        let mut density = 0.0;
        let mut slopes = [0.0; 5];
        for (k, (height, centre, precision)) in parts.iter().enumerate() {
            let k = k as f64;
            let away = (x - centre) * precision;
            let p = height * libm::exp(-0.5 * away * (x - centre));
            let wider = 0.5 * (away * away - precision);
            density += p;
            slopes[0] += p * away;
            slopes[1] += p * wider;
            slopes[2] += p * k;
            slopes[3] += p * k * away;
            slopes[4] += p * k * wider;
        }
        if density <= 0.0 {
            return f64::NAN;
        }
        sum += libm::log(density);
        gradient.iter_mut().zip(slopes).for_each(|(g, slope)| *g -= slope / density);
    }
    let n = scaled.len() as f64;
    gradient[1] *= 2.0 * variance;
    gradient[2] += n * jumps;
    gradient[4] *= 2.0 * jump_variance;
    gradient.iter_mut().for_each(|g| *g /= n);
    -sum / n
}

/// Inverse of the observed information, whose rows are central differences of the exact gradient; none where it is not
/// positive definite.
fn covariance(scaled: &[f64], u: &[f64]) -> Option<Matrix> {
    let n = scaled.len() as f64;
    let mut information = Matrix::zeros(5, 5);
    for i in 0..5 {
        let mut sides = [[0.0; 5]; 2];
        for (side, step) in sides.iter_mut().zip([STEP, -STEP]) {
            let mut at = u.to_vec();
            at[i] += step;
            if !mean_likelihood(scaled, &at, side).is_finite() {
                return None;
            }
        }
        for j in 0..5 {
            let half = n * (sides[0][j] - sides[1][j]) / (4.0 * STEP);
            information[(i, j)] += half;
            information[(j, i)] += half;
        }
    }
    let inverse = Cholesky::of(&information).ok()?.inverse();
    inverse.diagonal().iter().all(|it| it.is_finite() && *it > 0.0).then_some(inverse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::optimise::gradient_by_differences;

    #[test]
    fn the_gradient_is_that_of_the_likelihood() {
        let x: Vec<f64> = (0..200).map(|i| libm::sin(f64::from(i)) * 1.3 + 0.01 * f64::from(i % 7)).collect();
        let u = [0.1, -0.3, -1.2, 0.4, 0.2];
        let mut exact = [0.0; 5];
        let value = mean_likelihood(&x, &u, &mut exact);
        assert!(value.is_finite());
        let about = gradient_by_differences(|u| mean_likelihood(&x, u, &mut [0.0; 5]), &u);
        let worst = exact.iter().zip(&about).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        println!("gradient: worst deviation {worst:.1e}");
        assert!(worst < 1e-8, "{exact:?} {about:?}");
    }
}
