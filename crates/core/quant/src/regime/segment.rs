//! What a stretch of a price was like.

use crate::Error;
use crate::series::{check, dot, moments};

/// Characteristics of a stretch of prices; returns are of logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Mean return per bar.
    pub mean: f64,
    /// Standard deviation of returns per bar (ddof 1).
    pub volatility: f64,
    /// Skewness of returns, from moments divided by n; `None` when they do not vary.
    pub skew: Option<f64>,
    /// Kurtosis of returns, from moments divided by n, 3 for normal ones; `None` when they do not vary.
    pub kurtosis: Option<f64>,
    /// Deepest fall from a peak, as a share of the peak: 0 to 1.
    pub max_drawdown: f64,
    /// Correlation of the log price with time: 1 for a straight rise; `None` for a flat price.
    pub trend: Option<f64>,
    /// Autocorrelation of returns at lag 1; `None` when they do not vary.
    pub autocorrelation: Option<f64>,
}

/// Measures a stretch of at least 3 prices above 0.
pub fn characteristics(prices: &[f64]) -> Result<Segment, Error> {
    check("segment: prices", prices, 3)?;
    if let Some(index) = prices.iter().position(|p| *p <= 0.0) {
        let value = prices[index];
        return Err(Error::OutOfRange { what: "segment: prices", index, value, expected: "a price above 0" });
    }
    let log: Vec<f64> = prices.iter().map(|p| libm::log(*p)).collect();
    let returns: Vec<f64> = log.windows(2).map(|w| w[1] - w[0]).collect();
    let n = returns.len() as f64;
    let m = moments(&returns);
    let d = crate::series::centred(&returns);
    // Equal returns differ by their rounding, which is no variation.
    let size = log.iter().fold(1.0f64, |s, v| s.max(v.abs()));
    let varies = m.m2 > 1e-30 * size * size;
    let max_drawdown = crate::tails::drawdowns(prices)?.max;
    let levels = crate::series::centred(&log);
    let half = (log.len() - 1) as f64 / 2.0;
    let time: Vec<f64> = (0..log.len()).map(|t| t as f64 - half).collect();
    let rises = dot(&levels, &levels) > 1e-30 * size * size * log.len() as f64;
    let norm = libm::sqrt(dot(&levels, &levels) * dot(&time, &time));
    Ok(Segment {
        mean: m.mean,
        volatility: libm::sqrt(m.m2 * n / (n - 1.0)),
        skew: varies.then(|| m.m3 / (m.m2 * libm::sqrt(m.m2))),
        kurtosis: varies.then(|| m.m4 / (m.m2 * m.m2)),
        max_drawdown,
        trend: rises.then(|| (dot(&levels, &time) / norm).clamp(-1.0, 1.0)),
        autocorrelation: varies.then(|| dot(&d[1..], &d) / dot(&d, &d)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_by_hand() {
        // Log returns ln 2, -ln 2, ln 2.
        let got = characteristics(&[1.0, 2.0, 1.0, 2.0]).unwrap();
        let l = core::f64::consts::LN_2;
        assert!((got.mean - l / 3.0).abs() < 1e-15);
        assert!((got.volatility - l * libm::sqrt(4.0 / 3.0)).abs() < 1e-15);
        assert!((got.skew.unwrap() + core::f64::consts::FRAC_1_SQRT_2).abs() < 1e-12);
        assert!((got.kurtosis.unwrap() - 1.5).abs() < 1e-12);
        assert!((got.max_drawdown - 0.5).abs() < 1e-15);
        // Levels -1/2, 1/2, -1/2, 1/2 against -3/2 to 3/2: 1 / sqrt(5).
        assert!((got.trend.unwrap() - 1.0 / libm::sqrt(5.0)).abs() < 1e-12);
        assert!((got.autocorrelation.unwrap() + 2.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_flat_price_has_no_shape() {
        let got = characteristics(&[5.0; 10]).unwrap();
        assert!(
            got.skew.is_none()
                && got.kurtosis.is_none()
                && got.trend.is_none()
                && got.autocorrelation.is_none()
        );
        assert!(got.max_drawdown <= 0.0 && got.volatility <= 0.0);
        assert!(characteristics(&[5.0, 0.0, 1.0]).is_err() && characteristics(&[5.0]).is_err());
    }
}
