//! The block length that the data ask for.

use crate::{Error, given};

/// Lengths that make the bootstrap variance of a mean most accurate; at least one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BlockLength {
    /// Mean length for the stationary bootstrap.
    pub stationary: f64,
    /// Length for the circular bootstrap, before rounding.
    pub circular: f64,
}

/// The automatic choice of Politis and White (2004) with the correction of Patton, Politis and White (2009), with the
/// constants of the latter (and of the Python package arch). Needs 20 values; constant ones are refused. For a
/// performance ratio, apply it to the returns; for a volatility, to their squares.
pub fn optimal_block_length(values: &[f64]) -> Result<BlockLength, Error> {
    given::series("the values to resample", values, 20)?;
    if values.iter().all(|v| v.total_cmp(&values[0]).is_eq()) {
        return Err(Error::Constant { what: "the series to resample" });
    }
    let n = values.len();
    let count = n as f64;
    let mean = values.iter().sum::<f64>() / count;
    let eps: Vec<f64> = values.iter().map(|v| v - mean).collect();
    let logarithm = libm::log10(count);
    let run = (logarithm as usize).max(5);
    let lags_max = (libm::ceil(libm::sqrt(count)) as usize + run).min(n - 2);
    let critical = 2.0 * libm::sqrt(logarithm / count);
    let squares = |part: &[f64]| part.iter().map(|e| e * e).sum::<f64>();
    let mut covariances = Vec::with_capacity(lags_max + 1);
    let (mut insignificant, mut cutoff) = (0, None);
    for lag in 0..=lags_max {
        // The first run of insignificant correlations ends before this lag.
        if lag >= run && insignificant >= run && cutoff.is_none() {
            cutoff = Some(lag - run);
        }
        let cross: f64 = eps[lag..].iter().zip(&eps).map(|(a, b)| a * b).sum();
        covariances.push(cross / count);
        let scale = libm::sqrt(squares(&eps[lag + 1..]) * squares(&eps[..n - lag - 1]));
        insignificant = if cross.abs() < critical * scale { insignificant + 1 } else { 0 };
    }
    let bandwidth = cutoff.map_or(lags_max, |m| (2 * m.max(1)).min(lags_max));
    let (mut g, mut spectrum) = (0.0, covariances[0]);
    for (lag, covariance) in covariances.iter().enumerate().take(bandwidth + 1).skip(1) {
        // The flat-top window of Politis and Romano (1995).
        let share = lag as f64 / bandwidth as f64;
        let weight = if share <= 0.5 { 1.0 } else { 2.0 * (1.0 - share) };
        g += 2.0 * weight * lag as f64 * covariance;
        spectrum += 2.0 * weight * covariance;
    }
    let longest = libm::ceil((3.0 * libm::sqrt(count)).min(count / 3.0));
    // A spectrum of zero asks for endless blocks; the bound answers.
    let length = |d: f64| {
        let cube = 2.0 * g * g / (d * spectrum * spectrum) * count;
        if cube.is_finite() { libm::cbrt(cube).clamp(1.0, longest) } else { longest }
    };
    Ok(BlockLength { stationary: length(2.0), circular: length(4.0 / 3.0) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Key;

    #[test]
    fn dependence_asks_for_longer_blocks_than_noise() {
        let mut stream = Key::named(1, "block length").stream(0);
        let noise: Vec<f64> = (0..2000).map(|_| stream.normal()).collect();
        let mut last = 0.0;
        let slow: Vec<f64> = noise
            .iter()
            .map(|e| {
                last = 0.9 * last + e;
                last
            })
            .collect();
        let (short, long) = (optimal_block_length(&noise).unwrap(), optimal_block_length(&slow).unwrap());
        println!("{short:?} {long:?}");
        assert!(short.stationary < 6.0 && long.stationary > 20.0 && long.circular > long.stationary);
        assert!(optimal_block_length(&noise[..19]).is_err() && optimal_block_length(&[0.1; 30]).is_err());
    }
}
